/* avx512.c -- a panel is one register. Only for processors that choose.c has found able. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline, target("avx512f")))

/* n pixels stay in registers while c runs; n is a constant where this is called. */
INLINE void mix_n(const float *const *x, int32_t n, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    __m512 sums[8];

    for (int32_t i = 0; i < n; ++i) sums[i] = _mm512_loadu_ps(u + (size_t)i * SRD__PANEL);
    for (int32_t c = 0; c < channels; ++c, rows += row) {
        const __m512 w = _mm512_loadu_ps(rows);

        for (int32_t i = 0; i < n; ++i) sums[i] = _mm512_fmadd_ps(_mm512_set1_ps(x[i][c]), w, sums[i]);
    }
    for (int32_t i = 0; i < n; ++i) _mm512_storeu_ps(u + (size_t)i * SRD__PANEL, sums[i]);
}

TARGET static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u)
{
    int32_t i = 0;

    for (; i + 8 <= pixels; i += 8) mix_n(x + i, 8, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
    if (i + 4 <= pixels) {
        mix_n(x + i, 4, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
        i += 4;
    }
    for (; i < pixels; ++i) mix_n(x + i, 1, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
}

INLINE __m512 add_pick(const srd__pick *p, const srd__panel *panel, __m512 sum)
{
    return _mm512_fmadd_ps(_mm512_set1_ps(p->x), _mm512_loadu_ps(panel->rows + p->row * panel->row), sum);
}

TARGET static void pick(const srd__pick *picks, int32_t count, const srd__panel *panel, float *u)
{
    __m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
    int32_t i = 0;

    for (; i + 4 <= count; i += 4) {
        a = add_pick(picks + i, panel, a);
        b = add_pick(picks + i + 1, panel, b);
        c = add_pick(picks + i + 2, panel, c);
        d = add_pick(picks + i + 3, panel, d);
    }
    if (i < count) a = add_pick(picks + i, panel, a);
    if (i + 1 < count) b = add_pick(picks + i + 1, panel, b);
    if (i + 2 < count) c = add_pick(picks + i + 2, panel, c);
    a = _mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d));
    _mm512_storeu_ps(u, _mm512_add_ps(_mm512_loadu_ps(u), a));
}

TARGET static void axpy(float a, const float *w, float *u)
{
    _mm512_storeu_ps(u, _mm512_fmadd_ps(_mm512_set1_ps(a), _mm512_loadu_ps(w), _mm512_loadu_ps(u)));
}

/* Lanes 0 to 3 of the result: the sums of a, b, c, d, each added up in the same order. */
INLINE __m128 four_sums(__m512 a, __m512 b, __m512 c, __m512 d)
{
    const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    const __m512 low = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd)));
    const __m512 high = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd)));
    const __m512 sums = _mm512_add_ps(low, high); /* of the four lanes of 128 bits */
    const __m512 halves = _mm512_add_ps(sums, _mm512_shuffle_f32x4(sums, sums, 0x4e));

    return _mm512_castps512_ps128(_mm512_add_ps(halves, _mm512_shuffle_f32x4(halves, halves, 0xb1)));
}

/* to[i] += <u_i, y_i> for four pixels, or for fewer, the rest of which count as 0. */
INLINE void add_dots(const float *u, const float *y, int32_t pixels, float *to)
{
    __m512 products[4];

    for (int32_t i = 0; i < 4; ++i) {
        const size_t at = (size_t)i * SRD__PANEL;

        products[i] = i < pixels ? _mm512_mul_ps(_mm512_loadu_ps(u + at), _mm512_loadu_ps(y + at)) : _mm512_setzero_ps();
    }
    if (pixels == 4) {
        _mm_storeu_ps(to, _mm_add_ps(_mm_loadu_ps(to), four_sums(products[0], products[1], products[2], products[3])));
    } else {
        float sums[4];

        _mm_storeu_ps(sums, four_sums(products[0], products[1], products[2], products[3]));
        for (int32_t i = 0; i < pixels; ++i) to[i] += sums[i];
    }
}

TARGET static void dots(const float *u, const float *y, int32_t pixels, float *uu, float *uy)
{
    int32_t i = 0;

    for (; i + 4 <= pixels; i += 4, u += 4 * SRD__PANEL, y += 4 * SRD__PANEL) {
        if (uu != NULL) add_dots(u, u, 4, uu + i);
        add_dots(u, y, 4, uy + i);
    }
    if (i < pixels && uu != NULL) add_dots(u, u, pixels - i, uu + i);
    if (i < pixels) add_dots(u, y, pixels - i, uy + i);
}

TARGET static void sum(const float *u, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 16 <= n; j += 16) _mm512_storeu_ps(y + j, _mm512_add_ps(_mm512_loadu_ps(y + j), _mm512_loadu_ps(u + j)));
    for (; j < n; ++j) y[j] += u[j];
}

/* a, scaled, into sums and u; j counts from the first of the eight lanes, of which `mask` are wanted. */
INLINE void add_exact(__m512d a, const float *scale, __mmask8 mask, double *sums, float *u)
{
    const __m512d one = _mm512_set1_pd(1.0);
    const __m512d factor =
        scale != NULL ? _mm512_cvtps_pd(_mm512_castps512_ps256(_mm512_maskz_loadu_ps((__mmask16)mask, scale))) : one;
    const __m512d scaled = _mm512_maskz_mul_pd(mask, a, factor);

    _mm512_storeu_pd(sums, _mm512_add_pd(_mm512_loadu_pd(sums), scaled));
    _mm256_storeu_ps(u, _mm512_cvtpd_ps(scaled));
}

TARGET static void exact(const float *x, int32_t channels, const srd__panel *panel, const float *scale, int32_t count,
                         double *sums, float *u)
{
    const uint32_t mask = (1u << count) - 1u;
    const float *rows = panel->rows;
    __m512d low = _mm512_setzero_pd(), high = low;

    for (int32_t c = 0; c < channels; ++c, rows += panel->row) {
        const __m512d a = _mm512_set1_pd((double)x[c]);

        low = _mm512_fmadd_pd(a, _mm512_cvtps_pd(_mm256_loadu_ps(rows)), low);
        high = _mm512_fmadd_pd(a, _mm512_cvtps_pd(_mm256_loadu_ps(rows + 8)), high);
    }
    add_exact(low, scale, (__mmask8)mask, sums, u);
    add_exact(high, scale != NULL ? scale + 8 : NULL, (__mmask8)(mask >> 8), sums + 8, u + 8);
}

TARGET static void scale(const float *x, const float *w, int32_t n, float *u)
{
    const __mmask16 mask = (__mmask16)((1u << n) - 1u);
    const __m512 sum = _mm512_maskz_loadu_ps(mask, u);

    _mm512_mask_storeu_ps(u, mask, _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x), _mm512_maskz_loadu_ps(mask, w), sum));
}

TARGET static void turn(const srd__panel *panel, int32_t channels, const float *g, float *to)
{
    const __m512 factors = _mm512_loadu_ps(g);

    for (int32_t c = 0; c < channels; c += 4) {
        const int32_t count = srd__min(4, channels - c);
        float sums[4];
        __m512 products[4];

        for (int32_t i = 0; i < 4; ++i) {
            products[i] =
                i < count ? _mm512_mul_ps(_mm512_loadu_ps(panel->rows + (c + i) * panel->row), factors) : _mm512_setzero_ps();
        }
        _mm_storeu_ps(sums, four_sums(products[0], products[1], products[2], products[3]));
        for (int32_t i = 0; i < count; ++i) to[c + i] += sums[i];
    }
}

TARGET static void most(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner)
{
    for (int32_t j = 0; j < n; j += 16) {
        const __mmask16 inside = n - j >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << (n - j)) - 1u);
        const __m512 a = _mm512_maskz_loadu_ps(inside, x + j), b = _mm512_maskz_loadu_ps(inside, y + j);
        const __mmask16 more = _mm512_mask_cmp_ps_mask(inside, a, b, _CMP_GT_OQ);

        _mm512_mask_storeu_ps(y + j, more, a);
        _mm512_mask_cvtepi32_storeu_epi8(winner + j, more, _mm512_set1_epi32(k));
    }
}

const srd__kernels srd__kernels_avx512 = {
    .mix = mix,
    .exact = exact,
    .pick = pick,
    .turn = turn,
    .axpy = axpy,
    .scale = scale,
    .dots = dots,
    .sum = sum,
    .most = most,
};
#endif
