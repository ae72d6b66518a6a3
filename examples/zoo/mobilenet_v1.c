/*
 * mobilenet_v1.c -- MobileNet V1 (Howard et al. 2017) at width 1: a depthwise and a pointwise convolution, 13 times.
 */
#include "networks.h"

void zoo_mobilenet_v1(zoo *z)
{
    static const int32_t widths[13] = { 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024 };
    static const int32_t strides[13] = { 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1 };
    const zoo_conv_shape first = { .out = 32, .kernel = 3, .stride = 2, .pad = 1 };
    srd_layer x = zoo_conv_norm(z, "stem", zoo_input(z, 224), first, 1e-5, srd_graph_relu);

    zoo_enter(z, "blocks");
    for (int32_t i = 0; i < 13; ++i) {
        const int32_t in = zoo_channels(z, x);
        const zoo_conv_shape depthwise = { .out = in, .kernel = 3, .stride = strides[i], .pad = 1, .groups = in };
        const zoo_conv_shape pointwise = { .out = widths[i], .kernel = 1 };

        zoo_enter_at(z, i);
        x = zoo_conv_norm(z, "depthwise", x, depthwise, 1e-5, srd_graph_relu);
        x = zoo_conv_norm(z, "pointwise", x, pointwise, 1e-5, srd_graph_relu);
        zoo_leave(z);
    }
    zoo_leave(z);
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
