/* idx.h -- arrays of bytes in the IDX format, in which Fashion-MNIST is published; plain or compressed by gzip. */
#ifndef QUICKSTART_IDX_H
#define QUICKSTART_IDX_H

#include <stdbool.h>
#include <stdint.h>

#define IDX_REASON 256 /* room for the text that says why a file could not be read */

typedef struct idx {
    int32_t count;         /* pictures or labels */
    int32_t height, width; /* of a picture; 1 and 1 for labels */
    uint8_t *bytes;        /* count * height * width, to be freed by free() */
} idx;

/**
 * Read a file of unsigned bytes.
 * @param rank    1 (labels) or 3 (pictures): what the file must have
 * @param out     receives the array on success
 * @param reason  receives IDX_REASON bytes of text on failure
 */
bool idx_read(const char *path, int32_t rank, idx *out, char *reason);

#endif
