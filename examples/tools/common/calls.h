/*
 * calls.h -- a network as the list of calls of libsrd that build it: what a reader makes of a file, and what both
 * running it (build.c) and writing it as a C file (../codegen) start from. The number of a call is the id of its layer.
 */
#ifndef READER_CALLS_H
#define READER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"
#include "srd/srd.h"

typedef enum call_kind {
    CALL_INPUT,
    CALL_CONSTANT,
    CALL_CONV2D,
    CALL_CONV_TRANSPOSE2D,
    CALL_LINEAR,
    CALL_LINEAR_TOKENS,
    CALL_BATCH_NORM,
    CALL_GROUP_NORM,
    CALL_INSTANCE_NORM,
    CALL_GLOBAL_RESPONSE_NORM,
    CALL_LAYER_NORM,
    CALL_LOCAL_RESPONSE_NORM,
    CALL_SCALE_SHIFT,
    CALL_ADD,
    CALL_RELU,
    CALL_CLIP,
    CALL_LEAKY_RELU,
    CALL_PRELU,
    CALL_ELU,
    CALL_SELU,
    CALL_GELU,
    CALL_SILU,
    CALL_TANH,
    CALL_SIGMOID,
    CALL_SOFTPLUS,
    CALL_HARD_SWISH,
    CALL_HARD_SIGMOID,
    CALL_CELU,
    CALL_MISH,
    CALL_SOFTSIGN,
    CALL_ABS,
    CALL_EXP,
    CALL_ERF,
    CALL_SOFTMAX,
    CALL_MAX_POOL2D,
    CALL_AVG_POOL2D,
    CALL_GLOBAL_AVG_POOL,
    CALL_MEAN,
    CALL_CONCAT,
    CALL_CONCAT_TOKENS,
    CALL_SELECT_TOKENS,
    CALL_SLICE,
    CALL_SHUFFLE,
    CALL_RESHAPE,
    CALL_TRANSPOSE,
    CALL_FLATTEN,
    CALL_DEPTH_TO_SPACE,
    CALL_SPACE_TO_DEPTH,
    CALL_CONSTANT_PAD2D,
    CALL_REFLECTION_PAD2D,
    CALL_REPLICATION_PAD2D,
    CALL_CIRCULAR_PAD2D,
    CALL_ZERO_CHANNELS,
    CALL_SUBSAMPLE2D,
    CALL_CROP2D,
    CALL_MAXIMUM,
    CALL_MINIMUM,
    CALL_UPSAMPLE,
    CALL_GATE,
    CALL_ATTENTION,
    CALL_CUSTOM,
    CALL_KINDS
} call_kind;

#define CALL_MOST_TENSORS 4
#define CALL_MOST_INTS 11

/** Numbers of a call; data NULL: there are none, and NULL is passed. */
typedef struct call_tensor {
    const float *data;
    int32_t rank;
    int64_t shape[SRD_MAX_RANK];
    int64_t strides[SRD_MAX_RANK]; /* of the axes, if is_strided; else the numbers are dense, last axis fastest */
    bool is_strided;
} call_tensor;

typedef struct call {
    call_kind kind;
    const char *name;
    int32_t *inputs; /* numbers of calls before this one */
    int32_t input_count;
    call_tensor tensors[CALL_MOST_TENSORS];
    int32_t ints[CALL_MOST_INTS];
    float floats[2];
    double eps;
    const srd_custom_layer *custom;  /* of CALL_CUSTOM; what its user points to is constant and lives for ever */
    int32_t channels, height, width; /* of the layer, at the sizes of the file */
    int32_t node;                    /* of the file, or -1 */
    bool is_result;                  /* it is what the node puts out, not a step on the way */
} call;

/**
 * What the call of a kind is made of. arguments names them in the order of the call, after graph and name:
 *   L the next input, M all inputs and their count, T the next tensor, I the next int, F the next float, D eps,
 *   O options, N no options (NULL).
 * Options take the ints that are left, then the floats, then the tensor that are left, for the fields named.
 */
typedef struct call_form {
    const char *function;  /* without srd_graph_ */
    const char *arguments; /* see above */
    const char *options;   /* srd_..._options, or NULL */
    const char *fields;    /* of the options, separated by spaces */
} call_form;

extern const call_form call_forms[CALL_KINDS];

/** The list, with everything it points to. */
typedef struct call_list {
    call *calls;
    int32_t count;
    int32_t output; /* the call whose layer is the graph's output */
} call_list;

/**
 * Make the calls on a graph and name the output. Failures are the graph's (srd_graph_seal() tells).
 * @return SRD_OK or the first failure
 */
srd_status call_list_build(const call_list *list, srd_graph *graph);

#endif
