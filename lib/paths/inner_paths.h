/* inner_paths.h -- which position of an inner layer each path goes through. */
#ifndef SRD_PATHS_INNER_PATHS_H
#define SRD_PATHS_INNER_PATHS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_INNER_MAPS
/* Finds how the paths of all segments go through the inner layers that were named, when the segments are bound. */
srd_status srd__inner_bind(srd_explainer *ex, srd_detail *detail);

#else /* left out of this build */
static inline srd_status srd__inner_bind(srd_explainer *ex, srd_detail *detail)
{
    (void)ex, (void)detail;
    return SRD_OK;
}
#endif

#endif
