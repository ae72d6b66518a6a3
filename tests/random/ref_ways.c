/*
 * ref_ways.c -- tables of paths: carried through layers, and joined where all gather layers between a source and a mixing layer are
 * one frozen linear map.
 */
#include <stdlib.h>
#include <string.h>

#include "ref.h"

ref_way *ref_add_way(ref *r, ref_ways *w, ref_way way)
{
    if (w->count == w->room) {
        ref_way *const rows = ref_take(r, 2 * (size_t)w->room + 32, sizeof *rows);
        if (w->count > 0) memcpy(rows, w->row, (size_t)w->count * sizeof *rows);
        w->row = rows;
        w->room = 2 * w->room + 32;
    }
    if (way.v == NULL) way.v = ref_numbers(r, w->c);
    w->row[w->count] = way;
    return w->row + w->count++;
}

static int is_same(const ref_way *a, const ref_way *b)
{
    return a->part == b->part && a->source == b->source && a->origin == b->origin && a->position == b->position &&
           a->tap == b->tap && a->branch == b->branch;
}

static size_t hash_of(const ref_way *w)
{
    uint64_t h = (uint64_t)w->tap * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)w->branch;

    h = (h ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9) + (uint64_t)w->position;
    h = (h ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9) + (uint64_t)w->origin * 64 + (uint64_t)(w->source + 64);
    h = (h ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9) + (uint64_t)w->part;
    return (size_t)((h ^ (h >> 31)) * UINT64_C(0x94d049bb133111eb) >> 20);
}

/* Rows that differ in nothing but their vectors become one. */
void ref_merge(ref *r, ref_ways *w)
{
    size_t room = 64;
    int *table, kept = 0;

    while (room < 2 * (size_t)w->count) room *= 2;
    table = ref_take(r, room, sizeof *table); /* row + 1; 0: empty */
    for (int i = 0; i < w->count; i++) {
        const ref_way way = w->row[i];
        size_t at = hash_of(&way) & (room - 1);
        while (table[at] != 0 && !is_same(w->row + table[at] - 1, &way)) at = (at + 1) & (room - 1);
        if (table[at] == 0) {
            w->row[kept] = way;
            table[at] = ++kept;
            continue;
        }
        w->row[table[at] - 1].pads |= way.pads;
        for (int c = 0; c < w->c; c++) w->row[table[at] - 1].v[c] += way.v[c];
        for (int c = 0; way.holds != NULL && c < w->c; c++) w->row[table[at] - 1].holds[c] += way.holds[c];
    }
    w->count = kept;
}

static void carry_vector(const ref_layer *l, const ref_link *link, const double *v, int in_all, double *to)
{
    const int groups = link->matrix != NULL ? l->net->groups : 1, out = l->c / groups, in = in_all / groups;

    for (int c = 0; c < l->c; c++) {
        double sum = 0;
        if (link->matrix == NULL) {
            if (link->source[c] >= 0) sum = (link->weight != NULL ? link->weight[c] : 1) * v[link->source[c]];
        } else {
            for (int i = 0; i < in; i++) sum += link->matrix[c * in + i] * v[c / out * in + i];
        }
        to[c] = sum;
    }
}

static int selects(int kind)
{
    return kind == NET_MAX_POOL || kind == NET_ADAPTIVE_MAX || kind == NET_GLOBAL_MAX || kind == NET_MAX ||
           kind == NET_MAXIMUM || kind == NET_MINIMUM;
}

/* What arrives if no weight is 0. */
static double *carry_holds(ref *r, const ref_layer *l, const ref_link *link, const double *holds, int in_all)
{
    double *const to = ref_numbers(r, l->c);
    const int groups = link->matrix != NULL ? l->net->groups : 1, out = l->c / groups, in = in_all / groups;

    for (int c = 0; c < l->c; c++) {
        if (link->matrix == NULL && link->source[c] >= 0) to[c] = holds[link->source[c]];
        if (selects(l->net->kind) && link->weight[c] == 0) to[c] = 0; /* another position or layer has won */
        for (int i = 0; link->matrix != NULL && i < in; i++) to[c] += holds[c / out * in + i];
        to[c] = to[c] > 0;
    }
    return to;
}

/* The choice made so far and at this link. A linear layer flattens: its position takes the place of what was chosen. */
static int64_t tap_after(const ref_layer *l, const ref_link *link, int64_t before)
{
    if (link->tap < 0) return before;
    return l->role == REF_MIXING && l->net->kind != NET_LINEAR ? before * l->taps + link->tap : link->tap;
}

void ref_carry(ref *r, const ref_layer *l, int operand, const ref_ways *from, ref_ways *to)
{
    to->c = l->c;
    for (int i = 0; i < from->count; i++) {
        const ref_way *const row = from->row + i;
        const int *const begin = l->begin[operand] + row->position;
        for (int k = begin[0]; k < begin[1]; k++) {
            ref_way way = *row;
            way.position = l->links[k].to;
            way.tap = tap_after(l, l->links + k, row->tap);
            way.v = ref_numbers(r, l->c);
            carry_vector(l, l->links + k, row->v, from->c, way.v);
            if (row->holds != NULL) way.holds = carry_holds(r, l, l->links + k, row->holds, from->c);
            if (l->around != NULL) way.pads |= UINT64_C(1) << l->pad_bit;
            (void)ref_add_way(r, to, way);
        }
    }
}

/* Every PFV of a site is its own and only source; by channel, each of its channels is a part. */
void ref_identity(ref *r, int layer, int by_channel, ref_ways *to)
{
    const ref_layer *const l = r->layer + layer;

    to->c = l->c;
    for (int p = 0; p < l->positions; p++) {
        for (int part = 0; part < (by_channel ? l->c : 1); part++) {
            ref_way way = { 0, layer, p, p, 0, 0, 0, NULL, NULL };
            ref_way *const row = ref_add_way(r, to, way);
            if (by_channel) row->part = 1 + part;
            if (by_channel) row->holds = ref_numbers(r, l->c), row->holds[part] = 1;
            for (int c = 0; c < l->c; c++) row->v[c] = !by_channel || c == part ? l->x[p * l->c + c] : 0;
        }
    }
}
