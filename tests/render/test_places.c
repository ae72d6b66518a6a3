/* test_places.c -- a map over a picture, laid where its positions look instead of stretched over everything. */
#include <math.h>

#include "rendering.h"

static buffer b;

/* Colours that cover the picture whole, and a picture that is none of them. */
static srd_status lay(const srd_tensor *map, const srd_tensor *picture, int32_t enlargement, float step_y, float step_x,
                      float offset_y, float offset_x)
{
    srd_render_options options = colours_from(SRD_COLOURS_GREY, 0, 255);
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;

    options.enlargement = enlargement;
    overlay.blend = SRD_BLEND_EVEN;
    overlay.step_y = step_y;
    overlay.step_x = step_x;
    overlay.offset_y = offset_y;
    overlay.offset_x = offset_x;
    return srd_render_overlay(map, picture, &options, &overlay, b.rgba, b.row_bytes, b.height, b.width, NULL);
}

#define NOTHING (-1)

/* The pixel is grey of this entry, or the red picture. */
static void check_grey(int32_t row, int32_t column, int want)
{
    const uint8_t *const p = buffer_at(&b, row, column);
    const int red = want == NOTHING ? 255 : want, other = want == NOTHING ? 0 : want;

    ck_assert_msg(p[0] == red && p[1] == other && p[2] == other && p[3] == 255, "pixel (%d, %d) is %d %d %d %d, not %d",
                  (int)row, (int)column, p[0], p[1], p[2], p[3], want);
}

static srd_tensor *red_picture(int64_t height, int64_t width)
{
    static float red[3 * 64 * 64];

    ck_assert_int_le(height * width, 64 * 64);
    for (int64_t i = 0; i < 3 * height * width; ++i) red[i] = i < height * width ? 1.0f : 0.0f;
    return testing_const_view(3, (const int64_t[]){ 3, height, width }, red);
}

/* Number 10 i + j + 1 at place (3 + 4 i, 10 + 6 j) of 20 x 40 pixels: rectangles of 4 x 6 around these, two columns beyond the picture. */
START_TEST(rectangles_lie_around_their_places)
{
    const int32_t times = _i; /* pixels of the buffer in each of the picture */
    float values[3 * 7] = { 0 };
    srd_tensor *const map = new_map(3, 7, values), *const picture = red_picture(20, 40);

    for (int32_t i = 0; i < 3 * 7; ++i) {
        const int32_t row = i / 7, column = i % 7;

        values[i] = (float)(10 * row + column + 1);
    }
    buffer_init(&b, 20 * times, 40 * times, 4 * (int64_t)(40 * times));
    check_ok(lay(map, picture, SRD_ENLARGE_NEAREST, 4, 6, 3, 10));
    for (int32_t row = 0; row < b.height; ++row) {
        for (int32_t column = 0; column < b.width; ++column) {
            /* twice the distance of the pixel's middle to the upper left corner of the first rectangle */
            const int32_t y = 2 * row + 1 - 3 * times, x = 2 * column + 1 - 15 * times;
            const int32_t i = y < 0 ? -1 : y / (8 * times), j = x < 0 ? -1 : x / (12 * times);

            check_grey(row, column, i < 0 || i > 2 || j < 0 ? NOTHING : 10 * i + j + 1);
        }
    }
    check_canaries(&b, 1);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* A plane stays a plane between the middles, is even from the outermost ones to half a step beyond, and ends there. */
START_TEST(smooth_between_places)
{
    const float values[4] = { 0, 160, 80, 240 };
    srd_tensor *const map = new_map(2, 2, values), *const picture = red_picture(16, 16);

    buffer_init(&b, 16, 16, 64);
    check_ok(lay(map, picture, SRD_ENLARGE_BILINEAR, 8, 16, 4, 7.5f));
    for (int32_t row = 0; row < 16; ++row) {
        const int32_t down = row <= 4 ? 0 : row >= 12 ? 80 : 10 * (row - 4);

        for (int32_t column = 0; column < 16; ++column) check_grey(row, column, down + (column <= 7 ? 0 : 10 * column - 75));
    }
    check_ok(lay(map, picture, SRD_ENLARGE_BILINEAR, 4, 4, 4, 100)); /* far away */
    for (int32_t k = 0; k < 256; ++k) check_grey(k / 16, k % 16, NOTHING);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

START_TEST(smooth_to_the_end)
{
    const float values[3] = { 10, 30, 50 }; /* at 4, 8 and 12 */
    const int wants[16] = { NOTHING, NOTHING, 10, 10, 10, 15, 20, 25, 30, 35, 40, 45, 50, 50, NOTHING, NOTHING };
    srd_tensor *const map = new_map(1, 3, values), *const picture = red_picture(1, 16);

    buffer_init(&b, 1, 16, 64);
    check_ok(lay(map, picture, SRD_ENLARGE_BILINEAR, 1, 4, 0, 4));
    for (int32_t column = 0; column < 16; ++column) check_grey(0, column, wants[column]);
    check_canaries(&b, 1);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* Where positions are finer than pixels, a pixel is the mean of what lies on it, even if that is only a part of it. */
START_TEST(means_of_fine_maps)
{
    const float values[6] = { 10, 20, 30, 40, 50, 60 }; /* from 2 to 5, each half a pixel wide */
    const int wants[8] = { NOTHING, NOTHING, 10, 25, 45, 60, NOTHING, NOTHING };
    srd_tensor *const map = new_map(1, 6, values), *const picture = red_picture(1, 8);

    buffer_init(&b, 1, 8, 32);
    check_ok(lay(map, picture, SRD_ENLARGE_NEAREST, 1, 0.5f, 0, 2.25f));
    for (int32_t column = 0; column < 8; ++column) check_grey(0, column, wants[column]);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* The step and offset that mean stretched give what no step gives, byte by byte. */
START_TEST(stretched_by_step_and_offset)
{
    static const int32_t sizes[][6] = { /* map, picture, buffer */
                                        { 4, 8, 16, 16, 32, 64 },
                                        { 3, 5, 12, 40, 24, 40 },
                                        { 1, 1, 7, 9, 7, 9 },
                                        { 16, 8, 32, 64, 8, 4 },
                                        { 12, 10, 3, 5, 6, 5 }
    };
    const int32_t *const s = sizes[_i / 2];
    const float step_y = (float)s[2] / (float)s[0], step_x = (float)s[3] / (float)s[1];
    static uint8_t want[BUFFER_BYTES];
    float values[256] = { 0 };
    uint32_t state = 5;
    srd_tensor *const map = new_map(s[0], s[1], values), *const picture = red_picture(s[2], s[3]);

    for (int32_t i = 0; i < 256; ++i) values[i] = 127 + 127 * noise(&state);
    buffer_init(&b, s[4], s[5], 4 * (int64_t)s[5]);
    check_ok(lay(map, picture, _i % 2, 0, 0, 0, 0));
    memcpy(want, b.bytes, sizeof want);
    buffer_init(&b, s[4], s[5], 4 * (int64_t)s[5]);
    check_ok(lay(map, picture, _i % 2, step_y, step_x, (step_y - 1) / 2, (step_x - 1) / 2));
    ck_assert_mem_eq(b.bytes, want, sizeof want);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
END_TEST

/* ---- a network: what is drawn lies where the picture has something ---- */

#define SIDE 61
#define BLOB_ROW 21
#define BLOB_COLUMN 39

static srd_layer valid_conv(srd_graph *graph, srd_layer x, int32_t stride)
{
    static const float ones[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const weight = testing_const_view(4, (const int64_t[]){ 1, 1, 3, 3 }, ones);
    srd_layer layer;

    o.stride_h = o.stride_w = stride;
    layer = srd_graph_conv2d(graph, NULL, x, weight, NULL, &o);
    srd_tensor_free(weight);
    return srd_graph_relu(graph, NULL, layer);
}

/* Runs a network of valid convolutions on a picture that is black but for one pixel; the value of its top is a hill around that pixel.
 * Draws it over black. */
static void draw_hill(int in_place)
{
    static float pixels[SIDE * SIDE], hill[SIDE * SIDE];
    const srd_render_options options = { .struct_size = sizeof options,
                                         .colours = SRD_COLOURS_GREY,
                                         .enlargement = SRD_ENLARGE_BILINEAR };
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_layer_geometry places[32];
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_tensor *picture, *black, *value, *map;
    srd_layer input, top;
    int32_t chw[3];

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    input = srd_graph_input(graph, NULL, 1, SIDE, SIDE);
    top = valid_conv(graph, input, 2);
    for (int i = 0; i < 4; ++i) top = valid_conv(graph, top, 1);
    check_ok(srd_graph_output(graph, top, NULL));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    check_ok(srd_explainer_layer_shape(explainer, top, chw, NULL));
    check_ok(srd_explainer_layer_geometry(explainer, input, places, srd_graph_layer_count(graph),
                                          (int32_t)sizeof(srd_layer_geometry), NULL));
    black = new_map(SIDE, SIDE, pixels);
    picture = testing_const_view(3, (const int64_t[]){ 1, SIDE, SIDE }, pixels);
    value = testing_view(3, (const int64_t[]){ 1, chw[1], chw[2] }, hill);
    map = new_map(chw[1], chw[2], hill);
    pixels[BLOB_ROW * SIDE + BLOB_COLUMN] = 1;
    check_ok(srd_explainer_run(explainer, (const srd_tensor *const *)&picture, 1, NULL, NULL));
    check_ok(srd_explainer_value(explainer, top, value, NULL));
    pixels[BLOB_ROW * SIDE + BLOB_COLUMN] = 0;
    if (in_place) {
        overlay.step_y = (float)places[top].step_y;
        overlay.step_x = (float)places[top].step_x;
        overlay.offset_y = (float)places[top].offset_y;
        overlay.offset_x = (float)places[top].offset_x;
    }
    buffer_init(&b, SIDE, SIDE, 4 * (int64_t)SIDE);
    check_ok(srd_render_overlay(map, black, &options, &overlay, b.rgba, b.row_bytes, b.height, b.width, NULL));
    srd_tensor_free(black);
    srd_tensor_free(picture);
    srd_tensor_free(value);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}

static void find_light(double *y, double *x)
{
    double all = 0;

    *y = *x = 0;
    for (int32_t row = 0; row < SIDE; ++row) {
        for (int32_t column = 0; column < SIDE; ++column) {
            const double light = buffer_at(&b, row, column)[0];

            all += light;
            *y += light * row;
            *x += light * column;
        }
    }
    ck_assert(all > 0);
    *y /= all;
    *x /= all;
}

START_TEST(a_blob_is_drawn_where_it_is)
{
    double y, x;

    draw_hill(1);
    find_light(&y, &x);
    ck_assert_double_eq_tol(y, BLOB_ROW, 0.01);
    ck_assert_double_eq_tol(x, BLOB_COLUMN, 0.01);
    draw_hill(0); /* stretched, it is drawn elsewhere: the test above can fail */
    find_light(&y, &x);
    ck_assert(fabs(y - BLOB_ROW) > 3 && fabs(x - BLOB_COLUMN) > 3);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { rectangles_lie_around_their_places, 1, 4 },
        { smooth_between_places, 0, 0 },
        { smooth_to_the_end, 0, 0 },
        { means_of_fine_maps, 0, 0 },
        { stretched_by_step_and_offset, 0, 10 },
        { a_blob_is_drawn_where_it_is, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("render_places", list);
}
