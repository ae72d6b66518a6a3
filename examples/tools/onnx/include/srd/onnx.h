/**
 * @file
 * onnx.h -- a network in an ONNX file as layers of an srd_graph. A small library beside the library, which itself knows no file format.
 *
 *     srd_onnx *network = NULL;
 *     srd_graph *graph = NULL;
 *
 *     srd_onnx_load("network.onnx", NULL, &network, &detail);
 *     srd_graph_create(NULL, NULL, &graph, &detail);
 *     srd_onnx_build(network, graph, &detail);
 *     srd_graph_seal(graph, &detail);
 *     picture = srd_onnx_input(network, 0, NULL);        // the layer whose map is asked for
 *     srd_onnx_free(network);                            // unless the graph borrows its weights
 *
 * What is understood: examples/tools/onnx/README.md. One input, a batch of 1. A softmax at the end is left out, because scores are asked
 * before it; srd_onnx_notes() says so.
 *
 * The rules are those of srd/types.h: the order of parameters, statuses, srd_detail, struct_size. The library is linked as srd::onnx
 * (CMake) or srd-onnx (pkg-config) and needs libprotobuf-c. It is a static library: it becomes part of your program and exports nothing
 * from it. Memory comes from malloc, in srd_onnx_load() and srd_onnx_load_memory() only.
 *
 * Failures. SRD_ERR_ARGUMENT: a NULL, options, a file that cannot be read or is none, an output that it does not have.
 * SRD_ERR_UNSUPPORTED: something in the file for which there is no layer. SRD_ERR_MEMORY. Where one node is to blame, layer_name of the
 * detail is its name, and the text has its operator, its name, and the reason.
 *
 * Threads: several networks may be loaded at once. A loaded one is not changed any more: any thread may look at it, and build with it,
 * several at once, until it is freed.
 */
#ifndef SRD_ONNX_H
#define SRD_ONNX_H

#include "srd/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A network that was read. Made by srd_onnx_load() or srd_onnx_load_memory(), given back by srd_onnx_free(). */
typedef struct srd_onnx srd_onnx;

/** How a file is read. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_onnx_options {
    uint32_t struct_size; /**< sizeof(srd_onnx_options) */
    int32_t height;       /**< of the picture, where the file leaves it open; 0: 224 */
    int32_t width;        /**< likewise */
    int32_t gate_count;   /**< entries of gates */
    /** The output whose scores are explained, or any inner tensor, by its name or its node's; NULL: the first output. Read during the call
     * only, as are the other texts here. */
    const char *output;
    /** Folder of the files in which the numbers of large tensors may lie. NULL: that of the network's own file; of bytes in memory there is
     * none, and such a tensor is refused. */
    const char *folder;
    /** Numbers that all constants together may have, of 4 to 8 bytes each: against files that would fill the memory. At least 0; 0: 16 for each
     * byte of the file and its tensors' files, and 6 million. */
    int64_t most_numbers;
    /** Names of tensors, or of the nodes that make them, that are gates where they are multiplied by what depends on the input, too: the
     * other factor carries the relevance. For products of which nothing else tells it. NULL if gate_count is 0; no entry is NULL. */
    const char *const *gates;
} srd_onnx_options;

/** An srd_onnx_options with struct_size set and all else 0. */
#define SRD_ONNX_OPTIONS_INIT                                            \
    {                                                                    \
        (uint32_t)sizeof(srd_onnx_options), 0, 0, 0, NULL, NULL, 0, NULL \
    }

/**
 * Read a file.
 * @param path     not NULL
 * @param options  NULL: defaults
 * @param network  receives the network, on SRD_OK only; not NULL. The caller owns it: srd_onnx_free()
 * @param detail   receives the reason of a failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_UNSUPPORTED, SRD_ERR_MEMORY
 */
SRD_API SRD_NODISCARD srd_status srd_onnx_load(const char *path, const srd_onnx_options *options, srd_onnx **network,
                                               srd_detail *detail);

/**
 * Read the bytes of such a file.
 * @param bytes  size bytes, read during the call only; not NULL
 * @param size   at least 1
 * @param options, network, detail  as in srd_onnx_load()
 * @return as srd_onnx_load()
 */
SRD_API SRD_NODISCARD srd_status srd_onnx_load_memory(const void *bytes, size_t size, const srd_onnx_options *options,
                                                      srd_onnx **network, srd_detail *detail);

/**
 * Give back a network. A graph with SRD_WEIGHTS_BORROW reads weights where they lie, in this network: free it after the graph and its
 * explainers then. With copied or packed weights it can be freed as soon as the graph is built.
 * @param network  may be NULL
 */
SRD_API void srd_onnx_free(srd_onnx *network);

/**
 * What was left out and why it does no harm, a line for each note.
 * @param network  may be NULL
 * @return the lines, "" if there are none; they belong to the network
 */
SRD_API const char *srd_onnx_notes(const srd_onnx *network);

/** Inputs of the network. @param network  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_onnx_input_count(const srd_onnx *network);

/**
 * An input: its layer in the graph that srd_onnx_build() fills, which has its name.
 * @param network  may be NULL
 * @param index    0 ... srd_onnx_input_count() - 1
 * @param name     receives its name in the file, which belongs to the network; may be NULL
 * @return the layer; SRD_LAYER_NONE, and NULL in name, if there is no such input
 */
SRD_API srd_layer srd_onnx_input(const srd_onnx *network, int32_t index, const char **name);

/** Outputs that the file names, and behind them the inner tensor, if one was chosen. @param network  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_onnx_output_count(const srd_onnx *network);

/**
 * An output: the layer of its scores, which is output 0 of the graph, if it is the one that was chosen.
 * @param network  may be NULL
 * @param index    0 ... srd_onnx_output_count() - 1
 * @param name     receives its name in the file, which belongs to the network; may be NULL
 * @return the layer; SRD_LAYER_NONE if another output was chosen, or, with NULL in name, if there is no such output
 */
SRD_API srd_layer srd_onnx_output(const srd_onnx *network, int32_t index, const char **name);

/** Classes: channels of the output that was chosen. @param network  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_onnx_class_count(const srd_onnx *network);

/** A layer that srd_onnx_build() will make. The library fills it; its pointers belong to the network. */
typedef struct srd_onnx_layer_info {
    uint32_t struct_size;      /**< sizeof(srd_onnx_layer_info), set by the caller */
    int32_t channels;          /**< its shape, */
    int32_t height;            /**< at the sizes of the file or of the options */
    int32_t width;             /**< (1 x 1 for a vector) */
    int32_t operand_count;     /**< layers that it reads */
    int32_t reserved;          /**< 0 */
    const srd_layer *operands; /**< which; NULL if none */
    const char *name;          /**< that of its node, or made from it */
    const char *function;      /**< of srd/layers.h or srd/gather.h that adds it, without srd_graph_, such as "conv2d" */
} srd_onnx_layer_info;

/** An srd_onnx_layer_info with struct_size set and all else 0. */
#define SRD_ONNX_LAYER_INFO_INIT                                               \
    {                                                                          \
        (uint32_t)sizeof(srd_onnx_layer_info), 0, 0, 0, 0, 0, NULL, NULL, NULL \
    }

/** Layers that srd_onnx_build() will make: 0 ... that - 1. @param network  may be NULL. @return the number; 0 for NULL */
SRD_API int32_t srd_onnx_layer_count(const srd_onnx *network);

/**
 * One of them.
 * @param network  not NULL
 * @param layer    0 ... srd_onnx_layer_count() - 1
 * @param info     receives what is known of it; not NULL
 * @param detail   receives the reason of a failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT
 */
SRD_API SRD_NODISCARD srd_status srd_onnx_layer(const srd_onnx *network, srd_layer layer, srd_onnx_layer_info *info,
                                                srd_detail *detail);

/**
 * Where a number of the input stands in the file's own input: the layer of an input is (C, H, W) also where the file has its channels last.
 * @param network   not NULL
 * @param index     0 ... srd_onnx_input_count() - 1
 * @param channel   of the layer
 * @param position  row * width + column, in the layer of the input
 * @return its index in the input as the file orders it, last axis fastest; -1 if there is no such number
 */
SRD_API int64_t srd_onnx_input_element(const srd_onnx *network, int32_t index, int32_t channel, int64_t position);

/**
 * Where a number of the chosen output stands in the file's own output, for comparing with another engine.
 * @param network   not NULL
 * @param channel   0 ... srd_onnx_class_count() - 1
 * @param position  row * width + column, in the layer of the output
 * @return its index in the output as the file orders it, last axis fastest; -1 if there is no such number
 */
SRD_API int64_t srd_onnx_output_element(const srd_onnx *network, int32_t channel, int64_t position);

/**
 * Add all layers to a graph and name the output. Inputs are those of the file, in their order. The graph is not sealed.
 * @param network  not NULL
 * @param graph    has no layer yet; not NULL
 * @param detail   receives the reason of a failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_STATE (the graph has layers, or is sealed), or what a function of srd/layers.h or srd/gather.h returned
 */
SRD_API SRD_NODISCARD srd_status srd_onnx_build(const srd_onnx *network, srd_graph *graph, srd_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
