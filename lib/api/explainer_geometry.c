/* explainer_geometry.c -- asking where the positions of the layers lie in the picture. */
#include "explain/busy.h"
#include "layers/places.h"

srd_status srd_explainer_layer_geometry(const srd_explainer *explainer, srd_layer input, srd_layer_geometry *layers,
                                        int32_t count, int32_t geometry_size, srd_detail *detail)
{
    srd_status status = srd__want_explainer(explainer, detail);
    const srd_graph *graph;
    size_t size;

    if (status == SRD_OK) status = srd__want_layer(explainer, SRD__TEXT("input"), input, detail);
    if (status == SRD_OK) status = srd__entry_size(geometry_size, sizeof *layers, SRD__TEXT("layers"), &size, detail);
    if (status != SRD_OK) return status;
    graph = explainer->plan.graph;
    if (layers == NULL || count != graph->layer_count) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "layers is %s, count is %d: the graph has %d layers",
                         layers == NULL ? "NULL" : "given", count, graph->layer_count);
    }
    if (graph->layers[input]->kind->role != SRD__SOURCE || graph->layers[input]->derived) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, input, graph->layers[input]->name, "the layer is no input");
    }
    srd__geometry(graph, explainer->plan.shapes, input, layers);
    srd__entries_spread(layers, sizeof *layers, size, count);
    return SRD_OK;
}
