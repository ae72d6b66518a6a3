/*
 * test_bad_memory.c -- every function that takes an srd_memory, with one that is too short, misaligned, contradictory, or of
 * another version: refused with a reason, nothing is taken, nothing is written beyond it.
 */
#include "fixture.h"
#include "heap.h"

/* Uses the memory; the handle, if one was made, is freed again, and nothing but a status may remain. */
typedef srd_status (*user)(const fixture *f, const srd_memory *memory, srd_detail *why);

static float one_number[1] = { 1 };

static srd_status use_tensor_create(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    const int64_t shape[2] = { 5, 7 };
    srd_tensor *tensor = NULL;
    const srd_status status = srd_tensor_create(SRD_FLOAT32, 2, shape, memory, &tensor, why);

    (void)f;
    ck_assert((tensor != NULL) == (status == SRD_OK));
    srd_tensor_free(tensor);
    return status;
}

static srd_status use_tensor_view(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    srd_tensor *tensor = NULL;
    const srd_status status = srd_tensor_view(SRD_FLOAT32, 0, NULL, NULL, one_number, memory, &tensor, why);

    (void)f;
    ck_assert((tensor != NULL) == (status == SRD_OK));
    srd_tensor_free(tensor);
    return status;
}

static srd_status use_tensor_view_const(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    srd_tensor *tensor = NULL;
    const srd_status status = srd_tensor_view_const(SRD_FLOAT32, 0, NULL, NULL, one_number, memory, &tensor, why);

    (void)f;
    ck_assert((tensor != NULL) == (status == SRD_OK));
    srd_tensor_free(tensor);
    return status;
}

/* A whole graph: what does not fit sticks to it, with the layer, and sealing says so. */
static srd_status use_graph_create(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    static testnet net;
    srd_graph *graph = NULL;
    srd_status status = srd_graph_create(NULL, memory, &graph, why);

    (void)f;
    ck_assert((graph != NULL) == (status == SRD_OK));
    if (status != SRD_OK) return status;
    (void)testnet_residual(graph, &net);
    status = srd_graph_seal(graph, why);
    if (status != SRD_OK) { /* it can be looked at and freed, and nothing else */
        srd_explainer *explainer = NULL;

        check_status(srd_graph_seal(graph, NULL), status);
        check_status(srd_explainer_create(graph, NULL, NULL, &explainer, NULL), SRD_ERR_STATE);
        ck_assert_int_eq(srd_graph_relu(graph, NULL, 0), SRD_LAYER_NONE);
    }
    srd_graph_free(graph);
    return status;
}

static srd_status use_graph_memory_size(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    static testnet net;
    size_t size = 4711;
    const srd_status status = srd_graph_memory_size(testnet_residual, &net, NULL, memory, &size, why);

    ck_assert_uint_eq(size, status == SRD_OK ? srd_graph_memory_used(f->graph) : 4711);
    return status;
}

static srd_status use_explainer_create(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    srd_explainer *explainer = NULL;
    const srd_status status = srd_explainer_create(f->graph, NULL, memory, &explainer, why);

    ck_assert((explainer != NULL) == (status == SRD_OK));
    if (status == SRD_OK) check_ok(testnet_run(explainer, 1)); /* and it works in there */
    srd_explainer_free(explainer);
    return status;
}

static srd_status use_explainer_memory_size(const fixture *f, const srd_memory *memory, srd_detail *why)
{
    size_t size = 4711;
    const srd_status status = srd_explainer_memory_size(f->graph, NULL, memory, &size, why);

    ck_assert_uint_eq(size, status == SRD_OK ? srd_explainer_memory_used(f->explainer) : 4711);
    return status;
}

static const user users[] = {
    use_tensor_create,     use_tensor_view,      use_tensor_view_const,     use_graph_create,
    use_graph_memory_size, use_explainer_create, use_explainer_memory_size,
};
#define USERS ((int)(sizeof users / sizeof *users))

#define ENOUGH ((size_t)1 << 20)

static void check_refused(const fixture *f, int i, const srd_memory *memory, srd_status want)
{
    srd_detail why = testing_new_detail();
    const srd_status got = users[i](f, memory, &why);

    ck_assert_msg(got == want, "user %d: %s, expected %s", i, srd_status_name(got), srd_status_name(want));
    ck_assert_int_eq(why.status, want);
    ck_assert_msg(why.text[0] != '\0', "user %d: no reason is given", i);
    check_status(users[i](f, memory, NULL), want); /* nobody is interested */
}

/* The shortest block that will do, by bisection. */
static size_t least_size(const fixture *f, int i)
{
    size_t low = 0, high = ENOUGH; /* refused with low bytes, taken with high */

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        void *const block = heap_block(middle);
        const srd_memory memory = heap_block_memory(block, middle);
        const srd_status status = users[i](f, &memory, NULL);

        ck_assert(status == SRD_OK || status == SRD_ERR_MEMORY);
        if (status == SRD_OK) high = middle;
        else low = middle;
        heap_free_block(block);
    }
    return high;
}

/* The blocks are exactly as long as said, so that a sanitizer or valgrind sees a byte that is written behind them. */
START_TEST(truncated)
{
    size_t least;
    fixture f;

    fixture_begin(&f, NULL, 0);
    least = least_size(&f, _i);
    for (size_t size = 1; size < least; size += 1 + least / 40) {
        void *const block = heap_block(size);
        const srd_memory memory = heap_block_memory(block, size);

        check_refused(&f, _i, &memory, SRD_ERR_MEMORY);
        heap_free_block(block);
    }
    for (size_t size = least; size < least + 130; size += 43) { /* more is as good */
        void *const block = heap_block(size);
        const srd_memory memory = heap_block_memory(block, size);

        check_ok(users[_i](&f, &memory, NULL));
        heap_free_block(block);
    }
    fixture_end(&f);
}
END_TEST

START_TEST(misaligned)
{
    char *const block = heap_block(ENOUGH + SRD_ALIGNMENT);
    fixture f;

    fixture_begin(&f, NULL, 0);
    for (size_t off = 1; off <= 63; off += off < 8 ? 1 : 5) {
        const srd_memory memory = heap_block_memory(block + off, ENOUGH);

        check_refused(&f, _i, &memory, SRD_ERR_MEMORY);
    }
    fixture_end(&f);
    heap_free_block(block);
}
END_TEST

/* An srd_memory that is none: neither, both, half, a reserved field, another version's. */
START_TEST(contradictory)
{
    struct {
        srd_memory memory;
        int64_t more;
    } newer;
    char *const block = heap_block(ENOUGH);
    const srd_memory empty = SRD_MEMORY_INIT;
    test_heap from = { 0 };
    const srd_memory functions = heap_memory(&from), good = heap_block_memory(block, ENOUGH);
    srd_memory bad[8];
    fixture f;

    fixture_begin(&f, NULL, 0);
    bad[0] = empty;
    bad[1] = functions;
    bad[1].buffer = block;
    bad[1].buffer_size = ENOUGH;
    bad[2] = functions;
    bad[2].release = NULL;
    bad[3] = functions;
    bad[3].allocate = NULL;
    bad[4] = good;
    bad[4].reserved = 1;
    bad[5] = good;
    bad[5].struct_size = 0;
    bad[6] = good;
    bad[6].struct_size -= 8;
    bad[7] = good;
    bad[7].release = functions.release;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) check_refused(&f, _i, &bad[i], SRD_ERR_ARGUMENT);
    memset(&newer, 0, sizeof newer); /* there may be padding before `more` */
    newer.memory = good;
    newer.memory.struct_size = (uint32_t)sizeof newer;
    newer.more = 1;
    check_refused(&f, _i, &newer.memory, SRD_ERR_ARGUMENT);
    newer.more = 0;
    check_ok(users[_i](&f, &newer.memory, NULL));
    ck_assert_int_eq(from.calls, 0);
    fixture_end(&f);
    heap_free_block(block);
}
END_TEST

/* Functions that refuse at once, or hand out what is not aligned as asked. */
START_TEST(functions_that_give_nothing)
{
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    fixture f;

    fixture_begin(&f, NULL, 0);
    from.fail_at = 1;
    from.fail_after_too = 1;
    check_refused(&f, _i, &memory, SRD_ERR_MEMORY);
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
    fixture_end(&f);
}
END_TEST

/* Which layer the memory ended at is said when it ended at one. */
START_TEST(the_layer_where_a_graph_ended)
{
    static testnet net;
    int named = 0;

    for (size_t size = 0; size < 1 << 15; size += SRD_ALIGNMENT) {
        void *const block = heap_block(size + SRD_ALIGNMENT);
        const srd_memory memory = heap_block_memory(block, size + SRD_ALIGNMENT);
        srd_detail why = testing_new_detail();
        srd_graph *graph = NULL;

        if (srd_graph_create(NULL, &memory, &graph, NULL) == SRD_OK) {
            (void)testnet_residual(graph, &net);
            if (srd_graph_seal(graph, &why) != SRD_OK) {
                ck_assert_int_eq(why.status, SRD_ERR_MEMORY);
                ck_assert((why.layer == SRD_LAYER_NONE) == (why.layer_name[0] == '\0'));
                named += why.layer != SRD_LAYER_NONE;
            }
        }
        srd_graph_free(graph);
        heap_free_block(block);
    }
    ck_assert_int_gt(named, 10);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { truncated, 0, USERS },
        { misaligned, 0, USERS },
        { contradictory, 0, USERS },
        { functions_that_give_nothing, 0, USERS },
        { the_layer_where_a_graph_ended, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("bad_memory", list);
}
