/*
 * test_ratios.c -- ratios kept as float16 instead of float32: how far maps are from each other on all golden networks, what does
 * not fit and is counted, what the memory is, and what is refused.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "netfile.h"
#include "testing.h"
#include "testnet.h"

#define MOST_NETWORKS 256
#ifndef SRD_TESTED_NETWORKS
#define SRD_TESTED_NETWORKS MOST_NETWORKS
#endif
#define MOST_KEEPS 400

/* What is kept besides ratios. */
#define NOTHING 0
#define MAPS 1
#define STARTS 2

static char *networks[MOST_NETWORKS];
static int network_count;

/* What a network says with some options: maps, one number after the other, and how large relevance was in each. */
typedef struct answers {
    float *numbers;
    double *scales; /* of each number: srd_report.magnitude of its question */
    size_t count, capacity;
    double ratio_error; /* the largest */
    int64_t saturated, special, ratio_bytes, ratio_stores;
    int32_t kernels; /* SRD_KERNELS_...: those that computed it */
    srd_memory_info memory;
} answers;

static float *more(answers *a, size_t count)
{
    if (a->count + count > a->capacity) {
        a->capacity = 2 * (a->count + count);
        a->numbers = realloc(a->numbers, a->capacity * sizeof *a->numbers);
        a->scales = realloc(a->scales, a->capacity * sizeof *a->scales);
        if (a->numbers == NULL || a->scales == NULL) ck_abort_msg("no memory for %zu numbers", a->capacity);
    }
    for (size_t i = 0; i < count; ++i) a->numbers[a->count + i] = 0.0f;
    a->count += count;
    return a->numbers + a->count - count;
}

static void answers_end(answers *a)
{
    free(a->numbers);
    free(a->scales);
}

/* The question that was asked for the last `count` numbers. */
static void note(answers *a, srd_explainer *ex, srd_status status, size_t count)
{
    srd_report report = SRD_REPORT_INIT;

    if (status == SRD_OK) check_ok(srd_explainer_report(ex, &report, testing_reason()));
    for (size_t i = a->count - count; i < a->count; ++i) a->scales[i] = report.magnitude;
    a->ratio_error = fmax(a->ratio_error, report.largest_ratio_error);
    a->saturated = report.saturated_ratios > a->saturated ? report.saturated_ratios : a->saturated;
    a->special = report.special_positions > a->special ? report.special_positions : a->special;
}

/* The map of class 0 at a layer, and what the middle of the layer is made of at input 0. Some make no sense. */
static void take_maps(answers *a, const srd_graph *graph, srd_explainer *ex, srd_layer layer)
{
    const srd_layer input = srd_graph_input_layer(graph, 0);
    int32_t own[3], below[3];
    int64_t shape[2];
    size_t count;
    srd_tensor *map;

    check_ok(srd_explainer_layer_shape(ex, layer, own, testing_reason()));
    check_ok(srd_explainer_layer_shape(ex, input, below, testing_reason()));
    shape[0] = own[1], shape[1] = own[2];
    count = (size_t)own[1] * (size_t)own[2];
    map = testing_view(2, shape, more(a, count));
    note(a, ex, srd_explainer_ask_class(ex, 0, NULL, &layer, &map, 1, testing_reason()), count);
    srd_tensor_free(map);
    shape[0] = below[1], shape[1] = below[2];
    count = (size_t)below[1] * (size_t)below[2];
    map = testing_view(2, shape, more(a, count));
    note(a, ex, srd_explainer_ask_erf(ex, layer, own[1] / 2, own[2] / 2, NULL, &input, &map, 1, testing_reason()), count);
    srd_tensor_free(map);
}

/* Maps inside segments, so that all readers of ratios are met. */
static int32_t inner_layers(const srd_graph *graph, srd_keep *keeps)
{
    int32_t count = 0;

    for (srd_layer id = 0; id < srd_graph_layer_count(graph) && count < MOST_KEEPS; ++id) {
        srd_layer_info info = SRD_LAYER_INFO_INIT;

        check_ok(srd_graph_layer_info(graph, id, &info, testing_reason()));
        if (!info.is_live || srd_graph_is_site(graph, id)) continue;
        keeps[count].layer = id;
        keeps[count++].what = SRD_KEEP_MAP;
    }
    return count;
}

/* Questions that start inside segments, and values. */
static int32_t starts_and_values(const srd_graph *graph, srd_keep *keeps)
{
    int32_t count = 0;

    for (srd_layer id = 0; id < srd_graph_layer_count(graph) && count < MOST_KEEPS; ++id) {
        srd_layer_info info = SRD_LAYER_INFO_INIT;

        check_ok(srd_graph_layer_info(graph, id, &info, testing_reason()));
        if (!info.is_live || (info.is_site && id % 3 != 0)) continue;
        keeps[count].layer = id;
        keeps[count++].what = info.is_site ? SRD_KEEP_VALUE : SRD_KEEP_START;
    }
    return count;
}

static srd_explainer *explainer_of(const srd_graph *graph, srd_explainer_options o, int inner)
{
    srd_explainer *ex = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_keep keeps[MOST_KEEPS + 1];

    if (inner == STARTS) {
        o.keep_count = starts_and_values(graph, keeps);
        o.keeps = keeps;
    } else if (inner == MAPS) {
        o.keep_count = inner_layers(graph, keeps);
        keeps[o.keep_count].layer = SRD_LAYER_NONE;
        keeps[o.keep_count++].what = SRD_KEEP_CHANNELS;
        o.keeps = keeps;
    }
    ck_assert_msg(srd_explainer_create(graph, &o, NULL, &ex, &why) == SRD_OK, "layer \"%s\": %s", why.layer_name, why.text);
    return ex;
}

/* Leaves the inputs, which end_run() frees. */
static void begin_run(srd_explainer *ex, const netfile *file, srd_tensor **inputs)
{
    for (int32_t i = 0; i < file->input_count; ++i) {
        const int64_t shape[3] = { file->inputs[i].channels, file->inputs[i].height, file->inputs[i].width };

        inputs[i] = testing_const_view(3, shape, file->cases[0].inputs[i]);
    }
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)inputs, file->input_count, NULL, testing_reason()));
}

static void end_run(const netfile *file, srd_tensor **inputs)
{
    for (int32_t i = 0; i < file->input_count; ++i) srd_tensor_free(inputs[i]);
}

/* Class 0 per channel of the first input. */
static void take_channels(answers *a, const srd_graph *graph, srd_explainer *ex)
{
    const srd_layer input = srd_graph_input_layer(graph, 0);
    int32_t chw[3];
    int64_t shape[3];
    srd_tensor *map;
    size_t count;

    check_ok(srd_explainer_layer_shape(ex, input, chw, testing_reason()));
    for (int i = 0; i < 3; ++i) shape[i] = chw[i];
    count = (size_t)chw[0] * (size_t)chw[1] * (size_t)chw[2];
    map = testing_view(3, shape, more(a, count));
    note(a, ex, srd_explainer_ask_class(ex, 0, NULL, &input, &map, 1, testing_reason()), count);
    srd_tensor_free(map);
}

static void take(answers *a, const netfile *file, const srd_explainer_options *options, int inner)
{
    srd_graph *const graph = netfile_graph(file, SRD_WEIGHTS_BORROW, NULL);
    srd_tensor *inputs[NETFILE_INPUTS];
    srd_explainer *ex;

    ck_assert_ptr_nonnull(graph);
    ex = explainer_of(graph, *options, inner);
    memset(a, 0, sizeof *a);
    a->memory.struct_size = (uint32_t)sizeof a->memory;
    check_ok(srd_explainer_memory_info(ex, &a->memory, testing_reason()));
    a->kernels = srd_explainer_kernels(ex);
    begin_run(ex, file, inputs);
    if (options->inputs == SRD_INPUTS_COPY) end_run(file, inputs);
    for (srd_layer id = 0; id < srd_graph_layer_count(graph); ++id) {
        srd_layer_info info = SRD_LAYER_INFO_INIT;
        srd_plan_info plan = SRD_PLAN_INFO_INIT;

        check_ok(srd_graph_layer_info(graph, id, &info, testing_reason()));
        check_ok(srd_explainer_plan_info(ex, id, &plan, testing_reason()));
        if (strcmp(srd_graph_layer_kind(graph, id), "dropout") == 0) continue; /* the same as the layer below */
        a->ratio_bytes += plan.ratio_bytes;
        a->ratio_stores += plan.ratio_bytes > 0;
        if (info.is_live && (inner || info.is_site)) take_maps(a, graph, ex, id);
    }
    if (inner == MAPS) take_channels(a, graph, ex);
    if (options->inputs == SRD_INPUTS_BORROW) end_run(file, inputs);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}

static netfile *load(const char *name)
{
    char why[200] = "";
    netfile *const file = netfile_load(SRD_GOLDEN_DIR, name, why, sizeof why);

    ck_assert_msg(file != NULL, "%s", why);
    return file;
}

static srd_explainer_options with(int32_t ratios)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;

    o.ratios = ratios;
    return o;
}

/* Each segment adds at most 2^-11 of what it passes on; that of the last ones is shared out again below. */
#define HALF_ERROR (1.0 / 2048.0)

static void check_near(const answers *exact, const answers *half, const char *name)
{
    size_t different = 0;

    ck_assert_uint_eq(exact->count, half->count);
    for (size_t i = 0; i < exact->count; ++i) {
        const double difference = fabs((double)exact->numbers[i] - (double)half->numbers[i]);

        if (!(difference <= HALF_ERROR * exact->scales[i])) { /* an assertion for each would take longer than the maps */
            ck_abort_msg("%s: number %zu is %.9g instead of %.9g, of %.9g", name, i, (double)half->numbers[i],
                         (double)exact->numbers[i], exact->scales[i]);
        }
        different += difference > 1e-6 * exact->scales[i];
    }
    if (half->ratio_bytes == 0) ck_assert_uint_eq(different, 0);
    else ck_assert_msg(different > 0, "%s: nothing was rounded", name);
}

/* _i: a network. */
START_TEST(maps_are_near_those_of_float32)
{
    netfile *const file = load(networks[_i]);
    const srd_explainer_options whole = with(SRD_RATIOS_FLOAT32), rounded = with(SRD_RATIOS_FLOAT16);
    answers exact, half;

    take(&exact, file, &whole, MAPS);
    take(&half, file, &rounded, MAPS);
    check_near(&exact, &half, file->name);
    ck_assert_int_eq(half.special, exact.special);
    ck_assert_int_eq(half.saturated, 0);
    ck_assert_msg(half.ratio_error <= HALF_ERROR + 1e-5, "%s: ratios miss 1 by %.3g", file->name, half.ratio_error);
    if (half.ratio_bytes > 1000) ck_assert_msg(half.ratio_error > 1e-5, "%s: the report knows nothing of it", file->name);
    ck_assert_int_le(2 * half.ratio_bytes, exact.ratio_bytes + half.ratio_stores * SRD_ALIGNMENT);
    ck_assert_int_eq(exact.memory.kept - half.memory.kept, exact.ratio_bytes - half.ratio_bytes);
    ck_assert_int_le(half.memory.total, exact.memory.total);
    answers_end(&exact);
    answers_end(&half);
    netfile_free(file);
}
END_TEST

/* A caller's parallel_for: backwards, in turn on each worker. */
static void backwards(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user;
    for (int32_t i = count - 1; i >= 0; --i) task(context, i, i % workers);
}

START_TEST(workers_change_no_bit)
{
    netfile *const file = load(networks[_i]);
    srd_explainer_options o = with(SRD_RATIOS_FLOAT16);
    answers alone, shared;

    take(&alone, file, &o, NOTHING);
    o.parallel_for = backwards;
    for (o.workers = 2; o.workers <= 5; o.workers += 3) {
        take(&shared, file, &o, NOTHING);
        ck_assert_uint_eq(alone.count, shared.count);
        ck_assert_mem_eq(alone.numbers, shared.numbers, alone.count * sizeof *alone.numbers);
        ck_assert_int_eq(alone.special, shared.special);
        ck_assert(alone.ratio_error == shared.ratio_error);
        answers_end(&shared);
    }
    answers_end(&alone);
    netfile_free(file);
}
END_TEST

/* ---- computed again ---- */

/* SRD_SAME_BITS: the library is built without what only those ratios have that are kept (SRD_WITH_WHOLE_SUMS). Then nothing
 * differs, and else by the rounding of sums, which are taken in another shape: one may have enough channels for tiles of
 * split numbers (SRD_KERNELS_AMX) where the other has not. */
#ifndef SRD_SAME_BITS
#define SRD_SAME_BITS 0
#endif

static uint32_t bits_of(float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

#define ROUNDING 2e-6
#define SPLIT_TOLERANCE 3.06e-5 /* more for SRD_KERNELS_AMX: 2^-15, see docs/numerics.md */

static int is_same(float a, double a_scale, float b, double b_scale, int32_t kernels)
{
#if SRD_SAME_BITS
    (void)kernels;
    return bits_of(a) == bits_of(b) && a_scale == b_scale;
#else
    (void)b_scale;
    return fabs((double)a - (double)b) <= (ROUNDING + (kernels == SRD_KERNELS_AMX ? SPLIT_TOLERANCE : 0.0)) * a_scale;
#endif
}

static void check_same(const answers *a, const answers *b, const char *name)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; ++i) {
        if (!is_same(a->numbers[i], a->scales[i], b->numbers[i], b->scales[i], a->kernels)) {
            ck_abort_msg("%s: number %zu is %.9g instead of %.9g, of %.9g", name, i, (double)b->numbers[i],
                         (double)a->numbers[i], a->scales[i]);
        }
    }
}

/* Inputs that the caller keeps are read again. */
START_TEST(borrowed_inputs_give_the_same)
{
    netfile *const file = load(networks[_i]);
    srd_explainer_options again = with(SRD_RATIOS_RECOMPUTED);
    answers a, b;

    take(&a, file, &again, NOTHING);
    again.inputs = SRD_INPUTS_BORROW;
    take(&b, file, &again, NOTHING);
    ck_assert_uint_eq(a.count, b.count);
    ck_assert_mem_eq(a.numbers, b.numbers, a.count * sizeof *a.numbers);
    ck_assert_int_le(b.memory.kept, a.memory.kept);
    answers_end(&a);
    answers_end(&b);
    netfile_free(file);
}
END_TEST

/* _i: a network. All questions, one after the other, with what the last one has left; also of workers, and with starts. */
START_TEST(computed_again_ratios_are_the_same)
{
    netfile *const file = load(networks[_i]);
    srd_explainer_options keep = with(SRD_RATIOS_FLOAT32), again = with(SRD_RATIOS_RECOMPUTED);
    answers a, b;

    again.parallel_for = backwards;
    for (int kept = NOTHING; kept <= STARTS; kept += STARTS) {
        take(&a, file, &keep, kept);
        for (again.workers = 1; again.workers <= 3; again.workers += 2) {
            take(&b, file, &again, kept);
            check_same(&a, &b, file->name);
            ck_assert(!SRD_SAME_BITS || (b.ratio_error <= a.ratio_error && b.special <= a.special));
            if (kept == NOTHING) ck_assert(b.ratio_error > 0.0 || a.ratio_error == 0.0);
            ck_assert_int_eq(b.ratio_bytes, 0);
            if (a.ratio_bytes > 4096)
                ck_assert_msg(b.memory.kept < a.memory.kept, "%s: %d bytes instead of %d", file->name, (int)b.memory.kept,
                              (int)a.memory.kept);
            answers_end(&b);
        }
        answers_end(&a);
    }
    netfile_free(file);
}
END_TEST

/* Two images, one after the other; and one that has been run with the patterns of its activations instead of their values. */
typedef struct asked {
    srd_layer input;
    srd_tensor *map;
    float numbers[2][TESTNET_PIXELS];
} asked;

static srd_status ask_image(void *user, srd_explainer *explainer, int32_t image)
{
    asked *const a = user;
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *const map = testing_view(2, shape, a->numbers[image]);
    const srd_status status = srd_explainer_ask_top(explainer, NULL, &a->input, &map, 1, testing_reason());

    srd_tensor_free(map);
    return status;
}

static void run_testnet(int32_t ratios, int32_t patterns, asked *a)
{
    static const int64_t shape[4] = { 2, TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    static float pictures[2 * TESTNET_INPUT];
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer_options o = with(ratios);
    srd_run_options run_options = SRD_RUN_OPTIONS_INIT;
    srd_explainer *ex;
    srd_tensor *input;

    testnet_picture(pictures, TESTNET_INPUT, 1);
    testnet_picture(pictures + TESTNET_INPUT, TESTNET_INPUT, 2);
    input = testing_const_view(4, shape, pictures);
    o.batch = 2;
    o.keep_images = SRD_IMAGES_ONE;
    ex = testnet_explainer(graph, &o);
    a->input = srd_graph_input_layer(graph, 0);
    run_options.each_image = ask_image;
    run_options.user = a;
    run_options.patterns = patterns;
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)&input, 1, &run_options, testing_reason()));
    srd_tensor_free(input);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}

START_TEST(images_and_patterns_computed_again)
{
    static asked kept, again;
    int different = 0;

    run_testnet(SRD_RATIOS_FLOAT32, _i, &kept);
    run_testnet(SRD_RATIOS_RECOMPUTED, _i, &again);
    if (SRD_SAME_BITS) ck_assert_mem_eq(kept.numbers, again.numbers, sizeof kept.numbers);
    for (int image = 0; image < 2; ++image) {
        double magnitude = 0.0;

        for (int p = 0; p < TESTNET_PIXELS; ++p) magnitude += fabs((double)kept.numbers[image][p]);
        for (int p = 0; p < TESTNET_PIXELS; ++p) {
            ck_assert(fabs((double)kept.numbers[image][p] - (double)again.numbers[image][p]) <= 2e-6 * magnitude);
        }
    }
    for (int p = 0; p < TESTNET_PIXELS; ++p) different += bits_of(kept.numbers[0][p]) != bits_of(kept.numbers[1][p]);
    ck_assert_int_gt(different, 0);
}
END_TEST

/* ---- numbers ---- */

/*
 * Two pixels against each other: y = w (1 - x), ratios 1 / (1 - x) and -x / (1 - x). kind 0: as a convolution, tile by tile; 1:
 * with a w so small that squares underflow, position by position; 2: as a fully connected layer with a bias, which is shared evenly.
 */
static void ask_difference(int kind, int32_t ratios, float x, float *map, srd_report *report)
{
    const int64_t kernel[4] = { 1, 1, 1, 2 }, matrix[2] = { 1, 2 }, one = 1, picture[3] = { 1, 1, 2 }, shape[2] = { 1, 2 };
    const float w = kind == 1 ? ldexpf(1.0f, -66) : 1.0f, weights[2] = { w, -w }, bias[1] = { 0 }, pixels[2] = { 1, x };
    srd_tensor *const weight = kind == 2 ? testing_const_view(2, matrix, weights) : testing_const_view(4, kernel, weights);
    srd_tensor *const biases = testing_const_view(1, &one, bias), *const input = testing_const_view(3, picture, pixels);
    srd_tensor *const out = testing_view(2, shape, map);
    const srd_explainer_options o = with(ratios);
    srd_graph *graph = NULL;
    srd_explainer *ex = NULL;
    srd_layer in, y;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    in = srd_graph_input(graph, "x", 1, 1, 2);
    if (kind == 2) y = srd_graph_linear(graph, "y", in, weight, biases, NULL);
    else y = srd_graph_conv2d(graph, "y", in, weight, NULL, NULL);
    check_ok(srd_graph_output(graph, y, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, &o, NULL, &ex, NULL));
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)&input, 1, NULL, testing_reason()));
    check_ok(srd_explainer_ask_erf(ex, y, 0, 0, NULL, &in, &out, 1, testing_reason()));
    report->struct_size = (uint32_t)sizeof *report;
    check_ok(srd_explainer_report(ex, report, testing_reason()));
    if (kind < 2) {
        srd_site_report site = SRD_SITE_REPORT_INIT;

        check_ok(srd_explainer_site_report(ex, y, &site, testing_reason()));
        ck_assert_int_eq(site.saturated_ratios, report->saturated_ratios);
    }
    srd_explainer_free(ex);
    srd_graph_free(graph);
    srd_tensor_free(weight);
    srd_tensor_free(biases);
    srd_tensor_free(input);
    srd_tensor_free(out);
}

START_TEST(what_float16_does_not_hold_is_counted)
{
    const float x = 1.0f - ldexpf(1.0f, -18);
    srd_report report;
    float map[2];

    ask_difference(_i, SRD_RATIOS_FLOAT32, x, map, &report);
    ck_assert_msg(fabsf(map[0] / 262144.0f - 1.0f) < 1e-6f && fabsf(map[0] + map[1] - 1.0f) < 0.1f, "%g, %g", (double)map[0],
                  (double)map[1]);
    ck_assert_int_eq(report.saturated_ratios, 0);
    ask_difference(_i, SRD_RATIOS_FLOAT16, x, map, &report);
    ck_assert_msg(map[0] == 65504.0f && map[1] == -65504.0f, "%g, %g", (double)map[0], (double)map[1]);
    ck_assert_int_eq(report.saturated_ratios, 2);
    ck_assert(report.top == 1.0 && report.at_inputs == 0.0); /* what was lost is seen */
    ck_assert(fabs(report.largest_ratio_error - 1.0 / 131008.0) < 1e-9);
}
END_TEST

/* ---- options ---- */

static srd_status try(const srd_explainer_options *o, srd_detail *why)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *ex = NULL;
    size_t size = 0;
    const srd_status status = srd_explainer_create(graph, o, NULL, &ex, why);

    ck_assert_int_eq(srd_explainer_memory_size(graph, o, NULL, &size, NULL), status);
    ck_assert((ex != NULL) == (status == SRD_OK));
    srd_explainer_free(ex);
    srd_graph_free(graph);
    return status;
}

/* What does not go with it is refused by a text that says what does. */
START_TEST(what_cannot_be_computed_again_is_refused)
{
    static const int32_t what[] = { SRD_KEEP_GRADCAM, SRD_KEEP_CHANNELS, SRD_KEEP_MAP, SRD_KEEP_START | SRD_KEEP_MAP };
    srd_keep keep = { 0, 0 };
    srd_detail why = testing_new_detail();
    srd_explainer_options o = with(SRD_RATIOS_RECOMPUTED);

    for (size_t i = 0; i < sizeof what / sizeof *what; ++i) {
        keep.what = what[i];
        o.keeps = &keep;
        o.keep_count = 1;
        check_status(try(&o, &why), SRD_ERR_UNSUPPORTED);
        check_detail(&why, SRD_ERR_UNSUPPORTED, "", "SRD_RATIOS_FLOAT16");
    }
    o = with(SRD_RATIOS_RECOMPUTED);
    o.batch = 2;
    check_status(try(&o, &why), SRD_ERR_UNSUPPORTED);
    check_detail(&why, SRD_ERR_UNSUPPORTED, "", "SRD_IMAGES_ONE");
    o.keep_images = SRD_IMAGES_ONE;
    check_ok(try(&o, NULL));
    o.keep_images = SRD_IMAGES_ALL;
    o.mode = SRD_MODE_FORWARD; /* has no ratios */
    check_ok(try(&o, NULL));
}
END_TEST

START_TEST(numbers_of_the_host_are_refused)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    static float picture[TESTNET_INPUT];
    srd_graph *const graph = testnet_graph(testnet_residual);
    const srd_explainer_options o = with(SRD_RATIOS_RECOMPUTED);
    srd_explainer *const ex = testnet_explainer(graph, &o);
    srd_tensor *const input = testing_view(3, shape, picture);
    const srd_given given = { srd_graph_find(graph, "relu1"), SRD_GIVEN_VALUE, input };
    srd_run_options run_options = SRD_RUN_OPTIONS_INIT;
    srd_detail why = testing_new_detail();

    run_options.given = &given;
    run_options.given_count = 1;
    check_status(srd_explainer_run(ex, (const srd_tensor *const *)&input, 1, &run_options, testing_reason()),
                 SRD_ERR_UNSUPPORTED);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_UNSUPPORTED, "", "SRD_RATIOS_FLOAT16");
    srd_tensor_free(input);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    static const int32_t wrong[] = { -1, SRD_RATIOS_RECOMPUTED + 1, 0x7fffffff };
    srd_detail why = testing_new_detail();
    srd_explainer_options o;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        o = with(wrong[i]);
        check_status(try(&o, &why), SRD_ERR_ARGUMENT);
        check_detail(&why, SRD_ERR_ARGUMENT, "", "ratios");
    }
    o = with(SRD_RATIOS_FLOAT16);
    o.inputs = SRD_INPUTS_BORROW + 1;
    check_status(try(&o, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "inputs");
    o = with(4711);
    o.struct_size = (uint32_t)offsetof(srd_explainer_options, ratios); /* of a caller who knows nothing of it */
    check_ok(try(&o, NULL));
}
END_TEST

static int in_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_networks(void)
{
    DIR *const directory = opendir(SRD_GOLDEN_DIR);
    struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL && network_count < MOST_NETWORKS) {
        const size_t length = strlen(entry->d_name);

        if (length < 5 || strcmp(entry->d_name + length - 4, ".net") != 0) continue;
        networks[network_count] = calloc(length, 1);
        if (networks[network_count] != NULL) memcpy(networks[network_count++], entry->d_name, length - 4);
    }
    if (directory != NULL) closedir(directory);
    qsort(networks, (size_t)network_count, sizeof *networks, in_order);
}

int main(void)
{
    testing_list list[] = {
        { maps_are_near_those_of_float32, 0, 1 },     { workers_change_no_bit, 0, 1 },
        { computed_again_ratios_are_the_same, 0, 1 }, { borrowed_inputs_give_the_same, 0, 1 },
        { images_and_patterns_computed_again, 0, 2 }, { what_cannot_be_computed_again_is_refused, 0, 0 },
        { numbers_of_the_host_are_refused, 0, 0 },    { what_float16_does_not_hold_is_counted, 0, 3 },
        { options_out_of_range_are_refused, 0, 0 },   { NULL, 0, 0 },
    };

    list_networks();
    if (network_count == 0) {
        fprintf(stderr, "no networks in %s\n", SRD_GOLDEN_DIR);
        return 1;
    }
    if (network_count > SRD_TESTED_NETWORKS) { /* some of all sorts */
        for (int i = 0; i < SRD_TESTED_NETWORKS; ++i) {
            char **const from = &networks[i * network_count / SRD_TESTED_NETWORKS], *const name = *from;

            *from = networks[i];
            networks[i] = name;
        }
        network_count = SRD_TESTED_NETWORKS;
    }
    list[0].end = list[1].end = list[2].end = list[3].end = network_count;
    return testing_main("ratios", list);
}
