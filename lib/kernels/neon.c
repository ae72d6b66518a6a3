/*
 * neon.c -- a panel is four registers of 32. Every aarch64 has them, so nothing is asked of the processor (choose.c). On 32-bit
 * ARM the same instructions flush denormals to zero, which docs/numerics.md does not allow: there the portable kernels run.
 */
#include "kernels/kernels.h"

#if SRD__NEON
#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

/* Sixteen numbers. Named members and no array of them, which compilers keep in memory where they unroll its loops too late. */
typedef struct quads {
    float32x4_t a, b, c, d;
} quads;

INLINE quads load(const float *from)
{
    const quads q = { vld1q_f32(from), vld1q_f32(from + 4), vld1q_f32(from + 8), vld1q_f32(from + 12) };

    return q;
}

INLINE void store(float *to, quads q)
{
    vst1q_f32(to, q.a);
    vst1q_f32(to + 4, q.b);
    vst1q_f32(to + 8, q.c);
    vst1q_f32(to + 12, q.d);
}

INLINE quads add(quads x, quads y)
{
    const quads q = { vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b), vaddq_f32(x.c, y.c), vaddq_f32(x.d, y.d) };

    return q;
}

/* sum + x * w, fused. */
INLINE quads add_product(quads sum, float x, quads w)
{
    const quads q = { vfmaq_n_f32(sum.a, w.a, x), vfmaq_n_f32(sum.b, w.b, x), vfmaq_n_f32(sum.c, w.c, x),
                      vfmaq_n_f32(sum.d, w.d, x) };

    return q;
}

/* Four pixels stay in 16 registers while c runs. */
INLINE void mix_four(const float *const *x, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    const float *const x0 = x[0], *const x1 = x[1], *const x2 = x[2], *const x3 = x[3];
    quads s0 = load(u), s1 = load(u + SRD__PANEL), s2 = load(u + 2 * SRD__PANEL), s3 = load(u + 3 * SRD__PANEL);

    for (int32_t c = 0; c < channels; ++c, rows += row) {
        const quads w = load(rows);

        s0 = add_product(s0, x0[c], w);
        s1 = add_product(s1, x1[c], w);
        s2 = add_product(s2, x2[c], w);
        s3 = add_product(s3, x3[c], w);
    }
    store(u, s0);
    store(u + SRD__PANEL, s1);
    store(u + 2 * SRD__PANEL, s2);
    store(u + 3 * SRD__PANEL, s3);
}

INLINE void mix_one(const float *x, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    quads s = load(u);

    for (int32_t c = 0; c < channels; ++c, rows += row) s = add_product(s, x[c], load(rows));
    store(u, s);
}

static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u)
{
    int32_t i = 0;

    for (; i + 4 <= pixels; i += 4) mix_four(x + i, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
    for (; i < pixels; ++i) mix_one(x[i], channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
}

/* Four numbers in double. */
typedef struct doubles {
    float64x2_t a, b;
} doubles;

INLINE doubles add_doubles(doubles sum, float x, const float *w)
{
    const float32x4_t four = vld1q_f32(w);
    const doubles q = { vfmaq_n_f64(sum.a, vcvt_f64_f32(vget_low_f32(four)), (double)x),
                        vfmaq_n_f64(sum.b, vcvt_high_f64_f32(four), (double)x) };

    return q;
}

INLINE void store_doubles(double *to, doubles q)
{
    vst1q_f64(to, q.a);
    vst1q_f64(to + 2, q.b);
}

/* A product of two single numbers is exact in double, so fusing it with its sum changes no bit. */
static void exact(const float *x, int32_t channels, const srd__panel *panel, const float *scale, int32_t count, double *sums,
                  float *u)
{
    const doubles zero = { vdupq_n_f64(0.0), vdupq_n_f64(0.0) };
    doubles s0 = zero, s1 = zero, s2 = zero, s3 = zero;
    const float *rows = panel->rows;
    double a[SRD__PANEL];

    for (int32_t c = 0; c < channels; ++c, rows += panel->row) {
        s0 = add_doubles(s0, x[c], rows);
        s1 = add_doubles(s1, x[c], rows + 4);
        s2 = add_doubles(s2, x[c], rows + 8);
        s3 = add_doubles(s3, x[c], rows + 12);
    }
    store_doubles(a, s0);
    store_doubles(a + 4, s1);
    store_doubles(a + 8, s2);
    store_doubles(a + 12, s3);
    for (int32_t j = 0; j < count; ++j) {
        const double scaled = a[j] * (scale != NULL ? (double)scale[j] : 1.0);

        sums[j] += scaled;
        u[j] = (float)scaled;
    }
    for (int32_t j = count; j < SRD__PANEL; ++j) u[j] = 0.0f;
}

INLINE quads add_pick(quads sum, const srd__pick *p, const srd__panel *panel)
{
    return add_product(sum, p->x, load(panel->rows + p->row * panel->row));
}

static void pick(const srd__pick *picks, int32_t count, const srd__panel *panel, float *u)
{
    const float32x4_t zero = vdupq_n_f32(0.0f);
    quads s0 = { zero, zero, zero, zero }, s1 = s0, s2 = s0, s3 = s0;
    int32_t i = 0;

    for (; i + 4 <= count; i += 4) {
        s0 = add_pick(s0, picks + i, panel);
        s1 = add_pick(s1, picks + i + 1, panel);
        s2 = add_pick(s2, picks + i + 2, panel);
        s3 = add_pick(s3, picks + i + 3, panel);
    }
    if (i < count) s0 = add_pick(s0, picks + i, panel);
    if (i + 1 < count) s1 = add_pick(s1, picks + i + 1, panel);
    if (i + 2 < count) s2 = add_pick(s2, picks + i + 2, panel);
    store(u, add(load(u), add(add(s0, s1), add(s2, s3))));
}

/* <a, b> of one panel, lane by lane: the four numbers that are still to be added up. */
INLINE float32x4_t lanes(const float *a, const float *b)
{
    const quads x = load(a), y = load(b);

    return vfmaq_f32(vfmaq_f32(vfmaq_f32(vmulq_f32(x.a, y.a), x.b, y.b), x.c, y.c), x.d, y.d);
}

/*
 * to[i] += <a_i, b_i> for i < n, where a_i begins at a + i * a_row, b_i at b + i * b_row. Lanes are added as (0 + 1) + (2 + 3),
 * four rows at once or one alone.
 */
INLINE void add_dots(const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row, int32_t n, float *to)
{
    int32_t i = 0;

    for (; i + 4 <= n; i += 4, a += 4 * a_row, b += 4 * b_row) {
        const float32x4_t low = vpaddq_f32(lanes(a, b), lanes(a + a_row, b + b_row));
        const float32x4_t high = vpaddq_f32(lanes(a + 2 * a_row, b + 2 * b_row), lanes(a + 3 * a_row, b + 3 * b_row));

        vst1q_f32(to + i, vaddq_f32(vld1q_f32(to + i), vpaddq_f32(low, high)));
    }
    for (; i < n; ++i, a += a_row, b += b_row) {
        const float32x4_t alone = lanes(a, b), pairs = vpaddq_f32(alone, alone);

        to[i] += vgetq_lane_f32(vpaddq_f32(pairs, pairs), 0);
    }
}

static void turn(const srd__panel *panel, int32_t channels, const float *g, float *to)
{
    add_dots(panel->rows, panel->row, g, 0, channels, to);
}

static void dots(const float *u, const float *y, int32_t pixels, float *uu, float *uy)
{
    if (uu != NULL) add_dots(u, SRD__PANEL, u, SRD__PANEL, pixels, uu);
    add_dots(u, SRD__PANEL, y, SRD__PANEL, pixels, uy);
}

static void axpy(float a, const float *w, float *u)
{
    store(u, add_product(load(u), a, load(w)));
}

/* The last numbers are fused like the others, in the first lane. */
static void scale(const float *x, const float *w, int32_t n, float *u)
{
    int32_t j = 0;

    for (; j + 4 <= n; j += 4) vst1q_f32(u + j, vfmaq_f32(vld1q_f32(u + j), vld1q_f32(x + j), vld1q_f32(w + j)));
    for (; j < n; ++j) vst1_lane_f32(u + j, vfma_f32(vld1_dup_f32(u + j), vld1_dup_f32(x + j), vld1_dup_f32(w + j)), 0);
}

static void sum(const float *u, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 4 <= n; j += 4) vst1q_f32(y + j, vaddq_f32(vld1q_f32(y + j), vld1q_f32(u + j)));
    for (; j < n; ++j) y[j] += u[j];
}

/* A kernel that has no body here yet: a function that calls srd__kernels_portable's. test_kernels.c finds a forgotten one. */
const srd__kernels srd__kernels_neon = {
    .mix = mix,
    .exact = exact,
    .pick = pick,
    .turn = turn,
    .axpy = axpy,
    .scale = scale,
    .dots = dots,
    .sum = sum,
};
#endif
