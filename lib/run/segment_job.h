/* segment_job.h -- a segment that is being run: what run_segment.c and segment_blocks.c know of it. */
#ifndef SRD_RUN_SEGMENT_JOB_H
#define SRD_RUN_SEGMENT_JOB_H

#include "explain/explainer_impl.h"
#include "tiles/ratio_store.h"

typedef struct srd__job {
    srd_explainer *ex;
    srd__bound *bound;
    float *value, *keep_y, *keep_u;
    const srd__ratios *ratios; /* NULL: there are none to be computed */
    int32_t first_unit;
    bool again;       /* ratios alone, of a segment whose values were made before: see rerun.h */
    bool summed;      /* by the tile() of a fast case, whose units are of one tile */
    bool late_ratios; /* a fast case has one, which needs no sums */
    bool sums;        /* of contributions are wanted, */
    bool norms;       /* those of their squares too */
    bool finishes;    /* values are stored as they are after the activation */
    srd__finish finish;
    bool save_pattern;
    bool clamps;             /* the activation is nothing else, and no pattern is saved or imposed */
    bool given, value_given; /* by the host: anything, the value */
} srd__job;

static inline bool srd__job_is_again(const srd__job *j)
{
    return SRD_WITH_RATIOS_RECOMPUTED && j->again;
}

static inline bool srd__job_finishes(const srd__job *j)
{
    return SRD_WITH_SHORTCUTS && j->finishes;
}

/* Are positions counted that a single path does not reach, or whose y is 0? */
static inline bool srd__job_counts(const srd__job *j)
{
    return SRD_WITH_REPORTS && j->bound->single && !j->bound->forward;
}

#endif
