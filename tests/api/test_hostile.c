/*
 * test_hostile.c -- graphs that random search has found and that once went wrong: fast cases and plans that assumed something of the
 * layers below which composed gather layers do not keep. The expected numbers are worked out here, by hand or in double.
 */
#include <math.h>
#include <stdbool.h>

#include "testing.h"

/* A graph under construction, then its explainer and the inputs of its run. */
typedef struct odd {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_tensor *inputs[2];
    int32_t input_count;
} odd;

static void begin(odd *n)
{
    memset(n, 0, sizeof *n);
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
}

static void seal(odd *n, srd_layer output)
{
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_output(n->graph, output, testing_reason()));
    ck_assert_msg(srd_graph_seal(n->graph, &detail) == SRD_OK, "%s: %s", detail.layer_name, detail.text);
}

static void explain(odd *n, const srd_explainer_options *options)
{
    srd_detail detail = testing_new_detail();

    srd_explainer_free(n->explainer);
    n->explainer = NULL;
    ck_assert_msg(srd_explainer_create(n->graph, options, NULL, &n->explainer, &detail) == SRD_OK, "%s: %s", detail.layer_name,
                  detail.text);
}

static void end(odd *n)
{
    for (int i = 0; i < n->input_count; ++i) srd_tensor_free(n->inputs[i]);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_layer input(odd *n, const char *name, int32_t c, int32_t h, int32_t w, const float *numbers)
{
    n->inputs[n->input_count++] = testing_const_view(3, (int64_t[]){ c, h, w }, numbers);
    return srd_graph_input(n->graph, name, c, h, w);
}

static void run(odd *n)
{
    check_ok(srd_explainer_run(n->explainer, (const srd_tensor *const *)n->inputs, n->input_count, NULL, testing_reason()));
}

static srd_layer linear(odd *n, const char *name, srd_layer below, int64_t outputs, int64_t inputs, const float *weight,
                        const float *bias, bool tokens)
{
    srd_tensor *const w = testing_const_view(2, (int64_t[]){ outputs, inputs }, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, &outputs, bias) : NULL;
    const srd_layer made = tokens ? srd_graph_linear_tokens(n->graph, name, below, w, b, NULL)
                                  : srd_graph_linear(n->graph, name, below, w, b, NULL);

    srd_tensor_free(w);
    srd_tensor_free(b);
    return made;
}

/* A convolution of `groups` groups; weight [outputs][of a group][kh][kw]. */
static srd_layer conv(odd *n, const char *name, srd_layer below, const int64_t *shape, const float *weight, int32_t groups,
                      int32_t pad_w)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const w = testing_const_view(4, shape, weight);
    srd_layer made;

    o.groups = groups;
    o.pad_left = o.pad_right = pad_w;
    made = srd_graph_conv2d(n->graph, name, below, w, NULL, &o);
    srd_tensor_free(w);
    return made;
}

/* A view of a map of the layer; the numbers are marked. */
static srd_tensor *map_of(const odd *n, srd_layer layer, float *numbers)
{
    int32_t s[3];

    check_ok(srd_explainer_layer_shape(n->explainer, layer, s, testing_reason()));
    testing_mark(numbers, (size_t)s[1] * (size_t)s[2]);
    return testing_view(2, (int64_t[]){ s[1], s[2] }, numbers);
}

static void check_numbers(const float *got, const double *want, int count)
{
    for (int i = 0; i < count; ++i)
        ck_assert_msg(fabs((double)got[i] - want[i]) <= 1e-5 * (1.0 + fabs(want[i])), "number %d: %g, expected %g", i,
                      (double)got[i], want[i]);
}

static void check_class(odd *n, int32_t class_index, srd_layer layer, const double *want, int count)
{
    float got[64];
    srd_tensor *map = map_of(n, layer, got);

    check_ok(srd_explainer_ask_class(n->explainer, class_index, NULL, &layer, &map, 1, testing_reason()));
    check_numbers(got, want, count);
    srd_tensor_free(map);
}

static void check_erf(odd *n, srd_layer from, int32_t row, int32_t column, srd_layer layer, const double *want, int count)
{
    float got[64];
    srd_tensor *map = map_of(n, layer, got);

    check_ok(srd_explainer_ask_erf(n->explainer, from, row, column, NULL, &layer, &map, 1, testing_reason()));
    check_numbers(got, want, count);
    srd_tensor_free(map);
}

static void check_value(odd *n, srd_layer layer, const double *want, int count)
{
    int32_t s[3];
    float got[128];
    srd_tensor *view;

    check_ok(srd_explainer_layer_shape(n->explainer, layer, s, testing_reason()));
    ck_assert_int_eq(s[0] * s[1] * s[2], count);
    view = testing_view(3, (int64_t[]){ s[0], s[1], s[2] }, got);
    check_ok(srd_explainer_value(n->explainer, layer, view, testing_reason()));
    check_numbers(got, want, count);
    srd_tensor_free(view);
}

/* ---- sources of which a slice leaves no channel --------------------------------------------------------------------------------- */

/* In both channels of x there are the numbers 1 2 3, and all weights are 1: y in the middle is 6 (12 where the channels are added), to which
 * they give 1/6, 2/6, 3/6. What the slice leaves out gives nothing. _i: bit 0: depthwise; bit 1: x is an activation; others: what is
 * left out. */
START_TEST(a_convolution_over_a_slice_of_a_concat)
{
    static const float picture[] = { 1, 2, 3, 1, 2, 3 }, ones[12] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    const bool depthwise = (_i & 1) != 0;
    srd_upsample_options up = SRD_UPSAMPLE_OPTIONS_INIT;
    srd_layer x, a, t, s, y;
    odd n;

    begin(&n);
    a = x = input(&n, "x", 2, 1, 3, picture);
    if ((_i & 2) != 0) a = srd_graph_leaky_relu(n.graph, "a", x, 1.0f);
    t = srd_graph_tanh(n.graph, "t", x);
    up.height = 1;
    up.width = 3;
    s = t;
    if (_i / 4 == 1) s = srd_graph_upsample(n.graph, "large", srd_graph_global_avg_pool(n.graph, "gap", t), &up);
    if (_i / 4 == 2)
        s = srd_graph_constant_pad2d(n.graph, "pad", srd_graph_select_tokens(n.graph, "one", t, 1, 1), 0, 1, 0, 1, 0.5f);
    if (_i / 4 == 3) s = srd_graph_gate(n.graph, "gate", t, t);
    s = srd_graph_slice(n.graph, "slice", srd_graph_concat(n.graph, "cat", (srd_layer[]){ a, s }, 2), 0, 2);
    y = conv(&n, "conv", s, (int64_t[]){ 2, depthwise ? 1 : 2, 1, 3 }, ones, depthwise ? 2 : 1, 1);
    seal(&n, srd_graph_relu(n.graph, "y", y));
    explain(&n, NULL);
    run(&n);
    check_value(&n, y + 1, depthwise ? (double[]){ 3, 6, 5, 3, 6, 5 } : (double[]){ 6, 12, 10, 6, 12, 10 }, 6);
    check_erf(&n, y + 1, 0, 1, a, (double[]){ 1.0 / 6, 2.0 / 6, 3.0 / 6 }, 3);
    check_erf(&n, y + 1, 0, 1, t, (double[]){ 0, 0, 0 }, 3);
    check_class(&n, 0, t, (double[]){ 0, 0, 0 }, 3);
    end(&n);
}
END_TEST

/* The pool is left out, and has 16 paths into the slice nevertheless: the direction turns into relevance there, all of it the
 * activation's; below, each position of x has its part of the mean. */
START_TEST(a_head_over_a_slice_of_a_concat)
{
    float picture[16];
    double want[16];
    srd_layer x, pool, both[2], cut;
    odd n;

    for (int i = 0; i < 16; ++i) want[i] = (double)(picture[i] = (float)i - 5) / 16;
    begin(&n);
    x = input(&n, "x", 1, 4, 4, picture);
    pool = both[0] = srd_graph_global_avg_pool(n.graph, "pool", x);
    both[1] = srd_graph_relu(n.graph, "act", pool);
    cut = srd_graph_slice(n.graph, "slice", srd_graph_concat(n.graph, "cat", both, 2), 1, 1);
    seal(&n, cut);
    explain(&n, NULL);
    run(&n);
    check_class(&n, 0, x, want, 16);
    check_class(&n, 0, both[1], (double[]){ 2.5 }, 1);
    end(&n);
}
END_TEST

/* ---- ways that meet ------------------------------------------------------------------------------------------------------------- */

/* Means over what has shown a position several times: ways of one PFV are one path, and the bias of the fully connected layer is shared by
 * the PFVs. */
START_TEST(a_mean_over_an_upsample)
{
    static const float ones[] = { 1, 1, 1 }, weight[] = { 1 }, bias[] = { 12 };
    srd_upsample_options up = SRD_UPSAMPLE_OPTIONS_INIT;
    srd_pool2d_options three = SRD_POOL2D_OPTIONS_INIT;
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_layer x, y;
    odd n;

    begin(&n);
    x = input(&n, "x", 1, 1, 3, ones);
    up.height = 1;
    up.width = 4; /* positions 0 0 1 2 */
    y = linear(&n, "y", srd_graph_global_avg_pool(n.graph, "mean", srd_graph_upsample(n.graph, "up", x, &up)), 1, 1, weight,
               bias, false);
    seal(&n, y);
    explain(&n, NULL);
    run(&n);
    check_ok(srd_explainer_plan_info(n.explainer, y, &plan, testing_reason()));
    ck_assert_int_eq(plan.paths, 3);
    check_class(&n, 0, x, (double[]){ 4.5, 4.25, 4.25 }, 3);
    end(&n);
    begin(&n);
    x = input(&n, "x", 1, 1, 2, ones);
    three.kernel_h = 1;
    three.kernel_w = three.stride_w = 3; /* positions 0 0 1 of 0 0 1 1 */
    y = srd_graph_avg_pool2d(n.graph, "mean", srd_graph_adaptive_avg_pool2d(n.graph, "up", x, 1, 4), &three);
    y = linear(&n, "y", y, 1, 1, weight, bias, false);
    seal(&n, y);
    explain(&n, NULL);
    run(&n);
    check_class(&n, 0, x, (double[]){ 6.0 + 2.0 / 3, 6.0 + 1.0 / 3 }, 2);
    end(&n);
}
END_TEST

/* The numbers are those of the float64 reference. They must be the same each time, whatever the scratch held before. */
START_TEST(an_inner_map_in_the_second_operand_of_an_add)
{
    static const double erf[] = { 0.0604312, 0.07704, 0.0897501, 0.0667862 }, first[] = { 1.0 / 6, 2.0 / 9, 7.0 / 18, 0.25 },
                        second[] = { 5.0 / 18, 1.0 / 3, 1.0 / 9, 1.0 / 6 };
    float picture[32];
    srd_pool2d_options three = SRD_POOL2D_OPTIONS_INIT, two = SRD_POOL2D_OPTIONS_INIT;
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keeps[2] = { { 0, SRD_KEEP_MAP }, { 0, SRD_KEEP_MAP } };
    srd_layer x, r, p1, p2, y;
    odd n;

    for (int i = 0; i < 32; ++i) picture[i] = (float)(i % 7) - 2;
    begin(&n);
    x = input(&n, "x", 2, 4, 4, picture);
    r = input(&n, "r", 2, 1, 1, (const float[]){ 3, 1 });
    three.kernel_h = three.kernel_w = 3;
    two.kernel_h = two.kernel_w = 2;
    three.stride_h = three.stride_w = two.stride_h = two.stride_w = 1;
    keeps[0].layer = p1 = srd_graph_avg_pool2d(n.graph, "p1", x, &three);
    keeps[1].layer = p2 = srd_graph_avg_pool2d(n.graph, "p2", p1, &two);
    y = srd_graph_add(n.graph, "y", (srd_layer[]){ r, p2 }, 2);
    seal(&n, y);
    o.keeps = keeps;
    o.keep_count = 2;
    explain(&n, &o);
    run(&n);
    for (int i = 0; i < 3; ++i) {
        check_erf(&n, y, 0, 0, p1, erf, 4);
        check_class(&n, 0, p1, first, 4);
        check_class(&n, 1, p1, second, 4);
    }
    end(&n);
}
END_TEST

/* ---- one position: contributions that a head reads ---------------------------------------------------------------------------------- */

/* A depthwise convolution as large as its input, then a fully connected layer: each number of x has a product of three as its part. */
START_TEST(a_depthwise_convolution_of_one_position)
{
    const int32_t c = (const int32_t[]){ 2, 3, 7, 16, 33 }[_i];
    float picture[33 * 9], weight[33 * 9], last[2 * 33] = { 0.0f };
    double want[9] = { 0 };
    srd_layer x, y;
    odd n;

    for (int i = 0; i < c * 9; ++i) weight[i] = (float)(i % 5) - 1.5f, picture[i] = (float)(i % 7) - 2.0f;
    for (int i = 0; i < 2 * c; ++i) last[i] = (float)(i % 3) - 0.5f;
    for (int i = 0; i < c * 9; ++i) want[i % 9] += (double)last[i / 9] * (double)weight[i] * (double)picture[i];
    begin(&n);
    x = input(&n, "x", c, 3, 3, picture);
    y = linear(&n, "y", conv(&n, "whole", x, (int64_t[]){ c, 1, 3, 3 }, weight, c, 0), 2, c, last, NULL, false);
    seal(&n, y);
    explain(&n, NULL);
    run(&n);
    check_class(&n, 0, x, want, 9);
    end(&n);
}
END_TEST

/* One position: a fully connected layer and a shortcut, whose part of the score is <r, f>. */
START_TEST(a_fully_connected_layer_and_a_shortcut)
{
    enum { C = 40, O = 10 };
    static float weight[O * C * 16], last[4 * O], picture[C * 16], shortcut[O];
    double want = 0.0;
    srd_layer x, r, y;
    odd n;

    for (int i = 0; i < O * C * 16; ++i) weight[i] = (float)(i % 5) / 64.0f - 0.03f;
    for (int i = 0; i < 4 * O; ++i) last[i] = (float)(i % 3) - 0.5f;
    for (int i = 0; i < C * 16; ++i) picture[i] = (float)(i % 7);
    for (int i = 0; i < O; ++i) shortcut[i] = (float)i;
    for (int i = 0; i < O; ++i) want += (double)last[i] * (double)i;
    begin(&n);
    x = input(&n, "x", C, 4, 4, picture);
    r = input(&n, "r", O, 1, 1, shortcut);
    y = srd_graph_add(n.graph, "sum", (srd_layer[]){ linear(&n, "fc", x, O, C * 16, weight, NULL, false), r }, 2);
    y = linear(&n, "y", y, 4, O, last, NULL, false);
    seal(&n, y);
    explain(&n, NULL);
    run(&n);
    check_class(&n, 0, r, &want, 1);
    end(&n);
}
END_TEST

/* ---- channels of zeros, inputs that are outputs ------------------------------------------------------------------------------------- */

/* Around a channel of zeros a pad of 0.5 is 0.5, too. _i: bit 0: forward only; bit 1: with a maximum over two neighbours above. */
START_TEST(a_pad_around_channels_of_zeros)
{
    static const float picture[] = { -3 };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_pool2d_options two = SRD_POOL2D_OPTIONS_INIT;
    srd_layer y;
    odd n;

    begin(&n);
    y = srd_graph_zero_channels(n.graph, "zeros", input(&n, "x", 1, 1, 1, picture), 0, 1);
    y = srd_graph_constant_pad2d(n.graph, "pad", y, 0, 1, 0, 1, 0.5f);
    two.kernel_h = two.stride_w = 1;
    two.kernel_w = 2;
    if ((_i & 2) != 0) y = srd_graph_max_pool2d(n.graph, "pool", y, &two);
    y = srd_graph_leaky_relu(n.graph, "y", y, 1.0f);
    seal(&n, y);
    o.mode = (_i & 1) != 0 ? SRD_MODE_FORWARD : SRD_MODE_EXPLAIN;
    explain(&n, &o);
    run(&n);
    if ((_i & 2) != 0) check_value(&n, y, (double[]){ 0.5, 0.5, 0.5, 0.5 }, 4);
    else check_value(&n, y, (double[]){ 0.5, -3, 0.5, 0.5, 0, 0.5 }, 6);
    end(&n);
}
END_TEST

START_TEST(channels_of_an_input_that_is_an_output)
{
    static const float picture[] = { 1, 2, 3, 4 };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keep = { 0, SRD_KEEP_CHANNELS };
    float planes[4];
    srd_tensor *view = testing_view(3, (int64_t[]){ 2, 1, 2 }, planes);
    srd_layer x;
    odd n;

    begin(&n);
    x = keep.layer = input(&n, "x", 2, 1, 2, picture);
    seal(&n, x);
    o.keeps = &keep;
    o.keep_count = 1;
    explain(&n, &o);
    run(&n);
    testing_mark(planes, 4);
    check_ok(srd_explainer_ask_class(n.explainer, 1, NULL, &x, &view, 1, testing_reason()));
    check_numbers(planes, (double[]){ 0, 0, 3, 4 }, 4);
    check_class(&n, 1, x, (double[]){ 3, 4 }, 2);
    srd_tensor_free(view);
    end(&n);
}
END_TEST

/* ---- Grad-CAM below what is frozen --------------------------------------------------------------------------------------------------- */

/* Class 0 is the sum over p of g_p v_p with v = 3 r and the gate g = 2 r frozen: its derivative by r is 3 g, on average 3 * 2 * 2.5. By the
 * gate it has none, and so it has none by h, which is above s and leads nowhere else. */
START_TEST(gradcam_where_all_above_is_frozen)
{
    static const float picture[] = { 1, 2, 3, 4 }, two[] = { 2 }, three[] = { 3 }, one[] = { 1 };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keeps[3] = { { 0, SRD_KEEP_GRADCAM }, { 0, SRD_KEEP_GRADCAM }, { 0, SRD_KEEP_GRADCAM } };
    srd_layer r, g, h, s, y;
    srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { &target };
    const double wants[3][4] = { { 15, 30, 45, 60 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 } };
    odd n;

    begin(&n);
    r = srd_graph_relu(n.graph, "r", input(&n, "x", 1, 1, 4, picture));
    s = srd_graph_relu(n.graph, "s", input(&n, "z", 1, 1, 4, picture));
    h = srd_graph_relu(n.graph, "h", s); /* as s: 1 2 3 4 */
    g = linear(&n, "g", h, 1, 1, two, NULL, true);
    y = srd_graph_gate(n.graph, "gate", linear(&n, "v", r, 1, 1, three, NULL, true), g);
    y = srd_graph_relu(n.graph, "last", linear(&n, "o", y, 1, 1, one, NULL, true));
    seal(&n, linear(&n, "y", y, 1, 1, one, NULL, true));
    keeps[0].layer = r;
    keeps[1].layer = g;
    keeps[2].layer = s;
    o.keeps = keeps;
    o.keep_count = 3;
    explain(&n, &o);
    run(&n);
    for (int i = 0; i < 3; ++i) {
        float got[4];
        srd_tensor *map = map_of(&n, keeps[i].layer, got);

        check_ok(srd_explainer_ask_gradcam(n.explainer, targets, 1, keeps[i].layer, NULL, &keeps[i].layer, &map, 1,
                                           testing_reason()));
        check_numbers(got, wants[i], 4);
        srd_tensor_free(map);
    }
    end(&n);
}
END_TEST

/* ---- sizes ------------------------------------------------------------------------------------------------------------------------- */

static void halve(void *user, float *y, int32_t channels, void *workspace)
{
    (void)user, (void)workspace;
    for (int32_t c = 0; c < channels; ++c) y[c] *= 0.5f;
}

/* What a worker needs beside its workspace must not make the sum small again. */
START_TEST(a_workspace_that_cannot_be_addressed)
{
    static const size_t below[] = { 0, 1, 63, 64, 1000, 65535, 200000, 3000000, SIZE_MAX / 2, SIZE_MAX / 4 * 3 - 100000 };
    srd_custom_layer custom = SRD_CUSTOM_LAYER_INIT;
    srd_detail detail = testing_new_detail();
    srd_explainer *explainer = NULL;
    size_t size = 0;
    srd_layer x;
    odd n;

    begin(&n);
    x = srd_graph_input(n.graph, "x", 1, 4, 4);
    custom.value = halve;
    custom.workspace = SIZE_MAX - below[_i];
    seal(&n, srd_graph_custom(n.graph, "half", &x, 1, &custom));
    check_status(srd_explainer_memory_size(n.graph, NULL, NULL, &size, &detail), SRD_ERR_OVERFLOW);
    check_detail(&detail, SRD_ERR_OVERFLOW, "", "memory");
    check_status(srd_explainer_create(n.graph, NULL, NULL, &explainer, &detail), SRD_ERR_OVERFLOW);
    ck_assert_ptr_null(explainer);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_convolution_over_a_slice_of_a_concat, 0, 16 },
        { a_head_over_a_slice_of_a_concat, 0, 0 },
        { a_mean_over_an_upsample, 0, 0 },
        { an_inner_map_in_the_second_operand_of_an_add, 0, 0 },
        { a_depthwise_convolution_of_one_position, 0, 5 },
        { a_fully_connected_layer_and_a_shortcut, 0, 0 },
        { a_pad_around_channels_of_zeros, 0, 4 },
        { channels_of_an_input_that_is_an_output, 0, 0 },
        { gradcam_where_all_above_is_frozen, 0, 0 },
        { a_workspace_that_cannot_be_addressed, 0, 10 },
        { NULL, 0, 0 },
    };

    return testing_main("hostile", list);
}
