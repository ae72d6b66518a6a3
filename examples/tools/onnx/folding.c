/* folding.c -- computing with constants. What a file computes from shapes is folded here. */
#include "import.h"

#include <math.h>

#define MOST_NUMBERS ((int64_t)1 << 24) /* of a range */

bool scalar_of(const import *im, int32_t v, double *number)
{
    const array *const a = v == NO_VALUE || im->values[v].state != VALUE_CONSTANT ? NULL : im->values[v].constant;

    if (a == NULL || a->count != 1) return false;
    *number = array_at(a, 0);
    return true;
}

/* ---- arithmetic --------------------------------------------------------------------------------------------------------------- */

typedef double number_function(double a, double b);

static double do_add(double a, double b)
{
    return a + b;
}
static double do_sub(double a, double b)
{
    return a - b;
}
static double do_mul(double a, double b)
{
    return a * b;
}
static double do_div(double a, double b)
{
    return a / b;
}
static double do_pow(double a, double b)
{
    return pow(a, b);
}
static double do_min(double a, double b)
{
    return a < b ? a : b;
}
static double do_max(double a, double b)
{
    return a > b ? a : b;
}
static double do_equal(double a, double b)
{
    return a == b;
}
static double do_less(double a, double b)
{
    return a < b;
}
static double do_greater(double a, double b)
{
    return a > b;
}
static double do_less_equal(double a, double b)
{
    return a <= b;
}
static double do_greater_equal(double a, double b)
{
    return a >= b;
}
static double do_or(double a, double b)
{
    return a != 0 || b != 0;
}
static double do_xor(double a, double b)
{
    return (a != 0) != (b != 0);
}
static double do_abs(double a, double b)
{
    (void)b;
    return fabs(a);
}
static double do_log(double a, double b)
{
    (void)b;
    return log(a);
}
static double do_round(double a, double b)
{
    (void)b;
    return rint(a);
}
static double do_sign(double a, double b)
{
    (void)b;
    return a > 0 ? 1 : a < 0 ? -1 : 0;
}
static double do_sin(double a, double b)
{
    (void)b;
    return sin(a);
}
static double do_cos(double a, double b)
{
    (void)b;
    return cos(a);
}
/* The remainder has the sign of the divisor; with fmod = 1 that of the dividend, which is refused before. */
static double do_mod(double a, double b)
{
    return a - floor(a / b) * b;
}
static double do_and(double a, double b)
{
    return a != 0 && b != 0;
}
static double do_neg(double a, double b)
{
    (void)b;
    return -a;
}
static double do_not(double a, double b)
{
    (void)b;
    return a == 0;
}
static double do_sqrt(double a, double b)
{
    (void)b;
    return sqrt(a);
}
static double do_exp(double a, double b)
{
    (void)b;
    return exp(a);
}
static double do_floor(double a, double b)
{
    (void)b;
    return floor(a);
}
static double do_ceil(double a, double b)
{
    (void)b;
    return ceil(a);
}
static double do_reciprocal(double a, double b)
{
    (void)b;
    return 1 / a;
}

static const struct arithmetic {
    const char *name;
    int32_t operands;
    bool is_test; /* the result is 0 or 1 */
    number_function *run;
} arithmetics[] = {
    { "Add", 2, false, do_add },
    { "Sub", 2, false, do_sub },
    { "Mul", 2, false, do_mul },
    { "Div", 2, false, do_div },
    { "Pow", 2, false, do_pow },
    { "Equal", 2, true, do_equal },
    { "Less", 2, true, do_less },
    { "Greater", 2, true, do_greater },
    { "And", 2, true, do_and },
    { "Neg", 1, false, do_neg },
    { "Not", 1, true, do_not },
    { "Sqrt", 1, false, do_sqrt },
    { "Exp", 1, false, do_exp },
    { "Floor", 1, false, do_floor },
    { "Ceil", 1, false, do_ceil },
    { "Reciprocal", 1, false, do_reciprocal },
    { "LessOrEqual", 2, true, do_less_equal },
    { "GreaterOrEqual", 2, true, do_greater_equal },
    { "Or", 2, true, do_or },
    { "Xor", 2, true, do_xor },
    { "Abs", 1, false, do_abs },
    { "Log", 1, false, do_log },
    { "Round", 1, false, do_round },
    { "Sign", 1, false, do_sign },
    { "Sin", 1, false, do_sin },
    { "Cos", 1, false, do_cos },
    { "Mod", 2, false, do_mod },
};

/* The shape of two arrays stretched over each other. */
static int32_t common_dims(import *im, const array *a, const array *b, int64_t *dims)
{
    const int32_t rank = a->rank > b->rank ? a->rank : b->rank;

    for (int32_t i = 0; i < rank; ++i) {
        const int32_t ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        const int64_t da = ia < 0 ? 1 : a->dims[ia], db = ib < 0 ? 1 : b->dims[ib];
        if (da != db && da != 1 && db != 1)
            refuse(im, "shapes do not fit: axes of %lld and %lld", (long long)da, (long long)db);
        dims[i] = da == 1 ? db : da;
    }
    return rank;
}

static array *calculate(import *im, const struct arithmetic *what, const array *a, const array *b)
{
    int64_t dims[MOST_RANK];
    const int32_t rank = common_dims(im, a, b, dims);
    /* A power has the type of its base. */
    const bool is_int = what->is_test || (a->is_int && (b->is_int || what->run == do_pow));
    const array *const wide_a = array_stretch(im, a, rank, dims), *const wide_b = array_stretch(im, b, rank, dims);
    array *const result = array_make(im, is_int, rank, dims);

    for (int64_t i = 0; i < result->count; ++i) {
        const double number = what->run(array_at(wide_a, i), array_at(wide_b, i));
        if (is_int) result->ints[i] = to_int64(im, number);
        else result->floats[i] = (float)number;
    }
    return result;
}

static array *choose(import *im, const array *test, const array *a, const array *b)
{
    int64_t dims[MOST_RANK];
    array shape = { .rank = 0 };
    int32_t rank;
    array *result;

    shape.rank = common_dims(im, a, b, shape.dims);
    rank = common_dims(im, &shape, test, dims);
    result = array_stretch(im, a, rank, dims);
    if (a->is_int != b->is_int) refuse(im, "the two choices are of different types");
    const array *const other = array_stretch(im, b, rank, dims), *const mask = array_stretch(im, test, rank, dims);
    for (int64_t i = 0; i < result->count; ++i) {
        if (array_at(mask, i) != 0) continue;
        if (result->is_int) result->ints[i] = other->ints[i];
        else result->floats[i] = other->floats[i];
    }
    return result;
}

static array *range(import *im, const array *first, const array *limit, const array *step)
{
    const double from = array_at(first, 0), by = array_at(step, 0), count = ceil((array_at(limit, 0) - from) / by);
    int64_t dims[1];
    array *result;

    if (first->count != 1 || limit->count != 1 || step->count != 1 || !(count <= (double)MOST_NUMBERS)) {
        refuse(im, "a range that cannot be made");
    }
    dims[0] = count > 0 ? (int64_t)count : 0;
    result = array_make(im, first->is_int, 1, dims);
    for (int64_t i = 0; i < dims[0]; ++i) {
        if (result->is_int) result->ints[i] = to_int64(im, from + by * (double)i);
        else result->floats[i] = (float)(from + by * (double)i);
    }
    return result;
}

/* Sum, Mean, Max and Min of any number of constants, one after the other. */
static bool fold_many(import *im, const node *n)
{
    static const struct arithmetic each[] = {
        { "Sum", 0, false, do_add }, { "Mean", 0, false, do_add }, { "Max", 0, false, do_max }, { "Min", 0, false, do_min }
    };
    const struct arithmetic *what = NULL;
    const array *result = NULL;

    for (size_t i = 0; i < sizeof each / sizeof each[0]; ++i) what = is_op(n, each[i].name) ? &each[i] : what;
    for (int32_t i = 0; i < n->input_count; ++i) {
        const value *const v = input_of(im, n, i);
        if (what == NULL || v->state != VALUE_CONSTANT) return false;
        result = result == NULL ? v->constant : calculate(im, what, result, v->constant);
    }
    if (result == NULL) return false;
    if (is_op(n, "Mean")) {
        static const struct arithmetic divide = { "Div", 2, false, do_div };
        array *const count = array_make(im, false, 0, NULL);
        count->floats[0] = (float)n->input_count;
        result = calculate(im, &divide, result, count);
    }
    put_constant(im, n, 0, result);
    return true;
}

bool fold_arithmetic(import *im, const node *n)
{
    const array *operands[3] = { NULL };

    if (fold_many(im, n)) return true;
    if (n->input_count < 1 || n->input_count > 3) return false;
    for (int32_t i = 0; i < n->input_count; ++i) {
        const value *const v = input_of(im, n, i);
        if (v->state != VALUE_CONSTANT) return false;
        operands[i] = v->constant;
    }
    if (n->input_count == 3) {
        if (!is_op(n, "Where") && !is_op(n, "Range")) return false;
        if (is_op(n, "Range") && (operands[0]->count == 0 || operands[1]->count == 0 || operands[2]->count == 0)) return false;
        put_constant(im, n, 0, (is_op(n, "Where") ? choose : range)(im, operands[0], operands[1], operands[2]));
        return true;
    }
    for (size_t i = 0; i < sizeof arithmetics / sizeof arithmetics[0]; ++i) {
        if (!is_op(n, arithmetics[i].name) || arithmetics[i].operands != n->input_count) continue;
        put_constant(im, n, 0, calculate(im, &arithmetics[i], operands[0], operands[n->input_count - 1]));
        return true;
    }
    return false;
}

void import_arithmetic(import *im, const node *n)
{
    if (!fold_arithmetic(im, n)) refuse(im, "this operator is not supported for numbers that depend on the picture");
}
