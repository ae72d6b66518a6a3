/* source_count.h -- how many source positions an output position receives from. */
#ifndef SRD_PATHS_SOURCE_COUNT_H
#define SRD_PATHS_SOURCE_COUNT_H

#include "explain/explainer_impl.h"

/* Finds bound->head_mixes and bound->head_passes. */
void srd__find_mixing(const srd_explainer *ex, srd__bound *bound);

/* True if the position receives from more than one source position (METHOD section 6). */
bool srd__mixes(const srd_explainer *ex, const srd__bound *bound, int32_t p);

/* True if any path runs into the position. */
bool srd__reached(const srd__bound *bound, int32_t p);

/* Notes whether some position has no path, and which biases are shared evenly (METHOD section 4). */
void srd__find_unreached(srd__bound *bound);

void srd__bind_even(srd_explainer *ex, srd__bound *bound);

#endif
