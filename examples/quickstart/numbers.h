/* numbers.h -- small computations that the pictures and the text both need. */
#ifndef QUICKSTART_NUMBERS_H
#define QUICKSTART_NUMBERS_H

#include "explain.h"

/**
 * The relevance that gets the full colour: the 99.5th percentile of the absolute values that are not 0, so that on a map of
 * 784 numbers three outliers cannot turn all else pale; with fewer than 200 numbers it is the largest. 1 if all are 0.
 */
double map_scale(const explain_map *map);

/** All relevance of a map. */
double map_sum(const explain_map *map);

/** Probability of a class by softmax over the logits. */
double class_probability(const float *logits, int32_t class_index);

#endif
