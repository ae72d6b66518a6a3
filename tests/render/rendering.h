/*
 * rendering.h -- what the tests of rendering share: a buffer between canaries, maps, and where a pixel's colour comes from.
 */
#ifndef TESTS_RENDERING_H
#define TESTS_RENDERING_H

#include <stdlib.h>

#include "testing.h"

#define CANARY 0xa5
#define BUFFER_BYTES 65536

/* The pixels of a rendered picture lie in the middle of it; every other byte must stay a canary. */
typedef struct buffer {
    uint8_t bytes[BUFFER_BYTES];
    uint8_t *rgba; /* the top row */
    int64_t row_bytes;
    int32_t height, width;
} buffer;

static inline void buffer_init(buffer *b, int32_t height, int32_t width, int64_t row_bytes)
{
    const int64_t rows = row_bytes < 0 ? -row_bytes * (height - 1) : 0;

    memset(b->bytes, CANARY, sizeof b->bytes);
    b->rgba = b->bytes + 64 + rows;
    b->row_bytes = row_bytes;
    b->height = height;
    b->width = width;
    ck_assert_int_le(64 + llabs(row_bytes) * height + 64, BUFFER_BYTES);
}

static inline const uint8_t *buffer_at(const buffer *b, int32_t row, int32_t column)
{
    return b->rgba + row * b->row_bytes + 4 * (int64_t)column;
}

/* Bytes outside of the pixels are as they were; those of pixels too if nothing was to be written. */
static inline void check_canaries(const buffer *b, int written)
{
    for (int32_t i = 0; i < BUFFER_BYTES; ++i) {
        int inside = 0;

        for (int32_t row = 0; written && row < b->height && !inside; ++row) {
            const int64_t off = b->bytes + i - buffer_at(b, row, 0);

            inside = off >= 0 && off < 4 * (int64_t)b->width;
        }
        if (!inside && b->bytes[i] != CANARY) ck_abort_msg("byte %d was written", (int)i);
    }
}

static inline srd_tensor *new_map(int64_t height, int64_t width, const float *values)
{
    return testing_const_view(2, (const int64_t[]){ height, width }, values);
}

static inline srd_render_options colours_from(int32_t colours, float low, float high)
{
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;

    options.colours = colours;
    options.scaling = SRD_SCALE_RANGE;
    options.low = low;
    options.high = high;
    return options;
}

static inline srd_status render(const srd_tensor *map, const srd_render_options *options, buffer *b)
{
    return srd_render_map(map, options, b->rgba, b->row_bytes, b->height, b->width, NULL);
}

/* The pixel is entry `entry` of a table, and opaque. */
#define check_entry(b, row, column, colours, entry) check_entry_at((b), (row), (column), (colours), (entry), __LINE__)

static inline void check_entry_at(const buffer *b, int32_t row, int32_t column, int32_t colours, int32_t entry, int line)
{
    const uint8_t *const pixel = buffer_at(b, row, column);
    uint8_t table[3 * SRD_COLOUR_ENTRIES];

    check_ok(srd_render_colour_map(colours, table, NULL));
    ck_assert_msg(memcmp(pixel, table + 3 * (ptrdiff_t)entry, 3) == 0 && pixel[3] == 255,
                  "line %d: pixel (%d, %d) is %d %d %d %d, not entry %d", line, (int)row, (int)column, pixel[0], pixel[1],
                  pixel[2], pixel[3], (int)entry);
}

/* Numbers that look random, the same everywhere. */
static inline float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

#endif
