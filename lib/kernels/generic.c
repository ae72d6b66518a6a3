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
        for (int32_t j = 0; j < SRD__PANEL; j += HALF) {
            mix_four(x + i, channels, panel->rows + j, panel->row, u + (size_t)i * SRD__PANEL + j);
        }
    }
    for (; i < pixels; ++i) mix_one(x[i], channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
}

static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                size_t block_step, bool add)
{
    for (int32_t i = 0; i < blocks; ++i, u += block_step) {
        if (!add) memset(u, 0, (size_t)pixels * SRD__PANEL * sizeof *u);
        mix_block(x, pixels, channels, panels + i, u);
    }
}

static void clamp(float *y, size_t n, float low, float high)
{
    for (size_t j = 0; j < n; ++j) {
        const float above = y[j] > low ? y[j] : low;

        y[j] = above < high ? above : high;
    }
}

#if SRD_EXACT_FIRST
/* Half a panel of one pixel, n channels of which count; scale may be NULL. */
static void exact_half(const srd__exact *e, int32_t pixel, const float *rows, const float *scale, int32_t n, float *y)
{
    double sums[HALF] = { 0.0 };

    for (int32_t k = 0; k < e->terms; ++k, rows += e->panel.row) {
        for (int32_t j = 0; j < HALF; ++j) sums[j] += e->x[k][pixel] * (double)rows[j];
    }
    for (int32_t j = 0; j < HALF; ++j) y[j] = j < n ? (float)(sums[j] * (scale != NULL ? (double)scale[j] : 1.0)) : 0.0f;
}

static void exact(const srd__exact *e, int32_t pixels, float *y)
{
    for (int32_t i = 0; i < pixels; ++i) {
        for (int32_t j = 0; j < SRD__PANEL; j += HALF) {
            exact_half(e, i, e->panel.rows + j, e->scale != NULL ? e->scale + j : NULL, e->count - j, y + i * SRD__PANEL + j);
        }
    }
}

#define EXACT exact
#else
#define EXACT NULL
#endif

#if SRD_WITH_WHOLE_SUMS
/* x: of one tap. */
static float few_squares(const srd__few *f, const double *r, const double *const *x, int32_t pixel)
{
    double squares = 0.0;

    for (int32_t a = 0; a < f->channels; ++a, r += f->channels) {
        double sum = 0.0;

        for (int32_t c = a; c < f->channels; ++c) sum += r[c] * x[c][pixel];
        squares += sum * sum;
    }
    return (float)squares;
}

static void few(const srd__few *f, int32_t pixels, float *uu, float *uy)
{
    const double *const *x = f->x;
    const double *r = f->r;
    const float *v = f->v;

    for (int32_t t = 0; t < f->taps; ++t, uy += pixels) {
        for (int32_t i = 0; i < pixels; ++i) {
            double sum = 0.0;

            for (int32_t c = 0; c < f->channels; ++c) sum += x[c][i] * (double)v[c * SRD__TILE_PIXELS + i];
            uy[i] = (float)sum;
            if (uu != NULL) uu[t * pixels + i] = few_squares(f, r, x, i);
        }
        x += f->channels;
        v += f->channels * SRD__TILE_PIXELS;
        r += f->channels * f->channels;
    }
}

#define FEW few
#else
#define FEW NULL
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
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;

    for (int32_t j = 0; j < SRD__PANEL; j += 4) {
        s0 += a[j] * b[j];
        s1 += a[j + 1] * b[j + 1];
        s2 += a[j + 2] * b[j + 2];
        s3 += a[j + 3] * b[j + 3];
    }
    return (s0 + s1) + (s2 + s3);
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

#if SRD_WITH_WHOLE_SUMS
static void flip(const float *y, int32_t pixels, const float *scale_by, int32_t n, float *to)
{
    memset(to, 0, SRD__PANEL * SRD__TILE_PIXELS * sizeof *to);
    for (int32_t j = 0; j < n; ++j) {
        const float factor = scale_by != NULL ? scale_by[j] : 1.0f;

        for (int32_t i = 0; i < pixels; ++i) to[j * SRD__TILE_PIXELS + i] = factor * y[i * SRD__PANEL + j];
    }
}

#define FLIP flip
#else
#define FLIP NULL
#endif

static void total(const float *u, int32_t paths, int32_t n, float *y)
{
    for (int32_t k = 0; k < paths; ++k, u += n) sum(u, n, y);
}

#if SRD_WITH_WHOLE_SUMS
#define LANES 4

static float lanes(const float *a)
{
    return (a[0] + a[1]) + (a[2] + a[3]);
}

/* One pixel; channels that there are not count as 0. */
static bool sums_one(const srd__depthwise *d, int32_t pixel, const srd__sums_to *to)
{
    float u[SRD__SUMS_TAPS][LANES], uu[SRD__SUMS_TAPS][LANES] = { { 0.0f } }, uy[SRD__SUMS_TAPS][LANES] = { { 0.0f } };
    float yy[LANES] = { 0.0f }, by[LANES] = { 0.0f }, *const row = to->to + (size_t)pixel * to->stride;
    bool fine = true;

    for (int32_t c = 0; c < d->count; c += LANES) {
        const int32_t n = srd__min(LANES, d->count - c);
        float y[LANES] = { 0.0f }, bias[LANES] = { 0.0f };

        for (int32_t j = 0; to->bias != NULL && j < n; ++j) y[j] = bias[j] = to->bias[c + j];
        for (int32_t t = 0; t < d->taps; ++t) {
            const float *const x = d->x[t * SRD__TILE_PIXELS + pixel] + d->first + c, *const w = d->w + (size_t)t * d->row + c;

            for (int32_t j = 0; j < LANES; ++j) u[t][j] = j < n ? x[j] * w[j] : 0.0f;
            for (int32_t j = 0; j < LANES; ++j) y[j] += u[t][j];
            for (int32_t j = 0; j < LANES; ++j) uu[t][j] += u[t][j] * u[t][j];
        }
        for (int32_t j = 0; to->given && j < n; ++j) y[j] = row[c + j];
        for (int32_t t = 0; t < d->taps; ++t) {
            for (int32_t j = 0; j < LANES; ++j) uy[t][j] += u[t][j] * y[j];
        }
        for (int32_t j = 0; j < LANES; ++j) yy[j] += y[j] * y[j];
        for (int32_t j = 0; j < LANES; ++j) by[j] += bias[j] * y[j];
        for (int32_t j = 0; j < n; ++j) fine = fine && srd__finite(y[j]);
        if (to->finish != NULL) clamp(y, (size_t)n, to->finish->low, to->finish->high);
        memcpy(row + c, y, (size_t)n * sizeof *y);
    }
    for (int32_t t = 0; t < d->taps; ++t) {
        if (to->uu != NULL) to->uu[(size_t)t * to->step + (size_t)pixel] += lanes(uu[t]);
        to->uy[(size_t)t * to->step + (size_t)pixel] += lanes(uy[t]);
    }
    to->yy[pixel] += lanes(yy);
    if (to->bias != NULL) to->by[pixel] += lanes(by);
    return fine;
}

static bool sums(const srd__depthwise *d, int32_t pixels, const srd__sums_to *to)
{
    bool fine = true;

    for (int32_t i = 0; i < pixels; ++i) fine = sums_one(d, i, to) && fine;
    return fine;
}

static bool pooled(const srd__pooled *p, const srd__sums_to *to)
{
    float yy = 0.0f, by = 0.0f;
    bool fine = true;

    for (int32_t j = 0; j < p->count; ++j) {
        const size_t at = p->winner[j] * to->step;
        const float u = p->x[j] * p->w[j], b = to->bias != NULL ? to->bias[j] : 0.0f, y = to->given ? to->to[j] : b + u;

        if (to->uu != NULL) to->uu[at] += u * u;
        to->uy[at] += u * y;
        yy += y * y;
        by += b * y;
        to->to[j] = y;
        fine = fine && srd__finite(y);
    }
    if (to->finish != NULL) clamp(to->to, (size_t)p->count, to->finish->low, to->finish->high);
    *to->yy += yy;
    if (to->bias != NULL) *to->by += by;
    return fine;
}

#define SUMS sums
#define POOLED pooled
#else
#define SUMS NULL
#define POOLED NULL
#endif

#if SRD_WITH_WHOLE_SUMS && SRD_WITH_POOL_LISTS
static void pick_sums(const srd__picked *p, const float *y, size_t y_step, float *uu, float *uy, size_t step)
{
    for (int32_t s = 0; s < p->slots; ++s, uy += step) {
        float square = 0.0f, product = 0.0f;

        for (int32_t first = 0; first < p->count; first += SRD__PANEL) {
            const int32_t block = first / SRD__PANEL;
            float u[SRD__PANEL] = { 0.0f };

            pick_slot(p->picks + p->begins[s], p->begins[s + 1] - p->begins[s], p->panels + block, u);
            rescale(u, 1, p->scale != NULL ? p->scale + first : NULL, srd__min(SRD__PANEL, p->count - first));
            square += dot(u, u);
            product += dot(u, y + (size_t)block * y_step);
        }
        if (uu != NULL) uu[(size_t)s * step] += square;
        *uy += product;
    }
}

#define PICK_SUMS pick_sums
#else
#define PICK_SUMS NULL
#endif

#if SRD_WITH_SHORTCUTS
static void columns(const float *x, int32_t rows, int32_t n, float *to)
{
    for (int32_t k = 0; k < rows; ++k, x += n) {
        for (int32_t i = 0; i < n; ++i) to[i] += x[i];
    }
}

static void roots(float *x, size_t n)
{
    for (size_t i = 0; i < n; ++i) x[i] = sqrtf(x[i]);
}

static void share(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals, float *shares)
{
    for (int32_t k = 0; k < rows; ++k, norms += n, shares += n) {
        for (int32_t i = 0; i < n; ++i) shares[i] += amounts[i] * (norms[i] / totals[i]);
    }
}

static void quotients(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step, float *sums,
                      float *magnitudes, bool stream)
{
    (void)stream;
    for (int32_t k = 0; k < rows; ++k, shares += n, to += step) {
        for (int32_t i = 0; i < n; ++i) to[i] = shares[i] / yy[i];
        for (int32_t i = 0; i < n; ++i) sums[i] += to[i];
        for (int32_t i = 0; i < n; ++i) magnitudes[i] += fabsf(to[i]);
    }
}

#define COLUMNS columns
#define ROOTS roots
#define SHARE share
#define QUOTIENTS quotients
#else
#define COLUMNS NULL
#define ROOTS NULL
#define SHARE NULL
#define QUOTIENTS NULL
#endif

static void drain(void)
{
}

/* The exponent of NaN and Inf, all ones, carries into the sign. A sum of floats would tell, but wait for each addition. */
static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride,
                  const srd__finish *finish)
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
        if (SRD_WITH_SHORTCUTS && finish != NULL) clamp(to, (size_t)count, finish->low, finish->high);
    }
    return carries >> 31 == 0;
}

static void turn(const srd__panel *panel, int32_t channels, const float *g, float *to)
{
    for (int32_t c = 0; c < channels; ++c) to[c] += dot(panel->rows + c * panel->row, g);
}

#if SRD_WITH_SHORTCUTS
static void multiply(const float *a, const float *b, size_t n, float *to)
{
    for (size_t i = 0; i < n; ++i) to[i] += a[i] * b[i];
}

#define MULTIPLY multiply
#else
#define MULTIPLY NULL
#endif

#if SRD_WITH_REPORTS
/* Four parts, so that no addition waits for the last one. */
static double plane(const float *x, size_t n, double *magnitude)
{
    double sums[4] = { 0.0 }, magnitudes[4] = { 0.0 };
    size_t p = 0;

    for (; p + 4 <= n; p += 4) {
        for (size_t i = 0; i < 4; ++i) {
            sums[i] += (double)x[p + i];
            magnitudes[i] += (double)fabsf(x[p + i]);
        }
    }
    for (; p < n; ++p) {
        sums[0] += (double)x[p];
        magnitudes[0] += (double)fabsf(x[p]);
    }
    *magnitude = (magnitudes[0] + magnitudes[1]) + (magnitudes[2] + magnitudes[3]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

#define PLANE plane
#else
#define PLANE NULL
#endif

static void most(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner)
{
    for (int32_t j = 0; j < n; ++j) {
        if (x[j] > y[j]) {
            y[j] = x[j];
            winner[j] = k;
        }
    }
}

const srd__kernels srd__kernels_portable = { .mix = mix,
                                             .exact = EXACT,
                                             .few = FEW,
                                             .depthwise = DEPTHWISE,
                                             .sums = SUMS,
                                             .pooled = POOLED,
                                             .pick = PICK,
                                             .pick_sums = PICK_SUMS,
                                             .list = NULL,
                                             .turn = turn,
                                             .multiply = MULTIPLY,
                                             .plane = PLANE,
                                             .axpy = axpy,
                                             .scale = scale,
                                             .dots = dots,
                                             .total = total,
                                             .columns = COLUMNS,
                                             .roots = ROOTS,
                                             .share = SHARE,
                                             .quotients = QUOTIENTS,
                                             .store = store,
                                             .drain = drain,
                                             .rescale = rescale,
                                             .flip = FLIP,
                                             .clamp = clamp,
                                             .sum = sum,
                                             .most = most };
