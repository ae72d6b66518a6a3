/*
 * test_arena_networks.c -- the arena planner (lib/plan/arena.c) on random networks, made by the public calls: what lives at the same
 * time does not overlap, but for sums that are written over what they add to, and values that slide over what they are made of. The
 * plan that is counted is the one that is made. This file takes the place of plan/steps.c in the program, and looks at the stores
 * before they are given back.
 */
#include "plan/arena.h"
#include "plan_view.h"

static bool watch_arrays(srd_explainer *ex);

#define srd__keep_arrays watch_arrays
#include "plan/steps.c" /* NOLINT(bugprone-suspicious-include): see above */
#undef srd__keep_arrays

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

    check_ok(srd_graph_layer_shape(graph, x, chw, NULL));
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

    check_ok(srd_graph_layer_shape(graph, x, chw, NULL));
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

        check_ok(srd_graph_layer_shape(graph, next, a, NULL));
        check_ok(srd_graph_layer_shape(graph, x, b, NULL));
        older = memcmp(a, b, sizeof a) == 0 ? x : next;
        x = next;
    }
    if (draw(state, 4) == 0) check_ok(srd_graph_output(graph, older, NULL));
    check_ok(srd_graph_output(graph, conv(graph, srd_graph_global_avg_pool(graph, NULL, x), 3, 1, 1), NULL));
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
    check_ok(srd_explainer_memory_info(explainer, &info, NULL));
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
        o.keep_images = _i == 4 ? SRD_IMAGES_ONE : SRD_IMAGES_ALL;
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
    const testing_list list[] = { { random_networks_are_placed, 0, 8 }, { NULL, 0, 0 } };

    return testing_main("arena_networks", list);
}
