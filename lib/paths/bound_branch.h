/* bound_branch.h -- where the paths of a bound branch (a lane) come from: positions, source ids, runs of channels. */
#ifndef SRD_PATHS_BOUND_BRANCH_H
#define SRD_PATHS_BOUND_BRANCH_H

#include "explain/explainer_impl.h"
#include "explain/store.h"

/*
 * Reports the runs of channels [first, first + count) of a lane's root at position r, down to layers that have values.
 * Slots in the runs are the lane's.
 */
typedef void (*srd__on_run)(void *context, const srd__run *run, int32_t layer, int32_t position);

/* Source id of a path whose tap stands over position r of the lane's grid, or -1. */
static inline int32_t srd__path_source(const srd__lane *lane, int32_t r, int32_t slot)
{
    if (r < 0) return -1;
    return lane->table != NULL ? lane->table[(size_t)r * (size_t)lane->slots + (size_t)slot] : lane->bases[slot] + r;
}

/* Winners of the pool above a stretch at position r of the grid, from its first channel on. */
static inline const uint8_t *srd__stretch_winners(const srd_explainer *ex, const srd__stretch *stretch, int32_t r)
{
    const uint8_t *const winners = (const uint8_t *)srd__at(ex, stretch->pool, SRD__STORE_WINNER);

    return winners + (size_t)r * (size_t)ex->plan.shapes[stretch->pool].c + stretch->winner;
}

/* Index of a site among a segment's sources, of which it is one. */
int32_t srd__source_index(const srd__bound *bound, int32_t site);

/* Position of the lane's grid under a tap of output position p, or -1. */
int32_t srd__lane_position(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t tap);

/* Does every output position see the position of the same number? Not for flattened lanes. */
bool srd__is_one_to_one(const srd__bound *bound, const srd__lane *lane);

/* The same for positions [p, p + pixels). */
void srd__lane_positions(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t pixels, int32_t tap, int32_t *at);

/* Slot of a source id at position r of a searched lane; of a lane with vias, where the way is through via;
 * of one with flats, by flat. */
int32_t srd__lane_slot(const srd__lane *lane, int32_t r, int32_t id, int32_t via, int32_t flat);

/* The table of flattened positions of a lane, or NULL. */
static inline int32_t *srd__flats_of(const srd__lane *lane)
{
#if SRD_WITH_FLAT_WAYS
    return lane->flats;
#else
    (void)lane;
    return NULL;
#endif
}

/* By which flattened position a walk has come, numbered so that equal positions of equal grids are one; -1: by none. */
#if SRD_WITH_FLAT_WAYS
int32_t srd__flat_of(const srd__walk *walk);
#else
static inline int32_t srd__flat_of(const srd__walk *walk)
{
    (void)walk;
    return -1;
}
#endif

/* The i with source_base[i] <= id < source_base[i + 1]. */
int32_t srd__source_of(const srd__bound *bound, int32_t id);

/* Members of a part among channels [first, end) of the root: [*from, return value), empty if that is not larger. */
int32_t srd__part_range(const srd__part *part, int32_t first, int32_t end, int32_t *from);

/* A walk over the graph with this explainer's sizes and winners. */
srd__walk srd__walk_begin(const srd_explainer *ex, void *context);

void srd__lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                    int32_t count, srd__on_run on_run, void *context);

/* The same down to the sites, also where values lie in place above them. */
void srd__lane_source_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                           int32_t count, srd__on_run on_run, void *context);

/* Paths of the branches of a bias group: [*first, return value). */
int32_t srd__group_paths(const srd__bound *bound, const srd__bias *bias, int32_t *first);

/* Lanes [*first, return value) that read pieces of the same vector: only the lane itself, unless a fully connected layer reads a concat. */
int32_t srd__pieces(const srd__bound *bound, const srd__lane *lane, int32_t *first);

/* Paths that may share a bias path of a lane: [*first, return value). */
int32_t srd__constant_paths(const srd__bound *bound, const srd__lane *lane, int32_t *first);

/* The same as srd__lane_source_runs(), for one run of a layer below the root. */
void srd__lane_layer_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t layer, int32_t r,
                          const srd__run *run, srd__on_run on_run, void *context);

/* Parts of a layer's value, down to layers that have values; -1 if sites_only and the positions of one are not those of a site.
 * parts NULL: count only. */
int32_t srd__view_parts(const srd_explainer *ex, int32_t layer, bool sites_only, srd__part *parts);

#endif
