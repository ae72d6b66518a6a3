/*
 * arithmetic.c -- sums and products. With a constant they are scales and shifts; two values that depend on the picture are added, or one of
 * them is the gate of the other. The rule which one is the gate is that of the ONNX reader (its README.md has it): the smaller one, else the
 * one that ends in a function made for gates, else the one that is computed from the other.
 */
#include "import.h"

#include <string.h>

/* A view of rank at least that of another value. */
static view raised(const view *v, int32_t rank)
{
    view out = *v;

    view_raise(&out, rank);
    return out;
}

/* The constant along the channels of v, or, if it differs between positions, everywhere; ours to change. */
static float *spread(import *im, const array *a, const view *v, bool *along)
{
    const float *numbers;

    if (a->is_int) refuse(im, "a constant of integers where floats are computed");
    spend(im, v->channels);
    numbers = along_channels(im, a, v);
    *along = numbers != NULL;
    if (numbers == NULL) {
        spend(im, v->channels * v->height * v->width);
        numbers = everywhere(im, a, v);
    }
    return (float *)(uintptr_t)numbers;
}

/* x * factor + sign * numbers */
static int32_t shift_by(import *im, const view *v, const array *a, float factor, float sign)
{
    bool along;
    float *const numbers = spread(im, a, v, &along);
    const int64_t count = along ? v->channels : v->channels * v->height * v->width;
    int32_t layers[2] = { v->layer, 0 };
    call *c;

    for (int64_t i = 0; i < count; ++i) numbers[i] *= sign;
    if (along || factor != 1) {
        float *const scale = factor != 1 ? take(im, v->channels, sizeof *scale) : NULL;
        for (int64_t i = 0; scale != NULL && i < v->channels; ++i) scale[i] = factor;
        c = emit(im, CALL_SCALE_SHIFT, v->layer);
        set_vector(c, 0, scale, v->channels);
        if (along) set_vector(c, 1, numbers, v->channels);
        layers[0] = layer_of(im, c);
    }
    if (along) return layers[0];
    layers[1] = emit_constant(im, numbers, v->channels, v->height, v->width);
    c = emit_many(im, CALL_ADD, layers, 2);
    set_shape(im, c, v->channels, v->height, v->width);
    return layer_of(im, c);
}

static int32_t scale_by(import *im, const view *v, const array *a, bool is_divisor)
{
    bool along;
    float *const numbers = spread(im, a, v, &along);
    const int64_t count = along ? v->channels : v->channels * v->height * v->width;
    call *c;

    for (int64_t i = 0; is_divisor && i < count; ++i) numbers[i] = 1 / numbers[i];
    if (along) {
        c = emit(im, CALL_SCALE_SHIFT, v->layer);
        set_vector(c, 0, numbers, v->channels);
    } else { /* numbers that differ between positions are a gate that is the same in every run */
        const int32_t layers[] = { v->layer, emit_constant(im, numbers, v->channels, v->height, v->width) };
        c = emit_many(im, CALL_GATE, layers, 2);
        set_shape(im, c, v->channels, v->height, v->width);
    }
    return layer_of(im, c);
}

/* ---- sums ------------------------------------------------------------------------------------------------------------------------------------ */

static void put_activated(import *im, const node *n, const view *v, int32_t layer)
{
    put_layer(im, n, v, activate(im, layer, option_byte(im, n, ARITHMETIC_ACTIVATION)));
}

static int32_t negative(import *im, const view *v)
{
    float *const minus = take(im, v->channels, sizeof *minus);
    call *c;

    for (int64_t i = 0; i < v->channels; ++i) minus[i] = -1;
    c = emit(im, CALL_SCALE_SHIFT, v->layer);
    set_vector(c, 0, minus, v->channels);
    return layer_of(im, c);
}

void import_neg(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);

    put_layer(im, n, v, negative(im, v));
}

void match_operands(import *im, view *a, view *b)
{
    view first = raised(a, b->rank), second = raised(b, a->rank);

    if (memcmp(first.dims, second.dims, (size_t)first.rank * sizeof *first.dims) != 0)
        refuse(im, "its operands have different shapes, and one would be stretched");
    if (!view_same_axes(&first, &second, (1u << first.rank) - 1)) first = settled(im, &first);
    *b = match_view(im, &second, &first);
    *a = first;
}

static void add_views(import *im, const node *n, const view *a, const view *b, bool subtract)
{
    view first = *a, second = *b;
    call *c;

    if (subtract) second.layer = negative(im, &second);
    match_operands(im, &first, &second);
    const int32_t layers[] = { first.layer, second.layer };
    c = emit_many(im, CALL_ADD, layers, 2);
    set_shape(im, c, first.channels, first.height, first.width);
    put_activated(im, n, &first, layer_of(im, c));
}

void import_add(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);

    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        add_views(im, n, &a->view, &b->view, false);
        return;
    }
    if (a->state != VALUE_VIEW && b->state != VALUE_VIEW) refuse(im, "both operands are constants");
    const array *const constant = a->state == VALUE_VIEW ? b->constant : a->constant;
    const view v = raised(a->state == VALUE_VIEW ? &a->view : &b->view, constant->rank);
    put_activated(im, n, &v, shift_by(im, &v, constant, 1, 1));
}

void import_sub(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);
    const bool is_first = a->state == VALUE_VIEW;

    if (is_first && b->state == VALUE_VIEW) {
        add_views(im, n, &a->view, &b->view, true);
        return;
    }
    if (!is_first && b->state != VALUE_VIEW) refuse(im, "both operands are constants");
    const array *const constant = is_first ? b->constant : a->constant;
    const view v = raised(is_first ? &a->view : &b->view, constant->rank);
    put_activated(im, n, &v, shift_by(im, &v, constant, is_first ? 1 : -1, is_first ? -1 : 1));
}

void import_div(import *im, const node *n)
{
    const int32_t logits = softmax_of(im, n);

    if (logits != NO_VALUE && im->values[logits].state == VALUE_VIEW) {
        put_softmax(im, n, &im->values[logits].view);
        return;
    }
    const view *const a = view_of(im, n, 0);
    const array *const constant = constant_of(im, n, 1, false);
    const view v = raised(a, constant->rank);

    put_activated(im, n, &v, scale_by(im, &v, constant, true));
}

/* ---- products ---------------------------------------------------------------------------------------------------------------------------------- */

/* Whether layer is a scale or shift by one number; then which. */
static bool is_uniform(const import *im, int32_t layer, int tensor_number, double *number)
{
    const call *const c = &im->calls[layer];
    const float *const data = c->tensors[tensor_number].data;

    if (c->kind != CALL_SCALE_SHIFT || data == NULL || c->tensors[1 - tensor_number].data != NULL) return false;
    for (int32_t i = 1; i < c->channels; ++i) {
        if (data[i] != data[0]) return false;
    }
    *number = (double)data[0];
    return true;
}

/* Whether layer is min(max(x + 3, 0), 6) of another, times 1 / 6 or not: the gate that TensorFlow writes for a hard swish. */
static bool is_hard_gate(const import *im, int32_t layer, int32_t *of, bool *is_sixth)
{
    double number = 0;

    *is_sixth = is_uniform(im, layer, 0, &number) && number > 0.16666 && number < 0.16667;
    if (*is_sixth) layer = im->calls[layer].inputs[0];
    if (im->calls[layer].kind != CALL_CLIP || im->calls[layer].floats[0] != 0 || im->calls[layer].floats[1] != 6) return false;
    layer = im->calls[layer].inputs[0];
    if (!is_uniform(im, layer, 1, &number) || number != 3) return false;
    *of = im->calls[layer].inputs[0];
    return true;
}

/* x * sigmoid(x) and x * hard_sigmoid(x) are activations. @return whether it was one, and has been put */
static bool put_swish(import *im, const node *n, const view *x, const view *gate)
{
    int32_t of;
    bool is_sixth;

    if (im->calls[gate->layer].kind == CALL_SIGMOID && im->calls[gate->layer].inputs[0] == x->layer) {
        put_activated(im, n, x, layer_of(im, emit(im, CALL_SILU, x->layer)));
        return true;
    }
    if (!is_hard_gate(im, gate->layer, &of, &is_sixth) || of != x->layer) return false;
    int32_t layer = layer_of(im, emit(im, CALL_HARD_SWISH, x->layer));
    if (!is_sixth) { /* the sixth comes after the product */
        float *const six = take(im, x->channels, sizeof *six);
        for (int64_t i = 0; i < x->channels; ++i) six[i] = 6;
        call *const c = emit(im, CALL_SCALE_SHIFT, layer);
        set_vector(c, 0, six, x->channels);
        layer = layer_of(im, c);
    }
    put_activated(im, n, x, layer);
    return true;
}

static bool is_larger(const view *a, const view *b)
{
    return a->channels * a->height * a->width > b->channels * b->height * b->width;
}

static bool ends_in_gate(const import *im, int32_t layer)
{
    int32_t of;
    bool is_sixth;

    while (im->calls[layer].kind == CALL_RESHAPE || im->calls[layer].kind == CALL_TRANSPOSE) layer = im->calls[layer].inputs[0];
    return im->calls[layer].kind == CALL_SIGMOID || im->calls[layer].kind == CALL_HARD_SIGMOID ||
           im->calls[layer].kind == CALL_SOFTMAX || is_hard_gate(im, layer, &of, &is_sixth);
}

/* Whether a layer is computed from another. Layers come after those that they read. */
static bool derives(import *im, int32_t from, int32_t to)
{
    char *const needed = take(im, im->call_count, 1);

    needed[to] = 1;
    for (int32_t i = to; i > from; --i) {
        for (int32_t k = 0; needed[i] != 0 && k < im->calls[i].input_count; ++k) needed[im->calls[i].inputs[k]] = 1;
    }
    return needed[from] != 0;
}

static bool second_is_gate(import *im, const view *a, const view *b)
{
    if (is_larger(a, b)) return true;
    if (is_larger(b, a)) return false;
    const bool first = ends_in_gate(im, a->layer), second = ends_in_gate(im, b->layer);
    if (first != second) return second;
    if (a->layer != b->layer) {
        spend(im, im->call_count);
        if (derives(im, a->layer, b->layer)) return true;
        if (derives(im, b->layer, a->layer)) return false;
    }
    refuse(im, "both operands depend on the picture, and nothing tells which one is the gate");
}

static void put_gate(import *im, const node *n, const view *of, const view *by)
{
    view raised_of = raised(of, by->rank), raised_by = raised(by, of->rank);
    const view v = picture_of(im, &raised_of), gate = picture_of(im, &raised_by);
    const int32_t layers[] = { v.layer, gate.layer };
    call *c;

    if ((gate.channels != v.channels && gate.channels != 1) || (gate.height != v.height && gate.height != 1) ||
        (gate.width != v.width && gate.width != 1)) {
        refuse(im, "the shapes of its operands do not fit");
    }
    c = emit_many(im, CALL_GATE, layers, 2);
    set_shape(im, c, v.channels, v.height, v.width);
    put_picture(im, n, 0, activate(im, layer_of(im, c), option_byte(im, n, ARITHMETIC_ACTIVATION)), raised_of.rank,
                raised_of.dims);
}

void import_mul(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);

    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        if (put_swish(im, n, &a->view, &b->view) || put_swish(im, n, &b->view, &a->view)) return;
        if (second_is_gate(im, &a->view, &b->view)) put_gate(im, n, &a->view, &b->view);
        else put_gate(im, n, &b->view, &a->view);
        return;
    }
    if (a->state != VALUE_VIEW && b->state != VALUE_VIEW) refuse(im, "both operands are constants");
    const array *const constant = a->state == VALUE_VIEW ? b->constant : a->constant;
    const view v = raised(a->state == VALUE_VIEW ? &a->view : &b->view, constant->rank);
    put_activated(im, n, &v, scale_by(im, &v, constant, false));
}
