/* spread.h -- relevance of a segment goes down its paths. */
#ifndef SRD_ASK_SPREAD_H
#define SRD_ASK_SPREAD_H

#include "explain/explainer_impl.h"

void srd__spread(srd_explainer *ex, srd__bound *bound);

/* Numbers that it needs for planes on their way, if no ratio is computed again. */
size_t srd__spread_numbers(const srd__bound *bound);

/* relevance of the segment at these positions goes down. */
void srd__spread_ratios(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios);

/* Relevance of a segment whose ratios are not kept: they are computed and spread. */
void srd__spread_again(srd_explainer *ex, srd__bound *bound);

#endif
