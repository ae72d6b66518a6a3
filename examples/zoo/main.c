/*
 * main.c -- builds networks of the zoo, explains the top class of a random image with each, and prints what that takes.
 *
 * usage: zoo [NAME...]    all of them without a name; "zoo list" only lists them
 */
#include "zoo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct row {
    int32_t layers, sites, segments;
    int64_t parameters;
    double paths, ratio_error, lost, forward, ratios;
    size_t memory, graph_memory;
} row;

static double seconds(void)
{
    struct timespec now;

    (void)timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int fail(const char *network, const char *what, const srd_detail *detail)
{
    (void)fprintf(stderr, "%s: %s: %s: %s\n", network, what, detail->layer_name, detail->text);
    return 1;
}

/* ---- what the plan says ---- */

static void count_sites(const srd_graph *graph, const srd_explainer *explainer, row *r)
{
    r->layers = srd_graph_layer_count(graph);
    for (srd_layer i = 0; i < r->layers; ++i) {
        srd_layer_info layer = SRD_LAYER_INFO_INIT;
        srd_plan_info plan = SRD_PLAN_INFO_INIT;

        if (srd_graph_layer_info(graph, i, &layer, NULL) != SRD_OK) continue;
        r->parameters += layer.parameters;
        if (srd_explainer_plan_info(explainer, i, &plan, NULL) != SRD_OK) continue;
        r->sites += layer.is_site;
        r->segments += layer.is_site && plan.paths > 0;
        r->paths += (double)plan.paths * (double)plan.positions;
    }
}

/* ---- what a run takes, and how well relevance is kept ---- */

static int timed_run(const srd_graph *graph, int32_t mode, const srd_tensor *image, const char *network, double *time,
                     srd_explainer **kept)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    double began;

    options.mode = mode;
    if (srd_explainer_create(graph, &options, NULL, &explainer, &detail) != SRD_OK) return fail(network, "explainer", &detail);
    began = seconds();
    if (srd_explainer_run(explainer, &image, 1, NULL, &detail) != SRD_OK) {
        srd_explainer_free(explainer);
        return fail(network, "run", &detail);
    }
    *time = seconds() - began;
    if (kept != NULL) *kept = explainer;
    else srd_explainer_free(explainer);
    return 0;
}

/* A question per output, about its top class (of dense scores: summed over the positions). */
static int ask(const srd_graph *graph, srd_explainer *explainer, srd_tensor *map, const char *network, row *r)
{
    const srd_layer image = srd_graph_input_layer(graph, 0);

    for (int32_t i = 0; i < srd_graph_output_count(graph); ++i) {
        srd_target target = SRD_TARGET_INIT;
        const srd_target *const targets[1] = { &target };
        srd_report report = SRD_REPORT_INIT;
        srd_detail detail = SRD_DETAIL_INIT;

        target.output = i;
        if (srd_explainer_ask(explainer, targets, 1, NULL, &image, &map, 1, &detail) != SRD_OK ||
            srd_explainer_report(explainer, &report, &detail) != SRD_OK) {
            return fail(network, "question", &detail);
        }
        r->ratio_error = fmax(r->ratio_error, report.largest_ratio_error);
        r->lost =
            fmax(r->lost, fabs(report.top - report.at_inputs - report.at_constants - report.unreached) / report.magnitude);
    }
    return 0;
}

static int measure(const srd_graph *graph, const zoo_network *network, row *r)
{
    const int64_t shape[4] = { 1, 3, network->side, network->side }, map_shape[3] = { 1, network->side, network->side };
    const int64_t picture[3] = { 3, network->side, network->side };
    zoo_random *const random = zoo_random_create(7);
    const float *const numbers = random != NULL ? zoo_random_find(random, "image", picture, 3) : NULL;
    srd_tensor *image = NULL, *map = NULL;
    srd_explainer *explainer = NULL;
    int status = 1;

    if (numbers != NULL && srd_tensor_view_const(SRD_FLOAT32, 4, shape, NULL, numbers, NULL, &image, NULL) == SRD_OK &&
        srd_tensor_create(SRD_FLOAT32, 3, map_shape, NULL, &map, NULL) == SRD_OK) {
        status = timed_run(graph, SRD_MODE_FORWARD, image, network->name, &r->forward, NULL);
        if (status == 0) status = timed_run(graph, SRD_MODE_EXPLAIN, image, network->name, &r->ratios, &explainer);
        if (status == 0) status = ask(graph, explainer, map, network->name, r);
    } else {
        (void)fprintf(stderr, "%s: out of memory\n", network->name);
    }
    if (status == 0) {
        count_sites(graph, explainer, r);
        r->memory = srd_explainer_memory_used(explainer);
        r->graph_memory = srd_graph_memory_used(graph);
    }
    srd_explainer_free(explainer);
    srd_tensor_free(map);
    srd_tensor_free(image);
    zoo_random_free(random);
    return status;
}

/* ---- the table ---- */

static int show(const zoo_network *network)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    zoo_random *const random = zoo_random_create(1);
    const zoo_weights weights = { zoo_random_find, random };
    srd_detail detail = SRD_DETAIL_INIT;
    srd_graph *graph = NULL;
    char missing[ZOO_MOST_NAME];
    row r = { 0 };
    int status = 1;

    options.weight_policy = SRD_WEIGHTS_BORROW;
    if (random == NULL || srd_graph_create(&options, NULL, &graph, &detail) != SRD_OK) {
        (void)fprintf(stderr, "%s: out of memory\n", network->name);
    } else {
        zoo_build(network, graph, &weights, missing);
        if (srd_graph_seal(graph, &detail) != SRD_OK) status = fail(network->name, missing, &detail);
        else status = measure(graph, network, &r);
    }
    if (status == 0) {
        (void)printf("%-20s %6d %5d %8d %8.1f %8.2f %8.0e %8.0e %9.2f %9.2f %8.1f\n", network->name, (int)r.layers,
                     (int)r.sites, (int)r.segments, r.paths / 1e6, (double)r.parameters / 1e6, r.ratio_error, r.lost, r.forward,
                     r.ratios, ((double)r.memory + (double)r.graph_memory) / 1e6);
        (void)fflush(stdout);
        if (!(r.ratio_error < 1e-4 && r.lost < 1e-4)) status = 1;
        if (network->parameters != r.parameters) {
            (void)fprintf(stderr, "%s: %lld parameters instead of %lld\n", network->name, (long long)r.parameters,
                          (long long)network->parameters);
            status = 1;
        }
    }
    srd_graph_free(graph);
    zoo_random_free(random);
    return status;
}

static void head(void)
{
    (void)printf("%-20s %6s %5s %8s %8s %8s %8s %8s %9s %9s %8s\n", "network", "layers", "sites", "segments", "paths/M",
                 "params/M", "ratios", "lost", "forward/s", "explain/s", "memory/MB");
}

int main(int count, char **names)
{
    int status = 0;

    if (count == 2 && strcmp(names[1], "list") == 0) {
        for (int32_t i = 0; zoo_network_at(i) != NULL; ++i) (void)printf("%s\n", zoo_network_at(i)->name);
        return 0;
    }
    head();
    for (int i = 1; i < count; ++i) {
        const zoo_network *const network = zoo_network_of(names[i]);

        if (network == NULL) {
            (void)fprintf(stderr, "there is no network %s; zoo list tells those that there are\n", names[i]);
            status = 1;
        } else {
            status |= show(network);
        }
    }
    for (int32_t i = 0; count == 1 && zoo_network_at(i) != NULL; ++i) status |= show(zoo_network_at(i));
    return status;
}
