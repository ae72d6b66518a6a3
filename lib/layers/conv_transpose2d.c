/*
 * conv_transpose2d.c -- transposed convolution: input row i under kernel row k adds to output row i * stride - pad + k * dilation.
 * A path per tap; where no tap meets a position of the input, an output position has no path.
 */
#include "layers/kinds.h"

#if SRD_WITH_CONV_TRANSPOSE2D
/* Output size along one axis: 0 if there is none, -1 if it is no int32_t. */
static int32_t size_of(int32_t in, int32_t stride, int32_t pads, int32_t dilation, int32_t kernel, int32_t output_pad)
{
    const int64_t size = ((int64_t)in - 1) * stride - pads + (int64_t)dilation * (kernel - 1) + output_pad + 1;

    return size < 1 ? 0 : size > INT32_MAX ? -1 : (int32_t)size;
}

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const srd__window *const w = &layer->window;

    if (in.c != 0 && in.c != layer->before * layer->groups) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, weight asks for %d", in.c,
                         layer->before * layer->groups);
    }
    out->c = layer->channels;
    out->h = in.h == 0 ? 0 : size_of(in.h, w->stride_h, w->top + w->bottom, w->dilation_h, w->kernel_h, layer->size_h);
    out->w = in.w == 0 ? 0 : size_of(in.w, w->stride_w, w->left + w->right, w->dilation_w, w->kernel_w, layer->size_w);
    if (out->h < 0 || out->w < 0) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "the output of an input of %d x %d is too large",
                         in.h, in.w);
    }
    if ((in.h != 0 && out->h == 0) || (in.w != 0 && out->w == 0)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the padding leaves nothing of an input of %d x %d",
                         in.h, in.w);
    }
    return SRD_OK;
}

const srd__kind srd__kind_conv_transpose2d = { .name = "conv_transpose2d", .role = SRD__MIXING, .shape = shape };

/* Into *given, too, for the weight's scale and zero. */
static bool read_options(srd_graph *graph, srd__layer *layer, const srd_conv_transpose2d_options *options,
                         srd_conv_transpose2d_options *given)
{
    srd_conv_transpose2d_options o;
    srd__window *const w = &layer->window;
    const int32_t most = 1 << 20;

    if (!srd__layer_options(graph, layer, &o, sizeof o, options, offsetof(srd_conv_transpose2d_options, weight_scale),
                            SRD__TEXT("srd_conv_transpose2d_options")))
        return false;
    if (o.stride_h < 0 || o.stride_w < 0 || o.pad_top < 0 || o.pad_left < 0 || o.pad_bottom < 0 || o.pad_right < 0 ||
        o.output_pad_h < 0 || o.output_pad_w < 0 || o.dilation_h < 0 || o.dilation_w < 0 || o.groups < 0 || o.stride_h > most ||
        o.stride_w > most || o.pad_top > most || o.pad_bottom > most || o.pad_left > most || o.pad_right > most) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "a stride, pad, output_pad, dilation or the groups are negative, or a stride or pad is over %d", most);
        return false;
    }
    w->stride_h = srd__max(o.stride_h, 1);
    w->stride_w = srd__max(o.stride_w, 1);
    w->dilation_h = srd__max(o.dilation_h, 1);
    w->dilation_w = srd__max(o.dilation_w, 1);
    if (o.output_pad_h >= srd__max(w->stride_h, w->dilation_h) || o.output_pad_w >= srd__max(w->stride_w, w->dilation_w)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "output_pad %d x %d must be smaller than the stride or the dilation", o.output_pad_h, o.output_pad_w);
        return false;
    }
    w->top = o.pad_top;
    w->left = o.pad_left;
    w->bottom = o.pad_bottom;
    w->right = o.pad_right;
    w->transposed = 1;
    layer->size_h = o.output_pad_h;
    layer->size_w = o.output_pad_w;
    layer->groups = srd__max(o.groups, 1);
    if (!SRD_WITH_GROUPS && layer->groups > 1) {
        (void)srd__left_out(&graph->failure, layer->id, layer->name, "SRD_WITH_GROUPS");
        return false;
    }
    *given = o;
    return true;
}

srd_layer srd_graph_conv_transpose2d(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                     const srd_tensor *bias, const srd_conv_transpose2d_options *options)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_conv_transpose2d, &input, 1);
    srd_conv_transpose2d_options o;
    bool ok = true;

    if (layer == NULL || !read_options(graph, layer, options, &o) ||
        !srd__kernel_weight(graph, layer, weight, o.weight_scale, o.weight_zero)) {
        return SRD_LAYER_NONE;
    }
    layer->bias = srd__layer_vector(graph, layer, bias, &layer->channels, SRD__TEXT("bias"), &ok);
    return ok && srd__layer_weight(graph, layer) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
