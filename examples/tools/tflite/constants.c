/* constants.c -- the numbers of tensors: read where they lie, or, where the file has them in another form, as floats. */
#include "import.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *type_name(int32_t type)
{
    static const char *const names[] = { "float32", "float16",  "int32",     "uint8",  "int64",   "string",
                                         "bool",    "int16",    "complex64", "int8",   "float64", "complex128",
                                         "uint64",  "resource", "variant",   "uint32", "uint16",  "int4" };

    return type >= 0 && type < (int32_t)(sizeof names / sizeof names[0]) ? names[type] : "of an unknown type";
}

const char *integer_reason(import *im, int32_t number)
{
    const tensor *const t = &im->model->tensors[number];
    flat *const f = &im->model->file;
    const double scale = t->scales.count > 0 ? (double)flat_float_of(f, &t->scales, 0) : 0;
    const long long zero = t->zeros.count > 0 ? (long long)flat_int_of(f, &t->zeros, 0, 8) : 0;
    char text[MOST_REASON];

    (void)snprintf(
        text, sizeof text,
        "the tensor %.80s is %s (scale %g%s, zero point %lld): TensorFlow Lite computes in integers here, which floats do not "
        "reproduce; take the float32 file, or dequantise",
        im->values[number].name, type_name(t->type), scale, t->scales.count > 1 ? " and others" : "", zero);
    return take_text(im, text);
}

static void refuse_tensor(import *im, int32_t number, const char *reason)
{
    value *const v = &im->values[number];

    v->state = VALUE_REFUSED;
    v->culprit = v->name;
    v->reason = reason;
}

static bool is_little_endian(void)
{
    const uint32_t one = 1;
    uint8_t first;

    memcpy(&first, &one, 1);
    return first == 1;
}

static float half_to_float(uint16_t half)
{
    const uint32_t exponent = half >> 10 & 31u, fraction = half & 1023u;
    const float sign = (half & 0x8000u) != 0 ? -1.0f : 1.0f;

    if (exponent == 31) return fraction != 0 ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * ldexpf((float)fraction, -24);
    return sign * ldexpf((float)(fraction + 1024), (int)exponent - 25);
}

static int64_t integer_at(import *im, const tensor *t, int64_t i)
{
    flat *const f = &im->model->file;
    const uint8_t *const bytes = f->bytes + t->data.at;

    switch (t->type) {
    case TYPE_INT8: return bytes[i] < 128 ? bytes[i] : bytes[i] - 256;
    case TYPE_UINT8: return bytes[i];
    case TYPE_INT16: {
        const int64_t number = bytes[2 * i] | (int64_t)bytes[2 * i + 1] << 8;
        return number < 32768 ? number : number - 65536;
    }
    case TYPE_INT32: return flat_int_of(f, &t->data, (uint32_t)i, 4);
    default: return flat_int_of(f, &t->data, (uint32_t)i, 8);
    }
}

/* scale * (q - zero), with a scale for all or for each index of one axis. */
static bool dequantise(import *im, int32_t number, array *a)
{
    const tensor *const t = &im->model->tensors[number];
    flat *const f = &im->model->file;
    int64_t strides[MOST_RANK];
    const bool is_one = t->scales.count == 1;
    const int32_t axis = t->quantised_axis;

    if (!is_one && (axis < 0 || axis >= t->rank || (int64_t)t->scales.count != t->dims[axis])) return false;
    if (t->zeros.count != 0 && t->zeros.count != 1 && t->zeros.count != t->scales.count) return false;
    dense_strides(t->rank, t->dims, strides);
    for (int64_t i = 0; i < a->count; ++i) {
        const uint32_t k = is_one ? 0 : (uint32_t)(i / strides[axis] % t->dims[axis]);
        const int64_t zero = t->zeros.count == 0 ? 0 : flat_int_of(f, &t->zeros, t->zeros.count == 1 ? 0 : k, 8);
        a->floats[i] = (float)((double)flat_float_of(f, &t->scales, k) * ((double)integer_at(im, t, i) - (double)zero));
    }
    return true;
}

static int64_t bytes_of(int32_t type)
{
    switch (type) {
    case TYPE_FLOAT32:
    case TYPE_INT32: return 4;
    case TYPE_FLOAT16:
    case TYPE_INT16: return 2;
    case TYPE_INT8:
    case TYPE_UINT8: return 1;
    case TYPE_INT64: return 8;
    default: return 0;
    }
}

static array *shape_of(import *im, const tensor *t)
{
    array *const a = take(im, 1, sizeof *a);

    a->rank = t->rank;
    a->count = 1;
    for (int32_t i = 0; i < t->rank; ++i) {
        if (t->dims[i] > 0 && a->count > INT64_MAX / 64 / t->dims[i]) return NULL;
        a->dims[i] = t->dims[i];
        a->count *= t->dims[i];
    }
    return a;
}

static void read_floats(import *im, const tensor *t, array *a)
{
    const uint8_t *const bytes = im->model->file.bytes + t->data.at;

    if (t->type == TYPE_FLOAT32 && is_little_endian() && (uintptr_t)bytes % _Alignof(float) == 0) {
        a->floats = (float *)(uintptr_t)bytes; /* of the file; nobody writes to them */
        return;
    }
    spend(im, a->count);
    a->floats = take(im, a->count, sizeof *a->floats);
    for (int64_t i = 0; i < a->count; ++i) {
        if (t->type == TYPE_FLOAT32) a->floats[i] = flat_float_of(&im->model->file, &t->data, (uint32_t)i);
        else a->floats[i] = half_to_float((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
    }
}

void read_constant(import *im, int32_t number)
{
    const tensor *const t = &im->model->tensors[number];
    const int64_t size = bytes_of(t->type);
    value *const v = &im->values[number];
    array *const a = shape_of(im, t);
    const bool is_index = (t->type == TYPE_INT32 || t->type == TYPE_INT64) && !t->is_quantised;

    if (size == 0) {
        refuse_tensor(im, number, "a constant of a type that is not supported");
        return;
    }
    if (a == NULL || a->count != (int64_t)t->data.count / size || a->count * size != (int64_t)t->data.count)
        give_up(im, SRD_ERR_ARGUMENT, "the tensor %.100s: its shape does not fit its %u bytes", v->name, t->data.count);
    if (t->type == TYPE_FLOAT32 || t->type == TYPE_FLOAT16) {
        read_floats(im, t, a);
    } else if (is_index) {
        spend(im, 2 * a->count);
        a->is_int = true;
        a->ints = take(im, a->count, sizeof *a->ints);
        for (int64_t i = 0; i < a->count; ++i) a->ints[i] = integer_at(im, t, i);
    } else if (!im->model->dequantise || !t->is_quantised) {
        refuse_tensor(im, number, integer_reason(im, number));
        return;
    } else {
        spend(im, a->count);
        a->floats = take(im, a->count, sizeof *a->floats);
        if (!dequantise(im, number, a)) {
            refuse_tensor(im, number, "the scales of a tensor of integers do not fit its shape");
            return;
        }
    }
    v->constant = a;
    v->state = VALUE_CONSTANT;
}

int32_t ints_of(import *im, const node *n, int32_t input, int64_t *numbers, int32_t most)
{
    const array *const a = constant_of(im, n, input, false);

    if (!a->is_int || a->count > most) refuse(im, "input %d is not a short list of integers", input);
    for (int64_t i = 0; i < a->count; ++i) numbers[i] = a->ints[i];
    return (int32_t)a->count;
}
