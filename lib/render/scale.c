/* scale.c -- what the colours of a map run up to: its largest |value|, or a percentile found without a second array. */
#include "render/render_impl.h"

#if SRD_WITH_RENDER

/* |x| as an integer: for numbers that are not negative, the order of their bits is theirs. */
static uint32_t magnitude_bits(const srd__plane *plane, int64_t row, int64_t column)
{
    uint32_t bits;

    memcpy(&bits, plane->data + row * plane->row + column * plane->column, sizeof bits);
    return bits & 0x7fffffffu;
}

static float from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

srd_status srd__render_extent(const srd__plane *plane, const char *what, srd__extent *extent, srd_detail *detail)
{
    uint32_t largest = 0;

    extent->largest = 0.0f;
    extent->count = 0;
    for (int64_t row = 0; row < plane->height; ++row) {
        for (int64_t column = 0; column < plane->width; ++column) {
            const uint32_t bits = magnitude_bits(plane, row, column);

            if (bits >= 0x7f800000u) {
                return srd__fail(detail, SRD_ERR_NUMBER, SRD_LAYER_NONE, NULL, "%s has a NaN or Inf in row %l, column %l", what,
                                 row, column);
            }
            largest = srd__max(largest, bits);
            extent->count += bits != 0;
        }
    }
    extent->largest = from_bits(largest);
    return SRD_OK;
}

/* ceil(count * percent / 100), at least 1. In millionths, so that 99.9 is what it says although no float is equal to it. */
static int64_t rank_of(int64_t count, float percent)
{
    const int64_t all = 1000000, part = srd__nearest(percent * 10000.0f), rest = count % all;
    const int64_t rank = count / all * part + (rest * part + all - 1) / all;

    return srd__max(rank, 1);
}

/* The |value| of this rank is found digit by digit, four bits at a time: eight passes over the map, each counting how the
 * values that agree so far go on. */
#define DIGITS 16

static void tally(const srd__plane *plane, uint32_t found, int32_t shift, int64_t *counts)
{
    memset(counts, 0, DIGITS * sizeof *counts);
    for (int64_t row = 0; row < plane->height; ++row) {
        for (int64_t column = 0; column < plane->width; ++column) {
            const uint32_t bits = magnitude_bits(plane, row, column), digit = (bits ^ found) >> shift;

            if (bits != 0 && digit < DIGITS) ++counts[digit];
        }
    }
}

float srd__render_percentile(const srd__plane *plane, int64_t count, float percent)
{
    int64_t rank = rank_of(count, percent), counts[DIGITS];
    uint32_t found = 0;

    for (int32_t shift = 28; shift >= 0; shift -= 4) {
        uint32_t digit = 0;

        tally(plane, found, shift, counts);
        for (; digit < DIGITS - 1 && rank > counts[digit]; ++digit) rank -= counts[digit];
        found |= digit << shift;
    }
    return from_bits(found);
}

#endif
