/*
 * rerun.h -- SRD_RATIOS_RECOMPUTED: no ratio is kept, and no value but those of inputs and outputs. A question runs steps of the
 * network again where it finds that something is no longer there, and spreads the ratios of a segment as they are computed.
 *
 * What is there is found out as it happens: srd__node_run.intact has a bit for each store, set when it is written and cleared when
 * something else is written over it. At step t of a run every store with first < t <= last must be intact; if all are, the
 * steps from t on can be run. So srd__remake() goes down from the segment that it needs, to the latest such t.
 */
#ifndef SRD_RUN_RERUN_H
#define SRD_RUN_RERUN_H

#include "explain/explainer_impl.h"

/* Makes what a question reads at a segment; with own: also what its step has left there. A failure is in ex->failure. */
srd_status srd__remake(srd_explainer *ex, const srd__bound *bound, bool own);

#endif
