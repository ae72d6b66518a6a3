/* test_tensor_errors.c -- every tensor function with bad arguments: status and reason are right, outputs untouched. */
#include <stdint.h>

#include "heap.h"
#include "testing.h"

/* The four functions that check a type, a rank and a shape, behind one signature. */
typedef srd_status (*maker)(int32_t type, int32_t rank, const int64_t *shape, srd_tensor **out, srd_detail *detail);

static float number;

static srd_status make_owning(int32_t type, int32_t rank, const int64_t *shape, srd_tensor **out, srd_detail *detail)
{
    return srd_tensor_create(type, rank, shape, NULL, out, detail);
}

static srd_status make_view(int32_t type, int32_t rank, const int64_t *shape, srd_tensor **out, srd_detail *detail)
{
    return srd_tensor_view(type, rank, shape, NULL, &number, NULL, out, detail);
}

static srd_status make_const_view(int32_t type, int32_t rank, const int64_t *shape, srd_tensor **out, srd_detail *detail)
{
    return srd_tensor_view_const(type, rank, shape, NULL, &number, NULL, out, detail);
}

static const maker makers[] = { make_owning, make_view, make_const_view };
#define MAKERS ((int)(sizeof makers / sizeof *makers))

static const struct {
    int32_t type, rank;
    const int64_t *shape;
    srd_status status;
    const char *words;
} bad[] = {
    { 0, 1, (const int64_t[]){ 1 }, SRD_ERR_ARGUMENT, "type 0" },
    { 5, 1, (const int64_t[]){ 1 }, SRD_ERR_ARGUMENT, "type 5" },
    { -1, 1, (const int64_t[]){ 1 }, SRD_ERR_ARGUMENT, "type -1" },
    { SRD_FLOAT32, -1, (const int64_t[]){ 1 }, SRD_ERR_ARGUMENT, "rank -1" },
    { SRD_FLOAT32, SRD_MAX_RANK + 1, (const int64_t[]){ 1, 1, 1, 1, 1 }, SRD_ERR_ARGUMENT, "rank 5" },
    { SRD_FLOAT32, INT32_MAX, (const int64_t[]){ 1, 1, 1, 1, 1 }, SRD_ERR_ARGUMENT, "rank" },
    { SRD_FLOAT32, INT32_MIN, (const int64_t[]){ 1, 1, 1, 1, 1 }, SRD_ERR_ARGUMENT, "rank" },
    { SRD_FLOAT32, 1, (const int64_t[]){ 0 }, SRD_ERR_ARGUMENT, "axis 0" },
    { SRD_FLOAT32, 3, (const int64_t[]){ 2, 2, -1 }, SRD_ERR_ARGUMENT, "axis 2" },
    { SRD_FLOAT32, 1, (const int64_t[]){ INT64_MIN }, SRD_ERR_ARGUMENT, "axis 0" },
    { SRD_FLOAT32, 1, (const int64_t[]){ INT64_MAX }, SRD_ERR_OVERFLOW, "too many" },
    { SRD_FLOAT32, 2, (const int64_t[]){ 1ll << 32, 1ll << 31 }, SRD_ERR_OVERFLOW, "too many" },
    { SRD_FLOAT32, 4, (const int64_t[]){ 65536, 65536, 65536, 65536 }, SRD_ERR_OVERFLOW, "too many" },
};
#define BAD ((int)(sizeof bad / sizeof *bad))

START_TEST(bad_shapes_are_refused)
{
    const maker make = makers[_i / BAD];
    const int n = _i % BAD;
    srd_tensor *const mark = (srd_tensor *)(void *)&number;
    srd_tensor *out = mark;
    srd_detail detail = SRD_DETAIL_INIT;

    check_status(make(bad[n].type, bad[n].rank, bad[n].shape, &out, &detail), bad[n].status);
    check_detail(&detail, bad[n].status, "", bad[n].words);
    ck_assert_ptr_eq(out, mark);
    check_status(make(bad[n].type, bad[n].rank, bad[n].shape, &out, NULL), bad[n].status);
    ck_assert_ptr_eq(out, mark);
}
END_TEST

/* float16, int8 and int32 are for weights, which the library only reads. */
START_TEST(other_types_are_const_views_only)
{
    static const struct {
        int32_t type, size;
        const char *name;
    } types[3] = { { SRD_FLOAT16, 2, "float16" }, { SRD_INT8, 1, "int8" }, { SRD_INT32, 4, "int32" } };
    const int64_t shape = 1;
    float numbers[2] = { 0 };
    size_t size = 4711;
    srd_tensor *out = NULL, *to = testing_view(1, &shape, numbers);

    for (int i = 0; i < MAKERS - 1; ++i) {
        srd_detail detail = testing_new_detail();

        check_status(makers[i](types[_i].type, 1, &shape, &out, &detail), SRD_ERR_ARGUMENT);
        check_detail(&detail, SRD_ERR_ARGUMENT, "", types[_i].name);
        check_detail(&detail, SRD_ERR_ARGUMENT, "", "srd_tensor_view_const");
        ck_assert_ptr_null(out);
    }
    check_status(srd_tensor_memory_size(types[_i].type, 1, &shape, &size, NULL), SRD_ERR_ARGUMENT);
    ck_assert_uint_eq(size, 4711);
    for (int shift = 0; shift <= 4; ++shift) {
        const int fits = shift % types[_i].size == 0;
        srd_detail detail = testing_new_detail();

        check_status(srd_tensor_view_const(types[_i].type, 1, &shape, NULL, (char *)numbers + shift, NULL, &out, &detail),
                     fits ? SRD_OK : SRD_ERR_ARGUMENT);
        if (!fits) check_detail(&detail, SRD_ERR_ARGUMENT, "", "aligned");
        else check_status(srd_tensor_copy(out, to, &detail), SRD_ERR_ARGUMENT);
        if (fits) check_detail(&detail, SRD_ERR_ARGUMENT, "", types[_i].name);
        if (fits) srd_tensor_free(out);
        out = NULL;
    }
    srd_tensor_free(to);
}
END_TEST

START_TEST(a_null_shape_or_out_is_refused)
{
    const int64_t shape = 1;
    srd_tensor *const mark = (srd_tensor *)(void *)&number;
    srd_tensor *out = mark;
    srd_detail detail = SRD_DETAIL_INIT;

    check_status(makers[_i](SRD_FLOAT32, 1, NULL, &out, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "shape");
    ck_assert_ptr_eq(out, mark);
    check_status(makers[_i](SRD_FLOAT32, 1, &shape, NULL, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "out");
    check_status(makers[_i](SRD_FLOAT32, 1, &shape, NULL, NULL), SRD_ERR_ARGUMENT);
}
END_TEST

/* More than the machine has, but not more than its integers hold. */
START_TEST(a_tensor_that_does_not_fit_the_memory)
{
    const int64_t shape[2] = { 1ll << 29, 1ll << 29 };
    srd_tensor *out = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    const srd_status status = srd_tensor_create(SRD_FLOAT32, 2, shape, NULL, &out, &detail);

    ck_assert(status == (SIZE_MAX > UINT32_MAX ? SRD_ERR_MEMORY : SRD_ERR_OVERFLOW));
    check_detail(&detail, status, "", "");
    ck_assert_ptr_null(out);
}
END_TEST

START_TEST(bad_data_is_refused)
{
    const int64_t shape = 1;
    float numbers[2] = { 0 };
    srd_tensor *out = NULL;
    srd_detail detail = SRD_DETAIL_INIT;

    check_status(srd_tensor_view(SRD_FLOAT32, 1, &shape, NULL, NULL, NULL, &out, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "data");
    check_status(srd_tensor_view_const(SRD_FLOAT32, 1, &shape, NULL, NULL, NULL, &out, NULL), SRD_ERR_ARGUMENT);
    for (int shift = 1; shift < 4; ++shift) {
        check_status(srd_tensor_view(SRD_FLOAT32, 1, &shape, NULL, (char *)numbers + shift, NULL, &out, &detail),
                     SRD_ERR_ARGUMENT);
        check_detail(&detail, SRD_ERR_ARGUMENT, "", "aligned");
        check_status(srd_tensor_view_const(SRD_FLOAT32, 1, &shape, NULL, (char *)numbers + shift, NULL, &out, NULL),
                     SRD_ERR_ARGUMENT);
    }
    ck_assert_ptr_null(out);
}
END_TEST

START_TEST(strides_that_overflow_are_refused)
{
    static const int64_t too_far[] = { INT64_MAX, INT64_MIN, INT64_MAX / 4, -(INT64_MAX / 4) };
    const int64_t shape[2] = { 4, 4 };
    const int64_t strides[2] = { 1, too_far[_i] };
    srd_tensor *out = NULL;
    srd_detail detail = SRD_DETAIL_INIT;

    check_status(srd_tensor_view(SRD_FLOAT32, 2, shape, strides, &number, NULL, &out, &detail), SRD_ERR_OVERFLOW);
    check_detail(&detail, SRD_ERR_OVERFLOW, "", "axis 1");
    check_status(srd_tensor_view_const(SRD_FLOAT32, 2, shape, strides, &number, NULL, &out, NULL), SRD_ERR_OVERFLOW);
    ck_assert_ptr_null(out);
}
END_TEST

START_TEST(bad_memory_is_refused)
{
    const int64_t shape = 1;
    test_heap from = { 0 };
    srd_memory memory = heap_memory(&from);
    srd_tensor *out = NULL;
    srd_detail detail = SRD_DETAIL_INIT;

    memory.struct_size = 0;
    check_status(srd_tensor_create(SRD_FLOAT32, 1, &shape, &memory, &out, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "struct_size");
    memory = heap_memory(&from);
    from.fail_at = 1;
    check_status(srd_tensor_create(SRD_FLOAT32, 1, &shape, &memory, &out, &detail), SRD_ERR_MEMORY);
    check_detail(&detail, SRD_ERR_MEMORY, "", "memory");
    from.calls = 0;
    check_status(srd_tensor_view(SRD_FLOAT32, 1, &shape, NULL, &number, &memory, &out, NULL), SRD_ERR_MEMORY);
    ck_assert_ptr_null(out);
    ck_assert_int_eq(from.live, 0);
}
END_TEST

START_TEST(memory_size_refuses_what_create_refuses)
{
    size_t size = 4711;

    check_status(srd_tensor_memory_size(bad[_i].type, bad[_i].rank, bad[_i].shape, &size, NULL), bad[_i].status);
    ck_assert_uint_eq(size, 4711);
}
END_TEST

START_TEST(memory_size_with_bad_arguments)
{
    const int64_t shape = 1;
    size_t size = 4711;

    check_status(srd_tensor_memory_size(SRD_FLOAT32, 1, &shape, NULL, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_tensor_memory_size(7, 1, NULL, &size, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_tensor_memory_size(SRD_FLOAT32, 5, NULL, &size, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_tensor_memory_size(SRD_FLOAT32, -1, NULL, &size, NULL), SRD_ERR_ARGUMENT);
    ck_assert_uint_eq(size, 4711);
}
END_TEST

START_TEST(asking_null_gives_nothing)
{
    const int64_t shape = 1;
    srd_tensor *const tensor = testing_view(1, &shape, &number);

    ck_assert_int_eq(srd_tensor_rank(NULL), 0);
    ck_assert_int_eq(srd_tensor_shape(NULL, 0), 0);
    ck_assert_int_eq(srd_tensor_stride(NULL, 0), 0);
    ck_assert_ptr_null(srd_tensor_data(NULL));
    ck_assert_ptr_null(srd_tensor_const_data(NULL));
    srd_tensor_free(NULL);
    ck_assert_int_eq(srd_tensor_shape(tensor, -1), 0);
    ck_assert_int_eq(srd_tensor_shape(tensor, 1), 0);
    ck_assert_int_eq(srd_tensor_shape(tensor, INT32_MAX), 0);
    ck_assert_int_eq(srd_tensor_stride(tensor, INT32_MIN), 0);
    srd_tensor_free(tensor);
}
END_TEST

START_TEST(copy_refuses_what_does_not_match)
{
    float from[6] = { 1, 2, 3, 4, 5, 6 }, to[6];
    const int64_t wide[2] = { 2, 3 }, tall[2] = { 3, 2 }, flat = 6;
    srd_tensor *const source = testing_view(2, wide, from);
    srd_tensor *const other = testing_view(2, tall, to), *const line = testing_view(1, &flat, to);
    srd_detail detail = SRD_DETAIL_INIT;

    testing_mark(to, 6);
    check_status(srd_tensor_copy(source, other, &detail), SRD_ERR_SHAPE);
    check_detail(&detail, SRD_ERR_SHAPE, "", "axis 0");
    check_status(srd_tensor_copy(source, line, &detail), SRD_ERR_SHAPE);
    check_detail(&detail, SRD_ERR_SHAPE, "", "rank 2");
    check_status(srd_tensor_copy(source, NULL, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "NULL");
    check_status(srd_tensor_copy(NULL, other, NULL), SRD_ERR_ARGUMENT);
    check_untouched(to, 6);
    srd_tensor_free(source);
    srd_tensor_free(other);
    srd_tensor_free(line);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { other_types_are_const_views_only, 0, 3 },
        { bad_shapes_are_refused, 0, MAKERS * BAD },
        { a_null_shape_or_out_is_refused, 0, MAKERS },
        { a_tensor_that_does_not_fit_the_memory, 0, 0 },
        { bad_data_is_refused, 0, 0 },
        { strides_that_overflow_are_refused, 0, 4 },
        { bad_memory_is_refused, 0, 0 },
        { memory_size_refuses_what_create_refuses, 0, BAD },
        { memory_size_with_bad_arguments, 0, 0 },
        { asking_null_gives_nothing, 0, 0 },
        { copy_refuses_what_does_not_match, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("tensor_errors", list);
}
