/*
 * random.c -- parameters by name and seed, so that a network can be tried before it was trained.
 */
#include "zoo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
    struct block *next;
    float numbers[];
} block;

struct zoo_random {
    uint64_t seed;
    block *blocks;
};

zoo_random *zoo_random_create(uint64_t seed)
{
    zoo_random *const random = malloc(sizeof *random);

    if (random != NULL) *random = (zoo_random){ seed, NULL };
    return random;
}

void zoo_random_free(zoo_random *random)
{
    if (random == NULL) return;
    while (random->blocks != NULL) {
        block *const first = random->blocks;

        random->blocks = first->next;
        free(first);
    }
    free(random);
}

/* SplitMix64, uniform in (0, 1). */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    const double radius = sqrt(-2.0 * log(uniform(state)));

    return radius * cos(6.283185307179586 * uniform(state));
}

static int ends_with(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);

    return n >= m && strcmp(name + n - m, ending) == 0;
}

/* Uniform between low and high if low < high, else normal with this deviation. */
typedef struct law {
    double low, high, deviation;
} law;

static law law_of(const char *name, const int64_t *shape, int32_t rank)
{
    double fan_in = 1.0;

    for (int32_t i = 1; i < rank; ++i) fan_in *= (double)shape[i];
    if (ends_with(name, "running_var")) return (law){ 0.5, 1.5, 0.0 };
    if (ends_with(name, "layer_scale")) return (law){ 0.2, 1.0, 0.0 };
    if (ends_with(name, "weight") && rank == 1) return (law){ 0.6, 1.4, 0.0 }; /* of a norm */
    if (ends_with(name, "weight")) return (law){ 0.0, 0.0, sqrt(2.0 / fan_in) };
    return (law){ 0.0, 0.0, rank == 1 ? 0.1 : 0.5 }; /* biases and means; tokens and positions */
}

const float *zoo_random_find(void *random, const char *name, const int64_t *shape, int32_t rank)
{
    zoo_random *const r = (zoo_random *)random;
    const law l = law_of(name, shape, rank);
    uint64_t state = r->seed;
    size_t count = 1;
    block *made;

    for (const char *c = name; *c != '\0'; ++c) state = (state ^ (unsigned char)*c) * UINT64_C(0x100000001b3); /* FNV-1a */
    for (int32_t i = 0; i < rank; ++i) count *= (size_t)shape[i];
    made = malloc(sizeof *made + count * sizeof made->numbers[0]);
    if (made == NULL) return NULL;
    made->next = r->blocks;
    r->blocks = made;
    for (size_t i = 0; i < count; ++i) {
        made->numbers[i] = (float)(l.low < l.high ? l.low + (l.high - l.low) * uniform(&state) : l.deviation * normal(&state));
    }
    return made->numbers;
}
