/*
 * plan_view.h -- what test_arena.c knows of an explainer's structs, in one place: stores, times, regions.
 */
#ifndef TESTS_PLAN_VIEW_H
#define TESTS_PLAN_VIEW_H

#include <stdlib.h>

#include "explain/explainer_impl.h"
#include "testing.h"

/* Bytes are counted in grains: then sums of the largest sizes fit an uint64_t. */
#define GRAINS(bytes) (((uint64_t)(bytes) + SRD_GRAIN - 1) / SRD_GRAIN)

static inline srd__store *store_at_index(const srd_explainer *ex, int32_t index)
{
    return &ex->nodes[index / SRD__STORES].stores[index % SRD__STORES];
}

static inline int32_t store_count(const srd_explainer *ex)
{
    return ex->graph->layer_count * SRD__STORES;
}

static inline int32_t plan_steps(const srd_explainer *ex)
{
    return ex->step_count;
}

static inline size_t plan_transient(const srd_explainer *ex)
{
    return ex->transient_bytes;
}

static inline size_t plan_persistent(const srd_explainer *ex)
{
    return ex->persistent_bytes;
}

static inline size_t plan_among(const srd_explainer *ex)
{
    return ex->among_bytes;
}

static inline bool plan_too_large(const srd_explainer *ex)
{
    return ex->too_large;
}

/* The segment that makes the value of a store's layer, or NULL: then it is not a value, or of an input or a gather layer. */
static inline const srd__bound *bound_of_value(const srd_explainer *ex, int32_t index)
{
    const int32_t bound = ex->nodes[index / SRD__STORES].bound;

    return index % SRD__STORES == SRD__STORE_VALUE && bound >= 0 ? &ex->bounds[bound] : NULL;
}

/* The place of a store that runs know, and its bytes: offset in the region plus what it is kept as. */
static inline const srd__array *array_of(const srd_explainer *ex, int32_t index)
{
    const srd__node *const node = &ex->nodes[index / SRD__STORES];

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
    p->ex->graph = &p->graph;
    p->ex->nodes = p->nodes;
    p->ex->step_count = steps;
    p->ex->options.mode = SRD_MODE_EXPLAIN;
    p->ex->options.ratios = ratios;
    p->ex->options.batch = p->ex->images = images;
    p->ex->options.workers = 1;
    p->ex->most_channels = 1;
    for (int32_t id = 0; id < layers; ++id) {
        p->layers[id] = &p->dead;
        p->nodes[id].stores = p->stores + (size_t)id * SRD__STORES;
        p->nodes[id].bound = p->nodes[id].under = -1;
    }
}

static inline void bare_end(bare_plan *p)
{
    srd__heap_release(p->ex->heap);
    free(p->ex);
    free(p->layers);
    free(p->nodes);
    free(p->stores);
}

#endif
