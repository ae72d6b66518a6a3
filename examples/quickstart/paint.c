/* paint.c -- see paint.h. The library renders what a tensor holds; a view makes a tensor of an array without copying it. */
#include "paint.h"

#include <stdio.h>

#define PRINTED 0.25f /* how dark the picture is where a map is printed over it */

/* The scale is given, so that the legend can tell it. */
static srd_render_options colours(int32_t which, float low, float high)
{
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;

    options.colours = which;
    options.scaling = SRD_SCALE_RANGE;
    options.low = low;
    options.high = high;
    return options;
}

static srd_status view(const explain_map *of, srd_tensor **out, srd_detail *detail)
{
    return srd_tensor_view_const(SRD_FLOAT32, 2, (const int64_t[]){ of->height, of->width }, NULL, of->values, NULL, out,
                                 detail);
}

/* under: a picture below the map; NULL: none */
static bool paint(const explain_map *map, const explain_map *under, const srd_render_options *options, const paint_place *to,
                  char *reason)
{
    const srd_overlay_options print = { .struct_size = sizeof print, .blend = SRD_BLEND_PRINT };
    srd_tensor *values = NULL, *picture = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status = view(map, &values, &why);

    if (status == SRD_OK && under == NULL) {
        status = srd_render_map(values, options, to->rgba, to->row_bytes, to->height, to->width, &why);
    } else if (status == SRD_OK) {
        status = view(under, &picture, &why);
        if (status == SRD_OK) {
            status = srd_render_overlay(values, picture, options, &print, to->rgba, to->row_bytes, to->height, to->width, &why);
        }
    }
    srd_tensor_free(values);
    srd_tensor_free(picture);
    (void)snprintf(reason, PICTURE_REASON, "%s", why.text);
    return status == SRD_OK;
}

/* The picture as floats. */
static explain_map shades(const uint8_t *grey, float black, float white)
{
    explain_map picture = { .height = NETWORK_SIDE, .width = NETWORK_SIDE };

    for (int32_t i = 0; i < NETWORK_SIDE * NETWORK_SIDE; ++i) {
        picture.values[i] = black + (white - black) * (float)grey[i] / 255;
    }
    return picture;
}

bool paint_picture(const uint8_t *grey, const paint_place *to, char *reason)
{
    const srd_render_options options = colours(SRD_COLOURS_GREY, 0, 255);
    const explain_map picture = shades(grey, 0, 255);

    return paint(&picture, NULL, &options, to, reason);
}

bool paint_map(const explain_map *map, const paint_place *to, char *reason)
{
    const srd_render_options options = colours(SRD_COLOURS_DIVERGING, -map->scale, map->scale);

    return paint(map, NULL, &options, to, reason);
}

bool paint_map_over(const explain_map *map, const uint8_t *grey, const paint_place *to, char *reason)
{
    const srd_render_options options = colours(SRD_COLOURS_DIVERGING, -map->scale, map->scale);
    const explain_map paper = shades(grey, 1, 1 - PRINTED);

    return paint(map, &paper, &options, to, reason);
}

bool paint_legend(const paint_place *to, char *reason)
{
    const srd_render_options options = colours(SRD_COLOURS_DIVERGING, -127, 127);
    explain_map all = { .height = 1, .width = 255 };

    for (int32_t i = 0; i < all.width; ++i) all.values[i] = (float)(i - 127);
    return paint(&all, NULL, &options, to, reason);
}
