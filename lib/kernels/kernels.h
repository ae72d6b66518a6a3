/*
 * kernels.h -- the arithmetic: pure functions of pointers and sizes. No handles, no allocation, no globals that change. The
 * portable bodies in generic.c define what is correct; those for an instruction set add the same products in the same order of
 * channels, fused where the set has that, so that they differ by rounding only (docs/numerics.md).
 */
#ifndef SRD_KERNELS_KERNELS_H
#define SRD_KERNELS_KERNELS_H

#include "kernels/panel.h"
#include "srd/explainer.h"

/* What SRD_KERNELS_BEST stands for: itself, or one set in a build that is to be tested with it. */
#ifndef SRD_DEFAULT_KERNELS
#define SRD_DEFAULT_KERNELS SRD_KERNELS_BEST
#endif

/* One channel of a position, by the row of its weights. */
typedef struct srd__pick {
    float x;
    int32_t row;
} srd__pick;

/* Sets for one instruction set. Whatever a pixel's result is, it does not depend on the pixels beside it. */
typedef struct srd__kernels {
    /*
     * u[i][j] += sum over c of x[i][c] * rows[c * row + j], for i < pixels, j < SRD__PANEL, c < channels.
     * x: one pointer per pixel to its channels; u: pixels * SRD__PANEL floats.
     */
    void (*mix)(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u);
    /*
     * In double, where products of two single ones are exact, so that every set gives the same bits: for j < count
     * a = scale[j] * sum over c of x[c] * rows[c * row + j] (scale may be NULL: 1), sums[j] += a, u[j] = a; u[j] = 0 for the
     * other j < SRD__PANEL.
     */
    void (*exact)(const float *x, int32_t channels, const srd__panel *panel, const float *scale, int32_t count, double *sums,
                  float *u);
    /* u[j] += sum over i < count of picks[i].x * rows[picks[i].row * row + j]: four partial sums, by i modulo 4. */
    void (*pick)(const srd__pick *picks, int32_t count, const srd__panel *panel, float *u);
    /* to[c] += sum over j < SRD__PANEL of rows[c * row + j] * g[j], c < channels: the transpose of mix. */
    void (*turn)(const srd__panel *panel, int32_t channels, const float *g, float *to);
    /* u[j] += a * w[j], j < SRD__PANEL. */
    void (*axpy)(float a, const float *w, float *u);
    /* u[j] += x[j] * w[j], j < n, where n is at most SRD__PANEL. */
    void (*scale)(const float *x, const float *w, int32_t n, float *u);
    /* uu[i] += sum over j < SRD__PANEL of u[i][j] * u[i][j], if uu is not NULL; uy[i] += the same of u[i][j] * y[i][j]. */
    void (*dots)(const float *u, const float *y, int32_t pixels, float *uu, float *uy);
    /* y[j] += u[j], j < n. */
    void (*sum)(const float *u, int32_t n, float *y);
} srd__kernels;

/* The kernels of an instruction set (SRD_KERNELS_...), or the best that this processor has; NULL: it, or this build, has none. */
const srd__kernels *srd__kernels_of(int32_t set);

/* Which set these are: SRD_KERNELS_PORTABLE, ... */
int32_t srd__kernels_set(const srd__kernels *kernels);

extern const srd__kernels srd__kernels_portable;
#if SRD__X86
extern const srd__kernels srd__kernels_avx2, srd__kernels_avx512;
#endif
#if SRD__NEON
extern const srd__kernels srd__kernels_neon;
#endif

#endif
