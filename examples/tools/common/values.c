/* values.c -- the inputs and outputs of a node. */
#include "core.h"

#include <math.h>
#include <string.h>

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
        leave_node(im);
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

int64_t to_int64(import *im, double number)
{
    if (!(fabs(number) < 0x1p53)) refuse(im, "an integer is too large, or divided by 0");
    return (int64_t)number;
}

bool is_op(const node *n, const char *op)
{
    return n != NULL && strcmp(n->op, op) == 0;
}
