/* balance.c -- see balance.h. */
#include "ask/balance.h"

#include "explain/image_vectors.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "tiles/branch_panels.h"

#if SRD__LOST_CHECK
#define ROUNDING 5.9604644775390625e-8 /* 2^-24: of a single-precision operation, as a part of its result */
#define RATIO_SUM 1e-4        /* as is_right() of tile_ratios.c: what the sum of ratios may miss before they are mended */
#define HALF 4.8828125e-4     /* 2^-11: of a ratio that is kept as float16 */
#define SPLIT 3.0517578125e-5 /* 2^-15: of a product of split numbers */
#define PLAIN_PRODUCTS 64     /* what the head may lose of sums in which nothing cancels, in roundings */

void srd__balance_begin(srd_explainer *ex)
{
    ex->asked.allowed = 0.0;
    ex->asked.lost_layer = SRD_LAYER_NONE;
    ex->asked.lost_part = 0;
}

/* Notes a loss if it is more than what is allowed. NaN and Inf are found where relevance arrives. */
static void check(srd_explainer *ex, int32_t layer, double lost, double allowed, double arrived)
{
    const double part = fabs(lost) / srd__max(arrived, DBL_MIN) * 1000.0;

    ex->asked.allowed += allowed;
    if (!(fabs(lost) > allowed) || ex->asked.lost_layer != SRD_LAYER_NONE) return;
    ex->asked.lost_layer = layer;
    ex->asked.lost_part = part < 1e9 ? (int32_t)part + 1 : 1000000000; /* rounded up */
}

void srd__balance_top(srd_explainer *ex, double magnitude)
{
    ex->asked.allowed += 4.0 * ROUNDING * magnitude;
}

/* ---- relevance ------------------------------------------------------------------------------------------------------------- */

/* Terms, at most, that one source position gets from a segment. */
static double most_terms(const srd__bound *bound)
{
    double terms = 0.0;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const int32_t hits = lane->table != NULL ? lane->hits : 1;

        if (lane->paths > 0) terms += (double)hits * (lane->branch->flattened ? 1 : lane->taps);
    }
    return terms;
}

/* What the ratios of a position may miss of 1, as a part of the sum of their magnitudes. */
static double ratio_error(const srd_explainer *ex, const srd__bound *bound)
{
    const bool halves = SRD_WITH_RATIOS_FLOAT16 && ex->plan.options.ratios == SRD_RATIOS_FLOAT16;
    const double most = RATIO_SUM + (halves ? HALF : 0.0);
    const bool known =
        bound->notes->given || bound->notes->saturated > 0; /* they need not sum to 1, and it is known how far they do not */

    return known ? (double)bound->notes->ratio_error : srd__min((double)bound->notes->ratio_error, most);
}

void srd__balance_segment(srd_explainer *ex, const srd__bound *bound, const srd__flow *arrived, double passed, double before)
{
    const double terms = most_terms(bound), paths = bound->single ? 0.0 : (double)bound->paths;
    /* Where no position has a path, all is unreached, but was added up all the same. */
    const double flowed = arrived->magnitude * (bound->single ? 1.0 : srd__max((double)bound->notes->magnitude, 1.0));
    const double error = (bound->single ? 0.0 : ratio_error(ex, bound)) + (paths + terms + 2.0) * ROUNDING;
    const double least =
        FLT_MIN * ROUNDING * (double)bound->positions * srd__max((double)bound->paths, 1.0); /* products below that */

    check(ex, bound->segment->layer, arrived->sum - passed, flowed * error + before * terms * ROUNDING + least,
          arrived->magnitude);
}

/* ---- the head ---------------------------------------------------------------------------------------------------------------- */

/* <x, g> over all positions of a layer. */
static void add_product(const srd_explainer *ex, int32_t layer, const float *x, const float *g, srd__flow *flow)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    const size_t n = (size_t)s->c * (size_t)s->h * (size_t)s->w;

    for (size_t i = 0; i < n; ++i) {
        const double product = (double)x[i] * (double)g[i];

        flow->sum += product;
        flow->magnitude += fabs(product);
    }
}

/* First maps and directions at the sources of a segment. */
static void add_sources(srd_explainer *ex, const srd__bound *bound, srd__flow *tops, srd__flow *directions)
{
    for (int32_t i = 0; i < bound->segment->source_count; ++i) {
        const int32_t source = bound->segment->sources[i];

        if (srd__is_touched(ex, source, SRD__STORE_TOP)) {
            double magnitude;

            tops->sum +=
                ex->plan.kernels->plane((const float *)srd__at(ex, source, SRD__STORE_TOP),
                                        (size_t)ex->plan.shapes[source].h * (size_t)ex->plan.shapes[source].w, &magnitude);
            tops->magnitude += magnitude;
        }
        if (srd__is_touched(ex, source, SRD__STORE_DIRECTION))
            add_product(ex, source, srd__value(ex, source), (const float *)srd__at(ex, source, SRD__STORE_DIRECTION),
                        directions);
    }
}

void srd__balance_head_begin(srd_explainer *ex, const srd__bound *bound, srd__ledger *ledger)
{
    const int32_t layer = bound->segment->layer;
    const float *const y = bound->segment->pointwise ? (const float *)srd__at(ex, layer, SRD__STORE_Y) : srd__value(ex, layer);
    const srd__ledger none = { { 0.0, 0.0 }, { 0.0, 0.0 }, { 0.0, 0.0 }, ex->asked.report.head_bias };

    *ledger = none;
    ex->asked.report.head_bias = 0.0; /* of this segment alone, which may be far smaller than what there was */
    add_product(ex, layer, y, (const float *)srd__at(ex, layer, SRD__STORE_DIRECTION), &ledger->arrived);
    add_sources(ex, bound, &ledger->tops, &ledger->directions);
}

/* Sums of magnitudes of what is added for <y, g>. The smallest normal number comes to each product: what is below it is rounded to a
 * multiple of 2^-149, not to a part of itself. */
typedef struct absolute {
    const srd_explainer *ex;
    const float *direction;
    double sum;
} absolute;

static void add_run(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    absolute *const a = (absolute *)context;
    const float *const x =
        layer == SRD__ONES ? NULL
                           : srd__value(a->ex, layer) + (size_t)position * (size_t)a->ex->plan.shapes[layer].c + run->channel;

    for (int32_t c = 0; c < run->count; ++c) {
        a->sum +=
            fabs((double)run->weight * (x != NULL ? (double)x[c] : 1.0) * (double)a->direction[run->top + c * run->step]) +
            (double)FLT_MIN;
    }
}

/* As srd__tap_transpose(), of magnitudes. */
static void turn_magnitudes(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *s,
                            int32_t tap, const float *g)
{
    const srd__layer *const mixing = lane->mixing;
    const float *const scale = srd__scale_of(ex, bound, lane);

    if (mixing == NULL) {
        for (int32_t c = 0; c < lane->grid.c; ++c) s->direction[c] = fabsf(g[c] * (scale != NULL ? scale[c] : 1.0f)) + FLT_MIN;
        return;
    }
    memset(s->direction, 0, (size_t)lane->grid.c * sizeof(float));
    for (int32_t first = 0, count = 0; first < mixing->channels; first += count) {
        const int32_t per_group = mixing->channels / mixing->groups;
        const int32_t channels = lane->branch->flattened ? lane->grid.c : mixing->before;
        float *const to = s->direction + (ptrdiff_t)(first / per_group) * channels;

        count = srd__weights_depthwise(&mixing->weight) ? 1 : srd__min(SRD__PANEL, per_group - first % per_group);
        for (int32_t c = 0; c < channels; c += SRD_PANEL_ROWS) {
            const int32_t rows = srd__min(channels - c, SRD_PANEL_ROWS);
            srd__panel panel = { NULL, 0 };
            float alone = 0.0f;

            if (srd__weights_depthwise(&mixing->weight)) alone = srd__weights_single(&mixing->weight, first, tap);
            else panel = srd__block_panel(lane, s, first, tap, c, rows);
            for (int32_t k = 0; k < rows; ++k) {
                for (int32_t j = 0; j < count; ++j) {
                    const float w = panel.rows != NULL ? panel.rows[k * panel.row + j] : alone;

                    to[c + k] += fabsf(w) * (fabsf((scale != NULL ? scale[first + j] : 1.0f) * g[first + j]) + FLT_MIN);
                }
            }
        }
    }
}

/* The same for all that is added to y of the segment, where the direction is not 0. */
static double magnitude_of(srd_explainer *ex, const srd__bound *bound)
{
    srd__scratch *const s = &ex->plan.scratch[0];
    const float *g = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_DIRECTION);
    absolute a = { ex, s->direction, 0.0 };

    for (int32_t p = 0; p < bound->positions; ++p, g += bound->shape.c) {
        for (int32_t c = 0; c < bound->shape.c; ++c) a.sum += (double)FLT_MIN * (fabs((double)g[c]) + 1.0); /* y itself */
        for (int32_t b = 0; b < bound->segment->bias_count; ++b) {
            for (int32_t c = 0; c < bound->shape.c; ++c) a.sum += fabs((double)srd__bias_of(ex, bound, b)[c] * (double)g[c]);
        }
        for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
            const srd__lane *const lane = &bound->lanes[i];
            const bool number = srd__is_added_constant(lane) && lane->grid.c != bound->shape.c;

            for (int32_t tap = 0; tap < lane->taps; ++tap) {
                const int32_t r = srd__lane_position(bound, lane, p, tap);

                if (r < 0) continue;
                if (number) { /* one for all channels */
                    const srd__part *const part = lane->parts;
                    const float x = srd__value(ex, part->layer)[r * ex->plan.shapes[part->layer].c + part->source];

                    for (int32_t c = 0; c < bound->shape.c; ++c) a.sum += fabs((double)x * (double)g[c]);
                    continue;
                }
                turn_magnitudes(ex, bound, lane, s, tap, g);
                srd__lane_source_runs(ex, bound, lane, r, 0, lane->grid.c, add_run, &a);
            }
        }
    }
    return a.sum;
}

static double products_of(const srd__bound *bound)
{
    double products = (double)bound->segment->bias_count + 8.0;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        products += (double)lane->taps * ((double)lane->grid.c + (double)lane->slots) + 2.0;
    }
    return products + (double)bound->shape.c;
}

void srd__balance_head(srd_explainer *ex, const srd__bound *bound, const srd__ledger *ledger)
{
    srd__flow tops = { 0.0, 0.0 }, directions = { 0.0, 0.0 };
    const double bias = ex->asked.report.head_bias;
    double lost, magnitude, allowed;

    ex->asked.report.head_bias += ledger->bias;
    add_sources(ex, bound, &tops, &directions);
    lost = ledger->arrived.sum - bias - (tops.sum - ledger->tops.sum) - (directions.sum - ledger->directions.sum);
    if (bound->notes->given) { /* y is the host's, and no sum of ours: what that makes is known, and no fault */
        ex->asked.allowed += fabs(lost);
        return;
    }
    magnitude = ledger->arrived.magnitude + fabs(bias) + tops.magnitude + directions.magnitude;
    allowed = PLAIN_PRODUCTS * ROUNDING * magnitude;
    if (fabs(lost) > allowed) { /* terms may have cancelled */
        const double unit =
            2.0 * products_of(bound) * ROUNDING + (srd__kernels_set(ex->plan.kernels) == SRD_KERNELS_AMX ? 2.0 * SPLIT : 0.0);

        allowed += unit * magnitude_of(ex, bound);
    }
    check(ex, bound->segment->layer, lost, allowed, ledger->arrived.magnitude);
}

void srd__balance_source(srd_explainer *ex, int32_t layer, srd__flow *before, bool done)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    double magnitude = 0.0, sum = 0.0;
    srd__flow arrived = { 0.0, 0.0 };

    if (srd__is_touched(ex, layer, SRD__STORE_TOP))
        sum =
            ex->plan.kernels->plane((const float *)srd__at(ex, layer, SRD__STORE_TOP), (size_t)s->h * (size_t)s->w, &magnitude);
    if (!done) {
        before->sum = sum;
        before->magnitude = magnitude;
        return;
    }
    add_product(ex, layer, srd__value(ex, layer), (const float *)srd__at(ex, layer, SRD__STORE_DIRECTION), &arrived);
    check(ex, layer, arrived.sum - (sum - before->sum),
          ((double)s->c + 2.0) * ROUNDING * (arrived.magnitude + before->magnitude + (double)FLT_MIN * (double)(s->h * s->w)),
          arrived.magnitude);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------- */

void srd__balance_end(srd_explainer *ex, bool gradcam)
{
    const double began = srd__balance_sum(ex, gradcam), lost = ex->asked.report.lost;

    if (fabs(lost) > ex->asked.allowed && ex->asked.lost_layer == SRD_LAYER_NONE && ex->asked.broken_layer == SRD_LAYER_NONE) {
        check(ex, ex->plan.graph->outputs[0], lost, ex->asked.allowed, fabs(began));
    }
}
#endif
