/*
 * test_custom.c -- layers by callbacks: those that do what a layer of the library does give its maps, bit for bit where the sums
 * are the same; black boxes pass relevance on if their owner says so; callbacks that break their word end the run.
 */
#include <math.h>

#include "testing.h"

#define C 3
#define H 6
#define W 8

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    float picture[C * H * W], map[H * W], inner[H * W];
    srd_layer x, stem, made;
} net;

static const float weights[4 * C * 9] = { 0.3f, -0.7f, 0.2f, 0.5f, -0.1f, 0.4f, -0.6f, 0.8f,  0.1f, -0.2f, 0.9f,  -0.4f,
                                          0.6f, 0.7f,  0.3f, 0.1f, -0.5f, 0.2f, 0.4f,  -0.3f, 0.5f, 0.2f,  -0.8f, 0.6f };

static srd_layer conv(net *n, const char *name, srd_layer input, int64_t outputs, int64_t inputs, int64_t kernel)
{
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_tensor *const weight = testing_const_view(4, shape, weights);
    const srd_layer layer = srd_graph_conv2d(n->graph, name, input, weight, NULL, NULL);

    srd_tensor_free(weight);
    return layer;
}

static void begin(net *n)
{
    n->graph = NULL;
    n->explainer = NULL;
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    n->x = srd_graph_input(n->graph, "x", C, H, W);
    n->stem = conv(n, "stem", n->x, 4, C, 1);
    for (int i = 0; i < C * H * W; ++i) n->picture[i] = sinf((float)i * 1.7f);
}

/* A head above the layer under test, and an explainer. */
static void finish(net *n, srd_layer layer)
{
    n->made = layer;
    check_ok(srd_graph_output(n->graph,
                              srd_graph_global_avg_pool(n->graph, "mean",
                                                        srd_graph_relu(n->graph, "top", conv(n, "conv", layer, 2, 4, 2))),
                              testing_reason()));
    check_ok(srd_graph_seal(n->graph, NULL));
    check_ok(srd_explainer_create(n->graph, NULL, NULL, &n->explainer, NULL));
}

static srd_status run(net *n)
{
    const int64_t shape[3] = { C, H, W };
    srd_tensor *const input = testing_const_view(3, shape, n->picture);
    const srd_tensor *const inputs[1] = { input };
    const srd_status status = srd_explainer_run(n->explainer, inputs, 1, NULL, testing_reason());

    srd_tensor_free(input);
    return status;
}

static void ask(net *n)
{
    const int64_t shape[2] = { H, W };
    srd_tensor *const maps[2] = { testing_view(2, shape, n->map), testing_view(2, shape, n->inner) };
    const srd_layer layers[2] = { n->x, n->stem };

    check_ok(srd_explainer_ask_class(n->explainer, 1, NULL, layers, maps, srd_graph_is_site(n->graph, n->stem) ? 2 : 1,
                                     testing_reason()));
    srd_tensor_free(maps[0]);
    srd_tensor_free(maps[1]);
}

static void end(net *n)
{
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static int same_bits(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

/* ---- pointwise ---- */

static void relu_value(void *user, float *y, int32_t channels, void *workspace)
{
    float *const copy = (float *)workspace;

    ++*(int *)user;
    for (int32_t c = 0; c < channels; ++c) copy[c] = y[c] > 0.0f ? y[c] : 0.0f;
    memcpy(y, copy, (size_t)channels * sizeof *y);
}

static void relu_back(void *user, const float *y, float *direction, int32_t channels)
{
    (void)user;
    for (int32_t c = 0; c < channels; ++c) direction[c] *= y[c] > 0.0f ? 1.0f : y[c] < 0.0f ? 0.0f : 0.5f;
}

START_TEST(a_pointwise_layer)
{
    int calls = 0;
    srd_custom_layer relu = SRD_CUSTOM_LAYER_INIT;
    net ours, theirs;

    relu.value = relu_value;
    relu.back = relu_back;
    relu.user = &calls;
    relu.workspace = 4 * sizeof(float);
    begin(&ours);
    finish(&ours, srd_graph_relu(ours.graph, "made", ours.stem));
    begin(&theirs);
    finish(&theirs, srd_graph_custom(theirs.graph, "made", &theirs.stem, 1, &relu));
    ck_assert_str_eq(srd_graph_layer_kind(theirs.graph, theirs.made), "custom");
    ck_assert_int_eq(srd_graph_is_site(theirs.graph, theirs.made), 1);
    check_ok(run(&ours));
    check_ok(run(&theirs));
    ask(&ours);
    ask(&theirs);
    ck_assert(same_bits(ours.map, theirs.map, sizeof ours.map));
    ck_assert_int_eq(calls, H * W);
    end(&ours);
    end(&theirs);
}
END_TEST

/* A direction has to pass a single position: with back it does, without it is refused, and the explainer stays usable. */
START_TEST(the_head_passes_by_back)
{
    int calls = 0;
    srd_custom_layer relu = SRD_CUSTOM_LAYER_INIT;
    const int64_t wide[2] = { 4, C * H * W }, small[2] = { 2, 4 }, shape[2] = { H, W };
    static const float numbers[4 * C * H * W] = { 0.5f, -0.25f, 0.125f };

    relu.value = relu_value;
    relu.user = &calls;
    relu.workspace = 64;
    for (int with = 0; with < 2; ++with) {
        srd_tensor *const a = testing_const_view(2, wide, numbers), *const b = testing_const_view(2, small, weights);
        srd_tensor *map;
        srd_layer hidden;
        net n;

        relu.back = with ? relu_back : NULL;
        begin(&n);
        hidden = srd_graph_linear(n.graph, "fc1", n.x, a, NULL, NULL);
        hidden = srd_graph_custom(n.graph, "made", &hidden, 1, &relu);
        check_ok(srd_graph_output(n.graph, srd_graph_linear(n.graph, "fc2", hidden, b, NULL, NULL), testing_reason()));
        check_ok(srd_graph_seal(n.graph, NULL));
        check_ok(srd_explainer_create(n.graph, NULL, NULL, &n.explainer, NULL));
        check_ok(run(&n));
        map = testing_view(2, shape, n.map);
        testing_mark(n.map, H * W);
        check_status(srd_explainer_ask_class(n.explainer, 0, NULL, &n.x, &map, 1, testing_reason()),
                     with ? SRD_OK : SRD_ERR_UNSUPPORTED);
        if (!with) {
            srd_detail why;

            check_untouched(n.map, H * W);
            why = *testing_reason();
            ck_assert_str_eq(why.layer_name, "made");
        }
        check_ok(srd_explainer_ask_erf(n.explainer, hidden, 0, 0, NULL, &n.x, &map, 1, testing_reason()));
        srd_tensor_free(map);
        srd_tensor_free(a);
        srd_tensor_free(b);
        end(&n);
    }
}
END_TEST

/* ---- gather ---- */

/* The largest of each 2 x 2 window, channel by channel; with `broken`, a callback that breaks its word in that way. */
static srd_status half(void *user, const int32_t *inputs, int32_t count, int32_t *output)
{
    (void)user;
    ck_assert_int_eq(count, 1);
    output[0] = inputs[0];
    output[1] = inputs[1] / 2;
    output[2] = inputs[2] / 2;
    return SRD_OK;
}

static void pool_taps(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                      srd_custom_emit emit, void *context)
{
    const int broken = *(const int *)user;
    const int32_t channels = shapes[0], width = shapes[2], row = position / (width / 2), column = position % (width / 2);
    srd_custom_tap tap = { (uint32_t)sizeof tap, 0, 0, 0, channels, 1.0f };

    ck_assert_int_eq(count, 1);
    for (int32_t k = 0; inputs == NULL && k < 4; ++k) {
        tap.position = (2 * row + k / 2) * width + 2 * column + k % 2;
        if (broken != 4 || k > 0) emit(context, &tap);
    }
    for (int32_t c = 0; inputs != NULL && c < channels; ++c) {
        float largest = -INFINITY;

        for (int32_t k = 0; k < 4; ++k) {
            const int32_t p = (2 * row + k / 2) * width + 2 * column + k % 2;

            if (!(inputs[0][p * channels + c] > largest)) continue;
            largest = inputs[0][p * channels + c];
            tap.position = p;
        }
        tap.channel = tap.source_channel = c;
        tap.count = broken == 1 ? channels + 1 : 1;
        if (broken == 2) tap.weight = NAN;
        if (broken == 5) tap.struct_size = 0;
        emit(context, &tap);
        if (broken == 3) emit(context, &tap);
        if (broken == 6) emit(context, NULL);
    }
}

/* A tap as a later version of the library may have it: longer, and told through memory that ends with it. */
typedef struct later_tap {
    srd_custom_tap tap;
    int32_t more[2];
} later_tap;

/* Every position as it is, by such taps. user: the number behind what this library knows. */
static void later_taps(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                       srd_custom_emit emit, void *context)
{
    later_tap later = { SRD_CUSTOM_TAP_INIT, { 0, 0 } };

    (void)inputs, (void)count;
    later.tap.struct_size = (uint32_t)sizeof later;
    later.tap.position = position;
    later.tap.count = shapes[0];
    later.tap.weight = 1.0f;
    later.more[1] = *(const int *)user;
    emit(context, &later.tap);
}

static srd_custom_layer pool(int *broken)
{
    srd_custom_layer layer = SRD_CUSTOM_LAYER_INIT;

    layer.role = SRD_CUSTOM_GATHER;
    layer.most_taps = 4;
    layer.shape = half;
    layer.taps = pool_taps;
    layer.user = broken;
    return layer;
}

START_TEST(a_gather_layer)
{
    int whole = 0;
    const srd_custom_layer custom = pool(&whole);
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    net ours, theirs;
    float worst = 0.0f, largest = 0.0f;

    o.kernel_h = o.kernel_w = 2;
    begin(&ours);
    finish(&ours, srd_graph_max_pool2d(ours.graph, "made", ours.stem, &o));
    begin(&theirs);
    finish(&theirs, srd_graph_custom(theirs.graph, "made", &theirs.stem, 1, &custom));
    check_ok(run(&ours));
    check_ok(run(&theirs));
    ask(&ours);
    ask(&theirs);
    for (int i = 0; i < H * W; ++i) { /* paths are listed in another order, so sums differ by roundings */
        worst = fmaxf(worst, fabsf(ours.map[i] - theirs.map[i]));
        largest = fmaxf(largest, fabsf(ours.map[i]));
    }
    ck_assert_msg(worst <= 2e-5f * largest && largest > 0.0f, "%g of %g", (double)worst, (double)largest);
    end(&ours);
    end(&theirs);
}
END_TEST

START_TEST(taps_that_break_their_word)
{
    int broken = _i;
    const srd_custom_layer custom = pool(&broken);
    srd_detail why;
    net n;

    begin(&n);
    finish(&n, srd_graph_custom(n.graph, "made", &n.stem, 1, &custom));
    check_status(run(&n), SRD_ERR_ARGUMENT);
    why = *testing_reason();
    ck_assert_str_eq(why.layer_name, "made");
    broken = 0;
    if (_i != 4) check_ok(run(&n)); /* what was told at creation stays */
    end(&n);
}
END_TEST

/* As for options: what this library does not know must be 0. */
START_TEST(taps_of_a_later_version)
{
    int unknown = _i;
    srd_custom_layer custom = SRD_CUSTOM_LAYER_INIT;
    net n;

    custom.role = SRD_CUSTOM_GATHER;
    custom.most_taps = 1;
    custom.taps = later_taps;
    custom.user = &unknown;
    begin(&n);
    finish(&n, srd_graph_custom(n.graph, "made", &n.stem, 1, &custom));
    check_status(run(&n), _i == 0 ? SRD_OK : SRD_ERR_ARGUMENT);
    end(&n);
}
END_TEST

static srd_status no_shape(void *user, const int32_t *inputs, int32_t count, int32_t *output)
{
    (void)inputs, (void)count;
    output[0] = output[1] = output[2] = 1;
    return *(const srd_status *)user;
}

/* A failure of the shape callback refuses the graph with it; a number that is no status is the caller's mistake. */
START_TEST(a_shape_that_is_refused)
{
    static const srd_status answers[][2] = { { SRD_ERR_UNSUPPORTED, SRD_ERR_UNSUPPORTED },
                                             { 1, SRD_ERR_ARGUMENT },
                                             { -15, SRD_ERR_ARGUMENT } };
    srd_status answer = answers[_i][0];
    srd_custom_layer custom = SRD_CUSTOM_LAYER_INIT;
    srd_detail why = testing_new_detail();
    srd_graph *graph = NULL;
    srd_layer x;

    custom.role = SRD_CUSTOM_GATHER;
    custom.most_taps = 1;
    custom.taps = later_taps;
    custom.shape = no_shape;
    custom.user = &answer;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 1, 2, 2);
    ck_assert_int_eq(srd_graph_custom(graph, "made", &x, 1, &custom), SRD_LAYER_NONE);
    check_status(srd_graph_seal(graph, &why), answers[_i][1]);
    check_detail(&why, answers[_i][1], "made", "its shape callback returned");
    srd_graph_free(graph);
}
END_TEST

/* ---- black boxes ---- */

static srd_status smooth(void *user, const int32_t *shape, const float *input, float *output, void *workspace)
{
    const int32_t numbers = shape[0] * shape[1] * shape[2];

    (void)workspace;
    for (int32_t i = 0; i < numbers; ++i) output[i] = (input[i] + input[(i + shape[0]) % numbers]) / 2.0f;
    return *(const srd_status *)user;
}

START_TEST(a_black_box)
{
    srd_status answer = SRD_OK;
    srd_custom_layer box = SRD_CUSTOM_LAYER_INIT;
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_report report = SRD_REPORT_INIT;
    srd_explainer *forward = NULL;
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_detail why = testing_new_detail();
    net n;

    box.role = SRD_CUSTOM_BLACK_BOX;
    box.forward = smooth;
    box.user = &answer;
    box.passes = 1;
    begin(&n);
    finish(&n, srd_graph_custom(n.graph, "made", &n.stem, 1, &box));
    check_ok(srd_explainer_plan_info(n.explainer, n.made, &plan, testing_reason()));
    ck_assert_int_eq(plan.verdict, SRD_VERDICT_ASSUMED);
    check_ok(run(&n));
    ask(&n);
    check_ok(srd_explainer_report(n.explainer, &report, testing_reason()));
    ck_assert(fabs(report.top - report.at_inputs) <= 1e-5 * report.magnitude);
    answer = SRD_ERR_CANCELLED;
    check_status(run(&n), SRD_ERR_CANCELLED);
    answer = 4711;
    check_status(run(&n), SRD_ERR_ARGUMENT);
    end(&n);

    answer = SRD_OK;
    box.passes = 0; /* nobody vouches for it */
    begin(&n);
    check_ok(srd_graph_output(n.graph, srd_graph_custom(n.graph, "made", &n.stem, 1, &box), testing_reason()));
    check_ok(srd_graph_seal(n.graph, NULL));
    check_status(srd_explainer_create(n.graph, NULL, NULL, &forward, &why), SRD_ERR_UNSUPPORTED);
    ck_assert_str_eq(why.layer_name, "made");
    o.mode = SRD_MODE_FORWARD;
    check_ok(srd_explainer_create(n.graph, &o, NULL, &forward, NULL));
    n.explainer = forward;
    check_ok(run(&n));
    end(&n);
}
END_TEST

/* What a black box answers, and how often it was asked. */
typedef struct counted {
    srd_status answer;
    int calls;
} counted;

static srd_status smooth_and_count(void *user, const int32_t *shape, const float *input, float *output, void *workspace)
{
    counted *const c = user;

    ++c->calls;
    return smooth(&c->answer, shape, input, output, workspace);
}

/* Ratios are computed again: questions call the box, and end with what it returns. */
START_TEST(a_black_box_that_is_run_again)
{
    counted c = { SRD_OK, 0 };
    srd_custom_layer box = SRD_CUSTOM_LAYER_INIT;
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    const int64_t shape[2] = { H, W };
    float kept[H * W], other[H * W];
    srd_explainer *keeping;
    srd_layer layer;
    srd_tensor *map;
    net n;

    box.role = SRD_CUSTOM_BLACK_BOX;
    box.forward = smooth_and_count;
    box.user = &c;
    box.passes = 1;
    begin(&n);
    layer = conv(&n, "above", srd_graph_custom(n.graph, "made", &n.stem, 1, &box), 4, 4, 2);
    for (int i = 0; i < 3; ++i) /* in the place of the box's value */
        layer = conv(&n, NULL, srd_graph_relu(n.graph, NULL, layer), 4, 4, 1);
    finish(&n, layer);
    check_ok(run(&n));
    ask(&n);
    memcpy(kept, n.map, sizeof kept);
    keeping = n.explainer;
    n.explainer = NULL;
    o.ratios = SRD_RATIOS_RECOMPUTED;
    check_ok(srd_explainer_create(n.graph, &o, NULL, &n.explainer, NULL));
    check_ok(run(&n));
    c.calls = 0;
    for (int i = 0; i < 3; ++i) {
        ask(&n);
        ck_assert_mem_eq(n.map, kept, sizeof kept);
    }
    ck_assert_int_gt(c.calls, 0); /* else nothing was run again, and the rest says nothing */
    map = testing_view(2, shape, other);
    testing_mark(other, H * W);
    c.answer = SRD_ERR_CANCELLED;
    check_status(srd_explainer_ask_class(n.explainer, 1, NULL, &n.x, &map, 1, testing_reason()), SRD_ERR_CANCELLED);
    check_untouched(other, H * W);
    check_status(srd_explainer_ask_class(n.explainer, 1, NULL, &n.x, &map, 1, testing_reason()), SRD_ERR_CANCELLED);
    c.answer = SRD_OK;
    ask(&n);
    ck_assert_mem_eq(n.map, kept, sizeof kept);
    srd_tensor_free(map);
    srd_explainer_free(keeping);
    end(&n);
}
END_TEST

START_TEST(incomplete_ones_are_refused)
{
    int whole = 0;
    const srd_custom_layer good = pool(&whole);
    srd_custom_layer bad[8];
    net n;

    for (int i = 0; i < 8; ++i) bad[i] = good;
    bad[0].role = 3;
    bad[1].taps = NULL;
    bad[2].most_taps = 0;
    bad[3].passes = 1;
    bad[4].value = relu_value;
    bad[5].struct_size = 12;
    bad[6].role = SRD_CUSTOM_BLACK_BOX;
    bad[7].role = SRD_CUSTOM_POINTWISE;
    for (int i = 0; i < 11; ++i) {
        srd_detail why = testing_new_detail();

        begin(&n);
        ck_assert_int_eq(srd_graph_custom(n.graph, "made", i == 9 ? NULL : &n.stem, i == 10 ? 0 : 1,
                                          i == 8  ? NULL
                                          : i > 8 ? &good
                                                  : &bad[i]),
                         SRD_LAYER_NONE);
        check_ok(srd_graph_detail(n.graph, &why));
        ck_assert_int_eq(why.status, SRD_ERR_ARGUMENT);
        ck_assert_str_eq(why.layer_name, "made");
        srd_graph_free(n.graph);
    }
    ck_assert_int_eq(srd_graph_custom(NULL, "made", &n.stem, 1, &good), SRD_LAYER_NONE);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { a_pointwise_layer, 0, 0 },
                                  { the_head_passes_by_back, 0, 0 },
                                  { a_gather_layer, 0, 0 },
                                  { taps_that_break_their_word, 1, 7 },
                                  { taps_of_a_later_version, 0, 2 },
                                  { a_shape_that_is_refused, 0, 3 },
                                  { a_black_box, 0, 0 },
                                  { a_black_box_that_is_run_again, 0, 0 },
                                  { incomplete_ones_are_refused, 0, 0 },
                                  { NULL, 0, 0 } };

    return testing_main("custom", list);
}
