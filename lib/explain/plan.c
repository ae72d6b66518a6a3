/*
 * plan.c -- the schedule and the arena: which steps run, what must be kept for questions, when every store lives, and where
 * it lies. Run with count_only, it is the size query.
 */
#include "explain/channels.h"
#include "explain/frozen.h"
#include "explain/ratio.h"

/* Time at which a question visits the segment of a step: after all forward steps, in reverse order. */
static int32_t question_time(const srd_explainer *ex, int32_t step)
{
    return 2 * ex->step_count - 1 - step;
}

static void live(srd__store *store, size_t bytes, int32_t first, int32_t last)
{
    if (store->bytes == 0) {
        store->bytes = bytes;
        store->first = first;
        store->last = last;
    }
    store->first = srd__min(store->first, first);
    store->last = srd__max(store->last, last);
}

static size_t plane_bytes(const srd_explainer *ex, int32_t layer)
{
    return (size_t)ex->shapes[layer].h * (size_t)ex->shapes[layer].w * sizeof(float);
}

static size_t value_bytes(const srd_explainer *ex, int32_t layer)
{
    return plane_bytes(ex, layer) * (size_t)ex->shapes[layer].c;
}

/* ---- which gather layers have to run ------------------------------------------------------------------------------------ */

/* A reader wants the value of a layer: mark the gather layers that keep values on the way to the sites. */
static void want_value(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->graph->layers[id];

    if (layer->site || srd__has_under_value(ex, id)) return;
    if (layer->kind->keeps) {
        ex->nodes[id].wanted = 1;
        return;
    }
    for (int32_t i = 0; i < layer->input_count; ++i) want_value(ex, layer->inputs[i]);
}

/* A segment's branch walks from a root down to the sites: the winners of the selecting layers on the way are read. */
static void want_winners(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->graph->layers[id];

    if (layer->site) return;
    if (layer->kind->selects) ex->nodes[id].wanted = 1;
    for (int32_t i = 0; i < layer->input_count; ++i) want_winners(ex, layer->inputs[i]);
}

/* Readers have higher ids than what they read, so one pass downwards finds everything. */
static void find_wanted(srd_explainer *ex)
{
    const bool forward = ex->options.mode == SRD_MODE_FORWARD;

    for (int32_t id = ex->graph->layer_count - 1; id >= 0; --id) {
        const srd__layer *const layer = ex->graph->layers[id];

        if (!layer->live) continue;
        if (ex->nodes[id].bound >= 0) {
            const srd__segment *const segment = ex->bounds[ex->nodes[id].bound].segment;

            for (int32_t i = 0; i < segment->branch_count; ++i) {
                if (forward) want_value(ex, segment->branches[i].root);
                else want_winners(ex, segment->branches[i].root);
            }
        }
        if (ex->nodes[id].under >= 0) {
            const srd__segment *const segment = ex->bounds[ex->nodes[id].under].segment;

            for (int32_t i = 0; i < segment->branch_count; ++i) want_value(ex, segment->branches[i].root);
        }
        if (ex->nodes[id].wanted || srd__is_frozen(ex, id)) want_value(ex, layer->inputs[0]);
    }
}

/* ---- steps ----------------------------------------------------------------------------------------------------------------- */

static bool has_channels(const srd_explainer *ex, const srd__bound *bound)
{
    return ex->options.mode == SRD_MODE_EXPLAIN && srd__channels_most(ex, bound) > 0;
}

static void add_step(srd_explainer *ex, int32_t op, int32_t layer)
{
    if (ex->steps != NULL) {
        ex->steps[ex->step_count].op = op;
        ex->steps[ex->step_count].layer = layer;
        if (op != SRD__STEP_CHANNELS)
            ex->nodes[layer].step = ex->step_count; /* an output that is a gather layer has two: questions visit the second */
    }
    ex->step_count++;
}

static void list_steps(srd_explainer *ex)
{
    ex->step_count = 0;
    for (int32_t i = 0; i < ex->graph->input_count; ++i) add_step(ex, SRD__STEP_LOAD, ex->inputs[i]);
    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        if (!ex->graph->layers[id]->live) continue;
        if (ex->nodes[id].wanted) add_step(ex, SRD__STEP_GATHER, id);
        if (srd__is_frozen(ex, id)) add_step(ex, SRD__STEP_FREEZE, id);
        if (ex->nodes[id].under >= 0) add_step(ex, SRD__STEP_UNDER, id);
        if (ex->nodes[id].bound < 0) continue;
        add_step(ex, SRD__STEP_SEGMENT, id);
        if (has_channels(ex, &ex->bounds[ex->nodes[id].bound])) add_step(ex, SRD__STEP_CHANNELS, id);
    }
}

/* ---- what the head needs --------------------------------------------------------------------------------------------------- */

static void keep(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes)
{
    srd__store *const s = &ex->nodes[layer].stores[store];

    live(s, bytes, 0, 0);
    s->kept = 1;
}

static void keep_winners(srd_explainer *ex, int32_t id)
{
    const srd__layer *const layer = ex->graph->layers[id];

    if (layer->site) return;
    if (layer->kind->selects) ex->nodes[id].stores[SRD__STORE_WINNER].kept = 1;
    for (int32_t i = 0; i < layer->input_count; ++i) keep_winners(ex, layer->inputs[i]);
}

/* A direction can arrive at this segment: what does it do there, and what must be kept for that? */
static void plan_head_segment(srd_explainer *ex, srd__bound *bound, int32_t time)
{
    const srd__segment *const segment = bound->segment;

    live(&ex->nodes[segment->layer].stores[SRD__STORE_DIRECTION], value_bytes(ex, segment->layer), time, time);
    for (int32_t p = 0; p < bound->positions; ++p) {
        if (srd__mixes(ex, bound, p)) bound->head_mixes = 1;
        else bound->head_passes = 1;
        if (bound->head_mixes && bound->head_passes) break;
    }
    for (int32_t i = 0; i < segment->branch_count; ++i) keep_winners(ex, segment->branches[i].root);
    for (int32_t i = 0; i < segment->source_count; ++i) {
        const int32_t source = segment->sources[i];
        const srd__layer *const layer = ex->graph->layers[source];
        srd__store *const stores = ex->nodes[source].stores;

        keep(ex, source, SRD__STORE_VALUE, value_bytes(ex, source));
        if (bound->head_mixes || layer->kind->role == SRD__SOURCE) {
            live(&stores[SRD__STORE_TOP], plane_bytes(ex, source), time, question_time(ex, ex->nodes[source].step));
        }
        if (!bound->head_passes) continue;
        live(&stores[SRD__STORE_DIRECTION], value_bytes(ex, source), time, question_time(ex, ex->nodes[source].step));
        if (layer->kind->role == SRD__POINTWISE) keep(ex, source, SRD__STORE_Y, value_bytes(ex, source));
    }
}

/* Directions start at the outputs and go down through segments that pass them on. */
static void plan_head(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->graph->output_count; ++i) {
        const int32_t output = ex->graph->outputs[i];
        const int32_t time = question_time(ex, ex->nodes[output].step);

        live(&ex->nodes[output].stores[SRD__STORE_DIRECTION], value_bytes(ex, output), time, time);
        if (ex->graph->layers[output]->kind->role == SRD__SOURCE) {
            live(&ex->nodes[output].stores[SRD__STORE_TOP], plane_bytes(ex, output), time, time);
        }
    }
    for (int32_t i = ex->bound_count - 1; i >= 0; --i) {
        const int32_t layer = ex->bounds[i].segment->layer;

        if (ex->nodes[layer].stores[SRD__STORE_DIRECTION].bytes == 0) continue;
        plan_head_segment(ex, &ex->bounds[i], question_time(ex, ex->nodes[layer].step));
    }
}

/* ---- what Grad-CAM needs ---------------------------------------------------------------------------------------------------- */

/* Everything between a Grad-CAM layer and the outputs carries a gradient. srd__node.reach marks what leads down to it. */
static void plan_gradcam(srd_explainer *ex, int32_t target)
{
    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        const srd__layer *const layer = ex->graph->layers[id];

        ex->nodes[id].reach = id == target;
        for (int32_t i = 0; layer->live && i < layer->input_count; ++i)
            ex->nodes[id].reach |= ex->nodes[layer->inputs[i]].reach;
    }
    keep(ex, target, SRD__STORE_VALUE, value_bytes(ex, target));
    for (int32_t i = 0; i < ex->bound_count; ++i) {
        const srd__segment *const segment = ex->bounds[i].segment;
        const int32_t time = question_time(ex, ex->nodes[segment->layer].step);

        if (!ex->nodes[segment->layer].reach || segment->layer == target) continue;
        live(&ex->nodes[segment->layer].stores[SRD__STORE_DIRECTION], value_bytes(ex, segment->layer), time, time);
        for (int32_t k = 0; k < segment->branch_count; ++k) keep_winners(ex, segment->branches[k].root);
        for (int32_t k = 0; k < segment->source_count; ++k) {
            const int32_t source = segment->sources[k], own = question_time(ex, ex->nodes[source].step);
            srd__store *const stores = ex->nodes[source].stores;

            if (!ex->nodes[source].reach) continue;
            live(&stores[SRD__STORE_DIRECTION], value_bytes(ex, source), time, own);
            if (source == target) live(&stores[SRD__STORE_TOP], plane_bytes(ex, source), own, own);
            else if (ex->graph->layers[source]->kind->role == SRD__POINTWISE) {
                keep(ex, source, SRD__STORE_Y, value_bytes(ex, source));
            }
        }
    }
}

/* ---- what maps per channel need ---------------------------------------------------------------------------------------------- */

static void plan_channels(srd_explainer *ex, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer, most = srd__channels_most(ex, bound);
    const size_t numbers = (size_t)bound->paths * ((size_t)most + 1) * (size_t)bound->positions;
    const srd__store *const directions = &ex->nodes[layer].stores[SRD__STORE_DIRECTION];

    if (!has_channels(ex, bound)) return;
    if ((uint64_t)bound->paths * ((uint64_t)most + 1) * (uint64_t)bound->positions > SIZE_MAX / 32) {
        ex->too_large = true;
        return;
    }
    keep(ex, layer, SRD__STORE_Y, value_bytes(ex, layer));
    keep(ex, layer, SRD__STORE_CHANNELS, numbers * sizeof(float));
    keep(ex, layer, SRD__STORE_NORMS, numbers * sizeof(double));
    if (directions->bytes > 0) { /* the head can come here */
        keep(ex, layer, SRD__STORE_CHANNELS_HEAD, numbers * sizeof(float));
        keep(ex, layer, SRD__STORE_MIXED, (size_t)bound->positions);
    }
    for (int32_t i = 0; i < bound->segment->source_count; ++i) {
        const int32_t source = bound->segment->sources[i];

        if (!ex->nodes[source].kept_channels) continue;
        for (int32_t store = SRD__STORE_MASKED; store <= SRD__STORE_TOP_CHANNELS; ++store) {
            keep(ex, source, store, value_bytes(ex, source));
        }
        keep(ex, source, SRD__STORE_VALUE, value_bytes(ex, source));
    }
}

/* ---- lifetimes ------------------------------------------------------------------------------------------------------------- */

static void read_value(srd_explainer *ex, int32_t id, int32_t step)
{
    const srd__layer *const layer = ex->graph->layers[id];

    if (layer->site || layer->kind->keeps || srd__has_under_value(ex, id)) {
        live(&ex->nodes[id].stores[SRD__STORE_VALUE], value_bytes(ex, id), ex->nodes[id].step, step);
        return;
    }
    for (int32_t i = 0; i < layer->input_count; ++i) read_value(ex, layer->inputs[i], step);
}

static void read_winners(srd_explainer *ex, int32_t id, int32_t step)
{
    const srd__layer *const layer = ex->graph->layers[id];

    if (layer->site) return;
    if (layer->kind->selects) live(&ex->nodes[id].stores[SRD__STORE_WINNER], 0, ex->nodes[id].step, step);
    for (int32_t i = 0; i < layer->input_count; ++i) read_winners(ex, layer->inputs[i], step);
}

static void plan_gather(srd_explainer *ex, int32_t id, int32_t step)
{
    const srd__layer *const layer = ex->graph->layers[id];
    srd__node *const node = &ex->nodes[id];

    live(&node->stores[SRD__STORE_VALUE], value_bytes(ex, id), step, step);
    read_value(ex, layer->inputs[0], step);
    if (!layer->kind->selects || ex->options.mode == SRD_MODE_FORWARD) return;
    node->wide = layer->window.kernel_h * layer->window.kernel_w > 256;
    live(&node->stores[SRD__STORE_WINNER], value_bytes(ex, id) / (node->wide ? 1 : sizeof(float)), step, step);
}

/* Maps are copied out when the question is over, because only then is it known to have succeeded: relevance lives till then. */
static void plan_segment(srd_explainer *ex, srd__bound *bound, int32_t step)
{
    const srd__segment *const segment = bound->segment;
    const int32_t time = question_time(ex, step);
    srd__store *const stores = ex->nodes[segment->layer].stores;

    live(&stores[SRD__STORE_VALUE], value_bytes(ex, segment->layer), step, step);
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        if (ex->options.mode == SRD_MODE_FORWARD) read_value(ex, segment->branches[i].root, step);
        else read_winners(ex, segment->branches[i].root, step);
    }
    if (ex->options.mode == SRD_MODE_FORWARD) return;
    for (int32_t i = 0; i < segment->source_count; ++i) {
        srd__node *const source = &ex->nodes[segment->sources[i]];

        read_value(ex, segment->sources[i], step);
        live(&source->stores[SRD__STORE_RELEVANCE], plane_bytes(ex, segment->sources[i]), time, 2 * ex->step_count);
    }
    live(&stores[SRD__STORE_RELEVANCE], plane_bytes(ex, segment->layer), time, 2 * ex->step_count);
    if (!bound->single) {
        keep(ex, segment->layer, SRD__STORE_RATIO, (size_t)bound->paths * (size_t)bound->positions * sizeof(float));
    }
}

/* The vectors of a frozen segment, and the frozen numbers that they are made of. Heads read them in questions. */
static void plan_vectors(srd_explainer *ex, const srd__bound *bound, int32_t step)
{
    const srd__segment *const segment = bound->segment;
    srd__store *const stores = ex->nodes[segment->layer].stores;

    for (int32_t i = 0; i < segment->factor_count; ++i) {
        if (srd__is_frozen(ex, segment->factors[i].layer)) {
            live(&ex->nodes[segment->factors[i].layer].stores[SRD__STORE_FROZEN], 0, step, step);
        }
    }
    if (!segment->frozen) return;
    if (srd__vectors_bytes(bound) > SIZE_MAX / 4) ex->too_large = true;
    else live(&stores[SRD__STORE_VECTORS], srd__vectors_bytes(bound), step, step + 1); /* step + 1: of its channels */
    stores[SRD__STORE_VECTORS].kept = stores[SRD__STORE_DIRECTION].bytes > 0;
}

/* Steps of layers with statistics, and of segments that hold some: see frozen.h. After the heads. */
static void plan_frozen(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->step_count; ++i) {
        const int32_t op = ex->steps[i].op, id = ex->steps[i].layer;

        if (op == SRD__STEP_FREEZE) {
            live(&ex->nodes[id].stores[SRD__STORE_FROZEN], srd__frozen_bytes(ex, id), i, i);
            read_value(ex, ex->graph->layers[id]->inputs[0], i);
        } else if (op == SRD__STEP_UNDER) {
            const srd__bound *const bound = &ex->bounds[ex->nodes[id].under];

            live(&ex->nodes[id].stores[SRD__STORE_VALUE], value_bytes(ex, id), i, i);
            for (int32_t k = 0; k < bound->segment->branch_count; ++k) read_value(ex, bound->segment->branches[k].root, i);
            plan_vectors(ex, bound, i);
        } else if (op == SRD__STEP_SEGMENT) {
            plan_vectors(ex, &ex->bounds[ex->nodes[id].bound], i);
        }
    }
}

static void plan_stores(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->step_count; ++i) {
        const int32_t id = ex->steps[i].layer;

        if (ex->steps[i].op == SRD__STEP_LOAD) {
            live(&ex->nodes[id].stores[SRD__STORE_VALUE], value_bytes(ex, id), 0, i); /* all inputs are loaded first */
            live(&ex->nodes[id].stores[SRD__STORE_RELEVANCE], plane_bytes(ex, id), question_time(ex, i), 2 * ex->step_count);
        } else if (ex->steps[i].op == SRD__STEP_GATHER) {
            plan_gather(ex, id, i);
        } else if (ex->steps[i].op == SRD__STEP_SEGMENT) {
            plan_segment(ex, &ex->bounds[ex->nodes[id].bound], i);
        }
    }
    for (int32_t i = 0; i < ex->graph->output_count; ++i) {
        ex->nodes[ex->graph->outputs[i]].kept_value = 1;
        /* The score is taken at the pre-activation. */
        if (ex->graph->layers[ex->graph->outputs[i]]->kind->role == SRD__POINTWISE) {
            keep(ex, ex->graph->outputs[i], SRD__STORE_Y, value_bytes(ex, ex->graph->outputs[i]));
        }
    }
    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        if (ex->nodes[id].kept_pattern) keep(ex, id, SRD__STORE_PATTERN, value_bytes(ex, id) / sizeof(float));
        if (ex->nodes[id].kept_value) keep(ex, id, SRD__STORE_VALUE, value_bytes(ex, id));
    }
}

/* ---- placing --------------------------------------------------------------------------------------------------------------- */

/* Stores by one number: layer * SRD__STORES + store. */
static srd__store *store_at(srd_explainer *ex, int32_t index)
{
    return &ex->nodes[index / SRD__STORES].stores[index % SRD__STORES];
}

/* Lowest offset at which a store fits beside the placed ones that live at the same time; inserts it in offset order. */
static void place(srd_explainer *ex, int32_t index, int32_t *head)
{
    srd__store *const s = store_at(ex, index);
    const size_t size = srd__align(s->bytes);
    int32_t *link = head;
    size_t offset = 0;

    for (int32_t i = *head; i >= 0; i = store_at(ex, i)->next) {
        const srd__store *const other = store_at(ex, i);

        if (other->last < s->first || other->first > s->last) continue;
        if (other->offset >= offset && other->offset - offset >= size) break;
        offset = srd__max(offset, other->offset + srd__align(other->bytes));
    }
    if (offset > SIZE_MAX / 2) ex->too_large = true;
    s->offset = offset;
    while (*link >= 0 && store_at(ex, *link)->offset <= offset) link = &store_at(ex, *link)->next;
    s->next = *link;
    *link = index;
    ex->transient_bytes = srd__max(ex->transient_bytes, offset + size);
}

/* Largest first, which leaves few holes. */
static void place_stores(srd_explainer *ex, int32_t *order)
{
    int32_t count = 0, head = -1;

    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        for (int32_t k = 0; k < SRD__STORES; ++k) {
            srd__store *const s = &ex->nodes[id].stores[k];

            if (s->bytes == 0) continue;
            if (s->kept) {
                if (ex->persistent_bytes > SIZE_MAX / 2) ex->too_large = true; /* each store is at most a quarter: see bind.c */
                else s->offset = ex->persistent_bytes, ex->persistent_bytes += srd__align(s->bytes);
            } else {
                order[count++] = id * SRD__STORES + k;
            }
        }
    }
    for (int32_t i = 1; i < count; ++i) { /* insertion sort: stable, and the order is nearly sorted already */
        const int32_t index = order[i];
        int32_t j = i;

        for (; j > 0 && store_at(ex, order[j - 1])->bytes < store_at(ex, index)->bytes; --j) order[j] = order[j - 1];
        order[j] = index;
    }
    for (int32_t i = 0; i < count; ++i) place(ex, order[i], &head);
}

/* ---- scratch --------------------------------------------------------------------------------------------------------------- */

static void plan_tile(srd__bound *bound)
{
    const int32_t most_paths = SRD_TILE_FLOATS / SRD__PANEL;

    bound->chunk = srd__min(bound->paths, most_paths);
    bound->pixels = srd__min(srd__max(most_paths / bound->paths, 1), SRD__TILE_PIXELS);
}

/* Cuts bytes from the scratch; base NULL: only counts. */
static void *cut(char *base, size_t *used, size_t bytes)
{
    void *const at = base != NULL ? base + *used : NULL;

    *used += srd__align(bytes);
    return at;
}

static size_t cut_scratch(const srd_explainer *ex, srd__scratch *s, char *base)
{
    size_t u = 0, paths = 0, groups = 0, panel = 0, used = 0;
    int32_t most_paths = 0;

    for (int32_t i = 0; i < ex->bound_count + ex->under_count; ++i) {
        const srd__bound *const b = &ex->bounds[i];
        const size_t pixels = (size_t)b->pixels;

        u = srd__max(u, (size_t)b->chunk * pixels);
        paths = srd__max(paths, (size_t)b->paths * pixels);
        most_paths = srd__max(most_paths, b->paths);
        groups = srd__max(groups, (size_t)b->segment->bias_count * pixels);
        for (int32_t k = 0; k < b->segment->branch_count; ++k) {
            if (b->lanes[k].mixing == NULL || b->lanes[k].mixing->weight.packed != NULL) continue;
            panel = srd__max(panel, (size_t)b->lanes[k].grid.c + 1);
        }
    }
    s->u = (float *)cut(base, &used, u * SRD__PANEL * sizeof(float));
    s->y = (float *)cut(base, &used, SRD__TILE_PIXELS * SRD__PANEL * sizeof(float));
    s->uu = (float *)cut(base, &used, paths * sizeof(float));
    s->uy = (float *)cut(base, &used, paths * sizeof(float));
    s->yy = (float *)cut(base, &used, SRD__TILE_PIXELS * sizeof(float));
    s->by = (float *)cut(base, &used, groups * sizeof(float));
    s->norm = (float *)cut(base, &used, (size_t)most_paths * sizeof(float));
    s->share = (float *)cut(base, &used, (size_t)most_paths * sizeof(float));
    s->direction = (float *)cut(base, &used, (size_t)ex->most_channels * sizeof(float));
    s->panel = (float *)cut(base, &used, panel * SRD__PANEL * sizeof(float));
    s->zeros = (float *)cut(base, &used, (size_t)ex->most_channels * sizeof(float));
    s->valid = (uint8_t *)cut(base, &used, paths);
    s->x = (const float **)cut(base, &used, SRD__TILE_PIXELS * sizeof(float *));
    return used;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------- */

static srd_status take_arena(srd_explainer *ex, bool count_only, srd_detail *detail)
{
    srd__scratch probe;
    const size_t batch = (size_t)ex->options.batch, workers = (size_t)ex->options.workers;
    const size_t scratch = cut_scratch(ex, &probe, NULL);
    const size_t most = SIZE_MAX / 4;
    char *arena;

    if (ex->too_large || ex->persistent_bytes > most / batch || scratch > most / workers || ex->transient_bytes > most) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL,
                         "the explainer needs more memory than can be addressed");
    }
    ex->arena_bytes = ex->transient_bytes + ex->persistent_bytes * batch + scratch * workers;
    if (count_only) return SRD_OK;
    arena = (char *)srd__heap_take(&ex->heap, ex->arena_bytes);
    if (arena == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL,
                         "no memory for the explainer: %z bytes, of which %z are its arena",
                         ex->heap.used + srd__align(ex->arena_bytes), ex->arena_bytes);
    }
    ex->transient = arena;
    ex->persistent = arena + ex->transient_bytes;
    for (size_t i = 0; i < workers; ++i) {
        (void)cut_scratch(ex, &ex->scratch[i], ex->persistent + ex->persistent_bytes * batch + i * scratch);
    }
    return SRD_OK;
}

srd_status srd__plan(srd_explainer *ex, bool count_only, srd_detail *detail)
{
    int32_t *order;

    for (int32_t id = 0; id < ex->graph->layer_count; ++id) ex->nodes[id].step = -1;
    for (int32_t i = 0; i < ex->bound_count + ex->under_count; ++i) plan_tile(&ex->bounds[i]);
    find_wanted(ex);
    list_steps(ex);
    ex->steps = (srd__step *)srd__heap_take_array(&ex->heap, (size_t)ex->step_count, sizeof *ex->steps);
    ex->scratch = (srd__scratch *)srd__heap_take_array(&ex->heap, (size_t)ex->options.workers, sizeof *ex->scratch);
    order = (int32_t *)srd__heap_take_array(&ex->heap, (size_t)ex->graph->layer_count * SRD__STORES, sizeof *order);
    if (ex->steps == NULL || ex->scratch == NULL || order == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for the schedule of an explainer");
    }
    list_steps(ex);
    plan_stores(ex);
    if (ex->options.mode == SRD_MODE_EXPLAIN) plan_head(ex);
    for (int32_t id = 0; ex->options.mode == SRD_MODE_EXPLAIN && id < ex->graph->layer_count; ++id) {
        if (ex->nodes[id].kept_gradcam) plan_gradcam(ex, id);
    }
    for (int32_t i = 0; i < ex->bound_count; ++i) plan_channels(ex, &ex->bounds[i]);
    plan_frozen(ex);
    place_stores(ex, order);
    return take_arena(ex, count_only, detail);
}
