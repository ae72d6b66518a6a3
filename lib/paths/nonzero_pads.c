/*
 * nonzero_pads.c -- numbers around a picture that are not 0. They come from no source: what they add to y is a bias of the paths that go
 * through their layer, shared by norms (METHOD sections 2 and 4). A lane has one bias path for each such layer below its root, or below that of
 * another piece of its vector: what the pieces' paths of one layer hold is one bias.
 */
#include "paths/nonzero_pads.h"

#include "paths/bound_branch.h"
#include "paths/source_table.h"

#if SRD__PADS
/* Lists the layers, each once and in ascending order; pads NULL: counts what may be met several times. */
static void find(const srd_graph *graph, int32_t id, int32_t *pads, int32_t *count)
{
    const srd__layer *const layer = graph->layers[id];
    int32_t at = 0;

    if (layer->site) return;
    if (layer->kind->pads && layer->low != 0.0f) {
        while (pads != NULL && at < *count && pads[at] < id) ++at;
        if (pads == NULL || at == *count || pads[at] != id) {
            for (int32_t i = *count; pads != NULL && i > at; --i) pads[i] = pads[i - 1];
            if (pads != NULL) pads[at] = id;
            ++*count;
        }
    }
    for (int32_t i = 0; i < layer->walked; ++i) find(graph, layer->inputs[i], pads, count);
}

typedef struct marking {
    const srd__bound *bound;
    srd__lane *lane;
    int32_t r;
    uint8_t bit;
} marking;

static void mark_path(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    const marking *const m = (const marking *)walk->context;
    const int32_t id = m->bound->source_base[srd__source_index(m->bound, site)] + position;

    if (walk->via < 0) return;
    if (m->lane->searched) slot = srd__lane_slot(m->lane, m->r, id, -1, srd__flat_of(walk));
    m->lane->passes[(size_t)m->r * (size_t)m->lane->slots + (size_t)slot] |= m->bit;
}

static void mark_paths(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    const int32_t positions = lane->grid.h * lane->grid.w;

    memset(lane->passes, 1, (size_t)positions * (size_t)lane->slots);
    for (int32_t i = 0; i < lane->pad_count; ++i) {
        marking m = { bound, lane, 0, (uint8_t)(2 << i) };
        srd__walk walk = srd__walk_begin(ex, &m);

        walk.on_path = mark_path;
        walk.mark = lane->pads[i];
        for (int32_t k = 0; k < bound->segment->branch_count; ++k) {
            const int32_t root = bound->segment->branches[k].root;

            if (!srd__shows(ex, bound, lane, k)) continue;
            for (m.r = 0; m.r < positions; ++m.r) srd__walk_paths(&walk, root, m.r, 0);
        }
    }
}

/* Lists the layers below all pieces of the lane's vector, so that the same bit means the same layer in each of them. */
static void find_all(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t *pads, int32_t *count)
{
    int32_t first;
    const int32_t end = srd__pieces(bound, lane, &first);

    for (int32_t k = first; k < end; ++k) find(ex->plan.graph, bound->segment->branches[k].root, pads, count);
}

srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane, const srd__lane *twin)
{
    int32_t most = 0;

    if (twin != NULL) {
        lane->pads = twin->pads;
        lane->pad_count = twin->pad_count;
        lane->passes = twin->passes;
        return SRD_OK;
    }
    find_all(ex, bound, lane, NULL, &most);
    if (most == 0) return SRD_OK;
    lane->pads = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)most, sizeof *lane->pads);
    if (lane->pads == NULL) return SRD_ERR_MEMORY;
    find_all(ex, bound, lane, lane->pads, &lane->pad_count);
    if (lane->pad_count > SRD__MOST_PADS) return SRD_ERR_UNSUPPORTED;
    lane->passes = (uint8_t *)srd__heap_take_array(&ex->heap, (size_t)lane->grid.h * (size_t)lane->grid.w, (size_t)lane->slots);
    if (lane->passes == NULL) return SRD_ERR_MEMORY;
    mark_paths(ex, bound, lane);
    return SRD_OK;
}

int32_t srd__pad_index(const srd__lane *lane, int64_t layer)
{
    int32_t i = 0;

    while (i < lane->pad_count && lane->pads[i] != layer) ++i;
    return i;
}
#endif
