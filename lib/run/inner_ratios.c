/*
 * inner_ratios.c -- the step that splits the sharing ratios of paths which go several ways through an inner layer (METHOD section 7),
 * and the arithmetic of it that the head needs, too: see inner_maps.c for the equation.
 */
#include "run/inner_ratios.h"

#include "explain/inner_types.h"
#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "tiles/contributions.h"
#include "tiles/ratio_store.h"

#if SRD_WITH_INNER_MAPS

static double square(const float *a, int32_t n)
{
    double sum = 0.0;

    for (int32_t i = 0; i < n; ++i) sum += (double)a[i] * (double)a[i];
    return sum;
}

/* <u, d> and <u, u> of every part. */
static void sum_parts(const srd__splitting *s)
{
    const srd__bound *const fine = s->inner->fine;
    double *const dots = s->scratch->dots;

    memset(dots, 0, 2 * (size_t)fine->paths * sizeof *dots);
    for (int32_t first = 0, count = 0; srd__next_block(fine, &first, &count);) {
        for (int32_t from = 0; from < fine->paths; from += fine->chunk) {
            const int32_t to = srd__min(from + fine->chunk, fine->paths);

            srd__tile_u(s->ex, fine, s->scratch, s->p, 1, first, count, from, to);
            for (int32_t k = from; k < to; ++k) {
                const float *const u = s->scratch->u + (size_t)(k - from) * SRD__PANEL;
                double dot = 0.0;

                for (int32_t j = 0; j < count; ++j) dot += (double)u[j] * (double)s->direction[first + j];
                dots[2 * k] += s->unit > 0.0 ? dot / s->unit : 0.0;
                dots[2 * k + 1] += square(u, count);
            }
        }
    }
}

/* Calls each(s, part, path) for every part that exists. */
static void for_parts(const srd__splitting *s, void (*each)(const srd__splitting *s, int32_t part, int32_t path))
{
    for (int32_t i = 0; i < s->bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &s->bound->lanes[i], *const fine = &s->inner->fine->lanes[i];
        const int32_t *const slots = s->inner->ways[i].table;

        for (int32_t k = 0; k < fine->paths; ++k) {
            const int32_t tap = k / fine->slots, slot = k % fine->slots, r = srd__lane_position(s->bound, lane, s->p, tap);
            int32_t own = slot;

            if (srd__path_source(fine, r, slot) < 0) continue;
            if (slots != NULL) own = slots[(size_t)r * (size_t)fine->slots + (size_t)slot];
            each(s, fine->first_path + k, lane->first_path + tap * lane->slots + own);
        }
    }
}

static void add_whole(const srd__splitting *s, int32_t part, int32_t path)
{
    double *const whole = s->scratch->wholes + 4 * (size_t)path;

    whole[0] += s->scratch->dots[2 * part];
    whole[1] += sqrt(s->scratch->dots[2 * part + 1]);
    whole[2] += 1.0;
    whole[3] += fabs(s->scratch->dots[2 * part]);
}

static void share_part(const srd__splitting *s, int32_t part, int32_t path)
{
    const double *const dots = s->scratch->dots + 2 * (size_t)part, *const whole = s->scratch->wholes + 4 * (size_t)path;
    const double total = s->totals != NULL ? (double)s->totals[(size_t)path * s->total_step] : 1.0;
    double share = total / whole[2];

    if (s->unit > 0.0 && whole[3] + fabs(total) <= (double)FLT_MAX / 4.0) {
        share = dots[0] + (total - whole[0]) * (whole[1] > 0.0 ? sqrt(dots[1]) / whole[1] : 1.0 / whole[2]);
    }
    s->scratch->parts[part] = (float)share;
}

void srd__split_position(const srd__splitting *s)
{
    memset(s->scratch->parts, 0, (size_t)s->inner->fine->paths * sizeof *s->scratch->parts);
    memset(s->scratch->wholes, 0, 4 * (size_t)s->bound->paths * sizeof *s->scratch->wholes);
    sum_parts(s);
    for_parts(s, add_whole);
    for_parts(s, share_part);
}

typedef struct job {
    srd_explainer *ex;
    const srd__inner *inner;
} job;

float *srd__inner_parts_at(const srd_explainer *ex, const srd__inner *inner)
{
    return (float *)(void *)(ex->run.kept + inner->offset);
}

static void run_position(void *context, int32_t p, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__bound *const bound = &j->ex->plan.bounds[j->inner->bound];
    const int32_t layer = bound->segment->layer;
    srd__ratios ratios;
    float *const to = srd__inner_parts_at(j->ex, j->inner);
    srd__splitting s = { j->ex, j->inner, bound, &j->ex->plan.scratch[worker], NULL, NULL, 0, 0.0, p };

    srd__ratios_of(j->ex, bound, &ratios);
    s.direction = (const float *)srd__at(j->ex, layer, SRD__STORE_Y) + (size_t)p * (size_t)bound->shape.c;
    s.totals = srd__kept_paths(&ratios, bound->paths, p, s.scratch->share, &s.total_step);
    s.unit = square(s.direction, bound->shape.c);
    srd__split_position(&s);
    for (int32_t k = 0; k < j->inner->fine->paths; ++k) {
        to[(size_t)k * (size_t)bound->positions + (size_t)p] = s.scratch->parts[k];
    }
}

void srd__inner_run(srd_explainer *ex, const srd__bound *bound)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        job j = { ex, &ex->plan.inners[i] };

        if (&ex->plan.bounds[j.inner->bound] == bound && j.inner->fine != NULL) {
            srd__parallel(ex, run_position, &j, bound->positions);
        }
    }
}
#endif
