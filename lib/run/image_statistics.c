/*
 * image_statistics.c -- statistics of an image, and the numbers of segments that depend on them.
 *
 * The mean and the sum of squared deviations are taken per channel, in double and in the order of the positions, by one worker
 * each; on the calling thread the kind of the layer then makes scales and shifts of them, group by group.
 */
#include "run/image_statistics.h"

#include "explain/image_vectors.h"
#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/bound_branch.h"

#if SRD__STATISTICS
/* ---- statistics -------------------------------------------------------------------------------------------------------- */

typedef struct job {
    srd_explainer *ex;
    srd__frozen f;
    int32_t input, channels, positions;
} job;

/* One block of channels: the sums over the positions of what a part of the input holds of them. */
typedef struct block {
    const job *j;
    int32_t first, end;
    bool squares; /* false: sums, from which mean is taken; true: of squared deviations from mean */
    double mean[SRD__PANEL], sum[SRD__PANEL];
} block;

static void add_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    block *const b = (block *)walk->context;
    const srd__part part = { .channel = run->top, .count = run->count, .step = run->step };
    int32_t from;
    const int32_t to = srd__part_range(&part, b->first, b->end, &from);
    const size_t stride = (size_t)b->j->ex->plan.shapes[layer].c;
    const float *x = srd__value(b->j->ex, layer) + run->channel;

    (void)position;
    for (int32_t p = 0; from < to && p < b->j->positions; ++p, x += stride) {
        for (int32_t k = from; k < to; ++k) {
            const int32_t c = run->top + k * run->step - b->first;
            const double d = (double)x[k] - b->mean[c];

            b->sum[c] += b->squares ? d * d : d;
        }
    }
}

/* All parts of the input. Channels of zeros (zero_channels) belong to no part and leave sums of 0. */
static void add_parts(block *b)
{
    const srd__run all = { .count = b->j->channels, .step = 1, .weight = 1.0f };
    srd__walk walk = srd__walk_begin(b->j->ex, b);

    memset(b->sum, 0, sizeof b->sum);
    walk.stop_at_values = 1;
    walk.on_run = add_part;
    if (srd__has_under_value(b->j->ex, b->j->input)) add_part(&walk, &all, b->j->input, 0);
    else srd__walk_runs(&walk, b->j->input, 0, &all);
}

static void channel_moments(void *context, int32_t index, int32_t worker)
{
    const job *const j = (const job *)context;
    block b = { j, index * SRD__PANEL, srd__min((index + 1) * SRD__PANEL, j->channels), false, { 0.0 }, { 0.0 } };

    (void)worker;
    add_parts(&b);
    for (int32_t c = b.first; c < b.end; ++c) b.mean[c - b.first] = b.sum[c - b.first] / (double)j->positions;
    b.squares = true;
    add_parts(&b);
    for (int32_t c = b.first; c < b.end; ++c) {
        j->f.mean[c] = b.mean[c - b.first];
        j->f.squares[c] = b.sum[c - b.first];
    }
}

srd_status srd__freeze_run(srd_explainer *ex, int32_t layer)
{
    const srd__layer *const l = ex->plan.graph->layers[layer];
    const srd__shape *const s = &ex->plan.shapes[layer];
    job j = { ex, srd__frozen_at(ex, layer), l->inputs[0], s->c, s->h * s->w };
    const srd__moments moments = { j.f.mean, j.f.squares, j.positions };
    const int32_t groups = l->kind->statistics(l, s->c), count = s->c / groups;

    srd__parallel(ex, channel_moments, &j, (s->c + SRD__PANEL - 1) / SRD__PANEL);
    for (int32_t g = 0; g < groups; ++g) l->kind->normalise(l, &moments, g * count, count, j.f.scale, j.f.shift);
    for (int32_t c = 0; c < s->c; ++c) {
        if (srd__finite(j.f.scale[c]) && srd__finite(j.f.shift[c])) continue;
        return srd__fail(ex->failure, SRD_ERR_NUMBER, layer, l->name,
                         "its statistics and eps are 0, or too small or large, in the group of channel %d (image %d)", c,
                         ex->run.number);
    }
    return SRD_OK;
}

/* ---- the vectors of a frozen segment -------------------------------------------------------------------------------------- */

/* Factors come after those that they are multiplied to. */
static void fold_factors(const srd_explainer *ex, const srd__bound *bound)
{
    for (int32_t i = 0; i < bound->segment->factor_count; ++i) {
        const srd__factor *const factor = &bound->segment->factors[i];
        const float *const above = srd__frozen_scale(ex, bound, factor->above);
        const float *const scale = srd__is_frozen(ex, factor->layer) ? srd__frozen_at(ex, factor->layer).scale
                                                                     : ex->plan.graph->layers[factor->layer]->scale;
        float *const to = srd__frozen_vector(ex, bound, i);

        for (int32_t c = 0; c < bound->shape.c; ++c) to[c] = above != NULL ? above[c] * scale[c] : scale[c];
    }
}

void srd__frozen_fold(const srd_explainer *ex, const srd__bound *bound)
{
    const srd__segment *const segment = bound->segment;
    const size_t channels = (size_t)bound->shape.c;
    float *const first = srd__frozen_vector(ex, bound, segment->factor_count), *const total =
                                                                                   first +
                                                                                   (size_t)segment->bias_count * channels;

    fold_factors(ex, bound);
    memset(first, 0, ((size_t)segment->bias_count + 1) * channels * sizeof(float));
    for (int32_t i = 0; i < segment->term_count; ++i) {
        const srd__term *const term = &segment->terms[i];
        const float *const scale = srd__frozen_scale(ex, bound, term->factor);
        const float *const bias = srd__is_frozen(ex, term->layer) ? srd__frozen_at(ex, term->layer).shift
                                                                  : srd__layer_bias(ex->plan.graph->layers[term->layer]);
        float *const group = first + (size_t)term->group * channels;

        for (size_t c = 0; c < channels; ++c) group[c] += scale != NULL ? bias[c] * scale[c] : bias[c];
    }
    for (int32_t g = 0; g < segment->bias_count; ++g) {
        for (size_t c = 0; c < channels; ++c) total[c] += first[(size_t)g * channels + c];
    }
}
#endif
