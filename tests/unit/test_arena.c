/*
 * test_arena.c -- the arena planner (lib/plan/arena.c): no two arrays of the same time overlap, but those that do so on purpose; every
 * array lies in its region; the region is as small as is promised; sizes that cannot be addressed are refused.
 *
 * First on random lifetimes without a network, where the whole plan is known: largest first, each at the lowest offset that is free in
 * its time. Then on random networks, planned by the public calls: this file takes the place of plan/steps.c in the program and looks
 * at the stores before they are given back.
 */
#include <stdlib.h>

#include "plan/arena.h"
#include "plan/scratch.h"
#include "plan_view.h"
#include "testing.h"

static bool watch_arrays(srd_explainer *ex);

#define srd__keep_arrays watch_arrays
#include "plan/steps.c" /* NOLINT(bugprone-suspicious-include): see above */
#undef srd__keep_arrays

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* ---- who may lie where ------------------------------------------------------------------------------------------------------- */

/*
 * Must two stores of the transient region not overlap? They live at the same time; or ratios are computed again, a run makes the one and a
 * question needs the other from the visit of a step on that is not below it: then that run's part is done again beside it.
 */
static bool meet(const srd_explainer *ex, const srd__store *a, const srd__store *b)
{
    const int32_t n = plan_steps(ex);

    if (a->first <= b->last && b->first <= a->last) return true;
    if (!srd__recomputes(ex) || (a->first < n) == (b->first < n)) return false;
    return a->first + b->first <= 2 * n - 1;
}

static bool overlap(const srd__store *a, const srd__store *b)
{
    return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

static bool is_in_transient(const srd__store *s)
{
    return s->bytes > 0 && s->kept != SRD__KEPT;
}

/* A value that is written over the one below it, number by number: made in the last step that reads that one, at the same place. */
static bool lies_over(const srd_explainer *ex, const srd__store *value, int32_t index, const srd__store *below)
{
    return bound_of_value(ex, index) != NULL && value->next < -1 && value->offset == below->offset &&
           value->bytes == below->bytes && value->first == below->last;
}

/* A value that slides over the one below it: the same, but it begins lower, by as much as what is still to be read is behind. */
static bool slides_over_it(const srd_explainer *ex, const srd__store *value, int32_t index, const srd__store *below,
                           int32_t below_index)
{
    const srd__bound *const bound = bound_of_value(ex, index);

    if (bound == NULL || below_index % SRD__STORES != SRD__STORE_VALUE || srd__recomputes(ex)) return false;
    if (value->first != below->last || value->offset > below->offset) return false;
    return below->offset - value->offset >= srd__slide_ahead(ex, bound, below_index / SRD__STORES);
}

typedef struct tally {
    int32_t overs, slides, transient, persistent, among;
} tally;

static void check_pair(const srd_explainer *ex, int32_t i, int32_t k, tally *seen)
{
    const srd__store *const a = store_at_index(ex, i), *const b = store_at_index(ex, k);

    if (!meet(ex, a, b) || !overlap(a, b)) return;
    if (lies_over(ex, a, i, b) || lies_over(ex, b, k, a)) seen->overs++;
    else if (slides_over_it(ex, a, i, b, k) || slides_over_it(ex, b, k, a, i)) seen->slides++;
    else
        ck_abort_msg("store %d of layer %d (times %d to %d, bytes %zu to %zu) and store %d of layer %d (%d to %d, %zu to %zu)",
                     (int)(i % SRD__STORES), (int)(i / SRD__STORES), (int)a->first, (int)a->last, a->offset,
                     a->offset + a->bytes, (int)(k % SRD__STORES), (int)(k / SRD__STORES), (int)b->first, (int)b->last,
                     b->offset, b->offset + b->bytes);
}

/* Everything lies in its region and in nobody's way; the persistent ones follow each other without holes. */
static void check_places(const srd_explainer *ex, tally *seen)
{
    uint64_t persistent = 0, among = 0, end = 0;

    for (int32_t i = 0; i < store_count(ex); ++i) {
        const srd__store *const s = store_at_index(ex, i);

        if (s->bytes == 0) continue;
        ck_assert_uint_eq(s->offset % SRD_GRAIN, 0);
        if (!is_in_transient(s)) {
            ck_assert_uint_eq(s->offset / SRD_GRAIN, persistent);
            persistent += GRAINS(s->bytes);
            seen->persistent++;
            continue;
        }
        seen->transient++;
        seen->among += s->kept == SRD__KEPT_AMONG;
        if (s->kept == SRD__KEPT_AMONG) among += GRAINS(s->bytes);
        end = srd__max(end, s->offset / SRD_GRAIN + GRAINS(s->bytes));
        for (int32_t k = 0; k < i; ++k) {
            if (is_in_transient(store_at_index(ex, k))) check_pair(ex, i, k, seen);
        }
    }
    ck_assert_uint_eq(plan_persistent(ex), persistent * SRD_GRAIN);
    ck_assert_uint_eq(plan_among(ex), among * SRD_GRAIN);
    ck_assert_uint_eq(plan_transient(ex), end * SRD_GRAIN);
}

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
            tried.offset = under != NULL ? under->offset + GRAINS(under->bytes) * SRD_GRAIN : 0;
            tried.bytes = GRAINS(s->bytes) * SRD_GRAIN;
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
    const uint64_t sum = (uint64_t)count * GRAINS(bytes), most = SIZE_MAX / 4 / SRD_GRAIN;
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
    if (sum * (kept ? (uint64_t)images : 1) > most) {
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

/* ---- random networks --------------------------------------------------------------------------------------------------------- */

#define MOST_STORES 4096

/* What was seen of the last plan. */
static struct {
    srd__store stores[MOST_STORES];
    size_t transient, persistent;
    int32_t count;
} last_plan;
static tally last_seen;

/* In place of srd__keep_arrays(): all is placed, and the stores are still there. */
static bool watch_arrays(srd_explainer *ex)
{
    check_places(ex, &last_seen);
    ck_assert(!plan_too_large(ex));
    last_plan.count = store_count(ex);
    ck_assert_int_le(last_plan.count, MOST_STORES);
    for (int32_t i = 0; i < last_plan.count; ++i) last_plan.stores[i] = *store_at_index(ex, i);
    last_plan.transient = plan_transient(ex);
    last_plan.persistent = plan_persistent(ex);
    if (!srd__keep_arrays(ex)) return false;
    for (int32_t i = 0; i < last_plan.count; ++i) {
        const srd__store *const s = store_at_index(ex, i);
        const srd__array *const array = array_of(ex, i);

        ck_assert_int_eq(array != NULL, s->bytes > 0);
        if (array == NULL) continue;
        ck_assert_uint_eq(array->bytes, s->bytes);
        ck_assert_uint_eq(array->place, s->offset + (size_t)s->kept);
    }
    return true;
}

#define CHANNELS 4
#define MOST_WIDTH 16 /* channels */

static float weights[MOST_WIDTH * MOST_WIDTH * 9];

static srd_layer conv(srd_graph *graph, srd_layer x, int32_t out, int32_t kernel, int32_t stride)
{
    int32_t chw[3];
    int64_t shape[4] = { out, 0, kernel, kernel };
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *weight;
    srd_layer layer;

    check_ok(srd_graph_layer_shape(graph, x, chw));
    shape[1] = chw[0];
    weight = testing_const_view(4, shape, weights);
    options.stride_h = options.stride_w = stride;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = kernel / 2;
    layer = srd_graph_conv2d(graph, NULL, x, weight, NULL, &options);
    srd_tensor_free(weight);
    return layer;
}

/* One more layer of a random kind; `older` is another of the same shape. */
static srd_layer next_layer(srd_graph *graph, srd_layer x, srd_layer older, uint32_t *state)
{
    const srd_layer both[2] = { x, older };
    srd_pool2d_options window = SRD_POOL2D_OPTIONS_INIT;
    int32_t chw[3];

    check_ok(srd_graph_layer_shape(graph, x, chw));
    window.kernel_h = window.kernel_w = 2;
    switch (draw(state, 10)) {
    case 0: return srd_graph_relu(graph, NULL, conv(graph, x, chw[0], 3, 1));
    case 1: return srd_graph_relu(graph, NULL, conv(graph, x, srd__min(2 * chw[0], MOST_WIDTH), 3, chw[1] > 3 ? 2 : 1));
    case 2:
        return srd_graph_silu(graph, NULL,
                              srd_graph_group_norm(graph, NULL, conv(graph, x, chw[0], 1, 1), 2, NULL, NULL, 1e-5));
    case 3: return chw[1] > 3 ? srd_graph_max_pool2d(graph, NULL, x, &window) : srd_graph_relu(graph, NULL, x);
    case 4: return chw[0] <= MOST_WIDTH / 2 ? srd_graph_concat(graph, NULL, both, 2) : srd_graph_tanh(graph, NULL, x);
    case 5: return conv(graph, x, chw[0], 1, 1);
    default: { /* a residual block */
        const srd_layer inner = srd_graph_relu(graph, NULL, conv(graph, x, chw[0], 3, 1));
        const srd_layer branches[2] = { conv(graph, inner, chw[0], 3, 1), draw(state, 3) > 0 ? x : older };

        return srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, branches, 2));
    }
    }
}

static srd_graph *random_network(uint32_t *state)
{
    const int32_t side = 8 + (int32_t)draw(state, 25), layers = 3 + (int32_t)draw(state, 8);
    srd_detail why = testing_new_detail();
    srd_graph *graph = NULL;
    srd_layer x, older;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = older = srd_graph_relu(graph, NULL, conv(graph, srd_graph_input(graph, "x", CHANNELS, side, side), CHANNELS, 3, 1));
    for (int32_t i = 0; i < layers; ++i) {
        const srd_layer next = next_layer(graph, x, older, state);
        int32_t a[3], b[3];

        check_ok(srd_graph_layer_shape(graph, next, a));
        check_ok(srd_graph_layer_shape(graph, x, b));
        older = memcmp(a, b, sizeof a) == 0 ? x : next;
        x = next;
    }
    if (draw(state, 4) == 0) check_ok(srd_graph_output(graph, older));
    check_ok(srd_graph_output(graph, conv(graph, srd_graph_global_avg_pool(graph, NULL, x), 3, 1, 1)));
    ck_assert_msg(srd_graph_seal(graph, &why) == SRD_OK, "%s: %s", why.layer_name, why.text);
    return graph;
}

static void run_here(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user, (void)workers;
    for (int32_t i = 0; i < count; ++i) task(context, i, 0);
}

/* What runs know of the plan is what was planned, and the size query has planned the same. */
static void check_network(const srd_graph *graph, const srd_explainer_options *o)
{
    static srd__store counted[MOST_STORES];
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    srd_explainer *explainer = NULL;
    size_t size = 0, transient, persistent;
    int32_t count;

    check_ok(srd_explainer_memory_size(graph, o, NULL, &size, NULL));
    memcpy(counted, last_plan.stores, sizeof counted);
    count = last_plan.count;
    transient = last_plan.transient;
    persistent = last_plan.persistent;
    check_ok(srd_explainer_create(graph, o, NULL, &explainer, NULL));
    ck_assert_int_eq(last_plan.count, count);
    ck_assert_uint_eq(last_plan.transient, transient);
    ck_assert_uint_eq(last_plan.persistent, persistent);
    for (int32_t i = 0; i < count; ++i) {
        const srd__store *const a = &counted[i], *const b = &last_plan.stores[i];

        ck_assert(a->bytes == b->bytes && a->offset == b->offset && a->first == b->first && a->last == b->last);
        ck_assert_int_eq(a->kept, b->kept);
    }
    ck_assert_uint_eq(srd_explainer_memory_used(explainer), size);
    check_ok(srd_explainer_memory_info(explainer, &info));
    ck_assert_uint_ge(size, transient + persistent);
    srd_explainer_free(explainer);
}

/* _i: 0: explanations; 1: forward; 2: two workers of the caller's; 3: a batch; 4: the same, one image at a time; 5: float16; 6: ratios
 * computed again; 7: and inputs borrowed. */
START_TEST(random_networks_are_placed)
{
    for (uint32_t seed = 1; seed <= 60; ++seed) {
        uint32_t state = 100 * seed + 7;
        srd_graph *const graph = random_network(&state);
        srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
        srd_keep keeps[3];

        o.mode = _i == 1 ? SRD_MODE_FORWARD : SRD_MODE_EXPLAIN;
        o.workers = _i == 2 ? 2 : 1;
        o.parallel_for = _i == 2 ? run_here : NULL;
        o.batch = _i == 3 || _i == 4 ? 3 : 1;
        o.keep_images = _i == 4 ? SRD_KEEP_ONE_IMAGE : SRD_KEEP_ALL_IMAGES;
        o.ratios = _i == 5 ? SRD_RATIOS_FLOAT16 : _i >= 6 ? SRD_RATIOS_RECOMPUTED : SRD_RATIOS_FLOAT32;
        o.inputs = _i == 7 ? SRD_INPUTS_BORROW : SRD_INPUTS_COPY;
        check_network(graph, &o);
        for (int32_t i = 0; i < 3; ++i) { /* some layers whose values are kept, and where maps may be asked */
            keeps[i].layer = (int32_t)draw(&state, (uint32_t)srd_graph_layer_count(graph));
            keeps[i].what = srd_graph_is_site(graph, keeps[i].layer) != 0 ? SRD_KEEP_VALUE : SRD_KEEP_START;
        }
        o.keeps = keeps;
        o.keep_count = 3;
        check_network(graph, &o);
        srd_graph_free(graph);
    }
    ck_assert_int_gt(last_seen.transient, 1000);
    ck_assert_int_eq(last_seen.slides > 0, _i != 2 && _i < 6); /* one worker, and nothing is made again */
    ck_assert_int_gt(last_seen.overs, 0);
    if (_i == 3 || _i >= 6) ck_assert_int_gt(last_seen.persistent, 0);
    ck_assert_int_eq(last_seen.among > 0, _i != 3 && _i < 6);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { random_lifetimes_are_placed, 0, 3 },
                                  { nested_lifetimes_leave_no_hole, 0, 0 },
                                  { equal_sizes_leave_no_hole, 0, 0 },
                                  { many_stores_are_stacked, 0, 2 },
                                  { large_sizes_are_refused, 0, 0 },
                                  { random_networks_are_placed, 0, 8 },
                                  { NULL, 0, 0 } };

    return testing_main("arena", list);
}
