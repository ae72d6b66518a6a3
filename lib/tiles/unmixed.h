/* unmixed.h -- contributions of lanes without a mixing layer. */
#ifndef SRD_TILES_UNMIXED_H
#define SRD_TILES_UNMIXED_H

#include "explain/explainer_impl.h"

/*
 * Contributions of a lane without a mixing layer, or of a constant, added to u, [block][path][pixel][SRD__PANEL],
 * whose first path is e->from.
 */
void srd__direct(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, const srd__scratch *scratch,
                 const srd__wanted *e);

#endif
