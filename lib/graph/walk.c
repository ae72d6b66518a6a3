/* walk.c -- one step of a walk from a gather layer down to the sites. */
#include "graph/kind.h"

void srd__walk_paths(srd__walk *walk, int32_t layer, int32_t position, int64_t slot)
{
    const srd__layer *const at = walk->graph->layers[layer];
    const int32_t before = walk->via;

    if (at->site) {
        walk->on_path(walk, slot, layer, position);
        return;
    }
    if (layer == walk->mark) walk->via = position;
    if (walk->enter == NULL || walk->enter(walk, layer, position)) at->kind->paths(walk, at, position, slot);
    walk->via = before;
}

/* Through a layer that keeps its values in place. Apart, so that the copy of the run is not on the stack of other walks. */
SRD__APART static void noted_runs(srd__walk *walk, const srd__layer *at, int32_t position, const srd__run *run)
{
    srd__run noted = *run;

    if (run->value == 0) {
        noted.value = at->id + 1;
        noted.value_channel = run->channel;
        noted.value_top = run->top;
        noted.value_step = run->step;
    }
    srd__walk_runs(walk, at->inputs[0], position, &noted);
}

void srd__walk_runs(srd__walk *walk, int32_t layer, int32_t position, const srd__run *run)
{
    const srd__layer *const at = walk->graph->layers[layer];
    const int32_t before = walk->via;

    if (at->site) {
        walk->on_run(walk, run, layer, position);
    } else if (walk->note_values && at->kind->in_place) {
        noted_runs(walk, at, position, run);
    } else if (walk->stop_at_values && srd__has_values(at->kind)) {
        walk->on_run(walk, run, layer, position);
    } else {
        if (layer == walk->mark) walk->via = position;
        at->kind->runs(walk, at, position, run);
        walk->via = before;
    }
}

bool srd__comes_to(const srd_graph *graph, int32_t from, int32_t layer)
{
    if (from == layer) return true;
    if (from < layer || graph->layers[from]->site) return false; /* layers have higher ids than what they read */
    for (int32_t i = 0; i < graph->layers[from]->walked; ++i) {
        if (srd__comes_to(graph, graph->layers[from]->inputs[i], layer)) return true;
    }
    return false;
}
