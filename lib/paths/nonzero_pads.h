/* nonzero_pads.h -- bias paths of pads that are not 0. */
#ifndef SRD_PATHS_NONZERO_PADS_H
#define SRD_PATHS_NONZERO_PADS_H

#include "explain/explainer_impl.h"

/* Most layers of pads that are not 0 below a root: bits of srd__lane.passes. */
#define SRD__MOST_PADS 7

#if SRD__PADS
/* Fills lane->pads and lane->passes; those of a lane that adds to the paths of another, `twin`, are the same. More pads than there are
 * bits: SRD_ERR_UNSUPPORTED. */
srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane, const srd__lane *twin);

/* Which bias path of a lane is that of a layer of pads? */
int32_t srd__pad_index(const srd__lane *lane, int64_t layer);

#else /* left out of this build */
static inline srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane, const srd__lane *twin)
{
    (void)ex, (void)bound, (void)lane, (void)twin;
    return SRD_OK;
}

static inline int32_t srd__pad_index(const srd__lane *lane, int64_t layer)
{
    (void)lane, (void)layer;
    return 0;
}
#endif

#endif
