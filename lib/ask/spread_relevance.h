/* spread_relevance.h -- relevance of a segment goes down its paths. */
#ifndef SRD_ASK_SPREAD_RELEVANCE_H
#define SRD_ASK_SPREAD_RELEVANCE_H

#include "explain/explainer_impl.h"

/* Relevance of a segment goes down to its sources, by the ratios that are kept. */
void srd__spread(srd_explainer *ex, srd__bound *bound);

/* Numbers of SRD__STORE_SPREAD that srd__spread() needs for planes on their way, if no ratio is computed again. */
size_t srd__spread_numbers(const srd__bound *bound);

/* Relevance goes down at the positions whose ratios are there: [ratios->first, ratios->end). */
void srd__spread_ratios(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios);

/* Relevance of a segment whose ratios are not kept: they are computed and spread. */
void srd__spread_again(srd_explainer *ex, srd__bound *bound);

#endif
