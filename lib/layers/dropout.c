/* dropout.c -- nothing at inference: sealing lets its readers read its input. */
#include "layers/kinds.h"

#if SRD_WITH_DROPOUT
const srd__kind srd__kind_dropout = { .name = "dropout", .role = SRD__NOTHING, .shape = srd__shape_same };

srd_layer srd_graph_dropout(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_dropout, input);
}
#endif
