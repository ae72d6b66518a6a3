/* kinds.h -- the kinds of layers; switches.h has the switches that leave one out of a build. */
#ifndef SRD_LAYERS_KINDS_H
#define SRD_LAYERS_KINDS_H

#include "graph/kind.h"

extern const srd__kind srd__kind_input, srd__kind_conv2d, srd__kind_linear, srd__kind_batch_norm, srd__kind_scale_shift,
    srd__kind_add, srd__kind_relu, srd__kind_clip, srd__kind_leaky_relu, srd__kind_softmax, srd__kind_max_pool2d,
    srd__kind_avg_pool2d, srd__kind_global_avg_pool, srd__kind_concat, srd__kind_flatten, srd__kind_dropout,
    srd__kind_zero_pad2d, srd__kind_zero_channels, srd__kind_subsample2d, srd__kind_sigmoid, srd__kind_tanh, srd__kind_silu,
    srd__kind_softplus, srd__kind_elu, srd__kind_selu, srd__kind_gelu, srd__kind_hard_sigmoid, srd__kind_hard_swish,
    srd__kind_prelu, srd__kind_local_response_norm, srd__kind_adaptive_avg_pool2d, srd__kind_constant,
    srd__kind_conv_transpose2d, srd__kind_linear_tokens, srd__kind_layer_norm, srd__kind_gate, srd__kind_attention,
    srd__kind_slice, srd__kind_shuffle, srd__kind_reshape, srd__kind_concat_tokens, srd__kind_select_tokens,
    srd__kind_transpose, srd__kind_upsample, srd__kind_constant_pad2d, srd__kind_mean, srd__kind_instance_norm,
    srd__kind_group_norm, srd__kind_custom_pointwise, srd__kind_custom_gather;

/* Every kind that is built in, for introspection and tests; ends with NULL. */
extern const srd__kind *const srd__kinds[];

/* The failure of a layer-adding function whose kind is left out. */
srd_layer srd__kind_missing(srd_graph *graph, const char *name, const char *macro);

/* Adds a layer of one input that has no parameters. */
srd_layer srd__layer_plain(srd_graph *graph, const char *name, const srd__kind *kind, srd_layer input);

/* Shape entry of layers whose output is shaped like their (first) input. */
srd_status srd__shape_same(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                           srd_detail *detail);

/* Shape entry of a windowed layer: layer->window over input 0, channels as given. */
srd_status srd__shape_window(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, int32_t channels,
                             srd__shape *out, srd_detail *detail);

/* Takes the numbers of a mixing layer's weight, whose output channels are known: their type, for int8 scale and zero. */
bool srd__weight_numbers(srd_graph *graph, srd__layer *layer, const srd_tensor *weight, const srd_tensor *scale,
                         const srd_tensor *zero);

/* Reads the weight of a convolution, whose groups (and whether it is transposed) are known. */
bool srd__kernel_weight(srd_graph *graph, srd__layer *layer, const srd_tensor *weight, const srd_tensor *scale,
                        const srd_tensor *zero);

/* What a fully connected layer is given. */
typedef struct srd__linear_given {
    const srd_tensor *weight, *scale, *zero, *bias;
} srd__linear_given;

/* Reads weight [O][I] and bias of a fully connected layer and ends it; axes names the weight's axes in a failure. */
srd_layer srd__linear_parameters(srd_graph *graph, srd__layer *layer, const srd__linear_given *given, const char *axes);

/* Checks and copies pool options into layer->window. */
bool srd__pool_options(srd_graph *graph, srd__layer *layer, const srd_pool2d_options *options);

#endif
