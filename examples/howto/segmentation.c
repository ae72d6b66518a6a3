/*
 * segmentation.c -- a network that scores classes at every pixel: why this pixel, why this region, and what the sum over all pixels
 * is good for. docs/howto/segmentation.md tells the story.
 *
 *   howto_segmentation
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "shapes_net.h"
#include "srd/srd.h"

#define SHAPES_SIDE 32
#define SHAPES_PIXELS (SHAPES_SIDE * SHAPES_SIDE)
#define CLASSES 3

enum { GROUND, DISC, SQUARE };

static const char *const labels[CLASSES] = { "ground", "disc", "square" };

typedef struct scene {
    srd_graph *graph;
    srd_explainer *explainer;
    float pixels[SHAPES_PIXELS];
    float scores[CLASSES][SHAPES_PIXELS];
    float chosen[SHAPES_PIXELS]; /* a mask: 1 where the question is asked */
    float map[SHAPES_PIXELS];
} scene;

/* ---- a small U-Net with trained weights, and a picture ---- */

static srd_tensor *look_at(const float *numbers, int32_t rank, const int64_t *shape)
{
    srd_tensor *tensor = NULL;

    return srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

static srd_layer conv(srd_graph *graph, const char *name, srd_layer x, const float *weight, const float *bias, int64_t out,
                      int64_t in, int64_t kernel)
{
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const w = look_at(weight, 4, (const int64_t[]){ out, in, kernel, kernel });
    srd_tensor *const b = look_at(bias, 1, &out);
    srd_layer layer;

    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = (int32_t)kernel / 2;
    layer = b != NULL ? srd_graph_conv2d(graph, name, x, w, b, &options) : SRD_LAYER_NONE;
    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

static srd_layer halved(srd_graph *graph, srd_layer x)
{
    srd_pool2d_options options = SRD_POOL2D_OPTIONS_INIT;

    options.kernel_h = options.kernel_w = 2;
    return srd_graph_max_pool2d(graph, NULL, x, &options);
}

/* x twice as large, behind the layer of that size on the way down. */
static srd_layer joined(srd_graph *graph, srd_layer skip, srd_layer x)
{
    srd_upsample_options options = SRD_UPSAMPLE_OPTIONS_INIT;
    srd_layer both[2] = { skip, SRD_LAYER_NONE };

    options.scale_h = options.scale_w = 2;
    both[1] = srd_graph_upsample(graph, NULL, x, &options);
    return srd_graph_concat(graph, NULL, both, 2);
}

static void build(srd_graph *graph)
{
    srd_layer a = srd_graph_input(graph, "picture", 1, SHAPES_SIDE, SHAPES_SIDE), b, c;

    a = srd_graph_relu(graph, "stem", conv(graph, NULL, a, shapes_stem_weight, shapes_stem_bias, 6, 1, 3));
    b = srd_graph_relu(graph, "down1", conv(graph, NULL, halved(graph, a), shapes_down1_weight, shapes_down1_bias, 10, 6, 3));
    c = srd_graph_relu(graph, "down2", conv(graph, NULL, halved(graph, b), shapes_down2_weight, shapes_down2_bias, 12, 10, 3));
    c = srd_graph_relu(graph, "up1", conv(graph, NULL, joined(graph, b, c), shapes_up1_weight, shapes_up1_bias, 10, 22, 3));
    c = srd_graph_relu(graph, "up2", conv(graph, NULL, joined(graph, a, c), shapes_up2_weight, shapes_up2_bias, 6, 16, 3));
    c = conv(graph, "classes", c, shapes_classes_weight, shapes_classes_bias, CLASSES, 6, 1);
    (void)srd_graph_output(graph, c, NULL);
}

/* A disc around (9, 10) and a square around (21, 20), on a ground with a little noise. */
static void paint(float *pixels)
{
    for (int i = 0; i < SHAPES_PIXELS; ++i) {
        const int row = i / SHAPES_SIDE, column = i % SHAPES_SIDE;
        const int disc = (row - 9) * (row - 9) + (column - 10) * (column - 10) <= 25;
        const int square = row >= 17 && row <= 25 && column >= 16 && column <= 24;

        pixels[i] = disc ? 0.7F : square ? 0.8F : 0.02F * (float)((7 * row + 3 * column) % 11);
    }
}

static srd_status run(scene *s, srd_detail *why)
{
    srd_tensor *picture = NULL, *scores = NULL;
    srd_status status = srd_graph_create(NULL, NULL, &s->graph, why);

    paint(s->pixels);
    build(s->graph);
    if (status == SRD_OK) status = srd_graph_seal(s->graph, why);
    if (status == SRD_OK) status = srd_explainer_create(s->graph, NULL, NULL, &s->explainer, why);
    picture = look_at(s->pixels, 3, (const int64_t[]){ 1, SHAPES_SIDE, SHAPES_SIDE });
    if (status == SRD_OK) {
        status = srd_tensor_wrap(s->scores[0], 3, (const int64_t[]){ CLASSES, SHAPES_SIDE, SHAPES_SIDE }, &scores, why);
    }
    if (status == SRD_OK) {
        status = srd_explainer_run(s->explainer, (const srd_tensor *const[]){ picture }, 1, NULL, why);
        if (status == SRD_OK) status = srd_explainer_value(s->explainer, srd_graph_find(s->graph, "classes"), scores, why);
    }
    srd_tensor_free(picture);
    srd_tensor_free(scores);
    return status;
}

/* ---- masks ---- */

/* 1 where the network says this class, else 0: the predicted mask. Returns the number of pixels. */
static int choose_predicted(scene *s, int32_t label)
{
    int count = 0;

    for (int i = 0; i < SHAPES_PIXELS; ++i) {
        int32_t best = 0;

        for (int32_t k = 1; k < CLASSES; ++k) best = s->scores[k][i] > s->scores[best][i] ? k : best;
        s->chosen[i] = best == label ? 1.0F : 0.0F;
        count += best == label;
    }
    return count;
}

static void choose_pixel(scene *s, int row, int column)
{
    for (int i = 0; i < SHAPES_PIXELS; ++i) s->chosen[i] = 0;
    s->chosen[row * SHAPES_SIDE + column] = 1;
}

static void choose_all(scene *s)
{
    for (int i = 0; i < SHAPES_PIXELS; ++i) s->chosen[i] = 1;
}

/* ---- questions ---- */

/* The score of a class (against another one, or -1), summed over the mask, shared out among the pixels. */
static srd_status ask(scene *s, int32_t label, int32_t other, srd_detail *why)
{
    const int64_t shape[] = { SHAPES_SIDE, SHAPES_SIDE };
    const srd_layer picture = srd_graph_find(s->graph, "picture");
    srd_tensor *const mask = look_at(s->chosen, 2, shape);
    srd_target target = SRD_TARGET_INIT;
    srd_tensor *map = NULL;
    srd_status status = srd_tensor_wrap(s->map, 2, shape, &map, why);

    target.kind = other < 0 ? SRD_TARGET_CLASS : SRD_TARGET_AGAINST;
    target.class_index = label;
    target.other_class = other < 0 ? 0 : other;
    target.mask = mask;
    if (status == SRD_OK) {
        status = srd_explainer_ask(s->explainer, (const srd_target *const[]){ &target }, 1, NULL, &picture, &map, 1, why);
    }
    srd_tensor_free(map);
    srd_tensor_free(mask);
    return status;
}

/* The balance, and how much of all |relevance| lies inside of the square and within two pixels of its border on both sides. */
static srd_status tell(const scene *s, const char *what, srd_detail *why)
{
    srd_report report = SRD_REPORT_INIT;
    double all = 0, border = 0;
    const srd_status status = srd_explainer_report(s->explainer, &report, why);

    if (status != SRD_OK) return status;
    for (int i = 0; i < SHAPES_PIXELS; ++i) {
        const double away = fmax(abs(i / SHAPES_SIDE - 21), abs(i % SHAPES_SIDE - 20)) - 4.5; /* from the border, outwards */

        all += fabs((double)s->map[i]);
        if (fabs(away) < 2) border += fabs((double)s->map[i]);
    }
    printf("%s: score %.4g = pixels %.4g + head bias %.4g; at the square's border %.0f %%\n", what, report.score,
           report.at_inputs, report.head_bias, 100 * border / all);
    return SRD_OK;
}

int main(void)
{
    static scene s;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status = run(&s, &why);

    if (status == SRD_OK) {
        for (int32_t label = DISC; label < CLASSES; ++label)
            printf("%d pixels are %s\n", choose_predicted(&s, label), labels[label]);
        choose_all(&s);
        status = ask(&s, SQUARE, -1, &why);
    }
    if (status == SRD_OK) status = tell(&s, "all pixels", &why);
    if (status == SRD_OK) {
        choose_pixel(&s, 21, 20);
        status = ask(&s, SQUARE, -1, &why);
    }
    if (status == SRD_OK) status = tell(&s, "the pixel (21, 20)", &why);
    if (status == SRD_OK) {
        (void)choose_predicted(&s, SQUARE);
        status = ask(&s, SQUARE, -1, &why);
    }
    if (status == SRD_OK) status = tell(&s, "the region", &why);
    if (status == SRD_OK) status = ask(&s, SQUARE, DISC, &why);
    if (status == SRD_OK) status = tell(&s, "the region, against disc", &why);
    srd_explainer_free(s.explainer);
    srd_graph_free(s.graph);
    if (status != SRD_OK) return fprintf(stderr, "layer '%s': %s\n", why.layer_name, why.text), 1;
    return 0;
}
