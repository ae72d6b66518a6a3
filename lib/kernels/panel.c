/* panel.c -- packing weights, and loading a panel of borrowed ones. */
#include "kernels/panel.h"

/* Blocks of SRD__PANEL output channels in one group. */
static int32_t blocks_of(const srd__layer *layer)
{
    return (layer->channels / layer->groups + SRD__PANEL - 1) / SRD__PANEL;
}

static int32_t taps_of(const srd__layer *layer)
{
    return layer->window.kernel_h * layer->window.kernel_w;
}

/* Where the caller's number of output 0 of a group's block, input channel 0, tap t is. */
static int64_t place_of(const srd__layer *layer, int32_t group, int32_t block, int32_t t)
{
    const int64_t *const stride = layer->weight.stride;

    return group * layer->weight.group + block * SRD__PANEL * stride[0] + t / layer->window.kernel_w * stride[2] +
           t % layer->window.kernel_w * stride[3];
}

/* A panel of a block of a group: rows of SRD__PANEL floats, the first of which begins at element `at`. */
static void load_rows(const srd__layer *layer, int32_t group, int32_t block, int64_t at, int64_t next, int32_t rows, float *to)
{
    const int32_t per_group = layer->channels / layer->groups;
    srd__run_of_weights run;

    run.at = at;
    run.step = layer->weight.stride[0];
    run.next = next;
    run.output = group * per_group + block * SRD__PANEL;
    run.count = srd__min(SRD__PANEL, per_group - block * SRD__PANEL);
    run.rows = rows;
    srd__weights_decode(&layer->weight, &run, to);
}

bool srd__weights_finite(const srd__layer *layer)
{
    const int32_t blocks = blocks_of(layer), taps = taps_of(layer);
    float row[SRD__PANEL];

    for (int32_t b = 0; b < layer->groups * blocks; ++b) {
        for (int32_t c = 0; c < layer->before; ++c) {
            for (int32_t t = 0; t < taps; ++t) {
                load_rows(layer, b / blocks, b % blocks,
                          place_of(layer, b / blocks, b % blocks, t) + c * layer->weight.stride[1], 0, 1, row);
                for (int32_t j = 0; j < SRD__PANEL; ++j) {
                    if (!srd__finite(row[j])) return false;
                }
            }
        }
    }
    return true;
}

/* One weight of a depthwise convolution. */
static float weight_at(const srd__layer *layer, int32_t o, int32_t t)
{
    const int32_t per_group = layer->channels / layer->groups;
    srd__run_of_weights run = { 0, 0, 0, 0, 1, 1 };
    float row[SRD__PANEL];

    run.at = place_of(layer, o / per_group, 0, t) + o % per_group * layer->weight.stride[0];
    run.output = o;
    srd__weights_decode(&layer->weight, &run, row);
    return row[0];
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
    const int32_t blocks = blocks_of(layer), taps = taps_of(layer);

    if (srd__weights_depthwise(layer)) {
        for (int32_t t = 0; t < taps; ++t) {
            for (int32_t o = 0; o < layer->channels; ++o) *packed++ = weight_at(layer, o, t);
        }
        return;
    }
    for (int32_t b = 0; b < layer->groups * blocks; ++b) {
        for (int32_t t = 0; t < taps; ++t, packed += (size_t)layer->before * SRD__PANEL) {
            load_rows(layer, b / blocks, b % blocks, place_of(layer, b / blocks, b % blocks, t), layer->weight.stride[1],
                      layer->before, packed);
        }
    }
}

static srd__panel load(const srd__layer *layer, int32_t group, int32_t block, const srd__tap *tap, int32_t first, int32_t count,
                       float *scratch)
{
    const int64_t *const stride = layer->weight.stride;
    const int64_t step = tap->pixels > 0 ? stride[1] * tap->pixels : stride[1];
    const int64_t at = tap->pixels > 0 ? place_of(layer, group, block, 0) + (tap->column + tap->tap) * stride[1]
                                       : place_of(layer, group, block, tap->tap);
    const srd__panel panel = { scratch, SRD__PANEL };

    load_rows(layer, group, block, at + first * step, step, count, scratch);
    return panel;
}

srd__panel srd__weights_panel(const srd__layer *layer, int32_t group, int32_t block, const srd__tap *tap, int32_t first,
                              int32_t count, float *scratch)
{
    const float *const packed = layer->weight.packed;
    const size_t blocks = (size_t)blocks_of(layer);
    const size_t channels = (size_t)layer->before;
    srd__panel panel;

    if (!SRD_WITH_PACKING || packed == NULL) return load(layer, group, block, tap, first, count, scratch);
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
    return weight_at(layer, output, tap);
}
