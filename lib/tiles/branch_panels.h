/* branch_panels.h -- the panels of weights that a block of output channels of a branch is multiplied by. */
#ifndef SRD_TILES_BRANCH_PANELS_H
#define SRD_TILES_BRANCH_PANELS_H

#include "explain/explainer_impl.h"

/* The panel of a dense mixing layer for input channels [channel, channel + count) of the group of the block from `first` on. */
srd__panel srd__block_panel(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t tap, int32_t channel,
                            int32_t count);

/* The same for several blocks. Those of borrowed weights lie in the same place: one block at a time. */
void srd__block_panels(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t blocks, int32_t tap,
                       int32_t channel, int32_t count, srd__panel *panels);

#endif
