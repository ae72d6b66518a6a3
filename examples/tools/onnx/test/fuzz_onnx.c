/*
 * fuzz_onnx.c -- the entry of libFuzzer for the reader of ONNX files; tests/fuzz/readers.sh builds and runs it. Whatever the bytes are: no crash,
 * a refusal has a reason, and what is taken can be built and judged by the library.
 */
#include <stdlib.h>

#include "srd/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    srd_onnx_options options = SRD_ONNX_OPTIONS_INIT;
    srd_graph_options borrowed = SRD_GRAPH_OPTIONS_INIT; /* packing large weights would take most of the time */
    srd_detail detail = SRD_DETAIL_INIT;
    srd_onnx *network = NULL;
    srd_graph *graph = NULL;

    borrowed.weight_policy = SRD_WEIGHTS_BORROW;
    if (size == 0) return 0;
    options.height = 8; /* of a picture whose size the file leaves open */
    options.width = 8;
    if (srd_onnx_load_memory(bytes, size, &options, &network, &detail) != SRD_OK) {
        if (detail.text[0] == '\0' || network != NULL) abort();
        return 0;
    }
    if (srd_onnx_output_element(network, 0, 0) < 0) abort();
    if (srd_graph_create(&borrowed, NULL, &graph, &detail) == SRD_OK && srd_onnx_build(network, graph, &detail) == SRD_OK)
        (void)!srd_graph_seal(graph, &detail);
    srd_graph_free(graph);
    srd_onnx_free(network);
    return 0;
}
