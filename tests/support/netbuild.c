/*
 * netbuild.c -- makes a graph of a test network, and the targets of its questions, by the public interface only; the single
 * layers are made in netlayers.c.
 */
#include <stdlib.h>
#include <string.h>

#include "netlayers.h"

srd_status netfile_build(srd_graph *graph, void *user)
{
    const netfile *file = user;
    for (size_t i = 0; i < file->line_count; i++) {
        const netfile_line *line = file->lines + i;
        if (strcmp(line->word, "output") == 0) {
            (void)srd_graph_output(graph, srd_graph_find(graph, netline_text(line, "name")), NULL);
        } else {
            netlayers_add(graph, file, line);
        }
    }
    return SRD_OK;
}

srd_graph *netfile_graph(const netfile *file, int32_t weight_policy, srd_detail *detail)
{
    srd_graph_options options;
    srd_graph *graph = NULL;
    memset(&options, 0, sizeof options);
    options.struct_size = (uint32_t)sizeof options;
    options.weight_policy = weight_policy;
    if (srd_graph_create(&options, NULL, &graph, detail) != SRD_OK) return NULL;
    (void)netfile_build(graph, (void *)(uintptr_t)file);
    if (srd_graph_seal(graph, detail) == SRD_OK) return graph;
    srd_graph_free(graph);
    return NULL;
}

/* A tensor over numbers of the file (or of ours), freed with the targets. */
static const srd_tensor *over(netfile_targets *out, const float *numbers, int32_t rank, int64_t first, int64_t second)
{
    int64_t shape[2];
    srd_tensor *tensor = NULL;
    shape[0] = first;
    shape[1] = second;
    if (srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) != SRD_OK) return NULL;
    out->tensors[out->tensor_count++] = tensor;
    return tensor;
}

/* A single position as a mask with a single 1. */
static const srd_tensor *one_position(netfile_targets *out, const srd_graph *graph, const netfile_target *from)
{
    int32_t chw[3] = { 0 };
    float *mask = NULL;
    if (srd_graph_layer_shape(graph, srd_graph_find(graph, from->output), chw, NULL) != SRD_OK) return NULL;
    if (from->row < chw[1] && from->column < chw[2]) mask = calloc((size_t)chw[1] * (size_t)chw[2], sizeof *mask);
    if (mask == NULL) return NULL;
    out->masks[out->mask_count++] = mask;
    mask[from->row * chw[2] + from->column] = 1;
    return over(out, mask, 2, chw[1], chw[2]);
}

static int make_target(netfile_targets *out, const srd_graph *graph, const netfile_target *from, srd_target *to)
{
    to->kind = from->direction != NULL ? SRD_TARGET_DIRECTION : from->other_class >= 0 ? SRD_TARGET_AGAINST : SRD_TARGET_CLASS;
    to->output = -1;
    for (int32_t o = 0; o < srd_graph_output_count(graph); o++) {
        if (srd_graph_output_layer(graph, o) == srd_graph_find(graph, from->output)) to->output = o;
    }
    if (from->direction == NULL) to->class_index = from->class_index;
    if (to->kind == SRD_TARGET_AGAINST) to->other_class = from->other_class;
    if (from->direction != NULL) to->direction = over(out, from->direction, 1, from->count, 0);
    if (from->mask != NULL) to->mask = over(out, from->mask, 2, from->height, from->width);
    if (from->row >= 0) to->mask = one_position(out, graph, from);
    return to->output >= 0 && (from->direction == NULL || to->direction != NULL) &&
           ((from->mask == NULL && from->row < 0) || to->mask != NULL);
}

int netfile_find_targets(const netfile *file, const srd_graph *graph, const netfile_expect *expect, netfile_targets *out)
{
    char name[256];
    memset(out, 0, sizeof *out);
    for (int32_t i = 0; i < NETFILE_TARGETS; i++) {
        out->own[i].struct_size = (uint32_t)sizeof(srd_target);
        out->targets[i] = out->own + i;
    }
    if (*expect->targets == '\0') {
        out->own[0].kind = SRD_TARGET_CLASS;
        out->own[0].class_index = expect->class_index;
        out->count = 1;
        return 1;
    }
    while (out->count < NETFILE_TARGETS && netfile_listed(expect->targets, out->count, name, sizeof name)) {
        const netfile_target *found = NULL;
        for (size_t i = 0; i < file->target_count; i++) {
            if (strcmp(file->own_targets[i].name, name) == 0) found = file->own_targets + i;
        }
        if (found == NULL || !make_target(out, graph, found, out->own + out->count++)) return 0;
    }
    return 1;
}

void netfile_free_targets(netfile_targets *targets)
{
    while (targets->tensor_count > 0) srd_tensor_free(targets->tensors[--targets->tensor_count]);
    while (targets->mask_count > 0) free(targets->masks[--targets->mask_count]);
}
