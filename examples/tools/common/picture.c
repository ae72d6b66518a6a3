/* picture.c -- libpng's simplified interface and libjpeg do the decoding; here are the checks, and the change of size. */
#include "picture.h"

#include <errno.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#define MOST_PIXELS 100000000u /* more is surely a mistake, and would take long */

static bool fail(char *reason, const char *text, const char *more)
{
    (void)snprintf(reason, PICTURE_REASON, "%s%s", text, more);
    return false;
}

/* ---- PNG --------------------------------------------------------------------------------------------------------------------------- */

static bool read_png(FILE *file, picture *p, char *reason)
{
    const png_color white = { 255, 255, 255 };
    png_image image = { .version = PNG_IMAGE_VERSION };
    bool done = false;

    if (!png_image_begin_read_from_stdio(&image, file)) {
        (void)fail(reason, "not a PNG file that can be read: ", image.message);
    } else if ((uint64_t)image.width * image.height > MOST_PIXELS) {
        (void)fail(reason, "the picture has more than 100 million pixels", "");
    } else {
        image.format = PNG_FORMAT_RGB;
        p->width = (int32_t)image.width;
        p->height = (int32_t)image.height;
        p->rgb = malloc(PNG_IMAGE_SIZE(image));
        done = p->rgb != NULL && png_image_finish_read(&image, &white, p->rgb, 0, NULL) != 0;
        if (!done) (void)fail(reason, "the PNG file is damaged or cut off: ", image.message);
    }
    png_image_free(&image);
    return done;
}

/* Level 1 of zlib with one filter takes a sixth of the time of libpng's defaults, and the files grow by a twentieth. The fourth byte of a
 * pixel is left out. */
static bool encode_png(FILE *file, const uint8_t *rgba, png_uint_32 width, png_uint_32 height)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;

    if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 1);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_write_info(png, info);
    png_set_filler(png, 0, PNG_FILLER_AFTER);
    for (png_uint_32 row = 0; row < height; ++row) png_write_row(png, rgba + (size_t)row * width * 4);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

bool picture_write_png(const char *path, const uint8_t *rgba, int32_t width, int32_t height, char *reason)
{
    FILE *const file = fopen(path, "wb");
    bool done;

    if (file == NULL) return fail(reason, strerror(errno), "");
    done = encode_png(file, rgba, (png_uint_32)width, (png_uint_32)height);
    if (fclose(file) == 0 && done) return true;
    return fail(reason, "the file cannot be written", "");
}

/* ---- JPEG ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct jpeg_failure {
    struct jpeg_error_mgr manager; /* first, so that libjpeg's pointer is ours */
    jmp_buf exit;
    char text[JMSG_LENGTH_MAX];
} jpeg_failure;

_Noreturn static void leave_jpeg(j_common_ptr info)
{
    jpeg_failure *const failure = (jpeg_failure *)(void *)info->err;

    failure->manager.format_message(info, failure->text);
    longjmp(failure->exit, 1);
}

static void keep_quiet(j_common_ptr info, int level)
{
    (void)info;
    (void)level;
}

static void decode_jpeg(struct jpeg_decompress_struct *info, FILE *file, picture *p)
{
    jpeg_stdio_src(info, file);
    (void)jpeg_read_header(info, TRUE);
    if ((uint64_t)info->image_width * info->image_height > MOST_PIXELS) return;
    info->out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(info);
    p->width = (int32_t)info->output_width;
    p->height = (int32_t)info->output_height;
    p->rgb = malloc((size_t)p->width * (size_t)p->height * 3);
    while (p->rgb != NULL && info->output_scanline < info->output_height) {
        uint8_t *row = p->rgb + (size_t)info->output_scanline * (size_t)p->width * 3;
        (void)jpeg_read_scanlines(info, &row, 1);
    }
    if (p->rgb != NULL) (void)jpeg_finish_decompress(info);
}

static bool read_jpeg(FILE *file, picture *p, char *reason)
{
    struct jpeg_decompress_struct info;
    jpeg_failure failure;

    info.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = leave_jpeg;
    failure.manager.emit_message = keep_quiet;
    if (setjmp(failure.exit) != 0) {
        jpeg_destroy_decompress(&info);
        return fail(reason, "the JPEG file cannot be read: ", failure.text);
    }
    jpeg_create_decompress(&info);
    decode_jpeg(&info, file, p);
    jpeg_destroy_decompress(&info);
    return p->rgb != NULL || fail(reason, "the picture is too large", "");
}

bool picture_read(const char *path, picture *p, char *reason)
{
    FILE *const file = fopen(path, "rb");
    uint8_t first[2] = { 0, 0 };
    bool done;

    memset(p, 0, sizeof *p);
    if (file == NULL) return fail(reason, strerror(errno), "");
    done = fread(first, 1, sizeof first, file) == sizeof first;
    rewind(file);
    if (done && first[0] == 0xff && first[1] == 0xd8) done = read_jpeg(file, p, reason);
    else done = read_png(file, p, reason);
    (void)fclose(file);
    if (!done) {
        free(p->rgb);
        p->rgb = NULL;
    }
    return done;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------------------------------ */

/* How much of [from, to) lies in pixel i; when enlarging, the interval is made one pixel wide, which is bilinear interpolation. */
static double overlap(double from, double to, int32_t i)
{
    const double low = from > i ? from : i, high = to < i + 1 ? to : i + 1;

    return high > low ? high - low : 0;
}

static double mean_of_area(const picture *p, int32_t channel, double top, double left, double height, double width)
{
    const double bottom = top + height, right = left + width;
    const int32_t first_row = top > 0 ? (int32_t)top : 0, first_column = left > 0 ? (int32_t)left : 0;
    double sum = 0, area = 0;

    for (int32_t row = first_row; row < p->height && row < bottom; ++row) {
        const double share = overlap(top, bottom, row);
        for (int32_t column = first_column; column < p->width && column < right; ++column) {
            const double weight = share * overlap(left, right, column);
            sum += weight * p->rgb[((size_t)row * (size_t)p->width + (size_t)column) * 3 + (size_t)channel];
            area += weight;
        }
    }
    return area > 0 ? sum / area / 255 : 0;
}

picture_frame picture_frame_of(const picture *p, double part, int32_t height, int32_t width)
{
    const double scale = part * fmin((double)p->height / height, (double)p->width / width);

    return (picture_frame){ scale, (p->height - scale * height) / 2, (p->width - scale * width) / 2 };
}

void picture_fit(const picture *p, double part, int32_t channels, int32_t height, int32_t width, float *planes)
{
    const picture_frame f = picture_frame_of(p, part, height, width);
    const double side = f.scale < 1 ? 1 : f.scale;
    const size_t plane = (size_t)height * (size_t)width;

    for (int32_t row = 0; row < height; ++row) {
        for (int32_t column = 0; column < width; ++column) {
            const double y = f.top + (row + 0.5) * f.scale - side / 2, x = f.left + (column + 0.5) * f.scale - side / 2;
            const size_t at = (size_t)row * (size_t)width + (size_t)column;
            double colour[3];

            for (int32_t k = 0; k < 3; ++k) colour[k] = mean_of_area(p, k, y, x, side, side);
            if (channels == 1) planes[at] = (float)(0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]);
            for (int32_t k = 0; channels == 3 && k < 3; ++k) planes[(size_t)k * plane + at] = (float)colour[k];
        }
    }
}
