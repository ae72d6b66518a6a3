/*
 * netlayers.c -- makes the layers of a test network by the public interface.
 *
 * A line that makes no sense adds no layer; the layers that read it then fail in the graph, which reports the first
 * failure when it is sealed. So nothing is checked twice here.
 */
#include "netlayers.h"

#include <string.h>

#define MOST_INPUTS 64

typedef struct builder {
    srd_graph *graph;
    const netfile *file;
    const netfile_line *line;
    const char *name;          /* of the layer to add */
    srd_layer in[MOST_INPUTS]; /* the layers it reads */
    int32_t in_count;
    srd_tensor *tensors[4]; /* handles to free after the layer is added */
    int tensor_count;
} builder;

/* The numbers behind a key as a tensor. NULL where the key is missing, or the offset is -1 (none given) or wrong. */
static srd_tensor *numbers(builder *b, const char *key, int32_t rank, const int64_t *shape)
{
    size_t count = 1;
    const float *data;
    srd_tensor *tensor = NULL;
    for (int32_t i = 0; i < rank; i++) count *= (size_t)shape[i];
    if (netline_text(b->line, key) == NULL) return NULL;
    data = netfile_numbers(b->file, netline_int(b->line, key), count);
    if (data == NULL || srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, data, NULL, &tensor, NULL) != SRD_OK) return NULL;
    b->tensors[b->tensor_count++] = tensor;
    return tensor;
}

/* The weight of a mixing layer, as it is in the file or as the file's user wants it. */
typedef struct weight_tensors {
    srd_tensor *numbers, *scale, *zero;
} weight_tensors;

static weight_tensors weight_of(builder *b, int32_t rank, const int64_t *shape, int32_t groups, int32_t transposed)
{
    weight_tensors made = { NULL, NULL, NULL };
    netfile_weight from = { NULL, shape, rank, groups, transposed };
    size_t count = 1;
    if (b->file->weights == NULL) {
        made.numbers = numbers(b, "weight", rank, shape);
        return made;
    }
    for (int32_t i = 0; i < rank; i++) count *= (size_t)shape[i];
    from.numbers = netfile_numbers(b->file, netline_int(b->line, "weight"), count);
    if (from.numbers == NULL ||
        !b->file->weights->make(b->file->weights->user, &from, &made.numbers, &made.scale, &made.zero)) {
        return made;
    }
    b->tensors[b->tensor_count++] = made.numbers;
    if (made.scale != NULL) b->tensors[b->tensor_count++] = made.scale;
    if (made.zero != NULL) b->tensors[b->tensor_count++] = made.zero;
    return made;
}

static srd_tensor *per_channel(builder *b, const char *key, const char *count_key)
{
    int64_t shape = netline_int(b->line, count_key);
    return numbers(b, key, 1, &shape);
}

/* The numbers of a constant: [C][H][W], or [C] where that says the same. */
static srd_tensor *plane(builder *b)
{
    int64_t shape[3];
    shape[0] = netline_int(b->line, "channels");
    shape[1] = netline_int(b->line, "height");
    shape[2] = netline_int(b->line, "width");
    return numbers(b, "value", shape[0] > 1 && shape[1] * shape[2] == 1 ? 1 : 3, shape);
}

static srd_layer add_input(builder *b)
{
    return srd_graph_input(b->graph, b->name, netline_int(b->line, "channels"), netline_int(b->line, "height"),
                           netline_int(b->line, "width"));
}

static srd_layer add_conv2d(builder *b)
{
    int32_t kernel[2] = { 0 }, stride[2] = { 0 }, pad[4] = { 0 }, dilation[2] = { 0 }, groups = netline_int(b->line, "groups");
    srd_conv2d_options o;
    weight_tensors weight;
    int64_t shape[4];
    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    if (groups < 1 || !netline_ints(b->line, "kernel", kernel, 2) || !netline_ints(b->line, "stride", stride, 2) ||
        !netline_ints(b->line, "pad", pad, 4) || !netline_ints(b->line, "dilation", dilation, 2)) {
        return SRD_LAYER_NONE;
    }
    shape[0] = netline_int(b->line, "out_channels");
    shape[1] = netline_int(b->line, "in_channels") / groups;
    shape[2] = kernel[0];
    shape[3] = kernel[1];
    o.stride_h = stride[0], o.stride_w = stride[1];
    o.pad_top = pad[0], o.pad_left = pad[1], o.pad_bottom = pad[2], o.pad_right = pad[3];
    o.dilation_h = dilation[0], o.dilation_w = dilation[1];
    o.groups = groups;
    weight = weight_of(b, 4, shape, groups, 0);
    o.weight_scale = weight.scale, o.weight_zero = weight.zero;
    return srd_graph_conv2d(b->graph, b->name, b->in[0], weight.numbers, per_channel(b, "bias", "out_channels"), &o);
}

static srd_layer add_linear(builder *b)
{
    srd_linear_options options = SRD_LINEAR_OPTIONS_INIT;
    int64_t shape[2];
    weight_tensors weight;
    srd_tensor *bias = per_channel(b, "bias", "out_features");
    shape[0] = netline_int(b->line, "out_features");
    shape[1] = netline_int(b->line, "in_features");
    weight = weight_of(b, 2, shape, 1, 0);
    options.weight_scale = weight.scale;
    options.weight_zero = weight.zero;
    return srd_graph_linear(b->graph, b->name, b->in[0], weight.numbers, bias, &options);
}

static srd_layer add_batch_norm(builder *b)
{
    srd_tensor *gamma = per_channel(b, "gamma", "channels"), *beta = per_channel(b, "beta", "channels");
    srd_tensor *mean = per_channel(b, "mean", "channels"), *variance = per_channel(b, "var", "channels");
    return srd_graph_batch_norm(b->graph, b->name, b->in[0], gamma, beta, mean, variance, netline_real(b->line, "eps"));
}

static srd_layer add_scale_shift(builder *b)
{
    srd_tensor *scale = per_channel(b, "scale", "channels"), *shift = per_channel(b, "shift", "channels");
    return srd_graph_scale_shift(b->graph, b->name, b->in[0], scale, shift);
}

static srd_layer add_instance_norm(builder *b)
{
    srd_tensor *gamma = per_channel(b, "gamma", "channels"), *beta = per_channel(b, "beta", "channels");
    return srd_graph_instance_norm(b->graph, b->name, b->in[0], gamma, beta, netline_real(b->line, "eps"));
}

static srd_layer add_global_response_norm(builder *b)
{
    srd_tensor *gamma = per_channel(b, "gamma", "channels"), *beta = per_channel(b, "beta", "channels");
    return srd_graph_global_response_norm(b->graph, b->name, b->in[0], gamma, beta, netline_real(b->line, "eps"));
}

static srd_layer add_group_norm(builder *b)
{
    srd_tensor *gamma = per_channel(b, "gamma", "channels"), *beta = per_channel(b, "beta", "channels");
    return srd_graph_group_norm(b->graph, b->name, b->in[0], netline_int(b->line, "groups"), gamma, beta,
                                netline_real(b->line, "eps"));
}

static srd_layer add_add(builder *b)
{
    return srd_graph_add(b->graph, b->name, b->in, b->in_count);
}
static srd_layer add_concat(builder *b)
{
    return srd_graph_concat(b->graph, b->name, b->in, b->in_count);
}

static srd_layer add_clip(builder *b)
{
    return srd_graph_clip(b->graph, b->name, b->in[0], (float)netline_real(b->line, "min"),
                          (float)netline_real(b->line, "max"));
}

static srd_layer add_leaky_relu(builder *b)
{
    return srd_graph_leaky_relu(b->graph, b->name, b->in[0], (float)netline_real(b->line, "slope"));
}

static srd_layer add_prelu(builder *b)
{
    return srd_graph_prelu(b->graph, b->name, b->in[0], per_channel(b, "slopes", "count"));
}

static srd_layer add_elu(builder *b)
{
    return srd_graph_elu(b->graph, b->name, b->in[0], (float)netline_real(b->line, "alpha"));
}

static srd_layer add_celu(builder *b)
{
    return srd_graph_celu(b->graph, b->name, b->in[0], (float)netline_real(b->line, "alpha"));
}

static srd_layer add_gelu(builder *b)
{
    return srd_graph_gelu(b->graph, b->name, b->in[0], netline_int(b->line, "approximation"));
}

static srd_layer add_local_response_norm(builder *b)
{
    return srd_graph_local_response_norm(b->graph, b->name, b->in[0], netline_int(b->line, "size"),
                                         (float)netline_real(b->line, "alpha"), (float)netline_real(b->line, "beta"),
                                         (float)netline_real(b->line, "k"));
}

static int pool_options(builder *b, srd_pool2d_options *o)
{
    int32_t kernel[2] = { 0 }, stride[2] = { 0 }, pad[4] = { 0 };
    memset(o, 0, sizeof *o);
    o->struct_size = (uint32_t)sizeof *o;
    if (!netline_ints(b->line, "kernel", kernel, 2) || !netline_ints(b->line, "stride", stride, 2) ||
        !netline_ints(b->line, "pad", pad, 4)) {
        return 0;
    }
    o->kernel_h = kernel[0], o->kernel_w = kernel[1];
    o->stride_h = stride[0], o->stride_w = stride[1];
    o->pad_top = pad[0], o->pad_left = pad[1], o->pad_bottom = pad[2], o->pad_right = pad[3];
    o->ceil_mode = netline_int(b->line, "ceil");
    o->count_padding = netline_int(b->line, "count_padding");
    return 1;
}

static srd_layer add_max_pool(builder *b)
{
    srd_pool2d_options o;
    return pool_options(b, &o) ? srd_graph_max_pool2d(b->graph, b->name, b->in[0], &o) : SRD_LAYER_NONE;
}

static srd_layer add_avg_pool(builder *b)
{
    srd_pool2d_options o;
    return pool_options(b, &o) ? srd_graph_avg_pool2d(b->graph, b->name, b->in[0], &o) : SRD_LAYER_NONE;
}

static srd_layer add_adaptive_avg_pool2d(builder *b)
{
    int32_t size[2] = { 0 };
    if (!netline_ints(b->line, "size", size, 2)) return SRD_LAYER_NONE;
    return srd_graph_adaptive_avg_pool2d(b->graph, b->name, b->in[0], size[0], size[1]);
}

static srd_layer add_zero_pad(builder *b)
{
    int32_t pad[4] = { 0 };
    if (!netline_ints(b->line, "pad", pad, 4)) return SRD_LAYER_NONE;
    return srd_graph_zero_pad2d(b->graph, b->name, b->in[0], pad[0], pad[1], pad[2], pad[3]);
}

static srd_layer add_zero_channels(builder *b)
{
    return srd_graph_zero_channels(b->graph, b->name, b->in[0], netline_int(b->line, "before"), netline_int(b->line, "after"));
}

static srd_layer add_subsample(builder *b)
{
    int32_t stride[2] = { 0 };
    if (!netline_ints(b->line, "stride", stride, 2)) return SRD_LAYER_NONE;
    return srd_graph_subsample2d(b->graph, b->name, b->in[0], stride[0], stride[1]);
}

static srd_layer add_constant_source(builder *b)
{
    return srd_graph_constant(b->graph, b->name, plane(b));
}

static srd_layer add_add_constant(builder *b)
{
    return srd_graph_add_constant(b->graph, b->name, b->in[0], plane(b));
}

static srd_layer add_linear_tokens(builder *b)
{
    srd_linear_options options = SRD_LINEAR_OPTIONS_INIT;
    int64_t shape[2];
    weight_tensors weight;
    srd_tensor *bias = per_channel(b, "bias", "out_features");
    shape[0] = netline_int(b->line, "out_features");
    shape[1] = netline_int(b->line, "in_features");
    weight = weight_of(b, 2, shape, 1, 0);
    options.weight_scale = weight.scale;
    options.weight_zero = weight.zero;
    return srd_graph_linear_tokens(b->graph, b->name, b->in[0], weight.numbers, bias, &options);
}

static srd_layer add_conv_transpose2d(builder *b)
{
    int32_t kernel[2] = { 0 }, stride[2] = { 0 }, pad[4] = { 0 }, more[2] = { 0 }, dilation[2] = { 0 };
    int32_t groups = netline_int(b->line, "groups");
    srd_conv_transpose2d_options o;
    weight_tensors weight;
    int64_t shape[4];
    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    if (groups < 1 || !netline_ints(b->line, "kernel", kernel, 2) || !netline_ints(b->line, "stride", stride, 2) ||
        !netline_ints(b->line, "pad", pad, 4) || !netline_ints(b->line, "output_pad", more, 2) ||
        !netline_ints(b->line, "dilation", dilation, 2)) {
        return SRD_LAYER_NONE;
    }
    shape[0] = netline_int(b->line, "in_channels");
    shape[1] = netline_int(b->line, "out_channels") / groups;
    shape[2] = kernel[0];
    shape[3] = kernel[1];
    o.stride_h = stride[0], o.stride_w = stride[1];
    o.pad_top = pad[0], o.pad_left = pad[1], o.pad_bottom = pad[2], o.pad_right = pad[3];
    o.output_pad_h = more[0], o.output_pad_w = more[1];
    o.dilation_h = dilation[0], o.dilation_w = dilation[1];
    o.groups = groups;
    weight = weight_of(b, 4, shape, groups, 1);
    o.weight_scale = weight.scale, o.weight_zero = weight.zero;
    return srd_graph_conv_transpose2d(b->graph, b->name, b->in[0], weight.numbers, per_channel(b, "bias", "out_channels"), &o);
}

static srd_layer add_layer_norm(builder *b)
{
    srd_tensor *gamma = per_channel(b, "gamma", "channels"), *beta = per_channel(b, "beta", "channels");
    return srd_graph_layer_norm(b->graph, b->name, b->in[0], gamma, beta, netline_real(b->line, "eps"));
}

static srd_layer add_rms_norm(builder *b)
{
    srd_tensor *gamma = per_channel(b, "gamma", "channels");
    return srd_graph_rms_norm(b->graph, b->name, b->in[0], gamma, netline_real(b->line, "eps"));
}

static srd_layer add_l2_norm(builder *b)
{
    return srd_graph_l2_norm(b->graph, b->name, b->in[0], netline_real(b->line, "eps"));
}

static srd_layer add_gate(builder *b)
{
    return b->in_count == 2 ? srd_graph_gate(b->graph, b->name, b->in[0], b->in[1]) : SRD_LAYER_NONE;
}

/* The mask is [T][S], or [heads][T][S] where heads differ, or [rows][heads][T][S] where rows do. */
static srd_layer add_attention(builder *b)
{
    srd_attention_options o;
    int64_t shape[4];
    int32_t all = 0;
    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.heads = netline_int(b->line, "heads");
    o.scale = (float)netline_real(b->line, "scale");
    o.rows = netline_int(b->line, "rows");
    shape[0] = netline_int(b->line, "mask_rows");
    shape[1] = netline_int(b->line, "mask_heads");
    shape[2] = netline_int(b->line, "queries");
    shape[3] = netline_int(b->line, "keys");
    if (shape[0] == 1) all = shape[1] == 1 ? 2 : 1;
    o.mask = numbers(b, "mask", 4 - all, shape + all);
    if (b->in_count != 3) return SRD_LAYER_NONE;
    return srd_graph_attention(b->graph, b->name, b->in[0], b->in[1], b->in[2], &o);
}

static srd_layer add_concat_tokens(builder *b)
{
    return srd_graph_concat_tokens(b->graph, b->name, b->in, b->in_count);
}

static srd_layer add_select_tokens(builder *b)
{
    return srd_graph_select_tokens(b->graph, b->name, b->in[0], netline_int(b->line, "first"), netline_int(b->line, "count"));
}

static srd_layer add_reshape(builder *b)
{
    return srd_graph_reshape(b->graph, b->name, b->in[0], netline_int(b->line, "height"), netline_int(b->line, "width"));
}

static srd_layer add_slice(builder *b)
{
    return srd_graph_slice(b->graph, b->name, b->in[0], netline_int(b->line, "first"), netline_int(b->line, "count"));
}

static srd_layer add_shuffle(builder *b)
{
    return srd_graph_shuffle(b->graph, b->name, b->in[0], netline_int(b->line, "groups"));
}

static srd_layer add_upsample(builder *b)
{
    int32_t size[2] = { 0 };
    srd_upsample_options o;
    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    if (!netline_ints(b->line, "size", size, 2)) return SRD_LAYER_NONE;
    o.mode = netline_int(b->line, "mode") ? SRD_UPSAMPLE_BILINEAR : SRD_UPSAMPLE_NEAREST;
    o.align_corners = netline_int(b->line, "align_corners");
    o.height = size[0], o.width = size[1];
    o.scale_h = (float)netline_real(b->line, "scale_h"), o.scale_w = (float)netline_real(b->line, "scale_w");
    return srd_graph_upsample(b->graph, b->name, b->in[0], &o);
}

static srd_layer add_constant_pad2d(builder *b)
{
    int32_t pad[4] = { 0 };
    if (!netline_ints(b->line, "pad", pad, 4)) return SRD_LAYER_NONE;
    return srd_graph_constant_pad2d(b->graph, b->name, b->in[0], pad[0], pad[1], pad[2], pad[3],
                                    (float)netline_real(b->line, "value"));
}

static srd_layer add_mean(builder *b)
{
    int32_t axes = netline_int(b->line, "axes");
    return srd_graph_mean(b->graph, b->name, b->in[0], (axes & 1 ? SRD_AXIS_HEIGHT : 0) | (axes & 2 ? SRD_AXIS_WIDTH : 0));
}

static srd_layer add_sum(builder *b)
{
    return srd_graph_sum(b->graph, b->name, b->in[0], netline_int(b->line, "axes"));
}

static srd_layer add_max(builder *b)
{
    return srd_graph_max(b->graph, b->name, b->in[0], netline_int(b->line, "axes"));
}

static srd_layer add_adaptive_max_pool2d(builder *b)
{
    int32_t size[2] = { 0 };
    if (!netline_ints(b->line, "size", size, 2)) return SRD_LAYER_NONE;
    return srd_graph_adaptive_max_pool2d(b->graph, b->name, b->in[0], size[0], size[1]);
}

static srd_layer add_maximum(builder *b)
{
    return srd_graph_maximum(b->graph, b->name, b->in, b->in_count);
}

static srd_layer add_minimum(builder *b)
{
    return srd_graph_minimum(b->graph, b->name, b->in, b->in_count);
}

static srd_layer add_max_channels(builder *b)
{
    return srd_graph_max_channels(b->graph, b->name, b->in[0], netline_int(b->line, "groups"));
}

static const struct {
    const char *word;
    srd_layer (*add)(builder *b);
} kinds[] = {
    { "input", add_input },
    { "conv2d", add_conv2d },
    { "linear", add_linear },
    { "batch_norm", add_batch_norm },
    { "scale_shift", add_scale_shift },
    { "instance_norm", add_instance_norm },
    { "group_norm", add_group_norm },
    { "global_response_norm", add_global_response_norm },
    { "add", add_add },
    { "concat", add_concat },
    { "clip", add_clip },
    { "leaky_relu", add_leaky_relu },
    { "prelu", add_prelu },
    { "elu", add_elu },
    { "celu", add_celu },
    { "gelu", add_gelu },
    { "local_response_norm", add_local_response_norm },
    { "max_pool", add_max_pool },
    { "avg_pool", add_avg_pool },
    { "adaptive_avg_pool2d", add_adaptive_avg_pool2d },
    { "zero_pad", add_zero_pad },
    { "zero_channels", add_zero_channels },
    { "subsample", add_subsample },
    { "constant", add_constant_source },
    { "add_constant", add_add_constant },
    { "linear_tokens", add_linear_tokens },
    { "conv_transpose2d", add_conv_transpose2d },
    { "layer_norm", add_layer_norm },
    { "rms_norm", add_rms_norm },
    { "l2_norm", add_l2_norm },
    { "gate", add_gate },
    { "attention", add_attention },
    { "concat_tokens", add_concat_tokens },
    { "select_tokens", add_select_tokens },
    { "reshape", add_reshape },
    { "slice", add_slice },
    { "shuffle", add_shuffle },
    { "upsample", add_upsample },
    { "constant_pad2d", add_constant_pad2d },
    { "mean", add_mean },
    { "sum", add_sum },
    { "max", add_max },
    { "adaptive_max_pool2d", add_adaptive_max_pool2d },
    { "maximum", add_maximum },
    { "minimum", add_minimum },
    { "max_channels", add_max_channels },
};

/* Layers that take nothing but what they read: all of the list. */
static const struct {
    const char *word;
    srd_layer (*add)(srd_graph *graph, const char *name, srd_layer input);
} plain_kinds[] = {
#define SRD__PLAIN(name, switch_, role, text) { #name, srd_graph_##name },
#include "../../lib/layers/kinds.def"
};

/* Looks up the names after "in=". A name that is not there becomes SRD_LAYER_NONE. */
static void find_inputs(builder *b)
{
    const char *list = netline_text(b->line, "in");
    char name[256];
    b->in_count = 0;
    while (list != NULL && b->in_count < MOST_INPUTS && netfile_listed(list, b->in_count, name, sizeof name)) {
        b->in[b->in_count++] = srd_graph_find(b->graph, name);
    }
}

static void add_line(builder *b)
{
    b->name = netline_text(b->line, "name");
    b->in[0] = SRD_LAYER_NONE;
    find_inputs(b);
    for (size_t k = 0; k < sizeof plain_kinds / sizeof *plain_kinds; k++) {
        if (strcmp(plain_kinds[k].word, b->line->word) == 0) (void)plain_kinds[k].add(b->graph, b->name, b->in[0]);
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(kinds[k].word, b->line->word) == 0) (void)kinds[k].add(b);
    }
    (void)netmoves_add(b->graph, b->line, b->name, b->in[0]);
    while (b->tensor_count > 0) srd_tensor_free(b->tensors[--b->tensor_count]);
}

void netlayers_add(srd_graph *graph, const netfile *file, const netfile_line *line)
{
    builder b;
    memset(&b, 0, sizeof b);
    b.graph = graph;
    b.file = file;
    b.line = line;
    add_line(&b);
}
