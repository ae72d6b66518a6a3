/*
 * test_onnx.c -- srd/onnx.h: what a file becomes, what is told about it, and what is refused with which words. That the numbers are right
 * is compared by examples/tools/onnx/test.
 */
#include <stdio.h>
#include <stdlib.h>

#include "srd/onnx.h"
#include "testing.h"

static srd_onnx *load(const char *name, const srd_onnx_options *options)
{
    char path[600];
    srd_onnx *network = NULL;
    srd_detail detail = SRD_DETAIL_INIT;

    (void)snprintf(path, sizeof path, "%s/%s.onnx", SRD_ONNX_DIR, name);
    if (srd_onnx_load(path, options, &network, &detail) != SRD_OK) ck_abort_msg("%s: %s", name, detail.text);
    return network;
}

/* A file is refused: the status, the node, and the words. */
static void refuse(const char *name, const srd_onnx_options *options, srd_status status, const char *node, const char *words)
{
    char path[600];
    srd_onnx *network = NULL;
    srd_detail detail = testing_new_detail();

    (void)snprintf(path, sizeof path, "%s/%s.onnx", SRD_ONNX_DIR, name);
    check_status(srd_onnx_load(path, options, &network, &detail), status);
    ck_assert_int_eq(detail.status, status);
    ck_assert_int_eq(detail.layer, SRD_LAYER_NONE); /* a node of a file is no layer */
    ck_assert_str_eq(detail.layer_name, node);
    ck_assert_msg(strstr(detail.text, words) != NULL, "it says '%s', not '%s'", detail.text, words);
    ck_assert_ptr_null(network);
}

static srd_graph *build(const srd_onnx *network, int32_t policy)
{
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_graph *graph = NULL;

    options.weight_policy = policy;
    check_ok(srd_graph_create(&options, NULL, &graph, NULL));
    check_ok(srd_onnx_build(network, graph, NULL));
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

START_TEST(what_was_found_is_told)
{
    srd_onnx *const network = load("heads_13", NULL);
    const char *name = NULL;

    ck_assert_int_eq(srd_onnx_input_count(network), 1);
    ck_assert_int_eq(srd_onnx_input(network, 0, &name), 0);
    ck_assert_str_eq(name, "image");
    ck_assert_int_eq(srd_onnx_input(network, 1, &name), SRD_LAYER_NONE);
    ck_assert_ptr_null(name);
    ck_assert_int_eq(srd_onnx_output_count(network), 2);
    ck_assert_int_ge(srd_onnx_output(network, 0, &name), 1);
    ck_assert_ptr_nonnull(name);
    ck_assert_int_eq(srd_onnx_output(network, 1, &name), SRD_LAYER_NONE); /* not the chosen one, but it has a name */
    ck_assert_str_eq(name, "second");
    ck_assert_int_eq(srd_onnx_output(network, 2, &name), SRD_LAYER_NONE);
    ck_assert_ptr_null(name);
    srd_onnx_free(network);
}
END_TEST

START_TEST(another_output_can_be_chosen)
{
    srd_onnx_options options = SRD_ONNX_OPTIONS_INIT;
    srd_onnx *first, *second;

    options.output = "second";
    first = load("heads_13", NULL);
    second = load("heads_13", &options);
    ck_assert_int_eq(srd_onnx_output(second, 0, NULL), SRD_LAYER_NONE);
    ck_assert_int_ge(srd_onnx_output(second, 1, NULL), 1);
    ck_assert_int_eq(srd_onnx_output_element(first, 0, 0), 0);
    ck_assert_int_eq(srd_onnx_output_element(first, srd_onnx_class_count(first), 0), -1);
    ck_assert_int_eq(srd_onnx_output_element(first, 0, 1 << 30), -1);
    ck_assert_int_eq(srd_onnx_output_element(second, 1, 0), 1); /* its channels come last */
    srd_onnx_free(first);
    srd_onnx_free(second);
}
END_TEST

/* (1, 4, 5, 3): its channels come last, so that the layer is 3 x 4 x 5. */
START_TEST(the_input_says_where_its_numbers_stand)
{
    srd_onnx *const network = load("operators/inputs_last_11", NULL);
    srd_onnx_layer_info info = SRD_ONNX_LAYER_INFO_INIT;

    check_ok(srd_onnx_layer(network, srd_onnx_input(network, 0, NULL), &info, NULL));
    ck_assert_int_eq(info.channels, 3);
    ck_assert_int_eq(info.height, 4);
    ck_assert_int_eq(info.width, 5);
    ck_assert_int_eq(srd_onnx_input_element(network, 0, 2, 7), 3 * 7 + 2);
    ck_assert_int_eq(srd_onnx_input_element(network, 0, 2, 19), 59);
    ck_assert_int_eq(srd_onnx_input_element(network, 0, 2, 20), -1);
    ck_assert_int_eq(srd_onnx_input_element(network, 0, 3, 0), -1);
    ck_assert_int_eq(srd_onnx_input_element(network, 0, -1, 0), -1);
    ck_assert_int_eq(srd_onnx_input_element(network, 1, 0, 0), -1);
    ck_assert_int_eq(srd_onnx_input_element(NULL, 0, 0, 0), -1);
    srd_onnx_free(network);
}
END_TEST

START_TEST(the_graph_has_the_layers_that_were_told)
{
    srd_onnx *const network = load("class_token_13", NULL);
    srd_graph *const graph = build(network, SRD_WEIGHTS_BORROW);

    ck_assert_int_eq(srd_graph_layer_count(graph), srd_onnx_layer_count(network));
    for (srd_layer i = 0; i < srd_onnx_layer_count(network); ++i) {
        srd_onnx_layer_info info = SRD_ONNX_LAYER_INFO_INIT;

        check_ok(srd_onnx_layer(network, i, &info, NULL));
        ck_assert_str_eq(info.name, srd_graph_layer_name(graph, i));
        ck_assert_uint_gt(strlen(info.function), 1);
        for (int32_t k = 0; k < info.operand_count; ++k) ck_assert(info.operands[k] >= 0 && info.operands[k] < i);
        if (i == srd_onnx_output(network, 0, NULL)) ck_assert_int_eq(info.channels, srd_onnx_class_count(network));
    }
    ck_assert_int_eq(srd_graph_output_layer(graph, 0), srd_onnx_output(network, 0, NULL));
    ck_assert_int_eq(srd_graph_input_layer(graph, 0), srd_onnx_input(network, 0, NULL));
    srd_graph_free(graph);
    srd_onnx_free(network);
}
END_TEST

START_TEST(copied_weights_outlive_the_file)
{
    srd_onnx *const network = load("gates_11", NULL);
    srd_graph *const graph = build(network, SRD_WEIGHTS_COPY);
    srd_explainer *explainer = NULL;

    srd_onnx_free(network);
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(sizes_that_are_open_come_from_the_options)
{
    srd_onnx_options options = SRD_ONNX_OPTIONS_INIT;
    srd_onnx_layer_info info = SRD_ONNX_LAYER_INFO_INIT;
    srd_onnx *network;

    options.height = 20;
    options.width = 30;
    network = load("open_13", &options);
    check_ok(srd_onnx_layer(network, 0, &info, NULL));
    ck_assert_int_eq(info.height, 20);
    ck_assert_int_eq(info.width, 30);
    srd_onnx_free(network);
}
END_TEST

START_TEST(bytes_are_read_like_a_file)
{
    static char bytes[1 << 16];
    srd_onnx *const from_file = load("norms_13", NULL);
    srd_onnx *network = NULL;
    srd_detail detail = testing_new_detail();
    FILE *const file = fopen(SRD_ONNX_DIR "/norms_13.onnx", "rb");
    size_t size;

    ck_assert_ptr_nonnull(file);
    size = fread(bytes, 1, sizeof bytes, file);
    ck_assert_int_eq(fclose(file), 0);
    check_ok(srd_onnx_load_memory(bytes, size, NULL, &network, NULL));
    memset(bytes, 0, sizeof bytes); /* they are not needed any more */
    ck_assert_int_eq(srd_onnx_layer_count(network), srd_onnx_layer_count(from_file));
    srd_graph_free(build(network, SRD_WEIGHTS_COPY));
    srd_onnx_free(network);
    srd_onnx_free(from_file);
    network = NULL;
    check_status(srd_onnx_load_memory("nonsense", 8, NULL, &network, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "not an ONNX file");
    ck_assert_ptr_null(network);
}
END_TEST

/* Of bytes in memory nobody knows which folder they came from. */
START_TEST(large_tensors_lie_in_a_file_beside)
{
    srd_onnx *const from_file = load("gates_external", NULL);
    srd_onnx_options options = SRD_ONNX_OPTIONS_INIT;
    srd_detail detail = testing_new_detail();
    srd_onnx *network = NULL;
    char bytes[8000];
    FILE *const file = fopen(SRD_ONNX_DIR "/gates_external.onnx", "rb");
    size_t size;

    ck_assert_ptr_nonnull(file);
    size = fread(bytes, 1, sizeof bytes, file);
    ck_assert_int_eq(fclose(file), 0);
    check_status(srd_onnx_load_memory(bytes, size, NULL, &network, &detail), SRD_ERR_UNSUPPORTED);
    ck_assert_msg(strstr(detail.text, "gates_external.data, and no folder is given") != NULL, "%s", detail.text);
    options.folder = SRD_ONNX_DIR;
    check_ok(srd_onnx_load_memory(bytes, size, &options, &network, NULL));
    ck_assert_int_eq(srd_onnx_layer_count(network), srd_onnx_layer_count(from_file));
    srd_graph_free(build(network, SRD_WEIGHTS_COPY));
    srd_onnx_free(network);
    srd_onnx_free(from_file);
    options.folder = SRD_ONNX_DIR "/operators"; /* it is not there */
    refuse("gates_external", &options, SRD_ERR_UNSUPPORTED, "", "gates_external.data is not there");
}
END_TEST

START_TEST(a_refusal_names_the_node)
{
    srd_onnx_options options = SRD_ONNX_OPTIONS_INIT;

    refuse("cumsum_13", NULL, SRD_ERR_UNSUPPORTED, "/CumSum", "CumSum /CumSum: this operator is not supported");
    refuse("broken_channels", NULL, SRD_ERR_UNSUPPORTED, "the_conv", "Conv the_conv: a weight of 4 x 2 channels");
    refuse("broken_batch", NULL, SRD_ERR_UNSUPPORTED, "", "the input image is a batch of 2");
    refuse("nothing", NULL, SRD_ERR_ARGUMENT, "", "No such file");
    options.output = "third";
    refuse("heads_13", &options, SRD_ERR_ARGUMENT, "", "the network has no output third");
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    srd_onnx_options options = SRD_ONNX_OPTIONS_INIT;
    srd_onnx_layer_info info = SRD_ONNX_LAYER_INFO_INIT;
    srd_onnx *const network = load("gates_13", NULL);
    srd_graph *const graph = build(network, SRD_WEIGHTS_COPY);
    srd_detail detail = testing_new_detail();
    srd_onnx *none = NULL;

    check_status(srd_onnx_load(NULL, NULL, &none, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_onnx_load("x", NULL, NULL, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_onnx_load_memory(NULL, 1, NULL, &none, NULL), SRD_ERR_ARGUMENT);
    options.height = -1;
    refuse("gates_13", &options, SRD_ERR_ARGUMENT, "", "a size is below 0");
    options.height = 0;
    options.gate_count = 1;
    refuse("gates_13", &options, SRD_ERR_ARGUMENT, "", "gates is NULL");
    options.gate_count = 0;
    options.most_numbers = -1;
    refuse("gates_13", &options, SRD_ERR_ARGUMENT, "", "most_numbers is below 0");
    options.most_numbers = 100;
    refuse("gates_13", &options, SRD_ERR_UNSUPPORTED, "", "constants of more than 100 numbers");
    options.most_numbers = 0;
    options.struct_size = 4;
    refuse("gates_13", &options, SRD_ERR_ARGUMENT, "", "struct_size");
    check_status(srd_onnx_layer(network, -1, &info, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_onnx_layer(network, srd_onnx_layer_count(network), &info, NULL), SRD_ERR_ARGUMENT);
    info.struct_size = 8;
    check_status(srd_onnx_layer(network, 0, &info, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_onnx_build(network, NULL, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_onnx_build(network, graph, &detail), SRD_ERR_STATE);
    check_detail(&detail, SRD_ERR_STATE, "", "the graph has layers already");
    ck_assert_int_eq(srd_onnx_layer_count(NULL) + srd_onnx_input_count(NULL) + srd_onnx_output_count(NULL), 0);
    ck_assert_int_eq(srd_onnx_class_count(NULL), 0);
    ck_assert_str_eq(srd_onnx_notes(NULL), "");
    srd_onnx_free(NULL);
    srd_onnx_free(network);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { what_was_found_is_told, 0, 0 },
        { another_output_can_be_chosen, 0, 0 },
        { the_input_says_where_its_numbers_stand, 0, 0 },
        { the_graph_has_the_layers_that_were_told, 0, 0 },
        { copied_weights_outlive_the_file, 0, 0 },
        { sizes_that_are_open_come_from_the_options, 0, 0 },
        { bytes_are_read_like_a_file, 0, 0 },
        { large_tensors_lie_in_a_file_beside, 0, 0 },
        { a_refusal_names_the_node, 0, 0 },
        { wrong_arguments_are_refused, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("onnx", list);
}
