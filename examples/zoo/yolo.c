/*
 * yolo.c -- a detector in the style of the YOLO family: split bottlenecks with SiLU, SPPF (three pools in a row, concatenated),
 * nearest upsampling to a finer grid, and an output of boxes and classes on each of two grids.
 */
#include "networks.h"

#define NUMBERS 84 /* per position: 4 of a box, 80 classes */

/* Convolution, norm, SiLU; padded so that stride 1 keeps the size. */
static srd_layer cbs(zoo *z, const char *name, srd_layer x, int32_t out, int32_t kernel, int32_t stride)
{
    const zoo_conv_shape shape = { .out = out, .kernel = kernel, .stride = stride, .pad = kernel / 2 };

    return zoo_conv_norm(z, name, x, shape, 1e-3, srd_graph_silu);
}

/* Half of the channels pass by; the others go through `count` bottlenecks, every result of which is concatenated. */
static srd_layer split(zoo *z, const char *name, srd_layer x, int32_t out, int32_t count, int32_t shortcut)
{
    srd_layer parts[2 + 8];

    zoo_enter(z, name);
    x = cbs(z, "first", x, out, 1, 1);
    parts[0] = srd_graph_slice(z->graph, NULL, x, 0, out / 2);
    parts[1] = srd_graph_slice(z->graph, NULL, x, out / 2, out / 2);
    zoo_enter(z, "inner");
    for (int32_t i = 0; i < count; ++i) {
        srd_layer y;

        zoo_enter_at(z, i);
        y = cbs(z, "1", cbs(z, "0", parts[i + 1], out / 2, 3, 1), out / 2, 3, 1);
        parts[i + 2] = shortcut ? zoo_add(z, "out", parts[i + 1], y) : y;
        zoo_leave(z);
    }
    zoo_leave(z);
    x = cbs(z, "last", srd_graph_concat(z->graph, NULL, parts, count + 2), out, 1, 1);
    zoo_leave(z);
    return x;
}

static srd_layer sppf(zoo *z, const char *name, srd_layer x, int32_t out)
{
    srd_layer chain[4];

    zoo_enter(z, name);
    chain[0] = cbs(z, "first", x, out / 2, 1, 1);
    for (int32_t i = 0; i < 3; ++i) chain[i + 1] = zoo_max_pool(z, chain[i], 5, 1, 2, 0);
    x = cbs(z, "last", srd_graph_concat(z->graph, NULL, chain, 4), out, 1, 1);
    zoo_leave(z);
    return x;
}

static void output(zoo *z, const char *name, srd_layer x)
{
    zoo_enter(z, name);
    x = cbs(z, "first", x, 64, 3, 1);
    x = zoo_conv(z, "last", x, (zoo_conv_shape){ .out = NUMBERS, .kernel = 1, .bias = 1 });
    zoo_leave(z);
    (void)srd_graph_output(z->graph, x, NULL);
}

void zoo_yolo(zoo *z)
{
    srd_upsample_options twice = SRD_UPSAMPLE_OPTIONS_INIT;
    srd_layer x = zoo_input(z, 320), fine, coarse;

    x = cbs(z, "down1", x, 16, 3, 2);
    x = split(z, "split1", cbs(z, "down2", x, 32, 3, 2), 32, 1, 1);
    x = split(z, "split2", cbs(z, "down3", x, 64, 3, 2), 64, 2, 1);
    fine = split(z, "split3", cbs(z, "down4", x, 128, 3, 2), 128, 2, 1);
    x = split(z, "split4", cbs(z, "down5", fine, 256, 3, 2), 256, 1, 1);
    coarse = sppf(z, "sppf", x, 256);
    twice.scale_h = twice.scale_w = 2.0F;
    x = zoo_concat(z, srd_graph_upsample(z->graph, NULL, coarse, &twice), fine);
    fine = split(z, "split5", x, 128, 1, 0);
    x = zoo_concat(z, cbs(z, "down6", fine, 128, 3, 2), coarse);
    coarse = split(z, "split6", x, 256, 1, 0);
    output(z, "fine", fine);
    output(z, "coarse", coarse);
}
