/*
 * segment.c -- compiles what lies between a pre-activation and the sites below it (METHOD sections 1 to 4).
 *
 * Walking up from y through post layers, `scale` is the product of the scales met so far; a bias met at a layer is scaled by
 * it and belongs to the branches below that layer, which are contiguous because the walk is depth first. The walk runs
 * twice: to count branches and groups, then to fill them in.
 */
#include "graph/graph_impl.h"
#include "layers/kind.h"

typedef struct compile {
    const srd_graph *graph;
    srd__heap *heap; /* of the graph, or of an explainer that compiles a segment of its own */
    srd__segment *segment;
    int32_t top;  /* where the walk began: never taken for a source there */
    int32_t find; /* a layer whose branches are looked for, or -1: [first, first + found) */
    int32_t first, found;
    int32_t branches; /* made so far */
    int32_t biases;   /* as long as the segment has no arrays, both are only counted */
} compile;

static srd_status visit(compile *c, int32_t id, const float *scale, bool *chain);

/* The new branch, or NULL as long as branches are only counted. */
static srd__branch *add_branch(compile *c, int32_t mixing, int32_t root, int32_t flattened, int32_t piece, const float *scale)
{
    srd__branch *const branch = c->segment->branches != NULL ? &c->segment->branches[c->branches] : NULL;

    c->branches++;
    if (branch == NULL) return NULL;
    branch->mixing = mixing;
    branch->root = root;
    branch->flattened = flattened;
    branch->piece = piece;
    branch->scale = scale;
    return branch;
}

/* A constant operand of an add is a bias of the branches from first on. */
static void add_constant(compile *c, int32_t root, const float *scale, int32_t first, int32_t count, bool chain)
{
    srd__branch *const branch = add_branch(c, -1, root, 0, 0, scale);

    if (branch == NULL) return;
    branch->constant = 1;
    branch->first = first;
    branch->count = count;
    branch->chain = chain;
    c->segment->constant_count++;
}

/* to = a * b, either of which may be NULL for 1; the result may be one of them. */
static srd_status product(compile *c, const float *a, const float *b, int32_t n, const float **to)
{
    float *vector;

    *to = a != NULL ? a : b;
    if (a == NULL || b == NULL || c->segment->branches == NULL) return SRD_OK;
    vector = (float *)srd__heap_take_array(c->heap, (size_t)n, sizeof *vector);
    if (vector == NULL) return SRD_ERR_MEMORY;
    for (int32_t i = 0; i < n; ++i) vector[i] = a[i] * b[i];
    *to = vector;
    return SRD_OK;
}

/* The bias of one layer becomes a group, or joins the last one if that has the same branches and rule. */
static srd_status add_bias(compile *c, const float *bias, const float *scale, int32_t n, int32_t first, bool chain)
{
    srd__bias *group;

    if (bias == NULL) return SRD_OK;
    if (c->segment->biases == NULL) {
        c->biases++;
        return SRD_OK;
    }
    group = c->biases > 0 ? &c->segment->biases[c->biases - 1] : NULL;
    if (group == NULL || group->first != first || group->count != c->branches - first || group->chain != (int32_t)chain) {
        group = &c->segment->biases[c->biases++];
        group->vector = (float *)srd__heap_take_array(c->heap, (size_t)n, sizeof *group->vector);
        if (group->vector == NULL) return SRD_ERR_MEMORY;
        group->first = first;
        group->count = c->branches - first;
        group->chain = chain;
    }
    for (int32_t i = 0; i < n; ++i) group->vector[i] += scale != NULL ? bias[i] * scale[i] : bias[i];
    return SRD_OK;
}

bool srd__is_bias(const srd_graph *graph, const srd__layer *layer, int32_t i)
{
    return layer->kind->role == SRD__POST && !layer->derived && graph->layers[layer->inputs[i]]->derived;
}

static bool holds_flatten(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->kind->flattens) return true;
    if (!layer->kind->joins) return false;
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (holds_flatten(graph, layer->inputs[i])) return true;
    }
    return false;
}

/*
 * The flattened inputs of a fully connected layer, one branch each: a flatten shows its own input, whose positions are the
 * taps (of a vector that is flat already, it changes nothing); a concat of vectors falls into its pieces.
 */
static void add_pieces(compile *c, const srd__layer *mixing, int32_t id, int32_t *piece, const float *scale)
{
    const srd__layer *const layer = c->graph->layers[id];

    if (layer->kind->flattens && !holds_flatten(c->graph, layer->inputs[0])) {
        (void)add_branch(c, mixing->id, layer->inputs[0], 1, (*piece)++, scale);
    } else if (holds_flatten(c->graph, id)) {
        for (int32_t i = 0; i < layer->walked; ++i) add_pieces(c, mixing, layer->inputs[i], piece, scale);
    } else {
        (void)add_branch(c, mixing->id, id, 1, (*piece)++, scale);
    }
}

/* A convolution of one pixel over a flattened vector is a fully connected layer, with padding at one of its positions. */
static bool is_dense(const srd_graph *graph, const srd__layer *layer)
{
    const srd__window *const w = &layer->window;

    if (layer->kind->dense) return true;
    return holds_flatten(graph, layer->inputs[0]) && layer->groups == 1 && w->kernel_h == 1 && w->kernel_w == 1;
}

static srd_status visit_mixing(compile *c, const srd__layer *layer, const float *scale)
{
    const int32_t first = c->branches;
    int32_t piece = 0;

    if (is_dense(c->graph, layer)) add_pieces(c, layer, layer->inputs[0], &piece, scale);
    else (void)add_branch(c, layer->id, layer->inputs[0], 0, 0, scale);
    return add_bias(c, layer->bias, scale, layer->channels, first, true);
}

/* An affine layer or an add. *chain becomes true if all that lies below is one mixing layer under affine ones. */
static srd_status visit_post(compile *c, const srd__layer *layer, const float *scale, bool *chain)
{
    const int32_t first = c->branches;
    int32_t operands = 0, count;
    const float *below = scale;
    srd_status status = SRD_OK;

    if (layer->scale != NULL) status = product(c, scale, layer->scale, layer->channels, &below);
    for (int32_t i = 0; status == SRD_OK && i < layer->input_count; ++i) {
        if (srd__is_bias(c->graph, layer, i)) continue;
        status = visit(c, layer->inputs[i], below, chain);
        ++operands;
    }
    if (operands > 1) *chain = false;
    count = c->branches - first;
    for (int32_t i = 0; status == SRD_OK && i < layer->input_count; ++i) {
        if (srd__is_bias(c->graph, layer, i)) add_constant(c, layer->inputs[i], scale, first, count, *chain);
    }
    if (status != SRD_OK) return status;
    return add_bias(c, layer->shift, scale, layer->channels, first, *chain);
}

static srd_status visit_layer(compile *c, int32_t id, const float *scale, bool *chain)
{
    const srd__layer *const layer = c->graph->layers[id];

    if (layer->kind->role == SRD__GATHER || (layer->site && id != c->top)) {
        *chain = false;
        (void)add_branch(c, -1, id, 0, 0, scale);
        return SRD_OK;
    }
    if (layer->kind->role == SRD__MIXING) {
        *chain = true;
        return visit_mixing(c, layer, scale);
    }
    return visit_post(c, layer, scale, chain);
}

static srd_status visit(compile *c, int32_t id, const float *scale, bool *chain)
{
    const int32_t first = c->branches;
    const srd_status status = visit_layer(c, id, scale, chain);

    if (id == c->find) {
        c->first = first;
        c->found = c->branches - first;
    }
    return status;
}

/* Sites below a root, each once. */
static int32_t collect_sources(const srd_graph *graph, int32_t id, int32_t *sources, int32_t count)
{
    const srd__layer *const layer = graph->layers[id];

    if (!layer->site) {
        for (int32_t i = 0; i < layer->walked; ++i) count = collect_sources(graph, layer->inputs[i], sources, count);
        return count;
    }
    for (int32_t i = 0; i < count; ++i) {
        if (sources[i] == id) return count;
    }
    sources[count] = id;
    return count + 1;
}

/* Upper bound of the above: sites counted as often as they are met. */
static int32_t count_sources(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];
    int32_t count = 0;

    if (layer->site) return 1;
    for (int32_t i = 0; i < layer->walked; ++i) count += count_sources(graph, layer->inputs[i]);
    return count;
}

static srd_status find_sources(const srd_graph *graph, srd__heap *heap, srd__segment *segment)
{
    int32_t most = 0;

    for (int32_t i = 0; i < segment->branch_count; ++i) {
        if (!segment->branches[i].constant) most += count_sources(graph, segment->branches[i].root);
    }
    segment->sources = (int32_t *)srd__heap_take_array(heap, (size_t)srd__max(most, 1), sizeof *segment->sources);
    if (segment->sources == NULL) return SRD_ERR_MEMORY;
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        if (segment->branches[i].constant) continue;
        segment->source_count = collect_sources(graph, segment->branches[i].root, segment->sources, segment->source_count);
    }
    return SRD_OK;
}

static srd_status sum_biases(srd__heap *heap, srd__segment *segment, int32_t n)
{
    if (segment->bias_count == 0) return SRD_OK;
    segment->bias_total = (float *)srd__heap_take_array(heap, (size_t)n, sizeof(float));
    if (segment->bias_total == NULL) return SRD_ERR_MEMORY;
    for (int32_t i = 0; i < segment->bias_count; ++i) {
        for (int32_t j = 0; j < n; ++j) segment->bias_total[j] += segment->biases[i].vector[j];
    }
    return SRD_OK;
}

/* Channels of y as far as the parameters of its post and mixing layers say. */
static int32_t channels_of(const srd_graph *graph, int32_t id)
{
    const srd__layer *layer = graph->layers[id];

    while (layer->channels == 0 && layer->shape.c == 0 && layer->input_count > 0) layer = graph->layers[layer->inputs[0]];
    return layer->channels != 0 ? layer->channels : layer->shape.c;
}

srd_status srd__segment_compile(const srd_graph *graph, srd__heap *heap, srd__segment *segment, int32_t layer)
{
    compile c = { graph, heap, segment, layer, -1, 0, 0, 0, 0 };
    bool chain = false;
    srd_status status;

    segment->layer = layer;
    segment->pointwise = graph->layers[layer]->kind->role == SRD__POINTWISE;
    segment->top = segment->pointwise ? graph->layers[layer]->inputs[0] : layer;
    if (!segment->pointwise) c.top = segment->top;
    (void)visit(&c, segment->top, NULL, &chain);
    segment->branches = (srd__branch *)srd__heap_take_array(heap, (size_t)c.branches, sizeof *segment->branches);
    segment->biases = (srd__bias *)srd__heap_take_array(heap, (size_t)srd__max(c.biases, 1), sizeof *segment->biases);
    if (segment->branches == NULL || segment->biases == NULL) return SRD_ERR_MEMORY;
    c.branches = c.biases = 0;
    chain = false;
    status = visit(&c, segment->top, NULL, &chain);
    if (status != SRD_OK) return status;
    segment->branch_count = c.branches;
    segment->bias_count = c.biases;
    segment->channels = channels_of(graph, segment->top);
    status = find_sources(graph, heap, segment);
    return status == SRD_OK ? sum_biases(heap, segment, segment->channels) : status;
}

int32_t srd__segment_range(const srd_graph *graph, const srd__segment *segment, int32_t layer, int32_t *first)
{
    srd__segment none = { 0 }; /* branches are only counted */
    compile c = { graph, NULL, &none, segment->layer, layer, 0, 0, 0, 0 };
    bool chain = false;

    if (layer != segment->layer) (void)visit(&c, segment->top, NULL, &chain);
    *first = c.first;
    return c.found;
}

/* As add_pieces(): counts *left down to the piece that is looked for. under: a layer above is the one asked about. */
static bool find_piece(const srd_graph *graph, int32_t at, int32_t layer, bool under, int32_t *left)
{
    const srd__layer *const l = graph->layers[at];
    bool found = false;

    if (l->kind->flattens) return (*left)-- == 0 && (under || at == layer);
    if (!holds_flatten(graph, at)) return (*left)-- == 0 && under;
    for (int32_t i = 0; i < l->input_count && *left >= 0; ++i) {
        found = find_piece(graph, l->inputs[i], layer, under || at == layer, left);
    }
    return found;
}

bool srd__piece_under(const srd_graph *graph, const srd__branch *branch, int32_t layer)
{
    int32_t left = branch->piece;

    return branch->flattened && find_piece(graph, graph->layers[branch->mixing]->inputs[0], layer, false, &left);
}
