/*
 * neon.c -- a panel is four registers of 32. Every aarch64 has them, so nothing is asked of the processor (dispatch.c). On 32-bit
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

INLINE void keep(float *to, quads q)
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
    keep(u, s0);
    keep(u + SRD__PANEL, s1);
    keep(u + 2 * SRD__PANEL, s2);
    keep(u + 3 * SRD__PANEL, s3);
}

INLINE void mix_one(const float *x, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    quads s = load(u);

    for (int32_t c = 0; c < channels; ++c, rows += row) s = add_product(s, x[c], load(rows));
    keep(u, s);
}

static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                size_t block_step, bool add)
{
    for (; blocks > 0; --blocks, ++panels, u += block_step) {
        int32_t i = 0;

        if (!add) memset(u, 0, (size_t)pixels * SRD__PANEL * sizeof *u);
        for (; i + 4 <= pixels; i += 4) mix_four(x + i, channels, panels->rows, panels->row, u + (size_t)i * SRD__PANEL);
        for (; i < pixels; ++i) mix_one(x[i], channels, panels->rows, panels->row, u + (size_t)i * SRD__PANEL);
    }
}

INLINE quads add_pick(quads sum, const srd__pick *p, const srd__panel *panel)
{
    return add_product(sum, p->x, load(panel->rows + p->row * panel->row));
}

static void pick(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t blocks,
                 float *u, size_t slot_step, size_t block_step)
{
    const float32x4_t zero = vdupq_n_f32(0.0f);

    for (; blocks > 0; --blocks, ++panels, u += block_step) {
        for (int32_t s = 0; s < slots; ++s) {
            float *const to = u + (size_t)s * slot_step;
            quads even = { zero, zero, zero, zero }, odd = even;
            int32_t i = begins[s];

            for (; i + 1 < begins[s + 1]; i += 2) {
                even = add_pick(even, picks + i, panels);
                odd = add_pick(odd, picks + i + 1, panels);
            }
            if (i < begins[s + 1]) even = add_pick(even, picks + i, panels);
            keep(to, add(load(to), add(even, odd)));
        }
    }
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

/* Pixels of a path against those of y; with one pixel per path all paths against the same. */
static void dots(const float *u, const float *y, int32_t paths, int32_t pixels, int32_t blocks, size_t u_step, size_t y_step,
                 float *uu, float *uy)
{
    for (; blocks > 0; --blocks, u += u_step, y += y_step) {
        if (uu != NULL) add_dots(u, SRD__PANEL, u, SRD__PANEL, paths * pixels, uu);
        if (pixels == 1) add_dots(u, SRD__PANEL, y, 0, paths, uy);
        for (int32_t k = 0; pixels > 1 && k < paths; ++k) {
            add_dots(u + (size_t)(k * pixels) * SRD__PANEL, SRD__PANEL, y, SRD__PANEL, pixels, uy + k * pixels);
        }
    }
}

static void total(const float *u, int32_t paths, int32_t n, float *y)
{
    for (int32_t j = 0; j < n; j += SRD__PANEL) {
        quads s = load(y + j);

        for (int32_t k = 0; k < paths; ++k) s = add(s, load(u + (size_t)k * (size_t)n + j));
        keep(y + j, s);
    }
}

static void axpy(float a, const float *w, float *u)
{
    keep(u, add_product(load(u), a, load(w)));
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

/* A kernel that has no body here: a function that calls the portable one, which the compiler makes with the same registers.
 * test_kernels.c finds a forgotten one. */
static void exact(const srd__exact *e, int32_t pixels, float *y)
{
    srd__kernels_portable.exact(e, pixels, y);
}

static void few(const srd__few *f, int32_t pixels, float *uu, float *uy)
{
    srd__kernels_portable.few(f, pixels, uu, uy);
}

static void depthwise(const srd__depthwise *d, int32_t pixels, float *y, float *u)
{
    srd__kernels_portable.depthwise(d, pixels, y, u);
}

static void columns(const float *x, int32_t rows, int32_t n, float *to)
{
    srd__kernels_portable.columns(x, rows, n, to);
}

static void roots(float *x, size_t n)
{
    srd__kernels_portable.roots(x, n);
}

static void share(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals, float *shares)
{
    srd__kernels_portable.share(norms, rows, n, amounts, totals, shares);
}

static void quotients(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step, float *sums,
                      float *magnitudes, bool stream)
{
    srd__kernels_portable.quotients(shares, rows, n, yy, to, step, sums, magnitudes, stream);
}

static void flip(const float *y, int32_t pixels, const float *scale_by, int32_t n, float *to)
{
    srd__kernels_portable.flip(y, pixels, scale_by, n, to);
}

static void multiply(const float *a, const float *b, size_t n, float *to)
{
    srd__kernels_portable.multiply(a, b, n, to);
}

static double plane(const float *x, size_t n, double *magnitude)
{
    return srd__kernels_portable.plane(x, n, magnitude);
}

static void pick_sums(const srd__picked *p, const float *y, size_t y_step, float *uu, float *uy, size_t step)
{
    srd__kernels_portable.pick_sums(p, y, y_step, uu, uy, step);
}

static bool sums(const srd__depthwise *d, int32_t pixels, const srd__sums_to *to)
{
    return srd__kernels_portable.sums(d, pixels, to);
}

static bool pooled(const srd__pooled *p, const srd__sums_to *to)
{
    return srd__kernels_portable.pooled(p, to);
}

static void rescale(float *u, int32_t rows, const float *scale_by, int32_t n)
{
    srd__kernels_portable.rescale(u, rows, scale_by, n);
}

static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride,
                  const srd__finish *finish)
{
    return srd__kernels_portable.store(y, pixels, bias, count, to, stride, finish);
}

static void drain(void)
{
}

static void most(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner)
{
    srd__kernels_portable.most(x, n, k, y, winner);
}

static void clamp(float *y, size_t n, float low, float high)
{
    srd__kernels_portable.clamp(y, n, low, high);
}

const srd__kernels srd__kernels_neon = { .mix = mix,
                                         .exact = exact,
                                         .few = few,
                                         .depthwise = depthwise,
                                         .sums = sums,
                                         .pooled = pooled,
                                         .pick = pick,
                                         .pick_sums = pick_sums,
                                         .list = NULL,
                                         .turn = turn,
                                         .multiply = multiply,
                                         .plane = plane,
                                         .axpy = axpy,
                                         .scale = scale,
                                         .dots = dots,
                                         .total = total,
                                         .columns = columns,
                                         .roots = roots,
                                         .share = share,
                                         .quotients = quotients,
                                         .store = store,
                                         .drain = drain,
                                         .rescale = rescale,
                                         .flip = flip,
                                         .clamp = clamp,
                                         .sum = sum,
                                         .most = most };
#endif
