/**
 * @file
 * graph.h -- a network, built by one call per layer and then sealed.
 *
 * Values are written (C, H, W): channels, height, width of one image; the batch is chosen by each explainer. Every
 * layer-adding call returns the new layer's id, or SRD_LAYER_NONE on failure. A failure sticks: later calls do nothing,
 * and srd_graph_seal() returns the first one with the layer's name and the reason, so a program may check just once. Such a
 * graph can only be freed. After srd_graph_seal() a layer call returns SRD_LAYER_NONE and records nothing.
 *
 * Parameters common to all layer calls (`@layercall` below stands for graph, name, input and what is returned, `@newlayer` for the same without input):
 * - graph: not NULL, not sealed
 * - name: valid UTF-8 (else SRD_ERR_ARGUMENT), unique in the graph, not empty, copied; NULL: the library makes one from kind and id, such as relu_3
 * - input: a layer added before, of this graph
 * - tensors: of SRD_FLOAT32, any strides, finite; `weight` of a convolution or fully connected layer may have another type, see
 *   below. With SRD_WEIGHTS_COPY everything is copied at the call, tensors and
 *   numbers may go at once. With SRD_WEIGHTS_BORROW the numbers of convolution and fully connected weights are read
 *   where they lie and must stay until the graph is gone, that is until it and its last explainer are freed;
 *   vectors of one number per channel are copied all the same.
 * - options: NULL: all defaults; read during the call only
 *
 * Types of `weight`:
 * - SRD_FLOAT32
 * - SRD_FLOAT16: finite; no scale
 * - SRD_INT8: w = scale[o] * (q - zero[o]) for output channel o (of all groups), rounded once. scale: [O], SRD_FLOAT32,
 *   finite, may be negative or 0, not NULL; zero: [O], SRD_INT8 or SRD_INT32, -128 to 127, or NULL: 0 (symmetric)
 *
 * A product that overflows is SRD_ERR_NUMBER. With SRD_WEIGHTS_BORROW they are read where they lie, and decoded 16 output
 * channels at a time into an explainer's memory; with SRD_WEIGHTS_COPY they are decoded by the call that takes them, which takes as much
 * memory as float32. Either way results have the bits of a network with these w as SRD_FLOAT32. srd_layer_info.parameters
 * does not count scale and zero.
 *
 * Threads: a graph under construction belongs to one thread; once sealed it never changes, and any number of threads may
 * make explainers of it and ask about it. Allocation: layer calls and seal allocate from the graph's memory.
 */
#ifndef SRD_GRAPH_H
#define SRD_GRAPH_H

#include "srd/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network; what is inside is private. */
typedef struct srd_graph srd_graph;

#define SRD_WEIGHTS_COPY 0   /**< weights are copied, in the kernels' own order, by the call that takes them */
#define SRD_WEIGHTS_BORROW 1 /**< weights are read where they lie (flash, a mapped file) and must outlive the graph */

/** How a graph treats its weights. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_graph_options {
    uint32_t struct_size;  /**< sizeof(srd_graph_options) */
    int32_t weight_policy; /**< SRD_WEIGHTS_COPY (0) or SRD_WEIGHTS_BORROW */
} srd_graph_options;

/** An srd_graph_options with struct_size set and all else 0. */
#define SRD_GRAPH_OPTIONS_INIT                 \
    {                                          \
        (uint32_t)sizeof(srd_graph_options), 0 \
    }

/**
 * Make an empty graph.
 * @param options  NULL: defaults
 * @param memory   NULL: malloc. With a block, all of the graph lives in it; see srd_graph_memory_size()
 * @param out      receives the handle, freed by srd_graph_free(); not NULL
 * @param detail   filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_MEMORY. Threads: any. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_create(const srd_graph_options *options, const srd_memory *memory, srd_graph **out,
                                                  srd_detail *detail);

/**
 * Give up the caller's hold on a graph. Explainers keep their graph alive, so handles may be freed in
 * any order, from any thread.
 * @param graph  NULL: nothing is done; nor if the caller has freed it before and an explainer still holds it
 */
SRD_API void srd_graph_free(srd_graph *graph);

/**
 * Bytes of the block that a graph needs: builds it once in working memory by the caller's own function and seals it. The
 * number is that of srd_graph_memory_used() of the same graph.
 * @param build    adds the layers and outputs to the graph it is given, and does not seal it. It returns SRD_OK or a status
 *                 of its own, which is passed on; a number that is no status is SRD_ERR_ARGUMENT
 * @param user     handed to build
 * @param options  as for srd_graph_create()
 * @param work     working memory, free again on return: NULL, functions, or any block large enough
 * @param size     receives the exact number of bytes for srd_memory.block_size with the same build and options; not NULL
 * @param detail   filled on failure; may be NULL
 * @return what build and srd_graph_seal() return, SRD_ERR_ARGUMENT, SRD_ERR_MEMORY. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_memory_size(srd_status (*build)(srd_graph *graph, void *user), void *user,
                                                       const srd_graph_options *options, const srd_memory *work, size_t *size,
                                                       srd_detail *detail);

/* ---- sources ------------------------------------------------------------------------------------------------------ */

/**
 * A picture that the caller gives at each run. METHOD section 3: an input is a site.
 * @param graph, name  as for all layer calls
 * @param channels  at least 1
 * @param height, width  in pixels; 0: left to each explainer. An explainer may bind other sizes than these.
 * @return the new layer's id, or SRD_LAYER_NONE
 */
SRD_API srd_layer srd_graph_input(srd_graph *graph, const char *name, int32_t channels, int32_t height, int32_t width);

/**
 * A value that is the same in every run: a class token. It is a site; relevance that arrives there is at_constants in
 * srd_report. As an operand of srd_graph_add() beside operands that depend on an input, a layer that depends on constants only
 * is no source but a bias of the others' paths, and gets no relevance (METHOD sections 2 and 4).
 * @param value  [C][H][W], or [C] for (C, 1, 1); finite; copied; not NULL
 * @newlayer
 */
SRD_API srd_layer srd_graph_constant(srd_graph *graph, const char *name, const srd_tensor *value);

/* ---- mixing layers: they map the channel vector linearly ------------------------------------------------------------ */

/** The geometry of a convolution. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_conv2d_options {
    uint32_t struct_size;           /**< sizeof(srd_conv2d_options) */
    int32_t stride_h;               /**< rows from one position to the next; 0: 1 */
    int32_t stride_w;               /**< columns; 0: 1 */
    int32_t pad_top;                /**< rows of zeros above the input */
    int32_t pad_left;               /**< columns of zeros to the left */
    int32_t pad_bottom;             /**< rows of zeros below */
    int32_t pad_right;              /**< columns of zeros to the right */
    int32_t dilation_h;             /**< rows from one tap to the next; 0: 1 */
    int32_t dilation_w;             /**< columns; 0: 1 */
    int32_t groups;                 /**< 0: 1; input channels for depthwise */
    const srd_tensor *weight_scale; /**< [O]: for a weight of SRD_INT8, see above; NULL with other types */
    const srd_tensor *weight_zero;  /**< [O]: its zero points, or NULL: 0; NULL with other types */
} srd_conv2d_options;

/** An srd_conv2d_options with struct_size set and all else 0. */
#define SRD_CONV2D_OPTIONS_INIT                                                     \
    {                                                                               \
        (uint32_t)sizeof(srd_conv2d_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL \
    }

/**
 * Convolution (cross-correlation), zero padding: out = floor((in + pads - dilation * (kernel - 1) - 1) / stride) + 1.
 * @param weight  [O][I / groups][kernel_h][kernel_w], any kernel size; not NULL
 * @param bias    [O], or NULL
 * @param options NULL: stride 1, no padding, dilation 1, one group
 * @layercall
 */
SRD_API srd_layer srd_graph_conv2d(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                   const srd_tensor *bias, const srd_conv2d_options *options);

/**
 * Fully connected layer over the whole input, flattened in the order C, H, W; the result is (O, 1, 1).
 * @param weight  [O][C * H * W]; not NULL
 * @param bias    [O], or NULL
 * @layercall
 */
SRD_API srd_layer srd_graph_linear(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                   const srd_tensor *bias);

/**
 * The same fully connected layer at every position (a linear layer applied per token): a convolution of one pixel.
 * @param weight  [O][I]; not NULL
 * @param bias    [O], or NULL
 * @layercall
 */
SRD_API srd_layer srd_graph_linear_tokens(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                          const srd_tensor *bias);

/**
 * srd_graph_linear() with a weight of SRD_INT8.
 * @param weight        [O][C * H * W]; not NULL
 * @param weight_scale  [O], as said above; NULL with other types
 * @param weight_zero   [O], its zero points, or NULL: 0; NULL with other types
 * @param bias          [O], or NULL
 * @layercall
 */
SRD_API srd_layer srd_graph_linear_quantized(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                             const srd_tensor *weight_scale, const srd_tensor *weight_zero,
                                             const srd_tensor *bias);

/**
 * srd_graph_linear_tokens() with a weight of SRD_INT8.
 * @param weight  [O][I]; not NULL
 * @param weight_scale, weight_zero, bias  as for srd_graph_linear_quantized()
 * @layercall
 */
SRD_API srd_layer srd_graph_linear_tokens_quantized(srd_graph *graph, const char *name, srd_layer input,
                                                    const srd_tensor *weight, const srd_tensor *weight_scale,
                                                    const srd_tensor *weight_zero, const srd_tensor *bias);

/** How a transposed convolution slides. A field of value 0 means the default. */
typedef struct srd_conv_transpose2d_options {
    uint32_t struct_size;           /**< sizeof(srd_conv_transpose2d_options) */
    int32_t stride_h;               /**< 0: 1 */
    int32_t stride_w;               /**< 0: 1 */
    int32_t pad_top;                /**< rows taken off the output above */
    int32_t pad_left;               /**< columns taken off on the left */
    int32_t pad_bottom;             /**< rows taken off below */
    int32_t pad_right;              /**< columns taken off on the right */
    int32_t output_pad_h;           /**< rows added below; smaller than stride or dilation */
    int32_t output_pad_w;           /**< columns added on the right; smaller than stride or dilation */
    int32_t dilation_h;             /**< 0: 1 */
    int32_t dilation_w;             /**< 0: 1 */
    int32_t groups;                 /**< 0: 1 */
    const srd_tensor *weight_scale; /**< [O]: for a weight of SRD_INT8, see above; NULL with other types */
    const srd_tensor *weight_zero;  /**< [O]: its zero points, or NULL: 0; NULL with other types */
} srd_conv_transpose2d_options;

/** An srd_conv_transpose2d_options with struct_size set and all else 0. */
#define SRD_CONV_TRANSPOSE2D_OPTIONS_INIT                                                           \
    {                                                                                               \
        (uint32_t)sizeof(srd_conv_transpose2d_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL \
    }

/**
 * Transposed convolution: out = (in - 1) * stride - pads + dilation * (kernel - 1) + output_pad + 1. A path per tap; a position
 * that no tap reaches (stride larger than the kernel) is reported as unreached.
 * @param options  NULL: defaults
 * @param weight  [I][O / groups][kernel_h][kernel_w], any kernel size; not NULL
 * @param bias    [O], or NULL
 * @layercall
 */
SRD_API srd_layer srd_graph_conv_transpose2d(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                             const srd_tensor *bias, const srd_conv_transpose2d_options *options);

/* ---- post layers ---------------------------------------------------------------------------------------------------- */

/**
 * Batch normalisation with fixed statistics: y = (x - mean) / sqrt(variance + eps) * gamma + beta, per channel.
 * @param gamma, beta  [C], or NULL: 1 and 0
 * @param mean, variance  [C], not NULL; variance + eps must be positive
 * @param eps  as trained, for instance 1e-5; 0 means 0; finite, not negative
 * @layercall
 */
SRD_API srd_layer srd_graph_batch_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                                       const srd_tensor *beta, const srd_tensor *mean, const srd_tensor *variance, double eps);

/**
 * Group normalisation: y = (x - mean) / sqrt(variance + eps) * gamma + beta. Mean and (biased) variance are those of a group of
 * channels over all positions, of each image on its own. For explanations they are constants of the forward pass (METHOD
 * section 2): gamma / sqrt(variance + eps) is a scale, beta - mean * that a bias.
 * A variance + eps of 0, or one so small that the scale is no float, is only found out by a run: it then fails with
 * SRD_ERR_NUMBER and names this layer, and the explainer may run again with another input.
 * @param groups  at least 1, divides the channels; neighbouring channels form a group
 * @param gamma, beta  [C], or NULL: 1 and 0; copied
 * @param eps  as trained, for instance 1e-5; at least 0, 0 means 0
 * @layercall
 */
SRD_API srd_layer srd_graph_group_norm(srd_graph *graph, const char *name, srd_layer input, int32_t groups,
                                       const srd_tensor *gamma, const srd_tensor *beta, double eps);

/**
 * Instance normalisation: group normalisation in which every channel is a group. Over one position the result is beta.
 * @param gamma, beta  [C], or NULL: 1 and 0; copied
 * @param eps  as for group normalisation
 * @layercall
 */
SRD_API srd_layer srd_graph_instance_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                                          const srd_tensor *beta, double eps);

/** y = x * scale + shift per channel. @param scale, shift  [C], or NULL: 1 and 0, but not both NULL. @layercall */
SRD_API srd_layer srd_graph_scale_shift(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *scale,
                                        const srd_tensor *shift);

/**
 * Sum of two or more layers of equal shape; the same layer may appear twice. An operand that depends on constants only, beside
 * one that does not, may have axes of size 1, which stand for all of the axis.
 * @param inputs  count ids, copied
 * @param count   at least 2
 * @newlayer
 */
SRD_API srd_layer srd_graph_add(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count);

/**
 * Input + constant (a position embedding): adds two layers, srd_graph_constant() named NAME_constant and srd_graph_add() named
 * NAME, and returns the second. The constant is a bias of the input's paths and gets no relevance (METHOD section 2).
 * @param constant  rank 3, each axis the input's size or 1; or [C]; finite; copied; not NULL
 * @layercall
 */
SRD_API srd_layer srd_graph_add_constant(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *constant);

/* ---- pointwise layers: their output is a site, their input the pre-activation ---------------------------------------- */

/** max(y, 0). @layercall */
SRD_API srd_layer srd_graph_relu(srd_graph *graph, const char *name, srd_layer input);
/** min(max(y, low), high); ReLU6 is clip(0, 6). @param low, high  finite, low < high. @layercall */
SRD_API srd_layer srd_graph_clip(srd_graph *graph, const char *name, srd_layer input, float low, float high);
/** y for y > 0, slope * y otherwise. @param slope  finite. @layercall */
SRD_API srd_layer srd_graph_leaky_relu(srd_graph *graph, const char *name, srd_layer input, float slope);
/** y for y > 0, slope * y otherwise. @param slopes  [C], or [1] for all channels; not NULL. @layercall */
SRD_API srd_layer srd_graph_prelu(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *slopes);
/** y for y > 0, alpha * (exp(y) - 1) otherwise. @param alpha  finite. @layercall */
SRD_API srd_layer srd_graph_elu(srd_graph *graph, const char *name, srd_layer input, float alpha);
/** ELU with alpha 1.6732632423543772 times 1.0507009873554805. @layercall */
SRD_API srd_layer srd_graph_selu(srd_graph *graph, const char *name, srd_layer input);
/**
 * y * Phi(y), Phi the normal distribution.
 * @param approximation  0: that; 1: y * (1 + tanh(sqrt(2 / pi) * (y + 0.044715 * y^3))) / 2
 * @layercall
 */
SRD_API srd_layer srd_graph_gelu(srd_graph *graph, const char *name, srd_layer input, int32_t approximation);
/** y / (1 + exp(-y)). @layercall */
SRD_API srd_layer srd_graph_silu(srd_graph *graph, const char *name, srd_layer input);
/** tanh(y). @layercall */
SRD_API srd_layer srd_graph_tanh(srd_graph *graph, const char *name, srd_layer input);
/** 1 / (1 + exp(-y)). @layercall */
SRD_API srd_layer srd_graph_sigmoid(srd_graph *graph, const char *name, srd_layer input);
/** log(1 + exp(y)). @layercall */
SRD_API srd_layer srd_graph_softplus(srd_graph *graph, const char *name, srd_layer input);
/** y * min(max(y + 3, 0), 6) / 6. @layercall */
SRD_API srd_layer srd_graph_hard_swish(srd_graph *graph, const char *name, srd_layer input);
/** min(max(y + 3, 0), 6) / 6. @layercall */
SRD_API srd_layer srd_graph_hard_sigmoid(srd_graph *graph, const char *name, srd_layer input);
/**
 * y_c / (k + alpha / size * sum of y^2 over the channels c - size / 2 to c + (size - 1) / 2)^beta, at each position.
 * @param size   1 to 63
 * @param alpha  finite, at least 0
 * @param beta   finite
 * @param k      finite, positive
 * @layercall
 */
SRD_API srd_layer srd_graph_local_response_norm(srd_graph *graph, const char *name, srd_layer input, int32_t size, float alpha,
                                                float beta, float k);
/**
 * (y - mean) / sqrt(variance + eps) * gamma + beta, mean and variance over the channels of each position. Where the variance and
 * eps are both 0 the value is beta.
 * @param gamma, beta  [C], or NULL: 1 and 0
 * @param eps  as trained, for instance 1e-6; at least 0
 * @layercall
 */
SRD_API srd_layer srd_graph_layer_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                                       const srd_tensor *beta, double eps);
/** exp(y_c) / sum of exp over the channels, at each position. @layercall */
SRD_API srd_layer srd_graph_softmax(srd_graph *graph, const char *name, srd_layer input);

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
#define SRD_MEAN_HEIGHT 1 /**< the mean runs over rows */
#define SRD_MEAN_WIDTH 2  /**< the mean runs over columns */

/** Mean over rows or columns or both, which keep size 1. @param axes  SRD_MEAN_HEIGHT, SRD_MEAN_WIDTH or their sum. (A mean over
 * channels is a convolution of one pixel with weights 1 / C.) @layercall */
SRD_API srd_layer srd_graph_mean(srd_graph *graph, const char *name, srd_layer input, int32_t axes);
/**
 * The channels of one or more layers of equal height and width, one after the other.
 * @param graph, name  as for all layer calls
 * @param inputs  count ids, copied
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
 * @param inputs  count ids, copied
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

/** Nearest or bilinear interpolation of the grid, each position weighed by its nearness (lib/layers/upsample.c has the equations).
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

/** How tokens attend. A field of value 0 means the default. */
typedef struct srd_attention_options {
    uint32_t struct_size; /**< sizeof(srd_attention_options) */
    int32_t heads;        /**< 0: 1 */
    float scale;          /**< of the products; 0: 1 / sqrt(channels of a head) */
    int32_t reserved;     /**< 0 */
    const srd_tensor
        *mask; /**< added to the scaled products: [T][S] or [heads][T][S], finite or -Inf (a key that no head may see is
                               no path; each query of each head sees at least one); copied; NULL: none */
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
 * srd_graph_layer_input() names value, query, key in this order.
 * @param query  (D, 1, T). @param key  (D, 1, S). @param value  (E, 1, S); D and E multiples of heads. The result is (E, 1, T).
 * @param options  NULL: one head
 * @newlayer
 */
SRD_API srd_layer srd_graph_attention(srd_graph *graph, const char *name, srd_layer query, srd_layer key, srd_layer value,
                                      const srd_attention_options *options);

/* ---- layers of the caller's own ------------------------------------------------------------------------------------------ */

#define SRD_CUSTOM_POINTWISE 0 /**< one vector in, one vector out, same position; its input is the pre-activation of a site */
#define SRD_CUSTOM_GATHER 1    /**< moves, selects or averages PFVs of input 0 with weights that are constants of the run */
#define SRD_CUSTOM_BLACK_BOX 2 /**< anything that keeps the shape; relevance passes with ratio 1, position by position */

/** One way of a custom gather layer into an output position: its channels [channel, channel + count) get weight times the
 * channels from source_channel on of a position of input 0. Ways that meet are added. */
typedef struct srd_custom_tap {
    int32_t position;       /**< of input 0: row * W + column */
    int32_t channel;        /**< first channel of the output */
    int32_t source_channel; /**< first channel of input 0 */
    int32_t count;          /**< of channels, at least 1 */
    float weight;           /**< finite */
} srd_custom_tap;

/** Receives one tap; context is what the library handed to the callback. */
typedef void (*srd_custom_emit)(void *context, const srd_custom_tap *tap);

/**
 * A layer by callbacks, which explainers on several threads, and the workers of one explainer, may call at the same time:
 * what they write lies in what they are handed. They must not call the library, and no exception or longjmp may leave them.
 * Shapes are (C, H, W); values are [position][channel]: number p * C + c for position p = row * W + column.
 */
typedef struct srd_custom_layer {
    uint32_t struct_size; /**< sizeof(srd_custom_layer) */
    int32_t role;         /**< SRD_CUSTOM_POINTWISE (0), SRD_CUSTOM_GATHER or SRD_CUSTOM_BLACK_BOX */
    int32_t most_taps;    /**< gather: most taps of one output position, at least 1; else 0 */
    int32_t pass;     /**< black box: 1: relevance passes with ratio 1; 0: explainers with SRD_MODE_EXPLAIN refuse the graph */
    void *user;       /**< handed to all callbacks */
    size_t workspace; /**< bytes that value() and forward() may use while they run, one per worker, aligned to SRD_ALIGNMENT */
    /** Gather: the shape of the output from those of the inputs (three numbers each), where 0 is not known yet and passes;
     * anything but SRD_OK refuses the graph. NULL: that of input 0. Others: NULL. */
    srd_status (*shape)(void *user, const int32_t *inputs, int32_t count, int32_t *output);
    /** Pointwise: y becomes f(y), in place, one position. */
    void (*value)(void *user, float *y, int32_t channels, void *workspace);
    /** Pointwise, may be NULL: a direction at f(y) becomes one at y, in place: the transpose of the layer as the linear map that it
     * is at y (METHOD section 6). Without it a question whose head would have to pass here is SRD_ERR_UNSUPPORTED. */
    void (*back)(void *user, const float *y, float *direction, int32_t channels);
    /** Gather: tells every tap of an output position to emit. inputs NULL: all that any run may have (only position, channels
     * count); else the values of this run, and the taps must be among those. */
    void (*taps)(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                 srd_custom_emit emit, void *context);
    /** Black box: the whole output from the whole input; a status that is not SRD_OK ends the run, which returns it. */
    srd_status (*forward)(void *user, const int32_t *shape, const float *input, float *output, void *workspace);
} srd_custom_layer;

/** An srd_custom_layer with struct_size set and all else 0. */
#define SRD_CUSTOM_LAYER_INIT                                                              \
    {                                                                                      \
        (uint32_t)sizeof(srd_custom_layer), 0, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL \
    }

/**
 * A layer of the caller's own.
 * @param inputs  count ids, copied. Pointwise and black box: one. Gather: 1 to 4; PFVs come from the first, the others are
 *                frozen and receive no relevance
 * @param count   of inputs
 * @param layer   copied; user and the callbacks must stay until the graph and its explainers are gone; not NULL
 * @newlayer
 */
SRD_API srd_layer srd_graph_custom(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count,
                                   const srd_custom_layer *layer);

/* ---- finishing ----------------------------------------------------------------------------------------------------------- */

/**
 * Name a layer as an output (at least one is needed; output numbers are 0, 1, ... in the order of the calls). A layer may be
 * named twice; an input may be an output. Sticky like a layer call.
 * @param graph  not NULL, not sealed
 * @param layer  a layer of this graph
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (sealed), SRD_ERR_MEMORY, or the failure that the graph has already
 */
SRD_API srd_status srd_graph_output(srd_graph *graph, srd_layer layer);

/**
 * Check the graph, decide sites, compile segments, prepare weights. After SRD_OK the graph never changes again.
 * @param graph   not NULL
 * @param detail  filled on failure; may be NULL
 * @return the first failure since creation, or SRD_ERR_STATE (already sealed, no output), SRD_ERR_MEMORY,
 *         SRD_ERR_UNSUPPORTED, SRD_ERR_NUMBER; a graph that failed can only be freed. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_seal(srd_graph *graph, srd_detail *detail);

/**
 * Copy out the first failure of a graph (status SRD_OK if there is none; a layer call on a sealed graph records none).
 * @param graph   not NULL
 * @param detail  struct_size set by the caller; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT (a NULL, or a struct_size below 16 or above 1024)
 */
SRD_API srd_status srd_graph_detail(const srd_graph *graph, srd_detail *detail);

/* ---- looking at a graph (sealed or not, as said; all allocate nothing) ------------------------------------------------- */

/** Number of layers added so far. @param graph  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_graph_layer_count(const srd_graph *graph);
/** A layer by its name. @param graph, name  may be NULL. @return its id, or SRD_LAYER_NONE when there is none */
SRD_API srd_layer srd_graph_find(const srd_graph *graph, const char *name);
/** Name of a layer. @param graph, layer  any. @return the name, valid until the graph is gone; NULL for an unknown id */
SRD_API const char *srd_graph_layer_name(const srd_graph *graph, srd_layer layer);
/** Kind of a layer. @param graph, layer  any. @return constant text such as "conv2d"; NULL for an unknown id */
SRD_API const char *srd_graph_layer_kind(const srd_graph *graph, srd_layer layer);
/**
 * Whether a layer is a site: whether its PFVs exchange relevance.
 * @param graph, layer  any
 * @return 1 for a site; 0 if it is none, or is dead, or unknown, or the graph is not sealed
 */
SRD_API int32_t srd_graph_is_site(const srd_graph *graph, srd_layer layer);
/**
 * Shape (C, H, W) of a layer at the declared input sizes; H and W are 0 where an input left them open, and C above a flatten
 * of such a layer.
 * @param graph  not NULL
 * @param layer  a layer of it
 * @param shape  receives three numbers; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT
 */
SRD_API SRD_NODISCARD srd_status srd_graph_layer_shape(const srd_graph *graph, srd_layer layer, int32_t *shape);

#define SRD_ROLE_SOURCE 0    /**< an input */
#define SRD_ROLE_POINTWISE 1 /**< activations, softmax, local response norm */
#define SRD_ROLE_GATHER 2    /**< pools, concat, pads, flatten */
#define SRD_ROLE_MIXING 3    /**< convolution, fully connected */
#define SRD_ROLE_POST 4      /**< batch norm, scale/shift, add */
#define SRD_ROLE_NOTHING 5   /**< dropout: stands for its input */

/** What a layer is (METHOD sections 2 and 3). */
typedef struct srd_layer_info {
    uint32_t struct_size; /**< sizeof(srd_layer_info) */
    int32_t role;         /**< SRD_ROLE_... */
    int32_t input_count;  /**< see srd_graph_layer_input() */
    int32_t is_live;      /**< sealed: 1 if it reaches an output */
    int32_t is_site;      /**< sealed: 1 if its PFVs exchange relevance */
    int32_t is_swallowed; /**< sealed: 1 if it is a mixing or post layer inside the segment of a site above it */
    int32_t readers;      /**< sealed: live layers that read it, counted as often as they do */
    int32_t path_layers;  /**< sealed, sites: source sites that its segment receives from */
    int64_t parameters;   /**< numbers that it was given: weights, biases, slopes; a batch norm counts scale and shift */
} srd_layer_info;

/** An srd_layer_info with struct_size set. */
#define SRD_LAYER_INFO_INIT                                      \
    {                                                            \
        (uint32_t)sizeof(srd_layer_info), 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Describe a layer.
 * @param graph  not NULL
 * @param layer  a layer of it
 * @param info   struct_size set by the caller; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT
 */
SRD_API SRD_NODISCARD srd_status srd_graph_layer_info(const srd_graph *graph, srd_layer layer, srd_layer_info *info);
/**
 * An input of a layer as it was added (before dropout is removed).
 * @param graph, layer  any
 * @param input  0 ... input_count - 1 of srd_graph_layer_info()
 * @return its id, or SRD_LAYER_NONE when there is no such one
 */
SRD_API srd_layer srd_graph_layer_input(const srd_graph *graph, srd_layer layer, int32_t input);

#define SRD_DUMP_TEXT 0 /**< a line per layer: id, kind, name, shape, inputs, what it is to the method */
#define SRD_DUMP_DOT 1  /**< a directed graph for Graphviz; sites are boxes, swallowed layers dashed */

/**
 * Write a description of a sealed graph, piece by piece, for people to read; its form may change with any version.
 * @param graph   not NULL
 * @param format  SRD_DUMP_TEXT or SRD_DUMP_DOT
 * @param write   gets length characters at a time, not terminated, on the calling thread; cannot stop the dump; not NULL
 * @param user    handed to write
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (not sealed). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_dump(const srd_graph *graph, int32_t format,
                                                void (*write)(void *user, const char *text, size_t length), void *user);

/** Number of inputs added so far. @param graph  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_graph_input_count(const srd_graph *graph);
/**
 * The layer of an input number.
 * @param graph  may be NULL
 * @param input  0, 1, ... in the order of srd_graph_input()
 * @return its id, or SRD_LAYER_NONE
 */
SRD_API srd_layer srd_graph_input_layer(const srd_graph *graph, int32_t input);
/** Number of outputs named so far. @param graph  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_graph_output_count(const srd_graph *graph);
/** The layer of an output number. @param graph, output  any. @return its id, or SRD_LAYER_NONE */
SRD_API srd_layer srd_graph_output_layer(const srd_graph *graph, int32_t output);
/** Bytes that the graph holds now. @param graph  may be NULL. @return after seal, exactly what a block must have; 0 for NULL */
SRD_API size_t srd_graph_memory_used(const srd_graph *graph);

#ifdef __cplusplus
}
#endif

#endif
