/* program.h -- which program the files of ../common make here: srd-onnx, which reads ONNX files. */
#ifndef ONNX_PROGRAM_H
#define ONNX_PROGRAM_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "srd/onnx.h"

#define PROGRAM "srd-onnx"
#define PROGRAM_ENDING ".onnx"
#define MOST_GATES 32 /* as many names as program_options keeps */
#define PROGRAM_HELP                                                                             \
    "  --gate NAME        this tensor is a gate where it is multiplied (as often as you like)\n" \
    "  --most-numbers N   that all constants may have; by default as many as the file's size makes likely\n"
#define PROGRAM_COLOURS "those of ImageNet"
#define PROGRAM_MEAN           \
    {                          \
        0.485f, 0.456f, 0.406f \
    }
#define PROGRAM_DEVIATION      \
    {                          \
        0.229f, 0.224f, 0.225f \
    }

typedef srd_onnx network_file;
typedef srd_onnx_options network_options;
typedef srd_onnx_layer_info network_layer_info;
#define NETWORK_OPTIONS_INIT SRD_ONNX_OPTIONS_INIT
#define NETWORK_LAYER_INFO_INIT SRD_ONNX_LAYER_INFO_INIT
#define network_load srd_onnx_load
#define network_free srd_onnx_free
#define network_notes srd_onnx_notes
#define network_input srd_onnx_input
#define network_output_count srd_onnx_output_count
#define network_output srd_onnx_output
#define network_class_count srd_onnx_class_count
#define network_layer_count srd_onnx_layer_count
#define network_layer srd_onnx_layer
#define network_input_element srd_onnx_input_element
#define network_output_element srd_onnx_output_element
#define network_build srd_onnx_build

/* An option without a value that only this program has. @return whether it is one */
static inline bool program_flag(const char *name, network_options *options)
{
    (void)name;
    (void)options;
    return false;
}

/* An option with a value that only this program has; names may be kept. @return whether it is one, and the value is sound */
static inline bool program_option(const char *name, const char *text, network_options *options, const char **kept)
{
    char *end;

    if (strcmp(name, "--gate") == 0 && options->gate_count < MOST_GATES) {
        kept[options->gate_count++] = text;
        options->gates = kept;
        return true;
    }
    if (strcmp(name, "--most-numbers") != 0) return false;
    options->most_numbers = strtoll(text, &end, 10);
    return options->most_numbers > 0 && *end == '\0';
}

#endif
