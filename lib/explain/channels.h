/* channels.h -- relevance of an input per channel; see channels.c. */
#ifndef SRD_EXPLAIN_CHANNELS_H
#define SRD_EXPLAIN_CHANNELS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_CHANNEL_MAPS
/* Channels of the largest input below a segment that is kept with SRD_KEEP_CHANNELS; 0: there is none. */
int32_t srd__channels_most(const srd_explainer *ex, const srd__bound *bound);

/* The step after such a segment: its ratios per channel. */
void srd__channels_run(srd_explainer *ex, const srd__bound *bound);

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

#else /* nothing is kept by channel */
static inline int32_t srd__channels_most(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
    return 0;
}

static inline void srd__channels_run(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

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
