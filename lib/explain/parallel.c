/* parallel.c -- the work of one step, shared among the workers by the callback of the host. */
#include "explain/parallel.h"

void srd__parallel(srd_explainer *ex, srd_task task, void *context, int32_t count)
{
    for (int32_t i = 0; i < ex->options.workers; ++i) {
        if (SRD_WITH_REPORTS) {
            ex->scratch[i].special = ex->scratch[i].saturated = 0;
            ex->scratch[i].ratio_error = ex->scratch[i].magnitude = 0.0f;
        }
        ex->scratch[i].given_error = 0.0f;
        ex->scratch[i].broken = 0;
        ex->scratch[i].ready = ex->scratch[i].tile = -1;
    }
    if (ex->options.parallel_for != NULL && count > 1) {
        ex->options.parallel_for(ex->options.parallel_user, task, context, count, ex->options.workers);
    } else {
        for (int32_t i = 0; i < count; ++i) task(context, i, 0);
    }
}
