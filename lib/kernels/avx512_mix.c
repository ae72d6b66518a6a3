/* avx512_mix.c -- products of pixels and weights in AVX-512, by panels (also for what amx.c leaves over) and channel by channel. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline, target("avx512f")))

/* n pixels and one or two panels stay in registers while c runs; n and two are constants where this is called. */
INLINE void mix_n(const float *const *x, int32_t n, bool two, int32_t channels, const srd__panel *panels, float *u, float *u2,
                  bool add)
{
    const float *rows = panels->rows, *rows2 = two ? panels[1].rows : NULL;
    const ptrdiff_t row = panels->row;
    __m512 sums[8], sums2[8];

    for (int32_t i = 0; i < n; ++i) {
        sums[i] = add ? _mm512_loadu_ps(u + (size_t)i * SRD__PANEL) : _mm512_setzero_ps();
        if (two) sums2[i] = add ? _mm512_loadu_ps(u2 + (size_t)i * SRD__PANEL) : _mm512_setzero_ps();
    }
    for (int32_t c = 0; c < channels; ++c) {
        const __m512 w = _mm512_loadu_ps(rows), w2 = two ? _mm512_loadu_ps(rows2) : w;

        rows += row;
        if (two) rows2 += row;
        for (int32_t i = 0; i < n; ++i) {
            const __m512 a = _mm512_set1_ps(x[i][c]);

            sums[i] = _mm512_fmadd_ps(a, w, sums[i]);
            if (two) sums2[i] = _mm512_fmadd_ps(a, w2, sums2[i]);
        }
    }
    for (int32_t i = 0; i < n; ++i) {
        _mm512_storeu_ps(u + (size_t)i * SRD__PANEL, sums[i]);
        if (two) _mm512_storeu_ps(u2 + (size_t)i * SRD__PANEL, sums2[i]);
    }
}

INLINE void mix_pixels(const float *const *x, int32_t pixels, bool two, int32_t channels, const srd__panel *panels, float *u,
                       float *u2, bool add)
{
    int32_t i = 0;

    for (; i + 8 <= pixels; i += 8) {
        mix_n(x + i, 8, two, channels, panels, u + (size_t)i * SRD__PANEL, u2 + (size_t)i * SRD__PANEL, add);
    }
    x += i;
    u += (size_t)i * SRD__PANEL;
    u2 += (size_t)i * SRD__PANEL;
    switch (pixels - i) {
    case 1: mix_n(x, 1, two, channels, panels, u, u2, add); break;
    case 2: mix_n(x, 2, two, channels, panels, u, u2, add); break;
    case 3: mix_n(x, 3, two, channels, panels, u, u2, add); break;
    case 4: mix_n(x, 4, two, channels, panels, u, u2, add); break;
    case 5: mix_n(x, 5, two, channels, panels, u, u2, add); break;
    case 6: mix_n(x, 6, two, channels, panels, u, u2, add); break;
    case 7: mix_n(x, 7, two, channels, panels, u, u2, add); break;
    default: break;
    }
}

TARGET void srd__mix_avx512(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks,
                            float *u, size_t block_step, bool add)
{
    for (; blocks >= 2; blocks -= 2, panels += 2, u += 2 * block_step) {
        mix_pixels(x, pixels, true, channels, panels, u, u + block_step, add);
    }
    if (blocks > 0) mix_pixels(x, pixels, false, channels, panels, u, u, add);
}

/* ---- a channel by itself ---- */

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

            _mm_prefetch((const char *)((uintptr_t)at + SRD__TILE_AHEAD), _MM_HINT_T1);
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

TARGET void srd__depthwise_avx512(const srd__depthwise *d, int32_t pixels, float *y, float *u)
{
    const size_t step = (size_t)pixels * SRD__PANEL;
    int32_t i = 0;

    for (; i + 8 <= pixels; i += 8) depthwise_some(d, i, 8, y, u, step);
    for (; i + 4 <= pixels; i += 4) depthwise_some(d, i, 4, y, u, step);
    for (; i < pixels; ++i) depthwise_some(d, i, 1, y, u, step);
}
#endif
