/*
 * testnet.h -- two small networks with made-up weights, for tests of errors, memory and threads (tests/golden has the
 * networks whose numbers are checked).
 *
 * testnet_residual: a residual block on a max-pool, a concat of two branches, a global pool head; input (2, 9, 11).
 *   x conv1 bn1 relu1 pool1 | conv2a relu2a conv2b scale2b | add2 relu2 | conv3a relu3a, conv3b leaky3b avg3b | concat3
 *   conv4 clip4 gap drop fc probs
 * testnet_every_kind: every kind of layer at least once; input (3, 8, 8).
 *   x pad conv1 bn1 relu1 | sub zc, conv2 | add2 relu2 | avg3, max3 | concat3 drop flat fc1 leaky scale clip fc2 probs
 */
#ifndef TESTS_TESTNET_H
#define TESTS_TESTNET_H

#include "srd/srd.h"

#define TESTNET_NUMBERS 2048

#define TESTNET_CHANNELS 2 /* the residual network's input */
#define TESTNET_HEIGHT 9
#define TESTNET_WIDTH 11
#define TESTNET_PIXELS (TESTNET_HEIGHT * TESTNET_WIDTH)
#define TESTNET_INPUT (TESTNET_CHANNELS * TESTNET_PIXELS)
#define TESTNET_CLASSES 3

typedef struct testnet {
    const srd_memory *memory; /* of the handles of weight tensors; NULL: malloc */
    srd_status status;        /* the first failure to make such a handle */
    uint32_t state;           /* of the made-up numbers */
    size_t used;
    float numbers[TESTNET_NUMBERS]; /* the weights: must stay until the graph is sealed */
} testnet;

/* Both fit srd_graph_memory_size(); user is a testnet, whose numbers are made again by each call. They do not seal. */
srd_status testnet_residual(srd_graph *graph, void *user);
srd_status testnet_every_kind(srd_graph *graph, void *user);

typedef srd_status (*testnet_builder)(srd_graph *graph, void *user);

/* A sealed graph from malloc; ends the test on failure. */
srd_graph *testnet_graph(testnet_builder build);

/* An explainer from malloc; options may be NULL; ends the test on failure. */
srd_explainer *testnet_explainer(srd_graph *graph, const srd_explainer_options *options);

/* Options with struct_size set and all else 0. */
srd_explainer_options testnet_options(void);

/* Fills a picture with made-up numbers in [-1, 1]; each seed gives another picture. */
void testnet_picture(float *numbers, size_t count, uint32_t seed);

/* Runs an explainer of the residual network on a picture of its own size, batch 1. */
srd_status testnet_run(srd_explainer *explainer, uint32_t seed);

#endif
