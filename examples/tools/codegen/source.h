/* source.h -- a network as a reader found it, whichever reader that was. */
#ifndef CODEGEN_SOURCE_H
#define CODEGEN_SOURCE_H

#include "calls.h"

#define SOURCE_TEXT 2000

typedef struct source {
    call_list list;
    const call_form *forms; /* of each kind of call */
    int32_t input_shape[3]; /* channels, height, width */
    int32_t input_layer;
    int64_t input_strides[3]; /* of the numbers in the file's order */
    char text[SOURCE_TEXT];   /* notes, or why it was refused */
    void *network;
    void (*close)(void *network);
} source;

typedef struct source_options {
    const char *output; /* NULL: the first */
    int32_t height, width;
    bool dequantise; /* TensorFlow Lite: integers as the numbers that they stand for */
} source_options;

/** Read a file. @return whether it succeeded; close it with source.close(source.network) then */
bool source_read_onnx(const char *path, const source_options *options, source *s);
bool source_read_tflite(const char *path, const source_options *options, source *s);

#endif
