/* reduce.c -- sums, means, norms and extremes over any axes of a value that depends on the picture, and of constants. */
#include "import.h"

#include <math.h>
#include <string.h>

/* The axes that a node takes away: a set of bits. 0: none. */
static uint32_t axes_of(import *im, const node *n, int32_t rank)
{
    int64_t axes[MOST_RANK];
    const int32_t count = list_of(im, n, "axes", 1, axes, MOST_RANK);
    uint32_t set = 0;

    if (count <= 0) return attribute_int(im, n, "noop_with_empty_axes", 0) != 0 ? 0 : (1u << rank) - 1;
    for (int32_t i = 0; i < count; ++i) set |= 1u << axis_from(im, axes[i], rank);
    return set;
}

/* ---- constants ------------------------------------------------------------------------------------------------------------ */

typedef struct total {
    double sum, square, sum_abs, sum_exp, product, most, least; /* sum_exp: of the numbers less the largest */
    int64_t count;
} total;

static void add_to(total *t, double number)
{
    const double most = t->count == 0 || number > t->most ? number : t->most;

    t->sum_exp = (t->count > 0 && most > t->most ? t->sum_exp * exp(t->most - most) : t->sum_exp) +
                 (number == most ? 1 : exp(number - most));
    t->most = most;
    t->least = t->count == 0 || number < t->least ? number : t->least;
    t->product = t->count == 0 ? number : t->product * number;
    t->sum += number;
    t->square += number * number;
    t->sum_abs += fabs(number);
    ++t->count;
}

static double result_of(const node *n, const total *t)
{
    if (is_op(n, "ReduceSum")) return t->sum;
    if (is_op(n, "ReduceMean")) return t->count > 0 ? t->sum / (double)t->count : 0;
    if (is_op(n, "ReduceProd")) return t->count > 0 ? t->product : 1;
    if (is_op(n, "ReduceMax")) return t->most;
    if (is_op(n, "ReduceMin")) return t->least;
    if (is_op(n, "ReduceL1")) return t->sum_abs;
    if (is_op(n, "ReduceL2")) return sqrt(t->square);
    if (is_op(n, "ReduceSumSquare")) return t->square;
    return is_op(n, "ReduceLogSum") ? log(t->sum) : t->most + log(t->sum_exp);
}

static int32_t left_dims(int32_t rank, const int64_t *dims, uint32_t set, bool keeps, int64_t *left)
{
    int32_t count = 0;

    for (int32_t i = 0; i < rank; ++i) {
        if ((set >> i & 1) == 0) left[count++] = dims[i];
        else if (keeps) left[count++] = 1;
    }
    return count;
}

static void fold(import *im, const node *n, const array *a, uint32_t set, bool keeps)
{
    int64_t dims[MOST_RANK], strides[MOST_RANK], to[MOST_RANK], stride = 1;
    const int32_t rank = left_dims(a->rank, a->dims, set, keeps, dims);
    array *const out = array_make(im, a->is_int, rank, dims);
    total *const totals = take(im, out->count, sizeof *totals);

    dense_strides(a->rank, a->dims, strides);
    for (int32_t i = a->rank; i-- > 0;) {
        to[i] = (set >> i & 1) != 0 ? 0 : stride;
        if ((set >> i & 1) == 0) stride *= a->dims[i];
    }
    for (int64_t e = 0; e < a->count; ++e) {
        int64_t at = 0;
        for (int32_t i = 0; i < a->rank; ++i) at += e / strides[i] % a->dims[i] * to[i];
        add_to(&totals[at], array_at(a, e));
    }
    for (int64_t i = 0; i < out->count; ++i) {
        const double number = result_of(n, &totals[i]);
        if (a->is_int) out->ints[i] = to_int64(im, number);
        else out->floats[i] = (float)number;
    }
    put_constant(im, n, 0, out);
}

/* ---- what depends on the picture ------------------------------------------------------------------------------------------ */

/* Sums, or means, over a set of axes: these are the channels, and one row of weights adds them up. */
view summed(import *im, const view *v, uint32_t set, bool is_mean)
{
    view out = arranged(im, v, set);
    const int64_t shape[] = { 1, out.channels };
    float *const weight = take(im, out.channels, sizeof *weight);
    call *c;

    for (int64_t i = 0; i < out.channels; ++i) weight[i] = is_mean ? (float)(1.0 / (double)out.channels) : 1.0f;
    c = emit(im, CALL_LINEAR_TOKENS, out.layer);
    set_tensor(c, 0, weight, 2, shape);
    set_shape(im, c, 1, out.height, out.width);
    out.layer = layer_of(im, c);
    out.channels = 1;
    view_clear(&out, set);
    return out;
}

/* The largest over a set of axes: these are the positions of one window. */
static view largest(import *im, const view *v, uint32_t set)
{
    view out = arranged(im, v, ((1u << v->rank) - 1) & ~set);
    call *const c = emit(im, CALL_MAX_POOL2D, out.layer);

    c->ints[0] = to_int32(im, out.height);
    c->ints[1] = to_int32(im, out.width);
    c->ints[2] = c->ints[3] = 1;
    set_shape(im, c, out.channels, 1, 1);
    out.layer = layer_of(im, c);
    out.height = out.width = 1;
    view_clear(&out, set);
    return out;
}

/* The log of a sum of exponentials: x - log_softmax(x) is that at every x, and exp() is asked for no number that float32 cannot hold. */
static view log_sum_exp(import *im, const view *v, uint32_t set)
{
    view out = arranged(im, v, set), less = apply(im, &out, "log softmax");
    call *c;

    less = scaled(im, &less, -1, 0);
    const int32_t layers[] = { out.layer, less.layer };
    c = emit_many(im, CALL_ADD, layers, 2);
    set_shape(im, c, out.channels, out.height, out.width);
    out.layer = layer_of(im, c);
    return summed(im, &out, set, true);
}

static view reduced(import *im, const node *n, const view *v, uint32_t set)
{
    view out = *v;

    if (is_op(n, "ReduceMax")) return largest(im, v, set);
    if (is_op(n, "ReduceMin")) {
        out = scaled(im, v, -1, 0);
        out = largest(im, &out, set);
        return scaled(im, &out, -1, 0);
    }
    if (is_op(n, "ReduceLogSumExp")) return log_sum_exp(im, v, set);
    if (is_op(n, "ReduceProd")) refuse(im, "products of numbers that depend on the picture are not supported");
    if (is_op(n, "ReduceL1")) out = apply(im, v, "abs");
    if (is_op(n, "ReduceL2") || is_op(n, "ReduceSumSquare")) out = apply(im, v, "square");
    out = summed(im, &out, set, is_op(n, "ReduceMean"));
    if (is_op(n, "ReduceL2")) out = apply(im, &out, "sqrt");
    if (is_op(n, "ReduceLogSum")) out = apply(im, &out, "log");
    return out;
}

void import_reduce(import *im, const node *n)
{
    const value *const in = input_of(im, n, 0);
    int64_t dims[MOST_RANK];
    const int32_t rank = dims_of(im, n, 0, dims);
    const uint32_t set = axes_of(im, n, rank);
    const bool keeps = attribute_int(im, n, "keepdims", 1) != 0;
    view out = in->view;

    if (in->state == VALUE_CONSTANT) {
        fold(im, n, in->constant, set, keeps);
        return;
    }
    /* With no axes nothing is added up, but what is done to each number is. */
    if (set == 0 && (is_op(n, "ReduceL2") || is_op(n, "ReduceL1"))) out = apply(im, &out, "abs");
    else if (set == 0 && is_op(n, "ReduceSumSquare")) out = apply(im, &out, "square");
    else if (set == 0 && is_op(n, "ReduceLogSum")) out = apply(im, &out, "log");
    if (set != 0) out = reduced(im, n, &out, set);
    if (!keeps) {
        const int32_t left = left_dims(rank, in->view.dims, set, false, dims);
        if (!view_reshape(&out, left, dims)) refuse(im, "the axes cannot be taken away");
    }
    put_view(im, n, 0, &out);
}
