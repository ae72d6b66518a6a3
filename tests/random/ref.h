/*
 * ref.h -- the method in float64, in the simplest form: every gather and mixing layer is a list of links from a position of what it
 * reads to a position of its own, every segment a list of paths with their vectors. Nothing here is taken from the library. Values
 * are [position][channel]. All memory is taken from one pool and given back at once.
 *
 * With noise, parameters and results are wrong by random relative errors like those of single precision: how far the answers of
 * such runs are apart is how well a question is conditioned (see judge.h).
 */
#ifndef TESTS_RANDOM_REF_H
#define TESTS_RANDOM_REF_H

#include <stddef.h>
#include <stdint.h>

#include "net.h"

enum ref_role { REF_SOURCE, REF_POINTWISE, REF_GATHER, REF_MIXING, REF_POST, REF_NOTHING };

/* One way from position `from` of a layer read to position `to` of the layer. A gather layer gives channel c of its output weight[c]
 * times channel source[c] (-1: nothing; weight NULL: 1). A mixing layer multiplies by matrix, [c][channels of the group]. */
typedef struct ref_link {
    int operand, from, to; /* operand: a number into ref_layer.through */
    int64_t tap;           /* the choice that tells paths apart; -1: none is made here */
    const int *source;
    const double *weight;
    const double *matrix;
} ref_link;

typedef struct ref_layer {
    const net_layer *net;
    int role, live, site, constant, c, h, w, positions; /* constant: depends on constants only */
    int input[NET_OPERANDS], inputs;                    /* after dropout and constants of additions are taken out */
    int through[NET_OPERANDS], throughs;                /* whose PFVs go on; what is frozen (a gate, query, key) is left out */
    double *x;                                          /* value */
    ref_link *links;
    int link_count, link_room, taps; /* taps: choices of a mixing layer */
    int *begin[NET_OPERANDS];        /* links sorted by operand and position: begin[o][p] to begin[o][p + 1] */
    double *scale;                   /* post layers: [c], or NULL: 1 */
    double *bias;                    /* [positions][c], or NULL */
    double *around;                  /* constant pads: what is added outside, [positions][c] */
    double *size; /* of gather layers, with noise: magnitudes of what is added up, down to sites, [positions][c] */
    double *lost; /* of norms, with noise: [c], what roundings in the chain below may come to */
    int pad_bit;
} ref_layer;

/* One path: the PFV at `origin` of layer `source` adds v at `position`. A negative source is what the constant pad number
 * -1 - source has added. part: see ref_parts(). */
typedef struct ref_way {
    int part, source, origin, position;
    int64_t tap, branch;
    uint64_t pads; /* the constant pads on the way */
    double *v;
    double *holds; /* parts by channel: not 0 where something of the channel can arrive, whatever it is worth; else NULL */
} ref_way;

typedef struct ref_ways {
    ref_way *row;
    int count, room, c;
} ref_ways;

/* A vector added at one layer of a segment, [positions][c] as measured at y, and the paths that run through that layer. */
typedef struct ref_bias {
    double *value;
    int *rows, count, evenly;
} ref_bias;

typedef struct ref_biases {
    ref_bias *group;
    int count, room;
} ref_biases;

/* What arrives at a site, or at the layer where a question starts. */
typedef struct ref_segment {
    const double *y;
    int positions, c;
    ref_ways ways;
    ref_biases biases;
    double **p;  /* of each path: its contribution, shares of the biases included */
    double *mu;  /* its sharing ratio */
    int *paths;  /* into each position */
    int *places; /* different source positions of each position */
} ref_segment;

typedef struct ref {
    const net *n;
    int layers, pads;
    int alias[NET_LAYERS]; /* dropout stands for what it reads */
    ref_layer layer[NET_LAYERS];
    ref_segment *segment[NET_LAYERS];
    uint64_t noise;          /* state of the generator; 0: exact */
    const struct ref *exact; /* of a reference with noise: that without; NULL: what is small is not made 0 */
    struct ref_chunk *chunks;
} ref;

/* ---- memory and noise (ref.c) ---- */
void *ref_take(ref *r, size_t count, size_t size); /* all zero; ends the program if there is no memory */
double *ref_numbers(ref *r, int count);
/* v with an error of single precision, whose range it does not leave. */
double ref_noisy(ref *r, double v);

/* ---- a forward pass (ref.c) ---- */
/* run: 0 or 1, which picture of each input. */
void ref_run(ref *r, const net *n, int run, uint64_t noise, const ref *exact);
void ref_free(ref *r);
/* The layer whose value is the y of a site or of a start, and whether that layer is itself the start. */
int ref_below(const ref *r, int layer, int *start);
int ref_is_pointwise(int kind);

/* ---- layers ---- */
void ref_add_link(ref *r, ref_layer *l, int operand, int from, int to, int64_t tap, const int *source, const double *weight,
                  const double *matrix);
void ref_gather_links(ref *r, ref_layer *l); /* ref_gather.c */
void ref_move_links(ref *r, ref_layer *l);   /* ref_move.c */
void ref_mixing_links(ref *r, ref_layer *l); /* ref_mixing.c */
void ref_post(ref *r, ref_layer *l);         /* ref_mixing.c: scale, bias and value */
void ref_pointwise(ref *r, ref_layer *l);    /* ref_pointwise.c: value */
/* The direction g at the value carried back to y, [positions][c]; by the derivative instead of the secant if asked. */
double *ref_pointwise_back(ref *r, const ref_layer *l, const double *g, int derivative);
/* Adds to back[k], the direction at what the layer passes on as number k, what g at the layer's value means. */
void ref_transpose(ref *r, const ref_layer *l, const double *g, double **back); /* ref_mixing.c */

/* ---- paths (ref_ways.c) ---- */
ref_way *ref_add_way(ref *r, ref_ways *w, ref_way way);
void ref_merge(ref *r, ref_ways *w);
/* The paths of the table carried through a gather or mixing layer that reads it as operand number `operand`. */
void ref_carry(ref *r, const ref_layer *l, int operand, const ref_ways *from, ref_ways *to);
void ref_identity(ref *r, int layer, int by_channel, ref_ways *to);

/* ---- segments (ref_segment.c) ---- */
ref_segment *ref_segment_of(ref *r, int layer);
/* A segment whose paths are kept in parts: by the position of the layer `mark` that they go through (part - 1; 0: through none), or
 * by the channel of the input `mark`. */
ref_segment *ref_parts(ref *r, int layer, int mark);
/* The largest ratio of what is added up to make <y, y> to <y, y> itself, over all positions of sites, of outputs, and of layers where questions
 * may start; HUGE_VAL if y cancels. */
double ref_condition(ref *r, const int *started);
/* How far noise moves y there, as a multiple of what it would move numbers that do not cancel. */
double ref_moved(ref *exact, ref *noisy, const int *started);
/* The largest number of paths into one position. */
int ref_most_paths(ref *r);
int ref_touches(const ref *r, int layer, int mark);

/* ---- questions (ref_ask.c, ref_head.c, ref_maps.c) ---- */
typedef struct ref_target {
    int output, channel, against; /* output: its number; against: -1: none */
    double value, other;          /* weights of the two channels */
} ref_target;

typedef struct ref_answer {
    double *map[NET_LAYERS];      /* relevance of sites; NULL: none arrived */
    double *bound[NET_LAYERS];    /* how far ratios of float16 may move it */
    double *top[NET_LAYERS];      /* the first maps, before means are taken away */
    double *turned[NET_LAYERS];   /* direction at y where it became relevance, [positions][c] */
    double *straight[NET_LAYERS]; /* direction at the value of a source that is reached without mixing */
    int passed[NET_LAYERS];       /* a direction came by: the layer lies above the first relevance */
    int above[NET_LAYERS];        /* lies above the place where relevance begins */
    int contrastive;
    double score, constants, unreached, at_constants, magnitude, largest_ratio;
    double flow; /* the scale of what is added up: magnitudes of the head's products, or of what paths of a site carry */
} ref_answer;

ref_answer *ref_directed(ref *r, const ref_target *targets, int count, int contrastive);
ref_answer *ref_gradcam(ref *r, const ref_target *target, int site, int clamp, int contrastive);
ref_answer *ref_erf(ref *r, int layer, int position);
ref_answer *ref_seed(ref *r, int layer, const double *seed, int contrastive);
/* Sum of an output's scores over its positions, by channel. Returns the sum of all magnitudes. */
double ref_scores(ref *r, int output, double *scores);
/* Map of any layer: zeros where nothing arrives. ref_channels(): of an input, [channel][position]. */
double *ref_map(ref *r, const ref_answer *a, int layer);
double *ref_channels(ref *r, const ref_answer *a, int layer);
/* for ref_ask.c and ref_head.c */
void ref_add_to(ref *r, double **map, int count, int at, double amount);
void ref_finish(ref *r, ref_answer *a, int contrastive);
void ref_without_mean(double *map, int count);

#endif
