/*
 * ref_gather.c -- links of pools, concats and flatten; ref_move.c has the other gather layers.
 */
#include <math.h>

#include "ref.h"

/* Output channel c from channel c - first of the layer read. */
static const int *channels_from(ref *r, const ref_layer *l, int first, int count)
{
    int *const source = ref_take(r, (size_t)l->c, sizeof *source);

    for (int c = 0; c < l->c; c++) source[c] = c >= first && c < first + count ? c - first : -1;
    return source;
}

static const double *evenly(ref *r, const ref_layer *l, double weight)
{
    double *const w = ref_numbers(r, l->c);

    weight = ref_noisy(r, weight);
    for (int c = 0; c < l->c; c++) w[c] = weight;
    return w;
}

/* The window at an output row or column: first and last row inside what is read. */
static void window(const ref_layer *l, const ref_layer *x, int axis, int at, int *first, int *last)
{
    const int length = axis == 0 ? x->h : x->w, begin = at * l->net->stride[axis] - l->net->pad[axis];
    const int end = begin + l->net->kernel[axis] - 1;

    *first = begin < 0 ? 0 : begin;
    *last = end >= length ? length - 1 : end;
}

/* Cells of the window that count for an average: padding too, if it counts, but nothing beyond the padded picture. */
static int cells(const ref_layer *l, const ref_layer *x, int axis, int at)
{
    const int length = axis == 0 ? x->h : x->w, begin = at * l->net->stride[axis] - l->net->pad[axis];
    const int low = l->net->extra ? -l->net->pad[axis] : 0;
    const int high = l->net->extra ? length + l->net->pad[axis + 2] : length, end = begin + l->net->kernel[axis];

    return (end < high ? end : high) - (begin > low ? begin : low);
}

static void max_window(ref *r, ref_layer *l, const ref_layer *x, const int *same, int to, const int *rows, const int *columns)
{
    const int height = rows[1] - rows[0] + 1, width = columns[1] - columns[0] + 1;
    double *const weights = ref_numbers(r, height * width * l->c);

    for (int c = 0; c < l->c; c++) {
        int best = -1;
        double most = -INFINITY;
        for (int k = 0; k < height * width; k++) {
            const double v = x->x[((rows[0] + k / width) * x->w + columns[0] + k % width) * x->c + c];
            if (v > most) best = k, most = v;
        }
        weights[best * l->c + c] = 1;
    }
    for (int k = 0; k < height * width; k++) {
        ref_add_link(r, l, 0, (rows[0] + k / width) * x->w + columns[0] + k % width, to, -1, same, weights + k * l->c, NULL);
    }
}

static void windowed(ref *r, ref_layer *l, const ref_layer *x, int maximum)
{
    const int *const same = channels_from(r, l, 0, l->c);

    for (int to = 0; to < l->positions; to++) {
        const int row = to / l->w, column = to % l->w;
        int rows[2], columns[2];
        window(l, x, 0, row, rows, rows + 1);
        window(l, x, 1, column, columns, columns + 1);
        if (maximum) {
            max_window(r, l, x, same, to, rows, columns);
            continue;
        }
        for (int i = rows[0]; i <= rows[1]; i++) {
            for (int j = columns[0]; j <= columns[1]; j++) {
                const double count = (double)cells(l, x, 0, row) * cells(l, x, 1, column);
                ref_add_link(r, l, 0, i * x->w + j, to, -1, same, evenly(r, l, 1 / count), NULL);
            }
        }
    }
}

/* Average, sum or maximum over the parts of a division into height x width parts, which may overlap by a row or column. */
static void divided(ref *r, ref_layer *l, const ref_layer *x)
{
    const int *const same = channels_from(r, l, 0, l->c);

    for (int to = 0; to < l->positions; to++) {
        const int i = to / l->w, j = to % l->w;
        const int top = i * x->h / l->h, bottom = ((i + 1) * x->h + l->h - 1) / l->h;
        const int left = j * x->w / l->w, right = ((j + 1) * x->w + l->w - 1) / l->w;
        const int rows[2] = { top, bottom - 1 }, columns[2] = { left, right - 1 };
        const double *const weight = evenly(r, l, l->net->kind == NET_SUM ? 1 : 1 / ((double)(bottom - top) * (right - left)));
        if (l->net->kind == NET_ADAPTIVE_MAX || l->net->kind == NET_GLOBAL_MAX || l->net->kind == NET_MAX) {
            max_window(r, l, x, same, to, rows, columns);
            continue;
        }
        for (int a = top; a < bottom; a++) {
            for (int b = left; b < right; b++) ref_add_link(r, l, 0, a * x->w + b, to, -1, same, weight, NULL);
        }
    }
}

static void concat(ref *r, ref_layer *l)
{
    int first = 0;

    for (int o = 0; o < l->throughs; o++) {
        const ref_layer *const x = r->layer + l->through[o];
        const int *const source = channels_from(r, l, first, x->c);
        for (int p = 0; p < x->positions; p++) ref_add_link(r, l, o, p, p, -1, source, NULL, NULL);
        first += x->c;
    }
}

/* All layers are paths; of each number one has the weight 1, the first one on a tie. */
static void largest(ref *r, ref_layer *l)
{
    const int *const same = channels_from(r, l, 0, l->c);
    const double sign = l->net->kind == NET_MAXIMUM ? 1 : -1;

    for (int p = 0; p < l->positions; p++) {
        double *const weights = ref_numbers(r, l->throughs * l->c);
        for (int c = 0; c < l->c; c++) {
            int best = 0;
            for (int o = 1; o < l->throughs; o++) {
                const double v = r->layer[l->through[o]].x[p * l->c + c], most = r->layer[l->through[best]].x[p * l->c + c];
                if (sign * v > sign * most) best = o;
            }
            weights[best * l->c + c] = 1;
        }
        for (int o = 0; o < l->throughs; o++) ref_add_link(r, l, o, p, p, -1, same, weights + o * l->c, NULL);
    }
}

static void channel_maxima(ref *r, ref_layer *l, const ref_layer *x)
{
    const int size = x->c / l->c;

    for (int p = 0; p < l->positions; p++) {
        int *const source = ref_take(r, (size_t)l->c, sizeof *source);
        for (int c = 0; c < l->c; c++) {
            source[c] = c * size;
            for (int k = c * size; k < (c + 1) * size; k++) {
                if (x->x[p * x->c + k] > x->x[p * x->c + source[c]]) source[c] = k;
            }
        }
        ref_add_link(r, l, 0, p, p, -1, source, NULL, NULL);
    }
}

/* The position becomes the choice by which a fully connected layer tells its paths apart, named with its grid; a single position
 * is no choice. */
static void flatten(ref *r, ref_layer *l, const ref_layer *x)
{
    for (int p = 0; p < x->positions; p++) {
        const int64_t tap = x->positions == 1 ? -1 : ((int64_t)x->h << 44) + ((int64_t)x->w << 24) + p;
        int *const source = ref_take(r, (size_t)l->c, sizeof *source);
        for (int c = 0; c < l->c; c++) source[c] = c % x->positions == p ? c / x->positions : -1;
        ref_add_link(r, l, 0, p, 0, tap, source, NULL, NULL);
    }
}

void ref_gather_links(ref *r, ref_layer *l)
{
    const ref_layer *const x = r->layer + l->through[0];

    switch (l->net->kind) {
    case NET_MAX_POOL: windowed(r, l, x, 1); break;
    case NET_AVG_POOL: windowed(r, l, x, 0); break;
    case NET_CONCAT: concat(r, l); break;
    case NET_FLATTEN: flatten(r, l, x); break;
    case NET_MAX_CHANNELS: channel_maxima(r, l, x); break;
    case NET_MAXIMUM:
    case NET_MINIMUM: largest(r, l); break;
    default: divided(r, l, x); break; /* a mean divides by rows and columns that it leaves whole */
    }
}
