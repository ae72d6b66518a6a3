/* gradcam.h -- Grad-CAM at a site, as a first relevance map. */
#ifndef SRD_ASK_GRADCAM_H
#define SRD_ASK_GRADCAM_H

#include "ask/question_types.h"

/* The site of Grad-CAM when none is named: the last in build order with more than one position; SRD_LAYER_NONE if none. */
int32_t srd__gradcam_default(const srd_explainer *ex);

/* The first map of a Grad-CAM question, at its layer, whose direction is complete: the gradient's mean over the positions weighs
 * the channels of the value. */
void srd__gradcam_map(srd_explainer *ex, const srd__question *q);

#endif
