/* write.h -- a network as a C file. */
#ifndef CODEGEN_WRITE_H
#define CODEGEN_WRITE_H

#include "numbers.h"

/**
 * Writes the calls of a network as a C file that fits model.h.
 * @param weights  how weights are stored
 * @param path     of the C file
 * @param binary   of a file for the numbers, which the C file takes in by .incbin; NULL: they are arrays in the C file
 * @return whether both were written
 */
bool write_model(const source *from, storage weights, const char *path, const char *binary);

#endif
