/* avx2.c -- a panel is two registers. Only for processors that dispatch.c has found able. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

/* n pixels stay in registers while c runs; n is a constant where this is called. */
INLINE void mix_n(const float *const *x, int32_t n, int32_t channels, const float *rows, ptrdiff_t row, float *u, bool add)
{
    __m256 low[6], high[6];

    for (int32_t i = 0; i < n; ++i) {
        low[i] = add ? _mm256_loadu_ps(u + (size_t)i * SRD__PANEL) : _mm256_setzero_ps();
        high[i] = add ? _mm256_loadu_ps(u + (size_t)i * SRD__PANEL + 8) : _mm256_setzero_ps();
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

TARGET static void mix_block(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u,
                             bool add)
{
    const float *const rows = panel->rows;
    const ptrdiff_t row = panel->row;

    for (; pixels >= 6; pixels -= 6, x += 6, u += 6 * (size_t)SRD__PANEL) mix_n(x, 6, channels, rows, row, u, add);
    switch (pixels) {
    case 1: mix_n(x, 1, channels, rows, row, u, add); break;
    case 2: mix_n(x, 2, channels, rows, row, u, add); break;
    case 3: mix_n(x, 3, channels, rows, row, u, add); break;
    case 4: mix_n(x, 4, channels, rows, row, u, add); break;
    case 5: mix_n(x, 5, channels, rows, row, u, add); break;
    default: break;
    }
}

static void mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                size_t block_step, bool add)
{
    for (int32_t i = 0; i < blocks; ++i) mix_block(x, pixels, channels, panels + i, u + (size_t)i * block_step, add);
}

INLINE __m256 add_pick(const srd__pick *p, const float *rows, ptrdiff_t row, __m256 sum)
{
    return _mm256_fmadd_ps(_mm256_broadcast_ss(&p->x), _mm256_loadu_ps(rows + p->row * row), sum);
}

/* n panels at once, so that a pick is looked at once for all; n is a constant where this is called. */
INLINE void pick_n(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t n, float *u,
                   size_t slot_step, size_t block_step)
{
    const ptrdiff_t row = panels->row;

    for (int32_t s = 0; s < slots; ++s, u += slot_step) {
        const srd__pick *p = picks + begins[s], *const end = picks + begins[s + 1];
        __m256 even[4], odd[4]; /* halves of the panels */

        if (p == end) continue;
        for (int32_t k = 0; k < 2 * n; ++k) even[k] = odd[k] = _mm256_setzero_ps();
        for (; p + 1 < end; p += 2) {
            for (int32_t k = 0; k < 2 * n; ++k) even[k] = add_pick(p, panels[k / 2].rows + k % 2 * 8, row, even[k]);
            for (int32_t k = 0; k < 2 * n; ++k) odd[k] = add_pick(p + 1, panels[k / 2].rows + k % 2 * 8, row, odd[k]);
        }
        for (int32_t k = 0; p < end && k < 2 * n; ++k) even[k] = add_pick(p, panels[k / 2].rows + k % 2 * 8, row, even[k]);
        for (int32_t k = 0; k < 2 * n; ++k) {
            float *const to = u + (size_t)(k / 2) * block_step + k % 2 * 8;

            _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), _mm256_add_ps(even[k], odd[k])));
        }
    }
}

TARGET static void pick(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t blocks,
                        float *u, size_t slot_step, size_t block_step)
{
    for (; blocks >= 2; blocks -= 2, panels += 2, u += 2 * block_step) {
        pick_n(picks, begins, slots, panels, 2, u, slot_step, block_step);
    }
    if (blocks > 0) pick_n(picks, begins, slots, panels, 1, u, slot_step, block_step);
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

/* to[i] += <u_i, y_i> for up to four pixels, the rest of which count as 0; y: four pointers. The blocks' products and those of both
 * halves are added before the lanes are. */
INLINE void add_dots(const float *u, const float *const *y, int32_t pixels, int32_t blocks, size_t u_step, size_t y_step,
                     float *to)
{
    __m256 p[4], pairs;
    float sums[4];

    for (int32_t i = 0; i < 4; ++i) p[i] = _mm256_setzero_ps();
    for (int32_t b = 0; b < blocks; ++b) {
        for (int32_t i = 0; i < pixels; ++i) {
            const float *const at = u + (size_t)b * u_step + (size_t)i * SRD__PANEL, *const of = y[i] + (size_t)b * y_step;

            p[i] = _mm256_fmadd_ps(_mm256_loadu_ps(at), _mm256_loadu_ps(of), p[i]);
            p[i] = _mm256_fmadd_ps(_mm256_loadu_ps(at + 8), _mm256_loadu_ps(of + 8), p[i]);
        }
    }
    pairs = _mm256_hadd_ps(_mm256_hadd_ps(p[0], p[1]), _mm256_hadd_ps(p[2], p[3]));
    _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1)));
    for (int32_t i = 0; i < pixels; ++i) to[i] += sums[i];
}

/* All paths as one row of pixels, four at a time. */
TARGET static void dots(const float *u, const float *y, int32_t paths, int32_t pixels, int32_t blocks, size_t u_step,
                        size_t y_step, float *uu, float *uy)
{
    const int32_t all = paths * pixels;
    int32_t pixel = 0;

    for (int32_t n = 0; n < all; n += 4, u += 4 * (size_t)SRD__PANEL) {
        const int32_t count = srd__min(4, all - n);
        const float *own[4], *of[4];

        for (int32_t i = 0; i < 4; ++i) {
            own[i] = u + (size_t)i * SRD__PANEL;
            of[i] = y + (size_t)pixel * SRD__PANEL;
            pixel = pixel + 1 == pixels ? 0 : pixel + 1;
        }
        if (count == 4) {
            if (uu != NULL) add_dots(u, own, 4, blocks, u_step, u_step, uu + n);
            add_dots(u, of, 4, blocks, u_step, y_step, uy + n);
        } else {
            if (uu != NULL) add_dots(u, own, count, blocks, u_step, u_step, uu + n);
            add_dots(u, of, count, blocks, u_step, y_step, uy + n);
        }
    }
}

/* Whole panels; what is over is portable. */
INLINE float lane_sum(__m256 a)
{
    const __m128 halves = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 pairs = _mm_add_ps(halves, _mm_movehl_ps(halves, halves));

    return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_shuffle_ps(pairs, pairs, 1)));
}

static void flip(const float *y, int32_t pixels, const float *scale_by, int32_t n, float *to)
{
    srd__kernels_portable.flip(y, pixels, scale_by, n, to);
}

/* One slot, whose u stay in registers: n panels, a constant where this is called. */
INLINE void pick_products(const srd__picked *p, int32_t s, int32_t n, const float *y, size_t y_step, const float *scale,
                          float *square, float *product)
{
    const srd__pick *at = p->picks + p->begins[s], *const end = p->picks + p->begins[s + 1];
    const ptrdiff_t row = p->panels->row;
    __m256 sums[8], uu = _mm256_setzero_ps(), uy = uu; /* halves of the panels */

    for (int32_t k = 0; k < 2 * n; ++k) sums[k] = _mm256_setzero_ps();
    for (; at < end; ++at) {
        for (int32_t k = 0; k < 2 * n; ++k) sums[k] = add_pick(at, p->panels[k / 2].rows + k % 2 * 8, row, sums[k]);
    }
    for (int32_t k = 0; k < 2 * n; ++k) {
        const __m256 u = _mm256_mul_ps(sums[k], _mm256_loadu_ps(scale + 8 * k));

        uu = _mm256_fmadd_ps(u, u, uu);
        uy = _mm256_fmadd_ps(u, _mm256_loadu_ps(y + (size_t)(k / 2) * y_step + k % 2 * 8), uy);
    }
    *square = lane_sum(uu);
    *product = lane_sum(uy);
}

TARGET static void pick_sums(const srd__picked *p, const float *y, size_t y_step, float *uu, float *uy, size_t step)
{
    float scale[SRD__PICKED];

    for (int32_t j = 0; j < SRD__PICKED; ++j) scale[j] = j >= p->count ? 0.0f : p->scale != NULL ? p->scale[j] : 1.0f;
    for (int32_t s = 0; s < p->slots; ++s, uy += step) {
        float square, product;

        if (p->begins[s] == p->begins[s + 1]) continue;
        switch ((p->count - 1) / SRD__PANEL) {
        case 0: pick_products(p, s, 1, y, y_step, scale, &square, &product); break;
        case 1: pick_products(p, s, 2, y, y_step, scale, &square, &product); break;
        case 2: pick_products(p, s, 3, y, y_step, scale, &square, &product); break;
        default: pick_products(p, s, 4, y, y_step, scale, &square, &product); break;
        }
        if (uu != NULL) uu[(size_t)s * step] += square;
        *uy += product;
    }
}

/* One pixel; channels that there are not count as 0. taps is a constant where this is called. */
INLINE bool sums_one(const srd__depthwise *d, int32_t taps, int32_t pixel, const srd__sums_to *to)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), exponent = _mm256_set1_epi32(0x7f800000);
    __m256 uu[SRD__SUMS_TAPS], uy[SRD__SUMS_TAPS], yy = _mm256_setzero_ps(), by = yy;
    __m256i broken = _mm256_setzero_si256();

    for (int32_t t = 0; t < taps; ++t) uu[t] = uy[t] = _mm256_setzero_ps();
    for (int32_t c = 0; c < d->count; c += 8) {
        const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(d->count - c), index);
        const __m256 bias = to->bias != NULL ? _mm256_maskload_ps(to->bias + c, mask) : _mm256_setzero_ps();
        float *const store = to->to + (size_t)pixel * to->stride + c;
        __m256 u[SRD__SUMS_TAPS], y = bias;
        float last[8];

        for (int32_t t = 0; t < taps; ++t) {
            const float *const at = d->x[t * SRD__TILE_PIXELS + pixel] + d->first + c;
            const __m256 x = _mm256_maskload_ps(at, mask);

            if (c % SRD__PANEL == 0) _mm_prefetch((const char *)((uintptr_t)at + SRD__AHEAD), _MM_HINT_T0);
            u[t] = _mm256_mul_ps(x, _mm256_maskload_ps(d->w + (size_t)t * d->row + c, mask));
            y = _mm256_add_ps(y, u[t]);
            uu[t] = _mm256_fmadd_ps(u[t], u[t], uu[t]);
        }
        if (to->given) y = _mm256_maskload_ps(store, mask);
        for (int32_t t = 0; t < taps; ++t) uy[t] = _mm256_fmadd_ps(u[t], y, uy[t]);
        yy = _mm256_fmadd_ps(y, y, yy);
        by = _mm256_fmadd_ps(bias, y, by);
        broken = _mm256_or_si256(broken, _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(y), exponent), exponent));
        if (to->finish != NULL)
            y = _mm256_min_ps(_mm256_max_ps(y, _mm256_set1_ps(to->finish->low)), _mm256_set1_ps(to->finish->high));
        _mm256_storeu_ps(d->count - c >= 8 ? store : last, y);
        for (int32_t j = 0; j < d->count - c && d->count - c < 8; ++j) store[j] = last[j];
    }
    for (int32_t t = 0; to->uu != NULL && t < taps; ++t) to->uu[(size_t)t * to->step + (size_t)pixel] += lane_sum(uu[t]);
    for (int32_t t = 0; t < taps; ++t) to->uy[(size_t)t * to->step + (size_t)pixel] += lane_sum(uy[t]);
    to->yy[pixel] += lane_sum(yy);
    if (to->bias != NULL) to->by[pixel] += lane_sum(by);
    return _mm256_testz_si256(broken, broken) != 0;
}

TARGET static bool sums(const srd__depthwise *d, int32_t pixels, const srd__sums_to *to)
{
    bool fine = true;

    for (int32_t i = 0; i < pixels; ++i) {
        switch (d->taps) {
        case 1: fine = sums_one(d, 1, i, to) && fine; break;
        case 4: fine = sums_one(d, 4, i, to) && fine; break;
        case 9: fine = sums_one(d, 9, i, to) && fine; break;
        default: fine = sums_one(d, d->taps, i, to) && fine; break;
        }
    }
    return fine;
}

/* Neighbouring channels may belong to different sums, so they cannot be added as one vector: the portable kernel does it. */
static bool pooled(const srd__pooled *p, const srd__sums_to *to)
{
    return srd__kernels_portable.pooled(p, to);
}

/* Half a panel, n channels of which count: bias, to. Lanes of the result are all ones where a number is NaN or Inf. */
INLINE __m256i store_half(float *y, int32_t n, const float *bias, __m256i mask, float *to, const srd__finish *finish)
{
    const __m256i exponent = _mm256_set1_epi32(0x7f800000);
    __m256 sum = _mm256_loadu_ps(y), value;
    float last[8];

    if (bias != NULL) { /* or a zero would lose its sign */
        sum = _mm256_blendv_ps(sum, _mm256_add_ps(sum, _mm256_maskload_ps(bias, mask)), _mm256_castsi256_ps(mask));
        _mm256_storeu_ps(y, sum);
    }
    value = sum;
    if (finish != NULL) value = _mm256_min_ps(_mm256_max_ps(sum, _mm256_set1_ps(finish->low)), _mm256_set1_ps(finish->high));
    if (n >= 8 && finish != NULL && finish->stream && ((uintptr_t)to & 31) == 0) _mm256_stream_ps(to, value);
    else _mm256_storeu_ps(n >= 8 ? to : last, value);
    for (int32_t j = 0; n < 8 && j < n; ++j) to[j] = last[j]; /* a masked store is slow, and its numbers are slow to read */
    return _mm256_and_si256(mask, _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(sum), exponent), exponent));
}

TARGET static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride,
                         const srd__finish *finish)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), counts = _mm256_set1_epi32(count);
    const __m256i mask = _mm256_cmpgt_epi32(counts, index);
    const __m256i next = _mm256_cmpgt_epi32(counts, _mm256_add_epi32(index, _mm256_set1_epi32(8)));
    __m256i broken = _mm256_setzero_si256();

    for (int32_t i = 0; i < pixels; ++i, y += SRD__PANEL, to += stride) {
        broken = _mm256_or_si256(broken, store_half(y, count, bias, mask, to, finish));
        if (count <= 8) continue;
        broken = _mm256_or_si256(broken, store_half(y + 8, count - 8, bias != NULL ? bias + 8 : NULL, next, to + 8, finish));
    }
    return _mm256_testz_si256(broken, broken) != 0;
}

static void drain(void)
{
    _mm_sfence();
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

            _mm_prefetch((const char *)((uintptr_t)at + SRD__TILE_AHEAD), _MM_HINT_T1);
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

TARGET static void multiply(const float *a, const float *b, size_t n, float *to)
{
    for (; n >= 8; n -= 8, a += 8, b += 8, to += 8) {
        _mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b), _mm256_loadu_ps(to)));
    }
    for (size_t i = 0; i < n; ++i) /* fused like the others: where a piece ends changes no bit */
        _mm_store_ss(to + i, _mm_fmadd_ss(_mm_load_ss(a + i), _mm_load_ss(b + i), _mm_load_ss(to + i)));
}

TARGET static double plane(const float *x, size_t n, double *magnitude)
{
    __m256d sums[2], magnitudes[2];
    double lanes[8], sum, absolute;

    for (int32_t k = 0; k < 2; ++k) sums[k] = magnitudes[k] = _mm256_setzero_pd();
    for (; n >= 8; n -= 8, x += 8) {
        for (int32_t k = 0; k < 2; ++k) {
            const __m256d at = _mm256_cvtps_pd(_mm_loadu_ps(x + 4 * k));

            sums[k] = _mm256_add_pd(sums[k], at);
            magnitudes[k] = _mm256_add_pd(magnitudes[k], _mm256_andnot_pd(_mm256_set1_pd(-0.0), at));
        }
    }
    _mm256_storeu_pd(lanes, _mm256_add_pd(sums[0], sums[1]));
    _mm256_storeu_pd(lanes + 4, _mm256_add_pd(magnitudes[0], magnitudes[1]));
    sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    absolute = (lanes[4] + lanes[5]) + (lanes[6] + lanes[7]);
    for (size_t i = 0; i < n; ++i) sum += (double)x[i], absolute += (double)fabsf(x[i]);
    *magnitude = absolute;
    return sum;
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

TARGET static void clamp(float *y, size_t n, float low, float high)
{
    const __m256 least = _mm256_set1_ps(low), most_of_all = _mm256_set1_ps(high);
    size_t j = 0;

    for (; j + 8 <= n; j += 8) {
        _mm256_storeu_ps(y + j, _mm256_min_ps(_mm256_max_ps(_mm256_loadu_ps(y + j), least), most_of_all));
    }
    for (; j < n; ++j) {
        const float above = y[j] > low ? y[j] : low;

        y[j] = above < high ? above : high;
    }
}

const srd__kernels srd__kernels_avx2 = { .mix = mix,
                                         .exact = srd__exact_avx2,
                                         .few = srd__few_avx2,
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
                                         .total = srd__total_avx2,
                                         .columns = srd__columns_avx2,
                                         .roots = srd__roots_avx2,
                                         .share = srd__share_avx2,
                                         .quotients = srd__quotients_avx2,
                                         .store = store,
                                         .drain = drain,
                                         .rescale = srd__rescale_avx2,
                                         .flip = flip,
                                         .clamp = clamp,
                                         .sum = srd__sum_avx2,
                                         .most = most };
#endif
