/* scratch.c -- what every worker has for itself, and the one piece of memory that it and all stores are cut from. */
#include "plan/scratch.h"

#include "explain/fast_case.h"
#include "paths/inner_memory.h"
#include "tiles/tiling.h"

/* Cuts count numbers of a size from the scratch; base NULL: only counts. What cannot be addressed makes *used SIZE_MAX, and it stays so. */
static void *cut(char *base, size_t *used, size_t count, size_t size)
{
    void *const at = base != NULL ? base + *used : NULL;
    const size_t bytes = count > SIZE_MAX / size ? SIZE_MAX : srd__align(count * size);

    *used = bytes > SIZE_MAX - *used ? SIZE_MAX : *used + bytes;
    return at;
}

/* The product of two numbers, or SIZE_MAX if that is smaller. */
static size_t times(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* Of the live layers by callbacks. */
static size_t most_workspace(const srd_explainer *ex)
{
    size_t most = 0;

    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        if (layer->live && srd__custom_of(layer) != NULL) most = srd__max(most, layer->custom->workspace);
    }
    return most;
}

static bool has_inner_maps(const srd_explainer *ex)
{
    return SRD_WITH_INNER_MAPS && ex->plan.inner_count > 0;
}

/* Are products of this lane collected on their way? See lane_runs(). */
static bool collects(const srd__lane *lane)
{
    return lane->mixing != NULL && (lane->parts == NULL || (SRD_WITH_CHANNEL_MAPS && lane->in_place));
}

/* What a segment needs in the general way, and what its fast cases make of it. */
static srd__scratch_needs needs_of(const srd_explainer *ex, const srd__bound *b)
{
    const srd__fast *const cases[] = { srd__branch_case(b), srd__segment_case(b), srd__shortcut_case(b), srd__head_case(b) };
    srd__scratch_needs n = { 0, 0, 0, 1, 0, false, 0 };

    n.u = times(times((size_t)b->blocks, (size_t)b->chunk), (size_t)b->pixels);
    n.y = (size_t)b->blocks * (size_t)b->pixels;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        if (cases[i] != NULL && cases[i]->needs != NULL) cases[i]->needs(ex, b, &n);
    }
    return n;
}

/* Rows of the panel of a lane's borrowed weights. lane_dense() takes some after the others, lane_runs() those of a fully connected
 * layer; whatever else there is takes all. */
static size_t panel_rows(const srd_explainer *ex, const srd__lane *lane, bool all_rows)
{
    const bool by_rows =
        !all_rows && !has_inner_maps(ex) && ((lane->parts != NULL && !lane->in_place) || lane->branch->flattened);
    const size_t all = (size_t)lane->grid.c;

    return (by_rows ? srd__min(all, SRD_PANEL_ROWS) : all) + 1;
}

static size_t cut_scratch(const srd_explainer *ex, srd__scratch *s, char *base)
{
    size_t u = 0, y = 1, paths = 0, valid = 0, groups = 0, positions = 1, panel = 0, parts = 0, wholes = 0, exact = 0, x = 1,
           seen = 0, saved = 0, weights = 0, sources = 0, used = 0;
    int32_t most_paths = 0;
    const bool explains = ex->plan.options.mode == SRD_MODE_EXPLAIN;
    bool ones = false, sums = has_inner_maps(ex);

    for (int32_t i = 0; i < ex->plan.bound_count + ex->plan.under_count; ++i) {
        const srd__bound *const b = &ex->plan.bounds[i];
        const srd__scratch_needs n = needs_of(ex, b);
        const size_t of_unit = (size_t)srd__unit_positions(b);

        if (SRD_WITH_SHORTCUTS && b->seen != NULL) seen = srd__max(seen, times((size_t)SRD_UNIT_TILES, (size_t)b->seen->taps));
        if (b->saves) saved = srd__max(saved, srd__saved_numbers(b));
        u = srd__max(u, n.u);
        y = srd__max(y, n.y);
        exact = srd__max(exact, n.exact);
        x = srd__max(x, n.x);
        sources = srd__max(sources, n.sources);
        panel = srd__max(panel, n.panel);
        if (explains) { /* sums for ratios */
            paths = srd__max(paths, times((size_t)b->paths, of_unit));
            valid = srd__max(valid, times((size_t)b->paths, (size_t)b->pixels));
            most_paths = srd__max(most_paths, b->paths);
            groups = srd__max(groups, times((size_t)b->segment->bias_count, of_unit));
            positions = srd__max(positions, of_unit);
        }
        for (int32_t k = 0; k < b->segment->branch_count; ++k) {
            ones = ones || (SRD__PADS && b->lanes[k].bias_path >= 0);
            sums = sums || collects(&b->lanes[k]);
            if (b->lanes[k].merges) weights = srd__max(weights, (size_t)b->lanes[k].slots + (size_t)b->lanes[k].pad_count);
            if (b->lanes[k].mixing == NULL || b->lanes[k].mixing->weight.packed != NULL) continue;
            panel = srd__max(panel, panel_rows(ex, &b->lanes[k], n.all_rows));
        }
    }
    srd__inner_most(ex, &u, &parts, &wholes);
    s->u = (float *)cut(base, &used, times(u, SRD__PANEL), sizeof(float));
    s->y = (float *)cut(base, &used, times(y, SRD__PANEL), sizeof(float));
    s->sums = (float *)cut(base, &used, sums ? SRD_BUNDLE * SRD__PANEL : 0, sizeof(float));
    s->bundle_x = (const float **)cut(base, &used, sums ? SRD_BUNDLE : 0, sizeof(float *));
    s->bundle_u = (float **)cut(base, &used, sums ? SRD_BUNDLE : 0, sizeof(float *));
    if (SRD_EXACT_FIRST) s->exact = (double *)cut(base, &used, times(exact, SRD__TILE_PIXELS), sizeof(double));
    if (SRD_EXACT_FIRST) s->terms = (const double **)cut(base, &used, exact, sizeof(double *));
    s->uu = (float *)cut(base, &used, paths, sizeof(float));
    s->uy = (float *)cut(base, &used, paths, sizeof(float));
    s->yy = (float *)cut(base, &used, positions, sizeof(float));
    s->by = (float *)cut(base, &used, groups, sizeof(float));
    s->norm = (float *)cut(base, &used, (size_t)most_paths, sizeof(float));
    s->share = (float *)cut(base, &used, (size_t)most_paths, sizeof(float));
    s->direction = (float *)cut(base, &used, explains ? (size_t)ex->plan.most_channels : 0, sizeof(float));
    if (SRD_WITH_WHOLE_SUMS) s->sources = (double *)cut(base, &used, sources, sizeof(double));
    s->panel = (float *)cut(base, &used, times(panel, SRD__PANEL), sizeof(float));
    s->saved = (float *)cut(base, &used, saved, sizeof(float));
    s->zeros = (float *)cut(base, &used, (size_t)ex->plan.most_channels, sizeof(float));
    if (SRD_WITH_CUSTOM) s->custom = cut(base, &used, most_workspace(ex), 1);
    if (SRD__PADS && ones) s->ones = (float *)cut(base, &used, (size_t)ex->plan.most_channels, sizeof(float));
    s->valid = (uint8_t *)cut(base, &used, valid, 1);
    s->x = (const float **)cut(base, &used, times(x, SRD__TILE_PIXELS), sizeof(float *));
    if (SRD_WITH_SHORTCUTS) s->seen = (const float **)cut(base, &used, times(seen, SRD__TILE_PIXELS), sizeof(float *));
    s->weights = (double *)cut(base, &used, weights, sizeof(double));
    if (!SRD_WITH_INNER_MAPS) return used;
    s->dots = (double *)cut(base, &used, times(parts, 2), sizeof(double));
    s->wholes = (double *)cut(base, &used, times(wholes, 4), sizeof(double));
    s->parts = (float *)cut(base, &used, parts, sizeof(float));
    return used;
}

srd_status srd__take_arena(srd_explainer *ex, bool count_only, srd_detail *detail)
{
    srd__scratch probe;
    const size_t images = (size_t)srd__images(ex), workers = (size_t)ex->plan.options.workers;
    const size_t scratch = cut_scratch(ex, &probe, NULL);
    const size_t most = SIZE_MAX / 4;
    char *arena;

    if (ex->plan.too_large || ex->plan.persistent_bytes > most / images || scratch > most / workers ||
        ex->plan.transient_bytes > most) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL,
                         "the explainer needs more memory than can be addressed");
    }
    ex->plan.arena_bytes = ex->plan.transient_bytes + ex->plan.persistent_bytes * images + scratch * workers;
    if (count_only) return SRD_OK;
    arena = (char *)srd__heap_take(&ex->heap, ex->plan.arena_bytes);
    if (arena == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL,
                         "no memory for the explainer: %z bytes, of which %z are its arena",
                         ex->heap.used + srd__align(ex->plan.arena_bytes), ex->plan.arena_bytes);
    }
    ex->plan.transient = arena;
    ex->plan.persistent = ex->run.kept = arena + ex->plan.transient_bytes;
    for (size_t i = 0; i < workers; ++i) {
        srd__scratch *const s = &ex->plan.scratch[i];

        (void)cut_scratch(ex, s, ex->plan.persistent + ex->plan.persistent_bytes * images + i * scratch);
        for (int32_t c = 0; SRD__PADS && s->ones != NULL && c < ex->plan.most_channels; ++c) s->ones[c] = 1.0f;
    }
    return SRD_OK;
}
