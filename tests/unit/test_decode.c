/* test_decode.c -- weights of every number type as floats: all halves, and the extremes of int8. */
#include <math.h>

#include "kernels/panel.h"
#include "netquant.h"
#include "testing.h"

/* One row. */
static void decode(const srd__weights *weights, int64_t at, int64_t step, int32_t output, int32_t count, float *to)
{
    const srd__run_of_weights run = { .at = at, .step = step, .output = output, .count = count, .rows = 1 };

    srd__weights_decode(weights, &run, to);
}

static uint32_t bits_of(float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

START_TEST(every_half_is_its_number)
{
    for (uint32_t half = 0; half < 65536; ++half) {
        const float got = srd__half((uint16_t)half);
        const int special = (half >> 10 & 31) == 31;

        ck_assert_msg(signbit(got) == 0 ? half < 32768 : half >= 32768, "half %x has the wrong sign", half);
        if (special && (half & 1023) != 0) ck_assert_msg(isnan(got), "half %x is a NaN, not %g", half, (double)got);
        else if (special) ck_assert_msg(isinf(got), "half %x is infinite, not %g", half, (double)got);
        else ck_assert_msg((double)got == netquant_half_number((uint16_t)half), "half %x is not %g", half, (double)got);
    }
}
END_TEST

/* The other way, which the tests of networks use: a number that is a half becomes it, and one between two the nearer one. */
START_TEST(numbers_become_the_nearest_half)
{
    for (uint16_t half = 0; half < 0x7c00; ++half) {
        const double number = netquant_half_number(half);

        ck_assert_uint_eq(netquant_half_of(number), half);
        if (half == 0x7bff) break; /* the largest one */
        ck_assert_uint_eq(netquant_half_of(-number * (1 + 1e-9)), half | (half == 0 ? 0 : 0x8000));
        ck_assert_uint_eq(netquant_half_of((number + netquant_half_number((uint16_t)(half + 1))) / 2), half + (half & 1));
    }
}
END_TEST

/* scale * (q - zero) with one rounding, for all q and zero points, and scales of any sign and size. */
START_TEST(every_byte_is_its_number)
{
    static const float scales[] = { 1.0f, 0.1f, -0.3f, 0.0f, 1e-42f, 1e36f, 3.1415926f };
    const float scale = scales[_i];
    int8_t numbers[256];

    for (int q = -128; q < 128; ++q) numbers[q + 128] = (int8_t)q;
    for (int z = -129; z < 128; ++z) { /* -129: without zero points */
        const int8_t zero = (int8_t)(z < -128 ? 0 : z);
        float scale_of[256], got[256];
        int8_t zero_of[256];
        srd__weights weights;

        memset(&weights, 0, sizeof weights);
        memset(zero_of, zero, sizeof zero_of);
        for (int i = 0; i < 256; ++i) scale_of[i] = scale;
        weights.type = SRD_INT8;
        weights.data = numbers;
        weights.scale = scale_of;
        weights.zero = z < -128 ? NULL : zero_of;
        for (int i = 0; i < 256; i += SRD__PANEL) decode(&weights, i, 1, i, SRD__PANEL, got + i);
        for (int q = -128; q < 128; ++q) {
            const float want = scale * (float)(q - zero);

            ck_assert_msg(bits_of(got[q + 128]) == bits_of(want), "%g * (%d - %d) is not %g", (double)scale, q, zero,
                          (double)got[q + 128]);
        }
    }
}
END_TEST

/* Channel j of a run has the scale and zero point of channel output + j; steps go forward, backward, and over others. */
/* Rows follow each other at a distance of their own, and have zeros behind the last channel. */
START_TEST(rows_of_a_panel)
{
    static const int8_t numbers[] = { 1, 2, 3, 4, 5, 6 }; /* [channel][row] */
    static const uint16_t halves[] = { 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600 };
    static const float floats[] = { 1, 2, 3, 4, 5, 6 }, scales[] = { 1, 1, 1 };
    static const void *const data[] = { floats, halves, numbers };
    const srd__run_of_weights run = { .at = 1, .step = 2, .next = -1, .output = 0, .count = 3, .rows = 2 };
    const float want[2][3] = { { 2, 4, 6 }, { 1, 3, 5 } };
    float got[3 * SRD__PANEL];
    srd__weights weights;

    testing_mark(got, 3 * SRD__PANEL);
    memset(&weights, 0, sizeof weights);
    weights.type = SRD_FLOAT32 + _i;
    weights.data = data[_i];
    weights.scale = scales;
    srd__weights_decode(&weights, &run, got);
    for (int c = 0; c < 2; ++c) {
        for (int j = 0; j < SRD__PANEL; ++j) ck_assert(got[c * SRD__PANEL + j] == (j < 3 ? want[c][j] : 0));
    }
    check_untouched(got + 2 * SRD__PANEL, SRD__PANEL);
}
END_TEST

START_TEST(channels_and_steps)
{
    static const int8_t bytes[] = { 10, 20, 30, 40, 50, 60 }, zeros[] = { 1, 2, 3, 4 };
    static const uint16_t halves[] = { 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600 }; /* 1 to 6 */
    static const float floats[] = { 1, 2, 3, 4, 5, 6 }, scales[] = { 1, 10, 100, 1000 };
    srd__weights weights;
    float got[SRD__PANEL];

    memset(&weights, 0, sizeof weights);
    weights.type = SRD_INT8;
    weights.data = bytes;
    weights.scale = scales;
    weights.zero = zeros;
    decode(&weights, 1, 2, 1, 3, got);
    ck_assert(got[0] == 180 && got[1] == 3700 && got[2] == 56000);
    decode(&weights, 5, -2, 0, 3, got);
    ck_assert(got[0] == 59 && got[1] == 380 && got[2] == 1700);
    for (int type = SRD_FLOAT32; type <= SRD_FLOAT16; ++type) {
        weights.type = type;
        weights.data = type == SRD_FLOAT32 ? (const void *)floats : halves;
        decode(&weights, 1, 2, 1, 3, got);
        ck_assert(got[0] == 2 && got[1] == 4 && got[2] == 6);
        decode(&weights, 4, -1, 2, 3, got);
        ck_assert(got[0] == 5 && got[1] == 4 && got[2] == 3);
        for (int j = 3; j < SRD__PANEL; ++j) ck_assert(got[j] == 0);
    }
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { every_half_is_its_number, 0, 0 }, { numbers_become_the_nearest_half, 0, 0 },
        { every_byte_is_its_number, 0, 7 }, { rows_of_a_panel, 0, 3 },
        { channels_and_steps, 0, 0 },       { NULL, 0, 0 },
    };

    return testing_main("decode", list);
}
