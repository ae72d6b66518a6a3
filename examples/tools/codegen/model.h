/* model.h -- what a C file written by srd-codegen offers. */
#ifndef CODEGEN_MODEL_H
#define CODEGEN_MODEL_H

#include <srd/srd.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const int32_t model_input_shape[3]; /**< channels, height, width */
extern const int64_t
    model_input_strides[3]; /**< of the numbers in the order of the network's file, in floats: channels may come last */
extern const srd_layer model_input_layer; /**< its id */
extern const srd_layer model_output_layer;

/**
 * Adds the layers and names the output; does not seal. Weights are constants of the program: with SRD_WEIGHTS_BORROW they are read
 * where they lie. Needs no heap of its own.
 * @param graph  just created
 * @param user   not used: there so that srd_graph_memory_size() can call it
 * @return SRD_OK or the first failure
 */
srd_status model_build(srd_graph *graph, void *user);

#ifdef __cplusplus
}
#endif

#endif
