/*
 * fuzz_tflite.c -- the entry of libFuzzer for the reader of TensorFlow Lite files; tests/fuzz/readers.sh builds and runs it. Whatever the bytes
 * are: no crash, a refusal has a reason, and what is taken can be built and judged by the library.
 */
#include <stdlib.h>

#include "srd/tflite.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    srd_tflite_options options = SRD_TFLITE_OPTIONS_INIT;
    srd_graph_options borrowed = SRD_GRAPH_OPTIONS_INIT; /* packing large weights would take most of the time */
    srd_detail detail = SRD_DETAIL_INIT;
    srd_tflite *network = NULL;
    srd_graph *graph = NULL;

    borrowed.weight_policy = SRD_WEIGHTS_BORROW;
    if (size == 0) return 0;
    options.height = 8; /* of a picture whose size the file leaves open */
    options.width = 8;
    options.flags = SRD_TFLITE_IN_PLACE | (bytes[size - 1] % 2 == 0 ? SRD_TFLITE_DEQUANTISE : 0);
    if (srd_tflite_load_memory(bytes, size, &options, &network, &detail) != SRD_OK) {
        if (detail.text[0] == '\0' || network != NULL) abort();
        return 0;
    }
    for (int32_t i = 0; i < srd_tflite_layer_count(network); ++i) {
        srd_tflite_layer_info info = SRD_TFLITE_LAYER_INFO_INIT;

        if (srd_tflite_layer(network, i, &info, NULL) != SRD_OK || info.name == NULL || info.channels < 1) abort();
    }
    if (srd_tflite_output_element(network, 0, 0) < 0) abort();
    if (srd_graph_create(&borrowed, NULL, &graph, &detail) == SRD_OK && srd_tflite_build(network, graph, &detail) == SRD_OK)
        (void)!srd_graph_seal(graph, &detail);
    srd_graph_free(graph);
    srd_tflite_free(network);
    return 0;
}
