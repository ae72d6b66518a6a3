/*
 * switches.h -- the 0/1 switches that leave kinds of layers out of a build; the list layers/kinds.def says which kinds each of them
 * leaves out (tests/abi/kinds.sh compares the two). A layer-adding function of a kind that is left out fails with
 * SRD_ERR_UNSUPPORTED and names the switch. What else can be left out: base/platform.h.
 */
#ifndef SRD_BASE_SWITCHES_H
#define SRD_BASE_SWITCHES_H

#ifndef SRD_WITH_CONV2D
#define SRD_WITH_CONV2D 1
#endif
#ifndef SRD_WITH_LINEAR
#define SRD_WITH_LINEAR 1
#endif
#ifndef SRD_WITH_AFFINE
#define SRD_WITH_AFFINE 1
#endif
#ifndef SRD_WITH_GROUP_NORM
#define SRD_WITH_GROUP_NORM 1
#endif
#ifndef SRD_WITH_ADD
#define SRD_WITH_ADD 1
#endif
#ifndef SRD_WITH_RELU
#define SRD_WITH_RELU 1
#endif
#ifndef SRD_WITH_CLIP
#define SRD_WITH_CLIP 1
#endif
#ifndef SRD_WITH_LEAKY_RELU
#define SRD_WITH_LEAKY_RELU 1
#endif
#ifndef SRD_WITH_CURVES
#define SRD_WITH_CURVES 1
#endif
#ifndef SRD_WITH_PRELU
#define SRD_WITH_PRELU 1
#endif
#ifndef SRD_WITH_LOCAL_RESPONSE_NORM
#define SRD_WITH_LOCAL_RESPONSE_NORM 1
#endif
#ifndef SRD_WITH_ADAPTIVE_AVG_POOL2D
#define SRD_WITH_ADAPTIVE_AVG_POOL2D 1
#endif
#ifndef SRD_WITH_ADAPTIVE_MAX_POOL2D
#define SRD_WITH_ADAPTIVE_MAX_POOL2D 1
#endif
#ifndef SRD_WITH_MAXIMUM
#define SRD_WITH_MAXIMUM 1
#endif
#ifndef SRD_WITH_SOFTMAX
#define SRD_WITH_SOFTMAX 1
#endif
#ifndef SRD_WITH_MAX_POOL2D
#define SRD_WITH_MAX_POOL2D 1
#endif
#ifndef SRD_WITH_AVG_POOL2D
#define SRD_WITH_AVG_POOL2D 1
#endif
#ifndef SRD_WITH_CONCAT
#define SRD_WITH_CONCAT 1
#endif
#ifndef SRD_WITH_FLATTEN
#define SRD_WITH_FLATTEN 1
#endif
#ifndef SRD_WITH_DROPOUT
#define SRD_WITH_DROPOUT 1
#endif
#ifndef SRD_WITH_PAD
#define SRD_WITH_PAD 1
#endif
#ifndef SRD_WITH_CONV_TRANSPOSE2D
#define SRD_WITH_CONV_TRANSPOSE2D 1
#endif
#ifndef SRD_WITH_CONSTANT
#define SRD_WITH_CONSTANT 1
#endif
#ifndef SRD_WITH_LAYER_NORM
#define SRD_WITH_LAYER_NORM 1
#endif
#ifndef SRD_WITH_ROOT_NORMS
#define SRD_WITH_ROOT_NORMS 1
#endif
#ifndef SRD_WITH_GATE
#define SRD_WITH_GATE 1
#endif
#ifndef SRD_WITH_ATTENTION
#define SRD_WITH_ATTENTION 1
#endif
#ifndef SRD_WITH_VIEWS
#define SRD_WITH_VIEWS 1
#endif
#ifndef SRD_WITH_MOVES
#define SRD_WITH_MOVES 1
#endif
#ifndef SRD_WITH_POSITION_MOVES
#define SRD_WITH_POSITION_MOVES 1
#endif
#ifndef SRD_WITH_BLOCKS
#define SRD_WITH_BLOCKS 1
#endif
#ifndef SRD_WITH_CUSTOM
#define SRD_WITH_CUSTOM 1
#endif
#ifndef SRD_WITH_UPSAMPLE
#define SRD_WITH_UPSAMPLE 1
#endif

#endif
