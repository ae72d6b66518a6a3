/*
 * test_kernel_sets.c -- the option kernels: a set that is here is taken and gives the same maps up to rounding, and of
 * the first layer the same bits; one that is not is refused.
 */
#include <math.h>
#include <stdbool.h>

#include "fixture.h"
#include "testnet.h"

static const int32_t sets[] = { SRD_KERNELS_BEST,   SRD_KERNELS_PORTABLE, SRD_KERNELS_AVX2,
                                SRD_KERNELS_AVX512, SRD_KERNELS_NEON,     SRD_KERNELS_AMX };
#define SETS ((int)(sizeof sets / sizeof sets[0]))

/* The map of class 1 by these kernels, or the status of what was refused. */
static srd_status map_by(const srd_graph *graph, int32_t kernels, float *map)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    const srd_layer x = srd_graph_find(graph, "x");
    srd_explainer_options o = testnet_options();
    srd_detail detail = testing_new_detail();
    srd_explainer *explainer = NULL;
    srd_tensor *input, *output;
    float picture[TESTNET_INPUT];
    const srd_tensor *inputs[1];
    size_t size = 4711;
    srd_status status;

    o.kernels = kernels;
    status = srd_explainer_create(graph, &o, NULL, &explainer, &detail);
    ck_assert_int_eq(srd_explainer_memory_size(graph, &o, NULL, &size, NULL), status);
    if (status != SRD_OK) {
        ck_assert_ptr_null(explainer);
        check_detail(&detail, status, "", "kernels");
        return status;
    }
    if (kernels != SRD_KERNELS_BEST) ck_assert_int_eq(srd_explainer_kernels(explainer), kernels);
    ck_assert_int_ge(srd_explainer_kernels(explainer), SRD_KERNELS_PORTABLE);
    testnet_picture(picture, TESTNET_INPUT, 5);
    inputs[0] = input = testing_const_view(3, shape, picture);
    output = testing_view(2, shape + 1, map);
    check_ok(srd_explainer_run(explainer, inputs, 1, NULL));
    check_ok(srd_explainer_ask_class(explainer, 1, NULL, &x, &output, 1));
    srd_tensor_free(input);
    srd_tensor_free(output);
    srd_explainer_free(explainer);
    return SRD_OK;
}

START_TEST(every_set_gives_the_same_map)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    float expected[TESTNET_PIXELS] = { 0.0f }, map[TESTNET_PIXELS], again[TESTNET_PIXELS], largest = 0.0f;
    srd_status status;

    check_ok(map_by(graph, SRD_KERNELS_PORTABLE, expected));
    for (int i = 0; i < TESTNET_PIXELS; ++i) largest = fmaxf(largest, fabsf(expected[i]));
    ck_assert(largest > 0.0f);
    status = map_by(graph, sets[_i], map);
    if (status == SRD_OK) {
        for (int i = 0; i < TESTNET_PIXELS; ++i) ck_assert(fabsf(map[i] - expected[i]) <= 2e-5f * largest);
        check_ok(map_by(graph, sets[_i], again));
        ck_assert_mem_eq(map, again, sizeof map);
    } else {
        ck_assert_int_eq(status, SRD_ERR_UNSUPPORTED);
        ck_assert(sets[_i] > SRD_KERNELS_PORTABLE);
    }
    srd_graph_free(graph);
}
END_TEST

#define FIRST_CHANNELS 4
#define FIRST_NUMBERS (FIRST_CHANNELS * TESTNET_PIXELS)

/* The value of the first convolution, its norm and its ReLU by these kernels; false: they are not here. */
static bool first_layer_by(srd_graph *graph, int32_t kernels, int32_t mode, float *value)
{
    const int64_t shape[3] = { FIRST_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    const srd_keep keep = { srd_graph_find(graph, "relu1"), SRD_KEEP_VALUE };
    srd_explainer_options o = testnet_options();
    srd_explainer *explainer = NULL;
    srd_tensor *tensor;

    o.kernels = kernels;
    o.mode = mode;
    o.keeps = &keep;
    o.keep_count = 1;
    if (srd_explainer_create(graph, &o, NULL, &explainer, NULL) != SRD_OK) return false;
    tensor = testing_view(3, shape, value);
    check_ok(testnet_run(explainer, 7));
    check_ok(srd_explainer_value(explainer, keep.layer, tensor));
    srd_tensor_free(tensor);
    srd_explainer_free(explainer);
    return true;
}

/* It is added up in double in the same order everywhere, with the contributions of its taps or without. */
START_TEST(the_first_layer_has_the_same_bits_by_every_set_in_every_mode)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    float expected[FIRST_NUMBERS], value[FIRST_NUMBERS];

    ck_assert(first_layer_by(graph, SRD_KERNELS_PORTABLE, SRD_MODE_EXPLAIN, expected));
    ck_assert(expected[0] != expected[1] || expected[1] != expected[2]);
    for (int32_t mode = SRD_MODE_EXPLAIN; mode <= SRD_MODE_FORWARD; ++mode) {
        if (first_layer_by(graph, sets[_i], mode, value)) ck_assert_mem_eq(value, expected, sizeof value);
        else ck_assert_int_gt(sets[_i], SRD_KERNELS_PORTABLE);
    }
    srd_graph_free(graph);
}
END_TEST

START_TEST(what_is_no_set_is_refused)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    float map[TESTNET_PIXELS];

    check_status(map_by(graph, -1, map), SRD_ERR_ARGUMENT);
    check_status(map_by(graph, SRD_KERNELS_AMX + 1, map), SRD_ERR_ARGUMENT);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { every_set_gives_the_same_map, 0, SETS },
        { the_first_layer_has_the_same_bits_by_every_set_in_every_mode, 0, SETS },
        { what_is_no_set_is_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("kernel_sets", list);
}
