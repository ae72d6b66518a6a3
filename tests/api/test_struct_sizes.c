/*
 * test_struct_sizes.c -- every struct in every function that takes it, of an older caller, of a newer one, and of one that
 * forgot struct_size: refused with a reason and without a trace, or understood.
 */
#include <stdbool.h>

#include "fixture.h"

#define MOST 1024 /* bytes of a struct */
#define MORE 24   /* bytes of a newer caller's struct behind ours */

/* A struct with room behind it. */
typedef union room {
    unsigned char bytes[MOST];
    uint32_t struct_size;
    double aligned;
    void *pointer;
} room;

/* Calls with a struct that is `r`, and says why it was refused if there is a place for a reason. */
typedef srd_status (*taker)(fixture *f, room *r, srd_detail *why);

/* ---- graphs ---- */

static srd_status take_graph_options(fixture *f, room *r, srd_detail *why)
{
    srd_graph *graph = NULL;
    const srd_status status = srd_graph_create((const srd_graph_options *)r, NULL, &graph, why);

    (void)f;
    ck_assert((graph != NULL) == (status == SRD_OK));
    srd_graph_free(graph);
    return status;
}

static srd_status build_relu(srd_graph *graph, void *user)
{
    (void)user;
    return srd_graph_output(graph, srd_graph_relu(graph, "relu", srd_graph_input(graph, "x", 1, 2, 2)), testing_reason());
}

static srd_status take_graph_options_measuring(fixture *f, room *r, srd_detail *why)
{
    size_t size = 4711;
    const srd_status status = srd_graph_memory_size(build_relu, NULL, (const srd_graph_options *)r, NULL, &size, why);

    (void)f;
    ck_assert((size != 4711) == (status == SRD_OK));
    return status;
}

/* A layer call fails as the graph does when it is sealed; the detail names the layer. */
static srd_status take_layer_options(room *r, srd_detail *why, srd_layer (*add)(srd_graph *graph, room *r, srd_layer input))
{
    srd_graph *graph = NULL;
    srd_layer layer;
    srd_status status;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    layer = add(graph, r, srd_graph_input(graph, "x", 1, 4, 4));
    (void)srd_graph_output(graph, layer, testing_reason());
    status = srd_graph_seal(graph, why);
    ck_assert((layer != SRD_LAYER_NONE) == (status == SRD_OK));
    if (status != SRD_OK) ck_assert_str_eq(why->layer_name, "layer");
    srd_graph_free(graph);
    return status;
}

static srd_layer add_conv2d(srd_graph *graph, room *r, srd_layer input)
{
    static const float weights[4] = { 1, 2, 3, 4 };
    const int64_t shape[4] = { 1, 1, 2, 2 };
    srd_tensor *const weight = testing_const_view(4, shape, weights);
    const srd_layer layer = srd_graph_conv2d(graph, "layer", input, weight, NULL, (const srd_conv2d_options *)r);

    srd_tensor_free(weight);
    return layer;
}

static srd_layer add_max_pool2d(srd_graph *graph, room *r, srd_layer input)
{
    return srd_graph_max_pool2d(graph, "layer", input, (const srd_pool2d_options *)r);
}

static srd_layer add_avg_pool2d(srd_graph *graph, room *r, srd_layer input)
{
    return srd_graph_avg_pool2d(graph, "layer", input, (const srd_pool2d_options *)r);
}

static srd_status take_conv2d_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_conv2d);
}

static srd_status take_max_pool2d_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_max_pool2d);
}

static srd_status take_avg_pool2d_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_avg_pool2d);
}

static srd_layer add_conv_transpose2d(srd_graph *graph, room *r, srd_layer input)
{
    static const float weights[4] = { 1, 2, 3, 4 };
    const int64_t shape[4] = { 1, 1, 2, 2 };
    srd_tensor *const weight = testing_const_view(4, shape, weights);
    const srd_layer layer =
        srd_graph_conv_transpose2d(graph, "layer", input, weight, NULL, (const srd_conv_transpose2d_options *)r);

    srd_tensor_free(weight);
    return layer;
}

static srd_layer add_upsample(srd_graph *graph, room *r, srd_layer input)
{
    return srd_graph_upsample(graph, "layer", input, (const srd_upsample_options *)r);
}

static srd_layer add_crop2d(srd_graph *graph, room *r, srd_layer input)
{
    return srd_graph_crop2d(graph, "layer", input, (const srd_crop2d_options *)r);
}

static srd_layer add_attention(srd_graph *graph, room *r, srd_layer input)
{
    const srd_layer tokens = srd_graph_reshape(graph, "tokens", input, 0, 0);

    return srd_graph_attention(graph, "layer", tokens, tokens, tokens, (const srd_attention_options *)r);
}

static srd_status take_conv_transpose2d_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_conv_transpose2d);
}

static srd_status take_upsample_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_upsample);
}

static srd_status take_crop2d_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_crop2d);
}

static srd_status take_attention_options(fixture *f, room *r, srd_detail *why)
{
    (void)f;
    return take_layer_options(r, why, add_attention);
}

/* ---- explainers ---- */

static srd_status take_explainer_options(fixture *f, room *r, srd_detail *why)
{
    srd_explainer *explainer = NULL;
    const srd_status status = srd_explainer_create(f->graph, (const srd_explainer_options *)r, NULL, &explainer, why);

    ck_assert((explainer != NULL) == (status == SRD_OK));
    srd_explainer_free(explainer);
    return status;
}

static srd_status take_explainer_options_measuring(fixture *f, room *r, srd_detail *why)
{
    size_t size = 4711;
    const srd_status status = srd_explainer_memory_size(f->graph, (const srd_explainer_options *)r, NULL, &size, why);

    ck_assert((size != 4711) == (status == SRD_OK));
    return status;
}

static srd_status take_run_options(fixture *f, room *r, srd_detail *why)
{
    const srd_tensor *const input = f->input;

    return srd_explainer_run(f->explainer, &input, 1, (const srd_run_options *)r, why);
}

static srd_status take_run_options_beginning(fixture *f, room *r, srd_detail *why)
{
    const srd_tensor *const input = f->input;

    return srd_explainer_begin(f->explainer, &input, 1, (const srd_run_options *)r, why);
}

#define TAKE_QUESTION(name, type, call)                          \
    static srd_status name(fixture *f, room *r, srd_detail *why) \
    {                                                            \
        const type *const o = (const type *)r;                   \
                                                                 \
        return call;                                             \
    }

static const srd_target top_target = SRD_TARGET_INIT;
static const srd_target *const top_targets[1] = { &top_target };

TAKE_QUESTION(take_question_ask, srd_question_options,
              srd_explainer_ask(f->explainer, top_targets, 1, o, f->layers, f->maps, 2, why))
TAKE_QUESTION(take_question_class, srd_score_options, srd_explainer_ask_class(f->explainer, 1, o, f->layers, f->maps, 2, why))
TAKE_QUESTION(take_question_top, srd_score_options, srd_explainer_ask_top(f->explainer, o, f->layers, f->maps, 2, why))
TAKE_QUESTION(take_question_against, srd_score_options,
              srd_explainer_ask_against(f->explainer, 1, 0, o, f->layers, f->maps, 2, why))
TAKE_QUESTION(take_question_erf, srd_question_options,
              srd_explainer_ask_erf(f->explainer, f->relu1, 1, 1, o, f->layers, f->maps, 2, why))
TAKE_QUESTION(take_question_seed, srd_question_options,
              srd_explainer_ask_seed(f->explainer, f->x, f->maps[0], o, NULL, NULL, 0, why))
TAKE_QUESTION(take_question_gradcam, srd_gradcam_options,
              srd_explainer_ask_gradcam(f->explainer, top_targets, 1, SRD_LAYER_NONE, o, f->layers, f->maps, 2, why))

static srd_status take_question_direction(fixture *f, room *r, srd_detail *why)
{
    float numbers[TESTNET_CLASSES] = { 1, -1, 2 };
    const int64_t shape = TESTNET_CLASSES;
    srd_tensor *const direction = testing_view(1, &shape, numbers);
    const srd_status status =
        srd_explainer_ask_direction(f->explainer, direction, (const srd_score_options *)r, f->layers, f->maps, 2, why);

    srd_tensor_free(direction);
    return status;
}

static srd_status take_target(fixture *f, room *r, srd_detail *why)
{
    const srd_target *const targets[1] = { (const srd_target *)r };

    return srd_explainer_ask(f->explainer, targets, 1, NULL, f->layers, f->maps, 2, why);
}

static srd_status take_target_by_gradcam(fixture *f, room *r, srd_detail *why)
{
    const srd_target *const targets[1] = { (const srd_target *)r };

    return srd_explainer_ask_gradcam(f->explainer, targets, 1, SRD_LAYER_NONE, NULL, f->layers, f->maps, 2, why);
}

/* ---- rendering ---- */

static srd_status render(const fixture *f, const void *options, const void *overlay, srd_detail *why)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *const map = testing_const_view(2, shape, f->picture);
    uint8_t rgba[16] = { 0 };
    const srd_status status = overlay == NULL ? srd_render_map(map, options, rgba, 8, 2, 2, why)
                                              : srd_render_overlay(map, map, options, overlay, rgba, 8, 2, 2, why);

    ck_assert((rgba[3] != 0) == (status == SRD_OK)); /* alpha is 255 in a pixel that was written */
    srd_tensor_free(map);
    return status;
}

static srd_status take_render_options(fixture *f, room *r, srd_detail *why)
{
    return render(f, r, NULL, why);
}

static srd_status take_render_options_of_overlay(fixture *f, room *r, srd_detail *why)
{
    const srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;

    return render(f, r, &overlay, why);
}

static srd_status take_overlay_options(fixture *f, room *r, srd_detail *why)
{
    return render(f, NULL, r, why);
}

static srd_status take_render_options_of_scale(fixture *f, room *r, srd_detail *why)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_tensor *const map = testing_const_view(2, shape, f->picture);
    float low = -7, high = -7;
    const srd_status status = srd_render_scale(map, (const srd_render_options *)r, &low, &high, why);

    ck_assert((high != -7) == (status == SRD_OK));
    srd_tensor_free(map);
    return status;
}

/* kernel_h and kernel_w have no default. */
static void set_kernel(room *r)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;

    o.kernel_h = o.kernel_w = 2;
    memcpy(r, &o, sizeof o);
}

/* An upsampling has no default size. */
static void set_scales(room *r)
{
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;

    o.scale_h = o.scale_w = 2.0f;
    memcpy(r, &o, sizeof o);
}

static const struct {
    const char *name;
    size_t size;
    taker take;
    void (*set)(room *r); /* NULL: zeros will do */
} options[] = {
    { "srd_graph_create", sizeof(srd_graph_options), take_graph_options, NULL },
    { "srd_graph_memory_size", sizeof(srd_graph_options), take_graph_options_measuring, NULL },
    { "srd_graph_conv2d", sizeof(srd_conv2d_options), take_conv2d_options, NULL },
    { "srd_graph_max_pool2d", sizeof(srd_pool2d_options), take_max_pool2d_options, set_kernel },
    { "srd_graph_avg_pool2d", sizeof(srd_pool2d_options), take_avg_pool2d_options, set_kernel },
    { "srd_graph_conv_transpose2d", sizeof(srd_conv_transpose2d_options), take_conv_transpose2d_options, NULL },
    { "srd_graph_upsample", sizeof(srd_upsample_options), take_upsample_options, set_scales },
    { "srd_graph_crop2d", sizeof(srd_crop2d_options), take_crop2d_options, NULL },
    { "srd_graph_attention", sizeof(srd_attention_options), take_attention_options, NULL },
    { "srd_explainer_create", sizeof(srd_explainer_options), take_explainer_options, NULL },
    { "srd_explainer_memory_size", sizeof(srd_explainer_options), take_explainer_options_measuring, NULL },
    { "srd_explainer_run", sizeof(srd_run_options), take_run_options, NULL },
    { "srd_explainer_begin", sizeof(srd_run_options), take_run_options_beginning, NULL },
    { "srd_explainer_ask", sizeof(srd_question_options), take_question_ask, NULL },
    { "srd_explainer_ask_class", sizeof(srd_score_options), take_question_class, NULL },
    { "srd_explainer_ask_top", sizeof(srd_score_options), take_question_top, NULL },
    { "srd_explainer_ask_against", sizeof(srd_score_options), take_question_against, NULL },
    { "srd_explainer_ask_direction", sizeof(srd_score_options), take_question_direction, NULL },
    { "srd_explainer_ask_erf", sizeof(srd_question_options), take_question_erf, NULL },
    { "srd_explainer_ask_seed", sizeof(srd_question_options), take_question_seed, NULL },
    { "srd_explainer_ask_gradcam", sizeof(srd_gradcam_options), take_question_gradcam, NULL },
    { "srd_explainer_ask: target", sizeof(srd_target), take_target, NULL },
    { "srd_explainer_ask_gradcam: target", sizeof(srd_target), take_target_by_gradcam, NULL },
    { "srd_render_map", sizeof(srd_render_options), take_render_options, NULL },
    { "srd_render_overlay", sizeof(srd_render_options), take_render_options_of_overlay, NULL },
    { "srd_render_overlay: overlay", sizeof(srd_overlay_options), take_overlay_options, NULL },
    { "srd_render_scale", sizeof(srd_render_options), take_render_options_of_scale, NULL },
};
#define OPTIONS ((int)(sizeof options / sizeof *options))

static void begin(fixture *f)
{
    srd_explainer_options o = testnet_options();
    const srd_keep keep = { SRD_LAYER_NONE, SRD_KEEP_GRADCAM };

    o.keeps = &keep;
    o.keep_count = 1;
    fixture_begin(f, &o, 1);
}

/* Takes a struct of this size; `last` is the last byte that the caller has set. */
static void take(int i, size_t size, unsigned char last, srd_status want)
{
    srd_detail why = testing_new_detail();
    srd_status got;
    fixture f;
    room r;

    memset(&r, 0, sizeof r);
    if (options[i].set != NULL) options[i].set(&r);
    r.struct_size = (uint32_t)size;
    if (size > options[i].size && size <= sizeof r) r.bytes[size - 1] = last;
    begin(&f);
    testing_mark(f.numbers[0], FIXTURE_MAP);
    got = options[i].take(&f, &r, &why);
    ck_assert_msg(got == want, "%s, %zu bytes instead of %zu: %s", options[i].name, size, options[i].size,
                  srd_status_name(got));
    if (want != SRD_OK) {
        ck_assert_int_eq(why.status, want);
        ck_assert_msg(why.text[0] != '\0', "%s: no reason is given", options[i].name);
        check_untouched(f.numbers[0], FIXTURE_MAP);
        check_untouched(f.numbers[1], FIXTURE_MAP);
        check_ok(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, 2, testing_reason())); /* the run is still there */
    }
    fixture_end(&f);
}

/* Bytes of the struct in its first version; what came later may be missing. */
static size_t first_size(int i)
{
    if (options[i].take == take_explainer_options || options[i].take == take_explainer_options_measuring) {
        return offsetof(srd_explainer_options, keep_images);
    }
    if (options[i].take == take_run_options || options[i].take == take_run_options_beginning) {
        return offsetof(srd_run_options, each_image);
    }
    if (options[i].take == take_overlay_options) return offsetof(srd_overlay_options, step_y);
    if (options[i].take == take_conv2d_options) return offsetof(srd_conv2d_options, weight_scale);
    if (options[i].take == take_conv_transpose2d_options) return offsetof(srd_conv_transpose2d_options, weight_scale);
    return options[i].size;
}

START_TEST(options_of_every_size)
{
    const size_t size = options[_i].size, first = first_size(_i);

    take(_i, 0, 0, SRD_ERR_ARGUMENT); /* somebody forgot to set it */
    take(_i, 1, 0, SRD_ERR_ARGUMENT);
    take(_i, 4, 0, SRD_ERR_ARGUMENT);
    take(_i, first - 4, 0, SRD_ERR_ARGUMENT); /* shorter than the first version */
    take(_i, first - 1, 0, SRD_ERR_ARGUMENT);
    take(_i, first, 0, SRD_OK);
    take(_i, size, 0, SRD_OK);
    take(_i, size + 1, 0, SRD_ERR_ARGUMENT); /* no struct has such a size */
    take(_i, size + 2, 0, SRD_ERR_ARGUMENT);
    take(_i, size + 4, 0, SRD_OK);
    take(_i, size + MORE, 0, SRD_OK); /* newer, and wants nothing that is new */
    take(_i, size + 4, 1, SRD_ERR_ARGUMENT);
    take(_i, MOST, 0, SRD_OK);
    take(_i, MOST + 4, 0, SRD_ERR_ARGUMENT); /* garbage: it is not even read up to its end */
    take(_i, 1000000, 0, SRD_ERR_ARGUMENT);
    take(_i, 0xCCCCCCCC, 0, SRD_ERR_ARGUMENT);
    take(_i, 0xFFFFFFFF, 0, SRD_ERR_ARGUMENT);
    for (size_t cut = first + 1; cut < size; ++cut) {
        if ((cut - first) % sizeof(void *) != 0) take(_i, cut, 0, SRD_ERR_ARGUMENT); /* it may end inside a pointer */
    }
    take(_i, size + MORE, 0x80, SRD_ERR_ARGUMENT);
}
END_TEST

/* ---- reports: structs that the library fills ---- */

static srd_status fill_layer_info(fixture *f, room *r, srd_detail *why)
{
    (void)why;
    return srd_graph_layer_info(f->graph, f->relu1, (srd_layer_info *)r, testing_reason());
}

static srd_status fill_plan_info(fixture *f, room *r, srd_detail *why)
{
    (void)why;
    return srd_explainer_plan_info(f->explainer, f->relu1, (srd_plan_info *)r, testing_reason());
}

static srd_status fill_memory_info(fixture *f, room *r, srd_detail *why)
{
    (void)why;
    return srd_explainer_memory_info(f->explainer, (srd_memory_info *)r, testing_reason());
}

static srd_status fill_report(fixture *f, room *r, srd_detail *why)
{
    (void)why;
    return srd_explainer_report(f->explainer, (srd_report *)r, testing_reason());
}

static srd_status fill_site_report(fixture *f, room *r, srd_detail *why)
{
    (void)why;
    return srd_explainer_site_report(f->explainer, f->relu1, (srd_site_report *)r, testing_reason());
}

static const struct {
    const char *name;
    size_t size, first; /* first: of its first version */
    taker fill;
} reports[] = {
    { "srd_graph_layer_info", sizeof(srd_layer_info), sizeof(srd_layer_info), fill_layer_info },
    { "srd_explainer_plan_info", sizeof(srd_plan_info), sizeof(srd_plan_info), fill_plan_info },
    { "srd_explainer_memory_info", sizeof(srd_memory_info), sizeof(srd_memory_info), fill_memory_info },
    { "srd_explainer_report", sizeof(srd_report), offsetof(srd_report, saturated_ratios), fill_report },
    { "srd_explainer_site_report", sizeof(srd_site_report), offsetof(srd_site_report, saturated_ratios), fill_site_report },
};
#define REPORTS ((int)(sizeof reports / sizeof *reports))

/* Nothing beyond struct_size is written; what the library does not know is set to 0; a refused struct is as it was. */
START_TEST(reports_of_every_size)
{
    const size_t size = reports[_i].size, first = reports[_i].first;
    const size_t sizes[] = { 0,    3,        4,        first - 4,  first - 1,   first,    size - 1,
                             size, size + 1, size + 2, size + 4,   size + MORE, MOST - 4, MOST,
                             1021, MOST + 4, 1000000,  0xCCCCCCCC, 0xFFFFFFFF };
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_ok(srd_explainer_ask_top(f.explainer, NULL, NULL, NULL, 0, testing_reason()));
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; ++k) {
        const bool good = sizes[k] >= first && sizes[k] <= MOST && sizes[k] % 4 == 0;
        const srd_status want = good ? SRD_OK : SRD_ERR_ARGUMENT;
        room r, before;

        memset(&r, 0x5a, sizeof r);
        r.struct_size = (uint32_t)sizes[k];
        before = r;
        check_status(reports[_i].fill(&f, &r, NULL), want);
        ck_assert_uint_eq(r.struct_size, sizes[k]);
        if (want != SRD_OK) ck_assert_mem_eq(&r, &before, sizeof r);
        else ck_assert(memcmp(r.bytes + 4, before.bytes + 4, first - 4) != 0);
        for (size_t b = size; good && b < sizes[k]; ++b) ck_assert_uint_eq(r.bytes[b], 0);
        for (size_t b = good ? sizes[k] : size; b < sizeof r; ++b) ck_assert_uint_eq(r.bytes[b], 0x5a);
    }
    fixture_end(&f);
}
END_TEST

/* ---- structs that are read or filled beside others ---- */

/* srd_memory of any size where a handle is made: garbage is refused before its fields are looked at. */
START_TEST(memory_of_every_size)
{
    static const size_t good[] = { sizeof(srd_memory), sizeof(srd_memory) + 8, MOST };
    static const size_t bad[] = { 0, 4, sizeof(srd_memory) - 4, sizeof(srd_memory) + 1, MOST + 4, 1000000, 0xCCCCCCCC };
    static _Alignas(SRD_ALIGNMENT) unsigned char block[4096];
    const int64_t shape = 3;
    srd_tensor *tensor = NULL;
    room r;

    for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; ++i) {
        const bool is_good = i < sizeof good / sizeof *good;
        const size_t size = is_good ? good[i] : bad[i - sizeof good / sizeof *good];
        srd_detail why = testing_new_detail();
        srd_memory memory = SRD_MEMORY_INIT;

        memory.struct_size = (uint32_t)size;
        memory.buffer = block;
        memory.buffer_size = sizeof block;
        memset(&r, 0, sizeof r);
        memcpy(&r, &memory, sizeof memory);
        if (is_good) {
            check_ok(srd_tensor_create(SRD_FLOAT32, 1, &shape, (const srd_memory *)&r, &tensor, &why));
            srd_tensor_free(tensor);
            tensor = NULL;
        } else {
            check_status(srd_tensor_create(SRD_FLOAT32, 1, &shape, (const srd_memory *)&r, &tensor, &why), SRD_ERR_ARGUMENT);
            ck_assert_ptr_null(tensor);
            check_detail(&why, SRD_ERR_ARGUMENT, "", "struct_size");
        }
    }
}
END_TEST

/* A detail of garbage is not written, neither on the way nor afterwards. */
START_TEST(details_of_every_size)
{
    static const size_t bad[] = { 0, 1, 15, MOST + 1, 1000000, 0xCCCCCCCC, 0xFFFFFFFF };
    srd_graph *graph = NULL;
    fixture f;

    fixture_begin(&f, NULL, 0);
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        room r, before;

        memset(&r, 0x5a, sizeof r);
        r.struct_size = (uint32_t)bad[i];
        before = r;
        check_status(srd_graph_detail(graph, (srd_detail *)&r), SRD_ERR_ARGUMENT);
        check_status(srd_explainer_run(f.explainer, NULL, 0, NULL, (srd_detail *)&r), SRD_ERR_ARGUMENT);
        check_status(srd_explainer_report(f.explainer, NULL, (srd_detail *)&r), SRD_ERR_STATE);
        check_status(srd_graph_seal(NULL, (srd_detail *)&r), SRD_ERR_ARGUMENT);
        ck_assert_mem_eq(&r, &before, sizeof r);
    }
    srd_graph_free(graph);
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { options_of_every_size, 0, OPTIONS },
        { reports_of_every_size, 0, REPORTS },
        { memory_of_every_size, 0, 0 },
        { details_of_every_size, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("struct_sizes", list);
}
