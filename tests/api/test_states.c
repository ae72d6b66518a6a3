/*
 * test_states.c -- calls out of order, on everything that can be in a wrong state: an explainer that has not run, is running,
 * was cancelled or met a NaN; a graph that is open or has failed; a handle whose partner is gone.
 */
#include <math.h>

#include "fixture.h"

/* ---- what needs a run ---- */

static const srd_target top_target = SRD_TARGET_INIT;
static const srd_target *const top_targets[1] = { &top_target };

static srd_status need_value(fixture *f)
{
    float numbers[TESTNET_CLASSES];
    const int64_t shape = TESTNET_CLASSES;
    srd_tensor *const value = testing_view(1, &shape, numbers);
    srd_status status;

    testing_mark(numbers, TESTNET_CLASSES);
    status = srd_explainer_value(f->explainer, f->probs, value, testing_reason());
    if (status != SRD_OK) check_untouched(numbers, TESTNET_CLASSES);
    srd_tensor_free(value);
    return status;
}

static srd_status need_top_class(fixture *f)
{
    int32_t class_index = 4711;
    float score = TESTING_UNTOUCHED;
    const srd_status status = srd_explainer_top_class(f->explainer, 0, 0, &class_index, &score, testing_reason());

    ck_assert((class_index == 4711) == (status != SRD_OK));
    ck_assert((score == TESTING_UNTOUCHED) == (status != SRD_OK));
    return status;
}

static srd_status need_ask(fixture *f)
{
    return srd_explainer_ask(f->explainer, top_targets, 1, NULL, f->layers, f->maps, 2, testing_reason());
}

static srd_status need_gradcam(fixture *f)
{
    return srd_explainer_ask_gradcam(f->explainer, top_targets, 1, SRD_LAYER_NONE, NULL, f->layers, f->maps, 2,
                                     testing_reason());
}

static srd_status need_class(fixture *f)
{
    return srd_explainer_ask_class(f->explainer, 0, NULL, f->layers, f->maps, 2, testing_reason());
}

static srd_status need_top(fixture *f)
{
    return srd_explainer_ask_top(f->explainer, NULL, f->layers, f->maps, 2, testing_reason());
}

static srd_status need_direction(fixture *f)
{
    float numbers[TESTNET_CLASSES] = { 1, -1, 2 };
    const int64_t shape = TESTNET_CLASSES;
    srd_tensor *const direction = testing_view(1, &shape, numbers);
    const srd_status status =
        srd_explainer_ask_direction(f->explainer, direction, NULL, f->layers, f->maps, 2, testing_reason());

    srd_tensor_free(direction);
    return status;
}

static srd_status need_erf(fixture *f)
{
    return srd_explainer_ask_erf(f->explainer, f->relu1, 0, 0, NULL, f->layers, f->maps, 2, testing_reason());
}

static srd_status need_seed(fixture *f)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *const seed = testing_view(2, shape, f->picture);
    const srd_status status =
        srd_explainer_ask_seed(f->explainer, f->relu1, seed, NULL, f->layers, f->maps, 2, testing_reason());

    srd_tensor_free(seed);
    return status;
}

typedef srd_status (*needing)(fixture *f);

static const needing needs[] = {
    need_value, need_top_class, need_ask, need_gradcam, need_class, need_top, need_direction, need_erf, need_seed,
};
#define NEEDS ((int)(sizeof needs / sizeof *needs))

/* An explainer of the residual network that has not run. */
static void begin(fixture *f)
{
    const srd_keep keep = { SRD_LAYER_NONE, SRD_KEEP_GRADCAM };
    srd_explainer_options o = testnet_options();

    o.keeps = &keep;
    o.keep_count = 1;
    fixture_begin(f, &o, 0);
}

static srd_status run(fixture *f)
{
    const srd_tensor *const input = f->input;

    return srd_explainer_run(f->explainer, &input, 1, NULL, testing_reason());
}

/* Nothing can be had of the last run, each refusal has a reason, and nothing is written. */
static void check_no_run(fixture *f)
{
    srd_report report = SRD_REPORT_INIT;
    srd_site_report site = SRD_SITE_REPORT_INIT;
    int32_t left = 4711;

    testing_mark(f->numbers[0], FIXTURE_MAP);
    testing_mark(f->numbers[1], FIXTURE_MAP);
    report.score = 4711;
    site.paths = 4711;
    for (int i = 0; i < NEEDS; ++i) {
        const srd_status status = needs[i](f);

        ck_assert_msg(status == SRD_ERR_STATE, "call %d: %s", i, srd_status_name(status));
        check_reason(SRD_ERR_STATE);
    }
    check_status(srd_explainer_report(f->explainer, &report, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_site_report(f->explainer, f->relu1, &site, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_step(f->explainer, &left, testing_reason()), SRD_ERR_STATE);
    check_reason(SRD_ERR_STATE);
    ck_assert(report.score == 4711 && site.paths == 4711 && left == 4711);
    check_untouched(f->numbers[0], FIXTURE_MAP);
    check_untouched(f->numbers[1], FIXTURE_MAP);
}

/* Whatever happened, it can run, and all can be asked. */
static void check_run(fixture *f)
{
    check_ok(run(f));
    for (int i = 0; i < NEEDS; ++i) check_ok(needs[i](f));
}

START_TEST(before_the_run)
{
    fixture f;

    begin(&f);
    check_no_run(&f);
    check_run(&f);
    fixture_end(&f);
}
END_TEST

START_TEST(after_a_nan)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    fixture f;

    begin(&f);
    check_run(&f);
    f.picture[17] = bad[_i];
    check_status(run(&f), SRD_ERR_NUMBER);
    check_reason(SRD_ERR_NUMBER);
    check_no_run(&f);
    f.picture[17] = 0.5f;
    check_run(&f);
    fixture_end(&f);
}
END_TEST

static srd_status stop(void *user, int32_t done, int32_t total)
{
    (void)total;
    return done >= *(const int32_t *)user ? SRD_ERR_CANCELLED : SRD_OK;
}

START_TEST(after_a_cancelled_run)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    int32_t at;
    const srd_tensor *input;
    fixture f;

    begin(&f);
    check_run(&f);
    input = f.input;
    at = (srd_explainer_step_count(f.explainer) - 1) * (_i + 1) / 4; /* the last one: when a single step is left */
    o.progress = stop;
    o.user = &at;
    check_status(srd_explainer_run(f.explainer, &input, 1, &o, testing_reason()), SRD_ERR_CANCELLED);
    check_reason(SRD_ERR_CANCELLED);
    check_no_run(&f);
    check_run(&f);
    fixture_end(&f);
}
END_TEST

/* Between begin and the last step there is no run to ask about, and asking does not disturb the steps. */
START_TEST(in_the_middle_of_a_run)
{
    float want[FIXTURE_MAP];
    int32_t left = 0;
    const srd_tensor *input;
    fixture f;

    begin(&f);
    check_run(&f);
    check_ok(need_top(&f));
    memcpy(want, f.numbers[0], sizeof want);
    input = f.input;
    check_ok(srd_explainer_begin(f.explainer, &input, 1, NULL, testing_reason()));
    do {
        for (int i = 0; i < NEEDS; ++i) check_status(needs[i](&f), SRD_ERR_STATE);
        check_ok(srd_explainer_step(f.explainer, &left, testing_reason()));
    } while (left > 0);
    check_status(srd_explainer_step(f.explainer, &left, testing_reason()), SRD_ERR_STATE);
    check_ok(need_top(&f));
    ck_assert_mem_eq(f.numbers[0], want, sizeof want);
    fixture_end(&f);
}
END_TEST

/* Refused arguments leave the last run, and what it says, as they were. */
START_TEST(after_a_refused_run)
{
    float want[FIXTURE_MAP];
    const srd_tensor *inputs[2];
    fixture f;

    begin(&f);
    check_run(&f);
    check_ok(need_top(&f));
    memcpy(want, f.numbers[0], sizeof want);
    inputs[0] = inputs[1] = f.input;
    check_status(srd_explainer_run(f.explainer, inputs, 2, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, inputs, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, inputs, -1, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(f.explainer, inputs, INT32_MIN, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    inputs[0] = f.maps[0];
    check_status(srd_explainer_run(f.explainer, inputs, 1, NULL, testing_reason()), SRD_ERR_SHAPE);
    check_reason(SRD_ERR_SHAPE);
    check_ok(need_top(&f));
    ck_assert_mem_eq(f.numbers[0], want, sizeof want);
    fixture_end(&f);
}
END_TEST

/* ---- graphs ---- */

static srd_status not_called(void *user, const char *text, size_t length)
{
    (void)user;
    ck_abort_msg("%.*s", (int)length, text);
    return SRD_OK;
}

/* What wants a sealed graph gets none from this one. */
static void check_not_sealed(srd_graph *graph)
{
    srd_layer_info info = SRD_LAYER_INFO_INIT;
    srd_detail why = testing_new_detail();
    srd_explainer *explainer = NULL;
    size_t size = 4711;

    check_status(srd_explainer_create(graph, NULL, NULL, &explainer, &why), SRD_ERR_STATE);
    check_detail(&why, SRD_ERR_STATE, "", "seal");
    why = testing_new_detail();
    check_status(srd_explainer_memory_size(graph, NULL, NULL, &size, &why), SRD_ERR_STATE);
    check_detail(&why, SRD_ERR_STATE, "", "seal");
    ck_assert(explainer == NULL && size == 4711);
    for (int32_t format = SRD_DUMP_TEXT; format <= SRD_DUMP_DOT; ++format) {
        check_status(srd_graph_dump(graph, format, not_called, NULL, testing_reason()), SRD_ERR_STATE);
    }
    ck_assert_int_eq(srd_graph_is_site(graph, 0), 0);
    check_ok(
        srd_graph_layer_info(graph, 0, &info, testing_reason())); /* what it says then is what is known: nothing of sealing */
    ck_assert_int_eq(info.is_live + info.is_site + info.is_swallowed + info.readers + info.path_layers, 0);
}

START_TEST(an_open_graph_and_one_that_failed)
{
    srd_detail why = testing_new_detail();
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, "x", 2, 3, 3), 0);
    ck_assert_int_eq(srd_graph_relu(graph, "top", 0), 1);
    check_ok(srd_graph_output(graph, 1, testing_reason()));
    check_not_sealed(graph);
    ck_assert_int_eq(srd_graph_leaky_relu(graph, "wrong", 1, NAN), SRD_LAYER_NONE);
    check_not_sealed(graph);
    check_status(srd_graph_output(graph, 1, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_seal(graph, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "wrong", "slope");
    check_not_sealed(graph);
    /* It can still be looked at. */
    ck_assert_int_eq(srd_graph_layer_count(graph), 2);
    ck_assert_int_eq(srd_graph_find(graph, "top"), 1);
    ck_assert_int_eq(srd_graph_find(graph, "wrong"), SRD_LAYER_NONE);
    ck_assert_str_eq(srd_graph_layer_name(graph, 1), "top");
    ck_assert_uint_gt(srd_graph_memory_used(graph), 0);
    srd_graph_free(graph);
}
END_TEST

/* ---- a partner that is gone ---- */

START_TEST(after_the_graph_was_given_up)
{
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_memory_info memory = SRD_MEMORY_INFO_INIT;
    int32_t shape[3] = { 0 };
    fixture f;

    begin(&f);
    srd_graph_free(f.graph);
    f.graph = NULL;
    check_no_run(&f);
    check_run(&f);
    check_ok(srd_explainer_plan_info(f.explainer, f.relu1, &plan, testing_reason()));
    check_ok(srd_explainer_memory_info(f.explainer, &memory, testing_reason()));
    check_ok(srd_explainer_layer_shape(f.explainer, f.x, shape, testing_reason()));
    ck_assert_int_eq(shape[0], TESTNET_CHANNELS);
    check_status(srd_explainer_ask_erf(f.explainer, f.relu1, -1, 0, NULL, f.layers, f.maps, 2, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_reason(SRD_ERR_ARGUMENT);
    fixture_end(&f); /* the explainer was the last holder */
}
END_TEST

START_TEST(after_another_explainer_was_freed)
{
    fixture f;
    srd_explainer *other;

    begin(&f);
    other = testnet_explainer(f.graph, NULL);
    check_ok(testnet_run(other, 2));
    srd_explainer_free(other);
    check_run(&f);
    other = testnet_explainer(f.graph, NULL);
    srd_graph_free(f.graph);
    f.graph = NULL;
    srd_explainer_free(f.explainer);
    f.explainer = NULL;
    check_ok(testnet_run(other, 2));
    srd_explainer_free(other);
    fixture_end(&f);
}
END_TEST

/* A run has read its input when it returns: tensor and numbers may go. */
START_TEST(after_the_input_was_freed)
{
    float want[FIXTURE_MAP];
    fixture f;

    begin(&f);
    check_run(&f);
    check_ok(need_top(&f));
    memcpy(want, f.numbers[0], sizeof want);
    srd_tensor_free(f.input);
    f.input = NULL;
    testing_mark(f.picture, TESTNET_INPUT);
    check_ok(need_top(&f));
    ck_assert_mem_eq(f.numbers[0], want, sizeof want);
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { before_the_run, 0, 0 },
        { after_a_nan, 0, 3 },
        { after_a_cancelled_run, 0, 4 },
        { in_the_middle_of_a_run, 0, 0 },
        { after_a_refused_run, 0, 0 },
        { an_open_graph_and_one_that_failed, 0, 0 },
        { after_the_graph_was_given_up, 0, 0 },
        { after_another_explainer_was_freed, 0, 0 },
        { after_the_input_was_freed, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("states", list);
}
