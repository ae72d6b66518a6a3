/*
 * render_impl.h -- the parts of rendering: planes of numbers that are read by strides, the scale of a map, resampling along
 * an axis, and tables of colours. Single precision where numbers are sampled, integers from the number of the colour on.
 */
#ifndef SRD_RENDER_RENDER_IMPL_H
#define SRD_RENDER_RENDER_IMPL_H

#include "srd/render.h"
#include "tensor/tensor_impl.h"

/* 0: the functions of srd/render.h fail with SRD_ERR_UNSUPPORTED. */
#ifndef SRD_WITH_RENDER
#define SRD_WITH_RENDER 1
#endif

/* A channel of a tensor. A number x of it, or |x|, has the level (x - zero) / unit. */
typedef struct srd__plane {
    const float *data;
    int64_t height, width;
    int64_t row, column; /* strides in elements */
    bool magnitude;
    float zero, unit;
} srd__plane;

/* What a first look at all numbers of a map finds. */
typedef struct srd__extent {
    float largest; /* |value| */
    int64_t count; /* of values that are not 0 */
} srd__extent;

/*
 * x + 1/2 cut off, for 0 <= x < 2^23. Arguments and the constant are rounded to single precision although some compilers compute
 * in double within an expression (FLT_EVAL_METHOD 1, gcc for s390x): 0.5 / 127 * 127 must come out as 0.5 there, too.
 */
static inline int32_t srd__nearest(float x)
{
    const float above = x + 0.5f;

    return (int32_t)above;
}

/* ---- options.c --------------------------------------------------------------------------------------------------------- */

/* Read and check what the caller wishes, with defaults in place of what is 0. */
srd_status srd__render_options(srd_render_options *ours, const srd_render_options *theirs, srd_detail *detail);
srd_status srd__overlay_options(srd_overlay_options *ours, const srd_overlay_options *theirs, srd_detail *detail);

/* The channels of a tensor, 1 or `most`. what names the tensor in a failure. */
srd_status srd__render_planes(const srd_tensor *tensor, const char *what, int32_t most, srd__plane *planes, int32_t *count,
                              srd_detail *detail);

/* The plane of a map with the levels of its colours, and the numbers of the first and the last colour. Reads all numbers. */
srd_status srd__render_map_plane(const srd_tensor *map, const srd_render_options *options, srd__plane *plane, float range[2],
                                 srd_detail *detail);

/* ---- scale.c ----------------------------------------------------------------------------------------------------------- */

/* Looks at all numbers. what names the tensor in a failure (SRD_ERR_NUMBER). */
srd_status srd__render_extent(const srd__plane *plane, const char *what, srd__extent *extent, srd_detail *detail);

/* The smallest |value| such that at least `percent` of the `count` values that are not 0 are not larger. count is not 0. */
float srd__render_percentile(const srd__plane *plane, int64_t count, float percent);

/* ---- sample.c ---------------------------------------------------------------------------------------------------------- */

/* Walks along the target's pixels of one axis and tells which pixels of the source each of them is made of. */
typedef struct srd__axis {
    int64_t source;                /* pixels of the source */
    int64_t at, rest, unit;        /* the place of the target's pixel in the source: at + rest / unit, rest in [0, unit) */
    int64_t step, step_rest;       /* from one target pixel to the next: step + step_rest / unit */
    int32_t way;                   /* of those in sample.c */
    int64_t first, last;           /* what the target's pixel is made of */
    float share_inner, share_last; /* of each pixel between the two, and of the last; what is left is the first one's */
    double start, span; /* a source in its place: the edge of the target's pixel 0, and the width of a pixel, in its pixels */
    double pixel;       /* the same: the number of the target's pixel */
    bool beside;        /* the target's pixel lies beside the source, and is made of nothing */
} srd__axis;

/* Starts at the first pixel of `target` ones; all sizes are in [1, 2^31). */
void srd__axis_begin(srd__axis *axis, int64_t source, int64_t target, int32_t enlargement);
/* The same for a source whose pixel i has its middle at offset + i * step of a picture that is stretched over the target. */
void srd__axis_place(srd__axis *axis, int64_t source, int64_t target, int32_t enlargement, int64_t picture, float step,
                     float offset);
void srd__axis_next(srd__axis *axis);

/* Whether no pixel of the target is made of more than two neighbours. */
bool srd__axis_enlarges(const srd__axis *axis);

/* The level of one number of the source. Never NaN. */
float srd__render_level(const srd__plane *plane, int64_t row, int64_t column);
/* The mean level of what the target's pixel is made of. Never NaN. */
float srd__render_sample(const srd__plane *plane, const srd__axis *rows, const srd__axis *columns);

/* ---- strip.c ----------------------------------------------------------------------------------------------------------- */

#define SRD_STRIP 8 /* columns at a time; all of it lies on the stack */

/* Neighbouring columns of the target. */
typedef struct srd__strip {
    const srd__axis *begin; /* the caller's, at the first of them */
    int32_t count;
    bool mixes;                                /* no column is made of more than two neighbours, which the following tell: */
    int64_t base, sources;                     /* the columns of the source that are needed, */
    uint8_t first[SRD_STRIP], last[SRD_STRIP]; /* which of them, counted from base, */
    float share[SRD_STRIP];                    /* and how much of the last */
    bool beside[SRD_STRIP];
} srd__strip;

/* Two rows of a source, with their columns brought to those of a strip. */
typedef struct srd__lines {
    int64_t first, last; /* which rows; -1: none yet */
    float of_first[SRD_STRIP], of_last[SRD_STRIP];
} srd__lines;

/* columns is at the first column of the strip, and must stay there until the strip is drawn. */
void srd__strip_begin(srd__strip *strip, const srd__axis *columns, int32_t count);
void srd__lines_begin(srd__lines *lines);
/* The levels of a row of the strip; those of columns beside the source stay as they are. Rows are asked for from the top. */
void srd__strip_levels(const srd__strip *strip, const srd__plane *plane, const srd__axis *rows, srd__lines *lines,
                       float *levels);

/* ---- colours.c --------------------------------------------------------------------------------------------------------- */

#define SRD_COLOUR_CENTRE 128 /* entry of 0 in the diverging table */
#define SRD_COLOUR_SIDE 127   /* entries on either side of it that are used */
#define SRD_COLOUR_LAST (SRD_COLOUR_ENTRIES - 1)

/* The entry of a level: -1 ... 1 for the diverging colours, 0 ... 1 for the others, clipped. */
static inline int32_t srd__colour_entry(int32_t colours, float level)
{
    const float size = level < 0.0f ? -level : level;

    if (colours == SRD_COLOURS_DIVERGING) {
        const int32_t k = size < 1.0f ? srd__nearest(size * (float)SRD_COLOUR_SIDE) : SRD_COLOUR_SIDE;

        return level < 0.0f ? SRD_COLOUR_CENTRE - k : SRD_COLOUR_CENTRE + k;
    }
    if (level <= 0.0f) return 0;
    return level < 1.0f ? srd__nearest(level * (float)SRD_COLOUR_LAST) : SRD_COLOUR_LAST;
}

/* The part of cover, rounded, that goes with how strong an entry is. */
int32_t srd__colour_cover(int32_t colours, int32_t entry, int32_t cover);

/* Red, green and blue of an entry. */
void srd__colour_rgb(int32_t colours, int32_t entry, uint8_t *rgb);

#endif
