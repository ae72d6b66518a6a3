/*
 * pool.c -- a pool of threads. srd/pool.h says what it promises.
 *
 * A call (one srd_pool_parallel_for) opens a round: it fills in the task under the lock and raises the number of the round, which the threads
 * watch, first spinning, then asleep. A thread joins a round under the lock, and only as long as it is open; the caller works, too, then
 * closes the round and waits for those that have joined. So a thread that wakes late is never waited for: it finds the round closed.
 */
#define _POSIX_C_SOURCE 200809L
#include "srd/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST 1024 /* bytes of a struct of the interface */
#define LINE 64      /* bytes of a cache line */
#define SPINS 400000 /* about a millisecond; who sleeps is late, on a virtual machine by a tenth of one */
#define CALLER 0     /* the worker number of the calling thread */

/* The next task of a worker's own share, on a cache line of its own. Unsigned: it may run past the end by one for each worker. */
typedef struct share {
    _Alignas(LINE) atomic_uint_least32_t next;
} share;

typedef struct helper {
    srd_pool *pool;
    pthread_t thread;
    int32_t number; /* of this worker */
} helper;

struct srd_pool {
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    atomic_bool taken;           /* a call is using the threads */
    atomic_uint_least32_t round; /* raised by every call; written under the lock */
    atomic_int joined;           /* threads at work on this round; raised under the lock */
    bool open, stop;             /* under the lock */
    int spins;
    int32_t threads; /* the caller's included */
    /* The round; written before it opens. */
    srd_task task;
    void *context;
    uint32_t count;
    int32_t workers;
    share *shares; /* one for each thread */
    helper *helpers;
};

/* ---- tasks ----------------------------------------------------------------------------------------------------------- */

static uint32_t begin_of(const srd_pool *p, int32_t worker)
{
    return (uint32_t)((uint64_t)p->count * (uint32_t)worker / (uint32_t)p->workers);
}

/* Neighbouring tasks first, which are those of the same worker in the next layer, too: what it reads then lies in its own caches. Then
 * what the others have left. */
static void work(srd_pool *p, int32_t worker)
{
    for (int32_t k = 0; k < p->workers; ++k) {
        const int32_t at = (worker + k) % p->workers;
        const uint32_t end = begin_of(p, at + 1);
        atomic_uint_least32_t *const next = &p->shares[at].next;

        while (atomic_load_explicit(next, memory_order_relaxed) < end) {
            const uint32_t index = atomic_fetch_add_explicit(next, 1, memory_order_relaxed);

            if (index < end) p->task(p->context, (int32_t)index, worker);
        }
    }
}

/* ---- the threads of the pool --------------------------------------------------------------------------------------------- */

/* Waits for a round other than the one that was seen, and joins it if it still wants this worker. @return false: the pool stops */
static bool join_round(srd_pool *p, int32_t worker, uint32_t *seen, bool *joined)
{
    for (int i = 0; i < p->spins && atomic_load_explicit(&p->round, memory_order_relaxed) == *seen; ++i) {
    }
    (void)pthread_mutex_lock(&p->lock);
    while (atomic_load_explicit(&p->round, memory_order_relaxed) == *seen && !p->stop) {
        (void)pthread_cond_wait(&p->begin, &p->lock);
    }
    *seen = atomic_load_explicit(&p->round, memory_order_relaxed);
    *joined = p->open && worker < p->workers;
    if (*joined) (void)atomic_fetch_add_explicit(&p->joined, 1, memory_order_relaxed);
    const bool goes_on = !p->stop;
    (void)pthread_mutex_unlock(&p->lock);
    return goes_on;
}

static void *serve(void *argument)
{
    const helper *const h = argument;
    srd_pool *const p = h->pool;
    uint32_t seen = 0;
    bool joined = false;

    while (join_round(p, h->number, &seen, &joined)) {
        if (!joined) continue;
        work(p, h->number);
        if (atomic_fetch_sub_explicit(&p->joined, 1, memory_order_acq_rel) == 1) {
            (void)pthread_mutex_lock(&p->lock); /* so that the caller is either before its look or asleep */
            (void)pthread_cond_signal(&p->end);
            (void)pthread_mutex_unlock(&p->lock);
        }
    }
    return NULL;
}

/* ---- a call ---------------------------------------------------------------------------------------------------------------- */

static void open_round(srd_pool *p, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)pthread_mutex_lock(&p->lock);
    p->task = task;
    p->context = context;
    p->count = (uint32_t)count;
    p->workers = workers;
    for (int32_t i = 0; i < workers; ++i) {
        atomic_store_explicit(&p->shares[i].next, begin_of(p, i), memory_order_relaxed);
    }
    p->open = true;
    (void)atomic_fetch_add_explicit(&p->round, 1, memory_order_relaxed);
    (void)pthread_cond_broadcast(&p->begin);
    (void)pthread_mutex_unlock(&p->lock);
}

/* Nobody joins any more; returns when those who have are done. */
static void close_round(srd_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->open = false;
    (void)pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->spins && atomic_load_explicit(&p->joined, memory_order_acquire) != 0; ++i) {
    }
    (void)pthread_mutex_lock(&p->lock);
    while (atomic_load_explicit(&p->joined, memory_order_acquire) != 0) (void)pthread_cond_wait(&p->end, &p->lock);
    (void)pthread_mutex_unlock(&p->lock);
}

void srd_pool_parallel_for(void *pool, srd_task task, void *context, int32_t count, int32_t workers)
{
    srd_pool *const p = pool;
    int32_t most = p != NULL ? p->threads : 1;

    if (most > workers) most = workers;
    if (most > count) most = count;
    if (most <= 1 || atomic_exchange_explicit(&p->taken, true, memory_order_acquire)) {
        for (int32_t i = 0; i < count; ++i) task(context, i, CALLER);
        return;
    }
    open_round(p, task, context, count, most);
    work(p, CALLER);
    close_round(p);
    atomic_store_explicit(&p->taken, false, memory_order_release);
}

/* ---- making and freeing ---------------------------------------------------------------------------------------------------- */

static srd_status fail(srd_detail *detail, srd_status status, const char *text)
{
    srd_detail said = SRD_DETAIL_INIT;

    if (detail == NULL || detail->struct_size < offsetof(srd_detail, layer_name) || detail->struct_size > LARGEST)
        return status;
    said.struct_size = detail->struct_size;
    said.status = status;
    (void)snprintf(said.text, sizeof said.text, "%s", text);
    memcpy(detail, &said, said.struct_size < sizeof said ? offsetof(srd_detail, layer_name) : sizeof said);
    return status;
}

/* @return whether options have what this code knows, and nothing but 0 behind it */
static bool is_readable(const srd_pool_options *options)
{
    const unsigned char *const bytes = (const unsigned char *)options;

    if (options->struct_size < sizeof *options || options->struct_size > LARGEST) return false;
    for (uint32_t i = sizeof *options; i < options->struct_size; ++i) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

static int32_t processors(void)
{
#ifdef _SC_NPROCESSORS_ONLN
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
#else
    const long online = 1;
#endif

    if (online < 1) return 1;
    return online < SRD_POOL_MOST_THREADS ? (int32_t)online : SRD_POOL_MOST_THREADS;
}

/* Starts threads until one cannot be started; threads says how many there are then. */
static void start(srd_pool *p, int32_t wanted)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return; /* the threads inherit it */
    for (p->threads = 1; p->threads < wanted; ++p->threads) {
        helper *const h = &p->helpers[p->threads];

        h->pool = p;
        h->number = p->threads;
        if (pthread_create(&h->thread, NULL, serve, h) != 0) break;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* @return NULL: there is no memory */
static srd_pool *make(int32_t threads)
{
    srd_pool *const p = calloc(1, sizeof *p);
    const size_t size = (size_t)threads * sizeof(share);

    if (p == NULL) return NULL;
    p->threads = 1;
    p->helpers = calloc((size_t)threads, sizeof *p->helpers);
    p->shares = aligned_alloc(LINE, size);
    if (p->helpers != NULL && p->shares != NULL && pthread_mutex_init(&p->lock, NULL) == 0) {
        if (pthread_cond_init(&p->begin, NULL) == 0) {
            if (pthread_cond_init(&p->end, NULL) == 0) return p;
            (void)pthread_cond_destroy(&p->begin);
        }
        (void)pthread_mutex_destroy(&p->lock);
    }
    free(p->shares);
    free(p->helpers);
    free(p);
    return NULL;
}

srd_status srd_pool_create(int32_t threads, const srd_pool_options *options, srd_pool **pool, srd_detail *detail)
{
    const int32_t wanted = threads == 0 ? processors() : threads;
    srd_pool *p;

    if (pool == NULL) return fail(detail, SRD_ERR_ARGUMENT, "pool is NULL");
    if (wanted < 1 || wanted > SRD_POOL_MOST_THREADS) {
        return fail(detail, SRD_ERR_ARGUMENT, "threads must be 1 to SRD_POOL_MOST_THREADS, or 0 for one for each processor");
    }
    if (options != NULL && !is_readable(options)) {
        return fail(detail, SRD_ERR_ARGUMENT, "options: struct_size is not that of srd_pool_options");
    }
    if (options != NULL && options->wait != SRD_POOL_WAIT_AWAKE && options->wait != SRD_POOL_WAIT_ASLEEP) {
        return fail(detail, SRD_ERR_ARGUMENT, "options: unknown wait");
    }
    p = make(wanted);
    if (p == NULL) return fail(detail, SRD_ERR_MEMORY, "there is no memory for the pool");
    p->spins = options != NULL && options->wait == SRD_POOL_WAIT_ASLEEP ? 0 : SPINS;
    start(p, wanted);
    *pool = p;
    return SRD_OK;
}

int32_t srd_pool_threads(const srd_pool *pool)
{
    return pool != NULL ? pool->threads : 1;
}

void srd_pool_free(srd_pool *pool)
{
    if (pool == NULL) return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    (void)pthread_cond_broadcast(&pool->begin);
    (void)pthread_mutex_unlock(&pool->lock);
    for (int32_t i = 1; i < pool->threads; ++i) (void)pthread_join(pool->helpers[i].thread, NULL);
    (void)pthread_cond_destroy(&pool->end);
    (void)pthread_cond_destroy(&pool->begin);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool->shares);
    free(pool->helpers);
    free(pool);
}
