/*
 * blocks.c -- gather layers between channels and blocks of positions. A block is block_h x block_w positions of the larger picture and one of
 * the smaller; place b = bh * block_w + bw of it is channel c of the larger picture in one of the channels of the smaller one:
 *
 *     blocks first    b * C + c          (C: channels of the larger picture, B = block_h * block_w places of a block)
 *     blocks last     c * B + b
 */
#include "layers/kinds.h"

#if SRD_WITH_BLOCKS
static int32_t places_of_block(const srd__layer *layer)
{
    return layer->size_h * layer->size_w;
}

/* The place of a position of the larger picture in its block, and the position of the smaller one. */
static int32_t place_in_block(const srd__layer *layer, int32_t width, int32_t p, int32_t *q)
{
    const int32_t row = p / width, column = p % width;

    *q = row / layer->size_h * (width / layer->size_w) + column / layer->size_w;
    return row % layer->size_h * layer->size_w + column % layer->size_w;
}

/* The position of the larger picture, `width` wide, at a place of the block that is position q of the smaller one. */
static int32_t position_in_block(const srd__layer *layer, int32_t width, int32_t q, int32_t place)
{
    const int32_t across = width / layer->size_w;
    const int32_t row = q / across * layer->size_h + place / layer->size_w;

    return row * width + q % across * layer->size_w + place % layer->size_w;
}

/* The first channel of a place in the smaller picture, and how far the next one of the place is. */
static int32_t first_of_place(const srd__layer *layer, int32_t channels, int32_t place, int32_t *step)
{
    *step = layer->mode == SRD_BLOCKS_LAST ? places_of_block(layer) : 1;
    return layer->mode == SRD_BLOCKS_LAST ? place : place * channels;
}

/* Of the channels first + c * step, those from begin to begin + count - 1: c from *from to *end - 1. */
static void channels_between(int32_t first, int32_t step, int32_t channels, int32_t begin, int32_t count, int32_t *from,
                             int32_t *end)
{
    *from = begin <= first ? 0 : (begin - first + step - 1) / step;
    *end = begin + count <= first ? 0 : srd__min((begin + count - first + step - 1) / step, channels);
}

/* ---- channels to blocks of positions --------------------------------------------------------------------------------------- */

static srd_status spread_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                               srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const int64_t height = (int64_t)in.h * layer->size_h, width = (int64_t)in.w * layer->size_w;

    if (in.c % places_of_block(layer) != 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "%d channels do not divide into blocks of %d x %d",
                         in.c, layer->size_h, layer->size_w);
    }
    if (height > INT32_MAX || width > INT32_MAX) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "%d x %d blocks of %d x %d are too many", in.h, in.w,
                         layer->size_h, layer->size_w);
    }
    out->c = in.c / places_of_block(layer);
    out->h = (int32_t)height;
    out->w = (int32_t)width;
    return SRD_OK;
}

static int64_t spread_slots(const srd__walk *walk, const srd__layer *layer)
{
    return walk->slots[layer->inputs[0]];
}

static void spread_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    int32_t q;

    (void)place_in_block(layer, walk->shapes[layer->id].w, position, &q);
    srd__walk_paths(walk, layer->inputs[0], q, slot);
}

static void spread_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    int32_t q, step;
    const int32_t place = place_in_block(layer, walk->shapes[layer->id].w, position, &q);
    const int32_t first = first_of_place(layer, walk->shapes[layer->id].c, place, &step);
    srd__run part = *run;

    part.channel = first + run->channel * step;
    if (step == 1) {
        srd__walk_runs(walk, layer->inputs[0], q, &part);
        return;
    }
    part.count = 1; /* a run has neighbouring channels of its source */
    for (int32_t k = 0; k < run->count; ++k, part.channel += step, part.top += run->step) {
        srd__walk_runs(walk, layer->inputs[0], q, &part);
    }
}

static void spread_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) {
        float *const to = io->target + (size_t)p * (size_t)io->target_stride;
        int32_t q, step, from, end;
        const int32_t place = place_in_block(layer, io->out->w, p, &q);
        const int32_t begin = first_of_place(layer, io->out->c, place, &step);
        const float *const x = io->source + (size_t)q * (size_t)io->source_stride;

        channels_between(begin, step, io->out->c, io->channel, io->channels, &from, &end);
        for (int32_t c = from; c < end; ++c) to[c] = x[begin + c * step - io->channel];
    }
}

const srd__kind srd__kind_depth_to_space = { .name = "depth_to_space",
                                             .single = 1,
                                             .repeats = 1,
                                             .regroups = 1,
                                             .role = SRD__GATHER,
                                             .shape = spread_shape,
                                             .slot_count = spread_slots,
                                             .paths = spread_paths,
                                             .runs = spread_runs,
                                             .forward = spread_forward };

/* ---- blocks of positions to channels ----------------------------------------------------------------------------------------- */

static srd_status joined_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                               srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);

    if (in.h % layer->size_h != 0 || in.w % layer->size_w != 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "%d x %d positions do not divide into blocks of %d x %d", in.h, in.w, layer->size_h, layer->size_w);
    }
    if ((int64_t)in.c * places_of_block(layer) > INT32_MAX) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "too many channels");
    }
    out->c = in.c * places_of_block(layer);
    out->h = in.h / layer->size_h;
    out->w = in.w / layer->size_w;
    return SRD_OK;
}

static int64_t joined_slots(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)places_of_block(layer) * walk->slots[layer->inputs[0]];
}

static void joined_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t input = layer->inputs[0];

    for (int32_t b = 0; b < places_of_block(layer); ++b, slot += walk->slots[input]) {
        srd__walk_paths(walk, input, position_in_block(layer, walk->shapes[input].w, position, b), slot);
    }
}

static void joined_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t input = layer->inputs[0];

    for (int32_t b = 0; b < places_of_block(layer); ++b) {
        srd__run part = *run;
        int32_t step, from, end;
        const int32_t first = first_of_place(layer, walk->shapes[input].c, b, &step);

        channels_between(first, step, walk->shapes[input].c, run->channel, run->count, &from, &end);
        if (from >= end) continue;
        part.channel = from;
        part.count = end - from;
        part.top += (first + from * step - run->channel) * run->step;
        if (part.count > 1) part.step *= step; /* of one it means nothing, and may overflow */
        part.slot += (int64_t)b * walk->slots[input];
        srd__walk_runs(walk, input, position_in_block(layer, walk->shapes[input].w, position, b), &part);
    }
}

static void joined_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) {
        for (int32_t b = 0; b < places_of_block(layer); ++b) {
            int32_t step;
            float *const to = io->target + (size_t)p * (size_t)io->target_stride + first_of_place(layer, io->in->c, b, &step);
            const float *const x = io->source + (size_t)position_in_block(layer, io->in->w, p, b) * (size_t)io->source_stride;

            for (int32_t c = 0; c < io->channels; ++c) to[(size_t)(io->channel + c) * (size_t)step] = x[c];
        }
    }
}

const srd__kind srd__kind_space_to_depth = { .name = "space_to_depth",
                                             .single = 1,
                                             .regroups = 1,
                                             .role = SRD__GATHER,
                                             .shape = joined_shape,
                                             .slot_count = joined_slots,
                                             .paths = joined_paths,
                                             .runs = joined_runs,
                                             .forward = joined_forward };

static srd_layer add_blocks(srd_graph *graph, srd__layer *layer, int32_t block_h, int32_t block_w, int32_t order)
{
    if (layer == NULL) return SRD_LAYER_NONE;
    if (block_h < 1 || block_w < 1 || block_h > INT32_MAX / 8 / block_w) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "blocks of %d x %d positions", block_h,
                        block_w);
        return SRD_LAYER_NONE;
    }
    if (order != SRD_BLOCKS_FIRST && order != SRD_BLOCKS_LAST) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "unknown order %d: it is SRD_BLOCKS_FIRST or SRD_BLOCKS_LAST", order);
        return SRD_LAYER_NONE;
    }
    layer->size_h = block_h;
    layer->size_w = block_w;
    layer->mode = order;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_depth_to_space(srd_graph *graph, const char *name, srd_layer input, int32_t block_h, int32_t block_w,
                                   int32_t order)
{
    return add_blocks(graph, srd__layer_begin(graph, name, &srd__kind_depth_to_space, &input, 1), block_h, block_w, order);
}

srd_layer srd_graph_space_to_depth(srd_graph *graph, const char *name, srd_layer input, int32_t block_h, int32_t block_w,
                                   int32_t order)
{
    return add_blocks(graph, srd__layer_begin(graph, name, &srd__kind_space_to_depth, &input, 1), block_h, block_w, order);
}
#endif
