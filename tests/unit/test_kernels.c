/*
 * test_kernels.c -- the kernels of every instruction set that runs here against the portable ones. Integers of single precision
 * add up without rounding in any order, so all sets must give the same bits; and nothing beyond what was asked may be touched.
 */
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "kernels/kernels.h"
#include "testing.h"

#define MOST_PIXELS 19
#define MOST_CHANNELS 70
#define MOST_BLOCKS 7
#define CANARY 12345.0f

static const int32_t sets[] = { SRD_KERNELS_PORTABLE, SRD_KERNELS_AVX2, SRD_KERNELS_AVX512, SRD_KERNELS_NEON, SRD_KERNELS_AMX };
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
    float numbers[1 + MOST_BLOCKS * (MOST_PIXELS * SRD__PANEL + 1) + 1];
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

/* Several panels, at odd places. */
static void make_panels(srd__panel *panels, const float *rows, int32_t row)
{
    for (int32_t i = 0; i < MOST_BLOCKS; ++i) panels[i] = (srd__panel){ rows + 1 + 5 * i, row };
}

/* Whole numbers of 12 bits: they take both halves of a split number. */
static void widen(float *numbers, size_t count)
{
    for (size_t i = 0; i < count; ++i) numbers[i] *= 17.0f;
}

/* Of 4 bits. */
static void narrow(float *numbers, size_t count)
{
    for (size_t i = 0; i < count; ++i) numbers[i] = fmodf(numbers[i], 8.0f);
}

/* Pixels in any order of places, rows of a panel with a gap, blocks a gap apart. */
static void check_mix(const srd__kernels *kernels, int32_t pixels, int32_t channels, int32_t blocks, int32_t gap)
{
    static float x[MOST_PIXELS * MOST_CHANNELS], rows[MOST_CHANNELS * (SRD__PANEL + 3) + 1 + 5 * MOST_BLOCKS];
    const size_t step = (size_t)pixels * SRD__PANEL + 1;
    srd__panel panels[MOST_BLOCKS];
    const float *at[MOST_PIXELS];
    guarded expected, got;

    state = 7;
    fill(x, sizeof x / sizeof x[0]);
    fill(rows, sizeof rows / sizeof rows[0]);
    if ((pixels + channels) % 3 == 1) {
        widen(x, sizeof x / sizeof x[0]);
        narrow(rows, sizeof rows / sizeof rows[0]);
    } else if ((pixels + channels) % 3 == 2) {
        narrow(x, sizeof x / sizeof x[0]);
        widen(rows, sizeof rows / sizeof rows[0]);
    }
    for (int32_t i = 0; i < pixels; ++i) at[i] = x + (size_t)((i * 5) % MOST_PIXELS) * MOST_CHANNELS;
    make_panels(panels, rows, SRD__PANEL + gap);
    srd__kernels_portable.mix(at, pixels, channels, panels, blocks, prepare(&expected, (size_t)blocks * step, 1), step, true);
    kernels->mix(at, pixels, channels, panels, blocks, prepare(&got, (size_t)blocks * step, 1), step, true);
    check_same(&expected, &got);
    kernels->mix(at, pixels, channels, panels, blocks, prepare(&got, (size_t)blocks * step, 2), step, false);
    for (int32_t b = 0; b < blocks; ++b) { /* what was there is forgotten; between the blocks it stays */
        float *const begin = prepare(&expected, (size_t)blocks * step, 2) + (size_t)b * step;

        memset(begin, 0, (step - 1) * sizeof *begin);
        srd__kernels_portable.mix(at, pixels, channels, panels + b, 1, begin, 0, true);
        ck_assert_mem_eq(begin, got.numbers + 1 + (size_t)b * step, step * sizeof *begin);
    }
}

START_TEST(mixes_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);

    for (int32_t pixels = 0; kernels != NULL && pixels <= MOST_PIXELS; ++pixels) {
        for (int32_t channels = 0; channels <= MOST_CHANNELS; channels += 1 + channels / 4) {
            check_mix(kernels, pixels, channels, 1, 0);
            check_mix(kernels, pixels, channels, 1 + (pixels + channels) % MOST_BLOCKS, 3);
        }
    }
}
END_TEST

/* docs/numerics.md: what the products of split numbers lose, and what single precision does, of the magnitudes that are added. */
#define SPLIT_LOSS 3.06e-5
#define SINGLE_LOSS (MOST_CHANNELS * 1.2e-7)

/* One pixel, one block: is each sum within its bound, or not finite where the numbers are `broken`? */
static void check_loss(const srd__kernels *kernels, float *x, float *rows, bool broken)
{
    const bool splits = srd__kernels_set(kernels) == SRD_KERNELS_AMX;
    const double loss = SINGLE_LOSS + (splits ? SPLIT_LOSS : 0.0), least = splits ? 0x1p-126 : 0x1p-149;
    const srd__panel panel = { rows, SRD__PANEL };
    const float *const at = x;
    float u[SRD__PANEL];

    kernels->mix(&at, 1, MOST_CHANNELS, &panel, 1, u, 0, false);
    for (int32_t j = 0; j < SRD__PANEL; ++j) {
        double sum = 0.0, magnitude = 0.0,
               small = 0.0; /* what may be lost because numbers are small: of a factor, of a product */

        ck_assert(srd__finite(u[j]) != broken);
        for (int32_t c = 0; c < MOST_CHANNELS; ++c) {
            sum += (double)x[c] * (double)rows[c * SRD__PANEL + j];
            magnitude += fabs((double)x[c] * (double)rows[c * SRD__PANEL + j]);
            small += least * (fabs((double)x[c]) + fabs((double)rows[c * SRD__PANEL + j]) + 3.0);
        }
        if (!broken) {
            ck_assert_msg(fabs((double)u[j] - sum) <= loss * magnitude + small, "%g of %g", (double)u[j] - sum, magnitude);
        }
    }
}

/* Any numbers, also those that are next to the largest, and those that are broken. */
START_TEST(mixes_stay_within_their_bound)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static const float broken[] = { NAN, INFINITY, -INFINITY };
    /* What loses most when it is split, and what would lose more if hi or lo were cut off instead of rounded. */
    static const float worst[] = { 1.0f + 0x1p-8f - 0x1p-17f - 0x1p-23f, 1.0f + 0x1p-7f - 0x1p-23f, 1.0f + 0x1p-8f - 0x1p-22f };
    static float x[MOST_CHANNELS], rows[MOST_CHANNELS * SRD__PANEL];

    if (kernels == NULL) return;
    state = 43;
    for (int32_t round = 0; round < 300; ++round) {
        for (int32_t c = 0; c < MOST_CHANNELS; ++c) x[c] = integer() / 3.0f + integer() / 700.0f;
        for (int32_t i = 0; i < MOST_CHANNELS * SRD__PANEL; ++i) rows[i] = integer() / 7.0f + integer() / 1100.0f;
        if (round < 3) {
            for (int32_t c = 0; c < MOST_CHANNELS; ++c) x[c] = worst[round];
            for (int32_t i = 0; i < MOST_CHANNELS * SRD__PANEL; ++i) rows[i] = worst[round];
        }
        check_loss(kernels, x, rows, false);
        if (round % 3 == 1) { /* lo, products and sums become denormal, and single numbers */
            for (int32_t c = 0; c < MOST_CHANNELS; ++c) x[c] *= c % 5 == 0 ? 0x1p-131f : 0x1p-122f;
            check_loss(kernels, x, rows, false);
        }
        if (round % 3 == 2) { /* above 0x7f7f8000 a bfloat16 would be infinite */
            for (int32_t c = 0; c < MOST_CHANNELS; ++c) x[c] = c % 2 == 0 ? FLT_MAX : -FLT_MAX;
            for (int32_t i = 0; i < MOST_CHANNELS * SRD__PANEL; ++i) rows[i] *= 1e-6f;
            check_loss(kernels, x, rows, false);
            for (int32_t i = 0; i < MOST_CHANNELS * SRD__PANEL; ++i) rows[i] = i % 3 == 0 ? FLT_MAX : -FLT_MAX;
            for (int32_t c = 0; c < MOST_CHANNELS; ++c) x[c] = integer() * 1e-7f;
            check_loss(kernels, x, rows, false);
        }
    }
    for (int32_t c = 0; c < MOST_CHANNELS; ++c) {
        for (int32_t i = 0; i < MOST_CHANNELS * SRD__PANEL; ++i) rows[i] = 2.5f;
        for (int32_t i = 0; i < MOST_CHANNELS; ++i) x[i] = i == c ? broken[c % 3] : 1.5f;
        check_loss(kernels, x, rows, true);
        x[c] = 1.5f;
        for (int32_t j = 0; j < SRD__PANEL; ++j) rows[c * SRD__PANEL + j] = broken[c % 3];
        check_loss(kernels, x, rows, true);
    }
}
END_TEST

/* Slots of any length, also none; slots and blocks a gap apart. */
START_TEST(picks_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float rows[MOST_CHANNELS * (SRD__PANEL + 3) + 1 + 5 * MOST_BLOCKS];
    srd__pick picks[MOST_CHANNELS];

    state = 5;
    fill(rows, sizeof rows / sizeof rows[0]);
    for (int32_t i = 0; i < MOST_CHANNELS; ++i) {
        picks[i].x = integer();
        picks[i].row = (i * 11) % MOST_CHANNELS;
    }
    for (int32_t count = 0; kernels != NULL && count <= MOST_CHANNELS; ++count) {
        const int32_t begins[] = { count / 5, count / 4, count / 4, count / 2, count }, slots = count % 5;
        const int32_t blocks = 1 + count % MOST_BLOCKS;
        const size_t slot_step = SRD__PANEL + 1, step = 4 * slot_step + 1, numbers = (size_t)blocks * step;
        srd__panel panels[MOST_BLOCKS];
        guarded expected, got;

        make_panels(panels, rows, SRD__PANEL + count % 4);
        srd__kernels_portable.pick(picks, begins, slots, panels, blocks, prepare(&expected, numbers, 1), slot_step, step);
        kernels->pick(picks, begins, slots, panels, blocks, prepare(&got, numbers, 1), slot_step, step);
        check_same(&expected, &got);
    }
}
END_TEST

/* The same with the sums that follow, which stay exact. */
START_TEST(sums_of_picks_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float rows[MOST_CHANNELS * (SRD__PANEL + 4) * MOST_BLOCKS], y[MOST_BLOCKS * (SRD__PANEL + 1)], scale[SRD__PICKED];
    srd__pick picks[MOST_CHANNELS];

    state = 37;
    fill(rows, sizeof rows / sizeof rows[0]);
    fill(y, sizeof y / sizeof y[0]);
    fill(scale, SRD__PICKED);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) rows[i] = fmodf(rows[i], 3.0f);
    for (size_t i = 0; i < sizeof y / sizeof y[0]; ++i) y[i] = fmodf(y[i], 4.0f);
    for (int32_t j = 0; j < SRD__PICKED; ++j) scale[j] = fmodf(scale[j], 3.0f);
    for (int32_t i = 0; i < MOST_CHANNELS; ++i) {
        picks[i].x = fmodf(integer(), 3.0f);
        picks[i].row = (i * 11) % MOST_CHANNELS;
    }
    for (int32_t n = 0; kernels != NULL && n <= MOST_CHANNELS; ++n) {
        const int32_t begins[] = { n / 5, n / 4, n / 4, n / 3, n / 2, n }, slots = n % 6;
        const int32_t count = 1 + (n * 7) % SRD__PICKED;
        srd__panel panels[MOST_BLOCKS];
        float *const sharp = (float *)malloc((size_t)count * sizeof(float)); /* exactly so long */
        const srd__picked p = { picks, begins, panels, n % 3 == 0 ? NULL : sharp, slots, count };
        const bool norms = n % 4 != 0;
        guarded expected[2], got[2];

        memcpy(sharp, scale, (size_t)count * sizeof(float));
        make_panels(panels, rows, SRD__PANEL + n % 4);
        srd__kernels_portable.pick_sums(&p, y, SRD__PANEL + 1, norms ? prepare(&expected[0], 2 * 5, 1) : NULL,
                                        prepare(&expected[1], 2 * 5, 2), 2);
        kernels->pick_sums(&p, y, SRD__PANEL + 1, norms ? prepare(&got[0], 2 * 5, 1) : NULL, prepare(&got[1], 2 * 5, 2), 2);
        if (norms) check_same(&expected[0], &got[0]);
        check_same(&expected[1], &got[1]);
        free(sharp);
    }
}
END_TEST

/* The same operations in the same order: the same bits for any numbers. */
START_TEST(ratios_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float norms[MOST_CHANNELS * SRD__TILE_PIXELS], of[3 * SRD__TILE_PIXELS];

    state = 41;
    fill(norms, sizeof norms / sizeof norms[0]);
    fill(of, sizeof of / sizeof of[0]);
    for (size_t i = 0; i < sizeof norms / sizeof norms[0]; ++i) norms[i] = fabsf(norms[i]) / 7.0f;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; ++i) of[i] = (of[i] + 0.5f) / 3.0f;
    for (int32_t n = 1; kernels != NULL && n <= SRD__TILE_PIXELS; ++n) {
        const int32_t rows = (n * 7) % 12;
        const size_t numbers = (size_t)rows * (size_t)n, step = (size_t)n + 2;
        guarded expected[4], got[4];

        for (int k = 0; k < 2; ++k) {
            const srd__kernels *const set = k == 0 ? &srd__kernels_portable : kernels;
            guarded *const to = k == 0 ? expected : got;

            set->columns(norms, rows, n, prepare(&to[0], (size_t)n, 1));
            memcpy(prepare(&to[1], numbers, 1), norms, numbers * sizeof(float));
            set->roots(to[1].numbers + 1, numbers);
            set->share(norms, rows, n, of, of + SRD__TILE_PIXELS, prepare(&to[2], numbers, 2));
        }
        for (int k = 0; k < 3; ++k) check_same(&expected[k], &got[k]);
        for (int k = 0; k < 2; ++k) {
            guarded *const to = k == 0 ? expected : got;

            (k == 0 ? &srd__kernels_portable : kernels)
                ->quotients(norms, rows, n, of, prepare(&to[0], 0, 1), step, prepare(&to[1], (size_t)n, 2),
                            prepare(&to[2], (size_t)n, 3), n % 2 == 0);
        }
        for (int k = 0; k < 3; ++k) check_same(&expected[k], &got[k]);
        for (int32_t i = 0; i < rows * (n + 2); ++i) {
            ck_assert((got[0].numbers[1 + i] == CANARY) == (i % (n + 2) >= n)); /* between the rows nothing is written */
        }
    }
}
END_TEST

START_TEST(panels_are_flipped_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    float y[SRD__TILE_PIXELS * SRD__PANEL], scale[SRD__PANEL];

    state = 47;
    fill(y, sizeof y / sizeof y[0]);
    fill(scale, SRD__PANEL);
    for (int32_t pixels = 0; kernels != NULL && pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t n = 1; n <= SRD__PANEL; ++n) {
            guarded got;
            float *const to = prepare(&got, 0, 1);

            kernels->flip(y, pixels, n % 3 == 0 ? NULL : scale, n, to);
            for (int32_t k = 0; k < SRD__PANEL * SRD__TILE_PIXELS; ++k) {
                const int32_t i = k % SRD__TILE_PIXELS, j = k / SRD__TILE_PIXELS;
                const float expected = (n % 3 == 0 ? 1.0f : scale[j]) * y[i * SRD__PANEL + j];

                ck_assert(to[k] == (i < pixels && j < n ? expected : 0.0f));
            }
            ck_assert(got.numbers[0] == CANARY && to[SRD__PANEL * SRD__TILE_PIXELS] == CANARY);
        }
    }
}
END_TEST

#define MOST_TAPS 10
#define MOST_TERMS 120
#define MOST_SUMMED 137 /* channels */
#define MOST_SUMS ((SRD__TILE_PIXELS + 1) * (MOST_SUMMED + 2))
#define MOST_U (MOST_TAPS * SRD__TILE_PIXELS * SRD__PANEL)

/* What comes from all taps at once, guarded. */
typedef struct whole {
    guarded y;
    float u[1 + MOST_U + 1];
} whole;

/* Everything is a canary: these kernels write whole panels and add to nothing. */
static void prepare_whole(whole *w)
{
    prepare(&w->y, 0, 1);
    for (size_t i = 0; i < sizeof w->u / sizeof w->u[0]; ++i) w->u[i] = CANARY;
}

/* The first numbers are written, the others are not. */
static void check_whole(const whole *expected, const whole *got, size_t y, size_t u)
{
    int32_t wrong = 0; /* an assertion for each would take longer than the kernels */

    ck_assert_mem_eq(expected, got, sizeof *got);
    for (size_t i = 0; i < MOST_PIXELS * SRD__PANEL; ++i) wrong += (got->y.numbers[1 + i] == CANARY) != (i >= y);
    for (size_t i = 0; i <= MOST_U; ++i) wrong += (got->u[1 + i] == CANARY) != (i >= u);
    ck_assert_int_eq(wrong, 0);
}

/* Terms that share numbers, or overlap, or stand alone: by threes beside each other. x: SRD__TILE_PIXELS for each term. */
static void point(const double **terms, int32_t count, const double *x)
{
    for (int32_t i = 0; i < count; ++i) terms[i] = x + i / 3 * SRD__TILE_PIXELS + i % 3;
}

/* Numbers that are not whole: their products are exact in double, so that only the order of the sums counts. */
static void check_exact(const srd__kernels *kernels, const srd__exact *e, int32_t pixels)
{
    static whole expected, got;

    prepare_whole(&expected);
    prepare_whole(&got);
    srd__kernels_portable.exact(e, pixels, expected.y.numbers + 1);
    kernels->exact(e, pixels, got.y.numbers + 1);
    check_whole(&expected, &got, (size_t)pixels * SRD__PANEL, 0);
}

START_TEST(exact_mixes_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static double x[MOST_TERMS * SRD__TILE_PIXELS];
    const double *terms_at[MOST_TERMS];
    static float rows[MOST_TERMS * (SRD__PANEL + 3) + 1];
    float scale[SRD__PANEL];

    if (kernels == NULL) return;
    state = 3;
    fill(rows, sizeof rows / sizeof rows[0]);
    fill(scale, SRD__PANEL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) rows[i] /= 7.0f;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; ++i) x[i] = (double)(integer() / 3.0f);
    point(terms_at, MOST_TERMS, x);
    for (int32_t pixels = 0; pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t terms = 1; terms <= MOST_TERMS; terms += 1 + terms / 3) {
            const int32_t count = 1 + (pixels * 5 + terms) % SRD__PANEL;
            float *const sharp = (float *)malloc((size_t)count * sizeof(float)); /* exactly so long */
            srd__exact e = { terms_at, { rows + 1, SRD__PANEL + pixels % 4 }, NULL, terms, SRD__PANEL };

            check_exact(kernels, &e, pixels);
            memcpy(sharp, scale, (size_t)count * sizeof(float));
            e.scale = sharp;
            e.count = count;
            check_exact(kernels, &e, pixels);
            free(sharp);
        }
    }
}
END_TEST

/* Whole numbers, so that every order and fusion gives the same bits; what lies left of the diagonal is poison. */
START_TEST(few_products_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static double x[MOST_TAPS * SRD__FEW * SRD__TILE_PIXELS], r[MOST_TAPS * SRD__FEW * SRD__FEW];
    static float v[MOST_TAPS * SRD__FEW * SRD__TILE_PIXELS];
    const double *terms[MOST_TAPS * SRD__FEW];
    static float expected[2][MOST_TAPS * SRD__TILE_PIXELS + 1], got[2][MOST_TAPS * SRD__TILE_PIXELS + 1];

    if (kernels == NULL) return;
    state = 5;
    fill(v, sizeof v / sizeof v[0]);
    for (size_t i = 0; i < sizeof x / sizeof x[0]; ++i) x[i] = (double)integer();
    point(terms, MOST_TAPS * SRD__FEW, x);
    for (int32_t pixels = 0; pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t channels = 1; channels <= SRD__FEW; ++channels) {
            const int32_t taps = 1 + (pixels + channels) % MOST_TAPS;
            const srd__few f = { terms, r, v, taps, channels };
            const size_t used = (size_t)taps * (size_t)pixels;

            for (int32_t i = 0; i < taps * channels * channels; ++i) {
                r[i] = i % channels < i / channels % channels ? (double)NAN : (double)integer();
            }
            for (int32_t k = 0; k < 2; ++k) {
                for (size_t i = 0; i <= MOST_TAPS * SRD__TILE_PIXELS; ++i) expected[k][i] = got[k][i] = CANARY;
            }
            srd__kernels_portable.few(&f, pixels, expected[0], expected[1]);
            kernels->few(&f, pixels, got[0], got[1]);
            ck_assert_mem_eq(expected, got, sizeof got);
            for (int32_t k = 0; k < 2; ++k) {
                for (size_t i = 0; i < used; ++i) ck_assert(got[k][i] != CANARY);
                for (size_t i = used; i <= MOST_TAPS * SRD__TILE_PIXELS; ++i) ck_assert(got[k][i] == CANARY);
                for (size_t i = 0; i < used; ++i) got[k][i] = CANARY;
            }
            kernels->few(&f, pixels, NULL, got[1]);
            ck_assert_mem_eq(expected[1], got[1], sizeof got[1]);
            ck_assert(got[0][0] == CANARY);
        }
    }
}
END_TEST

/* Picks by slot, against the same sentence word by word; every second or so x is 0. */
START_TEST(picks_are_listed)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    float x[MOST_CHANNELS + 1];
    uint8_t winner[MOST_CHANNELS + 1];
    srd__pick picks[MOST_CHANNELS + 1];
    int32_t begins[SRD__TILE_PIXELS + 2];

    if (kernels == NULL || kernels->list == NULL) return;
    state = 8;
    for (int32_t n = 1; n < MOST_CHANNELS; ++n) {
        const int32_t slots = 1 + n % SRD__TILE_PIXELS;
        int32_t at = 0;

        for (int32_t c = 0; c < n; ++c) {
            x[1 + c] = n % 3 == 0 || integer() < 0 ? integer() : 0.0f;
            winner[1 + c] = (uint8_t)((int32_t)(integer() + 128.0f) % slots);
        }
        picks[n] = (srd__pick){ CANARY, 7 };
        begins[slots + 1] = 7;
        kernels->list(x + 1, winner + 1, n, slots, picks, begins);
        for (int32_t s = 0; s < slots; ++s) {
            ck_assert_int_eq(begins[s], at);
            for (int32_t c = 0; c < n; ++c) {
                if (winner[1 + c] != s || x[1 + c] == 0.0f) continue;
                ck_assert_int_eq(picks[at].row, c);
                ck_assert(picks[at].x == x[1 + c]);
                ++at;
            }
        }
        ck_assert_int_eq(begins[slots], at);
        ck_assert(picks[n].x == CANARY && picks[n].row == 7 && begins[slots + 1] == 7);
    }
}
END_TEST

static void check_depthwise(const srd__kernels *kernels, const srd__depthwise *d, int32_t pixels)
{
    static whole expected, got;
    const size_t panels = (size_t)pixels * SRD__PANEL;

    for (int32_t with_u = 0; with_u < 2; ++with_u) {
        prepare_whole(&expected);
        prepare_whole(&got);
        srd__kernels_portable.depthwise(d, pixels, expected.y.numbers + 1, with_u ? expected.u + 1 : NULL);
        kernels->depthwise(d, pixels, got.y.numbers + 1, with_u ? got.u + 1 : NULL);
        check_whole(&expected, &got, panels, with_u ? panels * (size_t)d->taps : 0);
    }
}

/* Values, weights and scales end where the last channel does, so that a sanitizer sees a read behind it. */
START_TEST(depthwise_sums_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    const float *at[MOST_TAPS * SRD__TILE_PIXELS];

    for (int32_t pixels = 0; kernels != NULL && pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t count = 1; count <= SRD__PANEL; ++count) {
            const int32_t taps = 1 + (pixels + count) % MOST_TAPS;
            const size_t first = (size_t)(pixels % 3), row = first + (size_t)count, numbers = (size_t)taps * row;
            float *const x = (float *)malloc(numbers * sizeof(float)), *const w = (float *)malloc(numbers * sizeof(float));
            float *const scale = (float *)malloc((size_t)count * sizeof(float));
            srd__depthwise d = { at, w + first, NULL, first, row, taps, count };

            state = 23;
            fill(x, numbers);
            fill(w, numbers);
            fill(scale, (size_t)count);
            for (int32_t i = 0; i < taps * SRD__TILE_PIXELS; ++i) at[i] = x + (size_t)(i * 5 % taps) * row;
            check_depthwise(kernels, &d, pixels);
            d.scale = scale;
            check_depthwise(kernels, &d, pixels);
            free(x);
            free(w);
            free(scale);
        }
    }
}
END_TEST

#define POISON 0.25f

/* y, then uu, uy, yy and by, which are added to what is there. */
typedef struct summed {
    float y[MOST_SUMS], sums[4][MOST_SUMS];
} summed;

static srd__sums_to begin_sums(summed *s, int32_t pixels, int32_t count, const float *bias, bool norms, bool given,
                               const srd__finish *finish)
{
    const srd__sums_to to = { bias,
                              s->y,
                              (size_t)count + 1,
                              (size_t)pixels + 1,
                              norms ? s->sums[0] : NULL,
                              s->sums[1],
                              s->sums[2],
                              bias != NULL ? s->sums[3] : NULL,
                              given,
                              finish };

    for (int32_t i = 0; i < MOST_SUMS; ++i) {
        s->y[i] = given && i < pixels * (count + 1) && (i + 1) % (count + 1) != 0 ? (float)(i % 7) : POISON;
        for (int32_t k = 0; k < 4; ++k) s->sums[k][i] = POISON;
    }
    return to;
}

/* What a pixel gets from u [taps][count], as the header says it. */
static void add_sums(const srd__sums_to *to, int32_t pixel, int32_t taps, int32_t count, const float *u)
{
    for (int32_t j = 0; j < count; ++j) {
        float *const y = &to->to[(size_t)pixel * to->stride + (size_t)j];
        const float bias = to->bias != NULL ? to->bias[j] : 0.0f;

        if (!to->given) *y = bias;
        for (int32_t t = 0; !to->given && t < taps; ++t) *y += u[t * count + j];
        for (int32_t t = 0; t < taps; ++t) {
            const size_t at = (size_t)t * to->step + (size_t)pixel;

            if (to->uu != NULL) to->uu[at] += u[t * count + j] * u[t * count + j];
            to->uy[at] += u[t * count + j] * *y;
        }
        to->yy[pixel] += *y * *y;
        if (to->bias != NULL) to->by[pixel] += bias * *y;
        if (to->finish != NULL) *y = fminf(fmaxf(*y, to->finish->low), to->finish->high);
    }
}

static void check_sums(const srd__kernels *kernels, const srd__depthwise *d, int32_t pixels, const float *bias, bool norms,
                       bool given)
{
    static const srd__finish clip = { -2.0f, 5.0f, true };
    static summed expected, got;
    const srd__finish *const finish = !given && d->count % 2 == 0 ? &clip : NULL;
    const srd__sums_to want = begin_sums(&expected, pixels, d->count, bias, norms, given, finish);
    const srd__sums_to to = begin_sums(&got, pixels, d->count, bias, norms, given, finish);
    float u[SRD__SUMS_TAPS * MOST_SUMMED] = { 0.0f };

    for (int32_t i = 0; i < pixels; ++i) {
        for (int32_t k = 0; k < d->taps * d->count; ++k) {
            const int32_t t = k / d->count, j = k % d->count;

            u[k] = d->x[t * SRD__TILE_PIXELS + i][j] * d->w[(size_t)t * d->row + (size_t)j];
        }
        add_sums(&want, i, d->taps, d->count, u);
    }
    ck_assert(kernels->sums(d, pixels, &to));
    ck_assert_mem_eq(&expected, &got, sizeof got);
}

/* One pixel, whose channels come from one tap each. */
START_TEST(pooled_sums_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);

    for (int32_t count = 1; kernels != NULL && count <= MOST_SUMMED; ++count) {
        for (int32_t taps = 1; taps <= SRD__SUMS_TAPS; ++taps) {
            static summed expected, got;
            const size_t bytes = (size_t)count * sizeof(float);
            float *const x = (float *)malloc(bytes), *const w = (float *)malloc(bytes), *const bias = (float *)malloc(bytes);
            uint8_t *const winner = (uint8_t *)malloc((size_t)count);
            const srd__pooled p = { x, winner, w, taps, count };
            const srd__finish clip = { 0.0f, 3.0f, false }, *const finish = count % 3 == 1 ? &clip : NULL;
            const bool with_bias = taps % 3 != 0, norms = count % 4 != 0, given = count % 3 == 0;
            const srd__sums_to want = begin_sums(&expected, 1, count, with_bias ? bias : NULL, norms, given, finish);
            const srd__sums_to to = begin_sums(&got, 1, count, with_bias ? bias : NULL, norms, given, finish);
            float u[SRD__SUMS_TAPS * MOST_SUMMED] = { 0.0f };

            state = (uint32_t)(43 + count);
            for (int32_t j = 0; j < count; ++j) {
                x[j] = fmodf(integer(), 4.0f) + 0.0f; /* no negative zero, which a sum with zeros loses */
                w[j] = fmodf(integer(), 4.0f) + 0.0f;
                bias[j] = fmodf(integer(), 4.0f) + 0.0f;
                winner[j] = (uint8_t)((int32_t)(integer() + 128.0f) % taps);
                u[winner[j] * count + j] = x[j] * w[j];
            }
            add_sums(&want, 0, taps, count, u);
            ck_assert(kernels->pooled(&p, &to));
            ck_assert_mem_eq(&expected, &got, sizeof got);
            x[count - 1] = INFINITY;
            w[count - 1] = 1.0f;
            ck_assert(kernels->pooled(&p, &to) == given);
            free(x);
            free(w);
            free(bias);
            free(winner);
        }
    }
}
END_TEST

/* Whole numbers; all arrays end where the last channel does. */
START_TEST(depthwise_sums_in_one_pass_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    const float *at[SRD__SUMS_TAPS * SRD__TILE_PIXELS];

    for (int32_t pixels = 0; kernels != NULL && pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t count = 1; count <= MOST_SUMMED; count += 1 + count / 16) {
            const int32_t taps = (pixels + count) % 3 == 0 ? SRD__SUMS_TAPS : 1 + (pixels + count) % SRD__SUMS_TAPS;
            const size_t numbers = (size_t)taps * (size_t)count;
            float *const x = (float *)malloc(numbers * sizeof *x), *const w = (float *)malloc(numbers * sizeof *w);
            float *const bias = (float *)malloc((size_t)count * sizeof *bias);
            const srd__depthwise d = { at, w, NULL, 0, (size_t)count, taps, count };

            state = (uint32_t)(31 + pixels);
            fill(x, numbers);
            fill(w, numbers);
            fill(bias, (size_t)count);
            for (size_t i = 0; i < numbers; ++i) x[i] = fmodf(x[i], 4.0f), w[i] = fmodf(w[i], 4.0f); /* sums stay exact */
            for (int32_t i = 0; i < count; ++i) bias[i] = fmodf(bias[i], 4.0f);
            for (int32_t i = 0; i < taps * SRD__TILE_PIXELS; ++i) {
                at[i] = x + (size_t)(i / SRD__TILE_PIXELS + i) % (size_t)taps * (size_t)count;
            }
            check_sums(kernels, &d, pixels, bias, true, count % 5 == 0);
            check_sums(kernels, &d, pixels, NULL, count % 2 == 0, count % 5 == 1);
            free(x);
            free(w);
            free(bias);
        }
    }
}
END_TEST

/* A NaN or Inf in any channel of any pixel is seen. */
START_TEST(depthwise_sums_see_what_is_broken)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    const float *at[SRD__TILE_PIXELS];
    float x[2][MOST_SUMMED], w[MOST_SUMMED], y[2 * MOST_SUMMED], sum[3][2] = { { 0.0f } };
    const srd__depthwise d = { at, w, NULL, 0, MOST_SUMMED, 1, MOST_SUMMED };
    const srd__sums_to to = { NULL, y, MOST_SUMMED, 2, sum[0], sum[1], sum[2], NULL, false, NULL };

    if (kernels == NULL) return;
    for (int32_t i = 0; i < SRD__TILE_PIXELS; ++i) at[i] = x[i % 2];
    for (int32_t c = 0; c < MOST_SUMMED; ++c) x[0][c] = x[1][c] = w[c] = 1.0f;
    ck_assert(kernels->sums(&d, 2, &to));
    for (int32_t c = 0; c < 2 * MOST_SUMMED; ++c) {
        x[c % 2][c / 2] = c % 3 == 0 ? NAN : c % 3 == 1 ? INFINITY : -INFINITY;
        ck_assert(!kernels->sums(&d, 2, &to));
        x[c % 2][c / 2] = 1.0f;
    }
}
END_TEST

/* Rounding included: the same pixel everywhere gets the same, wherever it stands. */
START_TEST(pixels_of_all_taps_do_not_depend_on_their_neighbours)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float numbers[MOST_TAPS * SRD__PANEL];
    const float *at[MOST_TAPS * SRD__TILE_PIXELS];
    const srd__depthwise d = { at, numbers, numbers + 5, 0, SRD__PANEL, MOST_TAPS, 13 };
    float alone[2][SRD__PANEL], u[MOST_U], y[SRD__TILE_PIXELS * SRD__PANEL];

    if (kernels == NULL) return;
    state = 29;
    fill(numbers, sizeof numbers / sizeof numbers[0]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i) numbers[i] /= 7.0f;
    for (int32_t i = 0; i < MOST_TAPS * SRD__TILE_PIXELS; ++i) at[i] = numbers + i / SRD__TILE_PIXELS * SRD__PANEL;
    kernels->depthwise(&d, 1, alone[0], NULL);
    kernels->depthwise(&d, 1, alone[1], u);
    for (int32_t pixels = 1; pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t with_u = 0; with_u < 2; ++with_u) {
            kernels->depthwise(&d, pixels, y, with_u ? u : NULL);
            for (int32_t i = 0; i < pixels; ++i) ck_assert_mem_eq(y + (size_t)i * SRD__PANEL, alone[with_u], sizeof alone[0]);
        }
    }
}
END_TEST

/* Paths of a few pixels, and one path of many; blocks a gap apart. */
START_TEST(dots_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float u[3 * (MOST_PIXELS * SRD__PANEL + 1) + 1], y[3 * (MOST_PIXELS * SRD__PANEL + 2) + 1];

    state = 11;
    fill(u, sizeof u / sizeof u[0]);
    fill(y, sizeof y / sizeof y[0]);
    for (int32_t pixels = 1; kernels != NULL && pixels <= MOST_PIXELS; ++pixels) {
        for (int32_t paths = 0; paths * pixels <= MOST_PIXELS; ++paths) {
            const int32_t blocks = (paths + pixels) % 4;
            const size_t u_step = (size_t)(paths * pixels) * SRD__PANEL + 1, y_step = (size_t)pixels * SRD__PANEL + 2;
            guarded expected[2], got[2];

            srd__kernels_portable.dots(u + 1, y + 1, paths, pixels, blocks, u_step, y_step,
                                       prepare(&expected[0], MOST_PIXELS, 1), prepare(&expected[1], MOST_PIXELS, 2));
            kernels->dots(u + 1, y + 1, paths, pixels, blocks, u_step, y_step, prepare(&got[0], MOST_PIXELS, 1),
                          prepare(&got[1], MOST_PIXELS, 2));
            check_same(&expected[0], &got[0]);
            check_same(&expected[1], &got[1]);
            kernels->dots(u + 1, y + 1, paths, pixels, blocks, u_step, y_step, NULL, prepare(&got[1], MOST_PIXELS, 2));
            check_same(&expected[1], &got[1]);
        }
    }
}
END_TEST

START_TEST(totals_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float u[5 * MOST_PIXELS * SRD__PANEL + 1];

    state = 13;
    fill(u, sizeof u / sizeof u[0]);
    for (int32_t pixels = 1; kernels != NULL && pixels <= MOST_PIXELS; ++pixels) {
        for (int32_t paths = 0; paths <= 5; ++paths) {
            const size_t n = (size_t)pixels * SRD__PANEL;
            guarded expected, got;

            srd__kernels_portable.total(u + 1, paths, (int32_t)n, prepare(&expected, n, 1));
            kernels->total(u + 1, paths, (int32_t)n, prepare(&got, n, 1));
            check_same(&expected, &got);
        }
    }
}
END_TEST

START_TEST(rows_are_rescaled_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    float scale[SRD__PANEL];

    state = 23;
    fill(scale, SRD__PANEL);
    for (int32_t rows = 0; kernels != NULL && rows <= MOST_PIXELS; ++rows) {
        for (int32_t n = 1; n <= SRD__PANEL; ++n) {
            const size_t numbers = (size_t)rows * SRD__PANEL;
            const float *const or_none = (rows + n) % 3 == 0 ? NULL : scale;
            guarded expected, got;

            srd__kernels_portable.rescale(prepare(&expected, numbers, 1), rows, or_none, n);
            kernels->rescale(prepare(&got, numbers, 1), rows, or_none, n);
            check_same(&expected, &got);
        }
    }
}
END_TEST

START_TEST(clamped_numbers_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static const float ends[] = { 0.0f, -0.0f, -100.0f, 3.0f }, others[] = { FLT_MAX, 6.0f, 100.0f, 4.0f };

    for (size_t n = 0; kernels != NULL && n <= MOST_CHANNELS; ++n) {
        guarded expected, got;
        float *const y = prepare(&expected, n, (uint32_t)n);

        if (n > 2) y[n / 2] = -0.0f, y[n - 1] = ends[n % 4];
        got = expected;
        srd__kernels_portable.clamp(y, n, ends[n % 4], others[n % 4]);
        kernels->clamp(got.numbers + 1, n, ends[n % 4], others[n % 4]);
        check_same(&expected, &got);
    }
}
END_TEST

START_TEST(winners_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    float x[MOST_CHANNELS];

    for (int32_t n = 0; kernels != NULL && n <= MOST_CHANNELS; ++n) {
        uint8_t expected_winner[MOST_CHANNELS + 1], winner[MOST_CHANNELS + 1];
        guarded expected, got;
        float *const y = prepare(&expected, MOST_CHANNELS, 1);

        state = (uint32_t)n;
        fill(x, MOST_CHANNELS);
        for (int32_t j = 0; j < MOST_CHANNELS; ++j) {
            expected_winner[j] = winner[j] = (uint8_t)(j * 7);
            if (j % 5 == 0) y[j] = x[j]; /* a tie: who was there stays */
        }
        expected_winner[MOST_CHANNELS] = winner[MOST_CHANNELS] = 77;
        got = expected;
        srd__kernels_portable.most(x, n, 200, y, expected_winner);
        kernels->most(x, n, 200, got.numbers + 1, winner);
        check_same(&expected, &got);
        ck_assert_mem_eq(expected_winner, winner, sizeof winner);
        for (int32_t j = 0; j < MOST_CHANNELS; ++j) ck_assert(j < n || winner[j] == (uint8_t)(j * 7));
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

/* What is stored ends with the last number, so that a sanitizer sees a byte that is written behind it. */
static void check_store(const srd__kernels *kernels, int32_t pixels, int32_t count, const float *bias, float odd)
{
    const size_t stride = (size_t)count + 3, numbers = pixels > 0 ? ((size_t)pixels - 1) * stride + (size_t)count : 1;
    float *const to[2] = { (float *)malloc(numbers * sizeof(float)), (float *)malloc(numbers * sizeof(float)) };
    const srd__kernels *const sides[2] = { &srd__kernels_portable, kernels };
    guarded y[2];
    bool fine[2];

    for (int i = 0; i < 2; ++i) {
        prepare(&y[i], (size_t)pixels * SRD__PANEL, 1);
        for (size_t k = 0; k < numbers; ++k) to[i][k] = CANARY;
        if (pixels > 0) y[i].numbers[1 + (pixels - 1) * SRD__PANEL + count - 1] = odd;
        if (pixels > 0 && count < SRD__PANEL) y[i].numbers[1 + count] = (float)NAN; /* of no channel */
        fine[i] = sides[i]->store(y[i].numbers + 1, pixels, bias, count, to[i], stride, NULL);
        ck_assert(fine[i] == (pixels == 0 || fabsf(odd) <= FLT_MAX));
    }
    check_same(&y[0], &y[1]);
    ck_assert_mem_eq(to[0], to[1], numbers * sizeof(float));
    for (int32_t k = 0; pixels > 0 && k < count; ++k) ck_assert(to[1][k] != CANARY);
    free(to[0]);
    free(to[1]);
}

/* Clipped on the way, past the caches where the place is aligned for that; y stays as it was, without. */
START_TEST(stores_may_finish)
{
    static _Alignas(64) float to[2][SRD__TILE_PIXELS * 32 + 1];
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    const float bias[SRD__PANEL] = { 3.0f, -2.0f, 0.0f, 1.0f };

    for (int32_t pixels = 0; kernels != NULL && pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t k = 0; k < 4 * SRD__PANEL; ++k) {
            const int32_t count = 1 + k / 4, offset = k % 2;
            const srd__finish finish = { -20.0f, k % 3 == 0 ? 30.0f : FLT_MAX, k % 4 < 2 };
            guarded y[2];

            for (size_t i = 0; i < sizeof to[0] / sizeof to[0][0]; ++i) to[0][i] = to[1][i] = CANARY;
            ck_assert(srd__kernels_portable.store(prepare(&y[0], (size_t)pixels * SRD__PANEL, 1), pixels, bias, count,
                                                  to[0] + offset, 32, NULL));
            for (int32_t i = 0; i < pixels; ++i) {
                srd__kernels_portable.clamp(to[0] + offset + 32 * i, (size_t)count, finish.low, finish.high);
            }
            ck_assert(kernels->store(prepare(&y[1], (size_t)pixels * SRD__PANEL, 1), pixels, bias, count, to[1] + offset, 32,
                                     &finish));
            kernels->drain();
            check_same(&y[0], &y[1]);
            ck_assert_mem_eq(to[0], to[1], sizeof to[0]);
        }
    }
}
END_TEST

START_TEST(stores_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);

    for (int32_t pixels = 0; kernels != NULL && pixels <= SRD__TILE_PIXELS; ++pixels) {
        for (int32_t count = 1; count <= SRD__PANEL; ++count) {
            float *const bias = (float *)malloc((size_t)count * sizeof(float));

            state = 31;
            fill(bias, (size_t)count);
            check_store(kernels, pixels, count, NULL, -0.0f);
            check_store(kernels, pixels, count, bias, 2.0f);
            check_store(kernels, pixels, count, bias, -FLT_MAX);
            check_store(kernels, pixels, count, bias, (float)INFINITY);
            check_store(kernels, pixels, count, NULL, -(float)INFINITY);
            check_store(kernels, pixels, count, bias, (float)NAN);
            free(bias);
        }
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

START_TEST(planes_are_the_same)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float x[2 * MOST_CHANNELS];

    state = 53;
    fill(x, sizeof x / sizeof x[0]);
    for (size_t n = 0; kernels != NULL && n <= MOST_CHANNELS; ++n) {
        guarded expected, got;
        double sum = 0.0, magnitude = 0.0, absolute = -1.0;

        srd__kernels_portable.multiply(x, x + MOST_CHANNELS, n, prepare(&expected, n, 3));
        kernels->multiply(x, x + MOST_CHANNELS, n, prepare(&got, n, 3));
        check_same(&expected, &got);
        for (size_t i = 0; i < n; ++i) sum += (double)x[i], magnitude += fabs((double)x[i]);
        ck_assert(kernels->plane(x, n, &absolute) == sum && absolute == magnitude);
    }
}
END_TEST

/* Rounding included: where a plane of relevance is cut changes no bit. */
START_TEST(products_do_not_depend_on_cuts)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float x[2 * MOST_CHANNELS];

    state = 57;
    fill(x, sizeof x / sizeof x[0]);
    for (size_t i = 0; i < 2 * MOST_CHANNELS; ++i) x[i] /= 7.0f;
    for (size_t cut = 0; kernels != NULL && cut <= MOST_CHANNELS; ++cut) {
        guarded in_one, pieces;
        float *const at = prepare(&pieces, MOST_CHANNELS, 3);

        kernels->multiply(x, x + MOST_CHANNELS, MOST_CHANNELS, prepare(&in_one, MOST_CHANNELS, 3));
        kernels->multiply(x, x + MOST_CHANNELS, cut, at);
        kernels->multiply(x + cut, x + MOST_CHANNELS + cut, MOST_CHANNELS - cut, at + cut);
        check_same(&in_one, &pieces);
    }
}
END_TEST

/* Rounding included: what a pixel gets does not depend on how many there are and where it stands among them. */
START_TEST(pixels_do_not_depend_on_their_neighbours)
{
    const srd__kernels *const kernels = srd__kernels_of(sets[_i]);
    static float x[MOST_CHANNELS], rows[MOST_CHANNELS * SRD__PANEL], y[MOST_PIXELS * SRD__PANEL];
    const srd__panel panels[3] = { { rows, SRD__PANEL }, { rows, SRD__PANEL }, { rows, SRD__PANEL } };
    const float *at[MOST_PIXELS];
    float alone[SRD__PANEL] = { 0.0f }, uu_alone = 0.0f, uy_alone = 0.0f;

    if (kernels == NULL) return;
    state = 17;
    fill(x, MOST_CHANNELS);
    fill(rows, sizeof rows / sizeof rows[0]);
    for (int32_t i = 0; i < MOST_CHANNELS; ++i) x[i] /= 7.0f;
    for (int32_t i = 0; i < MOST_PIXELS * SRD__PANEL; ++i) y[i] = (float)(i % SRD__PANEL) / 11.0f;
    for (int32_t i = 0; i < MOST_PIXELS; ++i) at[i] = x;
    kernels->mix(at, 1, MOST_CHANNELS, panels, 1, alone, 0, true);
    kernels->dots(alone, y, 1, 1, 1, 0, 0, &uu_alone, &uy_alone);
    for (int32_t pixels = 1; pixels <= MOST_PIXELS; ++pixels) {
        float u[3 * MOST_PIXELS * SRD__PANEL] = { 0.0f }, uu[MOST_PIXELS] = { 0.0f }, uy[MOST_PIXELS] = { 0.0f };

        kernels->mix(at, pixels, MOST_CHANNELS, panels, 3, u, (size_t)pixels * SRD__PANEL, true);
        kernels->dots(u, y, 1, pixels, 1, 0, 0, uu, uy);
        for (int32_t i = 0; i < 3 * pixels; ++i) ck_assert_mem_eq(u + (size_t)i * SRD__PANEL, alone, sizeof alone);
        for (int32_t i = 0; i < pixels; ++i) ck_assert(uu[i] == uu_alone && uy[i] == uy_alone);
    }
}
END_TEST

START_TEST(sets_are_found)
{
    const srd__kernels *const best = srd__kernels_of(SRD_KERNELS_BEST);

    ck_assert_ptr_nonnull(best);
    ck_assert_ptr_eq(srd__kernels_of(SRD_KERNELS_PORTABLE), &srd__kernels_portable);
    ck_assert_ptr_eq(srd__kernels_of(srd__kernels_set(best)), best);
    ck_assert_ptr_null(srd__kernels_of(SRD_KERNELS_AMX + 1));
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
    for (size_t i = 0; i < sizeof each / sizeof each[0]; ++i) {
        const bool may_be = i == offsetof(srd__kernels, list) / sizeof each[0]; /* only AVX-512 has it */

        ck_assert_msg(each[i] != NULL || may_be, "kernel %d of the table", (int)i);
    }
    ck_assert(sets[_i] != SRD_KERNELS_AVX512 || kernels->list != NULL);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { mixes_are_the_same, 0, SETS },
        { mixes_stay_within_their_bound, 0, SETS },
        { exact_mixes_are_the_same, 0, SETS },
        { sums_of_picks_are_the_same, 0, SETS },
        { ratios_are_the_same, 0, SETS },
        { panels_are_flipped_the_same, 0, SETS },
        { planes_are_the_same, 0, SETS },
        { products_do_not_depend_on_cuts, 0, SETS },
        { few_products_are_the_same, 0, SETS },
        { picks_are_listed, 0, SETS },
        { depthwise_sums_in_one_pass_are_the_same, 0, SETS },
        { depthwise_sums_see_what_is_broken, 0, SETS },
        { pooled_sums_are_the_same, 0, SETS },
        { depthwise_sums_are_the_same, 0, SETS },
        { pixels_of_all_taps_do_not_depend_on_their_neighbours, 0, SETS },
        { picks_are_the_same, 0, SETS },
        { turns_are_the_same, 0, SETS },
        { stores_are_the_same, 0, SETS },
        { stores_may_finish, 0, SETS },
        { dots_are_the_same, 0, SETS },
        { totals_are_the_same, 0, SETS },
        { rows_are_rescaled_the_same, 0, SETS },
        { clamped_numbers_are_the_same, 0, SETS },
        { winners_are_the_same, 0, SETS },
        { sums_are_the_same, 0, SETS },
        { sets_are_found, 0, 0 },
        { no_kernel_is_missing, 0, SETS },
        { pixels_do_not_depend_on_their_neighbours, 0, SETS },
        { NULL, 0, 0 },
    };

    return testing_main("kernels", list);
}
