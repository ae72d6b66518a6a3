/*
 * fuzz.h -- what the parts of the fuzzing harness share: the bytes that decide everything, the handles made so far, an
 * allocator that counts and refuses, and numbers for weights and pictures.
 *
 * The same bytes always make the same calls. Bytes that have run out read as 0.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "srd/srd.h"

#define FUZZ_GRAPHS 3
#define FUZZ_EXPLAINERS 3
#define FUZZ_BLOCKS 16
#define FUZZ_MOST_BYTES ((size_t)4 << 20) /* that the library may hold at once */
#define FUZZ_MOST_WORK 20000              /* multiply-adds of a run, about */
#define FUZZ_MOST_CALLS 64                /* steps of the main loop */
#define FUZZ_MARK (-7654321.0f)           /* a number that no computation yields: not written */

typedef struct fuzz_heap {
    long calls, live;
    size_t bytes;
    long refuse_after; /* this many more calls succeed; negative: no limit */
} fuzz_heap;

typedef struct fuzz_graph {
    srd_graph *graph; /* the caller's hold, or NULL */
    int sealed, heaped;
} fuzz_graph;

typedef struct fuzz_explainer {
    srd_explainer *explainer;
    const srd_graph *graph; /* alive as long as the explainer */
    int32_t batch, inputs;
    int32_t images; /* that are kept: what questions are about */
    int one_image;
    int32_t ratios;
    uint64_t ticks; /* of the clock of its runs */
    srd_layer kept; /* one that was named in the keeps, or none: questions that need it start there */
    int affordable; /* a run is cheap enough to be made */
    int begun;      /* srd_explainer_begin() was called last: its inputs stay */
} fuzz_explainer;

typedef struct fuzz {
    const uint8_t *data;
    size_t size, at;
    int tame; /* only numbers near 1 so far: sums must come out */
    fuzz_heap heap;
    fuzz_graph graphs[FUZZ_GRAPHS];
    fuzz_explainer explainers[FUZZ_EXPLAINERS];
    void *blocks[FUZZ_BLOCKS]; /* live until the end: a graph's block outlives the caller's hold on it */
    int block_count;
    srd_tensor *begun_inputs[4]; /* of runs that were begun and not finished */
    int begun_count;
    srd_run_options begun_options;
    srd_given given[2]; /* with numbers that stay as long as the pictures of the run */
} fuzz;

/* ---- bytes ---------------------------------------------------------------------------------------------------------- */

uint8_t fuzz_byte(fuzz *f);
/* 0 ... count - 1; 0 if count is not positive. */
int32_t fuzz_pick(fuzz *f, int32_t count);
/* 1 in about `rarity` times: for what should mostly be right. */
int fuzz_rarely(fuzz *f, int rarity);
/* Mostly 0 ... most, rarely anything up to the ends of int32_t. */
int32_t fuzz_number(fuzz *f, int32_t most);
/* The same from 1: for what must not be 0. */
int32_t fuzz_size(fuzz *f, int32_t most);
/* Mostly a layer of the graph, the last ones above all; rarely no layer at all. */
srd_layer fuzz_layer(fuzz *f, const srd_graph *graph);
/* Finite and near 1, or, rarely, anything. */
float fuzz_real(fuzz *f);

/* ---- memory and numbers ------------------------------------------------------------------------------------------------ */

/* The counting heap. */
srd_memory fuzz_heap_memory(fuzz *f);
/* A block that lives until the end, filled with 0xA5 and 64 bytes longer than said; NULL if there are too many. */
unsigned char *fuzz_block(fuzz *f, size_t size);
srd_memory fuzz_block_memory(void *block, size_t size);

/* A read-only tensor of this shape over numbers of the harness, rarely of another type; NULL if it is too large or memory is
 * refused. */
srd_tensor *fuzz_tensor(fuzz *f, int32_t rank, const int64_t *shape);
/* A weight of any type, and what an int8 one needs (NULL otherwise, mostly) for so many output channels. */
srd_tensor *fuzz_weight(fuzz *f, int32_t rank, const int64_t *shape, int64_t outputs, srd_tensor **scale, srd_tensor **zero);

/* ---- what is checked ------------------------------------------------------------------------------------------------------ */

/* Says what is wrong and aborts. */
void fuzz_fail(const char *what, int line);
#define fuzz_require(condition)                            \
    do {                                                   \
        if (!(condition)) fuzz_fail(#condition, __LINE__); \
    } while (0)
/* A status that exists; a detail that was given to the call says the same. */
void fuzz_status(srd_status status, const srd_detail *detail);

/* ---- parts --------------------------------------------------------------------------------------------------------------- */

/* Adds one layer of any kind. */
void fuzz_add_layer(fuzz *f, srd_graph *graph);
/* Adds inputs, layers and outputs: a graph that is likely to be good. Fits srd_graph_memory_size(); user is the fuzz. */
srd_status fuzz_build(srd_graph *graph, void *user);

void fuzz_run(fuzz *f, fuzz_explainer *e);
void fuzz_begin(fuzz *f, fuzz_explainer *e);
void fuzz_end_begun(fuzz *f); /* gives the pictures of a run that was begun back */
void fuzz_ask(fuzz *f, fuzz_explainer *e);
void fuzz_read_value(fuzz *f, fuzz_explainer *e);
void fuzz_look(fuzz *f, const srd_graph *graph);
void fuzz_look_closer(fuzz *f, fuzz_explainer *e);
void fuzz_tensors(fuzz *f);
void fuzz_render(fuzz *f);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
