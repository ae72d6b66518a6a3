/* decode.c -- weights of every number type as floats: the one place that reads them. */
#include "kernels/panel.h"

/* Without a branch or anything that a compiler would make one of, so that it can do several at once. */
static inline uint32_t widen(uint32_t half)
{
    const uint32_t exponent = half >> 10 & 0x1fu, mantissa = half & 0x3ffu;
    const uint32_t is_special = (exponent + 1u) >> 5;      /* Inf or NaN: exponent 255 instead of 31 */
    const uint32_t is_tiny = 0u - ((exponent - 1u) >> 31); /* all bits, if it is 0 or a denormal: mantissa * 2^-24 */
    const uint32_t normal = (exponent + 112u + 112u * is_special) << 23 | mantissa << 13; /* bias 127 instead of 15 */
    const float tiny = (float)(int32_t)mantissa * 5.9604644775390625e-8f;                 /* exact, and no denormal here */
    uint32_t bits;

    memcpy(&bits, &tiny, sizeof bits);
    return (bits & is_tiny) | (normal & ~is_tiny) | (half & 0x8000u) << 16;
}

static inline void put_bits(float *to, uint32_t bits)
{
    memcpy(to, &bits, sizeof bits);
}

static inline uint32_t get_bits(const float *from)
{
    uint32_t bits;

    memcpy(&bits, from, sizeof bits);
    return bits;
}

float srd__half(uint16_t half)
{
    float x;

    put_bits(&x, widen(half));
    return x;
}

/* Rows of channels; a whole row, the usual case, is one of a length that the compiler knows where it calls these. */
static inline void float_row(const float *from, int64_t step, int32_t count, float *to)
{
    for (int32_t j = 0; j < count; ++j) to[j] = from[j * step];
    for (int32_t j = count; j < SRD__PANEL; ++j) to[j] = 0.0f;
}

static inline void byte_row(const int8_t *from, int64_t step, int32_t count, const float *scale, const int32_t *zero, float *to)
{
    for (int32_t j = 0; j < count; ++j) to[j] = scale[j] * (float)(from[j * step] - zero[j]);
    for (int32_t j = count; j < SRD__PANEL; ++j) to[j] = 0.0f;
}

static inline void half_row(const uint16_t *from, int64_t step, int32_t count, float *to)
{
    for (int32_t j = 0; j < count; ++j) put_bits(to + j, from[j * step]);
    for (int32_t j = count; j < SRD__PANEL; ++j) to[j] = 0.0f;
}

static void floats(const srd__weights *weights, const srd__run_of_weights *run, float *to)
{
    const int64_t step = run->step;

    for (int32_t c = 0; c < run->rows; ++c, to += SRD__PANEL) {
        const float *const from = (const float *)weights->data + (run->at + c * run->next);

        if (run->count == SRD__PANEL) float_row(from, step, SRD__PANEL, to);
        else float_row(from, step, run->count, to);
    }
}

static void bytes(const srd__weights *weights, const srd__run_of_weights *run, float *to)
{
    const int64_t step = run->step;
    float scale[SRD__PANEL] = { 0 };
    int32_t zero[SRD__PANEL] = { 0 };

    for (int32_t j = 0; j < run->count; ++j) {
        scale[j] = weights->scale[run->output + j];
        zero[j] = weights->zero != NULL ? weights->zero[run->output + j] : 0;
    }
    for (int32_t c = 0; c < run->rows; ++c, to += SRD__PANEL) {
        const int8_t *const from = (const int8_t *)weights->data + (run->at + c * run->next);

        if (run->count == SRD__PANEL) byte_row(from, step, SRD__PANEL, scale, zero, to);
        else byte_row(from, step, run->count, scale, zero, to);
    }
}

/* Gathered first, as they are, into the memory of the floats, and widened there: so the second loop is one over neighbours. */
static void halves(const srd__weights *weights, const srd__run_of_weights *run, float *to)
{
    const size_t all = (size_t)run->rows * SRD__PANEL;
    const int64_t step = run->step;
    float *const first = to;

    for (int32_t c = 0; c < run->rows; ++c, to += SRD__PANEL) {
        const uint16_t *const from = (const uint16_t *)weights->data + (run->at + c * run->next);

        if (run->count == SRD__PANEL) half_row(from, step, SRD__PANEL, to);
        else half_row(from, step, run->count, to);
    }
    for (size_t i = 0; i < all; ++i) put_bits(first + i, widen(get_bits(first + i)));
}

void srd__weights_decode(const srd__weights *weights, const srd__run_of_weights *run, float *to)
{
    if (weights->type == SRD_FLOAT32) floats(weights, run, to);
    else if (weights->type == SRD_FLOAT16) halves(weights, run, to);
    else bytes(weights, run, to);
}
