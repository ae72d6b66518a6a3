/* segment_layers.h -- the layers that small graphs of test_segment.c are built of: two channels on a square of SIDE pixels, and numbers
 * that are told by the test. */
#ifndef TESTS_SEGMENT_LAYERS_H
#define TESTS_SEGMENT_LAYERS_H

#include "testing.h"

#define C 2 /* channels of all values but flat ones */
#define SIDE 4
#define X 0 /* the layer that begin() has added */

static srd_graph *begin(void)
{
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", C, SIDE, SIDE);
    return graph;
}

static void seal(srd_graph *graph, srd_layer output)
{
    srd_detail why = testing_new_detail();

    check_ok(srd_graph_output(graph, output, NULL));
    ck_assert_msg(srd_graph_seal(graph, &why) == SRD_OK, "%s: %s", why.layer_name, why.text);
}

static srd_tensor *vector(float a, float b)
{
    const int64_t shape[1] = { C };
    const float numbers[C] = { a, b };
    srd_tensor *view = testing_const_view(1, shape, numbers), *copy = NULL;

    check_ok(srd_tensor_create(SRD_FLOAT32, 1, shape, NULL, &copy, NULL));
    check_ok(srd_tensor_copy(view, copy, NULL));
    srd_tensor_free(view);
    return copy;
}

/* kernel x kernel, keeps the size of the picture; with the bias (a, b), unless both are 0. */
static srd_layer conv_biased(srd_graph *graph, const char *name, srd_layer input, int32_t kernel, float a, float b)
{
    static const float weights[C * C * 9] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    const int64_t shape[4] = { C, C, kernel, kernel };
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const weight = testing_const_view(4, shape, weights), *const bias = vector(a, b);
    srd_layer layer;

    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = kernel / 2;
    layer = srd_graph_conv2d(graph, name, input, weight, a != 0 || b != 0 ? bias : NULL, &options);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return layer;
}

static srd_layer conv(srd_graph *graph, const char *name, srd_layer input)
{
    return conv_biased(graph, name, input, 3, 0, 0);
}

/* Two outputs over a vector of so many numbers, with a bias. */
static srd_layer dense(srd_graph *graph, const char *name, srd_layer input, int32_t inputs)
{
    static const float weights[C * 4 * C * SIDE * SIDE] = { 1, 2, 3 };
    const int64_t shape[2] = { C, inputs };
    srd_tensor *const weight = testing_const_view(2, shape, weights), *const bias = vector(1, 2);
    const srd_layer layer = srd_graph_linear(graph, name, input, weight, bias, NULL);

    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return layer;
}

static srd_layer scale_shift(srd_graph *graph, const char *name, srd_layer input, float scale0, float scale1, float shift0,
                             float shift1)
{
    srd_tensor *const scale = vector(scale0, scale1), *const shift = vector(shift0, shift1);
    const srd_layer layer = srd_graph_scale_shift(graph, name, input, scale, shift);

    srd_tensor_free(scale);
    srd_tensor_free(shift);
    return layer;
}

/* A shift without a scale. */
static srd_layer shift_only(srd_graph *graph, const char *name, srd_layer input, float a, float b)
{
    srd_tensor *const shift = vector(a, b);
    const srd_layer layer = srd_graph_scale_shift(graph, name, input, NULL, shift);

    srd_tensor_free(shift);
    return layer;
}

/* gamma (2, -4), beta (1, 0), mean (3, 1), variance + eps (4, 16): scale (1, -1), shift (-2, 1). */
static srd_layer batch_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const gamma = vector(2, -4), *const beta = vector(1, 0), *const mean = vector(3, 1),
                      *const variance = vector(3, 15);
    const srd_layer layer = srd_graph_batch_norm(graph, name, input, gamma, beta, mean, variance, 1.0);

    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
    return layer;
}

static srd_layer group_norm(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_group_norm(graph, name, input, 1, NULL, NULL, 1e-5);
}

static srd_layer add(srd_graph *graph, const char *name, srd_layer a, srd_layer b)
{
    const srd_layer inputs[2] = { a, b };

    return srd_graph_add(graph, name, inputs, 2);
}

static srd_layer concat(srd_graph *graph, const char *name, srd_layer a, srd_layer b)
{
    const srd_layer inputs[2] = { a, b };

    return srd_graph_concat(graph, name, inputs, 2);
}

static srd_layer constant(srd_graph *graph, const char *name, float a, float b)
{
    srd_tensor *const value = vector(a, b);
    const srd_layer layer = srd_graph_constant(graph, name, value);

    srd_tensor_free(value);
    return layer;
}

static srd_layer pool(srd_graph *graph, const char *name, srd_layer input)
{
    srd_pool2d_options options = SRD_POOL2D_OPTIONS_INIT;

    options.kernel_h = options.kernel_w = 2;
    return srd_graph_max_pool2d(graph, name, input, &options);
}

#endif
