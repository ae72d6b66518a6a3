/*
 * channel_spans.c -- lanes whose channels come straight from sites or through one maximum over a window: a concat of pooled and other
 * layers, a pooled layer itself. Bound to sizes their channels fall into a few stretches, so that little has to be walked later:
 * only the layers below a concat that are neither, an average say, each from itself on.
 */
#include "paths/channel_spans.h"

#include "paths/bound_branch.h"

#if SRD_WITH_POOL_LISTS
typedef struct finding {
    const srd_explainer *ex;
    const srd__bound *bound;
    srd__stretch *stretches; /* NULL: they are only counted */
    int32_t count;
    bool ok, pooled;    /* so far; below a pool */
    srd__stretch above; /* while the walk is below a pool: what is known of the stretch */
} finding;

/* A maximum over layer->window, with winners of a byte. */
static bool is_pool(const srd_explainer *ex, const srd__layer *layer)
{
    return layer->kind->selects && layer->kind->frozen_bytes == NULL && layer->kind->choices == NULL &&
           !srd__is_wide(layer, ex->plan.shapes);
}

static void walk_on(finding *f, int32_t layer, int32_t channel, int32_t count,
                    void (*on_run)(srd__walk *, const srd__run *, int32_t, int32_t))
{
    const srd__run run = { .channel = channel, .count = count, .step = 1, .top = channel, .weight = 1.0f };
    srd__walk walk = srd__walk_begin(f->ex, f);

    walk.stop_at_values = 1;
    walk.on_run = on_run;
    srd__walk_runs(&walk, layer, 0, &run); /* views keep positions: what holds at position 0 holds at all */
}

static bool is_plain(const srd__run *run, int32_t layer)
{
    return layer != SRD__ONES && run->step == 1 && run->weight == 1.0f;
}

static void add_stretch(finding *f, const srd__stretch *stretch)
{
    if (f->stretches != NULL) f->stretches[f->count] = *stretch;
    f->count++;
}

/* A run of a site, which is a stretch, or of the part of one that is below a pool. */
static void add_site(finding *f, const srd__run *run, int32_t layer, srd__stretch stretch)
{
    stretch.site = layer;
    stretch.base = f->bound->source_base[srd__source_index(f->bound, layer)];
    stretch.source = run->channel;
    stretch.count = run->count;
    stretch.slot += (int32_t)run->slot;
    add_stretch(f, &stretch);
}

static void on_pooled(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    finding *const f = (finding *)walk->context;
    srd__stretch stretch = f->above;

    (void)position;
    f->pooled = f->pooled && is_plain(run, layer) && f->ex->plan.graph->layers[layer]->site;
    if (!f->pooled) return;
    stretch.channel += run->top - f->above.winner;
    stretch.winner = run->top;
    add_site(f, run, layer, stretch);
}

/* The sites below a pool, or nothing if something else lies there, too. That is known only when all have been seen, so they are written
 * down by a second walk: room was taken for what counts in the end. */
static bool below_pool(finding *f, const srd__run *run, const srd__layer *pool, srd__stretch stretch)
{
    const int32_t before = f->count;
    srd__stretch *const stretches = f->stretches;

    f->above = stretch;
    f->above.pool = pool->id;
    f->above.winner = run->channel;
    f->above.slot = (int32_t)run->slot;
    f->above.below = f->ex->plan.slots[pool->inputs[0]];
    f->pooled = true;
    f->stretches = NULL;
    walk_on(f, pool->inputs[0], run->channel, run->count, on_pooled);
    f->stretches = stretches;
    if (!f->pooled || stretches != NULL) f->count = before;
    if (f->pooled && stretches != NULL) walk_on(f, pool->inputs[0], run->channel, run->count, on_pooled);
    return f->pooled;
}

static void on_stretch(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    finding *const f = (finding *)walk->context;
    srd__stretch stretch = { .channel = run->top, .pool = -1, .walked = -1 };
    const srd__layer *at;

    (void)position;
    f->ok = f->ok && is_plain(run, layer);
    if (!f->ok) return;
    at = f->ex->plan.graph->layers[layer];
    if (at->site) {
        add_site(f, run, layer, stretch);
    } else if (!is_pool(f->ex, at) || !below_pool(f, run, at, stretch)) {
        stretch.walked = layer;
        stretch.source = run->channel;
        stretch.count = run->count;
        stretch.slot = (int32_t)run->slot;
        add_stretch(f, &stretch);
    }
}

/* Is there anything that need not be walked? */
static bool is_worth_it(const srd__lane *lane)
{
    for (int32_t i = 0; i < lane->stretch_count; ++i) {
        if (lane->stretches[i].walked < 0) return true;
    }
    return lane->stretch_count > 1;
}

/* Do the sources of a stretch lie where its positions, or the windows of its pool, say, for every position? */
static bool is_plain_stretch(const srd_explainer *ex, const srd__lane *lane, const srd__stretch *s)
{
    const srd__layer *const pool = s->pool >= 0 ? ex->plan.graph->layers[s->pool] : NULL;
    const int32_t positions = lane->grid.h * lane->grid.w,
                  slots = pool != NULL ? pool->window.kernel_h * pool->window.kernel_w : 1;

    if (s->walked >= 0 || (pool != NULL && s->below != 1)) return false;
    for (int32_t r = 0; r < positions; ++r) {
        const int32_t *const row = lane->table + (size_t)r * (size_t)lane->slots + s->slot;

        for (int32_t k = 0; k < slots; ++k) {
            const int32_t at = pool == NULL ? r
                                            : srd__window_position(&pool->window, &ex->plan.shapes[pool->inputs[0]],
                                                                   &ex->plan.shapes[pool->id], r, k);

            if (row[k] != (at < 0 ? -1 : s->base + at)) return false;
        }
    }
    return true;
}

srd_status srd__bind_stretches(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    finding f = { .ex = ex, .bound = bound, .ok = true };

    if (lane->table == NULL || lane->searched || lane->shared || lane->bias_path >= 0) return SRD_OK;
    walk_on(&f, lane->branch->root, 0, lane->grid.c, on_stretch);
    if (!f.ok || f.count == 0) return SRD_OK;
    f.stretches = (srd__stretch *)srd__heap_take_array(&ex->heap, (size_t)f.count, sizeof *f.stretches);
    if (f.stretches == NULL) return SRD_ERR_MEMORY;
    lane->stretches = f.stretches;
    lane->stretch_count = f.count;
    f.count = 0;
    walk_on(&f, lane->branch->root, 0, lane->grid.c, on_stretch);
    if (is_worth_it(lane)) {
        for (int32_t i = 0; i < f.count; ++i) f.stretches[i].plain = is_plain_stretch(ex, lane, &f.stretches[i]);
        return SRD_OK;
    }
    lane->stretches = NULL;
    lane->stretch_count = 0;
    return SRD_OK;
}

bool srd__stretch_run(const srd__stretch *stretch, int32_t first, int32_t count, srd__run *run)
{
    const int32_t begin = srd__max(first - stretch->channel, 0);
    const int32_t end = srd__min(first + count - stretch->channel, stretch->count);
    const srd__run part = { .channel = stretch->source + begin,
                            .count = end - begin,
                            .step = 1,
                            .top = stretch->channel + begin,
                            .slot = stretch->slot,
                            .weight = 1.0f };

    *run = part;
    return begin < end;
}

static void widen(int32_t slot, int32_t end, int32_t *low, int32_t *high)
{
    *low = srd__min(*low, slot);
    *high = srd__max(*high, end);
}

/* Slots that channels [first, first + count) of a lane without a mixing layer may come from. */
static void slots_of(const srd_explainer *ex, const srd__lane *lane, int32_t first, int32_t count, int32_t *low, int32_t *high)
{
    for (int32_t i = 0; lane->parts != NULL && i < lane->part_count; ++i) {
        const srd__part *const part = &lane->parts[i];
        int32_t from;

        if (srd__part_range(part, first, first + count, &from) > from) widen(part->slot, part->slot + 1, low, high);
    }
    for (int32_t i = 0; i < lane->stretch_count; ++i) {
        const srd__stretch *const s = &lane->stretches[i];
        const srd__window *const w = s->pool >= 0 ? &ex->plan.graph->layers[s->pool]->window : NULL;
        int32_t slots = w != NULL ? (w->kernel_h * w->kernel_w - 1) * s->below + 1 : 1;

        if (s->walked >= 0) slots = ex->plan.slots[s->walked];
        if (first < s->channel + s->count && s->channel < first + count) widen(s->slot, s->slot + slots, low, high);
    }
}

void srd__active_paths(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count, int32_t *from,
                       int32_t *to)
{
    *from = bound->paths;
    *to = 0;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        int32_t low = lane->slots, high = 0;

        if (lane->mixing != NULL || lane->collapsed || lane->bias_path >= 0 ||
            (lane->parts == NULL && lane->stretches == NULL)) {
            low = 0;
            high = lane->span;
        } else {
            slots_of(ex, lane, first, count, &low, &high);
        }
        if (low < high) widen(lane->first_path + low, lane->first_path + high, from, to);
    }
}
#endif
