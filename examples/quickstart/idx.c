/* idx.c -- see idx.h. zlib reads the files; it takes what is not compressed as it is. */
#include "idx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LARGEST 1000000000 /* bytes: far more than the data set, and no int overflows */

static bool complain(char *reason, const char *why)
{
    (void)snprintf(reason, IDX_REASON, "%s", why);
    return false;
}

/* The head: 0, 0, the type (8: unsigned bytes), the rank, and the sizes as big-endian 32-bit numbers. */
static bool read_head(gzFile file, int32_t rank, idx *out, char *reason)
{
    int32_t sizes[3] = { 1, 1, 1 };
    uint8_t head[4], size[4];

    if (gzread(file, head, 4) != 4 || head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] != rank) {
        (void)snprintf(reason, IDX_REASON, "not an IDX file of bytes with %d dimensions", (int)rank);
        return false;
    }
    for (int32_t i = 0; i < rank; ++i) {
        if (gzread(file, size, 4) != 4) return complain(reason, "the file is cut off");
        if (size[0] > 0x3f) return complain(reason, "a size is too large");
        sizes[i] = (int32_t)((uint32_t)size[0] << 24 | (uint32_t)size[1] << 16 | (uint32_t)size[2] << 8 | size[3]);
        if (sizes[i] == 0) return complain(reason, "the file is empty");
    }
    if ((int64_t)sizes[1] * sizes[2] > LARGEST / sizes[0]) return complain(reason, "a size is too large");
    out->count = sizes[0];
    out->height = sizes[1];
    out->width = sizes[2];
    return true;
}

bool idx_read(const char *path, int32_t rank, idx *out, char *reason)
{
    const gzFile file = gzopen(path, "rb");
    idx found = { 0 };
    bool good;

    if (file == NULL) return complain(reason, errno != 0 ? strerror(errno) : "out of memory");
    good = read_head(file, rank, &found, reason);
    if (good) {
        const unsigned size = (unsigned)found.count * (unsigned)found.height * (unsigned)found.width;

        found.bytes = malloc(size);
        if (found.bytes == NULL) {
            good = complain(reason, "out of memory");
        } else if (gzread(file, found.bytes, size) != (int)size) {
            good = complain(reason, "the file is cut off or damaged");
        }
    }
    (void)gzclose_r(file);
    if (good) {
        *out = found;
    } else {
        free(found.bytes);
    }
    return good;
}
