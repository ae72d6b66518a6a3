/* avx2_ratios.c -- the kernels of sharing ratios and of sums over paths, with the operations and their order of the portable bodies. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

INLINE __m256i inside_of(int32_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* Divisors: 1 in the lanes that are outside, where 0 / 0 would raise the invalid exception. */
INLINE __m256 divisors(const float *from, __m256i inside)
{
    return _mm256_blendv_ps(_mm256_set1_ps(1.0f), _mm256_maskload_ps(from, inside), _mm256_castsi256_ps(inside));
}

TARGET void srd__columns_avx2(const float *x, int32_t rows, int32_t n, float *to)
{
    for (int32_t i = 0; i < n; i += 8) {
        const __m256i inside = inside_of(n - i);
        __m256 sum = _mm256_maskload_ps(to + i, inside);

        for (int32_t k = 0; k < rows; ++k) sum = _mm256_add_ps(sum, _mm256_maskload_ps(x + k * n + i, inside));
        _mm256_maskstore_ps(to + i, inside, sum);
    }
}

TARGET void srd__roots_avx2(float *x, size_t n)
{
    for (; n >= 8; n -= 8, x += 8) _mm256_storeu_ps(x, _mm256_sqrt_ps(_mm256_loadu_ps(x)));
    for (; n > 0; --n, ++x) *x = sqrtf(*x);
}

TARGET void srd__share_avx2(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals,
                            float *shares)
{
    for (int32_t i = 0; i < n; i += 8) {
        const __m256i inside = inside_of(n - i);
        const __m256 amount = _mm256_maskload_ps(amounts + i, inside), total_of = divisors(totals + i, inside);

        for (int32_t k = 0; k < rows; ++k) {
            const __m256 part = _mm256_div_ps(_mm256_maskload_ps(norms + k * n + i, inside), total_of);
            float *const to = shares + k * n + i;

            _mm256_maskstore_ps(to, inside, _mm256_add_ps(_mm256_maskload_ps(to, inside), _mm256_mul_ps(amount, part)));
        }
    }
}

TARGET void srd__quotients_avx2(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step,
                                float *sums, float *magnitudes, bool stream)
{
    for (int32_t i = 0; i < n; i += 8) {
        const __m256i inside = inside_of(n - i);
        const __m256 square = divisors(yy + i, inside);
        __m256 sum = _mm256_maskload_ps(sums + i, inside), magnitude = _mm256_maskload_ps(magnitudes + i, inside);

        for (int32_t k = 0; k < rows; ++k) {
            const __m256 q = _mm256_div_ps(_mm256_maskload_ps(shares + k * n + i, inside), square);

            float *const at = to + (size_t)k * step + i;

            if (stream && n - i >= 8 && ((uintptr_t)at & 31) == 0) _mm256_stream_ps(at, q);
            else _mm256_maskstore_ps(at, inside, q);
            sum = _mm256_add_ps(sum, q);
            magnitude = _mm256_add_ps(magnitude, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), q));
        }
        _mm256_maskstore_ps(sums + i, inside, sum);
        _mm256_maskstore_ps(magnitudes + i, inside, magnitude);
    }
}

TARGET void srd__rescale_avx2(float *u, int32_t rows, const float *scale_by, int32_t n)
{
    __m256 low, high;

    if (n < SRD__PANEL || scale_by == NULL) {
        if (n < SRD__PANEL) srd__kernels_portable.rescale(u, rows, scale_by, n);
        return;
    }
    low = _mm256_loadu_ps(scale_by);
    high = _mm256_loadu_ps(scale_by + 8);
    for (int32_t i = 0; i < rows; ++i, u += SRD__PANEL) {
        _mm256_storeu_ps(u, _mm256_mul_ps(_mm256_loadu_ps(u), low));
        _mm256_storeu_ps(u + 8, _mm256_mul_ps(_mm256_loadu_ps(u + 8), high));
    }
}

/* Eight registers, or one, of y run over the paths. */
TARGET void srd__total_avx2(const float *u, int32_t paths, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 64 <= n; j += 64) {
        __m256 sums[8];

        for (int32_t i = 0; i < 8; ++i) sums[i] = _mm256_loadu_ps(y + j + 8 * i);
        for (int32_t k = 0; k < paths; ++k) {
            const float *const from = u + (size_t)k * (size_t)n + j;

            for (int32_t i = 0; i < 8; ++i) sums[i] = _mm256_add_ps(sums[i], _mm256_loadu_ps(from + 8 * i));
        }
        for (int32_t i = 0; i < 8; ++i) _mm256_storeu_ps(y + j + 8 * i, sums[i]);
    }
    for (; j < n; j += 8) {
        __m256 one = _mm256_loadu_ps(y + j);

        for (int32_t k = 0; k < paths; ++k) one = _mm256_add_ps(one, _mm256_loadu_ps(u + (size_t)k * (size_t)n + j));
        _mm256_storeu_ps(y + j, one);
    }
}

TARGET void srd__sum_avx2(const float *u, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 8 <= n; j += 8) _mm256_storeu_ps(y + j, _mm256_add_ps(_mm256_loadu_ps(y + j), _mm256_loadu_ps(u + j)));
    for (; j < n; ++j) y[j] += u[j];
}

/* What n pixels get in half a panel: four channels from j and four from j + 4 on, of which those below e->count count. */
INLINE void exact_n(const srd__exact *e, int32_t pixel, int32_t j, int32_t n, float *y)
{
    const __m256i index = _mm256_setr_epi64x(j, j + 1, j + 2, j + 3), count = _mm256_set1_epi64x(e->count);
    const __m256d mask = _mm256_castsi256_pd(_mm256_cmpgt_epi64(count, index));
    const __m256d next = _mm256_castsi256_pd(_mm256_cmpgt_epi64(count, _mm256_add_epi64(index, _mm256_set1_epi64x(4))));
    const float *rows = e->panel.rows + j;
    double scale[8];
    __m256d low[5], high[5];

    for (int32_t k = 0; k < 8; ++k) scale[k] = e->scale != NULL && j + k < e->count ? (double)e->scale[j + k] : 1.0;
    for (int32_t i = 0; i < n; ++i) low[i] = high[i] = _mm256_setzero_pd();
    for (int32_t k = 0; k < e->terms; ++k, rows += e->panel.row) {
        const double *const x = e->x[k] + pixel;
        const __m256d w = _mm256_cvtps_pd(_mm_loadu_ps(rows)), v = _mm256_cvtps_pd(_mm_loadu_ps(rows + 4));

        for (int32_t i = 0; i < n; ++i) {
            const __m256d factor = _mm256_broadcast_sd(x + i);

            low[i] = _mm256_fmadd_pd(factor, w, low[i]);
            high[i] = _mm256_fmadd_pd(factor, v, high[i]);
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        const __m256d a = _mm256_and_pd(_mm256_mul_pd(low[i], _mm256_loadu_pd(scale)), mask);
        const __m256d b = _mm256_and_pd(_mm256_mul_pd(high[i], _mm256_loadu_pd(scale + 4)), next);

        _mm_storeu_ps(y + (size_t)i * SRD__PANEL, _mm256_cvtpd_ps(a));
        _mm_storeu_ps(y + (size_t)i * SRD__PANEL + 4, _mm256_cvtpd_ps(b));
    }
}

TARGET void srd__exact_avx2(const srd__exact *e, int32_t pixels, float *y)
{
    for (int32_t j = 0; j < SRD__PANEL; j += 8) {
        int32_t i = 0;

        for (; i + 5 <= pixels; i += 5) exact_n(e, i, j, 5, y + (size_t)i * SRD__PANEL + j);
        for (; i < pixels; ++i) exact_n(e, i, j, 1, y + (size_t)i * SRD__PANEL + j);
    }
}

/* Four pixels of one tap; channels is a constant where this is called. */
INLINE void few_four(const double *const *x, int32_t pixel, const double *r, const float *v, int32_t channels, __m128 *uu,
                     __m128 *uy)
{
    __m256d sum = _mm256_setzero_pd(), squares = sum;

    for (int32_t c = 0; c < channels; ++c) {
        const __m256d at = _mm256_loadu_pd(x[c] + pixel);

        sum = _mm256_fmadd_pd(at, _mm256_cvtps_pd(_mm_loadu_ps(v + c * SRD__TILE_PIXELS)), sum);
    }
    for (int32_t a = 0; a < channels; ++a) {
        __m256d z = _mm256_setzero_pd();

        for (int32_t c = a; c < channels; ++c) {
            z = _mm256_fmadd_pd(_mm256_broadcast_sd(r + a * channels + c), _mm256_loadu_pd(x[c] + pixel), z);
        }
        squares = _mm256_fmadd_pd(z, z, squares);
    }
    *uu = _mm256_cvtpd_ps(squares);
    *uy = _mm256_cvtpd_ps(sum);
}

INLINE void few_n(const srd__few *f, int32_t channels, int32_t pixels, float *uu, float *uy)
{
    for (int32_t t = 0; t < f->taps; ++t) {
        for (int32_t i = 0; i < pixels; i += 4) {
            const int32_t term = t * channels, count = srd__min(4, pixels - i), to = t * pixels + i;
            __m128 squares, sums;
            float lanes[8];

            few_four(f->x + term, i, f->r + term * channels, f->v + term * SRD__TILE_PIXELS + i, channels, &squares, &sums);
            _mm_storeu_ps(lanes, squares);
            _mm_storeu_ps(lanes + 4, sums);
            for (int32_t k = 0; uu != NULL && k < count; ++k) uu[to + k] = lanes[k];
            for (int32_t k = 0; k < count; ++k) uy[to + k] = lanes[4 + k];
        }
    }
}

TARGET void srd__few_avx2(const srd__few *f, int32_t pixels, float *uu, float *uy)
{
    switch (f->channels) {
    case 1: few_n(f, 1, pixels, uu, uy); break;
    case 2: few_n(f, 2, pixels, uu, uy); break;
    case 3: few_n(f, 3, pixels, uu, uy); break;
    default: few_n(f, 4, pixels, uu, uy); break;
    }
}
#endif
