/* test_steps.c -- runs in steps, cancelling, progress, timings; and which run is valid afterwards. */
#include "fixture.h"
#include "heap.h"

static srd_status begin_run(fixture *f, const srd_run_options *options)
{
    const srd_tensor *const input = f->input;

    return srd_explainer_begin(f->explainer, &input, 1, options);
}

START_TEST(steps_give_the_bits_of_a_run)
{
    fixture f;
    float whole[2][FIXTURE_MAP];
    int32_t left = -1, total;

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2));
    memcpy(whole, f.numbers, sizeof whole);
    total = srd_explainer_step_count(f.explainer);
    ck_assert_int_gt(total, 5);
    check_ok(testnet_run(f.explainer, 9)); /* another picture between */
    check_ok(begin_run(&f, NULL));
    for (int32_t done = 1; done <= total; ++done) {
        check_ok(srd_explainer_step(f.explainer, _i == 0 ? &left : NULL));
        if (_i == 0) ck_assert_int_eq(left, total - done);
    }
    check_status(srd_explainer_step(f.explainer, &left), SRD_ERR_STATE);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2));
    ck_assert_mem_eq(f.numbers, whole, sizeof whole);
    fixture_end(&f);
}
END_TEST

/* While a run is under way there is none to ask about; another run or another beginning starts anew. */
START_TEST(a_run_half_done)
{
    fixture f;
    int32_t left = 0, total;

    fixture_begin(&f, NULL, 0);
    total = srd_explainer_step_count(f.explainer);
    check_status(srd_explainer_step(f.explainer, NULL), SRD_ERR_STATE);
    check_reason(&f, SRD_ERR_STATE);
    check_ok(begin_run(&f, NULL));
    check_ok(srd_explainer_step(f.explainer, &left));
    check_status(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2), SRD_ERR_STATE);
    check_status(srd_explainer_top_class(f.explainer, 0, 0, NULL, NULL), SRD_ERR_STATE);
    check_untouched(f.numbers[0], FIXTURE_MAP);
    check_ok(begin_run(&f, NULL));
    check_ok(srd_explainer_step(f.explainer, &left));
    ck_assert_int_eq(left, total - 1);
    check_ok(testnet_run(f.explainer, 1));
    check_status(srd_explainer_step(f.explainer, &left), SRD_ERR_STATE);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2));
    fixture_end(&f);
}
END_TEST

/* What progress and clock are called with. */
typedef struct watch {
    int32_t calls, last, total, stop_at; /* stop_at -1: never */
    uint64_t time;
} watch;

static int32_t progress(void *user, int32_t done, int32_t total)
{
    watch *const w = user;

    w->calls++;
    w->last = done;
    w->total = total;
    return w->stop_at >= 0 && done >= w->stop_at;
}

static uint64_t tick(void *user)
{
    watch *const w = user;

    w->time += 5;
    return w->time;
}

static srd_run_options watched(watch *w)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;

    memset(w, 0, sizeof *w);
    w->stop_at = -1;
    o.progress = progress;
    o.clock = tick;
    o.user = w;
    return o;
}

START_TEST(progress_and_timings)
{
    fixture f;
    watch w;
    const srd_run_options o = watched(&w);
    const srd_tensor *input;
    int32_t total;

    fixture_begin(&f, NULL, 0);
    input = f.input;
    total = srd_explainer_step_count(f.explainer);
    check_ok(srd_explainer_run(f.explainer, &input, 1, &o));
    ck_assert_int_ge(w.calls, total - 1);
    ck_assert_int_le(w.last, total);
    ck_assert_int_eq(w.total, total);
    for (int32_t step = 0; step < total; ++step) {
        srd_layer layer = -1;
        uint64_t ticks = 0;

        check_ok(srd_explainer_step_info(f.explainer, step, &layer, &ticks));
        ck_assert_int_ge(layer, 0);
        ck_assert_int_lt(layer, srd_graph_layer_count(f.graph));
        ck_assert_uint_gt(ticks, 0);
    }
    check_ok(srd_explainer_run(f.explainer, &input, 1, NULL)); /* no clock: no times, not old ones */
    for (int32_t step = 0; step < total; ++step) {
        uint64_t ticks = 7;

        check_ok(srd_explainer_step_info(f.explainer, step, NULL, &ticks));
        ck_assert_uint_eq(ticks, 0);
    }
    fixture_end(&f);
}
END_TEST

/* Stopped wherever the caller says: no run, and the next one is as good as ever. */
START_TEST(cancelling)
{
    fixture f;
    float whole[2][FIXTURE_MAP];
    watch w;
    const srd_run_options o = watched(&w);
    const srd_tensor *input;

    fixture_begin(&f, NULL, 1);
    input = f.input;
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2));
    memcpy(whole, f.numbers, sizeof whole);
    for (w.stop_at = 1; w.stop_at < srd_explainer_step_count(f.explainer); ++w.stop_at) {
        testing_mark(f.numbers[0], FIXTURE_MAP);
        check_status(srd_explainer_run(f.explainer, &input, 1, &o), SRD_ERR_CANCELLED);
        check_reason(&f, SRD_ERR_CANCELLED);
        check_status(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 1), SRD_ERR_STATE);
        check_untouched(f.numbers[0], FIXTURE_MAP);
        check_ok(srd_explainer_run(f.explainer, &input, 1, NULL));
        check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2));
        ck_assert_mem_eq(f.numbers, whole, sizeof whole);
    }
    fixture_end(&f);
}
END_TEST

START_TEST(bad_arguments)
{
    fixture f;
    srd_layer layer = 4711;
    uint64_t ticks = 4711;
    int32_t left = 4711;
    const srd_tensor *input;

    fixture_begin(&f, NULL, 1);
    input = f.input;
    ck_assert_int_eq(srd_explainer_step_count(NULL), 0);
    check_status(srd_explainer_begin(NULL, &input, 1, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_begin(f.explainer, NULL, 1, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_begin(f.explainer, &input, 2, NULL), SRD_ERR_ARGUMENT);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, NULL, NULL, 0)); /* the last run is as it was */
    check_status(srd_explainer_step(NULL, &left), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step(f.explainer, &left), SRD_ERR_STATE);
    ck_assert_int_eq(left, 4711);
    check_status(srd_explainer_step_info(NULL, 0, &layer, &ticks), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(f.explainer, -1, &layer, &ticks), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(f.explainer, srd_explainer_step_count(f.explainer), &layer, &ticks), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(layer, 4711);
    ck_assert_uint_eq(ticks, 4711);
    fixture_end(&f);
}
END_TEST

START_TEST(patterns_that_are_refused)
{
    static const int32_t unknown[] = { -1, 3, INT32_MAX };
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    fixture f;
    srd_layer layers[1];
    const srd_tensor *input;

    fixture_begin(&f, NULL, 1);
    input = f.input;
    for (int i = 0; i < 3; ++i) {
        o.patterns = unknown[i];
        check_status(srd_explainer_run(f.explainer, &input, 1, &o), SRD_ERR_ARGUMENT);
    }
    o.patterns = SRD_PATTERNS_IMPOSE; /* nothing was kept */
    layers[0] = f.relu1;
    o.pattern_layers = layers;
    o.pattern_count = 1;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o), SRD_ERR_STATE);
    o.patterns = SRD_PATTERNS_ONLY;
    layers[0] = 1000;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o), SRD_ERR_ARGUMENT);
    layers[0] = f.relu1;
    o.pattern_count = -1;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o), SRD_ERR_ARGUMENT);
    o.patterns = SRD_PATTERNS_OFF; /* chooses nothing, so nothing may be given */
    o.pattern_count = 1;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o), SRD_ERR_ARGUMENT);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2)); /* the last run is as it was */
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { steps_give_the_bits_of_a_run, 0, 2 },
        { a_run_half_done, 0, 0 },
        { progress_and_timings, 0, 0 },
        { cancelling, 0, 0 },
        { bad_arguments, 0, 0 },
        { patterns_that_are_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("steps", list);
}
