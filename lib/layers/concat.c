/* concat.c -- channels one after the other: a view of its inputs, never copied. */
#include "layers/kinds.h"

#if SRD_WITH_CONCAT
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    int64_t channels = 0;
    bool known = true;

    *out = *srd__input_shape(graph, bound, layer, 0);
    for (int32_t i = 0; i < layer->input_count; ++i) {
        const srd__shape *const in = srd__input_shape(graph, bound, layer, i);

        if ((in->h != 0 && out->h != 0 && in->h != out->h) || (in->w != 0 && out->w != 0 && in->w != out->w)) {
            return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                             "input 0 is %d x %d pixels, input %d is %d x %d; all must be equal", out->h, out->w, i, in->h,
                             in->w);
        }
        if (out->h == 0) out->h = in->h;
        if (out->w == 0) out->w = in->w;
        known = known && in->c != 0;
        channels += in->c;
    }
    if (channels > INT32_MAX) return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "too many channels");
    out->c = known ? (int32_t)channels : 0;
    return SRD_OK;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    int64_t slots = 0;

    for (int32_t i = 0; i < layer->input_count; ++i) slots += walk->slots[layer->inputs[i]];
    return slots;
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    for (int32_t i = 0; i < layer->input_count; ++i) {
        srd__walk_paths(walk, layer->inputs[i], position, slot);
        slot += walk->slots[layer->inputs[i]];
    }
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t end = run->channel + run->count;
    int64_t slot = run->slot;
    int32_t begin = 0;

    for (int32_t i = 0; i < layer->input_count && begin < end; ++i) {
        const int32_t channels = walk->shapes[layer->inputs[i]].c;
        const int32_t from = srd__max(run->channel, begin), to = srd__min(end, begin + channels);

        if (from < to) {
            srd__run part = *run;

            part.channel = from - begin;
            part.count = to - from;
            part.top += (from - run->channel) * run->step;
            part.slot = slot;
            srd__walk_runs(walk, layer->inputs[i], position, &part);
        }
        begin += channels;
        slot += walk->slots[layer->inputs[i]];
    }
}

const srd__kind srd__kind_concat = { .name = "concat",
                                     .view = 1,
                                     .single = 1,
                                     .role = SRD__GATHER,
                                     .joins = 1,
                                     .shape = shape,
                                     .slot_count = slot_count,
                                     .paths = paths,
                                     .runs = runs };

srd_layer srd_graph_concat(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_concat, inputs, count);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (count < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "a concat needs an input");
        return SRD_LAYER_NONE;
    }
    return srd__layer_end(graph, layer);
}
#endif
