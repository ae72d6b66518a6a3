/* run_gather.c -- values and winners of a gather layer that keeps them, part by part of its inputs' channels. */
#include "run/run_gather.h"

#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/bound_branch.h"

#define POSITIONS_PER_TASK 64

typedef struct job {
    srd_explainer *ex;
    const srd__layer *layer;
    srd__gather_io io;
    int32_t first, count;
    srd__operand operands[SRD__MOST_OPERANDS];
    bool pads_zeros; /* channels of zeros below, which belong to no part, have pads that are not 0 */
} job;

static void forward_part(const job *j, const srd__run *run, int32_t layer, int32_t from, int32_t count)
{
    srd__gather_io io = j->io;

    io.source = srd__value(j->ex, layer) + run->channel + from;
    io.source_stride = j->ex->plan.shapes[layer].c;
    io.channel = run->top + from * run->step;
    io.channels = count;
    j->layer->kind->forward(j->layer, &io, j->first, j->count);
}

static void on_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    const job *const j = (const job *)walk->context;

    (void)position;
    if (run->step == 1) {
        forward_part(j, run, layer, 0, run->count);
    } else {
        for (int32_t c = 0; c < run->count; ++c) forward_part(j, run, layer, c, 1);
    }
}

/* Zeros at the task's positions of a store. */
static void clear(const job *j, int32_t store, void *at)
{
    const size_t bytes = srd__bytes_of(j->ex, j->layer->id, store) / (size_t)(j->io.out->h * j->io.out->w);

    if (at != NULL) memset((char *)at + (size_t)j->first * bytes, 0, (size_t)j->count * bytes);
}

#if SRD__PADS
static void count_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    (void)layer, (void)position;
    *(int32_t *)walk->context += run->count;
}

/* Do pads that are not 0 lie around channels that no part has? */
static bool has_padded_zeros(const srd_explainer *ex, const srd__layer *layer)
{
    int32_t channels = 0;
    srd__walk walk = srd__walk_begin(ex, &channels);
    const srd__run all = { .count = ex->plan.shapes[layer->id].c, .step = 1, .weight = 1.0f };

    if (!layer->kind->pads || layer->low == 0.0f) return false;
    walk.stop_at_values = 1;
    walk.on_run = count_part;
    srd__walk_runs(&walk, layer->inputs[0], 0, &all);
    return channels < all.count;
}
#else
static bool has_padded_zeros(const srd_explainer *ex, const srd__layer *layer)
{
    (void)ex, (void)layer;
    return false;
}
#endif

#if SRD__PADS && SRD_WITH_MAXIMUM
static void note_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    (void)run, (void)layer, (void)position;
    *(bool *)walk->context = true;
}

/* The channels of an input that no part has: zeros, which are compared like all others. */
static void forward_zeros(const job *j, int32_t input)
{
    static const float zero = 0.0f;
    srd__gather_io io = j->io;
    bool found;
    srd__walk walk = srd__walk_begin(j->ex, &found);

    io.source = &zero;
    io.source_stride = 0;
    io.channels = 1;
    walk.stop_at_values = 1;
    walk.on_run = note_part;
    for (io.channel = 0; io.channel < io.in->c; ++io.channel) {
        const srd__run one = { .channel = io.channel, .count = 1, .step = 1, .top = io.channel, .weight = 1.0f };

        found = false;
        srd__walk_runs(&walk, input, 0, &one);
        if (!found) j->layer->kind->forward(j->layer, &io, j->first, j->count);
    }
}
#endif

/* All channels as if they were zeros; the parts are written over them. */
static void run_zeros(const job *j, const float *zeros)
{
    srd__gather_io io = j->io;

    io.source = zeros;
    io.source_stride = 0;
    io.channel = 0;
    io.channels = j->io.out->c;
    io.in = &j->ex->plan.shapes[j->layer->inputs[0]];
    j->layer->kind->forward(j->layer, &io, j->first, j->count);
}

static void run_positions(void *context, int32_t index, int32_t worker)
{
    job j = *(const job *)context;
    const srd__shape *const out = j.io.out;
    const int32_t positions = out->h * out->w;
    srd__walk walk = srd__walk_begin(j.ex, &j);

    j.io.broken = &j.ex->plan.scratch[worker].broken;
    j.first = index * POSITIONS_PER_TASK;
    j.count = srd__min(POSITIONS_PER_TASK, positions - j.first);
    /* Channels of zeros below (zero_channels) belong to no part. */
    if (SRD__PADS && j.pads_zeros) run_zeros(&j, j.ex->plan.scratch[worker].zeros);
    else if (SRD_WITH_MAXIMUM && j.layer->kind->begin != NULL) j.layer->kind->begin(j.layer, &j.io, j.first, j.count);
    else clear(&j, SRD__STORE_VALUE, j.io.target);
    if (!SRD__OPERANDS || j.layer->kind->frozen_bytes == NULL) clear(&j, SRD__STORE_WINNER, j.io.winner);
    walk.stop_at_values = 1;
    walk.on_run = on_part;
    if (SRD__OPERANDS && j.layer->kind->freeze != NULL && j.io.winner != NULL)
        j.layer->kind->freeze(j.layer, &j.io, j.first, j.count);
    for (int32_t i = 0; i < j.layer->walked; ++i) {
        const int32_t input = j.layer->inputs[i];
        const srd__run all = { .count = j.ex->plan.shapes[input].c, .step = 1, .weight = 1.0f };

        j.io.in = &j.ex->plan.shapes[input];
        srd__walk_runs(&walk, input, 0, &all);
#if SRD__PADS && SRD_WITH_MAXIMUM
        if (j.layer->kind->begin != NULL) forward_zeros(&j, input);
#endif
        j.io.before += j.io.in->h * j.io.in->w;
    }
}

/* ---- operands ----------------------------------------------------------------------------------------------------------- */

typedef struct copying {
    const srd_explainer *ex;
    float *to;
    int32_t channels, positions;
} copying;

static void copy_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    const copying *const c = (const copying *)walk->context;
    const float *const from = srd__value(c->ex, layer) + run->channel;

    (void)position;
    for (int32_t p = 0; p < c->positions; ++p) {
        for (int32_t k = 0; k < run->count; ++k) {
            c->to[(size_t)p * (size_t)c->channels + (size_t)(run->top + k * run->step)] =
                from[(size_t)p * (size_t)c->ex->plan.shapes[layer].c + (size_t)k];
        }
    }
}

bool srd__operand_is_part(const srd_explainer *ex, const srd__layer *reader, int32_t layer, srd__part *part)
{
    srd__part one = { 0 };

    if (srd__view_parts(ex, layer, false, NULL) != 1) return false;
    (void)srd__view_parts(ex, layer, false, &one);
    if (part != NULL) *part = one;
    if (reader->kind->packed_operands && one.count != ex->plan.shapes[one.layer].c) return false;
    return one.step == 1 && one.count == ex->plan.shapes[layer].c;
}

/* An operand is read where it lies if it is a part of one layer, or else copied together. */
static void bring_operands(job *j, float *copies)
{
    for (int32_t i = j->layer->walked; i < j->layer->input_count; ++i) {
        const int32_t input = j->layer->inputs[i];
        const srd__shape *const s = &j->ex->plan.shapes[input];
        srd__operand *const operand = &j->operands[i - j->layer->walked];
        srd__part part;

        operand->shape = s;
        if (srd__operand_is_part(j->ex, j->layer, input, &part)) {
            operand->x = srd__value(j->ex, part.layer) + part.source;
            operand->stride = j->ex->plan.shapes[part.layer].c;
        } else {
            const srd__run all = { .count = s->c, .step = 1, .weight = 1.0f };
            copying c = { j->ex, copies, s->c, s->h * s->w };
            srd__walk walk = srd__walk_begin(j->ex, &c);

            walk.stop_at_values = 1;
            walk.on_run = copy_part;
            memset(copies, 0, (size_t)c.positions * (size_t)s->c * sizeof *copies);
            srd__walk_runs(&walk, input, 0, &all);
            operand->x = copies;
            operand->stride = s->c;
            copies += (size_t)c.positions * (size_t)s->c;
        }
    }
}

bool srd__gather_run(srd_explainer *ex, int32_t layer)
{
    const srd__layer *const l = ex->plan.graph->layers[layer];
    job j;

    memset(&j, 0, sizeof j);
    j.ex = ex;
    j.layer = l;
    j.io.out = &ex->plan.shapes[layer];
    j.io.target = srd__value(ex, layer);
    j.io.target_stride = ex->plan.shapes[layer].c;
    j.io.winner = srd__at(ex, layer, SRD__STORE_WINNER);
    j.io.wide = ex->plan.nodes[layer].wide;
    j.io.operands = j.operands;
    j.io.kernels = ex->plan.kernels;
    j.pads_zeros = has_padded_zeros(ex, l);
    if (SRD__OPERANDS) bring_operands(&j, (float *)srd__at(ex, layer, SRD__STORE_OPERAND));
    if (SRD__OPERANDS && j.io.winner != NULL && l->kind->frozen_bytes != NULL)
        memset(j.io.winner, 0, srd__bytes_of(ex, layer, SRD__STORE_WINNER));
    srd__parallel(ex, run_positions, &j,
                  (ex->plan.shapes[layer].h * ex->plan.shapes[layer].w + POSITIONS_PER_TASK - 1) / POSITIONS_PER_TASK);
    for (int32_t i = 0; i < ex->plan.options.workers; ++i) {
        if (ex->plan.scratch[i].broken) return false;
    }
    return true;
}
