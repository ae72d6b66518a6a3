/* moves.c -- nodes that give numbers other axes. Constants are rewritten, views renamed; no layer comes of any of these. */
#include "import.h"

#include <math.h>
#include <string.h>

/* The same numbers in row-major order under other axes. */
static void put_reshaped(import *im, const node *n, int32_t rank, const int64_t *dims)
{
    const value *const v = input_of(im, n, 0);
    int64_t count = 1, has = 1;

    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] < 0 || (dims[i] > 0 && count > INT64_MAX / dims[i])) refuse(im, "an axis of %lld", (long long)dims[i]);
        count *= dims[i];
    }
    if (v->state == VALUE_CONSTANT) {
        array *const a = take(im, 1, sizeof *a);
        *a = *v->constant;
        a->rank = rank;
        memcpy(a->dims, dims, (size_t)rank * sizeof *dims);
        if (count != a->count) refuse(im, "%lld numbers cannot be reshaped to %lld", (long long)a->count, (long long)count);
        put_constant(im, n, 0, a);
        return;
    }
    view out = v->view;
    for (int32_t i = 0; i < out.rank; ++i) has *= out.dims[i];
    if (count != has) refuse(im, "%lld numbers cannot be reshaped to %lld", (long long)has, (long long)count);
    if (!view_reshape(&out, rank, dims)) refuse(im, "this reshape mixes channels and positions");
    put_view(im, n, 0, &out);
}

void import_reshape(import *im, const node *n)
{
    int64_t dims[MOST_RANK], from[MOST_RANK], known = 1, has = 1;
    const int32_t from_rank = dims_of(im, n, 0, from), rank = list_of(im, n, "shape", 1, dims, MOST_RANK);
    int32_t open = -1;

    if (rank < 0) refuse(im, "the new shape is missing");
    for (int32_t i = 0; i < from_rank; ++i) has *= from[i];
    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] == 0 && i < from_rank && attribute_int(im, n, "allowzero", 0) == 0) dims[i] = from[i];
        if (dims[i] == -1 && open >= 0) refuse(im, "two axes of the new shape are left open");
        if (dims[i] == -1) open = i;
        else if (dims[i] < 0 || (dims[i] > 0 && known > INT64_MAX / dims[i])) refuse(im, "an axis of %lld", (long long)dims[i]);
        else known *= dims[i];
    }
    if (open >= 0) dims[open] = known > 0 ? has / known : 0;
    put_reshaped(im, n, rank, dims);
}

void import_flatten(import *im, const node *n)
{
    int64_t from[MOST_RANK], dims[2] = { 1, 1 };
    const int32_t rank = dims_of(im, n, 0, from);
    const int64_t axis = attribute_int(im, n, "axis", 1);
    const int32_t first = axis == rank ? rank : axis_from(im, axis, rank);

    for (int32_t i = 0; i < rank; ++i) dims[i >= first] *= from[i];
    put_reshaped(im, n, 2, dims);
}

void import_squeeze(import *im, const node *n)
{
    int64_t from[MOST_RANK], axes[MOST_RANK], dims[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, from), count = list_of(im, n, "axes", 1, axes, MOST_RANK);
    uint32_t gone = 0;
    int32_t left = 0;

    for (int32_t i = 0; i < count; ++i) gone |= 1u << axis_from(im, axes[i], rank);
    for (int32_t i = 0; i < rank; ++i) {
        if (count < 0 ? from[i] != 1 : (gone >> i & 1) == 0) dims[left++] = from[i];
    }
    put_reshaped(im, n, left, dims);
}

void import_unsqueeze(import *im, const node *n)
{
    int64_t from[MOST_RANK], axes[MOST_RANK], dims[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, from), count = list_of(im, n, "axes", 1, axes, MOST_RANK);
    uint32_t fresh = 0;
    int32_t next = 0;

    if (count < 0 || rank + count > MOST_RANK) refuse(im, "axes are missing, or there are too many");
    for (int32_t i = 0; i < count; ++i) fresh |= 1u << axis_from(im, axes[i], rank + count);
    for (int32_t i = 0; i < rank + count; ++i) {
        const bool is_fresh = (fresh >> i & 1) != 0;
        if (!is_fresh && next == rank) refuse(im, "an axis appears twice");
        dims[i] = is_fresh ? 1 : from[next++];
    }
    put_reshaped(im, n, rank + count, dims);
}

void import_transpose(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    int64_t from[MOST_RANK], perm[MOST_RANK], strides[MOST_RANK], dims[MOST_RANK], moved[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, from);
    const int32_t count = attribute_ints(im, n, "perm", perm, MOST_RANK);
    int32_t order[MOST_RANK];
    uint32_t seen = 0;

    if (count >= 0 && count != rank) refuse(im, "perm has %d numbers for %d axes", count, rank);
    dense_strides(rank, from, strides);
    for (int32_t i = 0; i < rank; ++i) {
        order[i] = count < 0 ? rank - 1 - i : axis_from(im, perm[i], rank);
        seen |= 1u << order[i];
        dims[i] = from[order[i]];
        moved[i] = strides[order[i]];
    }
    if (seen != (1u << rank) - 1) refuse(im, "perm names an axis twice");
    if (v->state == VALUE_CONSTANT) {
        put_constant(im, n, 0, array_strided(im, v->constant, rank, dims, moved, 0));
        return;
    }
    view out = v->view;
    view_transpose(&out, order);
    put_view(im, n, 0, &out);
}

/* DepthToSpace: every position becomes block x block of them, which share its channels out. */
void import_depth_to_space(import *im, const node *n)
{
    const view v = as_picture(im, view_of(im, n, 0));
    const int64_t block = attribute_int(im, n, "blocksize", 0), parts = block > 0 && block <= 32 ? block * block : 0;
    const char *const mode = attribute_text(im, n, "mode", "DCR");
    const bool parts_first = strcmp(mode, "DCR") == 0;

    if (!parts_first && strcmp(mode, "CRD") != 0) refuse(im, "the mode %.40s is not known", mode);
    if (parts == 0 || v.channels % parts != 0)
        refuse(im, "%lld channels are not shared out to blocks of %lld", (long long)v.channels, (long long)block);
    const view out = depth_to_space(im, &v, block, block, parts_first ? SRD_BLOCKS_FIRST : SRD_BLOCKS_LAST);
    put_view(im, n, 0, &out);
}

/* SpaceToDepth: a block of positions becomes one with the channels of all. */
void import_space_to_depth(import *im, const node *n)
{
    const view v = picture_of(im, view_of(im, n, 0));
    const int64_t block = attribute_int(im, n, "blocksize", 0), parts = block > 0 && block <= 32 ? block * block : 0;
    call *c;

    if (parts == 0 || v.height % block != 0 || v.width % block != 0)
        refuse(im, "%lld x %lld positions in blocks of %lld", (long long)v.height, (long long)v.width, (long long)block);
    c = emit(im, CALL_SPACE_TO_DEPTH, v.layer);
    c->ints[0] = c->ints[1] = to_int32(im, block);
    c->ints[2] = SRD_BLOCKS_FIRST;
    set_shape(im, c, v.channels * parts, v.height / block, v.width / block);
    const view out = view_of_picture(layer_of(im, c), c->channels, c->height, c->width);
    put_view(im, n, 0, &out);
}

static bool is_float_type(int64_t type)
{
    return type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
}

/* The nearest number with so many bits, whose last one is worth at least 2^least. */
static double rounded(double number, int bits, int least)
{
    int exponent;

    if (!isfinite(number)) return number;
    (void)frexp(number, &exponent);
    exponent = exponent - bits > least ? exponent - bits : least;
    return ldexp(rint(ldexp(number, -exponent)), exponent);
}

/* One number of a constant in another type; float16 and bfloat16 are rounded, and what an integer cannot hold is refused. */
static double cast_number(import *im, double number, int64_t type)
{
    static const struct {
        int64_t type;
        double least, most;
    } ranges[] = { { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 0, 255 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT8, -128, 127 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, 0, 65535 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT16, -32768, 32767 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT32, -0x1p31, 0x1p31 - 1 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__UINT32, 0, 0x1p32 - 1 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT64, -0x1p53, 0x1p53 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__UINT64, 0, 0x1p53 },
                   { SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, -65504, 65504 } };
    const bool is_half = type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; ++i) {
        if (ranges[i].type != type || (is_half && isinf(number)) ||
            (number > ranges[i].least - 1 && number < ranges[i].most + 1))
            continue;
        refuse(im, "%g does not fit type %lld", number, (long long)type);
    }
    switch (type) {
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: return number;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16: return rounded(number, 11, -24);
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16: return rounded(number, 8, -133);
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__BOOL: return number != 0;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__STRING:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX64:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX128: break;
    default:
        if (type > SRD_ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED && type < SRD_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16)
            return trunc(number);
    }
    refuse(im, "a cast to type %lld", (long long)type);
}

/* Identity, Dropout, and Cast: a cast of what depends on the picture may only be to float. */
void import_same(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0);
    const int64_t type = attribute_int(im, n, "to", SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    const bool is_half =
        type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 || type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
    array *a;

    if (v->state == VALUE_VIEW) {
        if (!is_half && !is_float_type(type)) refuse(im, "a cast to type %lld", (long long)type);
        if (is_half)
            add_note(im, "the network computes in float16 or bfloat16 in part: libsrd computes all of it in float32\n");
        put_view(im, n, 0, &v->view);
        return;
    }
    if (!is_op(n, "Cast")) {
        put_constant(im, n, 0, v->constant);
        return;
    }
    a = array_make(im, !is_half && !is_float_type(type), v->constant->rank, v->constant->dims);
    for (int64_t i = 0; i < a->count; ++i) {
        if (!a->is_int) a->floats[i] = (float)cast_number(im, array_at(v->constant, i), type);
        else if (v->constant->is_int && type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT64) a->ints[i] = v->constant->ints[i];
        else a->ints[i] = to_int64(im, cast_number(im, array_at(v->constant, i), type));
    }
    put_constant(im, n, 0, a);
}

void import_shape(import *im, const node *n)
{
    int64_t dims[MOST_RANK], length[1];
    const int32_t rank = dims_of(im, n, 0, dims);
    int64_t start = attribute_int(im, n, "start", 0), end = attribute_int(im, n, "end", rank);
    array *a;

    if (start < 0) start += rank;
    if (end < 0) end += rank;
    if (end > rank) end = rank;
    if (start < 0 || start > end) refuse(im, "axes %lld to %lld of %d", (long long)start, (long long)end, rank);
    length[0] = end - start;
    a = array_make(im, true, 1, length);
    for (int64_t i = 0; i < length[0]; ++i) a->ints[i] = dims[start + i];
    put_constant(im, n, 0, a);
}

void import_constant(import *im, const node *n)
{
    const SrdOnnx__AttributeProto *const a = n->proto->n_attribute == 1 ? n->proto->attribute[0] : NULL;
    const char *const name = a != NULL && a->name != NULL ? a->name : "";
    const bool is_list = strcmp(name, "value_ints") == 0 || strcmp(name, "value_floats") == 0;
    const bool is_int = strncmp(name, "value_int", 9) == 0;
    array *numbers;
    int64_t dims[1];

    if (strcmp(name, "value") == 0 && a->t != NULL) {
        put_constant(im, n, 0, read_tensor(im, a->t));
        return;
    }
    if (!is_list && strcmp(name, "value_int") != 0 && strcmp(name, "value_float") != 0) refuse(im, "a constant of this form");
    dims[0] = is_int ? (int64_t)a->n_ints : (int64_t)a->n_floats;
    numbers = array_make(im, is_int, is_list ? 1 : 0, dims);
    for (int64_t i = 0; i < numbers->count; ++i) {
        if (is_int) numbers->ints[i] = is_list ? a->ints[i] : a->i;
        else numbers->floats[i] = is_list ? a->floats[i] : a->f;
    }
    put_constant(im, n, 0, numbers);
}

void import_constant_of_shape(import *im, const node *n)
{
    const SrdOnnx__AttributeProto *const given = attribute(n, "value");
    const array *number = given != NULL && given->t != NULL ? read_tensor(im, given->t) : NULL;
    int64_t dims[MOST_RANK];
    const int32_t rank = list_of(im, n, "shape", 0, dims, MOST_RANK);

    if (number == NULL) number = array_make(im, false, 0, NULL);
    if (number->count != 1 || rank < 0) refuse(im, "it has %lld values", (long long)number->count);
    array one = *number;
    one.rank = 0;
    put_constant(im, n, 0, array_stretch(im, &one, rank, dims));
}
