/* question.h -- one question: from its start down to the inputs. */
#ifndef SRD_ASK_QUESTION_H
#define SRD_ASK_QUESTION_H

#include "ask/question_types.h"

/* Sets srd__node_asked.reach of all layers for a question. */
void srd__question_reach(srd_explainer *ex, const srd__question *question);

/* Answers a checked question for all images: writes maps and ex->report, or fails with SRD_ERR_NUMBER and writes nothing. */
srd_status srd__question_run(srd_explainer *ex, const srd__question *question);

#endif
