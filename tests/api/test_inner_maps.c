/*
 * test_inner_maps.c -- maps of gather and swallowed layers: what asking for them never changes, what they add up to, and what
 * they cost. Their numbers are those of the goldens inner_maps and inner_ways.
 */
#include <math.h>
#include <stdlib.h>

#include "fixture.h"
#include "netfile.h"

static const char *const networks[] = { "inner_maps", "inner_ways", "densenet_small", "two_outputs" };
#define NETWORKS (int)(sizeof networks / sizeof networks[0])
#define MOST 64 /* layers */

/* A golden network and all its inner layers, which are kept. */
typedef struct inner {
    netfile *file;
    srd_graph *graph;
    srd_keep keeps[MOST];
    srd_layer layers[MOST];
    int32_t count;
} inner;

static void inner_begin(inner *n, const char *name)
{
    char why[200];

    n->file = netfile_load(SRD_GOLDEN_DIR, name, why, sizeof why);
    ck_assert_msg(n->file != NULL, "%s", why);
    n->graph = netfile_graph(n->file, SRD_WEIGHTS_COPY, NULL);
    ck_assert_ptr_nonnull(n->graph);
    n->count = 0;
    for (srd_layer i = 0; i < srd_graph_layer_count(n->graph); ++i) {
        srd_layer_info info = SRD_LAYER_INFO_INIT;

        check_ok(srd_graph_layer_info(n->graph, i, &info, testing_reason()));
        if (!info.is_swallowed && (info.role != SRD_ROLE_GATHER || !info.is_live)) continue;
        ck_assert_int_lt(n->count, MOST);
        n->layers[n->count] = n->keeps[n->count].layer = i;
        n->keeps[n->count++].what = SRD_KEEP_MAP;
    }
}

static void inner_end(inner *n)
{
    srd_graph_free(n->graph);
    netfile_free(n->file);
}

/* Tasks in reverse, by alternating workers. */
static void backwards(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user;
    for (int32_t i = count - 1; i >= 0; --i) task(context, i, i % workers);
}

static srd_explainer *make(const inner *n, int32_t keep_count, int32_t batch, int32_t workers)
{
    srd_explainer_options o = testnet_options();

    o.keeps = keep_count > 0 ? n->keeps : NULL;
    o.keep_count = keep_count;
    o.batch = batch;
    o.workers = workers;
    o.parallel_for = workers > 1 ? backwards : NULL;
    return testnet_explainer(n->graph, &o);
}

/* Runs the pictures of cases first, first + 1, ... */
static void run(const inner *n, srd_explainer *explainer, int32_t batch, size_t first)
{
    const int64_t shape[4] = { batch, n->file->channels, n->file->height, n->file->width };
    const size_t size = (size_t)(shape[1] * shape[2] * shape[3]);
    float *const numbers = calloc((size_t)batch * size, sizeof *numbers);
    srd_tensor *picture;

    for (int32_t i = 0; i < batch; ++i) {
        memcpy(numbers + (size_t)i * size, n->file->cases[(first + (size_t)i) % n->file->case_count].input,
               size * sizeof *numbers);
    }
    picture = testing_const_view(4, shape, numbers);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&picture, 1, NULL, testing_reason()));
    srd_tensor_free(picture);
    free(numbers);
}

typedef struct maps {
    srd_tensor *tensors[MOST];
    float *numbers[MOST];
    size_t sizes[MOST]; /* of one image */
    int32_t count;
} maps;

static void maps_begin(maps *m, srd_explainer *explainer, const srd_layer *layers, int32_t count, int32_t batch)
{
    m->count = count;
    for (int32_t i = 0; i < count; ++i) {
        int32_t chw[3];
        int64_t shape[3];

        check_ok(srd_explainer_layer_shape(explainer, layers[i], chw, testing_reason()));
        shape[0] = batch, shape[1] = chw[1], shape[2] = chw[2];
        m->sizes[i] = (size_t)chw[1] * (size_t)chw[2];
        m->numbers[i] = calloc((size_t)batch * m->sizes[i], sizeof(float));
        ck_assert_ptr_nonnull(m->numbers[i]);
        m->tensors[i] = testing_view(3, shape, m->numbers[i]);
    }
}

static void maps_end(maps *m)
{
    for (int32_t i = 0; i < m->count; ++i) {
        srd_tensor_free(m->tensors[i]);
        free(m->numbers[i]);
    }
}

static void ask(srd_explainer *explainer, int32_t contrastive, const srd_layer *layers, maps *m)
{
    srd_score_options o = SRD_SCORE_OPTIONS_INIT;

    o.contrastive = contrastive;
    check_ok(srd_explainer_ask_class(explainer, 1, &o, layers, m->tensors, m->count, testing_reason()));
}

static double sum(const float *numbers, size_t count)
{
    double total = 0;

    for (size_t i = 0; i < count; ++i) total += (double)numbers[i];
    return total;
}

/* ---- what never changes ------------------------------------------------------------------------------------------------------ */

/* Inner layers below every first map: those that can be asked in any question about the first output. */
static int32_t askable(const inner *n, srd_explainer *explainer, srd_layer *layers)
{
    int32_t count = 0;

    for (int32_t i = 0; i < n->count; ++i) {
        maps m;

        maps_begin(&m, explainer, &n->layers[i], 1, 1);
        if (srd_explainer_ask_class(explainer, 1, NULL, &n->layers[i], m.tensors, 1, testing_reason()) == SRD_OK)
            layers[count++] = n->layers[i];
        maps_end(&m);
    }
    ck_assert_int_gt(count, 1);
    return count;
}

START_TEST(alone_or_together_with_any_workers_and_batch_the_same_bits)
{
    srd_layer layers[MOST];
    srd_explainer *one, *many;
    maps all, batch, alone;
    inner n;
    int32_t count;

    inner_begin(&n, networks[_i]);
    one = make(&n, n.count, 1, 1);
    many = make(&n, n.count, 3, 3);
    run(&n, one, 1, 0);
    run(&n, many, 3, 0);
    count = askable(&n, one, layers);
    maps_begin(&all, one, layers, count, 1);
    maps_begin(&batch, many, layers, count, 3);
    ask(many, 1, layers, &batch);
    for (size_t image = 0; image < 3; ++image) {
        run(&n, one, 1, image);
        ask(one, 1, layers, &all);
        for (int32_t i = 0; i < count; ++i) {
            maps_begin(&alone, one, &layers[i], 1, 1);
            ask(one, 1, &layers[i], &alone);
            ck_assert_mem_eq(alone.numbers[0], all.numbers[i], all.sizes[i] * sizeof(float));
            ck_assert_mem_eq(batch.numbers[i] + image * all.sizes[i], all.numbers[i], all.sizes[i] * sizeof(float));
            maps_end(&alone);
        }
    }
    maps_end(&all);
    maps_end(&batch);
    srd_explainer_free(one);
    srd_explainer_free(many);
    inner_end(&n);
}
END_TEST

static void check_same_report(srd_explainer *a, srd_explainer *b)
{
    srd_report x = SRD_REPORT_INIT, y = SRD_REPORT_INIT;

    check_ok(srd_explainer_report(a, &x, testing_reason()));
    check_ok(srd_explainer_report(b, &y, testing_reason()));
    ck_assert_mem_eq(&x, &y, sizeof x);
}

START_TEST(they_change_no_other_map)
{
    srd_layer layers[2 * MOST], sites[MOST];
    srd_explainer *plain, *kept;
    int32_t count, site_count = 0;
    maps want, got;
    inner n;

    inner_begin(&n, networks[_i]);
    plain = make(&n, 0, 1, 1);
    kept = make(&n, n.count, 1, 1);
    run(&n, plain, 1, 0);
    run(&n, kept, 1, 0);
    for (srd_layer i = 0; i < srd_graph_layer_count(n.graph); ++i) {
        maps m;

        if (!srd_graph_is_site(n.graph, i)) continue;
        maps_begin(&m, plain, &i, 1, 1);
        if (srd_explainer_ask_class(plain, 1, NULL, &i, m.tensors, 1, testing_reason()) == SRD_OK) sites[site_count++] = i;
        maps_end(&m);
    }
    count = askable(&n, kept, layers);
    memcpy(layers + count, sites, (size_t)site_count * sizeof *sites);
    ck_assert_int_le(count + site_count, MOST);
    maps_begin(&want, plain, sites, site_count, 1);
    maps_begin(&got, kept, layers, count + site_count, 1);
    for (int contrastive = 0; contrastive < 2; ++contrastive) {
        ask(plain, contrastive, sites, &want);
        ask(kept, contrastive, layers, &got);
        check_same_report(plain, kept);
        for (int32_t i = 0; i < site_count; ++i) {
            ck_assert_mem_eq(want.numbers[i], got.numbers[count + i], want.sizes[i] * sizeof(float));
        }
    }
    maps_end(&want);
    maps_end(&got);
    srd_explainer_free(plain);
    srd_explainer_free(kept);
    inner_end(&n);
}
END_TEST

/* ---- conservation ------------------------------------------------------------------------------------------------------------ */

static double flow_at(srd_explainer *explainer, srd_graph *graph, const char *name)
{
    srd_site_report report = SRD_SITE_REPORT_INIT;

    check_ok(srd_explainer_site_report(explainer, srd_graph_find(graph, name), &report, testing_reason()));
    return report.relevance_in;
}

/* Where all paths into a site go through an inner layer, its map adds up to the relevance of the site. */
START_TEST(what_flows_through_is_all_that_flows)
{
    static const struct {
        const char *network, *layer, *site;
    } pairs[] = { { "inner_maps", "conv", "relu1" },      { "inner_maps", "norm", "relu1" },
                  { "inner_maps", "sum", "relu2" },       { "inner_maps", "adaptive_avg_pool2d1", "relu3" },
                  { "inner_maps", "padded", "relu3" },    { "inner_maps", "max_pool3", "relu3" },
                  { "inner_maps", "last_conv", "relu3" }, { "inner_maps", "flat", "relu4" },
                  { "inner_maps", "max_pool4", "relu4" }, { "inner_ways", "deep", "three" },
                  { "inner_ways", "thrice", "five" },     { "inner_ways", "sum", "four" },
                  { "inner_ways", "vector", "logits" } };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
        srd_report report = SRD_REPORT_INIT;
        srd_explainer *explainer;
        double through, want;
        srd_layer layer;
        inner n;
        maps m;

        inner_begin(&n, pairs[i].network);
        explainer = make(&n, n.count, 1, 1);
        run(&n, explainer, 1, 1);
        layer = srd_graph_find(n.graph, pairs[i].layer);
        maps_begin(&m, explainer, &layer, 1, 1);
        check_ok(srd_explainer_ask_erf(explainer, srd_graph_find(n.graph, "logits"), 0, 0, NULL, &layer, m.tensors, 1,
                                       testing_reason()));
        check_ok(srd_explainer_report(explainer, &report, testing_reason()));
        through = sum(m.numbers[0], m.sizes[0]);
        want = flow_at(explainer, n.graph, pairs[i].site);
        ck_assert_msg(fabs(through - want) <= 1e-5 * report.magnitude, "%s: %.9g, not %.9g", pairs[i].layer, through, want);
        ck_assert_msg(fabs(want) > 1e-3, "%s: nothing flows", pairs[i].layer);
        maps_end(&m);
        srd_explainer_free(explainer);
        inner_end(&n);
    }
}
END_TEST

/* In the head, what goes through the pool is the whole first map. */
START_TEST(the_head_goes_through_its_pool)
{
    const int64_t shape[2] = { 1, 1 };
    srd_explainer_options o = testnet_options();
    srd_keep keeps[2] = { { 0, SRD_KEEP_MAP }, { 0, SRD_KEEP_MAP } };
    srd_report report = SRD_REPORT_INIT;
    float numbers[2] = { 0, 0 };
    srd_tensor *map[2];
    srd_layer layers[2];
    fixture f;

    fixture_begin(&f, NULL, 0);
    srd_explainer_free(f.explainer);
    keeps[0].layer = layers[0] = f.gap;
    keeps[1].layer = layers[1] = srd_graph_find(f.graph, "fc");
    o.keeps = keeps;
    o.keep_count = 2;
    f.explainer = testnet_explainer(f.graph, &o);
    check_ok(testnet_run(f.explainer, 1));
    for (int i = 0; i < 2; ++i) map[i] = testing_view(2, shape, &numbers[i]);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, layers, map, 2, testing_reason()));
    check_ok(srd_explainer_report(f.explainer, &report, testing_reason()));
    ck_assert_double_eq_tol((double)numbers[0], report.top, 1e-5 * report.magnitude);
    ck_assert_double_eq_tol((double)numbers[1], report.top, 1e-5 * report.magnitude);
    ck_assert_double_gt(fabs(report.top), 1e-3);
    for (int i = 0; i < 2; ++i) srd_tensor_free(map[i]);
    fixture_end(&f);
}
END_TEST

/* A fully connected layer flattens what it reads: with or without a flatten, the pool under it has the same map. */
START_TEST(a_flatten_that_is_not_written)
{
    static const float weights[3 * 12] = { 1, -2, 3, 0.5f, 2, -1, 1, 1, -3, 2, 0.25f, 1, 2, 2, -1, 1, 0, 3,
                                           1, 1,  2, -1,   4, 1,  0, 2, 1,  1, -2,    1, 3, 1, 1,  2, 1, 1 };
    static const float picture[2 * 4 * 3] = { 1, 2, -3, 4, 2, 1, 3, 3, -1, 2, 5, 1, 2, 1, 1, -4, 2, 3, 1, -2, 3, 1, 2, 2 };
    const int64_t weight_shape[2] = { 3, 12 }, picture_shape[3] = { 2, 4, 3 }, map_shape[2] = { 3, 2 };
    float numbers[2][6];

    for (int flat = 0; flat < 2; ++flat) {
        srd_tensor *const weight = testing_const_view(2, weight_shape, weights);
        srd_tensor *const input = testing_const_view(3, picture_shape, picture);
        srd_tensor *const map = testing_view(2, map_shape, numbers[flat]);
        srd_pool2d_options window = SRD_POOL2D_OPTIONS_INIT;
        srd_explainer_options o = testnet_options();
        srd_keep keep = { 0, SRD_KEEP_MAP };
        const srd_tensor *in = input;
        srd_graph *graph = NULL;
        srd_explainer *explainer;
        srd_layer layer, pool;

        window.kernel_h = window.kernel_w = 2;
        window.stride_h = window.stride_w = 1;
        check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
        layer = srd_graph_input(graph, "x", 2, 4, 3);
        pool = layer = srd_graph_max_pool2d(graph, "pool", layer, &window);
        if (flat) layer = srd_graph_flatten(graph, "flat", layer);
        (void)srd_graph_output(graph, srd_graph_linear(graph, "fc", layer, weight, NULL, NULL), testing_reason());
        check_ok(srd_graph_seal(graph, NULL));
        keep.layer = pool;
        o.keeps = &keep;
        o.keep_count = 1;
        explainer = testnet_explainer(graph, &o);
        check_ok(srd_explainer_run(explainer, &in, 1, NULL, testing_reason()));
        check_ok(srd_explainer_ask_class(explainer, 2, NULL, &pool, &map, 1, testing_reason()));
        srd_explainer_free(explainer);
        srd_graph_free(graph);
        srd_tensor_free(weight);
        srd_tensor_free(input);
        srd_tensor_free(map);
    }
    ck_assert_mem_eq(numbers[0], numbers[1], sizeof numbers[0]);
    for (int q = 0; q < 6; ++q) { /* without a bias: w times the maximum of the window, for each channel */
        float want = 0;

        for (int c = 0; c < 2; ++c) {
            const float *const at = picture + c * 12 + q / 2 * 3 + q % 2;

            want += weights[24 + c * 6 + q] * fmaxf(fmaxf(at[0], at[1]), fmaxf(at[3], at[4]));
        }
        ck_assert_float_eq_tol(numbers[0][q], want, 1e-5f);
    }
}
END_TEST

/* A vector of several, which another flatten leaves as it is: all of the score goes through the concat, and through each of its parts
 * what the weights give to it. */
START_TEST(a_flatten_that_changes_nothing)
{
    static const float weights[10] = { 1, -2, 3, 0.5f, 2, -1, 1, 2, -3, 4 };
    static const float picture[8] = { 1, 2, -3, 4, 2, 1, 3, -1 };
    static const float want[2] = { 1 - 4 - 9 + 2 + 4 - 1 + 3 - 2, -3 * 4 + 4 * 3 };
    static const char *const names[3] = { "all", "peaks", "both" };
    const int64_t weight_shape[2] = { 1, 10 }, picture_shape[3] = { 2, 2, 2 }, map_shape[2] = { 1, 1 };

    for (int flat = 0; flat < 2; ++flat) {
        srd_tensor *const weight = testing_const_view(2, weight_shape, weights);
        srd_tensor *const input = testing_const_view(3, picture_shape, picture);
        srd_pool2d_options window = SRD_POOL2D_OPTIONS_INIT;
        srd_explainer_options o = testnet_options();
        srd_keep keeps[3] = { { 0, SRD_KEEP_MAP }, { 0, SRD_KEEP_MAP }, { 0, SRD_KEEP_MAP } };
        float numbers[3] = { 0 };
        const srd_tensor *in = input;
        srd_graph *graph = NULL;
        srd_explainer *explainer;
        srd_layer layer, parts[2];

        window.kernel_h = window.kernel_w = 2;
        check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
        layer = srd_graph_input(graph, "x", 2, 2, 2);
        parts[0] = srd_graph_flatten(graph, "all", layer);
        parts[1] = srd_graph_flatten(graph, "peaks", srd_graph_max_pool2d(graph, "pool", layer, &window));
        layer = srd_graph_concat(graph, "both", parts, 2);
        if (flat) layer = srd_graph_flatten(graph, "flat", layer);
        (void)srd_graph_output(graph, srd_graph_linear(graph, "fc", layer, weight, NULL, NULL), testing_reason());
        check_ok(srd_graph_seal(graph, NULL));
        for (int i = 0; i < 3; ++i) keeps[i].layer = srd_graph_find(graph, names[i]);
        o.keeps = keeps;
        o.keep_count = 3;
        explainer = testnet_explainer(graph, &o);
        check_ok(srd_explainer_run(explainer, &in, 1, NULL, testing_reason()));
        for (int i = 0; i < 3; ++i) {
            srd_tensor *map = testing_view(2, map_shape, &numbers[i]);

            check_ok(srd_explainer_ask_class(explainer, 0, NULL, &keeps[i].layer, &map, 1, testing_reason()));
            srd_tensor_free(map);
        }
        for (int i = 0; i < 2; ++i) ck_assert_float_eq_tol(numbers[i], want[i], 1e-5f);
        ck_assert_float_eq_tol(numbers[2], want[0] + want[1], 1e-5f);
        srd_explainer_free(explainer);
        srd_graph_free(graph);
        srd_tensor_free(weight);
        srd_tensor_free(input);
    }
}
END_TEST

/* ---- what it costs ------------------------------------------------------------------------------------------------------------ */

static int64_t kept_with(const inner *n, const char *name, int64_t *at_layer)
{
    srd_explainer_options o = testnet_options();
    srd_memory_info memory = SRD_MEMORY_INFO_INIT;
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_explainer *explainer;
    srd_keep keep = { 0, SRD_KEEP_MAP };
    size_t size = 0;

    keep.layer = name != NULL ? srd_graph_find(n->graph, name) : 0;
    o.keeps = &keep;
    o.keep_count = 1;
    check_ok(srd_explainer_memory_size(n->graph, &o, NULL, &size, NULL));
    explainer = testnet_explainer(n->graph, &o);
    ck_assert_uint_eq(srd_explainer_memory_used(explainer), size);
    check_ok(srd_explainer_memory_info(explainer, &memory, testing_reason()));
    check_ok(srd_explainer_plan_info(explainer, keep.layer, &plan, testing_reason()));
    *at_layer = plan.kept_bytes;
    srd_explainer_free(explainer);
    return memory.kept;
}

START_TEST(only_ways_that_divide_paths_are_stored)
{
    static const char *const simple[] = { "conv", "left", "sum", "avg_pool1", "max_pool3", "chain", "flat" };
    int64_t none, at = 0;
    inner n;

    inner_begin(&n, "inner_maps");
    none = kept_with(&n, NULL, &at);
    for (size_t i = 0; i < sizeof simple / sizeof *simple; ++i) {
        ck_assert_msg(kept_with(&n, simple[i], &at) == none && at == 0, "%s keeps %d bytes", simple[i], (int)at);
    }
    ck_assert_int_gt(kept_with(&n, "max_pool1", &at), none);
    ck_assert_int_eq(kept_with(&n, "max_pool1", &at), none + at);
    inner_end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { alone_or_together_with_any_workers_and_batch_the_same_bits, 0, NETWORKS },
        { they_change_no_other_map, 0, NETWORKS },
        { what_flows_through_is_all_that_flows, 0, 0 },
        { the_head_goes_through_its_pool, 0, 0 },
        { a_flatten_that_is_not_written, 0, 0 },
        { a_flatten_that_changes_nothing, 0, 0 },
        { only_ways_that_divide_paths_are_stored, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("inner_maps", list);
}
