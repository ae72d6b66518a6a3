/*
 * imitated_amx.h -- the tile instructions that lib/kernels/amx.c uses, in C, so that all of it but the instructions themselves can be
 * tested on processors without them (cmake -DSRD_IMITATE_AMX=ON). As Intel describes them: LDTILECFG refuses what is no shape,
 * TDPBF16PS refuses shapes that do not fit each other; it adds up the products of the first and of the second members of the pairs, each
 * fused and rounded to the nearest, then both to the sum; what is denormal is taken and given as 0.
 */
#ifndef SRD_TEST_IMITATED_AMX_H
#define SRD_TEST_IMITATED_AMX_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define IMITATED static __attribute__((unused))
#define IMITATED_BY_AVX512 static __attribute__((unused, target("avx512f")))

typedef struct tiles {
    uint32_t numbers[8][16][16];
    int32_t rows[8], row_bytes[8];
} tiles;

/* As the processor would, by an exception. */
IMITATED void imitate_check(int right)
{
    if (!right) __builtin_trap();
}

/* By the bytes of the manual, not by the names of a struct. */
IMITATED void imitate_shape(tiles *t, const void *from)
{
    const uint8_t *const bytes = (const uint8_t *)from;

    imitate_check(bytes[0] == 1); /* palette */
    for (int i = 1; i < 16; ++i) imitate_check(bytes[i] == 0);
    for (int i = 32; i < 48; ++i) imitate_check(bytes[i] == 0);
    for (int i = 56; i < 64; ++i) imitate_check(bytes[i] == 0);
    memset(t->numbers, 0, sizeof t->numbers);
    for (int i = 0; i < 8; ++i) {
        t->row_bytes[i] = bytes[16 + 2 * i] | bytes[17 + 2 * i] << 8;
        t->rows[i] = bytes[48 + i];
        imitate_check(t->row_bytes[i] <= 64 && t->rows[i] <= 16 && (t->row_bytes[i] == 0) == (t->rows[i] == 0));
    }
}

IMITATED void imitate_release(tiles *t)
{
    memset(t->rows, 0, sizeof t->rows);
}

IMITATED void imitate_zero(tiles *t, int n)
{
    imitate_check(t->rows[n] > 0);
    memset(t->numbers[n], 0, sizeof t->numbers[n]);
}

IMITATED void imitate_load(tiles *t, int n, const void *from)
{
    imitate_zero(t, n);
    for (int32_t i = 0; i < t->rows[n]; ++i) memcpy(t->numbers[n][i], (const char *)from + 64 * i, (size_t)t->row_bytes[n]);
}

IMITATED void imitate_store(const tiles *t, int n, void *to)
{
    imitate_check(t->rows[n] > 0);
    for (int32_t i = 0; i < t->rows[n]; ++i) memcpy((char *)to + 64 * i, t->numbers[n][i], (size_t)t->row_bytes[n]);
}

/* What is denormal, as 0 of its sign. */
IMITATED_BY_AVX512 __m512 imitate_flush(__m512 x)
{
    const __m512i bits = _mm512_castps_si512(x);
    const __mmask16 tiny = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7f800000));

    return _mm512_castsi512_ps(_mm512_mask_and_epi32(bits, tiny, bits, _mm512_set1_epi32((int)0x80000000u)));
}

/* The second members of pairs, or the first. */
IMITATED_BY_AVX512 __m512 imitate_members(__m512i pairs, int second)
{
    return imitate_flush(_mm512_castsi512_ps(second ? _mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000u))
                                                    : _mm512_slli_epi32(pairs, 16)));
}

IMITATED_BY_AVX512 void imitate_dot(tiles *t, int to, int left, int right)
{
    imitate_check(t->rows[to] == t->rows[left] && t->row_bytes[left] == 4 * t->rows[right]);
    imitate_check(t->row_bytes[to] == t->row_bytes[right] && t->row_bytes[to] > 0 && t->rows[to] > 0);
    for (int32_t m = 0; m < t->rows[to]; ++m) {
        __m512 sums[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() }, sum = _mm512_loadu_ps(t->numbers[to][m]);

        for (int32_t k = 0; k < t->rows[right]; ++k) {
            const __m512i a = _mm512_set1_epi32((int)t->numbers[left][m][k]), b = _mm512_loadu_si512(t->numbers[right][k]);

            for (int second = 0; second < 2; ++second) {
                sums[second] =
                    imitate_flush(_mm512_fmadd_ps(imitate_members(a, second), imitate_members(b, second), sums[second]));
            }
        }
        sum = imitate_flush(_mm512_add_ps(imitate_flush(sum), imitate_flush(_mm512_add_ps(sums[0], sums[1]))));
        _mm512_storeu_ps(t->numbers[to][m], sum);
    }
}

#define TILES_SHAPE(t, shapes) imitate_shape(t, shapes)
#define TILES_RELEASE(t) imitate_release(t)
#define TILE_ZERO(t, n) imitate_zero(t, n)
#define TILE_LOAD(t, n, from) imitate_load(t, n, from)
#define TILE_STORE(t, n, to) imitate_store(t, n, to)
#define TILE_DOT(t, to, left, right) imitate_dot(t, to, left, right)

#endif
