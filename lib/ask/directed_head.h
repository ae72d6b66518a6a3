/* directed_head.h -- the directed head: a direction walks down from the output. */
#ifndef SRD_ASK_DIRECTED_HEAD_H
#define SRD_ASK_DIRECTED_HEAD_H

#include "explain/explainer_impl.h"

void srd__head_back(srd_explainer *ex, const srd__bound *bound, bool gradient);

void srd__head(srd_explainer *ex, srd__bound *bound);

void srd__head_gradient(srd_explainer *ex, srd__bound *bound, int32_t until);

void srd__head_source(srd_explainer *ex, int32_t layer);

#endif
