/**
 * @file
 * explainer.h -- runs a sealed graph on a picture and keeps the sharing ratios. ask.h has the questions about them, inspect.h what
 * can be known without a run.
 *
 * An explainer belongs to one thread at a time: a run, step, value, top class or question while another one goes on is SRD_ERR_STATE ("in use") and
 * disturbs nothing. Any number of explainers may share a graph. All memory is taken at creation. Ratios belong to the run, not to the
 * question: after one srd_explainer_run() any number of classes, seeds and ERFs may be asked, each costing only sums over stored ratios.
 *
 * Threads: an explainer belongs to one at a time. Allocation: only making an explainer allocates. Since 0.1, where nothing else is said.
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

/** Something of a layer that is to be kept after a run. Bits of `what` are added up; with SRD_LAYER_NONE there is one alone. What is
 * kept of sites only is SRD_ERR_UNSUPPORTED elsewhere. */
typedef struct srd_keep {
    srd_layer layer; /**< a site; for SRD_KEEP_START and SRD_KEEP_MAP any layer that reaches an output */
    int32_t what;    /**< SRD_KEEP_VALUE | ... | SRD_KEEP_MAP */
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
 * SRD_IMAGES_ALL: what stays after a run (ratios, values, patterns) exists once per image, and questions are about the
 * whole batch.
 *
 * SRD_IMAGES_ONE: it exists once. Images still run one after the other; each can be asked when its last step is done,
 * in srd_run_options.each_image or between two srd_explainer_step(), and is forgotten when the next image begins. The last
 * one stays until the next run. All that is asked is then that of a batch of one: maps, seeds and masks are [H][W], [1][H][W]
 * (maps and seeds also [1][1][H][W]), a map per channel is [C][H][W] or [1][C][H][W], directions are [C] or [1][C],
 * srd_target.classes is one class, values are [C][H][W] or [1][C][H][W] (or without the H and W, as for all explainers), and reports
 * are about the one image. Inputs of a run are [N][C][H][W] as ever. The numbers are the same bits in both ways.
 */
#define SRD_IMAGES_ALL 0 /**< what stays after a run exists once per image */
#define SRD_IMAGES_ONE 1 /**< what stays after a run exists once, for the image that ran last */

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
 * kept: batch is 1, or keep_images is SRD_IMAGES_ONE. With SRD_KEEP_GRADCAM, SRD_KEEP_CHANNELS or SRD_KEEP_MAP, or a batch
 * that is kept whole, no explainer is made, and no run takes srd_run_options.given: SRD_ERR_UNSUPPORTED. The other two have no
 * such limits. See docs/memory.md.
 */
#define SRD_RATIOS_FLOAT32 0    /**< 4 bytes for each */
#define SRD_RATIOS_FLOAT16 1    /**< 2 bytes for each */
#define SRD_RATIOS_RECOMPUTED 2 /**< none is kept */

/*
 * Who keeps the inputs of a run: srd_explainer_options.inputs. It matters with SRD_RATIOS_RECOMPUTED only, whose questions read them.
 *
 * SRD_INPUTS_COPY: the explainer. What was handed to srd_explainer_run() or srd_explainer_begin() may go when the run is over.
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
    int32_t workers;               /**< threads that parallel_for uses at most, up to 1024; 0: 1 */
    const int32_t *input_sizes;    /**< height and width of each input, in the order of srd_graph_input(); NULL: as declared.
                                   A 0 stands for the declared size. Copied. */
    const srd_keep *keeps;         /**< what calls after a run may ask for besides the usual. Copied. */
    srd_parallel_for parallel_for; /**< NULL: everything runs on the calling thread */
    void *parallel_user;           /**< handed to parallel_for */
    int32_t keep_images;           /**< SRD_IMAGES_ALL (0) or SRD_IMAGES_ONE. The latter with SRD_KEEP_PATTERN needs a
                                   batch of 1 (SRD_ERR_UNSUPPORTED): the patterns of N images would have to outlive them. */
    int32_t kernels;    /**< SRD_KERNELS_BEST (0) or another; SRD_ERR_UNSUPPORTED if processor, system or build lack it */
    int32_t ratios;     /**< SRD_RATIOS_FLOAT32 (0) or another */
    int32_t inputs;     /**< SRD_INPUTS_COPY (0) or SRD_INPUTS_BORROW */
    int32_t fast_cases; /**< SRD_FAST_CASES_ALL (0) or SRD_FAST_CASES_NONE */
    int32_t keep_size;  /**< sizeof(srd_keep), the bytes from one entry of keeps to the next; 0: the 8 of the first version */
} srd_explainer_options;

/** An srd_explainer_options with struct_size set and all else 0. */
#define SRD_EXPLAINER_OPTIONS_INIT                                                                       \
    {                                                                                                    \
        (uint32_t)sizeof(srd_explainer_options), 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Bytes of memory (srd_memory.buffer_size) for an explainer with these options: the plan of the creation, run without the arena.
 * @param graph    sealed; not NULL
 * @param options  NULL: defaults
 * @param work     memory for the plan's tables, free again on return; NULL: malloc; any buffer that is large enough,
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
 * @param memory   NULL: malloc; with a buffer: srd_explainer_memory_size() bytes are enough
 * @param out      receives the handle, freed by srd_explainer_free(); not NULL
 * @param detail   filled on failure; may be NULL
 * @return as srd_explainer_memory_size()
 * Threads: any. Allocates several pieces (or none, in a buffer), and nothing later. Since 0.1.
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

/**
 * Called after each step of a run, on its thread. It may ask about an image that is
 * complete (of an explainer that keeps all images: when done is total); it may not run, step or free the explainer.
 * @param user  srd_run_options.user
 * @param done  steps of the batch that are done
 * @param total  all steps of the batch
 * @return SRD_OK to go on; a failure ends the run, which returns it (after the last step the run is complete, and the answer is ignored)
 */
typedef srd_status (*srd_progress)(void *user, int32_t done, int32_t total);

/** The caller's clock in any unit. @param user  srd_run_options.user. @return the time now */
typedef uint64_t (*srd_clock)(void *user);

/**
 * Called on the running thread when the last step of an image is done, before progress. It may ask about that image, read its values
 * and its top class, with a detail of its own; it may not run, step or free the explainer (the first two are SRD_ERR_STATE).
 * @param user       srd_run_options.user
 * @param explainer  that of the run
 * @param image      0 ... N - 1, the number in the batch
 * @return SRD_OK to go on; a failure ends the run, which returns it
 */
typedef srd_status (*srd_each_image)(void *user, srd_explainer *explainer, int32_t image);

/** What a run does besides. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_run_options {
    uint32_t struct_size;            /**< sizeof(srd_run_options) */
    int32_t patterns;                /**< SRD_PATTERNS_OFF (0), _ONLY or _IMPOSE: APOP, METHOD section 7 */
    int32_t pattern_count;           /**< entries of pattern_layers */
    int32_t reserved;                /**< 0 */
    const srd_layer *pattern_layers; /**< activations that are chosen; NULL: all. For _IMPOSE each was kept with
                                        SRD_KEEP_PATTERN (NULL: all that were) */
    srd_progress progress;           /**< NULL: not called */
    srd_clock clock;                 /**< for srd_explainer_step_info(); read before and after each step. NULL: no timings */
    void *user;                      /**< handed to progress, clock and each_image */
    srd_each_image each_image;       /**< only of an explainer with SRD_IMAGES_ONE (else SRD_ERR_ARGUMENT); NULL: not called */
    const srd_given *given;          /**< sites whose numbers the host gives; read when the run begins; NULL: none */
    int32_t given_count;             /**< entries of given, no two of one layer and kind; not with patterns */
    int32_t given_size; /**< sizeof(srd_given), the bytes from one entry of given to the next; 0: those of the first version */
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
 *                1), finite, read during the call only (but see SRD_INPUTS_BORROW); not NULL
 * @param count   the number of inputs of the graph
 * @param options NULL: a plain run
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_STATE (patterns that are not kept), SRD_ERR_NUMBER (a NaN or
 *         Inf, with the layer where it appeared), what progress, each_image or the callback of a black box returned. Refused arguments leave
 *         the last run as it was; after SRD_ERR_NUMBER and what a callback returned there is none, and the explainer can run again. SRD_ERR_STATE also if it is
 *         in use by another thread, or from inside a callback of a run, which goes on. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_run(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                                                   const srd_run_options *options, srd_detail *detail);

/**
 * Start a run that srd_explainer_step() carries on, one step a call: for a watchdog or a cooperative scheduler.
 * Tensors, their numbers, progress, clock, each_image and user must stay until the run is over: complete, failed, cancelled, or ended by
 * another begin or run; the options and arrays are read during the call only. A begin or run that is refused leaves a run in
 * progress as it was; one that is not ends it.
 * @param explainer, inputs, count, options, detail  as in srd_explainer_run()
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_STATE, as srd_explainer_run(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_begin(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                                                     const srd_run_options *options, srd_detail *detail);

/**
 * Do the next step of a run.
 * @param explainer  not NULL
 * @param left  receives the steps that remain; 0: the run is complete. With SRD_IMAGES_ONE, a multiple of
 *              srd_explainer_step_count(): an image is complete, number N - 1 - left / srd_explainer_step_count(), and can be
 *              asked until the next step. May be NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT (no explainer), SRD_ERR_STATE (no run was begun, it is over, or this is a callback of it), SRD_ERR_NUMBER,
 *         what progress, each_image or the callback of a black box returned. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_step(srd_explainer *explainer, int32_t *left, srd_detail *detail);

/**
 * Copy out the value of an output or of a layer kept with SRD_KEEP_VALUE, from the last run. The value of a softmax is the
 * probabilities; name the layer below it as another output to get its scores (outputs never change a map).
 * @param explainer  not NULL
 * @param layer  an output, or a layer kept with SRD_KEEP_VALUE
 * @param value  SRD_FLOAT32 [N][C][H][W], or without the N if it is 1, or [N][C] or [C] if H and W are 1; writable; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_SHAPE, SRD_ERR_STATE (no run, or the layer is not kept). Allocates nothing.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_value(srd_explainer *explainer, srd_layer layer, srd_tensor *value,
                                                     srd_detail *detail);

/**
 * The class with the largest score of one image: the scores of an output (before its softmax, if it is one) summed over
 * its positions; the first on a tie.
 * @param explainer  not NULL
 * @param image   0 ... N - 1; with SRD_IMAGES_ONE that which is kept (any other: SRD_ERR_STATE)
 * @param output  an output number
 * @param class_index, score  receive the class and its score; each may be NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (no run). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_top_class(srd_explainer *explainer, int32_t image, int32_t output,
                                                         int32_t *class_index, float *score, srd_detail *detail);

/**
 * How far what a host has given for a site in the last run is from what this library computes: the largest |f(y) - x| if a value
 * x was given (y given, too, or computed), else the largest |y computed - y given|; over the images of the batch, or of the
 * one image that is kept.
 * @param explainer  not NULL
 * @param layer  a site
 * @param error  receives the number; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (no run, or nothing was given for the site). Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_explainer_given_error(const srd_explainer *explainer, srd_layer layer, float *error,
                                                           srd_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
