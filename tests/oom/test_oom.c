/*
 * test_oom.c -- every allocation fails in turn: first only the n-th, then the n-th and all later ones.
 *
 * A scenario is a whole program: weights, graph, seal, size query, explainer, run, questions. Whatever fails must say
 * SRD_ERR_MEMORY, write no output, lose nothing, and leave every handle that exists usable or at least freeable.
 */
#include "heap.h"
#include "testing.h"
#include "testnet.h"

typedef struct scenario {
    testnet_builder build;
    int64_t shape[3]; /* of the input */
    int32_t batch, workers, ratios;
} scenario;

static const scenario scenarios[] = {
    { testnet_residual, { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH }, 1, 1, SRD_RATIOS_FLOAT32 },
    { testnet_residual, { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH }, 2, 3, SRD_RATIOS_FLOAT32 },
    { testnet_every_kind, { 3, 8, 8 }, 1, 1, SRD_RATIOS_FLOAT32 },
    { testnet_residual, { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH }, 1, 1, SRD_RATIOS_FLOAT16 },
    { testnet_residual, { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH }, 1, 2, SRD_RATIOS_RECOMPUTED },
};
#define SCENARIOS 5

/* What a program has made so far. */
typedef struct program {
    const scenario *plan;
    const srd_memory *memory;
    testnet net;
    srd_graph *graph;
    srd_explainer *explainer;
    srd_tensor *input, *map;
    float picture[2 * TESTNET_INPUT], numbers[2 * TESTNET_PIXELS];
} program;

/* A handle is made if and only if the status is good. */
static void check_made(srd_status status, const void *handle)
{
    ck_assert((status == SRD_OK) == (handle != NULL));
}

static srd_status make_graph(program *p)
{
    const srd_graph_options options = { (uint32_t)sizeof options, SRD_WEIGHTS_COPY };
    srd_detail detail = testing_new_detail();
    srd_status status = srd_graph_create(&options, p->memory, &p->graph, &detail);
    srd_status sealed;

    check_made(status, p->graph);
    if (status != SRD_OK) return status;
    p->net.memory = p->memory;
    status = p->plan->build(p->graph, &p->net);
    sealed = srd_graph_seal(p->graph, &detail); /* also after a failure to make a weight's handle: it must not crash */
    if (status == SRD_OK) status = sealed;
    else ck_assert_int_ne(sealed, SRD_OK);
    if (sealed == SRD_ERR_MEMORY)
        check_detail(&detail, SRD_ERR_MEMORY, detail.layer_name, "memory"); /* of a layer, or of none */
    return status;
}

static srd_status make_explainer(program *p)
{
    srd_explainer_options options = testnet_options();
    size_t size = 4711;
    srd_status status;

    options.batch = p->plan->batch;
    options.workers = p->plan->workers;
    options.ratios = p->plan->ratios;
    status = srd_explainer_memory_size(p->graph, &options, p->memory, &size, NULL);
    ck_assert((status == SRD_OK) == (size != 4711));
    if (status != SRD_OK) return status;
    status = srd_explainer_create(p->graph, &options, p->memory, &p->explainer, NULL);
    check_made(status, p->explainer);
    if (status == SRD_OK) ck_assert_uint_eq(srd_explainer_memory_used(p->explainer), size);
    return status;
}

static srd_status make_tensors(program *p)
{
    const int64_t in[4] = { p->plan->batch, p->plan->shape[0], p->plan->shape[1], p->plan->shape[2] };
    const int64_t out[4] = { p->plan->batch, 1, p->plan->shape[1], p->plan->shape[2] };
    srd_status status = SRD_OK;

    if (p->input == NULL) {
        status = srd_tensor_view_const(SRD_FLOAT32, 4, in, NULL, p->picture, p->memory, &p->input, NULL);
        check_made(status, p->input);
    }
    if (status == SRD_OK && p->map == NULL) {
        status = srd_tensor_create(SRD_FLOAT32, 4, out, p->memory, &p->map, NULL);
        check_made(status, p->map);
    }
    return status;
}

static srd_status use(program *p)
{
    const srd_tensor *const inputs[1] = { p->input };
    const srd_layer x = srd_graph_find(p->graph, "x");
    srd_status status = srd_explainer_run(p->explainer, inputs, 1, NULL, NULL);

    if (status == SRD_OK) status = srd_explainer_ask_class(p->explainer, 1, NULL, &x, &p->map, 1, NULL);
    if (status == SRD_OK)
        status = srd_explainer_ask_erf(p->explainer, srd_graph_find(p->graph, "relu2"), 1, 1, NULL, &x, &p->map, 1, NULL);
    return status;
}

/* The steps from the first that is not done; may be called again after a failure, as a program would. */
static srd_status go_on(program *p)
{
    srd_status status = SRD_OK;

    if (p->graph == NULL) status = make_graph(p);
    if (status == SRD_OK && p->explainer == NULL) status = make_explainer(p);
    if (status == SRD_OK) status = make_tensors(p);
    return status == SRD_OK ? use(p) : status;
}

static void begin(program *p, const scenario *plan, const srd_memory *memory)
{
    memset(p, 0, sizeof *p);
    p->plan = plan;
    p->memory = memory;
    testnet_picture(p->picture, sizeof p->picture / sizeof *p->picture, 3);
}

static void end(program *p)
{
    srd_tensor_free(p->map);
    srd_tensor_free(p->input);
    srd_explainer_free(p->explainer);
    srd_graph_free(p->graph);
}

static void check_nothing_lost(const test_heap *from, long n)
{
    ck_assert_msg(from->live == 0, "allocation %ld failed: %ld pieces (%zu bytes) are lost", n, from->live, from->live_bytes);
    ck_assert_msg(from->wrong == 0, "allocation %ld failed: wrong sizes or alignments", n);
}

/* Returns 1 when the scenario has fewer than n allocations. */
static int fail_one(const scenario *plan, long n, int and_later)
{
    static program p;
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    srd_status status;

    from.fail_at = n;
    from.fail_after_too = and_later;
    begin(&p, plan, &memory);
    status = go_on(&p);
    if (from.refused == 0) {
        check_ok(status);
    } else {
        ck_assert_msg(status == SRD_ERR_MEMORY, "allocation %ld failed: %s", n, srd_status_name(status));
        from.fail_at = 0; /* memory is back: handles that exist are as good as ever */
        if (p.explainer != NULL) check_ok(go_on(&p));
    }
    end(&p);
    check_nothing_lost(&from, n);
    return from.refused == 0;
}

START_TEST(every_allocation_fails_in_turn)
{
    const scenario *const plan = &scenarios[_i / 2];
    long n = 1;

    while (!fail_one(plan, n, _i % 2)) ck_assert_int_lt(++n, 10000);
    ck_assert_int_gt(n, 20); /* the scenario does allocate */
}
END_TEST

/* An explainer that cannot be made leaves its graph as it was: the next one can, and gives the same bits. */
START_TEST(a_failed_explainer_does_not_harm_its_graph)
{
    static program p, other;
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);

    begin(&p, &scenarios[0], NULL);
    check_ok(go_on(&p));
    begin(&other, &scenarios[0], &memory);
    other.graph = p.graph;
    for (from.fail_at = 1; go_on(&other) != SRD_OK; ++from.fail_at) {
        ck_assert_int_eq(from.refused, 1);
        srd_explainer_free(other.explainer);
        srd_tensor_free(other.input);
        srd_tensor_free(other.map);
        ck_assert_int_eq(from.live, 0);
        other.explainer = NULL;
        other.input = other.map = NULL;
        from.calls = from.refused = 0;
    }
    ck_assert_mem_eq(srd_tensor_const_data(p.map), srd_tensor_const_data(other.map), sizeof(float[TESTNET_PIXELS]));
    other.graph = NULL;
    end(&other);
    end(&p);
    ck_assert_int_eq(from.live, 0);
}
END_TEST

START_TEST(measuring_without_memory)
{
    static testnet net;
    size_t size = 4711;
    long n = 1;

    for (;; ++n) {
        test_heap from = { 0 };
        const srd_memory memory = heap_memory(&from);
        srd_status status;

        from.fail_at = n;
        net.memory = NULL;
        status = srd_graph_memory_size(testnet_every_kind, &net, NULL, &memory, &size, NULL);
        check_nothing_lost(&from, n);
        if (from.refused == 0) break;
        ck_assert_int_eq(status, SRD_ERR_MEMORY);
        ck_assert_uint_eq(size, 4711);
    }
    ck_assert_uint_ne(size, 4711);
    ck_assert_int_gt(n, 20);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { every_allocation_fails_in_turn, 0, 2 * SCENARIOS },
        { a_failed_explainer_does_not_harm_its_graph, 0, 0 },
        { measuring_without_memory, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("oom", list);
}
