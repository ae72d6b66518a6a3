/* bad.h -- cases that must end with a status. */
#ifndef FIRMWARE_BAD_H
#define FIRMWARE_BAD_H

#include <stddef.h>

/**
 * Tries them all and says what came out.
 * @param memory, size  the memory in which the network fits
 * @param pixels  the picture, which is spoiled and restored
 * @param map     the right map of it, which must come out again afterwards
 * @return how many were not as they should be
 */
int bad_cases(unsigned char *memory, size_t size, float *pixels, const float *map);

#endif
