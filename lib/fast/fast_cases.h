/* fast_cases.h -- the list of fast cases, and which of them a segment takes. */
#ifndef SRD_FAST_FAST_CASES_H
#define SRD_FAST_FAST_CASES_H

#include "explain/fast_case.h"

/* All cases that this build has, in the order in which they are asked; ends with NULL. */
extern const srd__fast *const srd__fast_cases[];

/* Chooses the cases of a segment whose lanes are bound: the first that fits takes each part of the work. */
void srd__choose_fast(const srd_explainer *ex, srd__bound *bound);

#endif
