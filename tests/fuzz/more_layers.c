/* more_layers.c -- constants, tokens, gates, attention, moves and layers by callback; parameters mostly fit. */
#include <math.h>
#include <string.h>

#include "place.h"

/* The input as one row of tokens, through a reshape if it is none. */
static void to_tokens(place *p)
{
    if (p->h == 1 || fuzz_rarely(p->f, 32)) return;
    p->input = srd_graph_reshape(p->graph, NULL, p->input, 0, 0);
    p->w = (int64_t)p->w * p->h < 4096 ? p->w * p->h : 3; /* a guess is enough */
    p->h = 1;
}

srd_layer add_constant(place *p)
{
    const int64_t shape[3] = { p->c, p->h, p->w };
    srd_tensor *const value = fuzz_tensor(p->f, fuzz_rarely(p->f, 3) ? 1 : 3, shape);
    const srd_layer layer = srd_graph_constant(p->graph, p->name, value);

    srd_tensor_free(value);
    return layer;
}

srd_layer add_add_constant(place *p)
{
    const int flags = fuzz_byte(p->f);
    const int64_t shape[3] = { (flags & 1) != 0 ? 1 : p->c, (flags & 2) != 0 ? 1 : p->h, (flags & 4) != 0 ? 1 : p->w };
    srd_tensor *const value = fuzz_tensor(p->f, 3, shape);
    const srd_layer layer = srd_graph_add_constant(p->graph, p->name, p->input, value);

    srd_tensor_free(value);
    return layer;
}

srd_layer add_linear_tokens(place *p)
{
    const int64_t shape[2] = { 1 + fuzz_pick(p->f, 6), p->c + fuzz_rarely(p->f, 64) };
    srd_tensor *scale, *zero, *const weight = fuzz_weight(p->f, 2, shape, shape[0], &scale, &zero);
    srd_tensor *const bias = place_maybe_vector(p, shape[0]);
    srd_linear_options o = SRD_LINEAR_OPTIONS_INIT;
    srd_layer layer;

    o.weight_scale = scale;
    o.weight_zero = zero;
    layer = srd_graph_linear_tokens(p->graph, p->name, p->input, weight, bias, scale == NULL ? NULL : &o);

    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(zero);
    srd_tensor_free(bias);
    return layer;
}

srd_layer add_conv_transpose(place *p)
{
    srd_conv_transpose2d_options o = SRD_CONV_TRANSPOSE2D_OPTIONS_INIT;
    const int flags = fuzz_byte(p->f), divides = (flags & 64) != 0 && p->c % 2 == 0;
    const int64_t shape[4] = { p->c, 1 + fuzz_pick(p->f, 3), fuzz_size(p->f, 3), fuzz_size(p->f, 3) };
    srd_tensor *weight, *bias, *scale, *zero;
    srd_layer layer;
    int64_t outputs;

    o.groups = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 4) : divides ? 2 : 1;
    if ((flags & 1) != 0) o.stride_h = fuzz_number(p->f, 3), o.stride_w = fuzz_number(p->f, 3);
    if ((flags & 2) != 0) o.pad_top = fuzz_number(p->f, 1), o.pad_right = fuzz_number(p->f, 1);
    if ((flags & 4) != 0) o.pad_bottom = fuzz_number(p->f, 1), o.pad_left = fuzz_number(p->f, 1);
    if ((flags & 8) != 0) o.dilation_h = fuzz_number(p->f, 2), o.dilation_w = fuzz_number(p->f, 2);
    if ((flags & 16) != 0 && (o.stride_h | 1) != 1) o.output_pad_h = fuzz_number(p->f, 1);
    outputs = shape[1] * (o.groups < 1 || o.groups > 64 ? 1 : o.groups);
    weight = fuzz_weight(p->f, 4, shape, outputs, &scale, &zero);
    o.weight_scale = scale, o.weight_zero = zero;
    bias = place_maybe_vector(p, outputs);
    layer = srd_graph_conv_transpose2d(p->graph, p->name, p->input, weight, bias,
                                       (flags & 31) == 0 && o.groups == 1 && scale == NULL ? NULL : &o);
    srd_tensor_free(weight);
    srd_tensor_free(scale);
    srd_tensor_free(zero);
    srd_tensor_free(bias);
    return layer;
}

srd_layer add_layer_norm(place *p)
{
    const double eps = fuzz_rarely(p->f, 16) ? (double)fuzz_real(p->f) : fuzz_rarely(p->f, 4) ? 0.0 : 1e-5;
    srd_tensor *const gamma = place_maybe_vector(p, p->c), *const beta = place_maybe_vector(p, p->c);
    const int32_t which = srd_graph_layer_count(p->graph) % 4;
    const srd_layer layer = which == 1   ? srd_graph_rms_norm(p->graph, p->name, p->input, gamma, eps)
                            : which == 2 ? srd_graph_l2_norm(p->graph, p->name, p->input, eps)
                                         : srd_graph_layer_norm(p->graph, p->name, p->input, gamma, beta, eps);

    srd_tensor_free(gamma);
    srd_tensor_free(beta);
    return layer;
}

/* By another layer of the same shape, by the mean of the input, or by a constant per position. */
srd_layer add_gate(place *p)
{
    srd_layer inputs[3] = { 0 };

    switch (fuzz_pick(p->f, 4)) {
    case 0: return srd_graph_gate(p->graph, p->name, p->input, srd_graph_global_avg_pool(p->graph, NULL, p->input));
    case 1:
        return srd_graph_gate(p->graph, p->name, p->input, srd_graph_mean(p->graph, NULL, p->input, 1 + fuzz_pick(p->f, 3)));
    case 2: return srd_graph_gate(p->graph, p->name, p->input, srd_graph_slice(p->graph, NULL, p->input, 0, 1));
    default:
        (void)place_partners(p, inputs, 2, 1);
        return srd_graph_gate(p->graph, p->name, p->input, inputs[1] != 0 ? inputs[1] : p->input);
    }
}

srd_layer add_attention(place *p)
{
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;
    const int flags = fuzz_byte(p->f);
    float numbers[64] = { 0 };
    int64_t shape[2];
    srd_tensor *mask = NULL;
    srd_layer query, layer;

    if ((flags & 16) == 0) to_tokens(p);
    else o.rows = 1;
    query = p->input;
    shape[0] = shape[1] = p->w;
    o.heads = p->c % 2 == 0 && (flags & 1) != 0 ? 2 : fuzz_rarely(p->f, 16) ? fuzz_number(p->f, 4) : 1;
    if (p->w > 1 && (flags & 2) != 0 && o.rows == 0) {
        const int32_t rows = 1 + fuzz_pick(p->f, p->w);
        query = srd_graph_select_tokens(p->graph, NULL, p->input, 0, rows);
        shape[0] = rows;
    }
    if ((flags & 4) != 0 && shape[0] * shape[1] <= 64) {
        for (int i = 0; i < 64; i++) numbers[i] = i % 3 == flags % 3 ? -INFINITY : (float)(flags % 5);
        if (srd_tensor_view_const(SRD_FLOAT32, 2, shape, NULL, numbers, NULL, &mask, NULL) != SRD_OK) mask = NULL;
        o.mask = mask;
    }
    layer = srd_graph_attention(p->graph, p->name, query, p->input, p->input,
                                (flags & 8) != 0 && mask == NULL && o.rows == 0 ? NULL : &o);
    srd_tensor_free(mask);
    return layer;
}

srd_layer add_token_move(place *p)
{
    srd_layer two[2];

    to_tokens(p);
    two[0] = two[1] = p->input;
    if (fuzz_rarely(p->f, 2)) {
        const int32_t first = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 4) : fuzz_pick(p->f, p->w);

        return srd_graph_select_tokens(p->graph, p->name, p->input, first,
                                       fuzz_rarely(p->f, 32) || first < 0 ? fuzz_number(p->f, 3)
                                                                          : 1 + fuzz_pick(p->f, p->w - first));
    }
    if (fuzz_rarely(p->f, 2)) {
        const int64_t shape[3] = { p->c, 1, 1 };
        srd_tensor *const token = fuzz_tensor(p->f, 3, shape);

        two[0] = srd_graph_constant(p->graph, NULL, token);
        srd_tensor_free(token);
    }
    return srd_graph_concat_tokens(p->graph, p->name, two, 1 + fuzz_pick(p->f, 2));
}

static srd_layer over_axes(place *p, int32_t axes)
{
    switch (srd_graph_layer_count(p->graph) % 4) {
    case 1: return srd_graph_sum(p->graph, p->name, p->input, axes);
    case 2: return srd_graph_max(p->graph, p->name, p->input, axes);
    default: return srd_graph_mean(p->graph, p->name, p->input, axes);
    }
}

srd_layer add_view(place *p)
{
    const int32_t first = fuzz_pick(p->f, p->c);

    switch (fuzz_pick(p->f, 5)) {
    case 0:
        return srd_graph_shuffle(p->graph, p->name, p->input,
                                 fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 4)
                                 : p->c % 2 == 0       ? 2
                                                       : p->c);
    case 1: return srd_graph_reshape(p->graph, p->name, p->input, fuzz_rarely(p->f, 8) ? fuzz_number(p->f, 3) : p->w, 0);
    case 2: return over_axes(p, fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 5) : 1 + fuzz_pick(p->f, 3));
    default:
        return srd_graph_slice(p->graph, p->name, p->input, first,
                               fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 5) : 1 + fuzz_pick(p->f, p->c - first));
    }
}

/* Windows that divide the input, mostly, and back to the picture. */
static srd_layer add_windows(place *p, int back)
{
    const int32_t h = p->h % 2 == 0 ? 2 : 1, w = p->w % 2 == 0 ? 2 : fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 3) : 1;
    const int32_t grid = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 3) : fuzz_pick(p->f, 2);
    srd_layer windows;

    if (!back) return srd_graph_window_partition(p->graph, p->name, p->input, h, w, grid);
    windows = srd_graph_window_partition(p->graph, NULL, p->input, h, w, grid);
    return srd_graph_window_reverse(p->graph, p->name, windows, p->h, fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 6) : p->w, h, w,
                                    fuzz_pick(p->f, 2));
}

/* Channels by number, and channels and blocks. */
static srd_layer add_rearranged(place *p)
{
    int32_t channels[4], h = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 3) : p->h % 2 == 0 ? 2 : 1;
    const int32_t w = p->w % 2 == 0 ? 2 : 1, order = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 3) : fuzz_pick(p->f, 2);

    switch (fuzz_pick(p->f, 3)) {
    case 0: return srd_graph_space_to_depth(p->graph, p->name, p->input, h, w, order);
    case 1:
        h = p->c % 2 == 0 ? 2 : p->c % 3 == 0 ? 3 : h;
        return srd_graph_depth_to_space(p->graph, p->name, p->input, h, 1, order);
    default:
        for (int i = 0; i < 4; i++) channels[i] = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 5) : fuzz_pick(p->f, p->c);
        return srd_graph_gather_channels(p->graph, p->name, p->input, channels, 1 + fuzz_pick(p->f, 4));
    }
}

srd_layer add_position_move(place *p)
{
    srd_crop2d_options o = SRD_CROP2D_OPTIONS_INIT;
    const int32_t t = fuzz_number(p->f, 1), l = fuzz_number(p->f, 1), b = fuzz_number(p->f, 1), r = fuzz_number(p->f, 1);

    switch (fuzz_pick(p->f, 10)) {
    case 7:
    case 8: return add_rearranged(p);
    case 0: return srd_graph_roll2d(p->graph, p->name, p->input, t - 1, fuzz_number(p->f, 5));
    case 1: return srd_graph_reflection_pad2d(p->graph, p->name, p->input, t, l, b, r);
    case 2: return srd_graph_replication_pad2d(p->graph, p->name, p->input, t, l, b, r);
    case 3: return srd_graph_circular_pad2d(p->graph, p->name, p->input, t, l, b, r);
    case 4: return add_windows(p, 0);
    case 5: return add_windows(p, 1);
    default:
        o.top = t, o.left = l, o.bottom = b, o.right = r;
        o.step_h = fuzz_number(p->f, 4) - 2;
        o.step_w = fuzz_number(p->f, 4) - 2;
        return srd_graph_crop2d(p->graph, p->name, p->input, &o);
    }
}

srd_layer add_upsample(place *p)
{
    static const float scales[] = { 2.0f, 1.5f, 0.5f, 1.0f, 0.7f };
    srd_upsample_options o = SRD_UPSAMPLE_OPTIONS_INIT;
    const int flags = fuzz_byte(p->f);

    o.mode = fuzz_rarely(p->f, 64) ? fuzz_number(p->f, 3) : flags & 1;
    o.align_corners = (flags & 1) != 0 ? flags >> 1 & 1 : 0;
    if ((flags & 4) != 0) {
        o.height = fuzz_size(p->f, 6);
        o.width = fuzz_size(p->f, 6);
    } else {
        o.scale_h = fuzz_rarely(p->f, 32) ? fuzz_real(p->f) : scales[fuzz_pick(p->f, 5)];
        o.scale_w = scales[fuzz_pick(p->f, 5)];
    }
    return srd_graph_upsample(p->graph, p->name, p->input, &o);
}

srd_layer add_constant_pad(place *p)
{
    const int32_t t = fuzz_number(p->f, 2), l = fuzz_number(p->f, 2), b = fuzz_number(p->f, 2), r = fuzz_number(p->f, 2);

    return srd_graph_constant_pad2d(p->graph, p->name, p->input, t, l, b, r, fuzz_real(p->f));
}

/* ---- by callback ---- */

static void twice(void *user, float *y, int32_t channels, void *workspace)
{
    (void)user;
    memset(workspace, 0, 16);
    for (int32_t c = 0; c < channels; c++) y[c] *= 2.0f;
}

static void twice_back(void *user, const float *y, float *direction, int32_t channels)
{
    (void)user, (void)y;
    for (int32_t c = 0; c < channels; c++) direction[c] *= 2.0f;
}

/* Each position from itself and from the next one, half and half. */
static void neighbours(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                       srd_custom_emit emit, void *context)
{
    srd_custom_tap tap = { (uint32_t)sizeof tap, position, 0, 0, shapes[0], 0.5f };

    (void)user, (void)inputs, (void)count;
    emit(context, &tap);
    tap.position = (position + 1) % (shapes[1] * shapes[2]);
    emit(context, &tap);
}

static srd_status reverse(void *user, const int32_t *shape, const float *input, float *output, void *workspace)
{
    const int32_t numbers = shape[0] * shape[1] * shape[2];

    (void)user, (void)workspace;
    for (int32_t i = 0; i < numbers; i++) output[i] = input[numbers - 1 - i];
    return SRD_OK;
}

srd_layer add_custom(place *p)
{
    srd_custom_layer o = SRD_CUSTOM_LAYER_INIT;

    o.role = fuzz_rarely(p->f, 32) ? fuzz_number(p->f, 3) : fuzz_pick(p->f, 3);
    if (o.role == SRD_CUSTOM_GATHER) {
        o.taps = neighbours;
        o.most_taps = fuzz_rarely(p->f, 16) ? fuzz_number(p->f, 3) : 2; /* too few: a run fails */
    } else if (o.role == SRD_CUSTOM_BLACK_BOX) {
        o.forward = reverse;
        o.passes = fuzz_rarely(p->f, 8) ? 0 : 1;
    } else {
        o.value = twice;
        o.workspace = 16;
        if (!fuzz_rarely(p->f, 4)) o.back = twice_back;
    }
    return srd_graph_custom(p->graph, p->name, &p->input, 1, &o);
}
