/* host_values.c -- numbers of sites that the host has computed elsewhere take the place of ours, and are compared with them. */
#include "explain/host_values.h"

#include "explain/busy.h"

#if SRD_WITH_GIVEN
/* The caller's number of channel c at position p, in the image that runs. */
static float number_at(const srd_explainer *ex, const srd_tensor *t, int32_t width, int32_t p, int32_t c)
{
    const int64_t *const stride = t->strides + (t->rank - 3);
    const int64_t image = t->rank == 4 ? (int64_t)ex->run.number * t->strides[0] : 0;

    return ((const float *)(const void *)t->data)[image + c * stride[0] + p / width * stride[1] + p % width * stride[2]];
}

void srd__give(const srd_explainer *ex, int32_t layer, int32_t what, int32_t p, int32_t first, int32_t count, float *numbers,
               float *error)
{
    const srd_tensor *const given = ex->run.nodes[layer].given[what];

    if (given == NULL) return;
    for (int32_t c = 0; c < count; ++c) {
        const float theirs = number_at(ex, given, ex->plan.shapes[layer].w, p, first + c);

        if (error != NULL) *error = srd__max(*error, fabsf(theirs - numbers[c]));
        numbers[c] = theirs;
    }
}

static srd_status check(srd_explainer *ex, int32_t i, const srd_given *given)
{
    const srd_layer layer = given->layer;
    const srd_tensor *const t = given->numbers;
    const srd__layer *l;
    const srd__shape *s;

    if (layer < 0 || layer >= ex->plan.graph->layer_count) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "given[%d]: layer %d is no layer: the graph has 0 to %d", i, layer, ex->plan.graph->layer_count - 1);
    }
    if ((given->what | 1) != 1) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name,
                         "given[%d]: what is %d, neither 0 nor 1", i, given->what);
    }
    if (!srd__is_tensor(t)) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name, "given[%d]: numbers %s", i,
                         srd__no_tensor(t));
    }
    l = ex->plan.graph->layers[srd__resolve(ex->plan.graph, layer)];
    s = &ex->plan.shapes[l->id];
    if (!l->site || l->kind->role == SRD__SOURCE) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name,
                         "given[%d]: only sites that are no inputs or constants can be given", i);
    }
    if (srd__want_float32(t, "given", ex->failure, layer, ex->plan.graph->layers[layer]->name) != SRD_OK)
        return SRD_ERR_ARGUMENT;
    if ((t->rank != 3 || srd__batch(ex) != 1) && (t->rank != 4 || t->shape[0] != srd__batch(ex))) {
        return srd__fail(ex->failure, SRD_ERR_SHAPE, layer, l->name, "given[%d] has rank %d or another batch than %d", i,
                         t->rank, srd__batch(ex));
    }
    if (t->shape[t->rank - 3] != s->c || t->shape[t->rank - 2] != s->h || t->shape[t->rank - 1] != s->w) {
        return srd__fail(ex->failure, SRD_ERR_SHAPE, layer, l->name, "given[%d] must be [%d][%d][%d][%d]", i, srd__batch(ex),
                         s->c, s->h, s->w);
    }
    return SRD_OK;
}

/* NaN or Inf in what is given, in the images of the batch? */
static bool is_finite(srd_explainer *ex, int32_t layer, const srd_tensor *t)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    const int32_t number = ex->run.number;
    bool ok = true;

    for (ex->run.number = 0; ok && ex->run.number < srd__batch(ex); ++ex->run.number) {
        for (int32_t p = 0; ok && p < s->h * s->w; ++p) {
            for (int32_t c = 0; ok && c < s->c; ++c) ok = srd__finite(number_at(ex, t, s->w, p, c));
        }
    }
    ex->run.number = number;
    return ok;
}

/* Entry i of what is given; the size of an entry was looked at before. */
static srd_status entry_of(const srd_run_options *o, int32_t i, srd_given *given, srd_detail *detail)
{
    const size_t size = o->given_size == 0 ? sizeof *given : (size_t)o->given_size;

    return srd__entry_read(given, sizeof *given, o->given, size, i, SRD__TEXT("given"), detail);
}

/* Does an entry before number i give the same numbers? */
static srd_status check_twice(srd_explainer *ex, const srd_run_options *o, int32_t i, const srd_given *given)
{
    const int32_t layer = srd__resolve(ex->plan.graph, given->layer);

    for (int32_t k = 0; k < i; ++k) {
        srd_given other;

        (void)entry_of(o, k, &other, NULL);
        if (srd__resolve(ex->plan.graph, other.layer) == layer && other.what == given->what) {
            return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name,
                             "given[%d] and given[%d] give the same numbers twice", k, i);
        }
    }
    return SRD_OK;
}

srd_status srd__check_given(srd_explainer *ex, const srd_run_options *o)
{
    size_t size;
    srd_status status = srd__entry_size(o->given_size, sizeof(srd_given), SRD__TEXT("given"), &size, ex->failure);

    for (int32_t i = 0; status == SRD_OK && i < o->given_count; ++i) {
        srd_given given;

        status = entry_of(o, i, &given, ex->failure);
        if (status == SRD_OK) status = check(ex, i, &given);
        if (status == SRD_OK) status = check_twice(ex, o, i, &given);
        if (status == SRD_OK && !is_finite(ex, srd__resolve(ex->plan.graph, given.layer), given.numbers)) {
            status = srd__fail(ex->failure, SRD_ERR_NUMBER, given.layer, ex->plan.graph->layers[given.layer]->name,
                               "given[%d] holds a NaN or Inf", i);
        }
    }
    return status;
}

void srd__take_given(srd_explainer *ex, const srd_run_options *o)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        ex->run.nodes[id].given[SRD_GIVEN_VALUE] = ex->run.nodes[id].given[SRD_GIVEN_PRE_ACTIVATION] = NULL;
        ex->run.nodes[id].was_given = 0;
    }
    for (int32_t i = 0; i < o->given_count; ++i) {
        srd__node_run *node;
        srd_given given;

        (void)entry_of(o, i, &given, NULL);
        node = &ex->run.nodes[srd__resolve(ex->plan.graph, given.layer)];
        node->given[given.what] = given.numbers;
        node->was_given = 1;
    }
}
#endif

srd_status srd_explainer_given_error(const srd_explainer *explainer, srd_layer layer, float *error, srd_detail *detail)
{
    srd_status status = srd__want_explainer(explainer, detail);
    const srd__node_run *node;

    if (status == SRD_OK) status = srd__want_layer(explainer, SRD__TEXT("layer"), layer, detail);
    if (status != SRD_OK) return status;
    if (error == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "error is NULL");
    node = &explainer->run.nodes[srd__resolve(explainer->plan.graph, layer)];
    if (!explainer->run.has_run || !node->was_given) {
        return srd__fail(detail, SRD_ERR_STATE, layer, explainer->plan.graph->layers[layer]->name,
                         "there is no run, or nothing was given for this layer in it");
    }
    *error = node->given_error;
    return SRD_OK;
}
