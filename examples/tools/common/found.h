/* found.h -- what a reader found in a file: calls, and the views of its ends; or why it was refused. */
#ifndef READER_FOUND_H
#define READER_FOUND_H

#include "calls.h"
#include "view.h"

#define MOST_REASON 600
#define MOST_NOTES 2000

/** Why a file was refused. */
typedef struct found_failure {
    srd_status status;
    char node[64]; /* its name, cut to fit, or "" */
    char text[MOST_REASON];
} found_failure;

typedef struct found_network {
    call_list list;
    const char *input_name, *output_name;
    int32_t output_number;  /* among those of the file */
    view input;             /* of the file's input */
    view output;            /* how the output of the file lies in the layer list.output */
    char notes[MOST_NOTES]; /* lines about what was left out, such as a softmax at the end */
    struct import *owner;
} found_network;

#endif
