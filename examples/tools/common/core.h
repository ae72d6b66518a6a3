/*
 * core.h -- what a reader of files works with, whatever the format: values that are constants, views of layers (view.h) or refused; the
 * nodes that make them; calls (calls.h) that come of them; and refusals. The ONNX reader (../onnx) and the TensorFlow Lite reader
 * (../tflite) compile these files each for itself: reader.h, in the reader's own folder, says what a node and a file are there, and
 * names.h gives the reader's prefix to every function, so that a program may have both.
 *
 * The nodes of a file come in an order in which they can be computed, and are taken one after the other, once. Each value is
 * a constant (folded on the spot), a view of a layer (view.h), or refused with a reason. A refusal inside of a pattern does no harm:
 * a layer norm arrives as nine nodes, some of which no layer can stand for; the last of them recognises the whole by
 * looking back. So a node that cannot be imported is an error only if the output needs it, and layers that nothing reads
 * any more are taken out at the end.
 *
 * Failures: refuse() does not return. It leaves by longjmp to the loop over the nodes, or, where memory ran out or the file is
 * broken, to the function that was called first. All memory belongs to the import and is freed at once, so nothing leaks on the way.
 */
#ifndef READER_CORE_H
#define READER_CORE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calls.h"
#include "found.h"
#include "reader.h" /* node_proto, file_model */
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
    const node_proto *proto;
    const char *op;   /* the operator */
    const char *name; /* its own, or that of its first output */
    int32_t *inputs, *outputs;
    int32_t input_count, output_count;
} node;

typedef struct import {
    jmp_buf node_exit, file_exit;
    jmp_buf *attempt_exit; /* of the innermost attempt(), before node_exit; NULL: there is none */
    bool in_node;          /* refusals go to node_exit */
    srd_status status;
    const char *culprit; /* the node that is refused; NULL: none */
    char reason[MOST_REASON];
    struct piece *pieces;     /* all memory */
    int64_t numbers;          /* of all constants: neither memory nor time may be out of proportion to the file */
    int64_t most_numbers;     /* that they may be, whatever the file's size; 0: by its size */
    const char *folder;       /* of other files that the file names; NULL: none is read */
    const char *const *gates; /* names of values, or of their nodes, that are gates where they are multiplied */
    int32_t gate_count;
    uint8_t *bytes; /* of the file, until they are read */
    size_t size;
    file_model *model;
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
    found_network *result;
} import;

#if defined(__GNUC__)
#define LIKE_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define LIKE_PRINTF(text, first)
#endif

/* ---- memory.c: memory, refusals, and the bytes of a file --------------------------------------------------------------------------------- */

/** Zeroed memory for count things of a size, until the import is freed. Never NULL. */
void *take(import *im, int64_t count, size_t size);
const char *take_text(import *im, const char *text);
/** The node cannot be imported; the reason is put behind its operator and name. */
_Noreturn void refuse(import *im, const char *format, ...) LIKE_PRINTF(2, 3);
/** Goes where refuse() goes, with the reason that is there already. */
_Noreturn void leave_node(import *im);
/** Runs something that may refuse, inside of a node. @return whether it did not; else the reason is there */
bool attempt(import *im, void (*run)(import *im, void *context), void *context);
/** Adds a line to the notes of the network, unless it is there. */
void add_note(import *im, const char *format, ...) LIKE_PRINTF(2, 3);
/** The file cannot be imported at all. */
_Noreturn void give_up(import *im, srd_status status, const char *format, ...) LIKE_PRINTF(3, 4);

/** Frees all memory of an import; the import itself is the caller's. */
void free_pieces(import *im);
/** The bytes of a file, freed by the caller. @return NULL: the reason is filled */
uint8_t *read_file(const char *path, size_t *size, char *reason);
uint32_t hash_text(const char *name);

/* ---- obstacles.c ---------------------------------------------------------------------------------------------------- */

/** What stands in the way of a refused value, as the end of a sentence: "; in the way are 2 LSTM, 1 CumSum". "" if it is one node. */
const char *list_obstacles(import *im, const value *output);

/* ---- values.c: inputs and outputs of a node -------------------------------------------------------------------------------- */

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
/** A number without its fraction, within the range in which doubles are exact: also what is no number is refused. */
int64_t to_int64(import *im, double number);
bool is_op(const node *n, const char *op);

/* ---- array.c: constants ------------------------------------------------------------------------------------------ */

array *array_make(import *im, bool is_int, int32_t rank, const int64_t *dims);
/** The numbers source[offset + sum of index * stride] for all indices below dims. */
array *array_strided(import *im, const array *source, int32_t rank, const int64_t *dims, const int64_t *strides,
                     int64_t offset);
/** Strides that stretch an array over dims of at least its rank: 0 along stretched axes. @return false: it does not fit */
bool stretch_strides(const array *a, int32_t rank, const int64_t *dims, int64_t *strides);
array *array_stretch(import *im, const array *a, int32_t rank, const int64_t *dims);
double array_at(const array *a, int64_t i);

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
/** A picture whose channels are shared out to blocks of positions. @param order  SRD_BLOCKS_FIRST or SRD_BLOCKS_LAST */
view depth_to_space(import *im, const view *v, int64_t block_h, int64_t block_w, int32_t order);
/** An axis that holds all positions and, for each, some of the channels, such as the anchors of a detector: positions alone, so many more. */
view channels_as_positions(import *im, const view *v, int32_t axis);
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

#endif
