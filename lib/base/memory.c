/* memory.c -- a caller's buffer, or a list of pieces from the caller's functions. */
#include "base/memory.h"

#if SRD_WITH_MALLOC
#include <stdlib.h>

/* The piece begins with the distance to what malloc returned, just before the aligned address. */
static void *malloc_aligned(void *user, size_t size, size_t alignment)
{
    char *raw;
    size_t shift;

    (void)user;
    if (size > SIZE_MAX - alignment - sizeof(size_t)) return NULL;
    raw = (char *)malloc(size + alignment + sizeof(size_t));
    if (raw == NULL) return NULL;
    shift = alignment - ((uintptr_t)(raw + sizeof(size_t)) & (alignment - 1)) + sizeof(size_t);
    memcpy(raw + shift - sizeof(size_t), &shift, sizeof shift);
    return raw + shift;
}

static void free_aligned(void *user, void *memory, size_t size)
{
    size_t shift;

    (void)user;
    (void)size;
    memcpy(&shift, (char *)memory - sizeof(size_t), sizeof shift);
    free((char *)memory - shift);
}
#endif

size_t srd__align(size_t size)
{
    return size > SIZE_MAX - (SRD_GRAIN - 1) ? SIZE_MAX : (size + (SRD_GRAIN - 1)) & ~(size_t)(SRD_GRAIN - 1);
}

srd_status srd__heap_init(srd__heap *heap, const srd_memory *memory, srd_detail *detail)
{
    srd_status status;

    memset(heap, 0, sizeof *heap);
    status = srd__options_read(&heap->memory, sizeof heap->memory, memory, sizeof heap->memory, "srd_memory", detail);
    if (status != SRD_OK) return status;
    if (heap->memory.reserved != 0) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "srd_memory: reserved is not 0");
    }
    if (heap->memory.buffer != NULL) {
        if (heap->memory.allocate != NULL || heap->memory.release != NULL) {
            return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "srd_memory has both a buffer and functions");
        }
        if (((uintptr_t)heap->memory.buffer & (SRD_ALIGNMENT - 1)) != 0) {
            return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "the buffer is not aligned to %d bytes",
                             (int32_t)SRD_ALIGNMENT);
        }
        return SRD_OK;
    }
    if (heap->memory.allocate != NULL && heap->memory.release != NULL) {
        return SRD_WITH_FUNCTIONS ? SRD_OK : srd__left_out(detail, SRD_LAYER_NONE, NULL, "SRD_WITH_FUNCTIONS");
    }
    if (memory != NULL) { /* never malloc by accident */
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "srd_memory has neither a buffer nor both functions");
    }
#if SRD_WITH_MALLOC
    heap->memory.allocate = malloc_aligned;
    heap->memory.release = free_aligned;
    return SRD_OK;
#else
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                     "this build has no malloc (SRD_WITH_MALLOC is 0): give srd_memory a buffer or functions");
#endif
}

static void *take_from_functions(const srd_memory *memory, size_t size, srd__piece **list)
{
    const size_t head = srd__align(sizeof(srd__piece));
    srd__piece *piece;

    if (size > SIZE_MAX - head) return NULL;
    piece = (srd__piece *)memory->allocate(memory->user, head + size, SRD_ALIGNMENT);
    if (piece == NULL) return NULL;
    piece->next = *list;
    piece->size = head + size;
    *list = piece;
    return (char *)piece + head;
}

/* From the begin of a block, or, borrowed, from its end. */
static void *take(srd__heap *heap, size_t size, bool borrow)
{
    const size_t step = srd__align(size), used = heap->used + heap->borrowed;
    void *taken;

    if (step == SIZE_MAX || step > SIZE_MAX - used) return NULL;
    if (!SRD__PIECES_ALONE || heap->memory.buffer != NULL) {
        const size_t end = heap->memory.buffer_size & ~(size_t)(SRD_GRAIN - 1);

        if (step > end || used > end - step) return NULL;
        taken = (char *)heap->memory.buffer + (borrow ? end - heap->borrowed - step : heap->used);
    } else {
        taken = take_from_functions(&heap->memory, step, borrow ? &heap->lent : &heap->pieces);
        if (taken == NULL) return NULL;
    }
    *(borrow ? &heap->borrowed : &heap->used) += step;
    heap->peak = srd__max(heap->peak, used + step);
    memset(taken, 0, step);
    return taken;
}

void *srd__heap_take(srd__heap *heap, size_t size)
{
    return take(heap, size, false);
}

void *srd__heap_borrow(srd__heap *heap, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    return take(heap, count * size, true);
}

/* Releases the newest pieces of a list until those that are left have `left` bytes without their heads. */
static void release(const srd_memory *memory, srd__piece **list, size_t *bytes, size_t left)
{
    const size_t head = srd__align(sizeof(srd__piece));

    while (*list != NULL && (left == 0 || *bytes > left)) { /* with 0 also those of no bytes */
        srd__piece *const piece = *list;

        *list = piece->next;
        *bytes -= piece->size - head;
        memory->release(memory->user, piece, piece->size);
    }
}

void srd__heap_give_back(srd__heap *heap, size_t borrowed)
{
    if (SRD__PIECES_ALONE) release(&heap->memory, &heap->lent, &heap->borrowed, borrowed);
    heap->borrowed = borrowed;
}

void *srd__heap_take_array(srd__heap *heap, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    return srd__heap_take(heap, count * size);
}

#if SRD__PIECES_ALONE
void srd__heap_release(const srd__heap *heap)
{
    srd__heap ours = *heap; /* which may lie in a piece */
    size_t all = SIZE_MAX;

    release(&ours.memory, &ours.lent, &all, 0);
    all = SIZE_MAX;
    release(&ours.memory, &ours.pieces, &all, 0);
}
#endif
