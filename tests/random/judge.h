/*
 * judge.h -- compares what the library says about one network with the reference, and the library with itself under other settings.
 *
 * Tolerances are those of tests/golden/test_golden.c. Where a number is further off, the same question is put to references whose
 * parameters and results are wrong by relative errors of 2^-23: what moves these answers as far (a max-pool between two values that
 * are equal but for rounding, a sum that cancels) is no fault of the library but the question's own condition. Such answers are
 * counted. In half of these references what is within the noise of 0 is 0 in some layers, because single precision may give exactly that.
 */
#ifndef TESTS_RANDOM_JUDGE_H
#define TESTS_RANDOM_JUDGE_H

#include "draw.h"
#include "ref.h"

/* What sums of products of split numbers lose besides (SRD_KERNELS_AMX): 2^-15, see docs/numerics.md. */
#ifndef RANDOM_SPLIT
#define RANDOM_SPLIT 0.0
#endif

#define JUDGE_NOISY 24 /* noisy references at most */

enum ask_kind { ASK_VALUE, ASK_TOTALS, ASK_SCORE, ASK_GRADCAM, ASK_ERF, ASK_SEED };

/* A question, in a form that any reference can be asked. */
typedef struct ask {
    int kind;
    ref_target targets[2];
    int target_count, contrastive, clamp;
    int layer, position; /* value, ERF and seed: where it starts; Grad-CAM: the site */
    double seed[NET_VALUES];
} ask;

#define TALLY_CASES 16

/* What was counted over many networks. */
typedef struct tally {
    int64_t graphs, refused, numbers, maps, conditioned, faults, crashes;
    int64_t kinds[NET_KINDS];            /* layers of each kind */
    int64_t wide;                        /* explainers whose kernels have wide registers */
    const char *case_names[TALLY_CASES]; /* fast cases that were met, as the library calls them */
    int64_t cases[TALLY_CASES];          /* segments that took them */
} tally;

typedef struct trial {
    net *n;
    uint64_t state; /* draws settings and questions */
    srd_graph *graph;
    srd_layer ids[NET_LAYERS];
    srd_explainer *explainer;
    srd_explainer_options options;
    int mapped[NET_LAYERS], started[NET_LAYERS], kept[NET_LAYERS], channels, gradcam;
    ref exact, noisy[JUDGE_NOISY];
    int run, noisy_count; /* which picture */
    tally *count;
    char kind[40], text[512]; /* the first fault, or "" */
} trial;

/* Checks a network with all that the seed draws. 1: all is right. */
int judge(trial *t, net *n, uint64_t seed, tally *count);

/* ---- for judge.c, judge_ask.c and judge_settings.c ---- */
void judge_fault(trial *t, const char *kind, const char *format, ...);
int judge_failed(const trial *t);
/* Compares count numbers of a question at a layer; by_channel: of an input, per channel. */
void judge_compare(trial *t, const ask *q, int layer, int by_channel, const float *got, int count, double tolerance);
/* The exact reference's answer: [count] numbers. magnitude: the scale of its roundings. */
double *judge_answer(ref *r, const ask *q, int layer, int by_channel, double *magnitude);
/* Noisy reference number k. */
ref *judge_noisy(trial *t, int k);
ref_answer *judge_ref_ask(ref *r, const ask *q);
void judge_questions(trial *t);
void judge_settings(trial *t);
/* Counts segments that took a fast case. */
void tally_case(tally *count, const char *name, int64_t segments);
int judge_run(trial *t, srd_explainer *ex, int batch, int first);
/* Asks the library; maps are [H][W], or [C][H][W] where by_channel says so. */
srd_status judge_library_ask(trial *t, srd_explainer *ex, const ask *q, const int *layers, const int *by_channel,
                             float *const *maps, int count, int batch, srd_detail *why);
float *judge_read(trial *t, srd_explainer *ex, int layer, int batch);
void judge_default_question(trial *t, ask *q);

#endif
