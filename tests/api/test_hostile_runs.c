/*
 * test_hostile_runs.c -- as test_hostile.c, where values or all of the relevance are compared: with the definition, computed here in
 * double, or with the score.
 */
#include <math.h>
#include <stdbool.h>

#include "testing.h"

/* Numbers without a pattern, in [-1, 1]. */
static void draw(float *numbers, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        numbers[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
}

static srd_layer linear(srd_graph *graph, const char *name, srd_layer below, int64_t outputs, int64_t inputs,
                        const float *weight, bool tokens)
{
    srd_tensor *const w = testing_const_view(2, (int64_t[]){ outputs, inputs }, weight);
    const srd_layer made = tokens ? srd_graph_linear_tokens(graph, name, below, w, NULL, NULL)
                                  : srd_graph_linear(graph, name, below, w, NULL, NULL);

    srd_tensor_free(w);
    return made;
}

static void seal(srd_graph *graph, srd_layer output)
{
    srd_detail detail = testing_new_detail();

    check_ok(srd_graph_output(graph, output, testing_reason()));
    ck_assert_msg(srd_graph_seal(graph, &detail) == SRD_OK, "%s: %s", detail.layer_name, detail.text);
}

static void run(srd_explainer *explainer, int64_t c, int64_t h, int64_t w, const float *picture)
{
    srd_tensor *const view = testing_const_view(3, (int64_t[]){ c, h, w }, picture);

    check_ok(srd_explainer_run(explainer, (const srd_tensor *const[]){ view }, 1, NULL, testing_reason()));
    srd_tensor_free(view);
}

static void value_of(srd_explainer *explainer, srd_layer layer, int64_t c, int64_t h, int64_t w, float *numbers)
{
    srd_tensor *const view = testing_view(3, (int64_t[]){ c, h, w }, numbers);

    check_ok(srd_explainer_value(explainer, layer, view, testing_reason()));
    srd_tensor_free(view);
}

/* ---- a maximum over a concat, some of which is no site ------------------------------------------------------------------------------ */

/* relu several times, and x sigmoid(x): the stretches of the relus do not count, since the gate has to be walked. An explainer in a block
 * of exactly its size must not write beside what it has taken. */
START_TEST(a_maximum_over_a_concat_with_a_gate)
{
    const int copies = (const int[]){ 1, 4, 30 }[_i];
    float picture[16], got[31 * 4];
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_pool2d_options two = SRD_POOL2D_OPTIONS_INIT;
    srd_layer x, y, in[31];

    for (int i = 0; i < 16; ++i) picture[i] = (float)(i % 5) - 1;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, "x", 1, 4, 4);
    for (int i = 0; i < copies; ++i) in[i] = srd_graph_relu(graph, NULL, x);
    in[copies] = srd_graph_gate(graph, "gate", x, srd_graph_sigmoid(graph, "s", x));
    two.kernel_h = two.kernel_w = 2;
    y = srd_graph_relu(graph, "y", srd_graph_max_pool2d(graph, "pool", srd_graph_concat(graph, "cat", in, copies + 1), &two));
    seal(graph, y);
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    run(explainer, 1, 4, 4, picture);
    value_of(explainer, y, copies + 1, 2, 2, got);
    for (int c = 0; c <= copies; ++c) {
        for (int p = 0; p < 4; ++p) {
            double most = 0.0;

            for (int k = 0; k < 4; ++k) {
                const double v = (double)picture[(p / 2 * 2 + k / 2) * 4 + p % 2 * 2 + k % 2];

                most = fmax(most, c < copies ? v : v / (1.0 + exp(-v)));
            }
            ck_assert_double_le(fabs((double)got[c * 4 + p] - most), 1e-6);
        }
    }
    for (int32_t p = 0; p < 4; ++p) {
        srd_tensor *const map = testing_view(2, (int64_t[]){ 4, 4 }, got);
        double sum = 0.0;

        check_ok(srd_explainer_ask_erf(explainer, y, p / 2, p % 2, NULL, &x, (srd_tensor *[]){ map }, 1, testing_reason()));
        for (int i = 0; i < 16; ++i) sum += (double)got[i];
        ck_assert_double_le(fabs(sum - 1.0), 1e-5);
        srd_tensor_free(map);
    }
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* ---- attention whose values are no site of their own --------------------------------------------------------------------------------- */

enum { E = 8, T = 12, HEADS = 2 };

typedef struct attending {
    float weight[E * E], picture[E * T];
    srd_graph *graph;
    srd_layer x, s, out;
} attending;

/* Values: 0: x gated by s; 1: that gated once more; 2: a slice that leaves out the second half of a concat; 3: both. */
static void build_attention(attending *a, int kind)
{
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;
    srd_layer v, q, k;

    for (int i = 0; i < E * E; ++i) a->weight[i] = (float)(i % 5) / 5.0f - 0.4f;
    for (int i = 0; i < E * T; ++i) a->picture[i] = (float)((i * 7) % 11) / 5.0f - 1.0f;
    a->graph = NULL;
    check_ok(srd_graph_create(NULL, NULL, &a->graph, NULL));
    v = a->x = srd_graph_input(a->graph, "x", E, 1, T);
    a->s = srd_graph_sigmoid(a->graph, "s", a->x);
    if (kind >= 2) v = srd_graph_slice(a->graph, NULL, srd_graph_concat(a->graph, NULL, (srd_layer[]){ v, a->s }, 2), 0, E);
    if (kind != 2) v = srd_graph_gate(a->graph, "v", v, a->s);
    if (kind == 1) v = srd_graph_gate(a->graph, "w", v, a->s);
    q = linear(a->graph, "q", a->x, E, E, a->weight, true);
    k = linear(a->graph, "k", a->x, E, E, a->weight, true);
    o.heads = HEADS;
    a->out = linear(a->graph, "o", srd_graph_attention(a->graph, "a", q, k, v, &o), E, E, a->weight, true);
    seal(a->graph, a->out);
}

/* W x, in double; x is [channel][token]. */
static void multiply(const float *weight, const double *x, double *y)
{
    for (int i = 0; i < E * T; ++i) {
        y[i] = 0.0;
        for (int c = 0; c < E; ++c) y[i] += (double)weight[i / T * E + c] * x[c * T + i % T];
    }
}

static void attend(const attending *a, int kind, double *want)
{
    double x[E * T], q[E * T], v[E * T], mixed[E * T] = { 0 };
    const int n = E / HEADS;

    for (int i = 0; i < E * T; ++i) {
        const double gate = 1.0 / (1.0 + exp(-(double)a->picture[i]));

        x[i] = (double)a->picture[i];
        v[i] = x[i] * (kind == 2 ? 1.0 : kind == 1 ? gate * gate : gate);
    }
    multiply(a->weight, x, q);
    for (int h = 0; h < HEADS; ++h) {
        for (int t = 0; t < T; ++t) {
            double e[T], sum = 0.0;

            for (int j = 0; j < T; ++j) {
                double dot = 0.0;

                for (int c = h * n; c < (h + 1) * n; ++c) dot += q[c * T + t] * q[c * T + j];
                sum += e[j] = exp(dot / sqrt((double)n));
            }
            for (int c = h * n; c < (h + 1) * n; ++c) {
                for (int j = 0; j < T; ++j) mixed[c * T + t] += e[j] / sum * v[c * T + j];
            }
        }
    }
    multiply(a->weight, mixed, want);
}

/* In all modes the values are those of the definition, and a class gives x its score, s nothing. */
START_TEST(an_attention_over_gates_and_slices)
{
    static const int32_t modes[] = { SRD_MODE_FORWARD, SRD_MODE_EXPLAIN, SRD_MODE_EXPLAIN },
                         ratios[] = { 0, SRD_RATIOS_FLOAT32, SRD_RATIOS_RECOMPUTED };
    attending a;
    double want[E * T], score = 0.0;

    build_attention(&a, _i);
    attend(&a, _i, want);
    for (int t = 0; t < T; ++t) score += want[3 * T + t];
    for (int m = 0; m < 3; ++m) {
        srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
        srd_explainer *explainer = NULL;
        float got[E * T], map[2][T];
        srd_tensor *const views[2] = { testing_view(2, (int64_t[]){ 1, T }, map[0]),
                                       testing_view(2, (int64_t[]){ 1, T }, map[1]) };

        o.mode = modes[m];
        o.ratios = ratios[m];
        check_ok(srd_explainer_create(a.graph, &o, NULL, &explainer, NULL));
        run(explainer, E, 1, T, a.picture);
        value_of(explainer, a.out, E, 1, T, got);
        for (int i = 0; i < E * T; ++i) ck_assert_double_le(fabs((double)got[i] - want[i]), 1e-5);
        if (m > 0) {
            double sum = 0.0;

            check_ok(srd_explainer_ask_class(explainer, 3, NULL, (srd_layer[]){ a.x, a.s }, views, 2, testing_reason()));
            for (int t = 0; t < T; ++t) {
                sum += (double)map[0][t];
                ck_assert_double_le(fabs((double)map[1][t]), 1e-7);
            }
            ck_assert_double_le(fabs(sum - score), 1e-5);
        }
        srd_tensor_free(views[0]);
        srd_tensor_free(views[1]);
        srd_explainer_free(explainer);
    }
    srd_graph_free(a.graph);
}
END_TEST

/* ---- depthwise convolutions of few positions ---------------------------------------------------------------------------------------- */

typedef struct depthwise {
    int32_t channels, size, kernel, pad, stride;
    int layers; /* after it */
} depthwise;

static srd_layer one_by_one(srd_graph *graph, srd_layer below, int32_t c, uint32_t seed)
{
    float numbers[16 * 16];
    srd_tensor *w;
    srd_layer made;

    draw(numbers, (size_t)c * (size_t)c, seed);
    w = testing_const_view(4, (int64_t[]){ c, c, 1, 1 }, numbers);
    made = srd_graph_relu(graph, NULL, srd_graph_conv2d(graph, NULL, below, w, NULL, NULL));
    srd_tensor_free(w);
    return made;
}

/* There are no biases: the score is what arrives at the input. */
static void check_depthwise(const depthwise *d)
{
    const int32_t c = d->channels;
    float numbers[16 * 49], map[49];
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    srd_report report = SRD_REPORT_INIT;
    srd_tensor *const view = testing_view(2, (int64_t[]){ d->size, d->size }, map);
    srd_tensor *w;
    srd_layer x, y;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    y = x = srd_graph_input(graph, "x", c, d->size, d->size);
    if (d->layers > 0) y = one_by_one(graph, y, c, 1);
    o.groups = c;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = d->pad;
    o.stride_h = o.stride_w = d->stride;
    draw(numbers, sizeof numbers / sizeof *numbers, 2);
    w = testing_const_view(4, (int64_t[]){ c, 1, d->kernel, d->kernel }, numbers);
    y = srd_graph_relu(graph, "r", srd_graph_conv2d(graph, "dw", y, w, NULL, &o));
    srd_tensor_free(w);
    for (int i = 1; i < d->layers; ++i) y = one_by_one(graph, y, c, 2 + (uint32_t)i);
    y = linear(graph, "fc", srd_graph_global_avg_pool(graph, "gap", y), 5, c, numbers, false);
    seal(graph, y);
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    draw(numbers, sizeof numbers / sizeof *numbers, 7);
    run(explainer, c, d->size, d->size, numbers);
    check_ok(srd_explainer_ask_top(explainer, NULL, &x, (srd_tensor *[]){ view }, 1, testing_reason()));
    check_ok(srd_explainer_report(explainer, &report, testing_reason()));
    ck_assert_msg(fabs(report.score - report.at_inputs - report.head_bias - report.unreached) <=
                      1e-5 * (1.0 + report.magnitude),
                  "%d channels of %d x %d, kernel %d, pad %d, stride %d, %d layers: score %g, at inputs %g", c, d->size,
                  d->size, d->kernel, d->pad, d->stride, d->layers, report.score, report.at_inputs);
    srd_tensor_free(view);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}

START_TEST(depthwise_convolutions_of_few_positions)
{
    const int32_t c = (const int32_t[]){ 4, 7, 8, 16 }[_i];

    for (int layers = 0; layers < 4; ++layers) {
        for (int32_t k = 1; k <= 7; ++k) check_depthwise(&(depthwise){ c, k, k, 0, 1, layers });
        for (int32_t size = 1; size <= 4; ++size) {
            for (int32_t stride = 1; stride <= 2; ++stride) {
                check_depthwise(&(depthwise){ c, size, 3, 1, stride, layers });
                check_depthwise(&(depthwise){ c, size, 5, 2, stride, layers });
            }
        }
    }
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_maximum_over_a_concat_with_a_gate, 0, 3 },
        { an_attention_over_gates_and_slices, 0, 4 },
        { depthwise_convolutions_of_few_positions, 0, 4 },
        { NULL, 0, 0 },
    };

    return testing_main("hostile_runs", list);
}
