/* test_render.c -- maps become pixels: entries of the tables, the scale, enlargement, reduction, strides. */
#include <float.h>
#include <math.h>

#include "rendering.h"

static buffer b;

/* ---- colours of values ------------------------------------------------------------------------------------------------- */

START_TEST(a_tiny_map_by_default)
{
    const float values[6] = { -2.0f, -1.0f, 0.0f, 0.5f, 1.0f, 2.0f };
    const int32_t entries[6] = { 1, 128 - 64, 128, 128 + 32, 128 + 64, 255 }; /* 63.5 is rounded away from 0, 31.75 up */
    srd_tensor *const map = new_map(2, 3, values);

    buffer_init(&b, 2, 3, 12);
    check_ok(render(map, NULL, &b));
    for (int32_t i = 0; i < 6; ++i) check_entry(&b, i / 3, i % 3, SRD_COLOURS_DIVERGING, entries[i]);
    check_canaries(&b, 1);
    srd_tensor_free(map);
}
END_TEST

/* Halves are rounded away from 0 on both sides, and the ends are reached half an entry before. */
START_TEST(entries_are_rounded_to_the_nearest)
{
    const float values[10] = { 0.49f, 0.5f, -0.49f, -0.5f, 126.49f, 126.5f, -126.5f, 127.0f, -0.0f, 1e30f };
    const int32_t entries[10] = { 128, 129, 128, 127, 254, 255, 1, 255, 128, 255 };
    const srd_render_options options = colours_from(SRD_COLOURS_DIVERGING, -127, 127);
    srd_tensor *const map = new_map(1, 10, values);

    buffer_init(&b, 1, 10, 40);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 10; ++i) check_entry(&b, 0, i, SRD_COLOURS_DIVERGING, entries[i]);
    srd_tensor_free(map);
}
END_TEST

START_TEST(sequential_and_grey_show_how_much)
{
    const float values[5] = { -2.0f, -1.0f, 0.0f, 0.5f, 1.0f };
    const int32_t entries[5] = { 255, 128, 0, 64, 128 }, positive[5] = { 255, 170, 0, 85, 170 },
                  sign[5] = { 0, 85, 170, 213, 255 };
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 5, values);

    options.colours = _i;
    buffer_init(&b, 1, 5, 20);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 5; ++i) check_entry(&b, 0, i, _i, entries[i]);
    options = colours_from(_i, 0.0f, 1.5f);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 5; ++i) check_entry(&b, 0, i, _i, positive[i]);
    options = colours_from(_i, -2.0f, 1.0f);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 5; ++i) check_entry(&b, 0, i, _i, sign[i]);
    srd_tensor_free(map);
}
END_TEST

START_TEST(a_map_of_zeros_is_neutral)
{
    const float values[4] = { 0.0f, -0.0f, 0.0f, 0.0f };
    const int32_t neutral[3] = { 128, 0, 0 };
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(2, 2, values);
    float low = 7, high = 7;

    buffer_init(&b, 3, 5, 20);
    options.colours = _i % 3;
    options.scaling = _i / 3;
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 15; ++i) check_entry(&b, i / 5, i % 5, options.colours, neutral[options.colours]);
    check_ok(srd_render_scale(map, &options, &low, &high, NULL));
    ck_assert(high == 1.0f && low == (options.colours == SRD_COLOURS_DIVERGING ? -1.0f : 0.0f));
    srd_tensor_free(map);
}
END_TEST

/* ---- the scale --------------------------------------------------------------------------------------------------------- */

static float scale_of(const srd_tensor *map, const srd_render_options *options)
{
    float low = 0, high = 0;

    check_ok(srd_render_scale(map, options, &low, &high, NULL));
    ck_assert(low == (options->colours == SRD_COLOURS_DIVERGING ? -high : 0.0f));
    check_ok(srd_render_scale(map, options, NULL, NULL, NULL));
    return high;
}

static int by_size(const void *x, const void *y)
{
    return (*(const float *)x > *(const float *)y) - (*(const float *)x < *(const float *)y);
}

/* Against a sort, with ties, zeros, all sizes of numbers, and strides that go backwards. */
START_TEST(the_percentile_is_exact)
{
    static const int64_t parts[] = { 1000000, 999000, 995000, 500000, 333333, 10000, 1 }; /* of a million */
    static float values[2000], sorted[1000];
    const int64_t width = 1 + _i % 40, height = 1 + _i * 7 % 25, shape[2] = { height, width }, strides[2] = { -2 * width, 2 };
    uint32_t state = (uint32_t)_i;
    int64_t count = 0;
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *map = NULL;

    for (int64_t i = 0; i < height * width; ++i) {
        const float x = noise(&state), size = _i % 3 == 0 ? ldexpf(x, (int)(100 * noise(&state))) : x;

        values[2 * i] = noise(&state) < -0.2f ? 0.0f : _i % 4 == 1 ? floorf(5 * size) : size;
        values[2 * i + 1] = NAN; /* between the strides: must not be looked at */
        if (values[2 * i] != 0) sorted[count++] = fabsf(values[2 * i]);
    }
    qsort(sorted, (size_t)count, sizeof sorted[0], by_size);
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 2, shape, strides, values + 2 * (height - 1) * width, NULL, &map, NULL));
    if (count > 0) ck_assert(scale_of(map, &options) == sorted[count - 1]);
    options.scaling = SRD_SCALE_PERCENTILE;
    for (size_t i = 0; count > 0 && i < sizeof parts / sizeof parts[0]; ++i) {
        const int64_t rank = (count * parts[i] + 999999) / 1000000;

        options.percentile = (float)((double)parts[i] / 10000);
        options.colours = (int32_t)i % 3;
        ck_assert(scale_of(map, &options) == sorted[rank - 1]);
    }
    options.percentile = 0;
    if (count > 0) ck_assert(scale_of(map, &options) == sorted[(count * 995000 + 999999) / 1000000 - 1]);
    srd_tensor_free(map);
}
END_TEST

/* 99.9 % of a thousand is 999, although the float 99.9 is a little more than 99.9. */
START_TEST(decimal_percentiles_mean_what_they_say)
{
    static float values[1000];
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(20, 50, values);

    for (int i = 0; i < 1000; ++i) values[i * 7 % 1000] = (float)(i + 1);
    options.scaling = SRD_SCALE_PERCENTILE;
    options.percentile = 99.9f;
    ck_assert(scale_of(map, &options) == 999.0f);
    options.percentile = 1e-7f;
    ck_assert(scale_of(map, &options) == 1.0f);
    options.percentile = 100.0f;
    ck_assert(scale_of(map, &options) == 1000.0f);
    srd_tensor_free(map);
}
END_TEST

START_TEST(a_percentile_lets_outliers_go)
{
    float values[1000] = { 0 };
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 1000, values);

    for (int i = 0; i < 1000; ++i) values[i] = 1.0f;
    values[3] = 1000.0f;
    values[4] = -1000.0f;
    options.scaling = SRD_SCALE_PERCENTILE;
    buffer_init(&b, 1, 1000, 4000);
    check_ok(render(map, &options, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_DIVERGING, 255);
    check_entry(&b, 0, 3, SRD_COLOURS_DIVERGING, 255);
    check_entry(&b, 0, 4, SRD_COLOURS_DIVERGING, 1);
    srd_tensor_free(map);
}
END_TEST

/* The scale of one map, given to others: low and high go back in as they came out. */
START_TEST(a_scale_can_be_shared)
{
    const float strong[2] = { -4.0f, 1.0f }, weak[2] = { -2.0f, 1.0f };
    srd_tensor *const one = new_map(1, 2, strong), *const other = new_map(1, 2, weak);
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;

    options.colours = _i;
    check_ok(srd_render_scale(one, &options, &options.low, &options.high, NULL));
    options.scaling = SRD_SCALE_RANGE;
    buffer_init(&b, 1, 2, 8);
    check_ok(render(other, &options, &b));
    check_entry(&b, 0, 0, _i, _i == SRD_COLOURS_DIVERGING ? 128 - 64 : 128);
    check_entry(&b, 0, 1, _i, _i == SRD_COLOURS_DIVERGING ? 128 + 32 : 64);
    srd_tensor_free(one);
    srd_tensor_free(other);
}
END_TEST

/* The largest and the smallest scales that there are. Means over both ends stay finite, too. */
START_TEST(extreme_numbers)
{
    const float huge[4] = { FLT_MAX, -FLT_MAX, FLT_MAX / 2, 0 }, tiny[4] = { 0x1p-149f, -0x1p-148f, 0, 0x1p-148f };
    srd_tensor *const large = new_map(1, 4, huge), *const small = new_map(1, 4, tiny);
    const srd_render_options narrow = colours_from(SRD_COLOURS_DIVERGING, -0x1p-149f, 0x1p-149f);

    buffer_init(&b, 1, 4, 16);
    check_ok(render(large, NULL, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_DIVERGING, 255);
    check_entry(&b, 0, 1, SRD_COLOURS_DIVERGING, 1);
    check_entry(&b, 0, 2, SRD_COLOURS_DIVERGING, 192);
    check_ok(render(small, NULL, &b));
    check_entry(&b, 0, 0, SRD_COLOURS_DIVERGING, 192);
    check_entry(&b, 0, 1, SRD_COLOURS_DIVERGING, 1);
    check_entry(&b, 0, 2, SRD_COLOURS_DIVERGING, 128);
    check_ok(render(large, &narrow, &b));
    check_entry(&b, 0, 2, SRD_COLOURS_DIVERGING, 255);
    buffer_init(&b, 1, 1, 4);
    check_ok(render(large, &narrow, &b)); /* 1 - 1 + 1 + 0 of what counts as farthest */
    check_entry(&b, 0, 0, SRD_COLOURS_DIVERGING, 255);
    srd_tensor_free(large);
    srd_tensor_free(small);
}
END_TEST

/* ---- strides ----------------------------------------------------------------------------------------------------------- */

/* Padded rows, rows that go upwards, and both. */
START_TEST(rows_of_the_buffer)
{
    static const int64_t row_bytes[] = { 12, 13, 40, -12, -29 };
    const float values[6] = { -3, -2, -1, 1, 2, 3 };
    const srd_render_options options = colours_from(SRD_COLOURS_DIVERGING, -127, 127);
    srd_tensor *const map = new_map(2, 3, values);

    buffer_init(&b, 2, 3, row_bytes[_i]);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 6; ++i) check_entry(&b, i / 3, i % 3, SRD_COLOURS_DIVERGING, 128 + (int32_t)values[i]);
    check_canaries(&b, 1);
    srd_tensor_free(map);
}
END_TEST

/* Transposed, turned round, and with axes of size 1 before height and width; then one number for a whole map. */
START_TEST(strides_of_the_map)
{
    const float values[6] = { 0, 1, 2, 3, 4, 5 };
    const int64_t shape[4] = { 1, 1, 3, 2 }, strides[4] = { 99, -7, -1, -3 }, none[4] = { 0, 0, 0, 0 };
    const srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 255);
    const int32_t want[6] = { 5, 2, 4, 1, 3, 0 };
    srd_tensor *map = NULL;

    check_ok(srd_tensor_view_const(SRD_FLOAT32, 4, shape, strides, values + 5, NULL, &map, NULL));
    buffer_init(&b, 3, 2, 8);
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 6; ++i) check_entry(&b, i / 2, i % 2, SRD_COLOURS_GREY, want[i]);
    srd_tensor_free(map);
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 4, shape, none, values + 3, NULL, &map, NULL));
    check_ok(render(map, &options, &b));
    for (int32_t i = 0; i < 6; ++i) check_entry(&b, i / 2, i % 2, SRD_COLOURS_GREY, 3);
    srd_tensor_free(map);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_tiny_map_by_default, 0, 0 },
        { entries_are_rounded_to_the_nearest, 0, 0 },
        { sequential_and_grey_show_how_much, SRD_COLOURS_SEQUENTIAL, SRD_COLOURS_GREY + 1 },
        { a_map_of_zeros_is_neutral, 0, 6 },
        { the_percentile_is_exact, 0, 60 },
        { decimal_percentiles_mean_what_they_say, 0, 0 },
        { a_percentile_lets_outliers_go, 0, 0 },
        { a_scale_can_be_shared, SRD_COLOURS_DIVERGING, SRD_COLOURS_GREY + 1 },
        { extreme_numbers, 0, 0 },
        { rows_of_the_buffer, 0, 5 },
        { strides_of_the_map, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("render", list);
}
