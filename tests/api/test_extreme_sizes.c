/*
 * test_extreme_sizes.c -- networks that are too large, or whose numbers of positions and paths leave 32 bits on the way, built
 * by somebody who wanted to break the library: refused with a reason or right, and at once.
 */
#include <time.h>

#include "extremes.h"

/* ---- sizes ---- */

/* The graph, or its explainer, is refused for being too large; nothing else will do. */
static void check_too_large(srd_graph *graph, srd_layer output)
{
    srd_detail detail = testing_new_detail();
    srd_explainer *explainer = NULL;
    srd_status status = SRD_ERR_STATE;
    size_t size = 0;

    (void)srd_graph_output(graph, output, testing_reason());
    status = srd_graph_seal(graph, &detail);
    if (status == SRD_OK) {
        check_status(srd_explainer_memory_size(graph, NULL, NULL, &size, NULL), SRD_ERR_OVERFLOW);
        status = srd_explainer_create(graph, NULL, NULL, &explainer, &detail);
    }
    check_status(status, SRD_ERR_OVERFLOW);
    ck_assert_int_eq(detail.status, SRD_ERR_OVERFLOW);
    ck_assert(detail.layer_name[0] != '\0' && detail.text[0] != '\0');
    ck_assert_ptr_null(explainer);
    srd_graph_free(graph);
}

/* More than 2^24 ways through one gather layer: a slot number must stay exact in the places where it is kept. */
START_TEST(more_slots_than_fit)
{
    const srd_pool2d_options below = pool_options(4098, 0, 4097), far = pool_options(32767, 0, 32766);
    srd_graph *const graph = new_graph();
    const srd_layer x = srd_graph_input(graph, "x", 1, _i < 4 ? 1 : 4100, _i < 4 ? 1 : 4100);
    srd_layer at = SRD_LAYER_NONE;

    switch (_i) {
    case 0: at = srd_graph_max_pool2d(graph, "pool", x, &below); break;
    case 1: at = srd_graph_max_pool2d(graph, "pool", x, &far); break;
    case 2: at = srd_graph_avg_pool2d(graph, "pool", x, &below); break;
    case 3: at = srd_graph_avg_pool2d(graph, "pool", x, &far); break;
    case 4: at = srd_graph_global_avg_pool(graph, "pool", x); break;
    case 5: at = srd_graph_adaptive_avg_pool2d(graph, "pool", x, 1, 1); break;
    default: at = srd_graph_relu(graph, "relu", srd_graph_flatten(graph, "flat", x)); break;
    }
    check_too_large(graph, at);
}
END_TEST

/* One number stands for 2^31 or 2^32 weights, by strides of 0. */
START_TEST(kernels_that_only_strides_of_0_make_possible)
{
    static const float one = 1;
    const int64_t shape[4] = { 1, 1, _i == 0 ? 65536 : 32768, 65536 }, none[4] = { 0, 0, 0, 0 };
    srd_conv2d_options o = conv_options();
    srd_graph *const graph = new_graph();
    srd_tensor *weight = NULL;
    srd_layer at;

    if (SIZE_MAX < UINT64_MAX) { /* then already the view is too large, by the count of its numbers */
        check_status(srd_tensor_view_const(SRD_FLOAT32, 4, shape, none, &one, NULL, &weight, NULL), SRD_ERR_OVERFLOW);
        srd_graph_free(graph);
        return;
    }
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 4, shape, none, &one, NULL, &weight, NULL));
    o.pad_top = (int32_t)shape[2] - 1;
    o.pad_left = (int32_t)shape[3] - 1;
    at = srd_graph_conv2d(graph, "huge", srd_graph_input(graph, "x", 1, 1, 1), weight, NULL, &o);
    check_too_large(graph, at);
    srd_tensor_free(weight);
}
END_TEST

#define FAR INT32_MAX

/* Positions o * stride - pad + k * dilation that do not fit 32 bits on the way, for rows and columns alike. */
static const struct far_window {
    int32_t stride, pad_before, pad_after, dilation;
    int64_t kernel, outputs;
} far_windows[] = {
    { FAR, 1 << 28, 0, 1, 1, 1 },
    { FAR, 4, 0, 1, 1, 1 },
    { FAR, 0, 0, 1, 1, 1 },
    { 1 << 30, FAR, FAR, 1, 1, 5 },
    { 1 << 30, FAR, FAR, 1 << 30, 3, 3 },
    { 1 << 28, FAR - 5, 0, 1, 1, 8 },
    { FAR, FAR, FAR, 1, 1, 3 },
    { FAR, FAR, FAR, FAR, 3, 1 },
};

START_TEST(positions_beyond_32_bits)
{
    const struct far_window *const f = &far_windows[_i / 2];
    const int rows = _i % 2;
    const float ones[3] = { 1, 1, 1 }, picture[4] = { 1, 2, 3, 4 };
    srd_conv2d_options o = conv_options();
    srd_graph *const graph = new_graph();
    float want[8] = { 0 }, got[8], map[4];
    srd_layer at = srd_graph_input(graph, "x", 1, rows ? 4 : 1, rows ? 1 : 4);
    srd_memory_info memory = SRD_MEMORY_INFO_INIT;
    srd_explainer *explainer;

    *(rows ? &o.stride_h : &o.stride_w) = f->stride;
    *(rows ? &o.pad_top : &o.pad_left) = f->pad_before;
    *(rows ? &o.pad_bottom : &o.pad_right) = f->pad_after;
    *(rows ? &o.dilation_h : &o.dilation_w) = f->dilation;
    at = conv(graph, at, 1, 1, rows ? f->kernel : 1, rows ? 1 : f->kernel, ones, NULL, &o);
    seal(graph, at);
    for (int64_t i = 0; i < f->outputs * f->kernel; ++i) {
        const int64_t k = i % f->kernel, source = i / f->kernel * f->stride - f->pad_before + k * f->dilation;

        if (source >= 0 && source < 4) want[i / f->kernel] += picture[source];
    }
    explainer = run(graph, SRD_MODE_EXPLAIN, 1, picture, SRD_OK);
    check_ok(srd_explainer_memory_info(explainer, &memory, testing_reason()));
    ck_assert_int_lt(memory.total, 1 << 18); /* of a few numbers, however far they are apart */
    value(explainer, at, (int)f->outputs, got);
    check_close(got, want, (int)f->outputs);
    for (int32_t p = 0; p < f->outputs; ++p) {
        const float total = want[p] > 0.0f ? 1 : 0;

        ask_erf(explainer, at, rows ? p : 0, rows ? 0 : p, map);
        got[0] = map[0] + map[1] + map[2] + map[3];
        check_close(got, &total, 1);
        ck_assert_double_le(fabs(report(explainer).unreached - (1.0 - (double)total)), 1e-6);
    }
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(strides_of_gather_layers_beyond_32_bits)
{
    const float picture[16] = { 1, 2, 3, 4 }, want[2] = { 1, 0.75f };
    srd_pool2d_options o = pool_options(2, FAR, 0);
    srd_graph *const graph = new_graph();
    srd_layer at = srd_graph_input(graph, "x", 1, 4, 4);
    srd_explainer *explainer;
    float got, map[16];

    o.pad_top = o.pad_bottom = o.ceil_mode = o.count_padding = 1;
    at = _i == 0 ? srd_graph_subsample2d(graph, NULL, at, FAR, FAR) : srd_graph_avg_pool2d(graph, NULL, at, &o);
    at = srd_graph_relu(graph, NULL, at);
    seal(graph, at);
    explainer = run(graph, SRD_MODE_EXPLAIN, 1, picture, SRD_OK);
    value(explainer, at, 1, &got);
    check_close(&got, &want[_i], 1);
    ask_erf(explainer, at, 0, 0, map);
    ck_assert_double_le(fabs(report(explainer).at_inputs - 1), 1e-6);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* Padding of a graph's own that makes the picture too large. */
START_TEST(a_padded_picture_beyond_32_bits)
{
    srd_graph *const graph = new_graph();

    check_too_large(graph, srd_graph_zero_pad2d(graph, "pad", srd_graph_input(graph, "x", 1, 4, 4), FAR, 0, FAR, 0));
}
END_TEST

/* ---- few layers and very many ways ---- */

/* Refused or made, but at once: main() sets the timeout. A 0 in sizes stands for the declared size. */
static void check_quick(srd_graph *graph, srd_layer output, const int32_t *sizes)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_detail detail = testing_new_detail();
    srd_explainer *explainer = NULL;
    srd_status status;
    size_t size = 0;

    o.input_sizes = sizes;
    o.input_size_count = 1;
    (void)srd_graph_output(graph, output, testing_reason());
    status = srd_graph_seal(graph, &detail);
    if (status == SRD_OK) status = srd_explainer_memory_size(graph, &o, NULL, &size, &detail);
    if (status == SRD_OK && size < 1 << 26) check_ok(srd_explainer_create(graph, &o, NULL, &explainer, &detail));
    if (status != SRD_OK) {
        ck_assert_msg(status == SRD_ERR_OVERFLOW || status == SRD_ERR_UNSUPPORTED, "%s", srd_status_name(status));
        ck_assert(detail.layer_name[0] != '\0' && detail.text[0] != '\0');
    }
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}

/* Beside itself 30 times: 2^30 ways through 30 layers. Of one channel, of two rows, and of a vector of unknown length. */
START_TEST(a_concat_that_doubles)
{
    const int32_t bound[2] = { 2, 3 }, declared[2] = { 0, 0 };
    srd_graph *const graph = new_graph();
    srd_layer both[2], at = srd_graph_input(graph, "x", 1, _i == 2 ? 0 : 1 + _i, _i == 2 ? 0 : 1);

    if (_i > 0) at = srd_graph_flatten(graph, NULL, at);
    for (int i = 0; i < 30; ++i) {
        both[0] = both[1] = at;
        at = srd_graph_concat(graph, NULL, both, 2);
    }
    check_quick(graph, srd_graph_relu(graph, "top", at), _i == 2 ? bound : declared);
}
END_TEST

/* 169 ways through each of two or four. */
START_TEST(pools_in_pools)
{
    const srd_pool2d_options o = pool_options(13, 1, 6);
    const int32_t declared[2] = { 0, 0 };
    srd_graph *const graph = new_graph();
    srd_layer at = srd_graph_input(graph, "x", 1, 20, 20);

    for (int i = 0; i < 2 + 2 * _i; ++i) at = srd_graph_max_pool2d(graph, NULL, at, &o);
    check_quick(graph, srd_graph_relu(graph, "top", at), declared);
}
END_TEST

/* As testing_main(), with a timeout that a computation of all ways would not keep. */
/* A legal size, if an absurd one: 256 million positions that a plan must not look at one by one: that took 3 s. */
START_TEST(a_plan_does_not_walk_over_a_pad)
{
    static const float weights[2] = { 1, -1 };
    const int64_t shape[4] = { 1, 1, 2, 1 };
    srd_tensor *const weight = testing_const_view(4, shape, weights);
    srd_conv2d_options o = conv_options();
    srd_graph *const graph = new_graph();
    const clock_t begin = clock();
    size_t size = 0;
    srd_status status;

    o.pad_top = 64000000;
    check_ok(srd_graph_output(
        graph,
        srd_graph_relu(graph, "relu", srd_graph_conv2d(graph, "conv", srd_graph_input(graph, "x", 1, 6, 4), weight, NULL, &o)),
        testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    status = srd_explainer_memory_size(graph, NULL, NULL, &size, NULL);
    ck_assert(status == SRD_OK || (status == SRD_ERR_OVERFLOW && sizeof size < 8));
    ck_assert_msg((double)(clock() - begin) / CLOCKS_PER_SEC < 1, "the size query took more than 1 s");
    srd_graph_free(graph);
    srd_tensor_free(weight);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { more_slots_than_fit, 0, 7 },
        { kernels_that_only_strides_of_0_make_possible, 0, 2 },
        { positions_beyond_32_bits, 0, 2 * (int)(sizeof far_windows / sizeof *far_windows) },
        { strides_of_gather_layers_beyond_32_bits, 0, 2 },
        { a_padded_picture_beyond_32_bits, 0, 0 },
        { a_concat_that_doubles, 0, 3 },
        { pools_in_pools, 0, 2 },
        { a_plan_does_not_walk_over_a_pad, 0, 0 },
    };
    Suite *const suite = suite_create("extreme_sizes");
    SRunner *const runner = srunner_create(suite);
    int failed;

    for (size_t i = 0; i < sizeof list / sizeof *list; ++i) {
        TCase *const one = tcase_create(list[i].test->name);

        tcase_set_timeout(one, 60);
        if (list[i].end > 0) tcase_add_loop_test(one, list[i].test, list[i].begin, list[i].end);
        else tcase_add_test(one, list[i].test);
        suite_add_tcase(suite, one);
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
