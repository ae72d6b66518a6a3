/* input.c -- a picture given at each run: a source site. */
#include "layers/kinds.h"

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    (void)graph, (void)detail;
    if (bound == NULL) *out = layer->shape;
    return SRD_OK; /* bound inputs are set by the explainer */
}

const srd__kind srd__kind_input = { .name = "input", .role = SRD__SOURCE, .shape = shape };

srd_layer srd_graph_input(srd_graph *graph, const char *name, int32_t channels, int32_t height, int32_t width)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_input, NULL, 0);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (channels < 1 || height < 0 || width < 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "an input cannot have %d channels of %d x %d", channels, height, width);
        return SRD_LAYER_NONE;
    }
    layer->shape.c = channels;
    layer->shape.h = height;
    layer->shape.w = width;
    return srd__layer_end(graph, layer);
}
