/*
 * segment.c -- compiles what lies between a pre-activation and the sites below it (METHOD sections 1 to 4).
 *
 * Walking down from y through post layers, `factor` is the product of the scales met so far; a bias met at a layer is scaled
 * by it and belongs to the branches below that layer, which are contiguous because the walk is depth first. The walk runs
 * twice: to count branches, factors and groups, then to fill them in. What the products and sums come to is worked out
 * afterwards, unless it depends on the image.
 */
#include "graph/graph_impl.h"
#include "graph/kind.h"

typedef struct compile {
    const srd_graph *graph;
    srd__segment *segment;
    int32_t top;  /* where the walk began: never taken for a source there */
    int32_t find; /* a layer whose branches are looked for, or -1: [first, first + found) */
    int32_t first, found;
    bool cut; /* do not go below layers with statistics */
    /* made so far; as long as the segment has no arrays, all are only counted */
    int32_t branches, biases, factors, terms;
} compile;

static void visit(compile *c, int32_t id, int32_t factor, bool *chain);

/* The new branch, or NULL as long as branches are only counted. */
static srd__branch *add_branch(compile *c, int32_t mixing, int32_t root, int32_t flattened, int32_t piece, int32_t factor)
{
    srd__branch *const branch = c->segment->branches != NULL ? &c->segment->branches[c->branches] : NULL;

    c->branches++;
    if (branch == NULL) return NULL;
    branch->mixing = mixing;
    branch->root = root;
    branch->flattened = flattened;
    branch->piece = piece;
    branch->factor = factor;
    return branch;
}

/* A constant operand of an add is a bias of branches [first, first + count). */
static void add_constant(compile *c, int32_t root, int32_t factor, int32_t first, int32_t count, bool chain)
{
    srd__branch *const branch = add_branch(c, -1, root, 0, 0, factor);

    if (branch == NULL) return;
    branch->constant = 1;
    branch->first = first;
    branch->count = count;
    branch->chain = chain;
    c->segment->constant_count++;
}

static int32_t add_factor(compile *c, int32_t layer, int32_t above)
{
    if (c->segment->factors != NULL) {
        c->segment->factors[c->factors].layer = layer;
        c->segment->factors[c->factors].above = above;
    }
    return c->factors++;
}

/* The bias of one layer becomes a group, or joins the last one if that has the same branches and rule. */
static void add_bias(compile *c, int32_t layer, int32_t factor, int32_t first, bool chain)
{
    srd__bias *group;

    if (c->segment->biases == NULL) {
        c->biases++;
        c->terms++;
        return;
    }
    group = c->biases > 0 ? &c->segment->biases[c->biases - 1] : NULL;
    if (group == NULL || group->first != first || group->count != c->branches - first || group->chain != (int32_t)chain) {
        group = &c->segment->biases[c->biases++];
        group->first = first;
        group->count = c->branches - first;
        group->chain = chain;
    }
    c->segment->terms[c->terms].layer = layer;
    c->segment->terms[c->terms].factor = factor;
    c->segment->terms[c->terms].group = c->biases - 1;
    c->terms++;
}

bool srd__is_bias(const srd_graph *graph, const srd__layer *layer, int32_t i)
{
    return layer->kind->role == SRD__POST && !layer->derived && graph->layers[layer->inputs[i]]->derived;
}

static bool holds_flatten(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->kind->flattens) return true;
    if (!SRD_WITH_CONCAT || !layer->kind->joins) return false;
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (holds_flatten(graph, layer->inputs[i])) return true;
    }
    return false;
}

/* Does a walk from one layer meet a site that one from another meets, too? */
static bool have_common_site(const srd_graph *graph, int32_t from, int32_t other)
{
    const srd__layer *const layer = graph->layers[from];

    if (layer->site) return srd__comes_to(graph, other, from);
    for (int32_t i = 0; i < layer->walked; ++i) {
        if (have_common_site(graph, layer->inputs[i], other)) return true;
    }
    return false;
}

/*
 * A piece of the vector that a fully connected layer reads, as the layer that shows it: a flatten shows its own input, whose positions
 * are the taps (of a vector that is flat already, it changes nothing); -1: a concat of vectors, which falls into the pieces of its inputs.
 */
static int32_t shown_piece(const srd_graph *graph, int32_t id)
{
    const srd__layer *const layer = graph->layers[id];

    if (layer->kind->flattens && !holds_flatten(graph, layer->inputs[0])) return layer->inputs[0];
    return SRD_WITH_CONCAT && holds_flatten(graph, id) ? -1 : id;
}

/* Is there a site below a piece that is also below another piece of the layer? */
static bool shares_site(const srd_graph *graph, int32_t id, int32_t piece)
{
    const int32_t other = shown_piece(graph, id);

    if (other >= 0) return other != piece && have_common_site(graph, piece, other);
    for (int32_t i = 0; i < graph->layers[id]->walked; ++i) {
        if (shares_site(graph, graph->layers[id]->inputs[i], piece)) return true;
    }
    return false;
}

/*
 * Is the whole vector one piece, as far as the pieces of this layer are concerned, although concats make it? Pieces have paths of their own
 * unless they show positions in the same way. One that lies over a flatten (a slice of it) shows some that the flatten beside it shows, too:
 * these are the same choices of the fully connected layer, so the same paths (METHOD section 1). Of the whole vector
 * flattened_paths.c tells them apart.
 */
static bool is_one_piece(const srd_graph *graph, int32_t whole, int32_t id)
{
    const int32_t piece = shown_piece(graph, id);

    if (piece >= 0) return graph->layers[piece]->over_flatten && shares_site(graph, whole, piece);
    for (int32_t i = 0; i < graph->layers[id]->walked; ++i) {
        if (is_one_piece(graph, whole, graph->layers[id]->inputs[i])) return true;
    }
    return false;
}

/* The pieces of a layer that a fully connected layer reads, one branch each. */
static void add_pieces(compile *c, const srd__layer *mixing, int32_t id, int32_t *piece, int32_t factor)
{
    const int32_t root = shown_piece(c->graph, id);

    if (!SRD_WITH_CONCAT || root >= 0) {
        (void)add_branch(c, mixing->id, root, 1, (*piece)++, factor);
        return;
    }
    for (int32_t i = 0; i < c->graph->layers[id]->walked; ++i) {
        add_pieces(c, mixing, c->graph->layers[id]->inputs[i], piece, factor);
    }
}

static void visit_dense(compile *c, const srd__layer *layer, int32_t factor)
{
    const int32_t input = layer->inputs[0];
    int32_t piece = 0;

    if (SRD_WITH_CONCAT && is_one_piece(c->graph, input, input)) (void)add_branch(c, layer->id, input, 1, 0, factor);
    else add_pieces(c, layer, input, &piece, factor);
}

/* A convolution of one pixel over a flattened vector is a fully connected layer, with padding at one of its positions. */
static bool is_dense(const srd_graph *graph, const srd__layer *layer)
{
    const srd__window *const w = &layer->window;

    if (layer->kind->dense) return true;
    return holds_flatten(graph, layer->inputs[0]) && layer->groups == 1 && w->kernel_h == 1 && w->kernel_w == 1;
}

static void visit_mixing(compile *c, const srd__layer *layer, int32_t factor)
{
    const int32_t first = c->branches;

    if (is_dense(c->graph, layer)) visit_dense(c, layer, factor);
    else (void)add_branch(c, layer->id, layer->inputs[0], 0, 0, factor);
    if (layer->bias != NULL) add_bias(c, layer->id, factor, first, true);
}

/*
 * The operands of a post layer. An add of one that is not constant is no add of branches (METHOD section 4): *chain stays what
 * it is below.
 */
static void visit_operands(compile *c, const srd__layer *layer, int32_t factor, bool *chain)
{
    const int32_t first = c->branches;
    int32_t operands = 0, count;

    for (int32_t i = 0; i < layer->input_count; ++i) {
        if (SRD_WITH_CONSTANT && srd__is_bias(c->graph, layer, i)) continue;
        visit(c, layer->inputs[i], factor, chain);
        ++operands;
    }
    if (operands > 1) *chain = false;
    count = c->branches - first;
    for (int32_t i = 0; SRD_WITH_CONSTANT && i < layer->input_count; ++i) {
        if (srd__is_bias(c->graph, layer, i)) add_constant(c, layer->inputs[i], factor, first, count, *chain);
    }
}

/* A post layer. *chain becomes true if all that lies below is one mixing layer under post layers of one input. */
static void visit_post(compile *c, const srd__layer *layer, int32_t factor, bool *chain)
{
    const bool frozen = SRD_WITH_GROUP_NORM && layer->kind->normalise != NULL;
    const int32_t first = c->branches;
    const int32_t below = layer->scale != NULL || frozen ? add_factor(c, layer->id, factor) : factor;

    if (frozen && c->cut) {
        (void)add_branch(c, -1, layer->inputs[0], 0, 0, below);
        *chain = false;
    } else {
        visit_operands(c, layer, below, chain);
    }
    if (layer->shift != NULL || frozen) add_bias(c, layer->id, factor, first, *chain);
    if (frozen) c->segment->frozen = 1;
}

static void visit(compile *c, int32_t id, int32_t factor, bool *chain)
{
    const srd__layer *const layer = c->graph->layers[id];
    const int32_t first = c->branches;

    if (layer->kind->role == SRD__GATHER || (layer->site && id != c->top)) {
        *chain = false;
        (void)add_branch(c, -1, id, 0, 0, factor);
    } else if (layer->kind->role == SRD__MIXING) {
        *chain = true;
        visit_mixing(c, layer, factor);
    } else {
        visit_post(c, layer, factor, chain);
    }
    if (id != c->find) return;
    c->first = first;
    c->found = c->branches - first;
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
        if (!SRD_WITH_CONSTANT || !segment->branches[i].constant) most += count_sources(graph, segment->branches[i].root);
    }
    segment->sources = (int32_t *)srd__heap_take_array(heap, (size_t)srd__max(most, 1), sizeof *segment->sources);
    if (segment->sources == NULL) return SRD_ERR_MEMORY;
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        if (SRD_WITH_CONSTANT && segment->branches[i].constant) continue;
        segment->source_count = collect_sources(graph, segment->branches[i].root, segment->sources, segment->source_count);
    }
    return SRD_OK;
}

/* The products: of one layer they are its own numbers, of more an array. */
static srd_status fold_factors(const srd_graph *graph, srd__heap *heap, srd__segment *segment)
{
    for (int32_t i = 0; i < segment->factor_count; ++i) {
        srd__factor *const factor = &segment->factors[i];
        const srd__layer *const layer = graph->layers[factor->layer];
        const float *const above = factor->above >= 0 ? segment->factors[factor->above].vector : NULL;
        float *vector;

        factor->vector = layer->scale;
        if (above == NULL) continue;
        vector = (float *)srd__heap_take_array(heap, (size_t)layer->channels, sizeof *vector);
        if (vector == NULL) return SRD_ERR_MEMORY;
        for (int32_t c = 0; c < layer->channels; ++c) vector[c] = above[c] * layer->scale[c];
        factor->vector = vector;
    }
    for (int32_t i = 0; i < segment->branch_count; ++i) {
        srd__branch *const branch = &segment->branches[i];

        branch->scale = branch->factor >= 0 ? segment->factors[branch->factor].vector : NULL;
    }
    return SRD_OK;
}

/* May the vector stand for the sum 0 + vector, bit for bit? Only if it has no -0, since 0 + -0 is 0. */
static bool is_sum(const float *vector, int32_t n)
{
    for (int32_t c = 0; c < n; ++c) {
        uint32_t bits;

        memcpy(&bits, &vector[c], sizeof bits);
        if (bits == 0x80000000u) return false;
    }
    return true;
}

/* The terms of a group, which follow each other from *term on: an only one that nothing scales is the layer's own vector. NULL: no
 * memory. */
static const float *fold_group(const srd_graph *graph, srd__heap *heap, const srd__segment *segment, int32_t n, int32_t *term)
{
    const srd__term *t = &segment->terms[*term];
    const int32_t group = t->group;
    const bool alone = *term + 1 == segment->term_count || t[1].group != group;
    const float *bias = srd__layer_bias(graph->layers[t->layer]);
    float *vector;

    if (alone && t->factor < 0 && is_sum(bias, n)) {
        ++*term;
        return bias;
    }
    vector = (float *)srd__heap_take_array(heap, (size_t)n, sizeof *vector);
    for (; vector != NULL && *term < segment->term_count && t->group == group; ++t, ++*term) {
        const float *const scale = t->factor >= 0 ? segment->factors[t->factor].vector : NULL;

        bias = srd__layer_bias(graph->layers[t->layer]);
        for (int32_t c = 0; c < n; ++c) vector[c] += scale != NULL ? bias[c] * scale[c] : bias[c];
    }
    return vector;
}

/* The groups and their sum, which of a single one is that itself. */
static srd_status fold_biases(const srd_graph *graph, srd__heap *heap, srd__segment *segment)
{
    const int32_t n = segment->term_count > 0 ? graph->layers[segment->terms[0].layer]->channels : 0;
    int32_t term = 0;
    float *total;

    for (int32_t i = 0; i < segment->bias_count; ++i) {
        segment->biases[i].vector = fold_group(graph, heap, segment, n, &term);
        if (segment->biases[i].vector == NULL) return SRD_ERR_MEMORY;
    }
    if (segment->bias_count == 1) segment->bias_total = segment->biases[0].vector;
    if (segment->bias_count < 2) return SRD_OK;
    total = (float *)srd__heap_take_array(heap, (size_t)n, sizeof *total);
    if (total == NULL) return SRD_ERR_MEMORY;
    for (int32_t i = 0; i < segment->bias_count; ++i) {
        for (int32_t c = 0; c < n; ++c) total[c] += segment->biases[i].vector[c];
    }
    segment->bias_total = total;
    return SRD_OK;
}

static srd_status take_tables(srd__heap *heap, const compile *c)
{
    srd__segment *const s = c->segment;

    s->branches = (srd__branch *)srd__heap_take_array(heap, (size_t)c->branches, sizeof *s->branches);
    s->biases = (srd__bias *)srd__heap_take_array(heap, (size_t)srd__max(c->biases, 1), sizeof *s->biases);
    s->factors = (srd__factor *)srd__heap_take_array(heap, (size_t)srd__max(c->factors, 1), sizeof *s->factors);
    s->terms = (srd__term *)srd__heap_take_array(heap, (size_t)srd__max(c->terms, 1), sizeof *s->terms);
    return s->branches != NULL && s->biases != NULL && s->factors != NULL && s->terms != NULL ? SRD_OK : SRD_ERR_MEMORY;
}

/* Begins a compilation, and counts. */
static compile begin(const srd_graph *graph, srd__segment *segment, int32_t layer, bool cut)
{
    compile c = { graph, segment, layer, -1, 0, 0, cut, 0, 0, 0, 0 };
    bool chain = false;

    segment->layer = layer;
    segment->pointwise = graph->layers[layer]->kind->role == SRD__POINTWISE;
    segment->top = segment->pointwise ? graph->layers[layer]->inputs[0] : layer;
    visit(&c, segment->top, -1, &chain);
    return c;
}

srd_status srd__segment_compile(const srd_graph *graph, srd__heap *heap, srd__segment *segment, int32_t layer, bool cut)
{
    compile c = begin(graph, segment, layer, cut);
    bool chain = false;
    srd_status status = take_tables(heap, &c);

    if (status != SRD_OK) return status;
    c.branches = c.biases = c.factors = c.terms = 0;
    visit(&c, segment->top, -1, &chain);
    segment->branch_count = c.branches;
    segment->bias_count = c.biases;
    segment->factor_count = c.factors;
    segment->term_count = c.terms;
    status = find_sources(graph, heap, segment);
    if (status != SRD_OK || (SRD_WITH_GROUP_NORM && segment->frozen)) return status;
    status = fold_factors(graph, heap, segment);
    return status == SRD_OK ? fold_biases(graph, heap, segment) : status;
}

int32_t srd__segment_range(const srd_graph *graph, const srd__segment *segment, int32_t layer, int32_t *first)
{
    srd__segment none = { 0 }; /* branches are only counted */
    compile c = { graph, &none, segment->layer, layer, 0, 0, false, 0, 0, 0, 0 };
    bool chain = false;

    if (layer != segment->layer) visit(&c, segment->top, -1, &chain);
    *first = c.first;
    return c.found;
}

/* As add_pieces(): counts *left down to the piece that is looked for. under: a layer above is the one asked about. */
static bool find_piece(const srd_graph *graph, int32_t at, int32_t layer, bool under, int32_t *left)
{
    const srd__layer *const l = graph->layers[at];
    const int32_t piece = shown_piece(graph, at);
    bool found = false;

    if (piece >= 0) return (*left)-- == 0 && (under || (piece != at && at == layer));
    for (int32_t i = 0; i < l->walked && *left >= 0; ++i) {
        found = find_piece(graph, l->inputs[i], layer, under || at == layer, left);
    }
    return found;
}

bool srd__piece_under(const srd_graph *graph, const srd__branch *branch, int32_t layer)
{
    const int32_t input = branch->flattened ? graph->layers[branch->mixing]->inputs[0] : -1;
    int32_t left = branch->piece;

    return branch->flattened && branch->root != input && find_piece(graph, input, layer, false, &left);
}
