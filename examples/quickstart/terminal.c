/* terminal.c -- colours and half blocks where they can be seen, signs elsewhere. */
#define _POSIX_C_SOURCE 200809L /* isatty and fileno are POSIX, not C */

#include "terminal.h"

#include "canvas.h"
#include "paint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAIN 0
#define COLOURS_256 1
#define COLOURS_24_BIT 2

static const char *setting(const char *name)
{
    const char *const value = getenv(name);

    return value != NULL ? value : "";
}

/* Half blocks are not ASCII. A locale that names no character set (as in a bare container) says nothing about the terminal,
 * and nearly all of them know UTF-8. */
static bool knows_utf8(void)
{
    const char *locale = setting("LC_ALL");

    if (locale[0] == '\0') locale = setting("LC_CTYPE");
    if (locale[0] == '\0') locale = setting("LANG");
    return strchr(locale, '.') == NULL || strstr(locale, "UTF-8") != NULL || strstr(locale, "utf8") != NULL;
}

static int colours(void)
{
    if (setting("NO_COLOR")[0] != '\0' || !isatty(fileno(stdout)) || strcmp(setting("TERM"), "dumb") == 0) return PLAIN;
    if (!knows_utf8()) return PLAIN;
    if (strcmp(setting("COLORTERM"), "truecolor") == 0 || strcmp(setting("COLORTERM"), "24bit") == 0) return COLOURS_24_BIT;
    return COLOURS_256;
}

/* Set the colour of the ink (target 38) or of the paper (48). */
static void set_24_bit(int target, colour c)
{
    (void)printf("\033[%d;2;%d;%d;%dm", target, c.red, c.green, c.blue);
}

static void set_256(int target, int number)
{
    (void)printf("\033[%d;5;%dm", target, number);
}

static void set_grey(int target, uint8_t value, int depth)
{
    const colour c = { value, value, value };

    if (depth == COLOURS_24_BIT) set_24_bit(target, c);
    else set_256(target, value < 3 ? 16 : value > 242 ? 231 : 232 + (value - 3) / 10); /* black, white, or of 24 greys */
}

/* The few blues, whites and reds among the 256 colours are chosen by hand: the nearest ones would be yellow here and there. */
static void set_relevance(int target, float value, const uint8_t *rgba, int depth)
{
    static const int numbers[] = { 20, 26, 33, 75, 117, 153, 231, 224, 217, 210, 203, 160, 124 };
    const float clamped = value < -1 ? -1 : value > 1 ? 1 : value;

    if (depth == COLOURS_24_BIT) set_24_bit(target, (colour){ rgba[0], rgba[1], rgba[2] });
    else set_256(target, numbers[6 + lrintf(6 * clamped)]);
}

/* A character shows two positions, one above the other: the upper half block in one colour on paper of the other. */
static bool show_in_colours(const uint8_t *grey, const explain_map *map, int depth, char *reason)
{
    uint8_t rgba[NETWORK_SIDE * NETWORK_SIDE * 4];
    const paint_place all = { rgba, NETWORK_SIDE * 4, NETWORK_SIDE, NETWORK_SIDE };

    if (!paint_map(map, &all, reason)) return false;
    for (int32_t row = 0; row < NETWORK_SIDE; row += 2) {
        (void)printf("  ");
        for (int32_t column = 0; column < NETWORK_SIDE; ++column) {
            set_grey(38, grey[row * NETWORK_SIDE + column], depth);
            set_grey(48, grey[(row + 1) * NETWORK_SIDE + column], depth);
            (void)printf("\xe2\x96\x80");
        }
        (void)printf("\033[0m    ");
        for (int32_t column = 0; column < NETWORK_SIDE; ++column) {
            const int32_t upper = row * NETWORK_SIDE + column, lower = upper + NETWORK_SIDE;

            set_relevance(38, map->values[upper] / map->scale, &rgba[4 * upper], depth);
            set_relevance(48, map->values[lower] / map->scale, &rgba[4 * lower], depth);
            (void)printf("\xe2\x96\x80");
        }
        (void)printf("\033[0m\n");
    }
    return true;
}

/* Two characters for each position, which is about a square. */
static void show_in_signs(const explain_map *map)
{
    static const char *const signs[] = { "==", "--", "- ", "  ", "+ ", "++", "##" };

    for (int32_t row = 0; row < map->height; ++row) {
        char text[2 * NETWORK_SIDE + 1] = "";
        size_t length = 0;

        for (int32_t column = 0; column < map->width; ++column) {
            const float value = map->values[row * map->width + column] / map->scale, size = fabsf(value);
            const int step = size < 0.1f ? 0 : size < 0.3f ? 1 : size < 0.6f ? 2 : 3;

            memcpy(text + length, signs[value < 0 ? 3 - step : 3 + step], 2);
            length += 2;
        }
        while (length > 0 && text[length - 1] == ' ') --length;
        (void)printf("%s%.*s\n", length > 0 ? "  " : "", (int)length, text);
    }
}

bool terminal_show(const uint8_t *grey, const explain_map *map, char *reason)
{
    const int depth = colours();

    if (depth == PLAIN) {
        show_in_signs(map);
        (void)printf("  for it: ## much, ++ more, + some    against it: == much, -- more, - some\n");
    } else {
        if (!show_in_colours(grey, map, depth, reason)) return false;
        (void)printf("  the picture                     the evidence: red for it, blue against it\n");
    }
    return true;
}
