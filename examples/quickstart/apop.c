/*
 * apop.c -- srd_apop IMAGES LABELS: how much of its class does the network know from on/off patterns alone (APOP)?
 *
 * The two forms of METHOD section 7, for each activation alone and for all, over pictures with known classes:
 *
 * - patterns only: the activation puts out 1 where its input is positive and 0 elsewhere, and the network runs on;
 * - patterns imposed: another input is run, and the activation lets through what was on for the picture, y or 0. The other
 *   input is a black picture, which is the same for all, or the next picture of another class.
 *
 * The table counts how often the class of the picture is the answer. Only the forward pass is needed, so the explainers are
 * made with SRD_MODE_FORWARD: one for each thread, all of one graph.
 */
#define _POSIX_C_SOURCE 200809L /* threads and the number of processors are POSIX, not C */

#include "clock.h"
#include "fashion_net.h"
#include "idx.h"
#include "network.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACTIVATIONS 16         /* room for; the network has 9 */
#define ROWS (ACTIVATIONS + 2) /* 0: a plain run, then each activation alone, then all of them */
#define WORKERS 64             /* threads at most */
#define PIXELS (NETWORK_SIDE * NETWORK_SIDE)

enum { ONLY, BLACK, OTHER, OTHER_OWN, COLUMNS }; /* OTHER_OWN: the answer is the class of the picture that is run */

/* The pictures, and the network with its activations; read by all threads. */
typedef struct task {
    idx images, labels;
    int32_t count, workers, activation_count;
    srd_layer activations[ACTIVATIONS];
    srd_graph *graph;
} task;

/* One thread: what it runs with, and what it counted. */
typedef struct worker {
    const task *task;
    int32_t first; /* its pictures: first, first + workers, ... */
    srd_explainer *explainer;
    srd_tensor *picture, *other, *black;
    int32_t right[ROWS][COLUMNS];
    srd_status status;
    srd_detail detail;
} worker;

static void load(const task *t, int32_t index, srd_tensor *picture)
{
    float *const x = srd_tensor_data(picture);

    for (int32_t i = 0; i < PIXELS; ++i) {
        const int pixel = index >= 0 ? t->images.bytes[(size_t)index * PIXELS + (size_t)i] : 0;
        x[i] = ((float)pixel / 255 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD; /* as in training */
    }
}

/* The next picture of another class; -1: there is none. */
static int32_t next_of_another_class(const task *t, int32_t index)
{
    for (int32_t step = 1; step < t->count; ++step) {
        const int32_t other = (index + step) % t->count;
        if (t->labels.bytes[other] != t->labels.bytes[index]) return other;
    }
    return -1;
}

/* The network's answer to an input, with the patterns of a row of the table: of no activation, of one, or of all. */
static int32_t answer(worker *w, const srd_tensor *input, int32_t patterns, int32_t row)
{
    srd_run_options options = SRD_RUN_OPTIONS_INIT;
    int32_t class_index = -1;

    if (w->status != SRD_OK) return -1;
    options.patterns = row > 0 ? patterns : SRD_PATTERNS_OFF;
    if (row > 0 && row <= w->task->activation_count) {
        options.pattern_layers = &w->task->activations[row - 1];
        options.pattern_count = 1;
    }
    w->status = srd_explainer_run(w->explainer, &input, 1, &options, &w->detail);
    if (w->status == SRD_OK) w->status = srd_explainer_top_class(w->explainer, 0, 0, &class_index, NULL, &w->detail);
    return class_index;
}

static void count_answers(worker *w, int32_t index, int32_t other)
{
    const task *const t = w->task;
    const int32_t own = t->labels.bytes[index], others = t->labels.bytes[other];

    load(t, index, w->picture);
    load(t, other, w->other);
    for (int32_t row = 0; row <= t->activation_count + 1; ++row) {
        const int32_t of_black = answer(w, w->black, SRD_PATTERNS_IMPOSE, row);
        const int32_t of_other = answer(w, w->other, SRD_PATTERNS_IMPOSE, row);
        /* In the first row this comes last: a plain run, whose patterns the following rows impose. */
        const int32_t only = answer(w, w->picture, SRD_PATTERNS_ONLY, row);

        w->right[row][ONLY] += only == own;
        w->right[row][BLACK] += of_black == own;
        w->right[row][OTHER] += of_other == own;
        w->right[row][OTHER_OWN] += of_other == others;
    }
}

static void *work(void *user)
{
    worker *const w = user;
    const task *const t = w->task;

    load(t, -1, w->black);
    for (int32_t i = w->first; i < t->count && w->status == SRD_OK; i += t->workers) {
        const int32_t other = next_of_another_class(t, i);

        count_answers(w, i, other >= 0 ? other : i);
        if (w->first == 0 && isatty(STDERR_FILENO)) (void)fprintf(stderr, "\r%3d %%", (int)(100 * (int64_t)i / t->count));
    }
    return NULL;
}

static void prepare(worker *w, const task *t, int32_t first)
{
    const int64_t shape[] = { 1, NETWORK_SIDE, NETWORK_SIDE };
    const srd_keep keep = { SRD_LAYER_NONE, SRD_KEEP_PATTERN }; /* of all activations, to be imposed */
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_tensor **const pictures[] = { &w->picture, &w->other, &w->black };

    *w = (worker){ .task = t, .first = first, .detail = SRD_DETAIL_INIT };
    options.mode = SRD_MODE_FORWARD;
    options.keeps = &keep;
    options.keep_count = 1;
    w->status = srd_explainer_create(t->graph, &options, NULL, &w->explainer, &w->detail);
    for (int32_t i = 0; i < 3 && w->status == SRD_OK; ++i) {
        w->status = srd_tensor_create(SRD_FLOAT32, 3, shape, NULL, pictures[i], &w->detail);
    }
}

static int complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "srd_apop: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* Run all workers, the first one here, and add up what they counted in the first one. */
static int run_workers(const task *t, worker *workers)
{
    pthread_t threads[WORKERS];
    int32_t started = 1;
    int status = EXIT_SUCCESS;

    for (int32_t i = 0; i < t->workers; ++i) prepare(&workers[i], t, i);
    while (started < t->workers && pthread_create(&threads[started], NULL, work, &workers[started]) == 0) ++started;
    (void)work(&workers[0]);
    for (int32_t i = 1; i < started; ++i) (void)pthread_join(threads[i], NULL);
    for (int32_t i = started; i < t->workers; ++i) (void)work(&workers[i]); /* what got no thread of its own */
    for (int32_t i = 0; i < t->workers; ++i) {
        worker *const w = &workers[i];

        if (w->status != SRD_OK) status = complain(srd_status_name(w->status), w->detail.text);
        for (int32_t cell = 0; i > 0 && cell < ROWS * COLUMNS; ++cell) {
            workers[0].right[cell / COLUMNS][cell % COLUMNS] += w->right[cell / COLUMNS][cell % COLUMNS];
        }
        srd_explainer_free(w->explainer);
        srd_tensor_free(w->picture);
        srd_tensor_free(w->other);
        srd_tensor_free(w->black);
    }
    return status;
}

static void print_table(const task *t, const worker *sum)
{
    (void)printf("Of %d pictures the network of the quick start gives this share (%%) their own class\n\n"
                 "patterns of            shape      only     black     other    (other's own)\n",
                 (int)t->count);
    for (int32_t row = 0; row <= t->activation_count + 1; ++row) {
        const bool one = row > 0 && row <= t->activation_count;
        const char *const name = one ? srd_graph_layer_name(t->graph, t->activations[row - 1]) : row == 0 ? "no layer" : "all";
        const int32_t *const right = sum->right[row];
        const double percent = 100.0 / t->count;
        char size[40] = "";
        int32_t shape[3];

        if (one && srd_graph_layer_shape(t->graph, t->activations[row - 1], shape, NULL) == SRD_OK) {
            (void)snprintf(size, sizeof size, "%d x %d x %d", (int)shape[0], (int)shape[1], (int)shape[2]);
        }
        (void)printf("%-14s%14s%10.2f%10.2f%10.2f%17.2f\n", name, size, percent * right[ONLY], percent * right[BLACK],
                     percent * right[OTHER], percent * right[OTHER_OWN]);
    }
    (void)printf("\nonly   the activation puts out 1 where its input is positive and 0 elsewhere\n"
                 "black  a black picture is run, the picture's patterns are imposed on it\n"
                 "other  so is the next picture of another class; (other's own): the share that gets the class of that one\n");
}

static int read_pictures(task *t, const char *images, const char *labels)
{
    char reason[IDX_REASON];

    if (!idx_read(images, 3, &t->images, reason)) return complain(images, reason);
    if (!idx_read(labels, 1, &t->labels, reason)) return complain(labels, reason);
    if (t->images.height != NETWORK_SIDE || t->images.width != NETWORK_SIDE) return complain(images, "not 28 x 28 pixels");
    if (t->labels.count != t->images.count) return complain(labels, "not as many labels as pictures");
    t->count = t->images.count;
    for (int32_t i = 0; i < t->count; ++i) {
        if (t->labels.bytes[i] >= NETWORK_CLASSES) return complain(labels, "a label is not a class of the network");
    }
    return EXIT_SUCCESS;
}

static int build(task *t)
{
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status = srd_graph_create(NULL, NULL, &t->graph, &detail);

    network_build(t->graph);
    if (status == SRD_OK) status = srd_graph_seal(t->graph, &detail);
    if (status != SRD_OK) return complain(srd_status_name(status), detail.text);
    for (srd_layer i = 0; i < srd_graph_layer_count(t->graph) && t->activation_count < ACTIVATIONS; ++i) {
        if (strcmp(srd_graph_layer_kind(t->graph, i), "relu") == 0) t->activations[t->activation_count++] = i;
    }
    return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    worker *const workers = malloc(WORKERS * sizeof *workers);
    task t = { 0 };
    double clock = 0;
    int status = EXIT_FAILURE;

    if (count != 3) {
        (void)fprintf(stderr, "usage: srd_apop IMAGES LABELS      (IDX files, plain or .gz)\n");
    } else if (workers == NULL) {
        (void)complain("start", "out of memory");
    } else {
        status = read_pictures(&t, arguments[1], arguments[2]);
        if (status == EXIT_SUCCESS) status = build(&t);
    }
    if (status == EXIT_SUCCESS) {
        t.workers = (int32_t)(processors < 1 ? 1 : processors > WORKERS ? WORKERS : processors);
        (void)lap(&clock);
        status = run_workers(&t, workers);
    }
    if (status == EXIT_SUCCESS) {
        print_table(&t, &workers[0]);
        (void)fprintf(stderr, "\r%.0f s with %d threads\n", lap(&clock), (int)t.workers);
        if (fflush(stdout) != 0) status = complain("standard output", "cannot be written");
    }
    srd_graph_free(t.graph);
    free(t.images.bytes);
    free(t.labels.bytes);
    free(workers);
    return status;
}
