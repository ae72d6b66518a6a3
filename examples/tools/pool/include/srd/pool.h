/**
 * @file
 * pool.h -- a small pool of threads for srd_explainer_options.parallel_for, beside the library, which itself knows no threads.
 *
 *     srd_pool *pool = NULL;
 *     srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
 *
 *     srd_pool_create(0, NULL, &pool, &detail);          // as many threads as the machine has processors
 *     options.workers = srd_pool_threads(pool);
 *     options.parallel_for = srd_pool_parallel_for;
 *     options.parallel_user = pool;
 *     srd_explainer_create(graph, &options, NULL, &explainer, &detail);
 *     ...
 *     srd_explainer_free(explainer);                     // before the pool
 *     srd_pool_free(pool);
 *
 * The rules are those of srd/types.h: the order of parameters, statuses, srd_detail, struct_size. The library is linked as srd::pool
 * (CMake) or srd-pool (pkg-config). It is a static library: it becomes part of your program and exports nothing from it.
 *
 * What it does. A pool of n threads has the calling thread and n - 1 of its own, which wait between two calls: first awake for
 * about a millisecond, as other engines do, then asleep. Every worker begins with tasks of its own share, which are neighbours, and then
 * takes what others have left. Results do not depend on the number of threads, to the bit: the library promises that.
 *
 * Several explainers may share one pool, from several host threads at once. The threads of the pool serve one call at a time; a call that
 * comes while they are taken does not wait for them, it does all of its tasks on its own thread. So two host threads on a machine with two
 * processors keep both busy, and no explainer ever waits for another.
 *
 * Threads: see each function. The threads of the pool block all signals, so that handlers of the host run on threads of the host. A pool
 * does not survive fork(): a child makes its own. Needs POSIX threads (on Windows those of MinGW; there is no code for Win32's own).
 */
#ifndef SRD_POOL_H
#define SRD_POOL_H

#include "srd/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A pool. Made by srd_pool_create(), given back by srd_pool_free(). */
typedef struct srd_pool srd_pool;

#define SRD_POOL_MOST_THREADS 256 /**< of one pool, the caller's included */

#define SRD_POOL_WAIT_AWAKE 0 /**< for about a millisecond, then asleep: fastest, where the processors are the program's own */
#define SRD_POOL_WAIT_ASLEEP \
    1 /**< at once: takes no time of a processor that others want, and some 50 microseconds more a call */

/** How a pool works. NULL in its place, or a field of value 0, means the default. */
typedef struct srd_pool_options {
    uint32_t struct_size; /**< sizeof(srd_pool_options) */
    int32_t wait;         /**< SRD_POOL_WAIT_AWAKE (0) or SRD_POOL_WAIT_ASLEEP */
} srd_pool_options;

/** An srd_pool_options with struct_size set and all else 0. */
#define SRD_POOL_OPTIONS_INIT                 \
    {                                         \
        (uint32_t)sizeof(srd_pool_options), 0 \
    }

/**
 * Start a pool. Where fewer threads can be started than are asked for, the pool has those; srd_pool_threads() tells. This is no failure,
 * because the calling thread does what no other one does.
 * @param threads  1 ... SRD_POOL_MOST_THREADS, the calling thread included; 0: the processors that the system has online
 * @param options  NULL: defaults; read during the call only
 * @param pool     receives the pool, on SRD_OK only; not NULL. The caller owns it: srd_pool_free()
 * @param detail   receives the reason of a failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_MEMORY. Threads: any. Allocates, by malloc, here and nowhere else.
 */
SRD_API SRD_NODISCARD srd_status srd_pool_create(int32_t threads, const srd_pool_options *options, srd_pool **pool,
                                                 srd_detail *detail);

/**
 * An srd_parallel_for, for srd_explainer_options.parallel_for: calls task(context, i, worker) once for each i in [0, count) and returns
 * when all have returned.
 * @param pool     the srd_pool, as srd_explainer_options.parallel_user; NULL: the calling thread does everything
 * @param task     not NULL
 * @param context  handed to task
 * @param count    tasks; none below 1
 * @param workers  of the explainer's options: at most so many threads take part. More than the pool has do no harm
 * Threads: any, several at once, also from inside a task (which then does everything itself). Allocates nothing.
 */
SRD_API void srd_pool_parallel_for(void *pool, srd_task task, void *context, int32_t count, int32_t workers);

/**
 * Threads that a pool really has, the calling one included: what to write into srd_explainer_options.workers.
 * @param pool  may be NULL
 * @return the number, at least 1; 1 for NULL. Threads: any.
 */
SRD_API int32_t srd_pool_threads(const srd_pool *pool);

/**
 * Stop the threads and give back the pool. No call may be in progress or come later, so free the explainers that use it first.
 * @param pool  may be NULL
 * Threads: any but those of the pool.
 */
SRD_API void srd_pool_free(srd_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
