/* pool.c -- pools, means, pads and changes of size. */
#include "import.h"

#include <math.h>
#include <string.h>

static void put_picture(import *im, const node *n, const call *c)
{
    const view out = view_of_picture(layer_of(im, c), c->channels, c->height, c->width);

    put_view(im, n, 0, &out);
}

static call *emit_pool(import *im, call_kind kind, const view *v, const window *w)
{
    call *const c = emit(im, kind, v->layer);
    const int64_t ints[] = { w->kernel[0], w->kernel[1], w->stride[0], w->stride[1],        w->pads[0],
                             w->pads[1],   w->pads[2],   w->pads[3],   w->ceil_mode ? 1 : 0 };

    for (int i = 0; i < 9; ++i) c->ints[i] = to_int32(im, ints[i]);
    set_shape(im, c, v->channels, window_count(w, 0, v->height), window_count(w, 1, v->width));
    return c;
}

void import_pool(import *im, const node *n)
{
    const bool is_max = is_op(n, "MaxPool");
    int64_t batches;
    const view v = windows_input(im, n, &batches);
    const window w = read_window(im, n, &v, NULL);
    call *c;

    if (w.dilation[0] != 1 || w.dilation[1] != 1) refuse(im, "dilated pools are not supported");
    c = emit_pool(im, is_max ? CALL_MAX_POOL2D : CALL_AVG_POOL2D, &v, &w);
    if (!is_max) c->ints[9] = attribute_int(im, n, "count_include_pad", 0) != 0;
    put_windows(im, n, c, batches);
}

/* All axes behind the channels are one window, however many they are. */
void import_global_pool(import *im, const node *n)
{
    const view *const in = view_of(im, n, 0);
    const bool is_picture = in->rank == 4 && in->dims[0] == 1;
    view v = is_picture ? picture_of(im, in) : arranged(im, in, 3u);
    const window whole = { .kernel = { v.height, v.width }, .stride = { 1, 1 }, .dilation = { 1, 1 } };
    call *c;

    if (in->rank < 3) refuse(im, "its input has no positions");
    if (is_op(n, "GlobalMaxPool")) {
        c = emit_pool(im, CALL_MAX_POOL2D, &v, &whole);
    } else {
        c = emit(im, CALL_GLOBAL_AVG_POOL, v.layer);
        set_shape(im, c, v.channels, 1, 1);
    }
    if (is_picture) {
        put_picture(im, n, c);
        return;
    }
    v.layer = layer_of(im, c);
    v.height = v.width = 1;
    view_clear(&v, ((1u << v.rank) - 1) & ~3u);
    put_view(im, n, 0, &v);
}

/* ---- means ------------------------------------------------------------------------------------------------------------------------ */

static void mean_over_channels(import *im, view *v)
{
    const int64_t shape[] = { 1, v->channels };
    float *const weight = take(im, v->channels, sizeof *weight);
    call *c;

    for (int64_t i = 0; i < v->channels; ++i) weight[i] = (float)(1.0 / (double)v->channels);
    c = emit(im, CALL_LINEAR_TOKENS, v->layer);
    set_tensor(c, 0, weight, 2, shape);
    set_shape(im, c, 1, v->height, v->width);
    v->layer = layer_of(im, c);
    v->channels = 1;
}

/* The mean over positions: all of them, or the rows or columns of the layer's grid. */
static void mean_over_positions(import *im, view *v, const atom *atoms, int32_t count)
{
    const bool all =
        view_counts_all(v, atoms, count, POSITIONS) || (count == 2 && atoms[0].size * atoms[1].size == v->height * v->width);
    call *c;

    if (!all && count != 1) refuse(im, "a mean over parts of the positions");
    if (all) {
        c = emit(im, CALL_GLOBAL_AVG_POOL, v->layer);
        set_shape(im, c, v->channels, 1, 1);
    } else if (atoms[0].stride == 1 && v->height * v->width % atoms[0].size == 0) {
        regrid(im, v, v->height * v->width / atoms[0].size, atoms[0].size);
        c = emit(im, CALL_MEAN, v->layer);
        c->ints[0] = SRD_AXIS_WIDTH;
        set_shape(im, c, v->channels, v->height, 1);
        for (int32_t i = 0; i < v->count; ++i) {
            if (v->atoms[i].kind == POSITIONS && v->atoms[i].stride > 1) v->atoms[i].stride /= atoms[0].size;
        }
    } else if (atoms[0].stride * atoms[0].size == v->height * v->width) {
        regrid(im, v, atoms[0].size, atoms[0].stride);
        c = emit(im, CALL_MEAN, v->layer);
        c->ints[0] = SRD_AXIS_HEIGHT;
        set_shape(im, c, v->channels, 1, v->width);
    } else {
        refuse(im, "a mean over parts of the positions");
    }
    v->layer = layer_of(im, c);
    v->height = c->height;
    v->width = c->width;
}

static void mean_by_grid(import *im, void *context)
{
    const node *const n = (const node *)context;
    view v = *view_of(im, n, 0);
    int64_t axes[MOST_RANK], dims[MOST_RANK];
    const int32_t count = list_of(im, n, "axes", 1, axes, MOST_RANK);
    const bool takes_none = count <= 0 && attribute_int(im, n, "noop_with_empty_axes", 0) != 0;
    uint32_t set = count <= 0 ? (1u << v.rank) - 1 : 0;
    atom atoms[MOST_ATOMS], positions[MOST_ATOMS];
    int32_t left = 0, parts, position_count = 0;

    if (takes_none) {
        put_view(im, n, 0, &v);
        return;
    }
    for (int32_t i = 0; i < count; ++i) set |= 1u << axis_from(im, axes[i], v.rank);
    parts = view_collect(&v, set, atoms);
    for (int32_t i = 0; i < parts; ++i) {
        if (atoms[i].kind == POSITIONS) positions[position_count++] = atoms[i];
    }
    if (view_has(&v, set, CHANNELS)) {
        int64_t channels = 1;
        for (int32_t i = 0; i < parts; ++i) channels *= atoms[i].kind == CHANNELS ? atoms[i].size : 1;
        if (channels != v.channels) refuse(im, "a mean over a part of the channels");
        mean_over_channels(im, &v);
    }
    if (position_count > 0) mean_over_positions(im, &v, positions, position_count);
    view_clear(&v, set);
    for (int32_t i = 0; i < v.rank; ++i) {
        if ((set >> i & 1) == 0) dims[left++] = v.dims[i];
    }
    if (attribute_int(im, n, "keepdims", 1) == 0 && !view_reshape(&v, left, dims)) refuse(im, "the axes cannot be taken away");
    put_view(im, n, 0, &v);
}

void import_reduce_mean(import *im, const node *n)
{
    if (input_of(im, n, 0)->state == VALUE_CONSTANT || !attempt(im, mean_by_grid, (void *)(uintptr_t)n)) import_reduce(im, n);
}

/* ---- pads ------------------------------------------------------------------------------------------------------------------------- */

/* Rows and columns of the pads of four axes. */
static view pad_call(import *im, const view *v, call_kind kind, const int64_t *pads)
{
    const int order[] = { 2, 3, 6, 7 };
    call *const c = emit(im, kind, v->layer);

    for (int i = 0; i < 4; ++i) c->ints[i] = (int32_t)pads[order[i]];
    set_shape(im, c, v->channels, v->height + pads[2] + pads[6], v->width + pads[3] + pads[7]);
    return view_of_picture(layer_of(im, c), c->channels, c->height, c->width);
}

/* Pads that show the picture again, once at most on each side. */
static view filled_pad(import *im, const view *v, const char *mode, const int64_t *pads)
{
    const bool reflects = strcmp(mode, "reflect") == 0, wraps = strcmp(mode, "wrap") == 0;
    const int64_t tall = v->height - reflects, wide = v->width - reflects;

    if (!reflects && !wraps && strcmp(mode, "edge") != 0) refuse(im, "the mode %.40s is not supported", mode);
    if (pads[1] != 0 || pads[5] != 0) refuse(im, "it pads channels by %.40s", mode);
    if ((reflects || wraps) && (pads[2] > tall || pads[6] > tall || pads[3] > wide || pads[7] > wide))
        refuse(im, "its pads are larger than the picture");
    return pad_call(im, v, reflects ? CALL_REFLECTION_PAD2D : wraps ? CALL_CIRCULAR_PAD2D : CALL_REPLICATION_PAD2D, pads);
}

static void pad_picture(import *im, void *context)
{
    const node *const n = (const node *)context;
    const char *const mode = attribute_text(im, n, "mode", "constant");
    int64_t pads[2 * MOST_RANK];
    const int32_t count = list_of(im, n, "pads", 1, pads, 2 * MOST_RANK);
    const array *const filling = constant_of(im, n, 2, true);
    const float number = filling == NULL       ? attribute_float(im, n, "value", 0)
                         : filling->count == 1 ? (float)array_at(filling, 0)
                                               : 0;
    view v = *view_of(im, n, 0);
    bool nothing = true;

    if (count != 2 * v.rank || has_input(n, 3)) refuse(im, "its pads are not two for each axis");
    for (int32_t i = 0; i < count; ++i) {
        if (pads[i] < 0 || pads[i] > 1 << 20) refuse(im, "a pad of %lld", (long long)pads[i]);
        nothing = nothing && pads[i] == 0;
    }
    if (nothing) {
        put_view(im, n, 0, &v);
        return;
    }
    v = picture_of(im, &v);
    if (pads[0] != 0 || pads[4] != 0) refuse(im, "it pads the batch");
    if (strcmp(mode, "constant") != 0) {
        v = filled_pad(im, &v, mode, pads);
        put_view(im, n, 0, &v);
        return;
    }
    if (pads[1] > 0 || pads[5] > 0) {
        if (number != 0) refuse(im, "channels of another number than 0");
        call *const c = emit(im, CALL_ZERO_CHANNELS, v.layer);
        c->ints[0] = (int32_t)pads[1];
        c->ints[1] = (int32_t)pads[5];
        set_shape(im, c, v.channels + pads[1] + pads[5], v.height, v.width);
        v = view_of_picture(layer_of(im, c), c->channels, c->height, c->width);
    }
    if (pads[2] + pads[3] + pads[6] + pads[7] > 0) {
        v = pad_call(im, &v, CALL_CONSTANT_PAD2D, pads);
        im->calls[v.layer].floats[0] = number;
    }
    put_view(im, n, 0, &v);
}

void import_pad(import *im, const node *n)
{
    if (!attempt(im, pad_picture, (void *)(uintptr_t)n)) pad_by_axes(im, n);
}

/* ---- sizes ---------------------------------------------------------------------------------------------------------------------------- */

/* Scales and sizes of a Resize. @return whether sizes are given; else scales are */
static bool read_sizes(import *im, const node *n, float *scales, int64_t *sizes)
{
    const bool is_old = is_op(n, "Upsample") || im->opset < 11;
    const array *const by = constant_of(im, n, is_old ? 1 : 2, true), *const to = constant_of(im, n, 3, true);

    if (to != NULL && to->count > 0) {
        if (to->count != 4 || !to->is_int) refuse(im, "its sizes are not four integers");
        memcpy(sizes, to->ints, 4 * sizeof *sizes);
        return true;
    }
    if (by == NULL || by->count != 4 || by->is_int) refuse(im, "its scales are not four numbers");
    memcpy(scales, by->floats, 4 * sizeof *scales);
    if (scales[0] != 1 || scales[1] != 1 || !(scales[2] > 0) || !(scales[3] > 0))
        refuse(im, "its scales are not 1, 1, and two positive ones");
    return false;
}

/* What of the many ways of Resize the library has; see lib/layers/upsample.c for the equations. */
static int32_t read_align_corners(import *im, const node *n, bool is_nearest, bool is_doubling)
{
    const bool is_old = is_op(n, "Upsample") || im->opset < 11;
    const char *const way = attribute_text(im, n, "coordinate_transformation_mode", is_old ? "asymmetric" : "half_pixel");
    const char *const rounding = attribute_text(im, n, "nearest_mode", is_old ? "floor" : "round_prefer_floor");
    const bool is_half = strcmp(way, "half_pixel") == 0 || strcmp(way, "pytorch_half_pixel") == 0;

    if (is_nearest) {
        if (strcmp(way, "asymmetric") == 0 && strcmp(rounding, "floor") == 0) return 0;
        /* By whole numbers, half-pixel centres rounded to the nearest are the same positions. */
        if (is_half && is_doubling && strncmp(rounding, "round_prefer", 12) == 0) return 0;
        refuse(im, "nearest with %.40s and %.40s is not supported; asymmetric and floor are", way, rounding);
    }
    if (strcmp(way, "align_corners") == 0) return 1;
    if (!is_half) refuse(im, "linear with %.40s is not supported; half_pixel and align_corners are", way);
    return 0;
}

/* Where what the importer takes for the same is not. */
static void check_resize(import *im, const node *n, const view *v, const call *c)
{
    const char *const way = attribute_text(im, n, "coordinate_transformation_mode", "half_pixel");
    const bool shrinks = c->height < v->height || c->width < v->width;
    const bool to_one = (c->height == 1 && v->height > 1) || (c->width == 1 && v->width > 1);

    if (strcmp(way, "pytorch_half_pixel") == 0 && to_one)
        refuse(im, "pytorch_half_pixel to one row or column is not supported");
    if (c->ints[0] == SRD_UPSAMPLE_NEAREST && im->opset == 10 && shrinks)
        refuse(im, "nearest that shrinks is not supported in opset 10, which rounds up");
}

static void resize_picture(import *im, void *context)
{
    const node *const n = (const node *)context;

    const char *const mode = attribute_text(im, n, "mode", "nearest");
    const bool is_nearest = strcmp(mode, "nearest") == 0;
    const view v = picture_of(im, view_of(im, n, 0));
    float scales[4];
    int64_t sizes[4] = { 0 };
    const bool by_size = read_sizes(im, n, scales, sizes);
    call *c;

    if (!is_nearest && strcmp(mode, "linear") != 0) refuse(im, "the mode %.40s is not supported", mode);
    if (attribute_int(im, n, "antialias", 0) != 0 || attribute_int(im, n, "exclude_outside", 0) != 0 ||
        attribute(n, "axes") != NULL)
        refuse(im, "it is not what the library's layer does");
    if (strcmp(attribute_text(im, n, "keep_aspect_ratio_policy", "stretch"), "stretch") != 0)
        refuse(im, "keep_aspect_ratio_policy is not supported");
    if (by_size && (sizes[0] != 1 || sizes[1] != v.channels)) refuse(im, "it changes the number of channels");
    c = emit(im, CALL_UPSAMPLE, v.layer);
    c->ints[0] = is_nearest ? SRD_UPSAMPLE_NEAREST : SRD_UPSAMPLE_BILINEAR;
    if (by_size) {
        c->ints[1] = read_align_corners(im, n, is_nearest, sizes[2] % v.height == 0 && sizes[3] % v.width == 0);
        set_shape(im, c, v.channels, sizes[2], sizes[3]);
        c->ints[2] = c->height;
        c->ints[3] = c->width;
    } else {
        const double h = floor((double)v.height * (double)scales[2]), w = floor((double)v.width * (double)scales[3]);
        c->ints[1] = read_align_corners(im, n, is_nearest, floorf(scales[2]) == scales[2] && floorf(scales[3]) == scales[3]);
        if (!(h < 1e6 && w < 1e6)) refuse(im, "its scales are too large");
        set_shape(im, c, v.channels, (int64_t)h, (int64_t)w);
        c->floats[0] = scales[2];
        c->floats[1] = scales[3];
    }
    check_resize(im, n, &v, c);
    put_picture(im, n, c);
}

void import_resize(import *im, const node *n)
{
    if (!attempt(im, resize_picture, (void *)(uintptr_t)n)) resize_by_axes(im, n);
}
