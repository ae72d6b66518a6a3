/* flattened_paths.h -- ways to sources below a flattened vector, told apart by its positions. */
#ifndef SRD_PATHS_FLATTENED_PATHS_H
#define SRD_PATHS_FLATTENED_PATHS_H

#include "explain/explainer_impl.h"

/* A row of ways, of which no two are equal, in the order of srd__lane_slot(). */
typedef struct srd__flat_ways {
    int32_t *ids, *flats; /* NULL: they are only counted */
    int32_t *vias;        /* or NULL: mark is -1 */
    int32_t mark;         /* a layer whose positions tell ways apart as well, or -1 */
} srd__flat_ways;

#if SRD_WITH_FLAT_WAYS
/* Numbers the positions of all grids that are flattened: see srd__flat_of(). False: there are too many. */
bool srd__number_flats(srd_explainer *ex);

/* Fills a row with the ways from position r of a root; returns their number, or, if they are only counted, at least that many. */
int32_t srd__list_flat_ways(srd_explainer *ex, const srd__bound *bound, int32_t root, int32_t r, const srd__flat_ways *row);

#else /* left out of this build: srd__bind_table() refuses what needs them */
static inline bool srd__number_flats(srd_explainer *ex)
{
    (void)ex;
    return true;
}

static inline int32_t srd__list_flat_ways(srd_explainer *ex, const srd__bound *bound, int32_t root, int32_t r,
                                          const srd__flat_ways *row)
{
    (void)ex, (void)bound, (void)root, (void)r, (void)row;
    return 0;
}
#endif

#endif
