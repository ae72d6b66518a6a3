/* where.c -- one position, or a picture whose brightness weighs all of them. */
#include "where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

static bool weigh_one(const program_options *o, where *w)
{
    if (o->position[0] >= w->height || o->position[1] >= w->width) {
        (void)fprintf(stderr, PROGRAM ": --position %d,%d: the output has %d x %d positions\n", o->position[0], o->position[1],
                      w->height, w->width);
        return false;
    }
    w->weights[(size_t)o->position[0] * (size_t)w->width + (size_t)o->position[1]] = 1;
    return true;
}

/* The mean of the rows [top, bottom) and columns [left, right) of a plane. */
static float mean_of(const float *plane, int32_t width, const int64_t *rows, const int64_t *columns)
{
    float sum = 0;

    for (int64_t row = rows[0]; row < rows[1]; ++row) {
        for (int64_t column = columns[0]; column < columns[1]; ++column) sum += plane[row * width + column];
    }
    return sum / (float)((rows[1] - rows[0]) * (columns[1] - columns[0]));
}

/* The part of a side of so many pixels that falls to place i of count; a pixel at least. */
static void part_of(int64_t side, int64_t i, int64_t count, int64_t *part)
{
    part[0] = i * side / count;
    part[1] = (i + 1) * side / count;
    if (part[1] == part[0]) ++part[1];
}

/* The mask as the picture is cut and made smaller, so that it lies over it; each position weighs as much as its part of that is bright. */
static bool fit_mask(const session *s, const program_options *o, const picture *mask, where *w)
{
    float *const plane = malloc((size_t)s->height * (size_t)s->width * sizeof *plane);

    if (plane == NULL) return false;
    picture_fit(mask, o->crop, 1, s->height, s->width, plane);
    for (int32_t row = 0; row < w->height; ++row) {
        for (int32_t column = 0; column < w->width; ++column) {
            int64_t rows[2], columns[2];

            part_of(s->height, row, w->height, rows);
            part_of(s->width, column, w->width, columns);
            w->weights[(size_t)row * (size_t)w->width + (size_t)column] = mean_of(plane, s->width, rows, columns);
        }
    }
    free(plane);
    return true;
}

static bool weigh_by_mask(const session *s, const program_options *o, where *w)
{
    char reason[PICTURE_REASON];
    picture mask;
    float sum = 0;
    bool done;

    if (!picture_read(o->mask, &mask, reason)) {
        (void)fprintf(stderr, PROGRAM ": %s: %s\n", o->mask, reason);
        return false;
    }
    done = fit_mask(s, o, &mask, w);
    free(mask.rgb);
    if (!done) return false;
    for (size_t p = 0; p < (size_t)w->height * (size_t)w->width; ++p) sum += w->weights[p];
    if (sum > 0) return true;
    (void)fprintf(stderr, PROGRAM ": %s is black at all positions of the output\n", o->mask);
    return false;
}

bool where_read(session *s, const program_options *o, where *w)
{
    int32_t shape[3];

    memset(w, 0, sizeof *w);
    if (srd_explainer_layer_shape(s->explainer, s->output, shape, &s->why) != SRD_OK) return session_fail(s);
    w->height = shape[1];
    w->width = shape[2];
    if (!o->one_position && o->mask == NULL) return true;
    w->weights = calloc((size_t)w->height * (size_t)w->width, sizeof *w->weights);
    return w->weights != NULL && (o->one_position ? weigh_one(o, w) : weigh_by_mask(s, o, w));
}

void where_free(where *w)
{
    free(w->weights);
    w->weights = NULL;
}
