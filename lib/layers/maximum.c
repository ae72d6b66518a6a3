/*
 * maximum.c -- the largest or smallest of several layers, number by number, and the largest of each group of neighbouring channels
 * (maxout). One of the numbers passes, the first one on a tie; which one is frozen at this forward pass, as for a pool (METHOD
 * section 2). The positions stay.
 */
#include "layers/kinds.h"

#if SRD_WITH_MAXIMUM
/* ---- winners -------------------------------------------------------------------------------------------------------------------- */

static int32_t noted(const srd__gather_io *io, size_t at)
{
    return io->wide ? ((const int32_t *)io->winner)[at] : ((const uint8_t *)io->winner)[at];
}

static void note(const srd__gather_io *io, size_t at, int32_t k)
{
    if (io->winner == NULL) return;
    if (io->wide) ((int32_t *)io->winner)[at] = k;
    else ((uint8_t *)io->winner)[at] = (uint8_t)k;
}

/* What every number beats, so that the first one is taken. layer->low: 1 for the smallest. */
static void begin(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const float worst = layer->low == 1.0f ? INFINITY : -INFINITY;

    for (int32_t p = first; p < first + count; ++p) {
        for (int32_t c = 0; c < io->out->c; ++c) io->target[(size_t)p * (size_t)io->target_stride + (size_t)c] = worst;
    }
}

/* ---- of layers ------------------------------------------------------------------------------------------------------------------ */

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    for (int32_t i = 1; i < layer->input_count; ++i) {
        const srd__shape in = *srd__input_shape(graph, bound, layer, i);

        if ((in.c != 0 && out->c != 0 && in.c != out->c) || (in.h != 0 && out->h != 0 && in.h != out->h) ||
            (in.w != 0 && out->w != 0 && in.w != out->w)) {
            return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                             "input 0 is %d x %d x %d, input %d is %d x %d x %d; all must be equal", out->c, out->h, out->w, i,
                             in.c, in.h, in.w);
        }
        if (out->c == 0) out->c = in.c;
        if (out->h == 0) out->h = in.h;
        if (out->w == 0) out->w = in.w;
    }
    return SRD_OK;
}

static int32_t choices(const srd__layer *layer, const srd__shape *shapes)
{
    (void)shapes;
    return layer->input_count;
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

/* Neighbouring channels that the same input won go on as one run. */
static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    int32_t done = 0;

    while (done < run->count) {
        const int32_t k = walk->winner(walk, layer->id, position, run->channel + done);
        srd__run part = *run;
        int32_t n = 1;

        while (done + n < run->count && walk->winner(walk, layer->id, position, run->channel + done + n) == k) ++n;
        part.channel += done;
        part.top += done * run->step;
        part.count = n;
        for (int32_t i = 0; i < k; ++i) part.slot += walk->slots[layer->inputs[i]];
        srd__walk_runs(walk, layer->inputs[k], position, &part);
        done += n;
    }
}

/* Inputs come in their order, so that an equal number is never taken in place of an earlier one. */
static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const bool smallest = layer->low == 1.0f;
    const int32_t input = io->before / (io->out->h * io->out->w);

    for (int32_t p = first; p < first + count; ++p) {
        const float *const from = io->source + (size_t)p * (size_t)io->source_stride;
        const size_t at = (size_t)p * (size_t)io->target_stride + (size_t)io->channel;

        for (int32_t c = 0; c < io->channels; ++c) {
            float *const to = io->target + at + c;

            if (smallest ? from[c] >= *to : from[c] <= *to) continue;
            *to = from[c];
            note(io, at + (size_t)c, input);
        }
    }
}

#define OF_LAYERS(kind_)                                            \
    const srd__kind srd__kind_##kind_ = { .name = #kind_,           \
                                          .single = 1,              \
                                          .role = SRD__GATHER,      \
                                          .selects = 1,             \
                                          .shape = shape,           \
                                          .slot_count = slot_count, \
                                          .choices = choices,       \
                                          .begin = begin,           \
                                          .paths = paths,           \
                                          .runs = runs,             \
                                          .forward = forward };

OF_LAYERS(maximum)
OF_LAYERS(minimum)

static srd_layer of_layers(srd_graph *graph, const char *name, const srd__kind *kind, const srd_layer *inputs, int32_t count,
                           bool smallest)
{
    srd__layer *const layer = srd__layer_begin(graph, name, kind, inputs, count);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (count < 2) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "a %s needs two inputs, not %d", kind->name,
                        count);
        return SRD_LAYER_NONE;
    }
    layer->low = smallest ? 1.0f : 0.0f;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_maximum(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count)
{
    return of_layers(graph, name, &srd__kind_maximum, inputs, count, false);
}

srd_layer srd_graph_minimum(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count)
{
    return of_layers(graph, name, &srd__kind_minimum, inputs, count, true);
}

/* ---- of groups of channels -------------------------------------------------------------------------------------------------------- */

static srd_status group_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                              srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c % layer->groups != 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "%d channels do not fall into %d equal groups", out->c,
                         layer->groups);
    }
    out->c = layer->groups;
    return SRD_OK;
}

static int32_t group_choices(const srd__layer *layer, const srd__shape *shapes)
{
    return shapes[layer->inputs[0]].c / layer->groups;
}

static int64_t group_slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return walk->slots[layer->inputs[0]];
}

static void group_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    srd__walk_paths(walk, layer->inputs[0], position, slot);
}

static void group_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t size = group_choices(layer, walk->shapes);

    for (int32_t c = 0; c < run->count; ++c) {
        const int32_t group = run->channel + c;
        srd__run one = *run;

        one.channel = group * size + walk->winner(walk, layer->id, position, group);
        one.top += c * run->step;
        one.count = 1;
        srd__walk_runs(walk, layer->inputs[0], position, &one);
    }
}

/* Parts of the input may come in another order than its channels (a shuffle below): of equal numbers the earlier channel stays. */
static void group_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const int32_t size = io->in->c / layer->groups;

    for (int32_t p = first; p < first + count; ++p) {
        const float *const from = io->source + (size_t)p * (size_t)io->source_stride;
        const size_t row = (size_t)p * (size_t)io->target_stride;

        for (int32_t c = 0; c < io->channels; ++c) {
            const size_t at = row + (size_t)((io->channel + c) / size);
            const int32_t k = (io->channel + c) % size;
            float *const to = io->target + at;

            if (from[c] > *to || (from[c] == *to && io->winner != NULL && k < noted(io, at))) {
                *to = from[c];
                note(io, at, k);
            }
        }
    }
}

const srd__kind srd__kind_max_channels = { .name = "max_channels",
                                           .single = 1,
                                           .role = SRD__GATHER,
                                           .selects = 1,
                                           .shape = group_shape,
                                           .slot_count = group_slot_count,
                                           .choices = group_choices,
                                           .begin = begin,
                                           .paths = group_paths,
                                           .runs = group_runs,
                                           .forward = group_forward };

srd_layer srd_graph_max_channels(srd_graph *graph, const char *name, srd_layer input, int32_t groups)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_max_channels, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (groups < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "%d groups: there must be one at least",
                        groups);
        return SRD_LAYER_NONE;
    }
    layer->groups = groups;
    return srd__layer_end(graph, layer);
}
#endif
