/* reader.h -- what a node and a file are for ../common/core.h: those of a TensorFlow Lite file. */
#ifndef TFLITE_READER_H
#define TFLITE_READER_H

#include "flat.h"
#include "view.h"

#define FOREIGN (-1)

typedef struct node_proto {
    int32_t code;    /* number of the operator; FOREIGN: it has a name only */
    int32_t version; /* of the operator */
    flat_table options;
    flat_vector custom; /* bytes of options of an operator of others */
} node_proto;

/** What the file says of a tensor. Numbers of tensors are those of values. */
typedef struct tensor {
    int32_t type;
    int32_t rank;
    int64_t dims[MOST_RANK];
    bool is_open;      /* axes may have other sizes at run time */
    bool is_quantised; /* there is a scale */
    flat_vector scales, zeros;
    int32_t quantised_axis;
    flat_vector data; /* of a constant; at 0: none */
} tensor;

typedef struct file_model {
    flat file;
    tensor *tensors;
    flat_vector inputs, outputs;
    int32_t inner_output;                   /* the tensor that was chosen instead of one of the outputs; of use only then */
    bool dequantise, has_integers, is_open; /* asked for; in the file; the picture has no size in the file */
    int64_t spent;                          /* numbers that were made of fewer bytes */
} file_model;

#endif
