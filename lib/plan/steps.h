/* steps.h -- the schedule of an explainer. */
#ifndef SRD_PLAN_STEPS_H
#define SRD_PLAN_STEPS_H

#include "explain/explainer_impl.h"

srd_status srd__make_plan(srd_explainer *ex, bool count_only, srd_detail *detail);

#endif
