/* options.h -- the command line of a program. */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include <stdbool.h>

#include "program.h"

#define MOST_LAYERS 32

typedef enum program_mode {
    MODE_EXPLAIN, /* MODEL PICTURE */
    MODE_LAYERS,  /* --layers MODEL */
    MODE_CHECK,   /* --check MODEL INPUT OUTPUT */
    MODE_MAP,     /* --map MODEL INPUT MAP */
    MODE_HELP     /* --help: the usage has been printed */
} program_mode;

typedef struct program_options {
    program_mode mode;
    const char *files[3];
    network_options network;
    int32_t class_index, against; /* -1: the top class; -1: none */
    bool contrastive, one_position, photo;
    int32_t position[2]; /* row and column of the output, if one_position */
    const char *mask;    /* a picture whose brightness weighs the output's positions; NULL: none */
    const char *labels;  /* a file; NULL: none */
    double crop;         /* how much of the largest part of the picture that has the input's shape is taken */
    const char *layers[MOST_LAYERS];
    int32_t layer_count;
    const char *kept[MOST_LAYERS]; /* by program_option() */
    float mean[3], deviation[3];
    const char *folder;
    double tolerance;
    int32_t threads;
} program_options;

/** @return whether the command line can be used; else what is wrong and the usage have been printed */
bool options_read(int argc, char **argv, program_options *options);

#endif
