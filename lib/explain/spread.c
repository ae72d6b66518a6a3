/*
 * spread.c -- relevance goes down: R(source position) += mu * R(position), summed over all paths (METHOD section 1). Paths are
 * taken in a fixed order, so the sums are the same bits whatever else runs.
 */
#include "explain/recompute.h"

#define AT_ONCE 16 /* ratios that are widened together */

float *srd__question_store(srd_explainer *ex, int32_t layer, int32_t store)
{
    float *const at = (float *)srd__at(ex, layer, store);

    if (at != NULL && !srd__is_touched(ex, layer, store)) {
        memset(at, 0, srd__bytes_of(ex, layer, store));
        if (srd__recomputes(ex)) srd__note_store(ex, layer, store);
        ex->nodes[layer].touched |= (uint32_t)1 << store;
    }
    return at;
}

/* to[i * step] += ratios[i] * from[i], i < n; ratios NULL: 1. */
static void add_row(const float *ratios, const float *from, int64_t n, int64_t step, float *to)
{
    if (step == 1 && ratios != NULL) {
        for (int64_t i = 0; i < n; ++i) to[i] += ratios[i] * from[i];
    } else if (step == 1) {
        for (int64_t i = 0; i < n; ++i) to[i] += from[i];
    } else {
        for (int64_t i = 0; i < n; ++i) to[i * step] += (ratios != NULL ? ratios[i] : 1.0f) * from[i];
    }
}

/* The same with the ratios that are kept from index `at` on. */
static void add_kept(const srd__ratios *ratios, size_t at, const float *from, int64_t n, int64_t step, float *to)
{
    float row[AT_ONCE];

    if (srd__halves(ratios) == NULL) {
        add_row(ratios->floats != NULL ? ratios->floats + at : NULL, from, n, step, to);
        return;
    }
    for (int64_t i = 0; i < n; i += AT_ONCE) {
        const int64_t count = srd__min(n - i, AT_ONCE);

        for (int64_t k = 0; k < count; ++k) row[k] = srd__widened(ratios->halves[at + (size_t)(i + k)]);
        add_row(row, from + i, count, step, to + i * step);
    }
}

/* One path of a uniform lane, row by row: the source position moves with the output position. base: index of its ratio at position 0,
 * where that is, or would be. */
SRD__APART static void spread_uniform(const srd__bound *bound, const srd__lane *lane, int32_t tap, const srd__ratios *ratios,
                                      size_t base, const float *from, float *to)
{
    const srd__window *const w = &lane->window;
    const int64_t row_shift = (int64_t)(tap / w->kernel_w) * w->dilation_h - w->top;
    const int64_t column_shift = (int64_t)(tap % w->kernel_w) * w->dilation_w - w->left;
    /* Output columns whose source lies inside: 0 <= column * stride + shift < width. */
    const int64_t begin = column_shift >= 0 ? 0 : (-column_shift + w->stride_w - 1) / w->stride_w;
    const int64_t room = lane->grid.w - 1 - column_shift;
    const int64_t end = room < 0 ? 0 : srd__min(bound->shape.w, room / w->stride_w + 1);

    if (srd__is_one_to_one(bound, lane)) {
        add_kept(ratios, base + (size_t)ratios->first, from + ratios->first, ratios->end - ratios->first, 1,
                 to + ratios->first);
        return;
    }
    for (int32_t row = ratios->first / bound->shape.w; row * bound->shape.w < ratios->end && begin < end; ++row) {
        const int64_t source_row = (int64_t)row * w->stride_h + row_shift, left = (int64_t)row * bound->shape.w;
        const int64_t low = srd__max(begin, ratios->first - left), high = srd__min(end, ratios->end - left);
        const size_t at = (size_t)(left + low);

        if (source_row < 0 || source_row >= lane->grid.h) continue;
        add_kept(ratios, base + at, from + at, high - low, w->stride_w,
                 to + source_row * lane->grid.w + (low * w->stride_w + column_shift));
    }
}

/* A slot's source, which seldom changes from one position to the next: where its relevance goes, and which ids it has. */
typedef struct target {
    float *to;
    int32_t begin, end;
} target;

static void find_target(srd_explainer *ex, const srd__bound *bound, int32_t id, target *t)
{
    const int32_t source = srd__source_of(bound, id);

    t->begin = bound->source_base[source];
    t->end = bound->source_base[source + 1];
    t->to = srd__question_store(ex, bound->segment->sources[source], SRD__STORE_RELEVANCE);
}

/* Some slots of a tap, position by position: their sources lie in one row of a table. base: as above, of slot `first`. */
SRD__APART static void spread_slots(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t tap,
                                    int32_t first, int32_t slots, const srd__ratios *ratios, size_t base, const float *from)
{
    target targets[SRD__TILE_PIXELS] = { { NULL, 0, 0 } };
    int32_t at[SRD__TILE_PIXELS];

    for (int32_t p = ratios->first; p < ratios->end; ++p) {
        const int32_t i = (p - ratios->first) % SRD__TILE_PIXELS;

        if (i == 0) srd__lane_positions(bound, lane, p, srd__min(SRD__TILE_PIXELS, ratios->end - p), tap, at);
        if (at[i] < 0) continue;
        for (int32_t s = 0; s < slots; ++s) {
            const int32_t id = srd__path_source(lane, at[i], first + s);

            if (id < 0) continue;
            if (id < targets[s].begin || id >= targets[s].end) find_target(ex, bound, id, &targets[s]);
            targets[s].to[id - targets[s].begin] +=
                srd__kept(ratios, base + (size_t)s * ratios->positions + (size_t)p) * from[p];
        }
    }
}

static void spread_tap(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t tap,
                       const srd__ratios *ratios, const float *from)
{
    const int32_t slots = lane->slots;
    const size_t positions = ratios->positions, base = srd__ratio_at(ratios, lane->first_path + tap * slots, 0);
    const bool listed = !SRD_WITH_SHORTCUTS || lane->table != NULL || lane->branch->flattened || lane->window.transposed;

    for (int32_t slot = 0; listed && slot < slots; slot += SRD__TILE_PIXELS) {
        spread_slots(ex, bound, lane, tap, slot, srd__min(SRD__TILE_PIXELS, slots - slot), ratios,
                     base + (size_t)slot * positions, from);
    }
    for (int32_t slot = 0; !listed && slot < slots; ++slot) {
        const int32_t source = srd__source_of(bound, lane->bases[slot]);

        spread_uniform(bound, lane, tap, ratios, base + (size_t)slot * positions, from,
                       srd__question_store(ex, bound->segment->sources[source], SRD__STORE_RELEVANCE));
    }
}

void srd__spread_ratios(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios)
{
    const float *const from = srd__question_store(ex, bound->segment->layer, SRD__STORE_RELEVANCE);

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; k += lane->slots) spread_tap(ex, bound, lane, k / lane->slots, ratios, from);
    }
}

void srd__spread(srd_explainer *ex, srd__bound *bound)
{
    srd__ratios ratios;

    srd__ratios_of(ex, bound, &ratios);
    srd__spread_ratios(ex, bound, &ratios);
}
