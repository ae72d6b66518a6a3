/* test_resize.c -- enlargement by nearest and bilinear, reduction by areas, each axis for itself; against float64. */
#include <math.h>

#include "rendering.h"

#define SIDE 12 /* maps are at most so large */

static buffer b;
static float values[SIDE * SIDE];

/* How much source pixel j counts for target pixel i, in real numbers. */
static double weight(int32_t i, int32_t j, int32_t target, int32_t source, int32_t enlargement)
{
    const double ratio = (double)source / target, middle = (i + 0.5) * ratio;

    if (target < source) return fmax(fmin(j + 1, (i + 1) * ratio) - fmax(j, i * ratio), 0) / ratio;
    if (enlargement == SRD_ENLARGE_NEAREST) return (2 * (int64_t)i + 1) * source / (2 * (int64_t)target) == j;
    return fmax(1 - fabs(fmin(fmax(middle - 0.5, 0), source - 1) - j), 0);
}

static double expected(int32_t row, int32_t column, int32_t height, int32_t width, int32_t enlargement)
{
    double sum = 0;

    for (int32_t i = 0; i < height; ++i) {
        for (int32_t j = 0; j < width; ++j) {
            sum += weight(row, i, b.height, height, enlargement) * weight(column, j, b.width, width, enlargement) *
                   values[i * width + j];
        }
    }
    return sum;
}

/* Sizes below and above, even and odd, multiples or not. A grey byte may be off by its rounding and little more. */
START_TEST(all_sizes_against_float64)
{
    static const int32_t sizes[] = { 1, 2, 3, 5, 7, 8, 12, 25, 31 };
    const int32_t count = sizeof sizes / sizeof sizes[0];
    const int32_t height = 1 + _i * 5 % SIDE, width = 1 + _i * 7 % SIDE, enlargement = _i / 12;
    srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 1);
    srd_tensor *const map = new_map(height, width, values);
    uint32_t state = (uint32_t)_i;

    options.enlargement = enlargement;
    for (int32_t i = 0; i < height * width; ++i) values[i] = fabsf(noise(&state));
    for (int32_t size = 0; size < count * count; ++size) {
        b.height = sizes[size / count];
        b.width = sizes[size % count];
        b.row_bytes = 4 * (int64_t)b.width;
        b.rgba = b.bytes;
        check_ok(render(map, &options, &b));
        for (int32_t i = 0; i < b.height * b.width; ++i) {
            const double want = 255 * expected(i / b.width, i % b.width, height, width, enlargement);
            const int got = buffer_at(&b, i / b.width, i % b.width)[0];

            ck_assert_msg(fabs(got - want) <= 0.5001, "%dx%d to %dx%d, pixel %d: %d, not %.4f", (int)height, (int)width,
                          (int)b.height, (int)b.width, (int)i, got, want);
        }
    }
    srd_tensor_free(map);
}
END_TEST

/* Half-pixel centres: the outer quarter of the outer positions is even, between middles it is linear. */
START_TEST(bilinear_by_hand)
{
    const float pair[2] = { 0, 1 };
    const uint8_t want[4] = { 0, 64, 191, 255 }; /* 0, 1/4, 3/4, 1 */
    srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 1);
    srd_tensor *const across = new_map(1, 2, pair), *const down = new_map(2, 1, pair);

    options.enlargement = SRD_ENLARGE_BILINEAR;
    buffer_init(&b, 4, 4, 16);
    check_ok(render(across, &options, &b));
    for (int32_t i = 0; i < 16; ++i) check_entry(&b, i / 4, i % 4, SRD_COLOURS_GREY, want[i % 4]);
    check_ok(render(down, &options, &b));
    for (int32_t i = 0; i < 16; ++i) check_entry(&b, i / 4, i % 4, SRD_COLOURS_GREY, want[i / 4]);
    check_canaries(&b, 1);
    buffer_init(&b, 1, 3, 12);
    check_ok(render(across, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_GREY, 0);
    check_entry(&b, 0, 1, SRD_COLOURS_GREY, 128);
    check_entry(&b, 0, 2, SRD_COLOURS_GREY, 255);
    srd_tensor_free(across);
    srd_tensor_free(down);
}
END_TEST

START_TEST(nearest_by_hand)
{
    const float three[3] = { 10, 20, 30 };
    static const int32_t want[7] = { 10, 10, 20, 20, 20, 30, 30 }, five[5] = { 10, 10, 20, 30, 30 };
    const srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 255);
    srd_tensor *const map = new_map(1, 3, three);

    buffer_init(&b, 2, 7, 28);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 14; ++i) check_entry(&b, i / 7, i % 7, SRD_COLOURS_GREY, want[i % 7]);
    buffer_init(&b, 1, 5, 20);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 5; ++i) check_entry(&b, 0, i, SRD_COLOURS_GREY, five[i]);
    srd_tensor_free(map);
}
END_TEST

/* A pixel of the target has 1 2/3 of the source's: 1 + 2/3, 1/3 + 1 + 1/3, 2/3 + 1. */
START_TEST(reduction_by_hand)
{
    const float row[5] = { 50, 100, 150, 200, 250 }, square[4] = { 0, 40, 80, 120 };
    const srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 255);
    srd_tensor *const map = new_map(1, 5, row), *const four = new_map(2, 2, square);

    buffer_init(&b, 1, 3, 12);
    check_ok(render(map, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_GREY, 70);
    check_entry(&b, 0, 1, SRD_COLOURS_GREY, 150);
    check_entry(&b, 0, 2, SRD_COLOURS_GREY, 230);
    check_canaries(&b, 1);
    buffer_init(&b, 1, 1, 4);
    check_ok(render(four, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_GREY, 60);
    srd_tensor_free(map);
    srd_tensor_free(four);
}
END_TEST

/* An outlier beyond the scale counts with all it has: clipping comes after the mean. */
START_TEST(reduction_loses_nothing)
{
    static float wide[3000 * 1000];
    const srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 1),
                             centred = colours_from(SRD_COLOURS_DIVERGING, -1, 1);
    srd_tensor *const map = new_map(3000, 1000, wide);
    uint32_t state = 5;
    double sum = 0, bytes = 0;

    wide[1234567] = 3000000.0f / 4;
    buffer_init(&b, 1, 1, 4);
    check_ok(render(map, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_GREY, 64);
    wide[7] = -wide[1234567]; /* what cancels, cancels */
    check_ok(render(map, &centred, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_DIVERGING, 128);
    for (int32_t i = 0; i < 3000 * 1000; ++i) {
        wide[i] = fabsf(noise(&state));
        sum += wide[i];
    }
    check_ok(render(map, &options, &b));
    ck_assert_double_le(fabs(b.rgba[0] - 255 * sum / 3e6), 0.51);
    buffer_init(&b, 71, 83, 332);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 71 * 83; ++i) bytes += b.rgba[4 * (ptrdiff_t)i];
    ck_assert_double_le(fabs(bytes / (71 * 83) - 255 * sum / 3e6), 0.05); /* rounding of single pixels evens out */
    srd_tensor_free(map);
}
END_TEST

/* Three million shares, each far below the last digits of their sum: plain single precision would be off by several percent. */
START_TEST(means_of_many_numbers)
{
    static float many[3000000];
    const srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 1);
    srd_tensor *const across = new_map(1, 3000000, many), *const down = new_map(3000000, 1, many);

    for (int32_t i = 1; i < 3000000; ++i) many[i] = 0.4f;
    buffer_init(&b, 1, 1, 4);
    check_ok(render(across, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_GREY, 102);
    check_ok(render(down, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_GREY, 102);
    srd_tensor_free(across);
    srd_tensor_free(down);
}
END_TEST

START_TEST(equal_numbers_stay_equal)
{
    const float value = 0.7f / 127; /* near the edge between two entries: a rounding would show */
    const int64_t none[2] = { 0, 0 }, shape[2] = { 11, 9 };
    static const float edge = 64.5f / 127;
    srd_render_options options = colours_from(SRD_COLOURS_DIVERGING, -1, 1);
    srd_tensor *map = NULL;
    uint8_t first[4];

    options.enlargement = _i % 2;
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 2, shape, none, _i < 2 ? &value : &edge, NULL, &map, NULL));
    buffer_init(&b, 11, 9, 36);
    check_ok(render(map, &options, &b));
    memcpy(first, b.rgba, 4);
    for (int32_t size = 1; size < 60; ++size) {
        buffer_init(&b, size, 61 - size, 4 * (61 - (int64_t)size));
        check_ok(render(map, &options, &b));
        for (int32_t i = 0; i < b.height * b.width; ++i) ck_assert_mem_eq(b.rgba + 4 * (ptrdiff_t)i, first, 4);
    }
    srd_tensor_free(map);
}
END_TEST

/* Places are found in integers, so the last pixels of a very wide buffer are right, too. */
START_TEST(the_ends_of_long_rows)
{
    static uint8_t rgba[4 * 1000003];
    const float two[3] = { 10, 20, 30 };
    const srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 255);
    srd_tensor *const map = new_map(1, 3, two);

    check_ok(srd_render_map(map, &options, rgba, sizeof rgba, 1, 1000003, NULL));
    for (int64_t i = 0; i < 1000003; ++i) ck_assert_int_eq(rgba[4 * i], 10 * (1 + (2 * i + 1) * 3 / 2000006));
    srd_tensor_free(map);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { all_sizes_against_float64, 0, 24 }, { bilinear_by_hand, 0, 0 },        { nearest_by_hand, 0, 0 },
        { reduction_by_hand, 0, 0 },          { reduction_loses_nothing, 0, 0 }, { means_of_many_numbers, 0, 0 },
        { equal_numbers_stay_equal, 0, 4 },   { the_ends_of_long_rows, 0, 0 },   { NULL, 0, 0 },
    };

    return testing_main("render_resize", list);
}
