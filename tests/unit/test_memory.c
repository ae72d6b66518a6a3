/* test_memory.c -- the heap in a caller's block, from a caller's functions, and from malloc. */
#include "base/memory.h"
#include "heap.h"
#include "testing.h"

START_TEST(sizes_are_rounded_up_to_the_alignment)
{
    ck_assert_uint_eq(srd__align(0), 0);
    ck_assert_uint_eq(srd__align(1), SRD_ALIGNMENT);
    ck_assert_uint_eq(srd__align(SRD_ALIGNMENT), SRD_ALIGNMENT);
    ck_assert_uint_eq(srd__align(SRD_ALIGNMENT + 1), 2 * SRD_ALIGNMENT);
    ck_assert_uint_eq(srd__align(SIZE_MAX - SRD_ALIGNMENT + 1), SIZE_MAX - SRD_ALIGNMENT + 1);
    ck_assert_uint_eq(srd__align(SIZE_MAX - SRD_ALIGNMENT + 2), SIZE_MAX);
    ck_assert_uint_eq(srd__align(SIZE_MAX), SIZE_MAX);
}
END_TEST

/* Pieces follow each other in the block, zeroed and aligned, until not one byte more fits. */
START_TEST(a_block_is_filled_exactly)
{
    char *const block = heap_block(3 * SRD_ALIGNMENT);
    const srd_memory memory = heap_block_memory(block, 3 * SRD_ALIGNMENT);
    srd__heap heap;
    char *piece;

    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_OK);
    ck_assert_uint_eq(heap.used, 0);
    piece = srd__heap_take(&heap, 1);
    ck_assert_ptr_eq(piece, block);
    for (int i = 0; i < SRD_ALIGNMENT; ++i) ck_assert_int_eq(piece[i], 0);
    piece = srd__heap_take(&heap, SRD_ALIGNMENT + 1);
    ck_assert_ptr_eq(piece, block + SRD_ALIGNMENT);
    ck_assert_uint_eq(heap.used, 3 * SRD_ALIGNMENT);
    ck_assert_ptr_null(srd__heap_take(&heap, 1));
    ck_assert_uint_eq(heap.used, 3 * SRD_ALIGNMENT);
    srd__heap_release(&heap);
    heap_free_block(block);
}
END_TEST

START_TEST(a_block_one_byte_short_is_refused)
{
    char *const block = heap_block(2 * SRD_ALIGNMENT);
    const srd_memory memory = heap_block_memory(block, 2 * SRD_ALIGNMENT - 1);
    srd__heap heap;

    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_OK);
    ck_assert_ptr_null(srd__heap_take(&heap, SRD_ALIGNMENT + 1));
    ck_assert_ptr_nonnull(srd__heap_take(&heap, SRD_ALIGNMENT));
    ck_assert_ptr_null(srd__heap_take(&heap, 1));
    heap_free_block(block);
}
END_TEST

START_TEST(a_misaligned_block_is_refused)
{
    char *const block = heap_block(4 * SRD_ALIGNMENT);
    srd_memory memory = heap_block_memory(block, 2 * SRD_ALIGNMENT);
    srd_detail detail = SRD_DETAIL_INIT;
    srd__heap heap;

    for (int shift = 1; shift < SRD_ALIGNMENT; ++shift) {
        memory.buffer = block + shift;
        ck_assert_int_eq(srd__heap_init(&heap, &memory, &detail), SRD_ERR_MEMORY);
        check_detail(&detail, SRD_ERR_MEMORY, "", "aligned");
    }
    heap_free_block(block);
}
END_TEST

START_TEST(functions_get_every_piece_back)
{
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    srd__heap heap;

    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_OK);
    for (size_t size = 1; size <= 1000; size *= 10) {
        char *const piece = srd__heap_take(&heap, size);

        ck_assert_ptr_nonnull(piece);
        ck_assert_uint_eq((uintptr_t)piece & (SRD_ALIGNMENT - 1), 0);
        for (size_t i = 0; i < size; ++i) ck_assert_int_eq(piece[i], 0);
        memset(piece, 0xff, size);
    }
    ck_assert_int_eq(from.live, 4);
    ck_assert_uint_eq(heap.used, srd__align(1) + srd__align(10) + srd__align(100) + srd__align(1000));
    srd__heap_release(&heap);
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
}
END_TEST

START_TEST(functions_that_give_nothing_leave_the_heap_as_it_was)
{
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    srd__heap heap;

    from.fail_at = 2;
    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_OK);
    ck_assert_ptr_nonnull(srd__heap_take(&heap, 10));
    ck_assert_ptr_null(srd__heap_take(&heap, 10));
    ck_assert_uint_eq(heap.used, SRD_ALIGNMENT);
    ck_assert_ptr_nonnull(srd__heap_take(&heap, 10));
    srd__heap_release(&heap);
    ck_assert_int_eq(from.live, 0);
}
END_TEST

/* What is borrowed lies at the end of a block, and its place can be taken when it is given back: the block need not hold both. */
START_TEST(a_block_lends_its_end)
{
    char *const block = heap_block(4 * SRD_ALIGNMENT);
    const srd_memory memory = heap_block_memory(block, 4 * SRD_ALIGNMENT);
    srd__heap heap;
    char *piece;

    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_OK);
    ck_assert_ptr_eq(srd__heap_take(&heap, 1), block);
    piece = srd__heap_borrow(&heap, 2, SRD_ALIGNMENT);
    ck_assert_ptr_eq(piece, block + 2 * SRD_ALIGNMENT);
    memset(piece, 0xff, 2 * SRD_ALIGNMENT);
    ck_assert_ptr_null(srd__heap_take(&heap, SRD_ALIGNMENT + 1));
    ck_assert_ptr_null(srd__heap_borrow(&heap, SIZE_MAX / 2, 4));
    ck_assert_ptr_eq(srd__heap_borrow(&heap, 1, 1), block + SRD_ALIGNMENT);
    ck_assert_ptr_null(srd__heap_borrow(&heap, 1, 1));
    srd__heap_give_back(&heap, 2 * SRD_ALIGNMENT); /* the last one */
    ck_assert_ptr_eq(srd__heap_take(&heap, SRD_ALIGNMENT), block + SRD_ALIGNMENT);
    ck_assert_ptr_null(srd__heap_take(&heap, 1));
    srd__heap_give_back(&heap, 0);
    piece = srd__heap_take(&heap, 2 * SRD_ALIGNMENT);
    ck_assert_ptr_eq(piece, block + 2 * SRD_ALIGNMENT);
    for (int i = 0; i < 2 * SRD_ALIGNMENT; ++i) ck_assert_int_eq(piece[i], 0);
    ck_assert_uint_eq(heap.used, 4 * SRD_ALIGNMENT);
    ck_assert_uint_eq(srd__heap_size(&heap), 4 * SRD_ALIGNMENT);
    heap_free_block(block);
}
END_TEST

/* The same from functions, and what a heap that ends early gives back; the size is that of the block above. */
START_TEST(functions_get_back_what_was_borrowed)
{
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    srd__heap heap;

    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_OK);
    ck_assert_ptr_nonnull(srd__heap_take(&heap, 1));
    ck_assert_ptr_nonnull(srd__heap_borrow(&heap, 2, SRD_ALIGNMENT));
    ck_assert_ptr_nonnull(srd__heap_borrow(&heap, 1, 1));
    ck_assert_int_eq(from.live, 3);
    ck_assert_uint_eq(srd__heap_size(&heap), 4 * SRD_ALIGNMENT);
    srd__heap_give_back(&heap, 2 * SRD_ALIGNMENT);
    ck_assert_int_eq(from.live, 2);
    srd__heap_give_back(&heap, 0);
    ck_assert_int_eq(from.live, 1);
    ck_assert_uint_eq(heap.used, SRD_ALIGNMENT);
    ck_assert_ptr_nonnull(srd__heap_borrow(&heap, 1, 0));
    srd__heap_give_back(&heap, 0);
    ck_assert_int_eq(from.live, 1);
    ck_assert_ptr_nonnull(srd__heap_borrow(&heap, 1, 1));
    srd__heap_release(&heap);
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
}
END_TEST

/* What a heap of functions counts is the block that would have been needed. */
START_TEST(both_kinds_of_heap_count_the_same)
{
    static const size_t sizes[] = { 1, 64, 65, 0, 1000, 4096 };
    char *const block = heap_block(8192);
    const srd_memory in_block = heap_block_memory(block, 8192);
    test_heap from = { 0 };
    const srd_memory functions = heap_memory(&from);
    srd__heap one, other;

    ck_assert_int_eq(srd__heap_init(&one, &in_block, NULL), SRD_OK);
    ck_assert_int_eq(srd__heap_init(&other, &functions, NULL), SRD_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        ck_assert_ptr_nonnull(srd__heap_take(&one, sizes[i]));
        ck_assert_ptr_nonnull(srd__heap_take(&other, sizes[i]));
        ck_assert_uint_eq(one.used, other.used);
    }
    srd__heap_release(&other);
    heap_free_block(block);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    test_heap from = { 0 };
    const srd_memory functions = heap_memory(&from);
    srd__heap heap;

    ck_assert_int_eq(srd__heap_init(&heap, &functions, NULL), SRD_OK);
    ck_assert_ptr_null(srd__heap_take(&heap, SIZE_MAX));
    ck_assert_ptr_null(srd__heap_take(&heap, SIZE_MAX - SRD_ALIGNMENT));
    ck_assert_ptr_null(srd__heap_take_array(&heap, SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(srd__heap_take_array(&heap, SIZE_MAX, SIZE_MAX));
    ck_assert_int_eq(from.calls, 0);
    ck_assert_ptr_nonnull(srd__heap_take_array(&heap, 0, 8));
    ck_assert_ptr_nonnull(srd__heap_take_array(&heap, 8, 0));
    srd__heap_release(&heap);
    ck_assert_int_eq(srd__heap_init(&heap, NULL, NULL), SRD_OK);
    ck_assert_ptr_null(srd__heap_take(&heap, SIZE_MAX - 2 * SRD_ALIGNMENT));
    ck_assert_uint_eq(heap.used, 0);
}
END_TEST

START_TEST(malloc_is_the_default_and_aligned)
{
    srd__heap heap;

    ck_assert_int_eq(srd__heap_init(&heap, NULL, NULL), SRD_OK);
    for (size_t size = 1; size < 300; ++size) {
        char *const piece = srd__heap_take(&heap, size);

        ck_assert_ptr_nonnull(piece);
        ck_assert_uint_eq((uintptr_t)piece & (SRD_ALIGNMENT - 1), 0);
        memset(piece, 0xff, size);
    }
    srd__heap_release(&heap);
}
END_TEST

START_TEST(an_srd_memory_of_zeros_is_refused)
{
    srd_memory memory;
    srd__heap heap;

    memset(&memory, 0, sizeof memory);
    memory.struct_size = (uint32_t)sizeof memory;
    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_ERR_ARGUMENT); /* never malloc by accident */
    memory.buffer_size = 4096;
    ck_assert_int_eq(srd__heap_init(&heap, &memory, NULL), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(srd__heap_init(&heap, NULL, NULL), SRD_OK);
    ck_assert_ptr_nonnull(srd__heap_take(&heap, 100));
    srd__heap_release(&heap);
}
END_TEST

START_TEST(half_a_pair_of_functions_is_refused)
{
    test_heap from = { 0 };
    srd_memory memory = heap_memory(&from);
    srd_detail detail = SRD_DETAIL_INIT;
    srd__heap heap;

    memory.release = NULL;
    ck_assert_int_eq(srd__heap_init(&heap, &memory, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "neither");
    memory = heap_memory(&from);
    memory.allocate = NULL;
    ck_assert_int_eq(srd__heap_init(&heap, &memory, &detail), SRD_ERR_ARGUMENT);
    memory = heap_memory(&from);
    memory.struct_size = 8;
    ck_assert_int_eq(srd__heap_init(&heap, &memory, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "srd_memory");
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { sizes_are_rounded_up_to_the_alignment, 0, 0 },
        { a_block_is_filled_exactly, 0, 0 },
        { a_block_one_byte_short_is_refused, 0, 0 },
        { a_misaligned_block_is_refused, 0, 0 },
        { functions_get_every_piece_back, 0, 0 },
        { functions_that_give_nothing_leave_the_heap_as_it_was, 0, 0 },
        { a_block_lends_its_end, 0, 0 },
        { functions_get_back_what_was_borrowed, 0, 0 },
        { both_kinds_of_heap_count_the_same, 0, 0 },
        { sizes_that_overflow_are_refused, 0, 0 },
        { malloc_is_the_default_and_aligned, 0, 0 },
        { an_srd_memory_of_zeros_is_refused, 0, 0 },
        { half_a_pair_of_functions_is_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("memory", list);
}
