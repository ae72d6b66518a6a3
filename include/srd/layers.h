/**
 * @file
 * layers.h -- one call per layer: what a network is built of. gather.h has those that move, select or average PFVs (pools,
 * concatenations, attention). graph.h makes the graph, and seals it.
 *
 * Parameters common to all layer calls (`@layercall` below stands for graph, name, input and what is returned, `@newlayer` for the same without input):
 * - graph: not NULL, not sealed
 * - name: valid UTF-8 (else SRD_ERR_ARGUMENT), unique in the graph, not empty, at most 4095 bytes, copied; NULL: the library makes one from kind and id, such as relu_3
 * - input: a layer added before, of this graph
 * - tensors: of SRD_FLOAT32, any strides, finite; `weight` of a convolution or fully connected layer may have another type, see
 *   below. With SRD_WEIGHTS_COPY everything is copied at the call, tensors and
 *   numbers may go at once. With SRD_WEIGHTS_BORROW the numbers of the weights of conv2d, conv_transpose2d, linear and linear_tokens are read
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
 * Threads: a graph under construction belongs to one thread. Allocation: layer calls allocate from the graph's memory.
 * Since 0.1, where nothing else is said.
 */
#ifndef SRD_LAYERS_H
#define SRD_LAYERS_H

#include "srd/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/** How the weight of a fully connected layer is written. NULL in its place, or a field of value 0, means the default. Since 0.2. */
typedef struct srd_linear_options {
    uint32_t struct_size;           /**< sizeof(srd_linear_options) */
    int32_t reserved;               /**< 0 */
    const srd_tensor *weight_scale; /**< [O]: for a weight of SRD_INT8, see above; NULL with other types */
    const srd_tensor *weight_zero;  /**< [O]: its zero points, or NULL: 0; NULL with other types */
} srd_linear_options;

/** An srd_linear_options with struct_size set and all else 0. */
#define SRD_LINEAR_OPTIONS_INIT                             \
    {                                                       \
        (uint32_t)sizeof(srd_linear_options), 0, NULL, NULL \
    }

/**
 * Fully connected layer over the whole input, flattened in the order C, H, W; the result is (O, 1, 1).
 * @param weight  [O][C * H * W]; not NULL
 * @param bias    [O], or NULL
 * @param options NULL: a weight without scale
 * @layercall
 */
SRD_API srd_layer srd_graph_linear(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                   const srd_tensor *bias, const srd_linear_options *options);

/**
 * The same fully connected layer at every position (a linear layer applied per token): a convolution of one pixel.
 * @param weight  [O][I]; not NULL
 * @param bias    [O], or NULL
 * @param options NULL: a weight without scale
 * @layercall
 */
SRD_API srd_layer srd_graph_linear_tokens(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *weight,
                                          const srd_tensor *bias, const srd_linear_options *options);

/** How a transposed convolution slides; strides and pads are at most 2^20. NULL in its place, or a field of value 0, means the default. */
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

/**
 * Global response normalisation of ConvNeXt V2: y = (gamma N + 1) x + beta per channel, where N is a channel's share of the whole
 * response: N_c = G_c / (mean of G over the channels + eps), G_c = the root of the sum of x^2 over all positions of channel c, of each
 * image on its own. For explanations N is a constant of the forward pass (METHOD section 2): gamma N + 1 is a scale, beta a bias.
 * Where all of an image is 0 and eps, too, a run fails with SRD_ERR_NUMBER and names this layer; the explainer may run again.
 * @param gamma, beta  [C], or NULL: 1 and 0; copied
 * @param eps  as trained, for instance 1e-6; at least 0, 0 means 0
 * @layercall
 */
SRD_API srd_layer srd_graph_global_response_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                                                 const srd_tensor *beta, double eps);

/** y = x * scale + shift per channel. @param scale, shift  [C], or NULL: 1 and 0, but not both NULL. @layercall */
SRD_API srd_layer srd_graph_scale_shift(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *scale,
                                        const srd_tensor *shift);

/**
 * Sum of two or more layers of equal shape; the same layer may appear twice. An operand that depends on constants only, beside
 * one that does not, may have axes of size 1, which stand for all of the axis.
 * @param inputs  count ids, copied; not NULL
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
#define SRD_GELU_EXACT 0 /**< y * Phi(y), by the error function */
#define SRD_GELU_TANH 1  /**< y * (1 + tanh(sqrt(2 / pi) * (y + 0.044715 * y^3))) / 2 */

/**
 * y * Phi(y), Phi the normal distribution.
 * @param approximation  SRD_GELU_EXACT or SRD_GELU_TANH
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
/** y for y > 0, alpha * (exp(y / alpha) - 1) otherwise. Since 0.2. @param alpha  finite, not 0. @layercall */
SRD_API srd_layer srd_graph_celu(srd_graph *graph, const char *name, srd_layer input, float alpha);
/** y * tanh(log(1 + exp(y))). Since 0.2. @layercall */
SRD_API srd_layer srd_graph_mish(srd_graph *graph, const char *name, srd_layer input);
/** -log(1 + exp(-y)), the logarithm of the sigmoid. Since 0.2. @layercall */
SRD_API srd_layer srd_graph_log_sigmoid(srd_graph *graph, const char *name, srd_layer input);
/** y / (1 + |y|). Since 0.2. @layercall */
SRD_API srd_layer srd_graph_softsign(srd_graph *graph, const char *name, srd_layer input);
/** |y|. Its secant from zero and its derivative at y = 0 are 0. Since 0.2. @layercall */
SRD_API srd_layer srd_graph_abs(srd_graph *graph, const char *name, srd_layer input);
/** exp(y). A run in which it overflows fails with SRD_ERR_NUMBER and names this layer. Since 0.2. @layercall */
SRD_API srd_layer srd_graph_exp(srd_graph *graph, const char *name, srd_layer input);
/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to y. Since 0.2. @layercall */
SRD_API srd_layer srd_graph_erf(srd_graph *graph, const char *name, srd_layer input);
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
/**
 * RMS normalisation over the channels of each position: y / sqrt(mean(y^2) + eps) * gamma. In the directed head and in Grad-CAM the
 * root is a constant of the run, as a layer norm's deviation is. Where it is 0, so is the result. Since 0.2.
 * @param gamma  [C], or NULL: 1; copied
 * @param eps  as trained, for instance 1e-6; at least 0
 * @layercall
 */
SRD_API srd_layer srd_graph_rms_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma, double eps);
/**
 * L2 normalisation over the channels of each position: y / max(sqrt(sum(y^2)), eps). The root is a constant of the run, as for
 * srd_graph_rms_norm(). Where it is 0, so is the result. Since 0.2.
 * @param eps  for instance 1e-12; at least 0
 * @layercall
 */
SRD_API srd_layer srd_graph_l2_norm(srd_graph *graph, const char *name, srd_layer input, double eps);
/** exp(y_c) / sum of exp over the channels, at each position. @layercall */
SRD_API srd_layer srd_graph_softmax(srd_graph *graph, const char *name, srd_layer input);

/* ---- layers of the caller's own ------------------------------------------------------------------------------------------ */

#define SRD_CUSTOM_POINTWISE 0 /**< one vector in, one vector out, same position; its input is the pre-activation of a site */
#define SRD_CUSTOM_GATHER 1    /**< moves, selects or averages PFVs of input 0 with weights that are constants of the run */
#define SRD_CUSTOM_BLACK_BOX 2 /**< anything that keeps the shape; relevance passes with ratio 1, position by position */

/** One way of a custom gather layer into an output position: its channels [channel, channel + count) get weight times the
 * channels from source_channel on of a position of input 0. Ways that meet are added. */
typedef struct srd_custom_tap {
    uint32_t struct_size;   /**< sizeof(srd_custom_tap) */
    int32_t position;       /**< of input 0: row * W + column */
    int32_t channel;        /**< first channel of the output */
    int32_t source_channel; /**< first channel of input 0 */
    int32_t count;          /**< of channels, at least 1 */
    float weight;           /**< finite */
} srd_custom_tap;

/** An srd_custom_tap with struct_size set and all else 0. */
#define SRD_CUSTOM_TAP_INIT                             \
    {                                                   \
        (uint32_t)sizeof(srd_custom_tap), 0, 0, 0, 0, 0 \
    }

/** Receives one tap, which it reads during the call only; context is what the library handed to the callback. */
typedef void (*srd_custom_emit)(void *context, const srd_custom_tap *tap);

/** Gather: the shape (C, H, W) of the output from those of the inputs (count times three numbers), where 0 is not known yet and passes;
 * anything but SRD_OK refuses the graph. */
typedef srd_status (*srd_custom_shape)(void *user, const int32_t *inputs, int32_t count, int32_t *output);
/** Pointwise: y becomes f(y), in place, one position of so many channels. */
typedef void (*srd_custom_value)(void *user, float *y, int32_t channels, void *workspace);
/** Pointwise: a direction at f(y) becomes one at y, in place: the transpose of the layer as the linear map that it is at y (METHOD
 * section 6). */
typedef void (*srd_custom_back)(void *user, const float *y, float *direction, int32_t channels);
/** Gather: tells every tap of an output position to emit, with context. shapes: count times three numbers. inputs NULL: all taps that
 * any run may have (only position, channels, count); else the values of this run, and the taps must be among those. */
typedef void (*srd_custom_taps)(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                                srd_custom_emit emit, void *context);
/** Black box: the whole output from the whole input, both of this shape (C, H, W); a status that is not SRD_OK ends the run, which
 * returns it. */
typedef srd_status (*srd_custom_forward)(void *user, const int32_t *shape, const float *input, float *output, void *workspace);

/**
 * A layer by callbacks, which explainers on several threads, and the workers of one explainer, may call at the same time:
 * what they write lies in what they are handed. They must not call the library, and no exception or longjmp may leave them.
 * Values are [position][channel]: number p * C + c for position p = row * W + column. What the role does not use is NULL or 0.
 */
typedef struct srd_custom_layer {
    uint32_t struct_size; /**< sizeof(srd_custom_layer) */
    int32_t role;         /**< SRD_CUSTOM_POINTWISE (0), SRD_CUSTOM_GATHER or SRD_CUSTOM_BLACK_BOX */
    int32_t most_taps;    /**< gather: most taps of one output position, at least 1; else 0 */
    int32_t passes;   /**< black box: 1: relevance passes with ratio 1; 0: explainers with SRD_MODE_EXPLAIN refuse the graph */
    void *user;       /**< handed to all callbacks */
    size_t workspace; /**< bytes that value and forward may use while they run, one per worker, aligned to SRD_ALIGNMENT */
    srd_custom_shape shape; /**< gather; NULL: the shape of input 0 */
    srd_custom_value value; /**< pointwise */
    srd_custom_back
        back; /**< pointwise, may be NULL: a question whose head would have to pass here is then SRD_ERR_UNSUPPORTED */
    srd_custom_taps taps;       /**< gather */
    srd_custom_forward forward; /**< black box */
} srd_custom_layer;

/** An srd_custom_layer with struct_size set and all else 0. */
#define SRD_CUSTOM_LAYER_INIT                                                              \
    {                                                                                      \
        (uint32_t)sizeof(srd_custom_layer), 0, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL \
    }

/**
 * A layer of the caller's own.
 * @param inputs  count ids, copied; not NULL. Pointwise and black box: one. Gather: 1 to 4; PFVs come from the first, the others are
 *                frozen and receive no relevance
 * @param count   of inputs
 * @param layer   copied; user and the callbacks must stay until the graph and its explainers are gone; not NULL
 * @newlayer
 */
SRD_API srd_layer srd_graph_custom(srd_graph *graph, const char *name, const srd_layer *inputs, int32_t count,
                                   const srd_custom_layer *layer);

#ifdef __cplusplus
}
#endif

#endif
