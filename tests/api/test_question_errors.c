/*
 * test_question_errors.c -- the five questions and the two reports with bad arguments and out of order. What holds for all
 * questions is tested for all: each is put behind one signature, whatever the type of its options.
 */
#include <math.h>

#include "fixture.h"

typedef srd_status (*question)(fixture *f, const void *options, const srd_layer *layers, srd_tensor *const *maps,
                               int32_t count);

static srd_status ask_class(fixture *f, const void *options, const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    return srd_explainer_ask_class(f->explainer, 1, options, layers, maps, count, testing_reason());
}

static srd_status ask_top(fixture *f, const void *options, const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    return srd_explainer_ask_top(f->explainer, options, layers, maps, count, testing_reason());
}

static srd_status ask_direction(fixture *f, const void *options, const srd_layer *layers, srd_tensor *const *maps,
                                int32_t count)
{
    const float numbers[TESTNET_CLASSES] = { 1, -1, 0 };
    const int64_t shape = TESTNET_CLASSES;
    srd_tensor *const view = testing_const_view(1, &shape, numbers);
    const srd_status status = srd_explainer_ask_direction(f->explainer, view, options, layers, maps, count, testing_reason());

    srd_tensor_free(view);
    return status;
}

static srd_status ask_erf(fixture *f, const void *options, const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    return srd_explainer_ask_erf(f->explainer, f->relu2, 2, 3, options, layers, maps, count, testing_reason());
}

static srd_status ask_seed(fixture *f, const void *options, const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    static const float ones[FIXTURE_MAP] = { 1, 1, 1 };
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *const seed = testing_const_view(2, shape, ones);
    const srd_status status =
        srd_explainer_ask_seed(f->explainer, f->relu1, seed, options, layers, maps, count, testing_reason());

    srd_tensor_free(seed);
    return status;
}

static const question questions[] = { ask_class, ask_top, ask_direction, ask_erf, ask_seed };
#define QUESTIONS 5

/* Asks and expects a refusal with a reason, and that nothing was written. */
static void check_refused(fixture *f, srd_status got, srd_status want)
{
    ck_assert_msg(got == want, "%s, expected %s", srd_status_name(got), srd_status_name(want));
    check_reason(want);
    check_untouched(f->numbers[0], FIXTURE_MAP);
    check_untouched(f->numbers[1], FIXTURE_MAP);
}

START_TEST(a_question_before_the_run)
{
    fixture f;

    fixture_begin(&f, NULL, 0);
    check_refused(&f, questions[_i](&f, NULL, f.layers, f.maps, 2), SRD_ERR_STATE);
    check_refused(&f, questions[_i](&f, NULL, NULL, NULL, 0), SRD_ERR_STATE);
    fixture_end(&f);
}
END_TEST

START_TEST(a_question_in_forward_mode)
{
    srd_explainer_options o = testnet_options();
    fixture f;

    o.mode = SRD_MODE_FORWARD;
    fixture_begin(&f, &o, 1);
    check_refused(&f, questions[_i](&f, NULL, f.layers, f.maps, 2), SRD_ERR_STATE);
    fixture_end(&f);
}
END_TEST

START_TEST(null_in_a_question)
{
    fixture f, none;
    srd_tensor *one_null[2];

    fixture_begin(&f, NULL, 1);
    none = f;
    none.explainer = NULL;
    check_status(questions[_i](&none, NULL, f.layers, f.maps, 2), SRD_ERR_ARGUMENT);
    check_refused(&f, questions[_i](&f, NULL, NULL, f.maps, 2), SRD_ERR_ARGUMENT);
    check_refused(&f, questions[_i](&f, NULL, f.layers, NULL, 2), SRD_ERR_ARGUMENT);
    check_refused(&f, questions[_i](&f, NULL, f.layers, f.maps, -1), SRD_ERR_ARGUMENT);
    check_refused(&f, questions[_i](&f, NULL, f.layers, f.maps, INT32_MIN), SRD_ERR_ARGUMENT);
    one_null[0] = f.maps[0];
    one_null[1] = NULL;
    check_refused(&f, questions[_i](&f, NULL, f.layers, one_null, 2), SRD_ERR_ARGUMENT);
    check_ok(questions[_i](&f, NULL, NULL, NULL, 0));
    fixture_end(&f);
}
END_TEST

START_TEST(options_that_cannot_be_read)
{
    srd_score_options o = { 4, 0, 0 };
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_refused(&f, questions[_i](&f, &o, f.layers, f.maps, 2), SRD_ERR_ARGUMENT);
    o.struct_size = 0;
    check_refused(&f, questions[_i](&f, &o, f.layers, f.maps, 2), SRD_ERR_ARGUMENT);
    fixture_end(&f);
}
END_TEST

START_TEST(layers_without_a_map)
{
    fixture f;

    fixture_begin(&f, NULL, 1);
    {
        const srd_layer bad[] = { -1, -2, INT32_MAX, INT32_MIN, srd_graph_layer_count(f.graph), f.conv2a, f.pool1, f.gap };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
            f.layers[1] = bad[i];
            check_refused(&f, questions[_i](&f, NULL, f.layers, f.maps, 2), i < 5 ? SRD_ERR_ARGUMENT : SRD_ERR_STATE);
        }
    }
    fixture_end(&f);
}
END_TEST

/* What lies above the place where relevance begins has no map. */
START_TEST(layers_above_the_start)
{
    const int64_t one[2] = { 1, 1 };
    float number = 0;
    srd_tensor *const map = testing_view(2, one, &number);
    srd_layer probs;
    fixture f;

    fixture_begin(&f, NULL, 1);
    probs = srd_graph_find(f.graph, "probs");
    check_refused(&f, srd_explainer_ask_erf(f.explainer, f.x, 0, 0, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_ARGUMENT);
    check_refused(&f, srd_explainer_ask_top(f.explainer, NULL, &probs, &map, 1, testing_reason()), SRD_ERR_ARGUMENT);
    check_ok(srd_explainer_ask_erf(f.explainer, probs, 0, 0, NULL, &probs, &map, 1,
                                   testing_reason())); /* the start itself has one */
    ck_assert_float_eq(number, 1.0f);
    srd_tensor_free(map);
    fixture_end(&f);
}
END_TEST

START_TEST(maps_of_wrong_shapes)
{
    static const struct {
        int32_t rank;
        int64_t shape[4];
    } wrong[] = {
        { 0, { 0 } },        { 1, { 99 } },       { 2, { 11, 9 } },       { 2, { 9, 10 } },       { 2, { 10, 11 } },
        { 3, { 2, 9, 11 } }, { 3, { 9, 11, 1 } }, { 4, { 1, 2, 9, 11 } }, { 4, { 2, 1, 9, 11 } }, { 4, { 1, 1, 11, 9 } },
    };
    static float numbers[400];
    fixture f;

    fixture_begin(&f, NULL, 1);
    testing_mark(numbers, 400);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        srd_tensor *const good = f.maps[1], *const bad = testing_view(wrong[i].rank, wrong[i].shape, numbers);

        f.maps[1] = bad;
        check_refused(&f, questions[_i](&f, NULL, f.layers, f.maps, 2), SRD_ERR_SHAPE);
        check_untouched(numbers, 400);
        f.maps[1] = good;
        srd_tensor_free(bad);
    }
    fixture_end(&f);
}
END_TEST

/* All shapes that a map of one image may have. */
START_TEST(maps_of_right_shapes)
{
    const int64_t shape[4] = { 1, 1, TESTNET_HEIGHT, TESTNET_WIDTH };
    float numbers[3][FIXTURE_MAP];
    fixture f;

    fixture_begin(&f, NULL, 1);
    for (int32_t rank = 2; rank <= 4; ++rank) {
        srd_tensor *const map = testing_view(rank, shape + 4 - rank, numbers[rank - 2]);

        check_ok(questions[_i](&f, NULL, f.layers, &map, 1));
        srd_tensor_free(map);
    }
    ck_assert_mem_eq(numbers[0], numbers[1], sizeof numbers[0]);
    ck_assert_mem_eq(numbers[0], numbers[2], sizeof numbers[0]);
    fixture_end(&f);
}
END_TEST

START_TEST(a_const_map)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    fixture f;
    srd_tensor *maps[2];

    fixture_begin(&f, NULL, 1);
    maps[0] = f.maps[0];
    maps[1] = testing_const_view(2, shape, f.numbers[1]);
    check_refused(&f, questions[_i](&f, NULL, f.layers, maps, 2), SRD_ERR_ARGUMENT);
    srd_tensor_free(maps[1]);
    fixture_end(&f);
}
END_TEST

/* ---- what each question has for itself ---- */

START_TEST(classes_and_outputs_out_of_range)
{
    static const int32_t classes[] = { -1, TESTNET_CLASSES, INT32_MAX, INT32_MIN }, outputs[] = { -1, 1, INT32_MAX, INT32_MIN };
    srd_score_options o = { (uint32_t)sizeof o, outputs[_i], 0 };
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_refused(&f, srd_explainer_ask_class(f.explainer, classes[_i], NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_ARGUMENT);
    check_refused(&f, ask_class(&f, &o, f.layers, f.maps, 2), SRD_ERR_ARGUMENT);
    check_refused(&f, ask_top(&f, &o, f.layers, f.maps, 2), SRD_ERR_ARGUMENT);
    check_refused(&f, ask_direction(&f, &o, f.layers, f.maps, 2), SRD_ERR_ARGUMENT);
    fixture_end(&f);
}
END_TEST

START_TEST(directions_that_say_nothing)
{
    static const struct {
        int32_t rank;
        int64_t shape[2];
        float numbers[4];
        srd_status status;
    } wrong[] = {
        { 1, { 3 }, { 0, 0, 0 }, SRD_ERR_ARGUMENT },
        { 1, { 3 }, { 1, NAN, 0 }, SRD_ERR_NUMBER },
        { 1, { 3 }, { 0, 0, INFINITY }, SRD_ERR_NUMBER },
        { 1, { 2 }, { 1, 1 }, SRD_ERR_SHAPE },
        { 1, { 4 }, { 1, 1, 1, 1 }, SRD_ERR_SHAPE },
        { 2, { 2, 3 }, { 1, 1, 1, 1 }, SRD_ERR_SHAPE },
        { 0, { 0 }, { 1 }, SRD_ERR_SHAPE },
    };
    srd_tensor *const direction = testing_const_view(wrong[_i].rank, wrong[_i].shape, wrong[_i].numbers);
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_refused(&f, srd_explainer_ask_direction(f.explainer, direction, NULL, f.layers, f.maps, 2, testing_reason()),
                  wrong[_i].status);
    check_refused(&f, srd_explainer_ask_direction(f.explainer, NULL, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_ARGUMENT);
    srd_tensor_free(direction);
    fixture_end(&f);
}
END_TEST

START_TEST(erf_starts_that_do_not_exist)
{
    fixture f;

    fixture_begin(&f, NULL, 1);
    {
        const struct {
            srd_layer layer;
            int32_t row, column;
        } wrong[] = {
            { f.relu1, -1, 0 }, { f.relu1, 0, -1 },        { f.relu1, 9, 0 },         { f.relu1, 0, 11 },
            { f.relu2, 5, 0 },  { f.relu2, INT32_MAX, 0 }, { f.relu2, 0, INT32_MIN }, { -1, 0, 0 },
            { 1000, 0, 0 },     { f.conv2a, 0, 0 },        { f.pool1, 0, 0 },         { f.gap, 0, 0 },
        };

        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
            check_refused(&f,
                          srd_explainer_ask_erf(f.explainer, wrong[i].layer, wrong[i].row, wrong[i].column, NULL, f.layers,
                                                f.maps, 2, testing_reason()),
                          i < 9 ? SRD_ERR_ARGUMENT : SRD_ERR_STATE);
        }
    }
    fixture_end(&f);
}
END_TEST

START_TEST(seeds_that_do_not_fit)
{
    static float numbers[400];
    const int64_t right[2] = { 9, 11 }, wrong[2] = { 11, 9 }, two[3] = { 2, 9, 11 };
    srd_tensor *const fits = testing_view(2, right, numbers), *const turned = testing_view(2, wrong, numbers);
    srd_tensor *const batch = testing_view(3, two, numbers);
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.relu1, NULL, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_ARGUMENT);
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.relu1, turned, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_SHAPE);
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.relu1, batch, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_SHAPE);
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.relu2, fits, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_SHAPE);
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.conv2a, fits, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_STATE);
    check_refused(&f, srd_explainer_ask_seed(f.explainer, -1, fits, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_ARGUMENT);
    numbers[50] = NAN;
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.relu1, fits, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_NUMBER);
    numbers[50] = -INFINITY;
    check_refused(&f, srd_explainer_ask_seed(f.explainer, f.relu1, fits, NULL, f.layers, f.maps, 2, testing_reason()),
                  SRD_ERR_NUMBER);
    srd_tensor_free(fits);
    srd_tensor_free(turned);
    srd_tensor_free(batch);
    fixture_end(&f);
}
END_TEST

/* ---- reports ---- */

static srd_report new_report(void)
{
    srd_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    r.score = 4711.0;
    return r;
}

START_TEST(a_report_needs_a_question)
{
    fixture f;
    srd_report r = new_report();

    fixture_begin(&f, NULL, 0);
    check_status(srd_explainer_report(f.explainer, &r, testing_reason()), SRD_ERR_STATE);
    check_ok(testnet_run(f.explainer, 1));
    check_status(srd_explainer_report(f.explainer, &r, testing_reason()), SRD_ERR_STATE);
    check_ok(ask_top(&f, NULL, NULL, NULL, 0));
    check_ok(testnet_run(f.explainer, 1));
    check_status(srd_explainer_report(f.explainer, &r, testing_reason()),
                 SRD_ERR_STATE); /* the question was of the run before */
    ck_assert(r.score == 4711.0);
    check_ok(ask_top(&f, NULL, NULL, NULL, 0));
    check_status(srd_explainer_report(NULL, &r, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_report(f.explainer, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    r.struct_size = 4;
    check_status(srd_explainer_report(f.explainer, &r, testing_reason()), SRD_ERR_ARGUMENT);
    ck_assert(r.score == 4711.0);
    r.struct_size = (uint32_t)sizeof r;
    check_ok(srd_explainer_report(f.explainer, &r, testing_reason()));
    ck_assert(r.score != 4711.0);
    fixture_end(&f);
}
END_TEST

START_TEST(a_site_report_with_bad_arguments)
{
    fixture f;
    srd_site_report r;

    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    r.relevance_in = 4711.0;
    fixture_begin(&f, NULL, 0);
    check_status(srd_explainer_site_report(f.explainer, f.relu1, &r, testing_reason()), SRD_ERR_STATE);
    check_ok(testnet_run(f.explainer, 1));
    check_ok(ask_top(&f, NULL, NULL, NULL, 0));
    check_status(srd_explainer_site_report(NULL, f.relu1, &r, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(f.explainer, f.relu1, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(f.explainer, -1, &r, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(f.explainer, 1000, &r, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(f.explainer, f.conv2a, &r, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(f.explainer, f.pool1, &r, testing_reason()), SRD_ERR_ARGUMENT);
    r.struct_size = 8;
    check_status(srd_explainer_site_report(f.explainer, f.relu1, &r, testing_reason()), SRD_ERR_ARGUMENT);
    ck_assert(r.relevance_in == 4711.0);
    r.struct_size = (uint32_t)sizeof r;
    check_ok(srd_explainer_site_report(f.explainer, f.relu1, &r, testing_reason()));
    ck_assert(r.relevance_in != 4711.0);
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_question_before_the_run, 0, QUESTIONS },
        { a_question_in_forward_mode, 0, QUESTIONS },
        { null_in_a_question, 0, QUESTIONS },
        { options_that_cannot_be_read, 0, QUESTIONS },
        { layers_without_a_map, 0, QUESTIONS },
        { layers_above_the_start, 0, 0 },
        { maps_of_wrong_shapes, 0, QUESTIONS },
        { maps_of_right_shapes, 0, QUESTIONS },
        { a_const_map, 0, QUESTIONS },
        { classes_and_outputs_out_of_range, 0, 4 },
        { directions_that_say_nothing, 0, 7 },
        { erf_starts_that_do_not_exist, 0, 0 },
        { seeds_that_do_not_fit, 0, 0 },
        { a_report_needs_a_question, 0, 0 },
        { a_site_report_with_bad_arguments, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("question_errors", list);
}
