/**
 * @file
 * inspect.h -- what an explainer is: its plan, its memory, its steps, and where the positions of its layers lie in the picture.
 *
 * All may be asked before any run (the times of steps need one) and allocate nothing. Threads: any, while no other one uses the
 * explainer.
 *
 * Allocation: nothing here allocates. Since 0.1, where nothing else is said.
 */
#ifndef SRD_INSPECT_H
#define SRD_INSPECT_H

#include "srd/explainer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SRD_VERDICT_EXACT 0   /**< several paths per position: sharing ratios are computed */
#define SRD_VERDICT_SINGLE 1  /**< one path per position: its ratio is 1, nothing is computed or stored */
#define SRD_VERDICT_SOURCE 2  /**< an input: relevance arrives and stays */
#define SRD_VERDICT_INNER 3   /**< inside a segment (gather or swallowed): relevance passes through */
#define SRD_VERDICT_DEAD 4    /**< reaches no output */
#define SRD_VERDICT_ASSUMED 5 /**< a black box (srd_graph_custom()): that relevance passes with ratio 1 is an assumption */

/** What the method does at a layer, and what that costs, at the sizes an explainer is bound to; known before any run. */
typedef struct srd_plan_info {
    uint32_t struct_size;  /**< sizeof(srd_plan_info) */
    int32_t verdict;       /**< SRD_VERDICT_... */
    int32_t paths;         /**< paths per position, those from outside the picture included; 0 but for EXACT and SINGLE */
    int32_t reserved;      /**< 0 */
    int64_t positions;     /**< height * width */
    int64_t ratios;        /**< sharing ratios stored per image */
    int64_t multiply_adds; /**< of the forward pass of its segment, for one image; of a layer inside a segment only if a
                              group or instance norm makes it compute its own value */
    int64_t ratio_bytes;   /**< memory of the ratios, per image */
    int64_t kept_bytes;    /**< other memory that stays after a run, per image */
} srd_plan_info;

/** An srd_plan_info with struct_size set. */
#define SRD_PLAN_INFO_INIT                                      \
    {                                                           \
        (uint32_t)sizeof(srd_plan_info), 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Describe a layer's part in the plan.
 * @param explainer  not NULL
 * @param layer  a layer of its graph
 * @param info   struct_size set by the caller; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_plan_info(const srd_explainer *explainer, srd_layer layer, srd_plan_info *info,
                                                         srd_detail *detail);

/**
 * The name of a fast case that the segment of a layer takes (docs/design.md), for people and tests; names may change with any version.
 * @param explainer  may be NULL
 * @param layer  a layer of its graph
 * @param index  0, 1, ... : a segment may take several, one for each part or branch, so that a name may come twice
 * @return a text that lives as long as the library; NULL: no explainer, no such case, or no such layer. Empty in builds with SRD_WITH_TEXTS=0.
 * Since 0.2.
 */
SRD_API const char *srd_explainer_fast_case(const srd_explainer *explainer, srd_layer layer, int32_t index);

/**
 * As srd_graph_dump(), of the graph as this explainer runs it: with the sizes that are bound, and the fast cases of each segment.
 * @param explainer  not NULL
 * @param format  SRD_DUMP_TEXT or SRD_DUMP_DOT
 * @param write   gets the text; must not free the explainer; not NULL
 * @param user    handed to write
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, what write returned. Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_dump(const srd_explainer *explainer, int32_t format, srd_write write, void *user,
                                                    srd_detail *detail);

/** Where an explainer's memory goes, in bytes. */
typedef struct srd_memory_info {
    uint32_t struct_size; /**< sizeof(srd_memory_info) */
    int32_t reserved;     /**< 0 */
    int64_t total;        /**< srd_explainer_memory_used() */
    int64_t tables;       /**< handle, plan, source positions; of a tiny network, what making the plan took for a while */
    int64_t working;      /**< values and relevance that share their place by lifetimes */
    int64_t
        kept; /**< what stays after a run, per image that is kept: ratios, values of outputs and of the head, what keeps named */
    int64_t scratch; /**< per worker */
} srd_memory_info;

/** An srd_memory_info with struct_size set. */
#define SRD_MEMORY_INFO_INIT                                \
    {                                                       \
        (uint32_t)sizeof(srd_memory_info), 0, 0, 0, 0, 0, 0 \
    }

/**
 * Describe an explainer's memory.
 * @param explainer  not NULL
 * @param info  struct_size set by the caller; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_memory_info(const srd_explainer *explainer, srd_memory_info *info,
                                                           srd_detail *detail);

/**
 * Shape (C, H, W) of a layer at the sizes this explainer is bound to.
 * @param explainer  not NULL
 * @param layer  a layer of its graph that reaches an output; another one has no shape
 * @param shape  receives three numbers; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_layer_shape(const srd_explainer *explainer, srd_layer layer, int32_t *shape,
                                                           srd_detail *detail);

#define SRD_GEOMETRY_NONE 0 /**< the layer receives nothing from this input, or reaches no output */
#define SRD_GEOMETRY_GRID 1 /**< its positions, or some of them, form a grid of even steps over the input */
#define SRD_GEOMETRY_LOST 2 /**< it depends on the input, but its positions form no such grid */

/**
 * Where the positions of a layer lie in the pixels of an input: entry (i, j) of a grid of rows times columns looks at the place
 * (offset_y + i * step_y, offset_x + j * step_x). The middle of the pixel in row r and column c is the place (r, c): pixels are counted
 * from 0, and their borders lie at halves.
 *
 * The grid of most layers is the layer: first = 0, rows = H, columns = W, row_stride = W, column_stride = 1. Of a row of tokens it is the grid of
 * the patches that they come from; a class token before them is not on it (first = 1). Grid entry (i, j) is always number
 * first + i * row_stride + j * column_stride of a map [H][W] of the layer without gaps. In a view of the map with that first number
 * and these two strides, the map is a picture (srd_overlay_options has places for step and offset).
 *
 * What is meant by "looks at": the middle of the window, layer by layer. If all weights were equal, it would be the centre of mass of the
 * position's effective receptive field, away from the borders of the picture; what a run finds (srd_explainer_ask_erf()) lies around
 * it. At a border the place does not move, although the part of the window that lies outside sees nothing.
 *   - window layers: by kernel, stride, pads and dilation; pads move the grid
 *   - transposed convolutions and enlargements, which have a step below that of their input: the mean over the outputs that repeat
 *     an input position in turn, so that single positions may deviate from it, by less than a step of the input
 *   - adaptive averages: even steps; the windows may deviate from them by less than one position of the input
 *   - layers that make one position of all (mean, flatten, fully connected): the middle of all; the step is the size of all
 *   - add and concat: all inputs that depend on this one must have the same grid and the same steps; the offset is the mean of theirs
 *   - attention: the place of the query
 *   - depth to space: as an enlargement that shows each position in all places of its block; space to depth: the middle of the block
 *   - crops, strides and offsets: where the positions that are left lie
 *   - pads that show the picture again (reflection, replication, circular): a position of the pad stands where it would lie if the picture
 *     went on there, although it shows another place
 *   - rolls and windows of tokens that are taken back (window_reverse, a roll by as much the other way): the place before the first of them;
 *     the field then reaches over the window, or, behind a roll, over the whole picture
 * Lost are the positions of flips, of rolls and windows of tokens until they are taken back, of custom gather layers, tokens of which no whole grid is left (a class token), tokens of two grids in one row,
 * grids cut into other rows before a window slides over them, and inputs of add and concat that disagree.
 *
 * The struct stands in arrays and has no struct_size: the call that fills them is told the size of an entry.
 */
typedef struct srd_layer_geometry {
    int32_t state;         /**< SRD_GEOMETRY_...; if it is not _GRID, all else is 0 */
    int32_t first;         /**< the number of grid entry (0, 0) in the layer: row * W + column */
    int32_t rows;          /**< of the grid */
    int32_t columns;       /**< of the grid */
    int32_t row_stride;    /**< numbers from a row of the grid to the next one in the layer */
    int32_t column_stride; /**< the same for columns */
    double step_y;         /**< pixels from a row of the grid to the next one, above 0 */
    double step_x;         /**< the same for columns */
    double offset_y;       /**< the place of grid entry (0, 0): its row of the input; may lie outside or between two */
    double offset_x;       /**< its column */
    double field_top;  /**< the first row of the input that entry (0, 0) can see; that of (i, j) is i * step_y further down */
    double field_left; /**< the first column */
    double
        field_bottom; /**< the last row; all four may lie outside of the picture. Behind enlargements and windows of tokens they are bounds, else exact */
    double field_right; /**< the last column */
} srd_layer_geometry;

/** An srd_layer_geometry in which all is 0. */
#define SRD_LAYER_GEOMETRY_INIT                  \
    {                                            \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Where the positions of all layers lie in the pixels of an input, at the sizes this explainer is bound to. One call tells it of all
 * layers, because the geometry of a layer is made from those below it, and the explainer does not keep them.
 * @param explainer  not NULL; no run is needed
 * @param input   a layer made by srd_graph_input()
 * @param layers  receives one struct for each layer, by its id; not NULL
 * @param count   number of structs: srd_graph_layer_count()
 * @param geometry_size  sizeof(srd_layer_geometry), the bytes from one struct to the next; of a longer one than this library's the rest
 *                is set to 0, of a shorter one, but not below that of the first version, as much is written as fits; 0: that of the first version
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_layer_geometry(const srd_explainer *explainer, srd_layer input,
                                                              srd_layer_geometry *layers, int32_t count, int32_t geometry_size,
                                                              srd_detail *detail);

/**
 * Bytes of memory that the explainer fills or would fill, as srd_explainer_memory_size() says.
 * @param explainer  may be NULL
 * @return the bytes; 0 for NULL
 */
SRD_API size_t srd_explainer_memory_used(const srd_explainer *explainer);

/**
 * Which kernels do its arithmetic.
 * @param explainer  may be NULL
 * @return SRD_KERNELS_PORTABLE or another set, never SRD_KERNELS_BEST; 0 for NULL
 */
SRD_API int32_t srd_explainer_kernels(const srd_explainer *explainer);

/** Images of a run, N. @param explainer  may be NULL. @return the number; 0 for NULL. Since 0.2. */
SRD_API int32_t srd_explainer_batch(const srd_explainer *explainer);

/** Steps of one image; N images make N times as many. @param explainer  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_explainer_step_count(const srd_explainer *explainer);

/**
 * What a step does, and how long it took in the last run (summed over the batch).
 * @param explainer  not NULL
 * @param step   0 ... srd_explainer_step_count() - 1
 * @param layer  receives the layer whose value (or ratios) the step makes; may be NULL
 * @param ticks  receives the time in units of the options' clock, 0 without one; may be NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_step_info(const srd_explainer *explainer, int32_t step, srd_layer *layer,
                                                         uint64_t *ticks, srd_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
