/*
 * test_introspect.c -- what can be known before a run: roles, parameters, verdicts, paths, costs, memory, and the dump.
 */
#include <stdio.h>
#include <stdlib.h>

#include "testing.h"
#include "testnet.h"

static srd_layer_info info_of(const srd_graph *graph, const char *name)
{
    srd_layer_info info = SRD_LAYER_INFO_INIT;

    check_ok(srd_graph_layer_info(graph, srd_graph_find(graph, name), &info, testing_reason()));
    return info;
}

static srd_plan_info plan_of(const srd_explainer *explainer, const srd_graph *graph, const char *name)
{
    srd_plan_info info = SRD_PLAN_INFO_INIT;

    check_ok(srd_explainer_plan_info(explainer, srd_graph_find(graph, name), &info, testing_reason()));
    return info;
}

START_TEST(layers_say_what_they_are)
{
    srd_graph *const graph = testnet_graph(testnet_residual);

    ck_assert_int_eq(info_of(graph, "x").role, SRD_ROLE_SOURCE);
    ck_assert_int_eq(info_of(graph, "x").is_site, 1);
    ck_assert_int_eq(info_of(graph, "conv1").role, SRD_ROLE_MIXING);
    ck_assert_int_eq(info_of(graph, "conv1").is_swallowed, 1);
    ck_assert_int_eq(info_of(graph, "bn1").role, SRD_ROLE_POST);
    ck_assert_int_eq(info_of(graph, "relu1").role, SRD_ROLE_POINTWISE);
    ck_assert_int_eq(info_of(graph, "relu1").is_swallowed, 0);
    ck_assert_int_eq(info_of(graph, "relu1").path_layers, 1);
    ck_assert_int_eq(info_of(graph, "pool1").role, SRD_ROLE_GATHER);
    ck_assert_int_eq(info_of(graph, "pool1").readers, 2);
    ck_assert_int_eq(info_of(graph, "drop").role, SRD_ROLE_NOTHING);
    ck_assert_int_eq(info_of(graph, "add2").operand_count, 2);
    ck_assert_int_gt(info_of(graph, "conv1").parameters, 0);
    ck_assert_int_eq(info_of(graph, "relu1").parameters, 0);
    ck_assert_int_eq(srd_graph_layer_operand(graph, srd_graph_find(graph, "bn1"), 0), srd_graph_find(graph, "conv1"));
    ck_assert_int_eq(srd_graph_layer_operand(graph, srd_graph_find(graph, "bn1"), 1), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_layer_operand(graph, srd_graph_find(graph, "fc"), 0), srd_graph_find(graph, "drop"));
    ck_assert_int_eq(srd_graph_layer_operand(NULL, 0, 0), SRD_LAYER_NONE);
    srd_graph_free(graph);
}
END_TEST

START_TEST(plans_say_what_a_run_costs)
{
    srd_explainer_options forward = SRD_EXPLAINER_OPTIONS_INIT;
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const explainer = testnet_explainer(graph, NULL), *other;
    srd_site_report report = SRD_SITE_REPORT_INIT;
    srd_plan_info plan = plan_of(explainer, graph, "relu1");
    int32_t shape[3];

    ck_assert_int_eq(plan.verdict, SRD_VERDICT_EXACT);
    check_ok(srd_explainer_layer_shape(explainer, srd_graph_find(graph, "relu1"), shape, testing_reason()));
    ck_assert_int_eq(plan.positions, (int64_t)shape[1] * shape[2]);
    ck_assert_int_eq(plan.ratios, plan.paths * plan.positions);
    ck_assert_int_ge(plan.ratio_bytes, plan.ratios * (int64_t)sizeof(float));
    ck_assert_int_eq(plan.multiply_adds, plan.positions * shape[0] * plan.paths * TESTNET_CHANNELS); /* one path per tap */
    check_ok(testnet_run(explainer, 1));
    check_ok(srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, testing_reason()));
    check_ok(srd_explainer_site_report(explainer, srd_graph_find(graph, "relu1"), &report, testing_reason()));
    ck_assert_int_eq(report.paths, plan.paths);
    ck_assert_int_eq(plan_of(explainer, graph, "x").verdict, SRD_VERDICT_SOURCE);
    ck_assert_int_eq(plan_of(explainer, graph, "conv1").verdict, SRD_VERDICT_INNER);
    ck_assert_int_eq(plan_of(explainer, graph, "pool1").verdict, SRD_VERDICT_INNER);
    ck_assert_int_eq(plan_of(explainer, graph, "probs").verdict, plan_of(explainer, graph, "probs").paths == 1);
    srd_explainer_free(explainer);
    forward.mode = SRD_MODE_FORWARD;
    other = testnet_explainer(graph, &forward);
    ck_assert_int_eq(plan_of(other, graph, "relu1").ratios, 0);
    ck_assert_int_eq(plan_of(other, graph, "relu1").ratio_bytes, 0);
    srd_explainer_free(other);
    srd_graph_free(graph);
}
END_TEST

START_TEST(memory_adds_up)
{
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    srd_explainer *explainer;

    options.batch = 3;
    options.workers = 2;
    explainer = testnet_explainer(graph, &options);
    check_ok(srd_explainer_memory_info(explainer, &info, testing_reason()));
    ck_assert_int_eq(info.total, (int64_t)srd_explainer_memory_used(explainer));
    ck_assert_int_eq(info.total, info.tables + info.working + 3 * info.kept + 2 * info.scratch);
    ck_assert_int_gt(info.working, 0);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

typedef struct paper {
    char text[8192];
    size_t used;
} paper;

static srd_status write_down(void *user, const char *text, size_t length)
{
    paper *const p = user;

    ck_assert_uint_lt(p->used + length, sizeof p->text);
    memcpy(p->text + p->used, text, length);
    p->used += length;
    return SRD_OK;
}

START_TEST(a_dump_names_every_layer)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    paper text = { { 0 }, 0 }, dot = { { 0 }, 0 };

    check_ok(srd_graph_dump(graph, SRD_DUMP_TEXT, write_down, &text, testing_reason()));
    check_ok(srd_graph_dump(graph, SRD_DUMP_DOT, write_down, &dot, testing_reason()));
    for (srd_layer i = 0; i < srd_graph_layer_count(graph); ++i) {
        ck_assert_ptr_nonnull(strstr(text.text, srd_graph_layer_name(graph, i)));
        ck_assert_ptr_nonnull(strstr(dot.text, srd_graph_layer_name(graph, i)));
    }
    ck_assert_ptr_nonnull(strstr(text.text, "conv1  4 x 9 x 11  from 0  swallowed\n"));
    ck_assert_int_eq(strncmp(dot.text, "digraph", 7), 0);
    ck_assert_str_eq(dot.text + dot.used - 2, "}\n");
    srd_graph_free(graph);
}
END_TEST

/* With the sizes of the explainer, which the graph does not know, and with the fast cases, unless none are taken (_i 1). */
START_TEST(a_dump_of_an_explainer_names_what_it_takes)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer_options o = testnet_options();
    srd_explainer *explainer;
    paper text = { { 0 }, 0 }, dot = { { 0 }, 0 };
    int cases = 0;

    o.fast_cases = _i == 0 ? SRD_FAST_CASES_ALL : SRD_FAST_CASES_NONE;
    explainer = testnet_explainer(graph, &o);
    check_ok(srd_explainer_dump(explainer, SRD_DUMP_TEXT, write_down, &text, testing_reason()));
    check_ok(srd_explainer_dump(explainer, SRD_DUMP_DOT, write_down, &dot, testing_reason()));
    for (srd_layer i = 0; i < srd_graph_layer_count(graph); ++i) {
        const char *name;
        int32_t s[3];
        char shape[64];

        check_ok(srd_explainer_layer_shape(explainer, i, s, testing_reason()));
        (void)snprintf(shape, sizeof shape, "  %s  %d x %d x %d  from", srd_graph_layer_name(graph, i), (int)s[0], (int)s[1],
                       (int)s[2]);
        ck_assert_ptr_nonnull(strstr(text.text, shape));
        for (int32_t k = 0; (name = srd_explainer_fast_case(explainer, i, k)) != NULL; ++k, ++cases) {
            ck_assert_ptr_nonnull(strstr(text.text, name));
            ck_assert_ptr_nonnull(strstr(dot.text, name));
        }
    }
    ck_assert_int_eq(cases > 0, _i == 0 && strstr(text.text, "; fast: ") != NULL);
    ck_assert_int_eq(strstr(text.text, "fast") != NULL, _i == 0);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

START_TEST(names_in_dot_are_escaped)
{
    srd_graph *graph;
    paper dot = { { 0 }, 0 };

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    ck_assert_int_eq(srd_graph_input(graph, "a\"b\\c", 1, 0, 2), 0);
    check_ok(srd_graph_output(graph, 0, testing_reason()));
    check_status(srd_graph_dump(graph, SRD_DUMP_TEXT, write_down, &dot, testing_reason()), SRD_ERR_STATE);
    check_status(srd_graph_dump(graph, 2, write_down, &dot, testing_reason()), SRD_ERR_ARGUMENT);
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_graph_dump(graph, SRD_DUMP_DOT, write_down, &dot, testing_reason()));
    ck_assert_ptr_nonnull(strstr(dot.text, "a\\\"b\\\\c"));
    ck_assert_ptr_nonnull(strstr(dot.text, "1 x ? x 2"));
    srd_graph_free(graph);
}
END_TEST

START_TEST(bad_arguments)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const explainer = testnet_explainer(graph, NULL);
    srd_layer_info layer = SRD_LAYER_INFO_INIT;
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_memory_info memory = SRD_MEMORY_INFO_INIT;
    paper text = { { 0 }, 0 };

    check_status(srd_graph_layer_info(NULL, 0, &layer, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_layer_info(graph, -1, &layer, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_layer_info(graph, 1000, &layer, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_layer_info(graph, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_plan_info(NULL, 0, &plan, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_plan_info(explainer, 1000, &plan, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_plan_info(explainer, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_memory_info(NULL, &memory, testing_reason()), SRD_ERR_ARGUMENT);
    memory.struct_size = 3;
    check_status(srd_explainer_memory_info(explainer, &memory, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_dump(NULL, SRD_DUMP_TEXT, write_down, &text, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_dump(graph, 2, write_down, &text, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_dump(graph, SRD_DUMP_TEXT, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    ck_assert_uint_eq(text.used, 0);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { layers_say_what_they_are, 0, 0 },
        { plans_say_what_a_run_costs, 0, 0 },
        { memory_adds_up, 0, 0 },
        { a_dump_names_every_layer, 0, 0 },
        { a_dump_of_an_explainer_names_what_it_takes, 0, 2 },
        { names_in_dot_are_escaped, 0, 0 },
        { bad_arguments, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("introspect", list);
}
