/*
 * net.c -- names, shapes and numbers of the layers of a network.
 */
#include "net.h"

#include <string.h>

static const char *const words[NET_KINDS] = {
    "input",
    "constant",
    "conv2d",
    "linear",
    "linear_tokens",
    "conv_transpose2d",
    "batch_norm",
    "group_norm",
    "instance_norm",
    "global_response_norm",
    "scale_shift",
    "add",
    "relu",
    "clip",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "softplus",
    "hard_swish",
    "hard_sigmoid",
    "celu",
    "mish",
    "log_sigmoid",
    "softsign",
    "abs",
    "exp",
    "erf",
    "local_response_norm",
    "layer_norm",
    "rms_norm",
    "l2_norm",
    "softmax",
    "max_pool",
    "avg_pool",
    "adaptive_avg_pool2d",
    "global_avg_pool",
    "mean",
    "sum",
    "adaptive_max_pool2d",
    "global_max_pool",
    "max",
    "max_channels",
    "concat",
    "flatten",
    "dropout",
    "zero_pad",
    "constant_pad2d",
    "zero_channels",
    "subsample",
    "slice",
    "shuffle",
    "reshape",
    "transpose",
    "concat_tokens",
    "select_tokens",
    "crop2d",
    "roll2d",
    "reflection_pad2d",
    "replication_pad2d",
    "circular_pad2d",
    "window_partition",
    "window_reverse",
    "gather_channels",
    "depth_to_space",
    "space_to_depth",
    "upsample",
    "maximum",
    "minimum",
    "gate",
    "attention",
};

const char *net_word(int kind)
{
    return words[kind];
}

const char *net_name(const net *n, int layer)
{
    static char texts[16][48];
    static int turn;
    char *const text = texts[turn++ % 16];
    const net_layer *const l = n->layer + layer;

    if (l->kind == NET_CONSTANT && l->joined) snprintf(text, sizeof texts[0], "add_%d_constant", layer + 1);
    else snprintf(text, sizeof texts[0], "%s_%d", words[l->kind], layer);
    return text;
}

int net_positions(const net_layer *layer)
{
    return layer->h * layer->w;
}

/* ---- shapes ------------------------------------------------------------------------------------------------------------------ */

/* Windows along one axis, or 0. */
static int windows(const net_layer *l, int axis, int length, int ceil_mode)
{
    const int reach = l->dilation[axis] * (l->kernel[axis] - 1) + 1;
    const int room = length + l->pad[axis] + l->pad[axis + 2] - reach;
    int count;

    if (room < 0) return 0;
    count = (ceil_mode ? (room + l->stride[axis] - 1) / l->stride[axis] : room / l->stride[axis]) + 1;
    if (ceil_mode && (count - 1) * l->stride[axis] >= length + l->pad[axis]) count--;
    return count;
}

static int transposed(const net_layer *l, int axis, int length)
{
    return (length - 1) * l->stride[axis] - l->pad[axis] - l->pad[axis + 2] + l->dilation[axis] * (l->kernel[axis] - 1) +
           l->output_pad[axis] + 1;
}

static int same_shape(const net_layer *a, const net_layer *b)
{
    return a->c == b->c && a->h == b->h && a->w == b->w;
}

/* An operand of an addition may be spread only if it is a constant. */
static int shape_of_add(const net *n, net_layer *l)
{
    const net_layer *whole = n->layer + l->input[0];
    int varies = 0;

    for (int i = 0; i < l->inputs; i++) {
        const net_layer *const x = n->layer + l->input[i];
        if (net_positions(x) * x->c > net_positions(whole) * whole->c) whole = x;
    }
    for (int i = 0; i < l->inputs; i++) {
        const net_layer *const x = n->layer + l->input[i];
        varies |= !x->derived;
        if (same_shape(x, whole)) continue;
        if (x->kind != NET_CONSTANT || (x->c != whole->c && x->c != 1) || (x->h != whole->h && x->h != 1) ||
            (x->w != whole->w && x->w != 1)) {
            return 0;
        }
    }
    l->c = whole->c, l->h = whole->h, l->w = whole->w;
    return varies && !whole->derived;
}

static int shape_of_largest(const net *n, net_layer *l)
{
    const net_layer *const x = n->layer + l->input[0];

    for (int i = 1; i < l->inputs; i++) {
        if (!same_shape(x, n->layer + l->input[i])) return 0;
    }
    l->c = x->c, l->h = x->h, l->w = x->w;
    return 1;
}

static int shape_of_concat(const net *n, net_layer *l, int tokens)
{
    const net_layer *const x = n->layer + l->input[0];

    l->c = tokens ? x->c : 0, l->h = x->h, l->w = tokens ? 0 : x->w;
    for (int i = 0; i < l->inputs; i++) {
        const net_layer *const y = n->layer + l->input[i];
        if (tokens ? y->c != x->c || y->h != 1 : y->h != x->h || y->w != x->w) return 0;
        if (tokens) l->w += y->w;
        else l->c += y->c;
    }
    return 1;
}

static int shape_of_upsample(const net_layer *x, net_layer *l)
{
    l->c = x->c;
    l->h = l->size[0] > 0 ? l->size[0] : (int)((double)x->h * (double)l->real[0]);
    l->w = l->size[1] > 0 ? l->size[1] : (int)((double)x->w * (double)l->real[1]);
    return 1;
}

static int shape_of_gate(const net *n, net_layer *l)
{
    const net_layer *const x = n->layer + l->input[0], *const g = n->layer + l->input[1];

    l->c = x->c, l->h = x->h, l->w = x->w;
    return (g->c == x->c || g->c == 1) && (g->h == x->h || g->h == 1) && (g->w == x->w || g->w == 1);
}

static int shape_of_attention(const net *n, net_layer *l)
{
    const net_layer *const q = n->layer + l->input[0], *const k = n->layer + l->input[1], *const v = n->layer + l->input[2];

    l->c = v->c, l->h = q->h, l->w = q->w;
    return (l->option != 0 || q->h == 1) && k->h == q->h && v->h == q->h && q->c == k->c && k->w == v->w &&
           q->c % l->first == 0 && v->c % l->first == 0;
}

static int shape_of_reshape(const net_layer *x, net_layer *l)
{
    const int all = x->h * x->w;

    l->c = x->c;
    l->h = l->size[0] > 0 ? l->size[0] : l->size[1] > 0 ? all / l->size[1] : 1;
    l->w = l->size[1] > 0 ? l->size[1] : all / l->h;
    return l->h * l->w == all;
}

/* Crops, pads from the picture, windows, and blocks of positions. */
static int shape_of_move(const net_layer *x, net_layer *l)
{
    const int size[2] = { x->h, x->w };
    const int block = l->kernel[0] * l->kernel[1];
    int out[2] = { x->h, x->w }, good = 1;

    l->c = x->c;
    for (int axis = 0; axis < 2; axis++) {
        const int before = l->pad[axis], after = l->pad[axis + 2],
                  length = l->stride[axis] < 0 ? -l->stride[axis] : l->stride[axis];
        const int most = l->kind == NET_REFLECTION_PAD ? size[axis] - 1 : l->kind == NET_CIRCULAR_PAD ? size[axis] : 99;
        if (l->kind == NET_CROP)
            out[axis] = (size[axis] - before - after + length - 1) / length, good &= before + after < size[axis];
        else if (l->kind <= NET_CIRCULAR_PAD && l->kind != NET_ROLL)
            out[axis] += before + after, good &= before <= most && after <= most;
        if (l->kind == NET_PARTITION || l->kind == NET_TO_DEPTH) good &= size[axis] % l->kernel[axis] == 0;
        if (l->kind == NET_REVERSE) good &= l->size[axis] % l->kernel[axis] == 0, out[axis] = l->size[axis];
        if (l->kind == NET_TO_DEPTH) out[axis] /= l->kernel[axis];
        if (l->kind == NET_TO_SPACE) out[axis] *= l->kernel[axis];
    }
    if (l->kind == NET_PARTITION) out[0] = x->h * x->w / block, out[1] = block;
    if (l->kind == NET_REVERSE) good &= x->w == block && x->h * x->w == l->size[0] * l->size[1];
    if (l->kind == NET_TO_DEPTH) l->c *= block;
    if (l->kind == NET_TO_SPACE) l->c /= block, good &= x->c % block == 0;
    if (l->kind == NET_CHOOSE) l->c = l->count;
    for (int k = 0; l->kind == NET_CHOOSE && k < l->count; k++) good &= l->chosen[k] < x->c;
    l->h = out[0], l->w = out[1];
    return good;
}

/* Layers that change nothing but the grid. */
static int shape_of_grid(const net_layer *x, net_layer *l)
{
    l->c = x->c, l->h = x->h, l->w = x->w;
    switch (l->kind) {
    case NET_MAX_POOL:
    case NET_AVG_POOL: l->h = windows(l, 0, x->h, l->option), l->w = windows(l, 1, x->w, l->option); return 1;
    case NET_ADAPTIVE_MAX:
    case NET_ADAPTIVE_POOL: l->h = l->size[0], l->w = l->size[1]; return 1;
    case NET_GLOBAL_MAX:
    case NET_GLOBAL_POOL: l->h = l->w = 1; return 1;
    case NET_SUM:
    case NET_MAX:
    case NET_MEAN: l->h = l->option & 1 ? 1 : x->h, l->w = l->option & 2 ? 1 : x->w; return 1;
    case NET_ZERO_PAD:
    case NET_CONSTANT_PAD: l->h += l->pad[0] + l->pad[2], l->w += l->pad[1] + l->pad[3]; return 1;
    case NET_SUBSAMPLE: l->h = (x->h - 1) / l->stride[0] + 1, l->w = (x->w - 1) / l->stride[1] + 1; return 1;
    case NET_TRANSPOSE: l->h = x->w, l->w = x->h; return 1;
    case NET_SELECT_TOKENS: l->w = l->count; return x->h == 1 && l->first + l->count <= x->w;
    default: return 1;
    }
}

static int shape_of_mixing(const net *n, const net_layer *x, net_layer *l)
{
    (void)n; /* c is the number of output channels, which the layer itself says */
    if (l->kind == NET_LINEAR) l->h = l->w = 1;
    else if (l->kind == NET_LINEAR_TOKENS) l->h = x->h, l->w = x->w;
    else if (l->kind == NET_CONV) l->h = windows(l, 0, x->h, 0), l->w = windows(l, 1, x->w, 0);
    else l->h = transposed(l, 0, x->h), l->w = transposed(l, 1, x->w);
    return l->groups < 1 || (x->c % l->groups == 0 && l->c % l->groups == 0);
}

static int find_shape(const net *n, net_layer *l)
{
    const net_layer *const x = n->layer + (l->inputs > 0 ? l->input[0] : 0);

    switch (l->kind) {
    case NET_INPUT:
    case NET_CONSTANT: return 1;
    case NET_CONV:
    case NET_LINEAR:
    case NET_LINEAR_TOKENS:
    case NET_CONV_TRANSPOSE: return shape_of_mixing(n, x, l);
    case NET_ADD: return shape_of_add(n, l);
    case NET_CONCAT: return shape_of_concat(n, l, 0);
    case NET_CONCAT_TOKENS: return shape_of_concat(n, l, 1);
    case NET_FLATTEN: l->c = x->c * x->h * x->w, l->h = l->w = 1; return 1;
    case NET_ZERO_CHANNELS: l->c = x->c + l->first + l->count, l->h = x->h, l->w = x->w; return 1;
    case NET_SLICE: l->c = l->count, l->h = x->h, l->w = x->w; return l->first + l->count <= x->c;
    case NET_SHUFFLE:
    case NET_GROUP_NORM: l->c = x->c, l->h = x->h, l->w = x->w; return x->c % l->groups == 0;
    case NET_MAX_CHANNELS: l->c = l->groups, l->h = x->h, l->w = x->w; return x->c % l->groups == 0;
    case NET_MAXIMUM:
    case NET_MINIMUM: return shape_of_largest(n, l);
    case NET_RESHAPE: return shape_of_reshape(x, l);
    case NET_UPSAMPLE: return shape_of_upsample(x, l);
    case NET_GATE: return shape_of_gate(n, l);
    case NET_ATTENTION: return shape_of_attention(n, l);
    default: return l->kind >= NET_CROP && l->kind <= NET_TO_DEPTH ? shape_of_move(x, l) : shape_of_grid(x, l);
    }
}

int net_shape(const net *n, net_layer *l)
{
    l->derived = l->kind != NET_INPUT;
    for (int i = 0; i < l->inputs; i++) l->derived &= n->layer[l->input[i]].derived;
    return find_shape(n, l) && l->c >= 1 && l->h >= 1 && l->w >= 1 && l->c * l->h * l->w <= NET_VALUES;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------------------- */

static int weights_of(const net_layer *x, const net_layer *l)
{
    switch (l->kind) {
    case NET_LINEAR: return l->c * x->c * x->h * x->w;
    case NET_LINEAR_TOKENS: return l->c * x->c;
    default: return l->c * x->c / l->groups * l->kernel[0] * l->kernel[1];
    }
}

int net_count(const net *n, const net_layer *l, int k)
{
    const net_layer *const x = n->layer + (l->inputs > 0 ? l->input[0] : 0);

    if (l->numbers[k] == NET_NONE) return 0;
    switch (l->kind) {
    case NET_INPUT:
    case NET_CONSTANT: return l->c * l->h * l->w;
    case NET_CONV:
    case NET_LINEAR:
    case NET_LINEAR_TOKENS:
    case NET_CONV_TRANSPOSE: return k == 0 ? weights_of(x, l) : l->c;
    case NET_PRELU: return l->count;
    case NET_ATTENTION: return l->count * l->w * n->layer[l->input[1]].w;
    default: return l->c;
    }
}

int net_reshape(net *n)
{
    for (int i = 0; i < n->layers; i++) {
        int before[4];
        for (int k = 0; k < 4; k++) before[k] = net_count(n, n->layer + i, k);
        if (!net_shape(n, n->layer + i)) return 0;
        /* Parameters fit the shapes that they were drawn for only. */
        for (int k = 0; k < 4; k++) {
            if (before[k] != net_count(n, n->layer + i, k)) return 0;
        }
    }
    return 1;
}

int net_prune(net *n)
{
    int live[NET_LAYERS] = { 0 }, number[NET_LAYERS] = { 0 }, count = 0, inputs = 0;

    for (int i = 0; i < n->outputs; i++) live[n->output[i]] = 1;
    for (int i = n->layers - 1; i >= 0; i--) {
        if (!live[i]) continue;
        for (int k = 0; k < n->layer[i].inputs; k++) live[n->layer[i].input[k]] = 1;
    }
    for (int i = 0; i < n->layers; i++) inputs += live[i] && n->layer[i].kind == NET_INPUT;
    if (inputs == 0) return 0;
    for (int i = 0; i < n->layers; i++) {
        if (!live[i]) continue;
        number[i] = count;
        n->layer[count] = n->layer[i];
        for (int k = 0; k < n->layer[count].inputs; k++) n->layer[count].input[k] = number[n->layer[count].input[k]];
        count++;
    }
    n->layers = count;
    for (int i = 0; i < n->outputs; i++) n->output[i] = number[n->output[i]];
    return 1;
}
