/*
 * busy.h -- an explainer serves one call at a time. A call that writes it claims it first; one that comes from another thread
 * meanwhile, or from a callback that may not, is refused. While each_image or progress runs, the explainer is lent: questions, values and
 * top classes may claim it for as long as they take, and it goes back to the run with the callback's return.
 */
#ifndef SRD_EXPLAIN_BUSY_H
#define SRD_EXPLAIN_BUSY_H

#include "explain/explainer_impl.h"

/* srd_explainer.claim */
#define SRD__FREE 0
#define SRD__CLAIMED 1
#define SRD__LENT 2   /* to a callback of a run */
#define SRD__NESTED 3 /* claimed while lent */
#define SRD__LOST 4   /* the callback returned while it was claimed: another thread has it */

/* No public status: the run has lost the explainer to another thread and may not touch it any more. */
#define SRD__STATUS_LOST 1

static inline bool srd__is_explainer(const srd_explainer *ex)
{
    return srd__is_handle(ex, SRD__EXPLAINER_TAG);
}

/* Claims it for a call that fills this detail (or NULL): SRD_OK, SRD_ERR_ARGUMENT (NULL, no explainer, freed), or SRD_ERR_STATE (in
 * use). runs: it is for a run, which no callback may do. */
srd_status srd__claim(srd_explainer *ex, bool runs, srd_detail *detail);

/* For calls that only read: SRD_OK if it is an explainer. */
srd_status srd__want_explainer(const srd_explainer *ex, srd_detail *detail);

/* Ends a claim; returns the status of the call. */
srd_status srd__unclaim(srd_explainer *ex, srd_status status);

/* SRD_OK if the graph has this layer, else the failure of the call that named it; what: the parameter. */
srd_status srd__want_layer(const srd_explainer *ex, const char *what, srd_layer layer, srd_detail *detail);

/* Around a callback that may ask. False: SRD__STATUS_LOST. The detail of the run is in its place again afterwards. */
srd_detail *srd__lend(srd_explainer *ex);
bool srd__take_back(srd_explainer *ex, srd_detail *detail);

#endif
