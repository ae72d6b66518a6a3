/*
 * geometry_nets.h -- small networks with equal weights, whose effective receptive fields are symmetric. Each takes the input and returns
 * the layer that is looked at. Included by one test program.
 */
#ifndef TESTS_GEOMETRY_NETS_H
#define TESTS_GEOMETRY_NETS_H

#include "testing.h"

#define HEIGHT 64
#define WIDTH 48
#define MOST_LAYERS 64

static float equal[4096];

static srd_layer conv(srd_graph *graph, srd_layer x, int32_t kernel_h, int32_t kernel_w, const srd_conv2d_options *options)
{
    srd_tensor *const weight = testing_const_view(4, (const int64_t[]){ 1, 1, kernel_h, kernel_w }, equal);
    const srd_layer layer = srd_graph_conv2d(graph, NULL, x, weight, NULL, options);

    srd_tensor_free(weight);
    return srd_graph_relu(graph, NULL, layer);
}

static srd_layer square(srd_graph *graph, srd_layer x, int32_t kernel, int32_t stride, int32_t pad)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.stride_h = o.stride_w = stride;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = pad;
    return conv(graph, x, kernel, kernel, &o);
}

/* From some channels to one. */
static srd_layer narrow(srd_graph *graph, srd_layer x, int32_t channels)
{
    srd_tensor *const weight = testing_const_view(4, (const int64_t[]){ 1, channels, 1, 1 }, equal);
    const srd_layer layer = srd_graph_conv2d(graph, NULL, x, weight, NULL, NULL);

    srd_tensor_free(weight);
    return srd_graph_relu(graph, NULL, layer);
}

static srd_layer pool(srd_graph *graph, srd_layer x, int32_t kernel, int32_t stride, int32_t pad)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;

    o.kernel_h = o.kernel_w = kernel;
    o.stride_h = o.stride_w = stride;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = pad;
    return srd_graph_avg_pool2d(graph, NULL, x, &o);
}

static srd_layer valid(srd_graph *graph, srd_layer x)
{
    return square(graph, square(graph, x, 3, 1, 0), 5, 1, 0);
}

static srd_layer same(srd_graph *graph, srd_layer x)
{
    return square(graph, square(graph, x, 3, 1, 1), 7, 1, 3);
}

static srd_layer strided(srd_graph *graph, srd_layer x)
{
    return square(graph, square(graph, square(graph, x, 3, 2, 0), 3, 2, 1), 3, 1, 1);
}

static srd_layer dilated(srd_graph *graph, srd_layer x)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.dilation_h = 3;
    o.dilation_w = 2;
    o.pad_top = 1;
    o.pad_left = 3;
    o.stride_w = 2;
    return conv(graph, square(graph, x, 3, 2, 0), 3, 2, &o);
}

static srd_layer even_kernels(srd_graph *graph, srd_layer x)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.stride_h = o.stride_w = 2;
    o.pad_top = 1;
    o.pad_right = 1;
    return conv(graph, square(graph, x, 4, 2, 1), 2, 4, &o);
}

static srd_layer pools(srd_graph *graph, srd_layer x)
{
    return square(graph, pool(graph, square(graph, pool(graph, x, 2, 2, 0), 3, 1, 0), 3, 2, 1), 1, 1, 0);
}

static srd_layer pads(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_zero_pad2d(graph, NULL, square(graph, x, 3, 2, 0), 2, 3, 1, 0), 3, 1, 0);
}

static srd_layer constant_pads(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_constant_pad2d(graph, NULL, x, 5, 1, 0, 2, 0.5f), 3, 2, 0);
}

static srd_layer subsampled(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_subsample2d(graph, NULL, square(graph, x, 2, 1, 0), 3, 2), 3, 1, 0);
}

static srd_layer adaptive(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_adaptive_avg_pool2d(graph, NULL, square(graph, x, 3, 1, 1), 16, 8), 1, 1, 0);
}

static srd_layer corners(srd_graph *graph, srd_layer x)
{
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.mode = SRD_UPSAMPLE_BILINEAR;
    o.align_corners = 1;
    o.height = 2 * (HEIGHT / 4) - 1;
    o.width = 3 * (WIDTH / 4) - 2;
    return square(graph, srd_graph_upsample(graph, NULL, square(graph, x, 4, 4, 0), &o), 1, 1, 0);
}

static srd_layer transposed(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_transpose(graph, NULL, square(graph, square(graph, x, 3, 2, 0), 2, 1, 0)), 3, 2, 0);
}

static srd_layer turned_back(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_transpose(graph, NULL, transposed(graph, x)), 1, 1, 0);
}

/* Both branches of each block see the same places. */
static srd_layer residual(srd_graph *graph, srd_layer x)
{
    srd_layer both[2];

    x = square(graph, x, 3, 2, 1);
    both[0] = square(graph, square(graph, x, 3, 1, 1), 3, 1, 1);
    both[1] = x;
    x = srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, both, 2));
    both[0] = square(graph, square(graph, x, 3, 2, 1), 3, 1, 1);
    both[1] = square(graph, x, 1, 2, 0);
    return srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, both, 2));
}

static srd_layer inception(srd_graph *graph, srd_layer x)
{
    srd_layer all[3];

    x = square(graph, square(graph, x, 3, 2, 0), 3, 1, 0);
    all[0] = square(graph, x, 3, 2, 0);
    all[1] = square(graph, square(graph, x, 5, 1, 2), 3, 2, 0);
    all[2] = pool(graph, x, 3, 2, 0);
    return narrow(graph, srd_graph_concat(graph, NULL, all, 3), 3);
}

static srd_layer means(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_global_avg_pool(graph, NULL, square(graph, x, 4, 4, 0)), 1, 1, 0);
}

static srd_layer rows_of_means(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_mean(graph, NULL, square(graph, x, 4, 2, 0), SRD_AXIS_WIDTH), 1, 1, 0);
}

static srd_layer flattened(srd_graph *graph, srd_layer x)
{
    const int64_t shape[2] = { 1, HEIGHT / 4 * (WIDTH / 4) };
    srd_tensor *const weight = testing_const_view(2, shape, equal);

    x = srd_graph_flatten(graph, NULL, square(graph, x, 4, 4, 0));
    x = srd_graph_relu(graph, NULL, srd_graph_linear(graph, NULL, x, weight, NULL, NULL));
    srd_tensor_free(weight);
    return x;
}

/* A row of patches is a grid again before a window slides over it. */
static srd_layer patches(srd_graph *graph, srd_layer x)
{
    x = srd_graph_reshape(graph, NULL, square(graph, x, 4, 4, 0), 0, 0);
    return square(graph, srd_graph_reshape(graph, NULL, square(graph, x, 1, 1, 0), HEIGHT / 4, 0), 3, 1, 1);
}

static srd_layer class_token(srd_graph *graph)
{
    srd_tensor *const value = testing_const_view(1, (const int64_t[]){ 1 }, equal);
    const srd_layer token = srd_graph_constant(graph, NULL, value);

    srd_tensor_free(value);
    return token;
}

static srd_layer tokens(srd_graph *graph, srd_layer x)
{
    srd_layer all[2];

    all[0] = class_token(graph);
    all[1] = srd_graph_reshape(graph, NULL, square(graph, x, 4, 4, 0), 0, 0);
    return square(graph, srd_graph_concat_tokens(graph, NULL, all, 2), 1, 1, 0);
}

static srd_layer some_of_a_row(srd_graph *graph, srd_layer x)
{
    x = srd_graph_mean(graph, NULL, square(graph, x, 2, 2, 0), SRD_AXIS_HEIGHT);
    return conv(graph, srd_graph_select_tokens(graph, NULL, x, 5, 7), 1, 3, NULL);
}

/* ---- single positions deviate from the even places ---- */

static srd_layer enlarge(srd_graph *graph, srd_layer x, int32_t mode, int32_t times)
{
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.mode = mode;
    o.scale_h = o.scale_w = (float)times;
    return square(graph, srd_graph_upsample(graph, NULL, square(graph, x, 4, 4, 0), &o), 1, 1, 0);
}

static srd_layer nearest(srd_graph *graph, srd_layer x)
{
    return enlarge(graph, x, SRD_UPSAMPLE_NEAREST, 4);
}

static srd_layer bilinear(srd_graph *graph, srd_layer x)
{
    return enlarge(graph, x, SRD_UPSAMPLE_BILINEAR, 2);
}

static srd_layer by_size(srd_graph *graph, srd_layer x)
{
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.height = HEIGHT / 2 / 2 * 3; /* from HEIGHT / 2: 3 outputs for 2 inputs */
    o.width = WIDTH / 4;           /* fewer than WIDTH / 2 */
    return square(graph, srd_graph_upsample(graph, NULL, square(graph, x, 2, 2, 0), &o), 1, 1, 0);
}

static srd_layer transposed_conv(srd_graph *graph, srd_layer x, int32_t kernel, int32_t pad, int32_t dilation)
{
    srd_conv_transpose2d_options o = SRD_CONV_TRANSPOSE2D_OPTIONS_INIT;
    srd_tensor *const weight = testing_const_view(4, (const int64_t[]){ 1, 1, kernel, kernel }, equal);

    o.stride_h = o.stride_w = 2;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = pad;
    o.dilation_h = o.dilation_w = dilation;
    x = srd_graph_relu(graph, NULL, srd_graph_conv_transpose2d(graph, NULL, square(graph, x, 4, 4, 0), weight, NULL, &o));
    srd_tensor_free(weight);
    return x;
}

static srd_layer transposed_2(srd_graph *graph, srd_layer x)
{
    return transposed_conv(graph, x, 2, 0, 1);
}

static srd_layer transposed_3(srd_graph *graph, srd_layer x)
{
    return transposed_conv(graph, x, 3, 1, 1);
}

static srd_layer transposed_4(srd_graph *graph, srd_layer x)
{
    return transposed_conv(graph, x, 4, 1, 1);
}

static srd_layer transposed_dilated(srd_graph *graph, srd_layer x)
{
    return transposed_conv(graph, x, 2, 0, 3);
}

static srd_layer uneven_adaptive(srd_graph *graph, srd_layer x)
{
    return square(graph, srd_graph_adaptive_avg_pool2d(graph, NULL, square(graph, x, 1, 1, 0), 24, 18), 1, 1, 0);
}

#endif
