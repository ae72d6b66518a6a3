/*
 * depthwise.c -- a segment that is one depthwise convolution of one output per input: y of a tile and block of channels is one call
 * of a kernel, all taps together, and where all sums can be taken on the way (SRD_WITH_WHOLE_SUMS) one call makes y and the sums
 * of a whole tile. Where the taps look lies ready for all blocks of a tile.
 */
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "fast/whole_tile.h"
#include "paths/bound_branch.h"

#if SRD_WITH_GROUPS
/* scratch->x: what all taps see, [tap][pixel]; zeros outside. */
static void load_depthwise(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels)
{
    const srd__lane *const lane = bound->lanes;
    const size_t stride = (size_t)ex->plan.shapes[lane->parts->layer].c;
    const float *const value = srd__value(ex, lane->parts->layer) + lane->parts->source;
    const float **x = scratch->x;

    for (int32_t tap = 0; tap < lane->taps; ++tap, x += SRD__TILE_PIXELS) {
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t i = 0; i < pixels; ++i) x[i] = at[i] < 0 ? scratch->zeros : value + (size_t)at[i] * stride;
    }
}

static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    (void)ex;
    return bound->segment->branch_count == 1 && lane->mixing != NULL && lane->part_count == 1 && lane->slots == 1 &&
           srd__weights_depthwise(&lane->mixing->weight) && lane->mixing->channels == lane->mixing->groups &&
           lane->parts->channel == 0 && lane->parts->step == 1 && lane->parts->count == lane->grid.c && lane->pad_count == 0 &&
           lane->taps <= SRD__WHOLE_TAPS;
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex;
    n->x = (size_t)bound->lanes->taps;
    if (bound->lanes->mixing->weight.packed == NULL) n->panel = (size_t)bound->lanes->taps;
    n->all_rows = true;
}

static void y_of_blocks(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t,
                        int32_t first, int32_t count)
{
    const srd__lane *const lane = bound->lanes;
    const srd__layer *const mixing = lane->mixing;
    const float *const scale = srd__scale_of(ex, bound, lane), *const w = srd__weights_row(&mixing->weight, 0);
    srd__depthwise d = { scratch->x, scratch->panel, scale != NULL ? scale + first : NULL, (size_t)first, SRD__PANEL,
                         lane->taps, count };

    if (w != NULL) {
        d.w = w + first;
        d.row = (size_t)mixing->channels;
    }
    for (int32_t tap = 0; w == NULL && tap < lane->taps; ++tap) {
        for (int32_t j = 0; j < count; ++j)
            scratch->panel[tap * SRD__PANEL + j] = srd__weights_single(&mixing->weight, first + j, tap);
    }
    if (!srd__is_ready(scratch, t->p, 0)) load_depthwise(ex, bound, scratch, t->p, t->pixels);
    ex->plan.kernels->depthwise(&d, t->pixels, scratch->y, srd__whole_u(bound, scratch));
}

const srd__fast srd__fast_depthwise = { .name = SRD__CASE_NAME("depthwise convolution"),
                                        .takes = SRD__TAKES_SEGMENT,
                                        .forward = 1,
                                        .again = 1,
                                        .one_block = 1,
                                        .one_tile = 1,
                                        .whole = 1,
                                        .fits = fits,
                                        .needs = needs,
                                        .y = y_of_blocks };

#if SRD_WITH_WHOLE_SUMS
static bool fits_sums(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    return fits(ex, bound, lane) && bound->sources > 1 && lane->taps <= SRD__SUMS_TAPS && bound->segment->bias_count <= 1;
}

static size_t store_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex;
    return (size_t)bound->lanes->taps * (size_t)bound->shape.c * sizeof(float);
}

/* [tap][channel]: the weights, with the branch's scale. */
static void begin(srd_explainer *ex, const srd__bound *bound)
{
    const srd__layer *const mixing = bound->lanes->mixing;
    const float *const scale = srd__scale_of(ex, bound, bound->lanes);
    float *w = (float *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);

    for (int32_t t = 0; t < bound->lanes->taps; ++t) {
        const float *const row = srd__weights_row(&mixing->weight, t);

        for (int32_t c = 0; c < bound->shape.c; ++c) {
            *w++ = (row != NULL ? row[c] : srd__weights_single(&mixing->weight, c, t)) * (scale != NULL ? scale[c] : 1.0f);
        }
    }
}

static bool tile(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, float *value,
                 bool norms, bool given, const srd__finish *finish)
{
    const float *const w = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);
    const size_t channels = (size_t)bound->shape.c;
    const srd__depthwise d = { s->x, w, NULL, 0, channels, bound->lanes->taps, bound->shape.c };
    const srd__sums_to to = { .bias = srd__bias_total(ex, bound),
                              .to = value + (size_t)t->p * channels,
                              .stride = channels,
                              .step = (size_t)t->pixels,
                              .uu = norms ? t->uu : NULL,
                              .uy = t->uy,
                              .yy = t->yy,
                              .by = t->by,
                              .given = given,
                              .finish = finish };

    if (!srd__is_ready(s, t->p, 0)) load_depthwise(ex, bound, s, t->p, t->pixels);
    return ex->plan.kernels->sums(&d, t->pixels, &to);
}

const srd__fast srd__fast_depthwise_sums = { .name = SRD__CASE_NAME("depthwise convolution, sums on the way"),
                                             .takes = SRD__TAKES_SEGMENT,
                                             .store = SRD__STORE_CASE,
                                             .one_block = 1,
                                             .one_tile = 1,
                                             .whole = 1,
                                             .ahead = 1,
                                             .fits = fits_sums,
                                             .store_bytes = store_bytes,
                                             .needs = needs,
                                             .begin = begin,
                                             .y = y_of_blocks,
                                             .tile = tile };
#endif
#endif
