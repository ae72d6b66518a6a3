/*
 * efficientnet_b0.c -- EfficientNet-B0 as torchvision.models.efficientnet_b0: SiLU, and gates per channel squeezed to a quarter
 * of the block's input.
 */
#include "networks.h"

typedef struct stage {
    int32_t expand, kernel, stride, out, blocks;
} stage;

static srd_layer mb_conv(zoo *z, srd_layer x, const stage *s, int32_t stride)
{
    static const char *const numbers[4] = { "0", "1", "2", "3" };
    const int32_t in = zoo_channels(z, x), wide = in * s->expand;
    const zoo_conv_shape depthwise = {
        .out = wide, .kernel = s->kernel, .stride = stride, .pad = s->kernel / 2, .groups = wide
    };
    srd_layer y = x;
    int32_t n = 0;

    zoo_enter(z, "block");
    if (s->expand != 1) {
        y = zoo_conv_norm(z, numbers[n++], y, (zoo_conv_shape){ .out = wide, .kernel = 1 }, 1e-5, srd_graph_silu);
    }
    y = zoo_conv_norm(z, numbers[n++], y, depthwise, 1e-5, srd_graph_silu);
    y = zoo_excite(z, numbers[n++], y, in / 4, srd_graph_silu, srd_graph_sigmoid);
    y = zoo_conv_norm(z, numbers[n], y, (zoo_conv_shape){ .out = s->out, .kernel = 1 }, 1e-5, NULL);
    zoo_leave(z);
    return stride == 1 && in == s->out ? zoo_add(z, "out", y, x) : y;
}

void zoo_efficientnet_b0(zoo *z)
{
    static const stage stages[7] = { { 1, 3, 1, 16, 1 },  { 6, 3, 2, 24, 2 },  { 6, 5, 2, 40, 2 }, { 6, 3, 2, 80, 3 },
                                     { 6, 5, 1, 112, 3 }, { 6, 5, 2, 192, 4 }, { 6, 3, 1, 320, 1 } };
    const zoo_conv_shape first = { .out = 32, .kernel = 3, .stride = 2, .pad = 1 };
    srd_layer x = zoo_input(z, 224);

    zoo_enter(z, "features");
    x = zoo_conv_norm(z, "0", x, first, 1e-5, srd_graph_silu);
    for (int32_t s = 0; s < 7; ++s) {
        zoo_enter_at(z, s + 1);
        for (int32_t i = 0; i < stages[s].blocks; ++i) {
            zoo_enter_at(z, i);
            x = mb_conv(z, x, &stages[s], i == 0 ? stages[s].stride : 1);
            zoo_leave(z);
        }
        zoo_leave(z);
    }
    x = zoo_conv_norm(z, "8", x, (zoo_conv_shape){ .out = 1280, .kernel = 1 }, 1e-5, srd_graph_silu);
    zoo_leave(z);
    x = zoo_linear(z, "classifier.1", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
