/*
 * adaptive_avg_pool2d.c -- average to a given size: output row i covers input rows floor(i H / h) to ceil((i + 1) H / h), and
 * columns likewise, so windows differ in size and may overlap.
 */
#include "layers/spans.h"

#if SRD_WITH_ADAPTIVE_AVG_POOL2D
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    (void)detail;
    out->c = srd__input_shape(graph, bound, layer, 0)->c;
    out->h = layer->before;
    out->w = layer->after;
    return SRD_OK;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    const srd__shape *const in = &walk->shapes[layer->inputs[0]];

    return (int64_t)srd__longest_span(layer->before, in->h) * srd__longest_span(layer->after, in->w) *
           walk->slots[layer->inputs[0]];
}

/* Calls step for every input position of an output position, with its number in a window of the largest size. */
static void each(const srd__walk *walk, const srd__layer *layer, int32_t position, void (*step)(void *, int32_t, int32_t),
                 void *context)
{
    const srd__shape *const in = &walk->shapes[layer->inputs[0]];
    const srd__span rows = srd__span_of(position / layer->after, layer->before, in->h);
    const srd__span columns = srd__span_of(position % layer->after, layer->after, in->w);
    const int32_t width = srd__longest_span(layer->after, in->w);

    for (int32_t r = rows.begin; r < rows.end; ++r) {
        for (int32_t c = columns.begin; c < columns.end; ++c) {
            step(context, r * in->w + c, (r - rows.begin) * width + c - columns.begin);
        }
    }
}

typedef struct walking {
    srd__walk *walk;
    const srd__layer *layer;
    const srd__run *run;
    int64_t slot;
    float weight;
} walking;

static void path_step(void *context, int32_t position, int32_t k)
{
    const walking *const w = (const walking *)context;
    const int32_t input = w->layer->inputs[0];

    srd__walk_paths(w->walk, input, position, w->slot + (int64_t)k * w->walk->slots[input]);
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    walking w = { walk, layer, NULL, slot, 0.0f };

    each(walk, layer, position, path_step, &w);
}

static void run_step(void *context, int32_t position, int32_t k)
{
    const walking *const w = (const walking *)context;
    const int32_t input = w->layer->inputs[0];
    srd__run part = *w->run;

    part.weight *= w->weight;
    part.slot += (int64_t)k * w->walk->slots[input];
    srd__walk_runs(w->walk, input, position, &part);
}

static float weight_of(const srd__layer *layer, const srd__shape *in, int32_t position)
{
    const srd__span rows = srd__span_of(position / layer->after, layer->before, in->h);
    const srd__span columns = srd__span_of(position % layer->after, layer->after, in->w);

    return 1.0f / ((float)(rows.end - rows.begin) * (float)(columns.end - columns.begin));
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    walking w = { walk, layer, run, 0, weight_of(layer, &walk->shapes[layer->inputs[0]], position) };

    each(walk, layer, position, run_step, &w);
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) {
        const srd__span rows = srd__span_of(p / layer->after, layer->before, io->in->h);
        const srd__span columns = srd__span_of(p % layer->after, layer->after, io->in->w);
        const int32_t of_rows[] = { rows.begin, rows.end }, of_columns[] = { columns.begin, columns.end };

        srd__average(io, of_rows, of_columns, weight_of(layer, io->in, p),
                     io->target + (size_t)p * (size_t)io->target_stride + io->channel);
    }
}

const srd__kind srd__kind_adaptive_avg_pool2d = { .name = "adaptive_avg_pool2d",
                                                  .role = SRD__GATHER,
                                                  .repeats = 1,
                                                  .shape = shape,
                                                  .slot_count = slot_count,
                                                  .paths = paths,
                                                  .runs = runs,
                                                  .forward = forward };

srd_layer srd_graph_adaptive_avg_pool2d(srd_graph *graph, const char *name, srd_layer input, int32_t height, int32_t width)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_adaptive_avg_pool2d, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (height < 1 || width < 1 || height > INT32_MAX / width / 8) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "an output of %d x %d", height, width);
        return SRD_LAYER_NONE;
    }
    layer->before = height;
    layer->after = width;
    return srd__layer_end(graph, layer);
}
#endif
