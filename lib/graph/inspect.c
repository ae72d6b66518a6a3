/* inspect.c -- looking at a graph from outside; nothing here changes it. */
#include "graph/graph_impl.h"
#include "graph/kind.h"

static const srd__layer *layer_of(const srd_graph *graph, srd_layer layer)
{
    return srd__is_graph(graph) && layer >= 0 && layer < graph->layer_count ? srd__graph_layer(graph, layer) : NULL;
}

int32_t srd_graph_layer_count(const srd_graph *graph)
{
    return srd__is_graph(graph) ? graph->layer_count : 0;
}

srd_layer srd_graph_find(const srd_graph *graph, const char *name)
{
    const srd__layer *const found = srd__is_graph(graph) && name != NULL ? srd__graph_named(graph, name) : NULL;

    return found != NULL ? found->id : SRD_LAYER_NONE;
}

const char *srd_graph_layer_name(const srd_graph *graph, srd_layer layer)
{
    const srd__layer *const found = layer_of(graph, layer);

    return found != NULL ? found->name : NULL;
}

const char *srd_graph_layer_kind(const srd_graph *graph, srd_layer layer)
{
    const srd__layer *const found = layer_of(graph, layer);

    return found != NULL ? found->kind->name : NULL;
}

int32_t srd_graph_is_site(const srd_graph *graph, srd_layer layer)
{
    const srd__layer *const found = layer_of(graph, layer);

    return found != NULL && graph->sealed && found->site && !found->bias_only;
}

/* The failure of a call whose layer is none of the graph's. */
static srd_status fail_layer(const srd_graph *graph, srd_layer layer, srd_detail *detail)
{
    if (!srd__is_graph(graph)) return srd__fail_graph(detail);
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "layer %d is no layer: the graph has %d, counted from 0",
                     layer, graph->layer_count);
}

srd_status srd_graph_layer_shape(const srd_graph *graph, srd_layer layer, int32_t *shape, srd_detail *detail)
{
    const srd__layer *const found = layer_of(graph, layer);

    if (found == NULL) return fail_layer(graph, layer, detail);
    if (shape == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "shape is NULL");
    shape[0] = found->shape.c;
    shape[1] = found->shape.h;
    shape[2] = found->shape.w;
    return SRD_OK;
}

srd_status srd_graph_layer_info(const srd_graph *graph, srd_layer layer, srd_layer_info *info, srd_detail *detail)
{
    const srd__layer *const found = layer_of(graph, layer);
    srd_layer_info ours = SRD_LAYER_INFO_INIT;

    if (found == NULL) return fail_layer(graph, layer, detail);
    ours.role = found->kind->role;
    ours.operand_count = found->input_count;
    ours.parameters = found->parameters;
    if (graph->sealed) {
        const bool inside = found->kind->role == SRD__MIXING || found->kind->role == SRD__POST;

        ours.is_live = found->live;
        ours.is_site = found->site && !found->bias_only;
        ours.is_swallowed = found->live && inside && !found->site;
        ours.readers = found->readers;
        if (found->site && found->segment >= 0) ours.path_layers = graph->segments[found->segment].source_count;
    }
    return srd__report_write(info, &ours, sizeof ours, sizeof ours, SRD__TEXT("srd_layer_info"), detail);
}

srd_layer srd_graph_layer_operand(const srd_graph *graph, srd_layer layer, int32_t operand)
{
    const srd__layer *const found = layer_of(graph, layer);

    return found != NULL && operand >= 0 && operand < found->input_count ? srd__layer_given(found, operand) : SRD_LAYER_NONE;
}

int32_t srd_graph_input_count(const srd_graph *graph)
{
    return srd__is_graph(graph) ? graph->input_count : 0;
}

srd_layer srd_graph_input_layer(const srd_graph *graph, int32_t input)
{
    int32_t later;

    if (!srd__is_graph(graph) || input < 0 || input >= graph->input_count) return SRD_LAYER_NONE;
    later = graph->input_count - 1 - input; /* the list goes from the newest layer back */
    for (const srd__layer *layer = graph->newest; layer != NULL; layer = layer->previous) {
        if (layer->kind->role == SRD__SOURCE && !layer->derived && later-- == 0) return layer->id;
    }
    return SRD_LAYER_NONE;
}

int32_t srd_graph_output_count(const srd_graph *graph)
{
    return srd__is_graph(graph) ? graph->output_count : 0;
}

srd_layer srd_graph_output_layer(const srd_graph *graph, int32_t output)
{
    return srd__is_graph(graph) && output >= 0 && output < graph->output_count ? graph->output_list[output] : SRD_LAYER_NONE;
}

size_t srd_graph_memory_used(const srd_graph *graph)
{
    return srd__is_graph(graph) ? graph->heap.used : 0;
}
