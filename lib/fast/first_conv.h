/* first_conv.h -- a convolution over an input alone, whose y is added up in double: entries that first_conv_sums.c has, too. */
#ifndef SRD_FAST_FIRST_CONV_H
#define SRD_FAST_FIRST_CONV_H

#include "explain/fast_case.h"

/* One convolution over an input alone, with few enough products per number? */
bool srd__is_first_conv(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);

/* The entries of srd__fast of these names. */
void srd__first_conv_needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *needs);
void srd__first_conv_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__wanted *w);
void srd__first_conv_y(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, const srd__tile *t,
                       int32_t first, int32_t count);

#endif
