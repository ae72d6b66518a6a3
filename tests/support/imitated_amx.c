/*
 * imitated_amx.c -- the tile instructions of kernels/amx.c for a processor with AVX-512 but without AMX, so that its machine code runs as
 * it is: the processor refuses each by SIGILL, and a handler does what Intel's manual says and goes on behind it. Part of every test
 * program in a build with SRD_IMITATE_AMX. (A processor with AMX would execute some of them itself: there the tests need no imitation.)
 *
 * LDTILECFG refuses what is no shape, TDPBF16PS shapes that do not fit each other; it adds up the products of the first members of the
 * pairs and those of the second, each fused and rounded to the nearest, then both to the sum; what is denormal is taken and given as 0.
 */
#ifndef _GNU_SOURCE /* REG_RIP and the like */
#define _GNU_SOURCE
#endif
#include <immintrin.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define BY_AVX512 static __attribute__((target("avx512f")))

/* The registers of a thread. */
static _Thread_local struct {
    uint32_t numbers[8][16][16];
    int32_t rows[8], row_bytes[8];
} tiles;

/* As the processor would, by an exception. */
static void check(int right)
{
    if (!right) abort();
}

static void shape(const uint8_t *bytes)
{
    check(bytes != NULL && bytes[0] == 1); /* palette */
    for (int i = 1; i < 16; ++i) check(bytes[i] == 0);
    for (int i = 32; i < 48; ++i) check(bytes[i] == 0);
    for (int i = 56; i < 64; ++i) check(bytes[i] == 0);
    memset(&tiles, 0, sizeof tiles);
    for (int i = 0; i < 8; ++i) {
        tiles.row_bytes[i] = bytes[16 + 2 * i] | bytes[17 + 2 * i] << 8;
        tiles.rows[i] = bytes[48 + i];
        check(tiles.row_bytes[i] <= 64 && tiles.rows[i] <= 16 && (tiles.row_bytes[i] == 0) == (tiles.rows[i] == 0));
    }
}

static void zero(int n)
{
    check(tiles.rows[n] > 0);
    memset(tiles.numbers[n], 0, sizeof tiles.numbers[n]);
}

static void load(int n, const char *from, int64_t stride)
{
    check(from != NULL);
    zero(n);
    for (int32_t i = 0; i < tiles.rows[n]; ++i) memcpy(tiles.numbers[n][i], from + stride * i, (size_t)tiles.row_bytes[n]);
}

static void store(int n, char *to, int64_t stride)
{
    check(to != NULL && tiles.rows[n] > 0);
    for (int32_t i = 0; i < tiles.rows[n]; ++i) memcpy(to + stride * i, tiles.numbers[n][i], (size_t)tiles.row_bytes[n]);
}

/* What is denormal, as 0 of its sign. */
BY_AVX512 __m512 flush(__m512 x)
{
    const __m512i bits = _mm512_castps_si512(x);
    const __mmask16 tiny = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7f800000));

    return _mm512_castsi512_ps(_mm512_mask_and_epi32(bits, tiny, bits, _mm512_set1_epi32((int)0x80000000u)));
}

/* The second members of pairs, or the first. */
BY_AVX512 __m512 members(__m512i pairs, int second)
{
    return flush(_mm512_castsi512_ps(second ? _mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000u))
                                            : _mm512_slli_epi32(pairs, 16)));
}

BY_AVX512 void dot(int to, int left, int right)
{
    check(tiles.rows[to] > 0 && tiles.rows[to] == tiles.rows[left] && tiles.row_bytes[left] == 4 * tiles.rows[right] &&
          tiles.row_bytes[to] == tiles.row_bytes[right] && to != left && to != right && left != right);
    for (int32_t m = 0; m < tiles.rows[to]; ++m) {
        __m512 sums[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() }, sum = _mm512_loadu_ps(tiles.numbers[to][m]);

        for (int32_t k = 0; k < tiles.rows[right]; ++k) {
            const __m512i a = _mm512_set1_epi32((int)tiles.numbers[left][m][k]);
            const __m512i b = _mm512_loadu_si512(tiles.numbers[right][k]);

            for (int i = 0; i < 2; ++i) sums[i] = flush(_mm512_fmadd_ps(members(a, i), members(b, i), sums[i]));
        }
        sum = flush(_mm512_add_ps(flush(sum), flush(_mm512_add_ps(sums[0], sums[1]))));
        _mm512_storeu_ps(tiles.numbers[to][m], sum);
    }
}

/* ---- what was refused ---- */

/* A VEX prefix of three bytes, an opcode, what follows. */
typedef struct instruction {
    int prefix, opcode, vvvv; /* prefix: 0 none, 2 F3, 3 F2 */
    int reg, rm, in_memory;
    char *base;     /* in memory */
    int64_t stride; /* of rows there */
    const uint8_t *end;
} instruction;

/* Registers by their numbers in instructions. */
static int64_t value_of(const ucontext_t *context, int number)
{
    static const int places[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

    return context->uc_mcontext.gregs[places[number]];
}

static void read_place(instruction *i, const ucontext_t *context, int mode, int more_index, int more_base)
{
    int base = i->rm;
    int32_t offset = 0;

    if (base == 4) {
        const int sib = *i->end++, index = (sib >> 3 & 7) + more_index;

        base = sib & 7;
        i->stride = index == 4 ? 0 : value_of(context, index) * (1 << (sib >> 6));
    }
    check(mode != 0 || base != 5); /* no base: not decoded here */
    if (mode == 1) {
        offset = *i->end < 128 ? *i->end : *i->end - 256;
        ++i->end;
    }
    if (mode == 2) {
        memcpy(&offset, i->end, sizeof offset);
        i->end += sizeof offset;
    }
    i->base = (char *)(uintptr_t)(value_of(context, base + more_base) + offset);
}

/* False: not of the kind that is imitated. */
static int read_instruction(instruction *i, const ucontext_t *context)
{
    const uint8_t *const at = (const uint8_t *)(uintptr_t)context->uc_mcontext.gregs[REG_RIP];

    memset(i, 0, sizeof *i);
    if (at[0] != 0xc4 || (at[1] & 0x1f) != 2 || (at[2] & 0x84) != 0) return 0; /* VEX.128.0F38.W0 */
    i->prefix = at[2] & 3;
    i->vvvv = ~(at[2] >> 3) & 15;
    i->opcode = at[3];
    i->reg = at[4] >> 3 & 7;
    i->rm = at[4] & 7;
    i->in_memory = at[4] >> 6 != 3;
    i->end = at + 5;
    if (i->in_memory) read_place(i, context, at[4] >> 6, (at[1] & 0x40) == 0 ? 8 : 0, (at[1] & 0x20) == 0 ? 8 : 0);
    return 1;
}

static int imitate(const instruction *i)
{
    switch (i->opcode << 8 | i->prefix << 4 | i->in_memory) {
    case 0x4901: shape((const uint8_t *)i->base); return 1;
    case 0x4900: memset(&tiles, 0, sizeof tiles); return 1; /* release */
    case 0x4930: zero(i->reg); return 1;
    case 0x4b31: load(i->reg, i->base, i->stride); return 1;
    case 0x4b21: store(i->reg, i->base, i->stride); return 1;
    case 0x5c20: dot(i->reg, i->rm, i->vvvv); return 1;
    default: return 0;
    }
}

static void handle(int number, siginfo_t *info, void *at)
{
    ucontext_t *const context = at;
    instruction i;

    (void)info;
    if (read_instruction(&i, context) && imitate(&i)) context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)i.end;
    else (void)signal(number, SIG_DFL); /* and once more, then for good */
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    if (sigaction(SIGILL, &action, NULL) != 0) abort();
}

/* A program that ends with tiles in use has not released them. */
__attribute__((destructor)) static void end(void)
{
    for (int n = 0; n < 8; ++n) check(tiles.rows[n] == 0);
}
