/*
 * kernels.h -- the arithmetic: pure functions of pointers and sizes. No handles, no allocation, no globals. The portable
 * bodies in generic.c define what is correct.
 */
#ifndef SRD_KERNELS_KERNELS_H
#define SRD_KERNELS_KERNELS_H

#include "kernels/panel.h"

/*
 * u[i][j] += sum over c of x[i][c] * rows[c * row + j], for i < pixels, j < SRD__PANEL, c < channels.
 * x: one pointer per pixel to its channels; u: pixels * SRD__PANEL floats.
 */
void srd__kernel_mix(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panel, float *u);

/* u[j] += a * w[j], j < SRD__PANEL. */
void srd__kernel_axpy(float a, const float *w, float *u);

/* sum over j < SRD__PANEL of a[j] * b[j]: four partial sums, added in a fixed order. */
float srd__kernel_dot(const float *a, const float *b);

/* y[j] += u[j], j < n. */
void srd__kernel_sum(const float *u, int32_t n, float *y);

#endif
