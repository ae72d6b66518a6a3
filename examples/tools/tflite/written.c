/* written.c -- layers that arrive in pieces: softmax, the leaky ReLU as a maximum; and MediaPipe's transposed convolution with a bias. */
#include "import.h"

#include <float.h>

const node *maker_of(const import *im, int32_t v, const char *op)
{
    const node *const n = v == NO_VALUE || im->values[v].producer < 0 ? NULL : &im->nodes[im->values[v].producer];

    return is_op(n, op) && n->input_count > 0 ? n : NULL;
}

/* ---- softmax ------------------------------------------------------------------------------------------------------------------ */

/* Whether a reduction of v runs over the last axis and leaves it, with size 1. */
static bool is_over_last(import *im, const node *n, int32_t v)
{
    int64_t axes[MOST_RANK];

    if (n == NULL || v == NO_VALUE || n->inputs[0] != v || option_byte(im, n, REDUCER_KEEPS_DIMS) == 0) return false;
    if (ints_of(im, n, 1, axes, MOST_RANK) != 1) return false;
    const int32_t rank = im->model->tensors[v].rank;
    return rank > 0 && axis_from(im, axes[0], rank) == rank - 1;
}

/* exp(x - max(x)) / sum(exp(x - max(x))), or without the maximum. */
int32_t softmax_of(import *im, const node *n)
{
    const node *exp, *sub;

    if (!is_op(n, "DIV") || n->input_count != 2) return NO_VALUE;
    exp = maker_of(im, n->inputs[0], "EXP");
    if (exp == NULL || !is_over_last(im, maker_of(im, n->inputs[1], "SUM"), n->inputs[0])) return NO_VALUE;
    sub = maker_of(im, exp->inputs[0], "SUB");
    if (sub == NULL) return exp->inputs[0];
    return sub->input_count == 2 && is_over_last(im, maker_of(im, sub->inputs[1], "REDUCE_MAX"), sub->inputs[0])
               ? sub->inputs[0]
               : exp->inputs[0];
}

/* ---- extremes ------------------------------------------------------------------------------------------------------------------ */

/* A scalar constant. */
static bool scalar_at(const import *im, int32_t v, float *number)
{
    const array *const a = v == NO_VALUE || im->values[v].state != VALUE_CONSTANT ? NULL : im->values[v].constant;

    if (a == NULL || a->is_int || a->count != 1) return false;
    *number = a->floats[0];
    return true;
}

/* The slope of max(x, slope * x), if x is the other operand of the product. */
static bool is_leaky(const import *im, int32_t x, int32_t product, float *slope)
{
    const node *const mul = maker_of(im, product, "MUL");

    for (int i = 0; mul != NULL && mul->input_count == 2 && i < 2; ++i) {
        if (mul->inputs[i] == x && scalar_at(im, mul->inputs[1 - i], slope) && *slope > 0 && *slope < 1) return true;
    }
    return false;
}

static void put_bent(import *im, const node *n, int32_t x, call_kind kind, float low, float high)
{
    const view *const v = &im->values[x].view;
    call *const c = emit(im, kind, v->layer);

    c->floats[0] = low;
    c->floats[1] = high;
    put_layer(im, n, v, layer_of(im, c));
}

/* The larger, or smaller, of two values that depend on the picture. */
static void put_larger(import *im, const node *n, bool is_max)
{
    view first = *view_of(im, n, 0), second = *view_of(im, n, 1);
    call *c;

    match_operands(im, &first, &second);
    const int32_t layers[] = { first.layer, second.layer };
    c = emit_many(im, is_max ? CALL_MAXIMUM : CALL_MINIMUM, layers, 2);
    set_shape(im, c, first.channels, first.height, first.width);
    put_layer(im, n, &first, layer_of(im, c));
}

void import_extreme(import *im, const node *n)
{
    const bool is_max = is_op(n, "MAXIMUM");
    float number;

    if (n->input_count != 2) refuse(im, "it has %d inputs, not 2", n->input_count);
    for (int i = 0; i < 2; ++i) {
        const int32_t x = n->inputs[i], other = n->inputs[1 - i];
        if (x == NO_VALUE || im->values[x].state != VALUE_VIEW) continue;
        if (is_max && is_leaky(im, x, other, &number)) {
            put_bent(im, n, x, CALL_LEAKY_RELU, number, 0);
            return;
        }
        if (!scalar_at(im, other, &number)) continue;
        if (is_max && number == 0) put_bent(im, n, x, CALL_RELU, 0, 0);
        else put_bent(im, n, x, CALL_CLIP, is_max ? number : -FLT_MAX, is_max ? FLT_MAX : number);
        return;
    }
    put_larger(im, n, is_max);
}
