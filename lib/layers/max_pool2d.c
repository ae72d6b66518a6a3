/* max_pool2d.c -- maximum of each window and channel; each channel comes from its arg-max position (METHOD section 2). */
#include "layers/kinds.h"

#if SRD_WITH_MAX_POOL2D
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    return srd__shape_window(graph, bound, layer, srd__input_shape(graph, bound, layer, 0)->c, out, detail);
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)layer->window.kernel_h * layer->window.kernel_w * walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t input = layer->inputs[0];
    const int32_t taps = layer->window.kernel_h * layer->window.kernel_w;

    for (int32_t k = 0; k < taps; ++k) {
        const int32_t p = srd__window_position(&layer->window, &walk->shapes[input], &walk->shapes[layer->id], position, k);

        if (p >= 0) srd__walk_paths(walk, input, p, slot + (int64_t)k * walk->slots[input]);
    }
}

/* Neighbouring channels that the same window position won go on as one run. */
static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t input = layer->inputs[0];
    int32_t done = 0;

    while (done < run->count) {
        const int32_t k = walk->winner(walk, layer->id, position, run->channel + done);
        srd__run part = *run;
        int32_t n = 1;

        while (done + n < run->count && walk->winner(walk, layer->id, position, run->channel + done + n) == k) ++n;
        part.channel += done;
        part.top += done * run->step;
        part.count = n;
        part.slot += (int64_t)k * walk->slots[input];
        srd__walk_runs(walk, input,
                       srd__window_position(&layer->window, &walk->shapes[input], &walk->shapes[layer->id], position, k),
                       &part);
        done += n;
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const int32_t taps = layer->window.kernel_h * layer->window.kernel_w;

    for (int32_t p = first; p < first + count; ++p) {
        const size_t at = (size_t)p * (size_t)io->target_stride + (size_t)io->channel;
        bool begun = false;

        for (int32_t k = 0; k < taps; ++k) {
            const int32_t q = srd__window_position(&layer->window, io->in, io->out, p, k);

            if (q < 0) continue;
            srd__take_largest(io, io->source + (size_t)q * (size_t)io->source_stride, at, k, !begun);
            begun = true;
        }
    }
}

const srd__kind srd__kind_max_pool2d = { .name = "max_pool2d",
                                         .single = 1,
                                         .role = SRD__GATHER,
                                         .selects = 1,
                                         .shape = shape,
                                         .slot_count = slot_count,
                                         .paths = paths,
                                         .runs = runs,
                                         .forward = forward };

srd_layer srd_graph_max_pool2d(srd_graph *graph, const char *name, srd_layer input, const srd_pool2d_options *options)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_max_pool2d, &input, 1);

    return layer != NULL && srd__pool_options(graph, layer, options) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
