/* first_conv_sums.h -- ratios of a first convolution with few input channels. */
#ifndef SRD_FAST_FIRST_CONV_SUMS_H
#define SRD_FAST_FIRST_CONV_SUMS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_WHOLE_SUMS
/*
 * few.c: can it do the segment? Bytes of SRD__STORE_PICKS, which srd__few_begin() fills; rows of SRD__TILE_PIXELS floats that it
 * needs of scratch->u. When y of a block lies in scratch->y, srd__few_block() takes it; after the last block srd__few_sums() makes
 * <u, u> (if norms are wanted) and <u, y> of all paths.
 */
bool srd__is_few(const srd__bound *bound);

size_t srd__few_bytes(const srd__bound *bound);

size_t srd__few_rows(const srd__bound *bound);

void srd__few_begin(const srd_explainer *ex, const srd__bound *bound);

void srd__few_block(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t pixels, int32_t first,
                    int32_t count);

void srd__few_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, bool norms);

#else /* left out of this build */
#define srd__is_few(bound) false
#define srd__few_bytes(bound) ((size_t)0)
#define srd__few_rows(bound) ((size_t)0)
#define srd__few_begin(ex, bound) ((void)0)
#define srd__few_block(ex, bound, s, pixels, first, count) ((void)0)
#define srd__few_sums(ex, bound, s, t, norms) ((void)(t))
#endif

#endif
