/*
 * source_count.c -- how many source positions an output position receives from: none (unreached), one (a head passes on), or several (a head
 * turns into relevance, METHOD section 6).
 */
#include "paths/source_count.h"

#include "paths/bound_branch.h"

/* More than one source position, seen from one output position? Positions are equal when grid size, row, column are. */
static bool mixes(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count, int32_t p)
{
    int32_t seen = -1, seen_source = 0;

    for (int32_t i = first; i < first + count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; ++k) {
            const int32_t id = srd__path_source(lane, srd__lane_position(bound, lane, p, k / lane->slots), k % lane->slots);
            int32_t source;
            const srd__shape *a, *b;

            if (id < 0) continue;
            source = srd__source_of(bound, id);
            if (seen < 0) {
                seen = id - bound->source_base[source];
                seen_source = source;
                continue;
            }
            a = &ex->plan.shapes[bound->segment->sources[source]];
            b = &ex->plan.shapes[bound->segment->sources[seen_source]];
            if (seen != id - bound->source_base[source] || a->h != b->h || a->w != b->w) return true;
        }
    }
    return false;
}

bool srd__mixes(const srd_explainer *ex, const srd__bound *bound, int32_t p)
{
    return mixes(ex, bound, 0, bound->segment->branch_count, p);
}

bool srd__reached(const srd__bound *bound, int32_t p)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; ++k) {
            if (srd__path_source(lane, srd__lane_position(bound, lane, p, k / lane->slots), k % lane->slots) >= 0) return true;
        }
    }
    return false;
}

/* Taps of a window that lie inside, along one axis: least and most over the output positions. */
static void count_taps(int32_t out, int32_t in, int32_t kernel, int32_t stride, int32_t before, int32_t dilation,
                       int64_t *least, int64_t *most)
{
    /* Output positions that see anything: all else is padding, of which there may be a lot. */
    const int64_t reach = before - (int64_t)(kernel - 1) * dilation;
    const int64_t begin = reach > 0 ? (reach + stride - 1) / stride : 0;
    const int64_t stop = srd__min(out, ((int64_t)in - 1 + before) / stride + 1);

    *least = begin > 0 || stop < out ? 0 : kernel;
    *most = 0;
    for (int64_t o = begin; o < stop; ++o) { /* taps t with 0 <= at + t * dilation < in */
        const int64_t at = o * stride - before;
        const int64_t first = at < 0 ? (-at + dilation - 1) / dilation : 0;
        const int64_t end = at < in ? srd__min(kernel, (in - 1 - at) / dilation + 1) : 0;
        const int64_t taps = srd__max(end - first, 0);

        *least = srd__min(*least, taps);
        *most = srd__max(*most, taps);
    }
}

/* The number of source positions of a lane, least and most over the output positions; false: each must be looked at. */
static bool count_sources(const srd__bound *bound, const srd__lane *lane, int64_t *least, int64_t *most)
{
    const srd__window *const w = &lane->window;
    int64_t least_row, most_row, least_column, most_column;

    if (!SRD_WITH_LARGE_PLANS || lane->parts == NULL || lane->branch->flattened || srd__is_added_constant(lane) ||
        w->transposed)
        return false;
    count_taps(bound->shape.h, lane->grid.h, w->kernel_h, w->stride_h, w->top, w->dilation_h, &least_row, &most_row);
    count_taps(bound->shape.w, lane->grid.w, w->kernel_w, w->stride_w, w->left, w->dilation_w, &least_column, &most_column);
    *least = least_row * least_column;
    *most = most_row * most_column;
    return true;
}

/* Have all sources of a uniform lane one grid, also those that have no channel left? Else the same position of two of them is two source
 * positions. */
static bool same_grids(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const srd__shape *first = NULL;

    for (int32_t i = 0; lane->bases != NULL && i < lane->slots; ++i) {
        const srd__shape *const s = &ex->plan.shapes[bound->segment->sources[srd__source_of(bound, lane->bases[i])]];

        if (first == NULL) first = s;
        if (s->h != first->h || s->w != first->w) return false;
    }
    return true;
}

void srd__find_unreached(srd__bound *bound)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        int64_t least, most;

        if (count_sources(bound, &bound->lanes[i], &least, &most) && least > 0) return;
    }
    for (int32_t p = 0; p < bound->positions && !bound->has_unreached; ++p) {
        if (!srd__reached(bound, p)) bound->has_unreached = 1;
    }
}

void srd__find_mixing(const srd_explainer *ex, srd__bound *bound)
{
    int64_t least, most;

    for (int32_t i = 0; bound->sources > 1 && i < bound->segment->branch_count; ++i) {
        if (!SRD_WITH_LARGE_PLANS || !same_grids(ex, bound, &bound->lanes[i]) ||
            !count_sources(bound, &bound->lanes[i], &least, &most))
            continue;
        bound->head_mixes = least > 1; /* then everywhere */
        if (bound->head_mixes) return;
        if (bound->segment->branch_count > 1) continue;
        bound->head_mixes = most > 1;
        bound->head_passes = 1;
        return;
    }
    bound->head_passes = bound->sources == 1;
    for (int32_t p = 0; bound->sources > 1 && p < bound->positions && !(bound->head_mixes && bound->head_passes); ++p) {
        if (srd__mixes(ex, bound, p)) bound->head_mixes = 1;
        else bound->head_passes = 1;
    }
}

/* A group of the mixing layer's own chain is shared evenly if that layer is fully connected: one output position that
 * receives from several source positions (METHOD section 4). */
void srd__bind_even(srd_explainer *ex, srd__bound *bound)
{
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) {
        const srd__bias *const bias = &bound->segment->biases[g];

        bound->even[g] = bias->chain && bound->positions == 1 && mixes(ex, bound, bias->first, bias->count, 0);
    }
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__branch *const b = bound->lanes[i].branch;

        bound->lanes[i].even = b->chain && bound->positions == 1 && mixes(ex, bound, b->first, b->count, 0);
    }
}
