/*
 * resnet50.c -- ResNet-50 as torchvision.models.resnet50: bottlenecks, the stride in their 3x3 convolution.
 */
#include "networks.h"

void zoo_resnet50(zoo *z)
{
    srd_layer x = zoo_input(z, 224);

    x = zoo_conv(z, "conv1", x, (zoo_conv_shape){ .out = 64, .kernel = 7, .stride = 2, .pad = 3 });
    x = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, "bn1", x, 1e-5));
    x = zoo_max_pool(z, x, 3, 2, 1, 0);
    x = zoo_bottlenecks(z, "layer1", x, 64, 64, 3, 1, 1);
    x = zoo_bottlenecks(z, "layer2", x, 128, 128, 4, 2, 1);
    x = zoo_bottlenecks(z, "layer3", x, 256, 256, 6, 2, 1);
    x = zoo_bottlenecks(z, "layer4", x, 512, 512, 3, 2, 1);
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
