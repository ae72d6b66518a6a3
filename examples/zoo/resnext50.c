/*
 * resnext50.c -- ResNeXt-50 32x4d as torchvision.models.resnext50_32x4d: ResNet-50 with 32 groups.
 */
#include "networks.h"

void zoo_resnext50(zoo *z)
{
    srd_layer x = zoo_input(z, 224);

    x = zoo_conv(z, "conv1", x, (zoo_conv_shape){ .out = 64, .kernel = 7, .stride = 2, .pad = 3 });
    x = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, "bn1", x, 1e-5));
    x = zoo_max_pool(z, x, 3, 2, 1, 0);
    x = zoo_bottlenecks(z, "layer1", x, 64, 128, 3, 1, 32);
    x = zoo_bottlenecks(z, "layer2", x, 128, 256, 4, 2, 32);
    x = zoo_bottlenecks(z, "layer3", x, 256, 512, 6, 2, 32);
    x = zoo_bottlenecks(z, "layer4", x, 512, 1024, 3, 2, 32);
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
