/* black_box.h -- the value of a black box of the caller. */
#ifndef SRD_RUN_BLACK_BOX_H
#define SRD_RUN_BLACK_BOX_H

#include "explain/explainer_impl.h"

#if SRD_WITH_CUSTOM
/* Makes the value of a black box, whose y has just been made. */
srd_status srd__black_box_run(srd_explainer *ex, int32_t layer);

#else /* left out of this build */
static inline srd_status srd__black_box_run(srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return SRD_OK;
}
#endif

#endif
