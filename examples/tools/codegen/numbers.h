/* numbers.h -- the weights of a network as arrays of a C file, or as bytes of a file beside it. */
#ifndef CODEGEN_NUMBERS_H
#define CODEGEN_NUMBERS_H

#include <stdio.h>

#include "source.h"

/** How weights of convolutions and linear layers are stored; all else is float32. */
typedef enum storage { STORE_FLOAT32, STORE_FLOAT16, STORE_INT8 } storage;

#define SCALES CALL_MOST_TENSORS /* stands for the scales of tensor 0, which lie behind it */

/** How one tensor of a call is stored. */
storage storage_of(const call *c, int32_t which, storage weights);
/** Numbers in all tensors. */
int64_t count_numbers(const call_list *list);
/** Output channels of the weight of a call. */
int64_t output_channels(const call *c);
/** The first weight that float16 cannot hold; NULL: there is none. */
const call *beyond_float16(const call_list *list);

/** Writes arrays n<layer>_<which>, and s<layer> for scales. @return whether there was memory */
bool put_arrays(FILE *file, const call_list *list, storage weights);
/** Writes all numbers into a file, and the lines that take it in as model_numbers. @return whether it was written */
bool put_binary(FILE *file, const call_list *list, storage weights, const char *path);
/** Bytes that a tensor takes in that file, or its scales. */
int64_t bytes_of(const call *c, int32_t which, storage weights);

void put_float(FILE *file, float number);
/** A name as a string. */
void put_text(FILE *file, const char *text);

#endif
