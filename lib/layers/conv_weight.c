/* conv_weight.c -- the weight of a convolution, plain or transposed; and the numbers of every mixing layer's weight. */
#include "layers/kinds.h"

/* Sizes that later products of two or three of them cannot overflow. */
#define MOST (1 << 24)

static bool fits(srd_graph *graph, const srd__layer *layer, const srd_tensor *weight)
{
    if (!srd__is_tensor(weight)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "weight %s", srd__no_tensor(weight));
        return false;
    }
    if (weight->rank != 4) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name, "weight has rank %d, not 4: %s", weight->rank,
                        layer->window.transposed ? "[I][O / groups][kernel_h][kernel_w]"
                                                 : "[O][I / groups][kernel_h][kernel_w]");
        return false;
    }
    for (int32_t i = 0; i < 4; ++i) {
        if (weight->shape[i] > MOST) {
            (void)srd__fail(&graph->failure, SRD_ERR_OVERFLOW, layer->id, layer->name, "axis %d of weight is too long", i);
            return false;
        }
    }
    if (weight->shape[2] * weight->shape[3] > MOST) {
        (void)srd__fail(&graph->failure, SRD_ERR_OVERFLOW, layer->id, layer->name, "a kernel of %l x %l pixels is too large",
                        weight->shape[2], weight->shape[3]);
        return false;
    }
    if (weight->shape[0] % layer->groups != 0 || weight->shape[1] * layer->groups > INT32_MAX) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name, "%l %s channels do not divide into %d groups",
                        weight->shape[0], layer->window.transposed ? "input" : "output", layer->groups);
        return false;
    }
    return true;
}

/* The zero points as bytes; false after a failure. */
static bool read_zero(srd_graph *graph, srd__layer *layer, const srd_tensor *zero)
{
    int8_t *const copy = (int8_t *)srd__graph_take(graph, (size_t)layer->channels, 1);

    if (copy == NULL) return false;
    for (int32_t o = 0; o < layer->channels; ++o) {
        const int64_t at = o * zero->strides[0];
        const int32_t number = zero->type == SRD_INT8 ? ((const int8_t *)(const void *)zero->data)[at]
                                                      : ((const int32_t *)(const void *)zero->data)[at];

        if (number < INT8_MIN || number > INT8_MAX) {
            (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "weight_zero[%d] is %d, not -128 to 127",
                            o, number);
            return false;
        }
        copy[o] = (int8_t)number;
    }
    layer->weight.zero = copy;
    return true;
}

static bool read_int8(srd_graph *graph, srd__layer *layer, const srd_tensor *scale, const srd_tensor *zero)
{
    const int64_t parameters = layer->parameters; /* of the network, which a scale is not */
    bool ok = true;

    if (scale == NULL) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "weight is int8 and needs weight_scale: [%d], float32, one number per output channel", layer->channels);
        return false;
    }
    layer->weight.scale = srd__layer_vector(graph, layer, scale, &layer->channels, SRD__TEXT("weight_scale"), &ok);
    layer->parameters = parameters;
    if (!ok || zero == NULL) return ok;
    if (!srd__is_tensor(zero)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "weight_zero %s", srd__no_tensor(zero));
        return false;
    }
    if (zero->type != SRD_INT8 && zero->type != SRD_INT32) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "weight_zero is of type %s, int8 or int32 is wanted", srd__type_name(zero->type));
        return false;
    }
    if (zero->rank != 1 || zero->shape[0] != layer->channels) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name,
                        "weight_zero has rank %d and size %l, expected [%d]", zero->rank, srd_tensor_shape(zero, 0),
                        layer->channels);
        return false;
    }
    return read_zero(graph, layer, zero);
}

bool srd__weight_numbers(srd_graph *graph, srd__layer *layer, const srd_tensor *weight, const srd_tensor *scale,
                         const srd_tensor *zero)
{
    if ((!SRD_WITH_INT8 && weight->type == SRD_INT8) || (!SRD_WITH_FLOAT16 && weight->type == SRD_FLOAT16)) {
        (void)srd__left_out(&graph->failure, layer->id, layer->name,
                            weight->type == SRD_INT8 ? "SRD_WITH_INT8" : "SRD_WITH_FLOAT16");
        return false;
    }
    layer->weight.data = weight->data;
    layer->weight.type = weight->type;
    if (SRD_WITH_INT8 && weight->type == SRD_INT8) return read_int8(graph, layer, scale, zero);
    if (weight->type != SRD_FLOAT32 && weight->type != SRD_FLOAT16) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "weight is of type %s, float32, float16 or int8 is wanted", srd__type_name(weight->type));
        return false;
    }
    if (scale != NULL || zero != NULL) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "weight_scale and weight_zero are for weights of type int8, and weight is %s: they must be NULL",
                        srd__type_name(weight->type));
        return false;
    }
    return true;
}

bool srd__kernel_weight(srd_graph *graph, srd__layer *layer, const srd_tensor *weight, const srd_tensor *scale,
                        const srd_tensor *zero)
{
    const int32_t output = layer->window.transposed ? 1 : 0;

    if (!fits(graph, layer, weight)) return false;
    layer->weight.stride[0] = (ptrdiff_t)weight->strides[output];
    layer->weight.stride[1] = (ptrdiff_t)weight->strides[1 - output];
    layer->weight.stride[2] = (ptrdiff_t)weight->strides[2];
    layer->weight.stride[3] = (ptrdiff_t)weight->strides[3];
    /* Groups follow each other along the first axis, which is that of the outputs, or, transposed, that of the inputs. */
    layer->weight.group = (ptrdiff_t)(weight->shape[0] / layer->groups * weight->strides[0]);
    layer->channels = (int32_t)weight->shape[0];
    layer->before = (int32_t)weight->shape[1];
    if (layer->window.transposed) {
        layer->channels = (int32_t)weight->shape[1] * layer->groups;
        layer->before = (int32_t)weight->shape[0] / layer->groups;
    }
    layer->window.kernel_h = (int32_t)weight->shape[2];
    layer->window.kernel_w = (int32_t)weight->shape[3];
    return srd__weight_numbers(graph, layer, weight, scale, zero);
}
