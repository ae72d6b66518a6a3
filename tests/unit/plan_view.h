/*
 * plan_view.h -- what tests of the arena planner know of an explainer's structs, in one place: stores, times, regions; and the rules
 * that say which stores may overlap.
 */
#ifndef TESTS_PLAN_VIEW_H
#define TESTS_PLAN_VIEW_H

#include <stdlib.h>

#include "explain/explainer_impl.h"
#include "testing.h"
#include "tiles/tiling.h"

/* A made-up number below `below`. */
static inline uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* Bytes in grains, which all offsets are counts of. */
#define GRAINS(bytes) (((uint64_t)(bytes) + SRD_GRAIN - 1) / SRD_GRAIN)

static inline srd__store *store_at_index(const srd_explainer *ex, int32_t index)
{
    return &ex->plan.nodes[index / SRD__STORES].stores[index % SRD__STORES];
}

static inline int32_t store_count(const srd_explainer *ex)
{
    return ex->plan.graph->layer_count * SRD__STORES;
}

static inline int32_t plan_steps(const srd_explainer *ex)
{
    return ex->plan.step_count;
}

static inline size_t plan_transient(const srd_explainer *ex)
{
    return ex->plan.transient_bytes;
}

static inline size_t plan_persistent(const srd_explainer *ex)
{
    return ex->plan.persistent_bytes;
}

static inline size_t plan_among(const srd_explainer *ex)
{
    return ex->plan.among_bytes;
}

static inline bool plan_too_large(const srd_explainer *ex)
{
    return ex->plan.too_large;
}

/* The segment that makes the value of a store's layer, or NULL: then it is not a value, or of an input or a gather layer. */
static inline const srd__bound *bound_of_value(const srd_explainer *ex, int32_t index)
{
    const int32_t bound = ex->plan.nodes[index / SRD__STORES].bound;

    return index % SRD__STORES == SRD__STORE_VALUE && bound >= 0 ? &ex->plan.bounds[bound] : NULL;
}

/* The place of a store that runs know, and its bytes: offset in the region plus what it is kept as. */
static inline const srd__array *array_of(const srd_explainer *ex, int32_t index)
{
    const srd__node *const node = &ex->plan.nodes[index / SRD__STORES];

    return node->which[index % SRD__STORES] > 0 ? &node->arrays[node->which[index % SRD__STORES] - 1] : NULL;
}

/* An explainer that is nothing but stores to be placed: no segment, so nothing lies over anything on purpose. */
typedef struct bare_plan {
    srd_explainer *ex;
    srd_graph graph;
    srd__layer dead, **layers; /* all layers are this one, which is not live */
    srd__node *nodes;
    srd__store *stores;
} bare_plan;

static inline void bare_begin(bare_plan *p, int32_t layers, int32_t steps, int32_t ratios, int32_t images)
{
    memset(p, 0, sizeof *p);
    p->ex = (srd_explainer *)calloc(1, sizeof *p->ex);
    p->nodes = (srd__node *)calloc((size_t)layers, sizeof *p->nodes);
    p->stores = (srd__store *)calloc((size_t)layers, SRD__STORES * sizeof *p->stores);
    p->layers = (srd__layer **)calloc((size_t)layers, sizeof *p->layers);
    ck_assert(p->ex != NULL && p->nodes != NULL && p->stores != NULL && p->layers != NULL);
    check_ok(srd__heap_init(&p->ex->heap, NULL, NULL));
    p->graph.layer_count = layers;
    p->graph.layers = p->layers;
    p->ex->plan.graph = &p->graph;
    p->ex->plan.nodes = p->nodes;
    p->ex->plan.step_count = steps;
    p->ex->plan.options.mode = SRD_MODE_EXPLAIN;
    p->ex->plan.options.ratios = ratios;
    p->ex->plan.recomputes = ratios == SRD_RATIOS_RECOMPUTED;
    p->ex->plan.options.batch = p->ex->plan.images = images;
    p->ex->plan.options.workers = 1;
    p->ex->plan.most_channels = 1;
    for (int32_t id = 0; id < layers; ++id) {
        p->layers[id] = &p->dead;
        p->nodes[id].stores = p->stores + (size_t)id * SRD__STORES;
        p->nodes[id].bound = p->nodes[id].under = -1;
    }
}

static inline void bare_end(bare_plan *p)
{
    srd__heap_release(&p->ex->heap);
    free(p->ex);
    free(p->layers);
    free(p->nodes);
    free(p->stores);
}

/* ---- who may lie where ------------------------------------------------------------------------------------------------------- */

/*
 * Must two stores of the transient region not overlap? They live at the same time; or ratios are computed again, a run makes the one and a
 * question needs the other from the visit of a step on that is not below it: then that run's part is done again beside it.
 */
static inline bool meet(const srd_explainer *ex, const srd__store *a, const srd__store *b)
{
    const int32_t n = plan_steps(ex);

    if (a->first <= b->last && b->first <= a->last) return true;
    if (!srd__recomputes(ex) || (a->first < n) == (b->first < n)) return false;
    return a->first + b->first <= 2 * n - 1;
}

static inline bool overlap(const srd__store *a, const srd__store *b)
{
    return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

static inline bool is_in_transient(const srd__store *s)
{
    return s->bytes > 0 && s->kept != SRD__KEPT;
}

/* A value that is written over the one below it, number by number: made in the last step that reads that one, at the same place. */
static inline bool lies_over(const srd_explainer *ex, const srd__store *value, int32_t index, const srd__store *below)
{
    return bound_of_value(ex, index) != NULL && value->next < -1 && value->offset == below->offset &&
           value->bytes == below->bytes && value->first == below->last;
}

/* A value that slides over the one below it: the same, but it begins lower, by as much as what is still to be read is behind. */
static inline bool slides_over_it(const srd_explainer *ex, const srd__store *value, int32_t index, const srd__store *below,
                                  int32_t below_index)
{
    const srd__bound *const bound = bound_of_value(ex, index);

    if (bound == NULL || below_index % SRD__STORES != SRD__STORE_VALUE || srd__recomputes(ex)) return false;
    if (value->first != below->last || value->offset > below->offset) return false;
    return below->offset - value->offset >= srd__slide_ahead(ex, bound, below_index / SRD__STORES);
}

typedef struct tally {
    int32_t overs, slides, transient, persistent, among;
} tally;

static inline void check_pair(const srd_explainer *ex, int32_t i, int32_t k, tally *seen)
{
    const srd__store *const a = store_at_index(ex, i), *const b = store_at_index(ex, k);

    if (!meet(ex, a, b) || !overlap(a, b)) return;
    if (lies_over(ex, a, i, b) || lies_over(ex, b, k, a)) seen->overs++;
    else if (slides_over_it(ex, a, i, b, k) || slides_over_it(ex, b, k, a, i)) seen->slides++;
    else
        ck_abort_msg("store %d of layer %d (times %d to %d, bytes %zu to %zu) and store %d of layer %d (%d to %d, %zu to %zu)",
                     (int)(i % SRD__STORES), (int)(i / SRD__STORES), (int)a->first, (int)a->last, a->offset,
                     a->offset + a->bytes, (int)(k % SRD__STORES), (int)(k / SRD__STORES), (int)b->first, (int)b->last,
                     b->offset, b->offset + b->bytes);
}

/* Everything lies in its region and in nobody's way; the persistent ones follow each other without holes. */
static inline void check_places(const srd_explainer *ex, tally *seen)
{
    uint64_t persistent = 0, among = 0, end = 0;

    for (int32_t i = 0; i < store_count(ex); ++i) {
        const srd__store *const s = store_at_index(ex, i);

        if (s->bytes == 0) continue;
        ck_assert_uint_eq(s->offset % SRD_GRAIN, 0);
        if (!is_in_transient(s)) {
            ck_assert_uint_eq(s->offset / SRD_GRAIN, persistent);
            persistent += GRAINS(s->bytes);
            seen->persistent++;
            continue;
        }
        seen->transient++;
        seen->among += s->kept == SRD__KEPT_AMONG;
        if (s->kept == SRD__KEPT_AMONG) among += GRAINS(s->bytes);
        end = srd__max(end, s->offset / SRD_GRAIN + GRAINS(s->bytes));
        for (int32_t k = 0; k < i; ++k) {
            if (is_in_transient(store_at_index(ex, k))) check_pair(ex, i, k, seen);
        }
    }
    ck_assert_uint_eq(plan_persistent(ex), persistent * SRD_GRAIN);
    ck_assert_uint_eq(plan_among(ex), among * SRD_GRAIN);
    ck_assert_uint_eq(plan_transient(ex), end * SRD_GRAIN);
}

#endif
