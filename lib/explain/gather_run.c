/* gather_run.c -- values and winners of a gather layer that keeps them, part by part of its input's channels. */
#include "explain/explainer_impl.h"

#define POSITIONS_PER_TASK 64

typedef struct job {
    srd_explainer *ex;
    const srd__layer *layer;
    srd__gather_io io;
    int32_t first, count;
} job;

static void on_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    const job *const j = (const job *)walk->context;
    srd__gather_io io = j->io;

    (void)position;
    io.source = srd__value(j->ex, layer) + run->channel;
    io.source_stride = j->ex->shapes[layer].c;
    io.channel = run->top;
    io.channels = run->count;
    j->layer->kind->forward(j->layer, &io, j->first, j->count);
}

static void run_positions(void *context, int32_t index, int32_t worker)
{
    job j = *(const job *)context;
    const srd__shape *const out = j.io.out;
    const int32_t positions = out->h * out->w, input = j.layer->inputs[0];
    const srd__run all = { 0, j.ex->shapes[input].c, 1, 0, 0, 1.0f };
    srd__walk walk = srd__walk_begin(j.ex, &j);

    (void)worker;
    j.first = index * POSITIONS_PER_TASK;
    j.count = srd__min(POSITIONS_PER_TASK, positions - j.first);
    walk.stop_at_values = 1;
    walk.on_run = on_part;
    srd__walk_runs(&walk, input, 0, &all);
}

void srd__gather_run(srd_explainer *ex, int32_t layer)
{
    const srd__layer *const l = ex->graph->layers[layer];
    const srd__store *const stores = ex->nodes[layer].stores;
    job j;

    memset(&j, 0, sizeof j);
    j.ex = ex;
    j.layer = l;
    j.io.in = &ex->shapes[l->inputs[0]];
    j.io.out = &ex->shapes[layer];
    j.io.target = srd__value(ex, layer);
    j.io.target_stride = ex->shapes[layer].c;
    j.io.winner = srd__at(ex, layer, SRD__STORE_WINNER);
    j.io.wide = ex->nodes[layer].wide;
    /* Channels of zeros below (zero_channels) belong to no part. */
    memset(j.io.target, 0, stores[SRD__STORE_VALUE].bytes);
    if (j.io.winner != NULL) memset(j.io.winner, 0, stores[SRD__STORE_WINNER].bytes);
    srd__parallel(ex, run_positions, &j,
                  (ex->shapes[layer].h * ex->shapes[layer].w + POSITIONS_PER_TASK - 1) / POSITIONS_PER_TASK);
}
