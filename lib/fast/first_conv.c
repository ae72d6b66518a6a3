/*
 * first_conv.c -- a convolution over an input alone, whose y is added up in double: one call of a kernel per tile and block of
 * channels, all taps together. What the taps see is converted to double once and lies ready for all blocks of a tile.
 */
#include "fast/first_conv.h"

#include "explain/image_vectors.h"
#include "explain/store.h"
#include "fast/whole_tile.h"
#include "paths/bound_branch.h"

/* Numbers of one phase of a row: those that are `stride` columns apart, for all pixels and taps. */
static int64_t phase_length(const srd__window *w)
{
    return SRD__TILE_PIXELS + (w->kernel_w - 1) / w->stride_w;
}

/* May the pixels be computed row by row of the picture? They may if all of them lie in one row of y and the scratch has
 * room for the numbers of a picture's row, sorted by phase. */
static bool by_rows(const srd__bound *bound, int32_t p, int32_t pixels)
{
    const srd__window *const w = &bound->lanes->window;

    return !w->transposed && w->dilation_w == 1 && w->stride_w * phase_length(w) <= (int64_t)w->kernel_w * SRD__TILE_PIXELS &&
           p / bound->shape.w == (p + pixels - 1) / bound->shape.w;
}

/* What a channel of a row has at columns x, x + step, ... of `width`. row: NULL: nothing. */
static void load_phase(const float *row, ptrdiff_t stride, int64_t x, int64_t step, int64_t width, int64_t length, double *to)
{
    int64_t begin, end;

    if (row == NULL) {
        for (int64_t i = 0; i < length; ++i) to[i] = 0.0;
        return;
    }
    begin = x >= 0 ? 0 : srd__min(length, (-x + step - 1) / step);
    end = srd__max(begin, x >= width ? 0 : srd__min(length, (width - 1 - x) / step + 1));
    for (int64_t i = 0; i < begin; ++i) to[i] = 0.0;
    for (int64_t i = begin; i < end; ++i) to[i] = (double)row[(x + i * step) * stride];
    for (int64_t i = end; i < length; ++i) to[i] = 0.0;
}

/* Each number once: [kernel row][channel][phase][phase_length()]. Taps of a kernel row begin at different ones. */
static void load_rows(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const float *value, int32_t p,
                      int32_t from, int32_t to)
{
    const srd__lane *const lane = bound->lanes;
    const srd__window *const w = &lane->window;
    const ptrdiff_t stride = ex->plan.shapes[lane->parts->layer].c;
    const int32_t before = lane->mixing->before, step = w->stride_w;
    const int64_t x = (int64_t)(p % bound->shape.w) * step - w->left, length = phase_length(w);
    double *phases = scratch->exact;

    for (int32_t k = from / w->kernel_w; k <= (to - 1) / w->kernel_w; ++k) {
        const int64_t y = (int64_t)(p / bound->shape.w) * w->stride_h + (int64_t)k * w->dilation_h - w->top;
        const float *const row = y >= 0 && y < lane->grid.h ? value + y * lane->grid.w * stride : NULL;
        const int32_t first = k * w->kernel_w;

        for (int32_t c = 0; c < before; ++c, phases += step * length) {
            for (int32_t i = 0; i < step; ++i) {
                load_phase(row != NULL ? row + c : NULL, stride, x + i, step, lane->grid.w, length, phases + i * length);
            }
            for (int32_t tap = srd__max(from, first); tap < srd__min(to, first + w->kernel_w); ++tap) {
                const int32_t column = tap - first;

                scratch->terms[(tap - from) * before + c] = phases + column % step * length + column / step;
            }
        }
    }
}

/* scratch->terms: what taps [from, to) see, [tap][channel] to the pixels; 0 outside. begin: the group's first channel. */
static void load_exact(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                       int32_t begin, int32_t from, int32_t to)
{
    const srd__lane *const lane = bound->lanes;
    const size_t stride = (size_t)ex->plan.shapes[lane->parts->layer].c; /* the lane may see a slice of the input */
    const float *const value = srd__value(ex, lane->parts->layer) + lane->parts->source + begin;
    const double **terms = scratch->terms;
    double *x = scratch->exact;

    if (by_rows(bound, p, pixels)) {
        load_rows(ex, bound, scratch, value, p, from, to);
        return;
    }
    for (int32_t tap = from; tap < to; ++tap) {
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t c = 0; c < lane->mixing->before; ++c, x += SRD__TILE_PIXELS) {
            for (int32_t i = 0; i < pixels; ++i) x[i] = at[i] < 0 ? 0.0 : (double)value[(size_t)at[i] * stride + (size_t)c];
            *terms++ = x;
        }
    }
}

/* Taps [from, to) of the block of output channels from `first` on: what the kernel needs but x. */
static srd__exact exact_block(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t first,
                              int32_t count, int32_t from, int32_t to)
{
    const srd__lane *const lane = bound->lanes;
    const srd__layer *const mixing = lane->mixing;
    const int32_t per_group = mixing->channels / mixing->groups, output = first % per_group;
    const float *const scale = srd__scale_of(ex, bound, lane);
    const int32_t taps = mixing->weight.packed != NULL ? from + 1 : to; /* packed taps lie one behind the other */
    srd__exact e = { scratch->terms, { NULL, 0 }, scale != NULL ? scale + first : NULL, (to - from) * mixing->before, count };

    for (int32_t tap = from; tap < taps; ++tap) {
        const srd__tap at = { tap, 0, 0 };
        const srd__panel panel =
            srd__weights_panel(&mixing->weight, first / per_group, output / SRD__PANEL, &at, 0, mixing->before,
                               scratch->panel + (size_t)(tap - from) * (size_t)mixing->before * SRD__PANEL);

        if (tap == from) e.panel = panel;
    }
    e.panel.rows += output % SRD__PANEL;
    return e;
}

/* u of the taps of a block, which lie ready. */
static void exact_u(const srd_explainer *ex, const srd__exact *block, int32_t channels, int32_t pixels, float *u)
{
    srd__exact e = *block;

    for (e.terms = channels; e.x != block->x + block->terms; u += (size_t)pixels * SRD__PANEL) {
        ex->plan.kernels->exact(&e, pixels, u);
        e.x += channels;
        e.panel.rows += channels * e.panel.row;
    }
}

/* First of the input channels that the group of output channel `first` sees. */
static int32_t group_begin(const srd__bound *bound, int32_t first)
{
    const srd__layer *const mixing = bound->lanes->mixing;

    return first / (mixing->channels / mixing->groups) * mixing->before;
}

void srd__first_conv_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__wanted *w)
{
    const srd__exact e = exact_block(ex, bound, scratch, w->first, w->count, w->from, w->to);

    scratch->ready = -1;
    load_exact(ex, bound, scratch, w->p, w->pixels, group_begin(bound, w->first), w->from, w->to);
    exact_u(ex, &e, bound->lanes->mixing->before, w->pixels, scratch->u);
}

void srd__first_conv_y(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t,
                       int32_t first, int32_t count)
{
    const int32_t taps = bound->lanes->taps, begin = group_begin(bound, first);
    const srd__exact e = exact_block(ex, bound, scratch, first, count, 0, taps);

    if (!srd__is_ready(scratch, t->p, begin)) load_exact(ex, bound, scratch, t->p, t->pixels, begin, 0, taps);
    ex->plan.kernels->exact(&e, t->pixels, scratch->y);
    if (bound->fast->block_sums == NULL && srd__whole_u(bound, scratch) != NULL)
        exact_u(ex, &e, bound->lanes->mixing->before, t->pixels, scratch->u);
}

/* One convolution over an input alone, with few enough products per number? */
bool srd__is_first_conv(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    return bound->segment->branch_count == 1 && lane->mixing != NULL && lane->parts != NULL && lane->part_count == 1 &&
           lane->slots == 1 && ex->plan.graph->layers[lane->parts->layer]->kind->role == SRD__SOURCE &&
           lane->parts->channel == 0 && lane->parts->step == 1 && lane->parts->count == lane->grid.c &&
           !srd__weights_depthwise(&lane->mixing->weight) && (int64_t)lane->taps * lane->mixing->before <= SRD__EXACT_TERMS &&
           !lane->branch->flattened;
}

void srd__first_conv_needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *needs)
{
    const srd__layer *const mixing = bound->lanes->mixing;
    const size_t terms = (size_t)bound->lanes->taps * (size_t)mixing->before;

    (void)ex;
    needs->exact = terms;
    if (mixing->weight.packed == NULL) needs->panel = terms + 1;
}

#if SRD_EXACT_FIRST
const srd__fast srd__fast_first_conv = { .name = SRD__CASE_NAME("first convolution"),
                                         .takes = SRD__TAKES_SEGMENT,
                                         .forward = 1,
                                         .again = 1,
                                         .one_block = 1,
                                         .one_tile = 1,
                                         .whole = 1,
                                         .fits = srd__is_first_conv,
                                         .needs = srd__first_conv_needs,
                                         .contributions = srd__first_conv_u,
                                         .y = srd__first_conv_y };
#endif
