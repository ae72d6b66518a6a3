/*
 * response.c -- ConvNeXt V2's global response norm, which arrives in pieces: x + gamma * (x * N) + beta with N = L / (ReduceMean(L) + eps) and
 * L = ReduceL2(x) over all positions; operands of sums and products in any order.
 */
#include "import.h"

#define MOST_TERMS 3

typedef struct response {
    int32_t x, beta, gamma; /* values; NO_VALUE: there is none */
    double eps;
} response;

/* The operands of a tree of equal operators. @return how many, 0: too many */
static int32_t terms_of(import *im, const node *n, const char *op, int32_t *terms, int32_t count)
{
    for (int32_t i = 0; i < n->input_count; ++i) {
        const node *const below = maker(im, n->inputs[i], op);
        if (below != NULL) {
            count = terms_of(im, below, op, terms, count);
            if (count == 0) return 0;
        } else if (count == MOST_TERMS || n->inputs[i] == NO_VALUE) {
            return 0;
        } else {
            terms[count++] = n->inputs[i];
        }
    }
    return count;
}

static bool is_constant(const import *im, int32_t v)
{
    return im->values[v].state == VALUE_CONSTANT && !im->values[v].constant->is_int;
}

/* The one of two or three terms that is neither x nor the one that may be a constant. @return NO_VALUE: they are others */
static int32_t last_term(const import *im, const int32_t *terms, int32_t count, int32_t x, int32_t *constant)
{
    int32_t left = NO_VALUE;
    bool has_x = false;

    *constant = NO_VALUE;
    for (int32_t i = 0; i < count; ++i) {
        int32_t *const to = is_constant(im, terms[i]) ? constant : &left;
        if (terms[i] == x && !has_x) {
            has_x = true;
        } else if (*to == NO_VALUE) {
            *to = terms[i];
        } else {
            return NO_VALUE;
        }
    }
    return has_x ? left : NO_VALUE;
}

/* Whether a reduction with keepdims runs over all positions of x, or over all its channels, and nothing else. */
static bool runs_over(import *im, const node *reduction, const view *v, atom_kind kind)
{
    int64_t axes[MOST_RANK];
    const int32_t count =
        reduction == NULL || reduction->input_count < 1 ? 0 : list_of(im, reduction, "axes", 1, axes, MOST_RANK);
    atom atoms[MOST_ATOMS];
    uint32_t set = 0;

    if (count < 1 || attribute_int(im, reduction, "keepdims", 1) == 0) return false;
    for (int32_t i = 0; i < count; ++i) set |= 1u << axis_from(im, axes[i], v->rank);
    return view_counts_all(v, atoms, view_collect(v, set, atoms), kind);
}

/* N of x */
static bool is_share(import *im, int32_t v, response *found)
{
    const node *const div = maker(im, v, "Div");
    const int32_t length = div != NULL && div->input_count == 2 ? div->inputs[0] : NO_VALUE;
    const node *const l2 = maker(im, length, "ReduceL2"), *const sum = l2 != NULL ? maker(im, div->inputs[1], "Add") : NULL;
    const view *x;

    if (l2 == NULL || l2->input_count < 1 || l2->inputs[0] != found->x) return false;
    x = &im->values[found->x].view;
    found->eps = 0;
    for (int i = 0; i < 2; ++i) {
        const node *const mean = maker(im, sum != NULL ? sum->inputs[i] : div->inputs[1], "ReduceMean");
        if (sum != NULL && (sum->input_count != 2 || !scalar_of(im, sum->inputs[1 - i], &found->eps))) continue;
        if (mean == NULL || mean->inputs[0] != length || found->eps < 0) continue;
        return runs_over(im, l2, x, POSITIONS) && runs_over(im, mean, x, CHANNELS);
    }
    return false;
}

static bool is_response_norm(import *im, const node *n, response *found)
{
    int32_t terms[MOST_TERMS], factors[MOST_TERMS];
    const int32_t count = is_op(n, "Add") ? terms_of(im, n, "Add", terms, 0) : 0;

    for (int32_t i = 0; i < count; ++i) {
        const int32_t product = last_term(im, terms, count, terms[i], &found->beta);
        const node *const mul = maker(im, product, "Mul");
        const int32_t factor_count = mul != NULL ? terms_of(im, mul, "Mul", factors, 0) : 0;

        found->x = terms[i];
        if (factor_count == 0 || im->values[found->x].state != VALUE_VIEW) continue;
        const int32_t share = last_term(im, factors, factor_count, found->x, &found->gamma);
        if (share != NO_VALUE && is_share(im, share, found)) return true;
    }
    return false;
}

bool match_response_norm(import *im, const node *n)
{
    const float *vectors[2] = { NULL, NULL };
    response found;

    if (!is_response_norm(im, n, &found)) return false;
    const view *const v = &im->values[found.x].view;
    const int32_t numbers[2] = { found.gamma, found.beta };
    for (int i = 0; i < 2; ++i) {
        int64_t strides[MOST_RANK];
        const array *const a = numbers[i] == NO_VALUE ? NULL : im->values[numbers[i]].constant;
        if (a != NULL && stretch_strides(a, v->rank, v->dims, strides)) vectors[i] = along_channels(im, a, v);
        if (a != NULL && vectors[i] == NULL) return false;
    }
    call *const c = emit(im, CALL_GLOBAL_RESPONSE_NORM, v->layer);
    for (int i = 0; i < 2; ++i) set_vector(c, i, vectors[i], v->channels);
    c->eps = found.eps;
    const view out = view_with_layer(v, layer_of(im, c));
    put_view(im, n, 0, &out);
    return true;
}
