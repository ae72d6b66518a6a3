/*
 * directed_head.c -- the directed head (METHOD section 6). A direction g walks down from the output. At a position that receives from
 * several source positions it becomes relevance, R = <P, g> for each path; at one that receives from a single position it
 * goes on through the transpose of what lies between. The report's head_bias collects what the biases of passed positions contribute.
 */
#include "ask/directed_head.h"

#include "ask/channel_maps.h"
#include "ask/inner_maps.h"
#include "ask/question_types.h"
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "paths/source_count.h"
#include "tiles/contributions.h"
#include "tiles/position_ratios.h"

typedef struct transpose {
    srd_explainer *ex;
    double *bias;           /* collects what comes from no source */
    const float *direction; /* at the channels of the lane's root */
    int32_t until;          /* Grad-CAM: its layer; only what leads there has a place for a gradient. -1: the directed head */
} transpose;

static void add_transposed(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const transpose *const t = (const transpose *)context;
    float *to;

    if (SRD__PADS && layer == SRD__ONES) {
        for (int32_t c = 0; c < run->count; ++c)
            *t->bias += (double)run->weight * (double)t->direction[run->top + c * run->step];
        return;
    }
    if (t->until >= 0 && layer != t->until && (t->ex->asked.nodes[layer].reach & SRD__REACH_GRADIENT) == 0) return;
    to = srd__question_store(t->ex, layer, SRD__STORE_DIRECTION) + (size_t)position * (size_t)t->ex->plan.shapes[layer].c +
         (size_t)run->channel;
    for (int32_t c = 0; c < run->count; ++c) to[c] += run->weight * t->direction[run->top + c * run->step];
}

/* <b, g> of all biases: they reach this position whatever the picture shows. */
static double bias_of(const srd_explainer *ex, const srd__bound *bound, const float *g)
{
    const float *const bias = srd__bias_total(ex, bound);
    double sum = 0.0;

    if (bias == NULL) return 0.0;
    for (int32_t c = 0; c < bound->shape.c; ++c) sum += (double)bias[c] * (double)g[c];
    return sum;
}

/* <x, direction> of a run of a constant that is added. */
static void add_constant(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const transpose *const t = (const transpose *)context;
    const size_t channels = (size_t)t->ex->plan.shapes[layer].c;
    const float *const x = srd__value(t->ex, layer) + (size_t)position * channels + (size_t)run->channel;

    for (int32_t c = 0; c < run->count; ++c) {
        *t->bias += (double)run->weight * (double)x[c] * (double)t->direction[run->top + c * run->step];
    }
}

/* The bias that a constant makes at position p. */
static void pass_constant(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t p, const float *g,
                          double *bias)
{
    const int32_t r = srd__lane_position(bound, lane, p, 0);
    const float *const scale = srd__scale_of(ex, bound, lane);
    const transpose t = { ex, bias, ex->plan.scratch[0].direction, -1 };
    double sum = 0.0;

    if (lane->grid.c == bound->shape.c) {
        srd__tap_transpose(ex, bound, lane, &ex->plan.scratch[0], 0, g);
        srd__lane_runs(ex, bound, lane, r, 0, lane->grid.c, add_constant, (void *)(uintptr_t)&t);
        return;
    }
    for (int32_t c = 0; c < bound->shape.c; ++c) sum += (double)g[c] * (double)(scale != NULL ? scale[c] : 1.0f);
    *bias += sum * (double)srd__value(ex, lane->parts->layer)[r * ex->plan.shapes[lane->parts->layer].c + lane->parts->source];
}

/* Adds what constants and pads contribute to *bias. */
static void pass(srd_explainer *ex, srd__bound *bound, int32_t p, const float *g, int32_t until, double *bias)
{
    const srd__fast *const fast = srd__head_case(bound);

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const transpose t = { ex, bias, ex->plan.scratch[0].direction, until };

        if (srd__is_added_constant(lane)) {
            pass_constant(ex, bound, lane, p, g, bias);
            continue;
        }
        for (int32_t tap = 0; tap < lane->taps; ++tap) {
            const int32_t r = srd__lane_position(bound, lane, p, tap);

            if (r < 0) continue;
            if (until >= 0 || fast == NULL || !fast->transpose(ex, bound, &ex->plan.scratch[0], g))
                srd__tap_transpose(ex, bound, lane, &ex->plan.scratch[0], tap, g);
            srd__lane_source_runs(ex, bound, lane, r, 0, lane->grid.c, add_transposed, (void *)(uintptr_t)&t);
        }
    }
}

static void mix(srd_explainer *ex, const srd__bound *bound, int32_t p, const float *g)
{
    srd__scratch *const s = &ex->plan.scratch[0];
    bool special = false;

    (void)srd__position_shares(ex, bound, s, p, g, s->share, &special);
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; ++k) {
            const int32_t id = srd__path_source(lane, srd__lane_position(bound, lane, p, k / lane->slots), k % lane->slots);
            float *const totals = srd__channels_head_totals(ex, bound, lane->first_path + k);
            int32_t source;

            if (id < 0) continue;
            source = srd__source_of(bound, id);
            if (totals != NULL) totals[p] = s->share[lane->first_path + k];
            srd__question_store(ex, bound->segment->sources[source], SRD__STORE_TOP)[id - bound->source_base[source]] +=
                s->share[lane->first_path + k];
        }
    }
    srd__inner_head(ex, bound, p, g, s->share);
}

/* After a run with patterns the activation was another function: y * pattern, or 1[y > 0] (METHOD section 7, APOP). */
static void patterns_back(const srd_explainer *ex, int32_t layer, size_t at, const float *y, float *direction, int32_t channels,
                          bool gradient)
{
    const uint8_t *const pattern = (const uint8_t *)srd__at(ex, layer, SRD__STORE_PATTERN);

    for (int32_t c = 0; c < channels; ++c) {
        if (ex->run.nodes[layer].patterns == SRD_PATTERNS_IMPOSE) direction[c] *= pattern[at + (size_t)c] ? 1.0f : 0.0f;
        else direction[c] *= y[c] > 0.0f && !gradient ? 1.0f / y[c] : 0.0f;
    }
}

/* A direction that came from above, at the value of a pointwise layer, goes back to the pre-activation: by the secant, and
 * what f(0) and the like contribute counts as bias; or, for Grad-CAM, by the derivative. */
void srd__head_back(srd_explainer *ex, const srd__bound *bound, bool gradient)
{
    const int32_t id = bound->segment->layer, channels = bound->shape.c;
    const srd__layer *const layer = ex->plan.graph->layers[id];
    float *const directions = srd__question_store(ex, id, SRD__STORE_DIRECTION);
    const float *const y = (const float *)srd__at(ex, id, SRD__STORE_Y);

    if (!bound->segment->pointwise) return;
    if (srd__custom_of(layer) != NULL && layer->custom->back == NULL) {
        ex->asked.stuck_layer = id;
        return;
    }
    for (int32_t p = 0; p < bound->positions; ++p) {
        const size_t at = (size_t)p * (size_t)channels;
        double before = 0.0, after = 0.0;

        if (gradient) {
            if (srd__patterns_of(ex, id)) patterns_back(ex, id, at, y + at, directions + at, channels, true);
            else layer->kind->gradient(layer, y + at, directions + at, channels);
            continue;
        }
        for (int32_t c = 0; SRD_WITH_REPORTS && c < channels; ++c) {
            before += (double)directions[at + (size_t)c] * (double)srd__value(ex, id)[at + (size_t)c];
        }
        if (srd__patterns_of(ex, id)) patterns_back(ex, id, at, y + at, directions + at, channels, false);
        else layer->kind->back(layer, y + at, directions + at, channels);
        for (int32_t c = 0; SRD_WITH_REPORTS && c < channels; ++c)
            after += (double)directions[at + (size_t)c] * (double)y[at + (size_t)c];
        if (SRD_WITH_REPORTS) ex->asked.report.head_bias += before - after;
    }
}

static bool is_zero(const float *g, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) {
        if (g[c] != 0.0f) return false;
    }
    return true;
}

void srd__head(srd_explainer *ex, srd__bound *bound)
{
    const float *const directions = srd__question_store(ex, bound->segment->layer, SRD__STORE_DIRECTION);
    uint8_t *const mixed = (uint8_t *)srd__at(ex, bound->segment->layer, SRD__STORE_MIXED);

    if (mixed != NULL) memset(mixed, 0, (size_t)bound->positions);
    for (int32_t p = 0; p < bound->positions; ++p) {
        const float *const g = directions + (size_t)p * (size_t)bound->shape.c;
        const bool mixes = srd__mixes(ex, bound, p);

        if (is_zero(g, bound->shape.c)) continue; /* most tokens of a transformer, most positions of a mask */
        if (mixed != NULL) mixed[p] = mixes;
        if (mixes) {
            mix(ex, bound, p, g);
        } else {
            pass(ex, bound, p, g, -1, &ex->asked.report.head_bias);
            if (SRD_WITH_REPORTS) ex->asked.report.head_bias += bias_of(ex, bound, g);
        }
    }
    srd__channels_head(ex, bound);
}

/* Grad-CAM: every position passes its direction on. */
void srd__head_gradient(srd_explainer *ex, srd__bound *bound, int32_t until)
{
    const float *const directions = srd__question_store(ex, bound->segment->layer, SRD__STORE_DIRECTION);

    double unused = 0.0;

    for (int32_t p = 0; p < bound->positions; ++p) {
        const float *const g = directions + (size_t)p * (size_t)bound->shape.c;

        if (!is_zero(g, bound->shape.c)) pass(ex, bound, p, g, until, &unused);
    }
}

/* An input reached by the direction alone: R = <x, g>. */
void srd__head_source(srd_explainer *ex, int32_t layer)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    const float *x = srd__value(ex, layer);
    const float *g = srd__question_store(ex, layer, SRD__STORE_DIRECTION);
    float *const top = srd__question_store(ex, layer, SRD__STORE_TOP);

    for (int32_t p = 0; p < s->h * s->w; ++p, x += s->c, g += s->c) {
        float sum = 0.0f;

        for (int32_t c = 0; c < s->c; ++c) sum += x[c] * g[c];
        top[p] += sum;
    }
    srd__channels_source(ex, layer);
}
