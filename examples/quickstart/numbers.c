/* numbers.c -- see numbers.h. */
#include "numbers.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

double map_scale(const explain_map *map)
{
    float sizes[NETWORK_SIDE * NETWORK_SIDE];
    int32_t count = 0;

    for (int32_t i = 0; i < map->height * map->width; ++i) {
        if (map->values[i] != 0) sizes[count++] = fabsf(map->values[i]);
    }
    if (count == 0) return 1;
    qsort(sizes, (size_t)count, sizeof sizes[0], by_size);
    return sizes[(int32_t)ceil(0.995 * count) - 1];
}

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
