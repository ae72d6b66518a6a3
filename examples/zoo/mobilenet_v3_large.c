/*
 * mobilenet_v3_large.c -- MobileNet V3 large as torchvision.models.mobilenet_v3_large: hard-swish, and gates per channel whose
 * squeezed widths are rounded to multiples of 8.
 */
#include "networks.h"

#define EPS 0.001

typedef struct block {
    int32_t kernel, wide, out, excited, swish, stride;
} block;

static int32_t multiple_of_8(int32_t n)
{
    const int32_t rounded = (n + 4) / 8 * 8, most = rounded > 8 ? rounded : 8;

    return 10 * most < 9 * n ? most + 8 : most;
}

static srd_layer inverted_residual(zoo *z, srd_layer x, const block *b)
{
    static const char *const numbers[4] = { "0", "1", "2", "3" };
    const zoo_activation act = b->swish ? srd_graph_hard_swish : srd_graph_relu;
    const zoo_conv_shape depthwise = {
        .out = b->wide, .kernel = b->kernel, .stride = b->stride, .pad = b->kernel / 2, .groups = b->wide
    };
    const int32_t in = zoo_channels(z, x);
    srd_layer y = x;
    int32_t n = 0;

    zoo_enter(z, "block");
    if (b->wide != in) {
        y = zoo_conv_norm(z, numbers[n++], y, (zoo_conv_shape){ .out = b->wide, .kernel = 1 }, EPS, act);
    }
    y = zoo_conv_norm(z, numbers[n++], y, depthwise, EPS, act);
    if (b->excited) y = zoo_excite(z, numbers[n++], y, multiple_of_8(b->wide / 4), srd_graph_relu, srd_graph_hard_sigmoid);
    y = zoo_conv_norm(z, numbers[n], y, (zoo_conv_shape){ .out = b->out, .kernel = 1 }, EPS, NULL);
    zoo_leave(z);
    return b->stride == 1 && in == b->out ? zoo_add(z, "out", y, x) : y;
}

void zoo_mobilenet_v3_large(zoo *z)
{
    static const block blocks[15] = {
        { 3, 16, 16, 0, 0, 1 },   { 3, 64, 24, 0, 0, 2 },   { 3, 72, 24, 0, 0, 1 },   { 5, 72, 40, 1, 0, 2 },
        { 5, 120, 40, 1, 0, 1 },  { 5, 120, 40, 1, 0, 1 },  { 3, 240, 80, 0, 1, 2 },  { 3, 200, 80, 0, 1, 1 },
        { 3, 184, 80, 0, 1, 1 },  { 3, 184, 80, 0, 1, 1 },  { 3, 480, 112, 1, 1, 1 }, { 3, 672, 112, 1, 1, 1 },
        { 5, 672, 160, 1, 1, 2 }, { 5, 960, 160, 1, 1, 1 }, { 5, 960, 160, 1, 1, 1 },
    };
    const zoo_conv_shape first = { .out = 16, .kernel = 3, .stride = 2, .pad = 1 };
    srd_layer x = zoo_input(z, 224);

    zoo_enter(z, "features");
    x = zoo_conv_norm(z, "0", x, first, EPS, srd_graph_hard_swish);
    for (int32_t i = 0; i < 15; ++i) {
        zoo_enter_at(z, i + 1);
        x = inverted_residual(z, x, &blocks[i]);
        zoo_leave(z);
    }
    x = zoo_conv_norm(z, "16", x, (zoo_conv_shape){ .out = 960, .kernel = 1 }, EPS, srd_graph_hard_swish);
    zoo_leave(z);
    x = zoo_linear(z, "classifier.0", srd_graph_global_avg_pool(z->graph, NULL, x), 1280);
    x = zoo_linear(z, "classifier.3", srd_graph_hard_swish(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
