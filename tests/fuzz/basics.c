/* basics.c -- bytes, memory, numbers and checks for the fuzzing harness. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* ---- bytes ---------------------------------------------------------------------------------------------------------- */

uint8_t fuzz_byte(fuzz *f)
{
    return f->at < f->size ? f->data[f->at++] : 0;
}

int32_t fuzz_pick(fuzz *f, int32_t count)
{
    return count > 1 ? (int32_t)fuzz_byte(f) % count : 0;
}

int fuzz_rarely(fuzz *f, int rarity)
{
    return fuzz_byte(f) >= 256 - 256 / rarity;
}

int32_t fuzz_number(fuzz *f, int32_t most)
{
    static const int32_t extremes[16] = { -1,      INT32_MAX, INT32_MIN, 255,   256,     65535,         65536, 46341,
                                          1 << 30, 1 << 24,   100,       -1000, 1000000, INT32_MAX - 1, 0,     17 };
    const int32_t b = fuzz_byte(f);

    return b < 240 ? b % (most + 1) : extremes[b - 240];
}

int32_t fuzz_size(fuzz *f, int32_t most)
{
    const int32_t n = fuzz_number(f, most - 1);

    return n >= 0 && n < most ? n + 1 : n;
}

srd_layer fuzz_layer(fuzz *f, const srd_graph *graph)
{
    const int32_t count = srd_graph_layer_count(graph), b = fuzz_byte(f);

    if (b < 128) return count - 1;
    if (b < 250) return count > 0 ? (b - 128) % count : SRD_LAYER_NONE;
    return b == 250 ? count : b == 251 ? INT32_MAX : b == 252 ? INT32_MIN : SRD_LAYER_NONE;
}

float fuzz_real(fuzz *f)
{
    static const float extremes[16] = { 0.0f,  -0.0f, 1e-45f, -1e-40f,  1e-30f,    1e30f, -3e38f, 3e38f,
                                        1e-6f, 1e10f, NAN,    INFINITY, -INFINITY, 0.5f,  100.0f, -1e-20f };
    const int b = fuzz_byte(f);

    if (b < 240) return (float)(b - 100) / 32.0f;
    f->tame = 0;
    return extremes[b - 240];
}

/* ---- memory ---------------------------------------------------------------------------------------------------------- */

static void *heap_take(void *user, size_t size, size_t alignment)
{
    fuzz_heap *const heap = &((fuzz *)user)->heap;
    void *piece;

    fuzz_require(size > 0 && alignment == SRD_ALIGNMENT);
    heap->calls++;
    if (size % alignment != 0 && size <= FUZZ_MOST_BYTES) size += alignment - size % alignment;
    if (heap->refuse_after == 0 || size > FUZZ_MOST_BYTES - heap->bytes) return NULL;
    if (heap->refuse_after > 0) heap->refuse_after--;
    piece = aligned_alloc(alignment, size);
    if (piece == NULL) abort();
    heap->live++;
    heap->bytes += size;
    return piece;
}

static void heap_give_back(void *user, void *memory, size_t size)
{
    fuzz_heap *const heap = &((fuzz *)user)->heap;

    fuzz_require(memory != NULL && size > 0);
    if (size % SRD_ALIGNMENT != 0) size += SRD_ALIGNMENT - size % SRD_ALIGNMENT;
    fuzz_require(heap->live > 0 && heap->bytes >= size);
    heap->live--;
    heap->bytes -= size;
    free(memory);
}

srd_memory fuzz_heap_memory(fuzz *f)
{
    srd_memory memory;

    memset(&memory, 0, sizeof memory);
    memory.struct_size = (uint32_t)sizeof memory;
    memory.allocate = heap_take;
    memory.release = heap_give_back;
    memory.user = f;
    return memory;
}

unsigned char *fuzz_block(fuzz *f, size_t size)
{
    unsigned char *block;
    size_t whole = size + SRD_ALIGNMENT;

    if (f->block_count == FUZZ_BLOCKS || size > FUZZ_MOST_BYTES / 4) return NULL;
    if (whole % SRD_ALIGNMENT != 0) whole += SRD_ALIGNMENT - whole % SRD_ALIGNMENT;
    block = aligned_alloc(SRD_ALIGNMENT, whole);
    if (block == NULL) abort();
    memset(block, 0xA5, whole);
    f->blocks[f->block_count++] = block;
    return block;
}

srd_memory fuzz_block_memory(void *block, size_t size)
{
    srd_memory memory;

    memset(&memory, 0, sizeof memory);
    memory.struct_size = (uint32_t)sizeof memory;
    memory.buffer = block;
    memory.buffer_size = size;
    return memory;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------------- */

#define POOL 4096

enum { SMALL_INTEGERS, REALS, WILD, NOT_FINITE, STYLES };

/* Made once; weights are borrowed from it, so it never changes. */
static float pool[STYLES][POOL];
static int8_t byte_pool[POOL];
static int32_t zero_pool[POOL];
static uint16_t half_pool[2][POOL]; /* near 1, and anything */

static void fill_pool(void)
{
    static const float wild[8] = { 0.0f, 1e-40f, -1e-30f, 1e-20f, -1e10f, 1e20f, 1e30f, -3e38f };
    static int filled;
    uint32_t state = 12345;

    if (filled) return;
    filled = 1;
    for (int i = 0; i < POOL; i++) {
        state = state * 1664525u + 1013904223u;
        pool[SMALL_INTEGERS][i] = (float)((int)(state >> 24) % 5 - 2);
        pool[REALS][i] = (float)(int)((state >> 8) % 4001) / 2000.0f - 1.0f;
        pool[WILD][i] = (state >> 28) < 8 ? wild[(state >> 20) & 7] : pool[REALS][i];
        byte_pool[i] = (int8_t)((int)(state >> 24) - 128);
        zero_pool[i] = (state >> 24) == 9 ? INT32_MIN : (int32_t)((state >> 20) & 255) - 128;
        half_pool[0][i] = (uint16_t)((state >> 16 & 0x8fff) + 0x2c00); /* 2^-4 to 2, of either sign */
        half_pool[1][i] = (uint16_t)(state >> 16);
        pool[NOT_FINITE][i] = (state >> 24) == 7 ? NAN : (state >> 24) == 9 ? INFINITY : pool[REALS][i];
    }
}

/* A view of numbers of a pool from element `offset` on, of elements of `size` bytes. */
static srd_tensor *look_at(fuzz *f, int32_t type, const void *numbers, size_t size, int64_t offset, int32_t rank,
                           const int64_t *shape)
{
    int64_t count = 1, strides[SRD_MAX_RANK] = { 0 };
    const srd_memory memory = fuzz_heap_memory(f);
    srd_tensor *tensor = NULL;

    for (int32_t i = rank - 1; i >= 0; i--) {
        strides[i] = count;
        if (shape[i] < 1 || shape[i] > 1 << 16 || count > (1 << 18) / shape[i]) return NULL;
        count *= shape[i];
    }
    if (count > POOL - offset) memset(strides, 0, sizeof strides); /* one number for all */
    if (srd_tensor_view_const(type, rank, shape, strides, (const char *)numbers + (size_t)offset * size,
                              offset % 2 != 0 ? &memory : NULL, &tensor, NULL) != SRD_OK) {
        return NULL;
    }
    return tensor;
}

/* Of another type than float32: where these are not meant, they are refused. */
static srd_tensor *look_at_other(fuzz *f, int32_t type, int32_t rank, const int64_t *shape)
{
    const int64_t offset = 7 * (int64_t)fuzz_byte(f);
    const int wild = offset > 7 * 200;

    fill_pool();
    if (type == SRD_FLOAT16 && wild) f->tame = 0;
    if (type == SRD_FLOAT16) return look_at(f, type, half_pool[wild], sizeof **half_pool, offset, rank, shape);
    if (type == SRD_INT8) return look_at(f, type, byte_pool, sizeof *byte_pool, offset, rank, shape);
    return look_at(f, type, zero_pool, sizeof *zero_pool, offset, rank, shape);
}

srd_tensor *fuzz_tensor(fuzz *f, int32_t rank, const int64_t *shape)
{
    const int kind = fuzz_byte(f);
    const int style = kind < 100 ? REALS : kind < 225 ? SMALL_INTEGERS : kind < 250 ? WILD : NOT_FINITE;
    int64_t offset;

    if (kind > 221 && kind < 225) return look_at_other(f, kind - 222 + SRD_FLOAT16, rank, shape);
    offset = 7 * (int64_t)fuzz_byte(f);
    fill_pool();
    if (style >= WILD) f->tame = 0;
    return look_at(f, SRD_FLOAT32, pool[style], sizeof **pool, offset, rank, shape);
}

srd_tensor *fuzz_weight(fuzz *f, int32_t rank, const int64_t *shape, int64_t outputs, srd_tensor **scale, srd_tensor **zero)
{
    const int kind = f->at < f->size ? f->data[f->at] : 0; /* the byte that fuzz_tensor() would read next */
    int how;

    *scale = *zero = NULL;
    if (kind < 190 || kind > 221) return fuzz_tensor(f, rank, shape);
    how = fuzz_byte(f) % 32;
    if (fuzz_rarely(f, 32)) ++outputs;
    if (how >= 8 || fuzz_rarely(f, 16)) *scale = fuzz_tensor(f, 1, &outputs);
    if (how >= 16) *zero = look_at_other(f, how < 24 ? SRD_INT8 : SRD_INT32, 1, &outputs);
    return look_at_other(f, how < 8 ? SRD_FLOAT16 : SRD_INT8, rank, shape);
}

/* ---- checks -------------------------------------------------------------------------------------------------------------- */

void fuzz_fail(const char *what, int line)
{
    fprintf(stderr, "fuzz: line %d: broken: %s\n", line, what);
    abort();
}

void fuzz_status(srd_status status, const srd_detail *detail)
{
    fuzz_require(status <= SRD_OK && strcmp(srd_status_name(status), "unknown status") != 0);
    if (detail == NULL || status == SRD_OK) return;
    fuzz_require(detail->status == status && detail->layer >= SRD_LAYER_NONE);
    fuzz_require(memchr(detail->text, '\0', sizeof detail->text) != NULL && detail->text[0] != '\0');
    fuzz_require(memchr(detail->layer_name, '\0', sizeof detail->layer_name) != NULL);
}
