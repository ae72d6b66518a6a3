/* explainer_geometry.c -- asking where the positions of the layers lie in the picture. */
#include "explain/types.h"
#include "layers/places.h"

srd_status srd_explainer_layer_geometry(const srd_explainer *explainer, srd_layer input, srd_layer_geometry *layers,
                                        int32_t count)
{
    const srd_graph *graph;

    if (explainer == NULL || layers == NULL) return SRD_ERR_ARGUMENT;
    graph = explainer->plan.graph;
    if (input < 0 || input >= graph->layer_count || count != graph->layer_count) return SRD_ERR_ARGUMENT;
    if (graph->layers[input]->kind->role != SRD__SOURCE || graph->layers[input]->derived) return SRD_ERR_ARGUMENT;
    srd__geometry(graph, explainer->plan.shapes, input, layers);
    return SRD_OK;
}
