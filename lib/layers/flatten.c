/* flatten.c -- (C, H, W) to one vector in the order C, H, W: number c * H * W + p of the vector is channel c at position p. */
#include "layers/kinds.h"

#if SRD_WITH_FLATTEN
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape *const in = srd__input_shape(graph, bound, layer, 0);
    const int64_t pixels = (int64_t)in->h * in->w;

    if (pixels > INT32_MAX || (in->c != 0 && pixels > INT32_MAX / in->c)) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "the flattened vector is too long");
    }
    out->c = in->c * (int32_t)pixels; /* 0 when something is not known yet */
    out->h = 1;
    out->w = 1;
    return SRD_OK;
}

static int32_t pixels_of(const srd__walk *walk, const srd__layer *layer)
{
    return walk->shapes[layer->inputs[0]].h * walk->shapes[layer->inputs[0]].w;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)pixels_of(walk, layer) * walk->slots[layer->inputs[0]];
}

/* Of several flattens the highest one says by which position of the vector a way leads. */
#if SRD_WITH_FLAT_WAYS
static int32_t flat_above(const srd__walk *walk)
{
    return walk->flat;
}

static void note_position(srd__walk *walk, const srd__layer *layer, int32_t above, int32_t p)
{
    if (above >= 0 || pixels_of(walk, layer) == 1) return;
    walk->flat = layer->id;
    walk->flat_position = p;
}

static void forget_position(srd__walk *walk, int32_t above)
{
    walk->flat = above;
}
#else /* nobody asks */
static int32_t flat_above(const srd__walk *walk)
{
    (void)walk;
    return -1;
}

static void note_position(srd__walk *walk, const srd__layer *layer, int32_t above, int32_t p)
{
    (void)walk, (void)layer, (void)above, (void)p;
}

static void forget_position(srd__walk *walk, int32_t above)
{
    (void)walk, (void)above;
}
#endif

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t above = flat_above(walk);

    (void)position; /* there is one */
    for (int32_t p = 0; p < pixels_of(walk, layer); ++p) {
        note_position(walk, layer, above, p);
        srd__walk_paths(walk, layer->inputs[0], p, slot + (int64_t)p * walk->slots[layer->inputs[0]]);
    }
    forget_position(walk, above);
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t pixels = pixels_of(walk, layer), above = flat_above(walk);

    (void)position;
    for (int32_t p = 0; p < pixels; ++p) {
        /* channels c with run->channel <= c * pixels + p < run->channel + run->count */
        const int32_t first = run->channel <= p ? 0 : (run->channel - p + pixels - 1) / pixels;
        const int32_t end = run->channel + run->count <= p ? 0 : (run->channel + run->count - p + pixels - 1) / pixels;
        srd__run part = *run;

        if (first >= end) continue;
        part.channel = first;
        part.count = end - first;
        part.top += (first * pixels + p - run->channel) * run->step;
        part.step *= pixels;
        part.slot += (int64_t)p * walk->slots[layer->inputs[0]];
        note_position(walk, layer, above, p);
        srd__walk_runs(walk, layer->inputs[0], p, &part);
    }
    forget_position(walk, above);
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const int32_t pixels = io->in->h * io->in->w;

    (void)layer, (void)first, (void)count;
    for (int32_t c = 0; c < io->channels; ++c) {
        for (int32_t p = 0; p < pixels; ++p) {
            io->target[(size_t)(io->channel + c) * (size_t)pixels + (size_t)p] =
                io->source[(size_t)p * (size_t)io->source_stride + (size_t)c];
        }
    }
}

const srd__kind srd__kind_flatten = { .name = "flatten",
                                      .single = 1,
                                      .role = SRD__GATHER,
                                      .flattens = 1,
                                      .shape = shape,
                                      .slot_count = slot_count,
                                      .paths = paths,
                                      .runs = runs,
                                      .forward = forward };

srd_layer srd_graph_flatten(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_flatten, input);
}
#endif
