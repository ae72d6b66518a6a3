/*
 * spread.c -- relevance goes down: R(source position) += mu * R(position), summed over all paths (METHOD section 1). Paths are
 * taken in a fixed order, so the sums are the same bits whatever else runs.
 */
#include "explain/explainer_impl.h"

float *srd__question_store(srd_explainer *ex, int32_t layer, int32_t store)
{
    float *const at = (float *)srd__at(ex, layer, store);

    if (at != NULL && !ex->nodes[layer].touched[store]) {
        memset(at, 0, ex->nodes[layer].stores[store].bytes);
        ex->nodes[layer].touched[store] = 1;
    }
    return at;
}

/* One path of a uniform lane, row by row: the source position moves with the output position. */
static void spread_uniform(const srd__bound *bound, const srd__lane *lane, int32_t tap, const float *ratios, const float *from,
                           float *to)
{
    const srd__window *const w = &lane->window;
    const int64_t row_shift = (int64_t)(tap / w->kernel_w) * w->dilation_h - w->top;
    const int64_t column_shift = (int64_t)(tap % w->kernel_w) * w->dilation_w - w->left;
    /* Output columns whose source lies inside: 0 <= column * stride + shift < width. */
    const int64_t begin = column_shift >= 0 ? 0 : (-column_shift + w->stride_w - 1) / w->stride_w;
    const int64_t room = lane->grid.w - 1 - column_shift;
    const int64_t end = room < 0 ? 0 : srd__min(bound->shape.w, room / w->stride_w + 1);

    for (int32_t row = 0; row < bound->shape.h; ++row) {
        const int64_t source_row = (int64_t)row * w->stride_h + row_shift;
        const size_t at = (size_t)row * (size_t)bound->shape.w;
        float *target;

        if (source_row < 0 || source_row >= lane->grid.h || begin >= end) continue;
        target = to + source_row * lane->grid.w + (begin * w->stride_w + column_shift);
        for (int64_t i = 0; i < end - begin; ++i) {
            const size_t p = at + (size_t)(begin + i);

            target[i * w->stride_w] += (ratios != NULL ? ratios[p] : 1.0f) * from[p];
        }
    }
}

static void spread_paths(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t tap, int32_t slot,
                         const float *ratios, const float *from)
{
    for (int32_t p = 0; p < bound->positions; ++p) {
        const int32_t id = srd__path_source(lane, srd__lane_position(bound, lane, p, tap), slot);
        int32_t source;

        if (id < 0) continue;
        source = srd__source_of(bound, id);
        srd__question_store(ex, bound->segment->sources[source], SRD__STORE_RELEVANCE)[id - bound->source_base[source]] +=
            (ratios != NULL ? ratios[p] : 1.0f) * from[p];
    }
}

void srd__spread(srd_explainer *ex, srd__bound *bound)
{
    const float *const from = srd__question_store(ex, bound->segment->layer, SRD__STORE_RELEVANCE);
    const float *const ratios = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_RATIO);

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; ++k) {
            const int32_t tap = k / lane->slots, slot = k % lane->slots;
            const float *const mu = ratios != NULL ? ratios + (size_t)(lane->first_path + k) * (size_t)bound->positions : NULL;

            if (lane->table != NULL || lane->branch->flattened || lane->window.transposed) {
                spread_paths(ex, bound, lane, tap, slot, mu, from);
            } else {
                const int32_t source = srd__source_of(bound, lane->bases[slot]);

                spread_uniform(bound, lane, tap, mu, from,
                               srd__question_store(ex, bound->segment->sources[source], SRD__STORE_RELEVANCE));
            }
        }
    }
}
