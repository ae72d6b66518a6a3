/*
 * balance.h -- does what arrives at a site go on from it? Every question adds up what comes to a site, what its segment passes on, and
 * what stays where no path leads, and fails with SRD_ERR_INTERNAL where more is missing than rounding can take (docs/numerics.md, "What a
 * question may lose"). So a fault of this library becomes a failure and no wrong map. Only in builds with SRD_WITH_REPORTS, which have the
 * sums, and SRD_WITH_LOST_CHECK.
 */
#ifndef SRD_ASK_BALANCE_H
#define SRD_ASK_BALANCE_H

#include "ask/question_types.h"

/* A sum and the sum of its terms' magnitudes. */
typedef struct srd__flow {
    double sum, magnitude;
} srd__flow;

/* What a question began with; report.lost is what of it arrived nowhere. */
static inline double srd__balance_sum(srd_explainer *ex, bool gradcam)
{
    srd_report *const r = &ex->asked.report;
    const double began = gradcam ? r->top : r->score - r->head_bias - r->subtracted;

    r->lost = began - r->at_inputs - r->at_constants - r->unreached;
    return began;
}

#if SRD__LOST_CHECK
/* Before a question. */
void srd__balance_begin(srd_explainer *ex);

/* A first map was taken, with the mean away: rounding of so many numbers of this magnitude is allowed. */
void srd__balance_top(srd_explainer *ex, double magnitude);

/* The segment of a site has passed its relevance on: what arrived (without what is unreached), what its sources have more than before, and
 * what they had. */
void srd__balance_segment(srd_explainer *ex, const srd__bound *bound, const srd__flow *arrived, double passed, double before);

/* The head at a segment, before and after it passed: what srd__balance_head() needs of the first. */
typedef struct srd__ledger {
    srd__flow arrived;          /* <y, g> */
    srd__flow tops, directions; /* first maps at the sources; <x, g> there */
    double bias;                /* of the report */
} srd__ledger;

void srd__balance_head_begin(srd_explainer *ex, const srd__bound *bound, srd__ledger *ledger);
void srd__balance_head(srd_explainer *ex, const srd__bound *bound, const srd__ledger *ledger);

/* A direction that has arrived at an input becomes its first map. Called twice: before (done false), which notes in *before what the map
 * holds already, and afterwards (done true), which compares. */
void srd__balance_source(srd_explainer *ex, int32_t layer, srd__flow *before, bool done);

/* After the last segment of an image: report.lost, and whether all that was allowed explains it. */
void srd__balance_end(srd_explainer *ex, bool gradcam);

#endif
#endif
