/* options.c -- the caller's wishes, read and checked, and what they make of a map. */
#include "render/render_impl.h"

#if SRD_WITH_RENDER

static srd_status refuse(srd_detail *detail, const char *why)
{
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "options: %s", why);
}

static bool is_choice(int32_t value, int32_t last)
{
    return value >= 0 && value <= last;
}

/* Both ends of a range are finite, and so is their distance; zero and unit of a plane can then be made of them. */
static bool is_range(float from, float to)
{
    return srd__finite(from) && srd__finite(to) && srd__finite(to - from) && from != to;
}

static srd_status check_scaling(const srd_render_options *options, srd_detail *detail)
{
    if (options->scaling == SRD_SCALE_PERCENTILE) {
        if (!(options->percentile > 0.0f && options->percentile <= 100.0f)) {
            return refuse(detail, "percentile must be above 0 and at most 100");
        }
    } else if (options->percentile != 0.0f) {
        return refuse(detail, "percentile needs scaling SRD_SCALE_PERCENTILE");
    }
    if (options->scaling != SRD_SCALE_RANGE) {
        if (options->low == 0.0f && options->high == 0.0f) return SRD_OK;
        return refuse(detail, "low and high need scaling SRD_SCALE_RANGE");
    }
    if (options->colours == SRD_COLOURS_DIVERGING) { /* their levels need high only */
        if (options->high > 0.0f && srd__finite(options->high) && options->low == -options->high) return SRD_OK;
        return refuse(detail, "the diverging colours are centred on 0: high must be above 0 and finite, low be -high");
    }
    if (is_range(options->low, options->high) && options->low < options->high) return SRD_OK;
    return refuse(detail, "low must be below high, both and their difference finite");
}

srd_status srd__render_options(srd_render_options *ours, const srd_render_options *theirs, srd_detail *detail)
{
    const srd_status status = srd__options_read(ours, sizeof *ours, theirs, sizeof *ours, "srd_render_options", detail);

    if (status != SRD_OK) return status;
    if (ours->scaling == SRD_SCALE_PERCENTILE && ours->percentile == 0.0f) ours->percentile = 99.5f;
    if (!is_choice(ours->colours, SRD_COLOURS_GREY)) return refuse(detail, "unknown colours");
    if (!is_choice(ours->scaling, SRD_SCALE_RANGE)) return refuse(detail, "unknown scaling");
    if (!is_choice(ours->enlargement, SRD_ENLARGE_BILINEAR)) return refuse(detail, "unknown enlargement");
    if (ours->reserved != 0) return refuse(detail, "reserved is not 0");
    return check_scaling(ours, detail);
}

/* Where the map lies, or nothing. */
static srd_status check_place(const srd_overlay_options *options, srd_detail *detail)
{
    const float y = options->step_y, x = options->step_x;

    if (!srd__finite(y) || !srd__finite(x) || y < 0.0f || x < 0.0f || (y == 0.0f) != (x == 0.0f)) {
        return refuse(detail, "step_y and step_x must both be above 0 and finite, or both 0");
    }
    if (!srd__finite(options->offset_y) || !srd__finite(options->offset_x)) {
        return refuse(detail, "offset_y and offset_x must be finite");
    }
    if (y == 0.0f && (options->offset_y != 0.0f || options->offset_x != 0.0f)) {
        return refuse(detail, "offset_y and offset_x need step_y and step_x");
    }
    return SRD_OK;
}

srd_status srd__overlay_options(srd_overlay_options *ours, const srd_overlay_options *theirs, srd_detail *detail)
{
    const srd_status status =
        srd__options_read(ours, sizeof *ours, theirs, offsetof(srd_overlay_options, step_y), "srd_overlay_options", detail);

    if (status != SRD_OK) return status;
    if (ours->opacity == 0.0f) ours->opacity = 1.0f;
    if (ours->picture_low == 0.0f && ours->picture_high == 0.0f) ours->picture_high = 1.0f;
    if (!is_choice(ours->blend, SRD_BLEND_PRINT)) return refuse(detail, "unknown blend");
    if (!is_choice(ours->grey_picture, 1)) return refuse(detail, "grey_picture must be 0 or 1");
    if (!(ours->opacity > 0.0f && ours->opacity <= 1.0f)) return refuse(detail, "opacity must be above 0 and at most 1");
    if (!is_range(ours->picture_low, ours->picture_high)) {
        return refuse(detail, "picture_low and picture_high must differ, both and their difference be finite");
    }
    return check_place(ours, detail);
}

srd_status srd__render_planes(const srd_tensor *tensor, const char *what, int32_t most, srd__plane *planes, int32_t *count,
                              srd_detail *detail)
{
    const int32_t axes = tensor != NULL ? tensor->rank - 2 : 0; /* before height and width */
    int64_t channels = 1;

    if (tensor == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%s is NULL", what);
    if (srd__want_float32(tensor, what, detail, SRD_LAYER_NONE, NULL) != SRD_OK) return SRD_ERR_ARGUMENT;
    if (axes < 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "%s has rank %d, not height and width", what,
                         tensor->rank);
    }
    for (int32_t i = 0; i < axes; ++i) {
        const int64_t size = tensor->shape[i];

        if (size != 1 && !(i == axes - 1 && size == most)) {
            return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "%s has %l entries along axis %d: take a view of one",
                             what, size, i);
        }
        channels = size;
    }
    if (tensor->shape[axes] > INT32_MAX || tensor->shape[axes + 1] > INT32_MAX) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL, "%s has %l rows and %l columns", what,
                         tensor->shape[axes], tensor->shape[axes + 1]);
    }
    *count = (int32_t)channels;
    for (int32_t c = 0; c < *count; ++c) {
        const int64_t start = channels > 1 ? c * tensor->strides[axes - 1] : 0;

        const srd__plane plane = { .data = (const float *)(const void *)tensor->data + start,
                                   .height = tensor->shape[axes],
                                   .width = tensor->shape[axes + 1],
                                   .row = tensor->strides[axes],
                                   .column = tensor->strides[axes + 1],
                                   .unit = 1.0f };

        planes[c] = plane;
    }
    return SRD_OK;
}

srd_status srd__render_map_plane(const srd_tensor *map, const srd_render_options *options, srd__plane *plane, float range[2],
                                 srd_detail *detail)
{
    srd__extent extent;
    int32_t count;
    srd_status status = srd__render_planes(map, "the map", 1, plane, &count, detail);

    if (status == SRD_OK) status = srd__render_extent(plane, "the map", &extent, detail);
    if (status != SRD_OK) return status;
    plane->magnitude = options->colours != SRD_COLOURS_DIVERGING && options->low >= 0.0f;
    if (options->scaling == SRD_SCALE_RANGE) range[1] = options->high;
    else if (extent.count == 0) range[1] = 1.0f;
    else if (options->scaling == SRD_SCALE_MAX) range[1] = extent.largest;
    else range[1] = srd__render_percentile(plane, extent.count, options->percentile);
    if (options->scaling == SRD_SCALE_RANGE) range[0] = options->low;
    else range[0] = plane->magnitude ? 0.0f : -range[1];

    plane->zero = options->colours == SRD_COLOURS_DIVERGING ? 0.0f : range[0];
    plane->unit = range[1] - plane->zero;
    return SRD_OK;
}

#endif
