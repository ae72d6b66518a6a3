// picture.cpp -- libpng and libjpeg leave by longjmp; so what they are called from has no object with a destructor.
#include "picture.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <jpeglib.h> // needs FILE
#include <png.h>

namespace
{

constexpr std::size_t most_pixels = 100000000;

struct closed {
    void operator()(std::FILE *file) const noexcept
    {
        (void)std::fclose(file);
    }
};
using file_handle = std::unique_ptr<std::FILE, closed>;

[[noreturn]] void fail(const std::string &path, const char *why)
{
    throw std::runtime_error(path + ": " + why);
}

picture read_png(std::FILE *file, const std::string &path)
{
    png_image image = {};
    const png_color white = { 255, 255, 255 };
    picture result;

    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_stdio(&image, file) == 0) fail(path, image.message);
    image.format = PNG_FORMAT_RGB;
    if (std::size_t{ image.width } * image.height > most_pixels) {
        png_image_free(&image);
        fail(path, "the picture has more than 100 million pixels");
    }
    result.width = static_cast<int>(image.width);
    result.height = static_cast<int>(image.height);
    result.rgb.resize(PNG_IMAGE_SIZE(image));
    if (png_image_finish_read(&image, &white, result.rgb.data(), 0, nullptr) == 0) fail(path, image.message);
    return result;
}

struct jpeg_failure {
    jpeg_error_mgr manager; // first, so that libjpeg's pointer is ours
    std::jmp_buf exit;
    char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave_jpeg(j_common_ptr info)
{
    jpeg_failure *const failure = reinterpret_cast<jpeg_failure *>(info->err);

    failure->manager.format_message(info, failure->text);
    std::longjmp(failure->exit, 1);
}

void keep_quiet(j_common_ptr, int)
{
}

// Decodes into memory of malloc, for the caller to free. Returns nullptr and leaves the reason in failure.text.
std::uint8_t *decode_jpeg(std::FILE *file, jpeg_failure &failure, int &width, int &height)
{
    jpeg_decompress_struct info;
    std::uint8_t *volatile rgb = nullptr;

    info.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = leave_jpeg;
    failure.manager.emit_message = keep_quiet;
    std::strcpy(failure.text, "the picture is too large");
    if (setjmp(failure.exit) != 0) {
        jpeg_destroy_decompress(&info);
        std::free(rgb);
        return nullptr;
    }
    jpeg_create_decompress(&info);
    jpeg_stdio_src(&info, file);
    (void)jpeg_read_header(&info, TRUE);
    if (std::size_t{ info.image_width } * info.image_height <= most_pixels) {
        info.out_color_space = JCS_RGB;
        (void)jpeg_start_decompress(&info);
        width = static_cast<int>(info.output_width);
        height = static_cast<int>(info.output_height);
        rgb = static_cast<std::uint8_t *>(std::malloc(std::size_t{ info.output_width } * info.output_height * 3));
        while (rgb != nullptr && info.output_scanline < info.output_height) {
            JSAMPROW row = rgb + std::size_t{ info.output_scanline } * info.output_width * 3;
            (void)jpeg_read_scanlines(&info, &row, 1);
        }
        if (rgb != nullptr) (void)jpeg_finish_decompress(&info);
    }
    jpeg_destroy_decompress(&info);
    return rgb;
}

// What each of `count` pixels is made of, which lie side by side from `start` on, each `span` wide, along `size` pixels.
struct mixture {
    int first, number;
    std::vector<float> share;
};

std::vector<mixture> mixtures(int size, double start, double span, int count)
{
    const double width = std::max(span, 1.0);
    std::vector<mixture> result;

    for (int i = 0; i < count; ++i) {
        const double from = start + (i + 0.5) * span - width / 2, to = from + width;
        mixture m = { std::max(0, static_cast<int>(std::floor(from))), 0, {} };
        double all = 0;

        for (int k = m.first; k < size && k < to; ++k) {
            const double part = std::min(to, k + 1.0) - std::max(from, static_cast<double>(k));
            m.share.push_back(static_cast<float>(part));
            all += part;
        }
        for (float &part : m.share) part = static_cast<float>(part / all / 255);
        m.number = static_cast<int>(m.share.size());
        result.push_back(std::move(m));
    }
    return result;
}

// Without objects, because libpng leaves by longjmp. Returns whether it is written.
bool encode_png(std::FILE *file, const std::uint8_t *rgba, png_uint_32 width, png_uint_32 height)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;

    if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {
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
    for (png_uint_32 row = 0; row < height; ++row) png_write_row(png, rgba + std::size_t{ row } * width * 4);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

} // namespace

picture read_picture(const std::string &path)
{
    const file_handle file(std::fopen(path.c_str(), "rb"));
    std::uint8_t first[2] = { 0, 0 };

    if (!file) fail(path, std::strerror(errno));
    const bool is_jpeg = std::fread(first, 1, 2, file.get()) == 2 && first[0] == 0xff && first[1] == 0xd8;
    std::rewind(file.get());
    if (!is_jpeg) return read_png(file.get(), path);
    picture result;
    jpeg_failure failure;
    const std::unique_ptr<std::uint8_t, void (*)(void *)> rgb(decode_jpeg(file.get(), failure, result.width, result.height),
                                                              std::free);
    if (!rgb) fail(path, failure.text);
    result.rgb.assign(rgb.get(),
                      rgb.get() + static_cast<std::size_t>(result.width) * static_cast<std::size_t>(result.height) * 3);
    return result;
}

void fit(const picture &from, double part, const std::array<std::int32_t, 3> &shape, float *planes)
{
    const std::size_t channels = static_cast<std::size_t>(shape[0]), rows = static_cast<std::size_t>(shape[1]),
                      columns = static_cast<std::size_t>(shape[2]), pitch = static_cast<std::size_t>(from.width) * 3;
    const double span =
        part * std::min(static_cast<double>(from.height) / shape[1], static_cast<double>(from.width) / shape[2]);
    const auto down = mixtures(from.height, (from.height - span * shape[1]) / 2, span, shape[1]);
    const auto across = mixtures(from.width, (from.width - span * shape[2]) / 2, span, shape[2]);
    std::vector<float> line(pitch);

    for (std::size_t y = 0; y < rows; ++y) {
        std::fill(line.begin(), line.end(), 0.0f);
        for (int k = 0; k < down[y].number; ++k) {
            const std::uint8_t *const source = &from.rgb[static_cast<std::size_t>(down[y].first + k) * pitch];
            const float share = down[y].share[static_cast<std::size_t>(k)];
            for (std::size_t i = 0; i < pitch; ++i) line[i] += share * static_cast<float>(source[i]);
        }
        for (std::size_t x = 0; x < columns; ++x) {
            float colour[3] = { 0, 0, 0 };
            for (int k = 0; k < across[x].number; ++k) {
                const float share = 255 * across[x].share[static_cast<std::size_t>(k)]; // the rows divided by 255 already
                const float *const source = &line[static_cast<std::size_t>(across[x].first + k) * 3];
                for (int c = 0; c < 3; ++c) colour[c] += share * source[c];
            }
            if (channels == 1) planes[y * columns + x] = 0.2126f * colour[0] + 0.7152f * colour[1] + 0.0722f * colour[2];
            for (std::size_t c = 0; channels == 3 && c < 3; ++c) planes[(c * rows + y) * columns + x] = colour[c];
        }
    }
}

void write_png(const std::string &path, const std::uint8_t *rgba, int width, int height)
{
    file_handle file(std::fopen(path.c_str(), "wb"));

    if (!file) fail(path, std::strerror(errno));
    const bool done = encode_png(file.get(), rgba, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height));
    if (std::fclose(file.release()) != 0 || !done) fail(path, "the file cannot be written");
}
