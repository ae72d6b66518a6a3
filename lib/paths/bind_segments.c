/* bind_segments.c -- shapes at the explainer's sizes, and the lanes (branches with their taps and source positions) of all segments. */
#include "paths/bind_segments.h"

#include "explain/image_vectors.h"
#include "paths/bound_branch.h"
#include "paths/channel_spans.h"
#include "paths/flattened_paths.h"
#include "paths/inner_paths.h"
#include "paths/nonzero_pads.h"
#include "paths/source_count.h"
#include "paths/source_table.h"

static srd_status bind_input(srd_explainer *ex, const srd__layer *layer, int32_t number, srd_detail *detail)
{
    srd__shape *const shape = &ex->plan.shapes[layer->id];
    const int32_t *const sizes = ex->plan.options.input_sizes;

    ex->plan.inputs[layer->derived ? ex->plan.graph->input_count + number : number] = layer->id;
    *shape = layer->shape;
    if (layer->derived) return SRD_OK;
    if (sizes != NULL && sizes[2 * number] != 0) shape->h = sizes[2 * number];
    if (sizes != NULL && sizes[2 * number + 1] != 0) shape->w = sizes[2 * number + 1];
    if (shape->h > 0 && shape->w > 0 && shape->h > INT32_MAX / shape->w / 8) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "an input of %d x %d pixels is too large", shape->h,
                         shape->w);
    }
    if (shape->h < 1 || shape->w < 1) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "the input's size is %d x %d; give input_sizes what srd_graph_input() left open", shape->h, shape->w);
    }
    return SRD_OK;
}

/* Values are counted in int32_t and, in bytes, in a quarter of size_t, so that sums of a few cannot overflow. */
static bool fits(const srd__shape *s)
{
    const uint64_t pixels = (uint64_t)s->h * (uint64_t)s->w;

    return pixels <= INT32_MAX / 8 && pixels * (uint64_t)s->c <= INT32_MAX &&
           pixels * (uint64_t)s->c <= SIZE_MAX / 4 / sizeof(float) &&
           (uint64_t)s->c <= SIZE_MAX / 16 / SRD__PANEL / sizeof(float);
}

static srd_status bind_shapes(srd_explainer *ex, srd_detail *detail)
{
    const srd_graph *const graph = ex->plan.graph;
    int32_t inputs = 0, constants = 0;

    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const layer = graph->layers[id];
        srd__shape *const s = &ex->plan.shapes[id];
        srd_status status;

        if (layer->kind->role == SRD__SOURCE) status = bind_input(ex, layer, layer->derived ? constants++ : inputs++, detail);
        else if (layer->live) status = layer->kind->shape(graph, ex->plan.shapes, layer, s, detail);
        else continue;
        if (status != SRD_OK) return status;
        if (!fits(s)) return srd__fail(detail, SRD_ERR_OVERFLOW, id, layer->name, "the layer has too many numbers");
        ex->plan.most_channels = srd__max(ex->plan.most_channels, s->c);
    }
    return SRD_OK;
}

static srd_status bind_slots(srd_explainer *ex, srd_detail *detail)
{
    const srd__walk walk = srd__walk_begin(ex, NULL);

    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];
        int64_t slots = 1;

        if (!layer->live) continue;
        if (layer->kind->role == SRD__GATHER) slots = layer->kind->slot_count(&walk, layer);
        /* Of more, only sets of sources are kept, or they are refused: see source_table.c. */
        ex->plan.slots[id] = (int32_t)srd__min(slots, SRD__MOST_SLOTS + 1);
    }
    (void)detail;
    return SRD_OK;
}

/* ---- lanes ---------------------------------------------------------------------------------------------------------- */

typedef struct uniform {
    const srd__bound *bound;
    srd__lane *lane;
} uniform;

/* One slot per source; a source that is met twice is one path. */
static void on_source(srd__walk *walk, int64_t slot, int32_t site, int32_t position)
{
    const uniform *const u = (const uniform *)walk->context;
    const int32_t base = u->bound->source_base[srd__source_index(u->bound, site)];

    (void)slot, (void)position; /* of position 0 all positions are that, and stand for all */
    for (int32_t i = 0; i < u->lane->slots; ++i) {
        if (u->lane->bases[i] == base) return;
    }
    u->lane->bases[u->lane->slots++] = base;
}

/*
 * Do all paths below a layer stay at their position, also those of which a slice leaves no channel? The channels that are left do where a
 * lane falls into parts. But a pool or an upsample that was sliced out still has its paths (METHOD section 1), which only a table can tell.
 */
static bool keeps_positions(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->site) return true;
    if (srd__has_values(layer->kind) && !layer->kind->in_place) return false;
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (!keeps_positions(graph, layer->inputs[i])) return false;
    }
    return true;
}

/* The slots of a uniform lane: its sources, also one of which a slice leaves no channel (as a candidate that wins none). */
static srd_status bind_sources_of(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    uniform u = { bound, lane };
    srd__walk walk = srd__walk_begin(ex, &u);

    lane->bases = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)bound->segment->source_count, sizeof *lane->bases);
    if (lane->bases == NULL) return SRD_ERR_MEMORY;
    walk.on_path = on_source;
    srd__walk_paths(&walk, lane->branch->root, 0, 0);
    for (int32_t i = 0; i < lane->part_count; ++i) {
        srd__part *const part = &lane->parts[i];
        const int32_t base = bound->source_base[srd__source_index(bound, part->site)];

        while (lane->bases[part->slot] != base) ++part->slot;
        lane->in_place |= part->layer != part->site;
    }
    return SRD_OK;
}

static srd_status bind_uniform(srd_explainer *ex, const srd__bound *bound, srd__lane *lane, bool forward)
{
    lane->parts = (srd__part *)srd__heap_take_array(&ex->heap, (size_t)lane->part_count, sizeof *lane->parts);
    if (lane->parts == NULL) return SRD_ERR_MEMORY;
    (void)srd__view_parts(ex, lane->branch->root, !forward, lane->parts);
    lane->slots = 1;
    if (forward) return SRD_OK;
    lane->slots = 0;
    return bind_sources_of(ex, bound, lane);
}

/* Where a window of one pixel meets the only position of a vector: the output position, or -1. */
static int32_t find_centre(const srd__bound *bound, const srd__window *w)
{
    if (w->top % w->stride_h != 0 || w->left % w->stride_w != 0) return -1;
    return w->top / w->stride_h * bound->shape.w + w->left / w->stride_w;
}

/* Taps: the window of a convolution, the whole grid for a fully connected layer, one pixel without a mixing layer. */
static void bind_window(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    const srd__branch *const branch = lane->branch;

    lane->grid = ex->plan.shapes[branch->root];
    lane->window.kernel_h = lane->window.kernel_w = 1;
    lane->window.stride_h = lane->window.stride_w = 1;
    lane->window.dilation_h = lane->window.dilation_w = 1;
    if (lane->mixing != NULL && branch->flattened) {
        lane->window.kernel_h = lane->grid.h;
        lane->window.kernel_w = lane->grid.w;
        lane->centre = find_centre(bound, &lane->mixing->window);
        for (const srd__lane *l = bound->lanes; l != lane; ++l) {
            if (l->branch->mixing == branch->mixing) lane->column += l->grid.c * l->grid.h * l->grid.w;
        }
    } else if (lane->mixing != NULL) {
        lane->window = lane->mixing->window;
    } else if (srd__is_added_constant(lane)) { /* one row or column of a constant stands for all */
        if (lane->grid.h == 1) lane->window.stride_h = 0;
        if (lane->grid.w == 1) lane->window.stride_w = 0;
    }
    lane->taps = lane->window.kernel_h * lane->window.kernel_w;
}

/* The last lane before whose paths are also those of this one, or NULL. */
static srd__lane *find_twin(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    for (srd__lane *l = bound->lanes; lane->branch->flattened && l != lane; ++l) {
        if (!l->last_twin || l->branch->mixing != lane->branch->mixing) continue;
        if (l->branch->root == lane->branch->root) return l;
        if (l->shared && srd__same_place(ex, l->branch, lane->branch)) return l;
    }
    return NULL;
}

/* Slots, and where they come from. */
static srd_status bind_slots_of(srd_explainer *ex, const srd__bound *bound, srd__lane *lane, const srd__lane *twin)
{
    const bool forward = bound->forward != 0;

    if (SRD__PIECES && twin != NULL && twin->shared) {
        lane->table = twin->table;
        lane->slots = twin->slots;
        lane->shared = lane->searched = 1;
        return SRD_OK;
    }
    lane->shared = SRD__PIECES && !forward && srd__must_share(ex, bound, lane);
    lane->part_count = lane->shared ? -1 : srd__view_parts(ex, lane->branch->root, !forward, NULL);
    if (SRD__SLICES && !forward && !keeps_positions(ex->plan.graph, lane->branch->root)) lane->part_count = -1;
    /* A lane of zeros alone has no part to tell where its paths are. */
    return lane->part_count > 0 || (forward && lane->part_count == 0) ? bind_uniform(ex, bound, lane, forward)
                                                                      : srd__bind_table(ex, bound, lane);
}

/* A constant that is an operand of an add: its value, down to layers that have values, is added to a path that is none. */
static srd_status bind_constant(srd_explainer *ex, srd__bound *bound, srd__lane *lane, srd_detail *detail)
{
    const srd__layer *const root = ex->plan.graph->layers[lane->branch->root];

    bind_window(ex, bound, lane);
    lane->part_count = srd__view_parts(ex, root->id, false, NULL);
    if (lane->grid.c != bound->shape.c && (lane->grid.c != 1 || lane->part_count != 1)) {
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, root->id, root->name,
                         "a constant of %d channels cannot be added to %d channels here", lane->grid.c, bound->shape.c);
    }
    if (bind_uniform(ex, bound, lane, true) != SRD_OK) {
        return srd__fail(detail, SRD_ERR_MEMORY, root->id, root->name, "no memory for a constant that is added");
    }
    lane->collapsed = lane->last_twin = 1;
    lane->span = 1;
    lane->first_path = lane->bias_path = bound->paths++;
    lane->bias_count = 1;
    return SRD_OK;
}

static srd_status bind_lane(srd_explainer *ex, srd__bound *bound, srd__lane *lane, srd_detail *detail)
{
    const bool forward = bound->forward != 0;
    const srd__layer *const top = ex->plan.graph->layers[bound->segment->layer];
    srd__lane *const twin = !SRD__PIECES || forward ? NULL : find_twin(ex, bound, lane);
    srd_status status;
    int64_t paths;

    if (srd__is_added_constant(lane)) return bind_constant(ex, bound, lane, detail);
    lane->mixing = lane->branch->mixing >= 0 ? ex->plan.graph->layers[lane->branch->mixing] : NULL;
    bind_window(ex, bound, lane);
    status = bind_slots_of(ex, bound, lane, twin);
    if (!(SRD_WITH_FLAT_WAYS && SRD_WITH_MANY_WAYS) && status == SRD_ERR_UNSUPPORTED)
        return srd__left_out(detail, top->id, top->name, lane->merges ? "SRD_WITH_MANY_WAYS" : "SRD_WITH_FLAT_WAYS");
    if (status == SRD_OK && !forward) status = srd__bind_pads(ex, bound, lane, twin);
    if (status != SRD_OK) {
        return srd__fail(detail, status, top->id, top->name,
                         status == SRD_ERR_MEMORY        ? "no memory for the paths into this layer"
                         : status == SRD_ERR_UNSUPPORTED ? "more than 7 pads that are not 0 lie below this layer"
                                                         : "too many paths run into this layer");
    }
    lane->collapsed = forward;
    lane->last_twin = 1;
    lane->first_path = bound->paths;
    paths = forward ? 1 : (int64_t)lane->taps * lane->slots;
    if (paths + bound->paths > SRD__MOST_SLOTS ||
        (paths + bound->paths) * bound->positions > (int64_t)srd__min((uint64_t)INT32_MAX, SIZE_MAX / 16)) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, top->id, top->name, "too many paths run into this layer");
    }
    lane->span = (int32_t)paths;
    lane->bias_path = forward ? lane->first_path : -1;
    if (lane->pad_count > 0) {
        lane->bias_path = lane->first_path + lane->span;
        lane->bias_count = lane->pad_count;
        lane->span += lane->pad_count;
    }
    if (twin != NULL) {
        twin->last_twin = 0;
        lane->first_path = twin->first_path;
        lane->bias_path = twin->bias_path;
        return SRD_OK;
    }
    lane->paths = (int32_t)paths;
    bound->paths += lane->span;
    bound->sources += lane->paths;
    return SRD_OK;
}

/* ---- segments ------------------------------------------------------------------------------------------------------- */

static srd_status bind_sources(srd_explainer *ex, srd__bound *bound, srd_detail *detail)
{
    const srd__segment *const segment = bound->segment;
    int64_t base = 0;

    bound->source_base = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)segment->source_count + 1, sizeof(int32_t));
    bound->lanes = (srd__lane *)srd__heap_take_array(&ex->heap, (size_t)segment->branch_count, sizeof *bound->lanes);
    bound->even = (uint8_t *)srd__heap_take(&ex->heap, (size_t)segment->bias_count);
    if (bound->source_base == NULL || bound->lanes == NULL || bound->even == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, segment->layer, NULL, "no memory for the segment of a layer");
    }
    for (int32_t i = 0; i < segment->source_count; ++i) {
        const srd__shape *const s = &ex->plan.shapes[segment->sources[i]];

        bound->source_base[i] = (int32_t)base;
        base += (int64_t)s->h * s->w;
        if (base > INT32_MAX) return srd__fail(detail, SRD_ERR_OVERFLOW, segment->layer, NULL, "too many source positions");
    }
    bound->source_base[segment->source_count] = (int32_t)base;
    return SRD_OK;
}

static srd_status bind_segment(srd_explainer *ex, int32_t index, srd_detail *detail)
{
    srd__bound *const bound = &ex->plan.bounds[index];
    srd_status status;

    bound->forward = ex->plan.options.mode == SRD_MODE_FORWARD || index >= ex->plan.bound_count;
    bound->shape = ex->plan.shapes[bound->segment->top];
    bound->positions = bound->shape.h * bound->shape.w;
    status = bind_sources(ex, bound, detail);
    for (int32_t i = 0; status == SRD_OK && i < bound->segment->branch_count; ++i) {
        bound->lanes[i].branch = &bound->segment->branches[i];
        status = bind_lane(ex, bound, &bound->lanes[i], detail);
        if (status != SRD_OK || bound->forward || srd__is_added_constant(&bound->lanes[i])) continue;
        status = srd__bind_stretches(ex, bound, &bound->lanes[i]);
        if (status != SRD_OK) {
            return srd__fail(detail, status, bound->segment->layer, ex->plan.graph->layers[bound->segment->layer]->name,
                             "no memory for the paths into this layer");
        }
    }
    if (status != SRD_OK) return status;
    bound->single = bound->sources == 1;
    if (bound->forward) return SRD_OK;
    srd__bind_even(ex, bound);
    if (SRD_WITH_REPORTS) srd__find_unreached(bound);
    return SRD_OK;
}

/* Room to mark every source position of the segment that has most, and behind it every position of each gather layer. */
static srd_status take_marks(srd_explainer *ex, srd_detail *detail)
{
    int64_t most = 1;

    for (int32_t i = 0; i < ex->plan.bound_count; ++i) {
        const srd__segment *const segment = ex->plan.bounds[i].segment;
        int64_t positions = 0;

        for (int32_t j = 0; j < segment->source_count; ++j) {
            const srd__shape *const s = &ex->plan.shapes[segment->sources[j]];

            positions += (int64_t)s->h * s->w;
        }
        most = srd__max(most, positions);
    }
    for (int32_t id = 0; id < ex->plan.graph->layer_count && most <= INT32_MAX; ++id) {
        ex->plan.nodes[id].first_mark = (int32_t)most;
        if (ex->plan.graph->layers[id]->live && ex->plan.graph->layers[id]->kind->role == SRD__GATHER) {
            most += (int64_t)ex->plan.shapes[id].h * ex->plan.shapes[id].w;
        }
    }
    if (most > INT32_MAX || !srd__number_flats(ex))
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL, "the network has too many positions");
    ex->plan.marks = (int32_t *)srd__heap_borrow(&ex->heap, (size_t)most, sizeof *ex->plan.marks);
    return ex->plan.marks != NULL ? SRD_OK : srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for marks");
}

/* A black box whose owner does not vouch for ratio 1 cannot be explained. */
static srd_status check_black_boxes(const srd_explainer *ex, srd_detail *detail)
{
    for (int32_t id = 0; ex->plan.options.mode == SRD_MODE_EXPLAIN && id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        if (!layer->live || !srd__is_black_box(layer) || layer->custom->passes) continue;
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, id, layer->name,
                         "a black box without pass: run it with SRD_MODE_FORWARD, or let relevance pass with ratio 1");
    }
    return SRD_OK;
}

srd_status srd__bind(srd_explainer *ex, srd_detail *detail)
{
    const size_t layers = (size_t)ex->plan.graph->layer_count;
    const srd_explainer_options *const o = &ex->plan.options;
    srd_status status;

    ex->plan.recomputes = o->mode == SRD_MODE_EXPLAIN && o->ratios == SRD_RATIOS_RECOMPUTED;

    ex->plan.shapes = (srd__shape *)srd__heap_take_array(&ex->heap, layers, sizeof *ex->plan.shapes);
    ex->plan.slots = (int32_t *)srd__heap_take_array(&ex->heap, layers, sizeof *ex->plan.slots);
    ex->plan.nodes = (srd__node *)srd__heap_take_array(&ex->heap, layers, sizeof *ex->plan.nodes);
    ex->run.nodes = (srd__node_run *)srd__heap_take_array(&ex->heap, layers, sizeof *ex->run.nodes);
    /* Without questions there is nothing to know of them. */
    ex->asked.nodes = (srd__node_asked *)srd__heap_take_array(&ex->heap, ex->plan.options.mode == SRD_MODE_EXPLAIN ? layers : 0,
                                                              sizeof *ex->asked.nodes);
    ex->plan.source_count = ex->plan.graph->input_count + ex->plan.graph->constant_count;
    ex->plan.inputs = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)ex->plan.source_count, sizeof *ex->plan.inputs);
    ex->run.tensors =
        (const srd_tensor **)srd__heap_take_array(&ex->heap, (size_t)ex->plan.graph->input_count, sizeof *ex->run.tensors);
    if (ex->run.tensors == NULL || ex->plan.shapes == NULL || ex->plan.slots == NULL || ex->plan.nodes == NULL ||
        ex->plan.inputs == NULL || ex->run.nodes == NULL || ex->asked.nodes == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for the tables of an explainer");
    }
    for (size_t id = 0; id < layers; ++id) ex->plan.nodes[id].bound = ex->plan.nodes[id].under = -1;
    status = check_black_boxes(ex, detail);
    if (status != SRD_OK) return status;
    status = bind_shapes(ex, detail);
    return status == SRD_OK ? bind_slots(ex, detail) : status;
}

/* Does an explainer make the value of this layer by a segment? */
static bool is_made(const srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->plan.graph->layers[id];

    return layer->segment >= 0 ||
           (SRD_WITH_STARTS && layer->live && ex->plan.nodes[id].kept_start && layer->kind->role != SRD__SOURCE);
}

/* Must the segment be compiled for this explainer? Forward only, one with statistics may end at their values. */
static bool is_extra(const srd_explainer *ex, const srd__layer *layer)
{
    return (SRD_WITH_STARTS && layer->segment < 0) ||
           (SRD__STATISTICS && ex->plan.options.mode == SRD_MODE_FORWARD && ex->plan.graph->segments[layer->segment].frozen);
}

/* Does a layer with statistics read the value of a layer that would have none? */
static bool needs_under(const srd_explainer *ex, int32_t id)
{
    const int32_t input = srd__is_frozen(ex, id) ? ex->plan.graph->layers[id]->inputs[0] : id;
    const srd__layer *const layer = ex->plan.graph->layers[input];

    return input != id && !layer->site && layer->kind->role != SRD__GATHER && !is_made(ex, input);
}

static srd_status compile_extra(srd_explainer *ex, srd__segment *segment, int32_t id, bool cut, srd_detail *detail)
{
    if (srd__segment_compile(ex->plan.graph, &ex->heap, segment, id, cut) == SRD_OK) return SRD_OK;
    return srd__fail(detail, SRD_ERR_MEMORY, id, ex->plan.graph->layers[id]->name, "no memory for the segment of a layer");
}

static srd_status take_segments(srd_explainer *ex, srd__segment **extra, srd_detail *detail)
{
    int32_t extras = 0, bounds = 0;
    srd__notes *notes;

    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const bool made = is_made(ex, id), under = needs_under(ex, id);

        bounds += (int32_t)made + (int32_t)under;
        extras += (int32_t)(made && is_extra(ex, ex->plan.graph->layers[id])) + (int32_t)under;
    }
    ex->plan.bounds = (srd__bound *)srd__heap_take_array(&ex->heap, (size_t)bounds, sizeof *ex->plan.bounds);
    notes = (srd__notes *)srd__heap_take_array(&ex->heap, (size_t)bounds, sizeof *notes);
    *extra = (srd__segment *)srd__heap_take_array(&ex->heap, (size_t)extras, sizeof **extra);
    for (int32_t i = 0; ex->plan.bounds != NULL && i < bounds; ++i) ex->plan.bounds[i].notes = notes + i;
    if (ex->plan.bounds != NULL && notes != NULL && *extra != NULL) return SRD_OK;
    return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for the tables of an explainer");
}

/* The graph's segments, and those of layers where a question may start, in the order of the layers; behind them those of
 * values that layers with statistics read. */
static srd_status list_segments(srd_explainer *ex, srd_detail *detail)
{
    srd__segment *extra = NULL;
    srd_status status = take_segments(ex, &extra, detail);

    for (int32_t id = 0; status == SRD_OK && id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        if (!is_made(ex, id)) continue;
        ex->plan.nodes[id].bound = ex->plan.bound_count;
        ex->plan.bounds[ex->plan.bound_count++].segment =
            is_extra(ex, layer) ? extra : &ex->plan.graph->segments[layer->segment];
        if (is_extra(ex, layer)) status = compile_extra(ex, extra++, id, ex->plan.options.mode == SRD_MODE_FORWARD, detail);
    }
    for (int32_t id = 0; status == SRD_OK && id < ex->plan.graph->layer_count; ++id) {
        const int32_t input = needs_under(ex, id) ? ex->plan.graph->layers[id]->inputs[0] : -1;

        if (input < 0) continue;
        ex->plan.nodes[input].under = ex->plan.bound_count + ex->plan.under_count;
        ex->plan.bounds[ex->plan.nodes[input].under].segment = extra;
        ex->plan.under_count++;
        status = compile_extra(ex, extra++, input, true, detail);
    }
    return status;
}

srd_status srd__bind_segments(srd_explainer *ex, srd_detail *detail)
{
    srd_status status = list_segments(ex, detail);

    if (status == SRD_OK) status = take_marks(ex, detail);
    for (int32_t i = 0; status == SRD_OK && i < ex->plan.bound_count + ex->plan.under_count; ++i)
        status = bind_segment(ex, i, detail);
    if (status == SRD_OK) status = srd__inner_bind(ex, detail);
    srd__heap_give_back(&ex->heap, 0); /* the marks */
    return status;
}
