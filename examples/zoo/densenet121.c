/*
 * densenet121.c -- DenseNet-121 as torchvision.models.densenet121: every layer of a block reads all before it, through a norm
 * and a ReLU of its own, so each of these ReLUs is a site.
 */
#include "networks.h"

static srd_layer norm_relu(zoo *z, const char *name, srd_layer x)
{
    return srd_graph_relu(z->graph, NULL, zoo_batch_norm(z, name, x, 1e-5));
}

static srd_layer dense_block(zoo *z, srd_layer x, int32_t layers)
{
    static const char *const names[24] = { "denselayer1",  "denselayer2",  "denselayer3",  "denselayer4",  "denselayer5",
                                           "denselayer6",  "denselayer7",  "denselayer8",  "denselayer9",  "denselayer10",
                                           "denselayer11", "denselayer12", "denselayer13", "denselayer14", "denselayer15",
                                           "denselayer16", "denselayer17", "denselayer18", "denselayer19", "denselayer20",
                                           "denselayer21", "denselayer22", "denselayer23", "denselayer24" };
    srd_layer all[25];

    all[0] = x;
    for (int32_t i = 0; i < layers; ++i) {
        srd_layer y = i > 0 ? srd_graph_concat(z->graph, NULL, all, i + 1) : x;

        zoo_enter(z, names[i]);
        y = zoo_conv(z, "conv1", norm_relu(z, "norm1", y), (zoo_conv_shape){ .out = 128, .kernel = 1 });
        y = zoo_conv(z, "conv2", norm_relu(z, "norm2", y), (zoo_conv_shape){ .out = 32, .kernel = 3, .pad = 1 });
        zoo_leave(z);
        all[i + 1] = y;
    }
    return srd_graph_concat(z->graph, NULL, all, layers + 1);
}

static srd_layer transition(zoo *z, srd_layer x)
{
    const int32_t half = zoo_channels(z, x) / 2;

    x = zoo_conv(z, "conv", norm_relu(z, "norm", x), (zoo_conv_shape){ .out = half, .kernel = 1 });
    return zoo_avg_pool(z, x, 2, 2, 0);
}

void zoo_densenet121(zoo *z)
{
    static const char *const blocks[4] = { "denseblock1", "denseblock2", "denseblock3", "denseblock4" };
    static const char *const transitions[3] = { "transition1", "transition2", "transition3" };
    static const int32_t layers[4] = { 6, 12, 24, 16 };
    srd_layer x = zoo_input(z, 224);

    zoo_enter(z, "features");
    x = zoo_conv(z, "conv0", x, (zoo_conv_shape){ .out = 64, .kernel = 7, .stride = 2, .pad = 3 });
    x = zoo_max_pool(z, norm_relu(z, "norm0", x), 3, 2, 1, 0);
    for (int32_t i = 0; i < 4; ++i) {
        zoo_enter(z, blocks[i]);
        x = dense_block(z, x, layers[i]);
        zoo_leave(z);
        if (i == 3) break;
        zoo_enter(z, transitions[i]);
        x = transition(z, x);
        zoo_leave(z);
    }
    x = norm_relu(z, "norm5", x);
    zoo_leave(z);
    x = zoo_linear(z, "classifier", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
