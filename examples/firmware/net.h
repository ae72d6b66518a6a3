/* net.h -- a small residual network whose numbers lie in constant arrays, as a graph. */
#ifndef FIRMWARE_NET_H
#define FIRMWARE_NET_H

#include "srd/srd.h"

/* The weight of a layer: bytes, of which scale[out] * byte is meant, or floats, if scale is NULL. */
typedef struct net_weight {
    const void *numbers;
    const float *scale;
} net_weight;

/* The numbers of one convolution without bias, [out][in][kh][kw], and of the batch norm that follows it, [channel]. */
typedef struct net_conv {
    net_weight weight;
    const float *gamma, *beta, *mean, *variance;
} net_conv;

/* relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)): 3 x 3, the first with the stride. The shortcut is bn(conv(x)), 1 x 1 with
 * the same stride, or x itself where projection has no numbers. */
typedef struct net_block {
    int32_t channels, stride;
    net_conv first, second, projection;
} net_block;

/* relu(bn(conv 3 x 3)), blocks, mean over all positions, a fully connected layer. */
typedef struct net {
    int32_t channels, side; /* of the picture */
    int32_t stem_channels;
    net_conv stem;
    int32_t block_count;
    const net_block *blocks;
    int32_t classes;
    net_weight weight; /* [classes][channels of the last block] */
    const float *bias; /* [classes] */
    double eps;        /* of the batch norms */
} net;

#define NET_PICTURE "picture" /* the name of the input */

/**
 * Adds all layers and the output to an empty graph, as srd_graph_memory_size() wants it.
 * @param user  the const net *
 * @return SRD_OK; a failure sticks to the graph, and srd_graph_seal() reports it
 */
srd_status net_build(srd_graph *graph, void *user);

/* The quickstart's network: Fashion-MNIST, 96,314 parameters, weights as bytes (fashion_int8.c, which quantise.py made). */
extern const net net_fashion;

#endif
