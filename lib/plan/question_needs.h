/* question_needs.h -- what is kept for questions, and for how long. */
#ifndef SRD_PLAN_QUESTION_NEEDS_H
#define SRD_PLAN_QUESTION_NEEDS_H

#include "explain/explainer_impl.h"

/* These note what must be kept: for the directed head, for Grad-CAM at a layer, for maps per channel of a segment's sources and of
 * inputs that no segment reads. */
void srd__plan_head(srd_explainer *ex);

void srd__plan_gradcam(srd_explainer *ex, int32_t target);

void srd__plan_channels(srd_explainer *ex, srd__bound *bound);
void srd__plan_channels_of_inputs(srd_explainer *ex);

#endif
