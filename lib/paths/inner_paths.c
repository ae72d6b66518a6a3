/*
 * inner_paths.c -- through which positions of an inner layer the paths of a segment go. That is known from the sizes alone: a
 * path counts as going through every candidate of a pool, whichever wins (METHOD section 1).
 */
#include "paths/inner_paths.h"

#include "explain/inner_types.h"
#include "paths/bound_branch.h"
#include "paths/flattened_paths.h"
#include "paths/source_table.h"

#if SRD_WITH_INNER_MAPS
/* A walk that lists the ways from one position of a root: pairs of a source and a position of the layer (or -1). */
typedef struct listing {
    srd_explainer *ex;
    const srd__bound *bound;
    const srd__inner *inner;
    int32_t *ids, *vias; /* NULL: only counted */
    int32_t *flats;      /* with ids, of lanes that have them */
    int32_t *queue;      /* positions of the layer that have been met */
    int32_t layer, count, queued;
    bool below; /* of one of them */
} listing;

static void list_path(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    listing *const l = (listing *)walk->context;
    const int32_t id = l->bound->source_base[srd__source_index(l->bound, site)] + position;

    (void)slot;
    if (l->ex->plan.marks[id] == l->ex->plan.mark_stamp) return;
    l->ex->plan.marks[id] = l->ex->plan.mark_stamp;
    if (l->ids != NULL) {
        l->ids[l->count] = id;
        l->vias[l->count] = walk->via;
    }
    l->count++;
}

/* Each position once. Those of the layer itself wait in the queue until all ways beside it are known. */
static bool list_enter(srd__walk *walk, int32_t layer, int32_t position)
{
    listing *const l = (listing *)walk->context;
    int32_t *const mark = &l->ex->plan.marks[l->ex->plan.nodes[layer].first_mark + position];

    if (*mark == l->ex->plan.mark_stamp) return false;
    *mark = l->ex->plan.mark_stamp;
    if (layer != l->layer || l->below) return true;
    l->queue[l->queued++] = position;
    return false;
}

/* Is the other lane one of those that share the table of a lane, and as to the layer in the same place? */
static bool is_shared(const listing *l, const srd__lane *lane, const srd__lane *other)
{
    const srd__way *const ways = l->inner->ways;

    return lane->shared && other != lane && other->branch->root != lane->branch->root &&
           other->first_path == lane->first_path && ways[lane - l->bound->lanes].top == ways[other - l->bound->lanes].top;
}

/* From position r of the lane's root, or of the roots of all that share its table. */
static void walk_roots(listing *l, srd__walk *walk, const srd__lane *lane, int32_t r)
{
    srd__walk_paths(walk, lane->branch->root, r, 0);
    for (int32_t i = 0; SRD__PIECES && lane->shared && i < l->bound->segment->branch_count; ++i) {
        const srd__lane *const other = &l->bound->lanes[i];

        if (is_shared(l, lane, other)) srd__walk_paths(walk, other->branch->root, r, 0);
    }
}

/* Pairs in ascending order of the position, then of the source; returns their number. Of a lane with flats they are triples, and the number
 * of those that are only counted may be too large. */
static int32_t list_ways(listing *l, const srd__lane *lane, int32_t r)
{
    const srd__flat_ways row = { l->ids, l->flats, l->vias, l->layer };
    srd__walk walk = srd__walk_begin(l->ex, l);

    if (srd__flats_of(lane) != NULL) return srd__list_flat_ways(l->ex, l->bound, lane->branch->root, r, &row);
    walk.on_path = list_path;
    walk.enter = list_enter;
    walk.mark = l->layer;
    l->count = l->queued = 0;
    l->below = false;
    l->ex->plan.mark_stamp++;
    walk_roots(l, &walk, lane, r);
    if (l->ids != NULL) srd__sort_ids(l->ids, l->count);
    srd__sort_ids(l->queue, l->queued);
    l->below = true;
    for (int32_t i = 0; i < l->queued; ++i) {
        const int32_t first = l->count;

        l->ex->plan.mark_stamp++;
        srd__walk_paths(&walk, l->layer, l->queue[i], 0);
        if (l->ids != NULL) srd__sort_ids(l->ids + first, l->count - first);
    }
    return l->count;
}

/* Slot of way i of those listed in a lane whose slots are sources. */
static int32_t slot_of(const listing *l, const srd__lane *lane, int32_t r, int32_t i)
{
    int32_t slot = 0;

    if (lane->table != NULL) return srd__lane_slot(lane, r, l->ids[i], -1, l->flats != NULL ? l->flats[i] : -1);
    while (lane->bases[slot] + r != l->ids[i]) ++slot;
    return slot;
}

static int32_t *take_table(srd_explainer *ex, int32_t positions, int32_t slots)
{
    int32_t *const table = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)positions * (size_t)slots, sizeof *table);

    for (int32_t i = 0; table != NULL && i < positions * slots; ++i) table[i] = -1;
    return table;
}

/* ---- lanes whose slots are ways ------------------------------------------------------------------------------------------ */

typedef struct tabling {
    int32_t *row;
} tabling;

static void table_path(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    (void)site, (void)position;
    ((tabling *)walk->context)->row[slot] = walk->via;
}

static srd_status table_ways(srd_explainer *ex, const srd__lane *lane, int32_t layer, srd__way *way)
{
    const int32_t positions = lane->grid.h * lane->grid.w;
    tabling t;
    srd__walk walk = srd__walk_begin(ex, &t);

    walk.on_path = table_path;
    walk.mark = layer;
    way->how = SRD__WAY_TABLE;
    way->table = take_table(ex, positions, lane->slots);
    if (way->table == NULL) return SRD_ERR_MEMORY;
    for (int32_t r = 0; r < positions; ++r) {
        t.row = way->table + (size_t)r * (size_t)lane->slots;
        srd__walk_paths(&walk, lane->branch->root, r, 0);
    }
    return SRD_OK;
}

/* ---- lanes whose slots are sources --------------------------------------------------------------------------------------- */

static srd_status take_row(listing *l, const srd__lane *lane, int32_t most)
{
    l->ids = take_table(l->ex, 1, most);
    l->vias = take_table(l->ex, 1, most);
    l->flats = srd__flats_of(lane) != NULL ? take_table(l->ex, 1, most) : NULL;
    return l->ids == NULL || l->vias == NULL || (srd__flats_of(lane) != NULL && l->flats == NULL) ? SRD_ERR_MEMORY : SRD_OK;
}

/* Every source of every position is reached in one way only: by one position of the layer, or beside it. */
static srd_status fill_table(listing *l, const srd__lane *lane, srd__way *way)
{
    const int32_t positions = lane->grid.h * lane->grid.w;

    way->how = SRD__WAY_TABLE;
    way->table = take_table(l->ex, positions, lane->slots);
    if (way->table == NULL) return SRD_ERR_MEMORY;
    for (int32_t r = 0; r < positions; ++r) {
        const int32_t n = list_ways(l, lane, r);

        for (int32_t i = 0; i < n; ++i) {
            way->table[(size_t)r * (size_t)lane->slots + (size_t)slot_of(l, lane, r, i)] = l->vias[i];
        }
    }
    return SRD_OK;
}

/* The lane of `fine`: its slots are pairs. most: room for one position's, as they are counted. */
static srd_status fill_split(listing *l, const srd__lane *lane, int32_t most, srd__way *way, srd__lane *fine)
{
    const int32_t positions = lane->grid.h * lane->grid.w;

    way->how = SRD__WAY_SPLIT;
    way->table = take_table(l->ex, positions, most);
    fine->table = take_table(l->ex, positions, most);
    fine->vias = take_table(l->ex, positions, most);
    if (way->table == NULL || fine->table == NULL || fine->vias == NULL) return SRD_ERR_MEMORY;
#if SRD_WITH_FLAT_WAYS
    fine->flats = lane->flats != NULL ? take_table(l->ex, positions, most) : NULL;
    if (lane->flats != NULL && fine->flats == NULL) return SRD_ERR_MEMORY;
#endif
    fine->mark = l->layer;
    fine->slots = most;
    fine->searched = 1;
    fine->merges = 0;
    fine->parts = NULL;
    fine->stretches = NULL;
    fine->bases = NULL;
    for (int32_t r = 0; r < positions; ++r) {
        const size_t at = (size_t)r * (size_t)most;
        int32_t n;

        l->ids = fine->table + at;
        l->vias = fine->vias + at;
        l->flats = srd__flats_of(fine) != NULL ? srd__flats_of(fine) + at : NULL;
        n = list_ways(l, lane, r);
        for (int32_t i = 0; i < n; ++i) way->table[at + (size_t)i] = slot_of(l, lane, r, i);
    }
    return SRD_OK;
}

static int32_t count_sources(const srd__lane *lane, int32_t r)
{
    int32_t count = 0;

    for (int32_t slot = 0; slot < lane->slots; ++slot) count += srd__path_source(lane, r, slot) >= 0;
    return count;
}

/* must: the lane has to be split in any case. */
static srd_status list_lane(listing *l, const srd__lane *lane, bool must, srd__way *way, srd__lane *fine)
{
    const int32_t positions = lane->grid.h * lane->grid.w;
    int32_t most = 1;
    bool split = must;

    l->ids = l->vias = l->flats = NULL;
    for (int32_t r = 0; r < positions; ++r) most = srd__max(most, list_ways(l, lane, r));
    if ((uint64_t)positions * (uint64_t)srd__max(most, lane->slots) > INT32_MAX) return SRD_ERR_OVERFLOW;
    if (!split && take_row(l, lane, most) != SRD_OK) return SRD_ERR_MEMORY;
    for (int32_t r = 0; !split && r < positions; ++r) split = list_ways(l, lane, r) > count_sources(lane, r);
    return split ? fill_split(l, lane, most, way, fine) : fill_table(l, lane, way);
}

/* ---- one layer in one segment ---------------------------------------------------------------------------------------------- */

/* A path of twins goes through the layer, above the root, in one and beside it in another: it has two parts. */
static bool has_two_tops(const srd__bound *bound, const srd__inner *inner, int32_t i)
{
    for (int32_t k = 0; k < bound->segment->branch_count; ++k) {
        const bool same = bound->lanes[i].span > 0 && bound->lanes[i].first_path == bound->lanes[k].first_path;

        if (same && inner->ways[i].top != inner->ways[k].top) return true;
    }
    return false;
}

/* Does the root of the lane, or of one that shares its table, lie above the layer? */
static bool is_above(const srd__bound *bound, const srd__lane *lane, const srd_graph *graph, int32_t layer)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const other = &bound->lanes[i];

        if (other != lane && !(lane->shared && other->first_path == lane->first_path)) continue;
        if (srd__comes_to(graph, other->branch->root, layer)) return true;
    }
    return false;
}

static srd_status bind_way(listing *l, srd__inner *inner, int32_t i)
{
    const srd__lane *const lane = &l->bound->lanes[i];
    srd__way *const way = &inner->ways[i];
    const bool two_tops = has_two_tops(l->bound, inner, i);

    if (two_tops && !lane->shared) {
        way->how = SRD__WAY_SPLIT; /* with the slots of the lane */
    } else if (two_tops) {
        return list_lane(l, lane, true, way, &inner->fine->lanes[i]);
    } else if (way->top) {
        way->how = SRD__WAY_TOP;
    } else if (is_above(l->bound, lane, l->ex->plan.graph, inner->layer)) {
        if (lane->table != NULL && !lane->searched) return table_ways(l->ex, lane, inner->layer, way);
        return list_lane(l, lane, false, way, &inner->fine->lanes[i]);
    }
    return SRD_OK;
}

static const srd__lane *fine_twin(const srd__inner *inner, const srd__bound *bound, int32_t i)
{
    for (int32_t k = 0; k < i; ++k) {
        if (inner->ways[k].how == SRD__WAY_SPLIT && inner->ways[k].top == inner->ways[i].top &&
            bound->lanes[k].first_path == bound->lanes[i].first_path) {
            return &inner->fine->lanes[k];
        }
    }
    return NULL;
}

/* Numbers the parts. The paths of lanes that are not split are left out. */
static srd_status number_parts(srd__inner *inner, const srd__bound *bound)
{
    srd__bound *const fine = inner->fine;

    fine->paths = 0;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        srd__lane *const lane = &fine->lanes[i];
        const bool split = inner->ways[i].how == SRD__WAY_SPLIT;
        const srd__lane *const twin = split ? fine_twin(inner, bound, i) : NULL;
        const int64_t paths = split ? (int64_t)lane->taps * lane->slots : 0;

        if ((fine->paths + paths) * bound->positions > (int64_t)srd__min((uint64_t)INT32_MAX, SIZE_MAX / 16)) {
            return SRD_ERR_OVERFLOW;
        }
        lane->first_path = twin != NULL ? twin->first_path : fine->paths;
        lane->span = (int32_t)paths;
        lane->paths = twin != NULL ? 0 : lane->span;
        lane->last_twin = 1;
        lane->bias_path = -1;
        lane->pad_count = 0;
        for (int32_t k = 0; twin != NULL && k < i; ++k) {
            if (fine->lanes[k].first_path == lane->first_path) fine->lanes[k].last_twin = 0;
        }
        fine->paths += lane->paths;
    }
    fine->single = 0; /* and there is no fast case of it */
    fine->seen = NULL;
    fine->pixels = 1;
    fine->chunk = srd__min(fine->paths, SRD_TILE_FLOATS / SRD__PANEL);
    inner->bytes = (size_t)fine->paths * (size_t)fine->positions * sizeof(float);
    return SRD_OK;
}

static srd_status copy_bound(srd_explainer *ex, const srd__bound *bound, srd__inner *inner)
{
    const size_t lanes = (size_t)bound->segment->branch_count;

    inner->fine = (srd__bound *)srd__heap_take(&ex->heap, sizeof *inner->fine);
    if (inner->fine == NULL) return SRD_ERR_MEMORY;
    *inner->fine = *bound;
    inner->fine->lanes = (srd__lane *)srd__heap_take_array(&ex->heap, lanes, sizeof *bound->lanes);
    if (inner->fine->lanes == NULL) return SRD_ERR_MEMORY;
    memcpy(inner->fine->lanes, bound->lanes, lanes * sizeof *bound->lanes);
    return SRD_OK;
}

static srd_status bind_gather(srd_explainer *ex, const srd__bound *bound, srd__inner *inner, int32_t *queue)
{
    listing l = { ex, bound, inner, NULL, NULL, NULL, queue, inner->layer, 0, 0, false };
    srd_status status = copy_bound(ex, bound, inner);
    bool split = false;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__branch *const branch = bound->lanes[i].branch;

        inner->ways[i].top = !branch->constant && srd__piece_under(ex->plan.graph, branch, inner->layer);
    }
    for (int32_t i = 0; status == SRD_OK && i < bound->segment->branch_count; ++i) {
        if (!bound->lanes[i].branch->constant) status = bind_way(&l, inner, i);
    }
    if (status != SRD_OK) return status;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) split = split || inner->ways[i].how == SRD__WAY_SPLIT;
    if (split) return number_parts(inner, bound);
    inner->fine = NULL;
    return SRD_OK;
}

static bool is_gather(const srd_explainer *ex, int32_t layer)
{
    return ex->plan.graph->layers[layer]->kind->role == SRD__GATHER;
}

/* Does the layer lie inside the segment? The layer that the segment makes does not. */
static bool is_inside(const srd_explainer *ex, const srd__bound *bound, int32_t layer)
{
    int32_t first;

    if (!ex->plan.nodes[layer].kept_map || layer >= bound->segment->layer) return false;
    if (!is_gather(ex, layer)) return srd__segment_range(ex->plan.graph, bound->segment, layer, &first) > 0;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__branch *const branch = bound->lanes[i].branch;

        if (branch->constant) continue; /* a bias has no paths */
        if (srd__comes_to(ex->plan.graph, branch->root, layer) || srd__piece_under(ex->plan.graph, branch, layer)) return true;
    }
    return false;
}

static srd_status bind_inner(srd_explainer *ex, srd__inner *inner, int32_t *queue)
{
    const srd__bound *const bound = &ex->plan.bounds[inner->bound];
    int32_t first, count;

    inner->ways = (srd__way *)srd__heap_take_array(&ex->heap, (size_t)bound->segment->branch_count, sizeof *inner->ways);
    if (inner->ways == NULL) return SRD_ERR_MEMORY;
    if (is_gather(ex, inner->layer)) return bind_gather(ex, bound, inner, queue);
    count = srd__segment_range(ex->plan.graph, bound->segment, inner->layer, &first);
    for (int32_t i = first; i < first + count; ++i) inner->ways[i].how = SRD__WAY_Y;
    return SRD_OK;
}

/* Lists inner layers by segment; inners NULL: only counts. */
static void list_inners(srd_explainer *ex)
{
    bool any = false;

    ex->plan.inner_count = 0;
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) any = any || ex->plan.nodes[id].kept_map;
    if (!any) return; /* the usual case, which should not cost layers times segments */
    for (int32_t i = 0; i < ex->plan.bound_count; ++i) {
        for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
            if (!is_inside(ex, &ex->plan.bounds[i], id)) continue;
            if (ex->plan.inners != NULL) {
                ex->plan.inners[ex->plan.inner_count].layer = id;
                ex->plan.inners[ex->plan.inner_count].bound = i;
            }
            ex->plan.inner_count++;
        }
    }
}

srd_status srd__inner_bind(srd_explainer *ex, srd_detail *detail)
{
    int32_t most = 1;
    int32_t *queue;

    if (ex->plan.options.mode == SRD_MODE_FORWARD) return SRD_OK;
    list_inners(ex);
    if (ex->plan.inner_count == 0) return SRD_OK;
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        if (ex->plan.nodes[id].kept_map) most = srd__max(most, ex->plan.shapes[id].h * ex->plan.shapes[id].w);
    }
    ex->plan.inners = (srd__inner *)srd__heap_take_array(&ex->heap, (size_t)ex->plan.inner_count, sizeof *ex->plan.inners);
    queue = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)most, sizeof *queue);
    if (ex->plan.inners == NULL || queue == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for the inner layers that have maps");
    }
    list_inners(ex);
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        const int32_t layer = ex->plan.inners[i].layer;
        const srd_status status = bind_inner(ex, &ex->plan.inners[i], queue);

        if (status == SRD_OK) continue;
        return srd__fail(detail, status, layer, ex->plan.graph->layers[layer]->name,
                         status == SRD_ERR_MEMORY ? "no memory for the paths through this layer"
                                                  : "too many paths run through this layer for a map of it");
    }
    return SRD_OK;
}
#endif
