/*
 * read.c -- a file to values and nodes. protobuf-c does the parsing, from the schema that Debian's libonnx-dev ships.
 *
 * What protobuf-c does not look after: messages nested without end would overflow its stack, so their depth is measured first.
 */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DEPTH 24 /* of messages; a graph needs about ten */

/* ---- the bytes ---------------------------------------------------------------------------------------------------------- */

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *number)
{
    *number = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* Whether messages are nested at most so deep. What is broken otherwise is left to protobuf-c to find. */
static bool is_shallow(const ProtobufCMessageDescriptor *message, const uint8_t *at, const uint8_t *end, int depth)
{
    uint64_t tag, number;

    if (depth == 0) return false;
    while (at < end && read_varint(&at, end, &tag)) {
        const ProtobufCFieldDescriptor *field;
        switch (tag & 7) {
        case 0:
            if (!read_varint(&at, end, &number)) return true;
            break;
        case 1: at += end - at < 8 ? end - at : 8; break;
        case 5: at += end - at < 4 ? end - at : 4; break;
        case 2:
            if (!read_varint(&at, end, &number) || number > (uint64_t)(end - at)) return true;
            field = protobuf_c_message_descriptor_get_field(message, (unsigned)(tag >> 3));
            if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE &&
                !is_shallow(field->descriptor, at, at + number, depth - 1)) {
                return false;
            }
            at += number;
            break;
        default: return true;
        }
    }
    return true;
}

/* ---- names ---------------------------------------------------------------------------------------------------------------- */

int32_t value_number(import *im, const char *name, bool make)
{
    uint32_t slot = hash_text(name) & (im->slot_count - 1);

    for (; im->slots[slot] != 0; slot = (slot + 1) & (im->slot_count - 1)) {
        if (strcmp(im->values[im->slots[slot] - 1].name, name) == 0) return im->slots[slot] - 1;
    }
    if (!make) return NO_VALUE;
    im->values[im->value_count].name = name;
    im->values[im->value_count].producer = -1;
    im->slots[slot] = ++im->value_count;
    return im->value_count - 1;
}

/* Room for every name that the file mentions. */
static void make_values(import *im)
{
    const SrdOnnx__GraphProto *const g = im->model->graph;
    uint64_t names = g->n_input + g->n_output + g->n_initializer;

    for (size_t i = 0; i < g->n_node; ++i) names += g->node[i]->n_input + g->node[i]->n_output;
    if (names > INT32_MAX / 4) give_up(im, SRD_ERR_UNSUPPORTED, "the file has too many names");
    im->slot_count = 64;
    while (im->slot_count < 2 * names) im->slot_count *= 2;
    im->values = take(im, (int64_t)names + (int64_t)g->n_node + 1, sizeof *im->values); /* see quantized.c */
    im->slots = take(im, im->slot_count, sizeof *im->slots);
}

/* ---- tensors ------------------------------------------------------------------------------------------------------------- */

typedef struct source {
    const uint8_t *raw;
    size_t raw_size, width; /* bytes of a number in raw */
    int32_t type;
} source;

static float half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    uint32_t bits;
    float number;

    if (exponent == 0) return (sign != 0 ? -1.0f : 1.0f) * (float)mantissa * 0x1p-24f;
    bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | mantissa << 13;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static size_t width_of_type(int32_t type)
{
    switch (type) {
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT32: return 4;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT64: return 8;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16: return 2;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT8: return 1;
    default: return 0;
    }
}

static bool is_float_type(int32_t type)
{
    return type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
           type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
}

/* One number of raw data, which is little-endian in every file. */
static void read_raw(const uint8_t *bytes, int32_t type, float *number, int64_t *integer)
{
    uint64_t bits = 0;
    double wide;

    for (size_t k = width_of_type(type); k-- > 0;) bits = bits << 8 | bytes[k];
    switch (type) {
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: {
        const uint32_t narrow = (uint32_t)bits;
        memcpy(number, &narrow, sizeof narrow);
        break;
    }
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        memcpy(&wide, &bits, sizeof wide);
        *number = (float)wide;
        break;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16: *number = half_to_float((uint16_t)bits); break;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT32: *integer = (int32_t)(uint32_t)bits; break;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT8: *integer = bits < 128 ? (int64_t)bits : (int64_t)bits - 256; break;
    default: *integer = (int64_t)bits; break;
    }
}

/* Numbers that are not raw lie in a list of their type; how many such a list has. */
static size_t listed(const SrdOnnx__TensorProto *t)
{
    switch (t->data_type) {
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: return t->n_float_data;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: return t->n_double_data;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT64: return t->n_int64_data;
    default: return t->n_int32_data;
    }
}

static void read_listed(const SrdOnnx__TensorProto *t, size_t i, float *number, int64_t *integer)
{
    switch (t->data_type) {
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: *number = t->float_data[i]; break;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: *number = (float)t->double_data[i]; break;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16: *number = half_to_float((uint16_t)t->int32_data[i]); break;
    case SRD_ONNX__TENSOR_PROTO__DATA_TYPE__INT64: *integer = t->int64_data[i]; break;
    default: *integer = t->int32_data[i]; break;
    }
}

/* Weights may be many millions, so their loop is one that compilers make fast. */
static void read_raw_floats(const uint8_t *bytes, float *numbers, int64_t count)
{
    for (int64_t i = 0; i < count; ++i, bytes += 4) {
        const uint32_t bits =
            (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        memcpy(&numbers[i], &bits, sizeof bits);
    }
}

/* Files write the largest integer for "to the end". Within these bounds two can be added, and are exact as doubles. */
static int64_t bounded(int64_t integer)
{
    const int64_t most = (int64_t)1 << 53;

    return integer > most ? most : integer < -most ? -most : integer;
}

static void read_numbers_of(const SrdOnnx__TensorProto *t, array *a)
{
    float number = 0;
    int64_t integer = 0;

    if (t->has_raw_data && t->data_type == SRD_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) {
        read_raw_floats(t->raw_data.data, a->floats, a->count);
        return;
    }
    for (int64_t i = 0; i < a->count; ++i) {
        if (t->has_raw_data)
            read_raw(t->raw_data.data + (size_t)i * width_of_type(t->data_type), t->data_type, &number, &integer);
        else read_listed(t, (size_t)i, &number, &integer);
        if (a->is_int) a->ints[i] = bounded(integer);
        else a->floats[i] = number;
    }
}

/* The numbers of the file that a tensor really has, so that no memory is taken for those that it only claims. */
static void check_count(import *im, SrdOnnx__TensorProto *t, const char *name)
{
    const bool is_external = t->has_data_location && t->data_location == SRD_ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    int64_t count = 1;

    if (t->n_dims > MOST_RANK) refuse(im, "the tensor %.100s has %zu axes", name, t->n_dims);
    for (size_t i = 0; i < t->n_dims; ++i) {
        if (t->dims[i] < 0 || (t->dims[i] > 0 && count > INT64_MAX / 64 / t->dims[i])) {
            refuse(im, "the tensor %.100s has an axis of %lld", name, (long long)t->dims[i]);
        }
        count *= t->dims[i];
    }
    const size_t width = width_of_type(t->data_type);
    if (width == 0) refuse(im, "the tensor %.100s has numbers of type %d, which are not supported", name, t->data_type);
    if (is_external) read_external(im, t, name, count * (int64_t)width);
    const uint64_t has = t->has_raw_data ? t->raw_data.len / width : listed(t);
    if (has != (uint64_t)count || (t->has_raw_data && t->raw_data.len % width != 0)) {
        refuse(im, "the tensor %.100s should have %lld numbers but has %llu", name, (long long)count, (unsigned long long)has);
    }
}

const array *read_tensor(import *im, SrdOnnx__TensorProto *t)
{
    const char *const name = t->name != NULL ? t->name : "of an attribute";
    array *a;

    check_count(im, t, name);
    a = array_make(im, !is_float_type(t->data_type), (int32_t)t->n_dims, t->dims);
    read_numbers_of(t, a);
    free(t->raw_data.data); /* weights are large: once is enough */
    t->raw_data.data = NULL;
    t->raw_data.len = 0;
    t->has_raw_data = 0;
    return a;
}

/* ---- the graph --------------------------------------------------------------------------------------------------------------- */

static void read_initializers(import *im)
{
    const SrdOnnx__GraphProto *const g = im->model->graph;

    if (g->n_sparse_initializer > 0) give_up(im, SRD_ERR_UNSUPPORTED, "sparse weights are not supported");
    for (size_t i = 0; i < g->n_initializer; ++i) {
        SrdOnnx__TensorProto *const t = g->initializer[i];
        if (t->name == NULL) give_up(im, SRD_ERR_ARGUMENT, "initializer %zu has no name", i);
        value *const v = &im->values[value_number(im, t->name, true)];
        if (v->state != VALUE_UNKNOWN) give_up(im, SRD_ERR_ARGUMENT, "the initializer %.100s appears twice", t->name);
        im->in_node = true;
        if (setjmp(im->node_exit) == 0) {
            v->constant = read_tensor(im, t);
            v->state = VALUE_CONSTANT;
        } else {
            v->reason = take_text(im, im->reason);
            v->state = VALUE_REFUSED;
        }
        im->in_node = false;
    }
}

#define FIRST_INPUTS 2 /* may be asked for even if a node has fewer */

static void read_node(import *im, int32_t number, const SrdOnnx__NodeProto *proto)
{
    node *const n = &im->nodes[number];

    if (proto->op_type == NULL) give_up(im, SRD_ERR_ARGUMENT, "node %d has no operator", number);
    n->proto = proto;
    n->op = proto->op_type;
    n->input_count = (int32_t)proto->n_input;
    n->output_count = (int32_t)proto->n_output;
    n->inputs = take(im, (int64_t)n->input_count + FIRST_INPUTS, sizeof *n->inputs);
    for (int32_t i = 0; i < FIRST_INPUTS; ++i) n->inputs[n->input_count + i] = NO_VALUE;
    n->outputs = take(im, n->output_count, sizeof *n->outputs);
    n->name = proto->name != NULL && proto->name[0] != '\0' ? proto->name
              : n->output_count > 0                         ? proto->output[0]
                                                            : "without a name";
    for (int32_t i = 0; i < n->input_count; ++i) {
        const bool is_left_out = proto->input[i][0] == '\0';
        n->inputs[i] = is_left_out ? NO_VALUE : value_number(im, proto->input[i], true);
        if (!is_left_out) ++im->values[n->inputs[i]].readers;
    }
    for (int32_t i = 0; i < n->output_count; ++i) {
        n->outputs[i] = proto->output[i][0] == '\0' ? NO_VALUE : value_number(im, proto->output[i], true);
        if (n->outputs[i] == NO_VALUE) continue;
        value *const v = &im->values[n->outputs[i]];
        if (v->producer >= 0 || v->state != VALUE_UNKNOWN) give_up(im, SRD_ERR_ARGUMENT, "%.100s is made twice", v->name);
        v->producer = number;
    }
}

/* ---- their order ------------------------------------------------------------------------------------------------------------- */

/* Is every node behind those that make its inputs, as the format demands and not every exporter takes care? */
static bool is_sorted(const import *im)
{
    for (int32_t i = 0; i < im->node_count; ++i) {
        for (int32_t k = 0; k < im->nodes[i].input_count; ++k) {
            if (im->nodes[i].inputs[k] != NO_VALUE && im->values[im->nodes[i].inputs[k]].producer >= i) return false;
        }
    }
    return true;
}

/* Who reads what a node makes: readers[first[i]] ... readers[first[i + 1] - 1] of node i; a node that reads it twice is there twice. */
typedef struct reader_lists {
    int32_t *first, *readers, *waiting; /* waiting: inputs of a node whose makers have no place yet */
} reader_lists;

static void find_readers(import *im, reader_lists *lists)
{
    int32_t *next;

    lists->first = take(im, (int64_t)im->node_count + 1, sizeof *lists->first);
    lists->waiting = take(im, im->node_count, sizeof *lists->waiting);
    next = take(im, im->node_count, sizeof *next);
    for (int32_t pass = 0; pass < 2; ++pass) {
        for (int32_t i = 0; i < im->node_count; ++i) {
            for (int32_t k = 0; k < im->nodes[i].input_count; ++k) {
                const int32_t v = im->nodes[i].inputs[k], maker_of = v == NO_VALUE ? -1 : im->values[v].producer;
                if (maker_of < 0) continue;
                if (pass == 0) ++lists->first[maker_of + 1], ++lists->waiting[i];
                else lists->readers[next[maker_of]++] = i;
            }
        }
        if (pass == 1) break;
        for (int32_t i = 0; i < im->node_count; ++i) {
            lists->first[i + 1] += lists->first[i];
            next[i] = lists->first[i];
        }
        lists->readers = take(im, lists->first[im->node_count], sizeof *lists->readers);
    }
}

/* Those that nothing is missing for come first, then those that they let go. Nodes of a circle come last, and are refused by name. */
static void sort_nodes(import *im)
{
    reader_lists lists = { NULL, NULL, NULL };
    node *const sorted = take(im, im->node_count, sizeof *sorted);
    int32_t *const order = take(im, im->node_count, sizeof *order);
    int32_t count = 0;

    find_readers(im, &lists);
    for (int32_t i = 0; i < im->node_count; ++i) {
        if (lists.waiting[i] == 0) order[count++] = i;
    }
    for (int32_t done = 0; done < count; ++done) {
        for (int32_t k = lists.first[order[done]]; k < lists.first[order[done] + 1]; ++k) {
            if (--lists.waiting[lists.readers[k]] == 0) order[count++] = lists.readers[k];
        }
    }
    for (int32_t i = 0; i < im->node_count; ++i) {
        if (lists.waiting[i] > 0) order[count++] = i;
    }
    for (int32_t i = 0; i < im->node_count; ++i) {
        sorted[i] = im->nodes[order[i]];
        for (int32_t k = 0; k < sorted[i].output_count; ++k) {
            if (sorted[i].outputs[k] != NO_VALUE) im->values[sorted[i].outputs[k]].producer = i;
        }
    }
    im->nodes = sorted;
}

void read_model(import *im)
{
    const SrdOnnx__GraphProto *g;

    if (is_shallow(&srd_onnx__model_proto__descriptor, im->bytes, im->bytes + im->size, MOST_DEPTH)) {
        im->model = srd_onnx__model_proto__unpack(NULL, im->size, im->bytes);
    }
    free(im->bytes); /* protobuf-c has its own copy of everything */
    im->bytes = NULL;
    if (im->model == NULL) give_up(im, SRD_ERR_ARGUMENT, "not an ONNX file, or cut off");
    g = im->model->graph;
    if (g == NULL || g->n_node == 0) give_up(im, SRD_ERR_ARGUMENT, "there is no network in this file");
    for (size_t i = 0; i < im->model->n_opset_import; ++i) {
        const SrdOnnx__OperatorSetIdProto *const set = im->model->opset_import[i];
        if (set->domain == NULL || set->domain[0] == '\0' || strcmp(set->domain, "ai.onnx") == 0) im->opset = set->version;
    }
    if (im->opset < 7) give_up(im, SRD_ERR_UNSUPPORTED, "opset %lld; 7 and later can be read", (long long)im->opset);
    if (g->n_node > INT32_MAX / 64) give_up(im, SRD_ERR_UNSUPPORTED, "the file has too many nodes");
    make_values(im);
    read_initializers(im);
    im->node_count = (int32_t)g->n_node;
    im->nodes = take(im, im->node_count, sizeof *im->nodes);
    for (int32_t i = 0; i < im->node_count; ++i) read_node(im, i, g->node[i]);
    if (!is_sorted(im)) sort_nodes(im);
    for (size_t i = 0; i < g->n_output; ++i) { /* what is an output is read by the world */
        const int32_t v = g->output[i]->name != NULL ? value_number(im, g->output[i]->name, false) : NO_VALUE;
        if (v != NO_VALUE) ++im->values[v].readers;
    }
}
