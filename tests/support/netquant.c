/* netquant.c -- quantised weights of test networks. */
#include "netquant.h"

#include <math.h>
#include <stdlib.h>

double netquant_half_number(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const double magnitude = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);

    return bits >> 15 ? -magnitude : magnitude;
}

uint16_t netquant_half_of(double number)
{
    const double size = fabs(number);
    const int exponent = size < ldexp(1, -14) ? -14 : ilogb(size); /* below 2^-14 the steps are those of 2^-14 */
    const int steps = (int)rint(ldexp(size, 10 - exponent)); /* 1024 and more: a leading 1, and a carry adds to the exponent */
    const int bits = exponent == -14 ? steps : steps + ((exponent + 14) << 10);

    return (uint16_t)(bits | (number < 0 ? 0x8000 : 0));
}

static void *piece(netquant *q, size_t size)
{
    void *const made = q->piece_count < (int)(sizeof q->pieces / sizeof *q->pieces) ? calloc(size, 1) : NULL;

    if (made != NULL) q->pieces[q->piece_count++] = made;
    return made;
}

/* Output channel of number i of a weight. */
static size_t output_of(const netfile_weight *w, size_t i)
{
    size_t inner = 1;
    size_t row, second;

    for (int32_t axis = 1; axis < w->rank; ++axis) inner *= (size_t)w->shape[axis];
    row = i / inner;
    if (!w->transposed) return row;
    second = i % inner / (inner / (size_t)w->shape[1]);
    return row / (size_t)(w->shape[0] / w->groups) * (size_t)w->shape[1] + second;
}

/* Scale and zero point that cover the numbers of a channel, and 0. */
static void fit(const netquant *q, float low, float high, float *scale, int32_t *zero)
{
    *zero = 0;
    if (q->kind == NETQUANT_SYMMETRIC) {
        *scale = fmaxf(-low, high) / 127.0f;
    } else {
        *scale = (high - low) / 255.0f;
        if (*scale > 0) *zero = (int32_t)rintf(-128.0f - low / *scale);
    }
}

static int8_t quantised(float number, float scale, int32_t zero)
{
    return (int8_t)(scale > 0 ? fminf(fmaxf(rintf(number / scale) + (float)zero, -128), 127) : 0);
}

typedef struct channels {
    float *scale, *low, *high;
    int32_t *zero;
    int8_t *small_zero;
} channels;

static int fit_all(netquant *q, const netfile_weight *w, size_t count, size_t outputs, channels *c)
{
    c->scale = piece(q, outputs * sizeof *c->scale);
    c->low = piece(q, outputs * sizeof *c->low);
    c->high = piece(q, outputs * sizeof *c->high);
    c->zero = piece(q, outputs * sizeof *c->zero);
    c->small_zero = piece(q, outputs);
    if (c->scale == NULL || c->low == NULL || c->high == NULL || c->zero == NULL || c->small_zero == NULL) return 0;
    for (size_t i = 0; i < count; ++i) {
        const size_t o = output_of(w, i);

        c->low[o] = fminf(c->low[o], w->numbers[i]);
        c->high[o] = fmaxf(c->high[o], w->numbers[i]);
    }
    for (size_t o = 0; o < outputs; ++o) {
        fit(q, c->low[o], c->high[o], c->scale + o, c->zero + o);
        c->small_zero[o] = (int8_t)c->zero[o];
    }
    return 1;
}

static int view(int32_t type, int32_t rank, const int64_t *shape, const void *data, srd_tensor **out)
{
    return data != NULL && srd_tensor_view_const(type, rank, shape, NULL, data, NULL, out, NULL) == SRD_OK;
}

static int make_half(netquant *q, const netfile_weight *w, size_t count, srd_tensor **numbers)
{
    uint16_t *const halves = piece(q, count * sizeof *halves);
    float *const meant = piece(q, count * sizeof *meant);

    if (halves == NULL || meant == NULL) return 0;
    for (size_t i = 0; i < count; ++i) {
        halves[i] = netquant_half_of((double)w->numbers[i]);
        meant[i] = (float)netquant_half_number(halves[i]);
    }
    q->weight_size += count * sizeof *halves;
    if (q->meant) return view(SRD_FLOAT32, w->rank, w->shape, meant, numbers);
    return view(SRD_FLOAT16, w->rank, w->shape, halves, numbers);
}

static int make(void *user, const netfile_weight *w, srd_tensor **numbers, srd_tensor **scale, srd_tensor **zero)
{
    netquant *const q = user;
    const int64_t outputs = w->transposed ? w->shape[1] * w->groups : w->shape[0];
    int8_t *bytes;
    float *meant;
    channels c;
    size_t count = 1;

    for (int32_t i = 0; i < w->rank; ++i) count *= (size_t)w->shape[i];
    q->outputs += (size_t)outputs;
    if (q->kind == NETQUANT_HALF) return make_half(q, w, count, numbers);
    bytes = piece(q, count);
    meant = piece(q, count * sizeof *meant);
    if (bytes == NULL || meant == NULL || !fit_all(q, w, count, (size_t)outputs, &c)) return 0;
    for (size_t i = 0; i < count; ++i) {
        const size_t o = output_of(w, i);

        bytes[i] = quantised(w->numbers[i], c.scale[o], c.zero[o]);
        meant[i] = c.scale[o] * (float)(bytes[i] - c.zero[o]);
    }
    q->weight_size += count;
    if (q->meant) return view(SRD_FLOAT32, w->rank, w->shape, meant, numbers);
    if (!view(SRD_INT8, w->rank, w->shape, bytes, numbers) || !view(SRD_FLOAT32, 1, &outputs, c.scale, scale)) return 0;
    if (q->kind == NETQUANT_ASYMMETRIC) return view(SRD_INT8, 1, &outputs, c.small_zero, zero);
    return q->kind == NETQUANT_SYMMETRIC || view(SRD_INT32, 1, &outputs, c.zero, zero);
}

void netquant_begin(netquant *q, int kind, int meant)
{
    q->kind = kind;
    q->meant = meant;
    q->weight_size = q->outputs = 0;
    q->piece_count = 0;
    q->weights.make = make;
    q->weights.user = q;
}

void netquant_end(netquant *q)
{
    while (q->piece_count > 0) free(q->pieces[--q->piece_count]);
}
