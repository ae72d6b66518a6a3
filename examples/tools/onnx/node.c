/* node.c -- attributes and inputs of a node, with the refusals that go with them. */
#include "import.h"

#include <string.h>

const SrdOnnx__AttributeProto *attribute(const node *n, const char *name)
{
    for (size_t i = 0; i < n->proto->n_attribute; ++i) {
        const SrdOnnx__AttributeProto *const a = n->proto->attribute[i];
        if (a->name != NULL && strcmp(a->name, name) == 0) return a;
    }
    return NULL;
}

int64_t attribute_int(import *im, const node *n, const char *name, int64_t otherwise)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);

    if (a == NULL) return otherwise;
    if (!a->has_i) refuse(im, "the attribute %s is not an integer", name);
    return a->i;
}

float attribute_float(import *im, const node *n, const char *name, float otherwise)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);

    if (a == NULL) return otherwise;
    if (!a->has_f) refuse(im, "the attribute %s is not a number", name);
    return a->f;
}

const char *attribute_text(import *im, const node *n, const char *name, const char *otherwise)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);
    char *text;

    if (a == NULL) return otherwise;
    if (!a->has_s || a->s.len > 1000) refuse(im, "the attribute %s is not a text", name);
    text = take(im, (int64_t)a->s.len + 1, 1);
    if (a->s.len > 0) memcpy(text, a->s.data, a->s.len);
    return text;
}

int32_t attribute_ints(import *im, const node *n, const char *name, int64_t *numbers, int32_t most)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);

    if (a == NULL) return -1;
    if (a->n_ints > (size_t)most) refuse(im, "the attribute %s has %zu numbers", name, a->n_ints);
    for (size_t i = 0; i < a->n_ints; ++i) numbers[i] = a->ints[i];
    return (int32_t)a->n_ints;
}

int32_t list_of(import *im, const node *n, const char *name, int32_t input, int64_t *numbers, int32_t most)
{
    const array *a;

    if (!has_input(n, input)) return attribute_ints(im, n, name, numbers, most);
    a = constant_of(im, n, input, false);
    if (!a->is_int || a->rank > 1 || a->count > most) refuse(im, "input %d (%s) is not a short list of integers", input, name);
    for (int64_t i = 0; i < a->count; ++i) numbers[i] = a->ints[i];
    return (int32_t)a->count;
}

bool has_input(const node *n, int32_t input)
{
    return input < n->input_count && n->inputs[input] != NO_VALUE;
}

const value *input_of(import *im, const node *n, int32_t input)
{
    const value *v;

    if (!has_input(n, input)) refuse(im, "input %d is missing", input);
    v = &im->values[n->inputs[input]];
    if (v->state == VALUE_UNKNOWN) refuse(im, "nothing before this node makes its input %.100s", v->name);
    if (v->state == VALUE_REFUSED) { /* the first refusal is the one to tell */
        im->status = SRD_ERR_UNSUPPORTED;
        im->culprit = v->culprit;
        memcpy(im->reason, v->reason, strlen(v->reason) + 1);
        longjmp(im->node_exit, 1);
    }
    return v;
}

const array *constant_of(import *im, const node *n, int32_t input, bool optional)
{
    const value *v;

    if (optional && !has_input(n, input)) return NULL;
    v = input_of(im, n, input);
    if (v->state != VALUE_CONSTANT)
        refuse(im, "input %d (%.100s) depends on the picture; only constants are supported here", input, v->name);
    return v->constant;
}

const view *view_of(import *im, const node *n, int32_t input)
{
    const value *const v = input_of(im, n, input);

    if (v->state != VALUE_VIEW)
        refuse(im, "input %d (%.100s) is a constant, which this operator can only be folded with", input, v->name);
    return &v->view;
}

int32_t dims_of(import *im, const node *n, int32_t input, int64_t *dims)
{
    const value *const v = input_of(im, n, input);
    const int32_t rank = v->state == VALUE_CONSTANT ? v->constant->rank : v->view.rank;

    memcpy(dims, v->state == VALUE_CONSTANT ? v->constant->dims : v->view.dims, (size_t)rank * sizeof *dims);
    return rank;
}

int32_t axis_from(import *im, int64_t axis, int32_t rank)
{
    if (axis < -rank || axis >= rank) refuse(im, "axis %lld of %d axes", (long long)axis, rank);
    return (int32_t)(axis < 0 ? axis + rank : axis);
}

static value *output_of(import *im, const node *n, int32_t output)
{
    if (output >= n->output_count || n->outputs[output] == NO_VALUE) return NULL;
    return &im->values[n->outputs[output]];
}

void put_view(import *im, const node *n, int32_t output, const view *v)
{
    value *const out = output_of(im, n, output);

    call *const c = &im->calls[v->layer];

    if (c->node == (int32_t)(n - im->nodes)) c->is_result = true;
    if (out == NULL) return;
    out->view = *v;
    out->state = VALUE_VIEW;
}

void put_constant(import *im, const node *n, int32_t output, const array *a)
{
    value *const out = output_of(im, n, output);

    if (out == NULL) return;
    out->constant = a;
    out->state = VALUE_CONSTANT;
}

int32_t to_int32(import *im, int64_t number)
{
    if (number < INT32_MIN || number > INT32_MAX) refuse(im, "the number %lld is too large", (long long)number);
    return (int32_t)number;
}

bool is_op(const node *n, const char *op)
{
    return n != NULL && strcmp(n->op, op) == 0;
}

const node *maker(const import *im, int32_t v, const char *op)
{
    const node *n;

    if (v == NO_VALUE || im->values[v].producer < 0) return NULL;
    n = &im->nodes[im->values[v].producer];
    return is_op(n, op) && unread_attribute(n) == NULL && unread_input(n) < 0 && !is_training(im, n) ? n : NULL;
}
