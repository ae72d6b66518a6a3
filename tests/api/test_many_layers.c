/*
 * test_many_layers.c -- networks of ten thousand layers: names and layers are found, and building, sealing and planning take
 * about n log n steps.
 */
#include <stdio.h>

#include "testing.h"

#define LAYERS 10000

static void name_of(int32_t i, char *name, size_t size)
{
    (void)snprintf(name, size, "layer %d", i);
}

/* Chains of kinds of every role, the third with a branch from the very first layer into every second one. */
static srd_layer next_layer(srd_graph *graph, const char *name, srd_layer x, srd_layer first, int chain, int32_t i)
{
    const srd_layer two[2] = { x, first };
    srd_pool2d_options pool = SRD_POOL2D_OPTIONS_INIT;

    pool.kernel_h = pool.kernel_w = 3;
    pool.stride_h = pool.stride_w = 1;
    pool.pad_top = pool.pad_left = pool.pad_bottom = pool.pad_right = 1;
    if (chain == 1 && i % 2 == 0) return srd_graph_max_pool2d(graph, name, x, &pool);
    if (chain == 2 && i % 2 == 0) return srd_graph_add(graph, name, two, 2);
    return srd_graph_relu(graph, name, x);
}

static srd_graph *build(int chain, int32_t layers)
{
    srd_graph *graph = NULL;
    srd_layer first, x;
    char name[24];

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = first = srd_graph_input(graph, "input", 1, 2, 3);
    for (int32_t i = 0; i < layers; ++i) {
        name_of(i, name, sizeof name);
        x = next_layer(graph, chain == 0 ? NULL : name, x, first, chain, i);
    }
    check_ok(srd_graph_output(graph, x, testing_reason()));
    return graph;
}

START_TEST(a_deep_network)
{
    float picture[6] = { 0.5f, -1.0f, 2.0f, 0.25f, 0.0f, 1.0f };
    const int64_t shape[3] = { 1, 2, 3 };
    srd_tensor *const input = testing_view(3, shape, picture);
    srd_graph *const graph = build(_i, LAYERS);
    srd_report report = SRD_REPORT_INIT;
    srd_explainer *explainer = NULL;

    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ input }, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_erf(explainer, srd_graph_output_layer(graph, 0), 0, 0, NULL, NULL, NULL, 0, testing_reason()));
    check_ok(srd_explainer_report(explainer, &report, testing_reason()));
    ck_assert(report.at_inputs + report.unreached > 0.999 && report.at_inputs + report.unreached < 1.001);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
    srd_tensor_free(input);
}
END_TEST

/* Before and after sealing; a name that is taken is refused, however long ago that was. */
START_TEST(names_are_found)
{
    srd_graph *const graph = build(1, LAYERS);
    srd_detail why = testing_new_detail();
    int32_t shape[3];
    char name[24];

    for (int32_t i = 0; i < LAYERS; ++i) {
        name_of(i, name, sizeof name);
        ck_assert_int_eq(srd_graph_find(graph, name), i + 1);
        ck_assert_str_eq(srd_graph_layer_name(graph, i + 1), name);
        check_ok(srd_graph_layer_shape(graph, i + 1, shape, testing_reason()));
    }
    ck_assert_int_eq(srd_graph_find(graph, "layer -1"), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_find(graph, ""), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_find(graph, "input"), 0);
    ck_assert_int_eq(srd_graph_relu(graph, "layer 7", 0), SRD_LAYER_NONE);
    check_status(srd_graph_seal(graph, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "layer 7", "taken");
    srd_graph_free(graph);
}
END_TEST

/* Names whose hash is the same are still told apart. */
START_TEST(names_that_collide)
{
    const char *const names[2] = { "costarring", "liquid" }; /* a pair of FNV-1a, 32 bits */
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, names[0], 1, 1, 1), 0);
    ck_assert_int_eq(srd_graph_find(graph, names[1]), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_relu(graph, names[1], 0), 1);
    ck_assert_int_eq(srd_graph_find(graph, names[0]), 0);
    ck_assert_int_eq(srd_graph_find(graph, names[1]), 1);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_deep_network, 0, 3 },
        { names_are_found, 0, 0 },
        { names_that_collide, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("many_layers", list);
}
