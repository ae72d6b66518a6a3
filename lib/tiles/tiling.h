/* tiling.h -- how a segment is cut into blocks of channels, tiles of positions, chunks of paths, units of work. */
#ifndef SRD_TILES_TILING_H
#define SRD_TILES_TILING_H

#include "explain/explainer_impl.h"

/* The first position of a unit. */
static inline int32_t srd__unit_begin(const srd__bound *bound, int32_t unit)
{
    return (int32_t)((int64_t)bound->positions * unit / bound->units);
}

/* The most positions of a unit of work. */
int32_t srd__unit_positions(const srd__bound *bound);

/* Numbers of one part in SRD__STORE_PARTS. */
size_t srd__part_sums(const srd__bound *bound);

/* Numbers of srd__scratch.saved: what y is written over in one unit of work. */
size_t srd__saved_numbers(const srd__bound *bound);

/* Bytes by which y has to begin below the value of a layer, if units are done in their order and none may write over what it or a later
 * one reads there. All lanes are of parts, and no convolution is transposed or fully connected. */
size_t srd__slide_ahead(const srd_explainer *ex, const srd__bound *bound, int32_t layer);

/* Chooses pixels, blocks, chunk and units of a segment. */
void srd__plan_tiles(srd__bound *bound, int32_t workers);

/*
 * Units of work whose ratios are spread together. One for each worker, if the sums come out the same as those of all positions path
 * by path, else all.
 */
int32_t srd__band(const srd_explainer *ex, const srd__bound *bound);

/* Positions of so many units, at most. */
int32_t srd__band_positions(const srd__bound *bound, int32_t units);

#endif
