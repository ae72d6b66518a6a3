/*
 * pooled_conv.c -- a dense mixing layer W over gather layers that take every channel from one source at most: pools, concats of grids,
 * gates. Where the channels of a position come from is found once, not for every block of output channels, and written down
 * sorted by path,
 *
 *     u_k = sum over the channels c of path k of x_c W[:, c].
 *
 * Where nothing else is added to them and a path has few of the channels, y comes from all channels of a position at once, as if no
 * path were asked for, and then the sums <u, u> and <u, y> from u that are never written down. With many channels to a path that is
 * slower than to keep the u, because all products are made twice.
 */
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "paths/channel_spans.h"
#include "tiles/branch_panels.h"

#define MANY_PICKS 12 /* channels of a path */

#if SRD_WITH_POOL_LISTS
/* Has every channel of the layer one source at most? */
static bool is_single(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->site) return true;
    if (!layer->kind->single) return false;
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (!is_single(graph, layer->inputs[i])) return false;
    }
    return true;
}

/* Of a position: [slots + 1] int32_t, where each slot begins, and up to C picks. */
static size_t record_bytes(const srd__lane *lane)
{
    return ((size_t)lane->slots + 2) * sizeof(int32_t) + (size_t)lane->grid.c * sizeof(srd__pick);
}

static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    /* A store is at most a quarter of the address space (arena.c); what would be larger is walked each time. */
    const size_t most = SIZE_MAX / 4 / (size_t)lane->grid.h / (size_t)lane->grid.w;

    (void)bound;
    return lane->table != NULL && lane->parts == NULL && !lane->collapsed && lane->mixing != NULL &&
           lane->mixing->groups == 1 && lane->bias_path < 0 && record_bytes(lane) <= most &&
           is_single(ex->plan.graph, lane->branch->root);
}

#if SRD_WITH_WHOLE_SUMS
static bool fits_sums(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    /* Elsewhere `mix` is not so much faster than `pick`. */
    if (srd__kernels_set(ex->plan.kernels) == SRD_KERNELS_PORTABLE || srd__kernels_set(ex->plan.kernels) == SRD_KERNELS_NEON)
        return false;
    return bound->branch == lane && fits(ex, bound, lane) && bound->segment->branch_count == 1 && !lane->branch->flattened &&
           bound->positions > 1 && lane->grid.c < MANY_PICKS * lane->slots;
}

static void picked_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                        int32_t count, bool norms);
#endif

/* Are the sums of the segment made here, too? */
static bool is_summed(const srd__bound *bound)
{
#if SRD_WITH_WHOLE_SUMS
    return bound->fast != NULL && bound->fast->block_sums == picked_sums;
#else
    (void)bound;
    return false;
#endif
}

/* Records of all positions, and behind them what the mixing layer sees, [position][channel] floats, where that is wanted. */
static size_t store_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    const srd__lane *const lane = bound->branch;
    const size_t seen = is_summed(bound) ? (size_t)lane->grid.c * sizeof(float) : 0;

    (void)ex;
    return (size_t)lane->grid.h * (size_t)lane->grid.w * (record_bytes(lane) + seen);
}

typedef struct record {
    const srd_explainer *ex;
    int32_t *begins; /* by slot; while picks are placed, begins[slot + 1] is where the next one of the slot goes */
    srd__pick *picks;
} record;

static record record_at(const srd_explainer *ex, const srd__bound *bound, int32_t r)
{
    char *const store = (char *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE) + (size_t)r * record_bytes(bound->branch);
    record made = { ex, (int32_t *)(void *)store, NULL };

    made.picks = (srd__pick *)(void *)(made.begins + bound->branch->slots + 2);
    return made;
}

static float *seen_at(const srd_explainer *ex, const srd__bound *bound, int32_t r)
{
    const srd__lane *const lane = bound->branch;
    char *const store = (char *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);

    return (float *)(void *)(store + (size_t)lane->grid.h * (size_t)lane->grid.w * record_bytes(lane)) +
           (size_t)r * (size_t)lane->grid.c;
}

static void count_run(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const record *const to = (const record *)context;

    (void)layer, (void)position;
    to->begins[run->slot + 2] += run->count;
}

static void place_run(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const record *const to = (const record *)context;
    const float *const x = srd__value(to->ex, layer) + (size_t)position * (size_t)to->ex->plan.shapes[layer].c + run->channel;

    for (int32_t c = 0; c < run->count; ++c) {
        srd__pick *const pick = &to->picks[to->begins[run->slot + 1]++];

        pick->x = run->weight * x[c];
        pick->row = run->top + c * run->step;
    }
}

typedef struct job {
    const srd_explainer *ex;
    const srd__bound *bound;
} job;

/* The same as the walk finds, without a call per channel; count first, then place. What is 0 adds nothing and is left out. */
static void pick_stretch(const srd_explainer *ex, const srd__lane *lane, const srd__stretch *stretch, int32_t r,
                         const record *to, bool place)
{
    const int32_t *const sources = lane->table + (size_t)r * (size_t)lane->slots;
    const float *const value = srd__value(ex, stretch->site) + stretch->source;
    const ptrdiff_t stride = ex->plan.shapes[stretch->site].c;
    const uint8_t *const winner = stretch->pool >= 0 ? srd__stretch_winners(ex, stretch, r) : NULL;

    for (int32_t c = 0; c < stretch->count; ++c) {
        const int32_t slot = stretch->slot + (winner != NULL ? winner[c] * stretch->below : 0);
        const float x = value[(sources[slot] - stretch->base) * stride + c];
        int32_t *const next = &to->begins[slot + (place ? 1 : 2)];
        srd__pick none = { 0.0f, 0 }, *const pick = place && x != 0.0f ? &to->picks[*next] : &none; /* no jump to be guessed */

        *next += x != 0.0f;
        pick->x = x;
        pick->row = stretch->channel + c;
    }
}

static void pick_channels(const job *j, int32_t r, record *to, bool place)
{
    const srd__lane *const lane = j->bound->branch;

    for (int32_t i = 0; i < lane->stretch_count; ++i) {
        const srd__stretch *const stretch = &lane->stretches[i];
        srd__run run;

        if (stretch->walked < 0) {
            pick_stretch(j->ex, lane, stretch, r, to, place);
        } else if (srd__stretch_run(stretch, 0, lane->grid.c, &run)) {
            srd__lane_layer_runs(j->ex, j->bound, lane, stretch->walked, r, &run, place ? place_run : count_run, to);
        }
    }
    if (lane->stretches == NULL) {
        srd__lane_source_runs(j->ex, j->bound, lane, r, 0, lane->grid.c, place ? place_run : count_run, to);
    }
}

/* All channels through one maximum, by the kernel. x: as seen_at(). */
static void list_channels(const job *j, int32_t r, float *x, const record *to)
{
    const srd__lane *const lane = j->bound->branch;
    const srd__stretch *const stretch = lane->stretches;
    const int32_t *const sources = lane->table + (size_t)r * (size_t)lane->slots;
    const uint8_t *const winner = srd__stretch_winners(j->ex, stretch, r);
    const float *const value = srd__value(j->ex, stretch->site) + stretch->source;
    const ptrdiff_t stride = j->ex->plan.shapes[stretch->site].c;

    for (int32_t c = 0; c < lane->grid.c; ++c) x[c] = value[(sources[winner[c]] - stretch->base) * stride + c];
    j->ex->plan.kernels->list(x, winner, lane->grid.c, lane->slots, to->picks, to->begins);
}

/* Can it do the lane? */
static bool is_listed(const job *j)
{
    const srd__lane *const lane = j->bound->branch;
    const srd__stretch *const stretch = lane->stretches;

    return SRD__X86 && j->ex->plan.kernels->list != NULL && lane->stretch_count == 1 && stretch->walked < 0 &&
           stretch->pool >= 0 && stretch->slot == 0 && stretch->below == 1 && stretch->channel == 0 &&
           stretch->count == lane->grid.c && j->ex->plan.scratch[0].direction != NULL;
}

static void fill_row(void *context, int32_t row, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__lane *const lane = j->bound->branch;
    const bool listed = is_listed(j);

    for (int32_t r = row * lane->grid.w; r < (row + 1) * lane->grid.w; ++r) {
        record to = record_at(j->ex, j->bound, r);

        if (listed) {
            list_channels(j, r, is_summed(j->bound) ? seen_at(j->ex, j->bound, r) : j->ex->plan.scratch[worker].direction, &to);
            continue;
        }
        memset(to.begins, 0, ((size_t)lane->slots + 2) * sizeof *to.begins);
        pick_channels(j, r, &to, false);
        for (int32_t slot = 0; slot < lane->slots; ++slot) to.begins[slot + 2] += to.begins[slot + 1];
        pick_channels(j, r, &to, true);
        if (is_summed(j->bound)) {
            float *const seen = seen_at(j->ex, j->bound, r);

            memset(seen, 0, (size_t)lane->grid.c * sizeof *seen);
            for (int32_t i = 0; i < to.begins[lane->slots]; ++i) seen[to.picks[i].row] = to.picks[i].x;
        }
    }
}

static void begin(srd_explainer *ex, const srd__bound *bound)
{
    job j = { ex, bound };

    srd__parallel(ex, fill_row, &j, bound->branch->grid.h);
}

static void add_picks(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks, int32_t r,
                      int32_t tap, int32_t from, int32_t to, float *u, size_t path_step, size_t block_step)
{
    const srd__lane *const lane = bound->branch;
    const record at = record_at(ex, bound, r);
    const int32_t path = lane->first_path + tap * lane->slots;
    const int32_t low = srd__max(from - path, 0), high = srd__min(to - path, lane->slots);

    ex->plan.kernels->pick(at.picks, at.begins + low, high - low, panels, blocks, u + (size_t)(path + low - from) * path_step,
                           path_step, block_step);
}

static void contributions(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__wanted *e)
{
    const srd__lane *const lane = bound->branch;
    const int32_t blocks = (e->count + SRD__PANEL - 1) / SRD__PANEL;
    const size_t path_step = (size_t)e->pixels * SRD__PANEL;

    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        const int32_t path = lane->first_path + tap * lane->slots;
        int32_t at[SRD__TILE_PIXELS];
        srd__panel panels[SRD__MOST_BLOCKS];

        if (path >= e->to || path + lane->slots <= e->from) continue;
        srd__block_panels(lane, s, e->first, blocks, tap, 0, lane->branch->flattened ? lane->grid.c : lane->mixing->before,
                          panels);
        srd__lane_positions(bound, lane, e->p, e->pixels, tap, at);
        for (int32_t j = 0; j < e->pixels; ++j) {
            if (at[j] < 0) continue;
            add_picks(ex, bound, panels, blocks, at[j], tap, e->from, e->to, s->u + (size_t)j * SRD__PANEL, path_step,
                      (size_t)(e->to - e->from) * path_step);
        }
    }
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex, (void)bound;
    n->all_rows = true;
}

const srd__fast srd__fast_pooled_conv = { .name = SRD__CASE_NAME("convolution above pools"),
                                          .takes = SRD__TAKES_BRANCH,
                                          .store = SRD__STORE_CASE,
                                          .again = 1,
                                          .pixel_weights = 1,
                                          .ahead = 1,
                                          .fits = fits,
                                          .store_bytes = store_bytes,
                                          .needs = needs,
                                          .begin = begin,
                                          .contributions = contributions };

#if SRD_WITH_WHOLE_SUMS
static void y_of_blocks(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                        int32_t count)
{
    const int32_t p = t->p, pixels = t->pixels;
    const srd__lane *const lane = bound->branch;
    const int32_t blocks = (count - 1) / SRD__PANEL + 1;
    const float *const scale = srd__scale_of(ex, bound, lane);

    /* Tap by tap: a sum of sums is more exact than one over all products, and y must be as good as the contributions are. */
    memset(s->y, 0, (size_t)blocks * (size_t)pixels * SRD__PANEL * sizeof *s->y);
    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        srd__panel panels[SRD__MOST_BLOCKS];
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t i = 0; i < pixels; ++i) s->x[i] = at[i] < 0 ? s->zeros : seen_at(ex, bound, at[i]);
        srd__block_panels(lane, s, first, blocks, tap, 0, lane->grid.c, panels);
        ex->plan.kernels->mix(s->x, pixels, lane->grid.c, panels, blocks, s->u, (size_t)pixels * SRD__PANEL, false);
        ex->plan.kernels->total(s->u, 1, blocks * pixels * SRD__PANEL, s->y);
    }
    for (int32_t b = 0; b < blocks; ++b) {
        const int32_t done = b * SRD__PANEL;

        ex->plan.kernels->rescale(s->y + done * pixels, pixels, scale != NULL ? scale + first + done : NULL,
                                  srd__min(count - done, SRD__PANEL));
    }
}

static void picked_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                        int32_t count, bool norms)
{
    const srd__lane *const lane = bound->branch;
    const float *const scale = srd__scale_of(ex, bound, lane);
    const size_t pixels = (size_t)t->pixels;
    srd__panel panels[SRD__MOST_BLOCKS];
    srd__picked picked = { NULL, NULL, panels, scale != NULL ? scale + first : NULL, lane->slots, count };

    for (int32_t tap = 0; tap < lane->taps; ++tap) {
        const size_t path = (size_t)(lane->first_path + tap * lane->slots) * pixels;
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, t->p, t->pixels, tap, at);
        srd__block_panels(lane, s, first, (count - 1) / SRD__PANEL + 1, tap, 0, lane->grid.c, panels);
        for (int32_t i = 0; i < t->pixels; ++i) {
            record of;

            if (at[i] < 0) continue;
            of = record_at(ex, bound, at[i]);
            picked.picks = of.picks;
            picked.begins = of.begins;
            ex->plan.kernels->pick_sums(&picked, s->y + i * SRD__PANEL, pixels * SRD__PANEL, norms ? t->uu + path + i : NULL,
                                        t->uy + path + i, pixels);
        }
    }
}

static void needs_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex;
    n->u = (size_t)bound->blocks * (size_t)srd__max(bound->chunk, bound->pixels);
}

const srd__fast srd__fast_pooled_conv_sums = { .name = SRD__CASE_NAME("convolution above pools, sums by their lists"),
                                               .takes = SRD__TAKES_SEGMENT,
                                               .full_tiles = 1,
                                               .ahead = 1,
                                               .fits = fits_sums,
                                               .needs = needs_sums,
                                               .y = y_of_blocks,
                                               .block_sums = picked_sums };
#endif
#endif
