/*
 * test_golden.c -- compares the library with the golden files: every network NAME.net in a directory, every case in it.
 *
 * The directory is SRD_GOLDEN_DIR of the environment, or else of the compile definition. What is compared: the values and
 * maps that the reference implementation computed in float64, and the balances that the library itself reports.
 */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SRD_TESTED_FAST_CASES
#define SRD_TESTED_FAST_CASES SRD_FAST_CASES_ALL /* golden_general: SRD_FAST_CASES_NONE */
#endif

#include "netfile.h"

#ifndef SRD_GOLDEN_DIR
#define SRD_GOLDEN_DIR "."
#endif

#define VALUE_TOLERANCE 5e-6    /* of the largest |value| expected */
#define MAP_TOLERANCE 2e-5      /* of the largest |relevance| expected */
#define SPLIT_TOLERANCE 3.06e-5 /* more for SRD_KERNELS_AMX: 2^-15, see docs/numerics.md */
#define BALANCE_TOLERANCE 1e-5
#define RATIO_TOLERANCE 1e-5
#define MOST_MAPS 128 /* layers in one question */
#define MOST_NETWORKS 256
#define TIMEOUT_SECONDS 120 /* per network; real networks under a sanitizer are slow */

static char *networks[MOST_NETWORKS];
static int network_count;
static double value_error, map_error; /* the worst of this network, of the largest number expected */

/* One network with one run of one case. */
typedef struct fixture {
    netfile *file;
    const netfile_case *now;
    srd_graph *graph;
    srd_explainer *explainer;
} fixture;

static const char *directory(void)
{
    const char *given = getenv("SRD_GOLDEN_DIR");
    return given != NULL && *given != '\0' ? given : SRD_GOLDEN_DIR;
}

/* Where we are, for messages: "vgg_small, case plain, line 40: relevance at relu1". The text is overwritten next time. */
static const char *place(const fixture *f, const netfile_expect *e)
{
    static const char *const kinds[] = { "value", "relevance",  "contrastive", "gradcam", "erf",
                                         "seed",  "output_erf", "apop",        "total" };
    static char text[400];
    if (e == NULL) {
        snprintf(text, sizeof text, "%s, case %s", f->file->name, f->now != NULL ? f->now->name : "(none)");
    } else if (e->kind == NETFILE_VALUE || e->kind == NETFILE_APOP) {
        snprintf(text, sizeof text, "%s, case %s, line %d: %s of %s", f->file->name, f->now->name, e->line, kinds[e->kind],
                 e->layer);
    } else if (e->kind == NETFILE_ERF || e->kind == NETFILE_SEED || e->kind == NETFILE_OUTPUT_ERF) {
        snprintf(text, sizeof text, "%s, case %s, line %d: %s of %s%s (%d, %d) at %s", f->file->name, f->now->name, e->line,
                 kinds[e->kind], e->site, e->output, (int)e->row, (int)e->column, e->layer);
    } else {
        snprintf(text, sizeof text, "%s, case %s, line %d: %s of target %s, class %d, at %s", f->file->name, f->now->name,
                 e->line, kinds[e->kind], e->targets, (int)e->class_index, e->layer);
    }
    return text;
}

/* What calls of an explainer fill when they fail. */
static srd_detail reason = SRD_DETAIL_INIT;

static void check_status(const fixture *f, const netfile_expect *e, srd_status status)
{
    if (status == SRD_OK) return;
    ck_abort_msg("%s: %s: %s (layer %s)", place(f, e), srd_status_name(status), reason.text, reason.layer_name);
}

static srd_layer find(const fixture *f, const netfile_expect *e, const char *name)
{
    srd_layer layer = srd_graph_find(f->graph, name);
    ck_assert_msg(layer != SRD_LAYER_NONE, "%s: no layer named %s", place(f, e), name);
    return layer;
}

static double largest_of(const float *numbers, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs((double)numbers[i]));
    return largest;
}

/* Compares numbers in rows of the given width; the tolerance is relative to the largest number expected. A map that is
 * expected to be all zeros may hold rounding errors of the question's other numbers. */
static void compare(const fixture *f, const netfile_expect *e, const float *got, size_t width, double tolerance, double other)
{
    double *const error = e->kind == NETFILE_VALUE ? &value_error : &map_error;
    double largest = largest_of(e->values, e->count), worst = -1;
    size_t at = 0;
    if (srd_explainer_kernels(f->explainer) == SRD_KERNELS_AMX) tolerance += SPLIT_TOLERANCE;
    for (size_t i = 0; i < e->count; i++) {
        double difference = fabs((double)got[i] - (double)e->values[i]);
        if (!(difference <= worst)) {
            worst = difference;
            at = i;
        }
        if (isnan(difference)) break;
    }
    ck_assert_msg(worst <= tolerance * largest + 1e-7 * other,
                  "%s: off by %.3g of the largest expected (%.6g): %.9g instead of %.9g at (%d, %d)", place(f, e),
                  worst / (largest > 0 ? largest : 1), largest, (double)got[at], (double)e->values[at], (int)(at / width),
                  (int)(at % width));
    if (largest > 0) *error = fmax(*error, worst / largest);
}

/* A contiguous view of numbers that the library writes: [H][W], or [C][H][W] for the channels of an input. */
static srd_tensor *map_of(const fixture *f, const netfile_expect *e, float *numbers)
{
    int64_t shape[3];
    srd_tensor *tensor = NULL;
    int32_t many = e->channels > 0;
    shape[0] = e->channels;
    shape[many] = e->height;
    shape[many + 1] = e->width;
    check_status(f, e, srd_tensor_view(SRD_FLOAT32, 2 + many, shape, NULL, numbers, NULL, &tensor, NULL));
    return tensor;
}

/* A view of numbers that the library reads. */
static srd_tensor *given(const fixture *f, const netfile_expect *e, const float *numbers, int32_t rank, int32_t channels,
                         int32_t height, int32_t width)
{
    int64_t shape[3];
    srd_tensor *tensor = NULL;
    shape[0] = channels;
    shape[rank - 2] = height;
    shape[rank - 1] = width;
    check_status(f, e, srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL));
    return tensor;
}

static void check_balance(const fixture *f, const netfile_expect *e, srd_report *report)
{
    double scale, head, below;
    memset(report, 0, sizeof *report);
    report->struct_size = (uint32_t)sizeof *report;
    check_status(f, e, srd_explainer_report(f->explainer, report, &reason));
    scale = fmax(fmax(report->magnitude, fabs(report->score)), 1e-30);
    head = fabs(report->top + report->head_bias + report->subtracted - report->score);
    below = fabs(report->at_inputs + report->at_constants + report->unreached - report->top);
    ck_assert_msg(report->largest_ratio_error <= RATIO_TOLERANCE, "%s: ratios miss 1 by %.3g of their sizes", place(f, e),
                  report->largest_ratio_error);
    ck_assert_msg(below <= BALANCE_TOLERANCE * scale, "%s: inputs %.9g and unreached %.9g are not the top %.9g", place(f, e),
                  report->at_inputs, report->unreached, report->top);
    if (e->kind != NETFILE_GRADCAM) {
        ck_assert_msg(head <= BALANCE_TOLERANCE * scale, "%s: top %.9g and constants %.9g are not the score %.9g", place(f, e),
                      report->top, report->head_bias, report->score);
    }
}

static void check_value(const fixture *f, const netfile_expect *e)
{
    srd_layer layer = find(f, e, e->layer);
    int32_t chw[3] = { 0 };
    int64_t shape[3];
    float *numbers = calloc(e->count, sizeof *numbers);
    srd_tensor *value = NULL;
    ck_assert_ptr_nonnull(numbers);
    check_status(f, e, srd_explainer_layer_shape(f->explainer, layer, chw, &reason));
    for (int i = 0; i < 3; i++) shape[i] = chw[i];
    ck_assert_msg(shape[0] * shape[1] * shape[2] == (int64_t)e->count, "%s: has the shape (%d, %d, %d), not %d numbers",
                  place(f, e), (int)chw[0], (int)chw[1], (int)chw[2], (int)e->count);
    check_status(f, e, srd_tensor_view(SRD_FLOAT32, 3, shape, NULL, numbers, NULL, &value, NULL));
    check_status(f, e, srd_explainer_value(f->explainer, layer, value, &reason));
    srd_tensor_free(value);
    compare(f, e, numbers, (size_t)shape[2], VALUE_TOLERANCE, 0);
    free(numbers);
}

static int same_question(const netfile_expect *a, const netfile_expect *b)
{
    return a->kind == b->kind && a->class_index == b->class_index && a->row == b->row && a->column == b->column &&
           strcmp(a->site, b->site) == 0 && strcmp(a->targets, b->targets) == 0 && strcmp(a->output, b->output) == 0 &&
           a->contrastive == b->contrastive && a->clamp == b->clamp && a->seed == b->seed;
}

/* A question about a score, by either head. One class of the first output goes the short way. */
static void ask_score(const fixture *f, const netfile_expect *e, const srd_layer *layers, srd_tensor *const *maps,
                      int32_t count)
{
    srd_question_options options = SRD_QUESTION_OPTIONS_INIT;
    srd_score_options score = SRD_SCORE_OPTIONS_INIT;
    srd_gradcam_options gradcam = SRD_GRADCAM_OPTIONS_INIT;
    netfile_targets t;
    srd_status status;
    options.contrastive = score.contrastive = gradcam.contrastive = e->contrastive;
    gradcam.keep_sign = !e->clamp;
    ck_assert_msg(netfile_find_targets(f->file, f->graph, e, &t), "%s: no such target", place(f, e));
    if (e->kind == NETFILE_GRADCAM) {
        srd_layer site = *e->site != '\0' ? find(f, e, e->site) : SRD_LAYER_NONE;
        status = srd_explainer_ask_gradcam(f->explainer, t.targets, t.count, site, &gradcam, layers, maps, count, &reason);
    } else if (*e->targets != '\0') {
        status = srd_explainer_ask(f->explainer, t.targets, t.count, &options, layers, maps, count, &reason);
    } else {
        status = srd_explainer_ask_class(f->explainer, e->class_index, &score, layers, maps, count, &reason);
    }
    netfile_free_targets(&t);
    check_status(f, e, status);
}

/* A seed map, or 1 / N at every position of an output. */
static void ask_seed(const fixture *f, const netfile_expect *e, const srd_question_options *options, const srd_layer *layers,
                     srd_tensor *const *maps, int32_t count)
{
    srd_layer start = find(f, e, e->seed != NULL ? e->site : e->output);
    int32_t chw[3] = { 0 };
    size_t positions;
    float *even;
    srd_tensor *seed;
    check_status(f, e, srd_explainer_layer_shape(f->explainer, start, chw, &reason));
    positions = (size_t)chw[1] * (size_t)chw[2];
    even = malloc(positions * sizeof *even);
    ck_assert_ptr_nonnull(even);
    for (size_t i = 0; i < positions; i++) even[i] = 1 / (float)positions;
    seed = given(f, e, e->seed != NULL ? e->seed : even, 2, 0, chw[1], chw[2]);
    check_status(f, e, srd_explainer_ask_seed(f->explainer, start, seed, options, layers, maps, count, &reason));
    srd_tensor_free(seed);
    free(even);
}

static void ask(const fixture *f, const netfile_expect *e, const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    srd_question_options options = SRD_QUESTION_OPTIONS_INIT;
    options.contrastive = e->contrastive;
    if (e->kind == NETFILE_ERF) {
        srd_layer start = find(f, e, e->site);
        check_status(f, e,
                     srd_explainer_ask_erf(f->explainer, start, e->row, e->column, &options, layers, maps, count, &reason));
    } else if (e->kind == NETFILE_SEED || e->kind == NETFILE_OUTPUT_ERF) {
        ask_seed(f, e, &options, layers, maps, count);
    } else {
        ask_score(f, e, layers, maps, count);
    }
}

static void check_total(const fixture *f, const netfile_expect *e)
{
    srd_report report;
    double scale;
    ask(f, e, NULL, NULL, 0);
    check_balance(f, e, &report);
    scale = BALANCE_TOLERANCE * fmax(report.magnitude, fabs(e->score));
    ck_assert_msg(fabs(report.score - e->score) <= scale, "%s: score %.9g instead of %.9g", place(f, e), report.score,
                  e->score);
    ck_assert_msg(fabs(report.head_bias - e->constants) <= scale, "%s: constants %.9g instead of %.9g", place(f, e),
                  report.head_bias, e->constants);
    ck_assert_msg(fabs(report.unreached - e->unreached) <= scale, "%s: unreached %.9g instead of %.9g", place(f, e),
                  report.unreached, e->unreached);
    ck_assert_msg(fabs(report.at_constants - e->at_constants) <= scale, "%s: at constants %.9g instead of %.9g", place(f, e),
                  report.at_constants, e->at_constants);
}

/* Asks once for all maps of a question; returns how many expectations it answers. */
static size_t check_maps(const fixture *f, const netfile_expect *e, size_t left)
{
    srd_layer layers[MOST_MAPS];
    srd_tensor *maps[MOST_MAPS];
    float *numbers[MOST_MAPS];
    srd_report report;
    size_t count = 0;
    while (count < left && count < MOST_MAPS && same_question(e, e + count)) {
        layers[count] = find(f, e + count, e[count].layer);
        numbers[count] = malloc(e[count].count * sizeof(float));
        ck_assert_ptr_nonnull(numbers[count]);
        /* NaN would show a position that was never written. */
        for (size_t i = 0; i < e[count].count; i++) numbers[count][i] = NAN;
        maps[count] = map_of(f, e + count, numbers[count]);
        count++;
    }
    ask(f, e, layers, maps, (int32_t)count);
    check_balance(f, e, &report);
    for (size_t i = 0; i < count; i++) {
        compare(f, e + i, numbers[i], (size_t)e[i].width, MAP_TOLERANCE, report.magnitude);
        srd_tensor_free(maps[i]);
        free(numbers[i]);
    }
    return count;
}

static int32_t keep(srd_keep *keeps, int32_t count, srd_layer layer, int32_t what)
{
    for (int32_t i = 0; i < count; i++) {
        if (keeps[i].layer == layer && keeps[i].what == what) return count;
    }
    ck_assert_msg(count < MOST_MAPS, "too many things to keep");
    keeps[count].layer = layer;
    keeps[count].what = what;
    return count + 1;
}

/* What questions of a case need beyond the usual must be named beforehand: values of layers that are no outputs, sites of
 * Grad-CAM, inputs whose maps are asked per channel. */
static int32_t things_to_keep(const fixture *f, srd_keep *keeps)
{
    int32_t count = 0;
    for (size_t i = 0; i < f->now->expect_count; i++) {
        const netfile_expect *e = f->now->expects + i;
        if (e->kind == NETFILE_VALUE) {
            srd_layer layer = find(f, e, e->layer);
            int is_output = 0;
            for (int32_t o = 0; o < srd_graph_output_count(f->graph); o++) {
                is_output |= layer == srd_graph_output_layer(f->graph, o);
            }
            if (!is_output) count = keep(keeps, count, layer, SRD_KEEP_VALUE);
        } else if (e->kind == NETFILE_GRADCAM) {
            count = keep(keeps, count, *e->site != '\0' ? find(f, e, e->site) : SRD_LAYER_NONE, SRD_KEEP_GRADCAM);
        }
        if (e->channels > 0) count = keep(keeps, count, find(f, e, e->layer), SRD_KEEP_CHANNELS);
        if (e->kind != NETFILE_VALUE && e->kind != NETFILE_APOP && e->kind != NETFILE_TOTAL) {
            srd_layer end = find(f, e, e->layer);
            if (!srd_graph_is_site(f->graph, end)) count = keep(keeps, count, end, SRD_KEEP_MAP);
        }
        if (e->kind == NETFILE_ERF || e->kind == NETFILE_SEED) {
            srd_layer begin = find(f, e, e->site);
            if (!srd_graph_is_site(f->graph, begin)) count = keep(keeps, count, begin, SRD_KEEP_START);
        }
    }
    return count;
}

static void run(const fixture *f, const netfile_expect *e, const netfile_case *pictures, const srd_run_options *options)
{
    const srd_tensor *inputs[NETFILE_INPUTS];
    srd_tensor *own[NETFILE_INPUTS];
    srd_status status;
    for (int32_t i = 0; i < f->file->input_count; i++) {
        const netfile_input *shape = f->file->inputs + i;
        inputs[i] = own[i] = given(f, e, pictures->inputs[i], 3, shape->channels, shape->height, shape->width);
    }
    status = srd_explainer_run(f->explainer, inputs, f->file->input_count, options, &reason);
    for (int32_t i = 0; i < f->file->input_count; i++) srd_tensor_free(own[i]);
    check_status(f, e, status);
}

static void make_explainer(fixture *f, int32_t mode, const srd_keep *keeps, int32_t count)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    options.mode = mode;
    options.keep_count = count;
    options.keeps = count > 0 ? keeps : NULL;
    options.fast_cases = SRD_TESTED_FAST_CASES;
    f->explainer = NULL;
    ck_assert_msg(srd_explainer_create(f->graph, &options, NULL, &f->explainer, &detail) == SRD_OK, "%s: %s (layer %s)",
                  place(f, NULL), detail.text, detail.layer_name);
}

/* Activation patterns: an explainer of its own, so that the other questions keep their run. */
static void check_patterns(const fixture *outer, const netfile_expect *e)
{
    const srd_keep patterns = { SRD_LAYER_NONE, SRD_KEEP_PATTERN };
    srd_run_options options = SRD_RUN_OPTIONS_INIT;
    srd_layer chosen[MOST_MAPS];
    fixture f = *outer;
    char name[256];
    make_explainer(&f, SRD_MODE_FORWARD, &patterns, 1);
    while (options.pattern_count < MOST_MAPS && strcmp(e->chosen, "all") != 0 &&
           netfile_listed(e->chosen, options.pattern_count, name, sizeof name)) {
        chosen[options.pattern_count++] = find(&f, e, name);
    }
    options.pattern_layers = options.pattern_count > 0 ? chosen : NULL;
    options.patterns = *e->from != '\0' ? SRD_PATTERNS_IMPOSE : SRD_PATTERNS_ONLY;
    for (size_t c = 0; c < f.file->case_count; c++) {
        if (strcmp(f.file->cases[c].name, e->from) == 0) run(&f, e, f.file->cases + c, NULL);
    }
    run(&f, e, f.now, &options);
    check_value(&f, e);
    srd_explainer_free(f.explainer);
}

static void start(fixture *f)
{
    srd_keep keeps[MOST_MAPS];
    make_explainer(f, SRD_MODE_EXPLAIN, keeps, things_to_keep(f, keeps));
    run(f, NULL, f->now, NULL);
}

static void check_case(fixture *f)
{
    size_t i = 0;
    start(f);
    while (i < f->now->expect_count) {
        const netfile_expect *e = f->now->expects + i;
        if (e->kind == NETFILE_VALUE) {
            check_value(f, e);
            i++;
        } else if (e->kind == NETFILE_APOP) {
            check_patterns(f, e);
            i++;
        } else if (e->kind == NETFILE_TOTAL) {
            check_total(f, e);
            i++;
        } else {
            i += check_maps(f, e, f->now->expect_count - i);
        }
    }
    srd_explainer_free(f->explainer);
    f->explainer = NULL;
}

static void check_network(const char *name, int32_t weight_policy)
{
    char why[200] = "";
    srd_detail detail = SRD_DETAIL_INIT;
    fixture f = { NULL, NULL, NULL, NULL };
    f.file = netfile_load(directory(), name, why, sizeof why);
    ck_assert_msg(f.file != NULL, "%s", why);
    ck_assert_msg(f.file->case_count > 0, "%s: no cases", name);
    f.graph = netfile_graph(f.file, weight_policy, &detail);
    ck_assert_msg(f.graph != NULL, "%s: %s: %s (layer %s)", name, srd_status_name(detail.status), detail.text,
                  detail.layer_name);
    for (size_t c = 0; c < f.file->case_count; c++) {
        f.now = f.file->cases + c;
        check_case(&f);
    }
    srd_graph_free(f.graph);
    netfile_free(f.file);
}

/* For the table of networks (tests/parity): a line per network in the file that SRD_GOLDEN_ERRORS names. */
static void write_errors(const char *name)
{
    const char *const path = getenv("SRD_GOLDEN_ERRORS");
    FILE *const to = path != NULL && *path != '\0' ? fopen(path, "a") : NULL;

    if (to == NULL) return;
    fprintf(to, "%s %.1e %.1e\n", name, value_error, map_error);
    ck_assert_int_eq(fclose(to), 0);
}

START_TEST(maps_and_values_are_those_of_the_reference)
{
    value_error = map_error = 0;
    check_network(networks[_i], SRD_WEIGHTS_COPY);
    write_errors(networks[_i]);
}
END_TEST

START_TEST(borrowed_weights_give_the_same)
{
    check_network(networks[_i], SRD_WEIGHTS_BORROW);
}
END_TEST

START_TEST(there_are_networks)
{
    ck_assert_msg(network_count > 0, "no .net files in %s", directory());
}
END_TEST

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_networks(void)
{
    DIR *d = opendir(directory());
    struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL && network_count < MOST_NETWORKS) {
        size_t length = strlen(entry->d_name);
        char *name;
        if (length < 5 || strcmp(entry->d_name + length - 4, ".net") != 0 || (name = malloc(length)) == NULL) continue;
        memcpy(name, entry->d_name, length - 4);
        name[length - 4] = '\0';
        networks[network_count++] = name;
    }
    if (d != NULL) closedir(d);
    if (network_count > 0) qsort(networks, (size_t)network_count, sizeof *networks, by_name);
}

int main(void)
{
    Suite *suite = suite_create("golden");
    TCase *maps = tcase_create("networks");
    SRunner *runner;
    int failed;
    list_networks();
    tcase_set_timeout(maps, TIMEOUT_SECONDS);
    tcase_add_test(maps, there_are_networks);
    tcase_add_loop_test(maps, maps_and_values_are_those_of_the_reference, 0, network_count);
    tcase_add_loop_test(maps, borrowed_weights_give_the_same, 0, network_count);
    suite_add_tcase(suite, maps);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    while (network_count > 0) free(networks[--network_count]);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
