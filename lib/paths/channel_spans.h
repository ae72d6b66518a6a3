/* channel_spans.h -- lanes whose channels come in spans, each from one site or through one pool. */
#ifndef SRD_PATHS_CHANNEL_SPANS_H
#define SRD_PATHS_CHANNEL_SPANS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_POOL_LISTS
/* channel_spans.c */
srd_status srd__bind_stretches(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);

/* The run of those channels of a stretch that are among [first, first + count); false: none. */
bool srd__stretch_run(const srd__stretch *stretch, int32_t first, int32_t count, srd__run *run);

/* Paths [*from, *to) are those that these output channels may come through: above a concat alone that is one of many. */
void srd__active_paths(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count, int32_t *from,
                       int32_t *to);

#else /* left out of this build */
static inline srd_status srd__bind_stretches(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    (void)ex, (void)bound, (void)lane;
    return SRD_OK;
}

/* No lane has stretches. */
static inline bool srd__stretch_run(const srd__stretch *stretch, int32_t first, int32_t count, srd__run *run)
{
    (void)stretch, (void)first, (void)count, (void)run;
    return false;
}

static inline void srd__active_paths(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count,
                                     int32_t *from, int32_t *to)
{
    (void)ex, (void)first, (void)count;
    *from = 0;
    *to = bound->paths;
}
#endif

#endif
