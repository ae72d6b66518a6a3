/* platform.h -- the only file that includes libc and libm; everything the library takes from them is named here. */
#ifndef SRD_BASE_PLATFORM_H
#define SRD_BASE_PLATFORM_H

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One header with all switches and sizes of a build, such as -DSRD_CONFIG='"firmware_config.h"'. */
#ifdef SRD_CONFIG
#include SRD_CONFIG
#endif

/* 1: NULL in place of an srd_memory means malloc and free. 0 (firmware): the caller must always say. */
#ifndef SRD_WITH_MALLOC
#define SRD_WITH_MALLOC 1
#endif

/* Pieces of a block are multiples of this: SRD_ALIGNMENT, or a smaller power of two, at least 8, where no kernel and no cache gains
 * by more, to save memory. */
#ifndef SRD_GRAIN
#define SRD_GRAIN SRD_ALIGNMENT
#endif

/* 1: failures carry a text; 0: only status and layer, to save flash. */
#ifndef SRD_WITH_TEXTS
#define SRD_WITH_TEXTS 1
#endif

/* 1: kernels for AVX2 and AVX-512 stand beside the portable ones, and the processor chooses. */
#ifndef SRD_WITH_X86
#define SRD_WITH_X86 1
#endif
#if SRD_WITH_X86 && defined(__x86_64__) && defined(__GNUC__)
#define SRD__X86 1
#else
#define SRD__X86 0
#endif

/* 1: kernels for NEON stand beside the portable ones and are what SRD_KERNELS_BEST means on 64-bit ARM. */
#ifndef SRD_WITH_NEON
#define SRD_WITH_NEON 1
#endif
#if SRD_WITH_NEON && defined(__aarch64__) && defined(__ARM_NEON) && defined(__GNUC__)
#define SRD__NEON 1
#else
#define SRD__NEON 0
#endif

/* Counts the holders of a graph, from any thread. */
#if defined(__GNUC__)
#define srd__count_add(p, n) __atomic_add_fetch((p), (n), __ATOMIC_ACQ_REL)
#elif defined(_MSC_VER)
#include <intrin.h>
#define srd__count_add(p, n) (_InterlockedExchangeAdd((volatile long *)(p), (n)) + (n))
#else
#define srd__count_add(p, n) (*(p) += (n)) /* holders on one thread only */
#endif

#if defined(__GNUC__)
#define SRD__UNUSED __attribute__((unused))
#else
#define SRD__UNUSED
#endif

/* What a compiler for least size would inline because it is called once; apart, its locals are not on the stack beside those of all
 * its neighbours. */
#if defined(__GNUC__) && defined(__OPTIMIZE_SIZE__)
#define SRD__APART __attribute__((noinline))
#else
#define SRD__APART
#endif

#define srd__min(a, b) ((a) < (b) ? (a) : (b))
#define srd__max(a, b) ((a) > (b) ? (a) : (b))

/* Bytes of a text before its end. Of string.h only memcpy, memmove and memset are taken: firmware has these, its compiler asks for them. */
static inline size_t srd__length(const char *text)
{
    const char *end = text;

    while (*end != '\0') ++end;
    return (size_t)(end - text);
}

static inline bool srd__same_text(const char *a, const char *b)
{
    for (; *a == *b; ++a, ++b) {
        if (*a == '\0') return true;
    }
    return false;
}

/* True for every number but NaN and the infinities; does not depend on -ffinite-math assumptions of isfinite(). */
static inline bool srd__finite(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
}

#endif
