/*
 * segment_blocks.c -- some blocks of output channels of one tile: contributions, their sum y, which becomes the value, and the sums
 * for ratios while all that is in the nearest caches.
 */
#include "run/segment_blocks.h"

#include "explain/fast_case.h"
#include "explain/host_values.h"
#include "explain/image_vectors.h"
#include "paths/channel_spans.h"
#include "run/segment_job.h"
#include "tiles/contributions.h"

/* Bias, finiteness, and the block's channels of the value (still y). */
SRD__APART static void store_block(const srd__job *j, srd__scratch *s, const srd__tile *t, float *y, int32_t first,
                                   int32_t count)
{
    const size_t stride = srd__job_is_again(j) ? SRD__PANEL : (size_t)j->bound->shape.c;
    float *const to = srd__job_is_again(j) ? y : j->value + (size_t)t->p * stride + first;
    const float *const total = srd__bias_total(j->ex, j->bound), *bias = total != NULL ? total + first : NULL;

    for (int32_t i = 0; SRD_WITH_GIVEN && j->given && i < t->pixels; ++i) {
        float *const of_pixel = y + (size_t)i * SRD__PANEL;

        if (bias != NULL) j->ex->plan.kernels->sum(bias, count, of_pixel);
        srd__give(j->ex, j->bound->segment->layer, SRD_GIVEN_PRE_ACTIVATION, t->p + i, first, count, of_pixel,
                  j->value_given ? NULL : &s->given_error);
    }
    if (j->given) bias = NULL;
    if (!j->ex->plan.kernels->store(y, t->pixels, bias, count, to, stride, srd__job_finishes(j) ? &j->finish : NULL))
        s->broken = 1;
}

/* <y, y> and <b, y> of one block; behind its channels y is 0. */
SRD__APART static void reduce_block(const srd__job *j, const srd__tile *t, const float *y, int32_t first, int32_t count)
{
    const srd__panel rows = { y, SRD__PANEL };

    j->ex->plan.kernels->dots(y, y, 1, t->pixels, 1, 0, 0, NULL, t->yy);
    for (int32_t g = 0; g < j->bound->segment->bias_count; ++g) {
        float b[SRD__PANEL] = { 0.0f };

        memcpy(b, srd__bias_of(j->ex, j->bound, g) + first, (size_t)count * sizeof *b);
        j->ex->plan.kernels->turn(&rows, t->pixels, b, t->by + (size_t)g * (size_t)t->pixels);
    }
}

/* Paths of some blocks whose contributions are written down. */
static void written_paths(const srd__job *j, int32_t first, int32_t count, int32_t *begin, int32_t *end)
{
    srd__active_paths(j->ex, j->bound, first, count, begin, end);
    if (srd__shortcut_case(j->bound) == NULL) return;
    if (j->bound->shortcut->first_path == 0) *begin = srd__max(*begin, j->bound->shortcut->span);
    else *end = srd__min(*end, j->bound->shortcut->first_path);
}

/* y of some blocks without the bias: the sums of all contributions. The contributions of the last chunk stay in the scratch. If
 * there is a single path and no ratios are wanted, its contribution is y, and is returned as it lies in the scratch. */
static float *sum_paths(const srd__job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;
    const srd__fast *const fast = srd__segment_case(bound), *const shortcut = srd__shortcut_case(bound);
    const int32_t numbers = t->pixels * SRD__PANEL, blocks = (count + SRD__PANEL - 1) / SRD__PANEL;
    int32_t begin, end;

    if (fast != NULL && fast->y != NULL) {
        fast->y(j->ex, bound, s, t, first, count);
        return s->y;
    }
    if (bound->paths == 1 && j->ratios == NULL) {
        srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, 0, 1);
        return s->u;
    }
    memset(s->y, 0, (size_t)(blocks * numbers) * sizeof *s->y);
    written_paths(j, first, count, &begin, &end);
    for (int32_t from = begin; from < end; from += bound->chunk) {
        const int32_t paths = srd__min(bound->chunk, end - from);

        srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, from, from + paths);
        for (int32_t b = 0; b < blocks; ++b) {
            j->ex->plan.kernels->total(s->u + (size_t)b * (size_t)paths * (size_t)numbers, paths, numbers, s->y + b * numbers);
        }
    }
    if (shortcut != NULL) shortcut->add(j->ex, bound, t, first, count, s->y);
    return s->y;
}

/* The contributions of a chunk of paths to the only position, for the head. */
static void keep_u(const srd__job *j, const srd__scratch *s, int32_t first, int32_t count, int32_t from, int32_t paths)
{
    const size_t channels = (size_t)j->bound->shape.c;
    const float *u = s->u;

    for (int32_t done = 0; done < count; done += SRD__PANEL) {
        const size_t bytes = (size_t)srd__min(SRD__PANEL, count - done) * sizeof *u;

        for (int32_t k = 0; k < paths; ++k, u += SRD__PANEL) {
            memcpy(j->keep_u + (size_t)(from + k) * channels + (size_t)(first + done), u, bytes);
        }
    }
}

/* As above, for a segment whose ratios nobody asks for: the contributions are kept for the head. If all paths fit one
 * chunk they still lie in the scratch; else each chunk is computed once more. */
SRD__APART static void keep_paths(const srd__job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;
    int32_t begin, end;

    srd__active_paths(j->ex, bound, first, count, &begin, &end);
    for (int32_t from = begin; from < end; from += bound->chunk) {
        const int32_t paths = srd__min(bound->chunk, end - from);

        if (end - begin > bound->chunk) srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, from, from + paths);
        keep_u(j, s, first, count, from, paths);
    }
}

/* <u, u> and <u, y> of some blocks. */
SRD__APART static void reduce_paths(const srd__job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;
    const size_t pixels = (size_t)t->pixels;
    int32_t begin, end;

    written_paths(j, first, count, &begin, &end);
    for (int32_t from = begin; from < end; from += bound->chunk) {
        const int32_t paths = srd__min(bound->chunk, end - from);
        float *const uu = j->norms ? t->uu + (size_t)from * pixels : NULL, *const uy = t->uy + (size_t)from * pixels;

        if (end - begin > bound->chunk) srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, from, from + paths);
        if (SRD_WITH_SHORTCUTS && j->keep_u != NULL) keep_u(j, s, first, count, from, paths);
        j->ex->plan.kernels->dots(s->u, s->y, paths, t->pixels, (count + SRD__PANEL - 1) / SRD__PANEL,
                                  (size_t)paths * pixels * SRD__PANEL, pixels * SRD__PANEL, uu, uy);
    }
}

/* Where zeros are counted (srd__job_counts()): in place of <y, y>, which nobody needs there, 1 if y of this block or one before is not zero. */
static void note_zeros(const srd__tile *t, const float *y, int32_t count)
{
    for (int32_t i = 0; i < t->pixels; ++i, y += SRD__PANEL) {
        for (int32_t c = 0; t->yy[i] == 0.0f && c < count; ++c) t->yy[i] = y[c] != 0.0f ? 1.0f : 0.0f;
    }
}

void srd__run_blocks(const srd__job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__fast *const fast = SRD_WITH_WHOLE_SUMS ? srd__segment_case(j->bound) : NULL; /* without, none makes sums */
    const size_t numbers = (size_t)t->pixels * SRD__PANEL;
    float *y = sum_paths(j, s, t, first, count);

    for (int32_t done = 0; done < count; done += SRD__PANEL, y += numbers) {
        const int32_t channels = srd__min(count - done, SRD__PANEL);

        store_block(j, s, t, y, first + done, channels);
        if (srd__job_counts(j)) note_zeros(t, y, channels);
        if (j->sums) reduce_block(j, t, y, first + done, channels);
    }
    if (j->sums && fast != NULL && fast->block_sums != NULL) fast->block_sums(j->ex, j->bound, s, t, first, count, j->norms);
    else if (j->sums) reduce_paths(j, s, t, first, count);
    else if (SRD_WITH_SHORTCUTS && j->keep_u != NULL) keep_paths(j, s, t, first, count);
}
