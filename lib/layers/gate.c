/*
 * gate.c -- value * gate, number by number; an axis of size 1 of the gate stands for all of the value's. The gate is a constant of
 * this forward pass: a weight on the way of the value's PFVs, which stay where they are (METHOD section 2).
 */
#include "layers/kinds.h"

#if SRD_WITH_GATE
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape gate = *srd__input_shape(graph, bound, layer, 1);

    *out = *srd__input_shape(graph, bound, layer, 0);
    if ((gate.c > 1 && out->c != 0 && gate.c != out->c) || (gate.h > 1 && out->h != 0 && gate.h != out->h) ||
        (gate.w > 1 && out->w != 0 && gate.w != out->w)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "a gate of %d x %d x %d for a value of %d x %d x %d: sizes must be equal or 1", gate.c, gate.h, gate.w,
                         out->c, out->h, out->w);
    }
    return SRD_OK;
}

static size_t frozen_bytes(const srd__layer *layer, const srd__shape *shapes)
{
    const srd__shape *const gate = &shapes[layer->inputs[1]];

    return (size_t)gate->c * (size_t)gate->h * (size_t)gate->w * sizeof(float);
}

/* Position of the gate over position p of the value. */
static size_t gate_position(const srd__shape *gate, const srd__shape *out, int32_t p)
{
    const int32_t row = gate->h > 1 ? p / out->w : 0, column = gate->w > 1 ? p % out->w : 0;

    return (size_t)row * (size_t)gate->w + (size_t)column;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    srd__walk_paths(walk, layer->inputs[0], position, slot);
}

static void channel_runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const srd__shape *const gate = &walk->shapes[layer->inputs[1]];
    const float *const weights =
        walk->frozen(walk, layer->id) + gate_position(gate, &walk->shapes[layer->id], position) * (size_t)gate->c;

    for (int32_t c = 0; c < run->count; ++c) {
        srd__run one = *run;

        one.channel += c;
        one.top += c * run->step;
        one.count = 1;
        one.weight *= weights[one.channel];
        srd__walk_runs(walk, layer->inputs[0], position, &one);
    }
}

/* With one number for all channels a run stays whole. */
static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const srd__shape *const gate = &walk->shapes[layer->inputs[1]];
    srd__run whole = *run;

    if (gate->c > 1) {
        channel_runs(walk, layer, position, run);
        return;
    }
    whole.weight *= walk->frozen(walk, layer->id)[gate_position(gate, &walk->shapes[layer->id], position)];
    srd__walk_runs(walk, layer->inputs[0], position, &whole);
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const srd__operand *const gate = &io->operands[0];

    (void)layer;
    for (int32_t p = first; p < first + count; ++p) {
        const float *const x = io->source + (size_t)p * (size_t)io->source_stride;
        const float *const g = gate->x + gate_position(gate->shape, io->out, p) * (size_t)gate->stride;
        float *const to = io->target + (size_t)p * (size_t)io->target_stride + io->channel;

        for (int32_t c = 0; c < io->channels; ++c) to[c] = x[c] * g[gate->shape->c > 1 ? io->channel + c : 0];
    }
}

/* A task's share of the gate's own positions. */
static void freeze(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const srd__operand *const gate = &io->operands[0];
    const int32_t end = srd__min(first + count, gate->shape->h * gate->shape->w);

    (void)layer;
    for (int32_t p = first; p < end; ++p) {
        memcpy((float *)io->winner + (size_t)p * (size_t)gate->shape->c, gate->x + (size_t)p * (size_t)gate->stride,
               (size_t)gate->shape->c * sizeof(float));
    }
}

const srd__kind srd__kind_gate = { .name = "gate",
                                   .single = 1,
                                   .role = SRD__GATHER,
                                   .selects = 1,
                                   .in_place = 1,
                                   .shape = shape,
                                   .slot_count = slot_count,
                                   .paths = paths,
                                   .runs = runs,
                                   .forward = forward,
                                   .frozen_bytes = frozen_bytes,
                                   .freeze = freeze };

srd_layer srd_graph_gate(srd_graph *graph, const char *name, srd_layer value, srd_layer gate)
{
    const srd_layer inputs[2] = { value, gate };
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_gate, inputs, 2);

    if (layer == NULL) return SRD_LAYER_NONE;
    layer->walked = 1;
    return srd__layer_end(graph, layer);
}
#endif
