/*
 * blocks.c -- what several networks of the zoo share.
 */
#include "zoo.h"

srd_layer zoo_conv_norm(zoo *z, const char *name, srd_layer x, zoo_conv_shape shape, double eps, zoo_activation activation)
{
    zoo_enter(z, name);
    x = zoo_conv(z, "0", x, shape);
    x = zoo_batch_norm(z, "1", x, eps);
    zoo_leave(z);
    return activation != NULL ? activation(z->graph, NULL, x) : x;
}

srd_layer zoo_basic_conv(zoo *z, const char *name, srd_layer x, zoo_conv_shape shape)
{
    zoo_enter(z, name);
    x = zoo_conv(z, "conv", x, shape);
    x = zoo_batch_norm(z, "bn", x, 0.001);
    x = zoo_named_relu(z, x);
    zoo_leave(z);
    return x;
}

static srd_layer bottleneck(zoo *z, srd_layer x, int32_t planes, int32_t width, int32_t stride, int32_t groups)
{
    srd_layer y, shortcut = x;

    y = zoo_conv(z, "conv1", x, (zoo_conv_shape){ .out = width, .kernel = 1 });
    y = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, "bn1", y, 1e-5));
    y = zoo_conv(z, "conv2", y, (zoo_conv_shape){ .out = width, .kernel = 3, .stride = stride, .pad = 1, .groups = groups });
    y = srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, "bn2", y, 1e-5));
    y = zoo_conv(z, "conv3", y, (zoo_conv_shape){ .out = 4 * planes, .kernel = 1 });
    y = zoo_batch_norm(z, "bn3", y, 1e-5);
    if (stride != 1 || zoo_channels(z, x) != 4 * planes) {
        shortcut =
            zoo_conv_norm(z, "downsample", x, (zoo_conv_shape){ .out = 4 * planes, .kernel = 1, .stride = stride }, 1e-5, NULL);
    }
    return zoo_named_relu(z, zoo_add(z, NULL, y, shortcut));
}

srd_layer zoo_bottlenecks(zoo *z, const char *name, srd_layer x, int32_t planes, int32_t width, int32_t count, int32_t stride,
                          int32_t groups)
{
    zoo_enter(z, name);
    for (int32_t i = 0; i < count; ++i) {
        zoo_enter_at(z, i);
        x = bottleneck(z, x, planes, width, i == 0 ? stride : 1, groups);
        zoo_leave(z);
    }
    zoo_leave(z);
    return x;
}

srd_layer zoo_excite(zoo *z, const char *name, srd_layer x, int32_t squeezed, zoo_activation inner, zoo_activation gate)
{
    const int32_t channels = zoo_channels(z, x);
    srd_layer y = srd_graph_global_avg_pool(z->graph, NULL, x);

    zoo_enter(z, name);
    y = inner(z->graph, NULL, zoo_conv(z, "fc1", y, (zoo_conv_shape){ .out = squeezed, .kernel = 1, .bias = 1 }));
    y = gate(z->graph, NULL, zoo_conv(z, "fc2", y, (zoo_conv_shape){ .out = channels, .kernel = 1, .bias = 1 }));
    zoo_leave(z);
    return srd_graph_gate(z->graph, NULL, x, y);
}
