/*
 * beside_onnx_runtime.c -- another engine decides, libsrd explains its decision, and an alarm sounds where the two do not run the same
 * network on the same numbers. docs/howto/beside-onnx-runtime.md tells the story.
 *
 *   howto_beside_onnx_runtime SANDAL.pgm
 */
#include <math.h>
#include <stdio.h>

#include "fashion_net.h"
#include "network.h"
#include "setup.h"

#define INNER_NUMBERS (64 * 7 * 7) /* of block4 */

/*
 * What ONNX Runtime 1.30.0 said of the network of the quickstart and of sandal.pgm, written down: this program is not linked to it. The
 * second time it was given pixels from 0 to 1, because somebody had forgotten the mean and the deviation of the training.
 */
static const float engine_logits[NETWORK_CLASSES] = {
    -0.386382401F, -0.594938636F, -0.219720662F, -0.797092319F, -0.684508562F,
    3.91146588F,   0.0496075079F, -0.560006440F, -0.263829768F, -0.460947037F
};
static const float wrong_logits[NETWORK_CLASSES] = {
    1.03755081F,   0.00185754150F, 1.42741895F,   -1.08847535F, -1.94217575F,
    -0.759113848F, -2.10191989F,   -0.152889639F, 3.81216836F,  -0.242088228F
};

/* ---- the engine's class, this library's map, and a comparison of the two ---- */

static int32_t largest(const float *logits)
{
    int32_t best = 0;

    for (int32_t i = 1; i < NETWORK_CLASSES; ++i) best = logits[i] > logits[best] ? i : best;
    return best;
}

/* The largest difference between the engine's logits and this library's, as a part of the engine's largest. */
static srd_status compare(const setup *s, const float *engine, float *off, srd_detail *why)
{
    const int64_t shape[] = { NETWORK_CLASSES };
    float ours[NETWORK_CLASSES], difference = 0, scale = 0;
    srd_tensor *view = NULL;
    srd_status status = srd_tensor_wrap(ours, 1, shape, &view, why);

    if (status == SRD_OK) status = srd_explainer_value(s->explainer, srd_graph_find(s->graph, "logits"), view, why);
    srd_tensor_free(view);
    for (int i = 0; i < NETWORK_CLASSES && status == SRD_OK; ++i) {
        difference = fmaxf(difference, fabsf(engine[i] - ours[i]));
        scale = fmaxf(scale, fabsf(engine[i]));
    }
    *off = difference / scale;
    return status;
}

/* The class that the engine chose, and the map for it. No map where the two disagree: it would explain another decision. */
static srd_status explain_decision(const setup *s, const float *engine, srd_tensor *map, srd_detail *why)
{
    const srd_layer picture = srd_graph_find(s->graph, "picture");
    const int32_t decided = largest(engine);
    srd_report report = SRD_REPORT_INIT;
    float off = 0;
    srd_status status = compare(s, engine, &off, why);

    if (status != SRD_OK) return status;
    if (!(off <= 1e-4F)) { /* also if it is a NaN */
        printf("ALARM: the engine says %s, but its logits differ by %.1f of the largest\n", fashion_net_labels[decided],
               (double)off);
        return SRD_OK;
    }
    status = srd_explainer_ask_class(s->explainer, decided, NULL, &picture, &map, 1, why);
    if (status == SRD_OK) status = srd_explainer_report(s->explainer, &report, why);
    if (status != SRD_OK) return status;
    printf("%s, logits agree: the map sums to %.3f\n", fashion_net_labels[decided], report.at_inputs);
    return SRD_OK;
}

/* ---- what stands for an engine with bytes for activations ---- */

/* The value of block4, in 256 steps from 0 to its largest, as an engine in integers has it. Here a second explainer makes it. */
static srd_status engine_block4(const setup *s, float *numbers, srd_tensor *view, srd_detail *why)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    const srd_keep keep = { srd_graph_find(s->graph, "block4"), SRD_KEEP_VALUE };
    srd_explainer *engine = NULL;
    float top = 0;
    srd_status status;

    options.mode = SRD_MODE_FORWARD; /* values only */
    options.keeps = &keep;
    options.keep_count = 1;
    status = srd_explainer_create(s->graph, &options, NULL, &engine, why);
    if (status == SRD_OK) status = srd_explainer_run(engine, (const srd_tensor *const[]){ s->picture }, 1, NULL, why);
    if (status == SRD_OK) status = srd_explainer_value(engine, keep.layer, view, why);
    srd_explainer_free(engine);
    for (int i = 0; i < INNER_NUMBERS && status == SRD_OK; ++i) top = fmaxf(top, numbers[i]);
    for (int i = 0; i < INNER_NUMBERS && status == SRD_OK; ++i) numbers[i] = rintf(numbers[i] / top * 255) / 255 * top;
    return status;
}

/* A run that takes the engine's numbers at one layer in place of its own. */
static srd_status run_with(const setup *s, const srd_tensor *numbers, srd_detail *why)
{
    const srd_layer block4 = srd_graph_find(s->graph, "block4");
    const srd_given given = { block4, SRD_GIVEN_VALUE, numbers };
    srd_run_options options = SRD_RUN_OPTIONS_INIT;
    int32_t top = 0;
    float error = 0, score = 0;
    srd_status status;

    options.given = &given;
    options.given_count = 1;
    status = srd_explainer_run(s->explainer, (const srd_tensor *const[]){ s->picture }, 1, &options, why);
    if (status == SRD_OK) status = srd_explainer_given_error(s->explainer, block4, &error, why);
    if (status == SRD_OK) status = srd_explainer_top_class(s->explainer, 0, 0, &top, &score, why);
    if (status != SRD_OK) return status;
    printf("block4 given in bytes: off by %.4f at most, %s has %.3f now\n", (double)error, fashion_net_labels[top],
           (double)score);
    return SRD_OK;
}

int main(int count, char **words)
{
    const int64_t map_shape[] = { SIDE, SIDE }, inner_shape[] = { 64, 7, 7 };
    static float numbers[PIXELS], inner[INNER_NUMBERS];
    setup s = { 0 };
    srd_tensor *map = NULL, *block4 = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 2) return fprintf(stderr, "usage: %s SANDAL.pgm\n", words[0]), 2;
    status = setup_run(&s, words[1], &why);
    if (status == SRD_OK) status = srd_tensor_wrap(numbers, 2, map_shape, &map, &why);
    if (status == SRD_OK) status = srd_tensor_wrap(inner, 3, inner_shape, &block4, &why);
    if (status == SRD_OK) status = explain_decision(&s, engine_logits, map, &why);
    if (status == SRD_OK) status = explain_decision(&s, wrong_logits, map, &why);
    if (status == SRD_OK) status = engine_block4(&s, inner, block4, &why);
    if (status == SRD_OK) status = run_with(&s, block4, &why);
    srd_tensor_free(block4);
    srd_tensor_free(map);
    setup_end(&s);
    return setup_finish(status, &why);
}
