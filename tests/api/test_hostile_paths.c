/*
 * test_hostile_paths.c -- graphs that random search has found and that once went wrong: which paths there are, how they are divided by
 * channel and by the layers on their way. The expected numbers are worked out here by hand.
 */
#include <math.h>

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

static srd_layer input(odd *n, const char *name, int32_t c, int32_t h, int32_t w, const float *numbers)
{
    n->inputs[n->input_count++] = testing_const_view(3, (int64_t[]){ c, h, w }, numbers);
    return srd_graph_input(n->graph, name, c, h, w);
}

/* Seals the graph and runs it with everything kept that can be kept of a layer (SRD_LAYER_NONE: of all inputs). */
static void run(odd *n, srd_layer output, srd_layer kept, int32_t what)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    const srd_keep keep = { kept, what };
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_output(n->graph, output, testing_reason()));
    ck_assert_msg(srd_graph_seal(n->graph, &detail) == SRD_OK, "%s: %s", detail.layer_name, detail.text);
    o.keeps = &keep;
    o.keep_count = what != 0;
    ck_assert_msg(srd_explainer_create(n->graph, &o, NULL, &n->explainer, &detail) == SRD_OK, "%s: %s", detail.layer_name,
                  detail.text);
    check_ok(srd_explainer_run(n->explainer, (const srd_tensor *const *)n->inputs, n->input_count, NULL, testing_reason()));
}

static void end(odd *n)
{
    for (int i = 0; i < n->input_count; ++i) srd_tensor_free(n->inputs[i]);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_layer linear(odd *n, srd_layer below, int64_t outputs, int64_t inputs, const float *weight, const float *bias)
{
    srd_tensor *const w = testing_const_view(2, (int64_t[]){ outputs, inputs }, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, &outputs, bias) : NULL;
    const srd_layer made = srd_graph_linear(n->graph, "linear", below, w, b, NULL);

    srd_tensor_free(w);
    srd_tensor_free(b);
    return made;
}

/* A convolution of one pixel. */
static srd_layer one_by_one(odd *n, srd_layer below, int64_t outputs, int64_t inputs, int32_t groups, const float *weight,
                            const float *bias)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const w = testing_const_view(4, (int64_t[]){ outputs, inputs / groups, 1, 1 }, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, &outputs, bias) : NULL;
    srd_layer made;

    o.groups = groups;
    made = srd_graph_conv2d(n->graph, "conv", below, w, b, &o);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return made;
}

/* A map of the layer, or with channels > 0 that many maps, of class `asked` or, from >= 0, of the ERF of that layer's first position. */
static void check_map(odd *n, int32_t asked, srd_layer from, srd_layer layer, int32_t channels, const double *want)
{
    int32_t s[3];
    int64_t shape[3];
    float got[64];
    srd_tensor *map;

    check_ok(srd_explainer_layer_shape(n->explainer, layer, s, testing_reason()));
    shape[0] = channels, shape[1] = s[1], shape[2] = s[2];
    map = channels > 0 ? testing_view(3, shape, got) : testing_view(2, shape + 1, got);
    testing_mark(got, 64);
    if (from < 0) check_ok(srd_explainer_ask_class(n->explainer, asked, NULL, &layer, &map, 1, testing_reason()));
    else check_ok(srd_explainer_ask_erf(n->explainer, from, 0, 0, NULL, &layer, &map, 1, testing_reason()));
    for (int i = 0; i < (channels > 0 ? channels : 1) * s[1] * s[2]; ++i) {
        ck_assert_msg(fabs((double)got[i] - want[i]) <= 1e-5 * (1.0 + fabs(want[i])), "number %d: %g, expected %g", i,
                      (double)got[i], want[i]);
    }
    srd_tensor_free(map);
}

/* ---- channels of one input among others --------------------------------------------------------------------------------------------- */

/* y = (1.5, 3.5, 5.5), the means of both channels of b and of a. What a gives to its class is nothing that b's channels share. */
START_TEST(channels_of_two_inputs_below_a_pool)
{
    static const float b[] = { 1, 2, 3, 4 }, a[] = { 5, 6 };
    srd_layer both[2], y;
    odd n;

    begin(&n);
    both[0] = input(&n, "b", 2, 1, 2, b);
    both[1] = input(&n, "a", 1, 1, 2, a);
    y = srd_graph_relu(n.graph, "y", srd_graph_global_avg_pool(n.graph, "pool", srd_graph_concat(n.graph, "cat", both, 2)));
    run(&n, y, SRD_LAYER_NONE, SRD_KEEP_CHANNELS);
    check_map(&n, 0, -1, both[0], 2, (double[]){ 0.5, 1, 0, 0 });
    check_map(&n, 2, -1, both[0], 2, (double[]){ 0, 0, 0, 0 });
    check_map(&n, 2, -1, both[1], 1, (double[]){ 2.5, 3 });
    check_map(&n, 0, y, both[0], 2, (double[]){ 0.75 / 44.75, 1.5 / 44.75, 5.25 / 44.75, 7 / 44.75 });
    check_map(&n, 0, y, both[1], 1, (double[]){ 13.75 / 44.75, 16.5 / 44.75 });
    end(&n);
}
END_TEST

/* Both paths into each position are 0 and share the bias evenly; of x's half nothing goes to the channel that the slice leaves out. _i:
 * 1: there is no bias, and y is 0, too; 2: x's paths carry no channel at all, and so all have the same part. */
START_TEST(channels_of_paths_that_are_zero)
{
    static const float x[] = { 3, 3, 0, 0, 0, 0 }, a[] = { 0, 0 }, weight[] = { 1, -1, 2, 0, 1, 1 }, bias[] = { 1, 2 };
    srd_layer both[2], y;
    odd n;

    begin(&n);
    both[0] = input(&n, "x", 3, 1, 2, x);
    both[1] = input(&n, "a", 1, 1, 2, a);
    y = srd_graph_slice(n.graph, "slice", srd_graph_concat(n.graph, "cat", both, 2), _i == 2 ? 3 : 1, _i == 2 ? 1 : 3);
    y = one_by_one(&n, y, 2, _i == 2 ? 1 : 3, 1, weight, _i == 1 ? NULL : bias);
    y = srd_graph_relu(n.graph, "y", y);
    run(&n, y, SRD_LAYER_NONE, SRD_KEEP_CHANNELS);
    if (_i == 2) check_map(&n, 0, y, both[0], 3, (double[]){ 1.0 / 6, 0, 1.0 / 6, 0, 1.0 / 6, 0 });
    else check_map(&n, 0, y, both[0], 3, (double[]){ 0, 0, 0.25, 0, 0.25, 0 });
    check_map(&n, 0, y, both[1], 1, (double[]){ 0.5, 0 });
    end(&n);
}
END_TEST

/* ---- several ways of one path through an inner layer ------------------------------------------------------------------------------ */

/* The linear layer reads x through a pool, which adds (3, 4), and beside it, which adds (8, 0). Both are at the same flattened position, so
 * there is one path, whose ratio is 1; y = (11, 4) without the bias, which both ways share by their lengths 5 and 8. */
START_TEST(a_pool_beside_what_it_pools)
{
    static const float x[] = { 3, 4 }, weight[] = { 1, 0, 0, 2, 0, 1, 0, 0 }, bias[] = { 1, 0 };
    srd_layer both[2], pool, y;
    odd n;

    begin(&n);
    both[1] = input(&n, "x", 2, 1, 1, x);
    pool = srd_graph_global_avg_pool(n.graph, "pool", both[1]);
    both[0] = srd_graph_flatten(n.graph, "flat", pool);
    y = linear(&n, srd_graph_concat(n.graph, "cat", both, 2), 2, 4, weight, _i == 1 ? bias : NULL);
    run(&n, y, pool, SRD_KEEP_MAP);
    check_map(&n, 0, y, pool, 0, (double[]){ _i == 1 ? (52 + 12 * 5.0 / 13) / 160 : 49.0 / 137 });
    check_map(&n, 0, y, both[1], 0, (double[]){ 1 });
    end(&n);
}
END_TEST

/* The pieces of the vector are two pools and what they pool: of the two ways beside the one that is asked about only their sum counts,
 * (3, 0) and (0, 4), of length 5. */
START_TEST(a_pool_beside_two_others)
{
    static const float x[] = { 3, 4 }, weight[] = { 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1 }, bias[] = { 6, 4 };
    srd_layer pieces[3], pool, y;
    odd n;

    begin(&n);
    pieces[2] = input(&n, "x", 2, 1, 1, x);
    pool = srd_graph_global_avg_pool(n.graph, "pool", pieces[2]);
    pieces[0] = srd_graph_flatten(n.graph, "flat", pool);
    pieces[1] = srd_graph_flatten(n.graph, "flat1", srd_graph_global_avg_pool(n.graph, "pool1", pieces[2]));
    y = linear(&n, srd_graph_concat(n.graph, "cat", pieces, 3), 2, 6, weight, bias);
    run(&n, y, pool, SRD_KEEP_MAP);
    /* y = (3 + 3, 4 + 4) + (6, 4) = (12, 12); through the pool come (3, 4), beside it the same. */
    check_map(&n, 0, y, pool, 0, (double[]){ 0.5 });
    end(&n);
}
END_TEST

/* _i: the flatten that is asked about. */
START_TEST(a_flatten_of_a_flatten)
{
    static const float x[] = { 3, 4, 5, 6 }, weight[] = { 1, 2, 3, 4 };
    srd_layer flat[3], y;
    odd n;

    begin(&n);
    flat[0] = srd_graph_flatten(n.graph, "flat0", input(&n, "x", 2, 1, 2, x));
    flat[1] = srd_graph_flatten(n.graph, "flat1", flat[0]);
    flat[2] = srd_graph_flatten(n.graph, "flat2", flat[1]);
    y = linear(&n, flat[2], 1, 4, weight, NULL);
    run(&n, y, flat[_i], SRD_KEEP_MAP);
    check_map(&n, 0, y, flat[_i], 0, (double[]){ 1 });
    end(&n);
}
END_TEST

/* ---- flattened positions ------------------------------------------------------------------------------------------------------------- */

/* The vector is there twice, and each number of x has one path: x0 adds (1, 1) of length 1.414, x1 (1, 0) of length 1. y = (2, 4), to which
 * the bias gives 12 of 20. Of the two taps the first position sees the second one. */
START_TEST(a_flatten_that_a_concat_reads_twice)
{
    static const float x[] = { 1, 1 }, bias[] = { 0, 3 };
    static const float weight[] = { 7, 1, 7, 1, 7, 0, 7, 0, 7, 0, 7, 0, 7, 1, 7, 0 };
    const double long_part = sqrt(2.0) / (1.0 + sqrt(2.0));
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const w = testing_const_view(4, (int64_t[]){ 2, 4, 1, 2 }, weight);
    srd_tensor *const b = testing_const_view(1, (int64_t[]){ 2 }, bias);
    srd_layer in, flat, y;
    odd n;

    begin(&n);
    in = input(&n, "x", 1, 2, 1, x);
    flat = srd_graph_flatten(n.graph, "flat", in);
    o.pad_left = o.pad_right = 1;
    y = srd_graph_concat(n.graph, "cat", (srd_layer[]){ flat, flat }, 2);
    y = srd_graph_relu(n.graph, "y", srd_graph_conv2d(n.graph, "conv", y, w, b, &o));
    run(&n, y, flat, SRD_KEEP_MAP);
    check_map(&n, 0, y, in, 0, (double[]){ (6 + 12 * long_part) / 20, (2 + 12 * (1 - long_part)) / 20 });
    check_map(&n, 0, y, flat, 0, (double[]){ 1 });
    srd_tensor_free(w);
    srd_tensor_free(b);
    end(&n);
}
END_TEST

/* x1 and x2 reach both positions of the vector, by which the fully connected layer tells paths apart: there are 6, which share the bias of 4
 * evenly. y = 12, of which x0 ... x3 give 1, 3, 3, 1. _i: 0: the layer reads the flatten, 1: a slice of it, 2: as a convolution; 3 and 4:
 * a depthwise convolution, whose two channels see one position each and have y = 4 + 2 and the same ratios; 4: of a concat. */
START_TEST(positions_of_a_vector_below_overlapping_pools)
{
    static const float x[] = { 4, 4, 4, 4 }, weight[] = { 1, 1 }, bias[] = { 4, 4 }, halves[] = { 2, 2 };
    const double want[] = { (1 + 4.0 / 6) / 12, (3 + 8.0 / 6) / 12, (3 + 8.0 / 6) / 12, (1 + 4.0 / 6) / 12 };
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    srd_layer in, y;
    odd n;

    begin(&n);
    o.kernel_h = 1;
    o.kernel_w = 2;
    o.stride_h = o.stride_w = 1;
    in = input(&n, "x", 1, 1, 4, x);
    y = srd_graph_avg_pool2d(n.graph, "pool0", in, &o);
    y = srd_graph_flatten(n.graph, "flat", srd_graph_avg_pool2d(n.graph, "pool1", y, &o));
    if (_i == 4) y = srd_graph_slice(n.graph, "cut", srd_graph_concat(n.graph, "cat", (srd_layer[]){ y, y }, 2), 1, 2);
    if (_i == 1 || _i == 3) y = srd_graph_slice(n.graph, "cut", y, 0, 2);
    if (_i < 2) y = linear(&n, y, 1, 2, weight, bias);
    else y = one_by_one(&n, y, _i == 2 ? 1 : 2, 2, _i == 2 ? 1 : 2, weight, _i == 2 ? bias : halves);
    y = srd_graph_relu(n.graph, "y", y);
    run(&n, y, SRD_LAYER_NONE, SRD_KEEP_CHANNELS);
    check_map(&n, 0, y, in, 0, want);
    check_map(&n, 0, y, in, 1, want);
    end(&n);
}
END_TEST

/* ---- sums over thousands of ways ---------------------------------------------------------------------------------------------------- */

/* All numbers are -1, also those of the pad, so that every average of them is -1. Added up one way after the other in single precision
 * they would not be. _i: 0: below a linear layer, whose weights are 1; 1: straight below the site. */
START_TEST(thousands_of_ways_to_few_numbers)
{
    static const float x[] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }, weight[] = { 1, 1, 1 };
    const float want = _i == 0 ? -3.0f : -1.0f;
    srd_upsample_options up = SRD_UPSAMPLE_OPTIONS_INIT;
    float got[3] = { 0 };
    srd_tensor *const view = testing_view(3, (int64_t[]){ _i == 0 ? 1 : 3, 1, 1 }, got);
    srd_layer y;
    odd n;

    begin(&n);
    y = input(&n, "x", 3, 4, 1, x);
    y = srd_graph_constant_pad2d(n.graph, "pad", y, 1, 1, 2, 1, -1.0f);
    up.mode = SRD_UPSAMPLE_BILINEAR;
    up.scale_h = 1.5f;
    up.scale_w = 0.6f;
    y = srd_graph_upsample(n.graph, "up0", y, &up);
    y = srd_graph_adaptive_avg_pool2d(n.graph, "adaptive", y, 3, 3);
    up.scale_h = 2.7f;
    up.scale_w = 3.4f;
    y = srd_graph_upsample(n.graph, "up1", y, &up);
    y = srd_graph_global_avg_pool(n.graph, "gap", y);
    if (_i == 0) y = linear(&n, y, 1, 3, weight, NULL);
    y = srd_graph_leaky_relu(n.graph, "y", y, 1.0f);
    run(&n, y, SRD_LAYER_NONE, 0);
    check_ok(srd_explainer_value(n.explainer, y, view, testing_reason()));
    for (int i = 0; i < (_i == 0 ? 1 : 3); ++i)
        ck_assert_msg(fabsf(got[i] - want) <= -5e-7f * want, "%.9g, expected %g", (double)got[i], (double)want);
    srd_tensor_free(view);
    end(&n);
}
END_TEST

/* 64 x 64 times 0.1, whose mean is 0.1, below a linear layer of weight 1. _i: which pool; + 4: with an explanation. */
START_TEST(the_mean_of_a_white_picture)
{
    static float x[64 * 64];
    static const float weight[] = { 1 };
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    float got[1] = { 0 };
    srd_tensor *const view = testing_view(3, (int64_t[]){ 1, 1, 1 }, got);
    srd_layer y;
    odd n;

    for (int i = 0; i < 64 * 64; ++i) x[i] = 0.1f;
    begin(&n);
    y = input(&n, "x", 1, 64, 64, x);
    o.kernel_h = o.kernel_w = 64;
    if (_i % 4 == 0) y = srd_graph_global_avg_pool(n.graph, "mean", y);
    if (_i % 4 == 1) y = srd_graph_avg_pool2d(n.graph, "mean", y, &o);
    if (_i % 4 == 2) y = srd_graph_adaptive_avg_pool2d(n.graph, "mean", y, 1, 1);
    if (_i % 4 == 3) y = srd_graph_mean(n.graph, "mean", y, SRD_AXIS_HEIGHT + SRD_AXIS_WIDTH);
    y = linear(&n, y, 1, 1, weight, NULL);
    check_ok(srd_graph_output(n.graph, y, testing_reason()));
    check_ok(srd_graph_seal(n.graph, NULL));
    options.mode = _i < 4 ? SRD_MODE_FORWARD : SRD_MODE_EXPLAIN;
    check_ok(srd_explainer_create(n.graph, &options, NULL, &n.explainer, NULL));
    check_ok(srd_explainer_run(n.explainer, (const srd_tensor *const *)n.inputs, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(n.explainer, y, view, testing_reason()));
    ck_assert_msg(fabsf(got[0] - 0.1f) <= 2.4e-7f * 0.1f, "%.9g", (double)got[0]);
    srd_tensor_free(view);
    end(&n);
}
END_TEST

/* ---- a slice of a vector beside that vector ----------------------------------------------------------------------------------------- */

/*
 * x has channels (1, 2) and (3, 4), so its vector is 1, 2, 3, 4, of positions 0, 1, 0, 1. A fully connected layer of weights 1 and bias 5 adds up
 * two pieces of it. It has one path per position, whichever pieces show it, and half of the bias goes to each; inside a path that
 * half is shared by the norms of what goes through the one piece and the other.
 */
START_TEST(a_slice_beside_its_vector)
{
    static const float x[] = { 1, 2, 3, 4 }, ones[] = { 1, 1, 1, 1, 1, 1 }, bias[] = { 5 };
    static const double at_input[] = { 7 + 2.5, 8 + 2.5 };
    /* Slices of 2, 3 beside the vector; of 1, 2, 3 beside 2, 3, 4. */
    static const double at_slice[2] = { 3 + 2 + 2.5 * 3 / 7 + 2.5 * 2 / 8, 6 + 2.5 * 4 / 7 + 2.5 * 2 / 8 };
    odd n;
    srd_layer in, vector, pieces[2], y;

    begin(&n);
    in = input(&n, "x", 2, 1, 2, x);
    vector = srd_graph_flatten(n.graph, "vector", in);
    pieces[0] = srd_graph_slice(n.graph, "slice", vector, _i == 0 ? 1 : 0, _i == 0 ? 2 : 3);
    pieces[1] = _i == 0 ? vector : srd_graph_slice(n.graph, "other", vector, 1, 3);
    y = srd_graph_concat(n.graph, "both", pieces, 2);
    run(&n, linear(&n, y, 1, 6, ones, bias), pieces[0], SRD_KEEP_MAP);
    check_map(&n, 0, -1, in, 0, at_input);
    check_map(&n, 0, -1, pieces[0], 0, &at_slice[_i]);
    end(&n);
}
END_TEST

/* ---- an upsample that keeps the size ------------------------------------------------------------------------------------------------ */

/* Three rows 1, 2, 4 by the scale 1.25 are three rows 1, 1, 2. Their mean has two paths, since both ways from the first row are one, and
 * half of the bias 6 goes to each. */
START_TEST(an_upsample_that_keeps_the_size)
{
    static const float x[] = { 1, 2, 4 }, weight[] = { 1 }, bias[] = { 6 };
    static const double want[8] = { 2.0 / 3 + 3, 2.0 / 3 + 3, 0 };
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;
    odd n;
    srd_layer in, y;

    begin(&n);
    in = input(&n, "x", 1, 3, 1, x);
    o.mode = SRD_UPSAMPLE_NEAREST;
    o.scale_h = 1.25f;
    o.scale_w = 1.0f;
    y = srd_graph_global_avg_pool(n.graph, "gap", srd_graph_upsample(n.graph, "up", in, &o));
    run(&n, linear(&n, y, 1, 1, weight, bias), SRD_LAYER_NONE, 0);
    check_map(&n, 0, -1, in, 0, want);
    end(&n);
}
END_TEST

/* ---- numbers around the picture --------------------------------------------------------------------------------------------------------- */

/*
 * The numbers 1, 2 with a 3 before them, in a vector twice: as their mean, and one by one. The 3 is a bias of all paths through its layer, whichever
 * piece of the vector they are in, shared by their norms. _i: 0: the mean (weight 3) gives 1, 2 and 3; one by one (weights 1, 1, 0) come 3
 * and 1; so 6 are shared by norms 1, 2 and 1. 1: the mean twice gives 2/3, 4/3 and 2 in the same two paths.
 */
START_TEST(a_pad_below_two_pieces_of_a_vector)
{
    static const float x[] = { 1, 2 }, weight[2][4] = { { 3, 1, 1, 0 }, { 1, 1 } };
    static const double want[2][2] = { { 1 + 1.5 + 1 + 1.5, 2 + 3 }, { 4.0 / 3, 8.0 / 3 } };
    odd n;
    srd_layer in, pad, mean, pieces[2], y;

    begin(&n);
    in = input(&n, "x", 1, 1, 2, x);
    pad = srd_graph_constant_pad2d(n.graph, "pad", in, 0, 1, 0, 0, 3.0f);
    mean = srd_graph_global_avg_pool(n.graph, "mean", pad);
    pieces[0] = srd_graph_flatten(n.graph, "one", mean);
    pieces[1] = _i == 0 ? srd_graph_flatten(n.graph, "all", pad) : srd_graph_global_avg_pool(n.graph, "same", mean);
    y = srd_graph_concat(n.graph, "both", pieces, 2);
    run(&n, linear(&n, y, 1, _i == 0 ? 4 : 2, weight[_i], NULL), SRD_LAYER_NONE, 0);
    check_map(&n, 0, -1, in, 0, want[_i]);
    end(&n);
}
END_TEST

/* _i layers of pads, one above the other: 7 are the most below a layer that mixes. */
START_TEST(more_pads_than_there_are_bits_for)
{
    static const float x[] = { 1 }, weight[] = { 1 };
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    odd n;
    srd_layer y;

    begin(&n);
    y = input(&n, "x", 1, 1, 1, x);
    for (int i = 0; i < _i; ++i) y = srd_graph_constant_pad2d(n.graph, NULL, y, 0, 1, 0, 0, 1.0f);
    y = one_by_one(&n, srd_graph_global_avg_pool(n.graph, "gap", y), 1, 1, 1, weight, NULL);
    check_ok(srd_graph_output(n.graph, y, testing_reason()));
    check_ok(srd_graph_seal(n.graph, NULL));
    if (_i <= 7) {
        check_ok(srd_explainer_create(n.graph, NULL, NULL, &explainer, &detail));
    } else {
        check_status(srd_explainer_create(n.graph, NULL, NULL, &explainer, &detail), SRD_ERR_UNSUPPORTED);
        check_detail(&detail, SRD_ERR_UNSUPPORTED, "conv", "more than 7 pads that are not 0");
    }
    srd_explainer_free(explainer);
    end(&n);
}
END_TEST

/* ---- a norm of a single number ------------------------------------------------------------------------------------------------------ */

/* Whatever x is, the norm over one position is exactly beta, here 0, and not what is left of 0.1 * 316 - 0.1 * 316: so both paths have
 * half of the field. A rounding as y would give them shares of millions. */
START_TEST(a_norm_over_one_position)
{
    static const float x[] = { 0.1f, 0.7f }, z[] = { 0.3f };
    static const double half[8] = { 0.5 };
    float got[3] = { 1, 1, 1 };
    srd_tensor *const view = testing_view(3, (int64_t[]){ 3, 1, 1 }, got);
    odd n;
    srd_layer inputs[2], y;

    begin(&n);
    inputs[0] = input(&n, "x", 2, 1, 1, x);
    inputs[1] = input(&n, "z", 1, 1, 1, z);
    y = srd_graph_concat(n.graph, "both", inputs, 2);
    y = srd_graph_relu(n.graph, "y", srd_graph_instance_norm(n.graph, "norm", y, NULL, NULL, 1e-5));
    run(&n, y, SRD_LAYER_NONE, 0);
    check_ok(srd_explainer_value(n.explainer, y, view, testing_reason()));
    for (int i = 0; i < 3; ++i) ck_assert_float_eq(got[i], 0.0f);
    check_map(&n, 0, y, inputs[0], 0, half);
    check_map(&n, 0, y, inputs[1], 0, half);
    srd_tensor_free(view);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { channels_of_two_inputs_below_a_pool, 0, 0 },
        { channels_of_paths_that_are_zero, 0, 3 },
        { a_pool_beside_what_it_pools, 0, 2 },
        { a_pool_beside_two_others, 0, 0 },
        { a_flatten_of_a_flatten, 0, 3 },
        { a_flatten_that_a_concat_reads_twice, 0, 0 },
        { positions_of_a_vector_below_overlapping_pools, 0, 5 },
        { an_upsample_that_keeps_the_size, 0, 0 },
        { a_slice_beside_its_vector, 0, 2 },
        { a_pad_below_two_pieces_of_a_vector, 0, 2 },
        { more_pads_than_there_are_bits_for, 7, 9 },
        { a_norm_over_one_position, 0, 0 },
        { thousands_of_ways_to_few_numbers, 0, 2 },
        { the_mean_of_a_white_picture, 0, 8 },
        { NULL, 0, 0 },
    };

    return testing_main("hostile_paths", list);
}
