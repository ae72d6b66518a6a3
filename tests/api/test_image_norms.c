/*
 * test_image_norms.c -- what is particular about instance, group and global response norm, beside the maps of tests/golden: statistics belong to
 * one image, may fail at run time, and must not depend on workers, batch, mode or on what else is asked; and the memory of
 * segments that hold them is exact.
 */
#include <math.h>
#include <stdlib.h>

#include "heap.h"
#include "netfile.h"
#include "testing.h"
#include "testnet.h"

static const char *const networks[] = { "norms", "norm_branches", "norm_places", "global_response_norms" };
#define NETWORKS ((int)(sizeof networks / sizeof *networks))

static netfile *load(const char *name)
{
    char why[200];
    netfile *const file = netfile_load(SRD_GOLDEN_DIR, name, why, sizeof why);

    ck_assert_msg(file != NULL, "%s", why);
    return file;
}

/* ---- one norm, by its definition ------------------------------------------------------------------------------------------ */

#define C 6
#define H 3
#define W 2
#define PLANE (H * W)

static const float gamma_numbers[C] = { 1.5f, -0.5f, 2.0f, 0.25f, 1.0f, 3.0f };
static const float beta_numbers[C] = { 0.5f, 0.0f, -1.0f, 2.0f, 0.125f, 1.0f };

static srd_tensor *vector(const float *numbers)
{
    const int64_t shape = C;

    return testing_const_view(1, &shape, numbers);
}

/* x - norm - relu; groups 0: an instance norm, -1: a global response norm. sizes 0: left open. */
static srd_graph *one_norm(int32_t groups, double eps, int affine, int32_t h, int32_t w)
{
    srd_tensor *const gamma = affine ? vector(gamma_numbers) : NULL, *const beta = affine ? vector(beta_numbers) : NULL;
    srd_graph *graph = NULL;
    srd_layer x, norm;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", C, h, w);
    norm = groups > 0    ? srd_graph_group_norm(graph, "norm", x, groups, gamma, beta, eps)
           : groups == 0 ? srd_graph_instance_norm(graph, "norm", x, gamma, beta, eps)
                         : srd_graph_global_response_norm(graph, "norm", x, gamma, beta, eps);
    check_ok(srd_graph_output(graph, srd_graph_leaky_relu(graph, "relu", norm, 1.0f), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    return graph;
}

static void expected_response_norm(const float *x, double eps, int affine, double *y)
{
    double response[C] = { 0 }, mean = 0;

    for (int i = 0; i < C * PLANE; ++i) response[i / PLANE] += (double)x[i] * (double)x[i];
    for (int c = 0; c < C; ++c) mean += sqrt(response[c]) / C;
    for (int i = 0; i < C * PLANE; ++i) {
        const int c = i / PLANE;
        const double share = sqrt(response[c]) / (mean + eps);

        y[i] = affine ? (double)gamma_numbers[c] * (double)x[i] * share + (double)beta_numbers[c] + (double)x[i]
                      : (double)x[i] * share + (double)x[i];
    }
}

/* In double, from the definition. */
static void expected(const float *x, int32_t groups, double eps, int affine, double *y)
{
    const int each = C / (groups > 0 ? groups : C), count = each * PLANE;

    if (groups < 0) expected_response_norm(x, eps, affine, y);
    for (int first = 0; first < C && groups >= 0; first += each) {
        double mean = 0, variance = 0;

        for (int i = 0; i < count; ++i) mean += (double)x[first * PLANE + i] / count;
        for (int i = 0; i < count; ++i) variance += pow((double)x[first * PLANE + i] - mean, 2) / count;
        for (int i = 0; i < count; ++i) {
            const int c = first + i / PLANE;
            const double unit = ((double)x[first * PLANE + i] - mean) / sqrt(variance + eps);

            y[first * PLANE + i] = affine ? unit * (double)gamma_numbers[c] + (double)beta_numbers[c] : unit;
        }
    }
}

static srd_explainer *explainer_of(srd_graph *graph, int32_t mode, int32_t batch)
{
    srd_explainer_options options = testnet_options();

    options.mode = mode;
    options.batch = batch;
    return testnet_explainer(graph, &options);
}

static srd_status run(srd_explainer *explainer, int64_t batch, const float *images)
{
    const int64_t shape[4] = { batch, C, H, W };
    srd_tensor *const input = testing_const_view(4, shape, images);
    const srd_tensor *const inputs[1] = { input };
    const srd_status status = srd_explainer_run(explainer, inputs, 1, NULL, testing_reason());

    srd_tensor_free(input);
    return status;
}

static void get_value(srd_explainer *explainer, int64_t batch, float *to)
{
    const int64_t shape[4] = { batch, C, H, W };
    srd_tensor *const value = testing_view(4, shape, to);

    check_ok(srd_explainer_value(explainer, 1 + 1, value, testing_reason()));
    srd_tensor_free(value);
}

START_TEST(a_value_is_that_of_the_definition_for_each_image)
{
    static const int32_t groups[] = { 0, 1, 2, 3, 6, -1 };
    float images[2 * C * PLANE], got[2 * C * PLANE];
    double want[C * PLANE];

    testnet_picture(images, C * PLANE, 5);
    testnet_picture(images + C * PLANE, C * PLANE, 6);
    for (int i = 0; i < C * PLANE; ++i) images[C * PLANE + i] = 10.0f + 3.0f * images[C * PLANE + i];
    for (int k = 0; k < 24; ++k) {
        const int affine = k % 2, mode = k / 2 % 2 == 0 ? SRD_MODE_EXPLAIN : SRD_MODE_FORWARD;
        srd_graph *const graph = one_norm(groups[k / 4], 0.01, affine, H, W);
        srd_explainer *const explainer = explainer_of(graph, mode, 2);

        check_ok(run(explainer, 2, images));
        get_value(explainer, 2, got);
        for (int image = 0; image < 2; ++image) {
            expected(images + image * C * PLANE, groups[k / 4], 0.01, affine, want);
            for (int i = 0; i < C * PLANE; ++i) {
                const double miss = fabs((double)got[image * C * PLANE + i] - want[i]);

                ck_assert_msg(miss < 2e-5, "case %d, image %d, number %d: %g instead of %g", k, image, i,
                              (double)got[image * C * PLANE + i], want[i]);
            }
        }
        srd_explainer_free(explainer);
        srd_graph_free(graph);
    }
}
END_TEST

START_TEST(over_one_position_an_instance_norm_gives_beta)
{
    const int64_t shape[3] = { C, 1, 1 };
    srd_graph *const graph = one_norm(0, 1e-5, 1, 0, 0);
    const int32_t sizes[2] = { 1, 1 };
    srd_explainer_options options = testnet_options();
    srd_explainer *explainer;
    float x[C], y[C];
    srd_tensor *const input = testing_view(3, shape, x), *const value = testing_view(3, shape, y);
    const srd_tensor *const inputs[1] = { input };

    options.input_sizes = sizes;
    options.input_size_count = 1;
    explainer = testnet_explainer(graph, &options);
    testnet_picture(x, C, 3);
    check_ok(srd_explainer_run(explainer, inputs, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, 2, value, testing_reason()));
    /* The scale is gamma * 316: what is left of x * scale - mean * scale is a rounding of that. */
    for (int c = 0; c < C; ++c) ck_assert_float_eq_tol(y[c], beta_numbers[c], 317.0f * gamma_numbers[5] * 1.2e-7f);
    srd_tensor_free(input);
    srd_tensor_free(value);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* ---- what only a run can know ------------------------------------------------------------------------------------------------ */

/* Channel 4 of the second image is constant. */
START_TEST(a_constant_group_without_eps_fails_and_is_named)
{
    const int32_t groups = _i == 0 ? 0 : 3; /* in the second case channel 5 saves its group */
    srd_graph *const graph = one_norm(groups, 0.0, 0, H, W);
    srd_explainer *const explainer = explainer_of(graph, _i == 2 ? SRD_MODE_FORWARD : SRD_MODE_EXPLAIN, 2);
    srd_detail detail = testing_new_detail();
    float images[2 * C * PLANE], got[2 * C * PLANE];

    testnet_picture(images, 2 * C * PLANE, 7);
    for (int i = 0; i < PLANE; ++i) images[(C + 4) * PLANE + i] = 0.75f;
    for (int i = 0; _i == 2 && i < PLANE; ++i) images[(C + 5) * PLANE + i] = 0.75f;
    if (_i == 1) {
        check_ok(run(explainer, 2, images));
    } else {
        check_status(run(explainer, 2, images), SRD_ERR_NUMBER);
        detail = *testing_reason();
        check_detail(&detail, SRD_ERR_NUMBER, "norm", "channel 4 (image 1)");
        check_status(srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_STATE);
        images[(C + 4) * PLANE] = 0.5f;
        check_ok(run(explainer, 2, images));
    }
    get_value(explainer, 2, got);
    for (int i = 0; i < 2 * C * PLANE; ++i) ck_assert(isfinite(got[i]));
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(an_image_of_zeros_has_no_global_response)
{
    srd_graph *const graph = one_norm(-1, 0.0, 1, H, W);
    srd_explainer *const explainer = explainer_of(graph, SRD_MODE_EXPLAIN, 2);
    float images[2 * C * PLANE] = { 0 };
    srd_detail detail;

    testnet_picture(images, C * PLANE, 7);
    check_status(run(explainer, 2, images), SRD_ERR_NUMBER);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_NUMBER, "norm", "channel 0 (image 1)");
    images[2 * C * PLANE - 1] = 1.0f;
    check_ok(run(explainer, 2, images));
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* A scale that is no float, by a tiny variance or by the product of two norms. */
START_TEST(scales_that_overflow_fail)
{
    srd_graph *graph = NULL;
    srd_explainer *explainer;
    srd_detail detail = testing_new_detail();
    float image[C * PLANE], large[C];
    srd_tensor *gamma = vector(large);
    srd_layer norm;

    testnet_picture(image, C * PLANE, 8);
    for (int c = 0; c < C; ++c) large[c] = 1e30f;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    norm = srd_graph_instance_norm(graph, "norm", srd_graph_input(graph, "x", C, H, W), _i == 0 ? gamma : NULL, NULL, 0.0);
    if (_i == 1)
        norm = srd_graph_scale_shift(graph, "more", srd_graph_scale_shift(graph, "some", norm, gamma, NULL), gamma, NULL);
    check_ok(srd_graph_output(graph, srd_graph_relu(graph, "relu", norm), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    srd_tensor_free(gamma);
    for (int i = 0; _i == 0 && i < C * PLANE; ++i) image[i] *= 1e-20f;
    explainer = explainer_of(graph, SRD_MODE_EXPLAIN, 1);
    check_status(run(explainer, 1, image), SRD_ERR_NUMBER);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_NUMBER, _i == 0 ? "norm" : "relu", "");
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* The channels of a flattened layer of open size are known to the explainer only. */
START_TEST(groups_are_checked_again_when_sizes_are_bound)
{
    srd_explainer_options options = testnet_options();
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    int32_t sizes[2] = { 2, 2 };
    srd_graph *graph = NULL;
    srd_layer x;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_flatten(graph, "flat", srd_graph_input(graph, "x", 3, 0, 0));
    check_ok(srd_graph_output(graph, srd_graph_group_norm(graph, "norm", x, 4, NULL, NULL, 0.5), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    options.input_sizes = sizes;
    options.input_size_count = 1;
    check_ok(srd_explainer_create(graph, &options, NULL, &explainer, &detail));
    srd_explainer_free(explainer);
    sizes[0] = 5;
    check_status(srd_explainer_create(graph, &options, NULL, &explainer, &detail), SRD_ERR_SHAPE);
    check_detail(&detail, SRD_ERR_SHAPE, "norm", "30 channels do not fall into 4");
    srd_graph_free(graph);
}
END_TEST

/* ---- whole networks ------------------------------------------------------------------------------------------------------------ */

/* A parallel_for that runs the tasks backwards, by workers in turn: no bit may depend on that. */
static void backwards(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user;
    for (int32_t i = count - 1; i >= 0; --i) task(context, i, i % workers);
}

typedef struct answer {
    float map[256], channels[1024], value[64];
} answer;

/* The first picture's map and channel maps of class 0 at the input, and the output. */
static void explain(srd_graph *graph, const netfile *file, const srd_explainer_options *options, answer *to)
{
    const int64_t shape[3] = { file->channels, file->height, file->width };
    const srd_layer output = srd_graph_output_layer(graph, 0), inputs[2] = { 0, 0 };
    srd_explainer *const explainer = testnet_explainer(graph, options);
    srd_tensor *const picture = testing_const_view(3, shape, file->cases[0].input);
    srd_tensor *maps[2], *value;
    const srd_tensor *const pictures[1] = { picture };
    int32_t chw[3];
    int64_t value_shape[3];

    memset(to, 0, sizeof *to);
    check_ok(srd_explainer_layer_shape(explainer, output, chw, testing_reason()));
    for (int i = 0; i < 3; ++i) value_shape[i] = chw[i];
    maps[0] = testing_view(2, shape + 1, to->map);
    maps[1] = testing_view(3, shape, to->channels);
    value = testing_view(3, value_shape, to->value);
    check_ok(srd_explainer_run(explainer, pictures, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, output, value, testing_reason()));
    if (options->mode == SRD_MODE_EXPLAIN) {
        check_ok(srd_explainer_ask_class(explainer, 0, NULL, inputs, maps, options->keep_count > 0 ? 2 : 1, testing_reason()));
    }
    srd_tensor_free(maps[0]);
    srd_tensor_free(maps[1]);
    srd_tensor_free(value);
    srd_tensor_free(picture);
    srd_explainer_free(explainer);
}

START_TEST(workers_change_no_bit)
{
    const srd_keep channels = { SRD_LAYER_NONE, SRD_KEEP_CHANNELS };
    netfile *const file = load(networks[_i]);
    srd_graph *const graph = netfile_graph(file, SRD_WEIGHTS_COPY, NULL);
    srd_explainer_options options = testnet_options();
    static answer alone, shared;

    ck_assert_ptr_nonnull(graph);
    options.keeps = &channels;
    options.keep_count = 1;
    explain(graph, file, &options, &alone);
    options.workers = 3;
    options.parallel_for = backwards;
    explain(graph, file, &options, &shared);
    ck_assert_mem_eq(&alone, &shared, sizeof alone);
    srd_graph_free(graph);
    netfile_free(file);
}
END_TEST

/* Forward only, segments end at the values of norms: the same numbers to rounding. */
START_TEST(forward_only_gives_the_same_value)
{
    netfile *const file = load(networks[_i]);
    srd_graph *const graph = netfile_graph(file, SRD_WEIGHTS_BORROW, NULL);
    srd_explainer_options options = testnet_options();
    static answer full, forward;
    float largest = 0.0f;

    explain(graph, file, &options, &full);
    options.mode = SRD_MODE_FORWARD;
    explain(graph, file, &options, &forward);
    for (int i = 0; i < 64; ++i) largest = fmaxf(largest, fabsf(full.value[i]));
    for (int i = 0; i < 64; ++i) ck_assert_float_eq_tol(full.value[i], forward.value[i], 5e-6f * largest);
    ck_assert(largest > 0.0f);
    srd_graph_free(graph);
    netfile_free(file);
}
END_TEST

/* Everything may be kept, in both modes, for several images: the size query is exact, and no smaller block will do. */
START_TEST(memory_is_exact)
{
    netfile *const file = load(networks[_i / 2]);
    srd_graph *const graph = netfile_graph(file, SRD_WEIGHTS_COPY, NULL);
    srd_explainer_options options = testnet_options();
    srd_keep keeps[64];
    srd_explainer *explainer = NULL;
    size_t size = 0;
    srd_memory memory;
    char *block;

    options.mode = _i % 2 == 0 ? SRD_MODE_EXPLAIN : SRD_MODE_FORWARD;
    options.batch = 2;
    options.workers = 2;
    for (int32_t id = 0; id < srd_graph_layer_count(graph); ++id) {
        keeps[options.keep_count].layer = id;
        keeps[options.keep_count++].what = SRD_KEEP_START;
    }
    keeps[options.keep_count].layer = SRD_LAYER_NONE;
    keeps[options.keep_count++].what = SRD_KEEP_CHANNELS;
    options.keeps = keeps;
    for (int pass = 0; pass < 2; ++pass) {
        check_ok(srd_explainer_memory_size(graph, &options, NULL, &size, NULL));
        block = heap_block(size);
        memory = heap_block_memory(block, size);
        check_ok(srd_explainer_create(graph, &options, &memory, &explainer, NULL));
        ck_assert_uint_eq(srd_explainer_memory_used(explainer), size);
        srd_explainer_free(explainer);
        memory.buffer_size = size - 1;
        check_status(srd_explainer_create(graph, &options, &memory, &explainer, NULL), SRD_ERR_MEMORY);
        heap_free_block(block);
        options.keep_count = 0; /* the second time: nothing */
        options.keeps = NULL;
    }
    srd_graph_free(graph);
    netfile_free(file);
}
END_TEST

/* ---- beside the explanation ------------------------------------------------------------------------------------------------------- */

/* x conv norm relu, 1 x 1 weights, and a norm that nobody reads; with more: the layer that the norm reads is an output, too. */
static srd_graph *small(int more)
{
    static const float weight_numbers[C * C] = { 1, -2, 3, 0.5f, 0, 1, 2, 2, -1, 1, 0.25f, 3, 1, 1, 1, -1, 2,  0,
                                                 0, 1,  2, -3,   1, 1, 2, 0, 1,  0, 1,     0, 1, 0, 2, 2,  -2, 1 };
    const int64_t shape[4] = { C, C, 1, 1 };
    srd_tensor *const weight = testing_const_view(4, shape, weight_numbers), *const beta = vector(beta_numbers);
    srd_graph *graph = NULL;
    srd_layer conv, norm;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    conv = srd_graph_conv2d(graph, "conv", srd_graph_input(graph, "x", C, H, W), weight, NULL, NULL);
    norm = srd_graph_group_norm(graph, "norm", conv, 2, NULL, beta, 1e-5);
    check_ok(srd_graph_output(graph, srd_graph_global_avg_pool(graph, "gap", srd_graph_relu(graph, "relu", norm)),
                              testing_reason()));
    if (more) check_ok(srd_graph_output(graph, conv, testing_reason()));
    conv = srd_graph_conv2d(graph, "dead_conv", 0, weight, NULL, NULL);
    ck_assert_int_ge(srd_graph_instance_norm(graph, "dead_norm", conv, NULL, NULL, 0.0), 0);
    check_ok(srd_graph_seal(graph, NULL));
    srd_tensor_free(weight);
    srd_tensor_free(beta);
    return graph;
}

/* Being an output gives the convolution a value of its own, which the norm then reads; no map may change. */
START_TEST(asking_for_the_norms_input_changes_no_map)
{
    const int64_t shape[2] = { H, W };
    float image[C * PLANE], numbers[2][PLANE];
    const srd_layer x = 0;

    testnet_picture(image, C * PLANE, 9);
    for (int more = 0; more < 2; ++more) {
        srd_graph *const graph = small(more);
        srd_explainer *const explainer = explainer_of(graph, SRD_MODE_EXPLAIN, 1);
        srd_tensor *map = testing_view(2, shape, numbers[more]);

        ck_assert_int_eq(srd_graph_is_site(graph, srd_graph_find(graph, "conv")), 0);
        check_ok(run(explainer, 1, image));
        check_ok(srd_explainer_ask_class(explainer, 2, NULL, &x, &map, 1, testing_reason()));
        srd_tensor_free(map);
        srd_explainer_free(explainer);
        srd_graph_free(graph);
    }
    for (int i = 0; i < PLANE; ++i) ck_assert_float_eq_tol(numbers[0][i], numbers[1][i], 1e-6f);
}
END_TEST

START_TEST(the_plan_tells_of_the_value_inside_the_segment)
{
    srd_graph *const graph = small(0);
    srd_explainer *const explainer = explainer_of(graph, SRD_MODE_EXPLAIN, 1);
    const srd_layer conv = srd_graph_find(graph, "conv"), norm = srd_graph_find(graph, "norm");
    srd_plan_info info = SRD_PLAN_INFO_INIT;
    srd_layer_info layer = SRD_LAYER_INFO_INIT;
    int norm_steps = 0, conv_steps = 0;

    check_ok(srd_explainer_plan_info(explainer, conv, &info, testing_reason()));
    ck_assert_int_eq(info.verdict, SRD_VERDICT_INNER);
    ck_assert_int_eq(info.multiply_adds, C * C * PLANE);
    ck_assert_int_eq(info.ratios, 0);
    check_ok(srd_graph_layer_info(graph, norm, &layer, testing_reason()));
    ck_assert_int_eq(layer.parameters, C);
    ck_assert_int_eq(layer.is_swallowed, 1);
    ck_assert_str_eq(srd_graph_layer_kind(graph, norm), "group_norm");
    for (int32_t i = 0; i < srd_explainer_step_count(explainer); ++i) {
        srd_layer at;

        check_ok(srd_explainer_step_info(explainer, i, &at, NULL, testing_reason()));
        norm_steps += at == norm;
        conv_steps += at == conv;
    }
    ck_assert_int_eq(norm_steps, 1);
    ck_assert_int_eq(conv_steps, 1);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* Explained, the convolution runs once for the statistics and once for the ratios; forward only it runs once in all. */
START_TEST(forward_only_no_convolution_runs_twice)
{
    srd_graph *const graph = small(0);
    const srd_layer conv = srd_graph_find(graph, "conv"), relu = srd_graph_find(graph, "relu");

    for (int i = 0; i < 2; ++i) {
        srd_explainer *const explainer = explainer_of(graph, i == 0 ? SRD_MODE_EXPLAIN : SRD_MODE_FORWARD, 1);
        srd_plan_info info = SRD_PLAN_INFO_INIT;

        check_ok(srd_explainer_plan_info(explainer, conv, &info, testing_reason()));
        ck_assert_int_eq(info.multiply_adds, C * C * PLANE);
        check_ok(srd_explainer_plan_info(explainer, relu, &info, testing_reason()));
        ck_assert_int_eq(info.multiply_adds, i == 0 ? C * C * PLANE : C * PLANE);
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_value_is_that_of_the_definition_for_each_image, 0, 0 },
        { over_one_position_an_instance_norm_gives_beta, 0, 0 },
        { a_constant_group_without_eps_fails_and_is_named, 0, 3 },
        { scales_that_overflow_fail, 0, 2 },
        { an_image_of_zeros_has_no_global_response, 0, 0 },
        { groups_are_checked_again_when_sizes_are_bound, 0, 0 },
        { workers_change_no_bit, 0, NETWORKS },
        { forward_only_gives_the_same_value, 0, NETWORKS },
        { memory_is_exact, 0, 2 * NETWORKS },
        { asking_for_the_norms_input_changes_no_map, 0, 0 },
        { the_plan_tells_of_the_value_inside_the_segment, 0, 0 },
        { forward_only_no_convolution_runs_twice, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("image_norms", list);
}
