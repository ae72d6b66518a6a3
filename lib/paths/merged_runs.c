/* merged_runs.c -- runs of a lane to whose sources so many ways lead that their weights are added up first. */
#include "paths/merged_runs.h"

#include "paths/nonzero_pads.h"

#if SRD_WITH_MANY_WAYS
/* Weights by slot, and behind them those of pads. */
typedef struct merging {
    const srd__lane *lane;
    double *weights;
    int32_t first, count;
    bool whole; /* every run so far had all channels, and they were the same in the source */
} merging;

static void add_weight(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    merging *const m = (merging *)context;
    const bool ones = layer == SRD__ONES;
    const int32_t slot = ones ? m->lane->slots + srd__pad_index(m->lane, run->slot) : (int32_t)run->slot;

    (void)position;
    m->whole =
        m->whole && run->step == 1 && run->top == m->first && run->count == m->count && (ones || run->channel == m->first);
    m->weights[slot] += (double)run->weight;
}

void srd__merged_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, double *weights, int32_t r,
                      int32_t first, int32_t count, srd__on_run on_run, void *context)
{
    srd__run run = { .channel = first, .count = count, .step = 1, .top = first, .weight = 1.0f };
    merging m = { lane, weights, first, count, true };

    memset(weights, 0, (size_t)(lane->slots + lane->pad_count) * sizeof *weights);
    srd__lane_source_runs(ex, bound, lane, r, first, count, add_weight, &m);
    if (!m.whole) {
        srd__lane_source_runs(ex, bound, lane, r, first, count, on_run, context);
        return;
    }
    for (int32_t slot = 0; slot < lane->slots; ++slot) {
        const int32_t id = srd__path_source(lane, r, slot), source = id < 0 ? 0 : srd__source_of(bound, id);

        run.slot = slot;
        run.weight = (float)weights[slot];
        if (id >= 0) on_run(context, &run, bound->segment->sources[source], id - bound->source_base[source]);
    }
    for (int32_t i = 0; i < lane->pad_count; ++i) {
        run.slot = lane->pads[i];
        run.weight = (float)weights[lane->slots + i];
        if (run.weight != 0.0f) on_run(context, &run, SRD__ONES, 0);
    }
}
#endif
