/*
 * count.c -- a small fixed network with a layer of each sort that kernels are made for, run once, so that a simulator may count
 * the instructions: tests/bench/count.sh.
 *
 * usage: count KERNELS MODE    one run of srd_explainer_run(); KERNELS is an SRD_KERNELS_..., MODE 0 explains, 1 is forward only
 */
#include "zoo.h"

#include <stdio.h>
#include <stdlib.h>

#define SIDE 40

static void build(zoo *z)
{
    srd_layer x = zoo_input(z, SIDE), y;

    x = zoo_conv_norm(z, "first", x, (zoo_conv_shape){ .out = 32, .kernel = 3, .stride = 2, .pad = 1 }, 1e-5, srd_graph_relu);
    x = zoo_max_pool(z, x, 3, 2, 1, 0);
    y = zoo_conv_norm(z, "above_pool", x, (zoo_conv_shape){ .out = 64, .kernel = 3, .pad = 1 }, 1e-5, srd_graph_relu);
    y = zoo_conv_norm(z, "dense", y, (zoo_conv_shape){ .out = 64, .kernel = 3, .pad = 1 }, 1e-5, NULL);
    x = zoo_conv_norm(z, "shortcut", x, (zoo_conv_shape){ .out = 64, .kernel = 1 }, 1e-5, NULL);
    x = srd_graph_relu(z->graph, NULL, zoo_add(z, NULL, x, y));
    y = zoo_conv_norm(z, "depthwise", x, (zoo_conv_shape){ .out = 64, .kernel = 3, .pad = 1, .groups = 64 }, 1e-5,
                      srd_graph_relu);
    x = zoo_conv_norm(z, "narrow", zoo_concat(z, x, y), (zoo_conv_shape){ .out = 24, .kernel = 1 }, 1e-5, srd_graph_relu);
    x = zoo_linear(z, "fc", srd_graph_global_avg_pool(z->graph, NULL, x), 20);
    (void)srd_graph_output(z->graph, x, NULL);
}

static int run(const srd_graph *graph, int32_t kernels, int32_t mode, zoo_random *random)
{
    const int64_t shape[3] = { 3, SIDE, SIDE };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    srd_tensor *image = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    int failed;

    o.kernels = kernels;
    o.mode = mode;
    failed = srd_tensor_view_const(SRD_FLOAT32, 3, shape, NULL, zoo_random_find(random, "image", shape, 3), NULL, &image,
                                   &detail) != SRD_OK ||
             srd_explainer_create(graph, &o, NULL, &explainer, &detail) != SRD_OK ||
             srd_explainer_run(explainer, (const srd_tensor *const *)&image, 1, NULL, NULL) != SRD_OK;
    if (failed) (void)fprintf(stderr, "count: %s\n", detail.text);
    srd_explainer_free(explainer);
    srd_tensor_free(image);
    return failed;
}

int main(int count, char **arguments)
{
    static const zoo_network small = { "small", SIDE, 0, build };
    zoo_random *const random = zoo_random_create(1);
    const zoo_weights weights = { zoo_random_find, random };
    srd_detail detail = SRD_DETAIL_INIT;
    srd_graph *graph = NULL;
    char missing[ZOO_MOST_NAME];
    int failed = 1;

    if (count == 3 && srd_graph_create(NULL, NULL, &graph, &detail) == SRD_OK) {
        zoo_build(&small, graph, &weights, missing);
        if (srd_graph_seal(graph, &detail) == SRD_OK) failed = run(graph, atoi(arguments[1]), atoi(arguments[2]), random);
        else (void)fprintf(stderr, "count: %s: %s\n", detail.layer_name, detail.text);
        srd_graph_free(graph);
    }
    zoo_random_free(random);
    return failed;
}
