/* mixing.c -- convolutions and fully connected layers. */
#include "import.h"

#include <string.h>

/* Whether the input of a window has one axis besides batch and channels. */
static bool is_sequence(import *im, const node *n)
{
    int64_t dims[MOST_RANK];

    return dims_of(im, n, 0, dims) == 3;
}

view windows_input(import *im, const node *n, int64_t *batches)
{
    const view *const in = view_of(im, n, 0);
    view v = *in;

    *batches = 1;
    if (v.rank == 3) { /* (N, C, L): the batch is a row of its own, for no window is higher than a row */
        v = arranged(im, &v, 1u << 1);
        regrid(im, &v, in->dims[0], in->dims[2]);
        return v;
    }
    if (v.rank == 4 && v.dims[0] == 1) return picture_of(im, &v);
    if (v.rank != 4) refuse(im, "its input has %d axes; pictures and sequences are supported", v.rank);
    *batches = v.dims[0]; /* channels of their own */
    v = arranged(im, &v, 3u);
    regrid(im, &v, in->dims[2], in->dims[3]);
    return v;
}

void put_windows(import *im, const node *n, const call *c, int64_t batches)
{
    const view *const in = view_of(im, n, 0);
    const int64_t channels = c->channels / batches;
    view out = view_of_picture(layer_of(im, c), c->channels, c->height, c->width);

    if (in->rank == 3) {
        const int64_t dims[] = { c->height, c->channels, c->width };
        const int32_t order[] = { 1, 0, 2 };
        const int64_t turned[] = { c->channels, c->height, c->width };
        if (!view_reshape(&out, 3, turned)) refuse(im, "its result cannot be a sequence");
        view_transpose(&out, order);
        memcpy(out.dims, dims, sizeof dims);
    } else if (batches > 1) {
        const int64_t dims[] = { batches, channels, c->height, c->width };
        if (!view_reshape(&out, 4, dims)) refuse(im, "its result cannot be a batch");
    }
    put_view(im, n, 0, &out);
}

typedef struct picturing {
    const view *from;
    view to;
} picturing;

static void try_picture(import *im, void *context)
{
    picturing *const p = (picturing *)context;

    p->to = as_picture(im, p->from);
}

view picture_of(import *im, const view *v)
{
    picturing p = { v, *v };

    if (v->rank != 4 || v->dims[0] != 1 || attempt(im, try_picture, &p))
        return v->rank == 4 && v->dims[0] == 1 ? p.to : as_picture(im, v);
    view out = arranged(im, v, 1u << 1);
    regrid(im, &out, v->dims[2], v->dims[3]);
    return view_of_picture(out.layer, out.channels, out.height, out.width);
}

/* ---- windows: kernels, strides and pads, for pools too (pool.c) -------------------------------------------------------------- */

static void read_pair(import *im, const node *n, const char *name, int64_t otherwise, int64_t *pair)
{
    int32_t count = attribute_ints(im, n, name, pair, 2);

    if (count == 1 && is_sequence(im, n)) { /* one axis: columns of a picture of one row */
        pair[1] = pair[0];
        pair[0] = 1;
        count = 2;
    }
    if (count != -1 && count != 2) refuse(im, "%s has %d numbers; pictures have two axes", name, count);
    for (int i = 0; i < 2; ++i) {
        if (count == -1) pair[i] = otherwise;
        if (pair[i] < 1 || pair[i] > 1 << 20) refuse(im, "%s is %lld", name, (long long)pair[i]);
    }
}

/* SAME: as many outputs as there are strides; the odd pad is below and on the right (UPPER) or above and on the left (LOWER). */
static void pad_same(window *w, const view *v, bool is_upper)
{
    const int64_t sizes[] = { v->height, v->width };

    for (int i = 0; i < 2; ++i) {
        const int64_t outputs = (sizes[i] + w->stride[i] - 1) / w->stride[i];
        int64_t all = (outputs - 1) * w->stride[i] + (w->kernel[i] - 1) * w->dilation[i] + 1 - sizes[i];
        if (all < 0) all = 0;
        w->pads[i] = is_upper ? all / 2 : all - all / 2;
        w->pads[i + 2] = all - w->pads[i];
    }
}

window read_window(import *im, const node *n, const view *v, const int64_t *kernel)
{
    const char *const automatic = attribute_text(im, n, "auto_pad", "NOTSET");
    window w = { .ceil_mode = attribute_int(im, n, "ceil_mode", 0) != 0 };
    int32_t pads;

    if (kernel != NULL) memcpy(w.kernel, kernel, sizeof w.kernel);
    else if (attribute(n, "kernel_shape") == NULL) refuse(im, "kernel_shape is missing");
    else read_pair(im, n, "kernel_shape", 1, w.kernel);
    read_pair(im, n, "strides", 1, w.stride);
    read_pair(im, n, "dilations", 1, w.dilation);
    pads = attribute_ints(im, n, "pads", w.pads, 4);
    if (pads == 2 && is_sequence(im, n)) {
        w.pads[3] = w.pads[1];
        w.pads[1] = w.pads[0];
        w.pads[0] = w.pads[2] = 0;
        pads = 4;
    }
    if (pads != -1 && pads != 4) refuse(im, "pads has %d numbers; pictures need four", pads);
    if (strcmp(automatic, "SAME_UPPER") == 0) pad_same(&w, v, true);
    else if (strcmp(automatic, "SAME_LOWER") == 0) pad_same(&w, v, false);
    else if (strcmp(automatic, "NOTSET") != 0 && strcmp(automatic, "VALID") != 0) refuse(im, "auto_pad %.40s", automatic);
    for (int i = 0; i < 4; ++i) {
        if (w.pads[i] < 0 || w.pads[i] > 1 << 20) refuse(im, "a pad of %lld", (long long)w.pads[i]);
    }
    return w;
}

int64_t window_count(const window *w, int axis, int64_t size)
{
    const int64_t room = size + w->pads[axis] + w->pads[axis + 2] - ((w->kernel[axis] - 1) * w->dilation[axis] + 1);
    int64_t count;

    if (room < 0) return 0;
    count = (room + (w->ceil_mode ? w->stride[axis] - 1 : 0)) / w->stride[axis] + 1;
    /* Rounded up, the last window must begin inside of the picture or its pads before it. */
    if (w->ceil_mode && (count - 1) * w->stride[axis] >= size + w->pads[axis]) --count;
    return count;
}

/* ---- convolutions ------------------------------------------------------------------------------------------------------------------ */

/* The weight as (O, I, H, W), as often as there are batches: each is a group by itself. */
static const array *weight_of(import *im, const node *n, const view *v, int64_t groups, bool is_transposed, int64_t batches)
{
    const array *w = constant_of(im, n, 1, false);

    if (w->rank == 3 && is_sequence(im, n)) {
        array *const flat = take(im, 1, sizeof *flat);
        *flat = *w;
        flat->rank = 4;
        flat->dims[3] = w->dims[2];
        flat->dims[2] = 1;
        w = flat;
    }
    if (w->is_int || w->rank != 4 || w->count < 1)
        refuse(im, "its weight is not (O, I, H, W) in float32; only pictures are convolved");
    if (groups < 1 || groups > v->channels || w->dims[0] % groups != 0 ||
        (is_transposed ? w->dims[0] : w->dims[1] * groups) * batches != v->channels) {
        refuse(im, "a weight of %lld x %lld channels does not fit %lld channels in %lld groups", (long long)w->dims[0],
               (long long)w->dims[1], (long long)v->channels, (long long)groups);
    }
    if (batches > 1) {
        const int64_t dims[] = { batches, w->dims[0], w->dims[1], w->dims[2], w->dims[3] };
        array *const all = array_stretch(im, w, 5, dims);
        all->rank = 4;
        memmove(all->dims, all->dims + 1, 4 * sizeof *all->dims);
        all->dims[0] *= batches;
        w = all;
    }
    return w;
}

static const float *repeated(import *im, const float *numbers, int64_t count, int64_t batches)
{
    float *all;

    if (numbers == NULL || batches == 1) return numbers;
    all = take(im, count * batches, sizeof *all);
    for (int64_t i = 0; i < count * batches; ++i) all[i] = numbers[i % count];
    return all;
}

static const float *vector_of(import *im, const node *n, int32_t input, int64_t count, bool optional)
{
    const array *const a = constant_of(im, n, input, optional);

    if (a == NULL) return NULL;
    if (a->is_int || a->count != count || a->rank != 1)
        refuse(im, "input %d does not have one number for each of %lld channels", input, (long long)count);
    return a->floats;
}

void import_conv(import *im, const node *n)
{
    int64_t batches;
    const view v = windows_input(im, n, &batches);
    const int64_t groups = attribute_int(im, n, "group", 1);
    const array *const weight = weight_of(im, n, &v, groups, false, batches);
    const window w = read_window(im, n, &v, weight->dims + 2);
    const int64_t own = weight->dims[0] / batches;
    const float *const bias = repeated(im, vector_of(im, n, 2, own, true), own, batches);
    call *const c = emit(im, CALL_CONV2D, v.layer);
    const int64_t ints[] = { w.stride[0], w.stride[1],   w.pads[0],     w.pads[1],       w.pads[2],
                             w.pads[3],   w.dilation[0], w.dilation[1], groups * batches };

    for (int i = 0; i < 9; ++i) c->ints[i] = to_int32(im, ints[i]);
    set_tensor(c, 0, weight->floats, 4, weight->dims);
    set_vector(c, 1, bias, weight->dims[0]);
    set_shape(im, c, weight->dims[0], window_count(&w, 0, v.height), window_count(&w, 1, v.width));
    put_windows(im, n, c, batches);
}

/* output_shape and auto_pad of a transposed convolution say the size of the result; the pads follow. */
static void pad_transposed(import *im, const node *n, window *w, const int64_t *sizes, int64_t *more)
{
    const char *const automatic = attribute_text(im, n, "auto_pad", "NOTSET");
    int64_t shape[4] = { 0 };
    const int32_t given = attribute_ints(im, n, "output_shape", shape, 4), count = is_sequence(im, n) ? 1 : 2;
    const bool is_same = strncmp(automatic, "SAME", 4) == 0;

    if (given < 0 && !is_same) return;
    if (given >= 0 && given != count && given != count + 2) refuse(im, "output_shape has %d numbers", given);
    for (int i = 2 - count; i < 2; ++i) {
        const int64_t size = given >= 0 ? shape[given - 2 + i] : sizes[i] * w->stride[i];
        int64_t all = w->stride[i] * (sizes[i] - 1) + more[i] + (w->kernel[i] - 1) * w->dilation[i] + 1 - size;
        if (all < 0 && more[i] - all >= w->stride[i] && more[i] - all >= w->dilation[i])
            refuse(im, "an output of %lld is more than its windows reach", (long long)size);
        if (all < 0) { /* rows and columns behind the last window */
            more[i] -= all;
            all = 0;
        }
        w->pads[i] = strcmp(automatic, "SAME_UPPER") == 0 ? all / 2 : all - all / 2;
        w->pads[i + 2] = all - w->pads[i];
    }
}

void import_conv_transpose(import *im, const node *n)
{
    int64_t batches;
    const view v = windows_input(im, n, &batches);
    const int64_t groups = attribute_int(im, n, "group", 1);
    const array *const weight = weight_of(im, n, &v, groups, true, batches);
    const int64_t own = weight->dims[1] * groups, channels = own * batches, sizes[] = { v.height, v.width };
    window w = read_window(im, n, &v, weight->dims + 2);
    const float *const bias = repeated(im, vector_of(im, n, 2, own, true), own, batches);
    int64_t more[2] = { 0, 0 }, out_size[2];
    call *c;

    if (is_sequence(im, n)) {
        if (attribute_ints(im, n, "output_padding", more + 1, 1) > 1) refuse(im, "output_padding has several numbers");
    } else if (attribute_ints(im, n, "output_padding", more, 2) == 1) {
        refuse(im, "output_padding has one number");
    }
    pad_transposed(im, n, &w, sizes, more);
    for (int i = 0; i < 2; ++i) {
        if (more[i] < 0 || more[i] > 1 << 20) refuse(im, "an output_padding of %lld", (long long)more[i]);
        out_size[i] =
            (sizes[i] - 1) * w.stride[i] - w.pads[i] - w.pads[i + 2] + w.dilation[i] * (w.kernel[i] - 1) + more[i] + 1;
    }
    c = emit(im, CALL_CONV_TRANSPOSE2D, v.layer);
    const int64_t ints[] = { w.stride[0], w.stride[1], w.pads[0],     w.pads[1],     w.pads[2],       w.pads[3],
                             more[0],     more[1],     w.dilation[0], w.dilation[1], groups * batches };
    for (int i = 0; i < 11; ++i) c->ints[i] = to_int32(im, ints[i]);
    set_tensor(c, 0, weight->floats, 4, weight->dims);
    set_vector(c, 1, bias, channels);
    set_shape(im, c, channels, out_size[0], out_size[1]);
    put_windows(im, n, c, batches);
}

/* ---- fully connected layers -------------------------------------------------------------------------------------------------------- */

/* The weight of an output and an element of the axis that is multiplied, in the file. */
typedef struct matrix {
    const float *numbers;
    int64_t outputs, inputs, output_stride, input_stride;
    double factor;
} matrix;

/* The same matrix in the order in which the layer has its channels (and positions). */
static const float *reorder(import *im, const matrix *m, const view *v, int64_t positions)
{
    int64_t strides[MOST_RANK] = { 0 };
    atom atoms[MOST_ATOMS];
    const int32_t count = view_collect(v, 1u << (v->rank - 1), atoms);
    const bool is_identity = count < 2
                                 ? count == 0 || atoms[0].stride == 1
                                 : count == 2 && atoms[0].kind == CHANNELS && atoms[0].stride == 1 && atoms[1].stride == 1;
    float *numbers;

    if (is_identity && m->factor == 1 && m->input_stride == 1 && m->output_stride == m->inputs) return m->numbers;
    numbers = take(im, m->outputs * m->inputs, sizeof *numbers);
    strides[v->rank - 1] = 1;
    for (int64_t c = 0; c < v->channels; ++c) {
        for (int64_t p = 0; p < positions; ++p) {
            const int64_t element = view_element(v, strides, c, p);
            for (int64_t o = 0; o < m->outputs; ++o) {
                const float weight = m->numbers[o * m->output_stride + element * m->input_stride];
                numbers[(o * v->channels + c) * positions + p] = m->factor == 1 ? weight : (float)(m->factor * weight);
            }
        }
    }
    return numbers;
}

/* The last axis of a view times a matrix: a fully connected layer if everything lies in that axis, else one per position. */
static void project(import *im, const node *n, const view *v, const matrix *m, const float *bias)
{
    const int32_t axis = v->rank - 1;
    const bool has_all = (view_axes_with(v, CHANNELS) | view_axes_with(v, POSITIONS)) <= 1u << axis &&
                         ((view_axes_with(v, CHANNELS) | view_axes_with(v, POSITIONS)) & ~(1u << axis)) == 0;
    const int64_t positions = has_all ? v->height * v->width : 1;
    const int64_t shape[] = { m->outputs, m->inputs };
    view out = *v;
    call *c;

    if (v->dims[axis] != m->inputs)
        refuse(im, "%lld numbers times a matrix of %lld rows", (long long)v->dims[axis], (long long)m->inputs);
    if (v->channels * positions != m->inputs || (!has_all && view_has(v, 1u << axis, POSITIONS))) {
        refuse(im, "the axis that is multiplied has not all channels, or positions besides");
    }
    c = emit(im, has_all ? CALL_LINEAR : CALL_LINEAR_TOKENS, v->layer);
    set_tensor(c, 0, reorder(im, m, v, positions), 2, shape);
    set_vector(c, 1, bias, m->outputs);
    set_shape(im, c, m->outputs, has_all ? 1 : v->height, has_all ? 1 : v->width);
    out.layer = layer_of(im, c);
    out.channels = c->channels;
    out.height = c->height;
    out.width = c->width;
    view_set_axis(&out, axis, CHANNELS, m->outputs, 1);
    put_view(im, n, 0, &out);
}

static const float *gemm_bias(import *im, const node *n, int64_t outputs)
{
    const array *const a = constant_of(im, n, 2, true);
    const double beta = (double)attribute_float(im, n, "beta", 1);
    const int64_t dims[] = { 1, outputs };
    array *wide;

    if (a == NULL) return NULL;
    if (a->is_int || a->rank > 2) refuse(im, "its bias has not one number for each output");
    wide = array_stretch(im, a, 2, dims);
    for (int64_t i = 0; i < outputs && beta != 1; ++i) wide->floats[i] = (float)(beta * wide->floats[i]);
    return wide->floats;
}

void import_gemm(import *im, const node *n)
{
    const view *const v = view_of(im, n, 0);
    const array *const w = constant_of(im, n, 1, false);
    const bool turned = attribute_int(im, n, "transB", 0) != 0;
    matrix m = { .factor = (double)attribute_float(im, n, "alpha", 1) };

    if (attribute_int(im, n, "transA", 0) != 0) refuse(im, "transA is not supported");
    if (v->rank != 2 || w->rank != 2 || w->is_int || w->count < 1) refuse(im, "its operands are no float32 matrices");
    m.numbers = w->floats;
    m.outputs = w->dims[turned ? 0 : 1];
    m.inputs = w->dims[turned ? 1 : 0];
    m.output_stride = turned ? w->dims[1] : 1;
    m.input_stride = turned ? 1 : w->dims[1];
    project(im, n, v, &m, gemm_bias(im, n, m.outputs));
}

typedef struct product_of {
    const node *n;
    const view *v;
    const matrix *m;
} product_of;

static void try_to_project(import *im, void *context)
{
    const product_of *const p = (const product_of *)context;

    project(im, p->n, p->v, p->m, NULL);
}

void import_matmul(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);
    matrix m = { .factor = 1 };

    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        refuse(im, "both operands depend on the picture, and this is no attention that is recognised");
    }
    const view *const v = view_of(im, n, a->state == VALUE_VIEW ? 0 : 1);
    const array *const by = constant_of(im, n, a->state == VALUE_VIEW ? 1 : 0, false);
    if (v->rank < 2 || by->rank < 2 || by->count < 1) refuse(im, "only operands of two and more axes are supported");
    if (a->state != VALUE_VIEW || by->rank != 2 || by->is_int) {
        const view out = times_constant(im, v, by, a->state != VALUE_VIEW);
        put_view(im, n, 0, &out);
        return;
    }
    m.numbers = b->constant->floats;
    m.inputs = b->constant->dims[0];
    m.outputs = b->constant->dims[1];
    m.output_stride = 1;
    m.input_stride = m.outputs;
    const product_of p = { n, v, &m };
    if (attempt(im, try_to_project, (void *)(uintptr_t)&p)) return;
    const view out = times_constant(im, v, by, false);
    put_view(im, n, 0, &out);
}

/* Add(MatMul(x, W), b): how a linear layer with a bias arrives when x is no matrix. */
bool match_matmul_bias(import *im, const node *n)
{
    int64_t strides[MOST_RANK];

    if (!is_op(n, "Add") || n->input_count != 2) return false;
    for (int i = 0; i < 2; ++i) {
        const int32_t number = n->inputs[i], other = n->inputs[1 - i];
        if (maker(im, number, "MatMul") == NULL || other == NO_VALUE || im->values[other].state != VALUE_CONSTANT) continue;
        const value *const product = &im->values[number];
        const array *const bias = im->values[other].constant;
        if (product->state != VALUE_VIEW || product->readers != 1 || bias->is_int) continue;
        const call from = im->calls[product->view.layer];
        if ((from.kind != CALL_LINEAR && from.kind != CALL_LINEAR_TOKENS) || from.tensors[1].data != NULL) continue;
        if (!stretch_strides(bias, product->view.rank, product->view.dims, strides)) continue;
        const float *const numbers = along_channels(im, bias, &product->view);
        if (numbers == NULL) continue;
        call *const c = emit(im, from.kind, from.inputs[0]);
        c->tensors[0] = from.tensors[0];
        set_vector(c, 1, numbers, from.channels);
        set_shape(im, c, from.channels, from.height, from.width);
        const view out = view_with_layer(&product->view, layer_of(im, c));
        put_view(im, n, 0, &out);
        return true;
    }
    return false;
}
