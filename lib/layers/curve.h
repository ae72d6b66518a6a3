/* curve.h -- makes a kind of an activation from three functions of one number. */
#ifndef SRD_LAYERS_CURVE_H
#define SRD_LAYERS_CURVE_H

#include "layers/kinds.h"

/*
 * A kind from the functions KIND_f, KIND_secant and KIND_slope of (layer, y): the value f(y); the secant from zero
 * (f(y) - f(0)) / y, evaluated without cancellation, which carries the head's direction (METHOD section 6), and which at y = 0 is
 * the mean of the left and right derivative; and the derivative, which Grad-CAM asks for.
 */
#define SRD__CURVE(kind_)                                                                                     \
    static void kind_##_value(const srd__layer *layer, float *y, int32_t channels)                            \
    {                                                                                                         \
        for (int32_t c = 0; c < channels; ++c) y[c] = kind_##_f(layer, y[c]);                                 \
    }                                                                                                         \
    static void kind_##_back(const srd__layer *layer, const float *y, float *direction, int32_t channels)     \
    {                                                                                                         \
        for (int32_t c = 0; c < channels; ++c) direction[c] *= kind_##_secant(layer, y[c]);                   \
    }                                                                                                         \
    static void kind_##_gradient(const srd__layer *layer, const float *y, float *direction, int32_t channels) \
    {                                                                                                         \
        for (int32_t c = 0; c < channels; ++c) direction[c] *= kind_##_slope(layer, y[c]);                    \
    }                                                                                                         \
    const srd__kind srd__kind_##kind_ = { .name = #kind_,                                                     \
                                          .role = SRD__POINTWISE,                                             \
                                          .activates = 1,                                                     \
                                          .shape = srd__shape_same,                                           \
                                          .value = kind_##_value,                                             \
                                          .back = kind_##_back,                                               \
                                          .gradient = kind_##_gradient };

/* 1 / (1 + exp(-y)) */
static inline float srd__sigmoid(float y)
{
    return y >= 0.0f ? 1.0f / (1.0f + expf(-y)) : expf(y) / (1.0f + expf(y));
}

/* (log(1 + e^y) - log 2) / y = log1p((e^y - 1) / 2) / y */
static inline float srd__softplus_secant(float y)
{
    if (fabsf(y) < 1e-4f) return 0.5f;
    return y > 20.0f ? (y - 0.69314718055994530942f + log1pf(expf(-y))) / y : log1pf(0.5f * expm1f(y)) / y;
}

#endif
