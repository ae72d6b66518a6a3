/* emit.c -- adds calls to the list, gives them names, and takes out those that nothing needs. */
#include "import.h"

#include <stdio.h>
#include <string.h>

/* A name that no call has yet: that of the node, with the kind and a number behind it where the node makes several calls. */
static const char *name_call(import *im, call_kind kind)
{
    char text[240];
    const char *const base = im->at != NULL ? im->at->name : "constant";

    for (int32_t round = 0;; ++round) {
        bool is_free = true;

        if (round == 0) (void)snprintf(text, sizeof text, "%.180s", base);
        else if (round == 1) (void)snprintf(text, sizeof text, "%.180s_%s", base, call_forms[kind].function);
        else (void)snprintf(text, sizeof text, "%.180s_%s_%d", base, call_forms[kind].function, round);
        for (int32_t i = 0; i < im->call_count && is_free; ++i) is_free = strcmp(im->calls[i].name, text) != 0;
        if (is_free && text[0] != '\0') return take_text(im, text);
    }
}

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
    c->name = name_call(im, kind);
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
    if (channels < 1 || height < 1 || width < 1 || channels > INT32_MAX || height > INT32_MAX || width > INT32_MAX ||
        height * width > INT32_MAX || channels > INT32_MAX / (height * width)) {
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

void prune_calls(import *im)
{
    int32_t *const place = take(im, im->call_count, sizeof *place); /* new number + 1, 0: not needed */
    int32_t kept = 0;

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
    im->result->input.layer = place[im->result->input.layer] - 1;
    im->result->output.layer = place[im->result->output.layer] - 1;
    im->result->list.calls = im->calls;
    im->result->list.count = kept;
    im->result->list.output = im->result->output.layer;
}
