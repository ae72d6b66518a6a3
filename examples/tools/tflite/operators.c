/* operators.c -- the operators: what runs them, up to which version they are known to mean the same, and which options they have. */
#include "import.h"

#include <string.h>

/* Versions differ in the types that they take; those that are listed compute floats as version 1 does. */
static const operator_form operators[] = {
    { 0, "ADD", import_add, 5, 11, 2 },
    { 1, "AVERAGE_POOL_2D", import_pool, 3, 5, 6 },
    { 2, "CONCATENATION", import_concatenation, 4, 10, 2 },
    { 3, "CONV_2D", import_conv, 8, 1, 7 },
    { 4, "DEPTHWISE_CONV_2D", import_depthwise, 7, 2, 7 },
    { 5, "DEPTH_TO_SPACE", import_depth_to_space, 2, 94, 1 },
    { 6, "DEQUANTIZE", import_dequantize, 6, 0, 0 },
    { 9, "FULLY_CONNECTED", import_connected, 13, 8, 5 },
    { 11, "L2_NORMALIZATION", NULL, 0, 0, 0 },
    { 12, "L2_POOL_2D", NULL, 0, 0, 0 },
    { 13, "LOCAL_RESPONSE_NORMALIZATION", NULL, 0, 0, 0 },
    { 14, "LOGISTIC", import_pointwise, 3, 0, 0 },
    { 16, "LSTM", NULL, 0, 0, 0 },
    { 17, "MAX_POOL_2D", import_pool, 3, 5, 6 },
    { 18, "MUL", import_mul, 7, 21, 1 },
    { 19, "RELU", import_pointwise, 3, 0, 0 },
    { 20, "RELU_N1_TO_1", import_pointwise, 1, 0, 0 },
    { 21, "RELU6", import_pointwise, 3, 0, 0 },
    { 22, "RESHAPE", import_reshape, 1, 17, 1 },
    { 23, "RESIZE_BILINEAR", import_bilinear, 4, 15, 4 },
    { 25, "SOFTMAX", import_softmax, 3, 9, 1 },
    { 26, "SPACE_TO_DEPTH", import_space_to_depth, 2, 19, 1 },
    { 28, "TANH", import_pointwise, 3, 0, 0 },
    { 34, "PAD", import_pad, 4, 22, 0 },
    { 36, "GATHER", NULL, 0, 0, 0 },
    { 39, "TRANSPOSE", import_transpose, 6, 26, 0 },
    { 40, "MEAN", import_mean, 3, 27, 1 },
    { 41, "SUB", import_sub, 5, 28, 2 },
    { 42, "DIV", import_div, 2, 29, 1 },
    { 43, "SQUEEZE", import_squeeze, 2, 30, 1 },
    { 44, "UNIDIRECTIONAL_SEQUENCE_LSTM", NULL, 0, 0, 0 },
    { 45, "STRIDED_SLICE", import_strided_slice, 8, 32, 6 },
    { 47, "EXP", import_pointwise, 1, 0, 0 },
    { 49, "SPLIT", import_split, 4, 35, 1 },
    { 50, "LOG_SOFTMAX", NULL, 0, 0, 0 },
    { 53, "CAST", NULL, 0, 0, 0 },
    { 54, "PRELU", import_prelu, 1, 0, 0 },
    { 55, "MAXIMUM", import_extreme, 4, 0, 0 },
    { 56, "ARG_MAX", NULL, 0, 0, 0 },
    { 57, "MINIMUM", import_extreme, 4, 0, 0 },
    { 59, "NEG", import_neg, 1, 0, 0 },
    { 60, "PADV2", import_pad, 4, 0, 0 },
    { 65, "SLICE", import_slice, 6, 0, 0 },
    { 67, "TRANSPOSE_CONV", import_transpose_conv, 5, 49, 5 },
    { 70, "EXPAND_DIMS", import_expand_dims, 1, 0, 0 },
    { 74, "SUM", NULL, 0, 0, 0 },
    { 75, "SQRT", NULL, 0, 0, 0 },
    { 76, "RSQRT", NULL, 0, 0, 0 },
    { 77, "SHAPE", import_shape, 1, 0, 1 },
    { 78, "POW", NULL, 0, 0, 0 },
    { 82, "REDUCE_MAX", NULL, 0, 0, 0 },
    { 83, "PACK", import_pack, 4, 59, 2 },
    { 88, "UNPACK", NULL, 0, 0, 0 },
    { 92, "SQUARE", NULL, 0, 0, 0 },
    { 97, "RESIZE_NEAREST_NEIGHBOR", import_nearest, 4, 74, 2 },
    { 98, "LEAKY_RELU", import_pointwise, 2, 75, 1 },
    { 99, "SQUARED_DIFFERENCE", NULL, 0, 0, 0 },
    { 100, "MIRROR_PAD", import_mirror_pad, 3, 77, 1 },
    { 101, "ABS", import_pointwise, 1, 0, 0 },
    { 102, "SPLIT_V", import_split_v, 2, 79, 1 },
    { 111, "ELU", import_pointwise, 1, 0, 0 },
    { 114, "QUANTIZE", import_quantize, 3, 0, 0 },
    { 117, "HARD_SWISH", import_pointwise, 1, 0, 0 },
    { 126, "BATCH_MATMUL", NULL, 0, 0, 0 },
    { 150, "GELU", import_pointwise, 2, 0, 1 },
    { 152, "RELU_0_TO_1", import_pointwise, 1, 0, 0 },
};

/* Operators of others, by their names. */
static const operator_form foreign[] = {
    { FOREIGN, "Convolution2DTransposeBias", import_transpose_bias, 1, 0, 0 },
};

const operator_form *find_form(const node *n)
{
    for (size_t i = 0; n->proto->code == FOREIGN && i < sizeof foreign / sizeof foreign[0]; ++i) {
        if (is_op(n, foreign[i].name)) return &foreign[i];
    }
    return find_operator(n->proto->code);
}

const operator_form *find_operator(int32_t code)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; ++i) {
        if (operators[i].code == code) return &operators[i];
    }
    return NULL;
}

const char *operator_name(int32_t code)
{
    const operator_form *const form = find_operator(code);

    return form != NULL ? form->name : NULL;
}
