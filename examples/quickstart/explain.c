/*
 * explain.c -- the tutorial, second part: one run, many questions. (First part: network.c.) Read it from top to bottom.
 *
 * A PFV (pointwise feature vector) is the channel vector of a layer at one position. A site is a layer whose PFVs exchange
 * relevance: here the picture and every ReLU. The answers are numbers in a plain struct; the other files show them.
 */
#include "explain.h"

#include "clock.h"
#include "fashion_net.h"

const char *const explain_layers[EXPLAIN_LAYERS] = { "picture", "conv1", "block1", "block2", "block3", "block4" };

/* Leave a function at the first failure. The detail has the reason. */
#define TRY(call)                              \
    do {                                       \
        const srd_status status_ = (call);     \
        if (status_ != SRD_OK) return status_; \
    } while (0)

/* What must be freed in the end, whatever happens. */
typedef struct session {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer layers[EXPLAIN_LAYERS];
    srd_tensor *picture, *logits, *maps[EXPLAIN_MAPS];
} session;

/* The position of the largest of some numbers, but not the one at `except`. */
static int32_t largest(const float *values, int32_t count, int32_t except)
{
    int32_t best = except == 0 ? 1 : 0;

    for (int32_t i = best + 1; i < count; ++i) {
        if (i != except && values[i] > values[best]) best = i;
    }
    return best;
}

/* Tensors carry all numbers. The picture's owns them; the others are views of the result, where the library then writes directly. */
static srd_status make_tensors(session *s, explanation *out, srd_detail *detail)
{
    const int64_t picture[] = { 1, NETWORK_SIDE, NETWORK_SIDE }, classes[] = { NETWORK_CLASSES };
    TRY(srd_tensor_create(SRD_FLOAT32, 3, picture, NULL, &s->picture, detail));
    TRY(srd_tensor_view(SRD_FLOAT32, 1, classes, NULL, out->logits, NULL, &s->logits, detail));
    for (int32_t i = 0; i < EXPLAIN_MAPS; ++i) {
        const srd_layer layer = s->layers[i < EXPLAIN_LAYERS ? i : 0];
        explain_map *const map = &out->maps[i];
        int32_t shape[3]; /* channels, height, width; a map has no channels */
        TRY(srd_explainer_layer_shape(s->explainer, layer, shape, detail));
        map->height = shape[1];
        map->width = shape[2];
        TRY(srd_tensor_view(SRD_FLOAT32, 2, (const int64_t[]){ shape[1], shape[2] }, NULL, map->values, NULL, &s->maps[i],
                            detail));
    }
    return SRD_OK;
}

/* The forward pass, and all sharing ratios with it. They belong to the run: each question after it costs only sums. */
static srd_status run(session *s, const uint8_t *grey, explanation *out, srd_detail *detail)
{
    const srd_tensor *const inputs[] = { s->picture };
    float *const x = srd_tensor_data(s->picture);
    double clock = 0;

    for (int32_t i = 0; i < NETWORK_SIDE * NETWORK_SIDE; ++i) {
        x[i] = ((float)grey[i] / 255 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD; /* as in training */
    }
    (void)lap(&clock);
    TRY(srd_explainer_run(s->explainer, inputs, 1, NULL, detail));
    out->run_seconds = lap(&clock);
    TRY(srd_explainer_value(s->explainer, srd_graph_output_layer(s->graph, 0), s->logits, detail));
    out->top = largest(out->logits, NETWORK_CLASSES, -1);
    out->second = largest(out->logits, NETWORK_CLASSES, out->top);
    return SRD_OK;
}

static srd_status ask(session *s, explanation *out, srd_detail *detail)
{
    const srd_render_options scaling = { .struct_size = sizeof scaling, .scaling = SRD_SCALE_PERCENTILE };
    double clock = 0;

    /* Why this class? Its score is shared out among the PFVs: one call, the maps of several layers. */
    (void)lap(&clock);
    TRY(srd_explainer_ask_class(s->explainer, out->top, NULL, s->layers, &s->maps[EXPLAIN_TOP], EXPLAIN_LAYERS, detail));
    out->top_seconds = lap(&clock);
    out->report.struct_size = sizeof out->report;
    TRY(srd_explainer_report(s->explainer, &out->report,
                             detail)); /* the balance of that question: nothing was lost on the way */

    /* What speaks for the runner-up? Another class is another question to the same run. */
    (void)lap(&clock);
    TRY(srd_explainer_ask_class(s->explainer, out->second, NULL, s->layers, &s->maps[EXPLAIN_SECOND], 1, detail));
    out->second_seconds = lap(&clock);

    /* What speaks for the one rather than the other? */
    TRY(srd_explainer_ask_against(s->explainer, out->top, out->second, NULL, s->layers, &s->maps[EXPLAIN_VERSUS], 1, detail));
    out->versus_seconds = lap(&clock);

    /* What did a PFV look at? The ERF (effective receptive field) of the strongest PFV of each inner layer. */
    for (int32_t i = 1; i < EXPLAIN_LAYERS; ++i) {
        const explain_map *const map = &out->maps[EXPLAIN_TOP + i];
        const int32_t best = largest(map->values, map->height * map->width, -1);

        out->row[i] = best / map->width;
        out->column[i] = best % map->width;
        TRY(srd_explainer_ask_erf(s->explainer, s->layers[i], out->row[i], out->column[i], NULL, s->layers,
                                  &s->maps[EXPLAIN_ERF + i], 1, detail));
    }
    out->erf_seconds = lap(&clock);

    /* How large is "much" on a map? Up to a percentile of its absolute values: a few outliers cannot turn all else pale. */
    for (int32_t i = 0; i < EXPLAIN_MAPS; ++i) TRY(srd_render_scale(s->maps[i], &scaling, NULL, &out->maps[i].scale, detail));
    return SRD_OK;
}

srd_status explain(const uint8_t *grey, explanation *out, srd_detail *detail)
{
    session s = { 0 };
    double clock = 0;
    srd_status status;

    *out = (explanation){ 0 };
    (void)lap(&clock);
    status = srd_graph_create(NULL, NULL, &s.graph, detail); /* NULL: default options, memory from malloc */
    network_build(s.graph);
    if (status == SRD_OK) status = srd_graph_seal(s.graph, detail); /* finds the sites; the graph never changes again */
    if (status == SRD_OK) status = srd_explainer_create(s.graph, NULL, NULL, &s.explainer, detail); /* takes all memory */
    out->build_seconds = lap(&clock);
    for (int32_t i = 0; i < EXPLAIN_LAYERS; ++i) s.layers[i] = srd_graph_find(s.graph, explain_layers[i]);
    out->graph_bytes = srd_graph_memory_used(s.graph);
    out->explainer_bytes = srd_explainer_memory_used(s.explainer);

    if (status == SRD_OK) status = make_tensors(&s, out, detail);
    if (status == SRD_OK) status = run(&s, grey, out, detail);
    if (status == SRD_OK) status = ask(&s, out, detail);

    for (int32_t i = 0; i < EXPLAIN_MAPS; ++i) srd_tensor_free(s.maps[i]);
    srd_tensor_free(s.picture);
    srd_tensor_free(s.logits);
    srd_explainer_free(s.explainer);
    srd_graph_free(s.graph); /* in any order: an explainer keeps its graph alive */
    return status;
}
