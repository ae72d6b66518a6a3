/*
 * runtime.c -- all of the C library that the library needs: memcpy, memmove, memset, by words where addresses allow it. (A firmware
 * with a C library takes its own.) newlib's libm wants a place for errno, too; nobody reads it.
 *
 * The compiler must not make of these loops the calls that they stand for: -fno-tree-loop-distribute-patterns, which the toolchain
 * files for Cortex-M set.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int *__errno(void);

/* A word of anything. */
typedef uint32_t __attribute__((may_alias)) word;

#define WORD_MASK (sizeof(word) - 1)

/* Upwards, also where the areas overlap and to is the lower one. */
static void copy_up(unsigned char *a, const unsigned char *b, size_t n)
{
    if ((((uintptr_t)a | (uintptr_t)b) & WORD_MASK) == 0) {
        for (; n >= 4 * sizeof(word); n -= 4 * sizeof(word), a += 4 * sizeof(word), b += 4 * sizeof(word)) {
            ((word *)(void *)a)[0] = ((const word *)(const void *)b)[0];
            ((word *)(void *)a)[1] = ((const word *)(const void *)b)[1];
            ((word *)(void *)a)[2] = ((const word *)(const void *)b)[2];
            ((word *)(void *)a)[3] = ((const word *)(const void *)b)[3];
        }
        for (; n >= sizeof(word); n -= sizeof(word), a += sizeof(word), b += sizeof(word)) {
            *(word *)(void *)a = *(const word *)(const void *)b;
        }
    }
    while (n-- > 0) *a++ = *b++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    copy_up(to, from, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *const a = to;
    const unsigned char *const b = from;

    if ((uintptr_t)a <= (uintptr_t)b) copy_up(a, b, n);
    else
        while (n-- > 0) a[n] = b[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    const word all = (unsigned char)byte * (word)0x01010101u;
    unsigned char *a = to;

    for (; n > 0 && ((uintptr_t)a & WORD_MASK) != 0; --n) *a++ = (unsigned char)byte;
    for (; n >= 4 * sizeof(word); n -= 4 * sizeof(word), a += 4 * sizeof(word)) {
        for (int i = 0; i < 4; ++i) ((word *)(void *)a)[i] = all;
    }
    while (n-- > 0) *a++ = (unsigned char)byte;
    return to;
}

int *__errno(void)
{
    static int number;

    return &number;
}
