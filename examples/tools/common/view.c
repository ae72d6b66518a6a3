/* view.c -- the arithmetic of atoms; see view.h. */
#include "view.h"

#include <string.h>

static void push(view *v, atom part)
{
    atom *const last = v->count > 0 ? &v->atoms[v->count - 1] : NULL;

    if (part.size == 1) return;
    if (last != NULL && last->axis == part.axis && last->kind == part.kind && last->stride == part.size * part.stride) {
        last->size *= part.size; /* the inner one continues the outer one */
        last->stride = part.stride;
    } else if (v->count < MOST_ATOMS) {
        v->atoms[v->count++] = part;
    }
}

view view_of_picture(srd_layer layer, int64_t channels, int64_t height, int64_t width)
{
    view v = { .layer = layer, .channels = channels, .height = height, .width = width, .rank = 4 };

    v.dims[0] = 1;
    v.dims[1] = channels;
    v.dims[2] = height;
    v.dims[3] = width;
    push(&v, (atom){ CHANNELS, 1, channels, 1 });
    push(&v, (atom){ POSITIONS, 2, height, width });
    push(&v, (atom){ POSITIONS, 3, width, 1 });
    return v;
}

bool view_reshape(view *v, int32_t rank, const int64_t *dims)
{
    view to = *v;
    int32_t next = 0;
    int64_t left = v->count > 0 ? v->atoms[0].size : 1; /* what is left of atom number next */

    to.rank = rank;
    to.count = 0;
    memcpy(to.dims, dims, (size_t)rank * sizeof *dims);
    for (int32_t axis = 0; axis < rank; ++axis) {
        int64_t need = dims[axis];
        while (need > 1) {
            if (next == v->count || to.count == MOST_AFTER_RESHAPE) return false;
            const atom from = v->atoms[next];
            const int64_t take = need % left == 0 ? left : need;
            if (left % take != 0) return false;
            /* The outer part of what is left: its stride is that of the atom times the size of the inner rest. */
            push(&to, (atom){ from.kind, axis, take, from.stride * (left / take) });
            need /= take;
            left /= take;
            if (left == 1 && ++next < v->count) left = v->atoms[next].size;
        }
    }
    if (next != v->count) return false;
    *v = to;
    return true;
}

void view_transpose(view *v, const int32_t *order)
{
    const view from = *v;

    v->count = 0;
    for (int32_t axis = 0; axis < from.rank; ++axis) {
        v->dims[axis] = from.dims[order[axis]];
        for (int32_t i = 0; i < from.count; ++i) {
            atom part = from.atoms[i];
            if (part.axis != order[axis]) continue;
            part.axis = axis;
            push(v, part);
        }
    }
}

void view_raise(view *v, int32_t rank)
{
    const int32_t more = rank - v->rank;

    if (more <= 0) return;
    memmove(v->dims + more, v->dims, (size_t)v->rank * sizeof *v->dims);
    for (int32_t axis = 0; axis < more; ++axis) v->dims[axis] = 1;
    for (int32_t i = 0; i < v->count; ++i) v->atoms[i].axis += more;
    v->rank = rank;
}

int32_t view_collect(const view *v, uint32_t axes, atom *atoms)
{
    view merged = { .count = 0 };

    for (int32_t i = 0; i < v->count; ++i) {
        atom part = v->atoms[i];
        if ((axes >> part.axis & 1) == 0) continue;
        part.axis = 0;
        push(&merged, part);
    }
    memcpy(atoms, merged.atoms, (size_t)merged.count * sizeof *atoms);
    return merged.count;
}

bool view_counts_all(const view *v, const atom *atoms, int32_t count, atom_kind kind)
{
    const int64_t all = kind == CHANNELS ? v->channels : v->height * v->width;

    if (all == 1) return count == 0;
    return count == 1 && atoms[0].kind == kind && atoms[0].size == all && atoms[0].stride == 1;
}

bool view_has(const view *v, uint32_t axes, atom_kind kind)
{
    return (view_axes_with(v, kind) & axes) != 0;
}

uint32_t view_axes_with(const view *v, atom_kind kind)
{
    uint32_t axes = 0;

    for (int32_t i = 0; i < v->count; ++i) {
        if (v->atoms[i].kind == kind) axes |= 1u << v->atoms[i].axis;
    }
    return axes;
}

void view_clear(view *v, uint32_t axes)
{
    const view from = *v;

    v->count = 0;
    for (int32_t i = 0; i < from.count; ++i) {
        if ((axes >> from.atoms[i].axis & 1) == 0) v->atoms[v->count++] = from.atoms[i];
    }
    for (int32_t axis = 0; axis < v->rank; ++axis) {
        if ((axes >> axis & 1) != 0) v->dims[axis] = 1;
    }
}

void view_set_axis(view *v, int32_t axis, atom_kind kind, int64_t size, int64_t stride)
{
    const view from = *v;
    bool placed = false;

    v->count = 0;
    for (int32_t i = 0; i < from.count; ++i) {
        if (from.atoms[i].axis >= axis && !placed) {
            push(v, (atom){ kind, axis, size, stride });
            placed = true;
        }
        if (from.atoms[i].axis != axis) v->atoms[v->count++] = from.atoms[i];
    }
    if (!placed) push(v, (atom){ kind, axis, size, stride });
    v->dims[axis] = size;
}

bool view_same_axes(const view *a, const view *b, uint32_t axes)
{
    atom one[MOST_ATOMS], other[MOST_ATOMS];

    for (int32_t axis = 0; axis < a->rank; ++axis) {
        if ((axes >> axis & 1) == 0) continue;
        const int32_t count = view_collect(a, 1u << axis, one);
        if (a->dims[axis] != b->dims[axis] || view_collect(b, 1u << axis, other) != count) return false;
        for (int32_t i = 0; i < count; ++i) {
            if (one[i].kind != other[i].kind || one[i].size != other[i].size || one[i].stride != other[i].stride) return false;
        }
    }
    return true;
}

int64_t view_element(const view *v, const int64_t *strides, int64_t channel, int64_t position)
{
    int64_t index[MOST_RANK] = { 0 }, element = 0;

    for (int32_t i = 0; i < v->count; ++i) {
        const atom *const a = &v->atoms[i];
        const int64_t digit = (a->kind == CHANNELS ? channel : position) / a->stride % a->size;
        index[a->axis] = index[a->axis] * a->size + digit;
    }
    for (int32_t axis = 0; axis < v->rank; ++axis) element += index[axis] * strides[axis];
    return element;
}

void dense_strides(int32_t rank, const int64_t *dims, int64_t *strides)
{
    int64_t stride = 1;

    for (int32_t i = rank; i-- > 0;) {
        strides[i] = stride;
        stride *= dims[i];
    }
}

int64_t view_file_element(const view *v, int64_t channel, int64_t position)
{
    int64_t strides[MOST_RANK];

    dense_strides(v->rank, v->dims, strides);
    return view_element(v, strides, channel, position);
}
