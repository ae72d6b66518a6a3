/* main.c -- a user's program: a 1 x 1 convolution and a pool, one picture, one question, one check. */
#include <srd/srd.h>
#include <stdio.h>

static int explain(srd_graph *graph)
{
    const int64_t picture_shape[3] = { 1, 4, 4 }, map_shape[2] = { 4, 4 };
    srd_explainer *explainer = NULL;
    srd_tensor *picture = NULL, *map = NULL;
    float sum = 0;
    int i, ok;

    ok = srd_explainer_create(graph, NULL, NULL, &explainer, NULL) == SRD_OK &&
         srd_tensor_create(SRD_FLOAT32, 3, picture_shape, NULL, &picture, NULL) == SRD_OK &&
         srd_tensor_create(SRD_FLOAT32, 2, map_shape, NULL, &map, NULL) == SRD_OK;
    if (ok) {
        const srd_layer x = srd_graph_find(graph, "x");
        const srd_tensor *input = picture;

        for (i = 0; i < 16; ++i) ((float *)srd_tensor_data(picture))[i] = (float)i;
        ok = srd_explainer_run(explainer, &input, 1, NULL, NULL) == SRD_OK &&
             srd_explainer_ask_class(explainer, 0, NULL, &x, &map, 1, NULL) == SRD_OK;
        for (i = 0; i < 16; ++i) sum += ((const float *)srd_tensor_const_data(map))[i];
    }
    srd_tensor_free(map);
    srd_tensor_free(picture);
    srd_explainer_free(explainer);
    return ok && sum > 14.999f && sum < 15.001f; /* twice the mean of 0 ... 15 */
}

int main(void)
{
    const float two = 2;
    const int64_t shape[4] = { 1, 1, 1, 1 };
    srd_graph *graph = NULL;
    srd_tensor *weight = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    int ok;

    if (srd_graph_create(NULL, NULL, &graph, &detail) != SRD_OK) return 1;
    if (srd_tensor_view_const(SRD_FLOAT32, 4, shape, NULL, &two, NULL, &weight, &detail) != SRD_OK) return 1;
    srd_graph_output(graph,
                     srd_graph_global_avg_pool(graph, "mean",
                                               srd_graph_conv2d(graph, "conv", srd_graph_input(graph, "x", 1, 4, 4), weight,
                                                                NULL, NULL)),
                     NULL);
    srd_tensor_free(weight);
    ok = srd_graph_seal(graph, &detail) == SRD_OK;
    if (!ok) fprintf(stderr, "%s: %s\n", detail.layer_name, detail.text);
    ok = ok && explain(graph);
    srd_graph_free(graph);
    printf("libsrd %d: %s\n", (int)srd_version(), ok ? "works" : "is wrong");
    return ok ? 0 : 1;
}
