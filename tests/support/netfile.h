/*
 * netfile.h -- reads the test networks of tests/golden: NAME.net (the graph, pictures and expectations, as text) with
 * NAME.bin (all numbers). The format is described in tests/golden/netfile.py.
 *
 * A file is loaded once and may be built into any number of graphs. All pointers handed out stay valid until
 * netfile_free(); so must the file itself while a graph borrows its weights.
 */
#ifndef TESTS_NETFILE_H
#define TESTS_NETFILE_H

#include <stddef.h>
#include <stdint.h>

#include "srd/srd.h"

enum {
    NETFILE_VALUE,       /* the value of a layer */
    NETFILE_RELEVANCE,   /* relevance of a score at a layer, by the directed head */
    NETFILE_CONTRASTIVE, /* the same, contrastive */
    NETFILE_GRADCAM,     /* relevance of a score by Grad-CAM */
    NETFILE_ERF,         /* effective receptive field of one PFV at a layer */
    NETFILE_SEED,        /* relevance for a given first map */
    NETFILE_OUTPUT_ERF,  /* effective receptive field of an output */
    NETFILE_APOP,        /* the value of a layer in a run of activation patterns */
    NETFILE_TOTAL        /* the balance of a score: score, constants, unreached, at_constants */
};

typedef struct netfile_target {
    const char *name, *output;
    int32_t class_index, other_class; /* other_class: -1 for none */
    const float *direction;           /* instead of classes; count numbers, or NULL */
    int32_t count;
    int32_t row, column; /* the one position that counts; row: -1 for all */
    const float *mask;   /* weights of the positions, height x width, or NULL */
    int32_t height, width;
} netfile_target;

/* Texts that are not given are "", numbers 0. */
typedef struct netfile_expect {
    int kind;                         /* NETFILE_VALUE ... NETFILE_TOTAL */
    int line;                         /* in NAME.net, for messages */
    const char *layer;                /* where the numbers are expected; "" for a total */
    const char *site;                 /* where relevance starts: ERF, seed; Grad-CAM: "" for the default */
    const char *targets;              /* names of targets, separated by commas; "": the class of output 0 */
    const char *output;               /* output ERF */
    const char *chosen, *from;        /* APOP: layers separated by commas or "all"; the case whose patterns are imposed */
    int32_t class_index, row, column; /* the question */
    int32_t contrastive, clamp;
    const float *seed; /* of rows x columns, or NULL */
    int32_t rows, columns;
    int32_t channels;      /* of maps of the channels of an input; 0: one map */
    int32_t height, width; /* of a map; 0 for a value */
    const float *values;   /* count numbers; NULL for a total */
    size_t count;
    double score, constants, unreached, at_constants;
} netfile_expect;

#define NETFILE_INPUTS 4

typedef struct netfile_case {
    const char *name;
    const float *input;                  /* inputs[0] */
    const float *inputs[NETFILE_INPUTS]; /* one for each input of the file */
    const netfile_expect *expects;
    size_t expect_count;
} netfile_case;

typedef struct netfile_input {
    int32_t channels, height, width;
} netfile_input;

/* A weight of a network as the file has it: [O][I / groups]..., transposed [I][O / groups].... */
typedef struct netfile_weight {
    const float *numbers;
    const int64_t *shape;
    int32_t rank, groups, transposed;
} netfile_weight;

/* Makes the tensors of a weight in place of the file's float32. scale and zero may stay NULL. 0 on failure. What they look at
 * must stay as long as a graph borrows it; the handles are freed when the layer is added. */
typedef struct netfile_weights {
    int (*make)(void *user, const netfile_weight *weight, srd_tensor **numbers, srd_tensor **scale, srd_tensor **zero);
    void *user;
} netfile_weights;

struct netfile_line;

typedef struct netfile {
    const char *name;                /* NAME */
    int32_t channels, height, width; /* of inputs[0] */
    netfile_input inputs[NETFILE_INPUTS];
    int32_t input_count;
    const netfile_case *cases;
    size_t case_count;
    const netfile_weights *weights; /* NULL: as they are; for whoever loaded the file to set before it is built */
    /* the rest belongs to netfile.c */
    char *text, *own_name;
    float *numbers;
    size_t number_count;
    struct netfile_line *lines;
    size_t line_count;
    netfile_case *own_cases;
    netfile_expect *own_expects;
    netfile_target *own_targets;
    size_t target_count;
} netfile;

/* Loads DIRECTORY/NAME.net and .bin. NULL on failure, with the reason in why (at most why_size bytes, terminated). */
netfile *netfile_load(const char *directory, const char *name, char *why, size_t why_size);
void netfile_free(netfile *file);

/* Copies name number `index` (from 0) of a list separated by commas; 1 if there is one that fits. */
int netfile_listed(const char *list, int32_t index, char *name, size_t name_size);

/* Adds the layers and outputs of a netfile (user) to an empty graph, and does not seal it: fits srd_graph_memory_size(). */
srd_status netfile_build(srd_graph *graph, void *user);

/* Creates, builds and seals a graph. weight_policy: SRD_WEIGHTS_COPY or SRD_WEIGHTS_BORROW. NULL on failure. */
srd_graph *netfile_graph(const netfile *file, int32_t weight_policy, srd_detail *detail);

#define NETFILE_TARGETS 8

/* The targets of an expectation, ready to be asked. */
typedef struct netfile_targets {
    const srd_target *targets[NETFILE_TARGETS];
    int32_t count;
    srd_target own[NETFILE_TARGETS];
    srd_tensor *tensors[2 * NETFILE_TARGETS];
    float *masks[NETFILE_TARGETS];
    int32_t tensor_count, mask_count;
} netfile_targets;

/* Finds what an expectation's score is made of. 1 on success; netfile_free_targets() in any case. */
int netfile_find_targets(const netfile *file, const srd_graph *graph, const netfile_expect *expect, netfile_targets *out);
void netfile_free_targets(netfile_targets *targets);

#endif
