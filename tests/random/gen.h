/*
 * gen.h -- draws networks. gen_layer.c draws single layers, gen.c joins them to the patterns that real networks and the library's fast
 * cases are made of.
 */
#ifndef TESTS_RANDOM_GEN_H
#define TESTS_RANDOM_GEN_H

#include "draw.h"
#include "net.h"

typedef struct gen {
    net *n;
    uint64_t state;
    int64_t budget;       /* products that the reference may still take */
    int ways[NET_LAYERS]; /* about how many paths reach a position of a layer through gather layers */
} gen;

/* The network of a seed: the same on every machine. */
void gen_net(net *n, uint64_t seed);

/* All of these return the new layer, or NET_NONE where it is not possible or would take too long; a layer NET_NONE may be read: then
 * nothing is added either. */
int gen_layer(gen *g, int kind, int base);
int gen_push(gen *g, net_layer layer);
net_layer gen_blank(int kind, int base);
int gen_join(gen *g, int kind, const int *inputs, int count); /* add, concat, concat_tokens, gate, attention with one head */
int gen_conv(gen *g, int base, int channels, int kernel, int groups);
int gen_linear(gen *g, int kind, int base, int channels);
int gen_pool(gen *g, int kind, int base, int kernel, int stride, int pad);
int gen_zeros(gen *g, int base, int before, int all);
int gen_slice(gen *g, int base, int first, int count);
int gen_constant(gen *g, int c, int h, int w);
int gen_add_constant(gen *g, int base);
int gen_attention(gen *g, int query, int key, int value);
int gen_channels(gen *g);
void gen_fill(gen *g, int offset, int count, int fan, int style);
int gen_room(gen *g, int count); /* an offset of so many numbers, or NET_NONE */

#endif
