/* recompute.c -- see recompute.h. */
#include "explain/recompute.h"

#include "explain/frozen.h"

/* What is left of a store in the transient region, NULL if there is none. */
static const srd__array *array_of(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__node *const node = &ex->nodes[layer];
    const srd__array *const array = node->which[store] != 0 ? node->arrays + (node->which[store] - 1) : NULL;

    return array != NULL && (array->place & SRD__KEPT) == 0 ? array : NULL;
}

/* ---- what is there -------------------------------------------------------------------------------------------------------- */

void srd__note_store(srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__array *const written = array_of(ex, layer, store);

    if (written == NULL) return;
    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        for (int32_t i = 0; ex->nodes[id].intact != 0 && i < SRD__STORES; ++i) {
            const srd__array *const a = array_of(ex, id, i);

            if (a != NULL && a->place < written->place + written->bytes && written->place < a->place + a->bytes)
                ex->nodes[id].intact &= ~((uint32_t)1 << i);
        }
    }
    ex->nodes[layer].intact |= (uint32_t)1 << store;
}

void srd__note_step(srd_explainer *ex, const srd__step *step)
{
    static const int32_t by_gather[] = { SRD__STORE_VALUE, SRD__STORE_WINNER, SRD__STORE_OPERAND };
    static const int32_t by_segment[] = {
#if SRD__PARTS
        SRD__STORE_PARTS,
#endif
        SRD__STORE_HEADS,
        SRD__STORE_PICKS,
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

/* ---- making it again ------------------------------------------------------------------------------------------------------ */

/* The first step of a store that is not there although it is read at time `last` or later and written before time `first`; -1: none. */
static int32_t missing(srd_explainer *ex, int32_t first, int32_t last)
{
    for (int32_t id = 0; id < ex->graph->layer_count; ++id) {
        for (int32_t i = 0; i < SRD__STORES; ++i) {
            const srd__array *const array = array_of(ex, id, i);
            const srd__life *const life = array != NULL ? &ex->lives[array - ex->arrays] : NULL;

            if (life == NULL || life->first >= ex->step_count || (ex->nodes[id].intact >> i & 1) != 0) continue;
            if (life->first < first && life->last >= last) return life->first;
        }
    }
    return -1;
}

srd_status srd__remake(srd_explainer *ex, const srd__bound *bound, bool own)
{
    const int32_t step = ex->nodes[bound->segment->layer].step, end = own ? step + 1 : step;
    int32_t at = step;
    srd_status status = SRD_OK;

    if (missing(ex, end, step) < 0) return SRD_OK;
    for (int32_t first = missing(ex, at, at); first >= 0; first = missing(ex, at, at)) at = first;
    ex->has_run = false;
    for (; status == SRD_OK && at < end; ++at) {
        if (ex->steps[at].op == SRD__STEP_LOAD && !srd__reloads(ex)) continue; /* inputs are kept */
        status = srd__run_op(ex, &ex->steps[at]);
        if (status != SRD_OK) ex->nodes[ex->steps[at].layer].intact = 0;
    }
    ex->has_run = true;
    return status;
}

/* ---- ratios, spread at once ------------------------------------------------------------------------------------------------ */

static bool reads_source(const srd__bound *bound, const srd__lane *lane, int32_t source)
{
    for (int32_t slot = 0; slot < lane->slots; ++slot) {
        if (srd__source_of(bound, lane->bases[slot]) == source) return true;
    }
    return false;
}

/*
 * Relevance of a source position is a sum over paths in their order. Those of a convolution come from output positions that go down as
 * the tap goes up, so that bands of positions, the last one first, add it up in the same order. Lanes that share a source
 * do not: all paths of one lane come before those of the next.
 */
static bool goes_down(const srd__bound *bound)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (lane->paths == 0) continue;
        if (lane->table != NULL || lane->bases == NULL || lane->branch->flattened || lane->window.transposed) return false;
        for (int32_t k = 0; k < i; ++k) {
            for (int32_t slot = 0; bound->lanes[k].paths > 0 && slot < lane->slots; ++slot) {
                if (reads_source(bound, &bound->lanes[k], srd__source_of(bound, lane->bases[slot]))) return false;
            }
        }
    }
    return true;
}

int32_t srd__band(const srd_explainer *ex, const srd__bound *bound)
{
    return goes_down(bound) ? srd__min(bound->units, ex->options.workers) : bound->units;
}

int32_t srd__band_positions(const srd__bound *bound, int32_t units)
{
    return units == bound->units ? bound->positions : srd__min(bound->positions, units * srd__unit_positions(bound));
}

void srd__spread_again(srd_explainer *ex, srd__bound *bound)
{
    if (bound->segment->frozen) {
        srd__note_store(ex, bound->segment->layer, SRD__STORE_VECTORS);
        srd__frozen_fold(ex, bound);
    }
    srd__segment_again(ex, bound, srd__spread_ratios);
}
