/*
 * flattened_paths.c -- ways from a mixing layer down to its sources, where a flatten lies between them. The positions of a flattened vector are
 * different choices of the mixing layer (METHOD section 1), so a PFV that is reached by two of them has two paths; but several ways
 * by the same one, through windows that overlap or a concat that reads the vector twice, are one path.
 */
#include "paths/flattened_paths.h"

#include "paths/bound_branch.h"

#if SRD_WITH_FLAT_WAYS
bool srd__number_flats(srd_explainer *ex)
{
    const srd_graph *const graph = ex->plan.graph;
    int64_t count = 0;

    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const layer = graph->layers[id];
        const srd__shape *s;
        int32_t same = 0;

        if (!layer->live || !layer->kind->flattens) continue;
        s = &ex->plan.shapes[layer->inputs[0]];
        for (; same < id; ++same) { /* one over an equal grid */
            const srd__layer *const other = graph->layers[same];
            const srd__shape *const t = other->live && other->kind->flattens ? &ex->plan.shapes[other->inputs[0]] : NULL;

            if (t != NULL && t->h == s->h && t->w == s->w) break;
        }
        ex->plan.nodes[id].first_flat = same < id ? ex->plan.nodes[same].first_flat : (int32_t)count;
        if (same == id) count += (int64_t)s->h * s->w;
        if (count > INT32_MAX) return false;
    }
    return true;
}

typedef struct listing {
    srd_explainer *ex;
    const srd__bound *bound;
    const srd__flat_ways *row;
    int32_t count;
    int32_t via, flat; /* of the section that the walk is in */
} listing;

/* A walk comes by each flattened position, and by each position of the mark, in sections. Inside one nothing needs to be met twice; what
 * is met again in another one is sorted out later. */
static bool is_new(listing *l, const srd__walk *walk, int32_t place)
{
    const int32_t flat = srd__flat_of(walk);
    int32_t *const mark = &l->ex->plan.marks[place];

    if (l->via != walk->via || l->flat != flat) l->ex->plan.mark_stamp++;
    l->via = walk->via;
    l->flat = flat;
    if (*mark == l->ex->plan.mark_stamp) return false;
    *mark = l->ex->plan.mark_stamp;
    return true;
}

static bool enter(srd__walk *walk, int32_t layer, int32_t position)
{
    listing *const l = (listing *)walk->context;

    return is_new(l, walk, l->ex->plan.nodes[layer].first_mark + position);
}

static void on_path(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    listing *const l = (listing *)walk->context;
    const int32_t id = l->bound->source_base[srd__source_index(l->bound, site)] + position;

    (void)slot;
    if (!is_new(l, walk, id)) return;
    if (l->row->ids != NULL) {
        l->row->ids[l->count] = id;
        l->row->flats[l->count] = srd__flat_of(walk);
        if (l->row->vias != NULL) l->row->vias[l->count] = walk->via;
    }
    l->count++;
}

/* Negative, 0 or positive: way a comes before b, is equal, or comes behind. */
static int compare(const srd__flat_ways *row, int32_t a, int32_t b)
{
    if (row->vias != NULL && row->vias[a] != row->vias[b]) return row->vias[a] < row->vias[b] ? -1 : 1;
    if (row->flats[a] != row->flats[b]) return row->flats[a] < row->flats[b] ? -1 : 1;
    return row->ids[a] < row->ids[b] ? -1 : row->ids[a] > row->ids[b];
}

static void swap(int32_t *numbers, int32_t a, int32_t b)
{
    const int32_t kept = numbers[a];

    numbers[a] = numbers[b];
    numbers[b] = kept;
}

static void swap_ways(const srd__flat_ways *row, int32_t a, int32_t b)
{
    swap(row->ids, a, b);
    swap(row->flats, a, b);
    if (row->vias != NULL) swap(row->vias, a, b);
}

/* Shell sort. */
static void sort_ways(const srd__flat_ways *row, int32_t count)
{
    int32_t gap = 1;

    while (gap < count / 3) gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (int32_t i = gap; i < count; ++i) {
            for (int32_t k = i; k >= gap && compare(row, k - gap, k) > 0; k -= gap) swap_ways(row, k - gap, k);
        }
    }
}

/* Leaves one of equal ways; returns how many are left. */
static int32_t unite_ways(const srd__flat_ways *row, int32_t count)
{
    int32_t kept = 0;

    for (int32_t i = 0; i < count; ++i) {
        if (kept > 0 && compare(row, kept - 1, i) == 0) continue;
        if (kept < i) swap_ways(row, kept, i);
        ++kept;
    }
    for (int32_t i = kept; i < count; ++i) row->ids[i] = -1;
    return kept;
}

int32_t srd__list_flat_ways(srd_explainer *ex, const srd__bound *bound, int32_t root, int32_t r, const srd__flat_ways *row)
{
    listing l = { ex, bound, row, 0, -1, -1 };
    srd__walk walk = srd__walk_begin(ex, &l);

    walk.on_path = on_path;
    walk.enter = enter;
    walk.mark = row->mark;
    ex->plan.mark_stamp++;
    srd__walk_paths(&walk, root, r, 0);
    if (row->ids == NULL) return l.count;
    sort_ways(row, l.count);
    return unite_ways(row, l.count);
}
#endif
