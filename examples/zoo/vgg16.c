/*
 * vgg16.c -- VGG-16 as torchvision.models.vgg16: plain convolutions, five pools, three fully connected layers.
 */
#include "networks.h"

void zoo_vgg16(zoo *z)
{
    static const int32_t widths[5] = { 64, 128, 256, 512, 512 }, depths[5] = { 2, 2, 3, 3, 3 };
    static const char *const names[13] = { "0", "2", "5", "7", "10", "12", "14", "17", "19", "21", "24", "26", "28" };
    srd_layer x = zoo_input(z, 224);
    int32_t number = 0;

    zoo_enter(z, "features");
    for (int32_t block = 0; block < 5; ++block) {
        for (int32_t i = 0; i < depths[block]; ++i) {
            x = zoo_conv(z, names[number++], x, (zoo_conv_shape){ .out = widths[block], .kernel = 3, .pad = 1, .bias = 1 });
            x = srd_graph_relu(z->graph, NULL, x);
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
