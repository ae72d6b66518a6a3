/*
 * heap.h -- an allocator for srd_memory that counts, checks what it is given back, and can refuse.
 *
 * One thread at a time. Pieces come from malloc, so that sanitizers see every byte beyond them.
 */
#ifndef TESTS_HEAP_H
#define TESTS_HEAP_H

#include "srd/types.h"

typedef struct test_heap {
    long fail_at;       /* the call of this number gets NULL, counted from 1; 0: none */
    int fail_after_too; /* 1: and all later ones */
    long calls;         /* of allocate */
    long live;          /* pieces handed out and not given back */
    size_t live_bytes;
    long refused;
    long wrong; /* pieces given back with another size, or alignments and sizes that make no sense */
} test_heap;

/* An srd_memory that takes from this heap. */
srd_memory heap_memory(test_heap *from);

/* A block of size bytes at an SRD_ALIGNMENT boundary, exactly that long; free it with heap_free_block(). */
void *heap_block(size_t size);
void heap_free_block(void *block);

/* An srd_memory that is this block. */
srd_memory heap_block_memory(void *block, size_t size);

#endif
