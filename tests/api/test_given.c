/*
 * test_given.c -- activations that the host computed elsewhere: the same maps as if they were ours, what is missing computed from
 * what is given, differences reported, and what cannot be given refused.
 */
#include <math.h>

#include "fixture.h"
#include "testnet.h"

#define MOST 2048

typedef struct given_net {
    srd_graph *graph;
    srd_explainer *explainer;
    float picture[TESTNET_INPUT], map[TESTNET_PIXELS];
    srd_tensor *input, *output;
    srd_layer x;
} given_net;

static const char *const sites[] = { "relu1", "relu2a", "relu2", "relu3a", "leaky3b", "clip4" };
#define SITES 6

static void begin(given_net *n)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_explainer_options o = testnet_options();
    srd_keep keeps[SITES];

    n->graph = testnet_graph(testnet_residual);
    for (int i = 0; i < SITES; ++i) {
        keeps[i].layer = srd_graph_find(n->graph, sites[i]);
        keeps[i].what = SRD_KEEP_VALUE;
    }
    o.keeps = keeps;
    o.keep_count = SITES;
    n->explainer = testnet_explainer(n->graph, &o);
    testnet_picture(n->picture, TESTNET_INPUT, 5);
    n->input = testing_const_view(3, shape, n->picture);
    n->output = testing_view(2, shape + 1, n->map);
    n->x = srd_graph_find(n->graph, "x");
}

static void end(given_net *n)
{
    srd_tensor_free(n->input);
    srd_tensor_free(n->output);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_status run(given_net *n, const srd_given *given, int32_t count)
{
    const srd_tensor *const input = n->input;
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    const srd_status status =
        (o.given = given, o.given_count = count, srd_explainer_run(n->explainer, &input, 1, &o, testing_reason()));

    if (status == SRD_OK) check_ok(srd_explainer_ask_class(n->explainer, 1, NULL, &n->x, &n->output, 1, testing_reason()));
    return status;
}

/* The value of a kept site, as a new tensor over numbers. */
static srd_tensor *value_of(given_net *n, const char *name, float *numbers)
{
    const srd_layer layer = srd_graph_find(n->graph, name);
    int32_t s[3];
    int64_t shape[3];
    srd_tensor *value;

    check_ok(srd_explainer_layer_shape(n->explainer, layer, s, testing_reason()));
    for (int i = 0; i < 3; ++i) shape[i] = s[i];
    ck_assert_int_le(s[0] * s[1] * s[2], MOST);
    value = testing_view(3, shape, numbers);
    check_ok(srd_explainer_value(n->explainer, layer, value, testing_reason()));
    return value;
}

static int same_bits(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

/* Every site given as it would have been computed: the same bits, and no difference. */
START_TEST(the_same_numbers_give_the_same_maps)
{
    static float numbers[SITES][MOST];
    srd_given given[SITES];
    srd_tensor *values[SITES];
    float before[TESTNET_PIXELS], error = -1.0f;
    given_net n;

    begin(&n);
    check_ok(run(&n, NULL, 0));
    memcpy(before, n.map, sizeof before);
    for (int i = 0; i < SITES; ++i) {
        values[i] = value_of(&n, sites[i], numbers[i]);
        given[i].layer = srd_graph_find(n.graph, sites[i]);
        given[i].what = SRD_GIVEN_VALUE;
        given[i].numbers = values[i];
    }
    memset(n.map, 0, sizeof n.map);
    check_ok(run(&n, given, SITES));
    ck_assert(same_bits(before, n.map, sizeof before));
    for (int i = 0; i < SITES; ++i) {
        check_ok(srd_explainer_given_error(n.explainer, given[i].layer, &error, testing_reason()));
        ck_assert(error == 0.0f);
        srd_tensor_free(values[i]);
    }
    check_status(srd_explainer_given_error(n.explainer, n.x, &error, testing_reason()), SRD_ERR_STATE);
    check_ok(run(&n, NULL, 0)); /* what was given is forgotten */
    check_status(srd_explainer_given_error(n.explainer, given[0].layer, &error, testing_reason()), SRD_ERR_STATE);
    end(&n);
}
END_TEST

/* A value that differs is taken, what lies above follows from it, and the difference is told. */
START_TEST(other_numbers_are_taken_and_compared)
{
    static float numbers[MOST], again[MOST], above[MOST], above_again[MOST];
    srd_given given = { 0, SRD_GIVEN_VALUE, NULL };
    srd_tensor *value, *read;
    float error = 0.0f;
    given_net n;
    int64_t size;

    begin(&n);
    check_ok(run(&n, NULL, 0));
    srd_tensor_free(value_of(&n, "clip4", above));
    value = value_of(&n, "relu2", numbers);
    size = srd_tensor_shape(value, 0) * srd_tensor_shape(value, 1) * srd_tensor_shape(value, 2);
    for (int64_t i = 0; i < size; ++i) numbers[i] += 0.25f;
    given.layer = srd_graph_find(n.graph, "relu2");
    given.numbers = value;
    check_ok(run(&n, &given, 1));
    check_ok(srd_explainer_given_error(n.explainer, given.layer, &error, testing_reason()));
    ck_assert(fabsf(error - 0.25f) < 1e-6f);
    read = value_of(&n, "relu2", again);
    ck_assert(same_bits(numbers, again, (size_t)size * sizeof(float)));
    srd_tensor_free(read);
    srd_tensor_free(value_of(&n, "clip4", above_again));
    ck_assert(!same_bits(above, above_again, sizeof above));
    srd_tensor_free(value);
    end(&n);
}
END_TEST

/* y given: the value is f(y), and relevance is kept although y is not the sum of what runs into it. */
START_TEST(a_pre_activation)
{
    static float numbers[MOST], values[MOST];
    srd_given given = { 0, SRD_GIVEN_PRE_ACTIVATION, NULL };
    srd_report report = SRD_REPORT_INIT;
    srd_tensor *y;
    given_net n;
    int64_t size;

    begin(&n);
    check_ok(run(&n, NULL, 0));
    y = value_of(&n, "relu2a", numbers);
    size = srd_tensor_shape(y, 0) * srd_tensor_shape(y, 1) * srd_tensor_shape(y, 2);
    for (int64_t i = 0; i < size; ++i) numbers[i] = (float)(i % 5) - 2.0f;
    given.layer = srd_graph_find(n.graph, "relu2a");
    given.numbers = y;
    check_ok(run(&n, &given, 1));
    srd_tensor_free(value_of(&n, "relu2a", values));
    for (int64_t i = 0; i < size; ++i) ck_assert(values[i] == (numbers[i] > 0.0f ? numbers[i] : 0.0f));
    check_ok(srd_explainer_report(n.explainer, &report, testing_reason()));
    ck_assert(report.largest_ratio_error > 1e-3); /* the ratios of that site do not add up to 1, and it is said */
    srd_tensor_free(y);
    end(&n);
}
END_TEST

/* Numbers are the caller's again when the run is over: a question does not look at them (a sanitizer would see it). */
START_TEST(questions_do_not_read_what_was_given)
{
    static const float ones[18] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    const int64_t weight_shape[4] = { 2, 1, 3, 3 }, shape[3] = { 2, 2, 2 }, picture_shape[3] = { 1, 4, 4 };
    srd_tensor *const weight = testing_const_view(4, weight_shape, ones), *const bias = testing_const_view(1, shape, ones);
    srd_tensor *const picture = testing_const_view(3, picture_shape, ones);
    const srd_tensor *const input = picture;
    srd_given given = { 1, SRD_GIVEN_PRE_ACTIVATION, NULL };
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_explainer *explainer;
    srd_tensor *scores = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_output(graph, srd_graph_conv2d(graph, NULL, srd_graph_input(graph, NULL, 1, 4, 4), weight, bias, NULL),
                           testing_reason());
    check_ok(srd_graph_seal(graph, NULL));
    explainer = testnet_explainer(graph, NULL);
    check_ok(srd_tensor_create(SRD_FLOAT32, 3, shape, NULL, &scores, NULL));
    given.numbers = scores;
    o.given = &given;
    o.given_count = 1;
    check_ok(srd_explainer_run(explainer, &input, 1, &o, testing_reason()));
    srd_tensor_free(scores);
    check_ok(srd_explainer_ask_class(explainer, 1, NULL, NULL, NULL, 0, testing_reason()));
    srd_explainer_free(explainer);
    srd_graph_free(graph);
    srd_tensor_free(picture);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
}
END_TEST

START_TEST(what_cannot_be_given)
{
    static float numbers[MOST];
    const int64_t wrong[3] = { 1, 1, 1 };
    srd_given given[2] = { { 0, 0, NULL }, { 0, 0, NULL } };
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    given_net n;
    srd_tensor *value, *small;
    const srd_tensor *input;

    begin(&n);
    input = n.input;
    check_ok(run(&n, NULL, 0));
    value = value_of(&n, "relu2", numbers);
    small = testing_const_view(3, wrong, numbers);
    given[0].layer = srd_graph_find(n.graph, "relu2");
    check_status(run(&n, given, 1), SRD_ERR_ARGUMENT); /* numbers is NULL */
    given[0].numbers = small;
    check_status(run(&n, given, 1), SRD_ERR_SHAPE);
    given[0].numbers = value;
    given[0].what = 2;
    check_status(run(&n, given, 1), SRD_ERR_ARGUMENT);
    given[0].what = SRD_GIVEN_VALUE;
    given[0].layer = n.x;
    check_status(run(&n, given, 1), SRD_ERR_ARGUMENT); /* an input is given by inputs */
    given[0].layer = srd_graph_find(n.graph, "conv1");
    check_status(run(&n, given, 1), SRD_ERR_ARGUMENT); /* swallowed */
    given[0].layer = 99;
    check_status(run(&n, given, 1), SRD_ERR_ARGUMENT);
    given[0].layer = srd_graph_find(n.graph, "relu2");
    given[1] = given[0];
    check_status(run(&n, given, 2), SRD_ERR_ARGUMENT); /* twice */
    check_status(run(&n, NULL, 1), SRD_ERR_ARGUMENT);
    check_status(run(&n, given, -1), SRD_ERR_ARGUMENT);
    o.given = given;
    o.given_count = 1;
    o.patterns = SRD_PATTERNS_ONLY;
    check_status(srd_explainer_run(n.explainer, &input, 1, &o, testing_reason()), SRD_ERR_ARGUMENT);
    numbers[1] = NAN;
    check_status(run(&n, given, 1), SRD_ERR_NUMBER);
    numbers[1] = 0.0f;
    check_ok(run(&n, given, 1));
    check_status(srd_explainer_given_error(NULL, 0, numbers, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_given_error(n.explainer, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_given_error(n.explainer, -1, numbers, testing_reason()), SRD_ERR_ARGUMENT);
    srd_tensor_free(value);
    srd_tensor_free(small);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { the_same_numbers_give_the_same_maps, 0, 0 },
                                  { other_numbers_are_taken_and_compared, 0, 0 },
                                  { a_pre_activation, 0, 0 },
                                  { questions_do_not_read_what_was_given, 0, 0 },
                                  { what_cannot_be_given, 0, 0 },
                                  { NULL, 0, 0 } };

    return testing_main("given", list);
}
