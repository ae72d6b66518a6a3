/*
 * frozen.h -- post layers whose scale and shift come from statistics of the image (instance and group norm; METHOD section 2).
 *
 * The run takes two steps more. SRD__STEP_UNDER makes the value of a layer inside a segment, forward only, because a layer with
 * statistics reads it. SRD__STEP_FREEZE turns such a value into the scale and shift of the layer above it. The step of the
 * segment itself then begins with srd__frozen_fold(), which works out its scales and biases. Layers are visited in the order of
 * their ids, so a norm of a norm is frozen after the one below it.
 */
#ifndef SRD_EXPLAIN_FROZEN_H
#define SRD_EXPLAIN_FROZEN_H

#include "explain/explainer_impl.h"

#if SRD__STATISTICS
/* Does the layer take its scale and shift from the image? */
bool srd__is_frozen(const srd_explainer *ex, int32_t layer);

/* Does the layer lie inside a segment, and have a value all the same? */
bool srd__has_under_value(const srd_explainer *ex, int32_t layer);

/* Bytes of the store that holds the frozen numbers of a layer, and of that which holds the vectors of its segment. */
size_t srd__frozen_bytes(const srd_explainer *ex, int32_t layer);
size_t srd__vectors_bytes(const srd__bound *bound);

/* The steps: statistics of a layer, and the vectors of a frozen segment, of the current image. */
srd_status srd__freeze_run(srd_explainer *ex, int32_t layer);
void srd__frozen_fold(const srd_explainer *ex, const srd__bound *bound);

#else /* no layer has statistics */
static inline bool srd__is_frozen(const srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return false;
}

static inline bool srd__has_under_value(const srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return false;
}

static inline size_t srd__frozen_bytes(const srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return 0;
}

static inline size_t srd__vectors_bytes(const srd__bound *bound)
{
    (void)bound;
    return 0;
}

static inline srd_status srd__freeze_run(srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return SRD_OK;
}

static inline void srd__frozen_fold(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}
#endif

#endif
