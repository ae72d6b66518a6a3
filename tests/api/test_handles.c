/*
 * test_handles.c -- a pointer to another handle than a function takes, or to one that was freed while its memory is still there, is
 * refused like a NULL: no function reads it as what it is not. Where handles are void * in a binding it is the first mistake one makes.
 */
#include "fixture.h"

#define BLOCK (1 << 20)

static _Alignas(SRD_ALIGNMENT) unsigned char blocks[3][BLOCK];

/* A handle of each kind in memory of ours, which stays when they are freed. */
typedef struct handles {
    srd_memory memory[3];
    srd_tensor *tensor;
    srd_graph *graph;
    srd_explainer *explainer;
} handles;

static void begin(handles *h)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    static testnet net;

    memset(h, 0, sizeof *h);
    for (int i = 0; i < 3; ++i) {
        h->memory[i] = (srd_memory)SRD_MEMORY_INIT;
        h->memory[i].buffer = blocks[i];
        h->memory[i].buffer_size = BLOCK;
    }
    check_ok(srd_tensor_create(SRD_FLOAT32, 3, shape, &h->memory[0], &h->tensor, NULL));
    check_ok(srd_graph_create(NULL, &h->memory[1], &h->graph, NULL));
    check_ok(testnet_residual(h->graph, &net));
    check_ok(srd_graph_seal(h->graph, NULL));
    check_ok(srd_explainer_create(h->graph, NULL, &h->memory[2], &h->explainer, NULL));
}

/* Everything that takes a tensor, given what is none. */
static void check_no_tensor(handles *h, const void *wrong)
{
    srd_tensor *const t = (srd_tensor *)(uintptr_t)wrong;
    const srd_layer x = srd_graph_find(h->graph, "x");
    const srd_tensor *const inputs[1] = { t };
    const srd_target *targets[1];
    srd_target target = SRD_TARGET_INIT;
    srd_detail why = testing_new_detail();
    uint8_t rgba[4 * TESTNET_PIXELS];
    float low, high;

    ck_assert_int_eq(srd_tensor_rank(t), 0);
    ck_assert_int_eq(srd_tensor_shape(t, 0), 0);
    ck_assert_int_eq(srd_tensor_stride(t, 0), 0);
    ck_assert_ptr_null(srd_tensor_data(t));
    ck_assert_ptr_null(srd_tensor_const_data(t));
    check_status(srd_tensor_copy(t, h->tensor, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "no tensor");
    check_status(srd_tensor_copy(h->tensor, t, &why), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_run(h->explainer, inputs, 1, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_ARGUMENT, "x", "no tensor");
    check_ok(testnet_run(h->explainer, 1));
    check_status(srd_explainer_value(h->explainer, srd_graph_find(h->graph, "probs"), t, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_top(h->explainer, NULL, &x, &t, 1, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_seed(h->explainer, x, t, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_direction(h->explainer, t, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    target.mask = t;
    targets[0] = &target;
    check_status(srd_explainer_ask(h->explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_render_map(t, NULL, rgba, 4 * TESTNET_WIDTH, TESTNET_WIDTH, TESTNET_HEIGHT, &why), SRD_ERR_ARGUMENT);
    check_status(srd_render_scale(t, NULL, &low, &high, &why), SRD_ERR_ARGUMENT);
    srd_tensor_free(t); /* nothing happens */
}

static srd_status no_text(void *user, const char *text, size_t length)
{
    (void)user, (void)text, (void)length;
    ck_abort_msg("a graph that is none was written");
    return SRD_OK;
}

static void check_no_graph(const void *wrong)
{
    srd_graph *const g = (srd_graph *)(uintptr_t)wrong;
    srd_explainer *explainer = NULL;
    srd_detail why = testing_new_detail();
    srd_layer_info info = SRD_LAYER_INFO_INIT;
    int32_t shape[3];
    size_t size;

    ck_assert_int_eq(srd_graph_layer_count(g), 0);
    ck_assert_int_eq(srd_graph_input_count(g), 0);
    ck_assert_int_eq(srd_graph_output_count(g), 0);
    ck_assert_int_eq(srd_graph_input_layer(g, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_output_layer(g, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_find(g, "x"), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_layer_operand(g, 1, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_is_site(g, 0), 0);
    ck_assert_ptr_null(srd_graph_layer_name(g, 0));
    ck_assert_ptr_null(srd_graph_layer_kind(g, 0));
    ck_assert_uint_eq(srd_graph_memory_used(g), 0);
    check_status(srd_graph_layer_shape(g, 0, shape, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_layer_info(g, 0, &info, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_dump(g, SRD_DUMP_TEXT, no_text, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_detail(g, &why), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(srd_graph_relu(g, NULL, 0), SRD_LAYER_NONE);
    ck_assert_int_eq(srd_graph_input(g, "x", 1, 2, 2), SRD_LAYER_NONE);
    check_status(srd_graph_output(g, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_graph_seal(g, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "no graph");
    check_status(srd_explainer_create(g, NULL, NULL, &explainer, &why), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_memory_size(g, NULL, NULL, &size, &why), SRD_ERR_ARGUMENT);
    ck_assert_ptr_null(explainer);
    srd_graph_free(g);
}

static void check_no_explainer(const void *wrong)
{
    srd_explainer *const e = (srd_explainer *)(uintptr_t)wrong;
    const srd_target target = SRD_TARGET_INIT, *const targets[1] = { &target };
    srd_report report = SRD_REPORT_INIT;
    srd_site_report site = SRD_SITE_REPORT_INIT;
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_memory_info memory = SRD_MEMORY_INFO_INIT;
    int32_t numbers[3];
    float error;

    check_status(srd_explainer_run(e, NULL, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_begin(e, NULL, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step(e, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_step_info(e, 0, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_value(e, 0, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_top_class(e, 0, 0, NULL, NULL, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_given_error(e, 0, &error, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask(e, targets, 1, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_class(e, 0, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_top(e, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_direction(e, NULL, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_erf(e, 0, 0, 0, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_seed(e, 0, NULL, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_ask_gradcam(e, targets, 1, 0, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_report(e, &report, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_site_report(e, 0, &site, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_plan_info(e, 0, &plan, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_memory_info(e, &memory, testing_reason()), SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_shape(e, 0, numbers, testing_reason()), SRD_ERR_ARGUMENT);
    check_detail(testing_reason(), SRD_ERR_ARGUMENT, "", "explainer is");
    ck_assert_int_eq(srd_explainer_batch(e), 0);
    ck_assert_int_eq(srd_explainer_step_count(e), 0);
    ck_assert_int_eq(srd_explainer_kernels(e), 0);
    ck_assert_uint_eq(srd_explainer_memory_used(e), 0);
    srd_explainer_free(e);
}

START_TEST(another_handle_is_refused)
{
    handles h;

    begin(&h);
    check_no_tensor(&h, h.graph);
    check_no_tensor(&h, h.explainer);
    check_no_graph(h.tensor);
    check_no_graph(h.explainer);
    check_no_explainer(h.tensor);
    check_no_explainer(h.graph);
    check_ok(testnet_run(h.explainer, 1)); /* and all of them are as they were */
    ck_assert_int_eq(srd_tensor_rank(h.tensor), 3);
    srd_explainer_free(h.explainer);
    srd_graph_free(h.graph);
    srd_tensor_free(h.tensor);
}
END_TEST

/* As a weight, a bias, a mask: a layer call fails with a message that names the parameter. */
START_TEST(a_layer_takes_tensors_only)
{
    const int64_t shape[4] = { 1, 1, 1, 1 };
    const float one = 1.0f;
    srd_tensor *const weight = testing_const_view(4, shape, &one), *const flat = testing_const_view(2, shape, &one);
    handles h;

    begin(&h);
    for (int call = 0; call < 6; ++call) {
        const srd_tensor *const wrong = (const srd_tensor *)(const void *)h.explainer;
        static const char *const names[] = { "weight", "bias", "weight", "bias", "constant", "mean" };
        srd_graph *graph = NULL;
        srd_detail why = testing_new_detail();
        srd_layer x, layer = 0;

        check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
        x = srd_graph_input(graph, "x", 1, 1, 1);
        switch (call) {
        case 0: layer = srd_graph_conv2d(graph, "it", x, wrong, NULL, NULL); break;
        case 1: layer = srd_graph_conv2d(graph, "it", x, weight, wrong, NULL); break;
        case 2: layer = srd_graph_linear(graph, "it", x, wrong, NULL, NULL); break;
        case 3: layer = srd_graph_linear(graph, "it", x, flat, wrong, NULL); break;
        case 4: layer = srd_graph_constant(graph, "it", wrong); break;
        default: layer = srd_graph_batch_norm(graph, "it", x, NULL, NULL, wrong, wrong, 1e-5); break;
        }
        ck_assert_int_eq(layer, SRD_LAYER_NONE);
        check_status(srd_graph_seal(graph, &why), SRD_ERR_ARGUMENT);
        check_detail(&why, SRD_ERR_ARGUMENT, "it", names[call]);
        check_detail(&why, SRD_ERR_ARGUMENT, "it", "no tensor");
        srd_graph_free(graph);
    }
    srd_tensor_free(weight);
    srd_tensor_free(flat);
    srd_explainer_free(h.explainer);
    srd_graph_free(h.graph);
    srd_tensor_free(h.tensor);
}
END_TEST

/* Freed once more, and used once more: in a block of the caller's the memory is still there. */
START_TEST(a_freed_handle_is_refused)
{
    handles h;

    begin(&h);
    srd_explainer_free(h.explainer);
    check_no_explainer(h.explainer); /* frees it again, too */
    srd_graph_free(h.graph);
    check_no_graph(h.graph);
    srd_tensor_free(h.tensor);
    srd_tensor_free(h.tensor);
    ck_assert_int_eq(srd_tensor_rank(h.tensor), 0);
}
END_TEST

/* Freeing a graph twice does not take the hold of its explainer. */
START_TEST(a_graph_that_is_freed_twice_stays_for_its_explainer)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const explainer = testnet_explainer(graph, NULL);

    srd_graph_free(graph);
    srd_graph_free(graph);
    srd_graph_free(graph);
    check_ok(testnet_run(explainer, 1));
    check_ok(srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, testing_reason()));
    srd_explainer_free(explainer);
}
END_TEST

/* ---- an explainer that is in use ---- */

typedef struct visit {
    srd_explainer *explainer;
    int calls;
} visit;

static srd_status in_progress(void *user, int32_t done, int32_t total)
{
    visit *const v = user;
    srd_detail why = testing_new_detail();

    (void)done, (void)total;
    v->calls++;
    check_status(testnet_run(v->explainer, 1), SRD_ERR_STATE);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_STATE, "", "in use (by a callback of its own, or another thread)");
    check_status(srd_explainer_step(v->explainer, NULL, testing_reason()), SRD_ERR_STATE);
    srd_explainer_free(v->explainer); /* not while it runs */
    return 0;
}

/* Neither runs nor frees in a callback; the run goes on, and afterwards everything works. */
START_TEST(a_callback_cannot_run_or_free_its_explainer)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    float picture[TESTNET_INPUT];
    const srd_tensor *input;
    visit v = { NULL, 0 };
    fixture f;

    fixture_begin(&f, NULL, 0);
    testnet_picture(picture, TESTNET_INPUT, 1);
    input = testing_const_view(3, shape, picture);
    v.explainer = f.explainer;
    o.progress = in_progress;
    o.user = &v;
    check_ok(srd_explainer_run(f.explainer, &input, 1, &o, testing_reason()));
    ck_assert_int_gt(v.calls, 3);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2, testing_reason()));
    check_ok(testnet_run(f.explainer, 2));
    srd_tensor_free((srd_tensor *)(uintptr_t)input);
    fixture_end(&f);
}
END_TEST

static uint64_t in_clock(void *user)
{
    visit *const v = user;
    srd_detail why = testing_new_detail();

    v->calls++;
    check_status(srd_explainer_ask_top(v->explainer, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_STATE);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_STATE, "", "in use");
    return 1;
}

/* In the middle of a step nothing may be asked. What the next call fails with is told, not that. */
START_TEST(a_clock_cannot_ask)
{
    srd_run_options o = SRD_RUN_OPTIONS_INIT;
    srd_detail why = testing_new_detail();
    const srd_tensor *input;
    visit v = { NULL, 0 };
    fixture f;

    fixture_begin(&f, NULL, 0);
    input = f.input;
    v.explainer = f.explainer;
    o.clock = in_clock;
    o.user = &v;
    check_ok(srd_explainer_run(f.explainer, &input, 1, &o, testing_reason()));
    ck_assert_int_gt(v.calls, 3);
    check_status(srd_explainer_ask_class(f.explainer, 1000, NULL, NULL, NULL, 0, testing_reason()), SRD_ERR_ARGUMENT);
    why = *testing_reason();
    check_detail(&why, SRD_ERR_ARGUMENT, "probs", "1000");
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { another_handle_is_refused, 0, 0 },
        { a_layer_takes_tensors_only, 0, 0 },
        { a_freed_handle_is_refused, 0, 0 },
        { a_graph_that_is_freed_twice_stays_for_its_explainer, 0, 0 },
        { a_callback_cannot_run_or_free_its_explainer, 0, 0 },
        { a_clock_cannot_ask, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("handles", list);
}
