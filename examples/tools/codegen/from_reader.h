/* from_reader.h -- what both readers' networks have in common; each is compiled with its own prefix for the functions of ../common. */
#ifndef CODEGEN_FROM_READER_H
#define CODEGEN_FROM_READER_H

#include <stdio.h>
#include <string.h>

#include "found.h"
#include "source.h"

static inline void source_dense(int32_t rank, const int64_t *dims, int64_t *strides)
{
    int64_t stride = 1;

    for (int32_t i = rank; i-- > 0;) {
        strides[i] = stride;
        stride *= dims[i];
    }
}

/* Where a number of the input's layer stands in the file, as strides. @return whether strides say it */
static inline bool source_find_strides(source *s, const view *v)
{
    int64_t strides[MOST_RANK];
    const int64_t positions = v->height * v->width;
    int64_t *const to = s->input_strides;

    source_dense(v->rank, v->dims, strides);
    to[0] = v->channels > 1 ? view_element(v, strides, 1, 0) : 1;
    to[1] = v->height > 1 ? view_element(v, strides, 0, v->width) : 1;
    to[2] = v->width > 1 ? view_element(v, strides, 0, 1) : 1;
    for (int64_t c = 0; c < v->channels; ++c) {
        for (int64_t p = 0; p < positions; ++p) {
            if (view_element(v, strides, c, p) != c * to[0] + p / v->width * to[1] + p % v->width * to[2]) return false;
        }
    }
    return true;
}

static inline void source_from(source *s, found_network *network)
{
    const view *const v = &network->input;

    s->list = network->list;
    s->forms = call_forms;
    s->input_shape[0] = (int32_t)v->channels;
    s->input_shape[1] = (int32_t)v->height;
    s->input_shape[2] = (int32_t)v->width;
    s->input_layer = v->layer;
    s->network = network;
    (void)snprintf(s->text, sizeof s->text, "%.1800s", network->notes);
    if (source_find_strides(s, v)) return;
    source_dense(3, (const int64_t[]){ v->channels, v->height, v->width }, s->input_strides);
    (void)snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text),
                   "the numbers of the input go in as [C][H][W], not in the order of the file\n");
}

#endif
