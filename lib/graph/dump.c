/* dump.c -- a sealed graph as text for people, piece by piece through the caller's function. */
#include "graph/graph_impl.h"
#include "graph/kind.h"

typedef struct sink {
    srd_write write;
    void *user;
    const srd_graph *graph;
    const srd__dump_notes *notes; /* or NULL */
    srd_status status;            /* what write returned; after a failure nothing more is written */
} sink;

static void put_piece(sink *s, const char *text, size_t length)
{
    if (s->status == SRD_OK) s->status = s->write(s->user, text, length);
}

static void put(sink *s, const char *text)
{
    put_piece(s, text, srd__length(text));
}

static void put_number(sink *s, int32_t n)
{
    char digits[12];
    size_t i = sizeof digits;

    do {
        digits[--i] = (char)('0' + (char)(n % 10));
        n /= 10;
    } while (n > 0);
    put_piece(s, digits + i, sizeof digits - i);
}

/* C x H x W, with ? for what is bound later. */
static void put_shape(sink *s, const srd__layer *layer)
{
    const srd__shape *const shape = s->notes != NULL ? &s->notes->shapes[srd__resolve(s->graph, layer->id)] : &layer->shape;
    const int32_t sizes[3] = { shape->c, shape->h, shape->w };

    for (int32_t i = 0; i < 3; ++i) {
        if (i > 0) put(s, " x ");
        if (sizes[i] > 0) put_number(s, sizes[i]);
        else put(s, "?");
    }
}

static const char *what_it_is(const srd__layer *layer)
{
    if (layer->kind->role == SRD__NOTHING) return "removed";
    if (!layer->live) return "dead";
    if (layer->site) return "site";
    return layer->kind->role == SRD__GATHER ? "gather" : "swallowed";
}

/* What is noted of the layer: a separator before the first note, commas between. */
static void put_notes(sink *s, const srd__layer *layer, const char *separator)
{
    const char *text;

    for (int32_t i = 0; s->notes != NULL && (text = s->notes->note(s->notes->context, layer->id, i)) != NULL; ++i) {
        put(s, i == 0 ? separator : ", ");
        put(s, text);
    }
}

static void put_text_line(sink *s, const srd__layer *layer)
{
    put_number(s, layer->id);
    put(s, "  ");
    put(s, layer->kind->name);
    put(s, "  ");
    put(s, layer->name);
    put(s, "  ");
    put_shape(s, layer);
    put(s, "  from");
    for (int32_t i = 0; i < layer->input_count; ++i) {
        put(s, " ");
        put_number(s, srd__layer_given(layer, i));
    }
    if (layer->input_count == 0) put(s, " outside");
    put(s, "  ");
    put(s, what_it_is(layer));
    if (layer->is_output) put(s, ", output");
    put_notes(s, layer, "; fast: ");
    put(s, "\n");
}

/* A name between quotes: quotes and backslashes are escaped. */
static void put_quoted(sink *s, const char *text)
{
    for (; *text != '\0'; ++text) {
        if (*text == '"' || *text == '\\') put(s, "\\");
        put_piece(s, text, 1);
    }
}

static void put_dot_node(sink *s, const srd__layer *layer)
{
    const bool swallowed = layer->live && !layer->site && layer->kind->role != SRD__GATHER;

    put(s, "  n");
    put_number(s, layer->id);
    put(s, layer->site ? " [shape=box" : swallowed ? " [style=dashed" : layer->live ? " [shape=ellipse" : " [style=dotted");
    if (layer->is_output) put(s, ", penwidth=2");
    put(s, ", label=\"");
    put_quoted(s, layer->name);
    put(s, "\\n");
    put(s, layer->kind->name);
    put(s, "\\n");
    put_shape(s, layer);
    put_notes(s, layer, "\\n");
    put(s, "\"];\n");
    for (int32_t i = 0; i < layer->input_count; ++i) {
        put(s, "  n");
        put_number(s, srd__layer_given(layer, i));
        put(s, " -> n");
        put_number(s, layer->id);
        put(s, ";\n");
    }
}

static srd_status check(int32_t format, srd_write write, srd_detail *detail)
{
    if (write == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "write is NULL");
    if (format == SRD_DUMP_TEXT || format == SRD_DUMP_DOT) return SRD_OK;
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "format %d is none of SRD_DUMP_...", format);
}

srd_status srd__dump(const srd_graph *graph, int32_t format, srd_write write, void *user, const srd__dump_notes *notes,
                     srd_detail *detail)
{
    const srd_status status = check(format, write, detail);
    sink s = { write, user, graph, notes, SRD_OK };

    if (status != SRD_OK) return status;
    if (format == SRD_DUMP_DOT) put(&s, "digraph network {\n");
    for (int32_t id = 0; s.status == SRD_OK && id < graph->layer_count; ++id) {
        if (format == SRD_DUMP_DOT) put_dot_node(&s, graph->layers[id]);
        else put_text_line(&s, graph->layers[id]);
    }
    if (format == SRD_DUMP_DOT) put(&s, "}\n");
    if (s.status == SRD_OK) return SRD_OK;
    return srd__fail(detail, srd__is_status(s.status) ? s.status : SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "write returned %d",
                     s.status);
}

srd_status srd_graph_dump(const srd_graph *graph, int32_t format, srd_write write, void *user, srd_detail *detail)
{
    const srd_status status = srd__is_graph(graph) ? check(format, write, detail) : srd__fail_graph(detail);

    if (status != SRD_OK) return status;
    if (!graph->sealed) return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "the graph is not sealed");
    return srd__dump(graph, format, write, user, NULL, detail);
}
