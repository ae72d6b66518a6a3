/*
 * test_float_flags.c -- a run and its questions raise neither the invalid nor the divide-by-zero nor the overflow exception for
 * harmless numbers: in a host that traps them the library would end the process. For every kind of layer, every way of keeping
 * ratios, and every set of kernels that is here; with a picture of which a part is black, so that some values are zero vectors.
 */
#include <fenv.h>

#include "adders.h"
#include "testnet.h"

#define WANTED (FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW)
#define SIDE 8
#define PICTURE (3 * SIDE * SIDE)

static const int32_t sets[] = { SRD_KERNELS_PORTABLE, SRD_KERNELS_AVX2, SRD_KERNELS_AVX512, SRD_KERNELS_NEON, SRD_KERNELS_AMX };
#define SETS ((int)(sizeof sets / sizeof sets[0]))
#define RATIOS 3

/* Under the layer of this kind a convolution of 6 x 6 positions, which fill no register, whose y is zero where the picture is. */
static srd_graph *make_graph(int kind)
{
    const int64_t shape[4] = { 3, 3, 3, 3 };
    const srd_pool2d_options window = adder_pool_options();
    srd_graph *graph = NULL;
    srd_detail why = testing_new_detail();
    srd_conv2d_options same = SRD_CONV2D_OPTIONS_INIT;
    float numbers[3 * 3 * 3 * 3];
    srd_tensor *weight;
    srd_layer x, below, layer;

    testnet_picture(numbers, sizeof numbers / sizeof *numbers, 3);
    weight = testing_const_view(4, shape, numbers);
    same.pad_top = same.pad_left = same.pad_bottom = same.pad_right = 1;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 3, SIDE, SIDE);
    below = srd_graph_relu(graph, "below", srd_graph_conv2d(graph, "first", x, weight, NULL, &same));
    layer = adders[kind].add(graph, "layer", below);
    (void)srd_graph_relu(graph, "above", srd_graph_conv2d(graph, "valid", below, weight, NULL, NULL));
    layer = srd_graph_max_pool2d(graph, "pool", srd_graph_find(graph, "above"), &window) < 0 ? SRD_LAYER_NONE : layer;
    check_ok(srd_graph_output(graph, srd_graph_find(graph, "pool"), testing_reason()));
    if (adders[kind].add != add_input && adders[kind].add != add_constant)
        check_ok(srd_graph_output(graph, layer, testing_reason()));
    srd_tensor_free(weight);
    check_status(srd_graph_seal(graph, &why), SRD_OK);
    return graph;
}

static void check_flags(const char *call, int kind, int set, int32_t ratios)
{
    const int raised = fetestexcept(WANTED);

    ck_assert_msg(raised == 0, "%s, layer %s, kernels %d, ratios %d: exceptions %d", call, adders[kind].kind, (int)sets[set],
                  (int)ratios, raised);
}

static void check_network(srd_graph *graph, int kind, int set, int32_t ratios, float factor)
{
    const int64_t shape[3] = { 3, SIDE, SIDE };
    const srd_layer x = srd_graph_find(graph, "x");
    srd_explainer_options o = testnet_options();
    srd_score_options question = SRD_SCORE_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    float picture[PICTURE], numbers[SIDE * SIDE];
    const srd_tensor *inputs[2];
    srd_tensor *map;

    o.kernels = sets[set];
    o.ratios = ratios;
    if (srd_explainer_create(graph, &o, NULL, &explainer, NULL) != SRD_OK) {
        ck_assert_int_gt(sets[set], SRD_KERNELS_PORTABLE);
        return;
    }
    testnet_picture(picture, PICTURE, 11);
    for (int i = 0; i < PICTURE; ++i) picture[i] = i % (SIDE * SIDE) < SIDE * SIDE / 2 ? 0.0f : factor * picture[i];
    inputs[0] = inputs[1] = testing_const_view(3, shape, picture);
    map = testing_view(2, shape + 1, numbers);
    ck_assert_int_eq(feclearexcept(FE_ALL_EXCEPT), 0);
    check_ok(srd_explainer_run(explainer, inputs, srd_graph_input_count(graph), NULL, testing_reason()));
    check_flags("run", kind, set, ratios);
    for (question.output = 0; question.output < srd_graph_output_count(graph); ++question.output) {
        check_ok(srd_explainer_ask_top(explainer, &question, &x, &map, 1, testing_reason()));
        check_flags("ask_top", kind, set, ratios);
    }
    check_ok(srd_explainer_ask_erf(explainer, srd_graph_find(graph, "above"), 1, 2, NULL, &x, &map, 1, testing_reason()));
    check_flags("ask_erf", kind, set, ratios);
    srd_tensor_free((srd_tensor *)(uintptr_t)inputs[0]);
    srd_tensor_free(map);
    srd_explainer_free(explainer);
}

START_TEST(no_exception_is_raised)
{
    srd_graph *const graph = make_graph(_i);

    for (int set = 0; set < SETS; ++set) {
        for (int32_t ratios = 0; ratios < RATIOS; ++ratios) {
            check_network(graph, _i, set, ratios, 1.0f);
            check_network(graph, _i, set, ratios,
                          strcmp(adders[_i].kind, "exp") == 0 ? 10.0f : 1000.0f); /* e^1000 is no float */
        }
    }
    srd_graph_free(graph);
}
END_TEST

/* The residual network, whose layers are read in more ways. */
START_TEST(nor_by_a_network_of_blocks)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer_options o = testnet_options();
    srd_explainer *explainer = NULL;
    float numbers[TESTNET_PIXELS];
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    const srd_layer x = srd_graph_find(graph, "x");
    srd_tensor *const map = testing_view(2, shape, numbers);

    o.kernels = sets[_i / RATIOS];
    o.ratios = _i % RATIOS;
    if (srd_explainer_create(graph, &o, NULL, &explainer, NULL) == SRD_OK) {
        ck_assert_int_eq(feclearexcept(FE_ALL_EXCEPT), 0);
        check_ok(testnet_run(explainer, 3));
        ck_assert_int_eq(fetestexcept(WANTED), 0);
        check_ok(srd_explainer_ask_class(explainer, 1, NULL, &x, &map, 1, testing_reason()));
        ck_assert_int_eq(fetestexcept(WANTED), 0);
    }
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { no_exception_is_raised, 0, ADDERS },
        { nor_by_a_network_of_blocks, 0, SETS * RATIOS },
        { NULL, 0, 0 },
    };

    return testing_main("float_flags", list);
}
