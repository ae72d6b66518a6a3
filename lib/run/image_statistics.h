/*
 * image_statistics.h -- the steps of post layers whose scale and shift come from statistics of the image (instance and group norm, GRN;
 * METHOD section 2).
 *
 * The run takes two more kinds of steps for them. SRD__STEP_UNDER makes the value of a layer inside a segment, forward only,
 * because a layer with statistics reads it. SRD__STEP_FREEZE turns such a value, or that of a site or gather layer, into the scale
 * and shift of the layer above it. The segment itself then begins with srd__frozen_fold(), which works out its scales and biases.
 * Layers are visited in the order of their ids, so a norm of a norm is frozen after the one below it.
 */
#ifndef SRD_RUN_IMAGE_STATISTICS_H
#define SRD_RUN_IMAGE_STATISTICS_H

#include "explain/explainer_impl.h"

#if SRD__STATISTICS
/* The steps: statistics of a layer, and the vectors of a frozen segment, of the current image. */
srd_status srd__freeze_run(srd_explainer *ex, int32_t layer);

void srd__frozen_fold(const srd_explainer *ex, const srd__bound *bound);

#else /* left out of this build */
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
