/*
 * rarer_activations.c -- CELU, mish, log-sigmoid, softsign, exp, erf and the absolute value, each as three functions of one number:
 * value, secant from zero, derivative (layers/curve.h says more).
 */
#include "layers/curve.h"

#if SRD_WITH_CURVES
#define TWO_OVER_SQRT_PI 1.12837916709551257390f

/* tanh(log(1 + e^y)) = n / (n + 2) with n = e^y (e^y + 2). For y > 0 both are multiplied by e^(-2 y), which cannot overflow. */
static float mish_gate(float y)
{
    const float e = expf(-fabsf(y));

    return y > 0.0f ? (1.0f + 2.0f * e) / (1.0f + 2.0f * e + 2.0f * e * e) : e * (e + 2.0f) / (e * (e + 2.0f) + 2.0f);
}

/* 1 - mish_gate(y) = 2 / (n + 2), without cancellation. */
static float mish_rest(float y)
{
    const float e = expf(-fabsf(y));

    return y > 0.0f ? 2.0f * e * e / (1.0f + 2.0f * e + 2.0f * e * e) : 2.0f / (e * (e + 2.0f) + 2.0f);
}

static float mish_f(const srd__layer *layer, float y)
{
    (void)layer;
    return y * mish_gate(y);
}

static float mish_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return mish_gate(y);
}

/* (tanh t)' = (1 - tanh t) (1 + tanh t), and t' = sigmoid(y). */
static float mish_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return mish_gate(y) + y * mish_rest(y) * (1.0f + mish_gate(y)) * srd__sigmoid(y);
}

static float abs_f(const srd__layer *layer, float y)
{
    (void)layer;
    return fabsf(y);
}

/* At the kink this is the mean of -1 and 1. */
static float abs_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return y > 0.0f ? 1.0f : y < 0.0f ? -1.0f : 0.0f;
}

static float abs_slope(const srd__layer *layer, float y)
{
    return abs_secant(layer, y);
}

/* log(1 / (1 + e^-y)) = -log(1 + e^-y): softplus from the other side. */
static float log_sigmoid_f(const srd__layer *layer, float y)
{
    (void)layer;
    return y < 0.0f ? y - log1pf(expf(y)) : -log1pf(expf(-y));
}

static float log_sigmoid_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__softplus_secant(-y);
}

static float log_sigmoid_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__sigmoid(-y);
}

static float softsign_f(const srd__layer *layer, float y)
{
    (void)layer;
    return y / (1.0f + fabsf(y));
}

static float softsign_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return 1.0f / (1.0f + fabsf(y));
}

static float softsign_slope(const srd__layer *layer, float y)
{
    const float secant = softsign_secant(layer, y);

    return secant * secant;
}

static float exp_f(const srd__layer *layer, float y)
{
    (void)layer;
    return expf(y);
}

/* (e^y - 1) / y. */
static float exp_quotient(float y)
{
    return fabsf(y) < 1e-4f ? 1.0f + 0.5f * y : expm1f(y) / y;
}

static float exp_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return exp_quotient(y);
}

static float exp_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return expf(y);
}

static float erf_f(const srd__layer *layer, float y)
{
    (void)layer;
    return erff(y);
}

static float erf_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return fabsf(y) < 1e-4f ? TWO_OVER_SQRT_PI : erff(y) / y;
}

static float erf_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return TWO_OVER_SQRT_PI * expf(-y * y);
}

/* Below 0, alpha (e^q - 1) = y (e^q - 1) / q with q = y / alpha: the quotient keeps its digits where q is small. */
static float celu_secant(const srd__layer *layer, float y)
{
    return y > 0.0f ? 1.0f : exp_quotient(y / layer->low);
}

static float celu_f(const srd__layer *layer, float y)
{
    return y * celu_secant(layer, y);
}

static float celu_slope(const srd__layer *layer, float y)
{
    return y > 0.0f ? 1.0f : expf(y / layer->low);
}

SRD__CURVE(mish)
SRD__CURVE(abs)
SRD__CURVE(log_sigmoid)
SRD__CURVE(softsign)
SRD__CURVE(exp)
SRD__CURVE(erf)
SRD__CURVE(celu)

srd_layer srd_graph_mish(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_mish, input);
}

srd_layer srd_graph_abs(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_abs, input);
}

srd_layer srd_graph_log_sigmoid(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_log_sigmoid, input);
}

srd_layer srd_graph_softsign(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_softsign, input);
}

srd_layer srd_graph_exp(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_exp, input);
}

srd_layer srd_graph_erf(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_erf, input);
}

srd_layer srd_graph_celu(srd_graph *graph, const char *name, srd_layer input, float alpha)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_celu, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (!srd__finite(alpha) || alpha == 0.0f) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "alpha is 0, NaN or Inf");
        return SRD_LAYER_NONE;
    }
    layer->low = alpha;
    return srd__layer_end(graph, layer);
}
#endif
