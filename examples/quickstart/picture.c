/* picture.c -- libpng's simplified interface does the decoding; here are the sizes, the borders and clear failures. */
#include "picture.h"

#include <errno.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PIXELS 100000000u /* of a file that is read: more is surely a mistake, and would take long */

static bool fail(char *reason, const char *text)
{
    (void)snprintf(reason, PICTURE_REASON, "%s", text);
    return false;
}

/* libpng's own words are short ("Read Error"), so they get a sentence. */
static bool fail_png(char *reason, const char *what, const png_image *image)
{
    (void)snprintf(reason, PICTURE_REASON, "%s (libpng: %s)", what, image->message);
    return false;
}

/* Decode a file to one grey byte per pixel; the caller frees *pixels. */
static bool decode(const char *path, uint8_t **pixels, int32_t *width, int32_t *height, char *reason)
{
    const png_color black = { 0, 0, 0 }; /* what shows through transparent places: the background of the training pictures */
    png_image image = { .version = PNG_IMAGE_VERSION };
    FILE *const file = fopen(path, "rb");
    bool done = false;

    if (file == NULL) return fail(reason, strerror(errno));
    if (!png_image_begin_read_from_stdio(&image, file)) {
        (void)fail_png(reason, "not a PNG file that can be read", &image);
    } else if ((uint64_t)image.width * image.height > MOST_PIXELS) {
        (void)fail(reason, "the picture has more than 100 million pixels");
    } else {
        image.format = PNG_FORMAT_GRAY;
        *width = (int32_t)image.width;
        *height = (int32_t)image.height;
        *pixels = malloc(PNG_IMAGE_SIZE(image));
        if (*pixels == NULL) {
            (void)fail(reason, "out of memory");
        } else {
            done = png_image_finish_read(&image, &black, *pixels, 0, NULL) != 0;
            if (!done) (void)fail_png(reason, "the PNG file is damaged or cut off", &image);
        }
    }
    png_image_free(&image);
    (void)fclose(file);
    return done;
}

/* Whether the outermost pixels are light on average: clothes on white paper, dark where the training pictures are light. */
static bool has_light_rim(const uint8_t *pixels, int32_t width, int32_t height)
{
    double sum = 0, count = 0;

    for (int32_t row = 0; row < height; ++row) {
        const int32_t step = row == 0 || row == height - 1 || width == 1 ? 1 : width - 1;

        for (int32_t column = 0; column < width; column += step) {
            sum += pixels[(size_t)row * (size_t)width + (size_t)column];
            ++count;
        }
    }
    return sum > 127.5 * count;
}

/* Cut off the dark borders, in place. The training pictures have none: the longer side of the clothes fills the picture. */
static void trim(uint8_t *pixels, int32_t *width, int32_t *height)
{
    const int32_t dark = 24; /* a dim pixel is background still, as a photograph's paper is never quite even */
    int32_t top = *height, bottom = 0, left = *width, right = 0;

    for (int32_t row = 0; row < *height; ++row) {
        for (int32_t column = 0; column < *width; ++column) {
            if (pixels[(size_t)row * (size_t)*width + (size_t)column] <= dark) continue;
            if (row < top) top = row;
            if (column < left) left = column;
            if (column >= right) right = column + 1;
            bottom = row + 1;
        }
    }
    if (bottom == 0) return; /* nothing but background */
    for (int32_t row = top; row < bottom; ++row) {
        memmove(pixels + (size_t)(row - top) * (size_t)(right - left), pixels + (size_t)row * (size_t)*width + (size_t)left,
                (size_t)(right - left));
    }
    *width = right - left;
    *height = bottom - top;
}

/* How much of the interval [from, to) lies in the pixel [i, i + 1). */
static double overlap(double from, double to, int32_t i)
{
    const double low = from > i ? from : i, high = to < i + 1 ? to : i + 1;

    return high > low ? high - low : 0;
}

/* The mean over a square whose corner is (top, left); what lies outside of the picture is black. */
static double mean_of_square(const uint8_t *pixels, int32_t width, int32_t height, double top, double left, double side)
{
    const int32_t first_row = top > 0 ? (int32_t)top : 0, first_column = left > 0 ? (int32_t)left : 0;
    double sum = 0;

    for (int32_t row = first_row; row < height && row < top + side; ++row) {
        const double share = overlap(top, top + side, row);
        const uint8_t *const line = pixels + (size_t)row * (size_t)width;

        for (int32_t column = first_column; column < width && column < left + side; ++column) {
            sum += share * overlap(left, left + side, column) * line[column];
        }
    }
    return sum / (side * side);
}

bool picture_read(const char *path, int32_t side, uint8_t *grey, bool *inverted, char *reason)
{
    uint8_t *pixels = NULL;
    int32_t width, height;
    double scale;

    if (!decode(path, &pixels, &width, &height, reason)) {
        free(pixels);
        return false;
    }
    *inverted = false;
    if (width != side || height != side) { /* else it was made for the network, as the pictures of this folder are */
        *inverted = has_light_rim(pixels, width, height);
        for (size_t i = 0; *inverted && i < (size_t)width * (size_t)height; ++i) pixels[i] = (uint8_t)(255 - pixels[i]);
        trim(pixels, &width, &height);
    }
    scale = (double)(width > height ? width : height) / side;
    for (int32_t row = 0; row < side; ++row) {
        const double top = row * scale - (width > height ? (width - height) / 2.0 : 0);

        for (int32_t column = 0; column < side; ++column) {
            const double left = column * scale - (height > width ? (height - width) / 2.0 : 0);

            grey[row * side + column] = (uint8_t)lrint(mean_of_square(pixels, width, height, top, left, scale));
        }
    }
    free(pixels);
    return true;
}

bool picture_write(const char *path, int32_t width, int32_t height, const uint8_t *rgba, char *reason)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = PNG_FORMAT_RGBA
    };

    if (png_image_write_to_file(&image, path, 0, rgba, 0, NULL)) return true;
    return fail_png(reason, "the PNG file could not be written", &image);
}
