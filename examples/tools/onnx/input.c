/* input.c -- the input of the network: its sizes, and which of its axes are the channels of a layer. */
#include "import.h"

#include <stdio.h>
#include <string.h>

/* How the numbers of an input become a layer (C, H, W). PICTURE is (N, C, H, W), (N, C, L), (N, C) or (n); CHANNELS_LAST is (N, H, W, C)
 * or (N, T, C); ONE_CHANNEL is (N, H, W) or (N, L). */
typedef enum layout { PICTURE, CHANNELS_LAST, ONE_CHANNEL } layout;

/* ---- which axes are channels ----------------------------------------------------------------------------------------------------- */

static const node *first_reader(const import *im, int32_t v)
{
    for (int32_t i = 0; i < im->node_count; ++i) {
        for (int32_t k = 0; k < im->nodes[i].input_count; ++k) {
            if (im->nodes[i].inputs[k] == v) return &im->nodes[i];
        }
    }
    return NULL;
}

static bool is_one_of(const node *n, const char *const *ops)
{
    for (; *ops != NULL; ++ops) {
        if (is_op(n, *ops)) return true;
    }
    return false;
}

/* Integers that are an attribute, or an input that is an initializer. @return how many; -1: neither */
static int32_t integers_of(const import *im, const node *n, const char *name, int32_t input, int64_t *numbers, int32_t most)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);
    const value *const v = input < n->input_count && n->inputs[input] != NO_VALUE ? &im->values[n->inputs[input]] : NULL;

    if (a != NULL && a->n_ints <= (size_t)most) {
        for (size_t i = 0; i < a->n_ints; ++i) numbers[i] = a->ints[i];
        return (int32_t)a->n_ints;
    }
    if (v == NULL || v->state != VALUE_CONSTANT || !v->constant->is_int || v->constant->count > most) return -1;
    for (int64_t i = 0; i < v->constant->count; ++i) numbers[i] = v->constant->ints[i];
    return (int32_t)v->constant->count;
}

/* Does a node put an axis of size 1 behind the batch? Then what it reads has no channels yet. */
static bool makes_one_channel(const import *im, const node *n)
{
    int64_t numbers[MOST_RANK] = { 0 };
    const bool is_reshape = is_op(n, "Reshape");
    const int32_t count = is_reshape              ? integers_of(im, n, "shape", 1, numbers, MOST_RANK)
                          : is_op(n, "Unsqueeze") ? integers_of(im, n, "axes", 1, numbers, MOST_RANK)
                                                  : -1;

    if (is_reshape) return count > 2 && numbers[1] == 1;
    for (int32_t i = 0; i < count; ++i) {
        if (numbers[i] == 1) return true;
    }
    return false;
}

/* The file does not say which axis holds the channels; the first node that takes one for them does. Any choice gives the same network:
 * one that does not suit it costs layers that move numbers. */
static layout layout_of(const import *im, int32_t v, int32_t rank)
{
    static const char *const passing[] = { "Identity", "Cast", "Dropout", "Add", "Sub", "Mul", "Div", NULL };
    static const char *const first[] = { "Conv",
                                         "ConvTranspose",
                                         "MaxPool",
                                         "AveragePool",
                                         "GlobalAveragePool",
                                         "GlobalMaxPool",
                                         "BatchNormalization",
                                         "InstanceNormalization",
                                         "LRN",
                                         "PRelu",
                                         NULL };
    const node *n = first_reader(im, v);

    for (int32_t depth = 0; depth < 8 && n != NULL && is_one_of(n, passing) && n->output_count == 1; ++depth) {
        n = first_reader(im, n->outputs[0]);
    }
    if (n == NULL) return PICTURE;
    if (rank == 4) {
        int64_t perm[4];
        return is_op(n, "Transpose") && integers_of(im, n, "perm", n->input_count, perm, 4) == 4 && perm[1] == 3 ? CHANNELS_LAST
                                                                                                                 : PICTURE;
    }
    if (makes_one_channel(im, n)) return ONE_CHANNEL;
    return rank < 3 || is_one_of(n, first) || is_op(n, "Unsqueeze") ? PICTURE : CHANNELS_LAST;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------------------- */

static bool has_initializer(const SrdOnnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; ++i) {
        if (graph->initializer[i]->name != NULL && strcmp(graph->initializer[i]->name, name) == 0) return true;
    }
    return false;
}

static bool is_real(int32_t type)
{
    return type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
           type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16 || type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
}

/* The sizes that an input has in the file. */
static const SrdOnnx__TensorShapeProto *shape_of(import *im, const SrdOnnx__ValueInfoProto *info)
{
    const SrdOnnx__TypeProto__Tensor *const tensor =
        info->type != NULL && info->type->value_case == SRD_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? info->type->tensor_type
                                                                                                : NULL;

    if (tensor == NULL || tensor->shape == NULL) give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s has no shape", info->name);
    if (!is_real(tensor->elem_type))
        give_up(im, SRD_ERR_UNSUPPORTED,
                "the input %.100s is not of floats; please export the network without its preprocessing", info->name);
    if (tensor->elem_type != SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
        add_note(im, "the input %.100s is not float32 in the file: libsrd takes and computes float32\n", info->name);
    if (tensor->shape->n_dim < 1 || tensor->shape->n_dim > 4)
        give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s has %zu axes; 1 to 4 can be read, not volumes (N, C, D, H, W)",
                info->name, tensor->shape->n_dim);
    return tensor->shape;
}

/* Sizes of an input; what the file leaves open is 1 image of height x width. 0 in a table: such an axis may not be open. */
static void find_sizes(import *im, const SrdOnnx__ValueInfoProto *info, layout order, const onnx_options *options,
                       int64_t *dims)
{
    const SrdOnnx__TensorShapeProto *const shape = shape_of(im, info);
    const int32_t rank = (int32_t)shape->n_dim;
    const int64_t height = options->height > 0 ? options->height : 224, width = options->width > 0 ? options->width : 224;
    const int64_t picture[] = { 1, 0, rank == 3 ? options->width : height, width },
                  last[] = { 1, rank == 3 ? options->width : height, rank == 3 ? 0 : width, 0 };
    const int64_t one[] = { 1, rank == 2 ? options->width : options->height, options->width, 0 };
    const int64_t *const otherwise = order == PICTURE ? picture : order == ONE_CHANNEL ? one : last;

    for (int32_t i = 0; i < rank; ++i) {
        const SrdOnnx__TensorShapeProto__Dimension *const d = shape->dim[i];
        const bool is_open = d->value_case != SRD_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE || d->dim_value == 0;

        dims[i] = is_open && (i > 0 || rank > 1) ? otherwise[i] : d->dim_value;
        if (dims[i] < 1 || dims[i] > INT32_MAX)
            give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s: axis %d has no usable size", info->name, i);
    }
    if (rank > 1 && dims[0] != 1) {
        give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s is a batch of %lld; please export the network for a batch of 1",
                info->name, (long long)dims[0]);
    }
}

/* The channels, height and width that an input has as a layer. */
static void layer_sizes(const int64_t *dims, int32_t rank, layout order, int64_t *sizes)
{
    const bool is_plane = rank == 4 || (rank == 3 && order == ONE_CHANNEL);

    sizes[0] = order == ONE_CHANNEL ? 1 : order == CHANNELS_LAST ? dims[rank - 1] : dims[rank > 1];
    sizes[1] = !is_plane ? 1 : order == PICTURE ? dims[2] : dims[1];
    sizes[2] = is_plane ? dims[order == PICTURE ? 3 : 2] : order == PICTURE ? (rank == 3 ? dims[2] : 1) : dims[1];
}

/* The layer of an input, and its axes as a view of it. */
static view view_of_input(import *im, const int64_t *dims, int32_t rank, layout order)
{
    static const int32_t last[][4] = { { 0, 2, 1 }, { 0, 2, 3, 1 } }; /* of 3 and 4 axes */
    int64_t sizes[3];
    call *const c = emit_many(im, CALL_INPUT, NULL, 0);
    view v;

    layer_sizes(dims, rank, order, sizes);
    c->is_result = true;
    for (int32_t i = 0; i < 3; ++i) c->ints[i] = (int32_t)sizes[i];
    set_shape(im, c, sizes[0], sizes[1], sizes[2]);
    v = view_of_picture(layer_of(im, c), sizes[0], sizes[1], sizes[2]);
    if (order == CHANNELS_LAST) {
        const int64_t first[4] = { 1, sizes[0], rank == 4 ? sizes[1] : sizes[2], sizes[2] };
        (void)view_reshape(&v, rank, first);
        view_transpose(&v, last[rank - 3]);
    } else {
        (void)view_reshape(&v, rank, dims);
    }
    return v;
}

/* How many axes an input has if it can be the picture, or -1. */
static int32_t axes_of(const SrdOnnx__ValueInfoProto *info)
{
    const bool is_tensor = info->type != NULL && info->type->value_case == SRD_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
                           info->type->tensor_type != NULL;
    const SrdOnnx__TypeProto__Tensor *const tensor = is_tensor ? info->type->tensor_type : NULL;

    if (tensor == NULL || tensor->shape == NULL || tensor->shape->n_dim > 4) return -1;
    return is_real(tensor->elem_type) ? (int32_t)tensor->shape->n_dim : -1;
}

static bool is_weight(const SrdOnnx__GraphProto *graph, const SrdOnnx__ValueInfoProto *info)
{
    return info->name == NULL || has_initializer(graph, info->name); /* old files list their weights, too */
}

/* The input that is explained: of floats, with the most axes, the first of these. */
static const SrdOnnx__ValueInfoProto *find_picture(const SrdOnnx__GraphProto *graph)
{
    const SrdOnnx__ValueInfoProto *found = NULL;

    for (size_t i = 0; i < graph->n_input; ++i) {
        if (is_weight(graph, graph->input[i])) continue;
        if (found == NULL || axes_of(graph->input[i]) > axes_of(found)) found = graph->input[i];
    }
    return found;
}

/* What depends on another input is refused, and does no harm if the output does not. */
static void refuse_others(import *im, const SrdOnnx__ValueInfoProto *picture)
{
    const SrdOnnx__GraphProto *const graph = im->model->graph;

    for (size_t i = 0; i < graph->n_input; ++i) {
        const SrdOnnx__ValueInfoProto *const info = graph->input[i];
        char reason[MOST_REASON];
        value *v;

        if (info == picture || is_weight(graph, info)) continue;
        v = &im->values[value_number(im, info->name, true)];
        (void)snprintf(reason, sizeof reason, "the network has several inputs: %.100s, %.100s", picture->name, info->name);
        v->reason = take_text(im, reason);
        v->state = VALUE_REFUSED;
    }
}

void add_input(import *im, const onnx_options *options)
{
    const SrdOnnx__ValueInfoProto *const picture = find_picture(im->model->graph);
    int64_t dims[4] = { 1, 1, 1, 1 };
    value *v;

    if (picture == NULL) give_up(im, SRD_ERR_UNSUPPORTED, "the network has no input");
    refuse_others(im, picture);
    const int32_t number = value_number(im, picture->name, true), rank = (int32_t)shape_of(im, picture)->n_dim;
    const layout order = layout_of(im, number, rank);
    v = &im->values[number];
    if (v->state != VALUE_UNKNOWN) give_up(im, SRD_ERR_ARGUMENT, "%.100s is made twice", picture->name);
    find_sizes(im, picture, order, options, dims);
    v->view = view_of_input(im, dims, rank, order);
    v->state = VALUE_VIEW;
    im->result->input_name = v->name;
    im->result->input = v->view;
}
