/* panel.c -- packing weights, and loading a panel of borrowed ones. */
#include "kernels/panel.h"

bool srd__weights_depthwise(const srd__layer *layer)
{
    return layer->before == 1 && layer->groups > 1;
}

/* Blocks of SRD__PANEL output channels in one group. */
static int32_t blocks_of(const srd__layer *layer)
{
    return (layer->channels / layer->groups + SRD__PANEL - 1) / SRD__PANEL;
}

static int32_t taps_of(const srd__layer *layer)
{
    return layer->window.kernel_h * layer->window.kernel_w;
}

/* The caller's weight of output o, input channel c of its group, tap t. */
static float weight_at(const srd__layer *layer, int32_t o, int32_t c, int32_t t)
{
    const int64_t *const stride = layer->weight.stride;
    const int32_t per_group = layer->channels / layer->groups;

    return layer->weight.data[o / per_group * layer->weight.group + o % per_group * stride[0] + c * stride[1] +
                              t / layer->window.kernel_w * stride[2] + t % layer->window.kernel_w * stride[3]];
}

bool srd__weights_finite(const srd__layer *layer)
{
    const int32_t taps = taps_of(layer);

    for (int32_t o = 0; o < layer->channels; ++o) {
        for (int32_t c = 0; c < layer->before; ++c) {
            for (int32_t t = 0; t < taps; ++t) {
                if (!srd__finite(weight_at(layer, o, c, t))) return false;
            }
        }
    }
    return true;
}

size_t srd__weights_packed_size(const srd__layer *layer)
{
    const size_t taps = (size_t)taps_of(layer);
    const size_t outputs =
        srd__weights_depthwise(layer) ? (size_t)layer->channels : (size_t)layer->groups * (size_t)blocks_of(layer) * SRD__PANEL;
    const size_t inputs = (size_t)layer->before;

    if (taps > SIZE_MAX / 4 / outputs || taps * outputs > SIZE_MAX / 4 / inputs) return SIZE_MAX;
    return taps * outputs * inputs + SRD__PANEL; /* a panel may be read from a column inside it: see panel.h */
}

void srd__weights_pack(const srd__layer *layer, float *packed)
{
    const int32_t taps = taps_of(layer), per_group = layer->channels / layer->groups;

    if (srd__weights_depthwise(layer)) {
        for (int32_t t = 0; t < taps; ++t) {
            for (int32_t o = 0; o < layer->channels; ++o) *packed++ = weight_at(layer, o, 0, t);
        }
        return;
    }
    for (int32_t g = 0; g < layer->groups; ++g) {
        for (int32_t o = 0; o < per_group; o += SRD__PANEL) {
            for (int32_t t = 0; t < taps; ++t) {
                for (int32_t c = 0; c < layer->before; ++c) {
                    for (int32_t j = 0; j < SRD__PANEL; ++j) {
                        *packed++ = o + j < per_group ? weight_at(layer, g * per_group + o + j, c, t) : 0.0f;
                    }
                }
            }
        }
    }
}

static srd__panel load(const srd__layer *layer, int32_t group, int32_t block, const srd__tap *tap, int32_t first, int32_t count,
                       float *scratch)
{
    const int32_t per_group = layer->channels / layer->groups;
    const int32_t outputs = srd__min(SRD__PANEL, per_group - block * SRD__PANEL);
    const int64_t *const stride = layer->weight.stride;
    const float *at = layer->weight.data + group * layer->weight.group + block * SRD__PANEL * stride[0];
    const int64_t step = tap->pixels > 0 ? stride[1] * tap->pixels : stride[1];
    const srd__panel panel = { scratch, SRD__PANEL };

    if (tap->pixels > 0) at += (tap->column + tap->tap) * stride[1];
    else at += tap->tap / layer->window.kernel_w * stride[2] + tap->tap % layer->window.kernel_w * stride[3];
    for (int32_t c = 0; c < count; ++c) {
        const float *const from = at + (first + c) * step;
        float *const to = scratch + (size_t)c * SRD__PANEL;

        for (int32_t j = 0; j < outputs; ++j) to[j] = from[j * stride[0]];
        for (int32_t j = outputs; j < SRD__PANEL; ++j) to[j] = 0.0f;
    }
    return panel;
}

srd__panel srd__weights_panel(const srd__layer *layer, int32_t group, int32_t block, const srd__tap *tap, int32_t first,
                              int32_t count, float *scratch)
{
    const float *const packed = layer->weight.packed;
    const size_t blocks = (size_t)blocks_of(layer);
    const size_t channels = (size_t)layer->before;
    srd__panel panel;

    if (packed == NULL) return load(layer, group, block, tap, first, count, scratch);
    if (tap->pixels > 0) {
        panel.row = (ptrdiff_t)tap->pixels * SRD__PANEL;
        panel.rows = packed + ((size_t)block * channels + (size_t)(tap->column + tap->tap)) * SRD__PANEL +
                     (size_t)first * (size_t)panel.row;
    } else {
        panel.row = SRD__PANEL;
        panel.rows =
            packed + (((((size_t)group * blocks + (size_t)block) * (size_t)taps_of(layer) + (size_t)tap->tap) * channels) +
                      (size_t)first) *
                         SRD__PANEL;
    }
    return panel;
}

const float *srd__weights_row(const srd__layer *layer, int32_t tap)
{
    return layer->weight.packed != NULL ? layer->weight.packed + (size_t)tap * (size_t)layer->channels : NULL;
}

float srd__weights_single(const srd__layer *layer, int32_t output, int32_t tap)
{
    if (layer->weight.packed != NULL) return layer->weight.packed[(size_t)tap * (size_t)layer->channels + (size_t)output];
    return weight_at(layer, output, 0, tap);
}
