/**
 * @file
 * types.h -- what every other header of libsrd needs: statuses, the detail of a failure, and where memory comes from.
 *
 * Conventions of the whole interface (docs/api-conventions.md gives the reasons):
 *   - order of parameters: handle, inputs, options, memory, outputs, detail;
 *   - a function that can fail returns srd_status, and tells why in an srd_detail of the caller's, its last parameter. There is no other
 *     way to ask for a reason, but for layer-adding calls: their failure sticks to the graph, and srd_graph_detail(), whose detail is no reason
 *     but the answer, copies it out (graph.h). Outputs are written on SRD_OK only, and the handle stays usable, but for a graph that failed;
 *   - a struct begins with struct_size, the sizeof that the caller was compiled with. Only those that stand in arrays (srd_keep,
 *     srd_given, srd_layer_geometry) have none: the size of an entry is told once, beside the count. In options 0 means the
 *     default; a newer caller may pass a longer struct as long as the bytes this library does not know are 0.
 *     A struct that the library fills may be longer or shorter than its own: the part both know is written, the rest of
 *     struct_size bytes set to 0 (of an srd_detail it is left alone). A struct_size that no version has (0, one that would cut a field, no multiple of 4, more
 *     than 1024) is SRD_ERR_ARGUMENT, and nothing is written;
 *   - a flag is 0 or 1; a reserved field, and a field that the called function does not use, is 0. Anything else is
 *     SRD_ERR_ARGUMENT, so that a later version can give it a meaning;
 *   - a callback has the C calling convention, and its type has a name. No exception, longjmp or panic may leave it. One that may end
 *     what calls it returns srd_status: SRD_OK to go on, else a failure, which the call then returns (SRD_ERR_CANCELLED to stop
 *     without a reason); a number that is no status is SRD_ERR_ARGUMENT;
 *   - a value whose 0 means something (a class, a row, a layer) is a parameter, never an option field;
 *   - constants are int32_t, there are no C enums, no varargs, and no structs passed by value; texts are UTF-8.
 *
 * "METHOD section n" is section n of docs/method.md.
 *
 * "Since" is the version that brought the name. Since 0.1, where nothing else is said.
 */
#ifndef SRD_TYPES_H
#define SRD_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifndef SRD_API /* define it, or SRD_NODISCARD, as nothing for tools that do not know attributes */
#if defined(_WIN32) && defined(SRD_SHARED)
#ifdef SRD_BUILDING
#define SRD_API __declspec(dllexport)
#else
#define SRD_API __declspec(dllimport)
#endif
#elif defined(__GNUC__) && !defined(_WIN32) && !defined(SRD_BUILDING_STATIC)
/* Also for programs: with #pragma GCC visibility push(hidden) around the #include they could not be linked otherwise. */
#define SRD_API __attribute__((visibility("default")))
#else
/** Marks what the library exports. A program that links the DLL on Windows defines SRD_SHARED, nothing else is needed. */
#define SRD_API
#endif
#endif

#ifndef SRD_NODISCARD
#if defined(__GNUC__)
#define SRD_NODISCARD __attribute__((warn_unused_result))
#else
/** Marks functions whose status must be looked at: compilers that can will warn. */
#define SRD_NODISCARD
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Outcome of a call: 0 is success, failures are negative. The numbers never change; new ones may be added. */
typedef int32_t srd_status;

#define SRD_OK 0                  /**< success */
#define SRD_ERR_ARGUMENT (-10)    /**< a NULL, an unknown id, a value outside its range, a struct_size we cannot read */
#define SRD_ERR_SHAPE (-20)       /**< shapes, ranks or channel counts that do not fit together */
#define SRD_ERR_STATE (-30)       /**< a call out of order: before seal, after seal, before run */
#define SRD_ERR_MEMORY (-40)      /**< the allocator gave nothing, or the caller's block is too small or misaligned */
#define SRD_ERR_UNSUPPORTED (-50) /**< a network or a question that the method or this build does not cover */
#define SRD_ERR_NUMBER (-60)      /**< NaN or Inf in an input, in a weight, or made by an overflow inside a layer */
#define SRD_ERR_OVERFLOW (-70)    /**< a size that does not fit the machine's integers */
#define SRD_ERR_CANCELLED (-80)   /**< the caller's own callback asked to stop */
#define SRD_ERR_INTERNAL (-90)    /**< the library found that its own answer is wrong, and gives none: a fault to be reported */

/**
 * Name of a status.
 * @param status  any number
 * @return such as "SRD_ERR_SHAPE"; "unknown status" for a number that this library does not know
 * The text is constant and never freed. Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API const char *srd_status_name(srd_status status);

/** Id of a layer of one graph: 0, 1, 2, ... in the order of the calls that added them. */
typedef int32_t srd_layer;

/** What a layer-adding call returns after a failure. Calls on a graph that has failed ignore it; srd_keep and
 * srd_explainer_ask_gradcam() give it a meaning; elsewhere it is an error. */
#define SRD_LAYER_NONE (-1)

/**
 * Why a call failed. The caller owns it, sets struct_size, and passes its address (or NULL: not interested); the library
 * fills it on failure and leaves it alone on success. It holds no pointers, so it may be copied and kept. struct_size may
 * be as small as 16 (status and layer only); a smaller one, 0 above all, or one above 1024, is left alone without a word.
 */
typedef struct srd_detail {
    uint32_t struct_size; /**< sizeof(srd_detail), set by the caller */
    int32_t status;       /**< the status that the call returned */
    srd_layer layer;  /**< the layer concerned, or SRD_LAYER_NONE. Of a layer call that failed, the id that it would have got:
                             layer_name is its name */
    int32_t reserved; /**< 0 */
    char layer_name[64]; /**< its name, cut to fit, or "" */
    char text[240];      /**< the reason in English, UTF-8, always terminated */
} srd_detail;

/** A detail ready for use: srd_detail detail = SRD_DETAIL_INIT; */
#define SRD_DETAIL_INIT                                            \
    {                                                              \
        (uint32_t)sizeof(srd_detail), 0, SRD_LAYER_NONE, 0, { 0 }, \
        {                                                          \
            0                                                      \
        }                                                          \
    }

/**
 * Gives memory, or NULL when there is none. May not call the library.
 * @param user  that of the srd_memory
 * @param size  bytes that are wanted
 * @param alignment  of the first one: a power of two
 */
typedef void *(*srd_allocate)(void *user, size_t size, size_t alignment);

/**
 * Takes memory back. May not call the library.
 * @param user  that of the srd_memory
 * @param memory  what an srd_allocate returned, never NULL
 * @param size  its bytes
 */
typedef void (*srd_release)(void *user, void *memory, size_t size);

/**
 * Where a handle's memory comes from. A NULL pointer to this struct means malloc and free.
 *
 * Either the caller gives one piece of memory (buffer, buffer_size): the handle lives in it, nothing else is allocated or freed, and
 * the buffer must stay until the handle is freed; a graph's buffer until its last explainer is freed too. The buffer must be
 * aligned to SRD_ALIGNMENT bytes. Or the caller gives two functions, allocate and release. Giving both, or neither, is
 * SRD_ERR_ARGUMENT. release runs on the thread that frees the last holder.
 * The struct itself is copied. user is passed on untouched. After creation no function of a handle allocates; a graph
 * allocates while it is built and sealed.
 */
typedef struct srd_memory {
    uint32_t struct_size;  /**< sizeof(srd_memory) */
    uint32_t reserved;     /**< 0 */
    void *buffer;          /**< the caller's memory, or NULL */
    size_t buffer_size;    /**< bytes in buffer */
    srd_allocate allocate; /**< used when buffer is NULL */
    srd_release release;   /**< gives back what allocate gave */
    void *user;            /**< handed to both */
} srd_memory;

/** An srd_memory with struct_size set and all else empty: give it a buffer or both functions. */
#define SRD_MEMORY_INIT                                            \
    {                                                              \
        (uint32_t)sizeof(srd_memory), 0, NULL, 0, NULL, NULL, NULL \
    }

/** Alignment in bytes of all memory that the library asks for or is given. */
#define SRD_ALIGNMENT 64

/** A piece of work of the library's: number `index`, done by `worker`. See srd_parallel_for. */
typedef void (*srd_task)(void *context, int32_t index, int32_t worker);

/**
 * Work shared among threads by the caller: parallel_for calls task(context, i, worker) once for each i in [0, count),
 * in any order, and returns when all have returned. worker is in [0, workers) and never used by two calls at once; workers
 * is that of the explainer's options. The library calls it on the thread of srd_explainer_run(), srd_explainer_step() and of questions, never
 * nested. It cannot fail: what no other thread does, for instance because none could be started, the calling thread must do.
 * Where there is only one task, the library calls it itself. Results do not depend, to the bit, on order or workers.
 */
typedef void (*srd_parallel_for)(void *user, srd_task task, void *context, int32_t count, int32_t workers);

/**
 * Gets a text piece by piece, on the calling thread.
 * @param user  what was handed in with the function
 * @param text  length characters, not terminated, valid during the call only
 * @param length  at least 1
 * @return SRD_OK to go on; a failure ends the call that writes, which returns it
 */
typedef srd_status (*srd_write)(void *user, const char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
