/*
 * root_norms.c -- norms over the channels of each position that subtract nothing: RMS norm, f(y) = y / sqrt(mean(y^2) + eps) * gamma,
 * and L2 norm, f(y) = y / max(sqrt(sum(y^2)), eps).
 */
#include "layers/kinds.h"

#if SRD_WITH_ROOT_NORMS
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c != 0 && layer->channels != 0 && out->c != layer->channels) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, gamma is for %d", out->c,
                         layer->channels);
    }
    return SRD_OK;
}

/* layer->low: 1 for the L2 norm. What y is divided by, as a factor; 0 where it would be divided by 0: then y is 0, too. In double, for squares. */
static double factor_of(const srd__layer *layer, const float *y, int32_t channels)
{
    double squares = 0.0, root;

    for (int32_t c = 0; c < channels; ++c) squares += (double)y[c] * (double)y[c];
    root = layer->low == 1.0f ? srd__max(sqrt(squares), layer->eps) : sqrt(squares / channels + layer->eps);
    return root > 0.0 ? 1.0 / root : 0.0;
}

static void scale(const srd__layer *layer, double factor, float *x, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c)
        x[c] = (float)((double)x[c] * factor * (layer->scale != NULL ? (double)layer->scale[c] : 1.0));
}

static void value(const srd__layer *layer, float *y, int32_t channels)
{
    scale(layer, factor_of(layer, y, channels), y, channels);
}

/* With the factor frozen, as the deviation of a layer norm is (METHOD section 6). */
static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    scale(layer, factor_of(layer, y, channels), direction, channels);
}

const srd__kind srd__kind_rms_norm = {
    .name = "rms_norm", .role = SRD__POINTWISE, .shape = shape, .value = value, .back = back, .gradient = back
};
const srd__kind srd__kind_l2_norm = {
    .name = "l2_norm", .role = SRD__POINTWISE, .shape = shape, .value = value, .back = back, .gradient = back
};

/* layer may be NULL. */
static bool take_eps(srd_graph *graph, srd__layer *layer, double eps)
{
    if (layer == NULL) return false;
    layer->eps = eps;
    if (eps >= 0.0 && eps <= (double)FLT_MAX) return true;
    (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "eps is negative, NaN or Inf");
    return false;
}

srd_layer srd_graph_rms_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma, double eps)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_rms_norm, &input, 1);
    bool ok = true;

    if (!take_eps(graph, layer, eps)) return SRD_LAYER_NONE;
    layer->scale = srd__layer_vector(graph, layer, gamma, &layer->channels, SRD__TEXT("gamma"), &ok);
    return ok ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}

srd_layer srd_graph_l2_norm(srd_graph *graph, const char *name, srd_layer input, double eps)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_l2_norm, &input, 1);

    if (layer != NULL) layer->low = 1.0f;
    return take_eps(graph, layer, eps) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
