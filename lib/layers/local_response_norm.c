/*
 * local_response_norm.c -- y_c / (k + alpha / size * sum of y^2 over `size` neighbouring channels)^beta, as PyTorch has it:
 * the window of channel c is [c - size / 2, c + (size - 1) / 2], channels outside count as 0.
 */
#include "layers/kinds.h"

#if SRD_WITH_LOCAL_RESPONSE_NORM
#define MOST_NEIGHBOURS 63

/* The denominator of channel c; y(c) is read through `old` for channels below `done`, which value() has overwritten. */
static float denominator(const srd__layer *layer, const float *y, const float *old, int32_t done, int32_t c, int32_t channels)
{
    const int32_t size = layer->before;
    const int32_t first = srd__max(c - size / 2, 0), last = srd__min(c + (size - 1) / 2, channels - 1);
    float sum = 0.0f;

    for (int32_t i = first; i <= last; ++i) {
        const float x = i < done ? old[i % (MOST_NEIGHBOURS + 1)] : y[i];

        sum += x * x;
    }
    return powf(layer->scale[2] + layer->scale[0] / (float)size * sum, layer->scale[1]);
}

static void value(const srd__layer *layer, float *y, int32_t channels)
{
    float old[MOST_NEIGHBOURS + 1];

    for (int32_t c = 0; c < channels; ++c) {
        const float d = denominator(layer, y, old, c, c, channels);

        old[c % (MOST_NEIGHBOURS + 1)] = y[c];
        y[c] /= d;
    }
}

/* The denominator is frozen (METHOD section 6). */
static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) direction[c] /= denominator(layer, y, NULL, 0, c, channels);
}

const srd__kind srd__kind_local_response_norm = { .name = "local_response_norm",
                                                  .role = SRD__POINTWISE,
                                                  .shape = srd__shape_same,
                                                  .value = value,
                                                  .back = back,
                                                  .gradient = back };

srd_layer srd_graph_local_response_norm(srd_graph *graph, const char *name, srd_layer input, int32_t size, float alpha,
                                        float beta, float k)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_local_response_norm, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (size < 1 || size > MOST_NEIGHBOURS || !srd__finite(alpha) || !srd__finite(beta) || !srd__finite(k) || alpha < 0.0f ||
        k <= 0.0f) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "size %d is not in [1, %d], or alpha is negative, k not positive, or a number not finite", size,
                        (int32_t)MOST_NEIGHBOURS);
        return SRD_LAYER_NONE;
    }
    layer->before = size;
    layer->scale = (float *)srd__graph_take(graph, 3, sizeof(float));
    if (layer->scale == NULL) return SRD_LAYER_NONE;
    layer->scale[0] = alpha;
    layer->scale[1] = beta;
    layer->scale[2] = k;
    return srd__layer_end(graph, layer);
}
#else
srd_layer srd_graph_local_response_norm(srd_graph *graph, const char *name, srd_layer input, int32_t size, float alpha,
                                        float beta, float k)
{
    (void)input, (void)size, (void)alpha, (void)beta, (void)k;
    return srd__kind_missing(graph, name, "SRD_WITH_LOCAL_RESPONSE_NORM");
}
#endif
