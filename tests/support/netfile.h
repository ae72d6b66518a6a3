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
    NETFILE_RELEVANCE,   /* relevance of a class at a layer */
    NETFILE_CONTRASTIVE, /* the same, contrastive */
    NETFILE_ERF,         /* effective receptive field of one PFV at a layer */
    NETFILE_TOTAL        /* the balance of a class: score, constants, unreached */
};

typedef struct netfile_expect {
    int kind;                         /* NETFILE_VALUE ... NETFILE_TOTAL */
    int line;                         /* in NAME.net, for messages */
    const char *layer;                /* where the numbers are expected; "" for a total */
    const char *site;                 /* ERF: the site it starts at */
    int32_t class_index, row, column; /* the question */
    int32_t height, width;            /* of a map; 0 for a value */
    const float *values;              /* count numbers; NULL for a total */
    size_t count;
    double score, constants, unreached;
} netfile_expect;

typedef struct netfile_case {
    const char *name;
    const float *input; /* (channels, height, width) of the file */
    const netfile_expect *expects;
    size_t expect_count;
} netfile_case;

struct netfile_line;

typedef struct netfile {
    const char *name;                /* NAME */
    int32_t channels, height, width; /* of the input */
    const netfile_case *cases;
    size_t case_count;
    /* the rest belongs to netfile.c */
    char *text, *own_name;
    float *numbers;
    size_t number_count;
    struct netfile_line *lines;
    size_t line_count;
    netfile_case *own_cases;
    netfile_expect *own_expects;
} netfile;

/* Loads DIRECTORY/NAME.net and .bin. NULL on failure, with the reason in why (at most why_size bytes, terminated). */
netfile *netfile_load(const char *directory, const char *name, char *why, size_t why_size);
void netfile_free(netfile *file);

/* Adds the layers and outputs of a netfile (user) to an empty graph, and does not seal it: fits srd_graph_memory_size(). */
srd_status netfile_build(srd_graph *graph, void *user);

/* Creates, builds and seals a graph. weight_policy: SRD_WEIGHTS_COPY or SRD_WEIGHTS_BORROW. NULL on failure. */
srd_graph *netfile_graph(const netfile *file, int32_t weight_policy, srd_detail *detail);

#endif
