/*
 * zoo.h -- networks that people deploy, each built by API calls in a file of its own, at full size.
 *
 * A file here is a template: copy it and, if your weights lie elsewhere, exchange zoo_conv() and its kin for your own calls.
 * Parameters are found by the names that torchvision gives them ("layer1.0.conv1.weight"), so that what was trained there fits;
 * where it does not have the network, by the names of tests/parity/modules.py.
 */
#ifndef ZOO_H
#define ZOO_H

#include "srd/srd.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ZOO_MOST_NAME 128
#define ZOO_MOST_DEPTH 8 /* modules within modules */

/** Where parameters come from: find() returns the shape's floats in row-major order, or NULL if there are none of this name and
 * shape. They stay as long as the graph does, if that was created with SRD_WEIGHTS_BORROW. */
typedef struct zoo_weights {
    const float *(*find)(void *user, const char *name, const int64_t *shape, int32_t rank);
    void *user;
} zoo_weights;

/** What the builder of a network works on. */
typedef struct zoo {
    srd_graph *graph;
    const zoo_weights *weights;
    char path[ZOO_MOST_NAME];      /* of the module that is being built, as "layer1.0." */
    size_t starts[ZOO_MOST_DEPTH]; /* of the modules that were entered, in path */
    int32_t depth;
    char *missing;
} zoo;

typedef struct zoo_network {
    const char *name;
    int32_t side;       /* the input is 3 x side x side */
    int64_t parameters; /* as published: batch norms count weight and bias */
    void (*build)(zoo *z);
} zoo_network;

/** The networks, in a fixed order; NULL after the last one. */
const zoo_network *zoo_network_at(int32_t index);
/** NULL: no such network. */
const zoo_network *zoo_network_of(const char *name);

/** Builds the network into a new graph, which the caller seals. If a parameter was not found, its name is in missing
 * (ZOO_MOST_NAME bytes; else empty), and sealing fails. */
void zoo_build(const zoo_network *network, srd_graph *graph, const zoo_weights *weights, char *missing);

/** Random parameters, the same for the same name and seed, of a size that keeps signals alive: normal with variance 2 / fan-in
 * for weights; norms and biases near, but not at, what they are before training. */
typedef struct zoo_random zoo_random;
zoo_random *zoo_random_create(uint64_t seed);
const float *zoo_random_find(void *random, const char *name, const int64_t *shape, int32_t rank);
void zoo_random_free(zoo_random *random);

/* ---- for the files of the networks --------------------------------------------------------------------------------- */

/* The first failure sticks to the graph, later calls do nothing, and sealing reports it: nothing is checked in between. */

/** What is built until zoo_leave() belongs to module `name`, or to the one of this number. */
void zoo_enter(zoo *z, const char *name);
void zoo_enter_at(zoo *z, int32_t number);
void zoo_leave(zoo *z);

/** A tensor that looks at the parameter of the current module, to be freed with srd_tensor_free(). */
srd_tensor *zoo_parameter(zoo *z, const char *name, int32_t rank, const int64_t *shape);

/** Channels of a layer; 0 if it is none. */
int32_t zoo_channels(const zoo *z, srd_layer layer);

/** The shape of a convolution. What is 0 has its default: stride, dilation and groups 1; width_kernel and width_pad the same as of the height. */
typedef struct zoo_conv_shape {
    int32_t out, kernel, stride, pad, groups, width_kernel, width_pad;
    int32_t bias; /* 1: has one */
} zoo_conv_shape;
srd_layer zoo_conv(zoo *z, const char *name, srd_layer x, zoo_conv_shape shape);
srd_layer zoo_deconv(zoo *z, const char *name, srd_layer x, int32_t out, int32_t kernel, int32_t stride);
srd_layer zoo_batch_norm(zoo *z, const char *name, srd_layer x, double eps);
srd_layer zoo_layer_norm(zoo *z, const char *name, srd_layer x, double eps);
/** Fully connected, on a vector or (zoo_linear_tokens) at every position. */
srd_layer zoo_linear(zoo *z, const char *name, srd_layer x, int32_t out);
srd_layer zoo_linear_tokens(zoo *z, const char *name, srd_layer x, int32_t out);

srd_layer zoo_max_pool(zoo *z, srd_layer x, int32_t kernel, int32_t stride, int32_t pad, int32_t ceil_mode);
srd_layer zoo_avg_pool(zoo *z, srd_layer x, int32_t kernel, int32_t stride, int32_t pad);
srd_layer zoo_add(zoo *z, const char *name, srd_layer a, srd_layer b);
srd_layer zoo_concat(zoo *z, srd_layer a, srd_layer b);
srd_layer zoo_named_relu(zoo *z, srd_layer x); /* named as the current module, so that maps may be asked for there */
srd_layer zoo_input(zoo *z, int32_t side);

/* ---- blocks that several networks share: blocks.c, tokens.c ----------------------------------------------------------------------- */

typedef srd_layer (*zoo_activation)(srd_graph *graph, const char *name, srd_layer x);

/** Convolution, batch norm and activation (NULL: none) as modules name.0 and name.1. */
srd_layer zoo_conv_norm(zoo *z, const char *name, srd_layer x, zoo_conv_shape shape, double eps, zoo_activation activation);
/** The same as modules name.conv and name.bn, with ReLU: the Inceptions. */
srd_layer zoo_basic_conv(zoo *z, const char *name, srd_layer x, zoo_conv_shape shape);
/** ResNet: module `name` of `count` bottlenecks, inner width `width`, output 4 times `planes`. */
srd_layer zoo_bottlenecks(zoo *z, const char *name, srd_layer x, int32_t planes, int32_t width, int32_t count, int32_t stride,
                          int32_t groups);
/** Squeeze and excite: x times a gate per channel, computed from the mean of x. */
srd_layer zoo_excite(zoo *z, const char *name, srd_layer x, int32_t squeezed, zoo_activation inner, zoo_activation gate);
/** Names of the parts of a transformer block. */
typedef struct zoo_block_names {
    const char *norm_1, *in_weight, *in_bias, *out, *norm_2, *fc_1, *fc_2;
} zoo_block_names;
/** Pre-norm transformer block: attention, then two wider layers with GELU; each added to the stream. */
srd_layer zoo_transformer_block(zoo *z, srd_layer x, int32_t heads, const zoo_block_names *names);
/** Image to tokens by a convolution of kernel and stride `patch`; class tokens `tokens` (count of them) in front; positions added. */
srd_layer zoo_embed(zoo *z, const char *conv, srd_layer x, int32_t width, int32_t patch, const char *const *tokens,
                    int32_t count, const char *positions);

#ifdef __cplusplus
}
#endif

#endif
