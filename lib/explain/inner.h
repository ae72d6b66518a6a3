/*
 * inner.h -- relevance at layers inside a segment (METHOD section 7): gather layers and swallowed layers, as places where a
 * question's map is wanted. They never cut a segment; what is known of its paths is only added up in another way.
 *
 * A path that goes through one position of the layer, or through none, counts there with its whole share. A path that goes
 * several ways (pools of pools, a concat of what it concats) has parts, one per position and one for the ways beside the
 * layer; `fine` is the segment once more, with a path for each part.
 */
#ifndef SRD_EXPLAIN_INNER_H
#define SRD_EXPLAIN_INNER_H

#include "explain/explainer_impl.h"

#define SRD__WAY_NONE 0  /* the lane does not go through the layer */
#define SRD__WAY_Y 1     /* all its paths do: a swallowed layer, at the position of y */
#define SRD__WAY_TOP 2   /* all its paths do: a flatten, or a concat of vectors, above the root; it has one position */
#define SRD__WAY_TABLE 3 /* table: [position of the grid][slot] position of the layer, or -1 */
#define SRD__WAY_SPLIT 4 /* see fine; table: [position of the grid][slot of the fine lane] slot of the lane */

/* How the paths of one lane go through an inner layer. */
typedef struct srd__way {
    int32_t *table;
    int32_t how;
    /* 1: the lane's paths go through the layer above the root, as SRD__WAY_TOP says. Where a twin's paths do not, `how` is
     * SRD__WAY_SPLIT instead, and there is no table. */
    int32_t top;
} srd__way;

/* One inner layer in one segment. */
typedef struct srd__inner {
    srd__way *ways;       /* by lane */
    srd__bound *fine;     /* paths are parts, of split lanes only; NULL: nothing is split */
    size_t offset, bytes; /* parts of the ratios, [part][position] floats, among what an image keeps */
    int32_t layer, bound; /* bound: index of the segment */
} srd__inner;

#if SRD_WITH_INNER_MAPS
/* inner_bind.c: after the segments are bound. */
srd_status srd__inner_bind(srd_explainer *ex, srd_detail *detail);

/* Has the segment an inner layer with parts, so that it needs a step of its own? */
bool srd__inner_splits(const srd_explainer *ex, const srd__bound *bound);
/* Gives the parts of all segments their place among what an image keeps. */
void srd__inner_place(srd_explainer *ex);
/* Bytes kept per image for the map of a layer. */
size_t srd__inner_bytes(const srd_explainer *ex, int32_t layer);
/* Raises the needs of a worker's scratch: contributions, parts and paths at a time. */
void srd__inner_most(const srd_explainer *ex, size_t *u, size_t *parts, size_t *paths);

/* The step after a segment: its ratios, part by part. */
void srd__inner_run(srd_explainer *ex, const srd__bound *bound);

/* Questions. reach: what can arrive at the sources of a segment (SRD__REACH_...) shows at its inner layers. Then: which maps
 * are wanted, what a segment passes on, and whether a map has overflowed. */
void srd__inner_reach(srd_explainer *ex, const srd__bound *bound, uint8_t reach);
void srd__inner_ask(srd_explainer *ex, const srd_layer *layers, int32_t count);
void srd__inner_spread(srd_explainer *ex, const srd__bound *bound);
/* Position p of a head's segment, where the direction g becomes relevance: shares are <P, g> by path. */
void srd__inner_head(srd_explainer *ex, const srd__bound *bound, int32_t p, const float *g, const float *shares);
void srd__inner_check(srd_explainer *ex);

#else /* there are no inner layers with maps */
static inline srd_status srd__inner_bind(srd_explainer *ex, srd_detail *detail)
{
    (void)ex, (void)detail;
    return SRD_OK;
}

static inline bool srd__inner_splits(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
    return false;
}

static inline void srd__inner_place(srd_explainer *ex)
{
    (void)ex;
}

static inline size_t srd__inner_bytes(const srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return 0;
}

static inline void srd__inner_most(const srd_explainer *ex, size_t *u, size_t *parts, size_t *paths)
{
    (void)ex, (void)u, (void)parts, (void)paths;
}

static inline void srd__inner_run(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

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
