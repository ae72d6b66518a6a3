/* run_gather.h -- one gather layer of the run. */
#ifndef SRD_RUN_RUN_GATHER_H
#define SRD_RUN_RUN_GATHER_H

#include "explain/explainer_impl.h"

bool srd__gather_run(srd_explainer *ex, int32_t layer); /* false: a callback broke its word */

/* Is the value of an operand a part of one layer's, channel by channel? Which? */
bool srd__operand_is_part(const srd_explainer *ex, const srd__layer *reader, int32_t layer, srd__part *part);

#endif
