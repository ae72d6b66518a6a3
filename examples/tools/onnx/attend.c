/*
 * attend.c -- the operator Attention of opset 23 and later. Queries, keys and values that depend on the picture become the library's attention;
 * where keys and values are constants, it is two products with constants and a softmax between them. Batches are heads of their own.
 */
#include "import.h"

#include <math.h>
#include <string.h>

#define HIDDEN (-1e30f) /* added to the score of a key that a query does not see: it leaves exactly no weight */

typedef struct heads {
    int64_t batches, heads, tokens, size;
} heads;

/* ---- (B, H, T, d) of views and of constants -------------------------------------------------------------------------------- */

static heads heads_of_dims(import *im, int32_t rank, const int64_t *dims, int64_t count)
{
    if (rank == 4) return (heads){ dims[0], dims[1], dims[2], dims[3] };
    if (rank != 3 || count < 1 || dims[2] % count != 0)
        refuse(im, "an input of %d axes with %lld heads", rank, (long long)count);
    return (heads){ dims[0], count, dims[1], dims[2] / count };
}

static view view_in_heads(import *im, const view *v, int64_t count, heads *h)
{
    static const int32_t order[] = { 0, 2, 1, 3 };
    view out = *v;

    *h = heads_of_dims(im, v->rank, v->dims, count);
    if (v->rank == 4) return out;
    const int64_t dims[] = { h->batches, h->tokens, h->heads, h->size };
    if (!view_reshape(&out, 4, dims)) {
        out = arranged(im, v, 1u << 2);
        if (!view_reshape(&out, 4, dims)) refuse(im, "its heads cannot be told apart");
    }
    view_transpose(&out, order);
    return out;
}

/* A constant as (B, wanted heads, past + T, d): heads that share keys are repeated. */
static const array *constant_in_heads(import *im, const array *a, const array *past, int64_t count, int64_t wanted, heads *h)
{
    *h = heads_of_dims(im, a->rank, a->dims, count);
    const int64_t before = past != NULL ? (past->rank == 4 ? past->dims[2] : -1) : 0, tokens = before + h->tokens;
    const int64_t dims[] = { h->batches, wanted, tokens, h->size };
    array *const out = array_make(im, false, 4, dims);

    if (a->is_int || (past != NULL && past->is_int) || before < 0 || h->heads < 1 || wanted % h->heads != 0 ||
        (past != NULL && (past->dims[0] != h->batches || past->dims[1] != h->heads || past->dims[3] != h->size))) {
        refuse(im, "its keys and values do not fit together");
    }
    for (int64_t i = 0; i < out->count; ++i) {
        const int64_t e = i % h->size, t = i / h->size % tokens, head = i / h->size / tokens % wanted / (wanted / h->heads);
        const int64_t b = i / h->size / tokens / wanted, now = t - before;
        if (t < before) out->floats[i] = past->floats[((b * h->heads + head) * before + t) * h->size + e];
        else if (a->rank == 4) out->floats[i] = a->floats[((b * h->heads + head) * h->tokens + now) * h->size + e];
        else out->floats[i] = a->floats[((b * h->tokens + now) * h->heads + head) * h->size + e];
    }
    h->heads = wanted;
    h->tokens = tokens;
    return out;
}

/* ---- masks ------------------------------------------------------------------------------------------------------------------- */

static void hide_later(array *mask, const heads *q, int64_t keys, int64_t past)
{
    for (int64_t i = 0; i < mask->count; ++i) {
        if (i % keys > i / keys % q->tokens + past) mask->floats[i] = HIDDEN;
    }
}

/* Adds the file's mask; its last axis may be shorter than the keys, and what it lacks is hidden. Truth values say what is seen. */
static void add_mask(import *im, const array *a, array *mask, int64_t keys)
{
    int64_t dims[MOST_RANK], strides[MOST_RANK];
    const int64_t has = a->rank > 0 ? a->dims[a->rank - 1] : 0;

    memcpy(dims, mask->dims, sizeof dims);
    if (has > 1 && has < keys) dims[3] = has;
    if (has < 1 || !stretch_strides(a, 4, dims, strides)) refuse(im, "its mask does not fit");
    for (int64_t i = 0; i < mask->count; ++i) {
        const int64_t s = i % keys, t = i / keys % dims[2], h = i / keys / dims[2] % dims[1], b = i / keys / dims[2] / dims[1];
        const int64_t at = b * strides[0] + h * strides[1] + t * strides[2] + s * strides[3];
        const double number = s >= dims[3] ? -INFINITY : a->is_int ? (a->ints[at] != 0 ? 0 : -INFINITY) : array_at(a, at);
        if (!(number > (double)HIDDEN)) mask->floats[i] = HIDDEN;
        else if (mask->floats[i] > HIDDEN) mask->floats[i] += (float)number;
    }
}

/* Queries that see no key have no weights that add up to 1. */
static void check_mask(import *im, const array *mask, int64_t keys)
{
    for (int64_t row = 0; row < mask->count / keys; ++row) {
        bool sees = false;
        for (int64_t s = 0; s < keys && !sees; ++s) sees = mask->floats[row * keys + s] > HIDDEN;
        if (!sees) refuse(im, "a query of its mask sees no key");
    }
}

/* What is added to the scores, (B, H, T, S), or NULL. */
static const array *mask_of(import *im, const node *n, const heads *q, int64_t keys, int64_t past)
{
    const array *const given = constant_of(im, n, 3, true), *const lengths = constant_of(im, n, 6, true);
    const bool is_causal = attribute_int(im, n, "is_causal", 0) != 0;
    const int64_t dims[] = { q->batches, q->heads, q->tokens, keys };
    array *mask;

    if (given == NULL && lengths == NULL && !is_causal) return NULL;
    mask = array_make(im, false, 4, dims);
    if (is_causal && lengths != NULL) refuse(im, "is_causal with nonpad_kv_seqlen is not supported");
    if (is_causal) hide_later(mask, q, keys, past);
    if (given != NULL) add_mask(im, given, mask, keys);
    if (lengths != NULL && (lengths->count != q->batches || !lengths->is_int)) refuse(im, "its lengths do not fit");
    for (int64_t i = 0; lengths != NULL && i < mask->count; ++i) {
        if (i % keys >= lengths->ints[i / keys / q->tokens / q->heads]) mask->floats[i] = HIDDEN;
    }
    check_mask(im, mask, keys);
    return mask;
}

/* ---- the two ways ------------------------------------------------------------------------------------------------------------- */

static view plus_array(import *im, const view *v, const array *a)
{
    const float *const numbers = everywhere(im, a, v);
    const int32_t layers[] = { v->layer, emit_constant(im, numbers, v->channels, v->height, v->width) };
    call *const c = emit_many(im, CALL_ADD, layers, 2);

    set_shape(im, c, v->channels, v->height, v->width);
    return view_with_layer(v, layer_of(im, c));
}

static view attend_to_constants(import *im, const node *n, const view *query, const array *k, const array *v, double scale,
                                const array *mask)
{
    const double cap = (double)attribute_float(im, n, "softcap", 0);
    const int64_t turned[] = { k->dims[0], k->dims[1], k->dims[3], k->dims[2] };
    int64_t strides[4];
    call *c;

    dense_strides(4, k->dims, strides);
    const int64_t swapped[] = { strides[0], strides[1], strides[3], strides[2] };
    view out = times_constant(im, query, array_strided(im, k, 4, turned, swapped, 0), false);
    out = scaled(im, &out, scale, 0);
    if (cap != 0) {
        out = scaled(im, &out, 1 / cap, 0);
        c = emit(im, CALL_TANH, out.layer);
        out.layer = layer_of(im, c);
        out = scaled(im, &out, cap, 0);
    }
    if (mask != NULL) out = plus_array(im, &out, mask);
    out = arranged(im, &out, 1u << 3);
    c = emit(im, CALL_SOFTMAX, out.layer);
    out.layer = layer_of(im, c);
    return times_constant(im, &out, v, false);
}

static view attend_to_views(import *im, const view *query, const view *key, const view *value_, double scale, const array *mask)
{
    const uint32_t set = 1u | 1u << 1 | 1u << 3;
    const view *const parts[] = { query, key, value_ };
    int32_t layers[3];
    view part[3];
    call *c;

    for (int i = 0; i < 3; ++i) {
        part[i] = arranged(im, parts[i], set);
        regrid(im, &part[i], 1, part[i].height * part[i].width);
        layers[i] = part[i].layer;
    }
    const int64_t count = query->dims[0] * query->dims[1], shape[] = { count, query->dims[2], key->dims[2] };
    if (part[0].channels != part[1].channels || part[1].width != part[2].width || key->dims[1] != query->dims[1] ||
        value_->dims[1] != query->dims[1]) {
        refuse(im, "heads that share keys are supported where keys and values are constants");
    }
    c = emit_many(im, CALL_ATTENTION, layers, 3);
    c->ints[0] = to_int32(im, count);
    c->floats[0] = (float)scale;
    if (mask != NULL) set_tensor(c, 0, mask->floats, 3, shape);
    set_shape(im, c, part[2].channels, 1, part[0].width);
    view out = part[2];
    out.layer = layer_of(im, c);
    out.width = part[0].width;
    view_set_axis(&out, 2, POSITIONS, query->dims[2], 1);
    return out;
}

void import_attention(import *im, const node *n)
{
    static const int32_t order[] = { 0, 2, 1, 3 };
    const int64_t heads_q = attribute_int(im, n, "q_num_heads", 0), heads_kv = attribute_int(im, n, "kv_num_heads", heads_q);
    const view *const in = view_of(im, n, 0);
    const value *const k = input_of(im, n, 1), *const v = input_of(im, n, 2);
    const array *const past_k = constant_of(im, n, 4, true), *const past_v = constant_of(im, n, 5, true);
    heads q, keys, values;
    view query = view_in_heads(im, in, heads_q, &q), out;
    const double scale = (double)attribute_float(im, n, "scale", (float)(1 / sqrt((double)q.size)));

    if (k->state == VALUE_CONSTANT && v->state == VALUE_CONSTANT) {
        const array *const key = constant_in_heads(im, k->constant, past_k, heads_kv, q.heads, &keys);
        const array *const held = constant_in_heads(im, v->constant, past_v, heads_kv, q.heads, &values);
        const int64_t past = past_k != NULL ? past_k->dims[2] : 0;
        if (keys.tokens != values.tokens || keys.size != q.size || keys.batches != q.batches)
            refuse(im, "its inputs do not fit");
        out = attend_to_constants(im, n, &query, key, held, scale, mask_of(im, n, &q, keys.tokens, past));
    } else {
        if (k->state != VALUE_VIEW || v->state != VALUE_VIEW || past_k != NULL || past_v != NULL)
            refuse(im, "keys and values must both depend on the picture, with none before them, or both be constants");
        if (attribute_float(im, n, "softcap", 0) != 0) refuse(im, "softcap is supported where keys and values are constants");
        const view key = view_in_heads(im, &k->view, heads_kv, &keys), held = view_in_heads(im, &v->view, heads_kv, &values);
        out = attend_to_views(im, &query, &key, &held, scale, mask_of(im, n, &q, keys.tokens, 0));
    }
    if (in->rank == 3) {
        view_transpose(&out, order);
        const int64_t dims[] = { out.dims[0], out.dims[1], out.dims[2] * out.dims[3] };
        out = arranged(im, &out, 1u << 2 | 1u << 3);
        if (!view_reshape(&out, 3, dims)) refuse(im, "its heads cannot be put together");
    }
    put_view(im, n, 0, &out);
}
