/*
 * test_balance.c -- a question that loses relevance must fail: ratios, winners and kept contributions are spoiled behind the library's
 * back. And networks that cancel far beyond single precision must not.
 */
#include <math.h>

#include "ask/balance.h"
#include "explain/store.h"
#include "testing.h"
#include "testnet.h"
#include "tiles/ratio_store.h"

/* The residual network of testnet.h after a run. */
typedef struct fixture {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_tensor *map;
    srd_layer x;
    float numbers[TESTNET_PIXELS];
} fixture;

static void begin(fixture *f, int32_t ratios)
{
    srd_explainer_options o = testnet_options();

    o.ratios = ratios;
    f->graph = testnet_graph(testnet_residual);
    f->explainer = testnet_explainer(f->graph, &o);
    f->map = testing_view(2, (int64_t[]){ TESTNET_HEIGHT, TESTNET_WIDTH }, f->numbers);
    f->x = 0;
    check_ok(testnet_run(f->explainer, 5));
}

static void end(fixture *f)
{
    srd_tensor_free(f->map);
    srd_explainer_free(f->explainer);
    srd_graph_free(f->graph);
}

static srd_status ask(fixture *f)
{
    testing_mark(f->numbers, TESTNET_PIXELS);
    return srd_explainer_ask_top(f->explainer, NULL, &f->x, &f->map, 1, testing_reason());
}

/* The question fails at this layer, gives no map and no report. */
static void check_lost(fixture *f, int32_t layer)
{
    srd_detail detail = testing_new_detail();
    srd_report report = SRD_REPORT_INIT;

    check_status(ask(f), SRD_ERR_INTERNAL);
    check_untouched(f->numbers, TESTNET_PIXELS);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_INTERNAL, srd_graph_layer_name(f->graph, layer), "lost");
    ck_assert_int_eq(detail.layer, layer);
    check_status(srd_explainer_report(f->explainer, &report, testing_reason()), SRD_ERR_STATE);
}

/* Of a part in a thousand of the relevance of one position. */
static void spoil(srd_explainer *ex, const srd__bound *bound)
{
    srd__ratios ratios;
    const int32_t p = bound->positions / 2;

    srd__ratios_of(ex, bound, &ratios);
    for (int32_t k = 0; k < bound->paths; ++k) {
        const size_t at = srd__ratio_at(&ratios, k, p);

        if (ratios.floats != NULL) ratios.floats[at] *= 1.5f;
        else ratios.halves[at] = (uint16_t)(ratios.halves[at] ^ 0x8000u);
    }
}

/* Every segment that keeps ratios, one after the other; the run is done again in between. _i: SRD_RATIOS_FLOAT32, FLOAT16. */
START_TEST(spoiled_ratios_are_found_where_they_are)
{
    const int32_t kinds[] = { SRD_RATIOS_FLOAT32, SRD_RATIOS_FLOAT16 };
    int spoiled = 0;
    fixture f;

    begin(&f, kinds[_i]);
    check_ok(ask(&f));
    for (int32_t i = 0; i < f.explainer->plan.bound_count; ++i) {
        const srd__bound *const bound = &f.explainer->plan.bounds[i];
        const int32_t layer = bound->segment->layer;
        srd_site_report site = { .struct_size = (uint32_t)sizeof site };
        float *relevance;

        check_ok(testnet_run(f.explainer, 5));
        check_ok(ask(&f));
        check_ok(srd_explainer_site_report(f.explainer, layer, &site, testing_reason()));
        relevance = (float *)srd__at(f.explainer, layer, SRD__STORE_RELEVANCE);
        if (bound->single || site.relevance_in == 0.0 || relevance[bound->positions / 2] == 0.0f) continue;
        spoil(f.explainer, bound);
        check_lost(&f, layer);
        ++spoiled;
        check_ok(testnet_run(f.explainer, 5)); /* the explainer stays usable */
        check_ok(ask(&f));
    }
    ck_assert_int_ge(spoiled, 4);
    end(&f);
}
END_TEST

/* relu(W x + b) over several positions, then a fully connected layer whose contributions are kept for the head. */
START_TEST(spoiled_contributions_of_the_head_are_found)
{
    enum { C = 64, O = 16 };
    static float weight[O * C * 4], last[3 * O], picture[C * 4];
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    srd_tensor *w, *v, *x, *map;
    float *kept, numbers[4];
    srd_layer in, fc;

    for (int i = 0; i < O * C * 4; ++i) weight[i] = (float)(i % 7) / 8.0f - 0.25f;
    for (int i = 0; i < C * 4; ++i) picture[i] = (float)(i % 5) - 1.0f;
    for (int i = 0; i < 3 * O; ++i) last[i] = (float)(i % 4) - 1.0f;
    w = testing_const_view(2, (int64_t[]){ O, C * 4 }, weight);
    v = testing_const_view(2, (int64_t[]){ 3, O }, last);
    x = testing_const_view(3, (int64_t[]){ C, 2, 2 }, picture);
    map = testing_view(2, (int64_t[]){ 2, 2 }, numbers);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    in = srd_graph_input(graph, "x", C, 2, 2);
    fc = srd_graph_relu(graph, "relu", srd_graph_linear(graph, "fc", srd_graph_relu(graph, "below", in), w, NULL, NULL));
    check_ok(srd_graph_output(graph, srd_graph_linear(graph, "y", fc, v, NULL, NULL), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ x }, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_top(explainer, NULL, &in, &map, 1, testing_reason()));
    kept = (float *)srd__at(explainer, fc, SRD__STORE_KEPT_U);
    ck_assert_ptr_nonnull(kept);
    memset(kept, 0, O * sizeof *kept); /* of one path */
    testing_mark(numbers, 4);
    check_status(srd_explainer_ask_top(explainer, NULL, &in, &map, 1, testing_reason()), SRD_ERR_INTERNAL);
    check_untouched(numbers, 4);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_INTERNAL, "relu", "lost");
    srd_tensor_free(w);
    srd_tensor_free(v);
    srd_tensor_free(x);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* What is lost is in the report, and next to nothing: also with a mean taken away, with seeds, and for Grad-CAM. */
START_TEST(the_report_says_what_was_lost)
{
    srd_score_options contrastive = SRD_SCORE_OPTIONS_INIT;
    srd_report report = SRD_REPORT_INIT;
    fixture f;

    begin(&f, SRD_RATIOS_FLOAT32);
    contrastive.contrastive = 1;
    for (int i = 0; i < 3; ++i) {
        double began;

        if (i < 2)
            check_ok(srd_explainer_ask_top(f.explainer, i == 1 ? &contrastive : NULL, &f.x, &f.map, 1, testing_reason()));
        else
            check_ok(srd_explainer_ask_erf(f.explainer, srd_graph_find(f.graph, "relu1"), 1, 1, NULL, &f.x, &f.map, 1,
                                           testing_reason()));
        check_ok(srd_explainer_report(f.explainer, &report, testing_reason()));
        began = report.score - report.head_bias - report.subtracted;
        ck_assert_double_eq(report.lost, began - report.at_inputs - report.at_constants - report.unreached);
        ck_assert_double_le(fabs(report.lost), 1e-5 * report.magnitude);
    }
    end(&f);
}
END_TEST

/*
 * y = a x0 - a x1 + x2 with a large, twice: what is left is a millionth and less of what is added up. The ratios are huge, the direction is
 * rounded to nothing near the score, and all of that is what single precision makes of such a network: no fault. _i: the power of ten.
 */
START_TEST(networks_that_cancel_are_not_refused)
{
    const float a = (float)pow(10.0, _i);
    const float weight[3 * 3] = { a, -a, 1, -a, a, 0.5f, 1, 1, 1 }, bias[3] = { a, -a, 0.25f };
    float picture[3 * 6], numbers[6];
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_detail detail;
    srd_tensor *w, *b, *k, *x, *map;
    srd_layer in, y;

    for (int i = 0; i < 18; ++i) picture[i] = 1.0f + (float)(i % 5) * 0.1f + (i < 12 ? 0.0f : 0.001f * (float)i);
    for (int i = 0; i < 6; ++i) picture[6 + i] = picture[i] * (1.0f + 1e-6f * (float)i); /* x1 is next to x0 */
    w = testing_const_view(2, (int64_t[]){ 3, 3 }, weight);
    b = testing_const_view(1, (int64_t[]){ 3 }, bias);
    k = testing_const_view(4, (int64_t[]){ 3, 3, 1, 1 }, weight);
    x = testing_const_view(3, (int64_t[]){ 3, 2, 3 }, picture);
    map = testing_view(2, (int64_t[]){ 2, 3 }, numbers);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    in = srd_graph_input(graph, "x", 3, 2, 3);
    y = srd_graph_silu(graph, "s", srd_graph_conv2d(graph, "c", in, k, b, NULL));
    y = srd_graph_global_avg_pool(graph, "gap", srd_graph_conv2d(graph, "d", y, k, b, NULL));
    y = srd_graph_silu(graph, "t", srd_graph_linear(graph, "fc1", y, w, b, NULL));
    check_ok(srd_graph_output(graph, srd_graph_linear(graph, "fc2", y, w, b, NULL), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ x }, 1, NULL, testing_reason()));
    for (int32_t c = 0; c < 3; ++c) {
        const srd_status status = srd_explainer_ask_class(explainer, c, NULL, &in, &map, 1, testing_reason());

        detail = *testing_reason();
        ck_assert_msg(status == SRD_OK, "class %d: %s, %s: %s", (int)c, srd_status_name(status), detail.layer_name,
                      detail.text);
    }
    srd_tensor_free(w);
    srd_tensor_free(b);
    srd_tensor_free(k);
    srd_tensor_free(x);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* A pool of 2 x 2 at every place of 3 x 3: 1 window reaches a corner, 4 reach the middle. Over the whole picture, one window. That many
 * terms the bound of what a sum may lose is made for. */
START_TEST(terms_of_one_source_are_counted)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    srd_graph *graph;
    srd_explainer *ex;
    srd_layer y;
    int32_t found = 0;

    o.kernel_h = o.kernel_w = _i == 0 ? 2 : 3;
    o.stride_h = o.stride_w = 1;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    y = srd_graph_max_pool2d(graph, "pool", srd_graph_input(graph, "x", 1, 3, 3), &o);
    y = srd_graph_relu(graph, "y", y);
    check_ok(srd_graph_output(graph, y, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &ex, NULL));
    for (int32_t i = 0; i < ex->plan.bound_count; ++i) {
        const srd__bound *const bound = &ex->plan.bounds[i];

        for (int32_t k = 0; k < bound->segment->branch_count; ++k) {
            if (bound->lanes[k].table == NULL) continue;
            ck_assert_int_eq(bound->lanes[k].hits, _i == 0 ? 4 : 1);
            ++found;
        }
    }
    ck_assert_int_eq(found, 1);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}
END_TEST

/* A pool of one row and stride 2 that sees no row but that of the pads: no position has a path, and all relevance is unreached. */
START_TEST(relevance_that_no_path_takes_is_not_lost)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    srd_report report = SRD_REPORT_INIT;
    const float x[] = { 1 };
    float seed[63], numbers[1];
    double sum = 0.0;
    srd_graph *graph;
    srd_explainer *ex;
    srd_tensor *views[3];
    srd_layer in, y;

    for (int i = 0; i < 63; ++i) sum += (double)(seed[i] = ldexpf(1.1f + 0.013f * (float)i, -(37 * i % 41)));
    views[0] = testing_const_view(3, (int64_t[]){ 1, 1, 1 }, x);
    views[1] = testing_const_view(2, (int64_t[]){ 1, 63 }, seed);
    views[2] = testing_view(2, (int64_t[]){ 1, 1 }, numbers);
    o.kernel_h = o.stride_w = 1;
    o.kernel_w = o.stride_h = 2;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    in = srd_graph_input(graph, "x", 1, 1, 1);
    y = srd_graph_constant_pad2d(graph, "pad", in, 1, 0, 0, 63, 0.75f);
    y = srd_graph_gelu(graph, "y", srd_graph_avg_pool2d(graph, "pool", y, &o), 0);
    check_ok(srd_graph_output(graph, y, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &ex, NULL));
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)views, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_seed(ex, y, views[1], NULL, &in, &views[2], 1, testing_reason()));
    check_ok(srd_explainer_report(ex, &report, testing_reason()));
    ck_assert_float_eq(numbers[0], 0.0f);
    ck_assert_double_eq_tol(report.unreached, sum, 1e-12);
    for (int i = 0; i < 3; ++i) srd_tensor_free(views[i]);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}
END_TEST

/*
 * What passes a head may be far smaller than what has passed it before. _i: 0: a direction that comes through a GELU of -7.7 is some
 * 1e-20, beside a bias of 0.06 above, in which it could not be found again; 1: numbers below FLT_MIN, which are rounded to multiples of
 * 2^-149.
 */
START_TEST(small_numbers_in_the_head_are_not_lost)
{
    const float first[2][2] = { { -2.0f, -0.38226795f }, { 0.3f, 0.0f } },
                second[2][2] = { { -0.16216761f, 0.0641197f }, { 0.7f, 0.0f } };
    const float x[] = { _i == 0 ? 3.6476297f : 3e-43f };
    float numbers[1];
    srd_tensor *views[6];
    srd_report report = SRD_REPORT_INIT;
    srd_graph *graph;
    srd_explainer *ex;
    srd_layer in, y;

    for (int i = 0; i < 2; ++i) {
        views[2 * i] = testing_const_view(4, (int64_t[]){ 1, 1, 1, 1 }, i == 0 ? first[_i] : second[_i]);
        views[2 * i + 1] = testing_const_view(1, (int64_t[]){ 1 }, (i == 0 ? first[_i] : second[_i]) + 1);
    }
    views[4] = testing_const_view(3, (int64_t[]){ 1, 1, 1 }, x);
    views[5] = testing_view(2, (int64_t[]){ 1, 1 }, numbers);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    in = srd_graph_input(graph, "x", 1, 1, 1);
    y = srd_graph_conv2d(graph, "first", in, views[0], views[1], NULL);
    y = _i == 0 ? srd_graph_gelu(graph, "bend", y, 1) : srd_graph_leaky_relu(graph, "bend", y, 0.5f);
    y = srd_graph_conv2d(graph, "second", y, views[2], views[3], NULL);
    check_ok(srd_graph_output(graph, y, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &ex, NULL));
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)views + 4, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_class(ex, 0, NULL, &in, &views[5], 1, testing_reason()));
    check_ok(srd_explainer_report(ex, &report, testing_reason()));
    ck_assert_double_eq_tol(report.head_bias, (double)second[_i][1], 1e-9);
    for (int i = 0; i < 6; ++i) srd_tensor_free(views[i]);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { spoiled_ratios_are_found_where_they_are, 0, 2 }, { spoiled_contributions_of_the_head_are_found, 0, 0 },
        { the_report_says_what_was_lost, 0, 0 },           { relevance_that_no_path_takes_is_not_lost, 0, 0 },
        { small_numbers_in_the_head_are_not_lost, 0, 2 },  { terms_of_one_source_are_counted, 0, 2 },
        { networks_that_cancel_are_not_refused, 0, 10 },   { NULL, 0, 0 },
    };

    return testing_main("balance", list);
}
