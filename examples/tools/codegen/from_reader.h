/* from_reader.h -- what both readers' networks have in common; each is compiled with its own prefix for the functions of ../common. */
#ifndef CODEGEN_FROM_READER_H
#define CODEGEN_FROM_READER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "source.h"

/* Where a number of the input's layer stands in the file, as strides. @return whether strides say it */
static inline bool source_find_strides(source *s, const view *v)
{
    const int64_t positions = v->height * v->width;
    int64_t *const to = s->input_strides;

    to[0] = v->channels > 1 ? view_file_element(v, 1, 0) : 1;
    to[1] = v->height > 1 ? view_file_element(v, 0, v->width) : 1;
    to[2] = v->width > 1 ? view_file_element(v, 0, 1) : 1;
    for (int64_t c = 0; c < v->channels; ++c) {
        for (int64_t p = 0; p < positions; ++p) {
            if (view_file_element(v, c, p) != c * to[0] + p / v->width * to[1] + p % v->width * to[2]) return false;
        }
    }
    return true;
}

/* Takes what a reader found, or the reason why it found nothing. @return is_read */
static inline bool source_take(source *s, found_network *network, bool is_read, const char *reason, void (*close)(void *))
{
    const view *v;

    if (!is_read) {
        (void)snprintf(s->text, sizeof s->text, "%s", reason);
        free(network);
        return false;
    }
    v = &network->input;
    s->list = network->list;
    s->forms = call_forms;
    s->input_shape[0] = (int32_t)v->channels;
    s->input_shape[1] = (int32_t)v->height;
    s->input_shape[2] = (int32_t)v->width;
    s->input_layer = v->layer;
    s->network = network;
    s->close = close;
    (void)snprintf(s->text, sizeof s->text, "%.1800s", network->notes);
    if (source_find_strides(s, v)) return true;
    dense_strides(3, (const int64_t[]){ v->channels, v->height, v->width }, s->input_strides);
    (void)snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text),
                   "the numbers of the input go in as [C][H][W], not in the order of the file\n");
    return true;
}

#endif
