/*
 * identity.c -- the shortcut of a residual block: a branch without a mixing layer whose channels come from the position itself, or all
 * through one maximum over a window. Its contributions s x are there already, so they are not written down once more beside those
 * of the other paths: they are added to y, and their sums are taken when y is complete, in one pass over the channels.
 */
#include "fast/residual.h"

#include "explain/frozen_vectors.h"
#include "explain/store.h"
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
        const srd__window *const w = &ex->graph->layers[pooled->pool]->window;

        return pooled->below == 1 && pooled->slot == 0 && w->kernel_h * w->kernel_w <= lane->slots && pooled->channel == 0 &&
               pooled->count == bound->shape.c;
    }
    return lane->parts != NULL && lane->part_count == 1 && lane->slots == 1 && lane->parts->channel == 0 &&
           lane->parts->step == 1 && lane->parts->count == bound->shape.c;
}

const srd__lane *srd__find_identity(const srd_explainer *ex, const srd__bound *bound)
{
    const srd__lane *const first = bound->lanes, *const last = bound->lanes + bound->segment->branch_count - 1;

    if (bound->forward || bound->sources < 2 || first == last) return NULL;
    if (is_identity(ex, bound, last) && last->first_path == bound->paths - last->span) return last;
    return is_identity(ex, bound, first) && first->first_path == 0 ? first : NULL;
}

/* The layer whose values the contributions are. */
static int32_t layer_of(const srd__lane *lane)
{
    return lane->parts != NULL ? lane->parts->layer : lane->stretches->pool;
}

/* What position p adds: of the part, or what the maximum chose. */
static const float *row_at(const srd_explainer *ex, const srd__bound *bound, int32_t p)
{
    const srd__lane *const lane = bound->identity;
    const int32_t layer = layer_of(lane);
    const int32_t channel = lane->parts != NULL ? lane->parts->source : lane->stretches->winner;

    return srd__value(ex, layer) + (size_t)p * (size_t)ex->shapes[layer].c + channel;
}

void srd__add_identity(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t, int32_t first, int32_t count,
                       float *y)
{
    const float *const scale = srd__scale_of(ex, bound, bound->identity);

    for (int32_t done = 0; done < count; done += SRD__PANEL) {
        const int32_t n = srd__min(SRD__PANEL, count - done);

        for (int32_t i = 0; i < t->pixels; ++i, y += SRD__PANEL) {
            const float *const x = row_at(ex, bound, t->p + i) + first + done;

            if (scale != NULL) ex->kernels->scale(x, scale + first + done, n, y);
            else ex->kernels->sum(x, n, y);
        }
    }
}

void srd__identity_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t begin,
                        float *value, bool norms)
{
    const bool over = bound->saves && srd__value(ex, layer_of(bound->identity)) == value; /* y was written over it */
    const float *const w = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_PICKS);
    const size_t channels = (size_t)bound->shape.c, path = (size_t)bound->identity->first_path * (size_t)t->pixels;
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
        s->x[i] = over ? s->saved + (size_t)(t->p + i - begin) * channels : row_at(ex, bound, t->p + i);
    }
    if (bound->identity->parts != NULL) {
        (void)ex->kernels->sums(&d, t->pixels, &to);
        return;
    }
    for (int32_t i = 0; i < t->pixels; ++i, ++to.uy, ++to.yy, to.to += channels) {
        const uint8_t *const winner = srd__stretch_winners(ex, bound->identity->stretches, t->p + i);
        const srd__pooled p = { s->x[i], winner, w, bound->identity->slots, bound->shape.c };

        to.uu = norms ? t->uu + path + i : NULL;
        (void)ex->kernels->pooled(&p, &to);
    }
}
#endif
