/*
 * test_alive.c -- a fully connected layer between two ReLUs, large enough that questions bring together the weights between neurons
 * that are on (lib/fast/active_weights.c). Without biases the map of such a network is, in double,
 *
 *     R_p = sum over o of (W1[o, :] x_p) on1_o d_o,      d_o = sum over k of W2[k, o] on2_k W3[class, k].
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "fast/active_weights.h"
#include "testing.h"

#define IN 3
#define SIDE 2
#define PIXELS (SIDE * SIDE)
#define WIDE 1040 /* 65 panels: the last block of those that are on is never full with 1023 or so */
#define CLASSES 5
#define MOST_IMAGES 2

typedef struct net {
    float *w[3]; /* [outputs][inputs] */
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, above; /* the second ReLU */
    int32_t images;
} net;

static float number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)(*state >> 8) / 8388608.0f - 1.0f;
}

static srd_layer layer(net *n, srd_layer at, int32_t i, int64_t outputs, int64_t inputs, float shift, uint32_t *state)
{
    const int64_t shape[2] = { outputs, inputs };
    srd_tensor *view = NULL;

    n->w[i] = (float *)malloc((size_t)(outputs * inputs) * sizeof(float));
    ck_assert_ptr_nonnull(n->w[i]);
    for (int64_t k = 0; k < outputs * inputs; ++k) n->w[i][k] = number(state) + shift;
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 2, shape, NULL, n->w[i], NULL, &view, NULL));
    at = srd_graph_linear(n->graph, NULL, at, view, NULL, NULL);
    srd_tensor_free(view);
    return at;
}

/* shift: what all weights are larger by; with 1 every neuron is on when the picture is positive. short_one: ends with the ReLU. */
static void begin(net *n, int32_t policy, int32_t images, float shift, bool short_one)
{
    srd_graph_options how = SRD_GRAPH_OPTIONS_INIT;
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    uint32_t state = 1;
    srd_layer at;

    how.weight_policy = policy;
    check_ok(srd_graph_create(&how, NULL, &n->graph, NULL));
    at = n->x = srd_graph_input(n->graph, "x", IN, SIDE, SIDE);
    at = srd_graph_flatten(n->graph, NULL, at);
    at = srd_graph_relu(n->graph, "below", layer(n, at, 0, WIDE, IN * PIXELS, shift, &state));
    at = n->above = srd_graph_relu(n->graph, "above", layer(n, at, 1, WIDE, WIDE, shift, &state));
    n->w[2] = NULL;
    if (!short_one) at = layer(n, at, 2, CLASSES, WIDE, 0, &state);
    check_ok(srd_graph_output(n->graph, at, NULL));
    check_ok(srd_graph_seal(n->graph, NULL));
    o.batch = n->images = images;
    check_ok(srd_explainer_create(n->graph, &o, NULL, &n->explainer, NULL));
}

static void end(net *n)
{
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
    for (int32_t i = 0; i < 3; ++i) free(n->w[i]);
}

static void run(net *n, float *pictures)
{
    const int64_t shape[4] = { n->images, IN, SIDE, SIDE };
    srd_tensor *const view = testing_view(4, shape, pictures);

    check_ok(srd_explainer_run(n->explainer, (const srd_tensor *const *)&view, 1, NULL, NULL));
    srd_tensor_free(view);
}

static void ask(net *n, int32_t class_index, float *maps)
{
    const int64_t shape[3] = { n->images, SIDE, SIDE };
    srd_tensor *view = testing_view(3, shape, maps);
    srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { &target };

    target.kind = SRD_TARGET_CLASS;
    target.class_index = class_index;
    check_ok(srd_explainer_ask(n->explainer, targets, 1, NULL, &n->x, &view, 1, NULL));
    srd_tensor_free(view);
}

static double *product(const float *w, const double *x, int32_t outputs, int32_t inputs)
{
    double *const y = (double *)calloc((size_t)outputs, sizeof *y);

    ck_assert_ptr_nonnull(y);
    for (int32_t o = 0; o < outputs; ++o) {
        for (int32_t c = 0; c < inputs; ++c) y[o] += (double)w[o * inputs + c] * x[c];
    }
    return y;
}

/* The formula above, of one picture. */
static void expect(const net *n, const float *picture, int32_t class_index, double *map)
{
    double x[IN * PIXELS], *y, *z, *on;

    for (int32_t i = 0; i < IN * PIXELS; ++i) x[i] = (double)picture[i];
    y = product(n->w[0], x, WIDE, IN * PIXELS);
    on = (double *)malloc(WIDE * sizeof *on);
    for (int32_t o = 0; o < WIDE; ++o) on[o] = y[o] > 0 ? y[o] : 0;
    z = product(n->w[1], on, WIDE, WIDE);
    for (int32_t p = 0; p < PIXELS; ++p) map[p] = 0;
    for (int32_t o = 0; o < WIDE; ++o) {
        double d = 0;

        if (y[o] <= 0) continue;
        for (int32_t k = 0; k < WIDE; ++k) {
            if (z[k] > 0) d += (double)n->w[1][k * WIDE + o] * (double)n->w[2][class_index * WIDE + k];
        }
        for (int32_t i = 0; i < IN * PIXELS; ++i) map[i % PIXELS] += (double)n->w[0][o * IN * PIXELS + i] * x[i] * d;
    }
    free(y);
    free(z);
    free(on);
}

static void check_maps(net *n, const float *pictures, const float *maps, int32_t class_index)
{
    for (int32_t i = 0; i < n->images; ++i, pictures += IN * PIXELS, maps += PIXELS) {
        double want[PIXELS], largest = 0;

        expect(n, pictures, class_index, want);
        for (int32_t p = 0; p < PIXELS; ++p) largest = fmax(largest, fabs(want[p]));
        ck_assert_double_gt(largest, 0);
        for (int32_t p = 0; p < PIXELS; ++p) ck_assert_double_le(fabs((double)maps[p] - want[p]), 1e-5 * largest);
    }
}

static void draw(float *pictures, int32_t count, uint32_t seed)
{
    for (int32_t i = 0; i < count; ++i) pictures[i] = number(&seed);
}

static int32_t state_of(const net *n)
{
    return n->explainer->plan.bounds[n->explainer->plan.nodes[n->above].bound].notes->head_state;
}

/* Copied and borrowed weights: the first class brings together, further ones read, another picture begins anew. */
START_TEST(maps_are_right)
{
    float picture[IN * PIXELS], maps[2][PIXELS], first[PIXELS];
    net n;

    begin(&n, _i == 0 ? SRD_WEIGHTS_COPY : SRD_WEIGHTS_BORROW, 1, 0, false);
    for (uint32_t seed = 1; seed <= 3; ++seed) {
        draw(picture, IN * PIXELS, seed);
        run(&n, picture);
        ck_assert_int_eq(state_of(&n), SRD__ACTIVE_UNKNOWN);
        for (int32_t class_index = 0; class_index < CLASSES; ++class_index) {
            ask(&n, class_index, maps[0]);
            ck_assert_int_eq(state_of(&n), SRD__ACTIVE_THERE);
            check_maps(&n, picture, maps[0], class_index);
            if (class_index == 0) memcpy(first, maps[0], sizeof first);
        }
        ask(&n, 0, maps[1]);
        ck_assert_mem_eq(first, maps[1], sizeof first);
    }
    end(&n);
}
END_TEST

/* Copied or borrowed, alone or in a batch that is kept: the same bits. */
START_TEST(bits_are_the_same)
{
    float pictures[MOST_IMAGES * IN * PIXELS], alone[MOST_IMAGES][PIXELS], together[MOST_IMAGES * PIXELS];
    net n;

    draw(pictures, MOST_IMAGES * IN * PIXELS, 9);
    begin(&n, SRD_WEIGHTS_COPY, 1, 0, false);
    for (int32_t i = 0; i < MOST_IMAGES; ++i) {
        run(&n, pictures + (ptrdiff_t)i * IN * PIXELS);
        ask(&n, 3, alone[i]);
    }
    end(&n);
    for (int32_t k = 0; k < 2; ++k) {
        begin(&n, k == 0 ? SRD_WEIGHTS_COPY : SRD_WEIGHTS_BORROW, MOST_IMAGES, 0, false);
        run(&n, pictures);
        for (int32_t again = 0; again < 2; ++again) {
            ask(&n, 3, together);
            ck_assert_mem_eq(alone, together, sizeof together);
        }
        end(&n);
    }
}
END_TEST

/* Where nearly all are on, the weights are read where they lie. */
START_TEST(many_are_left_alone)
{
    float picture[IN * PIXELS], map[PIXELS];
    net n;

    begin(&n, SRD_WEIGHTS_COPY, 1, 1, false);
    draw(picture, IN * PIXELS, 4);
    for (int32_t i = 0; i < IN * PIXELS; ++i) picture[i] = fabsf(picture[i]);
    run(&n, picture);
    for (int32_t class_index = 0; class_index < CLASSES; ++class_index) {
        ask(&n, class_index, map);
        ck_assert_int_eq(state_of(&n), SRD__ACTIVE_MANY);
        check_maps(&n, picture, map, class_index);
    }
    end(&n);
}
END_TEST

/* A direction that begins at the second ReLU asks about its pre-activation, where outputs that are off count, too. */
START_TEST(directions_begin_above)
{
    const int64_t shape[2] = { SIDE, SIDE }, wide[1] = { WIDE };
    float picture[IN * PIXELS], map[PIXELS], direction[WIDE];
    double want[PIXELS] = { 0 }, largest = 0, x[IN * PIXELS], *y;
    srd_tensor *view, *given;
    net n;

    begin(&n, SRD_WEIGHTS_COPY, 1, 0, true);
    draw(picture, IN * PIXELS, 6);
    draw(direction, WIDE, 7);
    run(&n, picture);
    view = testing_view(2, shape, map);
    given = testing_const_view(1, wide, direction);
    check_ok(srd_explainer_ask_direction(n.explainer, given, NULL, &n.x, &view, 1, NULL));
    srd_tensor_free(view);
    srd_tensor_free(given);
    for (int32_t i = 0; i < IN * PIXELS; ++i) x[i] = (double)picture[i];
    y = product(n.w[0], x, WIDE, IN * PIXELS);
    for (int32_t o = 0; o < WIDE; ++o) {
        double d = 0;

        for (int32_t k = 0; y[o] > 0 && k < WIDE; ++k) d += (double)n.w[1][k * WIDE + o] * (double)direction[k];
        for (int32_t i = 0; i < IN * PIXELS; ++i) want[i % PIXELS] += (double)n.w[0][o * IN * PIXELS + i] * x[i] * d;
    }
    free(y);
    for (int32_t p = 0; p < PIXELS; ++p) largest = fmax(largest, fabs(want[p]));
    for (int32_t p = 0; p < PIXELS; ++p) ck_assert_double_le(fabs((double)map[p] - want[p]), 1e-5 * largest);
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { maps_are_right, 0, 2 },
                                  { bits_are_the_same, 0, 0 },
                                  { many_are_left_alone, 0, 0 },
                                  { directions_begin_above, 0, 0 },
                                  { NULL, 0, 0 } };

    return testing_main("alive", list);
}
