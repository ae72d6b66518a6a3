/*
 * mixing.c -- convolutions and fully connected layers. TensorFlow Lite writes weights as (O, H, W, I), or (1, H, W, O) where each input channel
 * has filters of its own; libsrd takes (O, I, H, W). The strides of a tensor tell the difference, and nothing is copied.
 */
#include "import.h"

void settle_side(import *im, side *s, int64_t padding)
{
    int64_t reach, total;

    if (s->stride < 1 || s->dilation < 1 || s->kernel < 1 || s->stride > 1 << 20 || s->dilation > 1 << 20 ||
        s->kernel > 1 << 20)
        refuse(im, "a stride, dilation or window of %lld, %lld, %lld", (long long)s->stride, (long long)s->dilation,
               (long long)s->kernel);
    if (padding != PADDING_SAME && padding != PADDING_VALID) refuse(im, "its padding is neither SAME nor VALID");
    reach = (s->kernel - 1) * s->dilation + 1;
    s->out = padding == PADDING_SAME ? (s->in + s->stride - 1) / s->stride : (s->in - reach) / s->stride + 1;
    if (padding == PADDING_VALID && s->in < reach) refuse(im, "its window does not fit into its input");
    total = padding == PADDING_SAME ? (s->out - 1) * s->stride + reach - s->in : 0;
    if (total < 0) total = 0;
    s->before = total / 2;
    s->after = total - s->before;
}

static const array *weight_of(import *im, const node *n, int32_t rank)
{
    const array *const w = constant_of(im, n, 1, false);

    if (w->is_int || w->rank != rank || w->count == 0) refuse(im, "its weight is not %d axes of floats", rank);
    return w;
}

static void set_bias(import *im, const node *n, int32_t input, call *c, int64_t channels)
{
    const array *const bias = constant_of(im, n, input, true);

    if (bias == NULL) return;
    if (bias->is_int || bias->count != channels)
        refuse(im, "its bias has %lld numbers for %lld channels", (long long)bias->count, (long long)channels);
    set_vector(c, 1, bias->floats, channels);
}

static void set_weight(call *c, const float *data, int32_t rank, const int64_t *shape, const int64_t *strides)
{
    set_tensor(c, 0, data, rank, shape);
    c->tensors[0].is_strided = true;
    for (int32_t i = 0; i < rank; ++i) c->tensors[0].strides[i] = strides[i];
}

static void put_conv(import *im, const node *n, const view *v, side *sides, int64_t groups, const int64_t *shape,
                     const int64_t *strides, int64_t activation)
{
    const array *const w = constant_of(im, n, 1, false);
    const int64_t padding = option_byte(im, n, CONV_PADDING);
    call *c;

    for (int i = 0; i < 2; ++i) {
        sides[i].in = i == 0 ? v->height : v->width;
        sides[i].kernel = shape[2 + i];
        sides[i].stride = option_int(im, n, i == 0 ? CONV_STRIDE_H : CONV_STRIDE_W, 0);
        settle_side(im, &sides[i], padding);
    }
    c = emit(im, CALL_CONV2D, v->layer);
    for (int i = 0; i < 2; ++i) {
        c->ints[i] = to_int32(im, sides[i].stride);
        c->ints[2 + i] = to_int32(im, sides[i].before);
        c->ints[4 + i] = to_int32(im, sides[i].after);
        c->ints[6 + i] = to_int32(im, sides[i].dilation);
    }
    c->ints[8] = to_int32(im, groups);
    set_weight(c, w->floats, 4, shape, strides);
    set_bias(im, n, 2, c, shape[0]);
    set_shape(im, c, shape[0], sides[0].out, sides[1].out);
    put_nhwc(im, n, activate(im, layer_of(im, c), activation));
}

void import_conv(import *im, const node *n)
{
    const view v = picture_in(im, n, 0);
    const array *const w = weight_of(im, n, 4);
    const int64_t o = w->dims[0], h = w->dims[1], k = w->dims[2], i = w->dims[3];
    const int64_t shape[] = { o, i, h, k }, strides[] = { h * k * i, 1, k * i, i };
    side sides[2] = { { .dilation = option_int(im, n, CONV_DILATION_H, 1) },
                      { .dilation = option_int(im, n, CONV_DILATION_W, 1) } };

    if (v.channels % i != 0 || o % (v.channels / i) != 0)
        refuse(im, "its weight takes %lld channels, its input has %lld", (long long)i, (long long)v.channels);
    put_conv(im, n, &v, sides, v.channels / i, shape, strides, option_byte(im, n, CONV_ACTIVATION));
}

void import_depthwise(import *im, const node *n)
{
    const view v = picture_in(im, n, 0);
    const array *const w = weight_of(im, n, 4);
    const int64_t h = w->dims[1], k = w->dims[2], o = w->dims[3], multiplier = option_int(im, n, DEPTHWISE_MULTIPLIER, 0);
    const int64_t shape[] = { o, 1, h, k }, strides[] = { 1, 1, k * o, o };
    side sides[2] = { { .dilation = option_int(im, n, DEPTHWISE_DILATION_H, 1) },
                      { .dilation = option_int(im, n, DEPTHWISE_DILATION_W, 1) } };

    if (w->dims[0] != 1 || o % v.channels != 0)
        refuse(im, "its weight makes %lld channels of %lld", (long long)o, (long long)v.channels);
    if (multiplier != 0 && multiplier != o / v.channels)
        refuse(im, "its multiplier is %lld, but its weight makes %lld channels of %lld", (long long)multiplier, (long long)o,
               (long long)v.channels);
    put_conv(im, n, &v, sides, v.channels, shape, strides, option_byte(im, n, DEPTHWISE_ACTIVATION));
}

/* ---- transposed ------------------------------------------------------------------------------------------------------------------------------ */

/* One axis: the pads are those of the convolution that leads from the output's size to the input's. */
static void settle_transposed(import *im, side *s, int64_t padding, int64_t *more)
{
    side forward = { .in = s->out, .kernel = s->kernel, .stride = s->stride, .dilation = 1 };
    const int64_t whole = (s->in - 1) * s->stride + s->kernel;

    settle_side(im, &forward, padding);
    if (forward.out != s->in)
        refuse(im, "an output of %lld does not come of an input of %lld", (long long)s->out, (long long)s->in);
    s->before = forward.before;
    s->after = forward.after;
    *more = s->out - (whole - s->before - s->after);
    if (*more < 0) {
        s->after -= *more;
        *more = 0;
    }
}

/* What the two operators have in different places. */
typedef struct transposed {
    int64_t sizes[2], strides[2], padding, activation;
    int32_t bias; /* the input */
} transposed;

static void put_transposed(import *im, const node *n, const view *v, const transposed *t)
{
    const array *const w = weight_of(im, n, 4);
    const int64_t o = w->dims[0], h = w->dims[1], k = w->dims[2], in = w->dims[3];
    const int64_t shape[] = { in, o, h, k }, strides[] = { 1, h * k * in, k * in, in };
    int64_t more[2];
    call *c;

    if (in != v->channels)
        refuse(im, "its weight takes %lld channels, its input has %lld", (long long)in, (long long)v->channels);
    c = emit(im, CALL_CONV_TRANSPOSE2D, v->layer);
    for (int i = 0; i < 2; ++i) {
        side s = { .in = i == 0 ? v->height : v->width, .kernel = shape[2 + i], .out = t->sizes[i], .dilation = 1 };
        s.stride = t->strides[i];
        if (s.out < 1 || s.out > INT32_MAX) refuse(im, "the shape of its output is not (1, H, W, %lld)", (long long)o);
        settle_transposed(im, &s, t->padding, &more[i]);
        c->ints[i] = to_int32(im, s.stride);
        c->ints[2 + i] = to_int32(im, s.before);
        c->ints[4 + i] = to_int32(im, s.after);
        c->ints[6 + i] = to_int32(im, more[i]);
        c->ints[8 + i] = 1;
    }
    c->ints[10] = 1;
    set_weight(c, w->floats, 4, shape, strides);
    set_bias(im, n, t->bias, c, o);
    set_shape(im, c, o, t->sizes[0], t->sizes[1]);
    put_nhwc(im, n, activate(im, layer_of(im, c), t->activation));
}

void import_transpose_conv(import *im, const node *n)
{
    const view v = picture_in(im, n, 2);
    const int64_t o = weight_of(im, n, 4)->dims[0];
    int64_t sizes[4];

    if (ints_of(im, n, 0, sizes, 4) != 4 || sizes[0] != 1 || sizes[3] != o)
        refuse(im, "the shape of its output is not (1, H, W, %lld)", (long long)o);
    const transposed t = { { sizes[1], sizes[2] },
                           { option_int(im, n, CONV_STRIDE_H, 0), option_int(im, n, CONV_STRIDE_W, 0) },
                           option_byte(im, n, CONV_PADDING),
                           option_byte(im, n, CONV_ACTIVATION),
                           3 };
    put_transposed(im, n, &v, &t);
}

/* MediaPipe's operator. Its options are three numbers of four bytes: padding, where 1 is SAME and 2 VALID, and the strides of columns and rows. */
void import_transpose_bias(import *im, const node *n)
{
    const view v = picture_in(im, n, 0);
    const array *const w = weight_of(im, n, 4);
    const flat *const f = &im->model->file;
    int64_t options[3] = { 0 };

    if (n->proto->custom.count < 12) refuse(im, "its options have %u bytes, not 12", n->proto->custom.count);
    for (int i = 0; i < 12; ++i) options[i / 4] |= (int64_t)f->bytes[n->proto->custom.at + (size_t)i] << (8 * (i % 4));
    if (options[0] < 1 || options[0] > 2 || options[1] < 1 || options[2] < 1 || options[1] > 1 << 10 || options[2] > 1 << 10)
        refuse(im, "its padding is %lld, its strides are %lld and %lld", (long long)options[0], (long long)options[2],
               (long long)options[1]);
    transposed t = { { v.height * options[2], v.width * options[1] },
                     { options[2], options[1] },
                     options[0] == 1 ? PADDING_SAME : PADDING_VALID,
                     ACT_NONE,
                     2 };
    for (int i = 0; i < 2 && t.padding == PADDING_VALID; ++i) {
        const int64_t over = w->dims[1 + i] - t.strides[i];
        if (over > 0) t.sizes[i] += over;
    }
    put_transposed(im, n, &v, &t);
}

/* ---- fully connected ----------------------------------------------------------------------------------------------------------------------------- */

/*
 * The layer that takes a whole picture. Flattened as H, W, C, its weight is that of a convolution as large as the picture, by strides; in any
 * other order its numbers are brought into that of libsrd.
 */
static call *emit_flattened(import *im, const view *t, const array *w, const atom *atoms, int32_t count)
{
    const int64_t o = w->dims[0], positions = t->height * t->width, all = t->channels * positions, dense[] = { 0, 1 };
    const bool is_hwc = count == 2 && view_counts_all(t, &atoms[0], 1, POSITIONS) && view_counts_all(t, &atoms[1], 1, CHANNELS);
    const int64_t shape[] = { o, t->channels, t->height, t->width },
                  strides[] = { all, 1, t->width * t->channels, t->channels };
    float *numbers;
    call *c = emit(im, is_hwc ? CALL_CONV2D : CALL_LINEAR, t->layer);

    set_shape(im, c, o, 1, 1);
    if (is_hwc) {
        set_weight(c, w->floats, 4, shape, strides);
        c->ints[0] = c->ints[1] = c->ints[6] = c->ints[7] = c->ints[8] = 1;
        return c;
    }
    spend(im, w->count);
    numbers = take(im, w->count, sizeof *numbers);
    for (int64_t k = 0; k < o; ++k) {
        for (int64_t i = 0; i < all; ++i) {
            numbers[k * all + i] = w->floats[k * all + view_element(t, dense, i / positions, i % positions)];
        }
    }
    set_tensor(c, 0, numbers, 2, (const int64_t[]){ o, all });
    return c;
}

void import_connected(import *im, const node *n)
{
    const view *const from = view_of(im, n, 0);
    const array *const w = weight_of(im, n, 2);
    const int64_t o = w->dims[0], in = w->dims[1];
    int64_t rows[2] = { 1, in };
    atom atoms[MOST_ATOMS];
    view t = *from;
    call *c;

    if (option_byte(im, n, CONNECTED_FORMAT) != 0) refuse(im, "its weight is in an order for one processor");
    for (int32_t i = 0; i < from->rank; ++i) rows[0] *= from->dims[i];
    if (rows[0] % in != 0) refuse(im, "its weight takes %lld numbers, its input has %lld", (long long)in, (long long)rows[0]);
    rows[0] /= in;
    if (!view_reshape(&t, 2, rows)) refuse(im, "its input cannot be seen as rows of %lld numbers", (long long)in);
    const int32_t count = view_collect(&t, 1u << 1, atoms);
    if (view_counts_all(&t, atoms, count, CHANNELS)) {
        c = emit(im, t.height * t.width == 1 ? CALL_LINEAR : CALL_LINEAR_TOKENS, t.layer);
        set_tensor(c, 0, w->floats, 2, w->dims);
        set_shape(im, c, o, t.height, t.width);
    } else {
        if (rows[0] != 1) refuse(im, "its rows hold channels and positions in an order that is not supported");
        c = emit_flattened(im, &t, w, atoms, count);
        view_clear(&t, 3u);
    }
    set_bias(im, n, 2, c, o);
    t.channels = c->channels;
    t.height = c->height;
    t.width = c->width;
    view_set_axis(&t, 1, CHANNELS, o, 1);
    if (option_byte(im, n, CONNECTED_KEEPS_DIMS) != 0) {
        int64_t dims[MOST_RANK];
        for (int32_t i = 0; i < from->rank; ++i) dims[i] = i + 1 == from->rank ? o : from->dims[i];
        if (from->dims[from->rank - 1] != in || !view_reshape(&t, from->rank, dims))
            refuse(im, "it cannot keep the axes of its input");
    }
    put_layer(im, n, &t, activate(im, layer_of(im, c), option_byte(im, n, CONNECTED_ACTIVATION)));
}
