/* read.c -- a file to values and nodes. The format itself is read by flat.c, which checks every offset. */
#include "import.h"

#include <stdio.h>
#include <string.h>

#define NUMBERS_PER_BYTE 16      /* that may be made of a file, */
#define NUMBERS_AT_LEAST 4000000 /* and as many of any file */

void check_file(import *im)
{
    const flat *const f = &im->model->file;

    if (f->is_broken)
        give_up(im, SRD_ERR_ARGUMENT, "this is no sound TensorFlow Lite file: what byte %zu of %zu says cannot be",
                f->broken_at, f->size);
}

void spend(import *im, int64_t numbers)
{
    const int64_t most = NUMBERS_AT_LEAST + (int64_t)im->size * NUMBERS_PER_BYTE;

    if (numbers > most - im->model->spent)
        give_up(im, SRD_ERR_UNSUPPORTED, "the file makes far more numbers than it has bytes");
    im->model->spent += numbers;
}

/* A text of the file, cut at most bytes and at the first separator of fused names; freed with the import. */
static const char *read_text(import *im, const flat_table *t, int field)
{
    const flat_vector v = flat_list(&im->model->file, t, field, 1);
    const uint32_t most = v.count < 1000 ? v.count : 1000;
    char *const text = take(im, (int64_t)most + 1, 1);

    if (most > 0) memcpy(text, im->model->file.bytes + v.at, most);
    return text;
}

static const char *tensor_name(import *im, const flat_table *t, int32_t number)
{
    char *const name = (char *)(uintptr_t)read_text(im, t, TENSOR_NAME); /* ours, just made */
    char other[32];

    name[strcspn(name, ";")] = '\0'; /* a fused operator bears all names of what was fused */
    for (char *c = name; *c != '\0'; ++c) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '_';
    }
    if (name[0] != '\0') return name;
    (void)snprintf(other, sizeof other, "tensor_%d", (int)number);
    return take_text(im, other);
}

static void read_shape(import *im, tensor *t, const flat_table *from, const char *name)
{
    flat *const f = &im->model->file;
    const flat_vector shape = flat_list(f, from, TENSOR_SHAPE, 4), signature = flat_list(f, from, TENSOR_SIGNATURE, 4);

    if (shape.count > MOST_RANK) give_up(im, SRD_ERR_UNSUPPORTED, "the tensor %.100s has %u axes", name, shape.count);
    t->rank = (int32_t)shape.count;
    for (uint32_t i = 0; i < shape.count; ++i) {
        t->dims[i] = flat_int_of(f, &shape, i, 4);
        if (t->dims[i] < 0)
            give_up(im, SRD_ERR_ARGUMENT, "the tensor %.100s: axis %u has size %lld", name, i, (long long)t->dims[i]);
    }
    for (uint32_t i = 0; i < signature.count; ++i) {
        if (flat_int_of(f, &signature, i, 4) < 0 && i > 0) t->is_open = true; /* axis 0 is the batch: one picture */
    }
}

static void read_tensor(import *im, int32_t number, const flat_table *from, const flat_vector *buffers)
{
    flat *const f = &im->model->file;
    tensor *const t = &im->model->tensors[number];
    const int64_t buffer = flat_int(f, from, TENSOR_BUFFER, 4, 0);
    const flat_table quantisation = flat_child(f, from, TENSOR_QUANTIZATION);
    value *const v = &im->values[number];

    v->name = tensor_name(im, from, number);
    v->producer = -1;
    t->type = (int32_t)flat_int(f, from, TENSOR_TYPE, 1, TYPE_FLOAT32);
    read_shape(im, t, from, v->name);
    t->scales = flat_list(f, &quantisation, QUANT_SCALE, 4);
    t->zeros = flat_list(f, &quantisation, QUANT_ZERO_POINT, 8);
    t->quantised_axis = (int32_t)flat_int(f, &quantisation, QUANT_DIMENSION, 4, 0);
    t->is_quantised = t->scales.count > 0;
    if (t->is_quantised && (t->type == TYPE_INT8 || t->type == TYPE_UINT8 || t->type == TYPE_INT16))
        im->model->has_integers = true;
    check_file(im);
    if (buffer < 0 || buffer >= (int64_t)buffers->count)
        give_up(im, SRD_ERR_ARGUMENT, "the tensor %.100s has buffer %lld of %u", v->name, (long long)buffer, buffers->count);
    const flat_table b = flat_table_of(f, buffers, (uint32_t)buffer);
    t->data = flat_list(f, &b, BUFFER_DATA, 1);
    if (flat_int(f, &b, BUFFER_OFFSET, 8, 0) > 1)
        give_up(im, SRD_ERR_UNSUPPORTED, "the numbers of %.100s lie behind the file's tables, as in files above 2 GB", v->name);
    check_file(im);
    if (t->data.count == 0) t->data.at = 0;
    if (flat_child(f, from, TENSOR_SPARSITY).at != 0 || flat_int(f, from, TENSOR_IS_VARIABLE, 1, 0) != 0) {
        v->state = VALUE_REFUSED;
        v->culprit = v->name;
        v->reason = "a tensor is sparse, or a variable, which is not supported";
    } else if (t->data.at != 0) {
        read_constant(im, number);
    }
}

/* ---- nodes --------------------------------------------------------------------------------------------------------------------------------- */

static void read_code(import *im, const flat_vector *codes, node *n, node_proto *proto, int64_t index)
{
    flat *const f = &im->model->file;
    int64_t byte, number;

    if (index < 0 || index >= (int64_t)codes->count)
        give_up(im, SRD_ERR_ARGUMENT, "operator code %lld of %u", (long long)index, codes->count);
    const flat_table code = flat_table_of(f, codes, (uint32_t)index);
    byte = flat_int(f, &code, CODE_BYTE, 1, 0);
    number = flat_int(f, &code, CODE_NUMBER, 4, 0);
    proto->code = (int32_t)(number > byte ? number : byte); /* older files have the byte only */
    proto->version = (int32_t)flat_int(f, &code, CODE_VERSION, 4, 1);
    n->op = operator_name(proto->code);
    if (flat_list(f, &code, CODE_CUSTOM, 1).count > 0) {
        n->op = read_text(im, &code, CODE_CUSTOM);
        proto->code = FOREIGN;
    } else if (n->op == NULL) {
        char text[32];
        (void)snprintf(text, sizeof text, "operator %d", (int)proto->code);
        n->op = take_text(im, text);
    }
}

#define FIRST_TENSORS 2 /* may be asked for even if a node has fewer */

/* The tensors of a node; -1 stands for one that is left out. */
static int32_t *read_numbers(import *im, const flat_vector *v, const char *what)
{
    int32_t *const numbers = take(im, (int64_t)v->count + FIRST_TENSORS, sizeof *numbers);

    spend(im, v->count);
    for (uint32_t i = 0; i < FIRST_TENSORS; ++i) numbers[v->count + i] = NO_VALUE;
    for (uint32_t i = 0; i < v->count; ++i) {
        const int64_t number = flat_int_of(&im->model->file, v, i, 4);
        if (number < -1 || number >= im->value_count)
            give_up(im, SRD_ERR_ARGUMENT, "%.100s: tensor %lld of %d", what, (long long)number, im->value_count);
        numbers[i] = (int32_t)number;
    }
    return numbers;
}

static void read_node(import *im, int32_t number, const flat_table *from, const flat_vector *codes)
{
    static const uint32_t most = 1 << 20;
    flat *const f = &im->model->file;
    node *const n = &im->nodes[number];
    node_proto *const proto = take(im, 1, sizeof *proto);
    const flat_vector inputs = flat_list(f, from, OPERATOR_INPUTS, 4), outputs = flat_list(f, from, OPERATOR_OUTPUTS, 4);

    n->proto = proto;
    read_code(im, codes, n, proto, flat_int(f, from, OPERATOR_CODE, 4, 0));
    proto->options = flat_child(f, from, OPERATOR_OPTIONS);
    proto->custom = flat_list(f, from, OPERATOR_CUSTOM_OPTIONS, 1);
    check_file(im);
    const operator_form *const form = find_operator(proto->code);
    const int64_t kind = flat_int(f, from, OPERATOR_OPTIONS_TYPE, 1, 0);
    if (form != NULL && form->options != 0 && kind != 0 && kind != form->options)
        give_up(im, SRD_ERR_ARGUMENT, "operator %d (%s) has options of another operator (kind %lld)", number, n->op,
                (long long)kind);
    if (inputs.count > most || outputs.count > most) give_up(im, SRD_ERR_ARGUMENT, "operator %d has too many tensors", number);
    n->inputs = read_numbers(im, &inputs, n->op);
    n->outputs = read_numbers(im, &outputs, n->op);
    n->input_count = (int32_t)inputs.count;
    n->output_count = (int32_t)outputs.count;
    n->name = n->output_count > 0 && n->outputs[0] >= 0 ? im->values[n->outputs[0]].name : n->op;
    for (int32_t i = 0; i < n->output_count; ++i) {
        value *const v = n->outputs[i] < 0 ? NULL : &im->values[n->outputs[i]];
        if (v == NULL) continue;
        if (v->producer >= 0 || v->state == VALUE_CONSTANT)
            give_up(im, SRD_ERR_ARGUMENT, "the tensor %.100s is made twice", v->name);
        v->producer = number;
    }
}

void read_model(import *im)
{
    flat *const f = &im->model->file;
    const flat_table model = flat_root(f);
    const flat_vector codes = flat_list(f, &model, MODEL_OPERATOR_CODES, 4), graphs = flat_list(f, &model, MODEL_SUBGRAPHS, 4),
                      buffers = flat_list(f, &model, MODEL_BUFFERS, 4);

    check_file(im);
    if (flat_int(f, &model, MODEL_VERSION, 4, 0) != TFLITE_VERSION)
        give_up(im, SRD_ERR_UNSUPPORTED, "this is no TensorFlow Lite file of version 3");
    if (graphs.count < 1) give_up(im, SRD_ERR_ARGUMENT, "the file has no network");
    const flat_table graph = flat_table_of(f, &graphs, 0);
    const flat_vector tensors = flat_list(f, &graph, GRAPH_TENSORS, 4), nodes = flat_list(f, &graph, GRAPH_OPERATORS, 4);
    check_file(im);
    im->model->inputs = flat_list(f, &graph, GRAPH_INPUTS, 4);
    im->model->outputs = flat_list(f, &graph, GRAPH_OUTPUTS, 4);
    im->model->tensors = take(im, tensors.count, sizeof *im->model->tensors);
    im->values = take(im, tensors.count, sizeof *im->values);
    im->value_count = (int32_t)tensors.count;
    for (uint32_t i = 0; i < tensors.count; ++i) {
        const flat_table t = flat_table_of(f, &tensors, i);
        read_tensor(im, (int32_t)i, &t, &buffers);
    }
    im->nodes = take(im, nodes.count, sizeof *im->nodes);
    for (uint32_t i = 0; i < nodes.count; ++i) {
        const flat_table n = flat_table_of(f, &nodes, i);
        read_node(im, (int32_t)i, &n, &codes);
        im->node_count = (int32_t)i + 1;
    }
    (void)read_numbers(im, &im->model->inputs, "inputs");
    (void)read_numbers(im, &im->model->outputs, "outputs");
    check_file(im);
}
