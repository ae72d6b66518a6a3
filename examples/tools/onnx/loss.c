/* loss.c -- the losses of training, of a known class: weights that pick one number of each sample, and their sum. */
#include "import.h"

#include <string.h>

typedef struct loss {
    array *picks;  /* of the shape of the scores: minus the weight of the class at the class, else 0 */
    double weight; /* of all samples */
} loss;

static loss picks_of(import *im, const node *n, const view *v)
{
    const array *const target = constant_of(im, n, 1, false), *const weights = constant_of(im, n, 2, true);
    const int64_t ignored = attribute_int(im, n, "ignore_index", INT64_MIN), classes = v->rank >= 2 ? v->dims[1] : 0;
    loss l = { array_make(im, false, v->rank, v->dims), 0 };
    int64_t inner = 1;

    for (int32_t i = 2; i < v->rank; ++i) inner *= v->dims[i];
    if (!target->is_int || classes < 1 || target->count * classes != l.picks->count ||
        (weights != NULL && weights->count != classes)) {
        refuse(im, "its classes and weights do not fit its scores");
    }
    for (int64_t i = 0; i < target->count; ++i) {
        const int64_t k = target->ints[i];
        if (k == ignored) continue;
        if (k < 0 || k >= classes) refuse(im, "class %lld of %lld", (long long)k, (long long)classes);
        const double weight = weights != NULL ? array_at(weights, k) : 1;
        l.picks->floats[(i / inner * classes + k) * inner + i % inner] = (float)-weight;
        l.weight += weight;
    }
    return l;
}

/* Gates that never change, and a sum over the classes, and over the samples if there is a reduction. */
void import_nll(import *im, const node *n)
{
    const char *const reduction = attribute_text(im, n, "reduction", "mean");
    const bool sums = strcmp(reduction, "none") != 0;
    view v = *view_of(im, n, 0);
    int64_t dims[MOST_RANK];
    int32_t rank = 0;

    if (v.rank < 2) refuse(im, "its scores have %d axes", v.rank);
    if (is_op(n, "SoftmaxCrossEntropyLoss")) {
        v = arranged(im, &v, 1u << 1);
        v = apply(im, &v, "log softmax");
        put_view(im, n, 1, &v);
    }
    const loss l = picks_of(im, n, &v);
    const int32_t layers[] = { v.layer, emit_constant(im, everywhere(im, l.picks, &v), v.channels, v.height, v.width) };
    call *const c = emit_many(im, CALL_GATE, layers, 2);
    set_shape(im, c, v.channels, v.height, v.width);
    v.layer = layer_of(im, c);
    v = summed(im, &v, sums ? (1u << v.rank) - 1 : 1u << 1, false);
    if (strcmp(reduction, "mean") == 0) {
        if (!(l.weight != 0)) refuse(im, "its samples have no weight");
        v = scaled(im, &v, 1 / l.weight, 0);
    } else if (sums && strcmp(reduction, "sum") != 0) {
        refuse(im, "the reduction %.40s is not known", reduction);
    }
    for (int32_t i = 0; !sums && i < v.rank; ++i) {
        if (i != 1) dims[rank++] = v.dims[i];
    }
    if (!view_reshape(&v, rank, dims)) refuse(im, "the classes cannot be taken away");
    put_view(im, n, 0, &v);
}
