/* array.c -- constants, and moving their numbers. */
#include "core.h"

#define MOST_NUMBERS ((int64_t)1 << 22) /* that folding may make from fewer */
/* Of all constants together: this, and so many for each byte of the file. */
#define MOST_IN_ALL (MOST_NUMBERS + MOST_NUMBERS / 2)
#define MOST_PER_BYTE 16

array *array_make(import *im, bool is_int, int32_t rank, const int64_t *dims)
{
    array *const a = take(im, 1, sizeof *a);

    a->is_int = is_int;
    a->rank = rank;
    a->count = 1;
    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] < 0 || (dims[i] > 0 && a->count > INT64_MAX / 64 / dims[i]))
            refuse(im, "an axis of %lld", (long long)dims[i]);
        a->dims[i] = dims[i];
        a->count *= dims[i];
    }
    const int64_t most = im->most_numbers > 0 ? im->most_numbers : MOST_IN_ALL + MOST_PER_BYTE * (int64_t)im->size;
    if (a->count > most - im->numbers)
        refuse(im, "with it there would be constants of more than %lld numbers in all, from a file of %zu bytes",
               (long long)most, im->size);
    im->numbers += a->count;
    if (is_int) a->ints = take(im, a->count, sizeof *a->ints);
    else a->floats = take(im, a->count, sizeof *a->floats);
    return a;
}

array *array_strided(import *im, const array *source, int32_t rank, const int64_t *dims, const int64_t *strides, int64_t offset)
{
    int64_t index[MOST_RANK] = { 0 }, from = offset, count = 1;
    array *a;

    for (int32_t i = 0; i < rank; ++i) {
        if (dims[i] < 0 || (dims[i] > 0 && count > INT64_MAX / 64 / dims[i])) refuse(im, "an axis of %lld", (long long)dims[i]);
        count *= dims[i];
    }
    if (count > MOST_NUMBERS && count > source->count && count > im->most_numbers)
        refuse(im, "a constant of %lld numbers", (long long)count);
    a = array_make(im, source->is_int, rank, dims);
    for (int64_t i = 0; i < a->count; ++i) {
        if (a->is_int) a->ints[i] = source->ints[from];
        else a->floats[i] = source->floats[from];
        for (int32_t axis = rank; axis-- > 0;) { /* the next index, as an odometer */
            from += strides[axis];
            if (++index[axis] < dims[axis]) break;
            from -= strides[axis] * dims[axis];
            index[axis] = 0;
        }
    }
    return a;
}

bool stretch_strides(const array *a, int32_t rank, const int64_t *dims, int64_t *strides)
{
    int64_t own[MOST_RANK];
    const int32_t more = rank - a->rank;

    if (more < 0) return false;
    dense_strides(a->rank, a->dims, own);
    for (int32_t i = 0; i < rank; ++i) {
        const int64_t size = i < more ? 1 : a->dims[i - more];
        if (size != 1 && size != dims[i]) return false;
        strides[i] = size == 1 ? 0 : own[i - more];
    }
    return true;
}

array *array_stretch(import *im, const array *a, int32_t rank, const int64_t *dims)
{
    int64_t strides[MOST_RANK];

    if (!stretch_strides(a, rank, dims, strides)) refuse(im, "the shape of a constant does not fit");
    return array_strided(im, a, rank, dims, strides, 0);
}

double array_at(const array *a, int64_t i)
{
    return a->is_int ? (double)a->ints[i] : (double)a->floats[i];
}
