/*
 * compare_two_classes.c -- why this class and not that one? docs/howto/compare-two-classes.md tells the story.
 *
 *   howto_compare_two_classes PICTURE.pgm FIRST SECOND MAP.ppm
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fashion_net.h"
#include "setup.h"

enum { FIRST, SECOND, AGAINST, MAPS };

/* Number of a class, or -1. */
static int32_t class_of(const char *label)
{
    for (int32_t i = 0; i < 10; ++i) {
        if (strcmp(fashion_net_labels[i], label) == 0) return i;
    }
    return -1;
}

/* Three questions to one run: the first class, the second, and the difference of their scores. */
static srd_status ask(const setup *s, int32_t first, int32_t second, srd_tensor *const *maps, srd_detail *why)
{
    const srd_layer picture = srd_graph_find(s->graph, "picture");
    srd_explainer *const e = s->explainer;
    srd_status status = srd_explainer_ask_class(e, first, NULL, &picture, &maps[FIRST], 1, why);

    if (status == SRD_OK) status = srd_explainer_ask_class(e, second, NULL, &picture, &maps[SECOND], 1, why);
    if (status == SRD_OK) status = srd_explainer_ask_against(e, first, second, NULL, &picture, &maps[AGAINST], 1, why);
    return status;
}

/* The numbers of a map add up to its score: here of each class, and of the difference. */
static void print_sums(float numbers[MAPS][PIXELS])
{
    double sums[MAPS] = { 0 }, off = 0;

    for (int i = 0; i < PIXELS; ++i) {
        for (int map = 0; map < MAPS; ++map) sums[map] += numbers[map][i];
        off = fmax(off, fabs((double)numbers[FIRST][i] - numbers[SECOND][i] - numbers[AGAINST][i]));
    }
    printf("first %.3f, second %.3f, first against second %.3f\n", sums[FIRST], sums[SECOND], sums[AGAINST]);
    printf("the third map is the first minus the second: %s\n", off < 1e-5 ? "yes" : "no");
}

/* All maps in the scale of the first, so that equal colours are equal numbers; side by side. */
static srd_status show(srd_tensor *const *maps, uint8_t *rgba, srd_detail *why)
{
    srd_render_options colours = SRD_RENDER_OPTIONS_INIT;
    float low = 0, high = 0;
    srd_status status = srd_render_scale(maps[FIRST], NULL, &low, &high, why);

    colours.scaling = SRD_SCALE_RANGE;
    colours.low = low;
    colours.high = high;
    for (int i = 0; i < MAPS && status == SRD_OK; ++i) {
        uint8_t *const left = rgba + (size_t)(4 * SHOWN_SIDE * i); /* rows are as long as three maps */

        status = srd_render_map(maps[i], &colours, left, 4 * MAPS * SHOWN_SIDE, SHOWN_SIDE, SHOWN_SIDE, why);
    }
    return status;
}

int main(int count, char **words)
{
    static uint8_t rgba[4 * MAPS * SHOWN_SIDE * SHOWN_SIDE];
    static float numbers[MAPS][PIXELS];
    const int64_t shape[] = { SIDE, SIDE };
    setup s = { 0 };
    srd_tensor *maps[MAPS] = { NULL };
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 5) return fprintf(stderr, "usage: %s PICTURE.pgm FIRST SECOND MAP.ppm\n", words[0]), 2;
    status = setup_run(&s, words[1], &why);
    for (int i = 0; i < MAPS && status == SRD_OK; ++i) {
        status = srd_tensor_wrap(numbers[i], 2, shape, &maps[i], &why);
    }
    if (status == SRD_OK) status = ask(&s, class_of(words[2]), class_of(words[3]), maps, &why); /* -1 is refused there */
    if (status == SRD_OK) print_sums(numbers);
    if (status == SRD_OK) status = show(maps, rgba, &why);
    for (int i = 0; i < MAPS; ++i) srd_tensor_free(maps[i]);
    setup_end(&s);
    if (status == SRD_OK && !setup_write(words[4], SHOWN_SIDE, MAPS * SHOWN_SIDE, rgba)) return perror(words[4]), 1;
    return setup_finish(status, &why);
}
