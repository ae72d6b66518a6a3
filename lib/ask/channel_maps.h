/* channel_maps.h -- relevance of an input per channel, of a question. */
#ifndef SRD_ASK_CHANNEL_MAPS_H
#define SRD_ASK_CHANNEL_MAPS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_CHANNEL_MAPS
/* Questions: relevance of the segment's site goes down per channel. */
void srd__channels_spread(srd_explainer *ex, const srd__bound *bound);

/* Where the head notes <P, g> of a path, by position; NULL if no channels are kept there. */
float *srd__channels_head_totals(srd_explainer *ex, const srd__bound *bound, int32_t path);

/* After the head has visited all positions of the segment: the first maps per channel. */
void srd__channels_head(srd_explainer *ex, const srd__bound *bound);

/* The same for an input that the direction has reached alone: x_c g_c. */
void srd__channels_source(srd_explainer *ex, int32_t layer);

/* The head's maps of an input are complete. */
void srd__channels_take_top(srd_explainer *ex, int32_t layer, bool contrastive);

#else /* left out of this build */
static inline void srd__channels_spread(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

static inline float *srd__channels_head_totals(srd_explainer *ex, const srd__bound *bound, int32_t path)
{
    (void)ex, (void)bound, (void)path;
    return NULL;
}

static inline void srd__channels_head(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

static inline void srd__channels_source(srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
}

static inline void srd__channels_take_top(srd_explainer *ex, int32_t layer, bool contrastive)
{
    (void)ex, (void)layer, (void)contrastive;
}
#endif

#endif
