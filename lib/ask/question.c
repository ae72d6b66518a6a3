/* question.c -- a question goes through the segments once, from where it starts down to the inputs, for each image. */
#include "ask/question.h"

#include "ask/balance.h"
#include "ask/channel_maps.h"
#include "ask/directed_head.h"
#include "ask/gradcam.h"
#include "ask/inner_maps.h"
#include "ask/question_types.h"
#include "ask/spread_relevance.h"
#include "ask/target.h"
#include "explain/store.h"
#include "paths/source_count.h"
#include "run/rerun.h"

static int32_t positions_of(const srd_explainer *ex, int32_t layer)
{
    return ex->plan.shapes[layer].h * ex->plan.shapes[layer].w;
}

/* ---- starting ---------------------------------------------------------------------------------------------------------- */

static void start_relevance(srd_explainer *ex, const srd__question *q, int32_t image)
{
    float *const r = srd__question_store(ex, q->start, SRD__STORE_RELEVANCE);
    const int32_t width = ex->plan.shapes[q->start].w, positions = positions_of(ex, q->start);
    float mean = 0.0f;

    if (q->seed == NULL) r[q->row * width + q->column] = 1.0f;
    for (int32_t p = 0; p < positions; ++p) {
        if (q->seed != NULL) {
            r[p] = ((const float *)(const void *)q->seed->data)[srd__map_offset(q->seed, image, width, p)];
        }
        ex->asked.report.score += (double)r[p];
        mean += r[p];
    }
    mean /= (float)positions;
    for (int32_t p = 0; p < positions; ++p) {
        if (q->contrastive && positions > 1) {
            r[p] -= mean;
            ex->asked.report.subtracted += (double)mean;
        }
        ex->asked.report.top += (double)r[p];
#if SRD__LOST_CHECK
        srd__balance_top(ex, (double)fabsf(r[p]) + (double)fabsf(mean));
#endif
    }
}

/* ---- on the way -------------------------------------------------------------------------------------------------------- */

/* The head's map of a layer is complete: contrastive takes its mean away, then it joins the relevance from above. */
static void take_top(srd_explainer *ex, const srd__question *q, int32_t layer)
{
    const float *const top = srd__question_store(ex, layer, SRD__STORE_TOP);
    float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    const int32_t positions = positions_of(ex, layer);
    const bool contrastive =
        SRD_WITH_CONTRASTIVE && q->contrastive && !ex->plan.graph->layers[layer]->derived; /* constants are left alone */
    float mean = 0.0f;

    srd__channels_take_top(ex, layer, contrastive);
    for (int32_t p = 0; contrastive && positions > 1 && p < positions; ++p) mean += top[p] / (float)positions;
    for (int32_t p = 0; p < positions; ++p) {
        r[p] += top[p] - mean;
#if SRD_WITH_REPORTS
        ex->asked.report.top += (double)(top[p] - mean);
        ex->asked.report.subtracted += (double)mean;
#endif
#if SRD__LOST_CHECK
        srd__balance_top(ex, (double)fabsf(r[p]) + (double)fabsf(top[p]) + (double)fabsf(mean));
#endif
    }
}

#if SRD_WITH_REPORTS
/* Sums of the numbers of a plane and of their magnitudes. */
static double sum_plane(srd_explainer *ex, int32_t layer, double *magnitude)
{
    const float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    return ex->plan.kernels->plane(r, (size_t)positions_of(ex, layer), magnitude);
}
#else /* only whether the magnitudes overflow */
static double sum_plane(srd_explainer *ex, int32_t layer, double *magnitude)
{
    const float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);

    for (int32_t p = 0; p < positions_of(ex, layer); ++p) *magnitude += (double)fabsf(r[p]);
    return 0.0;
}
#endif

/* The sum of a layer's relevance; its magnitude is noted. */
static srd__flow sum_and_note(srd_explainer *ex, int32_t layer)
{
    srd__flow flow = { 0.0, 0.0 };

    flow.sum = sum_plane(ex, layer, &flow.magnitude);
    if (SRD_WITH_REPORTS) ex->asked.report.magnitude = srd__max(ex->asked.report.magnitude, flow.magnitude);
    if (!(flow.magnitude <= (double)FLT_MAX)) ex->asked.broken_layer = layer;
    return flow;
}

/* One plane to a map, row by row: pixel maps have one, channel maps of an input one per channel. */
static void write_plane(const srd_explainer *ex, int32_t layer, int32_t image, const float *r, const srd_tensor *map, float *to)
{
    const int32_t width = ex->plan.shapes[layer].w;
    const int64_t step = map->strides[map->rank - 1];

    for (int32_t row = 0; row < ex->plan.shapes[layer].h; ++row) {
        float *const at = to + srd__map_offset(map, image, width, row * width);

        for (int32_t column = 0; column < width; ++column) at[column * step] = r != NULL ? r[row * width + column] : 0.0f;
    }
}

SRD__APART static void write_maps(srd_explainer *ex, const srd__question *q, int32_t image)
{
    for (int32_t i = 0; i < q->count; ++i) {
        const int32_t layer = srd__resolve(ex->plan.graph, q->layers[i]);
        const srd_tensor *const map = q->maps[i];
        const bool channels = SRD_WITH_CHANNEL_MAPS && srd__is_channel_map(ex, layer, map);
        const int32_t inner =
            ex->plan.graph->layers[layer]->site || layer == q->start ? SRD__STORE_RELEVANCE : SRD__STORE_INNER;
        const int32_t store = channels ? SRD__STORE_RELEVANCE_CHANNELS : inner;
        const float *const r = srd__is_touched(ex, layer, store) ? (const float *)srd__at(ex, layer, store) : NULL;

        for (int32_t c = 0; c < (channels ? ex->plan.shapes[layer].c : 1); ++c) {
            write_plane(ex, layer, image, r != NULL ? r + (size_t)c * (size_t)positions_of(ex, layer) : NULL, map,
                        (float *)map->writable + (channels ? c * map->strides[map->rank - 3] : 0));
        }
    }
}

static void spread(srd_explainer *ex, srd__bound *bound)
{
    if (srd__recomputes(ex) && !bound->single) srd__spread_again(ex, bound);
    else srd__spread(ex, bound);
    srd__channels_spread(ex, bound);
    srd__inner_spread(ex, bound);
}

#if SRD_WITH_REPORTS
static srd__flow sources_flow(srd_explainer *ex, const srd__bound *bound)
{
    srd__flow flow = { 0.0, 0.0 };

    for (int32_t i = 0; i < bound->segment->source_count; ++i) {
        const int32_t source = bound->segment->sources[i];
        double magnitude;

        if (!srd__is_touched(ex, source, SRD__STORE_RELEVANCE)) continue; /* 0 */
        flow.sum += sum_plane(ex, source, &magnitude);
        flow.magnitude += magnitude;
    }
    return flow;
}

static void visit_relevance(srd_explainer *ex, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    const float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    const srd__flow before = sources_flow(ex, bound);
    srd__flow arrived = sum_and_note(ex, layer);
    double unreached = 0.0, passed;

    bound->notes->relevance_in += arrived.sum;
    for (int32_t p = 0; bound->has_unreached && p < bound->positions; ++p) {
        if (!srd__reached(bound, p)) unreached += (double)r[p];
    }
    bound->notes->unreached += unreached;
    ex->asked.report.unreached += unreached;
    spread(ex, bound);
    passed = sources_flow(ex, bound).sum - before.sum;
    bound->notes->relevance_out += passed;
#if SRD__LOST_CHECK
    arrived.sum -= unreached;
    srd__balance_segment(ex, bound, &arrived, passed, before.magnitude);
#endif
}
#else
static void visit_relevance(srd_explainer *ex, srd__bound *bound)
{
    (void)sum_and_note(ex, bound->segment->layer);
    spread(ex, bound);
}
#endif

/* Targets at the output that a visit has come to. */
static void start_targets(srd_explainer *ex, const srd__question *q, int32_t image, int32_t layer)
{
    for (int32_t i = 0; i < q->target_count; ++i) {
        if (srd__target_layer(ex, q->targets[i]) == layer) srd__target_start(ex, q->targets[i], image);
    }
}

static void visit_head(srd_explainer *ex, srd__bound *bound)
{
#if SRD__LOST_CHECK
    srd__ledger ledger;

    srd__balance_head_begin(ex, bound, &ledger);
    srd__head(ex, bound);
    srd__balance_head(ex, bound, &ledger);
#else
    srd__head(ex, bound);
#endif
}

/* A direction that has come down to an input. */
static void visit_head_source(srd_explainer *ex, int32_t layer)
{
#if SRD__LOST_CHECK
    srd__flow before;

    srd__balance_source(ex, layer, &before, false);
    srd__head_source(ex, layer);
    srd__balance_source(ex, layer, &before, true);
#else
    srd__head_source(ex, layer);
#endif
}

static void visit_direction(srd_explainer *ex, const srd__question *q, int32_t image, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    const bool gradient = SRD_WITH_GRADCAM && q->rule == SRD__RULE_GRADCAM;

    if (gradient && layer == q->start) { /* Grad-CAM has arrived, unless all that lies above is frozen: then the map is 0 */
        if (srd__is_touched(ex, layer, SRD__STORE_DIRECTION)) srd__gradcam_map(ex, q);
        return;
    }
    if (srd__is_touched(ex, layer, SRD__STORE_DIRECTION)) srd__head_back(ex, bound, gradient);
    start_targets(ex, q, image, layer);
    if (!srd__is_touched(ex, layer, SRD__STORE_DIRECTION)) return;
    if (gradient) srd__head_gradient(ex, bound, q->start);
    else visit_head(ex, bound);
}

SRD__APART static bool is_start(const srd_explainer *ex, const srd__question *q, int32_t layer)
{
    if (q->rule != SRD__RULE_HEAD) return layer == q->start;
    for (int32_t i = 0; i < q->target_count; ++i) {
        if (srd__target_layer(ex, q->targets[i]) == layer) return true;
    }
    return false;
}

static void visit_segment(srd_explainer *ex, const srd__question *q, int32_t image, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    const bool directed = q->rule != SRD__RULE_GIVEN && ex->plan.nodes[layer].which[SRD__STORE_DIRECTION] != 0;

    if (directed && srd__recomputes(ex) && (srd__is_touched(ex, layer, SRD__STORE_DIRECTION) || is_start(ex, q, layer))) {
        ex->asked.again = srd__remake(ex, bound, true);
        if (ex->asked.again != SRD_OK) return;
    }
    if (directed) visit_direction(ex, q, image, bound);
    if (srd__is_touched(ex, layer, SRD__STORE_TOP)) take_top(ex, q, layer);
    if (!srd__is_touched(ex, layer, SRD__STORE_RELEVANCE)) return;
    if (srd__recomputes(ex) && !bound->single) ex->asked.again = srd__remake(ex, bound, false);
    if (!SRD_WITH_RATIOS_RECOMPUTED || ex->asked.again == SRD_OK) visit_relevance(ex, bound);
}

static void visit_source(srd_explainer *ex, const srd__question *q, int32_t image, int32_t layer)
{
    srd__flow arrived;

    start_targets(ex, q, image, layer);
    if (srd__is_touched(ex, layer, SRD__STORE_DIRECTION)) {
        if (q->rule == SRD__RULE_HEAD) visit_head_source(ex, layer);
        else if (SRD_WITH_GRADCAM && q->rule == SRD__RULE_GRADCAM && layer == q->start) srd__gradcam_map(ex, q);
    }
    if (srd__is_touched(ex, layer, SRD__STORE_TOP)) take_top(ex, q, layer);
    if (!srd__is_touched(ex, layer, SRD__STORE_RELEVANCE)) return;
    arrived = sum_and_note(ex, layer);
    if (!SRD_WITH_REPORTS) return;
    ex->asked.nodes[layer].relevance_in += arrived.sum;
    if (ex->plan.graph->layers[layer]->derived) ex->asked.report.at_constants += arrived.sum;
    else ex->asked.report.at_inputs += arrived.sum;
}

/* Layers above a start; layers have higher ids than what they read. */
static void reach_above(srd_explainer *ex, const srd__question *q)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        ex->asked.nodes[id].reach = ex->asked.nodes[id].map_reach = 0;
        for (int32_t i = 0; layer->live && i < layer->input_count; ++i) {
            const int32_t input = layer->inputs[i];
            const uint8_t below =
                is_start(ex, q, input) ? SRD__REACH_ABOVE | SRD__REACH_GRADIENT : ex->asked.nodes[input].reach;

            ex->asked.nodes[id].reach |=
                below & (i < layer->walked ? SRD__REACH_ABOVE | SRD__REACH_GRADIENT : SRD__REACH_ABOVE);
        }
    }
}

void srd__question_reach(srd_explainer *ex, const srd__question *q)
{
    reach_above(ex, q);
    for (int32_t i = ex->plan.bound_count - 1; i >= -ex->plan.source_count; --i) {
        const int32_t layer = i >= 0 ? ex->plan.bounds[i].segment->layer : ex->plan.inputs[-1 - i];
        const srd__bound *const bound = i >= 0 ? &ex->plan.bounds[i] : NULL;
        uint8_t *const reach = &ex->asked.nodes[layer].reach;
        uint8_t to;

        if (is_start(ex, q, layer)) *reach |= q->rule == SRD__RULE_HEAD ? SRD__REACH_DIRECTION : SRD__REACH_RELEVANCE;
        if (bound == NULL) { /* a direction that arrives at an input becomes relevance there */
            if ((*reach & SRD__REACH_DIRECTION) != 0) *reach |= SRD__REACH_RELEVANCE;
            continue;
        }
        to = *reach & SRD__REACH_RELEVANCE;
        if ((*reach & SRD__REACH_DIRECTION) != 0 && bound->head_mixes) to |= SRD__REACH_RELEVANCE;
        if ((*reach & SRD__REACH_DIRECTION) != 0 && bound->head_passes) to |= SRD__REACH_DIRECTION;
        for (int32_t k = 0; k < bound->segment->source_count; ++k) ex->asked.nodes[bound->segment->sources[k]].reach |= to;
        srd__inner_reach(ex, bound, to);
    }
}

static void begin(srd_explainer *ex)
{
#if SRD__LOST_CHECK
    srd__balance_begin(ex);
#endif
#if SRD_WITH_REPORTS
    memset(&ex->asked.report, 0, sizeof ex->asked.report);
    for (int32_t i = 0; i < ex->plan.source_count; ++i) ex->asked.nodes[ex->plan.inputs[i]].relevance_in = 0.0;
    for (int32_t i = 0; i < ex->plan.bound_count; ++i) {
        srd__bound *const bound = &ex->plan.bounds[i];

        bound->notes->relevance_in = bound->notes->relevance_out = bound->notes->unreached = 0.0;
        if (!srd__recomputes(ex) || bound->single) continue;
        bound->notes->special = 0; /* of ratios that this question will compute */
        bound->notes->ratio_error = bound->notes->magnitude = 0.0f;
    }
#else
    (void)ex;
#endif
}

/* What was found out about ratios when they were computed. */
static void report_ratios(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->plan.bound_count; ++i) {
        const srd__bound *const bound = &ex->plan.bounds[i];

        ex->asked.report.largest_ratio_error =
            srd__max(ex->asked.report.largest_ratio_error, (double)bound->notes->ratio_error);
        ex->asked.report.special_positions += bound->notes->special;
        ex->asked.report.saturated_ratios += bound->notes->saturated;
    }
}

static void answer_image(srd_explainer *ex, const srd__question *q, int32_t image)
{
    srd__open_image(ex, image);
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) ex->asked.nodes[id].touched = 0;
    if (SRD_WITH_STARTS && q->rule == SRD__RULE_GIVEN) start_relevance(ex, q, image);
    for (int32_t i = ex->plan.bound_count - 1; i >= 0 && ex->asked.again == SRD_OK; --i)
        visit_segment(ex, q, image, &ex->plan.bounds[i]);
    /* In the order of their times, which the arena relies on: inputs are loaded in the first steps, constants before these. */
    for (int32_t i = ex->plan.graph->input_count - 1; i >= 0; --i) visit_source(ex, q, image, ex->plan.inputs[i]);
    for (int32_t i = ex->plan.graph->input_count; i < ex->plan.source_count; ++i)
        visit_source(ex, q, image, ex->plan.inputs[i]);
    srd__inner_check(ex);
#if SRD__LOST_CHECK
    srd__balance_end(ex, q->rule == SRD__RULE_GRADCAM);
#elif SRD_WITH_REPORTS
    (void)srd__balance_sum(ex, q->rule == SRD__RULE_GRADCAM);
#endif
}

/* Is the answer so far one that may be told? */
static bool is_well(const srd_explainer *ex)
{
    return ex->asked.again == SRD_OK && ex->asked.broken_layer == SRD_LAYER_NONE && ex->asked.stuck_layer == SRD_LAYER_NONE &&
           (!SRD__LOST_CHECK || ex->asked.lost_layer == SRD_LAYER_NONE);
}

static srd_status fail_at(srd_explainer *ex, srd_status status, int32_t layer, const char *text)
{
    return srd__fail(ex->failure, status, layer, ex->plan.graph->layers[layer]->name, text, ex->asked.lost_part);
}

/* Maps are written when all is known to be well: with several images that takes a pass over all of them first. */
srd_status srd__question_run(srd_explainer *ex, const srd__question *q)
{
    ex->asked.has_question = false;
    srd__inner_ask(ex, q->layers, q->count);
    for (int32_t pass = srd__images(ex) > 1 ? 0 : 1; pass < 2; ++pass) {
        begin(ex);
        ex->asked.broken_layer = ex->asked.stuck_layer = SRD_LAYER_NONE;
        ex->asked.again = SRD_OK;
        for (int32_t image = 0; image < srd__images(ex); ++image) {
            answer_image(ex, q, image);
            if (is_well(ex) && pass == 1) write_maps(ex, q, image);
        }
        if (SRD_WITH_RATIOS_RECOMPUTED && ex->asked.again != SRD_OK) return ex->asked.again;
        if (ex->asked.stuck_layer != SRD_LAYER_NONE) {
            return fail_at(ex, SRD_ERR_UNSUPPORTED, ex->asked.stuck_layer,
                           "the direction of the score has to pass here, and this custom layer has no back callback");
        }
        if (ex->asked.broken_layer != SRD_LAYER_NONE)
            return fail_at(ex, SRD_ERR_NUMBER, ex->asked.broken_layer, "the relevance overflows here to NaN or Inf");
        if (SRD__LOST_CHECK && ex->asked.lost_layer != SRD_LAYER_NONE) {
            return fail_at(
                ex, SRD_ERR_INTERNAL, ex->asked.lost_layer,
                "%d thousandths of the relevance that arrived here were lost or made, which rounding does not explain: a "
                "fault of the library; please report the network");
        }
    }
    if (SRD_WITH_REPORTS) report_ratios(ex);
    ex->asked.has_question = true;
    return SRD_OK;
}
