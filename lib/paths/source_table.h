/* source_table.h -- lanes below which positions are chosen or averaged: a table of sources by position and slot. */
#ifndef SRD_PATHS_SOURCE_TABLE_H
#define SRD_PATHS_SOURCE_TABLE_H

#include "explain/explainer_impl.h"

/* Most slots of a lane, and most paths of a segment. */
#define SRD__MOST_SLOTS (1 << 24)

/* Fills lane->table, slots and searched; a shared lane has the sources of all lanes that are in its place. SRD_ERR_UNSUPPORTED: this
 * build leaves out what the table needs, SRD_WITH_MANY_WAYS if lane->merges, else SRD_WITH_FLAT_WAYS. */
srd_status srd__bind_table(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);

/* Is the branch a piece of the same vector as the lane's, over a grid of the same size? */
bool srd__same_place(const srd_explainer *ex, const srd__branch *a, const srd__branch *b);

/* Does the lane's table hold what this branch of the segment shows: is it the lane's own, or one whose sources it shares? */
bool srd__shows(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t branch);

/* Do lanes in the place of this one, over different layers, have a source in common? */
bool srd__must_share(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);

/* Source ids in ascending order, in place. */
void srd__sort_ids(int32_t *a, int32_t n);

#endif
