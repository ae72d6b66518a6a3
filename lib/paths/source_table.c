/*
 * source_table.c -- for lanes below which positions are chosen or averaged: the sources of every position of the grid, one per slot.
 * Slots number the ways through the gather layers; where one PFV can be reached in several ways, a row is instead the sorted
 * set of its sources, because several ways are one path (METHOD section 1). Below a flattened vector it is the sorted set of pairs of a
 * source and the position of the vector: see flattened_paths.h.
 */
#include "paths/source_table.h"

#include "base/sort.h"
#include "paths/bound_branch.h"
#include "paths/flattened_paths.h"

#define MANY_WAYS \
    512 /* from one position: rounding their sum in single precision would show, and cost more than one run for each source */

typedef struct table_row {
    srd_explainer *ex;
    const srd__bound *bound;
    int32_t *row;
    int32_t count;
    bool searched;
} table_row;

static void on_path(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    table_row *const t = (table_row *)walk->context;
    const int32_t id = t->bound->source_base[srd__source_index(t->bound, site)] + position;

    if (!t->searched) {
        t->row[slot] = id;
        return;
    }
    if (t->ex->plan.marks[id] == t->ex->plan.mark_stamp) return; /* a second way from the same PFV: one path */
    t->ex->plan.marks[id] = t->ex->plan.mark_stamp;
    if (t->row != NULL) t->row[t->count] = id;
    t->count++;
}

/* A set of sources needs each position of a gather layer only once, however many ways lead to it. */
static bool enter(srd__walk *walk, int32_t layer, int32_t position)
{
    const table_row *const t = (const table_row *)walk->context;
    int32_t *const mark = &t->ex->plan.marks[t->ex->plan.nodes[layer].first_mark + position];

    if (*mark == t->ex->plan.mark_stamp) return false;
    *mark = t->ex->plan.mark_stamp;
    return true;
}

static bool smaller(const void *context, int32_t x, int32_t y)
{
    (void)context;
    return x < y;
}

void srd__sort_ids(int32_t *a, int32_t n)
{
    srd__sort(a, n, smaller, NULL);
}

static int32_t walk_row(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t *row)
{
    table_row t = { ex, bound, row, 0, lane->searched != 0 };
    srd__walk walk = srd__walk_begin(ex, &t);

    walk.on_path = on_path;
    if (lane->searched) walk.enter = enter;
    ex->plan.mark_stamp++;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        if (srd__shows(ex, bound, lane, i)) srd__walk_paths(&walk, bound->segment->branches[i].root, r, 0);
    }
    return t.count;
}

/* May a layer that has one slot show the same position in several? An upsample by a scale between 1 and 2 may also where the size stays. */
static bool repeats(const srd_explainer *ex, const srd__layer *layer)
{
    const srd__shape *const in = &ex->plan.shapes[layer->inputs[0]], *const out = &ex->plan.shapes[layer->id];

    return layer->kind->repeats &&
           ((in->h > 1 && out->h >= in->h) || out->h > in->h || (in->w > 1 && out->w >= in->w) || out->w > in->w);
}

/*
 * May one PFV reach the same position in two ways? Only if a window of several positions lies over a layer that shows a position of its
 * input more than once (windows that overlap, an upsample), or a site is met twice. Windows of one pixel (pads, strides) are harmless.
 * Under a mixing layer the positions of a flattened vector are different choices, not ways (METHOD section 1): there a flatten counts
 * for nothing. windows: are there any above?
 */
static bool may_repeat(const srd_explainer *ex, int32_t id, bool windows, bool mixing)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];
    int64_t below = 0;
    bool several;

    if (layer->site) return false;
    if (layer->kind->meets) return true;
    for (int32_t i = 0; i < layer->walked; ++i) below += ex->plan.slots[layer->inputs[i]];
    several = srd__has_values(layer->kind) && ex->plan.slots[id] > below && !(mixing && layer->kind->flattens);
    if (windows && (several || repeats(ex, layer))) return true;
    windows = windows || several;
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (may_repeat(ex, layer->inputs[i], windows, mixing)) return true;
    }
    return false;
}

/* Is a site below a layer met twice? */
static void find_repeats(srd_explainer *ex, const srd__bound *bound, int32_t id, bool *repeated)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (layer->site) {
        int32_t *const mark = &ex->plan.marks[bound->source_base[srd__source_index(bound, id)]];

        if (*mark == ex->plan.mark_stamp) *repeated = true;
        *mark = ex->plan.mark_stamp;
        return;
    }
    for (int32_t i = 0; i < layer->walked; ++i) find_repeats(ex, bound, layer->inputs[i], repeated);
}

bool srd__same_place(const srd_explainer *ex, const srd__branch *a, const srd__branch *b)
{
    const srd__shape *const s = &ex->plan.shapes[a->root], *const t = &ex->plan.shapes[b->root];

    return a->flattened && b->flattened && a->mixing == b->mixing && s->h == t->h && s->w == t->w &&
           !ex->plan.graph->layers[a->root]->over_flatten && !ex->plan.graph->layers[b->root]->over_flatten;
}

bool srd__shows(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t branch)
{
    const srd__branch *const other = &bound->segment->branches[branch];

    if (other == lane->branch) return true;
    return SRD__PIECES && lane->shared && other->root != lane->branch->root && srd__same_place(ex, lane->branch, other);
}

bool srd__must_share(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    bool several = false, repeated = false;

    for (const srd__lane *l = bound->lanes; l != lane; ++l) {
        if (srd__same_place(ex, l->branch, lane->branch)) return false; /* else this lane would be a twin of that one */
    }
    ex->plan.mark_stamp++;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__branch *const other = &bound->segment->branches[i];
        bool seen = false;

        if (!srd__same_place(ex, lane->branch, other)) continue;
        for (int32_t k = 0; k < i; ++k) {
            seen = seen ||
                   (bound->segment->branches[k].mixing == other->mixing && bound->segment->branches[k].root == other->root);
        }
        several = several || other->root != lane->branch->root;
        if (!seen) find_repeats(ex, bound, other->root, &repeated);
    }
    return several && repeated;
}

/* Does a flatten below the root tell paths apart? Not if the whole root is flattened once more, positions and all. */
static bool is_over_vector(const srd_explainer *ex, const srd__lane *lane)
{
    return lane->mixing != NULL && !(lane->branch->flattened && lane->taps > 1) &&
           ex->plan.graph->layers[lane->branch->root]->over_flatten;
}

static bool needs_search(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    bool repeated = false;

    ex->plan.mark_stamp++;
    find_repeats(ex, bound, lane->branch->root, &repeated);
    return lane->shared || repeated || may_repeat(ex, lane->branch->root, false, is_over_vector(ex, lane));
}

#if SRD_WITH_FLAT_WAYS
/* The table of a lane whose rows are sets of pairs. Room for what is counted is taken first; the pairs that are left may be fewer. */
static srd_status bind_flat_table(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    const int32_t positions = lane->grid.h * lane->grid.w, root = lane->branch->root;
    const srd__flat_ways none = { NULL, NULL, NULL, -1 };
    int32_t most = 1, slots = 1;

    for (int32_t r = 0; r < positions; ++r) most = srd__max(most, srd__list_flat_ways(ex, bound, root, r, &none));
    if ((uint64_t)positions * (uint64_t)most > INT32_MAX) return SRD_ERR_OVERFLOW;
    lane->table = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)positions * (size_t)most, sizeof *lane->table);
    lane->flats = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)positions * (size_t)most, sizeof *lane->flats);
    if (lane->table == NULL || lane->flats == NULL) return SRD_ERR_MEMORY;
    for (int32_t r = 0; r < positions; ++r) {
        const size_t at = (size_t)r * (size_t)most;
        const srd__flat_ways row = { lane->table + at, lane->flats + at, NULL, -1 };

        for (int32_t i = 0; i < most; ++i) row.ids[i] = -1;
        slots = srd__max(slots, srd__list_flat_ways(ex, bound, root, r, &row));
    }
    for (int32_t r = 1; r < positions; ++r) {
        const size_t from = (size_t)r * (size_t)most, to = (size_t)r * (size_t)slots;

        memmove(lane->table + to, lane->table + from, (size_t)slots * sizeof *lane->table);
        memmove(lane->flats + to, lane->flats + from, (size_t)slots * sizeof *lane->flats);
    }
    lane->slots = slots;
    return SRD_OK;
}
#else
static srd_status bind_flat_table(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    (void)ex, (void)bound, (void)lane;
    return SRD_ERR_UNSUPPORTED;
}
#endif

/* Do all layers below one pass all channels on as they are, with weights that are the same for all? */
static bool keeps_channels(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->site) return true;
    return srd__has_values(layer->kind) && layer->walked == 1 && !layer->kind->selects && !layer->kind->flattens &&
           !layer->kind->regroups && keeps_channels(graph, layer->inputs[0]);
}

/* How often the table of a lane holds one source, at most. Marks are left as none. */
static int32_t most_hits(srd_explainer *ex, const srd__lane *lane)
{
    const size_t numbers = (size_t)lane->grid.h * (size_t)lane->grid.w * (size_t)lane->slots;
    int32_t most = 0;

    for (size_t i = 0; i < numbers; ++i) {
        if (lane->table[i] >= 0) ex->plan.marks[lane->table[i]] = 0;
    }
    for (size_t i = 0; i < numbers; ++i) {
        if (lane->table[i] < 0) continue;
        ++ex->plan.marks[lane->table[i]];
        most = srd__max(most, ex->plan.marks[lane->table[i]]);
    }
    for (size_t i = 0; i < numbers; ++i) {
        if (lane->table[i] >= 0) ex->plan.marks[lane->table[i]] = 0;
    }
    return most;
}

srd_status srd__bind_table(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    const int32_t positions = lane->grid.h * lane->grid.w;

    lane->searched = needs_search(ex, bound, lane);
    if (lane->searched && !lane->shared && is_over_vector(ex, lane)) {
        const srd_status status = bind_flat_table(ex, bound, lane);

        if (status == SRD_OK && SRD__LOST_CHECK) lane->hits = most_hits(ex, lane);
        return status;
    }
    lane->merges = lane->searched && !lane->shared && ex->plan.slots[lane->branch->root] > MANY_WAYS &&
                   keeps_channels(ex->plan.graph, lane->branch->root);
    if (!SRD_WITH_MANY_WAYS && lane->merges) return SRD_ERR_UNSUPPORTED;
    lane->slots = lane->searched ? 0 : ex->plan.slots[lane->branch->root];
    if (lane->slots > SRD__MOST_SLOTS) return SRD_ERR_OVERFLOW;
    for (int32_t r = 0; lane->searched && r < positions; ++r) {
        lane->slots = srd__max(lane->slots, walk_row(ex, bound, lane, r, NULL));
    }
    lane->slots = srd__max(lane->slots, 1);
    if ((uint64_t)positions * (uint64_t)lane->slots > INT32_MAX) return SRD_ERR_OVERFLOW;
    lane->table = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)positions * (size_t)lane->slots, sizeof *lane->table);
    if (lane->table == NULL) return SRD_ERR_MEMORY;
    for (int32_t r = 0; r < positions; ++r) {
        int32_t *const row = lane->table + (size_t)r * (size_t)lane->slots;
        int32_t n;

        for (int32_t i = 0; i < lane->slots; ++i) row[i] = -1;
        n = walk_row(ex, bound, lane, r, row);
        if (lane->searched) srd__sort_ids(row, n);
    }
    if (SRD__LOST_CHECK) lane->hits = most_hits(ex, lane);
    return SRD_OK;
}
