/*
 * ref.c -- the reference's memory, its noise, and its forward pass: what is constant, what is live, which layers are sites.
 */
#include "ref.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

#define NOISE 0x1p-23 /* a relative error like those of single precision */
#define MANY_TERMS 8

/* ---- memory -------------------------------------------------------------------------------------------------------------------- */

typedef struct ref_chunk {
    struct ref_chunk *next;
    size_t used, size;
    double numbers[];
} ref_chunk;

#define CHUNK ((size_t)1 << 16)

void *ref_take(ref *r, size_t count, size_t size)
{
    const size_t need = (count * size + sizeof(double) - 1) / sizeof(double);
    ref_chunk *chunk = r->chunks;
    double *at;

    if (chunk == NULL || chunk->size - chunk->used < need) {
        const size_t room = need > CHUNK ? need : CHUNK;
        chunk = malloc(sizeof *chunk + room * sizeof(double));
        if (chunk == NULL) {
            fprintf(stderr, "random: no memory for the reference\n");
            exit(2);
        }
        chunk->used = 0;
        chunk->size = room;
        chunk->next = r->chunks;
        r->chunks = chunk;
    }
    at = chunk->numbers + chunk->used;
    chunk->used += need;
    memset(at, 0, need * sizeof(double));
    return at;
}

double *ref_numbers(ref *r, int count)
{
    return ref_take(r, (size_t)count, sizeof(double));
}

void ref_free(ref *r)
{
    while (r->chunks != NULL) {
        ref_chunk *const next = r->chunks->next;
        free(r->chunks);
        r->chunks = next;
    }
}

double ref_noisy(ref *r, double v)
{
    if (r->noise == 0) return v;
    v *= 1 + NOISE * draw_signed(&r->noise);
    if (fabs(v) < (double)FLT_MIN)
        v = r->exact != NULL ? 0 : (double)(float)v; /* single precision has no more of it, or nothing */
    return v;
}

/* ---- roles --------------------------------------------------------------------------------------------------------------------- */

int ref_is_pointwise(int kind)
{
    return kind >= NET_RELU && kind <= NET_SOFTMAX;
}

static int role_of(int kind)
{
    if (kind <= NET_CONSTANT) return REF_SOURCE;
    if (kind <= NET_CONV_TRANSPOSE) return REF_MIXING;
    if (kind <= NET_ADD) return REF_POST;
    if (ref_is_pointwise(kind)) return REF_POINTWISE;
    return kind == NET_DROPOUT ? REF_NOTHING : REF_GATHER;
}

/* Whose PFVs a layer passes on. */
static void find_through(ref_layer *l)
{
    l->throughs = l->inputs;
    memcpy(l->through, l->input, sizeof l->through);
    if (l->net->kind == NET_GATE) l->throughs = 1;
    if (l->net->kind == NET_ATTENTION) {
        l->throughs = 1;
        l->through[0] = l->input[2];
    }
}

/* The sum of constant operands of an addition beside others is its bias. */
static void find_constants(ref *r)
{
    for (int i = 0; i < r->layers; i++) {
        ref_layer *const l = r->layer + i;
        int known = 0, others = 0;
        for (int k = 0; k < l->inputs; k++) known += r->layer[l->input[k]].constant;
        l->constant = l->net->kind == NET_CONSTANT || (l->inputs > 0 && known == l->inputs);
        find_through(l);
        if (l->net->kind != NET_ADD || known == 0 || known == l->inputs) continue;
        for (int k = 0; k < l->inputs; k++) {
            if (!r->layer[l->input[k]].constant) l->through[others++] = l->input[k];
        }
        l->throughs = others;
    }
}

static void find_sites(ref *r)
{
    int readers[NET_LAYERS] = { 0 }, last[NET_LAYERS] = { 0 };

    for (int i = 0; i < r->n->outputs; i++) r->layer[r->alias[r->n->output[i]]].live = 1;
    for (int i = r->layers - 1; i >= 0; i--) {
        const ref_layer *const l = r->layer + i;
        if (!l->live) continue;
        for (int k = 0; k < l->inputs; k++) {
            r->layer[l->input[k]].live = 1;
            readers[l->input[k]]++;
            last[l->input[k]] = i;
        }
    }
    for (int i = 0; i < r->layers; i++) {
        ref_layer *const l = r->layer + i;
        const int above = r->layer[last[i]].role;
        const int swallowed = readers[i] == 1 && (above == REF_POST || above == REF_POINTWISE);
        l->site = l->live && (l->role == REF_SOURCE || l->role == REF_POINTWISE ||
                              ((l->role == REF_MIXING || l->role == REF_POST) && !swallowed));
    }
}

int ref_below(const ref *r, int layer, int *start)
{
    *start = r->layer[layer].role != REF_POINTWISE;
    return *start ? layer : r->layer[layer].input[0];
}

/* ---- values -------------------------------------------------------------------------------------------------------------------- */

void ref_add_link(ref *r, ref_layer *l, int operand, int from, int to, int64_t tap, const int *source, const double *weight,
                  const double *matrix)
{
    ref_link *link;

    if (l->link_count == l->link_room) {
        ref_link *const links = ref_take(r, 2 * (size_t)l->link_room + 16, sizeof *links);
        if (l->link_count > 0) memcpy(links, l->links, (size_t)l->link_count * sizeof *links);
        l->links = links;
        l->link_room = 2 * l->link_room + 16;
    }
    link = l->links + l->link_count++;
    link->operand = operand, link->from = from, link->to = to, link->tap = tap;
    link->source = source, link->weight = weight, link->matrix = matrix;
}

static int link_order(const void *a, const void *b)
{
    const ref_link *const x = a, *const y = b;

    if (x->operand != y->operand) return x->operand - y->operand;
    if (x->from != y->from) return x->from - y->from;
    if (x->to != y->to) return x->to - y->to;
    return x->tap < y->tap ? -1 : x->tap > y->tap;
}

static void sort_links(ref *r, ref_layer *l)
{
    int k = 0;

    if (l->link_count > 0) qsort(l->links, (size_t)l->link_count, sizeof *l->links, link_order);
    for (int o = 0; o < l->throughs; o++) {
        const int positions = r->layer[l->through[o]].positions;
        l->begin[o] = ref_take(r, (size_t)positions + 1, sizeof(int));
        for (int p = 0; p <= positions; p++) {
            while (k < l->link_count && (l->links[k].operand < o || (l->links[k].operand == o && l->links[k].from < p))) k++;
            l->begin[o][p] = k;
        }
    }
}

/* Adds what a link makes of the vector v of the layer read to the vector y of the layer. */
static void apply(const ref_layer *l, const ref_layer *below, const ref_link *link, const double *v, double *y)
{
    const int groups = link->matrix != NULL ? l->net->groups : 1, out = l->c / groups, in = below->c / groups;

    for (int c = 0; c < l->c; c++) {
        if (link->matrix == NULL) {
            if (link->source[c] >= 0) y[c] += (link->weight != NULL ? link->weight[c] : 1) * v[link->source[c]];
        } else {
            for (int i = 0; i < in; i++) y[c] += link->matrix[c * in + i] * v[c / out * in + i];
        }
    }
}

/* Sums of many numbers that are alike lose the same in each addition, and all in one direction. */
static void add_noise_of_sums(ref *r, ref_layer *l)
{
    const int terms = l->link_count / l->positions;
    const double factor = r->noise != 0 ? 1 + NOISE * terms / MANY_TERMS * draw_signed(&r->noise) : 1;

    for (int i = 0; i < l->positions * l->c; i++) l->x[i] *= factor;
}

static double size_at(const ref_layer *l, int at)
{
    return l->size != NULL ? l->size[at] : fabs(l->x[at]);
}

/* Each path into a mixing layer is rounded before all are added up: an average below that cancels is not cancelled first. */
static void add_noise_of_paths(ref *r, ref_layer *l)
{
    double *const sizes = ref_numbers(r, l->positions * l->c);

    for (int k = 0; k < l->link_count; k++) {
        const ref_link *const link = l->links + k;
        const ref_layer *const below = r->layer + l->through[link->operand];
        const int groups = link->matrix != NULL ? l->net->groups : 1, out = l->c / groups, in = below->c / groups;
        for (int c = 0; c < l->c; c++) {
            double *const size = sizes + link->to * l->c + c;
            const int from = link->from * below->c;
            if (link->matrix == NULL && link->source[c] >= 0) {
                *size += (link->weight != NULL ? fabs(link->weight[c]) : 1) * size_at(below, from + link->source[c]);
            }
            for (int i = 0; link->matrix != NULL && i < in; i++) {
                *size += fabs(link->matrix[c * in + i]) * size_at(below, from + c / out * in + i);
            }
        }
    }
    if (l->role == REF_GATHER) l->size = sizes;
    for (int i = 0; l->role == REF_MIXING && i < l->positions * l->c; i++) {
        l->x[i] += NOISE * sizes[i] * draw_signed(&r->noise);
    }
}

static void run_links(ref *r, ref_layer *l)
{
    for (int k = 0; k < l->link_count; k++) {
        const ref_link *const link = l->links + k;
        const ref_layer *const below = r->layer + l->through[link->operand];
        apply(l, below, link, below->x + link->from * below->c, l->x + link->to * l->c);
    }
    for (int i = 0; i < l->positions * l->c; i++) {
        if (l->bias != NULL) l->x[i] += l->bias[i];
        if (l->around != NULL) l->x[i] += l->around[i];
    }
    add_noise_of_sums(r, l);
    if (r->noise != 0) add_noise_of_paths(r, l);
}

static void load(ref_layer *l, const float *numbers)
{
    for (int c = 0; c < l->c; c++) {
        for (int p = 0; p < l->positions; p++) l->x[p * l->c + c] = (double)numbers[c * l->positions + p];
    }
}

/*
 * Of inputs, too: a sum of them that cancels in single precision is as far off as one of slightly other inputs. What is within the noise of 0 is
 * 0 in half of the layers of a reference that knows what is exact, as it may be in single precision: an activation there has another slope,
 * ratios are even, and a bias goes elsewhere.
 */
static void add_noise(ref *r, const ref_layer *l)
{
    const int zeros = r->exact != NULL && draw_one(&r->noise, 2);

    for (int k = 0; k < l->positions * l->c; k++) {
        l->x[k] = ref_noisy(r, l->x[k]);
        if (zeros) {
            const double exact = r->exact->layer[l - r->layer].x[k];
            if (fabs(exact) <= 4 * fabs(l->x[k] - exact)) l->x[k] = 0;
        }
    }
}

static void forward(ref *r, int i, int run)
{
    ref_layer *const l = r->layer + i;
    const int role = l->role;

    l->x = ref_numbers(r, l->positions * l->c);
    if (role == REF_SOURCE) {
        load(l, r->n->numbers + l->net->numbers[l->net->kind == NET_INPUT ? run : 0]);
    } else if (role == REF_POST) {
        ref_post(r, l);
    } else if (role == REF_POINTWISE) {
        ref_pointwise(r, l);
    } else {
        if (role == REF_MIXING) ref_mixing_links(r, l);
        else if (l->net->kind <= NET_FLATTEN || l->net->kind == NET_MAXIMUM || l->net->kind == NET_MINIMUM)
            ref_gather_links(r, l);
        else ref_move_links(r, l);
        sort_links(r, l);
        run_links(r, l);
    }
    add_noise(r, l);
}

void ref_run(ref *r, const net *n, int run, uint64_t noise, const ref *exact)
{
    memset(r, 0, sizeof *r);
    r->n = n;
    r->layers = n->layers;
    r->noise = noise;
    r->exact = exact;
    for (int i = 0; i < n->layers; i++) {
        ref_layer *const l = r->layer + i;
        l->net = n->layer + i;
        l->c = l->net->c, l->h = l->net->h, l->w = l->net->w;
        l->positions = l->h * l->w;
        l->role = role_of(l->net->kind);
        l->inputs = l->net->inputs;
        for (int k = 0; k < l->inputs; k++) l->input[k] = r->alias[l->net->input[k]];
        r->alias[i] = l->role == REF_NOTHING ? l->input[0] : i;
        if (l->net->kind == NET_CONSTANT_PAD) l->pad_bit = r->pads++;
    }
    find_constants(r);
    find_sites(r);
    for (int i = 0; i < n->layers; i++) {
        if (r->layer[i].role != REF_NOTHING) forward(r, i, run);
    }
}
