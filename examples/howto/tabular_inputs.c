/*
 * tabular_inputs.c -- a network without a picture: five numbers about a customer, and what each of them adds to the score.
 * docs/howto/tabular-inputs.md tells the story.
 *
 *   howto_tabular_inputs
 */
#include <stdio.h>

#include "srd/srd.h"

#define NUMBERS 5
#define HIDDEN 3

static const char *const names[NUMBERS] = { "age", "income", "debt", "years here", "defaults" };

/* Standardised as in training: 0 is the mean of all customers, 1 a standard deviation above it. */
static const float customer[NUMBERS] = { 0.5F, -1, 1.5F, 0, 2 };

/* The score is the risk: 5 numbers, 3 neurons with ReLU, 1 score. */
static const float first_weight[HIDDEN * NUMBERS] = { 0, -0.5F, 1, 0, 0.5F, -0.5F, 0.25F, 0, -1, 0, 0.25F, 0, 0.5F, 0, 1 };
static const float first_bias[HIDDEN] = { 1, 0, -1 };
static const float second_weight[HIDDEN] = { 1, -2, 0.5F };
static const float second_bias[1] = { -1 };

/* ---- the network ---- */

static srd_tensor *look_at(const float *numbers, int32_t rank, const int64_t *shape)
{
    srd_tensor *tensor = NULL;

    return srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

static srd_layer linear(srd_graph *graph, srd_layer x, const float *weight, const float *bias, int64_t out, int64_t in)
{
    srd_tensor *const w = look_at(weight, 2, (const int64_t[]){ out, in });
    srd_tensor *const b = look_at(bias, 1, &out);
    const srd_layer layer = b != NULL ? srd_graph_linear(graph, NULL, x, w, b, NULL) : SRD_LAYER_NONE;

    srd_tensor_free(w);
    srd_tensor_free(b);
    return layer;
}

/* The numbers are the channels of one position: (5, 1, 1); or five positions of one channel: (1, 1, 5). */
static srd_layer build(srd_graph *graph, int as_channels)
{
    const srd_layer table =
        as_channels ? srd_graph_input(graph, "table", NUMBERS, 1, 1) : srd_graph_input(graph, "table", 1, 1, NUMBERS);
    srd_layer x = linear(graph, table, first_weight, first_bias, HIDDEN, NUMBERS);

    x = linear(graph, srd_graph_relu(graph, NULL, x), second_weight, second_bias, 1, HIDDEN);
    (void)srd_graph_output(graph, x, NULL);
    return table;
}

/* ---- the question ---- */

/* A number for each of the five. */
static srd_status explain(srd_explainer *explainer, srd_layer table, int as_channels, float *parts, srd_report *report,
                          srd_detail *why)
{
    const int64_t shape[] = { as_channels ? NUMBERS : 1, 1, as_channels ? 1 : NUMBERS }; /* of the input, and of the map */
    srd_tensor *const picture = look_at(customer, 3, shape);
    srd_tensor *map = NULL;
    srd_status status = srd_tensor_wrap(parts, 3, shape, &map, why);

    if (status == SRD_OK) status = srd_explainer_run(explainer, (const srd_tensor *const[]){ picture }, 1, NULL, why);
    if (status == SRD_OK) status = srd_explainer_ask_class(explainer, 0, NULL, &table, &map, 1, why);
    if (status == SRD_OK) status = srd_explainer_report(explainer, report, why);
    srd_tensor_free(map);
    srd_tensor_free(picture);
    return status;
}

static srd_status try_as(int as_channels, float *parts, srd_report *report, srd_detail *why)
{
    const srd_keep keep = { SRD_LAYER_NONE, SRD_KEEP_CHANNELS }; /* of all inputs: one number per channel may be asked */
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_layer table;
    srd_status status = srd_graph_create(NULL, NULL, &graph, why);

    options.keeps = &keep;
    options.keep_count = as_channels;
    table = build(graph, as_channels);
    if (status == SRD_OK) status = srd_graph_seal(graph, why);
    if (status == SRD_OK) status = srd_explainer_create(graph, &options, NULL, &explainer, why);
    if (status == SRD_OK) status = explain(explainer, table, as_channels, parts, report, why);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
    return status;
}

int main(void)
{
    float channels[NUMBERS], positions[NUMBERS];
    srd_report of_channels = SRD_REPORT_INIT, of_positions = SRD_REPORT_INIT;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status = try_as(1, channels, &of_channels, &why);

    if (status == SRD_OK) status = try_as(0, positions, &of_positions, &why);
    if (status != SRD_OK) return fprintf(stderr, "layer '%s': %s\n", why.layer_name, why.text), 1;
    printf("              as channels  as positions\n");
    for (int i = 0; i < NUMBERS; ++i) printf("%-12s %12.4f %13.4f\n", names[i], (double)channels[i], (double)positions[i]);
    printf("%-12s %12.4f %13.4f\n", "head bias", of_channels.head_bias, of_positions.head_bias);
    printf("%-12s %12.4f %13.4f\n", "score", of_channels.score, of_positions.score);
    return 0;
}
