/* test_explainer_memory.c -- where an explainer's memory comes from: one allocation or one block, exactly as large as said. */
#include "fixture.h"
#include "heap.h"

#include <stdbool.h>

/* Options that change what memory is needed. */
static srd_explainer_options variant(int i)
{
    static const int32_t sizes[2] = { 23, 8 };
    srd_explainer_options o = testnet_options();

    if (i == 1) o.mode = SRD_MODE_FORWARD;
    if (i == 2) o.batch = 3;
    if (i == 3) o.workers = 4;
    if (i == 4) o.input_sizes = sizes;
    if (i == 4) o.input_size_count = 1;
    if (i == 5) o.batch = 3;
    if (i == 5) o.keep_images = SRD_IMAGES_ONE;
    if (i == 6) o.ratios = SRD_RATIOS_FLOAT16;
    if (i == 7) o.ratios = SRD_RATIOS_RECOMPUTED;
    return o;
}
#define VARIANTS 8

static const testnet_builder builders[] = { testnet_residual, testnet_every_kind };

/* The every-kind network flattens, so its size is fixed. */
static srd_graph *variant_graph(int i)
{
    return testnet_graph(builders[i >= VARIANTS && i % VARIANTS != 4]);
}

START_TEST(the_size_query_is_exact)
{
    const srd_explainer_options o = variant(_i % VARIANTS);
    srd_graph *const graph = variant_graph(_i);
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    size_t size = 0;
    srd_memory memory;
    char *block;

    check_ok(srd_explainer_memory_size(graph, &o, NULL, &size, NULL));
    ck_assert_uint_eq(size % SRD_ALIGNMENT, 0);
    block = heap_block(size);
    memory = heap_block_memory(block, size);
    check_ok(srd_explainer_create(graph, &o, &memory, &explainer, NULL));
    ck_assert_uint_eq(srd_explainer_memory_used(explainer), size);
    srd_explainer_free(explainer);
    explainer = NULL;
    for (size_t less = 1; less <= size; less = less < SRD_ALIGNMENT ? SRD_ALIGNMENT : less * 3) {
        memory.buffer_size = size - less;
        check_status(srd_explainer_create(graph, &o, &memory, &explainer, &detail), SRD_ERR_MEMORY);
        ck_assert_int_eq(detail.status, SRD_ERR_MEMORY); /* which layer it is at depends on where the memory ends */
        ck_assert_ptr_nonnull(strstr(detail.text, "no memory"));
        ck_assert_ptr_null(explainer);
    }
    heap_free_block(block);
    srd_graph_free(graph);
}
END_TEST

/* The plan's tables need memory for a moment: from malloc, from functions, or in the very block. */
START_TEST(the_size_query_works_in_any_memory)
{
    const srd_explainer_options o = variant(_i % VARIANTS);
    srd_graph *const graph = variant_graph(_i);
    test_heap from = { 0 };
    srd_memory memory = heap_memory(&from);
    size_t by_malloc = 0, by_functions = 0, by_block = 0;
    void *block;

    check_ok(srd_explainer_memory_size(graph, &o, NULL, &by_malloc, NULL));
    check_ok(srd_explainer_memory_size(graph, &o, &memory, &by_functions, NULL));
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
    block = heap_block(by_malloc);
    memory = heap_block_memory(block, by_malloc);
    check_ok(srd_explainer_memory_size(graph, &o, &memory, &by_block, NULL));
    ck_assert_uint_eq(by_malloc, by_functions);
    ck_assert_uint_eq(by_malloc, by_block);
    memory.buffer_size = SRD_ALIGNMENT;
    check_status(srd_explainer_memory_size(graph, &o, &memory, &by_block, NULL), SRD_ERR_MEMORY);
    ck_assert_uint_eq(by_malloc, by_block);
    heap_free_block(block);
    srd_graph_free(graph);
}
END_TEST

START_TEST(an_explainer_in_a_block_gives_the_same_bits)
{
    fixture f;
    size_t size = 0;
    void *block;
    srd_memory memory;
    srd_explainer *explainer = NULL;
    float by_malloc[FIXTURE_MAP];

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 1, testing_reason()));
    memcpy(by_malloc, f.numbers[0], sizeof by_malloc);
    check_ok(srd_explainer_memory_size(f.graph, NULL, NULL, &size, NULL));
    ck_assert_uint_eq(size, srd_explainer_memory_used(f.explainer));
    block = heap_block(size);
    memory = heap_block_memory(block, size);
    check_ok(srd_explainer_create(f.graph, NULL, &memory, &explainer, NULL));
    check_ok(testnet_run(explainer, 1));
    check_ok(srd_explainer_ask_top(explainer, NULL, f.layers, f.maps, 1, testing_reason()));
    ck_assert_mem_eq(by_malloc, f.numbers[0], sizeof by_malloc);
    srd_explainer_free(explainer);
    heap_free_block(block);
    fixture_end(&f);
}
END_TEST

START_TEST(a_misaligned_block_is_refused)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    size_t size = 0;
    char *block;
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();

    check_ok(srd_explainer_memory_size(graph, NULL, NULL, &size, NULL));
    block = heap_block(size + SRD_ALIGNMENT);
    for (int shift = 1; shift < SRD_ALIGNMENT; shift *= 2) {
        const srd_memory memory = heap_block_memory(block + shift, size);

        check_status(srd_explainer_create(graph, NULL, &memory, &explainer, &detail), SRD_ERR_MEMORY);
        check_detail(&detail, SRD_ERR_MEMORY, "", "aligned");
    }
    ck_assert_ptr_null(explainer);
    heap_free_block(block);
    srd_graph_free(graph);
}
END_TEST

/* After creation nothing is allocated, whatever is asked, also when it fails. */
START_TEST(only_creation_allocates)
{
    test_heap from = { 0 };
    const srd_memory memory = heap_memory(&from);
    fixture f;
    srd_explainer *explainer = NULL;
    srd_explainer *by_malloc;
    long calls;

    fixture_begin(&f, NULL, 0);
    check_ok(srd_explainer_create(f.graph, NULL, &memory, &explainer, NULL));
    ck_assert_int_ge(from.calls, 1);
    calls = from.calls;
    by_malloc = f.explainer;
    f.explainer = explainer;
    check_ok(testnet_run(explainer, 1));
    check_ok(srd_explainer_ask_top(explainer, NULL, f.layers, f.maps, 2, testing_reason()));
    check_ok(srd_explainer_ask_erf(explainer, f.relu2, 0, 0, NULL, f.layers, f.maps, 2, testing_reason()));
    check_status(srd_explainer_ask_class(explainer, -1, NULL, f.layers, f.maps, 2, testing_reason()), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(from.calls, calls);
    f.explainer = by_malloc;
    srd_explainer_free(explainer);
    ck_assert_int_eq(from.live, 0);
    ck_assert_int_eq(from.wrong, 0);
    fixture_end(&f);
}
END_TEST

/* Everything without malloc: the graph, its tensors and its explainer in blocks of the sizes that were said. */
START_TEST(a_whole_program_in_blocks)
{
    static testnet net;
    test_heap none = { 0 };
    const srd_memory functions = heap_memory(&none);
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    size_t graph_size = 0, size = 0;
    void *graph_block, *block;
    srd_memory memory;

    net.memory = &functions; /* handles of weights are freed after each call, so a block would not do for all */
    check_ok(srd_graph_memory_size(testnet_residual, &net, NULL, &functions, &graph_size, NULL));
    graph_block = heap_block(graph_size);
    memory = heap_block_memory(graph_block, graph_size);
    check_ok(srd_graph_create(NULL, &memory, &graph, NULL));
    check_ok(testnet_residual(graph, &net));
    check_ok(srd_graph_seal(graph, NULL));
    memset(net.numbers, 0xff, sizeof net.numbers); /* SRD_WEIGHTS_COPY: the caller's may go */
    check_ok(srd_explainer_memory_size(graph, NULL, &functions, &size, NULL));
    block = heap_block(size);
    memory = heap_block_memory(block, size);
    check_ok(srd_explainer_create(graph, NULL, &memory, &explainer, NULL));
    srd_graph_free(graph); /* the explainer holds it */
    check_ok(testnet_run(explainer, 1));
    check_ok(srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, testing_reason()));
    srd_explainer_free(explainer);
    heap_free_block(block);
    heap_free_block(graph_block);
    ck_assert_int_eq(none.live, 0);
    net.memory = NULL;
}
END_TEST

#define BLOCK_CHANNELS 20 /* two panels, the second not full */
#define BLOCK_SIDE 32
#define BLOCK_NUMBERS (BLOCK_CHANNELS * BLOCK_SIDE * BLOCK_SIDE)

/* relu(conv(relu(conv(x))) + x), 1 x 1. */
static srd_layer add_block(srd_graph *graph, srd_layer x, const srd_tensor *weight)
{
    const srd_layer middle = srd_graph_relu(graph, NULL, srd_graph_conv2d(graph, NULL, x, weight, NULL, NULL));
    const srd_layer branches[2] = { x, srd_graph_conv2d(graph, NULL, middle, weight, NULL, NULL) };

    return srd_graph_relu(graph, NULL, srd_graph_add(graph, NULL, branches, 2));
}

/* Two residual blocks and the largest number of each channel (their mean, if small); later: what the first block adds to is read by a
 * concat once more; small: what the head reads is much smaller than a block. */
static srd_graph *two_blocks(const srd_tensor *weight, bool later, bool small)
{
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    srd_pool2d_options whole = SRD_POOL2D_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_layer x, y;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, NULL, BLOCK_CHANNELS, BLOCK_SIDE, BLOCK_SIDE);
    x = srd_graph_relu(graph, NULL, srd_graph_conv2d(graph, NULL, x, weight, NULL, NULL));
    y = add_block(graph, add_block(graph, x, weight), weight);
    options.stride_h = options.stride_w = 8;
    if (small) y = srd_graph_relu(graph, "small", srd_graph_conv2d(graph, NULL, y, weight, NULL, &options));
    if (later) y = srd_graph_concat(graph, NULL, (const srd_layer[]){ x, y }, 2);
    whole.kernel_h = whole.kernel_w = BLOCK_SIDE;
    y = small ? srd_graph_global_avg_pool(graph, NULL, y) : srd_graph_max_pool2d(graph, NULL, y, &whole);
    (void)srd_graph_output(graph, y, testing_reason());
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

/* Runs it; the bytes that values share, and the output. */
static int64_t run_blocks(srd_graph *graph, int32_t mode, const srd_tensor *picture, srd_tensor *output)
{
    srd_explainer_options o = testnet_options();
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    srd_explainer *explainer;

    o.mode = mode;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_run(explainer, &picture, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(explainer, srd_graph_output_layer(graph, 0), output, testing_reason()));
    check_ok(srd_explainer_memory_info(explainer, &info, testing_reason()));
    srd_explainer_free(explainer);
    return info.working + info.kept;
}

/* Forward only, the sum of a residual block takes the place of what it adds to, if nobody reads that later: two values are alive at
 * most, and all numbers are what they are with ratios. */
START_TEST(a_block_adds_in_place)
{
    static const int64_t kernel[4] = { BLOCK_CHANNELS, BLOCK_CHANNELS, 1, 1 };
    static const int64_t picture[3] = { BLOCK_CHANNELS, BLOCK_SIDE, BLOCK_SIDE };
    const int64_t channels = _i == 0 ? BLOCK_CHANNELS : 2 * BLOCK_CHANNELS;
    static float weights[BLOCK_CHANNELS * BLOCK_CHANNELS], pixels[BLOCK_NUMBERS];
    float with_ratios[2 * BLOCK_CHANNELS], forward[2 * BLOCK_CHANNELS];
    srd_tensor *t[4];
    srd_graph *graph;
    int64_t bytes;

    testnet_picture(weights, BLOCK_CHANNELS * BLOCK_CHANNELS, 3);
    testnet_picture(pixels, BLOCK_NUMBERS, 4);
    t[0] = testing_view(4, kernel, weights);
    t[1] = testing_view(3, picture, pixels);
    t[2] = testing_view(1, &channels, with_ratios);
    t[3] = testing_view(1, &channels, forward);
    graph = two_blocks(t[0], _i == 1, false);
    (void)run_blocks(graph, SRD_MODE_EXPLAIN, t[1], t[2]);
    bytes = run_blocks(graph, SRD_MODE_FORWARD, t[1], t[3]);
    ck_assert_mem_eq(with_ratios, forward, (size_t)channels * sizeof(float));
    ck_assert_int_eq(bytes, (_i == 0 ? 2 : 3) * (int64_t)(BLOCK_NUMBERS * sizeof(float)));
    for (int i = 0; i < 4; ++i) srd_tensor_free(t[i]);
    srd_graph_free(graph);
}
END_TEST

#define BLOCK_SITES 6 /* below "small" */

/* Maps at all sites; keeps: nothing is written over what is kept. */
static int64_t map_blocks(srd_graph *graph, const srd_tensor *picture, bool keeps, float (*maps)[BLOCK_SIDE * BLOCK_SIDE],
                          srd_report *report)
{
    static const int64_t shape[2] = { BLOCK_SIDE, BLOCK_SIDE };
    srd_explainer_options o = testnet_options();
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    srd_keep kept[32];
    srd_explainer *explainer;
    srd_tensor *map;

    for (srd_layer id = 0; keeps && id < srd_graph_layer_count(graph); ++id) {
        if (!srd_graph_is_site(graph, id)) continue;
        kept[o.keep_count].layer = id;
        kept[o.keep_count++].what = SRD_KEEP_VALUE;
    }
    o.keeps = keeps ? kept : NULL;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_run(explainer, &picture, 1, NULL, testing_reason()));
    for (srd_layer id = 0; id < srd_graph_find(graph, "small"); ++id) {
        if (!srd_graph_is_site(graph, id)) continue;
        map = testing_view(2, shape, *maps++);
        check_ok(srd_explainer_ask_class(explainer, 1, NULL, &id, &map, 1, testing_reason()));
        srd_tensor_free(map);
    }
    check_ok(srd_explainer_report(explainer, report, testing_reason()));
    check_ok(srd_explainer_memory_info(explainer, &info, testing_reason()));
    srd_explainer_free(explainer);
    return info.working + info.kept;
}

/* Where y is 0, or its square is, a position is computed again, from numbers that y has been written over. */
START_TEST(careful_positions_of_a_block_in_place)
{
    static const int64_t kernel[4] = { BLOCK_CHANNELS, BLOCK_CHANNELS, 1, 1 };
    static const int64_t picture[3] = { BLOCK_CHANNELS, BLOCK_SIDE, BLOCK_SIDE };
    static float weights[BLOCK_CHANNELS * BLOCK_CHANNELS], pixels[BLOCK_NUMBERS];
    static float maps[2][BLOCK_SITES][BLOCK_SIDE * BLOCK_SIDE];
    srd_report reports[2] = { SRD_REPORT_INIT, SRD_REPORT_INIT };
    int64_t bytes[2];
    srd_tensor *t[2];
    srd_graph *graph;

    testnet_picture(weights, BLOCK_CHANNELS * BLOCK_CHANNELS, 3);
    testnet_picture(pixels, BLOCK_NUMBERS, 4);
    for (int c = 0; c < BLOCK_CHANNELS; ++c) {
        float *const plane = pixels + c * BLOCK_SIDE * BLOCK_SIDE;

        for (int p = 0; p < 300; ++p) plane[p] *= p < 150 ? 0.0f : 1e-18f;
    }
    t[0] = testing_view(4, kernel, weights);
    t[1] = testing_view(3, picture, pixels);
    graph = two_blocks(t[0], false, true);
    for (int i = 0; i < 2; ++i) bytes[i] = map_blocks(graph, t[1], i == 1, maps[i], &reports[i]);
    ck_assert_mem_eq(maps[0], maps[1], sizeof maps[0]);
    ck_assert_int_gt(reports[0].special_positions, 150);
    ck_assert_mem_eq(&reports[0], &reports[1], sizeof reports[0]);
    /* Two values, the ratios of two blocks (two for each position), what is small: a third value would be 20 numbers. */
    ck_assert_int_lt(bytes[0], (int64_t)((2 * BLOCK_NUMBERS + 9 * BLOCK_SIDE * BLOCK_SIDE) * sizeof(float)));
    ck_assert_int_gt(bytes[1], (int64_t)(5 * BLOCK_NUMBERS * sizeof(float)));
    for (int i = 0; i < 2; ++i) srd_tensor_free(t[i]);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { the_size_query_is_exact, 0, 2 * VARIANTS },
        { the_size_query_works_in_any_memory, 0, 2 * VARIANTS },
        { an_explainer_in_a_block_gives_the_same_bits, 0, 0 },
        { a_misaligned_block_is_refused, 0, 0 },
        { only_creation_allocates, 0, 0 },
        { a_whole_program_in_blocks, 0, 0 },
        { a_block_adds_in_place, 0, 2 },
        { careful_positions_of_a_block_in_place, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("explainer_memory", list);
}
