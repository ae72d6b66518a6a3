/* sort.h -- one sort for the tables that are made at creation: no recursion, no memory of its own. */
#ifndef SRD_BASE_SORT_H
#define SRD_BASE_SORT_H

#include "base/platform.h"

/* Puts a[0 ... n - 1] in the order of before(), which says whether x comes before y and must tell any two apart. */
void srd__sort(int32_t *a, int32_t n, bool (*before)(const void *context, int32_t x, int32_t y), const void *context);

#endif
