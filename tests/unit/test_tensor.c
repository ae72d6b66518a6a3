/* test_tensor.c -- owning tensors and views: shapes, strides, where they live, copies. */
#include <stdint.h>

#include "heap.h"
#include "testing.h"

START_TEST(a_new_tensor_is_zero_and_contiguous)
{
    const int64_t shape[4] = { 2, 3, 4, 5 };
    const int64_t strides[4] = { 60, 20, 5, 1 };
    srd_tensor *tensor = NULL;
    const float *numbers;

    check_ok(srd_tensor_create(SRD_FLOAT32, 4, shape, NULL, &tensor, NULL));
    ck_assert_int_eq(srd_tensor_rank(tensor), 4);
    for (int32_t i = 0; i < 4; ++i) {
        ck_assert_int_eq(srd_tensor_shape(tensor, i), shape[i]);
        ck_assert_int_eq(srd_tensor_stride(tensor, i), strides[i]);
    }
    numbers = srd_tensor_const_data(tensor);
    ck_assert_ptr_eq(numbers, srd_tensor_data(tensor));
    ck_assert_uint_eq((uintptr_t)numbers % SRD_ALIGNMENT, 0);
    for (int i = 0; i < 120; ++i) ck_assert(numbers[i] == 0.0f);
    srd_tensor_free(tensor);
}
END_TEST

START_TEST(every_rank_from_0_to_4)
{
    const int64_t shape[SRD_MAX_RANK] = { 3, 1, 2, 7 };
    srd_tensor *tensor = NULL;
    int64_t count = 1;

    for (int32_t i = 0; i < _i; ++i) count *= shape[i];
    check_ok(srd_tensor_create(SRD_FLOAT32, _i, _i == 0 ? NULL : shape, NULL, &tensor, NULL));
    ck_assert_int_eq(srd_tensor_rank(tensor), _i);
    ck_assert_int_eq(srd_tensor_shape(tensor, _i), 0);
    ck_assert_int_eq(srd_tensor_stride(tensor, _i), 0);
    for (int64_t i = 0; i < count; ++i) ((float *)srd_tensor_data(tensor))[i] = 1.0f; /* a sanitizer sees the end */
    srd_tensor_free(tensor);
}
END_TEST

START_TEST(a_view_is_the_callers_numbers)
{
    float numbers[6] = { 0, 1, 2, 3, 4, 5 };
    const int64_t shape[2] = { 2, 3 };
    int64_t strides[2] = { 1, 2 };
    srd_tensor *tensor = NULL;

    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, strides, numbers, NULL, &tensor, NULL));
    strides[0] = 99; /* shape and strides are copied */
    ck_assert_ptr_eq(srd_tensor_data(tensor), numbers);
    ck_assert_ptr_eq(srd_tensor_const_data(tensor), numbers);
    ck_assert_int_eq(srd_tensor_stride(tensor, 0), 1);
    ck_assert_int_eq(srd_tensor_stride(tensor, 1), 2);
    srd_tensor_free(tensor);
    ck_assert(numbers[5] == 5.0f);
}
END_TEST

START_TEST(a_view_without_strides_is_contiguous)
{
    float numbers[24];
    const int64_t shape[3] = { 2, 3, 4 };
    srd_tensor *const tensor = testing_view(3, shape, numbers);

    ck_assert_int_eq(srd_tensor_stride(tensor, 0), 12);
    ck_assert_int_eq(srd_tensor_stride(tensor, 1), 4);
    ck_assert_int_eq(srd_tensor_stride(tensor, 2), 1);
    srd_tensor_free(tensor);
}
END_TEST

START_TEST(a_const_view_cannot_be_written)
{
    const float numbers[2] = { 1, 2 };
    float others[2] = { 3, 4 };
    const int64_t shape = 2;
    srd_tensor *const fixed = testing_const_view(1, &shape, numbers);
    srd_tensor *const source = testing_view(1, &shape, others);
    srd_detail detail = SRD_DETAIL_INIT;

    ck_assert_ptr_null(srd_tensor_data(fixed));
    ck_assert_ptr_eq(srd_tensor_const_data(fixed), numbers);
    check_status(srd_tensor_copy(source, fixed, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "const");
    ck_assert(numbers[0] == 1.0f);
    check_ok(srd_tensor_copy(fixed, source, NULL));
    ck_assert(others[1] == 2.0f);
    srd_tensor_free(fixed);
    srd_tensor_free(source);
}
END_TEST

/* A transposed, mirrored view of 2 x 3 numbers, and back again. */
START_TEST(copy_follows_the_strides_of_both)
{
    float numbers[6] = { 0, 1, 2, 3, 4, 5 };
    float copy[6] = { 0 };
    const float want[6] = { 5, 2, 4, 1, 3, 0 };
    const int64_t shape[2] = { 3, 2 };
    const int64_t strides[2] = { -1, -3 };
    srd_tensor *mirrored = NULL;
    srd_tensor *const plain = testing_view(2, shape, copy);

    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, strides, numbers + 5, NULL, &mirrored, NULL));
    check_ok(srd_tensor_copy(mirrored, plain, NULL));
    ck_assert_mem_eq(copy, want, sizeof want);
    memset(numbers, 0, sizeof numbers);
    check_ok(srd_tensor_copy(plain, mirrored, NULL));
    for (int i = 0; i < 6; ++i) ck_assert(numbers[i] == (float)i);
    srd_tensor_free(mirrored);
    srd_tensor_free(plain);
}
END_TEST

START_TEST(copy_touches_nothing_between_the_strides)
{
    float numbers[12];
    const float ones[4] = { 1, 1, 1, 1 };
    const int64_t shape[2] = { 2, 2 };
    const int64_t strides[2] = { 6, 2 };
    srd_tensor *sparse = NULL;
    srd_tensor *const source = testing_const_view(2, shape, ones);

    testing_mark(numbers, 12);
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, strides, numbers, NULL, &sparse, NULL));
    check_ok(srd_tensor_copy(source, sparse, NULL));
    for (int i = 0; i < 12; ++i) {
        if (i == 0 || i == 2 || i == 6 || i == 8) ck_assert(numbers[i] == 1.0f);
        else check_untouched(numbers + i, 1);
    }
    srd_tensor_free(sparse);
    srd_tensor_free(source);
}
END_TEST

START_TEST(a_stride_of_0_repeats_a_number)
{
    const float number = 7;
    float copy[3] = { 0 };
    const int64_t shape = 3, stride = 0;
    srd_tensor *repeated = NULL;
    srd_tensor *const target = testing_view(1, &shape, copy);

    check_ok(srd_tensor_view_const(SRD_FLOAT32, 1, &shape, &stride, &number, NULL, &repeated, NULL));
    check_ok(srd_tensor_copy(repeated, target, NULL));
    for (int i = 0; i < 3; ++i) ck_assert(copy[i] == 7.0f);
    srd_tensor_free(repeated);
    srd_tensor_free(target);
}
END_TEST

START_TEST(copy_of_rank_0_is_one_number)
{
    float from = 3, to = 0;
    srd_tensor *const source = testing_view(0, NULL, &from), *const target = testing_view(0, NULL, &to);

    check_ok(srd_tensor_copy(source, target, NULL));
    ck_assert(to == 3.0f);
    srd_tensor_free(source);
    srd_tensor_free(target);
}
END_TEST

START_TEST(copy_keeps_every_bit)
{
    const uint32_t bits[4] = { 0x7fc12345u, 0xff800000u, 0x80000000u, 0x00000001u }; /* NaN, -Inf, -0, subnormal */
    float from[4], to[4] = { 0 };
    const int64_t shape = 4;
    srd_tensor *const source = testing_view(1, &shape, from), *const target = testing_view(1, &shape, to);

    memcpy(from, bits, sizeof from);
    check_ok(srd_tensor_copy(source, target, NULL));
    ck_assert_mem_eq(to, bits, sizeof bits);
    srd_tensor_free(source);
    srd_tensor_free(target);
}
END_TEST

/* A short view is the long one of contiguous numbers; what it shows can be copied in and out as a row. */
START_TEST(a_wrapped_array_is_a_view)
{
    const int64_t shape[2] = { 2, 3 }, strides[2] = { 1, 2 };
    float numbers[6] = { 1, 2, 3, 4, 5, 6 }, got[6] = { 0 };
    const float put[6] = { -1, -2, -3, -4, -5, -6 }, want[6] = { 1, 3, 5, 2, 4, 6 };
    srd_detail why = testing_new_detail();
    srd_tensor *tensor = NULL, *turned = NULL, *fixed = NULL;

    check_ok(srd_tensor_wrap(numbers, 2, shape, &tensor, NULL));
    check_ok(srd_tensor_wrap_const(numbers, 2, shape, &fixed, NULL));
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, strides, numbers, NULL, &turned, NULL));
    ck_assert_ptr_eq(srd_tensor_data(tensor), numbers);
    ck_assert_ptr_eq(srd_tensor_const_data(fixed), numbers);
    ck_assert_ptr_null(srd_tensor_data(fixed));
    ck_assert_int_eq(srd_tensor_stride(tensor, 0), 3);
    ck_assert_int_eq(srd_tensor_count(turned), 6);
    ck_assert_int_eq(srd_tensor_count(NULL), 0);
    check_ok(srd_tensor_get(turned, got, 6, NULL));
    ck_assert_mem_eq(got, want, sizeof got);
    check_ok(srd_tensor_set(turned, put, 6, NULL));
    for (int i = 0; i < 6; ++i) ck_assert_float_eq(numbers[i], put[i / 2 + i % 2 * 3]); /* row and column change places */
    check_status(srd_tensor_get(turned, got, 5, &why), SRD_ERR_SHAPE);
    check_detail(&why, SRD_ERR_SHAPE, "", "has 6 numbers, count is 5");
    check_status(srd_tensor_set(fixed, put, 6, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "const view");
    check_status(srd_tensor_get(tensor, NULL, 6, &why), SRD_ERR_ARGUMENT);
    check_status(srd_tensor_set(NULL, put, 6, &why), SRD_ERR_ARGUMENT);
    check_status(srd_tensor_wrap(NULL, 2, shape, &tensor, &why), SRD_ERR_ARGUMENT);
    ck_assert_mem_eq(got, want, sizeof got);
    srd_tensor_free(tensor);
    srd_tensor_free(turned);
    srd_tensor_free(fixed);
}
END_TEST

START_TEST(an_exact_block_holds_a_tensor)
{
    const int64_t shape[2] = { 5, 7 };
    size_t size = 0;
    srd_memory memory;
    srd_tensor *tensor = NULL;
    void *block;

    check_ok(srd_tensor_memory_size(SRD_FLOAT32, 2, shape, &size, NULL));
    block = heap_block(size);
    memory = heap_block_memory(block, size);
    check_ok(srd_tensor_create(SRD_FLOAT32, 2, shape, &memory, &tensor, NULL));
    for (int i = 0; i < 35; ++i) ((float *)srd_tensor_data(tensor))[i] = 1.0f;
    ck_assert((char *)srd_tensor_data(tensor) >= (char *)block);
    ck_assert((char *)srd_tensor_data(tensor) + sizeof(float[35]) <= (char *)block + size);
    srd_tensor_free(tensor);
    memory.buffer_size = size - 1;
    tensor = NULL;
    check_status(srd_tensor_create(SRD_FLOAT32, 2, shape, &memory, &tensor, NULL), SRD_ERR_MEMORY);
    ck_assert_ptr_null(tensor);
    heap_free_block(block);
}
END_TEST

START_TEST(an_exact_block_holds_a_view)
{
    float numbers[35];
    const int64_t shape[2] = { 5, 7 };
    size_t size = 0;
    srd_memory memory;
    srd_tensor *tensor = NULL;
    void *block;

    check_ok(srd_tensor_view_memory_size(&size, NULL));
    block = heap_block(size);
    memory = heap_block_memory(block, size);
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, NULL, numbers, &memory, &tensor, NULL));
    ck_assert_ptr_eq(srd_tensor_data(tensor), numbers);
    srd_tensor_free(tensor);
    memory.buffer_size = size - 1;
    check_status(srd_tensor_view(SRD_FLOAT32, 2, shape, NULL, numbers, &memory, &tensor, NULL), SRD_ERR_MEMORY);
    heap_free_block(block);
}
END_TEST

START_TEST(functions_are_asked_once_and_given_back)
{
    const int64_t shape[2] = { 5, 7 };
    float numbers[35] = { 0 };
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    srd_tensor *owning = NULL, *view = NULL;

    check_ok(srd_tensor_create(SRD_FLOAT32, 2, shape, &memory, &owning, NULL));
    ck_assert_int_eq(from.calls, 1);
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, NULL, numbers, &memory, &view, NULL));
    ck_assert_int_eq(from.calls, 2);
    check_ok(srd_tensor_copy(view, owning, NULL));
    ck_assert_int_eq(from.calls, 2);
    srd_tensor_free(view);
    srd_tensor_free(owning);
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_new_tensor_is_zero_and_contiguous, 0, 0 },
        { every_rank_from_0_to_4, 0, SRD_MAX_RANK + 1 },
        { a_view_is_the_callers_numbers, 0, 0 },
        { a_view_without_strides_is_contiguous, 0, 0 },
        { a_const_view_cannot_be_written, 0, 0 },
        { copy_follows_the_strides_of_both, 0, 0 },
        { copy_touches_nothing_between_the_strides, 0, 0 },
        { a_stride_of_0_repeats_a_number, 0, 0 },
        { copy_of_rank_0_is_one_number, 0, 0 },
        { copy_keeps_every_bit, 0, 0 },
        { a_wrapped_array_is_a_view, 0, 0 },
        { an_exact_block_holds_a_tensor, 0, 0 },
        { an_exact_block_holds_a_view, 0, 0 },
        { functions_are_asked_once_and_given_back, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("tensor", list);
}
