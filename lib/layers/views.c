/*
 * views.c -- gather layers that only name channels or positions anew: slices and shuffles of channels, and another grid over the
 * same positions. Nothing is copied.
 */
#include "layers/kinds.h"

#if SRD_WITH_VIEWS
static int64_t same_slots(const srd__walk *walk, const srd__layer *layer)
{
    return walk->slots[layer->inputs[0]];
}

static void same_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    srd__walk_paths(walk, layer->inputs[0], position, slot);
}

/* ---- channels first ... first + count - 1 ---- */

static srd_status slice_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                              srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c != 0 && layer->before > out->c - layer->channels) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "channels %d to %d of an input that has %d",
                         layer->before, layer->before + layer->channels - 1, out->c);
    }
    out->c = layer->channels;
    return SRD_OK;
}

static void slice_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    srd__run moved = *run;

    moved.channel += layer->before;
    srd__walk_runs(walk, layer->inputs[0], position, &moved);
}

const srd__kind srd__kind_slice = { .name = "slice",
                                    .view = 1,
                                    .single = 1,
                                    .role = SRD__GATHER,
                                    .shape = slice_shape,
                                    .slot_count = same_slots,
                                    .paths = same_paths,
                                    .runs = slice_runs };

srd_layer srd_graph_slice(srd_graph *graph, const char *name, srd_layer input, int32_t first, int32_t count)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_slice, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (first < 0 || count < 1 || first > INT32_MAX - count) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "a slice of %d channels from channel %d",
                        count, first);
        return SRD_LAYER_NONE;
    }
    layer->before = first;
    layer->channels = count;
    return srd__layer_end(graph, layer);
}

/* ---- out[i * groups + k] = in[k * (C / groups) + i] ---- */

static srd_status shuffle_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c % layer->groups != 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "%d channels do not divide into %d groups", out->c,
                         layer->groups);
    }
    return SRD_OK;
}

/* The channels of one group of the input stand groups apart in the output. */
static void shuffle_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t groups = layer->groups, per_group = walk->shapes[layer->id].c / groups;

    for (int32_t k = 0; k < groups; ++k) {
        const int32_t from = (k - run->channel) % groups, ahead = from < 0 ? from + groups : from;
        const int32_t first = run->channel + ahead; /* of the group in the run */
        srd__run part = *run;

        if (first >= run->channel + run->count) continue;
        part.channel = k * per_group + first / groups;
        part.count = (run->channel + run->count - first - 1) / groups + 1;
        part.top += (first - run->channel) * run->step;
        if (part.count > 1) part.step *= groups; /* of one it means nothing, and may overflow */
        srd__walk_runs(walk, layer->inputs[0], position, &part);
    }
}

const srd__kind srd__kind_shuffle = { .name = "shuffle",
                                      .view = 1,
                                      .single = 1,
                                      .role = SRD__GATHER,
                                      .shape = shuffle_shape,
                                      .slot_count = same_slots,
                                      .paths = same_paths,
                                      .runs = shuffle_runs };

srd_layer srd_graph_shuffle(srd_graph *graph, const char *name, srd_layer input, int32_t groups)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_shuffle, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (groups < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "%d groups", groups);
        return SRD_LAYER_NONE;
    }
    layer->groups = groups;
    return srd__layer_end(graph, layer);
}

/* ---- channels by their numbers ---- */

static srd_status chosen_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                               srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    for (int32_t k = 0; out->c != 0 && k < layer->channels; ++k) {
        if (layer->chosen[k] < out->c) continue;
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "channels[%d] is %d, of an input that has %d channels",
                         k, layer->chosen[k], out->c);
    }
    out->c = layer->channels;
    return SRD_OK;
}

/* Neighbours of the input that are neighbours of the output go on as one run. */
static void chosen_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t *const chosen = layer->chosen + run->channel;
    srd__run part = *run;

    for (int32_t begin = 0, end; begin < run->count; begin = end) {
        for (end = begin + 1; end < run->count && chosen[end] == chosen[end - 1] + 1; ++end) continue;
        part.channel = chosen[begin];
        part.count = end - begin;
        part.top = run->top + begin * run->step;
        srd__walk_runs(walk, layer->inputs[0], position, &part);
    }
}

const srd__kind srd__kind_gather_channels = { .name = "gather_channels",
                                              .view = 1,
                                              .single = 1,
                                              .role = SRD__GATHER,
                                              .shape = chosen_shape,
                                              .slot_count = same_slots,
                                              .paths = same_paths,
                                              .runs = chosen_runs };

srd_layer srd_graph_gather_channels(srd_graph *graph, const char *name, srd_layer input, const int32_t *channels, int32_t count)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_gather_channels, &input, 1);
    int32_t *chosen;

    if (layer == NULL) return SRD_LAYER_NONE;
    if (channels == NULL || count < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "channels are NULL or their count is %d",
                        count);
        return SRD_LAYER_NONE;
    }
    layer->chosen = chosen = (int32_t *)srd__graph_take(graph, (size_t)count, sizeof *chosen);
    if (chosen == NULL) return SRD_LAYER_NONE;
    for (int32_t k = 0; k < count; ++k) {
        chosen[k] = channels[k];
        if (chosen[k] >= 0) continue;
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "channels[%d] is %d", k, chosen[k]);
        return SRD_LAYER_NONE;
    }
    layer->channels = count;
    return srd__layer_end(graph, layer);
}

/* ---- the same positions in row-major order ---- */

/* Sizes of 0 are what the other leaves, or, both 0, a row of tokens. */
static srd_status reshape_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const int64_t positions = (int64_t)in.h * in.w;
    const int32_t height = layer->size_h == 0 && layer->size_w == 0 ? 1 : layer->size_h;

    out->c = in.c;
    out->h = height;
    out->w = layer->size_w;
    if (positions == 0) return SRD_OK;
    if (height == 0) out->h = (int32_t)srd__min(positions / layer->size_w, INT32_MAX);
    if (layer->size_w == 0) out->w = (int32_t)srd__min(positions / height, INT32_MAX);
    if ((int64_t)out->h * out->w != positions) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "%d x %d positions do not make a grid of %d x %d", in.h,
                         in.w, out->h, out->w);
    }
    return SRD_OK;
}

static void reshape_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    srd__walk_runs(walk, layer->inputs[0], position, run);
}

const srd__kind srd__kind_reshape = { .name = "reshape",
                                      .view = 1,
                                      .single = 1,
                                      .role = SRD__GATHER,
                                      .shape = reshape_shape,
                                      .slot_count = same_slots,
                                      .paths = same_paths,
                                      .runs = reshape_runs };

srd_layer srd_graph_reshape(srd_graph *graph, const char *name, srd_layer input, int32_t height, int32_t width)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_reshape, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (height < 0 || width < 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "a grid of %d x %d", height, width);
        return SRD_LAYER_NONE;
    }
    layer->size_h = height;
    layer->size_w = width;
    return srd__layer_end(graph, layer);
}
#endif
