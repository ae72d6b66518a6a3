/* seal.c -- from the list of layers to an immutable graph: liveness, sites (METHOD section 3), segments; and what that takes. */
#include "graph/graph_impl.h"
#include "graph/kind.h"

/* Recursions over gather and post layers go no deeper, so that a caller's thread needs no deep stack. */
#define MAX_DEPTH 128
/* A concat of concats can double with every layer; a walk over it must still end. */
#define MAX_PARTS 65536

static srd_status make_tables(srd_graph *graph)
{
    srd__layer **const layers = (srd__layer **)srd__graph_take(graph, (size_t)graph->layer_count, sizeof *layers);

    if (layers == NULL) return SRD_ERR_MEMORY;
    for (srd__layer *layer = graph->newest; layer != NULL; layer = layer->previous) layers[layer->id] = layer;
    graph->layers = layers;
    graph->outputs = (int32_t *)srd__graph_take(graph, (size_t)graph->output_count, sizeof *graph->outputs);
    return graph->outputs != NULL ? SRD_OK : SRD_ERR_MEMORY;
}

int32_t srd__resolve(const srd_graph *graph, int32_t id)
{
    while (graph->layers[id]->kind->role == SRD__NOTHING) id = graph->layers[id]->inputs[0];
    return id;
}

static void remove_nothings(srd_graph *graph)
{
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        srd__layer *const layer = graph->layers[id];

        for (int32_t i = 0; i < layer->input_count; ++i) layer->inputs[i] = srd__resolve(graph, layer->inputs[i]);
    }
    for (int32_t i = 0; i < graph->output_count; ++i) graph->outputs[i] = srd__resolve(graph, graph->output_list[i]);
}

/* Live: reaches an output. Readers are counted over live layers only, with multiplicity. */
static void find_live(srd_graph *graph)
{
    for (int32_t i = 0; i < graph->output_count; ++i) {
        graph->layers[graph->outputs[i]]->live = true;
        graph->layers[graph->outputs[i]]->is_output = true;
    }
    for (int32_t id = graph->layer_count - 1; id >= 0; --id) {
        const srd__layer *const layer = graph->layers[id];

        if (!layer->live) continue;
        for (int32_t i = 0; i < layer->input_count; ++i) {
            graph->layers[layer->inputs[i]]->live = true;
            graph->layers[layer->inputs[i]]->readers++;
        }
    }
}

/* Operands of adds that depend on constants only are biases (METHOD section 2). A constant that is nothing else is no site. */
static void find_biases(srd_graph *graph)
{
    for (int32_t id = graph->layer_count - 1; id >= 0; --id) {
        srd__layer *const layer = graph->layers[id];

        layer->bias_only = layer->kind->role == SRD__SOURCE && layer->derived && layer->readers > 0 && !layer->is_output;
    }
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const reader = graph->layers[id];

        for (int32_t i = 0; reader->live && i < reader->input_count; ++i) {
            if (!srd__is_bias(graph, reader, i)) graph->layers[reader->inputs[i]]->bias_only = false;
        }
    }
}

/* A mixing or post layer is swallowed when it is read exactly once, by a post or pointwise layer. */
static void find_sites(srd_graph *graph)
{
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        srd__layer *const layer = graph->layers[id];

        layer->site = layer->live && layer->kind->role != SRD__GATHER && layer->kind->role != SRD__NOTHING;
    }
    find_biases(graph);
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const reader = graph->layers[id];

        if (!reader->live || (reader->kind->role != SRD__POST && reader->kind->role != SRD__POINTWISE)) continue;
        for (int32_t i = 0; i < reader->input_count; ++i) {
            srd__layer *const read = graph->layers[reader->inputs[i]];

            if (srd__is_bias(graph, reader, i)) continue; /* its value is needed */
            if (read->readers == 1 && (read->kind->role == SRD__MIXING || read->kind->role == SRD__POST)) read->site = false;
        }
    }
}

static srd_status check_depth(srd_graph *graph)
{
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        srd__layer *const layer = graph->layers[id];

        layer->over_flatten = !layer->site && layer->kind->flattens;
        for (int32_t i = 0; i < layer->walked; ++i) {
            const srd__layer *const input = graph->layers[layer->inputs[i]];

            if (!layer->site && input->over_flatten) layer->over_flatten = true;
            if (!input->site) layer->depth = srd__max(layer->depth, input->depth + 1);
            layer->parts = srd__min(MAX_PARTS + 1, layer->parts + (input->site ? 1 : input->parts));
        }
        if (layer->live && layer->depth > MAX_DEPTH) {
            return srd__fail(&graph->failure, SRD_ERR_UNSUPPORTED, layer->id, layer->name,
                             "more than %d gather or post layers follow each other without a site between them",
                             (int32_t)MAX_DEPTH);
        }
        if (layer->live && layer->kind->role == SRD__GATHER && layer->parts > MAX_PARTS) {
            return srd__fail(&graph->failure, SRD_ERR_UNSUPPORTED, layer->id, layer->name,
                             "the gather layers from here down fan out to more than %d sites", (int32_t)MAX_PARTS);
        }
    }
    return SRD_OK;
}

static srd_status compile_segments(srd_graph *graph)
{
    int32_t count = 0;

    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const layer = graph->layers[id];

        if (layer->live && layer->kind->role != SRD__SOURCE && (layer->site || layer->is_output)) ++count;
    }
    graph->segments = (srd__segment *)srd__graph_take(graph, (size_t)srd__max(count, 1), sizeof *graph->segments);
    if (graph->segments == NULL) return SRD_ERR_MEMORY;
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        srd__layer *const layer = graph->layers[id];
        srd_status status;

        if (!layer->live || layer->kind->role == SRD__SOURCE || (!layer->site && !layer->is_output)) continue;
        status = srd__segment_compile(graph, &graph->heap, &graph->segments[graph->segment_count], id, false);
        if (status != SRD_OK)
            return srd__fail(&graph->failure, status, SRD_LAYER_NONE, NULL, "no memory for the segments of the graph");
        layer->segment = graph->segment_count++;
    }
    return SRD_OK;
}

/* Failures stick to the graph. */
static srd_status seal(srd_graph *graph)
{
    srd_status status;

    if (graph->output_count == 0) {
        return srd__fail(&graph->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "no layer was named as an output");
    }
    status = make_tables(graph);
    if (status != SRD_OK) return status;
    remove_nothings(graph);
    find_live(graph);
    find_sites(graph);
    status = check_depth(graph);
    return status == SRD_OK ? compile_segments(graph) : status;
}

srd_status srd_graph_seal(srd_graph *graph, srd_detail *detail)
{
    srd_status status;

    if (!srd__is_graph(graph)) return srd__fail_graph(detail);
    if (graph->sealed) return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "the graph is sealed already");
    status = graph->failure.status;
    if (status == SRD_OK) status = seal(graph);
    if (status == SRD_OK) graph->sealed = true;
    else if (detail != NULL) (void)srd__detail_copy(detail, &graph->failure);
    return status;
}

srd_status srd_graph_memory_size(srd_build build, void *user, const srd_graph_options *options, const srd_memory *work,
                                 size_t *size, srd_detail *detail)
{
    srd_graph *graph = NULL;
    srd_status status;

    if (build == NULL || size == NULL) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "build or size is NULL");
    }
    status = srd_graph_create(options, work, &graph, detail);
    if (status != SRD_OK) return status;
    status = build(graph, user);
    if (!srd__is_status(status)) {
        status = srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "build returned %d, which is no status", status);
    } else if (status != SRD_OK) {
        if (graph->failure.status == status) (void)srd__detail_copy(detail, &graph->failure);
        else (void)srd__fail(detail, status, SRD_LAYER_NONE, NULL, "build returned this status");
    } else {
        status = srd_graph_seal(graph, detail);
    }
    if (status == SRD_OK) *size = srd_graph_memory_used(graph);
    srd_graph_free(graph);
    return status;
}
