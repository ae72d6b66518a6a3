/* arena.h -- offsets of all stores. */
#ifndef SRD_PLAN_ARENA_H
#define SRD_PLAN_ARENA_H

#include "explain/explainer_impl.h"

/* Finds the offsets of all stores and the bytes of the regions; ex->plan.too_large if they cannot be addressed. False: no memory. */
bool srd__place_stores(srd_explainer *ex);

/* What runs need of the stores, in nodes[].arrays; false: no memory. */
bool srd__keep_arrays(srd_explainer *ex);

#endif
