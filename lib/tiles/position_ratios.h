/* position_ratios.h -- sharing ratios of one position, by the definition. */
#ifndef SRD_TILES_POSITION_RATIOS_H
#define SRD_TILES_POSITION_RATIOS_H

#include "explain/explainer_impl.h"

/* Units that the sums of a position are taken in, and <direction, direction> in them. */
typedef struct srd__sums {
    float unit, unit_direction, square;
    float norm_unit; /* factor of all norms: 1, or less when one would overflow */
} srd__sums;

/* True if the head needs no norms at this segment, so that a direction may be turned through the weights. */
bool srd__can_turn(const srd__bound *bound);

/*
 * Shares of the paths into position p, by path: sharing ratios when direction is NULL, else <P, direction>.
 * shares is not in scratch. Returns the number of paths that exist.
 */
int32_t srd__position_shares(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p,
                             const float *direction, float *shares, bool *special);

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
