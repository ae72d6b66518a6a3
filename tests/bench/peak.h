/* peak.h -- how many multiply-adds in single precision one core of this machine can do. */
#ifndef TESTS_BENCH_PEAK_H
#define TESTS_BENCH_PEAK_H

#include <stdint.h>

/* GFLOP/s (a multiply-add is two) with the registers that a set of kernels (SRD_KERNELS_AVX512, ...) uses; AMX: those of AVX-512. */
double peak_gflops(int32_t kernels);

#endif
