/* linear_tokens.c -- one fully connected layer at every position: a convolution of one pixel (METHOD section 2). */
#include "layers/kinds.h"

#if SRD_WITH_LINEAR
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c != 0 && out->c != layer->before) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, weight asks for %d", out->c,
                         layer->before);
    }
    out->c = layer->channels;
    return SRD_OK;
}

const srd__kind srd__kind_linear_tokens = { .name = "linear_tokens", .role = SRD__MIXING, .shape = shape };

srd_layer srd_graph_linear_tokens(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                  const srd_tensor *bias, const srd_linear_options *options)
{
    return srd__linear(graph, srd__layer_begin(graph, name, &srd__kind_linear_tokens, &input, 1), weight, bias, options,
                       SRD__TEXT("[O][I]"));
}
#endif
