/*
 * ref_segment.c -- what arrives at a site: its paths, the biases shared among them (METHOD sections 4 and 5), the sharing ratios.
 */
#include <math.h>
#include <string.h>

#include "ref.h"

#define CANCELLED 1e-6 /* of what is added up: single precision leaves that of a sum that is 0 */

/* ---- paths and biases ----------------------------------------------------------------------------------------------------------- */

static void gathered(ref *r, int layer, int mark, ref_ways *out);

static void mark_positions(ref_ways *w)
{
    for (int i = 0; i < w->count; i++) w->row[i].part = w->row[i].position + 1;
}

/* What a constant pad has put around the picture, as rows of a source of its own. */
static void add_around(ref *r, const ref_layer *l, ref_ways *out)
{
    for (int p = 0; l->around != NULL && p < l->positions; p++) {
        ref_way way = { 0, -1 - l->pad_bit, 0, p, 0, 0, 0, NULL, NULL };
        int any = 0;
        for (int c = 0; c < l->c; c++) any |= l->around[p * l->c + c] != 0;
        if (any) memcpy(ref_add_way(r, out, way)->v, l->around + p * l->c, (size_t)l->c * sizeof(double));
    }
}

/* The PFVs of a layer as its reader sees them: themselves if it is a site, through the gather layers if not. */
static void gathered(ref *r, int layer, int mark, ref_ways *out)
{
    const ref_layer *const l = r->layer + layer;

    out->c = l->c;
    if (l->role != REF_GATHER) {
        ref_identity(r, layer, l->role == REF_SOURCE && layer == mark, out);
        return;
    }
    for (int o = 0; o < l->throughs; o++) {
        ref_ways below = { NULL, 0, 0, 0 };
        gathered(r, l->through[o], mark, &below);
        ref_carry(r, l, o, &below, out);
    }
    add_around(r, l, out);
    ref_merge(r, out);
    if (layer == mark) mark_positions(out);
}

static ref_bias *add_group(ref *r, ref_biases *b, int size, int evenly)
{
    if (b->count == b->room) {
        ref_bias *const group = ref_take(r, 2 * (size_t)b->room + 4, sizeof *group);
        if (b->count > 0) memcpy(group, b->group, (size_t)b->count * sizeof *group);
        b->group = group;
        b->room = 2 * b->room + 4;
    }
    b->group[b->count].value = ref_numbers(r, size);
    b->group[b->count].rows = NULL;
    b->group[b->count].count = 0;
    b->group[b->count].evenly = evenly;
    return b->group + b->count++;
}

/* All rows of the table, or only those whose way leads through a constant pad. */
static void fill_rows(ref *r, ref_bias *group, const ref_ways *w, int bit)
{
    group->rows = ref_take(r, (size_t)w->count + 1, sizeof *group->rows);
    for (int i = 0; i < w->count; i++) {
        if (bit < 0 || (w->row[i].pads >> bit & 1) != 0) group->rows[group->count++] = i;
    }
}

/* Takes what constant pads have added out of the table: it is a bias of the paths through them. */
static void take_constants_out(ref *r, const ref_layer *l, ref_ways *w, ref_biases *b)
{
    double *value[64] = { NULL };
    int kept = 0;

    for (int i = 0; i < w->count; i++) {
        const ref_way way = w->row[i];
        const int bit = -1 - way.source;
        if (way.source >= 0) {
            w->row[kept++] = way;
            continue;
        }
        if (value[bit] == NULL) value[bit] = ref_numbers(r, l->positions * l->c);
        for (int c = 0; c < l->c; c++) value[bit][way.position * l->c + c] += way.v[c];
    }
    w->count = kept;
    for (int bit = 0; bit < r->pads; bit++) {
        ref_bias *group;
        if (value[bit] == NULL) continue;
        group = add_group(r, b, l->positions * l->c, 0);
        group->value = value[bit];
        fill_rows(r, group, w, bit);
    }
}

static int place_of(const ref *r, const ref_way *way)
{
    const ref_layer *const l = r->layer + way->source;

    return (l->h * 1024 + l->w) * 1024 + way->origin;
}

/* Does the only position of the layer receive from more than one source position? */
static int is_fully_connected(const ref *r, const ref_layer *l, const ref_ways *w)
{
    if (l->positions != 1) return 0;
    for (int i = 1; i < w->count; i++) {
        if (place_of(r, w->row + i) != place_of(r, w->row)) return 1;
    }
    return 0;
}

static int contributions(ref *r, int layer, int start, int mark, ref_ways *w, ref_biases *b);

/* What a post layer takes over from the layers it reads. Returns whether a bias added here is shared evenly. */
static int take_over(ref *r, const ref_layer *l, int mark, ref_ways *w, ref_biases *b)
{
    int even = 0;

    for (int k = 0; k < l->throughs; k++) {
        ref_ways below = { NULL, 0, 0, l->c };
        const int first = b->count, offset = w->count;
        even = contributions(r, l->through[k], 0, mark, &below, b);
        for (int g = first; g < b->count; g++) {
            for (int i = 0; i < b->group[g].count; i++) b->group[g].rows[i] += offset;
            for (int i = 0; l->scale != NULL && i < l->positions * l->c; i++) b->group[g].value[i] *= l->scale[i % l->c];
        }
        for (int i = 0; i < below.count; i++) {
            ref_way *const way = ref_add_way(r, w, below.row[i]);
            if (l->net->kind == NET_ADD) way->branch = way->branch * (NET_OPERANDS + 1) + k + 1;
            for (int c = 0; l->scale != NULL && c < l->c; c++) way->v[c] *= l->scale[c];
        }
    }
    return l->throughs == 1 && even;
}

/* Paths into a mixing, post or gather layer without biases, and the biases. Where a question starts a layer is looked into even if
 * it is a site. Returns whether a bias added after it, before any addition, is shared evenly. */
static int contributions(ref *r, int layer, int start, int mark, ref_ways *w, ref_biases *b)
{
    const ref_layer *const l = r->layer + layer;
    int even;

    w->c = l->c;
    if (l->role == REF_GATHER || l->role == REF_SOURCE || (l->site && !start)) {
        gathered(r, layer, mark, w);
        for (int i = 0; i < w->count; i++) w->row[i].tap = 0;
        ref_merge(r, w);
        take_constants_out(r, l, w, b);
        return 0;
    }
    if (l->role == REF_MIXING) {
        ref_ways below = { NULL, 0, 0, 0 };
        gathered(r, l->through[0], mark, &below);
        ref_carry(r, l, 0, &below, w);
        ref_merge(r, w); /* a linear layer's positions have taken the place of what told ways apart below it */
        take_constants_out(r, l, w, b);
        even = is_fully_connected(r, l, w);
    } else {
        even = take_over(r, l, mark, w, b);
    }
    if (l->bias != NULL) {
        ref_bias *const group = add_group(r, b, l->positions * l->c, even);
        memcpy(group->value, l->bias, (size_t)(l->positions * l->c) * sizeof(double));
        fill_rows(r, group, w, -1);
    }
    if (layer == mark && !start) mark_positions(w);
    return even;
}

/* ---- shares ------------------------------------------------------------------------------------------------------------------------ */

static double norm(ref *r, const double *v, int count)
{
    double most = 0, sum = 0;

    for (int c = 0; c < count; c++) most = fmax(most, fabs(v[c]));
    if (most == 0) return 0;
    for (int c = 0; c < count; c++) sum += v[c] / most * (v[c] / most);
    return ref_noisy(r, most * sqrt(sum));
}

/* Shares a bias at one position among these paths. */
static void share(const ref_segment *s, const ref_bias *b, int position, const int *rows, int count, const double *norms)
{
    double total = 0;

    for (int i = 0; i < count; i++) total += norms[rows[i]];
    for (int i = 0; i < count; i++) {
        const double part = total > 0 && !b->evenly ? norms[rows[i]] / total : 1.0 / count;
        for (int c = 0; c < s->c; c++) s->p[rows[i]][c] += part * b->value[position * s->c + c];
    }
}

/* A bias that has no path at a position goes to those that are there. */
static void share_bias(ref *r, const ref_segment *s, const ref_bias *b, int *const *at, const double *norms)
{
    char *const has = ref_take(r, (size_t)s->ways.count + 1, 1);
    int *const rows = ref_take(r, (size_t)s->ways.count + 1, sizeof *rows);

    for (int i = 0; i < b->count; i++) has[b->rows[i]] = 1;
    for (int p = 0; p < s->positions; p++) {
        int count = 0;
        for (int i = 0; i < s->paths[p]; i++) {
            if (has[at[p][i]]) rows[count++] = at[p][i];
        }
        if (count > 0) share(s, b, p, rows, count, norms);
        else share(s, b, p, at[p], s->paths[p], norms);
    }
}

static void share_biases(ref *r, ref_segment *s)
{
    int **const at = ref_take(r, (size_t)s->positions, sizeof *at), *const filled =
                                                                        ref_take(r, (size_t)s->positions, sizeof(int));
    double *const norms = ref_numbers(r, s->ways.count + 1);

    s->paths = ref_take(r, (size_t)s->positions, sizeof *s->paths);
    s->places = ref_take(r, (size_t)s->positions, sizeof *s->places);
    s->p = ref_take(r, (size_t)s->ways.count + 1, sizeof *s->p);
    for (int i = 0; i < s->ways.count; i++) {
        s->paths[s->ways.row[i].position]++;
        norms[i] = norm(r, s->ways.row[i].v, s->c);
        s->p[i] = ref_numbers(r, s->c);
        for (int c = 0; c < s->c; c++) s->p[i][c] = ref_noisy(r, s->ways.row[i].v[c]);
    }
    for (int p = 0; p < s->positions; p++) at[p] = ref_take(r, (size_t)s->paths[p] + 1, sizeof **at);
    for (int i = 0; i < s->ways.count; i++) {
        const int p = s->ways.row[i].position;
        int known = 0;
        for (int k = 0; k < filled[p] && !known; k++)
            known = place_of(r, s->ways.row + at[p][k]) == place_of(r, s->ways.row + i);
        s->places[p] += !known;
        at[p][filled[p]++] = i;
    }
    for (int g = 0; g < s->biases.count; g++) share_bias(r, s, s->biases.group + g, at, norms);
}

/* <P, y> / <y, y>; returns 0 where y is zero. */
static int along(const double *p, const double *y, int count, double *mu)
{
    double most = 0, up = 0, down = 0;

    for (int c = 0; c < count; c++) most = fmax(most, fabs(y[c]));
    if (most == 0) return 0;
    for (int c = 0; c < count; c++) {
        up += p[c] / most * (y[c] / most);
        down += y[c] / most * (y[c] / most);
    }
    *mu = up / down;
    return 1;
}

static ref_segment *begin_segment(ref *r, int layer, int mark)
{
    ref_segment *const s = ref_take(r, 1, sizeof *s);
    int start;
    const int below = ref_below(r, layer, &start);

    s->y = r->layer[below].x;
    s->c = r->layer[below].c;
    s->positions = r->layer[below].positions;
    (void)contributions(r, below, start, mark, &s->ways, &s->biases);
    s->mu = ref_numbers(r, s->ways.count + 1);
    return s;
}

/* Sums of magnitudes: what is added up to make y at each position, and y itself. */
static void add_magnitudes(const ref_segment *s, double *terms, double *left)
{
    for (int k = 0; k < s->ways.count * s->c; k++) {
        terms[s->ways.row[k / s->c].position] += fabs(s->ways.row[k / s->c].v[k % s->c]);
    }
    for (int k = 0; k < s->positions * s->c; k++) {
        left[k / s->c] += fabs(s->y[k]);
        for (int g = 0; g < s->biases.count; g++) terms[k / s->c] += fabs(s->biases.group[g].value[k]);
    }
}

/* Positions whose y is what rounding leaves of a sum that cancels. */
static char *find_ties(ref *r, const ref_segment *s)
{
    double *const terms = ref_numbers(r, s->positions), *const left = ref_numbers(r, s->positions);
    char *const ties = ref_take(r, (size_t)s->positions, 1);

    add_magnitudes(s, terms, left);
    for (int p = 0; p < s->positions; p++) {
        ties[p] = terms[p] > 0 && left[p] <= CANCELLED * terms[p];
    }
    return ties;
}

ref_segment *ref_segment_of(ref *r, int layer)
{
    ref_segment *s = r->segment[layer];

    if (s != NULL) return s;
    s = r->segment[layer] = begin_segment(r, layer, NET_NONE);
    share_biases(r, s);
    for (int i = 0; i < s->ways.count; i++) {
        const int p = s->ways.row[i].position;
        if (!along(s->p[i], s->y + p * s->c, s->c, s->mu + i)) s->mu[i] = 1.0 / s->paths[p];
        s->mu[i] = ref_noisy(r, s->mu[i]);
    }
    return s;
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------------- */

static int is_same_path(const ref_way *a, const ref_way *b)
{
    return a->source == b->source && a->origin == b->origin && a->position == b->position && a->tap == b->tap &&
           a->branch == b->branch;
}

/* The whole path of each part. */
static int *wholes(ref *r, const ref_segment *parts, const ref_segment *whole)
{
    int *const of = ref_take(r, (size_t)parts->ways.count + 1, sizeof *of);
    int k = 0;

    for (int i = 0; i < parts->ways.count; i++) {
        /* Both tables are in much the same order: begin where the last one was. */
        for (int tried = 0; tried <= whole->ways.count; tried++, k = (k + 1) % whole->ways.count) {
            if (is_same_path(whole->ways.row + k, parts->ways.row + i)) break;
        }
        of[i] = k;
    }
    return of;
}

static int holds_anything(const ref_way *w, int c)
{
    double sum = 0;

    for (int i = 0; i < c; i++) sum += w->holds == NULL || w->holds[i] > 0;
    return sum > 0;
}

/* A path's share of the biases is divided by the norms of its parts; where they are all zero evenly among those of which something can
 * arrive, that is, not a channel that a slice leaves out or a pool takes from elsewhere, unless all are such. */
ref_segment *ref_parts(ref *r, int layer, int mark)
{
    const ref_segment *const whole = ref_segment_of(r, layer);
    ref_segment *const s = begin_segment(r, layer, mark);
    int *const of = wholes(r, s, whole), *const count = ref_take(r, (size_t)whole->ways.count + 1, sizeof *count),
               *const all = ref_take(r, (size_t)whole->ways.count + 1, sizeof *all);
    double *const total = ref_numbers(r, whole->ways.count + 1), *const norms = ref_numbers(r, s->ways.count + 1);

    s->places = whole->places;
    s->paths = whole->paths;
    s->p = ref_take(r, (size_t)s->ways.count + 1, sizeof *s->p);
    for (int i = 0; i < s->ways.count; i++) {
        norms[i] = norm(r, s->ways.row[i].v, s->c);
        total[of[i]] += norms[i];
        count[of[i]] += holds_anything(s->ways.row + i, s->c);
        all[of[i]]++;
    }
    for (int i = 0; i < s->ways.count; i++) {
        const int w = of[i], p = s->ways.row[i].position;
        const double even = count[w] == 0 ? 1.0 / all[w] : holds_anything(s->ways.row + i, s->c) ? 1.0 / count[w] : 0;
        const double part = total[w] > 0 ? norms[i] / total[w] : even;
        s->p[i] = ref_numbers(r, s->c);
        for (int c = 0; c < s->c; c++) {
            s->p[i][c] = s->ways.row[i].v[c] + part * (whole->p[w][c] - whole->ways.row[w].v[c]);
        }
        if (!along(s->p[i], s->y + p * s->c, s->c, s->mu + i)) s->mu[i] = whole->mu[w] * even;
        s->mu[i] = ref_noisy(r, s->mu[i]);
    }
    return s;
}

/* Does the segment of a site have the marked layer in it, or as a source? */
int ref_touches(const ref *r, int layer, int mark)
{
    const ref_layer *const l = r->layer + layer;

    for (int k = 0; k < l->throughs; k++) {
        if (l->through[k] == mark) return 1;
        if (!r->layer[l->through[k]].site && ref_touches(r, l->through[k], mark)) return 1;
    }
    return 0;
}

static int is_output(const ref *r, int layer)
{
    for (int i = 0; i < r->n->outputs; i++) {
        if (r->alias[r->n->output[i]] == layer) return 1;
    }
    return 0;
}

static int has_segment(const ref *r, int layer, const int *started)
{
    return (r->layer[layer].site || started[layer] || is_output(r, layer)) && r->layer[layer].live &&
           r->layer[layer].role != REF_SOURCE;
}

double ref_moved(ref *exact, ref *noisy, const int *started)
{
    double worst = 0;

    for (int i = 0; i < exact->layers; i++) {
        const ref_segment *s, *t;
        if (!has_segment(exact, i, started)) continue;
        s = ref_segment_of(exact, i);
        t = ref_segment_of(noisy, i);
        for (int p = 0; p < s->positions; p++) {
            double size = 0, moved = 0;
            for (int c = p * s->c; c < (p + 1) * s->c; c++) {
                size += s->y[c] * s->y[c];
                moved += (t->y[c] - s->y[c]) * (t->y[c] - s->y[c]);
            }
            if (size > 0) worst = fmax(worst, sqrt(moved / size) / 0x1p-23);
        }
    }
    return worst;
}

int ref_most_paths(ref *r)
{
    const int none[NET_LAYERS] = { 0 };
    int most = 0;

    for (int i = 0; i < r->layers; i++) {
        const ref_segment *const s = has_segment(r, i, none) ? ref_segment_of(r, i) : NULL;
        for (int p = 0; s != NULL && p < s->positions; p++) most = s->paths[p] > most ? s->paths[p] : most;
    }
    return most;
}

double ref_condition(ref *r, const int *started)
{
    double worst = 1;

    for (int i = 0; i < r->layers; i++) {
        const ref_segment *s;
        const char *ties;
        double *sum;
        if (!has_segment(r, i, started)) continue;
        s = ref_segment_of(r, i);
        ties = find_ties(r, s);
        sum = ref_numbers(r, 2 * s->positions);
        for (int k = 0; k < s->ways.count * s->c; k++) {
            const ref_way *const w = s->ways.row + k / s->c;
            sum[2 * w->position] += fabs(w->v[k % s->c] * s->y[w->position * s->c + k % s->c]);
        }
        for (int k = 0; k < s->positions * s->c; k++) {
            sum[2 * (k / s->c) + 1] += s->y[k] * s->y[k];
            for (int g = 0; g < s->biases.count; g++) sum[2 * (k / s->c)] += fabs(s->biases.group[g].value[k] * s->y[k]);
        }
        for (int p = 0; p < s->positions; p++) {
            if (ties[p]) return HUGE_VAL;
            if (sum[2 * p + 1] > 0) worst = fmax(worst, sum[2 * p] / sum[2 * p + 1]);
        }
    }
    return worst;
}
