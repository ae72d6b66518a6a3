/*
 * constant.c -- values that are the same in every run: a source with a site of its own (a class token), and as an operand of an
 * add a bias of the others (a position embedding).
 */
#include "layers/kinds.h"

#if SRD_WITH_CONSTANT
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    (void)graph, (void)bound, (void)detail;
    *out = layer->shape;
    return SRD_OK;
}

const srd__kind srd__kind_constant = { .name = "constant", .role = SRD__SOURCE, .shape = shape };

/* Sizes of a value [C][H][W], or [C] for one position. */
static bool read_sizes(srd_graph *graph, srd__layer *layer, const srd_tensor *value)
{
    int64_t sizes[3] = { 1, 1, 1 };

    if (srd__want_float32(value, SRD__TEXT("the constant"), &graph->failure, layer->id, layer->name) != SRD_OK) return false;
    if (value->rank != 1 && value->rank != 3) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name,
                        "the constant has rank %d, not 3 or 1: [C][H][W] or [C]", value->rank);
        return false;
    }
    for (int32_t i = 0; i < value->rank; ++i) sizes[i] = value->shape[i];
    if (sizes[0] > INT32_MAX || sizes[1] > INT32_MAX / 8 / sizes[2] || sizes[0] * sizes[1] * sizes[2] > INT32_MAX) {
        (void)srd__fail(&graph->failure, SRD_ERR_OVERFLOW, layer->id, layer->name, "the constant is too large");
        return false;
    }
    layer->shape.c = (int32_t)sizes[0];
    layer->shape.h = (int32_t)sizes[1];
    layer->shape.w = (int32_t)sizes[2];
    return true;
}

srd_layer srd_graph_constant(srd_graph *graph, const char *name, const srd_tensor *value)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_constant, NULL, 0);
    float *to;

    if (layer == NULL || !read_sizes(graph, layer, value)) return SRD_LAYER_NONE;
    layer->derived = true;
    layer->parameters = (int64_t)layer->shape.c * layer->shape.h * layer->shape.w;
    layer->constant = to = (float *)srd__graph_take(graph, (size_t)layer->parameters, sizeof *to);
    if (to == NULL) return SRD_LAYER_NONE;
    for (int32_t p = 0; p < layer->shape.h * layer->shape.w; ++p) {
        for (int32_t c = 0; c < layer->shape.c; ++c, ++to) {
            int64_t at = c * value->strides[0];

            if (value->rank == 3) at += p / layer->shape.w * value->strides[1] + p % layer->shape.w * value->strides[2];
            *to = ((const float *)(const void *)value->data)[at];
            if (srd__finite(*to)) continue;
            (void)srd__fail(&graph->failure, SRD_ERR_NUMBER, layer->id, layer->name, "the constant holds a NaN or Inf");
            return SRD_LAYER_NONE;
        }
    }
    return srd__layer_end(graph, layer);
}

/* The constant is a layer of its own, NAME_constant where that is a name. */
srd_layer srd_graph_add_constant(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *constant)
{
    static const char ending[] = "_constant";
    const size_t length = name != NULL ? srd__length(name) : 0;
    char longer[128];
    srd_layer inputs[2];

    if (length > 0 && length + sizeof ending <= sizeof longer) {
        memcpy(longer, name, length + 1);
        memcpy(longer + length, ending, sizeof ending);
    }
    inputs[0] = input;
    inputs[1] = srd_graph_constant(graph, length > 0 && length + sizeof ending <= sizeof longer ? longer : NULL, constant);
    return srd_graph_add(graph, name, inputs, 2);
}
#endif
