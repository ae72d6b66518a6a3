/* linear.c -- fully connected layer: a path per position of its flattened input. */
#include "layers/kinds.h"

#if SRD_WITH_LINEAR
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape *const in = srd__input_shape(graph, bound, layer, 0);

    const int64_t pixels = (int64_t)in->h * in->w;

    if (in->c != 0 && pixels != 0 && (pixels > INT32_MAX || pixels * in->c != layer->before)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "the input has %d x %d x %d numbers, weight asks for %d", in->c, in->h, in->w, layer->before);
    }
    out->c = layer->channels;
    out->h = 1;
    out->w = 1;
    return SRD_OK;
}

const srd__kind srd__kind_linear = { .name = "linear", .role = SRD__MIXING, .dense = 1, .shape = shape };

srd_layer srd__linear(srd_graph *graph, srd__layer *layer, const srd_tensor *weight, const srd_tensor *bias,
                      const srd_linear_options *options, const char *axes)
{
    srd_linear_options o;
    bool ok = true;

    if (layer == NULL || !srd__layer_options(graph, layer, &o, sizeof o, options, sizeof o, "srd_linear_options")) {
        return SRD_LAYER_NONE;
    }
    if (o.reserved != 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "srd_linear_options: reserved is not 0");
        return SRD_LAYER_NONE;
    }
    if (!srd__is_tensor(weight)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "weight %s", srd__no_tensor(weight));
        return SRD_LAYER_NONE;
    }
    if (weight->rank != 2 || weight->shape[0] > INT32_MAX || weight->shape[1] > INT32_MAX) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name,
                        "weight has rank %d, not 2, or an axis that is too long: %s", weight->rank, axes);
        return SRD_LAYER_NONE;
    }
    layer->weight.stride[0] = (ptrdiff_t)weight->strides[0];
    layer->weight.stride[1] = (ptrdiff_t)weight->strides[1];
    layer->channels = (int32_t)weight->shape[0];
    layer->before = (int32_t)weight->shape[1]; /* columns */
    if (!srd__weight_numbers(graph, layer, weight, o.weight_scale, o.weight_zero)) return SRD_LAYER_NONE;
    layer->bias = srd__layer_vector(graph, layer, bias, &layer->channels, SRD__TEXT("bias"), &ok);
    return ok && srd__layer_weight(graph, layer) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}

srd_layer srd_graph_linear(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                           const srd_tensor *bias, const srd_linear_options *options)
{
    return srd__linear(graph, srd__layer_begin(graph, name, &srd__kind_linear, &input, 1), weight, bias, options,
                       SRD__TEXT("[O][C * H * W]"));
}
#endif
