/* test_tokens.c -- layers whose input is a row of tokens or whose sizes are the caller's: what they make, and what they refuse. */
#include <math.h>

#include "testing.h"

static srd_graph *graph;
static srd_layer tokens; /* (4, 1, 6) */

static void begin(void)
{
    graph = NULL;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    tokens = srd_graph_reshape(graph, "tokens", srd_graph_input(graph, "x", 4, 2, 3), 0, 0);
}

static void check_shape(srd_layer layer, int32_t c, int32_t h, int32_t w)
{
    int32_t shape[3] = { 0 };

    check_ok(srd_graph_layer_shape(graph, layer, shape, testing_reason()));
    ck_assert_int_eq(shape[0], c);
    ck_assert_int_eq(shape[1], h);
    ck_assert_int_eq(shape[2], w);
}

/* The layer call failed and the graph says why. */
static void check_refused(srd_layer layer, srd_status status)
{
    srd_detail why = testing_new_detail();

    ck_assert_int_eq(layer, SRD_LAYER_NONE);
    check_ok(srd_graph_detail(graph, &why));
    ck_assert_int_eq(why.status, status);
    ck_assert_str_eq(why.layer_name, "layer");
    ck_assert_msg(why.text[0] != '\0', "no reason is given");
    srd_graph_free(graph);
    begin();
}

START_TEST(shapes)
{
    srd_layer two[2];

    begin();
    two[0] = two[1] = tokens;
    check_shape(tokens, 4, 1, 6);
    check_shape(srd_graph_reshape(graph, NULL, tokens, 3, 2), 4, 3, 2);
    check_shape(srd_graph_reshape(graph, NULL, tokens, 0, 3), 4, 2, 3);
    check_shape(srd_graph_reshape(graph, NULL, tokens, 6, 0), 4, 6, 1);
    check_shape(srd_graph_concat_tokens(graph, NULL, two, 2), 4, 1, 12);
    check_shape(srd_graph_select_tokens(graph, NULL, tokens, 5, 1), 4, 1, 1);
    check_shape(srd_graph_attention(graph, NULL, srd_graph_select_tokens(graph, NULL, tokens, 0, 2), tokens, tokens, NULL), 4,
                1, 2);
    srd_graph_free(graph);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    srd_layer unequal[2];

    begin();
    unequal[0] = tokens;
    check_refused(srd_graph_reshape(graph, "layer", tokens, 4, 2), SRD_ERR_SHAPE);
    check_refused(srd_graph_reshape(graph, "layer", tokens, 5, 0), SRD_ERR_SHAPE);
    check_refused(srd_graph_reshape(graph, "layer", tokens, -1, 0), SRD_ERR_ARGUMENT);
    check_refused(srd_graph_select_tokens(graph, "layer", tokens, 5, 2), SRD_ERR_SHAPE);
    check_refused(srd_graph_select_tokens(graph, "layer", tokens, -1, 1), SRD_ERR_ARGUMENT);
    check_refused(srd_graph_select_tokens(graph, "layer", tokens, 0, 0), SRD_ERR_ARGUMENT);
    check_refused(srd_graph_select_tokens(graph, "layer", 0, 0, 1), SRD_ERR_SHAPE); /* two rows */
    check_refused(srd_graph_concat_tokens(graph, "layer", NULL, 2), SRD_ERR_ARGUMENT);
    check_refused(srd_graph_concat_tokens(graph, "layer", &tokens, 0), SRD_ERR_ARGUMENT);
    unequal[1] = srd_graph_slice(graph, "half", tokens, 0, 2);
    check_refused(srd_graph_concat_tokens(graph, "layer", unequal, 2), SRD_ERR_SHAPE);
    check_refused(srd_graph_slice(graph, "layer", tokens, 3, 2), SRD_ERR_SHAPE);
    check_refused(srd_graph_shuffle(graph, "layer", tokens, 3), SRD_ERR_SHAPE);
    check_refused(srd_graph_shuffle(graph, "layer", tokens, 0), SRD_ERR_ARGUMENT);
    check_refused(srd_graph_mean(graph, "layer", tokens, 4), SRD_ERR_ARGUMENT);
    srd_graph_free(graph);
}
END_TEST

/* An attention with this mask, [rows][6], of two heads. */
static srd_layer attend(const float *numbers, int32_t rank, int64_t rows)
{
    const int64_t shape[3] = { 2, rows, 6 };
    srd_tensor *const mask = testing_const_view(rank, rank == 3 ? shape : shape + 1, numbers);
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;
    srd_layer layer;

    o.heads = 2;
    o.mask = mask;
    layer = srd_graph_attention(graph, "layer", tokens, tokens, tokens, &o);
    srd_tensor_free(mask);
    return layer;
}

START_TEST(masks)
{
    float numbers[2 * 6 * 6] = { 0.0f };

    begin();
    ck_assert_int_ne(attend(numbers, 2, 6), SRD_LAYER_NONE);
    srd_graph_free(graph);
    begin();
    numbers[3] = -INFINITY;
    ck_assert_int_ne(attend(numbers, 3, 6), SRD_LAYER_NONE);
    srd_graph_free(graph);
    begin();
    check_refused(attend(numbers, 2, 5), SRD_ERR_SHAPE);
    numbers[3] = INFINITY;
    check_refused(attend(numbers, 2, 6), SRD_ERR_NUMBER);
    numbers[3] = NAN;
    check_refused(attend(numbers, 2, 6), SRD_ERR_NUMBER);
    for (int i = 0; i < 6; ++i) numbers[i] = -INFINITY; /* a query that may see nothing */
    check_refused(attend(numbers, 2, 6), SRD_ERR_NUMBER);
    srd_graph_free(graph);
}
END_TEST

/* An attention whose two rows of three tokens are sequences of their own, under a mask of these sizes. */
static srd_layer attend_rows(int32_t rank, const int64_t *shape)
{
    static const float numbers[2 * 2 * 3 * 3];
    srd_tensor *const mask = testing_const_view(rank, shape, numbers);
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;
    srd_layer layer;

    o.heads = 2;
    o.rows = 1;
    o.mask = mask;
    layer = srd_graph_attention(graph, "layer", 0, 0, 0, &o);
    srd_tensor_free(mask);
    return layer;
}

START_TEST(rows_that_are_sequences)
{
    const int64_t all[4] = { 2, 2, 3, 3 }, three[4] = { 3, 2, 1, 3 }, heads[4] = { 2, 1, 3, 3 }, queries[2] = { 6, 3 };
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;

    begin();
    check_shape(attend_rows(4, all), 4, 2, 3);
    srd_graph_free(graph);
    begin();
    check_shape(attend_rows(3, all + 1), 4, 2, 3);
    srd_graph_free(graph);
    begin();
    check_shape(attend_rows(2, all + 2), 4, 2, 3);
    srd_graph_free(graph);
    begin();
    check_refused(attend_rows(4, three), SRD_ERR_SHAPE);   /* a mask for three rows */
    check_refused(attend_rows(4, heads), SRD_ERR_SHAPE);   /* of one head for two */
    check_refused(attend_rows(2, queries), SRD_ERR_SHAPE); /* of six queries for three */
    o.rows = 1;
    check_refused(srd_graph_attention(graph, "layer", 0, tokens, tokens, &o),
                  SRD_ERR_SHAPE); /* two rows of queries, one of keys */
    check_shape(srd_graph_attention(graph, NULL, tokens, tokens, tokens, &o), 4, 1, 6);
    srd_graph_free(graph);
}
END_TEST

START_TEST(attention_options)
{
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;

    begin();
    o.heads = 3; /* does not divide 4 channels */
    check_refused(srd_graph_attention(graph, "layer", tokens, tokens, tokens, &o), SRD_ERR_SHAPE);
    o.heads = -1;
    check_refused(srd_graph_attention(graph, "layer", tokens, tokens, tokens, &o), SRD_ERR_ARGUMENT);
    o.heads = 2;
    o.scale = NAN;
    check_refused(srd_graph_attention(graph, "layer", tokens, tokens, tokens, &o), SRD_ERR_ARGUMENT);
    o.scale = 0.0f;
    o.rows = 2;
    check_refused(srd_graph_attention(graph, "layer", tokens, tokens, tokens, &o), SRD_ERR_ARGUMENT);
    check_refused(srd_graph_attention(graph, "layer", 0, tokens, tokens, NULL), SRD_ERR_SHAPE); /* a query of two rows */
    srd_graph_free(graph);
}
END_TEST

/* A constant beside an input is a bias and no site; its map cannot be asked. */
START_TEST(added_constants)
{
    const float numbers[4 * 6] = { 1.0f, 2.0f };
    const int64_t shape[3] = { 4, 1, 6 }, one[3] = { 1, 1, 6 };
    srd_tensor *const full = testing_const_view(3, shape, numbers), *const row = testing_const_view(3, one, numbers);
    srd_layer sum, wide;

    begin();
    sum = srd_graph_add_constant(graph, "sum", tokens, full);
    wide = srd_graph_add_constant(graph, "wide", sum, row);
    check_shape(wide, 4, 1, 6);
    ck_assert_int_eq(srd_graph_find(graph, "sum_constant"), sum - 1);
    check_ok(srd_graph_output(graph, srd_graph_relu(graph, "relu", wide), testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    ck_assert_int_eq(srd_graph_is_site(graph, sum - 1), 0);
    ck_assert_int_eq(srd_graph_input_count(graph), 1);
    srd_graph_free(graph);
    begin();
    check_refused(srd_graph_add_constant(graph, "layer", 0, full), SRD_ERR_SHAPE); /* (4, 2, 3) */
    srd_graph_free(graph);
    srd_tensor_free(full);
    srd_tensor_free(row);
}
END_TEST

int main(void)
{
    const testing_list list[] = { { shapes, 0, 0 },
                                  { what_does_not_fit_is_refused, 0, 0 },
                                  { masks, 0, 0 },
                                  { rows_that_are_sequences, 0, 0 },
                                  { attention_options, 0, 0 },
                                  { added_constants, 0, 0 },
                                  { NULL, 0, 0 } };

    return testing_main("tokens", list);
}
