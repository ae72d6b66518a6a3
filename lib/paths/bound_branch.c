/* bound_branch.c -- where the paths of a lane come from: positions, source ids, and runs of channels. */
#include "paths/bound_branch.h"

#include "explain/store.h"

int32_t srd__source_index(const srd__bound *bound, int32_t site)
{
    int32_t i = 0;

    while (bound->segment->sources[i] != site) ++i;
    return i;
}

int32_t srd__lane_position(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t tap)
{
    if (lane->branch->flattened) return p == lane->centre ? tap : -1;
    return srd__window_position(&lane->window, &lane->grid, &bound->shape, p, tap);
}

bool srd__is_one_to_one(const srd__bound *bound, const srd__lane *lane)
{
    const srd__window *const w = &lane->window;

    return w->kernel_h * w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 && w->top == 0 && w->left == 0 &&
           lane->grid.h == bound->shape.h && lane->grid.w == bound->shape.w;
}

void srd__lane_positions(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t pixels, int32_t tap, int32_t *at)
{
    const srd__window *const w = &lane->window;
    const int32_t width = bound->shape.w;
    const int64_t down = (int64_t)(tap / w->kernel_w) * w->dilation_h - w->top;
    const int64_t right = (int64_t)(tap % w->kernel_w) * w->dilation_w - w->left;
    int64_t row = p / width, column = p % width;

    if (lane->branch->flattened || w->transposed) {
        for (int32_t i = 0; i < pixels; ++i) at[i] = srd__lane_position(bound, lane, p + i, tap);
        return;
    }
    if (srd__is_one_to_one(bound, lane)) {
        for (int32_t i = 0; i < pixels; ++i) at[i] = p + i;
        return;
    }
    for (int32_t i = 0; i < pixels; ++row, column = 0) { /* row by row of y */
        const int32_t end = (int32_t)srd__min(pixels, i + width - column);
        const int64_t y = row * w->stride_h + down, base = y * lane->grid.w;
        int64_t x = column * w->stride_w + right;

        if (y < 0 || y >= lane->grid.h) {
            for (; i < end; ++i) at[i] = -1;
        } else if (x >= 0 && x + (int64_t)(end - 1 - i) * w->stride_w < lane->grid.w) { /* all inside */
            for (; i < end; ++i, x += w->stride_w) at[i] = (int32_t)(base + x);
        }
        for (; i < end; ++i, x += w->stride_w) at[i] = x < 0 || x >= lane->grid.w ? -1 : (int32_t)(base + x);
    }
}

int32_t srd__source_of(const srd__bound *bound, int32_t id)
{
    int32_t i = 0;

    while (id >= bound->source_base[i + 1]) ++i;
    return i;
}

static int32_t winner(const srd__walk *walk, int32_t layer, int32_t position, int32_t channel)
{
    const srd_explainer *const ex = (const srd_explainer *)walk->owner;
    const void *const index = srd__at(ex, layer, SRD__STORE_WINNER);
    const size_t at = (size_t)position * (size_t)ex->plan.shapes[layer].c + (size_t)channel;

    return ex->plan.nodes[layer].wide ? ((const int32_t *)index)[at] : ((const uint8_t *)index)[at];
}

static const float *frozen(const srd__walk *walk, int32_t layer)
{
    return (const float *)srd__at((const srd_explainer *)walk->owner, layer, SRD__STORE_WINNER);
}

srd__walk srd__walk_begin(const srd_explainer *ex, void *context)
{
    srd__walk walk;

    memset(&walk, 0, sizeof walk);
    walk.graph = ex->plan.graph;
    walk.shapes = ex->plan.shapes;
    walk.slots = ex->plan.slots;
    walk.winner = winner;
    walk.frozen = frozen;
    walk.owner = ex;
    walk.context = context;
    walk.mark = walk.via = -1;
#if SRD_WITH_FLAT_WAYS
    walk.flat = -1;
#endif
    return walk;
}

typedef struct view {
    const srd_explainer *ex;
    srd__part *parts;
    int32_t count;
    bool sites_only;
    bool ok;
} view;

static void on_view_run(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    view *const v = (view *)walk->context;

    (void)position;
    if (v->sites_only && (layer == SRD__ONES || !v->ex->plan.graph->layers[layer]->site)) v->ok = false;
    if (run->value != 0 && run->step != run->value_step) v->ok = false; /* shuffled below the layer that has the values */
    if (v->parts != NULL) {
        srd__part *const part = &v->parts[v->count];

        part->site = layer;
        part->layer = run->value != 0 ? run->value - 1 : layer;
        part->source = run->value != 0 ? run->value_channel + (run->top - run->value_top) / run->value_step : run->channel;
        part->channel = run->top;
        part->count = run->count;
        part->step = run->step;
    }
    v->count++;
}

int32_t srd__view_parts(const srd_explainer *ex, int32_t layer, bool sites_only, srd__part *parts)
{
    const srd__run all = { .count = ex->plan.shapes[layer].c, .step = 1, .weight = 1.0f };
    view v = { ex, parts, 0, sites_only, true };
    srd__walk walk = srd__walk_begin(ex, &v);

    walk.stop_at_values = 1;
    walk.note_values = sites_only;
    walk.on_run = on_view_run;
    if (srd__has_under_value(ex, layer)) on_view_run(&walk, &all, layer, 0);
    else srd__walk_runs(&walk, layer, 0, &all); /* views keep positions, so that of position 0 is that of all */
    return v.ok ? v.count : -1;
}

typedef struct lane_walk {
    const srd__bound *bound;
    const srd__lane *lane;
    int32_t r; /* position of the grid */
    srd__on_run on_run;
    void *context;
} lane_walk;

#if SRD_WITH_FLAT_WAYS
int32_t srd__flat_of(const srd__walk *walk)
{
    const srd_explainer *const ex = (const srd_explainer *)walk->owner;

    return walk->flat < 0 ? -1 : ex->plan.nodes[walk->flat].first_flat + walk->flat_position;
}
#endif

/* Does the way in a slot come behind the one that is looked for? Rows are sorted by via, by flat, and by id. */
static bool is_behind(const srd__lane *lane, size_t at, int32_t id, int32_t via, int32_t flat)
{
    if (lane->vias != NULL && lane->vias[at] != via) return lane->vias[at] > via;
    if (srd__flats_of(lane) != NULL && srd__flats_of(lane)[at] != flat) return srd__flats_of(lane)[at] > flat;
    return lane->table[at] > id;
}

int32_t srd__lane_slot(const srd__lane *lane, int32_t r, int32_t id, int32_t via, int32_t flat)
{
    const size_t at = (size_t)r * (size_t)lane->slots;
    const int32_t *const row = lane->table + at;
    int32_t low = 0, high = lane->slots;

    while (high - low > 1) { /* the end of a row is filled with -1 */
        const int32_t middle = low + (high - low) / 2;

        if (row[middle] < 0 || is_behind(lane, at + (size_t)middle, id, via, flat)) high = middle;
        else low = middle;
    }
    return low;
}

static void on_lane_run(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    const lane_walk *const w = (const lane_walk *)walk->context;

    if (layer == SRD__ONES) {
        w->on_run(w->context, run, layer, position);
    } else if (w->lane->parts != NULL) { /* slots of a uniform lane are those of its parts */
        const srd__part *part = w->lane->parts;
        srd__run found = *run;

        while (part->site != layer) ++part;
        found.slot = part->slot;
        w->on_run(w->context, &found, layer, position);
    } else if (w->lane->searched) {
        srd__run found = *run;
        const int32_t id = w->bound->source_base[srd__source_index(w->bound, layer)] + position;

        found.slot = srd__lane_slot(w->lane, w->r, id, walk->via, srd__flat_of(walk));
        w->on_run(w->context, &found, layer, position);
    } else {
        w->on_run(w->context, run, layer, position);
    }
}

int32_t srd__part_range(const srd__part *part, int32_t first, int32_t end, int32_t *from)
{
    const int32_t step = part->step;
    const int32_t to = end <= part->channel ? 0 : srd__min(part->count, (end - part->channel + step - 1) / step);

    *from = first <= part->channel ? 0 : (first - part->channel + step - 1) / step;
    return to;
}

/* Inlined into both of its callers, so that only one frame lies on the stack. */
static inline void walk_lane(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t layer, int32_t r,
                             const srd__run *run, srd__on_run on_run, void *context)
{
    lane_walk w = { bound, lane, r, on_run, context };
    srd__walk walk = srd__walk_begin(ex, &w);

    if (lane->vias != NULL) walk.mark = lane->mark;
    walk.on_run = on_lane_run;
    srd__walk_runs(&walk, layer, r, run);
}

void srd__lane_layer_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t layer, int32_t r,
                          const srd__run *run, srd__on_run on_run, void *context)
{
    walk_lane(ex, bound, lane, layer, r, run, on_run, context);
}

void srd__lane_source_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                           int32_t count, srd__on_run on_run, void *context)
{
    const srd__run run = { .channel = first, .count = count, .step = 1, .top = first, .weight = 1.0f };

    walk_lane(ex, bound, lane, lane->branch->root, r, &run, on_run, context);
}

void srd__lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                    int32_t count, srd__on_run on_run, void *context)
{
    /* With one channel of an input left, only that input's own values are masked. */
    if (lane->parts == NULL || (lane->in_place && srd__is_masking(ex))) {
        srd__lane_source_runs(ex, bound, lane, r, first, count, on_run, context);
        return;
    }
    for (int32_t i = 0; i < lane->part_count; ++i) {
        const srd__part *const part = &lane->parts[i];
        int32_t from;
        const int32_t to = srd__part_range(part, first, first + count, &from);
        const srd__run run = { .channel = part->source + from,
                               .count = to - from,
                               .step = part->step,
                               .top = part->channel + from * part->step,
                               .slot = part->slot,
                               .weight = 1.0f };

        if (from < to) on_run(context, &run, part->layer, r);
    }
}

int32_t srd__group_paths(const srd__bound *bound, const srd__bias *bias, int32_t *first)
{
    int32_t end = 0;

    *first = bound->paths;
    for (int32_t i = bias->first; i < bias->first + bias->count; ++i) {
        *first = srd__min(*first, bound->lanes[i].first_path);
        end = srd__max(end, bound->lanes[i].first_path + bound->lanes[i].span);
    }
    return end;
}

int32_t srd__pieces(const srd__bound *bound, const srd__lane *lane, int32_t *first)
{
    const srd__branch *const branches = bound->segment->branches;
    int32_t end;

    *first = (int32_t)(lane - bound->lanes);
    end = *first + 1;
    if (!SRD__PIECES || !lane->branch->flattened) return end;
    while (*first > 0 && branches[*first - 1].mixing == lane->branch->mixing) --*first;
    while (end < bound->segment->branch_count && branches[end].mixing == lane->branch->mixing) ++end;
    return end;
}

int32_t srd__constant_paths(const srd__bound *bound, const srd__lane *lane, int32_t *first)
{
    const srd__branch *const b = lane->branch;
    srd__bias group = { NULL, b->first, b->count, 0, 0 };

    if (!b->constant) group.count = srd__pieces(bound, lane, &group.first) - group.first;
    return srd__group_paths(bound, &group, first);
}
