/*
 * googlenet.c -- GoogLeNet as torchvision.models.googlenet in evaluation mode (no auxiliary heads): pools that round up, and
 * 3x3 kernels in the branch that the paper calls 5x5.
 */
#include "networks.h"

typedef struct widths {
    const char *name;
    int32_t ones, reduce_3, threes, reduce_5, fives, pooled;
} widths;

static srd_layer inception(zoo *z, srd_layer x, const widths *w)
{
    srd_layer parts[4];

    zoo_enter(z, w->name);
    parts[0] = zoo_basic_conv(z, "branch1", x, (zoo_conv_shape){ .out = w->ones, .kernel = 1 });
    parts[1] = zoo_basic_conv(z, "branch2.0", x, (zoo_conv_shape){ .out = w->reduce_3, .kernel = 1 });
    parts[1] = zoo_basic_conv(z, "branch2.1", parts[1], (zoo_conv_shape){ .out = w->threes, .kernel = 3, .pad = 1 });
    parts[2] = zoo_basic_conv(z, "branch3.0", x, (zoo_conv_shape){ .out = w->reduce_5, .kernel = 1 });
    parts[2] = zoo_basic_conv(z, "branch3.1", parts[2], (zoo_conv_shape){ .out = w->fives, .kernel = 3, .pad = 1 });
    parts[3] = zoo_max_pool(z, x, 3, 1, 1, 1);
    parts[3] = zoo_basic_conv(z, "branch4.1", parts[3], (zoo_conv_shape){ .out = w->pooled, .kernel = 1 });
    zoo_leave(z);
    return srd_graph_concat(z->graph, NULL, parts, 4);
}

void zoo_googlenet(zoo *z)
{
    static const widths blocks[9] = {
        { "inception3a", 64, 96, 128, 16, 32, 32 },     { "inception3b", 128, 128, 192, 32, 96, 64 },
        { "inception4a", 192, 96, 208, 16, 48, 64 },    { "inception4b", 160, 112, 224, 24, 64, 64 },
        { "inception4c", 128, 128, 256, 24, 64, 64 },   { "inception4d", 112, 144, 288, 32, 64, 64 },
        { "inception4e", 256, 160, 320, 32, 128, 128 }, { "inception5a", 256, 160, 320, 32, 128, 128 },
        { "inception5b", 384, 192, 384, 48, 128, 128 },
    };
    srd_layer x = zoo_input(z, 224);

    x = zoo_basic_conv(z, "conv1", x, (zoo_conv_shape){ .out = 64, .kernel = 7, .stride = 2, .pad = 3 });
    x = zoo_max_pool(z, x, 3, 2, 0, 1);
    x = zoo_basic_conv(z, "conv2", x, (zoo_conv_shape){ .out = 64, .kernel = 1 });
    x = zoo_basic_conv(z, "conv3", x, (zoo_conv_shape){ .out = 192, .kernel = 3, .pad = 1 });
    x = zoo_max_pool(z, x, 3, 2, 0, 1);
    for (int32_t i = 0; i < 9; ++i) {
        x = inception(z, x, &blocks[i]);
        if (i == 1) x = zoo_max_pool(z, x, 3, 2, 0, 1);
        if (i == 6) x = zoo_max_pool(z, x, 2, 2, 0, 1);
    }
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
