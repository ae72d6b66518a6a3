/* pool.c -- pools, means, pads and changes of size. */
#include "import.h"

#include <math.h>

void import_pool(import *im, const node *n)
{
    const bool is_max = is_op(n, "MAX_POOL_2D");
    const view v = picture_in(im, n, 0);
    const int64_t padding = option_byte(im, n, POOL_PADDING);
    side sides[2];
    call *c;

    for (int i = 0; i < 2; ++i) {
        sides[i] = (side){ .in = i == 0 ? v.height : v.width, .dilation = 1 };
        sides[i].kernel = option_int(im, n, i == 0 ? POOL_HEIGHT : POOL_WIDTH, 0);
        sides[i].stride = option_int(im, n, i == 0 ? POOL_STRIDE_H : POOL_STRIDE_W, 0);
        settle_side(im, &sides[i], padding);
    }
    c = emit(im, is_max ? CALL_MAX_POOL2D : CALL_AVG_POOL2D, v.layer); /* pads do not count in a mean */
    for (int i = 0; i < 2; ++i) {
        c->ints[i] = to_int32(im, sides[i].kernel);
        c->ints[2 + i] = to_int32(im, sides[i].stride);
        c->ints[4 + i] = to_int32(im, sides[i].before);
        c->ints[6 + i] = to_int32(im, sides[i].after);
    }
    set_shape(im, c, v.channels, sides[0].out, sides[1].out);
    put_nhwc(im, n, activate(im, layer_of(im, c), option_byte(im, n, POOL_ACTIVATION)));
}

/* ---- means ------------------------------------------------------------------------------------------------------------------------------- */

void import_mean(import *im, const node *n)
{
    const view *const from = view_of(im, n, 0);
    int64_t axes[MOST_RANK], dims[MOST_RANK];
    const int32_t count = ints_of(im, n, 1, axes, MOST_RANK), rank = from->rank, lift = 4 - rank;
    const bool keeps = option_byte(im, n, REDUCER_KEEPS_DIMS) != 0;
    bool over[4] = { false, false, false, false };
    int32_t left = 0;
    view v;
    call *c;

    if (rank < 2 || rank > 4) refuse(im, "its input has %d axes", rank);
    for (int32_t i = 0; i < count; ++i) over[axis_from(im, axes[i], rank) + lift] = true;
    if (over[3] || over[lift]) refuse(im, "a mean over channels or over a batch is not supported");
    v = picture_of(im, from);
    c = emit(im, over[1] && over[2] ? CALL_GLOBAL_AVG_POOL : CALL_MEAN, v.layer);
    if (!over[1] || !over[2]) c->ints[0] = over[1] ? SRD_AXIS_HEIGHT : SRD_AXIS_WIDTH;
    if (!over[1] && !over[2]) refuse(im, "it has no axes");
    if (rank == 3 && over[2]) c->kind = CALL_GLOBAL_AVG_POOL;
    set_shape(im, c, v.channels, over[1] ? 1 : v.height, over[2] ? 1 : v.width);
    for (int32_t i = 0; i < rank; ++i) {
        if (!over[i + lift]) dims[left++] = from->dims[i];
        else if (keeps) dims[left++] = 1;
    }
    put_picture(im, n, 0, layer_of(im, c), left, dims);
}

/* ---- pads -------------------------------------------------------------------------------------------------------------------------------- */

/* The input as a picture, and the pads before and after each of (N, H, W, C); refused where they are too large. @return whether the input has
 * its channels first, and then the result */
static bool open_pads(import *im, const node *n, view *picture, int64_t *pads)
{
    static const int first[] = { 0, 1, 4, 5, 6, 7, 2, 3 }, last[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    const view *const from = view_of(im, n, 0);
    const bool is_first = is_channels_first(from);
    const int *const order = is_first ? first : last;
    int64_t numbers[8];

    if (from->rank != 4 || ints_of(im, n, 1, numbers, 8) != 8) refuse(im, "only pads of (1, H, W, C) are supported");
    for (int i = 0; i < 8; ++i) {
        if (numbers[i] < 0 || numbers[i] > 1 << 20) refuse(im, "a pad of %lld", (long long)numbers[i]);
    }
    for (int i = 0; i < 8; ++i) pads[i] = numbers[order[i]];
    if (pads[0] != 0 || pads[1] != 0) refuse(im, "it pads the batch");
    *picture = is_first ? picture_of_first(im, from) : picture_of(im, from);
    return is_first;
}

static void put_padded(import *im, const node *n, int32_t layer, bool is_first)
{
    if (is_first) put_first(im, n, 0, layer, 4);
    else put_nhwc(im, n, layer);
}

void import_pad(import *im, const node *n)
{
    const array *const number = constant_of(im, n, 2, true);
    int64_t pads[8];
    view v;
    const bool is_first = open_pads(im, n, &v, pads);
    int32_t layer = v.layer;
    call *c;

    if (number != NULL && (number->is_int || number->count != 1)) refuse(im, "it does not pad with one number");
    if (pads[2] != 0 || pads[3] != 0 || pads[4] != 0 || pads[5] != 0) {
        c = emit(im, CALL_CONSTANT_PAD2D, layer);
        c->ints[0] = (int32_t)pads[2];
        c->ints[1] = (int32_t)pads[4];
        c->ints[2] = (int32_t)pads[3];
        c->ints[3] = (int32_t)pads[5];
        c->floats[0] = number != NULL ? number->floats[0] : 0;
        set_shape(im, c, v.channels, v.height + pads[2] + pads[3], v.width + pads[4] + pads[5]);
        layer = layer_of(im, c);
    }
    if (pads[6] != 0 || pads[7] != 0) {
        if (number != NULL && number->floats[0] != 0) refuse(im, "it adds channels that are not 0");
        c = emit(im, CALL_ZERO_CHANNELS, layer);
        c->ints[0] = (int32_t)pads[6];
        c->ints[1] = (int32_t)pads[7];
        set_shape(im, c, v.channels + pads[6] + pads[7], c->height, c->width);
        layer = layer_of(im, c);
    }
    put_padded(im, n, layer, is_first);
}

void import_mirror_pad(import *im, const node *n)
{
    int64_t pads[8];
    view v;
    const bool is_first = open_pads(im, n, &v, pads);
    call *c;

    if (option_byte(im, n, MIRROR_MODE) != 0) refuse(im, "it repeats the border (SYMMETRIC); REFLECT is supported");
    if (pads[6] != 0 || pads[7] != 0) refuse(im, "it mirrors channels");
    if (pads[2] >= v.height || pads[3] >= v.height || pads[4] >= v.width || pads[5] >= v.width)
        refuse(im, "a pad is as large as the picture");
    c = emit(im, CALL_REFLECTION_PAD2D, v.layer);
    c->ints[0] = (int32_t)pads[2];
    c->ints[1] = (int32_t)pads[4];
    c->ints[2] = (int32_t)pads[3];
    c->ints[3] = (int32_t)pads[5];
    set_shape(im, c, v.channels, v.height + pads[2] + pads[3], v.width + pads[4] + pads[5]);
    put_padded(im, n, layer_of(im, c), is_first);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------------------------------------ */

/* Source of a position as TensorFlow Lite computes it, in float32. */
static int64_t nearest_source(int64_t o, int64_t in, int64_t out, bool align, bool half)
{
    const float scale = align && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    const float place = ((float)o + (half ? 0.5f : 0.0f)) * scale;
    const int64_t source = align ? (int64_t)roundf(place) : (int64_t)floorf(place);

    return source < in - 1 ? source : in - 1;
}

static void read_sizes(import *im, const node *n, int64_t *sizes)
{
    if (ints_of(im, n, 1, sizes, 2) != 2) refuse(im, "its size is not (height, width)");
    if (sizes[0] < 1 || sizes[1] < 1 || sizes[0] > 1 << 20 || sizes[1] > 1 << 20)
        refuse(im, "a size of %lld x %lld", (long long)sizes[0], (long long)sizes[1]);
}

static void put_resized(import *im, const node *n, const view *v, int32_t mode, bool align, const int64_t *sizes)
{
    call *const c = emit(im, CALL_UPSAMPLE, v->layer);

    c->ints[0] = mode;
    c->ints[1] = align ? 1 : 0;
    c->ints[2] = (int32_t)sizes[0];
    c->ints[3] = (int32_t)sizes[1];
    set_shape(im, c, v->channels, sizes[0], sizes[1]);
    put_nhwc(im, n, layer_of(im, c));
}

void import_nearest(import *im, const node *n)
{
    const bool align = option_byte(im, n, NEAREST_ALIGN) != 0, half = option_byte(im, n, NEAREST_HALF_PIXEL) != 0;
    const view v = picture_in(im, n, 0);
    int64_t sizes[2];

    read_sizes(im, n, sizes);
    for (int i = 0; i < 2; ++i) {
        const int64_t in = i == 0 ? v.height : v.width;
        for (int64_t o = 0; o < sizes[i]; ++o) {
            if (nearest_source(o, in, sizes[i], align, half) != o * in / sizes[i])
                refuse(im, "from %lld to %lld it takes other positions than floor(i * %lld / %lld)", (long long)in,
                       (long long)sizes[i], (long long)in, (long long)sizes[i]);
        }
    }
    put_resized(im, n, &v, SRD_UPSAMPLE_NEAREST, false, sizes);
}

void import_bilinear(import *im, const node *n)
{
    const bool align = option_byte(im, n, BILINEAR_ALIGN) != 0, half = option_byte(im, n, BILINEAR_HALF_PIXEL) != 0;
    const view v = picture_in(im, n, 0);
    int64_t sizes[2];

    read_sizes(im, n, sizes);
    if (align && half) refuse(im, "align_corners and half_pixel_centers exclude each other");
    if (!align && !half && (sizes[0] != v.height || sizes[1] != v.width))
        refuse(im,
               "neither align_corners nor half_pixel_centers is set; this old rule is not supported, half_pixel_centers is");
    put_resized(im, n, &v, SRD_UPSAMPLE_BILINEAR, align, sizes);
}
