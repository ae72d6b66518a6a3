/*
 * test_hostile_paths.c -- graphs that random search has found and that once went wrong: which paths there are, how they are divided by
 * channel and by the layers on their way. The expected numbers are worked out here by hand.
 */
#include <math.h>

#include "testing.h"

/* A graph under construction, then its explainer and the inputs of its run. */
typedef struct odd {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_tensor *inputs[2];
    int32_t input_count;
} odd;

static void begin(odd *n)
{
    memset(n, 0, sizeof *n);
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
}

static srd_layer input(odd *n, const char *name, int32_t c, int32_t h, int32_t w, const float *numbers)
{
    n->inputs[n->input_count++] = testing_const_view(3, (int64_t[]){ c, h, w }, numbers);
    return srd_graph_input(n->graph, name, c, h, w);
}

/* Seals the graph and runs it with everything kept that can be kept of a layer (SRD_LAYER_NONE: of all inputs). */
static void run(odd *n, srd_layer output, srd_layer kept, int32_t what)
{
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    const srd_keep keep = { kept, what };
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_output(n->graph, output));
    ck_assert_msg(srd_graph_seal(n->graph, &detail) == SRD_OK, "%s: %s", detail.layer_name, detail.text);
    o.keeps = &keep;
    o.keep_count = what != 0;
    ck_assert_msg(srd_explainer_create(n->graph, &o, NULL, &n->explainer, &detail) == SRD_OK, "%s: %s", detail.layer_name,
                  detail.text);
    check_ok(srd_explainer_run(n->explainer, (const srd_tensor *const *)n->inputs, n->input_count, NULL));
}

static void end(odd *n)
{
    for (int i = 0; i < n->input_count; ++i) srd_tensor_free(n->inputs[i]);
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

static srd_layer linear(odd *n, srd_layer below, int64_t outputs, int64_t inputs, const float *weight, const float *bias)
{
    srd_tensor *const w = testing_const_view(2, (int64_t[]){ outputs, inputs }, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, &outputs, bias) : NULL;
    const srd_layer made = srd_graph_linear(n->graph, "linear", below, w, b);

    srd_tensor_free(w);
    srd_tensor_free(b);
    return made;
}

/* A convolution of one pixel. */
static srd_layer one_by_one(odd *n, srd_layer below, int64_t outputs, int64_t inputs, int32_t groups, const float *weight,
                            const float *bias)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_tensor *const w = testing_const_view(4, (int64_t[]){ outputs, inputs / groups, 1, 1 }, weight);
    srd_tensor *const b = bias != NULL ? testing_const_view(1, &outputs, bias) : NULL;
    srd_layer made;

    o.groups = groups;
    made = srd_graph_conv2d(n->graph, "conv", below, w, b, &o);
    srd_tensor_free(w);
    srd_tensor_free(b);
    return made;
}

/* A map of the layer, or with channels > 0 that many maps, of class `asked` or, from >= 0, of the ERF of that layer's first position. */
static void check_map(odd *n, int32_t asked, srd_layer from, srd_layer layer, int32_t channels, const double *want)
{
    int32_t s[3];
    int64_t shape[3];
    float got[64];
    srd_tensor *map;

    check_ok(srd_explainer_layer_shape(n->explainer, layer, s));
    shape[0] = channels, shape[1] = s[1], shape[2] = s[2];
    map = channels > 0 ? testing_view(3, shape, got) : testing_view(2, shape + 1, got);
    testing_mark(got, 64);
    if (from < 0) check_ok(srd_explainer_ask_class(n->explainer, asked, NULL, &layer, &map, 1));
    else check_ok(srd_explainer_ask_erf(n->explainer, from, 0, 0, NULL, &layer, &map, 1));
    for (int i = 0; i < (channels > 0 ? channels : 1) * s[1] * s[2]; ++i) {
        ck_assert_msg(fabs((double)got[i] - want[i]) <= 1e-5 * (1.0 + fabs(want[i])), "number %d: %g, expected %g", i,
                      (double)got[i], want[i]);
    }
    srd_tensor_free(map);
}

/* ---- channels of one input among others --------------------------------------------------------------------------------------------- */

/* y = (1.5, 3.5, 5.5), the means of both channels of b and of a. What a gives to its class is nothing that b's channels share. */
START_TEST(channels_of_two_inputs_below_a_pool)
{
    static const float b[] = { 1, 2, 3, 4 }, a[] = { 5, 6 };
    srd_layer both[2], y;
    odd n;

    begin(&n);
    both[0] = input(&n, "b", 2, 1, 2, b);
    both[1] = input(&n, "a", 1, 1, 2, a);
    y = srd_graph_relu(n.graph, "y", srd_graph_global_avg_pool(n.graph, "pool", srd_graph_concat(n.graph, "cat", both, 2)));
    run(&n, y, SRD_LAYER_NONE, SRD_KEEP_CHANNELS);
    check_map(&n, 0, -1, both[0], 2, (double[]){ 0.5, 1, 0, 0 });
    check_map(&n, 2, -1, both[0], 2, (double[]){ 0, 0, 0, 0 });
    check_map(&n, 2, -1, both[1], 1, (double[]){ 2.5, 3 });
    check_map(&n, 0, y, both[0], 2, (double[]){ 0.75 / 44.75, 1.5 / 44.75, 5.25 / 44.75, 7 / 44.75 });
    check_map(&n, 0, y, both[1], 1, (double[]){ 13.75 / 44.75, 16.5 / 44.75 });
    end(&n);
}
END_TEST

/* Both paths into each position are 0 and share the bias evenly; of x's half nothing goes to the channel that the slice leaves out. _i:
 * 1: there is no bias, and y is 0, too; 2: x's paths carry no channel at all, and so all have the same part. */
START_TEST(channels_of_paths_that_are_zero)
{
    static const float x[] = { 3, 3, 0, 0, 0, 0 }, a[] = { 0, 0 }, weight[] = { 1, -1, 2, 0, 1, 1 }, bias[] = { 1, 2 };
    srd_layer both[2], y;
    odd n;

    begin(&n);
    both[0] = input(&n, "x", 3, 1, 2, x);
    both[1] = input(&n, "a", 1, 1, 2, a);
    y = srd_graph_slice(n.graph, "slice", srd_graph_concat(n.graph, "cat", both, 2), _i == 2 ? 3 : 1, _i == 2 ? 1 : 3);
    y = one_by_one(&n, y, 2, _i == 2 ? 1 : 3, 1, weight, _i == 1 ? NULL : bias);
    y = srd_graph_relu(n.graph, "y", y);
    run(&n, y, SRD_LAYER_NONE, SRD_KEEP_CHANNELS);
    if (_i == 2) check_map(&n, 0, y, both[0], 3, (double[]){ 1.0 / 6, 0, 1.0 / 6, 0, 1.0 / 6, 0 });
    else check_map(&n, 0, y, both[0], 3, (double[]){ 0, 0, 0.25, 0, 0.25, 0 });
    check_map(&n, 0, y, both[1], 1, (double[]){ 0.5, 0 });
    end(&n);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { channels_of_two_inputs_below_a_pool, 0, 0 },
        { channels_of_paths_that_are_zero, 0, 3 },
        { NULL, 0, 0 },
    };

    return testing_main("hostile_paths", list);
}
