/* inner_memory.h -- what the maps of inner layers need: a step of their own, memory, room in the scratch. */
#ifndef SRD_PATHS_INNER_MEMORY_H
#define SRD_PATHS_INNER_MEMORY_H

#include "explain/explainer_impl.h"

#if SRD_WITH_INNER_MAPS
/* Has the segment an inner layer with parts, so that it needs a step of its own? */
bool srd__inner_splits(const srd_explainer *ex, const srd__bound *bound);

/* Gives the parts of all segments their place among what an image keeps. */
void srd__inner_place(srd_explainer *ex);

/* Bytes kept per image for the map of a layer. */
size_t srd__inner_bytes(const srd_explainer *ex, int32_t layer);

/* Raises the needs of a worker's scratch: contributions, parts and paths at a time. */
void srd__inner_most(const srd_explainer *ex, size_t *u, size_t *parts, size_t *paths);

#else /* left out of this build */
static inline bool srd__inner_splits(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
    return false;
}

static inline void srd__inner_place(srd_explainer *ex)
{
    (void)ex;
}

static inline size_t srd__inner_bytes(const srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return 0;
}

static inline void srd__inner_most(const srd_explainer *ex, size_t *u, size_t *parts, size_t *paths)
{
    (void)ex, (void)u, (void)parts, (void)paths;
}
#endif

#endif
