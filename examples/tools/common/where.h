/* where.h -- the positions of the output that are asked about. */
#ifndef PROGRAM_WHERE_H
#define PROGRAM_WHERE_H

#include "options.h"
#include "session.h"

typedef struct where {
    int32_t height, width; /* of the output */
    float *weights;        /* of its positions, [height][width]; NULL: all of them, each 1 */
} where;

/**
 * Reads --position or --mask.
 * @return whether it succeeded; else the reason is printed
 */
bool where_read(session *s, const program_options *options, where *w);
void where_free(where *w);

#endif
