/*
 * channel_maps.c -- relevance of an input per channel instead of per pixel (METHOD section 7). The contribution of a path falls into
 * those of its input channels, P_k = sum over c of u_kc + its share of the biases, and that share is split by the norms:
 *
 *     part_kc = <u_kc, d> + (total_k - sum over c' of <u_kc', d>) * |u_kc| / sum over c' of |u_kc'|
 *
 * with d = y / <y, y> and total_k the sharing ratio for the run, and d = g and total_k = <P_k, g> for the head. If all |u_kc| are 0, or y
 * is, total_k is divided evenly among the channels that the path carries: not those that a slice on the way leaves out or that a pool
 * takes from elsewhere, unless all are such. The u_kc come from the same tiles as the u, with an input of which all channels but c are 0
 * (winners of pools stay as they are).
 *
 * A plane store holds [path][channels + 1][position]; the last row of a path is total_k.
 */
#include "ask/channel_maps.h"

#include "explain/store.h"
#include "run/channel_ratios.h"

#if SRD_WITH_CHANNEL_MAPS
/* Adds part * amount (relevance, or 1 for the head) of a path to the planes of its input. */
static void scatter(const srd__channel_job *j, int32_t source, int32_t q, int32_t path, int32_t p)
{
    const srd__shape *const s = &j->ex->plan.shapes[source];
    float *const planes = srd__question_store(j->ex, source, j->store);

    for (int32_t c = 0; c < s->c; ++c) {
        planes[(size_t)c * (size_t)s->h * (size_t)s->w + (size_t)q] +=
            srd__channel_row(j->bound, j->planes, j->most, path, c)[p] * (j->amounts != NULL ? j->amounts[p] : 1.0f);
    }
}

void srd__channels_spread(srd_explainer *ex, const srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    srd__channel_job j;

    memset(&j, 0, sizeof j);
    j.ex = ex;
    j.bound = bound;
    j.planes = (float *)srd__at(ex, layer, SRD__STORE_CHANNELS);
    j.most = srd__channels_most(ex, bound);
    j.store = SRD__STORE_RELEVANCE_CHANNELS;
    j.amounts = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    if (j.planes != NULL) srd__channel_paths(&j, scatter);
}

float *srd__channels_head_totals(srd_explainer *ex, const srd__bound *bound, int32_t path)
{
    float *const planes = srd__question_store(ex, bound->segment->layer, SRD__STORE_CHANNELS_HEAD);
    const int32_t most = srd__channels_most(ex, bound);

    return planes != NULL ? srd__channel_row(bound, planes, most, path, most) : NULL;
}

void srd__channels_head(srd_explainer *ex, const srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    srd__channel_job j;

    memset(&j, 0, sizeof j);
    j.ex = ex;
    j.bound = bound;
    j.directions = srd__question_store(ex, layer, SRD__STORE_DIRECTION);
    j.planes = srd__question_store(ex, layer, SRD__STORE_CHANNELS_HEAD);
    if (j.planes == NULL) return;
    j.norms = (double *)srd__at(ex, layer, SRD__STORE_NORMS);
    j.wanted = (const uint8_t *)srd__at(ex, layer, SRD__STORE_MIXED);
    j.most = srd__channels_most(ex, bound);
    memset(j.norms, 0, srd__bytes_of(ex, layer, SRD__STORE_NORMS));
    srd__channel_fill(&j);
    srd__channel_paths(&j, srd__channel_rest);
    j.store = SRD__STORE_TOP_CHANNELS; /* amounts stay NULL */
    srd__channel_paths(&j, scatter);
}

void srd__channels_source(srd_explainer *ex, int32_t layer)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    const float *const x = srd__value(ex, layer), *const g = srd__question_store(ex, layer, SRD__STORE_DIRECTION);
    float *const top = srd__question_store(ex, layer, SRD__STORE_TOP_CHANNELS);

    for (int32_t p = 0; top != NULL && p < s->h * s->w; ++p) {
        for (int32_t c = 0; c < s->c; ++c) top[c * s->h * s->w + p] += x[p * s->c + c] * g[p * s->c + c];
    }
}

void srd__channels_take_top(srd_explainer *ex, int32_t layer, bool contrastive)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    const int32_t positions = s->h * s->w;
    float *r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE_CHANNELS);
    const float *top = srd__question_store(ex, layer, SRD__STORE_TOP_CHANNELS);

    for (int32_t c = 0; r != NULL && top != NULL && c < s->c; ++c, r += positions, top += positions) {
        float mean = 0.0f;

        for (int32_t p = 0; contrastive && positions > 1 && p < positions; ++p) mean += top[p] / (float)positions;
        for (int32_t p = 0; p < positions; ++p) r[p] += top[p] - mean;
    }
}
#endif
