/*
 * recompute.h -- SRD_RATIOS_RECOMPUTED: no ratio is kept, and no value but those of inputs and outputs. A question runs steps of the
 * network again where it finds that something is no longer there, and spreads the ratios of a segment as they are computed.
 *
 * What is there is found out as it happens: srd__node.intact has a bit for each store, set when it is written and cleared when
 * something else is written over it. At step t of a run every store with first < t <= last must be intact; if all are, the
 * steps from t on can be run. So srd__remake() goes down from the segment that it needs, to the latest such t.
 */
#ifndef SRD_EXPLAIN_RECOMPUTE_H
#define SRD_EXPLAIN_RECOMPUTE_H

#include "explain/kept.h"

static inline bool srd__recomputes(const srd_explainer *ex)
{
    return SRD_WITH_RATIOS_RECOMPUTED && ex->options.mode == SRD_MODE_EXPLAIN && ex->options.ratios == SRD_RATIOS_RECOMPUTED;
}

/* Are inputs loaded again, too? */
static inline bool srd__reloads(const srd_explainer *ex)
{
    return srd__recomputes(ex) && ex->options.inputs == SRD_INPUTS_BORROW;
}

/*
 * Units of work whose ratios are spread together. One for each worker, if the sums come out the same as those of all positions path
 * by path, else all.
 */
int32_t srd__band(const srd_explainer *ex, const srd__bound *bound);
/* Positions of so many units, at most. */
int32_t srd__band_positions(const srd__bound *bound, int32_t units);

/* A store has been written; a step has been done. */
void srd__note_store(srd_explainer *ex, int32_t layer, int32_t store);
void srd__note_step(srd_explainer *ex, const srd__step *step);

/* Makes what a question reads at a segment; with own: also what its step has left there. A failure is in ex->failure. */
srd_status srd__remake(srd_explainer *ex, const srd__bound *bound, bool own);

/* Relevance of a segment whose ratios are not kept: they are computed and spread. */
void srd__spread_again(srd_explainer *ex, srd__bound *bound);

/* segment_run.c: computes the ratios of the segment, band by band, from the last to the first; calls spread() with each. Writes no value. */
void srd__segment_again(srd_explainer *ex, srd__bound *bound,
                        void (*spread)(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios));

#endif
