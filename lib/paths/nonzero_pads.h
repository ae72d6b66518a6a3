/* nonzero_pads.h -- bias paths of pads that are not 0. */
#ifndef SRD_PATHS_NONZERO_PADS_H
#define SRD_PATHS_NONZERO_PADS_H

#include "explain/explainer_impl.h"

/* Most layers of pads that are not 0 below a root: bits of srd__lane.passes. */
#define SRD__MOST_PADS 7

#if SRD__PADS
/* Fills lane->pads and lane->passes. More pads than there are bits, or pads in a vector that several lanes share: SRD_ERR_UNSUPPORTED. */
srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);

/* Which bias path of a lane is that of a layer of pads? */
int32_t srd__pad_index(const srd__lane *lane, int64_t layer);

#else /* left out of this build */
static inline srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    (void)ex, (void)bound, (void)lane;
    return SRD_OK;
}

static inline int32_t srd__pad_index(const srd__lane *lane, int64_t layer)
{
    (void)lane, (void)layer;
    return 0;
}
#endif

#endif
