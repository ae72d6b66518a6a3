/* test_explainer.c -- what an explainer does when all is well: order of calls, sizes, batches, strides, lifetimes. */
#include <math.h>

#include "fixture.h"

/* All relevance is accounted for, and every position's ratios sum to 1. */
static void check_balance(srd_explainer *explainer)
{
    srd_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    check_ok(srd_explainer_report(explainer, &r, testing_reason()));
    ck_assert(r.magnitude > 0.0);
    ck_assert_double_le(fabs(r.top + r.head_bias - r.score), 1e-5 * (r.magnitude + fabs(r.head_bias)));
    ck_assert_double_le(fabs(r.at_inputs + r.unreached - r.top), 1e-5 * r.magnitude);
    ck_assert_double_le(r.largest_ratio_error, 1e-5);
}

START_TEST(a_class_is_explained_and_balances)
{
    fixture f;

    fixture_begin(&f, NULL, 1);
    for (int32_t c = 0; c < TESTNET_CLASSES; ++c) {
        double sum[2] = { 0, 0 };
        srd_report r;

        check_ok(srd_explainer_ask_class(f.explainer, c, NULL, f.layers, f.maps, 2, testing_reason()));
        check_balance(f.explainer);
        memset(&r, 0, sizeof r);
        r.struct_size = (uint32_t)sizeof r;
        check_ok(srd_explainer_report(f.explainer, &r, testing_reason()));
        for (int i = 0; i < FIXTURE_MAP; ++i) {
            sum[0] += (double)f.numbers[0][i];
            sum[1] += (double)f.numbers[1][i];
        }
        ck_assert_double_le(fabs(sum[0] - r.at_inputs), 1e-5 * r.magnitude);
        ck_assert_double_le(fabs(sum[1] - r.top), 1e-5 * r.magnitude);
    }
    fixture_end(&f);
}
END_TEST

START_TEST(every_kind_of_layer_balances)
{
    const int64_t shape[3] = { 3, 8, 8 };
    srd_graph *const graph = testnet_graph(testnet_every_kind);
    srd_explainer *const explainer = testnet_explainer(graph, NULL);
    float picture[192];
    const srd_tensor *input;
    srd_tensor *view;

    testnet_picture(picture, 192, 5);
    view = testing_const_view(3, shape, picture);
    input = view;
    check_ok(srd_explainer_run(explainer, &input, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, testing_reason()));
    check_balance(explainer);
    check_ok(srd_explainer_ask_erf(explainer, srd_graph_find(graph, "fc2"), 0, 0, NULL, NULL, NULL, 0, testing_reason()));
    check_balance(explainer);
    srd_tensor_free(view);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(the_top_class_is_the_class_of_the_top_score)
{
    fixture f;
    int32_t top = -1;
    float score = TESTING_UNTOUCHED, by_class[FIXTURE_MAP];
    srd_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_top_class(f.explainer, 0, 0, &top, &score, testing_reason()));
    ck_assert(top >= 0 && top < TESTNET_CLASSES);
    check_ok(srd_explainer_top_class(f.explainer, 0, 0, NULL, NULL, testing_reason()));
    for (int32_t c = 0; c < TESTNET_CLASSES; ++c) {
        check_ok(srd_explainer_ask_class(f.explainer, c, NULL, f.layers, f.maps, 1, testing_reason()));
        check_ok(srd_explainer_report(f.explainer, &r, testing_reason()));
        ck_assert_double_le(r.score, (double)score);
        if (c == top) memcpy(by_class, f.numbers[0], sizeof by_class);
    }
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 1, testing_reason()));
    ck_assert_mem_eq(by_class, f.numbers[0], sizeof by_class);
    fixture_end(&f);
}
END_TEST

/* A direction that is one-hot is the class; class against class is the difference of the classes. */
START_TEST(directions_are_linear)
{
    fixture f;
    float direction[TESTNET_CLASSES] = { 0, 1, 0 }, maps[2][FIXTURE_MAP];
    const int64_t shape = TESTNET_CLASSES;
    srd_tensor *const view = testing_view(1, &shape, direction);

    fixture_begin(&f, NULL, 1);
    for (int32_t c = 1; c < 3; ++c) {
        check_ok(srd_explainer_ask_class(f.explainer, c, NULL, f.layers, f.maps, 1, testing_reason()));
        memcpy(maps[c - 1], f.numbers[0], sizeof maps[0]);
    }
    check_ok(srd_explainer_ask_direction(f.explainer, view, NULL, f.layers, f.maps, 1, testing_reason()));
    ck_assert_mem_eq(maps[0], f.numbers[0], sizeof maps[0]);
    direction[2] = -1;
    check_ok(srd_explainer_ask_direction(f.explainer, view, NULL, f.layers, f.maps, 1, testing_reason()));
    check_balance(f.explainer);
    for (int i = 0; i < FIXTURE_MAP; ++i) {
        const float difference = maps[0][i] - maps[1][i];

        ck_assert_float_le(fabsf(difference - f.numbers[0][i]), 1e-4f);
    }
    srd_tensor_free(view);
    fixture_end(&f);
}
END_TEST

/* METHOD section 6: the first maps lose their mean, so nothing is left to arrive below. */
START_TEST(contrastive_maps_sum_to_0)
{
    fixture f;
    srd_score_options options = { (uint32_t)sizeof options, 0, 1 };
    srd_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_class(f.explainer, 0, &options, f.layers, f.maps, 1, testing_reason()));
    check_ok(srd_explainer_report(f.explainer, &r, testing_reason()));
    ck_assert_double_le(fabs(r.top), 1e-5 * r.magnitude);
    ck_assert_double_le(fabs(r.at_inputs), 1e-5 * r.magnitude);
    fixture_end(&f);
}
END_TEST

/* An ERF starts as a single 1, keeps its total, and equals the seed map of that 1. */
START_TEST(an_erf_is_a_seed_of_one)
{
    fixture f;
    float seed[FIXTURE_MAP] = { 0 }, erf[FIXTURE_MAP];
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *const view = testing_view(2, shape, seed);

    seed[4 * TESTNET_WIDTH + 7] = 1;
    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_erf(f.explainer, f.relu1, 4, 7, NULL, f.layers, f.maps, 2, testing_reason()));
    ck_assert_mem_eq(f.numbers[1], seed, sizeof seed);
    check_balance(f.explainer);
    memcpy(erf, f.numbers[0], sizeof erf);
    for (int i = 0; i < FIXTURE_MAP; ++i) {
        const int row = i / TESTNET_WIDTH, column = i % TESTNET_WIDTH;

        if (row < 3 || row > 5 || column < 6 || column > 8) ck_assert_msg(erf[i] == 0.0f, "outside the 3 x 3 window at %d", i);
    }
    check_ok(srd_explainer_ask_seed(f.explainer, f.relu1, view, NULL, f.layers, f.maps, 1, testing_reason()));
    ck_assert_mem_eq(f.numbers[0], erf, sizeof erf);
    srd_tensor_free(view);
    fixture_end(&f);
}
END_TEST

START_TEST(an_erf_may_start_at_any_site_and_at_an_output)
{
    fixture f;

    fixture_begin(&f, NULL, 1);
    for (srd_layer layer = 0; layer < srd_graph_layer_count(f.graph); ++layer) {
        int32_t shape[3];

        if (!srd_graph_is_site(f.graph, layer) && layer != f.probs) continue;
        check_ok(srd_explainer_layer_shape(f.explainer, layer, shape, testing_reason()));
        check_ok(
            srd_explainer_ask_erf(f.explainer, layer, shape[1] - 1, shape[2] - 1, NULL, f.layers, f.maps, 1, testing_reason()));
        check_balance(f.explainer);
    }
    fixture_end(&f);
}
END_TEST

/* Asking must not change the answer to the next question; the same question gives the same bits, run after run. */
START_TEST(questions_do_not_disturb_each_other)
{
    fixture f;
    float first[2][FIXTURE_MAP];

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_class(f.explainer, 1, NULL, f.layers, f.maps, 2, testing_reason()));
    memcpy(first, f.numbers, sizeof first);
    check_ok(srd_explainer_ask_erf(f.explainer, f.relu2, 0, 0, NULL, f.layers, f.maps, 2, testing_reason()));
    check_ok(srd_explainer_ask_top(f.explainer, NULL, NULL, NULL, 0, testing_reason()));
    check_ok(srd_explainer_ask_class(f.explainer, 1, NULL, f.layers, f.maps, 2, testing_reason()));
    ck_assert_mem_eq(first, f.numbers, sizeof first);
    check_ok(testnet_run(f.explainer, 2));
    check_ok(testnet_run(f.explainer, 1));
    check_ok(srd_explainer_ask_class(f.explainer, 1, NULL, f.layers, f.maps, 2, testing_reason()));
    ck_assert_mem_eq(first, f.numbers, sizeof first);
    fixture_end(&f);
}
END_TEST

/* Each image of a batch gets the bits that it gets alone. */
START_TEST(a_batch_is_its_images)
{
    enum { N = 3 };
    srd_explainer_options options = testnet_options();
    const int64_t in[4] = { N, TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    const int64_t out[4] = { N, 1, TESTNET_HEIGHT, TESTNET_WIDTH };
    static float pictures[N * TESTNET_INPUT], maps[N * FIXTURE_MAP];
    srd_tensor *const input = testing_view(4, in, pictures);
    srd_tensor *map = testing_view(4, out, maps);
    const srd_tensor *const inputs[1] = { input };
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *explainer;
    fixture f;
    int32_t top[N];

    options.batch = N;
    explainer = testnet_explainer(graph, &options);
    for (uint32_t n = 0; n < N; ++n) testnet_picture(pictures + n * TESTNET_INPUT, TESTNET_INPUT, n);
    check_ok(srd_explainer_run(explainer, inputs, 1, NULL, testing_reason()));
    for (int32_t n = 0; n < N; ++n) check_ok(srd_explainer_top_class(explainer, n, 0, &top[n], NULL, testing_reason()));
    check_ok(srd_explainer_ask_top(explainer, NULL, (srd_layer[]){ srd_graph_find(graph, "x") }, &map, 1, testing_reason()));
    check_balance(explainer);
    fixture_begin(&f, NULL, 0);
    for (uint32_t n = 0; n < N; ++n) {
        int32_t alone = -1;

        check_ok(testnet_run(f.explainer, n));
        check_ok(srd_explainer_top_class(f.explainer, 0, 0, &alone, NULL, testing_reason()));
        ck_assert_int_eq(alone, top[n]);
        check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 1, testing_reason()));
        ck_assert_mem_eq(f.numbers[0], maps + n * FIXTURE_MAP, sizeof f.numbers[0]);
    }
    fixture_end(&f);
    srd_tensor_free(input);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* A picture with channels last, mirrored, and a map that lies inside a larger one give the same bits. */
START_TEST(strides_do_not_matter)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    const int64_t in[3] = { -1, TESTNET_WIDTH * TESTNET_CHANNELS, TESTNET_CHANNELS };
    const int64_t out[2] = { 40, 2 };
    static float picture[TESTNET_INPUT], large[TESTNET_HEIGHT * 40];
    fixture f;
    srd_tensor *input = NULL, *map = NULL;

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_class(f.explainer, 2, NULL, f.layers, f.maps, 1, testing_reason()));
    for (int p = 0; p < TESTNET_PIXELS; ++p) {
        for (int c = 0; c < TESTNET_CHANNELS; ++c) {
            picture[p * TESTNET_CHANNELS + TESTNET_CHANNELS - 1 - c] = f.picture[c * TESTNET_PIXELS + p];
        }
    }
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 3, shape, in, picture + TESTNET_CHANNELS - 1, NULL, &input, NULL));
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape + 1, out, large, NULL, &map, NULL));
    testing_mark(large, sizeof large / sizeof *large);
    check_ok(srd_explainer_run(f.explainer, (const srd_tensor *const[]){ input }, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_class(f.explainer, 2, NULL, f.layers, &map, 1, testing_reason()));
    for (int i = 0; i < TESTNET_HEIGHT * 40; ++i) {
        const int row = i / 40, column = i % 40 / 2;

        if (i % 2 == 1 || column >= TESTNET_WIDTH) check_untouched(large + i, 1);
        else ck_assert(large[i] == f.numbers[0][row * TESTNET_WIDTH + column]);
    }
    srd_tensor_free(input);
    srd_tensor_free(map);
    fixture_end(&f);
}
END_TEST

/* One graph, an explainer of another size: METHOD section 9, input sizes are bound when an explainer is created. */
START_TEST(other_input_sizes)
{
    enum { H = 17, W = 10 };
    const int32_t sizes[2] = { H, W };
    const int64_t in[3] = { TESTNET_CHANNELS, H, W }, out[2] = { H, W };
    static float picture[TESTNET_CHANNELS * H * W], numbers[H * W];
    srd_explainer_options options = testnet_options();
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *explainer, *declared;
    srd_tensor *const input = testing_view(3, in, picture), *map = testing_view(2, out, numbers);
    const srd_layer x = srd_graph_find(graph, "x");
    int32_t shape[3];

    options.input_sizes = sizes;
    options.input_size_count = 1;
    explainer = testnet_explainer(graph, &options);
    declared = testnet_explainer(graph, NULL);
    check_ok(srd_explainer_layer_shape(explainer, srd_graph_find(graph, "pool1"), shape, testing_reason()));
    ck_assert_int_eq(shape[0], 4);
    ck_assert_int_eq(shape[1], 9);
    ck_assert_int_eq(shape[2], 5);
    check_ok(srd_explainer_layer_shape(declared, srd_graph_find(graph, "pool1"), shape, testing_reason()));
    ck_assert_int_eq(shape[1], 5);
    testnet_picture(picture, TESTNET_CHANNELS * H * W, 3);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ input }, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_top(explainer, NULL, &x, &map, 1, testing_reason()));
    check_balance(explainer);
    check_status(testnet_run(explainer, 1), SRD_ERR_SHAPE);
    srd_tensor_free(input);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_explainer_free(declared);
    srd_graph_free(graph);
}
END_TEST

/* How long a flattened picture is may be known to the explainer only; scales and shifts say it before. */
START_TEST(shifts_of_a_flattened_picture_of_open_size)
{
    enum { SIDE = 4, COUNT = 3 * SIDE * SIDE };
    const int64_t length = COUNT, shape[3] = { 3, SIDE, SIDE }, flat[3] = { COUNT, 1, 1 };
    const int32_t sizes[2] = { SIDE, SIDE };
    srd_explainer_options options = testnet_options();
    float shifts[COUNT], picture[COUNT], sums[COUNT];
    srd_tensor *const shift = testing_view(1, &length, shifts), *const input = testing_view(3, shape, picture);
    srd_tensor *const value = testing_view(3, flat, sums);
    const srd_tensor *inputs[1] = { input };
    srd_graph *graph = NULL;
    srd_explainer *explainer;
    srd_layer in, both[2];

    for (int i = 0; i < COUNT; ++i) shifts[i] = (float)(i + 1);
    testnet_picture(picture, COUNT, 4);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    in = srd_graph_input(graph, "x", 3, 0, 0);
    both[0] = srd_graph_flatten(graph, "flat", in);
    both[1] = srd_graph_scale_shift(graph, "shifted", srd_graph_flatten(graph, "again", in), NULL, shift);
    check_ok(srd_graph_output(graph, srd_graph_add(graph, "sum", both, 2), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    options.input_sizes = sizes;
    options.input_size_count = 1;
    explainer = testnet_explainer(graph, &options);
    check_ok(srd_explainer_run(explainer, inputs, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, srd_graph_find(graph, "sum"), value, testing_reason()));
    for (int i = 0; i < COUNT; ++i) ck_assert_float_eq_tol(sums[i], 2.0f * picture[i] + shifts[i], 1e-5f);
    srd_tensor_free(shift);
    srd_tensor_free(input);
    srd_tensor_free(value);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(values_of_outputs_and_of_kept_layers)
{
    srd_explainer_options options = testnet_options();
    srd_keep keep;
    fixture f;
    float probs[TESTNET_CLASSES], sum = 0, kept[4 * TESTNET_PIXELS];
    const int64_t classes[4] = { 1, TESTNET_CLASSES, 1, 1 }, shape[4] = { 1, 4, TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *view;

    fixture_begin(&f, NULL, 0);
    keep.layer = f.relu1;
    keep.what = SRD_KEEP_VALUE;
    fixture_end(&f);
    options.keeps = &keep;
    options.keep_count = 1;
    fixture_begin(&f, &options, 1);
    for (int32_t rank = 1; rank <= 4; ++rank) {
        static const int skip[5] = { 0, 1, 0, 1, 0 }; /* [C], [N][C], [C][H][W], [N][C][H][W] */

        view = testing_view(rank, classes + skip[rank], probs);
        memset(probs, 0, sizeof probs);
        check_ok(srd_explainer_value(f.explainer, f.probs, view, testing_reason()));
        ck_assert(probs[0] > 0.0f && probs[1] > 0.0f && probs[2] > 0.0f);
        sum = probs[0] + probs[1] + probs[2];
        ck_assert_float_eq_tol(sum, 1.0f, 1e-6f);
        srd_tensor_free(view);
    }
    view = testing_view(4, shape, kept);
    check_ok(srd_explainer_value(f.explainer, keep.layer, view, testing_reason()));
    for (int i = 0; i < 4 * TESTNET_PIXELS; ++i) ck_assert(kept[i] >= 0.0f);
    srd_tensor_free(view);
    fixture_end(&f);
}
END_TEST

START_TEST(handles_may_be_freed_in_any_order)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const one = testnet_explainer(graph, NULL), *const other = testnet_explainer(graph, NULL);

    if (_i == 0) srd_graph_free(graph);
    check_ok(testnet_run(one, 1));
    check_ok(srd_explainer_ask_top(one, NULL, NULL, NULL, 0, testing_reason()));
    srd_explainer_free(one);
    if (_i == 1) srd_graph_free(graph);
    check_ok(testnet_run(other, 1));
    srd_explainer_free(other);
    if (_i == 2) srd_graph_free(graph);
}
END_TEST

START_TEST(an_explainer_without_ratios)
{
    srd_explainer_options options = testnet_options();
    fixture f;
    int32_t top[2] = { -1, -2 };
    float score[2] = { 0, 1 };
    size_t full;

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_top_class(f.explainer, 0, 0, &top[0], &score[0], testing_reason()));
    full = srd_explainer_memory_used(f.explainer);
    fixture_end(&f);
    options.mode = SRD_MODE_FORWARD;
    fixture_begin(&f, &options, 1);
    check_ok(srd_explainer_top_class(f.explainer, 0, 0, &top[1], &score[1], testing_reason()));
    ck_assert_int_eq(top[0], top[1]);
    ck_assert_float_le(fabsf(score[0] - score[1]), 1e-5f); /* without ratios sums may be taken in another order */
    ck_assert_uint_lt(srd_explainer_memory_used(f.explainer), full);
    fixture_end(&f);
}
END_TEST

START_TEST(site_reports)
{
    fixture f;
    srd_site_report site;
    srd_report all;

    memset(&site, 0, sizeof site);
    memset(&all, 0, sizeof all);
    site.struct_size = (uint32_t)sizeof site;
    all.struct_size = (uint32_t)sizeof all;
    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_class(f.explainer, 0, NULL, NULL, NULL, 0, testing_reason()));
    check_ok(srd_explainer_report(f.explainer, &all, testing_reason()));
    check_ok(srd_explainer_site_report(f.explainer, f.relu1, &site, testing_reason()));
    ck_assert_int_eq(site.paths, 9);
    ck_assert_double_le(fabs(site.relevance_in - all.top), 1e-5 * all.magnitude);
    ck_assert_double_le(fabs(site.relevance_in - site.relevance_out - site.unreached), 1e-5 * all.magnitude);
    ck_assert_double_le(site.largest_ratio_error, 1e-5);
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_class_is_explained_and_balances, 0, 0 },
        { every_kind_of_layer_balances, 0, 0 },
        { the_top_class_is_the_class_of_the_top_score, 0, 0 },
        { directions_are_linear, 0, 0 },
        { contrastive_maps_sum_to_0, 0, 0 },
        { an_erf_is_a_seed_of_one, 0, 0 },
        { an_erf_may_start_at_any_site_and_at_an_output, 0, 0 },
        { questions_do_not_disturb_each_other, 0, 0 },
        { a_batch_is_its_images, 0, 0 },
        { strides_do_not_matter, 0, 0 },
        { other_input_sizes, 0, 0 },
        { shifts_of_a_flattened_picture_of_open_size, 0, 0 },
        { values_of_outputs_and_of_kept_layers, 0, 0 },
        { handles_may_be_freed_in_any_order, 0, 3 },
        { an_explainer_without_ratios, 0, 0 },
        { site_reports, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("explainer", list);
}
