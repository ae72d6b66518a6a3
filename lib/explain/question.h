/* question.h -- one question: where it starts, and where its maps go. */
#ifndef SRD_EXPLAIN_QUESTION_H
#define SRD_EXPLAIN_QUESTION_H

#include "explain/explainer_impl.h"

typedef struct srd__question {
    const srd_target *const *targets; /* class questions; checked */
    int32_t target_count;             /* 0: the question starts with relevance */
    int32_t start; /* layer where relevance starts: of a seed, an ERF, Grad-CAM; -1: the directed head decides */
    int32_t contrastive;
    int32_t clamp;           /* Grad-CAM */
    const srd_layer *layers; /* as the caller gave them */
    srd_tensor *const *maps;
    const srd_tensor *seed; /* relevance at start, or NULL */
    int32_t count;
    int32_t row, column; /* ERF; row -1: not one */
} srd__question;

/* Layer of a target's output. */
int32_t srd__target_layer(const srd_explainer *ex, const srd_target *target);
/* Weight of a position in a target's score, for the current image. */
float srd__target_mask(const srd_explainer *ex, const srd_target *target, int32_t position);
/* Class scores of the current image at a target's output, summed over the mask; and the class with the largest one. */
float srd__score(const srd_explainer *ex, const srd_target *target, int32_t channel);
int32_t srd__top_class(const srd_explainer *ex, const srd_target *target);
/* Adds a target's direction to that of its output layer (at the pre-activation), and its score to the report. */
void srd__target_start(srd_explainer *ex, const srd_target *target);

/* Element (image, p) of a plane [.., height, width]; an array without the image axis is the same for all. */
int64_t srd__map_offset(const srd_tensor *map, int32_t image, int32_t width, int32_t p);
/* Is it a map of an input per channel, [N][C][H][W], or [C][H][W] of one image? */
bool srd__is_channel_map(const srd_explainer *ex, int32_t layer, const srd_tensor *map);
/* Weight of a direction, [C] or [N][C]. */
float srd__direction_at(const srd_tensor *direction, int32_t image, int32_t channel);

/* The site of Grad-CAM when none is named: the last in build order with more than one position; SRD_LAYER_NONE if none. */
int32_t srd__gradcam_default(const srd_explainer *ex);

#define SRD__REACH_RELEVANCE 1 /* relevance can arrive at the layer */
#define SRD__REACH_DIRECTION 2 /* a direction can pass through it: without relevance it lies above the first maps */
#define SRD__REACH_ABOVE 4     /* it lies above a start */
#define SRD__REACH_GRADIENT 8  /* the same, and not only through operands that are frozen: a gradient comes down here */

/* Sets srd__node.reach of all layers for a question. */
void srd__question_reach(srd_explainer *ex, const srd__question *question);

/* Answers a checked question for all images: writes maps and ex->report, or fails with SRD_ERR_NUMBER and writes nothing. */
srd_status srd__question_run(srd_explainer *ex, const srd__question *question);

#endif
