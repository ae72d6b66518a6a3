/*
 * test_extremes.c -- numbers and channels that were wrong once: networks that somebody built to break the library. Expected
 * numbers are worked out here. test_extreme_sizes.c has those that are too large.
 */
#include "extremes.h"

/* ---- channels ---- */

/* A first convolution whose input channels are partly zeros of the graph, before and after: _i counts both from 0 to 3. */
START_TEST(a_first_convolution_over_zero_channels)
{
    const int32_t before = _i / 4, after = _i % 4;
    float weight[8], picture[18], want[9], got[9];
    srd_graph *const graph = new_graph();
    srd_layer at = srd_graph_input(graph, "x", 2, 3, 3);

    for (int i = 0; i < 8; ++i) weight[i] = (float)(i + 1);
    for (int i = 0; i < 18; ++i) picture[i] = (float)(i + 1);
    for (int p = 0; p < 9; ++p) want[p] = picture[p] * weight[before] + picture[9 + p] * weight[before + 1];
    at = srd_graph_zero_channels(graph, NULL, at, before, after);
    at = conv(graph, at, 1, 2 + before + after, 1, 1, weight, NULL, NULL);
    seal(graph, at);
    for (int32_t mode = SRD_MODE_EXPLAIN; mode <= SRD_MODE_FORWARD; ++mode) {
        srd_explainer *const explainer = run(graph, mode, 1, picture, SRD_OK);

        value(explainer, at, 9, got);
        check_close(got, want, 9);
        if (mode == SRD_MODE_EXPLAIN) {
            ask_class(explainer, 0, got);
            check_close(got, want, 9);
        }
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
}
END_TEST

/* A dense convolution plus one of groups of 20 outputs, which is no multiple of what kernels compute at a time. Over the input
 * (_i 0), and over a ReLU. */
START_TEST(dense_and_grouped_convolutions_added)
{
    enum { O = 40, I = 4, G = 2, P = 4 };
    float dense[O * I], grouped[O * I / G], picture[I * P], want[O * P] = { 0 }, got[O * P];
    srd_conv2d_options o = conv_options();
    srd_graph *const graph = new_graph();
    srd_layer parts[2], at = srd_graph_input(graph, "x", I, 2, 2);

    for (int i = 0; i < O * I; ++i) dense[i] = (float)(i % 23 - 7);
    for (int i = 0; i < O * I / G; ++i) grouped[i] = (float)(i % 19 - 5);
    for (int i = 0; i < I * P; ++i) picture[i] = (float)(i + 1);
    for (int i = 0; i < O * P; ++i) {
        const int k = i / P, first = k / (O / G) * (I / G);

        for (int c = 0; c < I; ++c) want[i] += dense[k * I + c] * picture[c * P + i % P];
        for (int c = 0; c < I / G; ++c) want[i] += grouped[k * (I / G) + c] * picture[(first + c) * P + i % P];
    }
    if (_i == 1) at = srd_graph_relu(graph, NULL, at);
    o.groups = G;
    parts[0] = conv(graph, at, O, I, 1, 1, dense, NULL, NULL);
    parts[1] = conv(graph, at, O, I / G, 1, 1, grouped, NULL, &o);
    at = srd_graph_add(graph, "sum", parts, 2);
    seal(graph, at);
    for (int32_t mode = SRD_MODE_EXPLAIN; mode <= SRD_MODE_FORWARD; ++mode) {
        srd_explainer *const explainer = run(graph, mode, 1, picture, SRD_OK);

        value(explainer, at, O * P, got);
        check_close(got, want, O * P); /* whole numbers: exact in any order */
        if (mode == SRD_MODE_EXPLAIN) {
            ask_class(explainer, 27, got);
            check_close(got, want + 27 * P, P);
        }
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
}
END_TEST

/* ---- numbers ---- */

/* Contributions of 1e8 and -1e8 of the same path leave 1 and 2; what single precision would lose is the answer. */
START_TEST(cancellation_inside_a_first_convolution)
{
    const float weight[6] = { 1, 1, 1, 1, 1, 1 }, picture[6] = { 1e8f, 1e8f, 1, 2, -1e8f, -1e8f };
    const float shares[2] = { 1.0f / 3, 2.0f / 3 }, parts[2] = { 1, 2 }, sum = 3;
    srd_graph *const graph = new_graph();
    srd_layer at = srd_graph_input(graph, "x", 3, 1, 2);
    srd_explainer *explainer;
    float got[2];

    at = srd_graph_relu(graph, NULL, conv(graph, at, 1, 3, 1, 2, weight, NULL, NULL));
    seal(graph, at);
    explainer = run(graph, SRD_MODE_EXPLAIN, 1, picture, SRD_OK);
    value(explainer, at, 1, got);
    check_close(got, &sum, 1);
    ask_erf(explainer, at, 0, 0, got);
    check_close(got, shares, 2);
    ask_class(explainer, 0, got);
    check_close(got, parts, 2);
    ck_assert_double_le(fabs(report(explainer).at_inputs - 3), 1e-5);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* Norms below a bias that add up to more than FLT_MAX: 3e38 - 2e38 + 1e38, and 2e38 - 1e38 + 1e38. Over the input (_i 0), and
 * over a ReLU. */
START_TEST(norms_near_the_largest_number)
{
    const float weight[2] = { 1, -1 }, bias = 1e38f, picture[3] = { 3e38f, 2e38f, 1e38f };
    const float left[3] = { 1.8f, -0.8f, 0 }, right[3] = { 0, 4.0f / 3, -1.0f / 3 }, values[2] = { 2e38f, 2e38f };
    srd_graph *const graph = new_graph();
    srd_layer at = srd_graph_input(graph, "x", 1, 1, 3);
    srd_explainer *explainer;
    float got[3];

    if (_i == 1) at = srd_graph_relu(graph, NULL, at);
    at = srd_graph_relu(graph, NULL, conv(graph, at, 1, 1, 1, 2, weight, &bias, NULL));
    seal(graph, at);
    explainer = run(graph, SRD_MODE_EXPLAIN, 1, picture, SRD_OK);
    value(explainer, at, 2, got);
    check_close(got, values, 2);
    ask_erf(explainer, at, 0, 0, got);
    check_close(got, left, 3);
    ask_erf(explainer, at, 0, 1, got);
    check_close(got, right, 3);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* The mean of four numbers near FLT_MAX is one of them, in both modes, however the pool is written. */
START_TEST(means_near_the_largest_number)
{
    const float picture[4] = { 3e38f, 3e38f, 3e38f, 3e38f }, want = 3e38f;
    const float map[4] = { 0.75e38f, 0.75e38f, 0.75e38f, 0.75e38f };
    const srd_pool2d_options o = pool_options(2, 0, 0);
    srd_graph *const graph = new_graph();
    const srd_layer x = srd_graph_input(graph, "x", 1, 2, 2);
    srd_layer at;
    float got[4];

    if (_i == 0) at = srd_graph_global_avg_pool(graph, NULL, x);
    else if (_i == 1) at = srd_graph_avg_pool2d(graph, NULL, x, &o);
    else at = srd_graph_adaptive_avg_pool2d(graph, NULL, x, 1, 1);
    at = srd_graph_relu(graph, NULL, at);
    seal(graph, at);
    for (int32_t mode = SRD_MODE_EXPLAIN; mode <= SRD_MODE_FORWARD; ++mode) {
        srd_explainer *const explainer = run(graph, mode, 1, picture, SRD_OK);

        value(explainer, at, 1, got);
        check_close(got, &want, 1);
        if (mode == SRD_MODE_EXPLAIN) {
            ask_class(explainer, 0, got);
            check_close(got, map, 4);
        }
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
}
END_TEST

/* y is finite, and f(y) is not: the activation is to blame, not what lies below or above. */
START_TEST(an_activation_that_overflows)
{
    const float weight = 1, picture = -1e20f;
    srd_detail detail = testing_new_detail();
    srd_graph *const graph = new_graph();
    srd_layer at = srd_graph_input(graph, "x", 1, 1, 1);
    srd_explainer *explainer;

    at = srd_graph_leaky_relu(graph, "steep", conv(graph, at, 1, 1, 1, 1, &weight, NULL, NULL), 1e30f);
    at = srd_graph_relu(graph, "above", conv(graph, at, 1, 1, 1, 1, &weight, NULL, NULL));
    seal(graph, at);
    for (int32_t mode = SRD_MODE_EXPLAIN; mode <= SRD_MODE_FORWARD; ++mode) {
        explainer = run(graph, mode, 1, &picture, SRD_ERR_NUMBER);
        detail = *testing_reason();
        check_detail(&detail, SRD_ERR_NUMBER, "steep", "overflow");
        check_status(srd_explainer_top_class(explainer, 0, 0, NULL, NULL, testing_reason()), SRD_ERR_STATE);
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
}
END_TEST

/* ---- questions that overflow ---- */

/* Some number of the last picture's answer is too large: the question is refused and leaves the maps of all pictures alone, and
 * the next question is answered. */
static void check_overflow(srd_explainer *explainer, int32_t batch, const srd_target *target, srd_layer start,
                           const srd_tensor *seed, int32_t contrastive)
{
    const srd_target *const targets[1] = { target };
    const srd_layer x = 0;
    srd_question_options o = SRD_QUESTION_OPTIONS_INIT;
    srd_detail detail;
    float numbers[2 * 4];
    srd_tensor *const map = map_of(explainer, batch, numbers);
    srd_status status;

    o.contrastive = contrastive;
    if (target != NULL)
        status = srd_explainer_ask(explainer, targets, 1, &o, &x, (srd_tensor *const[]){ map }, 1, testing_reason());
    else status = srd_explainer_ask_seed(explainer, start, seed, &o, &x, (srd_tensor *const[]){ map }, 1, testing_reason());
    ck_assert_int_eq(status, SRD_ERR_NUMBER);
    check_untouched(numbers, (size_t)batch * 4);
    detail = *testing_reason();
    ck_assert_int_eq(detail.status, SRD_ERR_NUMBER);
    ck_assert(detail.layer_name[0] != '\0' && detail.text[0] != '\0');
    check_ok(srd_explainer_ask_class(explainer, 0, NULL, &x, (srd_tensor *const[]){ map }, 1, testing_reason()));
    for (int i = 0; i < batch * 4; ++i) ck_assert(isfinite(numbers[i]));
    srd_tensor_free(map);
}

/* One picture (_i 0), or two of which only the second overflows. */
START_TEST(directions_and_relevance_that_overflow)
{
    const int32_t batch = _i + 1;
    const int64_t direction_shape[2] = { batch, 2 }, plane[3] = { batch, 2, 2 };
    const float weight[4] = { 1, 2, 3, -1 }, pictures[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    float directions[4] = { 1, 0, 1, 1 }, seeds[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    srd_tensor *const direction = testing_view(2, direction_shape, directions), *const seed = testing_view(3, plane, seeds);
    srd_target target = SRD_TARGET_INIT, masked = SRD_TARGET_INIT;
    srd_graph *const graph = new_graph();
    srd_explainer *explainer;
    srd_layer relu, out;

    relu = srd_graph_relu(graph, "relu", srd_graph_input(graph, "x", 1, 2, 2));
    out = conv(graph, relu, 2, 1, 1, 1, weight, NULL, NULL);
    out = conv(graph, out, 2, 2, 1, 1, weight, NULL, NULL);
    seal(graph, out);
    explainer = run(graph, SRD_MODE_EXPLAIN, batch, pictures, SRD_OK);
    directions[2 * batch - 2] = directions[2 * batch - 1] = 3e38f; /* of the last image */
    for (int p = 0; p < 4; ++p) seeds[4 * batch - 4 + p] = 3e38f;
    target.kind = SRD_TARGET_DIRECTION;
    target.direction = direction;
    masked.mask = seed;
    check_overflow(explainer, batch, &target, 0, NULL, 0);
    check_overflow(explainer, batch, &target, 0, NULL, 1);
    check_overflow(explainer, batch, &masked, 0, NULL, 0);
    check_overflow(explainer, batch, NULL, relu, seed, 0); /* a sum of 1.2e39 has no unit in which to report it */
    check_overflow(explainer, batch, NULL, relu, seed, 1);
    check_overflow(explainer, batch, NULL, out, seed, 0);
    srd_tensor_free(direction);
    srd_tensor_free(seed);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* ---- the same network written in several ways ---- */

/* A mixing layer over a flattened pool: fully connected, 1 x 1, in two groups, and with a kernel of 3 rows of which two see
 * padding only. */
static srd_layer mix_flat(srd_graph *graph, srd_layer flat, int way)
{
    static const float full[8] = { 1, 2, 0, 0, 0, 0, 1, -3 }, groups[4] = { 1, 2, 1, -3 }, bias[2] = { 5, 4 };
    const int64_t shape[2] = { 2, 4 };
    srd_conv2d_options o = conv_options();
    float tall[24] = { 0 };
    srd_tensor *weight, *b;
    srd_layer layer;

    for (int i = 0; i < 8; ++i) tall[i * 3 + 1] = full[i];
    if (way == 1) return conv(graph, flat, 2, 4, 1, 1, full, bias, NULL);
    if (way == 2) {
        o.groups = 2;
        return conv(graph, flat, 2, 2, 1, 1, groups, bias, &o);
    }
    if (way == 3) {
        o.pad_top = o.pad_bottom = 1;
        return conv(graph, flat, 2, 4, 3, 1, tall, bias, &o);
    }
    weight = testing_const_view(2, shape, full);
    b = testing_const_view(1, shape, bias);
    layer = srd_graph_linear(graph, NULL, flat, weight, b, NULL);
    srd_tensor_free(weight);
    srd_tensor_free(b);
    return layer;
}

START_TEST(a_network_written_four_ways)
{
    const float picture[6] = { 1, 2, 4, 3, -1, 2 }, values[2] = { 5 + 1.5f + 6, 4 + 1 - 1.5f };
    float first[9], got[9];
    srd_pool2d_options o = pool_options(1, 1, 0);

    o.kernel_w = 2;
    for (int way = 0; way < 4; ++way) {
        srd_graph *const graph = new_graph();
        srd_layer at = srd_graph_avg_pool2d(graph, NULL, srd_graph_input(graph, "x", 2, 1, 3), &o);
        srd_explainer *explainer;

        at = mix_flat(graph, srd_graph_flatten(graph, NULL, at), way);
        seal(graph, at);
        explainer = run(graph, SRD_MODE_EXPLAIN, 1, picture, SRD_OK);
        value(explainer, at, 2, got);
        check_close(got, values, 2);
        for (int32_t c = 0; c < 2; ++c) ask_class(explainer, c, got + 3 * c);
        ask_erf(explainer, at, 0, 0, got + 6);
        if (way == 0) memcpy(first, got, sizeof first);
        check_close(got, first, 9);
        ck_assert_double_le(fabs((double)(first[0] + first[1] + first[2] - values[0])), 1e-5); /* the bias is spread */
        srd_explainer_free(explainer);
        srd_graph_free(graph);
    }
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_first_convolution_over_zero_channels, 0, 16 },
        { dense_and_grouped_convolutions_added, 0, 2 },
        { cancellation_inside_a_first_convolution, 0, 0 },
        { norms_near_the_largest_number, 0, 2 },
        { means_near_the_largest_number, 0, 3 },
        { an_activation_that_overflows, 0, 0 },
        { directions_and_relevance_that_overflow, 0, 2 },
        { a_network_written_four_ways, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("extremes", list);
}
