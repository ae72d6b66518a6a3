/* unmixed.h -- contributions of lanes without a mixing layer. */
#ifndef SRD_TILES_UNMIXED_H
#define SRD_TILES_UNMIXED_H

#include "explain/explainer_impl.h"

/*
 * Contributions of a lane without a mixing layer, or of a constant, for channels [first, first + count), added to u of
 * path `from`: [block][path][pixel][SRD__PANEL].
 */
void srd__direct(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__scratch *scratch,
                 int32_t p, int32_t pixels, int32_t first, int32_t count, int32_t from, int32_t to);

#endif
