/* ratio.h -- how the sums over one position's paths become sharing ratios: used by the fast pass, the careful one, the head. */
#ifndef SRD_EXPLAIN_RATIO_H
#define SRD_EXPLAIN_RATIO_H

#include "explain/kept.h"
#include "explain/left_out.h"

/* Neighbouring positions that are computed together, and their sums: see srd__scratch. */
typedef struct srd__tile {
    int32_t p, pixels;
    float *uu, *uy, *yy, *by;
} srd__tile;

/* tile_ratio.c: ratios of a tile from its sums, which are used up. Positions whose sums are not safe are left, as bits of the result,
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

/* turned.c: can it do the segment? y of some blocks without the bias, into scratch->y; ratios from the complete y. */
bool srd__is_turned(const srd__bound *bound);
void srd__turned_y(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t first, int32_t count);
void srd__turned_ratios(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const float *y,
                        const srd__ratios *ratios);

/*
 * few.c: can it do the segment? Bytes of SRD__STORE_PICKS, which srd__few_begin() fills; rows of SRD__TILE_PIXELS floats that it
 * needs of scratch->u. When y of a block lies in scratch->y, srd__few_block() takes it; after the last block srd__few_sums() makes
 * <u, u> (if norms are wanted) and <u, y> of all paths.
 */
bool srd__is_few(const srd__bound *bound);
size_t srd__few_bytes(const srd__bound *bound);
size_t srd__few_rows(const srd__bound *bound);
void srd__few_begin(const srd_explainer *ex, const srd__bound *bound);
void srd__few_block(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t pixels, int32_t first,
                    int32_t count);
void srd__few_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, bool norms);

/*
 * whole.c: can a depthwise segment take its sums as it runs? Bytes of SRD__STORE_PICKS, which srd__summed_begin() fills; y of a tile
 * with its bias into the value, or from it if it is given, and all sums. False if a NaN or Inf appeared.
 */
bool srd__is_summed(const srd__bound *bound);
size_t srd__summed_bytes(const srd__bound *bound);
void srd__summed_begin(const srd_explainer *ex, const srd__bound *bound);
bool srd__tile_summed(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, float *value,
                      bool norms, bool given, const srd__finish *finish);

/*
 * picked.c: can a pooled segment do without contributions? y of some blocks without the bias, into scratch->y; with the complete y
 * there, sums of these blocks' contributions.
 */
bool srd__is_pick_summed(const srd_explainer *ex, const srd__bound *bound);
void srd__tile_picked(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, int32_t pixels,
                      int32_t first, int32_t count);
void srd__picked_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                      int32_t count, bool norms);

/* slices.c: the scale of a lane, or ones, [channels] floats in SRD__STORE_PICKS, for it and for identity.c. */
size_t srd__scale_bytes(const srd__bound *bound);
void srd__scale_begin(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);
/* As srd__tile_summed(), for a segment that only scales and shifts. */
bool srd__is_sliced(const srd_explainer *ex, const srd__bound *bound);
bool srd__tile_sliced(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t, float *value,
                      bool norms, bool given, const srd__finish *finish);

/*
 * identity.c: a lane that is a shortcut, or NULL; its paths are the first or the last. Its contributions added to y of some blocks,
 * [block][pixel][SRD__PANEL]; with y in the value, their sums (begin: the first position of the unit).
 */
const srd__lane *srd__find_identity(const srd_explainer *ex, const srd__bound *bound);
void srd__add_identity(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t, int32_t first, int32_t count,
                       float *y);
void srd__identity_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t begin,
                        float *value, bool norms);

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

/* Stubs for builds without SRD_WITH_WHOLE_SUMS. No segment is of these kinds there, so only these few names are ever used. */
#if !SRD_WITH_WHOLE_SUMS
#define srd__is_turned(bound) false
#define srd__is_few(bound) false
#define srd__is_summed(bound) false
#define srd__is_sliced(ex, bound) ((void)(ex), false)
#define srd__find_identity(ex, bound) NULL
#define srd__turned_y(ex, bound, s, first, count) ((void)0)
#define srd__turned_ratios(ex, bound, s, y, ratios) ((void)0)
#define srd__few_bytes(bound) ((size_t)0)
#define srd__few_rows(bound) ((size_t)0)
#define srd__few_begin(ex, bound) ((void)0)
#define srd__few_block(ex, bound, s, pixels, first, count) ((void)0)
#define srd__few_sums(ex, bound, s, t, norms) ((void)(t))
#define srd__summed_bytes(bound) ((size_t)0)
#define srd__summed_begin(ex, bound) ((void)0)
#define srd__tile_summed(ex, bound, s, t, value, norms, given, finish) \
    ((void)(s), (void)(t), (void)(given), (void)(finish), true)
#define srd__scale_bytes(bound) ((size_t)0)
#define srd__scale_begin(ex, bound, lane) ((void)0)
#define srd__tile_sliced(ex, bound, s, t, value, norms, given, finish) \
    ((void)(s), (void)(t), (void)(given), (void)(finish), true)
#define srd__add_identity(ex, bound, t, first, count, y) ((void)0)
#define srd__identity_sums(ex, bound, s, t, begin, value, norms) ((void)(t))
#endif

#if !SRD_WITH_WHOLE_SUMS || !SRD_WITH_POOL_LISTS
#define srd__is_pick_summed(ex, bound) false
#define srd__tile_picked(ex, bound, s, p, pixels, first, count) ((void)0)
#define srd__picked_sums(ex, bound, s, t, first, count, norms) ((void)0)
#endif

#endif
