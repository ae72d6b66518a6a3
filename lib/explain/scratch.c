/* scratch.c -- what every worker has for itself, and the one piece of memory that it and all stores are cut from. */
#include "explain/inner.h"
#include "explain/ratio.h"
#include "explain/recompute.h"

/* Cuts bytes from the scratch; base NULL: only counts. */
static void *cut(char *base, size_t *used, size_t bytes)
{
    void *const at = base != NULL ? base + *used : NULL;

    *used += srd__align(bytes);
    return at;
}

/* Of the live layers by callbacks. */
static size_t most_workspace(const srd_explainer *ex)
{
    size_t most = 0;

    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        const srd__layer *const layer = ex->graph->layers[id];

        if (layer->live && srd__custom_of(layer) != NULL) most = srd__max(most, layer->custom->workspace);
    }
    return most;
}

static size_t cut_scratch(const srd_explainer *ex, srd__scratch *s, char *base)
{
    size_t u = 0, y = 1, paths = 0, valid = 0, groups = 0, positions = 1, panel = 0, parts = 0, wholes = 0, exact = 0, x = 1,
           seen = 0, saved = 0, used = 0;
    int32_t most_paths = 0;
    const bool explains = ex->options.mode == SRD_MODE_EXPLAIN;
    bool ones = false, sums = false;

    for (int32_t i = 0; i < ex->bound_count + ex->under_count; ++i) {
        const srd__bound *const b = &ex->bounds[i];
        const size_t of_unit = (size_t)srd__unit_positions(b);

        if (srd__is_exact(b)) exact = srd__max(exact, (size_t)b->lanes->taps * (size_t)b->lanes->mixing->before);
        if (SRD_WITH_SHORTCUTS && b->seen != NULL) seen = srd__max(seen, (size_t)SRD_UNIT_TILES * (size_t)b->seen->taps);
        if (b->depthwise) x = srd__max(x, (size_t)b->lanes->taps);
        if (b->saves) saved = srd__max(saved, srd__saved_numbers(b));
        if (SRD_WITH_WHOLE_SUMS && b->sliced) x = srd__max(x, SRD__SUMS_TAPS);
        if (SRD_WITH_WHOLE_SUMS && b->few) u = srd__max(srd__max(u, (size_t)b->chunk), srd__few_rows(b));
        else if (SRD_WITH_WHOLE_SUMS && (b->pick_summed || b->sliced))
            u = srd__max(u, (size_t)b->blocks * (size_t)srd__max(b->chunk, b->pixels));
        else u = srd__max(u, (size_t)b->blocks * (size_t)b->chunk * (size_t)b->pixels);
        y = srd__max(y, (size_t)(b->attention != NULL ? SRD__TILE_PIXELS : b->blocks * b->pixels));
        if (explains) { /* sums for ratios */
            paths = srd__max(paths, (size_t)b->paths * of_unit);
            valid = srd__max(valid, (size_t)b->paths * (size_t)b->pixels);
            most_paths = srd__max(most_paths, b->paths);
            groups = srd__max(groups, (size_t)b->segment->bias_count * of_unit);
            positions = srd__max(positions, of_unit);
        }
        for (int32_t k = 0; k < b->segment->branch_count; ++k) {
            ones = ones || (SRD__PADS && b->lanes[k].bias_path >= 0);
            /* Forward only, lanes of parts need no sums: see tile.c. */
            sums = sums || (b->lanes[k].mixing != NULL && (explains || b->lanes[k].parts == NULL)) || srd__recomputes(ex);
            if (b->lanes[k].mixing == NULL || b->lanes[k].mixing->weight.packed != NULL) continue;
            panel = srd__max(panel, (size_t)b->lanes[k].grid.c + 1);
            if (srd__is_exact(b)) panel = srd__max(panel, (size_t)b->lanes->taps * (size_t)b->lanes->mixing->before + 1);
            if (b->depthwise) panel = srd__max(panel, (size_t)b->lanes->taps);
        }
    }
    srd__inner_most(ex, &u, &parts, &wholes);
    s->u = (float *)cut(base, &used, u * SRD__PANEL * sizeof(float));
    s->y = (float *)cut(base, &used, y * SRD__PANEL * sizeof(float));
    s->sums = (float *)cut(base, &used, sums ? SRD__TILE_PIXELS * SRD__PANEL * sizeof(float) : 0);
    s->bundle_x = (const float **)cut(base, &used, sums ? SRD__TILE_PIXELS * sizeof(float *) : 0);
    s->bundle_u = (float **)cut(base, &used, sums ? SRD__TILE_PIXELS * sizeof(float *) : 0);
    s->exact = (double *)cut(base, &used, exact * SRD__TILE_PIXELS * sizeof(double));
    s->terms = (const double **)cut(base, &used, exact * sizeof(double *));
    s->uu = (float *)cut(base, &used, paths * sizeof(float));
    s->uy = (float *)cut(base, &used, paths * sizeof(float));
    s->yy = (float *)cut(base, &used, positions * sizeof(float));
    s->by = (float *)cut(base, &used, groups * sizeof(float));
    s->norm = (float *)cut(base, &used, (size_t)most_paths * sizeof(float));
    s->share = (float *)cut(base, &used, (size_t)most_paths * sizeof(float));
    s->direction = (float *)cut(base, &used, explains ? (size_t)ex->most_channels * sizeof(float) : 0);
    s->panel = (float *)cut(base, &used, panel * SRD__PANEL * sizeof(float));
    s->saved = (float *)cut(base, &used, saved * sizeof(float));
    s->zeros = (float *)cut(base, &used, (size_t)ex->most_channels * sizeof(float));
    s->custom = cut(base, &used, most_workspace(ex));
    s->ones = ones ? (float *)cut(base, &used, (size_t)ex->most_channels * sizeof(float)) : NULL;
    s->valid = (uint8_t *)cut(base, &used, valid);
    s->x = (const float **)cut(base, &used, x * SRD__TILE_PIXELS * sizeof(float *));
    s->seen = (const float **)cut(base, &used, seen * SRD__TILE_PIXELS * sizeof(float *));
    s->dots = (double *)cut(base, &used, 2 * parts * sizeof(double));
    s->wholes = (double *)cut(base, &used, 4 * wholes * sizeof(double));
    s->parts = (float *)cut(base, &used, parts * sizeof(float));
    return used;
}

srd_status srd__take_arena(srd_explainer *ex, bool count_only, srd_detail *detail)
{
    srd__scratch probe;
    const size_t images = (size_t)srd__images(ex), workers = (size_t)ex->options.workers;
    const size_t scratch = cut_scratch(ex, &probe, NULL);
    const size_t most = SIZE_MAX / 4;
    char *arena;

    if (ex->too_large || ex->persistent_bytes > most / images || scratch > most / workers || ex->transient_bytes > most) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL,
                         "the explainer needs more memory than can be addressed");
    }
    ex->arena_bytes = ex->transient_bytes + ex->persistent_bytes * images + scratch * workers;
    if (count_only) return SRD_OK;
    arena = (char *)srd__heap_take(&ex->heap, ex->arena_bytes);
    if (arena == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL,
                         "no memory for the explainer: %z bytes, of which %z are its arena",
                         ex->heap.used + srd__align(ex->arena_bytes), ex->arena_bytes);
    }
    ex->transient = arena;
    ex->persistent = arena + ex->transient_bytes;
    for (size_t i = 0; i < workers; ++i) {
        srd__scratch *const s = &ex->scratch[i];

        (void)cut_scratch(ex, s, ex->persistent + ex->persistent_bytes * images + i * scratch);
        for (int32_t c = 0; s->ones != NULL && c < ex->most_channels; ++c) s->ones[c] = 1.0f;
    }
    return SRD_OK;
}
