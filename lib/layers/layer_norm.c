/*
 * layer_norm.c -- layer norm over the channels of each position: d = y - mean(y), f(y) = d / s * gamma + beta with the
 * deviation s = sqrt(mean(d^2) + eps).
 */
#include "layers/kinds.h"

#if SRD_WITH_LAYER_NORM
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c != 0 && layer->channels != 0 && out->c != layer->channels) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, the parameters are for %d",
                         out->c, layer->channels);
    }
    return SRD_OK;
}

typedef struct moments {
    double mean, inverse; /* of the deviation; 0 if that is 0 */
} moments;

static moments moments_of(const srd__layer *layer, const float *y, int32_t channels)
{
    moments m = { 0.0, 0.0 };
    double variance = 0.0;

    for (int32_t c = 0; c < channels; ++c) m.mean += (double)y[c];
    m.mean /= channels;
    for (int32_t c = 0; c < channels; ++c) variance += ((double)y[c] - m.mean) * ((double)y[c] - m.mean);
    variance = variance / channels + layer->eps;
    if (variance > 0.0) m.inverse = 1.0 / sqrt(variance);
    return m;
}

static void value(const srd__layer *layer, float *y, int32_t channels)
{
    const moments m = moments_of(layer, y, channels);

    for (int32_t c = 0; c < channels; ++c) {
        const double x = ((double)y[c] - m.mean) * m.inverse * (layer->scale != NULL ? (double)layer->scale[c] : 1.0);

        y[c] = (float)(x + (layer->shift != NULL ? (double)layer->shift[c] : 0.0));
    }
}

/* With the deviation frozen (METHOD section 6), for Grad-CAM as well, which freezes what is frozen everywhere: q = g * gamma / s, and the mean subtraction takes mean(q) from each. */
static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    const moments m = moments_of(layer, y, channels);
    double mean = 0.0;

    for (int32_t c = 0; c < channels; ++c) {
        const double gamma = layer->scale != NULL ? (double)layer->scale[c] : 1.0;

        direction[c] = (float)((double)direction[c] * gamma * m.inverse);
        mean += (double)direction[c];
    }
    mean /= channels;
    for (int32_t c = 0; c < channels; ++c) direction[c] = (float)((double)direction[c] - mean);
}

const srd__kind srd__kind_layer_norm = {
    .name = "layer_norm", .role = SRD__POINTWISE, .shape = shape, .value = value, .back = back, .gradient = back
};

srd_layer srd_graph_layer_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                               const srd_tensor *beta, double eps)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_layer_norm, &input, 1);
    bool ok = true;

    if (layer == NULL) return SRD_LAYER_NONE;
    if (!(eps >= 0.0 && eps <= (double)FLT_MAX)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "eps is negative, NaN or Inf");
        return SRD_LAYER_NONE;
    }
    layer->eps = eps;
    layer->scale = srd__layer_vector(graph, layer, gamma, &layer->channels, SRD__TEXT("gamma"), &ok);
    if (ok) layer->shift = srd__layer_vector(graph, layer, beta, &layer->channels, SRD__TEXT("beta"), &ok);
    return ok ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
