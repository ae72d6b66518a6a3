/*
 * peak.c -- independent multiply-adds that never leave the registers, as many at once as hide their latency; the best of some rounds.
 */
#include "peak.h"

#include <stddef.h>
#include <time.h>

#include "srd/srd.h"

#define CHAINS 16
#define ROUNDS 20
#define STEPS 200000

static volatile float sink; /* so that the work has a reader */

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static float chain_avx512(void)
{
    __m512 x[CHAINS];
    const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);

    for (int i = 0; i < CHAINS; ++i) x[i] = _mm512_set1_ps((float)i);
    for (int k = 0; k < STEPS; ++k) {
        for (int i = 0; i < CHAINS; ++i) x[i] = _mm512_fmadd_ps(x[i], a, b);
    }
    for (int i = 1; i < CHAINS; ++i) x[0] = _mm512_add_ps(x[0], x[i]);
    return _mm512_cvtss_f32(x[0]);
}

/* 16 registers are all that there are: two are left for a and b. */
__attribute__((target("avx2,fma"))) static float chain_avx2(void)
{
    __m256 x[CHAINS - 4];
    const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);

    for (int i = 0; i < CHAINS - 4; ++i) x[i] = _mm256_set1_ps((float)i);
    for (int k = 0; k < STEPS; ++k) {
        for (int i = 0; i < CHAINS - 4; ++i) x[i] = _mm256_fmadd_ps(x[i], a, b);
    }
    for (int i = 1; i < CHAINS - 4; ++i) x[0] = _mm256_add_ps(x[0], x[i]);
    return _mm256_cvtss_f32(x[0]);
}
#endif

/* What a compiler makes of plain C: four numbers side by side on most machines, none of them fused. */
static float chain_portable(void)
{
    float x[2 * CHAINS], sum = 0;

    for (int i = 0; i < 2 * CHAINS; ++i) x[i] = (float)i;
    for (int k = 0; k < STEPS; ++k) {
        for (int i = 0; i < 2 * CHAINS; ++i) x[i] = x[i] * 0.999f + 0.001f;
    }
    for (int i = 0; i < 2 * CHAINS; ++i) sum += x[i];
    return sum;
}

double peak_gflops(int32_t kernels)
{
    float (*chain)(void) = chain_portable;
    double flops = 2.0 * 2 * CHAINS * STEPS, best = 0;

#if defined(__x86_64__) && defined(__GNUC__)
    if (kernels == SRD_KERNELS_AVX512 || kernels == SRD_KERNELS_AMX) {
        chain = chain_avx512;
        flops = 2.0 * 16 * CHAINS * STEPS;
    } else if (kernels == SRD_KERNELS_AVX2) {
        chain = chain_avx2;
        flops = 2.0 * 8 * (CHAINS - 4) * STEPS;
    }
#else
    (void)kernels;
#endif
    for (int i = 0; i < ROUNDS; ++i) {
        struct timespec begin, end;
        double seconds;

        (void)clock_gettime(CLOCK_MONOTONIC, &begin);
        sink = chain();
        (void)clock_gettime(CLOCK_MONOTONIC, &end);
        seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
        if (flops / seconds > 1e9 * best) best = 1e-9 * flops / seconds;
    }
    return best;
}
