/* alive.h -- the weights between neurons that are on, of a fully connected layer between two ReLUs: see alive.c. */
#ifndef SRD_EXPLAIN_ALIVE_H
#define SRD_EXPLAIN_ALIVE_H

#include "explain/explainer_impl.h"

#if SRD_WITH_WHOLE_SUMS
/* srd__bound.alive: what is known of a run's neurons. */
#define SRD__ALIVE_UNKNOWN 0 /* no question has asked yet */
#define SRD__ALIVE_MANY 1    /* too many are on */
#define SRD__ALIVE_LISTED 2  /* so many of each are on */
#define SRD__ALIVE_THERE 3   /* and their weights are brought together */

/* Can it do the segment? Then it has SRD__STORE_ALIVE, of so many bytes, from the end of a run to the next run. */
bool srd__is_alive(const srd_explainer *ex, const srd__bound *bound);
size_t srd__alive_bytes(const srd_explainer *ex, const srd__bound *bound);

/* Carries the head's direction through the only tap of the segment, as srd__tap_transpose() does, and sets it to 0 where
 * the ReLU below is off. Returns false and does nothing where that does not pay (too many neurons are on, the direction
 * has few numbers) or does not hold (runs with patterns); the caller then takes srd__tap_transpose(). */
bool srd__alive_transpose(const srd_explainer *ex, srd__bound *bound, srd__scratch *scratch, const float *direction);
#else
#define srd__is_alive(ex, bound) false
#define srd__alive_bytes(ex, bound) 0
#define srd__alive_transpose(ex, bound, scratch, direction) false
#endif

#endif
