/*
 * ref_move.c -- links of the gather layers that move, choose or weigh PFVs.
 */
#include <math.h>

#include "ref.h"

/* Output channel c from channel c + shift, if there is such a one. */
static const int *shifted(ref *r, const ref_layer *l, const ref_layer *x, int shift)
{
    int *const source = ref_take(r, (size_t)l->c, sizeof *source);

    for (int c = 0; c < l->c; c++) source[c] = c + shift >= 0 && c + shift < x->c ? c + shift : -1;
    return source;
}

static const int *shuffled(ref *r, const ref_layer *l)
{
    int *const source = ref_take(r, (size_t)l->c, sizeof *source);

    for (int c = 0; c < l->c; c++) source[c] = c % l->net->groups * (l->c / l->net->groups) + c / l->net->groups;
    return source;
}

/* Where input position p lies in the output; -1: nowhere. */
static int moved_to(const ref_layer *l, const ref_layer *x, int p)
{
    const net_layer *const n = l->net;
    const int row = p / x->w, column = p % x->w;

    switch (n->kind) {
    case NET_ZERO_PAD:
    case NET_CONSTANT_PAD: return (row + n->pad[0]) * l->w + column + n->pad[1];
    case NET_TRANSPOSE: return column * l->w + row;
    case NET_SELECT_TOKENS: return column >= n->first && column < n->first + n->count ? column - n->first : -1;
    case NET_SUBSAMPLE:
        if (row % n->stride[0] != 0 || column % n->stride[1] != 0) return -1;
        return row / n->stride[0] * l->w + column / n->stride[1];
    default: return p;
    }
}

static void moved(ref *r, ref_layer *l, const ref_layer *x, const int *source)
{
    for (int p = 0; p < x->positions; p++) {
        const int to = moved_to(l, x, p);
        if (to >= 0) ref_add_link(r, l, 0, p, to, -1, source, NULL, NULL);
    }
}

/* ---- positions by what they are -------------------------------------------------------------------------------------------------- */

/* The row or column of the input that output row or column i shows. */
static int shown(const net_layer *n, int axis, int size, int i)
{
    int at = i - n->pad[axis];

    switch (n->kind) {
    case NET_CROP:
        return n->stride[axis] > 0 ? n->pad[axis] + i * n->stride[axis] : size - 1 - n->pad[axis + 2] + i * n->stride[axis];
    case NET_ROLL: return ((i - n->stride[axis]) % size + size) % size;
    case NET_REFLECTION_PAD:
        while (at < 0 || at >= size) at = at < 0 ? -at : 2 * (size - 1) - at;
        return at;
    case NET_REPLICATION_PAD: return at < 0 ? 0 : at >= size ? size - 1 : at;
    default: return (at % size + size) % size;
    }
}

/* Crops, rolls, pads from the picture. */
static void placed(ref *r, ref_layer *l, const ref_layer *x)
{
    const int *const same = shifted(r, l, x, 0);

    for (int to = 0; to < l->positions; to++) {
        const int from = shown(l->net, 0, x->h, to / l->w) * x->w + shown(l->net, 1, x->w, to % l->w);
        ref_add_link(r, l, 0, from, to, -1, same, NULL, NULL);
    }
}

/* Between a picture of h x w positions and its windows, in either direction. */
static void windowed(ref *r, ref_layer *l, const ref_layer *x, int h, int w, int back)
{
    const int *const same = shifted(r, l, x, 0), *const k = l->net->kernel;

    for (int p = 0; p < h * w; p++) {
        const int row = p / w, column = p % w, grid = l->net->option;
        const int a = grid ? row % (h / k[0]) : row / k[0], i = grid ? row / (h / k[0]) : row % k[0];
        const int b = grid ? column % (w / k[1]) : column / k[1], j = grid ? column / (w / k[1]) : column % k[1];
        const int token = ((a * (w / k[1]) + b) * k[0] + i) * k[1] + j;
        ref_add_link(r, l, 0, back ? token : p, back ? p : token, -1, same, NULL, NULL);
    }
}

/* Channels to blocks of positions, and back. */
static void in_blocks(ref *r, ref_layer *l, const ref_layer *x, int back)
{
    const int *const k = l->net->kernel;
    const ref_layer *const large = back ? x : l, *const small = back ? l : x;
    const int block = k[0] * k[1];

    for (int p = 0; p < large->positions; p++) {
        const int row = p / large->w, column = p % large->w;
        const int q = row / k[0] * small->w + column / k[1], place = row % k[0] * k[1] + column % k[1];
        int *const source = ref_take(r, (size_t)l->c, sizeof *source);
        for (int c = 0; back && c < l->c; c++) source[c] = -1;
        for (int c = 0; c < large->c; c++) {
            const int other = l->net->option ? c * block + place : place * large->c + c;
            if (back) source[other] = c;
            else source[c] = other;
        }
        ref_add_link(r, l, 0, back ? p : q, back ? q : p, -1, source, NULL, NULL);
    }
}

static const int *chosen(ref *r, const ref_layer *l)
{
    int *const source = ref_take(r, (size_t)l->c, sizeof *source);

    for (int c = 0; c < l->c; c++) source[c] = l->net->chosen[c];
    return source;
}

/* What a constant pad puts around the picture. */
static void surround(ref *r, ref_layer *l, const ref_layer *x)
{
    l->around = ref_numbers(r, l->positions * l->c);
    for (int p = 0; p < l->positions; p++) {
        const int row = p / l->w - l->net->pad[0], column = p % l->w - l->net->pad[1];
        if (row >= 0 && row < x->h && column >= 0 && column < x->w) continue;
        for (int c = 0; c < l->c; c++) l->around[p * l->c + c] = (double)l->net->real[0];
    }
}

static void tokens_joined(ref *r, ref_layer *l)
{
    int first = 0;

    for (int o = 0; o < l->throughs; o++) {
        const ref_layer *const x = r->layer + l->through[o];
        const int *const same = shifted(r, l, x, 0);
        for (int p = 0; p < x->positions; p++) ref_add_link(r, l, o, p, first + p, -1, same, NULL, NULL);
        first += x->positions;
    }
}

/* ---- upsampling ------------------------------------------------------------------------------------------------------------------ */

/* One axis of an output position: one or two input positions, whose weights are never 0. Returns how many. The place is found as a
 * quotient of numbers that are exact, so that a whole number is one. */
static int along_axis(const net_layer *n, int axis, int length, int out, int o, int *at, double *weight)
{
    const double scale = n->size[axis] > 0 ? (double)out : (double)n->real[axis];
    const double unit = n->size[axis] > 0 ? (double)length : 1; /* the input goes on by unit / scale */
    double top, place, part;

    weight[0] = 1;
    if (!n->option) {
        at[0] = (int)floor(o * unit / scale);
        if (at[0] > length - 1) at[0] = length - 1;
        return 1;
    }
    if (n->extra) {
        top = (double)o * (length - 1);
        place = out > 1 ? floor(top / (out - 1)) : 0;
        part = out > 1 ? (top - place * (out - 1)) / (out - 1) : 0;
    } else {
        top = (2 * o + 1) * unit - scale;
        if (top < 0) top = 0;
        place = floor(top / (2 * scale));
        part = (top - place * 2 * scale) / (2 * scale);
    }
    at[0] = (int)place;
    if (at[0] > length - 1) at[0] = length - 1, part = 0;
    if (part <= 0 || at[0] == length - 1) return 1;
    at[1] = at[0] + 1;
    weight[0] = 1 - part;
    weight[1] = part;
    return 2;
}

static void upsampled(ref *r, ref_layer *l, const ref_layer *x)
{
    const int *const same = shifted(r, l, x, 0);

    for (int to = 0; to < l->positions; to++) {
        int rows[2], columns[2];
        double down[2], across[2];
        const int a = along_axis(l->net, 0, x->h, l->h, to / l->w, rows, down);
        const int b = along_axis(l->net, 1, x->w, l->w, to % l->w, columns, across);
        for (int k = 0; k < a * b; k++) {
            double *const weight = ref_numbers(r, l->c);
            const double w = ref_noisy(r, down[k / b] * across[k % b]);
            for (int c = 0; c < l->c; c++) weight[c] = w;
            ref_add_link(r, l, 0, rows[k / b] * x->w + columns[k % b], to, -1, same, weight, NULL);
        }
    }
}

/* ---- gates and attention ----------------------------------------------------------------------------------------------------------- */

static void gated(ref *r, ref_layer *l, const ref_layer *x)
{
    const ref_layer *const g = r->layer + l->input[1];
    const int *const same = shifted(r, l, x, 0);

    for (int p = 0; p < l->positions; p++) {
        const int row = g->h == 1 ? 0 : p / l->w, column = g->w == 1 ? 0 : p % l->w;
        double *const weight = ref_numbers(r, l->c);
        for (int c = 0; c < l->c; c++) weight[c] = g->x[(row * g->w + column) * g->c + (g->c == 1 ? 0 : c)];
        ref_add_link(r, l, 0, p, p, -1, same, weight, NULL);
    }
}

/* Query counts through all rows; a key is one of its row. */
static double mask_at(const ref *r, const ref_layer *l, int head, int query, int key, int keys)
{
    const int row = l->net->extra > 1 ? query / l->w : 0, plane = row * l->net->count + (l->net->count > 1 ? head : 0);

    if (l->net->numbers[0] == NET_NONE) return 0;
    return (double)r->n->numbers[l->net->numbers[0] + (plane * l->w + query % l->w) * keys + key];
}

/* The softmax over the keys of the query's row, for one head and query. */
static void look(ref *r, const ref_layer *l, int head, int query, double *a)
{
    const ref_layer *const q = r->layer + l->input[0], *const k = r->layer + l->input[1];
    const int size = q->c / l->net->first;
    const double scale = l->net->real[0] != 0.0f ? (double)l->net->real[0] : 1 / sqrt((double)size);
    double most = -INFINITY, sum = 0;
    const int first = query / l->w * k->w;

    for (int j = 0; j < k->w; j++) {
        a[j] = 0;
        for (int c = head * size; c < (head + 1) * size; c++) {
            a[j] += ref_noisy(r, q->x[query * q->c + c] * k->x[(first + j) * k->c + c]);
        }
        a[j] = scale * a[j] + mask_at(r, l, head, query, j, k->w);
        most = fmax(most, a[j]);
    }
    for (int j = 0; j < k->w; j++) sum += a[j] = exp(a[j] - most);
    for (int j = 0; j < k->w; j++) a[j] = ref_noisy(r, a[j] / sum);
}

/* A key that no head may see is no path. */
static void attended(ref *r, ref_layer *l)
{
    const int keys = r->layer[l->input[1]].w, heads = l->net->first, size = l->c / heads;
    const int *const same = shifted(r, l, r->layer + l->input[2], 0);
    double *const a = ref_numbers(r, heads * keys);

    for (int to = 0; to < l->positions; to++) {
        for (int h = 0; h < heads; h++) look(r, l, h, to, a + h * keys);
        for (int j = 0; j < keys; j++) {
            double *const weight = ref_numbers(r, l->c);
            int seen = 0;
            for (int h = 0; h < heads; h++) seen |= mask_at(r, l, h, to, j, keys) > (double)-INFINITY;
            for (int c = 0; c < l->c; c++) weight[c] = a[c / size * keys + j];
            if (seen) ref_add_link(r, l, 0, to / l->w * keys + j, to, -1, same, weight, NULL);
        }
    }
}

void ref_move_links(ref *r, ref_layer *l)
{
    const ref_layer *const x = r->layer + l->through[0];

    switch (l->net->kind) {
    case NET_CONCAT_TOKENS: tokens_joined(r, l); break;
    case NET_UPSAMPLE: upsampled(r, l, x); break;
    case NET_GATE: gated(r, l, x); break;
    case NET_ATTENTION: attended(r, l); break;
    case NET_SHUFFLE: moved(r, l, x, shuffled(r, l)); break;
    case NET_ZERO_CHANNELS: moved(r, l, x, shifted(r, l, x, -l->net->first)); break;
    case NET_SLICE: moved(r, l, x, shifted(r, l, x, l->net->first)); break;
    case NET_CROP:
    case NET_ROLL:
    case NET_REFLECTION_PAD:
    case NET_REPLICATION_PAD:
    case NET_CIRCULAR_PAD: placed(r, l, x); break;
    case NET_PARTITION: windowed(r, l, x, x->h, x->w, 0); break;
    case NET_REVERSE: windowed(r, l, x, l->h, l->w, 1); break;
    case NET_CHOOSE: moved(r, l, x, chosen(r, l)); break;
    case NET_TO_SPACE: in_blocks(r, l, x, 0); break;
    case NET_TO_DEPTH: in_blocks(r, l, x, 1); break;
    default: moved(r, l, x, shifted(r, l, x, 0)); break;
    }
    if (l->net->kind == NET_CONSTANT_PAD) surround(r, l, x);
}
