/*
 * identity.c -- the shortcut of a residual block: a branch without a mixing layer whose every channel comes from the position itself.
 * Its contribution s x is there already, so it is not written down once more beside those of the other paths: it is added to y,
 * and its sums are taken when y is complete, in one pass over the channels.
 */
#include "explain/ratio.h"

static bool is_identity(const srd__bound *bound, const srd__lane *lane)
{
    return lane->mixing == NULL && !lane->branch->constant && lane->part_count == 1 && lane->parts != NULL &&
           lane->parts->channel == 0 && lane->parts->step == 1 && lane->parts->count == bound->shape.c && lane->slots == 1 &&
           lane->span == 1 && lane->paths == 1 && lane->last_twin && srd__is_one_to_one(bound, lane);
}

/* The lane must be the first or the last, so that the other paths lie together. */
const srd__lane *srd__find_identity(const srd__bound *bound)
{
    const srd__lane *const first = bound->lanes, *const last = bound->lanes + bound->segment->branch_count - 1;

    if (bound->forward || bound->sources < 2 || first == last) return NULL;
    if (is_identity(bound, last) && last->first_path == bound->paths - 1) return last;
    return is_identity(bound, first) && first->first_path == 0 ? first : NULL;
}

/* The scale, [channels]. */
size_t srd__identity_bytes(const srd__bound *bound)
{
    return (size_t)bound->shape.c * sizeof(float);
}

void srd__identity_begin(const srd_explainer *ex, const srd__bound *bound)
{
    const float *const scale = srd__scale_of(ex, bound, bound->identity);
    float *const w = (float *)srd__at(ex, bound->segment->layer, SRD__STORE_PICKS);

    for (int32_t c = 0; c < bound->shape.c; ++c) w[c] = scale != NULL ? scale[c] : 1.0f;
}

static const float *row_at(const srd_explainer *ex, const srd__bound *bound, int32_t p)
{
    const srd__part *const part = bound->identity->parts;

    return srd__value(ex, part->layer) + (size_t)p * (size_t)ex->shapes[part->layer].c + part->source;
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

void srd__identity_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, float *value,
                        bool norms)
{
    const float *const w = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_PICKS);
    const size_t channels = (size_t)bound->shape.c, path = (size_t)bound->identity->first_path * (size_t)t->pixels;
    const srd__depthwise d = { s->x, w, NULL, 0, 0, 1, bound->shape.c };
    float again[SRD__TILE_PIXELS] = { 0.0f }; /* <y, y>, which is there already */
    const srd__sums_to to = { .to = value + (size_t)t->p * channels,
                              .stride = channels,
                              .uu = norms ? t->uu + path : NULL,
                              .uy = t->uy + path,
                              .yy = again,
                              .given = true };

    for (int32_t i = 0; i < t->pixels; ++i) s->x[i] = row_at(ex, bound, t->p + i);
    (void)ex->kernels->sums(&d, t->pixels, &to);
}
