/*
 * shrink.h -- makes a network that fails smaller, as long as it still fails in the same way.
 */
#ifndef TESTS_RANDOM_SHRINK_H
#define TESTS_RANDOM_SHRINK_H

#include <stdint.h>

#include "net.h"

/* How a network fails with the questions and settings of a seed: the kind of fault, "crash", or "" for not at all. It runs in a
 * process of its own. kind has room for 40 characters, text for 512. */
void shrink_try(const net *n, uint64_t seed, char *kind, char *text);

/* Shrinks a network that fails with `kind`; seed is changed where other questions do as well. */
void shrink(net *n, uint64_t *seed, const char *kind);

#endif
