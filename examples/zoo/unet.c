/*
 * unet.c -- U-Net (Ronneberger et al. 2015) with padded convolutions and batch norm, for two classes at every pixel; goes up by
 * bilinear interpolation between corner positions or by transposed convolutions.
 */
#include "networks.h"

#define LEVELS 4

static srd_layer double_conv(zoo *z, const char *name, srd_layer x, int32_t middle, int32_t out)
{
    zoo_enter(z, name);
    x = zoo_conv_norm(z, "0", x, (zoo_conv_shape){ .out = middle, .kernel = 3, .pad = 1 }, 1e-5, srd_graph_relu);
    x = zoo_conv_norm(z, "1", x, (zoo_conv_shape){ .out = out, .kernel = 3, .pad = 1 }, 1e-5, srd_graph_relu);
    zoo_leave(z);
    return x;
}

static srd_layer doubled(zoo *z, srd_layer x, int32_t bilinear)
{
    srd_upsample_options options = SRD_UPSAMPLE_OPTIONS_INIT;

    if (!bilinear) return zoo_deconv(z, "rise", x, zoo_channels(z, x) / 2, 2, 2);
    options.mode = SRD_UPSAMPLE_BILINEAR;
    options.align_corners = 1;
    options.scale_h = options.scale_w = 2.0F;
    return srd_graph_upsample(z->graph, NULL, x, &options);
}

static void build(zoo *z, int32_t bilinear)
{
    static const char *const downs[LEVELS] = { "down1", "down2", "down3", "down4" };
    static const char *const ups[LEVELS] = { "up1", "up2", "up3", "up4" };
    const int32_t factor = bilinear ? 2 : 1; /* interpolation keeps the channels, so the lowest layers have half of them */
    srd_layer x = zoo_input(z, 256), skips[LEVELS];

    x = double_conv(z, "stem", x, 64, 64);
    for (int32_t i = 0; i < LEVELS; ++i) {
        const int32_t width = (128 << i) / (i == LEVELS - 1 ? factor : 1);

        skips[i] = x;
        x = double_conv(z, downs[i], zoo_max_pool(z, x, 2, 2, 0, 0), width, width);
    }
    for (int32_t i = 0; i < LEVELS; ++i) {
        const int32_t width = 512 >> i, out = width / (i == LEVELS - 1 ? 1 : factor);

        zoo_enter(z, ups[i]);
        x = zoo_concat(z, skips[LEVELS - 1 - i], doubled(z, x, bilinear));
        x = double_conv(z, "convs", x, bilinear ? zoo_channels(z, x) / 2 : width, out);
        zoo_leave(z);
    }
    x = zoo_conv(z, "classes", x, (zoo_conv_shape){ .out = 2, .kernel = 1, .bias = 1 });
    (void)srd_graph_output(z->graph, x, NULL);
}

void zoo_unet_bilinear(zoo *z)
{
    build(z, 1);
}

void zoo_unet_transposed(zoo *z)
{
    build(z, 0);
}
