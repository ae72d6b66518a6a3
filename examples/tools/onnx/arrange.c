/*
 * arrange.c -- any view in any form: the channels of the new layer are some of the axes of the ONNX tensor, and its positions are all others.
 * This is for what no view and no single move does: norms over rows, products along any axis, pictures that lie in a sequence.
 */
#include "import.h"

#include <string.h>

#define MOST_REPEATS ((int64_t)1 << 16)
#define MOST_MOVED ((int64_t)1 << 12) /* numbers that are moved one by one: the layer has the square of that in weights */

/* The form that is wanted, without a layer: axes of the set are channels, the others positions, both in their order. */
static view form_of(const view *v, uint32_t set)
{
    view form = { .layer = v->layer, .channels = 1, .height = 1, .width = 1, .rank = v->rank };
    int64_t channels = 1, positions = 1;
    bool is_last = true;

    memcpy(form.dims, v->dims, sizeof form.dims);
    for (int32_t axis = v->rank; axis-- > 0;) {
        int64_t *const stride = (set >> axis & 1) != 0 ? &channels : &positions;

        if (v->dims[axis] == 1) continue;
        if (stride == &positions && is_last) {
            form.width = v->dims[axis];
            is_last = false;
        }
        *stride *= v->dims[axis];
    }
    form.channels = channels;
    form.height = positions / form.width;
    for (int32_t axis = 0; axis < v->rank; ++axis) {
        int64_t *const stride = (set >> axis & 1) != 0 ? &channels : &positions;

        *stride /= v->dims[axis];
        view_set_axis(&form, axis, (set >> axis & 1) != 0 ? CHANNELS : POSITIONS, v->dims[axis], *stride);
    }
    return form;
}

static bool has_form(import *im, view *v, const view *form)
{
    if (v->channels != form->channels || !view_same_axes(v, form, (1u << v->rank) - 1)) return false;
    regrid(im, v, form->height, form->width);
    return true;
}

/* Whether rows and columns lie in axes of their own, so that they can be swapped. */
static bool can_swap(const view *v)
{
    if (v->height == 1 || v->width == 1) return false;
    for (int32_t i = 0; i < v->count; ++i) {
        const atom *const a = &v->atoms[i];
        if (a->kind == POSITIONS && a->stride < v->width && a->stride * a->size > v->width) return false;
    }
    return true;
}

/* Where each number of the form lies in the layer that there is: channel * positions + position. */
static const int64_t *sources(import *im, const view *v, const view *form)
{
    const int64_t had = v->height * v->width, has = form->height * form->width;
    int64_t *const at = take(im, v->channels * had, sizeof *at), *const from = take(im, v->channels * had, sizeof *from);
    int64_t strides[MOST_RANK];

    dense_strides(v->rank, v->dims, strides);
    for (int64_t c = 0; c < v->channels; ++c) {
        for (int64_t p = 0; p < had; ++p) at[view_element(v, strides, c, p)] = c * had + p;
    }
    for (int64_t c = 0; c < form->channels; ++c) {
        for (int64_t p = 0; p < has; ++p) from[c * has + p] = at[view_element(form, strides, c, p)];
    }
    return from;
}

/* Moves the numbers one by one: all of them as one vector, and a layer whose weights are 0 and 1 takes each to its place. */
static view moved(import *im, const view *v, const view *form)
{
    const int64_t count = v->channels * v->height * v->width, positions = form->height * form->width;
    const int64_t shape[] = { count, form->channels, form->height, form->width }, square[] = { count, count };
    const int64_t *from;
    float *weight;
    int32_t layer = v->layer;
    view out = *form;
    call *c;

    if (count > MOST_MOVED)
        refuse(im, "its input lies in another order than it needs, and has too many numbers to be moved one by one (%lld)",
               (long long)count);
    from = sources(im, v, form);
    weight = take(im, count * count, sizeof *weight);
    for (int64_t i = 0; i < count; ++i) weight[positions == 1 ? i * count + from[i] : from[i] * count + i] = 1;
    if (v->height * v->width > 1) {
        c = emit(im, CALL_FLATTEN, layer);
        set_shape(im, c, count, 1, 1);
        layer = layer_of(im, c);
    }
    c = emit(im, positions == 1 ? CALL_LINEAR : CALL_CONV_TRANSPOSE2D, layer);
    if (positions > 1) {
        c->ints[0] = c->ints[1] = c->ints[8] = c->ints[9] = c->ints[10] = 1; /* strides, dilations, groups */
        set_tensor(c, 0, weight, 4, shape);
    } else {
        set_tensor(c, 0, weight, 2, square);
    }
    set_shape(im, c, form->channels, form->height, form->width);
    out.layer = layer_of(im, c);
    return out;
}

view arranged(import *im, const view *v, uint32_t set)
{
    const view form = form_of(v, set);
    view out = *v;

    if (has_form(im, &out, &form)) return out;
    for (int32_t axis = 0; axis < v->rank; ++axis) {
        if ((set >> axis & 1) != 0 && v->dims[axis] == v->channels && !view_has(v, 1u << axis, POSITIONS))
            out = in_order(im, &out, axis);
    }
    if (has_form(im, &out, &form)) return out;
    if (can_swap(&out)) swap_grid(im, &out);
    if (has_form(im, &out, &form)) return out;
    return moved(im, v, &form);
}

typedef struct channelling {
    const view *from;
    view to;
    int32_t axis;
} channelling;

static void try_as_channels(import *im, void *context)
{
    channelling *const f = (channelling *)context;

    f->to = (view_has(f->from, 1u << f->axis, POSITIONS) ? as_vector : with_channels)(im, f->from, f->axis);
}

view as_channels(import *im, const view *v, int32_t axis)
{
    channelling f = { v, *v, axis };

    return attempt(im, try_as_channels, &f) ? f.to : arranged(im, v, 1u << axis);
}

/* Gives an axis of size 1 a size: the same numbers, seen from several positions. */
static view stretched(import *im, const view *v, int32_t axis, int64_t size)
{
    const int64_t positions = v->height * v->width;
    view out = *v;
    call *c;

    if (size > MOST_REPEATS) refuse(im, "an axis of 1 is stretched to %lld", (long long)size);
    if (positions == 1 && v->channels > 1) { /* a vector: its channels several times, one after the other */
        int32_t *const layers = take(im, size, sizeof *layers);

        for (int64_t i = 0; i < size; ++i) layers[i] = v->layer;
        c = emit_many(im, CALL_CONCAT, layers, to_int32(im, size));
        set_shape(im, c, v->channels * size, 1, 1);
        out.channels = c->channels;
        view_set_axis(&out, axis, CHANNELS, size, v->channels);
        out.layer = layer_of(im, c);
        return out;
    }
    regrid(im, &out, positions, 1);
    c = emit(im, CALL_UPSAMPLE, out.layer);
    set_shape(im, c, v->channels, positions, size);
    c->ints[2] = c->height;
    c->ints[3] = c->width;
    out.layer = layer_of(im, c);
    out.height = positions;
    out.width = size;
    for (int32_t i = 0; i < out.count; ++i) {
        if (out.atoms[i].kind == POSITIONS) out.atoms[i].stride *= size;
    }
    view_set_axis(&out, axis, POSITIONS, size, 1);
    return out;
}

view expanded(import *im, const view *v, int32_t rank, const int64_t *dims)
{
    view out = *v;

    view_raise(&out, rank);
    if (out.rank != rank) refuse(im, "%d axes cannot be stretched to %d", out.rank, rank);
    for (int32_t axis = 0; axis < rank; ++axis) {
        if (out.dims[axis] == dims[axis]) continue;
        if (out.dims[axis] != 1 || dims[axis] < 1)
            refuse(im, "an axis of %lld does not stretch to %lld", (long long)out.dims[axis], (long long)dims[axis]);
        if (out.count == MOST_ATOMS) refuse(im, "its axes are too many");
        out = stretched(im, &out, axis, dims[axis]);
    }
    return out;
}

int32_t common_shape(import *im, int32_t a_rank, const int64_t *a, int32_t b_rank, const int64_t *b, int64_t *dims)
{
    const int32_t rank = a_rank > b_rank ? a_rank : b_rank;

    for (int32_t i = 0; i < rank; ++i) {
        const int32_t ia = i - (rank - a_rank), ib = i - (rank - b_rank);
        const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];

        if (da != db && da != 1 && db != 1) refuse(im, "axes of %lld and %lld do not fit", (long long)da, (long long)db);
        dims[i] = da == 1 ? db : da;
    }
    return rank;
}

typedef struct match {
    view *v;
    const view *like;
} match;

static void try_match(import *im, void *context)
{
    const match *const m = (const match *)context;

    *m->v = match_view(im, m->v, m->like);
}

void match_pair(import *im, view *a, view *b)
{
    int64_t dims[MOST_RANK];
    const int32_t rank = common_shape(im, a->rank, a->dims, b->rank, b->dims, dims);
    view other;

    *a = expanded(im, a, rank, dims);
    *b = expanded(im, b, rank, dims);
    other = *b;
    match m = { &other, a };
    if (attempt(im, try_match, &m)) {
        *b = other;
        return;
    }
    const uint32_t set = view_axes_with(a, CHANNELS);
    *a = arranged(im, a, set);
    *b = arranged(im, b, set);
}
