/*
 * fashion_net.h: the network of the quick start.
 *
 * A small residual CNN with batch normalisation, made by train.py (do not
 * edit). It has 96314 parameters and classifies
 * 93.62 % of the 10,000 test pictures correctly.
 * Data set: Fashion-MNIST by Zalando Research (MIT licence).
 */

#ifndef FASHION_NET_H
#define FASHION_NET_H

/*
 * The input is one picture of 1 x 28 x 28 values, light clothes on black:
 *   (pixel / 255 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD
 *
 * The layers; every 3x3 convolution has padding 1, none has a bias:
 *   conv1   3x3    1 -> 16  28 x 28    bn1, relu
 *   block1        16 -> 16  28 x 28
 *   block2        16 -> 32  14 x 14    stride 2, projection
 *   block3        32 -> 32  14 x 14
 *   block4        32 -> 64   7 x 7     stride 2, projection
 *   global average pool
 *   fc            64 -> 10  logits     with bias
 *
 * A block computes relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)), with
 * 3x3 convolutions; the stride is that of conv1. The shortcut is the identity,
 * or where the block has a projection bn3(conv3(x)), with the 1x1 convolution
 * conv3 of the same stride and without padding.
 *
 * Batch norm is gamma * (x - mean) / sqrt(var + FASHION_NET_BN_EPS) + beta.
 */
#define FASHION_NET_INPUT_MEAN 0.286f
#define FASHION_NET_INPUT_STD 0.353f
#define FASHION_NET_BN_EPS 1e-05f

extern const char *const fashion_net_labels[10];

extern const float fashion_net_conv1_weight[16 * 1 * 3 * 3];         /* [out][in][kh][kw] */
extern const float fashion_net_bn1_gamma[16];                        /* [channel] */
extern const float fashion_net_bn1_beta[16];                         /* [channel] */
extern const float fashion_net_bn1_mean[16];                         /* [channel] */
extern const float fashion_net_bn1_var[16];                          /* [channel] */
extern const float fashion_net_block1_conv1_weight[16 * 16 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block1_bn1_gamma[16];                 /* [channel] */
extern const float fashion_net_block1_bn1_beta[16];                  /* [channel] */
extern const float fashion_net_block1_bn1_mean[16];                  /* [channel] */
extern const float fashion_net_block1_bn1_var[16];                   /* [channel] */
extern const float fashion_net_block1_conv2_weight[16 * 16 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block1_bn2_gamma[16];                 /* [channel] */
extern const float fashion_net_block1_bn2_beta[16];                  /* [channel] */
extern const float fashion_net_block1_bn2_mean[16];                  /* [channel] */
extern const float fashion_net_block1_bn2_var[16];                   /* [channel] */
extern const float fashion_net_block2_conv1_weight[32 * 16 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block2_bn1_gamma[32];                 /* [channel] */
extern const float fashion_net_block2_bn1_beta[32];                  /* [channel] */
extern const float fashion_net_block2_bn1_mean[32];                  /* [channel] */
extern const float fashion_net_block2_bn1_var[32];                   /* [channel] */
extern const float fashion_net_block2_conv2_weight[32 * 32 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block2_bn2_gamma[32];                 /* [channel] */
extern const float fashion_net_block2_bn2_beta[32];                  /* [channel] */
extern const float fashion_net_block2_bn2_mean[32];                  /* [channel] */
extern const float fashion_net_block2_bn2_var[32];                   /* [channel] */
extern const float fashion_net_block2_conv3_weight[32 * 16 * 1 * 1]; /* [out][in][kh][kw] */
extern const float fashion_net_block2_bn3_gamma[32];                 /* [channel] */
extern const float fashion_net_block2_bn3_beta[32];                  /* [channel] */
extern const float fashion_net_block2_bn3_mean[32];                  /* [channel] */
extern const float fashion_net_block2_bn3_var[32];                   /* [channel] */
extern const float fashion_net_block3_conv1_weight[32 * 32 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block3_bn1_gamma[32];                 /* [channel] */
extern const float fashion_net_block3_bn1_beta[32];                  /* [channel] */
extern const float fashion_net_block3_bn1_mean[32];                  /* [channel] */
extern const float fashion_net_block3_bn1_var[32];                   /* [channel] */
extern const float fashion_net_block3_conv2_weight[32 * 32 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block3_bn2_gamma[32];                 /* [channel] */
extern const float fashion_net_block3_bn2_beta[32];                  /* [channel] */
extern const float fashion_net_block3_bn2_mean[32];                  /* [channel] */
extern const float fashion_net_block3_bn2_var[32];                   /* [channel] */
extern const float fashion_net_block4_conv1_weight[64 * 32 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block4_bn1_gamma[64];                 /* [channel] */
extern const float fashion_net_block4_bn1_beta[64];                  /* [channel] */
extern const float fashion_net_block4_bn1_mean[64];                  /* [channel] */
extern const float fashion_net_block4_bn1_var[64];                   /* [channel] */
extern const float fashion_net_block4_conv2_weight[64 * 64 * 3 * 3]; /* [out][in][kh][kw] */
extern const float fashion_net_block4_bn2_gamma[64];                 /* [channel] */
extern const float fashion_net_block4_bn2_beta[64];                  /* [channel] */
extern const float fashion_net_block4_bn2_mean[64];                  /* [channel] */
extern const float fashion_net_block4_bn2_var[64];                   /* [channel] */
extern const float fashion_net_block4_conv3_weight[64 * 32 * 1 * 1]; /* [out][in][kh][kw] */
extern const float fashion_net_block4_bn3_gamma[64];                 /* [channel] */
extern const float fashion_net_block4_bn3_beta[64];                  /* [channel] */
extern const float fashion_net_block4_bn3_mean[64];                  /* [channel] */
extern const float fashion_net_block4_bn3_var[64];                   /* [channel] */
extern const float fashion_net_fc_weight[10 * 64];                   /* [out][in] */
extern const float fashion_net_fc_bias[10];                          /* [out] */

#endif
