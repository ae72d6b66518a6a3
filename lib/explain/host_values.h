/* host_values.h -- numbers of sites that the host has computed elsewhere. */
#ifndef SRD_EXPLAIN_HOST_VALUES_H
#define SRD_EXPLAIN_HOST_VALUES_H

#include "explain/explainer_impl.h"

#if SRD_WITH_GIVEN
/* Numbers of a site from the host (what: SRD_GIVEN_...) take the place of ours; *error (may be NULL) grows to the largest
 * difference. */
void srd__give(const srd_explainer *ex, int32_t layer, int32_t what, int32_t p, int32_t first, int32_t count, float *numbers,
               float *error);

srd_status srd__check_given(srd_explainer *ex, const srd_run_options *options);

void srd__take_given(srd_explainer *ex, const srd_run_options *options);

#else /* left out of this build */
static inline void srd__give(const srd_explainer *ex, int32_t layer, int32_t what, int32_t p, int32_t first, int32_t count,
                             float *numbers, float *error)
{
    (void)ex, (void)layer, (void)what, (void)p, (void)first, (void)count, (void)numbers, (void)error;
}

static inline void srd__take_given(srd_explainer *ex, const srd_run_options *options)
{
    (void)ex, (void)options;
}

static inline srd_status srd__check_given(srd_explainer *ex, const srd_run_options *options)
{
    if (options->given_count == 0) return SRD_OK;
    return srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_GIVEN");
}
#endif

#endif
