/*
 * test_weight_errors.c -- weights, scales and zero points of wrong types, shapes and numbers, at every layer call that takes
 * them; and tensors of other types wherever only float32 is understood.
 */
#include <math.h>

#include "fixture.h"
#include "srd/render.h"

/* Numbers of any type, all bits 0 or chosen by a test. */
static union {
    int8_t bytes[64];
    int32_t words[64];
    uint16_t halves[64];
    float floats[128];
} numbers, scales, zeros;

static srd_tensor *made[8];
static int made_count;

/* A const view that lives until the end of a row; 0 axes beyond the rank. */
static srd_tensor *view(int32_t type, const void *data, int32_t rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    const int64_t shape[4] = { a, b, c, d };

    made[made_count] = NULL;
    check_ok(srd_tensor_view_const(type, rank, shape, NULL, data, NULL, &made[made_count], NULL));
    return made[made_count++];
}

/* The layers: each takes a weight of this type, with an input of 2 channels and 3 output channels. */
static void add_conv2d(srd_graph *g, int32_t type, const srd_tensor *scale, const srd_tensor *zero)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.weight_scale = scale;
    o.weight_zero = zero;
    (void)srd_graph_conv2d(g, "bad", 0, view(type, &numbers, 4, 3, 2, 2, 2), NULL, &o);
}

static void add_depthwise(srd_graph *g, int32_t type, const srd_tensor *scale, const srd_tensor *zero)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;

    o.groups = 3;
    o.weight_scale = scale;
    o.weight_zero = zero;
    (void)srd_graph_conv2d(g, "bad", 1, view(type, &numbers, 4, 3, 1, 2, 2), NULL, &o);
}

static void add_conv_transpose2d(srd_graph *g, int32_t type, const srd_tensor *scale, const srd_tensor *zero)
{
    srd_conv_transpose2d_options o = SRD_CONV_TRANSPOSE2D_OPTIONS_INIT;

    o.weight_scale = scale;
    o.weight_zero = zero;
    (void)srd_graph_conv_transpose2d(g, "bad", 0, view(type, &numbers, 4, 2, 3, 2, 2), NULL, &o);
}

static void add_linear(srd_graph *g, int32_t type, const srd_tensor *scale, const srd_tensor *zero)
{
    srd_linear_options o = SRD_LINEAR_OPTIONS_INIT;

    o.weight_scale = scale;
    o.weight_zero = zero;
    (void)srd_graph_linear(g, "bad", 0, view(type, &numbers, 2, 3, 18, 0, 0), NULL, &o);
}

static void add_linear_tokens(srd_graph *g, int32_t type, const srd_tensor *scale, const srd_tensor *zero)
{
    srd_linear_options o = SRD_LINEAR_OPTIONS_INIT;

    o.weight_scale = scale;
    o.weight_zero = zero;
    (void)srd_graph_linear_tokens(g, "bad", 0, view(type, &numbers, 2, 3, 2, 0, 0), NULL, &o);
}

static void (*const layers[])(srd_graph *g, int32_t type, const srd_tensor *scale,
                              const srd_tensor *zero) = { add_conv2d, add_depthwise, add_conv_transpose2d, add_linear,
                                                          add_linear_tokens };
#define LAYERS ((int)(sizeof layers / sizeof *layers))

/* Adds the layer as the row says and seals. words NULL: it must be fine. */
static void check(int layer, int32_t policy, int32_t type, const srd_tensor *scale, const srd_tensor *zero, srd_status status,
                  const char *words)
{
    const srd_graph_options options = { (uint32_t)sizeof options, policy };
    srd_detail why = testing_new_detail();
    srd_graph *graph = NULL;

    check_ok(srd_graph_create(&options, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "two", 2, 3, 3);
    (void)srd_graph_input(graph, "three", 3, 3, 3);
    layers[layer](graph, type, scale, zero);
    (void)srd_graph_output(graph, srd_graph_layer_count(graph) - 1, testing_reason());
    ck_assert_int_eq(srd_graph_layer_count(graph), words == NULL ? 3 : 2);
    check_status(srd_graph_seal(graph, &why), status);
    if (words != NULL) check_detail(&why, status, "bad", words);
    srd_graph_free(graph);
}

static srd_tensor *scale_of(int64_t length)
{
    return view(SRD_FLOAT32, &scales, 1, length, 0, 0, 0);
}

static srd_tensor *zero_of(int64_t length)
{
    return view(SRD_INT32, &zeros, 1, length, 0, 0, 0);
}

/* One row of bad (or, without words, good) arguments. */
static const struct row {
    const char *words;
    srd_status status;
    int32_t type;
    int64_t scale, zero;           /* their lengths; 0: NULL; negative: of rank 2 */
    int32_t scale_type, zero_type; /* 0: float32 and int32 */
    float scale_number;            /* of channel 1; the others are 1 */
    int32_t zero_number;           /* of channel 2; the others are 0 */
} rows[] = {
    { NULL, SRD_OK, SRD_INT8, 3, 3, 0, 0, 0.5f, 127 },
    { NULL, SRD_OK, SRD_INT8, 3, 3, 0, 0, -0.5f, -128 },
    { NULL, SRD_OK, SRD_INT8, 3, 0, 0, 0, 0.0f, 0 },
    { NULL, SRD_OK, SRD_INT8, 3, 3, 0, SRD_INT8, 1e36f, 127 },
    { NULL, SRD_OK, SRD_FLOAT16, 0, 0, 0, 0, 1, 0 },
    { NULL, SRD_OK, SRD_FLOAT32, 0, 0, 0, 0, 1, 0 },
    { "needs weight_scale", SRD_ERR_ARGUMENT, SRD_INT8, 0, 0, 0, 0, 1, 0 },
    { "needs weight_scale: [3]", SRD_ERR_ARGUMENT, SRD_INT8, 0, 3, 0, 0, 1, 0 },
    { "weight is of type int32, float32, float16 or int8 is wanted", SRD_ERR_ARGUMENT, SRD_INT32, 0, 0, 0, 0, 1, 0 },
    { "weight is float32: they must be NULL", SRD_ERR_ARGUMENT, SRD_FLOAT32, 3, 0, 0, 0, 1, 0 },
    { "weight is float32: they must be NULL", SRD_ERR_ARGUMENT, SRD_FLOAT32, 0, 3, 0, 0, 1, 0 },
    { "weight is float16: they must be NULL", SRD_ERR_ARGUMENT, SRD_FLOAT16, 3, 3, 0, 0, 1, 0 },
    { "weight_scale has rank 1 and size 2, expected [3]", SRD_ERR_SHAPE, SRD_INT8, 2, 0, 0, 0, 1, 0 },
    { "weight_scale has rank 1 and size 4, expected [3]", SRD_ERR_SHAPE, SRD_INT8, 4, 3, 0, 0, 1, 0 },
    { "weight_scale has rank 2", SRD_ERR_SHAPE, SRD_INT8, -3, 0, 0, 0, 1, 0 },
    { "weight_scale is of type float16, float32 is wanted", SRD_ERR_ARGUMENT, SRD_INT8, 3, 0, SRD_FLOAT16, 0, 1, 0 },
    { "weight_scale is of type int8, float32 is wanted", SRD_ERR_ARGUMENT, SRD_INT8, 3, 0, SRD_INT8, 0, 1, 0 },
    { "weight_scale[1] is NaN or Inf", SRD_ERR_NUMBER, SRD_INT8, 3, 0, 0, 0, NAN, 0 },
    { "weight_scale[1] is NaN or Inf", SRD_ERR_NUMBER, SRD_INT8, 3, 3, 0, 0, -INFINITY, 0 },
    { "weight_zero has rank 1 and size 2, expected [3]", SRD_ERR_SHAPE, SRD_INT8, 3, 2, 0, 0, 1, 0 },
    { "weight_zero has rank 1 and size 4, expected [3]", SRD_ERR_SHAPE, SRD_INT8, 3, 4, 0, SRD_INT8, 1, 0 },
    { "weight_zero has rank 2", SRD_ERR_SHAPE, SRD_INT8, 3, -3, 0, 0, 1, 0 },
    { "weight_zero is of type float32, int8 or int32 is wanted", SRD_ERR_ARGUMENT, SRD_INT8, 3, 3, 0, SRD_FLOAT32, 1, 0 },
    { "weight_zero is of type float16, int8 or int32 is wanted", SRD_ERR_ARGUMENT, SRD_INT8, 3, 3, 0, SRD_FLOAT16, 1, 0 },
    { "weight_zero[2] is 128, not -128 to 127", SRD_ERR_ARGUMENT, SRD_INT8, 3, 3, 0, 0, 1, 128 },
    { "weight_zero[2] is -129, not -128 to 127", SRD_ERR_ARGUMENT, SRD_INT8, 3, 3, 0, 0, 1, -129 },
    { "weight_zero[2] is -2147483648", SRD_ERR_ARGUMENT, SRD_INT8, 3, 3, 0, 0, 1, INT32_MIN },
    { "a number of weight is NaN or Inf", SRD_ERR_NUMBER, SRD_INT8, 3, 0, 0, 0, 3e38f, 0 }, /* times 7 */
};
#define ROWS ((int)(sizeof rows / sizeof *rows))

static void check_row(int layer, int32_t policy, const struct row *r)
{
    srd_tensor *scale = NULL, *zero = NULL;

    made_count = 0;
    memset(&numbers, 0, sizeof numbers);
    memset(&zeros, 0, sizeof zeros);
    if (r->type == SRD_INT8) memset(&numbers, 7, sizeof numbers);
    for (int i = 0; i < 64; ++i) scales.floats[i] = i == 1 ? r->scale_number : 1.0f;
    if (r->zero_type == SRD_INT8) zeros.bytes[2] = (int8_t)r->zero_number;
    else zeros.words[2] = r->zero_number;
    if (r->scale != 0) {
        scale = view(r->scale_type != 0 ? r->scale_type : SRD_FLOAT32, &scales, r->scale < 0 ? 2 : 1,
                     r->scale < 0 ? -r->scale : r->scale, 1, 0, 0);
    }
    if (r->zero != 0) {
        zero = view(r->zero_type != 0 ? r->zero_type : SRD_INT32, &zeros, r->zero < 0 ? 2 : 1, r->zero < 0 ? -r->zero : r->zero,
                    1, 0, 0);
    }
    check(layer, policy, r->type, scale, zero, r->status, r->words);
    while (made_count > 0) srd_tensor_free(made[--made_count]);
}

START_TEST(scales_and_zero_points)
{
    for (int layer = 0; layer < LAYERS; ++layer) {
        check_row(layer, SRD_WEIGHTS_COPY, &rows[_i]);
        check_row(layer, SRD_WEIGHTS_BORROW, &rows[_i]);
    }
}
END_TEST

/* NaN and Inf of float16, at the first and at the last number of each kind of layer. */
START_TEST(a_half_that_is_no_number)
{
    static const uint16_t wrong[] = { 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff };
    static const int counts[LAYERS] = { 24, 12, 24, 54, 6 };

    for (int i = 0; i < 5; ++i) {
        for (int32_t policy = SRD_WEIGHTS_COPY; policy <= SRD_WEIGHTS_BORROW; ++policy) {
            for (int end = 0; end < 2; ++end) {
                memset(&numbers, 0, sizeof numbers);
                numbers.halves[end ? counts[_i] - 1 : 0] = wrong[i];
                made_count = 0;
                check(_i, policy, SRD_FLOAT16, NULL, NULL, SRD_ERR_NUMBER, "a number of weight is NaN or Inf");
                while (made_count > 0) srd_tensor_free(made[--made_count]);
            }
        }
    }
}
END_TEST

/* Scale and zero point are copied: they may go, or become something else, once the layer is added. */
START_TEST(scales_are_copied)
{
    const srd_graph_options borrow = { (uint32_t)sizeof borrow, SRD_WEIGHTS_BORROW };
    const int64_t shape[3] = { 2, 3, 3 }, three[3] = { 3, 3, 3 };
    float picture[18], got[27];
    srd_tensor *const input = testing_view(3, shape, picture), *const value = testing_view(3, three, got);
    srd_explainer *ex = NULL;
    srd_graph *graph = NULL;

    for (int i = 0; i < 18; ++i) picture[i] = 1.0f;
    for (int i = 0; i < 64; ++i) scales.floats[i] = 2.0f;
    memset(&numbers, 7, sizeof numbers);
    memset(&zeros, 0, sizeof zeros);
    zeros.words[1] = 6;
    made_count = 0;
    check_ok(srd_graph_create(&borrow, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", 2, 3, 3);
    add_linear_tokens(graph, SRD_INT8, scale_of(3), zero_of(3));
    memset(&scales, 0xff, sizeof scales);
    memset(&zeros, 0xff, sizeof zeros);
    while (made_count > 0) srd_tensor_free(made[--made_count]);
    check_ok(srd_graph_output(graph, 1, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &ex, NULL));
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)&input, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(ex, 1, value, testing_reason()));
    ck_assert(got[0] == 28.0f && got[9] == 4.0f && got[26] == 28.0f);
    srd_tensor_free(input);
    srd_tensor_free(value);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}
END_TEST

/* ---- where only float32 is understood ------------------------------------------------------------------------------------ */

static const int32_t other_types[] = { SRD_FLOAT16, SRD_INT8, SRD_INT32 };
static int32_t mask_type;

/* A layer that is given a tensor t of another type. */
static void as_bias(srd_graph *g, const srd_tensor *t)
{
    (void)srd_graph_linear(g, "bad", 0, view(SRD_FLOAT32, &numbers, 2, 3, 27, 0, 0), t, NULL);
}
static void as_gamma(srd_graph *g, const srd_tensor *t)
{
    (void)srd_graph_layer_norm(g, "bad", 0, t, NULL, 1e-5);
}
static void as_scale(srd_graph *g, const srd_tensor *t)
{
    (void)srd_graph_scale_shift(g, "bad", 0, NULL, t);
}
static void as_slopes(srd_graph *g, const srd_tensor *t)
{
    (void)srd_graph_prelu(g, "bad", 0, t);
}
static void as_constant(srd_graph *g, const srd_tensor *t)
{
    (void)srd_graph_constant(g, "bad", t);
}

static void as_mask(srd_graph *g, const srd_tensor *t)
{
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;

    (void)t;
    o.mask = view(mask_type, &numbers, 2, 9, 9, 0, 0);
    (void)srd_graph_attention(g, "bad", 0, 0, 0, &o);
}

static void (*const takers[])(srd_graph *g, const srd_tensor *t) = { as_bias,   as_gamma,    as_scale,
                                                                     as_slopes, as_constant, as_mask };
#define TAKERS ((int)(sizeof takers / sizeof *takers))

START_TEST(parameters_are_float32)
{
    const int type = _i % 3;
    srd_detail why = testing_new_detail();
    srd_graph *graph = NULL;

    made_count = 0;
    mask_type = other_types[type];
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    (void)srd_graph_input(graph, "x", 3, 3, 3);
    takers[_i / 3](graph, view(other_types[type], &numbers, 1, 3, 0, 0, 0));
    check_status(srd_graph_seal(graph, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "bad", "float32 is wanted");
    srd_graph_free(graph);
    while (made_count > 0) srd_tensor_free(made[--made_count]);
}
END_TEST

static int32_t ours; /* of the tensors of wanting() */
static const char bytes[4 * TESTNET_INPUT] = { 1 };

/* A tensor of another type. */
static srd_tensor *wanting(int32_t rank, int64_t a, int64_t b, int64_t c)
{
    return view(ours, bytes, rank, a, b, c, 0);
}

static void refused(const fixture *f, srd_status status, const char *what)
{
    srd_detail why;

    check_status(status, SRD_ERR_ARGUMENT);
    why = *testing_reason();
    ck_assert_msg(strstr(why.text, what) != NULL && strstr(why.text, "float32 is wanted") != NULL, "%s: %s", what, why.text);
    check_untouched(f->numbers[0], FIXTURE_MAP);
}

static void wrong_runs(const fixture *f)
{
    const srd_tensor *input = wanting(3, TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH);
    srd_run_options run = SRD_RUN_OPTIONS_INIT;
    srd_given given = { 0, SRD_GIVEN_VALUE, NULL };
    int32_t chw[3];

    refused(f, srd_explainer_run(f->explainer, &input, 1, NULL, testing_reason()), "the input");
    refused(f, srd_explainer_begin(f->explainer, &input, 1, NULL, testing_reason()), "the input");
    check_ok(srd_explainer_layer_shape(f->explainer, f->relu1, chw, testing_reason()));
    given.layer = f->relu1;
    given.numbers = wanting(3, chw[0], chw[1], chw[2]);
    run.given = &given;
    run.given_count = 1;
    input = f->input;
    refused(f, srd_explainer_run(f->explainer, &input, 1, &run, testing_reason()), "given");
}

static void wrong_questions(const fixture *f)
{
    srd_target target = SRD_TARGET_INIT;
    const srd_target *targets = &target;
    srd_tensor *const seed = wanting(2, TESTNET_HEIGHT, TESTNET_WIDTH, 0);

    refused(f,
            srd_explainer_ask_direction(f->explainer, wanting(1, TESTNET_CLASSES, 0, 0), NULL, f->layers, f->maps, 1,
                                        testing_reason()),
            "direction");
    target.mask = wanting(2, 1, 1, 0);
    refused(f, srd_explainer_ask(f->explainer, &targets, 1, NULL, f->layers, f->maps, 1, testing_reason()), "the mask");
    refused(f, srd_explainer_ask_seed(f->explainer, f->relu1, seed, NULL, f->layers, f->maps, 1, testing_reason()), "seed");
    check_status(srd_explainer_ask_top(f->explainer, NULL, f->layers, &seed, 1, testing_reason()),
                 SRD_ERR_ARGUMENT); /* a map */
    check_status(srd_explainer_value(f->explainer, f->relu1, seed, testing_reason()), SRD_ERR_ARGUMENT);
}

static void wrong_pictures(const fixture *f)
{
    srd_tensor *const other = wanting(2, TESTNET_HEIGHT, TESTNET_WIDTH, 0), *const map = f->maps[0];
    uint8_t rgba[4 * TESTNET_PIXELS];
    float low = 0, high = 0;
    srd_detail why = testing_new_detail();

    check_status(srd_render_map(other, NULL, rgba, 4 * TESTNET_WIDTH, TESTNET_WIDTH, TESTNET_HEIGHT, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "the map is of type");
    check_status(srd_render_scale(other, NULL, &low, &high, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "float32 is wanted");
    why = testing_new_detail();
    check_status(srd_render_overlay(map, other, NULL, NULL, rgba, 4 * TESTNET_WIDTH, TESTNET_WIDTH, TESTNET_HEIGHT, &why),
                 SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "float32 is wanted");
}

START_TEST(all_else_is_float32)
{
    fixture f;

    ours = other_types[_i];
    made_count = 0;
    fixture_begin(&f, NULL, 1);
    wrong_runs(&f);
    wrong_questions(&f);
    wrong_pictures(&f);
    while (made_count > 0) srd_tensor_free(made[--made_count]);
    fixture_end(&f);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { scales_and_zero_points, 0, ROWS },       { a_half_that_is_no_number, 0, LAYERS }, { scales_are_copied, 0, 0 },
        { parameters_are_float32, 0, 3 * TAKERS }, { all_else_is_float32, 0, 3 },           { NULL, 0, 0 },
    };

    return testing_main("weight_errors", list);
}
