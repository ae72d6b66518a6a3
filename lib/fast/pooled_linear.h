/* pooled_linear.h -- a fully connected layer above a global pool, by its transpose. */
#ifndef SRD_FAST_POOLED_LINEAR_H
#define SRD_FAST_POOLED_LINEAR_H

#include "explain/explainer_impl.h"

#if SRD_WITH_WHOLE_SUMS
/* can it do the segment? y of some blocks without the bias, into scratch->y; ratios from the complete y. */
bool srd__is_turned(const srd__bound *bound);

void srd__turned_y(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t first, int32_t count);

void srd__turned_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const float *y,
                        const srd__ratios *ratios);

#else /* left out of this build */
#define srd__is_turned(bound) false
#define srd__turned_y(ex, bound, s, first, count) ((void)0)
#define srd__turned_ratios(ex, bound, s, y, ratios) ((void)0)
#endif

#endif
