/*
 * test_running.c -- how a run of a batch goes: step by step, watched, cancelled, timed; and options that are refused. The batch
 * is two pictures of the residual test network; test_steps.c looks at runs of one picture, test_patterns.c at on/off patterns.
 */
#include <math.h>

#include "testing.h"
#include "testnet.h"

#define N 2
#define P TESTNET_PIXELS

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, relu, probs;
    int32_t total; /* steps of a batch */
    float picture[N * TESTNET_INPUT];
    srd_tensor *input;
} net;

/* All that a run leaves behind: compared as bytes. */
typedef struct answer {
    float x[N * P], relu[N * P], probs[N * TESTNET_CLASSES];
} answer;

static void begin(net *n)
{
    const int64_t shape[4] = { N, TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;

    n->graph = testnet_graph(testnet_residual);
    n->x = srd_graph_find(n->graph, "x");
    n->relu = srd_graph_find(n->graph, "relu1");
    n->probs = srd_graph_find(n->graph, "probs");
    o.batch = N;
    n->explainer = testnet_explainer(n->graph, &o);
    n->total = N * srd_explainer_step_count(n->explainer);
    ck_assert_int_gt(n->total, 10);
    n->input = testing_view(4, shape, n->picture);
    testnet_picture(n->picture, N * TESTNET_INPUT, 1);
}

static void end(net *n)
{
    srd_tensor_free(n->input);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_status run(net *n, const srd_run_options *options)
{
    return srd_explainer_run(n->explainer, (const srd_tensor *const[]){ n->input }, 1, options, testing_reason());
}

static srd_status run_picture(net *n, uint32_t seed, const srd_run_options *options)
{
    testnet_picture(n->picture, N * TESTNET_INPUT, seed);
    return run(n, options);
}

static srd_status start(net *n, const srd_run_options *options)
{
    return srd_explainer_begin(n->explainer, (const srd_tensor *const[]){ n->input }, 1, options, testing_reason());
}

static srd_status ask_top(net *n, answer *a)
{
    const int64_t shape[3] = { N, TESTNET_HEIGHT, TESTNET_WIDTH };
    const srd_layer layers[2] = { n->x, n->relu };
    srd_tensor *const maps[2] = { testing_view(3, shape, a->x), testing_view(3, shape, a->relu) };
    const srd_status status = srd_explainer_ask_top(n->explainer, NULL, layers, maps, 2, testing_reason());

    srd_tensor_free(maps[0]);
    srd_tensor_free(maps[1]);
    return status;
}

static srd_status value(net *n, float *probs)
{
    const int64_t shape[2] = { N, TESTNET_CLASSES };
    srd_tensor *const view = testing_view(2, shape, probs);
    const srd_status status = srd_explainer_value(n->explainer, n->probs, view, testing_reason());

    srd_tensor_free(view);
    return status;
}

static answer whole(net *n)
{
    answer a;

    check_ok(ask_top(n, &a));
    check_ok(value(n, a.probs));
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

    begin(&n);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    check_ok(run_picture(&n, 9, NULL)); /* another picture between */
    testnet_picture(n.picture, N * TESTNET_INPUT, 1);
    check_ok(start(&n, NULL));
    for (int32_t done = 1; done <= n.total; ++done) {
        check_ok(srd_explainer_step(n.explainer, _i == 0 ? &left : NULL, testing_reason()));
        if (_i == 0) ck_assert_int_eq(left, n.total - done);
    }
    check_same(&n, &plain);
    left = 4711;
    check_status(srd_explainer_step(n.explainer, &left, testing_reason()), SRD_ERR_STATE);
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

    testing_mark(a.x, N * P);
    testing_mark(a.relu, N * P);
    testing_mark(a.probs, N * TESTNET_CLASSES);
    check_status(ask_top(n, &a), SRD_ERR_STATE);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_STATE, "", "run");
    check_status(value(n, a.probs), SRD_ERR_STATE);
    check_status(srd_explainer_ask_erf(n->explainer, n->probs, 0, 0, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_top_class(n->explainer, 0, 0, &class_index, NULL, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_report(n->explainer, &report, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_site_report(n->explainer, n->x, &site, testing_reason()), SRD_ERR_STATE);
    ck_assert_int_eq(class_index, 4711);
    check_untouched(a.x, N * P);
    check_untouched(a.relu, N * P);
    check_untouched(a.probs, N * TESTNET_CLASSES);
}

START_TEST(questions_in_the_middle_of_a_run)
{
    int32_t left = -1;
    answer plain;
    net n;

    begin(&n);
    check_status(srd_explainer_step(n.explainer, &left, testing_reason()), SRD_ERR_STATE);
    check_no_run(&n);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    check_ok(start(&n, NULL));
    for (int32_t done = 0; done < n.total; ++done) {
        check_no_run(&n);
        check_status(srd_explainer_begin(n.explainer, NULL, 1, NULL, testing_reason()), SRD_ERR_ARGUMENT); /* changes nothing */
        check_ok(srd_explainer_step(n.explainer, &left, testing_reason()));
    }
    ck_assert_int_eq(left, 0);
    check_same(&n, &plain);
    check_ok(start(&n, NULL));
    check_ok(srd_explainer_step(n.explainer, &left, testing_reason()));
    check_ok(start(&n, NULL)); /* anew */
    check_ok(srd_explainer_step(n.explainer, &left, testing_reason()));
    ck_assert_int_eq(left, n.total - 1);
    check_ok(run(&n, NULL)); /* takes its place */
    check_status(srd_explainer_step(n.explainer, &left, testing_reason()), SRD_ERR_STATE);
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

    begin(&n);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    n.picture[TESTNET_INPUT + 5] = NAN;
    check_ok(start(&n, NULL));
    for (int32_t done = 0; done < n.total / N; ++done) check_ok(srd_explainer_step(n.explainer, NULL, testing_reason()));
    check_status(srd_explainer_step(n.explainer, &left, testing_reason()), SRD_ERR_NUMBER);
    check_status(srd_explainer_step(n.explainer, &left, testing_reason()), SRD_ERR_STATE);
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

static srd_status progress(void *user, int32_t done, int32_t total)
{
    watch *const w = user;

    ck_assert_int_eq(done, ++w->calls);
    ck_assert_int_eq(total, w->total);
    return done == w->stop_at ? SRD_ERR_CANCELLED : SRD_OK;
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

    begin(&n);
    w.total = n.total;
    o.progress = progress;
    o.user = &w;
    check_ok(run(&n, &o));
    ck_assert_int_eq(w.calls, n.total);
    w.calls = 0;
    check_ok(start(&n, &o));
    ck_assert_int_eq(w.calls, 0);
    for (int32_t done = 1; done <= n.total; ++done) {
        check_ok(srd_explainer_step(n.explainer, NULL, testing_reason()));
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

    begin(&n);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    w.total = n.total;
    o.progress = progress;
    o.user = &w;
    for (w.stop_at = 1; w.stop_at < n.total; ++w.stop_at) {
        w.calls = 0;
        status = _i == 0 ? run(&n, &o) : start(&n, &o);
        while (_i == 1 && status == SRD_OK) status = srd_explainer_step(n.explainer, NULL, testing_reason());
        ck_assert_int_eq(status, SRD_ERR_CANCELLED);
        ck_assert_int_eq(w.calls, w.stop_at);
        detail = *testing_reason();
        check_detail(&detail, SRD_ERR_CANCELLED, "", "progress");
        check_no_run(&n);
        check_status(srd_explainer_step(n.explainer, NULL, testing_reason()), SRD_ERR_STATE);
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

    begin(&n);
    w.now = _i == 0 ? 100 : UINT64_MAX - 10;
    o.clock = tick;
    o.user = &w;
    check_ok(run(&n, &o));
    for (int with_clock = 1; with_clock >= 0; --with_clock) {
        for (int32_t step = 0; step < srd_explainer_step_count(n.explainer); ++step) {
            srd_layer layer = SRD_LAYER_NONE;
            uint64_t ticks = 4711;

            check_ok(srd_explainer_step_info(n.explainer, step, &layer, &ticks, testing_reason()));
            ck_assert_uint_eq(ticks, with_clock ? 3 * N : 0);
            ck_assert(layer >= 0 && layer < srd_graph_layer_count(n.graph));
            check_ok(srd_explainer_step_info(n.explainer, step, NULL, NULL, testing_reason()));
        }
        check_ok(run(&n, NULL)); /* without a clock there are no times, not those of the run before */
    }
    check_status(srd_explainer_step_info(n.explainer, -1, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(n.explainer, n.total / N, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(NULL, 0, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(srd_explainer_step_count(NULL), 0);
    end(&n);
}
END_TEST

/* ---- options that are refused ---- */

#define SIZE ((uint32_t)sizeof(srd_run_options))

START_TEST(run_options_that_are_refused)
{
    static const srd_layer input[] = { 0 }, relu[] = { 3 }, none[] = { SRD_LAYER_NONE }, unknown[] = { 1000 }, mixing[] = { 1 };
    static const srd_layer second[] = { 3, 1000 };
    const struct {
        srd_run_options options;
        srd_status status;
    } bad[] = {
        { { 4, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, 3, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, -1, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, INT32_MIN, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_OFF, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_OFF, 1, 0, relu, NULL, NULL, NULL, NULL, NULL, 0, 0 },
          SRD_ERR_ARGUMENT }, /* nothing to choose */
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 0, 0, relu, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, -1, 0, relu, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, input, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT }, /* no activation */
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, mixing, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, none, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 1, 0, unknown, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_ONLY, 2, 0, second, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_IMPOSE, 1, 0, input, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_PATTERNS_IMPOSE, 1, 0, relu, NULL, NULL, NULL, NULL, NULL, 0, 0 }, SRD_ERR_STATE }, /* not kept */
    };
    answer plain;
    net n;

    ck_assert_int_eq(sizeof bad / sizeof *bad, 17);
    begin(&n);
    ck_assert_int_eq(n.relu, relu[0]);
    check_ok(run(&n, NULL));
    plain = whole(&n);
    check_status(run(&n, &bad[_i].options), bad[_i].status);
    check_status(start(&n, &bad[_i].options), bad[_i].status);
    check_same(&n, &plain); /* the last run is as it was */
    check_status(srd_explainer_step(n.explainer, NULL, testing_reason()), SRD_ERR_STATE);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { steps_give_the_bits_of_a_run, 0, 2 },
        { questions_in_the_middle_of_a_run, 0, 0 },
        { a_step_that_fails, 0, 0 },
        { progress_counts_the_steps_of_the_batch, 0, 0 },
        { cancelling_at_every_step, 0, 2 },
        { ticks_of_a_step, 0, 2 },
        { run_options_that_are_refused, 0, 17 },
        { NULL, 0, 0 },
    };

    return testing_main("running", list);
}
