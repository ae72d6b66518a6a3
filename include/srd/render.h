/**
 * @file
 * render.h -- turns a map into pixels of the caller's: a scale, a size, colours, and a picture below if there is one.
 *
 * Buffers. Pixels are RGBA8: four bytes, red, green, blue (sRGB) and alpha, which is always 255. A buffer has `height` rows
 * of `width` pixels, both of any size, whatever the size of the map. rgba is the first byte of the top row, and a row begins
 * row_bytes bytes after the one above it: 4 * width or more where rows are padded, negative where they go upwards. Only the
 * pixels are written, not the padding, and nothing at all unless the call returns SRD_OK.
 *
 * Maps. SRD_FLOAT32 [H][W], any strides, finite; axes of size 1 before these two are allowed ([1][1][H][W]). A map of a batch
 * is rendered image by image, through a view of each. The buffer must not overlap the map.
 *
 * Colours. A number becomes one of the 256 entries of a table (srd_render_colour_map()), rounded to the nearest:
 *   SRD_COLOURS_DIVERGING   signed: blue against, near white (246, 246, 246) for 0, red for. Entry 128 + k is k / 127 of the
 *                           scale, k = -127 ... 127. Both sides go down from lightness L* 97 to 37 (CIELAB) in equal steps,
 *                           so that equal amounts for and against look equally strong, even in black and white.
 *   SRD_COLOURS_SEQUENTIAL  how much: near white (246, 247, 242), green, teal, dark blue, L* 97 to 22 in equal steps.
 *   SRD_COLOURS_GREY        how much: entry i is (i, i, i), black to white.
 * The L* of every entry of the first two is within 0.3 of its even place. Blue and red, and light and dark, are told apart
 * with any of the three colour blindnesses.
 *
 * Sizes. Each axis for itself: a target that is larger than the map enlarges, a smaller one takes the mean over the area below
 * each pixel (after scaling, before clipping), so that no number of the map is left out.
 *
 * Places. Stretched over the picture, the map of an inner layer is drawn a little beside what it is about: with kernels, strides and pads
 * the vector (i, j) looks at a place that srd_explainer_layer_geometry() tells. With its step and offset in srd_overlay_options the map is
 * laid there: the colour of a position is drawn over the rectangle of one step around its place. Where no such rectangle lies, at the
 * borders of the picture, nothing is drawn and the picture shows; what lies outside of the picture is cut off.
 *
 * The same arguments give the same bytes. Threads: all functions may be called from any thread at any time; they read their
 * inputs and options and write their outputs, and there is nothing else. They allocate nothing and need less than 2 KB of
 * stack. A build with SRD_WITH_RENDER=0 lacks them: they return SRD_ERR_UNSUPPORTED.
 */
#ifndef SRD_RENDER_H
#define SRD_RENDER_H

#include "srd/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SRD_COLOURS_DIVERGING 0  /**< signed: blue against, red for */
#define SRD_COLOURS_SEQUENTIAL 1 /**< how much: near white to dark blue */
#define SRD_COLOURS_GREY 2       /**< how much: black to white */
#define SRD_COLOUR_ENTRIES 256   /**< of each table */

#define SRD_SCALE_MAX 0        /**< the largest |value| of the map gets the strongest colour */
#define SRD_SCALE_PERCENTILE 1 /**< a percentile of its |values|: a few outliers cannot turn all else pale */
#define SRD_SCALE_RANGE 2      /**< given numbers, for maps that shall be compared */

#define SRD_ENLARGE_NEAREST 0  /**< every position a rectangle of one colour: what is seen is what was computed */
#define SRD_ENLARGE_BILINEAR 1 /**< smooth between the middles of positions, even outside of the outermost ones */

#define SRD_BLEND_VALUE 0 /**< the stronger the colour, the more it covers; the picture shows where the map is 0 */
#define SRD_BLEND_EVEN 1  /**< the same cover everywhere */
#define SRD_BLEND_PRINT 2 /**< as ink on the picture: colour times picture; for pictures on a light ground */

/**
 * How to render a map. NULL in its place, or a field of value 0, means the default.
 *
 * With SRD_SCALE_MAX and SRD_SCALE_PERCENTILE there is one number s, and colours run
 *   diverging: from -s to s, over values with their sign;
 *   sequential and grey: from 0 to s, over |value|.
 * A map of zeros has s = 1. The percentile is taken over the values that are not 0, because maps of small receptive fields
 * are 0 nearly everywhere; it is exact: s is the smallest |value| such that at least percentile percent of them are not larger.
 * With SRD_SCALE_RANGE colours run from low to high: the diverging ones over values with their sign, centred on 0, so that low
 * must be -high; the others over |value|, or, if low is negative, over values with their sign.
 * In every case values outside take the colour of the end.
 */
typedef struct srd_render_options {
    uint32_t struct_size; /**< sizeof(srd_render_options) */
    int32_t colours;      /**< SRD_COLOURS_DIVERGING (0), _SEQUENTIAL or _GREY */
    int32_t scaling;      /**< SRD_SCALE_MAX (0), _PERCENTILE or _RANGE */
    int32_t enlargement;  /**< SRD_ENLARGE_NEAREST (0) or _BILINEAR; of the map, and of the picture below it */
    float percentile;     /**< SRD_SCALE_PERCENTILE: above 0, at most 100, rounded to four decimals; 0: 99.5. Elsewhere 0 */
    float low;            /**< SRD_SCALE_RANGE: the number of the first colour. Elsewhere 0 */
    float high;           /**< SRD_SCALE_RANGE: the number of the last colour, above low. Elsewhere 0 */
    int32_t reserved;     /**< 0 */
} srd_render_options;

/** An srd_render_options with struct_size set and all else 0. */
#define SRD_RENDER_OPTIONS_INIT                                   \
    {                                                             \
        (uint32_t)sizeof(srd_render_options), 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * How to lay a map over a picture. NULL in its place, or a field of value 0, means the default.
 *
 * step and offset are told in pixels of the picture (not of the buffer), the middle of its top left pixel being (0, 0): number (i, j) of the
 * map lies around row offset_y + i * step_y and column offset_x + j * step_x. With steps of 0 the map is stretched over the whole picture, as
 * if both steps were the picture's size divided by the map's, and the offsets half of (step - 1). The picture must then be that input, or
 * have its size, for which a srd_layer_geometry was asked, and the map the view that is described there.
 */
typedef struct srd_overlay_options {
    uint32_t struct_size; /**< sizeof(srd_overlay_options) */
    int32_t blend;        /**< SRD_BLEND_VALUE (0), _EVEN or _PRINT */
    int32_t grey_picture; /**< 1: the picture without its colours (Rec. 709 luma), so that only the map has some */
    float opacity;        /**< how much the strongest colour covers, above 0, at most 1; 0: 1 */
    float picture_low;    /**< the number of the picture that is black */
    float picture_high;   /**< the one that is white; below picture_low: a negative; both 0: 0 and 1 */
    float step_y;         /**< rows of the picture from one row of the map to the next, above 0; both steps 0: stretched */
    float step_x;         /**< columns, the same; either both steps are 0 or none */
    float offset_y;       /**< the row of the picture that row 0 of the map looks at; any finite number. With steps of 0: 0 */
    float offset_x;       /**< the column that column 0 of the map looks at, likewise */
} srd_overlay_options;

/** An srd_overlay_options with struct_size set and all else 0. */
#define SRD_OVERLAY_OPTIONS_INIT                                         \
    {                                                                    \
        (uint32_t)sizeof(srd_overlay_options), 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Render a map.
 * @param map        not NULL; see the head of this file
 * @param options    NULL: defaults
 * @param rgba       the top row of the buffer; not NULL
 * @param row_bytes  from one row to the next; at least 4 * width, or at most -4 * width
 * @param height, width  of the buffer in pixels, at least 1
 * @param detail     filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT (a NULL, an option or size outside its range), SRD_ERR_SHAPE (not a map), SRD_ERR_NUMBER
 *         (a NaN or Inf in the map), SRD_ERR_OVERFLOW (a buffer larger than the address space, or a map with an axis of more
 *         than 2^31 - 1), SRD_ERR_UNSUPPORTED
 * Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_render_map(const srd_tensor *map, const srd_render_options *options, uint8_t *rgba,
                                                int64_t row_bytes, int32_t height, int32_t width, srd_detail *detail);

/**
 * Render a map over a picture, which is brought to the size of the buffer in the same way as the map. The map is stretched over it, or lies
 * in its place, if the overlay's options tell that; then a pixel of the buffer beside the map is the picture's. All others are
 *   SRD_BLEND_VALUE  picture + cover * (colour - picture), cover = opacity * strength, where strength goes from 0 at the
 *                    colour of 0 (sequential and grey: at the first colour) to 1 at the strongest ones
 *   SRD_BLEND_EVEN   the same with cover = opacity
 *   SRD_BLEND_PRINT  the same with cover = opacity and colour * picture in place of colour
 * in steps of 1/255, rounded to the nearest. With SRD_ENLARGE_BILINEAR, too, the map ends half a step beyond its outermost places.
 * @param picture  SRD_FLOAT32 [3][H][W] (red, green, blue), [1][H][W] or [H][W] (grey), axes of size 1 before these allowed,
 *                 of any size, any strides, finite; from 0 to 1 or as the options say, clipped; not NULL. The tensor
 *                 that was given to srd_explainer_run() for one image will do.
 * @param overlay  NULL: defaults
 * @param map, options, rgba, row_bytes, height, width, detail  as in srd_render_map()
 * @return as srd_render_map(). Threads and allocation, too. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_render_overlay(const srd_tensor *map, const srd_tensor *picture,
                                                    const srd_render_options *options, const srd_overlay_options *overlay,
                                                    uint8_t *rgba, int64_t row_bytes, int32_t height, int32_t width,
                                                    srd_detail *detail);

/**
 * The numbers that the first and the last colour stand for when this map is rendered with these options: -s and s, 0 and s, or
 * the given range. For legends; and as low and high of SRD_SCALE_RANGE, for other maps in the same scale.
 * @param map, options  as in srd_render_map()
 * @param low, high  receive the numbers, low below high; each may be NULL
 * @param detail  filled on failure; may be NULL
 * @return as srd_render_map(). Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_render_scale(const srd_tensor *map, const srd_render_options *options, float *low,
                                                  float *high, srd_detail *detail);

/**
 * Copy out a table of colours, for legends. Entry i of SRD_COLOURS_SEQUENTIAL and _GREY stands for the number
 * low + i / 255 * (high - low), entry i of SRD_COLOURS_DIVERGING for (i - 128) / 127 * high; its entry 0 repeats entry 1.
 * @param colours  SRD_COLOURS_DIVERGING, _SEQUENTIAL or _GREY
 * @param rgb      receives SRD_COLOUR_ENTRIES times three bytes: red, green, blue; not NULL
 * @param detail   filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_UNSUPPORTED. Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_render_colour_map(int32_t colours, uint8_t *rgb, srd_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
