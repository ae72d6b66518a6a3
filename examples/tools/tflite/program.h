/* program.h -- which program the files of ../common make here: srd-tflite, which reads TensorFlow Lite files. */
#ifndef TFLITE_PROGRAM_H
#define TFLITE_PROGRAM_H

#include <stdbool.h>
#include <string.h>

#include "srd/tflite.h"

#define PROGRAM "srd-tflite"
#define PROGRAM_ENDING ".tflite"
#define PROGRAM_HELP "  --dequantise       a network of integers as its float original, which is another network\n"
#define PROGRAM_COLOURS "0.5,0.5,0.5"
#define PROGRAM_MEAN     \
    {                    \
        0.5f, 0.5f, 0.5f \
    }
#define PROGRAM_DEVIATION \
    {                     \
        0.5f, 0.5f, 0.5f  \
    }

typedef srd_tflite network_file;
typedef srd_tflite_options network_options;
typedef srd_tflite_layer_info network_layer_info;
#define NETWORK_OPTIONS_INIT SRD_TFLITE_OPTIONS_INIT
#define NETWORK_LAYER_INFO_INIT SRD_TFLITE_LAYER_INFO_INIT
#define network_load srd_tflite_load
#define network_free srd_tflite_free
#define network_notes srd_tflite_notes
#define network_input srd_tflite_input
#define network_output_count srd_tflite_output_count
#define network_output srd_tflite_output
#define network_class_count srd_tflite_class_count
#define network_layer_count srd_tflite_layer_count
#define network_layer srd_tflite_layer
#define network_input_element srd_tflite_input_element
#define network_output_element srd_tflite_output_element
#define network_build srd_tflite_build

/* An option without a value that only this program has. @return whether it is one */
static inline bool program_flag(const char *name, network_options *options)
{
    if (strcmp(name, "--dequantise") != 0) return false;
    options->flags |= SRD_TFLITE_DEQUANTISE;
    return true;
}

/* An option with a value that only this program has; names may be kept. @return whether it is one, and the value is sound */
static inline bool program_option(const char *name, const char *text, network_options *options, const char **kept)
{
    (void)name;
    (void)text;
    (void)options;
    (void)kept;
    return false;
}

#endif
