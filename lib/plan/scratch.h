/* scratch.h -- what every worker has for itself, and the arena that everything is cut from. */
#ifndef SRD_PLAN_SCRATCH_H
#define SRD_PLAN_SCRATCH_H

#include "explain/explainer_impl.h"

/* Finds the size of the scratch and takes the arena; with count_only nothing is taken. The last step of the plan. */
srd_status srd__take_arena(srd_explainer *ex, bool count_only, srd_detail *detail);

#endif
