/*
 * test_custom_given.c -- an operation that no layer computes, of another shape than its input: a custom gather layer tells where it looks, a
 * black box above it has the value that the host gives. Here a pool by the root of the mean of squares over 2 x 2 windows.
 */
#include <math.h>

#include "testing.h"

#define C 3
#define D 4 /* channels of the stem */
#define H 6
#define W 8
#define POOLED (D * H * W / 4)

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, stem, made;
    float picture[C * H * W], stem_value[D * H * W], pooled[POOLED];
} net;

static srd_status half(void *user, const int32_t *inputs, int32_t count, int32_t *output)
{
    (void)user, (void)count;
    output[0] = inputs[0];
    output[1] = inputs[1] / 2;
    output[2] = inputs[2] / 2;
    return SRD_OK;
}

static void look_at_windows(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                            srd_custom_emit emit, void *context)
{
    const int32_t width = shapes[2], row = position / (width / 2), column = position % (width / 2);
    srd_custom_tap tap = { (uint32_t)sizeof tap, 0, 0, 0, shapes[0], 0.25f };

    (void)user, (void)inputs, (void)count;
    for (int32_t k = 0; k < 4; ++k) {
        tap.position = (2 * row + k / 2) * width + 2 * column + k % 2;
        emit(context, &tap);
    }
}

/* What the box would be without a host. */
static srd_status keep(void *user, const int32_t *shape, const float *input, float *output, void *workspace)
{
    (void)user, (void)workspace;
    memcpy(output, input, (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2] * sizeof *output);
    return SRD_OK;
}

static srd_layer conv(srd_graph *graph, const char *name, srd_layer input, int64_t outputs, int64_t inputs, int64_t kernel)
{
    float weights[64];
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_tensor *weight;
    srd_layer layer;

    for (int i = 0; i < 64; ++i) weights[i] = cosf((float)i * 2.3f);
    weight = testing_const_view(4, shape, weights);
    layer = srd_graph_conv2d(graph, name, input, weight, NULL, NULL);
    srd_tensor_free(weight);
    return layer;
}

static void begin(net *n)
{
    srd_custom_layer looks = SRD_CUSTOM_LAYER_INIT, box = SRD_CUSTOM_LAYER_INIT;
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keeps[2] = { { 0, SRD_KEEP_VALUE }, { 0, SRD_KEEP_VALUE } };
    srd_layer layer;

    n->graph = NULL;
    n->explainer = NULL;
    looks.role = SRD_CUSTOM_GATHER;
    looks.most_taps = 4;
    looks.shape = half;
    looks.taps = look_at_windows;
    box.role = SRD_CUSTOM_BLACK_BOX;
    box.passes = 1;
    box.forward = keep;
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    n->x = srd_graph_input(n->graph, "x", C, H, W);
    n->stem = srd_graph_relu(n->graph, "stem", conv(n->graph, NULL, n->x, D, C, 1));
    layer = srd_graph_custom(n->graph, "looks", &n->stem, 1, &looks);
    n->made = srd_graph_custom(n->graph, "rms_pool", &layer, 1, &box);
    layer = srd_graph_relu(n->graph, "top", conv(n->graph, NULL, n->made, 2, D, 2));
    check_ok(srd_graph_output(n->graph, srd_graph_global_avg_pool(n->graph, "mean", layer), testing_reason()));
    check_ok(srd_graph_seal(n->graph, NULL));
    keeps[0].layer = n->stem;
    keeps[1].layer = n->made;
    options.keeps = keeps;
    options.keep_count = 2;
    check_ok(srd_explainer_create(n->graph, &options, NULL, &n->explainer, NULL));
    for (int i = 0; i < C * H * W; ++i) n->picture[i] = sinf((float)i * 1.7f);
}

/* given NULL: a plain run */
static void run(net *n, const srd_given *given)
{
    const int64_t shape[3] = { C, H, W };
    srd_run_options options = SRD_RUN_OPTIONS_INIT;
    srd_tensor *const input = testing_const_view(3, shape, n->picture);
    const srd_tensor *const inputs[1] = { input };

    options.given = given;
    options.given_count = given != NULL;
    check_ok(srd_explainer_run(n->explainer, inputs, 1, &options, testing_reason()));
    srd_tensor_free(input);
}

static void get(const net *n, srd_layer layer, const int64_t *shape, float *to)
{
    srd_tensor *const value = testing_view(3, shape, to);

    check_ok(srd_explainer_value(n->explainer, layer, value, testing_reason()));
    srd_tensor_free(value);
}

/* The host's part: the operation on the value below it. */
static void pool(net *n)
{
    for (int i = 0; i < POOLED; ++i) {
        const float *const at = n->stem_value + i / (W / 2) * 2 * W + i % (W / 2) * 2;

        n->pooled[i] = sqrtf((at[0] * at[0] + at[1] * at[1] + at[W] * at[W] + at[W + 1] * at[W + 1]) / 4.0f);
    }
}

static float score_of(const net *n)
{
    float scores[2];
    const int64_t shape[3] = { 2, 1, 1 };

    get(n, n->made + 3, shape, scores);
    return scores[1];
}

START_TEST(the_host_computes_what_taps_explain)
{
    const int64_t wide[3] = { D, H, W }, small[3] = { D, H / 2, W / 2 }, plane[2] = { H, W };
    float got[POOLED], map[H * W], inner[H * W];
    srd_report report = SRD_REPORT_INIT;
    srd_tensor *const maps[2] = { testing_view(2, plane, map), testing_view(2, plane, inner) };
    srd_tensor *value;
    srd_given given;
    float plain;
    int dark = 0;
    net n;

    begin(&n);
    run(&n, NULL);
    plain = score_of(&n);
    get(&n, n.stem, wide, n.stem_value);
    pool(&n);
    value = testing_const_view(3, small, n.pooled);
    given.layer = n.made;
    given.what = SRD_GIVEN_VALUE;
    given.numbers = value;
    run(&n, &given);
    get(&n, n.made, small, got);
    ck_assert_mem_eq(got, n.pooled, sizeof got);
    ck_assert_float_ne(score_of(&n), plain);
    {
        const srd_layer layers[2] = { n.x, n.stem };

        check_ok(srd_explainer_ask_class(n.explainer, 1, NULL, layers, maps, 2, testing_reason()));
    }
    check_ok(srd_explainer_report(n.explainer, &report, testing_reason()));
    ck_assert_double_eq_tol(report.top, report.at_inputs, 1e-5 * report.magnitude);
    ck_assert_double_eq_tol(report.top, (double)score_of(&n), 1e-5 * report.magnitude);
    for (int i = 0; i < H * W; ++i) { /* a position that is 0 where its window is not gave nothing */
        float own = 0.0f, window = 0.0f;

        for (int c = 0; c < D; ++c) {
            own += n.stem_value[c * H * W + i];
            window += n.pooled[(c * (H / 2) + i / W / 2) * (W / 2) + i % W / 2];
        }
        if (own == 0.0f && window > 0.0f) ck_assert_float_eq(inner[i], 0.0f);
        dark += own == 0.0f && window > 0.0f;
    }
    ck_assert_int_gt(dark, 0);
    srd_tensor_free(value);
    srd_tensor_free(maps[0]);
    srd_tensor_free(maps[1]);
    srd_explainer_free(n.explainer);
    srd_graph_free(n.graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { the_host_computes_what_taps_explain, 0, 0 }, { NULL, 0, 0 } };

    return testing_main("custom_given", list);
}
