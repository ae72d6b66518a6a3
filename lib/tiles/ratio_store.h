/*
 * ratio_store.h -- the sharing ratios that a run keeps for questions, [path][position] of a segment, as float32 or as float16
 * (srd_explainer_options.ratios). tile_ratios.c writes them.
 */
#ifndef SRD_TILES_RATIO_STORE_H
#define SRD_TILES_RATIO_STORE_H

#include "explain/explainer_impl.h"

/* Index of a path's ratio at a position. */
static inline size_t srd__ratio_at(const srd__ratios *ratios, int32_t path, int32_t p)
{
    return (size_t)path * ratios->positions + (size_t)(p - ratios->first);
}

/* The float of a float16 that is finite. */
static inline float srd__widened(uint16_t half)
{
    const uint32_t magnitude = half & 0x7fffu, bits = ((magnitude << 13) + 0x38000000u) | (half & 0x8000u) << 16;
    float x = (float)(int32_t)magnitude * 5.9604644775390625e-8f; /* below 2^-14: a multiple of 2^-24; exact, and no denormal */

    if (magnitude < 0x400u) return (half & 0x8000u) != 0 ? -x : x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* NULL: they are not kept as float16. */
static inline uint16_t *srd__halves(const srd__ratios *ratios)
{
    return SRD_WITH_RATIOS_FLOAT16 ? ratios->halves : NULL;
}

/* The number at an index; 1 of a single path. */
static inline float srd__kept(const srd__ratios *ratios, size_t index)
{
    if (ratios->floats != NULL) return ratios->floats[index];
    return srd__halves(ratios) != NULL ? srd__widened(ratios->halves[index]) : 1.0f;
}

/* Of the current image. */
void srd__ratios_of(const srd_explainer *ex, const srd__bound *bound, srd__ratios *ratios);

/* Bytes of a ratio. */
size_t srd__ratio_bytes(const srd_explainer *ex);

/* Keeps the ratios of a path at positions [p, p + count) as float16; row becomes what is kept. Returns how many lie beyond the
 * largest float16, which is kept in their place. */
int32_t srd__round_row(const srd__ratios *ratios, int32_t path, int32_t p, int32_t count, float *row);

/* All paths of one position: where they lie, a step apart, or in room[path], one apart. NULL: 1. */
const float *srd__kept_paths(const srd__ratios *ratios, int32_t paths, int32_t p, float *room, size_t *step);

#endif
