/* panel.c -- packing weights, and loading a panel of borrowed ones. */
#include "kernels/panel.h"

/* Blocks of SRD__PANEL output channels in one group. */
static int32_t blocks_of(const srd__weights *weights)
{
    return (weights->outputs / weights->groups + SRD__PANEL - 1) / SRD__PANEL;
}

static int32_t taps_of(const srd__weights *weights)
{
    return weights->kernel_h * weights->kernel_w;
}

/* Where the caller's number of output 0 of a group's block, input channel 0, tap t is. */
static int64_t place_of(const srd__weights *weights, int32_t group, int32_t block, int32_t t)
{
    const ptrdiff_t *const stride = weights->stride;

    return group * weights->group + block * SRD__PANEL * stride[0] + t / weights->kernel_w * stride[2] +
           t % weights->kernel_w * stride[3];
}

/* A panel of a block of a group: rows of SRD__PANEL floats, the first of which begins at element `at`. */
static void load_rows(const srd__weights *weights, int32_t group, int32_t block, int64_t at, int64_t next, int32_t rows,
                      float *to)
{
    const int32_t per_group = weights->outputs / weights->groups;
    srd__run_of_weights run;

    run.at = at;
    run.step = weights->stride[0];
    run.next = next;
    run.output = group * per_group + block * SRD__PANEL;
    run.count = srd__min(SRD__PANEL, per_group - block * SRD__PANEL);
    run.rows = rows;
    srd__weights_decode(weights, &run, to);
}

bool srd__weights_finite(const srd__weights *weights)
{
    const int32_t blocks = blocks_of(weights), taps = taps_of(weights);
    float row[SRD__PANEL];

    for (int32_t b = 0; b < weights->groups * blocks; ++b) {
        for (int32_t c = 0; c < weights->inputs; ++c) {
            for (int32_t t = 0; t < taps; ++t) {
                load_rows(weights, b / blocks, b % blocks,
                          place_of(weights, b / blocks, b % blocks, t) + c * weights->stride[1], 0, 1, row);
                for (int32_t j = 0; j < SRD__PANEL; ++j) {
                    if (!srd__finite(row[j])) return false;
                }
            }
        }
    }
    return true;
}

/* One weight of a depthwise convolution. */
static float weight_at(const srd__weights *weights, int32_t o, int32_t t)
{
    const int32_t per_group = weights->outputs / weights->groups;
    srd__run_of_weights run = { 0, 0, 0, 0, 1, 1 };
    float row[SRD__PANEL];

    run.at = place_of(weights, o / per_group, 0, t) + o % per_group * weights->stride[0];
    run.output = o;
    srd__weights_decode(weights, &run, row);
    return row[0];
}

size_t srd__weights_packed_size(const srd__weights *weights)
{
    const size_t taps = (size_t)taps_of(weights);
    const size_t outputs = srd__weights_depthwise(weights) ? (size_t)weights->outputs
                                                           : (size_t)weights->groups * (size_t)blocks_of(weights) * SRD__PANEL;
    const size_t inputs = (size_t)weights->inputs;

    if (taps > SIZE_MAX / 4 / outputs || taps * outputs > SIZE_MAX / 4 / inputs) return SIZE_MAX;
    return taps * outputs * inputs + SRD__PANEL; /* a panel may be read from a column inside it: see panel.h */
}

void srd__weights_pack(const srd__weights *weights, float *packed)
{
    const int32_t blocks = blocks_of(weights), taps = taps_of(weights);

    if (srd__weights_depthwise(weights)) {
        for (int32_t t = 0; t < taps; ++t) {
            for (int32_t o = 0; o < weights->outputs; ++o) *packed++ = weight_at(weights, o, t);
        }
        return;
    }
    for (int32_t b = 0; b < weights->groups * blocks; ++b) {
        for (int32_t t = 0; t < taps; ++t, packed += (size_t)weights->inputs * SRD__PANEL) {
            load_rows(weights, b / blocks, b % blocks, place_of(weights, b / blocks, b % blocks, t), weights->stride[1],
                      weights->inputs, packed);
        }
    }
}

static srd__panel load(const srd__weights *weights, int32_t group, int32_t block, const srd__tap *tap, int32_t first,
                       int32_t count, float *scratch)
{
    const ptrdiff_t *const stride = weights->stride;
    const int64_t step = tap->pixels > 0 ? stride[1] * tap->pixels : stride[1];
    const int64_t at = tap->pixels > 0 ? place_of(weights, group, block, 0) + (tap->column + tap->tap) * stride[1]
                                       : place_of(weights, group, block, tap->tap);
    const srd__panel panel = { scratch, SRD__PANEL };

    load_rows(weights, group, block, at + first * step, step, count, scratch);
    return panel;
}

srd__panel srd__weights_panel(const srd__weights *weights, int32_t group, int32_t block, const srd__tap *tap, int32_t first,
                              int32_t count, float *scratch)
{
    const float *const packed = weights->packed;
    const size_t blocks = (size_t)blocks_of(weights);
    const size_t channels = (size_t)weights->inputs;
    srd__panel panel;

    if (!SRD_WITH_PACKING || packed == NULL) return load(weights, group, block, tap, first, count, scratch);
    if (tap->pixels > 0) {
        panel.row = (ptrdiff_t)tap->pixels * SRD__PANEL;
        panel.rows = packed + ((size_t)block * channels + (size_t)(tap->column + tap->tap)) * SRD__PANEL +
                     (size_t)first * (size_t)panel.row;
    } else {
        panel.row = SRD__PANEL;
        panel.rows =
            packed + (((((size_t)group * blocks + (size_t)block) * (size_t)taps_of(weights) + (size_t)tap->tap) * channels) +
                      (size_t)first) *
                         SRD__PANEL;
    }
    return panel;
}

const float *srd__weights_row(const srd__weights *weights, int32_t tap)
{
    return weights->packed != NULL ? weights->packed + (size_t)tap * (size_t)weights->outputs : NULL;
}

float srd__weights_single(const srd__weights *weights, int32_t output, int32_t tap)
{
    if (weights->packed != NULL) return weights->packed[(size_t)tap * (size_t)weights->outputs + (size_t)output];
    return weight_at(weights, output, tap);
}
