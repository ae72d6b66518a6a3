/* run_segment.h -- one segment of the run: y, its value, its ratios. */
#ifndef SRD_RUN_RUN_SEGMENT_H
#define SRD_RUN_RUN_SEGMENT_H

#include "explain/explainer_impl.h"

/* One step for the current image: y, value and ratios of a segment. */
void srd__segment_run(srd_explainer *ex, srd__bound *bound);

/* Computes the ratios of the segment, band by band, from the last to the first; calls spread() with each. Writes no value. */
void srd__segment_again(srd_explainer *ex, srd__bound *bound,
                        void (*spread)(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios));

#endif
