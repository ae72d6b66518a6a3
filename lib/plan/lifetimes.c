/* lifetimes.c -- from which step to which the numbers of a store are needed: its life, by which arena.c gives it a place. */
#include "plan/lifetimes.h"

void srd__plan_live(srd__store *store, size_t bytes, int32_t first, int32_t last)
{
    if (store->bytes == 0) {
        store->bytes = bytes;
        store->first = first;
        store->last = last;
    }
    store->first = srd__min(store->first, first);
    store->last = srd__max(store->last, last);
}

/* first: when it is written; what a run writes in several steps, or leaves to the next run, is kept from 0 on. */
void srd__plan_keep_from(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes, int32_t first)
{
    srd__store *const s = &ex->plan.nodes[layer].stores[store];

    srd__plan_live(s, bytes, first, 2 * ex->plan.step_count);
    s->kept = SRD__KEPT;
}

void srd__plan_keep(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes)
{
    srd__plan_keep_from(ex, layer, store, bytes, 0);
}

/* What a question reads of a step: it is kept, or the step is done again. */
void srd__plan_hold(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes)
{
    const int32_t step = ex->plan.nodes[layer].step;

    if (srd__recomputes(ex)) srd__plan_live(&ex->plan.nodes[layer].stores[store], bytes, step, step);
    else srd__plan_keep_from(ex, layer, store, bytes, step);
}
