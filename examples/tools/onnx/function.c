/*
 * function.c -- functions for which libsrd has no call, as pointwise layers of our own (srd_graph_custom()). The library's questions need a
 * function's secant from zero, (f(y) - f(0)) / y, so each one is written as its value at 0 and what it adds to that, without cancellation.
 * All of it is constant: nothing of the file has to live as long as a graph.
 */
#include "import.h"

#include <math.h>
#include <string.h>

typedef struct function {
    const char *name;
    double (*rise)(double y); /* f(y) - f(0) */
    double at_zero, slope;    /* f(0), and its slope there: the mean of both sides */
} function;

static double rise_square(double y)
{
    return y * y;
}
static double rise_cube(double y)
{
    return y * y * y;
}
static double rise_cos(double y)
{
    return -2 * sin(y / 2) * sin(y / 2);
}
static double rise_sign(double y)
{
    return y > 0 ? 1 : y < 0 ? -1 : 0;
}
static double rise_above_one(double y)
{
    return y > 1 ? y : 0;
}
static double rise_above_minus_one(double y)
{
    return y > -1 ? y : 0;
}
static double rise_hard_shrink(double y)
{
    return y > 1 || y < -1 ? y : 0;
}
static double rise_steps(double y)
{
    return y > 1 ? 1 : y < -1 ? -1 : 0;
}

static double rise_step(double y)
{
    return y > 0 ? 1 : 0;
}

static const function functions[] = {
    { "square", rise_square, 0, 0 },
    { "cube", rise_cube, 0, 0 },
    { "sqrt", sqrt, 0, INFINITY },
    { "sin", sin, 0, 1 },
    { "cos", rise_cos, 1, 0 },
    { "ceil", ceil, 0, 0 },
    { "floor", floor, 0, 0 },
    { "round", rint, 0, 0 },
    { "sign", rise_sign, 0, 0 },
    { "atan", atan, 0, 1 },
    { "sinh", sinh, 0, 1 },
    { "asinh", asinh, 0, 1 },
    { "above one", rise_above_one, 0, 0 },
    { "above minus one", rise_above_minus_one, 0, 1 },
    { "hard shrink", rise_hard_shrink, 0, 0 },
    { "steps", rise_steps, 0, 0 },
    { "step", rise_step, 0, 0 },
};

static void value_of_function(void *user, float *y, int32_t channels, void *workspace)
{
    const function *const f = (const function *)user;

    (void)workspace;
    for (int32_t c = 0; c < channels; ++c) y[c] = (float)(f->at_zero + f->rise((double)y[c]));
}

static void back_of_function(void *user, const float *y, float *direction, int32_t channels)
{
    const function *const f = (const function *)user;

    for (int32_t c = 0; c < channels; ++c) {
        direction[c] *= (float)(y[c] != 0 ? f->rise((double)y[c]) / (double)y[c] : f->slope);
    }
}

/* ---- functions that have no value at 0, so that no question's head can pass them ---- */

static void value_of_log(void *user, float *y, int32_t channels, void *workspace)
{
    (void)user;
    (void)workspace;
    for (int32_t c = 0; c < channels; ++c) y[c] = logf(y[c]);
}

static void value_of_reciprocal(void *user, float *y, int32_t channels, void *workspace)
{
    (void)user;
    (void)workspace;
    for (int32_t c = 0; c < channels; ++c) y[c] = 1 / y[c];
}

/* 1 at the largest channel, the first of equal ones. */
static void value_of_hard_max(void *user, float *y, int32_t channels, void *workspace)
{
    int32_t best = 0;

    (void)user;
    (void)workspace;
    for (int32_t c = 1; c < channels; ++c) {
        if (y[c] > y[best]) best = c;
    }
    for (int32_t c = 0; c < channels; ++c) y[c] = c == best ? 1.0f : 0.0f;
}

static double log_of_sum(const float *y, int32_t channels)
{
    float most = y[0];
    double sum = 0;

    for (int32_t c = 1; c < channels; ++c) most = y[c] > most ? y[c] : most;
    for (int32_t c = 0; c < channels; ++c) sum += exp((double)y[c] - (double)most);
    return (double)most + log(sum);
}

static void value_of_log_softmax(void *user, float *y, int32_t channels, void *workspace)
{
    const double all = log_of_sum(y, channels);

    (void)user;
    (void)workspace;
    for (int32_t c = 0; c < channels; ++c) y[c] = (float)((double)y[c] - all);
}

/* By its derivative, as softmax. */
static void back_of_log_softmax(void *user, const float *y, float *direction, int32_t channels)
{
    const double all = log_of_sum(y, channels);
    double sum = 0;

    (void)user;
    for (int32_t c = 0; c < channels; ++c) sum += (double)direction[c];
    for (int32_t c = 0; c < channels; ++c) direction[c] -= (float)(sum * exp((double)y[c] - all));
}

/* ---- by name --------------------------------------------------------------------------------------------------------------- */

static bool function_layer(const char *name, srd_custom_layer *layer)
{
    static const struct {
        const char *name;
        srd_custom_value value;
        srd_custom_back back;
    } others[] = { { "log", value_of_log, NULL },
                   { "reciprocal", value_of_reciprocal, NULL },
                   { "hard max", value_of_hard_max, NULL },
                   { "log softmax", value_of_log_softmax, back_of_log_softmax } };
    const srd_custom_layer none = SRD_CUSTOM_LAYER_INIT;

    *layer = none;
    layer->role = SRD_CUSTOM_POINTWISE;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; ++i) {
        if (strcmp(functions[i].name, name) != 0) continue;
        layer->user = (void *)(uintptr_t)&functions[i]; /* a constant, only read */
        layer->value = value_of_function;
        layer->back = isfinite(functions[i].slope) ? back_of_function : NULL;
        return true;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
        if (strcmp(others[i].name, name) != 0) continue;
        layer->value = others[i].value;
        layer->back = others[i].back;
        return true;
    }
    return false;
}

view apply(import *im, const view *v, const char *name)
{
    static const struct {
        const char *name;
        call_kind kind;
    } calls[] = {
        { "abs", CALL_ABS }, { "erf", CALL_ERF }, { "exp", CALL_EXP }, { "mish", CALL_MISH }, { "softsign", CALL_SOFTSIGN }
    };
    srd_custom_layer *const layer = take(im, 1, sizeof *layer);
    call *c;

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; ++i) {
        if (strcmp(calls[i].name, name) != 0) continue;
        c = emit(im, calls[i].kind, v->layer);
        return view_with_layer(v, layer_of(im, c));
    }
    if (!function_layer(name, layer)) refuse(im, "there is no function %s", name);
    c = emit(im, CALL_CUSTOM, v->layer);
    c->custom = layer;
    return view_with_layer(v, layer_of(im, c));
}

view scaled(import *im, const view *v, double factor, double shift)
{
    float *const by = take(im, v->channels, sizeof *by), *const plus = take(im, v->channels, sizeof *plus);
    call *c;

    if (factor == 1 && shift == 0) return *v;
    for (int64_t i = 0; i < v->channels; ++i) {
        by[i] = (float)factor;
        plus[i] = (float)shift;
    }
    c = emit(im, CALL_SCALE_SHIFT, v->layer);
    set_vector(c, 0, by, v->channels);
    if (shift != 0) set_vector(c, 1, plus, v->channels);
    return view_with_layer(v, layer_of(im, c));
}

/* ---- operators -------------------------------------------------------------------------------------------------------------- */

void import_function(import *im, const node *n)
{
    static const struct {
        const char *op, *name;
    } names[] = { { "Abs", "abs" },
                  { "Atan", "atan" },
                  { "Asinh", "asinh" },
                  { "Ceil", "ceil" },
                  { "Cos", "cos" },
                  { "Erf", "erf" },
                  { "Exp", "exp" },
                  { "Floor", "floor" },
                  { "Log", "log" },
                  { "Mish", "mish" },
                  { "Reciprocal", "reciprocal" },
                  { "Round", "round" },
                  { "Sign", "sign" },
                  { "Sin", "sin" },
                  { "Sinh", "sinh" },
                  { "Softsign", "softsign" },
                  { "Sqrt", "sqrt" } };

    if (fold_arithmetic(im, n)) return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        if (!is_op(n, names[i].op)) continue;
        const view out = apply(im, view_of(im, n, 0), names[i].name);
        put_view(im, n, 0, &out);
        return;
    }
    refuse(im, "this operator is not supported for numbers that depend on the picture");
}

/* The power of a value by one number. */
static view raised_to(import *im, const view *v, double exponent)
{
    view out = *v;

    if (exponent == 1) return out;
    if (exponent == 2) return apply(im, v, "square");
    if (exponent == 3) return apply(im, v, "cube");
    if (exponent == 0.5) return apply(im, v, "sqrt");
    if (exponent == -1) return apply(im, v, "reciprocal");
    if (exponent == -0.5) {
        out = apply(im, v, "sqrt");
        return apply(im, &out, "reciprocal");
    }
    refuse(im, "the exponent %g is not supported; 1, 2, 3, 0.5, -0.5 and -1 are", exponent);
}

void import_pow(import *im, const node *n)
{
    double exponent;

    if (fold_arithmetic(im, n)) return;
    if (!scalar_of(im, n->inputs[1], &exponent)) {
        const array *const a = constant_of(im, n, 1, false);

        exponent = a->count > 0 ? array_at(a, 0) : 0;
        for (int64_t i = 1; i < a->count; ++i) {
            if (array_at(a, i) != exponent) refuse(im, "its exponents are not all the same");
        }
    }
    const array *const shape = constant_of(im, n, 1, false);
    int64_t dims[MOST_RANK];
    const view *const v = view_of(im, n, 0);
    const int32_t rank = common_shape(im, v->rank, v->dims, shape->rank, shape->dims, dims);
    view out = expanded(im, v, rank, dims);
    out = raised_to(im, &out, exponent);
    put_view(im, n, 0, &out);
}

/* x above alpha, else 0; by scaling, because the function has its step at 1, 0 or -1. */
void import_thresholded(import *im, const node *n)
{
    const double alpha = (double)attribute_float(im, n, "alpha", 1);
    view out = *view_of(im, n, 0);

    if (alpha == 0) {
        call *const c = emit(im, CALL_RELU, out.layer);
        out.layer = layer_of(im, c);
    } else {
        out = scaled(im, &out, 1 / fabs(alpha), 0);
        out = apply(im, &out, alpha > 0 ? "above one" : "above minus one");
        out = scaled(im, &out, fabs(alpha), 0);
    }
    put_view(im, n, 0, &out);
}

/* x - bias above lambd, x + bias below -lambd, else 0: a hard shrink less the bias times its steps. */
void import_shrink(import *im, const node *n)
{
    const double bias = (double)attribute_float(im, n, "bias", 0), most = (double)attribute_float(im, n, "lambd", 0.5f);
    view v = *view_of(im, n, 0);

    if (!(most > 0)) refuse(im, "its lambd is %g", most);
    v = scaled(im, &v, 1 / most, 0);
    view out = apply(im, &v, "hard shrink");
    out = scaled(im, &out, most, 0);
    if (bias != 0) {
        view steps = apply(im, &v, "steps");
        steps = scaled(im, &steps, -bias, 0);
        const int32_t layers[] = { out.layer, steps.layer };
        call *const c = emit_many(im, CALL_ADD, layers, 2);
        set_shape(im, c, out.channels, out.height, out.width);
        out.layer = layer_of(im, c);
    }
    put_view(im, n, 0, &out);
}
