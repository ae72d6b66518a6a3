/* test_render_errors.c -- what rendering refuses: status and reason are right, and no byte of any output is written. */
#include <float.h>
#include <math.h>

#include "rendering.h"

static buffer b;
static const float values[6] = { 1, 2, 3, 4, 5, 6 };

/* All three functions refuse these arguments in the same way and write nothing. picture NULL: a good one. */
static void refuse(const srd_tensor *map, const srd_render_options *options, srd_status status, const char *words)
{
    const float grey = 0.5f;
    srd_tensor *const picture = new_map(1, 1, &grey);
    srd_detail detail[3] = { testing_new_detail(), testing_new_detail(), testing_new_detail() };
    float range[2];

    testing_mark(range, 2);
    buffer_init(&b, 4, 4, 16);
    check_status(srd_render_map(map, options, b.rgba, 16, 4, 4, &detail[0]), status);
    check_status(srd_render_overlay(map, picture, options, NULL, b.rgba, 16, 4, 4, &detail[1]), status);
    check_status(srd_render_scale(map, options, &range[0], &range[1], &detail[2]), status);
    check_status(srd_render_map(map, options, b.rgba, 16, 4, 4, NULL), status);
    for (int i = 0; i < 3; ++i) check_detail(&detail[i], status, "", words);
    check_untouched(range, 2);
    check_canaries(&b, 0);
    srd_tensor_free(picture);
}

START_TEST(bad_options)
{
    static const struct {
        srd_render_options options;
        const char *words;
    } bad[] = {
        { { 32, -1, 0, 0, 0, 0, 0, 0 }, "unknown colours" },
        { { 32, 3, 0, 0, 0, 0, 0, 0 }, "unknown colours" },
        { { 32, 0, -1, 0, 0, 0, 0, 0 }, "unknown scaling" },
        { { 32, 0, 3, 0, 0, 0, 0, 0 }, "unknown scaling" },
        { { 32, 0, 0, 2, 0, 0, 0, 0 }, "unknown enlargement" },
        { { 32, 0, 0, INT32_MIN, 0, 0, 0, 0 }, "unknown enlargement" },
        { { 32, 0, 0, 0, 0, 0, 0, 1 }, "reserved" },
        { { 32, 0, SRD_SCALE_MAX, 0, 99, 0, 0, 0 }, "percentile needs" },
        { { 32, 0, SRD_SCALE_RANGE, 0, 99, -1, 1, 0 }, "percentile needs" },
        { { 32, 0, SRD_SCALE_PERCENTILE, 0, 100.01f, 0, 0, 0 }, "percentile must" },
        { { 32, 0, SRD_SCALE_PERCENTILE, 0, -1, 0, 0, 0 }, "percentile must" },
        { { 32, 0, SRD_SCALE_PERCENTILE, 0, NAN, 0, 0, 0 }, "percentile must" },
        { { 32, 0, SRD_SCALE_PERCENTILE, 0, 0, 0, 1, 0 }, "low and high need" },
        { { 32, 0, SRD_SCALE_MAX, 0, 0, NAN, 0, 0 }, "low and high need" },
        { { 32, 0, SRD_SCALE_RANGE, 0, 0, 0, 0, 0 }, "centred on 0" },
        { { 32, 0, SRD_SCALE_RANGE, 0, 0, 0, 1, 0 }, "centred on 0" },
        { { 32, 0, SRD_SCALE_RANGE, 0, 0, 1, -1, 0 }, "centred on 0" },
        { { 32, 0, SRD_SCALE_RANGE, 0, 0, -INFINITY, INFINITY, 0 }, "centred on 0" },
        { { 32, 1, SRD_SCALE_RANGE, 0, 0, 1, 1, 0 }, "low must be below high" },
        { { 32, 2, SRD_SCALE_RANGE, 0, 0, 2, 1, 0 }, "low must be below high" },
        { { 32, 1, SRD_SCALE_RANGE, 0, 0, NAN, 1, 0 }, "low must be below high" },
        { { 32, 1, SRD_SCALE_RANGE, 0, 0, 0, INFINITY, 0 }, "low must be below high" },
        { { 32, 1, SRD_SCALE_RANGE, 0, 0, -FLT_MAX, FLT_MAX, 0 }, "low must be below high" },
        { { 28, 0, 0, 0, 0, 0, 0, 0 }, "struct_size is 28" },
    };
    srd_tensor *const map = new_map(2, 3, values);

    ck_assert_uint_eq(sizeof(srd_render_options), 32);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) refuse(map, &bad[i].options, SRD_ERR_ARGUMENT, bad[i].words);
    srd_tensor_free(map);
}
END_TEST

START_TEST(bad_overlay_options)
{
    static const struct {
        srd_overlay_options options;
        const char *words;
    } bad[] = {
        { { 40, -1, 0, 0, 0, 0, 0, 0, 0, 0 }, "unknown blend" },
        { { 40, 3, 0, 0, 0, 0, 0, 0, 0, 0 }, "unknown blend" },
        { { 40, 0, 2, 0, 0, 0, 0, 0, 0, 0 }, "grey_picture" },
        { { 40, 0, -1, 0, 0, 0, 0, 0, 0, 0 }, "grey_picture" },
        { { 40, 0, 0, -0.5f, 0, 0, 0, 0, 0, 0 }, "opacity" },
        { { 40, 0, 0, 1.001f, 0, 0, 0, 0, 0, 0 }, "opacity" },
        { { 40, 0, 0, NAN, 0, 0, 0, 0, 0, 0 }, "opacity" },
        { { 40, 0, 0, 0, 1, 1, 0, 0, 0, 0 }, "picture_low" },
        { { 40, 0, 0, 0, NAN, 1, 0, 0, 0, 0 }, "picture_low" },
        { { 40, 0, 0, 0, 0, -INFINITY, 0, 0, 0, 0 }, "picture_low" },
        { { 40, 0, 0, 0, FLT_MAX, -FLT_MAX, 0, 0, 0, 0 }, "picture_low" },
        { { 20, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "struct_size is 20" },
        { { 40, 0, 0, 0, 0, 0, 1, 0, 0, 0 }, "step_y" },
        { { 40, 0, 0, 0, 0, 0, 0, 1, 0, 0 }, "step_y" },
        { { 40, 0, 0, 0, 0, 0, -1, -1, 0, 0 }, "step_y" },
        { { 40, 0, 0, 0, 0, 0, NAN, NAN, 0, 0 }, "step_y" },
        { { 40, 0, 0, 0, 0, 0, 1, INFINITY, 0, 0 }, "step_y" },
        { { 40, 0, 0, 0, 0, 0, 1, 1, NAN, 0 }, "offset_y" },
        { { 40, 0, 0, 0, 0, 0, 1, 1, 0, INFINITY }, "offset_y" },
        { { 40, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, "offset_y and offset_x need" },
    };
    srd_tensor *const map = new_map(2, 3, values), *const picture = new_map(3, 2, values);

    ck_assert_uint_eq(sizeof(srd_overlay_options), 40);
    buffer_init(&b, 4, 4, 16);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        srd_detail detail = SRD_DETAIL_INIT;

        check_status(srd_render_overlay(map, picture, NULL, &bad[i].options, b.rgba, 16, 4, 4, &detail), SRD_ERR_ARGUMENT);
        check_detail(&detail, SRD_ERR_ARGUMENT, "", bad[i].words);
    }
    check_canaries(&b, 0);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* A newer caller's longer struct is taken while what we do not know is 0. */
START_TEST(longer_options)
{
    struct {
        srd_render_options known;
        int32_t more;
    } options = { { sizeof options, 0, 0, 0, 0, 0, 0, 0 }, 0 };
    struct {
        srd_overlay_options known;
        int32_t more;
    } overlay = { { sizeof overlay, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 0 };
    srd_tensor *const map = new_map(2, 3, values);

    buffer_init(&b, 4, 4, 16);
    check_ok(srd_render_overlay(map, map, &options.known, &overlay.known, b.rgba, 16, 4, 4, NULL));
    options.more = 1;
    refuse(map, &options.known, SRD_ERR_ARGUMENT, "does not know");
    options.more = 0;
    overlay.more = 1;
    buffer_init(&b, 4, 4, 16);
    check_status(srd_render_overlay(map, map, &options.known, &overlay.known, b.rgba, 16, 4, 4, NULL), SRD_ERR_ARGUMENT);
    check_canaries(&b, 0);
    srd_tensor_free(map);
}
END_TEST

/* A caller of the first version has no step and no offset. */
START_TEST(shorter_overlay_options)
{
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_tensor *const map = new_map(2, 3, values);

    overlay.struct_size = 24;
    overlay.step_y = NAN; /* beyond what is read */
    buffer_init(&b, 4, 4, 16);
    check_ok(srd_render_overlay(map, map, NULL, &overlay, b.rgba, 16, 4, 4, NULL));
    overlay.struct_size = 36;
    check_status(srd_render_overlay(map, map, NULL, &overlay, b.rgba, 16, 4, 4, NULL), SRD_ERR_ARGUMENT);
    srd_tensor_free(map);
}
END_TEST

START_TEST(bad_maps)
{
    float number = 1;
    const int64_t flat = 6, two[3] = { 2, 1, 3 }, deep[4] = { 2, 1, 1, 3 }, colours[3] = { 3, 1, 2 };
    const int64_t long_rows[2] = { 1, (int64_t)INT32_MAX + 1 }, tall[2] = { (int64_t)INT32_MAX + 1, 1 }, none[2] = { 0, 0 };
    srd_tensor *maps[7] = { testing_view(0, NULL, &number),
                            testing_const_view(1, &flat, values),
                            testing_const_view(3, two, values),
                            testing_const_view(4, deep, values),
                            testing_const_view(3, colours, values),
                            NULL,
                            NULL };

    refuse(NULL, NULL, SRD_ERR_ARGUMENT, "the map is NULL");
    refuse(maps[0], NULL, SRD_ERR_SHAPE, "the map has rank 0");
    refuse(maps[1], NULL, SRD_ERR_SHAPE, "the map has rank 1");
    refuse(maps[2], NULL, SRD_ERR_SHAPE, "2 entries along axis 0");
    refuse(maps[3], NULL, SRD_ERR_SHAPE, "2 entries along axis 0");
    refuse(maps[4], NULL, SRD_ERR_SHAPE, "3 entries along axis 0");
    if (SIZE_MAX == UINT64_MAX) { /* where it is 32 bits, no such view can be made */
        check_ok(srd_tensor_view_const(SRD_FLOAT32, 2, long_rows, none, values, NULL, &maps[5], NULL));
        check_ok(srd_tensor_view_const(SRD_FLOAT32, 2, tall, none, values, NULL, &maps[6], NULL));
        refuse(maps[5], NULL, SRD_ERR_OVERFLOW, "2147483648 columns");
        refuse(maps[6], NULL, SRD_ERR_OVERFLOW, "2147483648 rows");
    }
    for (int i = 0; i < 7; ++i) srd_tensor_free(maps[i]);
}
END_TEST

/* Found at every place, the last one too, and in every scaling. */
START_TEST(numbers_that_are_none)
{
    static const float bad[] = { NAN, -NAN, INFINITY, -INFINITY };
    float copy[6] = { 0 };
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(2, 3, copy);

    memcpy(copy, values, sizeof copy);
    copy[_i % 6] = bad[_i % 4];
    options.scaling = _i % 3;
    if (options.scaling == SRD_SCALE_RANGE) options.high = 1, options.low = -1;
    refuse(map, &options, SRD_ERR_NUMBER, _i % 6 == 5 ? "the map has a NaN or Inf in row 1, column 2" : "NaN or Inf");
    srd_tensor_free(map);
}
END_TEST

START_TEST(bad_pictures)
{
    float rgb[6] = { 0, 0, 0, 0, 0, NAN };
    const int64_t flat = 6, two[3] = { 2, 1, 3 }, three[3] = { 3, 1, 2 }, batch[4] = { 3, 1, 1, 2 };
    srd_tensor *const map = new_map(2, 3, values);
    srd_tensor *const pictures[5] = { NULL, testing_view(1, &flat, rgb), testing_view(3, two, rgb), testing_view(4, batch, rgb),
                                      testing_view(3, three, rgb) };
    static const srd_status statuses[5] = { SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_SHAPE, SRD_ERR_SHAPE, SRD_ERR_NUMBER };
    static const char *const words[5] = { "the picture is NULL", "the picture has rank 1", "the picture has 2 entries",
                                          "the picture has 3 entries", "the picture has a NaN or Inf in row 0, column 1" };

    buffer_init(&b, 4, 4, 16);
    for (int i = 0; i < 5; ++i) {
        srd_detail detail = SRD_DETAIL_INIT;

        check_status(srd_render_overlay(map, pictures[i], NULL, NULL, b.rgba, 16, 4, 4, &detail), statuses[i]);
        check_detail(&detail, statuses[i], "", words[i]);
    }
    check_canaries(&b, 0);
    for (int i = 0; i < 5; ++i) srd_tensor_free(pictures[i]);
    srd_tensor_free(map);
}
END_TEST

START_TEST(bad_buffers)
{
    static const struct {
        int64_t row_bytes;
        int32_t height, width;
        srd_status status;
        const char *words;
    } bad[] = {
        { 16, 0, 4, SRD_ERR_ARGUMENT, "height 0" },
        { 16, 4, 0, SRD_ERR_ARGUMENT, "width 0" },
        { 16, -1, 4, SRD_ERR_ARGUMENT, "height -1" },
        { 16, 4, INT32_MIN, SRD_ERR_ARGUMENT, "width -2147483648" },
        { 15, 4, 4, SRD_ERR_ARGUMENT, "row_bytes is 15" },
        { -15, 4, 4, SRD_ERR_ARGUMENT, "row_bytes is -15" },
        { 0, 4, 4, SRD_ERR_ARGUMENT, "row_bytes is 0" },
        { 0, 1, 1, SRD_ERR_ARGUMENT, "row_bytes is 0" },
        { INT32_MAX, 4, INT32_MAX, SRD_ERR_ARGUMENT, "has 8589934588" },
        { INT64_MAX, 2, 4, SRD_ERR_OVERFLOW, "too large" },
        { INT64_MIN, 2, 4, SRD_ERR_OVERFLOW, "too large" },
        { INT64_MAX / 2, 4, 4, SRD_ERR_OVERFLOW, "too large" },
        { -INT64_MAX / 2, 4, 4, SRD_ERR_OVERFLOW, "too large" },
        { (int64_t)1 << 33, INT32_MAX, INT32_MAX, SRD_ERR_OVERFLOW, "too large" },
    };
    srd_tensor *const map = new_map(2, 3, values);
    srd_detail detail = SRD_DETAIL_INIT;

    buffer_init(&b, 4, 4, 16);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        check_status(srd_render_map(map, NULL, b.rgba, bad[i].row_bytes, bad[i].height, bad[i].width, &detail), bad[i].status);
        check_detail(&detail, bad[i].status, "", bad[i].words);
        check_status(srd_render_overlay(map, map, NULL, NULL, b.rgba, bad[i].row_bytes, bad[i].height, bad[i].width, NULL),
                     bad[i].status);
    }
    check_status(srd_render_map(map, NULL, NULL, 16, 4, 4, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "rgba is NULL");
    check_status(srd_render_overlay(map, map, NULL, NULL, NULL, 16, 4, 4, NULL), SRD_ERR_ARGUMENT);
    check_canaries(&b, 0);
    srd_tensor_free(map);
}
END_TEST

/* With a single row nothing depends on where the next one would be. */
START_TEST(one_row_may_have_any_distance)
{
    static const int64_t distances[] = { INT64_MAX, INT64_MIN, 16, -16 };
    srd_tensor *const map = new_map(2, 3, values);

    buffer_init(&b, 1, 4, 16);
    check_ok(srd_render_map(map, NULL, b.rgba, distances[_i], 1, 4, NULL));
    check_canaries(&b, 1);
    srd_tensor_free(map);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { bad_options, 0, 0 },
        { bad_overlay_options, 0, 0 },
        { longer_options, 0, 0 },
        { shorter_overlay_options, 0, 0 },
        { bad_maps, 0, 0 },
        { numbers_that_are_none, 0, 12 },
        { bad_pictures, 0, 0 },
        { bad_buffers, 0, 0 },
        { one_row_may_have_any_distance, 0, 4 },
        { NULL, 0, 0 },
    };

    return testing_main("render_errors", list);
}
