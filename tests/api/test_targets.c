/*
 * test_targets.c -- scores asked by srd_explainer_ask(): kinds of targets, classes per image, masks, sums of targets, and what
 * is refused. test_gradcam.c asks the same network by srd_explainer_ask_gradcam().
 */
#include "two_heads.h"

/* Asks for the map of t->asked; whatever is asked, relevance adds up. The answer is in t->numbers. */
static srd_status ask(two_heads *t, const srd_target *const *targets, int32_t count, const srd_question_options *options)
{
    const srd_status status = srd_explainer_ask(t->explainer, targets, count, options, &t->asked,
                                                (srd_tensor *const[]){ t->map }, 1, testing_reason());
    srd_report r;

    if (status != SRD_OK) return status;
    r = report(t);
    check_near(r.top + r.head_bias + r.subtracted, r.score, r.magnitude + fabs(r.score));
    check_near(r.at_inputs + r.at_constants + r.unreached, r.top, r.magnitude);
    return SRD_OK;
}

static srd_status ask_one(two_heads *t, const srd_target *target)
{
    return ask(t, &target, 1, NULL);
}

static float dense_score(const two_heads *t, int image, int class_index, int p)
{
    return t->dense[(image * CLASSES + class_index) * P + p];
}

static srd_target of_kind(int32_t kind, int32_t output)
{
    srd_target t = SRD_TARGET_INIT;

    t.kind = kind;
    t.output = output;
    return t;
}

/* ---- kinds ---- */

START_TEST(simple_questions_are_targets)
{
    const srd_target top = of_kind(SRD_TARGET_TOP, _i), one = of_class(1, _i);
    srd_score_options o = SRD_SCORE_OPTIONS_INIT;
    float asked[N * P];
    two_heads t;

    begin(&t);
    o.output = _i;
    check_ok(ask_one(&t, &top));
    memcpy(asked, t.numbers, sizeof asked);
    check_ok(srd_explainer_ask_top(t.explainer, &o, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()));
    ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    check_ok(ask_one(&t, &one));
    memcpy(asked, t.numbers, sizeof asked);
    check_ok(srd_explainer_ask_class(t.explainer, 1, &o, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()));
    ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    end(&t);
}
END_TEST

/* Class 1 against class 0: +1 and -1, however it is asked. */
START_TEST(class_against_class_is_a_direction)
{
    const float numbers[CLASSES] = { -1, 1, 0 };
    const int64_t shape = _i == 0 ? CLASSES : LABELS;
    srd_tensor *const direction = testing_const_view(1, &shape, numbers);
    srd_target against = of_kind(SRD_TARGET_AGAINST, _i), directed = of_kind(SRD_TARGET_DIRECTION, _i);
    srd_score_options o = SRD_SCORE_OPTIONS_INIT;
    float asked[N * P];
    two_heads t;

    against.class_index = 1;
    directed.direction = direction;
    o.output = _i;
    begin(&t);
    check_ok(ask_one(&t, &against));
    memcpy(asked, t.numbers, sizeof asked);
    check_ok(ask_one(&t, &directed));
    ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    check_ok(
        srd_explainer_ask_direction(t.explainer, direction, &o, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()));
    ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    check_ok(srd_explainer_ask_against(t.explainer, 1, 0, &o, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()));
    ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    check_status(srd_explainer_ask_against(t.explainer, 1, 1, &o, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()),
                 SRD_ERR_ARGUMENT);
    ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    end(&t);
    srd_tensor_free(direction);
}
END_TEST

/* Each image its own class, or its own direction, is what that image gets when it is asked of all. */
START_TEST(each_image_its_own)
{
    const int32_t classes[N] = { 2, 0, 1 };
    const int64_t shape[2] = { N, CLASSES };
    float weights[N * CLASSES] = { 0 }, asked[2][N * P];
    srd_tensor *const direction = testing_view(2, shape, weights);
    srd_target each = of_kind(SRD_TARGET_CLASS, 0), directed = of_kind(SRD_TARGET_DIRECTION, 0);
    two_heads t;

    each.classes = classes;
    directed.direction = direction;
    begin(&t);
    for (int image = 0; image < N; ++image) weights[image * CLASSES + classes[image]] = 1;
    check_ok(ask_one(&t, &each));
    memcpy(asked[0], t.numbers, sizeof asked[0]);
    check_ok(ask_one(&t, &directed));
    memcpy(asked[1], t.numbers, sizeof asked[1]);
    for (int image = 0; image < N; ++image) {
        const srd_target one = of_class(classes[image], 0);

        check_ok(ask_one(&t, &one));
        ck_assert_mem_eq(asked[0] + image * P, t.numbers + image * P, sizeof(float[P]));
        ck_assert_mem_eq(asked[1] + image * P, t.numbers + image * P, sizeof(float[P]));
    }
    srd_tensor_free(direction);
    end(&t);
}
END_TEST

/* ---- masks ---- */

/* Single positions add up to no mask; the score of one is the number that the network puts out there. */
START_TEST(single_positions_of_a_dense_output)
{
    const int64_t shape[2] = { H, W };
    float mask[P], whole[N * P], sum[N * P] = { 0 };
    srd_tensor *const view = testing_view(2, shape, mask);
    srd_target one = of_class(1, 0);
    two_heads t;

    begin(&t);
    check_ok(ask_one(&t, &one));
    memcpy(whole, t.numbers, sizeof whole);
    one.mask = view;
    for (int p = 0; p < P; ++p) {
        double score = 0;

        memset(mask, 0, sizeof mask);
        mask[p] = 1;
        check_ok(ask_one(&t, &one));
        for (int image = 0; image < N; ++image) score += (double)dense_score(&t, image, 1, p);
        ck_assert_double_le(fabs(report(&t).score - score), 1e-5 * (1 + fabs(score)));
        for (int i = 0; i < N * P; ++i) sum[i] += t.numbers[i];
    }
    check_close(sum, whole, N * P, 1e-5f);
    srd_tensor_free(view);
    end(&t);
}
END_TEST

/* Weights per image: the mask of an image is its own, and a weight multiplies the map of its position. */
START_TEST(masks_with_weights_per_image)
{
    const int64_t one_shape[2] = { H, W }, shape[3] = { N, H, W };
    float mask[P], masks[N * P] = { 0 }, want[N * P];
    srd_tensor *const single = testing_view(2, one_shape, mask), *const each = testing_view(3, shape, masks);
    srd_target target = of_class(2, 0);
    two_heads t;

    begin(&t);
    for (int image = 0; image < N; ++image) {
        memset(mask, 0, sizeof mask);
        mask[3 + image] = 1;
        masks[image * P + 3 + image] = -2.5f;
        target.mask = single;
        check_ok(ask_one(&t, &target));
        for (int p = 0; p < P; ++p) want[image * P + p] = -2.5f * t.numbers[image * P + p];
    }
    target.mask = each;
    check_ok(ask_one(&t, &target));
    check_close(t.numbers, want, N * P, 1e-5f);
    srd_tensor_free(single);
    srd_tensor_free(each);
    end(&t);
}
END_TEST

/* The top class of a mask is that of the masked sums, image by image, and need not be the top class of all positions. */
START_TEST(the_top_class_under_a_mask)
{
    const int64_t shape[2] = { H, W };
    float mask[P], asked[N * P];
    int32_t classes[N], top, differing = 0;
    srd_tensor *const view = testing_view(2, shape, mask);
    srd_target target = of_kind(SRD_TARGET_TOP, 0), each = of_kind(SRD_TARGET_CLASS, 0);
    two_heads t;

    begin(&t);
    target.mask = each.mask = view;
    each.classes = classes;
    for (int p = 0; p < P; ++p) {
        memset(mask, 0, sizeof mask);
        mask[p] = p % 2 == 0 ? 1.0f : -0.5f; /* a negative weight makes the smallest score the top */
        for (int image = 0; image < N; ++image) {
            classes[image] = 0;
            for (int32_t c = 1; c < CLASSES; ++c) {
                if (mask[p] * dense_score(&t, image, c, p) > mask[p] * dense_score(&t, image, classes[image], p)) {
                    classes[image] = c;
                }
            }
            check_ok(srd_explainer_top_class(t.explainer, image, 0, &top, NULL, testing_reason()));
            differing += classes[image] != top;
        }
        check_ok(ask_one(&t, &target));
        memcpy(asked, t.numbers, sizeof asked);
        check_ok(ask_one(&t, &each));
        ck_assert_mem_eq(asked, t.numbers, sizeof asked);
    }
    ck_assert_int_gt(differing, 0);
    srd_tensor_free(view);
    end(&t);
}
END_TEST

/* ---- sums ---- */

/* Targets of both outputs at once, one of them twice: the sum of the maps and of the scores. */
START_TEST(several_targets)
{
    const int64_t shape[2] = { H, W };
    float mask[P] = { 0, 1, 0, 0, 0.5f, -1 }, want[N * P] = { 0 };
    srd_tensor *const view = testing_view(2, shape, mask);
    srd_target parts[4] = { of_class(0, 0), of_class(1, 1), of_kind(SRD_TARGET_AGAINST, 0), of_kind(SRD_TARGET_TOP, 1) };
    const srd_target *const all[5] = { &parts[0], &parts[1], &parts[2], &parts[3], &parts[1] };
    double score = 0, head_bias = 0, magnitude = 0;
    two_heads t;

    begin(&t);
    parts[0].mask = view;
    parts[2].class_index = 2;
    parts[2].other_class = 1;
    for (int i = 0; i < 5; ++i) {
        check_ok(ask_one(&t, all[i]));
        score += report(&t).score;
        head_bias += report(&t).head_bias;
        magnitude += report(&t).magnitude;
        for (int k = 0; k < N * P; ++k) want[k] += t.numbers[k];
    }
    check_ok(ask(&t, all, 5, NULL));
    check_close(t.numbers, want, N * P, 2e-5f);
    ck_assert_double_le(fabs(report(&t).score - score), 1e-5 * magnitude);
    ck_assert_double_le(fabs(report(&t).head_bias - head_bias), 1e-5 * magnitude);
    ck_assert_double_gt(fabs(head_bias), 1e-3); /* or nothing was seen */
    srd_tensor_free(view);
    end(&t);
}
END_TEST

/* Contrastive: the first map of each image loses its mean, at the layer where it is made; the report says how much. */
START_TEST(contrastive_targets)
{
    const srd_target one = of_class(1, _i), other = of_class(0, _i), *const both[2] = { &one, &other };
    srd_question_options o = SRD_QUESTION_OPTIONS_INIT;
    float plain[N * P];
    double taken = 0;
    two_heads t;

    begin(&t);
    t.asked = _i == 0 ? t.middle : t.inner; /* the first map: just below what mixes positions */
    check_ok(ask(&t, both, 2, NULL));
    memcpy(plain, t.numbers, sizeof plain);
    for (int image = 0; image < N; ++image) {
        double mean = 0;

        for (int p = 0; p < P; ++p) mean += (double)plain[image * P + p] / P;
        for (int p = 0; p < P; ++p) plain[image * P + p] -= (float)mean;
        taken += mean * P;
    }
    o.contrastive = 1;
    check_ok(ask(&t, both, 2, &o));
    check_close(t.numbers, plain, N * P, 1e-5f);
    ck_assert_double_le(fabs(report(&t).subtracted - taken), 1e-5 * (1 + fabs(taken)));
    ck_assert_double_le(fabs(report(&t).top), 1e-5 * (1 + report(&t).magnitude));
    end(&t);
}
END_TEST

/* ---- refused ---- */

/* Tensors of which each is wrong somewhere. */
typedef struct wrong {
    float zeros[N * P], ones[N * P], nan[P], infinite[P], last_zero[N * P];
    srd_tensor *mask, *turned, *flat, *more, *planes, *zero, *zero_last, *nan_mask, *infinite_mask; /* masks */
    srd_tensor *one, *short_one, *square, *two, *zero_one, *zero_two, *nan_one, *infinite_one;      /* directions */
} wrong;

static srd_tensor *shaped(float *numbers, int32_t rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    const int64_t shape[4] = { a, b, c, d };

    return testing_view(rank, shape, numbers);
}

static void make_wrong(wrong *w)
{
    memset(w, 0, sizeof *w);
    for (int i = 0; i < N * P; ++i) w->ones[i] = 1;
    for (int i = 0; i < (N - 1) * P; ++i) w->last_zero[i] = 1; /* for all images but the last */
    memcpy(w->nan, w->ones, sizeof w->nan);
    memcpy(w->infinite, w->ones, sizeof w->infinite);
    w->nan[1] = NAN;
    w->infinite[1] = -INFINITY;
    w->mask = shaped(w->ones, 2, H, W, 0, 0);
    w->turned = shaped(w->ones, 2, W, H, 0, 0);
    w->flat = shaped(w->ones, 1, P, 0, 0, 0);
    w->more = shaped(w->ones, 3, N - 1, H, W, 0);
    w->planes = shaped(w->ones, 4, N, 1, H, W);
    w->zero = shaped(w->zeros, 2, H, W, 0, 0);
    w->zero_last = shaped(w->last_zero, 3, N, H, W, 0);
    w->nan_mask = shaped(w->nan, 2, H, W, 0, 0);
    w->infinite_mask = shaped(w->infinite, 2, H, W, 0, 0);
    w->one = shaped(w->ones, 1, CLASSES, 0, 0, 0);
    w->short_one = shaped(w->ones, 1, CLASSES - 1, 0, 0, 0);
    w->square = shaped(w->ones, 3, N, CLASSES, 1, 0);
    w->two = shaped(w->ones, 2, N - 1, CLASSES, 0, 0);
    w->zero_one = shaped(w->zeros, 1, CLASSES, 0, 0, 0);
    w->zero_two = shaped(w->last_zero + (N - 1) * (P - CLASSES), 2, N, CLASSES, 0, 0);
    w->nan_one = shaped(w->nan, 1, CLASSES, 0, 0, 0);
    w->infinite_one = shaped(w->infinite, 1, CLASSES, 0, 0, 0);
}

static void free_wrong(wrong *w)
{
    srd_tensor *const all[] = { w->mask,      w->turned,   w->flat,          w->more,    w->planes,      w->zero,
                                w->zero_last, w->nan_mask, w->infinite_mask, w->one,     w->short_one,   w->square,
                                w->two,       w->zero_one, w->zero_two,      w->nan_one, w->infinite_one };

    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) srd_tensor_free(all[i]);
}

#define SIZE ((uint32_t)sizeof(srd_target))

typedef struct bad_target {
    srd_target target;
    srd_status status;
} bad_target;

/* Each row is a target of which one field is wrong: first plain fields, then tensors. */
#define BAD_FIELDS 22
#define BAD_TENSORS 18

static bad_target bad_field(const wrong *w, int row)
{
    static const int32_t some[N] = { 0, 1, CLASSES }, negative[N] = { -1, 1, 2 }, fine[N] = { 0, 1, 2 };
    const bad_target bad[] = {
        { { 4, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { 0, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, 4, 0, 0, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, -1, 0, 0, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 2, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, -1, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, CLASSES, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 1, LABELS, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, -1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 0, 0, 0, some, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 0, 0, 0, negative, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 0, 1, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 2, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, w->one, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 0, 0, fine, NULL, NULL }, SRD_ERR_ARGUMENT }, /* class_index is not used then */
        { { SIZE, SRD_TARGET_TOP, 0, 1, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_TOP, 0, 0, 1, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_TOP, 0, 0, 0, 0, fine, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_AGAINST, 0, 1, 1, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_AGAINST, 0, 1, CLASSES, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_AGAINST, 0, -1, 1, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_AGAINST, 0, 1, 0, 0, fine, NULL, NULL }, SRD_ERR_ARGUMENT },
    };

    ck_assert_int_eq(sizeof bad / sizeof *bad, BAD_FIELDS);
    return bad[row];
}

static bad_target bad_tensor(const wrong *w, int row)
{
    const bad_target bad[] = {
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, NULL, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 1, 0, 0, NULL, w->one, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->short_one, NULL }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->square, NULL }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->two, NULL }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->zero_one, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->zero_two, NULL }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->nan_one, NULL }, SRD_ERR_NUMBER },
        { { SIZE, SRD_TARGET_DIRECTION, 0, 0, 0, 0, NULL, w->infinite_one, NULL }, SRD_ERR_NUMBER },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, w->zero }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, w->zero_last }, SRD_ERR_ARGUMENT },
        { { SIZE, SRD_TARGET_CLASS, 0, 1, 0, 0, NULL, NULL, w->turned }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_CLASS, 1, 1, 0, 0, NULL, NULL, w->mask }, SRD_ERR_SHAPE }, /* that of the other output */
        { { SIZE, SRD_TARGET_TOP, 0, 0, 0, 0, NULL, NULL, w->more }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_TOP, 0, 0, 0, 0, NULL, NULL, w->flat }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_TOP, 0, 0, 0, 0, NULL, NULL, w->planes }, SRD_ERR_SHAPE },
        { { SIZE, SRD_TARGET_TOP, 0, 0, 0, 0, NULL, NULL, w->nan_mask }, SRD_ERR_NUMBER },
        { { SIZE, SRD_TARGET_TOP, 0, 0, 0, 0, NULL, NULL, w->infinite_mask }, SRD_ERR_NUMBER },
    };

    ck_assert_int_eq(sizeof bad / sizeof *bad, BAD_TENSORS);
    return bad[row];
}

START_TEST(targets_that_are_refused)
{
    const srd_target good = of_class(1, 0);
    srd_detail detail;
    bad_target bad;
    two_heads t;
    wrong w;

    make_wrong(&w);
    bad = _i < BAD_FIELDS ? bad_field(&w, _i) : bad_tensor(&w, _i - BAD_FIELDS);
    begin(&t);
    check_ok(ask_one(&t, &good));
    testing_mark(t.numbers, N * P);
    for (int second = 0; second < 2; ++second) { /* the wrong one alone, and after a good one */
        const srd_target *const targets[2] = { second ? &good : &bad.target, &bad.target };

        check_status(ask(&t, targets, 1 + second, NULL), bad.status);
        detail = *testing_reason();
        ck_assert_int_eq(detail.status, bad.status);
        ck_assert(detail.text[0] != '\0');
        check_status(srd_explainer_ask_gradcam(t.explainer, targets, 1 + second, t.middle, NULL, &t.x,
                                               (srd_tensor *const[]){ t.map }, 1, testing_reason()),
                     bad.status);
        check_untouched(t.numbers, N * P);
    }
    free_wrong(&w);
    end(&t);
}
END_TEST

START_TEST(lists_of_targets_that_are_refused)
{
    const srd_target good = of_class(1, 0), *const targets[2] = { &good, NULL };
    srd_question_options o = SRD_QUESTION_OPTIONS_INIT;
    two_heads t;

    begin(&t);
    check_status(ask(&t, NULL, 1, NULL), SRD_ERR_ARGUMENT);
    check_status(ask(&t, targets, 0, NULL), SRD_ERR_ARGUMENT);
    check_status(ask(&t, targets, -1, NULL), SRD_ERR_ARGUMENT);
    check_status(ask(&t, targets, 2, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask(NULL, targets, 1, NULL, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()),
                 SRD_ERR_ARGUMENT);
    o.contrastive = 2;
    check_status(ask(&t, targets, 1, &o), SRD_ERR_ARGUMENT);
    check_untouched(t.numbers, N * P);
    end(&t);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { simple_questions_are_targets, 0, 2 },
        { class_against_class_is_a_direction, 0, 2 },
        { each_image_its_own, 0, 0 },
        { single_positions_of_a_dense_output, 0, 0 },
        { masks_with_weights_per_image, 0, 0 },
        { the_top_class_under_a_mask, 0, 0 },
        { several_targets, 0, 0 },
        { contrastive_targets, 0, 2 },
        { targets_that_are_refused, 0, BAD_FIELDS + BAD_TENSORS },
        { lists_of_targets_that_are_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("targets", list);
}
