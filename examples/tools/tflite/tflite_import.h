/*
 * tflite_import.h -- a TensorFlow Lite file as calls of libsrd, for the parts of the reader. The interface for everybody else is
 * include/srd/tflite.h. README.md says what is understood.
 */
#ifndef TFLITE_IMPORTER_H
#define TFLITE_IMPORTER_H

#include "found.h"

typedef struct tflite_options {
    const char *output;    /* name of an output; NULL: the first */
    int32_t height, width; /* of the picture, where the file leaves them open; 0: 224 */
    bool dequantise;       /* integers are read as the numbers that they stand for */
} tflite_options;

/**
 * Make calls of the bytes of a file, which stay where they are, unchanged, until tflite_network_free().
 * @param owned    NULL, or the same bytes, which are freed with the network, also if this fails
 * @param network  receives the calls; freed by tflite_network_free()
 * @param failure  receives why it failed
 * @return whether it succeeded
 */
bool tflite_import(const void *bytes, size_t size, void *owned, const tflite_options *options, found_network *network,
                   found_failure *failure);
void tflite_network_free(found_network *network);
int32_t tflite_output_count(const found_network *network);
/** The tensor of an input or output; -1: there is none. */
int32_t tflite_input_tensor(const found_network *network, int32_t index);
int32_t tflite_output_tensor(const found_network *network, int32_t index);
const char *tflite_tensor_name(const found_network *network, int32_t number);

#endif
