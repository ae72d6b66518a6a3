/* sort.c -- heap sort: n log n for whatever order the numbers come in. */
#include "base/sort.h"

void srd__sort(int32_t *a, int32_t n, bool (*before)(const void *context, int32_t x, int32_t y), const void *context)
{
    for (int32_t end = n, begin = n / 2; end > 1;) {
        int32_t value, i;

        if (begin > 0) value = a[--begin];
        else {
            value = a[--end];
            a[end] = a[0];
        }
        for (i = begin; 2 * i + 1 < end;) {
            int32_t child = 2 * i + 1;

            if (child + 1 < end && before(context, a[child], a[child + 1])) ++child;
            if (!before(context, value, a[child])) break;
            a[i] = a[child];
            i = child;
        }
        a[i] = value;
    }
}
