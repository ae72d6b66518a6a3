/*
 * token_moves.c -- gather layers that move whole PFVs: tokens one after the other, some of the tokens, rows for columns. Each output
 * position is one position of one input.
 */
#include "layers/kinds.h"

#if SRD_WITH_MOVES
static int64_t most_slots(const srd__walk *walk, const srd__layer *layer)
{
    int64_t slots = 1;

    for (int32_t i = 0; i < layer->input_count; ++i) slots = srd__max(slots, walk->slots[layer->inputs[i]]);
    return slots;
}

/* The input that output position p comes from, and the position there. shapes is by layer, in and out of this one. */
static int32_t input_of(const srd__layer *layer, const srd__shape *shapes, int32_t p, int32_t *q)
{
    const srd__shape *in = &shapes[layer->inputs[0]];
    int32_t i = 0;

    p += layer->before; /* of a selection: the tokens before it */
    while (p >= in->h * in->w) {
        p -= in->h * in->w;
        in = &shapes[layer->inputs[++i]];
    }
    *q = p;
    return i;
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    int32_t q;
    const int32_t i = input_of(layer, walk->shapes, position, &q);

    srd__walk_paths(walk, layer->inputs[i], q, slot);
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    int32_t q;
    const int32_t i = input_of(layer, walk->shapes, position, &q);

    srd__walk_runs(walk, layer->inputs[i], q, run);
}

static void copy(const srd__gather_io *io, int32_t to, int32_t from)
{
    memcpy(io->target + (size_t)to * (size_t)io->target_stride + io->channel,
           io->source + (size_t)from * (size_t)io->source_stride, (size_t)io->channels * sizeof(float));
}

/* ---- tokens one after the other ---- */

static srd_status concat_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                               srd_detail *detail)
{
    int64_t tokens = 0;
    bool known = true;

    *out = *srd__input_shape(graph, bound, layer, 0);
    for (int32_t i = 0; i < layer->input_count; ++i) {
        const srd__shape *const in = srd__input_shape(graph, bound, layer, i);

        if ((in->c != 0 && out->c != 0 && in->c != out->c) || in->h > 1) {
            return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                             "input %d is %d x %d x %d, expected %d channels and one row of tokens", i, in->c, in->h, in->w,
                             out->c);
        }
        if (out->c == 0) out->c = in->c;
        known = known && in->h != 0 && in->w != 0;
        tokens += in->w;
    }
    if (tokens > INT32_MAX / 8) return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "too many tokens");
    out->h = 1;
    out->w = known ? (int32_t)tokens : 0;
    return SRD_OK;
}

static void concat_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const int32_t begin = srd__max(first, io->before), end = srd__min(first + count, io->before + io->in->w);

    (void)layer;
    for (int32_t p = begin; p < end; ++p) copy(io, p, p - io->before);
}

const srd__kind srd__kind_concat_tokens = { .name = "concat_tokens",
                                            .single = 1,
                                            .role = SRD__GATHER,
                                            .shape = concat_shape,
                                            .slot_count = most_slots,
                                            .paths = paths,
                                            .runs = runs,
                                            .forward = concat_forward };

srd_layer srd_graph_concat_tokens(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_concat_tokens, inputs, count);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (count < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "a concat needs an input");
        return SRD_LAYER_NONE;
    }
    return srd__layer_end(graph, layer);
}

/* ---- tokens first ... first + count - 1 ---- */

static srd_status select_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                               srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->h > 1 || (out->w != 0 && layer->before > out->w - layer->after)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "tokens %d to %d of an input of %d x %d", layer->before,
                         layer->before + layer->after - 1, out->h, out->w);
    }
    out->h = 1;
    out->w = layer->after;
    return SRD_OK;
}

static void select_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) copy(io, p, p + layer->before);
}

const srd__kind srd__kind_select_tokens = { .name = "select_tokens",
                                            .single = 1,
                                            .role = SRD__GATHER,
                                            .shape = select_shape,
                                            .slot_count = most_slots,
                                            .paths = paths,
                                            .runs = runs,
                                            .forward = select_forward };

srd_layer srd_graph_select_tokens(srd_graph *graph, const char *name, srd_layer input, int32_t first, int32_t count)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_select_tokens, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (first < 0 || count < 1 || first > INT32_MAX - count) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "a selection of %d tokens from token %d",
                        count, first);
        return SRD_LAYER_NONE;
    }
    layer->before = first;
    layer->after = count;
    return srd__layer_end(graph, layer);
}

/* ---- rows for columns ---- */

static srd_status transpose_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                  srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);

    (void)detail;
    out->c = in.c;
    out->h = in.w;
    out->w = in.h;
    return SRD_OK;
}

/* The position in the input that output position p is. */
static int32_t turned(const srd__shape *in, int32_t p)
{
    return p % in->h * in->w + p / in->h;
}

static void transpose_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    srd__walk_paths(walk, layer->inputs[0], turned(&walk->shapes[layer->inputs[0]], position), slot);
}

static void transpose_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    srd__walk_runs(walk, layer->inputs[0], turned(&walk->shapes[layer->inputs[0]], position), run);
}

static void transpose_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    (void)layer;
    for (int32_t p = first; p < first + count; ++p) copy(io, p, turned(io->in, p));
}

const srd__kind srd__kind_transpose = { .name = "transpose",
                                        .single = 1,
                                        .role = SRD__GATHER,
                                        .shape = transpose_shape,
                                        .slot_count = most_slots,
                                        .paths = transpose_paths,
                                        .runs = transpose_runs,
                                        .forward = transpose_forward };

srd_layer srd_graph_transpose(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_transpose, input);
}
#endif
