/* dispatch.c -- which kernels this processor can run. */
#include "kernels/kernels.h"

#if SRD__X86
#include <cpuid.h>

/* Registers that the operating system saves: bits of XCR0. */
static uint32_t saved_registers(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

#define SAVES_YMM 0x06u      /* xmm and ymm */
#define SAVES_ZMM 0xe6u      /* and mask registers, zmm 0 to 15 whole, zmm 16 to 31 */
#define SAVES_TILES 0x60000u /* the tiles and their shapes */

/* The best set that runs here. */
static int32_t best(void)
{
    uint32_t a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0 || (c & bit_FMA) == 0) return SRD_KERNELS_PORTABLE;
    if ((saved_registers() & SAVES_YMM) != SAVES_YMM) return SRD_KERNELS_PORTABLE;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & bit_AVX2) == 0) return SRD_KERNELS_PORTABLE;
    if ((saved_registers() & SAVES_ZMM) != SAVES_ZMM || (b & bit_AVX512F) == 0) return SRD_KERNELS_AVX2;
    return SRD_KERNELS_AVX512;
}

#if SRD__AMX
/* Does this processor have what amx.c needs? */
static bool can_tile(void)
{
    const uint32_t dq = (uint32_t)1 << 17, tiles = (uint32_t)1 << 22 | (uint32_t)1 << 24; /* AVX-512DQ; AMX-BF16, AMX-TILE */
    uint32_t a, b, c, d;

    if (best() != SRD_KERNELS_AVX512 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & dq) == 0) return false;
    return SRD_IMITATED_AMX || ((d & tiles) == tiles && (saved_registers() & SAVES_TILES) == SAVES_TILES);
}

/* Linux keeps tiles from a process until it asks: arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA). To ask again does no harm.
 * The library needs no libc, so there is no function to call. */
static bool may_tile(void)
{
    long result;

    if (SRD_IMITATED_AMX) return true;
    __asm__ volatile("syscall" : "=a"(result) : "0"(158L), "D"(0x1023L), "S"(18L) : "rcx", "r11", "memory");
    return result == 0;
}
#endif

#elif SRD__NEON
static int32_t best(void)
{
    return SRD_KERNELS_NEON;
}
#else
static int32_t best(void)
{
    return SRD_KERNELS_PORTABLE;
}
#endif

/* NULL: this build has no such set. */
static const srd__kernels *table_of(int32_t set)
{
    switch (set) {
#if SRD__X86
    case SRD_KERNELS_AVX2: return &srd__kernels_avx2;
    case SRD_KERNELS_AVX512: return &srd__kernels_avx512;
#if SRD__AMX
    case SRD_KERNELS_AMX: return &srd__kernels_amx;
#endif
#elif SRD__NEON
    case SRD_KERNELS_NEON: return &srd__kernels_neon;
#endif
    case SRD_KERNELS_PORTABLE: return &srd__kernels_portable;
    default: return NULL;
    }
}

/* Of the sets of a build, those up to the best one run, and AMX where it may. */
const srd__kernels *srd__kernels_of(int32_t set)
{
    const int32_t most = best();

    if (set == SRD_KERNELS_BEST) set = SRD_DEFAULT_KERNELS != SRD_KERNELS_BEST ? SRD_DEFAULT_KERNELS : most;
#if SRD__AMX
    if (set == SRD_KERNELS_AMX) return can_tile() && may_tile() ? table_of(set) : NULL;
#endif
    return set <= most ? table_of(set) : NULL;
}

int32_t srd__kernels_set(const srd__kernels *kernels)
{
    int32_t set = SRD_KERNELS_AMX;

    while (set > SRD_KERNELS_PORTABLE && table_of(set) != kernels) --set;
    return set;
}
