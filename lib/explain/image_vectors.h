/* image_vectors.h -- numbers of post layers and of segments that depend on the image. */
#ifndef SRD_EXPLAIN_IMAGE_VECTORS_H
#define SRD_EXPLAIN_IMAGE_VECTORS_H

#include "explain/explainer_impl.h"

#if SRD__STATISTICS
/* A store of frozen numbers: [channels] doubles twice, [channels] floats twice. */
typedef struct srd__frozen {
    double *mean, *squares;
    float *scale, *shift;
} srd__frozen;

/* The frozen numbers of a layer with statistics, of the current image. */
srd__frozen srd__frozen_at(const srd_explainer *ex, int32_t layer);
/* Vector number `index` of a frozen segment: [factors], then [bias groups], then their sum; [channels of y] each. */
float *srd__frozen_vector(const srd_explainer *ex, const srd__bound *bound, int32_t index);

/* The scale of a factor and the vector of a bias group of a frozen segment, for the current image. */
const float *srd__frozen_scale(const srd_explainer *ex, const srd__bound *bound, int32_t factor);

const float *srd__frozen_bias(const srd_explainer *ex, const srd__bound *bound, int32_t group);

/* Does the layer take its scale and shift from the image? */
bool srd__is_frozen(const srd_explainer *ex, int32_t layer);

/* Bytes of the store that holds the frozen numbers of a layer, and of that which holds the vectors of its segment. */
size_t srd__frozen_bytes(const srd_explainer *ex, int32_t layer);

size_t srd__vectors_bytes(const srd__bound *bound);

#else /* left out of this build */
static inline bool srd__is_frozen(const srd_explainer *ex, int32_t layer)
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
#endif

/* Scale of a branch, [channels of y]; NULL: 1. */
static inline const float *srd__scale_of(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_scale(ex, bound, lane->branch->factor);
#endif
    (void)ex, (void)bound;
    return lane->branch->scale;
}

/* Vector of a bias group, [channels of y]. */
static inline const float *srd__bias_of(const srd_explainer *ex, const srd__bound *bound, int32_t group)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_bias(ex, bound, group);
#endif
    (void)ex;
    return bound->segment->biases[group].vector;
}

/* Sum of the groups, [channels of y]; NULL: there are none. */
static inline const float *srd__bias_total(const srd_explainer *ex, const srd__bound *bound)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_bias(ex, bound, bound->segment->bias_count);
#endif
    (void)ex;
    return bound->segment->bias_total;
}

#endif
