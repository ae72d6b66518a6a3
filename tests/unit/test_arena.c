/*
 * test_arena.c -- the arena planner (lib/plan/arena.c) on random lifetimes, without a network: no two arrays of one time overlap; every
 * array lies in its region; each lies at the lowest offset that is free in its time, those that are larger being placed before;
 * the region is as small as is promised; sizes that cannot be addressed are refused.
 */
#include <stdlib.h>

#include "plan/arena.h"
#include "plan/scratch.h"
#include "plan_view.h"

/* The largest sum of the stores that live at one time: no plan without overlaps is smaller. In grains. */
static uint64_t largest_sum(const srd_explainer *ex)
{
    uint64_t most = 0;

    for (int32_t time = 0; time <= 2 * plan_steps(ex); ++time) {
        uint64_t sum = 0;

        for (int32_t i = 0; i < store_count(ex); ++i) {
            const srd__store *const s = store_at_index(ex, i);

            if (is_in_transient(s) && s->first <= time && time <= s->last) sum += GRAINS(s->bytes);
        }
        most = srd__max(most, sum);
    }
    return most;
}

/* ---- random lifetimes ------------------------------------------------------------------------------------------------------- */

static void live(const bare_plan *p, int32_t layer, int32_t store, size_t bytes, int32_t first, int32_t last)
{
    srd__store *const s = store_at_index(p->ex, layer * SRD__STORES + store);

    s->bytes = bytes;
    s->first = first;
    s->last = last;
}

static void place_all(const bare_plan *p)
{
    ck_assert(srd__place_stores(p->ex));
    srd__heap_give_back(&p->ex->heap, 0);
}

/* Numbers of all stores of the transient region in the order in which they are placed: largest first, what is kept after the rest. */
static int32_t placing_order(const srd_explainer *ex, int32_t *order)
{
    int32_t count = 0;

    for (int32_t kept = 0; kept <= SRD__KEPT_AMONG; kept += SRD__KEPT_AMONG) {
        const int32_t begin = count;

        for (int32_t i = 0; i < store_count(ex); ++i) {
            const srd__store *const s = store_at_index(ex, i);
            int32_t at = count;

            if (s->bytes == 0 || s->kept != kept) continue;
            for (; at > begin && store_at_index(ex, order[at - 1])->bytes < s->bytes; --at) order[at] = order[at - 1];
            order[at] = i;
            ++count;
        }
    }
    return count;
}

/* Is every store at the lowest offset that those placed before leave free? Offset 0 and their ends are all that need be tried. */
static void check_lowest(const srd_explainer *ex)
{
    int32_t *const order = (int32_t *)calloc((size_t)store_count(ex), sizeof *order);
    const int32_t count = placing_order(ex, order);

    for (int32_t i = 0; i < count; ++i) {
        const srd__store *const s = store_at_index(ex, order[i]);
        uint64_t below = 0; /* of what it meets */

        for (int32_t t = -1; t < i; ++t) {
            const srd__store *const under = t >= 0 ? store_at_index(ex, order[t]) : NULL;
            srd__store tried = *s;
            bool is_free = true;

            if (under != NULL && !meet(ex, s, under)) continue;
            below += under != NULL ? GRAINS(under->bytes) : 0;
            tried.offset = under != NULL ? under->offset + (size_t)GRAINS(under->bytes) * SRD_GRAIN : 0;
            tried.bytes = (size_t)GRAINS(s->bytes) * SRD_GRAIN;
            for (int32_t k = 0; k < i && is_free; ++k) {
                const srd__store *const other = store_at_index(ex, order[k]);

                is_free = !meet(ex, s, other) || !overlap(&tried, other);
            }
            if (is_free) ck_assert_uint_le(s->offset, tried.offset);
        }
        /* What is promised of all: a gap that a store does not fit in is smaller than what lies above it, but for what is kept. */
        if (s->kept == 0) ck_assert_uint_le(s->offset / SRD_GRAIN, 2 * below);
    }
    free(order);
}

#define MOST_LAYERS 24

/* Values that live for some steps, relevance to the end, some that are kept; sizes of which several are equal. */
static void random_lifetimes(const bare_plan *p, uint32_t *state, int32_t layers, int32_t steps)
{
    for (int32_t id = 0; id < layers; ++id) {
        const int32_t step = (int32_t)draw(state, (uint32_t)steps);
        const int32_t span = (int32_t)draw(state, 1 + (draw(state, 4) == 0 ? (uint32_t)steps : 4));
        srd__store *value;

        live(p, id, SRD__STORE_VALUE, 1 + draw(state, draw(state, 2) == 0 ? 300 : 5000), step,
             srd__min(step + span, steps - 1));
        value = store_at_index(p->ex, id * SRD__STORES + SRD__STORE_VALUE);
        if (draw(state, 6) == 0) value->kept = SRD__KEPT, value->last = 2 * steps;
        if (draw(state, 2) == 0) live(p, id, SRD__STORE_WINNER, 64 * (1 + draw(state, 3)), step, step);
        if (draw(state, 2) == 0) live(p, id, SRD__STORE_RELEVANCE, 1 + draw(state, 600), 2 * steps - 1 - step, 2 * steps);
        if (draw(state, 3) == 0)
            live(p, id, SRD__STORE_SPREAD, 1 + draw(state, 3000), 2 * steps - 1 - step, 2 * steps - 1 - step);
    }
}

/* _i: 0: one image; 1: a batch; 2: ratios are computed again. */
START_TEST(random_lifetimes_are_placed)
{
    tally seen = { 0, 0, 0, 0, 0 };

    for (uint32_t seed = 1; seed <= 300; ++seed) {
        uint32_t state = seed;
        const int32_t layers = 1 + (int32_t)draw(&state, MOST_LAYERS), steps = 1 + (int32_t)draw(&state, 30);
        bare_plan p;

        bare_begin(&p, layers, steps, _i == 2 ? SRD_RATIOS_RECOMPUTED : SRD_RATIOS_FLOAT32, _i == 1 ? 3 : 1);
        random_lifetimes(&p, &state, layers, steps);
        place_all(&p);
        ck_assert(!plan_too_large(p.ex));
        check_places(p.ex, &seen);
        check_lowest(p.ex);
        ck_assert_uint_ge(plan_transient(p.ex) / SRD_GRAIN, largest_sum(p.ex));
        bare_end(&p);
    }
    ck_assert_int_gt(seen.transient, 3000);
    ck_assert_int_eq(seen.overs + seen.slides, 0);
    ck_assert_int_eq(seen.persistent > 0, _i != 0);
    ck_assert_int_eq(seen.among > 0, _i == 0);
}
END_TEST

/* Lifetimes that are nested in each other have a time in common: the region is exactly their sum. */
START_TEST(nested_lifetimes_leave_no_hole)
{
    for (uint32_t seed = 1; seed <= 50; ++seed) {
        uint32_t state = seed;
        const int32_t layers = MOST_LAYERS, steps = 2 * layers;
        uint64_t sum = 0;
        bare_plan p;

        bare_begin(&p, layers, steps, SRD_RATIOS_FLOAT32, 1);
        for (int32_t id = 0; id < layers; ++id) {
            const size_t bytes = 1 + draw(&state, 10000);

            live(&p, id, SRD__STORE_VALUE, bytes, id, 2 * layers - id);
            sum += GRAINS(bytes);
        }
        place_all(&p);
        ck_assert_uint_eq(plan_transient(p.ex), sum * SRD_GRAIN);
        ck_assert_uint_eq(largest_sum(p.ex), sum);
        bare_end(&p);
    }
}
END_TEST

/* Of equal sizes that come to life one after the other, each goes to a place that is free: no more than live at one time. */
START_TEST(equal_sizes_leave_no_hole)
{
    for (uint32_t seed = 1; seed <= 50; ++seed) {
        uint32_t state = seed;
        const int32_t layers = MOST_LAYERS;
        bare_plan p;

        bare_begin(&p, layers, layers, SRD_RATIOS_FLOAT32, 1);
        for (int32_t id = 0; id < layers; ++id)
            live(&p, id, SRD__STORE_VALUE, 100, id, srd__min(id + (int32_t)draw(&state, 9), layers - 1));
        place_all(&p);
        ck_assert_uint_eq(plan_transient(p.ex), largest_sum(p.ex) * SRD_GRAIN);
        bare_end(&p);
    }
}
END_TEST

/* Many stores: what lives to the end is stacked, and short-lived values of a chain lie where the stack is not yet. */
START_TEST(many_stores_are_stacked)
{
    const int32_t layers = 700;
    uint64_t relevance = 0;
    uint32_t state = 1;
    tally seen = { 0, 0, 0, 0, 0 };
    bare_plan p;

    bare_begin(&p, layers, layers, _i == 0 ? SRD_RATIOS_FLOAT32 : SRD_RATIOS_RECOMPUTED, 1);
    for (int32_t id = 0; id < layers; ++id) {
        const size_t bytes = 1 + draw(&state, 1000);

        live(&p, id, SRD__STORE_VALUE, 1 + draw(&state, 10000), id, srd__min(id + 2, layers - 1));
        live(&p, id, SRD__STORE_RELEVANCE, bytes, 2 * layers - 1 - id, 2 * layers);
        relevance += GRAINS(bytes);
    }
    place_all(&p);
    check_places(p.ex, &seen);
    ck_assert_int_eq(seen.transient, 2 * layers);
    ck_assert_uint_eq(largest_sum(p.ex), relevance);
    if (_i == 0) ck_assert_uint_eq(plan_transient(p.ex), relevance * SRD_GRAIN);
    bare_end(&p);
}
END_TEST

/* ---- sizes that cannot be addressed ------------------------------------------------------------------------------------------- */

static srd_status take_arena(const bare_plan *p, srd_detail *why)
{
    return srd__take_arena(p->ex, true, why);
}

/* count stores of bytes each, of one time or, with kept, persistent; what has room is right to the byte, the rest is refused. */
static void check_large(int32_t count, size_t bytes, bool kept, int32_t images)
{
    const uint64_t most = SIZE_MAX / 4 / SRD_GRAIN, sum = (uint64_t)count * GRAINS(bytes);
    const bool fits = GRAINS(bytes) <= most / (uint64_t)count / (kept ? (uint64_t)images : 1); /* then sum has not wrapped */
    srd_detail why = testing_new_detail();
    srd_status status;
    bare_plan p;

    bare_begin(&p, count, count, SRD_RATIOS_FLOAT32, images);
    for (int32_t id = 0; id < count; ++id) {
        live(&p, id, SRD__STORE_VALUE, bytes, 0, 2 * count);
        if (kept) store_at_index(p.ex, id * SRD__STORES + SRD__STORE_VALUE)->kept = SRD__KEPT;
    }
    place_all(&p);
    status = take_arena(&p, &why);
    if (!fits) {
        ck_assert_int_eq(status, SRD_ERR_OVERFLOW);
        check_detail(&why, SRD_ERR_OVERFLOW, "", "more memory than can be addressed");
    } else {
        ck_assert_int_eq(status, SRD_OK);
        ck_assert_uint_eq(plan_transient(p.ex), kept && images > 1 ? 0 : sum * SRD_GRAIN);
        ck_assert_uint_eq(plan_persistent(p.ex), kept && images > 1 ? sum * SRD_GRAIN : 0);
    }
    bare_end(&p);
}

START_TEST(large_sizes_are_refused)
{
    const size_t sizes[] = { SIZE_MAX / 4,
                             SIZE_MAX / 4 - SRD_GRAIN,
                             SIZE_MAX / 4 - 2 * SRD_GRAIN + 1,
                             SIZE_MAX / 5,
                             SIZE_MAX / 8,
                             SIZE_MAX / 8 + 1,
                             SIZE_MAX / 8 - SRD_GRAIN,
                             SIZE_MAX / 16,
                             SIZE_MAX / 256,
                             1 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        for (int32_t count = 1; count <= 9; ++count) {
            check_large(count, sizes[i], false, 1);
            check_large(count, sizes[i], true, 1);
            check_large(count, sizes[i], true, 2);
            check_large(count, sizes[i], true, 5);
        }
        check_large(300, sizes[i], false, 1); /* sums of these would wrap many times */
        check_large(300, sizes[i], true, 1);
        check_large(300, sizes[i], true, 2);
        check_large(1100, sizes[i], false, 1); /* stacked */
    }
}
END_TEST

int main(void)
{
    const testing_list list[] = { { random_lifetimes_are_placed, 0, 3 }, { nested_lifetimes_leave_no_hole, 0, 0 },
                                  { equal_sizes_leave_no_hole, 0, 0 },   { many_stores_are_stacked, 0, 2 },
                                  { large_sizes_are_refused, 0, 0 },     { NULL, 0, 0 } };

    return testing_main("arena", list);
}
