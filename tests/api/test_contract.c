/*
 * test_contract.c -- conventions that hold for the whole interface (types.h): flags are 0 or 1, reserved and unused fields are
 * 0, longer structs of newer callers, shorter reports of older ones, outputs that repeat an element, who owns what for how long.
 */
#include "fixture.h"
#include "heap.h"

/* ---- fields that must be 0 ---- */

/* A pool with one field changed; maximum: which pool. */
static srd_status pool_status(size_t field, int32_t value, int maximum)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_status status;

    o.kernel_h = o.kernel_w = 2;
    memcpy((char *)&o + field, &value, sizeof value);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", 1, 4, 4);
    if (maximum) (void)srd_graph_output(graph, srd_graph_max_pool2d(graph, "pool", 0, &o), testing_reason());
    else (void)srd_graph_output(graph, srd_graph_avg_pool2d(graph, "pool", 0, &o), testing_reason());
    status = srd_graph_seal(graph, NULL);
    srd_graph_free(graph);
    return status;
}

START_TEST(flags_of_pools)
{
    for (int maximum = 0; maximum <= 1; ++maximum) {
        check_ok(pool_status(offsetof(srd_pool2d_options, ceil_mode), 1, maximum));
        check_status(pool_status(offsetof(srd_pool2d_options, ceil_mode), 2, maximum), SRD_ERR_ARGUMENT);
        check_status(pool_status(offsetof(srd_pool2d_options, ceil_mode), -1, maximum), SRD_ERR_ARGUMENT);
        check_status(pool_status(offsetof(srd_pool2d_options, count_padding), 2, maximum), SRD_ERR_ARGUMENT);
        check_status(pool_status(offsetof(srd_pool2d_options, reserved), 1, maximum), SRD_ERR_ARGUMENT);
    }
    check_ok(pool_status(offsetof(srd_pool2d_options, count_padding), 1, 0));
    check_status(pool_status(offsetof(srd_pool2d_options, count_padding), 1, 1), SRD_ERR_ARGUMENT); /* nothing to count */
}
END_TEST

START_TEST(flags_of_questions)
{
    srd_score_options o = SRD_SCORE_OPTIONS_INIT;
    srd_question_options start = SRD_QUESTION_OPTIONS_INIT;
    srd_gradcam_options cam = SRD_GRADCAM_OPTIONS_INIT;
    const srd_target target = SRD_TARGET_INIT, *const targets[1] = { &target };
    fixture f;

    fixture_begin(&f, NULL, 1);
    o.contrastive = 2;
    check_status(srd_explainer_ask_top(f.explainer, &o, f.layers, f.maps, 2, testing_reason()), SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_class(f.explainer, 0, &o, f.layers, f.maps, 2, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_against(f.explainer, 0, 1, &o, f.layers, f.maps, 2, testing_reason()), SRD_ERR_ARGUMENT);
    start.contrastive = -1;
    check_status(srd_explainer_ask_erf(f.explainer, f.relu2, 0, 0, &start, f.layers, f.maps, 2, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask(f.explainer, targets, 1, &start, f.layers, f.maps, 2, testing_reason()), SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    cam.keep_sign = 2;
    check_status(srd_explainer_ask_gradcam(f.explainer, targets, 1, f.relu2, &cam, f.layers, f.maps, 2, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    cam.keep_sign = 0;
    cam.contrastive = 2;
    check_status(srd_explainer_ask_gradcam(f.explainer, targets, 1, f.relu2, &cam, f.layers, f.maps, 2, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_untouched(f.numbers[0], FIXTURE_MAP);
    check_untouched(f.numbers[1], FIXTURE_MAP);
    fixture_end(&f);
}
END_TEST

START_TEST(options_of_a_run)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    const srd_tensor *input;
    fixture f;

    fixture_begin(&f, NULL, 0);
    input = f.input;
    check_ok(srd_explainer_run(f.explainer, &input, 1, &o, testing_reason()));
    o.reserved = 1;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o, testing_reason()), SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    o.reserved = 0;
    o.struct_size = 4;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o, testing_reason()), SRD_ERR_ARGUMENT);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2,
                                   testing_reason())); /* refused arguments leave the last run */
    fixture_end(&f);
}
END_TEST

START_TEST(reserved_in_memory)
{
    const int64_t shape = 1;
    test_heap from = { 0 };
    srd_memory memory = heap_memory(&from);
    srd_tensor *tensor = NULL;

    memory.reserved = 1;
    check_status(srd_tensor_create(SRD_FLOAT32, 1, &shape, &memory, &tensor, NULL), SRD_ERR_ARGUMENT);
    ck_assert_ptr_null(tensor);
    ck_assert_int_eq(from.calls, 0);
}
END_TEST

START_TEST(keeps_of_unknown_things)
{
    static const int32_t unknown[] = { 0, INT32_MIN, -1, 1 << 30, (1 << 30) | SRD_KEEP_VALUE };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keep;
    srd_explainer *explainer = NULL;
    fixture f;

    fixture_begin(&f, NULL, 0);
    keep.layer = f.relu1;
    keep.what = unknown[_i];
    o.keeps = &keep;
    o.keep_count = 1;
    check_status(srd_explainer_create(f.graph, &o, NULL, &explainer, NULL), SRD_ERR_ARGUMENT);
    ck_assert_ptr_null(explainer);
    fixture_end(&f);
}
END_TEST

/* ---- structs of other versions ---- */

/* A newer caller's struct: ours and eight bytes more. */
START_TEST(options_of_a_newer_caller)
{
    struct {
        srd_explainer_options options;
        int64_t more;
    } newer = { SRD_EXPLAINER_OPTIONS_INIT, 0 };
    srd_explainer *explainer = NULL;
    srd_graph *const graph = testnet_graph(testnet_residual);

    newer.options.struct_size = (uint32_t)sizeof newer;
    check_ok(srd_explainer_create(graph, &newer.options, NULL, &explainer, NULL));
    srd_explainer_free(explainer);
    explainer = NULL;
    newer.more = 1;
    check_status(srd_explainer_create(graph, &newer.options, NULL, &explainer, NULL), SRD_ERR_ARGUMENT);
    ck_assert_ptr_null(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(a_report_for_a_newer_caller)
{
    struct {
        srd_report report;
        int64_t more[2];
    } newer = { SRD_REPORT_INIT, { 77, 88 } };
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, NULL, NULL, 0, testing_reason()));
    newer.report.struct_size = (uint32_t)(sizeof newer.report + sizeof newer.more[0]);
    check_ok(srd_explainer_report(f.explainer, &newer.report, testing_reason()));
    ck_assert_uint_eq(newer.report.struct_size, sizeof(srd_report) + 8);
    ck_assert(newer.report.score != 0.0);
    ck_assert_int_eq(newer.more[0], 0); /* asked for, not known here */
    ck_assert_int_eq(newer.more[1], 88);
    fixture_end(&f);
}
END_TEST

START_TEST(a_detail_of_16_bytes)
{
    srd_detail detail = testing_new_detail();
    srd_graph *graph = NULL;

    detail.struct_size = 16;
    detail.text[0] = 'z';
    check_status(srd_graph_create(NULL, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(detail.status, SRD_ERR_ARGUMENT);
    ck_assert_int_eq(detail.text[0], 'z');
    detail.struct_size = 15;
    detail.status = 4711;
    check_status(srd_graph_create(NULL, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(detail.status, 4711);
    check_ok(srd_graph_create(NULL, NULL, &graph, &detail));
    ck_assert_int_eq(detail.status, 4711); /* left alone on success */
    srd_graph_free(graph);
}
END_TEST

/* ---- statuses of callbacks ---- */

static srd_status build_and_say(srd_graph *graph, void *user)
{
    (void)srd_graph_output(graph, srd_graph_input(graph, "x", 1, 2, 2), testing_reason());
    return *(const srd_status *)user;
}

START_TEST(what_a_build_function_may_return)
{
    static const srd_status passed_on[] = { SRD_ERR_CANCELLED, SRD_ERR_UNSUPPORTED, SRD_ERR_MEMORY },
                            wrong[] = { 1, -1, 4711, -4711 };
    srd_status say = SRD_OK;
    size_t size = 0;

    check_ok(srd_graph_memory_size(build_and_say, &say, NULL, NULL, &size, NULL));
    ck_assert_uint_gt(size, 0);
    size = 4711;
    for (int i = 0; i < 3; ++i) {
        say = passed_on[i];
        check_status(srd_graph_memory_size(build_and_say, &say, NULL, NULL, &size, NULL), say);
    }
    for (int i = 0; i < 4; ++i) {
        say = wrong[i];
        check_status(srd_graph_memory_size(build_and_say, &say, NULL, NULL, &size, NULL), SRD_ERR_ARGUMENT);
    }
    ck_assert_uint_eq(size, 4711);
    ck_assert_str_eq(srd_status_name(SRD_ERR_CANCELLED), "SRD_ERR_CANCELLED");
}
END_TEST

/* ---- outputs that repeat an element ---- */

START_TEST(maps_and_values_with_a_stride_of_0)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH }, flat[2] = { TESTNET_WIDTH, 0 };
    const int64_t classes = TESTNET_CLASSES, zero = 0;
    srd_tensor *map = NULL, *value = NULL;
    float numbers[FIXTURE_MAP];
    fixture f;

    testing_mark(numbers, FIXTURE_MAP);
    fixture_begin(&f, NULL, 1);
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, flat, numbers, NULL, &map, NULL));
    check_ok(srd_tensor_view(SRD_FLOAT32, 1, &classes, &zero, numbers, NULL, &value, NULL));
    check_status(srd_explainer_ask_top(f.explainer, NULL, f.layers, &map, 1, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(f.explainer, f.probs, value, testing_reason()), SRD_ERR_ARGUMENT);
    check_untouched(numbers, FIXTURE_MAP);
    srd_tensor_free(map);
    srd_tensor_free(value);
    fixture_end(&f);
}
END_TEST

/* ---- inputs by number ---- */

START_TEST(inputs_are_numbered_in_order)
{
    static const int32_t unknown[] = { -1, 2, INT32_MAX, INT32_MIN };
    srd_graph *graph = NULL;

    ck_assert_int_eq(srd_graph_input_count(NULL), 0);
    ck_assert_int_eq(srd_graph_input_layer(NULL, 0), SRD_LAYER_NONE);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input_count(graph), 0);
    ck_assert_int_eq(srd_graph_input(graph, "a", 1, 2, 2), 0);
    ck_assert_int_eq(srd_graph_relu(graph, "relu", 0), 1);
    ck_assert_int_eq(srd_graph_input(graph, "b", 1, 2, 2), 2);
    for (int sealed = 0; sealed <= 1; ++sealed) {
        ck_assert_int_eq(srd_graph_input_count(graph), 2);
        ck_assert_int_eq(srd_graph_input_layer(graph, 0), 0);
        ck_assert_int_eq(srd_graph_input_layer(graph, 1), 2);
        for (int i = 0; i < 4; ++i) ck_assert_int_eq(srd_graph_input_layer(graph, unknown[i]), SRD_LAYER_NONE);
        if (!sealed) check_ok(srd_graph_output(graph, 1, testing_reason()));
        if (!sealed) check_ok(srd_graph_seal(graph, NULL));
    }
    srd_graph_free(graph);
}
END_TEST

/* ---- how long the caller's numbers must stay ---- */

static void clear_weights(testnet *net)
{
    memset(net->numbers, 0x7f, sizeof net->numbers); /* huge numbers, so that reading them would show */
}

/* With SRD_WEIGHTS_COPY numbers may go after each call; with both policies the maps are the same to the bit. */
START_TEST(copied_weights_may_go_and_borrowed_ones_give_the_same)
{
    static testnet nets[2];
    float maps[2][FIXTURE_MAP];

    for (int32_t policy = 0; policy < 2; ++policy) {
        const srd_graph_options o = { (uint32_t)sizeof o, policy == 0 ? SRD_WEIGHTS_COPY : SRD_WEIGHTS_BORROW };
        const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
        srd_tensor *const map = testing_view(2, shape, maps[policy]);
        srd_graph *graph = NULL;
        srd_explainer *explainer;
        srd_layer x;

        check_ok(srd_graph_create(&o, NULL, &graph, NULL));
        check_ok(testnet_residual(graph, &nets[policy]));
        if (policy == 0) clear_weights(&nets[policy]);
        check_ok(srd_graph_seal(graph, NULL));
        explainer = testnet_explainer(graph, NULL);
        check_ok(testnet_run(explainer, 1));
        x = srd_graph_find(graph, "x");
        check_ok(srd_explainer_ask_top(explainer, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
        srd_tensor_free(map);
        srd_explainer_free(explainer);
        srd_graph_free(graph);
    }
    ck_assert_mem_eq(maps[0], maps[1], sizeof maps[0]);
}
END_TEST

/* ---- a direction for each image ---- */

START_TEST(directions_of_a_batch)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    const int64_t in[4] = { 2, TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH }, out[3] = { 2, TESTNET_HEIGHT, TESTNET_WIDTH };
    const int64_t each[2] = { 2, TESTNET_CLASSES };
    float pictures[2 * TESTNET_INPUT], directions[2 * TESTNET_CLASSES] = { 1, 0, 0, 0, 0, 1 };
    float got[2 * FIXTURE_MAP], classes[2][2 * FIXTURE_MAP];
    srd_tensor *const input = testing_view(4, in, pictures), *const direction = testing_view(2, each, directions);
    srd_tensor *const map = testing_view(3, out, got);
    srd_graph *const graph = testnet_graph(testnet_residual);
    const srd_layer x = srd_graph_find(graph, "x");
    srd_explainer *explainer;

    options.batch = 2;
    explainer = testnet_explainer(graph, &options);
    testnet_picture(pictures, 2 * TESTNET_INPUT, 4);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ input }, 1, NULL, testing_reason()));
    for (int i = 0; i < 2; ++i) {
        check_ok(srd_explainer_ask_class(explainer, 2 * i, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
        memcpy(classes[i], got, sizeof got);
    }
    check_ok(srd_explainer_ask_direction(explainer, direction, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
    ck_assert_mem_eq(got, classes[0], sizeof(float[FIXTURE_MAP]));
    ck_assert_mem_eq(got + FIXTURE_MAP, classes[1] + FIXTURE_MAP, sizeof(float[FIXTURE_MAP]));
    directions[5] = 0; /* nothing to explain in the second image */
    testing_mark(got, 2 * FIXTURE_MAP);
    check_status(srd_explainer_ask_direction(explainer, direction, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_untouched(got, 2 * FIXTURE_MAP);
    srd_tensor_free(input);
    srd_tensor_free(direction);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { flags_of_pools, 0, 0 },
        { flags_of_questions, 0, 0 },
        { options_of_a_run, 0, 0 },
        { reserved_in_memory, 0, 0 },
        { keeps_of_unknown_things, 0, 5 },
        { options_of_a_newer_caller, 0, 0 },
        { a_report_for_a_newer_caller, 0, 0 },
        { a_detail_of_16_bytes, 0, 0 },
        { what_a_build_function_may_return, 0, 0 },
        { maps_and_values_with_a_stride_of_0, 0, 0 },
        { inputs_are_numbered_in_order, 0, 0 },
        { copied_weights_may_go_and_borrowed_ones_give_the_same, 0, 0 },
        { directions_of_a_batch, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("contract", list);
}
