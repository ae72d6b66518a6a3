/* test_position_moves.c -- what crops, rolls, pads from the picture and windows refuse, and what an explainer refuses of them once sizes are known. */
#include <stddef.h>
#include <string.h>

#include "testing.h"

/* clang-format off */
/* ---- bad parameters: of layer 0, which is 3 x 8 x 8 ---- */

static srd_layer crop_with(srd_graph *g, size_t field, int32_t value)
{
    srd_crop2d_options o = SRD_CROP2D_OPTIONS_INIT;

    memcpy((char *)&o + field, &value, sizeof value);
    return srd_graph_crop2d(g, "bad", 0, &o);
}

static srd_layer crop_top(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, top), -1); }
static srd_layer crop_left(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, left), -1); }
static srd_layer crop_bottom(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, bottom), INT32_MIN); }
static srd_layer crop_right(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, right), -1); }
static srd_layer crop_all_rows(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, bottom), 8); }
static srd_layer crop_all_columns(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, left), INT32_MAX); }
static srd_layer crop_reserved(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, reserved), 1); }
static srd_layer crop_size_0(srd_graph *g) { return crop_with(g, offsetof(srd_crop2d_options, struct_size), 0); }
static srd_layer roll_unknown(srd_graph *g) { return srd_graph_roll2d(g, "bad", 77, 1, 1); }
static srd_layer reflect_negative(srd_graph *g) { return srd_graph_reflection_pad2d(g, "bad", 0, 0, 0, -1, 0); }
static srd_layer reflect_8_rows(srd_graph *g) { return srd_graph_reflection_pad2d(g, "bad", 0, 8, 0, 0, 0); }
static srd_layer reflect_8_columns(srd_graph *g) { return srd_graph_reflection_pad2d(g, "bad", 0, 0, 7, 0, 8); }
static srd_layer replicate_negative(srd_graph *g) { return srd_graph_replication_pad2d(g, "bad", 0, 0, -1, 0, 0); }
static srd_layer replicate_large(srd_graph *g) { return srd_graph_replication_pad2d(g, "bad", 0, INT32_MAX, 0, 0, 0); }
static srd_layer circle_negative(srd_graph *g) { return srd_graph_circular_pad2d(g, "bad", 0, 0, 0, 0, -1); }
static srd_layer circle_9_rows(srd_graph *g) { return srd_graph_circular_pad2d(g, "bad", 0, 8, 0, 9, 0); }
static srd_layer circle_9_columns(srd_graph *g) { return srd_graph_circular_pad2d(g, "bad", 0, 0, 9, 0, 0); }
static srd_layer partition_0(srd_graph *g) { return srd_graph_window_partition(g, "bad", 0, 0, 4, 0); }
static srd_layer partition_negative(srd_graph *g) { return srd_graph_window_partition(g, "bad", 0, 4, -2, 0); }
static srd_layer partition_large(srd_graph *g) { return srd_graph_window_partition(g, "bad", 0, INT32_MAX, INT32_MAX, 0); }
static srd_layer partition_2(srd_graph *g) { return srd_graph_window_partition(g, "bad", 0, 4, 4, 2); }
static srd_layer partition_rows(srd_graph *g) { return srd_graph_window_partition(g, "bad", 0, 3, 4, 0); }
static srd_layer partition_columns(srd_graph *g) { return srd_graph_window_partition(g, "bad", 0, 4, 16, 1); }
static srd_layer unwindow_0(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, 0, 8, 4, 2, 0); }
static srd_layer unwindow_rows(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, 6, 8, 4, 2, 0); }
static srd_layer unwindow_windows(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, 8, 4, 4, 2, 0); }
static srd_layer unwindow_tokens(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, 8, 4, 2, 2, 0); }
static srd_layer unwindow_negative(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, 8, 8, -4, -2, 0); }
static srd_layer unwindow_minus_1(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, 8, 8, 4, 2, -1); }
static srd_layer unwindow_large(srd_graph *g) { return srd_graph_window_reverse(g, "bad", 0, INT32_MAX, INT32_MAX, 1, 1, 0); }

static srd_layer chosen(srd_graph *g, int32_t first, int32_t last, int32_t count)
{
    const int32_t channels[3] = { first, 1, last };

    return srd_graph_gather_channels(g, "bad", 0, channels, count);
}

static srd_layer chosen_null(srd_graph *g) { return srd_graph_gather_channels(g, "bad", 0, NULL, 2); }
static srd_layer chosen_0(srd_graph *g) { return chosen(g, 0, 1, 0); }
static srd_layer chosen_negative(srd_graph *g) { return chosen(g, -1, 1, 3); }
static srd_layer chosen_3(srd_graph *g) { return chosen(g, 0, 3, 3); }
static srd_layer space_0(srd_graph *g) { return srd_graph_depth_to_space(g, "bad", 0, 0, 3, 0); }
static srd_layer space_channels(srd_graph *g) { return srd_graph_depth_to_space(g, "bad", 0, 2, 1, 0); }
static srd_layer space_order(srd_graph *g) { return srd_graph_depth_to_space(g, "bad", 0, 3, 1, 2); }
static srd_layer depth_negative(srd_graph *g) { return srd_graph_space_to_depth(g, "bad", 0, 2, -2, 0); }
static srd_layer depth_large(srd_graph *g) { return srd_graph_space_to_depth(g, "bad", 0, INT32_MAX, INT32_MAX, 0); }
static srd_layer depth_rows(srd_graph *g) { return srd_graph_space_to_depth(g, "bad", 0, 3, 2, 0); }
static srd_layer depth_columns(srd_graph *g) { return srd_graph_space_to_depth(g, "bad", 0, 2, 16, 1); }
static srd_layer depth_order(srd_graph *g) { return srd_graph_space_to_depth(g, "bad", 0, 2, 2, -1); }
/* clang-format on */

static const struct {
    srd_layer (*add)(srd_graph *graph);
    srd_status status;
    const char *words; /* in the reason */
} rows[] = {
    { crop_top, SRD_ERR_ARGUMENT, "-1 0 0 0" },
    { crop_left, SRD_ERR_ARGUMENT, "0 -1 0 0" },
    { crop_bottom, SRD_ERR_ARGUMENT, "negative" },
    { crop_right, SRD_ERR_ARGUMENT, "0 0 0 -1" },
    { crop_all_rows, SRD_ERR_SHAPE, "0 0 8 0" },
    { crop_all_columns, SRD_ERR_SHAPE, "8 x 8" },
    { crop_reserved, SRD_ERR_ARGUMENT, "reserved" },
    { crop_size_0, SRD_ERR_ARGUMENT, "struct_size" },
    { roll_unknown, SRD_ERR_ARGUMENT, "input 0" },
    { reflect_negative, SRD_ERR_ARGUMENT, "0 0 -1 0" },
    { reflect_8_rows, SRD_ERR_SHAPE, "7 rows" },
    { reflect_8_columns, SRD_ERR_SHAPE, "7 columns" },
    { replicate_negative, SRD_ERR_ARGUMENT, "srd_graph_crop2d()" },
    { replicate_large, SRD_ERR_OVERFLOW, "large" },
    { circle_negative, SRD_ERR_ARGUMENT, "negative" },
    { circle_9_rows, SRD_ERR_SHAPE, "8 rows" },
    { circle_9_columns, SRD_ERR_SHAPE, "8 columns" },
    { partition_0, SRD_ERR_ARGUMENT, "0 x 4" },
    { partition_negative, SRD_ERR_ARGUMENT, "4 x -2" },
    { partition_large, SRD_ERR_ARGUMENT, "windows" },
    { partition_2, SRD_ERR_ARGUMENT, "arrangement 2" },
    { partition_rows, SRD_ERR_SHAPE, "windows of 3 x 4" },
    { partition_columns, SRD_ERR_SHAPE, "windows of 4 x 16" },
    { unwindow_0, SRD_ERR_ARGUMENT, "0 x 8" },
    { unwindow_rows, SRD_ERR_ARGUMENT, "6 x 8" },
    { unwindow_windows, SRD_ERR_SHAPE, "4 windows of 8 tokens" },
    { unwindow_tokens, SRD_ERR_SHAPE, "8 windows of 4 tokens" },
    { unwindow_negative, SRD_ERR_ARGUMENT, "-4 x -2" },
    { unwindow_minus_1, SRD_ERR_ARGUMENT, "arrangement -1" },
    { unwindow_large, SRD_ERR_ARGUMENT, "too many" },
    { chosen_null, SRD_ERR_ARGUMENT, "NULL" },
    { chosen_0, SRD_ERR_ARGUMENT, "count is 0" },
    { chosen_negative, SRD_ERR_ARGUMENT, "channels[0] is -1" },
    { chosen_3, SRD_ERR_SHAPE, "channels[2] is 3" },
    { space_0, SRD_ERR_ARGUMENT, "0 x 3" },
    { space_channels, SRD_ERR_SHAPE, "3 channels" },
    { space_order, SRD_ERR_ARGUMENT, "order 2" },
    { depth_negative, SRD_ERR_ARGUMENT, "2 x -2" },
    { depth_large, SRD_ERR_ARGUMENT, "blocks" },
    { depth_rows, SRD_ERR_SHAPE, "blocks of 3 x 2" },
    { depth_columns, SRD_ERR_SHAPE, "blocks of 2 x 16" },
    { depth_order, SRD_ERR_ARGUMENT, "order -1" },
};
#define ROWS ((int)(sizeof rows / sizeof *rows))

START_TEST(bad_parameters_are_refused)
{
    srd_graph *graph = NULL;
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", 3, 8, 8);
    ck_assert_int_eq(rows[_i].add(graph), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_layer_count(graph), 1);
    check_status(srd_graph_seal(graph, &detail), rows[_i].status);
    check_detail(&detail, rows[_i].status, "bad", rows[_i].words);
    srd_graph_free(graph);
}
END_TEST

/* ---- sizes that an explainer brings: a picture of 5 x 6 ---- */

static srd_layer late_crop(srd_graph *g)
{
    return crop_with(g, offsetof(srd_crop2d_options, right), 6);
}

static srd_layer late_reflection(srd_graph *g)
{
    return srd_graph_reflection_pad2d(g, "bad", 0, 0, 0, 5, 0);
}

static srd_layer late_circle(srd_graph *g)
{
    return srd_graph_circular_pad2d(g, "bad", 0, 0, 7, 0, 0);
}

static srd_layer late_partition(srd_graph *g)
{
    return srd_graph_window_partition(g, "bad", 0, 2, 2, 0);
}

static srd_layer late_reverse(srd_graph *g)
{
    return srd_graph_window_reverse(g, "bad", 0, 4, 6, 2, 3, 0);
}

static srd_layer (*const late[])(srd_graph *g) = { late_crop, late_reflection, late_circle, late_partition, late_reverse };

START_TEST(sizes_that_do_not_fit_are_refused_later)
{
    const int32_t sizes[2] = { 5, 6 };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", 3, 0, 0);
    check_ok(srd_graph_output(graph, srd_graph_relu(graph, "relu", late[_i](graph)), testing_reason()));
    check_ok(srd_graph_seal(graph, &detail));
    o.input_sizes = sizes;
    o.input_size_count = 1;
    check_status(srd_explainer_create(graph, &o, NULL, &explainer, &detail), SRD_ERR_SHAPE);
    check_detail(&detail, SRD_ERR_SHAPE, "bad", "");
    ck_assert_ptr_null(explainer);
    srd_graph_free(graph);
}
END_TEST

/* ---- corners of single positions ---- */

/* The value of a layer of one channel over a row of numbers 0, 1, 2 ... */
static void check_row(srd_layer (*add)(srd_graph *graph, srd_layer x), int32_t length, const float *want, int32_t count)
{
    float numbers[8];
    const int64_t shape[3] = { 1, 1, length };
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_tensor *x, *value;
    float got[16] = { 0.0f };

    for (int i = 0; i < 8; ++i) numbers[i] = (float)i;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    check_ok(srd_graph_output(graph, add(graph, srd_graph_input(graph, "x", 1, 1, length)), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    x = testing_const_view(3, shape, numbers);
    value = testing_view(3, (const int64_t[]){ 1, 1, count }, got);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&x, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, srd_graph_output_layer(graph, 0), value, testing_reason()));
    for (int32_t i = 0; i < count; ++i) ck_assert_float_eq(got[i], want[i]);
    srd_tensor_free(value);
    srd_tensor_free(x);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}

static srd_layer far_roll(srd_graph *graph, srd_layer x)
{
    return srd_graph_roll2d(graph, NULL, x, INT32_MIN, INT32_MIN); /* -2147483648 mod 5 = 2 */
}

static srd_layer long_step(srd_graph *graph, srd_layer x)
{
    srd_crop2d_options o = SRD_CROP2D_OPTIONS_INIT;

    o.right = 1;
    o.step_h = INT32_MAX;
    o.step_w = INT32_MIN;
    return srd_graph_crop2d(graph, NULL, x, &o);
}

static srd_layer one_pixel_around(srd_graph *graph, srd_layer x)
{
    return srd_graph_reflection_pad2d(graph, NULL, srd_graph_replication_pad2d(graph, NULL, x, 0, 1, 0, 0), 0, 1, 0, 1);
}

static srd_layer no_options(srd_graph *graph, srd_layer x)
{
    return srd_graph_crop2d(graph, NULL, x, NULL);
}

START_TEST(corners)
{
    check_row(far_roll, 5, (const float[]){ 3, 4, 0, 1, 2 }, 5);
    check_row(long_step, 5, (const float[]){ 3 }, 1);
    check_row(one_pixel_around, 1, (const float[]){ 0, 0, 0, 0 }, 4);
    check_row(no_options, 3, (const float[]){ 0, 1, 2 }, 3);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { bad_parameters_are_refused, 0, ROWS },
        { sizes_that_do_not_fit_are_refused_later, 0, (int)(sizeof late / sizeof *late) },
        { corners, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("position_moves", list);
}
