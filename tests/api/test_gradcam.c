/*
 * test_gradcam.c -- srd_explainer_ask_gradcam(). Its weights are checked from outside: everything above the layer is built once
 * more as a network of its own, whose input is the layer's value, and run on values a little larger and a little smaller.
 */
#include "two_heads.h"

/* The scores that are asked: a label; one class against another of the dense output under a mask; both together. */
#define SETS 3

typedef struct question {
    float mask[P];
    srd_tensor *view;
    srd_target label, against;
    const srd_target *targets[2];
    int32_t count;
} question;

static void make_question(question *q, int set)
{
    const int64_t shape[2] = { H, W };

    testnet_picture(q->mask, P, 70);
    q->view = testing_view(2, shape, q->mask);
    q->label = of_class(1, 1);
    q->against = of_class(2, 0);
    q->against.kind = SRD_TARGET_AGAINST;
    q->against.other_class = 1;
    q->against.mask = q->view;
    q->targets[0] = set == 1 ? &q->against : &q->label;
    q->targets[1] = &q->against;
    q->count = set == 2 ? 2 : 1;
}

static double score_of(const question *q, int set, const float *dense, const float *logits)
{
    double sum = set == 1 ? 0 : (double)logits[1];

    for (int p = 0; set != 0 && p < P; ++p) sum += (double)q->mask[p] * ((double)dense[2 * P + p] - (double)dense[P + p]);
    return sum;
}

/* The network above middle, alone. */
typedef struct top {
    srd_explainer *explainer;
    two_heads layers;
    float value[MIDDLE * P];
    srd_tensor *input;
} top;

static void make_top(top *t)
{
    const int64_t shape[3] = { MIDDLE, H, W };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    two_heads_top(&t->layers, graph, srd_graph_input(graph, "middle", MIDDLE, H, W), 0);
    o.mode = SRD_MODE_FORWARD;
    t->explainer = testnet_explainer(graph, &o);
    srd_graph_free(graph);
    t->input = testing_view(3, shape, t->value);
}

/* The score with every position of a channel of one image's value moved by so much. */
static double moved(top *t, const question *q, int set, const float *value, int channel, float by)
{
    float dense[CLASSES * P], logits[LABELS];

    memcpy(t->value, value, sizeof t->value);
    for (int p = 0; p < P; ++p) t->value[channel * P + p] += by;
    check_ok(srd_explainer_run(t->explainer, (const srd_tensor *const[]){ t->input }, 1, NULL, testing_reason()));
    two_heads_value(t->explainer, t->layers.scores, 1, CLASSES, H, W, dense);
    two_heads_value(t->explainer, t->layers.logits, 1, LABELS, 1, 1, logits);
    return score_of(q, set, dense, logits);
}

/* The map by central differences: moving all positions of a channel at once gives the sum of the derivatives, P times w_c. */
static void expected_map(const two_heads *h, const question *q, int set, float *map)
{
    const float step = 1.0f / 128;
    top t;

    make_top(&t);
    memset(map, 0, sizeof(float[N * P]));
    for (int image = 0; image < N; ++image) {
        const float *const value = h->middles + image * MIDDLE * P;

        for (int c = 0; c < MIDDLE; ++c) {
            const double rise = moved(&t, q, set, value, c, step) - moved(&t, q, set, value, c, -step);
            const float weight = (float)(rise / (2 * (double)step) / P);

            for (int p = 0; p < P; ++p) map[image * P + p] += weight * value[c * P + p];
        }
    }
    srd_tensor_free(t.input);
    srd_explainer_free(t.explainer);
}

static srd_status ask(two_heads *t, const question *q, srd_layer layer, const srd_gradcam_options *options)
{
    return srd_explainer_ask_gradcam(t->explainer, q->targets, q->count, layer, options, &t->asked,
                                     (srd_tensor *const[]){ t->map }, 1, testing_reason());
}

/* ---- the map at its own layer ---- */

#define LIMIT 1e-3f /* of the differences, not of the library */

START_TEST(weights_are_mean_derivatives)
{
    srd_gradcam_options o = SRD_GRADCAM_OPTIONS_INIT;
    float want[N * P];
    question q;
    two_heads t;

    begin(&t);
    make_question(&q, _i);
    expected_map(&t, &q, _i, want);
    t.asked = t.middle;
    o.keep_sign = 1;
    check_ok(ask(&t, &q, t.middle, &o));
    check_close(t.numbers, want, N * P, LIMIT);
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

/* Clamped, then contrastive: the signed map less what is negative, then less the mean of each image, which the report has. */
START_TEST(clamp_and_contrast)
{
    srd_gradcam_options o = SRD_GRADCAM_OPTIONS_INIT;
    float plain[N * P];
    double taken = 0;
    int negative = 0;
    question q;
    two_heads t;

    begin(&t);
    make_question(&q, _i % SETS);
    t.asked = t.middle;
    o.keep_sign = 1;
    check_ok(ask(&t, &q, t.middle, &o));
    memcpy(plain, t.numbers, sizeof plain);
    o.keep_sign = _i / SETS;
    for (int i = 0; i < N * P && o.keep_sign == 0; ++i) {
        negative += plain[i] < 0;
        plain[i] = fmaxf(plain[i], 0);
    }
    check_ok(ask(&t, &q, t.middle, &o));
    ck_assert_mem_eq(t.numbers, plain, sizeof plain);
    ck_assert(o.keep_sign == 1 || negative > 0); /* or nothing was seen */
    for (int image = 0; image < N; ++image) {
        double mean = 0;

        for (int p = 0; p < P; ++p) mean += (double)plain[image * P + p] / P;
        for (int p = 0; p < P; ++p) plain[image * P + p] -= (float)mean;
        taken += mean * P;
    }
    o.contrastive = 1;
    check_ok(ask(&t, &q, t.middle, &o));
    check_close(t.numbers, plain, N * P, 1e-5f);
    check_near(report(&t).subtracted, taken, fabs(taken));
    check_near(report(&t).top, 0, report(&t).magnitude);
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

/* ---- below ---- */

/* The first map goes down like any relevance: what the seed of the same numbers gives, and nothing is lost. */
START_TEST(going_on_below)
{
    const int64_t shape[3] = { N, H, W };
    float first[N * P], below[N * P];
    srd_tensor *const seed = testing_view(3, shape, first);
    double sum = 0;
    question q;
    two_heads t;

    begin(&t);
    make_question(&q, _i);
    t.asked = t.middle;
    check_ok(ask(&t, &q, t.middle, NULL));
    memcpy(first, t.numbers, sizeof first);
    for (int i = 0; i < N * P; ++i) sum += (double)first[i];
    t.asked = t.x;
    check_ok(ask(&t, &q, t.middle, NULL));
    memcpy(below, t.numbers, sizeof below);
    check_near(report(&t).top, sum, fabs(sum));
    check_near(report(&t).at_inputs + report(&t).at_constants + report(&t).unreached, sum, report(&t).magnitude);
    check_ok(
        srd_explainer_ask_seed(t.explainer, t.middle, seed, NULL, &t.x, (srd_tensor *const[]){ t.map }, 1, testing_reason()));
    ck_assert_mem_eq(t.numbers, below, sizeof below);
    srd_tensor_free(seed);
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

/* The score in the report is that of the targets, also here. */
START_TEST(the_score_of_the_report)
{
    float logits[N * LABELS] = { 0 };
    double score = 0;
    question q;
    two_heads t;

    begin(&t);
    make_question(&q, _i);
    for (int image = 0; image < N; ++image) {
        int32_t label;
        float best;
        top alone;

        make_top(&alone);
        (void)moved(&alone, &q, _i, t.middles + image * MIDDLE * P, 0, 0);
        two_heads_value(alone.explainer, alone.layers.logits, 1, LABELS, 1, 1, logits);
        score += score_of(&q, _i, t.dense + image * CLASSES * P, logits);
        check_ok(srd_explainer_top_class(t.explainer, image, 1, &label, &best, testing_reason())); /* before the softmax */
        check_near((double)best, (double)logits[label], fabs((double)best));
        srd_tensor_free(alone.input);
        srd_explainer_free(alone.explainer);
    }
    check_ok(ask(&t, &q, t.middle, NULL));
    check_near(report(&t).score, score, 1 + fabs(score));
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

/* ---- which layer ---- */

/* SRD_LAYER_NONE is the last site that has several positions: inner. Outputs beside it cannot be asked there. */
START_TEST(the_default_layer)
{
    float named[N * P];
    srd_detail detail = testing_new_detail();
    question q, beside;
    two_heads t;

    begin(&t);
    make_question(&q, 0);
    check_ok(ask(&t, &q, t.inner, NULL));
    memcpy(named, t.numbers, sizeof named);
    testing_mark(t.numbers, N * P);
    check_ok(ask(&t, &q, SRD_LAYER_NONE, NULL));
    ck_assert_mem_eq(t.numbers, named, sizeof named);
    testing_mark(t.numbers, N * P);
    for (int set = 1; set < SETS; ++set) {
        make_question(&beside, set);
        check_status(ask(&t, &beside, SRD_LAYER_NONE, NULL), SRD_ERR_ARGUMENT);
        detail = *testing_reason();
        check_detail(&detail, SRD_ERR_ARGUMENT, "scores", "above");
        srd_tensor_free(beside.view);
    }
    check_untouched(t.numbers, N * P);
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

START_TEST(layers_that_are_refused)
{
    srd_gradcam_options o = SRD_GRADCAM_OPTIONS_INIT;
    srd_detail detail = testing_new_detail();
    question q;
    two_heads t;

    begin(&t);
    make_question(&q, 0);
    check_status(ask(&t, &q, t.x, NULL), SRD_ERR_STATE);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_STATE, "x", "SRD_KEEP_GRADCAM");
    check_status(ask(&t, &q, t.logits, NULL), SRD_ERR_STATE);
    check_status(ask(&t, &q, 1000, NULL), SRD_ERR_ARGUMENT);
    check_status(ask(&t, &q, -2, NULL), SRD_ERR_ARGUMENT);
    t.asked = t.inner; /* above middle, where relevance begins */
    check_status(ask(&t, &q, t.middle, NULL), SRD_ERR_ARGUMENT);
    t.asked = t.x;
    o.keep_sign = 2;
    check_status(ask(&t, &q, t.middle, &o), SRD_ERR_ARGUMENT);
    q.targets[0] = NULL;
    check_status(ask(&t, &q, t.middle, NULL), SRD_ERR_ARGUMENT);
    q.count = 0;
    check_status(ask(&t, &q, t.middle, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_gradcam(NULL, q.targets, 1, t.middle, NULL, NULL, NULL, 0, testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_untouched(t.numbers, N * P);
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

/* Nothing is kept without being named, and there is nothing to ask before a run. */
START_TEST(grad_cam_that_was_not_planned)
{
    srd_keep keep = { SRD_LAYER_NONE, SRD_KEEP_GRADCAM };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer;
    question q;
    two_heads t;

    begin(&t);
    make_question(&q, 0);
    o.keeps = &keep;
    o.keep_count = _i;
    explainer = testnet_explainer(t.graph, &o);
    check_status(srd_explainer_ask_gradcam(explainer, q.targets, 1, SRD_LAYER_NONE, NULL, NULL, NULL, 0, testing_reason()),
                 SRD_ERR_STATE);
    srd_explainer_free(explainer);
    srd_tensor_free(q.view);
    end(&t);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { weights_are_mean_derivatives, 0, SETS },
        { clamp_and_contrast, 0, 2 * SETS },
        { going_on_below, 0, SETS },
        { the_score_of_the_report, 0, SETS },
        { the_default_layer, 0, 0 },
        { layers_that_are_refused, 0, 0 },
        { grad_cam_that_was_not_planned, 0, 2 },
        { NULL, 0, 0 },
    };

    return testing_main("gradcam", list);
}
