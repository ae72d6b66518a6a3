/* whole_tile.h -- what cases share in which a tile is one call of a kernel per block of channels, all taps together. */
#ifndef SRD_FAST_WHOLE_TILE_H
#define SRD_FAST_WHOLE_TILE_H

#include "explain/explainer_impl.h"

/* Has the scratch what the taps of position p and the following see from this channel on? If not, it will. */
static inline bool srd__is_ready(srd__scratch *scratch, int32_t p, int32_t channel)
{
    if (scratch->ready == p && scratch->ready_channel == channel) return true;
    scratch->ready = p;
    scratch->ready_channel = channel;
    return false;
}

/* u of all taps, where they are wanted and there is room. */
static inline float *srd__whole_u(const srd__bound *bound, const srd__scratch *scratch)
{
    return bound->lanes->collapsed || bound->paths > bound->chunk ? NULL : scratch->u;
}

#endif
