/* import.c -- the loop over the nodes, and the choice of the input and the output. */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes ---------------------------------------------------------------------------------------------------------------------------------- */

/* What nobody looks at may not mean anything. */
static void refuse_unread(import *im, const node *n, const operator_form *form)
{
    const flat_table *const options = &n->proto->options;

    if (n->proto->version < 1 || n->proto->version > form->most_version)
        refuse(im, "version %d of this operator is not known; up to %d are", n->proto->version, form->most_version);
    for (uint32_t i = (uint32_t)form->known_fields; options->at != 0 && i < options->fields; ++i) {
        if (flat_int(&im->model->file, options, (int)i, 1, -1) != -1)
            refuse(im, "it has an option (number %u) that is not known", i);
    }
    check_file(im);
}

static bool is_integer(int32_t type)
{
    return type == TYPE_INT8 || type == TYPE_UINT8 || type == TYPE_INT16 || type == TYPE_INT4;
}

/* Integers that depend on the picture are another network than floats. */
static void refuse_integers(import *im, const int32_t *numbers, int32_t count)
{
    for (int32_t i = 0; i < count; ++i) {
        const tensor *const t = numbers[i] == NO_VALUE ? NULL : &im->model->tensors[numbers[i]];
        if (t == NULL || !is_integer(t->type) || im->model->dequantise) continue;
        refuse(im, "%s", integer_reason(im, numbers[i]));
    }
}

/* A view has the shape that the file gives the tensor, where it gives one that holds. */
static void check_shape(import *im, const node *n)
{
    for (int32_t i = 0; i < n->output_count; ++i) {
        const tensor *const t = n->outputs[i] == NO_VALUE ? NULL : &im->model->tensors[n->outputs[i]];
        const value *const v = n->outputs[i] == NO_VALUE ? NULL : &im->values[n->outputs[i]];
        if (v == NULL || v->state != VALUE_VIEW || t->is_open || t->rank == 0 || im->model->is_open) continue;
        bool is_same = t->rank == v->view.rank;
        for (int32_t k = 0; k < t->rank && is_same; ++k) is_same = t->dims[k] == v->view.dims[k];
        if (is_same) continue;
        im->values[n->outputs[i]].state = VALUE_UNKNOWN;
        refuse(im, "the file gives its output %.100s another shape than what it computes has", v->name);
    }
}

static void import_node(import *im, const node *n)
{
    const operator_form *const form = find_form(n);

    if (form == NULL || form->run == NULL) refuse(im, "this operator is not supported");
    refuse_unread(im, n, form);
    refuse_integers(im, n->inputs, n->input_count);
    refuse_integers(im, n->outputs, n->output_count);
    form->run(im, n);
    check_shape(im, n);
}

static void settle_outputs(import *im, const node *n, const char *reason)
{
    for (int32_t i = 0; i < n->output_count; ++i) {
        value *const v = n->outputs[i] == NO_VALUE ? NULL : &im->values[n->outputs[i]];
        if (v == NULL || v->state != VALUE_UNKNOWN) continue;
        v->state = VALUE_REFUSED;
        v->reason = reason;
        v->culprit = im->culprit;
    }
}

static void import_nodes(import *im)
{
    for (volatile int32_t i = 0; i < im->node_count; ++i) {
        bool is_done = false;

        im->at = &im->nodes[i];
        im->in_node = true;
        if (setjmp(im->node_exit) == 0) {
            import_node(im, im->at);
            is_done = true;
        }
        im->in_node = false;
        if (is_done) {
            im->culprit = im->at->name;
            (void)snprintf(im->reason, MOST_REASON, "%.80s %.200s: this output of the operator is not supported", im->at->op,
                           im->at->name);
        }
        settle_outputs(im, im->at, take_text(im, im->reason));
    }
    im->at = NULL;
    im->culprit = NULL;
}

/* ---- the input -------------------------------------------------------------------------------------------------------------------------------- */

/* Sizes of the input; what the file leaves open is one picture of height x width. */
static void input_dims(import *im, const value *v, tensor *t, const tflite_options *options)
{
    if (t->rank < 2 || t->rank > 4)
        give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s has %d axes; (1, H, W, C), (1, T, C) and (1, C) can be read",
                v->name, t->rank);
    if (t->is_open) {
        if (t->rank != 4) give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s has axes without a size", v->name);
        im->model->is_open = true; /* no shape of the file is to be trusted then */
        if (t->dims[1] <= 1) t->dims[1] = options->height > 0 ? options->height : 224;
        if (t->dims[2] <= 1) t->dims[2] = options->width > 0 ? options->width : 224;
    }
    for (int32_t i = 0; i < t->rank; ++i) {
        if (t->dims[i] < 1 || t->dims[i] > 1 << 28)
            give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s: axis %d has no usable size", v->name, i);
    }
    if (t->dims[0] != 1)
        give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s is a batch of %lld; a batch of 1 is wanted", v->name,
                (long long)t->dims[0]);
}

/* Whether an input is (1, 3, H, W), as converters from other formats leave it; else its channels come last. */
static bool has_channels_first(const tensor *t)
{
    return t->rank == 4 && t->dims[1] == 3 && t->dims[2] > 4 && t->dims[3] > 4;
}

static void add_input(import *im, const tflite_options *options)
{
    static const int32_t channels_last[] = { 0, 2, 3, 1 };
    flat *const f = &im->model->file;
    int64_t number, height, width, channels;
    tensor *t;
    value *v;
    call *c;

    if (im->model->inputs.count != 1)
        give_up(im, SRD_ERR_UNSUPPORTED, "the network has %u inputs; one is supported", im->model->inputs.count);
    number = flat_int_of(f, &im->model->inputs, 0, 4);
    if (number < 0) give_up(im, SRD_ERR_ARGUMENT, "the network has no input");
    v = &im->values[number];
    t = &im->model->tensors[number];
    if (v->state != VALUE_UNKNOWN || v->producer >= 0)
        give_up(im, SRD_ERR_ARGUMENT, "the input %.100s is made by the network itself", v->name);
    if (t->type != TYPE_FLOAT32 && !(is_integer(t->type) && im->model->dequantise)) {
        im->culprit = v->name;
        if (is_integer(t->type)) give_up(im, SRD_ERR_UNSUPPORTED, "%s", integer_reason(im, (int32_t)number));
        give_up(im, SRD_ERR_UNSUPPORTED, "the input %.100s is %s; float32 is supported", v->name, type_name(t->type));
    }
    input_dims(im, v, t, options);
    const bool is_first = has_channels_first(t);
    channels = is_first ? t->dims[1] : t->dims[t->rank - 1];
    width = is_first ? t->dims[3] : t->rank > 2 ? t->dims[t->rank - 2] : 1;
    height = is_first ? t->dims[2] : t->rank > 3 ? t->dims[1] : 1;
    c = emit_many(im, CALL_INPUT, NULL, 0);
    c->is_result = true;
    set_shape(im, c, channels, height, width);
    c->ints[0] = c->channels;
    c->ints[1] = c->height;
    c->ints[2] = c->width;
    v->view = view_of_picture(layer_of(im, c), channels, height, width);
    if (!is_first) view_transpose(&v->view, channels_last);
    (void)view_reshape(&v->view, t->rank, t->dims);
    v->state = VALUE_VIEW;
    im->result->input_name = v->name;
    im->result->input = v->view;
}

/* ---- the output --------------------------------------------------------------------------------------------------------------------------------- */

/* The value of an output; a softmax at the end is left out, because scores are asked before it. */
static const value *before_softmax(import *im, int32_t number)
{
    const value *v = &im->values[number];

    for (int32_t depth = 0; depth < 4 && v->producer >= 0; ++depth) {
        const node *const n = &im->nodes[v->producer];
        if (n->input_count < 1 || n->inputs[0] == NO_VALUE) break;
        const int32_t logits = is_op(n, "SOFTMAX") || is_op(n, "LOG_SOFTMAX") ? n->inputs[0] : softmax_of(im, n);
        if (logits != NO_VALUE) {
            add_note(im, "the %s at the end (%.200s) is left out: scores are taken before it\n",
                     logits == n->inputs[0] ? n->op : "SOFTMAX", n->name);
            return &im->values[logits];
        }
        if (!is_op(n, "DEQUANTIZE") && !is_op(n, "QUANTIZE")) break;
        v = &im->values[n->inputs[0]];
    }
    return &im->values[number];
}

/* A tensor inside the network, as if it were one more output; NULL if no operator makes one of this name. */
static const value *inner_output(import *im, const char *name)
{
    for (int32_t number = 0; number < im->value_count; ++number) {
        const value *const v = &im->values[number];
        if (v->producer < 0 || v->name == NULL || strcmp(v->name, name) != 0) continue;
        im->result->output_name = v->name;
        im->result->output_number = (int32_t)im->model->outputs.count;
        im->model->inner_output = number;
        return before_softmax(im, number);
    }
    return NULL;
}

static void choose_output(import *im, const tflite_options *options)
{
    flat *const f = &im->model->file;
    const value *v = NULL;

    for (uint32_t i = 0; i < im->model->outputs.count && v == NULL; ++i) {
        const int64_t number = flat_int_of(f, &im->model->outputs, i, 4);
        if (number < 0 || (options->output != NULL && strcmp(options->output, im->values[number].name) != 0)) continue;
        im->result->output_name = im->values[number].name;
        im->result->output_number = (int32_t)i;
        v = before_softmax(im, (int32_t)number);
    }
    if (v == NULL && options->output != NULL) v = inner_output(im, options->output);
    if (v == NULL && options->output != NULL)
        give_up(im, SRD_ERR_ARGUMENT, "the network has no output %.200s, and no inner tensor of this name", options->output);
    if (v == NULL) give_up(im, SRD_ERR_ARGUMENT, "the network has no output");
    if (v->state == VALUE_REFUSED) {
        im->culprit = v->culprit;
        give_up(im, SRD_ERR_UNSUPPORTED, "%s%s", v->reason, v->producer >= 0 ? list_obstacles(im, v) : "");
    }
    if (v->state != VALUE_VIEW)
        give_up(im, SRD_ERR_UNSUPPORTED, "the output %.100s does not depend on the input", im->result->output_name);
    im->result->output = v->view;
}

static void import_bytes(import *im, const tflite_options *options)
{
    read_model(im);
    add_input(im, options);
    import_nodes(im);
    choose_output(im, options);
    prune_calls(im);
    if (im->calls[im->result->list.output].kind == CALL_SIGMOID)
        add_note(im, "the %s at the end (%.200s) makes a probability of each class by itself: scores are taken before it\n",
                 "LOGISTIC", im->calls[im->result->list.output].name);
    if (im->model->dequantise && im->model->has_integers)
        add_note(
            im, "%s%s\n",
            "this network of integers is explained as its float original: the integer network that TensorFlow Lite runs differs",
            "");
}

bool tflite_import(const void *bytes, size_t size, void *owned, const tflite_options *options, found_network *network,
                   found_failure *failure)
{
    import *const im = calloc(1, sizeof *im);

    memset(network, 0, sizeof *network);
    if (im == NULL) {
        *failure = (found_failure){ SRD_ERR_MEMORY, "", "there is not enough memory" };
        free(owned);
        return false;
    }
    im->bytes = owned;
    im->size = size;
    im->result = network;
    network->owner = im;
    if (setjmp(im->file_exit) != 0) {
        failure->status = im->status;
        (void)snprintf(failure->node, sizeof failure->node, "%s", im->culprit != NULL ? im->culprit : "");
        (void)snprintf(failure->text, MOST_REASON, "%s", im->reason);
        tflite_network_free(network);
        return false;
    }
    im->model = take(im, 1, sizeof *im->model);
    im->model->file = (flat){ bytes, size, false, 0 };
    im->model->dequantise = options->dequantise;
    import_bytes(im, options);
    return true;
}

void tflite_network_free(found_network *network)
{
    import *const im = network->owner;

    if (im == NULL) return;
    free(im->bytes);
    free_pieces(im);
    free(im);
    memset(network, 0, sizeof *network);
}

/* ---- what was found ---------------------------------------------------------------------------------------------------------------------------------- */

/* Those of the file, and an inner tensor if that was chosen. */
int32_t tflite_output_count(const found_network *network)
{
    const int32_t count = (int32_t)network->owner->model->outputs.count;

    return network->output_number == count ? count + 1 : count;
}

static int32_t tensor_in(const found_network *network, const flat_vector *v, int32_t index)
{
    if (index < 0 || index >= (int32_t)v->count) return -1;
    return (int32_t)flat_int_of(&network->owner->model->file, v, (uint32_t)index, 4);
}

int32_t tflite_input_tensor(const found_network *network, int32_t index)
{
    return tensor_in(network, &network->owner->model->inputs, index);
}

int32_t tflite_output_tensor(const found_network *network, int32_t index)
{
    if (index >= 0 && index == (int32_t)network->owner->model->outputs.count && index == network->output_number)
        return network->owner->model->inner_output;
    return tensor_in(network, &network->owner->model->outputs, index);
}

const char *tflite_tensor_name(const found_network *network, int32_t number)
{
    return number >= 0 ? network->owner->values[number].name : NULL;
}
