/*
 * question_needs.c -- what must be kept for questions, and what they have on their way: of the directed head, of Grad-CAM, of maps per
 * channel.
 */
#include "plan/question_needs.h"

#include "explain/fast_case.h"
#include "paths/source_count.h"
#include "plan/lifetimes.h"
#include "run/channel_ratios.h"
#include "tiles/position_ratios.h"

/* ---- the head ------------------------------------------------------------------------------------------------------------- */

static void keep_winners(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (layer->site) return;
    if (layer->kind->selects && !srd__recomputes(ex)) ex->plan.nodes[id].stores[SRD__STORE_WINNER].kept = SRD__KEPT;
    for (int32_t i = 0; i < layer->walked; ++i) keep_winners(ex, layer->inputs[i]);
}

/* The layers that a view reads from keep their values; constants have theirs for ever. */
static void keep_value(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (srd__is_constant(layer)) return;
    if (layer->site || srd__has_values(layer->kind)) {
        srd__plan_hold(ex, id, SRD__STORE_VALUE, srd__value_bytes(ex, id));
        return;
    }
    for (int32_t i = 0; i < layer->walked; ++i) keep_value(ex, layer->inputs[i]);
}

/* What a question reads from a lane again: what its gather layers froze, values in place, constants. */
static void keep_lane(srd_explainer *ex, const srd__lane *lane)
{
    keep_winners(ex, lane->branch->root);
    if (srd__is_added_constant(lane)) keep_value(ex, lane->branch->root);
    for (int32_t k = 0; lane->in_place && k < lane->part_count; ++k) keep_value(ex, lane->parts[k].layer);
}

/* A fully connected layer: contributions are kept where that is far less than its weights, which a question would read again. */
static void keep_contributions(srd_explainer *ex, const srd__bound *bound)
{
    const uint64_t numbers = (uint64_t)bound->paths * (uint64_t)bound->shape.c;
    uint64_t weights = 0;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (lane->mixing != NULL) weights += (uint64_t)lane->taps * (uint64_t)lane->grid.c * (uint64_t)bound->shape.c;
    }
    if (!SRD_WITH_SHORTCUTS || bound->positions > 1 || bound->single || !bound->head_mixes || !srd__can_turn(bound) ||
        numbers * 8 > weights)
        return;
    /* A fast case or a shortcut never makes them, or not those of all paths and channels. */
    if (srd__segment_case(bound) != NULL || srd__shortcut_case(bound) != NULL) return;
    srd__plan_hold(ex, bound->segment->layer, SRD__STORE_KEPT_U, srd__bytes(numbers, sizeof(float)));
}

/* A direction that comes down to an input is multiplied by its value after all segments. */
static void keep_input(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (layer->kind->role == SRD__SOURCE && !layer->derived) srd__plan_keep(ex, id, SRD__STORE_VALUE, srd__value_bytes(ex, id));
}

/* A direction can arrive at this segment: what does it do there, and what must be kept for that? */
static void plan_head_segment(srd_explainer *ex, srd__bound *bound, int32_t time)
{
    const srd__fast *const fast = srd__head_case(bound);
    const srd__segment *const segment = bound->segment;

    srd__plan_live(&ex->plan.nodes[segment->layer].stores[SRD__STORE_DIRECTION], srd__value_bytes(ex, segment->layer), time,
                   time);
    srd__find_mixing(ex, bound);
    keep_contributions(ex, bound);
    for (int32_t i = 0; i < segment->branch_count; ++i) keep_lane(ex, &bound->lanes[i]);
    for (int32_t i = 0; i < segment->source_count; ++i) {
        const int32_t source = segment->sources[i];
        const srd__layer *const layer = ex->plan.graph->layers[source];
        srd__store *const stores = ex->plan.nodes[source].stores;

        keep_value(ex, source);
        if (srd__reloads(ex)) keep_input(ex, source);
        if (bound->head_mixes || layer->kind->role == SRD__SOURCE) {
            srd__plan_live(&stores[SRD__STORE_TOP], srd__plane_bytes(ex, source), time,
                           srd__question_time(ex, ex->plan.nodes[source].step));
        }
        if (!bound->head_passes) continue;
        srd__plan_live(&stores[SRD__STORE_DIRECTION], srd__value_bytes(ex, source), time,
                       srd__question_time(ex, ex->plan.nodes[source].step));
        if (layer->kind->role == SRD__POINTWISE) srd__plan_hold(ex, source, SRD__STORE_Y, srd__value_bytes(ex, source));
    }
    if (bound->head_passes && fast != NULL)
        srd__plan_live(&ex->plan.nodes[segment->layer].stores[fast->store], fast->store_bytes(ex, bound), ex->plan.step_count,
                       2 * ex->plan.step_count);
}

/* Directions start at the outputs and go down through segments that pass them on. */
void srd__plan_head(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->plan.graph->output_count; ++i) {
        const int32_t output = ex->plan.graph->outputs[i];
        const int32_t time = srd__question_time(ex, ex->plan.nodes[output].step);

        srd__plan_live(&ex->plan.nodes[output].stores[SRD__STORE_DIRECTION], srd__value_bytes(ex, output), time, time);
        if (srd__reloads(ex)) keep_input(ex, output);
        if (ex->plan.graph->layers[output]->kind->role == SRD__SOURCE) {
            srd__plan_live(&ex->plan.nodes[output].stores[SRD__STORE_TOP], srd__plane_bytes(ex, output), time, time);
        }
    }
    for (int32_t i = ex->plan.bound_count - 1; i >= 0; --i) {
        const int32_t layer = ex->plan.bounds[i].segment->layer;

        if (ex->plan.nodes[layer].stores[SRD__STORE_DIRECTION].bytes == 0) continue;
        plan_head_segment(ex, &ex->plan.bounds[i], srd__question_time(ex, ex->plan.nodes[layer].step));
    }
}

/* ---- what Grad-CAM needs ---------------------------------------------------------------------------------------------------- */

/* Everything between a Grad-CAM layer and the outputs carries a gradient. srd__node_asked.reach marks what leads down to it. */
void srd__plan_gradcam(srd_explainer *ex, int32_t target)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        ex->asked.nodes[id].reach = id == target;
        for (int32_t i = 0; layer->live && i < layer->walked; ++i) /* what is frozen passes no gradient */
            ex->asked.nodes[id].reach |= ex->asked.nodes[layer->inputs[i]].reach;
    }
    keep_value(ex, target);
    for (int32_t i = 0; i < ex->plan.bound_count; ++i) {
        const srd__segment *const segment = ex->plan.bounds[i].segment;
        const int32_t time = srd__question_time(ex, ex->plan.nodes[segment->layer].step);

        if (!ex->asked.nodes[segment->layer].reach || segment->layer == target) continue;
        srd__plan_live(&ex->plan.nodes[segment->layer].stores[SRD__STORE_DIRECTION], srd__value_bytes(ex, segment->layer), time,
                       time);
        for (int32_t k = 0; k < segment->branch_count; ++k) keep_lane(ex, &ex->plan.bounds[i].lanes[k]);
        for (int32_t k = 0; k < segment->source_count; ++k) {
            const int32_t source = segment->sources[k], own = srd__question_time(ex, ex->plan.nodes[source].step);
            srd__store *const stores = ex->plan.nodes[source].stores;

            if (!ex->asked.nodes[source].reach) continue;
            srd__plan_live(&stores[SRD__STORE_DIRECTION], srd__value_bytes(ex, source), time, own);
            if (source == target) srd__plan_live(&stores[SRD__STORE_TOP], srd__plane_bytes(ex, source), own, own);
            else if (ex->plan.graph->layers[source]->kind->role == SRD__POINTWISE) {
                srd__plan_keep_from(ex, source, SRD__STORE_Y, srd__value_bytes(ex, source), ex->plan.nodes[source].step);
            }
        }
    }
}

/* ---- what maps per channel need ---------------------------------------------------------------------------------------------- */

void srd__plan_channels(srd_explainer *ex, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer, most = srd__channels_most(ex, bound);
    const size_t numbers = (size_t)bound->paths * ((size_t)most + 1) * (size_t)bound->positions;
    const srd__store *const directions = &ex->plan.nodes[layer].stores[SRD__STORE_DIRECTION];

    if (!srd__has_channels(ex, bound)) return;
    if ((uint64_t)bound->paths * ((uint64_t)most + 1) * (uint64_t)bound->positions > SIZE_MAX / 32) {
        ex->plan.too_large = true;
        return;
    }
    srd__plan_keep(ex, layer, SRD__STORE_Y, srd__value_bytes(ex, layer));
    srd__plan_keep(ex, layer, SRD__STORE_CHANNELS, numbers * sizeof(float));
    srd__plan_keep(ex, layer, SRD__STORE_NORMS, numbers * sizeof(double));
    if (directions->bytes > 0) { /* the head can come here */
        srd__plan_keep(ex, layer, SRD__STORE_CHANNELS_HEAD, numbers * sizeof(float));
        srd__plan_keep(ex, layer, SRD__STORE_MIXED, (size_t)bound->positions);
    }
    for (int32_t i = 0; i < bound->segment->source_count; ++i) {
        const int32_t source = bound->segment->sources[i];

        if (!ex->plan.nodes[source].kept_channels) continue;
        for (int32_t store = SRD__STORE_MASKED; store <= SRD__STORE_TOP_CHANNELS; ++store) {
            srd__plan_keep(ex, source, store, srd__value_bytes(ex, source));
        }
        srd__plan_keep(ex, source, SRD__STORE_VALUE, srd__value_bytes(ex, source));
    }
}

/* A direction may come to an input that no segment reads, because it is an output. */
void srd__plan_channels_of_inputs(srd_explainer *ex)
{
    for (int32_t i = 0; SRD_WITH_CHANNEL_MAPS && i < ex->plan.graph->input_count; ++i) {
        const int32_t input = ex->plan.inputs[i];

        if (!ex->plan.nodes[input].kept_channels || ex->plan.nodes[input].stores[SRD__STORE_TOP].bytes == 0) continue;
        srd__plan_keep(ex, input, SRD__STORE_TOP_CHANNELS, srd__value_bytes(ex, input));
        srd__plan_keep(ex, input, SRD__STORE_RELEVANCE_CHANNELS, srd__value_bytes(ex, input));
    }
}
