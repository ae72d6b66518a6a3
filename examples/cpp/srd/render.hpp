// render.hpp -- maps as pixels, RGBA8, into buffers of the caller's.
#ifndef SRD_RENDER_HPP
#define SRD_RENDER_HPP

#include <array>

#include "tensor.hpp"

namespace srd
{

using render_options = sized<srd_render_options>;
using overlay_options = sized<srd_overlay_options>;

// A buffer to render into: the first byte of its top row, and the bytes from one row to the next (0: 4 * width).
struct pixels {
    pixels(uint8_t *first, int32_t rows, int32_t columns, int64_t bytes = 0) noexcept
        : rgba(first), row_bytes(bytes != 0 ? bytes : int64_t(4) * columns), height(rows), width(columns)
    {
    }
    uint8_t *rgba;
    int64_t row_bytes;
    int32_t height, width;
};

struct colour_scale {
    float low, high;
};

inline void render_map(const tensor &map, const pixels &to, const srd_render_options &options = render_options())
{
    sized<srd_detail> detail;
    check(srd_render_map(map.get(), &options, to.rgba, to.row_bytes, to.height, to.width, &detail), detail, "srd_render_map");
}

inline void render_overlay(const tensor &map, const tensor &picture, const pixels &to,
                           const srd_render_options &options = render_options(),
                           const srd_overlay_options &overlay = overlay_options())
{
    sized<srd_detail> detail;
    check(srd_render_overlay(map.get(), picture.get(), &options, &overlay, to.rgba, to.row_bytes, to.height, to.width, &detail),
          detail, "srd_render_overlay");
}

inline colour_scale render_scale(const tensor &map, const srd_render_options &options = render_options())
{
    sized<srd_detail> detail;
    colour_scale scale;
    check(srd_render_scale(map.get(), &options, &scale.low, &scale.high, &detail), detail, "srd_render_scale");
    return scale;
}

inline std::array<uint8_t, 3 * SRD_COLOUR_ENTRIES> render_colour_map(int32_t colours)
{
    sized<srd_detail> detail;
    std::array<uint8_t, 3 * SRD_COLOUR_ENTRIES> rgb;
    check(srd_render_colour_map(colours, rgb.data(), &detail), detail, "srd_render_colour_map");
    return rgb;
}

} // namespace srd

#endif
