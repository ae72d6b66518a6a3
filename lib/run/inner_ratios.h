/* inner_ratios.h -- ratios of paths that go several ways through an inner layer, way by way. */
#ifndef SRD_RUN_INNER_RATIOS_H
#define SRD_RUN_INNER_RATIOS_H

#include "explain/explainer_impl.h"
#include "explain/inner_types.h"

#if SRD_WITH_INNER_MAPS
/* A position of one segment, as it is being split. */
typedef struct srd__splitting {
    const srd_explainer *ex;
    const srd__inner *inner;
    const srd__bound *bound;
    srd__scratch *scratch;
    const float *direction; /* y, or g */
    const float *totals;    /* by path * total_step; NULL: 1 */
    size_t total_step;
    double unit; /* <y, y>, or 1 */
    int32_t p;
} srd__splitting;

/* scratch->parts = the share of every part of the paths into position p. */
void srd__split_position(const srd__splitting *s);
/* The parts that an inner layer keeps for the current image, [part][position]. */
float *srd__inner_parts_at(const srd_explainer *ex, const srd__inner *inner);

/* The step after a segment: its ratios, part by part. */
void srd__inner_run(srd_explainer *ex, const srd__bound *bound);

#else /* left out of this build */
static inline void srd__inner_run(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}
#endif

#endif
