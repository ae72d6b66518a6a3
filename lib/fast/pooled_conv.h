/* pooled_conv.h -- a convolution above pools, by lists of the channels that each path won. */
#ifndef SRD_FAST_POOLED_CONV_H
#define SRD_FAST_POOLED_CONV_H

#include "explain/explainer_impl.h"

#if SRD_WITH_POOL_LISTS
/* mixing above gather layers that take each channel from one source. */
bool srd__picks(const srd_explainer *ex, const srd__lane *lane);

size_t srd__pick_bytes(const srd__bound *bound);

/* Writes the picks of the segment down; then its contributions can be had until ex->picking changes. */
void srd__pick_begin(srd_explainer *ex, const srd__bound *bound);

/* Contributions of paths [from, to) that a tap sees at position r of the grid, added to u of path from; panels: of the tap, one
 * for each of the blocks, which are block_step floats apart. */
void srd__pick_add(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks, int32_t r,
                   int32_t tap, int32_t from, int32_t to, float *u, size_t path_step, size_t block_step);

#else /* left out of this build */
static inline bool srd__picks(const srd_explainer *ex, const srd__lane *lane)
{
    (void)ex, (void)lane;
    return false;
}

static inline size_t srd__pick_bytes(const srd__bound *bound)
{
    (void)bound;
    return 0;
}

static inline void srd__pick_begin(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

static inline void srd__pick_add(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks,
                                 int32_t r, int32_t tap, int32_t from, int32_t to, float *u, size_t path_step,
                                 size_t block_step)
{
    (void)ex, (void)bound, (void)panels, (void)blocks, (void)r, (void)tap, (void)from, (void)to, (void)u, (void)path_step,
        (void)block_step;
}
#endif

#if SRD_WITH_WHOLE_SUMS && SRD_WITH_POOL_LISTS
/*
 * picked.c: can a pooled segment do without contributions? y of some blocks without the bias, into scratch->y; with the complete y
 * there, sums of these blocks' contributions.
 */
bool srd__is_pick_summed(const srd_explainer *ex, const srd__bound *bound);

void srd__tile_picked(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, int32_t pixels,
                      int32_t first, int32_t count);

void srd__picked_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                      int32_t count, bool norms);

#else /* left out of this build */
#define srd__is_pick_summed(ex, bound) false
#define srd__tile_picked(ex, bound, s, p, pixels, first, count) ((void)0)
#define srd__picked_sums(ex, bound, s, t, first, count, norms) ((void)0)
#endif

#endif
