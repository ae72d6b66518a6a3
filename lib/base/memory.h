/*
 * memory.h -- where handles live.
 *
 * An srd__heap hands out pieces of a caller's block, or asks the caller's (or libc's) functions and remembers each piece
 * in a list so that all can be released at once. Pieces are only ever released together, with their handle: that is what
 * lets a handle live in one block, and what makes "bytes used" exact and equal to the block that would have been needed.
 */
#ifndef SRD_BASE_MEMORY_H
#define SRD_BASE_MEMORY_H

#include "base/fail.h"

typedef struct srd__piece {
    struct srd__piece *next;
    size_t size; /* as asked of allocate() */
} srd__piece;

typedef struct srd__heap {
    srd_memory memory;
    srd__piece *pieces; /* newest first; NULL with a block */
    size_t used;        /* bytes of a block that the pieces taken so far would fill */
    srd__piece *lent;   /* as pieces, of what was borrowed */
    size_t borrowed;    /* bytes; in a block they are its last ones */
    size_t peak;        /* most that both were together */
} srd__heap;

/*
 * What a handle is. Every handle begins with its heap, whose copy of the caller's srd_memory needs no struct_size any more: in its place
 * stands one of these, and 0 once the handle is freed. So a pointer to another handle, or to one that was freed while its memory is
 * still there, is found out, at no cost in memory.
 */
#define SRD__TENSOR_TAG 0x746e7354u
#define SRD__GRAPH_TAG 0x68707247u
#define SRD__EXPLAINER_TAG 0x6c707845u

/* Is it such a handle? False for NULL. */
static inline bool srd__is_handle(const void *handle, uint32_t tag)
{
    return handle != NULL && ((const srd__heap *)handle)->memory.struct_size == tag;
}

/* Checks the caller's srd_memory (NULL: malloc) and starts an empty heap. */
srd_status srd__heap_init(srd__heap *heap, const srd_memory *memory, srd_detail *detail);

/* size bytes, zeroed, aligned to SRD_GRAIN; NULL when there are none left. */
void *srd__heap_take(srd__heap *heap, size_t size);

/* As srd__heap_take(), count * size bytes, NULL also when the product overflows. */
void *srd__heap_take_array(srd__heap *heap, size_t count, size_t size);

/*
 * The same as srd__heap_take(), for a while: what was borrowed since `borrowed` had that value is given back together. Tables that only
 * the creation of a handle needs lie so where its arrays lie later.
 */
void *srd__heap_borrow(srd__heap *heap, size_t count, size_t size);
void srd__heap_give_back(srd__heap *heap, size_t borrowed);

/* Bytes of a block that were needed for all that. */
static inline size_t srd__heap_size(const srd__heap *heap)
{
    return heap->peak;
}

/* Gives all pieces back. The heap itself may live in one of them. */
#if SRD__PIECES_ALONE
void srd__heap_release(const srd__heap *heap);
#else /* a block has none */
static inline void srd__heap_release(const srd__heap *heap)
{
    (void)heap;
}
#endif

/* size rounded up to SRD_GRAIN; SIZE_MAX when that overflows. */
size_t srd__align(size_t size);

#endif
