/*
 * net_build.c -- a network built through the public interface of the library.
 */
#include <string.h>

#include "net.h"

typedef struct builder {
    const net *n;
    const net_layer *l;
    srd_graph *graph;
    const char *name;
    srd_layer in[NET_OPERANDS];
    const net_layer *below; /* the first layer read */
    srd_tensor *tensors[4]; /* freed when the layer is added */
    int tensor_count;
} builder;

static srd_tensor *view(builder *b, int offset, int32_t rank, int64_t s0, int64_t s1, int64_t s2, int64_t s3)
{
    const int64_t shape[4] = { s0, s1, s2, s3 };
    srd_tensor *tensor = NULL;

    if (offset == NET_NONE) return NULL;
    if (srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, b->n->numbers + offset, NULL, &tensor, NULL) != SRD_OK)
        return NULL;
    b->tensors[b->tensor_count++] = tensor;
    return tensor;
}

static srd_tensor *vector(builder *b, int k, int count)
{
    return view(b, b->l->numbers[k], 1, count, 0, 0, 0);
}

static srd_layer add_conv(builder *b)
{
    const net_layer *const l = b->l;
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.stride_h = l->stride[0], o.stride_w = l->stride[1];
    o.pad_top = l->pad[0], o.pad_left = l->pad[1], o.pad_bottom = l->pad[2], o.pad_right = l->pad[3];
    o.dilation_h = l->dilation[0], o.dilation_w = l->dilation[1];
    o.groups = l->groups;
    return srd_graph_conv2d(b->graph, b->name, b->in[0],
                            view(b, l->numbers[0], 4, l->c, b->below->c / l->groups, l->kernel[0], l->kernel[1]),
                            vector(b, 1, l->c), &o);
}

static srd_layer add_conv_transpose(builder *b)
{
    const net_layer *const l = b->l;
    srd_conv_transpose2d_options o = SRD_CONV_TRANSPOSE2D_OPTIONS_INIT;

    o.stride_h = l->stride[0], o.stride_w = l->stride[1];
    o.pad_top = l->pad[0], o.pad_left = l->pad[1], o.pad_bottom = l->pad[2], o.pad_right = l->pad[3];
    o.output_pad_h = l->output_pad[0], o.output_pad_w = l->output_pad[1];
    o.dilation_h = l->dilation[0], o.dilation_w = l->dilation[1];
    o.groups = l->groups;
    return srd_graph_conv_transpose2d(b->graph, b->name, b->in[0],
                                      view(b, l->numbers[0], 4, b->below->c, l->c / l->groups, l->kernel[0], l->kernel[1]),
                                      vector(b, 1, l->c), &o);
}

static srd_layer add_mixing(builder *b)
{
    const net_layer *const l = b->l, *const x = b->below;

    switch (l->kind) {
    case NET_CONV: return add_conv(b);
    case NET_CONV_TRANSPOSE: return add_conv_transpose(b);
    case NET_LINEAR:
        return srd_graph_linear(b->graph, b->name, b->in[0], view(b, l->numbers[0], 2, l->c, (int64_t)x->c * x->h * x->w, 0, 0),
                                vector(b, 1, l->c), NULL);
    default:
        return srd_graph_linear_tokens(b->graph, b->name, b->in[0], view(b, l->numbers[0], 2, l->c, x->c, 0, 0),
                                       vector(b, 1, l->c), NULL);
    }
}

static srd_layer add_pool(builder *b)
{
    const net_layer *const l = b->l;
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;

    o.kernel_h = l->kernel[0], o.kernel_w = l->kernel[1];
    o.stride_h = l->stride[0], o.stride_w = l->stride[1];
    o.pad_top = l->pad[0], o.pad_left = l->pad[1], o.pad_bottom = l->pad[2], o.pad_right = l->pad[3];
    o.ceil_mode = l->option;
    if (l->kind == NET_MAX_POOL) return srd_graph_max_pool2d(b->graph, b->name, b->in[0], &o);
    o.count_padding = l->extra;
    return srd_graph_avg_pool2d(b->graph, b->name, b->in[0], &o);
}

static srd_layer add_upsample(builder *b)
{
    const net_layer *const l = b->l;
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.mode = l->option ? SRD_UPSAMPLE_BILINEAR : SRD_UPSAMPLE_NEAREST;
    o.align_corners = l->extra;
    o.height = l->size[0], o.width = l->size[1];
    o.scale_h = l->real[0], o.scale_w = l->real[1];
    return srd_graph_upsample(b->graph, b->name, b->in[0], &o);
}

static srd_layer add_attention(builder *b)
{
    const net_layer *const l = b->l;
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;
    const int keys = b->n->layer[l->input[1]].w;

    o.heads = l->first;
    o.scale = l->real[0];
    o.rows = l->option;
    if (l->extra > 1) o.mask = view(b, l->numbers[0], 4, l->extra, l->count, l->w, keys);
    else if (l->count > 1) o.mask = view(b, l->numbers[0], 3, l->count, l->w, keys, 0);
    else o.mask = view(b, l->numbers[0], 2, l->w, keys, 0, 0);
    return srd_graph_attention(b->graph, b->name, b->in[0], b->in[1], b->in[2], &o);
}

static srd_layer add_norm(builder *b)
{
    const net_layer *const l = b->l;
    srd_tensor *const first = vector(b, 0, l->c), *const second = vector(b, 1, l->c);

    switch (l->kind) {
    case NET_BATCH_NORM:
        return srd_graph_batch_norm(b->graph, b->name, b->in[0], first, second, vector(b, 2, l->c), vector(b, 3, l->c), l->eps);
    case NET_GROUP_NORM: return srd_graph_group_norm(b->graph, b->name, b->in[0], l->groups, first, second, l->eps);
    case NET_INSTANCE_NORM: return srd_graph_instance_norm(b->graph, b->name, b->in[0], first, second, l->eps);
    case NET_GLOBAL_RESPONSE_NORM: return srd_graph_global_response_norm(b->graph, b->name, b->in[0], first, second, l->eps);
    case NET_RMS_NORM: return srd_graph_rms_norm(b->graph, b->name, b->in[0], first, l->eps);
    case NET_L2_NORM: return srd_graph_l2_norm(b->graph, b->name, b->in[0], l->eps);
    case NET_LAYER_NORM: return srd_graph_layer_norm(b->graph, b->name, b->in[0], first, second, l->eps);
    default: return srd_graph_scale_shift(b->graph, b->name, b->in[0], first, second);
    }
}

static srd_layer add_source(builder *b)
{
    const net_layer *const l = b->l;

    if (l->kind == NET_INPUT) return srd_graph_input(b->graph, b->name, l->c, l->h, l->w);
    return srd_graph_constant(b->graph, b->name, view(b, l->numbers[0], 3, l->c, l->h, l->w, 0));
}

/* Constant and addition in one call, where the constant says so. */
static srd_layer add_add(builder *b)
{
    const net_layer *const other = b->n->layer + b->l->input[b->l->inputs - 1];

    if (!other->joined) return srd_graph_add(b->graph, b->name, b->in, b->l->inputs);
    return srd_graph_add_constant(b->graph, b->name, b->in[0], view(b, other->numbers[0], 3, other->c, other->h, other->w, 0));
}

static srd_layer add_activation(builder *b)
{
    const net_layer *const l = b->l;

    switch (l->kind) {
    case NET_RELU: return srd_graph_relu(b->graph, b->name, b->in[0]);
    case NET_CLIP: return srd_graph_clip(b->graph, b->name, b->in[0], l->real[0], l->real[1]);
    case NET_LEAKY_RELU: return srd_graph_leaky_relu(b->graph, b->name, b->in[0], l->real[0]);
    case NET_PRELU: return srd_graph_prelu(b->graph, b->name, b->in[0], vector(b, 0, l->count));
    case NET_ELU: return srd_graph_elu(b->graph, b->name, b->in[0], l->real[0]);
    case NET_SELU: return srd_graph_selu(b->graph, b->name, b->in[0]);
    case NET_GELU: return srd_graph_gelu(b->graph, b->name, b->in[0], l->option);
    case NET_SILU: return srd_graph_silu(b->graph, b->name, b->in[0]);
    case NET_TANH: return srd_graph_tanh(b->graph, b->name, b->in[0]);
    case NET_SIGMOID: return srd_graph_sigmoid(b->graph, b->name, b->in[0]);
    case NET_SOFTPLUS: return srd_graph_softplus(b->graph, b->name, b->in[0]);
    case NET_HARD_SWISH: return srd_graph_hard_swish(b->graph, b->name, b->in[0]);
    case NET_HARD_SIGMOID: return srd_graph_hard_sigmoid(b->graph, b->name, b->in[0]);
    case NET_CELU: return srd_graph_celu(b->graph, b->name, b->in[0], l->real[0]);
    case NET_MISH: return srd_graph_mish(b->graph, b->name, b->in[0]);
    case NET_LOG_SIGMOID: return srd_graph_log_sigmoid(b->graph, b->name, b->in[0]);
    case NET_SOFTSIGN: return srd_graph_softsign(b->graph, b->name, b->in[0]);
    case NET_ABS: return srd_graph_abs(b->graph, b->name, b->in[0]);
    case NET_EXP: return srd_graph_exp(b->graph, b->name, b->in[0]);
    case NET_ERF: return srd_graph_erf(b->graph, b->name, b->in[0]);
    case NET_SOFTMAX: return srd_graph_softmax(b->graph, b->name, b->in[0]);
    default: return srd_graph_local_response_norm(b->graph, b->name, b->in[0], l->option, l->real[0], l->real[1], l->real[2]);
    }
}

static srd_layer add_move(builder *b)
{
    const net_layer *const l = b->l;
    srd_graph *const g = b->graph;
    const int *const p = l->pad, *const k = l->kernel;
    srd_crop2d_options o = SRD_CROP2D_OPTIONS_INIT;
    int32_t channels[8];

    switch (l->kind) {
    case NET_ROLL: return srd_graph_roll2d(g, b->name, b->in[0], l->stride[0], l->stride[1]);
    case NET_REFLECTION_PAD: return srd_graph_reflection_pad2d(g, b->name, b->in[0], p[0], p[1], p[2], p[3]);
    case NET_REPLICATION_PAD: return srd_graph_replication_pad2d(g, b->name, b->in[0], p[0], p[1], p[2], p[3]);
    case NET_CIRCULAR_PAD: return srd_graph_circular_pad2d(g, b->name, b->in[0], p[0], p[1], p[2], p[3]);
    case NET_PARTITION: return srd_graph_window_partition(g, b->name, b->in[0], k[0], k[1], l->option);
    case NET_REVERSE: return srd_graph_window_reverse(g, b->name, b->in[0], l->size[0], l->size[1], k[0], k[1], l->option);
    case NET_TO_SPACE: return srd_graph_depth_to_space(g, b->name, b->in[0], k[0], k[1], l->option);
    case NET_TO_DEPTH: return srd_graph_space_to_depth(g, b->name, b->in[0], k[0], k[1], l->option);
    case NET_CHOOSE:
        for (int i = 0; i < l->count; i++) channels[i] = l->chosen[i];
        return srd_graph_gather_channels(g, b->name, b->in[0], channels, l->count);
    default:
        o.top = p[0], o.left = p[1], o.bottom = p[2], o.right = p[3];
        o.step_h = l->stride[0], o.step_w = l->stride[1];
        return srd_graph_crop2d(g, b->name, b->in[0], &o);
    }
}

static srd_layer add_gather(builder *b)
{
    const net_layer *const l = b->l;
    srd_graph *const g = b->graph;
    const int *const p = l->pad;

    switch (l->kind) {
    case NET_ADAPTIVE_POOL: return srd_graph_adaptive_avg_pool2d(g, b->name, b->in[0], l->size[0], l->size[1]);
    case NET_GLOBAL_POOL: return srd_graph_global_avg_pool(g, b->name, b->in[0]);
    case NET_SUM: return srd_graph_sum(g, b->name, b->in[0], l->option);
    case NET_MAX: return srd_graph_max(g, b->name, b->in[0], l->option);
    case NET_ADAPTIVE_MAX: return srd_graph_adaptive_max_pool2d(g, b->name, b->in[0], l->size[0], l->size[1]);
    case NET_GLOBAL_MAX: return srd_graph_global_max_pool(g, b->name, b->in[0]);
    case NET_MAX_CHANNELS: return srd_graph_max_channels(g, b->name, b->in[0], l->groups);
    case NET_MAXIMUM: return srd_graph_maximum(g, b->name, b->in, l->inputs);
    case NET_MINIMUM: return srd_graph_minimum(g, b->name, b->in, l->inputs);
    case NET_MEAN: return srd_graph_mean(g, b->name, b->in[0], l->option);
    case NET_CONCAT: return srd_graph_concat(g, b->name, b->in, l->inputs);
    case NET_FLATTEN: return srd_graph_flatten(g, b->name, b->in[0]);
    case NET_DROPOUT: return srd_graph_dropout(g, b->name, b->in[0]);
    case NET_ZERO_PAD: return srd_graph_zero_pad2d(g, b->name, b->in[0], p[0], p[1], p[2], p[3]);
    case NET_CONSTANT_PAD: return srd_graph_constant_pad2d(g, b->name, b->in[0], p[0], p[1], p[2], p[3], l->real[0]);
    case NET_ZERO_CHANNELS: return srd_graph_zero_channels(g, b->name, b->in[0], l->first, l->count);
    case NET_SUBSAMPLE: return srd_graph_subsample2d(g, b->name, b->in[0], l->stride[0], l->stride[1]);
    case NET_SLICE: return srd_graph_slice(g, b->name, b->in[0], l->first, l->count);
    case NET_SHUFFLE: return srd_graph_shuffle(g, b->name, b->in[0], l->groups);
    case NET_RESHAPE: return srd_graph_reshape(g, b->name, b->in[0], l->size[0], l->size[1]);
    case NET_TRANSPOSE: return srd_graph_transpose(g, b->name, b->in[0]);
    case NET_CONCAT_TOKENS: return srd_graph_concat_tokens(g, b->name, b->in, l->inputs);
    case NET_SELECT_TOKENS: return srd_graph_select_tokens(g, b->name, b->in[0], l->first, l->count);
    case NET_UPSAMPLE: return add_upsample(b);
    case NET_GATE: return srd_graph_gate(g, b->name, b->in[0], b->in[1]);
    case NET_ATTENTION: return add_attention(b);
    default: return l->kind >= NET_CROP && l->kind <= NET_TO_DEPTH ? add_move(b) : add_pool(b);
    }
}

static srd_layer add_layer(builder *b)
{
    const int kind = b->l->kind;

    if (kind == NET_INPUT || kind == NET_CONSTANT) return add_source(b);
    if (kind <= NET_CONV_TRANSPOSE) return add_mixing(b);
    if (kind <= NET_SCALE_SHIFT || (kind >= NET_LAYER_NORM && kind <= NET_L2_NORM)) return add_norm(b);
    if (kind == NET_ADD) return add_add(b);
    return kind <= NET_SOFTMAX ? add_activation(b) : add_gather(b);
}

srd_graph *net_build(const net *n, int32_t weight_policy, srd_layer *ids, srd_detail *detail)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    builder b = { n, NULL, NULL, NULL, { 0 }, NULL, { NULL }, 0 };

    options.weight_policy = weight_policy;
    if (srd_graph_create(&options, NULL, &b.graph, detail) != SRD_OK) return NULL;
    for (int i = 0; i < n->layers; i++) {
        b.l = n->layer + i;
        b.below = n->layer + (b.l->inputs > 0 ? b.l->input[0] : 0);
        b.name = net_name(n, i);
        for (int k = 0; k < b.l->inputs; k++) b.in[k] = ids[b.l->input[k]];
        ids[i] = b.l->kind == NET_CONSTANT && b.l->joined ? SRD_LAYER_NONE : add_layer(&b);
        while (b.tensor_count > 0) srd_tensor_free(b.tensors[--b.tensor_count]);
    }
    for (int i = 0; i < n->outputs; i++) (void)srd_graph_output(b.graph, ids[n->output[i]], NULL);
    if (srd_graph_seal(b.graph, detail) == SRD_OK) return b.graph;
    srd_graph_free(b.graph);
    return NULL;
}
