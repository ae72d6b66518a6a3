/*
 * test_left_out.c -- the library with examples/firmware/srd_small.h: what it can do it does, and all else is refused by a failure that
 * names the switch. The texts, which firmware leaves out, are there; int8 is not.
 */
#include "testing.h"

#define SIDE 4
#define PIXELS (SIDE * SIDE)

/* Handles and blocks of this test; nothing is from malloc. */
static _Alignas(SRD_ALIGNMENT) unsigned char blocks[2][1 << 18], handles[8][512];
static int taken;

static const float kernel[2 * 9] = { 0.5f, -1, 2, 0, 1, 3, -2, 1, 1, 1, 0.25f, -1, 2, 2, 0, 1, -3, 1 };
static const float weight[2 * 2] = { 1, 2, -1, 3 };
static const float picture[PIXELS] = { 1, 2, 3, 4, 4, 3, 2, 1, 0, 1, 0, 2, 5, 1, 1, 3 };

static srd_memory block(void *bytes, size_t size)
{
    srd_memory memory = SRD_MEMORY_INIT;

    memory.buffer = bytes;
    memory.buffer_size = size;
    return memory;
}

static srd_tensor *view(int32_t type, int32_t rank, const int64_t *shape, const void *numbers)
{
    srd_memory memory = block(handles[taken % 8], sizeof handles[0]);
    srd_tensor *tensor = NULL;

    ++taken;
    check_ok(srd_tensor_view_const(type, rank, shape, NULL, numbers, &memory, &tensor, NULL));
    return tensor;
}

static srd_graph *new_graph(void)
{
    const srd_memory memory = block(blocks[0], sizeof blocks[0]);
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_graph *graph = NULL;

    options.weight_policy = SRD_WEIGHTS_BORROW;
    check_ok(srd_graph_create(&options, &memory, &graph, NULL));
    return graph;
}

/* Convolution, ReLU, mean, two scores. */
static srd_graph *network(void)
{
    srd_graph *const graph = new_graph();
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    srd_layer x = srd_graph_input(graph, "picture", 1, SIDE, SIDE);

    options.pad_top = options.pad_left = options.pad_bottom = options.pad_right = 1;
    x = srd_graph_conv2d(graph, "conv", x, view(SRD_FLOAT32, 4, (const int64_t[]){ 2, 1, 3, 3 }, kernel), NULL, &options);
    x = srd_graph_global_avg_pool(graph, "mean", srd_graph_relu(graph, "features", x));
    x = srd_graph_linear(graph, "scores", x, view(SRD_FLOAT32, 2, (const int64_t[]){ 2, 2 }, weight), NULL, NULL);
    check_ok(srd_graph_output(graph, x, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    return graph;
}

static srd_status explain(const srd_graph *graph, const srd_explainer_options *options, srd_explainer **explainer,
                          srd_detail *detail)
{
    const srd_memory memory = block(blocks[1], sizeof blocks[1]);

    return srd_explainer_create(graph, options, &memory, explainer, detail);
}

static srd_status run(srd_explainer *explainer, const srd_run_options *options)
{
    const srd_tensor *const inputs[1] = { view(SRD_FLOAT32, 3, (const int64_t[]){ 1, SIDE, SIDE }, picture) };

    return srd_explainer_run(explainer, inputs, 1, options, testing_reason());
}

static srd_explainer *ready(void)
{
    srd_explainer *explainer = NULL;

    check_ok(explain(network(), NULL, &explainer, NULL));
    check_ok(run(explainer, NULL));
    return explainer;
}

/* The call has failed because of this switch. */
static void check_missing(srd_status got, const char *words)
{
    srd_detail detail = testing_new_detail();

    check_status(got, SRD_ERR_UNSUPPORTED);
    detail = *testing_reason();
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", words);
}

START_TEST(it_explains)
{
    srd_explainer *const explainer = ready();
    const srd_memory memory = block(handles[7], sizeof handles[7]);
    const srd_layer layer = 0;
    float map[PIXELS], score, sum = 0;
    int32_t class_index;
    srd_tensor *tensor = NULL;

    check_ok(srd_tensor_view(SRD_FLOAT32, 2, (const int64_t[]){ SIDE, SIDE }, NULL, map, &memory, &tensor, NULL));
    check_ok(srd_explainer_top_class(explainer, 0, 0, &class_index, &score, testing_reason()));
    for (int i = 0; i < 2; ++i) {
        if (i == 0) check_ok(srd_explainer_ask_top(explainer, NULL, &layer, &tensor, 1, testing_reason()));
        else check_ok(srd_explainer_ask_class(explainer, class_index, NULL, &layer, &tensor, 1, testing_reason()));
        sum = 0;
        for (int p = 0; p < PIXELS; ++p) sum += map[p];
        ck_assert_float_eq_tol(sum, score, 1e-4f);
    }
}
END_TEST

static void *no_bytes(void *user, size_t size, size_t alignment)
{
    (void)user, (void)size, (void)alignment;
    return NULL;
}

static void nothing(void *user, void *memory, size_t size)
{
    (void)user, (void)memory, (void)size;
}

START_TEST(a_graph_names_the_switch)
{
    static const uint16_t halves[2 * 9];
    static const int8_t bytes[2 * 9];
    static const char *const words[] = { "SRD_WITH_GROUPS=1", "SRD_WITH_FLOAT16=1", "SRD_WITH_INT8=1", "SRD_WITH_CURVES=1" };
    srd_conv2d_options options = SRD_CONV2D_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_detail detail = testing_new_detail();
    const srd_memory memory = block(blocks[0], sizeof blocks[0]);
    srd_graph_options options_of_graph = SRD_GRAPH_OPTIONS_INIT;
    srd_memory functions = SRD_MEMORY_INIT;

    functions.allocate = no_bytes;
    functions.release = nothing;
    options_of_graph.weight_policy = SRD_WEIGHTS_BORROW;
    check_status(srd_graph_create(&options_of_graph, &functions, &graph, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", "SRD_WITH_FUNCTIONS=1");
    detail = testing_new_detail();
    check_status(srd_graph_create(NULL, &memory, &graph, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", "SRD_WITH_PACKING=1");
    for (int i = 0; i < 4; ++i) {
        srd_layer x;

        graph = new_graph();
        x = srd_graph_input(graph, NULL, 1, SIDE, SIDE);
        options.groups = i == 0 ? 2 : 1;
        if (i == 3) x = srd_graph_sigmoid(graph, "here", x);
        else {
            x = srd_graph_conv2d(graph, "here", x,
                                 view(i == 1   ? SRD_FLOAT16
                                      : i == 2 ? SRD_INT8
                                               : SRD_FLOAT32,
                                      4, (const int64_t[]){ 2, 1, 3, 3 },
                                      i == 1   ? (const void *)halves
                                      : i == 2 ? (const void *)bytes
                                               : (const void *)kernel),
                                 NULL, &options);
        }
        ck_assert_int_eq(x, SRD_LAYER_NONE);
        detail = testing_new_detail();
        check_status(srd_graph_seal(graph, &detail), SRD_ERR_UNSUPPORTED);
        check_detail(&detail, SRD_ERR_UNSUPPORTED, "here", words[i]);
    }
}
END_TEST

START_TEST(an_explainer_names_the_switch)
{
    static const struct {
        int32_t what;
        const char *words;
    } keeps[] = {
        { SRD_KEEP_MAP, "SRD_WITH_INNER_MAPS=1" },  { SRD_KEEP_CHANNELS, "SRD_WITH_CHANNEL_MAPS=1" },
        { SRD_KEEP_GRADCAM, "SRD_WITH_GRADCAM=1" }, { SRD_KEEP_PATTERN, "SRD_WITH_PATTERNS=1" },
        { SRD_KEEP_START, "SRD_WITH_STARTS=1" },
    };
    srd_graph *const graph = network();
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_explainer *explainer = NULL;
    srd_detail detail = testing_new_detail();

    options.batch = 2;
    check_status(explain(graph, &options, &explainer, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", "SRD_WITH_BATCH=1");
    options.batch = 1;
    options.ratios = SRD_RATIOS_FLOAT16;
    detail = testing_new_detail();
    check_status(explain(graph, &options, &explainer, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", "SRD_WITH_RATIOS_FLOAT16=1");
    options.ratios = SRD_RATIOS_RECOMPUTED;
    detail = testing_new_detail();
    check_status(explain(graph, &options, &explainer, &detail), SRD_ERR_UNSUPPORTED);
    check_detail(&detail, SRD_ERR_UNSUPPORTED, "", "SRD_WITH_RATIOS_RECOMPUTED=1");
    options.ratios = SRD_RATIOS_FLOAT32;
    for (int i = 0; i < 5; ++i) {
        srd_keep keep = { 0 };

        keep.layer = i == 0 ? srd_graph_find(graph, "mean") : SRD_LAYER_NONE;
        keep.what = keeps[i].what;
        options.keeps = &keep;
        options.keep_count = 1;
        detail = testing_new_detail();
        check_status(explain(graph, &options, &explainer, &detail), SRD_ERR_UNSUPPORTED);
        check_detail(&detail, SRD_ERR_UNSUPPORTED, "", keeps[i].words);
    }
    ck_assert_ptr_null(explainer);
}
END_TEST

/* Averages over windows of a size, step by step. */
static srd_layer pool(srd_graph *graph, srd_layer x, int32_t size)
{
    srd_pool2d_options options = SRD_POOL2D_OPTIONS_INIT;

    options.kernel_h = options.kernel_w = size;
    options.stride_h = options.stride_w = 1;
    return srd_graph_avg_pool2d(graph, NULL, x, &options);
}

/* Scores of a vector of 4 numbers; then the graph is complete. */
static void score(srd_graph *graph, srd_layer x)
{
    static const float weights[2 * 4] = { 1, 2, -1, 3, 0.5f, 1, 1, -2 };

    x = srd_graph_linear(graph, "scores", x, view(SRD_FLOAT32, 2, (const int64_t[]){ 2, 4 }, weights), NULL, NULL);
    check_ok(srd_graph_output(graph, x, NULL));
    check_ok(srd_graph_seal(graph, NULL));
}

/* Ways to one PFV through windows that overlap: few of them can be told apart, more than 512 and those above a flatten cannot. */
START_TEST(ways_name_the_switch)
{
    static const struct {
        int32_t side, first, second; /* of the picture, and of the windows of two averages */
        int32_t above;               /* 1: a layer lies between the flatten and the scores */
        const char *words;
    } cases[] = { { SIDE, 2, 2, 0, NULL },
                  { 20, 4, 16, 0, "SRD_WITH_MANY_WAYS=1" },
                  { SIDE, 2, 2, 1, "SRD_WITH_FLAT_WAYS=1" } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        srd_graph *const graph = new_graph();
        srd_layer x = srd_graph_input(graph, NULL, 1, cases[i].side, cases[i].side);
        srd_explainer *explainer = NULL;
        srd_detail detail = testing_new_detail();

        x = srd_graph_flatten(graph, NULL, pool(graph, pool(graph, x, cases[i].first), cases[i].second));
        if (cases[i].above) x = srd_graph_global_avg_pool(graph, NULL, x);
        score(graph, x);
        if (cases[i].words == NULL) {
            check_ok(explain(graph, NULL, &explainer, NULL));
            continue;
        }
        check_status(explain(graph, NULL, &explainer, &detail), SRD_ERR_UNSUPPORTED);
        check_detail(&detail, SRD_ERR_UNSUPPORTED, "scores", cases[i].words);
        ck_assert_ptr_null(explainer);
    }
}
END_TEST

static srd_status go_on(void *user, int32_t done, int32_t total)
{
    (void)user, (void)done, (void)total;
    return 0;
}

START_TEST(a_run_names_the_switch)
{
    srd_explainer *const explainer = ready();
    srd_run_options options = SRD_RUN_OPTIONS_INIT;
    srd_given given = { 0 };

    given.layer = 2;
    given.numbers = view(SRD_FLOAT32, 3, (const int64_t[]){ 1, SIDE, SIDE }, picture);
    options.given = &given;
    options.given_count = 1;
    check_missing(run(explainer, &options), "SRD_WITH_GIVEN=1");
    options.given = NULL;
    options.given_count = 0;
    options.patterns = SRD_PATTERNS_ONLY;
    check_missing(run(explainer, &options), "SRD_WITH_PATTERNS=1");
    options.patterns = SRD_PATTERNS_OFF;
    options.progress = go_on;
    check_missing(run(explainer, &options), "SRD_WITH_CALLBACKS=1");
    options.progress = NULL;
    check_ok(run(explainer, &options));
}
END_TEST

START_TEST(a_question_names_the_switch)
{
    static const float ones[PIXELS] = { 1 };
    static const int32_t classes[1] = { 1 };
    srd_explainer *const explainer = ready();
    srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { &target };
    const srd_tensor *const direction = view(SRD_FLOAT32, 1, (const int64_t[]){ 2 }, ones);
    const srd_tensor *const mask = view(SRD_FLOAT32, 2, (const int64_t[]){ 1, 1 }, ones);
    const srd_tensor *const seed = view(SRD_FLOAT32, 2, (const int64_t[]){ SIDE, SIDE }, ones);
    srd_score_options options = SRD_SCORE_OPTIONS_INIT;
    srd_report report = SRD_REPORT_INIT;
    srd_site_report site = SRD_SITE_REPORT_INIT;

    check_missing(srd_explainer_ask_gradcam(explainer, targets, 1, 2, NULL, NULL, NULL, 0, testing_reason()),
                  "SRD_WITH_GRADCAM=1");
    check_missing(srd_explainer_ask_erf(explainer, 2, 0, 0, NULL, NULL, NULL, 0, testing_reason()), "SRD_WITH_STARTS=1");
    check_missing(srd_explainer_ask_seed(explainer, 2, seed, NULL, NULL, NULL, 0, testing_reason()), "SRD_WITH_STARTS=1");
    check_missing(srd_explainer_ask_direction(explainer, direction, NULL, NULL, NULL, 0, testing_reason()),
                  "SRD_WITH_TARGETS=1");
    options.contrastive = 1;
    check_missing(srd_explainer_ask_top(explainer, &options, NULL, NULL, 0, testing_reason()), "SRD_WITH_CONTRASTIVE=1");
    target.mask = mask;
    check_missing(srd_explainer_ask(explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "SRD_WITH_TARGETS=1");
    target.mask = NULL;
    target.kind = SRD_TARGET_CLASS;
    target.classes = classes;
    check_missing(srd_explainer_ask(explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "SRD_WITH_TARGETS=1");
    target.classes = NULL;
    target.kind = SRD_TARGET_AGAINST;
    target.class_index = 1;
    check_missing(srd_explainer_ask(explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "SRD_WITH_TARGETS=1");
    target.kind = SRD_TARGET_CLASS;
    check_ok(srd_explainer_ask(explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()));
    check_status(srd_explainer_report(explainer, &report, testing_reason()), SRD_ERR_UNSUPPORTED);
    check_status(srd_explainer_site_report(explainer, 2, &site, testing_reason()), SRD_ERR_UNSUPPORTED);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { it_explains, 0, 0 },
        { a_graph_names_the_switch, 0, 0 },
        { an_explainer_names_the_switch, 0, 0 },
        { ways_name_the_switch, 0, 0 },
        { a_run_names_the_switch, 0, 0 },
        { a_question_names_the_switch, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("left_out", list);
}
