/*
 * zoo.c -- the layers of the zoo: names of parameters, and one call of the library each.
 */
#include "zoo.h"

#include <stdio.h>
#include <string.h>

/* ---- names ---- */

void zoo_enter(zoo *z, const char *name)
{
    const size_t length = strlen(z->path);

    (void)snprintf(z->path + length, sizeof z->path - length, "%s.", name);
    z->starts[z->depth++] = length;
}

void zoo_enter_at(zoo *z, int32_t number)
{
    char name[16];

    (void)snprintf(name, sizeof name, "%d", (int)number);
    zoo_enter(z, name);
}

void zoo_leave(zoo *z)
{
    z->path[z->starts[--z->depth]] = '\0';
}

/* The current module's path and a name. */
typedef struct full_name {
    char text[2 * ZOO_MOST_NAME];
} full_name;

static full_name full(const zoo *z, const char *name)
{
    full_name made;

    (void)snprintf(made.text, sizeof made.text, "%s%s", z->path, name);
    return made;
}

static full_name part(const char *name, const char *ending)
{
    full_name made;

    (void)snprintf(made.text, sizeof made.text, "%s.%s", name, ending);
    return made;
}

/* ---- parameters ---- */

srd_tensor *zoo_parameter(zoo *z, const char *name, int32_t rank, const int64_t *shape)
{
    const full_name path = full(z, name);
    const float *const numbers = z->weights->find(z->weights->user, path.text, shape, rank);
    srd_tensor *tensor = NULL;

    if (numbers != NULL && srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK) {
        return tensor;
    }
    if (z->missing[0] == '\0') (void)snprintf(z->missing, ZOO_MOST_NAME, "%.*s", ZOO_MOST_NAME - 1, path.text);
    return NULL;
}

static srd_tensor *vector(zoo *z, const char *layer, const char *ending, int64_t count)
{
    return zoo_parameter(z, part(layer, ending).text, 1, &count);
}

int32_t zoo_channels(const zoo *z, srd_layer layer)
{
    int32_t shape[3];

    return srd_graph_layer_shape(z->graph, layer, shape, NULL) == SRD_OK ? shape[0] : 0;
}

/* A parameter that is missing must not pass for one that was left out. */
static srd_layer unless_missing(const zoo *z, srd_layer x)
{
    return z->missing[0] == '\0' ? x : SRD_LAYER_NONE;
}

/* ---- layers ---- */

srd_layer zoo_input(zoo *z, int32_t side)
{
    return srd_graph_input(z->graph, "image", 3, side, side);
}

static int32_t or_else(int32_t number, int32_t otherwise)
{
    return number != 0 ? number : otherwise;
}

srd_layer zoo_conv(zoo *z, const char *name, srd_layer x, zoo_conv_shape shape)
{
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    const int32_t width_kernel = or_else(shape.width_kernel, shape.kernel);
    const int32_t width_pad = shape.width_kernel != 0 ? shape.width_pad : shape.pad;
    const int64_t sizes[4] = { shape.out, zoo_channels(z, x) / or_else(shape.groups, 1), shape.kernel, width_kernel };
    srd_tensor *const weight = zoo_parameter(z, part(name, "weight").text, 4, sizes);
    srd_tensor *const bias = shape.bias ? vector(z, name, "bias", shape.out) : NULL;

    options.stride_h = options.stride_w = shape.stride;
    options.pad_top = options.pad_bottom = shape.pad;
    options.pad_left = options.pad_right = width_pad;
    options.groups = shape.groups;
    x = srd_graph_conv2d(z->graph, full(z, name).text, unless_missing(z, x), weight, bias, &options);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return x;
}

srd_layer zoo_deconv(zoo *z, const char *name, srd_layer x, int32_t out, int32_t kernel, int32_t stride)
{
    srd_conv_transpose2d_options options = SRD_CONV_TRANSPOSE2D_OPTIONS_INIT;
    const int64_t sizes[4] = { zoo_channels(z, x), out, kernel, kernel };
    srd_tensor *const weight = zoo_parameter(z, part(name, "weight").text, 4, sizes);
    srd_tensor *const bias = vector(z, name, "bias", out);

    options.stride_h = options.stride_w = stride;
    x = srd_graph_conv_transpose2d(z->graph, full(z, name).text, unless_missing(z, x), weight, bias, &options);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return x;
}

srd_layer zoo_batch_norm(zoo *z, const char *name, srd_layer x, double eps)
{
    const int32_t channels = zoo_channels(z, x);
    srd_tensor *const gamma = vector(z, name, "weight", channels);
    srd_tensor *const beta = vector(z, name, "bias", channels);
    srd_tensor *const mean = vector(z, name, "running_mean", channels);
    srd_tensor *const variance = vector(z, name, "running_var", channels);

    x = srd_graph_batch_norm(z->graph, full(z, name).text, unless_missing(z, x), gamma, beta, mean, variance, eps);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
    return x;
}

srd_layer zoo_layer_norm(zoo *z, const char *name, srd_layer x, double eps)
{
    srd_tensor *const gamma = vector(z, name, "weight", zoo_channels(z, x));
    srd_tensor *const beta = vector(z, name, "bias", zoo_channels(z, x));

    x = srd_graph_layer_norm(z->graph, full(z, name).text, unless_missing(z, x), gamma, beta, eps);
    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    return x;
}

static srd_layer linear(zoo *z, const char *name, srd_layer x, int32_t in, int32_t out,
                        srd_layer (*add)(srd_graph *, const char *, srd_layer, const srd_tensor *, const srd_tensor *,
                                         const srd_linear_options *))
{
    const int64_t sizes[2] = { out, in };
    srd_tensor *const weight = zoo_parameter(z, part(name, "weight").text, 2, sizes);
    srd_tensor *const bias = vector(z, name, "bias", out);

    x = add(z->graph, full(z, name).text, unless_missing(z, x), weight, bias, NULL);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return x;
}

srd_layer zoo_linear(zoo *z, const char *name, srd_layer x, int32_t out)
{
    int32_t shape[3] = { 0, 0, 0 };

    if (srd_graph_layer_shape(z->graph, x, shape, NULL) != SRD_OK) shape[0] = 0;
    return linear(z, name, x, shape[0] * shape[1] * shape[2], out, srd_graph_linear);
}

srd_layer zoo_linear_tokens(zoo *z, const char *name, srd_layer x, int32_t out)
{
    return linear(z, name, x, zoo_channels(z, x), out, srd_graph_linear_tokens);
}

static srd_pool2d_options window(int32_t kernel, int32_t stride, int32_t pad)
{
    srd_pool2d_options options = SRD_POOL2D_OPTIONS_INIT;

    options.kernel_h = options.kernel_w = kernel;
    options.stride_h = options.stride_w = stride;
    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = pad;
    return options;
}

srd_layer zoo_max_pool(zoo *z, srd_layer x, int32_t kernel, int32_t stride, int32_t pad, int32_t ceil_mode)
{
    srd_pool2d_options options = window(kernel, stride, pad);

    options.ceil_mode = ceil_mode;
    return srd_graph_max_pool2d(z->graph, NULL, x, &options);
}

/* Padding counts, as is usual. */
srd_layer zoo_avg_pool(zoo *z, srd_layer x, int32_t kernel, int32_t stride, int32_t pad)
{
    srd_pool2d_options options = window(kernel, stride, pad);

    options.count_padding = 1;
    return srd_graph_avg_pool2d(z->graph, NULL, x, &options);
}

srd_layer zoo_add(zoo *z, const char *name, srd_layer a, srd_layer b)
{
    const srd_layer both[2] = { a, b };

    return srd_graph_add(z->graph, name != NULL ? full(z, name).text : NULL, both, 2);
}

srd_layer zoo_concat(zoo *z, srd_layer a, srd_layer b)
{
    const srd_layer both[2] = { a, b };

    return srd_graph_concat(z->graph, NULL, both, 2);
}

srd_layer zoo_named_relu(zoo *z, srd_layer x)
{
    full_name name = full(z, "");

    name.text[strlen(name.text) - 1] = '\0';
    return srd_graph_relu(z->graph, name.text, x);
}
