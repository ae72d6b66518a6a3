/* channel_ratios.h -- ratios of paths from an input, channel by channel. */
#ifndef SRD_RUN_CHANNEL_RATIOS_H
#define SRD_RUN_CHANNEL_RATIOS_H

#include "explain/explainer_impl.h"

#if SRD_WITH_CHANNEL_MAPS
/* What the tasks of one channel share. */
typedef struct srd__channel_job {
    srd_explainer *ex;
    const srd__bound *bound;
    const float *directions; /* [position][channels of y] */
    const uint8_t *wanted;   /* [position], or NULL: all */
    float *planes;
    double *norms;                 /* as planes, squares */
    int32_t most, source, channel; /* source, channel: what the masked input has left */
    bool ratios;                   /* directions are y: divide by <y, y> */
    int32_t store;                 /* scatter: of the input, where the parts are added */
    const float *amounts;          /* scatter: [position], or NULL: all 1 */
} srd__channel_job;

/* The row of a path and channel in a plane store, which holds `most` channels and the total of each path. */
float *srd__channel_row(const srd__bound *bound, float *planes, int32_t most, int32_t path, int32_t channel);
/* Fills planes and norms of a job with what each channel contributes, with an input of which all other channels are 0. */
void srd__channel_fill(srd__channel_job *j);
/* Calls each(job, source, q, path, position) for every path from a kept input; q is the path's position in that input. */
void srd__channel_paths(const srd__channel_job *j,
                        void (*each)(const srd__channel_job *j, int32_t source, int32_t q, int32_t path, int32_t p));
/* For srd__channel_paths(): the rest of a path's total, which is its share of the biases, goes to its channels by their norms;
 * evenly over those that the path carries when there are none, or when y is 0. */
void srd__channel_rest(const srd__channel_job *j, int32_t source, int32_t q, int32_t path, int32_t p);

/* Channels of the largest input below a segment that is kept with SRD_KEEP_CHANNELS; 0: there is none. */
int32_t srd__channels_most(const srd_explainer *ex, const srd__bound *bound);

/* The step after such a segment: its ratios per channel. */
void srd__channels_run(srd_explainer *ex, const srd__bound *bound);

#else /* left out of this build */
static inline int32_t srd__channels_most(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
    return 0;
}

static inline void srd__channels_run(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}
#endif

#endif
