/* import.h -- what the parts of the reader share. What does not depend on the format is in ../common: core.h says how a file is taken. */
#ifndef TFLITE_IMPORT_H
#define TFLITE_IMPORT_H

#include "core.h"
#include "schema.h"
#include "tflite_import.h"

/* ---- read.c: the file -------------------------------------------------------------------------------------------------------------------- */

/** Fills values and nodes from the bytes. */
void read_model(import *im);
/** Leaves if the file is broken. */
void check_file(import *im);
/** Refuses, or counts, numbers that are to be made: many more than the file has bytes are surely a mistake, or an attack. */
void spend(import *im, int64_t numbers);
/** "int8" */
const char *type_name(int32_t type);
/** The number of an operator by its name in the table of operators; the name of a number, or NULL. */
const char *operator_name(int32_t code);

/* ---- constants.c ----------------------------------------------------------------------------------------------------------------------------- */

/** The value of a tensor that has data: a constant, or refused. */
void read_constant(import *im, int32_t number);
/** The sentence about a tensor of integers that stand for other numbers. */
const char *integer_reason(import *im, int32_t number);
/** Numbers of a constant that is a list of integers. @return how many */
int32_t ints_of(import *im, const node *n, int32_t input, int64_t *numbers, int32_t most);

/* ---- options.c: options of a node, and where results go ------------------------------------------------------------------------------------------ */

int64_t option_int(import *im, const node *n, int field, int64_t otherwise);
int64_t option_byte(import *im, const node *n, int field);
float option_float(import *im, const node *n, int field, float otherwise);
/** The input as (1, C, H, W), whatever axes it has, given as (1, H, W, C), (1, T, C) or (1, C). */
view picture_in(import *im, const node *n, int32_t input);
view picture_of(import *im, const view *v);
/** Whether axes are (1, C, H, W) or (1, C, T), as converters from other formats write them; and such a value as a picture. */
bool is_channels_first(const view *v);
view picture_of_first(import *im, const view *v);
/** The result: a layer (C, H, W), as the axes dims, channels last. */
void put_picture(import *im, const node *n, int32_t output, int32_t layer, int32_t rank, const int64_t *dims);
/** The result with H and W and C as four axes. */
void put_nhwc(import *im, const node *n, int32_t layer);
/** The result with the axes (1, C, H, W), or, of rank 3, (1, C, T). */
void put_first(import *im, const node *n, int32_t output, int32_t layer, int32_t rank);
/** Adds a fused activation. @return the layer */
int32_t activate(import *im, int32_t layer, int64_t activation);
/** The result: v over another layer of equal shape. */
void put_layer(import *im, const node *n, const view *v, int32_t layer);

/* ---- mixing.c: how a window slides along one axis ---------------------------------------------------------------------- */

typedef struct side {
    int64_t in, kernel, stride, dilation;
    int64_t out, before, after; /* the result, and the pads that lead to it */
} side;

/** Fills out and the pads. SAME: out = ceil(in / stride), and the odd pixel of the pads comes last. */
void settle_side(import *im, side *s, int64_t padding);

/* ---- what nodes become ---------------------------------------------------------------------------------------------------------------------------- */

typedef void importer(import *im, const node *n);
importer import_conv, import_depthwise, import_transpose_conv, import_connected, import_pool, import_mean, import_pad,
    import_mirror_pad, import_bilinear, import_nearest, import_add, import_sub, import_mul, import_div, import_pointwise,
    import_prelu, import_softmax, import_concatenation, import_reshape, import_squeeze, import_expand_dims, import_transpose,
    import_slice, import_strided_slice, import_split, import_split_v, import_dequantize, import_quantize, import_shape,
    import_pack, import_neg, import_extreme, import_depth_to_space, import_space_to_depth, import_transpose_bias;

/** Two values of one shape, moved until their numbers lie alike; refused if they have different shapes. */
void match_operands(import *im, view *a, view *b);
/** The softmax of v over its last axis, as the result. */
void put_softmax(import *im, const node *n, const view *v);

/* ---- written.c ------------------------------------------------------------------------------------------------------------------------------------- */

/** The node of this operator that makes a value, or NULL. */
const node *maker_of(const import *im, int32_t v, const char *op);
/** What a division divides to make a softmax over the last axis that is written out; NO_VALUE: it does not. */
int32_t softmax_of(import *im, const node *n);

/** Whether the loop knows the operator; then what runs it, and the options that it reads. */
typedef struct operator_form {
    int32_t code;
    const char *name;
    importer *run;        /* NULL: it has a name only */
    int32_t most_version; /* versions above may mean something else */
    int32_t options;      /* kind of its options in the file; 0: any */
    int32_t known_fields; /* fields that are read, or mean nothing here; more must be absent */
} operator_form;

const operator_form *find_operator(int32_t code);
/** The same of a node, also if its operator is none of the format's own. */
const operator_form *find_form(const node *n);

#endif
