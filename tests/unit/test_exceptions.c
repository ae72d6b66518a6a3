/*
 * test_exceptions.c -- no kernel raises a floating-point exception of a calculation that nobody asked for. Behind the numbers
 * that count lie signalling NaNs, where the contract of a kernel does not say that whole panels are there: whoever calculates with
 * one raises the invalid exception, and so does 0 / 0 in a lane that is dead.
 */
#include <fenv.h>
#include <float.h>

#include "kernels/kernels.h"
#include "testing.h"

#define MOST 48
#define ROWS 5

static const int32_t sets[] = { SRD_KERNELS_PORTABLE, SRD_KERNELS_AVX2, SRD_KERNELS_AVX512, SRD_KERNELS_NEON, SRD_KERNELS_AMX };
#define SETS ((int)(sizeof sets / sizeof sets[0]))

/* count numbers that are harmless, then signalling NaNs. */
static void fill(float *to, size_t size, size_t count)
{
    const uint32_t signalling = 0x7fa00000u;

    for (size_t i = 0; i < size; ++i) {
        const float number = 0.5f + (float)(i % 7);

        if (i < count) memcpy(&to[i], &number, sizeof number);
        else memcpy(&to[i], &signalling, sizeof signalling);
    }
}

#define FILL(array, count) fill((array), sizeof(array) / sizeof((array)[0]), (count))

static void begin(void)
{
    ck_assert_int_eq(feclearexcept(FE_ALL_EXCEPT), 0);
}

static void check_quiet(const char *kernel, int32_t set, int32_t n)
{
    const int raised = fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);

    ck_assert_msg(raised == 0, "kernels %d, %s of %d numbers: exceptions %d", (int)set, kernel, (int)n, raised);
}

/* Runs a call, and looks whether it was quiet. */
#define QUIET(kernel, n, call)                \
    do {                                      \
        begin();                              \
        call;                                 \
        check_quiet((kernel), sets[_i], (n)); \
    } while (0)

START_TEST(ratios_of_a_tile)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    float x[ROWS * SRD__TILE_PIXELS + MOST], one[MOST], two[MOST], three[MOST];
    float to[ROWS * SRD__TILE_PIXELS + MOST];

    if (k == NULL) return;
    for (int32_t n = 1; n <= SRD__TILE_PIXELS; ++n) {
        const size_t all = (size_t)(ROWS * n), count = (size_t)n;

        FILL(x, all), FILL(to, all), FILL(one, count), FILL(two, count);
        QUIET("columns", n, k->columns(x, ROWS, n, one));
        QUIET("share", n, k->share(x, ROWS, n, one, two, to));
        for (int stream = 0; stream < 2; ++stream) {
            FILL(one, count), FILL(two, count), FILL(three, count), FILL(to, all);
            QUIET("quotients", n, k->quotients(x, ROWS, n, one, to, count, two, three, stream == 1));
            k->drain();
        }
        FILL(x, all);
        QUIET("roots", n, k->roots(x, all));
    }
}
END_TEST

START_TEST(sums_of_any_count)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    float a[MOST + 16], b[MOST + 16], to[MOST + 16];

    if (k == NULL) return;
    for (int32_t n = 1; n <= MOST; ++n) {
        double magnitude;

        FILL(a, (size_t)n), FILL(b, (size_t)n), FILL(to, (size_t)n);
        QUIET("multiply", n, k->multiply(a, b, (size_t)n, to));
        QUIET("plane", n, (void)k->plane(a, (size_t)n, &magnitude));
        QUIET("sum", n, k->sum(a, n, to));
        QUIET("clamp", n, k->clamp(to, (size_t)n, 0.0f, 2.0f));
        if (n <= SRD__PANEL) {
            QUIET("scale", n, k->scale(a, b, n, to));
        }
    }
}
END_TEST

/* Of what lies in whole panels all numbers are there; of the rest, count of them. */
START_TEST(whole_panels)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    float u[ROWS * SRD__PANEL], y[ROWS * SRD__PANEL], bias[MOST], to[ROWS * MOST], turned[SRD__PANEL * SRD__TILE_PIXELS];
    float low[MOST], high[MOST];

    if (k == NULL) return;
    for (int32_t n = 1; n <= SRD__PANEL; ++n) {
        const srd__finish finish = { 0.0f, 6.0f, false };

        FILL(u, ROWS * SRD__PANEL), FILL(y, ROWS * SRD__PANEL), FILL(bias, (size_t)n), FILL(to, 0);
        QUIET("store", n, ck_assert(k->store(u, ROWS, bias, n, to, MOST, &finish)));
        QUIET("flip", n, k->flip(y, ROWS, bias, n, turned));
        QUIET("rescale", n, k->rescale(u, ROWS, bias, n));
        FILL(low, ROWS), FILL(high, ROWS);
        QUIET("dots", n, k->dots(u, y, 1, srd__min(n, ROWS), 1, sizeof u, sizeof y, low, high));
        QUIET("total", n, k->total(u, ROWS, SRD__PANEL, y));
        QUIET("axpy", n, k->axpy(0.5f, u, y));
    }
}
END_TEST

START_TEST(products_with_panels)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    float x[SRD__TILE_PIXELS][MOST], rows[MOST * SRD__PANEL], u[SRD__TILE_PIXELS * SRD__PANEL], to[MOST];
    const srd__panel panel = { rows, SRD__PANEL };
    const float *at[SRD__TILE_PIXELS];

    if (k == NULL) return;
    FILL(rows, MOST * SRD__PANEL);
    for (int32_t channels = 1; channels <= MOST; channels += 3) {
        for (int i = 0; i < SRD__TILE_PIXELS; ++i) {
            FILL(x[i], (size_t)channels);
            at[i] = x[i];
        }
        for (int32_t pixels = 1; pixels <= SRD__TILE_PIXELS; ++pixels) {
            FILL(u, 0);
            QUIET("mix", channels, k->mix(at, pixels, channels, &panel, 1, u, sizeof u / sizeof *u, false));
            QUIET("mix", channels, k->mix(at, pixels, channels, &panel, 1, u, sizeof u / sizeof *u, true));
        }
        FILL(to, (size_t)channels);
        QUIET("turn", channels, k->turn(&panel, channels, rows, to));
    }
}
END_TEST

START_TEST(depthwise_and_their_sums)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    static float x[SRD__SUMS_TAPS * SRD__TILE_PIXELS][MOST];
    float w[SRD__SUMS_TAPS * MOST], bias[MOST], y[SRD__TILE_PIXELS * SRD__PANEL], to[SRD__TILE_PIXELS * MOST];
    float uu[SRD__SUMS_TAPS * SRD__TILE_PIXELS], uy[SRD__SUMS_TAPS * SRD__TILE_PIXELS], yy[SRD__TILE_PIXELS],
        by[SRD__TILE_PIXELS];
    const float *at[SRD__SUMS_TAPS * SRD__TILE_PIXELS];

    if (k == NULL) return;
    for (int32_t n = 1; n < MOST; ++n) {
        const srd__finish finish = { 0.0f, 6.0f, false };
        const srd__depthwise d = { at, w, bias, 0, MOST, SRD__SUMS_TAPS, n };
        const srd__sums_to sums = { bias, to, MOST, SRD__TILE_PIXELS, uu, uy, yy, by, false, &finish };

        for (int i = 0; i < SRD__SUMS_TAPS * SRD__TILE_PIXELS; ++i) {
            FILL(x[i], (size_t)n);
            at[i] = x[i];
        }
        for (int t = 0; t < SRD__SUMS_TAPS; ++t) fill(w + t * MOST, MOST, (size_t)n);
        FILL(bias, (size_t)n), FILL(to, 0);
        FILL(uu, sizeof uu), FILL(uy, sizeof uy), FILL(yy, sizeof yy), FILL(by, sizeof by);
        QUIET("sums", n, ck_assert(k->sums(&d, 3, &sums)));
        if (n <= SRD__PANEL) {
            QUIET("depthwise", n, k->depthwise(&d, 3, y, NULL));
        }
    }
}
END_TEST

START_TEST(products_in_double)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    double x[SRD__FEW][SRD__TILE_PIXELS], r[SRD__FEW * SRD__FEW];
    float rows[SRD__FEW * SRD__PANEL], scale[MOST], y[SRD__TILE_PIXELS * SRD__PANEL], v[SRD__FEW * SRD__TILE_PIXELS];
    float uu[SRD__TILE_PIXELS], uy[SRD__TILE_PIXELS];
    const double *at[SRD__FEW];

    if (k == NULL) return;
    FILL(rows, sizeof rows / sizeof *rows), FILL(v, sizeof v / sizeof *v);
    for (int c = 0; c < SRD__FEW; ++c) {
        for (int i = 0; i < SRD__TILE_PIXELS; ++i) x[c][i] = 0.25 * (double)(c + i);
        for (int i = 0; i < SRD__FEW; ++i) r[c * SRD__FEW + i] = 1.0 + (double)(c + i);
        at[c] = x[c];
    }
    for (int32_t n = 1; n <= SRD__PANEL; ++n) {
        const srd__exact e = { at, { rows, SRD__PANEL }, scale, SRD__FEW, n };
        const srd__few f = { at, r, v, 1, SRD__FEW };

        FILL(scale, (size_t)n);
        QUIET("exact", n, k->exact(&e, n, y));
        QUIET("few", n, k->few(&f, n, uu, uy));
    }
}
END_TEST

START_TEST(maxima)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    float x[MOST + 16], y[MOST + 16], w[MOST + 16], bias[MOST + 16], to[MOST + 16], uu[ROWS], uy[ROWS], yy[1], by[1];
    uint8_t winner[MOST + 16];

    if (k == NULL) return;
    for (int32_t n = 1; n <= MOST; ++n) {
        const srd__finish finish = { 0.0f, 6.0f, false };
        const srd__pooled p = { x, winner, w, ROWS, n };
        const srd__sums_to sums = { bias, to, MOST, 1, uu, uy, yy, by, false, &finish };

        FILL(x, (size_t)n), FILL(y, (size_t)n), FILL(w, (size_t)n), FILL(bias, (size_t)n), FILL(to, 0);
        FILL(uu, ROWS), FILL(uy, ROWS), FILL(yy, 1), FILL(by, 1);
        for (int32_t i = 0; i < MOST + 16; ++i) winner[i] = (uint8_t)(i % ROWS);
        QUIET("pooled", n, ck_assert(k->pooled(&p, &sums)));
        QUIET("most", n, k->most(x, n, 3, y, winner));
    }
}
END_TEST

START_TEST(picks)
{
    const srd__kernels *const k = srd__kernels_of(sets[_i]);
    float x[MOST + 16], rows[MOST * SRD__PANEL], u[ROWS * SRD__PANEL], y[SRD__PICKED], scale[SRD__PICKED], uu[ROWS], uy[ROWS];
    const srd__panel panels[SRD__PICKED / SRD__PANEL] = {
        { rows, SRD__PANEL }, { rows, SRD__PANEL }, { rows, SRD__PANEL }, { rows, SRD__PANEL }
    };
    uint8_t winner[MOST + 16];
    srd__pick made[MOST + 16];
    int32_t begins[ROWS + 1];

    if (k == NULL) return;
    FILL(rows, MOST * SRD__PANEL), FILL(y, SRD__PICKED);
    for (int32_t n = 1; n <= MOST; ++n) {
        FILL(x, (size_t)n), FILL(u, ROWS * SRD__PANEL), FILL(scale, (size_t)n), FILL(uu, ROWS), FILL(uy, ROWS);
        for (int32_t i = 0; i < MOST + 16; ++i) winner[i] = (uint8_t)(i % ROWS);
        for (int32_t i = 0; i < n; ++i) made[i] = (srd__pick){ x[i], i };
        for (int32_t i = 0; i <= ROWS; ++i) begins[i] = i * n / ROWS;
        if (k->list != NULL) QUIET("list", n, k->list(x, winner, n, ROWS, made, begins));
        QUIET("pick", n, k->pick(made, begins, ROWS, panels, 1, u, SRD__PANEL, sizeof u));
        {
            const srd__picked p = { made, begins, panels, scale, ROWS, n };

            QUIET("pick_sums", n, k->pick_sums(&p, y, SRD__PANEL, uu, uy, 1));
        }
    }
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { ratios_of_a_tile, 0, SETS },
        { sums_of_any_count, 0, SETS },
        { whole_panels, 0, SETS },
        { products_with_panels, 0, SETS },
        { depthwise_and_their_sums, 0, SETS },
        { products_in_double, 0, SETS },
        { maxima, 0, SETS },
        { picks, 0, SETS },
        { NULL, 0, 0 },
    };

    return testing_main("exceptions", list);
}
