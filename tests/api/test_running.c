/*
 * test_running.c -- how a run goes: step by step, watched, cancelled, timed, and with on/off patterns in place of values (APOP).
 * The network has ReLUs only and runs a batch of two: x (2, 4, 5), conv1 and first (3, 4, 5), conv2 and second (2, 4, 5), scores
 * (3, 1, 1). Its forward pass is written out below, so that patterns are checked from outside.
 */
#include <math.h>

#include "testing.h"
#include "testnet.h"

#define H 4
#define W 5
#define P (H * W)
#define N 2
#define FIRST 3  /* channels of the first ReLU */
#define SECOND 2 /* of the second */
#define SCORES 3

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, first, second, scores;
    int32_t total; /* steps of a batch */
    float picture[N * 2 * P];
    srd_tensor *input;
} net;

/* Weights and biases, made up alike for the library and for the forward pass of this file. */
typedef struct weights {
    float conv1[FIRST * 2 * 9], bias1[FIRST], conv2[SECOND * FIRST * 9], bias2[SECOND], fc[SCORES * SECOND * P], bias3[SCORES];
} weights;

/* All that a run leaves behind: compared as bytes. */
typedef struct answer {
    float map[N * P], second[N * P], scores[N * SCORES];
} answer;

static void make_weights(weights *w)
{
    testnet_picture(w->conv1, FIRST * 2 * 9, 11);
    testnet_picture(w->bias1, FIRST, 12);
    testnet_picture(w->conv2, SECOND * FIRST * 9, 13);
    testnet_picture(w->bias2, SECOND, 14);
    testnet_picture(w->fc, SCORES * SECOND * P, 15);
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

static void begin(net *n, const srd_keep *keeps, int32_t keep_count)
{
    const int64_t shape[4] = { N, 2, H, W }, fc[2] = { SCORES, SECOND * P };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_tensor *weight, *bias;
    weights w;

    make_weights(&w);
    weight = testing_const_view(2, fc, w.fc);
    bias = testing_const_view(1, fc, w.bias3);
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    n->x = srd_graph_input(n->graph, "x", 2, H, W);
    n->first = srd_graph_relu(n->graph, "first", conv(n->graph, n->x, FIRST, 2, 3, w.conv1, w.bias1));
    n->second = srd_graph_relu(n->graph, "second", conv(n->graph, n->first, SECOND, FIRST, 3, w.conv2, w.bias2));
    n->scores = srd_graph_linear(n->graph, "scores", n->second, weight, bias);
    check_ok(srd_graph_output(n->graph, n->scores));
    check_ok(srd_graph_seal(n->graph, NULL));
    o.batch = N;
    o.keeps = keeps;
    o.keep_count = keep_count;
    n->explainer = testnet_explainer(n->graph, &o);
    n->total = N * srd_explainer_step_count(n->explainer);
    n->input = testing_view(4, shape, n->picture);
    testnet_picture(n->picture, N * 2 * P, 1);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}

static void end(net *n)
{
    srd_tensor_free(n->input);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_status run(net *n, const srd_run_options *options)
{
    return srd_explainer_run(n->explainer, (const srd_tensor *const[]){ n->input }, 1, options);
}

static srd_status run_picture(net *n, uint32_t seed, const srd_run_options *options)
{
    testnet_picture(n->picture, N * 2 * P, seed);
    return run(n, options);
}

static srd_status start(net *n, const srd_run_options *options)
{
    return srd_explainer_begin(n->explainer, (const srd_tensor *const[]){ n->input }, 1, options);
}

static srd_status ask_top(net *n, answer *a)
{
    const int64_t shape[3] = { N, H, W };
    const srd_layer layers[2] = { n->x, n->second };
    srd_tensor *const maps[2] = { testing_view(3, shape, a->map), testing_view(3, shape, a->second) };
    const srd_status status = srd_explainer_ask_top(n->explainer, NULL, layers, maps, 2);

    srd_tensor_free(maps[0]);
    srd_tensor_free(maps[1]);
    return status;
}

static srd_status value(net *n, float *scores)
{
    const int64_t shape[2] = { N, SCORES };
    srd_tensor *const view = testing_view(2, shape, scores);
    const srd_status status = srd_explainer_value(n->explainer, n->scores, view);

    srd_tensor_free(view);
    return status;
}

static answer whole(net *n)
{
    answer a;

    check_ok(ask_top(n, &a));
    check_ok(value(n, a.scores));
    return a;
}

static void check_same(net *n, const answer *want)
{
    const answer got = whole(n);

    ck_assert_mem_eq(&got, want, sizeof got);
}

/* ---- steps ---- */

START_TEST(steps_give_the_bits_of_a_run)
{
    int32_t left = -1;
    answer plain;
    net n;

    begin(&n, NULL, 0);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    check_ok(run_picture(&n, 9, NULL)); /* another picture between */
    testnet_picture(n.picture, N * 2 * P, 1);
    check_ok(start(&n, NULL));
    for (int32_t done = 1; done <= n.total; ++done) {
        check_ok(srd_explainer_step(n.explainer, _i == 0 ? &left : NULL));
        if (_i == 0) ck_assert_int_eq(left, n.total - done);
    }
    check_same(&n, &plain);
    left = 4711;
    check_status(srd_explainer_step(n.explainer, &left), SRD_ERR_STATE);
    ck_assert_int_eq(left, 4711);
    check_same(&n, &plain); /* a step too many takes nothing away */
    end(&n);
}
END_TEST

/* Whatever needs a run is refused, and writes nothing. */
static void check_no_run(net *n)
{
    srd_report report = SRD_REPORT_INIT;
    srd_site_report site = SRD_SITE_REPORT_INIT;
    srd_detail detail = testing_new_detail();
    int32_t class_index = 4711;
    answer a;

    testing_mark(a.map, N * P);
    testing_mark(a.second, N * P);
    testing_mark(a.scores, N * SCORES);
    check_status(ask_top(n, &a), SRD_ERR_STATE);
    check_ok(srd_explainer_detail(n->explainer, &detail));
    check_detail(&detail, SRD_ERR_STATE, "", "run");
    check_status(value(n, a.scores), SRD_ERR_STATE);
    check_status(srd_explainer_ask_erf(n->explainer, n->scores, 0, 0, NULL, NULL, NULL, 0), SRD_ERR_STATE);
    check_status(srd_explainer_top_class(n->explainer, 0, 0, &class_index, NULL), SRD_ERR_STATE);
    check_status(srd_explainer_report(n->explainer, &report), SRD_ERR_STATE);
    check_status(srd_explainer_site_report(n->explainer, n->x, &site), SRD_ERR_STATE);
    ck_assert_int_eq(class_index, 4711);
    check_untouched(a.map, N * P);
    check_untouched(a.second, N * P);
    check_untouched(a.scores, N * SCORES);
}

START_TEST(questions_in_the_middle_of_a_run)
{
    int32_t left = -1;
    answer plain;
    net n;

    begin(&n, NULL, 0);
    check_status(srd_explainer_step(n.explainer, &left), SRD_ERR_STATE);
    check_no_run(&n);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    check_ok(start(&n, NULL));
    for (int32_t done = 0; done < n.total; ++done) {
        check_no_run(&n);
        check_status(srd_explainer_begin(n.explainer, NULL, 1, NULL), SRD_ERR_ARGUMENT); /* changes nothing */
        check_ok(srd_explainer_step(n.explainer, &left));
    }
    ck_assert_int_eq(left, 0);
    check_same(&n, &plain);
    check_ok(start(&n, NULL));
    check_ok(srd_explainer_step(n.explainer, &left));
    check_ok(start(&n, NULL)); /* anew */
    check_ok(srd_explainer_step(n.explainer, &left));
    ck_assert_int_eq(left, n.total - 1);
    check_ok(run(&n, NULL)); /* takes its place */
    check_status(srd_explainer_step(n.explainer, &left), SRD_ERR_STATE);
    check_same(&n, &plain);
    end(&n);
}
END_TEST

/* The second image holds a NaN: its first step says so, and there is nothing to carry on. */
START_TEST(a_step_that_fails)
{
    int32_t left = 4711;
    answer plain;
    net n;

    begin(&n, NULL, 0);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    n.picture[3 * P] = NAN;
    check_ok(start(&n, NULL));
    for (int32_t done = 0; done < n.total / N; ++done) check_ok(srd_explainer_step(n.explainer, NULL));
    check_status(srd_explainer_step(n.explainer, &left), SRD_ERR_NUMBER);
    check_status(srd_explainer_step(n.explainer, &left), SRD_ERR_STATE);
    ck_assert_int_eq(left, 4711);
    check_no_run(&n);
    check_ok(run_picture(&n, 1, NULL));
    check_same(&n, &plain);
    end(&n);
}
END_TEST

/* ---- progress and clock ---- */

typedef struct watch {
    int32_t calls, total, stop_at; /* stop_at 0: never */
    uint64_t now;
} watch;

static int32_t progress(void *user, int32_t done, int32_t total)
{
    watch *const w = user;

    ck_assert_int_eq(done, ++w->calls);
    ck_assert_int_eq(total, w->total);
    return done == w->stop_at ? -1 : 0;
}

static uint64_t tick(void *user)
{
    watch *const w = user;

    w->now += 3;
    return w->now;
}

START_TEST(progress_counts_the_steps_of_the_batch)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    watch w = { 0, 0, 0, 0 };
    net n;

    begin(&n, NULL, 0);
    w.total = n.total;
    o.progress = progress;
    o.user = &w;
    check_ok(run(&n, &o));
    ck_assert_int_eq(w.calls, n.total);
    w.calls = 0;
    check_ok(start(&n, &o));
    ck_assert_int_eq(w.calls, 0);
    for (int32_t done = 1; done <= n.total; ++done) {
        check_ok(srd_explainer_step(n.explainer, NULL));
        ck_assert_int_eq(w.calls, done);
    }
    end(&n);
}
END_TEST

/* Wherever the caller stops, at once (_i 0) or step by step: no run, and the next one is as good as ever. */
START_TEST(cancelling_at_every_step)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    srd_detail detail = testing_new_detail();
    watch w = { 0, 0, 0, 0 };
    srd_status status;
    answer plain;
    net n;

    begin(&n, NULL, 0);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    w.total = n.total;
    o.progress = progress;
    o.user = &w;
    for (w.stop_at = 1; w.stop_at < n.total; ++w.stop_at) {
        w.calls = 0;
        status = _i == 0 ? run(&n, &o) : start(&n, &o);
        while (_i == 1 && status == SRD_OK) status = srd_explainer_step(n.explainer, NULL);
        ck_assert_int_eq(status, SRD_ERR_CANCELLED);
        ck_assert_int_eq(w.calls, w.stop_at);
        check_ok(srd_explainer_detail(n.explainer, &detail));
        check_detail(&detail, SRD_ERR_CANCELLED, "", "stop");
        check_no_run(&n);
        check_status(srd_explainer_step(n.explainer, NULL), SRD_ERR_STATE);
        check_ok(run(&n, NULL));
        check_same(&n, &plain);
    }
    w.calls = 0; /* stop_at is now the last step: nothing is left to stop */
    check_ok(run(&n, &o));
    check_same(&n, &plain);
    end(&n);
}
END_TEST

/* Each step takes one tick of 3 in each image. The clock may run over its end, as clocks of embedded systems do. */
START_TEST(ticks_of_a_step)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    watch w = { 0, 0, 0, 0 };
    net n;

    begin(&n, NULL, 0);
    w.now = _i == 0 ? 100 : UINT64_MAX - 10;
    o.clock = tick;
    o.user = &w;
    check_ok(run(&n, &o));
    for (int with_clock = 1; with_clock >= 0; --with_clock) {
        for (int32_t step = 0; step < srd_explainer_step_count(n.explainer); ++step) {
            srd_layer layer = SRD_LAYER_NONE;
            uint64_t ticks = 4711;

            check_ok(srd_explainer_step_info(n.explainer, step, &layer, &ticks));
            ck_assert_uint_eq(ticks, with_clock ? 3 * N : 0);
            ck_assert(srd_graph_is_site(n.graph, layer));
            check_ok(srd_explainer_step_info(n.explainer, step, NULL, NULL));
        }
        check_ok(run(&n, NULL)); /* without a clock there are no times, not those of the run before */
    }
    check_status(srd_explainer_step_info(n.explainer, -1, NULL, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(n.explainer, n.total / N, NULL, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(NULL, 0, NULL, NULL), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(srd_explainer_step_count(NULL), 0);
    end(&n);
}
END_TEST

/* ---- options that are refused ---- */

#define SIZE ((uint32_t)sizeof(srd_run_options))

START_TEST(run_options_that_are_refused)
{
    static const srd_layer input[] = { 0 }, first[] = { 2 }, none[] = { SRD_LAYER_NONE }, unknown[] = { 1000 }, mixing[] = { 1 };
    static const srd_layer twice[] = { 2, 1000 };
    const struct {
        srd_run_options options;
        srd_status status;
    } bad[] = {
        { { 4, 0, 0, 0, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, 3, 0, 0, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, -1, 0, 0, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, INT32_MIN, 0, 0, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_OFF, 0, 1, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_OFF, 1, 0, first, NULL, NULL, NULL }, SRD_ERR_ARGUMENT }, /* nothing to choose */
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 0, 0, first, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, -1, 0, first, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 0, 1, NULL, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, input, NULL, NULL, NULL }, SRD_ERR_ARGUMENT }, /* no activation */
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, mixing, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, none, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, unknown, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 2, 0, twice, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_IMPOSE, 1, 0, input, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_IMPOSE, 1, 0, first, NULL, NULL, NULL }, SRD_ERR_STATE }, /* not kept */
    };
    answer plain;
    net n;

    ck_assert_int_eq(sizeof bad / sizeof *bad, 17);
    begin(&n, NULL, 0);
    ck_assert_int_eq(n.first, first[0]);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    check_status(run(&n, &bad[_i].options), bad[_i].status);
    check_status(start(&n, &bad[_i].options), bad[_i].status);
    check_same(&n, &plain); /* the last run is as it was */
    check_status(srd_explainer_step(n.explainer, NULL), SRD_ERR_STATE);
    end(&n);
}
END_TEST

