/*
 * pad.c -- zeros around the picture, zero channels, and spatial subsampling: gather layers whose output position comes from
 * one input position or from nowhere.
 */
#include "layers/kinds.h"

#if SRD_WITH_PAD
static int64_t one_slot(const srd__walk *walk, const srd__layer *layer)
{
    return walk->slots[layer->inputs[0]];
}

/* zero_pad2d and subsample2d are windows of one pixel, with padding or with a stride. */
static int32_t position_below(const srd__walk *walk, const srd__layer *layer, int32_t position)
{
    return srd__window_position(&layer->window, &walk->shapes[layer->inputs[0]], &walk->shapes[layer->id], position, 0);
}

static srd_status window_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                               srd_detail *detail)
{
    return srd__shape_window(graph, bound, layer, srd__input_shape(graph, bound, layer, 0)->c, out, detail);
}

static void window_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t p = position_below(walk, layer, position);

    if (p >= 0) srd__walk_paths(walk, layer->inputs[0], p, slot);
}

static void window_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t p = position_below(walk, layer, position);

    if (p >= 0) {
        srd__walk_runs(walk, layer->inputs[0], p, run);
    } else if (layer->low != 0.0f) {
        srd__run ones = *run;

        ones.weight *= layer->low;
        ones.slot = layer->id; /* whose ones they are */
        walk->on_run(walk, &ones, SRD__ONES, position);
    }
}

static void window_forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const size_t bytes = (size_t)io->channels * sizeof(float);

    for (int32_t p = first; p < first + count; ++p) {
        float *const to = io->target + (size_t)p * (size_t)io->target_stride + io->channel;
        const int32_t q = srd__window_position(&layer->window, io->in, io->out, p, 0);

        if (q >= 0) {
            memcpy(to, io->source + (size_t)q * (size_t)io->source_stride, bytes);
            continue;
        }
        for (int32_t c = 0; c < io->channels; ++c) to[c] = layer->low;
    }
}

const srd__kind srd__kind_zero_pad2d = { .name = "zero_pad2d",
                                         .single = 1,
                                         .role = SRD__GATHER,
                                         .shape = window_shape,
                                         .slot_count = one_slot,
                                         .paths = window_paths,
                                         .runs = window_runs,
                                         .forward = window_forward };

/* A number around the picture that is not 0 is a bias of the paths through the layer. */
const srd__kind srd__kind_constant_pad2d = { .name = "constant_pad2d",
                                             .role = SRD__GATHER,
                                             .pads = 1,
                                             .shape = window_shape,
                                             .slot_count = one_slot,
                                             .paths = window_paths,
                                             .runs = window_runs,
                                             .forward = window_forward };

const srd__kind srd__kind_subsample2d = { .name = "subsample2d",
                                          .single = 1,
                                          .role = SRD__GATHER,
                                          .shape = window_shape,
                                          .slot_count = one_slot,
                                          .paths = window_paths,
                                          .runs = window_runs,
                                          .forward = window_forward };

static srd_status channels_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                 srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c == 0) return SRD_OK;
    if ((int64_t)out->c + layer->before + layer->after > INT32_MAX) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "too many channels");
    }
    out->c += layer->before + layer->after;
    return SRD_OK;
}

static void channels_paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    srd__walk_paths(walk, layer->inputs[0], position, slot);
}

static void channels_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t begin = srd__max(run->channel, layer->before);
    const int32_t end = srd__min(run->channel + run->count, layer->before + walk->shapes[layer->inputs[0]].c);
    srd__run part = *run;

    if (begin >= end) return;
    part.channel = begin - layer->before;
    part.count = end - begin;
    part.top += (begin - run->channel) * run->step;
    srd__walk_runs(walk, layer->inputs[0], position, &part);
}

const srd__kind srd__kind_zero_channels = { .name = "zero_channels",
                                            .view = 1,
                                            .single = 1,
                                            .role = SRD__GATHER,
                                            .shape = channels_shape,
                                            .slot_count = one_slot,
                                            .paths = channels_paths,
                                            .runs = channels_runs };

static srd_layer add_pad(srd_graph *graph, srd__layer *layer, int32_t top, int32_t left, int32_t bottom, int32_t right)
{
    if (layer == NULL) return SRD_LAYER_NONE;
    if (top < 0 || left < 0 || bottom < 0 || right < 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "pads %d %d %d %d: none may be negative",
                        top, left, bottom, right);
        return SRD_LAYER_NONE;
    }
    layer->window.top = top;
    layer->window.left = left;
    layer->window.bottom = bottom;
    layer->window.right = right;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_zero_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left, int32_t bottom,
                               int32_t right)
{
    return add_pad(graph, srd__layer_begin(graph, name, &srd__kind_zero_pad2d, &input, 1), top, left, bottom, right);
}

srd_layer srd_graph_constant_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                   int32_t bottom, int32_t right, float value)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_constant_pad2d, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (!srd__finite(value)) {
        (void)srd__fail(&graph->failure, SRD_ERR_NUMBER, layer->id, layer->name, "the value around the picture is NaN or Inf");
        return SRD_LAYER_NONE;
    }
    layer->low = value;
    return add_pad(graph, layer, top, left, bottom, right);
}

srd_layer srd_graph_zero_channels(srd_graph *graph, const char *name, srd_layer input, int32_t before, int32_t after)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_zero_channels, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (before < 0 || after < 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "%d channels before, %d after: none may be "
                        "negative",
                        before, after);
        return SRD_LAYER_NONE;
    }
    layer->before = before;
    layer->after = after;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_subsample2d(srd_graph *graph, const char *name, srd_layer input, int32_t stride_h, int32_t stride_w)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_subsample2d, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (stride_h < 1 || stride_w < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "strides %d and %d: both are at least 1",
                        stride_h, stride_w);
        return SRD_LAYER_NONE;
    }
    layer->window.stride_h = stride_h;
    layer->window.stride_w = stride_w;
    return srd__layer_end(graph, layer);
}
#endif
