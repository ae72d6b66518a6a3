/*
 * position_moves.c -- gather layers that move whole PFVs: crops, strides and flips, rolls, pads that show the picture again, and the
 * windows of windowed attention. Every output position is one position of the input, with all its channels, and source_of() says which;
 * paths, runs and values all follow from it. Sizes are those of one axis:
 *
 *     crop2d              before + i * step, or, for a negative step, size - 1 - after + i * step
 *     roll2d              (i - shift) mod size
 *     reflection_pad2d    with t = i - before:  -t where t < 0,  2 (size - 1) - t where t >= size,  else t
 *     replication_pad2d   t, or 0 where t < 0, or size - 1 where t >= size
 *     circular_pad2d      t mod size
 *     window_partition    window a and place i in it:  a * window + i (blocks),  i * (size / window) + a (a grid)
 *     window_reverse      its inverse
 */
#include "layers/kinds.h"
#include "layers/places.h"

#if SRD_WITH_POSITION_MOVES
/* What a layer does, its srd__layer.mode. To the last two the arrangement of the windows is added. */
enum move { CROP, ROLL, REFLECT, REPLICATE, CIRCLE, PARTITION, REVERSE = PARTITION + 2 };

/* ---- where an output position comes from ---------------------------------------------------------------------------------- */

/* One axis of a pad: before and behind the picture lies a part of the picture. */
static int32_t padded_from(int32_t move, int32_t i, int32_t size, int32_t before)
{
    const int32_t t = i - before;

    if (t >= 0 && t < size) return t;
    if (move == REFLECT) return t < 0 ? -t : 2 * (size - 1) - t;
    if (move == REPLICATE) return t < 0 ? 0 : size - 1;
    return t < 0 ? t + size : t - size; /* circular: a pad is not longer than the picture */
}

static int32_t rolled_from(int32_t i, int32_t size, int32_t shift)
{
    const int32_t from = (i - shift % size) % size;

    return from < 0 ? from + size : from;
}

static int32_t cropped_from(int32_t i, int32_t size, int32_t before, int32_t after, int32_t step)
{
    return (step > 0 ? before : size - 1 - after) + i * step;
}

/* One axis of the windows of a picture: row `inside` of window row `window`. Windows are `length` long, there are `count`. */
static int32_t window_place(bool grid, int32_t window, int32_t inside, int32_t length, int32_t count)
{
    return grid ? inside * count + window : window * length + inside;
}

/* Token p % tokens of window p / tokens of a picture that is `width` wide, and as many rows of windows as `height` says. */
static int32_t partitioned_from(const srd__layer *layer, int32_t height, int32_t width, int32_t p)
{
    const int32_t tokens = layer->size_h * layer->size_w, down = height / layer->size_h, across = width / layer->size_w;
    const int32_t window = p / tokens, token = p % tokens;
    const bool grid = layer->mode == PARTITION + SRD_WINDOWS_GRID;
    const int32_t row = window_place(grid, window / across, token / layer->size_w, layer->size_h, down);

    return row * width + window_place(grid, window % across, token % layer->size_w, layer->size_w, across);
}

/* Position p of a picture as window * tokens + token. */
static int32_t reversed_from(const srd__layer *layer, const srd__shape *out, int32_t p)
{
    const int32_t row = p / out->w, column = p % out->w;
    const int32_t down = out->h / layer->size_h, across = out->w / layer->size_w;
    const bool grid = layer->mode == REVERSE + SRD_WINDOWS_GRID;
    const int32_t a = grid ? row % down : row / layer->size_h, i = grid ? row / down : row % layer->size_h;
    const int32_t b = grid ? column % across : column / layer->size_w, j = grid ? column / across : column % layer->size_w;

    return (a * across + b) * layer->size_h * layer->size_w + i * layer->size_w + j;
}

/* The position of the input that output position p is. */
static int32_t source_of(const srd__layer *layer, const srd__shape *in, const srd__shape *out, int32_t p)
{
    const srd__window *const w = &layer->window;
    int32_t row = p / out->w, column = p % out->w;

    if (layer->mode >= REVERSE) return reversed_from(layer, out, p);
    if (layer->mode >= PARTITION) return partitioned_from(layer, in->h, in->w, p);
    if (layer->mode == CROP) {
        row = cropped_from(row, in->h, w->top, w->bottom, w->stride_h);
        column = cropped_from(column, in->w, w->left, w->right, w->stride_w);
    } else if (layer->mode == ROLL) {
        row = rolled_from(row, in->h, layer->size_h);
        column = rolled_from(column, in->w, layer->size_w);
    } else {
        row = padded_from(layer->mode, row, in->h, w->top);
        column = padded_from(layer->mode, column, in->w, w->left);
    }
    return row * in->w + column;
}

/* ---- the entries of all these kinds ----------------------------------------------------------------------------------------- */

static int64_t slots_below(const srd__walk *walk, const srd__layer *layer)
{
    return walk->slots[layer->inputs[0]];
}

static int32_t walked_source(const srd__walk *walk, const srd__layer *layer, int32_t position)
{
    return source_of(layer, &walk->shapes[layer->inputs[0]], &walk->shapes[layer->id], position);
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    srd__walk_paths(walk, layer->inputs[0], walked_source(walk, layer, position), slot);
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    srd__walk_runs(walk, layer->inputs[0], walked_source(walk, layer, position), run);
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) {
        const size_t from = (size_t)source_of(layer, io->in, io->out, p);

        memcpy(io->target + (size_t)p * (size_t)io->target_stride + io->channel, io->source + from * (size_t)io->source_stride,
               (size_t)io->channels * sizeof(float));
    }
}

/* ---- shapes ------------------------------------------------------------------------------------------------------------------ */

/* ceil((size - before - after) / |step|); at most 0 if nothing is left. */
static int64_t cropped_size(int32_t size, int32_t before, int32_t after, int32_t step)
{
    const int64_t length = step < 0 ? -(int64_t)step : step, left = (int64_t)size - before - after;

    return left < 1 ? 0 : (left - 1) / length + 1;
}

static srd_status crop_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                             srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const srd__window *const w = &layer->window;

    out->c = in.c;
    out->h = in.h == 0 ? 0 : (int32_t)cropped_size(in.h, w->top, w->bottom, w->stride_h);
    out->w = in.w == 0 ? 0 : (int32_t)cropped_size(in.w, w->left, w->right, w->stride_w);
    if ((in.h != 0 && out->h == 0) || (in.w != 0 && out->w == 0)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "a crop of %d %d %d %d (top, left, bottom, right) leaves nothing of an input of %d x %d", w->top,
                         w->left, w->bottom, w->right, in.h, in.w);
    }
    return SRD_OK;
}

/* The longest pad of an axis that can be filled from the picture. */
static int32_t longest_pad(int32_t move, int32_t size)
{
    if (move == REPLICATE) return INT32_MAX;
    return move == REFLECT ? size - 1 : size;
}

static srd_status pad_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                            srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const srd__window *const w = &layer->window;
    const int32_t down = longest_pad(layer->mode, in.h), across = longest_pad(layer->mode, in.w);
    const int64_t height = (int64_t)in.h + w->top + w->bottom, width = (int64_t)in.w + w->left + w->right;

    if ((in.h != 0 && (w->top > down || w->bottom > down)) || (in.w != 0 && (w->left > across || w->right > across))) {
        return srd__fail(
            detail, SRD_ERR_SHAPE, layer->id, layer->name,
            "pads %d %d %d %d (top, left, bottom, right) of an input of %d x %d: at most %d rows and %d columns can be "
            "filled from it",
            w->top, w->left, w->bottom, w->right, in.h, in.w, down, across);
    }
    if (height > INT32_MAX || width > INT32_MAX) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "the padded input of %d x %d is too large", in.h,
                         in.w);
    }
    out->c = in.c;
    out->h = in.h == 0 ? 0 : (int32_t)height;
    out->w = in.w == 0 ? 0 : (int32_t)width;
    return SRD_OK;
}

static srd_status partition_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                  srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const int64_t windows = (int64_t)(in.h / layer->size_h) * (in.w / layer->size_w);

    if (in.h % layer->size_h != 0 || in.w % layer->size_w != 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "%d x %d positions do not divide into windows of %d x %d", in.h, in.w, layer->size_h, layer->size_w);
    }
    if (windows > INT32_MAX) return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "too many windows");
    out->c = in.c;
    out->h = (int32_t)windows; /* 0 while a size is not known */
    out->w = layer->size_h * layer->size_w;
    return SRD_OK;
}

static srd_status reverse_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const int32_t tokens = layer->size_h * layer->size_w;
    const int64_t windows = (int64_t)(layer->before / layer->size_h) * (layer->after / layer->size_w);

    if ((in.h != 0 && in.h != windows) || (in.w != 0 && in.w != tokens)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "%d windows of %d tokens, but %d x %d positions are %l windows of %d tokens", in.h, in.w,
                         layer->before, layer->after, windows, tokens);
    }
    out->c = in.c;
    out->h = layer->before;
    out->w = layer->after;
    return SRD_OK;
}

/* ---- kinds and calls --------------------------------------------------------------------------------------------------------- */

const srd__kind srd__kind_crop2d = { .name = "crop2d",
                                     .single = 1,
                                     .role = SRD__GATHER,
                                     .shape = crop_shape,
                                     .slot_count = slots_below,
                                     .paths = paths,
                                     .runs = runs,
                                     .forward = forward };

const srd__kind srd__kind_roll2d = { .name = "roll2d",
                                     .single = 1,
                                     .role = SRD__GATHER,
                                     .shape = srd__shape_same,
                                     .slot_count = slots_below,
                                     .paths = paths,
                                     .runs = runs,
                                     .forward = forward };

const srd__kind srd__kind_reflection_pad2d = { .name = "reflection_pad2d",
                                               .single = 1,
                                               .repeats = 1,
                                               .role = SRD__GATHER,
                                               .shape = pad_shape,
                                               .slot_count = slots_below,
                                               .paths = paths,
                                               .runs = runs,
                                               .forward = forward };

const srd__kind srd__kind_replication_pad2d = { .name = "replication_pad2d",
                                                .single = 1,
                                                .repeats = 1,
                                                .role = SRD__GATHER,
                                                .shape = pad_shape,
                                                .slot_count = slots_below,
                                                .paths = paths,
                                                .runs = runs,
                                                .forward = forward };

const srd__kind srd__kind_circular_pad2d = { .name = "circular_pad2d",
                                             .single = 1,
                                             .repeats = 1,
                                             .role = SRD__GATHER,
                                             .shape = pad_shape,
                                             .slot_count = slots_below,
                                             .paths = paths,
                                             .runs = runs,
                                             .forward = forward };

const srd__kind srd__kind_window_partition = { .name = "window_partition",
                                               .single = 1,
                                               .role = SRD__GATHER,
                                               .shape = partition_shape,
                                               .slot_count = slots_below,
                                               .paths = paths,
                                               .runs = runs,
                                               .forward = forward };

const srd__kind srd__kind_window_reverse = { .name = "window_reverse",
                                             .single = 1,
                                             .role = SRD__GATHER,
                                             .shape = reverse_shape,
                                             .slot_count = slots_below,
                                             .paths = paths,
                                             .runs = runs,
                                             .forward = forward };

static void set_margins(srd__layer *layer, int32_t top, int32_t left, int32_t bottom, int32_t right)
{
    layer->window.top = top;
    layer->window.left = left;
    layer->window.bottom = bottom;
    layer->window.right = right;
}

srd_layer srd_graph_crop2d(srd_graph *graph, const char *name, srd_layer input, const srd_crop2d_options *options)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_crop2d, &input, 1);
    srd_crop2d_options o;

    if (layer == NULL || !srd__layer_options(graph, layer, &o, sizeof o, options, sizeof o, SRD__TEXT("srd_crop2d_options"))) {
        return SRD_LAYER_NONE;
    }
    if (o.top < 0 || o.left < 0 || o.bottom < 0 || o.right < 0 || o.reserved != 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "a crop of %d %d %d %d (top, left, bottom, right): none may be negative, and reserved is 0", o.top,
                        o.left, o.bottom, o.right);
        return SRD_LAYER_NONE;
    }
    layer->mode = CROP;
    set_margins(layer, o.top, o.left, o.bottom, o.right);
    layer->window.stride_h = o.step_h == 0 ? 1 : o.step_h;
    layer->window.stride_w = o.step_w == 0 ? 1 : o.step_w;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_roll2d(srd_graph *graph, const char *name, srd_layer input, int32_t shift_h, int32_t shift_w)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_roll2d, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    layer->mode = ROLL;
    layer->size_h = shift_h;
    layer->size_w = shift_w;
    return srd__layer_end(graph, layer);
}

static srd_layer add_pad(srd_graph *graph, srd__layer *layer, enum move move, int32_t top, int32_t left, int32_t bottom,
                         int32_t right)
{
    if (layer == NULL) return SRD_LAYER_NONE;
    if (top < 0 || left < 0 || bottom < 0 || right < 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "pads %d %d %d %d: none may be negative; srd_graph_crop2d() takes rows and columns off", top, left,
                        bottom, right);
        return SRD_LAYER_NONE;
    }
    layer->mode = (int32_t)move;
    set_margins(layer, top, left, bottom, right);
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_reflection_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                     int32_t bottom, int32_t right)
{
    return add_pad(graph, srd__layer_begin(graph, name, &srd__kind_reflection_pad2d, &input, 1), REFLECT, top, left, bottom,
                   right);
}

srd_layer srd_graph_replication_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                      int32_t bottom, int32_t right)
{
    return add_pad(graph, srd__layer_begin(graph, name, &srd__kind_replication_pad2d, &input, 1), REPLICATE, top, left, bottom,
                   right);
}

srd_layer srd_graph_circular_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                   int32_t bottom, int32_t right)
{
    return add_pad(graph, srd__layer_begin(graph, name, &srd__kind_circular_pad2d, &input, 1), CIRCLE, top, left, bottom,
                   right);
}

/* Notes the windows of a layer; false after a failure. */
static bool set_windows(srd_graph *graph, srd__layer *layer, enum move move, int32_t window_h, int32_t window_w,
                        int32_t arrangement)
{
    if (layer == NULL) return false;
    if (window_h < 1 || window_w < 1 || window_h > INT32_MAX / 8 / window_w) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "windows of %d x %d positions", window_h,
                        window_w);
        return false;
    }
    if (arrangement != SRD_WINDOWS_BLOCKS && arrangement != SRD_WINDOWS_GRID) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "unknown arrangement %d: windows are SRD_WINDOWS_BLOCKS or SRD_WINDOWS_GRID", arrangement);
        return false;
    }
    layer->size_h = window_h;
    layer->size_w = window_w;
    layer->mode = (int32_t)move + arrangement;
    return true;
}

srd_layer srd_graph_window_partition(srd_graph *graph, const char *name, srd_layer input, int32_t window_h, int32_t window_w,
                                     int32_t arrangement)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_window_partition, &input, 1);

    return set_windows(graph, layer, PARTITION, window_h, window_w, arrangement) ? srd__layer_end(graph, layer)
                                                                                 : SRD_LAYER_NONE;
}

srd_layer srd_graph_window_reverse(srd_graph *graph, const char *name, srd_layer input, int32_t height, int32_t width,
                                   int32_t window_h, int32_t window_w, int32_t arrangement)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_window_reverse, &input, 1);

    if (!set_windows(graph, layer, REVERSE, window_h, window_w, arrangement)) return SRD_LAYER_NONE;
    if (height < 1 || width < 1 || height % window_h != 0 || width % window_w != 0 || height > INT32_MAX / 8 / width) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "%d x %d positions do not divide into windows of %d x %d, or are too many", height, width, window_h,
                        window_w);
        return SRD_LAYER_NONE;
    }
    layer->before = height;
    layer->after = width;
    return srd__layer_end(graph, layer);
}

/* ---- moves that are taken back ----------------------------------------------------------------------------------------------- */

bool srd__begins_moving(const srd__layer *layer)
{
    return layer->kind == &srd__kind_roll2d || layer->kind == &srd__kind_window_partition;
}

bool srd__takes_back(const srd__layer *layer, const srd__layer *move, const srd__shape *shapes, int32_t *reach)
{
    const srd__shape *const from = &shapes[move->inputs[0]], *const to = &shapes[layer->id];
    const bool reverses = layer->kind == &srd__kind_window_reverse, rolls = layer->kind == &srd__kind_roll2d;

    if ((!reverses && !rolls) || from->h != to->h || from->w != to->w) return false; /* other records may end before mode */
    reach[0] = to->h - 1; /* what was moved may have been mixed with what was beside it there */
    reach[1] = to->w - 1;
    if (rolls) {
        return move->kind == &srd__kind_roll2d && rolled_from(rolled_from(0, to->h, layer->size_h), to->h, move->size_h) == 0 &&
               rolled_from(rolled_from(0, to->w, layer->size_w), to->w, move->size_w) == 0;
    }
    if (layer->mode == REVERSE + SRD_WINDOWS_BLOCKS) {
        reach[0] = layer->size_h - 1;
        reach[1] = layer->size_w - 1;
    }
    return move->kind == &srd__kind_window_partition && layer->size_h == move->size_h && layer->size_w == move->size_w &&
           layer->mode - REVERSE == move->mode - PARTITION;
}
#endif
