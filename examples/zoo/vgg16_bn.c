/*
 * vgg16_bn.c -- VGG-16 with batch norm as torchvision.models.vgg16_bn. The norms become part of the segments of their
 * convolutions: they cost no time and no memory when explaining.
 */
#include "networks.h"

void zoo_vgg16_bn(zoo *z)
{
    static const int32_t widths[5] = { 64, 128, 256, 512, 512 }, depths[5] = { 2, 2, 3, 3, 3 };
    static const char *const convs[13] = { "0", "3", "7", "10", "14", "17", "20", "24", "27", "30", "34", "37", "40" };
    static const char *const norms[13] = { "1", "4", "8", "11", "15", "18", "21", "25", "28", "31", "35", "38", "41" };
    srd_layer x = zoo_input(z, 224);
    int32_t number = 0;

    zoo_enter(z, "features");
    for (int32_t block = 0; block < 5; ++block) {
        for (int32_t i = 0; i < depths[block]; ++i, ++number) {
            x = zoo_conv(z, convs[number], x, (zoo_conv_shape){ .out = widths[block], .kernel = 3, .pad = 1, .bias = 1 });
            x = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, norms[number], x, 1e-5));
        }
        x = zoo_max_pool(z, x, 2, 2, 0, 0);
    }
    zoo_leave(z);
    x = srd_graph_flatten(z->graph, NULL, x);
    zoo_enter(z, "classifier");
    x = srd_graph_relu(z->graph, NULL, zoo_linear(z, "0", x, 4096));
    x = srd_graph_relu(z->graph, NULL, zoo_linear(z, "3", x, 4096));
    x = zoo_linear(z, "6", x, 1000);
    zoo_leave(z);
    (void)srd_graph_output(z->graph, x, NULL);
}
