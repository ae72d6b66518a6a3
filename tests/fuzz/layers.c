/* layers.c -- layers of every kind, with parameters taken from the bytes: mostly ones that fit. */
#include <string.h>

#include "place.h"

srd_tensor *place_vector(place *p, int64_t count)
{
    if (fuzz_rarely(p->f, 32)) count += fuzz_pick(p->f, 5) - 2;
    return fuzz_tensor(p->f, 1, &count);
}

srd_tensor *place_maybe_vector(place *p, int64_t count)
{
    return (fuzz_byte(p->f) & 1) != 0 ? place_vector(p, count) : NULL;
}

static srd_layer add_input(place *p)
{
    const int32_t open = fuzz_rarely(p->f, 8);
    const int32_t c = fuzz_size(p->f, 5), h = fuzz_number(p->f, 6), w = fuzz_number(p->f, 6);

    return srd_graph_input(p->graph, p->name, c, open ? 0 : h, open ? 0 : w);
}

static int32_t groups_of(place *p)
{
    switch (fuzz_pick(p->f, 8)) {
    case 0: return p->c;
    case 1: return p->c % 2 == 0 ? 2 : 1;
    case 2: return fuzz_number(p->f, 4);
    default: return fuzz_pick(p->f, 2);
    }
}

static srd_layer add_conv2d(place *p)
{
    srd_conv2d_options o = SRD_CONV2D_OPTIONS_INIT;
    const int whole = fuzz_rarely(p->f, 8), flags = fuzz_byte(p->f);
    int64_t shape[4];
    srd_tensor *weight, *bias, *scale, *zero;
    srd_layer layer;

    o.groups = groups_of(p);
    shape[1] = o.groups > 0 ? p->c / o.groups : p->c;
    shape[0] = (o.groups > 0 && o.groups < 1000 ? o.groups : 1) * (1 + fuzz_pick(p->f, 4));
    shape[2] = whole ? p->h : fuzz_size(p->f, 3);
    shape[3] = whole ? p->w : fuzz_size(p->f, 3);
    if ((flags & 1) != 0) o.stride_h = fuzz_number(p->f, 3), o.stride_w = fuzz_number(p->f, 3);
    if ((flags & 2) != 0) o.pad_top = fuzz_number(p->f, 3), o.pad_left = fuzz_number(p->f, 3);
    if ((flags & 4) != 0) o.pad_bottom = fuzz_number(p->f, 3), o.pad_right = fuzz_number(p->f, 3);
    if ((flags & 8) != 0) o.dilation_h = fuzz_number(p->f, 2), o.dilation_w = fuzz_number(p->f, 2);
    weight = fuzz_weight(p->f, 4, shape, shape[0], &scale, &zero);
    o.weight_scale = scale, o.weight_zero = zero;
    bias = place_maybe_vector(p, shape[0]);
    layer = srd_graph_conv2d(p->graph, p->name, p->input, weight, bias, (flags & 31) == 0 && scale == NULL ? NULL : &o);
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(zero);
    srd_tensor_free(bias);
    return layer;
}

static srd_layer add_linear(place *p)
{
    const int64_t plane = (int64_t)p->h * p->w, most = (int64_t)1 << 20; /* more would be no tensor anyway */
    const int64_t features = p->c * (plane < most ? plane : most) + fuzz_rarely(p->f, 64);
    const int64_t shape[2] = { 1 + fuzz_pick(p->f, 5), features };
    srd_tensor *scale, *zero, *const weight = fuzz_weight(p->f, 2, shape, shape[0], &scale, &zero);
    srd_tensor *const bias = place_maybe_vector(p, shape[0]);
    srd_linear_options o = SRD_LINEAR_OPTIONS_INIT;
    srd_layer layer;

    o.weight_scale = scale;
    o.weight_zero = zero;
    layer = srd_graph_linear(p->graph, p->name, p->input, weight, bias, scale == NULL ? NULL : &o);

    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(zero);
    srd_tensor_free(bias);
    return layer;
}

static srd_layer add_batch_norm(place *p)
{
    /* Variances may be negative: eps makes up for the tame ones most of the time. */
    const double eps = fuzz_rarely(p->f, 4) ? (double)fuzz_real(p->f) : 2.5;
    srd_tensor *const gamma = place_maybe_vector(p, p->c), *const beta = place_maybe_vector(p, p->c);
    srd_tensor *const mean = place_vector(p, p->c), *const variance = place_vector(p, p->c);
    const srd_layer layer = srd_graph_batch_norm(p->graph, p->name, p->input, gamma, beta, mean, variance, eps);

    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    srd_tensor_free(mean);
    srd_tensor_free(variance);
    return layer;
}

/* The same number of groups as channels, one, or any that may not fit (5 stands for a global response norm); now and then no eps, so that constant groups fail. */
static srd_layer add_norm(place *p)
{
    const int32_t groups = fuzz_rarely(p->f, 3) ? fuzz_pick(p->f, 6) : fuzz_rarely(p->f, 2) ? p->c : 1;
    const double eps = fuzz_rarely(p->f, 8) ? (double)fuzz_real(p->f) : fuzz_rarely(p->f, 4) ? 0.0 : 1e-3;
    srd_tensor *const gamma = place_maybe_vector(p, p->c), *const beta = place_maybe_vector(p, p->c);
    const srd_layer layer = fuzz_rarely(p->f, 3) ? srd_graph_instance_norm(p->graph, p->name, p->input, gamma, beta, eps)
                            : groups == 5        ? srd_graph_global_response_norm(p->graph, p->name, p->input, gamma, beta, eps)
                                                 : srd_graph_group_norm(p->graph, p->name, p->input, groups, gamma, beta, eps);

    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    return layer;
}

static srd_layer add_scale_shift(place *p)
{
    srd_tensor *const scale = place_maybe_vector(p, p->c), *const shift = place_maybe_vector(p, p->c);
    const srd_layer layer = srd_graph_scale_shift(p->graph, p->name, p->input, scale, shift);

    srd_tensor_free(scale);
    srd_tensor_free(shift);
    return layer;
}

int32_t place_partners(place *p, srd_layer *inputs, int32_t most, int channels)
{
    const int32_t count = 1 + fuzz_pick(p->f, most), layers = srd_graph_layer_count(p->graph);

    inputs[0] = p->input;
    for (int32_t i = 1; i < count; i++) {
        int32_t chw[3] = { 0 };
        srd_layer other = fuzz_layer(p->f, p->graph);

        if (!fuzz_rarely(p->f, 32)) { /* looks for one that fits, from there on down */
            if (other >= layers) other = layers - 1;
            for (; other >= 0; other--) {
                if (srd_graph_layer_shape(p->graph, other, chw, NULL) == SRD_OK && chw[1] == p->h && chw[2] == p->w &&
                    (!channels || chw[0] == p->c)) {
                    break;
                }
            }
            if (other < 0) other = p->input;
        }
        inputs[i] = other;
    }
    return count;
}

static srd_layer add_add(place *p)
{
    srd_layer inputs[4] = { 0 };
    int32_t count = place_partners(p, inputs, 3, 1);

    if (count == 1 && !fuzz_rarely(p->f, 32)) inputs[count++] = p->input;
    switch (srd_graph_layer_count(p->graph) % 8) {
    case 3: return srd_graph_maximum(p->graph, p->name, inputs, count);
    case 6: return srd_graph_minimum(p->graph, p->name, inputs, count);
    default: return srd_graph_add(p->graph, p->name, inputs, count);
    }
}

static srd_layer add_concat(place *p)
{
    srd_layer inputs[4] = { 0 };
    const int32_t count = place_partners(p, inputs, 4, 0);

    return srd_graph_concat(p->graph, p->name, inputs, fuzz_rarely(p->f, 64) ? 0 : count);
}

static srd_layer add_clip(place *p)
{
    const float low = fuzz_real(p->f), high = fuzz_real(p->f);

    return srd_graph_clip(p->graph, p->name, p->input, low, fuzz_rarely(p->f, 16) ? high : low + 2.0f);
}

static srd_layer add_leaky_relu(place *p)
{
    return srd_graph_leaky_relu(p->graph, p->name, p->input, fuzz_real(p->f));
}

static srd_layer add_prelu(place *p)
{
    srd_tensor *const slopes = place_vector(p, (fuzz_byte(p->f) & 1) != 0 ? 1 : p->c);
    const srd_layer layer = srd_graph_prelu(p->graph, p->name, p->input, slopes);

    srd_tensor_free(slopes);
    return layer;
}

static srd_layer add_elu(place *p)
{
    const float alpha = fuzz_real(p->f);

    if (srd_graph_layer_count(p->graph) % 2 == 1) return srd_graph_celu(p->graph, p->name, p->input, alpha);
    return srd_graph_elu(p->graph, p->name, p->input, alpha);
}

static srd_layer add_gelu(place *p)
{
    return srd_graph_gelu(p->graph, p->name, p->input, fuzz_number(p->f, 1));
}

static srd_layer add_local_response_norm(place *p)
{
    const int wild = fuzz_rarely(p->f, 16);
    const int32_t size = fuzz_size(p->f, 7);
    const float alpha = wild ? fuzz_real(p->f) : 0.5f, beta = wild ? fuzz_real(p->f) : 0.75f;

    return srd_graph_local_response_norm(p->graph, p->name, p->input, size, alpha, beta, wild ? fuzz_real(p->f) : 1.0f);
}

static srd_pool2d_options pool_options(place *p)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    const int flags = fuzz_byte(p->f);

    o.kernel_h = fuzz_size(p->f, 4);
    o.kernel_w = fuzz_size(p->f, 4);
    if ((flags & 1) != 0) o.stride_h = fuzz_number(p->f, 3), o.stride_w = fuzz_number(p->f, 3);
    if ((flags & 2) != 0) o.pad_top = fuzz_number(p->f, 1), o.pad_left = fuzz_number(p->f, 1);
    if ((flags & 4) != 0) o.pad_bottom = fuzz_number(p->f, 1), o.pad_right = fuzz_number(p->f, 1);
    if ((flags & 8) != 0) o.ceil_mode = fuzz_number(p->f, 1);
    if ((flags & 16) != 0) o.count_padding = fuzz_number(p->f, 1);
    return o;
}

static srd_layer add_max_pool(place *p)
{
    const srd_pool2d_options o = pool_options(p);

    return srd_graph_max_pool2d(p->graph, p->name, p->input, &o);
}

static srd_layer add_avg_pool(place *p)
{
    const srd_pool2d_options o = pool_options(p);

    return srd_graph_avg_pool2d(p->graph, p->name, p->input, &o);
}

static srd_layer add_adaptive_avg_pool(place *p)
{
    const int32_t h = fuzz_size(p->f, 4), w = fuzz_size(p->f, 4);

    switch (srd_graph_layer_count(p->graph) % 4) {
    case 1: return srd_graph_adaptive_max_pool2d(p->graph, p->name, p->input, h, w);
    case 2: return srd_graph_max_channels(p->graph, p->name, p->input, p->c % 2 == 0 ? h : p->c);
    default: return srd_graph_adaptive_avg_pool2d(p->graph, p->name, p->input, h, w);
    }
}

static srd_layer add_zero_pad(place *p)
{
    const int32_t t = fuzz_number(p->f, 2), l = fuzz_number(p->f, 2), b = fuzz_number(p->f, 2), r = fuzz_number(p->f, 2);

    return srd_graph_zero_pad2d(p->graph, p->name, p->input, t, l, b, r);
}

static srd_layer add_zero_channels(place *p)
{
    const int32_t before = fuzz_number(p->f, 2), after = fuzz_number(p->f, 2);

    return srd_graph_zero_channels(p->graph, p->name, p->input, before, after);
}

static srd_layer add_subsample(place *p)
{
    const int32_t h = fuzz_size(p->f, 3), w = fuzz_size(p->f, 3);

    return srd_graph_subsample2d(p->graph, p->name, p->input, h, w);
}

typedef srd_layer (*plain_call)(srd_graph *graph, const char *name, srd_layer input);

/* Calls without parameters. Their number and order decide what the bytes of the kept corpus mean, so they stay. */
static const plain_call first_plain[] = {
    srd_graph_relu,       srd_graph_selu,    srd_graph_silu,
    srd_graph_tanh,       srd_graph_sigmoid, srd_graph_softplus,
    srd_graph_hard_swish, srd_graph_softmax, srd_graph_global_avg_pool,
    srd_graph_flatten,    srd_graph_dropout, srd_graph_hard_sigmoid,
    srd_graph_relu,       srd_graph_flatten, srd_graph_transpose,
};
#define FIRST_PLAIN ((int32_t)(sizeof first_plain / sizeof *first_plain))
#define SECOND_RELU 12

/* All calls without parameters. */
static const plain_call every_plain[] = {
#define SRD__PLAIN(name, switch_, role, text) srd_graph_##name,
#include "../../lib/layers/kinds.def"
};
#define EVERY_PLAIN ((int32_t)(sizeof every_plain / sizeof *every_plain))

/* The newer calls, which the first table does not have, share the place where ReLU stands a second time. */
static plain_call newer_plain(const place *p)
{
    plain_call newer[EVERY_PLAIN] = { NULL };
    int32_t count = 0;

    for (int32_t i = 0; i < EVERY_PLAIN; i++) {
        int32_t k = 0;

        while (k < FIRST_PLAIN && first_plain[k] != every_plain[i]) k++;
        if (k == FIRST_PLAIN) newer[count++] = every_plain[i];
    }
    return count > 0 ? newer[srd_graph_layer_count(p->graph) % count] : srd_graph_relu;
}

static srd_layer add_plain(place *p)
{
    const int32_t entry = fuzz_pick(p->f, FIRST_PLAIN);
    const plain_call call = entry == SECOND_RELU ? newer_plain(p) : first_plain[entry];

    return call(p->graph, p->name, p->input);
}

/* A NULL name most of the time; else one of a few, so that some come twice; rarely an empty one. */
static const char *choose_name(fuzz *f, char *text)
{
    if (!fuzz_rarely(f, 16)) return NULL;
    text[0] = (char)('a' + fuzz_pick(f, 20));
    text[fuzz_rarely(f, 16) ? 0 : 1] = '\0';
    return text;
}

void fuzz_add_layer(fuzz *f, srd_graph *graph)
{
    static srd_layer (*const kinds[])(place * p) = {
        add_plain,       add_conv2d,       add_linear,       add_plain,         add_conv2d,
        add_add,         add_concat,       add_max_pool,     add_avg_pool,      add_batch_norm,
        add_norm,        add_conv2d,       add_clip,         add_prelu,         add_adaptive_avg_pool,
        add_elu,         add_gelu,         add_input,        add_zero_pad,      add_local_response_norm,
        add_concat,      add_leaky_relu,   add_linear,       add_subsample,     add_zero_channels,
        add_scale_shift, add_constant,     add_add_constant, add_linear_tokens, add_conv_transpose,
        add_layer_norm,  add_gate,         add_attention,    add_token_move,    add_view,
        add_upsample,    add_constant_pad, add_custom,       add_position_move, add_attention,
        add_view,
    };
    const int32_t before = srd_graph_layer_count(graph);
    const int32_t kind = fuzz_pick(f, (int32_t)(sizeof kinds / sizeof *kinds));
    int32_t chw[3] = { 3, 3, 3 };
    char name[2] = { 0 };
    place p;
    srd_layer layer;

    memset(&p, 0, sizeof p);
    p.f = f;
    p.graph = graph;
    p.name = choose_name(f, name);
    p.input = fuzz_layer(f, graph);
    if (srd_graph_layer_shape(graph, p.input, chw, NULL) != SRD_OK) chw[0] = chw[1] = chw[2] = 3;
    p.c = chw[0], p.h = chw[1], p.w = chw[2];
    layer = kinds[kind](&p);
    /* Some calls add a layer or two before the one that they return. */
    fuzz_require(layer == SRD_LAYER_NONE || (layer >= before && layer <= before + 3));
    fuzz_require(layer == SRD_LAYER_NONE || srd_graph_layer_count(graph) == layer + 1);
}

srd_status fuzz_build(srd_graph *graph, void *user)
{
    fuzz *const f = (fuzz *)user;
    const int32_t layers = 1 + fuzz_pick(f, 14), outputs = 1 + fuzz_pick(f, 2);
    const int32_t c = 1 + fuzz_pick(f, 5), h = 1 + fuzz_pick(f, 6), w = 1 + fuzz_pick(f, 6);

    (void)srd_graph_input(graph, NULL, c, fuzz_rarely(f, 16) ? 0 : h, w);
    for (int32_t i = 0; i < layers; i++) fuzz_add_layer(f, graph);
    (void)srd_graph_output(graph, srd_graph_layer_count(graph) - 1, NULL);
    for (int32_t i = 1; i < outputs; i++) (void)srd_graph_output(graph, fuzz_layer(f, graph), NULL);
    return SRD_OK;
}
