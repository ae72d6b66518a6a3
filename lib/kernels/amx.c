/*
 * amx.c -- `mix` by tiles of bfloat16, for who asks for it (SRD_KERNELS_AMX). Everything else is that of avx512.c.
 *
 * A number x is hi + lo, each a bfloat16: hi is x and lo is x - hi, rounded. Of (hi + lo) * (hi' + lo') three products are added
 * up in single precision, all but lo * lo' (docs/numerics.md has the bound). Rows of tiles are 64 bytes:
 *
 *     tiles 0 to 3    sums of a block      [pixel][16 outputs] floats
 *     tiles 4 and 5   hi and lo of pixels  [pixel][16 pairs of channels]
 *     tiles 6 and 7   hi and lo of weights [pair][16 outputs][2]
 *
 * A pair are the channels c + k and c + k + HALF, so that x and w are laid into tiles by the same shift and blend, without a shuffle.
 */
#include "kernels/kernels.h"

#if SRD__AMX
#include <immintrin.h>

#define HALF 16          /* channels of half a chunk: pairs */
#define CHUNK (2 * HALF) /* channels of a row of a tile */
#define MOST 4           /* blocks at once */
#define ROW_BYTES 64

/* What `ldtilecfg` reads. */
typedef struct tile_shapes {
    uint8_t palette, start_row, zeros[14];
    uint16_t row_bytes[8], zeros_2[8];
    uint8_t rows[8], zeros_3[8];
} tile_shapes;

#define TARGET __attribute__((target("avx512f,avx512dq,amx-tile,amx-bf16")))
#define INLINE static inline __attribute__((always_inline, target("avx512f,avx512dq,amx-tile,amx-bf16")))

/* Registers are numbers, not variables. The functions of gcc's own header do not say that they read memory, so what is stored for them
 * might be left out. */
#define TILES_SHAPE(shapes) __asm__ volatile("{ldtilecfg (%0)|ldtilecfg [%0]}" : : "r"(shapes) : "memory")
#define TILES_RELEASE() __asm__ volatile("tilerelease" : : : "memory")
#define TILE_ZERO(n) __asm__ volatile("{tilezero %%tmm" #n "|tilezero tmm" #n "}" : :)
#define TILE_LOAD(n, from)                                                               \
    __asm__ volatile("{tileloadd (%0,%1,1), %%tmm" #n "|tileloadd tmm" #n ", [%0+%1*1]}" \
                     :                                                                   \
                     : "r"(from), "r"((ptrdiff_t)ROW_BYTES)                              \
                     : "memory")
#define TILE_STORE(n, to)                                                                  \
    __asm__ volatile("{tilestored %%tmm" #n ", (%0,%1,1)|tilestored [%0+%1*1], tmm" #n "}" \
                     :                                                                     \
                     : "r"(to), "r"((ptrdiff_t)ROW_BYTES)                                  \
                     : "memory")
/* Tile c += tile a * tile b. */
#define TILE_DOT(c, a, b) \
    __asm__ volatile("{tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c "|tdpbf16ps tmm" #c ", tmm" #a ", tmm" #b "}" : :)

/* hi and lo of what goes into a tile: rows for pixels, or for pairs. */
typedef struct halves {
    uint32_t hi[16][16], lo[16][16];
} halves;

/* x, or where it would be rounded to infinity the largest number of its sign that is not; also for NaN. A comparison of magnitudes,
 * for which gcc has no function that is free of warnings without optimisation. */
INLINE __m512 within(__m512 x)
{
    const __m512 most = _mm512_castsi512_ps(_mm512_set1_epi32(0x7f7f7fff));

    __asm__("{vrangeps $2, %1, %0, %0|vrangeps %0, %0, %1, 2}" : "+v"(x) : "v"(most));
    return x;
}

/* x as a bfloat16 in the upper half of each number, 0 in the lower. To the nearest, ties away from 0. */
INLINE __m512i nearest(__m512 x)
{
    const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(within(x)), _mm512_set1_epi32(0x8000));

    return _mm512_and_si512(bits, _mm512_set1_epi32(-0x10000));
}

/* x - hi, the part of x that its bfloat16 `hi` lacks, rounded to bfloat16 as well. It lies in the upper half of each
 * number; the lower half is not defined. Of NaN and Inf it is not finite. */
INLINE __m512i rest(__m512 x, __m512i hi)
{
    const __m512i exact = _mm512_castps_si512(_mm512_sub_ps(x, _mm512_castsi512_ps(hi)));

    return _mm512_add_epi32(exact, _mm512_set1_epi32(0x8000));
}

/* Pairs of a and b: a in the lower halves. */
INLINE void split(__m512 a, __m512 b, uint32_t *hi, uint32_t *lo)
{
    const __m512i a_hi = nearest(a), b_hi = nearest(b), a_lo = rest(a, a_hi), b_lo = rest(b, b_hi);

    _mm512_store_si512(hi, _mm512_or_si512(_mm512_srli_epi32(a_hi, 16), b_hi));
    _mm512_store_si512(lo, _mm512_ternarylogic_epi32(_mm512_srli_epi32(a_lo, 16), b_lo, _mm512_set1_epi32(-0x10000),
                                                     0xf8)); /* the first, or the second and the third */
}

/* Tiles 4 and 5 from channels c to c + CHUNK of the pixels, or to c + HALF; then a pair has one channel. */
INLINE void load_pixels(const float *const *x, int32_t pixels, int32_t c, bool whole, halves *h)
{
    for (int32_t i = 0; i < pixels; ++i) {
        const float *const at = x[i] + c;

        split(_mm512_loadu_ps(at), whole ? _mm512_loadu_ps(at + HALF) : _mm512_setzero_ps(), h->hi[i], h->lo[i]);
    }
    TILE_LOAD(4, h->hi);
    TILE_LOAD(5, h->lo);
}

/* Tiles 6 and 7 from the same channels of a panel. */
INLINE void load_weights(const srd__panel *panel, int32_t c, bool whole, halves *h)
{
    const ptrdiff_t row = panel->row;
    const float *at = panel->rows + c * row;

    for (int32_t k = 0; k < HALF; ++k, at += row) {
        split(_mm512_loadu_ps(at), whole ? _mm512_loadu_ps(at + HALF * row) : _mm512_setzero_ps(), h->hi[k], h->lo[k]);
    }
    TILE_LOAD(6, h->hi);
    TILE_LOAD(7, h->lo);
}

/* Block k, a number and no variable. */
#define BEGIN_BLOCK(k)                             \
    do {                                           \
        if ((k) >= blocks) break;                  \
        if (add) TILE_LOAD(k, u + (k)*block_step); \
        else TILE_ZERO(k);                         \
    } while (0)
#define ADD_TO_BLOCK(k)                                \
    do {                                               \
        if ((k) >= blocks) break;                      \
        load_weights(panels + (k), c, whole, weights); \
        TILE_DOT(k, 5, 6);                             \
        TILE_DOT(k, 4, 7);                             \
        TILE_DOT(k, 4, 6);                             \
    } while (0)
#define END_BLOCK(k)                                         \
    do {                                                     \
        if ((k) < blocks) TILE_STORE(k, u + (k)*block_step); \
    } while (0)

/* Up to SRD__TILE_PIXELS pixels by up to MOST blocks; channels is a multiple of HALF. */
INLINE void mix_tiles(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks,
                      float *u, size_t block_step, bool add)
{
    halves of_pixels __attribute__((aligned(ROW_BYTES))), of_weights __attribute__((aligned(ROW_BYTES)));
    halves *const weights = &of_weights;

    BEGIN_BLOCK(0);
    BEGIN_BLOCK(1);
    BEGIN_BLOCK(2);
    BEGIN_BLOCK(3);
    for (int32_t c = 0; c < channels; c += CHUNK) {
        const bool whole = c + CHUNK <= channels;

        load_pixels(x, pixels, c, whole, &of_pixels);
        ADD_TO_BLOCK(0);
        ADD_TO_BLOCK(1);
        ADD_TO_BLOCK(2);
        ADD_TO_BLOCK(3);
    }
    END_BLOCK(0);
    END_BLOCK(1);
    END_BLOCK(2);
    END_BLOCK(3);
}

/* The channels from c on in single precision. */
static void mix_rest(const float *const *x, int32_t pixels, int32_t c, int32_t channels, const srd__panel *panels,
                     int32_t blocks, float *u, size_t block_step)
{
    const float *x_rest[SRD__TILE_PIXELS];
    srd__panel behind[MOST];

    for (int32_t i = 0; i < pixels; ++i) x_rest[i] = x[i] + c;
    for (int32_t b = 0; b < blocks; ++b) {
        behind[b].rows = panels[b].rows + c * panels[b].row;
        behind[b].row = panels[b].row;
    }
    srd__mix_avx512(x_rest, pixels, channels - c, behind, blocks, u, block_step, true);
}

/*
 * Tiles get their shapes, and are given back, in every call: nothing else of the library, and nothing of the host's, ever runs while
 * they are in use. Less than a chunk is not worth it, nor are less than HALF channels behind the others: these are multiplied by
 * avx512_mix.c. That is a matter of the number of channels alone, so that a pixel's result does not depend on the others.
 */
TARGET void srd__mix_amx(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks,
                         float *u, size_t block_step, bool add)
{
    const int32_t by_tiles = channels - channels % HALF;

    if (channels < CHUNK || pixels <= 0) {
        srd__mix_avx512(x, pixels, channels, panels, blocks, u, block_step, add);
        return;
    }
    for (; pixels > 0; pixels -= SRD__TILE_PIXELS, x += SRD__TILE_PIXELS, u += SRD__TILE_PIXELS * SRD__PANEL) {
        const int32_t n = srd__min(pixels, SRD__TILE_PIXELS);
        tile_shapes shapes;

        memset(&shapes, 0, sizeof shapes);
        shapes.palette = 1;
        for (int32_t i = 0; i < 8; ++i) {
            shapes.row_bytes[i] = ROW_BYTES;
            shapes.rows[i] = (uint8_t)(i < 6 ? n : HALF);
        }
        TILES_SHAPE(&shapes);
        for (int32_t b = 0; b < blocks; b += MOST) {
            mix_tiles(x, n, by_tiles, panels + b, srd__min(blocks - b, MOST), u + (size_t)b * block_step, block_step, add);
        }
        TILES_RELEASE();
        for (int32_t b = 0; by_tiles < channels && b < blocks; b += MOST) {
            mix_rest(x, n, by_tiles, channels, panels + b, srd__min(blocks - b, MOST), u + (size_t)b * block_step, block_step);
        }
    }
}
#endif
