/* avg_pool2d.c -- mean of windows, and of the whole picture: every position weighs 1 / count; and the sum, where it weighs 1. */
#include "layers/kinds.h"

#if SRD_WITH_AVG_POOL2D
/* layer->low: 1 for a sum. A mean over an axis is a window as long as the input. */
static srd__window window_of(const srd__layer *layer, const srd__shape *in)
{
    srd__window w = layer->window;

    if ((layer->mode & SRD_AXIS_HEIGHT) != 0) w.kernel_h = w.stride_h = in->h;
    if ((layer->mode & SRD_AXIS_WIDTH) != 0) w.kernel_w = w.stride_w = in->w;
    return w;
}

/* Pixels of a window along one axis that count: all inside the input, or inside the padded input. */
static int64_t span(int64_t start, int32_t kernel, int32_t in, int32_t after, bool count_padding)
{
    const int64_t end = start + kernel;

    if (count_padding) return srd__min(end, (int64_t)in + after) - start;
    return srd__min(end, in) - srd__max(start, 0);
}

static float weight_of(const srd__layer *layer, const srd__window *w, const srd__shape *in, const srd__shape *out, int32_t p)
{
    const bool padding = layer->count_padding != 0;
    const int64_t rows = span((int64_t)(p / out->w) * w->stride_h - w->top, w->kernel_h, in->h, w->bottom, padding);
    const int64_t columns = span((int64_t)(p % out->w) * w->stride_w - w->left, w->kernel_w, in->w, w->right, padding);

    return layer->low == 1.0f ? 1.0f : 1.0f / ((float)rows * (float)columns);
}

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    return srd__shape_window(graph, bound, layer, srd__input_shape(graph, bound, layer, 0)->c, out, detail);
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    const srd__window w = window_of(layer, &walk->shapes[layer->inputs[0]]);

    return (int64_t)w.kernel_h * w.kernel_w * walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t input = layer->inputs[0];
    const srd__window w = window_of(layer, &walk->shapes[input]);

    for (int32_t k = 0; k < w.kernel_h * w.kernel_w; ++k) {
        const int32_t p = srd__window_position(&w, &walk->shapes[input], &walk->shapes[layer->id], position, k);

        if (p >= 0) srd__walk_paths(walk, input, p, slot + (int64_t)k * walk->slots[input]);
    }
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t input = layer->inputs[0];
    const srd__window w = window_of(layer, &walk->shapes[input]);
    srd__run part = *run;

    part.weight *= weight_of(layer, &w, &walk->shapes[input], &walk->shapes[layer->id], position);
    for (int32_t k = 0; k < w.kernel_h * w.kernel_w; ++k) {
        const int32_t p = srd__window_position(&w, &walk->shapes[input], &walk->shapes[layer->id], position, k);

        part.slot = run->slot + (int64_t)k * walk->slots[input];
        if (p >= 0) srd__walk_runs(walk, input, p, &part);
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const srd__window w = window_of(layer, io->in);

    for (int32_t p = first; p < first + count; ++p) {
        const int32_t top = p / io->out->w * w.stride_h - w.top, left = p % io->out->w * w.stride_w - w.left;
        const int32_t rows[] = { srd__max(top, 0), srd__min(top + w.kernel_h, io->in->h) };
        const int32_t columns[] = { srd__max(left, 0), srd__min(left + w.kernel_w, io->in->w) };

        srd__average(io, rows, columns, weight_of(layer, &w, io->in, io->out, p),
                     io->target + (size_t)p * (size_t)io->target_stride + io->channel);
    }
}

const srd__kind srd__kind_avg_pool2d = { .name = "avg_pool2d",
                                         .role = SRD__GATHER,
                                         .averages = 1,
                                         .shape = shape,
                                         .slot_count = slot_count,
                                         .paths = paths,
                                         .runs = runs,
                                         .forward = forward };

const srd__kind srd__kind_global_avg_pool = { .name = "global_avg_pool",
                                              .role = SRD__GATHER,
                                              .shape = srd__shape_over_axes,
                                              .slot_count = slot_count,
                                              .paths = paths,
                                              .runs = runs,
                                              .forward = forward };

const srd__kind srd__kind_mean = { .name = "mean",
                                   .role = SRD__GATHER,
                                   .shape = srd__shape_over_axes,
                                   .slot_count = slot_count,
                                   .paths = paths,
                                   .runs = runs,
                                   .forward = forward };

const srd__kind srd__kind_sum = { .name = "sum",
                                  .role = SRD__GATHER,
                                  .shape = srd__shape_over_axes,
                                  .slot_count = slot_count,
                                  .paths = paths,
                                  .runs = runs,
                                  .forward = forward };

srd_layer srd_graph_avg_pool2d(srd_graph *graph, const char *name, srd_layer input, const srd_pool2d_options *options)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_avg_pool2d, &input, 1);

    return layer != NULL && srd__pool_options(graph, layer, options) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}

srd_layer srd_graph_global_avg_pool(srd_graph *graph, const char *name, srd_layer input)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_global_avg_pool, &input, 1);

    if (layer != NULL) layer->mode = SRD_AXIS_HEIGHT | SRD_AXIS_WIDTH;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_mean(srd_graph *graph, const char *name, srd_layer input, int32_t axes)
{
    return srd__layer_over_axes(graph, name, &srd__kind_mean, input, axes);
}

srd_layer srd_graph_sum(srd_graph *graph, const char *name, srd_layer input, int32_t axes)
{
    const srd_layer id = srd__layer_over_axes(graph, name, &srd__kind_sum, input, axes);

    if (id != SRD_LAYER_NONE) srd__graph_layer(graph, id)->low = 1.0f;
    return id;
}
#endif
