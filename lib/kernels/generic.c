/* generic.c -- the portable kernels. Loops of a constant length are left to the compiler to unroll and vectorise. */
#include "kernels/kernels.h"

#define HALF 8
#define PIXELS 4

/* Four pixels by eight output channels stay in registers while c runs. */
static void mix_four(const float *const *x, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    const float *const x0 = x[0], *const x1 = x[1], *const x2 = x[2], *const x3 = x[3];
    float a0[HALF], a1[HALF], a2[HALF], a3[HALF];

    for (int32_t j = 0; j < HALF; ++j) {
        a0[j] = u[j];
        a1[j] = u[SRD__PANEL + j];
        a2[j] = u[2 * SRD__PANEL + j];
        a3[j] = u[3 * SRD__PANEL + j];
    }
    for (int32_t c = 0; c < channels; ++c, rows += row) {
        for (int32_t j = 0; j < HALF; ++j) {
            a0[j] += x0[c] * rows[j];
            a1[j] += x1[c] * rows[j];
            a2[j] += x2[c] * rows[j];
            a3[j] += x3[c] * rows[j];
        }
    }
    for (int32_t j = 0; j < HALF; ++j) {
        u[j] = a0[j];
        u[SRD__PANEL + j] = a1[j];
        u[2 * SRD__PANEL + j] = a2[j];
        u[3 * SRD__PANEL + j] = a3[j];
    }
}

SRD__APART static void mix_one(const float *x, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    float a[SRD__PANEL];

    for (int32_t j = 0; j < SRD__PANEL; ++j) a[j] = u[j];
    for (int32_t c = 0; c < channels; ++c, rows += row) {
        for (int32_t j = 0; j < SRD__PANEL; ++j) a[j] += x[c] * rows[j];
    }
    for (int32_t j = 0; j < SRD__PANEL; ++j) u[j] = a[j];
}

/* Both bodies add the products of a pixel in the order of c, so a pixel's result does not depend on its neighbours. */
static void mix_block(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u)
{
    int32_t i = 0;

    for (; i + PIXELS <= pixels; i += PIXELS) {
        mix_four(x + i, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
        mix_four(x + i, channels, panel->rows + HALF, panel->row, u + (size_t)i * SRD__PANEL + HALF);
    }
    for (; i < pixels; ++i) mix_one(x[i], channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
}

static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                size_t block_step)
{
    for (int32_t i = 0; i < blocks; ++i) mix_block(x, pixels, channels, panels + i, u + (size_t)i * block_step);
}

#if SRD_EXACT_FIRST
/* Half a panel of one pixel, n channels of which count; scale may be NULL. step: of u, from tap to tap. */
static void exact_half(const srd__exact *e, const double *x, const float *rows, const float *scale, int32_t n, float *y,
                       float *u, size_t step)
{
    double sums[HALF] = { 0.0 }, factors[HALF];

    for (int32_t j = 0; j < HALF; ++j) factors[j] = scale != NULL && j < n ? (double)scale[j] : 1.0;
    for (int32_t t = 0; t < e->taps; ++t) {
        double a[HALF] = { 0.0 };

        for (int32_t c = 0; c < e->channels; ++c, x += SRD__TILE_PIXELS, rows += e->panel.row) {
            for (int32_t j = 0; j < HALF; ++j) a[j] += *x * (double)rows[j];
        }
        for (int32_t j = 0; j < HALF; ++j) a[j] *= factors[j];
        for (int32_t j = 0; j < HALF; ++j) sums[j] += a[j];
        for (int32_t j = 0; u != NULL && j < HALF; ++j) u[(size_t)t * step + (size_t)j] = j < n ? (float)a[j] : 0.0f;
    }
    for (int32_t j = 0; j < HALF; ++j) y[j] = j < n ? (float)sums[j] : 0.0f;
}

static void exact(const srd__exact *e, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;

    for (int32_t i = 0; i < pixels; ++i) {
        for (int32_t j = 0; j < SRD__PANEL; j += HALF) {
            const size_t at = (size_t)i * SRD__PANEL + (size_t)j;

            exact_half(e, e->x + i, e->panel.rows + j, e->scale != NULL ? e->scale + j : NULL, e->count - j, y + at,
                       u != NULL ? u + at : NULL, step);
        }
    }
}

#define EXACT exact
#else
#define EXACT NULL
#endif

#if SRD_WITH_GROUPS
/* n channels of one pixel: a constant for a whole panel. */
static inline void depthwise_one(const srd__depthwise *d, int32_t pixel, int32_t n, float *y, float *u, size_t step)
{
    float sums[SRD__PANEL] = { 0.0f };

    for (int32_t t = 0; t < d->taps; ++t) {
        const float *const x = d->x[t * SRD__TILE_PIXELS + pixel] + d->first, *const w = d->w + (size_t)t * d->row;
        float a[SRD__PANEL] = { 0.0f };

        for (int32_t j = 0; j < n; ++j) a[j] = x[j] * w[j];
        for (int32_t j = 0; u != NULL && d->scale != NULL && j < n; ++j) a[j] *= d->scale[j];
        for (int32_t j = 0; j < n; ++j) sums[j] += a[j];
        if (u != NULL) memcpy(u + (size_t)t * step, a, sizeof a);
    }
    for (int32_t j = 0; u == NULL && d->scale != NULL && j < n; ++j) sums[j] *= d->scale[j];
    memcpy(y, sums, sizeof sums);
}

static void depthwise(const srd__depthwise *d, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;

    for (int32_t i = 0; i < pixels; ++i, y += SRD__PANEL) {
        float *const to = u != NULL ? u + (size_t)i * SRD__PANEL : NULL;

        if (d->count == SRD__PANEL) depthwise_one(d, i, SRD__PANEL, y, to, step);
        else depthwise_one(d, i, d->count, y, to, step);
    }
}

#define DEPTHWISE depthwise
#else
#define DEPTHWISE NULL
#endif

static void scale(const float *x, const float *w, int32_t n, float *u)
{
    for (int32_t j = 0; j < n; ++j) u[j] += x[j] * w[j];
}

#if SRD_WITH_POOL_LISTS
static void pick_slot(const srd__pick *picks, int32_t count, const srd__panel *panel, float *u)
{
    float sums[2][SRD__PANEL] = { { 0.0f } };

    for (int32_t i = 0; i < count; ++i) {
        const float *const w = panel->rows + picks[i].row * panel->row;

        for (int32_t j = 0; j < SRD__PANEL; ++j) sums[i % 2][j] += picks[i].x * w[j];
    }
    for (int32_t j = 0; j < SRD__PANEL; ++j) u[j] += sums[0][j] + sums[1][j];
}

static void pick(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t blocks,
                 float *u, size_t slot_step, size_t block_step)
{
    for (int32_t s = 0; s < slots; ++s) {
        for (int32_t i = 0; i < blocks; ++i) {
            pick_slot(picks + begins[s], begins[s + 1] - begins[s], panels + i,
                      u + (size_t)s * slot_step + (size_t)i * block_step);
        }
    }
}

#define PICK pick
#else
#define PICK NULL
#endif

static void axpy(float a, const float *w, float *u)
{
    for (int32_t j = 0; j < SRD__PANEL; ++j) u[j] += a * w[j];
}

/* Four partial sums, added in a fixed order. */
static float dot(const float *a, const float *b)
{
    float s[4] = { 0.0f, 0.0f, 0.0f, 0.0f };

    for (int32_t j = 0; j < SRD__PANEL; j += 4) {
        for (int32_t i = 0; i < 4; ++i) s[i] += a[j + i] * b[j + i];
    }
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void sum(const float *u, int32_t n, float *y)
{
    for (int32_t j = 0; j < n; ++j) y[j] += u[j];
}

static void dots(const float *u, const float *y, int32_t paths, int32_t pixels, int32_t blocks, size_t u_step, size_t y_step,
                 float *uu, float *uy)
{
    for (int32_t b = 0; b < blocks; ++b, u += u_step, y += y_step) {
        for (int32_t n = 0; n < paths * pixels; ++n) {
            const float *const at = u + (size_t)n * SRD__PANEL;

            if (uu != NULL) uu[n] += dot(at, at);
            uy[n] += dot(at, y + (size_t)(n % pixels) * SRD__PANEL);
        }
    }
}

static void rescale(float *u, int32_t rows, const float *scale_by, int32_t n)
{
    for (int32_t i = 0; i < rows; ++i, u += SRD__PANEL) {
        for (int32_t j = 0; scale_by != NULL && j < n; ++j) u[j] *= scale_by[j];
        for (int32_t j = n; j < SRD__PANEL; ++j) u[j] = 0.0f;
    }
}

static void total(const float *u, int32_t paths, int32_t n, float *y)
{
    for (int32_t k = 0; k < paths; ++k, u += n) sum(u, n, y);
}

/* The exponent of NaN and Inf, all ones, carries into the sign. A sum of floats would tell, but wait for each addition. */
static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride)
{
    uint32_t carries = 0;

    for (int32_t i = 0; i < pixels; ++i, y += SRD__PANEL, to += stride) {
        if (bias != NULL) sum(bias, count, y);
        for (int32_t j = 0; j < count; ++j) {
            uint32_t bits;

            memcpy(&bits, &y[j], sizeof bits);
            carries |= (bits & 0x7f800000u) + 0x00800000u;
            to[j] = y[j];
        }
    }
    return carries >> 31 == 0;
}

static void turn(const srd__panel *panel, int32_t channels, const float *g, float *to)
{
    for (int32_t c = 0; c < channels; ++c) to[c] += dot(panel->rows + c * panel->row, g);
}

static void most(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner)
{
    for (int32_t j = 0; j < n; ++j) {
        if (x[j] > y[j]) {
            y[j] = x[j];
            winner[j] = k;
        }
    }
}

static void clamp(float *y, size_t n, float low, float high)
{
    for (size_t j = 0; j < n; ++j) {
        const float above = y[j] > low ? y[j] : low;

        y[j] = above < high ? above : high;
    }
}

const srd__kernels srd__kernels_portable = { .mix = mix,
                                             .exact = EXACT,
                                             .depthwise = DEPTHWISE,
                                             .pick = PICK,
                                             .turn = turn,
                                             .axpy = axpy,
                                             .scale = scale,
                                             .dots = dots,
                                             .total = total,
                                             .store = store,
                                             .rescale = rescale,
                                             .clamp = clamp,
                                             .sum = sum,
                                             .most = most };
