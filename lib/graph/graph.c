/* graph.c -- building: layers in the order of the calls, with a failure that sticks. */
#include "graph/graph_impl.h"

#include "graph/kind.h"
#include "kernels/panel.h"

srd_status srd_graph_create(const srd_graph_options *options, const srd_memory *memory, srd_graph **out, srd_detail *detail)
{
    srd_graph_options ours;
    srd__heap heap;
    srd_graph *graph;
    srd_status status;

    if (out == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "out is NULL");
    status = srd__options_read(&ours, sizeof ours, options, sizeof ours, "srd_graph_options", detail);
    if (status != SRD_OK) return status;
    if (ours.weight_policy != SRD_WEIGHTS_COPY && ours.weight_policy != SRD_WEIGHTS_BORROW) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "unknown weight_policy %d", ours.weight_policy);
    }
    if (!SRD_WITH_PACKING && ours.weight_policy == SRD_WEIGHTS_COPY) {
        return srd__left_out(detail, SRD_LAYER_NONE, NULL, "SRD_WITH_PACKING");
    }
    status = srd__heap_init(&heap, memory, detail);
    if (status != SRD_OK) return status;
    graph = (srd_graph *)srd__heap_take(&heap, offsetof(srd_graph, failure) + SRD__DETAIL_BYTES);
    if (graph == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for a graph (%z bytes)",
                         srd__align(offsetof(srd_graph, failure) + SRD__DETAIL_BYTES));
    }
    graph->heap = heap;
    graph->heap.memory.struct_size = SRD__GRAPH_TAG;
    graph->options = ours;
    graph->holders = 1;
    graph->is_owned = 1;
    graph->failure.struct_size = (uint32_t)SRD__DETAIL_BYTES;
    graph->failure.layer = SRD_LAYER_NONE;
    *out = graph;
    return SRD_OK;
}

void srd__graph_let_go(srd_graph *graph)
{
    if (srd__count_add(&graph->holders, -1) != 0) return;
    graph->heap.memory.struct_size = 0;
    srd__heap_release(&graph->heap);
}

void srd_graph_free(srd_graph *graph)
{
    if (srd__is_graph(graph) && srd__swap_if(&graph->is_owned, 1, 0)) srd__graph_let_go(graph);
}

/* While a graph is built there is no table by id, only a list. Jumps over 1, 3, 7, ... layers make the way along it short:
 * about 2 log n, for one pointer per layer (the skew-binary lists of Myers, 1983). */
srd__layer *srd__graph_layer(const srd_graph *graph, int32_t id)
{
    srd__layer *layer = graph->newest;

    if (graph->layers != NULL) return graph->layers[id];
    while (layer->id != id) layer = SRD_WITH_LARGE_PLANS && layer->jump->id >= id ? layer->jump : layer->previous;
    return layer;
}

/* Two equal jumps in a row become one over both. */
static void link_layer(srd_graph *graph, srd__layer *layer)
{
    srd__layer *const before = graph->newest;

    layer->previous = before;
    graph->newest = layer;
    if (!SRD_WITH_LARGE_PLANS) return;
    layer->jump = before != NULL ? before : layer;
    if (before != NULL && before->id - before->jump->id == before->jump->id - before->jump->jump->id) {
        layer->jump = before->jump->jump;
    }
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *name != '\0'; ++name) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Where a name is in the tree of names, or where it would be added. The bits of its hash say which way to go. */
static srd__layer **find_name(srd__layer **root, const char *name, uint32_t hash)
{
    for (uint32_t bits = hash; *root != NULL; bits >>= 1) {
        if ((*root)->hash == hash && srd__same_text((*root)->name, name)) break;
        root = &(*root)->named[bits & 1];
    }
    return root;
}

srd__layer *srd__graph_named(const srd_graph *graph, const char *name)
{
    srd__layer *root = graph->named;

    return *find_name(&root, name, hash_of(name));
}

srd_status srd__fail_graph(srd_detail *detail)
{
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "graph is NULL, no graph, or was freed");
}

void *srd__graph_take(srd_graph *graph, size_t count, size_t size)
{
    void *const taken = srd__heap_take_array(&graph->heap, count, size);

    if (taken == NULL && graph->failure.status == SRD_OK) {
        const bool named = graph->adding != NULL && graph->adding[0] != '\0';

        (void)srd__fail(&graph->failure, SRD_ERR_MEMORY, named ? graph->layer_count : SRD_LAYER_NONE,
                        named ? graph->adding : NULL, "no memory for %z bytes more of the graph", count * size);
    }
    return taken;
}

/* Length of a name; names are not limited, but a missing terminator should not run away. */
static size_t name_length(const char *name)
{
    size_t n = 0;

    while (n < 4096 && name[n] != '\0') ++n;
    return n;
}

#define MOST_DEFAULT 64 /* characters of a name of the library's: a kind's name has at most 24 */

/* "relu_12" for a layer that the caller did not name. */
static void default_name(char *to, const char *kind, int32_t id)
{
    char digits[12];
    size_t n = 0, i = 0;

    for (; kind[n] != '\0'; ++n) to[n] = kind[n];
    to[n++] = '_';
    do {
        digits[i++] = (char)('0' + (char)(id % 10));
        id /= 10;
    } while (id > 0);
    while (i > 0) to[n++] = digits[--i];
    to[n] = '\0';
}

/* A name of the library's, with its end; if the caller has named a layer so, another. */
static size_t find_default_name(const srd_graph *graph, const srd__layer *layer, char *name)
{
    size_t n;

    default_name(name, layer->kind->name, layer->id);
    n = name_length(name);
    while (n < MOST_DEFAULT - 1 && srd__graph_named(graph, name) != NULL) {
        name[n++] = '_';
        name[n] = '\0';
    }
    return n;
}

static srd_status copy_name(srd_graph *graph, srd__layer *layer, const char *name)
{
    char found[MOST_DEFAULT];
    const size_t n = name != NULL ? name_length(name) : find_default_name(graph, layer, found);
    char *copy;

    if (n == 0 || n == 4096) {
        return srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, NULL, "a layer's name has 1 to 4095 characters");
    }
    if (name != NULL && !srd__is_utf8(name)) {
        return srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, NULL,
                         "the name is not UTF-8, as which it would come back in messages and dumps");
    }
    copy = (char *)srd__graph_take(graph, n + 1, 1);
    if (copy == NULL) return SRD_ERR_MEMORY;
    memcpy(copy, name != NULL ? name : found, n);
    if (srd__graph_named(graph, copy) != NULL) {
        return srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, copy, "the name is taken by an earlier layer");
    }
    layer->name = copy;
    graph->adding = copy;
    layer->hash = hash_of(copy);
    return SRD_OK;
}

static srd_status copy_inputs(srd_graph *graph, srd__layer *layer, const srd_layer *inputs, int32_t count)
{
    if (count < 0 || (count > 0 && inputs == NULL)) {
        return srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "inputs are NULL or their count is %d",
                         count);
    }
    if (count > 0) {
        layer->inputs = (int32_t *)srd__graph_take(graph, 2 * (size_t)count, sizeof *layer->inputs);
        if (layer->inputs == NULL) return SRD_ERR_MEMORY;
    }
    for (int32_t i = 0; i < count; ++i) {
        if (inputs[i] < 0 || inputs[i] >= graph->layer_count) {
            return srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                             "input %d is %d, not a layer of this graph", i, inputs[i]);
        }
        layer->inputs[i] = layer->inputs[count + i] = inputs[i];
    }
    layer->input_count = layer->walked = count;
    layer->derived = count > 0;
    for (int32_t i = 0; i < count; ++i) layer->derived = layer->derived && srd__graph_layer(graph, inputs[i])->derived;
    return SRD_OK;
}

/* Most layers have no window, nor what comes with it, nor a weight, and are many: their records end before these. */
static size_t record_bytes(const srd__kind *kind)
{
    if (kind->role == SRD__MIXING) return sizeof(srd__layer);
    return kind->role == SRD__GATHER ? offsetof(srd__layer, weight) : offsetof(srd__layer, after);
}

srd__layer *srd__layer_begin(srd_graph *graph, const char *name, const srd__kind *kind, const srd_layer *inputs, int32_t count)
{
    srd__layer *layer;

    if (!srd__is_graph(graph) || graph->failure.status != SRD_OK) return NULL;
    if (graph->sealed) return NULL; /* a sealed graph is shared and never written, not even with a failure */
    if (graph->layer_count == INT32_MAX) {
        (void)srd__fail(&graph->failure, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL, "too many layers");
        return NULL;
    }
    graph->adding = name;
    layer = (srd__layer *)srd__graph_take(graph, 1, record_bytes(kind));
    if (layer == NULL) return NULL;
    layer->kind = kind;
    layer->id = graph->layer_count;
    layer->segment = -1;
    if (kind->role == SRD__MIXING || kind->role == SRD__GATHER) {
        layer->window.kernel_h = layer->window.kernel_w = 1;
        layer->window.stride_h = layer->window.stride_w = 1;
        layer->window.dilation_h = layer->window.dilation_w = 1;
    }
    layer->groups = 1;
    if (copy_name(graph, layer, name) != SRD_OK || copy_inputs(graph, layer, inputs, count) != SRD_OK) return NULL;
    return layer;
}

#if SRD_WITH_TEXTS
bool srd__layer_options(srd_graph *graph, const srd__layer *layer, void *ours, size_t size, const void *theirs, size_t least,
                        const char *what)
{
    srd_detail reason;
    srd_status status;

    reason.struct_size = (uint32_t)sizeof reason;
    status = srd__options_read(ours, size, theirs, least, what, &reason);

    if (status != SRD_OK) (void)srd__fail(&graph->failure, status, layer->id, layer->name, "%s", reason.text);
    return status == SRD_OK;
}
#else /* there is no reason to be told */
bool srd__layer_options(srd_graph *graph, const srd__layer *layer, void *ours, size_t size, const void *theirs, size_t least,
                        const char *what)
{
    const srd_status status = srd__options_take(ours, size, theirs, least, NULL);

    (void)what;
    if (status != SRD_OK) (void)srd__fail(&graph->failure, status, layer->id, layer->name, "");
    return status == SRD_OK;
}
#endif

srd_layer srd__layer_end(srd_graph *graph, srd__layer *layer)
{
    if (layer == NULL || graph->failure.status != SRD_OK) return SRD_LAYER_NONE;
    if (layer->kind->shape(graph, NULL, layer, &layer->shape, &graph->failure) != SRD_OK) return SRD_LAYER_NONE;
    link_layer(graph, layer);
    *find_name(&graph->named, layer->name, layer->hash) = layer;
    graph->adding = NULL;
    graph->layer_count++;
    if (layer->kind->role == SRD__SOURCE) layer->derived ? graph->constant_count++ : graph->input_count++;
    return layer->id;
}

bool srd__layer_check_vector(srd_graph *graph, srd__layer *layer, const srd_tensor *tensor, int32_t *length, const char *what)
{
    const int64_t n = srd_tensor_shape(tensor, 0);

    if (srd__want_float32(tensor, what, &graph->failure, layer->id, layer->name) != SRD_OK) return false;
    if (tensor->rank != 1 || n > INT32_MAX || (*length != 0 && n != *length)) {
        (void)srd__fail(&graph->failure, SRD_ERR_SHAPE, layer->id, layer->name, "%s has rank %d and size %l, expected [%d]",
                        what, tensor->rank, n, *length);
        return false;
    }
    for (int64_t i = 0; i < n; ++i) {
        if (srd__finite(srd__vector_at(tensor, i))) continue;
        (void)srd__fail(&graph->failure, SRD_ERR_NUMBER, layer->id, layer->name, "%s[%l] is NaN or Inf", what, i);
        return false;
    }
    *length = (int32_t)n;
    layer->parameters += n;
    return true;
}

float *srd__layer_vector(srd_graph *graph, srd__layer *layer, const srd_tensor *tensor, int32_t *length, const char *what,
                         bool *ok)
{
    float *vector;

    if (tensor == NULL) return NULL;
    *ok = srd__layer_check_vector(graph, layer, tensor, length, what);
    if (!*ok) return NULL;
    vector = (float *)srd__graph_take(graph, (size_t)*length, sizeof *vector);
    *ok = vector != NULL;
    for (int32_t i = 0; *ok && i < *length; ++i) vector[i] = srd__vector_at(tensor, i);
    return vector;
}

const srd__shape *srd__input_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, int32_t i)
{
    return bound != NULL ? &bound[layer->inputs[i]] : &srd__graph_layer(graph, layer->inputs[i])->shape;
}

bool srd__layer_weight(srd_graph *graph, srd__layer *layer)
{
    srd__weights *const weights = &layer->weight;
    size_t floats;

    weights->outputs = layer->channels;
    weights->groups = layer->groups;
    weights->inputs = layer->before;
    weights->kernel_h = layer->window.kernel_h;
    weights->kernel_w = layer->window.kernel_w;
    if (!srd__weights_finite(weights)) {
        (void)srd__fail(&graph->failure, SRD_ERR_NUMBER, layer->id, layer->name, "a number of weight is NaN or Inf");
        return false;
    }
    layer->parameters += (int64_t)layer->channels * layer->before * layer->window.kernel_h * layer->window.kernel_w;
    if (!SRD_WITH_PACKING || graph->options.weight_policy == SRD_WEIGHTS_BORROW) return true;
    floats = srd__weights_packed_size(weights);
    if (floats == SIZE_MAX) {
        (void)srd__fail(&graph->failure, SRD_ERR_OVERFLOW, layer->id, layer->name, "weight is too large");
        return false;
    }
    weights->packed = (float *)srd__graph_take(graph, floats, sizeof(float));
    if (weights->packed == NULL) return false;
    srd__weights_pack(weights, weights->packed);
    weights->data = NULL; /* the caller's may go */
    return true;
}

int32_t srd__window_out(int32_t in, int32_t before, int32_t after, int32_t kernel, int32_t stride, int32_t dilation,
                        bool ceil_mode)
{
    const int64_t room = (int64_t)in + before + after - (int64_t)dilation * (kernel - 1) - 1;
    int64_t out;

    if (room < 0) return 0;
    out = (ceil_mode ? room + stride - 1 : room) / stride + 1;
    if (ceil_mode && (out - 1) * stride >= (int64_t)in + before) --out;
    return out > INT32_MAX ? -1 : (int32_t)out;
}

int32_t srd__window_position(const srd__window *w, const srd__shape *in, const srd__shape *out, int32_t p, int32_t k)
{
    int64_t row = (int64_t)(k / w->kernel_w) * w->dilation_h, column = (int64_t)(k % w->kernel_w) * w->dilation_w;

    if (SRD_WITH_CONV_TRANSPOSE2D && w->transposed) { /* row * stride - top + tap = p, where there is such a row */
        row = p / out->w + w->top - row;
        column = p % out->w + w->left - column;
        if (row < 0 || column < 0 || row % w->stride_h != 0 || column % w->stride_w != 0) return -1;
        row /= w->stride_h;
        column /= w->stride_w;
    } else {
        row += (int64_t)(p / out->w) * w->stride_h - w->top;
        column += (int64_t)(p % out->w) * w->stride_w - w->left;
    }
    return row < 0 || row >= in->h || column < 0 || column >= in->w ? -1 : (int32_t)(row * in->w + column);
}

/* Room for one output more; the failure sticks. */
static srd_status grow_outputs(srd_graph *graph)
{
    const int32_t capacity = graph->output_capacity == 0 ? 4 : graph->output_capacity * 2;
    int32_t *const list = (int32_t *)srd__graph_take(graph, (size_t)capacity, sizeof *list);

    if (list == NULL) return SRD_ERR_MEMORY;
    if (graph->output_count > 0) memcpy(list, graph->output_list, (size_t)graph->output_count * sizeof *list);
    graph->output_list = list;
    graph->output_capacity = capacity;
    return SRD_OK;
}

srd_status srd_graph_output(srd_graph *graph, srd_layer layer, srd_detail *detail)
{
    if (!srd__is_graph(graph)) return srd__fail_graph(detail);
    if (graph->sealed) {
        return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "the graph is sealed: nothing can be added to it");
    }
    if (graph->failure.status == SRD_OK && (layer < 0 || layer >= graph->layer_count)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "output %d is %d, not a layer of this graph",
                        graph->output_count, layer);
    }
    if (graph->failure.status == SRD_OK && graph->output_count == graph->output_capacity) (void)grow_outputs(graph);
    if (graph->failure.status != SRD_OK) {
        (void)srd__detail_copy(detail, &graph->failure);
        return graph->failure.status;
    }
    graph->output_list[graph->output_count++] = layer;
    return SRD_OK;
}

srd_status srd_graph_detail(const srd_graph *graph, srd_detail *first)
{
    return srd__is_graph(graph) ? srd__detail_copy(first, &graph->failure) : SRD_ERR_ARGUMENT;
}
