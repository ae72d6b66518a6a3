/*
 * squeezenet1_1.c -- SqueezeNet 1.1 as torchvision.models.squeezenet1_1: the classifier is a convolution, a ReLU and a mean.
 */
#include "networks.h"

static srd_layer fire(zoo *z, const char *name, srd_layer x, int32_t squeezed, int32_t expanded)
{
    srd_layer one, three;

    zoo_enter(z, name);
    x = zoo_conv(z, "squeeze", x, (zoo_conv_shape){ .out = squeezed, .kernel = 1, .bias = 1 });
    x = srd_graph_relu(z->graph, NULL, x);
    one = zoo_conv(z, "expand1x1", x, (zoo_conv_shape){ .out = expanded, .kernel = 1, .bias = 1 });
    three = zoo_conv(z, "expand3x3", x, (zoo_conv_shape){ .out = expanded, .kernel = 3, .pad = 1, .bias = 1 });
    x = zoo_concat(z, srd_graph_relu(z->graph, NULL, one), srd_graph_relu(z->graph, NULL, three));
    zoo_leave(z);
    return x;
}

void zoo_squeezenet1_1(zoo *z)
{
    srd_layer x = zoo_input(z, 224);

    zoo_enter(z, "features");
    x = zoo_conv(z, "0", x, (zoo_conv_shape){ .out = 64, .kernel = 3, .stride = 2, .bias = 1 });
    x = zoo_max_pool(z, srd_graph_relu(z->graph, NULL, x), 3, 2, 0, 1);
    x = fire(z, "4", fire(z, "3", x, 16, 64), 16, 64);
    x = zoo_max_pool(z, x, 3, 2, 0, 1);
    x = fire(z, "7", fire(z, "6", x, 32, 128), 32, 128);
    x = zoo_max_pool(z, x, 3, 2, 0, 1);
    x = fire(z, "10", fire(z, "9", x, 48, 192), 48, 192);
    x = fire(z, "12", fire(z, "11", x, 64, 256), 64, 256);
    zoo_leave(z);
    x = zoo_conv(z, "classifier.1", x, (zoo_conv_shape){ .out = 1000, .kernel = 1, .bias = 1 });
    x = srd_graph_global_avg_pool(z->graph, NULL, srd_graph_relu(z->graph, NULL, x));
    (void)srd_graph_output(z->graph, x, NULL);
}
