/* shared.c -- what several kinds of layers share: the failure of a call that is left out, shapes that stay, windows, pools, means. */
#include "kernels/kernels.h"
#include "layers/kinds.h"

srd_layer srd__kind_missing(srd_graph *graph, const char *name, const char *macro)
{
    if (graph != NULL && !graph->sealed && graph->failure.status == SRD_OK) {
        (void)srd__left_out(&graph->failure, graph->layer_count, name, macro);
    }
    return SRD_LAYER_NONE;
}

srd_layer srd__layer_plain(srd_graph *graph, const char *name, const srd__kind *kind, srd_layer input)
{
    return srd__layer_end(graph, srd__layer_begin(graph, name, kind, &input, 1));
}

srd_status srd__shape_same(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                           srd_detail *detail)
{
    (void)detail;
    *out = *srd__input_shape(graph, bound, layer, 0);
    return SRD_OK;
}

srd_status srd__shape_window(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, int32_t channels,
                             srd__shape *out, srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);
    const srd__window *const w = &layer->window;

    out->c = channels;
    out->h = in.h == 0
                 ? 0
                 : srd__window_out(in.h, w->top, w->bottom, w->kernel_h, w->stride_h, w->dilation_h, layer->ceil_mode != 0);
    out->w = in.w == 0
                 ? 0
                 : srd__window_out(in.w, w->left, w->right, w->kernel_w, w->stride_w, w->dilation_w, layer->ceil_mode != 0);
    if (out->h < 0 || out->w < 0) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "the padded input of %d x %d is too large", in.h,
                         in.w);
    }
    if ((in.h != 0 && out->h == 0) || (in.w != 0 && out->w == 0)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name,
                         "a window of %d x %d pixels does not fit the input of %d x %d with its padding", w->kernel_h,
                         w->kernel_w, in.h, in.w);
    }
    return SRD_OK;
}

#if SRD_WITH_AVG_POOL2D || SRD_WITH_ADAPTIVE_MAX_POOL2D
srd_status srd__shape_over_axes(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                                srd_detail *detail)
{
    (void)detail;
    *out = *srd__input_shape(graph, bound, layer, 0);
    if ((layer->mode & SRD_AXIS_HEIGHT) != 0) out->h = 1;
    if ((layer->mode & SRD_AXIS_WIDTH) != 0) out->w = 1;
    return SRD_OK;
}

srd_layer srd__layer_over_axes(srd_graph *graph, const char *name, const srd__kind *kind, srd_layer input, int32_t axes)
{
    srd__layer *const layer = srd__layer_begin(graph, name, kind, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (axes < 1 || axes > (SRD_AXIS_HEIGHT | SRD_AXIS_WIDTH)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "axes is %d: SRD_AXIS_HEIGHT, SRD_AXIS_WIDTH or both", axes);
        return SRD_LAYER_NONE;
    }
    layer->mode = axes;
    return srd__layer_end(graph, layer);
}
#endif

#if SRD_WITH_AVG_POOL2D || SRD_WITH_ADAPTIVE_AVG_POOL2D
#define PLAIN_SUM 256
#define AT_ONCE (SRD_WITH_WHOLE_SUMS ? 16 : 1) /* channels; one takes least code, and the same numbers */

/* Up to AT_ONCE channels from channel `first` on. */
static void average_in_double(const srd__gather_io *io, const int32_t *rows, const int32_t *columns, float weight,
                              int32_t first, float *to)
{
    const int32_t count = srd__min(AT_ONCE, io->channels - first);
    double sums[AT_ONCE] = { 0.0 };

    for (int32_t r = rows[0]; r < rows[1]; ++r) {
        const float *from =
            io->source + ((size_t)r * (size_t)io->in->w + (size_t)columns[0]) * (size_t)io->source_stride + first;

        for (int32_t q = columns[0]; q < columns[1]; ++q, from += io->source_stride) {
            for (int32_t c = 0; c < count; ++c) sums[c] += (double)(from[c] * weight);
        }
    }
    for (int32_t c = 0; c < count; ++c) to[first + c] = (float)sums[c];
}

void srd__average(const srd__gather_io *io, const int32_t *rows, const int32_t *columns, float weight, float *to)
{
    if ((int64_t)(rows[1] - rows[0]) * (columns[1] - columns[0]) > PLAIN_SUM) {
        for (int32_t first = 0; first < io->channels; first += AT_ONCE) average_in_double(io, rows, columns, weight, first, to);
        return;
    }
    memset(to, 0, (size_t)io->channels * sizeof *to);
    for (int32_t r = rows[0]; r < rows[1]; ++r) {
        const float *from = io->source + ((size_t)r * (size_t)io->in->w + (size_t)columns[0]) * (size_t)io->source_stride;

        for (int32_t q = columns[0]; q < columns[1]; ++q, from += io->source_stride) {
            for (int32_t c = 0; c < io->channels; ++c) to[c] += from[c] * weight; /* as the runs weigh: no overflow */
        }
    }
}
#endif

#if SRD_WITH_MAX_POOL2D || SRD_WITH_ADAPTIVE_MAX_POOL2D
static void take(const float *from, int32_t channels, float *to)
{
    for (int32_t c = 0; c < channels; ++c) to[c] = from[c] > to[c] ? from[c] : to[c];
}

static void take_wide(const float *from, int32_t channels, float *to, int32_t *winner, int32_t k)
{
    for (int32_t c = 0; c < channels; ++c) winner[c] = from[c] > to[c] ? k : winner[c];
    take(from, channels, to);
}

/* The first choice wins at first, whatever its numbers are. */
static void take_first(const srd__gather_io *io, const float *from, float *to, size_t at, int32_t k)
{
    memcpy(to, from, (size_t)io->channels * sizeof *to);
    if (io->winner == NULL) return;
    if (!io->wide) memset((uint8_t *)io->winner + at, k, (size_t)io->channels);
    for (int32_t c = 0; io->wide && c < io->channels; ++c) ((int32_t *)io->winner)[at + (size_t)c] = k;
}

void srd__take_largest(const srd__gather_io *io, const float *from, size_t at, int32_t k, bool first)
{
    float *const to = io->target + at;

    if (first) take_first(io, from, to, at, k);
    else if (io->winner == NULL) take(from, io->channels, to);
    else if (io->wide) take_wide(from, io->channels, to, (int32_t *)io->winner + at, k);
    else io->kernels->most(from, io->channels, (uint8_t)k, to, (uint8_t *)io->winner + at);
}
#endif

bool srd__pool_options(srd_graph *graph, srd__layer *layer, const srd_pool2d_options *options)
{
    srd_pool2d_options o;
    srd__window *const w = &layer->window;

    if (!srd__layer_options(graph, layer, &o, sizeof o, options, sizeof o, SRD__TEXT("srd_pool2d_options"))) return false;
    if ((o.ceil_mode | 1) != 1 || (o.count_padding | 1) != 1 || o.reserved != 0 ||
        (layer->kind->selects && o.count_padding != 0)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "ceil_mode %d, count_padding %d: flags are 0 or 1, count_padding is for averages, reserved is 0",
                        o.ceil_mode, o.count_padding);
        return false;
    }
    if (o.kernel_h < 1 || o.kernel_w < 1 || o.stride_h < 0 || o.stride_w < 0 || o.pad_top < 0 || o.pad_left < 0 ||
        o.pad_bottom < 0 || o.pad_right < 0 || o.pad_top >= o.kernel_h || o.pad_bottom >= o.kernel_h ||
        o.pad_left >= o.kernel_w || o.pad_right >= o.kernel_w || o.kernel_h > 32767 || o.kernel_w > 32767) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "kernel %d x %d, stride %d x %d, pads %d %d %d %d: a kernel is 1 to 32767, pads are 0 to kernel - 1",
                        o.kernel_h, o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right);
        return false;
    }
    w->kernel_h = o.kernel_h;
    w->kernel_w = o.kernel_w;
    w->stride_h = o.stride_h == 0 ? o.kernel_h : o.stride_h;
    w->stride_w = o.stride_w == 0 ? o.kernel_w : o.stride_w;
    w->top = o.pad_top;
    w->left = o.pad_left;
    w->bottom = o.pad_bottom;
    w->right = o.pad_right;
    layer->ceil_mode = o.ceil_mode != 0;
    layer->count_padding = o.count_padding != 0;
    return true;
}
