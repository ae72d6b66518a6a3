/*
 * find_what_a_pfv_sees.c -- the network's last block has 7 x 7 feature vectors; which pixels is one of them made of?
 * docs/howto/find-what-a-pfv-sees.md tells the story.
 *
 *   howto_find_what_a_pfv_sees PICTURE.pgm MAP.ppm
 */
#include <math.h>
#include <stdio.h>

#include "setup.h"

#define INNER_SIDE 7 /* height and width of block4 */

/* The PFV that the decision stands on most: the largest number of the top class's map at its layer. */
static srd_status strongest(const setup *s, srd_layer layer, int32_t *row, int32_t *column, srd_detail *why)
{
    const int64_t shape[] = { INNER_SIDE, INNER_SIDE };
    float numbers[INNER_SIDE * INNER_SIDE] = { 0 };
    srd_tensor *map = NULL;
    int32_t best = 0;
    srd_status status = srd_tensor_wrap(numbers, 2, shape, &map, why);

    if (status == SRD_OK) status = srd_explainer_ask_top(s->explainer, NULL, &layer, &map, 1, why);
    srd_tensor_free(map);
    for (int32_t i = 1; i < INNER_SIDE * INNER_SIDE; ++i) best = numbers[i] > numbers[best] ? i : best;
    *row = best / INNER_SIDE;
    *column = best % INNER_SIDE;
    return status;
}

/* What is inside and outside of the 12 x 12 pixels around the PFV; everything together is 1. */
static void print_erf(const float *erf, int32_t row, int32_t column)
{
    double all = 0, near = 0;

    for (int i = 0; i < PIXELS; ++i) {
        const double down = i / SIDE + 0.5 - 4 * (row + 0.5), right = i % SIDE + 0.5 - 4 * (column + 0.5); /* stride 4 */

        all += erf[i];
        if (fabs(down) < 6 && fabs(right) < 6) near += erf[i];
    }
    printf("row %d, column %d: its pixels sum to %.3f, the 12 x 12 around it to %.3f\n", (int)row, (int)column, all, near);
}

/* The ERF of that PFV at the pixels. */
static srd_status look(const setup *s, srd_tensor *map, srd_detail *why)
{
    const srd_layer picture = srd_graph_find(s->graph, "picture"), block4 = srd_graph_find(s->graph, "block4");
    int32_t row = 0, column = 0;
    srd_status status = strongest(s, block4, &row, &column, why);

    if (status != SRD_OK) return status;
    status = srd_explainer_ask_erf(s->explainer, block4, row, column, NULL, &picture, &map, 1, why);
    if (status == SRD_OK) print_erf(srd_tensor_const_data(map), row, column);
    return status;
}

int main(int count, char **words)
{
    static uint8_t rgba[4 * SHOWN_SIDE * SHOWN_SIDE];
    const int64_t shape[] = { SIDE, SIDE };
    float numbers[PIXELS];
    setup s = { 0 };
    srd_tensor *map = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 3) return fprintf(stderr, "usage: %s PICTURE.pgm MAP.ppm\n", words[0]), 2;
    status = setup_run(&s, words[1], &why);
    if (status == SRD_OK) status = srd_tensor_wrap(numbers, 2, shape, &map, &why);
    if (status == SRD_OK) status = look(&s, map, &why);
    if (status == SRD_OK) status = srd_render_map(map, NULL, rgba, 4 * SHOWN_SIDE, SHOWN_SIDE, SHOWN_SIDE, &why);
    srd_tensor_free(map);
    setup_end(&s);
    if (status == SRD_OK && !setup_write(words[2], SHOWN_SIDE, SHOWN_SIDE, rgba)) return perror(words[2]), 1;
    return setup_finish(status, &why);
}
