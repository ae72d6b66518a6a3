/*
 * inner_maps.c -- relevance of inner layers (METHOD section 7). With mu_k the sharing ratio of a path into position p,
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
#include "ask/inner_maps.h"

#include "explain/inner_types.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "run/inner_ratios.h"
#include "tiles/ratio_store.h"

#if SRD_WITH_INNER_MAPS
/* ---- parts of one position -------------------------------------------------------------------------------------------------- */

/* ---- the run ---------------------------------------------------------------------------------------------------------------- */

/* ---- questions -------------------------------------------------------------------------------------------------------------- */

void srd__inner_reach(srd_explainer *ex, const srd__bound *bound, uint8_t reach)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        if (&ex->plan.bounds[ex->plan.inners[i].bound] == bound) ex->asked.nodes[ex->plan.inners[i].layer].map_reach |= reach;
    }
}

void srd__inner_ask(srd_explainer *ex, const srd_layer *layers, int32_t count)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) ex->asked.nodes[ex->plan.inners[i].layer].map_asked = 0;
    for (int32_t i = 0; i < count; ++i) ex->asked.nodes[srd__resolve(ex->plan.graph, layers[i])].map_asked = 1;
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
        if (fine->vias != NULL && !way->top) q = fine->vias[(size_t)r * (size_t)fine->slots + (size_t)slot];
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
    return &ex->plan.bounds[inner->bound] == bound && ex->asked.nodes[inner->layer].map_asked;
}

void srd__inner_spread(srd_explainer *ex, const srd__bound *bound)
{
    srd__ratios ratios;

    srd__ratios_of(ex, bound, &ratios);
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        const srd__inner *const inner = &ex->plan.inners[i];
        const float *r, *parts;
        float *to;

        if (!is_wanted(ex, inner, bound)) continue;
        r = srd__question_store(ex, bound->segment->layer, SRD__STORE_RELEVANCE);
        parts = inner->fine != NULL ? srd__inner_parts_at(ex, inner) : NULL;
        to = srd__question_store(ex, inner->layer, SRD__STORE_INNER);
        for (int32_t p = 0; p < bound->positions; ++p) {
            flow f = { NULL, parts != NULL ? parts + p : NULL, 0, (size_t)bound->positions, r[p], p };

            f.shares = srd__kept_paths(&ratios, bound->paths, p, ex->plan.scratch[0].share, &f.step);
            deposit(bound, inner, &f, to);
        }
    }
}

void srd__inner_head(srd_explainer *ex, const srd__bound *bound, int32_t p, const float *g, const float *shares)
{
    srd__scratch *const scratch = &ex->plan.scratch[0];

    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        const srd__inner *const inner = &ex->plan.inners[i];
        const srd__splitting s = { ex, inner, bound, scratch, g, shares, 1, 1.0, p };
        const flow f = { shares, scratch->parts, 1, 1, 1.0f, p };

        if (!is_wanted(ex, inner, bound)) continue;
        if (inner->fine != NULL) srd__split_position(&s);
        deposit(bound, inner, &f, srd__question_store(ex, inner->layer, SRD__STORE_INNER));
    }
}

void srd__inner_check(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        const int32_t layer = ex->plan.inners[i].layer;
        const float *const r = (const float *)srd__at(ex, layer, SRD__STORE_INNER);
        double sum = 0.0;

        if (!srd__is_touched(ex, layer, SRD__STORE_INNER)) continue;
        for (int32_t p = 0; p < ex->plan.shapes[layer].h * ex->plan.shapes[layer].w; ++p) sum += (double)fabsf(r[p]);
        if (!(sum <= (double)FLT_MAX)) ex->asked.broken_layer = layer;
    }
}
#endif
