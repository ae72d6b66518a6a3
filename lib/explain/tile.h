/* tile.h -- what the parts of tile.c have in common: where the contributions of a run of channels go. */
#ifndef SRD_EXPLAIN_TILE_H
#define SRD_EXPLAIN_TILE_H

#include "explain/left_out.h"

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
    return srd__value(to->ex, layer) + (size_t)position * (size_t)to->ex->shapes[layer].c + run->channel;
}

/* tile.c: the panel of a dense mixing layer for input channels [channel, channel + count) of the group of the block from `first` on. */
srd__panel srd__block_panel(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t tap, int32_t channel,
                            int32_t count);

/* The same for several blocks. Those of borrowed weights lie in the same place: one block at a time. */
void srd__block_panels(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t blocks, int32_t tap,
                       int32_t channel, int32_t count, srd__panel *panels);

/*
 * direct.c: contributions of a lane without a mixing layer, or of a constant, for channels [first, first + count), added to u of
 * path `from`: [block][path][pixel][SRD__PANEL].
 */
void srd__direct(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__scratch *scratch,
                 int32_t p, int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to);

#endif
