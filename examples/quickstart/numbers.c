/* numbers.c -- see numbers.h. */
#include "numbers.h"

#include <math.h>

double map_sum(const explain_map *map)
{
    double sum = 0;

    for (int32_t i = 0; i < map->height * map->width; ++i) sum += map->values[i];
    return sum;
}

double class_probability(const float *logits, int32_t class_index)
{
    double sum = 0;

    for (int32_t c = 0; c < NETWORK_CLASSES; ++c) sum += exp((double)logits[c] - logits[class_index]);
    return 1 / sum;
}
