/*
 * ref_mixing.c -- mixing layers as links with a matrix each, post layers, and the transpose of both and of gather layers.
 */
#include <math.h>

#include "draw.h"
#include "ref.h"

static double number(ref *r, const ref_layer *l, int k, int at)
{
    return ref_noisy(r, (double)r->n->numbers[l->net->numbers[k] + at]);
}

static void spread_bias(ref *r, ref_layer *l)
{
    if (l->net->numbers[1] == NET_NONE) return;
    l->bias = ref_numbers(r, l->positions * l->c);
    for (int c = 0; c < l->c; c++) {
        const double b = number(r, l, 1, c);
        for (int p = 0; p < l->positions; p++) l->bias[p * l->c + c] = b;
    }
}

/* ---- convolutions ------------------------------------------------------------------------------------------------------------------ */

/* The matrix of one tap: [output channel][input channel of the group]. */
static const double *tap_matrix(ref *r, const ref_layer *l, const ref_layer *x, int tap)
{
    const int in = x->c / l->net->groups, out = l->c / l->net->groups;
    double *const m = ref_numbers(r, l->c * in);

    for (int o = 0; o < l->c; o++) {
        for (int i = 0; i < in; i++) {
            const int whole = (o / out * in + i) * out + o % out; /* transposed weights lie by input channel */
            const int at = l->net->kind == NET_CONV ? o * in + i : whole;
            m[o * in + i] = number(r, l, 0, at * l->taps + tap);
        }
    }
    return m;
}

/* Where along an axis a tap carries position `from`; -1: nowhere. */
static int carried(const ref_layer *l, int axis, int tap, int from)
{
    const net_layer *const n = l->net;
    const int out = axis == 0 ? l->h : l->w;
    int at;

    if (n->kind == NET_CONV) {
        at = from + n->pad[axis] - tap * n->dilation[axis];
        if (at < 0 || at % n->stride[axis] != 0) return -1;
        at /= n->stride[axis];
    } else {
        at = from * n->stride[axis] - n->pad[axis] + tap * n->dilation[axis];
    }
    return at >= 0 && at < out ? at : -1;
}

static void convolution(ref *r, ref_layer *l, const ref_layer *x)
{
    l->taps = l->net->kernel[0] * l->net->kernel[1];
    for (int k = 0; k < l->taps; k++) {
        const double *const matrix = tap_matrix(r, l, x, k);
        for (int p = 0; p < x->positions; p++) {
            const int row = carried(l, 0, k / l->net->kernel[1], p / x->w);
            const int column = carried(l, 1, k % l->net->kernel[1], p % x->w);
            if (row >= 0 && column >= 0) ref_add_link(r, l, 0, p, row * l->w + column, k, NULL, NULL, matrix);
        }
    }
}

static void linear(ref *r, ref_layer *l, const ref_layer *x)
{
    const int positions = l->net->kind == NET_LINEAR ? x->positions : 1;

    l->taps = 1;
    for (int p = 0; p < positions; p++) {
        double *const m = ref_numbers(r, l->c * x->c);
        for (int o = 0; o < l->c; o++) {
            for (int i = 0; i < x->c; i++) m[o * x->c + i] = number(r, l, 0, (o * x->c + i) * positions + p);
        }
        if (l->net->kind == NET_LINEAR) {
            const int64_t tap = positions == 1 ? -1 : ((int64_t)x->h << 44) + ((int64_t)x->w << 24) + p;
            ref_add_link(r, l, 0, p, 0, tap, NULL, NULL, m);
        }
        for (int q = 0; l->net->kind == NET_LINEAR_TOKENS && q < x->positions; q++) {
            ref_add_link(r, l, 0, q, q, -1, NULL, NULL, m);
        }
    }
}

void ref_mixing_links(ref *r, ref_layer *l)
{
    const ref_layer *const x = r->layer + l->through[0];

    if (l->net->kind == NET_LINEAR || l->net->kind == NET_LINEAR_TOKENS) linear(r, l, x);
    else convolution(r, l, x);
    spread_bias(r, l);
}

/* ---- post layers ------------------------------------------------------------------------------------------------------------------- */

/* Mean and variance of the group of a channel, over all positions. */
static void statistics(const ref_layer *l, const ref_layer *x, int c, double *mean, double *variance)
{
    const int groups = l->net->kind == NET_INSTANCE_NORM ? l->c : l->net->groups, each = l->c / groups;
    const int first = c / each * each, count = each * l->positions;

    *mean = *variance = 0;
    for (int i = 0; i < count; i++) *mean += x->x[i / each * l->c + first + i % each] / count;
    for (int i = 0; i < count; i++) {
        const double d = x->x[i / each * l->c + first + i % each] - *mean;
        *variance += d * d / count;
    }
}

/* What a channel has of the root of its sum of squares, against the mean of all channels. */
static double share_of_response(const ref_layer *l, const ref_layer *x, int channel)
{
    double own = 0, all = 0;

    for (int c = 0; c < l->c; c++) {
        double squares = 0;
        for (int p = 0; p < l->positions; p++) squares += x->x[p * l->c + c] * x->x[p * l->c + c];
        all += sqrt(squares);
        if (c == channel) own = sqrt(squares);
    }
    return own / (all / l->c + l->net->eps);
}

static void scale_and_shift(ref *r, const ref_layer *l, const ref_layer *x, int c, double *scale, double *shift)
{
    const int given = l->net->numbers[0] != NET_NONE, shifted = l->net->numbers[1] != NET_NONE;
    double mean = 0, variance = 1;

    *scale = given ? number(r, l, 0, c) : 1;
    *shift = shifted ? number(r, l, 1, c) : 0;
    if (l->net->kind == NET_SCALE_SHIFT) return;
    if (l->net->kind == NET_GLOBAL_RESPONSE_NORM) {
        *scale = ref_noisy(r, *scale * share_of_response(l, x, c) + 1);
        return;
    }
    if (l->net->kind == NET_BATCH_NORM) mean = number(r, l, 2, c), variance = number(r, l, 3, c);
    else statistics(l, x, c, &mean, &variance);
    *scale /= sqrt(variance + l->net->eps);
    *scale = ref_noisy(r, *scale);
    *shift = ref_noisy(r, *shift - mean * *scale);
}

/*
 * A chain of norms is one factor and one sum in the library: what its first products lose of themselves is scaled by all that follow, and no mean
 * that is taken on the way is any better. Noise that knows only its own layer would be taken away with such a mean.
 */
static void add_noise_of_chain(ref *r, ref_layer *l, const ref_layer *x)
{
    if (r->noise == 0) return;
    l->lost = ref_numbers(r, l->c);
    for (int c = 0; c < l->c; c++) {
        double most = 0, off;
        for (int p = 0; p < l->positions; p++) most = fmax(most, fabs(x->x[p * l->c + c]));
        l->lost[c] = fabs(l->scale[c]) * ((x->lost != NULL ? x->lost[c] : 0) + 0x1p-23 * most);
        off = x->lost != NULL ? l->lost[c] * draw_signed(&r->noise) : 0;
        for (int p = 0; p < l->positions; p++) l->x[p * l->c + c] += off;
    }
}

static void scaled(ref *r, ref_layer *l)
{
    const ref_layer *const x = r->layer + l->input[0];

    l->scale = ref_numbers(r, l->c);
    l->bias = ref_numbers(r, l->positions * l->c);
    for (int c = 0; c < l->c; c++) {
        double shift;
        scale_and_shift(r, l, x, c, l->scale + c, &shift);
        for (int p = 0; p < l->positions; p++) {
            l->bias[p * l->c + c] = shift;
            l->x[p * l->c + c] = ref_noisy(r, x->x[p * l->c + c] * l->scale[c]) + shift;
        }
    }
    add_noise_of_chain(r, l, x);
}

static int passes_on(const ref_layer *l, int input)
{
    for (int k = 0; k < l->throughs; k++) {
        if (l->through[k] == input) return 1;
    }
    return 0;
}

/* What an operand that may be spread over axes of size 1 adds to the array. */
static void add_spread(const ref_layer *l, const ref_layer *x, double *to)
{
    for (int p = 0; p < l->positions; p++) {
        const int row = x->h == 1 ? 0 : p / l->w, column = x->w == 1 ? 0 : p % l->w;
        for (int c = 0; c < l->c; c++) to[p * l->c + c] += x->x[(row * x->w + column) * x->c + (x->c == 1 ? 0 : c)];
    }
}

void ref_post(ref *r, ref_layer *l)
{
    if (l->net->kind != NET_ADD) {
        scaled(r, l);
        return;
    }
    for (int k = 0; k < l->inputs; k++) {
        const ref_layer *const x = r->layer + l->input[k];
        add_spread(l, x, l->x);
        if (passes_on(l, l->input[k])) continue;
        if (l->bias == NULL) l->bias = ref_numbers(r, l->positions * l->c);
        add_spread(l, x, l->bias);
    }
}

/* ---- transposes ---------------------------------------------------------------------------------------------------------------------- */

static void back_link(ref *r, const ref_layer *l, const ref_layer *below, const ref_link *link, const double *g, double *back)
{
    const int groups = link->matrix != NULL ? l->net->groups : 1, out = l->c / groups, in = below->c / groups;

    for (int c = 0; c < l->c; c++) {
        const double v = ref_noisy(r, g[link->to * l->c + c]);
        double *const to = back + link->from * below->c;
        if (link->matrix == NULL) {
            if (link->source[c] >= 0) to[link->source[c]] += (link->weight != NULL ? link->weight[c] : 1) * v;
        } else {
            for (int i = 0; i < in; i++) to[c / out * in + i] += link->matrix[c * in + i] * v;
        }
    }
}

void ref_transpose(ref *r, const ref_layer *l, const double *g, double **back)
{
    if (l->role == REF_POST) {
        for (int k = 0; k < l->throughs; k++) {
            for (int i = 0; i < l->positions * l->c; i++) {
                back[k][i] += ref_noisy(r, g[i] * (l->scale != NULL ? l->scale[i % l->c] : 1));
            }
        }
        return;
    }
    for (int k = 0; k < l->link_count; k++) {
        const ref_link *const link = l->links + k;
        back_link(r, l, r->layer + l->through[link->operand], link, g, back[link->operand]);
    }
}
