/*
 * run.c -- a program around a model.c written by srd-codegen: reads the numbers of a picture, writes the map of the top class.
 *
 *   cc -std=c11 -I examples/tools/codegen run.c model.c $(pkg-config --cflags --libs srd) -o run && ./run INPUT MAP
 *
 * Both files are float32 in the machine's byte order: the input in the order of the network's file; the map [H][W].
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, srd_status status, const srd_detail *detail)
{
    (void)fprintf(stderr, "%s: %s %s %s\n", what, srd_status_name(status), detail->layer_name, detail->text);
    return 1;
}

/* Reads the picture, runs it, and asks. The map is left in relevance. */
static srd_status explain(srd_explainer *explainer, const float *pixels, float *relevance, srd_detail *why)
{
    const int64_t shape[] = { model_input_shape[0], model_input_shape[1], model_input_shape[2] };
    srd_tensor *picture = NULL, *map = NULL;
    int32_t top = 0;
    float score = 0;
    srd_status status = srd_tensor_view_const(SRD_FLOAT32, 3, shape, model_input_strides, pixels, NULL, &picture, why);

    if (status == SRD_OK) status = srd_tensor_view(SRD_FLOAT32, 2, shape + 1, NULL, relevance, NULL, &map, why);
    if (status == SRD_OK) status = srd_explainer_run(explainer, (const srd_tensor *const[]){ picture }, 1, NULL, why);
    if (status == SRD_OK) status = srd_explainer_ask_top(explainer, NULL, &model_input_layer, &map, 1, why);
    if (status == SRD_OK) status = srd_explainer_top_class(explainer, 0, 0, &top, &score, why);
    if (status == SRD_OK) (void)printf("class %d, score %g\n", top, (double)score);
    srd_tensor_free(picture);
    srd_tensor_free(map);
    return status;
}

static int run(srd_explainer *explainer, const char *input, const char *output)
{
    const size_t positions = (size_t)model_input_shape[1] * (size_t)model_input_shape[2];
    const size_t count = (size_t)model_input_shape[0] * positions;
    float *const pixels = malloc(count * sizeof *pixels), *const relevance = malloc(positions * sizeof *relevance);
    FILE *file = fopen(input, "rb");
    srd_detail detail = SRD_DETAIL_INIT;
    int result = 1;

    if (file != NULL && pixels != NULL && relevance != NULL && fread(pixels, sizeof *pixels, count, file) == count) {
        const srd_status status = explain(explainer, pixels, relevance, &detail);
        (void)fclose(file);
        file = NULL;
        if (status != SRD_OK) (void)fail("run", status, &detail);
        else file = fopen(output, "wb");
        if (file != NULL && fwrite(relevance, sizeof *relevance, positions, file) == positions) result = 0;
    } else {
        (void)fprintf(stderr, "%s: not the numbers of a picture\n", input);
    }
    if (file != NULL && fclose(file) != 0) result = 1;
    free(pixels);
    free(relevance);
    return result;
}

int main(int argc, char **argv)
{
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status;
    int result;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s INPUT MAP\n", argv[0]);
        return 2;
    }
    status = srd_graph_create(NULL, NULL, &graph, &detail);
    if (status == SRD_OK) status = model_build(graph, NULL); /* a failure of a layer waits until seal */
    if (graph != NULL) status = srd_graph_seal(graph, &detail);
    if (status == SRD_OK) status = srd_explainer_create(graph, NULL, NULL, &explainer, &detail);
    result = status == SRD_OK ? run(explainer, argv[1], argv[2]) : fail("the network", status, &detail);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
    return result;
}
