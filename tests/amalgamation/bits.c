/*
 * bits.c -- bits GOLDEN_DIR NETWORK...: runs and explains networks of tests/golden with every set of kernels that there is, and
 * prints for each a hash of all bits that come out: values, maps at all sites and inputs, balances, texts of failures. Two builds
 * of the library that print the same lines compute the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netfile.h"

#define MOST_LAYERS 512

static uint64_t hash; /* FNV-1a */
static size_t hashed; /* bytes */

static void take(const void *data, size_t size)
{
    const unsigned char *const bytes = (const unsigned char *)data;

    for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    hashed += size;
}

static void give_up(const char *what)
{
    fprintf(stderr, "bits: %s\n", what);
    exit(1);
}

/* A tensor of the shape of a layer with numbers of its own: [C][H][W], or [H][W] for a map. */
static srd_tensor *tensor_for(const srd_explainer *explainer, srd_layer layer, int map, size_t *count)
{
    int32_t chw[3];
    int64_t shape[3];
    srd_tensor *tensor = NULL;

    if (srd_explainer_layer_shape(explainer, layer, chw, NULL) != SRD_OK) give_up("no shape");
    for (int i = 0; i < 3; ++i) shape[i] = chw[i];
    *count = (size_t)chw[1] * (size_t)chw[2] * (map ? 1 : (size_t)chw[0]);
    if (srd_tensor_create(SRD_FLOAT32, map ? 2 : 3, map ? shape + 1 : shape, NULL, &tensor, NULL) != SRD_OK)
        give_up("no tensor");
    return tensor;
}

/* Status and detail of a call that may fail. */
static void take_outcome(srd_status status, const srd_detail *detail)
{
    take(&status, sizeof status);
    if (status != SRD_OK) take(detail, sizeof *detail);
}

static void ask(srd_explainer *explainer, int32_t contrastive, const srd_layer *layers, srd_tensor *const *maps,
                const size_t *counts, int32_t count)
{
    srd_score_options options = SRD_SCORE_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_report report = SRD_REPORT_INIT;
    srd_status status;

    options.contrastive = contrastive;
    status = srd_explainer_ask_top(explainer, &options, layers, maps, count, &detail);
    take_outcome(status, &detail);
    if (status != SRD_OK) return;
    for (int32_t i = 0; i < count; ++i) take(srd_tensor_const_data(maps[i]), counts[i] * sizeof(float));
    if (srd_explainer_report(explainer, &report, NULL) != SRD_OK) give_up("no report");
    take(&report.score, sizeof report.score);
    take(&report.top, sizeof report.top);
    take(&report.head_bias, sizeof report.head_bias);
    take(&report.at_inputs, sizeof report.at_inputs);
    take(&report.at_constants, sizeof report.at_constants);
    take(&report.unreached, sizeof report.unreached);
    take(&report.largest_ratio_error, sizeof report.largest_ratio_error);
    take(&report.special_positions, sizeof report.special_positions);
}

static void question(srd_explainer *explainer, const srd_graph *graph)
{
    srd_layer layers[MOST_LAYERS];
    srd_tensor *maps[MOST_LAYERS];
    size_t counts[MOST_LAYERS];
    int32_t count = 0;

    for (srd_layer layer = 0; layer < srd_graph_layer_count(graph) && count < MOST_LAYERS; ++layer) {
        if (!srd_graph_is_site(graph, layer)) continue;
        layers[count] = layer;
        maps[count] = tensor_for(explainer, layer, 1, &counts[count]);
        if (srd_explainer_ask_top(explainer, NULL, &layers[count], &maps[count], 1, NULL) == SRD_OK) ++count;
        else srd_tensor_free(maps[count]); /* it lies above the first maps, say */
    }
    if (count == 0) give_up("no layer can be asked for a map");
    ask(explainer, 0, layers, maps, counts, count);
    ask(explainer, 1, layers, maps, counts, count);
    for (int32_t i = 0; i < count; ++i) srd_tensor_free(maps[i]);
}

static void run(srd_explainer *explainer, const srd_graph *graph, const netfile *file, const netfile_case *now)
{
    srd_tensor *inputs[NETFILE_INPUTS];
    const srd_tensor *given[NETFILE_INPUTS];
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status;

    for (int32_t i = 0; i < file->input_count; ++i) {
        const int64_t shape[3] = { file->inputs[i].channels, file->inputs[i].height, file->inputs[i].width };

        if (srd_tensor_view_const(SRD_FLOAT32, 3, shape, NULL, now->inputs[i], NULL, &inputs[i], NULL) != SRD_OK)
            give_up("no view");
        given[i] = inputs[i];
    }
    status = srd_explainer_run(explainer, given, file->input_count, NULL, &detail);
    take_outcome(status, &detail);
    for (int32_t i = 0; i < file->input_count; ++i) srd_tensor_free(inputs[i]);
    if (status != SRD_OK) return;
    for (int32_t i = 0; i < srd_graph_output_count(graph); ++i) {
        const srd_layer layer = srd_graph_output_layer(graph, i);
        size_t count;
        srd_tensor *const value = tensor_for(explainer, layer, 0, &count);

        if (srd_explainer_value(explainer, layer, value, NULL) != SRD_OK) give_up("no value");
        take(srd_tensor_const_data(value), count * sizeof(float));
        srd_tensor_free(value);
    }
    question(explainer, graph);
}

static void network(const char *directory, const char *name)
{
    static const int32_t sets[] = { SRD_KERNELS_PORTABLE, SRD_KERNELS_AVX2, SRD_KERNELS_AVX512, SRD_KERNELS_AMX };
    char why[200];
    netfile *const file = netfile_load(directory, name, why, sizeof why);
    srd_graph *graph;

    if (file == NULL) give_up(why);
    graph = netfile_graph(file, SRD_WEIGHTS_COPY, NULL);
    if (graph == NULL) give_up(name);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; ++i) {
        srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
        srd_detail detail = SRD_DETAIL_INIT;
        srd_explainer *explainer = NULL;

        hash = UINT64_C(14695981039346656037);
        hashed = 0;
        options.kernels = sets[i];
        if (srd_explainer_create(graph, &options, NULL, &explainer, &detail) == SRD_OK) {
            for (size_t c = 0; c < file->case_count; ++c) run(explainer, graph, file, file->cases + c);
        } else {
            take(&detail, sizeof detail);
        }
        printf("%s, kernels %d: %016llx of %lu bytes\n", name, (int)sets[i], (unsigned long long)hash, (unsigned long)hashed);
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
    netfile_free(file);
}

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; ++i) network(argv[1], argv[i]);
    return 0;
}
