/* test_overlay.c -- a map over a picture: the three blends, opacity, grey pictures, their range, sizes and strides. */
#include <math.h>

#include "rendering.h"

static buffer b;

static srd_status lay(const srd_tensor *map, const srd_tensor *picture, const srd_render_options *options,
                      const srd_overlay_options *overlay)
{
    return srd_render_overlay(map, picture, options, overlay, b.rgba, b.row_bytes, b.height, b.width, NULL);
}

static void check_pixel(int32_t row, int32_t column, int red, int green, int blue)
{
    const uint8_t *const p = buffer_at(&b, row, column);

    ck_assert_msg(p[0] == red && p[1] == green && p[2] == blue && p[3] == 255, "pixel (%d, %d) is %d %d %d %d, not %d %d %d",
                  (int)row, (int)column, p[0], p[1], p[2], p[3], red, green, blue);
}

START_TEST(the_picture_shows_where_the_map_is_0)
{
    const float zeros[2] = { 0, 0 }, rgb[6] = { 0, 1, 0.2f, 0.5f, 0.4f, 2 };
    srd_tensor *const map = new_map(1, 2, zeros);
    srd_tensor *const picture = testing_const_view(3, (const int64_t[]){ 3, 1, 2 }, rgb);

    buffer_init(&b, 1, 2, 11);
    check_ok(lay(map, picture, NULL, NULL));
    check_pixel(0, 0, 0, 51, 102);
    check_pixel(0, 1, 255, 128, 255); /* clipped */
    check_canaries(&b, 1);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* On black, a pixel is the colour times its strength; at full strength the colour itself, whatever the picture. */
START_TEST(blend_by_value)
{
    const float values[4] = { -2, 0, 1, 2 }, black[4] = { 0, 0, 0, 0 };
    uint8_t table[SRD_COLOUR_ENTRIES][3];
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 4, values), *const picture = new_map(1, 4, black);

    check_ok(srd_render_colour_map(SRD_COLOURS_DIVERGING, table[0], NULL));
    buffer_init(&b, 1, 4, 16);
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 30, 81, 182);
    check_pixel(0, 1, 0, 0, 0);
    for (int c = 0; c < 3; ++c) { /* entry 128 + 64; 64 / 127 of 255 is 129 */
        ck_assert_int_eq(buffer_at(&b, 0, 2)[c], (table[192][c] * 129 + 127) / 255);
    }
    check_pixel(0, 3, 172, 23, 42);
    overlay.opacity = 0.4f; /* 102 of 255; 64 / 127 of it is 51 */
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 1, 0, 0, 0);
    for (int c = 0; c < 3; ++c) {
        ck_assert_int_eq(buffer_at(&b, 0, 2)[c], (table[192][c] * 51 + 127) / 255);
        ck_assert_int_eq(buffer_at(&b, 0, 3)[c], (table[255][c] * 102 + 127) / 255);
    }
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* Strength of the other colours grows from the first entry on. */
START_TEST(blend_by_value_of_sequential_colours)
{
    const float values[3] = { 0, -1, 2 }, white[1] = { 1 };
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 3, values), *const picture = new_map(1, 1, white);

    options.colours = SRD_COLOURS_GREY;
    buffer_init(&b, 1, 3, 12);
    check_ok(lay(map, picture, &options, NULL));
    check_pixel(0, 0, 255, 255, 255);
    check_pixel(0, 1, 191, 191, 191); /* 255 + 128 / 255 * (128 - 255) */
    check_pixel(0, 2, 255, 255, 255);
    options.colours = SRD_COLOURS_SEQUENTIAL;
    check_ok(lay(map, picture, &options, NULL));
    check_pixel(0, 0, 255, 255, 255);
    check_pixel(0, 2, 3, 55, 92);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

START_TEST(blend_evenly)
{
    const float values[3] = { -1, 0, 1 }, rgb[3] = { 1, 0, 0.6f };
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 3, values);
    srd_tensor *const picture = testing_const_view(3, (const int64_t[]){ 3, 1, 1 }, rgb);

    overlay.blend = SRD_BLEND_EVEN;
    buffer_init(&b, 1, 3, 12);
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 30, 81, 182);
    check_pixel(0, 1, 246, 246, 246);
    overlay.opacity = 0.2f;
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 210, 16, 159); /* (255 * 204 + 30 * 51) / 255, ... */
    check_pixel(0, 1, 253, 49, 172);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

START_TEST(blend_as_ink)
{
    const float values[3] = { -1, 0, 1 }, shades[3] = { 1, 0.8f, 0 };
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 3, values), *const picture = new_map(3, 1, shades);

    overlay.blend = SRD_BLEND_PRINT;
    buffer_init(&b, 3, 3, 12);
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 30, 81, 182); /* white paper */
    check_pixel(1, 0, 24, 65, 146); /* four fifths of it */
    check_pixel(1, 1, 197, 197, 197);
    check_pixel(2, 2, 0, 0, 0);
    overlay.opacity = 0.5f; /* 128 of 255 */
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 2, 213, 139, 148);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

START_TEST(a_picture_without_its_colours)
{
    const float zero = 0, rgb[12] = { 1, 0, 0, 0.4f, 0, 1, 0, 0.4f, 0, 0, 1, 0.4f };
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 1, &zero);
    srd_tensor *const picture = testing_const_view(4, (const int64_t[]){ 1, 3, 1, 4 }, rgb);

    overlay.grey_picture = 1;
    buffer_init(&b, 1, 4, 16);
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 54, 54, 54);
    check_pixel(0, 1, 182, 182, 182);
    check_pixel(0, 2, 18, 18, 18);
    check_pixel(0, 3, 102, 102, 102);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* A picture as a network takes it, and its negative. */
START_TEST(the_range_of_the_picture)
{
    const float zero = 0, numbers[3] = { -1.5f, 0.5f, 2.5f };
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 1, &zero), *const picture = new_map(1, 3, numbers);

    buffer_init(&b, 1, 3, 12);
    overlay.picture_low = -1.5f;
    overlay.picture_high = 2.5f;
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 0, 0, 0);
    check_pixel(0, 1, 128, 128, 128);
    check_pixel(0, 2, 255, 255, 255);
    overlay.picture_low = 2.5f;
    overlay.picture_high = -1.5f;
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 255, 255, 255);
    check_pixel(0, 2, 0, 0, 0);
    overlay.picture_high = 0; /* one of the two may be 0 */
    check_ok(lay(map, picture, NULL, &overlay));
    check_pixel(0, 0, 255, 255, 255);
    check_pixel(0, 1, 204, 204, 204);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* Map and picture have sizes of their own: here 1 x 2 and 4 x 4, brought to 2 x 4. The picture's channels lie side by side. */
START_TEST(sizes_and_strides_of_the_picture)
{
    const float values[2] = { 0, 0 };
    float pixels[48];
    const int64_t shape[3] = { 3, 4, 4 }, strides[3] = { 1, 12, 3 };
    srd_render_options options = SRD_RENDER_OPTIONS_INIT;
    srd_tensor *const map = new_map(1, 2, values);
    srd_tensor *picture = NULL;

    for (int i = 0; i < 48; ++i) pixels[i] = (float)(i % 3 == 0 ? 2 * (i / 12) : i % 3 == 1 ? 10 * (i / 3 % 4) : 99) / 255;
    check_ok(srd_tensor_view_const(SRD_FLOAT32, 3, shape, strides, pixels, NULL, &picture, NULL));
    buffer_init(&b, 2, 4, 16);
    check_ok(lay(map, picture, &options, NULL));
    for (int32_t i = 0; i < 8; ++i) check_pixel(i / 4, i % 4, i / 4 == 0 ? 1 : 5, 10 * (i % 4), 99); /* means of two rows */
    options.enlargement = SRD_ENLARGE_BILINEAR;
    buffer_init(&b, 4, 8, 32);
    check_ok(lay(map, picture, &options, NULL));
    for (int32_t i = 0; i < 8; ++i) check_pixel(3, i, 6, i == 0 ? 0 : i == 7 ? 30 : (5 * i * 2 - 5 + 1) / 2, 99);
    check_canaries(&b, 1);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { the_picture_shows_where_the_map_is_0, 0, 0 },
        { blend_by_value, 0, 0 },
        { blend_by_value_of_sequential_colours, 0, 0 },
        { blend_evenly, 0, 0 },
        { blend_as_ink, 0, 0 },
        { a_picture_without_its_colours, 0, 0 },
        { the_range_of_the_picture, 0, 0 },
        { sizes_and_strides_of_the_picture, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("render_overlay", list);
}
