/*
 * test_weight_types.c -- networks with float16 and int8 weights against the same networks with the float32 numbers that these
 * stand for: values, maps and ERFs have the same bits, packed and borrowed. And borrowed weights stay where they are.
 */
#include <math.h>
#include <stdlib.h>

#include "netquant.h"
#include "testing.h"

static const char *const networks[] = {
    "kernels",         "per_channel",     "vgg_small",    "fc_after_pool",   "fc_on_input",        "fc_sum",
    "resnet18",        "resnext50",       "mobilenet_v3", "shufflenet_v2",   "mobilenet_v2_small", "transposed",
    "transposed_head", "unet_transposed", "class_token",  "attention_mixed", "convnext_t",         "norm_branches",
    "dense_scores",    "two_inputs",      "inner_maps",   "gates",
};
#define NETWORKS ((int)(sizeof networks / sizeof *networks))

/* Everything that a network says, one number after the other. */
typedef struct results {
    float *numbers;
    size_t count, capacity;
    size_t graph_size, explainer_size;
    size_t answers; /* questions that made sense */
} results;

/* Room for count more, all 0. */
static float *more(results *r, size_t count)
{
    if (r->numbers == NULL || r->count + count > r->capacity) {
        r->capacity = 2 * (r->count + count) + 1;
        r->numbers = realloc(r->numbers, r->capacity * sizeof *r->numbers);
        if (r->numbers == NULL) ck_abort_msg("no memory for %zu numbers", r->capacity);
    }
    for (size_t i = 0; i < count; ++i) r->numbers[r->count + i] = 0;
    r->count += count;
    return r->numbers + r->count - count;
}

static uint32_t bits_of(float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* A status is a result, too: some questions make no sense for some networks. */
static void note(results *r, srd_status status)
{
    *more(r, 1) = (float)status;
    if (status == SRD_OK) ++r->answers;
}

static void take_value(results *r, srd_explainer *ex, srd_layer layer, const int32_t *chw)
{
    const int64_t shape[3] = { chw[0], chw[1], chw[2] };
    srd_tensor *const value = testing_view(3, shape, more(r, (size_t)chw[0] * (size_t)chw[1] * (size_t)chw[2]));

    check_ok(srd_explainer_value(ex, layer, value, testing_reason()));
    srd_tensor_free(value);
}

/* Maps of class 0 at a site, plain and contrastive, and what its middle position is made of at input 0. */
static void take_maps(results *r, srd_graph *graph, srd_explainer *ex, srd_layer layer, const int32_t *chw)
{
    const srd_score_options contrastive = { (uint32_t)sizeof contrastive, 0, 1 };
    const srd_layer input = srd_graph_input_layer(graph, 0);
    int64_t shape[2] = { chw[1], chw[2] };
    int32_t below[3];
    srd_tensor *map;

    for (int i = 0; i < 2; ++i) {
        map = testing_view(2, shape, more(r, (size_t)(shape[0] * shape[1])));
        note(r, srd_explainer_ask_class(ex, 0, i == 0 ? NULL : &contrastive, &layer, &map, 1, testing_reason()));
        srd_tensor_free(map);
    }
    check_ok(srd_explainer_layer_shape(ex, input, below, testing_reason()));
    shape[0] = below[1];
    shape[1] = below[2];
    map = testing_view(2, shape, more(r, (size_t)(shape[0] * shape[1])));
    note(r, srd_explainer_ask_erf(ex, layer, chw[1] / 2, chw[2] / 2, NULL, &input, &map, 1, testing_reason()));
    srd_tensor_free(map);
}

static srd_explainer *explainer_of(srd_graph *graph)
{
    srd_explainer_options o = { 0 };
    srd_explainer *ex = NULL;
    srd_detail why = SRD_DETAIL_INIT;
    srd_keep keeps[400];

    o.struct_size = (uint32_t)sizeof o;
    for (srd_layer id = 0; id < srd_graph_layer_count(graph); ++id) {
        if (!srd_graph_is_site(graph, id)) continue;
        keeps[o.keep_count].layer = id;
        keeps[o.keep_count++].what = SRD_KEEP_VALUE;
    }
    o.keeps = keeps;
    ck_assert_msg(srd_explainer_create(graph, &o, NULL, &ex, &why) == SRD_OK, "layer \"%s\": %s", why.layer_name, why.text);
    return ex;
}

static void take_all(results *r, netfile *file, int32_t policy)
{
    srd_detail why = SRD_DETAIL_INIT;
    srd_graph *const graph = netfile_graph(file, policy, &why);
    srd_tensor *inputs[NETFILE_INPUTS];
    srd_explainer *ex;

    ck_assert_msg(graph != NULL, "%s: layer \"%s\": %s", file->name, why.layer_name, why.text);
    ex = explainer_of(graph);
    for (int32_t i = 0; i < file->input_count; ++i) {
        const int64_t shape[3] = { file->inputs[i].channels, file->inputs[i].height, file->inputs[i].width };

        inputs[i] = testing_const_view(3, shape, file->cases[0].inputs[i]);
    }
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)inputs, file->input_count, NULL, testing_reason()));
    for (srd_layer id = 0; id < srd_graph_layer_count(graph); ++id) {
        int32_t chw[3];

        if (!srd_graph_is_site(graph, id)) continue;
        check_ok(srd_explainer_layer_shape(ex, id, chw, testing_reason()));
        take_value(r, ex, id, chw);
        take_maps(r, graph, ex, id, chw);
    }
    r->graph_size = srd_graph_memory_used(graph);
    r->explainer_size = srd_explainer_memory_used(ex);
    for (int32_t i = 0; i < file->input_count; ++i) srd_tensor_free(inputs[i]);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}

static netfile *load(const char *name)
{
    char why[200] = "";
    netfile *const file = netfile_load(SRD_GOLDEN_DIR, name, why, sizeof why);

    ck_assert_msg(file != NULL, "%s", why);
    return file;
}

/* The first number that differs in a bit; count if there is none. */
static size_t first_difference(const results *a, const results *b)
{
    size_t i = 0;

    ck_assert_uint_eq(a->count, b->count);
    while (i < a->count && bits_of(a->numbers[i]) == bits_of(b->numbers[i])) ++i;
    return i;
}

static void check_same(const results *a, const results *b, const char *name)
{
    const size_t i = first_difference(a, b);

    if (i == a->count) return;
    ck_abort_msg("%s: number %zu is %.9g instead of %.9g", name, i, (double)a->numbers[i], (double)b->numbers[i]);
}

/* _i: a network and a kind. */
START_TEST(quantised_weights_are_the_numbers_they_stand_for)
{
    static netquant quantised, meant;
    const int kind = _i % NETQUANT_KINDS;
    netfile *const file = load(networks[_i / NETQUANT_KINDS]);
    results raw = { NULL, 0, 0, 0, 0, 0 };

    take_all(&raw, file, SRD_WEIGHTS_COPY);
    for (int32_t policy = SRD_WEIGHTS_COPY; policy <= SRD_WEIGHTS_BORROW; ++policy) {
        results a = { NULL, 0, 0, 0, 0, 0 }, b = { NULL, 0, 0, 0, 0, 0 };

        netquant_begin(&quantised, kind, 0);
        file->weights = &quantised.weights;
        take_all(&a, file, policy);
        netquant_begin(&meant, kind, 1);
        file->weights = &meant.weights;
        take_all(&b, file, policy);
        check_same(&a, &b, file->name);
        ck_assert_uint_eq(a.explainer_size, b.explainer_size);
        ck_assert_uint_gt(a.answers, 2);
        ck_assert_msg(first_difference(&a, &raw) < raw.count, "%s: nothing was quantised", file->name);
        netquant_end(&quantised);
        netquant_end(&meant);
        free(a.numbers);
        free(b.numbers);
    }
    free(raw.numbers);
    netfile_free(file);
}
END_TEST

/* Of borrowed weights a graph takes scale and zero point of each channel, and nothing else. */
START_TEST(borrowed_weights_take_no_memory)
{
    static netquant q;
    netfile *const file = load("vgg_small");
    results whole = { NULL, 0, 0, 0, 0, 0 }, bytes = { NULL, 0, 0, 0, 0, 0 };
    size_t layers = 0;

    take_all(&whole, file, SRD_WEIGHTS_BORROW);
    netquant_begin(&q, _i, 0);
    file->weights = &q.weights;
    take_all(&bytes, file, SRD_WEIGHTS_BORROW);
    layers = (size_t)q.piece_count; /* more than there are */
    if (_i == NETQUANT_HALF) ck_assert_uint_eq(bytes.graph_size, whole.graph_size);
    ck_assert_uint_ge(bytes.graph_size, whole.graph_size);
    ck_assert_uint_le(bytes.graph_size, whole.graph_size + 5 * q.outputs + 2 * SRD_ALIGNMENT * layers);
    ck_assert_uint_lt(bytes.graph_size, whole.graph_size + q.weight_size / 2);
    netquant_end(&q);
    free(whole.numbers);
    free(bytes.numbers);
    netfile_free(file);
}
END_TEST

/* They are read where they lie: another number there is another answer. Strides may be any: here channels last. */
START_TEST(borrowed_weights_are_read_in_place)
{
    static const uint16_t halves[4] = { 0x3c00, 0xc000, 0x3800, 0x0003 }; /* 1, -2, 0.5, 3 * 2^-24 */
    const int64_t shape[4] = { 2, 2, 1, 1 }, strides[4] = { 1, 2, 4, 4 }, picture[3] = { 2, 1, 1 }, two = 2;
    const float ones[2] = { 1, 1 }, scales[2] = { 0.5f, 3 };
    const srd_graph_options borrow = { (uint32_t)sizeof borrow, SRD_WEIGHTS_BORROW };
    int8_t bytes[4] = { 1, 2, 3, -128 }; /* [I][O] */
    float got[2];
    srd_graph *graph = NULL;
    srd_explainer *ex = NULL;
    srd_tensor *weight = NULL, *half = NULL, *const scale = testing_const_view(1, &two, scales);
    srd_tensor *const input = testing_const_view(3, picture, ones), *const value = testing_view(3, picture, got);
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_layer layer, other;

    check_ok(srd_tensor_view_const(SRD_INT8, 4, shape, strides, bytes, NULL, &weight, NULL));
    check_ok(srd_tensor_view_const(SRD_FLOAT16, 4, shape, strides, halves, NULL, &half, NULL));
    check_ok(srd_graph_create(&borrow, NULL, &graph, NULL));
    o.weight_scale = scale;
    layer = srd_graph_conv2d(graph, "conv", srd_graph_input(graph, "x", 2, 1, 1), weight, NULL, &o);
    other = srd_graph_conv2d(graph, "half", 0, half, NULL, NULL);
    check_ok(srd_graph_output(graph, layer, testing_reason()));
    check_ok(srd_graph_output(graph, other, testing_reason()));
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(half);
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &ex, NULL));
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)&input, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(ex, layer, value, testing_reason()));
    ck_assert(got[0] == 2.0f && got[1] == -378.0f);
    check_ok(srd_explainer_value(ex, other, value, testing_reason()));
    ck_assert(got[0] == 1.5f && got[1] == -2.0f + 3 * ldexpf(1, -24));
    bytes[2] = 127;
    check_ok(srd_explainer_run(ex, (const srd_tensor *const *)&input, 1, NULL, testing_reason()));
    check_ok(srd_explainer_value(ex, layer, value, testing_reason()));
    ck_assert(got[0] == 64.0f && got[1] == -378.0f);
    srd_tensor_free(input);
    srd_tensor_free(value);
    srd_explainer_free(ex);
    srd_graph_free(graph);
}
END_TEST

/* Scales and zero points are no parameters of the network. */
START_TEST(parameters_are_counted_as_in_float32)
{
    static netquant q;
    netfile *const file = load("vgg_small");
    int64_t counts[2] = { 0, 0 };

    for (int i = 0; i < 2; ++i) {
        srd_graph *graph;

        netquant_begin(&q, NETQUANT_WIDE_ZERO, i);
        file->weights = &q.weights;
        graph = netfile_graph(file, SRD_WEIGHTS_COPY, NULL);
        ck_assert_ptr_nonnull(graph);
        for (srd_layer id = 0; id < srd_graph_layer_count(graph); ++id) {
            srd_layer_info info = SRD_LAYER_INFO_INIT;

            check_ok(srd_graph_layer_info(graph, id, &info, testing_reason()));
            counts[i] += info.parameters;
        }
        srd_graph_free(graph);
        netquant_end(&q);
    }
    ck_assert_int_gt(counts[0], 0);
    ck_assert_int_eq(counts[0], counts[1]);
    netfile_free(file);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { quantised_weights_are_the_numbers_they_stand_for, 0, NETWORKS * NETQUANT_KINDS },
        { borrowed_weights_take_no_memory, 0, NETQUANT_KINDS },
        { borrowed_weights_are_read_in_place, 0, 0 },
        { parameters_are_counted_as_in_float32, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("weight_types", list);
}
