/* avx2.c -- a panel is two registers. Only for processors that choose.c has found able. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

/* n pixels stay in registers while c runs; n is a constant where this is called. */
INLINE void mix_n(const float *const *x, int32_t n, int32_t channels, const float *rows, ptrdiff_t row, float *u)
{
    __m256 low[6], high[6];

    for (int32_t i = 0; i < n; ++i) {
        low[i] = _mm256_loadu_ps(u + (size_t)i * SRD__PANEL);
        high[i] = _mm256_loadu_ps(u + (size_t)i * SRD__PANEL + 8);
    }
    for (int32_t c = 0; c < channels; ++c, rows += row) {
        const __m256 w = _mm256_loadu_ps(rows), v = _mm256_loadu_ps(rows + 8);

        for (int32_t i = 0; i < n; ++i) {
            const __m256 a = _mm256_broadcast_ss(x[i] + c);

            low[i] = _mm256_fmadd_ps(a, w, low[i]);
            high[i] = _mm256_fmadd_ps(a, v, high[i]);
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        _mm256_storeu_ps(u + (size_t)i * SRD__PANEL, low[i]);
        _mm256_storeu_ps(u + (size_t)i * SRD__PANEL + 8, high[i]);
    }
}

TARGET static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u)
{
    int32_t i = 0;

    for (; i + 6 <= pixels; i += 6) mix_n(x + i, 6, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
    if (i + 4 <= pixels) {
        mix_n(x + i, 4, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
        i += 4;
    }
    for (; i < pixels; ++i) mix_n(x + i, 1, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
}

TARGET static void pick(const srd__pick *picks, int32_t count, const srd__panel *panel, float *u)
{
    __m256 low[4], high[4];

    for (int32_t k = 0; k < 4; ++k) low[k] = high[k] = _mm256_setzero_ps();
    for (int32_t i = 0; i < count; i += 4) {
        for (int32_t k = 0; k < 4 && i + k < count; ++k) {
            const __m256 x = _mm256_broadcast_ss(&picks[i + k].x);
            const float *const w = panel->rows + picks[i + k].row * panel->row;

            low[k] = _mm256_fmadd_ps(x, _mm256_loadu_ps(w), low[k]);
            high[k] = _mm256_fmadd_ps(x, _mm256_loadu_ps(w + 8), high[k]);
        }
    }
    low[0] = _mm256_add_ps(_mm256_add_ps(low[0], low[1]), _mm256_add_ps(low[2], low[3]));
    high[0] = _mm256_add_ps(_mm256_add_ps(high[0], high[1]), _mm256_add_ps(high[2], high[3]));
    _mm256_storeu_ps(u, _mm256_add_ps(_mm256_loadu_ps(u), low[0]));
    _mm256_storeu_ps(u + 8, _mm256_add_ps(_mm256_loadu_ps(u + 8), high[0]));
}

TARGET static void axpy(float a, const float *w, float *u)
{
    const __m256 factor = _mm256_set1_ps(a);

    _mm256_storeu_ps(u, _mm256_fmadd_ps(factor, _mm256_loadu_ps(w), _mm256_loadu_ps(u)));
    _mm256_storeu_ps(u + 8, _mm256_fmadd_ps(factor, _mm256_loadu_ps(w + 8), _mm256_loadu_ps(u + 8)));
}

/* <u, y> of one panel: products of both halves added, then the lanes. */
INLINE float dot(const float *u, const float *y)
{
    const __m256 high = _mm256_mul_ps(_mm256_loadu_ps(u + 8), _mm256_loadu_ps(y + 8));
    const __m256 eight = _mm256_fmadd_ps(_mm256_loadu_ps(u), _mm256_loadu_ps(y), high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

TARGET static void dots(const float *u, const float *y, int32_t pixels, float *uu, float *uy)
{
    for (int32_t i = 0; i < pixels; ++i, u += SRD__PANEL, y += SRD__PANEL) {
        if (uu != NULL) uu[i] += dot(u, u);
        uy[i] += dot(u, y);
    }
}

TARGET static void sum(const float *u, int32_t n, float *y)
{
    int32_t j = 0;

    for (; j + 8 <= n; j += 8) _mm256_storeu_ps(y + j, _mm256_add_ps(_mm256_loadu_ps(y + j), _mm256_loadu_ps(u + j)));
    for (; j < n; ++j) y[j] += u[j];
}

/* Half a panel, n channels of which count: bias, to. Lanes of the result are all ones where a number is NaN or Inf. */
INLINE __m256i store_half(float *y, int32_t n, const float *bias, __m256i mask, float *to)
{
    const __m256i exponent = _mm256_set1_epi32(0x7f800000);
    __m256 sum = _mm256_loadu_ps(y);

    if (bias != NULL) { /* or a zero would lose its sign */
        sum = _mm256_blendv_ps(sum, _mm256_add_ps(sum, _mm256_maskload_ps(bias, mask)), _mm256_castsi256_ps(mask));
        _mm256_storeu_ps(y, sum);
    }
    if (n >= 8) _mm256_storeu_ps(to, sum);
    for (int32_t j = 0; n < 8 && j < n; ++j) to[j] = y[j]; /* a masked store is slow, and its numbers are slow to read */
    return _mm256_and_si256(mask, _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(sum), exponent), exponent));
}

TARGET static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), counts = _mm256_set1_epi32(count);
    const __m256i mask = _mm256_cmpgt_epi32(counts, index);
    const __m256i next = _mm256_cmpgt_epi32(counts, _mm256_add_epi32(index, _mm256_set1_epi32(8)));
    __m256i broken = _mm256_setzero_si256();

    for (int32_t i = 0; i < pixels; ++i, y += SRD__PANEL, to += stride) {
        broken = _mm256_or_si256(broken, store_half(y, count, bias, mask, to));
        if (count <= 8) continue;
        broken = _mm256_or_si256(broken, store_half(y + 8, count - 8, bias != NULL ? bias + 8 : NULL, next, to + 8));
    }
    return _mm256_testz_si256(broken, broken) != 0;
}

/* What n pixels get in half a panel: four channels from j and four from j + 4 on, of which those below e->count count. */
INLINE void exact_n(const srd__exact *e, const double *x, int32_t j, int32_t n, float *y, float *u, size_t step)
{
    const __m256i index = _mm256_setr_epi64x(j, j + 1, j + 2, j + 3), count = _mm256_set1_epi64x(e->count);
    const __m256d mask = _mm256_castsi256_pd(_mm256_cmpgt_epi64(count, index));
    const __m256d next = _mm256_castsi256_pd(_mm256_cmpgt_epi64(count, _mm256_add_epi64(index, _mm256_set1_epi64x(4))));
    const float *rows = e->panel.rows + j;
    double scale[8];
    __m256d low[3], high[3];

    for (int32_t k = 0; k < 8; ++k) scale[k] = e->scale != NULL && j + k < e->count ? (double)e->scale[j + k] : 1.0;
    for (int32_t i = 0; i < n; ++i) low[i] = high[i] = _mm256_setzero_pd();
    for (int32_t t = 0; t < e->taps; ++t) {
        __m256d a[3], b[3];

        for (int32_t i = 0; i < n; ++i) a[i] = b[i] = _mm256_setzero_pd();
        for (int32_t c = 0; c < e->channels; ++c, rows += e->panel.row, x += SRD__TILE_PIXELS) {
            const __m256d w = _mm256_cvtps_pd(_mm_loadu_ps(rows)), v = _mm256_cvtps_pd(_mm_loadu_ps(rows + 4));

            for (int32_t i = 0; i < n; ++i) {
                const __m256d factor = _mm256_broadcast_sd(x + i);

                a[i] = _mm256_fmadd_pd(factor, w, a[i]);
                b[i] = _mm256_fmadd_pd(factor, v, b[i]);
            }
        }
        for (int32_t i = 0; i < n; ++i) {
            a[i] = _mm256_and_pd(_mm256_mul_pd(a[i], _mm256_loadu_pd(scale)), mask);
            b[i] = _mm256_and_pd(_mm256_mul_pd(b[i], _mm256_loadu_pd(scale + 4)), next);
            low[i] = _mm256_add_pd(low[i], a[i]);
            high[i] = _mm256_add_pd(high[i], b[i]);
            if (u == NULL) continue;
            _mm_storeu_ps(u + (size_t)t * step + (size_t)i * SRD__PANEL, _mm256_cvtpd_ps(a[i]));
            _mm_storeu_ps(u + (size_t)t * step + (size_t)i * SRD__PANEL + 4, _mm256_cvtpd_ps(b[i]));
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        _mm_storeu_ps(y + (size_t)i * SRD__PANEL, _mm256_cvtpd_ps(low[i]));
        _mm_storeu_ps(y + (size_t)i * SRD__PANEL + 4, _mm256_cvtpd_ps(high[i]));
    }
}

/* Both halves for n pixels from the i-th on; n is a constant where this is called. */
INLINE void exact_some(const srd__exact *e, int32_t i, int32_t n, float *y, float *u, size_t step)
{
    for (int32_t j = 0; j < SRD__PANEL; j += 8) {
        const size_t at = (size_t)i * SRD__PANEL + (size_t)j;

        if (u != NULL) exact_n(e, e->x + i, j, n, y + at, u + at, step);
        else exact_n(e, e->x + i, j, n, y + at, NULL, step);
    }
}

TARGET static void exact(const srd__exact *e, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;
    int32_t i = 0;

    for (; i + 3 <= pixels; i += 3) exact_some(e, i, 3, y, u, step);
    for (; i < pixels; ++i) exact_some(e, i, 1, y, u, step);
}

/* n pixels; n, and whether there is an u, are constants where this is called. */
INLINE void depthwise_n(const srd__depthwise *d, const float *const *x, int32_t n, float *y, float *u, size_t step)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), count = _mm256_set1_epi32(d->count);
    const __m256i mask = _mm256_cmpgt_epi32(count, index);
    const __m256i next = _mm256_cmpgt_epi32(count, _mm256_add_epi32(index, _mm256_set1_epi32(8)));
    const __m256 one = _mm256_set1_ps(1.0f);
    const __m256 scale = d->scale != NULL ? _mm256_maskload_ps(d->scale, mask) : one;
    const __m256 scales = d->scale != NULL ? _mm256_maskload_ps(d->scale + 8, next) : one;
    const float *rows = d->w;
    __m256 low[4], high[4];

    for (int32_t i = 0; i < n; ++i) low[i] = high[i] = _mm256_setzero_ps();
    for (int32_t t = 0; t < d->taps; ++t, rows += d->row, x += SRD__TILE_PIXELS) {
        const __m256 w = _mm256_maskload_ps(rows, mask), v = _mm256_maskload_ps(rows + 8, next);

        for (int32_t i = 0; i < n; ++i) {
            const float *const at = x[i] + d->first;
            const __m256 a = _mm256_maskload_ps(at, mask), b = _mm256_maskload_ps(at + 8, next);

            if (u == NULL) {
                low[i] = _mm256_fmadd_ps(a, w, low[i]);
                high[i] = _mm256_fmadd_ps(b, v, high[i]);
            } else {
                float *const to = u + (size_t)t * step + (size_t)i * SRD__PANEL;
                const __m256 p = _mm256_mul_ps(_mm256_mul_ps(a, w), scale), q = _mm256_mul_ps(_mm256_mul_ps(b, v), scales);

                _mm256_storeu_ps(to, p);
                _mm256_storeu_ps(to + 8, q);
                low[i] = _mm256_add_ps(low[i], p);
                high[i] = _mm256_add_ps(high[i], q);
            }
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        _mm256_storeu_ps(y + (size_t)i * SRD__PANEL, u == NULL ? _mm256_mul_ps(low[i], scale) : low[i]);
        _mm256_storeu_ps(y + (size_t)i * SRD__PANEL + 8, u == NULL ? _mm256_mul_ps(high[i], scales) : high[i]);
    }
}

INLINE void depthwise_some(const srd__depthwise *d, int32_t i, int32_t n, float *y, float *u, size_t step)
{
    const size_t at = (size_t)i * SRD__PANEL;

    if (u != NULL) depthwise_n(d, d->x + i, n, y + at, u + at, step);
    else depthwise_n(d, d->x + i, n, y + at, NULL, step);
}

TARGET static void depthwise(const srd__depthwise *d, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;
    int32_t i = 0;

    for (; i + 4 <= pixels; i += 4) depthwise_some(d, i, 4, y, u, step);
    for (; i < pixels; ++i) depthwise_some(d, i, 1, y, u, step);
}

TARGET static void scale(const float *x, const float *w, int32_t n, float *u)
{
    int32_t j = 0;

    for (; j + 8 <= n; j += 8) {
        _mm256_storeu_ps(u + j, _mm256_fmadd_ps(_mm256_loadu_ps(x + j), _mm256_loadu_ps(w + j), _mm256_loadu_ps(u + j)));
    }
    for (; j < n; ++j) {
        _mm_store_ss(u + j, _mm_fmadd_ss(_mm_load_ss(x + j), _mm_load_ss(w + j), _mm_load_ss(u + j)));
    }
}

TARGET static void turn(const srd__panel *panel, int32_t channels, const float *g, float *to)
{
    for (int32_t c = 0; c < channels; ++c) to[c] += dot(panel->rows + c * panel->row, g);
}

const srd__kernels srd__kernels_avx2 = { mix, exact, depthwise, pick, turn, axpy, scale, dots, sum, store };
#endif
