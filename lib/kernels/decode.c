/* decode.c -- weights of every number type as floats: the one place that reads them. */
#include "kernels/panel.h"

float srd__half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, mantissa = half & 0x3ffu;
    uint32_t bits = sign | (exponent + 112u) << 23 | mantissa << 13; /* the bias of the exponent is 127 instead of 15 */
    float x;

    if (exponent == 0) { /* 0, or mantissa * 2^-24, which single precision holds without a denormal */
        x = (float)mantissa * 5.9604644775390625e-8f;
        return sign != 0 ? -x : x;
    }
    if (exponent == 0x1fu) bits = sign | 0x7f800000u | mantissa << 13; /* Inf, NaN */
    memcpy(&x, &bits, sizeof x);
    return x;
}

void srd__weights_decode(const srd__weights *weights, int64_t at, int64_t step, int32_t output, int32_t count, float *to)
{
    if (weights->type == SRD_FLOAT32) {
        const float *const from = (const float *)weights->data + at;

        for (int32_t j = 0; j < count; ++j) to[j] = from[j * step];
    } else if (weights->type == SRD_FLOAT16) {
        const uint16_t *const from = (const uint16_t *)weights->data + at;

        for (int32_t j = 0; j < count; ++j) to[j] = srd__half(from[j * step]);
    } else {
        const int8_t *const from = (const int8_t *)weights->data + at;
        const float *const scale = weights->scale + output;
        const int8_t *const zero = weights->zero != NULL ? weights->zero + output : NULL;

        for (int32_t j = 0; j < count; ++j) to[j] = scale[j] * (float)(from[j * step] - (zero != NULL ? zero[j] : 0));
    }
}
