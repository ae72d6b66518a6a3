/*
 * pooled_linear.c -- a segment of one position whose paths meet the same weights, which is the fully connected layer W above a global pool.
 * No contribution is needed there: biases are shared evenly, so with y known
 *
 *     <u_k, y> = <W x_k, y> = <x_k, W^T y>,      y = W (sum over k of x_k) + b,
 *
 * and W is read twice instead of once for every path. The sum of more than PLAIN_SLOTS sources is made in double: so many
 * roundings of numbers that are alike, a white picture, would all go in one direction.
 */
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "tiles/branch_panels.h"
#include "tiles/position_ratios.h"
#include "tiles/run_target.h"
#include "tiles/tile_ratios.h"

#if SRD_WITH_WHOLE_SUMS
#define LEAST_SLOTS 4 /* fewer are multiplied as fast one by one */
#define PLAIN_SLOTS 256

static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    (void)ex;
    return bound->positions == 1 && bound->segment->branch_count == 1 && lane->mixing != NULL && lane->taps == 1 &&
           lane->parts == NULL && lane->slots >= LEAST_SLOTS && lane->mixing->groups == 1 && srd__can_turn(bound);
}

/* Where the sum of the sources is made: by channel, in one precision or the other. */
typedef struct sources {
    const srd_explainer *ex;
    float *sums;
    double *exact; /* or NULL */
} sources;

static void add_source(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const sources *const to = (const sources *)context;
    const float *const x = srd__value(to->ex, layer) + (size_t)position * (size_t)to->ex->plan.shapes[layer].c + run->channel;

    for (int32_t c = 0; c < run->count; ++c) {
        const float product = run->weight * x[c];

        if (to->exact != NULL) to->exact[run->top + c * run->step] += (double)product;
        else to->sums[run->top + c * run->step] += product;
    }
}

/* The sum of all sources, each with its weight, into scratch->direction. */
static void add_sources(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t r)
{
    const srd__lane *const lane = bound->lanes;
    sources to = { ex, scratch->direction, lane->slots > PLAIN_SLOTS ? scratch->sources : NULL };
    const size_t channels = (size_t)lane->grid.c;

    if (to.exact != NULL) memset(to.exact, 0, channels * sizeof *to.exact);
    memset(to.sums, 0, channels * sizeof *to.sums);
    srd__lane_runs(ex, bound, lane, r, 0, lane->grid.c, add_source, &to);
    for (size_t c = 0; to.exact != NULL && c < channels; ++c) to.sums[c] = (float)to.exact[c];
}

static void y_of_blocks(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t,
                        int32_t first, int32_t count)
{
    const srd__lane *const lane = bound->lanes;
    const float *const scale = srd__scale_of(ex, bound, lane), *x = scratch->direction;
    const int32_t r = srd__lane_position(bound, lane, 0, 0), blocks = (count - 1) / SRD__PANEL + 1;
    srd__panel panels[SRD__MOST_BLOCKS];

    (void)t;
    if (scratch->ready != 0 && r >= 0) add_sources(ex, bound, scratch, r); /* once for all blocks */
    scratch->ready = 0;
    if (r < 0) {
        memset(scratch->y, 0, (size_t)blocks * SRD__PANEL * sizeof(float));
        return;
    }
    for (int32_t b = 0; b < blocks; ++b) {
        panels[b] = srd__block_panel(lane, scratch, first + b * SRD__PANEL, 0, 0, lane->grid.c);
    }
    ex->plan.kernels->mix(&x, 1, lane->grid.c, panels, blocks, scratch->y, SRD__PANEL, false);
    for (int32_t b = 0; b < blocks; ++b) {
        const int32_t done = b * SRD__PANEL;

        ex->plan.kernels->rescale(scratch->y + done, 1, scale != NULL ? scale + first + done : NULL,
                                  srd__min(count - done, SRD__PANEL));
    }
}

/* mu_k = (<x_k, W^T y> + <b, y> / paths) / <y, y> */
static void late_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const float *y,
                        const srd__ratios *ratios)
{
    bool special = false;
    double square = 0.0;
    float magnitude = 0.0f;
    int32_t paths;

    for (int32_t c = 0; c < bound->shape.c; ++c) square += (double)y[c] * (double)y[c];
    paths = srd__position_shares(ex, bound, s, 0, y, s->share, &special);
    for (int32_t k = 0; k < bound->paths && srd__is_safe((float)square); ++k) {
        s->share[k] = (float)((double)s->share[k] / square);
        magnitude += fabsf(s->share[k]);
    }
    if (paths == 0 || !srd__is_safe((float)square) || !srd__finite(magnitude)) {
        srd__careful_ratios(ex, bound, s, 0, ratios);
    } else {
        srd__store_ratios(bound, s, 0, paths, s->valid, 1, s->share, ratios);
    }
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex;
    n->all_rows = true;
    if (bound->lanes->slots > PLAIN_SLOTS) n->sources = (size_t)bound->lanes->grid.c;
}

const srd__fast srd__fast_pooled_linear = { .name = SRD__CASE_NAME("linear above a global pool"),
                                            .takes = SRD__TAKES_SEGMENT,
                                            .ahead = 1,
                                            .fits = fits,
                                            .needs = needs,
                                            .y = y_of_blocks,
                                            .late_ratios = late_ratios };
#endif
