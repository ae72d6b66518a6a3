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

/* Most pixels of a tile. */
#define SRD__TILE_PIXELS 16
/* Most taps of a depthwise convolution whose sums are taken as it runs: as many contributions stay in registers. */
#define SRD__SUMS_TAPS 9
/* Most output channels of srd__kernels.pick_sums. */
#define SRD__PICKED 64
/* Bytes ahead of what a depthwise kernel reads that it asks for, because so large a value comes from memory and nine rows of pixels are
 * no pattern that a processor finds by itself: some pixels if it takes all channels of one, or a tile if a few channels of each. */
#define SRD__AHEAD 4096
#define SRD__TILE_AHEAD 12288
/* Most channels that are few. */
#define SRD__FEW 4

/* One channel of a position, by the row of its weights. */
typedef struct srd__pick {
    float x;
    int32_t row;
} srd__pick;

/* What becomes of y on its way into a value. */
typedef struct srd__finish {
    float low, high; /* as clamp says */
    bool stream;     /* the value is larger than the caches: it need not stay there */
} srd__finish;

/* What the pixels of a tile see of a convolution of few channels: a term is a channel of a tap. */
typedef struct srd__exact {
    const double *const *x; /* [terms], each to SRD__TILE_PIXELS numbers */
    srd__panel panel;       /* a row for every term */
    const float *scale;     /* [count]; NULL: 1 */
    int32_t terms;
    int32_t count; /* output channels, 1 to SRD__PANEL */
} srd__exact;

/* Channels of a position and the weights that they meet, for the sums of their contributions. */
typedef struct srd__picked {
    const srd__pick *picks;
    const int32_t *begins;    /* [slots + 1] */
    const srd__panel *panels; /* one for each SRD__PANEL output channels, all of the same `row` */
    const float *scale;       /* [count]; NULL: 1 */
    int32_t slots;
    int32_t count; /* output channels, 1 to SRD__PICKED */
} srd__picked;

/* Taps of few channels that the pixels of a tile see, for their contributions' norms and products: see fast/first_conv_sums.c. */
typedef struct srd__few {
    const double *const *x; /* [taps][channels], each to SRD__TILE_PIXELS numbers */
    const double *r;        /* [taps][channels][channels], of which those left of the diagonal are not read */
    const float *v;         /* [taps][channels][SRD__TILE_PIXELS] */
    int32_t taps;
    int32_t channels; /* 1 to SRD__FEW */
} srd__few;

/* All taps of a depthwise convolution, seen by the pixels of a tile. */
typedef struct srd__depthwise {
    const float *const *x; /* [taps][SRD__TILE_PIXELS]: channel j of a pixel is x[tap][pixel][first + j] */
    const float *w;        /* [taps][row]: weight j of a tap */
    const float *scale;    /* [count]; NULL: 1 */
    size_t first, row;
    int32_t taps;
    int32_t count; /* channels, 1 to SRD__PANEL */
} srd__depthwise;

/* What srd__kernels.sums and pooled make: y, and what is added to the sums. Numbers of two taps are `step` apart. */
typedef struct srd__sums_to {
    const float *bias; /* [count]; NULL: 0 */
    float *to;         /* [pixels][stride] */
    size_t stride, step;
    float *uu;                 /* [taps][pixels], or NULL */
    float *uy;                 /* [taps][pixels] */
    float *yy;                 /* [pixels] */
    float *by;                 /* [pixels]; NULL without bias */
    bool given;                /* `to` has y: it is read, not made */
    const srd__finish *finish; /* or NULL: `to` gets y. Not with given; nothing is streamed */
} srd__sums_to;

/* Channels of a maximum over a window, as one pixel sees them. */
typedef struct srd__pooled {
    const float *x;        /* [count] */
    const uint8_t *winner; /* [count]: which tap a channel comes from, below taps */
    const float *w;        /* [count] */
    int32_t taps;
    int32_t count;
} srd__pooled;

/* Sets for one instruction set. Whatever a pixel's result is, it does not depend on the pixels beside it. */
typedef struct srd__kernels {
    /*
     * u[i][j] += sum over c of x[i][c] * rows[c * row + j], for i < pixels, j < SRD__PANEL, c < channels, for each of `blocks`
     * panels, all of the same `row`, whose u are block_step floats apart. Without `add` u begins as 0.
     * x: one pointer per pixel to its channels; u: pixels * SRD__PANEL floats for each block.
     */
    void (*mix)(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                size_t block_step, bool add);
    /*
     * In double, where products of two single ones are exact, so that every set gives the same bits: for i < pixels, j < count
     * y[i][j] = scale[j] * sum over the terms of x[term][i] * rows[term * row + j], rounded at the end; 0 for the other
     * j < SRD__PANEL. y: pixels * SRD__PANEL floats.
     */
    void (*exact)(const srd__exact *e, int32_t pixels, float *y);
    /*
     * In double, for t < taps and i < pixels uy[t * pixels + i] = sum over c of x[t][c][i] * v[t][c][i] and, if uu is not NULL,
     * uu[t * pixels + i] = sum over a of (sum over c >= a of r[t][a][c] * x[t][c][i])^2.
     */
    void (*few)(const srd__few *f, int32_t pixels, float *uu, float *uy);
    /*
     * For i < pixels, j < count u[t][i][j] = x[t][i][first + j] * w[t * row + j] * scale[j] and y[i][j] = sum over t of
     * u[t][i][j]; without u (NULL) y[i][j] = scale[j] * sum over t of x[t][i][first + j] * w[t * row + j]; 0 for the other
     * j < SRD__PANEL. Shapes as above.
     */
    void (*depthwise)(const srd__depthwise *d, int32_t pixels, float *y, float *u);
    /*
     * A depthwise convolution with its sums in one pass, for any number of channels and up to SRD__SUMS_TAPS taps; d->scale is not
     * read. For i < pixels and j < d->count, with u[t][j] = x[t][i][first + j] * w[t * row + j]: to[i * stride + j] = y[j] =
     * bias[j] + sum over t of u[t][j]; uu[t * step + i] += <u[t], u[t]>, uy[t * step + i] += <u[t], y>, yy[i] += <y, y>,
     * by[i] += <bias, y>; with to->given that y is read there. False if an y is NaN or Inf.
     */
    bool (*sums)(const srd__depthwise *d, int32_t pixels, const srd__sums_to *to);
    /* The same of one pixel, where x[j] * w[j] belongs to u[winner[j]] alone. */
    bool (*pooled)(const srd__pooled *p, const srd__sums_to *to);
    /*
     * By slot s < slots: u[j] += sum over i in [begins[s], begins[s + 1]) of picks[i].x * rows[picks[i].row * row + j], in two
     * partial sums, of every other pick; slots are slot_step floats apart. For each of `blocks` panels, all of the same `row`,
     * whose u are block_step floats apart.
     */
    void (*pick)(const srd__pick *picks, const int32_t *begins, int32_t slots, const srd__panel *panels, int32_t blocks,
                 float *u, size_t slot_step, size_t block_step);
    /*
     * With u[s][j] = scale[j] times what `pick` makes of slot s: uu[s * step] += <u[s], u[s]>, if uu is not NULL, and
     * uy[s * step] += <u[s], y>, over j < count. y: channels of a panel lie together, panels y_step floats apart.
     */
    void (*pick_sums)(const srd__picked *p, const float *y, size_t y_step, float *uu, float *uy, size_t step);
    /*
     * Of a maximum over a window, the picks of a position by the slot that each channel comes from: those with winner[c] = s, c < n,
     * whose x[c] is not 0, lie from picks[begins[s]] to picks[begins[s + 1]], in the order of channels; pick.row is c. begins:
     * slots + 1 numbers; picks: n of them, all of which may be written. NULL: see fast/pooled_conv.c, which does without.
     */
    void (*list)(const float *x, const uint8_t *winner, int32_t n, int32_t slots, srd__pick *picks, int32_t *begins);
    /* to[c] += sum over j < SRD__PANEL of rows[c * row + j] * g[j], c < channels: the transpose of mix. */
    void (*turn)(const srd__panel *panel, int32_t channels, const float *g, float *to);
    /* Of the relevance of a question: to[i] += a[i] * b[i], and the sum of x[i] and that of |x[i]|, i < n. */
    void (*multiply)(const float *a, const float *b, size_t n, float *to);
    double (*plane)(const float *x, size_t n, double *magnitude);
    /* u[j] += a * w[j], j < SRD__PANEL. */
    void (*axpy)(float a, const float *w, float *u);
    /* u[j] += x[j] * w[j], j < n, where n is at most SRD__PANEL. */
    void (*scale)(const float *x, const float *w, int32_t n, float *u);
    /* For k < paths and i < pixels: uu[k][i] += sum over the blocks and j < SRD__PANEL of u[k][i][j] * u[k][i][j], if uu is not
     * NULL; uy[k][i] += the same of u[k][i][j] * y[i][j]. Blocks of u are u_step floats apart, those of y y_step. */
    void (*dots)(const float *u, const float *y, int32_t paths, int32_t pixels, int32_t blocks, size_t u_step, size_t y_step,
                 float *uu, float *uy);
    /* y[j] += sum over k < paths of u[k][j], j < n, in the order of k; n is a multiple of SRD__PANEL. */
    void (*total)(const float *u, int32_t paths, int32_t n, float *y);
    /* to[j][i] = scale[j] * y[i][j], [SRD__PANEL][SRD__TILE_PIXELS], for i < pixels, j < n; 0 elsewhere. scale may be NULL: 1. */
    void (*flip)(const float *y, int32_t pixels, const float *scale, int32_t n, float *to);
    /* Of the ratios of a tile, path by path, [rows][n] numbers each, n at most SRD__TILE_PIXELS: */
    /* to[i] += sum over k of x[k][i]. */
    void (*columns)(const float *x, int32_t rows, int32_t n, float *to);
    /* x[i] = sqrt(x[i]), i < n, for any n. */
    void (*roots)(float *x, size_t n);
    /* shares[k][i] += amounts[i] * (norms[k][i] / totals[i]). */
    void (*share)(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals, float *shares);
    /* to[k * step + i] = q = shares[k][i] / yy[i], sums[i] += q, magnitudes[i] += |q|. stream: as in srd__finish. */
    void (*quotients)(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step, float *sums,
                      float *magnitudes, bool stream);
    /* u[i][j] *= scale[j] (if scale is not NULL), i < rows, j < n; 0 for the other j < SRD__PANEL. */
    void (*rescale)(float *u, int32_t rows, const float *scale, int32_t n);
    /* y[j] = low where it is not larger, then high where it is not smaller, j < n. */
    void (*clamp)(float *y, size_t n, float low, float high);
    /* y[j] += u[j], j < n. */
    void (*sum)(const float *u, int32_t n, float *y);
    /* Of a maximum over a window: where x[j] > y[j], y[j] = x[j] and winner[j] = k, j < n. */
    void (*most)(const float *x, int32_t n, uint8_t k, float *y, uint8_t *winner);
    /*
     * y[i][j] += bias[j] (NULL: nothing is added) and to[i * stride + j] = y[i][j], or with `finish` what clamp makes of it, for
     * i < pixels, j < count, which is 1 to SRD__PANEL; y: pixels * SRD__PANEL floats. False if an y is NaN or Inf. What was
     * streamed is there after drain().
     */
    bool (*store)(float *y, int32_t pixels, const float *bias, int32_t count, float *to, size_t stride,
                  const srd__finish *finish);
    void (*drain)(void);
} srd__kernels;

/* The kernels of an instruction set (SRD_KERNELS_...), or the best that this processor has; NULL: it, or this build, has none. */
const srd__kernels *srd__kernels_of(int32_t set);

/* Which set these are: SRD_KERNELS_PORTABLE, ... */
int32_t srd__kernels_set(const srd__kernels *kernels);

extern const srd__kernels srd__kernels_portable;
#if SRD__X86
extern const srd__kernels srd__kernels_avx2, srd__kernels_avx512;

/* Kernels that have a file besides that of their table: avx2_ratios.c, avx512_ratios.c. */
void srd__exact_avx2(const srd__exact *e, int32_t pixels, float *y);
void srd__few_avx2(const srd__few *f, int32_t pixels, float *uu, float *uy);
void srd__total_avx2(const float *u, int32_t paths, int32_t n, float *y);
void srd__sum_avx2(const float *u, int32_t n, float *y);
void srd__columns_avx2(const float *x, int32_t rows, int32_t n, float *to);
void srd__roots_avx2(float *x, size_t n);
void srd__share_avx2(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals, float *shares);
void srd__quotients_avx2(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step, float *sums,
                         float *magnitudes, bool stream);
void srd__rescale_avx2(float *u, int32_t rows, const float *scale_by, int32_t n);

void srd__exact_avx512(const srd__exact *e, int32_t pixels, float *y);
void srd__few_avx512(const srd__few *f, int32_t pixels, float *uu, float *uy);
void srd__total_avx512(const float *u, int32_t paths, int32_t n, float *y);
void srd__sum_avx512(const float *u, int32_t n, float *y);
void srd__columns_avx512(const float *x, int32_t rows, int32_t n, float *to);
void srd__roots_avx512(float *x, size_t n);
void srd__share_avx512(const float *norms, int32_t rows, int32_t n, const float *amounts, const float *totals, float *shares);
void srd__quotients_avx512(const float *shares, int32_t rows, int32_t n, const float *yy, float *to, size_t step, float *sums,
                           float *magnitudes, bool stream);
void srd__rescale_avx512(float *u, int32_t rows, const float *scale_by, int32_t n);
void srd__flip_avx512(const float *y, int32_t pixels, const float *scale_by, int32_t n, float *to);

/* `depthwise` of the AVX-512 kernels, in avx512_mix.c. */
void srd__depthwise_avx512(const srd__depthwise *d, int32_t pixels, float *y, float *u);

/* `mix` of the AVX-512 kernels, which those for AMX use for what is left of their tiles. */
void srd__mix_avx512(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks,
                     float *u, size_t block_step, bool add);
#endif
#if SRD__AMX
extern const srd__kernels srd__kernels_amx;

/* Its `mix`. */
void srd__mix_amx(const float *const *x, int32_t pixels, int32_t channels, const srd__panel *panels, int32_t blocks, float *u,
                  size_t block_step, bool add);
#endif
#if SRD__NEON
extern const srd__kernels srd__kernels_neon;
#endif

#endif
