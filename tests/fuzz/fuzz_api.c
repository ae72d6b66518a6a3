/*
 * fuzz_api.c -- the fuzzing harness: bytes become calls of the public interface, in any order, with any parameters.
 *
 * With clang this is a libFuzzer target (run.sh); replay.c replays kept inputs in the everyday tests, without clang.
 * Everything is bounded: memory by an allocator that refuses, time by the number of calls and by what a run would cost.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* ---- graphs ------------------------------------------------------------------------------------------------------------------ */

static fuzz_graph *free_slot(fuzz *f)
{
    fuzz_graph *const slot = &f->graphs[fuzz_pick(f, FUZZ_GRAPHS)];

    srd_graph_free(slot->graph);
    memset(slot, 0, sizeof *slot);
    return slot;
}

static void new_graph(fuzz *f)
{
    fuzz_graph *const slot = free_slot(f);
    const srd_memory memory = fuzz_heap_memory(f);
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status;

    options.weight_policy = fuzz_number(f, 1);
    status = srd_graph_create(&options, &memory, &slot->graph, &detail);
    fuzz_status(status, &detail);
    fuzz_require((status == SRD_OK) == (slot->graph != NULL));
}

static void seal(fuzz_graph *slot)
{
    srd_detail detail = SRD_DETAIL_INIT;
    const srd_status status = srd_graph_seal(slot->graph, &detail);

    fuzz_status(status, &detail);
    if (status == SRD_OK) fuzz_require(!slot->sealed);
    if (status == SRD_OK) slot->sealed = 1;
}

/* Builds a graph in a block of a size, from the bytes at `from`. NULL if that fails. */
static srd_graph *in_block(fuzz *f, size_t from, void *block, size_t size, const srd_graph_options *options, srd_status *status)
{
    const srd_memory memory = fuzz_block_memory(block, size);
    srd_graph *graph = NULL;

    f->at = from;
    *status = srd_graph_create(options, &memory, &graph, NULL);
    if (*status != SRD_OK) return NULL;
    (void)fuzz_build(graph, f);
    *status = srd_graph_seal(graph, NULL);
    if (*status == SRD_OK) return graph;
    srd_graph_free(graph);
    return NULL;
}

/* A graph of several layers at once, measured first and then made in a block of just that size, or on the heap. */
static void whole_graph(fuzz *f)
{
    fuzz_graph *const slot = free_slot(f);
    srd_memory memory = fuzz_heap_memory(f);
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    size_t from, size = 4711;
    unsigned char *block = NULL;
    srd_status status, measured;

    options.weight_policy = fuzz_pick(f, 2);
    if (fuzz_rarely(f, 2)) {
        f->heap.refuse_after = -1; /* the tensors of all three builds must come out alike */
        from = f->at;
        measured = srd_graph_memory_size(fuzz_build, f, &options, &memory, &size, &detail);
        fuzz_status(measured, &detail);
        if (measured != SRD_OK) fuzz_require(size == 4711);
        if (measured == SRD_OK) block = fuzz_block(f, size);
        if (block != NULL) {
            fuzz_require(in_block(f, from, block, size - 1, &options, &status) == NULL && status == SRD_ERR_MEMORY);
            slot->graph = in_block(f, from, block, size, &options, &status);
            fuzz_require(slot->graph != NULL && srd_graph_memory_used(slot->graph) == size && block[size] == 0xA5);
            slot->sealed = 1;
        }
        return;
    }
    status = srd_graph_create(&options, &memory, &slot->graph, &detail);
    fuzz_status(status, &detail);
    if (status != SRD_OK) return;
    (void)fuzz_build(slot->graph, f);
    seal(slot);
}

/* ---- explainers -------------------------------------------------------------------------------------------------------------- */

/* Backwards, and never on one worker twice in a row: results may not depend on that. */
static void backwards(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user;
    for (int32_t i = count - 1; i >= 0; i--) task(context, i, i % workers);
}

static void free_explainer(fuzz *f, fuzz_explainer *e)
{
    if (e->begun) fuzz_end_begun(f);
    srd_explainer_free(e->explainer);
    memset(e, 0, sizeof *e);
}

/* Only cheap runs are made: a fuzzer learns nothing from slow ones. */
static int affordable(const fuzz_explainer *e)
{
    int64_t work = 0;

    if (e->batch > 8) return 0;
    for (srd_layer i = 0; i < srd_graph_layer_count(e->graph); i++) {
        srd_plan_info info = SRD_PLAN_INFO_INIT;
        int32_t chw[3];

        if (srd_explainer_plan_info(e->explainer, i, &info, NULL) != SRD_OK) continue;
        if (info.multiply_adds > FUZZ_MOST_WORK || info.ratios > FUZZ_MOST_WORK || info.positions > FUZZ_MOST_WORK) return 0;
        work += info.multiply_adds + 4 * info.ratios;
        if (srd_explainer_layer_shape(e->explainer, i, chw, NULL) == SRD_OK) {
            if ((int64_t)chw[0] > FUZZ_MOST_WORK / info.positions) return 0;
            work += 4 * chw[0] * info.positions;
        }
    }
    return work * e->batch <= FUZZ_MOST_WORK;
}

#define KEEPS 3

typedef struct wish {
    srd_explainer_options options;
    int32_t sizes[2 * 4];
    srd_keep keeps[KEEPS];
} wish;

/* Several attentions, perhaps one above the other: small_enough() knows their declared sizes only. */
static int has_attentions(const srd_graph *graph)
{
    int count = 0;

    for (srd_layer i = 0; i < srd_graph_layer_count(graph); i++) {
        count += strcmp(srd_graph_layer_kind(graph, i), "attention") == 0;
    }
    return count > 1;
}

static void make_wish(fuzz *f, wish *w, const srd_graph *graph)
{
    const srd_explainer_options none = SRD_EXPLAINER_OPTIONS_INIT;
    const int flags = fuzz_byte(f);
    const int32_t inputs = srd_graph_input_count(graph);

    w->options = none;
    w->options.mode = fuzz_rarely(f, 4) ? fuzz_number(f, 1) : SRD_MODE_EXPLAIN;
    w->options.batch = fuzz_rarely(f, 4) ? fuzz_number(f, 3) : 0;
    if ((flags & 1) != 0) w->options.workers = fuzz_number(f, 3), w->options.parallel_for = backwards;
    if ((flags & 6) == 6 && inputs <= 4 && !has_attentions(graph)) {
        for (int32_t i = 0; i < 2 * inputs; i++) w->sizes[i] = fuzz_number(f, 7) % 60; /* see small_enough() */
        w->options.input_sizes = w->sizes;
        w->options.input_size_count = inputs;
    }
    if ((flags & 48) == 16) w->options.ratios = flags >> 6; /* some of which do not exist */
    if ((flags & 48) == 48) w->options.keep_images = (flags & 192) == 192 ? fuzz_number(f, 2) : SRD_IMAGES_ONE;
    if ((flags & 8) == 0) return;
    w->options.keep_count = 1 + fuzz_pick(f, KEEPS);
    w->options.keeps = w->keeps;
    for (int32_t i = 0; i < w->options.keep_count; i++) {
        const int what = fuzz_byte(f);

        w->keeps[i].layer = fuzz_rarely(f, 4) ? SRD_LAYER_NONE : fuzz_layer(f, graph);
        w->keeps[i].what = what < 200 ? 1 << what % 5 : what < 250 ? what % 64 : fuzz_number(f, 32);
        if (what >= 150 && what < 200) w->keeps[i].what = what % 4 != 0 ? SRD_KEEP_MAP : SRD_KEEP_MAP | SRD_KEEP_START;
    }
}

/* In a block one byte too short it fails; in one that is just right it works and stays inside. */
static srd_status create_in_block(fuzz *f, const srd_graph *graph, const wish *w, size_t size, srd_explainer **out)
{
    unsigned char *const block = fuzz_block(f, size);
    srd_memory memory = fuzz_block_memory(block, size - 1);
    size_t again = 0;
    srd_status status;

    if (block == NULL) return SRD_ERR_MEMORY;
    fuzz_require(srd_explainer_create(graph, &w->options, &memory, out, NULL) == SRD_ERR_MEMORY && *out == NULL);
    memory.buffer_size = size;
    fuzz_require(srd_explainer_memory_size(graph, &w->options, &memory, &again, NULL) == SRD_OK && again == size);
    status = srd_explainer_create(graph, &w->options, &memory, out, NULL);
    fuzz_require(status == SRD_OK && block[size] == 0xA5);
    return status;
}

#define MOST_LAYERS 64

/* Paths of one position through the layers of a segment, roughly: an attention multiplies them by its keys, a window by some taps. */
static int64_t paths_through(const srd_graph *graph, srd_layer layer, int64_t below)
{
    const char *const kind = srd_graph_layer_kind(graph, layer);
    int32_t chw[3] = { 0 };

    if (strcmp(kind, "attention") == 0) {
        if (srd_graph_layer_shape(graph, srd_graph_layer_operand(graph, layer, 1), chw, NULL) != SRD_OK) return below;
        return below * (chw[2] > 0 ? chw[2] : 60);
    }
    return strstr(kind, "pool") != NULL || strcmp(kind, "custom") == 0 ? 9 * below : below;
}

/* Planning looks at every position and at every path, also when memory will not suffice in the end: absurd grids and towers of
 * attentions would only take time. */
static int small_enough(const srd_graph *graph)
{
    int64_t paths[MOST_LAYERS];

    if (srd_graph_layer_count(graph) > MOST_LAYERS) return 0;
    for (srd_layer i = 0; i < srd_graph_layer_count(graph); i++) {
        srd_layer_info info = SRD_LAYER_INFO_INIT;
        int32_t chw[3] = { 0 };

        paths[i] = 1;
        if (srd_graph_layer_info(graph, i, &info, NULL) != SRD_OK || srd_graph_layer_shape(graph, i, chw, NULL) != SRD_OK)
            continue;
        if ((int64_t)chw[1] * chw[2] > 1 << 10) return 0;
        for (int32_t k = 0; k < info.operand_count; k++) {
            const int64_t below = paths_through(graph, i, paths[srd_graph_layer_operand(graph, i, k)]);

            if (below > paths[i]) paths[i] = below;
        }
        if (paths[i] * (1 + (int64_t)chw[1] * chw[2]) > 1 << 16) return 0;
        if (info.is_site) paths[i] = 1;
    }
    return 1;
}

static void new_explainer(fuzz *f, const fuzz_graph *from)
{
    fuzz_explainer *const e = &f->explainers[fuzz_pick(f, FUZZ_EXPLAINERS)];
    const srd_memory memory = fuzz_heap_memory(f);
    srd_detail detail = SRD_DETAIL_INIT;
    size_t size = 4711;
    wish w;
    srd_status status;

    free_explainer(f, e);
    if (!small_enough(from->graph)) return;
    make_wish(f, &w, from->graph);
    status = srd_explainer_memory_size(from->graph, &w.options, &memory, &size, &detail);
    fuzz_status(status, &detail);
    if (status != SRD_OK) fuzz_require(size == 4711);
    if (status == SRD_OK && size <= FUZZ_MOST_BYTES / 4 && fuzz_rarely(f, 2)) {
        status = create_in_block(f, from->graph, &w, size, &e->explainer);
    } else {
        const srd_detail unset = SRD_DETAIL_INIT;

        detail = unset;
        status = srd_explainer_create(from->graph, &w.options, &memory, &e->explainer, &detail);
        fuzz_status(status, &detail);
    }
    fuzz_require((status == SRD_OK) == (e->explainer != NULL));
    if (status != SRD_OK) return;
    fuzz_require(srd_explainer_memory_used(e->explainer) == size);
    e->graph = from->graph;
    e->kept = w.options.keep_count > 0 ? w.keeps[0].layer : SRD_LAYER_NONE;
    e->batch = w.options.batch > 0 ? w.options.batch : 1;
    e->ratios = w.options.ratios;
    e->one_image = w.options.keep_images == SRD_IMAGES_ONE;
    e->images = e->one_image ? 1 : e->batch;
    e->inputs = srd_graph_input_count(from->graph);
    e->affordable = affordable(e);
}

/* ---- the main loop ------------------------------------------------------------------------------------------------------------ */

/* The next chosen that exists, or NULL. */
static fuzz_graph *some_graph(fuzz *f)
{
    const int32_t first = fuzz_pick(f, FUZZ_GRAPHS);

    for (int32_t i = 0; i < FUZZ_GRAPHS; i++) {
        if (f->graphs[(first + i) % FUZZ_GRAPHS].graph != NULL) return &f->graphs[(first + i) % FUZZ_GRAPHS];
    }
    return NULL;
}

static fuzz_explainer *some_explainer(fuzz *f)
{
    const int32_t first = fuzz_pick(f, FUZZ_EXPLAINERS);

    for (int32_t i = 0; i < FUZZ_EXPLAINERS; i++) {
        if (f->explainers[(first + i) % FUZZ_EXPLAINERS].explainer != NULL)
            return &f->explainers[(first + i) % FUZZ_EXPLAINERS];
    }
    return NULL;
}

static void graph_call(fuzz *f, int what)
{
    fuzz_graph *const g = some_graph(f);

    if (g == NULL) {
        whole_graph(f);
        return;
    }
    switch (what) {
    case 0:
    case 1: fuzz_add_layer(f, g->graph); break;
    case 2: fuzz_status(srd_graph_output(g->graph, fuzz_layer(f, g->graph), NULL), NULL); break;
    case 3: seal(g); break;
    case 4: fuzz_look(f, g->graph); break;
    case 5:
        srd_graph_free(g->graph);
        memset(g, 0, sizeof *g);
        break;
    default: new_explainer(f, g); break;
    }
}

static void explainer_call(fuzz *f, int what)
{
    fuzz_explainer *const e = some_explainer(f);

    if (e == NULL) {
        graph_call(f, 6);
        return;
    }
    switch (what) {
    case 0:
    case 1: fuzz_run(f, e); break;
    case 2: fuzz_begin(f, e); break;
    case 3: fuzz_read_value(f, e); break;
    case 4: fuzz_look_closer(f, e); break;
    case 5: free_explainer(f, e); break;
    default: fuzz_ask(f, e); break;
    }
}

static void one_call(fuzz *f)
{
    const int what = fuzz_byte(f) % 28;

    if (what < 3) whole_graph(f);
    else if (what < 4) new_graph(f);
    else if (what < 13) graph_call(f, what - 4);
    else if (what < 25) explainer_call(f, what - 13);
    else if (what < 26) fuzz_tensors(f);
    else if (what < 27) fuzz_render(f);
    else f->heap.refuse_after = (fuzz_byte(f) & 1) != 0 ? fuzz_pick(f, 64) : -1;
}

static void free_all(fuzz *f)
{
    const int graphs_first = fuzz_byte(f) & 1;

    for (int i = 0; i < FUZZ_GRAPHS && graphs_first; i++) srd_graph_free(f->graphs[i].graph);
    for (int i = 0; i < FUZZ_EXPLAINERS; i++) free_explainer(f, &f->explainers[i]);
    for (int i = 0; i < FUZZ_GRAPHS && !graphs_first; i++) srd_graph_free(f->graphs[i].graph);
    fuzz_end_begun(f);
    while (f->block_count > 0) free(f->blocks[--f->block_count]);
    fuzz_require(f->heap.live == 0 && f->heap.bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz f;

    memset(&f, 0, sizeof f);
    f.data = data;
    f.size = size;
    f.tame = 1;
    f.heap.refuse_after = -1;
    for (int i = 0; i < FUZZ_MOST_CALLS && f.at < f.size; i++) one_call(&f);
    free_all(&f);
    return 0;
}
