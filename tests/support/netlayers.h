/*
 * netlayers.h -- makes a layer of a graph from a line of a test network; shared by netbuild.c, netlayers.c and netmoves.c only.
 */
#ifndef TESTS_NETLAYERS_H
#define TESTS_NETLAYERS_H

#include "netline.h"

/* Adds the layer that a line describes to the graph, by the public interface. A line that makes no sense adds none. */
void netlayers_add(srd_graph *graph, const netfile *file, const netfile_line *line);

/* The same for layers that move numbers and change none; a line of another kind adds none. For netlayers_add(). */
srd_layer netmoves_add(srd_graph *graph, const netfile_line *line, const char *name, srd_layer in);

#endif
