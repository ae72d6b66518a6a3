/* lifetimes.h -- from when to when the numbers of a store are needed. */
#ifndef SRD_PLAN_LIFETIMES_H
#define SRD_PLAN_LIFETIMES_H

#include "explain/explainer_impl.h"
#include "run/channel_ratios.h"

/* Time at which a question visits the segment of a step: after all forward steps, in reverse order. */
static inline int32_t srd__question_time(const srd_explainer *ex, int32_t step)
{
    return 2 * ex->plan.step_count - 1 - step;
}

static inline size_t srd__plane_bytes(const srd_explainer *ex, int32_t layer)
{
    return (size_t)ex->plan.shapes[layer].h * (size_t)ex->plan.shapes[layer].w * sizeof(float);
}

/* count * size, or SIZE_MAX if that is smaller: a store of so many bytes is refused. */
static inline size_t srd__bytes(uint64_t count, size_t size)
{
    return count > SIZE_MAX / size ? SIZE_MAX : (size_t)count * size;
}

static inline size_t srd__value_bytes(const srd_explainer *ex, int32_t layer)
{
    return srd__plane_bytes(ex, layer) * (size_t)ex->plan.shapes[layer].c;
}

static inline bool srd__has_channels(const srd_explainer *ex, const srd__bound *bound)
{
    return ex->plan.options.mode == SRD_MODE_EXPLAIN && srd__channels_most(ex, bound) > 0;
}

/* A constant needs no store: its value is the graph's. */
static inline bool srd__is_constant(const srd__layer *layer)
{
    return SRD__CONSTANTS && layer->kind->role == SRD__SOURCE && layer->derived;
}

/* The store is alive at these times, among others. */
void srd__plan_live(srd__store *store, size_t bytes, int32_t first, int32_t last);

/* A store of a layer that is kept for questions: from step `first` on, from the start on, or, where steps are done again, while its step is. */
void srd__plan_keep_from(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes, int32_t first);

void srd__plan_keep(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes);

void srd__plan_hold(srd_explainer *ex, int32_t layer, int32_t store, size_t bytes);

#endif
