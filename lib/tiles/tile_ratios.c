/*
 * tile_ratios.c -- sharing ratios of a tile from its sums (METHOD sections 4, 5, 9). Where all biases are shared by the norms the
 * pixels of the tile go side by side,
 *
 *     mu_k = (<u_k, y> + |u_k| * sum over the groups g of k of <b_g, y> / sum over the paths j of g of |u_j|) / <y, y>,
 *
 * and what is different is done pixel by pixel. A path that does not exist at a pixel has u = 0 and so a ratio of 0.
 */
#include "tiles/tile_ratios.h"

#include "paths/bound_branch.h"
#include "tiles/position_ratios.h"
#include "tiles/ratio_store.h"

/* Sums of squares outside these bounds are taken again carefully: see position_ratios.c. */
#define LEAST_SQUARE 1e-28f
#define MOST_SQUARE 1e30f

bool srd__is_safe(float square)
{
    return square >= LEAST_SQUARE && square <= MOST_SQUARE;
}

/* Is the sum of ratios what it must be, for numbers of this magnitude? If y came from the host, it is what it is. */
static bool is_right(const srd__bound *bound, float sum, float magnitude)
{
    return bound->notes->given || fabsf(sum - 1.0f) <= 1e-4f * srd__max(magnitude, 1.0f);
}

static float sum_shares(const srd__bound *bound, const float *shares, float *magnitude)
{
    float sum = 0.0f;

    *magnitude = 0.0f;
    for (int32_t k = 0; k < bound->paths; ++k) {
        sum += shares[k];
        *magnitude += fabsf(shares[k]);
    }
    return sum;
}

/*
 * Stores the ratios of one position and notes how far their sum is from 1. Where contributions cancel beyond single precision
 * (METHOD section 5) the ratios are even, if their sum is no number, or what their sum lacks is given to all paths evenly.
 */
void srd__store_ratios(const srd__bound *bound, srd__scratch *s, int32_t p, int32_t paths, const uint8_t *valid, size_t step,
                       float *shares, const srd__ratios *ratios)
{
    float magnitude, sum = sum_shares(bound, shares, &magnitude);

    if (paths > 0 && !(srd__finite(magnitude) && is_right(bound, sum, magnitude))) {
        const float lacks = srd__finite(magnitude) ? (1.0f - sum) / (float)paths : 0.0f;

        for (int32_t k = 0; k < bound->paths; ++k) {
            if (!srd__finite(magnitude)) shares[k] = valid[(size_t)k * step] ? 1.0f / (float)paths : 0.0f;
            else shares[k] += valid[(size_t)k * step] ? lacks : 0.0f;
        }
        (void)sum_shares(bound, shares, &magnitude);
        if (SRD__LOST_CHECK) s->magnitude = srd__max(s->magnitude, magnitude);
        sum = magnitude = 1.0f;
        s->special += SRD_WITH_REPORTS;
    }
    for (int32_t k = 0; k < bound->paths; ++k) {
        if (srd__halves(ratios) == NULL) ratios->floats[srd__ratio_at(ratios, k, p)] = shares[k];
        else s->saturated += srd__round_row(ratios, k, p, 1, &shares[k]);
    }
    if (!SRD_WITH_REPORTS) return;
    if (srd__halves(ratios) != NULL) sum = sum_shares(bound, shares, &magnitude); /* of what is kept */
    if (paths > 0) s->ratio_error = srd__max(s->ratio_error, fabsf(sum - 1.0f) / srd__max(magnitude, FLT_MIN));
    if (SRD__LOST_CHECK) s->magnitude = srd__max(s->magnitude, magnitude);
}

void srd__careful_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p,
                         const srd__ratios *ratios)
{
    bool special = false;
    int32_t paths;

    memset(s->share, 0, (size_t)bound->paths * sizeof(float));
    paths = srd__position_shares(ex, bound, s, p, NULL, s->share, &special);
    if (SRD_WITH_REPORTS) s->special += special || paths == 0;
    srd__store_ratios(bound, s, p, paths, s->valid, 1, s->share, ratios);
}

/* ---- side by side ----------------------------------------------------------------------------------------------------- */

/* Is every bias shared by the norms of paths that have sources? */
static bool is_plain(const srd__bound *bound)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        if (bound->lanes[i].bias_path >= 0) return false;
    }
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) {
        if (bound->even[g]) return false;
    }
    return true;
}

/* Pixels, as bits, of which a sum of squares is not safe. */
SRD__APART static uint32_t unsafe(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t)
{
    uint32_t bits = 0;

    for (int32_t i = 0; i < t->pixels; ++i) bits |= (uint32_t)!srd__is_safe(t->yy[i]) << i;
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) {
        float squares[SRD__TILE_PIXELS] = { 0.0f };
        int32_t first;
        const int32_t end = srd__group_paths(bound, &bound->segment->biases[g], &first);

        ex->plan.kernels->columns(t->uu + (size_t)first * (size_t)t->pixels, end - first, t->pixels, squares);
        for (int32_t i = 0; i < t->pixels; ++i) bits |= (uint32_t)!srd__is_safe(squares[i]) << i;
    }
    return bits;
}

/* Divisors of a tile: 1 for pixels that are done again, where 0 / 0 would raise the invalid exception. */
static void divisors(const float *from, int32_t pixels, uint32_t careful, float *to)
{
    for (int32_t i = 0; i < pixels; ++i) to[i] = (careful >> i & 1) != 0 ? 1.0f : from[i];
}

/* The bias of a group, by the norms: into uy. A weight is divided out before it meets the amount, so that that of an only path is 1. */
SRD__APART static void share_group(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t, int32_t group,
                                   uint32_t careful)
{
    const size_t pixels = (size_t)t->pixels;
    float totals[SRD__TILE_PIXELS] = { 0.0f };
    int32_t first;
    const int32_t end = srd__group_paths(bound, &bound->segment->biases[group], &first);
    const float *const norms = t->uu + (size_t)first * pixels;

    ex->plan.kernels->columns(norms, end - first, t->pixels, totals);
    divisors(totals, t->pixels, careful, totals);
    ex->plan.kernels->share(norms, end - first, t->pixels, t->by + (size_t)group * pixels, totals,
                            t->uy + (size_t)first * pixels);
}

/* float16: what is kept is rounded, and the sums become those of what is kept. Pixels that are done again count for nothing. */
static void round_ratios(const srd__bound *bound, srd__scratch *s, const srd__tile *t, uint32_t careful,
                         const srd__ratios *ratios, float *sums, float *magnitudes)
{
    float *shares = t->uy;

    memset(sums, 0, (size_t)t->pixels * sizeof *sums);
    memset(magnitudes, 0, (size_t)t->pixels * sizeof *magnitudes);
    for (int32_t k = 0; k < bound->paths; ++k, shares += t->pixels) {
        for (int32_t i = 0; careful != 0 && i < t->pixels; ++i) shares[i] = (careful >> i & 1) != 0 ? 0.0f : shares[i];
        s->saturated += srd__round_row(ratios, k, t->p, t->pixels, shares);
        for (int32_t i = 0; i < t->pixels; ++i) {
            sums[i] += shares[i];
            magnitudes[i] += fabsf(shares[i]);
        }
    }
}

SRD__APART static uint32_t plain_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t,
                                        const srd__ratios *ratios)
{
    const int32_t pixels = t->pixels;
    float *const to = ratios->floats != NULL ? ratios->floats + srd__ratio_at(ratios, 0, t->p) : t->uy;
    uint32_t careful = unsafe(ex, bound, t);
    float sums[SRD__TILE_PIXELS] = { 0.0f }, magnitudes[SRD__TILE_PIXELS] = { 0.0f }, squares[SRD__TILE_PIXELS];

    if (bound->segment->bias_count > 0) ex->plan.kernels->roots(t->uu, (size_t)bound->paths * (size_t)pixels);
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) share_group(ex, bound, t, g, careful);
    divisors(t->yy, pixels, careful, squares);
    ex->plan.kernels->quotients(t->uy, bound->paths, pixels, squares, to,
                                ratios->floats != NULL ? ratios->positions : (size_t)pixels, sums, magnitudes,
                                bound->streams != 0 && ratios->floats != NULL);
    for (int32_t i = 0; i < pixels; ++i) {
        /* A sum left the range of single precision after all, or the terms of one cancelled. */
        careful |= (uint32_t) !(srd__finite(magnitudes[i]) && is_right(bound, sums[i], magnitudes[i])) << i;
    }
    if (srd__halves(ratios) != NULL) round_ratios(bound, s, t, careful, ratios, sums, magnitudes);
    for (int32_t i = 0; SRD_WITH_REPORTS && i < pixels; ++i) {
        if ((careful >> i & 1) != 0) continue;
        s->ratio_error = srd__max(s->ratio_error, fabsf(sums[i] - 1.0f) / srd__max(magnitudes[i], FLT_MIN));
        if (SRD__LOST_CHECK) s->magnitude = srd__max(s->magnitude, magnitudes[i]);
    }
    return careful;
}

/* ---- pixel by pixel --------------------------------------------------------------------------------------------------- */

/* Is the sum of the squared norms of those of paths [first, end) of pixel i that have this bit safe in single precision? */
static bool safe_norms(const srd__scratch *s, const srd__tile *t, int32_t i, int32_t first, int32_t end, uint8_t bit)
{
    float total = 0.0f;
    bool any = false;

    for (int32_t k = first; k < end; ++k) {
        const size_t at = (size_t)k * (size_t)t->pixels + (size_t)i;

        if ((s->valid[at] & bit) == 0) continue;
        total += t->uu[at];
        any = true;
    }
    return (!any && bit != 1) || srd__is_safe(total); /* pads may be out of sight */
}

static bool safe_own(const srd__bound *bound, const srd__scratch *s, const srd__tile *t, int32_t i, const srd__lane *lane)
{
    int32_t first;
    const int32_t end = srd__constant_paths(bound, lane, &first);

    for (int32_t k = 0; !lane->even && k < lane->bias_count; ++k) {
        if (!safe_norms(s, t, i, first, end, (uint8_t)(lane->pad_count > 0 ? 2u << k : 1u))) return false;
    }
    return true;
}

/* Are the sums of pixel i, whose paths are marked, safe in single precision? */
static bool safe(const srd__bound *bound, const srd__scratch *s, const srd__tile *t, int32_t i, bool norms)
{
    const srd__segment *const segment = bound->segment;

    if (!srd__is_safe(t->yy[i])) return false;
    for (int32_t g = 0; norms && g < segment->bias_count; ++g) {
        int32_t first;
        const int32_t end = srd__group_paths(bound, &segment->biases[g], &first);

        if (!bound->even[g] && !safe_norms(s, t, i, first, end, 1)) return false;
    }
    for (int32_t k = 0; norms && k < segment->branch_count; ++k) {
        if (!safe_own(bound, s, t, i, &bound->lanes[k])) return false;
    }
    return true;
}

/* False if a sum left the range of single precision after all. */
static bool fast_ratios(const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t i, int32_t paths, bool norms,
                        const srd__ratios *ratios)
{
    const size_t step = (size_t)t->pixels;
    bool special = false;
    float magnitude = 0.0f;

    for (int32_t k = 0; k < bound->paths; ++k) {
        s->norm[k] = norms ? sqrtf(t->uu[(size_t)k * step + (size_t)i]) : 0.0f;
        s->share[k] = t->uy[(size_t)k * step + (size_t)i];
    }
    srd__share_biases(bound, s->norm, s->valid + i, step, t->by + i, step, s->share, &special);
    for (int32_t k = 0; k < bound->paths; ++k) {
        s->share[k] /= t->yy[i];
        magnitude += fabsf(s->share[k]);
    }
    if (!srd__finite(magnitude)) return false;
    if (SRD_WITH_REPORTS) s->special += special;
    srd__store_ratios(bound, s, t->p + i, paths, s->valid + i, step, s->share, ratios);
    return true;
}

uint32_t srd__tile_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t,
                          const srd__ratios *ratios)
{
    const bool norms = srd__needs_norms(bound);
    uint32_t careful = 0;
    int32_t paths[SRD__TILE_PIXELS];

    if (SRD_WITH_SHORTCUTS && is_plain(bound)) return plain_ratios(ex, bound, s, t, ratios);
    srd__mark_valid(bound, t->p, t->pixels, s->valid, paths);
    for (int32_t i = 0; i < t->pixels; ++i) {
        if (paths[i] > 0 && safe(bound, s, t, i, norms) && fast_ratios(bound, s, t, i, paths[i], norms, ratios)) continue;
        careful |= (uint32_t)1 << i;
    }
    return careful;
}
