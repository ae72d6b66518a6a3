/*
 * srd_small.h -- the library of srd_config.h without all that one picture, one class and one map do not need, and in the ways that take
 * least code. docs/porting.md has a table of what each switch saves.
 */
#ifndef FIRMWARE_SRD_SMALL_H
#define FIRMWARE_SRD_SMALL_H

#include "srd_config.h"

/* Calls and options that are left out end with SRD_ERR_UNSUPPORTED. */
#define SRD_WITH_BATCH 0
#define SRD_WITH_CALLBACKS 0
#define SRD_WITH_CHANNEL_MAPS 0
#define SRD_WITH_CONTRASTIVE 0
#define SRD_WITH_FLOAT16 0
#define SRD_WITH_FUNCTIONS 0
#define SRD_WITH_GIVEN 0
#define SRD_WITH_GRADCAM 0
#define SRD_WITH_GROUPS 0
#define SRD_WITH_INNER_MAPS 0
#define SRD_WITH_PACKING 0
#define SRD_WITH_PATTERNS 0
#define SRD_WITH_RATIOS_FLOAT16 0
#define SRD_WITH_RATIOS_RECOMPUTED 0
#define SRD_WITH_REPORTS 0
#define SRD_WITH_STARTS 0
#define SRD_WITH_TARGETS 0

/* Slower ways to the same numbers. */
#define SRD_WITH_LARGE_PLANS 0
#define SRD_WITH_POOL_LISTS 0
#define SRD_WITH_SHORTCUTS 0

/* Less code for more memory: 0.8 KB of code would save 19 KB of ResNet-8 with ratios. Whoever has room for that defines it as 1. */
#ifndef SRD_WITH_SLIDING
#define SRD_WITH_SLIDING 0
#endif

#endif
