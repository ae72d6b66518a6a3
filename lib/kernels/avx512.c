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

/* full: count is SRD__PANEL, a constant where this is called. What a masked store wrote is slow to read soon after. */
INLINE bool store_n(bool full, float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride)
{
    const __mmask16 mask = (__mmask16)((1u << count) - 1u);
    const __m512i exponent = _mm512_set1_epi32(0x7f800000);
    const __m512 added = bias != NULL ? _mm512_maskz_loadu_ps(mask, bias) : _mm512_setzero_ps();
    uint32_t broken = 0;

    for (int32_t i = 0; i < pixels; ++i, y += SRD__PANEL, to += stride) {
        __m512 sum = _mm512_loadu_ps(y);

        if (bias != NULL) { /* or a zero would lose its sign */
            sum = _mm512_mask_add_ps(sum, mask, sum, added);
            _mm512_storeu_ps(y, sum);
        }
        if (full) _mm512_storeu_ps(to, sum);
        else _mm512_mask_storeu_ps(to, mask, sum);
        broken |= _mm512_mask_cmpeq_epi32_mask(mask, _mm512_and_si512(_mm512_castps_si512(sum), exponent), exponent);
    }
    return broken == 0;
}

TARGET static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride)
{
    if (count == SRD__PANEL) return store_n(true, y, pixels, bias, count, to, stride);
    return store_n(false, y, pixels, bias, count, to, stride);
}

/* Eight factors of a scale in double; those that the mask leaves out are not read. */
INLINE __m512d factors(const float *scale, __mmask8 mask)
{
    if (scale == NULL) return _mm512_set1_pd(1.0);
    return _mm512_cvtps_pd(_mm512_castps512_ps256(_mm512_maskz_loadu_ps((__mmask16)mask, scale)));
}

/* n pixels from e->x on; n and whether there is an u are constants where this is called. step: of u, from tap to tap. */
INLINE void exact_n(const srd__exact *e, const double *x, int32_t n, float *y, float *u, size_t step)
{
    const uint32_t mask = (1u << e->count) - 1u;
    const __mmask8 first = (__mmask8)mask, second = (__mmask8)(mask >> 8);
    const __m512d scale = factors(e->scale, first), scales = factors(e->scale != NULL ? e->scale + 8 : NULL, second);
    const float *rows = e->panel.rows;
    __m512d low[6], high[6];

    for (int32_t i = 0; i < n; ++i) low[i] = high[i] = _mm512_setzero_pd();
    for (int32_t t = 0; t < e->taps; ++t) {
        __m512d a[6], b[6];

        for (int32_t i = 0; i < n; ++i) a[i] = b[i] = _mm512_setzero_pd();
        for (int32_t c = 0; c < e->channels; ++c, rows += e->panel.row, x += SRD__TILE_PIXELS) {
            const __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(rows)), v = _mm512_cvtps_pd(_mm256_loadu_ps(rows + 8));

            for (int32_t i = 0; i < n; ++i) {
                const __m512d factor = _mm512_set1_pd(x[i]);

                a[i] = _mm512_fmadd_pd(factor, w, a[i]);
                b[i] = _mm512_fmadd_pd(factor, v, b[i]);
            }
        }
        for (int32_t i = 0; i < n; ++i) {
            a[i] = _mm512_maskz_mul_pd(first, a[i], scale);
            b[i] = _mm512_maskz_mul_pd(second, b[i], scales);
            low[i] = _mm512_add_pd(low[i], a[i]);
            high[i] = _mm512_add_pd(high[i], b[i]);
            if (u == NULL) continue;
            _mm256_storeu_ps(u + (size_t)t * step + (size_t)i * SRD__PANEL, _mm512_cvtpd_ps(a[i]));
            _mm256_storeu_ps(u + (size_t)t * step + (size_t)i * SRD__PANEL + 8, _mm512_cvtpd_ps(b[i]));
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        _mm256_storeu_ps(y + (size_t)i * SRD__PANEL, _mm512_cvtpd_ps(low[i]));
        _mm256_storeu_ps(y + (size_t)i * SRD__PANEL + 8, _mm512_cvtpd_ps(high[i]));
    }
}

INLINE void exact_some(const srd__exact *e, int32_t i, int32_t n, float *y, float *u, size_t step)
{
    const size_t at = (size_t)i * SRD__PANEL;

    if (u != NULL) exact_n(e, e->x + i, n, y + at, u + at, step);
    else exact_n(e, e->x + i, n, y + at, NULL, step);
}

TARGET static void exact(const srd__exact *e, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;
    int32_t i = 0;

    for (; i + 6 <= pixels; i += 6) exact_some(e, i, 6, y, u, step);
    for (; i + 4 <= pixels; i += 4) exact_some(e, i, 4, y, u, step);
    for (; i < pixels; ++i) exact_some(e, i, 1, y, u, step);
}

/* n pixels; n, whether all channels of the panel are there, and whether there is an u, are constants where this is called. */
INLINE void depthwise_n(const srd__depthwise *d, const float *const *x, int32_t n, bool full, float *y, float *u, size_t step)
{
    const __mmask16 mask = (__mmask16)(full ? 0xffffu : (1u << d->count) - 1u);
    const __m512 one = _mm512_set1_ps(1.0f);
    const __m512 scale = d->scale != NULL ? _mm512_maskz_loadu_ps(mask, d->scale) : one;
    const float *rows = d->w;
    __m512 sums[8];

    for (int32_t i = 0; i < n; ++i) sums[i] = _mm512_setzero_ps();
    for (int32_t t = 0; t < d->taps; ++t, rows += d->row, x += SRD__TILE_PIXELS) {
        const __m512 w = full ? _mm512_loadu_ps(rows) : _mm512_maskz_loadu_ps(mask, rows);

        for (int32_t i = 0; i < n; ++i) {
            const float *const at = x[i] + d->first;
            const __m512 value = full ? _mm512_loadu_ps(at) : _mm512_maskz_loadu_ps(mask, at);

            if (u == NULL) {
                sums[i] = _mm512_fmadd_ps(value, w, sums[i]);
            } else {
                const __m512 a = _mm512_mul_ps(_mm512_mul_ps(value, w), scale);

                _mm512_storeu_ps(u + (size_t)t * step + (size_t)i * SRD__PANEL, a);
                sums[i] = _mm512_add_ps(sums[i], a);
            }
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        _mm512_storeu_ps(y + (size_t)i * SRD__PANEL, u == NULL ? _mm512_mul_ps(sums[i], scale) : sums[i]);
    }
}

INLINE void depthwise_some(const srd__depthwise *d, int32_t i, int32_t n, float *y, float *u, size_t step)
{
    const size_t at = (size_t)i * SRD__PANEL;

    if (d->count == SRD__PANEL) {
        if (u != NULL) depthwise_n(d, d->x + i, n, true, y + at, u + at, step);
        else depthwise_n(d, d->x + i, n, true, y + at, NULL, step);
    } else {
        if (u != NULL) depthwise_n(d, d->x + i, n, false, y + at, u + at, step);
        else depthwise_n(d, d->x + i, n, false, y + at, NULL, step);
    }
}

TARGET static void depthwise(const srd__depthwise *d, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;
    int32_t i = 0;

    for (; i + 8 <= pixels; i += 8) depthwise_some(d, i, 8, y, u, step);
    for (; i + 4 <= pixels; i += 4) depthwise_some(d, i, 4, y, u, step);
    for (; i < pixels; ++i) depthwise_some(d, i, 1, y, u, step);
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

const srd__kernels srd__kernels_avx512 = { mix, exact, depthwise, pick, turn, axpy, scale, dots, sum, store };
#endif
