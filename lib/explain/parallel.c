/* parallel.c -- the work of one step, shared among the workers by the callback of the host. */
#include "explain/parallel.h"

void srd__parallel(srd_explainer *ex, srd_task task, void *context, int32_t count)
{
    for (int32_t i = 0; i < ex->plan.options.workers; ++i) {
        if (SRD_WITH_REPORTS) {
            ex->plan.scratch[i].special = ex->plan.scratch[i].saturated = 0;
            ex->plan.scratch[i].ratio_error = ex->plan.scratch[i].magnitude = 0.0f;
        }
        ex->plan.scratch[i].given_error = 0.0f;
        ex->plan.scratch[i].broken = 0;
        ex->plan.scratch[i].ready = ex->plan.scratch[i].tile = -1;
    }
    if (ex->plan.options.parallel_for != NULL && count > 1) {
        ex->plan.options.parallel_for(ex->plan.options.parallel_user, task, context, count, ex->plan.options.workers);
    } else {
        for (int32_t i = 0; i < count; ++i) task(context, i, 0);
    }
}
