/* tflite.c -- the functions of srd/tflite.h: what the reader found, told to others. */
#include "srd/tflite.h"

#include <stdlib.h>
#include <string.h>

#include "detail.h"
#include "import.h"

struct srd_tflite {
    found_network network;
};

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

static srd_status read_options(tflite_options *ours, bool *in_place, const srd_tflite_options *theirs, srd_detail *detail)
{
    const unsigned char *const bytes = (const unsigned char *)theirs;

    *ours = (tflite_options){ NULL, 0, 0, false };
    *in_place = false;
    if (theirs == NULL) return SRD_OK;
    if (theirs->struct_size < sizeof *theirs || theirs->struct_size > LARGEST_STRUCT) {
        return tell(detail, SRD_ERR_ARGUMENT, "", "options: struct_size is not that of srd_tflite_options");
    }
    for (uint32_t i = sizeof *theirs; i < theirs->struct_size; ++i) {
        if (bytes[i] != 0) return tell(detail, SRD_ERR_ARGUMENT, "", "options: a field that this version does not know is set");
    }
    if (theirs->height < 0 || theirs->width < 0) return tell(detail, SRD_ERR_ARGUMENT, "", "options: a size is below 0");
    if ((theirs->flags & ~(SRD_TFLITE_DEQUANTISE | SRD_TFLITE_IN_PLACE)) != 0)
        return tell(detail, SRD_ERR_ARGUMENT, "", "options: a flag that this version does not know is set");
    *ours = (tflite_options){ theirs->output, theirs->height, theirs->width, (theirs->flags & SRD_TFLITE_DEQUANTISE) != 0 };
    *in_place = (theirs->flags & SRD_TFLITE_IN_PLACE) != 0;
    return SRD_OK;
}

/* The bytes, which are freed with the network if they are owned; else they are copied, or left where they are. */
static srd_status load(const void *bytes, void *owned, size_t size, const tflite_options *wishes, srd_tflite **network,
                       srd_detail *detail)
{
    found_failure failure = { SRD_OK, "", "" };
    srd_tflite *const made = calloc(1, sizeof *made);

    if (made == NULL) {
        free(owned);
        return tell(detail, SRD_ERR_MEMORY, "", "there is not enough memory");
    }
    if (tflite_import(bytes, size, owned, wishes, &made->network, &failure)) {
        *network = made;
        return SRD_OK;
    }
    free(made);
    return tell(detail, failure.status, failure.node, failure.text);
}

srd_status srd_tflite_load(const char *path, const srd_tflite_options *options, srd_tflite **network, srd_detail *detail)
{
    char reason[MOST_REASON];
    tflite_options wishes;
    bool in_place;
    size_t size = 0;
    uint8_t *bytes;
    srd_status status;

    if (path == NULL || network == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "path or network is NULL");
    status = read_options(&wishes, &in_place, options, detail);
    if (status != SRD_OK) return status;
    bytes = read_file(path, &size, reason);
    if (bytes == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", reason);
    return load(bytes, bytes, size, &wishes, network, detail);
}

srd_status srd_tflite_load_memory(const void *bytes, size_t size, const srd_tflite_options *options, srd_tflite **network,
                                  srd_detail *detail)
{
    tflite_options wishes;
    bool in_place;
    void *copy = NULL;
    srd_status status;

    if (network == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network is NULL");
    if (bytes == NULL || size == 0) return tell(detail, SRD_ERR_ARGUMENT, "", "there are no bytes");
    status = read_options(&wishes, &in_place, options, detail);
    if (status != SRD_OK) return status;
    if (in_place) return load(bytes, NULL, size, &wishes, network, detail);
    copy = malloc(size);
    if (copy == NULL) return tell(detail, SRD_ERR_MEMORY, "", "there is not enough memory");
    memcpy(copy, bytes, size);
    return load(copy, copy, size, &wishes, network, detail);
}

void srd_tflite_free(srd_tflite *network)
{
    if (network == NULL) return;
    tflite_network_free(&network->network);
    free(network);
}

/* ---- what was found ---------------------------------------------------------------------------------------------------------- */

const char *srd_tflite_notes(const srd_tflite *network)
{
    return network != NULL ? network->network.notes : "";
}

int32_t srd_tflite_input_count(const srd_tflite *network)
{
    return network != NULL ? 1 : 0;
}

srd_layer srd_tflite_input(const srd_tflite *network, int32_t index, const char **name)
{
    const bool is_one = network != NULL && index == 0;

    if (name != NULL) *name = is_one ? network->network.input_name : NULL;
    return is_one ? network->network.input.layer : SRD_LAYER_NONE;
}

int32_t srd_tflite_output_count(const srd_tflite *network)
{
    return network != NULL ? tflite_output_count(&network->network) : 0;
}

srd_layer srd_tflite_output(const srd_tflite *network, int32_t index, const char **name)
{
    if (name != NULL)
        *name = network != NULL ? tflite_tensor_name(&network->network, tflite_output_tensor(&network->network, index)) : NULL;
    return network != NULL && index == network->network.output_number ? network->network.list.output : SRD_LAYER_NONE;
}

static const call *output_call(const srd_tflite *network)
{
    return &network->network.list.calls[network->network.list.output];
}

int32_t srd_tflite_class_count(const srd_tflite *network)
{
    return network != NULL ? output_call(network)->channels : 0;
}

int32_t srd_tflite_layer_count(const srd_tflite *network)
{
    return network != NULL ? network->network.list.count : 0;
}

srd_status srd_tflite_layer(const srd_tflite *network, srd_layer layer, srd_tflite_layer_info *info, srd_detail *detail)
{
    srd_tflite_layer_info ours = SRD_TFLITE_LAYER_INFO_INIT;
    const call *c;

    if (network == NULL || info == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network or info is NULL");
    if (layer < 0 || layer >= network->network.list.count) return tell(detail, SRD_ERR_ARGUMENT, "", "there is no such layer");
    if (info->struct_size < sizeof ours || info->struct_size > LARGEST_STRUCT) {
        return tell(detail, SRD_ERR_ARGUMENT, "", "info: struct_size is not that of srd_tflite_layer_info");
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

static int64_t element_of(const view *v, int32_t channel, int64_t position)
{
    if (channel < 0 || channel >= v->channels || position < 0 || position >= v->height * v->width) return -1;
    return view_file_element(v, channel, position);
}

int64_t srd_tflite_input_element(const srd_tflite *network, int32_t index, int32_t channel, int64_t position)
{
    return network != NULL && index == 0 ? element_of(&network->network.input, channel, position) : -1;
}

int64_t srd_tflite_output_element(const srd_tflite *network, int32_t channel, int64_t position)
{
    return network != NULL ? element_of(&network->network.output, channel, position) : -1;
}

static srd_status tensor_info(const srd_tflite *network, int32_t number, srd_tflite_tensor_info *info, srd_detail *detail)
{
    srd_tflite_tensor_info ours = SRD_TFLITE_TENSOR_INFO_INIT;
    const tensor *t;

    if (number < 0) return tell(detail, SRD_ERR_ARGUMENT, "", "there is no such tensor");
    if (info->struct_size < sizeof ours || info->struct_size > LARGEST_STRUCT)
        return tell(detail, SRD_ERR_ARGUMENT, "", "info: struct_size is not that of srd_tflite_tensor_info");
    t = &network->network.owner->model->tensors[number];
    flat *const f = &network->network.owner->model->file;
    ours.struct_size = info->struct_size;
    ours.type = t->type;
    ours.rank = t->rank;
    ours.dims = t->dims;
    ours.name = tflite_tensor_name(&network->network, number);
    if (t->is_quantised) {
        ours.scale = (double)flat_float_of(f, &t->scales, 0);
        ours.zero_point = t->zeros.count > 0 ? (int32_t)flat_int_of(f, &t->zeros, 0, 8) : 0;
    }
    memset(info, 0, ours.struct_size); /* a newer caller's fields */
    memcpy(info, &ours, sizeof ours);
    return SRD_OK;
}

srd_status srd_tflite_input_info(const srd_tflite *network, int32_t index, srd_tflite_tensor_info *info, srd_detail *detail)
{
    if (network == NULL || info == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network or info is NULL");
    return tensor_info(network, tflite_input_tensor(&network->network, index), info, detail);
}

srd_status srd_tflite_output_info(const srd_tflite *network, int32_t index, srd_tflite_tensor_info *info, srd_detail *detail)
{
    if (network == NULL || info == NULL) return tell(detail, SRD_ERR_ARGUMENT, "", "network or info is NULL");
    return tensor_info(network, tflite_output_tensor(&network->network, index), info, detail);
}

/* ---- building ------------------------------------------------------------------------------------------------------------------ */

srd_status srd_tflite_build(const srd_tflite *network, srd_graph *graph, srd_detail *detail)
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
