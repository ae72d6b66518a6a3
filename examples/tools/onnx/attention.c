/*
 * attention.c -- MatMul(Softmax(scale * MatMul(q, k^T) + mask), v), the form in which every attention arrives. Where the heads come
 * from (reshapes, transpositions, slices of one projection) does not matter: the views of q, k and v tell.
 */
#include "import.h"

#include <string.h>

typedef struct attention {
    int32_t q, k, v; /* values; k is transposed */
    int32_t mask;    /* value, or NO_VALUE */
    double scale;
} attention;

static int32_t skip(const import *im, int32_t v, const char *op)
{
    const node *n;

    while ((n = maker(im, v, op)) != NULL && n->input_count >= 1) v = n->inputs[0];
    return v;
}

/* Takes a scale off a value. */
static int32_t unscaled(const import *im, int32_t v, double *scale)
{
    const node *const mul = maker(im, v, "Mul"), *const div = maker(im, v, "Div");
    double number;

    if (div != NULL && div->input_count == 2 && scalar_of(im, div->inputs[1], &number) && number != 0) {
        *scale /= number;
        return div->inputs[0];
    }
    for (int i = 0; mul != NULL && mul->input_count == 2 && i < 2; ++i) {
        if (!scalar_of(im, mul->inputs[i], &number)) continue;
        *scale *= number;
        return mul->inputs[1 - i];
    }
    return v;
}

/* Whether a softmax runs over the last axis of a rank, and over nothing else; before opset 13 it takes all axes from its own on. */
static bool is_over_keys(import *im, const node *softmax, int32_t rank)
{
    const int64_t axis = attribute_int(im, softmax, "axis", im->opset < 13 ? 1 : -1);

    return axis == -1 || axis == rank - 1;
}

static bool find_attention(import *im, const node *n, attention *found)
{
    const node *softmax, *product, *add;
    int32_t inner;

    if (!is_op(n, "MatMul") || n->input_count != 2) return false;
    softmax = maker(im, skip(im, skip(im, n->inputs[0], "Dropout"), "Identity"), "Softmax");
    if (softmax == NULL || softmax->input_count != 1) return false;
    inner = softmax->inputs[0];
    *found = (attention){ .v = n->inputs[1], .mask = NO_VALUE, .scale = 1 };
    add = maker(im, inner, "Add");
    for (int i = 0; add != NULL && add->input_count == 2 && i < 2; ++i) {
        const int32_t other = add->inputs[i];
        if (other == NO_VALUE || im->values[other].state != VALUE_CONSTANT) continue;
        found->mask = other;
        inner = add->inputs[1 - i];
    }
    product = maker(im, unscaled(im, inner, &found->scale), "MatMul");
    if (product == NULL || product->input_count != 2) return false;
    found->q = unscaled(im, product->inputs[0], &found->scale);
    found->k = unscaled(im, product->inputs[1], &found->scale);
    return found->q != NO_VALUE && found->k != NO_VALUE && found->v != NO_VALUE && im->values[found->q].state == VALUE_VIEW &&
           im->values[found->k].state == VALUE_VIEW && im->values[found->v].state == VALUE_VIEW &&
           is_over_keys(im, softmax, im->values[found->q].view.rank);
}

/* The tokens of a value as a layer (heads * channels, 1, tokens); its axes must be heads, tokens and channels of a head. */
static view heads_of(import *im, int32_t value_of_it, bool is_transposed)
{
    view v = im->values[value_of_it].view, form = { .count = 0 };
    int32_t order[MOST_RANK];
    int64_t heads = 1;

    if (v.rank < 2) refuse(im, "an attention over a vector");
    for (int32_t i = 0; i < v.rank; ++i) order[i] = i;
    if (is_transposed) {
        order[v.rank - 1] = v.rank - 2;
        order[v.rank - 2] = v.rank - 1;
        view_transpose(&v, order);
    }
    const int64_t tokens = v.dims[v.rank - 2], size = v.dims[v.rank - 1];
    for (int32_t i = 0; i < v.rank - 2; ++i) heads *= v.dims[i];
    if (v.channels != heads * size || v.height * v.width != tokens)
        refuse(im, "an attention that does not run over all positions");
    regrid(im, &v, 1, tokens);
    form = v;
    form.count = 0;
    for (int32_t i = 0, last = 1; i < v.rank - 2; ++i) { /* several axes of heads are one after the other */
        last *= (int32_t)v.dims[i];
        view_set_axis(&form, i, CHANNELS, v.dims[i], size * (heads / last));
    }
    view_set_axis(&form, v.rank - 2, POSITIONS, tokens, 1);
    view_set_axis(&form, v.rank - 1, CHANNELS, size, 1);
    if (!view_same_axes(&v, &form, (1u << v.rank) - 1)) refuse(im, "the heads of an attention do not lie one after the other");
    return v;
}

static void put_mask(import *im, call *c, const array *mask, int64_t heads, int64_t queries, int64_t keys)
{
    const int64_t dims[] = { heads, queries, keys };
    const bool same_for_all = mask->rank < 3 || mask->count == queries * keys;
    array flat = *mask;

    while (flat.rank > 3 && flat.dims[0] == 1) { /* batch axes */
        memmove(flat.dims, flat.dims + 1, (size_t)--flat.rank * sizeof *flat.dims);
    }
    if (same_for_all && flat.rank == 3 && flat.dims[0] == 1) {
        memmove(flat.dims, flat.dims + 1, (size_t)--flat.rank * sizeof *flat.dims);
    }
    if (flat.is_int || flat.rank > 3) refuse(im, "the mask of the attention is not (heads, queries, keys)");
    const array *const wide = array_stretch(im, &flat, same_for_all ? 2 : 3, same_for_all ? dims + 1 : dims);
    set_tensor(c, 0, wide->floats, wide->rank, wide->dims);
}

bool match_attention(import *im, const node *n)
{
    attention found;
    view q, k, v, out;
    int64_t heads = 1;
    call *c;

    if (!find_attention(im, n, &found)) return false;
    q = heads_of(im, found.q, false);
    k = heads_of(im, found.k, true);
    v = heads_of(im, found.v, false);
    for (int32_t i = 0; i < q.rank - 2; ++i) heads *= q.dims[i];
    if (q.rank != k.rank || q.rank != v.rank || q.channels != k.channels || k.width != v.width)
        refuse(im, "an attention whose parts do not fit");
    for (int32_t i = 0; i < q.rank - 2; ++i) {
        if (q.dims[i] != k.dims[i] || q.dims[i] != v.dims[i]) refuse(im, "an attention whose heads do not fit");
    }
    const int32_t layers[] = { q.layer, k.layer, v.layer };
    c = emit_many(im, CALL_ATTENTION, layers, 3);
    c->ints[0] = to_int32(im, heads);
    c->floats[0] = (float)found.scale;
    if (found.mask != NO_VALUE) put_mask(im, c, im->values[found.mask].constant, heads, q.width, k.width);
    set_shape(im, c, v.channels, 1, q.width);
    out = v;
    out.layer = layer_of(im, c);
    out.width = q.width;
    view_set_axis(&out, out.rank - 2, POSITIONS, q.width, 1);
    put_view(im, n, 0, &out);
    return true;
}
