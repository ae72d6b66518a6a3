/* moves.c -- what moves numbers or only renames their axes; shapes that a file computes are folded. */
#include "import.h"

#include <string.h>

static void put_reshaped(import *im, const node *n, const view *from, int32_t rank, const int64_t *dims)
{
    view v = *from;
    int64_t count = 1, wanted = 1;

    for (int32_t i = 0; i < from->rank; ++i) count *= from->dims[i];
    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] < 1 || wanted > count / dims[i]) refuse(im, "its shape does not have the numbers of its input");
        wanted *= dims[i];
    }
    if (wanted != count) refuse(im, "its shape does not have the numbers of its input");
    if (!view_reshape(&v, rank, dims)) refuse(im, "it makes an axis of parts of others, which no layer does");
    put_view(im, n, 0, &v);
}

void import_reshape(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    int64_t dims[MOST_RANK], count = 1, known = 1;
    int32_t rank = 0, open = -1;

    if (has_input(n, 1)) {
        rank = ints_of(im, n, 1, dims, MOST_RANK);
    } else {
        flat *const f = &im->model->file;
        const flat_vector shape = flat_list(f, &n->proto->options, RESHAPE_SHAPE, 4);
        check_file(im);
        if (shape.count > MOST_RANK) refuse(im, "it makes %u axes", shape.count);
        rank = (int32_t)shape.count;
        for (int32_t i = 0; i < rank; ++i) dims[i] = flat_int_of(f, &shape, (uint32_t)i, 4);
    }
    for (int32_t i = 0; i < v->rank; ++i) count *= v->dims[i];
    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] == -1 && open < 0) open = i;
        else if (dims[i] < 1 || dims[i] > count / known) refuse(im, "it makes an axis of %lld", (long long)dims[i]);
        else known *= dims[i];
    }
    if (open >= 0) dims[open] = count / known;
    put_reshaped(im, n, v, rank, dims);
}

void import_squeeze(import *im, const node *n)
{
    flat *const f = &im->model->file;
    const view *const v = view_of(im, n, 0);
    const flat_vector axes = flat_list(f, &n->proto->options, SQUEEZE_AXES, 4);
    uint32_t set = 0;
    int64_t dims[MOST_RANK];
    int32_t rank = 0;

    check_file(im);
    for (uint32_t i = 0; i < axes.count; ++i) set |= 1u << axis_from(im, flat_int_of(f, &axes, i, 4), v->rank);
    for (int32_t i = 0; i < v->rank; ++i) {
        const bool goes = axes.count == 0 ? v->dims[i] == 1 : (set >> i & 1) != 0;
        if (goes && v->dims[i] != 1) refuse(im, "axis %d has size %lld", i, (long long)v->dims[i]);
        if (!goes) dims[rank++] = v->dims[i];
    }
    put_reshaped(im, n, v, rank, dims);
}

void import_expand_dims(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    int64_t axis[1], dims[MOST_RANK];
    int32_t at;

    if (v->rank >= MOST_RANK || ints_of(im, n, 1, axis, 1) != 1) refuse(im, "its axis cannot be read");
    at = axis_from(im, axis[0], v->rank + 1);
    for (int32_t i = 0; i <= v->rank; ++i) dims[i] = i == at ? 1 : v->dims[i < at ? i : i - 1];
    put_reshaped(im, n, v, v->rank + 1, dims);
}

void import_transpose(import *im, const node *n)
{
    view v = *view_of(im, n, 0);
    int64_t axes[MOST_RANK];
    int32_t order[MOST_RANK];
    uint32_t seen = 0;

    if (ints_of(im, n, 1, axes, MOST_RANK) != v.rank) refuse(im, "it does not order all axes of its input");
    for (int32_t i = 0; i < v.rank; ++i) {
        order[i] = axis_from(im, axes[i], v.rank);
        seen |= 1u << order[i];
    }
    if (seen != (1u << v.rank) - 1) refuse(im, "it does not order all axes of its input");
    view_transpose(&v, order);
    put_view(im, n, 0, &v);
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------------------------ */

static void check_part(import *im, int64_t size, int64_t first, int64_t count, int64_t step)
{
    if (first < 0 || first >= size || count < 1 || count - 1 > (size - 1 - first) / step)
        refuse(im, "it takes %lld from %lld on of an axis of %lld", (long long)count, (long long)first, (long long)size);
}

/* Part (H, W, C) of a picture: from where, how many, and every how many. @return the layer */
static int32_t crop(import *im, const view *v, const int64_t *first, const int64_t *count, const int64_t *step)
{
    int32_t layer = v->layer;

    if (count[0] != v->height || count[1] != v->width) {
        call *const c = emit(im, CALL_CROP2D, layer);
        c->ints[0] = to_int32(im, first[0]);
        c->ints[1] = to_int32(im, first[1]);
        c->ints[2] = to_int32(im, v->height - (first[0] + (count[0] - 1) * step[0] + 1));
        c->ints[3] = to_int32(im, v->width - (first[1] + (count[1] - 1) * step[1] + 1));
        c->ints[4] = to_int32(im, step[0]);
        c->ints[5] = to_int32(im, step[1]);
        set_shape(im, c, v->channels, count[0], count[1]);
        layer = layer_of(im, c);
    }
    if (count[2] != v->channels) {
        call *const c = emit(im, CALL_SLICE, layer);
        if (step[2] != 1) refuse(im, "it takes every %lldth channel", (long long)step[2]);
        c->ints[0] = to_int32(im, first[2]);
        c->ints[1] = to_int32(im, count[2]);
        set_shape(im, c, count[2], count[0], count[1]);
        layer = layer_of(im, c);
    }
    return layer;
}

/* The same part with the axes in the order (1, H, W, C), or (1, 1, T, C). The result has them as they were. */
static void put_part_of_first(import *im, const node *n, int32_t output, const view *from, const int64_t *first,
                              const int64_t *count, const int64_t *step)
{
    int64_t begin[4] = { 0 }, size[4] = { 1, 1, 1, 1 }, by[4] = { 1, 1, 1, 1 };

    for (int32_t axis = 0; axis < from->rank; ++axis) {
        const int32_t to = axis == 1 ? 3 : axis == 0 ? 0 : axis - 1 + (4 - from->rank);
        check_part(im, from->dims[axis], first[axis], count[axis], step != NULL ? step[axis] : 1);
        begin[to] = first[axis];
        size[to] = count[axis];
        by[to] = step != NULL && count[axis] > 1 ? step[axis] : 1;
    }
    const view v = picture_of_first(im, from);
    put_first(im, n, output, crop(im, &v, begin + 1, size + 1, by + 1), from->rank);
}

/* Puts a part of the input, given along each of its axes. step NULL: 1 everywhere */
static void put_part(import *im, const node *n, int32_t output, const view *from, const int64_t *first, const int64_t *count,
                     const int64_t *step, int32_t rank, const int64_t *dims)
{
    int64_t begin[4] = { 0, 0, 0, 0 }, size[4] = { 1, 1, 1, 1 }, by[4] = { 1, 1, 1, 1 };

    if (rank == from->rank && is_channels_first(from)) {
        put_part_of_first(im, n, output, from, first, count, step);
        return;
    }
    const view v = picture_of(im, from);

    for (int32_t i = 0; i < from->rank; ++i) {
        const int64_t own = step != NULL ? step[i] : 1;
        check_part(im, from->dims[i], first[i], count[i], own);
        if (i == 0 && from->rank > 1) continue; /* the batch */
        begin[4 - from->rank + i] = first[i];
        size[4 - from->rank + i] = count[i];
        by[4 - from->rank + i] = count[i] > 1 ? own : 1;
    }
    put_picture(im, n, output, crop(im, &v, begin + 1, size + 1, by + 1), rank, dims);
}

void import_slice(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    int64_t first[MOST_RANK], count[MOST_RANK];

    if (ints_of(im, n, 1, first, MOST_RANK) != v->rank || ints_of(im, n, 2, count, MOST_RANK) != v->rank)
        refuse(im, "it does not say where each axis begins and how long it is");
    for (int32_t i = 0; i < v->rank; ++i) {
        if (count[i] == -1) count[i] = v->dims[i] - first[i];
    }
    put_part(im, n, 0, v, first, count, NULL, v->rank, count);
}

/* Where a strided slice begins and ends along one axis of a size, and how many it takes. */
static void read_range(import *im, const node *n, int32_t axis, int64_t size, const int64_t *begin, const int64_t *end,
                       const int64_t *stride, int64_t *first, int64_t *count)
{
    const bool is_one = (option_int(im, n, SLICE_SHRINK, 0) >> axis & 1) != 0;
    int64_t from = begin[axis], to = end[axis];

    if (stride[axis] < 1) refuse(im, "a stride of %lld", (long long)stride[axis]);
    if ((option_int(im, n, SLICE_BEGIN, 0) >> axis & 1) != 0) from = 0;
    else if (from < 0) from += size;
    if ((option_int(im, n, SLICE_END, 0) >> axis & 1) != 0) to = size;
    else if (to < 0) to += size;
    if (from < 0) from = 0;
    if (to > size) to = size;
    if (is_one) to = from + 1;
    *first = from;
    *count = to > from ? (to - from + stride[axis] - 1) / stride[axis] : 0;
}

/* A strided slice of a constant list, as files have it that compute shapes. */
static void slice_constant(import *im, const node *n, const array *a, const int64_t *first, const int64_t *count,
                           const int64_t *stride)
{
    const bool is_one = (option_int(im, n, SLICE_SHRINK, 0) & 1) != 0;
    array *part;

    if (a->rank != 1 || !a->is_int || first[0] < 0 || count[0] < 1 || first[0] + (count[0] - 1) * stride[0] >= a->count)
        refuse(im, "a part of this constant cannot be taken");
    spend(im, count[0]);
    part = array_make(im, true, is_one ? 0 : 1, count);
    for (int64_t i = 0; i < part->count; ++i) part->ints[i] = a->ints[first[0] + i * stride[0]];
    put_constant(im, n, 0, part);
}

void import_strided_slice(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    int64_t begin[MOST_RANK] = { 0 }, end[MOST_RANK] = { 0 }, stride[MOST_RANK] = { 0 }, first[MOST_RANK] = { 0 },
            count[MOST_RANK] = { 0 }, dims[MOST_RANK], size[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, size);
    const int64_t shrink = option_int(im, n, SLICE_SHRINK, 0);
    int32_t left = 0;

    if (ints_of(im, n, 1, begin, MOST_RANK) != rank || ints_of(im, n, 2, end, MOST_RANK) != rank ||
        ints_of(im, n, 3, stride, MOST_RANK) != rank)
        refuse(im, "it does not tell of each axis what it takes");
    if (option_int(im, n, SLICE_ELLIPSIS, 0) != 0 || option_int(im, n, SLICE_NEW_AXIS, 0) != 0 ||
        option_byte(im, n, SLICE_OFFSET) != 0)
        refuse(im, "ellipses, new axes and relative ends are not supported");
    for (int32_t i = 0; i < rank; ++i) {
        read_range(im, n, i, size[i], begin, end, stride, &first[i], &count[i]);
        if ((shrink >> i & 1) == 0) dims[left++] = count[i];
    }
    if (v->state == VALUE_CONSTANT) slice_constant(im, n, v->constant, first, count, stride);
    else put_part(im, n, 0, &v->view, first, count, stride, left, dims);
}

/* Parts of one axis, one after the other. */
static void put_parts(import *im, const node *n, const view *v, int64_t axis, const int64_t *sizes, int32_t count)
{
    int64_t first[MOST_RANK] = { 0 }, size[MOST_RANK];
    const int32_t at = axis_from(im, axis, v->rank);

    if (count != n->output_count) refuse(im, "it has %d outputs for %d parts", n->output_count, count);
    memcpy(size, v->dims, sizeof size);
    for (int32_t i = 0; i < count; ++i) {
        size[at] = sizes[i];
        put_part(im, n, i, v, first, size, NULL, v->rank, size);
        first[at] += sizes[i];
    }
}

#define MOST_PARTS 64

void import_split(import *im, const node *n)
{
    const view *const v = view_of(im, n, 1);
    const int64_t count = option_int(im, n, SPLIT_COUNT, 0);
    int64_t axis[1], sizes[MOST_PARTS];

    if (ints_of(im, n, 0, axis, 1) != 1 || count < 1 || count > MOST_PARTS) refuse(im, "%lld parts", (long long)count);
    const int64_t size = v->dims[axis_from(im, axis[0], v->rank)];
    if (size % count != 0) refuse(im, "%lld parts of an axis of %lld", (long long)count, (long long)size);
    for (int64_t i = 0; i < count; ++i) sizes[i] = size / count;
    put_parts(im, n, v, axis[0], sizes, (int32_t)count);
}

void import_split_v(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    int64_t axis[1], sizes[MOST_PARTS], sum = 0;
    int32_t count, open = -1;

    count = ints_of(im, n, 1, sizes, MOST_PARTS);
    if (ints_of(im, n, 2, axis, 1) != 1) refuse(im, "its axis cannot be read");
    for (int32_t i = 0; i < count; ++i) {
        if (sizes[i] == -1 && open < 0) open = i;
        else if (sizes[i] < 1 || sizes[i] > INT32_MAX) refuse(im, "a part of %lld", (long long)sizes[i]);
        else sum += sizes[i];
    }
    const int64_t size = v->dims[axis_from(im, axis[0], v->rank)];
    if (open >= 0) sizes[open] = size - sum;
    if (open < 0 ? sum != size : sizes[open] < 1) refuse(im, "its parts do not make up an axis of %lld", (long long)size);
    put_parts(im, n, v, axis[0], sizes, count);
}

/* ---- channels and blocks of positions ------------------------------------------------------------------------------------------------------ */

static int64_t block_of(import *im, const node *n)
{
    const int64_t block = option_int(im, n, BLOCK_SIZE, 0);

    if (block < 1 || block > 1 << 10) refuse(im, "blocks of %lld", (long long)block);
    return block;
}

void import_depth_to_space(import *im, const node *n)
{
    const view v = picture_in(im, n, 0);
    const int64_t block = block_of(im, n);

    if (v.channels % (block * block) != 0)
        refuse(im, "%lld channels in blocks of %lld", (long long)v.channels, (long long)block);
    put_nhwc(im, n, depth_to_space(im, &v, block, block, SRD_BLOCKS_FIRST).layer);
}

void import_space_to_depth(import *im, const node *n)
{
    const view v = picture_in(im, n, 0);
    const int64_t block = block_of(im, n);
    call *c;

    if (v.height % block != 0 || v.width % block != 0)
        refuse(im, "%lld x %lld positions in blocks of %lld", (long long)v.height, (long long)v.width, (long long)block);
    c = emit(im, CALL_SPACE_TO_DEPTH, v.layer);
    c->ints[0] = c->ints[1] = to_int32(im, block);
    c->ints[2] = SRD_BLOCKS_FIRST;
    set_shape(im, c, v.channels * block * block, v.height / block, v.width / block);
    put_nhwc(im, n, layer_of(im, c));
}

/* ---- one after the other ---------------------------------------------------------------------------------------------------------------------------- */

/* Rows one after the other: all positions in their order. @return the layer */
static int32_t join_rows(import *im, view *parts, int32_t count, int64_t rows)
{
    int32_t *const layers = take(im, count, sizeof *layers);
    const int64_t width = parts[0].width;
    view v;
    call *c;

    for (int32_t i = 0; i < count; ++i) {
        regrid(im, &parts[i], 1, parts[i].height * parts[i].width);
        layers[i] = parts[i].layer;
    }
    c = emit_many(im, CALL_CONCAT_TOKENS, layers, count);
    set_shape(im, c, parts[0].channels, 1, rows * width);
    v = view_of_picture(layer_of(im, c), parts[0].channels, 1, rows * width);
    regrid(im, &v, rows, width);
    return v.layer;
}

static int32_t join(import *im, view *parts, int32_t count, int axis, int64_t all)
{
    int32_t *const layers = take(im, count, sizeof *layers);
    view v;
    call *c;

    if (axis == 1) return join_rows(im, parts, count, all);
    if (axis == 2) {
        for (int32_t i = 0; i < count; ++i) swap_grid(im, &parts[i]);
        const int64_t rows = parts[0].width;
        const int32_t layer = join_rows(im, parts, count, all);
        v = view_of_picture(layer, parts[0].channels, all, rows);
        swap_grid(im, &v);
        return v.layer;
    }
    for (int32_t i = 0; i < count; ++i) layers[i] = parts[i].layer;
    c = emit_many(im, CALL_CONCAT, layers, count);
    set_shape(im, c, all, parts[0].height, parts[0].width);
    return layer_of(im, c);
}

/* A part that is joined along an axis. The heads of a detector come as (1, T, C) with the anchors among the T. */
static view part_of_join(import *im, const view *v, int32_t axis, bool is_first)
{
    const view part = v->rank == 3 && axis == 1 && !is_first ? channels_as_positions(im, v, axis) : *v;

    return is_first ? picture_of_first(im, &part) : picture_of(im, &part);
}

/* Whether all inputs have their channels first; of one channel that cannot be told, but another tells. */
static bool all_channels_first(import *im, const node *n)
{
    bool is_told = false;

    for (int32_t i = 0; i < n->input_count; ++i) {
        const view *const v = view_of(im, n, i);
        const bool is_one = v->rank > 2 && v->channels == 1 && v->dims[1] == 1;
        if (!is_one && !is_channels_first(v)) return false;
        is_told = is_told || !is_one;
    }
    return is_told;
}

void import_concatenation(import *im, const node *n)
{
    const int32_t count = n->input_count;
    view *const parts = take(im, count, sizeof *parts);
    int64_t dims[MOST_RANK], all = 0;
    const int32_t rank = count > 0 ? dims_of(im, n, 0, dims) : 0;

    if (rank < 1 || rank > 4) refuse(im, "its inputs have %d axes", rank);
    const int32_t at = axis_from(im, option_int(im, n, CONCAT_AXIS, 0), rank);
    if (at == 0 && rank > 1) refuse(im, "it makes a batch");
    const bool is_first = all_channels_first(im, n);
    spend(im, count);
    for (int32_t i = 0; i < count; ++i) {
        int64_t own[MOST_RANK];
        if (dims_of(im, n, i, own) != rank) refuse(im, "its inputs have different numbers of axes");
        for (int32_t k = 0; k < rank; ++k) {
            if (k != at && own[k] != dims[k]) refuse(im, "its inputs differ along another axis, too");
        }
        parts[i] = part_of_join(im, view_of(im, n, i), at, is_first);
        all += own[at];
    }
    dims[at] = all;
    const int axis = !is_first ? 4 - rank + at : at == 1 ? 3 : at - 1 + (4 - rank); /* of (H, W, C), from 1 */
    const int32_t layer = activate(im, join(im, parts, count, axis, all), option_byte(im, n, CONCAT_ACTIVATION));
    if (is_first) put_first(im, n, 0, layer, rank);
    else put_picture(im, n, 0, layer, rank, dims);
}

/* ---- types and shapes ----------------------------------------------------------------------------------------------------------------------------------- */

static void put_same(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);

    if (v->state == VALUE_CONSTANT) put_constant(im, n, 0, v->constant);
    else put_view(im, n, 0, &v->view);
}

/* float16 numbers have become floats already; those of integers only where this was asked for. */
void import_dequantize(import *im, const node *n)
{
    put_same(im, n);
}

void import_quantize(import *im, const node *n)
{
    if (!im->model->dequantise)
        refuse(im, "it makes integers, which TensorFlow Lite goes on to compute with; the same in floats is another network");
    put_same(im, n);
}

void import_shape(import *im, const node *n)
{
    int64_t dims[MOST_RANK];
    const int64_t rank = dims_of(im, n, 0, dims);
    array *const a = array_make(im, true, 1, &rank);

    for (int64_t i = 0; i < rank; ++i) a->ints[i] = dims[i];
    put_constant(im, n, 0, a);
}

void import_pack(import *im, const node *n)
{
    const int64_t count = n->input_count;
    array *a;

    spend(im, count);
    a = array_make(im, true, 1, &count);
    if (option_int(im, n, PACK_AXIS, 0) != 0) refuse(im, "only lists of integers can be made");
    for (int32_t i = 0; i < count; ++i) {
        if (ints_of(im, n, i, &a->ints[i], 1) != 1) refuse(im, "only lists of integers can be made");
    }
    put_constant(im, n, 0, a);
}
