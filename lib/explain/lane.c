/* lane.c -- where the paths of a lane come from: positions, source ids, and runs of channels. */
#include "explain/explainer_impl.h"

int32_t srd__lane_position(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t tap)
{
    if (lane->branch->flattened) return p == lane->centre ? tap : -1;
    return srd__window_position(&lane->window, &lane->grid, &bound->shape, p, tap);
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
    const size_t at = (size_t)position * (size_t)ex->shapes[layer].c + (size_t)channel;

    return ex->nodes[layer].wide ? ((const int32_t *)index)[at] : ((const uint8_t *)index)[at];
}

srd__walk srd__walk_begin(const srd_explainer *ex, void *context)
{
    srd__walk walk;

    memset(&walk, 0, sizeof walk);
    walk.graph = ex->graph;
    walk.shapes = ex->shapes;
    walk.slots = ex->slots;
    walk.winner = winner;
    walk.owner = ex;
    walk.context = context;
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
    if (v->sites_only && !v->ex->graph->layers[layer]->site) v->ok = false;
    if (v->parts != NULL) {
        srd__part *const part = &v->parts[v->count];

        part->layer = layer;
        part->source = run->channel;
        part->channel = run->top;
        part->count = run->count;
    }
    v->count++;
}

int32_t srd__view_parts(const srd_explainer *ex, int32_t layer, bool sites_only, srd__part *parts)
{
    const srd__run all = { 0, ex->shapes[layer].c, 1, 0, 0, 1.0f };
    view v = { ex, parts, 0, sites_only, true };
    srd__walk walk = srd__walk_begin(ex, &v);

    walk.stop_at_values = 1;
    walk.on_run = on_view_run;
    srd__walk_runs(&walk, layer, 0, &all); /* views keep positions, so that of position 0 is that of all */
    return v.ok ? v.count : -1;
}

typedef struct lane_walk {
    const srd__bound *bound;
    const srd__lane *lane;
    const int32_t *row; /* of the table, when slots are searched */
    srd__on_run on_run;
    void *context;
} lane_walk;

/* The place of id in a sorted row whose end is filled with -1. */
static int32_t search(const int32_t *row, int32_t n, int32_t id)
{
    int32_t low = 0, high = n;

    while (high - low > 1) {
        const int32_t middle = low + (high - low) / 2;

        if (row[middle] < 0 || row[middle] > id) high = middle;
        else low = middle;
    }
    return low;
}

static void on_lane_run(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    const lane_walk *const w = (const lane_walk *)walk->context;

    if (w->row != NULL) {
        srd__run found = *run;
        int32_t i = 0;

        while (w->bound->segment->sources[i] != layer) ++i;
        found.slot = search(w->row, w->lane->slots, w->bound->source_base[i] + position);
        w->on_run(w->context, &found, layer, position);
    } else {
        w->on_run(w->context, run, layer, position);
    }
}

void srd__lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                    int32_t count, srd__on_run on_run, void *context)
{
    if (lane->parts != NULL) {
        for (int32_t i = 0; i < lane->part_count; ++i) {
            const srd__part *const part = &lane->parts[i];
            const int32_t from = srd__max(first, part->channel);
            const int32_t to = srd__min(first + count, part->channel + part->count);
            const srd__run run = { part->source + from - part->channel, to - from, 1, from, part->slot, 1.0f };

            if (from < to) on_run(context, &run, part->layer, r);
        }
    } else {
        const srd__run run = { first, count, 1, first, 0, 1.0f };
        lane_walk w = { bound, lane, lane->searched ? lane->table + (size_t)r * (size_t)lane->slots : NULL, on_run, context };
        srd__walk walk = srd__walk_begin(ex, &w);

        walk.on_run = on_lane_run;
        srd__walk_runs(&walk, lane->branch->root, r, &run);
    }
}
