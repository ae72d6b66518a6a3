/*
 * fast_cases.h -- the list of fast cases, and which of them a segment takes. The tables are in the files of this folder; the
 * cases are called through their tables alone, so their files need no headers of their own.
 */
#ifndef SRD_FAST_FAST_CASES_H
#define SRD_FAST_FAST_CASES_H

#include "explain/fast_case.h"

extern const srd__fast srd__fast_attention_heads, srd__fast_pooled_conv, srd__fast_pooled_linear, srd__fast_first_conv_sums,
    srd__fast_concat_norm, srd__fast_pooled_conv_sums, srd__fast_depthwise_sums, srd__fast_residual, srd__fast_active_weights,
    srd__fast_first_conv, srd__fast_depthwise;

/* All cases that this build has, in the order in which they are asked; ends with NULL. */
extern const srd__fast *const srd__fast_cases[];

/* Chooses the cases of a segment whose lanes are bound: the first that fits takes each part of the work. */
void srd__choose_fast(const srd_explainer *ex, srd__bound *bound);

#endif
