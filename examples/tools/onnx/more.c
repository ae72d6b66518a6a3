/* more.c -- operators whose result lies in whatever form its input has: extremes of operands, casts to another's type, softmaxes over any axis. */
#include "import.h"

#include <float.h>
#include <string.h>

/* ---- maxima and minima --------------------------------------------------------------------------------------------------- */

static view bent(import *im, const view *v, call_kind kind, float low, float high)
{
    call *const c = emit(im, kind, v->layer);

    c->floats[0] = low;
    c->floats[1] = high;
    return view_with_layer(v, layer_of(im, c));
}

static view plus_view(import *im, const view *a, const view *b, double sign)
{
    view first = *a, second = scaled(im, b, sign, 0);
    call *c;

    match_pair(im, &first, &second);
    const int32_t layers[] = { first.layer, second.layer };
    c = emit_many(im, CALL_ADD, layers, 2);
    set_shape(im, c, first.channels, first.height, first.width);
    return view_with_layer(&first, layer_of(im, c));
}

/* max(a, b) = b + relu(a - b), and min(a, b) = b - relu(b - a), where b is a layer of constants. */
static view against_constant(import *im, const view *v, const array *a, bool is_max)
{
    int64_t dims[MOST_RANK];
    const int32_t rank = common_shape(im, v->rank, v->dims, a->rank, a->dims, dims);
    const view wide = expanded(im, v, rank, dims);
    bool is_one = a->count > 0;

    for (int64_t i = 1; i < a->count && is_one; ++i) is_one = array_at(a, i) == array_at(a, 0);
    if (is_one) {
        const float bound = (float)array_at(a, 0);
        if (is_max && bound == 0) return bent(im, &wide, CALL_RELU, 0, 0);
        return bent(im, &wide, CALL_CLIP, is_max ? bound : -FLT_MAX, is_max ? FLT_MAX : bound);
    }
    refuse(im, "its bounds are not all the same number");
}

/* The larger, or the smaller, of two values that depend on the picture. */
static view larger(import *im, view a, view b, bool is_max)
{
    call *c;

    match_pair(im, &a, &b);
    const int32_t layers[] = { a.layer, b.layer };
    c = emit_many(im, is_max ? CALL_MAXIMUM : CALL_MINIMUM, layers, 2);
    set_shape(im, c, a.channels, a.height, a.width);
    return view_with_layer(&a, layer_of(im, c));
}

void import_extreme(import *im, const node *n)
{
    const bool is_max = is_op(n, "Max");
    view out = { .rank = -1 };

    if (fold_arithmetic(im, n)) return;
    for (int32_t i = 0; i < n->input_count; ++i) {
        const value *const v = input_of(im, n, i);
        if (v->state == VALUE_VIEW) out = out.rank < 0 ? v->view : larger(im, out, v->view, is_max);
    }
    if (out.rank < 0) refuse(im, "it has no operands");
    for (int32_t i = 0; i < n->input_count; ++i) {
        const value *const v = input_of(im, n, i);
        if (v->state == VALUE_CONSTANT) out = against_constant(im, &out, v->constant, is_max);
    }
    put_view(im, n, 0, &out);
}

/* ---- softmaxes ------------------------------------------------------------------------------------------------------------- */

/* Over which axes a softmax runs: one, or, before opset 13, all from it on. */
static uint32_t softmax_axes(import *im, const node *n, int32_t rank)
{
    const int32_t axis = axis_from(im, attribute_int(im, n, "axis", im->opset < 13 ? 1 : -1), rank);

    return im->opset < 13 ? ((1u << rank) - 1) & ~((1u << axis) - 1) : 1u << axis;
}

static bool is_over_channels(const view *v, uint32_t axes)
{
    atom atoms[MOST_ATOMS];
    const int32_t count = view_collect(v, axes, atoms);
    int64_t channels = 1;

    for (int32_t i = 0; i < count; ++i) channels *= atoms[i].kind == CHANNELS ? atoms[i].size : 0;
    return channels == v->channels;
}

void import_softmax(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    const uint32_t axes = softmax_axes(im, n, v->rank);
    view out = is_over_channels(v, axes) && !is_op(n, "Hardmax") ? *v : arranged(im, v, axes);

    if (is_op(n, "Softmax")) out = bent(im, &out, CALL_SOFTMAX, 0, 0);
    else out = apply(im, &out, is_op(n, "LogSoftmax") ? "log softmax" : "hard max");
    put_view(im, n, 0, &out);
}

/* ---- types ------------------------------------------------------------------------------------------------------------------- */

/* A constant in the type of another value; what depends on the picture is float. */
void import_cast_like(import *im, const node *n)
{
    const value *const v = input_of(im, n, 0), *const like = input_of(im, n, 1);
    const bool to_int = like->state == VALUE_CONSTANT && like->constant->is_int;
    array *a;

    if (v->state == VALUE_VIEW) {
        if (to_int) refuse(im, "a cast to integers");
        put_view(im, n, 0, &v->view);
        return;
    }
    if (to_int == v->constant->is_int) {
        put_constant(im, n, 0, v->constant);
        return;
    }
    a = array_make(im, to_int, v->constant->rank, v->constant->dims);
    for (int64_t i = 0; i < a->count; ++i) {
        const double number = array_at(v->constant, i);
        if (!to_int) a->floats[i] = (float)number;
        else a->ints[i] = to_int64(im, number);
    }
    put_constant(im, n, 0, a);
}

void import_size(import *im, const node *n)
{
    int64_t dims[MOST_RANK], count = 1;
    const int32_t rank = dims_of(im, n, 0, dims);
    array *const a = array_make(im, true, 0, NULL);

    for (int32_t i = 0; i < rank; ++i) count *= dims[i];
    a->ints[0] = count;
    put_constant(im, n, 0, a);
}

/* Swish of opset 24: x sigmoid(alpha x), which is SiLU of alpha x, divided by alpha. */
void import_swish(import *im, const node *n)
{
    const double alpha = (double)attribute_float(im, n, "alpha", 1);
    view out = *view_of(im, n, 0);

    if (alpha == 0) {
        out = scaled(im, &out, 0.5, 0);
    } else {
        out = scaled(im, &out, alpha, 0);
        out = bent(im, &out, CALL_SILU, 0, 0);
        out = scaled(im, &out, 1 / alpha, 0);
    }
    put_view(im, n, 0, &out);
}

void import_celu(import *im, const node *n)
{
    const float alpha = attribute_float(im, n, "alpha", 1);
    const view out = bent(im, view_of(im, n, 0), CALL_CELU, alpha, 0);

    put_view(im, n, 0, &out);
}

/* SELU of any alpha and gamma: ELU of alpha, times gamma. */
void import_selu(import *im, const node *n)
{
    view out = bent(im, view_of(im, n, 0), CALL_ELU, attribute_float(im, n, "alpha", 1.67326319f), 0);

    out = scaled(im, &out, (double)attribute_float(im, n, "gamma", 1.05070102f), 0);
    put_view(im, n, 0, &out);
}

/* ---- choices by a test ----------------------------------------------------------------------------------------------------- */

/* Where(test, a, b) with a constant test: a * test + b * (1 - test), as gates that never change. */
static view chosen(import *im, const value *from, const array *test, bool wanted)
{
    int64_t dims[MOST_RANK];
    const int32_t rank = common_shape(im, from->view.rank, from->view.dims, test->rank, test->dims, dims);
    const view v = expanded(im, &from->view, rank, dims);
    float *const numbers = (float *)(uintptr_t)everywhere(im, test, &v); /* ours, just made */
    call *c;

    for (int64_t i = 0; i < v.channels * v.height * v.width; ++i) numbers[i] = (numbers[i] != 0) == wanted ? 1 : 0;
    const int32_t layers[] = { v.layer, emit_constant(im, numbers, v.channels, v.height, v.width) };
    c = emit_many(im, CALL_GATE, layers, 2);
    set_shape(im, c, v.channels, v.height, v.width);
    return view_with_layer(&v, layer_of(im, c));
}

/* a where the test is 1, which depends on the picture, too: it is a gate. */
static view gated(import *im, const value *from, const view *test)
{
    view v, gate = *test;
    call *c;

    if (from->state == VALUE_VIEW) {
        v = from->view;
        match_pair(im, &v, &gate);
    } else {
        int64_t dims[MOST_RANK];
        const array *const a = from->constant;
        gate = expanded(im, test, common_shape(im, test->rank, test->dims, a->rank, a->dims, dims), dims);
        v = view_with_layer(&gate, emit_constant(im, everywhere(im, a, &gate), gate.channels, gate.height, gate.width));
    }
    const int32_t layers[] = { v.layer, gate.layer };
    c = emit_many(im, CALL_GATE, layers, 2);
    set_shape(im, c, v.channels, v.height, v.width);
    return view_with_layer(&v, layer_of(im, c));
}

/* Comparisons of what depends on the picture are 1 or 0: the sign of the difference. */
void import_compare(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);
    const bool is_less = strncmp(n->op, "Less", 4) == 0, or_equal = strstr(n->op, "OrEqual") != NULL;
    double bound;
    view out;

    if (fold_arithmetic(im, n)) return;
    if (a->state != VALUE_VIEW || !scalar_of(im, n->inputs[1], &bound) || b->state != VALUE_CONSTANT)
        refuse(im, "it compares with something else than one number");
    /* x < b is a step of b - x; x <= b is none of x - b. */
    out = scaled(im, &a->view, is_less != or_equal ? -1 : 1, is_less != or_equal ? bound : -bound);
    out = apply(im, &out, "step");
    if (or_equal) out = scaled(im, &out, -1, 1);
    put_view(im, n, 0, &out);
}

void import_where(import *im, const node *n)
{
    const value *const a = input_of(im, n, 1), *const b = input_of(im, n, 2);
    const array *test;

    if (fold_arithmetic(im, n)) return;
    if (input_of(im, n, 0)->state == VALUE_VIEW) {
        const view *const by = view_of(im, n, 0);
        const view not_by = scaled(im, by, -1, 1), first = gated(im, a, by), second = gated(im, b, &not_by);
        const view out = plus_view(im, &first, &second, 1);
        put_view(im, n, 0, &out);
        return;
    }
    test = constant_of(im, n, 0, false);
    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        const view first = chosen(im, a, test, true), second = chosen(im, b, test, false);
        const view out = plus_view(im, &first, &second, 1);
        put_view(im, n, 0, &out);
        return;
    }
    const value *const v = a->state == VALUE_VIEW ? a : b;
    const array *const constant = (a->state == VALUE_VIEW ? b : a)->constant;
    int64_t dims[MOST_RANK];
    array shape = { .rank = 0 };
    shape.rank = common_shape(im, v->view.rank, v->view.dims, constant->rank, constant->dims, shape.dims);
    const int32_t rank = common_shape(im, shape.rank, shape.dims, test->rank, test->dims, dims);
    value wide = *v;
    wide.view = expanded(im, &v->view, rank, dims);
    const view kept = chosen(im, &wide, test, a->state == VALUE_VIEW);
    float *const plus = (float *)(uintptr_t)everywhere(im, constant, &kept), /* ours, just made */
        *const mask = (float *)(uintptr_t)everywhere(im, test, &kept);
    for (int64_t i = 0; i < kept.channels * kept.height * kept.width; ++i) {
        if ((mask[i] != 0) == (a->state == VALUE_VIEW)) plus[i] = 0;
    }
    const int32_t layers[] = { kept.layer, emit_constant(im, plus, kept.channels, kept.height, kept.width) };
    call *const c = emit_many(im, CALL_ADD, layers, 2);
    set_shape(im, c, kept.channels, kept.height, kept.width);
    const view out = view_with_layer(&kept, layer_of(im, c));
    put_view(im, n, 0, &out);
}
