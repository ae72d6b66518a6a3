/*
 * test_wide.c -- a fully connected layer that is large enough for its output channels to be shared by workers: the same bits for
 * any number of them and in whatever order they come, and the answers of ratios that are computed again, which are made in one piece.
 */
#include <math.h>
#include <stdlib.h>

#include "testing.h"

#define IN 3
#define SIDE 16
#define PIXELS (SIDE * SIDE)
#define WIDE 402 /* 26 panels, the last of which is not full */
#define CLASSES 5
#define MOST_WORKERS 5

typedef struct net {
    float *w[2], bias[WIDE];
    srd_graph *graph;
    srd_layer x, wide, out;
} net;

typedef struct answer {
    float scores[CLASSES], top[PIXELS], erf[PIXELS];
} answer;

static float number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)(*state >> 8) / 8388608.0f - 1.0f;
}

static srd_layer layer(net *n, srd_layer at, int32_t i, int64_t outputs, int64_t inputs, float *bias, uint32_t *state)
{
    const int64_t shape[2] = { outputs, inputs };
    srd_tensor *view = NULL, *vector = NULL;

    n->w[i] = (float *)malloc((size_t)(outputs * inputs) * sizeof(float));
    ck_assert_ptr_nonnull(n->w[i]);
    for (int64_t k = 0; k < outputs * inputs; ++k) n->w[i][k] = number(state);
    for (int64_t k = 0; bias != NULL && k < outputs; ++k) bias[k] = 9 * number(state);
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 2, shape, NULL, n->w[i], NULL, &view, NULL));
    if (bias != NULL) check_ok(srd_tensor_view_const(SRD_FLOAT32, 1, shape, NULL, bias, NULL, &vector, NULL));
    at = srd_graph_linear(n->graph, NULL, at, view, vector);
    srd_tensor_free(view);
    srd_tensor_free(vector);
    return at;
}

static void begin(net *n)
{
    uint32_t state = 1;
    srd_layer at;

    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    at = n->x = srd_graph_input(n->graph, "x", IN, SIDE, SIDE);
    at = srd_graph_flatten(n->graph, NULL, at);
    at = n->wide = srd_graph_relu(n->graph, "wide", layer(n, at, 0, WIDE, IN * PIXELS, n->bias, &state));
    at = n->out = layer(n, at, 1, CLASSES, WIDE, NULL, &state);
    check_ok(srd_graph_output(n->graph, at));
    check_ok(srd_graph_seal(n->graph, NULL));
}

static void end(net *n)
{
    srd_graph_free(n->graph);
    for (int32_t i = 0; i < 2; ++i) free(n->w[i]);
}

/* Tasks from the last to the first, the workers by turns. */
static void backwards(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    int32_t *const calls = (int32_t *)user;

    *calls = count > *calls ? count : *calls;
    for (int32_t i = count - 1; i >= 0; --i) task(context, i, i % workers);
}

static srd_explainer *run(const net *n, int32_t mode, int32_t ratios, int32_t workers, int32_t *calls)
{
    const int64_t shape[3] = { IN, SIDE, SIDE };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    float picture[IN * PIXELS];
    uint32_t seed = 5;
    srd_tensor *view;

    o.mode = mode;
    o.ratios = ratios;
    o.workers = workers;
    o.parallel_for = workers > 1 ? backwards : NULL;
    o.parallel_user = calls;
    check_ok(srd_explainer_create(n->graph, &o, NULL, &explainer, NULL));
    for (int32_t i = 0; i < IN * PIXELS; ++i) picture[i] = number(&seed);
    view = testing_view(3, shape, picture);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&view, 1, NULL));
    srd_tensor_free(view);
    return explainer;
}

static void scores(const net *n, srd_explainer *explainer, float *to)
{
    const int64_t classes[1] = { CLASSES };
    srd_tensor *const view = testing_view(1, classes, to);

    check_ok(srd_explainer_value(explainer, n->out, view));
    srd_tensor_free(view);
}

static void ask(const net *n, srd_explainer *explainer, answer *a)
{
    const int64_t shape[2] = { SIDE, SIDE };
    srd_tensor *top = testing_view(2, shape, a->top), *erf = testing_view(2, shape, a->erf);

    scores(n, explainer, a->scores);
    check_ok(srd_explainer_ask_top(explainer, NULL, &n->x, &top, 1));
    check_ok(srd_explainer_ask_erf(explainer, n->wide, 0, 0, NULL, &n->x, &erf, 1));
    srd_tensor_free(top);
    srd_tensor_free(erf);
    srd_explainer_free(explainer);
}

static void check_near(const float *got, const float *want, int32_t count)
{
    float largest = 0;

    for (int32_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(want[i]));
    ck_assert_float_gt(largest, 0);
    for (int32_t i = 0; i < count; ++i) ck_assert_float_le(fabsf(got[i] - want[i]), 2e-6f * largest);
}

START_TEST(workers_change_no_bit)
{
    answer one, many;
    int32_t calls = 0;
    net n;

    begin(&n);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, 1, NULL), &one);
    for (int32_t workers = 2; workers <= MOST_WORKERS; ++workers) {
        memset(&many, 0, sizeof many);
        ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, workers, &calls), &many);
        ck_assert_mem_eq(&one, &many, sizeof one);
    }
    ck_assert_int_ge(calls, MOST_WORKERS); /* there was something to share */
    end(&n);
}
END_TEST

/* The sum of the ratios is 1, and they are those of a run in one piece. */
START_TEST(ratios_are_those_of_one_piece)
{
    answer parts, piece;
    double sum = 0;
    net n;

    begin(&n);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, 1, NULL), &parts);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_RECOMPUTED, 1, NULL), &piece);
    check_near(parts.scores, piece.scores, CLASSES);
    check_near(parts.top, piece.top, PIXELS);
    check_near(parts.erf, piece.erf, PIXELS);
    for (int32_t p = 0; p < PIXELS; ++p) sum += (double)parts.erf[p];
    ck_assert_double_le(fabs(sum - 1), 1e-5);
    end(&n);
}
END_TEST

START_TEST(forward_runs_agree)
{
    float one[CLASSES], many[CLASSES];
    int32_t calls = 0;
    srd_explainer *explainer;
    answer explained;
    net n;

    begin(&n);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, 1, NULL), &explained);
    explainer = run(&n, SRD_MODE_FORWARD, SRD_RATIOS_FLOAT32, 1, NULL);
    scores(&n, explainer, one);
    srd_explainer_free(explainer);
    explainer = run(&n, SRD_MODE_FORWARD, SRD_RATIOS_FLOAT32, 3, &calls);
    scores(&n, explainer, many);
    srd_explainer_free(explainer);
    ck_assert_mem_eq(one, many, sizeof one);
    ck_assert_int_ge(calls, 3);
    check_near(one, explained.scores, CLASSES);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { workers_change_no_bit, 0, 0 }, { ratios_are_those_of_one_piece, 0, 0 }, { forward_runs_agree, 0, 0 }, { NULL, 0, 0 }
    };

    return testing_main("wide", list);
}
