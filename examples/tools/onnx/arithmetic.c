/*
 * arithmetic.c -- sums and products. With a constant they are scales and shifts; two values that depend on the picture are added,
 * or one of them is the gate of the other.
 *
 * Which operand of a Mul is the gate (README.md has the rule for users):
 *   1. the smaller one, if their shapes differ: it has axes of size 1 where the other has not;
 *   2. else the one that ends in a function made for gates (Sigmoid, HardSigmoid, Softmax), if the other does not;
 *   3. else the one that is computed from the other;
 *   4. else nothing tells, and the node is refused.
 */
#include "import.h"

#include <string.h>

static void put_layer(import *im, const node *n, const view *v, const call *c)
{
    const view out = view_with_layer(v, layer_of(im, c));

    put_view(im, n, 0, &out);
}

/* x * factor + numbers * sign, per channel or per position. */
static view shifted(import *im, const view *v, const array *a, float factor, float sign)
{
    const bool along = along_channels(im, a, v) != NULL;
    float *const numbers = (float *)(uintptr_t)(along ? along_channels(im, a, v) : everywhere(im, a, v)); /* ours, just made */
    float *scale = NULL;
    int64_t count = along ? v->channels : v->channels * v->height * v->width;
    int32_t layers[2] = { v->layer, 0 };
    call *c;

    for (int64_t i = 0; i < count; ++i) numbers[i] *= sign;
    if (factor != 1) {
        scale = take(im, v->channels, sizeof *scale);
        for (int64_t i = 0; i < v->channels; ++i) scale[i] = factor;
    }
    if (along || factor != 1) {
        c = emit(im, CALL_SCALE_SHIFT, v->layer);
        set_vector(c, 0, scale, v->channels);
        if (along) set_vector(c, 1, numbers, v->channels);
        layers[0] = layer_of(im, c);
    }
    if (!along) {
        layers[1] = emit_constant(im, numbers, v->channels, v->height, v->width);
        c = emit_many(im, CALL_ADD, layers, 2);
        set_shape(im, c, v->channels, v->height, v->width);
        layers[0] = layer_of(im, c);
    }
    return view_with_layer(v, layers[0]);
}

static void shift_by(import *im, const node *n, const view *v, const array *a, float factor, float sign)
{
    const view out = shifted(im, v, a, factor, sign);

    put_view(im, n, 0, &out);
}

/* x * numbers, or x / numbers. */
static void scale_by(import *im, const node *n, const view *v, const array *a, bool is_divisor)
{
    const bool along = along_channels(im, a, v) != NULL;
    float *const numbers = (float *)(uintptr_t)(along ? along_channels(im, a, v) : everywhere(im, a, v)); /* ours, just made */
    int64_t count = along ? v->channels : v->channels * v->height * v->width;
    call *c;

    for (int64_t i = 0; is_divisor && i < count; ++i) numbers[i] = 1 / numbers[i];
    if (along) {
        c = emit(im, CALL_SCALE_SHIFT, v->layer);
        set_vector(c, 0, numbers, v->channels);
    } else { /* numbers that differ between positions are a gate that is the same in every run */
        const int32_t layers[] = { v->layer, emit_constant(im, numbers, v->channels, v->height, v->width) };
        c = emit_many(im, CALL_GATE, layers, 2);
        set_shape(im, c, v->channels, v->height, v->width);
    }
    put_layer(im, n, v, c);
}

/* ---- sums ----------------------------------------------------------------------------------------------------------------------------- */

/* One value per channel beside a whole picture: it is enlarged to the picture's size. */
static view enlarge(import *im, const view *small, const view *large)
{
    view v;
    call *c;

    if (small->rank != large->rank) refuse(im, "its operands have different numbers of axes");
    for (int32_t i = 0; i < small->rank; ++i) {
        if (small->dims[i] != large->dims[i] && small->dims[i] != 1) refuse(im, "the shapes of its operands do not fit");
    }
    if (memcmp(small->dims, large->dims, (size_t)small->rank * sizeof *small->dims) == 0) return *small;
    v = as_picture(im, small);
    if (v.channels != large->channels || v.height * v.width != 1)
        refuse(im, "one operand would be stretched over channels or in one direction");
    c = emit(im, CALL_UPSAMPLE, v.layer);
    set_shape(im, c, v.channels, large->dims[2], large->dims[3]);
    c->ints[2] = c->height;
    c->ints[3] = c->width;
    return view_of_picture(layer_of(im, c), c->channels, c->height, c->width);
}

static bool is_larger(const view *a, const view *b)
{
    return a->channels * a->height * a->width > b->channels * b->height * b->width;
}

typedef struct pair {
    view first, second;
} pair;

/* The short ways to make two operands equal; match_pair() is the long one. */
static void try_to_pair(import *im, void *context)
{
    pair *const p = (pair *)context;
    view first = p->first, second = p->second;

    view_raise(&first, second.rank);
    view_raise(&second, first.rank);
    if (is_larger(&second, &first)) first = enlarge(im, &first, &second);
    else second = enlarge(im, &second, &first);
    if (!view_same_axes(&first, &second, (1u << first.rank) - 1)) first = settled(im, &first);
    p->second = match_view(im, &second, &first);
    p->first = first;
}

static pair paired(import *im, const view *a, const view *b)
{
    pair p = { *a, *b };

    if (!attempt(im, try_to_pair, &p)) match_pair(im, &p.first, &p.second);
    return p;
}

static view sum_of(import *im, const view *a, const view *b, bool subtract)
{
    const view second = subtract ? scaled(im, b, -1, 0) : *b;
    const pair p = paired(im, a, &second);
    const int32_t layers[] = { p.first.layer, p.second.layer };
    call *const c = emit_many(im, CALL_ADD, layers, 2);

    set_shape(im, c, p.first.channels, p.first.height, p.first.width);
    return view_with_layer(&p.first, layer_of(im, c));
}

static void add_views(import *im, const node *n, const view *a, const view *b, bool subtract)
{
    const view out = sum_of(im, a, b, subtract);

    put_view(im, n, 0, &out);
}

/* A view that is not smaller than a constant along any axis: it is stretched where it must be. */
static view raised(import *im, const view *v, const array *a)
{
    int64_t dims[MOST_RANK];
    const int32_t rank = common_shape(im, v->rank, v->dims, a->rank, a->dims, dims);

    return expanded(im, v, rank, dims);
}

/* A value plus a constant, or the sum of two values, or of two constants. */
static value plus(import *im, const value *a, const value *b)
{
    value out = { .state = VALUE_VIEW };

    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        out.view = sum_of(im, &a->view, &b->view, false);
    } else if (a->state == VALUE_VIEW || b->state == VALUE_VIEW) {
        const array *const constant = a->state == VALUE_VIEW ? b->constant : a->constant;
        const view v = raised(im, a->state == VALUE_VIEW ? &a->view : &b->view, constant);
        out.view = shifted(im, &v, constant, 1, 1);
    } else {
        refuse(im, "it adds two constants to what depends on the picture; please fold them into one");
    }
    return out;
}

/* Add, Sum and Mean of any number of operands, one after the other; those that depend on the picture come first. */
void import_add(import *im, const node *n)
{
    value sum = { .state = VALUE_UNKNOWN };

    if (fold_arithmetic(im, n)) return;
    for (int pass = 0; pass < 2; ++pass) {
        for (int32_t i = 0; i < n->input_count; ++i) {
            const value *const v = input_of(im, n, i);
            if ((v->state == VALUE_VIEW) != (pass == 0)) continue;
            sum = sum.state == VALUE_UNKNOWN ? *v : plus(im, &sum, v);
        }
    }
    if (sum.state != VALUE_VIEW) refuse(im, "it has %d operands, all of them constants", n->input_count);
    if (is_op(n, "Mean")) sum.view = scaled(im, &sum.view, 1.0 / n->input_count, 0);
    put_view(im, n, 0, &sum.view);
}

void import_sub(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);

    if (fold_arithmetic(im, n)) return;
    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        add_views(im, n, &a->view, &b->view, true);
    } else if (a->state == VALUE_VIEW) {
        const view v = raised(im, &a->view, b->constant);
        shift_by(im, n, &v, b->constant, 1, -1);
    } else {
        const view v = raised(im, &b->view, a->constant);
        shift_by(im, n, &v, a->constant, -1, 1);
    }
}

void import_neg(import *im, const node *n)
{
    int64_t dims[1] = { 1 };
    array *const minus = array_make(im, false, 0, dims);

    if (fold_arithmetic(im, n)) return;
    minus->floats[0] = -1;
    scale_by(im, n, view_of(im, n, 0), minus, false);
}

/* ---- products --------------------------------------------------------------------------------------------------------------------------- */

/* Whether a value is computed from another. */
static bool derives(import *im, int32_t from, int32_t to)
{
    uint8_t *const seen = take(im, im->value_count, 1);
    int32_t *const stack = take(im, im->value_count, sizeof *stack);
    int32_t height = 0;

    stack[height++] = to;
    seen[to] = 1;
    while (height > 0) {
        const int32_t v = stack[--height];
        if (v == from) return true;
        if (im->values[v].producer < 0) continue;
        const node *const n = &im->nodes[im->values[v].producer];
        for (int32_t i = 0; i < n->input_count; ++i) {
            if (n->inputs[i] == NO_VALUE || seen[n->inputs[i]] != 0) continue;
            seen[n->inputs[i]] = 1;
            stack[height++] = n->inputs[i];
        }
    }
    return false;
}

/* Whether a value ends in a function made for gates; moves of numbers are looked through. */
static bool ends_in_gate(const import *im, int32_t v)
{
    static const char *const moves[] = { "Reshape", "Unsqueeze", "Squeeze", "Transpose", "Identity", "Dropout", "Flatten" };

    for (int32_t depth = 0; depth < 16 && v != NO_VALUE && im->values[v].producer >= 0; ++depth) {
        const node *const n = &im->nodes[im->values[v].producer];
        bool moved = false;
        if (is_op(n, "Sigmoid") || is_op(n, "HardSigmoid") || is_op(n, "Softmax")) return true;
        for (size_t i = 0; i < sizeof moves / sizeof moves[0]; ++i) moved = moved || is_op(n, moves[i]);
        if (!moved || n->input_count < 1) return false;
        v = n->inputs[0];
    }
    return false;
}

/* Whether the caller named a value, or its node, as a gate. */
static bool is_named_gate(const import *im, int32_t v)
{
    const value *const operand = &im->values[v];
    const char *const node_name = operand->producer >= 0 ? im->nodes[operand->producer].name : "";

    for (int32_t i = 0; i < im->gate_count; ++i) {
        if (strcmp(im->gates[i], operand->name) == 0 || strcmp(im->gates[i], node_name) == 0) return true;
    }
    return false;
}

/* The operand that is the gate, 0 or 1. */
static int gate_operand(import *im, const node *n, const view *a, const view *b)
{
    const bool is_first = is_named_gate(im, n->inputs[0]), is_second = is_named_gate(im, n->inputs[1]);
    if (is_first != is_second) return is_first ? 0 : 1;
    if (is_larger(a, b)) return 1;
    if (is_larger(b, a)) return 0;
    const bool first = ends_in_gate(im, n->inputs[0]), second = ends_in_gate(im, n->inputs[1]);
    if (first != second) return first ? 0 : 1;
    if (n->inputs[0] != n->inputs[1]) {
        if (derives(im, n->inputs[0], n->inputs[1])) return 1;
        if (derives(im, n->inputs[1], n->inputs[0])) return 0;
    }
    refuse(im, "both operands depend on the picture, and nothing tells which one is the gate: name %.60s or %.60s as one",
           im->values[n->inputs[0]].name, im->values[n->inputs[1]].name);
}

/* Atoms of one kind among the axes in which the gate is not stretched. */
static int32_t collect_kind(const view *v, uint32_t axes, atom_kind kind, atom *atoms)
{
    atom all[MOST_ATOMS];
    const int32_t count = view_collect(v, axes, all);
    int32_t kept = 0;

    for (int32_t i = 0; i < count; ++i) {
        if (all[i].kind == kind) atoms[kept++] = all[i];
    }
    return kept;
}

/* Brings a smaller gate onto the grid of the value: all positions, one, or those of one direction. */
static void fit_gate(import *im, view *gate, const view *v, uint32_t axes)
{
    atom own[MOST_ATOMS], theirs[MOST_ATOMS];
    int32_t count = collect_kind(v, axes, POSITIONS, theirs);

    if (count == 0 && gate->height * gate->width == 1) return;
    const bool is_same = collect_kind(gate, axes, POSITIONS, own) == count;
    if (is_same && view_counts_all(v, theirs, count, POSITIONS) && view_counts_all(gate, own, count, POSITIONS)) {
        regrid(im, gate, v->height, v->width);
    } else if (is_same && count == 1 && theirs[0].size == v->height && theirs[0].stride == v->width && own[0].stride == 1) {
        regrid(im, gate, v->height, 1);
    } else if (is_same && count == 1 && theirs[0].size == v->width && theirs[0].stride == 1 && own[0].stride == 1) {
        regrid(im, gate, 1, v->width);
    } else {
        refuse(im, "the gate's positions do not fit those of the value");
    }
}

/* The short ways to bring a gate onto its value. */
static void try_to_gate(import *im, void *context)
{
    pair *const p = (pair *)context;
    view v = p->first, gate = p->second;
    atom own[MOST_ATOMS], theirs[MOST_ATOMS];
    uint32_t axes = 0;

    view_raise(&v, gate.rank);
    view_raise(&gate, v.rank);
    for (int32_t i = 0; i < v.rank; ++i) {
        if (gate.dims[i] != 1 && gate.dims[i] != v.dims[i]) refuse(im, "the shapes of its operands do not fit");
        if (gate.dims[i] == v.dims[i]) axes |= 1u << i;
    }
    if (axes == (1u << v.rank) - 1) {
        gate = match_view(im, &gate, &v);
    } else {
        if (v.rank == 4) v = as_picture(im, &v);
        if (gate.rank == 4) gate = as_picture(im, &gate);
        const int32_t count = collect_kind(&v, axes, CHANNELS, theirs);
        if (collect_kind(&gate, axes, CHANNELS, own) != count ||
            (count == 0 ? gate.channels != 1 : gate.channels != v.channels) ||
            (count > 0 && memcmp(own, theirs, (size_t)count * sizeof *own) != 0)) {
            refuse(im, "the gate's channels do not fit those of the value");
        }
        fit_gate(im, &gate, &v, axes);
    }
    p->first = v;
    p->second = gate;
}

static void put_gate(import *im, const node *n, const view *of, const view *by)
{
    pair p = { *of, *by };
    call *c;

    if (!attempt(im, try_to_gate, &p)) match_pair(im, &p.first, &p.second);
    const int32_t layers[] = { p.first.layer, p.second.layer };
    c = emit_many(im, CALL_GATE, layers, 2);
    set_shape(im, c, p.first.channels, p.first.height, p.first.width);
    put_layer(im, n, &p.first, c);
}

void import_mul(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);

    if (fold_arithmetic(im, n)) return;
    if (a->state == VALUE_VIEW && b->state == VALUE_VIEW && n->inputs[0] == n->inputs[1]) { /* a function of one number */
        const view out = apply(im, &a->view, "square");
        put_view(im, n, 0, &out);
    } else if (a->state == VALUE_VIEW && b->state == VALUE_VIEW) {
        const int gate = gate_operand(im, n, &a->view, &b->view);
        put_gate(im, n, gate == 1 ? &a->view : &b->view, gate == 1 ? &b->view : &a->view);
    } else {
        const array *const constant = a->state == VALUE_VIEW ? b->constant : a->constant;
        const view v = raised(im, a->state == VALUE_VIEW ? &a->view : &b->view, constant);
        scale_by(im, n, &v, constant, false);
    }
}

void import_div(import *im, const node *n)
{
    const value *const a = input_of(im, n, 0), *const b = input_of(im, n, 1);

    if (fold_arithmetic(im, n)) return;
    if (b->state == VALUE_VIEW) { /* what divides is a gate: a norm's deviation, a softmax's sum */
        const view inverse = apply(im, &b->view, "reciprocal");
        if (a->state == VALUE_VIEW) {
            put_gate(im, n, &a->view, &inverse);
        } else {
            const view v = raised(im, &inverse, a->constant);
            scale_by(im, n, &v, a->constant, false);
        }
        return;
    }
    const view v = raised(im, &a->view, b->constant);
    scale_by(im, n, &v, b->constant, true);
}
