/*
 * convnext_tiny.c -- ConvNeXt-T as torchvision.models.convnext_tiny: layer norm over the channels of each position, GELU, and a
 * learned scale per channel before each add.
 */
#include "networks.h"

static srd_layer layer_scale(zoo *z, srd_layer x)
{
    const int64_t channels = zoo_channels(z, x), stored[3] = { channels, 1, 1 };
    srd_tensor *const parameter = zoo_parameter(z, "layer_scale", 3, stored);
    srd_tensor *scale = NULL;

    if (parameter == NULL || srd_tensor_view_const(SRD_FLOAT32, 1, &channels, NULL, srd_tensor_const_data(parameter), NULL,
                                                   &scale, NULL) != SRD_OK) {
        scale = NULL;
    }
    x = scale != NULL ? srd_graph_scale_shift(z->graph, NULL, x, scale, NULL) : SRD_LAYER_NONE;
    srd_tensor_free(scale);
    srd_tensor_free(parameter);
    return x;
}

static srd_layer block(zoo *z, srd_layer x)
{
    const int32_t width = zoo_channels(z, x);
    const zoo_conv_shape depthwise = { .out = width, .kernel = 7, .pad = 3, .groups = width, .bias = 1 };
    srd_layer y;

    zoo_enter(z, "block");
    y = zoo_layer_norm(z, "2", zoo_conv(z, "0", x, depthwise), 1e-6);
    y = srd_graph_gelu(z->graph, NULL, zoo_linear_tokens(z, "3", y, 4 * width), 0 /* not the tanh approximation */);
    y = zoo_linear_tokens(z, "5", y, width);
    zoo_leave(z);
    return zoo_add(z, "out", layer_scale(z, y), x);
}

void zoo_convnext_tiny(zoo *z)
{
    static const int32_t depths[4] = { 3, 3, 9, 3 }, widths[4] = { 96, 192, 384, 768 };
    static const char *const stages[4] = { "1", "3", "5", "7" }, *const downs[4] = { "0", "2", "4", "6" };
    srd_layer x = zoo_input(z, 224);

    zoo_enter(z, "features");
    for (int32_t s = 0; s < 4; ++s) {
        const int32_t side = s == 0 ? 4 : 2;
        const zoo_conv_shape patch = { .out = widths[s], .kernel = side, .stride = side, .bias = 1 };

        zoo_enter(z, downs[s]); /* the first norm is after its convolution, the others before theirs */
        x = s == 0 ? zoo_layer_norm(z, "1", zoo_conv(z, "0", x, patch), 1e-6)
                   : zoo_conv(z, "1", zoo_layer_norm(z, "0", x, 1e-6), patch);
        zoo_leave(z);
        zoo_enter(z, stages[s]);
        for (int32_t i = 0; i < depths[s]; ++i) {
            zoo_enter_at(z, i);
            x = block(z, x);
            zoo_leave(z);
        }
        zoo_leave(z);
    }
    zoo_leave(z);
    x = zoo_layer_norm(z, "classifier.0", srd_graph_global_avg_pool(z->graph, NULL, x), 1e-6);
    x = zoo_linear(z, "classifier.2", x, 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
