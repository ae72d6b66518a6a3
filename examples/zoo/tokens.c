/*
 * tokens.c -- what the transformers of the zoo share. A sequence of T tokens is C x 1 x T.
 */
#include "zoo.h"

#define MOST_TOKENS 4

/* Parameters of T tokens are [T][C] where they come from; the library wants [C][1][T], which strides say without a copy. */
static srd_tensor *by_token(zoo *z, const char *name, int64_t tokens, int64_t channels)
{
    const int64_t stored[3] = { 1, tokens, channels }, shape[3] = { channels, 1, tokens }, strides[3] = { 1, 1, channels };
    srd_tensor *const parameter = zoo_parameter(z, name, 3, stored);
    srd_tensor *turned = NULL;

    if (parameter == NULL) return NULL;
    if (srd_tensor_view_const(SRD_FLOAT32, 3, shape, strides, srd_tensor_const_data(parameter), NULL, &turned, NULL) !=
        SRD_OK) {
        turned = NULL;
    }
    srd_tensor_free(parameter);
    return turned;
}

srd_layer zoo_embed(zoo *z, const char *conv, srd_layer x, int32_t width, int32_t patch, const char *const *tokens,
                    int32_t count, const char *positions)
{
    srd_layer parts[MOST_TOKENS + 1];
    int32_t shape[3] = { 0, 0, 0 };
    srd_tensor *embedding;

    x = zoo_conv(z, conv, x, (zoo_conv_shape){ .out = width, .kernel = patch, .stride = patch, .bias = 1 });
    x = srd_graph_reshape(z->graph, NULL, x, 1, 0);
    for (int32_t i = 0; i < count; ++i) {
        srd_tensor *const token = by_token(z, tokens[i], 1, width);

        parts[i] = srd_graph_constant(z->graph, tokens[i], token);
        srd_tensor_free(token);
    }
    parts[count] = x;
    x = srd_graph_concat_tokens(z->graph, NULL, parts, count + 1);
    if (srd_graph_layer_shape(z->graph, x, shape, NULL) != SRD_OK) return SRD_LAYER_NONE;
    embedding = by_token(z, positions, shape[2], width);
    x = srd_graph_add_constant(z->graph, "embedded", x, embedding);
    srd_tensor_free(embedding);
    return x;
}

/* Queries, keys and values are thirds of one weight; three views of it are three layers. */
static srd_layer third(zoo *z, srd_layer x, const srd_tensor *weight, const srd_tensor *bias, int64_t number)
{
    const int64_t channels = zoo_channels(z, x), square[2] = { channels, channels };
    srd_tensor *w = NULL, *b = NULL;

    if (weight == NULL || bias == NULL) return SRD_LAYER_NONE;
    if (srd_tensor_view_const(SRD_FLOAT32, 2, square, NULL,
                              (const float *)srd_tensor_const_data(weight) + number * channels * channels, NULL, &w,
                              NULL) == SRD_OK &&
        srd_tensor_view_const(SRD_FLOAT32, 1, square, NULL, (const float *)srd_tensor_const_data(bias) + number * channels,
                              NULL, &b, NULL) == SRD_OK) {
        x = srd_graph_linear_tokens(z->graph, NULL, x, w, b, NULL);
    } else {
        x = SRD_LAYER_NONE;
    }
    srd_tensor_free(w);
    srd_tensor_free(b);
    return x;
}

srd_layer zoo_transformer_block(zoo *z, srd_layer x, int32_t heads, const zoo_block_names *names)
{
    const int32_t channels = zoo_channels(z, x);
    const int64_t packed[2] = { 3 * (int64_t)channels, channels };
    srd_tensor *const weight = zoo_parameter(z, names->in_weight, 2, packed);
    srd_tensor *const bias = zoo_parameter(z, names->in_bias, 1, packed);
    srd_attention_options options = SRD_ATTENTION_OPTIONS_INIT;
    srd_layer y = zoo_layer_norm(z, names->norm_1, x, 1e-6), parts[3];

    for (int32_t i = 0; i < 3; ++i) parts[i] = third(z, y, weight, bias, i);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    options.heads = heads;
    y = srd_graph_attention(z->graph, NULL, parts[0], parts[1], parts[2], &options);
    x = zoo_add(z, "attended", zoo_linear_tokens(z, names->out, y, channels), x);
    y = zoo_linear_tokens(z, names->fc_1, zoo_layer_norm(z, names->norm_2, x, 1e-6), 4 * channels);
    y = zoo_linear_tokens(z, names->fc_2, srd_graph_gelu(z->graph, NULL, y, 0 /* not the tanh approximation */), channels);
    return zoo_add(z, "out", y, x);
}
