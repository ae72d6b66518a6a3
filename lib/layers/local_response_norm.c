/*
 * local_response_norm.c -- y_c / (k + alpha / size * sum of y^2 over `size` neighbouring channels)^beta, as PyTorch has it:
 * the window of channel c is [c - size / 2, c + (size - 1) / 2], channels outside count as 0.
 */
#include "layers/kinds.h"

#if SRD_WITH_LOCAL_RESPONSE_NORM
#define MOST_NEIGHBOURS 63

/* Window of channel c: its first channel and, behind it, its end. */
static int32_t window_begin(const srd__layer *layer, int32_t c)
{
    return srd__max(c - layer->before / 2, 0);
}

static int32_t window_end(const srd__layer *layer, int32_t c, int32_t channels)
{
    return srd__min(c + (layer->before - 1) / 2 + 1, channels);
}

/* The denominator for a sum of squares. In double, because squares of large numbers leave single precision. */
static float denominator(const srd__layer *layer, double squares)
{
    return (float)pow((double)layer->scale[2] + (double)layer->scale[0] / (double)layer->before * squares,
                      (double)layer->scale[1]);
}

/* In place: channels that a later window still needs are remembered in a ring. */
static void value(const srd__layer *layer, float *y, int32_t channels)
{
    float old[MOST_NEIGHBOURS + 1] = { 0.0f };

    for (int32_t c = 0; c < channels; ++c) {
        double squares = 0.0;

        for (int32_t i = window_begin(layer, c); i < c; ++i) {
            const double x = (double)old[i % (MOST_NEIGHBOURS + 1)];

            squares += x * x;
        }
        for (int32_t i = c; i < window_end(layer, c, channels); ++i) squares += (double)y[i] * (double)y[i];
        old[c % (MOST_NEIGHBOURS + 1)] = y[c];
        y[c] /= denominator(layer, squares);
    }
}

/* The denominator is frozen (METHOD section 6). */
static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) {
        double squares = 0.0;

        for (int32_t i = window_begin(layer, c); i < window_end(layer, c, channels); ++i)
            squares += (double)y[i] * (double)y[i];
        direction[c] /= denominator(layer, squares);
    }
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
#endif
