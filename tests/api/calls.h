/*
 * calls.h -- one valid call of every function that returns a status, with each of its pointers replaceable by NULL, so that
 * what must hold for all pointers of the interface is tested for all of them. Layer-adding functions are in adders.h.
 * Included by one test program each.
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include "fixture.h"

/* Everything that a call may write, so that one comparison shows whether it did. */
typedef struct outs {
    srd_tensor *tensor;
    srd_graph *graph;
    srd_explainer *explainer;
    size_t size;
    srd_layer layer;
    int32_t number;
    int32_t shape[3];
    srd_layer_geometry places[64];
    float low, high;
    uint64_t ticks;
    float numbers[FIXTURE_MAP];
    uint8_t rgba[4 * 4 * 4];
    uint8_t colours[3 * SRD_COLOUR_ENTRIES];
    srd_layer_info layer_info;
    srd_plan_info plan_info;
    srd_memory_info memory_info;
    srd_report report;
    srd_site_report site_report;
    srd_detail detail;
} outs;

/* What the calls work on. */
typedef struct given {
    fixture f;
    srd_graph *open;   /* one input and an output, not sealed */
    srd_tensor *value; /* of probs, a view of out.numbers */
    srd_tensor *plane; /* (9, 11), a seed, a map, a view of out.numbers */
    srd_tensor *direction;
    float direction_numbers[TESTNET_CLASSES], plane_numbers[FIXTURE_MAP];
    outs out;
    srd_detail why; /* of calls with a detail */
} given;

#define AS(n, pointer) (null == (n) ? NULL : (pointer))

static const int64_t call_shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };

static srd_status build_relu(srd_graph *graph, void *user)
{
    (void)user;
    return srd_graph_output(graph, srd_graph_relu(graph, "relu", srd_graph_input(graph, "x", 1, 2, 2)), testing_reason());
}

static srd_status forget(void *user, const char *text, size_t length)
{
    (void)user;
    (void)text;
    (void)length;
    return SRD_OK;
}

/* ---- tensors ---- */

static srd_status call_tensor_create(given *g, int null)
{
    return srd_tensor_create(SRD_FLOAT32, 2, AS(0, call_shape), NULL, AS(1, &g->out.tensor), AS(2, &g->why));
}

static srd_status call_tensor_view(given *g, int null)
{
    static const int64_t strides[2] = { TESTNET_WIDTH, 1 };

    return srd_tensor_view(SRD_FLOAT32, 2, AS(0, call_shape), AS(1, strides), AS(2, g->plane_numbers), NULL,
                           AS(3, &g->out.tensor), AS(4, &g->why));
}

static srd_status call_tensor_view_const(given *g, int null)
{
    static const int64_t strides[2] = { TESTNET_WIDTH, 1 };

    return srd_tensor_view_const(SRD_FLOAT32, 2, AS(0, call_shape), AS(1, strides), AS(2, g->plane_numbers), NULL,
                                 AS(3, &g->out.tensor), AS(4, &g->why));
}

static srd_status call_tensor_memory_size(given *g, int null)
{
    return srd_tensor_memory_size(SRD_FLOAT32, 2, AS(0, call_shape), AS(1, &g->out.size), AS(2, &g->why));
}

static srd_status call_tensor_view_memory_size(given *g, int null)
{
    return srd_tensor_view_memory_size(AS(0, &g->out.size), AS(1, &g->why));
}

static srd_status call_tensor_copy(given *g, int null)
{
    return srd_tensor_copy(AS(0, g->f.maps[0]), AS(1, g->plane), AS(2, &g->why));
}

/* ---- graphs ---- */

static srd_status call_graph_create(given *g, int null)
{
    const srd_graph_options o = SRD_GRAPH_OPTIONS_INIT;

    return srd_graph_create(AS(0, &o), NULL, AS(1, &g->out.graph), AS(2, &g->why));
}

static srd_status call_graph_memory_size(given *g, int null)
{
    const srd_graph_options o = SRD_GRAPH_OPTIONS_INIT;

    return srd_graph_memory_size(AS(0, build_relu), NULL, AS(1, &o), NULL, AS(2, &g->out.size), AS(3, &g->why));
}

static srd_status call_graph_output(given *g, int null)
{
    return srd_graph_output(AS(0, g->open), 0, AS(1, &g->why));
}

static srd_status call_graph_seal(given *g, int null)
{
    return srd_graph_seal(AS(0, g->open), AS(1, &g->why));
}

static srd_status call_graph_detail(given *g, int null)
{
    return srd_graph_detail(AS(0, g->f.graph), AS(1, &g->out.detail));
}

static srd_status call_graph_layer_shape(given *g, int null)
{
    return srd_graph_layer_shape(AS(0, g->f.graph), g->f.x, AS(1, g->out.shape), AS(2, &g->why));
}

static srd_status call_graph_layer_info(given *g, int null)
{
    return srd_graph_layer_info(AS(0, g->f.graph), g->f.x, AS(1, &g->out.layer_info), AS(2, &g->why));
}

static srd_status call_graph_dump(given *g, int null)
{
    return srd_graph_dump(AS(0, g->f.graph), SRD_DUMP_TEXT, AS(1, forget), NULL, AS(2, &g->why));
}

static srd_status call_explainer_dump(given *g, int null)
{
    return srd_explainer_dump(AS(0, g->f.explainer), SRD_DUMP_TEXT, AS(1, forget), NULL, AS(2, &g->why));
}

/* ---- making, running and looking at an explainer ---- */

static srd_status call_explainer_memory_size(given *g, int null)
{
    const srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;

    return srd_explainer_memory_size(AS(0, g->f.graph), AS(1, &o), NULL, AS(2, &g->out.size), AS(3, &g->why));
}

static srd_status call_explainer_create(given *g, int null)
{
    const srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;

    return srd_explainer_create(AS(0, g->f.graph), AS(1, &o), NULL, AS(2, &g->out.explainer), AS(3, &g->why));
}

static srd_status call_run(given *g, int null)
{
    const srd_run_options o = SRD_RUN_OPTIONS_INIT;
    const srd_tensor *const inputs[1] = { AS(2, g->f.input) };

    return srd_explainer_run(AS(0, g->f.explainer), AS(1, inputs), 1, AS(3, &o), AS(4, &g->why));
}

static srd_status call_begin(given *g, int null)
{
    const srd_run_options o = SRD_RUN_OPTIONS_INIT;
    const srd_tensor *const inputs[1] = { AS(2, g->f.input) };

    return srd_explainer_begin(AS(0, g->f.explainer), AS(1, inputs), 1, AS(3, &o), AS(4, &g->why));
}

static srd_status call_step_info(given *g, int null)
{
    return srd_explainer_step_info(AS(0, g->f.explainer), 0, AS(1, &g->out.layer), AS(2, &g->out.ticks), AS(3, &g->why));
}

static srd_status call_value(given *g, int null)
{
    return srd_explainer_value(AS(0, g->f.explainer), g->f.probs, AS(1, g->value), AS(2, &g->why));
}

static srd_status call_top_class(given *g, int null)
{
    return srd_explainer_top_class(AS(0, g->f.explainer), 0, 0, AS(1, &g->out.number), AS(2, &g->out.low), AS(3, &g->why));
}

static srd_status call_report(given *g, int null)
{
    return srd_explainer_report(AS(0, g->f.explainer), AS(1, &g->out.report), AS(2, &g->why));
}

static srd_status call_site_report(given *g, int null)
{
    return srd_explainer_site_report(AS(0, g->f.explainer), g->f.relu1, AS(1, &g->out.site_report), AS(2, &g->why));
}

static srd_status call_plan_info(given *g, int null)
{
    return srd_explainer_plan_info(AS(0, g->f.explainer), g->f.relu1, AS(1, &g->out.plan_info), AS(2, &g->why));
}

static srd_status call_memory_info(given *g, int null)
{
    return srd_explainer_memory_info(AS(0, g->f.explainer), AS(1, &g->out.memory_info), AS(2, &g->why));
}

static srd_status call_explainer_layer_shape(given *g, int null)
{
    return srd_explainer_layer_shape(AS(0, g->f.explainer), g->f.relu1, AS(1, g->out.shape), AS(2, &g->why));
}

static srd_status call_explainer_layer_geometry(given *g, int null)
{
    return srd_explainer_layer_geometry(AS(0, g->f.explainer), g->f.x, AS(1, g->out.places), srd_graph_layer_count(g->f.graph),
                                        (int32_t)sizeof(srd_layer_geometry), AS(2, &g->why));
}

/* ---- questions: pointers 0 to 4 are the same for all, the rest is the function's ---- */

#define QUESTION(last, type, init, ask, middle)                        \
    const type o = init;                                               \
    srd_tensor *const maps[2] = { g->f.maps[0], AS(4, g->f.maps[1]) }; \
                                                                       \
    return ask(AS(0, g->f.explainer), middle AS(1, &o), AS(2, g->f.layers), AS(3, maps), 2, AS(last, &g->why))
#define ARGUMENTS(...) __VA_ARGS__,

static srd_status call_ask(given *g, int null)
{
    const srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { AS(6, &target) };
    QUESTION(7, srd_question_options, SRD_QUESTION_OPTIONS_INIT, srd_explainer_ask, ARGUMENTS(AS(5, targets), 1));
}

static srd_status call_ask_gradcam(given *g, int null)
{
    const srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { AS(6, &target) };
    QUESTION(7, srd_gradcam_options, SRD_GRADCAM_OPTIONS_INIT, srd_explainer_ask_gradcam,
             ARGUMENTS(AS(5, targets), 1, g->f.relu2));
}

static srd_status call_ask_class(given *g, int null)
{
    QUESTION(5, srd_score_options, SRD_SCORE_OPTIONS_INIT, srd_explainer_ask_class, ARGUMENTS(1));
}

static srd_status call_ask_top(given *g, int null)
{
    QUESTION(5, srd_score_options, SRD_SCORE_OPTIONS_INIT, srd_explainer_ask_top, );
}

static srd_status call_ask_against(given *g, int null)
{
    QUESTION(5, srd_score_options, SRD_SCORE_OPTIONS_INIT, srd_explainer_ask_against, ARGUMENTS(1, 0));
}

static srd_status call_ask_direction(given *g, int null)
{
    QUESTION(6, srd_score_options, SRD_SCORE_OPTIONS_INIT, srd_explainer_ask_direction, ARGUMENTS(AS(5, g->direction)));
}

static srd_status call_ask_erf(given *g, int null)
{
    QUESTION(5, srd_question_options, SRD_QUESTION_OPTIONS_INIT, srd_explainer_ask_erf, ARGUMENTS(g->f.relu1, 3, 4));
}

static srd_status call_ask_seed(given *g, int null)
{
    QUESTION(6, srd_question_options, SRD_QUESTION_OPTIONS_INIT, srd_explainer_ask_seed,
             ARGUMENTS(g->f.relu1, AS(5, g->plane)));
}

/* ---- rendering ---- */

static srd_status call_render_map(given *g, int null)
{
    const srd_render_options o = SRD_RENDER_OPTIONS_INIT;

    return srd_render_map(AS(0, g->plane), AS(1, &o), AS(2, g->out.rgba), 16, 4, 4, AS(3, &g->why));
}

static srd_status call_render_overlay(given *g, int null)
{
    const srd_render_options o = SRD_RENDER_OPTIONS_INIT;
    const srd_overlay_options p = SRD_OVERLAY_OPTIONS_INIT;

    return srd_render_overlay(AS(0, g->plane), AS(1, g->plane), AS(2, &o), AS(3, &p), AS(4, g->out.rgba), 16, 4, 4,
                              AS(5, &g->why));
}

static srd_status call_render_scale(given *g, int null)
{
    const srd_render_options o = SRD_RENDER_OPTIONS_INIT;

    return srd_render_scale(AS(0, g->plane), AS(1, &o), AS(2, &g->out.low), AS(3, &g->out.high), AS(4, &g->why));
}

static srd_status call_render_colour_map(given *g, int null)
{
    return srd_render_colour_map(SRD_COLOURS_GREY, AS(0, g->out.colours), AS(1, &g->why));
}

#endif
