/* pointwise.c -- activations, those that are operators and those that arrive as products (GELU, SiLU, hard-swish). */
#include "import.h"

#include <float.h>
#include <math.h>
#include <string.h>

static call *put_activation(import *im, const node *n, const view *v, call_kind kind)
{
    call *const c = emit(im, kind, v->layer);
    const view out = view_with_layer(v, layer_of(im, c));

    put_view(im, n, 0, &out);
    return c;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-5 * fabs(b);
}

/* min(max(alpha * y + beta, 0), 1) with other numbers than those of hard sigmoid. */
static void put_bent_sigmoid(import *im, const node *n, const view *v, float alpha, float beta)
{
    float *const scale = take(im, v->channels, sizeof *scale), *const shift = take(im, v->channels, sizeof *shift);
    call *c = emit(im, CALL_SCALE_SHIFT, v->layer);
    view scaled;

    for (int64_t i = 0; i < v->channels; ++i) {
        scale[i] = alpha;
        shift[i] = beta;
    }
    set_vector(c, 0, scale, v->channels);
    set_vector(c, 1, shift, v->channels);
    scaled = view_with_layer(v, layer_of(im, c));
    c = put_activation(im, n, &scaled, CALL_CLIP);
    c->floats[0] = 0;
    c->floats[1] = 1;
}

static void put_hard_sigmoid(import *im, const node *n, const view *v)
{
    const float alpha = attribute_float(im, n, "alpha", 0.2f), beta = attribute_float(im, n, "beta", 0.5f);

    if (is_near((double)alpha, 1.0 / 6) && is_near((double)beta, 0.5)) (void)put_activation(im, n, v, CALL_HARD_SIGMOID);
    else put_bent_sigmoid(im, n, v, alpha, beta);
}

static bool is_usual_selu(import *im, const node *n)
{
    return is_near((double)attribute_float(im, n, "alpha", 1.67326319f), 1.6732632423543772) &&
           is_near((double)attribute_float(im, n, "gamma", 1.05070102f), 1.0507009873554805);
}

void import_pointwise(import *im, const node *n)
{
    static const struct {
        const char *op;
        call_kind kind;
    } kinds[] = { { "Relu", CALL_RELU },
                  { "Tanh", CALL_TANH },
                  { "Sigmoid", CALL_SIGMOID },
                  { "Softplus", CALL_SOFTPLUS },
                  { "HardSwish", CALL_HARD_SWISH },
                  { "Selu", CALL_SELU },
                  { "Elu", CALL_ELU },
                  { "LeakyRelu", CALL_LEAKY_RELU },
                  { "Gelu", CALL_GELU } };
    const view *const v = view_of(im, n, 0);

    if (is_op(n, "HardSigmoid")) put_hard_sigmoid(im, n, v);
    if (is_op(n, "Selu") && !is_usual_selu(im, n)) {
        import_selu(im, n);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i) {
        if (!is_op(n, kinds[i].op)) continue;
        call *const c = put_activation(im, n, v, kinds[i].kind);
        if (kinds[i].kind == CALL_ELU) c->floats[0] = attribute_float(im, n, "alpha", 1);
        if (kinds[i].kind == CALL_LEAKY_RELU) c->floats[0] = attribute_float(im, n, "alpha", 0.01f);
        if (kinds[i].kind == CALL_GELU) c->ints[0] = strcmp(attribute_text(im, n, "approximate", "none"), "tanh") == 0;
    }
}

/* A bound of a Clip: an attribute, or an input in newer files. */
static float bound(import *im, const node *n, const char *name, int32_t input, float otherwise)
{
    const array *const a = constant_of(im, n, input, true);

    if (a == NULL) return attribute_float(im, n, name, otherwise);
    if (a->count != 1) refuse(im, "%s is not one number", name);
    return (float)array_at(a, 0);
}

/* What a Relu is taken of, if a value is one: torch writes ReLU6 as a Clip from 0 to 6 of a Relu. */
static int32_t before_relu(const import *im, int32_t v)
{
    const node *const relu = maker(im, v, "Relu");

    return relu != NULL && relu->input_count == 1 && relu->inputs[0] != NO_VALUE &&
                   im->values[relu->inputs[0]].state == VALUE_VIEW
               ? relu->inputs[0]
               : v;
}

void import_clip(import *im, const node *n)
{
    const view *v = view_of(im, n, 0);
    const float low = bound(im, n, "min", 1, -FLT_MAX), high = bound(im, n, "max", 2, FLT_MAX);
    call *c;

    if (low == 0 && high >= FLT_MAX) {
        (void)put_activation(im, n, v, CALL_RELU);
        return;
    }
    if (low == 0) v = &im->values[before_relu(im, n->inputs[0])].view;
    c = put_activation(im, n, v, CALL_CLIP);
    c->floats[0] = low < -FLT_MAX ? -FLT_MAX : low;
    c->floats[1] = high > FLT_MAX ? FLT_MAX : high;
}

void import_prelu(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    const array *const slopes = constant_of(im, n, 1, false);
    const float *const numbers = along_channels(im, slopes, v);
    call *c;

    if (numbers == NULL || slopes->is_int) refuse(im, "its slopes differ between positions");
    c = put_activation(im, n, v, CALL_PRELU);
    set_vector(c, 0, numbers, v->channels);
}

/* ---- activations that are products ----------------------------------------------------------------------------------------------- */

#define MOST_FACTORS 8

/* A tree of Mul and Div as its factors, constants multiplied out. */
typedef struct product {
    int32_t factors[MOST_FACTORS];
    int32_t count; /* MOST_FACTORS + 1: too many */
    double constant;
} product;

/* Takes apart what makes v, down to the values of stop. */
static void factorise(const import *im, int32_t v, const int32_t *stop, int32_t depth, product *p)
{
    const node *const mul = maker(im, v, "Mul"), *const div = maker(im, v, "Div");
    double number;

    if (scalar_of(im, v, &number)) {
        p->constant *= number;
    } else if (v != stop[0] && v != stop[1] && depth > 0 && mul != NULL && mul->input_count == 2) {
        factorise(im, mul->inputs[0], stop, depth - 1, p);
        factorise(im, mul->inputs[1], stop, depth - 1, p);
    } else if (v != stop[0] && v != stop[1] && depth > 0 && div != NULL && div->input_count == 2 &&
               scalar_of(im, div->inputs[1], &number)) {
        p->constant /= number;
        factorise(im, div->inputs[0], stop, depth - 1, p);
    } else {
        if (p->count < MOST_FACTORS) p->factors[p->count] = v;
        if (p->count <= MOST_FACTORS) ++p->count;
    }
}

static product factors_of(const import *im, int32_t v, int32_t stop_a, int32_t stop_b)
{
    const int32_t stop[2] = { stop_a, stop_b };
    product p = { .constant = 1 };

    factorise(im, v, stop, 3, &p);
    return p;
}

/* v = number * rest or rest / number. */
static bool scaled_value(const import *im, int32_t v, double *factor, int32_t *rest)
{
    const node *const mul = maker(im, v, "Mul"), *const div = maker(im, v, "Div");

    if (div != NULL && div->input_count == 2 && scalar_of(im, div->inputs[1], factor)) {
        *factor = 1 / *factor;
        *rest = div->inputs[0];
        return true;
    }
    for (int i = 0; mul != NULL && mul->input_count == 2 && i < 2; ++i) {
        if (!scalar_of(im, mul->inputs[i], factor)) continue;
        *rest = mul->inputs[1 - i];
        return true;
    }
    return false;
}

/* v = rest + number. */
static bool shifted_value(const import *im, int32_t v, double shift, int32_t *rest)
{
    const node *const add = maker(im, v, "Add");
    double number;

    for (int i = 0; add != NULL && add->input_count == 2 && i < 2; ++i) {
        if (!scalar_of(im, add->inputs[i], &number) || !is_near(number, shift)) continue;
        *rest = add->inputs[1 - i];
        return true;
    }
    return false;
}

/* x^3, as a power or a product, times 0.044715. */
static bool is_cubic(const import *im, int32_t v, int32_t x)
{
    const product p = factors_of(im, v, x, x);
    double exponent;

    if (!is_near(p.constant, 0.044715)) return false;
    if (p.count == 3) return p.factors[0] == x && p.factors[1] == x && p.factors[2] == x;
    const node *const pow = p.count == 1 ? maker(im, p.factors[0], "Pow") : NULL;
    return pow != NULL && pow->input_count == 2 && pow->inputs[0] == x && scalar_of(im, pow->inputs[1], &exponent) &&
           exponent == 3;
}

/* A factor that makes an activation of a product: the value x that it is a function of, the call, and the constant beside it. */
typedef struct bend {
    int32_t factor, x;
    call_kind kind;
    int32_t approximation; /* of GELU */
    double constant;
    bool alone; /* x itself is no factor */
} bend;

static bool is_gelu_factor(const import *im, bend *b)
{
    const node *erf, *tanh;
    int32_t inner, root;
    double factor;

    if (!shifted_value(im, b->factor, 1, &inner)) return false;
    erf = maker(im, inner, "Erf");
    tanh = maker(im, inner, "Tanh");
    b->kind = CALL_GELU;
    b->constant = 0.5;
    b->approximation = tanh != NULL;
    if (erf != NULL) return scaled_value(im, erf->inputs[0], &factor, &b->x) && is_near(factor, sqrt(0.5));
    if (tanh == NULL || !scaled_value(im, tanh->inputs[0], &factor, &root) || !is_near(factor, 0.7978845608028654))
        return false;
    const node *const add = maker(im, root, "Add");
    for (int i = 0; add != NULL && add->input_count == 2 && i < 2; ++i) {
        b->x = add->inputs[i];
        if (is_cubic(im, add->inputs[1 - i], b->x)) return true;
    }
    return false;
}

/* Clip(x + 3, 0, 6). */
static bool is_hard_factor(import *im, bend *b)
{
    const node *const clip = maker(im, b->factor, "Clip");

    if (clip == NULL || clip->input_count < 1 || bound(im, clip, "min", 1, -1) != 0 || bound(im, clip, "max", 2, -1) != 6)
        return false;
    b->kind = CALL_HARD_SWISH;
    b->constant = 1.0 / 6;
    return shifted_value(im, before_relu(im, clip->inputs[0]), 3, &b->x);
}

static bool is_bend(import *im, bend *b)
{
    const node *const sigmoid = maker(im, b->factor, "Sigmoid"), *const hard = maker(im, b->factor, "HardSigmoid");

    if (sigmoid != NULL && sigmoid->input_count == 1) {
        b->x = sigmoid->inputs[0];
        b->kind = CALL_SILU;
        b->constant = 1;
        return true;
    }
    if (hard != NULL && hard->input_count == 1) {
        b->x = hard->inputs[0];
        b->kind = CALL_HARD_SWISH;
        b->constant = 1;
        return is_near((double)attribute_float(im, hard, "alpha", 0.2f), 1.0 / 6) &&
               is_near((double)attribute_float(im, hard, "beta", 0.5f), 0.5);
    }
    return is_hard_factor(im, b) || is_gelu_factor(im, b);
}

/* Whether a product is just x and the factor that bends it (or that factor alone), with the right constant. */
static bool is_whole(const import *im, int32_t root, bend *b)
{
    const product p = factors_of(im, root, b->x, b->factor);

    if (!is_near(p.constant, b->constant)) return false;
    if (p.count == 1 && p.factors[0] == b->factor && b->kind == CALL_HARD_SWISH && b->constant < 1) {
        b->kind = CALL_HARD_SIGMOID;
        return true;
    }
    return p.count == 2 &&
           ((p.factors[0] == b->x && p.factors[1] == b->factor) || (p.factors[1] == b->x && p.factors[0] == b->factor));
}

bool match_activation(import *im, const node *n)
{
    product p;

    if ((!is_op(n, "Mul") && !is_op(n, "Div")) || n->output_count < 1 || n->outputs[0] == NO_VALUE) return false;
    p = factors_of(im, n->outputs[0], NO_VALUE - 1, NO_VALUE - 1);
    for (int32_t i = 0; i < p.count && p.count <= MOST_FACTORS; ++i) {
        bend b = { .factor = p.factors[i], .x = NO_VALUE };
        if (!is_bend(im, &b) || b.x == NO_VALUE || im->values[b.x].state != VALUE_VIEW) continue;
        if (!is_whole(im, n->outputs[0], &b)) continue;
        call *const c = put_activation(im, n, &im->values[b.x].view, b.kind);
        if (b.kind == CALL_GELU) c->ints[0] = b.approximation;
        return true;
    }
    return false;
}
