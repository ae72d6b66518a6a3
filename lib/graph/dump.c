/* dump.c -- a sealed graph as text for people, piece by piece through the caller's function. */
#include "graph/graph_impl.h"
#include "graph/kind.h"

typedef struct sink {
    void (*write)(void *user, const char *text, size_t length);
    void *user;
    const srd_graph *graph;
    const srd__dump_notes *notes; /* or NULL */
} sink;

static void put(const sink *s, const char *text)
{
    s->write(s->user, text, srd__length(text));
}

static void put_number(const sink *s, int32_t n)
{
    char digits[12];
    size_t i = sizeof digits;

    do {
        digits[--i] = (char)('0' + (char)(n % 10));
        n /= 10;
    } while (n > 0);
    s->write(s->user, digits + i, sizeof digits - i);
}

/* C x H x W, with ? for what is bound later. */
static void put_shape(const sink *s, const srd__layer *layer)
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
static void put_notes(const sink *s, const srd__layer *layer, const char *separator)
{
    const char *text;

    for (int32_t i = 0; s->notes != NULL && (text = s->notes->note(s->notes->context, layer->id, i)) != NULL; ++i) {
        put(s, i == 0 ? separator : ", ");
        put(s, text);
    }
}

static void put_text_line(const sink *s, const srd__layer *layer)
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
static void put_quoted(const sink *s, const char *text)
{
    for (; *text != '\0'; ++text) {
        if (*text == '"' || *text == '\\') put(s, "\\");
        s->write(s->user, text, 1);
    }
}

static void put_dot_node(const sink *s, const srd__layer *layer)
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

static srd_status check(int32_t format, void (*write)(void *user, const char *text, size_t length))
{
    return write != NULL && (format == SRD_DUMP_TEXT || format == SRD_DUMP_DOT) ? SRD_OK : SRD_ERR_ARGUMENT;
}

srd_status srd__dump(const srd_graph *graph, int32_t format, void (*write)(void *user, const char *text, size_t length),
                     void *user, const srd__dump_notes *notes)
{
    const sink s = { write, user, graph, notes };

    if (check(format, write) != SRD_OK) return SRD_ERR_ARGUMENT;
    if (format == SRD_DUMP_DOT) put(&s, "digraph network {\n");
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        if (format == SRD_DUMP_DOT) put_dot_node(&s, graph->layers[id]);
        else put_text_line(&s, graph->layers[id]);
    }
    if (format == SRD_DUMP_DOT) put(&s, "}\n");
    return SRD_OK;
}

srd_status srd_graph_dump(const srd_graph *graph, int32_t format, void (*write)(void *user, const char *text, size_t length),
                          void *user)
{
    const srd_status status = srd__is_graph(graph) ? check(format, write) : SRD_ERR_ARGUMENT;

    if (status != SRD_OK) return status;
    return graph->sealed ? srd__dump(graph, format, write, user, NULL) : SRD_ERR_STATE;
}
