/*
 * gen.c -- draws a network: inputs, then patterns one upon the other, then heads and outputs.
 */
#include "gen.h"

#include <string.h>

static int one(gen *g, int in)
{
    return draw_one(&g->state, in);
}

/* A layer to go on from: mostly the last one. */
static int any_base(gen *g)
{
    return one(g, 3) ? draw_below(&g->state, g->n->layers) : g->n->layers - 1;
}

static int activation(gen *g, int base)
{
    if (one(g, 2)) return gen_layer(g, NET_RELU, base);
    return gen_layer(g, draw_from(&g->state, NET_RELU, NET_SOFTMAX), base);
}

static const net_layer *at(const gen *g, int layer)
{
    return g->n->layer + layer;
}

/* Another layer of the same grid as the base, and, if asked, of as many channels; NET_NONE if none is found. */
static int companion(gen *g, int base, int same_channels)
{
    for (int tries = 0; tries < 12; tries++) {
        const int other = draw_below(&g->state, g->n->layers);
        if (at(g, other)->h == at(g, base)->h && at(g, other)->w == at(g, base)->w &&
            (!same_channels || at(g, other)->c == at(g, base)->c)) {
            return other;
        }
    }
    return NET_NONE;
}

/* ---- patterns -------------------------------------------------------------------------------------------------------------------- */

static int conv_block(gen *g, int base)
{
    const int groups = one(g, 3) ? at(g, base)->c : 1;
    const int channels = groups > 1 ? at(g, base)->c : gen_channels(g);
    int top = gen_conv(g, base, channels, one(g, 3) ? 1 : 3, groups);

    if (one(g, 2)) top = gen_layer(g, NET_BATCH_NORM, top);
    return one(g, 5) ? top : activation(g, top);
}

/* Two branches added, one of which is often the base itself, or a pool of it. */
static int residual(gen *g, int base)
{
    int sides[3] = { base, base, base }, count = 2, top;

    sides[1] = gen_conv(g, base, at(g, base)->c, one(g, 2) ? 3 : 1, 1);
    if (one(g, 3)) sides[1] = gen_conv(g, activation(g, sides[1]), at(g, base)->c, 3, 1);
    if (one(g, 2)) sides[1] = gen_layer(g, NET_BATCH_NORM, sides[1]);
    if (one(g, 4)) sides[0] = gen_conv(g, base, at(g, base)->c, 1, 1);
    if (one(g, 5)) sides[0] = gen_pool(g, one(g, 2) ? NET_MAX_POOL : NET_AVG_POOL, base, 3, 1, 1);
    if (one(g, 5)) count = 3, sides[2] = companion(g, base, 1);
    if (one(g, 2)) top = sides[0], sides[0] = sides[1], sides[1] = top;
    top = gen_join(g, NET_ADD, sides, count);
    if (one(g, 4)) top = gen_layer(g, NET_SCALE_SHIFT, top);
    return one(g, 3) ? top : activation(g, top);
}

static int gate_block(gen *g, int base)
{
    int sides[2] = { base, base };
    const int channels = at(g, base)->c;

    switch (draw_below(&g->state, 4)) {
    case 0: sides[1] = gen_conv(g, base, one(g, 2) ? 1 : channels, 1, 1); break;
    case 1: sides[1] = companion(g, base, 1); break;
    default:
        sides[1] = gen_linear(g, NET_LINEAR, gen_layer(g, NET_GLOBAL_POOL, base), 2);
        sides[1] = gen_linear(g, one(g, 2) ? NET_LINEAR : NET_LINEAR_TOKENS, gen_layer(g, NET_RELU, sides[1]), channels);
    }
    if (!one(g, 4)) sides[1] = gen_layer(g, one(g, 2) ? NET_SIGMOID : NET_HARD_SIGMOID, sides[1]);
    if (one(g, 8)) sides[0] = gen_pool(g, NET_MAX_POOL, base, 3, 1, 1);
    return gen_join(g, NET_GATE, sides, 2);
}

/* Tokens behind a class token, which is a constant. */
static int with_class_token(gen *g, int tokens)
{
    int parts[2] = { gen_constant(g, at(g, tokens)->c, 1, 1), tokens };

    return gen_join(g, NET_CONCAT_TOKENS, parts, 2);
}

static int attention_block(gen *g, int base)
{
    const int rows = one(g, 3); /* each a sequence of its own */
    const int tokens = rows || (at(g, base)->h == 1 && one(g, 2)) ? base : gen_layer(g, NET_RESHAPE, base);
    int query = tokens, key = tokens, value = tokens, top;

    if (tokens == NET_NONE || (!rows && at(g, tokens)->h != 1) || at(g, tokens)->h * at(g, tokens)->w > 16) return NET_NONE;
    if (!rows && one(g, 5)) query = key = value = with_class_token(g, tokens);
    if (one(g, 2)) {
        const int c = 2 * draw_from(&g->state, 1, 4), all = gen_linear(g, NET_LINEAR_TOKENS, tokens, 3 * c);
        query = gen_slice(g, all, 0, c);
        key = gen_slice(g, all, c, c);
        value = gen_slice(g, all, 2 * c, c);
    } else {
        if (one(g, 2)) value = gen_linear(g, NET_LINEAR_TOKENS, tokens, gen_channels(g));
        if (one(g, 3)) value = activation(g, value);
        if (value != NET_NONE && one(g, 4)) value = gate_block(g, value);
        if (one(g, 4)) value = gen_attention(g, tokens, tokens, tokens);
    }
    if (value != NET_NONE && one(g, 4)) value = gen_layer(g, NET_ROLL, value); /* moved after what made it */
    top = gen_attention(g, query, key, value);
    if (top != NET_NONE && one(g, 5)) top = gate_block(g, top);
    if (!one(g, 4)) top = gen_linear(g, NET_LINEAR_TOKENS, top, one(g, 2) ? at(g, tokens)->c : gen_channels(g));
    if (top != NET_NONE && one(g, 2) && at(g, top)->c == at(g, tokens)->c && at(g, top)->w == at(g, tokens)->w &&
        at(g, top)->h == at(g, tokens)->h) {
        const int sides[2] = { tokens, top };
        top = gen_join(g, NET_ADD, sides, 2);
        if (one(g, 2)) top = gen_layer(g, NET_LAYER_NORM, top);
    }
    return top;
}

/* A concat of layers of one grid, some of them pooled, gated or sliced. */
static int concat_of(gen *g, int base)
{
    int parts[NET_OPERANDS], count = draw_from(&g->state, 2, 4);

    for (int k = 0; k < count; k++) {
        int part = k == 0 || one(g, 4) ? base : companion(g, base, 0);
        if (part == NET_NONE) part = base;
        if (one(g, 3)) part = gen_conv(g, base, gen_channels(g), one(g, 2) ? 1 : 3, 1);
        if (one(g, 4)) part = gen_pool(g, one(g, 2) ? NET_MAX_POOL : NET_AVG_POOL, part, 3, 1, 1);
        if (part != NET_NONE && one(g, 6)) part = gate_block(g, part);
        if (part != NET_NONE && one(g, 6)) part = gen_layer(g, NET_SLICE, part);
        if (part == NET_NONE) part = base;
        parts[k] = part;
    }
    return gen_join(g, NET_CONCAT, parts, count);
}

/* Gather layers upon a concat, then something that mixes or scales. */
static int concat_block(gen *g, int base)
{
    int top = concat_of(g, base);

    for (int k = draw_below(&g->state, 3); k > 0 && top != NET_NONE; k--) {
        static const int kinds[8] = { NET_SLICE,   NET_SLICE,    NET_MAX_POOL,     NET_AVG_POOL,
                                      NET_SHUFFLE, NET_ZERO_PAD, NET_CONSTANT_PAD, NET_UPSAMPLE };
        const int next = gen_layer(g, kinds[draw_below(&g->state, 8)], top);
        if (next != NET_NONE) top = next;
    }
    if (top == NET_NONE) return NET_NONE;
    if (one(g, 5)) top = concat_of(g, top);
    switch (draw_below(&g->state, 5)) {
    case 0: return top;
    case 1: return activation(g, gen_layer(g, NET_BATCH_NORM, top));
    case 2: return activation(g, gen_layer(g, one(g, 2) ? NET_SCALE_SHIFT : NET_INSTANCE_NORM, top));
    case 3: return gen_layer(g, NET_CONV, top);
    default: return conv_block(g, top);
    }
}

/* Several gather layers, one upon the other. */
static int gather_chain(gen *g, int base)
{
    int top = base;

    for (int k = draw_from(&g->state, 2, 4); k > 0; k--) {
        const int next = gen_layer(g, draw_from(&g->state, NET_MAX_POOL, NET_UPSAMPLE), top);
        if (next != NET_NONE && g->n->layer[next].inputs == 1) top = next;
    }
    return one(g, 2) ? top : conv_block(g, top);
}

/* Pads in pads, constants among them, under a pool or a convolution. */
static int padded(gen *g, int base)
{
    int top = one(g, 3) ? gen_layer(g, NET_ZERO_CHANNELS, base) : base;

    top = gen_layer(g, NET_CONSTANT_PAD, top);
    if (one(g, 2)) top = gen_layer(g, one(g, 2) ? NET_CONSTANT_PAD : NET_ZERO_PAD, top);
    if (one(g, 3)) top = gen_layer(g, NET_ZERO_CHANNELS, top);
    if (one(g, 2)) top = gen_layer(g, one(g, 2) ? NET_MAX_POOL : NET_AVG_POOL, top);
    return one(g, 2) || top == NET_NONE ? top : conv_block(g, top);
}

/* A fully connected layer through slices and concats of flat layers, and one beside its shortcut. */
static int dense_block(gen *g, int base)
{
    int top = one(g, 3) ? gen_layer(g, NET_GLOBAL_POOL, base) : base, sides[2];

    if (top == base && !one(g, 3)) top = gen_layer(g, NET_FLATTEN, base);
    if (top == NET_NONE || (at(g, top)->c > 200 && !one(g, 4))) return NET_NONE;
    if (one(g, 3)) top = gen_layer(g, NET_SLICE, top);
    if (top != NET_NONE && one(g, 4)) {
        sides[0] = top;
        sides[1] = companion(g, top, 0);
        top = gen_join(g, NET_CONCAT, sides, 2);
    }
    sides[0] = top;
    top = gen_linear(g, NET_LINEAR, top, one(g, 2) && top != NET_NONE && at(g, top)->c < 20 ? at(g, top)->c : gen_channels(g));
    if (one(g, 5)) top = gen_layer(g, NET_BATCH_NORM, top);
    sides[1] = top;
    if (top != NET_NONE && one(g, 2) && at(g, sides[0])->c == at(g, top)->c && net_positions(at(g, sides[0])) == 1) {
        top = gen_join(g, NET_ADD, sides, 2);
    }
    if (one(g, 3)) return top;
    top = gen_layer(g, NET_RELU, top);
    return one(g, 2) ? top : gen_layer(g, NET_RELU, gen_linear(g, NET_LINEAR, top, gen_channels(g)));
}

/* Maximum or minimum of two or three layers: the base, a convolution or a pool of it, another of its shape, or some of its channels beside
 * channels of zeros. */
static int largest(gen *g, int base)
{
    int sides[3] = { base, base, base }, top;
    const int channels = at(g, base)->c, count = one(g, 3) ? 3 : 2;

    for (int k = 1; k < count; k++) {
        switch (draw_below(&g->state, 5)) {
        case 0: sides[k] = companion(g, base, 1); break;
        case 1: sides[k] = gen_pool(g, one(g, 2) ? NET_MAX_POOL : NET_AVG_POOL, base, 3, 1, 1); break;
        case 2:
            sides[k] = channels > 2 ? gen_slice(g, base, 1, channels - 2) : NET_NONE;
            if (sides[k] != NET_NONE) sides[k] = gen_zeros(g, sides[k], one(g, 2) ? 2 : 0, 2);
            break;
        default: sides[k] = gen_conv(g, base, channels, one(g, 2) ? 3 : 1, 1); break;
        }
        if (sides[k] == NET_NONE) sides[k] = base;
    }
    if (one(g, 2)) top = sides[0], sides[0] = sides[count - 1], sides[count - 1] = top;
    top = gen_join(g, one(g, 2) ? NET_MAXIMUM : NET_MINIMUM, sides, count);
    return top == NET_NONE || one(g, 2) ? top : conv_block(g, top);
}

static int twice(gen *g, int base)
{
    int sides[2] = { base, base };

    if (one(g, 2)) sides[1] = companion(g, base, 1);
    if (one(g, 3)) return largest(g, base);
    return one(g, 4) ? gen_add_constant(g, base) : gen_join(g, NET_ADD, sides, 2);
}

/* Kinds that no pattern has. */
static int rare(gen *g, int base)
{
    switch (draw_below(&g->state, 4)) {
    case 0: return activation(g, gen_layer(g, NET_CONV_TRANSPOSE, base));
    case 1: return activation(g, gen_layer(g, NET_GROUP_NORM, gen_conv(g, base, 8, one(g, 2) ? 3 : 1, 1)));
    case 2: return gen_layer(g, NET_SELECT_TOKENS, gen_layer(g, NET_RESHAPE, base));
    default: return conv_block(g, base) == NET_NONE ? NET_NONE : gen_layer(g, NET_UPSAMPLE, g->n->layers - 1);
    }
}

static int pattern(gen *g, int base)
{
    switch (draw_below(&g->state, 17)) {
    case 16: return rare(g, base);
    case 0:
    case 1:
    case 2: return conv_block(g, base);
    case 3:
    case 4: return residual(g, base);
    case 5: return gate_block(g, base);
    case 6: return attention_block(g, base);
    case 7:
    case 8: return concat_block(g, base);
    case 9: return gather_chain(g, base);
    case 10: return padded(g, base);
    case 11: return dense_block(g, base);
    case 12: return twice(g, base);
    case 13: return activation(g, base);
    default: return gen_layer(g, draw_from(&g->state, NET_CONV, NET_UPSAMPLE), base);
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------------- */

static int add_input(gen *g)
{
    net_layer l = gen_blank(NET_INPUT, NET_NONE);
    const int style = draw_below(&g->state, 5);
    int count;

    l.inputs = 0;
    l.c = one(g, 2) ? draw_from(&g->state, 1, 4) : gen_channels(g);
    l.h = one(g, 3) ? draw_from(&g->state, 1, 8) : draw_from(&g->state, 1, 5);
    l.w = one(g, 3) ? draw_from(&g->state, 1, 8) : draw_from(&g->state, 1, 5);
    if (one(g, 3)) l.w = l.h;
    if (g->n->layers > 0 && one(g, 2)) l.h = at(g, 0)->h, l.w = at(g, 0)->w;
    count = l.c * l.h * l.w;
    for (int k = 0; k < 2; k++) {
        l.numbers[k] = gen_room(g, count);
        if (l.numbers[k] == NET_NONE) return NET_NONE;
        gen_fill(g, l.numbers[k], count, 1, style);
    }
    return gen_push(g, l);
}

static void add_head(gen *g)
{
    int top = g->n->layers - 1;

    switch (draw_below(&g->state, 6)) {
    case 0: top = gen_linear(g, NET_LINEAR, gen_layer(g, NET_GLOBAL_POOL, top), draw_from(&g->state, 2, 9)); break;
    case 1: top = gen_linear(g, NET_LINEAR, top, draw_from(&g->state, 2, 9)); break;
    case 2: top = dense_block(g, top); break;
    case 3: top = gen_conv(g, top, draw_from(&g->state, 2, 5), 1, 1); break;
    default: return;
    }
    if (one(g, 5)) (void)gen_layer(g, NET_SOFTMAX, top);
}

static void add_output(gen *g)
{
    g->n->output[g->n->outputs++] = draw_below(&g->state, g->n->layers);
}

/* A constant and the addition after it become one call of srd_graph_add_constant(), where nothing else knows the constant. */
static void join_constants(gen *g)
{
    net *const n = g->n;

    for (int i = 0; i + 1 < n->layers; i++) {
        int readers = 0, is_output = 0;
        for (int k = 0; k < n->layers; k++) {
            for (int o = 0; o < at(g, k)->inputs; o++) readers += at(g, k)->input[o] == i;
        }
        for (int o = 0; o < n->outputs; o++) is_output |= n->output[o] == i;
        n->layer[i].joined = at(g, i)->kind == NET_CONSTANT && readers == 1 && !is_output && at(g, i + 1)->kind == NET_ADD &&
                             at(g, i + 1)->inputs == 2 && at(g, i + 1)->input[1] == i && one(g, 2);
    }
}

void gen_net(net *n, uint64_t seed)
{
    gen g;
    int rounds;

    memset(&g, 0, sizeof g);
    n->layers = n->outputs = n->number_count = 0;
    g.n = n;
    g.state = seed * UINT64_C(0x2545f4914f6cdd1d) + 12345;
    g.budget = 250000;
    (void)add_input(&g);
    if (one(&g, 5)) (void)add_input(&g);
    if (one(&g, 10)) (void)gen_constant(&g, at(&g, 0)->c, at(&g, 0)->h, at(&g, 0)->w);
    rounds = draw_from(&g.state, 1, one(&g, 3) ? 7 : 4);
    for (int tries = 0; rounds > 0 && tries < 24 && n->layers < 20; tries++) {
        if (pattern(&g, any_base(&g)) != NET_NONE) rounds--;
    }
    add_head(&g);
    n->output[n->outputs++] = n->layers - 1;
    if (one(&g, 4)) add_output(&g);
    if (one(&g, 12)) add_output(&g);
    join_constants(&g);
}
