/*
 * network.c -- the tutorial, first part: a trained network, built by one call per layer.
 *
 * A small residual CNN with batch norm, written down layer by layer at the head of fashion_net.h. What training left are
 * constant arrays in fashion_net.c; the graph is told where they lie. Nothing is computed here.
 */
#include "network.h"

#include "fashion_net.h"

/* The numbers of one convolution and of the batch norm that follows it. */
typedef struct trained {
    const float *weight, *gamma, *beta, *mean, *variance;
} trained;

#define TRAINED(where, n)                                                                         \
    (&(const trained){ fashion_net_##where##conv##n##_weight, fashion_net_##where##bn##n##_gamma, \
                       fashion_net_##where##bn##n##_beta, fashion_net_##where##bn##n##_mean,      \
                       fashion_net_##where##bn##n##_var })

/* A tensor that looks at numbers where they lie: nothing is copied, and the handle may go as soon as a layer has seen it. */
static srd_tensor *look_at(const float *numbers, int32_t rank, const int64_t *shape)
{
    srd_tensor *tensor = NULL;

    return srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

/* Convolution and batch norm are no sites here but parts of the segment that the next ReLU closes. Ratios are measured just
 * before that ReLU, where the channels that it silences still speak. */
static srd_layer conv_bn(srd_graph *graph, srd_layer below, int32_t in, int32_t out, int32_t kernel, int32_t stride,
                         const trained *numbers)
{
    srd_conv2d_options options = { .struct_size = sizeof options }; /* the rest is 0: the defaults */
    const int64_t channels = out;
    srd_tensor *const weight = look_at(numbers->weight, 4, (const int64_t[]){ out, in, kernel, kernel });
    srd_tensor *const gamma = look_at(numbers->gamma, 1, &channels);
    srd_tensor *const beta = look_at(numbers->beta, 1, &channels);
    srd_tensor *const mean = look_at(numbers->mean, 1, &channels);
    srd_tensor *const variance = look_at(numbers->variance, 1, &channels);
    srd_layer layer;

    options.stride_h = options.stride_w = stride;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = kernel / 2; /* 3x3: 1, 1x1: 0 */
    layer = srd_graph_conv2d(graph, NULL, below, weight, NULL, &options);
    if (gamma == NULL || beta == NULL) layer = SRD_LAYER_NONE; /* out of memory; NULL would stand for 1 and 0 */
    layer = srd_graph_batch_norm(graph, NULL, layer, gamma, beta, mean, variance, FASHION_NET_BN_EPS);
    srd_tensor_free(weight);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
    return layer;
}

/* relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)). Each branch of the add is a path of its own and keeps its own bias. */
static srd_layer basic_block(srd_graph *graph, const char *name, srd_layer below, int32_t in, int32_t out, int32_t stride,
                             const trained *first, const trained *second, const trained *projection)
{
    const srd_layer middle = srd_graph_relu(graph, NULL, conv_bn(graph, below, in, out, 3, stride, first));
    srd_layer branches[2];

    branches[0] = conv_bn(graph, middle, out, out, 3, 1, second);
    branches[1] = projection != NULL ? conv_bn(graph, below, in, out, 1, stride, projection) : below;
    return srd_graph_relu(graph, name, srd_graph_add(graph, NULL, branches, 2));
}

/* No call is checked here: the first failure sticks, later calls do nothing, and sealing reports it. */
void network_build(srd_graph *graph)
{
    srd_tensor *const weight = look_at(fashion_net_fc_weight, 2, (const int64_t[]){ NETWORK_CLASSES, 64 });
    srd_tensor *const bias = look_at(fashion_net_fc_bias, 1, (const int64_t[]){ NETWORK_CLASSES });
    srd_layer x = srd_graph_input(graph, "picture", 1, NETWORK_SIDE, NETWORK_SIDE);

    x = srd_graph_relu(graph, "conv1", conv_bn(graph, x, 1, 16, 3, 1, TRAINED(, 1)));
    x = basic_block(graph, "block1", x, 16, 16, 1, TRAINED(block1_, 1), TRAINED(block1_, 2), NULL);
    x = basic_block(graph, "block2", x, 16, 32, 2, TRAINED(block2_, 1), TRAINED(block2_, 2), TRAINED(block2_, 3));
    x = basic_block(graph, "block3", x, 32, 32, 1, TRAINED(block3_, 1), TRAINED(block3_, 2), NULL);
    x = basic_block(graph, "block4", x, 32, 64, 2, TRAINED(block4_, 1), TRAINED(block4_, 2), TRAINED(block4_, 3));
    x = srd_graph_global_avg_pool(graph, NULL, x);
    x = bias != NULL ? srd_graph_linear(graph, "logits", x, weight, bias, NULL) : SRD_LAYER_NONE; /* NULL would mean no bias */
    (void)srd_graph_output(graph, x, NULL);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}
