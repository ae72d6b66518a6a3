/*
 * adders.h -- one valid call of every layer-adding function behind one signature, so that what must hold for all of them is
 * tested for all of them. The input must be (3, 8, 8). Pointwise layers without parameters come from the list of kinds; all others
 * have their line in the table below (tests/abi/kinds.sh looks for it). Included by one test program each.
 */
#ifndef TESTS_ADDERS_H
#define TESTS_ADDERS_H

#include "testing.h"

typedef srd_layer (*adder)(srd_graph *graph, const char *name, srd_layer input);

/* Weights of any layer below: finite, positive. */
static const float adder_numbers[3 * 8 * 8 * 2] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static srd_tensor *adder_vector(void)
{
    const int64_t shape = 3;

    return testing_const_view(1, &shape, adder_numbers);
}

static srd_layer add_input(srd_graph *graph, const char *name, srd_layer input)
{
    (void)input;
    return srd_graph_input(graph, name, 3, 8, 8);
}

static srd_layer add_conv2d(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[4] = { 2, 3, 3, 3 };
    srd_tensor *const weight = testing_const_view(4, shape, adder_numbers);
    const srd_layer layer = srd_graph_conv2d(graph, name, input, weight, NULL, NULL);

    srd_tensor_free(weight);
    return layer;
}

static srd_layer add_linear(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[2] = { 2, 3 * 8 * 8 };
    srd_tensor *const weight = testing_const_view(2, shape, adder_numbers);
    const srd_layer layer = srd_graph_linear(graph, name, input, weight, NULL, NULL);

    srd_tensor_free(weight);
    return layer;
}

/* An int8 weight with scales and zero points. */
static srd_tensor *adder_bytes(int32_t rank, const int64_t *shape)
{
    static const int8_t bytes[2 * 3 * 8 * 8] = { 1, -2, 3, -4, 5, -6, 7, -8, 9 };
    srd_tensor *made = NULL;

    check_ok(srd_tensor_view_const(SRD_INT8, rank, shape, NULL, bytes, NULL, &made, NULL));
    return made;
}

static srd_layer add_linear_quantized(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[2] = { 2, 3 * 8 * 8 };
    srd_tensor *const weight = adder_bytes(2, shape), *const zero = adder_bytes(1, shape);
    srd_tensor *const scale = testing_const_view(1, shape, adder_numbers);
    srd_linear_options options = SRD_LINEAR_OPTIONS_INIT;
    srd_layer layer;

    options.weight_scale = scale;
    options.weight_zero = zero;
    layer = srd_graph_linear(graph, name, input, weight, NULL, &options);

    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(zero);
    return layer;
}

static srd_layer add_batch_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_batch_norm(graph, name, input, vector, vector, vector, vector, 1e-5);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_instance_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_instance_norm(graph, name, input, vector, vector, 1e-5);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_global_response_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_global_response_norm(graph, name, input, vector, NULL, 1e-6);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_group_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_group_norm(graph, name, input, 3, NULL, vector, 1e-5);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_scale_shift(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_scale_shift(graph, name, input, vector, vector);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_add(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_layer inputs[2] = { input, input };

    return srd_graph_add(graph, name, inputs, 2);
}

static srd_layer add_concat(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_layer inputs[2] = { input, input };

    return srd_graph_concat(graph, name, inputs, 2);
}

static srd_layer add_clip(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_clip(graph, name, input, 0.0f, 6.0f);
}

static srd_layer add_leaky_relu(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_leaky_relu(graph, name, input, 0.1f);
}

static srd_layer add_prelu(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_prelu(graph, name, input, vector);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_elu(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_elu(graph, name, input, 1.0f);
}

static srd_layer add_celu(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_celu(graph, name, input, 0.5f);
}

static srd_layer add_gelu(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_gelu(graph, name, input, 1);
}

static srd_layer add_local_response_norm(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_local_response_norm(graph, name, input, 5, 1e-4f, 0.75f, 1.0f);
}

static srd_layer add_adaptive_avg_pool2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_adaptive_avg_pool2d(graph, name, input, 3, 2);
}

static srd_pool2d_options adder_pool_options(void)
{
    srd_pool2d_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.kernel_h = o.kernel_w = 2;
    return o;
}

static srd_layer add_max_pool2d(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_pool2d_options o = adder_pool_options();

    return srd_graph_max_pool2d(graph, name, input, &o);
}

static srd_layer add_avg_pool2d(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_pool2d_options o = adder_pool_options();

    return srd_graph_avg_pool2d(graph, name, input, &o);
}

static srd_layer add_zero_pad2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_zero_pad2d(graph, name, input, 1, 2, 3, 4);
}

static srd_layer add_zero_channels(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_zero_channels(graph, name, input, 1, 2);
}

static srd_layer add_subsample2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_subsample2d(graph, name, input, 2, 3);
}

static srd_layer add_constant(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[3] = { 3, 8, 8 };
    srd_tensor *const value = testing_const_view(3, shape, adder_numbers);
    const srd_layer layer = srd_graph_constant(graph, name, value);

    (void)input;
    srd_tensor_free(value);
    return layer;
}

static srd_layer add_linear_tokens(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[2] = { 2, 3 };
    srd_tensor *const weight = testing_const_view(2, shape, adder_numbers);
    const srd_layer layer = srd_graph_linear_tokens(graph, name, input, weight, NULL, NULL);

    srd_tensor_free(weight);
    return layer;
}

static srd_layer add_linear_tokens_quantized(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[2] = { 2, 3 };
    srd_tensor *const weight = adder_bytes(2, shape);
    srd_tensor *const scale = testing_const_view(1, shape, adder_numbers);
    srd_linear_options options = SRD_LINEAR_OPTIONS_INIT;
    srd_layer layer;

    options.weight_scale = scale;
    layer = srd_graph_linear_tokens(graph, name, input, weight, NULL, &options);

    srd_tensor_free(weight);
    srd_tensor_free(scale);
    return layer;
}

static srd_layer add_conv_transpose2d(srd_graph *graph, const char *name, srd_layer input)
{
    const int64_t shape[4] = { 3, 2, 3, 3 };
    srd_tensor *const weight = testing_const_view(4, shape, adder_numbers);
    const srd_layer layer = srd_graph_conv_transpose2d(graph, name, input, weight, NULL, NULL);

    srd_tensor_free(weight);
    return layer;
}

static srd_layer add_layer_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_layer_norm(graph, name, input, vector, vector, 1e-6);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_rms_norm(srd_graph *graph, const char *name, srd_layer input)
{
    srd_tensor *const vector = adder_vector();
    const srd_layer layer = srd_graph_rms_norm(graph, name, input, vector, 1e-6);

    srd_tensor_free(vector);
    return layer;
}

static srd_layer add_l2_norm(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_l2_norm(graph, name, input, 1e-12);
}

static srd_layer add_gate(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_gate(graph, name, input, input);
}

static srd_layer add_constant_pad2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_constant_pad2d(graph, name, input, 1, 2, 3, 4, 0.5f);
}

static srd_layer add_slice(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_slice(graph, name, input, 1, 2);
}

static srd_layer add_shuffle(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_shuffle(graph, name, input, 3);
}

static srd_layer add_mean(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_mean(graph, name, input, SRD_AXIS_WIDTH);
}

static srd_layer add_sum(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_sum(graph, name, input, SRD_AXIS_WIDTH);
}

static srd_layer add_max(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_max(graph, name, input, SRD_AXIS_WIDTH);
}

static srd_layer add_adaptive_max_pool2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_adaptive_max_pool2d(graph, name, input, 3, 2);
}

static srd_layer add_maximum(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_layer inputs[2] = { input, input };

    return srd_graph_maximum(graph, name, inputs, 2);
}

static srd_layer add_minimum(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_layer inputs[2] = { input, input };

    return srd_graph_minimum(graph, name, inputs, 2);
}

static srd_layer add_max_channels(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_max_channels(graph, name, input, 1);
}

static srd_layer add_upsample(srd_graph *graph, const char *name, srd_layer input)
{
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.scale_h = 2.0f;
    o.scale_w = 1.5f;
    return srd_graph_upsample(graph, name, input, &o);
}

static srd_layer add_crop2d(srd_graph *graph, const char *name, srd_layer input)
{
    srd_crop2d_options o = SRD_CROP2D_OPTIONS_INIT;

    o.top = 1, o.left = 2, o.bottom = 3, o.right = 0;
    o.step_h = 1, o.step_w = -2;
    return srd_graph_crop2d(graph, name, input, &o);
}

static srd_layer add_roll2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_roll2d(graph, name, input, -3, 9);
}

static srd_layer add_reflection_pad2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_reflection_pad2d(graph, name, input, 1, 2, 3, 7);
}

static srd_layer add_replication_pad2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_replication_pad2d(graph, name, input, 1, 2, 3, 9);
}

static srd_layer add_circular_pad2d(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_circular_pad2d(graph, name, input, 1, 2, 3, 8);
}

static srd_layer add_window_partition(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_window_partition(graph, name, input, 4, 2, SRD_WINDOWS_BLOCKS);
}

static srd_layer add_window_reverse(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_window_reverse(graph, name, input, 16, 4, 4, 2, SRD_WINDOWS_GRID);
}

static srd_layer add_gather_channels(srd_graph *graph, const char *name, srd_layer input)
{
    static const int32_t channels[5] = { 2, 0, 1, 1, 2 };

    return srd_graph_gather_channels(graph, name, input, channels, 5);
}

static srd_layer add_depth_to_space(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_depth_to_space(graph, name, input, 1, 3, SRD_BLOCKS_LAST);
}

static srd_layer add_space_to_depth(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_space_to_depth(graph, name, input, 2, 4, SRD_BLOCKS_FIRST);
}

static const struct {
    const char *kind; /* as srd_graph_layer_kind() says */
    adder add;
    int32_t shape[3];
} adders[] = {
    { "input", add_input, { 3, 8, 8 } },
    { "conv2d", add_conv2d, { 2, 6, 6 } },
    { "linear", add_linear, { 2, 1, 1 } },
    { "linear", add_linear_quantized, { 2, 1, 1 } },
    { "linear_tokens", add_linear_tokens_quantized, { 2, 8, 8 } },
    { "batch_norm", add_batch_norm, { 3, 8, 8 } },
    { "instance_norm", add_instance_norm, { 3, 8, 8 } },
    { "group_norm", add_group_norm, { 3, 8, 8 } },
    { "global_response_norm", add_global_response_norm, { 3, 8, 8 } },
    { "scale_shift", add_scale_shift, { 3, 8, 8 } },
    { "add", add_add, { 3, 8, 8 } },
#define ADDER_POINTWISE(kind) { #kind, srd_graph_##kind, { 3, 8, 8 } },
#define ADDER_GATHER(kind)
#define ADDER_NOTHING(kind)
#define SRD__PLAIN(name, switch_, role, text) ADDER_##role(name)
#include "../../lib/layers/kinds.def"
    { "clip", add_clip, { 3, 8, 8 } },
    { "leaky_relu", add_leaky_relu, { 3, 8, 8 } },
    { "prelu", add_prelu, { 3, 8, 8 } },
    { "elu", add_elu, { 3, 8, 8 } },
    { "celu", add_celu, { 3, 8, 8 } },
    { "gelu", add_gelu, { 3, 8, 8 } },
    { "local_response_norm", add_local_response_norm, { 3, 8, 8 } },
    { "max_pool2d", add_max_pool2d, { 3, 4, 4 } },
    { "avg_pool2d", add_avg_pool2d, { 3, 4, 4 } },
    { "adaptive_avg_pool2d", add_adaptive_avg_pool2d, { 3, 3, 2 } },
    { "global_avg_pool", srd_graph_global_avg_pool, { 3, 1, 1 } },
    { "concat", add_concat, { 6, 8, 8 } },
    { "flatten", srd_graph_flatten, { 192, 1, 1 } },
    { "dropout", srd_graph_dropout, { 3, 8, 8 } },
    { "zero_pad2d", add_zero_pad2d, { 3, 12, 14 } },
    { "zero_channels", add_zero_channels, { 6, 8, 8 } },
    { "subsample2d", add_subsample2d, { 3, 4, 3 } },
    { "constant", add_constant, { 3, 8, 8 } },
    { "linear_tokens", add_linear_tokens, { 2, 8, 8 } },
    { "conv_transpose2d", add_conv_transpose2d, { 2, 10, 10 } },
    { "layer_norm", add_layer_norm, { 3, 8, 8 } },
    { "rms_norm", add_rms_norm, { 3, 8, 8 } },
    { "l2_norm", add_l2_norm, { 3, 8, 8 } },
    { "gate", add_gate, { 3, 8, 8 } },
    { "constant_pad2d", add_constant_pad2d, { 3, 12, 14 } },
    { "slice", add_slice, { 2, 8, 8 } },
    { "shuffle", add_shuffle, { 3, 8, 8 } },
    { "transpose", srd_graph_transpose, { 3, 8, 8 } },
    { "mean", add_mean, { 3, 8, 1 } },
    { "sum", add_sum, { 3, 8, 1 } },
    { "max", add_max, { 3, 8, 1 } },
    { "adaptive_max_pool2d", add_adaptive_max_pool2d, { 3, 3, 2 } },
    { "global_max_pool", srd_graph_global_max_pool, { 3, 1, 1 } },
    { "maximum", add_maximum, { 3, 8, 8 } },
    { "minimum", add_minimum, { 3, 8, 8 } },
    { "max_channels", add_max_channels, { 1, 8, 8 } },
    { "upsample", add_upsample, { 3, 16, 12 } },
    { "crop2d", add_crop2d, { 3, 4, 3 } },
    { "roll2d", add_roll2d, { 3, 8, 8 } },
    { "reflection_pad2d", add_reflection_pad2d, { 3, 12, 17 } },
    { "replication_pad2d", add_replication_pad2d, { 3, 12, 19 } },
    { "circular_pad2d", add_circular_pad2d, { 3, 12, 18 } },
    { "window_partition", add_window_partition, { 3, 8, 8 } },
    { "window_reverse", add_window_reverse, { 3, 16, 4 } },
    { "gather_channels", add_gather_channels, { 5, 8, 8 } },
    { "depth_to_space", add_depth_to_space, { 1, 8, 24 } },
    { "space_to_depth", add_space_to_depth, { 24, 4, 2 } },
};

/*
 * Not in the table: srd_graph_custom() (tests/api/test_custom.c); add_constant, which adds two layers, and those whose input is one
 * row of tokens or whose sizes are the caller's: srd_graph_add_constant() srd_graph_attention() srd_graph_concat_tokens()
 * srd_graph_select_tokens() srd_graph_reshape(). tests/api/test_tokens.c has them.
 */
#define ADDERS ((int)(sizeof adders / sizeof *adders))

#endif
