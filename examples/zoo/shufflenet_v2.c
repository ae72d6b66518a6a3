/*
 * shufflenet_v2.c -- ShuffleNet V2 at width 1 as torchvision.models.shufflenet_v2_x1_0: half of the channels pass by a block,
 * and a shuffle mixes the halves.
 */
#include "networks.h"

static srd_layer norm_relu(zoo *z, const char *name, srd_layer x)
{
    return srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, name, x, 1e-5));
}

static srd_layer depthwise(zoo *z, const char *name, srd_layer x, int32_t stride)
{
    const int32_t channels = zoo_channels(z, x);

    return zoo_conv(z, name, x,
                    (zoo_conv_shape){ .out = channels, .kernel = 3, .stride = stride, .pad = 1, .groups = channels });
}

static srd_layer left_branch(zoo *z, srd_layer x, int32_t half)
{
    zoo_enter(z, "branch1");
    x = zoo_batch_norm(z, "1", depthwise(z, "0", x, 2), 1e-5);
    x = norm_relu(z, "3", zoo_conv(z, "2", x, (zoo_conv_shape){ .out = half, .kernel = 1 }));
    zoo_leave(z);
    return x;
}

static srd_layer right_branch(zoo *z, srd_layer x, int32_t half, int32_t stride)
{
    zoo_enter(z, "branch2");
    x = norm_relu(z, "1", zoo_conv(z, "0", x, (zoo_conv_shape){ .out = half, .kernel = 1 }));
    x = zoo_batch_norm(z, "4", depthwise(z, "3", x, stride), 1e-5);
    x = norm_relu(z, "6", zoo_conv(z, "5", x, (zoo_conv_shape){ .out = half, .kernel = 1 }));
    zoo_leave(z);
    return x;
}

static srd_layer stage(zoo *z, const char *name, srd_layer x, int32_t out, int32_t blocks)
{
    const int32_t half = out / 2;

    zoo_enter(z, name);
    for (int32_t i = 0; i < blocks; ++i) {
        srd_layer left, right;

        zoo_enter_at(z, i);
        left = i == 0 ? left_branch(z, x, half) : srd_graph_slice(z->graph, NULL, x, 0, half);
        right = i == 0 ? x : srd_graph_slice(z->graph, NULL, x, half, half);
        x = zoo_concat(z, left, right_branch(z, right, half, i == 0 ? 2 : 1));
        x = srd_graph_shuffle(z->graph, NULL, x, 2);
        zoo_leave(z);
    }
    zoo_leave(z);
    return x;
}

void zoo_shufflenet_v2(zoo *z)
{
    const zoo_conv_shape first = { .out = 24, .kernel = 3, .stride = 2, .pad = 1 };
    srd_layer x = zoo_conv_norm(z, "conv1", zoo_input(z, 224), first, 1e-5, srd_graph_relu);

    x = zoo_max_pool(z, x, 3, 2, 1, 0);
    x = stage(z, "stage2", x, 116, 4);
    x = stage(z, "stage3", x, 232, 8);
    x = stage(z, "stage4", x, 464, 4);
    x = zoo_conv_norm(z, "conv5", x, (zoo_conv_shape){ .out = 1024, .kernel = 1 }, 1e-5, srd_graph_relu);
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
