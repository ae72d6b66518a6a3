/* left_out.h -- what stands for functions whose part is left out of a build, so that their callers need no #if. */
#ifndef SRD_EXPLAIN_LEFT_OUT_H
#define SRD_EXPLAIN_LEFT_OUT_H

#include "explain/explainer_impl.h"

#if !SRD__PADS
static inline srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    (void)ex, (void)bound, (void)lane;
    return SRD_OK;
}

static inline int32_t srd__pad_index(const srd__lane *lane, int64_t layer)
{
    (void)lane, (void)layer;
    return 0;
}
#endif

#if !SRD_WITH_ATTENTION
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

static inline int32_t srd__attend_layer(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
    return SRD_LAYER_NONE;
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

#if !SRD_WITH_POOL_LISTS
static inline bool srd__picks(const srd_explainer *ex, const srd__lane *lane)
{
    (void)ex, (void)lane;
    return false;
}

static inline size_t srd__pick_bytes(const srd__bound *bound)
{
    (void)bound;
    return 0;
}

static inline void srd__pick_begin(srd_explainer *ex, const srd__bound *bound)
{
    (void)ex, (void)bound;
}

static inline void srd__pick_add(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks,
                                 int32_t r, int32_t tap, int32_t from, int32_t to, float *u, size_t path_step,
                                 size_t block_step)
{
    (void)ex, (void)bound, (void)panels, (void)blocks, (void)r, (void)tap, (void)from, (void)to, (void)u, (void)path_step,
        (void)block_step;
}

static inline srd_status srd__bind_stretches(srd_explainer *ex, const srd__bound *bound, srd__lane *lane)
{
    (void)ex, (void)bound, (void)lane;
    return SRD_OK;
}

/* No lane has stretches. */
static inline bool srd__stretch_run(const srd__stretch *stretch, int32_t first, int32_t count, srd__run *run)
{
    (void)stretch, (void)first, (void)count, (void)run;
    return false;
}

static inline void srd__active_paths(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count,
                                     int32_t *from, int32_t *to)
{
    (void)ex, (void)first, (void)count;
    *from = 0;
    *to = bound->paths;
}
#endif

#if !SRD_WITH_GIVEN
static inline void srd__give(const srd_explainer *ex, int32_t layer, int32_t what, int32_t p, int32_t first, int32_t count,
                             float *numbers, float *error)
{
    (void)ex, (void)layer, (void)what, (void)p, (void)first, (void)count, (void)numbers, (void)error;
}

static inline void srd__take_given(srd_explainer *ex, const srd_run_options *options)
{
    (void)ex, (void)options;
}

static inline srd_status srd__check_given(srd_explainer *ex, const srd_run_options *options)
{
    if (options->given_count == 0) return SRD_OK;
    return srd__left_out(&ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_GIVEN");
}
#endif

#if !SRD_WITH_CUSTOM
static inline srd_status srd__black_box_run(srd_explainer *ex, int32_t layer)
{
    (void)ex, (void)layer;
    return SRD_OK;
}
#endif

#endif
