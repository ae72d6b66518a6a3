/*
 * inception_v3.c -- Inception v3 as torchvision.models.inception_v3 in evaluation mode (no auxiliary head, no change of the
 * input): 1x7 and 7x1 kernels, padded average pools, concats of concats.
 */
#include "networks.h"

static srd_layer square(zoo *z, const char *name, srd_layer x, int32_t out, int32_t kernel, int32_t stride, int32_t pad)
{
    return zoo_basic_conv(z, name, x, (zoo_conv_shape){ .out = out, .kernel = kernel, .stride = stride, .pad = pad });
}

/* `long_side` wide or high, padded so that the size stays. */
static srd_layer wide(zoo *z, const char *name, srd_layer x, int32_t out, int32_t long_side)
{
    return zoo_basic_conv(z, name, x,
                          (zoo_conv_shape){ .out = out, .kernel = 1, .width_kernel = long_side, .width_pad = long_side / 2 });
}

static srd_layer high(zoo *z, const char *name, srd_layer x, int32_t out, int32_t long_side)
{
    return zoo_basic_conv(z, name, x,
                          (zoo_conv_shape){ .out = out, .kernel = long_side, .pad = long_side / 2, .width_kernel = 1 });
}

static srd_layer inception_a(zoo *z, srd_layer x, int32_t pooled)
{
    srd_layer parts[4];

    parts[0] = square(z, "branch1x1", x, 64, 1, 1, 0);
    parts[1] = square(z, "branch5x5_2", square(z, "branch5x5_1", x, 48, 1, 1, 0), 64, 5, 1, 2);
    parts[2] = square(z, "branch3x3dbl_2", square(z, "branch3x3dbl_1", x, 64, 1, 1, 0), 96, 3, 1, 1);
    parts[2] = square(z, "branch3x3dbl_3", parts[2], 96, 3, 1, 1);
    parts[3] = square(z, "branch_pool", zoo_avg_pool(z, x, 3, 1, 1), pooled, 1, 1, 0);
    return srd_graph_concat(z->graph, NULL, parts, 4);
}

static srd_layer inception_b(zoo *z, srd_layer x)
{
    srd_layer parts[3];

    parts[0] = square(z, "branch3x3", x, 384, 3, 2, 0);
    parts[1] = square(z, "branch3x3dbl_2", square(z, "branch3x3dbl_1", x, 64, 1, 1, 0), 96, 3, 1, 1);
    parts[1] = square(z, "branch3x3dbl_3", parts[1], 96, 3, 2, 0);
    parts[2] = zoo_max_pool(z, x, 3, 2, 0, 0);
    return srd_graph_concat(z->graph, NULL, parts, 3);
}

static srd_layer inception_c(zoo *z, srd_layer x, int32_t middle)
{
    srd_layer parts[4], y;

    parts[0] = square(z, "branch1x1", x, 192, 1, 1, 0);
    y = wide(z, "branch7x7_2", square(z, "branch7x7_1", x, middle, 1, 1, 0), middle, 7);
    parts[1] = high(z, "branch7x7_3", y, 192, 7);
    y = high(z, "branch7x7dbl_2", square(z, "branch7x7dbl_1", x, middle, 1, 1, 0), middle, 7);
    y = wide(z, "branch7x7dbl_3", y, middle, 7);
    y = high(z, "branch7x7dbl_4", y, middle, 7);
    parts[2] = wide(z, "branch7x7dbl_5", y, 192, 7);
    parts[3] = square(z, "branch_pool", zoo_avg_pool(z, x, 3, 1, 1), 192, 1, 1, 0);
    return srd_graph_concat(z->graph, NULL, parts, 4);
}

static srd_layer inception_d(zoo *z, srd_layer x)
{
    srd_layer parts[3], y;

    parts[0] = square(z, "branch3x3_2", square(z, "branch3x3_1", x, 192, 1, 1, 0), 320, 3, 2, 0);
    y = wide(z, "branch7x7x3_2", square(z, "branch7x7x3_1", x, 192, 1, 1, 0), 192, 7);
    y = high(z, "branch7x7x3_3", y, 192, 7);
    parts[1] = square(z, "branch7x7x3_4", y, 192, 3, 2, 0);
    parts[2] = zoo_max_pool(z, x, 3, 2, 0, 0);
    return srd_graph_concat(z->graph, NULL, parts, 3);
}

static srd_layer inception_e(zoo *z, srd_layer x)
{
    srd_layer parts[4], y;

    parts[0] = square(z, "branch1x1", x, 320, 1, 1, 0);
    y = square(z, "branch3x3_1", x, 384, 1, 1, 0);
    parts[1] = zoo_concat(z, wide(z, "branch3x3_2a", y, 384, 3), high(z, "branch3x3_2b", y, 384, 3));
    y = square(z, "branch3x3dbl_2", square(z, "branch3x3dbl_1", x, 448, 1, 1, 0), 384, 3, 1, 1);
    parts[2] = zoo_concat(z, wide(z, "branch3x3dbl_3a", y, 384, 3), high(z, "branch3x3dbl_3b", y, 384, 3));
    parts[3] = square(z, "branch_pool", zoo_avg_pool(z, x, 3, 1, 1), 192, 1, 1, 0);
    return srd_graph_concat(z->graph, NULL, parts, 4);
}

static srd_layer stem(zoo *z, srd_layer x)
{
    x = square(z, "Conv2d_1a_3x3", x, 32, 3, 2, 0);
    x = square(z, "Conv2d_2a_3x3", x, 32, 3, 1, 0);
    x = square(z, "Conv2d_2b_3x3", x, 64, 3, 1, 1);
    x = zoo_max_pool(z, x, 3, 2, 0, 0);
    x = square(z, "Conv2d_3b_1x1", x, 80, 1, 1, 0);
    x = square(z, "Conv2d_4a_3x3", x, 192, 3, 1, 0);
    return zoo_max_pool(z, x, 3, 2, 0, 0);
}

void zoo_inception_v3(zoo *z)
{
    static const char *const a[3] = { "Mixed_5b", "Mixed_5c", "Mixed_5d" };
    static const char *const c[4] = { "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e" };
    static const int32_t pooled[3] = { 32, 64, 64 }, middle[4] = { 128, 160, 160, 192 };
    srd_layer x = stem(z, zoo_input(z, 299));

    for (int32_t i = 0; i < 3; ++i) {
        zoo_enter(z, a[i]);
        x = inception_a(z, x, pooled[i]);
        zoo_leave(z);
    }
    zoo_enter(z, "Mixed_6a");
    x = inception_b(z, x);
    zoo_leave(z);
    for (int32_t i = 0; i < 4; ++i) {
        zoo_enter(z, c[i]);
        x = inception_c(z, x, middle[i]);
        zoo_leave(z);
    }
    zoo_enter(z, "Mixed_7a");
    x = inception_d(z, x);
    zoo_leave(z);
    zoo_enter(z, "Mixed_7b");
    x = inception_e(z, x);
    zoo_leave(z);
    zoo_enter(z, "Mixed_7c");
    x = inception_e(z, x);
    zoo_leave(z);
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
