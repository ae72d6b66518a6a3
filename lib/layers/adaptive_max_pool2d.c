/*
 * adaptive_max_pool2d.c -- maximum of windows that divide the input into a given number of rows and columns, as those of
 * adaptive_avg_pool2d do, and its two usual cases: of the whole picture, and of rows or columns. Each channel comes from its arg-max
 * position, the first one in row-major order on a tie (METHOD section 2).
 */
#include "layers/spans.h"

#if SRD_WITH_ADAPTIVE_MAX_POOL2D
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    (void)detail;
    out->c = srd__input_shape(graph, bound, layer, 0)->c;
    out->h = layer->before;
    out->w = layer->after;
    return SRD_OK;
}

/* The input positions of an output position. A maximum over an axis has one part along it, or as many as there are positions. */
typedef struct window {
    srd__span rows, columns;
    int32_t width; /* of the largest window: positions are numbered in it */
} window;

static window window_of(const srd__shape *in, const srd__shape *out, int32_t position)
{
    window w;

    w.rows = srd__span_of(position / out->w, out->h, in->h);
    w.columns = srd__span_of(position % out->w, out->w, in->w);
    w.width = srd__longest_span(out->w, in->w);
    return w;
}

static int32_t choices(const srd__layer *layer, const srd__shape *shapes)
{
    const srd__shape *const in = &shapes[layer->inputs[0]], *const out = &shapes[layer->id];

    return srd__longest_span(out->h, in->h) * srd__longest_span(out->w, in->w);
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)choices(layer, walk->shapes) * walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t input = layer->inputs[0], width = walk->shapes[input].w;
    const window w = window_of(&walk->shapes[input], &walk->shapes[layer->id], position);

    for (int32_t r = w.rows.begin; r < w.rows.end; ++r) {
        for (int32_t c = w.columns.begin; c < w.columns.end; ++c) {
            const int64_t k = (int64_t)(r - w.rows.begin) * w.width + c - w.columns.begin;

            srd__walk_paths(walk, input, r * width + c, slot + k * walk->slots[input]);
        }
    }
}

/* Neighbouring channels that the same position won go on as one run. */
static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t input = layer->inputs[0];
    const window w = window_of(&walk->shapes[input], &walk->shapes[layer->id], position);
    int32_t done = 0;

    while (done < run->count) {
        const int32_t k = walk->winner(walk, layer->id, position, run->channel + done);
        const int32_t row = w.rows.begin + k / w.width, column = w.columns.begin + k % w.width;
        srd__run part = *run;
        int32_t n = 1;

        while (done + n < run->count && walk->winner(walk, layer->id, position, run->channel + done + n) == k) ++n;
        part.channel += done;
        part.top += done * run->step;
        part.count = n;
        part.slot += (int64_t)k * walk->slots[input];
        srd__walk_runs(walk, input, row * walk->shapes[input].w + column, &part);
        done += n;
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    (void)layer;
    for (int32_t p = first; p < first + count; ++p) {
        const size_t at = (size_t)p * (size_t)io->target_stride + (size_t)io->channel;
        const window w = window_of(io->in, io->out, p);

        for (int32_t r = w.rows.begin; r < w.rows.end; ++r) {
            const float *from =
                io->source + ((size_t)r * (size_t)io->in->w + (size_t)w.columns.begin) * (size_t)io->source_stride;
            const int32_t row = (r - w.rows.begin) * w.width;

            for (int32_t c = 0; c < w.columns.end - w.columns.begin; ++c, from += io->source_stride) {
                srd__take_largest(io, from, at, row + c, row + c == 0);
            }
        }
    }
}

#define LARGEST(kind_, shape_)                                      \
    const srd__kind srd__kind_##kind_ = { .name = #kind_,           \
                                          .single = 1,              \
                                          .role = SRD__GATHER,      \
                                          .selects = 1,             \
                                          .repeats = 1,             \
                                          .shape = (shape_),        \
                                          .slot_count = slot_count, \
                                          .choices = choices,       \
                                          .paths = paths,           \
                                          .runs = runs,             \
                                          .forward = forward };

LARGEST(adaptive_max_pool2d, shape)
LARGEST(global_max_pool, srd__shape_over_axes)
LARGEST(max, srd__shape_over_axes)

srd_layer srd_graph_adaptive_max_pool2d(srd_graph *graph, const char *name, srd_layer input, int32_t height, int32_t width)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_adaptive_max_pool2d, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (height < 1 || width < 1 || height > INT32_MAX / width / 8) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "an output of %d x %d", height, width);
        return SRD_LAYER_NONE;
    }
    layer->before = height;
    layer->after = width;
    return srd__layer_end(graph, layer);
}

srd_layer srd_graph_global_max_pool(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_over_axes(graph, name, &srd__kind_global_max_pool, input, SRD_AXIS_HEIGHT | SRD_AXIS_WIDTH);
}

srd_layer srd_graph_max(srd_graph *graph, const char *name, srd_layer input, int32_t axes)
{
    return srd__layer_over_axes(graph, name, &srd__kind_max, input, axes);
}
#endif
