/* test_graph_errors.c -- what goes wrong alike in every layer-adding function, and how a failure sticks. */
#include <stdio.h>

#include "adders.h"
#include "testnet.h"

static srd_graph *new_graph(void)
{
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    return graph;
}

/* Sealing and asking both return the sticky failure with its layer and reason, as often as one asks. */
static void check_stuck(srd_graph *graph, srd_status status, const char *name, const char *words)
{
    for (int i = 0; i < 2; ++i) {
        srd_detail sealed = testing_new_detail(), asked = testing_new_detail();

        check_status(srd_graph_seal(graph, &sealed), status);
        check_detail(&sealed, status, name, words);
        check_ok(srd_graph_detail(graph, &asked));
        check_detail(&asked, status, name, words);
    }
    check_status(srd_graph_seal(graph, NULL), status);
}

START_TEST(a_null_graph)
{
    ck_assert_int_eq(adders[_i].add(NULL, "layer", 0), SRD_LAYER_NONE);
    ck_assert_int_eq(adders[_i].add(NULL, NULL, SRD_LAYER_NONE), SRD_LAYER_NONE);
}
END_TEST

START_TEST(an_unknown_input)
{
    static const srd_layer unknown[] = { 1, 99, INT32_MAX, -1, -2, INT32_MIN };

    if (_i == 0 || strcmp(adders[_i].kind, "constant") == 0) return; /* a source has no input */
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; ++i) {
        srd_graph *const graph = new_graph();

        ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
        ck_assert_int_eq(adders[_i].add(graph, "layer", unknown[i]), SRD_LAYER_NONE);
        ck_assert_int_eq(srd_graph_layer_count(graph), 1);
        check_stuck(graph, SRD_ERR_ARGUMENT, "layer", "input 0");
        srd_graph_free(graph);
    }
}
END_TEST

START_TEST(a_name_that_is_taken)
{
    srd_graph *const graph = new_graph();

    ck_assert_int_eq(srd_graph_input(graph, "same", 3, 8, 8), 0);
    ck_assert_int_eq(adders[_i].add(graph, "same", 0), SRD_LAYER_NONE);
    check_stuck(graph, SRD_ERR_ARGUMENT, "same", "name");
    srd_graph_free(graph);
}
END_TEST

/* "relu_1" was given away by the caller before the library wants it for layer 1: it takes another. */
START_TEST(a_default_name_that_is_taken)
{
    srd_graph *const graph = new_graph();
    char name[64];

    snprintf(name, sizeof name, "%s_1", adders[_i].kind);
    ck_assert_int_eq(srd_graph_input(graph, name, 3, 8, 8), 0);
    ck_assert_int_eq(adders[_i].add(graph, NULL, 0), 1);
    ck_assert_str_ne(srd_graph_layer_name(graph, 1), name);
    ck_assert_int_eq(srd_graph_find(graph, srd_graph_layer_name(graph, 1)), 1);
    srd_graph_free(graph);
}
END_TEST

START_TEST(an_empty_name)
{
    srd_graph *const graph = new_graph();
    srd_detail detail = testing_new_detail();

    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    ck_assert_int_eq(adders[_i].add(graph, "", 0), SRD_LAYER_NONE);
    check_status(srd_graph_seal(graph, &detail), SRD_ERR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(detail.text, "name"));
    srd_graph_free(graph);
}
END_TEST

START_TEST(a_name_without_end)
{
    static char name[10000];
    srd_graph *const graph = new_graph();
    srd_detail detail = testing_new_detail();

    memset(name, 'n', sizeof name - 1);
    ck_assert_int_eq(srd_graph_input(graph, name, 3, 8, 8), SRD_LAYER_NONE);
    check_status(srd_graph_seal(graph, &detail), SRD_ERR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(detail.text, "name"));
    srd_graph_free(graph);
}
END_TEST

START_TEST(a_long_name_is_cut_in_the_detail_only)
{
    srd_graph *const graph = new_graph();
    char name[201];
    srd_detail detail = testing_new_detail();

    memset(name, 'n', 200);
    name[200] = '\0';
    ck_assert_int_eq(srd_graph_input(graph, name, 3, 8, 8), 0);
    ck_assert_int_eq(srd_graph_find(graph, name), 0);
    ck_assert_int_eq(srd_graph_relu(graph, name, 0), SRD_LAYER_NONE);
    check_ok(srd_graph_detail(graph, &detail));
    ck_assert_int_eq(detail.status, SRD_ERR_ARGUMENT);
    ck_assert_uint_eq(strlen(detail.layer_name), sizeof detail.layer_name - 1);
    srd_graph_free(graph);
}
END_TEST

/* After the first failure nothing is added, and later failures do not hide it. */
START_TEST(the_first_failure_sticks)
{
    srd_graph *const graph = new_graph();

    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    ck_assert_int_eq(srd_graph_clip(graph, "guilty", 0, 1.0f, 0.0f), SRD_LAYER_NONE);
    ck_assert_int_eq(adders[_i].add(graph, "innocent", 0), SRD_LAYER_NONE);
    ck_assert_int_eq(adders[_i].add(graph, "also innocent", SRD_LAYER_NONE), SRD_LAYER_NONE);
    ck_assert_int_eq(adders[_i].add(graph, "x", 77), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_layer_count(graph), 1);
    check_status(srd_graph_output(graph, 0, testing_reason()), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(srd_graph_output_count(graph), 0);
    check_stuck(graph, SRD_ERR_ARGUMENT, "guilty", "low < high");
    srd_graph_free(graph);
}
END_TEST

/* A sealed graph is shared: calls are refused and change nothing, not even the failure that it reports. */
START_TEST(use_after_seal)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    const int32_t count = srd_graph_layer_count(graph);
    const size_t used = srd_graph_memory_used(graph);
    srd_detail detail = testing_new_detail();

    ck_assert_int_eq(adders[_i].add(graph, "late", 0), SRD_LAYER_NONE);
    ck_assert_int_eq(adders[_i].add(graph, "", 1000), SRD_LAYER_NONE);
    check_status(srd_graph_output(graph, 0, testing_reason()), SRD_ERR_STATE);
    check_status(srd_graph_seal(graph, &detail), SRD_ERR_STATE);
    check_detail(&detail, SRD_ERR_STATE, "", "sealed");
    check_status(srd_graph_seal(graph, NULL), SRD_ERR_STATE);
    ck_assert_int_eq(srd_graph_layer_count(graph), count);
    ck_assert_int_eq(srd_graph_output_count(graph), 1);
    ck_assert_uint_eq(srd_graph_memory_used(graph), used);
    check_status(srd_graph_detail(graph, &detail), SRD_OK);
    srd_explainer_free(testnet_explainer(graph, NULL));
    srd_graph_free(graph);
}
END_TEST

START_TEST(no_output)
{
    srd_graph *const graph = new_graph();

    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    check_stuck(graph, SRD_ERR_STATE, "", "output");
    srd_graph_free(graph);
}
END_TEST

START_TEST(an_empty_graph)
{
    srd_graph *const graph = new_graph();

    check_stuck(graph, SRD_ERR_STATE, "", "output");
    srd_graph_free(graph);
}
END_TEST

START_TEST(an_unknown_output)
{
    static const srd_layer unknown[] = { 1, INT32_MAX, -1, INT32_MIN };
    srd_graph *const graph = new_graph();
    srd_detail detail = testing_new_detail();

    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    check_status(srd_graph_output(graph, unknown[_i], testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_output(graph, 0, testing_reason()), SRD_ERR_ARGUMENT); /* it sticks */
    check_status(srd_graph_seal(graph, &detail), SRD_ERR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(detail.text, "output 0"));
    srd_graph_free(graph);
}
END_TEST

START_TEST(seal_and_output_of_null)
{
    srd_detail detail = testing_new_detail();

    check_status(srd_graph_seal(NULL, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "NULL");
    check_status(srd_graph_seal(NULL, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_graph_output(NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
}
END_TEST

START_TEST(the_detail_of_a_good_graph_says_ok)
{
    srd_graph *const graph = new_graph();
    srd_detail detail = testing_new_detail(), unsized;

    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    detail.status = -99;
    check_ok(srd_graph_detail(graph, &detail));
    ck_assert_int_eq(detail.status, SRD_OK);
    ck_assert_int_eq(detail.layer, SRD_LAYER_NONE);
    ck_assert_str_eq(detail.text, "");
    memset(&unsized, 0, sizeof unsized);
    check_status(srd_graph_detail(graph, &unsized), SRD_ERR_ARGUMENT);
    check_status(srd_graph_detail(graph, NULL), SRD_ERR_ARGUMENT);
    srd_graph_free(graph);
}
END_TEST

/* Programs that stay alive must be able to make explainers only of good graphs. */
START_TEST(an_unsealed_or_failed_graph_has_no_explainer)
{
    srd_graph *const graph = new_graph();
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();
    size_t size = 4711;

    ck_assert_int_eq(srd_graph_input(graph, "x", 3, 8, 8), 0);
    check_ok(srd_graph_output(graph, srd_graph_relu(graph, "relu", 0), testing_reason()));
    check_status(srd_explainer_create(graph, NULL, NULL, &explainer, &detail), SRD_ERR_STATE);
    check_detail(&detail, SRD_ERR_STATE, "", "seal");
    check_status(srd_explainer_memory_size(graph, NULL, NULL, &size, &detail), SRD_ERR_STATE);
    ck_assert_int_eq(srd_graph_relu(graph, "relu", 0), SRD_LAYER_NONE);
    check_status(srd_graph_seal(graph, NULL), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_create(graph, NULL, NULL, &explainer, NULL), SRD_ERR_STATE);
    ck_assert_ptr_null(explainer);
    ck_assert_uint_eq(size, 4711);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_null_graph, 0, ADDERS },
        { an_unknown_input, 0, ADDERS },
        { a_name_that_is_taken, 0, ADDERS },
        { a_default_name_that_is_taken, 0, ADDERS },
        { an_empty_name, 0, ADDERS },
        { a_name_without_end, 0, 0 },
        { a_long_name_is_cut_in_the_detail_only, 0, 0 },
        { the_first_failure_sticks, 0, ADDERS },
        { use_after_seal, 0, ADDERS },
        { no_output, 0, 0 },
        { an_empty_graph, 0, 0 },
        { an_unknown_output, 0, 4 },
        { seal_and_output_of_null, 0, 0 },
        { the_detail_of_a_good_graph_says_ok, 0, 0 },
        { an_unsealed_or_failed_graph_has_no_explainer, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("graph_errors", list);
}
