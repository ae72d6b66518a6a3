/* add.c -- sum of equal shapes: a branch per input. */
#include "layers/kinds.h"

#if SRD_WITH_ADD
/* A constant beside others may have axes of size 1, which stand for all of the axis. */
static bool is_constant(const srd_graph *graph, const srd__layer *layer, int32_t i)
{
    return !layer->derived && srd__graph_layer(graph, layer->inputs[i])->derived;
}

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    int32_t first = 0;

    while (is_constant(graph, layer, first)) ++first;
    *out = *srd__input_shape(graph, bound, layer, first);
    for (int32_t i = 0; i < layer->input_count; ++i) {
        srd__shape in = *srd__input_shape(graph, bound, layer, i);

        if (is_constant(graph, layer, i)) {
            if (in.c == 1) in.c = out->c;
            if (in.h == 1) in.h = out->h;
            if (in.w == 1) in.w = out->w;
        }
        if ((in.c != 0 && out->c != 0 && in.c != out->c) || (in.h != 0 && out->h != 0 && in.h != out->h) ||
            (in.w != 0 && out->w != 0 && in.w != out->w)) {
            return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                             "input %d is %d x %d x %d, input %d is %d x %d x %d; all must be equal", first, out->c, out->h,
                             out->w, i, in.c, in.h, in.w);
        }
        if (out->c == 0) out->c = in.c;
        if (out->h == 0) out->h = in.h;
        if (out->w == 0) out->w = in.w;
    }
    return SRD_OK;
}

const srd__kind srd__kind_add = { .name = "add", .role = SRD__POST, .shape = shape };

srd_layer srd_graph_add(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_add, inputs, count);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (count < 2) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "an add needs two inputs, not %d", count);
        return SRD_LAYER_NONE;
    }
    return srd__layer_end(graph, layer);
}
#endif
