/* heap.c -- the counting and refusing allocator. */
#define _POSIX_C_SOURCE 200809L /* posix_memalign */
#include "heap.h"

#include <stdlib.h>
#include <string.h>

static void *take(void *user, size_t size, size_t alignment)
{
    test_heap *const from = user;
    void *piece = NULL;

    from->calls++;
    if (size == 0 || alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) from->wrong++;
    if (from->fail_at != 0 && (from->calls == from->fail_at || (from->fail_after_too && from->calls > from->fail_at))) {
        from->refused++;
        return NULL;
    }
    /* The size is remembered in front, an alignment away, so that giving back can be checked. */
    if (posix_memalign(&piece, alignment, size + alignment) != 0) return NULL;
    memcpy(piece, &size, sizeof size);
    memset((char *)piece + alignment, 0xA5, size); /* nobody may count on zeros */
    from->live++;
    from->live_bytes += size;
    return (char *)piece + alignment;
}

static void give_back(void *user, void *memory, size_t size)
{
    test_heap *const to = user;
    char *const piece = (char *)memory - SRD_ALIGNMENT; /* the library asks for this alignment and no other */
    size_t was;

    memcpy(&was, piece, sizeof was);
    if (was != size) to->wrong++;
    to->live--;
    to->live_bytes -= was;
    free(piece);
}

srd_memory heap_memory(test_heap *from)
{
    srd_memory memory;

    memset(&memory, 0, sizeof memory);
    memory.struct_size = (uint32_t)sizeof memory;
    memory.allocate = take;
    memory.release = give_back;
    memory.user = from;
    return memory;
}

void *heap_block(size_t size)
{
    void *block = NULL;

    if (posix_memalign(&block, SRD_ALIGNMENT, size) != 0) abort();
    memset(block, 0xA5, size);
    return block;
}

void heap_free_block(void *block)
{
    free(block);
}

srd_memory heap_block_memory(void *block, size_t size)
{
    srd_memory memory;

    memset(&memory, 0, sizeof memory);
    memory.struct_size = (uint32_t)sizeof memory;
    memory.buffer = block;
    memory.buffer_size = size;
    return memory;
}
