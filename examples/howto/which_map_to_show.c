/*
 * which_map_to_show.c -- one decision, five pictures of it: the pixels, a layer with dots, that layer added up in squares, a layer
 * near the decision, and what of it differs between positions. docs/howto/which-map-to-show.md tells the story.
 *
 *   howto_which_map_to_show PICTURE.pgm MAPS.ppm
 */
#include <math.h>
#include <stdio.h>

#include "fashion_net.h"
#include "setup.h"

#define SQUARE 4           /* pixels */
#define SQUARES_SIDE 7     /* SIDE / SQUARE */
#define INNER_SIDE 7       /* height and width of block4 */
#define DOTTED "block1"    /* is read by convolutions of stride 2 */
#define INNER "block4"     /* the last layer with more than one position */
#define WIDTH (SHOWN_SIDE) /* of one picture */

enum { PIXEL_MAP, DOTTED_MAP, SQUARE_MAP, INNER_MAP, CONTRASTIVE_MAP, MAPS };

typedef struct maps {
    float numbers[MAPS][PIXELS];
    srd_tensor *views[MAPS];
    srd_layer_geometry places[64]; /* of each layer of the network */
} maps;

/* Where relevance lies: a layer that is read with a stride of 2 has four kinds of places, which take part in 1, 2 or 4 windows. */
static void print_dots(const float *map)
{
    double kinds[2][2] = { { 0 } }, all = 0;

    for (int i = 0; i < PIXELS; ++i) {
        kinds[i / SIDE % 2][i % SIDE % 2] += fabs((double)map[i]);
        all += fabs((double)map[i]);
    }
    printf(DOTTED
           ": of all |relevance| %.0f %% lies on even rows and columns, %.0f %% on odd ones, %.0f %% on the two mixed kinds\n",
           100 * kinds[0][0] / all, 100 * kinds[1][1] / all, 100 * (kinds[0][1] + kinds[1][0]) / all);
}

/* The map in squares: each number is the sum of one, so that nothing is lost, and all squares have all kinds of places. */
static double add_up(const float *map, float *squares)
{
    double all = 0;

    for (int i = 0; i < SQUARES_SIDE * SQUARES_SIDE; ++i) squares[i] = 0;
    for (int i = 0; i < PIXELS; ++i) squares[i / SIDE / SQUARE * SQUARES_SIDE + i % SIDE / SQUARE] += map[i];
    for (int i = 0; i < SQUARES_SIDE * SQUARES_SIDE; ++i) all += squares[i];
    return all;
}

/* Two questions about the top class, and where the positions of the layers lie. */
static srd_status ask(const setup *s, maps *m, srd_detail *why)
{
    const srd_layer layers[] = { srd_graph_find(s->graph, "picture"), srd_graph_find(s->graph, DOTTED),
                                 srd_graph_find(s->graph, INNER) };
    srd_tensor *const plain[] = { m->views[PIXEL_MAP], m->views[DOTTED_MAP], m->views[INNER_MAP] };
    srd_score_options differences = SRD_SCORE_OPTIONS_INIT;
    srd_status status = srd_explainer_ask_top(s->explainer, NULL, layers, plain, 3, why);

    differences.contrastive = 1; /* less its mean over the positions: what all have in common is gone */
    if (status == SRD_OK)
        status = srd_explainer_ask_top(s->explainer, &differences, &layers[2], &m->views[CONTRASTIVE_MAP], 1, why);
    if (status == SRD_OK)
        status = srd_explainer_layer_geometry(s->explainer, layers[0], m->places, srd_graph_layer_count(s->graph),
                                              (int32_t)sizeof(srd_layer_geometry), why);
    return status;
}

/* A map over the picture. An inner layer is smooth, and lies where its positions look; the others show their squares as they are. */
static srd_status show(const setup *s, const maps *m, int map, uint8_t *rgba, srd_detail *why)
{
    const int inner = map == INNER_MAP || map == CONTRASTIVE_MAP;
    const srd_layer_geometry *const place = &m->places[srd_graph_find(s->graph, INNER)];
    srd_render_options colours = SRD_RENDER_OPTIONS_INIT;
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;

    colours.scaling = SRD_SCALE_PERCENTILE;
    overlay.picture_low = (0 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD; /* the number of a black pixel */
    overlay.picture_high = (1 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD;
    if (inner) {
        colours.enlargement = SRD_ENLARGE_BILINEAR;
        overlay.step_y = (float)place->step_y;
        overlay.step_x = (float)place->step_x;
        overlay.offset_y = (float)place->offset_y;
        overlay.offset_x = (float)place->offset_x;
    }
    return srd_render_overlay(m->views[map], s->picture, &colours, &overlay, rgba, 4 * MAPS * WIDTH, WIDTH, WIDTH, why);
}

/* Room for the maps. */
static srd_status make(maps *m, srd_detail *why)
{
    static const int64_t shapes[MAPS][2] = {
        { SIDE, SIDE }, { SIDE, SIDE }, { SQUARES_SIDE, SQUARES_SIDE }, { INNER_SIDE, INNER_SIDE }, { INNER_SIDE, INNER_SIDE }
    };
    srd_status status = SRD_OK;

    for (int i = 0; i < MAPS && status == SRD_OK; ++i) {
        status = srd_tensor_wrap(m->numbers[i], 2, shapes[i], &m->views[i], why);
    }
    return status;
}

int main(int count, char **words)
{
    static uint8_t rgba[4 * MAPS * WIDTH * SHOWN_SIDE];
    static maps m;
    setup s = { 0 };
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 3) return fprintf(stderr, "usage: %s PICTURE.pgm MAPS.ppm\n", words[0]), 2;
    status = setup_run(&s, words[1], &why);
    if (status == SRD_OK) status = make(&m, &why);
    if (status == SRD_OK) status = ask(&s, &m, &why);
    if (status == SRD_OK) {
        print_dots(m.numbers[DOTTED_MAP]);
        printf("its squares sum to %.3f\n", add_up(m.numbers[DOTTED_MAP], m.numbers[SQUARE_MAP]));
    }
    for (int i = 0; i < MAPS && status == SRD_OK; ++i) status = show(&s, &m, i, rgba + (size_t)(4 * WIDTH * i), &why);
    for (int i = 0; i < MAPS; ++i) srd_tensor_free(m.views[i]);
    setup_end(&s);
    if (status == SRD_OK && !setup_write(words[2], SHOWN_SIDE, MAPS * WIDTH, rgba)) return perror(words[2]), 1;
    return setup_finish(status, &why);
}
