/*
 * explain_a_class.c -- which pixels speak for the class that the network chose? docs/howto/explain-a-class.md tells the story.
 *
 *   howto_explain_a_class PICTURE.pgm MAP.ppm
 */
#include <stdio.h>

#include "fashion_net.h"
#include "setup.h"

/* Share the score of the top class out among the pixels. */
static srd_status explain(const setup *s, srd_tensor *map, srd_detail *why)
{
    const srd_layer picture = srd_graph_find(s->graph, "picture");
    srd_report report = SRD_REPORT_INIT;
    int32_t top = 0;
    float score = 0;
    srd_status status = srd_explainer_top_class(s->explainer, 0, 0, &top, &score, why); /* of image 0, output 0 */

    if (status == SRD_OK) status = srd_explainer_ask_class(s->explainer, top, NULL, &picture, &map, 1, why);
    if (status == SRD_OK) status = srd_explainer_report(s->explainer, &report, why);
    if (status == SRD_OK) {
        printf("%s, score %.3f\n", fashion_net_labels[top], (double)score);
        printf("pixels %.3f, head bias %.3f, unreached %.3f\n", report.at_inputs, report.head_bias, report.unreached);
    }
    return status;
}

/* The map over the picture, ten times as large. */
static srd_status show(const setup *s, const srd_tensor *map, uint8_t *rgba, srd_detail *why)
{
    srd_render_options colours = SRD_RENDER_OPTIONS_INIT; /* blue against, red for */
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;

    colours.scaling = SRD_SCALE_PERCENTILE;                                     /* a few outliers cannot turn all else pale */
    overlay.picture_low = (0 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD; /* the number of a black pixel */
    overlay.picture_high = (1 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD;
    return srd_render_overlay(map, s->picture, &colours, &overlay, rgba, 4 * SHOWN_SIDE, SHOWN_SIDE, SHOWN_SIDE, why);
}

int main(int count, char **words)
{
    static uint8_t rgba[4 * SHOWN_SIDE * SHOWN_SIDE];
    const int64_t shape[] = { SIDE, SIDE }; /* a map has no channels */
    float numbers[PIXELS];
    setup s = { 0 };
    srd_tensor *map = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 3) return fprintf(stderr, "usage: %s PICTURE.pgm MAP.ppm\n", words[0]), 2;
    status = setup_run(&s, words[1], &why);
    if (status == SRD_OK) status = srd_tensor_wrap(numbers, 2, shape, &map, &why);
    if (status == SRD_OK) status = explain(&s, map, &why);
    if (status == SRD_OK) status = show(&s, map, rgba, &why);
    srd_tensor_free(map);
    setup_end(&s);
    if (status == SRD_OK && !setup_write(words[2], SHOWN_SIDE, SHOWN_SIDE, rgba)) return perror(words[2]), 1;
    return setup_finish(status, &why);
}
