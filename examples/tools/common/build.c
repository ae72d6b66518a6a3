/* build.c -- makes the calls of a list on a graph. */
#include "calls.h"

#define CONV_FIELDS "stride_h stride_w pad_top pad_left pad_bottom pad_right dilation_h dilation_w groups"
#define TRANSPOSED_FIELDS                                                                           \
    "stride_h stride_w pad_top pad_left pad_bottom pad_right output_pad_h output_pad_w dilation_h " \
    "dilation_w groups"
#define POOL_FIELDS "kernel_h kernel_w stride_h stride_w pad_top pad_left pad_bottom pad_right ceil_mode count_padding"

const call_form call_forms[CALL_KINDS] = {
    [CALL_INPUT] = { "input", "III", NULL, NULL },
    [CALL_CONSTANT] = { "constant", "T", NULL, NULL },
    [CALL_CONV2D] = { "conv2d", "LTTO", "srd_conv2d_options", CONV_FIELDS },
    [CALL_CONV_TRANSPOSE2D] = { "conv_transpose2d", "LTTO", "srd_conv_transpose2d_options", TRANSPOSED_FIELDS },
    [CALL_LINEAR] = { "linear", "LTTN", NULL, NULL },
    [CALL_LINEAR_TOKENS] = { "linear_tokens", "LTTN", NULL, NULL },
    [CALL_BATCH_NORM] = { "batch_norm", "LTTTTD", NULL, NULL },
    [CALL_GROUP_NORM] = { "group_norm", "LITTD", NULL, NULL },
    [CALL_INSTANCE_NORM] = { "instance_norm", "LTTD", NULL, NULL },
    [CALL_GLOBAL_RESPONSE_NORM] = { "global_response_norm", "LTTD", NULL, NULL },
    [CALL_LAYER_NORM] = { "layer_norm", "LTTD", NULL, NULL },
    [CALL_LOCAL_RESPONSE_NORM] = { "local_response_norm", "LIFFD", NULL, NULL },
    [CALL_SCALE_SHIFT] = { "scale_shift", "LTT", NULL, NULL },
    [CALL_ADD] = { "add", "M", NULL, NULL },
    [CALL_RELU] = { "relu", "L", NULL, NULL },
    [CALL_CLIP] = { "clip", "LFF", NULL, NULL },
    [CALL_LEAKY_RELU] = { "leaky_relu", "LF", NULL, NULL },
    [CALL_PRELU] = { "prelu", "LT", NULL, NULL },
    [CALL_ELU] = { "elu", "LF", NULL, NULL },
    [CALL_SELU] = { "selu", "L", NULL, NULL },
    [CALL_GELU] = { "gelu", "LI", NULL, NULL },
    [CALL_SILU] = { "silu", "L", NULL, NULL },
    [CALL_TANH] = { "tanh", "L", NULL, NULL },
    [CALL_SIGMOID] = { "sigmoid", "L", NULL, NULL },
    [CALL_SOFTPLUS] = { "softplus", "L", NULL, NULL },
    [CALL_HARD_SWISH] = { "hard_swish", "L", NULL, NULL },
    [CALL_HARD_SIGMOID] = { "hard_sigmoid", "L", NULL, NULL },
    [CALL_CELU] = { "celu", "LF", NULL, NULL },
    [CALL_MISH] = { "mish", "L", NULL, NULL },
    [CALL_SOFTSIGN] = { "softsign", "L", NULL, NULL },
    [CALL_ABS] = { "abs", "L", NULL, NULL },
    [CALL_EXP] = { "exp", "L", NULL, NULL },
    [CALL_ERF] = { "erf", "L", NULL, NULL },
    [CALL_SOFTMAX] = { "softmax", "L", NULL, NULL },
    [CALL_MAX_POOL2D] = { "max_pool2d", "LO", "srd_pool2d_options", POOL_FIELDS },
    [CALL_AVG_POOL2D] = { "avg_pool2d", "LO", "srd_pool2d_options", POOL_FIELDS },
    [CALL_GLOBAL_AVG_POOL] = { "global_avg_pool", "L", NULL, NULL },
    [CALL_MEAN] = { "mean", "LI", NULL, NULL },
    [CALL_CONCAT] = { "concat", "M", NULL, NULL },
    [CALL_CONCAT_TOKENS] = { "concat_tokens", "M", NULL, NULL },
    [CALL_SELECT_TOKENS] = { "select_tokens", "LII", NULL, NULL },
    [CALL_SLICE] = { "slice", "LII", NULL, NULL },
    [CALL_SHUFFLE] = { "shuffle", "LI", NULL, NULL },
    [CALL_RESHAPE] = { "reshape", "LII", NULL, NULL },
    [CALL_TRANSPOSE] = { "transpose", "L", NULL, NULL },
    [CALL_FLATTEN] = { "flatten", "L", NULL, NULL },
    [CALL_DEPTH_TO_SPACE] = { "depth_to_space", "LIII", NULL, NULL },
    [CALL_SPACE_TO_DEPTH] = { "space_to_depth", "LIII", NULL, NULL },
    [CALL_CONSTANT_PAD2D] = { "constant_pad2d", "LIIIIF", NULL, NULL },
    [CALL_REFLECTION_PAD2D] = { "reflection_pad2d", "LIIII", NULL, NULL },
    [CALL_REPLICATION_PAD2D] = { "replication_pad2d", "LIIII", NULL, NULL },
    [CALL_CIRCULAR_PAD2D] = { "circular_pad2d", "LIIII", NULL, NULL },
    [CALL_ZERO_CHANNELS] = { "zero_channels", "LII", NULL, NULL },
    [CALL_SUBSAMPLE2D] = { "subsample2d", "LII", NULL, NULL },
    [CALL_CROP2D] = { "crop2d", "LO", "srd_crop2d_options", "top left bottom right step_h step_w" },
    [CALL_MAXIMUM] = { "maximum", "M", NULL, NULL },
    [CALL_MINIMUM] = { "minimum", "M", NULL, NULL },
    [CALL_UPSAMPLE] = { "upsample", "LO", "srd_upsample_options", "mode align_corners height width | scale_h scale_w" },
    [CALL_GATE] = { "gate", "LL", NULL, NULL },
    [CALL_ATTENTION] = { "attention", "LLLO", "srd_attention_options", "heads rows | scale | mask" },
    [CALL_CUSTOM] = { "custom", "", NULL, NULL }, /* by callbacks: it cannot be written as text */
};

/* The tensors of a call as views; a view that cannot be made is NULL, and the layer call says so where it matters. */
static srd_status open_tensors(const call *c, srd_tensor **tensors)
{
    for (int32_t i = 0; i < CALL_MOST_TENSORS; ++i) {
        const call_tensor *const t = &c->tensors[i];
        srd_status status;

        if (t->data == NULL) continue;
        status = srd_tensor_view_const(SRD_FLOAT32, t->rank, t->shape, t->is_strided ? t->strides : NULL, t->data, NULL,
                                       &tensors[i], NULL);
        if (status != SRD_OK) return status;
    }
    return SRD_OK;
}

static srd_layer add_conv(srd_graph *g, const call *c, srd_tensor *const *t)
{
    const int32_t *const n = c->ints;

    if (c->kind == CALL_CONV2D) {
        const srd_conv2d_options o = { (uint32_t)sizeof o, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], NULL, NULL };
        return srd_graph_conv2d(g, c->name, c->inputs[0], t[0], t[1], &o);
    }
    const srd_conv_transpose2d_options o = {
        (uint32_t)sizeof o, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], NULL, NULL
    };
    return srd_graph_conv_transpose2d(g, c->name, c->inputs[0], t[0], t[1], &o);
}

static srd_layer add_pool(srd_graph *g, const call *c)
{
    const int32_t *const n = c->ints;
    const srd_pool2d_options o = { (uint32_t)sizeof o, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], 0 };

    if (c->kind == CALL_MAX_POOL2D) return srd_graph_max_pool2d(g, c->name, c->inputs[0], &o);
    return srd_graph_avg_pool2d(g, c->name, c->inputs[0], &o);
}

static srd_layer add_upsample(srd_graph *g, const call *c)
{
    const int32_t *const n = c->ints;
    const srd_upsample_options o = { (uint32_t)sizeof o, n[0], n[1], n[2], n[3], c->floats[0], c->floats[1], 0 };

    return srd_graph_upsample(g, c->name, c->inputs[0], &o);
}

static srd_layer add_attention(srd_graph *g, const call *c, srd_tensor *const *t)
{
    const srd_attention_options o = { (uint32_t)sizeof o, c->ints[0], c->floats[0], c->ints[1], t[0] };

    return srd_graph_attention(g, c->name, c->inputs[0], c->inputs[1], c->inputs[2], &o);
}

static srd_layer add_crop(srd_graph *g, const call *c)
{
    const int32_t *const n = c->ints;
    const srd_crop2d_options o = { (uint32_t)sizeof o, n[0], n[1], n[2], n[3], n[4], n[5], 0 };

    return srd_graph_crop2d(g, c->name, c->inputs[0], &o);
}

static srd_layer add_pointwise(srd_graph *g, const call *c, srd_tensor *const *t)
{
    const srd_layer in = c->inputs[0];

    switch (c->kind) {
    case CALL_RELU: return srd_graph_relu(g, c->name, in);
    case CALL_CLIP: return srd_graph_clip(g, c->name, in, c->floats[0], c->floats[1]);
    case CALL_LEAKY_RELU: return srd_graph_leaky_relu(g, c->name, in, c->floats[0]);
    case CALL_PRELU: return srd_graph_prelu(g, c->name, in, t[0]);
    case CALL_ELU: return srd_graph_elu(g, c->name, in, c->floats[0]);
    case CALL_SELU: return srd_graph_selu(g, c->name, in);
    case CALL_GELU: return srd_graph_gelu(g, c->name, in, c->ints[0]);
    case CALL_SILU: return srd_graph_silu(g, c->name, in);
    case CALL_TANH: return srd_graph_tanh(g, c->name, in);
    case CALL_SIGMOID: return srd_graph_sigmoid(g, c->name, in);
    case CALL_SOFTPLUS: return srd_graph_softplus(g, c->name, in);
    case CALL_HARD_SWISH: return srd_graph_hard_swish(g, c->name, in);
    case CALL_HARD_SIGMOID: return srd_graph_hard_sigmoid(g, c->name, in);
    case CALL_CELU: return srd_graph_celu(g, c->name, in, c->floats[0]);
    case CALL_MISH: return srd_graph_mish(g, c->name, in);
    case CALL_SOFTSIGN: return srd_graph_softsign(g, c->name, in);
    case CALL_ABS: return srd_graph_abs(g, c->name, in);
    case CALL_EXP: return srd_graph_exp(g, c->name, in);
    case CALL_ERF: return srd_graph_erf(g, c->name, in);
    case CALL_SOFTMAX: return srd_graph_softmax(g, c->name, in);
    default: return SRD_LAYER_NONE;
    }
}

static srd_layer add_norm(srd_graph *g, const call *c, srd_tensor *const *t)
{
    const srd_layer in = c->inputs[0];

    switch (c->kind) {
    case CALL_BATCH_NORM: return srd_graph_batch_norm(g, c->name, in, t[0], t[1], t[2], t[3], c->eps);
    case CALL_GROUP_NORM: return srd_graph_group_norm(g, c->name, in, c->ints[0], t[0], t[1], c->eps);
    case CALL_INSTANCE_NORM: return srd_graph_instance_norm(g, c->name, in, t[0], t[1], c->eps);
    case CALL_GLOBAL_RESPONSE_NORM: return srd_graph_global_response_norm(g, c->name, in, t[0], t[1], c->eps);
    case CALL_LAYER_NORM: return srd_graph_layer_norm(g, c->name, in, t[0], t[1], c->eps);
    case CALL_LOCAL_RESPONSE_NORM:
        return srd_graph_local_response_norm(g, c->name, in, c->ints[0], c->floats[0], c->floats[1], (float)c->eps);
    default: return add_pointwise(g, c, t);
    }
}

static srd_layer add_move(srd_graph *g, const call *c, srd_tensor *const *t)
{
    const srd_layer in = c->inputs[0];
    const int32_t *const n = c->ints;

    switch (c->kind) {
    case CALL_ADD: return srd_graph_add(g, c->name, c->inputs, c->input_count);
    case CALL_GLOBAL_AVG_POOL: return srd_graph_global_avg_pool(g, c->name, in);
    case CALL_MEAN: return srd_graph_mean(g, c->name, in, n[0]);
    case CALL_CONCAT: return srd_graph_concat(g, c->name, c->inputs, c->input_count);
    case CALL_CONCAT_TOKENS: return srd_graph_concat_tokens(g, c->name, c->inputs, c->input_count);
    case CALL_SELECT_TOKENS: return srd_graph_select_tokens(g, c->name, in, n[0], n[1]);
    case CALL_SLICE: return srd_graph_slice(g, c->name, in, n[0], n[1]);
    case CALL_SHUFFLE: return srd_graph_shuffle(g, c->name, in, n[0]);
    case CALL_RESHAPE: return srd_graph_reshape(g, c->name, in, n[0], n[1]);
    case CALL_TRANSPOSE: return srd_graph_transpose(g, c->name, in);
    case CALL_FLATTEN: return srd_graph_flatten(g, c->name, in);
    case CALL_DEPTH_TO_SPACE: return srd_graph_depth_to_space(g, c->name, in, n[0], n[1], n[2]);
    case CALL_SPACE_TO_DEPTH: return srd_graph_space_to_depth(g, c->name, in, n[0], n[1], n[2]);
    case CALL_CONSTANT_PAD2D: return srd_graph_constant_pad2d(g, c->name, in, n[0], n[1], n[2], n[3], c->floats[0]);
    case CALL_REFLECTION_PAD2D: return srd_graph_reflection_pad2d(g, c->name, in, n[0], n[1], n[2], n[3]);
    case CALL_REPLICATION_PAD2D: return srd_graph_replication_pad2d(g, c->name, in, n[0], n[1], n[2], n[3]);
    case CALL_CIRCULAR_PAD2D: return srd_graph_circular_pad2d(g, c->name, in, n[0], n[1], n[2], n[3]);
    case CALL_ZERO_CHANNELS: return srd_graph_zero_channels(g, c->name, in, n[0], n[1]);
    case CALL_SUBSAMPLE2D: return srd_graph_subsample2d(g, c->name, in, n[0], n[1]);
    case CALL_CROP2D: return add_crop(g, c);
    case CALL_MAXIMUM: return srd_graph_maximum(g, c->name, c->inputs, c->input_count);
    case CALL_MINIMUM: return srd_graph_minimum(g, c->name, c->inputs, c->input_count);
    case CALL_CUSTOM: return srd_graph_custom(g, c->name, c->inputs, c->input_count, c->custom);
    case CALL_GATE: return srd_graph_gate(g, c->name, in, c->inputs[1]);
    default: return add_norm(g, c, t);
    }
}

static srd_layer add_call(srd_graph *g, const call *c, srd_tensor *const *t)
{
    switch (c->kind) {
    case CALL_INPUT: return srd_graph_input(g, c->name, c->ints[0], c->ints[1], c->ints[2]);
    case CALL_CONSTANT: return srd_graph_constant(g, c->name, t[0]);
    case CALL_CONV2D:
    case CALL_CONV_TRANSPOSE2D: return add_conv(g, c, t);
    case CALL_LINEAR: return srd_graph_linear(g, c->name, c->inputs[0], t[0], t[1], NULL);
    case CALL_LINEAR_TOKENS: return srd_graph_linear_tokens(g, c->name, c->inputs[0], t[0], t[1], NULL);
    case CALL_SCALE_SHIFT: return srd_graph_scale_shift(g, c->name, c->inputs[0], t[0], t[1]);
    case CALL_MAX_POOL2D:
    case CALL_AVG_POOL2D: return add_pool(g, c);
    case CALL_UPSAMPLE: return add_upsample(g, c);
    case CALL_ATTENTION: return add_attention(g, c, t);
    default: return add_move(g, c, t);
    }
}

srd_status call_list_build(const call_list *list, srd_graph *graph)
{
    for (int32_t i = 0; i < list->count; ++i) {
        srd_tensor *tensors[CALL_MOST_TENSORS] = { NULL };
        srd_status status = open_tensors(&list->calls[i], tensors);
        const srd_layer layer = status == SRD_OK ? add_call(graph, &list->calls[i], tensors) : SRD_LAYER_NONE;

        for (int32_t k = 0; k < CALL_MOST_TENSORS; ++k) srd_tensor_free(tensors[k]);
        if (status != SRD_OK) return status;
        if (layer != i) { /* the graph knows why */
            srd_detail detail = SRD_DETAIL_INIT;
            status = srd_graph_detail(graph, &detail);
            return status == SRD_OK && detail.status != SRD_OK ? detail.status : SRD_ERR_STATE;
        }
    }
    return srd_graph_output(graph, list->output, NULL);
}
