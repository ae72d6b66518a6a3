/*
 * embed_in_an_application.c -- a service that explains two pictures at a time: in the application's own memory, on its own
 * threads, with a cancel button. docs/howto/embed-in-an-application.md tells the story.
 *
 *   howto_embed_in_an_application FIRST.pgm SECOND.pgm
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fashion_net.h"
#include "network.h"
#include "setup.h"

#define BATCH 2
#define WORKERS 2

/* All memory of the network and of its explainer. A real application takes it from wherever it has memory. */
static _Alignas(SRD_ALIGNMENT) unsigned char arena[3 << 20];

/* What the application holds as long as it wants to explain. */
typedef struct service {
    srd_graph *graph;
    srd_explainer *explainer;
    size_t used;           /* bytes of the arena */
    atomic_bool cancelled; /* set by any thread: the run in progress stops */
} service;

/* ---- memory ---- */

/* The part of the arena that is still free. */
static srd_memory rest_of_arena(const service *s)
{
    srd_memory memory = SRD_MEMORY_INIT;

    memory.buffer = arena + s->used;
    memory.buffer_size = sizeof arena - s->used;
    return memory;
}

static srd_status build(srd_graph *graph, void *user)
{
    (void)user;
    network_build(graph);
    return SRD_OK; /* a failure inside sticks to the graph */
}

/* Measure, then take exactly so much: first the graph, which is measured in the memory that will be the explainer's. */
static srd_status make_graph(service *s, srd_detail *why)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_memory memory = rest_of_arena(s);
    size_t size = 0;
    srd_status status;

    options.weight_policy = SRD_WEIGHTS_BORROW; /* the weights are constant arrays of this program: read where they lie */
    status = srd_graph_memory_size(build, NULL, &options, &memory, &size, why);
    if (status != SRD_OK) return status;
    memory.buffer_size = size;
    s->used += (size + SRD_ALIGNMENT - 1) / SRD_ALIGNMENT * SRD_ALIGNMENT;
    status = srd_graph_create(&options, &memory, &s->graph, why);
    network_build(s->graph);
    return status == SRD_OK ? srd_graph_seal(s->graph, why) : status;
}

/* ---- threads ---- */

typedef struct crew {
    srd_task task;
    void *context;
    int32_t count;
    atomic_int next;   /* index that nobody has taken yet */
    atomic_int worker; /* number for the next thread that joins */
} crew;

static void *work(void *user)
{
    crew *const c = user;
    const int32_t worker = atomic_fetch_add(&c->worker, 1);

    for (int32_t i = atomic_fetch_add(&c->next, 1); i < c->count; i = atomic_fetch_add(&c->next, 1)) {
        c->task(c->context, i, worker);
    }
    return NULL;
}

/* srd_parallel_for: any pool will do. This one starts its threads anew, which costs some 20 microseconds each time. */
static void share_out(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    crew c = { task, context, count, 0, 0 };
    pthread_t threads[WORKERS];
    int32_t helpers = 0;

    (void)user;
    while (helpers < workers - 1 && helpers < count - 1 && pthread_create(&threads[helpers], NULL, work, &c) == 0) ++helpers;
    (void)work(&c); /* this thread works, too, so that all is done even if no other one could be started */
    for (int32_t i = 0; i < helpers; ++i) (void)pthread_join(threads[i], NULL);
}

static srd_status make_explainer(service *s, srd_detail *why)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_memory memory = rest_of_arena(s);
    size_t size = 0;
    srd_status status;

    options.batch = BATCH;
    options.workers = WORKERS;
    options.parallel_for = share_out;
    status = srd_explainer_memory_size(s->graph, &options, &memory, &size, why);
    if (status != SRD_OK) return status;
    memory.buffer_size = size;
    s->used += (size + SRD_ALIGNMENT - 1) / SRD_ALIGNMENT * SRD_ALIGNMENT;
    return srd_explainer_create(s->graph, &options, &memory, &s->explainer, why);
}

/* ---- a run that can be stopped ---- */

static srd_status look_at_button(void *user, int32_t done, int32_t total)
{
    service *const s = user;

    (void)done; /* of total steps: a progress bar */
    (void)total;
    return atomic_load(&s->cancelled) ? SRD_ERR_CANCELLED : SRD_OK;
}

static srd_status run(service *s, const srd_tensor *pictures, srd_detail *why)
{
    srd_run_options options = SRD_RUN_OPTIONS_INIT;

    options.progress = look_at_button;
    options.user = s;
    return srd_explainer_run(s->explainer, &pictures, 1, &options, why);
}

/* ---- errors ---- */

/* A call failed: what a log wants to have. The service goes on. */
static void report(const char *what, const srd_detail *why)
{
    printf("%s: %s, layer '%s': %s\n", what, srd_status_name(why->status), why->layer_name, why->text);
}

/* ---- what the application does with it ---- */

/* The top class of each picture, explained: one call for the batch. */
static srd_status answer(const service *s, srd_tensor *maps, const float *numbers, srd_detail *why)
{
    const srd_layer picture = srd_graph_find(s->graph, "picture");
    srd_status status = srd_explainer_ask_top(s->explainer, NULL, &picture, &maps, 1, why);

    for (int32_t image = 0; image < BATCH && status == SRD_OK; ++image) {
        int32_t top = 0;
        float score = 0;
        double sum = 0;

        status = srd_explainer_top_class(s->explainer, image, 0, &top, &score, why);
        for (int i = 0; i < PIXELS; ++i) sum += numbers[image * PIXELS + i];
        if (status == SRD_OK) printf("%s: score %.3f, its map sums to %.3f\n", fashion_net_labels[top], (double)score, sum);
    }
    return status;
}

/* A wrong picture, a cancelled run, and a good one, as they come in the life of a service. */
static srd_status serve(service *s, float *pixels, const srd_tensor *pictures, srd_tensor *maps, const float *numbers)
{
    const float good = pixels[PIXELS + 5];
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    pixels[PIXELS + 5] = NAN;
    if (run(s, pictures, &why) != SRD_OK) report("wrong picture", &why);
    pixels[PIXELS + 5] = good;

    atomic_store(&s->cancelled, true); /* the user presses the button */
    if (run(s, pictures, &why) != SRD_OK) report("cancelled", &why);
    atomic_store(&s->cancelled, false);

    status = run(s, pictures, &why);
    if (status == SRD_OK) status = answer(s, maps, numbers, &why);
    if (status != SRD_OK) report("no answer", &why);
    return status;
}

int main(int count, char **words)
{
    static float pixels[BATCH * PIXELS], numbers[BATCH * PIXELS];
    static service s; /* all 0 */
    const int64_t in[] = { BATCH, 1, SIDE, SIDE }, out[] = { BATCH, SIDE, SIDE };
    srd_tensor *pictures = NULL, *maps = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 3 || !setup_read(words[1], pixels) || !setup_read(words[2], pixels + PIXELS)) {
        return fprintf(stderr, "usage: %s FIRST.pgm SECOND.pgm (28 x 28 pixels each)\n", words[0]), 2;
    }
    status = make_graph(&s, &why);
    if (status == SRD_OK) status = make_explainer(&s, &why);
    if (status == SRD_OK) status = srd_tensor_wrap(pixels, 4, in, &pictures, &why);
    if (status == SRD_OK) status = srd_tensor_wrap(numbers, 3, out, &maps, &why);
    if (status != SRD_OK) return setup_finish(status, &why);
    status = serve(&s, pixels, pictures, maps, numbers);
    srd_tensor_free(pictures);
    srd_tensor_free(maps);
    srd_explainer_free(s.explainer); /* nothing is given back, the arena is ours; but the order of the two is free */
    srd_graph_free(s.graph);
    return status == SRD_OK ? 0 : 1;
}
