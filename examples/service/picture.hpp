// picture.hpp -- picture files in, PNG files out.
#ifndef SERVICE_PICTURE_HPP
#define SERVICE_PICTURE_HPP

#include <array>
#include <cstdint>
#include <string>
#include <vector>

// Rows from the top, three bytes a pixel.
struct picture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;
};

// Reads a PNG or a JPEG file, told apart by their first bytes; what is transparent is white. Throws std::runtime_error with the reason.
picture read_picture(const std::string &path);

// The middle of a picture in the shape height : width, `part` of it along the shorter side, brought to that size by the mean over the area
// below each pixel (by bilinear interpolation where it is enlarged): planes of numbers from 0 to 1, red, green and blue, or one of grey.
void fit(const picture &from, double part, const std::array<std::int32_t, 3> &channels_height_width, float *planes);

// Writes RGBA, of which A is left out. Fast: zlib's level 1 with one filter takes a sixth of the time of libpng's defaults, and the files
// grow by a twentieth. Throws std::runtime_error.
void write_png(const std::string &path, const std::uint8_t *rgba, int width, int height);

#endif
