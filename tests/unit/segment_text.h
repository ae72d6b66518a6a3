/*
 * segment_text.h -- a segment as the compiler makes it (lib/graph/segment.c), written as one line of text, and checked against one
 * that was written by hand:
 *
 *     relu of bn = bn*conv(x) + skip; 0..0 chain: bn*conv, bn; 0..1: shift; from x, skip
 *
 * reads: the segment of the pointwise layer relu has the pre-activation of bn (a site that is not pointwise is written without "of"). Its
 * branches, from 0 on, are conv over x, scaled by bn, and the value of skip. The biases of conv (times bn) and of bn are one group,
 * which only branch 0 shares; they belong to the chain of post layers above one mixing layer. The bias of shift is shared by branches 0
 * to 1. The source sites are x and skip. fc[1](a) is the second piece of a fully connected layer's vector: all of a. A constant operand of
 * an addition is a branch, too, written {c over 0..0}, with the branches that share it; it has no paths of its own.
 */
#ifndef TESTS_SEGMENT_TEXT_H
#define TESTS_SEGMENT_TEXT_H

#include <stdio.h>

#include "graph/graph_impl.h"
#include "testing.h"

#define MOST_TEXT 1024

typedef struct line {
    char text[MOST_TEXT];
    size_t length;
} line;

static void put(line *to, const char *text)
{
    const size_t n = strlen(text);

    ck_assert_uint_lt(to->length + n, MOST_TEXT);
    memcpy(to->text + to->length, text, n + 1);
    to->length += n;
}

static void put_number(line *to, int32_t number)
{
    char digits[16];

    (void)snprintf(digits, sizeof digits, "%d", (int)number);
    put(to, digits);
}

static void put_range(line *to, int32_t first, int32_t count, int32_t chain)
{
    put_number(to, first);
    put(to, "..");
    put_number(to, first + count - 1);
    if (chain != 0) put(to, " chain");
}

/* The layers of a product of scales from the top down, each with a star behind it. */
static void put_factor(line *to, const srd_graph *graph, const srd__segment *segment, int32_t factor)
{
    if (factor < 0) return;
    ck_assert_int_lt(segment->factors[factor].above, factor);
    put_factor(to, graph, segment, segment->factors[factor].above);
    put(to, graph->layers[segment->factors[factor].layer]->name);
    put(to, "*");
}

static void put_branch(line *to, const srd_graph *graph, const srd__segment *segment, const srd__branch *branch)
{
    const char *const root = graph->layers[branch->root]->name;

    put_factor(to, graph, segment, branch->factor);
    if (branch->constant != 0) {
        put(to, "{");
        put(to, root);
        put(to, " over ");
        put_range(to, branch->first, branch->count, branch->chain);
        put(to, "}");
    } else if (branch->mixing >= 0) {
        put(to, graph->layers[branch->mixing]->name);
        if (branch->flattened != 0) {
            put(to, "[");
            put_number(to, branch->piece);
            put(to, "]");
        }
        put(to, "(");
        put(to, root);
        put(to, ")");
    } else {
        put(to, root);
    }
}

static void put_biases(line *to, const srd_graph *graph, const srd__segment *segment)
{
    int32_t group = -1;

    for (int32_t i = 0; i < segment->term_count; ++i) {
        const srd__term *const term = &segment->terms[i];

        if (term->group != group) {
            ck_assert_int_eq(term->group, ++group);
            put(to, "; ");
            put_range(to, segment->biases[group].first, segment->biases[group].count, segment->biases[group].chain);
            put(to, ": ");
        } else {
            put(to, ", ");
        }
        put_factor(to, graph, segment, term->factor);
        put(to, graph->layers[term->layer]->name);
    }
    ck_assert_int_eq(segment->bias_count, group + 1);
}

static void describe(line *to, const srd_graph *graph, const srd__segment *segment)
{
    int32_t constants = 0;

    to->length = 0;
    put(to, graph->layers[segment->layer]->name);
    if (segment->pointwise != 0) {
        put(to, " of ");
        put(to, graph->layers[segment->top]->name);
    } else {
        ck_assert_int_eq(segment->top, segment->layer);
    }
    put(to, segment->frozen != 0 ? " = frozen " : " = ");
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        if (i > 0) put(to, " + ");
        put_branch(to, graph, segment, &segment->branches[i]);
        constants += segment->branches[i].constant;
    }
    ck_assert_int_eq(segment->constant_count, constants);
    put_biases(to, graph, segment);
    put(to, "; from");
    for (int32_t i = 0; i < segment->source_count; ++i) {
        put(to, i > 0 ? ", " : " ");
        put(to, graph->layers[segment->sources[i]]->name);
    }
}

/* Vectors are there exactly where there is something to say, and those of an image are not there at all. */
static void check_vectors(const srd__segment *segment)
{
    const bool numbers = segment->frozen == 0;

    for (int32_t i = 0; i < segment->factor_count; ++i) ck_assert_int_eq(segment->factors[i].vector != NULL, numbers);
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        const srd__branch *const branch = &segment->branches[i];

        ck_assert_int_eq(branch->scale != NULL, numbers && branch->factor >= 0);
        if (branch->scale != NULL) ck_assert_ptr_eq(branch->scale, segment->factors[branch->factor].vector);
    }
    for (int32_t i = 0; i < segment->bias_count; ++i) ck_assert_int_eq(segment->biases[i].vector != NULL, numbers);
    ck_assert_int_eq(segment->bias_total != NULL, numbers && segment->bias_count > 0);
}

static srd__segment *segment_of(const srd_graph *graph, const char *name)
{
    const srd_layer id = srd_graph_find(graph, name);

    ck_assert_msg(id != SRD_LAYER_NONE, "there is no layer %s", name);
    ck_assert_msg(graph->layers[id]->segment >= 0, "%s has no segment", name);
    return &graph->segments[graph->layers[id]->segment];
}

static void check_segment(const srd_graph *graph, const char *name, const char *want)
{
    const srd__segment *const segment = segment_of(graph, name);
    line got;

    describe(&got, graph, segment);
    ck_assert_str_eq(got.text, want);
    check_vectors(segment);
}

/* These and no other layers have segments; and these, inputs and constants are the sites. */
static void check_names(const srd_graph *graph, const char *segments, const char *sites)
{
    line has = { "", 0 }, is = { "", 0 };
    int32_t count = 0;

    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const layer = graph->layers[id];

        if (layer->segment >= 0) {
            if (count++ > 0) put(&has, " ");
            put(&has, layer->name);
        }
        if (srd_graph_is_site(graph, id) == 0) continue;
        if (is.length > 0) put(&is, " ");
        put(&is, layer->name);
    }
    ck_assert_str_eq(has.text, segments);
    ck_assert_str_eq(is.text, sites);
    ck_assert_int_eq(graph->segment_count, count);
}

static void check_vector(const float *vector, float a, float b)
{
    ck_assert_ptr_nonnull(vector);
    ck_assert_msg(vector[0] == a && vector[1] == b, "(%g, %g) instead of (%g, %g)", (double)vector[0], (double)vector[1],
                  (double)a, (double)b);
}

#endif
