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

/* 1: srd_memory may name functions instead of a block. Without them and without malloc there are only blocks. */
#ifndef SRD_WITH_FUNCTIONS
#define SRD_WITH_FUNCTIONS 1
#endif
#define SRD__PIECES_ALONE (SRD_WITH_FUNCTIONS || SRD_WITH_MALLOC)

/* Pieces of a block are multiples of this: SRD_ALIGNMENT, or a smaller power of two, at least 8, where no kernel and no cache gains
 * by more, to save memory. */
#ifndef SRD_GRAIN
#define SRD_GRAIN SRD_ALIGNMENT
#endif

/* Output channels that are computed together: 16, or 8, portable kernels only, to halve most of the scratch. */
#ifndef SRD_PANEL
#define SRD_PANEL 16
#endif
#if SRD_PANEL != 8 && SRD_PANEL != 16
#error "SRD_PANEL is 8 or 16"
#endif

/* 1: failures carry a text; 0: only status and layer, to save flash. */
#ifndef SRD_WITH_TEXTS
#define SRD_WITH_TEXTS 1
#endif

/* A word for messages alone, which builds without them do not hold. */
#define SRD__TEXT(text) (SRD_WITH_TEXTS ? (text) : NULL)

/* 1: kernels for AVX2 and AVX-512 stand beside the portable ones, and the processor chooses. */
#ifndef SRD_WITH_X86
#define SRD_WITH_X86 1
#endif
#if SRD_WITH_X86 && SRD_PANEL == 16 && defined(__x86_64__) && defined(__GNUC__)
#define SRD__X86 1
#else
#define SRD__X86 0
#endif

/* 1: kernels for AMX stand beside those for AVX-512, for who asks for them. Linux gives a process the tile registers; older compilers know
 * no such instructions. */
#ifndef SRD_WITH_AMX
#define SRD_WITH_AMX 1
#endif
#if defined(__clang__)
#define SRD__AMX_COMPILER (__clang_major__ >= 12)
#elif defined(__GNUC__)
#define SRD__AMX_COMPILER (__GNUC__ >= 11)
#else
#define SRD__AMX_COMPILER 0
#endif
#if SRD_WITH_AMX && SRD__X86 && defined(__linux__) && defined(__LP64__) && SRD__AMX_COMPILER
#define SRD__AMX 1
#else
#define SRD__AMX 0
#endif
/* Tests only, 1: programs have a handler for SIGILL that imitates the tile instructions, so the processor need not have them. */
#ifndef SRD_IMITATED_AMX
#define SRD_IMITATED_AMX 0
#endif

/* 1: kernels for NEON stand beside the portable ones and are what SRD_KERNELS_BEST means on 64-bit ARM. */
#ifndef SRD_WITH_NEON
#define SRD_WITH_NEON 1
#endif
#if SRD_WITH_NEON && SRD_PANEL == 16 && defined(__aarch64__) && defined(__ARM_NEON) && defined(__GNUC__)
#define SRD__NEON 1
#else
#define SRD__NEON 0
#endif

/*
 * Parts that are no layers (these are in base/switches.h). What needs one that is left out fails with SRD_ERR_UNSUPPORTED and names
 * the switch. All else is as in a whole build; where it says "speed only", it is slower, and numbers differ by rounding.
 */
#ifndef SRD_WITH_INNER_MAPS
#define SRD_WITH_INNER_MAPS 1 /* SRD_KEEP_MAP of gather and swallowed layers */
#endif
#ifndef SRD_WITH_CHANNEL_MAPS
#define SRD_WITH_CHANNEL_MAPS 1 /* SRD_KEEP_CHANNELS */
#endif
#ifndef SRD_WITH_GRADCAM
#define SRD_WITH_GRADCAM 1 /* srd_explainer_ask_gradcam() */
#endif
#ifndef SRD_WITH_PATTERNS
#define SRD_WITH_PATTERNS 1 /* APOP: SRD_KEEP_PATTERN, runs with patterns */
#endif
#ifndef SRD_WITH_GIVEN
#define SRD_WITH_GIVEN 1 /* numbers of sites from the host, in srd_run_options */
#endif
#ifndef SRD_WITH_STARTS
#define SRD_WITH_STARTS 1 /* srd_explainer_ask_erf() and ask_seed(), SRD_KEEP_START */
#endif
#ifndef SRD_WITH_TARGETS
#define SRD_WITH_TARGETS \
    1 /* targets that are more than a class: directions, a class against another, masks, classes by image */
#endif
#ifndef SRD_WITH_GROUPS
#define SRD_WITH_GROUPS 1 /* convolutions of more than one group, also depthwise ones */
#endif
#ifndef SRD_WITH_BATCH
#define SRD_WITH_BATCH 1 /* more than one image at a time */
#endif
#ifndef SRD_WITH_CONTRASTIVE
#define SRD_WITH_CONTRASTIVE 1 /* the option of the same name */
#endif
#ifndef SRD_WITH_REPORTS
#define SRD_WITH_REPORTS 1 /* srd_explainer_report() and site_report(): the balance of a question */
#endif
#ifndef SRD_WITH_LOST_CHECK
#define SRD_WITH_LOST_CHECK 1 /* a question fails if relevance is lost on its way: see ask/balance.h; takes SRD_WITH_REPORTS */
#endif
#define SRD__LOST_CHECK (SRD_WITH_LOST_CHECK && SRD_WITH_REPORTS)
#ifndef SRD_WITH_CALLBACKS
#define SRD_WITH_CALLBACKS 1 /* clock, progress and each_image of srd_run_options */
#endif
#ifndef SRD_WITH_PACKING
#define SRD_WITH_PACKING 1 /* SRD_WEIGHTS_COPY; without it weights are read where they lie, by SRD_WEIGHTS_BORROW */
#endif
#ifndef SRD_WITH_INT8
#define SRD_WITH_INT8 1 /* weights of SRD_INT8 */
#endif
#ifndef SRD_WITH_FLOAT16
#define SRD_WITH_FLOAT16 1 /* weights of SRD_FLOAT16 */
#endif
#ifndef SRD_WITH_RATIOS_FLOAT16
#define SRD_WITH_RATIOS_FLOAT16 1 /* SRD_RATIOS_FLOAT16 */
#endif
#ifndef SRD_WITH_RATIOS_RECOMPUTED
#define SRD_WITH_RATIOS_RECOMPUTED 1 /* SRD_RATIOS_RECOMPUTED */
#endif
#ifndef SRD_WITH_FLAT_WAYS
#define SRD_WITH_FLAT_WAYS \
    1 /* mixing layers above a flatten, where several ways lead from them to one PFV: see paths/flattened_paths.c */
#endif
#ifndef SRD_WITH_MANY_WAYS
#define SRD_WITH_MANY_WAYS \
    1 /* more than 512 ways from one position to few PFVs: their weights are added up in double, see paths/merged_runs.h */
#endif
#ifndef SRD_WITH_POOL_LISTS
#define SRD_WITH_POOL_LISTS 1 /* speed only: what pools chose is written down once, in place of walks for every number */
#endif
#ifndef SRD_WITH_WHOLE_SUMS
#define SRD_WITH_WHOLE_SUMS \
    1 /* speed only: sums over contributions that are not written down, of first, depthwise, pooled, joined layers, shortcuts, heads */
#endif
#ifndef SRD_WITH_SHORTCUTS
#define SRD_WITH_SHORTCUTS \
    1 /* speed only: ratios of positions side by side, directions through weights, relevance row by row */
#endif
#ifndef SRD_WITH_SLIDING
#define SRD_WITH_SLIDING 1 /* memory only: values that are written behind the reading of those that they replace */
#endif
#ifndef SRD_WITH_LARGE_PLANS
#define SRD_WITH_LARGE_PLANS \
    1 /* speed of creation only: thousands of arrays are placed in n log n steps, pictures of many pixels bound */
#endif

/* 1: a first convolution adds up its y in double. Pools above it choose between values a few roundings apart, and a choice
 * that rounding turned moves relevance to another pixel. 0 saves time where double is emulated. */
#ifndef SRD_EXACT_FIRST
#define SRD_EXACT_FIRST 1
#endif

/*
 * What threads may do at once: srd__count_add() counts the holders of a graph (an int32_t), srd__swap_if() sets a flag (a uint8_t) to
 * `to` and is true if it was `from`, srd__flag_get() and srd__flag_set() read and write one. Processors without such instructions
 * (Cortex-M0) and other compilers do it plainly: handles that several threads share are then not counted, nor guarded, safely.
 */
#if defined(__GNUC__) && defined(__GCC_ATOMIC_INT_LOCK_FREE) && __GCC_ATOMIC_INT_LOCK_FREE == 2
#define srd__count_add(p, n) __atomic_add_fetch((p), (n), __ATOMIC_ACQ_REL)
#define srd__flag_get(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define srd__flag_set(p, to) __atomic_store_n((p), (uint8_t)(to), __ATOMIC_RELEASE)
static inline bool srd__swap_if(uint8_t *p, uint8_t from, uint8_t to)
{
    return __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
#elif defined(_MSC_VER)
#include <intrin.h>
#define srd__count_add(p, n) (_InterlockedExchangeAdd((volatile long *)(p), (n)) + (n))
#define srd__flag_get(p) ((uint8_t)_InterlockedOr8((volatile char *)(p), 0))
#define srd__flag_set(p, to) ((void)_InterlockedExchange8((volatile char *)(p), (char)(to)))
static inline bool srd__swap_if(uint8_t *p, uint8_t from, uint8_t to)
{
    return _InterlockedCompareExchange8((volatile char *)p, (char)to, (char)from) == (char)from;
}
#else
#define srd__count_add(p, n) (*(p) += (n))
#define srd__flag_get(p) (*(p))
#define srd__flag_set(p, to) ((void)(*(p) = (uint8_t)(to)))
static inline bool srd__swap_if(uint8_t *p, uint8_t from, uint8_t to)
{
    if (*p != from) return false;
    *p = to;
    return true;
}
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

/* Is it UTF-8? As Unicode has it: none longer than needed, no surrogates, nothing behind U+10FFFF. */
bool srd__is_utf8(const char *text);

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
