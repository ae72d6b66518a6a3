/**
 * @file
 * types.h -- what every other header of libsrd needs: statuses, the detail of a failure, and where memory comes from.
 *
 * Conventions of the whole interface (docs/api-conventions.md gives the reasons):
 *   - order of parameters: handle, inputs, options, outputs, detail;
 *   - a function that can fail returns srd_status; its outputs are written on SRD_OK only, and the handle stays usable;
 *   - a struct begins with struct_size, the sizeof that the caller was compiled with. Only srd_keep and srd_given, which stand
 *     in arrays, and srd_custom_tap, which a callback hands on one by one, have none; they cannot grow. In options 0 means the
 *     default; a newer caller may pass a longer struct as long as the bytes this library does not know are 0. A struct that the
 *     library fills may be longer or shorter than its own: the part both know is written, the rest of struct_size bytes set to
 *     0;
 *   - a flag is 0 or 1; a reserved field, and a field that the called function does not use, is 0. Anything else is
 *     SRD_ERR_ARGUMENT, so that a later version can give it a meaning;
 *   - a callback has the C calling convention. No exception, longjmp or panic may leave it;
 *   - a value whose 0 means something (a class, a row, a layer) is a parameter, never an option field;
 *   - constants are int32_t, there are no C enums, no varargs, and no structs passed by value; texts are UTF-8.
 *
 * "METHOD section n" is section n of docs/method.md.
 */
#ifndef SRD_TYPES_H
#define SRD_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(SRD_SHARED)
#ifdef SRD_BUILDING
#define SRD_API __declspec(dllexport)
#else
#define SRD_API __declspec(dllimport)
#endif
#elif defined(__GNUC__) && defined(SRD_BUILDING)
#define SRD_API __attribute__((visibility("default")))
#else
/** Marks what the library exports. A program that links the DLL on Windows defines SRD_SHARED, nothing else is needed. */
#define SRD_API
#endif

#if defined(__GNUC__)
#define SRD_NODISCARD __attribute__((warn_unused_result))
#else
/** Marks functions whose status must be looked at: compilers that can will warn. */
#define SRD_NODISCARD
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

/** What a layer-adding call returns after a failure. Calls on a graph that has failed ignore it; elsewhere it is an error. */
#define SRD_LAYER_NONE (-1)

/**
 * Why a call failed. The caller owns it, sets struct_size, and passes its address (or NULL: not interested); the library
 * fills it on failure and leaves it alone on success. It holds no pointers, so it may be copied and kept. struct_size may
 * be as small as 16 (status and layer only); a smaller one, 0 above all, is left alone without a word.
 */
typedef struct srd_detail {
    uint32_t struct_size; /**< sizeof(srd_detail), set by the caller */
    int32_t status;       /**< the status that the call returned */
    int32_t layer;        /**< the layer concerned, or SRD_LAYER_NONE */
    int32_t reserved;     /**< 0 */
    char layer_name[64];  /**< its name, cut to fit, or "" */
    char text[240];       /**< the reason in English, UTF-8, always terminated */
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
 * Where a handle's memory comes from. A NULL pointer to this struct means malloc and free.
 *
 * Either the caller gives one block (block, block_size): the handle lives in it, nothing else is allocated or freed, and
 * the block must stay until the handle is freed; a graph's block until its last explainer is freed too. The block must be
 * aligned to SRD_ALIGNMENT bytes. Or the caller gives two functions: allocate returns size bytes aligned to alignment (a
 * power of two) or NULL; release gets what allocate returned, with its size, and never NULL; neither may call the library.
 * release runs on the thread that frees the last holder. Giving both, or neither, is SRD_ERR_ARGUMENT.
 * The struct itself is copied. user is passed on untouched. After creation no function of a handle allocates; a graph
 * allocates while it is built and sealed.
 */
typedef struct srd_memory {
    uint32_t struct_size;                                         /**< sizeof(srd_memory) */
    uint32_t reserved;                                            /**< 0 */
    void *block;                                                  /**< the caller's block, or NULL */
    size_t block_size;                                            /**< bytes in block */
    void *(*allocate)(void *user, size_t size, size_t alignment); /**< used when block is NULL */
    void (*release)(void *user, void *memory, size_t size);       /**< gives back what allocate gave */
    void *user;                                                   /**< handed to both */
} srd_memory;

/** An srd_memory with struct_size set and all else empty: give it a block or both functions. */
#define SRD_MEMORY_INIT                                            \
    {                                                              \
        (uint32_t)sizeof(srd_memory), 0, NULL, 0, NULL, NULL, NULL \
    }

/** Alignment in bytes of every block that the library asks for or is given. */
#define SRD_ALIGNMENT 64

/** A piece of work of the library's: number `index`, done by `worker`. See srd_parallel_for. */
typedef void (*srd_task)(void *context, int32_t index, int32_t worker);

/**
 * Work shared among threads by the caller: parallel_for calls task(context, i, worker) once for each i in [0, count),
 * in any order, and returns when all have returned. worker is in [0, workers) and never used by two calls at once; workers
 * is that of the explainer's options. The library calls it on the thread of srd_explainer_run() and of questions, never
 * nested. It cannot fail: what no other thread does, for instance because none could be started, the calling thread must do.
 * Where there is only one task, the library calls it itself. Results do not depend, to the bit, on order or workers.
 */
typedef void (*srd_parallel_for)(void *user, srd_task task, void *context, int32_t count, int32_t workers);

#ifdef __cplusplus
}
#endif

#endif
