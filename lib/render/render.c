/* render.c -- the public functions of srd/render.h: arguments are checked, all numbers looked at, then pixels are written. */
#include "render/render_impl.h"

#if SRD_WITH_RENDER

/* The caller's buffer. */
typedef struct target {
    uint8_t *rgba;
    int64_t row_bytes;
    int32_t height, width;
} target;

static srd_status check_target(const target *to, srd_detail *detail)
{
    const int64_t row = 4 * (int64_t)to->width, step = to->row_bytes;

    if (to->rgba == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "rgba is NULL");
    if (to->height < 1 || to->width < 1) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "the buffer has height %d and width %d", to->height,
                         to->width);
    }
    if (step < row && step > -row) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "row_bytes is %l, but a row of %d pixels has %l", step,
                         to->width, row);
    }
    if (row > PTRDIFF_MAX || (to->height > 1 && (step > (PTRDIFF_MAX - row) / (to->height - 1) ||
                                                 step < -((PTRDIFF_MAX - row) / (to->height - 1))))) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL, "a buffer of %d rows, %l bytes apart, is too large",
                         to->height, step);
    }
    return SRD_OK;
}

static uint8_t *row_of(const target *to, int32_t row)
{
    return to->rgba + (ptrdiff_t)(row * to->row_bytes);
}

/* ---- maps -------------------------------------------------------------------------------------------------------------- */

static void colour_row(int32_t colours, const float *levels, int32_t count, uint8_t *pixel)
{
    for (int32_t i = 0; i < count; ++i, pixel += 4) {
        srd__colour_rgb(colours, srd__colour_entry(colours, levels[i]), pixel);
        pixel[3] = 255;
    }
}

srd_status srd_render_map(const srd_tensor *map, const srd_render_options *options, uint8_t *rgba, int64_t row_bytes,
                          int32_t height, int32_t width, srd_detail *detail)
{
    const target to = { rgba, row_bytes, height, width };
    srd_render_options wishes;
    srd__plane plane;
    srd__axis rows, columns;
    srd__strip strip;
    srd__lines lines;
    float range[2], levels[SRD_STRIP];
    srd_status status = srd__render_options(&wishes, options, detail);

    if (status == SRD_OK) status = check_target(&to, detail);
    if (status == SRD_OK) status = srd__render_map_plane(map, &wishes, &plane, range, detail);
    if (status != SRD_OK) return status;
    srd__axis_begin(&columns, plane.width, width, wishes.enlargement);
    for (int32_t left = 0; left < width; left += SRD_STRIP) {
        const int32_t count = srd__min(width - left, SRD_STRIP);

        srd__strip_begin(&strip, &columns, count);
        srd__lines_begin(&lines);
        srd__axis_begin(&rows, plane.height, height, wishes.enlargement);
        for (int32_t row = 0; row < height; ++row, srd__axis_next(&rows)) {
            srd__strip_levels(&strip, &plane, &rows, &lines, levels);
            colour_row(wishes.colours, levels, count, row_of(&to, row) + 4 * (ptrdiff_t)left);
        }
        for (int32_t i = 0; i < count; ++i) srd__axis_next(&columns);
    }
    return SRD_OK;
}

srd_status srd_render_scale(const srd_tensor *map, const srd_render_options *options, float *low, float *high,
                            srd_detail *detail)
{
    srd_render_options wishes;
    srd__plane plane;
    float range[2];
    srd_status status = srd__render_options(&wishes, options, detail);

    if (status == SRD_OK) status = srd__render_map_plane(map, &wishes, &plane, range, detail);
    if (status != SRD_OK) return status;
    if (low != NULL) *low = range[0];
    if (high != NULL) *high = range[1];
    return SRD_OK;
}

srd_status srd_render_colour_map(int32_t colours, uint8_t *rgb, srd_detail *detail)
{
    if (rgb == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "rgb is NULL");
    if (colours < 0 || colours > SRD_COLOURS_GREY) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "unknown colours %d", colours);
    }
    for (int32_t i = 0; i < SRD_COLOUR_ENTRIES; ++i) srd__colour_rgb(colours, i, rgb + 3 * (ptrdiff_t)i);
    return SRD_OK;
}

/* ---- overlays ---------------------------------------------------------------------------------------------------------- */

/* A picture, and a map over it. */
typedef struct stack {
    srd_render_options wishes;
    srd_overlay_options how;
    srd__plane map, picture[3];
    int32_t channels; /* of the picture: 1 or 3 */
    int32_t opacity;  /* of 255 */
} stack;

static srd_status prepare(stack *o, const srd_tensor *map, const srd_tensor *picture, srd_detail *detail)
{
    float range[2];
    srd__extent extent;
    int32_t channels = 1;
    srd_status status = srd__render_planes(picture, "the picture", 3, o->picture, &channels, detail);

    o->channels = channels == 3 ? 3 : 1;
    if (status == SRD_OK) status = srd__render_map_plane(map, &o->wishes, &o->map, range, detail);
    for (int32_t c = 0; status == SRD_OK && c < o->channels; ++c) {
        o->picture[c].zero = o->how.picture_low;
        o->picture[c].unit = o->how.picture_high - o->how.picture_low;
        status = srd__render_extent(&o->picture[c], "the picture", &extent, detail);
    }
    o->opacity = srd__nearest(o->how.opacity * 255.0f);
    return status;
}

/* The picture's pixel in bytes, without its colours if that is wished. */
static void picture_pixel(const stack *o, float levels[3][SRD_STRIP], int32_t i, int32_t *rgb)
{
    rgb[0] = srd__colour_entry(SRD_COLOURS_GREY, levels[0][i]);
    for (int32_t c = 1; c < 3; ++c) {
        rgb[c] = rgb[0];
        if (c < o->channels) rgb[c] = srd__colour_entry(SRD_COLOURS_GREY, levels[c][i]);
    }
    if (o->how.grey_picture != 0) { /* equal channels stay what they are */
        rgb[0] = rgb[1] = rgb[2] = (2126 * rgb[0] + 7152 * rgb[1] + 722 * rgb[2] + 5000) / 10000;
    }
}

/* What is below the map, and nothing over it. */
static void leave(const int32_t *picture, uint8_t *pixel)
{
    for (int32_t c = 0; c < 3; ++c) pixel[c] = (uint8_t)picture[c];
    pixel[3] = 255;
}

static void blend(const stack *o, int32_t entry, const int32_t *picture, uint8_t *pixel)
{
    uint8_t colour[3];
    int32_t cover = o->opacity;

    if (o->how.blend == SRD_BLEND_VALUE) cover = srd__colour_cover(o->wishes.colours, entry, cover);
    if (cover == 0) { /* where the map is 0, which it is at most pixels of many */
        leave(picture, pixel);
        return;
    }
    srd__colour_rgb(o->wishes.colours, entry, colour);
    for (int32_t c = 0; c < 3; ++c) {
        if (o->how.blend == SRD_BLEND_PRINT) {
            pixel[c] = (uint8_t)((picture[c] * (255 * (255 - cover) + cover * colour[c]) + 255 * 255 / 2) / (255 * 255));
        } else {
            pixel[c] = (uint8_t)((picture[c] * (255 - cover) + colour[c] * cover + 255 / 2) / 255);
        }
    }
    pixel[3] = 255;
}

/* The map's rows or columns, stretched over the picture or in their place. */
static void begin_map(const stack *o, bool rows, int32_t pixels, srd__axis *axis)
{
    const int64_t source = rows ? o->map.height : o->map.width;
    const int64_t picture = rows ? o->picture[0].height : o->picture[0].width;

    if (o->how.step_y > 0.0f) {
        srd__axis_place(axis, source, pixels, o->wishes.enlargement, picture, rows ? o->how.step_y : o->how.step_x,
                        rows ? o->how.offset_y : o->how.offset_x);
    } else {
        srd__axis_begin(axis, source, pixels, o->wishes.enlargement);
    }
}

/* The strip of both, from top to bottom. */
static void draw_strip(const stack *o, const srd__strip *over, const srd__strip *under, const target *to, int32_t left)
{
    srd__axis rows, picture_rows;
    srd__lines map_lines, lines[3];
    float levels[SRD_STRIP], picture[3][SRD_STRIP];

    begin_map(o, true, to->height, &rows);
    srd__axis_begin(&picture_rows, o->picture[0].height, to->height, o->wishes.enlargement);
    srd__lines_begin(&map_lines);
    for (int32_t c = 0; c < o->channels; ++c) srd__lines_begin(&lines[c]);
    for (int32_t row = 0; row < to->height; ++row, srd__axis_next(&rows), srd__axis_next(&picture_rows)) {
        uint8_t *pixel = row_of(to, row) + 4 * (ptrdiff_t)left;

        if (!rows.beside) srd__strip_levels(over, &o->map, &rows, &map_lines, levels);
        for (int32_t c = 0; c < o->channels; ++c)
            srd__strip_levels(under, &o->picture[c], &picture_rows, &lines[c], picture[c]);
        for (int32_t i = 0; i < over->count; ++i, pixel += 4) {
            int32_t rgb[3];

            picture_pixel(o, picture, i, rgb);
            if (rows.beside || over->beside[i]) leave(rgb, pixel);
            else blend(o, srd__colour_entry(o->wishes.colours, levels[i]), rgb, pixel);
        }
    }
}

srd_status srd_render_overlay(const srd_tensor *map, const srd_tensor *picture, const srd_render_options *options,
                              const srd_overlay_options *overlay, uint8_t *rgba, int64_t row_bytes, int32_t height,
                              int32_t width, srd_detail *detail)
{
    const target to = { rgba, row_bytes, height, width };
    stack o;
    srd__axis columns, picture_columns;
    srd__strip over, under;
    srd_status status = srd__render_options(&o.wishes, options, detail);

    if (status == SRD_OK) status = srd__overlay_options(&o.how, overlay, detail);
    if (status == SRD_OK) status = check_target(&to, detail);
    if (status == SRD_OK) status = prepare(&o, map, picture, detail);
    if (status != SRD_OK) return status;
    begin_map(&o, false, width, &columns);
    srd__axis_begin(&picture_columns, o.picture[0].width, width, o.wishes.enlargement);
    for (int32_t left = 0; left < width; left += SRD_STRIP) {
        const int32_t count = srd__min(width - left, SRD_STRIP);

        srd__strip_begin(&over, &columns, count);
        srd__strip_begin(&under, &picture_columns, count);
        draw_strip(&o, &over, &under, &to, left);
        for (int32_t i = 0; i < count; ++i) {
            srd__axis_next(&columns);
            srd__axis_next(&picture_columns);
        }
    }
    return SRD_OK;
}

#else

static srd_status missing(srd_detail *detail)
{
    return srd__fail(detail, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                     "this build leaves rendering out; SRD_WITH_RENDER=1 brings it back");
}

srd_status srd_render_map(const srd_tensor *map, const srd_render_options *options, uint8_t *rgba, int64_t row_bytes,
                          int32_t height, int32_t width, srd_detail *detail)
{
    (void)map, (void)options, (void)rgba, (void)row_bytes, (void)height, (void)width;
    return missing(detail);
}

srd_status srd_render_overlay(const srd_tensor *map, const srd_tensor *picture, const srd_render_options *options,
                              const srd_overlay_options *overlay, uint8_t *rgba, int64_t row_bytes, int32_t height,
                              int32_t width, srd_detail *detail)
{
    (void)map, (void)picture, (void)options, (void)overlay, (void)rgba, (void)row_bytes, (void)height, (void)width;
    return missing(detail);
}

srd_status srd_render_scale(const srd_tensor *map, const srd_render_options *options, float *low, float *high,
                            srd_detail *detail)
{
    (void)map, (void)options, (void)low, (void)high;
    return missing(detail);
}

srd_status srd_render_colour_map(int32_t colours, uint8_t *rgb, srd_detail *detail)
{
    (void)colours, (void)rgb;
    return missing(detail);
}

#endif
