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
    const int32_t count = map->height * map->width;
    double scale;

    for (int32_t i = 0; i < count; ++i) sizes[i] = fabsf(map->values[i]);
    qsort(sizes, (size_t)count, sizeof sizes[0], by_size);
    scale = sizes[(int32_t)ceil(0.995 * count) - 1];
    if (scale <= 0) scale = sizes[count - 1]; /* relevance at very few positions only, as in an ERF of a low layer */
    return scale > 0 ? scale : 1;
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
