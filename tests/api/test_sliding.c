/*
 * test_sliding.c -- a value that is written over one that is read for the last time while it is made (place.c): the same bits as where
 * both have a place, and less memory.
 */
#include <stdbool.h>
#include <string.h>

#include "testing.h"
#include "testnet.h"

#define SIDE 48
#define PICTURE (4 * SIDE * SIDE)
#define WEIGHTS (16 * 16 * 25)
#define SITES 7 /* up to the one that the head reads */
#define CLASSES 3

static float weights[WEIGHTS];

static srd_layer conv(srd_graph *graph, srd_layer x, int32_t in, int32_t out, int32_t kernel, int32_t stride)
{
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    const int64_t shape[4] = { out, in, kernel, kernel };
    srd_tensor *const weight = testing_view(4, shape, weights);
    srd_layer layer;

    options.stride_h = options.stride_w = stride;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = kernel / 2;
    layer = srd_graph_conv2d(graph, NULL, x, weight, NULL, &options);
    srd_tensor_free(weight);
    return layer;
}

/* Two residual blocks. The second has half the rows and twice the channels: its sum reads the first one by a convolution of this kernel,
 * and nobody reads that later. */
static srd_graph *two_blocks(int32_t kernel)
{
    const int64_t shape[2] = { CLASSES, 16 };
    srd_graph *graph = NULL;
    srd_layer x, branches[2];
    srd_tensor *weight;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_relu(graph, NULL, conv(graph, srd_graph_input(graph, NULL, 4, SIDE, SIDE), 4, 8, 3, 1));
    branches[0] = conv(graph, srd_graph_relu(graph, NULL, conv(graph, x, 8, 8, 3, 1)), 8, 8, 3, 1);
    branches[1] = x;
    x = srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, branches, 2));
    branches[0] = conv(graph, srd_graph_relu(graph, NULL, conv(graph, x, 8, 16, 3, 2)), 16, 16, 3, 1);
    branches[1] = conv(graph, x, 8, 16, kernel, 2);
    x = srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, branches, 2));
    x = srd_graph_relu(graph, NULL, conv(graph, x, 16, 16, 3, 2)); /* the head reads this one, which is kept */
    weight = testing_view(2, shape, weights);
    (void)srd_graph_output(graph, srd_graph_linear(graph, NULL, srd_graph_global_avg_pool(graph, NULL, x), weight, NULL, NULL),
                           testing_reason());
    srd_tensor_free(weight);
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

/* One worker of the caller's may take units in any order: nothing slides. */
static void backwards(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user, (void)workers;
    for (int32_t i = count - 1; i >= 0; --i) task(context, i, 0);
}

typedef struct answers {
    float scores[CLASSES];
    float maps[SITES][SIDE * SIDE];
    int64_t special;
} answers;

/* Returns the bytes that values and ratios take. */
static int64_t ask(srd_graph *graph, int32_t mode, bool slides, const srd_tensor *picture, answers *a)
{
    const int64_t classes = CLASSES;
    srd_explainer_options o = testnet_options();
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    srd_report report = SRD_REPORT_INIT;
    srd_tensor *scores = testing_view(1, &classes, a->scores);
    srd_explainer *explainer;
    int32_t site = 0;

    o.mode = mode;
    if (!slides) o.parallel_for = backwards;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_run(explainer, &picture, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, srd_graph_output_layer(graph, 0), scores, testing_reason()));
    for (srd_layer id = 0; mode == SRD_MODE_EXPLAIN && site < SITES; ++id) {
        int32_t chw[3];
        int64_t shape[2];
        srd_tensor *map;

        if (!srd_graph_is_site(graph, id)) continue;
        check_ok(srd_explainer_layer_shape(explainer, id, chw, testing_reason()));
        shape[0] = chw[1], shape[1] = chw[2];
        map = testing_view(2, shape, a->maps[site++]);
        check_ok(srd_explainer_ask_class(explainer, 1, NULL, &id, &map, 1, testing_reason()));
        srd_tensor_free(map);
    }
    if (mode == SRD_MODE_EXPLAIN) check_ok(srd_explainer_report(explainer, &report, testing_reason()));
    a->special = report.special_positions;
    check_ok(srd_explainer_memory_info(explainer, &info, testing_reason()));
    srd_explainer_free(explainer);
    srd_tensor_free(scores);
    return info.working + info.kept;
}

/* _i: half the kernel of the convolution that reads what is written over. A part of the picture is such that positions are computed
 * again, carefully. */
START_TEST(sliding_changes_no_bit)
{
    static const int64_t shape[3] = { 4, SIDE, SIDE };
    static float pixels[PICTURE];
    static answers made[4];
    const int64_t value = 16 * (SIDE / 2) * (SIDE / 2) * (int64_t)sizeof(float);
    srd_tensor *picture;
    srd_graph *graph;
    int64_t bytes[4];

    testnet_picture(weights, WEIGHTS, 3);
    testnet_picture(pixels, PICTURE, 4);
    for (int i = 0; i < PICTURE; ++i) pixels[i] *= i % (SIDE * SIDE) < 200 ? 0.0f : i % (SIDE * SIDE) < 400 ? 1e-18f : 1.0f;
    picture = testing_view(3, shape, pixels);
    graph = two_blocks(2 * _i + 1);
    memset(made, 0, sizeof made);
    for (int i = 0; i < 4; ++i)
        bytes[i] = ask(graph, i / 2 == 0 ? SRD_MODE_EXPLAIN : SRD_MODE_FORWARD, i % 2 == 0, picture, &made[i]);
    ck_assert_mem_eq(&made[0], &made[1], sizeof made[0]);
    ck_assert_mem_eq(&made[2], &made[3], sizeof made[2]);
    ck_assert_int_gt(made[0].special, 100);
    ck_assert_int_le(bytes[0], bytes[1] - value / 2);
    ck_assert_int_le(bytes[2], bytes[3]);
    srd_tensor_free(picture);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { sliding_changes_no_bit, 0, 2 }, { NULL, 0, 0 } };

    return testing_main("sliding", list);
}
