/*
 * attention.c -- multi-head attention over tokens. With the weights of head h frozen at this forward pass,
 *
 *     A_hij = softmax over j of (scale * <q_hi, k_hj> + mask_hij),    output token i, channels of head h = sum over j of A_hij v_hj,
 *
 * it gathers value tokens: a path per key that the mask lets through. Queries and keys receive nothing (METHOD section 2).
 */
#include "layers/kinds.h"

#if SRD_WITH_ATTENTION
/* layer->inputs: value, query, key. layer->constant: the mask [layer->after heads][queries size_h][keys size_w], or NULL. */
static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape v = *srd__input_shape(graph, bound, layer, 0), q = *srd__input_shape(graph, bound, layer, 1),
                     k = *srd__input_shape(graph, bound, layer, 2);

    if ((q.c != 0 && k.c != 0 && q.c != k.c) || q.c % layer->groups != 0 || v.c % layer->groups != 0) {
        return srd__fail(
            detail, SRD_ERR_SHAPE, layer->id, layer->name,
            "query, key and value have %d, %d and %d channels: query and key must be equal, all multiples of %d heads", q.c,
            k.c, v.c, layer->groups);
    }
    if (q.h > 1 || k.h > 1 || v.h > 1 || (k.w != 0 && v.w != 0 && k.w != v.w)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "key is %d x %d and value %d x %d: one row of tokens each, as many keys as values", k.h, k.w, v.h,
                         v.w);
    }
    if (layer->constant != NULL && ((q.w != 0 && q.w != layer->size_h) || (k.w != 0 && k.w != layer->size_w))) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "the mask is for %d queries and %d keys, here are %d and %d", layer->size_h, layer->size_w, q.w, k.w);
    }
    if ((int64_t)q.w * v.w > INT32_MAX / 4 / layer->groups) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "%d queries times %d keys are too many", q.w, v.w);
    }
    out->c = v.c;
    out->h = 1;
    out->w = q.w;
    return SRD_OK;
}

static size_t frozen_bytes(const srd__layer *layer, const srd__shape *shapes)
{
    return (size_t)layer->groups * (size_t)shapes[layer->id].w * (size_t)shapes[layer->inputs[0]].w * sizeof(float);
}

/* The mask of a head and query, by key; NULL: none. */
static const float *mask_row(const srd__layer *layer, int32_t head, int32_t i)
{
    const size_t row = (size_t)(layer->after > 1 ? head : 0) * (size_t)layer->size_h + (size_t)i;

    return layer->constant != NULL ? layer->constant + row * (size_t)layer->size_w : NULL;
}

/* Does the mask of any head let query i see key j? */
static bool sees(const srd__layer *layer, int32_t i, int32_t j)
{
    for (int32_t head = 0; layer->constant != NULL && head < layer->after; ++head) {
        if (srd__finite(mask_row(layer, head, i)[j])) return true;
    }
    return layer->constant == NULL;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)walk->shapes[layer->inputs[0]].w * walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t value = layer->inputs[0];

    for (int32_t j = 0; j < walk->shapes[value].w; ++j) {
        if (sees(layer, position, j)) srd__walk_paths(walk, value, j, slot + (int64_t)j * walk->slots[value]);
    }
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t value = layer->inputs[0], keys = walk->shapes[value].w, end = run->channel + run->count;
    const int32_t per_head = walk->shapes[value].c / layer->groups;
    const float *const weights = walk->frozen(walk, layer->id);

    for (int32_t c = run->channel; c < end; c = (c / per_head + 1) * per_head) {
        const size_t row = (size_t)(c / per_head) * (size_t)walk->shapes[layer->id].w + (size_t)position;
        srd__run part = *run;

        part.channel = c;
        part.count = srd__min(end, (c / per_head + 1) * per_head) - c;
        part.top += (c - run->channel) * run->step;
        for (int32_t j = 0; j < keys; ++j) {
            if (!sees(layer, position, j)) continue;
            part.weight = run->weight * weights[row * (size_t)keys + (size_t)j];
            part.slot = run->slot + (int64_t)j * walk->slots[value];
            srd__walk_runs(walk, value, j, &part);
        }
    }
}

/* One row of A. The largest score is taken away first, so nothing overflows. */
static void attend(const srd__layer *layer, const srd__gather_io *io, int32_t head, int32_t i, float *row)
{
    const srd__operand *const q = &io->operands[0], *const k = &io->operands[1];
    const int32_t keys = k->shape->w, n = q->shape->c / layer->groups;
    const float *const x = q->x + (size_t)i * (size_t)q->stride + (size_t)head * (size_t)n;
    const float *const mask = mask_row(layer, head, i);
    const float scale = layer->low != 0.0f ? layer->low : (float)(1.0 / sqrt((double)n));
    float largest = -FLT_MAX, sum = 0.0f;

    for (int32_t j = 0; j < keys; ++j) {
        const float *const y = k->x + (size_t)j * (size_t)k->stride + (size_t)head * (size_t)n;
        float dot = 0.0f;

        for (int32_t c = 0; c < n; ++c) dot += x[c] * y[c];
        row[j] = scale * dot + (mask != NULL ? mask[j] : 0.0f);
        largest = srd__max(largest, row[j]);
    }
    for (int32_t j = 0; j < keys; ++j) {
        row[j] = expf(row[j] - largest);
        sum += row[j];
    }
    for (int32_t j = 0; j < keys; ++j) row[j] /= sum;
}

static void freeze(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const size_t keys = (size_t)io->operands[1].shape->w;

    for (int32_t head = 0; head < layer->groups; ++head) {
        for (int32_t i = first; i < first + count; ++i) {
            attend(layer, io, head, i, (float *)io->winner + ((size_t)head * (size_t)io->out->w + (size_t)i) * keys);
        }
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const int32_t keys = io->in->w, per_head = io->out->c / layer->groups, end = io->channel + io->channels;

    for (int32_t i = first; i < first + count; ++i) {
        float *const to = io->target + (size_t)i * (size_t)io->target_stride;

        memset(to + io->channel, 0, (size_t)io->channels * sizeof *to);
        for (int32_t c = io->channel; c < end; c = (c / per_head + 1) * per_head) {
            const size_t row = (size_t)(c / per_head) * (size_t)io->out->w + (size_t)i;
            const float *const weights = (const float *)io->winner + row * (size_t)keys;
            const int32_t stop = srd__min(end, (c / per_head + 1) * per_head);

            for (int32_t j = 0; j < keys; ++j) {
                const float *const v = io->source + (size_t)j * (size_t)io->source_stride - io->channel;

                for (int32_t k = c; k < stop; ++k) to[k] += weights[j] * v[k];
            }
        }
    }
}

const srd__kind srd__kind_attention = { .name = "attention",
                                        .role = SRD__GATHER,
                                        .selects = 1,
                                        .weighs = 1,
                                        .attends = 1,
                                        .shape = shape,
                                        .slot_count = slot_count,
                                        .paths = paths,
                                        .runs = runs,
                                        .forward = forward,
                                        .frozen_bytes = frozen_bytes,
                                        .freeze = freeze };

/* Copies [T][S] or [heads][T][S]: finite or -Inf, and every query of every head sees a key. */
static bool read_mask(srd_graph *graph, srd__layer *layer, const srd_tensor *mask)
{
    int32_t lead;
    float *to;

    if (srd__want_float32(mask, SRD__TEXT("the mask"), &graph->failure, layer->id, layer->name) != SRD_OK) return false;
    lead = mask->rank - 2;
    if ((lead != 0 && lead != 1) || (lead == 1 && mask->shape[0] != layer->groups) || mask->shape[lead] > 1 << 24 ||
        mask->shape[lead + 1] > 1 << 24 || mask->shape[lead] * mask->shape[lead + 1] > INT32_MAX / layer->groups) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name,
                        "the mask must be [queries][keys] or [%d][queries][keys]", layer->groups);
        return false;
    }
    layer->after = lead == 1 ? layer->groups : 1;
    layer->size_h = (int32_t)mask->shape[lead];
    layer->size_w = (int32_t)mask->shape[lead + 1];
    layer->constant = to =
        (float *)srd__graph_take(graph, (size_t)layer->after * (size_t)layer->size_h * (size_t)layer->size_w, sizeof *to);
    if (to == NULL) return false;
    for (int32_t row = 0; row < layer->after * layer->size_h; ++row) {
        const float *const from = (const float *)(const void *)mask->data + row % layer->size_h * mask->strides[lead] +
                                  (lead == 1 ? row / layer->size_h * mask->strides[0] : 0);
        bool any = false, broken = false;

        for (int32_t j = 0; j < layer->size_w; ++j, ++to) {
            *to = from[j * mask->strides[lead + 1]];
            any = any || srd__finite(*to);
            broken = broken || (!srd__finite(*to) && !(*to < 0.0f));
        }
        if (!any || broken) {
            (void)srd__fail(&graph->failure, SRD_ERR_NUMBER, layer->id, layer->name,
                            "row %d of the mask has a NaN or +Inf, or lets no key through", row);
            return false;
        }
    }
    return true;
}

srd_layer srd_graph_attention(srd_graph *graph, const char *name, srd_layer query, srd_layer key, srd_layer value,
                              const srd_attention_options *options)
{
    const srd_layer inputs[3] = { value, query, key };
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_attention, inputs, 3);
    srd_attention_options o;

    if (layer == NULL ||
        !srd__layer_options(graph, layer, &o, sizeof o, options, sizeof o, SRD__TEXT("srd_attention_options"))) {
        return SRD_LAYER_NONE;
    }
    if (o.heads < 0 || o.heads > 1 << 16 || !srd__finite(o.scale) || o.reserved != 0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "%d heads, or the scale is NaN or Inf, or reserved is not 0", o.heads);
        return SRD_LAYER_NONE;
    }
    layer->walked = 1;
    layer->groups = srd__max(o.heads, 1);
    layer->low = o.scale;
    return o.mask == NULL || read_mask(graph, layer, o.mask) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
