/*
 * test_invariance.c -- what must not change a result: the batch around an image, borrowed weights, the size that another
 * explainer of the same graph is bound to (all to the bit), and the scale of a picture under a network without biases (to
 * rounding, from 2^-120 to 2^110: squares of such numbers leave single precision).
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "netfile.h"
#include "testing.h"
#include "testnet.h"

static const char *const networks[] = { "resnet_basic",  "squeezenet_small", "mobilenet_v1_small", "densenet_small",
                                        "nested_pools",  "dead_areas",       "dense_scores",       "norms",
                                        "norm_branches", "norm_places" };
#define NETWORKS (int)(sizeof networks / sizeof networks[0])

static netfile *load(const char *name)
{
    char why[200];
    netfile *const file = netfile_load(SRD_GOLDEN_DIR, name, why, sizeof why);

    ck_assert_msg(file != NULL, "%s", why);
    return file;
}

/* Runs images (batch of them, one after the other) and leaves the maps of the top classes at the input. */
static void explain(srd_graph *graph, const netfile *file, const float *images, int32_t batch, float *maps)
{
    const int64_t shape[4] = { batch, file->channels, file->height, file->width };
    const int64_t map_shape[3] = { batch, file->height, file->width };
    const srd_layer input = srd_graph_find(graph, "x");
    srd_explainer_options options = { 0 };
    srd_tensor *pictures = testing_const_view(4, shape, images), *map = testing_view(3, map_shape, maps);
    srd_explainer *explainer;

    options.struct_size = (uint32_t)sizeof options;
    options.batch = batch;
    check_ok(srd_explainer_create(graph, &options, NULL, &explainer, NULL));
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&pictures, 1, NULL, NULL));
    check_ok(srd_explainer_ask_top(explainer, NULL, &input, &map, 1, NULL));
    srd_explainer_free(explainer);
    srd_tensor_free(pictures);
    srd_tensor_free(map);
}

START_TEST(batch_and_weight_policy_change_no_bit)
{
    netfile *const file = load(networks[_i]);
    srd_graph *const graph = netfile_graph(file, SRD_WEIGHTS_COPY, NULL);
    srd_graph *const borrowed = netfile_graph(file, SRD_WEIGHTS_BORROW, NULL);
    const size_t plane = (size_t)file->height * (size_t)file->width, image = plane * (size_t)file->channels;
    float *const images = calloc(3 * image, sizeof *images), *const maps = calloc(3 * plane, sizeof *maps);
    float *const alone = calloc(plane, sizeof *alone);

    for (size_t i = 0; i < 3; ++i) memcpy(images + i * image, file->cases[i % file->case_count].input, image * sizeof *images);
    explain(graph, file, images, 3, maps);
    for (size_t i = 0; i < 3; ++i) {
        explain(graph, file, images + i * image, 1, alone);
        ck_assert_mem_eq(alone, maps + i * plane, plane * sizeof *alone);
        explain(borrowed, file, images + i * image, 1, alone);
        ck_assert_mem_eq(alone, maps + i * plane, plane * sizeof *alone);
    }
    free(images);
    free(maps);
    free(alone);
    srd_graph_free(graph);
    srd_graph_free(borrowed);
    netfile_free(file);
}
END_TEST

/* ---- a network without biases: y, and every contribution to it, is proportional to the picture ----------------------------- */

#define SIDE 12
#define NUMBERS 4096

typedef struct plain {
    float numbers[NUMBERS]; /* weights: must stay until the graph is sealed */
    size_t used;
    uint32_t state;
} plain;

static float *draw(plain *net, size_t count)
{
    float *const at = net->numbers + net->used;

    net->used += count;
    ck_assert_uint_le(net->used, NUMBERS);
    for (size_t i = 0; i < count; ++i) {
        net->state = net->state * 1664525u + 1013904223u;
        at[i] = (float)(net->state >> 8) / 8388608.0f - 1.0f;
    }
    return at;
}

static srd_layer conv(plain *net, srd_graph *graph, srd_layer input, int64_t out, int64_t in, bool biased)
{
    const int64_t shape[4] = { out, in, 3, 3 };
    srd_tensor *const weight = testing_const_view(4, shape, draw(net, (size_t)(out * in * 9)));
    srd_tensor *const bias = biased ? testing_const_view(1, shape, draw(net, (size_t)out)) : NULL;
    srd_conv2d_options options = { 0 };
    srd_layer layer;

    options.struct_size = (uint32_t)sizeof options;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = 1;
    options.stride_h = 2;
    layer = srd_graph_conv2d(graph, NULL, input, weight, bias, &options);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return layer;
}

/* conv-ReLU-conv-ReLU; only the second may have a bias. The last layer is the output. */
static srd_graph *plain_graph(plain *net, bool biased)
{
    srd_graph *graph;
    srd_layer x;

    memset(net, 0, sizeof *net);
    net->state = 7;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 3, SIDE, SIDE);
    x = srd_graph_relu(graph, NULL, conv(net, graph, x, 8, 3, false));
    x = srd_graph_relu(graph, "out", conv(net, graph, x, 8, 8, biased));
    (void)srd_graph_output(graph, x, NULL);
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

/* ERF of a PFV of the output for a picture scaled by 2^exponent. */
static void field(srd_graph *graph, const float *picture, int exponent, float *map)
{
    const int64_t shape[3] = { 3, SIDE, SIDE };
    const srd_layer input = srd_graph_find(graph, "x");
    float scaled[3 * SIDE * SIDE];
    srd_tensor *const view = testing_const_view(3, shape, scaled), *const to = testing_view(2, shape + 1, map);
    srd_explainer *const explainer = testnet_explainer(graph, NULL);

    for (size_t i = 0; i < 3 * SIDE * SIDE; ++i) scaled[i] = ldexpf(picture[i], exponent);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&view, 1, NULL, NULL));
    check_ok(srd_explainer_ask_erf(explainer, srd_graph_find(graph, "out"), 1, 6, NULL, &input, &to, 1, NULL));
    srd_explainer_free(explainer);
    srd_tensor_free(view);
    srd_tensor_free(to);
}

static void check_close(const float *got, const float *want, size_t count, float tolerance)
{
    float largest = 0.0f;

    for (size_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(want[i]));
    ck_assert_float_gt(largest, 0.0f);
    for (size_t i = 0; i < count; ++i) ck_assert_float_le(fabsf(got[i] - want[i]), tolerance * largest);
}

START_TEST(scale_of_the_picture_does_not_matter)
{
    static const int exponents[] = { -120, -70, -45, -20, 20, 40, 60, 110 };
    plain net, pictures;
    srd_graph *const graph = plain_graph(&net, false);
    float want[SIDE * SIDE], got[SIDE * SIDE];
    const float *picture;

    memset(&pictures, 0, sizeof pictures);
    picture = draw(&pictures, 3 * SIDE * SIDE);
    field(graph, picture, 0, want);
    field(graph, picture, exponents[_i], got);
    check_close(got, want, SIDE * SIDE, 1e-5f);
    srd_graph_free(graph);
}
END_TEST

/* Contributions of 1e-24 under a bias of about 1: the bias is still shared by their norms, as at any small scale. */
START_TEST(tiny_norms_share_a_bias)
{
    plain net, pictures;
    srd_graph *const graph = plain_graph(&net, true);
    float want[SIDE * SIDE], got[SIDE * SIDE];
    const float *picture;

    memset(&pictures, 0, sizeof pictures);
    picture = draw(&pictures, 3 * SIDE * SIDE);
    field(graph, picture, -24, want);
    field(graph, picture, -80, got);
    check_close(got, want, SIDE * SIDE, 2e-5f);
    srd_graph_free(graph);
}
END_TEST

/* Two explainers of one graph, bound to other sizes than declared, do not know of each other. */
START_TEST(one_graph_serves_several_sizes)
{
    plain net, pictures;
    srd_graph *const graph = plain_graph(&net, true);
    const int32_t sizes[2] = { 5, 7 };
    const int64_t shape[3] = { 3, 5, 7 };
    const srd_layer input = srd_graph_find(graph, "x");
    float first[35], again[35], large[SIDE * SIDE];
    srd_explainer_options options = testnet_options();
    srd_explainer *explainer;
    srd_tensor *view, *map;

    memset(&pictures, 0, sizeof pictures);
    options.input_sizes = sizes;
    options.input_size_count = 1;
    explainer = testnet_explainer(graph, &options);
    view = testing_const_view(3, shape, draw(&pictures, 3 * SIDE * SIDE));
    map = testing_view(2, shape + 1, first);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&view, 1, NULL, NULL));
    check_ok(srd_explainer_ask_top(explainer, NULL, &input, &map, 1, NULL));
    srd_tensor_free(map);
    field(graph, pictures.numbers, 0, large);
    map = testing_view(2, shape + 1, again);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&view, 1, NULL, NULL));
    check_ok(srd_explainer_ask_top(explainer, NULL, &input, &map, 1, NULL));
    ck_assert_mem_eq(first, again, sizeof first);
    srd_tensor_free(map);
    srd_tensor_free(view);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { batch_and_weight_policy_change_no_bit, 0, NETWORKS },
        { scale_of_the_picture_does_not_matter, 0, 8 },
        { tiny_norms_share_a_bias, 0, 0 },
        { one_graph_serves_several_sizes, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("invariance", list);
}
