/* paint.h -- the picture and maps as pixels: a few lines around the library's rendering (srd/render.h). */
#ifndef QUICKSTART_PAINT_H
#define QUICKSTART_PAINT_H

#include "explain.h"
#include "picture.h"

/* Where pixels go: four bytes each (red, green, blue, 255), in rows. */
typedef struct paint_place {
    uint8_t *rgba;     /* the upper left corner */
    int64_t row_bytes; /* from one row to the next */
    int32_t height, width;
} paint_place;

/** The picture, one grey per pixel. Here and below, reason receives PICTURE_REASON bytes of text on failure. */
bool paint_picture(const uint8_t *grey, const paint_place *to, char *reason);

/** A map in the colours of relevance, blue for -scale, white for 0, red for +scale: a rectangle per position, not smoothed. */
bool paint_map(const explain_map *map, const paint_place *to, char *reason);

/** The same as if it were printed over the picture, whose clothes are pale grey then and whose background is white. */
bool paint_map_over(const explain_map *map, const uint8_t *grey, const paint_place *to, char *reason);

/** All colours of relevance, from -scale on the left to +scale on the right. */
bool paint_legend(const paint_place *to, char *reason);

#endif
