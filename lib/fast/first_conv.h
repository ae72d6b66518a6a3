/* first_conv.h -- a first convolution, whose y is added up in double. */
#ifndef SRD_FAST_FIRST_CONV_H
#define SRD_FAST_FIRST_CONV_H

#include "explain/explainer_impl.h"

/* y of the block, without the bias, into scratch->y, and all u, if there is room for all paths and few.c does not do without:
 * for a segment with bound->exact, or with bound->depthwise. */
void srd__tile_exact(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count);

/* What srd__tile_u() does, for a segment with bound->exact. */
void srd__exact_taps(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count, int32_t from, int32_t to);

#endif
