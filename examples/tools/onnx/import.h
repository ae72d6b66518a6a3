/*
 * import.h -- what the parts of the importer share, and how they work together.
 *
 * What does not depend on the format is in ../common: core.h says how a file is taken.
 */
#ifndef ONNX_IMPORT_H
#define ONNX_IMPORT_H

#include "core.h"
#include "onnx_import.h"

/* ---- attributes.c: what of a node is read ------------------------------------------------------------------------------ */

/** An attribute that is not read and does not have the value that it has by default; NULL: there is none. */
const SrdOnnx__AttributeProto *unread_attribute(const node *n);
/** An input that is not read, or -1. */
int32_t unread_input(const node *n);
/** Whether the node is a Dropout that drops. */
bool is_training(const import *im, const node *n);

/* ---- read.c: the file ---------------------------------------------------------------------------------------------- */

/** Fills model, opset, values and nodes from the bytes, which it frees, and reads the initializers. */
void read_model(import *im);
/** The number of a value by its name. @return NO_VALUE if there is none and make is false */
int32_t value_number(import *im, const char *name, bool make);
const array *read_tensor(import *im, SrdOnnx__TensorProto *tensor);

#define MOST_PATH 4096 /* bytes */

/* ---- external.c ------------------------------------------------------------------------------------------------------- */

/** Reads the so many bytes of a tensor that lie in another file, as its raw data. */
void read_external(import *im, SrdOnnx__TensorProto *tensor, const char *name, int64_t length);

/* ---- input.c: the input -------------------------------------------------------------------------------------------------- */

/** The input as a layer whose channels are those that the network takes for channels. */
void add_input(import *im, const onnx_options *options);

/* ---- node.c: attributes and inputs of a node ------------------------------------------------------------------------- */

const SrdOnnx__AttributeProto *attribute(const node *n, const char *name);
int64_t attribute_int(import *im, const node *n, const char *name, int64_t otherwise);
float attribute_float(import *im, const node *n, const char *name, float otherwise);
const char *attribute_text(import *im, const node *n, const char *name, const char *otherwise);
/** A list of integers. @return how many; -1 if there is no such attribute. More than most are refused */
int32_t attribute_ints(import *im, const node *n, const char *name, int64_t *numbers, int32_t most);
/** The same, from the attribute or, as newer operators have it, from an input. */
int32_t list_of(import *im, const node *n, const char *name, int32_t input, int64_t *numbers, int32_t most);
/** The node that makes a value, if it is of this operator, else NULL. */
const node *maker(const import *im, int32_t v, const char *op);

/* ---- array.c: constants ---------------------------------------------------------------------------------------------- */

/** Whether a value is a constant with one number. */
bool scalar_of(const import *im, int32_t v, double *number);
/** Whether node n has only constants and could be folded; then it is. */
bool fold_arithmetic(import *im, const node *n);

/* ---- arrange.c: any view in any form ------------------------------------------------------------------------------------------- */

/** The axes of a set are the channels, in their order, and the others the positions. Where no other layer does it, one with weights of 0
 * and 1 moves the numbers one by one; refused if they are too many. */
view arranged(import *im, const view *v, uint32_t set);
/** A view whose axis holds all channels in their order, and no positions: flattened if they lie in that order, else arranged. */
view as_channels(import *im, const view *v, int32_t axis);
/** A view stretched to a shape of at least its rank: axes of size 1 are repeated. */
view expanded(import *im, const view *v, int32_t rank, const int64_t *dims);
/** Two views stretched over each other and moved until their numbers lie alike. */
void match_pair(import *im, view *a, view *b);
/** The shape of two shapes stretched over each other. @return its rank */
int32_t common_shape(import *im, int32_t a_rank, const int64_t *a, int32_t b_rank, const int64_t *b, int64_t *dims);

/** A value times a constant matrix, or one for each batch: (..., T, I) times (..., I, O), or, is_left, (..., O, I) times (..., I, T). */
view times_constant(import *im, const view *v, const array *matrix, bool is_left);
/** Each number along an axis is a sum of those that there were, by a matrix [outputs][size of the axis]. */
view along_axis(import *im, const view *v, int32_t axis, const float *matrix, int64_t outputs);

/** The sum, or the mean, over the axes of a set, which keep size 1. */
view summed(import *im, const view *v, uint32_t set, bool is_mean);

/* ---- axes.c: one axis at a time ------------------------------------------------------------------------------------------ */

/** Numbers along an axis by their indices; an index outside of it is a 0. */
view picked(import *im, const view *v, int32_t axis, const int64_t *indices, int64_t count);
void resize_by_axes(import *im, const node *n);
void pad_by_axes(import *im, const node *n);

/* ---- function.c: functions of one number that the library has no call for ----------------------------------------------------- */

/** v by a function; the name is one of those in function.c. */
view apply(import *im, const view *v, const char *name);
/** v * factor + shift. */
view scaled(import *im, const view *v, double factor, double shift);

/* ---- mixing.c: how a window slides over a picture; rows, then columns ---------------------------------------------------------- */

typedef struct window {
    int64_t kernel[2], stride[2], dilation[2], pads[4]; /* pads: top, left, bottom, right */
    bool ceil_mode;
} window;

/** Input 0 as windows slide over it: a picture; a sequence (N, C, L) as rows; the pictures of a batch as channels, batches times them. */
view windows_input(import *im, const node *n, int64_t *batches);
/** What a window made of that, in the axes of the file. */
void put_windows(import *im, const node *n, const call *c, int64_t batches);
/** A part of one axis, by the calls that take neighbours where they do, else number by number. */
view sliced(import *im, const view *v, int32_t axis, int64_t start, int64_t count);
/** as_picture(), or, where it refuses, the numbers moved one by one. */
view picture_of(import *im, const view *v);
/** Reads the attributes. @param kernel  the sizes of a weight, or NULL: from the attribute kernel_shape */
window read_window(import *im, const node *n, const view *v, const int64_t *kernel);
/** Windows along an axis of a size; 0 if not one fits. */
int64_t window_count(const window *w, int axis, int64_t size);

/* ---- what nodes become ------------------------------------------------------------------------------------------------------ */

typedef void importer(import *im, const node *n);
importer import_rms_norm, import_lp_norm, import_compare, import_attention, import_nll, import_group_norm, import_mean_variance,
    import_affine, import_crop, import_image_scaler, import_extreme, import_cast_like, import_size, import_swish, import_celu,
    import_selu, import_where, import_function, import_pow, import_reduce, import_shrink, import_thresholded, import_conv,
    import_conv_transpose, import_conv_integer, import_dequantize, import_dynamic_quantize, import_matmul_integer, import_gemm,
    import_matmul, import_batch_norm, import_instance_norm, import_lrn, import_layer_norm, import_pool, import_global_pool,
    import_reduce_mean, import_pad, import_resize, import_add, import_sub, import_mul, import_depth_to_space,
    import_space_to_depth, import_div, import_neg, import_pointwise, import_clip, import_prelu, import_softmax, import_concat,
    import_slice, import_split, import_gather, import_expand, import_reshape, import_flatten, import_squeeze, import_unsqueeze,
    import_transpose, import_same, import_shape, import_constant, import_constant_of_shape, import_arithmetic;

/* ---- match.c: patterns; each looks back from a node, and imports it and returns true if it is the last of the pattern ------------ */

bool match_layer_norm(import *im, const node *n);
bool match_activation(import *im, const node *n);
bool match_attention(import *im, const node *n);
bool match_matmul_bias(import *im, const node *n);
bool match_response_norm(import *im, const node *n);

#endif
