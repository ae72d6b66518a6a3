/*
 * draw.h -- random numbers that are the same on every machine: splitmix64.
 */
#ifndef TESTS_RANDOM_DRAW_H
#define TESTS_RANDOM_DRAW_H

#include <stdint.h>

static inline uint64_t draw_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 ... most - 1 */
static inline int draw_below(uint64_t *state, int most)
{
    return (int)((draw_bits(state) >> 33) % (uint64_t)most);
}

/* low ... high */
static inline int draw_from(uint64_t *state, int low, int high)
{
    return low + draw_below(state, high - low + 1);
}

/* True once in `in` draws. */
static inline int draw_one(uint64_t *state, int in)
{
    return draw_below(state, in) == 0;
}

/* [-1, 1), 24 bits */
static inline double draw_signed(uint64_t *state)
{
    return (double)(draw_bits(state) >> 40) * 0x1p-23 - 1;
}

#endif
