/* test_inner_map_errors.c -- maps of gather and swallowed layers: what must be kept, and where there is none. */
#include <float.h>
#include <math.h>

#include "fixture.h"

static double largest(const float *numbers, int32_t count)
{
    double most = 0;

    for (int32_t i = 0; i < count; ++i) most = fmax(most, fabs((double)numbers[i]));
    return most;
}

static void check_why(srd_status status, const char *layer, const char *words)
{
    srd_detail detail = testing_new_detail();

    detail = *testing_reason();
    check_detail(&detail, status, layer, words);
}

/* An explainer of the residual network that keeps maps of pool1, conv2a and gap. */
static void kept_fixture(fixture *f, int32_t mode)
{
    srd_explainer_options o = testnet_options();
    srd_keep keeps[4];

    fixture_begin(f, NULL, 0);
    srd_explainer_free(f->explainer);
    for (int i = 0; i < 4; ++i) keeps[i].what = SRD_KEEP_MAP;
    keeps[0].layer = f->pool1, keeps[1].layer = f->conv2a, keeps[2].layer = f->gap, keeps[3].layer = f->relu1;
    o.keeps = keeps;
    o.keep_count = 4;
    o.mode = mode;
    f->explainer = testnet_explainer(f->graph, &o);
    check_ok(testnet_run(f->explainer, 1));
}

START_TEST(what_is_not_kept_is_named)
{
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_status(srd_explainer_ask_top(f.explainer, NULL, &f.pool1, f.maps, 1, testing_reason()), SRD_ERR_STATE);
    check_why(SRD_ERR_STATE, "pool1", "SRD_KEEP_MAP");
    check_status(srd_explainer_ask_erf(f.explainer, f.relu2, 0, 0, NULL, &f.conv2a, f.maps, 1, testing_reason()),
                 SRD_ERR_STATE);
    check_why(SRD_ERR_STATE, "conv2a", "SRD_KEEP_MAP");
    check_untouched(f.numbers[0], FIXTURE_MAP);
    fixture_end(&f);
}
END_TEST

START_TEST(forward_mode_keeps_nothing_and_has_no_maps)
{
    srd_plan_info info = SRD_PLAN_INFO_INIT;
    fixture f;

    kept_fixture(&f, SRD_MODE_FORWARD);
    check_ok(srd_explainer_plan_info(f.explainer, f.pool1, &info, testing_reason()));
    ck_assert_int_eq(info.kept_bytes, 0);
    check_status(srd_explainer_ask_top(f.explainer, NULL, &f.pool1, f.maps, 1, testing_reason()), SRD_ERR_STATE);
    check_why(SRD_ERR_STATE, "", "SRD_MODE_FORWARD");
    fixture_end(&f);
}
END_TEST

START_TEST(shapes_places_above_and_places_beside)
{
    int64_t shape[2] = { 5, 6 };
    float numbers[30];
    int32_t chw[3];
    srd_tensor *map;
    fixture f;

    kept_fixture(&f, SRD_MODE_EXPLAIN);
    check_ok(srd_explainer_layer_shape(f.explainer, f.pool1, chw, testing_reason()));
    shape[0] = chw[1], shape[1] = chw[2];
    ck_assert_int_le(chw[1] * chw[2], 30);
    testing_mark(numbers, 30);
    map = testing_view(2, shape, numbers);
    check_status(srd_explainer_ask_top(f.explainer, NULL, &f.pool1, f.maps, 1, testing_reason()), SRD_ERR_SHAPE);
    check_why(SRD_ERR_SHAPE, "pool1", "must be");
    check_status(srd_explainer_ask_erf(f.explainer, f.relu1, 0, 0, NULL, &f.pool1, &map, 1, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_why(SRD_ERR_ARGUMENT, "pool1", "above");
    check_untouched(numbers, 30);
    check_untouched(f.numbers[0], FIXTURE_MAP);
    check_ok(srd_explainer_ask_erf(f.explainer, f.relu2, 0, 0, NULL, &f.pool1, &map, 1, testing_reason()));
    ck_assert_double_gt(largest(numbers, chw[1] * chw[2]), 1e-3);
    check_ok(srd_explainer_ask_erf(f.explainer, f.relu1, 0, 0, NULL, &f.relu1, &f.maps[1], 1,
                                   testing_reason())); /* kept, and a site */
    srd_tensor_free(map);
    fixture_end(&f);
}
END_TEST

/* x c r | flat fc1 | r2 | flat2 fc2: flat2 lies above the first map, flat does not; "lost" is read by nobody. */
static srd_graph *tower(srd_tensor *const *weights)
{
    srd_graph *graph = NULL;
    srd_layer x, r;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 1, 2, 2);
    r = srd_graph_relu(graph, "r", srd_graph_conv2d(graph, "c", x, weights[0], NULL, NULL));
    (void)srd_graph_global_avg_pool(graph, "lost", r);
    r = srd_graph_linear(graph, "fc1", srd_graph_flatten(graph, "flat", r), weights[1], NULL, NULL);
    r = srd_graph_linear(graph, "fc2", srd_graph_flatten(graph, "flat2", srd_graph_relu(graph, "r2", r)), weights[2], NULL,
                         NULL);
    (void)srd_graph_output(graph, r, testing_reason());
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

START_TEST(above_the_first_maps_and_dead_layers)
{
    static const float numbers[8] = { 1, 2, -1, 3, 2, 1, -1, 1 };
    static const int64_t shapes[4][4] = { { 1, 1, 1, 1 }, { 2, 4 }, { 2, 2 }, { 1, 2, 2 } };
    static const char *const names[3] = { "flat", "flat2", "c" };
    const int64_t map_shape[2] = { 1, 1 };
    srd_tensor *weights[3], *input = testing_const_view(3, shapes[3], numbers), *map;
    srd_explainer_options o = testnet_options();
    srd_detail detail = testing_new_detail();
    srd_explainer *explainer = NULL;
    const srd_tensor *in = input;
    float number = TESTING_UNTOUCHED;
    srd_keep keeps[3];
    srd_graph *graph;
    srd_layer lost;

    for (int i = 0; i < 3; ++i) weights[i] = testing_const_view(i == 0 ? 4 : 2, shapes[i], numbers);
    map = testing_view(2, map_shape, &number);
    graph = tower(weights);
    lost = srd_graph_find(graph, "lost");
    for (int i = 0; i < 3; ++i) keeps[i].layer = srd_graph_find(graph, names[i]), keeps[i].what = SRD_KEEP_MAP;
    o.keeps = keeps;
    o.keep_count = 3;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_run(explainer, &in, 1, NULL, testing_reason()));
    check_status(srd_explainer_ask_top(explainer, NULL, &keeps[1].layer, &map, 1, testing_reason()), SRD_ERR_ARGUMENT);
    check_why(SRD_ERR_ARGUMENT, "flat2", "above");
    check_status(srd_explainer_ask_top(explainer, NULL, &lost, &map, 1, testing_reason()), SRD_ERR_UNSUPPORTED);
    check_why(SRD_ERR_UNSUPPORTED, "lost", "no output");
    ck_assert_mem_eq(&number, &(float){ TESTING_UNTOUCHED }, sizeof number);
    check_ok(srd_explainer_ask_top(explainer, NULL, &keeps[0].layer, &map, 1, testing_reason()));
    check_ok(
        srd_explainer_ask_erf(explainer, srd_graph_find(graph, "fc2"), 0, 0, NULL, &keeps[1].layer, &map, 1, testing_reason()));
    ck_assert_float_eq_tol(number, 1.0f, 1e-6f);
    srd_explainer_free(explainer);
    keeps[1].layer = lost;
    explainer = NULL;
    check_status(srd_explainer_create(graph, &o, NULL, &explainer, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "lost", "keeps[1]");
    for (int i = 0; i < 3; ++i) srd_tensor_free(weights[i]);
    srd_tensor_free(input);
    srd_tensor_free(map);
    srd_graph_free(graph);
}
END_TEST

/* Relevance that leaves single precision is refused as anywhere else, and nothing is written. */
START_TEST(relevance_that_overflows)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    float numbers[FIXTURE_MAP];
    srd_layer layers[2];
    srd_tensor *seed;
    fixture f;

    kept_fixture(&f, SRD_MODE_EXPLAIN);
    for (int i = 0; i < FIXTURE_MAP; ++i) numbers[i] = FLT_MAX;
    seed = testing_const_view(2, shape, numbers);
    layers[0] = f.x, layers[1] = f.relu1;
    check_status(srd_explainer_ask_seed(f.explainer, f.relu1, seed, NULL, layers, f.maps, 2, testing_reason()), SRD_ERR_NUMBER);
    check_untouched(f.numbers[0], FIXTURE_MAP);
    srd_tensor_free(seed);
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { what_is_not_kept_is_named, 0, 0 },
        { forward_mode_keeps_nothing_and_has_no_maps, 0, 0 },
        { shapes_places_above_and_places_beside, 0, 0 },
        { above_the_first_maps_and_dead_layers, 0, 0 },
        { relevance_that_overflows, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("inner_map_errors", list);
}
