/*
 * test_one_image.c -- a batch of which one image is kept at a time (SRD_IMAGES_ONE): each image is asked when it is
 * complete, and answers with the bits of a batch of one and of a batch that is kept whole. Three pictures of the residual
 * network, asked all kinds of questions.
 */
#include <math.h>

#include "testing.h"
#include "testnet.h"

#define N 3
#define P TESTNET_PIXELS
#define HEIGHT TESTNET_HEIGHT
#define WIDTH TESTNET_WIDTH

/* What is asked of one image, compared as bytes. */
typedef struct answer {
    float top[P], against[P], erf[P], seed[P], gradcam[P], channels[TESTNET_INPUT], probs[TESTNET_CLASSES], score;
    int32_t top_class, reserved;
    srd_report report;
    srd_site_report site;
} answer;

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, relu, probs;
    float pictures[N * TESTNET_INPUT];
    srd_tensor *input; /* all of them */
    answer answers[N];
    int32_t asked, steps;
    srd_status answer_status; /* each_image returns it for image 1 */
} net;

static const srd_keep keeps[2] = { { SRD_LAYER_NONE, SRD_KEEP_GRADCAM }, { SRD_LAYER_NONE, SRD_KEEP_CHANNELS } };

static srd_explainer *make(const net *n, int32_t batch, int32_t keep_images)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;

    o.batch = batch;
    o.keep_images = keep_images;
    o.keeps = keeps;
    o.keep_count = 2;
    return testnet_explainer(n->graph, &o);
}

static void begin(net *n)
{
    const int64_t shape[4] = { N, TESTNET_CHANNELS, HEIGHT, WIDTH };

    memset(n, 0, sizeof *n);
    n->graph = testnet_graph(testnet_residual);
    n->x = srd_graph_find(n->graph, "x");
    n->relu = srd_graph_find(n->graph, "relu1");
    n->probs = srd_graph_find(n->graph, "probs");
    n->explainer = make(n, N, SRD_IMAGES_ONE);
    n->steps = srd_explainer_step_count(n->explainer);
    n->input = testing_view(4, shape, n->pictures);
    testnet_picture(n->pictures, N * TESTNET_INPUT, 1);
    testing_mark(n->pictures + 2 * TESTNET_INPUT, 1); /* no picture like the others: the ratios have special positions */
    for (size_t i = TESTNET_INPUT; i < 2 * TESTNET_INPUT; ++i) n->pictures[i] = 0.0f;
}

static void end(net *n)
{
    srd_tensor_free(n->input);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_status run(net *n, srd_explainer *explainer, const srd_run_options *options)
{
    return srd_explainer_run(explainer, (const srd_tensor *const[]){ n->input }, 1, options, testing_reason());
}

/* All questions about the one image that an explainer keeps; tensors without and with an axis for it. */
static void ask(const net *n, srd_explainer *e, int32_t image, answer *a)
{
    const int64_t shape[4] = { 1, 1, HEIGHT, WIDTH }, colours[4] = { 1, TESTNET_CHANNELS, HEIGHT, WIDTH };
    const int64_t classes[2] = { 1, TESTNET_CLASSES };
    static float direction[TESTNET_CLASSES] = { 0.5f, -1.0f, 2.0f }, ones[P];
    static const int32_t one_class[1] = { 1 };
    srd_tensor *const maps[6] = { testing_view(2, shape + 2, a->top),     testing_view(3, shape + 1, a->against),
                                  testing_view(4, shape, a->erf),         testing_view(2, shape + 2, a->seed),
                                  testing_view(3, shape + 1, a->gradcam), testing_view(4, colours, a->channels) };
    srd_tensor *const along = testing_view(2, classes, direction), *const probs = testing_view(2, classes, a->probs);
    const int64_t dot[3] = { 1, 1, 1 };
    srd_tensor *const mask = testing_view(3, dot, ones), *const seed = testing_view(4, shape, ones);
    srd_target targets[2] = { SRD_TARGET_INIT, SRD_TARGET_INIT };

    for (int i = 0; i < P; ++i) ones[i] = 1.0f;
    a->report.struct_size = (uint32_t)sizeof a->report;
    a->site.struct_size = (uint32_t)sizeof a->site;
    targets[0].kind = SRD_TARGET_CLASS;
    targets[0].classes = one_class;
    targets[0].mask = mask;
    targets[1].kind = SRD_TARGET_DIRECTION;
    targets[1].direction = along;
    check_ok(srd_explainer_ask_top(e, NULL, &n->x, maps, 1, testing_reason()));
    check_ok(srd_explainer_report(e, &a->report, testing_reason()));
    check_ok(srd_explainer_site_report(e, n->relu, &a->site, testing_reason()));
    check_ok(srd_explainer_ask(e, (const srd_target *const[]){ &targets[0], &targets[1] }, 2, NULL, &n->x, maps + 1, 1,
                               testing_reason()));
    check_ok(srd_explainer_ask_erf(e, n->relu, 3, 4, NULL, &n->x, maps + 2, 1, testing_reason()));
    check_ok(srd_explainer_ask_seed(e, n->relu, seed, NULL, &n->x, maps + 3, 1, testing_reason()));
    check_ok(srd_explainer_ask_gradcam(e, (const srd_target *const[]){ &targets[0] }, 1, SRD_LAYER_NONE, NULL, &n->x, maps + 4,
                                       1, testing_reason()));
    check_ok(srd_explainer_ask_top(e, NULL, &n->x, maps + 5, 1, testing_reason()));
    check_ok(srd_explainer_value(e, n->probs, probs, testing_reason()));
    check_ok(srd_explainer_top_class(e, image, 0, &a->top_class, &a->score, testing_reason()));
    for (int i = 0; i < 6; ++i) srd_tensor_free(maps[i]);
    srd_tensor_free(along);
    srd_tensor_free(probs);
    srd_tensor_free(mask);
    srd_tensor_free(seed);
}

/* What an explainer with a batch of one says of each picture. */
static void ask_alone(net *n, answer *answers)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, HEIGHT, WIDTH };
    srd_explainer *const alone = make(n, 1, SRD_IMAGES_ALL);

    for (int32_t i = 0; i < N; ++i) {
        srd_tensor *const picture = testing_view(3, shape, n->pictures + i * TESTNET_INPUT);

        memset(&answers[i], 0, sizeof answers[i]);
        check_ok(srd_explainer_run(alone, (const srd_tensor *const[]){ picture }, 1, NULL, testing_reason()));
        ask(n, alone, 0, &answers[i]);
        srd_tensor_free(picture);
    }
    srd_explainer_free(alone);
    ck_assert_mem_ne(&answers[0], &answers[1], sizeof answers[0]);
    ck_assert_int_gt(answers[1].report.special_positions, answers[0].report.special_positions);
}

/* ---- the same bits ---- */

static srd_status on_image(void *user, srd_explainer *explainer, int32_t image)
{
    net *const n = user;

    ck_assert_ptr_eq(explainer, n->explainer);
    ck_assert_int_eq(image, n->asked++);
    ask(n, explainer, image, &n->answers[image]);
    return SRD_OK;
}

START_TEST(each_image_has_the_bits_of_a_batch_of_one)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    answer alone[N], again;
    net n;

    begin(&n);
    ask_alone(&n, alone);
    o.each_image = on_image;
    o.user = &n;
    for (int round = 0; round < 2; ++round) {
        n.asked = 0;
        memset(n.answers, 0, sizeof n.answers);
        check_ok(run(&n, n.explainer, &o));
        ck_assert_int_eq(n.asked, N);
        ck_assert_mem_eq(n.answers, alone, sizeof alone);
        memset(&again, 0, sizeof again);
        ask(&n, n.explainer, N - 1, &again); /* the last one stays */
        ck_assert_mem_eq(&again, &alone[N - 1], sizeof again);
    }
    end(&n);
}
END_TEST

START_TEST(each_image_has_the_bits_of_a_batch_kept_whole)
{
    const int64_t shape[3] = { N, HEIGHT, WIDTH }, classes[2] = { N, TESTNET_CLASSES };
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    float top[N * P], probs[N * TESTNET_CLASSES];
    srd_tensor *const map = testing_view(3, shape, top), *const value = testing_view(2, classes, probs);
    srd_explainer *whole;
    net n;

    begin(&n);
    whole = make(&n, N, SRD_IMAGES_ALL);
    check_ok(run(&n, whole, NULL));
    check_ok(srd_explainer_ask_top(whole, NULL, &n.x, &map, 1, testing_reason()));
    check_ok(srd_explainer_value(whole, n.probs, value, testing_reason()));
    o.each_image = on_image;
    o.user = &n;
    check_ok(run(&n, n.explainer, &o));
    for (int i = 0; i < N; ++i) {
        ck_assert_mem_eq(n.answers[i].top, top + i * P, sizeof n.answers[i].top);
        ck_assert_mem_eq(n.answers[i].probs, probs + i * TESTNET_CLASSES, sizeof n.answers[i].probs);
    }
    srd_explainer_free(whole);
    srd_tensor_free(map);
    srd_tensor_free(value);
    end(&n);
}
END_TEST

/* ---- what stays, and what does not ---- */

static void check_nothing_to_ask(const net *n)
{
    srd_report report = SRD_REPORT_INIT;
    int32_t top = 4711;

    check_status(srd_explainer_ask_top(n->explainer, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_STATE);
    for (int32_t i = 0; i < N; ++i)
        check_status(srd_explainer_top_class(n->explainer, i, 0, &top, NULL, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_report(n->explainer, &report, testing_reason()), SRD_ERR_STATE);
    ck_assert_int_eq(top, 4711);
}

/* Step by step the caller stops where an image is complete; with it go its report and its right to be asked. */
START_TEST(stepping_stops_at_the_end_of_each_image)
{
    answer alone[N], got;
    int32_t left = -1;
    net n;

    begin(&n);
    ask_alone(&n, alone);
    check_ok(srd_explainer_begin(n.explainer, (const srd_tensor *const[]){ n.input }, 1, NULL, testing_reason()));
    for (int32_t done = 1; done <= N * n.steps; ++done) {
        const int32_t image = (done - 1) / n.steps;

        check_ok(srd_explainer_step(n.explainer, &left, testing_reason()));
        ck_assert_int_eq(left, N * n.steps - done);
        if (left % n.steps != 0) {
            check_nothing_to_ask(&n);
            continue;
        }
        ck_assert_int_eq(N - 1 - left / n.steps, image);
        memset(&got, 0, sizeof got);
        ask(&n, n.explainer, image, &got);
        ck_assert_mem_eq(&got, &alone[image], sizeof got);
        check_status(srd_explainer_begin(n.explainer, NULL, 1, NULL, testing_reason()), SRD_ERR_ARGUMENT); /* the run goes on */
    }
    check_status(srd_explainer_step(n.explainer, &left, testing_reason()), SRD_ERR_STATE);
    end(&n);
}
END_TEST

static void check_refused(srd_status status, srd_status want, const char *words)
{
    srd_detail why;

    check_status(status, want);
    why = *testing_reason();
    ck_assert_int_eq(why.status, want);
    ck_assert_msg(strstr(why.text, words) != NULL, "'%s' does not say '%s'", why.text, words);
}

START_TEST(other_images_are_refused_with_the_reason)
{
    const int64_t shape[3] = { N, HEIGHT, WIDTH }, classes[2] = { N, TESTNET_CLASSES }, dots[3] = { N, 1, 1 };
    static float numbers[N * P], ones[N * TESTNET_CLASSES] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    srd_tensor *const map = testing_view(3, shape, numbers), *const value = testing_view(2, classes, numbers);
    srd_tensor *const direction = testing_view(2, classes, ones), *const mask = testing_view(3, dots, ones);
    srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { &target };
    net n;

    begin(&n);
    testing_mark(numbers, N * P);
    check_ok(run(&n, n.explainer, NULL));
    check_refused(srd_explainer_ask_top(n.explainer, NULL, &n.x, &map, 1, testing_reason()), SRD_ERR_SHAPE, "one image");
    check_refused(srd_explainer_ask_seed(n.explainer, n.x, map, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_SHAPE,
                  "one image");
    check_refused(srd_explainer_value(n.explainer, n.probs, value, testing_reason()), SRD_ERR_SHAPE, "one image");
    check_refused(srd_explainer_ask_direction(n.explainer, direction, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_SHAPE,
                  "one image");
    target.mask = mask;
    check_refused(srd_explainer_ask(n.explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_SHAPE,
                  "one image");
    for (int32_t i = 0; i < N - 1; ++i) {
        check_refused(srd_explainer_top_class(n.explainer, i, 0, NULL, NULL, testing_reason()), SRD_ERR_STATE,
                      "only image 2 is kept");
    }
    check_refused(srd_explainer_top_class(n.explainer, N, 0, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT, "no image 3");
    check_ok(srd_explainer_top_class(n.explainer, N - 1, 0, NULL, NULL, testing_reason()));
    check_untouched(numbers, N * P);
    srd_tensor_free(map);
    srd_tensor_free(value);
    srd_tensor_free(direction);
    srd_tensor_free(mask);
    end(&n);
}
END_TEST

/* ---- the callback ---- */

static srd_status answer_at_one(void *user, srd_explainer *explainer, int32_t image)
{
    net *const n = user;

    (void)explainer;
    n->asked++;
    return image == 1 ? n->answer_status : SRD_OK;
}

static srd_status fail_a_question(void *user, srd_explainer *explainer, int32_t image)
{
    (void)user;
    (void)image;
    return srd_explainer_ask_class(explainer, TESTNET_CLASSES, NULL, NULL, NULL, 0, testing_reason());
}

/* Its status ends the run; the reason is the question's, or else says that the callback wanted it so. */
START_TEST(a_status_of_the_callback_ends_the_run)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    net n;

    begin(&n);
    o.each_image = answer_at_one;
    o.user = &n;
    for (int i = 0; i < 3; ++i) {
        const srd_status want = (srd_status[]){ SRD_ERR_CANCELLED, SRD_ERR_NUMBER, SRD_ERR_ARGUMENT }[i];

        n.asked = 0;
        n.answer_status = (srd_status[]){ SRD_ERR_CANCELLED, SRD_ERR_NUMBER, 17 }[i];
        check_refused(run(&n, n.explainer, &o), want, i < 2 ? "image 1" : "17");
        ck_assert_int_eq(n.asked, 2);
        check_nothing_to_ask(&n);
        check_status(srd_explainer_step(n.explainer, NULL, testing_reason()), SRD_ERR_STATE);
    }
    o.each_image = fail_a_question;
    check_refused(run(&n, n.explainer, &o), SRD_ERR_ARGUMENT,
                  "each_image for image"); /* its question has told why in a detail of its own */
    check_nothing_to_ask(&n);
    check_ok(run(&n, n.explainer, NULL));
    end(&n);
}
END_TEST

static srd_status run_inside(void *user, srd_explainer *explainer, int32_t image)
{
    net *const n = user;
    const srd_tensor *const inputs[1] = { n->input };
    srd_detail why = testing_new_detail();

    (void)image;
    n->asked++;
    check_status(srd_explainer_step(explainer, NULL, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_begin(explainer, inputs, 1, NULL, testing_reason()), SRD_ERR_STATE);
    check_status(srd_explainer_run(explainer, inputs, 1, NULL, testing_reason()), SRD_ERR_STATE);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_STATE, "", "callback");
    check_ok(srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, testing_reason()));
    return SRD_OK;
}

static srd_status step_inside(void *user, int32_t done, int32_t total)
{
    (void)done;
    (void)total;
    check_status(srd_explainer_step(((net *)user)->explainer, NULL, testing_reason()), SRD_ERR_STATE);
    return 0;
}

START_TEST(a_callback_cannot_run_the_explainer)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    net n;

    begin(&n);
    o.each_image = run_inside;
    o.progress = step_inside;
    o.user = &n;
    check_ok(run(&n, n.explainer, &o));
    ck_assert_int_eq(n.asked, N);
    end(&n);
}
END_TEST

static srd_status stop_after_one(void *user, int32_t done, int32_t total)
{
    (void)total;
    return done == ((net *)user)->steps ? SRD_ERR_CANCELLED : SRD_OK;
}

START_TEST(progress_and_nan_stop_behind_an_image)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    net n;

    begin(&n);
    o.each_image = answer_at_one;
    o.progress = stop_after_one;
    o.user = &n;
    check_refused(run(&n, n.explainer, &o), SRD_ERR_CANCELLED, "progress");
    ck_assert_int_eq(n.asked, 1); /* the image was asked first */
    check_nothing_to_ask(&n);
    o.progress = NULL;
    n.asked = 0;
    n.pictures[2 * TESTNET_INPUT + 7] = NAN;
    check_refused(run(&n, n.explainer, &o), SRD_ERR_NUMBER, "image 2");
    ck_assert_int_eq(n.asked, 2);
    check_nothing_to_ask(&n);
    end(&n);
}
END_TEST

/* ---- options ---- */

static void check_options(const net *n, const srd_explainer_options *o, srd_status want, const char *words)
{
    srd_detail why = testing_new_detail();
    srd_explainer *e = NULL;

    check_status(srd_explainer_create(n->graph, o, NULL, &e, &why), want);
    check_detail(&why, want, "", words);
    ck_assert_ptr_null(e);
}

START_TEST(options_that_do_not_fit)
{
    const srd_keep patterns = { SRD_LAYER_NONE, SRD_KEEP_PATTERN };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_run_options r = SRD_RUN_OPTIONS_INIT;
    srd_explainer *whole;
    srd_detail why = testing_new_detail();
    net n;

    begin(&n);
    o.keep_images = 2;
    check_options(&n, &o, SRD_ERR_ARGUMENT, "keep_images");
    o.keep_images = -1;
    check_options(&n, &o, SRD_ERR_ARGUMENT, "keep_images");
    o.keep_images = SRD_IMAGES_ONE;
    o.kernels = 9;
    check_options(&n, &o, SRD_ERR_ARGUMENT, "kernels");
    o.kernels = 0;
    o.batch = 2;
    o.keeps = &patterns;
    o.keep_count = 1;
    check_options(&n, &o, SRD_ERR_UNSUPPORTED, "batch must be 1");
    whole = make(&n, N, SRD_IMAGES_ALL);
    r.each_image = answer_at_one;
    check_status(run(&n, whole, &r), SRD_ERR_ARGUMENT);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_ARGUMENT, "", "SRD_IMAGES_ONE");
    srd_explainer_free(whole);
    end(&n);
}
END_TEST

/* A program that was compiled before the fields: what it does not know counts as 0. */
START_TEST(older_structs_mean_the_default)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_run_options r = SRD_RUN_OPTIONS_INIT;
    srd_explainer *older;
    net n;

    begin(&n);
    o.struct_size = (uint32_t)offsetof(srd_explainer_options, keep_images);
    o.keep_images = 4711;
    o.batch = N;
    r.struct_size = (uint32_t)offsetof(srd_run_options, each_image);
    r.each_image = answer_at_one;
    older = testnet_explainer(n.graph, &o);
    check_ok(run(&n, older, &r));
    ck_assert_int_eq(n.asked, 0);
    check_ok(srd_explainer_top_class(older, 0, 0, NULL, NULL, testing_reason()));
    srd_explainer_free(older);
    end(&n);
}
END_TEST

/* ---- patterns (APOP) ---- */

static srd_status keep_probs(void *user, srd_explainer *explainer, int32_t image)
{
    net *const n = user;
    const int64_t shape[1] = { TESTNET_CLASSES };
    srd_tensor *const probs = testing_view(1, shape, n->answers[image].probs);
    const srd_status status = srd_explainer_value(explainer, n->probs, probs, testing_reason());

    srd_tensor_free(probs);
    return status;
}

/* Patterns instead of values, image by image; imposed patterns with a batch of one. */
START_TEST(patterns_of_one_image)
{
    const srd_keep patterns = { SRD_LAYER_NONE, SRD_KEEP_PATTERN };
    const int64_t shape[3] = { TESTNET_CHANNELS, HEIGHT, WIDTH };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_run_options r = SRD_RUN_OPTIONS_INIT;
    srd_explainer *const_one, *const_all;
    net n, all;

    begin(&n);
    begin(&all);
    o.keeps = &patterns;
    o.keep_count = 1;
    const_all = testnet_explainer(n.graph, &o);
    o.keep_images = SRD_IMAGES_ONE;
    const_one = testnet_explainer(n.graph, &o);
    r.patterns = SRD_PATTERNS_ONLY;
    r.each_image = keep_probs;
    r.user = &n;
    check_ok(run(&n, n.explainer, &r));
    r.each_image = NULL;
    for (int32_t i = 0; i < N; ++i) {
        srd_tensor *const picture = testing_view(3, shape, n.pictures + i * TESTNET_INPUT);
        srd_tensor *const next = testing_view(3, shape, n.pictures + (i + 1) % N * TESTNET_INPUT);
        const srd_tensor *const pair[2] = { picture, next };

        r.patterns = SRD_PATTERNS_ONLY;
        check_ok(srd_explainer_run(const_all, pair, 1, &r, testing_reason()));
        check_ok(keep_probs(&all, const_all, i));
        ck_assert_mem_eq(n.answers[i].probs, all.answers[i].probs, sizeof n.answers[i].probs);
        r.patterns = SRD_PATTERNS_IMPOSE;
        check_ok(srd_explainer_run(const_all, pair, 1, NULL, testing_reason()));
        check_ok(srd_explainer_run(const_all, pair + 1, 1, &r, testing_reason()));
        check_ok(keep_probs(&all, const_all, i));
        check_ok(srd_explainer_run(const_one, pair, 1, NULL, testing_reason()));
        check_ok(srd_explainer_run(const_one, pair + 1, 1, &r, testing_reason()));
        check_ok(keep_probs(&n, const_one, i));
        ck_assert_mem_eq(n.answers[i].probs, all.answers[i].probs, sizeof n.answers[i].probs);
        srd_tensor_free(picture);
        srd_tensor_free(next);
    }
    check_refused(run(&n, n.explainer, &r), SRD_ERR_STATE, "pattern"); /* a batch keeps none to impose */
    srd_explainer_free(const_one);
    srd_explainer_free(const_all);
    end(&all);
    end(&n);
}
END_TEST

/* ---- memory ---- */

/* What a batch costs: with all images kept, each one's ratios and values; with one kept, nothing. To the byte. */
START_TEST(a_batch_costs_no_memory)
{
    srd_explainer_options o = testnet_options();
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    size_t single = 0, whole = 0, less = 0, one = 0;
    srd_explainer *e;
    net n;

    begin(&n);
    o.mode = _i;
    check_ok(srd_explainer_memory_size(n.graph, &o, NULL, &single, NULL));
    o.batch = 255; /* of few images the network is so small that planning takes most */
    check_ok(srd_explainer_memory_size(n.graph, &o, NULL, &less, NULL));
    o.batch = 256;
    check_ok(srd_explainer_memory_size(n.graph, &o, NULL, &whole, NULL));
    o.keep_images = SRD_IMAGES_ONE;
    check_ok(srd_explainer_memory_size(n.graph, &o, NULL, &one, NULL));
    ck_assert_uint_eq(one, single);
    e = testnet_explainer(n.graph, &o);
    check_ok(srd_explainer_memory_info(e, &info, testing_reason()));
    ck_assert_int_eq(info.total, (int64_t)one);
    ck_assert_int_gt(info.kept, 0);
    ck_assert_int_eq((int64_t)(whole - less), info.kept);
    ck_assert_uint_gt(less, one);
    ck_assert_int_eq(info.total, info.tables + info.working + info.kept + info.scratch);
    srd_explainer_free(e);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { each_image_has_the_bits_of_a_batch_of_one, 0, 0 },
        { each_image_has_the_bits_of_a_batch_kept_whole, 0, 0 },
        { stepping_stops_at_the_end_of_each_image, 0, 0 },
        { other_images_are_refused_with_the_reason, 0, 0 },
        { a_status_of_the_callback_ends_the_run, 0, 0 },
        { a_callback_cannot_run_the_explainer, 0, 0 },
        { progress_and_nan_stop_behind_an_image, 0, 0 },
        { options_that_do_not_fit, 0, 0 },
        { older_structs_mean_the_default, 0, 0 },
        { patterns_of_one_image, 0, 0 },
        { a_batch_costs_no_memory, SRD_MODE_EXPLAIN, SRD_MODE_FORWARD + 1 },
        { NULL, 0, 0 },
    };

    return testing_main("one_image", list);
}
