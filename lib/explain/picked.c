/*
 * picked.c -- a dense mixing layer W over gather layers that take every channel from one source at most: pools, concats of grids,
 * gates. Where the channels of a position come from is found once, not for every block of output channels, and written down
 * sorted by path,
 *
 *     u_k = sum over the channels c of path k of x_c W[:, c].
 */
#include "explain/explainer_impl.h"

/* Has every channel of the layer one source at most? */
static bool is_single(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->site) return true;
    if (!layer->kind->single) return false;
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (!is_single(graph, layer->inputs[i])) return false;
    }
    return true;
}

/* Of a position: [slots + 1] int32_t, where each slot begins, and up to C picks. */
static size_t record_bytes(const srd__lane *lane)
{
    return ((size_t)lane->slots + 2) * sizeof(int32_t) + (size_t)lane->grid.c * sizeof(srd__pick);
}

bool srd__picks(const srd_explainer *ex, const srd__lane *lane)
{
    /* A store is at most a quarter of the address space (place.c); what would be larger is walked each time. */
    const size_t most = SIZE_MAX / 4 / (size_t)lane->grid.h / (size_t)lane->grid.w;

    return lane->table != NULL && lane->parts == NULL && !lane->collapsed && lane->mixing != NULL &&
           lane->mixing->groups == 1 && lane->bias_path < 0 && record_bytes(lane) <= most &&
           is_single(ex->graph, lane->branch->root);
}

size_t srd__pick_bytes(const srd__bound *bound)
{
    const srd__lane *const lane = bound->picked;

    return (size_t)lane->grid.h * (size_t)lane->grid.w * record_bytes(lane);
}

typedef struct record {
    const srd_explainer *ex;
    int32_t *begins; /* by slot; while picks are placed, begins[slot + 1] is where the next one of the slot goes */
    srd__pick *picks;
} record;

static record record_at(const srd_explainer *ex, const srd__bound *bound, int32_t r)
{
    char *const store = (char *)srd__at(ex, bound->segment->layer, SRD__STORE_PICKS) + (size_t)r * record_bytes(bound->picked);
    record made = { ex, (int32_t *)(void *)store, NULL };

    made.picks = (srd__pick *)(void *)(made.begins + bound->picked->slots + 2);
    return made;
}

static void count_run(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const record *const to = (const record *)context;

    (void)layer, (void)position;
    to->begins[run->slot + 2] += run->count;
}

static void place_run(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const record *const to = (const record *)context;
    const float *const x = srd__value(to->ex, layer) + (size_t)position * (size_t)to->ex->shapes[layer].c + run->channel;

    for (int32_t c = 0; c < run->count; ++c) {
        srd__pick *const pick = &to->picks[to->begins[run->slot + 1]++];

        pick->x = run->weight * x[c];
        pick->row = run->top + c * run->step;
    }
}

typedef struct job {
    const srd_explainer *ex;
    const srd__bound *bound;
    bool plain;
} job;

/* One grid row of a plain lane: a maximum over windows of sites, perhaps several, one behind the other. */
typedef struct plain_row {
    const job *job;
    int32_t row;
    bool place; /* in the second walk; the first counts */
} plain_row;

/* Puts one part of the channels where its slots go on. What is 0 adds nothing and is left out. */
static void part_of_row(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    const plain_row *const t = (const plain_row *)walk->context;
    const srd_explainer *const ex = t->job->ex;
    const srd__lane *const lane = t->job->bound->picked;
    const int32_t root = lane->branch->root, below = ex->slots[ex->graph->layers[root]->inputs[0]];
    const int32_t base = t->job->bound->source_base[srd__source_index(t->job->bound, layer)];
    const ptrdiff_t stride = ex->shapes[layer].c;
    const float *const value = srd__value(ex, layer) + run->channel;

    (void)position;
    for (int32_t r = t->row * lane->grid.w; r < (t->row + 1) * lane->grid.w; ++r) {
        const record to = record_at(ex, t->job->bound, r);
        const uint8_t *const winner =
            (const uint8_t *)srd__at(ex, root, SRD__STORE_WINNER) + (ptrdiff_t)r * lane->grid.c + run->top;
        const int32_t *const sources = lane->table + (ptrdiff_t)r * lane->slots;

        for (int32_t c = 0; c < run->count; ++c) {
            const int32_t slot = winner[c] * below + (int32_t)run->slot;
            const float x = value[(sources[slot] - base) * stride + c];
            int32_t *const next = &to.begins[slot + (t->place ? 1 : 2)];
            srd__pick none, *const pick = t->place && x != 0.0f ? &to.picks[*next] : &none; /* no jump to be guessed */

            *next += x != 0.0f;
            pick->x = x;
            pick->row = run->top + c;
        }
    }
}

static void check_part(srd__walk *walk, const srd__run *run, int32_t layer, int32_t position)
{
    bool *const plain = (bool *)walk->context;

    (void)position;
    if (layer == SRD__ONES || run->value != 0 || run->step != 1 || run->weight != 1.0f) *plain = false;
    else if (!((const srd_explainer *)walk->owner)->graph->layers[layer]->site) *plain = false;
}

/* Views keep positions, so that the parts of position 0 are those of all. */
static void walk_parts(const srd_explainer *ex, int32_t root, void (*on_run)(srd__walk *, const srd__run *, int32_t, int32_t),
                       void *context)
{
    const int32_t input = ex->graph->layers[root]->inputs[0];
    const srd__run all = { .count = ex->shapes[input].c, .step = 1, .weight = 1.0f };
    srd__walk walk = srd__walk_begin(ex, context);

    walk.stop_at_values = walk.note_values = 1;
    walk.on_run = on_run;
    srd__walk_runs(&walk, input, 0, &all);
}

static bool is_plain(const srd_explainer *ex, const srd__lane *lane)
{
    const srd__layer *const root = ex->graph->layers[lane->branch->root];
    bool plain = true;

    if (!root->kind->selects || root->kind->frozen_bytes != NULL || lane->searched || ex->nodes[root->id].wide) return false;
    walk_parts(ex, root->id, check_part, &plain);
    return plain;
}

static void fill_row(void *context, int32_t row, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__lane *const lane = j->bound->picked;
    const int32_t begin = row * lane->grid.w, end = begin + lane->grid.w;
    plain_row of = { j, row, false };

    (void)worker;
    for (int32_t r = begin; r < end; ++r) {
        memset(record_at(j->ex, j->bound, r).begins, 0, ((size_t)lane->slots + 2) * sizeof(int32_t));
    }
    if (j->plain) walk_parts(j->ex, lane->branch->root, part_of_row, &of);
    for (int32_t r = begin; r < end; ++r) {
        record to = record_at(j->ex, j->bound, r);

        if (!j->plain) srd__lane_source_runs(j->ex, j->bound, lane, r, 0, lane->grid.c, count_run, &to);
        for (int32_t slot = 0; slot < lane->slots; ++slot) to.begins[slot + 2] += to.begins[slot + 1];
        if (!j->plain) srd__lane_source_runs(j->ex, j->bound, lane, r, 0, lane->grid.c, place_run, &to);
    }
    of.place = true;
    if (j->plain) walk_parts(j->ex, lane->branch->root, part_of_row, &of);
}

void srd__pick_begin(srd_explainer *ex, const srd__bound *bound)
{
    job j = { ex, bound, is_plain(ex, bound->picked) };

    srd__parallel(ex, fill_row, &j, bound->picked->grid.h);
    ex->picking = bound;
}

void srd__pick_add(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks, int32_t r,
                   int32_t tap, int32_t from, int32_t to, float *u, size_t path_step, size_t block_step)
{
    const srd__lane *const lane = bound->picked;
    const record at = record_at(ex, bound, r);
    const int32_t path = lane->first_path + tap * lane->slots;
    const int32_t low = srd__max(from - path, 0), high = srd__min(to - path, lane->slots);

    ex->kernels->pick(at.picks, at.begins + low, high - low, panels, blocks, u + (size_t)(path + low - from) * path_step,
                      path_step, block_step);
}
