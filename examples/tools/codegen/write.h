/* write.h -- a network as a C file. */
#ifndef CODEGEN_WRITE_H
#define CODEGEN_WRITE_H

#include "onnx_import.h"

/**
 * Writes the calls of a network as a C file that fits model.h.
 * @param path    of the C file
 * @param binary  of a file for the numbers, which the C file takes in by .incbin; NULL: they are arrays in the C file
 * @return whether both were written
 */
bool write_model(const onnx_network *network, const char *path, const char *binary);
/** Numbers in all weights and constants. */
int64_t count_numbers(const call_list *list);

#endif
