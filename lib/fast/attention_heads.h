/* attention_heads.h -- a token-wise linear layer above an attention, by head. */
#ifndef SRD_FAST_ATTENTION_HEADS_H
#define SRD_FAST_ATTENTION_HEADS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_ATTENTION
/* mixing above an attention, by head (METHOD section 9). */
bool srd__attends(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);

size_t srd__attend_bytes(const srd_explainer *ex, const srd__bound *bound);

/* Fills the heads of the segment's attention; then its contributions can be had until ex->attending changes. */
void srd__attend_begin(srd_explainer *ex, const srd__bound *bound);

/* Contributions of paths [from, to) to positions [p, p + pixels), channels [first, first + count), added to u of path from. */
void srd__attend(const srd_explainer *ex, const srd__bound *bound, float *u, int32_t p, int32_t pixels, int32_t first,
                 int32_t from, int32_t to);

#else /* left out of this build */
static inline bool srd__attends(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    (void)ex, (void)bound, (void)lane;
    return false;
}

static inline size_t srd__attend_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
    return 0;
}

static inline void srd__attend_begin(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

static inline void srd__attend(const srd_explainer *ex, const srd__bound *bound, float *u, int32_t p, int32_t pixels,
                               int32_t first, int32_t from, int32_t to)
{
    (void)ex, (void)bound, (void)u, (void)p, (void)pixels, (void)first, (void)from, (void)to;
}
#endif

#endif
