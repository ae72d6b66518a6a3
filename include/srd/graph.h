/**
 * @file
 * graph.h -- a network: made empty, built by one call per layer (layers.h, gather.h), and then sealed.
 *
 * Values are written (C, H, W): channels, height, width of one image; the batch is chosen by each explainer. Every
 * layer-adding call returns the new layer's id, or SRD_LAYER_NONE on failure. A failure sticks: later calls do nothing,
 * and srd_graph_seal() returns the first one with the layer's name and the reason, so a program may check just once. Such a
 * graph can only be freed. After srd_graph_seal() a layer call returns SRD_LAYER_NONE and records nothing.
 *
 * Threads: a graph under construction belongs to one thread; once sealed it never changes, and any number of threads may
 * make explainers of it and ask about it. Allocation: layer calls and seal allocate from the graph's memory.
 *
 * Since 0.1, where nothing else is said.
 */
#ifndef SRD_GRAPH_H
#define SRD_GRAPH_H

#include "srd/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network; what is inside is private. */
typedef struct srd_graph srd_graph;

#define SRD_WEIGHTS_COPY 0   /**< weights are copied, in the kernels' own order, by the call that takes them */
#define SRD_WEIGHTS_BORROW 1 /**< weights are read where they lie (flash, a mapped file) and must outlive the graph */

/** How a graph treats its weights. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_graph_options {
    uint32_t struct_size;  /**< sizeof(srd_graph_options) */
    int32_t weight_policy; /**< SRD_WEIGHTS_COPY (0) or SRD_WEIGHTS_BORROW */
} srd_graph_options;

/** An srd_graph_options with struct_size set and all else 0. */
#define SRD_GRAPH_OPTIONS_INIT                 \
    {                                          \
        (uint32_t)sizeof(srd_graph_options), 0 \
    }

/**
 * Make an empty graph.
 * @param options  NULL: defaults
 * @param memory   NULL: malloc. With a buffer, all of the graph lives in it; see srd_graph_memory_size()
 * @param out      receives the handle, freed by srd_graph_free(); not NULL
 * @param detail   filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_MEMORY. Threads: any. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_create(const srd_graph_options *options, const srd_memory *memory, srd_graph **out,
                                                  srd_detail *detail);

/**
 * Give up the caller's hold on a graph. Explainers keep their graph alive, so handles may be freed in
 * any order, from any thread.
 * @param graph  NULL: nothing is done; nor if the caller has freed it before and an explainer still holds it
 */
SRD_API void srd_graph_free(srd_graph *graph);

/**
 * Adds the layers and outputs of a network to a graph, and does not seal it.
 * @param graph  empty, not sealed
 * @param user   what was handed in with the function
 * @return SRD_OK, or a status of its own, which the caller of this function returns
 */
typedef srd_status (*srd_build)(srd_graph *graph, void *user);

/**
 * Bytes of memory (srd_memory.buffer_size) that a graph needs: builds it once in working memory by the caller's own function and seals it. The
 * number is that of srd_graph_memory_used() of the same graph.
 * @param build    not NULL
 * @param user     handed to build
 * @param options  as for srd_graph_create()
 * @param work     working memory, free again on return: NULL, functions, or any buffer large enough
 * @param size     receives the exact number of bytes for srd_memory.buffer_size with the same build and options; not NULL
 * @param detail   filled on failure; may be NULL
 * @return what build and srd_graph_seal() return, SRD_ERR_ARGUMENT, SRD_ERR_MEMORY. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_memory_size(srd_build build, void *user, const srd_graph_options *options,
                                                       const srd_memory *work, size_t *size, srd_detail *detail);

/* ---- finishing ----------------------------------------------------------------------------------------------------------- */

/**
 * Name a layer as an output (at least one is needed; output numbers are 0, 1, ... in the order of the calls). A layer may be
 * named twice; an input may be an output. Sticky like a layer call.
 * @param graph  not NULL, not sealed
 * @param layer  a layer of this graph
 * @param detail  filled on failure; may be NULL: srd_graph_seal() tells the same
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (sealed), SRD_ERR_MEMORY, or the failure that the graph has already. Since 0.1.
 */
SRD_API srd_status srd_graph_output(srd_graph *graph, srd_layer layer, srd_detail *detail);

/**
 * Check the graph, decide sites, compile segments, prepare weights. After SRD_OK the graph never changes again.
 * @param graph   not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, the first failure since creation, SRD_ERR_ARGUMENT (no graph), SRD_ERR_STATE (already sealed, no output), SRD_ERR_MEMORY,
 *         SRD_ERR_UNSUPPORTED, SRD_ERR_NUMBER; a graph that failed can only be freed. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_seal(srd_graph *graph, srd_detail *detail);

/**
 * Copy out the first failure of a graph (status SRD_OK if there is none; a layer call on a sealed graph records none).
 * @param graph   not NULL
 * @param first   receives it, so it is written on SRD_OK, unlike the detail of other calls; struct_size set by the caller; not NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT (a NULL, or a struct_size below 16 or above 1024). Since 0.1.
 */
SRD_API srd_status srd_graph_detail(const srd_graph *graph, srd_detail *first);

/* ---- looking at a graph (sealed or not, as said; all allocate nothing) ------------------------------------------------- */

/** Number of layers added so far. @param graph  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_graph_layer_count(const srd_graph *graph);
/** A layer by its name. @param graph, name  may be NULL. @return its id, or SRD_LAYER_NONE when there is none */
SRD_API srd_layer srd_graph_find(const srd_graph *graph, const char *name);
/** Name of a layer. @param graph, layer  any. @return the name, valid until the graph is gone; NULL for an unknown id */
SRD_API const char *srd_graph_layer_name(const srd_graph *graph, srd_layer layer);
/** Kind of a layer. @param graph, layer  any. @return constant text such as "conv2d"; NULL for an unknown id */
SRD_API const char *srd_graph_layer_kind(const srd_graph *graph, srd_layer layer);
/**
 * Whether a layer is a site: whether its PFVs exchange relevance.
 * @param graph, layer  any
 * @return 1 for a site; 0 if it is none, or is dead, or unknown, or the graph is not sealed
 */
SRD_API int32_t srd_graph_is_site(const srd_graph *graph, srd_layer layer);
/**
 * Shape (C, H, W) of a layer at the declared input sizes; H and W are 0 where an input left them open, and C above a flatten
 * of such a layer.
 * @param graph  not NULL
 * @param layer  a layer of it
 * @param shape  receives three numbers; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_layer_shape(const srd_graph *graph, srd_layer layer, int32_t *shape,
                                                       srd_detail *detail);

#define SRD_ROLE_SOURCE 0    /**< an input */
#define SRD_ROLE_POINTWISE 1 /**< activations, softmax, local response norm */
#define SRD_ROLE_GATHER 2    /**< pools, concat, pads, flatten */
#define SRD_ROLE_MIXING 3    /**< convolution, fully connected */
#define SRD_ROLE_POST 4      /**< batch norm, scale/shift, add */
#define SRD_ROLE_NOTHING 5   /**< dropout: stands for its input */

/** What a layer is (METHOD sections 2 and 3). */
typedef struct srd_layer_info {
    uint32_t struct_size;  /**< sizeof(srd_layer_info) */
    int32_t role;          /**< SRD_ROLE_... */
    int32_t operand_count; /**< see srd_graph_layer_operand() */
    int32_t is_live;       /**< sealed: 1 if it reaches an output */
    int32_t is_site;       /**< sealed: 1 if its PFVs exchange relevance */
    int32_t is_swallowed;  /**< sealed: 1 if it is a mixing or post layer inside the segment of a site above it */
    int32_t readers;       /**< sealed: live layers that read it, counted as often as they do */
    int32_t path_layers;   /**< sealed, sites: source sites that its segment receives from */
    int64_t parameters;    /**< numbers that it was given: weights, biases, slopes; a batch norm counts scale and shift */
} srd_layer_info;

/** An srd_layer_info with struct_size set. */
#define SRD_LAYER_INFO_INIT                                      \
    {                                                            \
        (uint32_t)sizeof(srd_layer_info), 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Describe a layer.
 * @param graph  not NULL
 * @param layer  a layer of it
 * @param info   struct_size set by the caller; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK or SRD_ERR_ARGUMENT. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_layer_info(const srd_graph *graph, srd_layer layer, srd_layer_info *info,
                                                      srd_detail *detail);
/**
 * A layer that another one reads, as it was added (before dropout is removed).
 * @param graph, layer  any
 * @param operand  0 ... operand_count - 1 of srd_graph_layer_info()
 * @return its id, or SRD_LAYER_NONE when there is no such one. Since 0.2.
 */
SRD_API srd_layer srd_graph_layer_operand(const srd_graph *graph, srd_layer layer, int32_t operand);

#define SRD_DUMP_TEXT 0 /**< a line per layer: id, kind, name, shape, inputs, what it is to the method */
#define SRD_DUMP_DOT 1  /**< a directed graph for Graphviz; sites are boxes, swallowed layers dashed */

/**
 * Write a description of a sealed graph, piece by piece, for people to read; its form may change with any version.
 * @param graph   not NULL
 * @param format  SRD_DUMP_TEXT or SRD_DUMP_DOT
 * @param write   gets the text; must not free the graph; not NULL
 * @param user    handed to write
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (not sealed), what write returned. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_graph_dump(const srd_graph *graph, int32_t format, srd_write write, void *user,
                                                srd_detail *detail);

/** Number of inputs added so far. @param graph  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_graph_input_count(const srd_graph *graph);
/**
 * The layer of an input number.
 * @param graph  may be NULL
 * @param input  0, 1, ... in the order of srd_graph_input()
 * @return its id, or SRD_LAYER_NONE
 */
SRD_API srd_layer srd_graph_input_layer(const srd_graph *graph, int32_t input);
/** Number of outputs named so far. @param graph  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_graph_output_count(const srd_graph *graph);
/** The layer of an output number. @param graph, output  any. @return its id, or SRD_LAYER_NONE */
SRD_API srd_layer srd_graph_output_layer(const srd_graph *graph, int32_t output);
/** Bytes that the graph holds now. @param graph  may be NULL. @return after seal, exactly what a buffer must have; 0 for NULL */
SRD_API size_t srd_graph_memory_used(const srd_graph *graph);
#ifdef __cplusplus
}
#endif

#endif
