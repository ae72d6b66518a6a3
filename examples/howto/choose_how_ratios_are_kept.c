/*
 * choose_how_ratios_are_kept.c -- the same run and question with ratios as float32, as float16, and computed again: memory, and how
 * far the maps are apart. docs/howto/choose-how-ratios-are-kept.md tells the story.
 *
 *   howto_choose_how_ratios_are_kept PICTURE.pgm
 */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "network.h"
#include "setup.h"

enum { FLOAT32, FLOAT16, RECOMPUTED, WAYS };

static const int32_t ways[WAYS] = { SRD_RATIOS_FLOAT32, SRD_RATIOS_FLOAT16, SRD_RATIOS_RECOMPUTED };
static const char *const names[WAYS] = { "float32", "float16", "recomputed" };

/* Bytes, before anything is made: the question to ask first. */
static srd_status measure(const srd_graph *graph, int32_t ratios, size_t *bytes, srd_detail *why)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;

    options.ratios = ratios;
    return srd_explainer_memory_size(graph, &options, NULL, bytes, why);
}

static double milliseconds(clock_t since)
{
    return 1000.0 * (double)(clock() - since) / CLOCKS_PER_SEC;
}

/* A run and the map of the top class. */
static srd_status explain(const setup *s, int32_t way, float *numbers, srd_detail *why)
{
    const srd_layer picture = srd_graph_find(s->graph, "picture");
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    srd_tensor *map = NULL;
    clock_t start = 0;
    double run = 0, question = 0;
    srd_status status = srd_tensor_wrap(numbers, 2, (const int64_t[]){ SIDE, SIDE }, &map, why);

    options.ratios = ways[way];
    if (status == SRD_OK) status = srd_explainer_create(s->graph, &options, NULL, &explainer, why);
    start = clock();
    if (status == SRD_OK) status = srd_explainer_run(explainer, (const srd_tensor *const[]){ s->picture }, 1, NULL, why);
    run = milliseconds(start);
    start = clock();
    if (status == SRD_OK) status = srd_explainer_ask_top(explainer, NULL, &picture, &map, 1, why);
    question = milliseconds(start);
    (void)fprintf(stderr, "%s: %zu bytes, run %.2f ms, question %.2f ms\n", names[way], srd_explainer_memory_used(explainer),
                  run, question);
    srd_explainer_free(explainer);
    srd_tensor_free(map);
    return status;
}

/* The largest difference of two maps, of the largest number of the first. */
static double apart(const float *a, const float *b)
{
    double off = 0, most = 0;

    for (int i = 0; i < PIXELS; ++i) {
        off = fmax(off, fabs((double)a[i] - b[i]));
        most = fmax(most, fabs((double)a[i]));
    }
    return off / most;
}

int main(int count, char **words)
{
    static float maps[WAYS][PIXELS];
    size_t bytes[WAYS] = { 0 };
    setup s = { 0 };
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 2) return fprintf(stderr, "usage: %s PICTURE.pgm\n", words[0]), 2;
    status = setup_run(&s, words[1], &why);
    for (int way = 0; way < WAYS && status == SRD_OK; ++way) {
        status = measure(s.graph, ways[way], &bytes[way], &why);
        if (status == SRD_OK) status = explain(&s, way, maps[way], &why);
    }
    if (status == SRD_OK) {
        const double half = apart(maps[FLOAT32], maps[FLOAT16]), again = apart(maps[FLOAT32], maps[RECOMPUTED]);

        printf("float16 takes less memory than float32: %s; its map is within 1/1000: %s\n",
               bytes[FLOAT16] < bytes[FLOAT32] ? "yes" : "no", half < 1e-3 ? "yes" : "no");
        printf("recomputed takes less than float16: %s; its map is that of float32 but for rounding: %s\n",
               bytes[RECOMPUTED] < bytes[FLOAT16] ? "yes" : "no", again < 1e-5 ? "yes" : "no");
        (void)fprintf(stderr, "maps are apart by %.1e and %.1e\n", half, again);
    }
    setup_end(&s);
    return setup_finish(status, &why);
}
