/* branch_scale.c -- see branch_scale.h. */
#include "fast/branch_scale.h"

#include "explain/image_vectors.h"
#include "explain/store.h"

#if SRD_WITH_WHOLE_SUMS
size_t srd__branch_scale_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex;
    return (size_t)bound->shape.c * sizeof(float);
}

void srd__fill_branch_scale(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const float *const scale = srd__scale_of(ex, bound, lane);
    float *const w = (float *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);

    for (int32_t c = 0; c < bound->shape.c; ++c) w[c] = scale != NULL ? scale[c] : 1.0f;
}
#endif
