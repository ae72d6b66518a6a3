/*
 * netbuild.c -- makes a graph of a test network, and the targets of its questions, by the public interface only.
 *
 * A line that makes no sense adds no layer; the layers that read it then fail in the graph, which reports the first
 * failure when it is sealed. So nothing is checked twice here.
 */
#include <stdlib.h>
#include <string.h>

#include "netline.h"

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

static srd_tensor *per_channel(builder *b, const char *key, const char *count_key)
{
    int64_t shape = netline_int(b->line, count_key);
    return numbers(b, key, 1, &shape);
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
    return srd_graph_conv2d(b->graph, b->name, b->in[0], numbers(b, "weight", 4, shape), per_channel(b, "bias", "out_channels"),
                            &o);
}

static srd_layer add_linear(builder *b)
{
    int64_t shape[2];
    shape[0] = netline_int(b->line, "out_features");
    shape[1] = netline_int(b->line, "in_features");
    return srd_graph_linear(b->graph, b->name, b->in[0], numbers(b, "weight", 2, shape),
                            per_channel(b, "bias", "out_features"));
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
    { "add", add_add },
    { "concat", add_concat },
    { "clip", add_clip },
    { "leaky_relu", add_leaky_relu },
    { "prelu", add_prelu },
    { "elu", add_elu },
    { "gelu", add_gelu },
    { "local_response_norm", add_local_response_norm },
    { "max_pool", add_max_pool },
    { "avg_pool", add_avg_pool },
    { "adaptive_avg_pool2d", add_adaptive_avg_pool2d },
    { "zero_pad", add_zero_pad },
    { "zero_channels", add_zero_channels },
    { "subsample", add_subsample },
};

/* Layers that take nothing but what they read. */
static const struct {
    const char *word;
    srd_layer (*add)(srd_graph *graph, const char *name, srd_layer input);
} plain_kinds[] = {
    { "relu", srd_graph_relu },
    { "softmax", srd_graph_softmax },
    { "flatten", srd_graph_flatten },
    { "dropout", srd_graph_dropout },
    { "global_avg_pool", srd_graph_global_avg_pool },
    { "selu", srd_graph_selu },
    { "silu", srd_graph_silu },
    { "tanh", srd_graph_tanh },
    { "sigmoid", srd_graph_sigmoid },
    { "softplus", srd_graph_softplus },
    { "hard_swish", srd_graph_hard_swish },
    { "hard_sigmoid", srd_graph_hard_sigmoid },
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
    while (b->tensor_count > 0) srd_tensor_free(b->tensors[--b->tensor_count]);
}

srd_status netfile_build(srd_graph *graph, void *user)
{
    const netfile *file = user;
    builder b;
    memset(&b, 0, sizeof b);
    b.graph = graph;
    b.file = file;
    for (size_t i = 0; i < file->line_count; i++) {
        b.line = file->lines + i;
        if (strcmp(b.line->word, "output") == 0) {
            (void)srd_graph_output(graph, srd_graph_find(graph, netline_text(b.line, "name")));
        } else {
            add_line(&b);
        }
    }
    return SRD_OK;
}

srd_graph *netfile_graph(const netfile *file, int32_t weight_policy, srd_detail *detail)
{
    srd_graph_options options;
    srd_graph *graph = NULL;
    memset(&options, 0, sizeof options);
    options.struct_size = (uint32_t)sizeof options;
    options.weight_policy = weight_policy;
    if (srd_graph_create(&options, NULL, &graph, detail) != SRD_OK) return NULL;
    (void)netfile_build(graph, (void *)(uintptr_t)file);
    if (srd_graph_seal(graph, detail) == SRD_OK) return graph;
    srd_graph_free(graph);
    return NULL;
}

/* A tensor over numbers of the file (or of ours), freed with the targets. */
static const srd_tensor *over(netfile_targets *out, const float *numbers, int32_t rank, int64_t first, int64_t second)
{
    int64_t shape[2];
    srd_tensor *tensor = NULL;
    shape[0] = first;
    shape[1] = second;
    if (srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) != SRD_OK) return NULL;
    out->tensors[out->tensor_count++] = tensor;
    return tensor;
}

/* A single position as a mask with a single 1. */
static const srd_tensor *one_position(netfile_targets *out, const srd_graph *graph, const netfile_target *from)
{
    int32_t chw[3] = { 0 };
    float *mask = NULL;
    if (srd_graph_layer_shape(graph, srd_graph_find(graph, from->output), chw) != SRD_OK) return NULL;
    if (from->row < chw[1] && from->column < chw[2]) mask = calloc((size_t)chw[1] * (size_t)chw[2], sizeof *mask);
    if (mask == NULL) return NULL;
    out->masks[out->mask_count++] = mask;
    mask[from->row * chw[2] + from->column] = 1;
    return over(out, mask, 2, chw[1], chw[2]);
}

static int make_target(netfile_targets *out, const srd_graph *graph, const netfile_target *from, srd_target *to)
{
    to->kind = from->direction != NULL ? SRD_TARGET_DIRECTION : from->other_class >= 0 ? SRD_TARGET_AGAINST : SRD_TARGET_CLASS;
    to->output = -1;
    for (int32_t o = 0; o < srd_graph_output_count(graph); o++) {
        if (srd_graph_output_layer(graph, o) == srd_graph_find(graph, from->output)) to->output = o;
    }
    if (from->direction == NULL) to->class_index = from->class_index;
    if (to->kind == SRD_TARGET_AGAINST) to->other_class = from->other_class;
    if (from->direction != NULL) to->direction = over(out, from->direction, 1, from->count, 0);
    if (from->mask != NULL) to->mask = over(out, from->mask, 2, from->height, from->width);
    if (from->row >= 0) to->mask = one_position(out, graph, from);
    return to->output >= 0 && (from->direction == NULL || to->direction != NULL) &&
           ((from->mask == NULL && from->row < 0) || to->mask != NULL);
}

int netfile_find_targets(const netfile *file, const srd_graph *graph, const netfile_expect *expect, netfile_targets *out)
{
    char name[256];
    memset(out, 0, sizeof *out);
    for (int32_t i = 0; i < NETFILE_TARGETS; i++) {
        out->own[i].struct_size = (uint32_t)sizeof(srd_target);
        out->targets[i] = out->own + i;
    }
    if (*expect->targets == '\0') {
        out->own[0].kind = SRD_TARGET_CLASS;
        out->own[0].class_index = expect->class_index;
        out->count = 1;
        return 1;
    }
    while (out->count < NETFILE_TARGETS && netfile_listed(expect->targets, out->count, name, sizeof name)) {
        const netfile_target *found = NULL;
        for (size_t i = 0; i < file->target_count; i++) {
            if (strcmp(file->own_targets[i].name, name) == 0) found = file->own_targets + i;
        }
        if (found == NULL || !make_target(out, graph, found, out->own + out->count++)) return 0;
    }
    return 1;
}

void netfile_free_targets(netfile_targets *targets)
{
    while (targets->tensor_count > 0) srd_tensor_free(targets->tensors[--targets->tensor_count]);
    while (targets->mask_count > 0) free(targets->masks[--targets->mask_count]);
}
