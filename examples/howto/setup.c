/* setup.c -- from a file to a run. */
#include "setup.h"

#include <stdio.h>

#include "fashion_net.h"
#include "network.h"

int setup_read(const char *path, float *pixels)
{
    FILE *const file = fopen(path, "rb");
    uint8_t grey[PIXELS];
    int width = 0, height = 0, white = 0, done;

    if (file == NULL) return 0;
    done = fscanf(file, "P5 %d %d %d", &width, &height, &white) == 3 && width == SIDE && height == SIDE && white == 255 &&
           fgetc(file) != EOF && fread(grey, 1, PIXELS, file) == PIXELS;
    (void)fclose(file);
    if (!done) return 0;
    for (int i = 0; i < PIXELS; ++i) {
        pixels[i] = ((float)grey[i] / 255 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD; /* exactly as in training */
    }
    return 1;
}

srd_status setup_run(setup *s, const char *path, srd_detail *why)
{
    const int64_t shape[] = { 1, SIDE, SIDE }; /* channels, height, width */
    srd_status status;

    if (!setup_read(path, s->pixels)) {
        (void)snprintf(why->text, sizeof why->text, "%.200s is not a PGM file of 28 x 28 pixels", path);
        return SRD_ERR_ARGUMENT;
    }
    status = srd_graph_create(NULL, NULL, &s->graph, why);
    network_build(s->graph); /* a call per layer; the first failure sticks and is found by seal */
    if (status == SRD_OK) status = srd_graph_seal(s->graph, why);
    if (status == SRD_OK) status = srd_explainer_create(s->graph, NULL, NULL, &s->explainer, why);
    if (status == SRD_OK) status = srd_tensor_wrap(s->pixels, 3, shape, &s->picture, why);
    if (status == SRD_OK) status = srd_explainer_run(s->explainer, (const srd_tensor *const[]){ s->picture }, 1, NULL, why);
    return status;
}

void setup_end(setup *s)
{
    srd_tensor_free(s->picture);
    srd_explainer_free(s->explainer);
    srd_graph_free(s->graph);
}

int setup_write(const char *path, int32_t height, int32_t width, const uint8_t *rgba)
{
    FILE *const file = fopen(path, "wb");
    int done;

    if (file == NULL) return 0;
    done = fprintf(file, "P6\n%d %d\n255\n", (int)width, (int)height) > 0;
    for (int32_t i = 0; i < height * width; ++i) done = done && fwrite(rgba + 4 * i, 1, 3, file) == 3; /* no alpha */
    return fclose(file) == 0 && done;
}

int setup_finish(srd_status status, const srd_detail *why)
{
    if (status == SRD_OK) return 0;
    (void)fprintf(stderr, "%s, layer '%s': %s\n", srd_status_name(status), why->layer_name, why->text);
    return 1;
}
