/*
 * net.c -- a network by one call per layer, without a heap: the handles of the tensors, too, live in static memory.
 *
 * A tensor only tells a layer call where numbers lie; it may be freed, and its memory used again, as soon as the call returns.
 * The numbers stay where they are: with SRD_WEIGHTS_BORROW those of convolutions are read in flash in every run, and vectors of
 * one number per channel, scales too, go into the graph's block.
 */
#include "net.h"

#define HANDLE_BYTES 256 /* enough for one tensor that is a view; else the call fails with SRD_ERR_MEMORY */
#define HANDLES 6

static _Alignas(SRD_ALIGNMENT) unsigned char handles[HANDLES][HANDLE_BYTES];

/* A view in the handle of this number. */
static srd_tensor *view_of(int32_t handle, int32_t type, const void *numbers, int32_t rank, const int64_t *shape)
{
    srd_memory memory = SRD_MEMORY_INIT;
    srd_tensor *tensor = NULL;

    memory.buffer = handles[handle];
    memory.buffer_size = HANDLE_BYTES;
    return srd_tensor_view_const(type, rank, shape, NULL, numbers, &memory, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

static srd_tensor *view(int32_t handle, const float *numbers, int64_t count)
{
    return view_of(handle, SRD_FLOAT32, numbers, 1, &count);
}

/* The weight in handle 0; of bytes, the scales of its shape[0] output channels in handle 1. */
static srd_tensor *view_weight(const net_weight *weight, int32_t rank, const int64_t *shape, srd_tensor **scale)
{
    *scale = weight->scale != NULL ? view(1, weight->scale, shape[0]) : NULL;
    return view_of(0, weight->scale != NULL ? SRD_INT8 : SRD_FLOAT32, weight->numbers, rank, shape);
}

static srd_layer conv_bn(srd_graph *graph, const net *n, srd_layer below, int32_t in, int32_t out, int32_t kernel,
                         int32_t stride, const net_conv *conv)
{
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    const int64_t shape[4] = { out, in, kernel, kernel };
    srd_tensor *scale;
    srd_tensor *const weight = view_weight(&conv->weight, 4, shape, &scale);
    srd_tensor *const gamma = view(2, conv->gamma, out), *const beta = view(3, conv->beta, out);
    srd_tensor *const mean = view(4, conv->mean, out), *const variance = view(5, conv->variance, out);
    srd_layer layer;

    options.stride_h = options.stride_w = stride;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = kernel / 2;
    options.weight_scale = scale;
    layer = srd_graph_conv2d(graph, NULL, below, weight, NULL, &options);
    if (gamma == NULL || beta == NULL) layer = SRD_LAYER_NONE; /* NULL would stand for 1 and 0 */
    layer = srd_graph_batch_norm(graph, NULL, layer, gamma, beta, mean, variance, n->eps);
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
    return layer;
}

static srd_layer add_block(srd_graph *graph, const net *n, srd_layer below, int32_t in, const net_block *block)
{
    const int32_t out = block->channels;
    srd_layer branches[2];
    const srd_layer middle = srd_graph_relu(graph, NULL, conv_bn(graph, n, below, in, out, 3, block->stride, &block->first));

    branches[0] = conv_bn(graph, n, middle, out, out, 3, 1, &block->second);
    branches[1] = block->projection.weight.numbers != NULL
                      ? conv_bn(graph, n, below, in, out, 1, block->stride, &block->projection)
                      : below;
    return srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, branches, 2));
}

srd_status net_build(srd_graph *graph, void *user)
{
    const net *const n = user;
    int32_t channels = n->stem_channels;
    srd_layer x = srd_graph_input(graph, NET_PICTURE, n->channels, n->side, n->side);
    int64_t shape[2];
    srd_linear_options head = SRD_LINEAR_OPTIONS_INIT;
    srd_tensor *weight, *scale, *bias;

    x = srd_graph_relu(graph, NULL, conv_bn(graph, n, x, n->channels, channels, 3, 1, &n->stem));
    for (int32_t i = 0; i < n->block_count; ++i) {
        x = add_block(graph, n, x, channels, &n->blocks[i]);
        channels = n->blocks[i].channels;
    }
    shape[0] = n->classes;
    shape[1] = channels;
    weight = view_weight(&n->weight, 2, shape, &scale);
    bias = view(2, n->bias, n->classes);
    x = srd_graph_global_avg_pool(graph, NULL, x);
    head.weight_scale = scale; /* NULL: the weight is float32 */
    x = bias != NULL ? srd_graph_linear(graph, NULL, x, weight, bias, &head)
                     : SRD_LAYER_NONE; /* without one bias would mean none */
    (void)srd_graph_output(graph, x, NULL);
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(bias);
    return SRD_OK;
}
