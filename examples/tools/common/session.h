/* session.h -- a network in memory, run on one input. */
#ifndef PROGRAM_SESSION_H
#define PROGRAM_SESSION_H

#include "options.h"
#include "srd/pool.h"
#include "srd/srd.h"

typedef struct session {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_pool *pool;
    const network_file *network;
    int32_t channels, height, width; /* of the input */
    srd_layer input, output;
    srd_detail why; /* of the last failing call */
} session;

/**
 * Builds the graph and an explainer.
 * @param options  the threads, and the layers whose maps will be asked
 * @return whether it succeeded; else the reason is printed
 */
bool session_open(session *s, const network_file *network, int32_t mode, const program_options *options);
/** Runs numbers in the order [C][H][W]. */
bool session_run(session *s, const float *numbers);
/** Runs numbers in the order of the file. */
bool session_run_file(session *s, const float *numbers);
/** Prints why the last call failed. @return false */
bool session_fail(session *s);
void session_close(session *s);

/** A view of numbers; NULL if it cannot be made. */
srd_tensor *tensor_of(float *numbers, int32_t rank, const int64_t *shape);
/** Numbers of a file, which must have exactly count of them; freed by the caller. NULL: the reason is printed */
float *read_numbers(const char *path, int64_t count);

/** The output's value, [C][H][W], and its shape; freed by the caller. NULL: the reason is printed */
float *output_value(session *s, int32_t *shape);

/** Prints where the score of the last question arrived. */
void session_print_balance(session *s);

/** --check: compares with the numbers of another engine. */
int check_output(const network_file *network, const program_options *options);
/** --map: the map of the input for the top class, as numbers. */
int write_map(const network_file *network, const program_options *options);

#endif
