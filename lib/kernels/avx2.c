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

TARGET static void mix_block(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u)
{
    int32_t i = 0;

    for (; i + 6 <= pixels; i += 6) mix_n(x + i, 6, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
    if (i + 4 <= pixels) {
        mix_n(x + i, 4, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
        i += 4;
    }
    for (; i < pixels; ++i) mix_n(x + i, 1, channels, panel->rows, panel->row, u + (size_t)i * SRD__PANEL);
}

TARGET static void pick_block(const srd__pick *picks, int32_t count, const srd__panel *panel, float *u)
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

static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                size_t block_step)
{
    for (int32_t i = 0; i < blocks; ++i) mix_block(x, pixels, channels, panels + i, u + (size_t)i * block_step);
}

static void pick(const srd__pick *picks, int32_t count, const srd__panel *panels, int32_t blocks, float *u, size_t block_step)
{
    for (int32_t i = 0; i < blocks; ++i) pick_block(picks, count, panels + i, u + (size_t)i * block_step);
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

TARGET static void exact(const float *x, int32_t channels, const srd__panel *panel, const float *scale, int32_t count,
                         double *sums, float *u)
{
    const float *rows = panel->rows;
    double a[SRD__PANEL];
    __m256d s[4];

    for (int32_t k = 0; k < 4; ++k) s[k] = _mm256_setzero_pd();
    for (int32_t c = 0; c < channels; ++c, rows += panel->row) {
        const __m256d factor = _mm256_set1_pd((double)x[c]);

        for (int32_t k = 0; k < 4; ++k) s[k] = _mm256_fmadd_pd(factor, _mm256_cvtps_pd(_mm_loadu_ps(rows + 4 * k)), s[k]);
    }
    for (int32_t k = 0; k < 4; ++k) _mm256_storeu_pd(a + 4 * k, s[k]);
    for (int32_t j = 0; j < count; ++j) {
        const double scaled = a[j] * (scale != NULL ? (double)scale[j] : 1.0);

        sums[j] += scaled;
        u[j] = (float)scaled;
    }
    for (int32_t j = count; j < SRD__PANEL; ++j) u[j] = 0.0f;
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

TARGET static void most(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner)
{
    int32_t j = 0;

    for (; j + 16 <= n; j += 16) {
        const __m256 x0 = _mm256_loadu_ps(x + j), x1 = _mm256_loadu_ps(x + j + 8);
        const __m256 y0 = _mm256_loadu_ps(y + j), y1 = _mm256_loadu_ps(y + j + 8);
        const __m256 m0 = _mm256_cmp_ps(x0, y0, _CMP_GT_OQ), m1 = _mm256_cmp_ps(x1, y1, _CMP_GT_OQ);
        const __m256i words = _mm256_packs_epi32(_mm256_castps_si256(m0), _mm256_castps_si256(m1)); /* 0 2 1 3, in fours */
        const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        const __m128i mask = _mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 1, 2, 0));
        __m128i *const to = (__m128i *)(void *)(winner + j);

        _mm_storeu_si128(to, _mm_blendv_epi8(_mm_loadu_si128(to), _mm_set1_epi8((char)k), mask));
        _mm256_storeu_ps(y + j, _mm256_blendv_ps(y0, x0, m0));
        _mm256_storeu_ps(y + j + 8, _mm256_blendv_ps(y1, x1, m1));
    }
    for (; j < n; ++j) {
        if (x[j] > y[j]) {
            y[j] = x[j];
            winner[j] = k;
        }
    }
}

const srd__kernels srd__kernels_avx2 = {
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
