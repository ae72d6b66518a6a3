/* softmax.c -- softmax over the channels of each position. */
#include "layers/kinds.h"

#if SRD_WITH_SOFTMAX
/* exp(y - max) / sum: the largest term is 1, so nothing overflows. */
static void value(const srd__layer *layer, float *y, int32_t channels)
{
    float largest = y[0], sum = 0.0f;

    (void)layer;
    for (int32_t c = 1; c < channels; ++c) largest = srd__max(largest, y[c]);
    for (int32_t c = 0; c < channels; ++c) {
        y[c] = expf(y[c] - largest);
        sum += y[c];
    }
    for (int32_t c = 0; c < channels; ++c) y[c] /= sum;
}

/* The transposed derivative: g_c becomes s_c (g_c - <s, g>), with the s of a second pass over y (no buffer is needed). */
static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    float largest = y[0], sum = 0.0f, mean = 0.0f;

    (void)layer;
    for (int32_t c = 1; c < channels; ++c) largest = srd__max(largest, y[c]);
    for (int32_t c = 0; c < channels; ++c) {
        const float e = expf(y[c] - largest);

        sum += e;
        mean += e * direction[c];
    }
    mean /= sum;
    for (int32_t c = 0; c < channels; ++c) direction[c] = expf(y[c] - largest) / sum * (direction[c] - mean);
}

const srd__kind srd__kind_softmax = {
    .name = "softmax", .role = SRD__POINTWISE, .shape = srd__shape_same, .value = value, .back = back, .gradient = back
};

srd_layer srd_graph_softmax(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_softmax, input);
}
#endif
