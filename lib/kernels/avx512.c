/* avx512.c -- a panel is one register. Only for processors that dispatch.c has found able. */
#include "kernels/kernels.h"

#if SRD__X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline, target("avx512f")))

/* n panels at once, so that a pick is looked at once for all; n is a constant where this is called. */
INLINE void pick_n(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t n, float *u,
                   size_t slot_step, size_t block_step)
{
    const ptrdiff_t row = panels->row;
    const float *rows[4];
    __m512 even[4], odd[4];

    for (int32_t k = 0; k < n; ++k) rows[k] = panels[k].rows;
    for (int32_t s = 0; s < slots; ++s, u += slot_step) {
        const srd__pick *p = picks + begins[s], *const end = picks + begins[s + 1];

        if (p == end) continue;
        for (int32_t k = 0; k < n; ++k) even[k] = odd[k] = _mm512_setzero_ps();
        for (; p + 1 < end; p += 2) {
            const __m512 x = _mm512_set1_ps(p[0].x), x2 = _mm512_set1_ps(p[1].x);
            const ptrdiff_t at = p[0].row * row, at2 = p[1].row * row;

            for (int32_t k = 0; k < n; ++k) even[k] = _mm512_fmadd_ps(x, _mm512_loadu_ps(rows[k] + at), even[k]);
            for (int32_t k = 0; k < n; ++k) odd[k] = _mm512_fmadd_ps(x2, _mm512_loadu_ps(rows[k] + at2), odd[k]);
        }
        for (int32_t k = 0; p < end && k < n; ++k) {
            even[k] = _mm512_fmadd_ps(_mm512_set1_ps(p->x), _mm512_loadu_ps(rows[k] + p->row * row), even[k]);
        }
        for (int32_t k = 0; k < n; ++k) {
            float *const to = u + (size_t)k * block_step;

            _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), _mm512_add_ps(even[k], odd[k])));
        }
    }
}

TARGET static void pick(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t blocks,
                        float *u, size_t slot_step, size_t block_step)
{
    for (; blocks >= 4; blocks -= 4, panels += 4, u += 4 * block_step) {
        pick_n(picks, begins, slots, panels, 4, u, slot_step, block_step);
    }
    for (; blocks >= 2; blocks -= 2, panels += 2, u += 2 * block_step) {
        pick_n(picks, begins, slots, panels, 2, u, slot_step, block_step);
    }
    if (blocks > 0) pick_n(picks, begins, slots, panels, 1, u, slot_step, block_step);
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

INLINE void add_four(float *to, const __m512 *p, int32_t count)
{
    float sums[4];

    if (count == 4) {
        _mm_storeu_ps(to, _mm_add_ps(_mm_loadu_ps(to), four_sums(p[0], p[1], p[2], p[3])));
        return;
    }
    _mm_storeu_ps(sums, four_sums(p[0], p[1], p[2], p[3]));
    for (int32_t i = 0; i < count; ++i) to[i] += sums[i];
}

/* uu[i] += <u_i, u_i> and uy[i] += <u_i, y_i> for four pixels, or for fewer, the rest of which count as 0; y: four pointers. The
 * blocks' products are added before the lanes are. */
INLINE void add_dots(const float *u, const float *const *y, int32_t pixels, int32_t blocks, size_t u_step, size_t y_step,
                     float *uu, float *uy)
{
    __m512 p[4], q[4];

    for (int32_t i = 0; i < 4; ++i) p[i] = q[i] = _mm512_setzero_ps();
    for (int32_t b = 0; b < blocks; ++b) {
        for (int32_t i = 0; i < pixels; ++i) {
            const __m512 at = _mm512_loadu_ps(u + (size_t)b * u_step + (size_t)i * SRD__PANEL);

            p[i] = _mm512_fmadd_ps(at, at, p[i]);
            q[i] = _mm512_fmadd_ps(at, _mm512_loadu_ps(y[i] + (size_t)b * y_step), q[i]);
        }
    }
    if (uu != NULL) add_four(uu, p, pixels);
    add_four(uy, q, pixels);
}

/* All paths as one row of pixels, four at a time. */
TARGET static void dots(const float *u, const float *y, int32_t paths, int32_t pixels, int32_t blocks, size_t u_step,
                        size_t y_step, float *uu, float *uy)
{
    const int32_t all = paths * pixels;
    int32_t pixel = 0;

    for (int32_t n = 0; n < all; n += 4, u += 4 * (size_t)SRD__PANEL) {
        float *const squares = uu != NULL ? uu + n : NULL;
        const float *of[4];

        for (int32_t i = 0; i < 4; ++i) {
            of[i] = y + (size_t)pixel * SRD__PANEL;
            pixel = pixel + 1 == pixels ? 0 : pixel + 1;
        }
        if (n + 4 <= all) add_dots(u, of, 4, blocks, u_step, y_step, squares, uy + n);
        else add_dots(u, of, all - n, blocks, u_step, y_step, squares, uy + n);
    }
}

/* The sums of the lanes of n registers, four at a time, and of some zeros. */
INLINE void lane_sums(const __m512 *a, int32_t n, float *to)
{
    for (int32_t k = 0; k < n; k += 4) {
        const __m512 zero = _mm512_setzero_ps();

        _mm_storeu_ps(to + k,
                      four_sums(a[k], k + 1 < n ? a[k + 1] : zero, k + 2 < n ? a[k + 2] : zero, k + 3 < n ? a[k + 3] : zero));
    }
}

/* Of one slot, whose u stay in registers, the products that are to be added up: n panels, a constant where this is called. */
INLINE void pick_products(const srd__picked *p, int32_t s, int32_t n, const __m512 *y, const __m512 *scale, __m512 *uu,
                          __m512 *uy)
{
    const srd__pick *at = p->picks + p->begins[s], *const end = p->picks + p->begins[s + 1];
    const ptrdiff_t row = p->panels->row;
    const float *rows[4];
    __m512 sums[4];

    for (int32_t k = 0; k < n; ++k) rows[k] = p->panels[k].rows;
    for (int32_t k = 0; k < n; ++k) sums[k] = _mm512_setzero_ps();
    for (; at < end; ++at) {
        const __m512 x = _mm512_set1_ps(at->x);
        const ptrdiff_t to = at->row * row;

        for (int32_t k = 0; k < n; ++k) sums[k] = _mm512_fmadd_ps(x, _mm512_loadu_ps(rows[k] + to), sums[k]);
    }
    *uu = *uy = _mm512_setzero_ps();
    for (int32_t k = 0; k < n; ++k) {
        const __m512 u = _mm512_mul_ps(sums[k], scale[k]); /* 0 behind the last channel */

        *uu = _mm512_fmadd_ps(u, u, *uu);
        *uy = _mm512_fmadd_ps(u, y[k], *uy);
    }
}

INLINE void pick_sums_n(const srd__picked *p, int32_t n, const float *y, size_t y_step, float *uu, float *uy, size_t step)
{
    __m512 scale[4], of_y[4];

    for (int32_t k = 0; k < n; ++k) {
        const __mmask16 mask = (__mmask16)((1u << srd__min(SRD__PANEL, p->count - k * SRD__PANEL)) - 1u);
        const __m512 one = _mm512_maskz_mov_ps(mask, _mm512_set1_ps(1.0f));

        of_y[k] = _mm512_loadu_ps(y + (size_t)k * y_step);
        scale[k] = p->scale != NULL ? _mm512_maskz_loadu_ps(mask, p->scale + k * SRD__PANEL) : one;
    }
    for (int32_t s = 0; s < p->slots; s += 4) {
        const int32_t count = srd__min(4, p->slots - s);
        __m512 squares[4], products[4];
        float sums[8];

        for (int32_t i = 0; i < 4; ++i) squares[i] = products[i] = _mm512_setzero_ps();
        for (int32_t i = 0; i < count; ++i) pick_products(p, s + i, n, of_y, scale, &squares[i], &products[i]);
        _mm_storeu_ps(sums, four_sums(squares[0], squares[1], squares[2], squares[3]));
        _mm_storeu_ps(sums + 4, four_sums(products[0], products[1], products[2], products[3]));
        for (int32_t i = 0; uu != NULL && i < count; ++i) uu[(size_t)(s + i) * step] += sums[i];
        for (int32_t i = 0; i < count; ++i) uy[(size_t)(s + i) * step] += sums[4 + i];
    }
}

TARGET static void pick_sums(const srd__picked *p, const float *y, size_t y_step, float *uu, float *uy, size_t step)
{
    switch ((p->count - 1) / SRD__PANEL) {
    case 0: pick_sums_n(p, 1, y, y_step, uu, uy, step); break;
    case 1: pick_sums_n(p, 2, y, y_step, uu, uy, step); break;
    case 2: pick_sums_n(p, 3, y, y_step, uu, uy, step); break;
    default: pick_sums_n(p, 4, y, y_step, uu, uy, step); break;
    }
}

/* Those of up to 16 channels from c on that slot s has, behind `count` picks. */
INLINE int32_t list_some(const float *x, const uint8_t *winner, int32_t c, int32_t n, int32_t s, srd__pick *picks,
                         int32_t count)
{
    const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const __mmask16 inside = (__mmask16)(n - c >= 16 ? 0xffffu : (1u << (n - c)) - 1u);
    const __m512 at = _mm512_maskz_loadu_ps(inside, x + c);
    const __m512i rows =
        _mm512_add_epi32(_mm512_set1_epi32(c), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    __m512i numbers, from;
    __m128i bytes;
    __mmask16 mine;
    int32_t more;

    if (n - c >= 16) {
        bytes = _mm_loadu_si128((const __m128i *)(const void *)(winner + c));
    } else {
        uint8_t last[16] = { 0 };

        memcpy(last, winner + c, (size_t)(n - c));
        bytes = _mm_loadu_si128((const __m128i *)(const void *)last);
    }
    mine = _mm512_mask_cmp_ps_mask(_mm512_mask_cmpeq_epi32_mask(inside, _mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(s)), at,
                                   _mm512_setzero_ps(), _CMP_NEQ_UQ);
    more = __builtin_popcount(mine);
    numbers = _mm512_castps_si512(_mm512_maskz_compress_ps(mine, at));
    from = _mm512_maskz_compress_epi32(mine, rows);
    if (count + 16 <= n) { /* there is room for what does not count */
        _mm512_storeu_si512(picks + count, _mm512_permutex2var_epi32(numbers, low, from));
        _mm512_storeu_si512(picks + count + 8, _mm512_permutex2var_epi32(numbers, high, from));
    } else {
        const uint32_t pairs = (1u << more) - 1u;

        _mm512_mask_storeu_epi64(picks + count, (__mmask8)pairs, _mm512_permutex2var_epi32(numbers, low, from));
        _mm512_mask_storeu_epi64(picks + count + 8, (__mmask8)(pairs >> 8), _mm512_permutex2var_epi32(numbers, high, from));
    }
    return count + more;
}

TARGET static void list(const float *x, const uint8_t *winner, int32_t n, int32_t slots, srd__pick *picks, int32_t *begins)
{
    int32_t count = 0;

    for (int32_t s = 0; s < slots; ++s) {
        begins[s] = count;
        for (int32_t c = 0; c < n; c += 16) count = list_some(x, winner, c, n, s, picks, count);
    }
    begins[slots] = count;
}

INLINE void keep_y(float *to, __mmask16 mask, __m512 y, const srd__finish *finish)
{
    if (finish != NULL) y = _mm512_min_ps(_mm512_max_ps(y, _mm512_set1_ps(finish->low)), _mm512_set1_ps(finish->high));
    _mm512_mask_storeu_ps(to, mask, y);
}

/* One pixel; taps is a constant where this is called. The sums of all taps stay in registers. */
INLINE bool sums_one(const srd__depthwise *d, int32_t taps, int32_t pixel, const srd__sums_to *to)
{
    const __m512i exponent = _mm512_set1_epi32(0x7f800000);
    float *const row = to->to + (size_t)pixel * to->stride, lanes[2 * SRD__SUMS_TAPS + 4] = { 0.0f };
    __m512 sums[2 * SRD__SUMS_TAPS + 2]; /* uu, uy, yy, by */
    uint32_t broken = 0;

    for (int32_t t = 0; t < 2 * taps + 2; ++t) sums[t] = _mm512_setzero_ps();
    for (int32_t c = 0; c < d->count; c += SRD__PANEL) {
        const __mmask16 mask = (__mmask16)((1u << srd__min(SRD__PANEL, d->count - c)) - 1u);
        const __m512 bias = to->bias != NULL ? _mm512_maskz_loadu_ps(mask, to->bias + c) : _mm512_setzero_ps();
        __m512 u[SRD__SUMS_TAPS], y = bias;

        for (int32_t t = 0; t < taps; ++t) {
            const float *const at = d->x[t * SRD__TILE_PIXELS + pixel] + d->first + c;
            const __m512 x = _mm512_maskz_loadu_ps(mask, at);

            _mm_prefetch((const char *)((uintptr_t)at + SRD__AHEAD), _MM_HINT_T0);
            u[t] = _mm512_mul_ps(x, _mm512_maskz_loadu_ps(mask, d->w + (size_t)t * d->row + c));
            y = _mm512_add_ps(y, u[t]);
            sums[t] = _mm512_fmadd_ps(u[t], u[t], sums[t]);
        }
        if (to->given) y = _mm512_maskz_loadu_ps(mask, row + c);
        for (int32_t t = 0; t < taps; ++t) sums[taps + t] = _mm512_fmadd_ps(u[t], y, sums[taps + t]);
        sums[2 * taps] = _mm512_fmadd_ps(y, y, sums[2 * taps]);
        sums[2 * taps + 1] = _mm512_fmadd_ps(bias, y, sums[2 * taps + 1]);
        broken |= _mm512_cmpeq_epi32_mask(_mm512_and_si512(_mm512_castps_si512(y), exponent), exponent);
        keep_y(row + c, mask, y, to->finish);
    }
    lane_sums(sums, 2 * taps + 2, lanes);
    for (int32_t t = 0; to->uu != NULL && t < taps; ++t) to->uu[(size_t)t * to->step + (size_t)pixel] += lanes[t];
    for (int32_t t = 0; t < taps; ++t) to->uy[(size_t)t * to->step + (size_t)pixel] += lanes[taps + t];
    to->yy[pixel] += lanes[2 * taps];
    if (to->bias != NULL) to->by[pixel] += lanes[2 * taps + 1];
    return broken == 0;
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

/* Up to SRD__PICKED channels from c on: their squares and products by the tap that each belongs to. */
INLINE void pooled_some(const srd__pooled *p, int32_t c, const srd__sums_to *to, __m512 *yy, __m512 *by, uint32_t *broken)
{
    const __m512i exponent = _mm512_set1_epi32(0x7f800000);
    __m512 uu[4], uy[4];
    __m512i winner[4];

    for (int32_t k = 0; k < 4; ++k, c += SRD__PANEL) {
        const int32_t n = srd__min(srd__max(p->count - c, 0), SRD__PANEL);
        const __mmask16 mask = (__mmask16)((1u << n) - 1u);
        uint8_t bytes[SRD__PANEL] = { 0 };
        __m512 u, bias, y;

        uu[k] = uy[k] = _mm512_setzero_ps();
        winner[k] = _mm512_setzero_si512();
        if (n == 0) continue;
        u = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, p->x + c), _mm512_maskz_loadu_ps(mask, p->w + c));
        bias = to->bias != NULL ? _mm512_maskz_loadu_ps(mask, to->bias + c) : _mm512_setzero_ps();
        y = to->given ? _mm512_maskz_loadu_ps(mask, to->to + c) : _mm512_add_ps(bias, u);
        memcpy(bytes, p->winner + c, (size_t)n);
        winner[k] = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)bytes));
        uu[k] = _mm512_mul_ps(u, u); /* 0 behind the last channel */
        uy[k] = _mm512_mul_ps(u, y);
        *yy = _mm512_fmadd_ps(y, y, *yy);
        *by = _mm512_fmadd_ps(bias, y, *by);
        *broken |= _mm512_cmpeq_epi32_mask(_mm512_and_si512(_mm512_castps_si512(y), exponent), exponent);
        keep_y(to->to + c, mask, y, to->finish);
    }
    for (int32_t t = 0; t < p->taps; t += 2) {
        const __m512 zero = _mm512_setzero_ps();
        __m512 sums[4] = { zero, zero, zero, zero }; /* uu, uy, and those of the next tap */
        float lanes[4];

        for (int32_t i = 0; i < 4; ++i) {
            for (int32_t k = 0; k < 4; ++k) {
                const __mmask16 own = _mm512_cmpeq_epi32_mask(winner[k], _mm512_set1_epi32(t + i / 2));

                sums[i] = _mm512_mask_add_ps(sums[i], own, sums[i], i % 2 == 0 ? uu[k] : uy[k]);
            }
        }
        _mm_storeu_ps(lanes, four_sums(sums[0], sums[1], sums[2], sums[3]));
        for (int32_t i = 0; i < 2 && t + i < p->taps; ++i) {
            if (to->uu != NULL) to->uu[(size_t)(t + i) * to->step] += lanes[2 * i];
            to->uy[(size_t)(t + i) * to->step] += lanes[2 * i + 1];
        }
    }
}

TARGET static bool pooled(const srd__pooled *p, const srd__sums_to *to)
{
    __m512 yy = _mm512_setzero_ps(), by = yy;
    uint32_t broken = 0;
    float lanes[4];

    for (int32_t c = 0; c < p->count; c += 4 * SRD__PANEL) pooled_some(p, c, to, &yy, &by, &broken);
    _mm_storeu_ps(lanes, four_sums(yy, by, by, by));
    *to->yy += lanes[0];
    if (to->bias != NULL) *to->by += lanes[1];
    return broken == 0;
}

/* full: count is SRD__PANEL, a constant where this is called. What a masked store wrote is slow to read soon after. */
INLINE bool store_n(bool full, float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride,
                    const srd__finish *finish)
{
    const __mmask16 mask = (__mmask16)((1u << count) - 1u);
    const __m512i exponent = _mm512_set1_epi32(0x7f800000);
    const __m512 added = bias != NULL ? _mm512_maskz_loadu_ps(mask, bias) : _mm512_setzero_ps();
    const __m512 low = _mm512_set1_ps(finish != NULL ? finish->low : 0.0f),
                 high = _mm512_set1_ps(finish != NULL ? finish->high : 0.0f);
    const bool stream = full && finish != NULL && finish->stream && (((uintptr_t)to | stride * sizeof *to) & 63) == 0;
    uint32_t broken = 0;

    for (int32_t i = 0; i < pixels; ++i, y += SRD__PANEL, to += stride) {
        __m512 sum = _mm512_loadu_ps(y), value;

        if (bias != NULL) { /* or a zero would lose its sign */
            sum = _mm512_mask_add_ps(sum, mask, sum, added);
            _mm512_storeu_ps(y, sum);
        }
        value = finish != NULL ? _mm512_min_ps(_mm512_max_ps(sum, low), high) : sum;
        if (stream) _mm512_stream_ps(to, value);
        else if (full) _mm512_storeu_ps(to, value);
        else _mm512_mask_storeu_ps(to, mask, value);
        broken |= _mm512_mask_cmpeq_epi32_mask(mask, _mm512_and_si512(_mm512_castps_si512(sum), exponent), exponent);
    }
    return broken == 0;
}

TARGET static bool store(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride,
                         const srd__finish *finish)
{
    if (count == SRD__PANEL) return store_n(true, y, pixels, bias, count, to, stride, finish);
    return store_n(false, y, pixels, bias, count, to, stride, finish);
}

static void drain(void)
{
    _mm_sfence();
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

TARGET static void multiply(const float *a, const float *b, size_t n, float *to)
{
    __mmask16 inside;

    for (; n >= 16; n -= 16, a += 16, b += 16, to += 16) {
        _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_loadu_ps(a), _mm512_loadu_ps(b), _mm512_loadu_ps(to)));
    }
    inside = (__mmask16)((1u << n) - 1u);
    _mm512_mask_storeu_ps(to, inside,
                          _mm512_fmadd_ps(_mm512_maskz_loadu_ps(inside, a), _mm512_maskz_loadu_ps(inside, b),
                                          _mm512_maskz_loadu_ps(inside, to)));
}

TARGET static double plane(const float *x, size_t n, double *magnitude)
{
    __m512d sums[4], magnitudes[4];

    for (int32_t k = 0; k < 4; ++k) sums[k] = magnitudes[k] = _mm512_setzero_pd();
    for (size_t done = 0; done < n; done += 32, x += 32) {
        const size_t left = n - done;

        for (int32_t k = 0; k < 4; ++k) {
            const int32_t count = left > 8 * (size_t)k ? (int32_t)srd__min(left - 8 * (size_t)k, (size_t)8) : 0;
            __m512d at;

            if (count == 0) break;
            at = _mm512_cvtps_pd(_mm512_castps512_ps256(_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1u), x + 8 * k)));
            sums[k] = _mm512_add_pd(sums[k], at);
            magnitudes[k] = _mm512_add_pd(magnitudes[k], _mm512_abs_pd(at));
        }
    }
    *magnitude = _mm512_reduce_add_pd(
        _mm512_add_pd(_mm512_add_pd(magnitudes[0], magnitudes[1]), _mm512_add_pd(magnitudes[2], magnitudes[3])));
    return _mm512_reduce_add_pd(_mm512_add_pd(_mm512_add_pd(sums[0], sums[1]), _mm512_add_pd(sums[2], sums[3])));
}

TARGET static void most(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner)
{
    const __m512i here = _mm512_set1_epi32(k);
    int32_t j = 0;

    for (; j + 16 <= n; j += 16) { /* whole stores: those through a mask are slow where it is not full */
        const __m512 a = _mm512_loadu_ps(x + j), b = _mm512_loadu_ps(y + j);
        const __mmask16 more = _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
        __m128i *const to = (__m128i *)(void *)(winner + j);

        _mm512_storeu_ps(y + j, _mm512_mask_mov_ps(b, more, a));
        _mm_storeu_si128(to, _mm512_mask_cvtepi32_epi8(_mm_loadu_si128(to), more, here));
    }
    if (j < n) {
        const __mmask16 inside = (__mmask16)((1u << (n - j)) - 1u);
        const __m512 a = _mm512_maskz_loadu_ps(inside, x + j), b = _mm512_maskz_loadu_ps(inside, y + j);
        const __mmask16 more = _mm512_mask_cmp_ps_mask(inside, a, b, _CMP_GT_OQ);

        _mm512_mask_storeu_ps(y + j, more, a);
        _mm512_mask_cvtepi32_storeu_epi8(winner + j, more, here);
    }
}

TARGET static void clamp(float *y, size_t n, float low, float high)
{
    const __m512 least = _mm512_set1_ps(low), most_of_all = _mm512_set1_ps(high);
    size_t j = 0;

    for (; j + 16 <= n; j += 16) {
        _mm512_storeu_ps(y + j, _mm512_min_ps(_mm512_max_ps(_mm512_loadu_ps(y + j), least), most_of_all));
    }
    for (; j < n; ++j) {
        const float above = y[j] > low ? y[j] : low;

        y[j] = above < high ? above : high;
    }
}

/* With another `mix` it is also the table of amx.c. */
#define TABLE(set, mix_by)                                                        \
    const srd__kernels srd__kernels_##set = { .mix = (mix_by),                    \
                                              .exact = srd__exact_avx512,         \
                                              .few = srd__few_avx512,             \
                                              .depthwise = srd__depthwise_avx512, \
                                              .sums = sums,                       \
                                              .pooled = pooled,                   \
                                              .pick = pick,                       \
                                              .pick_sums = pick_sums,             \
                                              .list = list,                       \
                                              .turn = turn,                       \
                                              .multiply = multiply,               \
                                              .plane = plane,                     \
                                              .axpy = axpy,                       \
                                              .scale = scale,                     \
                                              .dots = dots,                       \
                                              .total = srd__total_avx512,         \
                                              .columns = srd__columns_avx512,     \
                                              .roots = srd__roots_avx512,         \
                                              .share = srd__share_avx512,         \
                                              .quotients = srd__quotients_avx512, \
                                              .store = store,                     \
                                              .drain = drain,                     \
                                              .rescale = srd__rescale_avx512,     \
                                              .flip = srd__flip_avx512,           \
                                              .clamp = clamp,                     \
                                              .sum = srd__sum_avx512,             \
                                              .most = most }

TABLE(avx512, srd__mix_avx512);
#if SRD__AMX
TABLE(amx, srd__mix_amx);
#endif
#endif
