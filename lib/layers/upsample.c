/*
 * upsample.c -- nearest and bilinear enlargement (or reduction) of the grid, as a source coordinate per axis:
 *
 *     nearest                   floor(o in / out)               or, by a scale, floor(o / scale)
 *     bilinear, half-pixel      (o + 1/2) in / out - 1/2        or (o + 1/2) / scale - 1/2, at least 0
 *     bilinear, align_corners   o (in - 1) / (out - 1)
 *
 * A coordinate between two positions weighs them by their nearness. A position of weight 0 is no path (METHOD section 2).
 */
#include "layers/kinds.h"

#if SRD_WITH_UPSAMPLE
/* A coordinate: position `low` with weight 1 - part, and the next one with weight part. */
typedef struct place {
    int32_t low;
    double part;
} place;

/* numerator / denominator, exactly; the next position must lie inside. */
static place place_at(int64_t numerator, int64_t denominator, int32_t in)
{
    place p = { 0, 0.0 };

    if (numerator <= 0) return p;
    p.low = (int32_t)(numerator / denominator);
    p.part = (double)(numerator % denominator) / (double)denominator;
    if (p.low >= in - 1) {
        p.low = in - 1;
        p.part = 0.0;
    }
    return p;
}

static place place_by_scale(double coordinate, int32_t in)
{
    place p = { 0, 0.0 };

    if (!(coordinate > 0.0)) return p;
    if (coordinate >= (double)(in - 1)) {
        p.low = in - 1;
        return p;
    }
    p.low = (int32_t)coordinate;
    p.part = coordinate - (double)p.low;
    return p;
}

static place place_of(const srd__layer *layer, int32_t o, int32_t in, int32_t out, float scale)
{
    if (layer->mode == SRD_UPSAMPLE_NEAREST) {
        place p = scale > 0.0f ? place_by_scale((double)o / (double)scale, in) : place_at((int64_t)o * in, out, in);

        p.part = 0.0;
        return p;
    }
    if (layer->align_corners) return place_at((int64_t)o * (in - 1), srd__max(out - 1, 1), in);
    if (scale > 0.0f) return place_by_scale(((double)o + 0.5) / (double)scale - 0.5, in);
    return place_at((2 * (int64_t)o + 1) * in - out, 2 * (int64_t)out, in);
}

/* The up to four positions of output position p with their weights; returns how many. */
static int32_t places_of(const srd__layer *layer, const srd__shape *in, const srd__shape *out, int32_t p, int32_t *positions,
                         float *weights)
{
    const place row = place_of(layer, p / out->w, in->h, out->h, layer->scale_h);
    const place column = place_of(layer, p % out->w, in->w, out->w, layer->scale_w);
    int32_t n = 0;

    for (int32_t k = 0; k < 4; ++k) {
        const double weight = (k / 2 != 0 ? row.part : 1.0 - row.part) * (k % 2 != 0 ? column.part : 1.0 - column.part);

        if (!(weight > 0.0)) continue;
        positions[n] = (row.low + k / 2) * in->w + column.low + k % 2;
        weights[n++] = (float)weight;
    }
    return n;
}

/* Size of an axis: as asked, or floor(in * scale). */
static int32_t size_of(int32_t in, int32_t size, float scale)
{
    const double product = (double)in * (double)scale; /* not negative: the cast below rounds down */

    if (size > 0) return size;
    return product > (double)(INT32_MAX / 8) ? -1 : (int32_t)product;
}

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    const srd__shape in = *srd__input_shape(graph, bound, layer, 0);

    out->c = in.c;
    out->h = in.h == 0 ? layer->size_h : size_of(in.h, layer->size_h, layer->scale_h);
    out->w = in.w == 0 ? layer->size_w : size_of(in.w, layer->size_w, layer->scale_w);
    if (out->h < 0 || out->w < 0) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, layer->id, layer->name, "%d x %d times the scales is too large", in.h, in.w);
    }
    if ((in.h != 0 && out->h == 0) || (in.w != 0 && out->w == 0)) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the scales leave nothing of %d x %d", in.h, in.w);
    }
    return SRD_OK;
}

static int64_t slot_count(const srd__walk *walk, const srd__layer *layer)
{
    return (layer->mode == SRD_UPSAMPLE_NEAREST ? 1 : 4) * (int64_t)walk->slots[layer->inputs[0]];
}

static void paths(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot)
{
    const int32_t input = layer->inputs[0];
    int32_t positions[4];
    float weights[4];
    const int32_t n = places_of(layer, &walk->shapes[input], &walk->shapes[layer->id], position, positions, weights);

    for (int32_t k = 0; k < n; ++k) srd__walk_paths(walk, input, positions[k], slot + (int64_t)k * walk->slots[input]);
}

static void runs(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run)
{
    const int32_t input = layer->inputs[0];
    int32_t positions[4];
    float weights[4];
    const int32_t n = places_of(layer, &walk->shapes[input], &walk->shapes[layer->id], position, positions, weights);

    for (int32_t k = 0; k < n; ++k) {
        srd__run part = *run;

        part.weight *= weights[k];
        part.slot += (int64_t)k * walk->slots[input];
        srd__walk_runs(walk, input, positions[k], &part);
    }
}

static void forward(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count)
{
    for (int32_t p = first; p < first + count; ++p) {
        float *const to = io->target + (size_t)p * (size_t)io->target_stride + io->channel;
        int32_t positions[4];
        float weights[4];
        const int32_t n = places_of(layer, io->in, io->out, p, positions, weights);

        memset(to, 0, (size_t)io->channels * sizeof *to);
        for (int32_t k = 0; k < n; ++k) {
            const float *const from = io->source + (size_t)positions[k] * (size_t)io->source_stride;

            for (int32_t c = 0; c < io->channels; ++c) to[c] += from[c] * weights[k];
        }
    }
}

const srd__kind srd__kind_upsample = { .name = "upsample",
                                       .role = SRD__GATHER,
                                       .repeats = 1,
                                       .shape = shape,
                                       .slot_count = slot_count,
                                       .paths = paths,
                                       .runs = runs,
                                       .forward = forward };

/* Sizes or scales, not both, not neither. */
static bool is_clear(const srd_upsample_options *o)
{
    const bool by_size = o->height > 0 && o->width > 0 && o->scale_h == 0.0f && o->scale_w == 0.0f;
    const bool by_scale = o->height == 0 && o->width == 0 && o->scale_h > 0.0f && o->scale_w > 0.0f &&
                          srd__finite(o->scale_h) && srd__finite(o->scale_w);

    return by_scale || (by_size && o->height <= INT32_MAX / 8 / o->width);
}

srd_layer srd_graph_upsample(srd_graph *graph, const char *name, srd_layer input, const srd_upsample_options *options)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_upsample, &input, 1);
    srd_upsample_options o;

    if (layer == NULL ||
        !srd__layer_options(graph, layer, &o, sizeof o, options, sizeof o, SRD__TEXT("srd_upsample_options"))) {
        return SRD_LAYER_NONE;
    }
    if ((o.mode != SRD_UPSAMPLE_NEAREST && o.mode != SRD_UPSAMPLE_BILINEAR) || (o.align_corners | 1) != 1 || o.reserved != 0 ||
        (o.align_corners == 1 && o.mode == SRD_UPSAMPLE_NEAREST)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "unknown mode %d, or align_corners %d is not 0 or 1 (nearest: 0), or reserved is not 0", o.mode,
                        o.align_corners);
        return SRD_LAYER_NONE;
    }
    if (!is_clear(&o)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                        "give either height and width (here %d x %d) or two positive scales", o.height, o.width);
        return SRD_LAYER_NONE;
    }
    layer->mode = o.mode;
    layer->align_corners = o.align_corners;
    layer->size_h = o.height;
    layer->size_w = o.width;
    layer->scale_h = o.scale_h;
    layer->scale_w = o.scale_w;
    return srd__layer_end(graph, layer);
}
#endif
