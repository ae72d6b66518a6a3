/*
 * import.h -- what the parts of the importer share, and how they work together.
 *
 * The nodes of a file come in an order in which they can be computed, and are taken one after the other, once. Each value is
 * a constant (folded on the spot), a view of a layer (view.h), or refused with a reason. A refusal inside of a pattern does no harm:
 * a layer norm arrives as nine nodes, some of which no layer can stand for; the last of them recognises the whole by
 * looking back. So a node that cannot be imported is an error only if the output needs it, and layers that nothing reads
 * any more are taken out at the end.
 *
 * Failures: refuse() does not return. It leaves by longjmp to the loop over the nodes, or, where memory ran out or the file is
 * broken, to onnx_import(). All memory belongs to the import and is freed at once, so nothing leaks on the way.
 */
#ifndef ONNX_IMPORT_H
#define ONNX_IMPORT_H

#include <setjmp.h>
#include <stddef.h>

#include "calls.h"
#include "onnx_import.h"
#include "srd_onnx.pb-c.h"
#include "view.h"

/** Numbers that are known at import. Integers and truth values are INTS, floating-point numbers FLOATS. */
typedef struct array {
    bool is_int;
    int32_t rank;
    int64_t dims[MOST_RANK];
    int64_t count;
    float *floats;
    int64_t *ints;
} array;

typedef enum value_state {
    VALUE_UNKNOWN, /* nothing has made it yet */
    VALUE_CONSTANT,
    VALUE_VIEW,
    VALUE_REFUSED
} value_state;

typedef struct value {
    const char *name;
    value_state state;
    const array *constant;
    view view;
    const char *reason, *culprit; /* why it is refused, and the node */
    int32_t producer;             /* node, or -1 */
    int32_t readers;
} value;

#define NO_VALUE (-1) /* an optional input or output that is left out */

typedef struct node {
    const SrdOnnx__NodeProto *proto;
    const char *name; /* its own, or that of its first output */
    int32_t *inputs, *outputs;
    int32_t input_count, output_count;
} node;

typedef struct import {
    jmp_buf node_exit, file_exit;
    bool in_node; /* refusals go to node_exit */
    srd_status status;
    const char *culprit; /* the node that is refused; NULL: none */
    char reason[ONNX_REASON];
    struct piece *pieces; /* all memory */
    uint8_t *bytes;       /* of the file, until they are read */
    size_t size;
    SrdOnnx__ModelProto *model;
    int64_t opset;
    value *values;
    int32_t value_count;
    int32_t *slots; /* hash table of names: value number + 1 */
    uint32_t slot_count;
    node *nodes;
    int32_t node_count;
    const node *at; /* what is being imported */
    call *calls;
    int32_t call_count, call_room;
    onnx_network *result;
} import;

#if defined(__GNUC__)
#define LIKE_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define LIKE_PRINTF(text, first)
#endif

/* ---- import.c: memory and refusals --------------------------------------------------------------------------------- */

/** Zeroed memory for count things of a size, until the import is freed. Never NULL. */
void *take(import *im, int64_t count, size_t size);
const char *take_text(import *im, const char *text);
/** The node cannot be imported; the reason is put behind its operator and name. */
_Noreturn void refuse(import *im, const char *format, ...) LIKE_PRINTF(2, 3);
/** The file cannot be imported at all. */
_Noreturn void give_up(import *im, srd_status status, const char *format, ...) LIKE_PRINTF(3, 4);

/* ---- attributes.c: what of a node is read ------------------------------------------------------------------------------ */

/** An attribute that is not read and does not have the value that it has by default; NULL: there is none. */
const SrdOnnx__AttributeProto *unread_attribute(const node *n);
/** An input that is not read, or -1. */
int32_t unread_input(const node *n);
/** Whether the node is a Dropout that drops. */
bool is_training(const import *im, const node *n);

/* ---- obstacles.c ---------------------------------------------------------------------------------------------------- */

/** What stands in the way of a refused value, as the end of a sentence: "; in the way are 2 LSTM, 1 CumSum". "" if it is one node. */
const char *list_obstacles(import *im, const value *output);

/* ---- read.c: the file ---------------------------------------------------------------------------------------------- */

/** The bytes of a file, freed by the caller. @return NULL: the reason is filled */
uint8_t *read_file(const char *path, size_t *size, char *reason);
/** Fills model, opset, values and nodes from the bytes, which it frees, and reads the initializers. */
void read_model(import *im);
/** The number of a value by its name. @return NO_VALUE if there is none and make is false */
int32_t value_number(import *im, const char *name, bool make);
uint32_t hash_text(const char *name);
const array *read_tensor(import *im, SrdOnnx__TensorProto *tensor);

/* ---- node.c: attributes and inputs of a node ------------------------------------------------------------------------- */

const SrdOnnx__AttributeProto *attribute(const node *n, const char *name);
int64_t attribute_int(import *im, const node *n, const char *name, int64_t otherwise);
float attribute_float(import *im, const node *n, const char *name, float otherwise);
const char *attribute_text(import *im, const node *n, const char *name, const char *otherwise);
/** A list of integers. @return how many; -1 if there is no such attribute. More than most are refused */
int32_t attribute_ints(import *im, const node *n, const char *name, int64_t *numbers, int32_t most);
/** The same, from the attribute or, as newer operators have it, from an input. */
int32_t list_of(import *im, const node *n, const char *name, int32_t input, int64_t *numbers, int32_t most);
bool has_input(const node *n, int32_t input);
/** An input that must be there; refused with its own reason if it was refused. */
const value *input_of(import *im, const node *n, int32_t input);
/** An input that must be a constant, or NULL if it is left out and optional is true. */
const array *constant_of(import *im, const node *n, int32_t input, bool optional);
/** An input that must not be a constant. */
const view *view_of(import *im, const node *n, int32_t input);
/** Sizes of an input, constant or not. @return its rank */
int32_t dims_of(import *im, const node *n, int32_t input, int64_t *dims);
/** An axis from 0, given one that may count from the end. */
int32_t axis_from(import *im, int64_t axis, int32_t rank);
void put_view(import *im, const node *n, int32_t output, const view *v);
void put_constant(import *im, const node *n, int32_t output, const array *a);
int32_t to_int32(import *im, int64_t number);
/** The node that makes a value, if it is of this operator, else NULL. */
const node *maker(const import *im, int32_t v, const char *op);
bool is_op(const node *n, const char *op);

/* ---- array.c: constants ---------------------------------------------------------------------------------------------- */

array *array_make(import *im, bool is_int, int32_t rank, const int64_t *dims);
/** The numbers source[offset + sum of index * stride] for all indices below dims. */
array *array_strided(import *im, const array *source, int32_t rank, const int64_t *dims, const int64_t *strides,
                     int64_t offset);
/** Strides of a dense array, last axis fastest. */
void dense_strides(int32_t rank, const int64_t *dims, int64_t *strides);
/** Strides that stretch an array over dims of at least its rank: 0 along stretched axes. @return false: it does not fit */
bool stretch_strides(const array *a, int32_t rank, const int64_t *dims, int64_t *strides);
array *array_stretch(import *im, const array *a, int32_t rank, const int64_t *dims);
double array_at(const array *a, int64_t i);
/** Whether a value is a constant with one number. */
bool scalar_of(const import *im, int32_t v, double *number);
/** Whether node n has only constants and could be folded; then it is. */
bool fold_arithmetic(import *im, const node *n);

/* ---- emit.c: adding calls -------------------------------------------------------------------------------------------- */

/** A call with one input, of its shape, named after the node being imported; more is filled in by the caller. */
call *emit(import *im, call_kind kind, int32_t input);
call *emit_many(import *im, call_kind kind, const int32_t *inputs, int32_t count);
/** The layer of a call. */
int32_t layer_of(const import *im, const call *c);
/** The layer of an array as [C][H][W], with axes of size 1 where an axis is stretched. */
int32_t emit_constant(import *im, const float *numbers, int64_t channels, int64_t height, int64_t width);
void set_tensor(call *c, int32_t which, const float *data, int32_t rank, const int64_t *shape);
void set_vector(call *c, int32_t which, const float *data, int64_t count);
void set_shape(import *im, call *c, int64_t channels, int64_t height, int64_t width);
/** Takes out the calls that the output does not need. */
void prune_calls(import *im);

/* ---- layout.c: views into the form that a layer needs ---------------------------------------------------------------------- */

/** (1, C, H, W), channels and positions in their order; adds layers that move where that is needed. */
view as_picture(import *im, const view *v);
/** One axis has all channels in their order, none of them with positions; the positions stay. */
view with_channels(import *im, const view *v, int32_t axis);
/** The channels of an axis in their order: adds a shuffle where that does it. */
view in_order(import *im, const view *v, int32_t axis);
/** All of it as channels of one position, in the order of an axis that has everything. */
view as_vector(import *im, const view *v, int32_t axis);
/** The same positions on another grid. */
void regrid(import *im, view *v, int64_t height, int64_t width);
/** Rows for columns in the layer; the axes stay. */
void swap_grid(import *im, view *v);
/** Channels of each axis in their order; an axis that holds positions, too, as channels of one position. */
view settled(import *im, const view *v);
/** v, moved where needed so that its atoms are those of like. */
view match_view(import *im, const view *v, const view *like);
/** A constant along the channels of a view. @return NULL if it differs between positions, or is not to be stretched over v */
const float *along_channels(import *im, const array *a, const view *v);
/** A constant at every channel and position of a view, [C][H][W]. */
const float *everywhere(import *im, const array *a, const view *v);
/** The same axes over another layer of equal shape. */
view view_with_layer(const view *v, int32_t layer);

/* ---- mixing.c: how a window slides over a picture; rows, then columns ---------------------------------------------------------- */

typedef struct window {
    int64_t kernel[2], stride[2], dilation[2], pads[4]; /* pads: top, left, bottom, right */
    bool ceil_mode;
} window;

/** Reads the attributes. @param kernel  the sizes of a weight, or NULL: from the attribute kernel_shape */
window read_window(import *im, const node *n, const view *v, const int64_t *kernel);
/** Windows along an axis of a size; 0 if not one fits. */
int64_t window_count(const window *w, int axis, int64_t size);

/* ---- what nodes become ------------------------------------------------------------------------------------------------------ */

typedef void importer(import *im, const node *n);
importer import_conv, import_conv_transpose, import_gemm, import_matmul, import_batch_norm, import_instance_norm, import_lrn,
    import_layer_norm, import_pool, import_global_pool, import_reduce_mean, import_pad, import_resize, import_add, import_sub,
    import_mul, import_depth_to_space, import_div, import_neg, import_pointwise, import_clip, import_prelu, import_softmax,
    import_concat, import_slice, import_split, import_gather, import_expand, import_reshape, import_flatten, import_squeeze,
    import_unsqueeze, import_transpose, import_same, import_shape, import_constant, import_constant_of_shape, import_arithmetic;

/* ---- match.c: patterns; each looks back from a node, and imports it and returns true if it is the last of the pattern ------------ */

bool match_layer_norm(import *im, const node *n);
bool match_activation(import *im, const node *n);
bool match_attention(import *im, const node *n);
bool match_matmul_bias(import *im, const node *n);

#endif
