/* parts.c -- nodes that take parts out of a value. */
#include "import.h"

#include <string.h>

/* A part of one axis: count indices from start on. */
typedef struct part {
    int32_t axis;
    int64_t start, count, step;
} part;

/* ---- taking parts out ------------------------------------------------------------------------------------------------------- */

/* Channels whose numbers leave the same remainder come together, by a shuffle. @return how many these are */
static int64_t by_remainder(import *im, view *v, int64_t divisor)
{
    const int64_t together = v->channels / divisor;
    call *const c = emit(im, CALL_SHUFFLE, v->layer);

    c->ints[0] = to_int32(im, together);
    set_shape(im, c, v->channels, v->height, v->width);
    v->layer = layer_of(im, c);
    return together;
}

/* The digit that the channels of an axis count innermost becomes the outermost one. */
static void turn_out(import *im, view *v, const atom *a, int32_t axis)
{
    const int64_t apart = by_remainder(im, v, a->size);

    for (int32_t i = 0; i < v->count; ++i) {
        atom *const b = &v->atoms[i];
        if (b->kind == CHANNELS) b->stride = b->axis == axis ? apart : b->stride / a->size;
    }
}

static void slice_channels(import *im, view *v, const part *p)
{
    atom a[MOST_ATOMS];
    call *c;

    (void)view_collect(v, 1u << p->axis, a);
    if (a->stride == 1 && a->size < v->channels && v->channels % a->size == 0) {
        turn_out(im, v, a, p->axis);
        (void)view_collect(v, 1u << p->axis, a);
    }
    if (a->size * a->stride != v->channels) refuse(im, "it takes channels that are not neighbours");
    c = emit(im, CALL_SLICE, v->layer);
    set_shape(im, c, p->count * a->stride, v->height, v->width);
    c->ints[0] = to_int32(im, p->start * a->stride);
    c->ints[1] = c->channels;
    v->layer = layer_of(im, c);
    v->channels = c->channels;
    view_set_axis(v, p->axis, CHANNELS, p->count, a->stride);
}

/* Every step-th channel: a shuffle puts those with one remainder together. */
static void thin_out_channels(import *im, view *v, part *p)
{
    if (v->channels % p->step != 0) refuse(im, "every %lldth of %lld channels", (long long)p->step, (long long)v->channels);
    const int64_t together = by_remainder(im, v, p->step);
    p->start = p->start % p->step * together + p->start / p->step;
    p->step = 1;
}

/* Neighbouring positions are tokens; what the axis counts must be the outermost part of them. */
static void slice_positions(import *im, view *v, const part *p)
{
    atom a[MOST_ATOMS];
    call *c;

    (void)view_collect(v, 1u << p->axis, a);
    if (a->size * a->stride != v->height * v->width) swap_grid(im, v);
    (void)view_collect(v, 1u << p->axis, a);
    if (a->size * a->stride != v->height * v->width) refuse(im, "it takes positions that are not neighbours");
    const int64_t rows = a->stride > 1 ? p->count : 1, columns = a->stride > 1 ? a->stride : p->count;
    regrid(im, v, 1, v->height * v->width);
    c = emit(im, CALL_SELECT_TOKENS, v->layer);
    set_shape(im, c, v->channels, 1, p->count * a->stride);
    c->ints[0] = to_int32(im, p->start * a->stride);
    c->ints[1] = c->width;
    v->layer = layer_of(im, c);
    v->width = c->width;
    view_set_axis(v, p->axis, POSITIONS, p->count, a->stride);
    regrid(im, v, rows, columns);
}

/* Every step-th row or column of a picture, from the first. */
static void thin_out(import *im, view *v, int32_t axis, int64_t step)
{
    call *c;

    if (axis < 2) refuse(im, "a step of %lld along axis %d", (long long)step, axis);
    *v = as_picture(im, v);
    c = emit(im, CALL_SUBSAMPLE2D, v->layer);
    c->ints[0] = axis == 2 ? to_int32(im, step) : 1;
    c->ints[1] = axis == 3 ? to_int32(im, step) : 1;
    set_shape(im, c, v->channels, (v->height + c->ints[0] - 1) / c->ints[0], (v->width + c->ints[1] - 1) / c->ints[1]);
    *v = view_of_picture(layer_of(im, c), c->channels, c->height, c->width);
}

static void slice_layer(import *im, view *v, const part *p)
{
    atom atoms[MOST_ATOMS];
    int32_t count;

    if (p->count < 1) refuse(im, "nothing of axis %d is left", p->axis);
    if (p->step < 0) refuse(im, "a step of %lld", (long long)p->step);
    if (p->start == 0 && p->step == 1 && p->count == v->dims[p->axis]) return;
    count = view_collect(v, 1u << p->axis, atoms);
    if (p->step > 1 && count == 1 && view_counts_all(v, atoms, count, CHANNELS)) {
        part together = *p;
        thin_out_channels(im, v, &together);
        slice_channels(im, v, &together);
        return;
    }
    if (p->step > 1) {
        const part whole = { p->axis, p->start, v->dims[p->axis] - p->start, 1 };
        const part first = { p->axis, 0, p->count, 1 };
        slice_layer(im, v, &whole);
        thin_out(im, v, p->axis, p->step);
        slice_layer(im, v, &first);
        return;
    }
    count = view_collect(v, 1u << p->axis, atoms);
    if (count == 2 && atoms[0].kind == CHANNELS && atoms[1].kind == CHANNELS) {
        *v = in_order(im, v, p->axis);
        count = view_collect(v, 1u << p->axis, atoms);
    }
    if (count != 1) refuse(im, "it takes parts of an axis that mixes channels and positions");
    if (atoms[0].kind == CHANNELS) slice_channels(im, v, p);
    else slice_positions(im, v, p);
}

typedef struct slicing {
    view *v;
    const part *p;
} slicing;

static void try_slice(import *im, void *context)
{
    const slicing *const s = (const slicing *)context;

    slice_layer(im, s->v, s->p);
}

static void slice_view(import *im, view *v, const part *p)
{
    view out = *v;
    slicing s = { &out, p };
    int64_t *indices;

    if (p->count < 1) refuse(im, "nothing of axis %d is left", p->axis);
    if (!attempt(im, try_slice, &s)) {
        indices = take(im, p->count, sizeof *indices);
        for (int64_t i = 0; i < p->count; ++i) indices[i] = p->start + i * p->step;
        out = picked(im, v, p->axis, indices, p->count);
    }
    *v = out;
}

view sliced(import *im, const view *v, int32_t axis, int64_t start, int64_t count)
{
    const part p = { axis, start, count, 1 };
    view out = *v;

    slice_view(im, &out, &p);
    return out;
}

static array *slice_array(import *im, const array *a, const part *p)
{
    int64_t strides[MOST_RANK], dims[MOST_RANK];

    dense_strides(a->rank, a->dims, strides);
    memcpy(dims, a->dims, sizeof dims);
    const int64_t offset = p->start * strides[p->axis];
    strides[p->axis] *= p->step;
    dims[p->axis] = p->count;
    return array_strided(im, a, a->rank, dims, strides, offset);
}

static int64_t clamp(int64_t number, int64_t low, int64_t high)
{
    return number < low ? low : number > high ? high : number;
}

/* Starts and ends count from the end where they are negative, and may lie outside. A negative step runs backwards. */
static part read_part(import *im, const int64_t *dims, int32_t rank, int64_t axis, int64_t start, int64_t end, int64_t step)
{
    part p = { axis_from(im, axis, rank), 0, 0, step };
    const int64_t size = dims[p.axis];

    if (step == 0 || step > INT32_MAX || step < -INT32_MAX) refuse(im, "a step of %lld", (long long)step);
    start = start < 0 ? clamp(start, -size - 1, 0) + size : start;
    end = end < 0 ? clamp(end, -size - 1, 0) + size : end;
    if (step > 0) {
        p.start = clamp(start, 0, size);
        end = clamp(end, 0, size);
        p.count = end > p.start ? (end - p.start + step - 1) / step : 0;
    } else {
        p.start = clamp(start, -1, size - 1);
        end = clamp(end, -1, size - 1);
        p.count = p.start > end ? (p.start - end - step - 1) / -step : 0;
    }
    return p;
}

void import_slice(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    int64_t starts[MOST_RANK], ends[MOST_RANK], axes[MOST_RANK], steps[MOST_RANK], dims[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, dims), count = list_of(im, n, "starts", 1, starts, MOST_RANK);
    const int32_t axis_count = list_of(im, n, "axes", 3, axes, MOST_RANK),
                  step_count = list_of(im, n, "steps", 4, steps, MOST_RANK);
    const array *a = v->constant;
    view out = v->view;

    if (count < 0 || list_of(im, n, "ends", 2, ends, MOST_RANK) != count || (axis_count >= 0 && axis_count != count) ||
        (step_count >= 0 && step_count != count)) {
        refuse(im, "starts, ends, axes and steps do not fit together");
    }
    for (int32_t i = 0; i < count; ++i) {
        const part p =
            read_part(im, dims, rank, axis_count < 0 ? i : axes[i], starts[i], ends[i], step_count < 0 ? 1 : steps[i]);
        if (v->state == VALUE_CONSTANT) a = slice_array(im, a, &p);
        else slice_view(im, &out, &p);
    }
    if (v->state == VALUE_CONSTANT) put_constant(im, n, 0, a);
    else put_view(im, n, 0, &out);
}

void import_split(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    int64_t dims[MOST_RANK], sizes[64], start = 0;
    const int32_t rank = dims_of(im, n, 0, dims), axis = axis_from(im, attribute_int(im, n, "axis", 0), rank);
    const int32_t count = list_of(im, n, "split", 1, sizes, 64);

    if (n->output_count > 64 || n->output_count < 1 || (count >= 0 && count != n->output_count))
        refuse(im, "it has %d parts", count);
    for (int32_t i = 0; i < n->output_count; ++i) {
        const int64_t even = (dims[axis] + n->output_count - 1) / n->output_count;
        part p = { axis, start, count < 0 ? even : sizes[i], 1 };
        if (count < 0 && p.count > dims[axis] - start) p.count = dims[axis] - start;
        if (p.count < 1 || p.count > dims[axis] - start)
            refuse(im, "its parts are not those of an axis of %lld", (long long)dims[axis]);
        start += p.count;
        if (v->state == VALUE_CONSTANT) {
            put_constant(im, n, i, slice_array(im, v->constant, &p));
        } else {
            view out = v->view;
            slice_view(im, &out, &p);
            put_view(im, n, i, &out);
        }
    }
}

/* Numbers of a constant by the indices of another. */
static array *gather_array(import *im, const array *a, const array *indices, int32_t axis)
{
    int64_t outer = 1, inner = 1, dims[2 * MOST_RANK];
    array *out;

    for (int32_t i = 0; i < a->rank; ++i) {
        if (i < axis) outer *= dims[i] = a->dims[i];
        if (i > axis) inner *= a->dims[i];
    }
    memcpy(dims + axis, indices->dims, (size_t)indices->rank * sizeof *dims);
    for (int32_t i = axis + 1; i < a->rank; ++i) dims[indices->rank + i - 1] = a->dims[i];
    if (a->rank - 1 + indices->rank > MOST_RANK) refuse(im, "its result has too many axes");
    out = array_make(im, a->is_int, a->rank - 1 + indices->rank, dims);
    for (int64_t o = 0; o < outer; ++o) {
        for (int64_t k = 0; k < indices->count; ++k) {
            const int64_t index = indices->ints[k] < 0 ? indices->ints[k] + a->dims[axis] : indices->ints[k];
            if (index < 0 || index >= a->dims[axis])
                refuse(im, "index %lld of %lld", (long long)index, (long long)a->dims[axis]);
            const int64_t from = (o * a->dims[axis] + index) * inner, to = (o * indices->count + k) * inner;
            if (a->is_int) memcpy(out->ints + to, a->ints + from, (size_t)inner * sizeof *a->ints);
            else memcpy(out->floats + to, a->floats + from, (size_t)inner * sizeof *a->floats);
        }
    }
    return out;
}

/* Indices that go up by one step, as a part of an axis. @return whether they do, and fit the axis */
static bool read_steps(const array *indices, int64_t size, part *p)
{
    bool are = indices->rank <= 1;

    p->start = indices->ints[0] < 0 ? indices->ints[0] + size : indices->ints[0];
    p->count = indices->count;
    p->step = p->count > 1 ? indices->ints[1] - indices->ints[0] : 1;
    for (int64_t i = 1; i < p->count; ++i) are = are && indices->ints[i] - indices->ints[i - 1] == p->step;
    return are && p->start >= 0 && p->start < size && p->step >= 1 && p->step <= size &&
           p->count <= (size - 1 - p->start) / p->step + 1;
}

/* Indices in any order and of any rank, whose axes take the place of the one that is picked from. */
static view gathered(import *im, const view *v, const array *indices, int32_t axis)
{
    const int64_t size = v->dims[axis];
    int64_t *const list = take(im, indices->count, sizeof *list);
    int64_t dims[2 * MOST_RANK];

    for (int64_t i = 0; i < indices->count; ++i) {
        list[i] = indices->ints[i] < 0 ? indices->ints[i] + size : indices->ints[i];
        if (list[i] < 0 || list[i] >= size) refuse(im, "its indices do not fit an axis of %lld", (long long)size);
    }
    if (v->rank - 1 + indices->rank > MOST_RANK) refuse(im, "its result has too many axes");
    view out = picked(im, v, axis, list, indices->count);
    memcpy(dims, out.dims, (size_t)axis * sizeof *dims);
    memcpy(dims + axis, indices->dims, (size_t)indices->rank * sizeof *dims);
    memcpy(dims + axis + indices->rank, out.dims + axis + 1, (size_t)(v->rank - 1 - axis) * sizeof *dims);
    if (!view_reshape(&out, v->rank - 1 + indices->rank, dims)) refuse(im, "the axis cannot be taken apart");
    return out;
}

void import_gather(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    const array *const indices = constant_of(im, n, 1, false);
    int64_t dims[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, dims), axis = axis_from(im, attribute_int(im, n, "axis", 0), rank);
    part p = { axis, 0, indices->count, 1 };

    if (!indices->is_int || indices->count < 1) refuse(im, "its indices are no integers");
    if (v->state == VALUE_CONSTANT) {
        put_constant(im, n, 0, gather_array(im, v->constant, indices, axis));
        return;
    }
    if (!read_steps(indices, dims[axis], &p)) {
        const view out = gathered(im, &v->view, indices, axis);
        put_view(im, n, 0, &out);
        return;
    }
    view out = v->view;
    slice_view(im, &out, &p);
    if (indices->rank == 0) { /* one index takes the axis away */
        memcpy(dims, out.dims, sizeof dims);
        memmove(dims + axis, dims + axis + 1, (size_t)(rank - axis - 1) * sizeof *dims);
        if (!view_reshape(&out, rank - 1, dims)) refuse(im, "the axis cannot be taken away");
    }
    put_view(im, n, 0, &out);
}
