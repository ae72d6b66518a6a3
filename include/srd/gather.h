/**
 * @file
 * gather.h -- one call per gather layer: those that move, select or average PFVs, with weights that are constants of the run
 * (METHOD section 2). layers.h has all other layers, and says what holds for the parameters of every call.
 *
 * Threads: a graph under construction belongs to one thread. Allocation: layer calls allocate from the graph's memory.
 * Since 0.1, where nothing else is said.
 */
#ifndef SRD_GATHER_H
#define SRD_GATHER_H

#include "srd/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- gather layers: they move, select or average PFVs ------------------------------------------------------------------ */

/** The geometry of a pool. */
typedef struct srd_pool2d_options {
    uint32_t struct_size;  /**< sizeof(srd_pool2d_options) */
    int32_t kernel_h;      /**< rows of a window; at least 1 */
    int32_t kernel_w;      /**< columns of a window; at least 1 */
    int32_t stride_h;      /**< rows from one window to the next; 0: kernel_h */
    int32_t stride_w;      /**< columns; 0: kernel_w */
    int32_t pad_top;       /**< rows of padding above, fewer than kernel_h */
    int32_t pad_left;      /**< columns to the left, fewer than kernel_w */
    int32_t pad_bottom;    /**< rows below, fewer than kernel_h */
    int32_t pad_right;     /**< columns to the right, fewer than kernel_w */
    int32_t ceil_mode;     /**< 1: round the output size up (a window must begin inside the
                                                          input or its top/left padding) */
    int32_t count_padding; /**< average only (maximum: 0). 0: divide by the pixels inside the
                                                          input; 1: padding counts, clipped to the padded size */
    int32_t reserved;      /**< 0 */
} srd_pool2d_options;

/** An srd_pool2d_options with struct_size set and all else 0. A pool's options are not NULL: a kernel has no default. */
#define SRD_POOL2D_OPTIONS_INIT                                               \
    {                                                                         \
        (uint32_t)sizeof(srd_pool2d_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Largest value of each window, per channel; padding never wins; the first in row-major order wins a tie.
 * @param options  not NULL: a kernel has no default
 * @layercall
 */
SRD_API srd_layer srd_graph_max_pool2d(srd_graph *graph, const char *name, srd_layer input, const srd_pool2d_options *options);
/** Mean of each window, per channel. @param options  not NULL: a kernel has no default. @layercall */
SRD_API srd_layer srd_graph_avg_pool2d(srd_graph *graph, const char *name, srd_layer input, const srd_pool2d_options *options);
/**
 * Mean of windows that divide the input into parts: rows floor(i H / height) to ceil((i + 1) H / height) - 1.
 * @param height, width  of the result, at least 1
 * @layercall
 */
SRD_API srd_layer srd_graph_adaptive_avg_pool2d(srd_graph *graph, const char *name, srd_layer input, int32_t height,
                                                int32_t width);
/** Mean over all positions: (C, 1, 1). @layercall */
SRD_API srd_layer srd_graph_global_avg_pool(srd_graph *graph, const char *name, srd_layer input);
/**
 * Largest value of each of these windows, per channel; the first in row-major order wins a tie. Since 0.2.
 * @param height, width  of the result, at least 1
 * @layercall
 */
SRD_API srd_layer srd_graph_adaptive_max_pool2d(srd_graph *graph, const char *name, srd_layer input, int32_t height,
                                                int32_t width);
/** Largest value of all positions, per channel: (C, 1, 1); the first in row-major order wins a tie. Since 0.2. @layercall */
SRD_API srd_layer srd_graph_global_max_pool(srd_graph *graph, const char *name, srd_layer input);
#define SRD_AXIS_HEIGHT 1 /**< mean, sum or maximum run over rows */
#define SRD_AXIS_WIDTH 2  /**< they run over columns */

/** Mean over rows or columns or both, which keep size 1. @param axes  SRD_AXIS_HEIGHT, SRD_AXIS_WIDTH or their sum. (A mean over
 * channels is a convolution of one pixel with weights 1 / C.) @layercall */
SRD_API srd_layer srd_graph_mean(srd_graph *graph, const char *name, srd_layer input, int32_t axes);
/** Sum over rows or columns or both, which keep size 1. Since 0.2. @param axes  as for srd_graph_mean() @layercall */
SRD_API srd_layer srd_graph_sum(srd_graph *graph, const char *name, srd_layer input, int32_t axes);
/** Largest value over rows or columns or both, which keep size 1; the first in row-major order wins a tie. Since 0.2.
 * @param axes  as for srd_graph_mean() @layercall */
SRD_API srd_layer srd_graph_max(srd_graph *graph, const char *name, srd_layer input, int32_t axes);
/**
 * The largest of two or more layers of equal shape, number by number; the first of them on a tie. Which one passes is frozen at the
 * forward pass, as in a pool, and it alone receives relevance for that number (METHOD section 2). Since 0.2.
 * @param graph, name  as for all layer calls
 * @param inputs  count ids, copied; not NULL
 * @param count   at least 2
 * @return the new layer's id, or SRD_LAYER_NONE
 */
SRD_API srd_layer srd_graph_maximum(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count);
/**
 * The smallest of two or more layers of equal shape, number by number; the first of them on a tie. Since 0.2.
 * @param graph, name  as for all layer calls
 * @param inputs  count ids, copied; not NULL
 * @param count   at least 2
 * @return the new layer's id, or SRD_LAYER_NONE
 */
SRD_API srd_layer srd_graph_minimum(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count);
/**
 * The largest of each group of neighbouring channels, at each position: (groups, H, W); the first channel on a tie. One group is the
 * maximum over all channels, groups of k channels are maxout. Since 0.2.
 * @param groups  at least 1, divides the channels
 * @layercall
 */
SRD_API srd_layer srd_graph_max_channels(srd_graph *graph, const char *name, srd_layer input, int32_t groups);
/**
 * The channels of one or more layers of equal height and width, one after the other.
 * @param graph, name  as for all layer calls
 * @param inputs  count ids, copied; not NULL
 * @param count   at least 1
 * @return the new layer's id, or SRD_LAYER_NONE
 */
SRD_API srd_layer srd_graph_concat(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count);
/** (C, H, W) to (C * H * W, 1, 1), in the order C, H, W. @layercall */
SRD_API srd_layer srd_graph_flatten(srd_graph *graph, const char *name, srd_layer input);
/** Nothing at inference; removed before sites are decided. @layercall */
SRD_API srd_layer srd_graph_dropout(srd_graph *graph, const char *name, srd_layer input);
/** Zeros around the picture. @param top, left, bottom, right  in pixels, each at least 0. @layercall */
SRD_API srd_layer srd_graph_zero_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                       int32_t bottom, int32_t right);
/**
 * The same with another number around the picture; one that is not 0 is a bias of the paths through the layer, shared by their
 * norms. At most 7 layers of such pads may lie one above the other below a layer that mixes: making an explainer fails with
 * SRD_ERR_UNSUPPORTED where there are more.
 * @param top, left, bottom, right  pixels, each at least 0
 * @param value  finite
 * @layercall
 */
SRD_API srd_layer srd_graph_constant_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                           int32_t bottom, int32_t right, float value);
/** Channels of zeros before and after the input's. @param before, after  counts, each at least 0. @layercall */
SRD_API srd_layer srd_graph_zero_channels(srd_graph *graph, const char *name, srd_layer input, int32_t before, int32_t after);
/** Every stride-th row and column, from the first. @param stride_h, stride_w  at least 1. @layercall */
SRD_API srd_layer srd_graph_subsample2d(srd_graph *graph, const char *name, srd_layer input, int32_t stride_h,
                                        int32_t stride_w);

/** Channels first ... first + count - 1. @param first  0 ... C - 1. @param count  at least 1 @layercall */
SRD_API srd_layer srd_graph_slice(srd_graph *graph, const char *name, srd_layer input, int32_t first, int32_t count);
/** Channels in another order: number i * groups + k is the input's k * (C / groups) + i. @param groups  divides C @layercall */
SRD_API srd_layer srd_graph_shuffle(srd_graph *graph, const char *name, srd_layer input, int32_t groups);
/** The same positions, in row-major order, as another grid of height * width = H * W. @param height, width  0: what the other
 * leaves; both 0: one row, the tokens of a sequence. Reshapes that mix channels and positions are no call of this library. @layercall */
SRD_API srd_layer srd_graph_reshape(srd_graph *graph, const char *name, srd_layer input, int32_t height, int32_t width);
/** Rows for columns: (C, H, W) to (C, W, H). @layercall */
SRD_API srd_layer srd_graph_transpose(srd_graph *graph, const char *name, srd_layer input);
/**
 * Tokens (C, 1, T) of one or more layers with equal channels, one after the other.
 * @param inputs  count ids, copied; not NULL
 * @param count   at least 1
 * @newlayer
 */
SRD_API srd_layer srd_graph_concat_tokens(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count);
/** Tokens first ... first + count - 1 of (C, 1, T). @param first  0 ... T - 1. @param count  at least 1 @layercall */
SRD_API srd_layer srd_graph_select_tokens(srd_graph *graph, const char *name, srd_layer input, int32_t first, int32_t count);

#define SRD_UPSAMPLE_NEAREST 0  /**< each position is one of the input */
#define SRD_UPSAMPLE_BILINEAR 1 /**< each position lies between up to four of the input */

/** How to enlarge. */
typedef struct srd_upsample_options {
    uint32_t struct_size;  /**< sizeof(srd_upsample_options) */
    int32_t mode;          /**< SRD_UPSAMPLE_NEAREST (0) or SRD_UPSAMPLE_BILINEAR */
    int32_t align_corners; /**< bilinear only. 1: the corner positions are those of the input; 0: half-pixel centres */
    int32_t height;        /**< of the output in positions; 0: by the scales */
    int32_t width;         /**< the same */
    float scale_h;         /**< output height = floor(input height * scale), coordinates divide by the scale; 0: by the sizes */
    float scale_w;         /**< the same for the width */
    int32_t reserved;      /**< 0 */
} srd_upsample_options;

/** An srd_upsample_options with struct_size set and all else 0; either both sizes or both scales must be given. */
#define SRD_UPSAMPLE_OPTIONS_INIT                                   \
    {                                                               \
        (uint32_t)sizeof(srd_upsample_options), 0, 0, 0, 0, 0, 0, 0 \
    }

/** Nearest or bilinear interpolation of the grid, each position weighed by its nearness (docs/layers.md).
 * @param options  not NULL @layercall */
SRD_API srd_layer srd_graph_upsample(srd_graph *graph, const char *name, srd_layer input, const srd_upsample_options *options);

/**
 * value * gate, number by number. The gate is a constant of the run, a weight on the way of value's PFVs; it receives no
 * relevance (METHOD section 2: who gives the gates of squeeze-and-excitation or GLU decides which of the two is which).
 * @param value  a layer added before
 * @param gate  (C, H, W) of value, where any axis may have size 1, which stands for all of the axis
 * @newlayer
 */
SRD_API srd_layer srd_graph_gate(srd_graph *graph, const char *name, srd_layer value, srd_layer gate);

/** How tokens attend. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_attention_options {
    uint32_t struct_size; /**< sizeof(srd_attention_options) */
    int32_t heads;        /**< 0: 1 */
    float scale;          /**< of the products; 0: 1 / sqrt(channels of a head) */
    int32_t rows;         /**< 0: query, key and value are one row of tokens each. 1: every row is a sequence of its own, whose
                               queries see the keys of the same row only (windows); since 0.2 */
    const srd_tensor *mask; /**< added to the scaled products: [T][S], [heads][T][S] or, with rows 1, [R][heads][T][S], finite
                                 or -Inf (a key that no head may see is no path; each query of each head sees at least one);
                                 a relative position bias goes here, too; copied; NULL: none */
} srd_attention_options;

/** An srd_attention_options with struct_size set and all else 0. */
#define SRD_ATTENTION_OPTIONS_INIT                             \
    {                                                          \
        (uint32_t)sizeof(srd_attention_options), 0, 0, 0, NULL \
    }

/**
 * Multi-head attention: output token i is the sum over j of A_ij value_j, per head, with A = softmax over the keys of
 * scale * <query_i, key_j> + mask. A is a constant of the run; query and key receive no relevance (METHOD section 2). The
 * projections before and after it are srd_graph_linear_tokens(); one layer may serve as query, key and value by srd_graph_slice().
 * srd_graph_layer_operand() names value, query, key in this order.
 * @param query  (D, R, T). @param key  (D, R, S). @param value  (E, R, S); D and E multiples of heads; R is 1 unless
 *               srd_attention_options.rows is set. The result is (E, R, T); its cost grows with R * T * S.
 * @param options  NULL: one head
 * @newlayer
 */
SRD_API srd_layer srd_graph_attention(srd_graph *graph, const char *name, srd_layer query, srd_layer key, srd_layer value,
                                      const srd_attention_options *options);

/* ---- positions: crops, rolls, pads from the picture, windows ------------------------------------------------------------ */

/** What is taken off a picture, and which of the rows and columns that are left come out. */
typedef struct srd_crop2d_options {
    uint32_t struct_size; /**< sizeof(srd_crop2d_options) */
    int32_t top;          /**< rows taken off above, at least 0 */
    int32_t left;         /**< columns taken off at the left, at least 0 */
    int32_t bottom;       /**< rows below, at least 0 */
    int32_t right;        /**< columns at the right, at least 0 */
    int32_t step_h;       /**< every step-th row that is left, from the first; 0: 1. Negative: from the last row upwards */
    int32_t step_w;       /**< the same for columns; -1 mirrors the picture */
    int32_t reserved;     /**< 0 */
} srd_crop2d_options;

/** An srd_crop2d_options with struct_size set and all else 0: the whole picture. */
#define SRD_CROP2D_OPTIONS_INIT                                   \
    {                                                             \
        (uint32_t)sizeof(srd_crop2d_options), 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * A part of the picture: a crop (negative pads), a slice with an offset and a step, a flip. Along each axis the result has
 * ceil((size - what is taken off) / |step|) positions, which must be at least 1.
 * @param options  NULL: the whole picture
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_crop2d(srd_graph *graph, const char *name, srd_layer input, const srd_crop2d_options *options);
/**
 * Rows and columns moved round in a circle: row i comes to row (i + shift_h) mod H, as torch.roll does.
 * @param shift_h, shift_w  any number, also a negative one
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_roll2d(srd_graph *graph, const char *name, srd_layer input, int32_t shift_h, int32_t shift_w);
/**
 * The picture mirrored at its first and last row and column, which are not repeated, as torch.nn.ReflectionPad2d does.
 * @param top, left, bottom, right  in pixels, each at least 0 and less than the size of its axis
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_reflection_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                             int32_t bottom, int32_t right);
/**
 * The first and last row and column once more for each pixel of the pad, as torch.nn.ReplicationPad2d does.
 * @param top, left, bottom, right  in pixels, each at least 0
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_replication_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                              int32_t bottom, int32_t right);
/**
 * The picture goes on with its other end, as torch.nn.CircularPad2d does.
 * @param top, left, bottom, right  in pixels, each at least 0 and at most the size of its axis
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_circular_pad2d(srd_graph *graph, const char *name, srd_layer input, int32_t top, int32_t left,
                                           int32_t bottom, int32_t right);

#define SRD_WINDOWS_BLOCKS 0 /**< a window is a block of neighbours, as in Swin */
#define SRD_WINDOWS_GRID \
    1 /**< a window has positions from all over the picture, H / window_h rows apart, as in MaxViT's grid attention */

/**
 * The windows of windowed attention: (C, H, W) to (C, windows, window_h * window_w). Row a * (W / window_w) + b of the result is window
 * (a, b), and column i * window_w + j of it is its token (i, j), which is position (a * window_h + i, b * window_w + j) of the input, or,
 * in a grid, position (i * (H / window_h) + a, j * (W / window_w) + b).
 * @param window_h, window_w  each at least 1, and a divisor of the input's height and width
 * @param arrangement  SRD_WINDOWS_BLOCKS or SRD_WINDOWS_GRID
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_window_partition(srd_graph *graph, const char *name, srd_layer input, int32_t window_h,
                                             int32_t window_w, int32_t arrangement);
/**
 * The inverse: (C, windows, window_h * window_w) to (C, height, width).
 * @param height, width  of the picture, multiples of window_h and window_w
 * @param window_h, window_w  each at least 1
 * @param arrangement  as of the partition
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_window_reverse(srd_graph *graph, const char *name, srd_layer input, int32_t height, int32_t width,
                                           int32_t window_h, int32_t window_w, int32_t arrangement);

/* ---- channels by number, channels and blocks of positions --------------------------------------------------------------- */

/**
 * Channels by their numbers: channel k of the result is channel channels[k] of the input. One may come several times, or not at all.
 * @param channels  count numbers from 0 to C - 1, copied; not NULL
 * @param count     at least 1
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_gather_channels(srd_graph *graph, const char *name, srd_layer input, const int32_t *channels,
                                            int32_t count);

#define SRD_BLOCKS_FIRST 0 /**< channel (bh * block_w + bw) * C + c: ONNX's DCR, TensorFlow */
#define SRD_BLOCKS_LAST 1  /**< channel c * block_h * block_w + bh * block_w + bw: ONNX's CRD, torch.nn.PixelShuffle */

/**
 * Channels to blocks of positions: (C block_h block_w, H, W) to (C, H block_h, W block_w). Channel c at position (y block_h + bh,
 * x block_w + bw) of the result is the channel of the input at (y, x) that the order says.
 * @param block_h, block_w  each at least 1; their product divides the input's channels
 * @param order  SRD_BLOCKS_FIRST or SRD_BLOCKS_LAST
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_depth_to_space(srd_graph *graph, const char *name, srd_layer input, int32_t block_h,
                                           int32_t block_w, int32_t order);
/**
 * The inverse: (C, H, W) to (C block_h block_w, H / block_h, W / block_w), as ONNX's SpaceToDepth (SRD_BLOCKS_FIRST) and
 * torch.nn.PixelUnshuffle (SRD_BLOCKS_LAST).
 * @param block_h, block_w  each at least 1, and a divisor of the input's height and width
 * @param order  SRD_BLOCKS_FIRST or SRD_BLOCKS_LAST
 * @layercall
 * Since 0.2.
 */
SRD_API srd_layer srd_graph_space_to_depth(srd_graph *graph, const char *name, srd_layer input, int32_t block_h,
                                           int32_t block_w, int32_t order);

#ifdef __cplusplus
}
#endif

#endif
