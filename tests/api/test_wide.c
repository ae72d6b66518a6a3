/*
 * test_wide.c -- layers of few positions and so many weights that workers share the output channels: a fully connected layer, and a
 * residual block of 7 x 7 positions, large layers above a small picture. The same bits for any number of workers and in whatever
 * order they come, and the answers of ratios that are computed again, which are made in one piece.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "testing.h"

#define IN 3
#define SIDE 16
#define GRID 7 /* of the residual block */
#define PIXELS (SIDE * SIDE)
#define WIDE 402 /* 26 panels, the last of which is not full */
#define INNER 180
#define CLASSES 5
#define MOST_WORKERS 5
#define MOST_TENSORS 5
#define SMALL 4                  /* the picture under fully connected layers whose sums are as large as its values */
#define SPLIT_TOLERANCE 3.06e-5f /* more for SRD_KERNELS_AMX: 2^-15, see docs/numerics.md */

typedef struct net {
    float *w[MOST_TENSORS], bias[WIDE];
    int32_t tensors, side; /* of the picture */
    srd_graph *graph;
    srd_layer x, wide, out;
} net;

typedef struct answer {
    float scores[CLASSES], top[PIXELS], erf[PIXELS];
    int32_t kernels;
} answer;

static float number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)(*state >> 8) / 8388608.0f - 1.0f;
}

static srd_tensor *weight(net *n, const int64_t *shape, int32_t rank, uint32_t *state)
{
    size_t count = 1;
    srd_tensor *view = NULL;
    float *w;

    for (int32_t i = 0; i < rank; ++i) count *= (size_t)shape[i];
    w = n->w[n->tensors++] = (float *)malloc(count * sizeof(float));
    ck_assert_ptr_nonnull(w);
    for (size_t k = 0; k < count; ++k) w[k] = number(state);
    check_ok(srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, w, NULL, &view, NULL));
    return view;
}

static srd_tensor *bias(net *n, int64_t count, uint32_t *state)
{
    srd_tensor *view = NULL;

    for (int64_t k = 0; k < count; ++k) n->bias[k] = 9 * number(state);
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 1, &count, NULL, n->bias, NULL, &view, NULL));
    return view;
}

static srd_layer linear(net *n, srd_layer at, int64_t outputs, int64_t inputs, bool with_bias, uint32_t *state)
{
    const int64_t shape[2] = { outputs, inputs };
    srd_tensor *const w = weight(n, shape, 2, state), *const b = with_bias ? bias(n, outputs, state) : NULL;

    at = srd_graph_linear(n->graph, NULL, at, w, b, NULL);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return at;
}

static srd_layer conv(net *n, srd_layer at, int64_t outputs, int64_t inputs, int32_t kernel, bool with_bias, uint32_t *state)
{
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_tensor *const w = weight(n, shape, 4, state), *const b = with_bias ? bias(n, outputs, state) : NULL;
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = kernel / 2;
    at = srd_graph_conv2d(n->graph, NULL, at, w, b, &o);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return at;
}

static srd_layer connected(net *n, uint32_t *state)
{
    srd_layer at = n->x = srd_graph_input(n->graph, "x", IN, SIDE, SIDE);

    n->side = SIDE;
    at = srd_graph_flatten(n->graph, NULL, at);
    at = n->wide = srd_graph_relu(n->graph, "wide", linear(n, at, WIDE, IN * PIXELS, true, state));
    return linear(n, at, CLASSES, WIDE, false, state);
}

static srd_layer residual(net *n, uint32_t *state)
{
    srd_layer at = n->x = srd_graph_input(n->graph, "x", IN, GRID, GRID), both[2];

    n->side = GRID;
    both[1] = at = srd_graph_relu(n->graph, NULL, conv(n, at, INNER, IN, 1, false, state));
    both[0] = conv(n, at, INNER, INNER, 3, true, state);
    at = n->wide = srd_graph_relu(n->graph, "wide", srd_graph_add(n->graph, NULL, both, 2));
    at = srd_graph_flatten(n->graph, NULL, srd_graph_global_avg_pool(n->graph, NULL, at));
    return linear(n, at, CLASSES, INNER, false, state);
}

/* Ratios that are computed again: what a fully connected layer's step writes lies where values were, and they are known to be gone. */
static srd_layer tower(net *n, uint32_t *state)
{
    srd_layer at = n->x = srd_graph_input(n->graph, "x", IN, SMALL, SMALL);

    n->side = SMALL;
    at = srd_graph_relu(n->graph, NULL, conv(n, at, 8, IN, 3, false, state));
    at = n->wide = srd_graph_relu(n->graph, "wide", conv(n, at, 8, 8, 3, false, state));
    at = srd_graph_flatten(n->graph, NULL, srd_graph_global_avg_pool(n->graph, NULL, at));
    at = srd_graph_relu(n->graph, NULL, linear(n, at, 1024, 8, false, state));
    at = srd_graph_relu(n->graph, NULL, linear(n, at, 512, 1024, false, state));
    return linear(n, at, CLASSES, 512, false, state);
}

static void begin(net *n, int kind)
{
    uint32_t state = 1;

    n->tensors = 0;
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    n->out = kind == 0 ? connected(n, &state) : kind == 1 ? residual(n, &state) : tower(n, &state);
    check_ok(srd_graph_output(n->graph, n->out, testing_reason()));
    check_ok(srd_graph_seal(n->graph, NULL));
}

static void end(net *n)
{
    srd_graph_free(n->graph);
    for (int32_t i = 0; i < n->tensors; ++i) free(n->w[i]);
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
    const int64_t shape[3] = { IN, n->side, n->side };
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
    for (int32_t i = 0; i < IN * n->side * n->side; ++i) picture[i] = number(&seed);
    view = testing_view(3, shape, picture);
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&view, 1, NULL, testing_reason()));
    srd_tensor_free(view);
    return explainer;
}

static void scores(const net *n, srd_explainer *explainer, float *to)
{
    const int64_t classes[1] = { CLASSES };
    srd_tensor *const view = testing_view(1, classes, to);

    check_ok(srd_explainer_value(explainer, n->out, view, testing_reason()));
    srd_tensor_free(view);
}

static void ask(const net *n, srd_explainer *explainer, answer *a)
{
    const int64_t shape[2] = { n->side, n->side };
    srd_tensor *top = testing_view(2, shape, a->top), *erf = testing_view(2, shape, a->erf);

    scores(n, explainer, a->scores);
    a->kernels = srd_explainer_kernels(explainer);
    check_ok(srd_explainer_ask_top(explainer, NULL, &n->x, &top, 1, testing_reason()));
    check_ok(srd_explainer_ask_erf(explainer, n->wide, n->side == GRID ? GRID / 2 : 0, n->side == GRID ? 1 : 0, NULL, &n->x,
                                   &erf, 1, testing_reason()));
    srd_tensor_free(top);
    srd_tensor_free(erf);
    srd_explainer_free(explainer);
}

static void check_near(const float *got, const float *want, int32_t count, int32_t kernels)
{
    const float tolerance = 2e-6f + (kernels == SRD_KERNELS_AMX ? SPLIT_TOLERANCE : 0);
    float largest = 0;

    for (int32_t i = 0; i < count; ++i) largest = fmaxf(largest, fabsf(want[i]));
    ck_assert_float_gt(largest, 0);
    for (int32_t i = 0; i < count; ++i) ck_assert_float_le(fabsf(got[i] - want[i]), tolerance * largest);
}

START_TEST(workers_change_no_bit)
{
    static answer one, many; /* zeros where a map is smaller */
    int32_t calls = 0;
    net n;

    begin(&n, _i);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, 1, NULL), &one);
    for (int32_t workers = 2; workers <= MOST_WORKERS; ++workers) {
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

    begin(&n, _i);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, 1, NULL), &parts);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_RECOMPUTED, 1, NULL), &piece);
    check_near(parts.scores, piece.scores, CLASSES, piece.kernels);
    check_near(parts.top, piece.top, n.side * n.side, piece.kernels);
    check_near(parts.erf, piece.erf, n.side * n.side, piece.kernels);
    for (int32_t p = 0; p < n.side * n.side; ++p) sum += (double)parts.erf[p];
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

    begin(&n, _i);
    ask(&n, run(&n, SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32, 1, NULL), &explained);
    explainer = run(&n, SRD_MODE_FORWARD, SRD_RATIOS_FLOAT32, 1, NULL);
    scores(&n, explainer, one);
    srd_explainer_free(explainer);
    explainer = run(&n, SRD_MODE_FORWARD, SRD_RATIOS_FLOAT32, 3, &calls);
    scores(&n, explainer, many);
    srd_explainer_free(explainer);
    ck_assert_mem_eq(one, many, sizeof one);
    ck_assert_int_ge(calls, 3);
    check_near(one, explained.scores, CLASSES, explained.kernels);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { workers_change_no_bit, 0, 3 }, { ratios_are_those_of_one_piece, 0, 3 }, { forward_runs_agree, 0, 3 }, { NULL, 0, 0 }
    };

    return testing_main("wide", list);
}
