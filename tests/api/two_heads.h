/*
 * two_heads.h -- a batch of three on a network with two outputs, run and ready for targets. Included by one program each.
 *   x (2, 4, 5), 3 x 3 convolution, middle (4, 4, 5), a leaky ReLU
 *   output 0: scores (3, 4, 5), a 3 x 3 convolution of middle: a score at every position
 *   output 1: inner (3, 4, 5), a SiLU on a 3 x 3 convolution of middle; gap; fc, tanh; logits (2, 1, 1); labels, a softmax
 */
#ifndef TESTS_TWO_HEADS_H
#define TESTS_TWO_HEADS_H

#include <math.h>

#include "testing.h"
#include "testnet.h"

#define N 3
#define H 4
#define W 5
#define P (H * W)
#define MIDDLE 4
#define CLASSES 3 /* of output 0 */
#define LABELS 2  /* of output 1 */

typedef struct two_heads {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, middle, scores, inner, logits, labels;
    srd_layer asked;               /* whose map is asked; x at first */
    float dense[N * CLASSES * P];  /* the value of output 0 */
    float middles[N * MIDDLE * P]; /* the value of middle */
    float numbers[N * P];          /* behind map */
    srd_tensor *map;               /* every layer that is asked has 4 x 5 positions */
} two_heads;

static srd_layer two_heads_conv(srd_graph *graph, const char *name, srd_layer input, int64_t outputs, int64_t inputs,
                                int64_t kernel, uint32_t seed)
{
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    float weight[4 * 4 * 9], bias[4];
    srd_tensor *w, *b;
    srd_layer layer;

    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = (int32_t)kernel / 2;
    testnet_picture(weight, (size_t)(outputs * inputs * kernel * kernel), seed);
    testnet_picture(bias, (size_t)outputs, seed + 1);
    w = testing_const_view(4, shape, weight);
    b = testing_const_view(1, shape, bias);
    layer = srd_graph_conv2d(graph, name, input, w, b, &o);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

/* All that lies above middle; names scores and logits as outputs 0 and 1, or labels in place of logits. */
static void two_heads_top(two_heads *t, srd_graph *graph, srd_layer middle, int softmax)
{
    srd_layer at;

    t->scores = two_heads_conv(graph, "scores", middle, CLASSES, MIDDLE, 3, 20);
    t->inner = srd_graph_silu(graph, "inner", two_heads_conv(graph, "conv inner", middle, 3, MIDDLE, 3, 30));
    at = two_heads_conv(graph, "fc", srd_graph_global_avg_pool(graph, "gap", t->inner), 4, 3, 1, 40);
    t->logits = two_heads_conv(graph, "logits", srd_graph_tanh(graph, "tanh", at), LABELS, 4, 1, 50);
    check_ok(srd_graph_output(graph, t->scores, testing_reason()));
    if (softmax) t->labels = srd_graph_softmax(graph, "labels", t->logits);
    check_ok(srd_graph_output(graph, softmax ? t->labels : t->logits, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
}

static void two_heads_value(srd_explainer *explainer, srd_layer layer, int64_t images, int64_t channels, int64_t h, int64_t w,
                            float *to)
{
    const int64_t shape[4] = { images, channels, h, w };
    srd_tensor *const view = testing_view(4, shape, to);

    check_ok(srd_explainer_value(explainer, layer, view, testing_reason()));
    srd_tensor_free(view);
}

static void begin(two_heads *t)
{
    const int64_t in[4] = { N, 2, H, W }, out[3] = { N, H, W };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keeps[2] = { { 0, SRD_KEEP_VALUE | SRD_KEEP_GRADCAM }, { SRD_LAYER_NONE, SRD_KEEP_GRADCAM } };
    float pictures[N * 2 * P];
    srd_tensor *input;

    check_ok(srd_graph_create(NULL, NULL, &t->graph, NULL));
    t->x = t->asked = srd_graph_input(t->graph, "x", 2, H, W);
    t->middle = srd_graph_leaky_relu(t->graph, "middle", two_heads_conv(t->graph, "conv", t->x, MIDDLE, 2, 3, 10), 0.25f);
    two_heads_top(t, t->graph, t->middle, 1);
    keeps[0].layer = t->middle;
    o.batch = N;
    o.keeps = keeps;
    o.keep_count = 2;
    t->explainer = testnet_explainer(t->graph, &o);
    testnet_picture(pictures, N * 2 * P, 60);
    input = testing_view(4, in, pictures);
    check_ok(srd_explainer_run(t->explainer, (const srd_tensor *const[]){ input }, 1, NULL, testing_reason()));
    srd_tensor_free(input);
    two_heads_value(t->explainer, t->scores, N, CLASSES, H, W, t->dense);
    two_heads_value(t->explainer, t->middle, N, MIDDLE, H, W, t->middles);
    testing_mark(t->numbers, N * P);
    t->map = testing_view(3, out, t->numbers);
}

static void end(two_heads *t)
{
    srd_tensor_free(t->map);
    srd_explainer_free(t->explainer);
    srd_graph_free(t->graph);
}

static srd_report report(two_heads *t)
{
    srd_report r = SRD_REPORT_INIT;

    check_ok(srd_explainer_report(t->explainer, &r, testing_reason()));
    return r;
}

static srd_target of_class(int32_t class_index, int32_t output)
{
    srd_target t = SRD_TARGET_INIT;

    t.kind = SRD_TARGET_CLASS;
    t.output = output;
    t.class_index = class_index;
    return t;
}

static void check_near(double got, double want, double scale)
{
    ck_assert_msg(fabs(got - want) <= 1e-5 * (1e-3 + scale), "%.9g, expected %.9g", got, want);
}

/* To rounding, measured against the largest. */
static void check_close(const float *got, const float *want, int count, float limit)
{
    float largest = 0;

    for (int i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(want[i]));
    ck_assert(largest > 0.0f);
    for (int i = 0; i < count; ++i) {
        ck_assert_msg(fabsf(got[i] - want[i]) <= limit * largest, "position %d: %g, expected %g", i, (double)got[i],
                      (double)want[i]);
    }
}

#endif
