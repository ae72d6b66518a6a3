/*
 * contributions.c -- contributions of a tile: for a few positions and one block of output channels, the bias-free contribution u of
 * every path, measured at y. y is the sum of the u and the bias, and the ratios are sums over u and y, so one pass over the
 * weights serves both (METHOD section 9).
 */
#include "tiles/contributions.h"

#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "paths/merged_runs.h"
#include "tiles/branch_panels.h"
#include "tiles/run_target.h"
#include "tiles/unmixed.h"

#define AT_ONCE 4  /* positions that are found together where the stack is deepest */
#define LONG_RUN 8 /* channels from which on runs are worth being collected */

/* Runs of the same channels with one weight, from several source positions, to be multiplied together. */
typedef struct bundle {
    const float **x; /* [size]: srd__scratch.bundle_x */
    float **u;       /* [size]: bundle_u */
    int32_t size, row, count;
    float weight;
    float *sums; /* srd__scratch.sums */
} bundle;

/* What the callbacks for runs of channels need to know. */
typedef struct gather {
    srd__place to;
    srd__panel panel;     /* dense mixing */
    int32_t first, count; /* output channels */
    int32_t channel;      /* input channel that the panel begins with */
    int32_t tap;
    bundle *collected; /* of add_rows() */
} gather;

bool srd__next_block(const srd__bound *bound, int32_t *first, int32_t *count)
{
    *first += *count;
    if (*first >= bound->shape.c) return false;
    *count = srd__min(SRD__PANEL, bound->shape.c - *first);
    for (int32_t i = 0; SRD_WITH_GROUPS && i < bound->segment->branch_count; ++i) {
        const srd__layer *const mixing = bound->lanes[i].mixing;

        if (mixing != NULL && !srd__weights_depthwise(&mixing->weight)) {
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
    for (int32_t i = 0; SRD_WITH_GROUPS && i < bound->segment->branch_count; ++i) {
        const srd__layer *const mixing = bound->lanes[i].mixing;

        if (mixing == NULL || srd__weights_depthwise(&mixing->weight)) continue;
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

/* u += weight * W x for all of the bundle. */
static void add_bundle(const gather *g)
{
    bundle *const b = g->collected;
    float *const sums = b->sums;
    srd__panel panel = g->panel;

    if (b->size == 0) return;
    panel.rows += (size_t)b->row * (size_t)panel.row;
    g->to.ex->plan.kernels->mix(b->x, b->size, b->count, &panel, 1, sums, 0, false);
    for (int32_t i = 0; i < b->size; ++i) g->to.ex->plan.kernels->axpy(b->weight, sums + (size_t)i * SRD__PANEL, b->u[i]);
    b->size = 0;
}

/* A dense mixing layer over scattered channels: one row of the panel per channel, and long runs by the bundle. */
static void add_rows(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const gather *const g = (const gather *)context;
    bundle *const b = g->collected;
    const int32_t row = run->top - g->channel;
    float *u;
    const float *const x = srd__run_source(&g->to, run, layer, position, &u);

    if (x == NULL) return;
    if (run->step == 1 && run->count >= LONG_RUN) {
        const bool fits = b->row == row && b->count == run->count && b->weight == run->weight;

        if (b->size == SRD_BUNDLE || !fits) add_bundle(g);
        b->row = row;
        b->count = run->count;
        b->weight = run->weight;
        b->x[b->size] = x;
        b->u[b->size++] = u;
        return;
    }
    add_bundle(g); /* what a u gets, it gets in the order of the runs */
    for (int32_t c = 0; c < run->count; ++c) {
        g->to.ex->plan.kernels->axpy(run->weight * x[c], g->panel.rows + (size_t)(row + c * run->step) * (size_t)g->panel.row,
                                     u);
    }
}

/* Depthwise: input channel c makes output channels c * multiplier ... */
static void add_depthwise(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const gather *const g = (const gather *)context;
    const srd__layer *const mixing = g->to.lane->mixing;
    const float *const row = srd__weights_row(&mixing->weight, g->tap);
    const int32_t multiplier = mixing->channels / mixing->groups;
    float *u;
    const float *const x = srd__run_source(&g->to, run, layer, position, &u);

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
            u[o - g->first] += run->weight * x[c] * (row != NULL ? row[o] : srd__weights_single(&mixing->weight, o, g->tap));
        }
    }
}

/* Input channels that one group of a dense mixing layer sees: those of the piece, or of the group. */
static int32_t group_channels(const srd__lane *lane)
{
    return lane->branch->flattened ? lane->grid.c : lane->mixing->before;
}

/* What the pixels see of a part of a lane at a tap: from channel `low` of the part on. */
static void see(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__scratch *scratch,
                const srd__part *part, int32_t low, int32_t p, int32_t pixels, int32_t tap, const float **x)
{
    const size_t stride = (size_t)ex->plan.shapes[part->layer].c;
    const float *const value = srd__value(ex, part->layer) + part->source + low;
    int32_t at[SRD__TILE_PIXELS];

    srd__lane_positions(bound, lane, p, pixels, tap, at);
    for (int32_t j = 0; j < pixels; ++j) x[j] = at[j] < 0 ? scratch->zeros : value + (size_t)at[j] * stride;
}

/* The same, remembered for all taps where other blocks will ask again. */
static const float *const *seen(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                                const srd__part *part, int32_t low, int32_t p, int32_t pixels, int32_t tap)
{
    const float **x;

    if (!SRD_WITH_SHORTCUTS || bound->seen != lane || scratch->tile < 0) {
        see(ex, bound, lane, scratch, part, low, p, pixels, tap, scratch->x);
        return scratch->x;
    }
    x = scratch->seen + (size_t)scratch->tile * (size_t)lane->taps * SRD__TILE_PIXELS;
    for (int32_t t = 0; (scratch->seen_tiles >> scratch->tile & 1) == 0 && t < lane->taps; ++t) {
        see(ex, bound, lane, scratch, part, low, p, pixels, t, x + t * SRD__TILE_PIXELS);
    }
    scratch->seen_tiles |= (uint32_t)1 << scratch->tile;
    return x + tap * SRD__TILE_PIXELS;
}

/* Members of a part, at most, whose weights are in the panel together. */
static int32_t members_at_once(const srd__layer *mixing, const srd__part *part)
{
    return mixing->weight.packed != NULL ? INT32_MAX : (SRD_PANEL_ROWS - 1) / part->step + 1;
}

/* What the same pixels see some channels further on. */
static const float *const *further(srd__scratch *scratch, const float *const *x, int32_t pixels, int32_t by)
{
    for (int32_t j = 0; j < pixels; ++j) scratch->x[j] = x[j] + by;
    return scratch->x;
}

/* Dense mixing of a uniform lane: for each tap and part all pixels at once. fresh: see writes_all(). */
SRD__APART static void lane_dense(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane,
                                  srd__scratch *scratch, const srd__wanted *e, bool fresh)
{
    const size_t path_step = (size_t)e->pixels * SRD__PANEL;
    const int32_t blocks = (e->count + SRD__PANEL - 1) / SRD__PANEL;
    const int32_t per_group = lane->mixing->channels / lane->mixing->groups;
    const int32_t begin = e->first / per_group * group_channels(lane), end = begin + group_channels(lane);

    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        for (int32_t i = 0; i < lane->part_count; ++i) {
            const srd__part *const part = &lane->parts[i];
            const int32_t path = lane->first_path + (lane->collapsed ? 0 : tap * lane->slots + part->slot);
            int32_t low, count;
            const int32_t high = srd__part_range(part, begin, end, &low);
            const float *const *x;
            bool add = !fresh || (lane->collapsed && tap > 0);

            if (path < e->from || path >= e->to || low >= high) continue;
            x = seen(ex, bound, lane, scratch, part, low, e->p, e->pixels, tap);
            for (; low < high; low += count) {
                srd__panel panels[SRD__MOST_BLOCKS];

                count = srd__min(high - low, members_at_once(lane->mixing, part));
                srd__block_panels(lane, scratch, e->first, blocks, tap, part->channel + low * part->step - begin,
                                  (count - 1) * part->step + 1, panels);
                for (int32_t j = 0; j < blocks; ++j) panels[j].row *= part->step;
                ex->plan.kernels->mix(x, e->pixels, count, panels, blocks, scratch->u + (size_t)(path - e->from) * path_step,
                                      (size_t)(e->to - e->from) * path_step, add);
                if (count < high - low) x = further(scratch, x, e->pixels, count);
                add = true;
            }
        }
    }
}

/* A depthwise layer of one output per input over a uniform lane. */
SRD__APART static void lane_depthwise(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, float *u_from,
                                      const srd__wanted *e)
{
    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        const float *const row = srd__weights_row(&lane->mixing->weight, tap);
        float loaded[SRD__PANEL];
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, e->p, e->pixels, tap, at);
        for (int32_t i = 0; i < lane->part_count; ++i) {
            const srd__part *const part = &lane->parts[i];
            const int32_t path = lane->first_path + (lane->collapsed ? 0 : tap * lane->slots + part->slot);
            const size_t stride = (size_t)ex->plan.shapes[part->layer].c;
            int32_t low;
            const int32_t high = srd__part_range(part, e->first, e->first + e->count, &low);
            const float *value, *w;
            float *u;

            if (path < e->from || path >= e->to || low >= high) continue;
            value = srd__value(ex, part->layer) + part->source + low;
            w = row != NULL ? row + part->channel + low : loaded;
            for (int32_t c = 0; row == NULL && c < high - low; ++c) {
                loaded[c] = srd__weights_single(&lane->mixing->weight, part->channel + low + c, tap);
            }
            u = u_from + (size_t)(path - e->from) * (size_t)e->pixels * SRD__PANEL + (part->channel + low - e->first);
            for (int32_t j = 0; j < e->pixels; ++j) {
                if (at[j] < 0) continue;
                ex->plan.kernels->scale(value + (size_t)at[j] * stride, w, high - low, u + (size_t)j * SRD__PANEL);
            }
        }
    }
}

/* All other lanes with a mixing layer: runs of channels, position by position. */
SRD__APART static void lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                                 float *u, const srd__wanted *e)
{
    const bool depthwise = srd__weights_depthwise(&lane->mixing->weight);
    const int32_t multiplier = lane->mixing->channels / lane->mixing->groups;
    const srd__on_run add = depthwise ? add_depthwise : add_rows;
    const int32_t channels =
        depthwise ? (e->first + e->count - 1) / multiplier + 1 - e->first / multiplier : group_channels(lane);
    const int32_t channel = depthwise ? e->first / multiplier : e->first / multiplier * channels;
    /* One walk for all rows of the panel, but where the walks are few. */
    const int32_t most = lane->branch->flattened && lane->mixing->weight.packed == NULL ? SRD_PANEL_ROWS : channels;
    bundle collected = { .x = scratch->bundle_x, .u = scratch->bundle_u, .sums = scratch->sums };
    gather g = { { ex, lane, NULL, (size_t)e->pixels * SRD__PANEL, e->from, e->to, 0, scratch->ones },
                 { NULL, 0 },
                 e->first,
                 e->count,
                 channel,
                 0,
                 &collected };
    int32_t at[AT_ONCE];

    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        g.tap = tap;
        g.to.path = lane->first_path + (lane->collapsed ? 0 : tap * lane->slots);
        if ((g.to.path >= e->to || g.to.path + (lane->collapsed ? 1 : lane->slots) <= e->from) &&
            (lane->bias_path >= e->to || lane->bias_path + lane->bias_count <= e->from)) {
            continue;
        }
        for (int32_t done = 0; done < channels; done += most) {
            const int32_t n = srd__min(channels - done, most);

            g.channel = channel + done;
            if (!depthwise) g.panel = srd__block_panel(lane, scratch, e->first, tap, done, n);
            for (int32_t j = 0; j < e->pixels; ++j) {
                if (j % AT_ONCE == 0) srd__lane_positions(bound, lane, e->p + j, srd__min(AT_ONCE, e->pixels - j), tap, at);
                g.to.u = u + (size_t)j * SRD__PANEL;
                if (at[j % AT_ONCE] < 0) continue;
                if (SRD_WITH_MANY_WAYS && lane->merges)
                    srd__merged_runs(ex, bound, lane, scratch->weights, at[j % AT_ONCE], g.channel, n, add, &g);
                else srd__lane_runs(ex, bound, lane, at[j % AT_ONCE], g.channel, n, add, &g);
            }
            add_bundle(&g);
        }
    }
}

/* Can lane_depthwise() do it? */
static bool is_depthwise(const srd_explainer *ex, const srd__lane *lane)
{
    const srd__layer *const mixing = lane->mixing;

    if (!SRD_WITH_GROUPS || mixing == NULL || lane->parts == NULL || !srd__weights_depthwise(&mixing->weight) ||
        mixing->channels != mixing->groups || (lane->in_place && srd__is_masking(ex))) {
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
    return lane->mixing != NULL && lane->parts != NULL && !srd__weights_depthwise(&lane->mixing->weight) &&
           !(lane->in_place && srd__is_masking(ex)); /* see srd__lane_runs() */
}

/* What works on one block at a time. */
static void lane_block(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch, float *u,
                       const srd__wanted *e)
{
    if (is_depthwise(ex, lane)) {
        lane_depthwise(ex, bound, lane, u, e);
    } else if (lane->mixing != NULL) {
        lane_runs(ex, bound, lane, scratch, u, e);
    }
}

/* Is the lane the first that adds to its paths? Later ones are twins. A lane of no paths (of inner_maps.c) is nobody's twin. */
static bool is_first(const srd__bound *bound, const srd__lane *lane)
{
    for (const srd__lane *l = bound->lanes; l != lane; ++l) {
        if (l->span > 0 && l->first_path == lane->first_path) return false;
    }
    return true;
}

/* Will lane_dense() write every path of the lane once, so that there is nothing to be cleared? */
static bool writes_all(const srd__bound *bound, const srd__lane *lane, int32_t first, int32_t count)
{
    const int32_t begin = first / (lane->mixing->channels / lane->mixing->groups) * group_channels(lane);
    int32_t low;

    (void)count; /* blocks stay inside a group */
    return lane->part_count == 1 && lane->span == (lane->collapsed ? 1 : lane->taps) && is_first(bound, lane) &&
           srd__part_range(lane->parts, begin, begin + group_channels(lane), &low) > low;
}

/* Zeros for some paths of all blocks. */
static void clear(float *u, int32_t blocks, int32_t paths, size_t path_step, size_t block_step)
{
    for (int32_t b = 0; b < blocks; ++b, u += block_step) memset(u, 0, (size_t)paths * path_step * sizeof *u);
}

void srd__tile_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                 int32_t first, int32_t count, int32_t from, int32_t to)
{
    const int32_t blocks = (count + SRD__PANEL - 1) / SRD__PANEL;
    const size_t path_step = (size_t)pixels * SRD__PANEL, block_step = (size_t)(to - from) * path_step;
    srd__wanted wanted = { p, pixels, first, count, from, to };

    if (srd__segment_case(bound) != NULL && bound->fast->contributions != NULL && !bound->lanes->collapsed) {
        bound->fast->contributions(ex, bound, scratch, &wanted);
        return;
    }
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const int32_t low = srd__max(from, lane->first_path), high = srd__min(to, lane->first_path + lane->span);
        const float *scale;
        bool taken, dense, direct, fresh; /* taken: by a fast case, which has prepared itself */

        if (low >= high) continue;
        wanted.first = first;
        wanted.count = count;
        scale = srd__scale_of(ex, bound, lane);
        direct = lane->branch->constant || lane->mixing == NULL;
        taken = srd__branch_case(bound) != NULL && bound->branch == lane && ex->run.prepared == bound;
        dense = !direct && !taken && is_dense(ex, lane);
        fresh = dense && writes_all(bound, lane, first, count);
        if (!fresh && is_first(bound, lane))
            clear(scratch->u + (size_t)(low - from) * path_step, blocks, high - low, path_step, block_step);
        if (direct) srd__direct(ex, bound, lane, scratch, &wanted);
        else if (taken) bound->fast_branch->contributions(ex, bound, scratch, &wanted);
        else if (dense) lane_dense(ex, bound, lane, scratch, &wanted, fresh);
        for (int32_t b = 0; b < blocks; ++b) {
            const int32_t channel = first + b * SRD__PANEL, channels = srd__min(first + count - channel, SRD__PANEL);
            float *const u = scratch->u + (size_t)b * block_step;

            wanted.first = channel; /* this block alone */
            wanted.count = channels;
            if (!taken && !dense && !direct) lane_block(ex, bound, lane, scratch, u, &wanted);
            if (!lane->last_twin) continue;
            /* Post scale, and zeros behind the block's last channel, so that sums may run over the whole panel. */
            ex->plan.kernels->rescale(u + (size_t)(low - from) * path_step, (high - low) * pixels,
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
    const bool depthwise = mixing != NULL && srd__weights_depthwise(&mixing->weight);

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
            scratch->direction[begin] += g[0] * srd__weights_single(&mixing->weight, first, tap);
        } else {
            const int32_t most = mixing->weight.packed != NULL ? channels : SRD_PANEL_ROWS;

            for (int32_t c = 0; c < channels; c += most) {
                const int32_t rows = srd__min(channels - c, most);
                const srd__panel panel = srd__block_panel(lane, scratch, first, tap, c, rows);

                ex->plan.kernels->turn(&panel, rows, g, scratch->direction + begin + c);
            }
        }
    }
}
