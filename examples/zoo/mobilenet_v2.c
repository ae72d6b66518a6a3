/*
 * mobilenet_v2.c -- MobileNet V2 as torchvision.models.mobilenet_v2: the narrow layers have no activation and are sites all
 * the same, where an add reads them.
 */
#include "networks.h"

static srd_layer relu6(srd_graph *graph, const char *name, srd_layer x)
{
    return srd_graph_clip(graph, name, x, 0.0F, 6.0F);
}

static srd_layer inverted_residual(zoo *z, srd_layer x, int32_t expand, int32_t out, int32_t stride)
{
    const int32_t in = zoo_channels(z, x), wide = in * expand;
    const zoo_conv_shape depthwise = { .out = wide, .kernel = 3, .stride = stride, .pad = 1, .groups = wide };
    srd_layer y = x;

    zoo_enter(z, "conv");
    if (expand != 1) y = zoo_conv_norm(z, "0", y, (zoo_conv_shape){ .out = wide, .kernel = 1 }, 1e-5, relu6);
    y = zoo_conv_norm(z, expand != 1 ? "1" : "0", y, depthwise, 1e-5, relu6);
    y = zoo_conv(z, expand != 1 ? "2" : "1", y, (zoo_conv_shape){ .out = out, .kernel = 1 });
    y = zoo_batch_norm(z, expand != 1 ? "3" : "2", y, 1e-5);
    zoo_leave(z);
    return stride == 1 && in == out ? zoo_add(z, "out", x, y) : y;
}

void zoo_mobilenet_v2(zoo *z)
{
    static const int32_t stages[7][4] = { /* expand, out, blocks, stride */
                                          { 1, 16, 1, 1 }, { 6, 24, 2, 2 },  { 6, 32, 3, 2 }, { 6, 64, 4, 2 },
                                          { 6, 96, 3, 1 }, { 6, 160, 3, 2 }, { 6, 320, 1, 1 }
    };
    const zoo_conv_shape first = { .out = 32, .kernel = 3, .stride = 2, .pad = 1 };
    srd_layer x = zoo_input(z, 224);
    int32_t number = 1;

    zoo_enter(z, "features");
    x = zoo_conv_norm(z, "0", x, first, 1e-5, relu6);
    for (int32_t s = 0; s < 7; ++s) {
        for (int32_t i = 0; i < stages[s][2]; ++i) {
            zoo_enter_at(z, number++);
            x = inverted_residual(z, x, stages[s][0], stages[s][1], i == 0 ? stages[s][3] : 1);
            zoo_leave(z);
        }
    }
    x = zoo_conv_norm(z, "18", x, (zoo_conv_shape){ .out = 1280, .kernel = 1 }, 1e-5, relu6);
    zoo_leave(z);
    x = zoo_linear(z, "classifier.1", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
