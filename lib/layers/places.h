/* places.h -- where the positions of every layer lie in the picture. */
#ifndef SRD_LAYERS_PLACES_H
#define SRD_LAYERS_PLACES_H

#include "graph/graph_impl.h"
#include "srd/inspect.h"

/* Fills table[id] for every layer of a sealed graph. shapes is by layer id; base is the layer in whose positions the others' are told. */
void srd__geometry(const srd_graph *graph, const srd__shape *shapes, int32_t base, srd_layer_geometry *table);

#if SRD_WITH_POSITION_MOVES
/* position_moves.c: does the layer move positions so that another may move them back (a roll, a partition into windows)? */
bool srd__begins_moving(const srd__layer *layer);
/* Does the layer bring the positions that `move` has moved back to where they were? reach: how many rows and columns away that may lie
 * with which they were mixed meanwhile. */
bool srd__takes_back(const srd__layer *layer, const srd__layer *move, const srd__shape *shapes, int32_t *reach);

/* moves_taken_back.c: between a move and the layer that takes it back positions have no place; behind it they have the place that
 * they had before. srd__follow_moves() is called for each layer in order, with its geometry so far; what it notes in lost entries
 * srd__forget_moves() takes out. */
void srd__follow_moves(const srd_graph *graph, const srd__shape *shapes, const srd_layer_geometry *table,
                       const srd__layer *layer, srd_layer_geometry *g);
void srd__forget_moves(srd_layer_geometry *table, int32_t count);
#endif

#endif
