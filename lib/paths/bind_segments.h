/* bind_segments.h -- shapes at the sizes of an explainer, and the lanes of all segments. */
#ifndef SRD_PATHS_BIND_SEGMENTS_H
#define SRD_PATHS_BIND_SEGMENTS_H

#include "explain/explainer_impl.h"

/* srd__bind() makes the tables by layer, shapes and slots; srd__bind_segments(), when it is known what is kept, segments, lanes and their
 * tables. */
srd_status srd__bind(srd_explainer *ex, srd_detail *detail);

srd_status srd__bind_segments(srd_explainer *ex, srd_detail *detail);

#endif
