// program.cpp -- the interface used from C++: options by name, details, handles.
#include "srd/srd.h"

int main()
{
    srd_detail detail = SRD_DETAIL_INIT;
    srd_pool2d_options pool = srd_pool2d_options();
    srd_graph *graph = nullptr;
    srd_explainer *explainer = nullptr;
    srd_tensor *input = nullptr;
    const int64_t shape[3] = { 1, 4, 4 };

    pool.struct_size = sizeof pool;
    pool.kernel_h = pool.kernel_w = 2;
    if (srd_graph_create(nullptr, nullptr, &graph, &detail) != SRD_OK) return 1;
    const srd_layer x = srd_graph_input(graph, "x", 1, 4, 4);
    const srd_layer relu = srd_graph_relu(graph, "relu", srd_graph_max_pool2d(graph, "pool", x, &pool));
    (void)srd_graph_output(graph, relu, NULL);
    if (srd_graph_seal(graph, &detail) != SRD_OK) return 2;
    if (srd_explainer_create(graph, nullptr, nullptr, &explainer, &detail) != SRD_OK) return 3;
    if (srd_tensor_create(SRD_FLOAT32, 3, shape, nullptr, &input, &detail) != SRD_OK) return 4;
    if (srd_explainer_run(explainer, &input, 1, NULL, NULL) != SRD_OK) return 5;
    if (srd_explainer_ask_erf(explainer, relu, 0, 0, nullptr, nullptr, nullptr, 0, NULL) != SRD_OK) return 6;
    srd_tensor_free(input);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
    return srd_version() == SRD_VERSION_MAJOR * 10000 + SRD_VERSION_MINOR * 100 + SRD_VERSION_PATCH ? 0 : 7;
}
