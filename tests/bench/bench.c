/*
 * bench.c -- what a network of examples/zoo takes: forward pass, forward pass with all sharing ratios, the map of the class on top,
 * and a further map of another class; the medians of interleaved runs, with packed weights. Time goes by step to see where the next slow spot is.
 *
 * usage: bench NETWORK THREADS ROUNDS [KERNELS [steps | seal | SIDE [BATCH]]]
 *
 * prints seconds of forward, explain, first and further map, then the explainer's memory in MB; with `steps` those of every step,
 * GFLOP/s, per cent of the peak that this machine's registers reach (peak.c; first layers add up in double, which has half of it)
 * and the fast cases; with `seal` only the seconds of making and sealing a graph whose weights are there already
 */
#include "peak.h"
#include "srd/pool.h"
#include "zoo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_ROUNDS 64
#define FURTHER 4 /* classes asked about after the first, of which the median counts */

static srd_pool *pool; /* of all explainers; NULL: one thread */

/* ---- measuring ---- */

static uint64_t nanoseconds(void *user)
{
    struct timespec now;

    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double d = *(const double *)a - *(const double *)b;

    return d < 0 ? -1 : d > 0;
}

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, by_size);
    return times[count / 2];
}

static void stop(const char *what, const srd_detail *detail)
{
    (void)fprintf(stderr, "%s: %s: %s\n", what, detail->layer_name, detail->text);
    exit(1);
}

/* Parameters in the order in which they are asked for; the second time they are there already. */
typedef struct parameters {
    zoo_random *random;
    const float *numbers[1024];
    int count, next;
} parameters;

static const float *find(void *user, const char *name, const int64_t *shape, int32_t rank)
{
    parameters *const p = user;

    if (p->next == (int)(sizeof p->numbers / sizeof p->numbers[0])) return NULL;
    if (p->next == p->count) p->numbers[p->count++] = zoo_random_find(p->random, name, shape, rank);
    return p->numbers[p->next++];
}

static srd_graph *network(const zoo_network *described, parameters *p)
{
    const zoo_weights weights = { find, p };
    srd_detail detail = SRD_DETAIL_INIT;
    srd_graph *graph = NULL;
    char missing[ZOO_MOST_NAME];

    p->next = 0;
    if (srd_graph_create(NULL, NULL, &graph, &detail) != SRD_OK) stop("graph", &detail);
    zoo_build(described, graph, &weights, missing);
    if (srd_graph_seal(graph, &detail) != SRD_OK) stop("seal", &detail);
    return graph;
}

static int show_sealing(const zoo_network *described, parameters *p, int rounds)
{
    double times[MOST_ROUNDS];

    for (int i = 0; i < rounds; ++i) {
        const uint64_t began = nanoseconds(NULL);

        srd_graph_free(network(described, p));
        times[i] = 1e-9 * (double)(nanoseconds(NULL) - began);
    }
    (void)printf("%.6f\n", median(times, rounds));
    return 0;
}

static srd_explainer *explainer_of(const srd_graph *graph, int32_t mode, int32_t threads, int32_t kernels, int32_t side,
                                   int32_t batch)
{
    const int32_t sizes[2] = { side, side };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_explainer *explainer = NULL;

    o.mode = mode;
    o.workers = threads;
    o.kernels = kernels;
    o.batch = batch;
    o.input_sizes = sizes;
    o.input_size_count = 1;
    if (threads > 1) {
        o.parallel_for = srd_pool_parallel_for;
        o.parallel_user = pool;
    }
    if (srd_explainer_create(graph, &o, NULL, &explainer, &detail) != SRD_OK) stop("explainer", &detail);
    return explainer;
}

static double run(srd_explainer *explainer, const srd_tensor *image)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    const uint64_t began = nanoseconds(NULL);

    o.clock = nanoseconds;
    if (srd_explainer_run(explainer, &image, 1, &o, NULL) != SRD_OK) exit(1);
    return 1e-9 * (double)(nanoseconds(NULL) - began);
}

/* " [a, b]", or nothing: the fast cases that the layer's segment takes. */
static void show_fast_cases(const srd_explainer *explainer, srd_layer layer)
{
    const char *name = srd_explainer_fast_case(explainer, layer, 0);

    if (name == NULL) return;
    (void)printf(" [%s", name);
    for (int32_t i = 1; (name = srd_explainer_fast_case(explainer, layer, i)) != NULL; ++i) (void)printf(", %s", name);
    (void)printf("]");
}

/* peak: GFLOP/s of all threads. */
static void show_steps(const srd_graph *graph, const srd_explainer *explainer, double peak)
{
    for (int32_t i = 0; i < srd_explainer_step_count(explainer); ++i) {
        srd_plan_info plan = SRD_PLAN_INFO_INIT;
        srd_layer layer = 0;
        uint64_t ticks = 0;
        double gflops;

        if (srd_explainer_step_info(explainer, i, &layer, &ticks, NULL) != SRD_OK) continue;
        if (srd_explainer_plan_info(explainer, layer, &plan, NULL) != SRD_OK) continue;
        gflops = 2.0 * (double)plan.multiply_adds / (double)(ticks + 1);
        (void)printf("    %8.3f ms %8.1f GFLOP/s %4.0f %% %6d paths  %s %s", 1e-6 * (double)ticks, gflops, 100 * gflops / peak,
                     (int)plan.paths, srd_graph_layer_kind(graph, layer), srd_graph_layer_name(graph, layer));
        show_fast_cases(explainer, layer);
        (void)printf("\n");
    }
}

/* Another class, for all images. */
static double ask_class(srd_explainer *explainer, srd_layer input, srd_tensor *map, int32_t class_index)
{
    srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { &target };
    const uint64_t began = nanoseconds(NULL);

    target.kind = SRD_TARGET_CLASS;
    target.class_index = class_index;
    if (srd_explainer_ask(explainer, targets, 1, NULL, &input, &map, 1, NULL) != SRD_OK) exit(1);
    return 1e-9 * (double)(nanoseconds(NULL) - began);
}

/* Interleaved rounds of forward, explain and questions, all images of the batch at once; the first round only warms up. */
static int measure(srd_explainer *forward, srd_explainer *explain, const srd_graph *graph, int32_t side, int32_t batch,
                   int rounds, double (*times)[MOST_ROUNDS])
{
    const int64_t shape[4] = { batch, 3, side, side }, map_shape[3] = { batch, side, side };
    const srd_layer input = srd_graph_input_layer(graph, 0);
    zoo_random *const random = zoo_random_create(7);
    const float *const numbers = zoo_random_find(random, "image", shape, 4);
    srd_tensor *image = NULL, *map = NULL;
    int failed = srd_tensor_view_const(SRD_FLOAT32, 4, shape, NULL, numbers, NULL, &image, NULL) != SRD_OK ||
                 srd_tensor_create(SRD_FLOAT32, 3, map_shape, NULL, &map, NULL) != SRD_OK;

    for (int i = -1; i < rounds && !failed; ++i) {
        const int at = i < 0 ? 0 : i;
        double further[FURTHER];
        uint64_t began;

        times[0][at] = run(forward, image);
        times[1][at] = run(explain, image);
        began = nanoseconds(NULL);
        failed = srd_explainer_ask_top(explain, NULL, &input, &map, 1, NULL) != SRD_OK;
        times[2][at] = 1e-9 * (double)(nanoseconds(NULL) - began);
        for (int k = 0; k < FURTHER && !failed; ++k) further[k] = ask_class(explain, input, map, 7 + 100 * k);
        times[3][at] = median(further, FURTHER);
    }
    srd_tensor_free(image);
    srd_tensor_free(map);
    zoo_random_free(random);
    return failed;
}

int main(int count, char **arguments)
{
    static parameters p;
    const zoo_network *const described = count > 3 ? zoo_network_of(arguments[1]) : NULL;
    const int threads = count > 3 ? atoi(arguments[2]) : 0, rounds = count > 3 ? atoi(arguments[3]) : 0;
    const int32_t kernels = count > 4 ? (int32_t)atoi(arguments[4]) : SRD_KERNELS_BEST;
    const int32_t batch = count > 6 ? (int32_t)atoi(arguments[6]) : 1;
    double times[4][MOST_ROUNDS];
    srd_explainer *forward, *explain;
    srd_graph *graph;
    int32_t side;

    if (described == NULL || threads < 1 || threads > SRD_POOL_MOST_THREADS || rounds < 1 || rounds > MOST_ROUNDS) {
        (void)fprintf(stderr, "usage: bench NETWORK THREADS ROUNDS [KERNELS [steps | seal | SIDE [BATCH]]]\n");
        return 2;
    }
    if (threads > 1 && (srd_pool_create(threads, NULL, &pool, NULL) != SRD_OK || srd_pool_threads(pool) != threads)) return 1;
    p.random = zoo_random_create(1);
    graph = network(described, &p);
    if (count > 5 && strcmp(arguments[5], "seal") == 0) return show_sealing(described, &p, rounds);
    side = count > 5 && atoi(arguments[5]) > 0 ? (int32_t)atoi(arguments[5]) : described->side;
    forward = explainer_of(graph, SRD_MODE_FORWARD, threads, kernels, side, batch);
    explain = explainer_of(graph, SRD_MODE_EXPLAIN, threads, kernels, side, batch);
    if (measure(forward, explain, graph, side, batch, rounds, times)) return 1;
    (void)printf("%.6f %.6f %.6f %.6f %.1f\n", median(times[0], rounds), median(times[1], rounds), median(times[2], rounds),
                 median(times[3], rounds), (double)srd_explainer_memory_used(explain) / 1048576.0);
    if (count > 5 && strcmp(arguments[5], "steps") == 0) {
        const double peak = threads * peak_gflops(srd_explainer_kernels(explain));

        (void)printf("  peak, measured in registers: %.1f GFLOP/s\n  forward\n", peak);
        show_steps(graph, forward, peak);
        (void)printf("  forward and ratios\n");
        show_steps(graph, explain, peak);
    }
    return 0;
}
