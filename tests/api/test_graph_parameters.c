/*
 * test_graph_parameters.c -- parameters of single layers that are out of range or do not fit: each is a small function that
 * adds the layer "bad", and a row of the table that says how the graph must fail.
 */
#include <math.h>

#include "testing.h"

/* Numbers for weights that are all good. */
static const float good[4096] = { 1.0f, 2.0f, 3.0f };

static srd_tensor *tensor(int32_t rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    const int64_t shape[4] = { a, b, c, d };

    return testing_const_view(rank, shape, good);
}

static srd_tensor *vector(int64_t length)
{
    return tensor(1, length, 1, 1, 1);
}

/* One number repeated by strides of 0, so that a long axis needs no memory. */
static srd_tensor *long_axis(void)
{
    const int64_t shape[4] = { (1 << 24) + 1, 3, 1, 1 }, strides[4] = { 0, 0, 0, 0 };
    srd_tensor *made = NULL;

    check_ok(srd_tensor_view_const(SRD_FLOAT32, 4, shape, strides, good, NULL, &made, NULL));
    return made;
}

static srd_tensor *vector_with(float number)
{
    static float all[2][3]; /* a layer has no more than two of these */
    static int calls;
    float *const numbers = all[calls++ % 2];
    const int64_t shape = 3;

    numbers[0] = numbers[1] = 1.0f;
    numbers[2] = number;
    return testing_const_view(1, &shape, numbers);
}

/* One bad layer per line. */
/* clang-format off */

/* ---- convolution: input 0 is (3, 8, 8), input 1 is (4, 8, 8) ---- */

/* Frees weight and bias. */
static void conv(srd_graph *graph, srd_layer input, srd_tensor *weight, srd_tensor *bias, const srd_conv2d_options *options)
{
    ck_assert_int_eq(srd_graph_conv2d(graph, "bad", input, weight, bias, options), SRD_LAYER_NONE);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}

static srd_conv2d_options conv_options(void)
{
    srd_conv2d_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    return o;
}

static void conv_null_weight(srd_graph *g) { conv(g, 0, NULL, NULL, NULL); }
static void conv_rank_2(srd_graph *g) { conv(g, 0, tensor(2, 4, 27, 1, 1), NULL, NULL); }
static void conv_channels(srd_graph *g) { conv(g, 0, tensor(4, 2, 4, 3, 3), NULL, NULL); }
static void conv_too_large(srd_graph *g) { conv(g, 0, tensor(4, 2, 3, 9, 9), NULL, NULL); }
static void conv_bias_length(srd_graph *g) { conv(g, 0, tensor(4, 2, 3, 3, 3), vector(3), NULL); }
static void conv_bias_rank(srd_graph *g) { conv(g, 0, tensor(4, 2, 3, 3, 3), tensor(2, 2, 1, 1, 1), NULL); }
static void conv_bias_nan(srd_graph *g) { conv(g, 0, tensor(4, 3, 3, 3, 3), vector_with(NAN), NULL); }
static void conv_bias_inf(srd_graph *g) { conv(g, 0, tensor(4, 3, 3, 3, 3), vector_with(-INFINITY), NULL); }

static void conv_with(srd_graph *g, size_t field, int32_t value)
{
    srd_conv2d_options o = conv_options();

    memcpy((char *)&o + field, &value, sizeof value);
    conv(g, 1, tensor(4, 4, 4, 3, 3), NULL, &o);
}

static void conv_stride_h(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, stride_h), -1); }
static void conv_stride_w(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, stride_w), INT32_MIN); }
static void conv_pad_top(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, pad_top), -1); }
static void conv_pad_left(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, pad_left), -1); }
static void conv_pad_bottom(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, pad_bottom), -1); }
static void conv_pad_right(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, pad_right), -1); }
static void conv_dilation_h(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, dilation_h), -2); }
static void conv_dilation_w(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, dilation_w), -2); }
static void conv_groups(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, groups), -1); }
static void conv_groups_3_of_4(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, groups), 3); }
static void conv_groups_2_channels(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, groups), 2); }
static void conv_size_0(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, struct_size), 0); }
static void conv_axis_long(srd_graph *g) { conv(g, 0, long_axis(), NULL, NULL); }
static void conv_dilation_large(srd_graph *g) { conv_with(g, offsetof(srd_conv2d_options, dilation_h), INT32_MAX); }

/* ---- fully connected ---- */

static void linear(srd_graph *graph, srd_tensor *weight, srd_tensor *bias)
{
    ck_assert_int_eq(srd_graph_linear(graph, "bad", 0, weight, bias, NULL), SRD_LAYER_NONE);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}

static void linear_null_weight(srd_graph *g) { linear(g, NULL, NULL); }
static void linear_rank_4(srd_graph *g) { linear(g, tensor(4, 2, 192, 1, 1), NULL); }
static void linear_columns(srd_graph *g) { linear(g, tensor(2, 2, 191, 1, 1), NULL); }
static void linear_bias_length(srd_graph *g) { linear(g, tensor(2, 2, 192, 1, 1), vector(1)); }
static void linear_bias_nan(srd_graph *g) { linear(g, tensor(2, 3, 192, 1, 1), vector_with(NAN)); }

/* ---- post layers ---- */

static void batch_norm(srd_graph *graph, srd_tensor *gamma, srd_tensor *beta, srd_tensor *mean, srd_tensor *variance, double eps)
{
    ck_assert_int_eq(srd_graph_batch_norm(graph, "bad", 0, gamma, beta, mean, variance, eps), SRD_LAYER_NONE);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
}

static void bn_null_mean(srd_graph *g) { batch_norm(g, NULL, NULL, NULL, vector_with(1), 0.1); }
static void bn_null_variance(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), NULL, 0.1); }
static void bn_channels(srd_graph *g) { batch_norm(g, NULL, NULL, vector(4), vector(4), 0.1); }
static void bn_gamma_length(srd_graph *g) { batch_norm(g, vector(2), NULL, vector(3), vector(3), 0.1); }
static void bn_beta_length(srd_graph *g) { batch_norm(g, NULL, vector(4), vector(3), vector(3), 0.1); }
static void bn_variance_length(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector(2), 0.1); }
static void bn_gamma_nan(srd_graph *g) { batch_norm(g, vector_with(NAN), NULL, vector(3), vector(3), 0.1); }
static void bn_mean_inf(srd_graph *g) { batch_norm(g, NULL, NULL, vector_with(INFINITY), vector(3), 0.1); }
static void bn_variance_nan(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector_with(NAN), 0.1); }
static void bn_variance_0(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector_with(0), 0.0); }
static void bn_variance_negative(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector_with(-1), 0.5); }
static void bn_eps_nan(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector(3), (double)NAN); }
static void bn_eps_inf(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector(3), (double)INFINITY); }
static void bn_eps_negative(srd_graph *g) { batch_norm(g, NULL, NULL, vector(3), vector_with(1), -0.5); }
static void bn_overflow(srd_graph *g) { batch_norm(g, vector_with(3e38f), NULL, vector(3), vector_with(1e-30f), 0.0); }

/* groups -1: an instance norm */
static void norm(srd_graph *graph, int32_t input, int32_t groups, srd_tensor *gamma, srd_tensor *beta, double eps)
{
    ck_assert_int_eq(groups == -1 ? srd_graph_instance_norm(graph, "bad", input, gamma, beta, eps)
                                  : srd_graph_group_norm(graph, "bad", input, groups, gamma, beta, eps),
                     SRD_LAYER_NONE);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
}

static void gn_groups_0(srd_graph *g) { norm(g, 0, 0, NULL, NULL, 0.1); }
static void gn_groups_negative(srd_graph *g) { norm(g, 0, INT32_MIN, NULL, NULL, 0.1); }
static void gn_groups_2_of_3(srd_graph *g) { norm(g, 0, 2, NULL, NULL, 0.1); }
static void gn_groups_3_of_4(srd_graph *g) { norm(g, 1, 3, vector(4), vector(4), 0.1); }
static void gn_groups_large(srd_graph *g) { norm(g, 0, INT32_MAX, NULL, NULL, 0.1); }
static void gn_channels(srd_graph *g) { norm(g, 0, 1, vector(4), NULL, 0.1); }
static void gn_beta_length(srd_graph *g) { norm(g, 0, 1, vector(3), vector(2), 0.1); }
static void gn_gamma_nan(srd_graph *g) { norm(g, 0, 3, vector_with(NAN), NULL, 0.1); }
static void gn_beta_inf(srd_graph *g) { norm(g, 0, 3, NULL, vector_with(INFINITY), 0.1); }
static void gn_eps_nan(srd_graph *g) { norm(g, 0, 1, NULL, NULL, (double)NAN); }
static void gn_eps_inf(srd_graph *g) { norm(g, 0, 1, NULL, NULL, (double)INFINITY); }
static void gn_eps_negative(srd_graph *g) { norm(g, 0, 1, NULL, NULL, -1e-5); }
static void in_channels(srd_graph *g) { norm(g, 0, -1, NULL, vector(4), 0.1); }
static void in_gamma_rank(srd_graph *g) { norm(g, 0, -1, tensor(2, 3, 1, 1, 1), NULL, 0.1); }
static void in_gamma_inf(srd_graph *g) { norm(g, 0, -1, vector_with(-INFINITY), NULL, 0.1); }
static void in_beta_nan(srd_graph *g) { norm(g, 0, -1, vector(3), vector_with(NAN), 0.1); }
static void in_eps_nan(srd_graph *g) { norm(g, 0, -1, NULL, NULL, (double)NAN); }
static void in_eps_negative(srd_graph *g) { norm(g, 0, -1, NULL, NULL, -1.0); }

static void response_norm(srd_graph *graph, srd_tensor *gamma, srd_tensor *beta, double eps)
{
    ck_assert_int_eq(srd_graph_global_response_norm(graph, "bad", 0, gamma, beta, eps), SRD_LAYER_NONE);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
}

static void grn_channels(srd_graph *g) { response_norm(g, vector(4), NULL, 1e-6); }
static void grn_beta_nan(srd_graph *g) { response_norm(g, vector(3), vector_with(NAN), 1e-6); }
static void grn_eps_negative(srd_graph *g) { response_norm(g, NULL, NULL, -1e-6); }
static void grn_eps_nan(srd_graph *g) { response_norm(g, NULL, NULL, (double)NAN); }

static void scale_shift(srd_graph *graph, srd_tensor *scale, srd_tensor *shift)
{
    ck_assert_int_eq(srd_graph_scale_shift(graph, "bad", 0, scale, shift), SRD_LAYER_NONE);
    srd_tensor_free(scale);
    srd_tensor_free(shift);
}

static void scale_length(srd_graph *g) { scale_shift(g, vector(4), NULL); }
static void shift_length(srd_graph *g) { scale_shift(g, NULL, vector(2)); }
static void scale_and_shift_differ(srd_graph *g) { scale_shift(g, vector(3), vector(2)); }
static void scale_nan(srd_graph *g) { scale_shift(g, vector_with(NAN), NULL); }
static void shift_inf(srd_graph *g) { scale_shift(g, NULL, vector_with(INFINITY)); }
static void scale_and_shift_null(srd_graph *g) { scale_shift(g, NULL, NULL); }
static void scale_rank_0(srd_graph *g) { scale_shift(g, tensor(0, 1, 1, 1, 1), NULL); }

/* ---- layers of several inputs: 0 is (3, 8, 8), 1 is (4, 8, 8), 2 is (3, 4, 8) ---- */

static void add_of(srd_graph *graph, srd_layer a, srd_layer b, int32_t count)
{
    const srd_layer inputs[2] = { a, b };

    ck_assert_int_eq(srd_graph_add(graph, "bad", inputs, count), SRD_LAYER_NONE);
}

static void concat_of(srd_graph *graph, srd_layer a, srd_layer b, int32_t count)
{
    const srd_layer inputs[2] = { a, b };

    ck_assert_int_eq(srd_graph_concat(graph, "bad", inputs, count), SRD_LAYER_NONE);
}

static void add_null(srd_graph *g) { ck_assert_int_eq(srd_graph_add(g, "bad", NULL, 2), SRD_LAYER_NONE); }
static void add_0(srd_graph *g) { add_of(g, 0, 0, 0); }
static void add_1(srd_graph *g) { add_of(g, 0, 0, 1); }
static void add_negative(srd_graph *g) { add_of(g, 0, 0, -1); }
static void add_channels(srd_graph *g) { add_of(g, 0, 1, 2); }
static void add_sizes(srd_graph *g) { add_of(g, 0, 2, 2); }
static void add_unknown(srd_graph *g) { add_of(g, 0, 50, 2); }
static void concat_null(srd_graph *g) { ck_assert_int_eq(srd_graph_concat(g, "bad", NULL, 1), SRD_LAYER_NONE); }
static void concat_0(srd_graph *g) { concat_of(g, 0, 0, 0); }
static void concat_negative(srd_graph *g) { concat_of(g, 0, 0, INT32_MIN); }
static void concat_sizes(srd_graph *g) { concat_of(g, 0, 2, 2); }
static void concat_unknown(srd_graph *g) { concat_of(g, 0, -7, 2); }

/* ---- pointwise and gather layers ---- */

static void clip(srd_graph *graph, float low, float high)
{
    ck_assert_int_eq(srd_graph_clip(graph, "bad", 0, low, high), SRD_LAYER_NONE);
}

static void clip_equal(srd_graph *g) { clip(g, 1, 1); }
static void clip_nan_low(srd_graph *g) { clip(g, NAN, 1); }
static void clip_nan_high(srd_graph *g) { clip(g, 0, NAN); }
static void clip_inf(srd_graph *g) { clip(g, 0, INFINITY); }
static void leaky_nan(srd_graph *g) { ck_assert_int_eq(srd_graph_leaky_relu(g, "bad", 0, NAN), SRD_LAYER_NONE); }
static void leaky_inf(srd_graph *g) { ck_assert_int_eq(srd_graph_leaky_relu(g, "bad", 0, INFINITY), SRD_LAYER_NONE); }

static void prelu(srd_graph *graph, srd_tensor *slopes)
{
    ck_assert_int_eq(srd_graph_prelu(graph, "bad", 0, slopes), SRD_LAYER_NONE);
    srd_tensor_free(slopes);
}

static void prelu_null(srd_graph *g) { prelu(g, NULL); }
static void prelu_length(srd_graph *g) { prelu(g, vector(2)); }
static void prelu_rank(srd_graph *g) { prelu(g, tensor(2, 3, 1, 1, 1)); }
static void prelu_nan(srd_graph *g) { prelu(g, vector_with(NAN)); }
static void elu_nan(srd_graph *g) { ck_assert_int_eq(srd_graph_elu(g, "bad", 0, NAN), SRD_LAYER_NONE); }
static void elu_inf(srd_graph *g) { ck_assert_int_eq(srd_graph_elu(g, "bad", 0, -INFINITY), SRD_LAYER_NONE); }
static void celu_0(srd_graph *g) { ck_assert_int_eq(srd_graph_celu(g, "bad", 0, 0.0f), SRD_LAYER_NONE); }
static void celu_nan(srd_graph *g) { ck_assert_int_eq(srd_graph_celu(g, "bad", 0, NAN), SRD_LAYER_NONE); }
static void celu_inf(srd_graph *g) { ck_assert_int_eq(srd_graph_celu(g, "bad", 0, INFINITY), SRD_LAYER_NONE); }
static void gelu_2(srd_graph *g) { ck_assert_int_eq(srd_graph_gelu(g, "bad", 0, 2), SRD_LAYER_NONE); }
static void gelu_negative(srd_graph *g) { ck_assert_int_eq(srd_graph_gelu(g, "bad", 0, -1), SRD_LAYER_NONE); }

static void lrn(srd_graph *graph, int32_t size, float alpha, float beta, float k)
{
    ck_assert_int_eq(srd_graph_local_response_norm(graph, "bad", 0, size, alpha, beta, k), SRD_LAYER_NONE);
}

static void lrn_size_0(srd_graph *g) { lrn(g, 0, 1, 1, 1); }
static void lrn_size_64(srd_graph *g) { lrn(g, 64, 1, 1, 1); }
static void lrn_alpha(srd_graph *g) { lrn(g, 5, -1, 1, 1); }
static void lrn_alpha_nan(srd_graph *g) { lrn(g, 5, NAN, 1, 1); }
static void lrn_beta_inf(srd_graph *g) { lrn(g, 5, 1, INFINITY, 1); }
static void lrn_k_0(srd_graph *g) { lrn(g, 5, 1, 1, 0); }

static void adaptive(srd_graph *graph, int32_t height, int32_t width)
{
    ck_assert_int_eq(srd_graph_adaptive_avg_pool2d(graph, "bad", 0, height, width), SRD_LAYER_NONE);
}

static void adaptive_0(srd_graph *g) { adaptive(g, 0, 2); }
static void adaptive_negative(srd_graph *g) { adaptive(g, 2, -1); }

static void rms(srd_graph *g, srd_tensor *gamma, double eps)
{
    ck_assert_int_eq(srd_graph_rms_norm(g, "bad", 0, gamma, eps), SRD_LAYER_NONE);
    srd_tensor_free(gamma);
}

static void rms_gamma_length(srd_graph *g) { rms(g, vector(2), 1e-6); }
static void rms_gamma_nan(srd_graph *g) { rms(g, vector_with(NAN), 1e-6); }
static void rms_eps_nan(srd_graph *g) { rms(g, NULL, (double)NAN); }
static void rms_eps_negative(srd_graph *g) { rms(g, NULL, -1e-6); }
static void l2_eps_inf(srd_graph *g) { ck_assert_int_eq(srd_graph_l2_norm(g, "bad", 0, (double)INFINITY), SRD_LAYER_NONE); }
static void l2_eps_negative(srd_graph *g) { ck_assert_int_eq(srd_graph_l2_norm(g, "bad", 0, -1.0), SRD_LAYER_NONE); }

static void adaptive_max(srd_graph *g, int32_t h, int32_t w)
{
    ck_assert_int_eq(srd_graph_adaptive_max_pool2d(g, "bad", 0, h, w), SRD_LAYER_NONE);
}

static void adaptive_max_0(srd_graph *g) { adaptive_max(g, 0, 2); }
static void adaptive_max_large(srd_graph *g) { adaptive_max(g, 1 << 20, 1 << 20); }
static void sum_axes_0(srd_graph *g) { ck_assert_int_eq(srd_graph_sum(g, "bad", 0, 0), SRD_LAYER_NONE); }
static void sum_axes_4(srd_graph *g) { ck_assert_int_eq(srd_graph_sum(g, "bad", 0, 4), SRD_LAYER_NONE); }
static void max_axes_0(srd_graph *g) { ck_assert_int_eq(srd_graph_max(g, "bad", 0, 0), SRD_LAYER_NONE); }
static void max_axes_negative(srd_graph *g) { ck_assert_int_eq(srd_graph_max(g, "bad", 0, -1), SRD_LAYER_NONE); }

typedef srd_layer (*joiner)(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count);

static void largest_of(srd_graph *g, joiner call, srd_layer second, int32_t count)
{
    const srd_layer inputs[2] = { 0, second };

    ck_assert_int_eq(call(g, "bad", inputs, count), SRD_LAYER_NONE);
}

static void maximum_null(srd_graph *g) { ck_assert_int_eq(srd_graph_maximum(g, "bad", NULL, 2), SRD_LAYER_NONE); }
static void maximum_1(srd_graph *g) { largest_of(g, srd_graph_maximum, 0, 1); }
static void maximum_sizes(srd_graph *g) { largest_of(g, srd_graph_maximum, 2, 2); }
static void minimum_negative(srd_graph *g) { largest_of(g, srd_graph_minimum, 0, -1); }
static void minimum_unknown(srd_graph *g) { largest_of(g, srd_graph_minimum, 50, 2); }
static void max_channels_0(srd_graph *g) { ck_assert_int_eq(srd_graph_max_channels(g, "bad", 0, 0), SRD_LAYER_NONE); }
static void max_channels_2_of_3(srd_graph *g) { ck_assert_int_eq(srd_graph_max_channels(g, "bad", 0, 2), SRD_LAYER_NONE); }

/* Both pools, with one field of otherwise good options (kernel 2 x 2) changed. */
static void pool_with(srd_graph *g, size_t field, int32_t value)
{
    srd_pool2d_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.kernel_h = o.kernel_w = 2;
    memcpy((char *)&o + field, &value, sizeof value);
    ck_assert_int_eq(srd_graph_layer_count(g) == 3 ? srd_graph_max_pool2d(g, "bad", 0, &o) : srd_graph_avg_pool2d(g, "bad", 0, &o),
                     SRD_LAYER_NONE);
}

static void pool_kernel_h(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, kernel_h), 0); }
static void pool_kernel_w(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, kernel_w), -3); }
static void pool_kernel_large(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, kernel_h), INT32_MAX); }
static void pool_kernel_9(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, kernel_w), 9); }
static void pool_stride_h(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, stride_h), -1); }
static void pool_stride_w(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, stride_w), -1); }
static void pool_pad_top(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, pad_top), 2); }
static void pool_pad_left(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, pad_left), -1); }
static void pool_pad_bottom(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, pad_bottom), 2); }
static void pool_pad_right(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, pad_right), INT32_MAX); }
static void pool_size_0(srd_graph *g) { pool_with(g, offsetof(srd_pool2d_options, struct_size), 0); }
static void pool_null(srd_graph *g) { ck_assert_int_eq(srd_graph_max_pool2d(g, "bad", 0, NULL), SRD_LAYER_NONE); }

static void pad(srd_graph *g, int32_t top, int32_t left, int32_t bottom, int32_t right)
{
    ck_assert_int_eq(srd_graph_zero_pad2d(g, "bad", 0, top, left, bottom, right), SRD_LAYER_NONE);
}

static void pad_top(srd_graph *g) { pad(g, -1, 0, 0, 0); }
static void pad_left(srd_graph *g) { pad(g, 0, -1, 0, 0); }
static void pad_bottom(srd_graph *g) { pad(g, 0, 0, INT32_MIN, 0); }
static void pad_right(srd_graph *g) { pad(g, 0, 0, 0, -1); }
static void pad_large(srd_graph *g) { pad(g, INT32_MAX, 0, INT32_MAX, 0); }

static void zero_channels(srd_graph *g, int32_t before, int32_t after)
{
    ck_assert_int_eq(srd_graph_zero_channels(g, "bad", 0, before, after), SRD_LAYER_NONE);
}

static void channels_before(srd_graph *g) { zero_channels(g, -1, 0); }
static void channels_after(srd_graph *g) { zero_channels(g, 0, -1); }
static void channels_large(srd_graph *g) { zero_channels(g, INT32_MAX, INT32_MAX); }
static void subsample_h(srd_graph *g) { ck_assert_int_eq(srd_graph_subsample2d(g, "bad", 0, 0, 1), SRD_LAYER_NONE); }
static void subsample_w(srd_graph *g) { ck_assert_int_eq(srd_graph_subsample2d(g, "bad", 0, 1, -1), SRD_LAYER_NONE); }
static void input_channels(srd_graph *g) { ck_assert_int_eq(srd_graph_input(g, "bad", 0, 8, 8), SRD_LAYER_NONE); }
static void input_height(srd_graph *g) { ck_assert_int_eq(srd_graph_input(g, "bad", 1, -1, 8), SRD_LAYER_NONE); }
static void input_width(srd_graph *g) { ck_assert_int_eq(srd_graph_input(g, "bad", 1, 8, INT32_MIN), SRD_LAYER_NONE); }

/* ---- fully connected at every position, transposed convolution, upsampling, numbers around a picture ---- */

static void tokens(srd_graph *g, srd_tensor *weight, srd_tensor *bias)
{
    ck_assert_int_eq(srd_graph_linear_tokens(g, "bad", 0, weight, bias, NULL), SRD_LAYER_NONE);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}

static void tokens_null_weight(srd_graph *g) { tokens(g, NULL, NULL); }
static void tokens_rank_4(srd_graph *g) { tokens(g, tensor(4, 2, 3, 1, 1), NULL); }
static void tokens_columns(srd_graph *g) { tokens(g, tensor(2, 2, 4, 1, 1), NULL); }
static void tokens_bias_length(srd_graph *g) { tokens(g, tensor(2, 2, 3, 1, 1), vector(3)); }

static void transposed(srd_graph *g, srd_tensor *weight, int32_t stride_h, int32_t output_pad_w, int32_t groups)
{
    srd_conv_transpose2d_options o = SRD_CONV_TRANSPOSE2D_OPTIONS_INIT;

    o.stride_h = stride_h, o.output_pad_w = output_pad_w, o.groups = groups;
    ck_assert_int_eq(srd_graph_conv_transpose2d(g, "bad", 0, weight, NULL, &o), SRD_LAYER_NONE);
    srd_tensor_free(weight);
}

static void transposed_null_weight(srd_graph *g) { transposed(g, NULL, 1, 0, 1); }
static void transposed_channels(srd_graph *g) { transposed(g, tensor(4, 4, 2, 3, 3), 1, 0, 1); }
static void transposed_stride(srd_graph *g) { transposed(g, tensor(4, 3, 2, 3, 3), -1, 0, 1); }
static void transposed_output_pad(srd_graph *g) { transposed(g, tensor(4, 3, 2, 3, 3), 1, -1, 1); }
static void transposed_groups(srd_graph *g) { transposed(g, tensor(4, 3, 2, 3, 3), 1, 0, -1); }

static void upsample(srd_graph *g, int32_t mode, int32_t align, int32_t height, int32_t width, float scale_h, float scale_w)
{
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.mode = mode, o.align_corners = align, o.height = height, o.width = width, o.scale_h = scale_h, o.scale_w = scale_w;
    ck_assert_int_eq(srd_graph_upsample(g, "bad", 0, &o), SRD_LAYER_NONE);
}

static void upsample_null(srd_graph *g) { ck_assert_int_eq(srd_graph_upsample(g, "bad", 0, NULL), SRD_LAYER_NONE); }
static void upsample_mode(srd_graph *g) { upsample(g, 7, 0, 16, 16, 0, 0); }
static void upsample_align(srd_graph *g) { upsample(g, SRD_UPSAMPLE_BILINEAR, 2, 16, 16, 0, 0); }
static void upsample_nearest_aligned(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 1, 16, 16, 0, 0); }
static void upsample_nothing(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, 0, 0, 0, 0); }
static void upsample_both(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, 16, 16, 2, 2); }
static void upsample_one_size(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, 16, 0, 0, 0); }
static void upsample_negative(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, 0, 0, 2, -2); }
static void upsample_nan(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, 0, 0, NAN, 2); }
static void upsample_inf(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, 0, 0, 2, INFINITY); }
static void upsample_large(srd_graph *g) { upsample(g, SRD_UPSAMPLE_NEAREST, 0, INT32_MAX, INT32_MAX, 0, 0); }

static void around(srd_graph *g, int32_t top, int32_t left, int32_t bottom, int32_t right, float value)
{
    ck_assert_int_eq(srd_graph_constant_pad2d(g, "bad", 0, top, left, bottom, right, value), SRD_LAYER_NONE);
}

static void around_top(srd_graph *g) { around(g, -1, 0, 0, 0, 1); }
static void around_right(srd_graph *g) { around(g, 0, 0, 0, -1, 1); }
static void around_large(srd_graph *g) { around(g, INT32_MAX, 0, INT32_MAX, 0, 1); }
static void around_nan(srd_graph *g) { around(g, 1, 1, 1, 1, NAN); }
static void around_inf(srd_graph *g) { around(g, 1, 1, 1, 1, -INFINITY); }

/* clang-format on */

#include "graph_parameter_table.h"

/* twice: pools once as a max-pool and once, with a layer more in the graph, as an average pool. */
static void check_row(int row, int twice)
{
    srd_graph *graph = NULL;
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "three", 3, 8, 8);
    (void)srd_graph_input(graph, "four", 4, 8, 8);
    (void)srd_graph_input(graph, "half", 3, 4, 8);
    if (twice) (void)srd_graph_relu(graph, "one more", 0);
    rows[row].add(graph);
    ck_assert_int_eq(srd_graph_layer_count(graph), 3 + twice);
    check_status(srd_graph_seal(graph, &detail), rows[row].status);
    if (rows[row].words != NULL) check_detail(&detail, rows[row].status, "bad", rows[row].words);
    srd_graph_free(graph);
}

START_TEST(bad_parameters_are_refused)
{
    check_row(_i, 0);
    check_row(_i, 1);
}
END_TEST

/* Numbers of convolutions and fully connected layers are looked at when the graph is sealed, whatever the policy. */
START_TEST(a_nan_weight_fails_at_seal)
{
    static float numbers[3 * 192];
    const float wrong[3] = { NAN, INFINITY, -INFINITY };
    const srd_graph_options options = { (uint32_t)sizeof options, _i % 2 == 0 ? SRD_WEIGHTS_COPY : SRD_WEIGHTS_BORROW };
    const int64_t conv_shape[4] = { 3, 3, 3, 3 }, linear_shape[2] = { 3, 192 };
    const int64_t count = _i < 2 ? 81 : 576;
    srd_tensor *const weight = testing_view(_i < 2 ? 4 : 2, _i < 2 ? conv_shape : linear_shape, numbers);

    for (int64_t at = 0; at < count; at += 40) {
        srd_graph *graph = NULL;
        srd_detail detail = testing_new_detail();
        srd_layer layer;

        memset(numbers, 0, sizeof numbers);
        numbers[at] = wrong[at % 3];
        check_ok(srd_graph_create(&options, NULL, &graph, NULL));
        (void)srd_graph_input(graph, "x", 3, 8, 8);
        if (_i < 2) layer = srd_graph_conv2d(graph, "bad", 0, weight, NULL, NULL);
        else layer = srd_graph_linear(graph, "bad", 0, weight, NULL, NULL);
        (void)srd_graph_output(graph, srd_graph_relu(graph, "relu", layer), testing_reason());
        check_status(srd_graph_seal(graph, &detail), SRD_ERR_NUMBER);
        check_detail(&detail, SRD_ERR_NUMBER, "bad", "weight");
        srd_graph_free(graph);
    }
    srd_tensor_free(weight);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { bad_parameters_are_refused, 0, ROWS },
        { a_nan_weight_fails_at_seal, 0, 4 },
        { NULL, 0, 0 },
    };

    return testing_main("graph_parameters", list);
}
