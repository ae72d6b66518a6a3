/* ratio.h -- how the sums over one position's paths become sharing ratios: used by the fast pass, the careful one, the head. */
#ifndef SRD_EXPLAIN_RATIO_H
#define SRD_EXPLAIN_RATIO_H

#include "explain/kept.h"

/* Neighbouring positions that are computed together, and their sums: see srd__scratch. */
typedef struct srd__tile {
    int32_t p, pixels;
    float *uu, *uy, *yy, *by;
} srd__tile;

/* tile_ratio.c: ratios of a tile from its sums, which are used up. Positions whose sums are not safe are left, as bits of the result,
 * for srd__careful_ratios(), which uses the scratch for sums of its own. */
uint32_t srd__tile_ratios(const srd__bound *bound, srd__scratch *s, const srd__tile *t, const srd__ratios *ratios);
void srd__careful_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p,
                         const srd__ratios *ratios);

/* Units that the sums of a position are taken in, and <direction, direction> in them. */
typedef struct srd__sums {
    float unit, unit_direction, square;
    float norm_unit; /* factor of all norms: 1, or less when one would overflow */
} srd__sums;

/*
 * Adds each group's amount <b, direction> to the shares of its paths. norms and shares are indexed by path, valid by
 * path * valid_step, amounts by group * amount_step. *special becomes true if a group had only zero norms.
 */
void srd__share_biases(const srd__bound *bound, const float *norms, const uint8_t *valid, size_t valid_step,
                       const float *amounts, size_t amount_step, float *shares, bool *special);

/* Is there a bias that is shared by norms? */
bool srd__needs_norms(const srd__bound *bound);

/* valid[path * pixels + i] = does the path exist at output position p + i, i < pixels? paths[i]: the number of those that do. */
void srd__mark_valid(const srd__bound *bound, int32_t p, int32_t pixels, uint8_t *valid, int32_t *paths);

#endif
