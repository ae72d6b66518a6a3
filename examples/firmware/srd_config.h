/*
 * srd_config.h -- the library for this firmware: -DSRD_CONFIG='"srd_config.h"' when its sources are compiled (with CMake
 * -DSRD_CONFIG=PATH; the toolchain files for Cortex-M take this one). What is not named keeps its default, which is all there is.
 */
#ifndef FIRMWARE_SRD_CONFIG_H
#define FIRMWARE_SRD_CONFIG_H

/* No heap: who gives no memory gets SRD_ERR_ARGUMENT. A failure is a status and a layer's name, without a sentence. */
#define SRD_WITH_MALLOC 0
#ifndef SRD_WITH_TEXTS
#define SRD_WITH_TEXTS 0
#endif
#define SRD_WITH_RENDER 0

/* Pieces of 8 bytes: no wide registers, no cache lines. */
#define SRD_GRAIN 8

/* Eight output channels at a time, and a tile's contributions: 5 KB, 16 positions of a convolution with 9 taps and a shortcut, instead
 * of the 48 KB that a desktop's nearest cache holds. */
#ifndef SRD_PANEL
#define SRD_PANEL 8
#endif
#ifndef SRD_TILE_FLOATS
#define SRD_TILE_FLOATS 1280
#endif
#ifndef SRD_PANEL_ROWS
#define SRD_PANEL_ROWS 16
#endif
#ifndef SRD_BUNDLE
#define SRD_BUNDLE 4
#endif
/* Tiles before the weights are read again: they are near anyhow, and each tile wants sums of its own. */
#ifndef SRD_UNIT_TILES
#define SRD_UNIT_TILES 1
#endif
/* The first convolution is added up in double only where the processor has that. */
#if !defined(SRD_EXACT_FIRST) && (!defined(__ARM_FP) || (__ARM_FP & 8) == 0)
#define SRD_EXACT_FIRST 0
#endif

/* Sums without contributions are faster where memory is slow and registers are wide. Here a run with ratios takes 2 % fewer
 * instructions without them, and the code is 8 KB smaller. */
#ifndef SRD_WITH_WHOLE_SUMS
#define SRD_WITH_WHOLE_SUMS 0
#endif

/* What networks of that kind do not need of paths either: see docs/porting.md. */
#ifndef FIRMWARE_ALL_LAYERS
#define SRD_WITH_FLAT_WAYS 0
#define SRD_WITH_MANY_WAYS 0
#endif

/* Kinds of layers that VGG and ResNet do not have. */
#ifndef FIRMWARE_ALL_LAYERS
#define SRD_WITH_ADAPTIVE_AVG_POOL2D 0
#define SRD_WITH_ATTENTION 0
#define SRD_WITH_BLOCKS 0
#define SRD_WITH_CLIP 0
#define SRD_WITH_CONCAT 0
#define SRD_WITH_CONSTANT 0
#define SRD_WITH_CONV_TRANSPOSE2D 0
#define SRD_WITH_CURVES 0
#define SRD_WITH_CUSTOM 0
#define SRD_WITH_GATE 0
#define SRD_WITH_GROUP_NORM 0
#define SRD_WITH_LAYER_NORM 0
#define SRD_WITH_LEAKY_RELU 0
#define SRD_WITH_LOCAL_RESPONSE_NORM 0
#define SRD_WITH_MOVES 0
#define SRD_WITH_PAD 0
#define SRD_WITH_POSITION_MOVES 0
#define SRD_WITH_PRELU 0
#define SRD_WITH_SOFTMAX 0
#define SRD_WITH_UPSAMPLE 0
#define SRD_WITH_VIEWS 0
#endif

#endif
