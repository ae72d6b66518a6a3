/* conv2d.c -- convolution: a path per kernel tap (METHOD section 2). */
#include "layers/kinds.h"

#if SRD_WITH_CONV2D
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape *const in = srd__input_shape(graph, bound, layer, 0);

    if (in->c != 0 && in->c != layer->before * layer->groups) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "the input has %d channels, weight and groups %d ask for %d", in->c, layer->groups,
                         layer->before * layer->groups);
    }
    return srd__shape_window(graph, bound, layer, layer->channels, out, detail);
}

const srd__kind srd__kind_conv2d = { .name = "conv2d", .role = SRD__MIXING, .shape = shape };

/* Into *given, too, for the weight's scale and zero. */
static bool read_options(srd_graph *graph, srd__layer *layer, const srd_conv2d_options *options, srd_conv2d_options *given)
{
    srd_conv2d_options o;
    srd__window *const w = &layer->window;

    if (!srd__layer_options(graph, layer, &o, sizeof o, options, offsetof(srd_conv2d_options, weight_scale),
                            SRD__TEXT("srd_conv2d_options")))
        return false;
    if (o.stride_h < 0 || o.stride_w < 0 || o.pad_top < 0 || o.pad_left < 0 || o.pad_bottom < 0 || o.pad_right < 0 ||
        o.dilation_h < 0 || o.dilation_w < 0 || o.groups < 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "a stride, pad, dilation or the groups are negative");
        return false;
    }
    w->stride_h = srd__max(o.stride_h, 1);
    w->stride_w = srd__max(o.stride_w, 1);
    w->dilation_h = srd__max(o.dilation_h, 1);
    w->dilation_w = srd__max(o.dilation_w, 1);
    w->top = o.pad_top;
    w->left = o.pad_left;
    w->bottom = o.pad_bottom;
    w->right = o.pad_right;
    layer->groups = srd__max(o.groups, 1);
    if (!SRD_WITH_GROUPS && layer->groups > 1) {
        (void)srd__left_out(&graph->failure, layer->id, layer->name, "SRD_WITH_GROUPS");
        return false;
    }
    *given = o;
    return true;
}

srd_layer srd_graph_conv2d(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                           const srd_tensor *bias, const srd_conv2d_options *options)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_conv2d, &input, 1);
    srd_conv2d_options o;
    bool ok = true;

    if (layer == NULL || !read_options(graph, layer, options, &o) ||
        !srd__kernel_weight(graph, layer, weight, o.weight_scale, o.weight_zero))
        return SRD_LAYER_NONE;
    layer->bias = srd__layer_vector(graph, layer, bias, &layer->channels, SRD__TEXT("bias"), &ok);
    return ok && srd__layer_weight(graph, layer) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
