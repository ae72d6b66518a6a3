/*
 * ref_pointwise.c -- pointwise layers: values, and how a direction is carried from the value to the pre-activation. The head takes an
 * activation as its secant from zero, Grad-CAM as its derivative, which is that from the left at zero and 0 at the bounds of a clip.
 */
#include <math.h>

#include "ref.h"

static double logistic(double y)
{
    return y >= 0 ? 1 / (1 + exp(-y)) : exp(y) / (1 + exp(y));
}

static double clipped(double y, double low, double high)
{
    return fmin(fmax(y, low), high);
}

static double softplus(double y)
{
    return fmax(y, 0) + log1p(exp(-fabs(y)));
}

/* (softplus(y) - softplus(0)) / y */
static double softplus_secant(double y)
{
    return (fmax(y, 0) + log1p(expm1(-fabs(y)) / 2)) / y;
}

static double sign(double y)
{
    return (y > 0) - (y < 0);
}

/* The factor of an activation that is y times something between 0 and 1. */
static double gating(const net_layer *n, double y)
{
    switch (n->kind) {
    case NET_SILU: return logistic(y);
    case NET_HARD_SWISH: return clipped(y + 3, 0, 6) / 6;
    case NET_MISH: return tanh(softplus(y));
    case NET_SOFTSIGN: return 1 / (1 + fabs(y));
    default:
        if (n->option == 0) return erfc(-y / sqrt(2)) / 2;
        return logistic(2 * sqrt(2 / acos(-1)) * (y + 0.044715 * y * y * y));
    }
}

/* alpha and scale of ELU and SELU. */
static void elu_constants(const net_layer *n, double *alpha, double *scale)
{
    *alpha = n->kind == NET_SELU ? 1.6732632423543772 : (double)n->real[0];
    *scale = n->kind == NET_SELU ? 1.0507009873554805 : 1;
}

/* The slope below zero of a channel. */
static double low_slope(const ref *r, const net_layer *n, int c)
{
    if (n->kind == NET_RELU) return 0;
    if (n->kind == NET_LEAKY_RELU) return (double)n->real[0];
    return (double)r->n->numbers[n->numbers[0] + (n->count > 1 ? c : 0)];
}

static double function(const ref *r, const net_layer *n, int c, double y)
{
    double alpha, scale;

    switch (n->kind) {
    case NET_RELU:
    case NET_LEAKY_RELU:
    case NET_PRELU: return y > 0 ? y : y * low_slope(r, n, c);
    case NET_CLIP: return clipped(y, (double)n->real[0], (double)n->real[1]);
    case NET_ELU:
    case NET_SELU: elu_constants(n, &alpha, &scale); return scale * (y > 0 ? y : alpha * expm1(y));
    case NET_TANH: return tanh(y);
    case NET_SIGMOID: return logistic(y);
    case NET_SOFTPLUS: return softplus(y);
    case NET_LOG_SIGMOID: return -softplus(-y);
    case NET_CELU: return y > 0 ? y : (double)n->real[0] * expm1(y / (double)n->real[0]);
    case NET_ABS: return fabs(y);
    case NET_EXP: return exp(y);
    case NET_ERF: return erf(y);
    case NET_HARD_SIGMOID: return clipped(y + 3, 0, 6) / 6;
    default: return y * gating(n, y);
    }
}

/* Mean of the left and the right derivative at zero. */
static double slope_at_zero(const ref *r, const net_layer *n, int c)
{
    double alpha, scale;

    switch (n->kind) {
    case NET_RELU:
    case NET_LEAKY_RELU:
    case NET_PRELU: return (1 + low_slope(r, n, c)) / 2;
    case NET_CLIP: {
        const int left = n->real[0] < 0 && n->real[1] >= 0, right = n->real[0] <= 0 && n->real[1] > 0;
        return 0.5 * left + 0.5 * right;
    }
    case NET_ELU:
    case NET_SELU: elu_constants(n, &alpha, &scale); return scale * (1 + alpha) / 2;
    case NET_TANH:
    case NET_CELU:
    case NET_SOFTSIGN:
    case NET_EXP: return 1;
    case NET_MISH: return 0.6;
    case NET_ABS: return 0;
    case NET_ERF: return 2 / sqrt(acos(-1));
    case NET_SIGMOID: return 0.25;
    case NET_HARD_SIGMOID: return 1.0 / 6;
    default: return 0.5;
    }
}

/* (f(y) - f(0)) / y without cancellation. */
static double secant(const ref *r, const net_layer *n, int c, double y)
{
    double alpha, scale;

    if (y == 0) return slope_at_zero(r, n, c);
    switch (n->kind) {
    case NET_RELU:
    case NET_LEAKY_RELU:
    case NET_PRELU: return y > 0 ? 1 : low_slope(r, n, c);
    case NET_CLIP: return (function(r, n, c, y) - function(r, n, c, 0)) / y;
    case NET_ELU:
    case NET_SELU: elu_constants(n, &alpha, &scale); return scale * (y > 0 ? 1 : alpha * expm1(y) / y);
    case NET_TANH: return tanh(y) / y;
    case NET_SIGMOID: return tanh(y / 2) / (2 * y);
    case NET_SOFTPLUS: return softplus_secant(y);
    case NET_LOG_SIGMOID: return softplus_secant(-y);
    case NET_CELU: return function(r, n, c, y) / y;
    case NET_ABS: return sign(y);
    case NET_EXP: return expm1(y) / y;
    case NET_ERF: return erf(y) / y;
    case NET_HARD_SIGMOID: return fabs(y) < 3 ? 1.0 / 6 : 0.5 / fabs(y);
    default: return gating(n, y);
    }
}

static double gated_derivative(const net_layer *n, double y)
{
    const double s = gating(n, y), pi = acos(-1);

    if (n->kind == NET_HARD_SWISH) return y <= -3 ? 0 : y < 3 ? y / 3 + 0.5 : 1;
    if (n->kind == NET_SILU) return s + y * s * logistic(-y);
    if (n->kind == NET_MISH) return s + y * logistic(y) / (cosh(softplus(y)) * cosh(softplus(y)));
    if (n->kind == NET_SOFTSIGN) return s * s;
    if (n->option == 0) return s + y * exp(-y * y / 2) / sqrt(2 * pi);
    return s + y * s * (1 - s) * 2 * sqrt(2 / pi) * (1 + 3 * 0.044715 * y * y);
}

static double derivative(const ref *r, const net_layer *n, int c, double y)
{
    double alpha, scale;

    switch (n->kind) {
    case NET_RELU:
    case NET_LEAKY_RELU:
    case NET_PRELU: return y > 0 ? 1 : low_slope(r, n, c);
    case NET_CLIP: return y > (double)n->real[0] && y < (double)n->real[1];
    case NET_ELU:
    case NET_SELU: elu_constants(n, &alpha, &scale); return scale * (y > 0 ? 1 : alpha * exp(y));
    case NET_TANH: return 1 - tanh(y) * tanh(y);
    case NET_SIGMOID: return logistic(y) * logistic(-y);
    case NET_SOFTPLUS: return logistic(y);
    case NET_LOG_SIGMOID: return logistic(-y);
    case NET_CELU: return y > 0 ? 1 : exp(y / (double)n->real[0]);
    case NET_ABS: return sign(y);
    case NET_EXP: return exp(y);
    case NET_ERF: return 2 / sqrt(acos(-1)) * exp(-y * y);
    case NET_HARD_SIGMOID: return fabs(y) < 3 ? 1.0 / 6 : 0;
    default: return gated_derivative(n, y);
    }
}

/* ---- layers that look at all channels of a position ------------------------------------------------------------------------------- */

/* (k + alpha / size * sum of squares of the neighbouring channels) ^ -beta */
static double response(const net_layer *n, const double *y, int channels, int c)
{
    double sum = 0;

    for (int k = c - n->option / 2; k <= c + (n->option - 1) / 2; k++) {
        if (k >= 0 && k < channels) sum += y[k] * y[k];
    }
    return pow((double)n->real[2] + (double)n->real[0] / n->option * sum, -(double)n->real[1]);
}

static void softmax(const double *y, int channels, double *p)
{
    double most = -INFINITY, sum = 0;

    for (int c = 0; c < channels; c++) most = fmax(most, y[c]);
    for (int c = 0; c < channels; c++) sum += p[c] = exp(y[c] - most);
    for (int c = 0; c < channels; c++) p[c] /= sum;
}

/* Mean, and 1 / deviation (0 where there is none). */
static double deviation(const net_layer *n, const double *y, int channels, double *mean)
{
    double variance = 0;

    *mean = 0;
    for (int c = 0; c < channels; c++) *mean += y[c] / channels;
    for (int c = 0; c < channels; c++) variance += (y[c] - *mean) * (y[c] - *mean) / channels;
    return variance + n->eps > 0 ? 1 / sqrt(variance + n->eps) : 0;
}

/* What RMS and L2 norm multiply with; 0 where there is nothing to divide by. */
static double root_factor(const net_layer *n, const double *y, int channels)
{
    double squares = 0, root;

    for (int c = 0; c < channels; c++) squares += y[c] * y[c];
    root = n->kind == NET_L2_NORM ? fmax(sqrt(squares), n->eps) : sqrt(squares / channels + n->eps);
    return root > 0 ? 1 / root : 0;
}

static double given(const ref *r, const net_layer *n, int k, int c, double other)
{
    return n->numbers[k] == NET_NONE ? other : (double)r->n->numbers[n->numbers[k] + c];
}

static void value_at(const ref *r, const ref_layer *l, const double *y, double *x)
{
    const net_layer *const n = l->net;
    double mean, scale;

    if (n->kind == NET_SOFTMAX) {
        softmax(y, l->c, x);
    } else if (n->kind == NET_LAYER_NORM) {
        scale = deviation(n, y, l->c, &mean);
        for (int c = 0; c < l->c; c++) x[c] = (y[c] - mean) * scale * given(r, n, 0, c, 1) + given(r, n, 1, c, 0);
    } else if (n->kind == NET_RMS_NORM || n->kind == NET_L2_NORM) {
        scale = root_factor(n, y, l->c);
        for (int c = 0; c < l->c; c++) x[c] = y[c] * scale * given(r, n, 0, c, 1);
    } else if (n->kind == NET_RESPONSE_NORM) {
        for (int c = 0; c < l->c; c++) x[c] = y[c] * response(n, y, l->c, c);
    } else {
        for (int c = 0; c < l->c; c++) x[c] = function(r, n, c, y[c]);
    }
}

void ref_pointwise(ref *r, ref_layer *l)
{
    const double *const y = r->layer[l->input[0]].x;

    for (int p = 0; p < l->positions; p++) value_at(r, l, y + p * l->c, l->x + p * l->c);
}

static void back_at(ref *r, const ref_layer *l, const double *y, const double *g, int by_derivative, double *back)
{
    const net_layer *const n = l->net;
    double mean = 0, scale;

    if (n->kind == NET_SOFTMAX) {
        double p[NET_VALUES];
        softmax(y, l->c, p);
        for (int c = 0; c < l->c; c++) mean += p[c] * g[c];
        for (int c = 0; c < l->c; c++) back[c] = p[c] * (g[c] - mean);
    } else if (n->kind == NET_LAYER_NORM) {
        scale = deviation(n, y, l->c, &mean);
        mean = 0;
        for (int c = 0; c < l->c; c++) mean += (back[c] = ref_noisy(r, g[c] * given(r, n, 0, c, 1) * scale)) / l->c;
        for (int c = 0; c < l->c; c++) back[c] -= mean;
    } else if (n->kind == NET_RMS_NORM || n->kind == NET_L2_NORM) {
        scale = root_factor(n, y, l->c);
        for (int c = 0; c < l->c; c++) back[c] = g[c] * scale * given(r, n, 0, c, 1);
    } else if (n->kind == NET_RESPONSE_NORM) {
        for (int c = 0; c < l->c; c++) back[c] = g[c] * response(n, y, l->c, c);
    } else {
        for (int c = 0; c < l->c; c++) back[c] = g[c] * (by_derivative ? derivative(r, n, c, y[c]) : secant(r, n, c, y[c]));
    }
}

double *ref_pointwise_back(ref *r, const ref_layer *l, const double *g, int by_derivative)
{
    const double *const y = r->layer[l->input[0]].x;
    double *const back = ref_numbers(r, l->positions * l->c);

    for (int p = 0; p < l->positions; p++) back_at(r, l, y + p * l->c, g + p * l->c, by_derivative, back + p * l->c);
    for (int i = 0; i < l->positions * l->c; i++) back[i] = ref_noisy(r, back[i]);
    return back;
}
