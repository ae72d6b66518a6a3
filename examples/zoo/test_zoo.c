/*
 * test_zoo.c -- every network of the zoo builds, has the parameters that were published, and can be explained.
 */
#include "zoo.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_NUMBERS 103000000 /* of a single parameter: VGG's first fully connected layer */

/* The same numbers for every parameter: only the structure is looked at here. */
static const float *find(void *user, const char *name, const int64_t *shape, int32_t rank)
{
    int64_t count = 1;

    (void)name;
    for (int32_t i = 0; i < rank; ++i) count *= shape[i];
    return count <= MOST_NUMBERS ? (const float *)user : NULL;
}

static int check(const zoo_network *network, const float *numbers)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    const zoo_weights weights = { find, (void *)(uintptr_t)numbers };
    srd_detail detail = SRD_DETAIL_INIT;
    srd_graph *graph = NULL;
    char missing[ZOO_MOST_NAME];
    int64_t parameters = 0;
    size_t memory = 0;
    int bad;

    options.weight_policy = SRD_WEIGHTS_BORROW;
    if (srd_graph_create(&options, NULL, &graph, &detail) != SRD_OK) return 1;
    zoo_build(network, graph, &weights, missing);
    bad = srd_graph_seal(graph, &detail) != SRD_OK || srd_explainer_memory_size(graph, NULL, NULL, &memory, &detail) != SRD_OK;
    for (srd_layer i = 0; i < srd_graph_layer_count(graph); ++i) {
        srd_layer_info info = SRD_LAYER_INFO_INIT;

        if (srd_graph_layer_info(graph, i, &info, NULL) == SRD_OK) parameters += info.parameters;
    }
    srd_graph_free(graph);
    if (bad || parameters != network->parameters) {
        (void)printf("%s: %lld parameters, not %lld; %s %s %s\n", network->name, (long long)parameters,
                     (long long)network->parameters, missing, detail.layer_name, detail.text);
        return 1;
    }
    return 0;
}

int main(void)
{
    float *const numbers = calloc(MOST_NUMBERS, sizeof *numbers);
    int bad = numbers == NULL;

    for (int32_t i = 0; numbers != NULL && zoo_network_at(i) != NULL; ++i) bad |= check(zoo_network_at(i), numbers);
    free(numbers);
    return bad;
}
