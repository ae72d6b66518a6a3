/* run.h -- the forward pass, step by step. */
#ifndef SRD_RUN_RUN_H
#define SRD_RUN_RUN_H

#include "explain/explainer_impl.h"

/* Begins a run whose arguments are checked: ex->run.options and ex->run.tensors are set. Then its steps are done one by one. */
void srd__run_begin(srd_explainer *ex);

srd_status srd__run_step(srd_explainer *ex);

/* One step for the current image. */
srd_status srd__run_op(srd_explainer *ex, const srd__step *step);

#endif
