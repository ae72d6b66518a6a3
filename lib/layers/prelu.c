/* prelu.c -- leaky ReLU with a slope per channel, or one for all. */
#include "layers/kinds.h"

#if SRD_WITH_PRELU
static float slope_of(const srd__layer *layer, int32_t c)
{
    return layer->scale[layer->channels > 0 ? c : 0];
}

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (layer->channels != 0 && out->c != 0 && out->c != layer->channels) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, there are %d slopes",
                         out->c, layer->channels);
    }
    return SRD_OK;
}

static void value(const srd__layer *layer, float *y, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) y[c] = y[c] > 0.0f ? y[c] : y[c] * slope_of(layer, c);
}

/* The secant from zero; at 0 the mean of the left and right derivative. */
static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) {
        direction[c] *= y[c] > 0.0f ? 1.0f : y[c] < 0.0f ? slope_of(layer, c) : (1.0f + slope_of(layer, c)) / 2.0f;
    }
}

static void gradient(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) direction[c] *= y[c] > 0.0f ? 1.0f : slope_of(layer, c);
}

const srd__kind srd__kind_prelu = {
    .name = "prelu", .role = SRD__POINTWISE, .activates = 1, .shape = shape, .value = value, .back = back, .gradient = gradient
};

srd_layer srd_graph_prelu(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *slopes)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_prelu, &input, 1);
    int32_t length = 0;
    bool ok = true;

    if (layer == NULL) return SRD_LAYER_NONE;
    if (slopes == NULL) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "slopes is NULL");
        return SRD_LAYER_NONE;
    }
    layer->scale = srd__layer_vector(graph, layer, slopes, &length, SRD__TEXT("slopes"), &ok);
    layer->channels = length > 1 ? length : 0;
    return ok ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
