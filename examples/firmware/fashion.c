/* fashion.c -- the quickstart's network, its weights as bytes, as a table of where its numbers lie. */
#include "fashion_int8.h"
#include "net.h"

#define CONV(where, n)                                                                                                   \
    {                                                                                                                    \
        { fashion_int8_##where##conv##n##_weight, fashion_int8_##where##conv##n##_scale },                               \
            fashion_int8_##where##bn##n##_gamma, fashion_int8_##where##bn##n##_beta, fashion_int8_##where##bn##n##_mean, \
            fashion_int8_##where##bn##n##_var                                                                            \
    }
#define NONE                                   \
    {                                          \
        { NULL, NULL }, NULL, NULL, NULL, NULL \
    }

static const net_block blocks[] = {
    { 16, 1, CONV(block1_, 1), CONV(block1_, 2), NONE },
    { 32, 2, CONV(block2_, 1), CONV(block2_, 2), CONV(block2_, 3) },
    { 32, 1, CONV(block3_, 1), CONV(block3_, 2), NONE },
    { 64, 2, CONV(block4_, 1), CONV(block4_, 2), CONV(block4_, 3) },
};

const net net_fashion = {
    1,
    28,
    16,
    CONV(, 1),
    (int32_t)(sizeof blocks / sizeof *blocks),
    blocks,
    10,
    { fashion_int8_fc_weight, fashion_int8_fc_scale },
    fashion_int8_fc_bias,
    FASHION_INT8_BN_EPS,
};
