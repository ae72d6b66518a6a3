/*
 * attention.c -- multi-head attention over tokens. With the weights of head h frozen at this forward pass,
 *
 *     A_hij = softmax over j of (scale * <q_hi, k_hj> + mask_hij),    output token i, channels of head h = sum over j of A_hij v_hj,
 *
 * it gathers value tokens: a path per key that the mask lets through. Queries and keys receive nothing (METHOD section 2).
 *
 * A row of query, key and value is a sequence: there is one of them, or (layer->mode 1) any number, none of which sees another. So
 * what belongs to a query, a row of A and its slots, has the length of one sequence, however many there are.
 */
#include "layers/kinds.h"

#if SRD_WITH_ATTENTION
static bool equal_or_unknown(int32_t a, int32_t b)
{
    return a == b || a == 0 || b == 0;
}

/* layer->inputs: value, query, key. layer->constant: the mask [layer->before rows][layer->after heads][queries size_h][keys size_w],
 * or NULL; one row or one head of it stands for all. */
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
    if (k.w != 0 && v.w != 0 && k.w != v.w) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "%d keys and %d values: as many keys as values", k.w,
                         v.w);
    }
    if (layer->mode == 0 && (q.h > 1 || k.h > 1 || v.h > 1)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "query, key and value have %d, %d and %d rows: one row of tokens each, or the option rows", q.h, k.h,
                         v.h);
    }
    if (!equal_or_unknown(q.h, k.h) || !equal_or_unknown(q.h, v.h) || !equal_or_unknown(k.h, v.h)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "query, key and value have %d, %d and %d rows: each row is a sequence, so they must be equal", q.h,
                         k.h, v.h);
    }
    if (layer->constant != NULL && layer->before > 1 && !equal_or_unknown(q.h, layer->before)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the mask is for %d rows, here are %d", layer->before,
                         q.h);
    }
    if (layer->constant != NULL && ((q.w != 0 && q.w != layer->size_h) || (k.w != 0 && k.w != layer->size_w))) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "the mask is for %d queries and %d keys, here are %d and %d", layer->size_h, layer->size_w, q.w, k.w);
    }
    out->h = layer->mode == 0 ? 1 : srd__max(q.h, srd__max(k.h, v.h));
    if ((int64_t)q.w * v.w > INT32_MAX / 4 / layer->groups / srd__max(out->h, 1)) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "%d rows of %d queries times %d keys are too many",
                         out->h, q.w, v.w);
    }
    out->c = v.c;
    out->w = q.w;
    return SRD_OK;
}

static size_t frozen_bytes(const srd__layer *layer, const srd__shape *shapes)
{
    const srd__shape *const out = &shapes[layer->id];

    return (size_t)layer->groups * (size_t)out->h * (size_t)out->w * (size_t)shapes[layer->inputs[0]].w * sizeof(float);
}

/* The mask of a head and of query `position` of all, of which a sequence has `queries`, by key; NULL: none. */
static const float *mask_row(const srd__layer *layer, int32_t head, int32_t position, int32_t queries)
{
    const size_t r = layer->before > 1 ? (size_t)(position / queries) : 0, h = layer->after > 1 ? (size_t)head : 0;
    const size_t row = (r * (size_t)layer->after + h) * (size_t)layer->size_h + (size_t)(position % queries);

    return layer->constant != NULL ? layer->constant + row * (size_t)layer->size_w : NULL;
}

/* Does the mask of any head let a query see key j of its sequence? */
static bool sees(const srd__layer *layer, int32_t position, int32_t queries, int32_t j)
{
    for (int32_t head = 0; layer->constant != NULL && head < layer->after; ++head) {
        if (srd__finite(mask_row(layer, head, position, queries)[j])) return true;
    }
    return layer->constant == NULL;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (int64_t)walk->shapes[layer->inputs[0]].w * walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t value = layer->inputs[0], keys = walk->shapes[value].w, queries = walk->shapes[layer->id].w;
    const int32_t first = position / queries * keys;

    for (int32_t j = 0; j < keys; ++j) {
        if (!sees(layer, position, queries, j)) continue;
        srd__walk_paths(walk, value, first + j, slot + (int64_t)j * walk->slots[value]);
    }
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t value = layer->inputs[0], keys = walk->shapes[value].w, end = run->channel + run->count;
    const int32_t per_head = walk->shapes[value].c / layer->groups, queries = walk->shapes[layer->id].w;
    const int32_t first = position / queries * keys, positions = walk->shapes[layer->id].h * queries;
    const float *const weights = walk->frozen(walk, layer->id);

    for (int32_t c = run->channel; c < end; c = (c / per_head + 1) * per_head) {
        const size_t row = (size_t)(c / per_head) * (size_t)positions + (size_t)position;
        srd__run part = *run;

        part.channel = c;
        part.count = srd__min(end, (c / per_head + 1) * per_head) - c;
        part.top += (c - run->channel) * run->step;
        for (int32_t j = 0; j < keys; ++j) {
            if (!sees(layer, position, queries, j)) continue;
            part.weight = run->weight * weights[row * (size_t)keys + (size_t)j];
            part.slot = run->slot + (int64_t)j * walk->slots[value];
            srd__walk_runs(walk, value, first + j, &part);
        }
    }
}

/* One row of A, of query i of all. The largest score is taken away first, so nothing overflows. */
static void attend(const srd__layer *layer, const srd__gather_io *io, int32_t head, int32_t i, float *row)
{
    const srd__operand *const q = &io->operands[0], *const k = &io->operands[1];
    const int32_t keys = k->shape->w, n = q->shape->c / layer->groups, first = i / io->out->w * keys;
    const float *const x = q->x + (size_t)i * (size_t)q->stride + (size_t)head * (size_t)n;
    const float *const mask = mask_row(layer, head, i, io->out->w);
    const float scale = layer->low != 0.0f ? layer->low : (float)(1.0 / sqrt((double)n));
    float largest = -FLT_MAX, sum = 0.0f;

    for (int32_t j = 0; j < keys; ++j) {
        const float *const y = k->x + (size_t)(first + j) * (size_t)k->stride + (size_t)head * (size_t)n;
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
    const size_t keys = (size_t)io->operands[1].shape->w, positions = (size_t)io->out->h * (size_t)io->out->w;

    for (int32_t head = 0; head < layer->groups; ++head) {
        for (int32_t i = first; i < first + count; ++i) {
            attend(layer, io, head, i, (float *)io->winner + ((size_t)head * positions + (size_t)i) * keys);
        }
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    const int32_t keys = io->in->w, per_head = io->out->c / layer->groups, end = io->channel + io->channels;
    const size_t positions = (size_t)io->out->h * (size_t)io->out->w;

    for (int32_t i = first; i < first + count; ++i) {
        float *const to = io->target + (size_t)i * (size_t)io->target_stride;
        const float *const values = io->source + (size_t)(i / io->out->w * keys) * (size_t)io->source_stride - io->channel;

        memset(to + io->channel, 0, (size_t)io->channels * sizeof *to);
        for (int32_t c = io->channel; c < end; c = (c / per_head + 1) * per_head) {
            const size_t row = (size_t)(c / per_head) * positions + (size_t)i;
            const float *const weights = (const float *)io->winner + row * (size_t)keys;
            const int32_t stop = srd__min(end, (c / per_head + 1) * per_head);

            for (int32_t j = 0; j < keys; ++j) {
                const float *const v = values + (size_t)j * (size_t)io->source_stride;

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

/* The sizes of a mask, [queries][keys] behind up to two axes for rows and heads, become those of the layer. */
static bool read_mask_sizes(srd_graph *graph, srd__layer *layer, const srd_tensor *mask)
{
    const int32_t lead = mask->rank - 2;
    int64_t sizes[4] = { 1, 1, 0, 0 }, numbers = 1;
    bool fits = lead >= 0 && lead <= (layer->mode != 0 ? 2 : 1);

    for (int32_t axis = 0; fits && axis < mask->rank; ++axis) {
        const int64_t size = mask->shape[axis];

        sizes[2 - lead + axis] = size;
        fits = size > 0 && size <= 1 << 24 && numbers <= INT32_MAX / 4 / layer->groups / size;
        numbers *= size;
    }
    if (!fits || (lead >= 1 && sizes[1] != layer->groups)) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name,
                        "the mask must be [queries][keys] or [%d][queries][keys]%s", layer->groups,
                        layer->mode != 0 ? ", or with the rows before the heads" : "");
        return false;
    }
    layer->before = (int32_t)sizes[0];
    layer->after = (int32_t)sizes[1];
    layer->size_h = (int32_t)sizes[2];
    layer->size_w = (int32_t)sizes[3];
    return true;
}

/* Copies a mask: finite or -Inf, and every query of every row and head sees a key. */
static bool read_mask(srd_graph *graph, srd__layer *layer, const srd_tensor *mask)
{
    const int64_t *strides = mask->strides;
    const int32_t lead = mask->rank - 2;
    float *to;
    int32_t rows;

    if (srd__want_float32(mask, SRD__TEXT("the mask"), &graph->failure, layer->id, layer->name) != SRD_OK ||
        !read_mask_sizes(graph, layer, mask)) {
        return false;
    }
    rows = layer->before * layer->after * layer->size_h;
    layer->constant = to = (float *)srd__graph_take(graph, (size_t)rows * (size_t)layer->size_w, sizeof *to);
    if (to == NULL) return false;
    for (int32_t row = 0; row < rows; ++row) {
        const int32_t query = row % layer->size_h, head = row / layer->size_h % layer->after,
                      r = row / layer->size_h / layer->after;
        const float *const from = (const float *)(const void *)mask->data + query * strides[lead] +
                                  (lead >= 1 ? head * strides[lead - 1] : 0) + (lead == 2 ? r * strides[0] : 0);
        bool any = false, broken = false;

        for (int32_t j = 0; j < layer->size_w; ++j, ++to) {
            *to = from[j * strides[lead + 1]];
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
    if (o.heads < 0 || o.heads > 1 << 16 || !srd__finite(o.scale) || (o.rows != 0 && o.rows != 1)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "%d heads, or the scale is NaN or Inf, or rows is %d: 0 or 1", o.heads, o.rows);
        return SRD_LAYER_NONE;
    }
    layer->walked = 1;
    layer->groups = srd__max(o.heads, 1);
    layer->low = o.scale;
    layer->mode = o.rows;
    return o.mask == NULL || read_mask(graph, layer, o.mask) ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}
#endif
