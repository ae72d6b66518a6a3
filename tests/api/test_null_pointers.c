/*
 * test_null_pointers.c -- NULL for every pointer of every function: allowed where the header says so; anywhere else
 * SRD_ERR_ARGUMENT with a reason, and no output is touched.
 */
#include "calls.h"

/* A letter for each pointer in the order of calls.h: o NULL is allowed, r it is refused. */
static const struct {
    const char *name;
    srd_status (*call)(given *g, int null);
    const char *pointers;
    char reason; /* where it is: d the detail parameter, - nowhere */
} calls[] = {
    { "srd_tensor_create", call_tensor_create, "rro", 'd' },
    { "srd_tensor_view", call_tensor_view, "rorro", 'd' },
    { "srd_tensor_view_const", call_tensor_view_const, "rorro", 'd' },
    { "srd_tensor_memory_size", call_tensor_memory_size, "rro", 'd' },
    { "srd_tensor_view_memory_size", call_tensor_view_memory_size, "ro", 'd' },
    { "srd_tensor_copy", call_tensor_copy, "rro", 'd' },
    { "srd_graph_create", call_graph_create, "oro", 'd' },
    { "srd_graph_memory_size", call_graph_memory_size, "roro", 'd' },
    { "srd_graph_output", call_graph_output, "ro", 'd' },
    { "srd_graph_seal", call_graph_seal, "ro", 'd' },
    { "srd_graph_detail", call_graph_detail, "rr", '-' },
    { "srd_graph_layer_shape", call_graph_layer_shape, "rro", 'd' },
    { "srd_graph_layer_info", call_graph_layer_info, "rro", 'd' },
    { "srd_graph_dump", call_graph_dump, "rro", 'd' },
    { "srd_explainer_memory_size", call_explainer_memory_size, "roro", 'd' },
    { "srd_explainer_create", call_explainer_create, "roro", 'd' },
    { "srd_explainer_run", call_run, "rrroo", 'd' },
    { "srd_explainer_begin", call_begin, "rrroo", 'd' },
    { "srd_explainer_step_info", call_step_info, "rooo", 'd' },
    { "srd_explainer_value", call_value, "rro", 'd' },
    { "srd_explainer_top_class", call_top_class, "rooo", 'd' },
    { "srd_explainer_report", call_report, "rro", 'd' },
    { "srd_explainer_site_report", call_site_report, "rro", 'd' },
    { "srd_explainer_plan_info", call_plan_info, "rro", 'd' },
    { "srd_explainer_dump", call_explainer_dump, "rro", 'd' },
    { "srd_explainer_memory_info", call_memory_info, "rro", 'd' },
    { "srd_explainer_layer_shape", call_explainer_layer_shape, "rro", 'd' },
    { "srd_explainer_layer_geometry", call_explainer_layer_geometry, "rro", 'd' },
    { "srd_explainer_ask", call_ask, "rorrrrro", 'd' },
    { "srd_explainer_ask_gradcam", call_ask_gradcam, "rorrrrro", 'd' },
    { "srd_explainer_ask_class", call_ask_class, "rorrro", 'd' },
    { "srd_explainer_ask_top", call_ask_top, "rorrro", 'd' },
    { "srd_explainer_ask_against", call_ask_against, "rorrro", 'd' },
    { "srd_explainer_ask_direction", call_ask_direction, "rorrrro", 'd' },
    { "srd_explainer_ask_erf", call_ask_erf, "rorrro", 'd' },
    { "srd_explainer_ask_seed", call_ask_seed, "rorrrro", 'd' },
    { "srd_render_map", call_render_map, "roro", 'd' },
    { "srd_render_overlay", call_render_overlay, "rrooro", 'd' },
    { "srd_render_scale", call_render_scale, "roooo", 'd' },
    { "srd_render_colour_map", call_render_colour_map, "ro", 'd' },
};
#define CALLS ((int)(sizeof calls / sizeof *calls))

/* Outputs with a pattern, and the sizes that the caller sets. */
static void new_outs(outs *o)
{
    memset(o, 0x5a, sizeof *o);
    o->tensor = NULL;
    o->graph = NULL;
    o->explainer = NULL;
    o->layer_info.struct_size = (uint32_t)sizeof o->layer_info;
    o->plan_info.struct_size = (uint32_t)sizeof o->plan_info;
    o->memory_info.struct_size = (uint32_t)sizeof o->memory_info;
    o->report.struct_size = (uint32_t)sizeof o->report;
    o->site_report.struct_size = (uint32_t)sizeof o->site_report;
    o->detail.struct_size = (uint32_t)sizeof o->detail;
}

static void free_outs(outs *o)
{
    srd_tensor_free(o->tensor);
    srd_graph_free(o->graph);
    srd_explainer_free(o->explainer);
}

/* Byte by byte, paddings included: nothing at all was written. */
static int same_bytes(const outs *a, const outs *b)
{
    const unsigned char *const left = (const unsigned char *)a, *const right = (const unsigned char *)b;
    size_t i = 0;

    while (i < sizeof *a && left[i] == right[i]) ++i;
    return i == sizeof *a;
}

/* An explainer that has run and answered, with Grad-CAM kept at relu2; maps of the layers that every question reaches. */
static void begin(given *g)
{
    srd_explainer_options o = testnet_options();
    const int64_t classes = TESTNET_CLASSES;
    srd_keep keep;
    srd_graph *const looked_at = testnet_graph(testnet_residual);

    keep.layer = srd_graph_find(looked_at, "relu2");
    keep.what = SRD_KEEP_GRADCAM;
    srd_graph_free(looked_at);
    o.keeps = &keep;
    o.keep_count = 1;
    fixture_begin(&g->f, &o, 1);
    check_ok(srd_explainer_ask_top(g->f.explainer, NULL, NULL, NULL, 0, testing_reason()));
    check_ok(srd_graph_create(NULL, NULL, &g->open, NULL));
    check_ok(build_relu(g->open, NULL));
    for (int i = 0; i < TESTNET_CLASSES; ++i) g->direction_numbers[i] = (float)(i + 1);
    testnet_picture(g->plane_numbers, FIXTURE_MAP, 3);
    g->value = testing_view(1, &classes, g->out.numbers);
    g->plane = testing_view(2, call_shape, g->plane_numbers);
    g->direction = testing_view(1, &classes, g->direction_numbers);
    g->why = testing_new_detail();
    new_outs(&g->out);
}

static void end(given *g)
{
    free_outs(&g->out);
    srd_tensor_free(g->value);
    srd_tensor_free(g->plane);
    srd_tensor_free(g->direction);
    srd_graph_free(g->open);
    fixture_end(&g->f);
}

/* The reason of a refusal, if there is a place for it and the call knew of it. */
static void check_why(given *g, int call, int null)
{
    const srd_detail why = g->why;

    if (calls[call].reason == '-') return;
    ck_assert_msg(why.status == SRD_ERR_ARGUMENT && why.text[0] != '\0', "%s, pointer %d: status %d, \"%s\"", calls[call].name,
                  null, (int)why.status, why.text);
}

START_TEST(with_all_pointers_it_succeeds)
{
    given g;

    begin(&g);
    check_ok(calls[_i].call(&g, -1));
    end(&g);
}
END_TEST

START_TEST(each_pointer_is_null_in_turn)
{
    for (int null = 0; calls[_i].pointers[null] != '\0'; ++null) {
        const srd_status want = calls[_i].pointers[null] == 'o' ? SRD_OK : SRD_ERR_ARGUMENT;
        given g;
        outs before;
        srd_status got;

        begin(&g);
        memcpy(&before, &g.out, sizeof before);
        got = calls[_i].call(&g, null);
        ck_assert_msg(got == want, "%s, pointer %d: %s", calls[_i].name, null, srd_status_name(got));
        if (want != SRD_OK) {
            ck_assert_msg(same_bytes(&before, &g.out), "%s, pointer %d: an output was written", calls[_i].name, null);
            check_untouched(g.f.numbers[0], FIXTURE_MAP);
            check_untouched(g.f.numbers[1], FIXTURE_MAP);
            check_why(&g, _i, null);
            /* The explainer goes on: its run is still there. */
            check_ok(srd_explainer_ask_top(g.f.explainer, NULL, g.f.layers, g.f.maps, 2, testing_reason()));
        }
        end(&g);
    }
}
END_TEST

/* A step is the one call that needs a run in progress. */
START_TEST(steps)
{
    int32_t left = 4711;
    given g;

    begin(&g);
    check_status(srd_explainer_step(NULL, &left, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step(NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step(g.f.explainer, &left, testing_reason()), SRD_ERR_STATE); /* none was begun */
    check_reason(SRD_ERR_STATE);
    ck_assert_int_eq(left, 4711);
    check_ok(call_begin(&g, -1));
    check_ok(srd_explainer_step(g.f.explainer, NULL, testing_reason()));
    check_ok(srd_explainer_step(g.f.explainer, &left, testing_reason()));
    ck_assert_int_eq(left, srd_explainer_step_count(g.f.explainer) - 2);
    end(&g);
}
END_TEST

/* Functions that return what they are asked for have an empty answer. */
START_TEST(looking)
{
    given g;

    begin(&g);
    ck_assert_int_eq(srd_tensor_rank(NULL), 0);
    ck_assert_int_eq(srd_tensor_shape(NULL, 0), 0);
    ck_assert_int_eq(srd_tensor_stride(NULL, 0), 0);
    ck_assert_ptr_null(srd_tensor_data(NULL));
    ck_assert_ptr_null(srd_tensor_const_data(NULL));
    ck_assert_int_eq(srd_graph_layer_count(NULL), 0);
    ck_assert_int_eq(srd_graph_find(NULL, "x"), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_find(g.f.graph, NULL), SRD_LAYER_NONE);
    ck_assert_ptr_null(srd_graph_layer_name(NULL, 0));
    ck_assert_ptr_null(srd_graph_layer_kind(NULL, 0));
    ck_assert_int_eq(srd_graph_is_site(NULL, 0), 0);
    ck_assert_int_eq(srd_graph_layer_operand(NULL, 0, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_input_count(NULL), 0);
    ck_assert_int_eq(srd_graph_input_layer(NULL, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_output_count(NULL), 0);
    ck_assert_int_eq(srd_graph_output_layer(NULL, 0), SRD_LAYER_NONE);
    ck_assert_uint_eq(srd_graph_memory_used(NULL), 0);
    ck_assert_int_eq(srd_explainer_step_count(NULL), 0);
    ck_assert_uint_eq(srd_explainer_memory_used(NULL), 0);
    srd_tensor_free(NULL);
    srd_graph_free(NULL);
    srd_explainer_free(NULL);
    end(&g);
}
END_TEST

/* The same functions, asked for layers, axes and numbers that do not exist. */
START_TEST(looking_for_what_is_not_there)
{
    static const int32_t unknown[] = { -1, -2, INT32_MIN, 1000, INT32_MAX };
    const int32_t n = unknown[_i];
    outs before;
    given g;

    begin(&g);
    memcpy(&before, &g.out, sizeof before);
    ck_assert_int_eq(srd_tensor_shape(g.plane, n), 0);
    ck_assert_int_eq(srd_tensor_stride(g.plane, n), 0);
    ck_assert_ptr_null(srd_graph_layer_name(g.f.graph, n));
    ck_assert_ptr_null(srd_graph_layer_kind(g.f.graph, n));
    ck_assert_int_eq(srd_graph_is_site(g.f.graph, n), 0);
    ck_assert_int_eq(srd_graph_layer_operand(g.f.graph, n, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_layer_operand(g.f.graph, g.f.relu1, n), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_input_layer(g.f.graph, n), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_output_layer(g.f.graph, n), SRD_LAYER_NONE);
    check_status(srd_graph_layer_shape(g.f.graph, n, g.out.shape, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_layer_info(g.f.graph, n, &g.out.layer_info, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_dump(g.f.graph, n, forget, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_dump(g.f.explainer, n, forget, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_shape(g.f.explainer, n, g.out.shape, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_plan_info(g.f.explainer, n, &g.out.plan_info, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(g.f.explainer, n, &g.out.site_report, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(g.f.explainer, n, &g.out.layer, &g.out.ticks, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_render_colour_map(n, g.out.colours, NULL), SRD_ERR_ARGUMENT);
    ck_assert_str_eq(srd_status_name(n), "unknown status");
    ck_assert(same_bytes(&before, &g.out));
    end(&g);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { with_all_pointers_it_succeeds, 0, CALLS },
        { each_pointer_is_null_in_turn, 0, CALLS },
        { steps, 0, 0 },
        { looking, 0, 0 },
        { looking_for_what_is_not_there, 0, 5 },
        { NULL, 0, 0 },
    };

    return testing_main("null_pointers", list);
}
