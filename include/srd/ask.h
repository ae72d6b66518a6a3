/**
 * @file
 * ask.h -- questions about the last run of an explainer, and the account of what an answer did with its relevance.
 *
 * Maps. Every question takes arrays of `count` layers and of `count` tensors, and writes the relevance of layers[i] to
 * maps[i]: SRD_FLOAT32, shape [H][W], [N][H][W] or [N][1][H][W] with the layer's height and width and the explainer's
 * batch N ([H][W] only if N is 1), any strides but 0, not overlapping, writable, owned by the caller. Layers are sites
 * (METHOD section 3; see srd_graph_is_site()), or gather and swallowed layers that were kept with SRD_KEEP_MAP (METHOD section
 * 7), or the layer where the question starts. One that lies beside the question's paths yields zeros, one that lies above the
 * place where relevance begins (the first maps of a class, the start of an ERF) is SRD_ERR_ARGUMENT, a gather or swallowed
 * layer that is not kept SRD_ERR_STATE, one that reaches no output SRD_ERR_UNSUPPORTED. Contrastive means are taken at sites:
 * within the segment of the first maps, a gather or swallowed layer shows the relevance before they are subtracted.
 * Of an explainer that keeps one image (srd_explainer_options.keep_images) N is 1 in all that is asked; see there.
 * With SRD_KEEP_CHANNELS a map of an input may also be [N][C][H][W] (or [C][H][W] if N is 1), one plane per channel; the
 * planes add up to the map per pixel.
 * Relevance is a signed number per position, not normalised, in the unit of the question (a score for a class; 1 per image
 * for an ERF). Nothing is written unless the call returns SRD_OK. count may be 0: only the report is wanted.
 *
 * All questions may be asked of one explainer by one thread at a time, as is said in explainer.h, and allocate nothing.
 *
 * Threads: those of the explainer, which belongs to one at a time. Allocation: questions allocate nothing. Since 0.1, where nothing else is said.
 */
#ifndef SRD_ASK_H
#define SRD_ASK_H

#include "srd/explainer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How relevance is followed from where it begins. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_question_options {
    uint32_t struct_size; /**< sizeof(srd_question_options) */
    int32_t contrastive;  /**< 1: subtract from each first map its mean over positions (METHOD section 6) */
} srd_question_options;

/** An srd_question_options with struct_size set and all else 0. */
#define SRD_QUESTION_OPTIONS_INIT                 \
    {                                             \
        (uint32_t)sizeof(srd_question_options), 0 \
    }

/** How one score is asked for. NULL in its place, or a field of value 0, means the default. Since 0.2. */
typedef struct srd_score_options {
    uint32_t struct_size; /**< sizeof(srd_score_options) */
    int32_t output;       /**< number of the output that has the score */
    int32_t contrastive;  /**< as in srd_question_options */
} srd_score_options;

/** An srd_score_options with struct_size set and all else 0. */
#define SRD_SCORE_OPTIONS_INIT                    \
    {                                             \
        (uint32_t)sizeof(srd_score_options), 0, 0 \
    }

/** How a question begins with Grad-CAM. NULL in its place, or a field of value 0, means the default. Since 0.2. */
typedef struct srd_gradcam_options {
    uint32_t struct_size; /**< sizeof(srd_gradcam_options) */
    int32_t contrastive;  /**< as in srd_question_options */
    int32_t keep_sign;    /**< 1: negative values of the first map are not clamped to 0 */
} srd_gradcam_options;

/** An srd_gradcam_options with struct_size set and all else 0. */
#define SRD_GRADCAM_OPTIONS_INIT                    \
    {                                               \
        (uint32_t)sizeof(srd_gradcam_options), 0, 0 \
    }

#define SRD_TARGET_TOP 0       /**< the class with the largest score (over the mask), for each image */
#define SRD_TARGET_CLASS 1     /**< class_index, or classes[image] */
#define SRD_TARGET_AGAINST 2   /**< class_index minus other_class */
#define SRD_TARGET_DIRECTION 3 /**< direction */

/**
 * A score (METHOD section 6): <t, output> with a direction t over the channels of one output, taken before a pointwise
 * output layer, at every position or at those of a mask, and summed. Fields that the kind does not use are 0.
 */
typedef struct srd_target {
    uint32_t struct_size;        /**< sizeof(srd_target) */
    int32_t kind;                /**< SRD_TARGET_TOP ... SRD_TARGET_DIRECTION */
    int32_t output;              /**< output number */
    int32_t class_index;         /**< CLASS (when classes is NULL), AGAINST */
    int32_t other_class;         /**< AGAINST */
    int32_t reserved;            /**< 0 */
    const int32_t *classes;      /**< CLASS: one class per image; NULL: class_index for all */
    const srd_tensor *direction; /**< DIRECTION: [C] for all images or [N][C]; finite, not all 0 for any image */
    const srd_tensor *mask;      /**< any kind: weights of the positions, [H][W] for all images or [N][H][W]; finite, not all 0
                                    for any image; NULL: 1 everywhere. A single position is a mask with a single 1. */
} srd_target;

/** An srd_target with struct_size set and all else 0: the top class of the first output. */
#define SRD_TARGET_INIT                                               \
    {                                                                 \
        (uint32_t)sizeof(srd_target), 0, 0, 0, 0, 0, NULL, NULL, NULL \
    }

/**
 * Relevance of a score by the directed head (METHOD section 6), for every image of the batch. Several targets are summed:
 * scores of several outputs, boxes, or differences.
 * @param explainer  not NULL
 * @param targets  target_count pointers, none NULL, read during the call only
 * @param target_count  at least 1
 * @param options  NULL: defaults
 * @param layers, maps  see the head of this file; NULL only if count is 0
 * @param count   of layers and of maps; at least 0
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_NUMBER, SRD_ERR_STATE (no run, or SRD_MODE_FORWARD),
 *         SRD_ERR_UNSUPPORTED, SRD_ERR_INTERNAL (see srd_report: relevance was lost at the site that the detail names, which is a fault of
 *         the library; no map is written). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask(srd_explainer *explainer, const srd_target *const *targets,
                                                   int32_t target_count, const srd_question_options *options,
                                                   const srd_layer *layers, srd_tensor *const *maps, int32_t count,
                                                   srd_detail *detail);

/**
 * As srd_explainer_ask(), with Grad-CAM instead of the directed head (METHOD section 6): at the value x of a site,
 * w_c = mean over positions of d score / d x_c, the first map is sum over c of w_c x_c, negative values clamped to 0. So it is SRD
 * below that site, which begins with Grad-CAM's map instead of its own.
 * @param site  a site kept with SRD_KEEP_GRADCAM, below the targets' outputs; SRD_LAYER_NONE: as for SRD_KEEP_GRADCAM. Where it is
 *        read only as what is frozen (a gate, a query, a key), the derivative is 0 and so is the map
 * @param options  NULL: defaults
 * @param explainer, targets, target_count, layers, maps, count, detail  as in srd_explainer_ask()
 * @return as srd_explainer_ask(); SRD_ERR_STATE also if the site is not kept. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_gradcam(srd_explainer *explainer, const srd_target *const *targets,
                                                           int32_t target_count, srd_layer site,
                                                           const srd_gradcam_options *options, const srd_layer *layers,
                                                           srd_tensor *const *maps, int32_t count, srd_detail *detail);

/**
 * srd_explainer_ask() of one class, the same for every image.
 * @param class_index  a channel of the output
 * @param options  NULL: the first output
 * @param explainer, layers, maps, count, detail  as in srd_explainer_ask()
 * @return as srd_explainer_ask(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_class(srd_explainer *explainer, int32_t class_index,
                                                         const srd_score_options *options, const srd_layer *layers,
                                                         srd_tensor *const *maps, int32_t count, srd_detail *detail);

/**
 * As srd_explainer_ask_class() for the top class of each image (see srd_explainer_top_class()).
 * @param explainer, options, layers, maps, count, detail  as in srd_explainer_ask_class()
 * @return as srd_explainer_ask(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_top(srd_explainer *explainer, const srd_score_options *options,
                                                       const srd_layer *layers, srd_tensor *const *maps, int32_t count,
                                                       srd_detail *detail);

/**
 * Why this class rather than that one: the score of class_index less that of other_class, the same two for every image.
 * @param class_index, other_class  two channels of the output, not the same
 * @param explainer, options, layers, maps, count, detail  as in srd_explainer_ask_class()
 * @return as srd_explainer_ask(). Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_against(srd_explainer *explainer, int32_t class_index, int32_t other_class,
                                                           const srd_score_options *options, const srd_layer *layers,
                                                           srd_tensor *const *maps, int32_t count, srd_detail *detail);

/**
 * As srd_explainer_ask_class() for the score <direction, output>, one weight per channel.
 * @param direction  SRD_FLOAT32 [C] of the output's channels for all images, or [N][C]; finite, not all 0 for any image; not NULL
 * @param explainer, options, layers, maps, count, detail  as in srd_explainer_ask_class()
 * @return as srd_explainer_ask(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_direction(srd_explainer *explainer, const srd_tensor *direction,
                                                             const srd_score_options *options, const srd_layer *layers,
                                                             srd_tensor *const *maps, int32_t count, srd_detail *detail);

/**
 * Effective receptive field of one PFV (METHOD section 1): relevance 1 at (row, column) of a site or an output of every image,
 * 0 elsewhere, pushed down. The map of `layer` itself is that single 1. The total is kept: inputs + unreached = 1 per image.
 * @param layer  a site, an output, or a gather or swallowed layer kept with SRD_KEEP_START, which counts as a site here
 * @param row, column  position in that layer
 * @param explainer, options, layers, maps, count, detail  as in srd_explainer_ask()
 * @return as srd_explainer_ask(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_erf(srd_explainer *explainer, srd_layer layer, int32_t row, int32_t column,
                                                       const srd_question_options *options, const srd_layer *layers,
                                                       srd_tensor *const *maps, int32_t count, srd_detail *detail);

/**
 * As srd_explainer_ask_erf() from any relevance at such a layer.
 * @param seed  shaped like a map of `layer`; finite; not NULL
 * @param explainer, layer, options, layers, maps, count, detail  as in srd_explainer_ask_erf()
 * @return as srd_explainer_ask(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_seed(srd_explainer *explainer, srd_layer layer, const srd_tensor *seed,
                                                        const srd_question_options *options, const srd_layer *layers,
                                                        srd_tensor *const *maps, int32_t count, srd_detail *detail);

/**
 * What the last question did with its relevance (METHOD section 7); sums run over the images that are kept. Nothing is lost: up to rounding
 *     score = top + head_bias + subtracted        and        top = at_inputs + at_constants + unreached
 * (the first not for Grad-CAM, whose first map is no share of the score; its head_bias is 0).
 *
 * Every question checks this site by site: what arrives at a site goes on to the sites below it or is unreached. With R(p) the relevance
 * at its positions, mu_k(p) the ratios, M the largest sum over k of |mu_k(p)| (at least 1), K the number of paths, n the most terms that one
 * source position gets from the site, and B the sum of |relevance| that the sources had before, it may miss
 *
 *     M * sum over p of |R(p)| * (e + (K + n + 2) * 2^-24) + n * 2^-24 * B,
 *
 * where e is what the sums of the ratios were found to miss of 1 (largest_ratio_error of the site, at most 1e-4, with SRD_RATIOS_FLOAT16
 * 2^-11 more; without a limit where srd_run_options.given took the place of y or ratios were saturated). In the head <y, g> of a site must be
 * found again in what it passes on, but for the rounding of that many products. docs/numerics.md derives both. Whatever loses more is a
 * fault of the library: the question fails with SRD_ERR_INTERNAL, its detail names the site, and no map is written. The bound scales
 * with the magnitudes that flow, so that networks whose terms cancel are not refused.
 */
typedef struct srd_report {
    uint32_t struct_size;       /**< sizeof(srd_report) */
    int32_t reserved;           /**< 0 */
    double score;               /**< <t, output>: the score explained; for a seed or an ERF the sum of the seed */
    double head_bias;           /**< class questions: what the biases above the first maps add to the score */
    double subtracted;          /**< contrastive: the sum of the means taken away */
    double top;                 /**< sum of the first maps */
    double at_inputs;           /**< relevance that arrived at the inputs */
    double at_constants;        /**< relevance that arrived at constants (a class token) */
    double unreached;           /**< relevance that stayed at positions which no path reaches */
    double magnitude;           /**< largest sum over a site of |relevance|, the scale for judging differences */
    double largest_ratio_error; /**< over all sites and positions: |sum of ratios - 1| / sum of |ratios| */
    int64_t special_positions;  /**< positions that fell under METHOD section 5 in the last run */
    int64_t saturated_ratios;   /**< ratios beyond +-65504 in the last run, kept as that: SRD_RATIOS_FLOAT16 */
    double lost;                /**< score - head_bias - subtracted - at_inputs - at_constants - unreached; of Grad-CAM, top in
                                     place of the first three. Rounding: see above. Since 0.1. */
} srd_report;

/** An srd_report with struct_size set. */
#define SRD_REPORT_INIT                                                     \
    {                                                                       \
        (uint32_t)sizeof(srd_report), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Copy out the report of the last question.
 * @param explainer  not NULL
 * @param report  struct_size set by the caller; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (no question since the last run), SRD_ERR_UNSUPPORTED (a build without reports).
 *         Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_report(const srd_explainer *explainer, srd_report *report, srd_detail *detail);

/** The same balance for one site; an input has no paths and passes nothing on. */
typedef struct srd_site_report {
    uint32_t struct_size;       /**< sizeof(srd_site_report) */
    int32_t paths;              /**< stored paths per position; 1: a single path, whose ratio is 1 and is not stored */
    double relevance_in;        /**< relevance that arrived at the site in the last question */
    double relevance_out;       /**< relevance that it passed on */
    double unreached;           /**< relevance at its positions that no path reaches */
    double largest_ratio_error; /**< over its positions: |sum of ratios - 1| / sum of |ratios|, last run */
    int64_t special_positions;  /**< its positions that fell under METHOD section 5, last run */
    int64_t saturated_ratios;   /**< of its positions, as in srd_report */
} srd_site_report;

/** An srd_site_report with struct_size set. */
#define SRD_SITE_REPORT_INIT                                   \
    {                                                          \
        (uint32_t)sizeof(srd_site_report), 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Copy out the balance of one site.
 * @param explainer  not NULL
 * @param layer   a site
 * @param report  struct_size set by the caller; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT (not a site), SRD_ERR_STATE, SRD_ERR_UNSUPPORTED, as srd_explainer_report(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_site_report(const srd_explainer *explainer, srd_layer layer,
                                                           srd_site_report *report, srd_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
