/* inner_memory.c -- what the maps of inner layers need: a step of their own, memory, room in the scratch. */
#include "paths/inner_memory.h"

#include "explain/inner_types.h"

#if SRD_WITH_INNER_MAPS
bool srd__inner_splits(const srd_explainer *ex, const srd__bound *bound)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        if (&ex->plan.bounds[ex->plan.inners[i].bound] == bound && ex->plan.inners[i].fine != NULL) return true;
    }
    return false;
}

void srd__inner_place(srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        ex->plan.inners[i].offset = ex->plan.persistent_bytes;
        if (ex->plan.persistent_bytes > SIZE_MAX / 2) ex->plan.too_large = true;
        else ex->plan.persistent_bytes += srd__align(ex->plan.inners[i].bytes);
    }
}

size_t srd__inner_bytes(const srd_explainer *ex, int32_t layer)
{
    size_t bytes = 0;

    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        if (ex->plan.inners[i].layer == layer) bytes += srd__align(ex->plan.inners[i].bytes);
    }
    return bytes;
}

void srd__inner_most(const srd_explainer *ex, size_t *u, size_t *parts, size_t *paths)
{
    for (int32_t i = 0; i < ex->plan.inner_count; ++i) {
        const srd__inner *const inner = &ex->plan.inners[i];

        if (inner->fine == NULL) continue;
        *u = srd__max(*u, (size_t)inner->fine->chunk);
        *parts = srd__max(*parts, (size_t)inner->fine->paths);
        *paths = srd__max(*paths, (size_t)ex->plan.bounds[inner->bound].paths);
    }
}
#endif
