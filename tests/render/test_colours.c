/* test_colours.c -- the tables of colours: their ends, how even their lightness is, and what colour-blind eyes see of them. */
#include <math.h>
#include <stdlib.h>

#include "testing.h"

#define EVEN 0.3 /* of L*: an entry may be so far from its place; what an eye can tell apart is about 1 */
#define JUMP 1.8 /* the most that two neighbours may be apart in CIELAB */
#define NORMAL 0 /* eyes: normal, and the three kinds of colour blindness, as complete as they come */
#define EYES 4

typedef struct lab {
    double l, a, b;
} lab;

/* Simulation of colour blindness on linear sRGB: Machado, Oliveira and Fernandes, A Physiologically-based Model for
 * Simulation of Color Vision Deficiency (2009), severity 1. */
static const double eyes[EYES][3][3] = {
    { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
    { { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 }, { -0.003882, -0.048116, 1.051998 } },
    { { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 }, { -0.011820, 0.042940, 0.968881 } },
    { { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 }, { 0.004733, 0.691367, 0.303900 } },
};

static double linear(uint8_t byte)
{
    const double x = byte / 255.0;

    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static double cube_root(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIELAB, white D65, of what an eye sees. */
static lab look(const uint8_t *rgb, int eye)
{
    static const double xyz[3][3] = { { 0.4124564, 0.3575761, 0.1804375 },
                                      { 0.2126729, 0.7151522, 0.0721750 },
                                      { 0.0193339, 0.1191920, 0.9503041 } };
    double seen[3], f[3];

    for (int i = 0; i < 3; ++i) {
        const double x = eyes[eye][i][0] * linear(rgb[0]) + eyes[eye][i][1] * linear(rgb[1]) + eyes[eye][i][2] * linear(rgb[2]);

        seen[i] = fmin(fmax(x, 0), 1);
    }
    for (int i = 0; i < 3; ++i) {
        f[i] =
            cube_root((xyz[i][0] * seen[0] + xyz[i][1] * seen[1] + xyz[i][2] * seen[2]) / (xyz[i][0] + xyz[i][1] + xyz[i][2]));
    }
    return (lab){ 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]) };
}

static double distance(lab x, lab y)
{
    return sqrt((x.l - y.l) * (x.l - y.l) + (x.a - y.a) * (x.a - y.a) + (x.b - y.b) * (x.b - y.b));
}

static uint8_t table[SRD_COLOUR_ENTRIES][3];

static void get(int32_t colours)
{
    check_ok(srd_render_colour_map(colours, table[0], NULL));
}

static void check_colour(int32_t entry, int red, int green, int blue)
{
    ck_assert_int_eq(table[entry][0], red);
    ck_assert_int_eq(table[entry][1], green);
    ck_assert_int_eq(table[entry][2], blue);
}

START_TEST(ends_and_centres_are_as_documented)
{
    get(SRD_COLOURS_DIVERGING);
    check_colour(0, 30, 81, 182);
    check_colour(1, 30, 81, 182);
    check_colour(128, 246, 246, 246);
    check_colour(255, 172, 23, 42);
    get(SRD_COLOURS_SEQUENTIAL);
    check_colour(0, 246, 247, 242);
    check_colour(255, 3, 55, 92);
    get(SRD_COLOURS_GREY);
    for (int i = 0; i < SRD_COLOUR_ENTRIES; ++i) check_colour(i, i, i, i);
}
END_TEST

START_TEST(the_lightness_of_both_sides_is_even)
{
    get(SRD_COLOURS_DIVERGING);
    for (int k = -127; k <= 127; ++k) {
        const double l = look(table[128 + k], NORMAL).l, even = 97 - 60.0 * abs(k) / 127;

        ck_assert_msg(fabs(l - even) <= EVEN, "entry %d has L* %.2f, even would be %.2f", 128 + k, l, even);
    }
}
END_TEST

START_TEST(the_sequential_lightness_is_even)
{
    get(SRD_COLOURS_SEQUENTIAL);
    for (int i = 0; i < SRD_COLOUR_ENTRIES; ++i) {
        const double l = look(table[i], NORMAL).l, even = 97 - 75.0 * i / 255;

        ck_assert_msg(fabs(l - even) <= EVEN, "entry %d has L* %.2f, even would be %.2f", i, l, even);
    }
}
END_TEST

START_TEST(there_are_no_jumps)
{
    get(_i);
    for (int i = 1; i < SRD_COLOUR_ENTRIES; ++i) {
        const double step = distance(look(table[i - 1], NORMAL), look(table[i], NORMAL));

        ck_assert_msg(step <= JUMP, "entries %d and %d are %.2f apart", i - 1, i, step);
    }
}
END_TEST

/* For every eye what is stronger is darker (to a rounding of the bytes), and equal amounts for and against are told apart from
 * an eighth of the scale on: 10 is a clear difference. */
START_TEST(every_eye_sees_the_order_and_the_sign)
{
    get(SRD_COLOURS_SEQUENTIAL);
    for (int i = 1; i < SRD_COLOUR_ENTRIES; ++i) ck_assert(look(table[i], _i).l <= look(table[i - 1], _i).l + 0.05);
    get(SRD_COLOURS_DIVERGING);
    for (int k = 1; k <= 127; ++k) {
        const lab against = look(table[128 - k], _i), in_favour = look(table[128 + k], _i);

        ck_assert(against.l < look(table[129 - k], _i).l);
        ck_assert(in_favour.l < look(table[127 + k], _i).l);
        ck_assert_msg(k < 16 || distance(against, in_favour) > 10, "eye %d sees +-%d alike", _i, k);
    }
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    srd_detail detail = SRD_DETAIL_INIT;

    memset(table, 77, sizeof table);
    check_status(srd_render_colour_map(3, table[0], &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "unknown colours 3");
    check_status(srd_render_colour_map(-1, table[0], NULL), SRD_ERR_ARGUMENT);
    check_status(srd_render_colour_map(SRD_COLOURS_GREY, NULL, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "rgb is NULL");
    for (int i = 0; i < SRD_COLOUR_ENTRIES; ++i) check_colour(i, 77, 77, 77);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { ends_and_centres_are_as_documented, 0, 0 },
        { the_lightness_of_both_sides_is_even, 0, 0 },
        { the_sequential_lightness_is_even, 0, 0 },
        { there_are_no_jumps, SRD_COLOURS_DIVERGING, SRD_COLOURS_GREY + 1 },
        { every_eye_sees_the_order_and_the_sign, 0, EYES },
        { bad_arguments_are_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("render_colours", list);
}
