/* residual.h -- the shortcut of a residual block, which is added to y where it lies. */
#ifndef SRD_FAST_RESIDUAL_H
#define SRD_FAST_RESIDUAL_H

#include "explain/explainer_impl.h"

#if SRD_WITH_WHOLE_SUMS
/*
 * identity.c: a lane that is a shortcut, or NULL; its paths are the first or the last. Its contributions added to y of some blocks,
 * [block][pixel][SRD__PANEL]; with y in the value, their sums (begin: the first position of the unit).
 */
const srd__lane *srd__find_identity(const srd_explainer *ex, const srd__bound *bound);

void srd__add_identity(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t, int32_t first, int32_t count,
                       float *y);

void srd__identity_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t begin,
                        float *value, bool norms);

#else /* left out of this build */
#define srd__find_identity(ex, bound) NULL
#define srd__add_identity(ex, bound, t, first, count, y) ((void)0)
#define srd__identity_sums(ex, bound, s, t, begin, value, norms) ((void)(t))
#endif

#endif
