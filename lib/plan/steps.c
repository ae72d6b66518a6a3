/*
 * steps.c -- the schedule: which steps a run has, in their order, and which stores each of them makes and reads (what questions need
 * is in question_needs.c, when a store lives in lifetimes.c, where it lies in arena.c). Run with count_only, it is the size query.
 */
#include "plan/steps.h"

#include "ask/spread_relevance.h"
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/inner_types.h"
#include "explain/store.h"
#include "fast/fast_cases.h"
#include "paths/inner_memory.h"
#include "plan/arena.h"
#include "plan/lifetimes.h"
#include "plan/question_needs.h"
#include "plan/scratch.h"
#include "run/run_gather.h"
#include "tiles/ratio_store.h"
#include "tiles/tiling.h"

/* ---- which gather layers have to run ------------------------------------------------------------------------------------ */

/* A reader wants the value of a layer: mark the gather layers that keep values on the way to the sites. */
static void want_value(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (layer->site || srd__has_under_value(ex, id)) return;
    if (srd__has_values(layer->kind)) {
        ex->plan.nodes[id].wanted = 1;
        return;
    }
    for (int32_t i = 0; i < layer->walked; ++i) want_value(ex, layer->inputs[i]);
}

/* A segment's branch walks from a root down to the sites: the winners of the selecting layers on the way are read. */
static void want_winners(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (layer->site) return;
    if (layer->kind->selects) ex->plan.nodes[id].wanted = 1;
    for (int32_t i = 0; i < layer->walked; ++i) want_winners(ex, layer->inputs[i]);
}

/* A lane reads the values of its parts where they lie; those that lie in place are made by their layers' own steps. */
static void want_parts(srd_explainer *ex, const srd__bound *bound)
{
    const srd__fast *const branch = srd__branch_case(bound);

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->part_count; ++k) want_value(ex, lane->parts[k].layer);
    }
    if (branch != NULL && branch->reads != NULL) want_value(ex, branch->reads(ex, bound));
}

/* Readers have higher ids than what they read, so one pass downwards finds everything. */
static void find_wanted(srd_explainer *ex)
{
    const bool forward = ex->plan.options.mode == SRD_MODE_FORWARD;

    for (int32_t id = ex->plan.graph->layer_count - 1; id >= 0; --id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        if (!layer->live) continue;
        if (ex->plan.nodes[id].bound >= 0) {
            const srd__segment *const segment = ex->plan.bounds[ex->plan.nodes[id].bound].segment;

            for (int32_t i = 0; i < segment->branch_count; ++i) {
                if (forward) want_value(ex, segment->branches[i].root);
                else want_winners(ex, segment->branches[i].root);
            }
            want_parts(ex, &ex->plan.bounds[ex->plan.nodes[id].bound]);
        }
        if (SRD__STATISTICS && ex->plan.nodes[id].under >= 0) {
            const srd__segment *const segment = ex->plan.bounds[ex->plan.nodes[id].under].segment;

            for (int32_t i = 0; i < segment->branch_count; ++i) want_value(ex, segment->branches[i].root);
        }
        if (srd__is_frozen(ex, id)) want_value(ex, layer->inputs[0]);
        for (int32_t i = 0; ex->plan.nodes[id].wanted && i < layer->input_count; ++i) want_value(ex, layer->inputs[i]);
    }
}

/* ---- steps ----------------------------------------------------------------------------------------------------------------- */

static void add_step(srd_explainer *ex, int32_t op, int32_t layer)
{
    if (ex->plan.steps != NULL) {
        ex->plan.steps[ex->plan.step_count].op = op;
        ex->plan.steps[ex->plan.step_count].layer = layer;
        if (op != SRD__STEP_CHANNELS && op != SRD__STEP_INNER)
            ex->plan.nodes[layer].step =
                ex->plan.step_count; /* an output that is a gather layer has two: questions visit the second */
    }
    ex->plan.step_count++;
}

static void list_steps(srd_explainer *ex)
{
    ex->plan.step_count = 0;
    for (int32_t i = 0; i < ex->plan.graph->input_count; ++i) add_step(ex, SRD__STEP_LOAD, ex->plan.inputs[i]);
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        if (!ex->plan.graph->layers[id]->live) continue;
        if (ex->plan.nodes[id].wanted) add_step(ex, SRD__STEP_GATHER, id);
        if (srd__is_frozen(ex, id)) add_step(ex, SRD__STEP_FREEZE, id);
        if (SRD__STATISTICS && ex->plan.nodes[id].under >= 0) add_step(ex, SRD__STEP_UNDER, id);
        if (ex->plan.nodes[id].bound < 0) continue;
        add_step(ex, SRD__STEP_SEGMENT, id);
        if (srd__has_channels(ex, &ex->plan.bounds[ex->plan.nodes[id].bound])) add_step(ex, SRD__STEP_CHANNELS, id);
        if (srd__inner_splits(ex, &ex->plan.bounds[ex->plan.nodes[id].bound])) add_step(ex, SRD__STEP_INNER, id);
    }
}

/* ---- what is kept --------------------------------------------------------------------------------------------------- */

/* ---- lifetimes ------------------------------------------------------------------------------------------------------------- */

/* The value of a layer lives. */
SRD__APART static void live_value(srd_explainer *ex, int32_t id, int32_t first, int32_t last)
{
    srd__plan_live(&ex->plan.nodes[id].stores[SRD__STORE_VALUE], srd__value_bytes(ex, id), first, last);
}

/* Relevance comes to a layer at a time of questions, and stays till they are over: only then maps are copied out. */
SRD__APART static void live_relevance(srd_explainer *ex, int32_t id, int32_t time)
{
    srd__plan_live(&ex->plan.nodes[id].stores[SRD__STORE_RELEVANCE], srd__plane_bytes(ex, id), time, 2 * ex->plan.step_count);
}

static void read_value(srd_explainer *ex, int32_t id, int32_t step)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (srd__is_constant(layer)) return;
    if (layer->site || srd__has_values(layer->kind) || srd__has_under_value(ex, id)) {
        live_value(ex, id, ex->plan.nodes[id].step, step);
        return;
    }
    for (int32_t i = 0; i < layer->walked; ++i) read_value(ex, layer->inputs[i], step);
}

static void read_winners(srd_explainer *ex, int32_t id, int32_t step)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    if (layer->site) return;
    if (layer->kind->selects) srd__plan_live(&ex->plan.nodes[id].stores[SRD__STORE_WINNER], 0, ex->plan.nodes[id].step, step);
    for (int32_t i = 0; i < layer->walked; ++i) read_winners(ex, layer->inputs[i], step);
}

/* Operands that are not simply a part of one layer are copied together. */
static void plan_operands(srd_explainer *ex, const srd__layer *layer, int32_t step)
{
    size_t bytes = 0;

    for (int32_t i = layer->walked; i < layer->input_count; ++i) {
        if (!srd__operand_is_part(ex, layer, layer->inputs[i], NULL)) bytes += srd__value_bytes(ex, layer->inputs[i]);
    }
    if (bytes > 0) srd__plan_live(&ex->plan.nodes[layer->id].stores[SRD__STORE_OPERAND], bytes, step, step);
}

static void plan_gather(srd_explainer *ex, int32_t id, int32_t step)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];
    srd__node *const node = &ex->plan.nodes[id];

    live_value(ex, id, step, step);
    for (int32_t i = 0; i < layer->input_count; ++i) read_value(ex, layer->inputs[i], step);
    if (SRD__OPERANDS) plan_operands(ex, layer, step);
    if (!layer->kind->selects || (ex->plan.options.mode == SRD_MODE_FORWARD && !layer->kind->weighs)) return;
    if (SRD__OPERANDS && layer->kind->frozen_bytes != NULL) {
        srd__plan_live(&node->stores[SRD__STORE_WINNER], layer->kind->frozen_bytes(layer, ex->plan.shapes), step, step);
        return;
    }
    node->wide = srd__is_wide(layer, ex->plan.shapes);
    srd__plan_live(&node->stores[SRD__STORE_WINNER], srd__value_bytes(ex, id) / (node->wide ? 1 : sizeof(float)), step, step);
}

/* What a fast case prepares for a step. */
static void plan_case(srd_explainer *ex, const srd__bound *bound, const srd__fast *fast, int32_t step)
{
    if (fast == NULL || fast->store_bytes == NULL) return;
    if (fast->reads != NULL) read_value(ex, fast->reads(ex, bound), step);
    srd__plan_live(&ex->plan.nodes[bound->segment->layer].stores[fast->store], fast->store_bytes(ex, bound), step, step);
}

/* Maps are copied out when the question is over, because only then is it known to have succeeded: relevance lives till then. */
static void plan_segment(srd_explainer *ex, srd__bound *bound, int32_t step)
{
    const srd__segment *const segment = bound->segment;
    const int32_t time = srd__question_time(ex, step);
    srd__store *const stores = ex->plan.nodes[segment->layer].stores;
    size_t bytes;

    live_value(ex, segment->layer, step, step);
    if (srd__is_black_box(ex->plan.graph->layers[segment->layer])) {
        srd__plan_live(&stores[SRD__STORE_OPERAND], srd__value_bytes(ex, segment->layer), step, step);
    }
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        const bool pooled =
            (srd__segment_case(bound) != NULL && bound->fast->reads_pools) ||
            (srd__shortcut_case(bound) != NULL && bound->fast_shortcut->reads_pools && bound->shortcut == &bound->lanes[i]);

        if (ex->plan.options.mode == SRD_MODE_FORWARD) read_value(ex, segment->branches[i].root, step);
        else read_winners(ex, segment->branches[i].root, step);
        for (int32_t k = 0; k < bound->lanes[i].part_count; ++k) read_value(ex, bound->lanes[i].parts[k].layer, step);
        for (int32_t k = 0; pooled && k < bound->lanes[i].stretch_count; ++k) {
            if (bound->lanes[i].stretches[k].pool >= 0) read_value(ex, bound->lanes[i].stretches[k].pool, step);
        }
    }
    if (ex->plan.options.mode == SRD_MODE_FORWARD) return;
    for (int32_t i = 0; i < segment->source_count; ++i) {
        read_value(ex, segment->sources[i], step);
        live_relevance(ex, segment->sources[i], time);
    }
    live_relevance(ex, segment->layer, time);
#if SRD__PARTS
    if (bound->parts > 1)
        srd__plan_live(&stores[SRD__STORE_PARTS], srd__bytes((uint64_t)bound->parts * srd__part_sums(bound), sizeof(float)),
                       step, step);
#endif
    plan_case(ex, bound, srd__branch_case(bound), step);
    plan_case(ex, bound, srd__segment_case(bound), step);
    plan_case(ex, bound, srd__shortcut_case(bound), step);
    if (bound->single) return;
    bound->spread_numbers = SRD_WITH_SHORTCUTS && !srd__recomputes(ex) ? srd__spread_numbers(bound) : 0;
    if (bound->spread_numbers > 0)
        srd__plan_live(&stores[SRD__STORE_SPREAD], bound->spread_numbers * sizeof(float), time, time);
    bound->band = srd__recomputes(ex) ? srd__band(ex, bound) : bound->units;
    bytes = (size_t)bound->paths * (size_t)srd__band_positions(bound, bound->band) * srd__ratio_bytes(ex);
    bound->streams = !srd__recomputes(ex) && bytes > SRD_STREAM_BYTES / 4; /* a question reads them, long after */
    if (srd__recomputes(ex)) srd__plan_live(&stores[SRD__STORE_RATIO], bytes, time, time);
    else srd__plan_keep_from(ex, segment->layer, SRD__STORE_RATIO, bytes, step);
}

/* The step of inner layers reads what its segment has read, and the pre-activation. */
static void plan_inner_step(srd_explainer *ex, const srd__bound *bound, int32_t step)
{
    const srd__segment *const segment = bound->segment;
    srd__node *const node = &ex->plan.nodes[segment->layer];

    srd__plan_live(&node->stores[SRD__STORE_Y], srd__value_bytes(ex, segment->layer), node->step, step);
    for (int32_t i = 0; i < segment->branch_count; ++i) read_winners(ex, segment->branches[i].root, step);
    for (int32_t i = 0; i < segment->source_count; ++i) read_value(ex, segment->sources[i], step);
}

static void plan_inner_maps(srd_explainer *ex)
{
    for (int32_t i = 0; SRD_WITH_INNER_MAPS && i < ex->plan.inner_count; ++i) {
        const int32_t layer = ex->plan.inners[i].layer, above = ex->plan.bounds[ex->plan.inners[i].bound].segment->layer;

        srd__plan_live(&ex->plan.nodes[layer].stores[SRD__STORE_INNER], srd__plane_bytes(ex, layer),
                       srd__question_time(ex, ex->plan.nodes[above].step), 2 * ex->plan.step_count);
    }
}

/* The vectors of a frozen segment, and the frozen numbers that they are made of. Heads read them in questions. */
static void plan_vectors(srd_explainer *ex, const srd__bound *bound, int32_t step)
{
    const srd__segment *const segment = bound->segment;
    srd__store *const stores = ex->plan.nodes[segment->layer].stores;

    for (int32_t i = 0; SRD__STATISTICS && i < segment->factor_count; ++i) {
        if (srd__is_frozen(ex, segment->factors[i].layer)) {
            srd__plan_live(&ex->plan.nodes[segment->factors[i].layer].stores[SRD__STORE_FROZEN], 0, step, step);
        }
    }
    if (!srd__is_of_image(segment)) return;
    if (srd__vectors_bytes(bound) > SIZE_MAX / 4) ex->plan.too_large = true;
    else srd__plan_live(&stores[SRD__STORE_VECTORS], srd__vectors_bytes(bound), step, step + 1); /* step + 1: of its channels */
    if (stores[SRD__STORE_DIRECTION].bytes > 0 && !srd__recomputes(ex)) stores[SRD__STORE_VECTORS].kept = SRD__KEPT;
}

/* Steps of layers with statistics, and of segments that hold some: see image_statistics.h. After the heads. */
static void plan_frozen(srd_explainer *ex)
{
    for (int32_t i = 0; SRD__STATISTICS && i < ex->plan.step_count; ++i) {
        const int32_t op = ex->plan.steps[i].op, id = ex->plan.steps[i].layer;

        if (op == SRD__STEP_FREEZE) {
            srd__plan_live(&ex->plan.nodes[id].stores[SRD__STORE_FROZEN], srd__frozen_bytes(ex, id), i, i);
            read_value(ex, ex->plan.graph->layers[id]->inputs[0], i);
        } else if (op == SRD__STEP_UNDER) {
            const srd__bound *const bound = &ex->plan.bounds[ex->plan.nodes[id].under];

            live_value(ex, id, i, i);
            for (int32_t k = 0; k < bound->segment->branch_count; ++k) read_value(ex, bound->segment->branches[k].root, i);
            plan_vectors(ex, bound, i);
        } else if (op == SRD__STEP_SEGMENT) {
            plan_vectors(ex, &ex->plan.bounds[ex->plan.nodes[id].bound], i);
        }
    }
}

static void plan_stores(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->plan.step_count; ++i) {
        const int32_t id = ex->plan.steps[i].layer;

        if (ex->plan.steps[i].op == SRD__STEP_LOAD) {
            live_value(ex, id, 0, i); /* all inputs are loaded first */
            if (srd__recomputes(ex) && !srd__reloads(ex)) srd__plan_keep(ex, id, SRD__STORE_VALUE, srd__value_bytes(ex, id));
            live_relevance(ex, id, srd__question_time(ex, i));
        } else if (ex->plan.steps[i].op == SRD__STEP_GATHER) {
            plan_gather(ex, id, i);
        } else if (ex->plan.steps[i].op == SRD__STEP_SEGMENT) {
            plan_segment(ex, &ex->plan.bounds[ex->plan.nodes[id].bound], i);
        } else if (ex->plan.steps[i].op == SRD__STEP_INNER) {
            plan_inner_step(ex, &ex->plan.bounds[ex->plan.nodes[id].bound], i);
        }
    }
    for (int32_t i = ex->plan.graph->input_count; i < ex->plan.source_count; ++i) { /* constants have no step */
        live_relevance(ex, ex->plan.inputs[i], srd__question_time(ex, ex->plan.nodes[ex->plan.inputs[i]].step));
    }
    plan_inner_maps(ex);
    for (int32_t i = 0; i < ex->plan.graph->output_count; ++i) {
        ex->plan.nodes[ex->plan.graph->outputs[i]].kept_value = 1;
        /* The score is taken at the pre-activation. */
        if (ex->plan.graph->layers[ex->plan.graph->outputs[i]]->kind->role == SRD__POINTWISE) {
            srd__plan_keep_from(ex, ex->plan.graph->outputs[i], SRD__STORE_Y, srd__value_bytes(ex, ex->plan.graph->outputs[i]),
                                ex->plan.nodes[ex->plan.graph->outputs[i]].step);
        }
    }
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        if (SRD_WITH_PATTERNS && ex->plan.nodes[id].kept_pattern)
            srd__plan_keep(ex, id, SRD__STORE_PATTERN, srd__value_bytes(ex, id) / sizeof(float));
        if (ex->plan.nodes[id].kept_value && !srd__is_constant(ex->plan.graph->layers[id]))
            srd__plan_keep_from(ex, id, SRD__STORE_VALUE, srd__value_bytes(ex, id), ex->plan.nodes[id].step);
    }
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------ */

/* Stores live only here: what runs need of them is kept at the end. */
static bool borrow_stores(srd_explainer *ex)
{
    const size_t layers = (size_t)ex->plan.graph->layer_count;
    srd__store *const stores = (srd__store *)srd__heap_borrow(&ex->heap, layers, SRD__STORES * sizeof *stores);

    for (size_t id = 0; stores != NULL && id < layers; ++id) ex->plan.nodes[id].stores = stores + id * SRD__STORES;
    return stores != NULL;
}

static void give_stores_back(srd_explainer *ex)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) ex->plan.nodes[id].stores = NULL;
    srd__heap_give_back(&ex->heap, 0);
}

srd_status srd__make_plan(srd_explainer *ex, bool count_only, srd_detail *detail)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) ex->plan.nodes[id].step = -1;
    for (int32_t i = 0; i < ex->plan.bound_count + ex->plan.under_count; ++i) {
        srd__choose_fast(ex, &ex->plan.bounds[i]);
        srd__plan_tiles(&ex->plan.bounds[i], ex->plan.options.workers);
    }
    find_wanted(ex);
    list_steps(ex);
    if (ex->plan.step_count == 0) {
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                         "no output depends on an input: there is nothing to run and nothing to explain");
    }
    ex->plan.steps = (srd__step *)srd__heap_take_array(&ex->heap, (size_t)ex->plan.step_count, sizeof *ex->plan.steps);
    ex->plan.scratch =
        (srd__scratch *)srd__heap_take_array(&ex->heap, (size_t)ex->plan.options.workers, sizeof *ex->plan.scratch);
    if (ex->plan.steps == NULL || ex->plan.scratch == NULL || !borrow_stores(ex)) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for the schedule of an explainer");
    }
    list_steps(ex);
    plan_stores(ex);
    if (ex->plan.options.mode == SRD_MODE_EXPLAIN) srd__plan_head(ex);
    for (int32_t id = 0; SRD_WITH_GRADCAM && ex->plan.options.mode == SRD_MODE_EXPLAIN && id < ex->plan.graph->layer_count;
         ++id) {
        if (ex->plan.nodes[id].kept_gradcam) srd__plan_gradcam(ex, id);
    }
    for (int32_t i = 0; SRD_WITH_CHANNEL_MAPS && i < ex->plan.bound_count; ++i) srd__plan_channels(ex, &ex->plan.bounds[i]);
    if (SRD_WITH_CHANNEL_MAPS) srd__plan_channels_of_inputs(ex);
    plan_frozen(ex);
    if (!srd__place_stores(ex) || !srd__keep_arrays(ex)) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for placing the arrays of an explainer");
    }
    give_stores_back(ex);
    srd__inner_place(ex);
    return srd__take_arena(ex, count_only, detail);
}
