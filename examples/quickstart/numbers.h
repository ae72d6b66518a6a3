/* numbers.h -- small computations that the pictures and the text both need. */
#ifndef QUICKSTART_NUMBERS_H
#define QUICKSTART_NUMBERS_H

#include "explain.h"

/** All relevance of a map. */
double map_sum(const explain_map *map);

/** Probability of a class by softmax over the logits. */
double class_probability(const float *logits, int32_t class_index);

#endif
