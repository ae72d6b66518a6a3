/* avx512_ratios.c -- the kernels of sharing ratios and of sums over paths, with the operations and their order of the portable bodies. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline, target("avx512f")))

TARGET void srd__rescale_avx512(float *u, int32_t rows, const float *scale_by, int32_t n)
{
    const __mmask16 inside = (__mmask16)((1u << n) - 1u);
    const __m512 factor = scale_by != NULL ? _mm512_maskz_loadu_ps(inside, scale_by) : _mm512_set1_ps(1.0f);

    if (scale_by == NULL && n == SRD__PANEL) return;
    for (int32_t i = 0; i < rows; ++i, u += SRD__PANEL) {
        _mm512_storeu_ps(u, _mm512_maskz_mul_ps(inside, _mm512_loadu_ps(u), factor));
    }
}

INLINE __mmask16 inside_of(int32_t n)
{
    return (__mmask16)((1u << n) - 1u);
}

TARGET void srd__columns_avx512(const float *x, int32_t rows, int32_t n, float *to)
{
    const __mmask16 inside = inside_of(n);
    __m512 sum = _mm512_maskz_loadu_ps(inside, to);

    for (int32_t k = 0; k < rows; ++k, x += n) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(inside, x));
    _mm512_mask_storeu_ps(to, inside, sum);
}

TARGET void srd__roots_avx512(float *x, size_t n)
{
    for (; n >= 16; n -= 16, x += 16) _mm512_storeu_ps(x, _mm512_sqrt_ps(_mm512_loadu_ps(x)));
    _mm512_mask_storeu_ps(x, inside_of((int32_t)n), _mm512_sqrt_ps(_mm512_maskz_loadu_ps(inside_of((int32_t)n), x)));
}

TARGET void srd__share_avx512(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals,
                              float *shares)
{
    const __mmask16 inside = inside_of(n);
    const __m512 amount = _mm512_maskz_loadu_ps(inside, amounts), total_of = _mm512_maskz_loadu_ps(inside, totals);

    for (int32_t k = 0; k < rows; ++k, norms += n, shares += n) {
        const __m512 part = _mm512_maskz_div_ps(inside, _mm512_maskz_loadu_ps(inside, norms), total_of);

        _mm512_mask_storeu_ps(shares, inside,
                              _mm512_add_ps(_mm512_maskz_loadu_ps(inside, shares), _mm512_mul_ps(amount, part)));
    }
}

TARGET void srd__quotients_avx512(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step,
                                  float *sums, float *magnitudes, bool stream)
{
    const __mmask16 inside = inside_of(n);
    const __m512 square = _mm512_maskz_loadu_ps(inside, yy);
    __m512 sum = _mm512_maskz_loadu_ps(inside, sums), magnitude = _mm512_maskz_loadu_ps(inside, magnitudes);

    for (int32_t k = 0; k < rows; ++k, shares += n, to += step) {
        const __m512 q = _mm512_maskz_div_ps(inside, _mm512_maskz_loadu_ps(inside, shares), square);

        if (stream && n == 16 && ((uintptr_t)to & 63) == 0) _mm512_stream_ps(to, q);
        else _mm512_mask_storeu_ps(to, inside, q);
        sum = _mm512_add_ps(sum, q);
        magnitude = _mm512_add_ps(magnitude, _mm512_abs_ps(q));
    }
    _mm512_mask_storeu_ps(sums, inside, sum);
    _mm512_mask_storeu_ps(magnitudes, inside, magnitude);
}

/* A transpose of 16 by 16: in four steps rows whose numbers differ in one bit change the numbers that differ in it. */
TARGET void srd__flip_avx512(const float *y, int32_t pixels, const float *scale_by, int32_t n, float *to)
{
    const __mmask16 inside = (__mmask16)((1u << n) - 1u);
    const __m512 factor = scale_by != NULL ? _mm512_maskz_loadu_ps(inside, scale_by) : _mm512_set1_ps(1.0f);
    __m512 a[16], b[16];

    for (int32_t i = 0; i < 16; ++i) {
        a[i] =
            i < pixels ? _mm512_maskz_mul_ps(inside, _mm512_loadu_ps(y + (size_t)i * SRD__PANEL), factor) : _mm512_setzero_ps();
    }
    for (int32_t i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int32_t i = 0; i < 16; i += 4) {
        for (int32_t k = 0; k < 2; ++k) {
            const __m512d low = _mm512_castps_pd(b[i + k]), high = _mm512_castps_pd(b[i + 2 + k]);

            a[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
            a[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
        }
    }
    for (int32_t i = 0; i < 16; i += 8) { /* a[i + k]: pixels i to i + 3 of channels k, k + 4, k + 8, k + 12 */
        for (int32_t k = 0; k < 4; ++k) {
            b[i + k] = _mm512_shuffle_f32x4(a[i + k], a[i + 4 + k], 0x88);
            b[i + 4 + k] = _mm512_shuffle_f32x4(a[i + k], a[i + 4 + k], 0xdd);
        }
    }
    for (int32_t k = 0; k < 8; ++k) {
        const __m512 even = _mm512_shuffle_f32x4(b[k], b[8 + k], 0x88), odd = _mm512_shuffle_f32x4(b[k], b[8 + k], 0xdd);

        _mm512_storeu_ps(to + (size_t)k * SRD__TILE_PIXELS, even);
        _mm512_storeu_ps(to + (size_t)(k + 8) * SRD__TILE_PIXELS, odd);
    }
}

/* Eight registers, or one, of y run over the paths. */
TARGET void srd__total_avx512(const float *u, int32_t paths, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 128 <= n; j += 128) {
        __m512 sums[8];

        for (int32_t i = 0; i < 8; ++i) sums[i] = _mm512_loadu_ps(y + j + 16 * i);
        for (int32_t k = 0; k < paths; ++k) {
            const float *const from = u + (size_t)k * (size_t)n + j;

            for (int32_t i = 0; i < 8; ++i) sums[i] = _mm512_add_ps(sums[i], _mm512_loadu_ps(from + 16 * i));
        }
        for (int32_t i = 0; i < 8; ++i) _mm512_storeu_ps(y + j + 16 * i, sums[i]);
    }
    for (; j < n; j += 16) {
        __m512 one = _mm512_loadu_ps(y + j);

        for (int32_t k = 0; k < paths; ++k) one = _mm512_add_ps(one, _mm512_loadu_ps(u + (size_t)k * (size_t)n + j));
        _mm512_storeu_ps(y + j, one);
    }
}

TARGET void srd__sum_avx512(const float *u, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 16 <= n; j += 16) _mm512_storeu_ps(y + j, _mm512_add_ps(_mm512_loadu_ps(y + j), _mm512_loadu_ps(u + j)));
    for (; j < n; ++j) y[j] += u[j];
}

/* Eight factors of a scale in double; those that the mask leaves out are not read. */
INLINE __m512d factors(const float *scale, __mmask8 mask)
{
    if (scale == NULL) return _mm512_set1_pd(1.0);
    return _mm512_cvtps_pd(_mm512_castps512_ps256(_mm512_maskz_loadu_ps((__mmask16)mask, scale)));
}

/* n pixels; n is a constant where this is called. */
INLINE void exact_n(const srd__exact *e, int32_t pixel, int32_t n, float *y)
{
    const uint32_t mask = (1u << e->count) - 1u;
    const __mmask8 first = (__mmask8)mask, second = (__mmask8)(mask >> 8);
    const float *rows = e->panel.rows;
    __m512d low[8], high[8];

    for (int32_t i = 0; i < n; ++i) low[i] = high[i] = _mm512_setzero_pd();
    for (int32_t k = 0; k < e->terms; ++k, rows += e->panel.row) {
        const double *const x = e->x[k] + pixel;
        const __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(rows)), v = _mm512_cvtps_pd(_mm256_loadu_ps(rows + 8));

        for (int32_t i = 0; i < n; ++i) {
            const __m512d factor = _mm512_set1_pd(x[i]);

            low[i] = _mm512_fmadd_pd(factor, w, low[i]);
            high[i] = _mm512_fmadd_pd(factor, v, high[i]);
        }
    }
    for (int32_t i = 0; i < n; ++i, y += SRD__PANEL) {
        const __m512d a = _mm512_maskz_mul_pd(first, low[i], factors(e->scale, first));
        const __m512d b = _mm512_maskz_mul_pd(second, high[i], factors(e->scale != NULL ? e->scale + 8 : NULL, second));

        _mm256_storeu_ps(y, _mm512_cvtpd_ps(a));
        _mm256_storeu_ps(y + 8, _mm512_cvtpd_ps(b));
    }
}

TARGET void srd__exact_avx512(const srd__exact *e, int32_t pixels, float *y)
{
    int32_t i = 0;

    for (; i + 8 <= pixels; i += 8) exact_n(e, i, 8, y + (size_t)i * SRD__PANEL);
    for (; i + 4 <= pixels; i += 4) exact_n(e, i, 4, y + (size_t)i * SRD__PANEL);
    for (; i < pixels; ++i) exact_n(e, i, 1, y + (size_t)i * SRD__PANEL);
}

/* Up to eight pixels of one tap; channels is a constant where this is called. */
INLINE void few_eight(const double *const *x, int32_t pixel, const double *r, const float *v, int32_t channels, __mmask8 inside,
                      float *uu, float *uy)
{
    __m512d sum = _mm512_setzero_pd(), squares = sum;

    for (int32_t c = 0; c < channels; ++c) {
        const __m512d at = _mm512_loadu_pd(x[c] + pixel);

        sum = _mm512_fmadd_pd(at, _mm512_cvtps_pd(_mm256_loadu_ps(v + c * SRD__TILE_PIXELS)), sum);
    }
    _mm512_mask_storeu_ps(uy, inside, _mm512_castps256_ps512(_mm512_cvtpd_ps(sum)));
    if (uu == NULL) return;
    for (int32_t a = 0; a < channels; ++a) {
        __m512d z = _mm512_setzero_pd();

        for (int32_t c = a; c < channels; ++c) {
            z = _mm512_fmadd_pd(_mm512_set1_pd(r[a * channels + c]), _mm512_loadu_pd(x[c] + pixel), z);
        }
        squares = _mm512_fmadd_pd(z, z, squares);
    }
    _mm512_mask_storeu_ps(uu, inside, _mm512_castps256_ps512(_mm512_cvtpd_ps(squares)));
}

INLINE void few_n(const srd__few *f, int32_t channels, int32_t pixels, float *uu, float *uy)
{
    for (int32_t t = 0; t < f->taps; ++t) {
        for (int32_t i = 0; i < pixels; i += 8) {
            const int32_t term = t * channels;
            const __mmask8 inside = (__mmask8)((1u << srd__min(8, pixels - i)) - 1u);
            const int32_t to = t * pixels + i;

            few_eight(f->x + term, i, f->r + term * channels, f->v + term * SRD__TILE_PIXELS + i, channels, inside,
                      uu != NULL ? uu + to : NULL, uy + to);
        }
    }
}

TARGET void srd__few_avx512(const srd__few *f, int32_t pixels, float *uu, float *uy)
{
    switch (f->channels) {
    case 1: few_n(f, 1, pixels, uu, uy); break;
    case 2: few_n(f, 2, pixels, uu, uy); break;
    case 3: few_n(f, 3, pixels, uu, uy); break;
    default: few_n(f, 4, pixels, uu, uy); break;
    }
}
#endif
