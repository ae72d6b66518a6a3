/*
 * spread_relevance.c -- relevance goes down: R(source position) += mu * R(position), summed over all paths (METHOD section 1). Paths are
 * taken in a fixed order, so the sums are the same bits whatever else runs.
 */
#include "ask/spread_relevance.h"

#include "explain/store.h"
#include "paths/bound_branch.h"
#include "run/image_statistics.h"
#include "run/run_segment.h"
#include "tiles/ratio_store.h"

#define AT_ONCE 16 /* ratios that are widened together */

/* to[i * step] += ratios[i] * from[i], i < n; ratios NULL: 1. */
static void add_row(const srd__kernels *kernels, const float *ratios, const float *from, int64_t n, int64_t step, float *to)
{
    if (step == 1 && ratios != NULL) {
        if (n > 0) kernels->multiply(ratios, from, (size_t)n, to);
    } else if (step == 1) {
        for (int64_t i = 0; i < n; ++i) to[i] += from[i];
    } else {
        for (int64_t i = 0; i < n; ++i) to[i * step] += (ratios != NULL ? ratios[i] : 1.0f) * from[i];
    }
}

/* The same with the ratios that are kept from index `at` on. */
static void add_kept(const srd__kernels *kernels, const srd__ratios *ratios, size_t at, const float *from, int64_t n,
                     int64_t step, float *to)
{
    float row[AT_ONCE];

    if (srd__halves(ratios) == NULL) {
        add_row(kernels, ratios->floats != NULL ? ratios->floats + at : NULL, from, n, step, to);
        return;
    }
    for (int64_t i = 0; i < n; i += AT_ONCE) {
        const int64_t count = srd__min(n - i, AT_ONCE);

        for (int64_t k = 0; k < count; ++k) row[k] = srd__widened(ratios->halves[at + (size_t)(i + k)]);
        add_row(kernels, row, from + i, count, step, to + i * step);
    }
}

/* Where the window of a lane or a pool goes from one plane to the other at one tap. */
typedef struct shift {
    int64_t rows, columns; /* of tap 0 of the window, further down and to the right */
    int64_t begin, end;    /* columns whose source lies inside: 0 <= column * stride + columns < width */
    int32_t width, to_height, to_width, stride_h, stride_w;
} shift;

static shift shift_of(const srd__window *w, const srd__shape *from, const srd__shape *to, int32_t tap)
{
    const int64_t columns = (int64_t)(tap % w->kernel_w) * w->dilation_w - w->left, room = to->w - 1 - columns;
    const shift s = { .rows = (int64_t)(tap / w->kernel_w) * w->dilation_h - w->top,
                      .columns = columns,
                      .begin = columns >= 0 ? 0 : (-columns + w->stride_w - 1) / w->stride_w,
                      .end = room < 0 ? 0 : srd__min(from->w, room / w->stride_w + 1),
                      .width = from->w,
                      .to_height = to->h,
                      .to_width = to->w,
                      .stride_h = w->stride_h,
                      .stride_w = w->stride_w };

    return s;
}

/*
 * Ratios of one path times `from`, positions [first, end), row by row, onto a plane that has `to_width` columns. base: index of the
 * ratio at position 0, where that is, or would be. With phases the columns of the plane that are stride_w apart lie side by side, in
 * planes one behind the other, so that neighbours stay neighbours.
 */
SRD__APART static void spread_rows(const srd__kernels *kernels, const shift *s, const srd__ratios *ratios, size_t base,
                                   const float *from, bool phases, float *to)
{
    const int64_t phase = (s->columns % s->stride_w + s->stride_w) % s->stride_w; /* of all sources of this tap */
    const int64_t wide = (s->to_width - 1) / s->stride_w + 1, step = phases ? 1 : s->stride_w;
    const int64_t width = phases ? wide : s->to_width, columns = phases ? (s->columns - phase) / s->stride_w : s->columns;

    if (phases) to += phase * wide * s->to_height;
    for (int32_t row = ratios->first / s->width; row * s->width < ratios->end && s->begin < s->end; ++row) {
        const int64_t source_row = (int64_t)row * s->stride_h + s->rows, left = (int64_t)row * s->width;
        const int64_t low = srd__max(s->begin, ratios->first - left), high = srd__min(s->end, ratios->end - left);
        const size_t at = (size_t)(left + low);

        if (source_row < 0 || source_row >= s->to_height) continue;
        add_kept(kernels, ratios, base + at, from + at, high - low, step, to + source_row * width + (low * step + columns));
    }
}

/* One path of a uniform lane: the source position moves with the output position. */
static void spread_uniform(const srd__kernels *kernels, const srd__bound *bound, const srd__lane *lane, int32_t tap,
                           const srd__ratios *ratios, size_t base, const float *from, float *to)
{
    const shift s = shift_of(&lane->window, &bound->shape, &lane->grid, tap);

    if (srd__is_one_to_one(bound, lane)) {
        add_kept(kernels, ratios, base + (size_t)ratios->first, from + ratios->first, ratios->end - ratios->first, 1,
                 to + ratios->first);
        return;
    }
    spread_rows(kernels, &s, ratios, base, from, false, to);
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

        spread_uniform(ex->plan.kernels, bound, lane, tap, ratios, base + (size_t)slot * positions, from,
                       srd__question_store(ex, bound->segment->sources[source], SRD__STORE_RELEVANCE));
    }
}

/* ---- planes on their way ----------------------------------------------------------------------------------------------- */

#if SRD_WITH_SHORTCUTS
/* Taps of a convolution with a stride go to every second column, say. In phases they go to neighbours, and the columns are
 * put together once, not for every tap. A stride wider than the plane would leave a phase nearly empty, and of any size. */
static size_t phase_numbers(const srd__lane *lane)
{
    const srd__window *const w = &lane->window;

    if (lane->bases == NULL || lane->branch->flattened || w->transposed || lane->taps < 2) return 0;
    if (w->stride_w < 2 || w->stride_w > lane->grid.w) return 0;
    return (size_t)w->stride_w * (size_t)lane->grid.h * (size_t)((lane->grid.w - 1) / w->stride_w + 1);
}

static void spread_phases(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__ratios *ratios,
                          const float *from, float *plane)
{
    const int64_t stride = lane->window.stride_w, width = lane->grid.w, wide = (width - 1) / stride + 1;

    for (int32_t slot = 0; slot < lane->slots; ++slot) {
        const int32_t source = srd__source_of(bound, lane->bases[slot]);
        float *const to = srd__question_store(ex, bound->segment->sources[source], SRD__STORE_RELEVANCE);

        memset(plane, 0, phase_numbers(lane) * sizeof *plane);
        for (int32_t tap = 0; tap < lane->taps; ++tap) {
            const shift s = shift_of(&lane->window, &bound->shape, &lane->grid, tap);

            spread_rows(ex->plan.kernels, &s, ratios, srd__ratio_at(ratios, lane->first_path + tap * lane->slots + slot, 0),
                        from, true, plane);
        }
        for (int64_t column = 0; column < width; ++column) {
            const float *const phase = plane + column % stride * wide * lane->grid.h + column / stride;

            for (int64_t row = 0; row < lane->grid.h; ++row) to[row * width + column] += phase[row * wide];
        }
    }
}

/* The stretch that a slot belongs to, if its sources are plain; else NULL. */
static const srd__stretch *stretch_of(const srd_explainer *ex, const srd__lane *lane, int32_t slot)
{
    for (int32_t i = 0; i < lane->stretch_count; ++i) {
        const srd__stretch *const s = &lane->stretches[i];
        const srd__window *const w = s->pool >= 0 ? &ex->plan.graph->layers[s->pool]->window : NULL;

        if (s->plain && slot >= s->slot && slot < s->slot + (w != NULL ? w->kernel_h * w->kernel_w : 1)) return s;
    }
    return NULL;
}

/* A plane at the lane's grid goes on to the sources of a slot. */
static void spread_slot(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t slot, const float *plane)
{
    const srd__stretch *const stretch = stretch_of(ex, lane, slot);
    const int32_t positions = lane->grid.h * lane->grid.w;
    const srd__ratios ones = { .positions = (size_t)positions, .end = positions };
    target t = { NULL, 0, 0 };

    if (stretch != NULL) find_target(ex, bound, stretch->base, &t);
    if (stretch != NULL && stretch->pool >= 0) {
        const srd__layer *const pool = ex->plan.graph->layers[stretch->pool];
        const shift s =
            shift_of(&pool->window, &ex->plan.shapes[pool->id], &ex->plan.shapes[pool->inputs[0]], slot - stretch->slot);

        spread_rows(ex->plan.kernels, &s, &ones, 0, plane, false, t.to);
    } else if (stretch != NULL) {
        add_row(ex->plan.kernels, NULL, plane, positions, 1, t.to);
    }
    for (int32_t r = 0; stretch == NULL && r < positions; ++r) {
        const int32_t id = srd__path_source(lane, r, slot);

        if (id < 0) continue;
        if (id < t.begin || id >= t.end) find_target(ex, bound, id, &t);
        t.to[id - t.begin] += plane[r];
    }
}

/* A lane below whose taps lie gather layers: the taps of a slot meet at the grid, and then it is only one plane that must be told apart. */
static void spread_grid(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__ratios *ratios,
                        const float *from, float *plane)
{
    for (int32_t slot = 0; slot < lane->slots; ++slot) {
        memset(plane, 0, (size_t)lane->grid.h * (size_t)lane->grid.w * sizeof *plane);
        for (int32_t tap = 0; tap < lane->taps; ++tap) {
            spread_uniform(ex->plan.kernels, bound, lane, tap, ratios,
                           srd__ratio_at(ratios, lane->first_path + tap * lane->slots + slot, 0), from, plane);
        }
        spread_slot(ex, bound, lane, slot, plane);
    }
}

static bool meets_at_grid(const srd__lane *lane)
{
    return lane->table != NULL && lane->paths > 0 && !lane->branch->flattened && !lane->window.transposed;
}

size_t srd__spread_numbers(const srd__bound *bound)
{
    size_t most = 0;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const size_t grid = meets_at_grid(lane) ? (size_t)lane->grid.h * (size_t)lane->grid.w : 0;

        most = srd__max(most, srd__max(grid, lane->paths > 0 ? phase_numbers(lane) : 0));
    }
    return most;
}

/* False: it must go path by path. */
static bool spread_by_planes(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__ratios *ratios,
                             const float *from, float *plane)
{
    if (meets_at_grid(lane)) spread_grid(ex, bound, lane, ratios, from, plane);
    else if (lane->paths > 0 && phase_numbers(lane) > 0) spread_phases(ex, bound, lane, ratios, from, plane);
    else return false;
    return true;
}
#else
size_t srd__spread_numbers(const srd__bound *bound)
{
    (void)bound;
    return 0;
}

static bool spread_by_planes(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__ratios *ratios,
                             const float *from, float *plane)
{
    (void)ex, (void)bound, (void)lane, (void)ratios, (void)from, (void)plane;
    return false;
}
#endif

/* ---- all paths ------------------------------------------------------------------------------------------------------------- */

void srd__spread_ratios(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios)
{
    const float *const from = srd__question_store(ex, bound->segment->layer, SRD__STORE_RELEVANCE);
    float *const plane = SRD_WITH_SHORTCUTS ? (float *)srd__at(ex, bound->segment->layer, SRD__STORE_SPREAD) : NULL;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (plane != NULL && spread_by_planes(ex, bound, lane, ratios, from, plane)) continue;
        for (int32_t k = 0; k < lane->paths; k += lane->slots) spread_tap(ex, bound, lane, k / lane->slots, ratios, from);
    }
}

void srd__spread(srd_explainer *ex, srd__bound *bound)
{
    srd__ratios ratios;

    srd__ratios_of(ex, bound, &ratios);
    srd__spread_ratios(ex, bound, &ratios);
}

void srd__spread_again(srd_explainer *ex, srd__bound *bound)
{
    if (bound->segment->frozen) {
        srd__note_store(ex, bound->segment->layer, SRD__STORE_VECTORS);
        srd__frozen_fold(ex, bound);
    }
    srd__segment_again(ex, bound, srd__spread_ratios);
}
