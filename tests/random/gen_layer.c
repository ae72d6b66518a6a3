/*
 * gen_layer.c -- draws single layers of every kind, with parameters that fit what they read.
 */
#include <math.h>
#include <string.h>

#include "gen.h"

/* ---- numbers ------------------------------------------------------------------------------------------------------------------- */

int gen_room(gen *g, int count)
{
    const int offset = g->n->number_count;

    if (count < 1 || count > NET_NUMBERS - offset) return NET_NONE;
    g->n->number_count += count;
    return offset;
}

/* Numbers of about 1 / sqrt(fan). Styles: 0 any, 1 with many zeros, 2 few different ones, 3 positive, 4 negative, 5 some rows of fan
 * numbers all zero, 6 all zero. */
void gen_fill(gen *g, int offset, int count, int fan, int style)
{
    float size = 2;

    for (int k = fan; k > 1; k /= 4) size /= 2;
    for (int i = 0; i < count; i++) {
        double v = draw_signed(&g->state);
        if (style == 1 && draw_one(&g->state, 2)) v = 0;
        if (style == 2) v = (double)(int)(v * 3) / 2;
        if (style == 3) v = v < 0 ? -v : v;
        if (style == 4) v = v > 0 ? -v : v;
        if ((style == 5 && i / fan % 3 == 1) || style == 6) v = 0;
        g->n->numbers[offset + i] = (float)v * size;
    }
}

static int numbers(gen *g, int count, int fan, int style)
{
    const int offset = gen_room(g, count);

    if (offset != NET_NONE) gen_fill(g, offset, count, fan, style);
    return offset;
}

static int weight_style(gen *g)
{
    static const int styles[12] = { 0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 4, 5 };

    return draw_one(&g->state, 80) ? 6 : styles[draw_below(&g->state, 12)];
}

int gen_channels(gen *g)
{
    static const int counts[16] = { 1, 1, 2, 3, 3, 4, 4, 5, 6, 8, 8, 8, 12, 16, 17, 33 };

    return counts[draw_below(&g->state, 16)];
}

/* ---- adding layers --------------------------------------------------------------------------------------------------------------- */

net_layer gen_blank(int kind, int base)
{
    net_layer l;

    memset(&l, 0, sizeof l);
    l.kind = kind;
    l.input[0] = base;
    l.inputs = 1;
    l.groups = 1;
    for (int k = 0; k < 4; k++) l.numbers[k] = NET_NONE;
    for (int k = 0; k < 2; k++) l.kernel[k] = l.stride[k] = l.dilation[k] = 1;
    return l;
}

/* Does the layer show positions that were flattened to channels? */
static int is_flat(const gen *g, int layer)
{
    const net_layer *const l = g->n->layer + layer;

    if (l->kind == NET_FLATTEN && net_positions(g->n->layer + l->input[0]) > 1) return 1;
    for (int k = 0; l->kind >= NET_MAX_POOL && k < l->inputs; k++) {
        if (is_flat(g, l->input[k])) return 1;
    }
    return 0;
}

/* About how many paths one position of the layer has, and how many products the reference takes for it. */
static int64_t cost_of(const gen *g, const net_layer *l, int *ways)
{
    const net_layer *const x = g->n->layer + (l->inputs > 0 ? l->input[0] : 0);
    const int below = l->inputs > 0 ? g->ways[l->input[0]] : 1;
    int64_t rows;

    *ways = 1;
    switch (l->kind) {
    case NET_CONV:
    case NET_CONV_TRANSPOSE:
        rows = (int64_t)net_positions(l) * l->kernel[0] * l->kernel[1] * below;
        return rows * l->c * (x->c / l->groups + 2);
    case NET_LINEAR: return (int64_t)net_positions(x) * below * l->c * (x->c + 2);
    case NET_LINEAR_TOKENS: return (int64_t)net_positions(x) * below * l->c * (x->c + 2);
    case NET_MAX_POOL:
    case NET_AVG_POOL: *ways = below * (l->kernel[0] * l->kernel[1] + 1) / 2; break;
    case NET_ADAPTIVE_POOL:
    case NET_GLOBAL_POOL:
    case NET_ADAPTIVE_MAX:
    case NET_GLOBAL_MAX:
    case NET_MAX:
    case NET_SUM:
    case NET_MEAN: *ways = below * (1 + net_positions(x) / net_positions(l)); break;
    case NET_FLATTEN: *ways = below * net_positions(x); break;
    case NET_UPSAMPLE: *ways = below * 2; break;
    case NET_TO_DEPTH: *ways = below * l->kernel[0] * l->kernel[1]; break;
    case NET_ATTENTION: *ways = g->ways[l->input[2]] * g->n->layer[l->input[2]].w; break;
    case NET_MAXIMUM:
    case NET_MINIMUM:
    case NET_CONCAT:
        *ways = 0;
        for (int k = 0; k < l->inputs; k++) *ways += g->ways[l->input[k]];
        break;
    default: *ways = l->kind >= NET_MAX_POOL ? below : 1; break;
    }
    return (int64_t)net_positions(l) * l->c * *ways * (l->kind >= NET_MAX_POOL ? 2 : below);
}

/* METHOD tells paths above a flatten apart by flattened position below a fully connected layer, through slices and concats. What other
 * layers do there is said nowhere: windows and groups above a flatten are left out. */
static int is_beyond_method(const gen *g, const net_layer *l)
{
    if (l->inputs < 1 || l->kind == NET_SLICE || l->kind == NET_CONCAT || l->kind == NET_DROPOUT || l->kind == NET_LINEAR)
        return 0;
    if (l->kind == NET_CONV && l->groups == 1 && l->kernel[0] * l->kernel[1] == 1 && net_positions(l) == 1) return 0;
    if (l->kind != NET_CONV && l->kind != NET_CONV_TRANSPOSE && l->kind < NET_MAX_POOL) return 0;
    return is_flat(g, l->input[0]);
}

int gen_push(gen *g, net_layer l)
{
    int64_t cost;
    int ways;

    for (int k = 0; k < l.inputs; k++) {
        if (l.input[k] == NET_NONE) return NET_NONE;
    }
    if (g->n->layers == NET_LAYERS || !net_shape(g->n, &l)) return NET_NONE;
    if (is_beyond_method(g, &l)) return NET_NONE;
    cost = cost_of(g, &l, &ways);
    if (cost > g->budget || ways > 400) return NET_NONE;
    g->budget -= cost;
    g->ways[g->n->layers] = ways;
    g->n->layer[g->n->layers] = l;
    return g->n->layers++;
}

/* Draws the numbers of a layer that has its shape: weight and bias. */
static int push_mixing(gen *g, net_layer l)
{
    const int x = l.input[0];
    int count, at;

    if (x == NET_NONE || !net_shape(g->n, &l)) return NET_NONE;
    l.numbers[0] = 0;
    count = net_count(g->n, &l, 0);
    if (count > NET_NUMBERS / 8) return NET_NONE;
    at = gen_push(g, l);
    if (at == NET_NONE) return NET_NONE;
    l = g->n->layer[at];
    l.numbers[0] = numbers(g, count, count / l.c, weight_style(g));
    l.numbers[1] = draw_one(&g->state, 3) ? NET_NONE : numbers(g, l.c, 4, draw_below(&g->state, 3));
    if (l.numbers[0] == NET_NONE) return g->n->layers--, NET_NONE;
    g->n->layer[at] = l;
    return at;
}

int gen_conv(gen *g, int base, int channels, int kernel, int groups)
{
    net_layer l = gen_blank(NET_CONV, base);

    l.c = channels;
    l.groups = groups;
    l.kernel[0] = l.kernel[1] = kernel;
    for (int k = 0; k < 4; k++) l.pad[k] = kernel / 2;
    return push_mixing(g, l);
}

int gen_linear(gen *g, int kind, int base, int channels)
{
    net_layer l = gen_blank(kind, base);

    l.c = channels;
    return push_mixing(g, l);
}

int gen_pool(gen *g, int kind, int base, int kernel, int stride, int pad)
{
    net_layer l = gen_blank(kind, base);

    l.kernel[0] = l.kernel[1] = kernel;
    l.stride[0] = l.stride[1] = stride;
    for (int k = 0; k < 4; k++) l.pad[k] = pad;
    l.extra = kind == NET_AVG_POOL && draw_one(&g->state, 2);
    return gen_push(g, l);
}

int gen_slice(gen *g, int base, int first, int count)
{
    net_layer l = gen_blank(NET_SLICE, base);

    l.first = first;
    l.count = count;
    return gen_push(g, l);
}

/* Channels of zeros, `before` of `all` in front. */
int gen_zeros(gen *g, int base, int before, int all)
{
    net_layer l = gen_blank(NET_ZERO_CHANNELS, base);

    l.first = before;
    l.count = all - before;
    return gen_push(g, l);
}

int gen_join(gen *g, int kind, const int *inputs, int count)
{
    net_layer l = gen_blank(kind, inputs[0]);

    l.inputs = count;
    memcpy(l.input, inputs, (size_t)count * sizeof *inputs);
    l.first = 1;
    return gen_push(g, l);
}

int gen_constant(gen *g, int c, int h, int w)
{
    net_layer l = gen_blank(NET_CONSTANT, NET_NONE);

    l.inputs = 0;
    l.c = c, l.h = h, l.w = w;
    l.numbers[0] = numbers(g, c * h * w, 1, draw_below(&g->state, 3));
    return l.numbers[0] == NET_NONE ? NET_NONE : gen_push(g, l);
}

/* A position embedding. */
int gen_add_constant(gen *g, int base)
{
    const net_layer *const x = g->n->layer + base;
    const int spread = draw_below(&g->state, 4);
    int inputs[2] = { base, 0 };

    if (base == NET_NONE || g->n->layers + 2 > NET_LAYERS) return NET_NONE;
    inputs[1] = gen_constant(g, spread == 3 ? 1 : x->c, spread == 1 || spread == 2 ? 1 : x->h, spread == 2 ? 1 : x->w);
    if (inputs[1] == NET_NONE) return NET_NONE;
    return gen_join(g, NET_ADD, inputs, 2);
}

int gen_attention(gen *g, int query, int key, int value)
{
    net_layer l = gen_blank(NET_ATTENTION, query);
    int common = 1, count;

    if (query == NET_NONE || key == NET_NONE || value == NET_NONE) return NET_NONE;
    l.inputs = 3;
    l.input[1] = key;
    l.input[2] = value;
    for (int k = 2; k <= 4; k++) {
        if (g->n->layer[query].c % k == 0 && g->n->layer[value].c % k == 0 && draw_one(&g->state, 2)) common = k;
    }
    l.first = common;
    l.real[0] = draw_one(&g->state, 3) ? 2.0f : 0.0f;
    l.count = draw_one(&g->state, 2) ? 1 : common;
    l.option = g->n->layer[query].h > 1 || draw_one(&g->state, 4);
    l.extra = l.option != 0 && draw_one(&g->state, 2) ? g->n->layer[query].h : 1;
    if (l.extra > 1) l.count = common;
    count = l.extra * l.count * g->n->layer[query].w * g->n->layer[key].w;
    if (count < 4000 && draw_one(&g->state, 4)) {
        l.numbers[0] = numbers(g, count, 1, 0);
        for (int i = 0; l.numbers[0] != NET_NONE && i < count; i++) {
            /* Each query sees its first key at least. */
            if (i % g->n->layer[key].w != 0 && draw_one(&g->state, 3)) g->n->numbers[l.numbers[0] + i] = -INFINITY;
        }
    }
    return gen_push(g, l);
}

/* ---- a layer of a kind ----------------------------------------------------------------------------------------------------------- */

static int divisor(gen *g, int a, int b)
{
    int best = 1;

    for (int k = 2; k <= a; k++) {
        if (a % k == 0 && b % k == 0 && draw_one(&g->state, 2)) best = k;
    }
    return best;
}

static void draw_window(gen *g, net_layer *l, const net_layer *x, int mixing)
{
    for (int axis = 0; axis < 2; axis++) {
        const int length = axis == 0 ? x->h : x->w;
        l->kernel[axis] = draw_from(&g->state, 1, 3);
        if (draw_one(&g->state, 10)) l->kernel[axis] = length;
        l->stride[axis] = draw_one(&g->state, 2) ? 1 : draw_from(&g->state, 1, 3);
        if (draw_one(&g->state, 25)) l->stride[axis] = length + 1;
        if (mixing && draw_one(&g->state, 6)) l->dilation[axis] = 2;
        for (int k = axis; k < 4; k += 2) {
            const int most = mixing ? l->kernel[axis] : l->kernel[axis] - 1;
            l->pad[k] = draw_one(&g->state, 2) && most > 0 ? draw_from(&g->state, 0, most) : (l->kernel[axis] - 1) / 2;
        }
    }
}

static int draw_conv(gen *g, int kind, int base)
{
    const net_layer *const x = g->n->layer + base;
    net_layer l = gen_blank(kind, base);
    const int style = draw_below(&g->state, 8);

    l.c = gen_channels(g);
    draw_window(g, &l, x, 1);
    if (style == 0 || style == 1) l.groups = x->c, l.c = x->c * (draw_one(&g->state, 4) ? 2 : 1);
    if (style == 2) l.groups = divisor(g, x->c, x->c), l.c = l.groups * draw_from(&g->state, 1, 4);
    if (style == 3) {
        l.kernel[0] = x->h, l.kernel[1] = x->w;
        memset(l.pad, 0, sizeof l.pad);
        l.dilation[0] = l.dilation[1] = 1;
    }
    if (kind == NET_CONV_TRANSPOSE) {
        for (int axis = 0; axis < 2; axis++) {
            const int room = l.stride[axis] > l.dilation[axis] ? l.stride[axis] : l.dilation[axis];
            l.output_pad[axis] = draw_one(&g->state, 3) ? draw_below(&g->state, room) : 0;
        }
    }
    return push_mixing(g, l);
}

static int draw_norm(gen *g, int kind, int base)
{
    net_layer l = gen_blank(kind, base);
    const int c = g->n->layer[base].c;

    l.eps = draw_one(&g->state, 2) ? 1e-5 : 1e-3;
    if (kind == NET_GROUP_NORM) l.groups = divisor(g, c, c);
    if (l.groups == c && c > 1)
        l.kind = NET_GLOBAL_RESPONSE_NORM; /* it would be an instance norm, and these are drawn elsewhere */
    if (kind == NET_L2_NORM) {
        l.eps = draw_one(&g->state, 2) ? 1e-12 : 1.0;
        return gen_push(g, l);
    }
    if (!draw_one(&g->state, 4) || kind == NET_SCALE_SHIFT) l.numbers[0] = numbers(g, c, 1, draw_one(&g->state, 4));
    if (!draw_one(&g->state, 4)) l.numbers[1] = numbers(g, c, 4, draw_below(&g->state, 3));
    if (kind == NET_BATCH_NORM) {
        l.numbers[2] = numbers(g, c, 4, 0);
        l.numbers[3] = numbers(g, c, 1, 3);
        for (int i = 0; l.numbers[3] != NET_NONE && i < c; i++) g->n->numbers[l.numbers[3] + i] += 0.25f;
        if (l.numbers[3] == NET_NONE) return NET_NONE;
    }
    if (kind == NET_SCALE_SHIFT && l.numbers[0] == NET_NONE) return NET_NONE;
    return gen_push(g, l);
}

/* An exponential reads numbers that are not too large: those of exponentials of exponentials overflow. */
static int bounded(gen *g, int base)
{
    net_layer l = gen_blank(NET_CLIP, base);

    l.real[0] = -4.0f, l.real[1] = 4.0f;
    return gen_push(g, l);
}

static int draw_activation(gen *g, int kind, int base)
{
    net_layer l = gen_blank(kind, kind == NET_EXP ? bounded(g, base) : base);

    l.real[0] = (float)draw_signed(&g->state);
    if (kind == NET_CLIP) l.real[0] = draw_one(&g->state, 2) ? 0.0f : -0.5f, l.real[1] = draw_one(&g->state, 2) ? 6.0f : 0.75f;
    if (kind == NET_CELU) l.real[0] = draw_one(&g->state, 2) ? 0.5f : 1.5f;
    if (kind == NET_GELU) l.option = draw_below(&g->state, 2);
    if (kind == NET_RESPONSE_NORM) {
        l.option = draw_from(&g->state, 1, 6);
        l.real[0] = 0.5f, l.real[1] = 0.75f, l.real[2] = draw_one(&g->state, 2) ? 1.0f : 2.0f;
    }
    if (kind == NET_PRELU) {
        l.count = draw_one(&g->state, 3) ? 1 : g->n->layer[base].c;
        l.numbers[0] = numbers(g, l.count, 4, 0);
        if (l.numbers[0] == NET_NONE) return NET_NONE;
    }
    return gen_push(g, l);
}

static void draw_upsample(gen *g, net_layer *l, const net_layer *x)
{
    static const float scales[6] = { 2.0f, 1.5f, 0.5f, 1.25f, 3.0f, 1.0f };

    l->option = draw_below(&g->state, 2);
    l->extra = l->option && draw_one(&g->state, 3);
    if (draw_one(&g->state, 2) || l->extra) {
        l->size[0] = draw_from(&g->state, 1, x->h * 2);
        l->size[1] = draw_from(&g->state, 1, x->w * 2);
    } else {
        l->real[0] = scales[draw_below(&g->state, 6)];
        l->real[1] = scales[draw_below(&g->state, 6)];
    }
}

static void draw_pads(gen *g, net_layer *l)
{
    static const float values[5] = { 0.5f, -1.0f, 0.75f, 3.0f, 0.0f };

    for (int k = 0; k < 4; k++) l->pad[k] = draw_below(&g->state, 3);
    if (l->kind == NET_CONSTANT_PAD) l->real[0] = values[draw_below(&g->state, 5)];
}

/* Crops, rolls, pads from the picture, windows, blocks and chosen channels. */
static void draw_move(gen *g, net_layer *l, const net_layer *x)
{
    const int size[2] = { x->h, x->w };

    l->option = draw_below(&g->state, 2);
    for (int axis = 0; axis < 2; axis++) {
        l->kernel[axis] = divisor(g, size[axis], size[axis]);
        if (l->kind == NET_TO_SPACE) l->kernel[axis] = axis == 0 ? divisor(g, x->c, 6) : divisor(g, x->c / l->kernel[0], 6);
        if (l->kind == NET_REVERSE) l->kernel[axis] = axis == 0 ? divisor(g, x->w, x->w) : x->w / l->kernel[0];
        l->stride[axis] = draw_from(&g->state, 0, 4) - 2;
        if (l->stride[axis] == 0) l->stride[axis] = 1;
        for (int k = axis; k < 4; k += 2) l->pad[k] = draw_below(&g->state, 3);
    }
    if (l->kind == NET_REVERSE) {
        const int down = divisor(g, x->h, x->h);
        l->size[0] = down * l->kernel[0], l->size[1] = x->h / down * l->kernel[1];
    }
    l->count = l->kind == NET_CHOOSE ? draw_from(&g->state, 1, 8) : 0;
    for (int k = 0; k < l->count; k++)
        l->chosen[k] = k > 0 && draw_one(&g->state, 2) ? l->chosen[k - 1] + 1 : draw_below(&g->state, x->c);
    for (int k = 0; k < l->count; k++) l->chosen[k] %= x->c;
}

/* A gather layer that reads one layer. */
static int draw_gather(gen *g, int kind, int base)
{
    const net_layer *const x = g->n->layer + base;
    net_layer l = gen_blank(kind, base);

    switch (kind) {
    case NET_MAX_POOL:
    case NET_AVG_POOL:
        draw_window(g, &l, x, 0);
        l.option = draw_one(&g->state, 3);
        l.extra = kind == NET_AVG_POOL && draw_one(&g->state, 2);
        break;
    case NET_ADAPTIVE_MAX:
    case NET_ADAPTIVE_POOL: l.size[0] = draw_from(&g->state, 1, 3), l.size[1] = draw_from(&g->state, 1, 3); break;
    case NET_SUM:
    case NET_MAX:
    case NET_MEAN: l.option = draw_from(&g->state, 1, 3); break;
    case NET_ZERO_PAD:
    case NET_CONSTANT_PAD: draw_pads(g, &l); break;
    case NET_ZERO_CHANNELS: l.first = draw_below(&g->state, 3), l.count = draw_below(&g->state, 3); break;
    case NET_SUBSAMPLE: l.stride[0] = draw_from(&g->state, 1, 3), l.stride[1] = draw_from(&g->state, 1, 3); break;
    case NET_SLICE: l.first = draw_below(&g->state, x->c), l.count = draw_from(&g->state, 1, x->c - l.first); break;
    case NET_MAX_CHANNELS:
    case NET_SHUFFLE: l.groups = divisor(g, x->c, x->c); break;
    case NET_RESHAPE:
        if (draw_one(&g->state, 2)) l.size[0] = divisor(g, x->h * x->w, x->h * x->w);
        break;
    case NET_SELECT_TOKENS: l.first = draw_below(&g->state, x->w), l.count = draw_from(&g->state, 1, x->w - l.first); break;
    case NET_UPSAMPLE: draw_upsample(g, &l, x); break;
    default:
        if (kind >= NET_CROP && kind <= NET_TO_DEPTH) draw_move(g, &l, x);
        break;
    }
    return gen_push(g, l);
}

int gen_layer(gen *g, int kind, int base)
{
    const int twice[2] = { base, base };

    if (base == NET_NONE) return NET_NONE;
    switch (kind) {
    case NET_ADD: return gen_join(g, kind, twice, 2);
    case NET_CONV:
    case NET_CONV_TRANSPOSE: return draw_conv(g, kind, base);
    case NET_LINEAR:
    case NET_LINEAR_TOKENS: return gen_linear(g, kind, base, gen_channels(g));
    case NET_BATCH_NORM:
    case NET_GROUP_NORM:
    case NET_INSTANCE_NORM:
    case NET_GLOBAL_RESPONSE_NORM:
    case NET_LAYER_NORM:
    case NET_RMS_NORM:
    case NET_L2_NORM:
    case NET_SCALE_SHIFT: return draw_norm(g, kind, base);
    default: return kind <= NET_SOFTMAX ? draw_activation(g, kind, base) : draw_gather(g, kind, base);
    }
}
