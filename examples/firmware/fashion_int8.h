/* fashion_int8.h -- the quickstart's network with a byte for each weight, by quantise.py; do not edit. fashion_net.h says what is what. */
#ifndef FIRMWARE_FASHION_INT8_H
#define FIRMWARE_FASHION_INT8_H

#include <stdint.h>

/* clang-format off */
#define FASHION_INT8_INPUT_MEAN 0.286f
#define FASHION_INT8_INPUT_STD 0.353f
#define FASHION_INT8_BN_EPS 1e-05f

extern const char *const fashion_int8_labels[10];
extern const int8_t fashion_int8_conv1_weight[16 * 1 * 3 * 3];
extern const float fashion_int8_conv1_scale[16];
extern const float fashion_int8_bn1_gamma[16];
extern const float fashion_int8_bn1_beta[16];
extern const float fashion_int8_bn1_mean[16];
extern const float fashion_int8_bn1_var[16];
extern const int8_t fashion_int8_block1_conv1_weight[16 * 16 * 3 * 3];
extern const float fashion_int8_block1_conv1_scale[16];
extern const float fashion_int8_block1_bn1_gamma[16];
extern const float fashion_int8_block1_bn1_beta[16];
extern const float fashion_int8_block1_bn1_mean[16];
extern const float fashion_int8_block1_bn1_var[16];
extern const int8_t fashion_int8_block1_conv2_weight[16 * 16 * 3 * 3];
extern const float fashion_int8_block1_conv2_scale[16];
extern const float fashion_int8_block1_bn2_gamma[16];
extern const float fashion_int8_block1_bn2_beta[16];
extern const float fashion_int8_block1_bn2_mean[16];
extern const float fashion_int8_block1_bn2_var[16];
extern const int8_t fashion_int8_block2_conv1_weight[32 * 16 * 3 * 3];
extern const float fashion_int8_block2_conv1_scale[32];
extern const float fashion_int8_block2_bn1_gamma[32];
extern const float fashion_int8_block2_bn1_beta[32];
extern const float fashion_int8_block2_bn1_mean[32];
extern const float fashion_int8_block2_bn1_var[32];
extern const int8_t fashion_int8_block2_conv2_weight[32 * 32 * 3 * 3];
extern const float fashion_int8_block2_conv2_scale[32];
extern const float fashion_int8_block2_bn2_gamma[32];
extern const float fashion_int8_block2_bn2_beta[32];
extern const float fashion_int8_block2_bn2_mean[32];
extern const float fashion_int8_block2_bn2_var[32];
extern const int8_t fashion_int8_block2_conv3_weight[32 * 16 * 1 * 1];
extern const float fashion_int8_block2_conv3_scale[32];
extern const float fashion_int8_block2_bn3_gamma[32];
extern const float fashion_int8_block2_bn3_beta[32];
extern const float fashion_int8_block2_bn3_mean[32];
extern const float fashion_int8_block2_bn3_var[32];
extern const int8_t fashion_int8_block3_conv1_weight[32 * 32 * 3 * 3];
extern const float fashion_int8_block3_conv1_scale[32];
extern const float fashion_int8_block3_bn1_gamma[32];
extern const float fashion_int8_block3_bn1_beta[32];
extern const float fashion_int8_block3_bn1_mean[32];
extern const float fashion_int8_block3_bn1_var[32];
extern const int8_t fashion_int8_block3_conv2_weight[32 * 32 * 3 * 3];
extern const float fashion_int8_block3_conv2_scale[32];
extern const float fashion_int8_block3_bn2_gamma[32];
extern const float fashion_int8_block3_bn2_beta[32];
extern const float fashion_int8_block3_bn2_mean[32];
extern const float fashion_int8_block3_bn2_var[32];
extern const int8_t fashion_int8_block4_conv1_weight[64 * 32 * 3 * 3];
extern const float fashion_int8_block4_conv1_scale[64];
extern const float fashion_int8_block4_bn1_gamma[64];
extern const float fashion_int8_block4_bn1_beta[64];
extern const float fashion_int8_block4_bn1_mean[64];
extern const float fashion_int8_block4_bn1_var[64];
extern const int8_t fashion_int8_block4_conv2_weight[64 * 64 * 3 * 3];
extern const float fashion_int8_block4_conv2_scale[64];
extern const float fashion_int8_block4_bn2_gamma[64];
extern const float fashion_int8_block4_bn2_beta[64];
extern const float fashion_int8_block4_bn2_mean[64];
extern const float fashion_int8_block4_bn2_var[64];
extern const int8_t fashion_int8_block4_conv3_weight[64 * 32 * 1 * 1];
extern const float fashion_int8_block4_conv3_scale[64];
extern const float fashion_int8_block4_bn3_gamma[64];
extern const float fashion_int8_block4_bn3_beta[64];
extern const float fashion_int8_block4_bn3_mean[64];
extern const float fashion_int8_block4_bn3_var[64];
extern const int8_t fashion_int8_fc_weight[10 * 64];
extern const float fashion_int8_fc_scale[10];
extern const float fashion_int8_fc_bias[10];
/* clang-format on */

#endif
