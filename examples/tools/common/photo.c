/* photo.c -- the network sees a part of the picture, made smaller: a place of the one becomes a place of the other. */
#include "photo.h"

#include <stdio.h>
#include <stdlib.h>

#include "program.h"

/* Bytes as numbers from 0 to 1, plane by plane. */
static float *planes_of(const picture *p)
{
    const size_t plane = (size_t)p->width * (size_t)p->height;
    float *const planes = malloc(3 * plane * sizeof *planes);

    for (size_t i = 0; planes != NULL && i < plane; ++i) {
        for (size_t k = 0; k < 3; ++k) planes[k * plane + i] = (float)p->rgb[3 * i + k] / 255.0f;
    }
    return planes;
}

static bool render(const photo *p, const srd_tensor *grid, const srd_layer_geometry *place, float *planes, uint8_t *rgba,
                   char *reason)
{
    const int64_t shape[] = { 3, p->file.height, p->file.width };
    srd_render_options colours = SRD_RENDER_OPTIONS_INIT;
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_tensor *shown = NULL;
    srd_status status = srd_tensor_view(SRD_FLOAT32, 3, shape, NULL, planes, NULL, &shown, &detail);

    colours.scaling = SRD_SCALE_PERCENTILE;
    colours.enlargement = SRD_ENLARGE_BILINEAR;
    overlay.grey_picture = 1;
    overlay.step_y = (float)(place->step_y * p->frame.scale);
    overlay.step_x = (float)(place->step_x * p->frame.scale);
    overlay.offset_y = (float)(p->frame.top + (place->offset_y + 0.5) * p->frame.scale - 0.5);
    overlay.offset_x = (float)(p->frame.left + (place->offset_x + 0.5) * p->frame.scale - 0.5);
    if (status == SRD_OK)
        status = srd_render_overlay(grid, shown, &colours, &overlay, rgba, 4 * (int64_t)p->file.width, p->file.height,
                                    p->file.width, &detail);
    srd_tensor_free(shown);
    (void)snprintf(reason, PICTURE_REASON, "%.200s", detail.text);
    return status == SRD_OK;
}

bool photo_draw(const photo *p, const srd_tensor *grid, const srd_layer_geometry *place, const char *path)
{
    float *const planes = planes_of(&p->file);
    uint8_t *const rgba = malloc((size_t)p->file.width * (size_t)p->file.height * 4);
    char reason[PICTURE_REASON] = "there is not enough memory";
    const bool done = planes != NULL && rgba != NULL && render(p, grid, place, planes, rgba, reason) &&
                      picture_write_png(path, rgba, p->file.width, p->file.height, reason);

    free(planes);
    free(rgba);
    if (done) (void)printf("wrote %s\n", path);
    else (void)fprintf(stderr, PROGRAM ": %s: %s\n", path, reason);
    return done;
}
