/*
 * netlayers.h -- makes a layer of a graph from a line of a test network; shared by netbuild.c and netlayers.c only.
 */
#ifndef TESTS_NETLAYERS_H
#define TESTS_NETLAYERS_H

#include "netline.h"

/* Adds the layer that a line describes to the graph, by the public interface. A line that makes no sense adds none. */
void netlayers_add(srd_graph *graph, const netfile *file, const netfile_line *line);

#endif
