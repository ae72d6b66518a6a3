/*
 * concat_norm.c -- a segment that only scales and shifts what lies below it, which is the batch norm above a concat of DenseNet: its
 * channels fall into slices, each of one source, of the few of a mean, or of the winners of a maximum,
 *
 *     u_k = s x_k on the channels of path k and 0 elsewhere,      y = b + sum over k of u_k.
 *
 * So one pass over the channels makes y and all sums, as for a depthwise convolution whose taps are the sources of a slice.
 */
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "fast/branch_scale.h"
#include "paths/bound_branch.h"
#include "paths/channel_spans.h"

#if SRD_WITH_WHOLE_SUMS
/* A mean of few positions of a site? Its runs are the whole slice, all of one weight. */
static bool is_mean(const srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    return layer->kind->averages && ex->plan.graph->layers[layer->inputs[0]]->site && ex->plan.slots[id] <= SRD__SUMS_TAPS;
}

static bool is_slice(const srd_explainer *ex, const srd__stretch *stretch)
{
    const srd__window *const w = stretch->pool >= 0 ? &ex->plan.graph->layers[stretch->pool]->window : NULL;

    if (stretch->walked >= 0) return is_mean(ex, stretch->walked);
    return w == NULL || (stretch->below == 1 && w->kernel_h * w->kernel_w <= SRD__SUMS_TAPS);
}

static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    int32_t channels = 0;

    if (bound->segment->branch_count != 1 || lane->mixing != NULL || lane->branch->constant || bound->sources < 2 ||
        bound->segment->bias_count > 1 || lane->bias_path >= 0 || !srd__is_one_to_one(bound, lane)) {
        return false;
    }
    for (int32_t i = 0; lane->parts != NULL && i < lane->part_count; ++i) {
        if (lane->parts[i].step != 1) return false;
        channels += lane->parts[i].count;
    }
    for (int32_t i = 0; lane->parts == NULL && i < lane->stretch_count; ++i) {
        if (!is_slice(ex, &lane->stretches[i])) return false;
        channels += lane->stretches[i].count;
    }
    return channels == bound->shape.c; /* channels of zeros belong to no slice */
}

/* One tile, of which slice after slice is done. */
typedef struct slicing {
    const srd_explainer *ex;
    const srd__bound *bound;
    srd__scratch *scratch;
    const srd__tile *tile;
    float *value; /* of the tile's first position */
    const float *w;
    bool norms, given, fine;
    const srd__finish *finish;
    /* of a mean, while its runs are found: */
    int32_t pixel, slot;
    float weight;
} slicing;

/* Where channel `channel` of pixel i and path `path` go. */
static srd__sums_to sums_to(const slicing *s, int32_t channel, int32_t path, int32_t i)
{
    const size_t pixels = (size_t)s->tile->pixels, stride = (size_t)s->bound->shape.c;
    const size_t at = (size_t)path * pixels + (size_t)i;
    const float *const bias = srd__bias_total(s->ex, s->bound);
    const srd__sums_to to = { .bias = bias != NULL ? bias + channel : NULL,
                              .to = s->value + (size_t)i * stride + channel,
                              .stride = stride,
                              .step = pixels,
                              .uu = s->norms ? s->tile->uu + at : NULL,
                              .uy = s->tile->uy + at,
                              .yy = s->tile->yy + i,
                              .by = bias != NULL ? s->tile->by + i : NULL,
                              .given = s->given,
                              .finish = s->finish };

    return to;
}

/* Pixels [first, end), whose taps see scratch->x. */
static void add_pixels(slicing *s, int32_t channel, int32_t count, int32_t path, int32_t taps, const float *w, int32_t first,
                       int32_t end)
{
    const srd__depthwise d = { s->scratch->x + first, w, NULL, 0, 0, taps, count };
    const srd__sums_to to = sums_to(s, channel, path, first);

    if (!s->ex->plan.kernels->sums(&d, end - first, &to)) s->fine = false;
}

static void add_site(slicing *s, int32_t site, int32_t source, int32_t channel, int32_t count, int32_t slot, int32_t base)
{
    const srd__lane *const lane = s->bound->lanes;
    const float *const x = srd__value(s->ex, site) + source;
    const size_t stride = (size_t)s->ex->plan.shapes[site].c;

    for (int32_t i = 0; i < s->tile->pixels; ++i) {
        const int32_t p = s->tile->p + i;
        const int32_t at = lane->parts != NULL ? p : lane->table[(size_t)p * (size_t)lane->slots + (size_t)slot] - base;

        s->scratch->x[i] = x + (size_t)at * stride;
    }
    add_pixels(s, channel, count, lane->first_path + slot, 1, s->w + channel, 0, s->tile->pixels);
}

static void on_mean(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    slicing *const s = (slicing *)context;
    const size_t at = (size_t)position * (size_t)s->ex->plan.shapes[layer].c + (size_t)run->channel;

    s->scratch->x[((int32_t)run->slot - s->slot) * SRD__TILE_PIXELS + s->pixel] = srd__value(s->ex, layer) + at;
    s->weight = run->weight;
}

/* Neighbours of one weight go together; at borders a mean may be of fewer. */
static void add_mean(slicing *s, const srd__stretch *stretch)
{
    const int32_t taps = s->ex->plan.slots[stretch->walked], path = s->bound->lanes->first_path + stretch->slot;
    float *const w = s->scratch->direction, weight = 0.0f;
    int32_t first = 0;
    srd__run run;

    (void)srd__stretch_run(stretch, 0, s->bound->shape.c, &run);
    s->slot = stretch->slot;
    for (s->pixel = 0; s->pixel < s->tile->pixels; ++s->pixel) {
        for (int32_t t = 0; t < taps; ++t) s->scratch->x[t * SRD__TILE_PIXELS + s->pixel] = s->scratch->zeros;
        srd__lane_layer_runs(s->ex, s->bound, s->bound->lanes, stretch->walked, s->tile->p + s->pixel, &run, on_mean, s);
        if (s->weight == weight) continue;
        add_pixels(s, stretch->channel, stretch->count, path, taps, w, first, s->pixel);
        first = s->pixel;
        weight = s->weight;
        for (int32_t c = 0; c < stretch->count; ++c) w[c] = weight * s->w[stretch->channel + c];
    }
    add_pixels(s, stretch->channel, stretch->count, path, taps, w, first, s->tile->pixels);
}

static void add_pooled(slicing *s, const srd__stretch *stretch)
{
    const srd__layer *const pool = s->ex->plan.graph->layers[stretch->pool];
    const size_t stride = (size_t)s->ex->plan.shapes[pool->id].c;
    const float *const x = srd__value(s->ex, pool->id) + stretch->winner;
    const int32_t path = s->bound->lanes->first_path + stretch->slot;

    for (int32_t i = 0; i < s->tile->pixels; ++i) {
        const int32_t p = s->tile->p + i;
        const srd__pooled pooled = { x + (size_t)p * stride, srd__stretch_winners(s->ex, stretch, p), s->w + stretch->channel,
                                     pool->window.kernel_h * pool->window.kernel_w, stretch->count };
        const srd__sums_to to = sums_to(s, stretch->channel, path, i);

        if (!s->ex->plan.kernels->pooled(&pooled, &to)) s->fine = false;
    }
}

static bool tile(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t, float *value,
                 bool norms, bool given, const srd__finish *finish)
{
    const srd__lane *const lane = bound->lanes;
    slicing s = {
        .ex = ex, .bound = bound, .scratch = scratch, .tile = t, .norms = norms, .given = given, .fine = true, .finish = finish
    };

    s.value = value + (size_t)t->p * (size_t)bound->shape.c;
    s.w = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);
    for (int32_t i = 0; lane->parts != NULL && i < lane->part_count; ++i) {
        const srd__part *const part = &lane->parts[i];

        add_site(&s, part->layer, part->source, part->channel, part->count, part->slot, 0);
    }
    for (int32_t i = 0; lane->parts == NULL && i < lane->stretch_count; ++i) {
        const srd__stretch *const stretch = &lane->stretches[i];

        if (stretch->walked >= 0) add_mean(&s, stretch);
        else if (stretch->pool >= 0) add_pooled(&s, stretch);
        else add_site(&s, stretch->site, stretch->source, stretch->channel, stretch->count, stretch->slot, stretch->base);
    }
    return s.fine;
}

static void begin(srd_explainer *ex, const srd__bound *bound)
{
    srd__fill_branch_scale(ex, bound, bound->lanes);
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex;
    n->x = SRD__SUMS_TAPS;
    n->u = (size_t)bound->blocks * (size_t)srd__max(bound->chunk, bound->pixels);
}

const srd__fast srd__fast_concat_norm = { .name = SRD__CASE_NAME("norm above a concat"),
                                          .takes = SRD__TAKES_SEGMENT,
                                          .store = SRD__STORE_CASE,
                                          .one_tile = 1,
                                          .full_tiles = 1,
                                          .whole = 1,
                                          .ahead = 1,
                                          .reads_pools = 1,
                                          .fits = fits,
                                          .store_bytes = srd__branch_scale_bytes,
                                          .needs = needs,
                                          .begin = begin,
                                          .tile = tile };
#endif
