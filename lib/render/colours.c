/*
 * colours.c -- tables of 256 colours, made of a few anchors and straight lines between them, in integers.
 *
 * Anchors lie on an even ladder of lightness (L* of CIELAB for sRGB and its white D65), to 0.14 of it; the bytes between two of
 * them stay within 0.3. tests/render/test_colours.c measures both, and what colour-blind eyes see.
 */
#include "render/render_impl.h"

#if SRD_WITH_RENDER

/* From the neutral centre outwards; each step takes 10 off L*: 97, 87, ... 37. On the way the hue turns a little, from sky
 * blue and salmon to ultramarine and crimson, which keeps the colours saturated. */
#define DIVERGING_STEPS 6
static const uint8_t against[DIVERGING_STEPS + 1][3] = {
    { 246, 246, 246 }, { 190, 222, 249 }, { 138, 196, 249 }, { 94, 167, 243 },
    { 60, 138, 230 },  { 40, 109, 209 },  { 30, 81, 182 },
};
static const uint8_t in_favour[DIVERGING_STEPS + 1][3] = {
    { 246, 246, 246 }, { 254, 208, 192 }, { 254, 169, 144 }, { 247, 130, 104 },
    { 231, 91, 74 },   { 206, 54, 53 },   { 172, 23, 42 },
};

/* Each step takes 5 off L*: 97, 92, ... 22. The hue turns evenly from yellow-green to blue (110 to 270 degrees of CIELAB),
 * away from the red and the blue of the diverging colours until it is dark. */
#define SEQUENTIAL_STEPS 15
static const uint8_t sequential[SEQUENTIAL_STEPS + 1][3] = {
    { 246, 247, 242 }, { 228, 235, 212 }, { 202, 225, 187 }, { 172, 215, 170 }, { 138, 205, 160 }, { 107, 193, 157 },
    { 78, 180, 155 },  { 44, 167, 153 },  { 21, 152, 152 },  { 18, 137, 146 },  { 14, 123, 137 },  { 12, 108, 132 },
    { 11, 95, 118 },   { 8, 81, 111 },    { 6, 68, 101 },    { 3, 55, 92 },
};

#define CENTRE SRD_COLOUR_CENTRE
#define SIDE SRD_COLOUR_SIDE
#define LAST SRD_COLOUR_LAST

/* How strong an entry of the diverging table is, of SIDE. */
static int32_t side_strength(int32_t entry)
{
    return srd__min(entry < CENTRE ? CENTRE - entry : entry - CENTRE, SIDE);
}

int32_t srd__colour_cover(int32_t colours, int32_t entry, int32_t cover)
{
    if (colours == SRD_COLOURS_DIVERGING) return (side_strength(entry) * cover + SIDE / 2) / SIDE;
    return (entry * cover + LAST / 2) / LAST;
}

/* The colour at k / most of the way along the anchors. Called with constants but for k and inline: compilers then multiply instead of
 * dividing, which is most of the time that a picture takes otherwise. */
static inline void along(const uint8_t (*anchors)[3], int32_t steps, int32_t k, int32_t most, uint8_t *rgb)
{
    const int32_t i = srd__min(k * steps / most, steps - 1), part = k * steps - i * most;

    for (int32_t c = 0; c < 3; ++c) {
        rgb[c] = (uint8_t)((anchors[i][c] * (most - part) + anchors[i + 1][c] * part + most / 2) / most);
    }
}

void srd__colour_rgb(int32_t colours, int32_t entry, uint8_t *rgb)
{
    if (colours == SRD_COLOURS_DIVERGING) {
        along(entry < CENTRE ? against : in_favour, DIVERGING_STEPS, side_strength(entry), SIDE, rgb);
    } else if (colours == SRD_COLOURS_SEQUENTIAL) {
        along(sequential, SEQUENTIAL_STEPS, entry, LAST, rgb);
    } else {
        memset(rgb, entry, 3);
    }
}

#endif
