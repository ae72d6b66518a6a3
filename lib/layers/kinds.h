/* kinds.h -- the kinds of layers (kinds.def is the list of them), and what several of their files share. */
#ifndef SRD_LAYERS_KINDS_H
#define SRD_LAYERS_KINDS_H

#include "graph/kind.h"

#define SRD__LAYER(name, switch_, role, parameters) extern const srd__kind srd__kind_##name;
#define SRD__INNER(name, call, switch_, role) extern const srd__kind srd__kind_##name;
#include "layers/kinds.def"

/* Every kind that this build has, for tests; ends with NULL. */
extern const srd__kind *const srd__kinds[];

/* The failure of a layer-adding function whose kind the switch `macro` leaves out; registry.c has these functions. */
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

/* Shape entry of a layer that takes the axes layer->mode together, and the function that adds one of SRD_AXIS_... . */
srd_status srd__shape_over_axes(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                srd_detail *detail);
srd_layer srd__layer_over_axes(srd_graph *graph, const char *name, const srd__kind *kind, srd_layer input, int32_t axes);

/* Reads the options, weight [O][I] and bias of a fully connected layer and ends it; layer NULL: nothing is done. axes names the weight's
 * axes in a failure. */
srd_layer srd__linear(srd_graph *graph, srd__layer *layer, const srd_tensor *weight, const srd_tensor *bias,
                      const srd_linear_options *options, const char *axes);

/* to[c] = the sum over rows [rows[0], rows[1]) and columns [columns[0], columns[1]) of the input of value * weight, for the channels of the part.
 * That of more than 256 numbers is made in double: as many roundings of numbers that are alike (a white picture) all go in one direction. */
void srd__average(const srd__gather_io *io, const int32_t *rows, const int32_t *columns, float weight, float *to);

/* Checks and copies pool options into layer->window. */
bool srd__pool_options(srd_graph *graph, srd__layer *layer, const srd_pool2d_options *options);

#if SRD_WITH_MAX_POOL2D || SRD_WITH_ADAPTIVE_MAX_POOL2D
/* The channels of the part of a position that is choice k of the output position whose numbers and winners begin at index `at`: the
 * larger number stays, the first one on a tie. first: there is nothing to compare with yet. */
void srd__take_largest(const srd__gather_io *io, const float *from, size_t at, int32_t k, bool first);
#endif

#endif
