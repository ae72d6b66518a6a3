/* rerun.c -- see rerun.h. */
#include "run/rerun.h"

#include "explain/store.h"
#include "run/run.h"

/* ---- what is there -------------------------------------------------------------------------------------------------------- */

/* ---- making it again ------------------------------------------------------------------------------------------------------ */

/* The first step of a store that is not there although it is read at time `last` or later and written before time `first`; -1: none. */
static int32_t missing(srd_explainer *ex, int32_t first, int32_t last)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        for (int32_t i = 0; i < SRD__STORES; ++i) {
            const srd__array *const array = srd__transient_array(ex, id, i);
            const srd__life *const life = array != NULL ? &ex->plan.lives[array - ex->plan.arrays] : NULL;

            if (life == NULL || life->first >= ex->plan.step_count || (ex->run.nodes[id].intact >> i & 1) != 0) continue;
            if (life->first < first && life->last >= last) return life->first;
        }
    }
    return -1;
}

srd_status srd__remake(srd_explainer *ex, const srd__bound *bound, bool own)
{
    const int32_t step = ex->plan.nodes[bound->segment->layer].step, end = own ? step + 1 : step;
    int32_t at = step;
    srd_status status = SRD_OK;

    if (missing(ex, end, step) < 0) return SRD_OK;
    for (int32_t first = missing(ex, at, at); first >= 0; first = missing(ex, at, at)) at = first;
    ex->run.has_run = false;
    for (; status == SRD_OK && at < end; ++at) {
        if (ex->plan.steps[at].op == SRD__STEP_LOAD && !srd__reloads(ex)) continue; /* inputs are kept */
        status = srd__run_op(ex, &ex->plan.steps[at]);
        if (status != SRD_OK) ex->run.nodes[ex->plan.steps[at].layer].intact = 0;
    }
    ex->run.has_run = true;
    return status;
}

/* ---- ratios, spread at once ------------------------------------------------------------------------------------------------ */
