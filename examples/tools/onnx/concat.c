/* concat.c -- nodes that put values together, or one several times. */
#include "import.h"

#include <string.h>

static array *concat_arrays(import *im, const node *n, int32_t axis)
{
    const array *const first = constant_of(im, n, 0, false);
    int64_t dims[MOST_RANK], inner = 1, outer = 1, at = 0;
    array *out;

    memcpy(dims, first->dims, sizeof dims);
    for (int32_t i = 1; i < n->input_count; ++i) {
        const array *const a = constant_of(im, n, i, false);
        if (a->rank != first->rank || a->is_int != first->is_int) refuse(im, "its inputs do not fit together");
        for (int32_t k = 0; k < a->rank; ++k) {
            if (k != axis && a->dims[k] != first->dims[k]) refuse(im, "its inputs do not fit together");
        }
        dims[axis] += a->dims[axis];
    }
    out = array_make(im, first->is_int, first->rank, dims);
    for (int32_t i = 0; i < axis; ++i) outer *= dims[i];
    for (int32_t i = axis + 1; i < first->rank; ++i) inner *= dims[i];
    for (int64_t o = 0; o < outer; ++o) {
        for (int32_t i = 0; i < n->input_count; ++i) {
            const array *const a = constant_of(im, n, i, false);
            const int64_t run = a->dims[axis] * inner;
            if (run == 0) continue;
            if (a->is_int) memcpy(out->ints + at, a->ints + o * run, (size_t)run * sizeof *a->ints);
            else memcpy(out->floats + at, a->floats + o * run, (size_t)run * sizeof *a->floats);
            at += run;
        }
    }
    return out;
}

/* A constant as a layer: axis 1 of four has the channels, or the last of three. */
static view constant_view(import *im, const array *a, const view *like, int32_t axis)
{
    const int32_t channel_axis = like->rank == 4 ? 1 : like->rank - 1;
    int64_t dims[MOST_RANK] = { 0 }, strides[MOST_RANK], size = 1;
    int32_t order[MOST_RANK];
    view v;

    if (a->rank != like->rank || a->rank < 2 || a->count < 1) refuse(im, "its inputs have different numbers of axes");
    for (int32_t i = 0; i < a->rank; ++i) {
        if (i != axis && a->dims[i] != like->dims[i]) refuse(im, "its inputs do not fit together");
    }
    dense_strides(a->rank, a->dims, strides);
    for (int32_t i = 0; i < a->rank; ++i) {
        if (i != channel_axis) size *= a->dims[i];
    }
    dims[0] = a->dims[channel_axis];
    order[0] = channel_axis;
    for (int32_t i = 0, k = 1; i < a->rank; ++i) {
        if (i != channel_axis) order[k++] = i;
    }
    int64_t moved[MOST_RANK];
    for (int32_t i = 0; i < a->rank; ++i) {
        dims[i] = a->dims[order[i]];
        moved[i] = strides[order[i]];
    }
    const array *const dense = array_strided(im, a, a->rank, dims, moved, 0);
    if (dense->is_int) refuse(im, "a constant of integers beside numbers that depend on the picture");
    const int64_t width = a->rank == 4 ? a->dims[3] : size;
    v = view_of_picture(emit_constant(im, dense->floats, dims[0], size / width, width), dims[0], size / width, width);
    if (a->rank == 4) return v;
    if (!view_reshape(&v, a->rank, dims)) refuse(im, "a constant with channels in no axis of their own");
    for (int32_t i = 0; i < a->rank; ++i) order[i] = i < channel_axis ? i + 1 : i == channel_axis ? 0 : i;
    view_transpose(&v, order);
    return v;
}

/* What an axis of size 1 counts, too, is told by the other axes: tokens if the channels are elsewhere. Where some inputs have channels in the
 * axis and others positions, all are arranged with channels. */
static atom_kind kind_of_axis(import *im, view *views, int32_t count, int32_t axis)
{
    bool channels = false, positions = false;

    for (int32_t i = 0; i < count; ++i) {
        channels = channels || view_has(&views[i], 1u << axis, CHANNELS);
        positions = positions || view_has(&views[i], 1u << axis, POSITIONS);
    }
    for (int32_t i = 0; i < count && channels && positions; ++i) views[i] = arranged(im, &views[i], 1u << axis);
    if (!channels && !positions) return views[0].channels > 1 ? POSITIONS : CHANNELS;
    return channels ? CHANNELS : POSITIONS;
}

static view concat_channels(import *im, const view *views, int32_t count, int32_t axis)
{
    const uint32_t others = ((1u << views[0].rank) - 1) & ~(1u << axis);
    int32_t *const layers = take(im, count, sizeof *layers);
    view first = as_channels(im, &views[0], axis);
    int64_t sum = 0;
    call *c;

    for (int32_t i = 0; i < count; ++i) {
        view v = as_channels(im, &views[i], axis);
        if (!view_same_axes(&v, &first, others) && v.height > 1 && v.width > 1) swap_grid(im, &v);
        if (!view_same_axes(&v, &first, others)) refuse(im, "the positions of its inputs do not fit together");
        regrid(im, &v, first.height, first.width);
        layers[i] = v.layer;
        sum += v.channels;
    }
    c = emit_many(im, CALL_CONCAT, layers, count);
    set_shape(im, c, sum, first.height, first.width);
    first.layer = layer_of(im, c);
    first.channels = sum;
    view_set_axis(&first, axis, CHANNELS, sum, 1);
    return first;
}

/* Tokens, or the rows of pictures; columns are made rows for it. */
static view concat_positions(import *im, const view *views, int32_t count, int32_t axis)
{
    int32_t *const layers = take(im, count, sizeof *layers);
    view first = views[0];
    int64_t sum = 0, inner = 0, tokens = 0;
    call *c;

    for (int32_t i = 0; i < count; ++i) {
        view v = views[i];
        atom a[MOST_ATOMS];
        int32_t atoms = view_collect(&v, 1u << axis, a);
        if (atoms == 1 && a->size * a->stride != v.height * v.width) {
            swap_grid(im, &v);
            atoms = view_collect(&v, 1u << axis, a);
        }
        if (atoms > 1 || (atoms == 1 && a->size * a->stride != v.height * v.width))
            refuse(im, "its positions are not neighbours");
        const int64_t stride = v.height * v.width / v.dims[axis];
        if (i == 0) inner = stride;
        if (stride != inner || v.channels != views[0].channels) refuse(im, "its inputs do not fit together");
        regrid(im, &v, 1, v.height * v.width);
        if (i == 0) first = v;
        view_clear(&v, 1u << axis);
        view other = first;
        view_clear(&other, 1u << axis);
        if (!view_same_axes(&v, &other, (1u << v.rank) - 1)) refuse(im, "its inputs do not fit together");
        layers[i] = v.layer;
        tokens += v.width;
        sum += views[i].dims[axis];
    }
    c = emit_many(im, CALL_CONCAT_TOKENS, layers, count);
    set_shape(im, c, first.channels, 1, tokens);
    first.layer = layer_of(im, c);
    first.width = tokens;
    view_set_axis(&first, axis, POSITIONS, sum, inner);
    if (inner > 1) regrid(im, &first, sum, inner);
    return first;
}

typedef struct spreading {
    view *v;
    int32_t axis;
} spreading;

static void try_spread(import *im, void *context)
{
    const spreading *const s = (const spreading *)context;

    *s->v = channels_as_positions(im, s->v, s->axis);
}

/* Does an axis count tokens: positions in one of the inputs, while the channels, or some of them, are in another axis? */
static bool counts_tokens(const view *views, int32_t count, int32_t axis)
{
    bool positions = false, elsewhere = false;

    for (int32_t i = 0; i < count; ++i) {
        positions = positions || view_has(&views[i], 1u << axis, POSITIONS);
        elsewhere = elsewhere || view_has(&views[i], ~(1u << axis), CHANNELS);
    }
    return positions && elsewhere;
}

/* Axes that mix channels and positions: tokens, of which one position makes several (the anchors of a detector), or flattened vectors. */
static void separate(import *im, view *views, int32_t count, int32_t axis)
{
    const bool tokens = counts_tokens(views, count, axis);

    for (int32_t i = 0; i < count; ++i) {
        spreading s = { &views[i], axis };
        if (!view_has(&views[i], 1u << axis, CHANNELS)) continue;
        if (tokens && attempt(im, try_spread, &s)) continue;
        if (view_has(&views[i], 1u << axis, POSITIONS)) views[i] = as_channels(im, &views[i], axis);
    }
}

void import_concat(import *im, const node *n)
{
    int64_t dims[MOST_RANK];
    view *const views = take(im, n->input_count, sizeof *views);
    const view *like = NULL;
    const int32_t rank = dims_of(im, n, 0, dims), axis = axis_from(im, attribute_int(im, n, "axis", 1), rank);

    for (int32_t i = 0; i < n->input_count; ++i) {
        const value *const v = input_of(im, n, i);
        if (v->state == VALUE_VIEW && like == NULL) like = &v->view;
    }
    if (like == NULL) {
        put_constant(im, n, 0, concat_arrays(im, n, axis));
        return;
    }
    for (int32_t i = 0; i < n->input_count; ++i) {
        const value *const v = input_of(im, n, i);
        views[i] = v->state == VALUE_CONSTANT ? constant_view(im, v->constant, like, axis) : v->view;
        if (views[i].rank != rank) refuse(im, "its inputs have different numbers of axes");
    }
    separate(im, views, n->input_count, axis);
    const atom_kind kind = kind_of_axis(im, views, n->input_count, axis);
    const view out = (kind == CHANNELS ? concat_channels : concat_positions)(im, views, n->input_count, axis);
    put_view(im, n, 0, &out);
}

void import_expand(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    int64_t dims[MOST_RANK], from[MOST_RANK];
    const int32_t from_rank = dims_of(im, n, 0, from);
    int32_t rank = list_of(im, n, "shape", 1, dims, MOST_RANK);

    if (rank < 0) refuse(im, "the new shape is missing");
    if (rank < from_rank) { /* the stretch goes both ways */
        memmove(dims + from_rank - rank, dims, (size_t)rank * sizeof *dims);
        for (int32_t i = 0; i < from_rank - rank; ++i) dims[i] = 1;
        rank = from_rank;
    }
    for (int32_t i = 0; i < from_rank; ++i) {
        if (dims[rank - from_rank + i] == 1) dims[rank - from_rank + i] = from[i];
    }
    if (v->state == VALUE_CONSTANT) {
        put_constant(im, n, 0, array_stretch(im, v->constant, rank, dims));
        return;
    }
    const view out = expanded(im, &v->view, rank, dims);
    put_view(im, n, 0, &out);
}
