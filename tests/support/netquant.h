/*
 * netquant.h -- turns the weights of a test network into float16 or int8, or into the float32 numbers that these stand for.
 */
#ifndef TESTS_NETQUANT_H
#define TESTS_NETQUANT_H

#include "netfile.h"

enum {
    NETQUANT_HALF,       /* float16, rounded to nearest */
    NETQUANT_SYMMETRIC,  /* int8, a scale per output channel */
    NETQUANT_ASYMMETRIC, /* with a zero point per output channel, int8 */
    NETQUANT_WIDE_ZERO,  /* the same, the zero points as int32 */
    NETQUANT_KINDS
};

typedef struct netquant {
    int kind;
    int meant;          /* 1: float32 numbers, computed here as the interface says */
    size_t weight_size; /* bytes of weights made so far, without scales */
    size_t outputs;     /* output channels of them */
    netfile_weights weights;
    void *pieces[1024]; /* what the tensors look at */
    int piece_count;
} netquant;

/* To be used as netfile.weights = &q->weights. q stays where it is. */
void netquant_begin(netquant *q, int kind, int meant);
void netquant_end(netquant *q);

/* binary16 by arithmetic only: its number, and the nearest one of a number within its range (ties to even). */
double netquant_half_number(uint16_t bits);
uint16_t netquant_half_of(double number);

#endif
