// render.hpp -- maps as pixels, RGBA8, into buffers of the caller's.
#ifndef SRD_RENDER_HPP
#define SRD_RENDER_HPP

#include <array>

#include <srd/explainer.h>

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

// A map [H][W] of a layer over the picture, where its positions look: the part of it that forms a grid, as a view, and the options
// that put it there. A layer without a grid leaves both as they are: stretched.
inline tensor lay(const tensor &map, const srd_layer_geometry &place, srd_overlay_options &options)
{
    const int64_t last =
        place.first + int64_t(place.rows - 1) * place.row_stride + int64_t(place.columns - 1) * place.column_stride;
    const span<const float> numbers = map.numbers();
    if (place.state != SRD_GEOMETRY_GRID)
        return view(numbers.data(), { map.shape(map.rank() - 2), map.shape(map.rank() - 1) }, {});
    if (last >= int64_t(numbers.size())) fail(error(SRD_ERR_SHAPE, "the place is not that of this map's layer"));
    options.step_y = float(place.step_y);
    options.step_x = float(place.step_x);
    options.offset_y = float(place.offset_y);
    options.offset_x = float(place.offset_x);
    return view(numbers.data() + place.first, { place.rows, place.columns }, { place.row_stride, place.column_stride });
}

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
