/* question_types.h -- one question: where it starts, and where its maps go. */
#ifndef SRD_ASK_QUESTION_TYPES_H
#define SRD_ASK_QUESTION_TYPES_H

#include "explain/explainer_impl.h"

/* The rule that makes the first relevance. A new one is a number here, a line in each place of question.c and
 * api/explainer_ask.c that asks for a rule, and a file beside gradcam.c. */
#define SRD__RULE_HEAD 0    /* the directed head: where the score's direction meets several positions (METHOD section 6) */
#define SRD__RULE_GRADCAM 1 /* Grad-CAM at `start`: the score's gradient comes down to it (METHOD section 6) */
#define SRD__RULE_GIVEN 2   /* no score: relevance is given at `start`, a seed or the position of an ERF (METHOD section 7) */

typedef struct srd__question {
    int32_t rule;                     /* SRD__RULE_... */
    const srd_target *const *targets; /* of rules that begin with a score; checked */
    int32_t target_count;
    int32_t start; /* the layer where relevance begins; of the head, which finds out: SRD_LAYER_NONE */
    int32_t contrastive;
    int32_t clamp;           /* Grad-CAM */
    const srd_layer *layers; /* as the caller gave them */
    srd_tensor *const *maps;
    const srd_tensor *seed; /* relevance at start, or NULL */
    int32_t count;
    int32_t row, column; /* of an ERF, that is, where relevance is given and no seed */
} srd__question;

#define SRD__REACH_RELEVANCE 1 /* relevance can arrive at the layer */

#define SRD__REACH_DIRECTION 2 /* a direction can pass through it: without relevance it lies above the first maps */

#define SRD__REACH_ABOVE 4    /* it lies above a start */
#define SRD__REACH_GRADIENT 8 /* the same, and not only through operands that are frozen: a gradient comes down here */

#endif
