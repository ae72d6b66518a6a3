/* session.c -- measure, take, build: first the graph, then the explainer behind it. */
#include "session.h"

#include <stdbool.h>

#define TRY(call)                              \
    do {                                       \
        const srd_status status_ = (call);     \
        if (status_ != SRD_OK) return status_; \
    } while (0)

static size_t whole(size_t bytes)
{
    return (bytes + SRD_ALIGNMENT - 1) / SRD_ALIGNMENT * SRD_ALIGNMENT;
}

/* The network is described twice: once to find out how much memory its graph takes. */
static srd_status make_graph(session *s, const net *n, srd_memory *memory)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    void *const user = (void *)(uintptr_t)n; /* which net_build() only reads */
    size_t size = 0;

    options.weight_policy = SRD_WEIGHTS_BORROW;
    TRY(srd_graph_memory_size(net_build, user, &options, memory, &size, NULL));
    s->graph_bytes = whole(size);
    TRY(srd_graph_create(&options, memory, &s->graph, NULL));
    TRY(net_build(s->graph, user));
    return srd_graph_seal(s->graph, NULL);
}

static srd_status make_explainer(session *s, const srd_explainer_options *options, srd_memory *memory)
{
    size_t size = 0;

    TRY(srd_explainer_memory_size(s->graph, options, memory, &size, NULL));
    s->explainer_bytes = size;
    return srd_explainer_create(s->graph, options, memory, &s->explainer, NULL);
}

srd_status session_open_with(session *s, const net *n, const srd_explainer_options *options, void *memory, size_t size)
{
    srd_memory rest = SRD_MEMORY_INIT;
    srd_status status;

    s->graph = NULL;
    s->explainer = NULL;
    s->picture = NULL;
    s->graph_bytes = s->explainer_bytes = 0;
    rest.buffer = memory;
    rest.buffer_size = size;
    status = make_graph(s, n, &rest);
    if (status == SRD_OK) {
        rest.buffer = (unsigned char *)memory + s->graph_bytes;
        rest.buffer_size = size > s->graph_bytes ? size - s->graph_bytes : 0;
        status = make_explainer(s, options, &rest);
    }
    if (status != SRD_OK) session_close(s);
    return status;
}

srd_status session_open(session *s, const net *n, int32_t mode, void *memory, size_t size)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;

    options.mode = mode;
    return session_open_with(s, n, &options, memory, size);
}

/* A view in memory of the caller's. */
typedef struct handle {
    _Alignas(SRD_ALIGNMENT) unsigned char bytes[256];
} handle;

static srd_status view(handle *in, float *numbers, bool writable, int32_t rank, const int64_t *shape, srd_tensor **tensor)
{
    srd_memory memory = SRD_MEMORY_INIT;

    memory.buffer = in->bytes;
    memory.buffer_size = sizeof in->bytes;
    if (writable) return srd_tensor_view(SRD_FLOAT32, rank, shape, NULL, numbers, &memory, tensor, NULL);
    return srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, &memory, tensor, NULL);
}

srd_status session_run(session *s, const net *n, const float *picture)
{
    static handle in; /* the tensor stays until the next run: with SRD_INPUTS_BORROW a question reads it again */
    const int64_t shape[3] = { n->channels, n->side, n->side };
    const srd_tensor *inputs[1];

    srd_tensor_free(s->picture);
    s->picture = NULL;
    TRY(view(&in, (float *)(uintptr_t)picture, false, 3, shape, &s->picture));
    inputs[0] = s->picture;
    return srd_explainer_run(s->explainer, inputs, 1, NULL, NULL);
}

srd_status session_explain(session *s, const net *n, int32_t *class_index, float *score, float *map)
{
    static handle in;
    const int64_t shape[2] = { n->side, n->side };
    const srd_layer layer = srd_graph_find(s->graph, NET_PICTURE);
    srd_tensor *tensor = NULL;
    srd_status status;

    TRY(srd_explainer_top_class(s->explainer, 0, 0, class_index, score, NULL));
    TRY(view(&in, map, true, 2, shape, &tensor));
    status = srd_explainer_ask_top(s->explainer, NULL, &layer, &tensor, 1, NULL);
    srd_tensor_free(tensor);
    return status;
}

void session_close(session *s)
{
    srd_explainer_free(s->explainer); /* in a block nothing is given back; handles end all the same */
    srd_graph_free(s->graph);
    srd_tensor_free(s->picture);
    s->picture = NULL;
    s->explainer = NULL;
    s->graph = NULL;
}
