/*
 * test_targets.c -- scores asked by srd_explainer_ask(): kinds of targets, one class per image, masks, sums of targets; and
 * Grad-CAM. The dense network has a score at every position: x (2, 4, 5), a 3 x 3 convolution, scores (3, 4, 5).
 */
#include <math.h>

#include "testing.h"
#include "testnet.h"

#define H 4
#define W 5
#define P (H * W)
#define C 3

typedef struct dense {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, middle, scores;
    float numbers[2 * P]; /* behind map */
    srd_tensor *map;      /* of x, both images */
} dense;

static srd_layer conv(srd_graph *graph, const char *name, srd_layer input, int64_t outputs, int64_t inputs, uint32_t seed)
{
    const int64_t shape[4] = { outputs, inputs, 3, 3 };
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    float weight[4 * 4 * 9], bias[4];
    srd_tensor *w, *b;
    srd_layer layer;

    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = 1;
    testnet_picture(weight, (size_t)(outputs * inputs * 9), seed);
    testnet_picture(bias, (size_t)outputs, seed + 1);
    w = testing_const_view(4, shape, weight);
    b = testing_const_view(1, shape, bias);
    layer = srd_graph_conv2d(graph, name, input, w, b, &o);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

/* Two images; Grad-CAM is kept at the middle. */
static void begin(dense *d)
{
    const int64_t in[4] = { 2, 2, H, W }, out[3] = { 2, H, W };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keep;
    float pictures[2 * 2 * P];
    srd_tensor *input;

    check_ok(srd_graph_create(NULL, NULL, &d->graph, NULL));
    d->x = srd_graph_input(d->graph, "x", 2, H, W);
    d->middle = srd_graph_leaky_relu(d->graph, "middle", conv(d->graph, "conv", d->x, 4, 2, 10), 0.25f);
    d->scores = conv(d->graph, "scores", d->middle, C, 4, 20);
    check_ok(srd_graph_output(d->graph, d->scores));
    check_ok(srd_graph_seal(d->graph, NULL));
    keep.layer = d->middle;
    keep.what = SRD_KEEP_GRADCAM | SRD_KEEP_VALUE;
    o.batch = 2;
    o.keeps = &keep;
    o.keep_count = 1;
    d->explainer = testnet_explainer(d->graph, &o);
    testnet_picture(pictures, 2 * 2 * P, 30);
    input = testing_view(4, in, pictures);
    check_ok(srd_explainer_run(d->explainer, (const srd_tensor *const[]){ input }, 1, NULL));
    srd_tensor_free(input);
    testing_mark(d->numbers, 2 * P);
    d->map = testing_view(3, out, d->numbers);
}

static void end(dense *d)
{
    srd_tensor_free(d->map);
    srd_explainer_free(d->explainer);
    srd_graph_free(d->graph);
}

/* Asks for targets at x; the answer is in d->numbers. */
static srd_status ask(dense *d, const srd_target *const *targets, int32_t count)
{
    return srd_explainer_ask(d->explainer, targets, count, NULL, &d->x, (srd_tensor *const[]){ d->map }, 1);
}

static srd_status ask_one(dense *d, const srd_target *target)
{
    return ask(d, &target, 1);
}

static srd_target of_class(int32_t class_index)
{
    srd_target t = SRD_TARGET_INIT;

    t.kind = SRD_TARGET_CLASS;
    t.class_index = class_index;
    return t;
}

static void check_close(const float *got, const float *want, int count)
{
    float largest = 0;

    for (int i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(want[i]));
    for (int i = 0; i < count; ++i) {
        ck_assert_msg(fabsf(got[i] - want[i]) <= 1e-5f * largest, "position %d: %g, expected %g", i, (double)got[i],
                      (double)want[i]);
    }
}

START_TEST(simple_questions_are_targets)
{
    const srd_target top = SRD_TARGET_INIT, one = of_class(1);
    float asked[2 * P];
    dense d;

    begin(&d);
    check_ok(ask_one(&d, &top));
    memcpy(asked, d.numbers, sizeof asked);
    check_ok(srd_explainer_ask_top(d.explainer, NULL, &d.x, (srd_tensor *const[]){ d.map }, 1));
    ck_assert_mem_eq(asked, d.numbers, sizeof asked);
    check_ok(ask_one(&d, &one));
    memcpy(asked, d.numbers, sizeof asked);
    check_ok(srd_explainer_ask_class(d.explainer, 1, NULL, &d.x, (srd_tensor *const[]){ d.map }, 1));
    ck_assert_mem_eq(asked, d.numbers, sizeof asked);
    end(&d);
}
END_TEST

START_TEST(class_against_class_is_a_direction)
{
    const float numbers[C] = { -1, 0, 1 };
    const int64_t shape = C;
    srd_tensor *const direction = testing_const_view(1, &shape, numbers);
    srd_target against = SRD_TARGET_INIT, directed = SRD_TARGET_INIT;
    float asked[2 * P];
    dense d;

    against.kind = SRD_TARGET_AGAINST;
    against.class_index = 2;
    against.other_class = 0;
    directed.kind = SRD_TARGET_DIRECTION;
    directed.direction = direction;
    begin(&d);
    check_ok(ask_one(&d, &against));
    memcpy(asked, d.numbers, sizeof asked);
    check_ok(ask_one(&d, &directed));
    ck_assert_mem_eq(asked, d.numbers, sizeof asked);
    end(&d);
    srd_tensor_free(direction);
}
END_TEST

START_TEST(each_image_its_class)
{
    const int32_t classes[2] = { 2, 0 };
    srd_target each = SRD_TARGET_INIT, one;
    float asked[2 * P];
    dense d;

    each.kind = SRD_TARGET_CLASS;
    each.classes = classes;
    begin(&d);
    check_ok(ask_one(&d, &each));
    memcpy(asked, d.numbers, sizeof asked);
    for (int image = 0; image < 2; ++image) {
        one = of_class(classes[image]);
        check_ok(ask_one(&d, &one));
        ck_assert_mem_eq(asked + image * P, d.numbers + image * P, sizeof(float[P]));
    }
    end(&d);
}
END_TEST

/* Masks of single positions add up to no mask; several targets add up as well. */
START_TEST(masks_and_targets_add_up)
{
    float mask[P], whole[2 * P], sum[2 * P] = { 0 };
    const int64_t shape[2] = { H, W };
    srd_tensor *const view = testing_view(2, shape, mask);
    srd_target one = of_class(1), left = of_class(1), right = of_class(1);
    const srd_target *const both[2] = { &left, &right };
    srd_report r = SRD_REPORT_INIT;
    double scores = 0;
    dense d;

    begin(&d);
    check_ok(ask_one(&d, &one));
    memcpy(whole, d.numbers, sizeof whole);
    one.mask = view;
    for (int p = 0; p < P; ++p) {
        memset(mask, 0, sizeof mask);
        mask[p] = 1;
        check_ok(ask_one(&d, &one));
        check_ok(srd_explainer_report(d.explainer, &r));
        scores += r.score;
        for (int i = 0; i < 2 * P; ++i) sum[i] += d.numbers[i];
    }
    check_close(sum, whole, 2 * P);
    left.mask = right.mask = view;
    for (int p = 0; p < P; ++p) mask[p] = 0.5f; /* half and half */
    check_ok(ask(&d, both, 2));
    check_close(d.numbers, whole, 2 * P);
    check_ok(srd_explainer_report(d.explainer, &r));
    ck_assert_double_le(fabs(r.score - scores), 1e-5 * r.magnitude);
    ck_assert_double_le(fabs(r.top + r.head_bias - r.score), 1e-5 * r.magnitude);
    srd_tensor_free(view);
    end(&d);
}
END_TEST

/* Each row is one field of an otherwise good target of class 1 that is wrong. */
START_TEST(targets_that_are_refused)
{
    const int32_t classes[2] = { 0, C };
    static float numbers[2 * P];
    const int64_t turned[2] = { W, H }, right[2] = { H, W };
    srd_tensor *const mask = testing_view(2, right, numbers), *const wrong_mask = testing_view(2, turned, numbers);
    const struct {
        srd_target target;
        srd_status status;
    } bad[] = {
        { { 4, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), 4, 0, 0, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), -1, 0, 0, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 1, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, -1, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, C, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, -1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, 0, 0, 0, classes, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, 1, 0, 1, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, 1, 2, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, mask, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_TOP, 0, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_TOP, 0, 0, 0, 0, classes, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_AGAINST, 0, 1, 1, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_AGAINST, 0, 1, C, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_AGAINST, 0, -1, 1, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, mask }, SRD_ERR_ARGUMENT }, /* all 0 */
        { { sizeof(srd_target), SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, wrong_mask }, SRD_ERR_SHAPE },
    };
    const srd_target good = of_class(1);
    dense d;

    ck_assert_int_eq(sizeof bad / sizeof *bad, 19);
    begin(&d);
    for (int second = 0; second < 2; ++second) { /* the wrong one alone, and after a good one */
        const srd_target *const targets[2] = { second ? &good : &bad[_i].target, &bad[_i].target };

        check_status(ask(&d, targets, 1 + second), bad[_i].status);
        check_untouched(d.numbers, 2 * P);
    }
    srd_tensor_free(mask);
    srd_tensor_free(wrong_mask);
    end(&d);
}
END_TEST

START_TEST(lists_of_targets_that_are_refused)
{
    const srd_target good = of_class(1);
    const srd_target *const targets[2] = { &good, NULL };
    srd_question_options o = SRD_QUESTION_OPTIONS_INIT;
    dense d;

    begin(&d);
    check_status(ask(&d, NULL, 1), SRD_ERR_ARGUMENT);
    check_status(ask(&d, targets, 0), SRD_ERR_ARGUMENT);
    check_status(ask(&d, targets, -1), SRD_ERR_ARGUMENT);
    check_status(ask(&d, targets, 2), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask(NULL, targets, 1, NULL, &d.x, (srd_tensor *const[]){ d.map }, 1), SRD_ERR_ARGUMENT);
    o.output = 1;
    check_status(srd_explainer_ask(d.explainer, targets, 1, &o, &d.x, (srd_tensor *const[]){ d.map }, 1), SRD_ERR_ARGUMENT);
    o.output = 0;
    o.keep_sign = 1; /* Grad-CAM only */
    check_status(srd_explainer_ask(d.explainer, targets, 1, &o, &d.x, (srd_tensor *const[]){ d.map }, 1), SRD_ERR_ARGUMENT);
    check_untouched(d.numbers, 2 * P);
    end(&d);
}
END_TEST

START_TEST(numbers_of_a_mask_that_are_not_finite)
{
    float numbers[P] = { 1, NAN };
    const int64_t shape[2] = { H, W };
    srd_tensor *const mask = testing_view(2, shape, numbers);
    srd_target t = of_class(0);
    dense d;

    t.mask = mask;
    begin(&d);
    check_status(ask_one(&d, &t), SRD_ERR_NUMBER);
    numbers[1] = INFINITY;
    check_status(ask_one(&d, &t), SRD_ERR_NUMBER);
    check_untouched(d.numbers, 2 * P);
    srd_tensor_free(mask);
    end(&d);
}
END_TEST

/* ---- Grad-CAM ---- */

static srd_status gradcam(dense *d, const srd_target *target, srd_layer at, const srd_question_options *options,
                          srd_layer layer)
{
    return srd_explainer_ask_gradcam(d->explainer, &target, 1, at, options, &layer, (srd_tensor *const[]){ d->map }, 1);
}

/* Behind a global pool and a fully connected layer, w_c is the weight over the number of positions. */
START_TEST(gradcam_weighs_channels_by_their_mean_gradient)
{
    const float weight[2 * 2] = { 1, -2, 0.5f, 3 }, picture[2 * P] = { 1, -1, 2, 3, -4, 5 };
    const int64_t shape[2] = { 2, 2 }, in[3] = { 2, H, W }, out[2] = { H, W };
    srd_tensor *const w = testing_const_view(2, shape, weight), *const input = testing_const_view(3, in, picture);
    srd_question_options signs = SRD_QUESTION_OPTIONS_INIT;
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_keep keep = { SRD_LAYER_NONE, SRD_KEEP_GRADCAM }; /* the last site with more than one position is x */
    float numbers[P], want[P];
    srd_tensor *const map = testing_view(2, out, numbers);
    const srd_target target = of_class(1), *const targets[1] = { &target };
    srd_graph *graph = NULL;
    srd_explainer *explainer;
    srd_layer x;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 2, H, W);
    check_ok(srd_graph_output(graph, srd_graph_linear(graph, "fc", srd_graph_global_avg_pool(graph, "gap", x), w, NULL)));
    check_ok(srd_graph_seal(graph, NULL));
    o.keeps = &keep;
    o.keep_count = 1;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ input }, 1, NULL));
    for (signs.keep_sign = 0; signs.keep_sign < 2; ++signs.keep_sign) {
        check_ok(srd_explainer_ask_gradcam(explainer, targets, 1, x, &signs, &x, (srd_tensor *const[]){ map }, 1));
        for (int p = 0; p < P; ++p) {
            want[p] = (weight[2] * picture[p] + weight[3] * picture[P + p]) / P;
            if (signs.keep_sign == 0 && want[p] < 0) want[p] = 0;
        }
        check_close(numbers, want, P);
    }
    check_ok(srd_explainer_ask_gradcam(explainer, targets, 1, SRD_LAYER_NONE, NULL, &x, (srd_tensor *const[]){ map }, 1));
    srd_tensor_free(w);
    srd_tensor_free(input);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* Mean over the positions of d score / d x_c below the 3 x 3 convolution: each tap counts where it stays inside the picture. */
static void mean_gradient(int class_index, float *mean)
{
    float weight[C * 4 * 9];

    testnet_picture(weight, C * 4 * 9, 20);
    for (int c = 0; c < 4; ++c) {
        mean[c] = 0;
        for (int tap = 0; tap < 9; ++tap) {
            const int rows = tap / 3 == 1 ? H : H - 1, columns = tap % 3 == 1 ? W : W - 1;

            mean[c] += weight[(class_index * 4 + c) * 9 + tap] * (float)(rows * columns) / P;
        }
    }
}

START_TEST(gradcam_of_a_batch_goes_on_below)
{
    const srd_target target = of_class(_i);
    const int64_t shape[4] = { 2, 4, H, W };
    float mean[4], values[2 * 4 * P], want[2 * P] = { 0 };
    srd_tensor *const value = testing_view(4, shape, values);
    srd_question_options signs = SRD_QUESTION_OPTIONS_INIT;
    srd_report r = SRD_REPORT_INIT;
    double sum = 0;
    dense d;

    begin(&d);
    check_ok(srd_explainer_value(d.explainer, d.middle, value));
    mean_gradient(_i, mean);
    for (int i = 0; i < 2 * 4 * P; ++i) want[i / (4 * P) * P + i % P] += mean[i / P % 4] * values[i];
    signs.keep_sign = 1;
    check_ok(gradcam(&d, &target, d.middle, &signs, d.middle));
    check_close(d.numbers, want, 2 * P);
    check_ok(gradcam(&d, &target, d.middle, NULL, d.middle));
    for (int i = 0; i < 2 * P; ++i) ck_assert(want[i] > 0 ? d.numbers[i] > 0.0f : d.numbers[i] == 0.0f);
    for (int i = 0; i < 2 * P; ++i) sum += (double)d.numbers[i];
    check_ok(gradcam(&d, &target, d.middle, NULL, d.x));
    check_ok(srd_explainer_report(d.explainer, &r));
    ck_assert_double_le(fabs(r.top - sum), 1e-5 * (1.0 + r.magnitude));
    ck_assert_double_le(fabs(r.at_inputs + r.unreached - sum), 1e-5 * (1.0 + r.magnitude));
    srd_tensor_free(value);
    end(&d);
}
END_TEST

START_TEST(gradcam_that_is_refused)
{
    const srd_target target = of_class(1), *const none[1] = { NULL };
    srd_question_options o = SRD_QUESTION_OPTIONS_INIT;
    dense d;

    begin(&d);
    check_status(gradcam(&d, &target, d.x, NULL, d.x), SRD_ERR_STATE); /* not kept */
    check_status(gradcam(&d, &target, d.scores, NULL, d.x), SRD_ERR_STATE);
    check_status(gradcam(&d, &target, 1000, NULL, d.x), SRD_ERR_ARGUMENT);
    check_status(gradcam(&d, &target, -2, NULL, d.x), SRD_ERR_ARGUMENT);
    check_status(gradcam(&d, &target, d.middle, NULL, d.scores), SRD_ERR_ARGUMENT); /* above */
    check_status(srd_explainer_ask_gradcam(d.explainer, none, 1, d.middle, NULL, NULL, NULL, 0), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_gradcam(NULL, none, 1, d.middle, NULL, NULL, NULL, 0), SRD_ERR_ARGUMENT);
    o.keep_sign = 2;
    check_status(gradcam(&d, &target, d.middle, &o, d.x), SRD_ERR_ARGUMENT);
    check_untouched(d.numbers, 2 * P);
    end(&d);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { simple_questions_are_targets, 0, 0 },
        { class_against_class_is_a_direction, 0, 0 },
        { each_image_its_class, 0, 0 },
        { masks_and_targets_add_up, 0, 0 },
        { targets_that_are_refused, 0, 19 },
        { lists_of_targets_that_are_refused, 0, 0 },
        { numbers_of_a_mask_that_are_not_finite, 0, 0 },
        { gradcam_weighs_channels_by_their_mean_gradient, 0, 0 },
        { gradcam_of_a_batch_goes_on_below, 0, C },
        { gradcam_that_is_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("targets", list);
}
