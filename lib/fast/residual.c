/*
 * residual.c -- the shortcut of a residual block: a branch without a mixing layer whose channels come from the position itself, or all
 * through one maximum over a window. Its contributions s x are there already, so they are not written down once more beside those
 * of the other paths: they are added to y, and their sums are taken when y is complete, in one pass over the channels.
 */
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "fast/branch_scale.h"
#include "paths/bound_branch.h"

#if SRD_WITH_WHOLE_SUMS
static bool is_identity(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const srd__stretch *const pooled = lane->parts == NULL && lane->stretch_count == 1 ? lane->stretches : NULL;

    if (lane->mixing != NULL || lane->branch->constant || lane->bias_path >= 0 || !lane->last_twin ||
        lane->span != lane->slots || lane->paths != lane->slots || !srd__is_one_to_one(bound, lane)) {
        return false;
    }
    if (pooled != NULL && pooled->pool >= 0) {
        const srd__window *const w = &ex->plan.graph->layers[pooled->pool]->window;

        return pooled->below == 1 && pooled->slot == 0 && w->kernel_h * w->kernel_w <= lane->slots && pooled->channel == 0 &&
               pooled->count == bound->shape.c;
    }
    return lane->parts != NULL && lane->part_count == 1 && lane->slots == 1 && lane->parts->channel == 0 &&
           lane->parts->step == 1 && lane->parts->count == bound->shape.c;
}

/* Its paths are the last of the segment, or the first. */
static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const bool last = lane->first_path == bound->paths - lane->span, first = lane->first_path == 0;
    const int32_t number = (int32_t)(lane - bound->lanes);

    if (bound->sources < 2 || bound->segment->branch_count < 2) return false;
    if (bound->fast_branch != NULL && bound->fast_branch->store == SRD__STORE_CASE)
        return false; /* they would share the store */
    return ((number == bound->segment->branch_count - 1 && last) || (number == 0 && first)) && is_identity(ex, bound, lane);
}

/* The layer whose values the contributions are. */
static int32_t layer_of(const srd__lane *lane)
{
    return lane->parts != NULL ? lane->parts->layer : lane->stretches->pool;
}

/* What position p adds: of the part, or what the maximum chose. */
static const float *row_at(const srd_explainer *ex, const srd__bound *bound, int32_t p)
{
    const srd__lane *const lane = bound->shortcut;
    const int32_t layer = layer_of(lane);
    const int32_t channel = lane->parts != NULL ? lane->parts->source : lane->stretches->winner;

    return srd__value(ex, layer) + (size_t)p * (size_t)ex->plan.shapes[layer].c + channel;
}

static void add(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t, int32_t first, int32_t count, float *y)
{
    const float *const scale = srd__scale_of(ex, bound, bound->shortcut);

    for (int32_t done = 0; done < count; done += SRD__PANEL) {
        const int32_t n = srd__min(SRD__PANEL, count - done);

        for (int32_t i = 0; i < t->pixels; ++i, y += SRD__PANEL) {
            const float *const x = row_at(ex, bound, t->p + i) + first + done;

            if (scale != NULL) ex->plan.kernels->scale(x, scale + first + done, n, y);
            else ex->plan.kernels->sum(x, n, y);
        }
    }
}

static void late_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t unit_begin,
                      float *value, bool norms)
{
    const bool over = bound->saves && srd__value(ex, layer_of(bound->shortcut)) == value; /* y was written over it */
    const float *const w = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);
    const size_t channels = (size_t)bound->shape.c, path = (size_t)bound->shortcut->first_path * (size_t)t->pixels;
    const srd__depthwise d = { s->x, w, NULL, 0, 0, 1, bound->shape.c };
    float again[SRD__TILE_PIXELS] = { 0.0f }; /* <y, y>, which is there already */
    srd__sums_to to = { .to = value + (size_t)t->p * channels,
                        .stride = channels,
                        .step = (size_t)t->pixels,
                        .uu = norms ? t->uu + path : NULL,
                        .uy = t->uy + path,
                        .yy = again,
                        .given = true };

    for (int32_t i = 0; i < t->pixels; ++i) {
        s->x[i] = over ? s->saved + (size_t)(t->p + i - unit_begin) * channels : row_at(ex, bound, t->p + i);
    }
    if (bound->shortcut->parts != NULL) {
        (void)ex->plan.kernels->sums(&d, t->pixels, &to);
        return;
    }
    for (int32_t i = 0; i < t->pixels; ++i, ++to.uy, ++to.yy, to.to += channels) {
        const uint8_t *const winner = srd__stretch_winners(ex, bound->shortcut->stretches, t->p + i);
        const srd__pooled p = { s->x[i], winner, w, bound->shortcut->slots, bound->shape.c };

        to.uu = norms ? t->uu + path + i : NULL;
        (void)ex->plan.kernels->pooled(&p, &to);
    }
}

static void begin(srd_explainer *ex, const srd__bound *bound)
{
    srd__fill_branch_scale(ex, bound, bound->shortcut);
}

const srd__fast srd__fast_residual = { .name = SRD__CASE_NAME("residual shortcut"),
                                       .takes = SRD__TAKES_SHORTCUT,
                                       .store = SRD__STORE_CASE,
                                       .reads_pools = 1,
                                       .fits = fits,
                                       .store_bytes = srd__branch_scale_bytes,
                                       .begin = begin,
                                       .add = add,
                                       .late_sums = late_sums };
#endif
