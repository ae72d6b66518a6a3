/* image_vectors.c -- numbers of post layers and of segments that depend on the image, as run/image_statistics.c has made them. */
#include "explain/image_vectors.h"

#include "explain/store.h"

#if SRD__STATISTICS

srd__frozen srd__frozen_at(const srd_explainer *ex, int32_t layer)
{
    const size_t channels = (size_t)ex->plan.shapes[layer].c;
    srd__frozen f;

    f.mean = (double *)srd__at(ex, layer, SRD__STORE_FROZEN);
    f.squares = f.mean + channels;
    f.scale = (float *)(void *)(f.squares + channels);
    f.shift = f.scale + channels;
    return f;
}

bool srd__is_frozen(const srd_explainer *ex, int32_t layer)
{
    return ex->plan.graph->layers[layer]->live && ex->plan.graph->layers[layer]->kind->normalise != NULL;
}

size_t srd__frozen_bytes(const srd_explainer *ex, int32_t layer)
{
    return (size_t)ex->plan.shapes[layer].c * 2 * (sizeof(double) + sizeof(float));
}

size_t srd__vectors_bytes(const srd__bound *bound)
{
    const size_t vectors = (size_t)bound->segment->factor_count + (size_t)bound->segment->bias_count + 1;
    const size_t each = (size_t)bound->shape.c * sizeof(float);

    return vectors > SIZE_MAX / 4 / each ? SIZE_MAX : vectors * each;
}

float *srd__frozen_vector(const srd_explainer *ex, const srd__bound *bound, int32_t index)
{
    return (float *)srd__at(ex, bound->segment->layer, SRD__STORE_VECTORS) + (size_t)index * (size_t)bound->shape.c;
}

const float *srd__frozen_scale(const srd_explainer *ex, const srd__bound *bound, int32_t factor)
{
    return factor >= 0 ? srd__frozen_vector(ex, bound, factor) : NULL;
}

const float *srd__frozen_bias(const srd_explainer *ex, const srd__bound *bound, int32_t group)
{
    return srd__frozen_vector(ex, bound, bound->segment->factor_count + group);
}
#endif
