/*
 * experimental.c -- Affine, Crop and ImageScaler, which no release of ONNX has: OnnxMLTools wrote them in 2018, and ONNX Runtime runs them.
 */
#include "import.h"

/* y = alpha x + beta */
void import_affine(import *im, const node *n)
{
    const view out = scaled(im, view_of(im, n, 0), (double)attribute_float(im, n, "alpha", 1.0f),
                            (double)attribute_float(im, n, "beta", 0.0f));

    put_view(im, n, 0, &out);
}

/* border: how much is cut off on the left, at the top, on the right and at the bottom; scale: the height and width that stay instead. */
void import_crop(import *im, const node *n)
{
    view v = picture_of(im, view_of(im, n, 0));
    int64_t border[4] = { 0 }, size[2] = { 0 };
    const int32_t sizes = attribute_ints(im, n, "scale", size, 2);

    if (attribute_ints(im, n, "border", border, 4) != 4) refuse(im, "its border has not four numbers");
    if (sizes >= 0 && sizes != 2) refuse(im, "its scale has not two numbers");
    for (int32_t i = 0; i < 2; ++i) { /* rows, then columns */
        const int64_t start = border[1 - i], length = i == 0 ? v.height : v.width;
        const int64_t count = sizes == 2 ? size[i] : length - start - border[3 - i];

        if (start < 0 || count < 1 || count > length || start > length - count)
            refuse(im, "it leaves %lld of %lld from %lld on", (long long)count, (long long)length, (long long)start);
        v = sliced(im, &v, 2 + i, start, count);
    }
    put_view(im, n, 0, &v);
}

/* y = scale x + bias of the channel */
void import_image_scaler(import *im, const node *n)
{
    const view v = picture_of(im, view_of(im, n, 0));
    const SrdOnnx__AttributeProto *const bias = attribute(n, "bias");
    const int64_t shape[] = { v.channels };
    float *const factors = take(im, v.channels, sizeof *factors), *const shifts = take(im, v.channels, sizeof *shifts);
    const float scale = attribute_float(im, n, "scale", 1.0f);
    call *c;

    if (bias != NULL && bias->n_floats != (size_t)v.channels)
        refuse(im, "its bias has not one number for each of %lld channels", (long long)v.channels);
    for (int64_t i = 0; i < v.channels; ++i) {
        factors[i] = scale;
        shifts[i] = bias != NULL ? bias->floats[i] : 0.0f;
    }
    c = emit(im, CALL_SCALE_SHIFT, v.layer);
    set_tensor(c, 0, factors, 1, shape);
    set_tensor(c, 1, shifts, 1, shape);
    const view out = view_with_layer(&v, layer_of(im, c));
    put_view(im, n, 0, &out);
}
