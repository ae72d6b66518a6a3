/*
 * runtime.c -- all of the C library that the library needs: memcpy, memmove, memset, byte by byte. (A firmware with a C library
 * takes its faster ones.) newlib's libm wants a place for errno, too; nobody reads it.
 *
 * The compiler must not make of these loops the calls that they stand for: -fno-tree-loop-distribute-patterns.
 */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int *__errno(void);

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    char *a = to;
    const char *b = from;

    while (n-- > 0) *a++ = *b++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *a = to;
    const char *b = from;

    if (a <= b) return memcpy(to, from, n); /* which goes upwards */
    while (n-- > 0) a[n] = b[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    char *a = to;

    while (n-- > 0) *a++ = (char)byte;
    return to;
}

int *__errno(void)
{
    static int number;

    return &number;
}
