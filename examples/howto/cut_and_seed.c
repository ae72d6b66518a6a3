/*
 * cut_and_seed.c -- a convolutional network below, and above it a recurrent head that libsrd does not have: the head is computed and
 * differentiated here, and what it says of the features is pushed down to the pixels. docs/howto/cut-and-seed.md tells the story.
 *
 *   howto_cut_and_seed PICTURE.pgm MAP.ppm
 */
#include <math.h>
#include <stdio.h>

#include "fashion_net.h"
#include "network.h"
#include "setup.h"

#define CHANNELS 64  /* of block4, where the network is cut */
#define INNER_SIDE 7 /* its height and width */
#define INNER (INNER_SIDE * INNER_SIDE)
#define SANDAL 5 /* the class that is explained */

typedef struct features {
    float value[CHANNELS][INNER];    /* what the convolutional network puts out */
    float gradient[CHANNELS][INNER]; /* how much each value counts, by the head */
    float seed[INNER];
} features;

/* ---- the head: not a part of libsrd ---- */

/*
 * It reads the columns of the features from left to right: with the mean f[k] of column k,
 *
 *     h[k] = tanh(<w, f[k]> + h[k - 1] / 2),      score = h[last].
 *
 * w are the weights that training left for the class. Any head will do that can tell how much each of its inputs counts. By the
 * derivative, a tanh that is nearly 1 counts nothing any more; by its secant from zero, tanh(z) / z, the parts add up to the score.
 */
static float head(features *f, int32_t label, int by_secant)
{
    const float *const w = &fashion_net_fc_weight[label * CHANNELS];
    float h[INNER_SIDE + 1] = { 0 }, slope[INNER_SIDE], back = 1;

    for (int k = 0; k < INNER_SIDE; ++k) {
        float sum = h[k] / 2;

        for (int c = 0; c < CHANNELS; ++c) {
            for (int p = k; p < INNER; p += INNER_SIDE) sum += w[c] * f->value[c][p] / INNER_SIDE;
        }
        h[k + 1] = tanhf(sum);
        slope[k] = by_secant && sum != 0 ? h[k + 1] / sum : 1 - h[k + 1] * h[k + 1];
    }
    for (int k = INNER_SIDE - 1; k >= 0; --k) { /* and back again, through time */
        back *= slope[k];
        for (int c = 0; c < CHANNELS; ++c) {
            for (int p = k; p < INNER; p += INNER_SIDE) f->gradient[c][p] = w[c] * back / INNER_SIDE;
        }
        back /= 2;
    }
    return h[INNER_SIDE];
}

/* ---- the cut ---- */

/* Relevance at the cut, one number for each position: gradient (or secant) times value, summed over the channels. */
static double make_seed(features *f)
{
    double all = 0;

    for (int p = 0; p < INNER; ++p) {
        f->seed[p] = 0;
        for (int c = 0; c < CHANNELS; ++c) f->seed[p] += f->gradient[c][p] * f->value[c][p];
        all += f->seed[p];
    }
    return all;
}

/* The network up to the cut, and a run of it. What lies at the cut is an output. */
static srd_status run(setup *s, const char *path, srd_tensor *value, srd_detail *why)
{
    const int64_t shape[] = { 1, SIDE, SIDE };
    srd_status status;

    if (!setup_read(path, s->pixels)) {
        (void)snprintf(why->text, sizeof why->text, "%.200s is not a PGM file of 28 x 28 pixels", path);
        return SRD_ERR_ARGUMENT;
    }
    status = srd_graph_create(NULL, NULL, &s->graph, why);
    network_build(s->graph);
    (void)srd_graph_output(s->graph, srd_graph_find(s->graph, "block4"), NULL);
    if (status == SRD_OK) status = srd_graph_seal(s->graph, why);
    if (status == SRD_OK) status = srd_explainer_create(s->graph, NULL, NULL, &s->explainer, why);
    if (status == SRD_OK) status = srd_tensor_wrap(s->pixels, 3, shape, &s->picture, why);
    if (status == SRD_OK) {
        status = srd_explainer_run(s->explainer, (const srd_tensor *const[]){ s->picture }, 1, NULL, why);
        if (status == SRD_OK) status = srd_explainer_value(s->explainer, srd_graph_find(s->graph, "block4"), value, why);
    }
    return status;
}

/* What the head says of the positions goes down to the pixels by the ratios of the run. */
static srd_status push_down(const setup *s, const srd_tensor *seed, srd_tensor *map, srd_detail *why)
{
    const srd_layer cut = srd_graph_find(s->graph, "block4"), picture = srd_graph_find(s->graph, "picture");
    srd_report report = SRD_REPORT_INIT;
    srd_status status = srd_explainer_ask_seed(s->explainer, cut, seed, NULL, &picture, &map, 1, why);

    if (status == SRD_OK) status = srd_explainer_report(s->explainer, &report, why);
    if (status != SRD_OK) return status;
    printf("pixels %.4f, unreached %.4f\n", report.at_inputs, report.unreached);
    return SRD_OK;
}

int main(int count, char **words)
{
    static uint8_t rgba[4 * SHOWN_SIDE * SHOWN_SIDE];
    static features f;
    static float numbers[PIXELS];
    setup s = { 0 };
    srd_tensor *value = NULL, *seed = NULL, *map = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_status status;

    if (count != 3) return fprintf(stderr, "usage: %s PICTURE.pgm MAP.ppm\n", words[0]), 2;
    status = srd_tensor_wrap(f.value[0], 3, (const int64_t[]){ CHANNELS, INNER_SIDE, INNER_SIDE }, &value, &why);
    if (status == SRD_OK) {
        status = srd_tensor_wrap(f.seed, 2, (const int64_t[]){ INNER_SIDE, INNER_SIDE }, &seed, &why);
    }
    if (status == SRD_OK) {
        status = srd_tensor_wrap(numbers, 2, (const int64_t[]){ SIDE, SIDE }, &map, &why);
    }
    if (status == SRD_OK) status = run(&s, words[1], value, &why);
    if (status == SRD_OK) {
        const float score = head(&f, SANDAL, 0);

        printf("%s: the head says %.4f, of which gradient times value holds %.4f", fashion_net_labels[SANDAL], (double)score,
               make_seed(&f));
        (void)head(&f, SANDAL, 1);
        printf(" and secant times value %.4f\n", make_seed(&f));
        status = push_down(&s, seed, map, &why);
    }
    if (status == SRD_OK) status = srd_render_map(map, NULL, rgba, 4 * SHOWN_SIDE, SHOWN_SIDE, SHOWN_SIDE, &why);
    srd_tensor_free(map);
    srd_tensor_free(seed);
    srd_tensor_free(value);
    setup_end(&s);
    if (status == SRD_OK && !setup_write(words[2], SHOWN_SIDE, SHOWN_SIDE, rgba)) return perror(words[2]), 1;
    return setup_finish(status, &why);
}
