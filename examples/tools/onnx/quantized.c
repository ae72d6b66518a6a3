/*
 * quantized.c -- weights of 8 bits: DequantizeLinear of constants, and what onnxruntime's quantize_dynamic writes. There a DynamicQuantizeLinear
 * rounds activations to 8 bits by a scale of each run, a ConvInteger or MatMulInteger multiplies, and a Mul by both scales follows. It is read as
 * the float layer: the activations are not rounded, so their scale is 1 and their zero point 0, and a note says so.
 */
#include "import.h"

/* A constant that no name of the file has; at most one for each node. */
static int32_t constant_value(import *im, const array *a)
{
    value *const v = &im->values[im->value_count];

    v->name = "";
    v->producer = -1;
    v->constant = a;
    v->state = VALUE_CONSTANT;
    return im->value_count++;
}

void import_dynamic_quantize(import *im, const node *n)
{
    array *const scale = array_make(im, false, 0, NULL), *const zero = array_make(im, true, 0, NULL);

    put_view(im, n, 0, view_of(im, n, 0));
    scale->floats[0] = 1;
    put_constant(im, n, 1, scale);
    put_constant(im, n, 2, zero);
    add_note(im,
             "DynamicQuantizeLinear is left out: activations are not rounded to 8 bits, as the network would at each run\n");
}

/* The zero points, or scales, of a tensor: one, or one for each place along an axis. */
static double along(import *im, const array *a, const array *of, int32_t axis, int64_t place)
{
    if (a == NULL) return 0;
    if (a->count == 1) return array_at(a, 0);
    if (a->rank != 1 || axis < 0 || axis >= of->rank || a->count != of->dims[axis])
        refuse(im, "its scales or zero points are neither one nor one for each place of axis %d", axis);
    return array_at(a, place);
}

/* (numbers - zero point) * scale; scale NULL: 1 */
static const array *dequantized(import *im, const array *q, const array *scale, const array *zero, int32_t axis)
{
    array *const a = array_make(im, false, q->rank, q->dims);
    int64_t stride = 1, size = 1;

    for (int32_t i = axis + 1; i < q->rank; ++i) stride *= q->dims[i];
    if (axis >= 0 && axis < q->rank) size = q->dims[axis];
    for (int64_t i = 0; i < q->count; ++i) {
        const int64_t place = i / stride % size;
        const double whole = array_at(q, i) - along(im, zero, q, axis, place);
        a->floats[i] = (float)(scale != NULL ? whole * along(im, scale, q, axis, place) : whole);
    }
    return a;
}

void import_dequantize(import *im, const node *n)
{
    const array *const q = constant_of(im, n, 0, false), *const scale = constant_of(im, n, 1, false);
    const int64_t axis = attribute_int(im, n, "axis", 1);

    if (scale->is_int || scale->count < 1) refuse(im, "its scale is no float");
    put_constant(im, n, 0,
                 dequantized(im, q, scale, constant_of(im, n, 2, true), scale->count == 1 ? -1 : axis_from(im, axis, q->rank)));
}

/* The node as its float operator: the weight without its zero points. axis: that of the weight which they may differ along. */
static node as_float(import *im, const node *n, const char *op, int32_t axis, int32_t *inputs)
{
    const array *const weight = constant_of(im, n, 1, false), *const zero = constant_of(im, n, 2, true);
    node made = *n;

    if (zero != NULL && (zero->count != 1 || array_at(zero, 0) != 0))
        refuse(im, "the zero point of its input is not that of a DynamicQuantizeLinear");
    if (!weight->is_int) refuse(im, "its weight is no integer");
    inputs[0] = n->inputs[0];
    inputs[1] = constant_value(im, dequantized(im, weight, NULL, constant_of(im, n, 3, true), axis));
    inputs[2] = NO_VALUE;
    made.op = op;
    made.inputs = inputs;
    made.input_count = 2;
    return made;
}

void import_conv_integer(import *im, const node *n)
{
    int32_t inputs[4] = { NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE };
    const node made = as_float(im, n, "Conv", 0, inputs);

    import_conv(im, &made);
}

void import_matmul_integer(import *im, const node *n)
{
    int32_t inputs[4] = { NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE };
    const array *const weight = constant_of(im, n, 1, false);
    const node made = as_float(im, n, "MatMul", weight->rank - 1, inputs);

    import_matmul(im, &made);
}
