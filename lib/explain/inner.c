/*
 * inner.c -- relevance of inner layers (METHOD section 7). With mu_k the sharing ratio of a path into position p,
 *
 *     R_layer(q) += mu_k * R(p)        for every path k that goes through position q of the layer,
 *
 * and where the directed head turns its direction g into relevance, <P_k, g> in place of mu_k R(p). A path that goes several
 * ways is split by what its ways w contribute, and its share of the biases by their norms:
 *
 *     part_kw = <u_kw, d> + (total_k - sum over w' of <u_kw', d>) * |u_kw| / sum over w' of |u_kw'|
 *
 * with d = y / <y, y> and total_k = mu_k for the run, d = g and total_k = <P_k, g> for the head; evenly if all |u_kw| are 0,
 * if y is 0, or if the parts cancel beyond single precision.
 */
#include "explain/inner.h"

#include "explain/kept.h"

#if SRD_WITH_INNER_MAPS
bool srd__inner_splits(const srd_explainer *ex, const srd__bound *bound)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        if (&ex->bounds[ex->inners[i].bound] == bound && ex->inners[i].fine != NULL) return true;
    }
    return false;
}

void srd__inner_place(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        ex->inners[i].offset = ex->persistent_bytes;
        if (ex->persistent_bytes > SIZE_MAX / 2) ex->too_large = true;
        else ex->persistent_bytes += srd__align(ex->inners[i].bytes);
    }
}

size_t srd__inner_bytes(const srd_explainer *ex, int32_t layer)
{
    size_t bytes = 0;

    for (int32_t i = 0; i < ex->inner_count; ++i) {
        if (ex->inners[i].layer == layer) bytes += srd__align(ex->inners[i].bytes);
    }
    return bytes;
}

void srd__inner_most(const srd_explainer *ex, size_t *u, size_t *parts, size_t *paths)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        const srd__inner *const inner = &ex->inners[i];

        if (inner->fine == NULL) continue;
        *u = srd__max(*u, (size_t)inner->fine->chunk);
        *parts = srd__max(*parts, (size_t)inner->fine->paths);
        *paths = srd__max(*paths, (size_t)ex->bounds[inner->bound].paths);
    }
}

/* ---- parts of one position -------------------------------------------------------------------------------------------------- */

/* A position of one segment, as it is being split. */
typedef struct splitting {
    const srd_explainer *ex;
    const srd__inner *inner;
    const srd__bound *bound;
    srd__scratch *scratch;
    const float *direction; /* y, or g */
    const float *totals;    /* by path * total_step; NULL: 1 */
    size_t total_step;
    double unit; /* <y, y>, or 1 */
    int32_t p;
} splitting;

static double square(const float *a, int32_t n)
{
    double sum = 0.0;

    for (int32_t i = 0; i < n; ++i) sum += (double)a[i] * (double)a[i];
    return sum;
}

/* <u, d> and <u, u> of every part. */
static void sum_parts(const splitting *s)
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
static void for_parts(const splitting *s, void (*each)(const splitting *s, int32_t part, int32_t path))
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

static void add_whole(const splitting *s, int32_t part, int32_t path)
{
    double *const whole = s->scratch->wholes + 4 * (size_t)path;

    whole[0] += s->scratch->dots[2 * part];
    whole[1] += sqrt(s->scratch->dots[2 * part + 1]);
    whole[2] += 1.0;
    whole[3] += fabs(s->scratch->dots[2 * part]);
}

static void share_part(const splitting *s, int32_t part, int32_t path)
{
    const double *const dots = s->scratch->dots + 2 * (size_t)part, *const whole = s->scratch->wholes + 4 * (size_t)path;
    const double total = s->totals != NULL ? (double)s->totals[(size_t)path * s->total_step] : 1.0;
    double share = total / whole[2];

    if (s->unit > 0.0 && whole[3] + fabs(total) <= (double)FLT_MAX / 4.0) {
        share = dots[0] + (total - whole[0]) * (whole[1] > 0.0 ? sqrt(dots[1]) / whole[1] : 1.0 / whole[2]);
    }
    s->scratch->parts[part] = (float)share;
}

static void split_position(const splitting *s)
{
    memset(s->scratch->parts, 0, (size_t)s->inner->fine->paths * sizeof *s->scratch->parts);
    memset(s->scratch->wholes, 0, 4 * (size_t)s->bound->paths * sizeof *s->scratch->wholes);
    sum_parts(s);
    for_parts(s, add_whole);
    for_parts(s, share_part);
}

/* ---- the run ---------------------------------------------------------------------------------------------------------------- */

typedef struct job {
    srd_explainer *ex;
    const srd__inner *inner;
} job;

static float *parts_at(const srd_explainer *ex, const srd__inner *inner)
{
    return (float *)(void *)(ex->persistent + (size_t)srd__image(ex) * ex->persistent_bytes + inner->offset);
}

static void run_position(void *context, int32_t p, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__bound *const bound = &j->ex->bounds[j->inner->bound];
    const int32_t layer = bound->segment->layer;
    srd__ratios ratios;
    float *const to = parts_at(j->ex, j->inner);
    splitting s = { j->ex, j->inner, bound, &j->ex->scratch[worker], NULL, NULL, 0, 0.0, p };

    srd__ratios_of(j->ex, bound, &ratios);
    s.direction = (const float *)srd__at(j->ex, layer, SRD__STORE_Y) + (size_t)p * (size_t)bound->shape.c;
    s.totals = srd__kept_paths(&ratios, bound->paths, p, s.scratch->share, &s.total_step);
    s.unit = square(s.direction, bound->shape.c);
    split_position(&s);
    for (int32_t k = 0; k < j->inner->fine->paths; ++k) {
        to[(size_t)k * (size_t)bound->positions + (size_t)p] = s.scratch->parts[k];
    }
}

void srd__inner_run(srd_explainer *ex, const srd__bound *bound)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        job j = { ex, &ex->inners[i] };

        if (&ex->bounds[j.inner->bound] == bound && j.inner->fine != NULL) {
            srd__parallel(ex, run_position, &j, bound->positions);
        }
    }
}

/* ---- questions -------------------------------------------------------------------------------------------------------------- */

void srd__inner_reach(srd_explainer *ex, const srd__bound *bound, uint8_t reach)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        if (&ex->bounds[ex->inners[i].bound] == bound) ex->nodes[ex->inners[i].layer].map_reach |= reach;
    }
}

void srd__inner_ask(srd_explainer *ex, const srd_layer *layers, int32_t count)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) ex->nodes[ex->inners[i].layer].map_asked = 0;
    for (int32_t i = 0; i < count; ++i) ex->nodes[srd__resolve(ex->graph, layers[i])].map_asked = 1;
}

/* Relevance of the paths into one position: shares[path * step] (NULL: 1) times factor; of parts in the same way. */
typedef struct flow {
    const float *shares, *parts;
    size_t step, part_step;
    float factor;
    int32_t p;
} flow;

static float amount(const float *shares, size_t step, const flow *f, int32_t path)
{
    return shares != NULL ? shares[(size_t)path * step] * f->factor : f->factor;
}

static void deposit_split(const srd__bound *bound, const srd__lane *fine, const srd__way *way, const flow *f, float *to)
{
    for (int32_t k = 0; k < fine->paths; ++k) {
        const int32_t slot = k % fine->slots, r = srd__lane_position(bound, fine, f->p, k / fine->slots);
        int32_t q = way->top ? 0 : -1;

        if (srd__path_source(fine, r, slot) < 0) continue;
        if (fine->vias != NULL) q = fine->vias[(size_t)r * (size_t)fine->slots + (size_t)slot];
        if (q >= 0) to[q] += amount(f->parts, f->part_step, f, fine->first_path + k);
    }
}

static void deposit_whole(const srd__bound *bound, const srd__lane *lane, const srd__way *way, const flow *f, float *to)
{
    for (int32_t k = 0; k < lane->paths; ++k) {
        const int32_t slot = k % lane->slots, r = srd__lane_position(bound, lane, f->p, k / lane->slots);
        int32_t q = way->how == SRD__WAY_Y ? f->p : 0;

        if (srd__path_source(lane, r, slot) < 0) continue;
        if (way->how == SRD__WAY_TABLE) q = way->table[(size_t)r * (size_t)lane->slots + (size_t)slot];
        if (q >= 0) to[q] += amount(f->shares, f->step, f, lane->first_path + k);
    }
}

static void deposit(const srd__bound *bound, const srd__inner *inner, const flow *f, float *to)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__way *const way = &inner->ways[i];

        if (way->how == SRD__WAY_SPLIT && inner->fine != NULL) deposit_split(bound, &inner->fine->lanes[i], way, f, to);
        else if (way->how != SRD__WAY_NONE) deposit_whole(bound, &bound->lanes[i], way, f, to);
    }
}

static bool is_wanted(const srd_explainer *ex, const srd__inner *inner, const srd__bound *bound)
{
    return &ex->bounds[inner->bound] == bound && ex->nodes[inner->layer].map_asked;
}

void srd__inner_spread(srd_explainer *ex, const srd__bound *bound)
{
    srd__ratios ratios;

    srd__ratios_of(ex, bound, &ratios);
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        const srd__inner *const inner = &ex->inners[i];
        const float *r, *parts;
        float *to;

        if (!is_wanted(ex, inner, bound)) continue;
        r = srd__question_store(ex, bound->segment->layer, SRD__STORE_RELEVANCE);
        parts = inner->fine != NULL ? parts_at(ex, inner) : NULL;
        to = srd__question_store(ex, inner->layer, SRD__STORE_INNER);
        for (int32_t p = 0; p < bound->positions; ++p) {
            flow f = { NULL, parts != NULL ? parts + p : NULL, 0, (size_t)bound->positions, r[p], p };

            f.shares = srd__kept_paths(&ratios, bound->paths, p, ex->scratch[0].share, &f.step);
            deposit(bound, inner, &f, to);
        }
    }
}

void srd__inner_head(srd_explainer *ex, const srd__bound *bound, int32_t p, const float *g, const float *shares)
{
    srd__scratch *const scratch = &ex->scratch[0];

    for (int32_t i = 0; i < ex->inner_count; ++i) {
        const srd__inner *const inner = &ex->inners[i];
        const splitting s = { ex, inner, bound, scratch, g, shares, 1, 1.0, p };
        const flow f = { shares, scratch->parts, 1, 1, 1.0f, p };

        if (!is_wanted(ex, inner, bound)) continue;
        if (inner->fine != NULL) split_position(&s);
        deposit(bound, inner, &f, srd__question_store(ex, inner->layer, SRD__STORE_INNER));
    }
}

void srd__inner_check(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->inner_count; ++i) {
        const int32_t layer = ex->inners[i].layer;
        const float *const r = (const float *)srd__at(ex, layer, SRD__STORE_INNER);
        double sum = 0.0;

        if (!srd__is_touched(ex, layer, SRD__STORE_INNER)) continue;
        for (int32_t p = 0; p < ex->shapes[layer].h * ex->shapes[layer].w; ++p) sum += (double)fabsf(r[p]);
        if (!(sum <= (double)FLT_MAX)) ex->broken_layer = layer;
    }
}
#endif
