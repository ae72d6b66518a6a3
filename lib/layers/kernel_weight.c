/* kernel_weight.c -- the weight of a convolution, plain or transposed. */
#include "layers/kinds.h"

/* Sizes that later products of two or three of them cannot overflow. */
#define MOST (1 << 24)

static bool fits(srd_graph *graph, const srd__layer *layer, const srd_tensor *weight)
{
    if (weight == NULL || weight->rank != 4) {
        (void)srd__fail(&graph->failure, weight == NULL ? SRD_ERR_ARGUMENT : SRD_ERR_SHAPE, layer->id, layer->name,
                        "weight is NULL or not of rank 4: %s",
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

bool srd__kernel_weight(srd_graph *graph, srd__layer *layer, const srd_tensor *weight)
{
    const int32_t output = layer->window.transposed ? 1 : 0;

    if (!fits(graph, layer, weight)) return false;
    layer->weight.data = (const float *)(const void *)weight->data;
    layer->weight.stride[0] = weight->strides[output];
    layer->weight.stride[1] = weight->strides[1 - output];
    layer->weight.stride[2] = weight->strides[2];
    layer->weight.stride[3] = weight->strides[3];
    /* Groups follow each other along the first axis, which is that of the outputs, or, transposed, that of the inputs. */
    layer->weight.group = weight->shape[0] / layer->groups * weight->strides[0];
    layer->channels = (int32_t)weight->shape[0];
    layer->before = (int32_t)weight->shape[1];
    if (layer->window.transposed) {
        layer->channels = (int32_t)weight->shape[1] * layer->groups;
        layer->before = (int32_t)weight->shape[0] / layer->groups;
    }
    layer->window.kernel_h = (int32_t)weight->shape[2];
    layer->window.kernel_w = (int32_t)weight->shape[3];
    return true;
}
