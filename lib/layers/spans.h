/* spans.h -- windows that divide an axis into a given number of parts: part i of n covers floor(i in / n) to ceil((i + 1) in / n) - 1. */
#ifndef SRD_LAYERS_SPANS_H
#define SRD_LAYERS_SPANS_H

#include "layers/kinds.h"

typedef struct srd__span {
    int32_t begin, end;
} srd__span;

static inline srd__span srd__span_of(int32_t i, int32_t out, int32_t in)
{
    srd__span s;

    s.begin = (int32_t)((int64_t)i * in / out);
    s.end = (int32_t)(((int64_t)(i + 1) * in + out - 1) / out);
    return s;
}

/*
 * The longest span. With in = q * out + r, span i is q + ceil((i + 1) r / out) - floor(i r / out); the fractions of i r / out
 * run through all multiples of g / out, g the greatest common divisor of r and out, so one of them lies so close below an
 * integer that the span begins before it and ends after it, unless r = g.
 */
static inline int32_t srd__longest_span(int32_t out, int32_t in)
{
    const int32_t q = in / out, r = in % out;
    int32_t g = out, rest = r;

    while (rest > 0) {
        const int32_t next = g % rest;

        g = rest;
        rest = next;
    }
    return r == 0 ? q : r == g ? q + 1 : q + 2;
}

#endif
