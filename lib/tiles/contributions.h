/* contributions.h -- the contributions of all paths to the positions of a tile. */
#ifndef SRD_TILES_CONTRIBUTIONS_H
#define SRD_TILES_CONTRIBUTIONS_H

#include "explain/explainer_impl.h"

/* The next block of output channels: [*first, *first + *count); begin with both 0. False at the end. */
bool srd__next_block(const srd__bound *bound, int32_t *first, int32_t *count);

/* The same with up to `most` whole blocks at once. */
bool srd__next_blocks(const srd__bound *bound, int32_t most, int32_t *first, int32_t *count);

/* Contributions of paths [from, to) to positions [p, p + pixels), channels [first, first + count), into scratch->u:
 * [block][path][pixel][SRD__PANEL]. */
void srd__tile_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                 int32_t first, int32_t count, int32_t from, int32_t to);

/* A direction at the output of one position's mixing layer, scaled by the posts above, becomes one at its input channels. */
void srd__tap_transpose(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                        int32_t tap, const float *direction);

#endif
