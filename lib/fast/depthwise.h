/* depthwise.h -- a depthwise convolution, whose y and sums come from one call per tile. */
#ifndef SRD_FAST_DEPTHWISE_H
#define SRD_FAST_DEPTHWISE_H

#include "explain/explainer_impl.h"

void srd__tile_depthwise(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                         int32_t first, int32_t count);

/* Can srd__tile_depthwise() do it? */
bool srd__is_whole_depthwise(const srd__bound *bound);

#if SRD_WITH_WHOLE_SUMS
/*
 * whole.c: can a depthwise segment take its sums as it runs? Bytes of SRD__STORE_PICKS, which srd__summed_begin() fills; y of a tile
 * with its bias into the value, or from it if it is given, and all sums. False if a NaN or Inf appeared.
 */
bool srd__is_summed(const srd__bound *bound);

size_t srd__summed_bytes(const srd__bound *bound);

void srd__summed_begin(const srd_explainer *ex, const srd__bound *bound);

bool srd__tile_summed(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, float *value,
                      bool norms, bool given, const srd__finish *finish);

#else /* left out of this build */
#define srd__is_summed(bound) false
#define srd__summed_bytes(bound) ((size_t)0)
#define srd__summed_begin(ex, bound) ((void)0)
#define srd__tile_summed(ex, bound, s, t, value, norms, given, finish) \
    ((void)(s), (void)(t), (void)(given), (void)(finish), true)
#endif

#endif
