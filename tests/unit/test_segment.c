/*
 * test_segment.c -- the segment compiler by itself (lib/graph/segment.c): small graphs whose segments are written down by hand from
 * METHOD sections 3 and 4. segment_text.h says how to read the lines.
 */
#include <math.h>

#include "segment_layers.h"
#include "segment_text.h"

/* ---- what is one segment ----------------------------------------------------------------------------------------------------- */

START_TEST(conv_norm_activation)
{
    srd_graph *const g = begin();
    const srd__segment *s;

    seal(g, srd_graph_relu(g, "relu", batch_norm(g, "bn", conv_biased(g, "conv", X, 3, 5, 7))));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu", "relu of bn = bn*conv(x); 0..0 chain: bn*conv, bn; from x");
    s = segment_of(g, "relu");
    check_vector(s->branches[0].scale, 1, -1);
    ck_assert_ptr_eq(s->branches[0].scale, g->layers[srd_graph_find(g, "bn")]->scale); /* of one layer: its own numbers */
    check_vector(s->biases[0].vector, 5 * 1 - 2, 7 * -1 + 1);
    ck_assert_ptr_eq(s->bias_total, s->biases[0].vector);
    srd_graph_free(g);
}
END_TEST

/* A mixing layer without a bias, and a pointwise layer straight above a site, leave nothing to say. */
START_TEST(no_bias_and_no_mixing)
{
    srd_graph *const g = begin();
    const srd_layer conv1 = conv(g, "conv", X);

    seal(g, srd_graph_tanh(g, "tanh", srd_graph_sigmoid(g, "sigmoid", conv1)));
    check_names(g, "sigmoid tanh", "x sigmoid tanh");
    check_segment(g, "sigmoid", "sigmoid of conv = conv(x); from x");
    check_segment(g, "tanh", "tanh of sigmoid = sigmoid; from sigmoid");
    ck_assert_int_eq(segment_of(g, "tanh")->factor_count, 0);
    srd_graph_free(g);
}
END_TEST

/* A residual block: each branch keeps its own bias. */
START_TEST(shortcut)
{
    srd_graph *const g = begin();
    const srd_layer below = srd_graph_relu(g, "below", conv(g, "stem", X));

    seal(g, srd_graph_relu(g, "relu", add(g, "add", conv_biased(g, "conv", below, 3, 5, 7), below)));
    check_names(g, "below relu", "x below relu");
    check_segment(g, "relu", "relu of add = conv(below) + below; 0..0 chain: conv; from below");
    /* The only term, with nothing above it that scales, is the layer's own vector. */
    ck_assert_ptr_eq(segment_of(g, "relu")->bias_total, g->layers[srd_graph_find(g, "conv")]->bias);
    srd_graph_free(g);
}
END_TEST

START_TEST(two_branches_with_norms)
{
    srd_graph *const g = begin();
    const srd_layer below = srd_graph_relu(g, "below", conv(g, "stem", X));
    const srd_layer left = scale_shift(g, "bn1", conv_biased(g, "conv1", below, 3, 5, 7), 2, 4, 1, 3);
    const srd_layer right = scale_shift(g, "bn2", conv_biased(g, "conv2", below, 1, 10, 20), -1, 0.5f, 6, 8);
    const srd__segment *s;

    seal(g, srd_graph_relu(g, "relu", add(g, "add", left, right)));
    check_names(g, "below relu", "x below relu");
    check_segment(g, "relu",
                  "relu of add = bn1*conv1(below) + bn2*conv2(below); 0..0 chain: bn1*conv1, bn1; 1..1 chain: bn2*conv2, bn2; "
                  "from below");
    s = segment_of(g, "relu");
    check_vector(s->branches[0].scale, 2, 4);
    check_vector(s->branches[1].scale, -1, 0.5f);
    check_vector(s->biases[0].vector, 5 * 2 + 1, 7 * 4 + 3);
    check_vector(s->biases[1].vector, 10 * -1 + 6, 20 * 0.5f + 8);
    check_vector(s->bias_total, 11 - 4, 31 + 18);
    srd_graph_free(g);
}
END_TEST

/* A stream that is read twice is a site with the identity as its nonlinearity, and a source like any other. */
START_TEST(residual_read_twice)
{
    srd_graph *const g = begin();
    const srd_layer stream = add(g, "stream", conv_biased(g, "conv1", X, 3, 5, 7), X);

    seal(g, add(g, "sum", conv_biased(g, "conv2", stream, 3, 1, 2), stream));
    check_names(g, "stream sum", "x stream sum");
    check_segment(g, "stream", "stream = conv1(x) + x; 0..0 chain: conv1; from x");
    check_segment(g, "sum", "sum = conv2(stream) + stream; 0..0 chain: conv2; from stream");
    srd_graph_free(g);
}
END_TEST

/* add(c, c) reads c twice: c is a site, and one source of two branches. */
START_TEST(added_to_itself)
{
    srd_graph *const g = begin();
    const srd_layer c = conv_biased(g, "c", X, 3, 5, 7);

    seal(g, srd_graph_relu(g, "relu", add(g, "twice", c, c)));
    check_names(g, "c relu", "x c relu");
    check_segment(g, "c", "c = c(x); 0..0 chain: c; from x");
    check_segment(g, "relu", "relu of twice = c + c; from c");
    srd_graph_free(g);
}
END_TEST

/* Norms between and above sums: a bias belongs to all branches below its layer. What lies above the first add is no chain. */
START_TEST(adds_of_adds)
{
    srd_graph *const g = begin();
    const srd_layer low = add(g, "add1", conv_biased(g, "conv1", X, 3, 1, 2), conv_biased(g, "conv2", X, 1, 3, 4));
    const srd_layer high = add(g, "add2", scale_shift(g, "bn1", low, 2, 4, 100, 200), conv_biased(g, "conv3", X, 1, 5, 6));
    const srd__segment *s;

    seal(g, srd_graph_relu(g, "relu", scale_shift(g, "bn2", high, 3, 0.5f, 1000, 2000)));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu",
                  "relu of bn2 = bn2*bn1*conv1(x) + bn2*bn1*conv2(x) + bn2*conv3(x); 0..0 chain: bn2*bn1*conv1; "
                  "1..1 chain: bn2*bn1*conv2; 0..1: bn2*bn1; 2..2 chain: bn2*conv3; 0..2: bn2; from x");
    s = segment_of(g, "relu");
    check_vector(s->branches[0].scale, 6, 2);
    ck_assert_ptr_eq(s->branches[0].scale, s->branches[1].scale); /* one product, made once */
    check_vector(s->branches[2].scale, 3, 0.5f);
    check_vector(s->biases[0].vector, 6 * 1, 2 * 2);
    check_vector(s->biases[1].vector, 6 * 3, 2 * 4);
    check_vector(s->biases[2].vector, 3 * 100, 0.5f * 200);
    check_vector(s->biases[3].vector, 3 * 5, 0.5f * 6);
    check_vector(s->biases[4].vector, 1000, 2000);
    check_vector(s->bias_total, 6 + 18 + 300 + 15 + 1000, 4 + 8 + 100 + 3 + 2000);
    srd_graph_free(g);
}
END_TEST

/* Post layers in a row: three products, each of one more layer, and one group. */
START_TEST(scales_are_products)
{
    srd_graph *const g = begin();
    const srd_layer low = scale_shift(g, "a", conv_biased(g, "conv", X, 3, 1, 1), 2, 3, 10, 20);
    const srd__segment *s;

    seal(g, srd_graph_relu(g, "relu", scale_shift(g, "c", shift_only(g, "b", low, 0.5f, 0.25f), 4, 5, 7, 9)));
    check_segment(g, "relu", "relu of c = c*a*conv(x); 0..0 chain: c*a*conv, c*a, c*b, c; from x");
    s = segment_of(g, "relu");
    ck_assert_int_eq(s->factor_count, 2); /* b has no scale */
    check_vector(s->branches[0].scale, 8, 15);
    check_vector(s->bias_total, 8 + 40 + 2 + 7, 15 + 100 + 1.25f + 9);
    srd_graph_free(g);
}
END_TEST

/* Post layers straight above a site are no chain of a mixing layer. */
START_TEST(norm_without_mixing)
{
    srd_graph *const g = begin();

    seal(g, srd_graph_relu(g, "relu", batch_norm(g, "bn", X)));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu", "relu of bn = bn*x; 0..0: bn; from x");
    srd_graph_free(g);
}
END_TEST

/* A sum that begins with 0 never has a -0: then the vector is not the layer's own. */
START_TEST(no_bias_is_minus_zero)
{
    srd_graph *const g = begin();
    const float *total;

    seal(g, srd_graph_relu(g, "relu", conv_biased(g, "conv", X, 3, -0.0f, 3)));
    check_segment(g, "relu", "relu of conv = conv(x); 0..0 chain: conv; from x");
    total = segment_of(g, "relu")->bias_total;
    check_vector(total, 0, 3);
    ck_assert(!signbit(total[0]));
    ck_assert(signbit(g->layers[srd_graph_find(g, "conv")]->bias[0]));
    srd_graph_free(g);
}
END_TEST

/* ---- who is swallowed ---------------------------------------------------------------------------------------------------------- */

/* A mixing or post layer that a gather or mixing layer reads, or two layers read, is a site. */
START_TEST(not_swallowed)
{
    srd_graph *const g = begin();
    const srd_layer read_by_pool = batch_norm(g, "bn", conv(g, "conv1", X));
    const srd_layer read_by_conv = conv(g, "conv2", pool(g, "pool", read_by_pool));
    const srd_layer read_twice = conv(g, "conv3", read_by_conv);
    const srd_layer relu = srd_graph_relu(g, "relu", read_twice);

    seal(g, concat(g, "both", relu, srd_graph_tanh(g, "tanh", read_twice)));
    check_names(g, "bn conv2 conv3 relu tanh both", "x bn conv2 conv3 relu tanh");
    check_segment(g, "bn", "bn = bn*conv1(x); 0..0 chain: bn; from x");
    check_segment(g, "conv2", "conv2 = conv2(pool); from bn");
    check_segment(g, "conv3", "conv3 = conv3(conv2); from conv2");
    check_segment(g, "relu", "relu of conv3 = conv3; from conv3");
    check_segment(g, "tanh", "tanh of conv3 = conv3; from conv3");
    srd_graph_free(g);
}
END_TEST

/* Readers that reach no output do not count, and dropout stands for its input. */
START_TEST(dead_readers_and_dropout)
{
    srd_graph *const g = begin();
    const srd_layer c = conv(g, "conv", X);

    (void)srd_graph_tanh(g, "dead", c);
    seal(g, srd_graph_relu(g, "relu", srd_graph_dropout(g, "drop", batch_norm(g, "bn", srd_graph_dropout(g, "drop0", c)))));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu", "relu of bn = bn*conv(x); 0..0 chain: bn; from x");
    srd_graph_free(g);
}
END_TEST

/* An output that is no site gets a segment, where questions can start, and is a source for nobody. */
START_TEST(outputs_that_are_no_sites)
{
    srd_graph *const g = begin();
    const srd_layer c = conv_biased(g, "conv", X, 3, 5, 7), bn = batch_norm(g, "bn", c);
    const srd_layer relu = srd_graph_relu(g, "relu", bn), pooled = pool(g, "pool", relu);

    check_ok(srd_graph_output(g, c, NULL));
    check_ok(srd_graph_output(g, pooled, NULL));
    seal(g, srd_graph_tanh(g, "tanh", pool(g, "pool2", pooled)));
    check_names(g, "conv relu pool tanh", "x relu tanh");
    check_segment(g, "conv", "conv = conv(x); 0..0 chain: conv; from x");
    check_segment(g, "relu", "relu of bn = bn*conv(x); 0..0 chain: bn*conv, bn; from x");
    check_segment(g, "pool", "pool = pool; from relu");
    check_segment(g, "tanh", "tanh of pool2 = pool2; from relu");
    srd_graph_free(g);
}
END_TEST

/* An input that is an output has no segment: nothing makes it. */
START_TEST(input_as_output)
{
    srd_graph *const g = begin();

    check_ok(srd_graph_output(g, X, NULL));
    seal(g, srd_graph_relu(g, "relu", X));
    check_names(g, "relu", "x relu");
    srd_graph_free(g);
}
END_TEST

/* Below a root all sites are found through whatever gathers, each once, in the order in which they are met. */
START_TEST(sources_below_gathers)
{
    srd_graph *const g = begin();
    const srd_layer a = srd_graph_relu(g, "a", X), b = srd_graph_tanh(g, "b", X), ab = concat(g, "ab", a, b);
    const srd_layer inputs[3] = { pool(g, "pool1", b), pool(g, "pool2", ab), pool(g, "pool3", X) };
    const srd_layer all = srd_graph_concat(g, "all", inputs, 3);

    seal(g, srd_graph_silu(g, "silu", srd_graph_slice(g, "slice", all, 0, C)));
    check_segment(g, "silu", "silu of slice = slice; from b, a, x");
    srd_graph_free(g);
}
END_TEST

/* ---- fully connected layers ------------------------------------------------------------------------------------------------- */

/* A flatten shows its own input, whose positions are the taps; post layers up to the first add belong to the layer's chain. */
START_TEST(flatten_and_linear)
{
    srd_graph *const g = begin();
    const srd_layer a = srd_graph_relu(g, "a", X);
    const srd_layer fc = dense(g, "fc", srd_graph_flatten(g, "flat", a), C * SIDE * SIDE);

    seal(g, srd_graph_relu(g, "relu", scale_shift(g, "bn", fc, 2, 4, 1, 3)));
    check_names(g, "a relu", "x a relu");
    check_segment(g, "relu", "relu of bn = bn*fc[0](a); 0..0 chain: bn*fc, bn; from a");
    srd_graph_free(g);
}
END_TEST

/* linear() flattens by itself, also through a pool; and a vector that is flat already is not changed by a flatten. */
START_TEST(linear_flattens)
{
    srd_graph *const g = begin();
    const srd_layer a = srd_graph_relu(g, "a", X);
    const srd_layer flat = srd_graph_flatten(g, "flat2", srd_graph_flatten(g, "flat1", pool(g, "pool", a)));

    seal(g, add(g, "sum", dense(g, "fc1", a, C * SIDE * SIDE), dense(g, "fc2", flat, C * SIDE * SIDE / 4)));
    check_names(g, "a sum", "x a sum");
    check_segment(g, "sum", "sum = fc1[0](a) + fc2[0](pool); 0..0 chain: fc1; 1..1 chain: fc2; from a");
    srd_graph_free(g);
}
END_TEST

/* A vector that is put together of several is read in pieces, one branch each, and its bias is that of all of them. */
START_TEST(pieces_of_a_vector)
{
    srd_graph *const g = begin();
    const srd_layer a = srd_graph_relu(g, "a", X), b = srd_graph_tanh(g, "b", X), c = srd_graph_silu(g, "c", X);
    const srd_layer ab = concat(g, "ab", srd_graph_flatten(g, "flat_a", a), srd_graph_flatten(g, "flat_b", pool(g, "pool", b)));
    const srd_layer all = concat(g, "all", srd_graph_dropout(g, "drop", ab), srd_graph_global_avg_pool(g, "mean", c));
    const int32_t inputs = C * SIDE * SIDE + C * SIDE * SIDE / 4 + C;
    const srd_layer fc = dense(g, "fc", srd_graph_flatten(g, "flat", all), inputs);
    int32_t first = -1;
    const srd__segment *s;

    seal(g, srd_graph_relu(g, "relu", add(g, "sum", dense(g, "fc0", a, C * SIDE * SIDE), fc)));
    check_segment(
        g, "relu",
        "relu of sum = fc0[0](a) + fc[0](a) + fc[1](pool) + fc[2](mean); 0..0 chain: fc0; 1..3 chain: fc; from a, b, c");
    s = segment_of(g, "relu");
    ck_assert_int_eq(srd__segment_range(g, s, fc, &first), 3);
    ck_assert_int_eq(first, 1);
    /* Which pieces lie under which layer above their roots. */
    ck_assert(!srd__piece_under(g, &s->branches[0], ab));
    for (int32_t i = 1; i <= 3; ++i) {
        ck_assert(srd__piece_under(g, &s->branches[i], all));
        ck_assert_int_eq(srd__piece_under(g, &s->branches[i], ab), i < 3);
        ck_assert_int_eq(srd__piece_under(g, &s->branches[i], srd_graph_find(g, "flat_a")), i == 1);
        ck_assert_int_eq(srd__piece_under(g, &s->branches[i], srd_graph_find(g, "flat_b")), i == 2);
        ck_assert(srd__piece_under(g, &s->branches[i], srd_graph_find(g, "flat")));
    }
    srd_graph_free(g);
}
END_TEST

/* How a network is written must not change its maps: a convolution of one pixel over a flattened vector is fully connected. */
START_TEST(convolution_of_a_vector)
{
    static const float weights[C * C * SIDE * SIDE] = { 1, 2, 3 };
    const int64_t shape[4] = { C, C * SIDE * SIDE, 1, 1 };
    srd_tensor *const weight = testing_const_view(4, shape, weights);
    srd_graph *const g = begin();

    seal(g, srd_graph_relu(g, "relu", srd_graph_conv2d(g, "conv", srd_graph_flatten(g, "flat", X), weight, NULL, NULL)));
    srd_tensor_free(weight);
    check_segment(g, "relu", "relu of conv = conv[0](x); from x");
    srd_graph_free(g);
}
END_TEST

/* ---- constants ---------------------------------------------------------------------------------------------------------------- */

/* An added constant is a bias of the operands' paths and no site. With one other operand the sum is no add of branches. */
START_TEST(added_constant)
{
    srd_graph *const g = begin();
    const srd_layer sum = add(g, "sum", constant(g, "c", 1, 2), conv_biased(g, "conv", X, 3, 5, 7));

    seal(g, srd_graph_relu(g, "relu", scale_shift(g, "bn", sum, 2, 4, 1, 3)));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu", "relu of bn = bn*conv(x) + bn*{c over 0..0 chain}; 0..0 chain: bn*conv; 0..1 chain: bn; from x");
    check_vector(segment_of(g, "relu")->branches[1].scale, 2, 4);
    srd_graph_free(g);
}
END_TEST

/* Beside two operands it belongs to both, and is not of a chain; two constants count one by one. */
START_TEST(constants_beside_two_operands)
{
    srd_graph *const g = begin();
    const srd_layer inputs[4] = { constant(g, "c1", 1, 2), conv_biased(g, "conv1", X, 3, 5, 7), constant(g, "c2", 3, 4),
                                  conv_biased(g, "conv2", X, 1, 6, 8) };

    seal(g, srd_graph_relu(g, "relu", srd_graph_add(g, "sum", inputs, 4)));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu",
                  "relu of sum = conv1(x) + conv2(x) + {c1 over 0..1} + {c2 over 0..1}; 0..0 chain: conv1; 1..1 chain: conv2; "
                  "from x");
    srd_graph_free(g);
}
END_TEST

/* What depends on constants only is one, whatever it is made by: its value is needed, so it has a segment of its own. */
START_TEST(constants_are_folded)
{
    srd_graph *const g = begin();
    const srd_layer made = scale_shift(g, "made", constant(g, "c", 1, 2), 2, 2, 1, 1);

    seal(g, srd_graph_relu(g, "relu", add(g, "sum", conv(g, "conv", X), made)));
    check_segment(g, "relu", "relu of sum = conv(x) + {made over 0..0 chain}; from x");
    check_segment(g, "made", "made = made*c; 0..0: made; from c");
    srd_graph_free(g);
}
END_TEST

/* A class token is a source. */
START_TEST(constant_as_source)
{
    srd_graph *const g = begin();
    const srd_layer inputs[2] = { constant(g, "token", 1, 2), srd_graph_reshape(g, "row", X, 1, SIDE * SIDE) };
    const srd_layer tokens = srd_graph_concat_tokens(g, "tokens", inputs, 2);

    seal(g, srd_graph_relu(g, "relu", tokens));
    check_names(g, "relu", "x token relu");
    check_segment(g, "relu", "relu of tokens = tokens; from token, x");
    srd_graph_free(g);
}
END_TEST

/* ---- layers with statistics ------------------------------------------------------------------------------------------------- */

/* A frozen segment has the same form without numbers: products and terms, which an explainer works out. */
START_TEST(frozen)
{
    srd_graph *const g = begin();
    const srd_layer low = group_norm(g, "gn", conv_biased(g, "conv1", X, 3, 5, 7));
    const srd_layer sum = add(g, "sum", scale_shift(g, "bn1", low, 2, 4, 1, 3), conv_biased(g, "conv2", X, 1, 6, 8));

    seal(g, srd_graph_relu(g, "relu", scale_shift(g, "bn2", sum, 2, 4, 1, 3)));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu",
                  "relu of bn2 = frozen bn2*bn1*gn*conv1(x) + bn2*conv2(x); 0..0 chain: bn2*bn1*gn*conv1, bn2*bn1*gn, bn2*bn1; "
                  "1..1 chain: bn2*conv2; 0..1: bn2; from x");
    srd_graph_free(g);
}
END_TEST

/* A segment that ends at the input of a layer with statistics: enough to run, not to explain. */
static void check_cut(const srd_graph *graph, const char *layer, bool cut, const char *want)
{
    srd__segment segment;
    srd__heap heap;
    line got;

    memset(&segment, 0, sizeof segment);
    check_ok(srd__heap_init(&heap, NULL, NULL));
    check_ok(srd__segment_compile(graph, &heap, &segment, srd_graph_find(graph, layer), cut));
    describe(&got, graph, &segment);
    ck_assert_str_eq(got.text, want);
    check_vectors(&segment);
    srd__heap_release(&heap);
}

START_TEST(cut_above_statistics)
{
    srd_graph *const g = begin();
    const srd_layer low = group_norm(g, "gn1", conv_biased(g, "conv1", X, 3, 5, 7));
    const srd_layer high = group_norm(g, "gn2", add(g, "add1", low, conv_biased(g, "conv2", X, 1, 1, 2)));

    seal(g, srd_graph_relu(g, "relu", add(g, "add2", shift_only(g, "shift", high, 1, 1), conv_biased(g, "conv3", X, 1, 6, 8))));
    check_names(g, "relu", "x relu");
    check_segment(g, "relu",
                  "relu of add2 = frozen gn2*gn1*conv1(x) + gn2*conv2(x) + conv3(x); 0..0 chain: gn2*gn1*conv1, gn2*gn1; "
                  "1..1 chain: gn2*conv2; 0..1: gn2, shift; 2..2 chain: conv3; from x");
    check_cut(g, "relu", true, "relu of add2 = frozen gn2*add1 + conv3(x); 0..0: gn2, shift; 1..1 chain: conv3; from x");
    /* What a norm reads, as the small segment of its own that makes it. */
    check_cut(g, "add1", true, "add1 = frozen gn1*conv1 + conv2(x); 0..0: gn1; 1..1 chain: conv2; from x");
    check_cut(g, "conv1", true, "conv1 = conv1(x); 0..0 chain: conv1; from x");
    /* Without statistics below there is nothing to cut; without the wish nothing is. */
    check_cut(g, "conv3", true, "conv3 = conv3(x); 0..0 chain: conv3; from x");
    check_cut(g, "add1", false, "add1 = frozen gn1*conv1(x) + conv2(x); 0..0 chain: gn1*conv1, gn1; 1..1 chain: conv2; from x");
    srd_graph_free(g);
}
END_TEST

/* ---- questions about segments ------------------------------------------------------------------------------------------------- */

static void check_range(const srd_graph *graph, const char *site, const char *layer, int32_t first, int32_t count)
{
    int32_t begins = -1;

    ck_assert_int_eq(srd__segment_range(graph, segment_of(graph, site), srd_graph_find(graph, layer), &begins), count);
    if (count > 0) ck_assert_int_eq(begins, first);
}

/* The branches that run through a swallowed layer. */
START_TEST(ranges)
{
    srd_graph *const g = begin();
    const srd_layer low = add(g, "add1", batch_norm(g, "bn1", conv(g, "conv1", X)), conv(g, "conv2", X));
    const srd_layer high = add(g, "add2", conv(g, "conv3", X), batch_norm(g, "bn2", low));
    const srd_layer other = srd_graph_tanh(g, "tanh", conv(g, "conv4", X));

    seal(g, concat(g, "both", srd_graph_relu(g, "relu", high), other));
    check_segment(g, "relu",
                  "relu of add2 = conv3(x) + bn2*bn1*conv1(x) + bn2*conv2(x); 1..1 chain: bn2*bn1; 1..2: bn2; from x");
    check_range(g, "relu", "add2", 0, 3);
    check_range(g, "relu", "conv3", 0, 1);
    check_range(g, "relu", "bn2", 1, 2);
    check_range(g, "relu", "add1", 1, 2);
    check_range(g, "relu", "bn1", 1, 1);
    check_range(g, "relu", "conv1", 1, 1);
    check_range(g, "relu", "conv2", 2, 1);
    check_range(g, "relu", "conv4", 0, 0); /* of another segment */
    check_range(g, "relu", "relu", 0, 0);
    srd_graph_free(g);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { conv_norm_activation, 0, 0 },
                                  { no_bias_and_no_mixing, 0, 0 },
                                  { shortcut, 0, 0 },
                                  { two_branches_with_norms, 0, 0 },
                                  { residual_read_twice, 0, 0 },
                                  { added_to_itself, 0, 0 },
                                  { adds_of_adds, 0, 0 },
                                  { scales_are_products, 0, 0 },
                                  { norm_without_mixing, 0, 0 },
                                  { no_bias_is_minus_zero, 0, 0 },
                                  { not_swallowed, 0, 0 },
                                  { dead_readers_and_dropout, 0, 0 },
                                  { outputs_that_are_no_sites, 0, 0 },
                                  { input_as_output, 0, 0 },
                                  { sources_below_gathers, 0, 0 },
                                  { flatten_and_linear, 0, 0 },
                                  { linear_flattens, 0, 0 },
                                  { pieces_of_a_vector, 0, 0 },
                                  { convolution_of_a_vector, 0, 0 },
                                  { added_constant, 0, 0 },
                                  { constants_beside_two_operands, 0, 0 },
                                  { constants_are_folded, 0, 0 },
                                  { constant_as_source, 0, 0 },
                                  { frozen, 0, 0 },
                                  { cut_above_statistics, 0, 0 },
                                  { ranges, 0, 0 },
                                  { NULL, 0, 0 } };

    return testing_main("segment", list);
}
