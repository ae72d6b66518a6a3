/* avx512_mix.c -- the product of panels and pixels in AVX-512, for avx512.c, and for what amx.c leaves over. */
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
#endif
