/* pointwise.c -- activations. Where the numbers lie does not matter to them; a softmax and a PRELU ask for the channels. */
#include "import.h"

#include <string.h>

void import_pointwise(import *im, const node *n)
{
    static const struct simple {
        const char *name;
        call_kind kind;
        float floats[2];
    } simple[] = {
        { "RELU", CALL_RELU, { 0, 0 } },        { "RELU6", CALL_CLIP, { 0, 6 } }, { "RELU_N1_TO_1", CALL_CLIP, { -1, 1 } },
        { "RELU_0_TO_1", CALL_CLIP, { 0, 1 } }, { "ELU", CALL_ELU, { 1, 0 } },    { "HARD_SWISH", CALL_HARD_SWISH, { 0, 0 } },
        { "LOGISTIC", CALL_SIGMOID, { 0, 0 } }, { "TANH", CALL_TANH, { 0, 0 } },  { "LEAKY_RELU", CALL_LEAKY_RELU, { 0, 0 } },
        { "GELU", CALL_GELU, { 0, 0 } },        { "ABS", CALL_ABS, { 0, 0 } },    { "EXP", CALL_EXP, { 0, 0 } },
    };
    const view *const v = view_of(im, n, 0);
    size_t i = 0;
    call *c;

    while (i + 1 < sizeof simple / sizeof simple[0] && !is_op(n, simple[i].name)) ++i;
    c = emit(im, simple[i].kind, v->layer);
    c->floats[0] = simple[i].floats[0];
    c->floats[1] = simple[i].floats[1];
    if (c->kind == CALL_LEAKY_RELU) c->floats[0] = option_float(im, n, LEAKY_ALPHA, 0);
    if (c->kind == CALL_GELU) c->ints[0] = option_byte(im, n, GELU_APPROXIMATE) != 0 ? SRD_GELU_TANH : SRD_GELU_EXACT;
    put_layer(im, n, v, layer_of(im, c));
}

void import_prelu(import *im, const node *n)
{
    const array *const slopes = constant_of(im, n, 1, false);
    view v = *view_of(im, n, 0);
    const float *numbers;
    call *c;

    if (slopes->is_int) refuse(im, "its slopes are integers");
    view_raise(&v, slopes->rank);
    numbers = along_channels(im, slopes, &v);
    if (numbers == NULL) refuse(im, "its slopes differ between positions; share them over height and width (shared_axes)");
    c = emit(im, CALL_PRELU, v.layer);
    set_vector(c, 0, numbers, v.channels);
    put_layer(im, n, &v, layer_of(im, c));
}

/* Over the last axis. */
void put_softmax(import *im, const node *n, const view *from)
{
    const view v = with_channels(im, from, from->rank - 1);

    put_layer(im, n, &v, layer_of(im, emit(im, CALL_SOFTMAX, v.layer)));
}

void import_softmax(import *im, const node *n)
{
    if (option_float(im, n, SOFTMAX_BETA, 0) != 1) refuse(im, "its beta is not 1");
    put_softmax(im, n, view_of(im, n, 0));
}
