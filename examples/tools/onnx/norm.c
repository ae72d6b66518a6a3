/* norm.c -- normalisations, those that are operators and the layer norm that arrives in pieces. */
#include "import.h"

#include <string.h>

static const float *channel_vector(import *im, const node *n, int32_t input, int64_t channels)
{
    const array *const a = constant_of(im, n, input, false);

    if (a->is_int || a->rank != 1 || a->count != channels) {
        refuse(im, "input %d does not have one number for each of %lld channels", input, (long long)channels);
    }
    return a->floats;
}

typedef struct channelling {
    const view *from;
    view to;
} channelling;

static void try_channels(import *im, void *context)
{
    channelling *const c = (channelling *)context;

    c->to = with_channels(im, c->from, 1);
}

/* Axis 1 has all channels, wherever the other axes are. */
static view by_channels(import *im, const view *v)
{
    channelling c = { v, *v };

    if (v->rank < 2) refuse(im, "its input has only %d axes", v->rank);
    return attempt(im, try_channels, &c) ? c.to : arranged(im, v, 1u << 1);
}

void import_batch_norm(import *im, const node *n)
{
    const view v = by_channels(im, view_of(im, n, 0));
    const float *vectors[4];
    call *c;
    view out;

    if (attribute_int(im, n, "training_mode", 0) != 0) refuse(im, "it is in training mode");
    for (int32_t i = 0; i < 4; ++i) vectors[i] = channel_vector(im, n, i + 1, v.channels);
    c = emit(im, CALL_BATCH_NORM, v.layer);
    for (int32_t i = 0; i < 4; ++i) set_vector(c, i, vectors[i], v.channels);
    c->eps = (double)attribute_float(im, n, "epsilon", 1e-5f);
    out = view_with_layer(&v, layer_of(im, c));
    put_view(im, n, 0, &out);
}

/* A vector with a number per group as one with a number per channel; torch's group norm has ones and zeros here. */
static const float *per_channel(import *im, const float *numbers, int64_t groups, int64_t channels)
{
    float *const all = take(im, channels, sizeof *all);

    for (int64_t c = 0; c < channels; ++c) all[c] = numbers[c / (channels / groups)];
    return all;
}

/* Axes 0 and 1 are groups of channels, each with a scale and a shift: those of a batch have the same ones. */
static void put_groups(import *im, const node *n, const view *v, int64_t groups, const float *scale, const float *shift)
{
    call *const c = emit(im, groups == v->channels ? CALL_INSTANCE_NORM : CALL_GROUP_NORM, v->layer);
    view out;

    c->ints[0] = to_int32(im, groups);
    set_vector(c, 0, scale, v->channels);
    set_vector(c, 1, shift, v->channels);
    c->eps = (double)attribute_float(im, n, "epsilon", 1e-5f);
    out = view_with_layer(v, layer_of(im, c));
    put_view(im, n, 0, &out);
}

/* A vector for the channels of each batch. */
static const float *of_batches(import *im, const float *numbers, int64_t count, int64_t batches)
{
    float *const all = take(im, count * batches, sizeof *all);

    for (int64_t i = 0; i < count * batches; ++i) all[i] = numbers[i % count];
    return all;
}

void import_instance_norm(import *im, const node *n)
{
    view v = *view_of(im, n, 0);
    const int64_t batches = v.rank >= 3 ? v.dims[0] : 0, groups = v.rank >= 3 ? v.dims[1] : 0;
    atom atoms[MOST_ATOMS];

    if (v.rank < 3) refuse(im, "its input has only %d axes", v.rank);
    const bool has_groups =
        view_collect(&v, 1u << 1, atoms) == 1 && atoms[0].kind == CHANNELS && atoms[0].size * atoms[0].stride == v.channels;
    if (batches != 1 || groups < 1 || v.channels < groups || (!has_groups && groups != 1)) v = arranged(im, &v, 3u);
    const float *const scale = of_batches(im, channel_vector(im, n, 1, groups), groups, batches);
    const float *const shift = of_batches(im, channel_vector(im, n, 2, groups), groups, batches);
    put_groups(im, n, &v, batches * groups, per_channel(im, scale, batches * groups, v.channels),
               per_channel(im, shift, batches * groups, v.channels));
}

/* The operator of opset 18 and 21: scale and shift of each group, then of each channel. */
void import_group_norm(import *im, const node *n)
{
    const view *const in = view_of(im, n, 0);
    const int64_t groups = attribute_int(im, n, "num_groups", 0), channels = in->rank >= 3 ? in->dims[1] : 0;
    const int64_t batches = in->rank >= 3 ? in->dims[0] : 0, count = im->opset < 21 ? groups : channels;

    if (in->rank < 3 || groups < 1 || channels % groups != 0)
        refuse(im, "%lld channels in %lld groups", (long long)channels, (long long)groups);
    const view v = batches == 1 ? by_channels(im, in) : arranged(im, in, 3u);
    const float *vectors[2];
    for (int32_t i = 0; i < 2; ++i) {
        vectors[i] = channel_vector(im, n, i + 1, count);
        if (count == groups) vectors[i] = per_channel(im, vectors[i], groups, channels);
        vectors[i] = of_batches(im, vectors[i], channels, batches);
    }
    put_groups(im, n, &v, groups * batches, vectors[0], vectors[1]);
}

/* (x - mean) / deviation over batch and positions, unless it says otherwise. */
void import_mean_variance(import *im, const node *n)
{
    const view *const in = view_of(im, n, 0);
    int64_t axes[MOST_RANK] = { 0, 2, 3 };
    int32_t count = attribute_ints(im, n, "axes", axes, MOST_RANK);
    uint32_t set = 0;
    call *c;

    if (count < 0) count = 3;
    for (int32_t i = 0; i < count; ++i) set |= 1u << axis_from(im, axes[i], in->rank);
    const view v = arranged(im, in, ((1u << in->rank) - 1) & ~set);
    c = emit(im, CALL_INSTANCE_NORM, v.layer);
    c->ints[0] = to_int32(im, v.channels);
    c->eps = 1e-18; /* ONNX adds 1e-9 to the deviation */
    const view out = view_with_layer(&v, layer_of(im, c));
    put_view(im, n, 0, &out);
}

void import_lrn(import *im, const node *n)
{
    const view v = by_channels(im, view_of(im, n, 0));
    const int64_t size = attribute_int(im, n, "size", 0);
    call *c;
    view out;

    if (size % 2 != 1) refuse(im, "windows of %lld channels; an odd number is supported", (long long)size);
    c = emit(im, CALL_LOCAL_RESPONSE_NORM, v.layer);
    c->ints[0] = to_int32(im, size);
    c->floats[0] = attribute_float(im, n, "alpha", 1e-4f);
    c->floats[1] = attribute_float(im, n, "beta", 0.75f);
    c->eps = (double)attribute_float(im, n, "bias", 1.0f); /* k of the call */
    out = view_with_layer(&v, layer_of(im, c));
    put_view(im, n, 0, &out);
}

/* ---- layer norm ------------------------------------------------------------------------------------------------------------------- */

typedef struct norm {
    int32_t x;           /* value that is normalised */
    int32_t gamma, beta; /* values, or NO_VALUE */
    int64_t axes[MOST_RANK];
    int32_t axis_count;
    double eps;
} norm;

/* Which call normalises over these axes: all channels of a position, or all positions of groups of channels. */
static bool kind_of_norm(const view *v, uint32_t axes, call_kind *kind, int64_t *groups)
{
    atom atoms[MOST_ATOMS];
    const int32_t count = view_collect(v, axes, atoms);
    int64_t channels = 1, positions = 1, least = v->channels;

    for (int32_t i = 0; i < count; ++i) {
        if (atoms[i].kind == POSITIONS) positions *= atoms[i].size;
        else channels *= atoms[i].size;
        if (atoms[i].kind == CHANNELS && atoms[i].stride < least) least = atoms[i].stride;
    }
    if (channels == v->channels && (positions == 1 || v->channels == 1)) {
        *kind = positions == 1 ? CALL_LAYER_NORM : CALL_GROUP_NORM;
        *groups = 1;
        return positions == 1 || positions == v->height * v->width;
    }
    *kind = CALL_GROUP_NORM;
    *groups = v->channels / channels;
    return positions == v->height * v->width && (channels == 1 || least == 1);
}

/* Whether a scale or a shift differs between positions of a view. */
static bool differs(import *im, const view *v, const int32_t *numbers)
{
    for (int i = 0; i < 2; ++i) {
        if (numbers[i] != NO_VALUE && along_channels(im, im->values[numbers[i]].constant, v) == NULL) return true;
    }
    return false;
}

static void put_norm(import *im, const node *n, const norm *found, double eps)
{
    view v = im->values[found->x].view;
    const float *vectors[2] = { NULL, NULL };
    const int32_t numbers[2] = { found->gamma, found->beta };
    uint32_t axes = 0;
    call_kind kind;
    int64_t groups;
    call *c;
    view out;

    for (int32_t i = 0; i < found->axis_count; ++i) axes |= 1u << axis_from(im, found->axes[i], v.rank);
    if (!kind_of_norm(&v, axes, &kind, &groups) || differs(im, &v, numbers)) {
        v = arranged(im, &v, axes);
        kind = CALL_LAYER_NORM;
    }
    for (int i = 0; i < 2; ++i) {
        if (numbers[i] == NO_VALUE) continue;
        vectors[i] = along_channels(im, im->values[numbers[i]].constant, &v);
        if (vectors[i] == NULL) refuse(im, "a norm whose scale or shift differs between positions");
    }
    c = emit(im, kind, v.layer);
    c->ints[0] = kind == CALL_GROUP_NORM ? to_int32(im, groups) : 0;
    for (int i = 0; i < 2; ++i) set_vector(c, i, vectors[i], v.channels);
    c->eps = eps;
    out = view_with_layer(&v, layer_of(im, c));
    put_view(im, n, 0, &out);
}

/* x - mean(x): finds x and the axes. */
static bool is_centred(import *im, int32_t v, norm *found)
{
    const node *const sub = maker(im, v, "Sub"), *const mean = sub != NULL && sub->input_count == 2
                                                                   ? maker(im, sub->inputs[1], "ReduceMean")
                                                                   : NULL;

    if (mean == NULL || mean->input_count < 1 || mean->inputs[0] != sub->inputs[0] || mean->inputs[0] == NO_VALUE) return false;
    found->x = mean->inputs[0];
    found->axis_count = list_of(im, mean, "axes", 1, found->axes, MOST_RANK);
    return found->axis_count > 0 && attribute_int(im, mean, "keepdims", 1) != 0 && im->values[found->x].state == VALUE_VIEW;
}

static bool has_same_axes(const norm *a, const norm *b)
{
    return a->x == b->x && a->axis_count == b->axis_count &&
           memcmp(a->axes, b->axes, (size_t)a->axis_count * sizeof *a->axes) == 0;
}

/* (x - mean)^2, as a power or a product. */
static bool is_square(import *im, int32_t v, norm *found)
{
    const node *const pow = maker(im, v, "Pow"), *const mul = maker(im, v, "Mul");
    double exponent;

    if (pow != NULL && pow->input_count == 2) {
        return scalar_of(im, pow->inputs[1], &exponent) && exponent == 2 && is_centred(im, pow->inputs[0], found);
    }
    return mul != NULL && mul->input_count == 2 && mul->inputs[0] == mul->inputs[1] && is_centred(im, mul->inputs[0], found);
}

/* sqrt(mean((x - mean)^2) + eps) */
static bool is_deviation(import *im, int32_t v, norm *found)
{
    const node *const root = maker(im, v, "Sqrt"), *const sum = root != NULL ? maker(im, root->inputs[0], "Add") : NULL;
    norm outer;

    if (sum == NULL || sum->input_count != 2) return false;
    for (int i = 0; i < 2; ++i) {
        const node *const mean = maker(im, sum->inputs[i], "ReduceMean");
        if (mean == NULL || mean->input_count < 1 || !scalar_of(im, sum->inputs[1 - i], &found->eps)) continue;
        if (!is_square(im, mean->inputs[0], found)) continue;
        outer = *found;
        outer.axis_count = list_of(im, mean, "axes", 1, outer.axes, MOST_RANK);
        return outer.axis_count > 0 && has_same_axes(&outer, found) && found->eps >= 0;
    }
    return false;
}

/* (x - mean) / deviation */
static bool is_norm(import *im, const node *div, norm *found)
{
    norm centred;

    memset(found, 0, sizeof *found);
    found->gamma = found->beta = NO_VALUE;
    return is_op(div, "Div") && div->input_count == 2 && is_deviation(im, div->inputs[1], found) &&
           is_centred(im, div->inputs[0], &centred) && has_same_axes(&centred, found);
}

/* The other operand of a node, if it is a constant that runs along the channels of x and one operand is made by an operator. */
static const node *behind(import *im, const node *n, const char *op, const char *below, int32_t *constant)
{
    for (int i = 0; is_op(n, op) && n->input_count == 2 && i < 2; ++i) {
        const node *const made = maker(im, n->inputs[i], below);
        const int32_t other = n->inputs[1 - i];
        if (made == NULL || other == NO_VALUE || im->values[other].state != VALUE_CONSTANT ||
            im->values[other].constant->is_int)
            continue;
        *constant = other;
        return made;
    }
    return NULL;
}

static bool fits_channels(import *im, int32_t constant, const norm *found)
{
    const view *const v = &im->values[found->x].view;
    int64_t strides[MOST_RANK];

    if (constant == NO_VALUE) return true;
    return stretch_strides(im->values[constant].constant, v->rank, v->dims, strides) &&
           along_channels(im, im->values[constant].constant, v) != NULL;
}

/* Div, or Mul(Div, gamma), or Add(Mul(Div, gamma), beta), or Add(Div, beta). */
bool match_layer_norm(import *im, const node *n)
{
    int32_t gamma = NO_VALUE, beta = NO_VALUE;
    const node *div = n;
    const node *const scaled = behind(im, n, "Add", "Mul", &beta);
    norm found;

    if (is_op(n, "Div")) div = n;
    else if (scaled != NULL) div = behind(im, scaled, "Mul", "Div", &gamma);
    else if (is_op(n, "Mul")) div = behind(im, n, "Mul", "Div", &gamma);
    else div = behind(im, n, "Add", "Div", &beta);
    if (div == NULL || !is_norm(im, div, &found)) return false;
    found.gamma = gamma;
    found.beta = beta;
    if (!fits_channels(im, gamma, &found) || !fits_channels(im, beta, &found)) return false;
    put_norm(im, n, &found, found.eps);
    return true;
}

/* The operator of opset 17 and later. */
void import_layer_norm(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    norm found = { .x = n->inputs[0], .gamma = NO_VALUE, .beta = NO_VALUE };

    (void)constant_of(im, n, 1, true);
    (void)constant_of(im, n, 2, true);
    if (has_input(n, 1)) found.gamma = n->inputs[1];
    if (has_input(n, 2)) found.beta = n->inputs[2];
    for (int32_t axis = axis_from(im, attribute_int(im, n, "axis", -1), v->rank); axis < v->rank; ++axis) {
        found.axes[found.axis_count++] = axis;
    }
    put_norm(im, n, &found, (double)attribute_float(im, n, "epsilon", 1e-5f));
}
