/* onnx.c -- the functions of srd/onnx.h: what the importer found, told to others. */
#include "srd/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "detail.h"
#include "onnx_import.h"

struct srd_onnx {
    onnx_network network;
};

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

static srd_status read_options(onnx_options *ours, const srd_onnx_options *theirs, srd_detail *detail)
{
    const unsigned char *const bytes = (const unsigned char *)theirs;

    *ours = (onnx_options){ NULL, 0, 0, NULL, 0, NULL, 0 };
    if (theirs == NULL) return SRD_OK;
    if (theirs->struct_size < sizeof *theirs || theirs->struct_size > LARGEST_STRUCT) {
        return tell(detail, SRD_ERR_ARGUMENT, "", "options: struct_size is not that of srd_onnx_options");
    }
    for (uint32_t i = sizeof *theirs; i < theirs->struct_size; ++i) {
        if (bytes[i] != 0) return tell(detail, SRD_ERR_ARGUMENT, "", "options: a field that this version does not know is set");
    }
    if (theirs->height < 0 || theirs->width < 0) return tell(detail, SRD_ERR_ARGUMENT, "", "options: a size is below 0");
    if (theirs->most_numbers < 0) return tell(detail, SRD_ERR_ARGUMENT, "", "options: most_numbers is below 0");
    if (theirs->gate_count < 0 || (theirs->gate_count > 0 && theirs->gates == NULL))
        return tell(detail, SRD_ERR_ARGUMENT, "", "options: gates is NULL, or gate_count below 0");
    for (int32_t i = 0; i < theirs->gate_count; ++i) {
        if (theirs->gates[i] == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "options: one of the gates is NULL");
    }
    *ours = (onnx_options){ theirs->output,       theirs->height, theirs->width,     theirs->folder,
                            theirs->most_numbers, theirs->gates,  theirs->gate_count };
    return SRD_OK;
}

/* The file at path, or, if that is NULL, the bytes. */
static srd_status load(const char *path, const void *bytes, size_t size, const srd_onnx_options *options, srd_onnx **network,
                       srd_detail *detail)
{
    onnx_options wishes;
    onnx_failure failure = { SRD_OK, "", "" };
    srd_onnx *made;
    srd_status status;

    if (network == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network is NULL");
    status = read_options(&wishes, options, detail);
    if (status != SRD_OK) return status;
    made = calloc(1, sizeof *made);
    if (made == NULL) return tell(detail, SRD_ERR_MEMORY, "", "there is not enough memory");
    if (path != NULL ? onnx_import(path, &wishes, &made->network, &failure)
                     : onnx_import_memory(bytes, size, &wishes, &made->network, &failure)) {
        *network = made;
        return SRD_OK;
    }
    free(made);
    return tell(detail, failure.status, failure.node, failure.text);
}

srd_status srd_onnx_load(const char *path, const srd_onnx_options *options, srd_onnx **network, srd_detail *detail)
{
    if (path == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "path is NULL");
    return load(path, NULL, 0, options, network, detail);
}

srd_status srd_onnx_load_memory(const void *bytes, size_t size, const srd_onnx_options *options, srd_onnx **network,
                                srd_detail *detail)
{
    if (bytes == NULL || size == 0) return tell(detail, SRD_ERR_ARGUMENT, "", "there are no bytes");
    return load(NULL, bytes, size, options, network, detail);
}

void srd_onnx_free(srd_onnx *network)
{
    if (network == NULL) return;
    onnx_network_free(&network->network);
    free(network);
}

/* ---- what was found ---------------------------------------------------------------------------------------------------------- */

const char *srd_onnx_notes(const srd_onnx *network)
{
    return network != NULL ? network->network.notes : "";
}

int32_t srd_onnx_input_count(const srd_onnx *network)
{
    return network != NULL ? 1 : 0;
}

srd_layer srd_onnx_input(const srd_onnx *network, int32_t index, const char **name)
{
    const bool is_one = network != NULL && index == 0;

    if (name != NULL) *name = is_one ? network->network.input_name : NULL;
    return is_one ? network->network.input.layer : SRD_LAYER_NONE;
}

int32_t srd_onnx_output_count(const srd_onnx *network)
{
    return network != NULL ? onnx_output_count(&network->network) : 0;
}

srd_layer srd_onnx_output(const srd_onnx *network, int32_t index, const char **name)
{
    if (name != NULL) *name = network != NULL ? onnx_output_name(&network->network, index) : NULL;
    return network != NULL && index == network->network.output_number ? network->network.list.output : SRD_LAYER_NONE;
}

static const call *output_call(const srd_onnx *network)
{
    return &network->network.list.calls[network->network.list.output];
}

int32_t srd_onnx_class_count(const srd_onnx *network)
{
    return network != NULL ? output_call(network)->channels : 0;
}

int32_t srd_onnx_layer_count(const srd_onnx *network)
{
    return network != NULL ? network->network.list.count : 0;
}

srd_status srd_onnx_layer(const srd_onnx *network, srd_layer layer, srd_onnx_layer_info *info, srd_detail *detail)
{
    srd_onnx_layer_info ours = SRD_ONNX_LAYER_INFO_INIT;
    const call *c;

    if (network == NULL || info == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network or info is NULL");
    if (layer < 0 || layer >= network->network.list.count) return tell(detail, SRD_ERR_ARGUMENT, "", "there is no such layer");
    if (info->struct_size < sizeof ours || info->struct_size > LARGEST_STRUCT) {
        return tell(detail, SRD_ERR_ARGUMENT, "", "info: struct_size is not that of srd_onnx_layer_info");
    }
    c = &network->network.list.calls[layer];
    ours.struct_size = info->struct_size;
    ours.channels = c->channels;
    ours.height = c->height;
    ours.width = c->width;
    ours.operand_count = c->input_count;
    ours.operands = c->inputs;
    ours.name = c->name;
    ours.function = call_forms[c->kind].function;
    memset(info, 0, ours.struct_size); /* a newer caller's fields */
    memcpy(info, &ours, sizeof ours);
    return SRD_OK;
}

int64_t srd_onnx_input_element(const srd_onnx *network, int32_t index, int32_t channel, int64_t position)
{
    const view *const v = network != NULL && index == 0 ? &network->network.input : NULL;

    if (v == NULL || channel < 0 || channel >= v->channels || position < 0 || position >= v->height * v->width) return -1;
    return onnx_input_element(&network->network, channel, position);
}

int64_t srd_onnx_output_element(const srd_onnx *network, int32_t channel, int64_t position)
{
    const call *const c = network != NULL ? output_call(network) : NULL;

    if (c == NULL || channel < 0 || channel >= c->channels || position < 0) return -1;
    if (position >= (int64_t)c->height * c->width) return -1;
    return onnx_output_element(&network->network, channel, position);
}

/* ---- building ------------------------------------------------------------------------------------------------------------------ */

srd_status srd_onnx_build(const srd_onnx *network, srd_graph *graph, srd_detail *detail)
{
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (network == NULL || graph == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network or graph is NULL");
    if (srd_graph_layer_count(graph) != 0) return tell(detail, SRD_ERR_STATE, "", "the graph has layers already");
    status = call_list_build(&network->network.list, graph);
    if (status == SRD_OK) return SRD_OK;
    if (srd_graph_detail(graph, &why) == SRD_OK && why.status != SRD_OK)
        return tell(detail, why.status, why.layer_name, why.text);
    return tell(detail, status, "", status == SRD_ERR_MEMORY ? "there is not enough memory" : "the layers cannot be added");
}
