/* test_explainer_errors.c -- creating, running and looking with bad arguments: statuses, reasons, outputs untouched. */
#include <math.h>

#include "fixture.h"

/* ---- creation ---- */

/* Options of the residual network that must be refused alike by creation and by the size query. */
static void check_refused(const srd_explainer_options *options, srd_status status)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const mark = (srd_explainer *)(void *)&status;
    srd_explainer *explainer = mark;
    srd_detail detail = testing_new_detail();
    size_t size = 4711;

    check_status(srd_explainer_create(graph, options, NULL, &explainer, &detail), status);
    ck_assert_ptr_eq(explainer, mark);
    ck_assert_int_eq(detail.status, status);
    ck_assert(detail.text[0] != '\0');
    check_status(srd_explainer_create(graph, options, NULL, &explainer, NULL), status);
    check_status(srd_explainer_memory_size(graph, options, NULL, &size, NULL), status);
    ck_assert_uint_eq(size, 4711);
    srd_explainer_free(testnet_explainer(graph, NULL)); /* the graph is as good as before */
    srd_graph_free(graph);
}

START_TEST(unknown_values_of_options)
{
    static const int32_t no_mode[] = { 2, -1, INT32_MAX }, no_count[] = { -1, INT32_MIN, -7 };
    srd_explainer_options o = testnet_options();

    o.mode = no_mode[_i];
    check_refused(&o, SRD_ERR_ARGUMENT);
    o = testnet_options();
    o.batch = no_count[_i];
    check_refused(&o, SRD_ERR_ARGUMENT);
    o = testnet_options();
    o.workers = no_count[_i];
    check_refused(&o, SRD_ERR_ARGUMENT);
    o = testnet_options();
    o.keep_count = no_count[_i];
    check_refused(&o, SRD_ERR_ARGUMENT);
    o = testnet_options();
    o.input_size_count = no_count[_i];
    check_refused(&o, SRD_ERR_ARGUMENT);
    o = testnet_options();
    o.struct_size = (uint32_t)(_i * 4);
    check_refused(&o, SRD_ERR_ARGUMENT);
}
END_TEST

START_TEST(lists_that_are_null_or_too_long)
{
    const int32_t sizes[4] = { 9, 11, 9, 11 };
    srd_explainer_options o = testnet_options();

    o.keep_count = 1;
    check_refused(&o, SRD_ERR_ARGUMENT);
    o = testnet_options();
    o.input_size_count = 1;
    check_refused(&o, SRD_ERR_ARGUMENT);
    o.input_sizes = sizes;
    o.input_size_count = 2;
    check_refused(&o, SRD_ERR_ARGUMENT);
}
END_TEST

START_TEST(sizes_that_are_negative)
{
    const int32_t sizes[2] = { _i == 0 ? -1 : 9, _i == 1 ? INT32_MIN : 11 };
    srd_explainer_options o = testnet_options();

    o.input_sizes = sizes;
    o.input_size_count = 1;
    check_refused(&o, SRD_ERR_ARGUMENT);
}
END_TEST

START_TEST(layers_that_cannot_be_kept)
{
    static const srd_keep unknown[] = { { -1, SRD_KEEP_VALUE },
                                        { 1000, SRD_KEEP_VALUE },
                                        { INT32_MIN, SRD_KEEP_VALUE },
                                        { INT32_MAX, SRD_KEEP_VALUE },
                                        { 0, 0 },
                                        { 0, (1 << 30) | SRD_KEEP_VALUE } };
    srd_explainer_options o = testnet_options();

    o.keeps = &unknown[_i];
    o.keep_count = 1;
    check_refused(&o, SRD_ERR_ARGUMENT);
}
END_TEST

START_TEST(a_swallowed_layer_cannot_be_kept)
{
    srd_keep keep = { 0, SRD_KEEP_VALUE };
    fixture f;
    srd_explainer_options o = testnet_options();

    fixture_begin(&f, NULL, 0);
    keep.layer = f.conv2a;
    o.keeps = &keep;
    o.keep_count = 1;
    check_refused(&o, SRD_ERR_UNSUPPORTED);
    fixture_end(&f);
}
END_TEST

START_TEST(null_in_creation)
{
    fixture f;
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    size_t size = 4711;

    fixture_begin(&f, NULL, 0);
    check_status(srd_explainer_create(NULL, NULL, NULL, &explainer, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "");
    ck_assert_ptr_null(explainer);
    check_status(srd_explainer_create(f.graph, NULL, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_memory_size(NULL, NULL, NULL, &size, &detail), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_memory_size(f.graph, NULL, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    ck_assert_uint_eq(size, 4711);
    fixture_end(&f);
}
END_TEST

/* An input whose size was left open needs one from the explainer. */
START_TEST(open_sizes_must_be_bound)
{
    const int32_t sizes[2] = { 5, 0 };
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_explainer_options o = testnet_options();
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    check_ok(srd_graph_output(graph, srd_graph_relu(graph, "relu", srd_graph_input(graph, "x", 1, 0, 0)), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_status(srd_explainer_create(graph, NULL, NULL, &explainer, &detail), SRD_ERR_SHAPE);
    check_detail(&detail, SRD_ERR_SHAPE, "x", "");
    o.input_sizes = sizes;
    o.input_size_count = 1;
    check_status(srd_explainer_create(graph, &o, NULL, &explainer, &detail), SRD_ERR_SHAPE);
    ck_assert_ptr_null(explainer);
    srd_graph_free(graph);
}
END_TEST

/* Sizes for which a window no longer fits, named with the layer where that shows. */
START_TEST(sizes_that_do_not_fit_the_layers)
{
    const int32_t sizes[2] = { 4, 4 };
    const float ones[25] = { 1 };
    const int64_t shape[4] = { 1, 1, 5, 5 };
    srd_tensor *const weight = testing_const_view(4, shape, ones);
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_explainer_options o = testnet_options();
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", 1, 8, 8);
    check_ok(srd_graph_output(graph, srd_graph_conv2d(graph, "window", 0, weight, NULL, NULL), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    srd_tensor_free(weight);
    o.input_sizes = sizes;
    o.input_size_count = 1;
    check_status(srd_explainer_create(graph, &o, NULL, &explainer, &detail), SRD_ERR_SHAPE);
    check_detail(&detail, SRD_ERR_SHAPE, "window", "fit");
    srd_graph_free(graph);
}
END_TEST

/* Sizes whose products do not fit any integer: an error, never a small block by accident. */
START_TEST(sizes_that_overflow)
{
    static const int32_t sizes[][2] = { { INT32_MAX, INT32_MAX }, { 65536, 65536 }, { INT32_MAX, 1 }, { 46341, 46341 } };
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *explainer = NULL;
    srd_explainer_options o = testnet_options();
    srd_detail detail = testing_new_detail();
    size_t size = 4711;
    srd_status status;

    o.input_sizes = sizes[_i];
    o.input_size_count = 1;
    o.batch = 1000;
    status = srd_explainer_create(graph, &o, NULL, &explainer, &detail);
    ck_assert_msg(status == SRD_ERR_OVERFLOW || status == SRD_ERR_MEMORY, "%s: %s", srd_status_name(status), detail.text);
    ck_assert_int_eq(detail.status, status);
    ck_assert_ptr_null(explainer);
    if (status == SRD_ERR_OVERFLOW) {
        check_status(srd_explainer_memory_size(graph, &o, NULL, &size, NULL), SRD_ERR_OVERFLOW);
        ck_assert_uint_eq(size, 4711);
    }
    srd_graph_free(graph);
}
END_TEST

/* ---- running ---- */

static srd_status run_one(fixture *f, const srd_tensor *input)
{
    return srd_explainer_run(f->explainer, &input, 1, NULL, testing_reason());
}

START_TEST(null_and_wrong_counts_in_a_run)
{
    fixture f;
    const srd_tensor *inputs[2];

    fixture_begin(&f, NULL, 0);
    inputs[0] = inputs[1] = f.input;
    check_status(srd_explainer_run(NULL, inputs, 1, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, NULL, 1, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, inputs, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, inputs, 2, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, inputs, -1, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(run_one(&f, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_top_class(f.explainer, 0, 0, NULL, NULL, testing_reason()), SRD_ERR_STATE);
    check_ok(run_one(&f, f.input));
    fixture_end(&f);
}
END_TEST

START_TEST(inputs_of_wrong_shapes)
{
    static const struct {
        int32_t rank;
        int64_t shape[4];
    } wrong[] = {
        { 4, { 2, 2, 9, 11 } }, { 4, { 1, 1, 9, 11 } }, { 4, { 1, 2, 9, 10 } }, { 3, { 2, 11, 9 } },    { 3, { 1, 9, 11 } },
        { 2, { 9, 11 } },       { 1, { 198 } },         { 0, { 0 } },           { 4, { 2, 9, 11, 1 } },
    };
    fixture f;
    static float numbers[400];
    srd_tensor *const input = testing_view(wrong[_i].rank, wrong[_i].shape, numbers);

    fixture_begin(&f, NULL, 1);
    check_status(run_one(&f, input), SRD_ERR_SHAPE);
    check_reason(SRD_ERR_SHAPE);
    check_untouched(f.numbers[0], FIXTURE_MAP);
    check_ok(
        srd_explainer_ask_class(f.explainer, 0, NULL, f.layers, f.maps, 2, testing_reason())); /* the old run is still there */
    check_ok(run_one(&f, f.input));
    check_ok(srd_explainer_ask_class(f.explainer, 0, NULL, f.layers, f.maps, 2, testing_reason()));
    srd_tensor_free(input);
    fixture_end(&f);
}
END_TEST

/* A NaN or an Inf anywhere in the picture is refused with the input's name, and the explainer runs again. */
START_TEST(inputs_that_are_not_finite)
{
    const float wrong[3] = { NAN, INFINITY, -INFINITY };
    fixture f;

    fixture_begin(&f, NULL, 1);
    for (int at = 0; at < TESTNET_INPUT; at += 13) {
        const float was = f.picture[at];
        srd_detail detail = testing_new_detail();

        f.picture[at] = wrong[_i];
        check_status(run_one(&f, f.input), SRD_ERR_NUMBER);
        detail = *testing_reason();
        check_detail(&detail, SRD_ERR_NUMBER, "x", "");
        check_status(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2, testing_reason()), SRD_ERR_STATE);
        check_untouched(f.numbers[0], FIXTURE_MAP);
        f.picture[at] = was;
    }
    check_ok(run_one(&f, f.input));
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2, testing_reason()));
    fixture_end(&f);
}
END_TEST

/* Finite numbers that overflow inside: the layer is named, in both modes. */
START_TEST(an_overflow_inside_a_layer)
{
    srd_explainer_options o = testnet_options();
    fixture f;
    srd_detail detail;

    o.mode = _i == 0 ? SRD_MODE_EXPLAIN : SRD_MODE_FORWARD;
    fixture_begin(&f, &o, 0);
    for (int i = 0; i < TESTNET_INPUT; ++i) f.picture[i] = 3e38f;
    check_status(run_one(&f, f.input), SRD_ERR_NUMBER);
    detail = *testing_reason();
    ck_assert_int_eq(detail.status, SRD_ERR_NUMBER);
    ck_assert_int_ge(detail.layer, 1);
    ck_assert_str_ne(detail.layer_name, "");
    testnet_picture(f.picture, TESTNET_INPUT, 1);
    check_ok(run_one(&f, f.input));
    fixture_end(&f);
}
END_TEST

/* ---- looking ---- */

START_TEST(values_with_bad_arguments)
{
    fixture f;
    float numbers[64];
    const int64_t wrong[][4] = { { 4 }, { 1, 4 }, { 3, 1, 2 }, { 1, 3, 1, 2 } }, right = TESTNET_CLASSES;
    const float *const fixed = numbers;
    srd_tensor *const view = testing_view(1, &right, numbers), *const const_view = testing_const_view(1, &right, fixed);

    testing_mark(numbers, 64);
    fixture_begin(&f, NULL, 0);
    check_status(srd_explainer_value(f.explainer, f.probs, view, testing_reason()), SRD_ERR_STATE);
    check_reason(SRD_ERR_STATE);
    check_ok(run_one(&f, f.input));
    check_status(srd_explainer_value(NULL, f.probs, view, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(f.explainer, f.probs, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(f.explainer, f.probs, const_view, testing_reason()), SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(f.explainer, -1, view, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(f.explainer, 1000, view, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(f.explainer, f.relu1, view, testing_reason()), SRD_ERR_STATE); /* not kept */
    for (int32_t rank = 1; rank <= 4; ++rank) {
        srd_tensor *const other = testing_view(rank, wrong[rank - 1], numbers);

        check_status(srd_explainer_value(f.explainer, f.probs, other, testing_reason()), SRD_ERR_SHAPE);
        srd_tensor_free(other);
    }
    check_untouched(numbers, 64);
    check_ok(srd_explainer_value(f.explainer, f.probs, view, testing_reason()));
    srd_tensor_free(view);
    srd_tensor_free(const_view);
    fixture_end(&f);
}
END_TEST

START_TEST(top_class_with_bad_arguments)
{
    static const int32_t out_of_range[] = { -1, 1, INT32_MAX, INT32_MIN };
    fixture f;
    int32_t top = 4711;
    float score = TESTING_UNTOUCHED;

    fixture_begin(&f, NULL, 0);
    check_status(srd_explainer_top_class(f.explainer, 0, 0, &top, &score, testing_reason()), SRD_ERR_STATE);
    check_ok(run_one(&f, f.input));
    check_status(srd_explainer_top_class(NULL, 0, 0, &top, &score, testing_reason()), SRD_ERR_ARGUMENT);
    for (int i = 0; i < 4; ++i) {
        check_status(srd_explainer_top_class(f.explainer, out_of_range[i], 0, &top, &score, testing_reason()),
                     SRD_ERR_ARGUMENT);
        check_status(srd_explainer_top_class(f.explainer, 0, out_of_range[i], &top, &score, testing_reason()),
                     SRD_ERR_ARGUMENT);
        check_reason(SRD_ERR_ARGUMENT);
    }
    ck_assert_int_eq(top, 4711);
    check_untouched(&score, 1);
    fixture_end(&f);
}
END_TEST

START_TEST(looking_with_bad_arguments)
{
    fixture f;
    int32_t shape[3] = { 7, 7, 7 };
    srd_detail detail = testing_new_detail();

    fixture_begin(&f, NULL, 0);
    check_status(srd_explainer_layer_shape(NULL, 0, shape, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_shape(f.explainer, -1, shape, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_shape(f.explainer, 1000, shape, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_shape(f.explainer, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    for (int i = 0; i < 3; ++i) ck_assert_int_eq(shape[i], 7);
    ck_assert_uint_eq(srd_explainer_memory_used(NULL), 0);
    ck_assert_int_eq(srd_explainer_kernels(NULL), 0);
    srd_explainer_free(NULL);
    check_status(srd_explainer_layer_shape(f.explainer, 0, NULL, NULL), SRD_ERR_ARGUMENT); /* nobody wants to know why */
    check_ok(srd_explainer_layer_shape(f.explainer, 0, shape, &detail));                   /* success leaves the detail alone */
    ck_assert_int_eq(detail.status, SRD_OK);
    ck_assert_str_eq(detail.text, "");
    fixture_end(&f);
}
END_TEST

/* A constant that is the only output: no step would be left to do. */
START_TEST(a_network_without_anything_to_run)
{
    static const float numbers[3] = { 1.0f, 2.0f, 3.0f };
    const int64_t shape[3] = { 3, 1, 1 };
    srd_tensor *const value = testing_const_view(3, shape, numbers);
    srd_detail detail = testing_new_detail();
    srd_explainer *explainer = NULL;
    srd_graph *graph = NULL;
    size_t size = 4711;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    check_ok(srd_graph_output(graph, srd_graph_constant(graph, "alone", value), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_status(srd_explainer_memory_size(graph, NULL, NULL, &size, &detail), SRD_ERR_UNSUPPORTED);
    check_status(srd_explainer_create(graph, NULL, NULL, &explainer, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", "nothing to run");
    ck_assert_ptr_null(explainer);
    ck_assert_uint_eq(size, 4711);
    srd_graph_free(graph);
    srd_tensor_free(value);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_network_without_anything_to_run, 0, 0 },
        { unknown_values_of_options, 0, 3 },
        { lists_that_are_null_or_too_long, 0, 0 },
        { sizes_that_are_negative, 0, 2 },
        { layers_that_cannot_be_kept, 0, 6 },
        { a_swallowed_layer_cannot_be_kept, 0, 0 },
        { null_in_creation, 0, 0 },
        { open_sizes_must_be_bound, 0, 0 },
        { sizes_that_do_not_fit_the_layers, 0, 0 },
        { sizes_that_overflow, 0, 4 },
        { null_and_wrong_counts_in_a_run, 0, 0 },
        { inputs_of_wrong_shapes, 0, 9 },
        { inputs_that_are_not_finite, 0, 3 },
        { an_overflow_inside_a_layer, 0, 2 },
        { values_with_bad_arguments, 0, 0 },
        { top_class_with_bad_arguments, 0, 0 },
        { looking_with_bad_arguments, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("explainer_errors", list);
}
