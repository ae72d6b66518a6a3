/* segment_blocks.h -- some blocks of output channels of one tile. */
#ifndef SRD_RUN_SEGMENT_BLOCKS_H
#define SRD_RUN_SEGMENT_BLOCKS_H

#include "run/segment_job.h"

/* Some blocks of output channels of one tile: y of them, which is stored, and their share of the sums. */
void srd__run_blocks(const srd__job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count);

#endif
