/* concat_norm.h -- a batch norm above a concat: slices of channels, each of one source. */
#ifndef SRD_FAST_CONCAT_NORM_H
#define SRD_FAST_CONCAT_NORM_H

#include "explain/explainer_impl.h"

#if SRD_WITH_WHOLE_SUMS
/* the scale of a lane, or ones, [channels] floats in SRD__STORE_PICKS, for it and for identity.c. */
size_t srd__scale_bytes(const srd__bound *bound);

void srd__scale_begin(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);

/* As srd__tile_summed(), for a segment that only scales and shifts. */
bool srd__is_sliced(const srd_explainer *ex, const srd__bound *bound);

bool srd__tile_sliced(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t, float *value,
                      bool norms, bool given, const srd__finish *finish);

#else /* left out of this build */
#define srd__is_sliced(ex, bound) ((void)(ex), false)
#define srd__scale_bytes(bound) ((size_t)0)
#define srd__scale_begin(ex, bound, lane) ((void)0)
#define srd__tile_sliced(ex, bound, s, t, value, norms, given, finish) \
    ((void)(s), (void)(t), (void)(given), (void)(finish), true)
#endif

#endif
