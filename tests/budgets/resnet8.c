/* resnet8.c -- ResNet-8 on 32 x 32 x 3 with 16, 32 and 64 channels, with made-up weights: what counts here are sizes. */
#include "resnet8.h"

#include <stddef.h>

#define STEM_WEIGHTS (16 * 3 * 9)
#define BLOCK_WEIGHTS(in, out) ((out) * (in)*9 + (out) * (out)*9 + (out) * (in))
#define CLASSES 10
#define NUMBERS (STEM_WEIGHTS + 16 * 16 * 9 * 2 + BLOCK_WEIGHTS(16, 32) + BLOCK_WEIGHTS(32, 64) + CLASSES * 64 + CLASSES)

/* They stand for arrays in flash, and are no part of the memory that is measured. */
static float numbers[NUMBERS];
static float ones[64], zeros[64];

static net_block blocks[3];
static net resnet8;
static size_t used;
static uint32_t state;

/* In [-1, 1). */
static float next(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)state * (1.0f / 2147483648.0f);
}

/* So many, of a size that keeps the numbers of the network near 1. */
static const float *take(size_t count, float size)
{
    float *const taken = numbers + used;

    used += count;
    for (size_t i = 0; i < count; ++i) taken[i] = size * next();
    return taken;
}

static net_conv conv(int32_t in, int32_t out, int32_t kernel, float size)
{
    const net_conv made = { { take((size_t)(out * in * kernel * kernel), size), NULL }, ones, zeros, zeros, ones };

    return made;
}

const net *resnet8_make(void)
{
    static const int32_t channels[4] = { 16, 16, 32, 64 };

    used = 0;
    state = 1;
    for (int i = 0; i < 64; ++i) ones[i] = 1.0f;
    resnet8.channels = 3;
    resnet8.side = RESNET8_SIDE;
    resnet8.stem_channels = channels[0];
    resnet8.stem = conv(3, channels[0], 3, 0.45f); /* sqrt(6 / 27) */
    for (int i = 0; i < 3; ++i) {
        const int32_t in = channels[i], out = channels[i + 1];

        blocks[i].channels = out;
        blocks[i].stride = i == 0 ? 1 : 2;
        blocks[i].first = conv(in, out, 3, 0.2f);
        blocks[i].second = conv(out, out, 3, 0.1f);
        if (in != out) blocks[i].projection = conv(in, out, 1, 0.4f);
    }
    resnet8.block_count = 3;
    resnet8.blocks = blocks;
    resnet8.classes = CLASSES;
    resnet8.weight.numbers = take(CLASSES * 64, 0.2f);
    resnet8.bias = take(CLASSES, 0.1f);
    resnet8.eps = 1e-5;
    return &resnet8;
}
