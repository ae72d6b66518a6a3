/*
 * netline.h -- one line of a test network, cut into pairs; shared by netfile.c and netbuild.c only.
 */
#ifndef TESTS_NETLINE_H
#define TESTS_NETLINE_H

#include "netfile.h"

#define NETLINE_PAIRS 16

typedef struct netfile_line {
    int number;       /* in the file, from 1 */
    const char *word; /* the first word */
    int pair_count;
    const char *keys[NETLINE_PAIRS];
    const char *values[NETLINE_PAIRS];
} netfile_line;

/* The value of a key, or NULL. The key "" finds a word that is no pair. */
const char *netline_text(const netfile_line *line, const char *key);
/* Reads exactly count numbers separated by commas. 1 on success. */
int netline_ints(const netfile_line *line, const char *key, int32_t *out, int count);
/* 0 where the key is missing or no number. */
int32_t netline_int(const netfile_line *line, const char *key);
double netline_real(const netfile_line *line, const char *key);

/* count numbers at an offset of the file, or NULL if they are not there. */
const float *netfile_numbers(const netfile *file, int32_t offset, size_t count);

#endif
