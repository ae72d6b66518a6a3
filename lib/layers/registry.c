/* registry.c -- the list of all kinds of layers that this build has. */
#include "layers/kinds.h"

const srd__kind *const srd__kinds[] = {
    &srd__kind_input,
#if SRD_WITH_CONV2D
    &srd__kind_conv2d,
#endif
#if SRD_WITH_LINEAR
    &srd__kind_linear,
    &srd__kind_linear_tokens,
#endif
#if SRD_WITH_AFFINE
    &srd__kind_batch_norm,
    &srd__kind_scale_shift,
#endif
#if SRD_WITH_GROUP_NORM
    &srd__kind_instance_norm,
    &srd__kind_group_norm,
#endif
#if SRD_WITH_ADD
    &srd__kind_add,
#endif
#if SRD_WITH_RELU
    &srd__kind_relu,
#endif
#if SRD_WITH_CLIP
    &srd__kind_clip,
#endif
#if SRD_WITH_LEAKY_RELU
    &srd__kind_leaky_relu,
#endif
#if SRD_WITH_CURVES
    &srd__kind_sigmoid,
    &srd__kind_tanh,
    &srd__kind_silu,
    &srd__kind_softplus,
    &srd__kind_elu,
    &srd__kind_selu,
    &srd__kind_gelu,
    &srd__kind_hard_sigmoid,
    &srd__kind_hard_swish,
#endif
#if SRD_WITH_PRELU
    &srd__kind_prelu,
#endif
#if SRD_WITH_LOCAL_RESPONSE_NORM
    &srd__kind_local_response_norm,
#endif
#if SRD_WITH_ADAPTIVE_AVG_POOL2D
    &srd__kind_adaptive_avg_pool2d,
#endif
#if SRD_WITH_SOFTMAX
    &srd__kind_softmax,
#endif
#if SRD_WITH_MAX_POOL2D
    &srd__kind_max_pool2d,
#endif
#if SRD_WITH_AVG_POOL2D
    &srd__kind_avg_pool2d,
    &srd__kind_global_avg_pool,
    &srd__kind_mean,
#endif
#if SRD_WITH_CONCAT
    &srd__kind_concat,
#endif
#if SRD_WITH_FLATTEN
    &srd__kind_flatten,
#endif
#if SRD_WITH_DROPOUT
    &srd__kind_dropout,
#endif
#if SRD_WITH_PAD
    &srd__kind_zero_pad2d,
    &srd__kind_zero_channels,
    &srd__kind_subsample2d,
    &srd__kind_constant_pad2d,
#endif
#if SRD_WITH_CONV_TRANSPOSE2D
    &srd__kind_conv_transpose2d,
#endif
#if SRD_WITH_CONSTANT
    &srd__kind_constant,
#endif
#if SRD_WITH_LAYER_NORM
    &srd__kind_layer_norm,
#endif
#if SRD_WITH_GATE
    &srd__kind_gate,
#endif
#if SRD_WITH_ATTENTION
    &srd__kind_attention,
#endif
#if SRD_WITH_VIEWS
    &srd__kind_slice,
    &srd__kind_shuffle,
    &srd__kind_reshape,
#endif
#if SRD_WITH_MOVES
    &srd__kind_concat_tokens,
    &srd__kind_select_tokens,
    &srd__kind_transpose,
#endif
#if SRD_WITH_CUSTOM
    &srd__kind_custom_pointwise,
    &srd__kind_custom_gather,
#endif
#if SRD_WITH_UPSAMPLE
    &srd__kind_upsample,
#endif
    NULL,
};
