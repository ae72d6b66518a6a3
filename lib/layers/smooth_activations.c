/*
 * smooth_activations.c -- the activations that most networks have beyond ReLU. Each is three functions of one number: value, secant
 * from zero, derivative (layers/curve.h says more). rarer_activations.c has the others.
 */
#include "layers/curve.h"

#if SRD_WITH_CURVES
#define SELU_LAMBDA 1.0507009873554804934f
#define SELU_ALPHA 1.6732632423543772848f
#define SQRT_HALF 0.70710678118654752440f
#define INV_SQRT_2PI 0.39894228040143267794f
#define GELU_TANH_A 0.79788456080286535588f /* sqrt(2 / pi) */
#define GELU_TANH_B 0.044715f

static float normal_cdf(float y)
{
    return 0.5f * erfcf(-y * SQRT_HALF); /* erfc keeps its digits in the lower tail */
}

static float sigmoid_f(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__sigmoid(y);
}

static float sigmoid_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return fabsf(y) < 1e-3f ? 0.25f : 0.5f * tanhf(0.5f * y) / y;
}

static float sigmoid_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__sigmoid(y) * srd__sigmoid(-y);
}

static float tanh_f(const srd__layer *layer, float y)
{
    (void)layer;
    return tanhf(y);
}

static float tanh_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return fabsf(y) < 1e-4f ? 1.0f : tanhf(y) / y;
}

static float tanh_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return 4.0f * srd__sigmoid(2.0f * y) * srd__sigmoid(-2.0f * y);
}

static float silu_f(const srd__layer *layer, float y)
{
    (void)layer;
    return y * srd__sigmoid(y);
}

static float silu_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__sigmoid(y);
}

static float silu_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__sigmoid(y) * (1.0f + y * srd__sigmoid(-y));
}

static float softplus_f(const srd__layer *layer, float y)
{
    (void)layer;
    return y > 0.0f ? y + log1pf(expf(-y)) : log1pf(expf(y));
}

static float softplus_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__softplus_secant(y);
}

static float softplus_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return srd__sigmoid(y);
}

/* ELU; SELU is ELU with fixed alpha (low) and a factor (high). */
static float elu_f(const srd__layer *layer, float y)
{
    return layer->high * (y > 0.0f ? y : layer->low * expm1f(y));
}

static float elu_secant(const srd__layer *layer, float y)
{
    if (y == 0.0f) return layer->high * (1.0f + layer->low) * 0.5f;
    return layer->high * (y > 0.0f ? 1.0f : layer->low * (expm1f(y) / y));
}

static float elu_slope(const srd__layer *layer, float y)
{
    return layer->high * (y > 0.0f ? 1.0f : layer->low * expf(y));
}

static float selu_f(const srd__layer *layer, float y)
{
    return elu_f(layer, y);
}

static float selu_secant(const srd__layer *layer, float y)
{
    return elu_secant(layer, y);
}

static float selu_slope(const srd__layer *layer, float y)
{
    return elu_slope(layer, y);
}

/* GELU by the error function, or (low != 0) by the approximation with tanh. */
static float gelu_gate(const srd__layer *layer, float y)
{
    if (layer->low == 0.0f) return normal_cdf(y);
    return srd__sigmoid(2.0f * GELU_TANH_A * (y + GELU_TANH_B * y * y * y)); /* (1 + tanh t) / 2 = sigmoid(2 t) */
}

static float gelu_f(const srd__layer *layer, float y)
{
    return y * gelu_gate(layer, y);
}

static float gelu_secant(const srd__layer *layer, float y)
{
    return gelu_gate(layer, y);
}

static float gelu_slope(const srd__layer *layer, float y)
{
    const float gate = gelu_gate(layer, y);
    const float inner = GELU_TANH_A * (1.0f + 3.0f * GELU_TANH_B * y * y), both = gate * (1.0f - gate);

    if (layer->low == 0.0f) return gate + y * INV_SQRT_2PI * expf(-0.5f * y * y);
    return both > 0.0f ? gate + 2.0f * y * both * inner : gate; /* where y * y overflows, the gate is 0 or 1 */
}

static float gate3(float y)
{
    return y <= -3.0f ? 0.0f : y >= 3.0f ? 1.0f : y / 6.0f + 0.5f;
}

static float hard_sigmoid_f(const srd__layer *layer, float y)
{
    (void)layer;
    return gate3(y);
}

static float hard_sigmoid_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return fabsf(y) < 3.0f ? 1.0f / 6.0f : 0.5f / fabsf(y);
}

static float hard_sigmoid_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return fabsf(y) < 3.0f ? 1.0f / 6.0f : 0.0f;
}

static float hard_swish_f(const srd__layer *layer, float y)
{
    (void)layer;
    return y * gate3(y);
}

static float hard_swish_secant(const srd__layer *layer, float y)
{
    (void)layer;
    return gate3(y);
}

static float hard_swish_slope(const srd__layer *layer, float y)
{
    (void)layer;
    return y <= -3.0f ? 0.0f : y >= 3.0f ? 1.0f : y / 3.0f + 0.5f;
}

SRD__CURVE(sigmoid)
SRD__CURVE(tanh)
SRD__CURVE(silu)
SRD__CURVE(softplus)
SRD__CURVE(elu)
SRD__CURVE(selu)
SRD__CURVE(gelu)
SRD__CURVE(hard_sigmoid)
SRD__CURVE(hard_swish)

/* Adds a layer with the two numbers of ELU and GELU; NaN and Inf are refused. */
static srd_layer with_numbers(srd_graph *graph, const char *name, const srd__kind *kind, srd_layer input, float low, float high)
{
    srd__layer *const layer = srd__layer_begin(graph, name, kind, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (!srd__finite(low)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "alpha is NaN or Inf, or approximation none of SRD_GELU_...");
        return SRD_LAYER_NONE;
    }
    layer->low = low;
    layer->high = high;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_sigmoid(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_sigmoid, input);
}

srd_layer srd_graph_tanh(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_tanh, input);
}

srd_layer srd_graph_silu(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_silu, input);
}

srd_layer srd_graph_softplus(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_softplus, input);
}

srd_layer srd_graph_elu(srd_graph *graph, const char *name, srd_layer input, float alpha)
{
    return with_numbers(graph, name, &srd__kind_elu, input, alpha, 1.0f);
}

srd_layer srd_graph_selu(srd_graph *graph, const char *name, srd_layer input)
{
    return with_numbers(graph, name, &srd__kind_selu, input, SELU_ALPHA, SELU_LAMBDA);
}

srd_layer srd_graph_gelu(srd_graph *graph, const char *name, srd_layer input, int32_t approximation)
{
    if (approximation != SRD_GELU_EXACT && approximation != SRD_GELU_TANH)
        return with_numbers(graph, name, &srd__kind_gelu, input, (float)NAN, 1.0f);
    return with_numbers(graph, name, &srd__kind_gelu, input, (float)approximation, 1.0f);
}

srd_layer srd_graph_hard_sigmoid(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_hard_sigmoid, input);
}

srd_layer srd_graph_hard_swish(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_hard_swish, input);
}
#endif
