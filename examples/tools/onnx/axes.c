/*
 * axes.c -- what happens to the numbers along one axis, as a matrix of constants: changes of size of every kind, picks in any order, pads that
 * repeat the picture. This is the long way, for what the layers of the library that do it for pictures refuse.
 */
#include "import.h"

#include <math.h>
#include <string.h>

/* A value times a constant with batch axes, or of any rank: the last axis of the value is its channels, together with the batch axes along
 * which the constant differs; each batch is a group of a 1x1 convolution. turned: the constant is (..., O, I) and the axis is rank - 2. */
view times_constant(import *im, const view *a, const array *b, bool is_left)
{
    int64_t dims[MOST_RANK], strides[MOST_RANK], full[MOST_RANK], batches = 1;
    const int32_t rank = common_shape(im, a->rank - 2, a->dims, b->rank - 2, b->dims, dims) + 2;
    const int32_t axis = is_left ? rank - 2 : rank - 1; /* of the value that is summed over */
    const int64_t outputs = b->dims[b->rank - (is_left ? 2 : 1)], inputs = b->dims[b->rank - (is_left ? 1 : 2)];
    uint32_t set = 1u << axis;
    call *c;

    dims[rank - 2] = a->dims[a->rank - 2];
    dims[rank - 1] = a->dims[a->rank - 1];
    if (b->is_int) refuse(im, "its matrix is of integers");
    if (inputs != dims[axis]) refuse(im, "%lld numbers times a matrix of %lld rows", (long long)dims[axis], (long long)inputs);
    const int64_t gone = dims[axis];
    view v = expanded(im, a, rank, dims);
    memcpy(full, dims, sizeof full);
    full[rank - 2] = b->dims[b->rank - 2];
    full[rank - 1] = b->dims[b->rank - 1];
    if (!stretch_strides(b, rank, full, strides)) refuse(im, "the batches of its operands do not fit");
    for (int32_t i = 0; i < rank - 2; ++i) {
        if (strides[i] == 0) continue;
        set |= 1u << i;
        batches *= dims[i];
    }
    v = arranged(im, &v, set);
    float *const weight = take(im, batches * outputs * gone, sizeof *weight);
    for (int64_t k = 0; k < batches; ++k) {
        int64_t offset = 0, rest = k;
        for (int32_t i = rank - 2; i-- > 0;) {
            if ((set >> i & 1) == 0) continue;
            offset += rest % dims[i] * strides[i];
            rest /= dims[i];
        }
        for (int64_t o = 0; o < outputs; ++o) {
            for (int64_t i = 0; i < gone; ++i) {
                const int64_t at =
                    is_left ? o * strides[rank - 2] + i * strides[rank - 1] : i * strides[rank - 2] + o * strides[rank - 1];
                weight[(k * outputs + o) * gone + i] = b->floats[offset + at];
            }
        }
    }
    const int64_t shape[] = { batches * outputs, gone, 1, 1 };
    c = emit(im, CALL_CONV2D, v.layer);
    c->ints[0] = c->ints[1] = c->ints[6] = c->ints[7] = 1; /* strides, dilations */
    c->ints[8] = to_int32(im, batches);
    set_tensor(c, 0, weight, 4, shape);
    set_shape(im, c, batches * outputs, v.height, v.width);
    v.layer = layer_of(im, c);
    v.channels = c->channels;
    for (int32_t i = 0; i < v.count; ++i) { /* the batches are further apart, or nearer */
        if (v.atoms[i].kind == CHANNELS && v.atoms[i].axis != axis) v.atoms[i].stride = v.atoms[i].stride / gone * outputs;
    }
    view_set_axis(&v, axis, CHANNELS, outputs, 1);
    return v;
}

view along_axis(import *im, const view *v, int32_t axis, const float *weights, int64_t outputs)
{
    const int64_t shape[] = { outputs, v->dims[axis] };
    view out = arranged(im, v, 1u << axis);
    call *const c = emit(im, CALL_LINEAR_TOKENS, out.layer);

    set_tensor(c, 0, weights, 2, shape);
    set_shape(im, c, outputs, out.height, out.width);
    out.layer = layer_of(im, c);
    out.channels = c->channels;
    view_set_axis(&out, axis, CHANNELS, outputs, 1);
    return out;
}

view picked(import *im, const view *v, int32_t axis, const int64_t *indices, int64_t count)
{
    const int64_t size = v->dims[axis];
    float *weights;

    if (count < 1 || count > 1 << 12 || size > 1 << 12)
        refuse(im, "%lld picks of %lld are too many", (long long)count, (long long)size);
    weights = take(im, count * size, sizeof *weights);
    for (int64_t i = 0; i < count; ++i) {
        if (indices[i] >= 0 && indices[i] < size) weights[i * size + indices[i]] = 1; /* else a zero */
    }
    return along_axis(im, v, axis, weights, count);
}

/* ---- Resize -------------------------------------------------------------------------------------------------------------- */

typedef struct sizing {
    const char *mode, *way, *rounding;
    double cubic;
    bool antialias, excludes;
} sizing;

/* Where output i lies among the inputs. */
static double place_of(import *im, const sizing *s, int64_t i, int64_t in, int64_t out, double scale)
{
    const double x = (double)i;

    if (strcmp(s->way, "half_pixel") == 0) return (x + 0.5) / scale - 0.5;
    if (strcmp(s->way, "pytorch_half_pixel") == 0) return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
    if (strcmp(s->way, "asymmetric") == 0) return x / scale;
    if (strcmp(s->way, "align_corners") == 0) return out > 1 ? x * (double)(in - 1) / (double)(out - 1) : 0;
    if (strcmp(s->way, "half_pixel_symmetric") == 0) {
        const double middle = (double)in / 2 * (1 - (double)out / (scale * (double)in));
        return middle + (x + 0.5) / scale - 0.5;
    }
    refuse(im, "the coordinate transformation %.40s is not supported", s->way);
}

static double kernel_of(const sizing *s, double x)
{
    const double a = s->cubic;

    x = fabs(x);
    if (strcmp(s->mode, "linear") == 0) return x < 1 ? 1 - x : 0;
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static int64_t nearest_of(import *im, const sizing *s, double x)
{
    if (strcmp(s->rounding, "round_prefer_floor") == 0) return (int64_t)ceil(x - 0.5);
    if (strcmp(s->rounding, "round_prefer_ceil") == 0) return (int64_t)floor(x + 0.5);
    if (strcmp(s->rounding, "floor") == 0) return (int64_t)floor(x);
    if (strcmp(s->rounding, "ceil") == 0) return (int64_t)ceil(x);
    refuse(im, "the rounding %.40s is not known", s->rounding);
}

static int64_t inside(int64_t i, int64_t size)
{
    return i < 0 ? 0 : i >= size ? size - 1 : i;
}

/* The weights of one output. Beyond the border the outermost numbers are taken, or nothing if the border is left out. */
static void weigh(import *im, const sizing *s, double x, int64_t in, float *row)
{
    const int64_t reach = strcmp(s->mode, "linear") == 0 ? 1 : 2;
    double sum = 0;

    if (strcmp(s->mode, "nearest") == 0) {
        row[inside(nearest_of(im, s, x), in)] = 1;
        return;
    }
    const int64_t first = (int64_t)floor(x) - reach, last = (int64_t)ceil(x) + reach;
    for (int64_t k = first; k <= last; ++k) {
        if (s->excludes && (k < 0 || k >= in)) continue;
        sum += kernel_of(s, (double)k - x);
    }
    if (!(fabs(sum) > 1e-9)) refuse(im, "its weights add up to nothing");
    for (int64_t k = first; k <= last; ++k) {
        if (s->excludes && (k < 0 || k >= in)) continue;
        row[inside(k, in)] += (float)(kernel_of(s, (double)k - x) / sum);
    }
}

static sizing read_sizing(import *im, const node *n)
{
    const bool is_old = is_op(n, "Upsample") || im->opset < 11;
    const char *const policy = attribute_text(im, n, "keep_aspect_ratio_policy", "stretch");
    const sizing s = { attribute_text(im, n, "mode", "nearest"),
                       attribute_text(im, n, "coordinate_transformation_mode", is_old ? "asymmetric" : "half_pixel"),
                       attribute_text(im, n, "nearest_mode", is_old ? "floor" : "round_prefer_floor"),
                       (double)attribute_float(im, n, "cubic_coeff_a", -0.75f),
                       attribute_int(im, n, "antialias", 0) != 0,
                       attribute_int(im, n, "exclude_outside", 0) != 0 };

    if (strcmp(s.mode, "nearest") != 0 && strcmp(s.mode, "linear") != 0 && strcmp(s.mode, "cubic") != 0)
        refuse(im, "the mode %.40s is not known", s.mode);
    if (strcmp(policy, "stretch") != 0) refuse(im, "keep_aspect_ratio_policy %.40s is not supported", policy);
    if (is_old && im->opset == 10 && strcmp(s.mode, "nearest") == 0)
        refuse(im, "nearest that shrinks is not supported in opset 10, which rounds up");
    return s;
}

/* Every axis by itself; axes that keep their size are left alone. */
void resize_by_axes(import *im, const node *n)
{
    const bool is_old = is_op(n, "Upsample") || im->opset < 11;
    const sizing s = read_sizing(im, n);
    view v = *view_of(im, n, 0);
    const array *const by = constant_of(im, n, is_old ? 1 : 2, true), *const to = constant_of(im, n, 3, true);
    const array *const used = to != NULL && to->count > 0 ? to : by;
    int64_t axes[MOST_RANK];
    int32_t count = attribute_ints(im, n, "axes", axes, MOST_RANK);

    for (int32_t i = 0; count < 0 && i < v.rank; ++i) axes[i] = i;
    if (count < 0) count = v.rank;
    if (used == NULL || used->count != count) refuse(im, "its sizes or scales are not one for each axis");
    for (int32_t i = 0; i < count; ++i) {
        const int32_t axis = axis_from(im, axes[i], v.rank);
        const int64_t in = v.dims[axis];
        const double scale = used == to ? array_at(to, i) / (double)in : array_at(by, i);
        const int64_t out = used == to ? to_int64(im, array_at(to, i)) : to_int64(im, floor((double)in * scale));
        float *weights;

        if (!(scale > 0) || out < 1 || out > 1 << 12 || in > 1 << 12)
            refuse(im, "an axis of %lld to %lld", (long long)in, (long long)out);
        if (s.antialias && scale < 1) refuse(im, "the attribute antialias is 1, which is not supported where it shrinks");
        if (strcmp(s.way, "align_corners") == 0 && (double)out != (double)in * scale)
            refuse(im, "align_corners with a scale that leaves a fraction is not supported");
        if (out == in && scale == 1) continue;
        weights = take(im, out * in, sizeof *weights);
        for (int64_t k = 0; k < out; ++k) weigh(im, &s, place_of(im, &s, k, in, out, scale), in, weights + k * in);
        v = along_axis(im, &v, axis, weights, out);
    }
    put_view(im, n, 0, &v);
}

/* ---- pads ------------------------------------------------------------------------------------------------------------------ */

static int64_t source_of(import *im, const char *mode, int64_t i, int64_t size)
{
    const int64_t period = size > 1 ? 2 * (size - 1) : 1;

    if (strcmp(mode, "constant") == 0) return i;
    if (strcmp(mode, "edge") == 0) return inside(i, size);
    if (strcmp(mode, "wrap") == 0) return (i % size + size) % size;
    if (strcmp(mode, "reflect") != 0) refuse(im, "the mode %.40s is not known", mode);
    i = (i % period + period) % period;
    return i < size ? i : period - i;
}

/* Pads of every mode, along any axes, negative ones, too. */
void pad_by_axes(import *im, const node *n)
{
    const char *const mode = attribute_text(im, n, "mode", "constant");
    const array *const filling = constant_of(im, n, 2, true);
    int64_t pads[2 * MOST_RANK], axes[MOST_RANK];
    const int32_t count = list_of(im, n, "pads", 1, pads, 2 * MOST_RANK);
    view v = *view_of(im, n, 0);
    int32_t axis_count = has_input(n, 3) ? list_of(im, n, "axes", 3, axes, MOST_RANK) : -1;

    if (strcmp(mode, "constant") == 0 && filling != NULL && (filling->count != 1 || array_at(filling, 0) != 0))
        refuse(im, "another number than 0 is supported around pictures");
    for (int32_t i = 0; axis_count < 0 && i < v.rank; ++i) axes[i] = i;
    if (axis_count < 0) axis_count = v.rank;
    if (count != 2 * axis_count) refuse(im, "its pads are not two for each axis");
    for (int32_t i = 0; i < axis_count; ++i) {
        const int32_t axis = axis_from(im, axes[i], v.rank);
        const int64_t before = pads[i], after = pads[i + axis_count], size = v.dims[axis], out = size + before + after;
        int64_t *indices;

        if (before == 0 && after == 0) continue;
        if (out < 1 || out > 1 << 12 || before > 1 << 12 || before < -(1 << 12))
            refuse(im, "an axis of %lld after pads", (long long)out);
        indices = take(im, out, sizeof *indices);
        for (int64_t k = 0; k < out; ++k) indices[k] = source_of(im, mode, k - before, size);
        v = picked(im, &v, axis, indices, out);
    }
    put_view(im, n, 0, &v);
}

/* ---- norms without a mean -------------------------------------------------------------------------------------------------- */

static view divided(import *im, const view *v, const view *by)
{
    view first = *v, second = apply(im, by, "reciprocal");
    call *c;

    match_pair(im, &first, &second);
    const int32_t layers[] = { first.layer, second.layer };
    c = emit_many(im, CALL_GATE, layers, 2);
    set_shape(im, c, first.channels, first.height, first.width);
    return view_with_layer(&first, layer_of(im, c));
}

/* x / sqrt(mean(x^2) + eps) * scale, over the axes from one on; the root is a gate. */
void import_rms_norm(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    const array *const scale = constant_of(im, n, 1, true);
    const int32_t axis = axis_from(im, attribute_int(im, n, "axis", -1), v->rank);
    view by = apply(im, v, "square");

    by = summed(im, &by, ((1u << v->rank) - 1) & ~((1u << axis) - 1), true);
    by = scaled(im, &by, 1, (double)attribute_float(im, n, "epsilon", 1e-5f));
    by = apply(im, &by, "sqrt");
    view out = divided(im, v, &by);
    if (scale != NULL) {
        const int32_t layers[] = { out.layer,
                                   emit_constant(im, everywhere(im, scale, &out), out.channels, out.height, out.width) };
        call *const c = emit_many(im, CALL_GATE, layers, 2);
        set_shape(im, c, out.channels, out.height, out.width);
        out.layer = layer_of(im, c);
    }
    put_view(im, n, 0, &out);
}

/* x / |x| along an axis: the sum of absolutes or the root of the sum of squares. */
void import_lp_norm(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    const int64_t p = attribute_int(im, n, "p", 2);
    const int32_t axis = axis_from(im, attribute_int(im, n, "axis", -1), v->rank);

    if (p != 1 && p != 2) refuse(im, "p is %lld; 1 and 2 are supported", (long long)p);
    view by = apply(im, v, p == 1 ? "abs" : "square");
    by = summed(im, &by, 1u << axis, false);
    if (p == 2) by = apply(im, &by, "sqrt");
    const view out = divided(im, v, &by);
    put_view(im, n, 0, &out);
}
