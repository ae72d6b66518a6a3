/*
 * ref_head.c -- from a score to the first relevance maps (METHOD section 6): the directed head and Grad-CAM.
 */
#include <math.h>
#include <string.h>

#include "ref.h"

static int size_of(const ref *r, int layer)
{
    return r->layer[layer].positions * r->layer[layer].c;
}

double ref_scores(ref *r, int output, double *scores)
{
    double magnitude = 0;
    int start;
    const ref_layer *const l = r->layer + ref_below(r, r->alias[output], &start);

    for (int c = 0; c < l->c; c++) {
        scores[c] = 0;
        for (int p = 0; p < l->positions; p++) {
            scores[c] += l->x[p * l->c + c];
            magnitude += fabs(l->x[p * l->c + c]);
        }
    }
    return magnitude;
}

/* The direction of a target at the layer whose value is scored. Adds the score, and the magnitudes in it. */
static void begin(ref *r, const ref_target *t, double **g, double *score, double *flow)
{
    int start;
    const int scored = ref_below(r, r->alias[r->n->output[t->output]], &start);
    const ref_layer *const l = r->layer + scored;

    for (int p = 0; p < l->positions; p++) {
        *flow += fabs(t->value * l->x[p * l->c + t->channel]);
        ref_add_to(r, g, size_of(r, scored), p * l->c + t->channel, t->value);
        *score += t->value * l->x[p * l->c + t->channel];
        if (t->against < 0) continue;
        ref_add_to(r, g, size_of(r, scored), p * l->c + t->against, t->other);
        *score += t->other * l->x[p * l->c + t->against];
    }
}

/* Carries a direction at a layer's value to the values that it passes on, in an array of directions by layer. */
static void step_down(ref *r, int layer, const double *g, double **at)
{
    const ref_layer *const l = r->layer + layer;
    double *back[NET_OPERANDS];

    for (int k = 0; k < l->throughs; k++) {
        if (at[l->through[k]] == NULL) at[l->through[k]] = ref_numbers(r, size_of(r, l->through[k]));
        back[k] = at[l->through[k]];
    }
    ref_transpose(r, l, g, back);
}

/* ---- the directed head --------------------------------------------------------------------------------------------------------- */

typedef struct head {
    ref_answer *a;
    double *at[NET_LAYERS];      /* directions at the values of sites */
    double *started[NET_LAYERS]; /* directions at the y of outputs */
} head;

/* A segment handed a direction whole: to the values of its source sites. */
static void hand_on(ref *r, head *h, int layer, const double *g)
{
    double *inner[NET_LAYERS] = { NULL };
    int start;
    const int below = ref_below(r, layer, &start);

    if (r->layer[below].site && !start) {
        for (int i = 0; i < size_of(r, below); i++) ref_add_to(r, &h->at[below], size_of(r, below), i, g[i]);
        return;
    }
    inner[below] = ref_numbers(r, size_of(r, below));
    memcpy(inner[below], g, (size_t)size_of(r, below) * sizeof(double));
    for (int i = below; i >= 0; i--) {
        if (inner[i] == NULL) continue;
        if (r->layer[i].site && (i != below || !start)) {
            for (int k = 0; k < size_of(r, i); k++) ref_add_to(r, &h->at[i], size_of(r, i), k, inner[i][k]);
        } else {
            step_down(r, i, inner[i], inner);
        }
    }
}

/* From a direction at y: relevance at positions that receive from several source positions, the direction handed on elsewhere. */
static void descend(ref *r, head *h, int layer, const double *g)
{
    const ref_segment *const s = ref_segment_of(r, layer);
    double *const single = ref_numbers(r, s->positions * s->c);
    int any = 0, mixes = 0;

    for (int i = 0; i < s->ways.count; i++) {
        const ref_way *const w = s->ways.row + i;
        double amount = 0, flow = 0;
        if (s->places[w->position] < 2) continue;
        mixes = 1;
        for (int c = 0; c < s->c; c++) {
            amount += ref_noisy(r, s->p[i][c] * g[w->position * s->c + c]);
            flow += fabs(s->p[i][c] * g[w->position * s->c + c]);
        }
        h->a->flow += flow;
        ref_add_to(r, &h->a->map[w->source], r->layer[w->source].positions, w->origin, amount);
    }
    for (int p = 0; p < s->positions; p++) {
        for (int i = p * s->c; i < (p + 1) * s->c; i++) {
            if (s->places[p] == 0) h->a->constants += s->y[i] * g[i];
            if (s->places[p] != 1) continue;
            any = 1;
            single[i] = g[i];
            for (int k = 0; k < s->biases.count; k++) {
                h->a->constants += s->biases.group[k].value[i] * g[i];
                h->a->flow += fabs(s->biases.group[k].value[i] * g[i]);
            }
        }
    }
    if (mixes) {
        h->a->turned[layer] = ref_numbers(r, s->positions * s->c);
        memcpy(h->a->turned[layer], g, (size_t)(s->positions * s->c) * sizeof(double));
    }
    if (any) hand_on(r, h, layer, single);
}

/* Relevance at a source that the direction reaches without any mixing. */
static void arrive(ref *r, head *h, int layer, double *g)
{
    const ref_layer *const l = r->layer + layer;

    h->a->straight[layer] = g;
    for (int i = 0; i < size_of(r, layer); i++) {
        ref_add_to(r, &h->a->map[layer], l->positions, i / l->c, ref_noisy(r, l->x[i] * g[i]));
        h->a->flow += fabs(l->x[i] * g[i]);
    }
}

/* A direction at the value of a pointwise layer, carried to y: what that loses of the score is a constant. */
static double *through_pointwise(ref *r, head *h, int layer, double *g)
{
    const ref_layer *const l = r->layer + layer;
    double *back;

    if (l->role != REF_POINTWISE) return g;
    back = ref_pointwise_back(r, l, g, 0);
    for (int i = 0; i < size_of(r, layer); i++) {
        h->a->constants += l->x[i] * g[i] - r->layer[l->input[0]].x[i] * back[i];
        h->a->flow += fabs(l->x[i] * g[i]);
    }
    return back;
}

ref_answer *ref_directed(ref *r, const ref_target *targets, int count, int contrastive)
{
    head h;

    memset(&h, 0, sizeof h);
    h.a = ref_take(r, 1, sizeof *h.a);
    for (int k = 0; k < count; k++)
        begin(r, targets + k, &h.started[r->alias[r->n->output[targets[k].output]]], &h.a->score, &h.a->flow);
    for (int i = r->layers - 1; i >= 0; i--) {
        double *g = h.started[i];
        if (h.at[i] != NULL) {
            double *const above = through_pointwise(r, &h, i, h.at[i]);
            h.a->passed[i] = 1;
            if (g == NULL) g = above;
            else
                for (int k = 0; k < size_of(r, i); k++) g[k] += above[k];
        }
        if (g == NULL) continue;
        h.a->passed[i] = 1;
        if (r->layer[i].role == REF_SOURCE) arrive(r, &h, i, g);
        else descend(r, &h, i, g);
    }
    for (int i = 0; i < r->layers; i++) {
        for (int k = 0; k < r->layer[i].inputs; k++) {
            const int below = r->layer[i].input[k];
            h.a->above[i] |= h.a->above[below] || h.a->passed[below];
        }
    }
    for (int i = 0; i < r->layers; i++) h.a->above[i] &= h.a->map[i] == NULL;
    ref_finish(r, h.a, contrastive);
    return h.a;
}

/* ---- Grad-CAM ---------------------------------------------------------------------------------------------------------------------- */

ref_answer *ref_gradcam(ref *r, const ref_target *target, int site, int clamp, int contrastive)
{
    ref_answer *const a = ref_take(r, 1, sizeof *a);
    const ref_layer *const s = r->layer + site;
    double *at[NET_LAYERS] = { NULL };
    int start;

    begin(r, target, &at[ref_below(r, r->alias[r->n->output[target->output]], &start)], &a->score, &a->flow);
    for (int i = r->layers - 1; i > site; i--) {
        const ref_layer *const l = r->layer + i;
        if (at[i] == NULL || l->role == REF_SOURCE) continue;
        if (l->role == REF_POINTWISE) {
            const double *const back = ref_pointwise_back(r, l, at[i], 1);
            for (int k = 0; k < size_of(r, i); k++) ref_add_to(r, &at[l->input[0]], size_of(r, i), k, back[k]);
        } else {
            step_down(r, i, at[i], at);
        }
    }
    a->map[site] = ref_numbers(r, s->positions);
    for (int c = 0; at[site] != NULL && c < s->c; c++) {
        double mean = 0;
        for (int p = 0; p < s->positions; p++) mean += at[site][p * s->c + c] / s->positions;
        for (int p = 0; p < s->positions; p++) a->map[site][p] += ref_noisy(r, mean * s->x[p * s->c + c]);
    }
    for (int p = 0; clamp && p < s->positions; p++) a->map[site][p] = fmax(a->map[site][p], 0);
    for (int i = site + 1; i < r->layers; i++) a->above[i] = 1; /* or beside: not asked */
    ref_finish(r, a, contrastive);
    return a;
}
