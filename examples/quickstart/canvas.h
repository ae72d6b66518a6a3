/* canvas.h -- a picture that is drawn on: rectangles, frames, circles, text. */
#ifndef QUICKSTART_CANVAS_H
#define QUICKSTART_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct canvas {
    int32_t width, height;
    uint8_t *rgba; /* rows of four bytes per pixel: red, green, blue, 255 */
} canvas;

typedef struct colour {
    uint8_t red, green, blue;
} colour;

/** A canvas filled with one colour. @return false: out of memory */
bool canvas_create(canvas *to, int32_t width, int32_t height, colour paper);
void canvas_free(canvas *from);
/** The bytes of a pixel, which is on the canvas. */
uint8_t *canvas_at(const canvas *of, int32_t x, int32_t y);

/** What is outside of the canvas is not drawn, by any of these. */
void canvas_fill(canvas *to, int32_t x, int32_t y, int32_t width, int32_t height, colour ink);
/** A frame of some pixels' thickness, drawn around a rectangle. */
void canvas_frame(canvas *to, int32_t x, int32_t y, int32_t width, int32_t height, int32_t thickness, colour ink);
/** A ring with smooth edges; centre and radius (of the middle of the line) in pixels. */
void canvas_ring(canvas *to, double x, double y, double radius, double thickness, colour ink);

/**
 * Text from (x, y), the upper left corner of its first capital, with smooth edges.
 * @param capital  height of a capital in pixels
 * @param room     width in pixels that the text must keep to: longer text is drawn smaller, on the same base line
 */
void canvas_text(canvas *to, int32_t x, int32_t y, double capital, int32_t room, colour ink, const char *text);
/** Width in pixels of a text in this size. */
double canvas_text_width(double capital, const char *text);

#endif
