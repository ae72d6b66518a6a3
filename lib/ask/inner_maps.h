/* inner_maps.h -- relevance at layers inside a segment, of a question. */
#ifndef SRD_ASK_INNER_MAPS_H
#define SRD_ASK_INNER_MAPS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_INNER_MAPS
/* Questions. reach: what can arrive at the sources of a segment (SRD__REACH_...) shows at its inner layers. Then: which maps
 * are wanted, what a segment passes on, and whether a map has overflowed. */
void srd__inner_reach(srd_explainer *ex, const srd__bound *bound, uint8_t reach);

void srd__inner_ask(srd_explainer *ex, const srd_layer *layers, int32_t count);

void srd__inner_spread(srd_explainer *ex, const srd__bound *bound);

/* Position p of a head's segment, where the direction g becomes relevance: shares are <P, g> by path. */
void srd__inner_head(srd_explainer *ex, const srd__bound *bound, int32_t p, const float *g, const float *shares);

void srd__inner_check(srd_explainer *ex);

#else /* left out of this build */
static inline void srd__inner_reach(srd_explainer *ex, const srd__bound *bound, uint8_t reach)
{
    (void)ex, (void)bound, (void)reach;
}

static inline void srd__inner_ask(srd_explainer *ex, const srd_layer *layers, int32_t count)
{
    (void)ex, (void)layers, (void)count;
}

static inline void srd__inner_spread(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

static inline void srd__inner_head(srd_explainer *ex, const srd__bound *bound, int32_t p, const float *g, const float *shares)
{
    (void)ex, (void)bound, (void)p, (void)g, (void)shares;
}

static inline void srd__inner_check(srd_explainer *ex)
{
    (void)ex;
}
#endif

#endif
