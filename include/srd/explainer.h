/**
 * @file
 * explainer.h -- runs a sealed graph on a picture, keeps the sharing ratios, and answers questions about them.
 *
 * An explainer belongs to one thread at a time: a run, step, value or question while another one goes on is SRD_ERR_STATE ("in use") and
 * disturbs nothing. Any number of explainers may share a graph. All memory is taken at creation. Ratios belong to the run, not to the
 * question: after one srd_explainer_run() any number of classes, seeds and ERFs may be asked, each costing only sums over stored ratios.
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
 */
#ifndef SRD_EXPLAINER_H
#define SRD_EXPLAINER_H

#include "srd/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network bound to sizes, with its last run; what is inside is private. */
typedef struct srd_explainer srd_explainer;

#define SRD_MODE_EXPLAIN 0 /**< forward pass and sharing ratios */
#define SRD_MODE_FORWARD 1 /**< forward pass only: less memory, no questions */

/** Something of a layer that is to be kept after a run. Bits of `what` are added up. */
typedef struct srd_keep {
    int32_t layer; /**< a site; for SRD_KEEP_START and SRD_KEEP_MAP any layer that reaches an output */
    int32_t what;  /**< SRD_KEEP_VALUE | ... | SRD_KEEP_MAP */
} srd_keep;

/** The value of a site, for srd_explainer_value(). */
#define SRD_KEEP_VALUE 1
/** What srd_explainer_ask_gradcam() at a site needs; layer may be SRD_LAYER_NONE: the last site in build order that has more
 * than one position. */
#define SRD_KEEP_GRADCAM 2
/** Where an activation was on, for SRD_PATTERNS_IMPOSE; layer may be SRD_LAYER_NONE: all of them. */
#define SRD_KEEP_PATTERN 4
/** Maps of an input per channel instead of per pixel (METHOD section 7); layer may be SRD_LAYER_NONE: of all inputs. */
#define SRD_KEEP_CHANNELS 8
/** Ratios of a gather or swallowed layer, so that an ERF or a seed can start there as if it were a site (METHOD section 7). */
#define SRD_KEEP_START 16
/** What the map of a gather or swallowed layer needs (METHOD section 7): a table of positions, and where a path goes several
 * ways through a gather layer, as through pools of pools, a ratio for each way, computed in the run (see
 * srd_plan_info.kept_bytes). A site has a map anyway. Nothing is kept in SRD_MODE_FORWARD. */
#define SRD_KEEP_MAP 32

/* Which kernels do the arithmetic. They differ by rounding, within the bounds of docs/numerics.md; with one of them the same input
 * always gives the same bits. */
#define SRD_KERNELS_BEST 0     /**< the fastest that this processor and this build have */
#define SRD_KERNELS_PORTABLE 1 /**< plain C */
#define SRD_KERNELS_AVX2 2     /**< x86-64 with AVX2 and FMA */
#define SRD_KERNELS_AVX512 3   /**< x86-64 with AVX-512F */
#define SRD_KERNELS_NEON 4     /**< 64-bit ARM (aarch64), where every processor has them */
/**
 * Opt-in: SRD_KERNELS_BEST never is this one. x86-64 Linux with AMX-TILE, AMX-BF16, AVX-512F and AVX-512DQ. As SRD_KERNELS_AVX512,
 * but layers of 32 channels or more (in a group) multiply numbers that are split in two bfloat16, with three products for one: a sum
 * may miss 2^-15 of the magnitudes that are added (docs/numerics.md, "Products of split numbers").
 *
 * srd_explainer_create() and srd_explainer_memory_size() ask Linux for this process's permission to use tile registers, which
 * stays; SRD_ERR_UNSUPPORTED if it refuses, as it does while a thread has an alternative signal stack that is too small for them.
 * A thread that has run such kernels keeps 8 KiB in the kernel, and a signal that interrupts them takes so much more of its stack.
 */
#define SRD_KERNELS_AMX 5

/*
 * How many images of a batch are kept for questions: srd_explainer_options.keep_images.
 *
 * SRD_KEEP_ALL_IMAGES: what stays after a run (ratios, values, patterns) exists once per image, and questions are about the
 * whole batch.
 *
 * SRD_KEEP_ONE_IMAGE: it exists once. Images still run one after the other; each can be asked when its last step is done,
 * in srd_run_options.each_image or between two srd_explainer_step(), and is forgotten when the next image begins. The last
 * one stays until the next run. All that is asked is then that of a batch of one: maps, seeds and masks are [H][W], [1][H][W]
 * (maps and seeds also [1][1][H][W]), a map per channel is [C][H][W] or [1][C][H][W], directions are [C] or [1][C],
 * srd_target.classes is one class, values are [C][H][W] or [1][C][H][W] (or without the H and W, as for all explainers), and reports
 * are about the one image. Inputs of a run are [N][C][H][W] as ever. The numbers are the same bits in both ways.
 */
#define SRD_KEEP_ALL_IMAGES 0 /**< what stays after a run exists once per image */
#define SRD_KEEP_ONE_IMAGE 1  /**< what stays after a run exists once, for the image that ran last */

/*
 * How the sharing ratios of a run are kept for questions: srd_explainer_options.ratios.
 *
 * SRD_RATIOS_FLOAT32: as they were computed.
 *
 * SRD_RATIOS_FLOAT16: each rounded to the nearest IEEE 754 binary16, in half the memory: off by at most 2^-11 of itself, or 2^-25 if
 * it is below 2^-14. One beyond +-65504 is kept as that, and counted (srd_report.saturated_ratios). The ratios of a
 * position then sum to 1 only so far, and relevance is lost or gained on the way down by as much:
 * srd_report.largest_ratio_error tells how much at most. See docs/numerics.md.
 *
 * SRD_RATIOS_RECOMPUTED: none is kept, nor are values but those of inputs (see SRD_INPUTS_BORROW), outputs and what keeps
 * names. A question runs steps of the network again, as many as it needs, and computes the ratios of the segments that it goes
 * through; callbacks of custom layers are called in it, and what they return ends it. The answers are those of
 * SRD_RATIOS_FLOAT32 but for rounding; reports count special positions and ratio errors of these segments only. One image is
 * kept: batch is 1, or keep_images is SRD_KEEP_ONE_IMAGE. With SRD_KEEP_GRADCAM, SRD_KEEP_CHANNELS or SRD_KEEP_MAP, or a batch
 * that is kept whole, no explainer is made, and no run takes srd_run_options.given: SRD_ERR_UNSUPPORTED. The other two have no
 * such limits. See docs/memory.md.
 */
#define SRD_RATIOS_FLOAT32 0    /**< 4 bytes for each */
#define SRD_RATIOS_FLOAT16 1    /**< 2 bytes for each */
#define SRD_RATIOS_RECOMPUTED 2 /**< none is kept */

/*
 * Who keeps the inputs of a run: srd_explainer_options.inputs. It matters with SRD_RATIOS_RECOMPUTED only, whose questions read them.
 *
 * SRD_INPUTS_COPY: the explainer. What was handed to srd_explainer_run() or begin() may go when the run is over.
 *
 * SRD_INPUTS_BORROW: the caller, and the explainer has no copy, which saves C * H * W floats for each input. The tensors, and the
 * numbers that they show, stay as they are until the next run begins or the explainer is freed; a question reads them again.
 * Numbers that have changed give other maps, or SRD_ERR_NUMBER for a NaN or Inf; a tensor that is gone is undefined. An input that
 * the direction of a score reaches without meeting a nonlinearity, or that is named with SRD_KEEP_VALUE, is copied all the same.
 */
#define SRD_INPUTS_COPY 0   /**< a copy is kept where questions read them */
#define SRD_INPUTS_BORROW 1 /**< the caller's are read again */

/*
 * Whether segments are computed in shorter ways where there is one: srd_explainer_options.fast_cases. All ways compute the same
 * numbers but for rounding (docs/numerics.md), and the general one works for every segment; it is there to test the others
 * against, and for a doubt. srd_explainer_fast_case() tells what a layer takes.
 */
#define SRD_FAST_CASES_ALL 0  /**< each segment takes the shortest way that fits it */
#define SRD_FAST_CASES_NONE 1 /**< all take the general way; slower */

/** What an explainer is made for. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_explainer_options {
    uint32_t struct_size;          /**< sizeof(srd_explainer_options) */
    int32_t mode;                  /**< SRD_MODE_EXPLAIN (0) or SRD_MODE_FORWARD */
    int32_t batch;                 /**< images per run; 0: 1 */
    int32_t input_size_count;      /**< inputs described by input_sizes: 0 or the number of inputs */
    int32_t keep_count;            /**< entries of keeps */
    int32_t workers;               /**< threads that parallel_for uses at most; 0: 1 */
    const int32_t *input_sizes;    /**< height and width of each input, in the order of srd_graph_input(); NULL: as declared.
                                   A 0 stands for the declared size. Copied. */
    const srd_keep *keeps;         /**< what calls after a run may ask for besides the usual. Copied. */
    srd_parallel_for parallel_for; /**< NULL: everything runs on the calling thread */
    void *parallel_user;           /**< handed to parallel_for */
    int32_t keep_images;           /**< SRD_KEEP_ALL_IMAGES (0) or SRD_KEEP_ONE_IMAGE. The latter with SRD_KEEP_PATTERN needs a
                                   batch of 1 (SRD_ERR_UNSUPPORTED): the patterns of N images would have to outlive them. */
    int32_t kernels;    /**< SRD_KERNELS_BEST (0) or another; SRD_ERR_UNSUPPORTED if processor, system or build lack it */
    int32_t ratios;     /**< SRD_RATIOS_FLOAT32 (0) or another */
    int32_t inputs;     /**< SRD_INPUTS_COPY (0) or SRD_INPUTS_BORROW */
    int32_t fast_cases; /**< SRD_FAST_CASES_ALL (0) or SRD_FAST_CASES_NONE */
    int32_t reserved;   /**< 0 */
} srd_explainer_options;

/** An srd_explainer_options with struct_size set and all else 0. */
#define SRD_EXPLAINER_OPTIONS_INIT                                                                       \
    {                                                                                                    \
        (uint32_t)sizeof(srd_explainer_options), 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Bytes of the block (srd_memory) for an explainer with these options: the plan of the creation, run without the arena.
 * @param graph    sealed; not NULL
 * @param options  NULL: defaults
 * @param work     memory for the plan's tables, free again on return; NULL: malloc; any block that is large enough,
 *                 for instance the one that will be the explainer's
 * @param size     receives the exact bytes; not NULL
 * @param detail   filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_STATE, SRD_ERR_MEMORY, SRD_ERR_OVERFLOW, SRD_ERR_UNSUPPORTED
 * Threads: any. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_memory_size(const srd_graph *graph, const srd_explainer_options *options,
                                                           const srd_memory *work, size_t *size, srd_detail *detail);

/**
 * Make an explainer of a sealed graph. Binds input sizes and batch, plans and takes all memory.
 * @param graph    sealed; not NULL; kept alive by the explainer
 * @param options  NULL: defaults
 * @param memory   NULL: malloc; with a block: srd_explainer_memory_size() bytes are enough
 * @param out      receives the handle, freed by srd_explainer_free(); not NULL
 * @param detail   filled on failure; may be NULL
 * @return as srd_explainer_memory_size()
 * Threads: any. Allocates several pieces (or none, in a block), and nothing later. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_create(const srd_graph *graph, const srd_explainer_options *options,
                                                      const srd_memory *memory, srd_explainer **out, srd_detail *detail);

/** Free an explainer. Its graph goes with it if nobody else holds it. @param explainer  NULL, or in use now: nothing is done */
SRD_API void srd_explainer_free(srd_explainer *explainer);

#define SRD_PATTERNS_OFF 0    /**< a plain run */
#define SRD_PATTERNS_ONLY 1   /**< chosen activations put out their on/off pattern 1[y > 0] instead of f(y) */
#define SRD_PATTERNS_IMPOSE 2 /**< chosen activations put out y where they were on in the last plain run, and 0 elsewhere */

#define SRD_GIVEN_VALUE 0          /**< numbers are the value x of the site, after its nonlinearity */
#define SRD_GIVEN_PRE_ACTIVATION 1 /**< numbers are y, before it (of a site without one, the two are the same) */

/**
 * What the host has computed elsewhere (another engine, an NPU) for one site. The same ratios and maps follow as if this library had
 * computed it; what is not given is computed from what is. y given: the value is f(y). A value given: y is computed from
 * the values below, as the ratios need it. Both given (two entries): both are taken. srd_explainer_given_error() says how far
 * what is given is from what this library computes.
 */
typedef struct srd_given {
    srd_layer layer;           /**< a site that is no input and no constant */
    int32_t what;              /**< SRD_GIVEN_VALUE (0) or SRD_GIVEN_PRE_ACTIVATION */
    const srd_tensor *numbers; /**< SRD_FLOAT32 [N][C][H][W], or [C][H][W] if N is 1; any strides; finite; not NULL; stays, with
                                    its numbers, until the run is over */
} srd_given;

/** What a run does besides. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_run_options {
    uint32_t struct_size;            /**< sizeof(srd_run_options) */
    int32_t patterns;                /**< SRD_PATTERNS_OFF (0), _ONLY or _IMPOSE: APOP, METHOD section 7 */
    int32_t pattern_count;           /**< entries of pattern_layers */
    int32_t reserved;                /**< 0 */
    const srd_layer *pattern_layers; /**< activations that are chosen; NULL: all. For _IMPOSE each was kept with
                                        SRD_KEEP_PATTERN (NULL: all that were) */
    /** Called after each step, on the thread of the run, with the steps done and all steps of the batch; not 0: stop (after the
     * last step the run is complete, and the answer is ignored). NULL: not called. */
    int32_t (*progress)(void *user, int32_t done, int32_t total);
    /** The caller's clock in any unit, for srd_explainer_step_info(); read before and after each step. NULL: no timings. */
    uint64_t (*clock)(void *user);
    void *user; /**< handed to progress, clock and each_image */
    /**
     * Only of an explainer with SRD_KEEP_ONE_IMAGE (else SRD_ERR_ARGUMENT): called on the running thread when the last step of
     * an image is done, before progress. It may ask about that image (0 ... N - 1, the number in the batch), read its values and its
     * top class; it may not run, step or free the explainer (the first two are SRD_ERR_STATE). A status that is not SRD_OK ends the run, which
     * returns it: SRD_ERR_CANCELLED to stop without a reason; a number that is no status is SRD_ERR_ARGUMENT. NULL: not called.
     */
    srd_status (*each_image)(void *user, srd_explainer *explainer, int32_t image);
    const srd_given *given; /**< sites whose numbers the host gives; read when the run begins; NULL: none */
    int32_t given_count;    /**< entries of given, no two of one layer and kind; not with patterns */
    int32_t reserved_2;     /**< 0 */
} srd_run_options;

/** An srd_run_options with struct_size set and all else 0. */
#define SRD_RUN_OPTIONS_INIT                                                                 \
    {                                                                                        \
        (uint32_t)sizeof(srd_run_options), 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 \
    }

/**
 * Run the network on one batch and, in SRD_MODE_EXPLAIN, compute all sharing ratios.
 * @param explainer  not NULL
 * @param inputs  one tensor per input, in the order of srd_graph_input(): SRD_FLOAT32 [N][C][H][W] (or [C][H][W] if N is
 *                1), finite, read during the call only
 * @param count   the number of inputs of the graph
 * @param options NULL: a plain run
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_STATE (patterns that are not kept), SRD_ERR_NUMBER (a NaN or
 *         Inf, with the layer where it appeared), SRD_ERR_CANCELLED, what each_image returned. Refused arguments leave the
 *         last run as it was; after the last three there is none, and the explainer can run again. SRD_ERR_STATE also if it is
 *         in use by another thread, or from inside a callback of a run, which goes on. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_run(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                                                   const srd_run_options *options);

/**
 * Start a run that srd_explainer_step() carries on, one step a call: for a watchdog or a cooperative scheduler.
 * Tensors, their numbers, progress, clock and user must stay until the run is over: complete, failed, cancelled, or ended by
 * another begin or run; the options and arrays are read during the call only. A begin or run that is refused leaves a run in
 * progress as it was; one that is not ends it.
 * @param explainer, inputs, count, options  as in srd_explainer_run()
 * @return as srd_explainer_run()
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_begin(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                                                     const srd_run_options *options);

/**
 * Do the next step of a run.
 * @param explainer  not NULL
 * @param left  receives the steps that remain; 0: the run is complete. With SRD_KEEP_ONE_IMAGE, a multiple of
 *              srd_explainer_step_count(): an image is complete, number N - 1 - left / srd_explainer_step_count(), and can be
 *              asked until the next step. May be NULL
 * @return SRD_OK, SRD_ERR_STATE (no run was begun, it is over, or this is a callback of it), SRD_ERR_NUMBER,
 *         SRD_ERR_CANCELLED, what each_image returned. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_step(srd_explainer *explainer, int32_t *left);

/** Steps of one image; N images make N times as many. @param explainer  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_explainer_step_count(const srd_explainer *explainer);

/**
 * What a step does, and how long it took in the last run (summed over the batch).
 * @param explainer  not NULL
 * @param step   0 ... srd_explainer_step_count() - 1
 * @param layer  receives the layer whose value (or ratios) the step makes; may be NULL
 * @param ticks  receives the time in units of the options' clock, 0 without one; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_step_info(const srd_explainer *explainer, int32_t step, srd_layer *layer,
                                                         uint64_t *ticks);

/**
 * Copy out the value of an output or of a layer kept with SRD_KEEP_VALUE, from the last run. The value of a softmax is the
 * probabilities; name the layer below it as another output to get its scores (outputs never change a map).
 * @param explainer  not NULL
 * @param layer  an output, or a layer kept with SRD_KEEP_VALUE
 * @param value  SRD_FLOAT32 [N][C][H][W], or without the N if it is 1, or [N][C] or [C] if H and W are 1; writable
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_STATE (no run, or the layer is not kept). Allocates nothing.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_value(srd_explainer *explainer, srd_layer layer, srd_tensor *value);

/**
 * The class with the largest score of one image: the scores of an output (before its softmax, if it is one) summed over
 * its positions; the first on a tie.
 * @param explainer  not NULL
 * @param image   0 ... N - 1; with SRD_KEEP_ONE_IMAGE that which is kept (any other: SRD_ERR_STATE)
 * @param output  an output number
 * @param class_index, score  receive the class and its score; each may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (no run). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_top_class(srd_explainer *explainer, int32_t image, int32_t output,
                                                         int32_t *class_index, float *score);

/**
 * How far what a host has given for a site in the last run is from what this library computes: the largest |f(y) - x| if a value
 * x was given (y given, too, or computed), else the largest |y computed - y given|; over the images of the batch, or of the
 * one image that is kept.
 * @param explainer  not NULL
 * @param layer  a site
 * @param error  receives the number; not NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (no run, or nothing was given for the site). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_given_error(const srd_explainer *explainer, srd_layer layer, float *error);

/** How a question is asked. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_question_options {
    uint32_t struct_size; /**< sizeof(srd_question_options) */
    int32_t output;       /**< output number of the score (ask_class, ask_top, ask_direction); 0 elsewhere */
    int32_t contrastive;  /**< 1: subtract from each first map its mean over positions (METHOD section 6) */
    int32_t keep_sign;    /**< srd_explainer_ask_gradcam() only. 1: negative values of the first map are not clamped to 0 */
} srd_question_options;

/** An srd_question_options with struct_size set and all else 0. */
#define SRD_QUESTION_OPTIONS_INIT                       \
    {                                                   \
        (uint32_t)sizeof(srd_question_options), 0, 0, 0 \
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
 * @param options  NULL: defaults; output is 0
 * @param layers, maps, count  see the head of this file
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_NUMBER, SRD_ERR_STATE (no run, or SRD_MODE_FORWARD),
 *         SRD_ERR_UNSUPPORTED, SRD_ERR_INTERNAL (see srd_report: relevance was lost at the site that the detail names, which is a fault of
 *         the library; no map is written). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask(srd_explainer *explainer, const srd_target *const *targets,
                                                   int32_t target_count, const srd_question_options *options,
                                                   const srd_layer *layers, srd_tensor *const *maps, int32_t count);

/**
 * As srd_explainer_ask(), with Grad-CAM instead of the directed head (METHOD section 6): at the value x of a site,
 * w_c = mean over positions of d score / d x_c, the first map is sum over c of w_c x_c, negative values clamped to 0.
 * @param layer  a site kept with SRD_KEEP_GRADCAM, below the targets' outputs; SRD_LAYER_NONE: as for SRD_KEEP_GRADCAM. Where it is
 *        read only as what is frozen (a gate, a query, a key), the derivative is 0 and so is the map
 * @param explainer, targets, target_count, options, layers, maps, count  as in srd_explainer_ask(); options may set keep_sign
 * @return as srd_explainer_ask(); SRD_ERR_STATE also if the layer is not kept
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_gradcam(srd_explainer *explainer, const srd_target *const *targets,
                                                           int32_t target_count, srd_layer layer,
                                                           const srd_question_options *options, const srd_layer *layers,
                                                           srd_tensor *const *maps, int32_t count);

/**
 * srd_explainer_ask() of one class, the same for every image.
 * @param class_index  a channel of the output
 * @param explainer, layers, maps, count  as in srd_explainer_ask()
 * @param options  NULL: defaults; output is the number of the score's output
 * @return as srd_explainer_ask()
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_class(srd_explainer *explainer, int32_t class_index,
                                                         const srd_question_options *options, const srd_layer *layers,
                                                         srd_tensor *const *maps, int32_t count);

/**
 * As srd_explainer_ask_class() for the top class of each image (see srd_explainer_top_class()).
 * @param explainer, options, layers, maps, count  as in srd_explainer_ask_class()
 * @return as srd_explainer_ask()
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_top(srd_explainer *explainer, const srd_question_options *options,
                                                       const srd_layer *layers, srd_tensor *const *maps, int32_t count);

/**
 * As srd_explainer_ask_class() for the score <direction, output>, one weight per channel; class against class is +1 and -1.
 * @param direction  SRD_FLOAT32 [C] of the output's channels for all images, or [N][C]; finite, not all 0 for any image
 * @param explainer, options, layers, maps, count  as in srd_explainer_ask_class()
 * @return as srd_explainer_ask()
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_direction(srd_explainer *explainer, const srd_tensor *direction,
                                                             const srd_question_options *options, const srd_layer *layers,
                                                             srd_tensor *const *maps, int32_t count);

/**
 * Effective receptive field of one PFV (METHOD section 1): relevance 1 at (row, column) of a site or an output of every image,
 * 0 elsewhere, pushed down. The map of `layer` itself is that single 1. The total is kept: inputs + unreached = 1 per image.
 * @param layer  a site, an output, or a gather or swallowed layer kept with SRD_KEEP_START, which counts as a site here
 * @param row, column  position in that layer
 * @param options  NULL: defaults; output is not used and must be 0
 * @param explainer, layers, maps, count  as in srd_explainer_ask()
 * @return as srd_explainer_ask(). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_erf(srd_explainer *explainer, srd_layer layer, int32_t row, int32_t column,
                                                       const srd_question_options *options, const srd_layer *layers,
                                                       srd_tensor *const *maps, int32_t count);

/**
 * As srd_explainer_ask_erf() from any relevance at such a layer.
 * @param seed  shaped like a map of `layer`; finite
 * @param explainer, layer, options, layers, maps, count  as in srd_explainer_ask_erf()
 * @return as srd_explainer_ask()
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_ask_seed(srd_explainer *explainer, srd_layer layer, const srd_tensor *seed,
                                                        const srd_question_options *options, const srd_layer *layers,
                                                        srd_tensor *const *maps, int32_t count);

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
 * 2^-11 more; without a limit where SRD_GIVEN numbers took the place of y or ratios were saturated). In the head <y, g> of a site must be
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
                                     place of the first three. Rounding: see below. Since 0.1. */
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
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (no question since the last run). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_report(const srd_explainer *explainer, srd_report *report);

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
 * @return SRD_OK, SRD_ERR_ARGUMENT (not a site), SRD_ERR_STATE. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_site_report(const srd_explainer *explainer, srd_layer layer,
                                                           srd_site_report *report);

/**
 * Copy out why the last failing call on this explainer failed (status SRD_OK if none has); read it right after that call,
 * success does not reset it. Functions that take the explainer as const (reports, plans, shapes, step_info) record nothing:
 * after their failures this is an older one. After a call that was refused because the explainer is in use it says just that.
 * @param explainer  not NULL
 * @param detail  struct_size set by the caller; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT (a NULL, or a struct_size below 16 or above 1024)
 */
SRD_API srd_status srd_explainer_detail(const srd_explainer *explainer, srd_detail *detail);

#define SRD_VERDICT_EXACT 0   /**< several paths per position: sharing ratios are computed */
#define SRD_VERDICT_SINGLE 1  /**< one path per position: its ratio is 1, nothing is computed or stored */
#define SRD_VERDICT_SOURCE 2  /**< an input: relevance arrives and stays */
#define SRD_VERDICT_INNER 3   /**< inside a segment (gather or swallowed): relevance passes through */
#define SRD_VERDICT_DEAD 4    /**< reaches no output */
#define SRD_VERDICT_ASSUMED 5 /**< a black box (srd_graph_custom()): that relevance passes with ratio 1 is an assumption */

/** What the method does at a layer, and what that costs, at the sizes an explainer is bound to; known before any run. */
typedef struct srd_plan_info {
    uint32_t struct_size;  /**< sizeof(srd_plan_info) */
    int32_t verdict;       /**< SRD_VERDICT_... */
    int32_t paths;         /**< paths per position, those from outside the picture included; 0 but for EXACT and SINGLE */
    int32_t reserved;      /**< 0 */
    int64_t positions;     /**< height * width */
    int64_t ratios;        /**< sharing ratios stored per image */
    int64_t multiply_adds; /**< of the forward pass of its segment, for one image; of a layer inside a segment only if a
                              group or instance norm makes it compute its own value */
    int64_t ratio_bytes;   /**< memory of the ratios, per image */
    int64_t kept_bytes;    /**< other memory that stays after a run, per image */
} srd_plan_info;

/** An srd_plan_info with struct_size set. */
#define SRD_PLAN_INFO_INIT                                      \
    {                                                           \
        (uint32_t)sizeof(srd_plan_info), 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Describe a layer's part in the plan.
 * @param explainer  not NULL
 * @param layer  a layer of its graph
 * @param info   struct_size set by the caller; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_plan_info(const srd_explainer *explainer, srd_layer layer, srd_plan_info *info);

/**
 * The name of a fast case that the segment of a layer takes (docs/design.md), for people and tests; names may change with any version.
 * @param explainer  not NULL
 * @param layer  a layer of its graph
 * @param index  0, 1, ... : a segment may take several, one for each part or branch, so that a name may come twice
 * @return a text that lives as long as the library; NULL: no such case, or no such layer. Empty in builds with SRD_WITH_TEXTS=0.
 * Threads: any, while no other one uses the explainer. Allocates nothing. Since 0.2.
 */
SRD_API const char *srd_explainer_fast_case(const srd_explainer *explainer, srd_layer layer, int32_t index);

/**
 * As srd_graph_dump(), of the graph as this explainer runs it: with the sizes that are bound, and the fast cases of each segment.
 * @param explainer  not NULL
 * @param format  SRD_DUMP_TEXT or SRD_DUMP_DOT
 * @param write   gets length characters at a time, not terminated, on the calling thread; cannot stop the dump, and must not free the
 *                explainer; not NULL
 * @param user    handed to write
 * @return SRD_OK or SRD_ERR_ARGUMENT. Threads: any, while no other one uses the explainer. Allocates nothing. Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_dump(const srd_explainer *explainer, int32_t format,
                                                    void (*write)(void *user, const char *text, size_t length), void *user);

/** Where an explainer's memory goes, in bytes. */
typedef struct srd_memory_info {
    uint32_t struct_size; /**< sizeof(srd_memory_info) */
    int32_t reserved;     /**< 0 */
    int64_t total;        /**< srd_explainer_memory_used() */
    int64_t tables;       /**< handle, plan, source positions; of a tiny network, what making the plan took for a while */
    int64_t transient;    /**< values and relevance that share their place by lifetimes */
    int64_t
        kept; /**< what stays after a run, per image that is kept: ratios, values of outputs and of the head, what keeps named */
    int64_t scratch; /**< per worker */
} srd_memory_info;

/** An srd_memory_info with struct_size set. */
#define SRD_MEMORY_INFO_INIT                                \
    {                                                       \
        (uint32_t)sizeof(srd_memory_info), 0, 0, 0, 0, 0, 0 \
    }

/**
 * Describe an explainer's memory.
 * @param explainer  not NULL
 * @param info  struct_size set by the caller; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_memory_info(const srd_explainer *explainer, srd_memory_info *info);

/**
 * Shape (C, H, W) of a layer at the sizes this explainer is bound to.
 * @param explainer  not NULL
 * @param layer  a layer of its graph that reaches an output; another one has no shape
 * @param shape  receives three numbers; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_layer_shape(const srd_explainer *explainer, srd_layer layer, int32_t *shape);

#define SRD_GEOMETRY_NONE 0 /**< the layer receives nothing from this input, or reaches no output */
#define SRD_GEOMETRY_GRID 1 /**< its positions, or some of them, form a grid of even steps over the input */
#define SRD_GEOMETRY_LOST 2 /**< it depends on the input, but its positions form no such grid */

/**
 * Where the positions of a layer lie in the pixels of an input: entry (i, j) of a grid of rows times columns looks at the place
 * (offset_y + i * step_y, offset_x + j * step_x). The middle of the pixel in row r and column c is the place (r, c): pixels are counted
 * from 0, and their borders lie at halves.
 *
 * The grid of most layers is the layer: first = 0, rows = H, columns = W, row_stride = W, column_stride = 1. Of a row of tokens it is the grid of
 * the patches that they come from; a class token before them is not on it (first = 1). Grid entry (i, j) is always number
 * first + i * row_stride + j * column_stride of a map [H][W] of the layer without gaps. In a view of the map with that first number
 * and these two strides, the map is a picture (srd_overlay_options has places for step and offset).
 *
 * What is meant by "looks at": the middle of the window, layer by layer. If all weights were equal, it would be the centre of mass of the
 * position's effective receptive field, away from the borders of the picture; what a run finds (srd_explainer_ask_erf()) lies around
 * it. At a border the place does not move, although the part of the window that lies outside sees nothing.
 *   - window layers: by kernel, stride, pads and dilation; pads move the grid
 *   - transposed convolutions and enlargements, which have a step below that of their input: the mean over the outputs that repeat
 *     an input position in turn, so that single positions may deviate from it, by less than a step of the input
 *   - adaptive averages: even steps; the windows may deviate from them by less than one position of the input
 *   - layers that make one position of all (mean, flatten, fully connected): the middle of all; the step is the size of all
 *   - add and concat: all inputs that depend on this one must have the same grid and the same steps; the offset is the mean of theirs
 *   - attention: the place of the query
 * Lost are the positions of custom gather layers, tokens of which no whole grid is left (a class token), tokens of two grids in one row,
 * grids cut into other rows before a window slides over them, and inputs of add and concat that disagree.
 *
 * The struct stands in arrays and has no struct_size; it does not change.
 */
typedef struct srd_layer_geometry {
    int32_t state;         /**< SRD_GEOMETRY_...; if it is not _GRID, all else is 0 */
    int32_t first;         /**< the number of grid entry (0, 0) in the layer: row * W + column */
    int32_t rows;          /**< of the grid */
    int32_t columns;       /**< of the grid */
    int32_t row_stride;    /**< numbers from a row of the grid to the next one in the layer */
    int32_t column_stride; /**< the same for columns */
    double step_y;         /**< pixels from a row of the grid to the next one, above 0 */
    double step_x;         /**< the same for columns */
    double offset_y;       /**< the place of grid entry (0, 0): its row of the input; may lie outside or between two */
    double offset_x;       /**< its column */
    double field_top;  /**< the first row of the input that entry (0, 0) can see; that of (i, j) is i * step_y further down */
    double field_left; /**< the first column */
    double
        field_bottom; /**< the last row; all four may lie outside of the picture. Behind enlargements they are bounds, else exact */
    double field_right; /**< the last column */
} srd_layer_geometry;

/** An srd_layer_geometry in which all is 0. */
#define SRD_LAYER_GEOMETRY_INIT                  \
    {                                            \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Where the positions of all layers lie in the pixels of an input, at the sizes this explainer is bound to. One call tells it of all
 * layers, because the geometry of a layer is made from those below it, and the explainer does not keep them.
 * @param explainer  not NULL; no run is needed
 * @param input   a layer made by srd_graph_input()
 * @param layers  receives one struct for each layer, by its id; not NULL
 * @param count   number of structs: srd_graph_layer_count()
 * @return SRD_OK or SRD_ERR_ARGUMENT. Threads: as for all questions about an explainer. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_layer_geometry(const srd_explainer *explainer, srd_layer input,
                                                              srd_layer_geometry *layers, int32_t count);

/**
 * Bytes of the block that the explainer fills or would fill, as srd_explainer_memory_size() says.
 * @param explainer  may be NULL
 * @return the bytes; 0 for NULL
 */
SRD_API size_t srd_explainer_memory_used(const srd_explainer *explainer);

/**
 * Which kernels do its arithmetic.
 * @param explainer  may be NULL
 * @return SRD_KERNELS_PORTABLE or another set, never SRD_KERNELS_BEST; 0 for NULL
 */
SRD_API int32_t srd_explainer_kernels(const srd_explainer *explainer);

#ifdef __cplusplus
}
#endif

#endif
