/*
 * schema.h -- facts of the TensorFlow Lite format (its schema, version 3) that this reader uses: numbers of the fields of tables, of
 * operators and of types. The field of a table is found by its number; what has no name here is not read.
 */
#ifndef TFLITE_SCHEMA_H
#define TFLITE_SCHEMA_H

#define TFLITE_VERSION 3

enum model_field { MODEL_VERSION = 0, MODEL_OPERATOR_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum operator_code_field { CODE_BYTE = 0, CODE_CUSTOM = 1, CODE_VERSION = 2, CODE_NUMBER = 3 };
enum subgraph_field { GRAPH_TENSORS = 0, GRAPH_INPUTS = 1, GRAPH_OUTPUTS = 2, GRAPH_OPERATORS = 3 };
enum tensor_field {
    TENSOR_SHAPE = 0,
    TENSOR_TYPE = 1,
    TENSOR_BUFFER = 2,
    TENSOR_NAME = 3,
    TENSOR_QUANTIZATION = 4,
    TENSOR_IS_VARIABLE = 5,
    TENSOR_SPARSITY = 6,
    TENSOR_SIGNATURE = 7
};
enum quantization_field { QUANT_SCALE = 2, QUANT_ZERO_POINT = 3, QUANT_DETAILS_TYPE = 4, QUANT_DIMENSION = 6 };
enum operator_field {
    OPERATOR_CODE = 0,
    OPERATOR_INPUTS = 1,
    OPERATOR_OUTPUTS = 2,
    OPERATOR_OPTIONS_TYPE = 3,
    OPERATOR_OPTIONS = 4,
    OPERATOR_CUSTOM_OPTIONS = 5
};
enum buffer_field { BUFFER_DATA = 0, BUFFER_OFFSET = 1 };

enum tensor_type {
    TYPE_FLOAT32 = 0,
    TYPE_FLOAT16 = 1,
    TYPE_INT32 = 2,
    TYPE_UINT8 = 3,
    TYPE_INT64 = 4,
    TYPE_INT16 = 7,
    TYPE_INT8 = 9,
    TYPE_INT4 = 17
};

enum padding { PADDING_SAME = 0, PADDING_VALID = 1 };
enum activation { ACT_NONE = 0, ACT_RELU = 1, ACT_RELU_N1_TO_1 = 2, ACT_RELU6 = 3, ACT_TANH = 4 };

/* Options of operators, by the number of the field. */
enum conv_field {
    CONV_PADDING = 0,
    CONV_STRIDE_W = 1,
    CONV_STRIDE_H = 2,
    CONV_ACTIVATION = 3,
    CONV_DILATION_W = 4,
    CONV_DILATION_H = 5
};
enum depthwise_field { DEPTHWISE_MULTIPLIER = 3, DEPTHWISE_ACTIVATION = 4, DEPTHWISE_DILATION_W = 5, DEPTHWISE_DILATION_H = 6 };
enum pool_field {
    POOL_PADDING = 0,
    POOL_STRIDE_W = 1,
    POOL_STRIDE_H = 2,
    POOL_WIDTH = 3,
    POOL_HEIGHT = 4,
    POOL_ACTIVATION = 5
};
enum connected_field { CONNECTED_ACTIVATION = 0, CONNECTED_FORMAT = 1, CONNECTED_KEEPS_DIMS = 2 };
enum concatenation_field { CONCAT_AXIS = 0, CONCAT_ACTIVATION = 1 };
enum bilinear_field { BILINEAR_ALIGN = 2, BILINEAR_HALF_PIXEL = 3 };
enum nearest_field { NEAREST_ALIGN = 0, NEAREST_HALF_PIXEL = 1 };
enum slice_field { SLICE_BEGIN = 0, SLICE_END = 1, SLICE_ELLIPSIS = 2, SLICE_NEW_AXIS = 3, SLICE_SHRINK = 4, SLICE_OFFSET = 5 };
enum one_field {
    SOFTMAX_BETA = 0,
    ARITHMETIC_ACTIVATION = 0,
    RESHAPE_SHAPE = 0,
    SQUEEZE_AXES = 0,
    REDUCER_KEEPS_DIMS = 0,
    LEAKY_ALPHA = 0,
    MIRROR_MODE = 0,
    GELU_APPROXIMATE = 0,
    SPLIT_COUNT = 0,
    BLOCK_SIZE = 0
};
enum pack_field { PACK_AXIS = 1 };

#endif
