/* explainer_impl.h -- what all parts of an explainer ask of its structs. */
#ifndef SRD_EXPLAIN_EXPLAINER_IMPL_H
#define SRD_EXPLAIN_EXPLAINER_IMPL_H

#include "explain/types.h"

/* Images of a run, and those of them that are kept. */
static inline int32_t srd__batch(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->plan.options.batch : 1;
}

static inline int32_t srd__images(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->plan.images : 1;
}

/* From now on persistent stores are those of this image of those that are kept. Whoever runs, asks or reads images says which is next. */
static inline void srd__open_image(srd_explainer *ex, int32_t image)
{
    if (SRD_WITH_BATCH) ex->run.kept = ex->plan.persistent + (size_t)image * ex->plan.persistent_bytes;
}

/* Does a masked copy stand for the value of some layer now? See channel_maps.c. */
static inline bool srd__is_masking(const srd_explainer *ex)
{
    return SRD_WITH_CHANNEL_MAPS && ex->run.masked_layer != SRD_LAYER_NONE;
}

/* What replaces a layer's values in this run: SRD_PATTERNS_... */
static inline int32_t srd__patterns_of(const srd_explainer *ex, int32_t layer)
{
    return SRD_WITH_PATTERNS ? ex->run.nodes[layer].patterns : SRD_PATTERNS_OFF;
}

/* Is it a constant that is added? */
static inline bool srd__is_added_constant(const srd__lane *lane)
{
    return SRD__CONSTANTS && lane->branch->constant;
}

/* Are its numbers those of the image, not of the graph? */
static inline bool srd__is_of_image(const srd__segment *segment)
{
    return SRD__STATISTICS && segment->frozen;
}

/* For the message that refuses a tensor's shape: why there is no batch of N in it, or "". */
static inline const char *srd__one_image_note(const srd_explainer *ex)
{
    return ex->plan.images < ex->plan.options.batch ? "; one image is kept at a time" : "";
}

/* Bytes of a store of a layer; 0: it has none. */
static inline size_t srd__bytes_of(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__node *const node = &ex->plan.nodes[layer];

    return node->which[store] != 0 ? node->arrays[node->which[store] - 1].bytes : 0;
}

/* Has a store of the question been written in it? */
static inline bool srd__is_touched(const srd_explainer *ex, int32_t layer, int32_t store)
{
    return (ex->asked.nodes[layer].touched >> store & 1) != 0;
}

/* Winners are int32_t if there are more to choose from, positions of a pool's window for instance, than a byte can tell. */
static inline bool srd__is_wide(const srd__layer *layer, const srd__shape *shapes)
{
    if (layer->kind->choices != NULL) return layer->kind->choices(layer, shapes) > 256;
    return layer->window.kernel_h * layer->window.kernel_w > 256;
}

static inline bool srd__recomputes(const srd_explainer *ex)
{
    return SRD_WITH_RATIOS_RECOMPUTED && ex->plan.recomputes;
}

/* Are inputs loaded again, too? */
static inline bool srd__reloads(const srd_explainer *ex)
{
    return srd__recomputes(ex) && ex->plan.options.inputs == SRD_INPUTS_BORROW;
}

#endif
