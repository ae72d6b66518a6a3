/* parallel.h -- the work of one step, shared among the workers. */
#ifndef SRD_EXPLAIN_PARALLEL_H
#define SRD_EXPLAIN_PARALLEL_H

#include "explain/explainer_impl.h"

/* Shares work of one step among the workers: calls task(context, i, worker) for i in [0, count). */
void srd__parallel(srd_explainer *ex, srd_task task, void *context, int32_t count);

#endif
