/*
 * onnx_import.h -- an ONNX file as calls of libsrd, for the parts of the importer and for ../codegen, which looks into the calls. The
 * interface for everybody else is include/srd/onnx.h. README.md says what is understood.
 */
#ifndef ONNX_IMPORTER_H
#define ONNX_IMPORTER_H

#include "found.h"

typedef struct onnx_options {
    const char *output;       /* name of a graph output; NULL: the first */
    int32_t height, width;    /* of the picture, where the file leaves them open; 0: 224 */
    const char *folder;       /* of files that hold large tensors; NULL: that of the file */
    int64_t most_numbers;     /* of all constants; 0: by the file's size */
    const char *const *gates; /* values, or nodes, that are gates where they are multiplied */
    int32_t gate_count;
} onnx_options;

typedef found_failure onnx_failure;
typedef found_network onnx_network;

/**
 * Read a file and make calls of it.
 * @param options  NULL: defaults
 * @param network  receives the calls; freed by onnx_network_free()
 * @param failure  receives why it failed
 * @return whether it succeeded
 */
bool onnx_import(const char *path, const onnx_options *options, onnx_network *network, onnx_failure *failure);
/** The same, of a file that is in memory. */
bool onnx_import_memory(const void *bytes, size_t size, const onnx_options *options, onnx_network *network,
                        onnx_failure *failure);
void onnx_network_free(onnx_network *network);
/** Outputs of the file, and the name of one, or NULL. */
int32_t onnx_output_count(const onnx_network *network);
const char *onnx_output_name(const onnx_network *network, int32_t number);
/** Number of an element of the input, as the file orders them, at a channel and a position of the layer. */
int64_t onnx_input_element(const onnx_network *network, int64_t channel, int64_t position);
/** Number of an element of the output, as the file orders them, at a channel and a position of the layer. */
int64_t onnx_output_element(const onnx_network *network, int64_t channel, int64_t position);

#endif
