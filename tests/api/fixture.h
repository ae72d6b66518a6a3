/*
 * fixture.h -- an explainer of the residual test network with everything that its calls take, for tests that change one
 * thing at a time. Included by one test program each.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "testing.h"
#include "testnet.h"

#define FIXTURE_MAP TESTNET_PIXELS /* positions of layers x and relu1 */

typedef struct fixture {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer x, pool1, conv2a, relu1, relu2, gap, probs;
    float picture[TESTNET_INPUT];
    float numbers[2][FIXTURE_MAP]; /* behind maps */
    srd_tensor *input;             /* (2, 9, 11) */
    srd_tensor *maps[2];           /* (9, 11) each, of x and relu1 */
    srd_layer layers[2];           /* x, relu1 */
} fixture;

/* options NULL: defaults. run: 1 to run the picture. */
static inline void fixture_begin(fixture *f, const srd_explainer_options *options, int run)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    const srd_tensor *input;

    f->graph = testnet_graph(testnet_residual);
    f->x = srd_graph_find(f->graph, "x");
    f->pool1 = srd_graph_find(f->graph, "pool1");
    f->conv2a = srd_graph_find(f->graph, "conv2a");
    f->relu1 = srd_graph_find(f->graph, "relu1");
    f->relu2 = srd_graph_find(f->graph, "relu2");
    f->gap = srd_graph_find(f->graph, "gap");
    f->probs = srd_graph_find(f->graph, "probs");
    f->explainer = testnet_explainer(f->graph, options);
    testnet_picture(f->picture, TESTNET_INPUT, 1);
    f->input = testing_view(3, shape, f->picture);
    for (int i = 0; i < 2; ++i) f->maps[i] = testing_view(2, shape + 1, f->numbers[i]);
    testing_mark(f->numbers[0], FIXTURE_MAP);
    testing_mark(f->numbers[1], FIXTURE_MAP);
    f->layers[0] = f->x;
    f->layers[1] = f->relu1;
    input = f->input;
    if (run) check_ok(srd_explainer_run(f->explainer, &input, 1, NULL, testing_reason()));
}

static inline void fixture_end(fixture *f)
{
    srd_tensor_free(f->input);
    srd_tensor_free(f->maps[0]);
    srd_tensor_free(f->maps[1]);
    srd_explainer_free(f->explainer);
    srd_graph_free(f->graph);
}

/* The last call that failed has this status and said why. */
static inline void check_reason(srd_status status)
{
    const srd_detail detail = *testing_reason();

    ck_assert_msg(detail.status == status, "the detail says %s, not %s: %s", srd_status_name(detail.status),
                  srd_status_name(status), detail.text);
    ck_assert_msg(detail.text[0] != '\0', "no reason is given");
}

#endif
