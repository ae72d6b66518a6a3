/* batch_norm.c -- batch norm and scale/shift: both become y = x * scale + shift per channel. */
#include "layers/kinds.h"

#if SRD_WITH_AFFINE
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c != 0 && out->c != layer->channels) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, the parameters are for %d",
                         out->c, layer->channels);
    }
    return SRD_OK;
}

const srd__kind srd__kind_batch_norm = { .name = "batch_norm", .role = SRD__POST, .shape = shape };
const srd__kind srd__kind_scale_shift = { .name = "scale_shift", .role = SRD__POST, .shape = shape };

srd_layer srd_graph_scale_shift(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *scale,
                                const srd_tensor *shift)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_scale_shift, &input, 1);
    bool ok = true;

    if (layer == NULL) return SRD_LAYER_NONE;
    if (scale == NULL && shift == NULL) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "scale and shift are both NULL");
        return SRD_LAYER_NONE;
    }
    layer->scale = srd__layer_vector(graph, layer, scale, &layer->channels, SRD__TEXT("scale"), &ok);
    if (ok) layer->shift = srd__layer_vector(graph, layer, shift, &layer->channels, SRD__TEXT("shift"), &ok);
    return ok ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}

/* scale = gamma / sqrt(variance + eps), shift = beta - mean * scale, in double: the rounding then happens once. */
static bool fold(srd_graph *graph, srd__layer *layer, const srd_tensor *gamma, const srd_tensor *beta, const srd_tensor *mean,
                 const srd_tensor *variance, double eps)
{
    layer->parameters = 2 * (int64_t)layer->channels; /* what is left of the four vectors */
    layer->scale = (float *)srd__graph_take(graph, (size_t)layer->channels, sizeof *layer->scale);
    layer->shift = (float *)srd__graph_take(graph, (size_t)layer->channels, sizeof *layer->shift);
    if (layer->scale == NULL || layer->shift == NULL) return false;
    for (int32_t c = 0; c < layer->channels; ++c) {
        const double spread = (double)srd__vector_at(variance, c) + eps;
        const double scale = (gamma != NULL ? (double)srd__vector_at(gamma, c) : 1.0) / sqrt(spread);

        layer->scale[c] = (float)scale;
        layer->shift[c] =
            (float)((beta != NULL ? (double)srd__vector_at(beta, c) : 0.0) - (double)srd__vector_at(mean, c) * scale);
        if (!(spread > 0.0) || !srd__finite(layer->scale[c]) || !srd__finite(layer->shift[c])) {
            (void)srd__fail(&graph->failure, SRD_ERR_NUMBER, layer->id, layer->name,
                            "variance + eps of channel %d is not positive, or its scale overflows", c);
            return false;
        }
    }
    return true;
}

srd_layer srd_graph_batch_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                               const srd_tensor *beta, const srd_tensor *mean, const srd_tensor *variance, double eps)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_batch_norm, &input, 1);
    int32_t *length;

    if (layer == NULL) return SRD_LAYER_NONE;
    length = &layer->channels;
    if (mean == NULL || variance == NULL || !srd__finite((float)eps) || eps < 0.0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "mean or variance is NULL, or eps is negative or not finite");
        return SRD_LAYER_NONE;
    }
    if (!srd__layer_check_vector(graph, layer, mean, length, SRD__TEXT("mean")) ||
        !srd__layer_check_vector(graph, layer, variance, length, SRD__TEXT("variance")) ||
        (gamma != NULL && !srd__layer_check_vector(graph, layer, gamma, length, SRD__TEXT("gamma"))) ||
        (beta != NULL && !srd__layer_check_vector(graph, layer, beta, length, SRD__TEXT("beta"))) ||
        !fold(graph, layer, gamma, beta, mean, variance, eps)) {
        return SRD_LAYER_NONE;
    }
    return srd__layer_end(graph, layer);
}
#endif
