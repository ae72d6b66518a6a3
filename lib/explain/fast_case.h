/*
 * fast_case.h -- the interface of a fast case: a kind of segment, or of a branch in one, whose numbers can be had for less than in the
 * general way, which writes every contribution down (tiles/contributions.c). The cases are in fast/, one file each, and
 * fast/fast_cases.c lists them. An explainer chooses when it is made; whoever runs a segment asks only for the entries below.
 *
 * A segment has up to four cases at a time, one for each part of the work that a case takes over.
 */
#ifndef SRD_EXPLAIN_FAST_CASE_H
#define SRD_EXPLAIN_FAST_CASE_H

#include "explain/types.h"

/* What a case takes over. */
#define SRD__TAKES_SEGMENT 0 /* y of the whole segment, and often its sums: srd__bound.fast */
#define SRD__TAKES_BRANCH 1  /* the contributions of one branch with a mixing layer: srd__bound.fast_branch, branch */
#define SRD__TAKES_SHORTCUT \
    2                     /* a branch without a mixing layer, whose contributions are added to y where they lie:
                                 srd__bound.fast_shortcut, shortcut */
#define SRD__TAKES_HEAD 3 /* the direction of a head on its way down through the segment: srd__bound.fast_head */

/* Rows, numbers and pointers that a segment wants of a worker's scratch (srd__scratch). A case may change what is there. */
typedef struct srd__scratch_needs {
    size_t u, y;    /* rows of SRD__PANEL floats */
    size_t exact;   /* rows of SRD__TILE_PIXELS doubles */
    size_t x;       /* rows of SRD__TILE_PIXELS pointers */
    size_t panel;   /* rows of borrowed weights, beside those of the general way */
    bool all_rows;  /* the case takes all rows of borrowed weights at once */
    size_t sources; /* doubles, by channel: sums of sources */
} srd__scratch_needs;

/* Entries that are NULL are not part of the case. `t` is the tile; blocks of output channels are [first, first + count). */
struct srd__fast {
    const char *name;
    uint8_t takes;         /* SRD__TAKES_... */
    uint8_t store;         /* SRD__STORE_CASE or SRD__STORE_BRANCH_CASE, with store_bytes */
    uint8_t forward;       /* 1: also where no ratios are computed */
    uint8_t again;         /* 1: also where a question computes ratios again */
    uint8_t one_block;     /* 1: works on one block of output channels at a time */
    uint8_t one_tile;      /* 1: what lies ready for a tile serves all its blocks, so that a unit of work is one tile */
    uint8_t full_tiles;    /* 1: contributions are not written down, so that tiles are as wide as kernels allow */
    uint8_t pixel_weights; /* 1: every pixel reads rows of the weights of its own, which should be near */
    uint8_t whole;         /* 1: workers do not share its output channels */
    uint8_t ahead;         /* 1: reads its sources before, or not tile by tile, so that y may not slide over them */
    uint8_t reads_pools;   /* 1: reads the values of pools below, not only what they chose from */
    /* Can it do the segment, or this branch of it? Asked in the order of the list, when the segment is bound to sizes. */
    bool (*fits)(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);
    /* Bytes that begin() fills, of the store. */
    size_t (*store_bytes)(const srd_explainer *ex, const srd__bound *bound);
    /* The layer below whose values begin() reads, beside those that the lanes read. */
    int32_t (*reads)(const srd_explainer *ex, const srd__bound *bound);
    void (*needs)(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *needs);
    /* Before a run of the segment; of cases with tile() only if that is called. */
    void (*begin)(srd_explainer *ex, const srd__bound *bound);
    /* u of the segment or branch, as srd__tile_u() has it: written (segment), or added to zeros (branch). */
    void (*contributions)(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__wanted *e);
    /* y of some blocks without the bias, into s->y; and all u into s->u, if there is room and nobody else makes the sums. */
    void (*y)(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
              int32_t count);
    /* Shortcut: adds its contributions to y of some blocks, [block][pixel][SRD__PANEL]. */
    void (*add)(const srd_explainer *ex, const srd__bound *bound, const srd__tile *t, int32_t first, int32_t count, float *y);
    /* With complete y of some blocks in s->y: their part of <u, u> (if norms are wanted) and <u, y>. */
    void (*block_sums)(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                       int32_t count, bool norms);
    /* The same when y of all channels is in the value; begin: the first position of the unit of work. */
    void (*late_sums)(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t begin,
                      float *value, bool norms);
    /* y of a tile with its bias into the value, or from it if it is given, and all sums. False if a NaN or Inf appeared. */
    bool (*tile)(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, float *value,
                 bool norms, bool given, const srd__finish *finish);
    /* Ratios from the complete y, without sums. */
    void (*late_ratios)(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const float *y,
                        const srd__ratios *ratios);
    /* Head: carries its direction through the only tap of the segment, as srd__tap_transpose() does. Returns false and does nothing
     * where that does not pay or does not hold this time; the caller then takes the general way. */
    bool (*transpose)(const srd_explainer *ex, srd__bound *bound, srd__scratch *s, const float *direction);
};

/* A text for people, which builds without texts have no room for. */
#define SRD__CASE_NAME(text) (SRD_WITH_TEXTS ? (text) : "")

/* Whether a build has cases that take over a part; else the compiler sees that there are none. */
#define SRD__SEGMENT_CASES (SRD_EXACT_FIRST || SRD_WITH_GROUPS || SRD_WITH_WHOLE_SUMS)
#define SRD__BRANCH_CASES (SRD_WITH_ATTENTION || SRD_WITH_POOL_LISTS)

/* The case of each part, or NULL: the general way. */
static inline const srd__fast *srd__segment_case(const srd__bound *bound)
{
    return SRD__SEGMENT_CASES ? bound->fast : NULL;
}

static inline const srd__fast *srd__branch_case(const srd__bound *bound)
{
    return SRD__BRANCH_CASES ? bound->fast_branch : NULL;
}

static inline const srd__fast *srd__shortcut_case(const srd__bound *bound)
{
    return SRD_WITH_WHOLE_SUMS ? bound->fast_shortcut : NULL;
}

static inline const srd__fast *srd__head_case(const srd__bound *bound)
{
    return SRD_WITH_WHOLE_SUMS ? bound->fast_head : NULL;
}

/* Paths whose contributions a shortcut adds where they lie; they are the first or the last of the segment. */
static inline int32_t srd__shortcut_paths(const srd__bound *bound)
{
    return srd__shortcut_case(bound) != NULL ? bound->shortcut->span : 0;
}

#endif
