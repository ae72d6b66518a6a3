/* target.h -- scores: which channels and positions of an output are asked about. */
#ifndef SRD_ASK_TARGET_H
#define SRD_ASK_TARGET_H

#include "ask/question_types.h"

/* Layer of a target's output. */
int32_t srd__target_layer(const srd_explainer *ex, const srd_target *target);

/* Weight of a position in a target's score for an image. */
float srd__target_mask(const srd_explainer *ex, const srd_target *target, int32_t image, int32_t position);

/* Class scores of the image, which is open, at a target's output, summed over the mask; and the class with the largest one. */
float srd__score(const srd_explainer *ex, const srd_target *target, int32_t image, int32_t channel);

int32_t srd__top_class(const srd_explainer *ex, const srd_target *target, int32_t image);

/* Adds a target's direction to that of its output layer (at the pre-activation), and its score to the report. */
void srd__target_start(srd_explainer *ex, const srd_target *target, int32_t image);

/* Element (image, p) of a plane [.., height, width]; an array without the image axis is the same for all. */
ptrdiff_t srd__map_offset(const srd_tensor *map, int32_t image, int32_t width, int32_t p);

/* Is it a map of an input per channel, [N][C][H][W], or [C][H][W] of one image? */
bool srd__is_channel_map(const srd_explainer *ex, int32_t layer, const srd_tensor *map);

/* Weight of a direction, [C] or [N][C]. */
float srd__direction_at(const srd_tensor *direction, int32_t image, int32_t channel);

#endif
