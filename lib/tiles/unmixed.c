/*
 * unmixed.c -- lanes without a mixing layer: the channels of the sources themselves are the contributions. They go on through all
 * blocks of a tile at once, because whoever reads a PFV should read it in one go.
 */
#include "tiles/unmixed.h"

#include "explain/store.h"
#include "paths/bound_branch.h"
#include "paths/channel_spans.h"
#include "paths/merged_runs.h"
#include "tiles/run_target.h"

typedef struct direct {
    srd__place to;
    size_t block_step; /* floats between two blocks of output channels */
    int32_t first;     /* output channel of block 0 */
} direct;

/* weight * x onto channels [channel, channel + count), block by block. */
static void add_channels(const direct *d, float *u, int32_t channel, const float *x, int32_t count, float weight)
{
    for (int32_t at = channel - d->first; count > 0;) {
        const int32_t n = srd__min(count, SRD__PANEL - at % SRD__PANEL);
        float *const to = u + (size_t)(at / SRD__PANEL) * d->block_step + (size_t)(at % SRD__PANEL);

        if (weight == 1.0f) d->to.ex->plan.kernels->sum(x, n, to);
        for (int32_t c = 0; weight != 1.0f && c < n; ++c) to[c] += weight * x[c];
        x += n;
        at += n;
        count -= n;
    }
}

static void add_run(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const direct *const d = (const direct *)context;
    float *u;
    const float *const x = srd__run_source(&d->to, run, layer, position, &u);

    if (x == NULL) return;
    if (run->step == 1) {
        add_channels(d, u, run->top, x, run->count, run->weight);
        return;
    }
    for (int32_t c = 0; c < run->count; ++c) {
        const int32_t at = run->top + c * run->step - d->first;

        u[(size_t)(at / SRD__PANEL) * d->block_step + (size_t)(at % SRD__PANEL)] += run->weight * x[c];
    }
}

/* A run of a stretch below a pool, channel by channel from where the pool took it. */
static void add_pooled(const direct *d, const srd__stretch *stretch, const srd__run *run, int32_t r)
{
    const srd_explainer *const ex = d->to.ex;
    const uint8_t *const winner = srd__stretch_winners(ex, stretch, r) + (run->top - stretch->channel);
    const int32_t *const sources = d->to.lane->table + (size_t)r * (size_t)d->to.lane->slots;
    const ptrdiff_t stride = ex->plan.shapes[stretch->site].c;
    const float *const value = srd__value(ex, stretch->site) + run->channel;

    for (int32_t c = 0; c < run->count; ++c) {
        const int32_t slot = stretch->slot + winner[c] * stretch->below, path = d->to.path + slot;
        const int32_t at = run->top + c - d->first;

        if (path < d->to.from || path >= d->to.to) continue;
        d->to.u[(size_t)(path - d->to.from) * d->to.path_step + (size_t)(at / SRD__PANEL) * d->block_step +
                (size_t)(at % SRD__PANEL)] += value[(sources[slot] - stretch->base) * stride + c];
    }
}

/* What comes straight from a site, by position of the grid. */
static void add_site(direct *d, float *u, int32_t site, int32_t source, int32_t slot, const srd__run *run, const int32_t *at,
                     int32_t pixels)
{
    const srd_explainer *const ex = d->to.ex;
    const int32_t path = d->to.lane->collapsed ? d->to.path : d->to.path + slot;
    const ptrdiff_t stride = ex->plan.shapes[site].c;
    const float *const x = srd__value(ex, site) + source;

    if (path < d->to.from || path >= d->to.to) return;
    u += (size_t)(path - d->to.from) * d->to.path_step;
    for (int32_t i = 0; i < pixels; ++i, u += SRD__PANEL) {
        if (at[i] < 0) continue;
        if (run->step == 1) {
            add_channels(d, u, run->top, x + at[i] * stride, run->count, 1.0f);
            continue;
        }
        for (int32_t c = 0; c < run->count; ++c) add_channels(d, u, run->top + c * run->step, x + at[i] * stride + c, 1, 1.0f);
    }
}

/* A uniform lane. */
static void add_parts(direct *d, float *u, int32_t first, int32_t count, const int32_t *at, int32_t pixels)
{
    const srd__lane *const lane = d->to.lane;

    for (int32_t i = 0; i < lane->part_count; ++i) {
        const srd__part *const part = &lane->parts[i];
        int32_t low;
        const int32_t high = srd__part_range(part, first, first + count, &low);
        const srd__run run = { .count = high - low, .step = part->step, .top = part->channel + low * part->step };

        if (low < high) add_site(d, u, part->layer, part->source + low, part->slot, &run, at, pixels);
    }
}

/* The same with pools on the way, and what must be walked. */
static void add_stretches(direct *d, const srd__bound *bound, float *u, int32_t first, int32_t count, const int32_t *at,
                          int32_t pixels)
{
    const srd__lane *const lane = d->to.lane;

    for (int32_t k = 0; k < lane->stretch_count; ++k) {
        const srd__stretch *const stretch = &lane->stretches[k];
        srd__run run;

        if (!srd__stretch_run(stretch, first, count, &run)) continue;
        for (int32_t i = 0; i < pixels; ++i) {
            int32_t position;

            if (at[i] < 0) continue;
            d->to.u = u + (size_t)i * SRD__PANEL;
            if (stretch->walked >= 0) {
                srd__lane_layer_runs(d->to.ex, bound, lane, stretch->walked, at[i], &run, add_run, d);
            } else if (stretch->pool >= 0) {
                add_pooled(d, stretch, &run, at[i]);
            } else {
                position = lane->table[(size_t)at[i] * (size_t)lane->slots + (size_t)stretch->slot] - stretch->base;
                add_site(d, d->to.u, stretch->site, run.channel, stretch->slot, &run, &position, 1);
            }
        }
    }
}

/* One number for all channels. */
static void add_number(const direct *d, float *u, int32_t count, const int32_t *at, int32_t pixels)
{
    const srd__part *const part = d->to.lane->parts;
    const float *const x = srd__value(d->to.ex, part->layer) + part->source;
    const int32_t stride = d->to.ex->plan.shapes[part->layer].c;

    u += (size_t)(d->to.path - d->to.from) * d->to.path_step;
    for (int32_t i = 0; i < pixels; ++i, u += SRD__PANEL) {
        for (int32_t c = 0; c < count; ++c) {
            u[(size_t)(c / SRD__PANEL) * d->block_step + (size_t)(c % SRD__PANEL)] += x[(ptrdiff_t)at[i] * stride];
        }
    }
}

void srd__direct(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__scratch *scratch,
                 const srd__wanted *e)
{
    const size_t path_step = (size_t)e->pixels * SRD__PANEL;
    direct d = { { ex, lane, NULL, path_step, e->from, e->to, lane->first_path, scratch->ones },
                 (size_t)(e->to - e->from) * path_step,
                 e->first };
    const bool masked = lane->in_place && srd__is_masking(ex); /* see srd__lane_runs() */
    int32_t at[SRD__TILE_PIXELS];

    srd__lane_positions(bound, lane, e->p, e->pixels, 0, at);
    if (srd__is_added_constant(lane) && lane->grid.c != bound->shape.c) {
        add_number(&d, scratch->u, e->count, at, e->pixels);
    } else if (lane->parts != NULL && !masked) {
        add_parts(&d, scratch->u, e->first, e->count, at, e->pixels);
    } else if (SRD_WITH_POOL_LISTS && lane->stretches != NULL) {
        add_stretches(&d, bound, scratch->u, e->first, e->count, at, e->pixels);
    } else {
        for (int32_t i = 0; i < e->pixels; ++i) {
            d.to.u = scratch->u + (size_t)i * SRD__PANEL;
            if (at[i] < 0) continue;
            if (SRD_WITH_MANY_WAYS && lane->merges)
                srd__merged_runs(ex, bound, lane, scratch->weights, at[i], e->first, e->count, add_run, &d);
            else srd__lane_runs(ex, bound, lane, at[i], e->first, e->count, add_run, &d);
        }
    }
}
