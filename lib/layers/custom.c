/*
 * custom.c -- layers by the caller's callbacks: pointwise ones and black boxes close a segment, gather layers tell their taps. The
 * taps of a run are frozen as [position][1 + most_taps] records, the first of which holds their number as its count.
 */
#include "layers/kinds.h"

#if SRD_WITH_CUSTOM
#define MOST_INPUTS 4

/* ---- pointwise and black box: their values are made by run_segment.c, which has the workspace ---- */

static void back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    layer->custom->back(layer->custom->user, y, direction, channels);
}

const srd__kind srd__kind_custom_pointwise = {
    .name = "custom", .role = SRD__POINTWISE, .shape = srd__shape_same, .back = back, .gradient = back
};

/* ---- gather ---- */

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd_custom_layer *const custom = layer->custom;
    int32_t shapes[3 * MOST_INPUTS], made[3] = { 0, 0, 0 };
    srd_status status;

    for (int32_t i = 1; i < layer->input_count; ++i) { /* inputs: the first twice */
        const srd__shape *const in = srd__input_shape(graph, bound, layer, i);

        shapes[3 * (i - 1)] = in->c;
        shapes[3 * (i - 1) + 1] = in->h;
        shapes[3 * (i - 1) + 2] = in->w;
    }
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (custom->shape == NULL) return SRD_OK;
    status = custom->shape(custom->user, shapes, layer->input_count - 1, made);
    if (status != SRD_OK || made[0] < 0 || made[1] < 0 || made[2] < 0 ||
        (bound != NULL && (made[0] == 0 || made[1] == 0 || made[2] == 0))) {
        return srd__fail(detail,
                         !srd__is_status(status) ? SRD_ERR_ARGUMENT
                         : status == SRD_OK      ? SRD_ERR_SHAPE
                                                 : status,
                         layer->id, layer->name, "its shape callback returned %d and %d x %d x %d", status, made[0], made[1],
                         made[2]);
    }
    out->c = made[0];
    out->h = made[1];
    out->w = made[2];
    return SRD_OK;
}

/* What is kept of a tap. */
typedef struct frozen_tap {
    int32_t position, channel, source_channel, count;
    float weight;
} frozen_tap;

static size_t per_position(const srd__layer *layer)
{
    return (size_t)layer->custom->most_taps + 1;
}

static size_t frozen_bytes(const srd__layer *layer, const srd__shape *shapes)
{
    const srd__shape *const s = &shapes[layer->id];

    const uint64_t taps = (uint64_t)s->h * (uint64_t)s->w * (uint64_t)per_position(layer);

    return taps > SIZE_MAX / sizeof(frozen_tap) ? SIZE_MAX : (size_t)taps * sizeof(frozen_tap);
}

/* Reads the caller's tap, which may be of another version. Is it one, and inside its input and its output? */
static bool read_tap(srd_custom_tap *ours, const srd_custom_tap *tap, const srd__shape *in, const srd__shape *out)
{
    return srd__options_read(ours, sizeof *ours, tap, sizeof *ours, SRD__TEXT("srd_custom_tap"), NULL) == SRD_OK &&
           ours->position >= 0 && ours->position < in->h * in->w && ours->count >= 1 && ours->channel >= 0 &&
           ours->source_channel >= 0 && ours->channel <= out->c - ours->count && ours->source_channel <= in->c - ours->count;
}

/* What taps() reads beside the values. */
typedef struct asking {
    const srd_custom_layer *custom;
    int32_t count, shapes[3 * MOST_INPUTS];
} asking;

static void set_shape(asking *asked, int32_t i, const srd__shape *shape)
{
    asked->shapes[3 * i] = shape->c;
    asked->shapes[3 * i + 1] = shape->h;
    asked->shapes[3 * i + 2] = shape->w;
}

static void ask(const asking *asked, const float *const *values, int32_t position, srd_custom_emit emit, void *context)
{
    asked->custom->taps(asked->custom->user, asked->shapes, values, asked->count, position, emit, context);
}

/* ---- paths: what any run may have ---- */

typedef struct listing {
    srd__walk *walk;
    const srd__layer *layer;
    int64_t slot;
    int32_t count;
} listing;

static void list_tap(void *context, const srd_custom_tap *tap)
{
    listing *const l = (listing *)context;
    const srd__shape *const in = &l->walk->shapes[l->layer->inputs[0]], *const out = &l->walk->shapes[l->layer->id];

    srd_custom_tap ours;

    if (l->count == l->layer->custom->most_taps || !read_tap(&ours, tap, in, out)) return; /* a run that uses it fails */
    srd__walk_paths(l->walk, l->layer->inputs[0], ours.position,
                    l->slot + (int64_t)l->count * l->walk->slots[l->layer->inputs[0]]);
    l->count++;
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    asking asked = { layer->custom, layer->input_count - 1, { 0 } };
    listing l = { walk, layer, slot, 0 };

    for (int32_t i = 0; i < asked.count; ++i) set_shape(&asked, i, &walk->shapes[layer->inputs[i + 1]]);
    ask(&asked, NULL, position, list_tap, &l);
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)layer->custom->most_taps * walk->slots[layer->inputs[0]];
}

/* ---- a run ---- */

typedef struct freezing {
    const srd__layer *layer;
    const srd__gather_io *io;
    const srd__shape *in;
    frozen_tap *taps; /* of this position: taps[0].count is their number, or -1 if one is wrong */
    const frozen_tap *sought;
    bool found;
} freezing;

static void seek_tap(void *context, const srd_custom_tap *tap)
{
    freezing *const f = (freezing *)context;

    f->found = f->found || (tap != NULL && tap->position == f->sought->position);
}

static void keep_tap(frozen_tap *to, const srd_custom_tap *tap)
{
    to->position = tap->position;
    to->channel = tap->channel;
    to->source_channel = tap->source_channel;
    to->count = tap->count;
    to->weight = tap->weight;
}

static void freeze_tap(void *context, const srd_custom_tap *tap)
{
    freezing *const f = (freezing *)context;
    int32_t *const count = &f->taps[0].count;

    srd_custom_tap ours;

    if (*count < 0) return;
    if (*count == f->layer->custom->most_taps || !read_tap(&ours, tap, f->in, f->io->out) || !srd__finite(ours.weight))
        *count = -1;
    else keep_tap(&f->taps[++*count], &ours);
}

static void freeze(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    asking asked = { layer->custom, layer->input_count - 1, { 0 } };
    const float *values[MOST_INPUTS] = { NULL };

    for (int32_t i = 0; i < asked.count; ++i) {
        set_shape(&asked, i, io->operands[i].shape);
        values[i] = io->operands[i].x;
    }
    for (int32_t p = first; p < first + count; ++p) {
        freezing f = {
            layer, io, io->operands[0].shape, (frozen_tap *)io->winner + (size_t)p * per_position(layer), NULL, false
        };

        f.taps[0].count = 0;
        ask(&asked, values, p, freeze_tap, &f);
        for (int32_t k = 1; k <= f.taps[0].count; ++k) { /* among those that were told before any run? */
            f.sought = &f.taps[k];
            f.found = false;
            ask(&asked, NULL, p, seek_tap, &f);
            if (!f.found) f.taps[0].count = -1;
        }
        if (f.taps[0].count < 0) *io->broken = 1;
    }
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const frozen_tap *const taps =
        (const frozen_tap *)(const void *)walk->frozen(walk, layer->id) + (size_t)position * per_position(layer);

    for (int32_t k = 1; k <= taps[0].count; ++k) {
        const int32_t from = srd__max(run->channel, taps[k].channel);
        const int32_t to = srd__min(run->channel + run->count, taps[k].channel + taps[k].count);
        srd__run part = *run;

        if (from >= to) continue;
        part.channel = taps[k].source_channel + from - taps[k].channel;
        part.count = to - from;
        part.top += (from - run->channel) * run->step;
        part.weight *= taps[k].weight;
        srd__walk_runs(walk, layer->inputs[0], taps[k].position, &part);
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) {
        const frozen_tap *const taps = (const frozen_tap *)io->winner + (size_t)p * per_position(layer);
        float *const to = io->target + (size_t)p * (size_t)io->target_stride;

        for (int32_t k = 1; k <= taps[0].count; ++k) { /* of this part of the input, the channels that the tap takes */
            const int32_t from = srd__max(io->channel, taps[k].source_channel);
            const int32_t end = srd__min(io->channel + io->channels, taps[k].source_channel + taps[k].count);
            const float *const x = io->source + (size_t)taps[k].position * (size_t)io->source_stride - io->channel;

            for (int32_t c = from; c < end; ++c) to[taps[k].channel + c - taps[k].source_channel] += taps[k].weight * x[c];
        }
    }
}

const srd__kind srd__kind_custom_gather = { .name = "custom",
                                            .role = SRD__GATHER,
                                            .selects = 1,
                                            .weighs = 1,
                                            .meets = 1,
                                            .packed_operands = 1,
                                            .shape = shape,
                                            .slot_count = slot_count,
                                            .paths = paths,
                                            .runs = runs,
                                            .forward = forward,
                                            .frozen_bytes = frozen_bytes,
                                            .freeze = freeze };

/* ---- adding ---- */

static bool is_complete(const srd_custom_layer *c, int32_t count)
{
    if (c->role == SRD_CUSTOM_GATHER) {
        return c->taps != NULL && c->value == NULL && c->back == NULL && c->forward == NULL && c->passes == 0 &&
               c->most_taps >= 1 && c->most_taps <= 1 << 16 && count >= 1 && count <= MOST_INPUTS;
    }
    if (c->role == SRD_CUSTOM_BLACK_BOX) {
        return c->forward != NULL && c->value == NULL && c->taps == NULL && c->shape == NULL && (c->passes | 1) == 1 &&
               c->most_taps == 0 && count == 1;
    }
    return c->role == SRD_CUSTOM_POINTWISE && c->value != NULL && c->taps == NULL && c->forward == NULL && c->shape == NULL &&
           c->passes == 0 && c->most_taps == 0 && count == 1;
}

srd_layer srd_graph_custom(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count,
                           const srd_custom_layer *layer)
{
    srd_layer twice[MOST_INPUTS + 1] = { SRD_LAYER_NONE };
    const bool gathers = layer != NULL && layer->struct_size >= 2 * sizeof(int32_t) && layer->role == SRD_CUSTOM_GATHER;
    const bool fits = inputs != NULL && count >= 1 && count <= MOST_INPUTS;
    srd__layer *made;
    srd_custom_layer *copy;

    for (int32_t i = 0; fits && i < count; ++i) twice[gathers ? i + 1 : i] = inputs[i];
    if (fits && gathers) twice[0] = inputs[0]; /* once for its PFVs, once for its value */
    made = srd__layer_begin(graph, name, gathers ? &srd__kind_custom_gather : &srd__kind_custom_pointwise, twice,
                            fits ? (gathers ? count + 1 : count) : 1);
    if (made == NULL) return SRD_LAYER_NONE;
    copy = (srd_custom_layer *)srd__graph_take(graph, 1, sizeof *copy);
    if (copy == NULL || layer == NULL ||
        !srd__layer_options(graph, made, copy, sizeof *copy, layer, sizeof *copy, SRD__TEXT("srd_custom_layer")) || !fits ||
        !is_complete(copy, count)) {
        if (graph->failure.status == SRD_OK) {
            (void)srd__fail(
                &graph->failure, SRD_ERR_ARGUMENT, made->id, made->name,
                "srd_custom_layer is NULL, or lacks a callback of its role, or has one of another, or %d inputs do not "
                "fit it",
                count);
        }
        return SRD_LAYER_NONE;
    }
    made->custom = copy;
    if (gathers) made->walked = 1;
    return srd__layer_end(graph, made);
}
#endif
