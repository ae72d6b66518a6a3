/*
 * panel.h -- weights as the kernels want them.
 *
 * Kernels work on SRD__PANEL output channels at a time. A panel holds, for one kernel tap and one block of output channels,
 * a row of SRD__PANEL weights for each input channel: panel[c * row + j] = w(output block * SRD__PANEL + j, c, tap), zeros
 * behind the last output channel of a group. Packed weights are panels laid end to end; borrowed ones are decoded into a
 * scratch panel by the loader, so kernels never know the difference, nor the weights' number type.
 *
 * Packed order: convolution [group][block][tap][input channel][SRD__PANEL]; depthwise (one input channel per group)
 * [tap][output channel]; fully connected [block][column][SRD__PANEL], column = flattened input number. Behind the last panel
 * lie SRD__PANEL zeros, because a reader that needs the outputs from the k-th of a panel on reads rows + k.
 */
#ifndef SRD_KERNELS_PANEL_H
#define SRD_KERNELS_PANEL_H

#include "base/platform.h"
#include "srd/tensor.h"

#define SRD__PANEL SRD_PANEL

/*
 * Weights where the caller left them, and, unless they are borrowed, the kernels' copy. A convolution has kernel_h * kernel_w taps, a
 * fully connected layer one; `inputs` are the input channels of one group, or the columns of a fully connected layer.
 */
typedef struct srd__weights {
    const void *data;                /* of `type`; NULL once packed */
    const float *scale;              /* int8: [outputs]: w = scale * (q - zero) */
    const int8_t *zero;              /* int8: [outputs], or NULL: 0 */
    ptrdiff_t stride[4];             /* in elements: output of a group, input, row, column */
    ptrdiff_t group;                 /* elements from one group to the next */
    float *packed;                   /* NULL: read data through the panel loader */
    int32_t outputs, groups, inputs; /* outputs: of all groups */
    int32_t kernel_h, kernel_w;
    int32_t type; /* SRD_FLOAT32, SRD_FLOAT16 or SRD_INT8 */
} srd__weights;

/* Rows of a panel: input channel c at rows + c * row. */
typedef struct srd__panel {
    const float *rows;
    ptrdiff_t row;
} srd__panel;

/* Where a tap's weights lie. For a fully connected layer tap is a position among `pixels` of a piece at `column`. */
typedef struct srd__tap {
    int32_t tap;
    int32_t pixels; /* positions of the piece; 0: not a fully connected layer */
    int32_t column; /* first column of the piece */
} srd__tap;

/* One input channel per group, but more than one group: packed and computed channel by channel. */
static inline bool srd__weights_depthwise(const srd__weights *weights)
{
    return SRD_WITH_GROUPS && weights->inputs == 1 && weights->groups > 1;
}

/* The float of a binary16 number. */
float srd__half(uint16_t half);

/* Numbers of the caller's: that of row c and output channel `output` + j (of all groups) is element at + c * next + j * step. */
typedef struct srd__run_of_weights {
    int64_t at, step, next;
    int32_t output, count; /* count is at most SRD__PANEL */
    int32_t rows;
} srd__run_of_weights;

/* Their floats, in rows of SRD__PANEL with zeros behind count. Everything that reads the caller's weights comes through here. */
void srd__weights_decode(const srd__weights *weights, const srd__run_of_weights *run, float *to);

bool srd__weights_finite(const srd__weights *weights);

/* Floats of the packed copy; SIZE_MAX if they do not fit. */
size_t srd__weights_packed_size(const srd__weights *weights);
void srd__weights_pack(const srd__weights *weights, float *packed);

/* Depthwise, packed: the weights of a tap, one per output channel. NULL if the weights are borrowed. */
const float *srd__weights_row(const srd__weights *weights, int32_t tap);

/*
 * The panel of (group, block, tap) for input channels [first, first + count) of the group; scratch holds
 * (count + 1) * SRD__PANEL floats and is used when the weights are borrowed.
 */
srd__panel srd__weights_panel(const srd__weights *weights, int32_t group, int32_t block, const srd__tap *tap, int32_t first,
                              int32_t count, float *scratch);

/* One weight of a depthwise convolution. */
float srd__weights_single(const srd__weights *weights, int32_t output, int32_t tap);

#endif
