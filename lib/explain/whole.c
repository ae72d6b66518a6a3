/*
 * whole.c -- segments of one plain convolution whose tile is one call of a kernel per block of channels, all taps together:
 * the first layer in double, and depthwise convolutions. What the taps see lies ready for all blocks of a tile.
 */
#include "explain/ratio.h"

/* Has the scratch what the taps of position p and the following see from this channel on? If not, it will. */
static bool is_ready(srd__scratch *scratch, int32_t p, int32_t channel)
{
    if (scratch->ready == p && scratch->ready_channel == channel) return true;
    scratch->ready = p;
    scratch->ready_channel = channel;
    return false;
}

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
    const ptrdiff_t stride = ex->shapes[lane->parts->layer].c;
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
    const size_t stride = (size_t)ex->shapes[lane->parts->layer].c; /* the lane may see a slice of the input */
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
            srd__weights_panel(mixing, first / per_group, output / SRD__PANEL, &at, 0, mixing->before,
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
        ex->kernels->exact(&e, pixels, u);
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

/* u of all taps, where they are wanted and there is room. */
static float *whole_u(const srd__bound *bound, const srd__scratch *scratch)
{
    return bound->lanes->collapsed || bound->paths > bound->chunk ? NULL : scratch->u;
}

void srd__exact_taps(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count, int32_t from, int32_t to)
{
    const srd__exact e = exact_block(ex, bound, scratch, first, count, from, to);

    scratch->ready = -1;
    load_exact(ex, bound, scratch, p, pixels, group_begin(bound, first), from, to);
    exact_u(ex, &e, bound->lanes->mixing->before, pixels, scratch->u);
}

void srd__tile_exact(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count)
{
    const int32_t taps = bound->lanes->taps, begin = group_begin(bound, first);
    const srd__exact e = exact_block(ex, bound, scratch, first, count, 0, taps);

    if (!is_ready(scratch, p, begin)) load_exact(ex, bound, scratch, p, pixels, begin, 0, taps);
    ex->kernels->exact(&e, pixels, scratch->y);
    if (bound->few == 0 && whole_u(bound, scratch) != NULL) exact_u(ex, &e, bound->lanes->mixing->before, pixels, scratch->u);
}

/* scratch->x: what all taps see, [tap][pixel]; zeros outside. */
static void load_depthwise(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels)
{
    const srd__lane *const lane = bound->lanes;
    const size_t stride = (size_t)ex->shapes[lane->parts->layer].c;
    const float *const value = srd__value(ex, lane->parts->layer) + lane->parts->source;
    const float **x = scratch->x;

    for (int32_t tap = 0; tap < lane->taps; ++tap, x += SRD__TILE_PIXELS) {
        int32_t at[SRD__TILE_PIXELS];

        srd__lane_positions(bound, lane, p, pixels, tap, at);
        for (int32_t i = 0; i < pixels; ++i) x[i] = at[i] < 0 ? scratch->zeros : value + (size_t)at[i] * stride;
    }
}

bool srd__is_whole_depthwise(const srd__bound *bound)
{
    const srd__lane *const lane = bound->lanes;

    return bound->segment->branch_count == 1 && lane->mixing != NULL && lane->part_count == 1 &&
           srd__weights_depthwise(lane->mixing) && lane->mixing->channels == lane->mixing->groups &&
           lane->parts->channel == 0 && lane->parts->step == 1 && lane->parts->count == lane->grid.c && lane->pad_count == 0 &&
           lane->taps <= SRD__WHOLE_TAPS;
}

#if SRD_WITH_WHOLE_SUMS
bool srd__is_summed(const srd__bound *bound)
{
    return bound->depthwise && !bound->forward && bound->sources > 1 && bound->lanes->taps <= SRD__SUMS_TAPS &&
           bound->segment->bias_count <= 1;
}

size_t srd__summed_bytes(const srd__bound *bound)
{
    return (size_t)bound->lanes->taps * (size_t)bound->shape.c * sizeof(float);
}

/* [tap][channel]: the weights, with the branch's scale. */
void srd__summed_begin(const srd_explainer *ex, const srd__bound *bound)
{
    const srd__layer *const mixing = bound->lanes->mixing;
    const float *const scale = srd__scale_of(ex, bound, bound->lanes);
    float *w = (float *)srd__at(ex, bound->segment->layer, SRD__STORE_PICKS);

    for (int32_t t = 0; t < bound->lanes->taps; ++t) {
        const float *const row = srd__weights_row(mixing, t);

        for (int32_t c = 0; c < bound->shape.c; ++c) {
            *w++ = (row != NULL ? row[c] : srd__weights_single(mixing, c, t)) * (scale != NULL ? scale[c] : 1.0f);
        }
    }
}

bool srd__tile_summed(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, float *value,
                      bool norms, bool given, const srd__finish *finish)
{
    const float *const w = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_PICKS);
    const size_t channels = (size_t)bound->shape.c;
    const srd__depthwise d = { s->x, w, NULL, 0, channels, bound->lanes->taps, bound->shape.c };
    const srd__sums_to to = { .bias = srd__bias_total(ex, bound),
                              .to = value + (size_t)t->p * channels,
                              .stride = channels,
                              .step = (size_t)t->pixels,
                              .uu = norms ? t->uu : NULL,
                              .uy = t->uy,
                              .yy = t->yy,
                              .by = t->by,
                              .given = given,
                              .finish = finish };

    if (!is_ready(s, t->p, 0)) load_depthwise(ex, bound, s, t->p, t->pixels);
    return ex->kernels->sums(&d, t->pixels, &to);
}
#endif

void srd__tile_depthwise(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                         int32_t first, int32_t count)
{
    const srd__lane *const lane = bound->lanes;
    const srd__layer *const mixing = lane->mixing;
    const float *const scale = srd__scale_of(ex, bound, lane), *const w = srd__weights_row(mixing, 0);
    srd__depthwise d = { scratch->x, scratch->panel, scale != NULL ? scale + first : NULL, (size_t)first, SRD__PANEL,
                         lane->taps, count };

    if (w != NULL) {
        d.w = w + first;
        d.row = (size_t)mixing->channels;
    }
    for (int32_t t = 0; w == NULL && t < lane->taps; ++t) {
        for (int32_t j = 0; j < count; ++j) scratch->panel[t * SRD__PANEL + j] = srd__weights_single(mixing, first + j, t);
    }
    if (!is_ready(scratch, p, 0)) load_depthwise(ex, bound, scratch, p, pixels);
    ex->kernels->depthwise(&d, pixels, scratch->y, whole_u(bound, scratch));
}
