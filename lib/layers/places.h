/* places.h -- where the positions of every layer lie in the picture. */
#ifndef SRD_LAYERS_PLACES_H
#define SRD_LAYERS_PLACES_H

#include "graph/graph_impl.h"
#include "srd/inspect.h"

/* Fills table[id] for every layer of a sealed graph. shapes is by layer id; base is the layer in whose positions the others' are told. */
void srd__geometry(const srd_graph *graph, const srd__shape *shapes, int32_t base, srd_layer_geometry *table);

#endif
