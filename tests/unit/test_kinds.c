/*
 * test_kinds.c -- the kinds of layers are those of the list, each has what its role needs, and each kind that says that it is a view
 * is one: walks from any position of its output meet the same positions below, and what they meet of them does not depend on where.
 */
#include <math.h>
#include <string.h>

#include "../api/adders.h"
#include "layers/kinds.h"

/* The list, in its order. */
static const struct {
    const char *name;
    uint8_t role;
} listed[] = {
#define SRD__LAYER(name, switch_, role, parameters) { #name, SRD__##role },
#define SRD__INNER(name, call, switch_, role) { #call, SRD__##role },
#include "layers/kinds.def"
};
#define LISTED ((int)(sizeof listed / sizeof *listed))

START_TEST(kinds_are_those_of_the_list)
{
    for (int i = 0; i < LISTED; ++i) {
        ck_assert_ptr_nonnull(srd__kinds[i]);
        ck_assert_str_eq(srd__kinds[i]->name, listed[i].name);
        ck_assert_msg(srd__kinds[i]->role == listed[i].role, "%s has another role than in the list", listed[i].name);
    }
    ck_assert_ptr_null(srd__kinds[LISTED]);
}
END_TEST

static void check_gather(const srd__kind *k)
{
    ck_assert_msg(k->slot_count != NULL && k->paths != NULL && k->runs != NULL, "%s lacks an entry", k->name);
    ck_assert_msg((k->forward != NULL) == srd__has_values(k), "%s: a view has no forward(), all others have one", k->name);
    ck_assert_msg(!k->view || (!k->selects && !k->in_place && !k->pads && !k->flattens), "%s is no view", k->name);
    ck_assert_msg((k->freeze == NULL) == (k->frozen_bytes == NULL), "%s: freeze() and frozen_bytes() go together", k->name);
    ck_assert_msg(k->freeze == NULL || k->selects, "%s freezes, but walks are not told to look", k->name);
    ck_assert_msg((!k->weighs && !k->attends) || k->selects, "%s has a flag that is for layers that select", k->name);
}

START_TEST(kinds_have_what_their_role_needs)
{
    for (int i = 0; srd__kinds[i] != NULL; ++i) {
        const srd__kind *const k = srd__kinds[i];

        ck_assert_msg(k->shape != NULL || k->role == SRD__SOURCE, "%s lacks shape()", k->name);
        if (k->role == SRD__GATHER) check_gather(k);
        else ck_assert_msg(!k->view && !srd__has_values(k), "%s is a view, but no gather layer", k->name);
        if (k->role == SRD__POINTWISE) {
            /* The value of the caller's own is a callback, which the layer has. */
            ck_assert_msg(k->value != NULL || k == &srd__kind_custom_pointwise, "%s lacks value()", k->name);
            ck_assert_msg(k->back != NULL && k->gradient != NULL, "%s lacks an entry", k->name);
        }
        ck_assert_msg((k->statistics == NULL) == (k->normalise == NULL), "%s: statistics() and normalise() go together",
                      k->name);
    }
}
END_TEST

/* ---- activations ------------------------------------------------------------------------------------------------------------- */

typedef struct curve_point {
    float value, secant, slope;
} curve_point;

static curve_point point_of(const srd__kind *kind, float y)
{
    srd__layer layer;
    curve_point p = { y, 1.0f, 1.0f };

    memset(&layer, 0, sizeof layer);
    layer.low = 0.5f; /* of all that activations have as numbers: alpha, slope, bounds */
    layer.high = 1.5f;
    kind->value(&layer, &p.value, 1);
    kind->back(&layer, &y, &p.secant, 1);
    kind->gradient(&layer, &y, &p.slope, 1);
    return p;
}

/* From numbers that are hardly any to very large ones f(y) = f(0) + secant * y; near zero the secant is the derivative, and at zero the
 * mean of both sides. */
START_TEST(activations_are_their_secants)
{
    static const float places[] = { 1e-38f, 1e-20f, 9e-5f, 1.1e-4f, 2e-3f, 0.3f,  1.0f, 2.5f,
                                    7.0f,   19.0f,  21.0f, 80.0f,   1e4f,  1e18f, 3e38f };
    int seen = 0;

    for (int i = 0; srd__kinds[i] != NULL; ++i) {
        const srd__kind *const k = srd__kinds[i];
        float zero;

        /* The slopes of prelu are a vector; a callback is the caller's. */
        if (!k->activates || k == &srd__kind_prelu || k == &srd__kind_custom_pointwise) continue;
        ++seen;
        zero = point_of(k, 0.0f).value;
        for (int n = 0; n < 2 * (int)(sizeof places / sizeof *places); ++n) {
            const float y = n % 2 == 0 ? places[n / 2] : -places[n / 2];
            const curve_point p = point_of(k, y);
            const float made = zero + p.secant * y;

            if (!srd__finite(p.value)) continue; /* the run fails */
            ck_assert_msg(srd__finite(p.secant) && srd__finite(p.slope), "%s at %g", k->name, (double)y);
            ck_assert_msg(fabsf(made - p.value) <= 1e-6f * (fabsf(zero) + fabsf(p.value)), "%s at %g: %g, by the secant %g",
                          k->name, (double)y, (double)p.value, (double)made);
            if (n < 4) ck_assert_msg(fabsf(p.secant - p.slope) <= 1e-6f, "%s at %g", k->name, (double)y);
        }
        ck_assert_msg(fabsf(point_of(k, 0.0f).secant - 0.5f * (point_of(k, 1e-38f).slope + point_of(k, -1e-38f).slope)) <=
                          1e-6f,
                      "%s at 0", k->name);
    }
    ck_assert_int_ge(seen, 19);
}
END_TEST

/* ---- views ------------------------------------------------------------------------------------------------------------------- */

/* What a walk from one position met: paths (channel -1) and runs. */
#define MOST_MET 256
typedef struct meeting {
    int64_t slot;
    int32_t site, channel, count, step, top;
    float weight;
} meeting;

typedef struct walked {
    int32_t from; /* the position of the output */
    bool moved;   /* a position below was another one */
    int count;
    meeting met[MOST_MET];
} walked;

static void note(walked *w, const meeting *met, int32_t position)
{
    if (position != w->from) w->moved = true;
    ck_assert_int_lt(w->count, MOST_MET);
    w->met[w->count++] = *met;
}

static void on_path(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    const meeting met = { slot, site, -1, 0, 0, 0, 0.0f };

    note((walked *)walk->context, &met, position);
}

static void on_run(srd__walk *walk, const srd__run *run, int32_t site, int32_t position)
{
    const meeting met = { run->slot, site, run->channel, run->count, run->step, run->top, run->weight };

    note((walked *)walk->context, &met, position);
}

static bool same(const walked *a, const walked *b)
{
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; ++i) {
        const meeting *const x = &a->met[i], *const y = &b->met[i];

        if (x->slot != y->slot || x->site != y->site || x->channel != y->channel || x->count != y->count ||
            x->step != y->step || x->top != y->top || x->weight != y->weight) {
            return false;
        }
    }
    return true;
}

#define MOST_LAYERS 16

/* Does a layer of a sealed graph what a view promises? Runs are only walked with `runs`: other kinds need a forward pass for that. */
static bool stays(const srd_graph *graph, int32_t layer, bool runs)
{
    static walked first, here;
    srd__shape shapes[MOST_LAYERS];
    int32_t slots[MOST_LAYERS];
    srd__walk walk = {
        .graph = graph, .shapes = shapes, .slots = slots, .on_path = on_path, .on_run = on_run, .mark = -1, .via = -1
    };
    srd__run run = { .step = 1, .weight = 1.0f };

    ck_assert_int_le(graph->layer_count, MOST_LAYERS);
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const at = graph->layers[id];

        shapes[id] = at->shape;
        slots[id] = at->kind->role == SRD__GATHER ? (int32_t)at->kind->slot_count(&walk, at) : 1;
    }
    run.count = shapes[layer].c;
    for (int32_t p = 0; p < shapes[layer].h * shapes[layer].w; ++p) {
        here.from = p, here.moved = false, here.count = 0;
        walk.context = &here;
        srd__walk_paths(&walk, layer, p, 0);
        if (runs) srd__walk_runs(&walk, layer, p, &run);
        if (p == 0) first = here;
        if (here.moved || !same(&first, &here)) return false;
    }
    ck_assert_int_gt(first.count, 0);
    return true;
}

/* Layers that adders.h does not have, and one that reads two inputs. */
static srd_layer add_reshape(srd_graph *graph, const char *name, srd_layer input)
{
    return srd_graph_reshape(graph, name, input, 4, 16);
}

static srd_layer add_concat_of_two(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_layer inputs[3] = { input, srd_graph_input(graph, NULL, 2, 8, 8), input };

    return srd_graph_concat(graph, name, inputs, 3);
}

static srd_layer add_swapped_tokens(srd_graph *graph, const char *name, srd_layer input)
{
    const srd_layer row = srd_graph_reshape(graph, NULL, input, 1, 64);
    const srd_layer parts[2] = { srd_graph_select_tokens(graph, NULL, row, 32, 32),
                                 srd_graph_select_tokens(graph, NULL, row, 0, 32) };

    return srd_graph_concat_tokens(graph, name, parts, 2);
}

/* Makes the layer, seals, and tells which kind it has and whether it does what views promise. */
static const srd__kind *look(adder add, bool *stayed)
{
    srd_graph *graph = NULL;
    const srd__kind *kind;
    srd_layer layer;

    check_status(srd_graph_create(NULL, NULL, &graph, NULL), SRD_OK);
    layer = add(graph, "it", srd_graph_input(graph, "x", 3, 8, 8));
    ck_assert_int_ne(layer, SRD_LAYER_NONE);
    check_status(srd_graph_output(graph, srd_graph_relu(graph, "top", layer), NULL), SRD_OK);
    check_status(srd_graph_seal(graph, NULL), SRD_OK);
    kind = graph->layers[layer]->kind;
    *stayed = kind->role == SRD__GATHER && stays(graph, layer, kind->view != 0);
    srd_graph_free(graph);
    return kind;
}

START_TEST(views_are_views)
{
    static const adder more[] = { add_reshape, add_concat_of_two };
    bool met[LISTED] = { false }, stayed;

    for (int i = 0; i < ADDERS + (int)(sizeof more / sizeof *more); ++i) {
        const srd__kind *const kind = look(i < ADDERS ? adders[i].add : more[i - ADDERS], &stayed);

        if (!kind->view) continue;
        ck_assert_msg(stayed, "%s says that it is a view, and moves positions or treats them differently", kind->name);
        for (int k = 0; k < LISTED; ++k) met[k] = met[k] || srd__kinds[k] == kind;
    }
    for (int k = 0; k < LISTED; ++k) {
        ck_assert_msg(met[k] == (srd__kinds[k]->view != 0), "no layer of the kind %s was looked at", srd__kinds[k]->name);
    }
}
END_TEST

/* The same eye sees kinds that move positions, or have another number of them. */
START_TEST(what_moves_is_seen)
{
    static const char *const moving[] = {
        "transpose", "flatten",          "subsample2d",       "zero_pad2d",     "upsample",         "mean",          "crop2d",
        "roll2d",    "reflection_pad2d", "replication_pad2d", "circular_pad2d", "window_partition", "window_reverse"
    };
    int seen = 0;
    bool stayed;

    for (int i = 0; i < ADDERS; ++i) {
        for (int k = 0; k < (int)(sizeof moving / sizeof *moving); ++k) {
            if (strcmp(adders[i].kind, moving[k]) != 0) continue;
            (void)look(adders[i].add, &stayed);
            ck_assert_msg(!stayed, "%s", moving[k]);
            ++seen;
        }
    }
    ck_assert_int_eq(seen, (int)(sizeof moving / sizeof *moving));
    ck_assert_str_eq(look(add_swapped_tokens, &stayed)->name, "concat_tokens");
    ck_assert(!stayed);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { kinds_are_those_of_the_list, 0, 0 },
        { kinds_have_what_their_role_needs, 0, 0 },
        { activations_are_their_secants, 0, 0 },
        { views_are_views, 0, 0 },
        { what_moves_is_seen, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("kinds", list);
}
