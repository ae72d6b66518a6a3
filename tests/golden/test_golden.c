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

#include "netfile.h"

#ifndef SRD_GOLDEN_DIR
#define SRD_GOLDEN_DIR "."
#endif

#define VALUE_TOLERANCE 5e-6 /* of the largest |value| expected */
#define MAP_TOLERANCE 2e-5   /* of the largest |relevance| expected */
#define BALANCE_TOLERANCE 1e-5
#define RATIO_TOLERANCE 1e-5
#define MOST_MAPS 128 /* layers in one question */
#define MOST_NETWORKS 256
#define TIMEOUT_SECONDS 120 /* per network; real networks under a sanitizer are slow */

static char *networks[MOST_NETWORKS];
static int network_count;

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
    static const char *const kinds[] = { "value", "relevance", "contrastive", "erf", "total" };
    static char text[400];
    if (e == NULL) {
        snprintf(text, sizeof text, "%s, case %s", f->file->name, f->now != NULL ? f->now->name : "(none)");
    } else if (e->kind == NETFILE_VALUE) {
        snprintf(text, sizeof text, "%s, case %s, line %d: value of %s", f->file->name, f->now->name, e->line, e->layer);
    } else if (e->kind == NETFILE_ERF) {
        snprintf(text, sizeof text, "%s, case %s, line %d: erf of %s (%d, %d) at %s", f->file->name, f->now->name, e->line,
                 e->site, (int)e->row, (int)e->column, e->layer);
    } else {
        snprintf(text, sizeof text, "%s, case %s, line %d: %s of class %d at %s", f->file->name, f->now->name, e->line,
                 kinds[e->kind], (int)e->class_index, e->layer);
    }
    return text;
}

static void check_status(const fixture *f, const netfile_expect *e, srd_status status)
{
    srd_detail detail = SRD_DETAIL_INIT;
    if (status == SRD_OK) return;
    if (f->explainer != NULL) (void)srd_explainer_detail(f->explainer, &detail);
    ck_abort_msg("%s: %s: %s (layer %s)", place(f, e), srd_status_name(status), detail.text, detail.layer_name);
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
    double largest = largest_of(e->values, e->count), worst = -1;
    size_t at = 0;
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
}

/* A contiguous view of numbers that the library writes: [H][W]. */
static srd_tensor *map_of(const fixture *f, const netfile_expect *e, float *numbers)
{
    int64_t shape[2];
    srd_tensor *tensor = NULL;
    shape[0] = e->height;
    shape[1] = e->width;
    check_status(f, e, srd_tensor_view(SRD_FLOAT32, 2, shape, NULL, numbers, NULL, &tensor, NULL));
    return tensor;
}

static void check_balance(const fixture *f, const netfile_expect *e, srd_report *report)
{
    double scale, head, below;
    memset(report, 0, sizeof *report);
    report->struct_size = (uint32_t)sizeof *report;
    check_status(f, e, srd_explainer_report(f->explainer, report));
    scale = fmax(fmax(report->magnitude, fabs(report->score)), 1e-30);
    head = fabs(report->top + report->head_bias - report->score);
    below = fabs(report->at_inputs + report->unreached - report->top);
    ck_assert_msg(report->largest_ratio_error <= RATIO_TOLERANCE, "%s: ratios miss 1 by %.3g of their sizes", place(f, e),
                  report->largest_ratio_error);
    ck_assert_msg(below <= BALANCE_TOLERANCE * scale, "%s: inputs %.9g and unreached %.9g are not the top %.9g", place(f, e),
                  report->at_inputs, report->unreached, report->top);
    if (e->kind != NETFILE_CONTRASTIVE) {
        ck_assert_msg(head <= BALANCE_TOLERANCE * scale, "%s: top %.9g and constants %.9g are not the score %.9g", place(f, e),
                      report->top, report->head_bias, report->score);
    }
}

static void check_total(const fixture *f, const netfile_expect *e)
{
    srd_report report;
    double scale;
    check_status(f, e, srd_explainer_ask_class(f->explainer, e->class_index, NULL, NULL, NULL, 0));
    check_balance(f, e, &report);
    scale = BALANCE_TOLERANCE * fmax(report.magnitude, fabs(e->score));
    ck_assert_msg(fabs(report.score - e->score) <= scale, "%s: score %.9g instead of %.9g", place(f, e), report.score,
                  e->score);
    ck_assert_msg(fabs(report.head_bias - e->constants) <= scale, "%s: constants %.9g instead of %.9g", place(f, e),
                  report.head_bias, e->constants);
    ck_assert_msg(fabs(report.unreached - e->unreached) <= scale, "%s: unreached %.9g instead of %.9g", place(f, e),
                  report.unreached, e->unreached);
}

static void check_value(const fixture *f, const netfile_expect *e)
{
    srd_layer layer = find(f, e, e->layer);
    int32_t chw[3] = { 0 };
    int64_t shape[3];
    float *numbers = calloc(e->count, sizeof *numbers);
    srd_tensor *value = NULL;
    ck_assert_ptr_nonnull(numbers);
    check_status(f, e, srd_explainer_layer_shape(f->explainer, layer, chw));
    for (int i = 0; i < 3; i++) shape[i] = chw[i];
    ck_assert_msg(shape[0] * shape[1] * shape[2] == (int64_t)e->count, "%s: has the shape (%d, %d, %d), not %d numbers",
                  place(f, e), (int)chw[0], (int)chw[1], (int)chw[2], (int)e->count);
    check_status(f, e, srd_tensor_view(SRD_FLOAT32, 3, shape, NULL, numbers, NULL, &value, NULL));
    check_status(f, e, srd_explainer_value(f->explainer, layer, value));
    srd_tensor_free(value);
    compare(f, e, numbers, (size_t)shape[2], VALUE_TOLERANCE, 0);
    free(numbers);
}

static int same_question(const netfile_expect *a, const netfile_expect *b)
{
    return a->kind == b->kind && a->class_index == b->class_index && a->row == b->row && a->column == b->column &&
           strcmp(a->site, b->site) == 0;
}

static void ask(const fixture *f, const netfile_expect *e, const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    srd_question_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = (uint32_t)sizeof options;
    options.contrastive = e->kind == NETFILE_CONTRASTIVE;
    if (e->kind == NETFILE_ERF) {
        check_status(f, e,
                     srd_explainer_ask_erf(f->explainer, find(f, e, e->site), e->row, e->column, NULL, layers, maps, count));
    } else {
        check_status(f, e, srd_explainer_ask_class(f->explainer, e->class_index, &options, layers, maps, count));
    }
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

/* Layers that are no outputs give their values only if they are named beforehand. */
static int32_t values_to_keep(const fixture *f, srd_keep *keep)
{
    int32_t count = 0;
    for (size_t i = 0; i < f->now->expect_count; i++) {
        const netfile_expect *e = f->now->expects + i;
        if (e->kind != NETFILE_VALUE || count == MOST_MAPS) continue;
        keep[count].layer = find(f, e, e->layer);
        keep[count++].what = SRD_KEEP_VALUE;
    }
    for (int32_t o = 0; o < srd_graph_output_count(f->graph); o++) {
        for (int32_t i = 0; i < count; i++) {
            if (keep[i].layer == srd_graph_output_layer(f->graph, o)) keep[i--] = keep[--count];
        }
    }
    return count;
}

static void start(fixture *f)
{
    srd_keep keep[MOST_MAPS];
    srd_explainer_options options;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_tensor *picture = NULL;
    const srd_tensor *inputs[1];
    int64_t shape[3];
    shape[0] = f->file->channels;
    shape[1] = f->file->height;
    shape[2] = f->file->width;
    memset(&options, 0, sizeof options);
    options.struct_size = (uint32_t)sizeof options;
    options.keep_count = values_to_keep(f, keep);
    options.keeps = options.keep_count > 0 ? keep : NULL;
    f->explainer = NULL;
    ck_assert_msg(srd_explainer_create(f->graph, &options, NULL, &f->explainer, &detail) == SRD_OK, "%s: %s (layer %s)",
                  place(f, NULL), detail.text, detail.layer_name);
    check_status(f, NULL, srd_tensor_view_const(SRD_FLOAT32, 3, shape, NULL, f->now->input, NULL, &picture, NULL));
    inputs[0] = picture;
    check_status(f, NULL, srd_explainer_run(f->explainer, inputs, 1, NULL));
    srd_tensor_free(picture);
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

START_TEST(maps_and_values_are_those_of_the_reference)
{
    check_network(networks[_i], SRD_WEIGHTS_COPY);
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
