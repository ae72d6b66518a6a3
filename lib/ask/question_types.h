/* question_types.h -- one question: where it starts, and where its maps go. */
#ifndef SRD_ASK_QUESTION_TYPES_H
#define SRD_ASK_QUESTION_TYPES_H

#include "explain/explainer_impl.h"

typedef struct srd__question {
    const srd_target *const *targets; /* class questions; checked */
    int32_t target_count;             /* 0: the question starts with relevance */
    int32_t start; /* layer where relevance starts: of a seed or an ERF without targets, of Grad-CAM with targets;
                                         -1: the directed head decides */
    int32_t contrastive;
    int32_t clamp;           /* Grad-CAM */
    const srd_layer *layers; /* as the caller gave them */
    srd_tensor *const *maps;
    const srd_tensor *seed; /* relevance at start, or NULL */
    int32_t count;
    int32_t row, column; /* ERF; row -1: not one */
} srd__question;

#define SRD__REACH_RELEVANCE 1 /* relevance can arrive at the layer */

#define SRD__REACH_DIRECTION 2 /* a direction can pass through it: without relevance it lies above the first maps */

#define SRD__REACH_ABOVE 4    /* it lies above a start */
#define SRD__REACH_GRADIENT 8 /* the same, and not only through operands that are frozen: a gradient comes down here */

#endif
