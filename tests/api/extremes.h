/*
 * extremes.h -- building, running and asking the networks of test_extremes.c and test_extreme_sizes.c, which somebody made up
 * to break the library.
 */
#ifndef TESTS_EXTREMES_H
#define TESTS_EXTREMES_H

#include <math.h>

#include "testing.h"
#include "testnet.h"

/* ---- building ---- */

static inline srd_graph *new_graph(void)
{
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    return graph;
}

static inline srd_conv2d_options conv_options(void)
{
    const srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    return o;
}

static inline srd_layer conv(srd_graph *graph, srd_layer input, int64_t outputs, int64_t inputs, int64_t height, int64_t width,
                             const float *weight, const float *bias, const srd_conv2d_options *options)
{
    const int64_t shape[4] = { outputs, inputs, height, width };
    srd_tensor *const w = testing_const_view(4, shape, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, shape, bias) : NULL;
    const srd_layer layer = srd_graph_conv2d(graph, NULL, input, w, b, options);

    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

static inline srd_pool2d_options pool_options(int32_t kernel, int32_t stride, int32_t pad)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;

    o.kernel_h = o.kernel_w = kernel;
    o.stride_h = o.stride_w = stride;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = pad;
    return o;
}

static inline void seal(srd_graph *graph, srd_layer output)
{
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_output(graph, output, testing_reason()));
    ck_assert_msg(srd_graph_seal(graph, &detail) == SRD_OK, "%s: %s", detail.layer_name, detail.text);
}

/* ---- running ---- */

/* An explainer of these pictures, one after the other, for layer 0, and the status of its run. */
static inline srd_explainer *run(srd_graph *graph, int32_t mode, int32_t batch, const float *pictures, srd_status want)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer;
    srd_tensor *input;
    int64_t shape[4];
    int32_t size[3];

    o.mode = mode;
    o.batch = batch;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_layer_shape(explainer, 0, size, testing_reason()));
    shape[0] = batch;
    for (int i = 0; i < 3; ++i) shape[1 + i] = size[i];
    input = testing_const_view(4, shape, pictures);
    check_status(srd_explainer_run(explainer, (const srd_tensor *const[]){ input }, 1, NULL, testing_reason()), want);
    srd_tensor_free(input);
    return explainer;
}

/* The value of an output, which has this many numbers. */
static inline void value(srd_explainer *explainer, srd_layer layer, int count, float *numbers)
{
    int32_t size[3];
    int64_t shape[3];
    srd_tensor *view;

    check_ok(srd_explainer_layer_shape(explainer, layer, size, testing_reason()));
    for (int i = 0; i < 3; ++i) shape[i] = size[i];
    ck_assert_int_eq(shape[0] * shape[1] * shape[2], count);
    view = testing_view(3, shape, numbers);
    check_ok(srd_explainer_value(explainer, layer, view, testing_reason()));
    srd_tensor_free(view);
}

/* The map of layer 0. */
static inline srd_tensor *map_of(srd_explainer *explainer, int32_t batch, float *numbers)
{
    int32_t size[3];
    int64_t shape[3];

    check_ok(srd_explainer_layer_shape(explainer, 0, size, testing_reason()));
    shape[0] = batch;
    shape[1] = size[1];
    shape[2] = size[2];
    testing_mark(numbers, (size_t)(shape[0] * shape[1] * shape[2]));
    return testing_view(3, shape, numbers);
}

static inline void ask_class(srd_explainer *explainer, int32_t class_index, float *numbers)
{
    const srd_layer x = 0;
    srd_tensor *const map = map_of(explainer, 1, numbers);

    check_ok(srd_explainer_ask_class(explainer, class_index, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
    srd_tensor_free(map);
}

static inline void ask_erf(srd_explainer *explainer, srd_layer layer, int32_t row, int32_t column, float *numbers)
{
    const srd_layer x = 0;
    srd_tensor *const map = map_of(explainer, 1, numbers);

    check_ok(srd_explainer_ask_erf(explainer, layer, row, column, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
    srd_tensor_free(map);
}

static inline srd_report report(const srd_explainer *explainer)
{
    srd_report r = SRD_REPORT_INIT;

    check_ok(srd_explainer_report(explainer, &r, testing_reason()));
    return r;
}

static inline void check_close(const float *got, const float *want, int count)
{
    for (int i = 0; i < count; ++i) {
        ck_assert_msg(fabsf(got[i] - want[i]) <= 1e-5f * fmaxf(fabsf(want[i]), 1e-3f), "number %d: %.9g, expected %.9g", i,
                      (double)got[i], (double)want[i]);
    }
}

#endif
