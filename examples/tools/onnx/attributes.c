/*
 * attributes.c -- what of a node the importer reads. An attribute that it does not read must have the value that it has by default: else
 * the node means something else than what would be computed, and is refused. So must a node with more inputs than are read.
 */
#include "import.h"

#include <stdio.h>
#include <string.h>

#define ANY_NUMBER INT32_MAX
#define WINDOW "auto_pad dilations kernel_shape pads strides"

/* Attributes, separated by spaces. "name": the operator's own code reads it. "name=value": it must have this value. "name=": any value,
 * because it does not change the numbers that are computed here. */
static const struct known {
    const char *op, *attributes;
    int32_t inputs; /* that are read */
} knowns[] = {
    { "Abs", "", 1 },
    { "Add", "", 2 },
    { "Affine", "alpha beta", 1 },
    { "And", "", 2 },
    { "Asinh", "", 1 },
    { "Atan", "", 1 },
    { "Attention", "is_causal kv_num_heads q_num_heads qk_matmul_output_mode= scale softcap softmax_precision=1", 7 },
    { "AveragePool", "ceil_mode count_include_pad " WINDOW, 1 },
    { "BatchNormalization", "epsilon momentum= spatial=1 training_mode", 5 },
    { "Cast", "round_mode= saturate= to", 1 },
    { "CastLike", "round_mode= saturate=", 2 },
    { "Ceil", "", 1 },
    { "Celu", "alpha", 1 },
    { "Clip", "max min", 3 },
    { "Concat", "axis", ANY_NUMBER },
    { "Constant", "sparse_value value value_float value_floats value_int value_ints value_string value_strings", 0 },
    { "ConstantOfShape", "value", 1 },
    { "Conv", "group " WINDOW, 3 },
    { "ConvInteger", "group " WINDOW, 4 },
    { "ConvTranspose", "group output_padding output_shape " WINDOW, 3 },
    { "Cos", "", 1 },
    { "Crop", "border scale", 1 },
    { "DepthToSpace", "blocksize mode", 1 },
    { "DequantizeLinear", "axis", 3 },
    { "Div", "", 2 },
    { "Dropout", "ratio= seed=", 3 }, /* the third: is_training() */
    { "DynamicQuantizeLinear", "", 1 },
    { "Elu", "alpha", 1 },
    { "Equal", "", 2 },
    { "Erf", "", 1 },
    { "Exp", "", 1 },
    { "Expand", "", 2 },
    { "Flatten", "axis", 1 },
    { "Floor", "", 1 },
    { "Gather", "axis", 2 },
    { "Gelu", "approximate", 1 },
    { "Gemm", "alpha beta transA transB", 3 },
    { "GlobalAveragePool", "", 1 },
    { "GlobalMaxPool", "", 1 },
    { "Greater", "", 2 },
    { "GreaterOrEqual", "", 2 },
    { "GroupNormalization", "epsilon num_groups stash_type=", 3 },
    { "HardSigmoid", "alpha beta", 1 },
    { "HardSwish", "", 1 },
    { "Hardmax", "axis", 1 },
    { "Identity", "", 1 },
    { "ImageScaler", "bias scale", 1 },
    { "InstanceNormalization", "epsilon", 3 },
    { "LRN", "alpha beta bias size", 1 },
    { "LayerNormalization", "axis epsilon stash_type=", 3 },
    { "LeakyRelu", "alpha", 1 },
    { "Less", "", 2 },
    { "LessOrEqual", "", 2 },
    { "Log", "", 1 },
    { "LogSoftmax", "axis", 1 },
    { "LpNormalization", "axis p", 1 },
    { "MatMul", "", 2 },
    { "MatMulInteger", "", 4 },
    { "Max", "", ANY_NUMBER },
    { "MaxPool", "ceil_mode storage_order= " WINDOW, 1 },
    { "Mean", "", ANY_NUMBER },
    { "MeanVarianceNormalization", "axes", 1 },
    { "Min", "", ANY_NUMBER },
    { "Mish", "", 1 },
    { "Mod", "fmod=0", 2 },
    { "Mul", "", 2 },
    { "Neg", "", 1 },
    { "NegativeLogLikelihoodLoss", "ignore_index reduction", 3 },
    { "Not", "", 1 },
    { "Or", "", 2 },
    { "PRelu", "", 2 },
    { "Pad", "mode pads value", 4 }, /* the fourth is refused by import_pad() */
    { "Pow", "", 2 },
    { "RMSNormalization", "axis epsilon stash_type=", 2 },
    { "Range", "stash_type=", 3 },
    { "Reciprocal", "", 1 },
    { "ReduceL1", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceL2", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceLogSum", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceLogSumExp", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceMax", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceMean", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceMin", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceProd", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceSum", "axes keepdims noop_with_empty_axes", 2 },
    { "ReduceSumSquare", "axes keepdims noop_with_empty_axes", 2 },
    { "Relu", "", 1 },
    { "Reshape", "allowzero", 2 },
    { "Resize",
      "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value= "
      "keep_aspect_ratio_policy mode nearest_mode",
      4 },
    { "Round", "", 1 },
    { "Selu", "alpha gamma", 1 },
    { "Shape", "end start", 1 },
    { "Shrink", "bias lambd", 1 },
    { "Sigmoid", "", 1 },
    { "Sign", "", 1 },
    { "Sin", "", 1 },
    { "Sinh", "", 1 },
    { "Size", "", 1 },
    { "Slice", "axes ends starts", 5 },
    { "Softmax", "axis", 1 },
    { "SoftmaxCrossEntropyLoss", "ignore_index reduction", 3 },
    { "Softplus", "", 1 },
    { "Softsign", "", 1 },
    { "SpaceToDepth", "blocksize", 1 },
    { "Split", "axis num_outputs= split", 2 }, /* as many as there are outputs */
    { "Sqrt", "", 1 },
    { "Squeeze", "axes", 2 },
    { "Sub", "", 2 },
    { "Sum", "", ANY_NUMBER },
    { "Swish", "alpha", 1 },
    { "Tanh", "", 1 },
    { "ThresholdedRelu", "alpha", 1 },
    { "Transpose", "perm", 1 },
    { "Unsqueeze", "axes", 2 },
    { "Upsample", "mode", 2 },
    { "Where", "", 3 },
    { "Xor", "", 2 },
};

static const struct known *find_known(const char *op)
{
    for (size_t i = 0; i < sizeof knowns / sizeof knowns[0]; ++i) {
        if (strcmp(knowns[i].op, op) == 0) return &knowns[i];
    }
    return NULL;
}

/* Whether an attribute has the value that a list asks for. */
static bool has_value(const SrdOnnx__AttributeProto *a, const char *wanted, size_t length)
{
    char number[24];

    if (a->has_s) return a->s.len == length && memcmp(a->s.data, wanted, length) == 0;
    (void)snprintf(number, sizeof number, "%lld", a->has_i ? (long long)a->i : -1);
    return a->has_i && strlen(number) == length && memcmp(number, wanted, length) == 0;
}

/* Whether an attribute is in a list, with the value that it may have. */
static bool is_read(const SrdOnnx__AttributeProto *a, const char *list)
{
    const size_t length = strlen(a->name);

    for (; *list != '\0'; list += *list == ' ') {
        const size_t entry = strcspn(list, " "), name = strcspn(list, " =");

        if (name == length && memcmp(list, a->name, length) == 0) {
            return name == entry || entry == name + 1 || has_value(a, list + name + 1, entry - name - 1);
        }
        list += entry;
    }
    return false;
}

const SrdOnnx__AttributeProto *unread_attribute(const node *n)
{
    const struct known *const known = find_known(n->op);

    for (size_t i = 0; known != NULL && i < n->proto->n_attribute; ++i) {
        const SrdOnnx__AttributeProto *const a = n->proto->attribute[i];

        if (a->name != NULL && !is_read(a, known->attributes)) return a;
    }
    return NULL;
}

int32_t unread_input(const node *n)
{
    const struct known *const known = find_known(n->op);

    for (int32_t i = known != NULL ? known->inputs : n->input_count; i < n->input_count; ++i) {
        if (n->inputs[i] != NO_VALUE) return i;
    }
    return -1;
}

/* Whether an input is the constant 0, or false. */
static bool is_zero(const import *im, const node *n, int32_t input)
{
    const value *const v = has_input(n, input) ? &im->values[n->inputs[input]] : NULL;

    return v != NULL && v->state == VALUE_CONSTANT && v->constant->count == 1 && array_at(v->constant, 0) == 0;
}

bool is_training(const import *im, const node *n)
{
    if (!is_op(n, "Dropout") || !has_input(n, 2)) return false;
    return !is_zero(im, n, 2) && !is_zero(im, n, 1);
}
