/* obstacles.c -- all nodes that stand between the input and a refused output, so that a user learns of them at once. */
#include "core.h"

#include <stdio.h>
#include <string.h>

#define MOST_KINDS 12 /* operators that are named; the rest are counted */

typedef struct obstacles {
    const char *kinds[MOST_KINDS];
    int32_t counts[MOST_KINDS];
    int32_t kind_count, others, total;
} obstacles;

/* Whether the node was refused for its own sake, and not because of what it reads. */
static bool is_obstacle(const import *im, const node *n)
{
    for (int32_t i = 0; i < n->output_count; ++i) {
        const value *const v = n->outputs[i] == NO_VALUE ? NULL : &im->values[n->outputs[i]];
        if (v != NULL && v->state == VALUE_REFUSED && v->culprit == n->name) return true;
    }
    return false;
}

static void count_obstacle(obstacles *found, const char *kind)
{
    int32_t i = 0;

    ++found->total;
    while (i < found->kind_count && strcmp(found->kinds[i], kind) != 0) ++i;
    if (i == MOST_KINDS) {
        ++found->others;
        return;
    }
    found->kinds[i] = kind;
    ++found->counts[i];
    if (i == found->kind_count) ++found->kind_count;
}

/* Marks the nodes that the value hangs on as far as they are refused. Nodes come after those that they read, so one pass upwards is enough. */
static void mark_refused(const import *im, int32_t producer, char *marks)
{
    if (producer >= 0) marks[producer] = 1;
    for (int32_t i = producer; i >= 0; --i) {
        const node *const n = &im->nodes[i];

        for (int32_t k = 0; marks[i] != 0 && k < n->input_count; ++k) {
            const value *const v = n->inputs[k] == NO_VALUE ? NULL : &im->values[n->inputs[k]];
            if (v != NULL && v->state == VALUE_REFUSED && v->producer >= 0 && v->producer < i) marks[v->producer] = 1;
        }
    }
}

const char *list_obstacles(import *im, const value *output)
{
    char *const marks = take(im, im->node_count, 1);
    char text[MOST_REASON] = "";
    size_t used = 0;
    obstacles found;

    memset(&found, 0, sizeof found);
    mark_refused(im, output->producer, marks);
    for (int32_t i = 0; i < im->node_count; ++i) {
        if (marks[i] != 0 && is_obstacle(im, &im->nodes[i])) count_obstacle(&found, im->nodes[i].op);
    }
    if (found.total < 2) return "";
    for (int32_t i = 0; i < found.kind_count && used + 64 < sizeof text; ++i) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d %.32s", i == 0 ? "; in the way are " : ", ",
                                 found.counts[i], found.kinds[i]);
    }
    if (found.others > 0 && used < sizeof text) (void)snprintf(text + used, sizeof text - used, " and %d others", found.others);
    return take_text(im, text);
}
