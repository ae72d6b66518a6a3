/* merged_runs.h -- runs of a lane that merges: srd__lane.merges. */
#ifndef SRD_PATHS_MERGED_RUNS_H
#define SRD_PATHS_MERGED_RUNS_H

#include "paths/bound_branch.h"

/*
 * As srd__lane_runs(), but one run for each slot, whose weight is that of all ways together. They are added up in weights,
 * [slots + pad_count], in double: the sum of thousands of small numbers would lose too much in single precision.
 */
#if SRD_WITH_MANY_WAYS
void srd__merged_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, double *weights, int32_t r,
                      int32_t first, int32_t count, srd__on_run on_run, void *context);
#else /* left out of this build: srd__bind_table() refuses such lanes */
static inline void srd__merged_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, double *weights,
                                    int32_t r, int32_t first, int32_t count, srd__on_run on_run, void *context)
{
    (void)ex, (void)bound, (void)lane, (void)weights, (void)r, (void)first, (void)count, (void)on_run, (void)context;
}
#endif

#endif
