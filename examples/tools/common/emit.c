/* emit.c -- adds calls to the list, gives them names, and takes out those that nothing needs. */
#include "core.h"

#include <stdio.h>
#include <string.h>

#define MOST_VALUES ((int64_t)1 << 28) /* of a layer; more is surely a mistake */

call *emit_many(import *im, call_kind kind, const int32_t *inputs, int32_t count)
{
    call *c;

    if (im->call_count == im->call_room) {
        call *const more = take(im, im->call_room * 2 + 64, sizeof *more);
        if (im->call_count > 0) memcpy(more, im->calls, (size_t)im->call_count * sizeof *more);
        im->calls = more;
        im->call_room = im->call_room * 2 + 64;
    }
    c = &im->calls[im->call_count];
    memset(c, 0, sizeof *c);
    c->kind = kind;
    c->node = im->at != NULL ? (int32_t)(im->at - im->nodes) : -1;
    c->inputs = take(im, count, sizeof *c->inputs);
    if (count > 0) memcpy(c->inputs, inputs, (size_t)count * sizeof *inputs);
    c->input_count = count;
    ++im->call_count;
    return c;
}

call *emit(import *im, call_kind kind, int32_t input)
{
    call *const c = emit_many(im, kind, &input, 1);
    const call *const from = &im->calls[input];

    c->channels = from->channels;
    c->height = from->height;
    c->width = from->width;
    return c;
}

int32_t layer_of(const import *im, const call *c)
{
    return (int32_t)(c - im->calls);
}

void set_tensor(call *c, int32_t which, const float *data, int32_t rank, const int64_t *shape)
{
    c->tensors[which].data = data;
    c->tensors[which].rank = rank;
    for (int32_t i = 0; i < rank; ++i) c->tensors[which].shape[i] = shape[i];
}

void set_vector(call *c, int32_t which, const float *data, int64_t count)
{
    if (data != NULL) set_tensor(c, which, data, 1, &count);
}

void set_shape(import *im, call *c, int64_t channels, int64_t height, int64_t width)
{
    if (channels < 1 || height < 1 || width < 1 || channels > MOST_VALUES || height > MOST_VALUES || width > MOST_VALUES ||
        height * width > MOST_VALUES || channels > MOST_VALUES / (height * width)) {
        refuse(im, "its result would be %lld x %lld x %lld", (long long)channels, (long long)height, (long long)width);
    }
    c->channels = (int32_t)channels;
    c->height = (int32_t)height;
    c->width = (int32_t)width;
}

int32_t emit_constant(import *im, const float *numbers, int64_t channels, int64_t height, int64_t width)
{
    const int64_t shape[] = { channels, height, width };
    call *const c = emit_many(im, CALL_CONSTANT, NULL, 0);

    set_tensor(c, 0, numbers, 3, shape);
    set_shape(im, c, channels, height, width);
    return layer_of(im, c);
}

/* ---- names ------------------------------------------------------------------------------------------------------------------ */

/* Takes a name for a call if no other has it. */
static bool claim(import *im, uint32_t *taken, uint32_t slots, int32_t number, const char *text)
{
    uint32_t slot = hash_text(text) & (slots - 1);

    if (text[0] == '\0') return false;
    for (; taken[slot] != 0; slot = (slot + 1) & (slots - 1)) {
        if (strcmp(im->calls[taken[slot] - 1].name, text) == 0) return false;
    }
    taken[slot] = (uint32_t)number + 1;
    im->calls[number].name = take_text(im, text);
    return true;
}

/* What a node puts out has the node's name; a step on the way has the function behind it, and a number if need be. */
static void name_call(import *im, uint32_t *taken, uint32_t slots, int32_t number)
{
    const call *const c = &im->calls[number];
    const char *const base = c->node < 0 ? im->result->input_name : im->nodes[c->node].name;
    char text[256];

    (void)snprintf(text, sizeof text, "%.180s", base);
    if (c->is_result && claim(im, taken, slots, number, text)) return;
    (void)snprintf(text, sizeof text, "%.180s_%s", base, call_forms[c->kind].function);
    for (int32_t more = number; !claim(im, taken, slots, number, text); ++more) {
        (void)snprintf(text, sizeof text, "%.180s_%s_%d", base, call_forms[c->kind].function, more);
    }
}

static void name_calls(import *im)
{
    uint32_t slots = 64;
    uint32_t *taken;

    while (slots < 2 * (uint32_t)im->call_count) slots *= 2;
    taken = take(im, slots, sizeof *taken);
    for (int pass = 0; pass < 2; ++pass) {
        for (int32_t i = 0; i < im->call_count; ++i) {
            if (im->calls[i].is_result == (pass == 0)) name_call(im, taken, slots, i);
        }
    }
}

/* ---- what is left in the end ------------------------------------------------------------------------------------------------ */

/* Calls that only move numbers, so that two of them with the same input are one. */
static bool is_move(call_kind kind)
{
    return kind == CALL_SHUFFLE || kind == CALL_RESHAPE || kind == CALL_TRANSPOSE || kind == CALL_FLATTEN ||
           kind == CALL_DEPTH_TO_SPACE || kind == CALL_SPACE_TO_DEPTH || kind == CALL_SLICE || kind == CALL_SELECT_TOKENS;
}

static bool is_same_move(const call *a, const call *b)
{
    return a->kind == b->kind && a->inputs[0] == b->inputs[0] && memcmp(a->ints, b->ints, sizeof a->ints) == 0;
}

/* Several nodes that read one value often need it moved in the same way: the moves are made once. */
static void merge_moves(import *im)
{
    const int32_t far = 64; /* calls to look back */
    int32_t *const instead = take(im, im->call_count, sizeof *instead);

    for (int32_t i = 0; i < im->call_count; ++i) {
        call *const c = &im->calls[i];
        instead[i] = i;
        for (int32_t k = 0; k < c->input_count; ++k) c->inputs[k] = instead[c->inputs[k]];
        for (int32_t k = i < far ? 0 : i - far; k < i && is_move(c->kind) && instead[i] == i; ++k) {
            if (instead[k] == k && is_same_move(&im->calls[k], c) && !im->calls[k].is_result) instead[i] = k;
            if (instead[i] == k && c->is_result) { /* its name is the better one */
                im->calls[k].node = c->node;
                im->calls[k].is_result = true;
            }
        }
    }
    im->result->output.layer = instead[im->result->output.layer];
}

void prune_calls(import *im)
{
    int32_t *const place = take(im, im->call_count, sizeof *place); /* new number + 1, 0: not needed */
    int32_t kept = 0;

    merge_moves(im);
    place[im->result->output.layer] = 1;
    place[im->result->input.layer] = 1;
    for (int32_t i = im->call_count; i-- > 0;) {
        for (int32_t k = 0; place[i] != 0 && k < im->calls[i].input_count; ++k) place[im->calls[i].inputs[k]] = 1;
    }
    for (int32_t i = 0; i < im->call_count; ++i) {
        if (place[i] == 0) continue;
        im->calls[kept] = im->calls[i];
        for (int32_t k = 0; k < im->calls[kept].input_count; ++k) {
            im->calls[kept].inputs[k] = place[im->calls[kept].inputs[k]] - 1;
        }
        place[i] = ++kept;
    }
    im->call_count = kept;
    name_calls(im);
    im->result->input.layer = place[im->result->input.layer] - 1;
    im->result->output.layer = place[im->result->output.layer] - 1;
    im->result->list.calls = im->calls;
    im->result->list.count = kept;
    im->result->list.output = im->result->output.layer;
}
