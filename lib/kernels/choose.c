/* choose.c -- which kernels this processor can run. */
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

#define SAVES_YMM 0x06u /* xmm and ymm */
#define SAVES_ZMM 0xe6u /* and mask registers, zmm 0 to 15 whole, zmm 16 to 31 */

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

const srd__kernels *srd__kernels_of(int32_t set)
{
    const int32_t most = best();

    if (set == SRD_KERNELS_BEST) set = SRD_DEFAULT_KERNELS != SRD_KERNELS_BEST ? SRD_DEFAULT_KERNELS : most;
    if (set > most) return NULL;
    return set == SRD_KERNELS_AVX512     ? &srd__kernels_avx512
           : set == SRD_KERNELS_AVX2     ? &srd__kernels_avx2
           : set == SRD_KERNELS_PORTABLE ? &srd__kernels_portable
                                         : NULL;
}

int32_t srd__kernels_set(const srd__kernels *kernels)
{
    return kernels == &srd__kernels_avx512 ? SRD_KERNELS_AVX512
           : kernels == &srd__kernels_avx2 ? SRD_KERNELS_AVX2
                                           : SRD_KERNELS_PORTABLE;
}
#else
const srd__kernels *srd__kernels_of(int32_t set)
{
    return set == SRD_KERNELS_BEST || set == SRD_KERNELS_PORTABLE ? &srd__kernels_portable : NULL;
}

int32_t srd__kernels_set(const srd__kernels *kernels)
{
    (void)kernels;
    return SRD_KERNELS_PORTABLE;
}
#endif
