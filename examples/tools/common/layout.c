/*
 * layout.c -- brings a view into the form that a layer needs. Where the numbers lie otherwise only in name, nothing is added; where
 * they must move, a layer that moves them is: reshape, transpose, shuffle, flatten. What none of these can do is refused.
 */
#include "core.h"

#include <string.h>

static void set_layer(import *im, view *v, const call *c)
{
    v->layer = layer_of(im, c);
    v->channels = c->channels;
    v->height = c->height;
    v->width = c->width;
}

view view_with_layer(const view *v, int32_t layer)
{
    view other = *v;

    other.layer = layer;
    return other;
}

void regrid(import *im, view *v, int64_t height, int64_t width)
{
    int32_t from = v->layer;
    call *c;

    if (v->height == height && v->width == width) return;
    while (im->calls[from].kind == CALL_RESHAPE) from = im->calls[from].inputs[0]; /* two of them are one */
    if (im->calls[from].height == height && im->calls[from].width == width) {
        set_layer(im, v, &im->calls[from]);
        return;
    }
    c = emit(im, CALL_RESHAPE, from);
    set_shape(im, c, v->channels, height, width);
    c->ints[0] = c->height;
    c->ints[1] = c->width;
    set_layer(im, v, c);
}

void swap_grid(import *im, view *v)
{
    const int64_t height = v->height, width = v->width;
    call *c;

    for (int32_t i = 0; i < v->count; ++i) {
        atom *const a = &v->atoms[i];
        if (a->kind != POSITIONS) continue;
        if (a->stride < width && a->stride * a->size > width)
            refuse(im, "rows and columns lie in one axis where they must be apart");
        a->stride = a->stride < width ? a->stride * height : a->stride / width;
    }
    c = emit(im, CALL_TRANSPOSE, v->layer);
    set_shape(im, c, v->channels, width, height);
    set_layer(im, v, c);
}

/* Channels in the order of a shuffle: atoms (outer n = C / groups, stride 1) and (inner n = groups, stride C / groups). */
static bool unshuffle(import *im, view *v, const atom *atoms, int32_t count, int32_t axis)
{
    call *c;

    if (count != 2 || atoms[0].kind != CHANNELS || atoms[1].kind != CHANNELS || atoms[0].stride != 1 ||
        atoms[1].stride != atoms[0].size || atoms[0].size * atoms[1].size != v->channels) {
        return false;
    }
    c = emit(im, CALL_SHUFFLE, v->layer);
    c->ints[0] = (int32_t)atoms[1].size;
    set_layer(im, v, c);
    view_set_axis(v, axis, CHANNELS, v->channels, 1);
    return true;
}

view in_order(import *im, const view *v, int32_t axis)
{
    view out = *v;
    atom atoms[MOST_ATOMS];
    const int32_t count = view_collect(&out, 1u << axis, atoms);

    if (view_counts_all(&out, atoms, count, CHANNELS)) return out;
    (void)unshuffle(im, &out, atoms, count, axis);
    return out;
}

view with_channels(import *im, const view *v, int32_t axis)
{
    view out;
    atom atoms[MOST_ATOMS];

    if (axis >= v->rank) refuse(im, "its input has only %d axes", v->rank);
    out = in_order(im, v, axis);
    if (!view_counts_all(&out, atoms, view_collect(&out, 1u << axis, atoms), CHANNELS)) {
        refuse(im, "axis %d of its input does not hold the channels in their order", axis);
    }
    return out;
}

view as_vector(import *im, const view *v, int32_t axis)
{
    view out = *v;
    atom atoms[MOST_ATOMS], positions;
    int32_t count = view_collect(&out, 1u << axis, atoms);
    call *c;

    if (v->height * v->width == 1) return with_channels(im, v, axis);
    if (count > 0 && atoms[count - 1].kind == POSITIONS) {
        positions = atoms[count - 1];
        if (!view_counts_all(&out, &positions, 1, POSITIONS))
            refuse(im, "it flattens positions in an order that is not theirs");
        --count;
        if (!view_counts_all(&out, atoms, count, CHANNELS) && !unshuffle(im, &out, atoms, count, axis)) {
            refuse(im, "it flattens channels in an order that is not theirs");
        }
        c = emit(im, CALL_FLATTEN, out.layer);
        set_shape(im, c, (int64_t)c->channels * c->height * c->width, 1, 1);
        set_layer(im, &out, c);
        view_set_axis(&out, axis, CHANNELS, out.channels, 1);
        return out;
    }
    refuse(im, "axis %d of its input is no flattened (C, H, W)", axis);
}

view depth_to_space(import *im, const view *v, int64_t block_h, int64_t block_w, int32_t order)
{
    call *const c = emit(im, CALL_DEPTH_TO_SPACE, v->layer);

    c->ints[0] = to_int32(im, block_h);
    c->ints[1] = to_int32(im, block_w);
    c->ints[2] = order;
    set_shape(im, c, v->channels / (block_h * block_w), v->height * block_h, v->width * block_w);
    return view_of_picture(layer_of(im, c), c->channels, c->height, c->width);
}

view channels_as_positions(import *im, const view *v, int32_t axis)
{
    const int64_t positions = v->height * v->width;
    view out = *v;
    atom atoms[MOST_ATOMS];
    const int32_t count = view_collect(v, 1u << axis, atoms);
    const atom *const last = count > 0 ? &atoms[count - 1] : NULL;

    if (last == NULL || last->kind != CHANNELS) return out;
    if (!view_counts_all(v, atoms, count - 1, POSITIONS))
        refuse(im, "axis %d of its input does not hold all positions in their order", axis);
    if (last->stride != 1 && last->stride * last->size != v->channels)
        refuse(im, "axis %d of its input holds channels that lie neither together nor evenly apart", axis);
    const bool is_first = last->stride * last->size == v->channels;
    const view spread = depth_to_space(im, v, 1, last->size, is_first ? SRD_BLOCKS_FIRST : SRD_BLOCKS_LAST);
    for (int32_t i = 0; i < out.count; ++i) {
        if (out.atoms[i].kind == POSITIONS) out.atoms[i].stride *= last->size;
        else if (!is_first && out.atoms[i].axis != axis) out.atoms[i].stride /= last->size;
    }
    out.layer = spread.layer;
    out.channels = spread.channels;
    out.width = spread.width;
    view_set_axis(&out, axis, POSITIONS, positions * last->size, 1);
    return out;
}

/* Whether axes 2 and 3 have the rows and columns of the grid, and which way round. */
static bool is_grid(const view *v, bool *swapped)
{
    atom atoms[MOST_ATOMS];
    const int32_t count = view_collect(v, 1u << 2 | 1u << 3, atoms);

    *swapped = false;
    if (view_counts_all(v, atoms, count, POSITIONS)) return true;
    *swapped = count == 2 && atoms[0].kind == POSITIONS && atoms[1].kind == POSITIONS && atoms[0].stride == 1 &&
               atoms[1].stride == v->width && atoms[0].size == v->width && atoms[1].size == v->height;
    return *swapped;
}

view as_picture(import *im, const view *v)
{
    view out = *v;
    bool swapped;

    if (v->rank != 4 || v->dims[0] != 1) refuse(im, "its input is not (1, C, H, W)");
    if (view_has(v, 1u << 1, POSITIONS)) out = as_vector(im, v, 1);
    out = with_channels(im, &out, 1);
    if (!is_grid(&out, &swapped)) refuse(im, "its input does not have rows and columns in axes 2 and 3");
    if (swapped) swap_grid(im, &out);
    regrid(im, &out, v->dims[2], v->dims[3]);
    return view_of_picture(out.layer, out.channels, out.height, out.width);
}

view settled(import *im, const view *v)
{
    view out = *v;

    for (int32_t axis = 0; axis < v->rank; ++axis) {
        if (!view_has(&out, 1u << axis, CHANNELS)) continue;
        if (view_has(&out, 1u << axis, POSITIONS)) out = as_vector(im, &out, axis);
        else out = in_order(im, &out, axis);
    }
    return out;
}

view match_view(import *im, const view *v, const view *like)
{
    const uint32_t all = (1u << v->rank) - 1;
    view out = *v;

    if (!view_same_axes(&out, like, all)) out = settled(im, &out);
    if (!view_same_axes(&out, like, all) && out.height > 1 && out.width > 1) swap_grid(im, &out);
    if (out.channels != like->channels || !view_same_axes(&out, like, all)) {
        refuse(im, "its inputs hold channels and positions in orders that cannot be made equal");
    }
    regrid(im, &out, like->height, like->width);
    return out;
}

/* Strides of a constant over the axes of a view; refused where the constant would enlarge the view. */
static void constant_strides(import *im, const array *a, const view *v, int64_t *strides)
{
    if (!stretch_strides(a, v->rank, v->dims, strides)) {
        refuse(im, "the shape of the constant does not fit, or would enlarge the other operand");
    }
}

const float *along_channels(import *im, const array *a, const view *v)
{
    int64_t strides[MOST_RANK];
    float *numbers;

    constant_strides(im, a, v, strides);
    for (int32_t i = 0; i < v->count; ++i) {
        if (v->atoms[i].kind == POSITIONS && strides[v->atoms[i].axis] != 0) return NULL;
    }
    numbers = take(im, v->channels, sizeof *numbers);
    for (int64_t c = 0; c < v->channels; ++c) numbers[c] = (float)array_at(a, view_element(v, strides, c, 0));
    return numbers;
}

const float *everywhere(import *im, const array *a, const view *v)
{
    const int64_t positions = v->height * v->width;
    int64_t strides[MOST_RANK];
    float *numbers;

    constant_strides(im, a, v, strides);
    numbers = take(im, v->channels * positions, sizeof *numbers);
    for (int64_t c = 0; c < v->channels; ++c) {
        for (int64_t p = 0; p < positions; ++p) {
            numbers[c * positions + p] = (float)array_at(a, view_element(v, strides, c, p));
        }
    }
    return numbers;
}
