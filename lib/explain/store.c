/* store.c -- where the arrays of an explainer lie, and which of them a question or a step has written. */
#include "explain/store.h"

void *srd__at(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__node *const node = &ex->plan.nodes[layer];
    const int32_t number = node->which[store];
    size_t place;

    if (number == 0) return NULL;
    place = node->arrays[number - 1].place;
    if ((place & SRD__KEPT) == 0) return ex->plan.transient + (place & ~(size_t)SRD__KEPT_AMONG);
    return ex->run.kept + (place - SRD__KEPT);
}

float *srd__value(const srd_explainer *ex, int32_t layer)
{
    const bool masked = SRD_WITH_CHANNEL_MAPS && layer == ex->run.masked_layer;
    float *const value = (float *)srd__at(ex, layer, masked ? SRD__STORE_MASKED : SRD__STORE_VALUE);

    return value != NULL ? value : ex->plan.graph->layers[layer]->constant;
}

float *srd__question_store(srd_explainer *ex, int32_t layer, int32_t store)
{
    float *const at = (float *)srd__at(ex, layer, store);

    if (at != NULL && !srd__is_touched(ex, layer, store)) {
        memset(at, 0, srd__bytes_of(ex, layer, store));
        if (srd__recomputes(ex)) srd__note_store(ex, layer, store);
        ex->asked.nodes[layer].touched |= (uint32_t)1 << store;
    }
    return at;
}

const srd__array *srd__transient_array(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__node *const node = &ex->plan.nodes[layer];
    const srd__array *const array = node->which[store] != 0 ? node->arrays + (node->which[store] - 1) : NULL;

    return array != NULL && (array->place & SRD__KEPT) == 0 ? array : NULL;
}

void srd__note_store(srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__array *const written = srd__transient_array(ex, layer, store);

    if (written == NULL) return;
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        for (int32_t i = 0; ex->run.nodes[id].intact != 0 && i < SRD__STORES; ++i) {
            const srd__array *const a = srd__transient_array(ex, id, i);

            if (a != NULL && a->place < written->place + written->bytes && written->place < a->place + a->bytes)
                ex->run.nodes[id].intact &= ~((uint32_t)1 << i);
        }
    }
    ex->run.nodes[layer].intact |= (uint32_t)1 << store;
}

void srd__note_step(srd_explainer *ex, const srd__step *step)
{
    static const int32_t by_gather[] = { SRD__STORE_VALUE, SRD__STORE_WINNER, SRD__STORE_OPERAND };
    static const int32_t by_segment[] = {
#if SRD__PARTS
        SRD__STORE_PARTS,
#endif
        SRD__STORE_BRANCH_CASE,
        SRD__STORE_CASE,
        SRD__STORE_OPERAND,
        SRD__STORE_VECTORS,
        SRD__STORE_Y,
        SRD__STORE_KEPT_U,
        SRD__STORE_VALUE
    };

    if (step->op == SRD__STEP_FREEZE) {
        srd__note_store(ex, step->layer, SRD__STORE_FROZEN);
    } else if (step->op == SRD__STEP_GATHER) {
        for (size_t i = 0; i < sizeof by_gather / sizeof *by_gather; ++i) srd__note_store(ex, step->layer, by_gather[i]);
    } else {
        for (size_t i = 0; i < sizeof by_segment / sizeof *by_segment; ++i) srd__note_store(ex, step->layer, by_segment[i]);
    }
}

#if SRD__STATISTICS
bool srd__has_under_value(const srd_explainer *ex, int32_t layer)
{
    const srd__layer *const l = ex->plan.graph->layers[layer];

    return !l->site && l->kind->role != SRD__GATHER && (ex->plan.nodes[layer].bound >= 0 || ex->plan.nodes[layer].under >= 0);
}
#endif
