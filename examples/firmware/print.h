/* print.h -- numbers as text, without the C library. */
#ifndef FIRMWARE_PRINT_H
#define FIRMWARE_PRINT_H

#include <stdint.h>

void print(const char *text);
void print_integer(int64_t n);

/* With six digits behind the point; |x| below 2^40, else "?". */
void print_float(float x);

#endif
