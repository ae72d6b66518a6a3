/*
 * resnet18.c -- ResNet-18 as torchvision.models.resnet18. Each branch of an add is a path with a bias of its own.
 */
#include "networks.h"

static srd_layer basic_block(zoo *z, srd_layer x, int32_t out, int32_t stride)
{
    srd_layer y, shortcut = x;

    y = zoo_conv(z, "conv1", x, (zoo_conv_shape){ .out = out, .kernel = 3, .stride = stride, .pad = 1 });
    y = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, "bn1", y, 1e-5));
    y = zoo_batch_norm(z, "bn2", zoo_conv(z, "conv2", y, (zoo_conv_shape){ .out = out, .kernel = 3, .pad = 1 }), 1e-5);
    if (stride != 1) {
        shortcut = zoo_conv_norm(z, "downsample", x, (zoo_conv_shape){ .out = out, .kernel = 1, .stride = stride }, 1e-5, NULL);
    }
    return zoo_named_relu(z, zoo_add(z, NULL, y, shortcut));
}

void zoo_resnet18(zoo *z)
{
    static const char *const stages[4] = { "layer1", "layer2", "layer3", "layer4" };
    srd_layer x = zoo_input(z, 224);

    x = zoo_conv(z, "conv1", x, (zoo_conv_shape){ .out = 64, .kernel = 7, .stride = 2, .pad = 3 });
    x = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, "bn1", x, 1e-5));
    x = zoo_max_pool(z, x, 3, 2, 1, 0);
    for (int32_t stage = 0; stage < 4; ++stage) {
        zoo_enter(z, stages[stage]);
        for (int32_t i = 0; i < 2; ++i) {
            zoo_enter_at(z, i);
            x = basic_block(z, x, 64 << stage, stage > 0 && i == 0 ? 2 : 1);
            zoo_leave(z);
        }
        zoo_leave(z);
    }
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
