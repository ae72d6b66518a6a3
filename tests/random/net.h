/*
 * net.h -- a small network as plain data: what the generator draws, what the float64 reference computes, what is built through the
 * public interface, and what is printed as a test network of tests/golden. All sizes are fixed, so a network is copied by value.
 */
#ifndef TESTS_RANDOM_NET_H
#define TESTS_RANDOM_NET_H

#include <stdint.h>
#include <stdio.h>

#include "srd/srd.h"

#define NET_LAYERS 48           /* layers of a network at most */
#define NET_OPERANDS 6          /* layers that one layer reads at most */
#define NET_OUTPUTS 3           /* outputs at most */
#define NET_NUMBERS (1 << 17)   /* floats of a network: parameters and pictures */
#define NET_VALUES (33 * 8 * 8) /* numbers of one value at most */
#define NET_NONE (-1)           /* a layer or an offset that is not there */

/* The kinds of include/srd/graph.h, in its order. NET_ADD_CONSTANT is two layers: a constant and an addition (net_layer.joined). */
enum net_kind {
    NET_INPUT,
    NET_CONSTANT,
    NET_CONV,
    NET_LINEAR,
    NET_LINEAR_TOKENS,
    NET_CONV_TRANSPOSE,
    NET_BATCH_NORM,
    NET_GROUP_NORM,
    NET_INSTANCE_NORM,
    NET_GLOBAL_RESPONSE_NORM,
    NET_SCALE_SHIFT,
    NET_ADD,
    NET_RELU,
    NET_CLIP,
    NET_LEAKY_RELU,
    NET_PRELU,
    NET_ELU,
    NET_SELU,
    NET_GELU,
    NET_SILU,
    NET_TANH,
    NET_SIGMOID,
    NET_SOFTPLUS,
    NET_HARD_SWISH,
    NET_HARD_SIGMOID,
    NET_CELU,
    NET_MISH,
    NET_LOG_SIGMOID,
    NET_SOFTSIGN,
    NET_ABS,
    NET_EXP,
    NET_ERF,
    NET_RESPONSE_NORM,
    NET_LAYER_NORM,
    NET_RMS_NORM,
    NET_L2_NORM,
    NET_SOFTMAX,
    NET_MAX_POOL,
    NET_AVG_POOL,
    NET_ADAPTIVE_POOL,
    NET_GLOBAL_POOL,
    NET_MEAN,
    NET_SUM,
    NET_ADAPTIVE_MAX,
    NET_GLOBAL_MAX,
    NET_MAX,
    NET_MAX_CHANNELS,
    NET_CONCAT,
    NET_FLATTEN,
    NET_DROPOUT,
    NET_ZERO_PAD,
    NET_CONSTANT_PAD,
    NET_ZERO_CHANNELS,
    NET_SUBSAMPLE,
    NET_SLICE,
    NET_SHUFFLE,
    NET_RESHAPE,
    NET_TRANSPOSE,
    NET_CONCAT_TOKENS,
    NET_SELECT_TOKENS,
    NET_CROP,
    NET_ROLL,
    NET_REFLECTION_PAD,
    NET_REPLICATION_PAD,
    NET_CIRCULAR_PAD,
    NET_PARTITION,
    NET_REVERSE,
    NET_CHOOSE,
    NET_TO_SPACE,
    NET_TO_DEPTH,
    NET_UPSAMPLE,
    NET_MAXIMUM,
    NET_MINIMUM,
    NET_GATE,
    NET_ATTENTION,
    NET_KINDS
};

/* A layer. Lists of numbers are offsets into net.numbers, or NET_NONE; which is which is said at each kind:
 *   input: picture of run 0, picture of run 1     constant: value [C][H][W]      convolutions, linear: weight, bias
 *   batch_norm: gamma, beta, mean, variance       norms: gamma, beta             scale_shift: scale, shift
 *   prelu: slopes                                 attention: mask [rows or 1][heads or 1][T][S]                                 */
typedef struct net_layer {
    int kind;
    int input[NET_OPERANDS], inputs; /* attention: query, key, value; gate: value, gate */
    int c, h, w;                     /* shape */
    int derived;                     /* depends on constants only */
    int numbers[4];
    int kernel[2], stride[2], pad[4], dilation[2], output_pad[2], groups; /* pads: top, left, bottom, right */
    int first,
        count; /* slice, select_tokens; zero_channels: before, after; prelu: number of slopes; attention: heads, mask heads */
    int option; /* gelu: approximation; attention: rows; mean, sum, max: axes; upsample: bilinear; response norm: size; pools: ceil mode */
    int extra;   /* attention: mask rows; upsample: align_corners; average: count padding */
    int size[2]; /* adaptive pool, upsample, reshape: height, width; 0: by the scales, or what the other leaves */
    float real
        [4]; /* clip: low, high; slopes, alpha; response norm: alpha, beta, k; pad: value; upsample: scales; attention: scale */
    double eps;
    int chosen
        [8]; /* gather_channels: count of them. crop: strides are steps. roll: stride is the shift. windows and blocks: kernel, option grid or last */
    int joined; /* constant: the addition that follows makes it, by srd_graph_add_constant() */
} net_layer;

typedef struct net {
    net_layer layer[NET_LAYERS];
    int layers;
    int output[NET_OUTPUTS], outputs;
    int number_count;
    float numbers[NET_NUMBERS];
} net;

/* Word of a kind in a .net file. */
const char *net_word(int kind);
/* Name of a layer: its kind and number. The text lies in a few buffers that take turns. */
const char *net_name(const net *n, int layer);

/* Computes the shape of a layer from those of what it reads; 0 if the layer is not possible. */
int net_shape(const net *n, net_layer *layer);
int net_positions(const net_layer *layer);
/* How many numbers numbers[k] of a layer has, or 0. */
int net_count(const net *n, const net_layer *layer, int k);
/* 0 if any layer has become impossible, after a change; shapes are computed anew. */
int net_reshape(net *n);
/* Removes layers that reach no output; inputs stay while any is read, the first one always. Returns 0 if nothing is left. */
int net_prune(net *n);

/* Builds and seals. ids: receives the library's id of each layer. NULL on failure, with the reason in detail. */
srd_graph *net_build(const net *n, int32_t weight_policy, srd_layer *ids, srd_detail *detail);

/* Prints the network and its first picture as a .net file, and its numbers as the .bin file beside it. */
void net_print(const net *n, const char *remark, FILE *to);
void net_print_numbers(const net *n, FILE *to);

#endif
