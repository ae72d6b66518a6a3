/* options.c -- options of a node, its inputs as pictures, and where its results go. */
#include "import.h"

#include <string.h>

int64_t option_int(import *im, const node *n, int field, int64_t otherwise)
{
    const int64_t number = flat_int(&im->model->file, &n->proto->options, field, 4, otherwise);

    check_file(im);
    return number;
}

int64_t option_byte(import *im, const node *n, int field)
{
    const int64_t number = flat_int(&im->model->file, &n->proto->options, field, 1, 0);

    check_file(im);
    return number;
}

float option_float(import *im, const node *n, int field, float otherwise)
{
    const float number = flat_float(&im->model->file, &n->proto->options, field, otherwise);

    check_file(im);
    return number;
}

view picture_of(import *im, const view *v)
{
    static const int32_t channels_first[] = { 0, 3, 1, 2 };
    int64_t dims[4] = { 1, 1, 1, 1 };
    view t = *v;

    if (v->rank < 1 || v->rank > 4)
        refuse(im, "its input has %d axes; (1, H, W, C), (1, T, C) and (1, C) are supported", v->rank);
    if (v->rank > 1) dims[0] = v->dims[0];
    for (int32_t i = v->rank > 1 ? 1 : 0; i < v->rank; ++i) dims[4 - v->rank + i] = v->dims[i];
    if (dims[0] != 1) refuse(im, "its input is a batch of %lld", (long long)dims[0]);
    if (v->rank != 4 && !view_reshape(&t, 4, dims)) refuse(im, "the axes of its input cannot be told apart");
    view_transpose(&t, channels_first);
    return as_picture(im, &t);
}

bool is_channels_first(const view *v)
{
    atom atoms[MOST_ATOMS];

    return (v->rank == 3 || v->rank == 4) && v->channels > 1 &&
           view_counts_all(v, atoms, view_collect(v, 1u << 1, atoms), CHANNELS);
}

view picture_of_first(import *im, const view *v)
{
    static const int32_t channels_last[][4] = { { 0, 2, 1 }, { 0, 2, 3, 1 } }; /* of 3 and 4 axes */
    view t = *v;

    view_transpose(&t, channels_last[v->rank - 3]);
    return picture_of(im, &t);
}

view picture_in(import *im, const node *n, int32_t input)
{
    return picture_of(im, view_of(im, n, input));
}

void put_picture(import *im, const node *n, int32_t output, int32_t layer, int32_t rank, const int64_t *dims)
{
    static const int32_t channels_last[] = { 0, 2, 3, 1 };
    const call *const c = &im->calls[layer];
    view v = view_of_picture(layer, c->channels, c->height, c->width);
    int64_t wanted = 1;

    view_transpose(&v, channels_last);
    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] < 1 || dims[i] > INT32_MAX || wanted > INT32_MAX / dims[i])
            refuse(im, "its result has an axis of %lld", (long long)dims[i]);
        wanted *= dims[i];
    }
    if (wanted != (int64_t)c->channels * c->height * c->width || !view_reshape(&v, rank, dims))
        refuse(im, "its result cannot be given these axes");
    put_view(im, n, output, &v);
}

void put_nhwc(import *im, const node *n, int32_t layer)
{
    const call *const c = &im->calls[layer];
    const int64_t dims[] = { 1, c->height, c->width, c->channels };

    put_picture(im, n, 0, layer, 4, dims);
}

void put_first(import *im, const node *n, int32_t output, int32_t layer, int32_t rank)
{
    const call *const c = &im->calls[layer];
    const int64_t dims[] = { 1, c->channels, (int64_t)c->height * c->width };
    view out = view_of_picture(layer, c->channels, c->height, c->width);

    if (rank == 3) (void)view_reshape(&out, 3, dims);
    put_view(im, n, output, &out);
}

int32_t activate(import *im, int32_t layer, int64_t activation)
{
    call *c;

    switch (activation) {
    case ACT_NONE: return layer;
    case ACT_RELU: c = emit(im, CALL_RELU, layer); break;
    case ACT_TANH: c = emit(im, CALL_TANH, layer); break;
    case ACT_RELU6:
    case ACT_RELU_N1_TO_1:
        c = emit(im, CALL_CLIP, layer);
        c->floats[0] = activation == ACT_RELU6 ? 0.0f : -1.0f;
        c->floats[1] = activation == ACT_RELU6 ? 6.0f : 1.0f;
        break;
    default: refuse(im, "its fused activation, number %lld, is not supported", (long long)activation);
    }
    return layer_of(im, c);
}

void put_layer(import *im, const node *n, const view *v, int32_t layer)
{
    const view out = view_with_layer(v, layer);

    put_view(im, n, 0, &out);
}
