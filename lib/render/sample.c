/*
 * sample.c -- another size for a plane of numbers.
 *
 * Places along an axis are whole numbers and fractions of integers, so that no rounding puts a pixel's edge elsewhere. Means
 * are taken around their first number: a plane whose numbers are equal keeps them to the bit.
 */
#include "render/render_impl.h"

#if SRD_WITH_RENDER

#define NEAREST 1
#define BILINEAR 2
#define AREA 3
#define PLACED_NEAREST 4 /* these are told where they lie, in floating point */
#define PLACED_BILINEAR 5
#define PLACED_AREA 6

/* Levels beyond this count as this. It is far outside of what can be seen, and sums over any map stay finite. */
#define FARTHEST 1e18f

/* The whole number below a place inside of the source. */
static int64_t below(double place)
{
    return (int32_t)place;
}

/* The part of the source that lies below the target's pixel. */
static void resolve_placed_area(srd__axis *axis)
{
    const double left = axis->start + axis->pixel * axis->span, right = left + axis->span, end = (double)axis->source;
    const double from = left > 0.0 ? left : 0.0, to = right < end ? right : end;

    axis->beside = !(to - from > 1e-6); /* less comes of rounding */
    axis->first = axis->last = 0;
    if (axis->beside) return;
    axis->first = below(from);
    axis->last = below(to);
    if ((double)axis->last == to) --axis->last;
    axis->share_inner = (float)(1.0 / (to - from));
    axis->share_last = (float)((to - (double)axis->last) / (to - from));
}

static void resolve_placed(srd__axis *axis)
{
    const double middle = axis->start + (axis->pixel + 0.5) * axis->span, from_middle = middle - 0.5;

    if (axis->way == PLACED_AREA) {
        resolve_placed_area(axis);
        return;
    }
    axis->beside = !(middle >= 0.0 && middle < (double)axis->source);
    axis->first = axis->last = 0;
    if (axis->beside) return;
    axis->first = axis->last = below(middle);
    if (axis->way == PLACED_NEAREST) return;
    axis->first = from_middle > 0.0 ? below(from_middle) : 0;
    axis->last = from_middle > 0.0 ? srd__min(axis->first + 1, axis->source - 1) : 0;
    axis->share_last = (float)(from_middle - (double)axis->first);
}

static void resolve(srd__axis *axis)
{
    if (axis->way == AREA) { /* from the left edge to the next pixel's one */
        const int64_t rest = axis->rest + axis->step_rest, carry = rest >= axis->unit;
        const int64_t end = axis->at + axis->step + carry, part = rest - carry * axis->unit;

        axis->first = axis->at;
        axis->last = part > 0 ? end : end - 1;
        axis->share_last = (float)(part > 0 ? part : axis->unit) / (float)axis->source;
    } else { /* the middle of the target's pixel: inside of a source pixel, or between the middles of two */
        axis->first = srd__max(axis->at, 0);
        axis->last = axis->first;
        if (axis->way == BILINEAR && axis->rest > 0) axis->last = srd__min(axis->at + 1, axis->source - 1);
        axis->share_last = (float)axis->rest / (float)axis->unit;
    }
}

bool srd__axis_enlarges(const srd__axis *axis)
{
    return axis->way != AREA && axis->way != PLACED_AREA;
}

void srd__axis_begin(srd__axis *axis, int64_t source, int64_t target, int32_t enlargement)
{
    int64_t place, step;

    axis->beside = false;
    axis->source = source;
    axis->way = target < source ? AREA : enlargement == SRD_ENLARGE_BILINEAR ? BILINEAR : NEAREST;
    if (axis->way == AREA) { /* the left edge of target pixel i is at i * source / target */
        axis->unit = target;
        place = 0;
        step = source;
    } else { /* its middle at (2 i + 1) * source / (2 target), half a pixel less when counted from the middle of a pixel */
        axis->unit = 2 * target;
        place = axis->way == BILINEAR ? source - target : source;
        step = 2 * source;
    }
    axis->at = place < 0 ? -1 : place / axis->unit; /* place is above -unit */
    axis->rest = place - axis->at * axis->unit;
    axis->step = step / axis->unit;
    axis->step_rest = step % axis->unit;
    axis->share_inner = (float)axis->unit / (float)source; /* AREA only: of 1/target-wide units, a target pixel has source */
    resolve(axis);
}

void srd__axis_place(srd__axis *axis, int64_t source, int64_t target, int32_t enlargement, int64_t picture, float step,
                     float offset)
{
    const double unit = (double)target * (double)step; /* target's edge i lies at i * picture / target of the picture */

    axis->source = source;
    axis->span = (double)picture / unit;
    axis->start = (double)target * (0.5 * (double)step - 0.5 - (double)offset) / unit;
    axis->pixel = 0.0;
    axis->way = axis->span > 1.0 ? PLACED_AREA : enlargement == SRD_ENLARGE_BILINEAR ? PLACED_BILINEAR : PLACED_NEAREST;
    resolve_placed(axis);
}

void srd__axis_next(srd__axis *axis)
{
    if (axis->way >= PLACED_NEAREST) {
        axis->pixel += 1.0;
        resolve_placed(axis);
        return;
    }
    axis->at += axis->step;
    axis->rest += axis->step_rest;
    if (axis->rest >= axis->unit) {
        axis->rest -= axis->unit;
        ++axis->at;
    }
    resolve(axis);
}

/* A sum that remembers what rounding took away (Kahan): areas may have millions of numbers. */
typedef struct sum {
    float so_far, lost;
} sum;

static void add(sum *to, float x)
{
    const float term = x - to->lost, next = to->so_far + term;

    to->lost = (next - to->so_far) - term;
    to->so_far = next;
}

static float level(const srd__plane *plane, const float *line, int64_t column)
{
    const float x = line[column * plane->column];
    const float above = (plane->magnitude && x < 0.0f ? -x : x) - plane->zero;
    const float l = plane->unit == 1.0f ? above : above / plane->unit;

    return l > FARTHEST ? FARTHEST : l >= -FARTHEST ? l : -FARTHEST;
}

static float mean_of_row(const srd__plane *plane, int64_t row, const srd__axis *columns)
{
    const float *const line = plane->data + row * plane->row;
    const float first = level(plane, line, columns->first);
    sum more = { 0.0f, 0.0f };

    if (columns->first == columns->last) return first;
    for (int64_t column = columns->first + 1; column < columns->last; ++column) {
        add(&more, columns->share_inner * (level(plane, line, column) - first));
    }
    add(&more, columns->share_last * (level(plane, line, columns->last) - first));
    return first + more.so_far;
}

float srd__render_level(const srd__plane *plane, int64_t row, int64_t column)
{
    return level(plane, plane->data + row * plane->row, column);
}

float srd__render_sample(const srd__plane *plane, const srd__axis *rows, const srd__axis *columns)
{
    const float first = mean_of_row(plane, rows->first, columns);
    sum more = { 0.0f, 0.0f };

    if (rows->first == rows->last) return first;
    for (int64_t row = rows->first + 1; row < rows->last; ++row) {
        add(&more, rows->share_inner * (mean_of_row(plane, row, columns) - first));
    }
    add(&more, rows->share_last * (mean_of_row(plane, rows->last, columns) - first));
    return first + more.so_far;
}

#endif
