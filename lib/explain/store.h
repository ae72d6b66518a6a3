/* store.h -- where the arrays of an explainer lie, and which of them have been written. */
#ifndef SRD_EXPLAIN_STORE_H
#define SRD_EXPLAIN_STORE_H

#include "explain/explainer_impl.h"

/* Where a store of a layer lies, of the image that is open; NULL if the layer has none. */
void *srd__at(const srd_explainer *ex, int32_t layer, int32_t store);

/* The value of a layer that has one. */
float *srd__value(const srd_explainer *ex, int32_t layer);

/* A store that belongs to the question: set to 0 when it is asked for the first time. NULL if the layer has none. */
float *srd__question_store(srd_explainer *ex, int32_t layer, int32_t store);

/* A store has been written; a step has been done. */
void srd__note_store(srd_explainer *ex, int32_t layer, int32_t store);

void srd__note_step(srd_explainer *ex, const srd__step *step);

#if SRD__STATISTICS
/* Does the layer lie inside a segment, and have a value all the same? */
bool srd__has_under_value(const srd_explainer *ex, int32_t layer);

#else /* left out of this build */
static inline bool srd__has_under_value(const srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return false;
}
#endif

/* The array of a store in the transient region, where others may write over it; NULL if it has none there. */
const srd__array *srd__transient_array(const srd_explainer *ex, int32_t layer, int32_t store);

#endif
