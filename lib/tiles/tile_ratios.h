/* tile_ratios.h -- sharing ratios of a tile, from its sums. */
#ifndef SRD_TILES_TILE_RATIOS_H
#define SRD_TILES_TILE_RATIOS_H

#include "explain/explainer_impl.h"

/* Ratios of a tile from its sums, which are used up. Positions whose sums are not safe are left, as bits of the result,
 * for srd__careful_ratios(), which uses the scratch for sums of its own. */
uint32_t srd__tile_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t,
                          const srd__ratios *ratios);

void srd__careful_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p,
                         const srd__ratios *ratios);

/* Is a sum of squares within bounds in which single precision is enough? */
bool srd__is_safe(float square);

/* Shares of one position of which there are `paths`, indexed as below, to the ratios; what cancellation took from their sum is mended. */
void srd__store_ratios(const srd__bound *bound, srd__scratch *s, int32_t p, int32_t paths, const uint8_t *valid, size_t step,
                       float *shares, const srd__ratios *ratios);

#endif
