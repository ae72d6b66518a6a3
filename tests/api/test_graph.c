/* test_graph.c -- what a graph says about itself, and the memory it lives in. */
#include <stdio.h>

#include "adders.h"
#include "heap.h"
#include "testnet.h"

START_TEST(every_kind_can_be_added)
{
    srd_graph *graph = NULL;
    int32_t shape[3] = { 0 };
    srd_detail detail = SRD_DETAIL_INIT;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    ck_assert_int_eq(adders[_i].add(graph, "layer", 0), 1);
    ck_assert_int_eq(srd_graph_layer_count(graph), 2);
    ck_assert_str_eq(srd_graph_layer_kind(graph, 1), adders[_i].kind);
    ck_assert_str_eq(srd_graph_layer_name(graph, 1), "layer");
    check_ok(srd_graph_layer_shape(graph, 1, shape, testing_reason()));
    for (int i = 0; i < 3; ++i) ck_assert_int_eq(shape[i], adders[_i].shape[i]);
    check_ok(srd_graph_output(graph, 1, testing_reason()));
    ck_assert_msg(srd_graph_seal(graph, &detail) == SRD_OK, "%s: %s", adders[_i].kind, detail.text);
    ck_assert_int_eq(detail.status, SRD_OK);
    srd_graph_free(graph);
}
END_TEST

/* A layer without a name is named after its kind and id, and can be found by that. */
START_TEST(every_kind_names_itself)
{
    srd_graph *graph = NULL;
    char name[64];

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, NULL, 3, 8, 8), 0);
    ck_assert_int_eq(adders[_i].add(graph, NULL, 0), 1);
    ck_assert_str_eq(srd_graph_layer_name(graph, 0), "input_0");
    snprintf(name, sizeof name, "%s_1", adders[_i].kind);
    ck_assert_str_eq(srd_graph_layer_name(graph, 1), name);
    ck_assert_int_eq(srd_graph_find(graph, name), 1);
    srd_graph_free(graph);
}
END_TEST

/* Heights and widths left open pass through every kind that can know its channels without them. */
START_TEST(open_sizes_pass_through)
{
    srd_graph *graph = NULL;
    int32_t shape[3] = { -1, -1, -1 };
    const int fixed = strcmp(adders[_i].kind, "linear") == 0 ||
                      strstr(adders[_i].kind, "_pool") == adders[_i].kind + strlen("global_avg") ||
                      strstr(adders[_i].kind, "adaptive") != NULL || strcmp(adders[_i].kind, "constant") == 0 ||
                      strcmp(adders[_i].kind, "window_reverse") == 0;
    /* What becomes of each row is known to be one position wide, and a window has its size. */
    const int row = strcmp(adders[_i].kind, "mean") == 0 || strcmp(adders[_i].kind, "sum") == 0 ||
                    strcmp(adders[_i].kind, "max") == 0 || strcmp(adders[_i].kind, "window_partition") == 0;
    const int flat = strcmp(adders[_i].kind, "flatten") == 0;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 0, 0), 0);
    ck_assert_int_eq(adders[_i].add(graph, "layer", 0), 1);
    check_ok(srd_graph_layer_shape(graph, 1, shape, testing_reason()));
    ck_assert_int_eq(shape[0], flat ? 0 : adders[_i].shape[0]);
    for (int i = 1; i < 3 && _i != 0; ++i) {
        ck_assert_int_eq(shape[i], flat ? 1 : fixed || (row && i == 2) ? adders[_i].shape[i] : 0);
    }
    srd_graph_free(graph);
}
END_TEST

START_TEST(names_and_parameters_are_copied)
{
    srd_graph *graph = NULL;
    char name[] = "input";
    srd_layer inputs[2];

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    inputs[0] = inputs[1] = srd_graph_input(graph, name, 3, 8, 8);
    name[0] = '?';
    ck_assert_str_eq(srd_graph_layer_name(graph, 0), "input");
    ck_assert_int_eq(srd_graph_add(graph, "sum", inputs, 2), 1);
    inputs[0] = inputs[1] = 99;
    check_ok(srd_graph_output(graph, 1, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    srd_graph_free(graph);
}
END_TEST

START_TEST(looking_with_bad_arguments_gives_nothing)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    int32_t shape[3] = { 7, 7, 7 };
    const srd_layer count = srd_graph_layer_count(graph);
    const srd_layer unknown[] = { -1, -2, INT32_MIN, INT32_MAX, count };

    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; ++i) {
        ck_assert_ptr_null(srd_graph_layer_name(graph, unknown[i]));
        ck_assert_ptr_null(srd_graph_layer_kind(graph, unknown[i]));
        ck_assert_int_eq(srd_graph_is_site(graph, unknown[i]), 0);
        check_status(srd_graph_layer_shape(graph, unknown[i], shape, testing_reason()), SRD_ERR_ARGUMENT);
        ck_assert_int_eq(srd_graph_output_layer(graph, unknown[i]), SRD_LAYER_NONE);
    }
    check_status(srd_graph_layer_shape(graph, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_layer_shape(NULL, 0, shape, testing_reason()), SRD_ERR_ARGUMENT);
    for (int i = 0; i < 3; ++i) ck_assert_int_eq(shape[i], 7);
    ck_assert_int_eq(srd_graph_find(graph, "no such layer"), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_find(graph, ""), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_find(graph, NULL), SRD_LAYER_NONE);
    srd_graph_free(graph);
}
END_TEST

START_TEST(asking_null_gives_nothing)
{
    srd_detail detail = testing_new_detail();

    srd_graph_free(NULL);
    ck_assert_int_eq(srd_graph_layer_count(NULL), 0);
    ck_assert_int_eq(srd_graph_find(NULL, "x"), SRD_LAYER_NONE);
    ck_assert_ptr_null(srd_graph_layer_name(NULL, 0));
    ck_assert_ptr_null(srd_graph_layer_kind(NULL, 0));
    ck_assert_int_eq(srd_graph_is_site(NULL, 0), 0);
    ck_assert_int_eq(srd_graph_output_count(NULL), 0);
    ck_assert_int_eq(srd_graph_output_layer(NULL, 0), SRD_LAYER_NONE);
    ck_assert_uint_eq(srd_graph_memory_used(NULL), 0);
    check_status(srd_graph_detail(NULL, &detail), SRD_ERR_ARGUMENT);
}
END_TEST

/* METHOD section 3: inputs, pointwise layers, and mixing or post layers that are not swallowed; only after sealing. */
START_TEST(sites_are_decided_by_sealing)
{
    static const char *const sites[] = { "x", "relu1", "relu2a", "relu2", "relu3a", "leaky3b", "clip4", "probs" };
    static const char *const others[] = { "conv1", "bn1",  "pool1",   "conv2a", "conv2b", "scale2b", "add2", "conv3a",
                                          "avg3b", "drop", "concat3", "conv4",  "gap",    "conv3b",  "fc" };
    srd_graph *const graph = testnet_graph(testnet_residual);

    for (size_t i = 0; i < sizeof sites / sizeof *sites; ++i) {
        ck_assert_msg(srd_graph_is_site(graph, srd_graph_find(graph, sites[i])) == 1, "%s is a site", sites[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
        ck_assert_int_ne(srd_graph_find(graph, others[i]), SRD_LAYER_NONE);
        ck_assert_msg(srd_graph_is_site(graph, srd_graph_find(graph, others[i])) == 0, "%s is no site", others[i]);
    }
    srd_graph_free(graph);
}
END_TEST

/* A mixing layer that is read twice, or by a gather layer, is a site; a layer that reaches no output is none. */
START_TEST(unswallowed_layers_are_sites_and_dead_ones_are_not)
{
    srd_graph *graph = NULL;
    srd_layer conv, twice[2], last;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    conv = add_conv2d(graph, "conv", 0);
    twice[0] = srd_graph_relu(graph, "relu", conv);
    twice[1] = conv;
    last = srd_graph_global_avg_pool(graph, "gap", srd_graph_concat(graph, "concat", twice, 2));
    (void)srd_graph_relu(graph, "dead", conv);
    ck_assert_int_eq(srd_graph_is_site(graph, conv), 0); /* not decided yet */
    check_ok(srd_graph_output(graph, last, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    ck_assert_int_eq(srd_graph_is_site(graph, conv), 1);
    ck_assert_int_eq(srd_graph_is_site(graph, srd_graph_find(graph, "dead")), 0);
    srd_graph_free(graph);
}
END_TEST

START_TEST(outputs_are_numbered_in_order)
{
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_output_count(graph), 0);
    ck_assert_int_eq(srd_graph_output_layer(graph, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    for (int32_t i = 0; i < 9; ++i) {
        ck_assert_int_eq(srd_graph_relu(graph, NULL, 0), i + 1);
        check_ok(srd_graph_output(graph, 9 - (8 - i), testing_reason()));
        ck_assert_int_eq(srd_graph_output_count(graph), i + 1);
    }
    for (int32_t i = 0; i < 9; ++i) ck_assert_int_eq(srd_graph_output_layer(graph, i), i + 1);
    check_ok(srd_graph_seal(graph, NULL));
    for (int32_t i = 0; i < 9; ++i) ck_assert_int_eq(srd_graph_output_layer(graph, i), i + 1);
    srd_graph_free(graph);
}
END_TEST

static const testnet_builder builders[] = { testnet_residual, testnet_every_kind };

/* What measuring says is what a graph from functions uses, is what a block must have; one byte less is too little. */
START_TEST(measured_block_is_exact)
{
    static testnet net;
    srd_graph_options options = { (uint32_t)sizeof options, _i / 2 == 0 ? SRD_WEIGHTS_COPY : SRD_WEIGHTS_BORROW };
    const testnet_builder build = builders[_i % 2];
    test_heap from = { 0 };
    srd_memory memory = heap_memory(&from);
    srd_graph *graph = NULL;
    size_t size = 0;
    void *block;

    check_ok(srd_graph_memory_size(build, &net, &options, &memory, &size, NULL));
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
    check_ok(srd_graph_create(&options, NULL, &graph, NULL));
    check_ok(build(graph, &net));
    check_ok(srd_graph_seal(graph, NULL));
    ck_assert_uint_eq(srd_graph_memory_used(graph), size);
    srd_graph_free(graph);
    block = heap_block(size);
    memory = heap_block_memory(block, size);
    check_ok(srd_graph_create(&options, &memory, &graph, NULL));
    check_ok(build(graph, &net));
    check_ok(srd_graph_seal(graph, NULL));
    ck_assert_uint_eq(srd_graph_memory_used(graph), size);
    srd_graph_free(graph);
    heap_free_block(block);
}
END_TEST

START_TEST(a_block_too_small_is_reported_at_seal)
{
    static testnet net;
    size_t size = 0;
    char *block;

    check_ok(srd_graph_memory_size(testnet_residual, &net, NULL, NULL, &size, NULL));
    block = heap_block(size);
    for (size_t less = 1; less < size; less += 1 + less / 2) {
        const srd_memory memory = heap_block_memory(block, size - less);
        srd_detail detail = SRD_DETAIL_INIT;
        srd_graph *graph = NULL;

        if (srd_graph_create(NULL, &memory, &graph, &detail) == SRD_OK) {
            check_ok(testnet_residual(graph, &net));
            check_status(srd_graph_seal(graph, &detail), SRD_ERR_MEMORY);
        }
        ck_assert_int_eq(detail.status, SRD_ERR_MEMORY);
        srd_graph_free(graph);
    }
    heap_free_block(block);
}
END_TEST

START_TEST(measuring_with_bad_arguments)
{
    static testnet net;
    srd_graph_options options = { (uint32_t)sizeof options, 5 };
    srd_detail detail = SRD_DETAIL_INIT;
    size_t size = 4711;

    check_status(srd_graph_memory_size(NULL, &net, NULL, NULL, &size, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "build");
    check_status(srd_graph_memory_size(testnet_residual, &net, NULL, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    check_status(srd_graph_memory_size(testnet_residual, &net, &options, NULL, &size, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "weight_policy");
    ck_assert_uint_eq(size, 4711);
}
END_TEST

static srd_status build_nothing_and_fail(srd_graph *graph, void *user)
{
    (void)graph;
    return *(const srd_status *)user;
}

static srd_status build_wrongly(srd_graph *graph, void *user)
{
    (void)user;
    (void)srd_graph_relu(graph, "lonely", 3);
    return SRD_OK;
}

START_TEST(measuring_passes_failures_on)
{
    srd_status fail = SRD_ERR_UNSUPPORTED;
    srd_detail detail = SRD_DETAIL_INIT;
    size_t size = 4711;

    check_status(srd_graph_memory_size(build_nothing_and_fail, &fail, NULL, NULL, &size, &detail), SRD_ERR_UNSUPPORTED);
    check_status(srd_graph_memory_size(build_wrongly, NULL, NULL, NULL, &size, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "lonely", "input 0");
    ck_assert_uint_eq(size, 4711);
}
END_TEST

START_TEST(creating_with_bad_arguments)
{
    srd_graph_options options = { (uint32_t)sizeof options, -1 };
    srd_graph *const mark = (srd_graph *)(void *)&options;
    srd_graph *graph = mark;
    srd_detail detail = SRD_DETAIL_INIT;
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);

    check_status(srd_graph_create(NULL, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "out");
    check_status(srd_graph_create(&options, NULL, &graph, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "weight_policy -1");
    options.struct_size = 4;
    options.weight_policy = 0;
    check_status(srd_graph_create(&options, NULL, &graph, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "struct_size");
    from.fail_at = 1;
    check_status(srd_graph_create(NULL, &memory, &graph, &detail), SRD_ERR_MEMORY);
    check_detail(&detail, SRD_ERR_MEMORY, "", "memory");
    ck_assert_ptr_eq(graph, mark);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { every_kind_can_be_added, 0, ADDERS },
        { every_kind_names_itself, 0, ADDERS },
        { open_sizes_pass_through, 0, ADDERS },
        { names_and_parameters_are_copied, 0, 0 },
        { looking_with_bad_arguments_gives_nothing, 0, 0 },
        { asking_null_gives_nothing, 0, 0 },
        { sites_are_decided_by_sealing, 0, 0 },
        { unswallowed_layers_are_sites_and_dead_ones_are_not, 0, 0 },
        { outputs_are_numbered_in_order, 0, 0 },
        { measured_block_is_exact, 0, 4 },
        { a_block_too_small_is_reported_at_seal, 0, 0 },
        { measuring_with_bad_arguments, 0, 0 },
        { measuring_passes_failures_on, 0, 0 },
        { creating_with_bad_arguments, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("graph", list);
}
