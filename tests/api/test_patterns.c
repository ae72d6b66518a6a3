/*
 * test_patterns.c -- runs with on/off patterns in place of values (APOP, METHOD section 7): SRD_PATTERNS_ONLY and _IMPOSE, on
 * one activation or on all, against a network worked out by hand and against a forward pass written out here. The larger
 * network has ReLUs only and a batch of two: x (2, 4, 5), first (3, 4, 5), second (2, 4, 5), scores (3, 1, 1).
 */
#include <math.h>

#include "testing.h"
#include "testnet.h"

#define H 4
#define W 5
#define P (H * W)
#define N 2
#define IN (2 * P)     /* numbers of a picture */
#define FIRST (3 * P)  /* numbers of the first activation */
#define SECOND (2 * P) /* of the second */
#define SCORES 3

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, first, second, scores;
    float picture[N * IN];
    srd_tensor *input;
} net;

/* Made up alike for the library and for the forward pass of this file. */
typedef struct weights {
    float conv1[3 * 2 * 9], bias1[3], conv2[2 * 3 * 9], bias2[2], fc[SCORES * SECOND], bias3[SCORES];
} weights;

/* All that a run leaves behind: compared as bytes. */
typedef struct answer {
    float map[N * P], scores[N * SCORES];
} answer;

static void make_weights(weights *w)
{
    testnet_picture(w->conv1, 3 * 2 * 9, 11);
    testnet_picture(w->bias1, 3, 12);
    testnet_picture(w->conv2, 2 * 3 * 9, 13);
    testnet_picture(w->bias2, 2, 14);
    testnet_picture(w->fc, SCORES * SECOND, 15);
    testnet_picture(w->bias3, SCORES, 16);
}

static srd_layer conv(srd_graph *graph, srd_layer input, int64_t outputs, int64_t inputs, int64_t kernel, const float *weight,
                      const float *bias)
{
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const w = testing_const_view(4, shape, weight), *const b = testing_const_view(1, shape, bias);
    srd_layer layer;

    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = (int32_t)kernel / 2;
    layer = srd_graph_conv2d(graph, NULL, input, w, b, &o);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

/* keep: the layers whose patterns are kept: -1 all, -2 none, else 0: the first only. */
static void begin(net *n, int keep)
{
    const int64_t shape[4] = { N, 2, H, W }, fc[2] = { SCORES, SECOND };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep kept = { SRD_LAYER_NONE, SRD_KEEP_PATTERN };
    srd_tensor *weight, *bias;
    weights w;

    make_weights(&w);
    weight = testing_const_view(2, fc, w.fc);
    bias = testing_const_view(1, fc, w.bias3);
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    n->x = srd_graph_input(n->graph, "x", 2, H, W);
    n->first = srd_graph_relu(n->graph, "first", conv(n->graph, n->x, 3, 2, 3, w.conv1, w.bias1));
    n->second = srd_graph_relu(n->graph, "second", conv(n->graph, n->first, 2, 3, 3, w.conv2, w.bias2));
    n->scores = srd_graph_linear(n->graph, "scores", n->second, weight, bias, NULL);
    check_ok(srd_graph_output(n->graph, n->scores, testing_reason()));
    check_ok(srd_graph_seal(n->graph, NULL));
    if (keep == 0) kept.layer = n->first;
    o.batch = N;
    o.keeps = &kept;
    o.keep_count = keep == -2 ? 0 : 1;
    n->explainer = testnet_explainer(n->graph, &o);
    n->input = testing_view(4, shape, n->picture);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}

static void end(net *n)
{
    srd_tensor_free(n->input);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

/* chosen: SRD_LAYER_NONE for all. */
static srd_status run(net *n, uint32_t seed, int32_t patterns, srd_layer chosen)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;

    o.patterns = patterns;
    if (chosen != SRD_LAYER_NONE) {
        o.pattern_layers = &chosen;
        o.pattern_count = 1;
    }
    testnet_picture(n->picture, N * IN, seed);
    return srd_explainer_run(n->explainer, (const srd_tensor *const[]){ n->input }, 1, &o, testing_reason());
}

static srd_status plain(net *n, uint32_t seed)
{
    return run(n, seed, SRD_PATTERNS_OFF, SRD_LAYER_NONE);
}

/* Relevance adds up, whatever stands in place of the values. */
static answer whole(net *n)
{
    const int64_t map_shape[3] = { N, H, W }, shape[2] = { N, SCORES };
    srd_report r = SRD_REPORT_INIT;
    answer a;
    srd_tensor *const map = testing_view(3, map_shape, a.map), *const scores = testing_view(2, shape, a.scores);

    check_ok(srd_explainer_ask_class(n->explainer, 1, NULL, &n->x, (srd_tensor *const[]){ map }, 1, testing_reason()));
    check_ok(srd_explainer_report(n->explainer, &r, testing_reason()));
    check_ok(srd_explainer_value(n->explainer, n->scores, scores, testing_reason()));
    ck_assert_double_le(fabs(r.score - (double)a.scores[1] - (double)a.scores[SCORES + 1]), 1e-5 * (1 + r.magnitude));
    ck_assert_double_le(fabs(r.top + r.head_bias + r.subtracted - r.score), 1e-5 * (1 + r.magnitude));
    ck_assert_double_le(fabs(r.at_inputs + r.at_constants + r.unreached - r.top), 1e-5 * (1 + r.magnitude));
    srd_tensor_free(map);
    srd_tensor_free(scores);
    return a;
}

static void check_same(net *n, const answer *want)
{
    const answer got = whole(n);

    ck_assert_mem_eq(&got, want, sizeof got);
}

/* ---- the forward pass, written out ---- */

/* 3 x 3, one pixel of padding. */
static void convolve(const float *x, int inputs, const float *weight, const float *bias, int outputs, double *y)
{
    for (int o = 0; o < outputs; ++o) {
        for (int p = 0; p < P; ++p) {
            y[o * P + p] = (double)bias[o];
            for (int k = 0; k < inputs * 9; ++k) {
                const int row = p / W + k / 3 % 3 - 1, column = p % W + k % 3 - 1;

                if (row < 0 || row >= H || column < 0 || column >= W) continue;
                y[o * P + p] += (double)weight[o * inputs * 9 + k] * (double)x[k / 9 * P + row * W + column];
            }
        }
    }
}

/* pattern: written by a plain activation, read by SRD_PATTERNS_IMPOSE. */
static void activate(const double *y, int count, int32_t patterns, unsigned char *pattern, float *value)
{
    for (int i = 0; i < count; ++i) {
        if (patterns == SRD_PATTERNS_IMPOSE) {
            value[i] = pattern[i] ? (float)y[i] : 0.0f;
            continue;
        }
        value[i] = y[i] <= 0 ? 0.0f : patterns == SRD_PATTERNS_ONLY ? 1.0f : (float)y[i];
        if (patterns == SRD_PATTERNS_OFF) pattern[i] = y[i] > 0;
    }
}

typedef struct pattern {
    unsigned char first[FIRST], second[SECOND];
} pattern;

static void forward(const float *x, int32_t first, int32_t second, pattern *kept, double *scores)
{
    float a[FIRST], b[SECOND];
    double y[FIRST];
    weights w;

    make_weights(&w);
    convolve(x, 2, w.conv1, w.bias1, 3, y);
    activate(y, FIRST, first, kept->first, a);
    convolve(a, 3, w.conv2, w.bias2, 2, y);
    activate(y, SECOND, second, kept->second, b);
    for (int s = 0; s < SCORES; ++s) {
        scores[s] = (double)w.bias3[s];
        for (int i = 0; i < SECOND; ++i) scores[s] += (double)w.fc[s * SECOND + i] * (double)b[i];
    }
}

/* Plain on one picture, then patterns on another: none, the first activation (which 1), the second (2) or both (3). */
START_TEST(patterns_against_a_forward_pass)
{
    const int32_t patterns = _i / 4 == 0 ? SRD_PATTERNS_ONLY : SRD_PATTERNS_IMPOSE, which = _i % 4;
    float before[N * IN];
    answer got;
    net n;

    begin(&n, -1);
    check_ok(plain(&n, 1));
    memcpy(before, n.picture, sizeof before);
    if (which == 0) check_ok(plain(&n, 2));
    else check_ok(run(&n, 2, patterns, which == 1 ? n.first : which == 2 ? n.second : SRD_LAYER_NONE));
    got = whole(&n);
    for (int image = 0; image < N; ++image) {
        double want[SCORES];
        pattern kept;

        forward(before + image * IN, SRD_PATTERNS_OFF, SRD_PATTERNS_OFF, &kept, want);
        forward(n.picture + image * IN, (which & 1) != 0 ? patterns : 0, (which & 2) != 0 ? patterns : 0, &kept, want);
        for (int s = 0; s < SCORES; ++s) {
            const double score = (double)got.scores[image * SCORES + s];

            ck_assert_double_le(fabs(score - want[s]), 1e-5 * (1 + fabs(want[s])));
        }
    }
    end(&n);
}
END_TEST

/* With ReLUs a picture's own pattern changes nothing at all. */
START_TEST(the_pattern_of_the_same_picture)
{
    answer want;
    net n;

    begin(&n, _i == 0 ? -1 : 0);
    check_ok(plain(&n, 1));
    want = whole(&n);
    check_ok(run(&n, 1, SRD_PATTERNS_IMPOSE, _i == 2 ? n.first : SRD_LAYER_NONE));
    check_same(&n, &want);
    end(&n);
}
END_TEST

START_TEST(only_plain_runs_renew_patterns)
{
    answer want, other;
    net n;

    begin(&n, -1);
    check_ok(plain(&n, 1));
    check_ok(run(&n, 2, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE));
    want = whole(&n);
    check_ok(run(&n, 3, SRD_PATTERNS_ONLY, SRD_LAYER_NONE));
    check_ok(run(&n, 4, SRD_PATTERNS_ONLY, n.second));
    check_ok(run(&n, 5, SRD_PATTERNS_IMPOSE, n.first));
    check_ok(run(&n, 2, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE));
    check_same(&n, &want);
    check_ok(plain(&n, 2));
    other = whole(&n);
    ck_assert(other.scores[0] != want.scores[0] || other.scores[1] != want.scores[1]);
    check_ok(run(&n, 2, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE));
    check_same(&n, &other);
    end(&n);
}
END_TEST

/* ---- when there is nothing to impose ---- */

static srd_status stop_early(void *user, int32_t done, int32_t total)
{
    (void)user;
    return done == total - 1 ? SRD_ERR_CANCELLED : SRD_OK;
}

START_TEST(imposing_before_a_plain_run)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    srd_detail detail = testing_new_detail();
    net n;

    begin(&n, -1);
    check_status(run(&n, 1, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE), SRD_ERR_STATE);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_STATE, "", "plain run");
    check_status(run(&n, 1, SRD_PATTERNS_IMPOSE, n.first), SRD_ERR_STATE);
    check_ok(run(&n, 1, SRD_PATTERNS_ONLY, SRD_LAYER_NONE)); /* keeps none */
    check_status(run(&n, 1, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE), SRD_ERR_STATE);
    check_ok(plain(&n, 1));
    check_ok(run(&n, 2, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE));
    o.progress = stop_early; /* half of the patterns are another picture's then */
    check_status(srd_explainer_run(n.explainer, (const srd_tensor *const[]){ n.input }, 1, &o, testing_reason()),
                 SRD_ERR_CANCELLED);
    check_status(run(&n, 1, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE), SRD_ERR_STATE);
    check_ok(plain(&n, 1));
    check_ok(run(&n, 2, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE));
    end(&n);
}
END_TEST

START_TEST(imposing_without_a_kept_pattern)
{
    srd_detail detail = testing_new_detail();
    net n;

    begin(&n, 0);
    check_ok(plain(&n, 1));
    check_ok(run(&n, 2, SRD_PATTERNS_IMPOSE, n.first));
    check_status(run(&n, 2, SRD_PATTERNS_IMPOSE, n.second), SRD_ERR_STATE);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_STATE, "second", "SRD_KEEP_PATTERN");
    end(&n);
    begin(&n, -2);
    check_ok(plain(&n, 1));
    check_status(run(&n, 2, SRD_PATTERNS_IMPOSE, n.first), SRD_ERR_STATE);
    check_status(run(&n, 2, SRD_PATTERNS_IMPOSE, SRD_LAYER_NONE), SRD_ERR_STATE); /* all that were kept: none */
    end(&n);
}
END_TEST

/* ---- by hand ----
 * x (1, 1, 3); y1 = (x, 1 - x), a = ReLU; y2 = 2 a_0 + 3 a_1 - 3.5, b = leaky ReLU of slope 0.5.
 * Picture (2, -1, 0.5): y1 (2, -1, 0.5) and (-1, 2, 0.5), a (2, 0, 0.5) and (0, 2, 0.5), y2 = (0.5, 2.5, -1).
 * Picture (-1, 3, 2): y1 (-1, 3, 2) and (2, -2, -1); imposed on a: (-1, 0, 2) and (0, -2, -1), y2 = (-5.5, -9.5, -2.5). */

typedef struct by_hand {
    int32_t patterns;
    int32_t chosen; /* 0: a, 1: b, 2: both */
    float picture[3], value[3];
} by_hand;

static void check_by_hand(srd_explainer *explainer, const srd_layer *activations, const by_hand *want)
{
    const int64_t shape[3] = { 1, 1, 3 };
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    float got[3];
    srd_tensor *const input = testing_const_view(3, shape, want->picture), *const view = testing_view(3, shape, got);

    o.patterns = want->patterns;
    if (o.patterns != SRD_PATTERNS_OFF) {
        o.pattern_layers = activations + (want->chosen == 1 ? 1 : 0);
        o.pattern_count = want->chosen == 2 ? 2 : 1;
    }
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ input }, 1, &o, testing_reason()));
    check_ok(srd_explainer_value(explainer, activations[1], view, testing_reason()));
    for (int p = 0; p < 3; ++p) {
        ck_assert_msg(got[p] == want->value[p], "position %d: %g, expected %g", p, (double)got[p], (double)want->value[p]);
    }
    srd_tensor_free(input);
    srd_tensor_free(view);
}

/* The network of this comment; patterns of both activations are kept, and x for Grad-CAM. */
static srd_explainer *make_by_hand(srd_layer *activations)
{
    static const float weight1[2] = { 1, -1 }, bias1[2] = { 0, 1 }, weight2[2] = { 2, 3 }, bias2[1] = { -3.5f };
    const srd_keep keeps[2] = { { SRD_LAYER_NONE, SRD_KEEP_PATTERN }, { 0, SRD_KEEP_GRADCAM } };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer;
    srd_graph *graph = NULL;
    srd_layer x;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 1, 1, 3);
    activations[0] = srd_graph_relu(graph, "a", conv(graph, x, 2, 1, 1, weight1, bias1));
    activations[1] = srd_graph_leaky_relu(graph, "b", conv(graph, activations[0], 1, 2, 1, weight2, bias2), 0.5f);
    check_ok(srd_graph_output(graph, activations[1], testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    o.keeps = keeps;
    o.keep_count = 2;
    explainer = testnet_explainer(graph, &o);
    srd_graph_free(graph);
    return explainer;
}

START_TEST(patterns_by_hand)
{
    static const by_hand rows[] = {
        { SRD_PATTERNS_OFF, 0, { 2, -1, 0.5f }, { 0.5f, 2.5f, -0.5f } },
        { SRD_PATTERNS_ONLY, 0, { 2, -1, 0.5f }, { -0.75f, -0.25f, 1.5f } },
        { SRD_PATTERNS_ONLY, 1, { 2, -1, 0.5f }, { 1, 1, 0 } },
        { SRD_PATTERNS_ONLY, 2, { 2, -1, 0.5f }, { 0, 0, 1 } },
        { SRD_PATTERNS_IMPOSE, 0, { -1, 3, 2 }, { -2.75f, -4.75f, -1.25f } },
        { SRD_PATTERNS_IMPOSE, 1, { -1, 3, 2 }, { 2.5f, 2.5f, 0 } },
        { SRD_PATTERNS_IMPOSE, 2, { -1, 3, 2 }, { -5.5f, -9.5f, 0 } },
        { SRD_PATTERNS_IMPOSE, 1, { 2, -1, 0.5f }, { 0.5f, 2.5f, 0 } }, /* off is off: no leak */
    };
    srd_layer activations[2];
    srd_explainer *const explainer = make_by_hand(activations);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) check_by_hand(explainer, activations, &rows[i]);
    srd_explainer_free(explainer);
}
END_TEST

/* A question after such a run is about what the run did. The direction (2, 3) goes down through a: times the pattern where that
 * was imposed, divided by y1 where the value was 1; then to x as the first less the second. Grad-CAM: an imposed pattern is
 * the derivative, whose mean is (2 - 3 - 1) / 3, and the derivative of a pattern alone is 0. */
START_TEST(questions_about_patterns_by_hand)
{
    static const by_hand runs[] = {
        { SRD_PATTERNS_OFF, 0, { 2, -1, 0.5f }, { 0.5f, 2.5f, -0.5f } },
        { SRD_PATTERNS_IMPOSE, 0, { -1, 3, 2 }, { -2.75f, -4.75f, -1.25f } },
        { SRD_PATTERNS_ONLY, 0, { 2, -1, 0.5f }, { -0.75f, -0.25f, 1.5f } },
    };
    static const float maps[3][3] = { { 4, 3, -0.5f }, { -2, -9, -2 }, { 2, 1.5f, -1 } };
    static const double biases[3] = { -10.5 + 6, -10.5 + 6, -10.5 + 7.5 };
    static const float means[3] = { -2.0f / 3, -2.0f / 3, 0 };
    const int64_t shape[2] = { 1, 3 };
    const srd_target target = SRD_TARGET_INIT, *const targets[1] = { &target };
    const srd_layer x = 0;
    srd_gradcam_options signs = SRD_GRADCAM_OPTIONS_INIT;
    srd_report r = SRD_REPORT_INIT;
    srd_layer activations[2];
    srd_explainer *const explainer = make_by_hand(activations);
    float got[3];
    srd_tensor *const map = testing_view(2, shape, got);

    signs.keep_sign = 1;
    for (int i = 0; i <= _i; i += _i > 0 ? _i : 1) { /* the plain run, then the other */
        check_by_hand(explainer, activations, &runs[i]);
        check_ok(srd_explainer_ask(explainer, targets, 1, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
        for (int p = 0; p < 3; ++p) ck_assert_float_le(fabsf(got[p] - maps[i][p]), 1e-5f);
        check_ok(srd_explainer_report(explainer, &r, testing_reason()));
        ck_assert_double_le(fabs(r.head_bias - biases[i]), 1e-5);
        check_ok(
            srd_explainer_ask_gradcam(explainer, targets, 1, x, &signs, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
        for (int p = 0; p < 3; ++p) ck_assert_float_le(fabsf(got[p] - means[i] * runs[i].picture[p]), 1e-5f);
    }
    srd_tensor_free(map);
    srd_explainer_free(explainer);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { patterns_against_a_forward_pass, 0, 8 },  { the_pattern_of_the_same_picture, 0, 3 },
        { only_plain_runs_renew_patterns, 0, 0 },   { imposing_before_a_plain_run, 0, 0 },
        { imposing_without_a_kept_pattern, 0, 0 },  { patterns_by_hand, 0, 0 },
        { questions_about_patterns_by_hand, 0, 3 }, { NULL, 0, 0 },
    };

    return testing_main("patterns", list);
}
