/* picture.h -- PNG and JPEG files in and out. */
#ifndef PROGRAM_PICTURE_H
#define PROGRAM_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICTURE_REASON 256

typedef struct picture {
    int32_t width, height;
    uint8_t *rgb; /* rows from the top, three bytes a pixel */
} picture;

/** Read a PNG or JPEG file, told apart by their first bytes. What is transparent is white. rgb is freed by the caller. */
bool picture_read(const char *path, picture *p, char *reason);
/** The part of a picture that picture_fit() takes: a pixel of the result covers scale x scale pixels of it, from (top, left) on. */
typedef struct picture_frame {
    double scale, top, left;
} picture_frame;

picture_frame picture_frame_of(const picture *p, double part, int32_t height, int32_t width);
/**
 * The middle of a picture in the shape height : width, the largest there is times part (above 0, at most 1), brought to that size by the
 * mean over the area below each pixel (by bilinear interpolation where it is enlarged), as planes of numbers from 0 to 1: red, green, blue;
 * or one plane of grey.
 */
void picture_fit(const picture *p, double part, int32_t channels, int32_t height, int32_t width, float *planes);
bool picture_write_png(const char *path, const uint8_t *rgba, int32_t width, int32_t height, char *reason);

#endif
