/*
 * test_corners.c -- graphs that no common network has: outputs that are inputs or gather layers, a softmax inside the head, a
 * fully connected layer over a concat, very many paths, several inputs and outputs. The expected numbers are worked out here.
 */
#include <math.h>

#include "testing.h"

/* A graph under construction, then its explainer. */
typedef struct corner {
    srd_graph *graph;
    srd_explainer *explainer;
} corner;

static void begin(corner *c)
{
    memset(c, 0, sizeof *c);
    check_ok(srd_graph_create(NULL, NULL, &c->graph, NULL));
}

static void seal(corner *c, srd_layer output)
{
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_output(c->graph, output, testing_reason()));
    ck_assert_msg(srd_graph_seal(c->graph, &detail) == SRD_OK, "%s: %s", detail.layer_name, detail.text);
    ck_assert_msg(srd_explainer_create(c->graph, NULL, NULL, &c->explainer, &detail) == SRD_OK, "%s: %s", detail.layer_name,
                  detail.text);
}

static void end(corner *c)
{
    srd_explainer_free(c->explainer);
    srd_graph_free(c->graph);
}

/* Runs one picture, whose shape is that of the first layer. */
static void run(corner *c, const float *picture)
{
    int32_t size[3];
    int64_t shape[3];
    srd_tensor *view;

    check_ok(srd_graph_layer_shape(c->graph, 0, size, testing_reason()));
    for (int i = 0; i < 3; ++i) shape[i] = size[i];
    view = testing_const_view(3, shape, picture);
    check_ok(srd_explainer_run(c->explainer, (const srd_tensor *const[]){ view }, 1, NULL, testing_reason()));
    srd_tensor_free(view);
}

static srd_tensor *map_of(corner *c, srd_layer layer, float *numbers)
{
    int32_t size[3];
    int64_t shape[2];

    check_ok(srd_explainer_layer_shape(c->explainer, layer, size, testing_reason()));
    shape[0] = size[1];
    shape[1] = size[2];
    return testing_view(2, shape, numbers);
}

/* Asks for a class of output 0 and compares the map of layer x, the score and the constants. */
static void check_class(corner *c, int32_t class_index, srd_layer x, const float *want, int count, double score,
                        double constants)
{
    float got[4096];
    srd_tensor *map = map_of(c, x, got);
    srd_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    check_ok(srd_explainer_ask_class(c->explainer, class_index, NULL, &x, &map, 1, testing_reason()));
    check_ok(srd_explainer_report(c->explainer, &r, testing_reason()));
    ck_assert_double_le(fabs(r.score - score), 1e-5 * (1.0 + fabs(score)));
    ck_assert_double_le(fabs(r.head_bias - constants), 1e-5 * (1.0 + fabs(score)));
    ck_assert_double_le(fabs(r.top + r.head_bias - r.score), 1e-5 * (1.0 + fabs(score)));
    for (int i = 0; i < count; ++i) {
        ck_assert_msg(fabsf(got[i] - want[i]) <= 1e-5f * (1.0f + fabsf(want[i])), "position %d: %g, expected %g", i,
                      (double)got[i], (double)want[i]);
    }
    srd_tensor_free(map);
}

static void check_value(corner *c, srd_layer layer, const float *want, int count)
{
    int32_t size[3];
    int64_t shape[3];
    float got[64];
    srd_tensor *view;

    check_ok(srd_explainer_layer_shape(c->explainer, layer, size, testing_reason()));
    for (int i = 0; i < 3; ++i) shape[i] = size[i];
    ck_assert_int_eq(size[0] * size[1] * size[2], count);
    view = testing_view(3, shape, got);
    check_ok(srd_explainer_value(c->explainer, layer, view, testing_reason()));
    for (int i = 0; i < count; ++i) ck_assert_float_le(fabsf(got[i] - want[i]), 1e-5f * (1.0f + fabsf(want[i])));
    srd_tensor_free(view);
}

/* The ERF of (row, column): its map at layer x, and what no path takes. */
static void check_erf(corner *c, srd_layer layer, int32_t row, int32_t column, srd_layer x, const float *want, int count,
                      double unreached)
{
    float got[4096];
    srd_tensor *map = map_of(c, x, got);
    srd_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    check_ok(srd_explainer_ask_erf(c->explainer, layer, row, column, NULL, &x, &map, 1, testing_reason()));
    check_ok(srd_explainer_report(c->explainer, &r, testing_reason()));
    ck_assert_double_le(fabs(r.unreached - unreached), 1e-6);
    ck_assert_double_le(fabs(r.at_inputs - 1.0 + unreached), 1e-5);
    for (int i = 0; i < count; ++i) ck_assert_float_le(fabsf(got[i] - want[i]), 1e-6f);
    srd_tensor_free(map);
}

static srd_layer linear(corner *c, srd_layer input, int64_t outputs, int64_t inputs, const float *weight, const float *bias)
{
    const int64_t shape[2] = { outputs, inputs };
    srd_tensor *const w = testing_const_view(2, shape, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, shape, bias) : NULL;
    const srd_layer layer = srd_graph_linear(c->graph, NULL, input, w, b, NULL);

    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

START_TEST(an_output_that_is_an_input)
{
    const float picture[8] = { 1, 2, 3, 4, -5, 6, 7, 8 };
    corner c;

    begin(&c);
    seal(&c, srd_graph_input(c.graph, "x", 2, 2, 2));
    run(&c, picture);
    check_value(&c, 0, picture, 8);
    check_class(&c, 0, 0, picture, 4, 10, 0);
    check_class(&c, 1, 0, picture + 4, 4, 16, 0);
    check_erf(&c, 0, 1, 0, 0, (const float[]){ 0, 0, 1, 0 }, 4, 0);
    end(&c);
}
END_TEST

START_TEST(an_output_that_pads)
{
    const float picture[4] = { 1, -2, 3, 4 }, padded[9] = { 0, 0, 0, 1, -2, 0, 3, 4, 0 };
    corner c;
    srd_layer out;

    begin(&c);
    out = srd_graph_zero_pad2d(c.graph, "pad", srd_graph_input(c.graph, "x", 1, 2, 2), 1, 0, 0, 1);
    seal(&c, out);
    run(&c, picture);
    check_value(&c, out, padded, 9);
    check_class(&c, 0, 0, picture, 4, 6, 0);
    check_erf(&c, out, 1, 1, 0, (const float[]){ 0, 1, 0, 0 }, 4, 0);
    check_erf(&c, out, 0, 0, 0, (const float[]){ 0, 0, 0, 0 }, 4, 1);
    end(&c);
}
END_TEST

START_TEST(an_output_that_subsamples)
{
    const float picture[15] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const float value[6] = { 1, 3, 5, 11, 13, 15 };
    const float map[15] = { 1, 0, 3, 0, 5, 0, 0, 0, 0, 0, 11, 0, 13, 0, 15 };
    corner c;
    srd_layer out;

    begin(&c);
    out = srd_graph_subsample2d(c.graph, "sub", srd_graph_input(c.graph, "x", 1, 3, 5), 2, 2);
    seal(&c, out);
    run(&c, picture);
    check_value(&c, out, value, 6);
    check_class(&c, 0, 0, map, 15, 48, 0);
    end(&c);
}
END_TEST

/* Class c * H * W + p of the flattened vector is channel c at position p. */
START_TEST(an_output_that_flattens)
{
    const float picture[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    corner c;
    srd_layer out;

    begin(&c);
    out = srd_graph_flatten(c.graph, "flat", srd_graph_input(c.graph, "x", 2, 2, 2));
    seal(&c, out);
    run(&c, picture);
    check_value(&c, out, picture, 8);
    for (int32_t k = 0; k < 8; ++k) {
        float map[4] = { 0 };

        map[k % 4] = picture[k];
        check_class(&c, k, 0, map, 4, (double)picture[k], 0);
    }
    end(&c);
}
END_TEST

/* A max-pool must see the values of the gather layer below it. Zeros of a padding layer may win, and give nothing on. */
START_TEST(a_max_pool_over_other_gather_layers)
{
    const float small[4] = { -1, -2, 3, -4 }, pooled[4] = { 0, 0, 3, 0 };
    const float large[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const float ten = 10;
    float map[16] = { 0 };
    srd_pool2d_options o;
    srd_layer out;
    corner c;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.kernel_h = o.kernel_w = 2;
    begin(&c);
    out = srd_graph_zero_pad2d(c.graph, "pad", srd_graph_input(c.graph, "x", 1, 2, 2), 1, 1, 1, 1);
    out = srd_graph_max_pool2d(c.graph, "pool", out, &o);
    seal(&c, out);
    run(&c, small);
    check_value(&c, out, pooled, 4);
    check_class(&c, 0, 0, pooled, 4, 3, 0);
    end(&c);
    begin(&c);
    out = srd_graph_subsample2d(c.graph, "sub", srd_graph_input(c.graph, "x", 1, 4, 4), 2, 2);
    out = srd_graph_max_pool2d(c.graph, "pool", out, &o);
    seal(&c, out);
    run(&c, large);
    map[10] = 10;
    check_value(&c, out, &ten, 1);
    check_class(&c, 0, 0, map, 16, 10, 0);
    end(&c);
    o.kernel_h = o.kernel_w = 1;
    begin(&c);
    out = srd_graph_flatten(c.graph, "flat", srd_graph_input(c.graph, "x", 4, 2, 2));
    out = srd_graph_max_pool2d(c.graph, "pool", out, &o);
    seal(&c, out);
    run(&c, large);
    check_value(&c, out, large, 16);
    /* class 10 is channel 2 at position 2 */
    check_class(&c, 10, 0, (const float[]){ 0, 0, 10, 0 }, 4, 10, 0);
    end(&c);
}
END_TEST

/* A fully connected layer over flatten(x) beside flatten(max-pool(x)). */
START_TEST(a_linear_layer_over_a_concat)
{
    const float picture[8] = { 1, 9, 3, 4, 5, 6, 8, 7 };
    const float weight[10] = { 0.5f, -1, 2, 0.25f, 1, 1, -3, 0.5f, 2, -1 };
    float map[4];
    srd_pool2d_options o;
    srd_layer parts[2];
    corner c;
    double score = 0;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.kernel_h = o.kernel_w = 2;
    for (int p = 0; p < 4; ++p) map[p] = weight[p] * picture[p] + weight[4 + p] * picture[4 + p];
    map[1] += weight[8] * 9; /* the largest of channel 0 */
    map[2] += weight[9] * 8; /* and of channel 1 */
    for (int p = 0; p < 4; ++p) score += (double)map[p];
    begin(&c);
    (void)srd_graph_input(c.graph, "x", 2, 2, 2);
    parts[0] = srd_graph_flatten(c.graph, "flat", 0);
    parts[1] = srd_graph_flatten(c.graph, "flat pool", srd_graph_max_pool2d(c.graph, "pool", 0, &o));
    seal(&c, linear(&c, srd_graph_concat(c.graph, "concat", parts, 2), 1, 10, weight, NULL));
    run(&c, picture);
    check_class(&c, 0, 0, map, 4, score, 0);
    end(&c);
}
END_TEST

/* The directed head goes through a softmax by its derivative (METHOD section 6). */
START_TEST(a_softmax_inside_the_head)
{
    const float picture[3] = { 0.5f, -1, 2 }, weight[6] = { 1, 2, 3, -1, 0.5f, 4 };
    corner c;

    begin(&c);
    seal(&c, linear(&c, srd_graph_softmax(c.graph, "soft", srd_graph_input(c.graph, "x", 3, 1, 1)), 2, 3, weight, NULL));
    run(&c, picture);
    for (int32_t k = 0; k < 2; ++k) {
        const float *const g = weight + 3 * k;
        double s[3], sum = 0, mean = 0, want = 0;
        float map;

        for (int i = 0; i < 3; ++i) sum += exp((double)picture[i]);
        for (int i = 0; i < 3; ++i) s[i] = exp((double)picture[i]) / sum;
        for (int i = 0; i < 3; ++i) mean += s[i] * (double)g[i];
        for (int i = 0; i < 3; ++i) want += (double)picture[i] * s[i] * ((double)g[i] - mean);
        map = (float)want;
        check_class(&c, k, 0, &map, 1, mean, mean - want);
    }
    end(&c);
}
END_TEST

/* Post layers on top of each other: their scales multiply, each bias is scaled by those above it. */
START_TEST(a_chain_of_post_layers)
{
    const float picture[4] = { 1, 2, 3, 4 }, weight = 2, bias = 1, scale[2] = { 0.5f, 3 }, shift[2] = { -0.25f, 2 };
    const int64_t four[4] = { 1, 1, 1, 1 };
    srd_tensor *tensors[6];
    corner c;
    srd_layer at;
    float value[4], map[4];

    tensors[0] = testing_const_view(4, four, &weight);
    tensors[1] = testing_const_view(1, four, &bias);
    for (int i = 0; i < 2; ++i) tensors[2 + i] = testing_const_view(1, four, &scale[i]);
    for (int i = 0; i < 2; ++i) tensors[4 + i] = testing_const_view(1, four, &shift[i]);
    begin(&c);
    at = srd_graph_conv2d(c.graph, "conv", srd_graph_input(c.graph, "x", 1, 2, 2), tensors[0], tensors[1], NULL);
    at = srd_graph_scale_shift(c.graph, "first", at, tensors[2], tensors[4]);
    at = srd_graph_scale_shift(c.graph, "second", at, tensors[3], tensors[5]);
    at = srd_graph_relu(c.graph, "relu", srd_graph_scale_shift(c.graph, "shift only", at, NULL, tensors[5]));
    seal(&c, at);
    run(&c, picture);
    for (int p = 0; p < 4; ++p) {
        value[p] = ((2 * picture[p] + 1) * 0.5f - 0.25f) * 3 + 2 + 2;
        map[p] = 2 * picture[p] * 0.5f * 3;
    }
    check_value(&c, at, value, 4);
    check_class(&c, 0, 0, map, 4, 49, 49 - 30);
    check_erf(&c, at, 1, 1, 0, (const float[]){ 0, 0, 0, 1 }, 4, 0);
    for (int i = 0; i < 6; ++i) srd_tensor_free(tensors[i]);
    end(&c);
}
END_TEST

/* More paths into one position than any scratch tile holds; the bias is shared evenly (METHOD section 4). */
START_TEST(thousands_of_paths)
{
    enum { N = 56 * 56 };
    static float picture[N], weight[N], map[N], share[N];
    const float bias = 7;
    double score = 7;
    corner c;
    srd_layer out;

    for (int i = 0; i < N; ++i) {
        picture[i] = (float)(i % 17) - 8;
        weight[i] = (float)(i % 5) * 0.25f;
        map[i] = picture[i] * weight[i] + bias / N;
        score += (double)(picture[i] * weight[i]);
    }
    for (int i = 0; i < N; ++i) share[i] = (float)((double)map[i] / score);
    begin(&c);
    out = linear(&c, srd_graph_input(c.graph, "x", 1, 56, 56), 1, N, weight, &bias);
    seal(&c, out);
    run(&c, picture);
    check_class(&c, 0, 0, map, N, score, 0);
    check_erf(&c, out, 0, 0, 0, share, N, 0);
    end(&c);
}
END_TEST

/* Two inputs added, and a second output over one of them; a third input that nobody reads must be given all the same. */
START_TEST(several_inputs_and_outputs)
{
    const float a[4] = { 1, 2, 3, 4 }, b[4] = { 5, -1, 7, -9 }, none[1] = { 0 };
    const int64_t shape[3] = { 1, 2, 2 }, one[3] = { 1, 1, 1 };
    srd_tensor *const inputs[3] = { testing_const_view(3, shape, a), testing_const_view(3, shape, b),
                                    testing_const_view(3, one, none) };
    srd_score_options o = { (uint32_t)sizeof o, 1, 0 };
    srd_layer both[2];
    float got[2][4];
    srd_tensor *maps[2];
    corner c;

    begin(&c);
    both[0] = srd_graph_input(c.graph, "a", 1, 2, 2);
    both[1] = srd_graph_input(c.graph, "b", 1, 2, 2);
    (void)srd_graph_input(c.graph, "unread", 1, 1, 1);
    check_ok(
        srd_graph_output(c.graph, srd_graph_relu(c.graph, "sum", srd_graph_add(c.graph, "add", both, 2)), testing_reason()));
    seal(&c, srd_graph_relu(c.graph, "only a", both[0]));
    for (int i = 0; i < 2; ++i) maps[i] = testing_view(2, shape + 1, got[i]);
    check_status(srd_explainer_run(c.explainer, (const srd_tensor *const *)inputs, 2, NULL, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_ok(srd_explainer_run(c.explainer, (const srd_tensor *const *)inputs, 3, NULL, testing_reason()));
    check_ok(srd_explainer_ask_class(c.explainer, 0, NULL, both, maps, 2, testing_reason()));
    for (int p = 0; p < 4; ++p) { /* the score is taken before an output's ReLU, so -5 counts as well */
        ck_assert(got[0][p] == a[p]);
        ck_assert(got[1][p] == b[p]);
    }
    check_ok(srd_explainer_ask_class(c.explainer, 0, &o, both, maps, 2, testing_reason()));
    for (int p = 0; p < 4; ++p) {
        ck_assert(got[0][p] == a[p]);
        ck_assert(got[1][p] == 0.0f);
    }
    for (int i = 0; i < 3; ++i) srd_tensor_free(inputs[i]);
    for (int i = 0; i < 2; ++i) srd_tensor_free(maps[i]);
    end(&c);
}
END_TEST

/* Recursions are bounded, so that a thread with a small stack is safe; the layer where it ends is named. */
START_TEST(chains_that_are_too_deep)
{
    corner c;
    srd_layer at;
    srd_detail detail = testing_new_detail();

    begin(&c);
    at = srd_graph_input(c.graph, "x", 1, 3, 3);
    for (int i = 0; i < 1000; ++i) at = srd_graph_zero_channels(c.graph, NULL, at, 0, 0);
    check_ok(srd_graph_output(c.graph, at, testing_reason()));
    check_status(srd_graph_seal(c.graph, &detail), SRD_ERR_UNSUPPORTED);
    ck_assert_int_gt(detail.layer, 100);
    ck_assert_int_eq(strncmp(detail.layer_name, "zero_channels_", 14), 0);
    end(&c);
}
END_TEST

START_TEST(chains_that_are_just_deep)
{
    const float picture[4] = { 1, 2, 3, 4 };
    corner c;
    srd_layer at;

    begin(&c);
    at = srd_graph_input(c.graph, "x", 1, 2, 2);
    for (int i = 0; i < 100; ++i) at = srd_graph_zero_channels(c.graph, NULL, at, 0, 0);
    for (int i = 0; i < 1000; ++i) at = srd_graph_relu(c.graph, NULL, at);
    seal(&c, at);
    run(&c, picture);
    check_class(&c, 0, 0, picture, 4, 10, 0);
    end(&c);
}
END_TEST

START_TEST(numbers_of_positions_and_channels_that_overflow)
{
    const int32_t sizes[2] = { 100, 100 };
    srd_explainer_options o;
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    corner c;

    begin(&c);
    (void)srd_graph_input(c.graph, "x", 65536, 300, 300);
    ck_assert_int_eq(srd_graph_flatten(c.graph, "flat", 0), SRD_LAYER_NONE);
    check_status(srd_graph_seal(c.graph, &detail), SRD_ERR_OVERFLOW);
    check_detail(&detail, SRD_ERR_OVERFLOW, "flat", "long");
    end(&c);
    begin(&c);
    check_ok(srd_graph_output(c.graph, srd_graph_relu(c.graph, "relu", srd_graph_input(c.graph, "x", 1 << 20, 0, 0)),
                              testing_reason()));
    check_ok(srd_graph_seal(c.graph, NULL));
    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.input_sizes = sizes;
    o.input_size_count = 1;
    check_status(srd_explainer_create(c.graph, &o, NULL, &explainer, &detail), SRD_ERR_OVERFLOW);
    check_detail(&detail, SRD_ERR_OVERFLOW, "x", "");
    end(&c);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { an_output_that_is_an_input, 0, 0 },
        { an_output_that_pads, 0, 0 },
        { an_output_that_subsamples, 0, 0 },
        { an_output_that_flattens, 0, 0 },
        { a_max_pool_over_other_gather_layers, 0, 0 },
        { a_linear_layer_over_a_concat, 0, 0 },
        { a_softmax_inside_the_head, 0, 0 },
        { a_chain_of_post_layers, 0, 0 },
        { thousands_of_paths, 0, 0 },
        { several_inputs_and_outputs, 0, 0 },
        { chains_that_are_too_deep, 0, 0 },
        { chains_that_are_just_deep, 0, 0 },
        { numbers_of_positions_and_channels_that_overflow, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("corners", list);
}
