/*
 * test_kernels.c -- the kernels of every instruction set that runs here against the portable ones. Integers of single precision
 * add up without rounding in any order, so all sets must give the same bits; and nothing beyond what was asked may be touched.
 */
#include <stdlib.h>

#include "kernels/kernels.h"
#include "testing.h"

#define MOST_PIXELS 19
#define MOST_CHANNELS 70
#define CANARY 12345.0f

static const int32_t sets[] = { SRD_KERNELS_PORTABLE, SRD_KERNELS_AVX2, SRD_KERNELS_AVX512, SRD_KERNELS_NEON };
#define SETS ((int)(sizeof sets / sizeof sets[0]))

static uint32_t state;

static float integer(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)((int32_t)(state >> 24) - 128);
}

static void fill(float *numbers, size_t count)
{
    for (size_t i = 0; i < count; ++i) numbers[i] = integer();
}

/* A guarded output; the numbers lie one float behind an aligned place, as a caller's may. */
typedef struct guarded {
    float numbers[1 + MOST_PIXELS * SRD__PANEL + 1];
} guarded;

static float *prepare(guarded *g, size_t count, uint32_t seed)
{
    state = seed;
    for (size_t i = 0; i < sizeof g->numbers / sizeof g->numbers[0]; ++i) g->numbers[i] = CANARY;
    fill(g->numbers + 1, count);
    return g->numbers + 1;
}

static void check_same(const guarded *a, const guarded *b)
{
    ck_assert_mem_eq(a, b, sizeof *a);
    ck_assert(a->numbers[0] == CANARY);
}

/* Pixels in any order of places, rows of a panel with a gap. */
static void check_mix(const srd__kernels *kernels, int32_t pixels, int32_t channels, int32_t gap)
{
    static float x[MOST_PIXELS * MOST_CHANNELS], rows[MOST_CHANNELS * (SRD__PANEL + 3) + 1];
    const srd__panel panel = { rows + 1, SRD__PANEL + gap };
    const float *at[MOST_PIXELS];
    guarded expected, got;

    state = 7;
    fill(x, sizeof x / sizeof x[0]);
    fill(rows, sizeof rows / sizeof rows[0]);
    for (int32_t i = 0; i < pixels; ++i) at[i] = x + (size_t)((i * 5) % MOST_PIXELS) * MOST_CHANNELS;
    srd__kernels_portable.mix(at, pixels, channels, &panel, prepare(&expected, (size_t)pixels * SRD__PANEL, 1));
    kernels->mix(at, pixels, channels, &panel, prepare(&got, (size_t)pixels * SRD__PANEL, 1));
    check_same(&expected, &got);
}

START_TEST(mixes_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);

    for (int32_t pixels = 0; kernels != NULL && pixels <= MOST_PIXELS; ++pixels) {
        for (int32_t channels = 0; channels <= MOST_CHANNELS; channels += 1 + channels / 4) {
            check_mix(kernels, pixels, channels, 0);
            check_mix(kernels, pixels, channels, 3);
        }
    }
}
END_TEST

START_TEST(picks_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float rows[MOST_CHANNELS * (SRD__PANEL + 3) + 1];
    srd__pick picks[MOST_CHANNELS];

    state = 5;
    fill(rows, sizeof rows / sizeof rows[0]);
    for (int32_t i = 0; i < MOST_CHANNELS; ++i) {
        picks[i].x = integer();
        picks[i].row = (i * 11) % MOST_CHANNELS;
    }
    for (int32_t count = 0; kernels != NULL && count <= MOST_CHANNELS; ++count) {
        const srd__panel panel = { rows + 1, SRD__PANEL + count % 4 };
        guarded expected, got;

        srd__kernels_portable.pick(picks, count, &panel, prepare(&expected, SRD__PANEL, 1));
        kernels->pick(picks, count, &panel, prepare(&got, SRD__PANEL, 1));
        check_same(&expected, &got);
    }
}
END_TEST

START_TEST(exact_mixes_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    float x[MOST_CHANNELS], rows[MOST_CHANNELS * SRD__PANEL + 1];
    const srd__panel panel = { rows + 1, SRD__PANEL };

    if (kernels == NULL) return;
    state = 3;
    fill(x, MOST_CHANNELS);
    fill(rows, sizeof rows / sizeof rows[0]);
    for (int32_t i = 0; i < MOST_CHANNELS; ++i) x[i] /= 3.0f; /* exact products, whatever the numbers are */
    for (int32_t channels = 0; channels <= MOST_CHANNELS; ++channels) {
        const int32_t count = 1 + channels % SRD__PANEL;
        const float *const scales[2] = { NULL, x };
        double expected[SRD__PANEL] = { 0.5 }, got[SRD__PANEL] = { 0.5 };
        guarded expected_u, got_u;

        srd__kernels_portable.exact(x, channels, &panel, scales[channels % 2], count, expected,
                                    prepare(&expected_u, SRD__PANEL, 1));
        kernels->exact(x, channels, &panel, scales[channels % 2], count, got, prepare(&got_u, SRD__PANEL, 1));
        ck_assert_mem_eq(expected, got, sizeof got);
        check_same(&expected_u, &got_u);
    }
}
END_TEST

START_TEST(dots_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float u[MOST_PIXELS * SRD__PANEL + 1], y[MOST_PIXELS * SRD__PANEL + 1];

    state = 11;
    fill(u, sizeof u / sizeof u[0]);
    fill(y, sizeof y / sizeof y[0]);
    for (int32_t pixels = 0; kernels != NULL && pixels <= MOST_PIXELS; ++pixels) {
        guarded expected[2], got[2];

        srd__kernels_portable.dots(u + 1, y + 1, pixels, prepare(&expected[0], MOST_PIXELS, 1),
                                   prepare(&expected[1], MOST_PIXELS, 2));
        kernels->dots(u + 1, y + 1, pixels, prepare(&got[0], MOST_PIXELS, 1), prepare(&got[1], MOST_PIXELS, 2));
        check_same(&expected[0], &got[0]);
        check_same(&expected[1], &got[1]);
        kernels->dots(u + 1, y + 1, pixels, NULL, prepare(&got[1], MOST_PIXELS, 2));
        check_same(&expected[1], &got[1]);
    }
}
END_TEST

START_TEST(sums_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float u[MOST_PIXELS * SRD__PANEL + 1];

    state = 13;
    fill(u, sizeof u / sizeof u[0]);
    for (int32_t n = 0; kernels != NULL && n <= MOST_PIXELS * SRD__PANEL; ++n) {
        guarded expected, got;

        srd__kernels_portable.sum(u + 1, n, prepare(&expected, MOST_PIXELS * SRD__PANEL, 1));
        kernels->sum(u + 1, n, prepare(&got, MOST_PIXELS * SRD__PANEL, 1));
        check_same(&expected, &got);
        if (n <= SRD__PANEL) {
            srd__kernels_portable.scale(u + 1, u + 2, n, prepare(&expected, SRD__PANEL, 1));
            kernels->scale(u + 1, u + 2, n, prepare(&got, SRD__PANEL, 1));
            check_same(&expected, &got);
        }
        if (n < SRD__PANEL) continue;
        srd__kernels_portable.axpy(3.0f, u + 1, prepare(&expected, SRD__PANEL, 1));
        kernels->axpy(3.0f, u + 1, prepare(&got, SRD__PANEL, 1));
        check_same(&expected, &got);
    }
}
END_TEST

START_TEST(turns_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float rows[MOST_CHANNELS * (SRD__PANEL + 3) + 1];
    float g[SRD__PANEL];

    state = 19;
    fill(rows, sizeof rows / sizeof rows[0]);
    fill(g, SRD__PANEL);
    for (int32_t channels = 0; kernels != NULL && channels <= MOST_CHANNELS; ++channels) {
        const srd__panel panel = { rows + 1, SRD__PANEL + channels % 4 };
        guarded expected, got;

        srd__kernels_portable.turn(&panel, channels, g, prepare(&expected, MOST_CHANNELS, 1));
        kernels->turn(&panel, channels, g, prepare(&got, MOST_CHANNELS, 1));
        check_same(&expected, &got);
    }
}
END_TEST

/* Rounding included: what a pixel gets does not depend on how many there are and where it stands among them. */
START_TEST(pixels_do_not_depend_on_their_neighbours)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float x[MOST_CHANNELS], rows[MOST_CHANNELS * SRD__PANEL], y[MOST_PIXELS * SRD__PANEL];
    const srd__panel panel = { rows, SRD__PANEL };
    const float *at[MOST_PIXELS];
    float alone[SRD__PANEL] = { 0.0f }, uu_alone = 0.0f, uy_alone = 0.0f;

    if (kernels == NULL) return;
    state = 17;
    fill(x, MOST_CHANNELS);
    fill(rows, sizeof rows / sizeof rows[0]);
    for (int32_t i = 0; i < MOST_CHANNELS; ++i) x[i] /= 7.0f;
    for (int32_t i = 0; i < MOST_PIXELS * SRD__PANEL; ++i) y[i] = (float)(i % SRD__PANEL) / 11.0f;
    for (int32_t i = 0; i < MOST_PIXELS; ++i) at[i] = x;
    kernels->mix(at, 1, MOST_CHANNELS, &panel, alone);
    kernels->dots(alone, y, 1, &uu_alone, &uy_alone);
    for (int32_t pixels = 1; pixels <= MOST_PIXELS; ++pixels) {
        float u[MOST_PIXELS * SRD__PANEL] = { 0.0f }, uu[MOST_PIXELS] = { 0.0f }, uy[MOST_PIXELS] = { 0.0f };

        kernels->mix(at, pixels, MOST_CHANNELS, &panel, u);
        kernels->dots(u, y, pixels, uu, uy);
        for (int32_t i = 0; i < pixels; ++i) {
            ck_assert_mem_eq(u + (size_t)i * SRD__PANEL, alone, sizeof alone);
            ck_assert(uu[i] == uu_alone && uy[i] == uy_alone);
        }
    }
}
END_TEST

START_TEST(sets_are_found)
{
    const srd__kernels *const best = srd__kernels_of(SRD_KERNELS_BEST);

    ck_assert_ptr_nonnull(best);
    ck_assert_ptr_eq(srd__kernels_of(SRD_KERNELS_PORTABLE), &srd__kernels_portable);
    ck_assert_ptr_eq(srd__kernels_of(srd__kernels_set(best)), best);
    ck_assert_ptr_null(srd__kernels_of(SRD_KERNELS_NEON + 1));
    ck_assert_ptr_null(srd__kernels_of(-1));
}
END_TEST

/* A designated initialiser that forgets a kernel leaves NULL there, which no compiler warns about. */
START_TEST(no_kernel_is_missing)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    void (*each[sizeof(srd__kernels) / sizeof(void (*)(void))])(void);

    ck_assert_uint_eq(sizeof each, sizeof *kernels);
    if (kernels == NULL) return;
    ck_assert_int_eq(srd__kernels_set(kernels), sets[_i]);
    memcpy(each, kernels, sizeof each);
    for (size_t i = 0; i < sizeof each / sizeof each[0]; ++i) ck_assert_msg(each[i] != NULL, "kernel %d of the table", (int)i);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { mixes_are_the_same, 0, SETS },
        { exact_mixes_are_the_same, 0, SETS },
        { picks_are_the_same, 0, SETS },
        { turns_are_the_same, 0, SETS },
        { dots_are_the_same, 0, SETS },
        { sums_are_the_same, 0, SETS },
        { sets_are_found, 0, 0 },
        { no_kernel_is_missing, 0, SETS },
        { pixels_do_not_depend_on_their_neighbours, 0, SETS },
        { NULL, 0, 0 },
    };

    return testing_main("kernels", list);
}
