/* network.h -- the network of fashion_net.c as a graph. */
#ifndef QUICKSTART_NETWORK_H
#define QUICKSTART_NETWORK_H

#include "srd/srd.h"

#define NETWORK_SIDE 28    /* height and width of the picture */
#define NETWORK_CLASSES 10 /* named by fashion_net_labels */

/**
 * Add all layers and the output to an empty graph: the input "picture", the sites "conv1" and "block1" to "block4", and
 * the output "logits". A failure sticks to the graph, and srd_graph_seal() reports it.
 */
void network_build(srd_graph *graph);

#endif
