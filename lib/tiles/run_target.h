/* run_target.h -- where the contributions of a run of channels go. */
#ifndef SRD_TILES_RUN_TARGET_H
#define SRD_TILES_RUN_TARGET_H

#include "explain/store.h"
#include "paths/nonzero_pads.h"

/* The contributions to one position of a tile. */
typedef struct srd__place {
    const srd_explainer *ex;
    const srd__lane *lane;
    float *u;         /* of path `from` */
    size_t path_step; /* floats between two paths */
    int32_t from, to; /* paths wanted */
    int32_t path;     /* of slot 0 at this tap */
    const float *ones;
} srd__place;

/* Floats of the value behind a run, and where its path's contributions go; NULL if the path is not wanted. */
static inline const float *srd__run_source(const srd__place *to, const srd__run *run, int32_t layer, int32_t position,
                                           float **u)
{
    const int32_t of_slot = to->lane->collapsed ? to->path : to->path + (int32_t)run->slot;
    const int32_t path = layer == SRD__ONES ? to->lane->bias_path + srd__pad_index(to->lane, run->slot) : of_slot;

    if (path < to->from || path >= to->to) return NULL;
    *u = to->u + (size_t)(path - to->from) * to->path_step;
    if (layer == SRD__ONES) return to->ones;
    return srd__value(to->ex, layer) + (size_t)position * (size_t)to->ex->plan.shapes[layer].c + run->channel;
}

#endif
