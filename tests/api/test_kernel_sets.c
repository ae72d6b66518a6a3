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
    check_ok(srd_explainer_run(explainer, inputs, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_class(explainer, 1, NULL, &x, &output, 1, testing_reason()));
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
    check_ok(srd_explainer_value(explainer, keep.layer, tensor, testing_reason()));
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

#define WIDE_SIDE 9
#define WIDE_PIXELS (WIDE_SIDE * WIDE_SIDE)
#define WIDE_CLASSES 40
#define WIDE_NUMBERS 46000
#define WIDE_LOSS 2e-5f     /* of the largest number */
#define SPLIT_LOSS 3.06e-5f /* docs/numerics.md: more, for products of split numbers */

/* The next numbers as a tensor of this shape. */
static srd_tensor *wide_tensor(const float **next, int32_t rank, const int64_t *shape)
{
    srd_tensor *const tensor = testing_const_view(rank, shape, *next);
    size_t count = 1;

    for (int32_t i = 0; i < rank; ++i) count *= (size_t)shape[i];
    *next += count;
    return tensor;
}

/* A convolution that keeps the size, with its ReLU. */
static srd_layer wide_layer(srd_graph *graph, const char *name, srd_layer at, const float **next, int64_t outputs,
                            int64_t inputs, int64_t kernel)
{
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_tensor *const weight = wide_tensor(next, 4, shape), *const bias = wide_tensor(next, 1, shape);
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = (int32_t)(kernel / 2);
    at = srd_graph_conv2d(graph, NULL, at, weight, bias, &o);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return srd_graph_relu(graph, name, at);
}

/* Layers of enough channels for every way through `mix`: 40, 70, 50 and 33 of them, also above pools. */
static srd_graph *wide_graph(const float *next)
{
    srd_pool2d_options pool = SRD_POOL2D_OPTIONS_INIT;
    const int64_t shape[2] = { WIDE_CLASSES, 33 };
    srd_graph *graph = NULL;
    srd_tensor *weight, *bias;
    srd_layer at;

    pool.kernel_h = pool.kernel_w = 3;
    pool.stride_h = pool.stride_w = 2;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    at = srd_graph_input(graph, "x", 2, WIDE_SIDE, WIDE_SIDE);
    at = wide_layer(graph, "a", at, &next, 40, 2, 3);
    at = wide_layer(graph, "b", at, &next, 70, 40, 3);
    at = srd_graph_max_pool2d(graph, NULL, at, &pool);
    at = wide_layer(graph, "c", at, &next, 50, 70, 1);
    at = wide_layer(graph, "d", at, &next, 33, 50, 3);
    at = srd_graph_global_avg_pool(graph, NULL, at);
    weight = wide_tensor(&next, 2, shape);
    bias = wide_tensor(&next, 1, shape);
    at = srd_graph_linear(graph, "classes", at, weight, bias, NULL);
    check_ok(srd_graph_output(graph, at, testing_reason()));
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

/* Values of the classes and the map of one by these kernels; forward only without `map`. False: they are not here. */
static bool wide_by(const srd_graph *graph, int32_t kernels, float *value, float *map)
{
    const int64_t shape[3] = { 2, WIDE_SIDE, WIDE_SIDE }, classes[3] = { WIDE_CLASSES, 1, 1 };
    const srd_layer x = srd_graph_find(graph, "x");
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    float picture[2 * WIDE_PIXELS];
    srd_explainer *explainer = NULL;
    const srd_tensor *inputs[1];
    srd_tensor *input, *output;

    o.kernels = kernels;
    o.mode = map != NULL ? SRD_MODE_EXPLAIN : SRD_MODE_FORWARD;
    if (srd_explainer_create(graph, &o, NULL, &explainer, NULL) != SRD_OK) return false;
    testnet_picture(picture, 2 * WIDE_PIXELS, 3);
    inputs[0] = input = testing_const_view(3, shape, picture);
    output = testing_view(3, classes, value);
    check_ok(srd_explainer_run(explainer, inputs, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, srd_graph_find(graph, "classes"), output, testing_reason()));
    srd_tensor_free(output);
    if (map != NULL) {
        output = testing_view(2, shape + 1, map);
        check_ok(srd_explainer_ask_class(explainer, 1, NULL, &x, &output, 1, testing_reason()));
        srd_tensor_free(output);
    }
    srd_tensor_free(input);
    srd_explainer_free(explainer);
    return true;
}

static void check_close(const float *got, const float *expected, int count, float loss)
{
    float largest = 0.0f;

    for (int i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(expected[i]));
    ck_assert(largest > 0.0f);
    for (int i = 0; i < count; ++i) {
        ck_assert_msg(fabsf(got[i] - expected[i]) <= loss * largest, "%d is off by %g of %g", i, (double)(got[i] - expected[i]),
                      (double)largest);
    }
}

static bool differ(const float *a, const float *b, int count)
{
    int i = 0;

    while (i < count && a[i] == b[i]) ++i;
    return i < count;
}

START_TEST(wide_layers_are_the_same_by_every_set)
{
    static float numbers[WIDE_NUMBERS];
    float expected[WIDE_CLASSES], expected_map[WIDE_PIXELS], value[WIDE_CLASSES], map[WIDE_PIXELS], forward[WIDE_CLASSES];
    const float loss = WIDE_LOSS + (sets[_i] == SRD_KERNELS_AMX ? SPLIT_LOSS : 0.0f);
    srd_graph *graph;

    testnet_picture(numbers, WIDE_NUMBERS, 11);
    for (int i = 0; i < WIDE_NUMBERS; ++i) numbers[i] *= 0.1f;
    graph = wide_graph(numbers);
    ck_assert(wide_by(graph, SRD_KERNELS_PORTABLE, expected, expected_map));
    if (wide_by(graph, sets[_i], value, map)) {
        ck_assert(wide_by(graph, sets[_i], forward, NULL));
        check_close(value, expected, WIDE_CLASSES, loss);
        check_close(forward, expected, WIDE_CLASSES, loss);
        check_close(map, expected_map, WIDE_PIXELS, loss);
        if (sets[_i] == SRD_KERNELS_AMX) { /* not those of avx512.c throughout */
            ck_assert(wide_by(graph, SRD_KERNELS_AVX512, forward, expected_map));
            ck_assert(differ(value, forward, WIDE_CLASSES) && differ(map, expected_map, WIDE_PIXELS));
        }
    } else {
        ck_assert(sets[_i] > SRD_KERNELS_PORTABLE);
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
        { wide_layers_are_the_same_by_every_set, 0, SETS },
        { what_is_no_set_is_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("kernel_sets", list);
}
