/* canvas.c -- drawing. Everything is small, so nothing here is clever about speed. */
#include "canvas.h"

#include "font.h"

#include <math.h>
#include <stdlib.h>

bool canvas_create(canvas *to, int32_t width, int32_t height, colour paper)
{
    to->width = width;
    to->height = height;
    to->rgba = malloc((size_t)width * (size_t)height * 4);
    if (to->rgba == NULL) return false;
    canvas_fill(to, 0, 0, width, height, paper);
    return true;
}

void canvas_free(canvas *from)
{
    free(from->rgba);
    from->rgba = NULL;
}

uint8_t *canvas_at(const canvas *of, int32_t x, int32_t y)
{
    return of->rgba + 4 * ((size_t)y * (size_t)of->width + (size_t)x);
}

/* The bytes of a pixel, or NULL outside of the canvas. */
static uint8_t *pixel_at(const canvas *to, int32_t x, int32_t y)
{
    return x < 0 || y < 0 || x >= to->width || y >= to->height ? NULL : canvas_at(to, x, y);
}

/* Lay ink over a pixel: cover 0 leaves it, 1 hides it. */
static void blend(canvas *to, int32_t x, int32_t y, colour ink, double cover)
{
    uint8_t *const pixel = pixel_at(to, x, y);

    if (pixel == NULL) return;
    pixel[0] = (uint8_t)lrint(pixel[0] + cover * (ink.red - pixel[0]));
    pixel[1] = (uint8_t)lrint(pixel[1] + cover * (ink.green - pixel[1]));
    pixel[2] = (uint8_t)lrint(pixel[2] + cover * (ink.blue - pixel[2]));
}

void canvas_fill(canvas *to, int32_t x, int32_t y, int32_t width, int32_t height, colour ink)
{
    for (int32_t row = y; row < y + height; ++row) {
        for (int32_t column = x; column < x + width; ++column) {
            uint8_t *const pixel = pixel_at(to, column, row);

            if (pixel == NULL) continue;
            pixel[0] = ink.red;
            pixel[1] = ink.green;
            pixel[2] = ink.blue;
            pixel[3] = 255;
        }
    }
}

void canvas_frame(canvas *to, int32_t x, int32_t y, int32_t width, int32_t height, int32_t thickness, colour ink)
{
    canvas_fill(to, x - thickness, y - thickness, width + 2 * thickness, thickness, ink);
    canvas_fill(to, x - thickness, y + height, width + 2 * thickness, thickness, ink);
    canvas_fill(to, x - thickness, y, thickness, height, ink);
    canvas_fill(to, x + width, y, thickness, height, ink);
}

void canvas_ring(canvas *to, double x, double y, double radius, double thickness, colour ink)
{
    const double reach = radius + thickness;

    for (int32_t row = (int32_t)(y - reach); row <= y + reach; ++row) {
        for (int32_t column = (int32_t)(x - reach); column <= x + reach; ++column) {
            const double off = fabs(hypot(column + 0.5 - x, row + 0.5 - y) - radius); /* from the middle of the line */
            const double cover = thickness / 2 + 0.5 - off;

            if (cover > 0) blend(to, column, row, ink, cover < 1 ? cover : 1);
        }
    }
}

/* ---- text ----------------------------------------------------------------------------------------------------------------
 * The glyphs are tiny. They are enlarged eight times, by doubling them three times so that stairs become slanting lines, and
 * a pixel of the text is inked as far as the enlarged glyph covers it. */

#define ENLARGED 8
#define GLYPH_WIDTH (FONT_WIDTH * ENLARGED)
#define GLYPH_HEIGHT (FONT_HEIGHT * ENLARGED)

typedef struct bitmap {
    int32_t width, height;
    bool ink[GLYPH_HEIGHT][GLYPH_WIDTH];
} bitmap;

static bool ink_at(const bitmap *from, int32_t x, int32_t y)
{
    return x >= 0 && y >= 0 && x < from->width && y < from->height && from->ink[y][x];
}

/* The colour of the quarter of a pixel that lies towards (dx, dy), by the rule "Scale2x": that of its two outer neighbours if
 * they agree with each other and with neither of the opposite ones. On the small glyph itself only slanting lines are filled
 * up; right angles, as in an E, stay what they are. */
static bool quarter(const bitmap *from, int32_t x, int32_t y, int32_t dx, int32_t dy)
{
    const bool here = from->ink[y][x], side = ink_at(from, x + dx, y), end = ink_at(from, x, y + dy);

    if (side != end || side == ink_at(from, x - dx, y) || end == ink_at(from, x, y - dy)) return here;
    if (from->width == FONT_WIDTH && (here || ink_at(from, x + dx, y + dy))) return here;
    return side;
}

static void double_size(bitmap *to, const bitmap *from)
{
    to->width = 2 * from->width;
    to->height = 2 * from->height;
    for (int32_t y = 0; y < to->height; ++y) {
        for (int32_t x = 0; x < to->width; ++x) to->ink[y][x] = quarter(from, x / 2, y / 2, x % 2 * 2 - 1, y % 2 * 2 - 1);
    }
}

static void enlarge(bitmap *to, char character)
{
    const char *const rows = font_glyph(character);
    bitmap other;

    other.width = FONT_WIDTH;
    other.height = FONT_HEIGHT;
    for (int32_t y = 0; y < FONT_HEIGHT; ++y) {
        for (int32_t x = 0; x < FONT_WIDTH; ++x) other.ink[y][x] = rows[y * (FONT_WIDTH + 1) + x] == '#';
    }
    double_size(to, &other);
    double_size(&other, to);
    double_size(to, &other);
}

/* How much of the pixel (x, y) of a glyph drawn in this size is ink, by looking at 4 x 4 points of it. */
static double coverage(const bitmap *glyph, double x, double y, double scale)
{
    int32_t hits = 0;

    for (int32_t i = 0; i < 16; ++i) {
        const int32_t column = i % 4, row = i / 4;
        const double px = (x + (column + 0.5) / 4) * scale, py = (y + (row + 0.5) / 4) * scale;

        hits += px >= 0 && py >= 0 && ink_at(glyph, (int32_t)px, (int32_t)py);
    }
    return hits / 16.0;
}

double canvas_text_width(double capital, const char *text)
{
    double cells = 0;

    for (; *text != '\0'; ++text) cells += font_advance(*text);
    return cells * capital / FONT_CAPITAL;
}

void canvas_text(canvas *to, int32_t x, int32_t y, double capital, int32_t room, colour ink, const char *text)
{
    const double width = canvas_text_width(capital, text), fit = width > room ? capital * room / width : capital;
    const double cell = fit / FONT_CAPITAL, top = y + capital - fit;
    double left = x;
    bitmap glyph;

    for (; *text != '\0'; ++text) {
        enlarge(&glyph, *text);
        for (int32_t row = (int32_t)top; row < top + FONT_HEIGHT * cell; ++row) {
            for (int32_t column = (int32_t)left; column < left + FONT_WIDTH * cell; ++column) {
                const double cover = coverage(&glyph, column - left, row - top, ENLARGED / cell);

                if (cover > 0) blend(to, column, row, ink, cover);
            }
        }
        left += font_advance(*text) * cell;
    }
}
