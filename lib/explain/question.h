/* question.h -- one question: where it starts, and where its maps go. */
#ifndef SRD_EXPLAIN_QUESTION_H
#define SRD_EXPLAIN_QUESTION_H

#include "explain/explainer_impl.h"

typedef struct srd__question {
    int32_t start; /* layer, after removal of dropout and the like */
    int32_t contrastive;
    const srd_layer *layers; /* as the caller gave them */
    srd_tensor *const *maps;
    int32_t count;
    int32_t class_index;         /* class questions: -1 means the top class */
    const srd_tensor *direction; /* class questions by weights, or NULL */
    const srd_tensor *seed;      /* relevance at start, or NULL */
    int32_t row, column;         /* ERF; row -1: not one */
} srd__question;

#define SRD__REACH_RELEVANCE 1 /* relevance can arrive at the layer */
#define SRD__REACH_DIRECTION 2 /* a direction can pass through it: without relevance it lies above the first maps */
#define SRD__REACH_ABOVE 4     /* it lies above the start */

/* Sets srd__node.reach of all layers for a question that starts at a layer, with a direction or with relevance. */
void srd__question_reach(srd_explainer *ex, int32_t start, bool direction);

/* A direction's weight for an image: [C] or [N][C]. */
float srd__direction_at(const srd_tensor *direction, int32_t image, int32_t channel);

/* Answers a checked question for all images: writes maps and ex->report. */
void srd__question_run(srd_explainer *ex, const srd__question *question);

/* Class scores of the current image at a layer: the pre-activation if there is one, summed over positions. */
float srd__score(const srd_explainer *ex, int32_t layer, int32_t channel);
int32_t srd__top_class(const srd_explainer *ex, int32_t layer);

/* Number of a map's or seed's element (image, p) of a plane [.., height, width], in the tensor's elements. */
int64_t srd__map_offset(const srd_tensor *map, int32_t image, int32_t width, int32_t p);

#endif
