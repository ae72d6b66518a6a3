/* branch_scale.h -- the scale of a branch as a vector in SRD__STORE_CASE, for cases whose kernels want one in any case. */
#ifndef SRD_FAST_BRANCH_SCALE_H
#define SRD_FAST_BRANCH_SCALE_H

#include "explain/explainer_impl.h"

/* Bytes of the vector: [channels of y] floats. */
size_t srd__branch_scale_bytes(const srd_explainer *ex, const srd__bound *bound);
/* Fills it: the scale of the lane, or ones. */
void srd__fill_branch_scale(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);

#endif
