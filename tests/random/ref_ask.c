/*
 * ref_ask.c -- relevance from given first maps down to the sources; the maps of all kinds of layers.
 */
#include <math.h>
#include <string.h>

#include "ref.h"

#define HALF 0x1p-11 /* what float16 may change of a ratio */
#define TINY 0x1p-25 /* and of a small one */

void ref_add_to(ref *r, double **map, int count, int at, double amount)
{
    if (*map == NULL) *map = ref_numbers(r, count);
    (*map)[at] += amount;
}

void ref_without_mean(double *map, int count)
{
    double mean = 0;

    for (int i = 0; i < count; i++) mean += map[i] / count;
    for (int i = 0; count > 1 && i < count; i++) map[i] -= mean;
}

static void spread_site(ref *r, ref_answer *a, int layer)
{
    const ref_segment *const s = ref_segment_of(r, layer);
    const double *const map = a->map[layer], *const bound = a->bound[layer];
    double flow = 0;

    for (int p = 0; p < s->positions; p++) a->unreached += s->paths[p] == 0 ? map[p] : 0;
    for (int i = 0; i < s->ways.count; i++) {
        const ref_way *const w = s->ways.row + i;
        const double in = map[w->position], mu = s->mu[i], off = HALF * fabs(mu) + TINY;
        const int count = r->layer[w->source].positions;
        ref_add_to(r, &a->map[w->source], count, w->origin, ref_noisy(r, mu * in));
        ref_add_to(r, &a->bound[w->source], count, w->origin,
                   off * fabs(in) + (fabs(mu) + off) * (bound != NULL ? bound[w->position] : 0));
        a->largest_ratio = fmax(a->largest_ratio, fabs(mu));
        flow += fabs(mu * in);
    }
    a->flow = fmax(a->flow, flow);
}

/* Contrastive means, then down. */
void ref_finish(ref *r, ref_answer *a, int contrastive)
{
    a->contrastive = contrastive;
    for (int i = 0; i < r->layers; i++) {
        const int count = r->layer[i].positions;
        if (a->map[i] == NULL) continue;
        a->top[i] = ref_numbers(r, count);
        memcpy(a->top[i], a->map[i], (size_t)count * sizeof(double));
        for (int p = 0; p < count; p++) a->magnitude += fabs(a->top[i][p]);
        if (contrastive && !r->layer[i].constant) ref_without_mean(a->map[i], count);
    }
    for (int i = r->layers - 1; i >= 0; i--) {
        double sum = 0, before = 0; /* the mean is taken away from numbers that may be larger than what is left */
        if (a->map[i] == NULL) continue;
        for (int p = 0; p < r->layer[i].positions; p++)
            sum += fabs(a->map[i][p]), before += fabs(a->top[i] != NULL ? a->top[i][p] : 0);
        a->magnitude = fmax(a->magnitude, fmax(sum, before));
        if (r->layer[i].role != REF_SOURCE) {
            spread_site(r, a, i);
        } else if (r->n->layer[i].kind != NET_INPUT) {
            for (int p = 0; p < r->layer[i].positions; p++) a->at_constants += a->map[i][p];
        }
    }
}

/* ---- seeds ------------------------------------------------------------------------------------------------------------------------- */

/* Everything that is not below the start lies above it or beside it. */
static void mark_above(const ref *r, ref_answer *a, int start)
{
    a->above[start] = 0;
    for (int i = 0; i < r->layers; i++) {
        for (int k = 0; k < r->layer[i].inputs; k++) {
            const int below = r->layer[i].input[k];
            a->above[i] |= a->above[below] || below == start;
        }
    }
}

ref_answer *ref_seed(ref *r, int layer, const double *seed, int contrastive)
{
    ref_answer *const a = ref_take(r, 1, sizeof *a);

    for (int p = 0; p < r->layer[layer].positions; p++) {
        ref_add_to(r, &a->map[layer], r->layer[layer].positions, p, seed[p]);
        a->score += seed[p];
    }
    mark_above(r, a, layer);
    ref_finish(r, a, contrastive);
    return a;
}

ref_answer *ref_erf(ref *r, int layer, int position)
{
    double *const seed = ref_numbers(r, r->layer[layer].positions);

    seed[position] = 1;
    return ref_seed(r, layer, seed, 0);
}

/* ---- maps ------------------------------------------------------------------------------------------------------------------------- */

/* What runs through the parts of the segment of a site, by part: relevance pushed down, and direction that became relevance. Parts
 * of an input are told apart by where they come from, too: total is [part][position of the mark], or [part]. */
static void add_parts(ref *r, const ref_answer *a, int layer, int mark, int by_channel, double *first, double *total)
{
    const ref_segment *s;

    if ((a->map[layer] == NULL && a->turned[layer] == NULL) || r->layer[layer].role == REF_SOURCE ||
        !ref_touches(r, layer, mark)) {
        return;
    }
    s = ref_parts(r, layer, mark);
    for (int i = 0; i < s->ways.count; i++) {
        const ref_way *const w = s->ways.row + i;
        const int at = by_channel ? (w->part - 1) * r->layer[mark].positions + w->origin : w->part - 1;
        if (w->part == 0 || (by_channel && w->source != mark)) continue;
        if (a->map[layer] != NULL) total[at] += ref_noisy(r, s->mu[i] * a->map[layer][w->position]);
        if (a->turned[layer] == NULL || s->places[w->position] < 2) continue;
        for (int c = 0; c < s->c; c++) first[at] += ref_noisy(r, s->p[i][c] * a->turned[layer][w->position * s->c + c]);
    }
}

double *ref_map(ref *r, const ref_answer *a, int layer)
{
    const int count = r->layer[layer].positions;
    double *const total = ref_numbers(r, count);

    if (a->map[layer] != NULL) return a->map[layer];
    for (int i = 0; !r->layer[layer].site && i < r->layers; i++) {
        if (r->layer[i].live) add_parts(r, a, i, layer, 0, total, total);
    }
    return total;
}

double *ref_channels(ref *r, const ref_answer *a, int layer)
{
    const ref_layer *const l = r->layer + layer;
    double *const total = ref_numbers(r, l->positions * l->c), *const first = ref_numbers(r, l->positions * l->c);

    for (int i = 0; i < r->layers; i++) {
        if (r->layer[i].live) add_parts(r, a, i, layer, 1, first, total);
    }
    for (int c = 0; c < l->c; c++) {
        for (int p = 0; a->straight[layer] != NULL && p < l->positions; p++) {
            first[c * l->positions + p] += a->straight[layer][p * l->c + c] * l->x[p * l->c + c];
        }
        if (a->contrastive) ref_without_mean(first + c * l->positions, l->positions);
        for (int p = 0; p < l->positions; p++) total[c * l->positions + p] += first[c * l->positions + p];
    }
    return total;
}
