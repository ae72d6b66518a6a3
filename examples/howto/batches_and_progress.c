/*
 * batches_and_progress.c -- many pictures in one run with the memory of one, a progress bar, a button that stops, and a run that a
 * scheduler carries on step by step. docs/howto/batches-and-progress.md tells the story.
 *
 *   howto_batches_and_progress FIRST.pgm SECOND.pgm
 */
#include <stdbool.h>
#include <stdio.h>

#include "fashion_net.h"
#include "network.h"
#include "setup.h"

#define BATCH 8

typedef struct job {
    srd_graph *graph;
    srd_explainer *explainer;
    float pixels[BATCH][PIXELS];
    srd_tensor *pictures; /* all of them */
    float numbers[PIXELS];
    srd_tensor *map; /* of the image that is done last */
    int shown;       /* tenths of the progress bar */
    bool stop;       /* somebody pressed the button */
} job;

/* ---- many pictures, the memory of one ---- */

/* Bytes of an explainer for so many images. */
static size_t bytes_of(const srd_graph *graph, int32_t batch, int32_t keep_images)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    size_t size = 0;

    options.batch = batch;
    options.keep_images = keep_images;
    return srd_explainer_memory_size(graph, &options, NULL, &size, NULL) == SRD_OK ? size : 0;
}

static srd_status make(job *j, srd_detail *why)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_status status = srd_graph_create(NULL, NULL, &j->graph, why);

    network_build(j->graph);
    if (status == SRD_OK) status = srd_graph_seal(j->graph, why);
    if (status != SRD_OK) return status;
    (void)fprintf(stderr, "bytes for 1 image: %zu, for %d: %zu, for %d of which one is kept: %zu\n",
                  bytes_of(j->graph, 1, SRD_IMAGES_ALL), BATCH, bytes_of(j->graph, BATCH, SRD_IMAGES_ALL), BATCH,
                  bytes_of(j->graph, BATCH, SRD_IMAGES_ONE));
    options.batch = BATCH;
    options.keep_images = SRD_IMAGES_ONE; /* ratios exist for the image that ran last */
    return srd_explainer_create(j->graph, &options, NULL, &j->explainer, why);
}

/* Called when an image is done, and before its ratios make way for the next one's: the time to ask. */
static srd_status each_image(void *user, srd_explainer *explainer, int32_t image)
{
    job *const j = user;
    const srd_layer picture = srd_graph_find(j->graph, "picture");
    int32_t top = 0;
    float score = 0, sum = 0;
    srd_status status = srd_explainer_top_class(explainer, image, 0, &top, &score, NULL);

    if (status == SRD_OK) status = srd_explainer_ask_class(explainer, top, NULL, &picture, &j->map, 1, NULL);
    for (int i = 0; i < PIXELS; ++i) sum += j->numbers[i];
    if (status == SRD_OK)
        printf("image %d: %s %.3f, its map sums to %.3f\n", (int)image, fashion_net_labels[top], (double)score, (double)sum);
    return status; /* one that is not SRD_OK ends the run */
}

/* ---- a progress bar with a button ---- */

/* Called after each step, on the thread of the run. */
static srd_status progress(void *user, int32_t done, int32_t total)
{
    job *const j = user;

    for (; 10 * done >= (j->shown + 1) * total; ++j->shown) printf(".");
    if (done == total) printf(" done\n");
    return j->stop ? SRD_ERR_CANCELLED : SRD_OK; /* the former: stop here */
}

static srd_status run(job *j, bool with_maps, srd_detail *why)
{
    srd_run_options options = SRD_RUN_OPTIONS_INIT;

    options.user = j;
    options.progress = with_maps ? NULL : progress;
    options.each_image = with_maps ? each_image : NULL;
    j->shown = 0;
    return srd_explainer_run(j->explainer, (const srd_tensor *const[]){ j->pictures }, 1, &options, why);
}

/* ---- step by step: the caller has the thread between two steps ---- */

static srd_status step_by_step(job *j, srd_detail *why)
{
    const int32_t steps = srd_explainer_step_count(j->explainer); /* of one image */
    int32_t left = 0, images = 0;
    srd_status status = srd_explainer_begin(j->explainer, (const srd_tensor *const[]){ j->pictures }, 1, NULL, why);

    do {
        if (status == SRD_OK) status = srd_explainer_step(j->explainer, &left, why);
        if (status == SRD_OK && left % steps == 0) ++images; /* one is done and may be asked now */
        /* ... feed the watchdog, read the sensor, yield to another task ... */
    } while (status == SRD_OK && left > 0);
    if (status == SRD_OK) printf("step by step: %d images\n", (int)images);
    return status;
}

static srd_status look(job *j, char **paths, srd_detail *why)
{
    const int64_t shape[] = { BATCH, 1, SIDE, SIDE };
    srd_status status = srd_tensor_wrap(j->pixels[0], 4, shape, &j->pictures, why);

    if (status == SRD_OK) status = srd_tensor_wrap(j->numbers, 2, &shape[2], &j->map, why);
    for (int i = 0; i < BATCH && status == SRD_OK; ++i) {
        if (setup_read(paths[i % 2], j->pixels[i])) continue;
        (void)snprintf(why->text, sizeof why->text, "%.200s is not a PGM file of 28 x 28 pixels", paths[i % 2]);
        return SRD_ERR_ARGUMENT;
    }
    return status;
}

int main(int count, char **words)
{
    static job j;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 3) return fprintf(stderr, "usage: %s FIRST.pgm SECOND.pgm\n", words[0]), 2;
    status = look(&j, &words[1], &why);
    if (status == SRD_OK) status = make(&j, &why);
    if (status == SRD_OK) status = run(&j, true, &why);
    if (status == SRD_OK) status = run(&j, false, &why);
    if (status == SRD_OK) status = step_by_step(&j, &why);
    j.stop = true;
    if (status == SRD_OK && run(&j, false, NULL) == SRD_ERR_CANCELLED) printf("stopped\n");
    srd_tensor_free(j.map);
    srd_tensor_free(j.pictures);
    srd_explainer_free(j.explainer);
    srd_graph_free(j.graph);
    return setup_finish(status, &why);
}
