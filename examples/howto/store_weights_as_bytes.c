/*
 * store_weights_as_bytes.c -- the network of the quickstart with a byte for each weight, in place of four, and what that does to
 * an explanation. docs/howto/store-weights-as-bytes.md tells the story.
 *
 *   howto_store_weights_as_bytes PICTURE.pgm
 */
#include <math.h>
#include <stdio.h>

#include "fashion_net.h"
#include "setup.h"

/* ---- before: what a program on the host writes into a file or an array ---- */

#define MOST (64 * 64 * 3 * 3) /* numbers of the largest weight */

typedef struct stored {
    int8_t bytes[MOST];
    float scale[64];
} stored;

/* Per output channel, the largest magnitude becomes 127: weight = scale * byte, nearly. */
static void store(stored *to, const float *weight, int outputs, int inputs)
{
    for (int o = 0; o < outputs; ++o, weight += inputs) {
        float largest = 0;

        for (int i = 0; i < inputs; ++i) largest = fmaxf(largest, fabsf(weight[i]));
        to->scale[o] = largest / 127;
        for (int i = 0; i < inputs; ++i)
            to->bytes[o * inputs + i] = (int8_t)(largest > 0 ? rintf(weight[i] / to->scale[o]) : 0);
    }
}

/* ---- after: a network of such arrays ---- */

static srd_tensor *look_at(int32_t type, const void *numbers, int32_t rank, const int64_t *shape)
{
    srd_tensor *tensor = NULL;

    return srd_tensor_view_const(type, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

static srd_layer add_conv(srd_graph *graph, srd_layer below, const stored *from, int64_t out, int64_t in, int64_t kernel,
                          int32_t stride)
{
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    const int64_t shape[] = { out, in, kernel, kernel };
    srd_tensor *const weight = look_at(SRD_INT8, from->bytes, 4, shape);
    srd_tensor *const scale = look_at(SRD_FLOAT32, from->scale, 1, &out);
    srd_layer layer;

    options.stride_h = options.stride_w = stride;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = (int32_t)kernel / 2;
    options.weight_scale = scale; /* and weight_zero, if 0 is not stored as 0 */
    layer = srd_graph_conv2d(graph, NULL, below, weight, NULL, &options);
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    return layer;
}

static srd_layer add_scores(srd_graph *graph, srd_layer below, const stored *from)
{
    const int64_t shape[] = { 10, 64 };
    srd_tensor *const weight = look_at(SRD_INT8, from->bytes, 2, shape);
    srd_tensor *const scale = look_at(SRD_FLOAT32, from->scale, 1, shape);
    srd_tensor *const bias = look_at(SRD_FLOAT32, fashion_net_fc_bias, 1, shape);
    srd_linear_options options = SRD_LINEAR_OPTIONS_INIT;
    srd_layer layer;

    options.weight_scale = scale;
    layer = srd_graph_linear(graph, "logits", below, weight, bias, &options);
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(bias);
    return layer;
}

/* Everything else is float32, as ever: a batch norm has four numbers per channel. */
typedef struct norm {
    const float *gamma, *beta, *mean, *variance;
} norm;

static srd_layer add_norm(srd_graph *graph, srd_layer below, const norm *n, int64_t channels)
{
    srd_tensor *const gamma = look_at(SRD_FLOAT32, n->gamma, 1, &channels), *const beta =
                                                                                look_at(SRD_FLOAT32, n->beta, 1, &channels);
    srd_tensor *const mean = look_at(SRD_FLOAT32, n->mean, 1, &channels);
    srd_tensor *const variance = look_at(SRD_FLOAT32, n->variance, 1, &channels);
    const srd_layer layer = srd_graph_batch_norm(graph, NULL, below, gamma, beta, mean, variance, FASHION_NET_BN_EPS);

    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
    return layer;
}

/* The convolutions of the network in the order in which they are added; below: the one whose block's value is read. */
#define NUMBERS(where, n)                                                                                         \
    fashion_net_##where##conv##n##_weight,                                                                        \
    {                                                                                                             \
        fashion_net_##where##bn##n##_gamma, fashion_net_##where##bn##n##_beta, fashion_net_##where##bn##n##_mean, \
            fashion_net_##where##bn##n##_var                                                                      \
    }

static const struct {
    const float *weight;
    norm after;
    int out, in, kernel, stride;
} convolutions[] = {
    { NUMBERS(, 1), 16, 1, 3, 1 },         { NUMBERS(block1_, 1), 16, 16, 3, 1 }, { NUMBERS(block1_, 2), 16, 16, 3, 1 },
    { NUMBERS(block2_, 1), 32, 16, 3, 2 }, { NUMBERS(block2_, 2), 32, 32, 3, 1 }, { NUMBERS(block2_, 3), 32, 16, 1, 2 },
    { NUMBERS(block3_, 1), 32, 32, 3, 1 }, { NUMBERS(block3_, 2), 32, 32, 3, 1 }, { NUMBERS(block4_, 1), 64, 32, 3, 2 },
    { NUMBERS(block4_, 2), 64, 64, 3, 1 }, { NUMBERS(block4_, 3), 64, 32, 1, 2 },
};
#define CONVOLUTIONS ((int)(sizeof convolutions / sizeof *convolutions))

static stored weights[CONVOLUTIONS + 1]; /* the last one: of the scores */

static size_t store_all(void)
{
    size_t bytes = 10 * 64;

    for (int i = 0; i < CONVOLUTIONS; ++i) {
        const int inputs = convolutions[i].in * convolutions[i].kernel * convolutions[i].kernel;

        store(&weights[i], convolutions[i].weight, convolutions[i].out, inputs);
        bytes += (size_t)(convolutions[i].out * inputs);
    }
    store(&weights[CONVOLUTIONS], fashion_net_fc_weight, 10, 64);
    return bytes;
}

static srd_layer conv_bn(srd_graph *graph, srd_layer below, int i)
{
    const srd_layer layer = add_conv(graph, below, &weights[i], convolutions[i].out, convolutions[i].in, convolutions[i].kernel,
                                     convolutions[i].stride);

    return add_norm(graph, layer, &convolutions[i].after, convolutions[i].out);
}

/* Convolutions first and first + 1, and, if there is a projection, first + 2. */
static srd_layer add_block(srd_graph *graph, srd_layer below, int first, int projects)
{
    srd_layer branches[2];

    branches[0] = conv_bn(graph, srd_graph_relu(graph, NULL, conv_bn(graph, below, first)), first + 1);
    branches[1] = projects ? conv_bn(graph, below, first + 2) : below;
    return srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, branches, 2));
}

static srd_status build(srd_graph **graph, srd_detail *why)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_layer x;

    options.weight_policy = SRD_WEIGHTS_BORROW; /* the bytes stay where they are */
    if (srd_graph_create(&options, NULL, graph, why) != SRD_OK) return why->status;
    x = srd_graph_input(*graph, "picture", 1, SIDE, SIDE);
    x = srd_graph_relu(*graph, NULL, conv_bn(*graph, x, 0));
    x = add_block(*graph, x, 1, 0);
    x = add_block(*graph, x, 3, 1);
    x = add_block(*graph, x, 6, 0);
    x = add_block(*graph, x, 8, 1);
    x = add_scores(*graph, srd_graph_global_avg_pool(*graph, NULL, x), &weights[CONVOLUTIONS]);
    (void)srd_graph_output(*graph, x, NULL);
    return srd_graph_seal(*graph, why);
}

/* ---- the two networks about one picture ---- */

static srd_status explain(srd_explainer *explainer, const srd_graph *graph, const char *what, float *numbers)
{
    const int64_t shape[] = { SIDE, SIDE };
    const srd_layer picture = srd_graph_find(graph, "picture");
    srd_tensor *map = NULL;
    int32_t top = 0;
    float score = 0;
    srd_status status = srd_tensor_view(SRD_FLOAT32, 2, shape, NULL, numbers, NULL, &map, NULL);

    if (status == SRD_OK) status = srd_explainer_top_class(explainer, 0, 0, &top, &score, NULL);
    if (status == SRD_OK) status = srd_explainer_ask_class(explainer, top, NULL, &picture, &map, 1, NULL);
    if (status == SRD_OK) printf("%s: %s, score %.2f\n", what, fashion_net_labels[top], (double)score);
    srd_tensor_free(map);
    return status;
}

static void compare(const float *exact, const float *ours)
{
    float largest = 0, difference = 0;

    for (int i = 0; i < PIXELS; ++i) {
        largest = fmaxf(largest, fabsf(exact[i]));
        difference = fmaxf(difference, fabsf(exact[i] - ours[i]));
    }
    printf("the maps differ by at most %.0f %% of the largest value\n", (double)(100 * difference / largest));
}

int main(int count, char **words)
{
    static float exact[PIXELS], ours[PIXELS];
    static setup s; /* all 0; the network in float32 */
    srd_detail why = SRD_DETAIL_INIT;
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    size_t bytes;
    srd_status status;

    if (count != 2) return fprintf(stderr, "usage: %s PICTURE.pgm (28 x 28 pixels)\n", words[0]), 2;
    bytes = store_all();
    status = setup_run(&s, words[1], &why);
    if (status == SRD_OK) status = explain(s.explainer, s.graph, "float32", exact);
    if (status == SRD_OK) status = build(&graph, &why);
    if (status == SRD_OK) status = srd_explainer_create(graph, NULL, NULL, &explainer, &why);
    if (status == SRD_OK) status = srd_explainer_run(explainer, (const srd_tensor *const[]){ s.picture }, 1, NULL, NULL);
    if (status == SRD_OK) status = explain(explainer, graph, "bytes", ours);
    if (status == SRD_OK) {
        compare(exact, ours);
        printf("weights: %d bytes in place of %d\n", (int)bytes, (int)(4 * bytes));
    }
    srd_explainer_free(explainer);
    srd_graph_free(graph);
    setup_end(&s);
    return setup_finish(status, &why);
}
