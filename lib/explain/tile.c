/*
 * tile.c -- contributions of a tile: for a few positions and one block of output channels, the bias-free contribution u of
 * every path, measured at y. y is the sum of the u and the bias, and the ratios are sums over u and y, so one pass over the
 * weights serves both (METHOD section 9).
 */
#include "explain/explainer_impl.h"

#define LONG_RUN 8 /* channels from which on runs are worth being collected */

/* Runs of the same channels with one weight, from several source positions, to be multiplied together. */
typedef struct bundle {
    const float *x[SRD__TILE_PIXELS];
    float *u[SRD__TILE_PIXELS];
    int32_t size, row, count;
    float weight;
} bundle;

/* What the callbacks for runs of channels need to know. */
typedef struct gather {
    const srd_explainer *ex;
    const srd__lane *lane;
    srd__panel panel;     /* dense mixing */
    float *u;             /* of path `from` for this position */
    size_t path_step;     /* floats between two paths */
    int32_t from, to;     /* paths wanted */
    int32_t path;         /* of slot 0 at this tap */
    int32_t first, count; /* output channels */
    int32_t channel;      /* input channel that the panel begins with */
    int32_t tap;
    const float *ones;
    bundle *collected; /* of add_rows() */
} gather;

bool srd__next_block(const srd__bound *bound, int32_t *first, int32_t *count)
{
    *first += *count;
    if (*first >= bound->shape.c) return false;
    *count = srd__min(SRD__PANEL, bound->shape.c - *first);
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__layer *const mixing = bound->lanes[i].mixing;

        if (mixing != NULL && !srd__weights_depthwise(mixing)) {
            const int32_t per_group = mixing->channels / mixing->groups, in_group = *first % per_group;

            *count = srd__min(*count, per_group - in_group);               /* a block stays inside a group, */
            *count = srd__min(*count, SRD__PANEL - in_group % SRD__PANEL); /* and inside one panel of every branch */
        }
    }
    return true;
}

/* Do two output channels belong to the same group of every mixing layer? */
static bool same_groups(const srd__bound *bound, int32_t a, int32_t b)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__layer *const mixing = bound->lanes[i].mixing;

        if (mixing == NULL || srd__weights_depthwise(mixing)) continue;
        if (a / (mixing->channels / mixing->groups) != b / (mixing->channels / mixing->groups)) return false;
    }
    return true;
}

bool srd__next_blocks(const srd__bound *bound, int32_t most, int32_t *first, int32_t *count)
{
    if (!srd__next_block(bound, first, count)) return false;
    for (int32_t blocks = 1; blocks < most && *count == blocks * SRD__PANEL; ++blocks) {
        int32_t next = *first, more = *count;

        if (!srd__next_block(bound, &next, &more) || more < SRD__PANEL || !same_groups(bound, *first, next)) break;
        *count += more;
    }
    return true;
}

/* Floats of the value behind a run, or NULL if the run's path is not wanted. */
static const float *run_source(const gather *g, const srd__run *run, int32_t layer, int32_t position, float **u)
{
    const int32_t of_slot = g->lane->collapsed ? g->path : g->path + (int32_t)run->slot;
    const int32_t path = layer == SRD__ONES ? g->lane->bias_path + srd__pad_index(g->lane, run->slot) : of_slot;

    if (path < g->from || path >= g->to) return NULL;
    *u = g->u + (size_t)(path - g->from) * g->path_step;
    if (layer == SRD__ONES) return g->ones;
    return srd__value(g->ex, layer) + (size_t)position * (size_t)g->ex->shapes[layer].c + run->channel;
}

/* No mixing layer: the channels themselves. */
static void add_direct(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const gather *const g = (const gather *)context;
    float *u;
    const float *const x = run_source(g, run, layer, position, &u);

    if (x == NULL) return;
    if (run->step == 1 && run->weight == 1.0f) {
        g->ex->kernels->sum(x, run->count, u + run->top - g->first);
        return;
    }
    u += run->top - g->first;
    for (int32_t c = 0; run->step == 1 && c < run->count; ++c) u[c] += run->weight * x[c];
    for (int32_t c = 0; run->step != 1 && c < run->count; ++c) u[c * run->step] += run->weight * x[c];
}

/* The same for a run of a stretch: straight from a site, or channel by channel from where a pool took it. */
static void add_stretch(const gather *g, const srd__stretch *stretch, const srd__run *run, int32_t r)
{
    const uint8_t *const winner = stretch->pool >= 0 ? srd__stretch_winners(g->ex, stretch, r) : NULL;
    const int32_t *const sources = g->lane->table + (size_t)r * (size_t)g->lane->slots;
    const ptrdiff_t stride = g->ex->shapes[stretch->site].c;
    const float *const value = srd__value(g->ex, stretch->site) + run->channel;
    float *const u = g->u + (run->top - g->first);

    if (winner == NULL) {
        const int32_t path = g->path + stretch->slot;

        if (path < g->from || path >= g->to) return;
        g->ex->kernels->sum(value + (sources[stretch->slot] - stretch->base) * stride, run->count,
                            u + (size_t)(path - g->from) * g->path_step);
        return;
    }
    for (int32_t c = 0; c < run->count; ++c) {
        const int32_t slot = stretch->slot + winner[run->top - stretch->channel + c] * stretch->below;
        const int32_t path = g->path + slot;

        if (path < g->from || path >= g->to) continue;
        u[(size_t)(path - g->from) * g->path_step + (size_t)c] += value[(sources[slot] - stretch->base) * stride + c];
    }
}

/* u += weight * W x for all of the bundle. */
static void add_bundle(const gather *g)
{
    bundle *const b = g->collected;
    float sums[SRD__TILE_PIXELS * SRD__PANEL];
    srd__panel panel = g->panel;

    if (b->size == 0) return;
    panel.rows += (size_t)b->row * (size_t)panel.row;
    memset(sums, 0, (size_t)b->size * SRD__PANEL * sizeof(float));
    g->ex->kernels->mix(b->x, b->size, b->count, &panel, 1, sums, 0);
    for (int32_t i = 0; i < b->size; ++i) g->ex->kernels->axpy(b->weight, sums + (size_t)i * SRD__PANEL, b->u[i]);
    b->size = 0;
}

/* A dense mixing layer over scattered channels: one row of the panel per channel, and long runs by the bundle. */
static void add_rows(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const gather *const g = (const gather *)context;
    bundle *const b = g->collected;
    const int32_t row = run->top - g->channel;
    float *u;
    const float *const x = run_source(g, run, layer, position, &u);

    if (x == NULL) return;
    if (run->step == 1 && run->count >= LONG_RUN) {
        const bool fits = b->row == row && b->count == run->count && b->weight == run->weight;

        if (b->size == SRD__TILE_PIXELS || !fits) add_bundle(g);
        b->row = row;
        b->count = run->count;
        b->weight = run->weight;
        b->x[b->size] = x;
        b->u[b->size++] = u;
        return;
    }
    add_bundle(g); /* what a u gets, it gets in the order of the runs */
    for (int32_t c = 0; c < run->count; ++c) {
        g->ex->kernels->axpy(run->weight * x[c], g->panel.rows + (size_t)(row + c * run->step) * (size_t)g->panel.row, u);
    }
}

/* Depthwise: input channel c makes output channels c * multiplier ... */
static void add_depthwise(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const gather *const g = (const gather *)context;
    const srd__layer *const mixing = g->lane->mixing;
    const float *const row = srd__weights_row(mixing, g->tap);
    const int32_t multiplier = mixing->channels / mixing->groups;
    float *u;
    const float *const x = run_source(g, run, layer, position, &u);

    if (x == NULL) return;
    if (multiplier == 1 && run->step == 1 && row != NULL) {
        const float *const w = row + run->top;
        float *const to = u + run->top - g->first;

        for (int32_t c = 0; c < run->count; ++c) to[c] += run->weight * x[c] * w[c];
        return;
    }
    for (int32_t c = 0; c < run->count; ++c) {
        const int32_t begin = (run->top + c * run->step) * multiplier;
        const int32_t low = srd__max(begin, g->first), high = srd__min(begin + multiplier, g->first + g->count);

        for (int32_t o = low; o < high; ++o) {
            u[o - g->first] += run->weight * x[c] * (row != NULL ? row[o] : srd__weights_single(mixing, o, g->tap));
        }
    }
}

/* The panel of a dense mixing layer for input channels [channel, channel + count) of the group of the block from `first` on. */
static srd__panel block_panel(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t tap, int32_t channel,
                              int32_t count)
{
    const srd__layer *const mixing = lane->mixing;
    const int32_t per_group = mixing->channels / mixing->groups;
    const int32_t output = first % per_group;
    const srd__tap at = { tap, lane->branch->flattened ? lane->taps : 0, lane->column };
    srd__panel panel = srd__weights_panel(mixing, first / per_group, output / SRD__PANEL, &at, channel, count, scratch->panel);

    panel.rows += output % SRD__PANEL;
    return panel;
}

/* The same for several blocks. */
static void block_panels(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t blocks, int32_t tap,
                         int32_t channel, int32_t count, srd__panel *panels)
{
    for (int32_t i = 0; i < blocks; ++i) panels[i] = block_panel(lane, scratch, first + i * SRD__PANEL, tap, channel, count);
}

/* Input channels that one group of a dense mixing layer sees: those of the piece, or of the group. */
static int32_t group_channels(const srd__lane *lane)
{
    return lane->branch->flattened ? lane->grid.c : lane->mixing->before;
}

/* Dense mixing of a uniform lane: for each tap and part all pixels at once. */
static void lane_dense(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                       int32_t p, int32_t pixels, int32_t first, int32_t blocks, int32_t from, int32_t to)
{
    const size_t path_step = (size_t)pixels * SRD__PANEL;
    const int32_t per_group = lane->mixing->channels / lane->mixing->groups;
    const int32_t begin = first / per_group * group_channels(lane), end = begin + group_channels(lane);

    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t i = 0; i < lane->part_count; ++i) {
            const srd__part *const part = &lane->parts[i];
            const int32_t path = lane->first_path + (lane->collapsed ? 0 : tap * lane->slots + part->slot);
            int32_t low;
            const int32_t high = srd__part_range(part, begin, end, &low);
            const size_t stride = (size_t)ex->shapes[part->layer].c;
            const float *const value = srd__value(ex, part->layer);
            srd__panel panels[SRD__MOST_BLOCKS];

            if (path < from || path >= to || low >= high) continue;
            for (int32_t j = 0; j < pixels; ++j) {
                scratch->x[j] = at[j] < 0 ? scratch->zeros : value + (size_t)at[j] * stride + part->source + low;
            }
            block_panels(lane, scratch, first, blocks, tap, part->channel + low * part->step - begin,
                         (high - low - 1) * part->step + 1, panels);
            for (int32_t j = 0; j < blocks; ++j) panels[j].row *= part->step;
            ex->kernels->mix(scratch->x, pixels, high - low, panels, blocks, scratch->u + (size_t)(path - from) * path_step,
                             (size_t)(to - from) * path_step);
        }
    }
}

/* A depthwise layer of one output per input over a uniform lane. */
static void lane_depthwise(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, float *u_from, int32_t p,
                           int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to)
{
    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        const float *const row = srd__weights_row(lane->mixing, tap);
        float loaded[SRD__PANEL];
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t i = 0; i < lane->part_count; ++i) {
            const srd__part *const part = &lane->parts[i];
            const int32_t path = lane->first_path + (lane->collapsed ? 0 : tap * lane->slots + part->slot);
            const size_t stride = (size_t)ex->shapes[part->layer].c;
            int32_t low;
            const int32_t high = srd__part_range(part, first, first + count, &low);
            const float *value, *w;
            float *u;

            if (path < from || path >= to || low >= high) continue;
            value = srd__value(ex, part->layer) + part->source + low;
            w = row != NULL ? row + part->channel + low : loaded;
            for (int32_t c = 0; row == NULL && c < high - low; ++c) {
                loaded[c] = srd__weights_single(lane->mixing, part->channel + low + c, tap);
            }
            u = u_from + (size_t)(path - from) * (size_t)pixels * SRD__PANEL + (part->channel + low - first);
            for (int32_t j = 0; j < pixels; ++j) {
                if (at[j] < 0) continue;
                ex->kernels->scale(value + (size_t)at[j] * stride, w, high - low, u + (size_t)j * SRD__PANEL);
            }
        }
    }
}

/* Dense mixing of a lane whose picks are written down. */
static void lane_picked(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                        int32_t p, int32_t pixels, int32_t first, int32_t blocks, int32_t from, int32_t to)
{
    const size_t path_step = (size_t)pixels * SRD__PANEL;

    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        const int32_t path = lane->first_path + tap * lane->slots;
        int32_t at[SRD__TILE_PIXELS];
        srd__panel panels[SRD__MOST_BLOCKS];

        if (path >= to || path + lane->slots <= from) continue;
        block_panels(lane, scratch, first, blocks, tap, 0, group_channels(lane), panels);
        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t j = 0; j < pixels; ++j) {
            if (at[j] < 0) continue;
            srd__pick_add(ex, bound, panels, blocks, at[j], tap, from, to, scratch->u + (size_t)j * SRD__PANEL, path_step,
                          (size_t)(to - from) * path_step);
        }
    }
}

/* A uniform lane without a mixing layer: the channels themselves. */
static void lane_direct(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, float *u, int32_t p,
                        int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to)
{
    int32_t at[SRD__TILE_PIXELS];

    srd__lane_positions(bound, lane, p, pixels, 0, at);
    for (int32_t i = 0; i < lane->part_count; ++i) {
        const srd__part *const part = &lane->parts[i];
        const int32_t path = lane->first_path + (lane->collapsed ? 0 : part->slot);
        const size_t stride = (size_t)ex->shapes[part->layer].c;
        int32_t low;
        const int32_t high = srd__part_range(part, first, first + count, &low);
        const float *x;
        float *to_u;

        if (path < from || path >= to || low >= high) continue;
        x = srd__value(ex, part->layer) + part->source + low;
        to_u = u + (size_t)(path - from) * (size_t)pixels * SRD__PANEL + (part->channel + low * part->step - first);
        for (int32_t j = 0; j < pixels; ++j, to_u += SRD__PANEL) {
            const float *const from_x = x + (size_t)srd__max(at[j], 0) * stride;

            if (at[j] < 0) continue;
            if (part->step == 1) ex->kernels->sum(from_x, high - low, to_u);
            for (int32_t c = 0; part->step > 1 && c < high - low; ++c) to_u[c * part->step] += from_x[c];
        }
    }
}

/* The same with pools on the way. */
static void lane_stretches(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, float *u, int32_t p,
                           int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to)
{
    gather g = { .ex = ex,
                 .lane = lane,
                 .path_step = (size_t)pixels * SRD__PANEL,
                 .from = from,
                 .to = to,
                 .path = lane->first_path,
                 .first = first,
                 .count = count };
    int32_t at[SRD__TILE_PIXELS];

    srd__lane_positions(bound, lane, p, pixels, 0, at);
    for (int32_t k = 0; k < lane->stretch_count; ++k) {
        const srd__stretch *const stretch = &lane->stretches[k];
        srd__run run;

        if (!srd__stretch_run(stretch, first, count, &run)) continue;
        for (int32_t i = 0; i < pixels; ++i) {
            g.u = u + (size_t)i * SRD__PANEL;
            if (at[i] < 0) continue;
            if (stretch->walked >= 0) srd__lane_layer_runs(ex, bound, lane, stretch->walked, at[i], &run, add_direct, &g);
            else add_stretch(&g, stretch, &run, at[i]);
        }
    }
}

/* All other lanes: runs of channels, position by position. */
static void lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch, float *u,
                      int32_t p, int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to)
{
    const bool depthwise = lane->mixing != NULL && srd__weights_depthwise(lane->mixing);
    bundle collected = { .size = 0 };
    gather g = { ex,    lane, { NULL, 0 },   NULL,      (size_t)pixels * SRD__PANEL, from, to, 0, first, count,
                 first, 0,    scratch->ones, &collected };
    srd__on_run add = add_direct;
    int32_t channel = first, channels = count, at[SRD__TILE_PIXELS];

    if (depthwise) {
        const int32_t multiplier = lane->mixing->channels / lane->mixing->groups;

        add = add_depthwise;
        channel = first / multiplier;
        channels = (first + count - 1) / multiplier + 1 - channel;
    } else if (lane->mixing != NULL) {
        add = add_rows;
        channels = group_channels(lane);
        channel = first / (lane->mixing->channels / lane->mixing->groups) * channels;
    }
    g.channel = channel;
    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        g.tap = tap;
        g.path = lane->first_path + (lane->collapsed ? 0 : tap * lane->slots);
        if ((g.path >= to || g.path + (lane->collapsed ? 1 : lane->slots) <= from) &&
            (lane->bias_path >= to || lane->bias_path + lane->bias_count <= from)) {
            continue;
        }
        if (add == add_rows) g.panel = block_panel(lane, scratch, first, tap, 0, channels);
        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t j = 0; j < pixels; ++j) {
            g.u = u + (size_t)j * SRD__PANEL;
            if (at[j] >= 0) srd__lane_runs(ex, bound, lane, at[j], channel, channels, add, &g);
        }
        add_bundle(&g);
    }
}

/* A constant that is added: one number for all channels, or the channels themselves. */
static void lane_constant(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__scratch *scratch,
                          float *u_from, int32_t p, int32_t pixels, int32_t first, int32_t count, int32_t from)
{
    gather g = { .ex = ex,
                 .lane = lane,
                 .path_step = (size_t)pixels * SRD__PANEL,
                 .from = from,
                 .to = lane->first_path + 1,
                 .path = lane->first_path,
                 .first = first,
                 .count = count,
                 .ones = scratch->ones };

    for (int32_t i = 0; i < pixels; ++i) {
        const int32_t r = srd__lane_position(bound, lane, p + i, 0);

        g.u = u_from + (size_t)i * SRD__PANEL;
        if (lane->grid.c == bound->shape.c) {
            srd__lane_runs(ex, bound, lane, r, first, count, add_direct, &g);
        } else {
            const float x = srd__value(ex, lane->parts->layer)[r * ex->shapes[lane->parts->layer].c + lane->parts->source];
            float *const u = g.u + (size_t)(lane->first_path - from) * g.path_step;

            for (int32_t j = 0; j < count; ++j) u[j] += x;
        }
    }
}

/* Can lane_depthwise() do it? */
static bool is_depthwise(const srd_explainer *ex, const srd__lane *lane)
{
    const srd__layer *const mixing = lane->mixing;

    if (mixing == NULL || lane->parts == NULL || !srd__weights_depthwise(mixing) || mixing->channels != mixing->groups ||
        (lane->in_place && ex->masked_layer != SRD_LAYER_NONE)) {
        return false;
    }
    for (int32_t i = 0; i < lane->part_count; ++i) {
        if (lane->parts[i].step != 1) return false;
    }
    return true;
}

/* Can the pixels of a tile be multiplied together? */
static bool is_dense(const srd_explainer *ex, const srd__lane *lane)
{
    return lane->mixing != NULL && lane->parts != NULL && !srd__weights_depthwise(lane->mixing) &&
           !(lane->in_place && ex->masked_layer != SRD_LAYER_NONE); /* see srd__lane_runs() */
}

/* What works on one block at a time. */
static void lane_block(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch, float *u,
                       int32_t p, int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to)
{
    if (bound->attention == lane && ex->attending == bound) {
        srd__attend(ex, bound, u, p, pixels, first, from, to);
    } else if (lane->branch->constant) {
        lane_constant(ex, bound, lane, scratch, u, p, pixels, first, count, from);
    } else if (lane->mixing == NULL && lane->parts != NULL && !(lane->in_place && ex->masked_layer != SRD_LAYER_NONE)) {
        lane_direct(ex, bound, lane, u, p, pixels, first, count, from, to);
    } else if (lane->mixing == NULL && lane->stretches != NULL) {
        lane_stretches(ex, bound, lane, u, p, pixels, first, count, from, to);
    } else if (is_depthwise(ex, lane)) {
        lane_depthwise(ex, bound, lane, u, p, pixels, first, count, from, to);
    } else {
        lane_runs(ex, bound, lane, scratch, u, p, pixels, first, count, from, to);
    }
}

void srd__tile_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                 int32_t first, int32_t count, int32_t from, int32_t to)
{
    const int32_t blocks = (count + SRD__PANEL - 1) / SRD__PANEL;
    const size_t path_step = (size_t)pixels * SRD__PANEL, block_step = (size_t)(to - from) * path_step;

    if (bound->exact && !bound->lanes->collapsed) {
        srd__exact_taps(ex, bound, scratch, p, pixels, first, count, from, to);
        return;
    }
    memset(scratch->u, 0, (size_t)blocks * block_step * sizeof(float));
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const int32_t low = srd__max(from, lane->first_path), high = srd__min(to, lane->first_path + lane->span);
        const float *scale;
        bool is_picked, dense;

        if (low >= high) continue;
        scale = srd__scale_of(ex, bound, lane);
        is_picked = bound->picked == lane && ex->picking == bound;
        dense = !lane->branch->constant && is_dense(ex, lane);
        if (is_picked) lane_picked(ex, bound, lane, scratch, p, pixels, first, blocks, from, to);
        else if (dense) lane_dense(ex, bound, lane, scratch, p, pixels, first, blocks, from, to);
        for (int32_t b = 0; b < blocks; ++b) {
            const int32_t channel = first + b * SRD__PANEL, channels = srd__min(first + count - channel, SRD__PANEL);
            float *const u = scratch->u + (size_t)b * block_step;

            if (!is_picked && !dense) lane_block(ex, bound, lane, scratch, u, p, pixels, channel, channels, from, to);
            if (!lane->last_twin) continue;
            /* Post scale, and zeros behind the block's last channel, so that sums may run over the whole panel. */
            ex->kernels->rescale(u + (size_t)(low - from) * path_step, (high - low) * pixels,
                                 scale != NULL ? scale + channel : NULL, channels);
        }
    }
}

/* scratch->direction[c] = sum over outputs o of w(o, c, tap) * scale[o] * direction[o], for all channels c of the grid. */
void srd__tap_transpose(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                        int32_t tap, const float *direction)
{
    const srd__layer *const mixing = lane->mixing;
    const float *const scale = srd__scale_of(ex, bound, lane);
    const int32_t per_group = mixing != NULL ? mixing->channels / mixing->groups : 0;
    const bool depthwise = mixing != NULL && srd__weights_depthwise(mixing);

    memset(scratch->direction, 0, (size_t)lane->grid.c * sizeof(float));
    if (mixing == NULL) {
        for (int32_t c = 0; c < lane->grid.c; ++c) scratch->direction[c] = direction[c] * (scale != NULL ? scale[c] : 1.0f);
        return;
    }
    for (int32_t first = 0, count = 0; first < mixing->channels; first += count) {
        const int32_t channels = group_channels(lane), begin = first / per_group * channels;
        float g[SRD__PANEL] = { 0.0f };
        bool any = false;

        count = depthwise ? 1 : srd__min(SRD__PANEL, per_group - first % per_group);
        for (int32_t j = 0; j < count; ++j) {
            g[j] = direction[first + j] * (scale != NULL ? scale[first + j] : 1.0f);
            any = any || g[j] != 0.0f;
        }
        if (!any) continue;
        if (depthwise) {
            scratch->direction[begin] += g[0] * srd__weights_single(mixing, first, tap);
        } else {
            const srd__panel panel = block_panel(lane, scratch, first, tap, 0, channels);

            ex->kernels->turn(&panel, channels, g, scratch->direction + begin);
        }
    }
}
